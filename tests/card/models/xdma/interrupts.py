# SPDX-License-Identifier: GPL-2.0-only
"""Messages and the INTx line."""

from xdmalib import *  # noqa: F403


@test
def an_interrupt_comes_again_where_it_is_enabled_again():
    """How drivers live with it: disabled in the handler, enabled when all is done."""
    with xdma("--speed", 100, "--wait") as (c, k):
        k.enable()
        channel_int(k)
        ring = Chan(k).build(16, 4096)
        ring.credit_mode()
        ring.put(CREDITS, 16)
        ring.start()
        got = []
        while len(got) < 100:
            assert k.irqs(MSIX, 5), "no interrupt"
            k.put(IRQ + 0x18, 1, BAR)
            same(k.get(IRQ + 0x10, BAR), 0)
            ring.get(STATUS_RC)
            got += ring.take()
            k.put(IRQ + 0x14, 1, BAR)
        check(sound(got))
        # pending although disabled, and no message without an edge
        k.put(IRQ + 0x18, 1, BAR)
        ring.get(STATUS_RC)
        k.irqs()
        ring.take()
        eventually(lambda: k.get(IRQ + 0x4c, BAR) == 1)
        same((k.get(IRQ + 0x44, BAR), k.irqs(MSIX, 0.05)), (0, 0))
        k.put(IRQ + 0x14, 1, BAR)
        same((k.get(IRQ + 0x44, BAR), k.irqs(MSIX, 1)), (1, 1))
        k.put(IRQ + 0x14, 1, BAR)
        same(k.irqs(MSIX, 0.05), 0)


@test
def vectors_of_channels_and_users():
    """H2C channels come first; each has the vector that it is given."""
    for kind, name in ((MSIX, "msix"), (MSI, "msi")):
        with xdma("--c2h", 2, "--h2c", 2, "--user-irqs", 16, "--free", "--irq", name) as (c, k):
            k.enable(kind, 32)
            k.put(IRQ + 0xa0, 0x07060504, BAR)
            k.put(IRQ + 0x14, 0xf, BAR)
            for line, (h2c, number) in enumerate(((True, 0), (True, 1), (False, 0), (False, 1))):
                chan = Chan(k, number, h2c).build(1, 4096, 0, STOP | DONE)
                chan.start()
                same(k.irqs(kind, 5, 4 + line), 1, f"vector {4 + line}")
                same(k.get(IRQ + 0x44, BAR), 1 << line, "request")
                chan.get(STATUS_RC)
            for line in range(16):
                k.put(IRQ + 0x80 + line // 4 * 4, (31 - line) << 8 * (line % 4), BAR)
                k.put(USER_IRQ + 4, 1 << line)
                same(k.irqs(kind, 0, 31 - line), 0, "a user interrupt that is not enabled")
                same((k.get(IRQ + 0x40, BAR), k.get(IRQ + 0x48, BAR)), (0, 1 << line))
                k.put(IRQ + 8, 1 << line, BAR)
                same(k.irqs(kind, 5, 31 - line), 1)
                same((k.get(IRQ + 0x40, BAR), k.get(IRQ + 0x48, BAR)), (1 << line, 1 << line))
                k.put(USER_IRQ + 8, 1 << line)
                same(k.get(IRQ + 0x48, BAR), 0)
            assert not k.signalled()
            sent = dict(pair.split(":") for pair in c.stats()["vectors"].split(","))
            same(sent, {str(n): "1" for n in (4, 5, 6, 7, *range(16, 32))})
            c.order("user-irq 15 on")
            same(k.irqs(kind, 5, 16), 1)


@test
def msi_with_fewer_messages():
    """Without its wish the card must not touch the low bits of the message."""
    with xdma("--free", "--irq", "msi") as (_, k):
        k.enable(MSI, 2)
        k.put(IRQ + 0xa0, 7, BAR)
        k.put(IRQ + 0x14, 1, BAR)
        Chan(k).build(1, 4096, 0, STOP | DONE).start()
        same(k.irqs(MSI, 5, 1), 1)
        same(k.signalled(), [])


@test
def intx_is_a_level_on_its_pin():
    with xdma("--free", "--irq", "intx") as (_, k):
        k.enable(INTX)
        k.set_config(4, 6, 2)
        k.put(IRQ + 0xa0, 0, BAR)
        k.put(IRQ + 0x14, 1, BAR)
        chan = Chan(k).build(1, 4096, 0, STOP | DONE)
        chan.start()
        same(k.irqs(INTX, 5), 1)
        k.set_irqs(UNMASK_NONE, INTX, 0, 1)
        same(k.irqs(INTX, 1), 1, "again, as it is a level")
        assert k.config(6, 2) & 8
        chan.get(STATUS_RC)
        k.set_irqs(UNMASK_NONE, INTX, 0, 1)
        same(k.irqs(INTX, 0.05), 0)
        # another pin is nowhere
        k.put(IRQ + 0xa0, 1, BAR)
        chan.start()
        eventually(lambda: chan.get(STATUS) & STOPPED)
        same((k.irqs(INTX, 0.05), k.get(IRQ + 0x44, BAR)), (0, 1))
        k.set_irqs(UNMASK_NONE, INTX, 0, 1)
        same((k.irqs(INTX, 0.05), k.config(6, 2) & 8), (0, 0))
        k.put(IRQ + 0xa0, 4, BAR)
        k.put(IRQ + 0x18, 1, BAR)
        k.put(IRQ + 0x14, 1, BAR)
        same(k.irqs(INTX, 1), 1)


@test
def loss_interrupt():
    with xdma("--wait", "--speed", 100, "--user-irqs", 4) as (c, k):
        k.enable(MSIX, 4)
        k.put(IRQ + 0x80, 3 << 16, BAR)
        k.put(IRQ + 8, 0xf, BAR)
        k.put(USER_LOSS_IRQ, 5)
        same(k.get(USER_LOSS_IRQ), 0)
        k.put(USER_LOSS_IRQ, 3)
        ring = Chan(k).build(16, 4096)
        ring.start()
        eventually(lambda: ring.get(COUNT))
        same(k.irqs(MSIX, 0, 3), 0)
        c.order("overflow 5")
        same(k.irqs(MSIX, 5, 3), 1)
        same(k.get(IRQ + 0x40, BAR), 4)
        same(len(losses(k)), 1)
        same(k.get(IRQ + 0x40, BAR), 0)
