# SPDX-License-Identifier: GPL-2.0-only
"""Converters behind H2C streams."""

import contextlib
import os
import random
import tempfile

from xdmalib import *  # noqa: F403


@contextlib.contextmanager
def player(*args, rate=48000, **kwargs):
    """A card with a converter, a client that may DMA, and the file in which the card records."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "record")
        with xdma("--channels", 2, "--h2c", 1, "--h2c-rate", rate, "--h2c-record", path, *args, **kwargs) as (c, k):
            c.path = path
            k.enable()
            yield c, k


def out_stats(c, number=0):
    return dict(pair.split("=", 1) for pair in c.order(f"out stats {number}").split())


def out_stat(c, *names):
    stats = out_stats(c)
    return tuple(int(stats[name]) for name in names)


def record(c):
    with open(c.path, "rb") as f:
        return f.read()


def digest(data):
    value = 0xcbf29ce484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001b3 & (1 << 64) - 1
    return value


def send(k, sizes, rng, end=True, number=0):
    """Has the card fetch packets of these sizes, in one run; the last one has tlast if it is the end."""
    chan = Chan(k, number, True).build(len(sizes), 65536, 0, STOP | DONE)
    data = [rng.randbytes(size) for size in sizes]
    for i, piece in enumerate(data):
        last = i == len(sizes) - 1
        chan.put_buffer(i, piece)
        chan.descriptor(i, (STOP | DONE if last else 0) | (EOP if last and end else 0), len(piece),
                        RAM + chan.data + i * 65536, 0, chan.desc_address(i + 1))
    chan.start()
    return chan, b"".join(data)


@test
def plays_at_its_rate():
    with player("--h2c-fifo", 4096, "--h2c-wait") as (c, k):
        chan, data = send(k, [8192, 8192, 3000], random.Random(1))
        # the FIFO is full before all has been fetched
        same(chan.get(STATUS) & BUSY, BUSY)
        eventually(lambda: out_stat(c, "played") == (len(data) // 4,))
        same(chan.get(STATUS), STOPPED | COMPLETED)
        # at the end it stands: nothing is due
        k.pump(0.05)
        same(out_stat(c, "frames", "filler", "underruns", "ends", "standing", "fifo_bytes", "digest"),
             (len(data) // 4, 0, 0, 1, 1, 0, digest(data)))
        same(record(c), data)


@test
def filler_is_the_last_frame_again():
    with player() as (c, k):
        _, first = send(k, [4096], random.Random(2), end=False)
        eventually(lambda: out_stat(c, "filler") > (500,))
        same(out_stat(c, "played", "underruns", "losing"), (1024, 1, 1))
        _, second = send(k, [4096], random.Random(3))
        eventually(lambda: out_stat(c, "played") == (2048,))
        gaps = c.order("out gaps")
        filler, losing = out_stat(c, "filler", "losing")
        same((gaps, losing), (f"1024:{filler}", 0))
        same(record(c), first + first[-4:] * filler + second)
        same(out_stat(c, "frames"), (2048 + filler,))


@test
def a_converter_that_waits():
    for how in ("--h2c-wait", "--h2c-free"):
        with player(how) as (c, k):
            _, first = send(k, [4096], random.Random(4), end=False)
            eventually(lambda: out_stat(c, "played") == (1024,))
            k.pump(0.02)
            _, second = send(k, [64, 4096], random.Random(5), end=False)
            eventually(lambda: out_stat(c, "played") == (2064,))
            same(out_stat(c, "filler", "underruns"), (0, 0))
            same(record(c), first + second)


@test
def dry_by_order():
    for how in ([], ["--h2c-wait"]):
        with player(*how) as (c, k):
            send(k, [4096], random.Random(6))
            eventually(lambda: out_stat(c, "played") == (1024,))
            c.order("out dry 100")
            c.order("out dry 23")
            _, data = send(k, [64], random.Random(7))
            eventually(lambda: out_stat(c, "played") == (1040,))
            same(c.order("out gaps"), "1024:123")
            same(out_stat(c, "filler", "dry"), (123, 0))
            for wrong in ("out dry 0", "out dry x", "out stall", "out stats 1", "out speed 0"):
                assert c.command(wrong).startswith("error"), wrong


@test
def stalls_and_begins_anew():
    with player("--begin", "run", "--h2c-fifo", 8192, rate=2000) as (c, k):
        c.order("out stall on")
        chan, _ = send(k, [4096], random.Random(8))
        k.pump(0.02)
        same(out_stat(c, "played", "fifo_bytes", "stalled"), (0, 0, 1))
        same(chan.get(STATUS) & BUSY, BUSY)
        c.order("out stall off")
        eventually(lambda: chan.get(STATUS) == STOPPED | COMPLETED)
        same(out_stat(c, "fifo_bytes") > (0,), True)
        # what the FIFO held is gone
        _, data = send(k, [64], random.Random(9))
        c.order("out speed 100")
        eventually(lambda: out_stat(c, "ends") == (1,))
        same(out_stat(c, "played", "digest"), (16, digest(data)))
        c.order("out record off")
        same(out_stat(c, "recording"), (0,))


@test
def through_the_converter_and_back():
    rng = random.Random(10)
    for fd in (True, False):
        with player("--loopback", "--fifo", 8192, rate=400000, fd=fd) as (c, k):
            back = Chan(k).build(16, 4096)
            back.credit_mode()
            back.put(CREDITS, 16)
            back.start()
            _, data = send(k, [4096, 8192, 20000, 40], rng)
            got = back.collect(len(data))
            same(sound(got), data)
            same([eop for _, eop in got][-1], 1)
            same(out_stat(c, "filler", "played"), (0, len(data) // 4))


@test
def without_one():
    with xdma("--h2c", 1) as (c, _):
        assert "h2c-rate" in c.command("out stats")
