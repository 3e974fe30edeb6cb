# SPDX-License-Identifier: GPL-2.0-only
"""Filler of the output side: where it is, how much, and what is told of it."""

import os
import time

from outlib import *  # noqa: F403


@test
def underrun_is_exact():
    with player("--rate", 48000, "--speed", 2) as (c, k):
        play = Play(k)
        play.start(give=4)
        page = play.wait(lambda p: p["irq"] & OVERFLOW)
        same((page["blocks"], page["read"]), (4, 4))
        same(page["state"], RUNNING | LOSING)
        eventually(lambda: play.get64(DROPPED) > 1000)
        same(play.get(STATE), RUNNING | LOSING)
        # FRAMES = DROPPED + played: the two registers are not read at once
        before, filler, after = play.get64(FRAMES), play.get64(DROPPED), play.get64(FRAMES)
        assert before <= filler + 4096 <= after, (before, filler, after)
        play.give(3)
        same(play.get(STATE), RUNNING)
        play.put(COMMAND, STOP)
        play.serve(refill=False)
        gaps = play.check(c, 7 * 1024)
        same([at for at, _ in gaps], [4096])
        same(play.get64(FRAMES), play.get64(DROPPED) + 7 * 1024)
        same(play.records[4].lost, play.get64(DROPPED))
        page = play.page()
        same((page["frames"], page["dropped"]), (play.get64(FRAMES), play.get64(DROPPED)))


@test
def filler_that_its_page_does_not_count_yet():
    with player("--rate", 48000, "--speed", 4) as (c, k):
        c.order("fault late-filler")
        play = Play(k)
        play.start(give=4)
        page = play.wait(lambda p: p["irq"] & OVERFLOW)
        same((page["state"], page["frames"], page["dropped"]), (RUNNING | LOSING, 4096, 0))
        play.give(3)
        play.put(COMMAND, STOP)
        play.serve(refill=False)
        same([at for at, _ in play.check(c, 7 * 1024)], [4096])
        same(play.page()["dropped"], play.get64(DROPPED))


@test
def underruns_by_order():
    """Of exactly so many frames, again and again, with a host that is in time."""
    for args in (("--speed", 4), ("--speed", 10, "--out-wait"), ("--out-free",)):
        with player(*args) as (c, k):
            play = Play(k, blocks=64, entries=64)
            assert c.command("out dry 5").startswith("error"), "an order while nothing runs"
            play.start()
            want = [1, 1000, 3, 12345]
            for count in want:
                c.order(f"out dry {count}")
                while int(out_stats(c)["dry"]):
                    play.take()
                # more than the card may have played before it ran dry
                play.serve(len(play.records) + 84)
            play.put(COMMAND, STOP)
            play.serve(refill=False)
            gaps = play.check(c, play.given * 1024)
            if len(args) == 2:
                # a slow machine adds some
                assert len(gaps) >= len(want) and max(n for _, n in gaps) >= max(want), gaps
            else:
                same([n for _, n in gaps], want)
            for at, _ in gaps:
                same((at - sum(n for b, n in gaps if b < at)) % 1024, 0, "place within a block")


@test
def underrun_by_stall():
    with player("--speed", 4) as (c, k):
        play = Play(k)
        c.order("out stall on")
        play.start()
        time.sleep(0.02)
        same(play.get(STATE), ARMED)
        c.order("out stall off")
        eventually(lambda: play.get(STATE) & 0xf == RUNNING)
        c.order("out stall on")
        play.serve(3)
        eventually(lambda: play.get(STATE) & LOSING)
        same(play.get(IRQ_STATUS) & OVERFLOW or play.page()["irq"] & OVERFLOW, OVERFLOW)
        c.order("out stall off")
        eventually(lambda: not play.get(STATE) & LOSING)
        play.serve(40)
        play.put(COMMAND, STOP)
        play.serve(refill=False)
        assert play.check(c, play.given * 1024)


@test
def no_filler_from_one_that_waits():
    with player("--speed", 10, "--out-wait") as (c, k):
        play = Play(k)
        play.start(give=3)
        play.wait(lambda p: p["blocks"] == 3)
        frames = play.get64(FRAMES)
        time.sleep(0.03)
        same((play.get64(FRAMES), play.get64(DROPPED)), (frames, 0))
        same(play.get(STATE), RUNNING)
        same(play.get(IRQ_STATUS) & OVERFLOW, 0)
        play.serve(6)
        play.put(COMMAND, STOP)
        play.serve(refill=False)
        same(play.check(c), [])
        # and what it waits for may be the end
        play.start(give=2)
        play.wait(lambda p: p["blocks"] == 2)
        play.put(COMMAND, STOP)
        play.wait_state(DONE)
        same(play.get64(FRAMES), 2048)


@test
def filler_is_the_last_frame():
    with player("--rate", 1000) as (c, k):
        play = Play(k, block=64)
        play.start(give=1)
        eventually(lambda: play.get64(DROPPED) > 5)
        play.put(COMMAND, HALT)
        same(play.get(STATE), DONE)
        gaps = play.check(c, 16)
        same([at for at, _ in gaps], [16])


@test
def filler_behind_the_end_of_the_fifo():
    """The last frame lies across it, if the card lets frames do so."""
    with player("--rate", 100000, "--channels", 3, "--format", "u8", "--out-fifo", 8194) as (c, k):
        play = Play(k, frame=3, width=1)
        play.start(give=2)
        play.give(1, 6)
        eventually(lambda: play.get64(DROPPED) > 5)
        play.put(COMMAND, HALT)
        same(play.get(STATE), DONE)
        same([at for at, _ in play.check(c, 2732)], [2732])


@test
def output_records_on_order():
    with player("--speed", 5, record=False) as (c, k):
        play = Play(k)
        assert c.command("out record /does/not/exist").startswith("error")
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "some")
            play.start()
            play.serve(5)
            c.order(f"out record {path}")
            play.serve(20)
            c.order("out record off")
            with open(path, "rb") as f:
                got = f.read()
        assert got and len(got) % 4 == 0
        if not out_gaps(c):
            assert got in play.samples()
        same(out_stats(c)["recording"], "0")


@test
def the_host_may_be_late_for_the_fifo():
    """Blocks stay in host memory while the FIFO is full; each is read but once."""
    with player("--out-wait", "--rate", 100000, "--out-fifo", 16384) as (c, k):
        play = Play(k, block=8192)
        play.start()
        page = play.wait(lambda p: p["blocks"])
        # the FIFO holds two
        assert page["blocks"] < page["read"] <= page["blocks"] + 2, page
        # what has been read may be used again
        k.memory.map[OUT_BLOCKS:OUT_BLOCKS + page["read"] * 8192] = bytes(page["read"] * 8192)
        play.put(COMMAND, STOP)
        play.serve(refill=False, seconds=30)
        play.check(c, 16 * 2048)


@test
def the_input_goes_on_and_the_output_keeps_its_speed():
    with player() as (c, k):
        k.enable()
        run = v.Run(k, blocks=16, entries=16)
        c.order("speed 20")
        c.order("out speed 3")
        c.order("wait on")
        run.start(give=4)
        run.wait(lambda p: p["blocks"] == 4)
        stands_still(lambda: k.get64(FRAMES))
        c.order("wait off")
        run.wait(lambda p: p["state"] & LOSING)
        assert " speed=3" in c.order("out stats"), c.order("out stats")
