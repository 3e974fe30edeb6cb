# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The mapped ring, and how long its memory lives.

Whatever refers to samples of the ring does so through a Lease, and a Lease refers to the
memory's owner: so memory goes after the last array of it, in whatever order everything
else goes. The owner is an anonymous mapping that reserves a range of addresses. The ring is
mapped over it, and detach() puts private memory there in its place, with copies of
what arrays still show: these stay where they are and what they were, and nothing refers to the
device any more.
"""

from __future__ import annotations

import collections
import ctypes
import mmap
import os
from typing import Any

import numpy as np

from . import _abi

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int,
                       ctypes.c_long]
_libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
_libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
_libc.mremap.restype = ctypes.c_void_p
_libc.mremap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_int, ctypes.c_void_p]

_MAP_FIXED = 0x10
_MAP_NORESERVE = 0x4000
_MREMAP_MAYMOVE_FIXED = 1 | 2
_FAILED = ctypes.c_void_p(-1).value


def _failure() -> OSError:
    err = ctypes.get_errno()
    return OSError(err, f"cannot map the ring: {os.strerror(err)}")


class Lease:
    """Some bytes of the ring, for as long as this object or an array of it exists.

    It has no reference that the garbage collector could take for a cycle while there is an array:
    arrays are not among what the collector looks at, so their references always count.
    """

    __slots__ = ("__array_interface__", "_owner", "_dead", "_key", "__weakref__")

    def __init__(self, ring: Ring, key: int, offset: int, shape: tuple[int, int], dtype: np.dtype[Any]) -> None:
        self._owner = ring.owner
        self._dead = ring.dead
        self._key = key
        self.__array_interface__ = {
            "version": 3, "data": (ring.address + offset, True), "shape": shape, "typestr": dtype.str,
        }

    def __del__(self) -> None:
        # In any thread, amid anything: nothing is done here but to leave word.
        self._dead.append(self._key)


class Ring:
    """One mapping of the ring of one run. Its methods are for one thread at a time."""

    def __init__(self, fd: int) -> None:
        front = _libc.mmap(None, mmap.PAGESIZE, mmap.PROT_READ, mmap.MAP_SHARED, fd, 0)
        if front == _FAILED:
            raise _failure()
        self.meta = _abi.acq_meta.from_buffer_copy(ctypes.string_at(front, ctypes.sizeof(_abi.acq_meta)))
        _libc.munmap(front, mmap.PAGESIZE)
        self.run = self.meta.run
        self.size = size = self.meta.data_offset + self.meta.data_bytes
        self.owner = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=mmap.PROT_READ)
        self.address = np.frombuffer(self.owner, np.uint8).ctypes.data
        self.dead: collections.deque[int] = collections.deque()
        self._live: dict[int, tuple[int, int, int]] = {}  # key: position, offset, bytes
        self._keys = 0
        at = _libc.mmap(self.address, size, mmap.PROT_READ, mmap.MAP_SHARED | _MAP_FIXED, fd, 0)
        if at == _FAILED:
            raise _failure()
        self._end = ctypes.c_uint32.from_address(self.address + _abi.acq_meta.end.offset)

    def _bytes(self, offset: int, size: int) -> bytes:
        return ctypes.string_at(self.address + offset, size)

    def find(self, position: int) -> int | None:
        """Where in the mapping the byte at @position is, if it is still there."""
        stride = self.meta.block_struct_bytes
        table = np.frombuffer(self._bytes(self.meta.table_offset, stride * self.meta.slots), np.uint8)
        fields = {name: getattr(_abi.acq_block, name).offset for name in ("position", "number", "bytes")}
        blocks = table.view(np.dtype({
            "names": list(fields), "offsets": list(fields.values()),
            "formats": ["<u8", "<u8", "<u4"], "itemsize": stride,
        }))
        inside = (blocks["position"] <= position) & (position - blocks["position"] < blocks["bytes"])
        for slot in np.flatnonzero(inside):
            if int(blocks["number"][slot]) % self.meta.slots == slot:
                return int(self.meta.data_offset + slot * self.meta.block_bytes
                           + position - int(blocks["position"][slot]))
        return None

    def lease(self, position: int, offset: int, shape: tuple[int, int], dtype: np.dtype[Any]) -> Lease:
        size = shape[0] * shape[1] * dtype.itemsize
        if offset < self.meta.data_offset or offset + size > self.size:
            raise OSError("the samples are not in the ring that is mapped")
        self._keys += 1
        self._live[self._keys] = (position, offset, size)
        return Lease(self, self._keys, offset, shape, dtype)

    def reap(self) -> None:
        """Notice what has been given up since the last time."""
        while self.dead:
            self._live.pop(self.dead.popleft(), None)

    def oldest(self) -> int | None:
        """Position of the oldest byte that is still in use."""
        return min((position for position, _, _ in self._live.values()), default=None)

    @property
    def ended(self) -> bool:
        """Has the run ended? There may be more to read all the same."""
        return self._end.value != 0

    def detach(self) -> None:
        """Leave the device: what is in use moves to private memory, at the same addresses.

        Nobody sees anything but the same samples meanwhile: for other threads the exchange is
        one step.
        """
        self.reap()
        private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _MAP_NORESERVE
        self._end = ctypes.c_uint32(1)
        if not self._live:
            if _libc.mmap(self.address, self.size, mmap.PROT_READ, private | _MAP_FIXED, -1, 0) == _FAILED:
                raise _failure()
            return
        copy = _libc.mmap(None, self.size, mmap.PROT_READ | mmap.PROT_WRITE, private, -1, 0)
        if copy == _FAILED:
            raise _failure()
        for _, offset, size in self._live.values():
            ctypes.memmove(copy + offset, self.address + offset, size)
        if (_libc.mprotect(copy, self.size, mmap.PROT_READ)
                or _libc.mremap(copy, self.size, self.size, _MREMAP_MAYMOVE_FIXED, self.address) == _FAILED):
            error = _failure()
            _libc.munmap(copy, self.size)
            raise error
        self._live.clear()
