# SPDX-License-Identifier: GPL-2.0-only
"""The PCI function: BARs, bus mastering, sleep, reset."""

import struct

import vfuclient as v
from checks.configuration import transfers
from checks.states import begin, serve
from host import CAP_EXP, CAP_PM, CALM, KINDS, name_irq, name_state
from ring import Ring, Silent
from suite import check
from vfuclient import (ALL, COMMAND, ERR_DMA, FAILED, FRAMES, IRQ_MASK, IRQ_STATUS, START, STATE)

FLR, FLR_CAP = 0x8000, 1 << 28


@check("pci.bar pci.interrupt", connect={"enable": False})
def function(h):
    j = h.judge
    bar = h.config(0x10)
    j.check("pci.bar", not bar & 1 and not bar & 8 and bar >> 1 & 3 in (0, 2), f"BAR 0 reads {bar:#x}: memory of 32 "
            "or 64 bits, not "
            "prefetchable, is asked for")
    info = h.request(v.GET_REGION_INFO, struct.pack("<IIIIQQ", 32, 0, 0, 0, 0, 0))
    size = struct.unpack("<IIIIQQ", info[:32])[4]
    j.check("pci.bar", size >= 0x2000, f"BAR 0 has {size:#x} bytes")
    code = h.config(8) >> 8
    j.check("pci.bar", code == 0x118000, f"the class is {code:#08x}")
    kinds = h.kinds()
    j.check("pci.interrupt", kinds, "neither MSI-X nor MSI nor a pin of INTx")
    assert all(k in KINDS for k in kinds)


@check("pci.master")
def messages_gated(h):
    """What holds while messages are not possible sends one when they are."""
    j = h.judge
    if h.kind == v.INTX:
        j.absent("pci.master", "INTx needs no bus mastering, and the card has nothing else")
        return
    h.reset()
    # a refused START is an interrupt without DMA
    h.put(IRQ_MASK, ALL)
    h.set_master(False)
    refuse(h)
    if h.state() & 0xf != FAILED:
        return	# that is config's affair
    h.pump(0.02)
    came = h.take_messages()
    j.check("pci.master", not came, f"{came} messages while Bus Master Enable is 0")
    h.set_master(True)
    j.check("pci.master", h.wait_message(1), lambda: f"IRQ_STATUS reads {name_irq(h.get(IRQ_STATUS))}, IRQ_MASK "
            "0x1f, Bus Master "
            "Enable was set: no message")
    h.put(IRQ_STATUS, ALL)
    h.set_messages(False)
    refuse(h)
    h.pump(0.01)
    h.take_messages()
    h.set_messages(True)
    j.check("pci.master", h.wait_message(1), lambda: f"IRQ_STATUS reads {name_irq(h.get(IRQ_STATUS))}, IRQ_MASK "
            "0x1f, messages were "
            "enabled: none came")


def refuse(h):
    for reg in (v.TRANSFER, v.PATTERN, v.FORMAT):
        h.put(reg, 0xff)
    h.put(COMMAND, START)
    h.state()


@check("pci.master pci.master-error", caps="DMA")
def master_taken(h):
    """Bus Master Enable goes away in the midst of a run."""
    j = h.judge
    run = begin(h, 1, h.fill_rate())
    run.blocks_until(2)
    h.set_master(False)
    h.pump(0.05)
    there = h.until(lambda: h.state() & 0xf == FAILED, 3)
    j.check("pci.master-error", there and h.state() == FAILED | ERR_DMA << 16,
            lambda: f"Bus Master Enable was cleared in a run: {name_state(h.state())}")
    j.good_so_far("pci.master")
    h.reset()
    h.set_master(True)
    run.start(CALM)
    run.blocks_until(1)
    run.stop()


@check("pci.sleep")
def sleep(h):
    """D3hot in the midst of a run, and back."""
    j = h.judge
    at = h.caps().get(CAP_PM)
    if at is None:
        j.absent("pci.sleep", "the function has no power management")
        return
    t = transfers(h)[-1]
    begin(h, t)
    h.until(lambda: h.get64(FRAMES) >= 4, 2)
    control = h.config(at + 4, 2)
    h.set_config(at + 4, control & ~3 | 3, 2)
    h.ring = Ring(h)
    h.ring.over = ("pci.sleep", "in D3hot")
    h.take_messages()
    h.pump(0.05)
    j.check("pci.sleep", not h.take_messages(), "a message in D3hot")
    h.ring = Silent()
    h.set_config(at + 4, control & ~3, 2)
    h.pump(0.02)
    word = h.config(at + 4, 2)
    j.check("pci.sleep", not word & 3, f"PMCSR reads {word:#x} behind the way back to D0")
    h.enable_all()
    state = h.get(STATE) & 0xf
    if not control & 8:
        idle = h.until(lambda: not h.get(STATE) & 0xf, 1)
        j.check("pci.sleep", idle and h.get(IRQ_MASK) == 0, lambda: f"No_Soft_Reset is 0, and behind D3hot STATE reads "
                f"{name_state(h.get(STATE))}, IRQ_MASK {h.get(IRQ_MASK):#x}")
    else:
        j.check("pci.sleep", state or h.get(IRQ_MASK), "No_Soft_Reset is 1, and behind D3hot STATE reads IDLE")
    again(h, t)


def again(h, t):
    run = begin(h, t)
    serve(run, 10)
    run.stop()


@check("pci.flr")
def flr(h):
    """Function level reset in the midst of a run."""
    j = h.judge
    at = h.caps().get(CAP_EXP)
    if at is None or not h.config(at + 4) & FLR_CAP:
        j.absent("pci.flr", "the function says that it has none")
        return
    t = transfers(h)[-1]
    begin(h, t)
    h.until(lambda: h.get64(FRAMES) >= 4, 2)
    h.ring = Silent()
    h.set_config(at + 8, h.config(at + 8, 2) | FLR, 2)
    h.pump(0.1)
    command = h.config(4, 2)
    j.check("pci.flr", not command & 6, f"the command register reads {command:#x} behind a function level reset")
    h.set_master(False)
    h.ring = Ring(h)
    h.ring.over = ("pci.flr", "behind a function level reset")
    h.set_config(4, 2, 2)
    idle = h.until(lambda: not h.get(STATE) & 0xf, 1)
    j.check("pci.flr", idle and h.get(IRQ_MASK) == 0, lambda: f"STATE reads {name_state(h.get(STATE))}, IRQ_MASK "
            f"{h.get(IRQ_MASK):#x} behind a function level reset")
    h.ring = None
    h.enable_all()
    again(h, t)
