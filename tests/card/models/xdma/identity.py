# SPDX-License-Identifier: GPL-2.0-only
"""What the card is, and how it is told to be that."""

import os
import struct
import subprocess

from xdmalib import *  # noqa: F403


@test
def identifiers_of_real_cards():
    with xdma("--c2h", 2, "--h2c", 1) as (_, k):
        for at, value in ((C2H, 0x1fc18006), (C2H + 0x100, 0x1fc18106), (H2C, 0x1fc08006), (IRQ, 0x1fc20006),
                          (CONF, 0x1fc30006), (SGDMA + H2C, 0x1fc48006), (SGDMA + C2H, 0x1fc58006),
                          (SGDMA + C2H + 0x100, 0x1fc58106), (COMMON, 0x1fc60006)):
            same(k.get(at, BAR), value, f"identifier at {at:#x}")
        # channels that are not there, and what is nowhere
        for at in (C2H + 0x200, C2H + 0x300, H2C + 0x100, SGDMA + H2C + 0x100, IRQ + 0x100, COMMON + 0x100,
                   0x7000, 0x9000, 0xf000):
            for reg in (0, 4, 0x40, 0x48, 0x4c, 0x8c):
                k.put(at + reg, 0xffffffff, BAR)
                same(k.get(at + reg, BAR), 0, f"{at + reg:#x}")
    with xdma("--mm", 65536, "--ip-version", "01") as (_, k):
        same((k.get(H2C, BAR), k.get(C2H, BAR), k.get(SGDMA, BAR)), (0x1fc00001, 0x1fc10001, 0x1fc40001))
    with xdma("--bad-id") as (_, k):
        assert k.get(C2H, BAR) >> 20 != 0x1fc and k.get(CONF, BAR) >> 20 != 0x1fc


@test
def pci_identity_and_bars():
    def bar_size(k, n):
        k.set_config(0x10 + 4 * n, 0xffffffff)
        value = k.config(0x10 + 4 * n)
        return value & 0xf, -(value & ~0xf) & 0xffffffff

    with xdma() as (_, k):
        same((k.config(0), k.config(8), k.config(0x2c)), (0x702410ee, 0x07000100, 0x000710ee))
        same([bar_size(k, n) for n in range(6)], [(0, 0x10000), (0, 0x10000)] + [(0, 0)] * 4)
        msix = k.caps()[0x11]
        same((k.config(msix + 2, 2) & 0x7ff, k.config(msix + 4), k.config(msix + 8)), (31, 0x8001, 0x8fe1))
        # the table
        same(struct.unpack("<4I", k.read(BAR, 0x8000, 8) + k.read(BAR, 0x8008, 8)), (0, 0, 0, 0xffffffff))
        same(k.get(0x81fc, BAR), 0xffffffff)
        k.put(0x8014, 5, BAR)
        same(k.get(0x8014, BAR), 5)
        refused(k.read, 2, 0, 4, error=22)
        refused(k.read, BAR, 2, 4, error=22)
        refused(k.read, BAR, 0, 2, error=22)
    with xdma("--no-user-bar", "--pci-id", "1234:abcd", "--subsystem", "12ba:54", "--class", "118000",
              "--irq", "msi,intx") as (_, k):
        same((k.config(0), k.config(8) >> 8, k.config(0x2c)), (0xabcd1234, 0x118000, 0x005412ba))
        same(k.get(C2H, 0), 0x1fc18006)
        assert 0x11 not in k.caps()
        same(k.config(k.caps()[5] + 2, 2) >> 1 & 7, 5, "messages")
    with xdma("--bar64") as (_, k):
        same([bar_size(k, n)[0] for n in (0, 2)], [4, 4])
        same(k.get(C2H, 2), 0x1fc18006)
        same(k.get(USER_ID, 0), 0x55514341)
    with xdma("--dma-bar", 3) as (_, k):
        same(k.get(C2H, 3), 0x1fc18006)
        same(k.config(k.caps()[0x11] + 4), 0x8003)


@test
def the_host_chooses_the_interrupt():
    """All that XDMA has is there, and --irq takes away."""
    with xdma("--free") as (_, k):
        caps = k.caps()
        assert {5, 0x11} < set(caps), caps
        same(k.config(0x3d, 1), 1, "the pin")
        chan = Chan(k)

        def once(kind):
            k.enable(kind)
            channel_int(k)
            chan.put(CONTROL, 0)
            chan.get(STATUS_RC)
            chan.build(1, 4096, 0, STOP | DONE).start()
            same(k.irqs(kind, 5), 1, kind)
            chan.put(MASK, 0)
            k.put(IRQ + 0x10, 0, BAR)
            if kind == MSI:
                k.set_config(caps[5] + 2, 0, 2)
            elif kind == MSIX:
                k.set_config(caps[0x11] + 2, 0, 2)

        # in any order, and back again; nothing comes by the others
        for kind in (INTX, MSI, MSIX, MSI, INTX, MSIX, INTX):
            if (INTX, 0) in k.eventfds:
                k.irqs(INTX)
                k.set_irqs(UNMASK_NONE, INTX, 0, 1)
            once(kind)
            same([key for key in k.signalled() if key[0] != kind], [])
    for arg, there, pin in (("msi", {5}, 0), ("msix", {0x11}, 0), ("intx", set(), 1), ("msi,intx", {5}, 1),
                            ("msix,msi", {5, 0x11}, 0), ("none", set(), 0)):
        with xdma("--irq", arg) as (_, k):
            same((set(k.caps()) & {5, 0x11}, k.config(0x3d, 1)), (there, pin), arg)


@test
def options_are_checked():
    def tried(*args):
        p = subprocess.run([os.environ.get("ACQ_CARD", "build/bin/acq-card"), "--socket", "/nonexistent/x",
                            *args], capture_output=True, timeout=10)
        return p.returncode, p.stderr.decode()

    xd = ("--model", "xdma")
    for args, word in (((*xd, "--c2h", "5"), "from 1 to 4"), ((*xd, "--width", "96"), "power of two"),
                       ((*xd, "--packets", "0"), "lengths"), ((*xd, "--packets", "1,,2"), "lengths"),
                       ((*xd, "--packets", "random:1,2"), "lengths"), ((*xd, "--packets", "steps:8"), "lengths"),
                       ((*xd, "--packets", "steps:8:4"), "lengths"), ((*xd, "--pci-id", "10ee"), "VENDOR"),
                       ((*xd, "--dma-bar", "0"), "BAR 0"), ((*xd, "--bar64", "--dma-bar", "1"), "even"),
                       ((*xd, "--mm", "4096", "--loopback"), "exclude"),
                       ((*xd, "--loopback", "--h2c", "2"), "direction"), ((*xd, "--h2c-rate", "9"), "needs"),
                       ((*xd, "--h2c", "1", "--h2c-record", "x"), "nothing to record"),
                       ((*xd, "--begin", "now"), "ready"), ((*xd, "--dry", "out"), "keep"),
                       ((*xd, "--pretrig", "5"), "another model"), (("--c2h", "1"), "another model"),
                       (("--model", "x"), "acq-r1, xdma or litepcie"), ((*xd, "--user-irqs", "17"), "from 0 to 16")):
        status, text = tried(*args)
        assert status == 2 and word in text, f"{args}: {status} {text}"


@test
def configuration_block():
    for width, code in ((64, 0), (128, 1), (256, 2), (512, 3)):
        with xdma("--width", width, "--irq", "msix,msi") as (_, k):
            same(k.get(CONF + 0x18, BAR), code, "data width")
            same(k.get(CONF + 0x10, BAR), 0xff01, "system id")
            same((k.get(CONF + 0x08, BAR), k.get(CONF + 0x0c, BAR), k.get(CONF + 0x14, BAR)), (0, 2, 0))
            exp = k.caps()[0x10]
            k.set_config(exp + 8, 0x5020, 2)
            k.enable(MSIX)
            same((k.get(CONF + 0x08, BAR), k.get(CONF + 0x0c, BAR), k.get(CONF + 0x14, BAR)), (1, 5, 2))
            k.set_config(k.caps()[0x11] + 2, 0, 2)
            k.enable(MSI)
            same(k.get(CONF + 0x14, BAR), 1)
            k.put(CONF + 0x60, 0xff, BAR)
            same(k.get(CONF + 0x60, BAR), 0x1f)
            same((k.get(CONF + 0x40, BAR), k.get(CONF + 0x44, BAR)), (0x15, 0x55))


@test
def d3hot():
    with xdma() as (c, k):
        pm = k.caps()[1] + 4
        k.put(IRQ + 4, 1, BAR)
        k.set_config(pm, 3, 2)
        same(k.get(C2H, BAR), 0xffffffff)
        k.set_config(pm, 0, 2)
        same((k.get(C2H, BAR), k.get(IRQ + 4, BAR)), (0x1fc18006, 0), "what D3hot leaves")
        same(c.stats()["resumes"], "1")
    with xdma("--no-soft-reset") as (_, k):
        pm = k.caps()[1] + 4
        k.put(IRQ + 4, 1, BAR)
        k.set_config(pm, 3, 2)
        k.set_config(pm, 0, 2)
        same(k.get(IRQ + 4, BAR), 1)
