# SPDX-License-Identifier: GPL-2.0-only
"""Descriptors: how they are fetched, and what is wrong with them."""

import time

from xdmalib import *  # noqa: F403


@test
def credits_limit_the_fetch():
    with xdma("--free") as (c, k):
        k.enable()
        ring = Chan(k).build(16, 4096)
        ring.credit_mode()
        ring.put(CREDITS, 2)
        same(ring.get(CREDITS), 2, "credits before Run")
        ring.put(CREDITS, 1)
        same(ring.get(CREDITS), 3, "writes add")
        ring.start()
        eventually(lambda: ring.get(COUNT) == 3)
        time.sleep(0.02)
        same((ring.get(COUNT), ring.get(CREDITS), ring.get(STATUS) & BUSY), (3, 0, BUSY))
        ring.put(CREDITS, 4)
        eventually(lambda: ring.get(COUNT) == 7)
        # at most 1023, and none behind the end of Run
        ring.common(HALT)
        ring.put(CREDITS, 1023)
        ring.put(CREDITS, 5)
        same(ring.get(CREDITS), 1023)
        same(c.stats()["c2h0_broken_rules"], "1")
        ring.stop()
        same(ring.get(CREDITS), 0)
        ring.put(CREDITS, 9)
        same(ring.get(CREDITS), 9)
        ring.credit_mode(False)
        same(ring.get(CREDITS), 0)
        same(c.stats()["c2h0_credits_given"], str(3 + 4 + 1023 + 5 + 9))


@test
def halt_stops_the_fetch():
    with xdma("--free", "--prefetch", 4) as (_, k):
        k.enable()
        chan = Chan(k).build(16, 4096, 0, STOP | DONE)
        chan.common(HALT)
        chan.start()
        time.sleep(0.02)
        same((chan.get(COUNT), chan.get(STATUS)), (0, BUSY))
        chan.common(HALT, False)
        eventually(lambda: chan.get(STATUS) & STOPPED)
        same(chan.get(COUNT), 16)


@test
def adjacent_descriptors_are_fetched_together():
    with xdma("--free", "--prefetch", 64) as (c, k):
        k.enable()
        # two blocks of 16: the first register is that of the first, Nxt_adj of its last that of the second
        chan = Chan(k).build(32, 4096, 0, STOP | DONE, adjacent=lambda i: 15 if i == 15 else 7)
        chan.put(ADJ, 15)
        chan.start()
        eventually(lambda: chan.get(STATUS) & STOPPED)
        same(chan.get(COUNT), 32)
        same(c.stats()["c2h0_fetches"], "2")
        check(sound(chan.take(False)))
        # no request is above the maximum of PCI Express
        k.set_config(k.caps()[0x10] + 8, 0x0000, 2)
        chan.start()
        eventually(lambda: chan.get(STATUS) & STOPPED)
        same(c.stats()["c2h0_fetches"], str(2 + 8))
        same(c.stats()["c2h0_broken_rules"], "0")
        # in the midst of a block the next address does not count: only the last one's does
        for i in (*range(0, 15), *range(16, 31)):
            at = chan.area + i * 32 + 24
            k.memory.map[at:at + 8] = bytes(8)
        chan.start()
        eventually(lambda: chan.get(STATUS) & STOPPED)
        same(chan.get(COUNT), 32)


@test
def a_block_must_not_cross_a_page():
    for slots, adjacent, good in ((127, 0, True), (127, 1, False), (126, 1, True), (65, 62, True), (65, 63, False)):
        with xdma("--free", "--prefetch", 64) as (c, k):
            k.enable()
            chan = Chan(k).build(160, 4096, 0, STOP | DONE)
            chan.put(FIRST, chan.desc_address(slots))
            chan.put(ADJ, adjacent)
            chan.start()
            if good:
                eventually(lambda: chan.get(STATUS) == STOPPED | COMPLETED)
                same(chan.get(COUNT), 160 - slots)
            else:
                eventually(lambda: chan.get(STATUS) == DESC_UR)
                same((chan.get(COUNT), c.stats()["c2h0_broken_rules"]), (0, "1"))


@test
def descriptors_are_fetched_ahead():
    """What is changed behind the engine's back is not seen; with one place, it is."""
    for places, seen in ((8, False), (1, True)):
        with xdma("--begin", "power", "--prefetch", places) as (c, k):
            k.enable()
            c.order("stall on")
            chan = Chan(k).build(4, 4096, 0, STOP | DONE)
            chan.start()
            eventually(lambda: c.stats()["c2h0_fetches"] == ("4" if places == 8 else "2"))
            chan.descriptor(2, STOP | DONE, 64, chan.desc_address(0), RAM + chan.data, 0)
            c.order("speed 1000")
            c.order("stall off")
            eventually(lambda: chan.get(STATUS) & STOPPED)
            same(chan.get(COUNT), 3 if seen else 4)


@test
def bad_descriptors_stop_the_engine():
    def trial(change, status, count, *args, adjacent=0, control=ALL):
        with xdma("--free", *args) as (c, k):
            k.enable()
            channel_int(k)
            chan = Chan(k).build(4, 4096, 0, STOP | DONE)
            change(chan, c)
            chan.start(control)
            eventually(lambda: not chan.get(STATUS) & BUSY)
            same((chan.get(STATUS), chan.get(COUNT)), (status, count))
            same(k.irqs(MSIX, 0.5 if status else 0.05), int(bool(status)))
            same(len(chan.take()), count)
            # the next run does not remember
            c.order("clear")
            chan.build(4, 4096, 0, STOP | DONE).start()
            eventually(lambda: chan.get(STATUS) == STOPPED | COMPLETED)
            same(chan.get(COUNT), 4)

    def magic(chan, _):
        chan.descriptor(2, 0, 4096, RAM, RAM, 0, magic=0xad4c)

    wb, data = RAM + WRITEBACKS_AT + 8, RAM + DATA_AT
    trial(magic, MAGIC, 2)
    trial(magic, 0, 2, control=0)
    trial(lambda chan, c: c.order("fault bad-magic 1"), MAGIC, 0)
    trial(lambda chan, c: c.order("fault fetch-error 1"), DESC_UR, 0)
    trial(lambda chan, c: c.order("fault dma-error 1"), DESC_UR, 0)
    trial(lambda chan, c: chan.put(FIRST, RAM + 16), DESC_UR, 0)
    trial(lambda chan, c: chan.put(FIRST + 4, 0x7000), DESC_UR, 0)
    trial(lambda chan, c: chan.descriptor(1, 0, 4100, wb, RAM, 0), LENGTH, 1)
    trial(lambda chan, c: chan.descriptor(1, 0, 4096 + 16, wb, RAM, 0), LENGTH, 1, "--width", 256)
    trial(lambda chan, c: chan.descriptor(1, 0, 4096, wb, data, 0xdead000000000000), DESC_UR, 2)


@test
def a_wrong_length_stops_only_where_its_bit_is_set():
    """AMD's own driver does not set it: such a descriptor is done like any other."""
    for args, width in (((), 8), (("--width", 256), 32)):
        for fd in (True, False):
            with xdma("--free", *args, fd=fd) as (_, k):
                k.enable()
                chan = Chan(k).build(4, 4096, 0, STOP | DONE)
                sizes = (4096 + 4, 1, 4096 - width + 1, 4096)
                for i, size in enumerate(sizes):
                    chan.descriptor(i, STOP | DONE if i == 3 else 0, size, RAM + chan.area + WRITEBACKS_AT + i * 8,
                                    RAM + chan.data + i * 8192, chan.desc_address(i + 1))
                chan.stride = 8192
                chan.start(C2H_ALL & ~LENGTH)
                eventually(lambda: chan.get(STATUS) == STOPPED | COMPLETED)
                same(chan.get(COUNT), 4)
                got = chan.take(False)
                same([len(d) for d, _ in got], list(sizes))
                # not one byte is lost between them
                check(sound(got))
                chan.start(C2H_ALL)
                eventually(lambda: chan.get(STATUS) == LENGTH)
                same(chan.get(COUNT), 0)
    with xdma("--h2c", 1) as (c, k):
        k.enable()
        chan = Chan(k, 0, True).build(2, 13, 0, STOP | DONE)
        chan.start(ALL & ~LENGTH)
        eventually(lambda: chan.get(STATUS) == STOPPED | COMPLETED)
        same((chan.get(COUNT), c.stats()["h2c0_bytes"]), (2, "26"))


@test
def lengths_and_empty_descriptors():
    with xdma("--free") as (_, k):
        k.enable()
        chan = Chan(k).build(4, 65536, 0, STOP | DONE)
        chan.descriptor(1, 0, 0, RAM + chan.area + WRITEBACKS_AT + 8, 0, chan.desc_address(2))
        # the upper bits are not the length's
        chan.descriptor(2, 0, 0xf0000000 | 64, RAM + chan.area + WRITEBACKS_AT + 16,
                        RAM + chan.data + 2 * 65536, chan.desc_address(3))
        chan.start()
        eventually(lambda: chan.get(STATUS) & STOPPED)
        got = chan.take()
        same([len(d) for d, _ in got], [65536, 0, 64, 65536])
        check(sound(got))


@test
def no_writeback():
    with xdma("--free") as (_, k):
        k.enable()
        chan = Chan(k).build(4, 4096, 0, STOP | DONE)
        chan.start(ALL | NO_WRITEBACK)
        eventually(lambda: chan.get(STATUS) & STOPPED)
        same(chan.take(), [])
        check(b"".join(chan.buffer(i) for i in range(4)))
