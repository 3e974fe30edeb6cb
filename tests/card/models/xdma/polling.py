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
        # with or without the bit that logs COMPLETED, but not without its own
        for control, word in ((POLL_ENABLE, 8), (COMPLETED, 0)):
            ring.stop()
            ring.clear_writebacks()
            ring.put(CREDITS, 8)
            ring.put(CONTROL, control | RUN)
            eventually(lambda: ring.get(COUNT) == 8)
            k.pump(0.02)
            same(ring.poll(), word)


@test
def poll_mode_of_another_driver():
    """The control word that AMD's own driver uses: without the bit of COMPLETED."""
    with xdma("--free") as (c, k):
        k.enable()
        chan = Chan(k).build(4, 4096, 0, DONE)
        chan.credit_mode()
        chan.put(CREDITS, 4)
        chan.put(CONTROL, 0x04f83e19)
        eventually(lambda: chan.poll() == 4)
        same((chan.get(STATUS), chan.get(COUNT)), (BUSY, 4))
        check(sound(chan.take(False)))


@test
def an_error_is_in_the_poll_word():
    """An engine that stops says so in memory, too, whatever its descriptor wants."""
    def magic(chan, _):
        chan.descriptor(2, 0, 4096, RAM, RAM, 0, magic=0xad4c)

    def length(chan, _):
        chan.descriptor(2, 0, 4100, RAM + chan.area + WRITEBACKS_AT, RAM + chan.data, 0)

    def fetch(_, c):
        c.order("fault fetch-error 1")

    for change, done in ((magic, 2), (length, 2), (fetch, 0)):
        for fd in (True, False):
            with xdma("--free", fd=fd) as (c, k):
                k.enable()
                channel_int(k)
                chan = Chan(k).build(4, 4096, 0, STOP | DONE)
                change(chan, c)
                k.dma_log = []
                chan.start(ALL | POLL_ENABLE)
                assert k.irqs(MSIX, 5), "an interrupt"
                same(chan.poll(), 1 << 31 | done)
                # the word comes before the interrupt
                same([signals for _, at, _, signals in k.dma_log if at == chan.area + POLL_AT], [] if fd else [[]])
                # and not without its bit
                chan.clear_writebacks()
                chan.start(ALL)
                eventually(lambda: not chan.get(STATUS) & BUSY)
                same(chan.poll(), 0)
    with xdma("--mm", 4096) as (c, k):
        k.enable()
        chan = Chan(k).build(2, 64, 0, STOP | DONE)
        chan.descriptor(0, 0, 64, 0, RAM + chan.data, chan.desc_address(1))
        chan.descriptor(1, STOP | DONE, 64, 1 << 63, RAM + chan.data, 0)
        chan.start(ALL | POLL_ENABLE)
        eventually(lambda: chan.get(STATUS) == READ_DECODE)
        same(chan.poll(), 1 << 31 | 1)


@test
def a_poll_word_that_runs_ahead():
    with xdma("--free") as (c, k):
        k.enable()
        chan = Chan(k).build(4, 4096, DONE)
        chan.credit_mode()
        chan.start(ALL | POLL_ENABLE)
        chan.put(CREDITS, 2)
        eventually(lambda: chan.poll() == 2)
        c.order("ahead 200")
        seen = set()
        eventually(lambda: seen.add(chan.poll()) or len(seen) > 5)
        assert max(seen) < 1 << 24
        c.order("stats")
        same(chan.get(COUNT), 2)
