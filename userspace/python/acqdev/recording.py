# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Recordings of "acq record", as a source like a device."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from .errors import GapError, RecordingError
from .items import Block, Gap, Info
from .sigmf import RecordedFile, find_files
from .source import Items, OnGap, Source
from .weave import Piece, weave

_DEFAULT_BYTES = 256 << 10


class Recording(Source):
    """A recording in SigMF, or a series of them, with the interface of a device.

    One that is not finished, as it is still made or was interrupted, is read as far as it was on the
    disk when it was opened. Samples are views of the mapped file (numpy.memmap): shape (frames,
    channels), read-only.
    """

    def __init__(self, name: str) -> None:
        self.path = name
        #: its files, in order
        self.files: tuple[RecordedFile, ...] = tuple(find_files(name))
        self._pieces = weave(self.files)
        self.closed = False

    @property
    def info(self) -> Info:
        """What is written of the card."""
        return self.files[0].info

    @property
    def config(self) -> Mapping[str, Any]:
        """How it was acquired, by the names that "acq config" has; read-only."""
        return self.files[0].config

    @property
    def finished(self) -> bool:
        """Has the recorder ended it, or somebody repaired it?"""
        return all(file.finished for file in self.files)

    @property
    def frames(self) -> int:
        """Number of frames in it, lost ones not counted."""
        return sum(file.frames for file in self.files)

    @property
    def gaps(self) -> list[Gap]:
        """All gaps, as iterating yields them."""
        return [gap for piece in self._pieces for gap in piece.gaps]

    @property
    def samples(self) -> np.ndarray[Any, np.dtype[Any]]:
        """All samples of a recording of one file: shape (frames, channels), mapped, read-only.

        What is lost is not in it: gaps has where.
        """
        if len(self.files) != 1:
            raise RecordingError(f"{self.path} has {len(self.files)} files: see files")
        return self.files[0].samples

    def blocks(self, *, on_gap: OnGap = "yield", frames: int | None = None, timeout: float | None = None,
               copy: bool = False, hold: int | None = None) -> Items:
        """Iterate over blocks and gaps from the beginning.

        on_gap, frames, copy: as of a device; with copy=True the file is read, not mapped.
        timeout and hold have no meaning here. Where the recording continues in another run of the
        card there is a Gap with cause "new-run", estimated from the clock.
        """
        if self.closed:
            raise ValueError(f"{self.path} is closed")
        if frames is not None and frames < 1:
            raise ValueError("frames: at least 1")
        most = frames or max(1, _DEFAULT_BYTES // self.files[0].frame_bytes)
        return _RecordedItems(_items(self._pieces, most, copy), on_gap, self.path)

    def close(self) -> None:
        self.closed = True

    def __repr__(self) -> str:
        return f"<Recording {self.path}: {self.frames} frames{'' if self.finished else ', not finished'}>"


class _RecordedItems(Items):
    def __init__(self, items: Iterator[Block | Gap], on_gap: OnGap, path: str) -> None:
        super().__init__(on_gap)
        self._items = items
        self._path = path

    def __next__(self) -> Block | Gap:
        item = next(self._items)
        if isinstance(item, Gap) and self._on_gap == "raise":
            raise GapError(item, self._path)
        return item

    async def __anext__(self) -> Block | Gap:
        await asyncio.sleep(0)  # others have a turn
        try:
            return next(self)
        except StopIteration:
            raise StopAsyncIteration from None


def _items(pieces: list[Piece], most: int, copy: bool) -> Iterator[Block | Gap]:
    mapped: RecordedFile | None = None
    for piece in pieces:
        yield from piece.gaps
        file, segment = piece.file, piece.segment
        if not copy and file is not mapped:
            mapped, memory = file, file.samples
        for at in range(0, segment.frames, most):
            frames = min(most, segment.frames - at)
            first = segment.frame + at
            yield Block(file.read(first, frames) if copy else memory[first:first + frames],
                        index=piece.index + at, position=piece.position + at * file.frame_bytes, frames=frames,
                        run=segment.run, rate=file.rate, utc=segment.utc_of(at, file.rate))
