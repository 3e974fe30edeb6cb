# SPDX-License-Identifier: GPL-2.0-only
"""Messages and the INTx line."""

import vfuclient as v
from r1lib import *  # noqa: F403


@test
def msix_delivery():
    with both() as (c, k):
        run = v.Run(k)
        run.start()
        check_ramp(run.collect(20))
        assert int(c.stats()["irqs"]) >= 1


@test
def msi_delivery():
    with both("--irq", "msi") as (_, k):
        run = v.Run(k, kind=MSI)
        run.start()
        check_ramp(run.collect(20))


@test
def intx_delivery_and_unmask():
    with both("--irq", "intx") as (c, k):
        run = v.Run(k, kind=INTX)
        run.start(give=2)
        assert k.irqs(INTX, 2)
        # masked by itself until the client says otherwise
        k.put(IRQ_MASK, 0)
        k.put(IRQ_MASK, ALL)
        assert not k.irqs(INTX, 0.1), "not masked"
        assert k.config(6, 2) & 8, "status bit"
        k.set_irqs(UNMASK_NONE, INTX, 0, 1)
        assert k.irqs(INTX, 2), "the line is still asserted"
        run.wait(lambda p: p["irq"] & OVERFLOW)
        run.take()
        k.put(IRQ_STATUS, ALL)
        run.take()
        k.put(COMMAND, RESET)
        same(k.get(IRQ_STATUS), 0)
        assert not k.config(6, 2) & 8
        k.set_irqs(UNMASK_NONE, INTX, 0, 1)
        k.irqs(INTX)
        assert not k.irqs(INTX, 0.1), "no reason for an interrupt"
        run.start()
        check_ramp(run.collect(10))
        # INTx Disable
        k.set_irqs(UNMASK_NONE, INTX, 0, 1)
        k.set_config(4, 0x406, 2)
        k.irqs(INTX)
        k.set_irqs(UNMASK_NONE, INTX, 0, 1)
        assert c.command("irq").startswith("error")
        assert not k.irqs(INTX, 0.1)


@test
def pending_survives_reassignment():
    with both() as (_, k):
        run = v.Run(k)
        k.set_irqs(TRIGGER_NONE, MSIX, 0, 0)
        run.start(give=1)
        run.wait(lambda p: p["blocks"] == 1)
        k.irqs()
        assert not k.irqs(seconds=0.1), "an interrupt from nowhere"
        k.assign(MSIX)
        assert k.irqs(seconds=2), "the interrupt got lost"
        # taken away by an assignment without descriptors
        k.put(COMMAND, RESET)
        k.set_irqs(TRIGGER_EVENTFD, MSIX, 0, 1)
        run.start(give=1)
        run.wait(lambda p: p["blocks"] == 1)
        k.irqs()
        k.assign(MSIX)
        assert k.irqs(seconds=2), "the interrupt got lost"


@test
def client_can_trigger():
    with both() as (_, k):
        k.enable()
        k.set_irqs(TRIGGER_NONE, MSIX, 0, 1)
        same(k.irqs(seconds=1), 1)


@test
def mask_edge_and_w1c():
    with both() as (_, k):
        run = v.Run(k)
        k.put(IRQ_MASK, 0)
        run.start()
        k.put(IRQ_MASK, 0)
        run.wait(lambda p: p["blocks"] >= 2)
        k.irqs()
        k.put(COMMAND, STOP)
        run.wait(lambda p: p["state"] & 0xf == DONE)
        assert not k.irqs(seconds=0.05), "masked"
        assert k.get(IRQ_STATUS) & (DATA | FINISHED) == DATA | FINISHED
        k.put(IRQ_MASK, FINISHED)
        same(k.irqs(seconds=1), 1)
        k.put(IRQ_MASK, ALL)
        assert not k.irqs(seconds=0.05), "it was set already"
        k.put(IRQ_STATUS, ALL)
        same(k.get(IRQ_STATUS), DATA, "DATA is not cleared by writing one")
        k.put(SEEN, run.page()["update"])
        same(k.get(IRQ_STATUS), 0)


@test
def seen_older_gets_another_interrupt():
    with both() as (_, k):
        run = v.Run(k)
        run.start(give=4)
        run.wait(lambda p: p["blocks"] == 4)
        eventually(lambda: k.get(STATE) & LOSING)
        k.put(IRQ_STATUS, ALL)
        k.irqs()
        newest = run.page()["update"]
        due = newest - 1 if newest > 1 else newest
        k.put(SEEN, 1)
        assert due >= 2 and k.irqs(seconds=1), "no interrupt for what was not seen"
        same(k.get(IRQ_STATUS) & DATA, DATA)
        k.put(SEEN, newest + 100)
        same(k.get(SEEN), 1, "an update that never was")
        k.put(SEEN, newest)
        same(k.get(IRQ_STATUS) & DATA, 0)
        k.irqs()
        assert not k.irqs(seconds=0.1)
