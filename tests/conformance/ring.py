# SPDX-License-Identifier: GPL-2.0-only
"""Table, records, status page and blocks of a run with DMA, and a judge of each access to them."""

import struct
import time

import vfuclient as v
from host import MEMORY_BYTES, RECORDS_AT, STATUS_AT, name_irq, name_state
from samples import expected, ramp_index
from vfuclient import (COMMAND, DATA, DONE, FAILED, FINISHED, GIVEN, IRQ_MASK, IRQ_STATUS, RAMP, REC_DONE,
                       REC_LAST, REC_TRIGGER, SEEN, START)

BLOCKS_AT = 0x40000
TELLS = 44	# bytes of the page that mean something, but update
FIELDS = {0, 8, 16, 24, 32, 40, 44, 48, 52, 56, 60, 64}


class Block:
    """A block that was given, and what became of it."""

    def __init__(self, number, at, size):
        self.number, self.at, self.size = number, at, size
        self.pieces = []	# what was written, merged
        self.told = 0		# bytes that a page has told of
        self.record = None	# the newest one: index, lost, stamp, bytes, flags
        self.counted = None	# the update that counted it as complete
        self.gap = False	# it ends before its end, as a gap is behind it

    def cover(self, first, last):
        pieces = sorted(self.pieces + [(first, last)])
        merged = [pieces[0]]
        for a, b in pieces[1:]:
            if a <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(b, merged[-1][1]))
            else:
                merged.append((a, b))
        self.pieces = merged

    def filled(self):
        """Bytes from its begin that are there."""
        return self.pieces[0][1] if self.pieces and self.pieces[0][0] == 0 else 0


class Ring:
    """A run with DMA, as the host sees it."""

    def __init__(self, host, block=256, entries=4):
        self.h, self.j = host, host.judge
        self.entries, self.block_bytes = entries, block
        self.table, self.records = host.base, host.base + RECORDS_AT
        self.status = host.base + STATUS_AT
        self.over = None	# the clause that an access breaks now, and why
        self.clear()

    def clear(self):
        self.blocks = []	# all that were given
        self.given_up = False	# by RESET
        self.closed = 0		# of them, those whose record is complete
        self.counted = 0	# those that the page counts
        self.read = 0		# entries that were read
        self.partly = 0		# bytes of the entry that is being read
        self.page = None	# the newest one
        self.page_at = 0	# where the next piece of it is, or behind
        self.page_has = 0
        self.seen = 0
        self.causes = 0		# bits that pages have told of
        self.causeless = False	# frames were lost, and no page has had OVERFLOW yet
        self.quiet = False	# nothing is pending: a message has to wait for a page
        self.next_index = 0
        self.lost = 0
        self.stamp = 0
        self.triggered = False
        self.last = False	# a record with LAST was there
        self.taken = 0
        self.data = 0		# bytes in complete blocks
        self.pages = []

    # what the host does

    def start(self, rate=None, command=START, give=None, mask=v.ALL, **config):
        """RESET, set up, START."""
        h = self.h
        h.setup(1, h.fill_rate() if rate is None else rate, **config)
        self.size = self.block_bytes - self.block_bytes % h.dma_unit(h.frame) or h.dma_unit(h.frame)
        self.point()
        self.begin(command, give, mask)

    def point(self):
        h = self.h
        for at, size in ((0, 16), (RECORDS_AT, 32)):
            h.bytes[at:at + size * self.entries] = bytes(size * self.entries)
        h.set(table=self.table, records=self.records, status=self.status)
        h.put(v.TABLE_LOG2, self.entries.bit_length() - 1)

    def begin(self, command=START, give=None, mask=v.ALL):
        """START, with all set up."""
        self.clear()
        self.over = None
        self.h.ring = self
        self.h.bytes[STATUS_AT:STATUS_AT + 64] = bytes(64)
        self.h.take_messages()
        self.h.put(COMMAND, command)
        self.h.put(IRQ_MASK, mask)
        self.give(self.entries if give is None else give)

    def entry(self, address, size, flags=0):
        """Write the entry of the next block."""
        at = len(self.blocks) % self.entries * 16
        struct.pack_into("<QII", self.h.bytes, at, address, size, flags)

    def space(self):
        """Where the next block is: each with a gap behind it."""
        stride = (self.size + 127) // 64 * 64
        count = min(2 * self.entries, (MEMORY_BYTES - BLOCKS_AT) // stride)
        return self.h.base + BLOCKS_AT + len(self.blocks) % count * stride

    def give(self, count=1, size=None, address=None, flags=0):
        for _ in range(count):
            at = self.space() if address is None else address
            size_now = self.size if size is None else size
            self.entry(at, size_now, flags)
            number = len(self.blocks)
            record = number % self.entries * 32 + RECORDS_AT
            self.h.bytes[record:record + 32] = bytes(32)
            self.blocks.append(Block(number, at, size_now))
        if count:
            self.h.put(GIVEN, len(self.blocks))

    def service(self, give=True):
        """What a driver does at an interrupt. The state that the page tells."""
        h, page = self.h, self.page
        h.put(IRQ_MASK, 0)
        if page and page["update"] != self.seen:
            h.put(IRQ_STATUS, page["irq"] & ~DATA)
            self.seen = page["update"]
            if give:
                self.refill()
            h.put(SEEN, self.seen)
        h.put(IRQ_MASK, v.ALL)
        h.unmask()
        return page["state"] & 0xf if page else 0

    def refill(self):
        free = self.entries - (len(self.blocks) - self.counted)
        self.give(max(0, free))

    def run(self, until, seconds=5.0, give=True):
        """Serve interrupts until something is true, or the run is over: whether it is."""
        h = self.h
        end = time.monotonic() + h.seconds(seconds)
        while True:
            over = self.service(give) in (DONE, FAILED)
            if until() or over:
                return bool(until())
            if time.monotonic() > end:
                return False
            h.wait_message(0.02)

    def blocks_until(self, count, seconds=5.0):
        """Serve until so many blocks are complete."""
        done = self.run(lambda: self.counted >= count, seconds)
        self.j.need("page.when", done, lambda: f"{self.counted} of {count} blocks are complete after "
                    f"{seconds:g} s; STATE reads {name_state(self.h.state())}, GIVEN {len(self.blocks)}")

    def stop(self, give=True, seconds=2.0):
        """STOP, and the end of the run."""
        self.h.put(COMMAND, v.STOP)
        self.finish(give, seconds)

    def finish(self, give=True, seconds=2.0):
        """Serve until the page says DONE, and judge the end."""
        h = self.h
        done = self.run(lambda: self.page and self.page["state"] & 0xf == DONE, seconds, give)
        self.j.need("state.stop", done, lambda: f"no page with DONE {seconds:g} s later: STATE reads "
                    f"{name_state(h.state())}, {self.counted} blocks complete of {len(self.blocks)}")
        state = h.until(lambda: h.state() & 0xf == DONE, 1)
        self.j.check("state.stop", state, lambda: f"the page says DONE, STATE reads {name_state(h.state())}")
        self.over = ("dma.quiet", "though STATE had read DONE")
        self.judge_end()

    def judge_end(self):
        """Sums of a run that is DONE, and what was owed."""
        j, h = self.j, self.h
        self.owed()
        frames, dropped = h.totals()
        delivered = self.data // h.frame
        j.check("counter.sum", frames == delivered + dropped,
                f"DONE: FRAMES {frames} is not the {delivered} delivered + DROPPED {dropped}")
        if self.blocks and not h.p.has("WAIT"):
            behind = frames - self.next_index + self.first()
            j.check("counter.lost", dropped == self.lost + behind or frames != delivered + dropped,
                    f"DROPPED {dropped}; records tell of {self.lost} lost, {behind} are behind the last block")
        page = self.page
        j.check("page.counters", (page["frames"], page["dropped"]) == (frames, dropped),
                f"the last page: frames {page['frames']}, dropped {page['dropped']}; "
                f"the registers: {frames}, {dropped}")
        j.check("page.progress", page["progress"] & 0xffffffff == 0,
                f"DONE, and the page tells of {page['progress'] & 0xffffffff} bytes in an open block")

    def first(self):
        """Index of the run's first frame: of the first block's, less what was lost before."""
        record = self.blocks[0].record if self.blocks else None
        return record[0] - record[1] if record else 0

    def owed(self):
        """Blocks that were counted and whose record never had DONE."""
        for block in self.blocks[:self.counted]:
            record = block.record
            if record is None:
                self.j.fail("record.page", f"block {block.number} is complete by update {block.counted}, "
                            "and there is no record of it")
            elif not record[4] & REC_DONE:
                self.j.fail("record.done", f"block {block.number} is complete by update {block.counted}; "
                            f"the flags of its record are {record[4]:#x}")
            else:
                self.j.good_so_far("record.done")

    # what the card does

    def on_read(self, address, count):
        where = f"a read of {count} bytes at {address:#x}"
        if self.over:
            self.j.fail(self.over[0], f"{where}, {self.over[1]}")
        at = address - self.table
        if at < 0 or at + count > 16 * self.entries:
            self.j.fail("dma.bounds", f"{where}: not of the block table")
            return
        want = self.read % self.entries * 16 + self.partly
        if at != want or at % 16 + count > 16:
            self.j.fail("dma.entry", f"{where}: bytes {at} to {at + count - 1} of the table, where entry "
                        f"{self.read} is the next")
        elif self.read >= len(self.blocks):
            self.j.fail("dma.entry", f"{where}: entry {self.read}, but GIVEN is {len(self.blocks)}")
        else:
            self.j.good_so_far("dma.entry")
        self.partly = (self.partly + count) % 16
        if not self.partly:
            self.read += 1

    def on_write(self, address, data):
        where = f"a write of {len(data)} bytes at {address:#x}"
        if self.over:
            self.j.fail(self.over[0], f"{where}, {self.over[1]}")
            return
        if self.records <= address < self.records + 32 * self.entries and \
                address + len(data) <= self.records + 32 * self.entries:
            self.on_record(address - self.records, data)
        elif self.status <= address and address + len(data) <= self.status + 64:
            self.on_page(address - self.status, data)
        else:
            self.on_data(address, data, where)

    def on_data(self, address, data, where):
        j = self.j
        for block in reversed(self.blocks[-2 * self.entries:]):
            if block.at <= address < block.at + block.size:
                break
        else:
            j.fail("dma.bounds", f"{where}: that is no block" + (
                f"; the open one is at {self.blocks[self.closed].at:#x}" if self.closed < len(self.blocks) else ""))
            return
        room = block.at + block.size - address
        if len(data) > room:
            j.fail("dma.bounds", f"{where}: block {block.number} ends at {block.at + block.size:#x}")
            data = data[:room]
        j.good_so_far("dma.bounds")
        first = address - block.at
        if block.number < self.closed:
            if block.record and block.record[4] & REC_DONE:
                j.fail("record.first" if first + len(data) <= block.record[3] and not self.has(block, first, data)
                       else "dma.told", f"{where}: block {block.number}, whose record was there with DONE")
            return
        if block.number > self.closed:
            j.fail("dma.order", f"{where}: block {block.number}, and block {self.closed} is not complete")
            return
        if first < block.told:
            now = self.h.bytes[address - self.h.base:address - self.h.base + min(len(data), block.told - first)]
            j.check("dma.told", data[:len(now)] == bytes(now),
                    f"{where}: it changes bytes from {first} on of block {block.number}, and "
                    f"{block.told} had been told of")
        block.cover(first, first + len(data))
        j.good_so_far("dma.order")

    def has(self, block, first, data):
        """Were these bytes written before?"""
        return any(a <= first and first + len(data) <= b for a, b in block.pieces)

    def on_record(self, at, data):
        """A piece of a record; its last word makes it one."""
        slot = at // 32
        end = at % 32 + len(data)
        if end > 32:
            self.j.fail("dma.bounds", f"a write over two records, {len(data)} bytes at {at} of them")
            return
        if end < 32 or self.given_up:
            return
        whole = bytes(self.h.bytes[RECORDS_AT + slot * 32:RECORDS_AT + slot * 32 + 32])
        whole = whole[:32 - len(data)] + data
        record = struct.unpack("<QQQII", whole)
        flags, late = record[4], None
        # of a block that the page has counted already?
        number = self.closed
        for block in self.blocks[max(0, self.counted - self.entries):self.counted]:
            if block.number % self.entries == slot and flags >> 16 == block.number & 0xffff and \
                    not (block.record and block.record[4] & REC_DONE):
                late = block
        if late is not None:
            self.j.fail("record.page", f"the record of block {late.number} comes behind update {late.counted}, "
                        "which counts the block as complete")
            late.record = record
            return
        if number >= len(self.blocks):
            self.j.fail("dma.bounds", f"a record in slot {slot}; no block is open")
            return
        block = self.blocks[number]
        if slot != number % self.entries or flags >> 16 != number & 0xffff:
            self.j.fail("record.number", f"block {number} is open; a record in slot {slot} has the number "
                        f"{flags >> 16}")
            if slot != number % self.entries:
                return
        else:
            self.j.good_so_far("record.number")
        self.judge_record(block, record)
        block.record = record
        if flags & REC_DONE:
            self.close(block)

    def judge_record(self, block, record):
        j, h = self.j, self.h
        index, lost, stamp, size, flags = record
        what = f"the record of block {block.number}"
        j.check("record.first", block.filled() >= min(size, block.size),
                f"{what} tells of {size} bytes, and {block.filled()} have been written")
        j.check("record.bytes", 0 < size <= block.size and not size % h.frame,
                f"{what}: bytes {size}, frames of {h.frame}, the entry {block.size}")
        j.check("record.flags", not flags & 0xfff8 and not (flags & REC_TRIGGER and not self.triggering()),
                f"{what}: flags {flags:#x}")
        if not flags & REC_DONE:
            j.check("record.whole" if h.p.has("WHOLE_BLOCKS") else "record.open", not h.p.has("WHOLE_BLOCKS"),
                    f"{what} has no DONE")
        if h.p.ts_hz:
            j.check("record.stamp", not stamp or stamp >= self.stamp, f"{what}: timestamp {stamp} behind {self.stamp}")
        else:
            j.check("record.stamp", not stamp, f"{what}: timestamp {stamp}, and TS_HZ is 0")
        self.stamp = stamp or self.stamp
        if block.number and lost == 0 and index == self.next_index:
            return
        if not block.number:
            self.next_index = index - lost
            if not self.triggering():
                j.check("record.index", index == lost, f"{what}: index {index}, lost {lost}")

    def triggering(self):
        return self.triggered or bool(self.page and self.page["state"] & v.TRIGGERED)

    def close(self, block):
        """Block and record are complete: what is in it?"""
        j, h = self.j, self.h
        index, lost, _, size, flags = block.record
        what = f"block {block.number}"
        j.good_so_far("record.done")
        if self.last:
            j.fail("record.flags", f"{what} comes behind one with LAST")
        self.last = bool(flags & REC_LAST)
        block.short = size < block.size
        if self.closed and self.blocks[self.closed - 1].short:
            # it was cut for a gap, then, or in DRAINING, where nothing follows
            j.check("record.bytes", lost, f"block {self.closed - 1} has {self.blocks[self.closed - 1].record[3]} of "
                    f"{self.blocks[self.closed - 1].size} bytes, and nothing is lost behind it")
        at = block.at - h.base
        if block.filled() >= size:
            self.judge_index(block, bytes(h.bytes[at:at + size]))
        self.next_index = index + size // h.frame
        self.lost += lost
        self.data += size
        self.closed += 1

    def judge_index(self, block, data):
        """Index, lost and the pattern: which one is wrong if they do not agree?"""
        j, h = self.j, self.h
        index, lost, _, size, _ = block.record
        frames = size // h.frame
        what = f"block {block.number}"
        told = self.next_index + lost
        want = expected(h.pattern, index, frames, h.channels, h.sample)
        clause = "pattern.prbs" if h.pattern == v.PRBS else "pattern.ramp"
        if h.pattern == RAMP and index != told and frames:
            shown = ramp_index(data, h.channels, h.sample, told)
            if shown == told:
                j.fail("record.index", f"{what}: index {index}; behind {self.next_index} with {lost} lost, "
                       f"and by its samples, it is {told}")
            elif shown == index:
                j.fail("record.lost", f"{what}: lost {lost}, but it begins at {index}, as its samples show, and "
                       f"the block before ends at {self.next_index}")
            else:
                j.fail("record.lost", f"{what}: index {index}, lost {lost} behind {self.next_index}; its samples "
                       f"begin at about {shown}")
            return
        if index != told:
            j.fail("record.lost", f"{what}: lost {lost} behind {self.next_index}, but index {index}")
            return
        j.good_so_far("record.index")
        j.good_so_far("record.lost")
        if want is None:
            return
        if data == want:
            j.good_so_far(clause)
            return
        wrong = next(i for i, (a, b) in enumerate(zip(data, want)) if a != b) // h.sample
        got = [int.from_bytes(d[wrong * h.sample:(wrong + 1) * h.sample], "little") for d in (data, want)]
        # a jump in the midst of a block of a card that loses is a gap there
        inside = wrong and h.pattern == RAMP and not h.p.has("WAIT") and self.jumped(data, wrong)
        j.fail("loss.one" if inside else clause, f"{what}, from index {index} on: sample {wrong} is {got[0]:#x} "
               "instead "
               f"of {got[1]:#x}" + (": a gap inside a block" if inside else ""))

    def jumped(self, data, wrong):
        """Does the ramp go on behind a jump, and were frames lost?"""
        h = self.h
        dropped = self.page and self.page["dropped"] or h.get64(v.DROPPED) if self.page else 0
        rest = data[wrong * h.sample:]
        first = int.from_bytes(rest[:h.sample], "little")
        return bool(dropped) and rest == v.ramp(first, len(rest) // h.sample, h.sample)

    # the status page

    def on_page(self, at, data):
        end = at + len(data)
        if at not in FIELDS or end not in FIELDS or (at < 40 and end < 40 and (at % 8 or end % 8)):
            self.j.fail("page.fields", f"a write of bytes {at} to {end - 1} of the page: a part of a field")
        else:
            self.j.good_so_far("page.fields")
        if at == 0:
            # one that was begun may have been given up
            self.page_at = self.page_has = 0
        if at < self.page_at:
            self.j.fail("page.ascending", f"bytes {at} to {end - 1} of the page come behind those up to {self.page_at}")
        if self.quiet:
            self.judge_early()
        self.page_at = end
        self.page_has += len(data)
        if end < 64:
            return
        page = bytes(self.h.bytes[STATUS_AT:STATUS_AT + 64])
        page = page[:at] + data
        self.j.check("page.ascending", self.page_has >= TELLS + 4, f"`update` comes with {self.page_has} bytes of the "
                     "page since the one before: not the rest before it")
        self.page_at = self.page_has = 0
        if self.given_up:
            return
        self.quiet = False
        names = "progress frames dropped timestamp trigger_index state irq r0 r1 r2 update".split()
        self.on_update(dict(zip(names, struct.unpack("<5Q6I", page))))

    def judge_early(self):
        """A page comes: there may have been no message since all was quiet."""
        self.h.note_messages()
        self.j.check("irq.order", not self.h.messages,
                     f"a message before the page of update {(self.page or {'update': 0})['update'] + 1}, where nothing "
                     "was pending")

    def on_update(self, page):
        j, h, before = self.j, self.h, self.page
        update, complete = page["update"], page["progress"] >> 32
        part = page["progress"] & 0xffffffff
        what = f"update {update}"
        j.check("page.update", update == (before["update"] + 1 if before else 1),
                f"update {update} behind {before['update'] if before else 0}")
        j.check("page.reserved", not page["r0"] and not page["r1"] and not page["r2"],
                f"{what}: reserved is {page['r0']:#x}, {page['r1']:#x}, {page['r2']:#x}")
        right = self.counted <= complete <= len(self.blocks)
        j.check("page.progress", right, f"{what} counts {complete} blocks, {self.counted} before, "
                f"{len(self.blocks)} were given")
        self.page = page
        self.pages.append((page, time.monotonic()))
        if right:
            self.count(complete, update)
        self.judge_part(part, what)
        self.judge_totals(page, before, part, what)
        self.judge_causes(page, before, what)

    def count(self, complete, update):
        """Blocks up to this one are complete, says the page."""
        for block in self.blocks[self.counted:complete]:
            block.counted = update
            block.told = block.size
            self.j.good_so_far("dma.told")
            if block.number >= self.closed:
                # its record may yet come, too late; or it lacks DONE
                self.closed = block.number + 1
                block.short = False
                if block.record:
                    index, lost, _, size, _ = block.record
                    self.next_index, self.lost = index + size // self.h.frame, self.lost + lost
                    self.data += size
                else:
                    self.data += block.filled()
                    self.next_index += block.filled() // self.h.frame
            else:
                self.j.good_so_far("record.page")
        self.counted = complete

    def judge_part(self, part, what):
        j, h = self.j, self.h
        if h.p.has("WHOLE_BLOCKS"):
            j.check("record.whole", not part, f"{what} tells of {part} bytes in the open block")
            return
        if not part:
            return
        block = self.blocks[self.counted] if self.counted < len(self.blocks) else None
        if not j.check("page.progress", block and part <= block.size and not part % h.frame,
                       f"{what} tells of {part} bytes in the open block, of {block.size if block else 0}"):
            return
        j.check("record.open", block.record is not None and block.number >= self.closed,
                f"{what} tells of {part} bytes of block {block.number}, and there is no record of it")
        j.check("record.first", block.filled() >= part, f"{what} tells of {part} bytes of block {block.number}, "
                f"{block.filled()} have been written")
        j.check("page.progress", part >= block.told, f"{what}: {part} bytes in the open block, {block.told} before")
        block.told = part

    def judge_totals(self, page, before, part, what):
        j, h = self.j, self.h
        frames, dropped = page["frames"], page["dropped"]
        delivered = (self.data + part) // h.frame
        most = delivered + (h.p.fifo_bytes + h.p.pretrig_bytes + self.block_bytes) // h.frame
        j.check("page.counters", delivered <= frames - dropped <= most,
                f"{what}: frames {frames}, dropped {dropped}; {delivered} were delivered, the FIFO has "
                f"{h.p.fifo_bytes} bytes")
        j.check("counter.grow", not before or (frames >= before["frames"] and dropped >= before["dropped"]),
                lambda: f"{what}: frames {frames}, dropped {dropped}; before {before['frames']}, {before['dropped']}")
        if not h.p.ts_hz:
            j.check("page.stamp", not page["timestamp"], f"{what}: timestamp {page['timestamp']}, and TS_HZ is 0")
        else:
            j.check("page.stamp", page["timestamp"] and (not before or page["timestamp"] >= before["timestamp"]),
                    lambda: f"{what}: timestamp {page['timestamp']}, before {before['timestamp'] if before else 0}")

    def judge_causes(self, page, before, what):
        j = self.j
        state, irq = page["state"] & 0xf, page["irq"]
        said = f"{what}: state {name_state(page['state'])}, irq {name_irq(irq)}"
        j.check("page.causes", not irq & ~v.ALL and 1 <= state <= 5, said)
        for ends, bit in ((DONE, FINISHED), (FAILED, v.ERROR_IRQ)):
            if state == ends:
                j.check("page.causes", irq & bit, said)
        # what comes up while a page is written is counted by it, and may be the next one's cause
        late = self.causeless
        self.causeless = (late or page["dropped"] and not (before and before["dropped"])) and not irq & v.OVERFLOW
        j.check("page.causes", not (late and self.causeless), f"{said}, dropped {page['dropped']}, as the page before: "
                "the first that were lost")
        if page["state"] & v.LOSING:
            j.check("state.losing", state == v.RUNNING, said)
        fresh = self.counted > (before["progress"] >> 32 if before else 0)
        if fresh and not self.h.irq_frames:
            j.check("page.causes", irq & DATA, f"{said}, where a block is complete and IRQ_FRAMES is 0")
        self.causes |= irq


class Silent:
    """Memory that nobody judges."""

    over = None

    def on_read(self, address, count):
        pass

    def on_write(self, address, data):
        pass
