#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""hostile.py ACQ DIR: what acq convert says to accounts that are damaged or lie

Each must end with a status of acq's own (not a signal's, not the sanitizer's), within bounds of
time and memory, say something if it refuses, and leave no output then.
"""

import copy
import glob
import json
import os
import random
import resource
import struct
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor

ACQ, WORK = sys.argv[1], sys.argv[2]
# in the environment: takes ten times as long
FULL = "HOSTILE_FULL" in os.environ
VALUES = [None, -1, 1.5, 2**64 - 2, "\u001b[31m", [], "9999-12-31T23:59:59Z"]
if FULL:
    VALUES += [0, 2**63, 2**64, "", {}, True, 1, -1e308, 1e308, 2**31, 2**32, 2**53, 2**63 - 1, 2**64 - 1, 10**40, "x", "ri16_le", "s16", "../../etc/passwd", "\u0000",
               "x" * 5000, "\ud800", [1], [[]], {"x": 1}, "2026-11-30T12:00:00Z", "1969-01-01T00:00:00Z", "2026-02-30T00:00:00Z"]
FRAMES = 300
FORMATS = ["wav", "h5", "csv", "sigmf", "flac"]
ALLOWED = {0, 1, 2, 3, 6}
results = [0, 0]


def meta():
    return {"global": {"core:datatype": "ri16_le", "core:sample_rate": 1000, "core:num_channels": 2, "core:version": "1.2.5",
                       "core:hw": "x", "core:recorder": "acq 0.9", "core:offset": 0, "core:extensions": [], "acqdev:device": "d",
                       "acqdev:serial": "1", "acqdev:family": "f", "acqdev:card": "c", "acqdev:run": 1, "acqdev:end": "finished",
                       "acqdev:config": {"rate": 1000, "channel_mask": 3}, "acqdev:frames": FRAMES, "acqdev:timestamp_hz": 1000,
                       "acqdev:missing_seconds": 1.5, "core:trailing_bytes": 0,
                       "acqdev:times": [{"index": i, "utc": "2026-11-30T12:00:0%d.000000000Z" % (i // 100), "card_time": i,
                                         "clock": "synchronized", "error_us": 1} for i in (0, 200, 350)]},
            "captures": [{"core:sample_start": 0, "core:global_index": 0, "core:datetime": "2026-11-30T12:00:00.000000000Z", "acqdev:run": 1,
                          "core:header_bytes": 0},
                         {"core:sample_start": 100, "core:global_index": 150, "core:datetime": "2026-11-30T12:00:00.150000000Z"},
                         {"core:sample_start": 200, "core:global_index": 300, "core:datetime": "2026-11-30T12:00:00.300000000Z"}],
            "annotations": [{"core:sample_start": 100, "core:sample_count": 0, "core:label": "gap", "acqdev:index": 100, "acqdev:lost": 50,
                             "acqdev:cause": "ring-full", "acqdev:estimated": False, "acqdev:open": False},
                            {"core:sample_start": 200, "acqdev:index": 250, "acqdev:lost": 50, "acqdev:cause": "ring-full",
                             "acqdev:estimated": True}]}


def journal():
    return [{"t": "begin", "version": 1, "recorder": "acq 0.9", "device": "d", "card": "c", "family": "f", "serial": "1", "format": "s16",
             "datatype": "ri16_le", "channels": 2, "frame_bytes": 4, "rate_millihz": 1000000, "config": {"channel_mask": 3}, "run": 1,
             "timestamp_hz": 1000, "continues": {"file": "x", "missing_s": 2}},
            {"t": "segment", "frame": 0, "index": 0, "utc": "2026-11-30T12:00:00.000000000Z", "run": 1},
            {"t": "time", "index": 0, "utc": "2026-11-30T12:00:00.000000000Z", "card_time": 0, "clock": "synchronized", "error_us": 3},
            {"t": "gap", "frame": 100, "index": 100, "lost": 50, "cause": "ring-full", "estimated": False, "open": False},
            {"t": "segment", "frame": 100, "index": 150, "utc": "2026-11-30T12:00:00.150000000Z", "run": 1},
            {"t": "good", "bytes": 1000},
            {"t": "end", "bytes": 1200, "reason": "signal", "status": 0}]


def old():
    return {"file": "x", "end": "signal", "device": "d", "card": "c", "serial": "1", "run": 1, "first_time": "2026-11-30T12:00:00.000000Z",
            "config": {"format": "s16", "rate": 1000.5, "frame_bytes": 4, "channel_mask": 3}, "first_index": 0, "frames": FRAMES,
            "frame_bytes": 4, "timestamp_hz": 5,
            "gap_list": [{"byte": 400, "index": 100, "lost": 50, "cause": "ring-full", "estimated": False}]}


def places(value, path=()):
    """Each place in a document, as a path"""
    if path:
        yield path
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], path + (key,))
    if isinstance(value, list):
        for i, one in enumerate(value):
            yield from places(one, path + (i,))


def at(document, path):
    for key in path:
        document = document[key]
    return document


def spoilt(make):
    """The document once for each place and wrong value, and without what is there, and with it twice"""
    for path in places(make()):
        for value in VALUES:
            document = make()
            at(document, path[:-1])[path[-1]] = copy.deepcopy(value)
            yield "%s=%r" % (path, value), document
        document = make()
        del at(document, path[:-1])[path[-1]]
        yield "no %s" % (path,), document
        document = make()
        above = at(document, path[:-1])
        if isinstance(above, list):
            above.append(copy.deepcopy(above[path[-1]]))
            yield "twice %s" % (path,), document


def text_of(document):
    return json.dumps(document)


def lines_of(lines):
    made = ""
    for one in lines:
        text = json.dumps(one)
        made += "%08x %s\n" % (zlib.crc32(text.encode()), text)
    return made


def limits():
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 20, 64 << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (60, 60))


def try_one(number, what, files, name, options=()):
    """Files in a folder of its own; acq reads name there"""
    folder = "%s/%d" % (WORK, number)
    os.mkdir(folder)
    for key, content in files.items():
        with open("%s/%s" % (folder, key), "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    form = FORMATS[number % len(FORMATS)]
    output = "%s/out.%s" % (folder, form)
    gaps = [(), ("--split-at-gaps",), ("--fill-gaps=hold",)][number // 5 % 3 if form in ("wav", "flac", "csv") else 0]
    ends = [(), ("--from", "0.05"), ("--to", "@170"), ("--from", "2026-11-30T12:00:00.01Z")][number % 4]
    args = [ACQ, "convert", "%s/%s" % (folder, name), output, *gaps, *ends, *options]
    try:
        run = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, preexec_fn=limits, check=False)
        said, status = run.stderr.decode("utf-8", "replace"), run.returncode
    except subprocess.TimeoutExpired:
        said, status = "", "time"
    wrong = None
    if status == 8 and gaps == ("--fill-gaps=hold",):
        pass	# filler of a thousand years has no room
    elif status not in ALLOWED or "Sanitizer" in said or "runtime error" in said:
        wrong = "status %s: %s" % (status, said[-3000:])
    elif status and not said.startswith("acq: ") and "\nacq: " not in said:
        wrong = "status %s, and nothing is said: %r" % (status, said)
    elif "\x1b" in said:
        wrong = "it said what a terminal obeys: %r" % said
    left = glob.glob(folder + "/out*")
    if status and left and "--split-at-gaps" not in gaps:
        wrong = "status %s, but there is %s" % (status, left)
    if not status and not left:
        wrong = "status 0, and no output"
    for one in glob.glob(folder + "/*"):
        os.unlink(one)
    os.rmdir(folder)
    return "%s (%s): %s" % (what, " ".join(args[3:]), wrong) if wrong else None


def cases():
    data = bytes(range(256)) * 5
    data = data[:FRAMES * 4]
    for what, document in spoilt(meta):
        yield "meta " + what, {"r.sigmf-data": data, "r.sigmf-meta": text_of(document)}, "r"
    for what, document in spoilt(journal):
        yield "journal " + what, {"r.sigmf-data": data, "r.sigmf-journal": lines_of(document)}, "r"
    for what, document in spoilt(old):
        yield "json " + what, {"r": data, "r.json": text_of(document)}, "r"
    collection = {"collection": {"core:version": "1.2.5", "core:streams": [{"name": "r"}, ["s", "hash"], "t"]}}
    for what, document in spoilt(lambda: copy.deepcopy(collection)):
        yield "collection " + what, {"c.sigmf-collection": text_of(document), "r.sigmf-data": data, "r.sigmf-meta": text_of(meta()),
                                     "s.sigmf-data": data, "s.sigmf-meta": text_of(meta())}, "c"
    for text in ("", "{", "[", "null", "{}", "[]", "1", "\"", "{\"global\"", "{\"global\":", "{\"global\": {}", "{\"global\": {},}", "{\"captures\": {}}",
                 "{\"captures\": [", "{\"captures\": [{}", "{\"captures\": [{},", "{\"captures\": 1}", "\0", "{\"a\": \0}", "[" * 100000, "{\"a\":" * 100000,
                 "{\"" + "k" * 100000 + "\": 1}", "\xff\xfe", text_of(meta()) + "x", text_of(meta()) * 2, " " * 1000 + text_of(meta())):
        yield "meta text %r" % text[:30], {"r.sigmf-data": data, "r.sigmf-meta": text}, "r"
        yield "collection text %r" % text[:30], {"c.sigmf-collection": text}, "c"
        yield "journal text %r" % text[:30], {"r.sigmf-data": data, "r.sigmf-journal": text}, "r"
        yield "json text %r" % text[:30], {"r": data, "r.json": text}, "r"
    for size in (0, 1, 3, 4, 5, 399, 400, 401, 1199):
        yield "data of %d" % size, {"r.sigmf-data": data[:size], "r.sigmf-meta": text_of(meta())}, "r"
        yield "data of %d, journal" % size, {"r.sigmf-data": data[:size], "r.sigmf-journal": lines_of(journal())}, "r"
    yield "no data", {"r.sigmf-meta": text_of(meta())}, "r"
    yield "no data", {"r.sigmf-journal": lines_of(journal())}, "r"
    yield "no meta", {"r.sigmf-data": data}, "r"
    yield from random_cases(data)


def random_cases(data):
    """Bytes changed, left out or put in anywhere; always the same ones"""
    dice = random.Random(13)
    head = b"RIFF" + struct.pack("<I", 36 + 400) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 2, 1000, 4000, 4, 16) + b"data" + \
        struct.pack("<I", 400) + data[:400]
    large = b"RF64\xff\xff\xff\xffWAVEds64" + struct.pack("<IQQQI", 28, 460, 400, 100, 0) + head[12:40] + b"\xff\xff\xff\xff" + data[:400]
    for i in range(300 if FULL else 50):
        for what, key, good, other in (("wav", "r.wav", head[:60], {}), ("rf64", "r.wav", large[:100], {}),
                                       ("meta", "r.sigmf-meta", text_of(meta()).encode(), {"r.sigmf-data": data}),
                                       ("journal", "r.sigmf-journal", lines_of(journal()).encode(), {"r.sigmf-data": data}),
                                       ("json", "r.json", text_of(old()).encode(), {"r": data})):
            bad = bytearray(good)
            for _ in range(dice.randint(1, 4)):
                place = dice.randrange(len(bad))
                bad[place:place + dice.randint(0, 2)] = bytes(dice.choice(b"\x00\xff{}[],:\"019-e\x80") for _ in range(dice.randint(0, 3)))
            if what in ("wav", "rf64"):
                bad += data[:400]
            yield "%s at random %d" % (what, i), {key: bytes(bad), **other}, "r.wav" if key == "r.wav" else "r"


def main():
    with ThreadPoolExecutor(max_workers=2) as pool:
        for wrong in pool.map(lambda job: try_one(job[0], *job[1]), enumerate(cases())):
            results[bool(wrong)] += 1
            if wrong and results[1] <= 20:
                print("FAIL " + wrong)
    print("%d passed, %d failed" % tuple(results))
    sys.exit(bool(results[1]))


if __name__ == "__main__":
    main()
