#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""journals.py ACQ FOLDER: journals as no recorder writes them, and what acq record --repair makes of them.

Each is cut at each byte, has each kind of line spoilt, or says what cannot be. A repair ends by itself; one that
refuses has changed nothing; else the metadata says what the lines that are whole vouch for.
"""

import json
import os
import random
import subprocess
import sys
import zlib

acq, folder = sys.argv[1:]
base = os.path.join(folder, "j")
tried = 0

BEGIN = {"t": "begin", "version": 1, "recorder": "acq 0", "device": "/dev/acqdev", "card": "c", "family": "f",
         "serial": "1", "format": "s16", "datatype": "ri16_le", "channels": 2, "frame_bytes": 4,
         "rate_millihz": 48000500, "config": {"rate": 48000.5}, "run": 3, "timestamp_hz": 1000}
LINES = [BEGIN,
         {"t": "segment", "frame": 0, "index": 100, "utc": "2026-11-30T12:00:00.000000000Z", "run": 3},
         {"t": "time", "index": 100, "utc": "2026-11-30T12:00:00.000000000Z", "card_time": 5, "clock": "synchronized",
          "error_us": 7},
         {"t": "good", "bytes": 400},
         {"t": "gap", "frame": 150, "index": 250, "lost": 50, "cause": "ring-full", "estimated": False},
         {"t": "segment", "frame": 150, "index": 300, "utc": "2026-11-30T12:00:00.004000000Z", "run": 3},
         {"t": "good", "bytes": 800},
         {"t": "gap", "frame": 200, "index": 350, "lost": 1, "cause": "card-fifo", "estimated": True},
         {"t": "gap", "frame": 230, "index": 381, "lost": 9, "cause": "card-fifo", "estimated": True}]
DATA = bytes(range(256)) * 5


def line(o):
    text = o if isinstance(o, bytes) else json.dumps(o, separators=(",", ":")).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def contents():
    return {name: open(os.path.join(folder, name), "rb").read() for name in sorted(os.listdir(folder))}


def repair(journal, *options, data=DATA):
    """Returns the status and the metadata, None if there is none."""
    global tried
    for name in os.listdir(folder):
        os.unlink(os.path.join(folder, name))
    with open(base + ".sigmf-journal", "wb") as f:
        f.write(journal)
    with open(base + ".sigmf-data", "wb") as f:
        f.write(data)
    before = contents()
    done = subprocess.run([acq, "record", "--repair", base, *options], capture_output=True, timeout=20)
    tried += 1
    assert done.returncode in (0, 2), (done, journal)
    after = contents()
    if "j.sigmf-journal" in after:
        assert done.returncode == 2 and after == before, (done, journal, list(after))
        return 2, None
    assert list(after) in (["j.sigmf-data", "j.sigmf-meta"], []), list(after)
    if not after:
        return done.returncode, None
    meta = json.loads(after["j.sigmf-meta"])
    kept = after["j.sigmf-data"]
    assert kept == data[:len(kept)] and len(kept) // 4 == meta["global"]["acqdev:frames"], (journal, meta)
    for one in meta["captures"]:
        assert one["core:sample_start"] < meta["global"]["acqdev:frames"], (journal, meta)
    for one in meta["annotations"]:
        assert one["core:sample_start"] <= meta["global"]["acqdev:frames"], (journal, meta)
    assert len(meta["annotations"]) == meta["global"]["acqdev:gaps"], (journal, meta)
    assert sum(one["acqdev:lost"] for one in meta["annotations"]) % (1 << 64) == meta["global"]["acqdev:lost"]
    return done.returncode, meta


def expect(journal, frames, gaps, *options, status=0, data=DATA):
    got, meta = repair(journal, *options, data=data)
    found = meta and (meta["global"]["acqdev:frames"], meta["global"]["acqdev:gaps"])
    assert (got, found) == (status, (frames, gaps)), (got, found, journal)
    return meta


def refuse(journal, *options):
    assert repair(journal, *options) == (2, None), journal


def cut():
    """At each byte: what is whole before it counts."""
    whole = b"".join(map(line, LINES))
    for at in range(len(whole)):
        done = whole[:at].count(b"\n")
        if not done:
            refuse(whole[:at])
            continue
        good = max([0] + [o["bytes"] for o in LINES[:done] if o["t"] == "good"])
        gaps = sum(o["t"] == "gap" and o["frame"] <= good / 4 for o in LINES[:done])
        expect(whole[:at], good // 4, gaps)
    meta = expect(whole, 200, 2)
    assert meta["global"]["acqdev:end"] == "repaired" and meta["global"]["core:sample_rate"] == 48000.5
    assert [c["core:global_index"] for c in meta["captures"]] == [100, 300]
    # what a file system leaves that had more blocks than bytes
    expect(whole + bytes(100000), 200, 2)
    expect(whole + b"x" * 100000, 200, 2)


def flipped():
    """A line that is wrong is none. With whole ones behind it, nobody knows: nothing is cut, but with --force."""
    whole = bytearray(b"".join(map(line, LINES)))
    lines = [len(line(o)) for o in LINES]
    random.seed(13)
    for at in random.sample(range(len(whole)), 400):
        spoilt = bytearray(whole)
        spoilt[at] ^= 1 << random.randrange(8)
        number = next(n for n in range(len(lines)) if at < sum(lines[:n + 1]))
        if number == len(lines) - 1:
            expect(bytes(spoilt), 200, 2)
            continue
        if at == sum(lines[:-1]) - 1:
            # the newline between the last two: both are no line
            expect(bytes(spoilt), 200, 1)
            continue
        refuse(bytes(spoilt))
        if number:
            good = max([0] + [o["bytes"] for o in LINES[:number] if o["t"] == "good"])
            assert repair(bytes(spoilt), "--force")[1]["global"]["acqdev:frames"] == good // 4
        else:
            refuse(bytes(spoilt), "--force")


def numbers():
    """What is said with a right checksum, and cannot be."""
    begin = line(BEGIN)
    segment = line(LINES[1])
    for value in (0, 1, 399, 400, 1279, 1280):
        expect(begin + segment + line({"t": "good", "bytes": value}), value // 4, 0)
    for value in (1281, 1 << 31, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 1):
        expect(begin + segment + line({"t": "good", "bytes": value}), 320, 0, status=2)
    for value in (-1, -(1 << 63), 1.5, 1e30, "400", None, True, [400], {"x": 1}):
        # no crash leaves that
        refuse(begin + segment + line({"t": "good", "bytes": value}))
        expect(begin + segment + line({"t": "good", "bytes": value}), 0, 0, "--force")
    repair(begin + segment + line(b'{"t":"good","bytes":99999999999999999999999999}'))
    for frame in (0, -4, 1 << 20, (1 << 20) + 1, 1 << 32, (1 << 64) - 1, "4", None):
        got = repair(line({**BEGIN, "frame_bytes": frame}) + segment + line({"t": "good", "bytes": 1280}))
        assert got[0] == (0 if frame == 1 << 20 else 2), frame
    for version in (0, 2, 1 << 40, "1", None):
        refuse(line({**BEGIN, "version": version}) + segment + line({"t": "good", "bytes": 800}))
    for key in ("frame", "index", "lost"):
        for value in (0, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, -1, "1", 1.0, None):
            gap = {**LINES[4], key: value}
            repair(begin + segment + line(gap) + line({"t": "good", "bytes": 800}), "--force")
            repair(begin + line({**LINES[1], key: value}) + line({"t": "good", "bytes": 800}), "--force")
    # back, twice, in another order
    expect(begin + segment + line({"t": "good", "bytes": 800}) + line({"t": "good", "bytes": 400}), 200, 0, "--force")
    expect(begin + segment + line(LINES[4]) + line({"t": "good", "bytes": 800}) + line({**LINES[4], "frame": 10}),
           200, 1, "--force")
    expect(begin + segment + line({"t": "good", "bytes": 800}) + begin, 200, 0, "--force")
    expect(begin + line({"t": "later", "x": 1}) + segment + line({"t": "good", "bytes": 800}), 200, 0)
    refuse(segment + begin)
    end = {"t": "end", "bytes": 800, "reason": "limit", "status": 0}
    assert expect(begin + segment + line(end), 200, 0)["global"]["acqdev:end"] == "limit"
    # an end is the end
    expect(begin + segment + line(end) + line({"t": "good", "bytes": 1280}), 200, 0)
    expect(begin + segment + line({**end, "reason": "x" * 5000}), 200, 0)


def shapes():
    """Lines that are none, or too long, or too deep."""
    begin = line(BEGIN)
    good = line({"t": "good", "bytes": 800})
    for text in (b"", b"{}", b"[]", b"1", b"null", b'"t"', b'{"t":1}', b'{"t":"good"}', b'{"t":"good","bytes":800}x',
                 b"{" * 100, b"[" * 5000, b'{"t":"good","bytes":800,"x":' + b"[" * 20 + b"]" * 20 + b"}",
                 b'{"t":"gap","t":"good","bytes":800}', b'{"t":"good","bytes":800}\0', b"\xff\xfe" * 100):
        repair(begin + line(text), "--force")
        repair(begin + line(text) + good, "--force")
        refuse(line(text) + begin)
    long = line({"t": "good", "bytes": 800, "x": "y" * 9000})
    expect(begin + long, 0, 0)
    refuse(begin + long + good)
    expect(begin + long + good, 0, 0, "--force")
    refuse(begin + b"y" * 200000 + b"\n" + good)
    repair(b"\n" * 100000)
    repair(os.urandom(100000))
    for text in (b"0" * 8, b"0" * 9 + b"\n", b"00000000 \n", b"zzzzzzzz {}\n"):
        refuse(text)
        expect(begin + good + text, 200, 0)
    # texts of any kind stay JSON
    odd = {**BEGIN, "card": 'a"b\\c/\u0001\u20ac' + "d" * 600, "serial": None, "family": 7}
    meta = expect(line(odd) + good, 200, 0)
    assert meta["global"]["acqdev:card"] == odd["card"]
    gap = {**LINES[4], "cause": "x-" * 900}
    expect(begin + line(gap) + good, 200, 1)


cut()
flipped()
numbers()
shapes()
print(tried, "journals")
