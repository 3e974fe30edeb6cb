# SPDX-License-Identifier: GPL-2.0-only
"""A wire from the output to the inputs."""

import time

import vfuclient as v
from outlib import *  # noqa: F403


def heard(blocks):
    """What was sampled, as bytes; nothing may be missing."""
    at = 0
    for b in blocks:
        same((b.index, b.lost), (at, 0), "index and loss of a block")
        at += b.size // 4
    return b"".join(b.data for b in blocks)


def loop(*args):
    return player("--out-loopback", "--fifo", 1 << 20, *args)


@test
def loopback_in_real_time():
    """Silence, the samples without a frame missing or more, filler where there is some, silence."""
    with loop("--rate", 48000, "--speed", 2) as (c, k):
        run, play = v.Run(k, blocks=256, entries=256), Play(k, enable=False)
        run.start(pattern=INPUT)
        blocks = run.collect(3)
        play.start(give=8)
        eventually(lambda: play.get64(DROPPED) > 100)
        play.give(4)
        play.put(COMMAND, STOP)
        play.wait_state(DONE)
        blocks += run.collect(12)
        k.put(COMMAND, STOP)
        blocks += run.collect()
        data = heard(blocks)
        play.take(refill=False)
        play.check(c, 12 * 1024)
        with open(c.path, "rb") as f:
            want = f.read()
        at = data.find(want[4:4000]) - 4
        assert at >= 3 * 4096 and at % 4 == 0, at
        same(data[:at], bytes(at), "before it plays")
        same(data[at:at + len(want)], want, "what it plays")
        same(data[at + len(want):], bytes(len(data) - at - len(want)), "behind it")


@test
def loopback_waits_on_both_sides():
    """As fast as the host: the inputs get what is played, and wait for more."""
    with loop("--free") as (c, k):
        run, play = v.Run(k, blocks=64, entries=64), Play(k, entries=32, enable=False)
        run.start(pattern=INPUT)
        play.start()
        blocks = []
        while len(play.records) < 400:
            play.take()
            blocks += run.take()
        play.put(COMMAND, STOP)
        play.serve(refill=False)
        while len(blocks) < play.given:
            blocks += run.take()
        same(heard(blocks), play.samples())
        same(run.page()["blocks"], play.given)


@test
def loopback_of_a_waiting_input():
    """The wire remembers what the host does not take yet."""
    with loop("--rate", 48000, "--speed", 10, "--wait") as (c, k):
        run, play = v.Run(k, blocks=16, entries=16), Play(k, blocks=64, entries=64, enable=False)
        run.start(pattern=INPUT)
        play.start(give=64)
        play.put(COMMAND, STOP)
        play.wait_state(DONE)
        want = play.samples()
        data = b""
        end = time.monotonic() + 20
        while want not in data:
            assert time.monotonic() < end, "waited in vain"
            data += heard(run.take()) if not data else b"".join(b.data for b in run.take())


@test
def loopback_of_other_frames():
    """A wire of two channels has nothing for an input of one; patterns need none."""
    with loop("--rate", 48000, "--speed", 2) as (_, k):
        run, play = v.Run(k), Play(k, enable=False)
        run.start(pattern=INPUT, channel_mask=1)
        play.start()
        play.serve(5)
        blocks = run.collect(4)
        assert all(b.data == bytes(b.size) for b in blocks)
        run.start(pattern=RAMP)
        check_ramp(run.collect(4))
