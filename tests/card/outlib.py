# SPDX-License-Identifier: GPL-2.0-only
"""A host that plays by the output side of an ACQ-R1."""

import os
import struct
import tempfile
import time

import vfuclient as v
from r1lib import *  # noqa: F403

OUT = 0x200
HALT = 16
HOLD, GO, GO_BOTH, HELD = 32, 64, 128, 1 << 10
LAST = 1	# of an entry's flags
CAP_WAIT, CAP_OUTPUT, CAP_LINK = 4, 1 << 11, 1 << 12
# behind what a host that samples uses
OUT_TABLE, OUT_RECORDS, OUT_STATUS, OUT_BLOCKS = (0x2000000 + at for at in (0, 0x100000, 0x300000, 0x400000))


@contextlib.contextmanager
def player(*args, record=True, **kwargs):
    """A card with an output, a client, and the file in which it records."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "record")
        more = ["--out-record", path] if record else []
        with both("--output", *more, *args, **kwargs) as (c, k):
            c.path = path
            yield c, k


def out_stats(c):
    return dict(pair.split("=", 1) for pair in c.order("out stats").split())


def out_gaps(c):
    text = c.order("out gaps")
    return [tuple(int(n) for n in gap.split(":")) for gap in text.split(",")] if text else []


def digest(data):
    """64 bits of FNV-1a, as "out stats" has them of what was played."""
    value = 0xcbf29ce484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001b3 & 0xffffffffffffffff
    return value


class Play:
    """It plays a ramp: sample n of what it gives has the value n."""

    def __init__(self, client, blocks=16, block=4096, entries=16, frame=4, width=2, kind=MSIX, enable=True):
        self.c, self.blocks, self.block, self.entries = client, blocks, block, entries
        self.frame, self.width, self.kind = frame, width, kind
        self.sizes = []
        if enable:
            client.enable(kind)

    def put(self, reg, value):
        self.c.put(OUT + reg, value)

    def get(self, reg):
        return self.c.get(OUT + reg)

    def get64(self, reg):
        return self.c.get64(OUT + reg)

    def setup(self, **config):
        """All but START."""
        c = self.c
        self.put(COMMAND, RESET)
        same(self.get(STATE), IDLE)
        self.given = self.seen = self.update = 0
        self.sizes, self.records = [], []
        c.memory.map[OUT_STATUS:OUT_STATUS + 64] = bytes(64)
        c.memory.map[OUT_RECORDS:OUT_RECORDS + 32 * self.entries] = bytes(32 * self.entries)
        for reg, at in ((TABLE, OUT_TABLE), (RECORDS, OUT_RECORDS), (STATUS, OUT_STATUS)):
            c.put64(OUT + reg, RAM + at)
        self.put(TABLE_LOG2, self.entries.bit_length() - 1)
        for reg, value in config.items():
            self.put(globals()[reg.upper()], value)

    def start(self, give=None, **config):
        self.setup(**config)
        self.put(COMMAND, START)
        self.put(IRQ_MASK, ALL)
        self.give(self.blocks if give is None else give)

    def entry(self, number, size, address=None, flags=0):
        at = RAM + OUT_BLOCKS + number % self.blocks * self.block if address is None else address
        struct.pack_into("<QII", self.c.memory.map, OUT_TABLE + number % self.entries * 16, at, size, flags)

    def samples(self, number=None):
        """Those of a block that was given, or of all."""
        first = sum(self.sizes[:number or 0]) // self.width
        count = (sum(self.sizes) if number is None else self.sizes[number]) // self.width
        return v.ramp(first, count, self.width)

    def fill(self, size=None, flags=0):
        """Writes the next block and its entry, but does not give it."""
        size = size or self.block - self.block % self.frame
        number = len(self.sizes)
        self.sizes.append(size)
        at = OUT_BLOCKS + number % self.blocks * self.block
        self.c.memory.map[at:at + size] = self.samples(number)
        self.entry(number, size, flags=flags)

    def give(self, count=1, size=None):
        for _ in range(count):
            self.fill(size)
        self.given += count
        if count:
            self.put(GIVEN, self.given)

    def page(self):
        fields = struct.unpack_from("<5Q6I", self.c.memory.map, OUT_STATUS)
        names = "progress frames dropped timestamp trigger_index state irq read r1 r2 update".split()
        page = dict(zip(names, fields))
        page["blocks"], page["bytes"] = page["progress"] >> 32, page["progress"] & 0xffffffff
        return page

    def record(self, number):
        at = OUT_RECORDS + number % self.entries * 32
        fields = struct.unpack_from("<QQQII", self.c.memory.map, at)
        return v.Block(*fields, None)

    def take(self, refill=True):
        """The records of what has been played; gives as many blocks again."""
        page, got = self.page(), []
        while len(self.records) < page["blocks"]:
            number = len(self.records)
            record = self.record(number)
            same(record.flags, REC_DONE | (number & 0xffff) << 16, "flags of a record")
            same(record.size, self.sizes[number], "bytes of a record")
            got.append(record)
            self.records.append(record)
        self.update = page["update"]
        if refill:
            self.give(len(got))
        self.put(SEEN, self.update)
        return got

    def serve(self, count=None, refill=True, seconds=20):
        """By interrupts, until so many blocks have been played or the run is over."""
        end = time.monotonic() + seconds
        while count is None or len(self.records) < count:
            page = self.page()
            over = page["state"] & 0xf == DONE
            self.put(IRQ_MASK, 0)
            self.put(IRQ_STATUS, page["irq"] & ~DATA)
            assert page["state"] & 0xf != FAILED, f"the output has failed: {page['state']:#x}"
            more = self.take(refill)
            self.put(IRQ_MASK, ALL)
            if over and not more:
                break
            assert time.monotonic() < end, f"waited in vain: {self.page()}"
            if not more:
                irq = self.c.irqs(self.kind, 5)
                if self.kind == INTX and irq:
                    self.c.set_irqs(UNMASK_NONE, INTX, 0, 1)
                assert irq, f"no interrupt: {self.page()}"
        return self.records

    def wait(self, until, seconds=10):
        end = time.monotonic() + seconds
        while not until(self.page()):
            assert time.monotonic() < end, f"waited in vain: {self.page()}"
            self.c.irqs(self.kind, 0.02)
            self.c.pump(0)
        return self.page()

    def wait_state(self, state, seconds=10):
        end = time.monotonic() + seconds
        while self.get(STATE) & 0xf != state:
            assert time.monotonic() < end, f"waited in vain: state {self.get(STATE):#x}"
            self.c.pump(0.005)
        return self.get(STATE)

    def check(self, c, played=None):
        """All that was put out, as its own numbers, its list of gaps and its record have it."""
        stats, gaps = out_stats(c), out_gaps(c)
        frames, filler = int(stats["frames"]), int(stats["filler"])
        same(int(stats["played"]) + filler, frames, "frames = played + filler")
        if played is not None:
            same(int(stats["played"]), played, "frames that were played")
        same(sum(n for _, n in gaps), filler, "filler by the list of gaps")
        same(len(gaps), int(stats["underruns"]))
        # a record's block is where it says that it is
        at = 0
        for n, record in enumerate(self.records):
            same(record.index, at + record.lost, f"index of block {n}")
            at = record.index + record.size // self.frame
        told = [(r.index - r.lost, r.lost) for r in self.records if r.lost]
        same(told, gaps[:len(told)], "gaps by the records")
        # the file is the ramp, with the last frame again in each gap
        want, done, played = bytearray(), 0, self.samples()
        for index, count in gaps:
            n = index * self.frame - len(want)
            want += played[done:done + n]
            done += n
            want += (bytes(want[-self.frame:]) or bytes(self.frame)) * count
        want += played[done:done + frames * self.frame - len(want)]
        c.order("out record off")
        with open(c.path, "rb") as f:
            same(f.read(), bytes(want), "what was put out")
        return gaps
