# SPDX-License-Identifier: GPL-2.0-only
"""What the tests of the ACQ-R1 model share."""

import vfuclient as v
from cardtest import *  # noqa: F403
from vfuclient import *  # noqa: F403


def check_ramp(blocks, channels=2, width=2, start=0):
    """All blocks contain the ramp, and account for every frame. The index behind."""
    at, lost = start, 0
    for b in blocks:
        same(b.index, at + b.lost, "index of a block")
        frames = b.size // (channels * width)
        same(b.size % (channels * width), 0, "rest of a block")
        assert b.data == v.ramp(b.index * channels, frames * channels, width), \
            f"samples of block {b.number} at {b.index}"
        at = b.index + frames
        lost += b.lost
    return at, lost


def fifo_start(k, **config):
    k.put(COMMAND, RESET)
    for reg, value in dict(transfer=0, **config).items():
        reg = globals()[reg.upper()]
        if reg == COUNT:
            k.put64(reg, value)
        else:
            k.put(reg, value)
    k.put(COMMAND, START)
    k.put(IRQ_MASK, ALL)


def fifo_pop(k, count):
    data = bytearray()
    while len(data) < count:
        data += k.read(0, WINDOW + len(data) % 4096 // 8 * 8, 8 if count - len(data) >= 8 else 4)
    return bytes(data)
