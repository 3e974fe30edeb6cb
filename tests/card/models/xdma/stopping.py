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
            k.pump(0.05)
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
