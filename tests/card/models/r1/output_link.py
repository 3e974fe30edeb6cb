# SPDX-License-Identifier: GPL-2.0-only
"""Both sides begin at the same clock."""

import vfuclient as v
from outlib import *  # noqa: F403


def linked(*args):
    return player("--out-loopback", "--fifo", 1 << 20, "--rate", 48000, *args)


def hold(k, **config):
    """Both sides, started and held."""
    run, play = v.Run(k, blocks=64, entries=64), Play(k, enable=False)
    run.start(START | HOLD, pattern=INPUT, **config)
    play.setup()
    play.put(COMMAND, START | HOLD)
    same(k.get(STATE), ARMED | HELD)
    same(play.get(STATE), ARMED | HELD)
    return run, play


def offset(run, play):
    """Where among the samples what is played begins; nothing is missing behind it."""
    want, data, at = play.samples(), b"", 0
    while want not in data:
        for b in run.collect(1):
            same((b.index, b.lost), (at, 0), "index and loss of a block")
            at += b.size // 4
            data += b.data
    return data.index(want) // 4


@test
def they_begin_together():
    """The way round takes as many frames each time, whoever says GO and whenever the block is there."""
    with linked() as (_, k):
        for side in (0, OUT):
            for late in (False, True):
                run, play = hold(k)
                if not late:
                    play.give(2)
                k.pump(0.02)
                same(k.get64(FRAMES), 0)
                same(play.get64(FRAMES), 0)
                k.put(side + COMMAND, GO_BOTH)
                if late:
                    k.pump(0.02)
                    same(k.get64(FRAMES), 0)
                    play.give(2)
                same(offset(run, play), 1)
                same(k.get(STATE) & HELD, 0)
                k.put(COMMAND, RESET)
                play.put(COMMAND, RESET)


@test
def one_goes_alone():
    with linked() as (_, k):
        run, play = hold(k)
        k.put(COMMAND, GO)
        k.pump(0.02)
        assert k.get64(FRAMES) > 100
        same(play.get(STATE), ARMED | HELD)
        play.give(2)
        k.pump(0.02)
        same(play.get64(FRAMES), 0)
        play.put(COMMAND, GO)
        assert offset(run, play) > 100


@test
def the_other_ends_before_it_begins():
    with linked() as (_, k):
        run, play = hold(k)
        k.put(COMMAND, GO_BOTH)
        k.pump(0.01)
        same(k.get64(FRAMES), 0)
        play.put(COMMAND, HALT)
        k.pump(0.02)
        assert k.get64(FRAMES) > 100
        run, play = hold(k)
        k.put(COMMAND, STOP)
        k.pump(0.01)
        same(k.get(STATE) & 0xf, DONE)
        play.give(1)
        play.put(COMMAND, GO_BOTH)
        play.wait_state(RUNNING)


@test
def one_is_refused_and_the_other_is_not():
    with linked() as (c, k):
        run, play = v.Run(k), Play(k, enable=False)
        c.order("out refuse on")
        run.start(START | HOLD, pattern=INPUT)
        play.setup()
        play.put(COMMAND, START | HOLD)
        same(play.get(STATE), FAILED | ERR_CONFIG << 16)
        same(k.get(STATE), ARMED | HELD)
        c.order("out refuse off")
        c.order("refuse on")
        play.put(COMMAND, START | HOLD)
        same(play.get(STATE), ARMED | HELD)
        k.put(COMMAND, RESET)
        run.start(START | HOLD, pattern=INPUT)
        same(k.get(STATE), FAILED | ERR_CONFIG << 16)
        same(play.get(STATE), ARMED | HELD)
        assert c.command("refuse maybe").startswith("error")


@test
def without_it_nothing_is_held():
    with linked("--without", "link") as (_, k):
        same(k.get(CAPS) & CAP_LINK, 0)
        same(k.get(OUT + CAPS) & CAP_LINK, 0)
        run = v.Run(k)
        run.start(START | HOLD, pattern=INPUT)
        k.pump(0.02)
        same(k.get(STATE) & 0xf, RUNNING)
    with both("--rate", 48000) as (_, k):
        same(k.get(CAPS) & CAP_LINK, 0)
