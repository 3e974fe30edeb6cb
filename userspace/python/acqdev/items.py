# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What a source yields, Block and Gap, and what it says of itself, Info, Status and Stats."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from . import _abi, names

Samples = npt.NDArray[Any]


class _Array(Protocol):
    __array_interface__: dict[str, Any]


@dataclass(frozen=True)
class Gap:
    """Samples that the card produced, and that nobody will get: they lie between two items.

    Of an output: an underrun, frames of filler that were put out.
    """

    index: int  #: sample index of the first lost frame
    lost: int  #: frames lost; the next block begins at index + lost
    cause: str = "none"  #: "ring-full", "card-fifo", "overtaken", "suspend", "reset", "unplug", "underrun"
    estimated: bool = False  #: lost is what a clock says, not the card
    open: bool = False  #: it has not ended: lost is not known yet
    position: int = 0  #: bytes of the run before it
    run: int = 0  #: number of the run

    def __str__(self) -> str:
        about = "~" if self.estimated else ""
        lost = "frames lost, nobody knows yet how many" if self.open else f"{about}{self.lost} frames lost"
        return f"{lost} at index {self.index}: {names.CAUSE_TEXTS.get(self.cause, self.cause)}"

    @classmethod
    def _from(cls, gap: _abi.acq_gap, run: int) -> Gap:
        return cls(index=gap.index, lost=gap.lost, cause=names.name_of(names.CAUSES, gap.cause),
                   estimated=bool(gap.flags & _abi.GAP_ESTIMATED), open=bool(gap.flags & _abi.GAP_OPEN),
                   position=gap.position, run=run)


class Block:
    """Frames that follow each other without a gap.

    samples can be asked for until the source is asked for its next item. An array that has been
    got is not bound to that: it stays valid, and what it is, for as long as it exists.
    """

    __slots__ = ("index", "position", "frames", "run", "rate", "card_time", "time_ns", "time_index", "_utc",
                 "_memory", "__weakref__")

    index: int  #: sample index of the first frame
    position: int  #: bytes of the run before it
    frames: int  #: number of frames
    run: int  #: number of the run
    rate: float  #: frames per second
    card_time: int | None  #: the card's timestamp counter at the frame time_index
    time_ns: int | None  #: CLOCK_MONOTONIC in nanoseconds when the driver saw that frame
    time_index: int | None  #: the sample index that both times are of, at or before index

    def __init__(self, memory: _Array | Samples, *, index: int, position: int, frames: int, run: int,
                 rate: float, card_time: int | None = None, time_ns: int | None = None,
                 time_index: int | None = None, utc: np.datetime64 | None = None) -> None:
        self._memory: _Array | Samples | None = memory
        self.index = index
        self.position = position
        self.frames = frames
        self.run = run
        self.rate = rate
        self.card_time = card_time
        self.time_ns = time_ns
        self.time_index = time_index
        self._utc = utc

    @property
    def samples(self) -> Samples:
        """The samples, as codes of the converter: shape (frames, channels), read-only.

        A view of the ring: nothing is copied. Columns are the enabled channels, lowest first.
        """
        memory = self._memory  # another thread may be moving on
        if memory is None:
            raise ValueError("the source has moved on to its next item: take block.samples before that, "
                             "the array stays valid as long as you keep it")
        return np.asarray(memory)

    def copy(self) -> Samples:
        """The samples in memory of their own, writable: shape (frames, channels)."""
        return np.array(self.samples)

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Samples:
        if copy:
            return np.array(self.samples, dtype)
        return np.asarray(self.samples, dtype)

    def __len__(self) -> int:
        return self.frames

    @property
    def end(self) -> int:
        """The sample index behind the last frame."""
        return self.index + self.frames

    @property
    def seconds(self) -> npt.NDArray[np.float64]:
        """Time of each frame since index 0 of the run, lost ones included, in seconds: shape (frames,)."""
        return np.arange(self.index, self.end) / self.rate

    @property
    def utc(self) -> np.datetime64 | None:
        """UTC of the first frame, to the nanosecond; None: not known.

        Of a device: from time_ns, so it is late by up to the latency of an interrupt.
        """
        if self._utc is None and self.time_ns is not None:
            assert self.time_index is not None
            now = time.clock_gettime_ns(time.CLOCK_REALTIME) - time.clock_gettime_ns(time.CLOCK_MONOTONIC)
            later = round((self.index - self.time_index) / self.rate * 1e9) if self.rate else 0
            return np.datetime64(now + self.time_ns + later, "ns")
        return self._utc

    def _pass(self) -> None:
        """The source moves on."""
        self._memory = None

    def __repr__(self) -> str:
        return f"<Block index={self.index} frames={self.frames} run={self.run}>"


@dataclass(frozen=True)
class Info:
    """What the card is and can do. Of a recording: what is written there, the rest is 0 or empty."""

    family: str = ""  #: name of the card family
    card: str = ""  #: name of the card, e.g. its PCI address
    serial: str = ""  #: serial number
    direction: str = "input"  #: "input" or "output"
    stream: int = 0  #: number of the stream, as in its node's name
    revision: int = 0  #: of the gateware
    hw_version: tuple[int, int] = (0, 0)  #: of the register map: major, minor
    channels: int = 0  #: number of channels
    formats: tuple[str, ...] = ()  #: "s16", ...
    caps: tuple[str, ...] = ()  #: "dma", "trigger-level", "count", ...
    rate_min: float = 0.0  #: lowest sample rate in Hz
    rate_max: float = 0.0  #: highest sample rate in Hz
    fifo_bytes: int = 0  #: buffer on the card
    block_min: int = 0  #: smallest block, bytes
    block_max: int = 0  #: largest block, bytes
    blocks_max: int = 0  #: most blocks in a ring
    pretrigger_bytes: int = 0  #: room for samples from before the trigger
    ring_max: int = 0  #: largest ring, bytes
    timestamp_hz: int = 0  #: frequency of the card's timestamp counter; 0: has none

    @classmethod
    def _from(cls, info: _abi.acq_info) -> Info:
        same = ("stream", "revision", "channels", "fifo_bytes", "block_min", "block_max", "blocks_max",
                "pretrigger_bytes", "ring_max", "timestamp_hz")
        return cls(family=info.family.decode(errors="replace"), card=info.card.decode(errors="replace"),
                   serial=info.serial.decode(errors="replace"),
                   direction="output" if info.caps & _abi.CAP_OUTPUT else "input",
                   hw_version=(info.hw_version >> 16, info.hw_version & 0xffff),
                   formats=names.names_of(names.FORMATS, info.formats),
                   caps=names.names_of(names.CAPS, info.caps), rate_min=info.rate_min_millihz / 1e3,
                   rate_max=info.rate_max_millihz / 1e3, **{name: getattr(info, name) for name in same})


@dataclass(frozen=True)
class Status:
    """The stream now."""

    state: str  #: "idle", "armed", "running", "draining", "suspended", "failed", "gone"
    started: bool  #: by start(), not by a reader
    linked: bool  #: the run began with that of a linked stream
    run: int  #: number of starts so far
    head: int  #: position behind the newest sample, bytes; of an output: bytes played
    oldest: int  #: position of the oldest sample in the ring, bytes
    position: int  #: position of this reader, bytes: all before it has been given back
    index: int  #: sample index of this reader
    frames: int  #: that the card has produced in this run, lost ones included
    lost: int  #: frames of them that were lost
    gaps: int  #: gaps in this run
    trigger_index: int | None  #: sample index of the trigger
    timestamp: int  #: the card's timestamp counter at the newest report
    blocks: int  #: complete blocks in this run
    interrupts: int  #: since the driver took the card
    wakeups: int  #: of readers, since then
    readers: int  #: open files that read the stream
    irq_us: int  #: as the card interrupts now, microseconds
    irq_frames: int  #: as well, frames
    error: int  #: negative errno of a stream that failed
    failure: str  #: why it did: "none", "no-answer", "card", ...
    accepted: int  #: of an output: bytes written in this run
    dropped: int  #: of an output: bytes of them that will not be played

    @classmethod
    def _from(cls, status: _abi.acq_status) -> Status:
        there = status.flags & _abi.STATUS_TRIGGERED
        same = ("run", "head", "oldest", "position", "index", "frames", "lost", "gaps", "timestamp", "blocks",
                "interrupts", "wakeups", "readers", "irq_us", "irq_frames", "error", "accepted", "dropped")
        return cls(state=names.name_of(names.STATES, status.state),
                   started=bool(status.flags & _abi.STATUS_STARTED),
                   linked=bool(status.flags & _abi.STATUS_LINKED),
                   failure=names.name_of(names.FAILURES, status.failure),
                   trigger_index=status.trigger_index if there else None,
                   **{name: getattr(status, name) for name in same})


@dataclass(frozen=True)
class Stats:
    """What this reader has got so far."""

    bytes: int  #: given back
    waits: int  #: times that a call went to sleep
    wakeups: int  #: times that the driver woke it
    gaps: int  #: gaps met
    behind: int  #: bytes in the ring that it has not given back
    behind_max: int  #: the most that this was
    lost: dict[str, int] = field(default_factory=dict)  #: frames lost in its gaps, by cause

    @classmethod
    def _from(cls, stats: _abi.acq_reader_stats) -> Stats:
        lost = {names.name_of(names.CAUSES, cause): frames for cause, frames in enumerate(stats.lost) if frames}
        same = ("bytes", "waits", "wakeups", "gaps", "behind", "behind_max")
        return cls(lost=lost, **{name: getattr(stats, name) for name in same})
