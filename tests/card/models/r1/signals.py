# SPDX-License-Identifier: GPL-2.0-only
"""Patterns and files."""

import array
import random
import tempfile
import wave

import vfuclient as v
from r1lib import *  # noqa: F403


def prbs_bytes(count):
    bits = [1] * 31
    while len(bits) < 8 * count:
        bits.append(bits[-31] ^ bits[-28])
    return bytes(sum(b << i for i, b in enumerate(bits[n:n + 8])) for n in range(0, 8 * count, 8))


@test
def patterns():
    prbs = prbs_bytes(50000)
    with both("--free", "--source", "sine", "--channels", 4) as (_, k):
        run = v.Run(k)
        for fmt in range(6):
            for mask in (0xf, 0x5, 0x8):
                run.start(format=fmt, channel_mask=mask, pattern=RAMP, count=2000)
                channels, width = bin(mask).count("1"), 1 << fmt // 2
                check_ramp(run.collect(), channels, width)
                run.start(format=fmt, channel_mask=mask, pattern=PRBS, count=2000)
                data = b"".join(b.data for b in run.collect())
                same(data, prbs[:2000 * channels * width], f"PRBS, format {fmt}, mask {mask}")
    with both("--free", "--source", "prbs") as (_, k):
        run = v.Run(k)
        run.start(count=5000)
        same(b"".join(b.data for b in run.collect()), prbs[:20000])


@test
def patterns_go_on_behind_a_gap():
    with both("--wait", "--source", "prbs") as (c, k):
        run = v.Run(k)
        run.start(pattern=PRBS, irq_us=1000)
        blocks = run.collect(2)
        c.order("overflow 500")
        blocks += run.collect(6)
        want = prbs_bytes(4 * 12000)
        for b in blocks:
            same(b.data, want[b.index * 4:b.index * 4 + b.size], f"block at {b.index}")
        same(sum(b.lost for b in blocks), 500)


@test
def sine_and_noise():
    for source in ("sine", "noise"):
        with both("--free", "--source", source, "--channels", 3) as (_, k):
            run = v.Run(k)
            run.start(count=4000, frame=6)
            one = array.array("h", b"".join(b.data for b in run.collect()))
            run.start(count=4000, channel_mask=2)
            two = array.array("h", b"".join(b.data for b in run.collect()))
            same(one[1::3], two, "a channel on its own")
            assert max(one) > 20000 and min(one) < -20000 and one[0::3] != one[1::3]
            run.start(count=4000, channel_mask=2, format=U16)
            three = array.array("H", b"".join(b.data for b in run.collect()))
            same([x - 32768 for x in three], list(two), "unsigned")


def write_wave(path, channels, width, rate, frames, seed=3):
    data = random.Random(seed).randbytes(channels * width * frames)
    with wave.open(path, "wb") as w:
        w.setnchannels(channels)
        w.setsampwidth(width)
        w.setframerate(rate)
        w.writeframes(data)
    return data


@test
def wave_replay():
    with tempfile.TemporaryDirectory() as d:
        path = d + "/a.wav"
        data = write_wave(path, 2, 2, 44100, 30000)
        for args in (("--free",), ("--wait", "--speed", 20)):
            with both("--source", path, *args) as (_, k):
                same((k.get(CHANNELS), k.get(FORMAT), k.get(DIVIDER)), (2, S16, 640))
                run = v.Run(k)
                for _ in range(2):
                    run.start()
                    blocks = run.collect()
                    same(b"".join(b.data for b in blocks), data, "replayed file")
                    same(run.page()["frames"], 30000)
                # one of its channels, and more than it has
                run.start(channel_mask=2)
                got = array.array("h", b"".join(b.data for b in run.collect()))
                same(got, array.array("h", data)[1::2])
                run.start(format=S32)
                got = array.array("i", b"".join(b.data for b in run.collect()))
                same([x >> 16 for x in got], list(array.array("h", data)))
        with both("--source", path, "--loop", "--free", "--channels", 3) as (_, k):
            run = v.Run(k)
            run.start(count=70000, channel_mask=3)
            got = b"".join(b.data for b in run.collect())
            same(got, (data * 3)[:280000], "looped file")
            run.start(count=100, channel_mask=4)
            same(b"".join(b.data for b in run.collect()), bytes(200), "a channel that it has not")
        with both("--source", path, "--wait") as (c, k):
            # behind a gap it goes on where it would be
            run = v.Run(k)
            run.start(irq_us=1000)
            blocks = run.collect(2)
            c.order("overflow 1234")
            blocks += run.collect(3)
            for b in blocks:
                same(b.data, data[b.index * 4:b.index * 4 + b.size], f"block at {b.index}")
        for width, fmt in ((1, U8), (3, S32), (4, S32)):
            data = write_wave(path, 1, width, 8000, 5000)
            with both("--source", path, "--free") as (_, k):
                same((k.get(FORMAT), k.get(DIVIDER)), (fmt, 3528))
                run = v.Run(k)
                run.start()
                got = b"".join(b.data for b in run.collect())
                if width == 3:
                    data = b"".join(b"\0" + data[i:i + 3] for i in range(0, len(data), 3))
                same(got, data, f"file of {width * 8} bits")


@test
def raw_replay_and_trigger_on_it():
    with tempfile.TemporaryDirectory() as d:
        path = d + "/a.raw"
        samples = array.array("h", [0] * 3 * 5000)
        samples[3 * 1234 + 2] = 500
        for n in range(1235, 5000):
            samples[3 * n + 1] = n
        with open(path, "wb") as f:
            f.write(samples.tobytes() + b"x")
        with both("--source", "raw:" + path, "--channels", 3, "--rate", 32000) as (_, k):
            same(k.get(DIVIDER), 882)
            run = v.Run(k)
            run.start(trigger=LEVEL | 2 << 8, trigger_level=500, pretrigger=10, count=100, frame=6)
            got = b"".join(b.data for b in run.collect())
            same(run.page()["trigger_index"], 1234)
            same(got, samples.tobytes()[1224 * 6:1324 * 6])
            # COUNT is from the first frame, not from the trigger: six short of the file's end
            run.start(trigger=LEVEL | 2 << 8, trigger_level=500, pretrigger=10, count=3770, frame=6)
            run.collect()
            same(run.page()["frames"], 3770)
            # the file ends before there is a trigger
            run.start(trigger=LEVEL | 2 << 8, trigger_level=5000, frame=6)
            page = run.wait(lambda p: p["state"] & 0xf == DONE)
            same((page["blocks"], page["frames"]), (0, 0))
            run.start(frame=6)
            same(b"".join(b.data for b in run.collect()), samples.tobytes())
