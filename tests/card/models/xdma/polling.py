# SPDX-License-Identifier: GPL-2.0-only
"""The completed count and the poll word."""

import time

from xdmalib import *  # noqa: F403


@test
def the_count_is_of_32_bits_and_the_poll_word_of_24():
    for preset in ((1 << 24) - 3, (1 << 32) - 3):
        with xdma("--free") as (c, k):
            k.enable()
            chan = Chan(k).build(6, 4096, DONE, STOP | DONE)
            c.order(f"count c2h0 {preset}")
            chan.start(ALL | POLL_ENABLE)
            eventually(lambda: chan.get(STATUS) & STOPPED)
            same(chan.get(COUNT), (preset + 6) & 0xffffffff)
            same(chan.poll(), (preset + 6) & 0xffffff)
            chan.start()
            eventually(lambda: chan.get(STATUS) & STOPPED)
            same(chan.get(COUNT), 6, "from 0 on again")
            assert c.command("count c2h1 5").startswith("error")


@test
def poll_mode_needs_no_register():
    with xdma("--free") as (c, k):
        k.enable()
        ring = Chan(k).build(64, 4096, 0)
        for i in range(3, 64, 4):
            at = ring.area + i * 32
            k.memory.map[at] = DONE
        ring.put(MASK, 0)
        before = c.stats()
        ring.put(CREDITS, 64)
        same(ring.get(CREDITS), 0, "credits without credit mode")
        ring.credit_mode()
        ring.put(CREDITS, 63)
        ring.put(CONTROL, COMPLETED | POLL_ENABLE | RUN)
        eventually(lambda: ring.poll() == 60)
        time.sleep(0.05)
        # counts all, but is written only by those with COMPLETED
        same(ring.poll(), 60)
        after = c.stats()
        same(int(after["reg_reads"]) - int(before["reg_reads"]), 1)
        same((int(after["irqs"]), after["c2h0_descriptors"], after["c2h0_completed"]), (0, "63", "15"))
        # not without the bit that logs COMPLETED, nor without its own
        for control in (POLL_ENABLE, COMPLETED):
            ring.stop()
            ring.clear_writebacks()
            ring.put(CREDITS, 8)
            ring.put(CONTROL, control | RUN)
            eventually(lambda: ring.get(COUNT) == 8)
            same(ring.poll(), 0)
