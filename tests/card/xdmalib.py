# SPDX-License-Identifier: GPL-2.0-only
"""What the tests of the XDMA model share: its registers, and a channel as a driver has it."""

import struct
import time

from cardtest import *  # noqa: F403
from vfuclient import CONFIG, DMA_READ, DMA_WRITE, INTX, MSI, MSIX, RAM, UNMASK_NONE, ramp  # noqa: F401

BAR = 1

# targets
H2C, C2H, IRQ, CONF, COMMON = 0x0000, 0x1000, 0x2000, 0x3000, 0x6000
SGDMA = 0x4000  # beyond the channel's own
CONTROL, SET, CLEAR, STATUS, STATUS_RC, COUNT, ALIGNMENTS, POLL, MASK, MASK_SET, MASK_CLEAR, PERF, CYCLES, \
    BEATS = 4, 8, 0xc, 0x40, 0x44, 0x48, 0x4c, 0x88, 0x90, 0x94, 0x98, 0xc0, 0xc4, 0xcc
FIRST, ADJ, CREDITS = SGDMA + 0x80, SGDMA + 0x88, SGDMA + 0x8c
HALT, CREDIT_MODE = COMMON + 0x10, COMMON + 0x20
RUN, BUSY, STOPPED, COMPLETED, ALIGN, MAGIC, LENGTH, IDLE_STOPPED = 1, 1, 2, 4, 8, 0x10, 0x20, 0x40
READ_UR, READ_DECODE, READ_SLAVE, WRITE_DECODE, WRITE_SLAVE, DESC_UR = 1 << 9, 1 << 9, 1 << 10, 1 << 14, \
    1 << 15, 1 << 19
NON_INC, POLL_ENABLE, NO_WRITEBACK = 1 << 25, 1 << 26, 1 << 27
ALL = 0xfffe7e
C2H_ALL = ALL & ~0x7c000
# descriptors
STOP, DONE, EOP = 1, 2, 0x10

USER_ID, USER_SCRATCH, USER_CHANNELS, USER_CLOCK, USER_IRQ, USER_LOSS_IRQ, STREAM = 0, 8, 0xc, 0x10, 0x20, \
    0x2c, 0x1000
U_CONTROL, U_FRAME, U_DIVIDER, U_FIFO, U_PRODUCED, U_LOST, U_TAKEN, U_LOSSES, U_STATE, U_INDEX, U_COUNT, \
    U_POP = 0, 4, 8, 0xc, 0x10, 0x18, 0x20, 0x28, 0x2c, 0x30, 0x38, 0x40

DESCS_AT, WRITEBACKS_AT, POLL_AT, DATA_AT = 0, 0x8000, 0xf000, 0x400000


class Chan:
    """A channel of the card with a list of descriptors, as a driver has it."""

    def __init__(self, k, number=0, h2c=False, bar=BAR):
        self.k, self.number, self.h2c, self.bar = k, number, h2c, bar
        self.base = (H2C if h2c else C2H) + number * 0x100
        self.area = (number + 4 * h2c) * 0x10000
        self.data = DATA_AT + (number + 4 * h2c) * 0x600000

    def get(self, reg):
        return self.k.get(self.base + reg, self.bar)

    def put(self, reg, value):
        self.k.put(self.base + reg, value, self.bar)

    def common(self, reg, on=True):
        self.k.put(reg + (4 if on else 8), 1 << self.number + (0 if self.h2c else 16), self.bar)

    def descriptor(self, slot, flags, size, source, target, following, adjacent=0, magic=0xad4b):
        self.k.memory.map[self.area + slot * 32:self.area + slot * 32 + 32] = \
            struct.pack("<IIQQQ", magic << 16 | adjacent << 8 | flags, size, source, target, following)

    def desc_address(self, slot):
        return RAM + self.area + DESCS_AT + slot * 32

    def clear_writebacks(self, count=1024):
        at = self.area + WRITEBACKS_AT
        self.k.memory.map[at:at + count * 8] = bytes(count * 8)
        self.k.memory.map[self.area + POLL_AT:self.area + POLL_AT + 4] = bytes(4)

    def build(self, count=16, size=4096, flags=DONE, last=None, adjacent=None, pad=0):
        """A ring, or with @last, its flags, a list. Buffers are @pad apart."""
        self.count, self.size, self.stride = count, size, size + pad
        self.next = 0
        self.clear_writebacks(count)
        for i in range(count):
            mine = flags if last is None or i < count - 1 else last
            buffer = RAM + self.data + i * self.stride
            source = buffer if self.h2c else RAM + self.area + WRITEBACKS_AT + i * 8
            self.descriptor(i, mine, size, source, 0 if self.h2c else buffer,
                            self.desc_address((i + 1) % count), adjacent(i) if adjacent else 0)
        self.put(FIRST, self.desc_address(0))
        self.put(FIRST + 4, self.desc_address(0) >> 32)
        self.put(ADJ, 0)
        self.put(POLL, RAM + self.area + POLL_AT)
        self.put(POLL + 4, (RAM + self.area + POLL_AT) >> 32)
        return self

    def credit_mode(self, on=True):
        self.common(CREDIT_MODE, on)

    def start(self, control=ALL, mask=ALL):
        self.next = 0
        self.put(MASK, mask)
        self.put(CONTROL, 0)
        self.put(CONTROL, control | RUN)

    def writeback(self, slot):
        status, size = struct.unpack_from("<II", self.k.memory.map, self.area + WRITEBACKS_AT + slot * 8)
        return status >> 16, status & 1, size

    def poll(self):
        return struct.unpack_from("<I", self.k.memory.map, self.area + POLL_AT)[0]

    def buffer(self, slot, size=None):
        at = self.data + slot * self.stride
        return self.k.memory.map[at:at + (self.size if size is None else size)]

    def put_buffer(self, slot, data):
        at = self.data + slot * self.stride
        self.k.memory.map[at:at + len(data)] = data

    def take(self, give=True):
        """Descriptors that are done, by their writebacks: (data, eop)."""
        got = []
        # not for ever, if it is as fast as this
        while len(got) < self.count:
            slot = self.next % self.count
            magic, eop, size = self.writeback(slot)
            if magic != 0x52b4:
                break
            got.append((self.buffer(slot, size), eop))
            at = self.area + WRITEBACKS_AT + slot * 8
            self.k.memory.map[at:at + 8] = bytes(8)
            self.next += 1
            if give:
                self.put(CREDITS, 1)
        return got

    def collect(self, size, seconds=20, give=True):
        """At least so many bytes of a ring with credits."""
        got, end = [], time.monotonic() + seconds
        while sum(len(d) for d, _ in got) < size:
            got += self.take(give)
            assert time.monotonic() < end, f"waited in vain: {got and len(got)}"
            self.k.pump(0.001)
        return got

    def stop(self):
        self.put(CLEAR, RUN)
        eventually(lambda: not self.get(STATUS) & BUSY)


def xdma(*args, ram=True, fd=True):
    return both("--model", "xdma", *args, ram=ram, fd=fd)


def sound(got):
    return b"".join(d for d, _ in got)


def check(data, first=0, channels=2, width=2):
    """The ramp from frame @first on, also where the last frame is cut."""
    samples = len(data) // width + 2
    same(data, ramp(first * channels, samples, width)[:len(data)], f"ramp from {first}")


def channel_int(k, vectors=None):
    """All channel interrupts, by vector 0 or by one each."""
    k.put(IRQ + 0xa0, vectors or 0, BAR)
    k.put(IRQ + 0x14, 0xff, BAR)


def packets_of(got):
    """Packets from descriptors."""
    packets, part = [], b""
    for data, eop in got:
        part += data
        if eop:
            packets.append(part)
            part = b""
    return packets, part


def losses(k, channel=0):
    """What the user BAR tells of them, and takes them away."""
    base, got = STREAM + channel * 0x100, []
    while k.get(base + U_STATE) & 0xffff:
        got.append((k.get64(base + U_INDEX), k.get64(base + U_COUNT)))
        k.put(base + U_POP, 1)
    return got


def check_losses(data, gaps, channels=2, width=2):
    """The ramp with these gaps and no others; the index behind its last whole frame."""
    at, index = 0, 0
    frame = channels * width
    for first, count in gaps:
        n = (first - index) * frame
        if at + n > len(data):
            break
        check(data[at:at + n], index, channels, width)
        at += n
        index = first + count
    check(data[at:], index, channels, width)
    return index + (len(data) - at) // frame
