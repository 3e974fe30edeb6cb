#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Checks recordings from their files alone: what SigMF 1.2.5 demands, and that the account adds up.

sigmf.py [OPTION...] NAME...: NAME is a recording (NAME.sigmf-data and NAME.sigmf-meta, or
NAME.sigmf-journal while it is unfinished) or a collection (NAME.sigmf-collection).

Nothing of acqdev is used but what docs/recording.md says of the files. Prints a line for each
NAME. Status: 0 all is well, 1 something is wrong, 2 usage, 3 all is well but unfinished.
"""

import argparse
import calendar
import glob
import hashlib
import json
import os
import re
import sys
import zlib
from dataclasses import dataclass, field

import numpy as np

VERSION = "1.2.5"
LARGEST = (1 << 63) - 1
DATATYPES = {"ri8": "i1", "ru8": "u1", "ri16_le": "<i2", "ru16_le": "<u2", "ri32_le": "<i4", "ru32_le": "<u4"}
REASONS = ("finished", "limit", "time", "signal", "rotated", "full", "error", "gone", "repaired")
SECOND = 1000000000
TIMES_EVERY = 90	# seconds: one a minute, and a machine that is late
CHUNK = 1 << 22		# samples that are compared at once
MOST = 20		# complaints that are printed

# The fields that may be there: (what it must be, whether it must be there). Any other in core: is forbidden.
GLOBAL = {
    "core:datatype": ("datatype", True), "core:version": ("version", True), "core:sample_rate": ("rate", False),
    "core:num_channels": ("positive", True), "core:hw": ("text", True), "core:recorder": ("text", True),
    "core:extensions": ("extensions", True), "core:collection": ("name", False), "core:description": ("text", False),
    "core:author": ("text", False), "core:license": ("text", False), "core:sha512": ("sha512", False),
    "core:offset": ("count", False), "acqdev:device": ("text", True), "acqdev:serial": ("text", True),
    "acqdev:family": ("text", True), "acqdev:card": ("text", True), "acqdev:run": ("count", True),
    "acqdev:config": ("object", True), "acqdev:end": ("reason", True), "acqdev:frames": ("count", True),
    "acqdev:lost": ("count", True), "acqdev:gaps": ("count", True), "acqdev:estimated": ("flag", True),
    "acqdev:timestamp_hz": ("count", True), "acqdev:times": ("list", True), "acqdev:previous": ("name", False),
    "acqdev:missing_seconds": ("seconds", False)}
CAPTURE = {
    "core:sample_start": ("count", True), "core:global_index": ("count", True), "core:datetime": ("utc", True),
    "acqdev:run": ("count", False)}
ANNOTATION = {
    "core:sample_start": ("count", True), "core:sample_count": ("count", True), "core:label": ("label", True),
    "core:generator": ("text", True), "core:comment": ("text", True), "acqdev:index": ("count", True),
    "acqdev:lost": ("count", True), "acqdev:cause": ("text", True), "acqdev:estimated": ("flag", True),
    "acqdev:open": ("flag", False)}
TIME = {
    "index": ("count", True), "utc": ("utc", True), "card_time": ("count", True), "clock": ("clock", True),
    "error_us": ("count", True), "tai_offset": ("integer", False)}
COLLECTION = {
    "core:version": ("version", True), "core:extensions": ("extensions", True), "core:streams": ("list", True),
    "core:description": ("text", False), "core:author": ("text", False), "core:license": ("text", False)}
BEGIN = {
    "version": ("positive", True), "recorder": ("text", True), "device": ("text", True), "card": ("text", True),
    "family": ("text", True), "serial": ("text", True), "format": ("text", True), "datatype": ("datatype", True),
    "channels": ("positive", True), "frame_bytes": ("positive", True), "rate_millihz": ("count", True),
    "config": ("object", True), "run": ("count", True), "timestamp_hz": ("count", True)}


def is_int(value, least=-LARGEST):
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= LARGEST


def is_text(value):
    return isinstance(value, str)


def is_number(value, least, largest):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and least <= value <= largest


def matches(pattern, value):
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


def is_extensions(value):
    return isinstance(value, list) and all(
        isinstance(one, dict) and set(one) == {"name", "version", "optional"} and is_text(one["name"]) and
        is_text(one["version"]) and isinstance(one["optional"], bool) for one in value)


def utc_ns(text):
    """Nanoseconds since 1970 of a time as RFC 3339 has it, in UTC; None if it is no such time."""
    found = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?Z", text if is_text(text) else "")
    if not found:
        return None
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    if not (1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1] and
            hour < 24 and minute < 60 and second <= 60):
        return None
    whole = calendar.timegm((year, month, day, hour, minute, second))
    return whole * SECOND + int((found.group(7) or "0").ljust(9, "0")[:9])


KINDS = {
    "count": lambda value: is_int(value, 0), "positive": lambda value: is_int(value, 1), "integer": is_int,
    "text": is_text, "flag": lambda value: isinstance(value, bool), "list": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict), "datatype": lambda value: value in DATATYPES,
    "version": lambda value: value == VERSION, "rate": lambda value: is_number(value, 1, 1e12),
    "seconds": lambda value: is_number(value, 0, 1e12), "extensions": is_extensions,
    "name": lambda value: matches(r"[^/\0]+", value), "sha512": lambda value: matches("[0-9a-fA-F]{128}", value),
    "label": lambda value: is_text(value) and len(value) <= 20, "reason": lambda value: value in REASONS,
    "utc": lambda value: utc_ns(value) is not None,
    "clock": lambda value: value in ("synchronized", "unsynchronized")}


@dataclass
class Segment:
    frame: int
    index: int
    utc: int
    run: int


@dataclass
class Gap:
    frame: int
    index: int
    lost: int
    unknown: bool = False	# how much is lost


@dataclass
class Account:
    """What a recording says of itself, by its metadata or by its journal."""
    base: str
    dtype: str = "u1"
    channels: int = 1
    rate: float = 0.0
    frames: int = 0
    unfinished: bool = False
    end: str = ""
    previous: str = ""
    missing: float = -1.0
    collection: str = ""
    segments: list = field(default_factory=list)
    gaps: list = field(default_factory=list)
    times: list = field(default_factory=list)
    wrong: list = field(default_factory=list)
    notes: list = field(default_factory=list)

    def frame_bytes(self):
        return np.dtype(self.dtype).itemsize * self.channels

    def lost(self):
        return sum(gap.lost for gap in self.gaps)

    def next_index(self):
        """The card's index behind all that the recording has or lists as lost; None after an unknown loss."""
        index = self.segments[-1].index + self.frames - self.segments[-1].frame
        behind = [gap for gap in self.gaps if gap.frame == self.frames]
        return None if any(gap.unknown for gap in behind) else index + sum(gap.lost for gap in behind)


def check_fields(data, table, where, wrong, namespaces=("core", "acqdev")):
    """Whether an object has what it must, of the kinds that it must; True if one can rely on it."""
    if not isinstance(data, dict):
        wrong.append(f"{where} is no object")
        return False
    before = len(wrong)
    for key, (kind, needed) in table.items():
        if key not in data:
            if needed:
                wrong.append(f"{where}: no {key}")
        elif not KINDS[kind](data[key]):
            wrong.append(f"{where}: {key} is {json.dumps(data[key])[:60]}: not a valid {kind}")
    for key in data:
        space, _, name = key.partition(":")
        if namespaces and not (re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name) and space in namespaces):
            wrong.append(f"{where}: {key} is in no namespace that is declared")
        elif space == "core" and key not in table:
            wrong.append(f"{where}: {key} is no field of SigMF {VERSION}")
    return len(wrong) == before


def namespaces_of(data):
    found = data.get("core:extensions") if isinstance(data, dict) else None
    return ("core",) + tuple(one["name"] for one in found if "name" in one) if is_extensions(found) else ("core",)


def read_json(path, wrong):
    def once(pairs):
        if len({key for key, _ in pairs}) != len(pairs):
            wrong.append(f"{path}: a key is there twice")
        return dict(pairs)

    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file, object_pairs_hook=once)
    except (OSError, ValueError) as error:
        wrong.append(f"{path}: {error}")
        return None


def meta_times(meta, wrong):
    times = []
    for number, one in enumerate(meta["acqdev:times"]):
        if check_fields(one, TIME, f"acqdev:times[{number}]", wrong, None):
            times.append((one["index"], utc_ns(one["utc"]), one["card_time"]))
    return times


def meta_account(base, wrong):
    """The account of BASE.sigmf-meta; None if it cannot be relied on."""
    meta = read_json(base + ".sigmf-meta", wrong)
    if not isinstance(meta, dict) or set(meta) != {"global", "captures", "annotations"}:
        wrong.append("the metadata is not global, captures and annotations")
        return None
    top, spaces = meta["global"], namespaces_of(meta["global"])
    good = check_fields(top, GLOBAL, "global", wrong, spaces)
    for key, table in (("captures", CAPTURE), ("annotations", ANNOTATION)):
        if not isinstance(meta[key], list):
            wrong.append(f"{key} is no list")
            return None
        for number, one in enumerate(meta[key]):
            good = check_fields(one, table, f"{key}[{number}]", wrong, spaces) and good
    if not good:
        return None
    account = Account(base, DATATYPES[top["core:datatype"]], top["core:num_channels"], top.get("core:sample_rate", 0.0),
                      top["acqdev:frames"], False, top["acqdev:end"], top.get("acqdev:previous", ""),
                      top.get("acqdev:missing_seconds", -1.0), top.get("core:collection", ""))
    run = top["acqdev:run"]
    for one in meta["captures"]:
        run = one.get("acqdev:run", run)
        account.segments.append(Segment(one["core:sample_start"], one["core:global_index"],
                                        utc_ns(one["core:datetime"]), run))
    for one in meta["annotations"]:
        if one["core:label"] != "gap":
            continue
        account.gaps.append(Gap(one["core:sample_start"], one["acqdev:index"], one["acqdev:lost"],
                                one.get("acqdev:open", False)))
        check_annotation(one, wrong)
    account.times = meta_times(top, wrong)
    if (top["acqdev:gaps"], top["acqdev:lost"]) != (len(account.gaps), account.lost()):
        wrong.append(f"global has {top['acqdev:gaps']} gaps and {top['acqdev:lost']} lost, "
                     f"the annotations {len(account.gaps)} and {account.lost()}")
    if top["acqdev:estimated"] != any(one.get("acqdev:estimated") for one in meta["annotations"]):
        wrong.append("acqdev:estimated is not what the annotations say")
    return account


def check_annotation(one, wrong):
    """What is for people says the same as what is for programs."""
    where, comment = f"the gap at frame {one['core:sample_start']}", one["core:comment"]
    if one["core:sample_count"]:
        wrong.append(f"{where} has a length")
    if not one.get("acqdev:open") and not re.match(rf"~?{one['acqdev:lost']} frames? lost: .", comment):
        wrong.append(f"{where} lost {one['acqdev:lost']}, and its comment says '{comment}'")
    if comment.startswith("~") != one["acqdev:estimated"] and not one.get("acqdev:open"):
        wrong.append(f"{where}: its comment and acqdev:estimated differ")


def journal_lines(path, account):
    """The objects of the lines that are whole, up to the first that is not."""
    with open(path, "rb") as file:
        text = file.read()
    lines, at = [], 0
    while at < len(text):
        end = text.find(b"\n", at)
        line = text[at:end] if end >= 0 else b""
        if not re.match(rb"[0-9a-fA-F]{8} \{", line) or int(line[:8], 16) != zlib.crc32(line[9:]):
            account.notes.append(f"the journal is cut after {at} of {len(text)} bytes")
            break
        lines.append(json.loads(line[9:]))
        at = end + 1
    return lines


def journal_account(base, wrong):
    """The account of BASE.sigmf-journal, as far as it vouches for bytes; None if it cannot be relied on."""
    account = Account(base, unfinished=True)
    lines = journal_lines(base + ".sigmf-journal", account)
    if not lines or lines[0].get("t") != "begin" or not check_fields(lines[0], BEGIN, "begin", wrong, None):
        wrong.append("the journal has no good first line")
        return None
    begin = lines[0]
    account.dtype, account.channels = DATATYPES[begin["datatype"]], begin["channels"]
    account.rate, account.collection = begin["rate_millihz"] / 1000, begin.get("series", "")
    if "continues" in begin:
        account.previous, account.missing = begin["continues"]["file"], begin["continues"].get("missing_s", -1.0)
    if begin["frame_bytes"] != account.frame_bytes() or begin["version"] != 1:
        wrong.append("begin: frame_bytes or version is wrong")
        return None
    good = 0
    for line in lines[1:]:
        kind = line.get("t")
        if kind in ("good", "end"):
            if line["bytes"] < good or line["bytes"] % begin["frame_bytes"]:
                wrong.append(f"{kind} {line['bytes']} after good {good}, in frames of {begin['frame_bytes']}")
            good, account.end = line["bytes"], line.get("reason", "")
        elif kind == "segment":
            account.segments.append(Segment(line["frame"], line["index"], utc_ns(line["utc"]), line["run"]))
        elif kind == "gap":
            account.gaps.append(Gap(line["frame"], line["index"], line["lost"], bool(line.get("open"))))
        elif kind == "time" and check_fields(line, TIME, "time", wrong, None):
            account.times.append((line["index"], utc_ns(line["utc"]), line["card_time"]))
        elif kind != "time":
            account.notes.append(f"the journal has a line of a kind that is not known: {kind!r}")
    account.frames = good // begin["frame_bytes"]
    account.gaps = [gap for gap in account.gaps if gap.frame <= account.frames]
    account.segments = [one for one in account.segments if one.frame < account.frames or one.frame == 0]
    return account


def check_segments(account, wrong):
    """Each jump of the index is a gap that is listed, and each gap is a jump of the index."""
    if not account.segments or account.segments[0].frame:
        if account.frames or account.segments:
            wrong.append("no capture begins at sample 0")
        return
    at = 0
    if account.gaps != sorted(account.gaps, key=lambda gap: gap.frame):
        wrong.append("the gaps are not in order")
    for number, one in enumerate(account.segments):
        last = account.segments[number - 1] if number else None
        if last and one.frame <= last.frame:
            wrong.append(f"captures[{number}] at frame {one.frame} is not behind frame {last.frame}")
            return
        index = last.index + one.frame - last.frame if last and one.run == last.run else None
        before = at
        index, at = pass_gaps(account.gaps, at, one.frame, index, wrong)
        if index is not None and index != one.index:
            wrong.append(f"captures[{number}] at frame {one.frame} has index {one.index}: "
                         f"{index} is what the samples and gaps before it add up to")
        elif last and at == before:
            account.notes.append(f"captures[{number}] at frame {one.frame} begins without a gap")
    last = account.segments[-1]
    at = pass_gaps(account.gaps, at, account.frames, last.index + account.frames - last.frame, wrong)[1]
    for gap in account.gaps[at:]:
        wrong.append(f"a gap at frame {gap.frame} is behind the end, frame {account.frames}")
    if account.frames <= last.frame and account.frames:
        wrong.append(f"a capture at frame {last.frame} has no sample: there are {account.frames}")


def pass_gaps(gaps, at, frame, index, wrong):
    """Passes the gaps up to @frame, where the samples end at @index: the index behind them, if known, and the next gap."""
    while at < len(gaps) and gaps[at].frame <= frame:
        gap = gaps[at]
        if gap.frame != frame:
            wrong.append(f"the gap at frame {gap.frame} is not followed by a capture")
        elif index is not None and gap.index != index:
            wrong.append(f"the gap at frame {gap.frame} begins with index {gap.index}, the samples end at {index}")
        index = None if gap.unknown else gap.index + gap.lost
        at += 1
    return index, at


def check_times(account, wrong):
    """Time never goes back, and there is a pair at least each minute."""
    if not account.times:
        # without a sample there is no index either
        if account.segments:
            wrong.append("no pair of index and UTC")
        return
    for before, after in zip(account.times, account.times[1:]):
        if after[0] < before[0] and len({one.run for one in account.segments}) < 2:
            wrong.append(f"time: index {after[0]} is after {before[0]}")
        if after[1] < before[1]:
            wrong.append(f"time: UTC goes back {(before[1] - after[1]) / SECOND} s at index {after[0]}")
        if after[1] > before[1] + TIMES_EVERY * SECOND:
            wrong.append(f"time: nothing for {(after[1] - before[1]) / SECOND} s behind index {before[0]}")
    for before, after in zip(account.segments, account.segments[1:]):
        if after.utc < before.utc:
            wrong.append(f"the capture at frame {after.frame} is earlier than the one before it")


def check_drift(account, ppm, wrong):
    """Whether pairs of index and UTC are as far apart as the rate says."""
    (index, utc, _), (last, until, _) = account.times[0], account.times[-1]
    if until > utc and account.rate and len({one.run for one in account.segments}) == 1:
        rate = (last - index) * SECOND / (until - utc)
        if abs(rate / account.rate - 1) * 1e6 > ppm:
            wrong.append(f"{rate:.3f} samples a second by the clock, {account.rate} by the metadata")


def check_size(account, wrong):
    path = account.base + ".sigmf-data"
    size = os.path.getsize(path) if os.path.exists(path) else -1
    want = account.frames * account.frame_bytes()
    if size < 0:
        wrong.append(f"{path} is not there")
    elif size < want:
        wrong.append(f"{path} has {size} bytes, {want} are accounted for")
    elif size > want and not account.unfinished:
        wrong.append(f"{path} has {size} bytes, only {want} are accounted for")
    elif size > want:
        account.notes.append(f"{size - want} bytes behind what is good")


def check_ramp(account, wrong):
    """Each sample is its own index, cut to its bits: index of the frame by channels, and the channel."""
    kind = np.dtype(account.dtype)
    counter = np.dtype("<u%d" % kind.itemsize)
    per_chunk = CHUNK // account.channels
    ramp = np.arange(per_chunk * account.channels, dtype=np.uint64).astype(counter)
    ends = [one.frame for one in account.segments[1:]] + [account.frames]
    with open(account.base + ".sigmf-data", "rb") as file:
        for one, end in zip(account.segments, ends):
            for frame in range(one.frame, end, per_chunk):
                count = min(per_chunk, end - frame) * account.channels
                got = np.fromfile(file, dtype=counter, count=count)
                index = one.index + frame - one.frame
                first = counter.type((index * account.channels) % (1 << 8 * kind.itemsize))
                bad = np.flatnonzero(got != ramp[:got.size] + first)
                if bad.size or got.size < count:
                    at = int(bad[0]) if bad.size else got.size
                    wrong.append(f"frame {frame + at // account.channels}, index {index + at // account.channels}, "
                                 f"channel {at % account.channels}: " +
                                 (f"{got[at]} is not of the ramp" if bad.size else "the file ends"))
                    return


def recording(base, options):
    """The account of one recording, checked."""
    wrong = []
    journal = base + ".sigmf-journal"
    unfinished = os.path.exists(journal)
    # an empty one beside metadata: somebody was about to record anew
    if unfinished and not os.path.getsize(journal):
        unfinished = not os.path.exists(base + ".sigmf-meta")
    account = journal_account(base, wrong) if unfinished else meta_account(base, wrong)
    if account is None:
        account = Account(base, unfinished=unfinished)
    else:
        check_size(account, wrong)
        check_segments(account, wrong)
        if not unfinished or account.times:
            check_times(account, wrong)
        if options.ppm is not None and account.times:
            check_drift(account, options.ppm, wrong)
        if options.ramp and not wrong:
            check_ramp(account, wrong)
        if account.end == "error":
            account.notes.append("it ended with an error")
    account.wrong = wrong
    return account


def check_between(before, after, options, wrong):
    """Two recordings of a series that follow each other: nothing twice, and what is missing is said."""
    names = f"{os.path.basename(before.base)}, {os.path.basename(after.base)}: "
    if not before.segments or not after.segments:
        return
    if after.previous and after.previous != os.path.basename(before.base):
        wrong.append(names + f"the second says that it continues {after.previous}")
    if not options.fast and after.segments[0].utc < before.segments[-1].utc:
        wrong.append(names + "the second begins before the first ends")
    same = before.segments[-1].run == after.segments[0].run
    if same:
        expected, first = before.next_index(), after.segments[0].index
        lead = [gap for gap in after.gaps if gap.frame == 0]
        if lead:
            first = lead[0].index
        if expected is None:
            return
        if first < expected:
            wrong.append(names + f"{expected - first} samples are in both")
        elif first > expected and after.missing < 0:
            wrong.append(names + f"{first - expected} samples between them are not accounted for")
    elif after.missing < 0 or not after.previous:
        wrong.append(names + "another run, without acqdev:previous and acqdev:missing_seconds")
    elif before.times:
        index, utc, _ = before.times[-1]
        apart = (after.segments[0].utc - utc) / SECOND
        behind = max(0, (before.next_index() or index) - index) / before.rate if before.rate else 0
        if not apart - behind - 1 <= after.missing <= apart + 1:
            wrong.append(names + f"{after.missing} s missing, the times are {apart} s apart")


def listed(path, wrong):
    """The names of a collection's recordings, whose hashes are checked."""
    data = read_json(path, wrong)
    if not isinstance(data, dict) or list(data) != ["collection"]:
        wrong.append(f"{path} is not a collection alone")
        return []
    top, names = data["collection"], []
    if not check_fields(top, COLLECTION, "collection", wrong, namespaces_of(top)):
        return []
    for number, one in enumerate(top["core:streams"]):
        if not (isinstance(one, dict) and set(one) == {"name", "hash"} and KINDS["name"](one["name"]) and
                KINDS["sha512"](one["hash"])):
            wrong.append(f"core:streams[{number}] is no name and hash")
            continue
        names.append(one["name"])
        try:
            with open(os.path.join(os.path.dirname(path), one["name"] + ".sigmf-meta"), "rb") as file:
                if hashlib.sha512(file.read()).hexdigest() != one["hash"].lower():
                    wrong.append(f"{one['name']}: its metadata is not what the collection has the hash of")
        except OSError as error:
            wrong.append(f"{one['name']}: {error}")
    if len(set(names)) != len(names):
        wrong.append("a recording is listed twice")
    return names


def belongs(base, series):
    """Whether a recording that is there says that it is of the collection; None if it is unfinished."""
    if os.path.exists(base + ".sigmf-journal"):
        lines = journal_lines(base + ".sigmf-journal", Account(base))
        return None if lines and lines[0].get("series") == series else False
    try:
        with open(base + ".sigmf-meta", encoding="utf-8") as file:
            return json.load(file)["global"].get("core:collection") == series
    except (OSError, ValueError, KeyError, TypeError):
        return False


def collection(base, options):
    """The accounts of all recordings of a collection, and what is wrong between them."""
    wrong = []
    folder, series = os.path.split(base)
    names = listed(base + ".sigmf-collection", wrong)
    others = {re.sub(r"\.sigmf-(meta|journal)$", "", os.path.basename(path))
              for path in glob.glob(os.path.join(glob.escape(folder), "*.sigmf-[mj]*"))} - set(names)
    for name in sorted(others):
        found = belongs(os.path.join(folder, name), series)
        if found:
            wrong.append(f"{name} says that it is of {series}, which does not list it")
        elif found is None:
            names.append(name)
    accounts = [recording(os.path.join(folder, name), options) for name in names]
    for account in accounts:
        if account.collection != series:
            wrong.append(f"{os.path.basename(account.base)} is of the collection '{account.collection}', not '{series}'")
    for before, after in zip(accounts, accounts[1:]):
        check_between(before, after, options, wrong)
    return accounts, wrong


def as_dict(account):
    return {"name": os.path.basename(account.base), "frames": account.frames, "gaps": len(account.gaps),
            "lost": account.lost(), "segments": len(account.segments), "end": account.end,
            "first_index": account.segments[0].index if account.segments else None,
            "runs": len({one.run for one in account.segments}), "times": len(account.times),
            "previous": account.previous, "missing_seconds": account.missing, "unfinished": account.unfinished,
            "notes": account.notes, "wrong": account.wrong}


def report(base, accounts, wrong, options):
    """Prints what was found of one NAME; returns its status."""
    for account in accounts:
        wrong = wrong + [f"{os.path.basename(account.base)}: {text}" for text in account.wrong]
    for text in wrong[:MOST]:
        print(f"{base}: {text}", file=sys.stderr)
    if len(wrong) > MOST:
        print(f"{base}: and {len(wrong) - MOST} more", file=sys.stderr)
    unfinished = any(account.unfinished for account in accounts)
    if options.json:
        print(json.dumps({"recordings": [as_dict(account) for account in accounts], "wrong": wrong,
                          "unfinished": unfinished}))
    else:
        print(f"{base}: {len(accounts)} recording{'s'[:len(accounts) != 1]}, "
              f"{sum(account.frames for account in accounts)} frames, "
              f"{sum(len(account.gaps) for account in accounts)} gaps, "
              f"{sum(account.lost() for account in accounts)} lost; " +
              ("wrong" if wrong else "all accounted for") + (", unfinished" if unfinished else ""))
        for account in accounts:
            for note in account.notes:
                print(f"  {os.path.basename(account.base)}: {note}")
    return 1 if wrong else 3 if unfinished else 0


def main():
    parser = argparse.ArgumentParser(description="checks SigMF recordings of acqdev")
    parser.add_argument("--ramp", action="store_true", help="each sample is to be that of the card's ramp")
    parser.add_argument("--ppm", type=float, help="UTC and index must agree with the rate by so much")
    parser.add_argument("--fast", action="store_true", help="the card was faster than its rate: no order by time of day")
    parser.add_argument("--json", action="store_true", help="prints what was found as JSON, a line for each NAME")
    parser.add_argument("name", nargs="+")
    options = parser.parse_args()
    status = 0
    for name in options.name:
        base = re.sub(r"\.sigmf(-data|-meta|-journal|-collection)?$", "", name)
        if os.path.exists(base + ".sigmf-collection"):
            accounts, wrong = collection(base, options)
        elif os.path.exists(base + ".sigmf-meta") or os.path.exists(base + ".sigmf-journal"):
            accounts, wrong = [recording(base, options)], []
        else:
            parser.error(f"{name}: there is neither a recording nor a collection")
        got = report(base, accounts, wrong, options)
        status = got if got == 1 or status == 0 else status
    return status


if __name__ == "__main__":
    sys.exit(main())
