# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A device as a reader: item by item, in place in the ring."""

from __future__ import annotations

import asyncio
import ctypes
import errno
import os
import select
import time
from typing import TYPE_CHECKING, Final

import numpy as np

from . import _abi
from ._ring import Lease, Ring
from .config import layout
from .errors import GapError, device_error
from .items import Block, Gap, Samples
from .source import Items, OnGap

if TYPE_CHECKING:
    from .device import Device

# While arrays are kept the driver cannot say when there is more: what is kept would be a reason to
# say so at once. So a wait is naps then; behind so many, what is kept is moved out of the ring.
_NAP: Final = 0.005
_NAPS: Final = 20

_DEFAULT_BYTES: Final = 256 << 10


class _End:
    """The run has finished."""


END: Final = _End()


class Reader:
    """What a device that reads has beyond one that does not. All calls with the device's lock held."""

    def __init__(self, handle: int, path: str, copies: bool) -> None:
        self._handle = handle
        self._path = path
        self._lib = _abi.library()
        self._span = _abi.acq_span()
        self._ring: Ring | None = None
        self._shift = 0  # from libacq's mapping to that of _ring
        self._at = 0  # position behind the last block
        self._block: Block | None = None
        self._run: int | None = None
        self._naps = 0
        #: nothing of the ring is ever lent: it may be overwritten at any time
        self.copies = copies
        err = self._lib.acq_begin(handle, _abi.MODE_MMAP, 1 << 40, 0 if copies else _abi.HOLD)
        if err:
            raise device_error("begin to read", err, path)
        self._learn_layout()

    def _learn_layout(self) -> None:
        config = _abi.acq_config()
        err = self._lib.acq_get_config(self._handle, ctypes.byref(config))
        if err:
            raise device_error("ask its configuration", err, self._path)
        self._dtype, self._channels = layout(config)
        self._frame_bytes = config.frame_bytes
        self._rate = config.rate_millihz / 1e3

    def take(self, frames: int | None, hold: int | None, copy: bool) -> Block | Gap | _End | None:
        """The next item, if there is one now."""
        span = self._span
        if self._block is not None:
            self._block._pass()
            self._block = None
        while True:
            self._give_back(hold)
            most = frames * self._frame_bytes if frames else max(_DEFAULT_BYTES, self._frame_bytes)
            event = self._lib.acq_next(self._handle, ctypes.byref(span), most, 0)
            if event in (-errno.EAGAIN, -errno.EINTR):
                return None
            self._naps = 0
            if event < 0:
                raise device_error("read", event, self._path)
            if event == _abi.EVENT_END:
                return END
            if span.run != self._run:
                self._enter_run()
            if event == _abi.EVENT_GAP:
                return Gap._from(span.gap, span.run)
            if span.frame_bytes != self._frame_bytes:
                raise device_error("read: its frames are not what its configuration says", errno.EPROTO,
                                   self._path)
            memory: Samples | Lease | None = self._copy() if copy or self.copies else self._lend()
            if memory is not None:
                break
        timed = span.flags & _abi.SPAN_TIME
        self._block = Block(memory, index=span.index, position=span.position, frames=span.frames, run=span.run,
                            rate=self._rate, card_time=span.card_time or None if timed else None,
                            time_ns=span.time_ns if timed else None,
                            time_index=span.time_index if timed else None)
        return self._block

    def _enter_run(self) -> None:
        self._leave_ring()
        self._run = self._span.run
        self._at = self._span.position
        self._learn_layout()

    def _copy(self) -> Samples | None:
        """The samples of the span in memory of their own; None: they were overwritten meanwhile."""
        span = self._span
        memory = np.empty((span.frames, self._channels), self._dtype)
        ctypes.memmove(memory.ctypes.data, span.data, span.bytes)
        if self.copies:
            return memory if self._lib.acq_valid(self._handle) else None
        self._at = span.position + span.bytes
        return memory

    def _lend(self) -> Lease:
        span = self._span
        if self._ring is None:
            self._ring = Ring(self._lib.acq_fd(self._handle))
            offset = self._ring.find(span.position)
            if offset is None or self._ring.run != span.run:
                raise device_error("find its samples in the ring", errno.EPROTO, self._path)
            self._shift = offset - span.data
        memory = self._ring.lease(span.position, span.data + self._shift, (span.frames, self._channels),
                                  self._dtype)
        self._at = span.position + span.bytes
        return memory

    def _leave_ring(self) -> None:
        """Arrays of the ring go on without it."""
        if self._ring is not None:
            self._ring.detach()
        self._ring = None

    def _give_back(self, hold: int | None) -> None:
        """The card may have what nobody has kept."""
        if self.copies:
            return
        oldest = None
        if self._ring is not None:
            self._ring.reap()
            oldest = self._ring.oldest()
            if oldest is not None and self._at - oldest > (
                    self._ring.meta.data_bytes // 4 if hold is None else hold):
                self.let_go()
                oldest = None
        if self._run is not None:
            self._lib.acq_release(self._handle, self._at if oldest is None else oldest)

    def let_go(self) -> None:
        """What has been kept moves to private memory. The ring is mapped anew when it is needed."""
        self._leave_ring()

    def nap(self) -> float | None:
        """How long to sleep before take() is worth another try; None: the device says when."""
        if self._ring is None:
            return None
        self._ring.reap()
        if self._ring.oldest() is None:
            return None
        self._naps += 1
        # that the run has ended is said to who has given back everything
        if self._naps > _NAPS or self._ring.ended:
            self.let_go()
            return 0
        return _NAP


class DeviceItems(Items):
    """The items of a device, for `for` and `async for`."""

    def __init__(self, device: Device, on_gap: OnGap, frames: int | None, timeout: float | None, copy: bool,
                 hold: int | None) -> None:
        if frames is not None and frames < 1:
            raise ValueError("frames: at least 1")
        super().__init__(on_gap)
        self._device = device
        self._frames = frames
        self._timeout = timeout
        self._copy = copy
        self._hold = hold

    def _take(self) -> Block | Gap | _End | None:
        device = self._device
        with device._use:
            return device._reading().take(self._frames, self._hold, self._copy)

    def _give(self, item: Block | Gap) -> Block | Gap:
        if isinstance(item, Gap) and self._on_gap == "raise":
            raise GapError(item, self._device.path)
        return item

    def _remaining(self, began: float) -> float | None:
        if self._timeout is None:
            return None
        left = began + self._timeout - time.monotonic()
        if left <= 0:
            raise TimeoutError(errno.ETIMEDOUT, f"nothing came in {self._timeout:g} s", self._device.path)
        return left

    def __next__(self) -> Block | Gap:
        began = time.monotonic()
        while True:
            item = self._take()
            if isinstance(item, _End):
                raise StopIteration
            if item is not None:
                return self._give(item)
            self._device._wait(self._remaining(began))

    async def __anext__(self) -> Block | Gap:
        began = time.monotonic()
        while True:
            item = self._take()
            if isinstance(item, _End):
                raise StopAsyncIteration
            if item is not None:
                return self._give(item)
            await self._device._wait_async(self._remaining(began))


class Waiting:
    """Waits for a device, with no lock held. close() ends them."""

    def __init__(self) -> None:
        self.wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self.waiters = 0

    def poll(self, fd: int | None, seconds: float | None) -> None:
        poll = select.poll()
        poll.register(self.wake, select.POLLIN)
        if fd is not None:
            poll.register(fd, select.POLLIN)
        poll.poll(None if seconds is None else seconds * 1000)

    async def poll_async(self, fd: int | None, seconds: float | None) -> None:
        """Takes over @fd."""
        loop = asyncio.get_running_loop()
        ready = loop.create_future()
        fds = [os.dup(self.wake)] + ([] if fd is None else [fd])

        def is_ready() -> None:
            if not ready.done():
                ready.set_result(None)

        try:
            for each in fds:
                loop.add_reader(each, is_ready)
            await asyncio.wait([ready], timeout=seconds)
            ready.cancel()
        finally:
            for each in fds:
                loop.remove_reader(each)
                os.close(each)

    def end(self) -> None:
        """Nobody may wait any more. Who still does calls this again, and the last one closes."""
        if self.waiters:
            os.eventfd_write(self.wake, 1)
        else:
            os.close(self.wake)
