# SPDX-License-Identifier: GPL-2.0-only
"""The configuration space, resets and power."""

import vfuclient as v
from r1lib import *  # noqa: F403


@test
def config_space():
    with both("--serial", "123456789abcdef0", "--revision", 7) as (_, k):
        same(k.config(0), 0xac011234)
        same(k.config(8), 0x11800007)
        same(k.config(0x0e, 1), 0, "header type")
        assert k.config(6, 2) & 0x10
        same(k.config(0x10) & 0xf, 4, "BAR 0 is a 64-bit one")
        caps = k.caps()
        same(set(caps), {0x01, 0x10, 0x11})
        same(k.config(caps[1] + 2, 2) & 7, 3, "version of power management")
        same(k.config(caps[1] + 4, 2) & 8, 0, "No_Soft_Reset")
        same(k.config(caps[0x10] + 2, 2), 2, "endpoint")
        assert k.config(caps[0x10] + 4) & 1 << 28, "no FLR"
        same(k.config(caps[0x10] + 0x12, 2) & 0x3ff, 0x42, "link status")
        same(k.config(caps[0x11] + 2, 2) & 0x7ff, 0, "vectors")
        same(k.config(caps[0x11] + 4), 2, "MSI-X table")
        same(k.config(caps[0x11] + 8), 0x802, "MSI-X pending bits")
        extended = k.extended_caps()
        same(set(extended), {1, 3})
        same(k.config(extended[3] + 4), 0x9abcdef0)
        same(k.config(extended[3] + 8), 0x12345678)
        # a BAR tells its size
        k.set_config(0x10, 0xffffffffffffffff, 8)
        same(k.config(0x10, 8), 0xffffffffffffe004)
        # read-only things stay as they are
        k.set_config(0, 0)
        same(k.config(0), 0xac011234)
        same(len(k.read(CONFIG, 0, 4096)), 4096)


@test
def interrupt_kinds():
    for arg, caps, pin in (("msix", {0x11}, 0), ("msi", {5}, 0), ("intx", set(), 1), ("none", set(), 0),
                           ("msix,msi,intx", {5, 0x11}, 1)):
        with both("--irq", arg) as (_, k):
            same(set(k.caps()), caps | {1, 0x10}, arg)
            same(k.config(0x3d, 1), pin, arg)


@test
def flr_and_reset():
    with both() as (_, k):
        exp = k.caps()[0x10]

        def flr():
            k.set_config(exp + 8, 0x8000 | k.config(exp + 8, 2), 2)

        for reset in (flr, lambda: k.request(DEVICE_RESET)):
            run = v.Run(k)
            k.put(SCRATCH, 77)
            run.start()
            run.collect(2)
            reset()
            same(k.config(4, 2), 0, "COMMAND")
            same(k.get(STATE), IDLE)
            same(k.get(SCRATCH), 0)
            same(k.get(IRQ_MASK), 0)
            same(k.get64(FRAMES), 0)
        same(k.config(exp + 8, 2) & 0x8000, 0, "the FLR bit")


@test
def d3hot():
    with both() as (_, k):
        pm = k.caps()[1]
        run = v.Run(k)
        run.start()
        run.collect(2)
        k.put(SCRATCH, 9)
        k.set_config(pm + 4, 1, 2)
        same(k.config(pm + 4, 2) & 3, 0, "D1 does not exist")
        k.set_config(pm + 4, 3, 2)
        same(k.config(pm + 4, 2) & 3, 3)
        same(k.get(ID), 0xffffffff)
        same(k.get(STATE), 0xffffffff)
        before = k.memory.map[STATUS_AT:BLOCKS_AT + 16 * 4096]
        k.irqs()
        k.put(GIVEN, run.given + 1)
        assert not k.irqs(seconds=0.2), "an interrupt in D3hot"
        assert before == k.memory.map[STATUS_AT:BLOCKS_AT + 16 * 4096], "DMA in D3hot"
        same(k.config(0), 0xac011234)
        k.set_config(pm + 4, 0, 2)
        same(k.get(ID), 0x31514341)
        same(k.get(SCRATCH), 0, "state after D3hot")
        same(k.get(STATE), IDLE)
        same(k.config(4, 2), 0)


@test
def d3hot_that_loses_nothing():
    with both("--no-soft-reset", "--wait") as (c, k):
        pm = k.caps()[1]
        same(k.config(pm + 4, 2) & 0xb, 8, "No_Soft_Reset")
        run = v.Run(k)
        run.start()
        run.collect(2)
        k.put(SCRATCH, 9)
        k.set_config(pm + 4, 3, 2)
        same(k.config(pm + 4, 2) & 0xb, 0xb)
        same(k.get(SCRATCH), 0xffffffff)
        k.irqs()
        assert not k.irqs(seconds=0.1), "an interrupt in D3hot"
        k.set_config(pm + 4, 0, 2)
        same(k.get(SCRATCH), 9)
        same(k.config(4, 2) & 6, 6, "COMMAND")
        same(k.get(STATE) & 0xf, RUNNING)
        run.give(4)
        run.collect(4)


@test
def d3hot_is_counted():
    def power():
        stats = c.stats()
        return stats["power"], *(int(stats[key]) for key in ("suspends", "resumes", "asleep_accesses"))

    with both() as (c, k):
        pm = k.caps()[1] + 4
        same(power(), ("D0", 0, 0, 0))
        k.set_config(pm, 3, 2)
        same(power(), ("D3hot", 1, 0, 0))
        k.config(0)
        k.set_config(pm, 3, 2)
        same(power(), ("D3hot", 1, 0, 0), "what is no access to a BAR")
        k.get(ID)
        k.put(SCRATCH, 1)
        same(power(), ("D3hot", 1, 0, 2))
        k.set_config(pm, 0, 2)
        same(power(), ("D0", 1, 1, 2))
        # one that does not come back, and does after all
        k.set_config(pm, 3, 2)
        c.order("fault stuck-d3")
        k.set_config(pm, 0, 2)
        same(k.config(pm, 2) & 3, 3)
        same(k.get(ID), 0xffffffff)
        c.order("clear")
        k.set_config(pm, 0, 2)
        same(k.get(ID), 0x31514341)
        same(power(), ("D0", 2, 2, 3))
        # a reset of the function wakes it, too
        k.set_config(pm, 3, 2)
        k.set_config(k.caps()[0x10] + 9, 0x80, 1)
        same(k.get(ID), 0x31514341)


@test
def bus_master_enable():
    with both() as (_, k):
        run = v.Run(k)
        k.set_config(4, 2, 2)
        before = bytes(k.memory.map)
        run.start()
        eventually(lambda: k.get(STATE) & 0xf == FAILED)
        same(k.get(STATE) >> 16, ERR_DMA)
        k.memory.map[TABLE_AT:TABLE_AT + 256] = before[TABLE_AT:TABLE_AT + 256]
        assert before == bytes(k.memory.map), "DMA without bus mastering"
        assert not k.irqs(seconds=0.1), "MSI-X without bus mastering"
        # the reason still holds when it may speak
        k.set_config(4, 6, 2)
        assert k.irqs(seconds=1), "the interrupt got lost"


@test
def claims_of_the_configuration_space():
    with both("--bar-bytes", "256", "--vectors", "7") as (c, k):
        k.set_config(0x10, 0xffffffff)
        same(k.config(0x10) & ~0xf, 0xffffff00)
        same(k.config(k.caps()[0x11] + 2, 2) & 0x7ff, 6)
        refused(k.read, 0, 256, 4)
    for wrong in (("--bar-bytes", "300"), ("--bar-bytes", "0"), ("--vectors", "33")):
        card_ = v.Card(*wrong)
        same(card_.close()[0], 2)
