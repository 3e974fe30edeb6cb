# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The files of a recording: SigMF metadata, the journal of one that is not finished, collections."""

from __future__ import annotations

import hashlib
import json
import os
import re
import warnings
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from .errors import RecordingError
from .items import Gap, Info

_SUFFIX = re.compile(r"\.sigmf(-data|-meta|-journal|-collection)?$")
_MOST_CHANNELS = 1 << 16
_MOST_RATE = 1e12
_DATATYPE = re.compile(r"r([iu])(8|16_le|32_le)")


@dataclass
class Segment:
    """Frames that follow each other, and the gaps before them."""

    frame: int  #: in the file
    index: int | None  #: sample index of that frame; None: it is not said
    run: int
    utc: np.datetime64 | None
    frames: int = 0
    gaps: list[Gap] = field(default_factory=list)

    def utc_of(self, frame: int, rate: float) -> np.datetime64 | None:
        if self.utc is None or not rate:
            return self.utc
        return self.utc + np.timedelta64(round(frame / rate * 1e9), "ns")


class RecordedFile:
    """A file of samples, and what is written of it."""

    path: str  #: of the samples, NAME.sigmf-data
    frames: int  #: number of frames that can be read
    frame_bytes: int
    channels: int
    dtype: np.dtype[Any]  #: of a sample
    rate: float  #: frames per second
    info: Info
    config: Mapping[str, Any]
    finished: bool
    segments: list[Segment]
    missing_seconds: float | None  #: between the file before it in a series and this one, if it is known

    def __init__(self, base: str) -> None:
        self.path = base + ".sigmf-data"
        self.missing_seconds = None
        self.segments = []
        self._at: dict[int, Segment] = {}  # the first that begins at a frame
        try:
            self._size = os.stat(self.path).st_size
        except FileNotFoundError:
            raise RecordingError(f"there are no samples: {self.path} does not exist") from None
        try:
            if os.path.exists(base + ".sigmf-journal"):
                self.finished = False
                self._take_journal(base + ".sigmf-journal")
            else:
                self.finished = True
                self._take_meta(base + ".sigmf-meta")
            self._close_segments()
        except RecordingError:
            raise
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise RecordingError(f"the metadata of {self.path} are not what they must be: {error!r}") from error

    @property
    def samples(self) -> np.ndarray[Any, np.dtype[Any]]:
        """All samples of the file: shape (frames, channels), mapped, read-only."""
        if not self.frames:
            return np.empty((0, self.channels), self.dtype)
        return np.memmap(self.path, self.dtype, "r", shape=(self.frames, self.channels))

    def read(self, frame: int, frames: int) -> np.ndarray[Any, np.dtype[Any]]:
        """Some of the samples, in memory of their own."""
        with open(self.path, "rb") as file:
            got = np.fromfile(file, self.dtype, frames * self.channels, offset=frame * self.frame_bytes)
        if len(got) != frames * self.channels:
            raise RecordingError(f"{self.path} is shorter than it was")
        return got.reshape(frames, self.channels)

    def _take_layout(self, datatype: str, channels: int, rate: float) -> None:
        found = _DATATYPE.fullmatch(datatype)
        if not found or not 1 <= channels <= _MOST_CHANNELS:
            raise RecordingError(f"{self.path} has samples that this does not read: {datatype}, {channels} channels")
        self.dtype = np.dtype(f"<{found[1]}{int(found[2].split('_')[0]) // 8}")
        self.channels = channels
        self.frame_bytes = channels * self.dtype.itemsize
        self.rate = float(rate)
        if not 0 <= self.rate <= _MOST_RATE:
            raise RecordingError(f"the metadata of {self.path} have a rate that is not possible: {rate}")

    def _take_meta(self, path: str) -> None:
        try:
            with open(path, "rb") as file:
                meta = json.load(file)
        except FileNotFoundError:
            raise RecordingError(f"{self.path} has neither metadata nor a journal beside it") from None
        except ValueError as error:
            raise RecordingError(f"{path} is no metadata: {error}") from None
        about = meta["global"]
        self._take_layout(about["core:datatype"], about.get("core:num_channels", 1),
                          about.get("core:sample_rate", 0.0))
        self.frames = self._size // self.frame_bytes
        said = about.get("acqdev:frames", self.frames)
        if said != self.frames or self._size % self.frame_bytes:
            raise RecordingError(f"{self.path} has {self._size} bytes, and its metadata say {said} frames "
                                 f"of {self.frame_bytes} bytes")
        self.missing_seconds = _seconds(about.get("acqdev:missing_seconds"))
        self.info = Info(family=about.get("acqdev:family", ""), card=about.get("acqdev:card", about.get("core:hw", "")),
                         serial=about.get("acqdev:serial", ""), channels=self.channels,
                         timestamp_hz=about.get("acqdev:timestamp_hz", 0))
        self.config = _config(about.get("acqdev:config", {}), self.rate)
        run = about.get("acqdev:run", 0)
        for capture in meta["captures"]:
            run = capture.get("acqdev:run", run)
            index = _count(capture["core:global_index"]) if "core:global_index" in capture else None
            self._take_segment(Segment(_count(capture["core:sample_start"]), index, _count(run),
                                       _utc(capture.get("core:datetime"))))
        for note in meta.get("annotations", []):
            if note.get("core:label") == "gap" and "acqdev:lost" in note:
                self._take_gap(note["core:sample_start"], note["acqdev:index"], note["acqdev:lost"],
                               note.get("acqdev:cause", "none"), note.get("acqdev:estimated", False),
                               note.get("acqdev:open", False))

    def _take_journal(self, path: str) -> None:
        lines = list(_journal(path))
        good = max((n for n, line in enumerate(lines) if line["t"] == "good"), default=-1)
        if not lines or lines[0]["t"] != "begin":
            raise RecordingError(f"{path} has no beginning: nothing of the recording was on the disk")
        begin = lines[0]
        if begin["version"] != 1:
            raise RecordingError(f"{path} is of version {begin['version']}, and this reads 1")
        self._take_layout(begin["datatype"], begin["channels"], begin["rate_millihz"] / 1e3)
        there = _count(lines[good]["bytes"]) if good >= 0 else 0
        if there > self._size:
            raise RecordingError(f"{self.path} has {self._size} bytes, and its journal says {there}: "
                                 "'acq record --repair' makes of it what can be made")
        self.frames = there // self.frame_bytes
        self.missing_seconds = _seconds(begin.get("continues", {}).get("missing_s"))
        self.info = Info(family=begin.get("family", ""), card=begin.get("card", ""), serial=begin.get("serial", ""),
                         channels=self.channels, timestamp_hz=begin.get("timestamp_hz", 0))
        self.config = _config(begin.get("config", {}), self.rate)
        for line in lines:
            if line["t"] == "segment" and line["frame"] < self.frames:
                self._take_segment(Segment(_count(line["frame"]), _count(line["index"]),
                                           _count(line.get("run", begin.get("run", 0))), _utc(line.get("utc"))))
        for line in lines:
            if line["t"] == "gap" and line["frame"] <= self.frames:
                self._take_gap(line["frame"], line["index"], line["lost"], line.get("cause", "none"),
                               bool(line.get("estimated")), bool(line.get("open")))

    def _take_segment(self, segment: Segment) -> None:
        self.segments.append(segment)
        self._at.setdefault(segment.frame, segment)

    def _take_gap(self, frame: int, index: int, lost: int, cause: str, estimated: bool, is_open: bool) -> None:
        """It belongs to the segment that begins after it; at the end there is none."""
        frame = _count(frame)
        gap = Gap(index=_count(index), lost=_count(lost), cause=str(cause), estimated=bool(estimated), open=is_open)
        if frame not in self._at:
            self._take_segment(Segment(frame, None, self.segments[-1].run if self.segments else 0, None))
        gaps = self._at[frame].gaps
        if gaps and gaps[-1].open and gaps[-1].index == gap.index:
            gaps.pop()  # now it is known how much
        gaps.append(gap)

    def _close_segments(self) -> None:
        starts = [segment.frame for segment in self.segments]
        if self.frames and (not starts or starts[0] != 0):
            raise RecordingError(f"the metadata of {self.path} do not say where its first frame belongs")
        if starts != sorted(starts) or (starts and not 0 <= starts[-1] <= self.frames):
            raise RecordingError(f"the metadata of {self.path} have frames that it does not have")
        for segment, end in zip(self.segments, [*starts[1:], self.frames]):
            segment.frames = end - segment.frame


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 1 << 64:
        raise ValueError(f"{value!r} is no count")
    return value


def _seconds(value: Any) -> float | None:
    return None if value is None else min(max(float(value), 0.0), 1e12)


def _utc(text: str | None) -> np.datetime64 | None:
    return None if text is None else np.datetime64(text.rstrip("Z"), "ns")


def _journal(path: str) -> Iterator[dict[str, Any]]:
    """Its lines, up to the first that is not whole."""
    with open(path, "rb") as file:
        for line in file:
            text = line[9:-1]
            if line[8:9] != b" " or not line.endswith(b"\n") or b"%08x" % zlib.crc32(text) != line[:8].lower():
                return
            yield json.loads(text)


def _config(there: dict[str, Any], rate: float) -> Mapping[str, Any]:
    """What is recorded of a configuration, by the names that a device has."""
    names = ("format", "count", "trigger", "pretrigger", "pattern", "transfer", "block", "ring", "irq_frames",
             "irq_us", "filter")
    config = {"rate": rate, **{name: there[name] for name in names if name in there}}
    if "channel_mask" in there:
        config["channels"] = tuple(n for n in range(64) if there["channel_mask"] >> n & 1)
    if config.get("trigger") == "level":
        config["trigger"] = "level:{trigger_channel}:{trigger_level}:{trigger_edge}".format(**there)
    return MappingProxyType(config)


def _listed(stream: Any, path: str) -> tuple[str, str]:
    """Name and hash of an entry of a collection."""
    name, digest = (stream.get("name"), stream.get("hash")) if isinstance(stream, dict) else (None, None)
    if not isinstance(name, str) or not isinstance(digest, str):
        raise RecordingError(f"{path} lists what is no recording with its name and hash: {stream!r}")
    return os.path.basename(name), digest


def _is_as_listed(base: str, digest: str, path: str) -> bool:
    """False: it is gone."""
    if os.path.exists(base + ".sigmf-journal"):
        return True  # its metadata are made anew when it is complete
    try:
        with open(base + ".sigmf-meta", "rb") as file:
            same = hashlib.sha512(file.read()).hexdigest() == digest
    except FileNotFoundError:
        return False
    if not same:
        raise RecordingError(f"{base}.sigmf-meta is not the file that {path} lists")
    return True


def _collection(path: str) -> Iterator[RecordedFile]:
    """The files of a series: those that are finished are listed, and one may be on its way."""
    directory = os.path.dirname(path)
    with open(path, "rb") as file:
        try:
            streams = [_listed(stream, path) for stream in json.load(file)["collection"]["core:streams"]]
        except RecordingError:
            raise
        except (ValueError, KeyError, TypeError) as error:
            raise RecordingError(f"{path} is no collection: {error!r}") from None
    gone = []
    for name, digest in streams:
        base = os.path.join(directory, name)
        if _is_as_listed(base, digest, path):
            yield RecordedFile(base)
        else:
            gone.append(base)
    if gone:
        more = f", as {len(gone) - 1} others" if gone[1:] else ""
        warnings.warn(f"{gone[0]}, which {path} has in its list, is not there{more}: it is read without", stacklevel=5)
    listed = {name for name, _ in streams}
    series = os.path.basename(_SUFFIX.sub("", path))
    coming = []
    for name in os.listdir(directory or "."):
        base = os.path.join(directory, _SUFFIX.sub("", name))
        if name.endswith(".sigmf-journal") and os.path.basename(base) not in listed:
            begin = next(_journal(base + ".sigmf-journal"), {})
            if begin.get("series") == series:
                coming.append((begin.get("number", 0), base))
    for _, base in sorted(coming):
        yield RecordedFile(base)


def find_files(name: str) -> Iterator[RecordedFile]:
    """The files of the recording @name, in order."""
    base = _SUFFIX.sub("", name)
    collection = base + ".sigmf-collection"
    if not os.path.exists(base + ".sigmf-data") and os.path.exists(collection):
        files = list(_collection(collection))
        if not files:
            raise RecordingError(f"{collection} lists no file that is there")
        yield from files
    else:
        yield RecordedFile(base)
