# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""How the segments of a recording follow each other: within a file, and from file to file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from .errors import RecordingError
from .items import Gap
from .sigmf import RecordedFile, Segment

_SLACK_NS = 2e9  # by which the computer's clock may have been set
_DRIFT = 1e-3


@dataclass
class Piece:
    """A segment in its place, and the gaps before it. At the end there may be one without frames."""

    file: RecordedFile
    segment: Segment
    index: int  #: sample index of its first frame
    position: int  #: bytes before it
    gaps: list[Gap]


class _Joint:
    """What lies between the samples so far and those that come next."""

    def __init__(self) -> None:
        self._last: Piece | None = None  # where the samples that follow each other up to here began
        self._expected = 0  # index of what comes next if nothing is lost
        self._before: list[Gap] = []  # at the ends of files before
        self._known: dict[int, int] = {}  # which of them begins at an index
        self._gaps: list[Gap] = []  # in the file of the next samples
        self._turned = False  # that is another file
        self._position = 0

    def turn(self) -> None:
        """The next samples are in the next file."""
        self._before += self._gaps
        self._known = {gap.index: n for n, gap in enumerate(self._before)}
        self._gaps = []
        self._turned = True

    def take_gaps(self, segment: Segment) -> None:
        """The end of one file and the begin of the next may say the same."""
        for each in segment.gaps:
            gap = replace(each, position=self._position, run=segment.run)
            n = self._known.get(gap.index)
            if n is None:
                self._gaps.append(gap)
            elif self._before[n].open:
                self._before[n] = gap

    def cross(self, file: RecordedFile, segment: Segment) -> Piece:
        """To the frames of @segment."""
        gaps = [*self._before, *self._gaps]
        stated = self._expected + sum(gap.lost for gap in gaps)
        last = self._last
        index = segment.index
        if index is None:
            index = stated if last else 0
        if last and self._is_same_run(last, segment, index, stated, gaps):
            if segment.index is not None:
                gaps = self._jump(file, segment, index, gaps)
        elif last:
            gap = self._break(last, file, segment, stated)
            gaps = [*self._before, gap, *self._gaps] if self._turned else [*gaps, gap]
            if segment.index is None:
                index += gap.lost
        piece = Piece(file, segment, index, self._position, gaps)
        if gaps or not last:
            self._last = piece
        self._expected = index + segment.frames
        self._position += segment.frames * file.frame_bytes
        self._before, self._known, self._gaps, self._turned = [], {}, [], False
        return piece

    def end(self, file: RecordedFile) -> list[Piece]:
        gaps = [*self._before, *self._gaps]
        return [Piece(file, Segment(file.frames, None, 0, None), self._expected, self._position, gaps)] if gaps else []

    def _is_same_run(self, last: Piece, segment: Segment, index: int, stated: int, gaps: list[Gap]) -> bool:
        """Does the run before lead into this segment?

        A run's number comes again after a reboot; then index and time do not fit together. Where all
        that is lost is known they need not: samples can come faster than they were taken.
        """
        if last.segment.run != segment.run:
            return False
        if segment.index is None:
            return not self._turned and _clock_agrees(last, segment, index)
        is_open = any(gap.open for gap in gaps)
        if index == stated and not is_open:
            return True
        if index < self._expected:
            return not self._turned  # which _jump refuses
        if not self._turned and not is_open and not any(gap.estimated for gap in gaps):
            return True
        return _clock_agrees(last, segment, index)

    def _break(self, last: Piece, file: RecordedFile, segment: Segment, stated: int) -> Gap:
        """No index leads across: what is lost is a guess by the clock, if there is one."""
        lost = 0
        if self._turned and file.missing_seconds is not None:
            lost, known = round(file.missing_seconds * file.rate), True
        else:
            passed = _passed(last.segment, segment)
            lost = 0 if passed is None else round(passed * file.rate / 1e9) - (stated - last.index)
            known = lost > 0
        return Gap(index=self._expected, lost=lost if known else 0, cause="new-run", estimated=True, open=not known,
                   position=self._position, run=segment.run)

    def _jump(self, file: RecordedFile, segment: Segment, index: int, gaps: list[Gap]) -> list[Gap]:
        """The index jumps by what the gaps say."""
        def contradiction(what: str) -> RecordingError:
            return RecordingError(f"the metadata of {file.path} contradict themselves at frame {segment.frame}: {what}")

        jump = index - self._expected
        stated = sum(gap.lost for gap in gaps if not gap.open)
        unknown = [n for n, gap in enumerate(gaps) if gap.open]
        if jump < 0:
            raise contradiction("the sample index goes back")
        if stated > jump:
            raise contradiction("more is lost than the sample index says")
        if unknown:
            gaps[unknown[-1]] = replace(gaps[unknown[-1]], lost=jump - stated, open=False)
        elif stated < jump:
            # a file is missing, or nothing is said of the gap
            if stated and not self._turned:
                raise contradiction("less is lost than the sample index says")
            gaps.append(Gap(index=self._expected + stated, lost=jump - stated, position=self._position,
                            run=segment.run))
        return gaps


def _passed(last: Segment, segment: Segment) -> int | None:
    """Nanoseconds between their first frames."""
    if last.utc is None or segment.utc is None:
        return None
    return int(segment.utc.astype(np.int64)) - int(last.utc.astype(np.int64))


def _clock_agrees(last: Piece, segment: Segment, index: int) -> bool:
    """Has as much time passed as the index says?"""
    passed = _passed(last.segment, segment)
    if passed is None or not last.file.rate:
        return True
    counted = (index - last.index) * 1e9 / last.file.rate
    return abs(passed - counted) <= _SLACK_NS + counted * _DRIFT


def weave(files: Iterable[RecordedFile]) -> list[Piece]:
    """All files in one order: no samples are joined that do not follow each other."""
    joint = _Joint()
    pieces = []
    for file in files:
        joint.turn()
        for segment in file.segments:
            joint.take_gaps(segment)
            if segment.frames:
                pieces.append(joint.cross(file, segment))
    return [*pieces, *joint.end(file)]
