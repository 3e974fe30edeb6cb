# SPDX-License-Identifier: GPL-2.0-only
"""Registers."""

import random
import struct

import vfuclient as v
from r1lib import *  # noqa: F403


@test
def random_registers_do_no_harm():
    """Whatever a host writes and reads, a reset makes the card sane again."""
    rng = random.Random(4)
    for args in (("--free",), ("--speed", 100, "--channels", 3), ("--no-dma", "--free", "--source", "sine"),
                 ("--wait", "--source", "noise", "--fifo", 64)):
        with both(*args) as (c, k):
            run = v.Run(k)
            for turn in range(40):
                k.put(COMMAND, RESET)
                if rng.random() < 0.8:
                    run.start(give=rng.choice((0, 3, 16)))
                for _ in range(40):
                    reg = rng.choice((COMMAND, GIVEN, SEEN, IRQ_FRAMES, IRQ_US, TRANSFER, TRIGGER, FORMAT,
                                      COUNT, PRETRIGGER, rng.randrange(0, 0x100, 4)))
                    value = rng.choice((0, 1, 2, 3, 5, 16, 100, rng.getrandbits(32), 0xffffffff))
                    what = rng.random()
                    if what < 0.6:
                        k.put(reg, value)
                    elif what < 0.9:
                        k.get(reg)
                    else:
                        k.read(0, WINDOW + rng.randrange(0, 4096, 8), 8)
                if turn % 8 == 0:
                    c.command(rng.choice(("overflow 5", "speed free", "speed 3", "stall on", "stall off",
                                          "external", "irq", "speed 1000000", "speed 0.000001")))
            c.order("stall off")
            c.order("speed 1")
            k.put(COMMAND, RESET)
            same(k.get(STATE), IDLE)
            same(k.get(IRQ_MASK), 0)


@test
def identity_registers():
    with both("--serial", "1122334455667788", "--revision", 300, "--map-version", "2.5", "--fifo", 8192,
              "--channels", 5, "--formats", "0x14", "--format", "s32", "--addr-bits", 40, "--block-min", 13,
              "--block-max", 20, "--blocks-log2", 9, "--ts-hz", 12345, "--pretrig", 4096,
              "--div-min", 3, "--div-max", 99999, "--rate", 96000) as (_, k):
        same(k.get(ID), 0x31514341)
        same(k.get(MAP_VERSION), 2 << 16 | 5)
        same(k.get(REVISION), 300)
        same(k.get(CAPS), 0x27fb)
        same(k.get64(SERIAL), 0x1122334455667788)
        same(k.get(CHANNELS), 5)
        same(k.get(FORMATS), 0x14)
        same(k.get(CLOCK), 28224000)
        same((k.get(DIV_MIN), k.get(DIV_MAX)), (3, 99999))
        same(k.get(FIFO_BYTES), 8192)
        same(k.get(LIMITS), 40 << 24 | 9 << 16 | 20 << 8 | 13)
        same(k.get(TS_HZ), 12345)
        same(k.get(PRETRIG_BYTES), 4096)
        same((k.get(TRANSFER), k.get(DIVIDER), k.get(CHANNEL_MASK), k.get(FORMAT)),
             (1, 294, 0x1f, S32))
        for reg in (ID, MAP_VERSION, CAPS, CHANNELS, STATE, FRAMES, FIFO_LEVEL, 0xfc, 0x800):
            value = k.get(reg)
            k.put(reg, 0x55555555)
            same(k.get(reg), value, f"register {reg:#x}")
        k.put(SCRATCH, 0xdeadbeef)
        same(k.get(SCRATCH), 0xdeadbeef)
        same(k.read(0, 0x10, 8), struct.pack("<Q", 0x1122334455667788), "a read of eight bytes")
    with both("--free", "--no-dma") as (_, k):
        same(k.get(CAPS), 0x27fe)
        same(k.get(LIMITS), 0)
        same(k.get(TRANSFER), 0)
    with both("--wait", "--no-fifo", "--without", "prbs,count") as (_, k):
        same(k.get(CAPS), 0x17d)
    with both("--bad-id") as (_, k):
        assert k.get(ID) != 0x31514341


@test
def counters_latch():
    with both("--free") as (_, k):
        k.enable()
        low = k.get(TIMESTAMP)
        high = k.get(TIMESTAMP + 4)
        now = k.get64(TIMESTAMP)
        assert (high << 32 | low) < now < (high << 32 | low) + 100000000
        run = v.Run(k, enable=False)
        run.start(pattern=RAMP)
        run.collect(5)
        k.put(COMMAND, STOP)
        assert k.get(STATE) in (DRAINING, DONE)
        first = k.get64(FRAMES)
        same(struct.unpack("<Q", k.read(0, FRAMES, 8))[0], first)


@test
def start_refuses_bad_configuration():
    with both("--formats", "0x3d", "--blocks-log2", 6, "--pretrig", 64) as (_, k):
        run = v.Run(k)
        for reg, value in (("transfer", 2), ("divider", 0), ("divider", 1 << 24), ("channel_mask", 0),
                           ("channel_mask", 4), ("format", U8), ("format", 6), ("trigger", 4),
                           ("trigger", 0x20), ("trigger", LEVEL | 2 << 8), ("pattern", 3),
                           ("pretrigger", 17), ("table", 0), ("table", RAM + 16), ("status", 0),
                           ("records", 0), ("table_log2", 7)):
            run.start(give=0, **{reg: value})
            if reg in ("table", "status", "records"):
                # both halves
                k.put(COMMAND, RESET)
                run.start(command=0, give=0)
                k.put64(globals()[reg.upper()], value)
                k.put(COMMAND, START)
            same(k.get(STATE), FAILED | ERR_CONFIG << 16, f"{reg} {value}")
            same(k.get(IRQ_STATUS), ERROR_IRQ)
        k.irqs()
        # a good one is possible at once
        run.start(give=0)
        same(k.get(STATE), RUNNING)
    with both("--without", "trig-soft,trig-level,trig-ext,pretrig,count,ramp,prbs", "--no-fifo") as (_, k):
        run = v.Run(k)
        for reg, value in (("transfer", 0), ("trigger", 1), ("trigger", 2), ("trigger", 3),
                           ("pretrigger", 1), ("count", 1), ("pattern", 1), ("pattern", 2)):
            run.start(give=0, **{reg: value})
            same(k.get(STATE), FAILED | ERR_CONFIG << 16, f"{reg} {value}")
    with both("--no-dma") as (_, k):
        v.Run(k).start(give=0)
        same(k.get(STATE), FAILED | ERR_CONFIG << 16)
    with both("--addr-bits", 32) as (_, k):
        v.Run(k).start(give=0)
        same(k.get(STATE), FAILED | ERR_CONFIG << 16, "tables above 4 GiB")


@test
def registers_told_by_the_control_socket():
    with both("--addr-bits", 40) as (c, k):
        def regs(which=""):
            return dict(pair.split(":") for pair in c.order("regs" + which).split())

        before = regs(" written")
        assert "000" not in before and "03c" not in before
        all_of_them = regs()
        same((all_of_them["000"], all_of_them["030"][:2]), ("31514341", "28"))
        for at, value in all_of_them.items():
            same(k.get(int(at, 16)), int(value, 16), at)
        k.put(SCRATCH, 0xabc)
        k.put(IRQ_MASK, 3)
        same(set(regs(" written").items()) - set(before.items()), {("03c", "00000abc"), ("04c", "00000003")})
        # a look latches nothing
        run = v.Run(k)
        run.start()
        run.collect(2)
        low = k.get(FRAMES)
        regs()
        same((k.get(FRAMES + 4), regs()["044"]), (0, f"{RUNNING:08x}"))
        assert low
        k.put(COMMAND, RESET)
        same(regs(" written"), before)


@test
def channels_that_go_together():
    for args, bits, good, bad, first in (
            (("--all-channels",), 1, (0x1f,), (1, 3, 0xf, 0x3f), 0x1f),
            (("--pow2-channels",), 2, (1, 0x11, 0xf, 0x1e), (7, 0x1f, 0x20, 0), 0xf)):
        with both("--channels", 5, "--output", "--out-fifo", 1 << 20, *args) as (_, k):
            for side in (0, 0x200):
                same(k.get(side + CAPS) >> 14 & 3, bits)
                same(k.get(side + CHANNEL_MASK), first)
                for mask in good + bad:
                    k.put(side + COMMAND, RESET)
                    k.put(side + TRANSFER, 0)
                    k.put(side + CHANNEL_MASK, mask)
                    k.put(side + COMMAND, START)
                    want = ERR_CONFIG if mask in bad else 0
                    same(k.get(side + STATE) >> 16, want, f"error for {mask:#x}")


@test
def tables_that_are_not_aligned_to_their_size():
    with both("--free") as (_, k):
        run = v.Run(k, entries=64)
        for reg, size in ((TABLE, 64 * 16), (RECORDS, 64 * 32)):
            for offset, error in ((size // 2, ERR_CONFIG), (size, 0)):
                run.start(command=0, give=0)
                k.put64(reg, RAM + 0x200000 + offset)
                k.put(COMMAND, START)
                same(k.get(STATE) >> 16, error, f"{reg:#x} at {offset:#x}")


@test
def a_card_without_timestamps():
    with both("--ts-hz", 0) as (_, k):
        run = v.Run(k)
        run.start(count=4000)
        blocks = run.collect()
        same(k.get(TS_HZ), 0)
        same([b.stamp for b in blocks], [0] * len(blocks))
        same((run.page()["timestamp"], k.get64(TIMESTAMP)), (0, 0))


@test
def accesses_that_are_undefined_are_counted():
    def undefined(c):
        return int(c.stats()["undefined"])

    with both("--no-dma", "--window-32", "--output", "--wait") as (c, k):
        k.enable()
        fifo_start(k)
        k.put(0x200 + COMMAND, RESET)
        k.get64(FRAMES)
        # what is between them is no counter
        k.get(FRAMES)
        k.get(IRQ_STATUS)
        k.get(FRAMES + 4)
        k.get(DROPPED)
        k.get64(0x200 + FRAMES)
        k.get(DROPPED + 4)
        k.read(0, WINDOW, 4)
        same(undefined(c), 0)
        for count, access in enumerate((
                lambda: k.put(DIVIDER, 5), lambda: k.put(TABLE_LOG2, 1), lambda: k.put(PATTERN, 0),
                lambda: k.read(0, FRAMES, 8), lambda: k.read(0, WINDOW, 8), lambda: k.get(DROPPED + 4),
                lambda: (k.get(FRAMES), k.get(DROPPED), k.get(FRAMES + 4)),
                lambda: k.put(COMMAND, STOP | TRIG))):
            access()
            same(undefined(c), count + 1, f"access {count}")
        k.put(COMMAND, RESET)
        k.put(DIVIDER, 5)
        k.put(COMMAND, START | RESET)
        k.put(COMMAND, START | 32)
        same(undefined(c), 8)
