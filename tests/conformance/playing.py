# SPDX-License-Identifier: GPL-2.0-only
"""A run of an output by DMA, and a judge of each access to its memory. What it puts out nobody sees."""

import struct
import time

import vfuclient as v
from host import CALM, MEMORY_BYTES, OUT, RECORDS_AT, STATUS_AT, WIDTHS, name_irq, name_state
from ring import BLOCKS_AT, Block
from vfuclient import (COMMAND, DATA, DONE, DROPPED, FAILED, FINISHED, FRAMES, GIVEN, IRQ_MASK, IRQ_STATUS, OVERFLOW,
                       REC_DONE, RESET, SEEN, START, STATE, STOP)

HALT, LAST = 16, 1


class Player:
    """A run of the output, as the host sees it."""

    def __init__(self, host, block=256, entries=4):
        self.h, self.j, self.p = host, host.judge, host.p.out
        self.entries, self.block_bytes = min(entries, 1 << self.p.table_log2), min(block, 1 << self.p.block_max)
        self.table, self.records = host.base, host.base + RECORDS_AT
        self.status = host.base + STATUS_AT
        self.given_up = False

    def clear(self):
        self.over = None	# the clause that an access breaks now, and why
        self.blocks = []	# all that were given
        self.opened = 0		# of them, those whose entry was read
        self.partly = 0		# bytes of the next entry
        self.fetched = 0	# those that were read
        self.closed = 0		# those that have a record with DONE
        self.cut = None		# the record of one without
        self.halted = self.breaks = False
        self.page = None	# the newest one
        self.page_at = 0
        self.seen = 0
        self.end = 0		# index behind the last record's block
        self.lost = 0
        self.quiet = True	# nothing is pending: a message has to wait for a page

    def seconds(self, size):
        """How long so many bytes are played."""
        return size / self.frame * self.get(v.DIVIDER) / self.p.clock

    # registers

    def get(self, reg):
        return self.h.get(OUT + reg)

    def get64(self, reg):
        return self.h.get64(OUT + reg)

    def put(self, reg, value):
        self.h.put(OUT + reg, value)

    def state(self):
        return self.get(STATE)

    def until_state(self, state, seconds=3.0):
        """Whether it gets there; what it is, in words."""
        self.h.until(lambda: self.state() & 0xf == state, seconds)
        word = self.state()
        return word & 0xf == state, name_state(word)

    def until_page(self, condition, seconds=3.0):
        """Whether a page comes that is so; pages are answered meanwhile."""
        return self.h.until(lambda: self.answer() and bool(condition(self.page)), seconds)

    def answer(self):
        """What a host does at a page. Whether there is one."""
        page = self.page
        if page and page["update"] != self.seen:
            self.seen = page["update"]
            self.put(IRQ_STATUS, page["irq"] & ~DATA)
            self.put(SEEN, self.seen)
            self.h.unmask()
        return page is not None

    # what the host does

    def setup(self, rate=CALM):
        """RESET, and all but START."""
        h = self.h
        self.given_up = True
        self.put(COMMAND, RESET)
        self.j.need("play.start", h.until(lambda: not self.state() & 0xf, 2), lambda: "RESET of the output: STATE reads "
                    f"{name_state(self.state())}")
        self.given_up = False
        self.frame = bin(self.get(v.CHANNEL_MASK)).count("1") * WIDTHS[self.get(v.FORMAT)]
        self.put(v.TRANSFER, 1)
        self.put(v.DIVIDER, min(max(round(self.p.clock * self.frame / rate), self.p.div_min), self.p.div_max))
        self.size = self.block_bytes - self.block_bytes % self.frame or self.frame
        for at, size in ((0, 16), (RECORDS_AT, 32)):
            h.bytes[at:at + size * self.entries] = bytes(size * self.entries)
        h.bytes[STATUS_AT:STATUS_AT + 64] = bytes(64)
        for reg, address in ((v.TABLE, self.table), (v.RECORDS, self.records), (v.STATUS, self.status)):
            h.put64(OUT + reg, address)
        self.put(v.TABLE_LOG2, self.entries.bit_length() - 1)

    def start(self, give=None, rate=CALM):
        self.setup(rate)
        self.clear()
        self.h.ring = self
        self.h.take_messages()
        self.put(COMMAND, START)
        self.put(IRQ_MASK, v.ALL)
        self.give(self.entries if give is None else give)

    def fill(self, size=None, address=None, flags=0):
        """Write the next entry, and do not give it."""
        size = self.size if size is None else size
        stride = (self.block_bytes + 127) // 64 * 64
        count = min(2 * self.entries, (MEMORY_BYTES - BLOCKS_AT) // stride)
        number = len(self.blocks)
        at = self.h.base + BLOCKS_AT + number % count * stride if address is None else address
        struct.pack_into("<QII", self.h.bytes, number % self.entries * 16, at, size, flags)
        record = RECORDS_AT + number % self.entries * 32
        self.h.bytes[record:record + 32] = bytes(32)
        self.blocks.append(Block(number, at, size))

    def give(self, count=1, **entry):
        for _ in range(count):
            self.fill(**entry)
        if count:
            self.put(GIVEN, len(self.blocks))

    def play(self, count, seconds=5.0):
        """Give blocks in time until so many have been played."""
        def enough():
            if self.answer():
                self.give(self.entries - (len(self.blocks) - self.closed))
            return self.closed >= count
        self.j.need("play.record", self.h.until(enough, seconds), lambda: f"{self.closed} of {count} blocks have been "
                    f"played in {seconds:g} s; STATE reads {name_state(self.state())}, GIVEN {len(self.blocks)}")

    def stop(self):
        self.put(COMMAND, STOP)
        self.finish("play.stop", "STOP", strict=self.closed < len(self.blocks))

    def finish(self, clause, what, blocks=None, strict=True):
        """All that is left is played, and DONE is right behind it: unless filler was there before."""
        j = self.j
        blocks = self.blocks if blocks is None else self.blocks[:blocks]
        seconds = 2 + self.seconds(sum(b.size for b in self.blocks))
        done = self.until_page(lambda p: p["state"] & 0xf in (DONE, FAILED), seconds)
        j.need(clause, done and self.page["state"] & 0xf == DONE, lambda: f"no page with DONE behind {what}: STATE reads "
               f"{name_state(self.state())}, {self.closed} of {len(blocks)} blocks have been played")
        came, state = self.until_state(DONE)
        j.check("play.page", came, f"a page says DONE, STATE reads {state}")
        self.over = ("play.order", "though STATE had read DONE")
        j.check(clause, self.closed == len(blocks), f"{what}: DONE, and {self.closed} of {len(blocks)} blocks have been "
                "played")
        frames, dropped = self.get64(FRAMES), self.get64(DROPPED)
        j.check(clause, frames == self.end or not strict, f"{what}: DONE at frame {frames}, and the last block ends at {self.end}")
        j.check("play.sum", (frames, dropped) == (self.page["frames"], self.page["dropped"]), f"FRAMES {frames}, "
                f"DROPPED {dropped}; by the last page {self.page['frames']}, {self.page['dropped']}")
        j.check("play.index", dropped == self.lost or not strict, f"DROPPED {dropped}, and records tell of {self.lost}")

    # what the card does

    def on_read(self, address, count):
        j = self.j
        where = f"a read of {count} bytes at {address:#x}"
        if self.over:
            j.fail(self.over[0], f"{where}, {self.over[1]}")
            return
        at = address - self.table
        if 0 <= at and at + count <= 16 * self.entries:
            self.on_entry(at, count, where)
            return
        for block in self.blocks[self.fetched:self.opened]:
            first = address - block.at
            # whole beats
            if 0 <= first and first + count <= (block.size + 7) // 8 * 8:
                block.cover(first, min(first + count, block.size))
                break
        else:
            j.fail("play.order", f"{where}: no block whose entry was read, and that was not; {self.fetched} were")
            return
        while self.fetched < self.opened and self.blocks[self.fetched].filled() == self.blocks[self.fetched].size:
            self.fetched += 1
        j.good_so_far("play.order")

    def on_entry(self, at, count, where):
        want = self.opened % self.entries * 16 + self.partly
        self.j.check("play.order", at == want and at % 16 + count <= 16, f"{where}: bytes {at} to {at + count - 1} of the "
                     f"table, where entry {self.opened} is the next")
        if not self.j.check("play.order", self.opened < len(self.blocks), f"{where}: entry {self.opened}, but GIVEN is "
                            f"{len(self.blocks)}"):
            return
        self.partly = (self.partly + count) % 16
        if not self.partly:
            self.opened += 1

    def on_write(self, address, data):
        where = f"a write of {len(data)} bytes at {address:#x}"
        if self.over and not self.given_up:
            self.j.fail(self.over[0], f"{where}, {self.over[1]}")
        elif self.records <= address and address + len(data) <= self.records + 32 * self.entries:
            self.on_record(address - self.records, data)
        elif self.status <= address and address + len(data) <= self.status + 64:
            self.on_page(address - self.status, data)
        else:
            self.j.fail("play.order", f"{where}: neither a record nor the page")

    def on_record(self, at, data):
        """A piece of a record; its last word makes it one."""
        slot, end = at // 32, at % 32 + len(data)
        if end < 32 or self.given_up:
            return
        j, number = self.j, self.closed
        whole = bytes(self.h.bytes[RECORDS_AT + slot * 32:RECORDS_AT + slot * 32 + 32])
        index, lost, stamp, size, flags = struct.unpack("<QQQII", whole[:32 - len(data)] + data)
        said = f"a record in slot {slot}, flags {flags:#x}, {size} bytes"
        if not j.check("play.record", end == 32 and number < self.fetched and slot == number % self.entries and
                       flags & ~REC_DONE == (number & 0xffff) << 16, f"{said}; block {number} is the next, {self.fetched} "
                       "were read"):
            return
        block = self.blocks[number]
        if not flags & REC_DONE:
            j.check("play.halt" if self.halted else "play.fails", self.halted and size and size % self.frame == 0 and
                    size <= block.size, f"{said}: not DONE, block {number} has {block.size}")
            self.cut = index, lost, size
        else:
            j.check("play.record", size == block.size, f"{said}: block {number} has {block.size}")
        j.check("play.record", self.p.ts_hz or not stamp, f"{said}: timestamp {stamp}, and TS_HZ is 0")
        j.check("play.start" if not number else "play.index", index == self.end + lost and (number or not lost),
                f"block {number}: index {index}, lost {lost}; the block before it ends at {self.end}")
        if flags & REC_DONE:
            self.end, self.lost, self.closed = index + size // self.frame, self.lost + lost, number + 1

    def on_page(self, at, data):
        if at < self.page_at and at:
            self.j.fail("play.page", f"bytes {at} to {at + len(data) - 1} of the page come behind those up to "
                        f"{self.page_at}")
        if self.quiet:
            self.h.note_messages()
            self.j.check("play.page", not self.h.messages, "a message before the first page")
            self.quiet = False
        self.page_at = at + len(data)
        if self.page_at < 64:
            return
        self.page_at = 0
        if self.given_up:
            return
        page = bytes(self.h.bytes[STATUS_AT:STATUS_AT + 64])[:at] + data
        names = "progress frames dropped timestamp trigger_index state irq read r1 r2 update".split()
        self.on_update(dict(zip(names, struct.unpack("<5Q6I", page))))

    def on_update(self, page):
        j, before = self.j, self.page
        self.page = page
        played, part = page["progress"] >> 32, page["progress"] & 0xffffffff
        state, irq = page["state"] & 0xf, page["irq"]
        what = f"update {page['update']}"
        j.check("play.page", page["update"] == (before["update"] if before else 0) + 1, f"{what} behind "
                f"{before['update'] if before else 0}")
        j.check("play.record", played <= self.closed, f"{what} counts {played} blocks, and records there are of "
                f"{self.closed}")
        j.check("play.page", played >= (before["progress"] >> 32 if before else 0), f"{what} counts {played} blocks, fewer "
                "than the one before")
        j.check("play.page", played <= page["read"] <= self.fetched, f"{what} counts {played} blocks played, "
                f"{page['read']} read; {self.fetched} were read")
        size = self.blocks[played].size if played < len(self.blocks) else 0
        if j.check("play.page", part <= size and part % self.frame == 0, f"{what} tells of {part} bytes of block {played}, "
                   f"which has {size}"):
            told = (sum(b.size for b in self.blocks[:played]) + part) // self.frame
            j.check("play.sum", page["frames"] == page["dropped"] + told, f"{what}: frames {page['frames']}, dropped "
                    f"{page['dropped']}, and {told} were played")
        said = f"{what}: state {name_state(page['state'])}, irq {name_irq(irq)}"
        right = v.ARMED <= state <= v.RUNNING or (state == DONE and irq & FINISHED) or (
            state == FAILED and irq & v.ERROR_IRQ)
        j.check("play.page", right and not page["r1"] and not page["r2"], said)
        j.check("play.filler", state == v.RUNNING or not page["state"] & v.LOSING, said)
        if not self.p.has("WAIT"):
            j.check("play.filler", not page["state"] & v.LOSING or irq & OVERFLOW or before and before["state"] & v.LOSING,
                    f"{said}: filler begins without OVERFLOW")

    def wait(self, seconds):
        """Let it do what it does."""
        end = time.monotonic() + self.h.seconds(seconds)
        self.h.until(lambda: time.monotonic() > end, seconds + 1)
