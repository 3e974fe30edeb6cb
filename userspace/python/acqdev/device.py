# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The device: a card's stream, by libacq."""

from __future__ import annotations

import ctypes
import errno
import os
import threading
import warnings
import weakref
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from . import _abi, names
from .config import Config, layout
from .errors import GapError, device_error
from .items import Gap, Info, Stats, Status
from .reader import DeviceItems, Reader, Waiting
from .source import OnGap, Source


class _Use:
    """One thread at a time is in libacq with a device, and once only: a handler of a signal may come amid that."""

    def __init__(self, close: Callable[[], None]) -> None:
        self.lock = threading.RLock()
        self.inside = False
        self._close = weakref.WeakMethod(close)
        self.close_later = False  #: such a handler has closed it

    def __enter__(self) -> None:
        self.lock.acquire()
        if self.inside:
            self.lock.release()
            raise RuntimeError("a signal's handler, or what the garbage collector calls, uses the device that "
                               "it has interrupted")
        self.inside = True

    def __exit__(self, *exception: object) -> None:
        self.inside = False
        later, self.close_later = self.close_later, False
        self.lock.release()
        close = self._close()
        if later and close is not None:
            close()

    def postpone_close(self) -> bool:
        """To be asked by close(): is it such a handler that closes?"""
        with self.lock:
            self.close_later = self.close_later or self.inside
            return self.inside


class Device(Source):
    """A stream of a card. Made by acqdev.open().

    Its methods may be called by several threads; each item goes to one of them. After os.fork()
    it belongs to the parent alone, and is closed in the child. close(), or the end of a `with`,
    leaves all arrays valid.
    """

    def __init__(self, name: str | None = None, mode: Literal["r", "rw"] = "r", *, monitor: bool = False,
                 oldest: bool = False, packets: bool = False, watermark: int = 0, flush_us: int = 0,
                 start_bytes: int = 0) -> None:
        self._handle: int | None = None
        self._forked = False
        if mode not in ("r", "rw"):
            raise ValueError(f"mode is 'r' or 'rw', not {mode!r}")
        self._lib = _abi.library()
        self._use = _Use(self.close)
        self._writing = _Use(self.close)
        self._reader: Reader | None = None
        self._writable = mode == "rw"
        self.path = _path(name)
        self._waiting = Waiting()
        handle = ctypes.c_void_p()
        err = self._lib.acq_open(ctypes.byref(handle), os.fsencode(self.path),
                                 os.O_RDWR if self._writable else os.O_RDONLY)
        if err:
            self._waiting.end()
            raise device_error("open", err, self.path)
        self._handle = handle.value
        try:
            self._info = _abi.acq_info()
            self._call("ask what it is", "acq_get_info", ctypes.byref(self._info))
            is_output = bool(self._info.caps & _abi.CAP_OUTPUT)
            self._monitor = monitor or (is_output and not self._writable)
            flags = (self._monitor * _abi.READER_MONITOR | oldest * _abi.READER_OLDEST
                     | packets * _abi.READER_PACKETS)
            wanted = _abi.acq_reader_config(flags, watermark, flush_us, start_bytes)
            if any((flags, watermark, flush_us, start_bytes)):
                self._call("become such a reader", "acq_set_reader", ctypes.byref(wanted))
        except BaseException:
            self.close()
            raise
        with _fork_lock:
            _devices.add(self)

    # --- calls ---

    def _open_handle(self) -> int:
        if self._handle is None:
            raise ValueError(f"{self.path} belongs to the process that opened it" if self._forked else
                             f"{self.path} is closed")
        return self._handle

    def _call(self, what: str, call: str, *arguments: Any) -> int:
        with self._use:
            ret: int = getattr(self._lib, call)(self._open_handle(), *arguments)
        if ret < 0:
            raise device_error(what, ret, self.path)
        return ret

    @property
    def closed(self) -> bool:
        return self._handle is None

    def fileno(self) -> int:
        """The file descriptor: for poll() and the like."""
        return self._call("ask its descriptor", "acq_fd")

    @property
    def info(self) -> Info:
        """What the card is and can do; the same as long as the device is open."""
        return Info._from(self._info)

    @property
    def config(self) -> Config:
        """How it acquires: read and assign its attributes, or use it as a mapping."""
        return Config(self)

    @property
    def status(self) -> Status:
        """The stream now."""
        status = _abi.acq_status()
        self._call("ask its status", "acq_get_status", ctypes.byref(status))
        return Status._from(status)

    @property
    def stats(self) -> Stats:
        """What this reader has got so far."""
        stats = _abi.acq_reader_stats()
        self._call("ask what this reader has got", "acq_get_stats", ctypes.byref(stats))
        return Stats._from(stats)

    def start(self) -> None:
        """Start the stream, which runs until stop() then, readers or not. Needs mode="rw".

        Not needed for reading: the first item starts an idle stream, and closing stops it.
        """
        self._call("start", "acq_start")

    def stop(self) -> None:
        """Stop the stream; readers get what there is, and the end. Needs mode="rw"."""
        self._call("stop", "acq_stop")

    def trigger(self) -> None:
        """Trigger a stream that waits for trigger="software". Needs mode="rw"."""
        self._call("trigger", "acq_trigger")

    # --- reading ---

    def blocks(self, *, on_gap: OnGap = "yield", frames: int | None = None, timeout: float | None = None,
               copy: bool = False, hold: int | None = None) -> DeviceItems:
        """Iterate over blocks and gaps from where this reader is, with `for` or `async for`.

        on_gap: "yield" yields a Gap between the blocks that it separates; "raise" raises
        GapError there, and the next item is what follows.
        frames: most frames of a block (default: 256 KiB of them). There may be fewer.
        timeout: TimeoutError if nothing comes in so many seconds; None: wait for ever.
        copy: arrays have memory of their own and are writable. So it is always for a monitor,
        whose samples may be overwritten at any time, and for who reads an output.
        hold: so many bytes of the ring may be kept by arrays (default: a quarter of it);
        beyond, arrays get memory of their own beneath them. 0: whatever is kept, at once.

        The first item of an idle stream starts it. The iteration ends with the run; a
        later one continues with the next run, if one has been started, and is empty otherwise.
        CardGone, CardFailed: behind all that the card had brought.
        """
        return DeviceItems(self, on_gap, frames, timeout, copy, hold)

    def _reading(self) -> Reader:
        self._open_handle()
        if self._reader is None:
            if self._writable and self._info.caps & _abi.CAP_OUTPUT:
                raise device_error("read: an output is heard with mode='r'", errno.EBADF, self.path)
            self._reader = Reader(self._open_handle(), self.path, self._monitor)
        return self._reader

    def _wait_begins(self, seconds: float | None) -> tuple[int | None, float | None]:
        """A descriptor to wait for, if there is one; and the longest wait."""
        nap = self._reading().nap()
        fd = self._lib.acq_wait_fd(self._handle) if nap is None else None
        return fd, seconds if nap is None else nap if seconds is None else min(nap, seconds)

    def _wait_ends(self) -> None:
        with self._use:
            self._waiting.waiters -= 1
            if self._handle is None:
                self._waiting.end()

    def _wait(self, seconds: float | None) -> None:
        with self._use:
            fd, seconds = self._wait_begins(seconds)
            self._waiting.waiters += 1
        try:
            self._waiting.poll(fd, seconds)
        finally:
            self._wait_ends()

    async def _wait_async(self, seconds: float | None) -> None:
        with self._use:
            fd, seconds = self._wait_begins(seconds)
            fd = None if fd is None else os.dup(fd)  # close() may come meanwhile
            self._waiting.waiters += 1
        try:
            await self._waiting.poll_async(fd, seconds)
        finally:
            self._wait_ends()

    # --- writing ---

    def write(self, samples: npt.ArrayLike, *, on_gap: Literal["return", "raise"] = "return") -> list[Gap]:
        """Play samples on an output: shape (frames, channels), or (frames,) of one channel.

        They must have the configured format (see dtype) and are copied into the ring; the call
        waits for room. Returns the underruns that were met, each once; on_gap="raise": GapError
        at the first, whose `written` says how many frames had been put. Needs mode="rw".
        """
        config = _abi.acq_config()
        self._call("ask its configuration", "acq_get_config", ctypes.byref(config))
        dtype, channels = layout(config)
        data = np.asarray(samples)
        if data.dtype != dtype:
            raise TypeError(f"the samples are {data.dtype.str}, and {self.path} plays {dtype.str} "
                            f"({names.FORMATS[config.format]})")
        if data.ndim == 1 and channels == 1:
            data = data[:, None]
        if data.ndim != 2 or data.shape[1] != channels:
            raise ValueError(f"the samples have shape {data.shape}, and {self.path} plays (frames, {channels})")
        return self._write(np.ascontiguousarray(data), config.frame_bytes, on_gap)

    def _write(self, data: npt.NDArray[Any], frame_bytes: int, on_gap: str) -> list[Gap]:
        span = _abi.acq_span()
        gaps: list[Gap] = []
        done = 0
        with self._writing:
            while done < data.nbytes:
                event = self._lib.acq_write(self._open_handle(), ctypes.byref(span), data.ctypes.data + done,
                                            data.nbytes - done)
                done += span.bytes
                if event == _abi.EVENT_GAP:
                    gaps.append(Gap._from(span.gap, span.run))
                    if on_gap == "raise":
                        raise GapError(gaps[0], self.path, done // frame_bytes)
                elif event < 0 and event != -errno.EINTR:
                    raise device_error("write", event, self.path)
                if self._writing.close_later:
                    raise ValueError(f"{self.path} is closed")
        return gaps

    @property
    def dtype(self) -> np.dtype[Any]:
        """numpy's type of a sample, as configured: "s16" is '<i2'."""
        return names.dtype_of(self.config.format)

    def drain(self) -> list[Gap]:
        """Wait until all that was written has been played, which ends the run. Returns underruns."""
        span = _abi.acq_span()
        gaps: list[Gap] = []
        with self._writing:
            while True:
                event = self._lib.acq_drain(self._open_handle(), ctypes.byref(span))
                if event == _abi.EVENT_END:
                    return gaps
                if event == _abi.EVENT_GAP:
                    gaps.append(Gap._from(span.gap, span.run))
                elif event != -errno.EINTR:
                    raise device_error("drain", event, self.path)
                if self._writing.close_later:
                    raise ValueError(f"{self.path} is closed")

    def drop(self) -> None:
        """End the run of an output at once. Another thread may be in drain()."""
        self._call("drop", "acq_drop")

    @property
    def gap(self) -> Gap | None:
        """The gap that was met last, as it is known now: an underrun's length comes with its end."""
        gap = _abi.acq_gap()
        self._call("ask for its last gap", "acq_get_gap", ctypes.byref(gap))
        return Gap._from(gap, 0) if gap.count else None

    def link(self, other: Device | None) -> None:
        """Have the next run begin together with that of the card's other direction; None: no more."""
        self._call("link", "acq_link", None if other is None else other._open_handle())

    # --- the end ---

    def close(self) -> None:
        """Close the device. What was lent of the ring becomes private memory of who has it.

        Of an output this waits until all has been played, as drain() does.
        """
        if self._use.postpone_close() or self._writing.postpone_close():
            return
        with self._writing:
            with self._use:
                handle, self._handle = self._handle, None
                if handle is None:
                    return
                self._leave()
                self._waiting.end()
            self._lib.acq_close(handle)

    def _leave(self) -> None:
        reader, self._reader = self._reader, None
        if reader is None:
            return
        try:
            reader.let_go()
        except (OSError, MemoryError):
            pass  # no memory: then what was lent stays in the ring, which stays as long

    def _close_in_child(self) -> None:
        """After fork(): the descriptor and the mapping are the parent's; here they only cost it something."""
        self._forked = True
        self._use = _Use(self.close)
        self._writing = _Use(self.close)
        self._waiting.waiters = 0  # those threads are not here, and the parent's must not be woken
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_handle", None) is None:
            return
        try:
            warnings.warn(f"{self.path} was not closed", ResourceWarning, source=self)
        finally:
            self.close()

    def __repr__(self) -> str:
        return f"<Device {self.path}{' closed' if self.closed else ''}>"


def _path(name: str | None) -> str:
    path = ctypes.create_string_buffer(4096)
    err = _abi.library().acq_path(None if name is None else os.fsencode(name), path, len(path))
    if err:
        raise device_error("open", err, str(name))
    return os.fsdecode(path.value)


# --- fork ---
#
# A child shares the reader's place with its parent, and the ring: it would see its arrays
# change when the parent gives back what they show. So arrays get private memory before.

_devices: weakref.WeakSet[Device] = weakref.WeakSet()
_forking: list[Device] = []
_fork_lock = threading.Lock()


def _before_fork() -> None:
    _fork_lock.acquire()
    _forking[:] = list(_devices)
    for device in _forking:
        device._use.lock.acquire()
        if device._reader is not None and not device._use.inside:
            try:
                device._reader.let_go()
            except (OSError, MemoryError):
                pass


def _after_fork_in_parent() -> None:
    for device in _forking:
        device._use.lock.release()
    _forking.clear()
    _fork_lock.release()


def _after_fork_in_child() -> None:
    global _fork_lock
    _fork_lock = threading.Lock()
    for device in _forking:
        device._close_in_child()
    _forking.clear()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent,
                    after_in_child=_after_fork_in_child)
