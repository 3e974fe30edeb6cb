# SPDX-License-Identifier: GPL-2.0-only
"""Rings and lists of descriptors, and the order on the bus."""

import time

from xdmalib import *  # noqa: F403


@test
def a_ring_with_credits_is_gapless():
    for args, channels, width in (((), 2, 2), (("--width", 512, "--channels", 3), 3, 2),
                                  (("--channels", 5, "--format", "u8", "--width", 128), 5, 1),
                                  (("--channels", 32, "--format", "s32"), 32, 4)):
        for fd in (True, False):
            with xdma("--free", *args, fd=fd) as (c, k):
                k.enable()
                ring = Chan(k).build(8, 8192)
                ring.credit_mode()
                ring.put(CREDITS, 8)
                ring.start()
                got = ring.collect(300000)
                assert all(len(d) == 8192 and not eop for d, eop in got)
                check(sound(got), 0, channels, width)
                # a card that waits for DMA by message takes no command: first all credits are used up
                k.pump(10, lambda ring=ring: all(ring.writeback(i)[0] for i in range(8)))
                ring.get(COUNT)
                s = c.stats()
                same((s["dropped"], s["state"], s["c2h0_broken_rules"]), ("0", "running", "0"))


@test
def without_credits_the_ring_is_lapped():
    with xdma("--free") as (c, k):
        k.enable()
        ring = Chan(k).build(4, 4096)
        ring.start()
        eventually(lambda: ring.get(COUNT) > 50)
        ring.stop()
        count = ring.get(COUNT)
        same(int(c.stats()["c2h0_descriptors"]), count)
        # the newest pass over the ring is there
        for i in range(4):
            index = max(n for n in range(count) if n % 4 == i) * 1024
            check(ring.buffer(i), index)


@test
def a_list_ends_at_stop():
    with xdma("--free") as (c, k):
        k.enable()
        chan = Chan(k).build(5, 4096, 0, STOP | DONE)
        for turn in range(3):
            chan.clear_writebacks()
            chan.start()
            eventually(lambda: chan.get(STATUS) == STOPPED | COMPLETED)
            same(chan.get(COUNT), 5, "count of a run")
            same(chan.get(CONTROL) & RUN, RUN, "Run does not end by itself")
            got = chan.take(False)
            same([len(d) for d, _ in got], [4096] * 5)
            check(sound(got), turn * 5 * 1024)
            # cleared by writing ones, then by reading
            chan.put(STATUS, COMPLETED)
            same(chan.get(STATUS), STOPPED)
            same(chan.get(STATUS_RC), STOPPED)
            same(chan.get(STATUS), 0)
            # Run again, without its edge, does nothing
            chan.put(CONTROL, ALL | RUN)
            same(chan.get(STATUS), 0)
            same(chan.get(COUNT), 5)
        same(c.stats()["c2h0_runs"], "3")


@test
def order_on_the_bus():
    """Data, then the writeback, then the poll word, then the interrupt."""
    with xdma("--free", "--fifo", 4096, fd=False) as (_, k):
        k.enable()
        channel_int(k)
        chan = Chan(k).build(3, 4096, DONE, STOP | DONE)
        k.dma_log = []
        chan.start(ALL | POLL_ENABLE)
        k.pump(5, lambda: chan.poll() == 3)
        writes = [(at, signals) for command, at, _, signals in k.dma_log if command == DMA_WRITE]
        for i in range(3):
            mine = writes[3 * i:3 * i + 3]
            same([at for at, _ in mine], [chan.data + i * 4096, chan.area + WRITEBACKS_AT + i * 8,
                                          chan.area + POLL_AT], f"writes of descriptor {i}")
            # that of the one before is there by now; its own is not
            same([bool(s) for _, s in mine], [i > 0] * 3)
        same(len(writes), 9)
        same(k.irqs(MSIX, 1), 1)
        same(chan.get(COUNT), 3)


@test
def four_streams_at_once():
    with xdma("--c2h", 4, "--free", "--skew", 10000, "--packets", 9000) as (_, k):
        k.enable()
        rings = [Chan(k, n).build(16, 4096 * (n + 1) // 2) for n in range(4)]
        for ring in rings:
            ring.credit_mode()
            ring.put(CREDITS, 16)
        for ring in rings:
            ring.start()
        got = [b""] * 4
        for _ in range(5):
            for n, ring in enumerate(rings):
                got[n] += sound(ring.collect(60000))
        for n in range(4):
            check(got[n], n * 10000)


def waits_for_the_host(how, order):
    with xdma(*how, "--speed", 100, "--fifo", 4096) as (c, k):
        c.order(order)
        k.enable()
        ring = Chan(k).build(16, 4096)
        ring.credit_mode()
        got = []
        for _ in range(5):
            ring.put(CREDITS, 16)
            if not got:
                ring.start()
            got += ring.collect(16 * 4096, give=False)
            eventually(lambda: int(c.stats()["c2h0_fifo"]) == 4096)
            held = int(c.stats()["c2h0_held"])
            time.sleep(0.05)
        check(sound(got))
        s = c.stats()
        same((s["dropped"], s["c2h0_gaps"]), ("0", "0"))
        assert held >= 5, "held up"
        # time stood still meanwhile
        same(int(s["frames"]), 5 * 16 * 1024 + 1024)
        same(k.get(STREAM + U_FRAME), 2 | 2 << 8 | len(how) << 16)


@test
def a_source_that_waits_loses_nothing():
    waits_for_the_host(["--wait"], "wait off")


@test
def a_source_may_be_ordered_to_wait():
    waits_for_the_host([], "wait on")


@test
def speed():
    """How fast it is, for whoever looks: 1 GiB of the ramp in shared memory."""
    with xdma("--free") as (c, k):
        k.enable()
        ring = Chan(k).build(64, 65536)
        begin = time.monotonic()
        ring.start(0, 0)
        eventually(lambda: ring.get(COUNT) >= 16384, 60)
        print(f"     {1024 / (time.monotonic() - begin):.0f} MiB/s", flush=True)
        ring.stop()
