# SPDX-License-Identifier: GPL-2.0-only
"""The FIFO transfer: levels, pops, underrun, and when DATA is set."""

import time

import vfuclient as v
from checks.configuration import transfers
from checks.states import begin, serve
from host import CALM, name_irq, name_state
from pops import Pops
from suite import check
from vfuclient import (COMMAND, DATA, DONE, DRAINING, ERR_UNDERRUN, FAILED, FIFO_INDEX, FIFO_LEVEL, FINISHED, FRAMES,
                       IRQ_FRAMES, IRQ_MASK, IRQ_STATUS, IRQ_US, LOSING, OVERFLOW, RUNNING, START, STOP, WINDOW)


@check("fifo.pop fifo.pop64 fifo.level fifo.index fifo.follow counter.grow", caps="FIFO")
def pops(h):
    """Pops of each width, all over the window."""
    j = h.judge
    for wide in (False, True) if h.p.has("WINDOW64") else (False,):
        clause = "fifo.pop64" if wide else "fifo.pop"
        run = Pops(h, wide)
        size = 8 if wide else 4
        run.start(rate=CALM)
        before = 0
        for at in (0, 4 if not wide else 8, 0xff8, 0x800, 0x7f8, 0x10):
            # a small FIFO may have run over
            for _ in range(100):
                if h.until(lambda: h.get(FIFO_LEVEL) >= size or h.get(IRQ_STATUS) & OVERFLOW, 3) and \
                        h.get(FIFO_LEVEL) >= size:
                    break
                run.service()
            else:
                j.absent(clause, "the FIFO never has so much")
                break
            level = run.look()
            run.at = at
            data = run.read(size)
            frames = h.get64(FRAMES)
            j.check("counter.grow", frames >= before, f"FRAMES reads {frames}, {before} before")
            before = frames
            now = h.get(FIFO_LEVEL)
            grown = now - (level - size)
            j.check(clause, grown >= 0 and not grown % h.frame, f"FIFO_LEVEL goes from {level} to {now} by a read of "
                    f"{size} bytes "
                    f"at {WINDOW + at:#x}; frames have {h.frame}")
            run.judge(data)
        run.run(lambda: run.popped >= 200, 5)
        run.stop()
    if not h.p.has("WINDOW64"):
        j.absent("fifo.pop64", "CAPS lacks WINDOW64")
    if not h.p.has("FOLLOW"):
        j.absent("fifo.follow", "CAPS lacks FOLLOW")


@check("fifo.outside")
def outside(h):
    """The window in IDLE, in DONE, with DMA; and writes to it."""
    j = h.judge
    h.reset()

    def nothing(where):
        values = [h.get(WINDOW), h.get(WINDOW + 0x7fc)]
        state = h.state() & 0xf
        j.check("fifo.outside", not any(values), f"the window reads {values[0]:#x}, {values[1]:#x} in {where}")
        return state

    state = nothing("IDLE")
    j.check("fifo.outside", state == 0, lambda: f"a read of the window in IDLE leads to {name_state(h.state())}")
    for t in transfers(h):
        run = begin(h, t)
        serve(run, 20)
        if t:
            state = nothing("RUNNING with DMA")
            j.check("fifo.outside", state == RUNNING, lambda: f"a read of the window with DMA leads to "
                    f"{name_state(h.state())}")
            j.check("fifo.level", h.get(FIFO_LEVEL) == 0, lambda: f"FIFO_LEVEL reads {h.get(FIFO_LEVEL)} with DMA")
        elif not h.p.has("OUTPUT"):
            level = h.get(FIFO_LEVEL)
            h.put(WINDOW, 0x5a5a5a5a)
            now = h.get(FIFO_LEVEL)
            j.check("fifo.outside", now >= level and h.state() & 0xf == RUNNING,
                    lambda: f"a write to the window: FIFO_LEVEL goes from {level} to {now}, {name_state(h.state())}")
        run.stop()
        state = nothing("DONE")
        j.check("fifo.outside", state == DONE, lambda: f"a read of the window in DONE leads to {name_state(h.state())}")


@check("fifo.underrun", caps="FIFO")
def underrun(h):
    """Pops at level 0, and of more than a level that is less than a word."""
    h.reset()
    odd = h.odd()
    for short in (False, True) if odd else (False,):
        run = Pops(h)
        # so slow that the FIFO stays empty, if that is possible
        run.start(rate=40 if h.p.div_max > h.p.div_min else CALM, **odd)
        for _ in range(400):
            level = h.get(FIFO_LEVEL)
            if level >= 4:
                h.read(0, WINDOW, 4)
                run.popped += 4
            elif bool(level) == short and not judge_underrun(h, run, level):
                break
        else:
            h.judge.absent("fifo.underrun", "the FIFO was never at so low a level when it was read")


def judge_underrun(h, run, level):
    """One pop of too much; frames may have come just before it. Whether it has to be tried again."""
    j = h.judge
    data = h.read(0, WINDOW, 4)
    state = h.state()
    if state & 0xf == FAILED:
        j.check("fifo.underrun", state == FAILED | ERR_UNDERRUN << 16 and h.get(IRQ_STATUS) & v.ERROR_IRQ,
                lambda: f"a pop of 4 at FIFO_LEVEL {level} leads to {name_state(state)}, IRQ_STATUS "
                f"{name_irq(h.get(IRQ_STATUS))}")
        j.check("fifo.level", h.get(FIFO_LEVEL) == 0, lambda: f"FIFO_LEVEL reads {h.get(FIFO_LEVEL)} in ERROR")
        return False
    run.popped += 4
    behind = h.get(FIFO_LEVEL)
    there = h.get64(FRAMES) * h.frame - run.popped
    if behind <= there:
        return True
    j.fail("fifo.underrun", f"a pop of 4 at FIFO_LEVEL {level} reads {data.hex()}, and STATE {name_state(state)}: "
           f"{run.popped} bytes "
           f"were popped, {there + run.popped} had been sampled, and FIFO_LEVEL reads {behind}")
    return False


@check("fifo.rest fifo.done fifo.data-end", caps="FIFO")
def rest(h):
    """The last bytes of a run: DATA as long as there are any, zeros behind them, then DONE."""
    j = h.judge
    h.reset()
    odd = h.odd()
    if not odd:
        j.absent("fifo.rest", "all frames are whole words")
    for turn in range(4):
        run = Pops(h)
        run.start(rate=CALM, **odd)
        h.put(IRQ_FRAMES, 0xffff)
        serve(run, 10)
        h.until(lambda: h.get(FIFO_LEVEL) >= 4 + turn * h.frame, 3)
        h.put(COMMAND, STOP)
        level = h.get(FIFO_LEVEL)
        for _ in range(4096):
            if h.state() & 0xf != DRAINING:
                break
            status = h.get(IRQ_STATUS)
            if not level:
                break
            j.check("fifo.data-end", status & DATA, f"DRAINING, FIFO_LEVEL {level}: IRQ_STATUS reads "
                    f"{name_irq(status)}")
            run.level = level
            if run.index is None:
                run.look()
            run.take(min(level, 4), level <= 4)
            now = h.get(FIFO_LEVEL)
            j.need("fifo.pop", now == max(0, level - 4), f"FIFO_LEVEL goes from {level} to {now} by a pop of 4 in "
                   "DRAINING")
            level = now
        state, status = h.state(), h.get(IRQ_STATUS)
        j.check("fifo.done", state & 0xf == DONE and status & FINISHED, "the last byte was popped: "
                f"{name_state(state)}, "
                f"IRQ_STATUS {name_irq(status)}")
        j.check("irq.data", not status & DATA, f"IRQ_STATUS reads {name_irq(status)} in DONE")
        run.judge_end()


@check("fifo.data fifo.data-word fifo.data-time", caps="FIFO")
def data_level(h):
    """DATA against the level, while nothing is popped, and while all is."""
    j, p = h.judge, h.p
    h.setup(0)
    room = p.fifo_bytes - h.frame
    for every, want in ((0, -(-p.fifo_bytes // 2)), (1, h.frame), (2, 2 * h.frame), (10, 10 * h.frame),
                        (0xffff, 0xffff * h.frame)):
        # a word, and at the latest where no further frame fits
        want = max(4, min(want, room + 1))
        run = Pops(h)
        run.start(rate=h.fill_rate() if want > 400 else CALM)
        h.put(IRQ_FRAMES, every)
        judge_rise(h, every, want)
        if every and want < 200:
            judge_calm(h, run, every)
        h.reset()
    judge_first(h)
    # the time
    run = Pops(h)
    run.start(rate=CALM)
    h.put(IRQ_FRAMES, 0xffff)
    h.put(IRQ_US, 2000)
    there = h.until(lambda: h.get(FIFO_LEVEL) >= 4, 2)
    told = there and h.until(lambda: h.get(IRQ_STATUS) & DATA, 1)
    level = h.get(FIFO_LEVEL)
    j.check("fifo.data-time", told, lambda: f"IRQ_US 2000, FIFO_LEVEL {level} for a second: IRQ_STATUS reads "
            f"{name_irq(h.get(IRQ_STATUS))}")
    h.reset()


def judge_rise(h, every, want):
    """Nothing is popped: DATA comes with the level, not before and not later."""
    j = h.judge
    end = time.monotonic() + h.seconds(10)
    while time.monotonic() < end:
        low = h.get(FIFO_LEVEL)
        status = h.get(IRQ_STATUS)
        high = h.get(FIFO_LEVEL)
        said = f"IRQ_FRAMES {every}, frames of {h.frame}, FIFO_BYTES {h.p.fifo_bytes}: IRQ_STATUS " \
               f"reads {name_irq(status)} at " \
               f"FIFO_LEVEL {low} to {high}"
        if low >= want and h.state() & 0xf == RUNNING:
            j.check("fifo.data", status & DATA, said)
            return
        if status & OVERFLOW or h.state() & 0xf != RUNNING:
            return
        if high < want and not h.state() & LOSING:
            j.check("fifo.data-word" if high < 4 else "fifo.data", not status & DATA, said)
        if high < want - 8 * h.frame:
            h.pump(0.001)


def judge_first(h):
    """Less than a word, behind many a START."""
    for _ in range(20 if h.frame < 4 else 1):
        h.setup(0, CALM // 4)
        h.put(IRQ_FRAMES, 1)
        h.put(COMMAND, START)
        for _ in range(1000):
            status = h.get(IRQ_STATUS)
            level = h.get(FIFO_LEVEL)
            if level >= 4:
                break
            h.judge.check("fifo.data-word", not status & DATA, f"IRQ_FRAMES 1: IRQ_STATUS reads {name_irq(status)}, "
                          "then FIFO_LEVEL "
                          f"{level}")


def judge_calm(h, run, every):
    """All that can be popped is: DATA for less than a word is a storm."""
    j = h.judge
    h.put(IRQ_FRAMES, every)
    for _ in range(60):
        status = h.get(IRQ_STATUS)
        level = h.get(FIFO_LEVEL)
        losing = status & OVERFLOW or h.state() & LOSING
        if level < 4 and not losing:
            j.check("fifo.data-word", not status & DATA, f"IRQ_FRAMES {every}: IRQ_STATUS reads {name_irq(status)} "
                    "at FIFO_LEVEL "
                    f"{level}")
        elif level >= 4:
            run.look()
            run.take(level, False)
        if losing:
            return


@check("loss.begin loss.until loss.ends loss.one loss.fifo state.losing irq.clear", caps="FIFO !WAIT")
def overflow(h):
    """The FIFO runs over, several times, and is read on."""
    j, p = h.judge, h.p
    run = Pops(h)
    run.start(mask=0)
    for _ in range(3):
        run.calm()
        h.put(IRQ_MASK, 0)
        run.fill()
        level, state, status = h.get(FIFO_LEVEL), h.state(), h.get(IRQ_STATUS)
        said = f"frames are lost: {name_state(state)}, FIFO_LEVEL {level} of {p.fifo_bytes}, IRQ_STATUS " \
               f"{name_irq(status)}"
        j.check("state.losing", state & LOSING, said)
        j.check("loss.begin", status & OVERFLOW, said)
        # a word may have been popped of the frame that is first
        j.check("loss.begin", level + h.frame + len(run.part) > p.fifo_bytes, said)
        h.put(IRQ_STATUS, 0)
        j.check("irq.clear", h.get(IRQ_STATUS) & OVERFLOW, "OVERFLOW was cleared by writing 0 to IRQ_STATUS")
        # half of it: nothing may be stored behind
        index = h.get64(FIFO_INDEX) if run.index is None else None
        if index is not None:
            run.look()
        half = min(level // 2 // 8 * 8, 2048)
        run.take(half, False)
        h.pump(0.01)
        now = h.get(FIFO_LEVEL)
        j.check("loss.until", now == level - half, f"an episode of loss: FIFO_LEVEL {level}, {half} popped, then {now}")
        j.check("state.losing", h.state() & LOSING, lambda: f"the FIFO is not empty yet: {name_state(h.state())}")
        if now != level - half:
            break
        for _ in range(4):
            if run.look():
                run.take(run.level, True)
        h.pump(0.01)
        now = h.get(FIFO_LEVEL)
        j.need("loss.until", now == 0, f"the FIFO was emptied, OVERFLOW is set: FIFO_LEVEL reads {now}")
        run.end_episode(OVERFLOW)
        j.check("irq.clear", not h.get(IRQ_STATUS) & OVERFLOW or h.get(FIFO_LEVEL), "OVERFLOW is set behind writing "
                "2 to IRQ_STATUS")
        there = run.run(lambda before=run.popped: run.popped >= before + 8 * h.frame, 3)
        j.need("loss.ends", there, lambda: f"no frame 3 s behind an episode: {name_state(h.state())}, FIFO_LEVEL "
               f"{h.get(FIFO_LEVEL)}")
        j.good_so_far("loss.one")
    run.stop()


@check("loss.stop state.losing", caps="FIFO !WAIT")
def overflow_stop(h):
    """STOP while frames are lost."""
    j = h.judge
    run = Pops(h)
    run.start(mask=0)
    run.fill()
    level = h.get(FIFO_LEVEL)
    h.put(COMMAND, STOP)
    state, now = h.state(), h.get(FIFO_LEVEL)
    j.check("state.losing", not state & LOSING, f"STOP while frames are lost: {name_state(state)}")
    j.check("loss.stop", now == level, f"STOP while frames are lost: FIFO_LEVEL {level} before, {now} behind")
    totals = h.totals()
    run.finish(10)
    j.check("loss.stop", h.totals() == totals and run.popped >= now, lambda: f"FRAMES and DROPPED were {totals} at "
            "STOP, "
            f"{h.totals()} in DONE; {run.popped} bytes were popped")


@check("loss.wait", caps="WAIT")
def waits(h):
    """A card that waits is left alone for a while."""
    j = h.judge
    for t in transfers(h):
        run = begin(h, t, h.fill_rate(), give=0) if t else begin(h, t, h.fill_rate())
        h.pump(min(2, 2 * h.fill_seconds(h.frame, h.div)))
        state, status = h.state(), h.get(IRQ_STATUS)
        j.check("loss.wait", not h.get64(v.DROPPED) and not status & OVERFLOW and not state & LOSING,
                f"a card with WAIT: DROPPED {h.get64(v.DROPPED)}, {name_state(state)}, IRQ_STATUS {name_irq(status)}")
        if t:
            run.give(run.entries)
        serve(run, 60)
        run.stop()
        j.check("loss.wait", not h.get64(v.DROPPED) and not run.lost, lambda: f"DROPPED {h.get64(v.DROPPED)}")
