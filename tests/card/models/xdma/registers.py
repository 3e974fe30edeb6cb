# SPDX-License-Identifier: GPL-2.0-only
"""Registers."""

import random
import struct

import vfuclient as v
from xdmalib import *  # noqa: F403


@test
def registers_set_and_clear():
    with xdma("--h2c", 1, "--user-irqs", 3) as (_, k):
        for base, all_bits, extra in ((C2H, C2H_ALL, NON_INC | POLL_ENABLE | NO_WRITEBACK),
                                      (H2C, ALL, NON_INC | POLL_ENABLE)):
            k.put(base + CONTROL, 0xfffffffe, BAR)
            same(k.get(base + CONTROL, BAR), all_bits | extra, "control")
            k.put(base + CLEAR, 0xfe, BAR)
            same(k.get(base + CONTROL, BAR), (all_bits | extra) & ~0xfe)
            k.put(base + SET, COMPLETED, BAR)
            same(k.get(base + CONTROL, BAR), (all_bits | extra) & ~0xfe | COMPLETED)
            k.put(base + MASK, 0xffffffff, BAR)
            same(k.get(base + MASK, BAR), all_bits, "mask")
            k.put(base + MASK_CLEAR, 0xffff0000, BAR)
            same(k.get(base + MASK, BAR), all_bits & 0xffff)
            k.put(base + MASK_SET, 0x80000, BAR)
            same(k.get(base + MASK, BAR), all_bits & 0xffff | 0x80000)
            k.put64(base + POLL, 0x123456789abcdef0) if BAR == 0 else None
            for reg, value in ((POLL, 0x9abcdef0), (POLL + 4, 0x12345678), (FIRST, 0x20), (FIRST + 4, 7)):
                k.put(base + reg, value, BAR)
                same(k.get(base + reg, BAR), value)
            k.put(base + ADJ, 0xffffffff, BAR)
            same(k.get(base + ADJ, BAR), 0x3f)
            same(k.get(base + ALIGNMENTS, BAR), 0x00010140)
            for reg in (0, STATUS, COUNT, ALIGNMENTS, CYCLES, BEATS):
                before = k.get(base + reg, BAR)
                k.put(base + reg, 0xffffffff, BAR)
                same(k.get(base + reg, BAR), before, "a read only register")
        for at, bits in ((IRQ + 4, 7), (IRQ + 0x10, 3)):
            k.put(at, 0xffffffff, BAR)
            same(k.get(at, BAR), bits, "interrupt enable")
            k.put(at + 8, 1, BAR)
            same(k.get(at, BAR), bits & ~1)
            k.put(at + 4, 1, BAR)
            same(k.get(at, BAR), bits)
        for at in (IRQ + 0x80, IRQ + 0x84, IRQ + 0x88, IRQ + 0x8c, IRQ + 0xa0, IRQ + 0xa4):
            k.put(at, 0xffffffff, BAR)
            same(k.get(at, BAR), 0x1f1f1f1f, "vectors")
        for at in (HALT, CREDIT_MODE):
            k.put(at, 0xffffffff, BAR)
            same(k.get(at, BAR), 0x10001, "one bit for each channel")
            k.put(at + 8, 1, BAR)
            same(k.get(at, BAR), 0x10000)
            k.put(at + 4, 1, BAR)
            same(k.get(at, BAR), 0x10001)


@test
def status_is_logged_by_control_and_told_by_mask():
    with xdma("--free") as (_, k):
        k.enable()
        channel_int(k)
        chan = Chan(k).build(2, 4096, 0, STOP | DONE)
        for control, mask, status, irqs in ((0, ALL, 0, 0), (COMPLETED, ALL, COMPLETED, 1),
                                            (STOPPED, ALL, STOPPED, 1), (ALL, 0, STOPPED | COMPLETED, 0),
                                            (ALL, STOPPED, STOPPED | COMPLETED, 1)):
            chan.start(control, mask)
            eventually(lambda: chan.get(COUNT) == 2)
            same(k.irqs(MSIX, 1 if irqs else 0.05), irqs, f"interrupts of {control:#x} {mask:#x}")
            same(chan.get(STATUS), status)
            same(k.get(IRQ + 0x44, BAR), irqs, "request")
            same(k.get(IRQ + 0x4c, BAR), irqs, "pending")
            # the mask alone brings the rest
            chan.put(MASK, ALL)
            same(k.irqs(MSIX, 0.05), int(bool(status) and not irqs))
            chan.get(STATUS_RC)
            same(k.get(IRQ + 0x44, BAR), 0)


@test
def performance_counters():
    with xdma("--free", "--width", 256) as (_, k):
        k.enable()
        chan = Chan(k).build(4, 4096, 0, STOP | DONE)
        chan.start()
        eventually(lambda: chan.get(STATUS) & STOPPED)
        same((chan.get(CYCLES), chan.get(BEATS)), (0, 0), "without being armed")
        chan.put(PERF, 5)
        chan.start()
        eventually(lambda: chan.get(STATUS) & STOPPED)
        same(chan.get(BEATS), 4 * 4096 // 32)
        cycles = chan.get(CYCLES)
        assert cycles
        same(chan.get(CYCLES), cycles, "stopped by STOP")
        chan.put(PERF, 2)
        same((chan.get(CYCLES), chan.get(BEATS), chan.get(PERF)), (0, 0, 0))


@test
def random_registers_do_no_harm():
    rng = random.Random(7)
    for args in (("--free", "--c2h", 2, "--h2c", 1), ("--speed", 100, "--channels", 3, "--packets", "random:99"),
                 ("--loopback", "--fifo", 64), ("--mm", 4096)):
        for fd in (True, False):
            with xdma(*args, fd=fd) as (c, k):
                for turn in range(30):
                    k.enable()
                    for number, h2c in ((0, False), (1, False), (0, True)):
                        chan = Chan(k, number, h2c).build(rng.choice((1, 4, 16)), rng.choice((64, 4096, 100, 8)),
                                                          rng.choice((0, DONE, DONE | EOP)))
                        if rng.random() < 0.7:
                            chan.start(rng.choice((0, ALL, ALL | POLL_ENABLE | NO_WRITEBACK)))
                    for _ in range(30):
                        value = rng.choice((0, 1, 3, 0x10001, 1023, rng.getrandbits(32), 0xffffffff))
                        target = rng.choice((0x0000, 0x1000, 0x2000, 0x3000, 0x4000, 0x5000, 0x6000, 0x8000))
                        bar, at = BAR, target + rng.choice((0, 0, 0x100)) + rng.randrange(0, 0x100, 4)
                        if rng.random() < 0.2:
                            bar, at = 0, rng.choice((rng.randrange(0, 0x40, 4), STREAM + rng.randrange(0, 0x48, 4)))
                        if rng.random() < 0.7:
                            k.put(at, value, bar)
                        else:
                            k.get(at, bar)
                    for at in range(0, 512, 4):
                        if rng.random() < 0.02:
                            struct.pack_into("<I", k.memory.map, at, rng.getrandbits(32))
                    if fd and turn % 5 == 0:
                        c.command(rng.choice(("overflow 5", "speed free", "speed 3", "stall on", "stall off",
                                              "pause 100", "pause off", "irq 5", "fault early-irq 1",
                                              "fault short-packet 3", "count c2h0 4294967290", "packets steps:8:900",
                                              "frames 999", "frames endless", "rate 100000", "reset")))
                    k.request(v.DEVICE_RESET)
                for line in ("stall off", "pause off", "clear"):
                    c.command(line)
                same(k.get(C2H + CONTROL, BAR), 0)
                same(c.stats()["state"], "idle")


@test
def registers_told_by_the_control_socket():
    with xdma("--c2h", 2, "--h2c", 1, "--irq", "msi") as (c, k):
        def regs(which=""):
            return dict(pair.split(":") for pair in c.order("regs" + which).split())

        before, everything = regs(" written"), regs()
        assert set(before.items()) < set(everything.items()), before
        for at, value in everything.items():
            bar, at = (0, at[1:]) if at[0] == "U" else (BAR, at)
            same(k.get(int(at, 16), bar), int(value, 16), at)
        for at in (C2H, C2H + 0x100, H2C, IRQ, CONF, SGDMA + C2H, COMMON):
            assert f"{at:04x}" in everything, hex(at)
        chan = Chan(k, 1).build()
        chan.credit_mode()
        chan.put(CREDITS, 3)
        chan.put(CONTROL, STOPPED | POLL_ENABLE)
        chan.put(MASK, COMPLETED)
        channel_int(k, 0x102)
        k.put(USER_SCRATCH, 7, 0)
        changed = {at for at, _ in set(regs(" written").items()) - set(before.items())}
        same(changed, {f"{at:04x}" for at in (
            C2H + 0x100 + CONTROL, C2H + 0x100 + MASK, C2H + 0x100 + POLL, C2H + 0x100 + POLL + 4,
            C2H + 0x100 + FIRST, C2H + 0x100 + FIRST + 4, C2H + 0x100 + CREDITS, CREDIT_MODE, IRQ + 0x10,
            IRQ + 0xa0)} | {"U0008"})
        chan.start()
        chan.stop()
        c.order("fault stuck-busy 1")
        regs()
        same(c.order("fault"), "stuck-busy:1")
        k.request(v.DEVICE_RESET)
        same(regs(" written"), before)
