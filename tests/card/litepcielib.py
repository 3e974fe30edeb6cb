# SPDX-License-Identifier: GPL-2.0-only
"""What the tests of the LitePCIe model share: its registers, and a direction as a driver has it."""

import struct
import time

from cardtest import *  # noqa: F403
from vfuclient import CONFIG, DMA_READ, DMA_WRITE, MSI, MSIX, RAM, ramp  # noqa: F401

# banks: scratch is in the first of each design
SCRATCH = 4
M2SDR = {"ident": 0x4000, "phy": 0x5000, "msi": 0x5800, "dma": 0x6000, "time": 0x8800, "header": 0xb800}
CORE = {"ident": 0x2800, "phy": 0x1000, "msi": 0x1800, "dma": 0x3000}
CORE_MSIX = {"ident": 0x3000, "phy": 0x1000, "msi": 0x1800, "dma": 0x3800}
MULTI = {"ident": 0x2000, "phy": 0x4800, "msi": 0x5000, "dma": 0x2800}
ENABLE, VALUE, WE, LOOP, STATUS, LEVEL, RESET = 0, 4, 0xc, 0x10, 0x14, 0x18, 0x1c
READER, LOOPBACK, BYPASS, MODE = 0x20, 0x40, 0x44, 0x48
QUIET, ENDLESS = 1 << 24, 1 << 25
IDLE = 2
RX_CONTROL, RX_CYCLES = 8, 0xc
MAGIC = 0x5aa55aa55aa55aa5


class Side:
    """A Writer or a Reader with buffers."""

    def __init__(self, k, base=M2SDR["dma"], reader=False, size=4096, area=0):
        self.k, self.base, self.size = k, base + (READER if reader else 0), size
        self.area = 0x100000 + area
        self.pushed = 0

    def get(self, reg):
        return self.k.get(self.base + reg)

    def put(self, reg, value):
        self.k.put(self.base + reg, value)

    def prepare(self):
        self.put(ENABLE, 0)
        self.put(RESET, 1)
        self.put(LOOP, 0)
        self.pushed = 0
        return self

    def push(self, address, size=None, flags=ENDLESS):
        self.put(VALUE, (self.size if size is None else size) | flags)
        self.put(VALUE + 4, address)
        self.put(WE, address >> 32)

    def push_next(self, count=1, slots=64, flags=ENDLESS):
        for _ in range(count):
            self.push(RAM + self.area + self.pushed % slots * self.size, flags=flags)
            self.pushed += 1

    def buffer(self, number, slots=64, size=None):
        at = self.area + number % slots * self.size
        return self.k.memory.map[at:at + (self.size if size is None else size)]

    def done(self):
        return self.get(STATUS)

    def wait(self, count, seconds=10):
        end = time.monotonic() + seconds
        while self.done() != count:
            assert time.monotonic() < end, f"{self.done()} instead of {count}"
            self.k.pump(0.002)


def lite(*args, ram=True, fd=True):
    return both("--model", "litepcie", *args, ram=ram, fd=fd)


def begin(k, kind=MSI, vectors=1, bypass=True):
    k.enable(kind, vectors)
    if bypass:
        k.put(M2SDR["dma"] + BYPASS, 1)


def check(data, first=0, channels=2, width=2):
    samples = len(data) // width + 2
    same(data, ramp(first * channels, samples, width)[:len(data)], f"ramp from {first}")
