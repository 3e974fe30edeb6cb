# SPDX-License-Identifier: GPL-2.0-only
"""Losses, and sources that wait."""

import time

import vfuclient as v
from r1lib import *  # noqa: F403


@test
def gap_accounting():
    """The host gives no blocks for a while: exactly one gap, which all agree on."""
    with both() as (c, k):
        run = v.Run(k, blocks=16, entries=16)
        c.order("speed 20")
        run.start(give=4)
        run.wait(lambda p: p["state"] & LOSING)
        c.order("speed real")
        page = run.page()
        assert page["irq"] & OVERFLOW and k.get(IRQ_STATUS) & OVERFLOW
        same(page["blocks"], 4)
        time.sleep(0.05)
        assert k.get(STATE) & LOSING and k.get64(DROPPED) > 0
        run.give(12)
        blocks = run.collect(40)
        gaps = c.gaps()
        same(len([g for g in gaps]), 1, "gaps (a slow machine may make more)")
        k.put(COMMAND, STOP)
        blocks += run.collect()
        end, lost = check_ramp(blocks)
        page, stats = run.page(), c.stats()
        same(gaps, [(4 * 1024 + 65536 // 4, lost)], "the gap")
        same(lost, page["dropped"])
        same(lost, int(stats["dropped"]))
        same(lost, k.get64(DROPPED))
        same(end, page["frames"])
        same(end, k.get64(FRAMES))
        same(int(stats["delivered"]) + lost, end)
        # the block before the gap was full: the FIFO's content follows it
        same([b.lost > 0 for b in blocks].count(True), 1)


@test
def a_source_may_be_ordered_to_wait():
    with both() as (c, k):
        run = v.Run(k, blocks=16, entries=16)
        c.order("wait on")
        c.order("speed 20")
        run.start(give=4)
        run.wait(lambda p: p["blocks"] == 4)
        time.sleep(0.2)
        same(k.get(STATE) & LOSING, 0)
        stood = k.get64(FRAMES)
        time.sleep(0.1)
        same(k.get64(FRAMES), stood)
        run.give(12)
        blocks = run.collect(40)
        same((k.get64(DROPPED), c.gaps()), (0, []))
        # and not any longer, even if it stands still for that
        stands_still(lambda: k.get64(FRAMES))
        c.order("wait off")
        run.wait(lambda p: p["state"] & LOSING)
        check_ramp(blocks)


@test
def forced_overflow():
    with both("--wait") as (c, k):
        run = v.Run(k, blocks=16, entries=16)
        run.start(irq_us=1000)
        blocks = run.collect(3)
        c.order("overflow 1000")
        k.pump(0.05)
        blocks += run.collect(20)
        c.order("overflow 7")
        blocks += run.collect(20)
        k.put(COMMAND, STOP)
        blocks += run.collect()
        end, lost = check_ramp(blocks)
        same(lost, 1007)
        gaps = c.gaps()
        same([n for _, n in gaps], [1000, 7])
        same([(b.index - b.lost, b.lost) for b in blocks if b.lost], gaps)
        same(len([b for b in blocks[:-1] if b.size < 4096]), 2, "short blocks before the gaps")
        same(run.page()["frames"], end)
        assert c.command("overflow 5").startswith("error"), "not running"
        for bad in ("overflow", "overflow x", "overflow 0", "overflow -1"):
            assert c.command(bad).startswith("error"), bad


@test
def loss_at_the_end():
    """Frames lost behind the last block are in the counters only."""
    with both() as (c, k):
        run = v.Run(k, blocks=4, entries=4)
        run.start(give=2)
        run.wait(lambda p: p["state"] & LOSING)
        time.sleep(0.02)
        k.put(COMMAND, STOP)
        same(k.get(STATE), DRAINING)
        assert not k.get(IRQ_STATUS) & FINISHED
        blocks = run.collect(2)
        run.give(2)
        blocks += run.collect()
        end, lost = check_ramp(blocks)
        page = run.page()
        same(lost, 0)
        assert page["dropped"] > 0
        same(page["frames"], end + page["dropped"])
        same(sum(n for _, n in c.gaps()), page["dropped"])


@test
def lost_before_the_first_block():
    with both("--fifo", 4096) as (c, k):
        run = v.Run(k)
        run.start(give=0)
        run.wait(lambda p: p["state"] & LOSING)
        run.give(16)
        blocks = run.collect(5)
        check_ramp(blocks)
        same(blocks[0].index, 0, "the FIFO's content comes first")
        assert c.gaps()[0][0] == 1024


@test
def waiting_source_waits():
    with both("--wait") as (c, k):
        run = v.Run(k, blocks=4, entries=4)
        frames = 2 * 1024 + 65536 // 4
        run.start(give=2)
        c.order("speed 20")
        eventually(lambda: k.get64(FRAMES) >= frames)
        time.sleep(0.1)
        same(k.get64(FRAMES), frames, "frames when the FIFO is full")
        c.order("speed real")
        run.give(2)
        blocks = run.collect(40)
        same(check_ramp(blocks), (40 * 1024, 0))
        same(c.gaps(), [])
        # no catching up: the time in between has not been
        assert blocks[30].stamp - blocks[24].stamp > 100000000 // 48000 * 1024 * 4


@test
def stall():
    with both() as (c, k):
        run = v.Run(k)
        run.start()
        blocks = run.collect(2)
        c.order("stall on")
        c.order("speed 20")
        run.wait(lambda p: p["state"] & LOSING)
        c.order("speed real")
        done = run.page()["blocks"]
        time.sleep(0.05)
        same(run.page()["blocks"], done, "blocks of a stalled card")
        c.order("stall off")
        blocks += run.collect(20)
        check_ramp(blocks)
        same(len(c.gaps()), 1)
        c.order("stall on")
        k.put(COMMAND, STOP)
        same(k.get(STATE) & 0xf, DRAINING)
        c.order("stall off")
        run.wait(lambda p: p["state"] & 0xf == DONE)
