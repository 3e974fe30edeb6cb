# SPDX-License-Identifier: GPL-2.0-only
"""Faults."""

from xdmalib import *  # noqa: F403


@test
def fault_early_interrupt():
    with xdma("--free") as (c, k):
        k.enable()
        channel_int(k)
        c.order("fault early-irq 1")
        chan = Chan(k).build(1, 4096, 0, STOP | DONE)
        chan.start(ALL | POLL_ENABLE)
        same(k.irqs(MSIX, 5), 1)
        # the interrupt is here; what it tells of is not
        same((chan.writeback(0), chan.poll()), ((0, 0, 0), 0))
        eventually(lambda: chan.poll() == 1)
        same((chan.writeback(0), chan.get(COUNT)), ((0x52b4, 0, 4096), 1))


@test
def fault_lost_interrupt():
    with xdma("--free") as (c, k):
        k.enable()
        channel_int(k)
        c.order("fault lost-irq 1")
        chan = Chan(k).build(1, 4096, 0, STOP | DONE)
        chan.start()
        eventually(lambda: chan.get(STATUS) & STOPPED)
        same((k.irqs(MSIX, 0.05), c.stats()["lost_irqs"]), (0, "1"))
        # enabling it again is the cure
        k.put(IRQ + 0x18, 1, BAR)
        k.put(IRQ + 0x14, 1, BAR)
        same(k.irqs(MSIX, 5), 1)


@test
def fault_writes():
    with xdma("--free") as (c, k):
        k.enable()
        chan = Chan(k).build(4, 4096, DONE, STOP | DONE)
        for name, left in (("lost-writeback", (3, 4, 4)), ("lost-poll", (4, 4, 3)), ("write-error", (4, 4, 4))):
            chan.clear_writebacks()
            for i in range(4):
                chan.put_buffer(i, bytes(4096))
            c.order("fault " + name + (" 1" if name != "lost-poll" else ""))
            chan.start(ALL | POLL_ENABLE)
            eventually(lambda: chan.get(STATUS) & STOPPED)
            written = [i for i in range(4) if chan.writeback(i)[0]]
            same(len(written), left[0], name)
            same(chan.get(COUNT), 4)
            same(chan.poll(), 0 if name == "lost-poll" else 4)
            missing = [i for i in range(4) if chan.buffer(i) == bytes(4096)]
            same(missing, [0] if name == "write-error" else [])
            # a posted write that fails is nobody's error
            same(chan.get(STATUS), STOPPED | COMPLETED)
            c.order("clear")
        same(c.stats()["c2h0_lost_writes"], "1")
        # nor is one to where there is nothing
        chan.descriptor(0, STOP | DONE, 4096, RAM + chan.area + WRITEBACKS_AT, 0xdead0000000, 0)
        chan.start()
        eventually(lambda: chan.get(STATUS) == STOPPED | COMPLETED)
        same(c.stats()["c2h0_lost_writes"], "2")


@test
def fault_lies():
    with xdma("--free") as (c, k):
        k.enable()
        chan = Chan(k).build(4, 4096, DONE, STOP | DONE)
        c.order("fault bad-length 1")
        chan.start()
        eventually(lambda: chan.get(STATUS) & STOPPED)
        same([chan.writeback(i)[2] for i in range(4)], [8192, 4096, 4096, 4096])
        c.order("fault bad-count 1")
        chan.start()
        eventually(lambda: chan.get(STATUS) & STOPPED)
        same(chan.get(COUNT), 1004)
        c.order("fault stuck-busy")
        same(chan.get(STATUS) & BUSY, BUSY)
        chan.put(CLEAR, RUN)
        same(chan.get(STATUS) & BUSY, BUSY)
        c.order("clear")
        same(chan.get(STATUS) & BUSY, 0)
        assert c.command("fault bad-index").startswith("error"), "a fault of another model"
        assert "bad-index" not in c.order("help") and "bad-magic" in c.order("help")


@test
def fault_packets():
    with xdma("--free", "--packets", 100000) as (c, k):
        k.enable()
        for name, sizes in (("short-packet", [(2048, 1), (4096, 0), (4096, 0)]),
                            ("exact-packet", [(4096, 1), (4096, 0), (4096, 0)])):
            chan = Chan(k).build(3, 4096, 0, STOP | DONE)
            c.order(f"fault {name} 1")
            chan.start()
            eventually(lambda: chan.get(STATUS) & STOPPED)
            same([(len(d), eop) for d, eop in chan.take()], sizes, name)


@test
def fault_run():
    with xdma("--free") as (c, k):
        k.enable()
        chan = Chan(k).build(16, 4096)
        c.order("fault start-ignored 1")
        chan.start()
        same(chan.get(STATUS), 0)
        chan.start()
        eventually(lambda: chan.get(COUNT) > 5)
        c.order("fault stop-ignored 1")
        chan.put(CLEAR, RUN)
        same(chan.get(CONTROL) & RUN, RUN)
        chan.stop()


@test
def fault_mask_ignored():
    with xdma("--free", "--irq", "intx") as (c, k):
        k.enable(INTX)
        channel_int(k)
        c.order("fault mask-ignored")
        chan = Chan(k).build(1, 4096, 0, STOP | DONE)
        chan.start()
        for _ in range(3):
            assert k.irqs(INTX, 2), "the line"
            chan.put(MASK, 0)
            chan.get(STATUS_RC)
            k.put(IRQ + 0x10, 0, BAR)
            k.set_irqs(UNMASK_NONE, INTX, 0, 1)
        assert k.config(6, 2) & 8, "the line"
        c.order("clear")
        eventually(lambda: not k.config(6, 2) & 8)
