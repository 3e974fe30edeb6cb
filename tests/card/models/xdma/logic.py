# SPDX-License-Identifier: GPL-2.0-only
"""The card's own logic: sources, the user BAR, orders of the control socket."""

import time

from xdmalib import *  # noqa: F403


@test
def when_sources_begin():
    with xdma("--begin", "power", "--speed", 1000) as (c, k):
        eventually(lambda: int(c.stats()["frames"]) > 100)
        # time stands still while it is off
        k.put(STREAM + U_CONTROL, 0)
        produced = k.get64(STREAM + U_PRODUCED)
        time.sleep(0.03)
        same((k.get64(STREAM + U_PRODUCED), k.get(STREAM + U_CONTROL)), (produced, 0))
        k.put(STREAM + U_CONTROL, 1)
        eventually(lambda: k.get64(STREAM + U_PRODUCED) > produced)
    with xdma("--begin", "enable", "--wait", "--speed", 100) as (c, k):
        k.enable()
        ring = Chan(k).build(16, 4096)
        ring.credit_mode()
        ring.put(CREDITS, 16)
        ring.start()
        time.sleep(0.03)
        same((ring.get(COUNT), k.get(STREAM + U_CONTROL)), (0, 0))
        k.put(STREAM + U_CONTROL, 1)
        check(sound(ring.collect(50000)))
        # back to the beginning, and on at once
        ring.stop()
        k.put(STREAM + U_CONTROL, 3)
        same(k.get(STREAM + U_CONTROL), 1)
        ring.build(16, 4096)
        ring.put(CREDITS, 16)
        ring.start()
        check(sound(ring.collect(50000)))
    # reset while a descriptor waits
    for mode in ("ready", "run"):
        with xdma("--begin", mode, "--wait", "--speed", 100) as (c, k):
            k.enable()
            ring = Chan(k).build(16, 4096)
            ring.credit_mode()
            ring.put(CREDITS, 16)
            c.order("stall on")
            ring.start()
            eventually(lambda: c.stats()["c2h0_fifo"] == "65536")
            k.put(STREAM + U_CONTROL, 3)
            c.order("stall off")
            check(sound(ring.collect(50000)))
    for mode, first in (("ready", False), ("run", True)):
        with xdma("--begin", mode, "--free") as (c, k):
            k.enable()
            same(c.stats()["frames"], "0")
            for turn in range(2):
                chan = Chan(k).build(4, 4096, 0, STOP | DONE)
                chan.start()
                eventually(lambda: chan.get(STATUS) & STOPPED)
                check(sound(chan.take()), 0 if first else turn * 4096)


@test
def user_bar():
    with xdma("--c2h", 3, "--h2c", 2, "--rate", 1000, "--format", "s32", "--user-irqs", 2) as (_, k):
        same((k.get(USER_ID), k.get(4), k.get(USER_CHANNELS)), (0x55514341, 0x10000, 0x203))
        k.put(USER_SCRATCH, 0xdeadbeef)
        same(k.get(USER_SCRATCH), 0xdeadbeef)
        for n in range(3):
            base = STREAM + n * 0x100
            same((k.get(base + U_FRAME), k.get(base + U_FIFO), k.get(base + U_CONTROL)), (4 | 2 << 8, 65536, 1))
            same(k.get(USER_CLOCK) // k.get(base + U_DIVIDER), 1000, "rate")
            k.put(base + U_DIVIDER, 0)
            k.put(base + U_DIVIDER, 1 << 24)
            same(k.get(USER_CLOCK) // k.get(base + U_DIVIDER), 1000)
            k.put(base + U_DIVIDER, 100 + n)
            same(k.get(base + U_DIVIDER), 100 + n)
        same(k.get(STREAM + 0x300), 0)
        k.put(USER_IRQ, 0xff)
        same(k.get(USER_IRQ), 3)
        same(k.get(IRQ + 0x48, BAR), 3)
    with xdma("--mm", 4096) as (_, k):
        same(k.get(STREAM + U_FIFO), 0)


@test
def sources_that_end_by_order():
    with xdma("--speed", 1000, "--wait", "--begin", "run") as (c, k):
        k.enable()
        c.order("frames 5003")
        ring = Chan(k).build(16, 4096)
        ring.credit_mode()
        for _ in range(2):
            ring.clear_writebacks(16)
            ring.put(CREDITS, 16)
            ring.start()
            got = ring.collect(5003 * 4, give=False)
            same((len(sound(got)), [eop for _, eop in got]), (5003 * 4, [0, 0, 0, 0, 1]))
            check(sound(got))
            time.sleep(0.02)
            same(ring.take(), [])
            same(c.stats()["frames"], "5003")
            # dry until it goes on; then with what comes next
            ring.put(CLEAR, RUN)
            same(ring.get(STATUS) & BUSY, BUSY)
            c.order("frames endless")
            eventually(lambda: not ring.get(STATUS) & BUSY)
            check(ring.take(False)[0][0], 5003)
            c.order("frames 5003")
        for line in ("frames", "frames 0", "frames x"):
            assert c.command(line).startswith("error"), line


@test
def rate_and_reset_by_order():
    with xdma("--wait", "--begin", "run") as (c, k):
        k.enable()
        clock = k.get(USER_CLOCK)
        for rate in (1000, 48000, 44100, clock):
            c.order(f"rate {rate}")
            same(k.get(STREAM + U_DIVIDER), (clock + rate // 2) // rate)
            k.put(STREAM + U_DIVIDER, 5)
            c.order("reset")
            same(k.get(STREAM + U_DIVIDER), (clock + rate // 2) // rate, "divider behind a reset")
        ring = Chan(k).build(16, 4096)
        ring.credit_mode()
        ring.put(CREDITS, 16)
        ring.start()
        ring.collect(20000)
        c.order("reset")
        same((ring.get(CONTROL), ring.get(STATUS), ring.get(CREDITS), ring.get(MASK)), (0, 0, 0, 0))
        same(c.stats()["frames"], "0")
        for line in ("rate", "rate 0", "rate x", f"rate {3 * clock}", "reset now"):
            assert c.command(line).startswith("error"), line


@test
def commands():
    with xdma("--c2h", 2, "--begin", "power", "--wait", "--speed", 100) as (c, _):
        for line in ("speed", "speed x", "stall", "stall maybe", "pause 0", "pause -1", "overflow 0", "gaps 2", "gaps x",
                     "overflow 5 2", "count", "count c2h0", "count c2h2 1", "user-irq 1 on", "user-irq 0", "nonsense"):
            assert c.command(line).startswith("error"), line
        for line in ("gaps", "gaps 1", "stall on 1", "stall off 1", "pause 10 1", "overflow 3 1", "speed 2", "speed real",
                     "user-irq 0 on", "user-irq 0 off"):
            c.order(line)
        s = c.stats()
        same(s["model"], "xdma")
        for name in ("c2h0_frames", "c2h1_lost", "c2h1_credits", "c2h0_held_us", "reg_reads", "user_writes", "vectors"):
            assert name in s, name
