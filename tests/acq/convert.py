#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Makes recordings for tests/acq/convert, and looks at what 'acq convert' makes of them.

convert.py make NAME [OPTION...]: a recording, whose samples follow from their sample index
convert.py check FORMAT FILE [OPTION...]: FILE has the samples that the options say

Nothing of acqdev's is used to read: WAV by the module wave and by hand, FLAC by the program
flac, HDF5 by h5py, CSV by the module csv, SigMF by json and numpy.
"""

import argparse
import csv
import datetime
import hashlib
import json
import os
import re
import struct
import subprocess
import sys
import wave
import zlib

import numpy as np

TYPES = {"s8": "i1", "u8": "u1", "s16": "<i2", "u16": "<u2", "s32": "<i4", "u32": "<u4"}
DATATYPES = {"s8": "ri8", "u8": "ru8", "s16": "ri16_le", "u16": "ru16_le", "s32": "ri32_le", "u32": "ru32_le"}
START = datetime.datetime(2026, 11, 30, 12, tzinfo=datetime.timezone.utc)


def width(name):
    return np.dtype(TYPES[name]).itemsize


def samples(name, channels, index, frames):
    """Any bits, which only the sample index and the channel decide"""
    at = (np.arange(frames, dtype=np.uint64)[:, None] + np.uint64(index)) * np.uint64(channels) + \
        np.arange(channels, dtype=np.uint64)
    at = (at * np.uint64(0x9e3779b97f4a7c15)) >> np.uint64(64 - 8 * width(name))
    return at.astype("<u%d" % width(name)).view(TYPES[name])


def segments_of(text):
    """"1000@5000,500@6300:2": frames@index:run, a gap between each two; ~ before it: estimated"""
    found = []
    for one in text.split(","):
        match = re.fullmatch(r"(\d+)@(\d+)(?::(\d+))?", one)
        found.append((int(match[1]), int(match[2]), int(match[3] or 1)))
    return found


def utc(index, options):
    ns = round((index - options.zero) * 1e9 * (1 + options.ppm / 1e6) / options.rate)
    at = START + datetime.timedelta(seconds=ns // 10**9)
    return at.strftime("%Y-%m-%dT%H:%M:%S") + ".%09dZ" % (ns % 10**9)


def line(**keys):
    text = json.dumps(keys)
    return "%08x %s\n" % (zlib.crc32(text.encode()), text)


def write_data(name, options, parts):
    with open(name, "wb") as file:
        for frames, index, _ in parts:
            file.write(samples(options.format, options.channels, index, frames).tobytes())


def gaps_of(parts):
    at, gaps = 0, []
    for before, after in zip(parts, parts[1:]):
        at += before[0]
        expected = before[1] + before[0]
        if before[2] == after[2] and after[1] > expected:
            gaps.append((at, expected, after[1] - expected))
    return gaps


def config_of(options):
    return {"rate": options.rate, "format": options.format, "channel_mask": 0xffffffffff >> (40 - options.channels) << options.shift,
            "frame_bytes": options.channels * width(options.format)}


def series_of(options, name, number):
    return {name: options.series[0], number: int(options.series[1])} if options.series else {}


def make_meta(options, parts):
    at, captures = 0, []
    for frames, index, run in parts:
        captures.append({"core:sample_start": at, "core:global_index": index, "core:datetime": utc(index, options)})
        if run != parts[0][2]:
            captures[-1]["acqdev:run"] = run
        at += frames
    gaps = [{"core:sample_start": frame, "core:sample_count": 0, "core:label": "gap", "core:generator": "acq",
             "core:comment": "%d frames lost: ring full" % lost, "acqdev:index": index, "acqdev:lost": lost,
             "acqdev:cause": "ring-full", "acqdev:estimated": options.estimated} for frame, index, lost in gaps_of(parts)]
    first, last = parts[0][1], parts[-1][1] + parts[-1][0]
    times = [{"index": i, "utc": utc(i, options), "card_time": i * 100, "clock": "synchronized", "error_us": 7}
             for i in ([first, (first + last) // 2, last] if options.times else [])]
    top = {"core:datatype": DATATYPES[options.format], "core:sample_rate": options.rate, "core:num_channels": options.channels,
           "core:version": "1.2.5", "core:hw": "Test card (test), serial 7", "core:recorder": "acq 0.9",
           "core:extensions": [{"name": "acqdev", "version": "1.0.0", "optional": True}],
           "acqdev:device": "/dev/acqdev", "acqdev:card": "Test card", "acqdev:family": "test", "acqdev:serial": "7",
           "acqdev:run": parts[0][2], "acqdev:config": config_of(options), "acqdev:end": "finished", "acqdev:frames": at,
           "acqdev:lost": sum(g[2] for g in gaps_of(parts)), "acqdev:gaps": len(gaps), "acqdev:estimated": options.estimated,
           "acqdev:timestamp_hz": 100 * round(options.rate), "acqdev:times": times,
           **series_of(options, "core:collection", "acqdev:number")}
    return {"global": top, "captures": captures, "annotations": gaps}


def make_journal(options, parts, good):
    yield line(t="begin", version=1, recorder="acq 0.9", device="/dev/acqdev", card="Test card", family="test", serial="7",
               format=options.format, datatype=DATATYPES[options.format], channels=options.channels,
               frame_bytes=options.channels * width(options.format), rate_millihz=round(options.rate * 1000),
               config=config_of(options), run=parts[0][2], timestamp_hz=1000,
               **series_of(options, "series", "number"))
    at, expected = 0, None
    for frames, index, run in parts:
        if expected is not None:
            yield line(t="gap", frame=at, index=expected, lost=index - expected, cause="ring-full", estimated=False)
        yield line(t="segment", frame=at, index=index, utc=utc(index, options), run=run)
        yield line(t="time", index=index, utc=utc(index, options), card_time=0, clock="unsynchronized", error_us=1)
        at, expected = at + frames, index + frames
        if at <= good:
            yield line(t="good", bytes=at * options.channels * width(options.format))
    yield line(t="good", bytes=good * options.channels * width(options.format))


def make(options):
    parts = segments_of(options.segments)
    options.zero = parts[0][1] if options.zero is None else options.zero
    if options.raw or options.old:
        write_data(options.name, options, parts)
        if options.old:
            frame = options.channels * width(options.format)
            with open(options.name + ".json", "w", encoding="ascii") as file:
                json.dump({"file": options.name, "end": "signal", "exit": 0, "device": "/dev/acqdev", "card": "Old card",
                           "serial": "3", "config": config_of(options), "run": 1, "first_time": utc(parts[0][1], options),
                           "first_index": parts[0][1], "frames": sum(p[0] for p in parts), "frame_bytes": frame,
                           "gap_list": [{"position": 1, "byte": at * frame, "index": index, "lost": lost, "cause": "ring-full",
                                         "estimated": False} for at, index, lost in gaps_of(parts)]}, file)
        return
    write_data(options.name + ".sigmf-data", options, parts)
    if options.good is not None:
        with open(options.name + ".sigmf-journal", "w", encoding="ascii") as file:
            file.writelines(make_journal(options, parts, options.good))
            file.write(options.tail)
        return
    meta = make_meta(options, parts)
    # one piece of Python that spoils it
    exec(options.spoil, {"meta": meta, "top": meta["global"], "np": np})  # pylint: disable=exec-used
    with open(options.name + ".sigmf-meta", "w", encoding="ascii") as file:
        json.dump(meta, file, indent=options.indent)


def collect(options):
    streams = []
    for name in options.members:
        with open(name + ".sigmf-meta", "rb") as file:
            streams.append({"name": os.path.basename(name), "hash": hashlib.sha512(file.read()).hexdigest()})
    with open(options.name + ".sigmf-collection", "w", encoding="ascii") as file:
        json.dump({"collection": {"core:version": "1.2.5", "core:extensions": [], "core:streams": streams}}, file)


def demand(condition, what):
    if not condition:
        sys.exit("convert.py: " + what)


def same(found, wanted, what):
    demand(found.shape == wanted.shape, "%s: shape %s, not %s" % (what, found.shape, wanted.shape))
    if not np.array_equal(found, wanted):
        frame = int(np.nonzero((found != wanted).any(axis=1))[0][0])
        sys.exit("convert.py: %s: frame %d is %s, not %s" % (what, frame, found[frame], wanted[frame]))


def expected(options):
    """The samples in the output, with filler in gaps if that was wanted"""
    blocks, before = [], None
    for frames, index, _ in segments_of(options.segments):
        if before is not None and options.fill:
            one = blocks[-1][-1:] if options.fill == "hold" else np.full(
                (1, options.channels), 0 if options.format[0] == "s" else 1 << (8 * width(options.format) - 1), TYPES[options.format])
            blocks.append(np.repeat(one, index - before, axis=0))
        blocks.append(samples(options.format, options.channels, index, frames))
        before = index + frames
    return np.concatenate(blocks)


def signed(data, name, bits):
    """As numbers with a sign, of so many bits, as 64-bit integers"""
    value = data.astype(np.int64)
    if name[0] == "u":
        value -= 1 << (8 * width(name) - 1)
    shift = 8 * width(name) - bits
    return value >> shift if shift >= 0 else value << -shift


def integers(raw, bits, channels):
    if bits == 24:
        parts = np.frombuffer(raw, np.uint8).reshape(-1, 3).astype(np.int64)
        value = parts[:, 0] | parts[:, 1] << 8 | parts[:, 2] << 16
        value -= (value >> 23) << 24
    else:
        value = np.frombuffer(raw, "<i%d" % (bits // 8) if bits > 8 else "i1").astype(np.int64)
    return value.reshape(-1, channels)


def riff(name):
    """RIFF or RF64 by hand: rate, channels, bits, samples"""
    with open(name, "rb") as file:
        data = file.read()
    demand(data[:4] in (b"RIFF", b"RF64") and data[8:12] == b"WAVE", "no WAVE")
    at, large, form = 12, None, None
    demand(data[:4] == b"RF64" or struct.unpack("<I", data[4:8])[0] == len(data) - 8, "RIFF's length")
    while at < len(data):
        key, size = data[at:at + 4], struct.unpack("<I", data[at + 4:at + 8])[0]
        if key == b"ds64":
            large = struct.unpack("<QQQ", data[at + 8:at + 32])
            demand(large[0] == len(data) - 8, "ds64's length")
        if key == b"fmt ":
            form = struct.unpack("<HHIIHH", data[at + 8:at + 24])
        if key == b"data":
            if size == 0xffffffff and large:
                size = large[1]
            return data[:4], form, data[at + 8:at + 8 + size]
        at += 8 + size + size % 2
    return sys.exit("convert.py: no data")


def check_wav(options):
    kind, form, raw = riff(options.file)
    bits = options.bits or 8 * width(options.format)
    demand(kind == (b"RF64" if options.rf64 else b"RIFF"), "is %s" % kind)
    demand(form[1] == options.channels and form[2] == round(options.rate) and form[5] == bits, "form %s" % (form,))
    demand(form[4] == options.channels * bits // 8, "block %s" % (form,))
    if not options.rf64:
        with wave.open(options.file) as file:
            demand((file.getnchannels(), file.getframerate(), file.getsampwidth()) == (options.channels, round(options.rate), bits // 8),
                   "wave: %s" % (file.getparams(),))
            demand(file.readframes(file.getnframes()) == raw, "wave reads something else")
    if bits == 8:
        raw = (np.frombuffer(raw, np.uint8) ^ 0x80).tobytes()
    same(integers(raw, bits, options.channels), signed(expected(options), options.format, bits), "wav")


def check_flac(options):
    bits = options.bits or 8 * width(options.format)
    subprocess.run(["flac", "-t", "-s", options.file], check=True)
    raw = subprocess.run(["flac", "-d", "-s", "-c", "--force-raw-format", "--endian=little", "--sign=signed", options.file],
                         check=True, stdout=subprocess.PIPE).stdout
    about = subprocess.run(["soxi", options.file], check=True, stdout=subprocess.PIPE, text=True).stdout
    demand(re.search(r"Channels\s*: %d\n" % options.channels, about), "channels: " + about)
    demand(re.search(r"Sample Rate\s*: %d\n" % options.rate, about), "rate: " + about)
    demand(re.search(r"Precision\s*: %d-bit" % bits, about), "bits: " + about)
    same(integers(raw, bits, options.channels), signed(expected(options), options.format, bits), "flac")


def check_hdf5(options):
    import h5py  # pylint: disable=import-outside-toplevel
    parts = segments_of(options.segments)
    with h5py.File(options.file) as file:
        data = file["samples"]
        demand(data.dtype == np.dtype(TYPES[options.format]) and data.chunks, "samples are %s" % data.dtype)
        same(data[:], expected(options), "hdf5")
        demand(file.attrs["rate"] == options.rate and file.attrs["channels"] == options.channels, "attributes")
        demand(file.attrs["format"].decode() == options.format, "format")
        demand(file.attrs["first_index"] == parts[0][1], "first_index")
        if options.times:
            demand(file.attrs["start"].decode()[:19] == utc(parts[0][1], options)[:19], "start %s" % file.attrs["start"])
            demand(file.attrs["card"].decode() == "Test card" and json.loads(file.attrs["config"])["format"] == options.format, "card")
            demand(len(file["times"]) == 3 and file["times"].dtype["synchronized"] == bool and file["times"]["synchronized"].all(), "times")
        at = np.cumsum([0] + [p[0] for p in parts])[:-1]
        found = [tuple(int(v) for v in row) for row in file["segments"]["position", "frames", "index", "run"]]
        demand(found == [(int(a), *p) for a, p in zip(at, parts)], "segments %s" % found)
        found = [tuple(int(v) for v in row) for row in file["gaps"]["position", "index", "lost"]]
        demand(found == gaps_of(parts) or options.runs, "gaps %s" % found)
        demand(all(c == b"ring-full" for c in file["gaps"]["cause"]) or options.runs, "causes")
        demand(all(e == options.estimated for e in file["gaps"]["estimated"]) or options.runs, "estimated")


def check_csv(options):
    with open(options.file, newline="", encoding="ascii") as file:
        rows = list(csv.reader(file))
    demand(rows[0] == ["index", "time"] + ["ch%d" % (i + options.shift) for i in range(options.channels)], "head %s" % rows[0])
    index = []
    for frames, first, _ in segments_of(options.segments):
        if options.fill and index:
            index += range(index[-1] + 1, first)
        index += range(first, first + frames)
    demand([int(r[0]) for r in rows[1:]] == index, "indices")
    for row in rows[1:]:
        if options.times:
            wanted = utc(int(row[0]), options)
            close = row[1][:20] == wanted[:20] and abs(int(row[1][20:-1]) - int(wanted[20:-1])) <= 2
        else:
            close = abs(float(row[1]) - (int(row[0]) - options.zero) / options.rate) < 2e-9
        demand(close, "time of %s is %s" % (row[0], row[1]))
    same(np.array([[int(v) for v in r[2:]] for r in rows[1:]]), expected(options).astype(np.int64), "csv")


def check_sigmf(options):
    parts = segments_of(options.segments)
    with open(options.file + ".sigmf-meta", encoding="ascii") as file:
        meta = json.load(file)
    top = meta["global"]
    demand(top["core:datatype"] == DATATYPES[options.format] and top["core:num_channels"] == options.channels and
           top.get("core:sample_rate", 0) == options.rate, "global %s" % top)
    same(np.fromfile(options.file + ".sigmf-data", TYPES[options.format]).reshape(-1, options.channels), expected(options), "sigmf")
    at = [int(a) for a in np.cumsum([0] + [p[0] for p in parts])[:-1]]
    found = [(c["core:sample_start"], c["core:global_index"]) for c in meta["captures"]]
    demand(found == [(a, p[1]) for a, p in zip(at, parts)], "captures %s" % found)
    found = [(a["core:sample_start"], a["acqdev:index"], a["acqdev:lost"]) for a in meta["annotations"]]
    demand(found == gaps_of(parts) or options.runs, "annotations %s" % found)
    for capture in meta["captures"] if options.times else []:
        demand(capture["core:datetime"][:26] == utc(capture["core:global_index"], options)[:26], "datetime %s" % capture)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["make", "check", "collect"])
    parser.add_argument("name")
    parser.add_argument("members", nargs="*")
    parser.add_argument("--format", default="s16")
    parser.add_argument("--channels", type=int, default=2)
    parser.add_argument("--rate", type=float, default=48000)
    parser.add_argument("--segments", default="3000@0")
    parser.add_argument("--zero", type=int, help="sample index at 12:00 UTC (default: the first)")
    parser.add_argument("--ppm", type=float, default=0, help="that the card's clock is slow by")
    parser.add_argument("--shift", type=int, default=0, help="number of the first channel")
    parser.add_argument("--no-times", dest="times", action="store_false")
    parser.add_argument("--estimated", action="store_true")
    parser.add_argument("--raw", action="store_true")
    parser.add_argument("--old", action="store_true")
    parser.add_argument("--good", type=int, help="frames: an unfinished one")
    parser.add_argument("--series", type=lambda text: text.split(":"), help="NAME:NUMBER: what it is of")
    parser.add_argument("--tail", default="", help="of the journal")
    parser.add_argument("--spoil", default="")
    parser.add_argument("--indent", type=int)
    parser.add_argument("--fill", choices=["zero", "hold"])
    parser.add_argument("--bits", type=int)
    parser.add_argument("--rf64", action="store_true")
    parser.add_argument("--runs", action="store_true", help="there are several: gaps between them are not looked at")
    options = parser.parse_args()
    if options.command == "make":
        make(options)
    elif options.command == "collect":
        collect(options)
    else:
        options.file = options.members[0]
        options.zero = segments_of(options.segments)[0][1] if options.zero is None else options.zero
        {"wav": check_wav, "flac": check_flac, "hdf5": check_hdf5, "csv": check_csv, "sigmf": check_sigmf}[options.name](options)


if __name__ == "__main__":
    main()
