# SPDX-License-Identifier: GPL-2.0-only
"""Ends of a run, resets, and streams without data."""

import time

import vfuclient as v
from xdmalib import *  # noqa: F403


@test
def busy_as_long_as_a_descriptor_waits_for_data():
    with xdma("--channels", 1, "--speed", 1000) as (c, k):
        k.enable()
        c.order("pause 3000")
        ring = Chan(k).build(8, 4096, 0)
        ring.start()
        eventually(lambda: ring.get(COUNT) == 1)
        same(ring.get(STATUS), BUSY)
        ring.put(CLEAR, RUN)
        time.sleep(0.05)
        same(ring.get(STATUS), BUSY, "status in the midst of a descriptor")
        same(ring.get(COUNT), 1)
        # what has come is there, although its descriptor is not done
        check(ring.buffer(1)[:6000 - 4096], 2048, 1)
        c.order("pause off")
        eventually(lambda: not ring.get(STATUS) & BUSY)
        same((ring.get(STATUS), ring.get(COUNT)), (IDLE_STOPPED, 2))
        check(sound(ring.take()), 0, 1)
        # the source goes on meanwhile: what did not fit is lost
        eventually(lambda: c.stats()["losing"] == "1")


def two_packets(dry, first):
    """
    A host reads one packet of @first bytes, stops, and reads the next one, each time
    with more descriptors than it needs. Status behind the stop, and the second run.
    """
    args = ("--packets", 6000, "--dry", dry) if dry else ("--packets", 6000)
    with xdma("--wait", "--speed", 1000, *args) as (c, k):
        k.enable()
        c.order(f"pause {first // 4}")
        ring = Chan(k).build(8, 4096, 0)
        ring.start()
        eventually(lambda: c.stats()["c2h0_taken"] == str(first // 4))
        k.pump(0.02)
        got = ring.take(False)
        same(sum(len(d) for d, _ in got), first // 6000 * 6000)
        ring.put(CLEAR, RUN)
        k.pump(0.02)
        same(c.stats()["drops"], str(int(dry == "drop")))
        status = ring.get(STATUS)
        ring.build(8, 4096, 0)
        ring.start()
        c.order("pause 3000")
        eventually(lambda: c.stats()["c2h0_taken"] == str(first // 4 + 3000))
        k.pump(0.02)
        return status, ring.take(False)


@test
def a_dry_descriptor_is_kept():
    """The default: it outlives Run, and the next data are its own."""
    for dry in (None, "keep"):
        status, got = two_packets(dry, 6000)
        same(status, BUSY)
        # the next packet's first part has gone to where the old one pointed
        same([(len(d), eop) for d, eop in got[:2]], [(1904, 1), (4096, 0)])
        check(got[0][0], 1500 + 1024)


@test
def a_dry_descriptor_is_dropped():
    """With --dry drop the next run begins with what comes next, and the engine is at rest at once."""
    status, got = two_packets("drop", 6000)
    same(status, IDLE_STOPPED)
    same([(len(d), eop) for d, eop in got], [(4096, 0), (1904, 1)] * 2)
    check(sound(got), 1500)
    # what one has got already is taken, and nothing tells of it
    status, got = two_packets("drop", 6800)
    same(status, IDLE_STOPPED)
    check(sound(got), 1700)


@test
def only_what_is_dry_is_dropped():
    with xdma("--dry", "drop", "--free", "--prefetch", 1, fd=False) as (_, k):
        k.enable()
        ring = Chan(k).build(8, 1 << 16, 0)
        # in the midst of a descriptor there are data: it is done
        k.before_dma = lambda: setattr(k, "before_dma", lambda: ring.k.post(BAR, ring.base + CLEAR, b"\1\0\0\0"))
        ring.start()
        k.pump(5, lambda: ring.writeback(0)[0])
        same((ring.get(STATUS), ring.get(COUNT)), (IDLE_STOPPED, 1))
        check(ring.buffer(0))
    with xdma("--dry", "drop", "--wait", "--speed", 100) as (_, k):
        # without bus mastering it stands still as it is
        k.enable()
        ring = Chan(k).build(8, 4096, 0)
        ring.start()
        eventually(lambda: ring.get(COUNT))
        k.set_config(4, 2, 2)
        ring.put(CLEAR, RUN)
        same(ring.get(STATUS), BUSY)
        k.set_config(4, 6, 2)
        eventually(lambda: not ring.get(STATUS) & BUSY)


@test
def stopping_without_data_to_wait_for():
    with xdma("--free") as (_, k):
        k.enable()
        ring = Chan(k).build(8, 4096)
        ring.credit_mode()
        ring.start()
        same(ring.get(STATUS), BUSY)
        ring.put(CLEAR, RUN)
        same(ring.get(STATUS), IDLE_STOPPED)
        # without the bit that logs it
        ring.start(0)
        ring.put(CLEAR, RUN)
        same(ring.get(STATUS), 0)


@test
def without_bus_mastering_nothing_moves():
    with xdma("--speed", 100, "--wait") as (c, k):
        k.enable()
        ring = Chan(k).build(16, 4096)
        ring.credit_mode()
        ring.put(CREDITS, 16)
        ring.start()
        got = ring.collect(100000)
        k.set_config(4, 2, 2)
        before = c.stats()
        time.sleep(0.05)
        same(c.stats()["dma_bytes"], before["dma_bytes"])
        same(ring.get(STATUS) & BUSY, BUSY)
        k.set_config(4, 6, 2)
        got += ring.collect(100000)
        check(sound(got))


@test
def reset_ends_everything():
    for how in ("flr", "d3", "reset", "reconnect"):
        with card("--model", "xdma", "--free") as c:
            with client(c) as k:
                k.enable()
                ring = Chan(k).build(16, 4096)
                ring.start(ALL | POLL_ENABLE)
                k.put(USER_SCRATCH, 7)
                eventually(lambda: ring.get(COUNT))
                if how == "flr":
                    k.set_config(k.caps()[0x10] + 8, 0x8000, 2)
                elif how == "d3":
                    pm = k.caps()[1]
                    k.set_config(pm + 4, 3, 2)
                    same(ring.get(COUNT), 0xffffffff)
                    k.set_config(pm + 4, 0, 2)
                elif how == "reset":
                    k.request(v.DEVICE_RESET)
                if how != "reconnect":
                    before = c.stats()["dma_bytes"]
                    same([ring.get(reg) for reg in (CONTROL, STATUS, COUNT, MASK, FIRST, POLL)], [0] * 6)
                    same(k.get(USER_SCRATCH), 0)
                    same(c.stats()["dma_bytes"], before)
                    same(c.stats()["state"], "idle")
            with client(c) as k:
                same((k.get(C2H + CONTROL, BAR), k.get(USER_SCRATCH)), (0, 0))
                same(c.stats()["state"], "idle")


@test
def reset_in_the_midst_of_a_dma():
    with xdma("--free", "--prefetch", 1, fd=False) as (c, k):
        # the fetch, the data, the writeback, the poll word; again
        for moment in range(9):
            k.enable()
            ring = Chan(k).build(16, 4096)

            def hook(left=moment):
                if left:
                    k.before_dma = lambda: hook(left - 1)
                else:
                    k.send(v.DEVICE_RESET, flags=v.NO_REPLY)

            k.before_dma = hook
            k.dma_log = []
            ring.start(ALL | POLL_ENABLE)
            k.pump(5, lambda seen=moment: len(k.dma_log) > seen)
            k.pump(0.02)
            same(len(k.dma_log), moment + 1, "what the card does until it is reset, and behind it")
            same([ring.get(reg) for reg in (CONTROL, STATUS, COUNT)], [0] * 3)
            same(c.stats()["state"], "idle")


@test
def a_card_that_is_gone():
    with xdma("--free") as (c, k):
        k.enable()
        ring = Chan(k).build(16, 4096)
        ring.start()
        eventually(lambda: ring.get(COUNT))
        c.order("fault gone")
        same([ring.get(0), ring.get(STATUS), k.get(USER_ID), k.config(0)], [0xffffffff] * 4)
        c.order("clear")
        same((ring.get(0), ring.get(CONTROL)), (0x1fc18006, 0))


@test
def a_dry_stream():
    for how, undo in (("stall on", "stall off"), ("pause on", "pause off")):
        with xdma("--wait", "--speed", 100) as (c, k):
            k.enable()
            ring = Chan(k).build(16, 4096)
            ring.credit_mode()
            ring.put(CREDITS, 16)
            ring.start()
            got = ring.collect(50000)
            c.order(how)
            k.pump(0.02)
            got += ring.take()
            count = ring.get(COUNT)
            time.sleep(0.05)
            same(ring.get(COUNT), count)
            c.order(undo)
            got += ring.collect(50000)
            check(sound(got))
