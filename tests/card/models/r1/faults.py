# SPDX-License-Identifier: GPL-2.0-only
"""Faults."""

import time

import vfuclient as v
from r1lib import *  # noqa: F403


@test
def fault_gone():
    with both() as (c, k):
        run = v.Run(k)
        run.start()
        run.collect(2)
        c.order("fault gone")
        same(k.get(ID), 0xffffffff)
        same(k.config(0), 0xffffffff)
        same(k.config(0, 2), 0xffff)
        before = k.memory.map[:BLOCKS_AT + 65536]
        k.irqs()
        k.put(GIVEN, run.given + 1)
        assert not k.irqs(seconds=0.2)
        same(before, k.memory.map[:BLOCKS_AT + 65536])
        c.order("fault gone off")
        same(k.get(ID), 0x31514341)
        same(k.get(STATE), IDLE)
        same(k.config(4, 2), 0)


@test
def a_card_that_is_gone_keeps_its_pin():
    for irq, pin in (("intx", 1), ("msi", 0)):
        with both("--irq", irq) as (c, k):
            c.order("fault gone")
            same((k.config(0x3d, 1), k.config(0x3c), k.config(0x3c, 2)), (pin, 0xffffffff, 0xffff))


@test
def fault_interrupts():
    with both() as (c, k):
        run = v.Run(k)
        c.order("fault lost-irq 2")
        run.start(give=1)
        run.wait(lambda p: p["blocks"] == 1)
        assert not k.irqs(seconds=0.05), "a lost interrupt arrived"
        k.put(IRQ_MASK, 0)
        k.put(IRQ_MASK, ALL)
        assert not k.irqs(seconds=0.05), "a lost interrupt arrived"
        k.put(IRQ_MASK, 0)
        k.put(IRQ_MASK, ALL)
        assert k.irqs(seconds=1)
        same(c.stats()["lost_irqs"], "2")
        k.put(COMMAND, RESET)
        k.irqs()
        c.order("irq")
        same(k.irqs(seconds=1), 1, "a spurious interrupt")
        same(k.get(IRQ_STATUS), 0)
        c.order("fault irq-storm")
        storm = 0
        while storm <= 100:
            got = k.irqs(seconds=5)
            assert got, "the storm is over"
            storm += got
        c.order("clear")
        k.irqs()
        assert not k.irqs(seconds=0.1)
    with both("--irq", "intx") as (c, k):
        k.enable(INTX)
        c.order("fault irq-storm")
        for _ in range(20):
            assert k.irqs(INTX, 1)
            k.set_irqs(UNMASK_NONE, INTX, 0, 1)


@test
def fault_records_and_progress():
    with both("--free") as (c, k):
        run = v.Run(k)

        def one(fault):
            run.start(give=3)
            run.wait(lambda p: p["blocks"] == 3)
            c.order(fault + " 1")
            run.give(1)
            return run.wait(lambda p: p["blocks"] >= 4), run.record(3)

        _, r = one("fault bad-bytes")
        assert r.size > 4096
        _, r = one("fault bad-index")
        assert r.index < 2048
        _, r = one("fault bad-number")
        assert r.number != 3
        _, r = one("fault bad-lost")
        assert r.lost > 1 << 60
        page, r = one("fault bad-progress")
        same(page["blocks"], 5)
        same((r.index, r.lost, r.size, r.number), (3 * 1024, 0, 4096, 3))
        run.start(give=1)
        run.wait(lambda p: p["blocks"] == 1)
        c.order("fault no-update 1")
        run.give(1)
        time.sleep(0.05)
        same(run.page()["blocks"], 1)
        run.give(1)
        run.wait(lambda p: p["blocks"] == 3)


@test
def fault_commands_and_dma():
    with both() as (c, k):
        run = v.Run(k)
        run.start()
        c.order("fault stop-ignored")
        k.put(COMMAND, STOP)
        same(k.get(STATE), RUNNING)
        c.order("fault reset-stuck 1")
        k.put(COMMAND, RESET)
        assert k.get(STATE) != IDLE
        k.put(COMMAND, RESET)
        same(k.get(STATE), IDLE)
        c.order("clear")
        c.order("fault reset-stuck on")
        k.put(COMMAND, RESET)
        assert k.get(STATE) != IDLE
        c.order("clear")
        c.order("fault start-ignored 1")
        k.put(COMMAND, RESET)
        k.put(COMMAND, START)
        same(k.get(STATE), IDLE)
        run.start()
        run.collect(2)
        c.order("fault dma-error 1")
        eventually(lambda: k.get(STATE) == FAILED | ERR_DMA << 16)
        run.wait(lambda p: p["state"] == FAILED | ERR_DMA << 16)
        assert run.page()["irq"] & ERROR_IRQ
    with both("--no-dma") as (c, k):
        k.enable()
        fifo_start(k)
        c.order("fault bad-level 1")
        assert k.get(FIFO_LEVEL) > 65536
        assert k.get(FIFO_LEVEL) <= 65536


@test
def fault_done_never():
    for args, config in (((), {}), (("--free",), {"count": 3000})):
        with both(*args) as (c, k):
            run = v.Run(k)
            c.order("fault done-never")
            run.start(**config)
            if not config:
                run.wait(lambda p: p["blocks"] >= 2)
                k.put(COMMAND, STOP)
            eventually(lambda: k.get(STATE) & 0xf == DRAINING and c.stats()["fifo_bytes"] == "0")
            k.pump(0.05)
            same(k.get(STATE) & 0xf, DRAINING)
            same(k.get(IRQ_STATUS) & FINISHED, 0)
            # all data are there, without an end
            page = run.page()
            same((page["bytes"], page["state"] & 0xf), (0, DRAINING))
            same(page["frames"], sum(run.record(n).size for n in range(page["blocks"])) // 4)
            c.order("clear")
            run.wait(lambda p: p["state"] & 0xf == DONE)


@test
def fault_mask_ignored():
    with both("--irq", "intx") as (c, k):
        run = v.Run(k, kind=INTX)
        c.order("fault mask-ignored")
        k.put(COMMAND, RESET)
        assert not k.config(6, 2) & 8, "there was no reason yet"
        run.start(give=2)
        assert k.irqs(INTX, 2)
        for _ in range(3):
            k.put(IRQ_MASK, 0)
            k.put(IRQ_STATUS, ALL)
            run.take(give=False)
            assert k.config(6, 2) & 8, "the line"
            k.set_irqs(UNMASK_NONE, INTX, 0, 1)
            assert k.irqs(INTX, 2), "the line is still asserted"
        k.put(COMMAND, RESET)
        same((k.get(IRQ_STATUS), k.get(IRQ_MASK)), (0, 0))
        assert k.config(6, 2) & 8, "the line after RESET"
        c.order("clear")
        eventually(lambda: not k.config(6, 2) & 8)


@test
def fault_master_ignored():
    with both() as (c, k):
        run = v.Run(k)
        run.start()
        run.collect(1)
        c.order("fault master-ignored")
        before = run.page()["update"]
        k.set_config(4, 0x0002, 2)
        eventually(lambda: run.page()["update"] > before + 3)
        same(k.get(STATE), RUNNING)
        c.order("clear")
        eventually(lambda: k.get(STATE) == FAILED | ERR_DMA << 16)


@test
def readings_of_the_text():
    """What a host has to bear: a page without the causes that it announces, no record without DONE."""
    with both() as (c, k):
        run = v.Run(k)
        c.order("fault late-cause")
        run.start(give=1)
        page = run.wait(lambda p: p["state"] & LOSING)
        same(page["irq"] & OVERFLOW, 0, "the page's cause")
        eventually(lambda: k.get(IRQ_STATUS) & OVERFLOW)
        c.order("clear")
        c.order("fault no-open-record")
        k.memory.map[v.RECORDS_AT:v.RECORDS_AT + 512] = bytes(512)
        run.start(irq_frames=64)
        page = run.wait(lambda p: p["bytes"])
        record = run.record(page["blocks"])
        assert not record.size or record.flags & v.REC_DONE, "a record of the open block"
        page = run.wait(lambda p: p["blocks"])
        assert run.record(0).size and run.record(0).flags & v.REC_DONE


@test
def fault_slow_window():
    with both("--no-dma", "--free") as (c, k):
        k.enable()
        fifo_start(k)
        c.order("fault slow-window 2")
        before = time.monotonic()
        same(fifo_pop(k, 24), v.ramp(0, 12))
        assert time.monotonic() - before >= 0.04
        same(c.order("fault"), "none")
