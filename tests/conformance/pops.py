# SPDX-License-Identifier: GPL-2.0-only
"""A run with the FIFO transfer, as a careful host pops it, and a judge of what comes."""


import time

import vfuclient as v
from host import name_irq, name_state
from samples import expected, ramp_index
from vfuclient import (COMMAND, DATA, DONE, DRAINING, DROPPED, FAILED, FIFO_INDEX, FIFO_LEVEL, FRAMES, IRQ_MASK,
                       IRQ_STATUS, LOSING, OVERFLOW, RAMP, RUNNING, START, WINDOW)

PIECE = 512	# bytes that are popped at one service, so that others get to see the card


class Pops:
    """All that the window gives, frame by frame."""

    def __init__(self, host, wide=None):
        self.h, self.j = host, host.judge
        self.wide = host.p.has("WINDOW64") if wide is None else wide
        self.at = 0	# in the window

    def start(self, rate=None, command=START, mask=v.ALL, **config):
        self.before = config.get("pretrigger", 0)
        self.h.setup(0, self.h.fill_rate() if rate is None else rate, **config)
        self.begin(command, mask)

    def begin(self, command=START, mask=v.ALL):
        self.popped = 0		# bytes since START
        self.index = None	# of the frame that the next byte belongs to, of a stretch that has begun
        self.part = b""		# of a frame
        self.lost = 0
        self.next = 0		# index behind what was popped
        self.origin = 0		# of the run's first frame
        self.gaps = []
        self.level = 0
        self.causes_seen = 0
        self.known = False	# the pattern was right at least once
        self.strange = False	# it was wrong: no more can be told by it
        self.h.take_messages()
        self.h.put(COMMAND, command)
        self.h.put(IRQ_MASK, mask)

    # pops

    def read(self, size):
        """One pop, somewhere in the window."""
        data = self.h.read(0, WINDOW + self.at, size)
        self.at = (self.at + 2 * size) % 4096
        return data

    def look(self):
        """The level, and the index where a stretch begins."""
        h, j = self.h, self.j
        level = h.get(FIFO_LEVEL)
        j.check("fifo.level", level <= h.p.fifo_bytes, f"FIFO_LEVEL reads {level}, FIFO_BYTES is {h.p.fifo_bytes}")
        if level and self.index is None:
            self.index = h.get64(FIFO_INDEX)
            self.fresh = True
        elif level and h.p.has("FOLLOW"):
            now = h.get64(FIFO_INDEX)
            j.check("fifo.follow", now == self.index, f"FIFO_INDEX reads {now}; what was popped leads to {self.index}")
        self.level = level
        return level

    def take(self, level, ends):
        """Pop so much; where nothing can follow, the last pop may be more than there is."""
        left = level
        data = bytearray()
        while left >= 4 or (ends and left and self.h.get(FIFO_LEVEL) == left):
            size = 8 if self.wide and left >= 8 else 4
            piece = self.read(size)
            if left < size:
                self.j.check("fifo.rest", not any(piece[left:]), f"a pop of {size} of the last {left} bytes: "
                             f"{piece.hex()}")
                piece = piece[:left]
            data += piece
            left -= len(piece)
        self.judge(bytes(data))

    def judge(self, data):
        """Bytes of a stretch: are they what belongs there?"""
        h = self.h
        self.popped += len(data)
        data = self.part + data
        frames = len(data) // h.frame
        self.part = data[frames * h.frame:]
        if frames:
            self.judge_frames(data[:frames * h.frame], frames)

    def judge_frames(self, data, frames):
        h, j = self.h, self.j
        if self.fresh:
            self.fresh = False
            self.begin_stretch(data)
        want = None if self.strange else expected(h.pattern, self.index, frames, h.channels, h.sample)
        clause = "pattern.prbs" if h.pattern == v.PRBS else "pattern.ramp"
        if want is not None and data == want:
            j.good_so_far(clause)
            self.known = True
        elif want is not None:
            wrong = next(i for i, (a, b) in enumerate(zip(data, want)) if a != b) // h.sample
            self.judge_wrong(data, want, wrong, clause)
        self.index += frames
        self.next = self.index

    def judge_wrong(self, data, want, wrong, clause):
        """A jump that goes on as a ramp is a gap where there must be none, if frames were lost at all."""
        h = self.h
        got, right = (int.from_bytes(d[wrong * h.sample:(wrong + 1) * h.sample], "little") for d in (data, want))
        rest = data[wrong * h.sample:]
        few = min(8, len(rest) // h.sample)
        jump = h.pattern == RAMP and self.known and h.get64(DROPPED) and \
            rest[:few * h.sample] == v.ramp(got, few, h.sample)
        self.j.fail("loss.until" if jump else clause, f"from index {self.index} on: sample {wrong} is {got:#x} "
                    "instead of "
                    f"{right:#x}" + (": a gap inside a stretch" if jump else ""))
        if jump:
            near = self.index + wrong // h.channels
            at = ramp_index(rest, h.channels, h.sample, near)
            self.index += (at or near) - near
        else:
            self.strange = True

    def begin_stretch(self, data):
        """Index, samples and counters: which one is wrong if they do not agree?"""
        h, j = self.h, self.j
        if not self.next and not self.gaps:
            self.origin = self.index
            self.next = self.index
            if not self.armed:
                j.check("fifo.index", self.index == 0, f"FIFO_INDEX reads {self.index} "
                        "at the first frame behind START")
            return
        lost = self.index - self.next
        shown = self.index
        if h.pattern == RAMP and not self.strange:
            shown = ramp_index(data, h.channels, h.sample, self.index)
        told = self.dropped - self.lost if self.dropped is not None else None
        if shown == self.index:
            j.good_so_far("fifo.index")
            j.check("counter.lost", told in (None, lost), f"DROPPED went from {self.lost} to {self.dropped} in an "
                    "episode; "
                    f"FIFO_INDEX and the ramp go from {self.next} to {self.index}, by {lost}")
        else:
            j.fail("fifo.index", f"FIFO_INDEX reads {self.index} behind a gap at {self.next}; the ramp begins at "
                   f"{shown}, "
                   f"DROPPED has grown by {told}")
            self.index, lost = shown, shown - self.next
        self.gaps.append((self.next, lost))
        self.lost += lost

    armed = False	# the run had a trigger
    before = 0		# frames that were wanted from before it
    fresh = False
    dropped = None	# what DROPPED was when an episode was over, if it is known

    # the host

    def service(self):
        """As the specification says it. The state."""
        h = self.h
        status = h.get(IRQ_STATUS)
        h.put(IRQ_STATUS, status & ~(OVERFLOW | DATA))
        state = h.state()
        level = self.look()
        ends = bool(status & OVERFLOW) or state & 0xf == DRAINING
        self.causes_seen |= status
        self.take(min(level, PIECE), ends and level <= PIECE)
        if status & OVERFLOW and state & 0xf == RUNNING and level <= PIECE:
            self.end_episode(status)
        h.put(IRQ_MASK, v.ALL)
        h.unmask()
        return state & 0xf

    def end_episode(self, status):
        """The FIFO was emptied: clear OVERFLOW, and what comes is a new stretch."""
        h, j = self.h, self.j
        level = h.get(FIFO_LEVEL)
        if level and self.before:
            # frames from before the trigger come out of a memory behind the FIFO
            return
        j.check("loss.until", level == 0 or h.state() & 0xf != RUNNING,
                lambda: f"FIFO_LEVEL reads {level} behind the last pop of an episode: IRQ_STATUS was "
                f"{name_irq(status)}, "
                "and OVERFLOW is not cleared")
        self.rest_of_frame()
        self.index = None
        self.dropped = None
        h.put(IRQ_STATUS, OVERFLOW)
        self.after_episode()

    def rest_of_frame(self):
        self.j.check("loss.fifo", not self.part, f"{len(self.part)} bytes of a frame of {self.h.frame} at the end of "
                     "a stretch")
        self.part = b""

    def after_episode(self):
        """DROPPED, if it does not grow any more, and no other episode has begun."""
        h = self.h
        if h.until(lambda: not h.get(v.STATE) & LOSING or h.get(IRQ_STATUS) & OVERFLOW, 1):
            dropped = h.get64(DROPPED)
            if not h.get(IRQ_STATUS) & OVERFLOW:
                self.dropped = dropped
                self.j.good_so_far("loss.ends")
                return
        elif h.state() & 0xf == RUNNING:
            self.j.fail("loss.ends", "LOSING is set a second after the FIFO was empty and OVERFLOW cleared: "
                        f"{name_state(h.state())}, level {h.get(FIFO_LEVEL)}")

    def run(self, until, seconds=5.0, calm=0.002):
        """Service until something is true, or the run is over: whether it is."""
        h = self.h
        end = time.monotonic() + h.seconds(seconds)
        while True:
            over = self.service() in (DONE, FAILED)
            if until() or over:
                return bool(until())
            if time.monotonic() > end:
                return False
            h.pump(calm)

    def stop(self, seconds=5.0):
        self.h.put(COMMAND, v.STOP)
        self.finish(seconds)

    def finish(self, seconds=5.0):
        """Pop all that is left, and judge the sums."""
        h, j = self.h, self.j
        done = self.run(lambda: h.state() & 0xf == DONE, seconds)
        j.need("fifo.done", done, lambda: f"all was popped, and STATE reads {name_state(h.state())}, "
               f"FIFO_LEVEL {h.get(FIFO_LEVEL)}")
        self.judge_end()

    def judge_end(self):
        h, j = self.h, self.j
        self.rest_of_frame()
        status = h.get(IRQ_STATUS)
        frames, dropped = h.totals()
        popped = self.popped // h.frame
        j.check("counter.sum", frames == popped + dropped,
                f"DONE: FRAMES {frames} is not the {popped} popped + DROPPED {dropped}")
        behind = frames - (self.next - self.origin)
        j.check("counter.lost", dropped == self.lost + behind or frames != popped + dropped,
                f"DROPPED {dropped}; indices tell of {self.lost} lost, {behind} are behind the last one popped")
        j.check("fifo.level", h.get(FIFO_LEVEL) == 0, lambda: f"FIFO_LEVEL reads {h.get(FIFO_LEVEL)} in DONE")
        j.check("irq.data", not status & DATA, f"IRQ_STATUS reads {name_irq(status)} in DONE")

    def calm(self):
        """Until no frames are lost: what comes from here on is of one stretch, if nothing is popped."""
        for _ in range(100):
            self.service()
            if not self.h.get(IRQ_STATUS) & OVERFLOW:
                return

    def fill(self, seconds=None):
        """Let it run over: pop nothing until frames are lost."""
        h = self.h
        if seconds is None:
            seconds = 3 + 3 * h.fill_seconds(h.frame, h.div)
        before = h.get64(DROPPED)
        full = h.until(lambda: h.state() & LOSING or h.get64(DROPPED) > before, seconds, 0.002)
        self.j.need("loss.begin", full, lambda: f"nothing was popped for {seconds:.0f} s: FRAMES {h.get64(FRAMES)}, "
                    f"FIFO_LEVEL {h.get(FIFO_LEVEL)}, DROPPED {h.get64(DROPPED)}")
