# SPDX-License-Identifier: GPL-2.0-only
"""What START has to refuse."""

import vfuclient as v
from checks.identity import popcounts
from host import RECORDS_AT, STATUS_AT, name_irq, name_state
from ring import Ring
from suite import check
from vfuclient import (COMMAND, ERR_CONFIG, ERROR_IRQ, FAILED, IRQ_STATUS, LEVEL, SOFTWARE, START, STATE)

REFUSED = FAILED | ERR_CONFIG << 16


def base(h, transfer):
    """A configuration that is a good one."""
    h.setup(transfer)
    if transfer:
        h.set(table=h.base, records=h.base + RECORDS_AT, status=h.base + STATUS_AT)
        h.put(v.TABLE_LOG2, 2)


def refuse(h, clause, transfer, values, said, absent=False):
    """With these values START is refused. A register that has one value may not take another."""
    j = h.judge
    base(h, transfer)
    kept = True
    for name, value in values.items():
        at = getattr(v, name.upper())
        if name in ("count", "table", "records", "status"):
            h.put64(at, value)
            kept = kept and h.get64(at) == value
        else:
            h.put(at, value)
            kept = kept and h.get(at) == value
    if not kept:
        # read only, as there is one value or no such capability
        if not absent:
            j.fail("reg.kept", f"{said}: that is not what the registers read behind it")
        return False
    h.put(COMMAND, START)
    state = h.state()
    j.check(clause, state == REFUSED, f"{said}: START leads to {name_state(state)}")
    if state == REFUSED:
        status = h.get(IRQ_STATUS)
        j.check("config.error", status == ERROR_IRQ, f"{said}: IRQ_STATUS reads {name_irq(status)} behind the refusal")
    return True


def transfers(h):
    return [t for t, name in ((0, "FIFO"), (1, "DMA")) if h.p.has(name)]


@check("config.transfer config.divider config.channels config.format config.pattern config.error")
def plain(h):
    j, p = h.judge, h.p
    one_way = len(transfers(h)) == 1
    for t in transfers(h):
        asked = False
        for value in (2, 0x101, 0x80000000 | t) + ((1 - t,) if one_way else ()):
            asked |= refuse(h, "config.transfer", t, {"transfer": value}, f"TRANSFER {value:#x}", one_way)
        if not asked:
            j.absent("config.transfer", "TRANSFER has one possible value")
        asked, single = False, p.div_min == p.div_max
        for value in (0, p.div_min - 1, p.div_max + 1):
            if 0 <= value < 1 << 32 and not p.div_min <= value <= p.div_max:
                asked |= refuse(h, "config.divider", t, {"divider": value}, f"DIVIDER {value}", single)
        if not asked:
            j.absent("config.divider", "DIVIDER has one possible value")
        channels(h, t)
        asked, single = False, bin(p.formats).count("1") == 1
        for value in [f for f in range(6) if not p.formats >> f & 1] + [6, 7, 0x12, 0x80000000]:
            asked |= refuse(h, "config.format", t, {"format": value}, f"FORMAT {value:#x}", single)
        if not asked:
            j.absent("config.format", "FORMAT has one possible value")
        asked, single = False, not p.has("RAMP") and not p.has("PRBS")
        for value in [n for n, name in ((1, "RAMP"), (2, "PRBS")) if not p.has(name)] + [3, 5, 0x10001, 0x80000000]:
            asked |= refuse(h, "config.pattern", t, {"pattern": value}, f"PATTERN {value:#x}", single)
        if not asked:
            j.absent("config.pattern", "PATTERN has one possible value")
        base(h, t)
        h.ring = Ring(h) if t else None
        h.put(COMMAND, START)
        j.check("config.error", h.state() & 0xf != FAILED, lambda: "a good configuration behind refused ones: START "
                f"leads to {name_state(h.state())}")


def channels(h, t):
    p, every = h.p, (1 << h.p.channels) - 1
    asked, single = False, p.has("ALL_CHANNELS") or p.channels == 1
    wrong = [0, 1 << p.channels, every | 1 << p.channels, 1 << 31]
    allowed = popcounts(p)
    wrong += [(1 << n) - 1 for n in range(1, p.channels) if n not in allowed][:3]
    for value in wrong:
        if value < 1 << 32 and not (value and value <= every and bin(value).count("1") in allowed):
            asked |= refuse(h, "config.channels", t, {"channel_mask": value}, f"CHANNEL_MASK {value:#x}", single)
    if not asked:
        h.judge.absent("config.channels", "CHANNEL_MASK has one possible value")


@check("config.count config.trigger config.pretrigger")
def trigger(h):
    j, p = h.judge, h.p
    t = transfers(h)[-1]
    every = (1 << p.channels) - 1
    if p.has("COUNT"):
        j.absent("config.count", "CAPS has COUNT")
    elif not any([refuse(h, "config.count", t, {"count": value}, f"COUNT {value:#x}", True) for value in (1, 1 << 32)]):
        j.absent("config.count", "CAPS lacks COUNT, and the register is not there")
    sources = [n for n, name in ((1, "TRIG_SOFT"), (2, "TRIG_LEVEL"), (3, "TRIG_EXT")) if not p.has(name)]
    none = len(sources) == 3
    asked = False
    for value in sources + [4, 15, 0x20, 0x10000, 0x80000000]:
        asked |= refuse(h, "config.trigger", t, {"trigger": value}, f"TRIGGER {value:#x}", none)
    if p.has("TRIG_LEVEL"):
        h.setup(t)
        mask = h.mask
        off = [c for c in range(p.channels) if not mask >> c & 1] or (
            [0] if p.channels > 1 and not p.has("ALL_CHANNELS") else [])
        if off == [0]:
            mask = 2
        for channel in off[:1]:
            refuse(h, "config.trigger", t, {"channel_mask": mask, "trigger": LEVEL | channel << 8},
                   f"the level of channel {channel} with CHANNEL_MASK {mask:#x}")
        if p.channels < 256:
            refuse(h, "config.trigger", t, {"trigger": LEVEL | p.channels << 8}, f"the level of channel {p.channels} "
                   f"of {p.channels}, CHANNEL_MASK {every:#x}")
    elif not asked:
        j.absent("config.trigger", "CAPS lacks TRIG_*, and the register is not there")
    if p.has("PRETRIG"):
        h.setup(t)
        most = p.pretrig_bytes // h.frame
        for value in (most + 1, 0xffffffff):
            refuse(h, "config.pretrigger", t, {"trigger": SOFTWARE if p.has("TRIG_SOFT") else 0, "pretrigger": value},
                   f"PRETRIGGER {value}, frames of {h.frame}, PRETRIG_BYTES {p.pretrig_bytes}")
    elif not refuse(h, "config.pretrigger", t, {"pretrigger": 1}, "PRETRIGGER 1", True):
        j.absent("config.pretrigger", "CAPS lacks PRETRIG, and the register is not there")


@check("config.table config.address", caps="DMA")
def memory(h):
    """An address that is wrong, and no access to memory by it."""
    p = h.p
    h.ring = Ring(h)
    h.ring.over = ("config.error", "though START was refused")
    for value in (p.table_log2 + 1, 31, 255):
        refuse(h, "config.table", 1, {"table_log2": value}, f"TABLE_LOG2 {value}, LIMITS says {p.table_log2}")
    for name in ("table", "records", "status"):
        wrong = [0, h.base + 8, h.base + 32]
        if p.addr_bits < 64:
            wrong += [1 << p.addr_bits, 1 << 63]
        for value in wrong:
            refuse(h, "config.address", 1, {name: value}, f"{name.upper()} {value:#x}, {p.addr_bits} address bits")
    h.pump(0.02)
    h.ring = None
    base(h, 1)
    h.ring = Ring(h)
    h.put(COMMAND, START)
    h.judge.check("config.error", h.get(STATE) & 0xf != FAILED, lambda: "a good configuration behind refused ones: "
                  f"START leads to {name_state(h.state())}")
    h.reset()
