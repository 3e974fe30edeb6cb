# SPDX-License-Identifier: GPL-2.0-only
"""What a card says that it is."""

import time

import vfuclient as v
from host import RECORDS_AT, STATUS_AT, WIDTHS, name_state
from ring import Silent
from suite import check
from vfuclient import COMMAND, DONE, FAILED, ID, START, STOP, TIMESTAMP


def popcounts(p):
    """Numbers of channels that may be enabled together."""
    if p.has("ALL_CHANNELS"):
        return [p.channels]
    if p.has("POW2_CHANNELS"):
        return [n for n in (1, 2, 4, 8, 16, 32) if n <= p.channels]
    return list(range(1, p.channels + 1))


@check("id.magic id.version id.caps id.channels id.clock id.fifo-bytes id.limits id.page id.pretrigger",
       connect={"enable": False})
def identity(h):
    j, p = h.judge, h.p
    j.check("id.magic", h.get(ID) == 0x31514341, f"ID reads {h.get(ID):#x}")
    major, minor = p.version >> 16, p.version & 0xffff
    j.check("id.version", major == 1 and minor >= 1, f"VERSION reads {p.version:#x}, {major}.{minor}")
    caps = f"CAPS reads {p.caps:#x}"
    j.check("id.caps", p.has("DMA") or p.has("FIFO"), f"{caps}: neither DMA nor FIFO")
    j.check("id.caps", not p.caps >> 17 or minor > 1, f"{caps}: bits above 16")
    for name, needs in (("WINDOW64", "FIFO"), ("FOLLOW", "FIFO"), ("WHOLE_BLOCKS", "DMA"), ("LINK", "OUTPUT")):
        j.check("id.caps", not p.has(name) or p.has(needs), f"{caps}: {name} without {needs}")
    j.check("id.channels", 1 <= p.channels <= 32, f"CHANNELS reads {p.channels}")
    j.check("id.channels", p.formats and not p.formats >> 6, f"FORMATS reads {p.formats:#x}")
    j.check("id.clock", p.clock and 0 < p.div_min <= p.div_max,
            f"CLOCK_HZ reads {p.clock}, DIV_MIN {p.div_min}, DIV_MAX {p.div_max}")
    widest = max([WIDTHS[f] for f in range(6) if p.formats >> f & 1] or [4])
    frame = max(popcounts(p) or [1]) * widest
    need = frame + (3 if p.has("FIFO") else 0)
    j.check("id.fifo-bytes", p.fifo_bytes >= need,
            f"FIFO_BYTES reads {p.fifo_bytes}; the largest frame has {frame} bytes, so {need} are needed")
    limits = f"LIMITS reads {p.limits:#x}"
    if p.has("DMA"):
        j.check("id.limits", 6 <= p.block_min <= p.block_max <= 22 and 2 <= p.table_log2 <= 16 and
                24 <= p.addr_bits <= 64, f"{limits}: blocks of 2^{p.block_min} to 2^{p.block_max} bytes, "
                f"2^{p.table_log2} entries, {p.addr_bits} address bits")
        j.check("id.page", p.block_min <= 12 <= p.block_max,
                f"{limits}: blocks of 2^{p.block_min} to 2^{p.block_max} bytes")
    else:
        j.check("id.limits", not p.limits, f"{limits}, and CAPS lacks DMA")
        j.absent("id.page", "CAPS lacks DMA")
    j.check("id.pretrigger", bool(p.pretrig_bytes) == p.has("PRETRIG"),
            f"PRETRIG_BYTES reads {p.pretrig_bytes}, CAPS {p.caps:#x}")


@check("id.stamp")
def stamp(h):
    j, p = h.judge, h.p
    h.reset()
    if not p.ts_hz:
        j.check("id.stamp", h.get64(TIMESTAMP) == 0, f"TS_HZ is 0, TIMESTAMP reads {h.get64(TIMESTAMP)}")
        return
    values = [(h.get64(TIMESTAMP), "at first")]
    for what, do in (("later", lambda: time.sleep(0.01 + 2 / p.ts_hz)),
                     ("behind RESET", h.reset),
                     ("behind START", lambda: h.put(COMMAND, START)),
                     ("behind STOP", lambda: h.put(COMMAND, STOP))):
        do()
        time.sleep(0.002)
        values.append((h.get64(TIMESTAMP), what))
    for (a, _), (b, what) in zip(values, values[1:]):
        j.check("id.stamp", b >= a, f"TIMESTAMP reads {b} {what}, {a} before")
    j.check("id.stamp", values[1][0] > values[0][0], f"TIMESTAMP reads {values[1][0]}, and a while before, too")


@check("reg.latch")
def latch(h):
    """LO near its end, then HI behind it: what HI was when LO was read."""
    j, p = h.judge, h.p
    if not p.ts_hz:
        j.absent("reg.latch", "TS_HZ is 0: no counter is so fast")
        return
    period = (1 << 32) / p.ts_hz
    if period > 4 * h.patience:
        j.absent("reg.latch", f"TIMESTAMP has the next bit in HI after {period:.0f} s only")
        return
    while True:
        low = h.get(TIMESTAMP)
        left = ((1 << 32) - low) / p.ts_hz
        if left < 0.1 * h.patience:
            break
        time.sleep(max(0.0005, left - 0.05 * h.patience))
    began = time.monotonic()
    time.sleep(left + 0.02)
    high = h.get(TIMESTAMP + 4)
    now = h.get64(TIMESTAMP)
    # it has gone round once
    if time.monotonic() - began < period and now & 0xffffffff < low:
        j.check("reg.latch", high == (now >> 32) - 1, f"TIMESTAMP_LO read {low:#x}; HI behind it, "
                f"{now - (high << 32 | low)} ticks "
                f"later, {high:#x}; then LO and HI {now:#x}")


@check("reg.suitable")
def suitable(h):
    """What a card recommends has to be possible: with it and addresses, START succeeds."""
    j, p = h.judge, h.p
    h.reset()
    transfer, mask, form, div = (h.get(r) for r in (v.TRANSFER, v.CHANNEL_MASK, v.FORMAT, v.DIVIDER))
    said = f"TRANSFER {transfer}, CHANNEL_MASK {mask:#x}, FORMAT {form}, DIVIDER {div}"
    j.check("reg.suitable", transfer < 2 and p.has(("FIFO", "DMA")[transfer]) and
            0 < mask < 1 << p.channels and bin(mask).count("1") in popcounts(p) and
            form < 6 and p.formats >> form & 1 and p.div_min <= div <= p.div_max, said)
    h.set(table=h.base, records=h.base + RECORDS_AT, status=h.base + STATUS_AT)
    h.ring = Silent()
    h.put(COMMAND, START)
    state = h.state() & 0xf
    j.check("reg.suitable", state != FAILED, lambda: f"{said}: START ends in {name_state(h.state())}")
    if state not in (FAILED, DONE):
        h.put(COMMAND, v.RESET)
