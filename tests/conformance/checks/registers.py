# SPDX-License-Identifier: GPL-2.0-only
"""Registers: reset values, what is kept, what is not."""

import vfuclient as v
from host import RECORDS_AT, STATUS_AT, name_state
from ring import Silent
from suite import check
from vfuclient import (COMMAND, COUNT, FIFO_INDEX, FIFO_LEVEL, FORMAT, FRAMES, GIVEN, IRQ_FRAMES, IRQ_MASK,
                       IRQ_STATUS, IRQ_US, PATTERN, PRETRIGGER, RECORDS, SEEN, START, STATE, STATUS, TABLE,
                       TABLE_LOG2, TRIGGER, TRIGGER_LEVEL)

IDENTITY = {
    "ID": 0x00, "VERSION": 0x04, "REVISION": 0x08, "CAPS": 0x0c, "SERIAL_LO": 0x10, "SERIAL_HI": 0x14,
    "CHANNELS": 0x18, "FORMATS": 0x1c, "CLOCK_HZ": 0x20, "DIV_MIN": 0x24, "DIV_MAX": 0x28, "FIFO_BYTES": 0x2c,
    "LIMITS": 0x30, "TS_HZ": 0x34, "PRETRIG_BYTES": 0x38,
}
COUNTERS = {
    "FRAMES_LO": FRAMES, "FRAMES_HI": FRAMES + 4, "DROPPED_LO": v.DROPPED, "DROPPED_HI": v.DROPPED + 4,
    "TRIGGER_INDEX_LO": v.TRIGGER_INDEX, "TRIGGER_INDEX_HI": v.TRIGGER_INDEX + 4,
    "FIFO_LEVEL": FIFO_LEVEL,
}
KEPT = ("FRAMES_LO", "FRAMES_HI", "DROPPED_LO", "DROPPED_HI", "TRIGGER_INDEX_LO", "TRIGGER_INDEX_HI")
# access rw, and reset value 0
ZERO = {
    "SCRATCH": v.SCRATCH, "IRQ_MASK": IRQ_MASK, "IRQ_FRAMES": IRQ_FRAMES, "IRQ_US": IRQ_US, "SEEN": SEEN,
    "TABLE_LO": TABLE, "TABLE_HI": TABLE + 4, "RECORDS_LO": RECORDS, "RECORDS_HI": RECORDS + 4,
    "STATUS_LO": STATUS, "STATUS_HI": STATUS + 4, "TABLE_LOG2": TABLE_LOG2, "GIVEN": GIVEN,
    "COUNT_LO": COUNT, "COUNT_HI": COUNT + 4, "TRIGGER": TRIGGER, "TRIGGER_LEVEL": TRIGGER_LEVEL,
    "PRETRIGGER": PRETRIGGER, "PATTERN": PATTERN,
}
SUITABLE = {"TRANSFER": v.TRANSFER, "DIVIDER": v.DIVIDER, "CHANNEL_MASK": v.CHANNEL_MASK, "FORMAT": FORMAT}
DMA_ONLY = ("SEEN", "TABLE_LO", "TABLE_HI", "RECORDS_LO", "RECORDS_HI", "STATUS_LO", "STATUS_HI", "TABLE_LOG2", "GIVEN")
# where no map has a register: between the named ones, and above
NOTHING = (0x05c, 0x0a8, 0x0ac, 0x0b0, 0x0b4, 0x0b8, 0x0bc, 0x0ec, 0x0f0, 0x0f4, 0x0f8, 0x0fc, 0x100, 0x17c, 0x1fc,
           0x400, 0x800, 0xffc)
OUTPUT_AT = (0x200, 0x20c, 0x240, 0x244, 0x27c, 0x280, 0x2c0, 0x2fc)


def snapshot(h):
    """All that a reset resets."""
    values = {name: h.get(at) for name, at in (ZERO | SUITABLE | COUNTERS).items()}
    values["IRQ_STATUS"], values["STATE"] = h.get(IRQ_STATUS), h.get(STATE)
    return values


def judge_zero(h, values, when):
    for name, value in values.items():
        if name in SUITABLE:
            continue
        h.judge.check("reg.reset", value == 0, f"{name} reads {value:#x} {when}")


@check("reg.reset")
def reset_values(h):
    """At first, behind RESET when all has been written, and behind RESET out of a run."""
    j = h.judge
    first = snapshot(h)
    judge_zero(h, first, "at first")
    for name, at in (ZERO | SUITABLE).items():
        h.put(at, 0x15 if name == "IRQ_MASK" else 0x2a5a5a3c)
    h.reset()
    second = snapshot(h)
    judge_zero(h, second, "behind RESET")
    for name in SUITABLE:
        j.check("reg.reset", first[name] == second[name],
                f"{name} reads {second[name]:#x} behind RESET, {first[name]:#x} at first")
    transfer = 0 if h.p.has("FIFO") else 1
    h.setup(transfer)
    h.ring = Silent()
    h.set(table=h.base, records=h.base + RECORDS_AT, status=h.base + STATUS_AT)
    h.put(IRQ_MASK, v.ALL)
    h.put(IRQ_FRAMES, 7)
    h.put(IRQ_US, 1000)
    h.put(COMMAND, START)
    h.until(lambda: h.get(FRAMES), 1)
    h.reset()
    values = snapshot(h)
    # counters may keep what they were until START
    judge_zero(h, {name: values[name] for name in values if name not in KEPT}, "behind RESET out of a run")


@check("reg.readonly reg.nothing reg.command")
def ignored(h):
    """Writes to what cannot be written."""
    j = h.judge
    for name, at in (IDENTITY | COUNTERS).items():
        value = h.get(at)
        h.put(at, ~value)
        now = h.get(at)
        j.check("reg.readonly", now == value, f"{name} reads {now:#x} behind a write of {~value & 0xffffffff:#x}, "
                f"{value:#x} before")
        h.put(at, value)
    h.put(FIFO_INDEX, 0x5a5a5a5a)
    h.put(STATE, 2)
    state = h.state()
    j.check("reg.readonly", state == 0, f"STATE reads {name_state(state)} behind a write of 2 in IDLE")
    for at in NOTHING + (() if h.p.has("OUTPUT") else OUTPUT_AT):
        before = h.get(at)
        h.put(at, 0xa5c3a5c3)
        now = h.get(at)
        j.check("reg.nothing", (before, now) == (0, 0), f"address {at:#05x} reads {before:#x}, behind a write {now:#x}")
        h.put(at, 0)
    j.check("reg.command", h.get(COMMAND) == 0, f"COMMAND reads {h.get(COMMAND):#x}")


def absent(h, name):
    """Registers that may not be there, or whose value is one only."""
    p = h.p
    return ((name in DMA_ONLY and not p.has("DMA")) or name == "SCRATCH" or
            (name.startswith("COUNT_") and not p.has("COUNT")) or
            (name in ("TRIGGER", "TRIGGER_LEVEL") and not (p.has("TRIG_SOFT") or p.has("TRIG_LEVEL") or
                                                           p.has("TRIG_EXT"))) or
            (name == "TRIGGER_LEVEL" and not p.has("TRIG_LEVEL")) or
            (name == "PRETRIGGER" and not p.has("PRETRIG")) or
            (name == "PATTERN" and not (p.has("RAMP") or p.has("PRBS"))) or
            (name == "TRANSFER" and not (p.has("DMA") and p.has("FIFO"))) or
            (name == "DIVIDER" and p.div_min == p.div_max) or
            (name == "CHANNEL_MASK" and (p.has("ALL_CHANNELS") or p.channels == 1)) or
            (name == "FORMAT" and bin(p.formats).count("1") == 1) or
            (name in ("IRQ_FRAMES", "IRQ_US") and p.has("WHOLE_BLOCKS") and not p.has("FIFO")))


@check("reg.kept reg.largest")
def kept(h):
    j = h.judge
    h.reset()
    for name, at in (ZERO | SUITABLE).items():
        if name in ("SEEN", "GIVEN", "IRQ_FRAMES", "IRQ_US"):
            continue
        for value in (0xffffffff, 0x5a5a1234, 0xa5a5edcb, 0):
            if name == "IRQ_MASK":
                value &= v.ALL
            elif name == "TABLE_LOG2":
                value &= 0xff
            before = h.get(at)
            h.put(at, value)
            now = h.get(at)
            may = absent(h, name) and now == before
            j.check("reg.kept", now == value or may, f"{name} reads {now:#x} behind a write of {value:#x}")
    for name, at in (("IRQ_FRAMES", IRQ_FRAMES), ("IRQ_US", IRQ_US)):
        h.put(at, 0xffffffff)
        most = h.get(at)
        if absent(h, name) and most == 0:
            j.absent("reg.largest", "WHOLE_BLOCKS, and no FIFO")
            continue
        j.check("reg.largest", most >= 0xffff and not most & most + 1,
                f"{name} reads {most:#x} behind a write of 0xffffffff")
        for value in (0x10001, 0x12345, 0x80000000, 0xfffe, 1, 0):
            h.put(at, value)
            now, want = h.get(at), min(value, most)
            rounded = name == "IRQ_US" and 0 <= now - want < 1000
            j.check("reg.largest" if value > most else "reg.kept", now == want or rounded,
                    f"{name} reads {now:#x} behind a write of {value:#x}; the largest is {most:#x}")
