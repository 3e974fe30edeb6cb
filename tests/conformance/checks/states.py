# SPDX-License-Identifier: GPL-2.0-only
"""The states, and what leads from one to the other."""

import vfuclient as v
from checks.configuration import transfers
from host import CALM, name_irq, name_state
from judge import Stop
from pops import Pops
from ring import Ring
from suite import check
from vfuclient import (ARMED, COMMAND, DONE, DRAINING, DROPPED, FAILED, FIFO_LEVEL, FINISHED, FRAMES, GIVEN, IDLE,
                       IRQ_STATUS, PATTERN, RESET, RUNNING, SEEN, START, STATE, STOP, TRIG)

GO, GO_BOTH = 0x40, 0x80


def begin(h, t, rate=CALM, **more):
    """A run of this transfer has begun: who looks after it."""
    run = Ring(h) if t else Pops(h)
    run.start(rate=rate, **more)
    return run


def expect(h, clause, states, what):
    state = h.state() & 0xf
    return h.judge.check(clause, state in states, f"{what}: STATE reads {name_state(h.state())}")


@check("state.start state.ignored state.keeps")
def life(h):
    """IDLE, a run, DONE, another one, ERROR, another one."""
    for t in transfers(h):
        h.reset()
        for command, name in ((STOP, "STOP"), (TRIG, "TRIGGER")):
            h.put(COMMAND, command)
            expect(h, "state.ignored", (IDLE,), f"{name} in IDLE")
        run = begin(h, t)
        expect(h, "state.start", (RUNNING,), "START in IDLE")
        frames = h.get64(FRAMES)
        h.put(COMMAND, TRIG)
        expect(h, "state.ignored", (RUNNING,), "TRIGGER in RUNNING")
        if h.p.has("LINK"):
            h.put(COMMAND, GO)
            expect(h, "state.ignored", (RUNNING,), "GO where nothing is held")
        h.judge.check("state.ignored", h.get64(FRAMES) >= frames, "FRAMES went back by a command that is to be ignored")
        serve(run, 30)
        run.stop()
        before = h.totals(), h.get(IRQ_STATUS)
        for command, name in ((STOP, "STOP"), (TRIG, "TRIGGER")):
            h.put(COMMAND, command)
            expect(h, "state.ignored", (DONE,), f"{name} in DONE")
        h.pump(0.05)
        behind = h.totals(), h.get(IRQ_STATUS)
        h.judge.check("state.keeps", before == behind, f"FRAMES, DROPPED and IRQ_STATUS in DONE: {before}, later "
                      f"{behind}")
        run.begin()
        expect(h, "state.start", (RUNNING,), "START in DONE")
        serve(run, 30)
        run.stop()
        fail(h)
        if t:
            run.over = ("config.error", "though START was refused")
        h.put(COMMAND, STOP)
        expect(h, "state.ignored", (FAILED,), "STOP in ERROR")
        h.put(PATTERN, h.pattern)
        h.put(v.TRANSFER, t)
        h.put(v.FORMAT, h.form)
        run.begin()
        expect(h, "state.start", (RUNNING,), "START in ERROR")
        serve(run, 30)
        run.stop()


def fail(h):
    """A START that has to be refused, however few registers may be wrong."""
    for reg, value in ((PATTERN, 0xff), (v.TRANSFER, 0xff), (v.FORMAT, 0xff)):
        h.put(reg, value)
    h.put(COMMAND, START)
    if h.state() & 0xf != FAILED:
        raise Stop()	# that is config's affair


def serve(run, frames):
    """Until so many frames have come."""
    h = run.h
    if isinstance(run, Ring):
        run.blocks_until(1 if run.size // h.frame >= frames else 2)
    else:
        there = run.run(lambda: run.popped >= frames * h.frame)
        h.judge.need("state.start", there, lambda: f"RUNNING, but {run.popped} bytes came in 5 s; FIFO_LEVEL "
                     f"{h.get(FIFO_LEVEL)}, FRAMES {h.get64(FRAMES)}, {name_state(h.state())}")


@check("state.again")
def again(h):
    """START where a run is on."""
    j = h.judge
    for t in transfers(h):
        run = begin(h, t)
        serve(run, 60)
        frames, given = h.get64(FRAMES), h.get(GIVEN)
        h.put(COMMAND, START)
        expect(h, "state.again", (RUNNING,), "START in RUNNING")
        now = h.get64(FRAMES)
        j.need("state.again", now >= frames, f"START in RUNNING: FRAMES reads {now}, {frames} before")
        if t:
            j.need("state.again", h.get(GIVEN) == given, f"START in RUNNING: GIVEN reads {h.get(GIVEN)}, {given} "
                   "before")
        serve(run, 60)
        if t:
            run.stop()
            continue
        waits = h.until(lambda: h.get(FIFO_LEVEL) >= 8, 2)
        h.put(COMMAND, STOP)
        if waits and h.state() & 0xf == DRAINING:
            level = h.get(FIFO_LEVEL)
            h.put(COMMAND, START)
            expect(h, "state.again", (DRAINING,), "START in DRAINING")
            j.check("state.again", h.get(FIFO_LEVEL) == level, lambda: f"START in DRAINING: FIFO_LEVEL reads "
                    f"{h.get(FIFO_LEVEL)}, {level} before")
        run.finish()


@check("state.clears")
def clears(h):
    """A second run begins at 0, and has nothing of the first."""
    j = h.judge
    for t in transfers(h):
        run = begin(h, t, h.fill_rate())
        if t:
            run.blocks_until(2 * run.entries)
        elif h.p.has("WAIT"):
            serve(run, 100)
        else:
            run.fill()
        run.stop()
        before = h.totals()
        status = h.get(IRQ_STATUS)
        if t:
            # what comes of it is not the ring's
            run.over, run.given_up = None, True
        h.put(COMMAND, START)
        status_now = h.get(IRQ_STATUS)
        dropped, frames = h.get64(DROPPED), h.get64(FRAMES)
        j.check("state.clears", not status_now & FINISHED, f"IRQ_STATUS reads {name_irq(status_now)} behind START, "
                f"{name_irq(status)} before")
        j.check("state.clears", frames < before[0] and dropped <= max(0, before[1] - 1),
                f"FRAMES {frames}, DROPPED {dropped} behind START, {before} before")
        if t:
            for name, reg in (("GIVEN", GIVEN), ("SEEN", SEEN)):
                j.check("state.clears", h.get(reg) == 0, f"{name} reads {h.get(reg)} behind START")
        h.reset()
        run = begin(h, t)
        serve(run, 40)
        run.stop()
        run.begin()
        serve(run, 40)
        run.stop()


@check("state.stop loss.fifo", caps="FIFO")
def drains(h):
    """STOP with something in the FIFO: all of it can be popped, then DONE."""
    j = h.judge
    run = begin(h, 0)
    serve(run, 20)
    enough = min(16, max(4, h.p.fifo_bytes - h.frame))
    j.need("state.stop", h.until(lambda: h.get(FIFO_LEVEL) >= enough, 3),
           lambda: f"RUNNING, and FIFO_LEVEL is {h.get(FIFO_LEVEL)} for 3 s")
    h.put(COMMAND, STOP)
    level = h.get(FIFO_LEVEL)
    frames = h.get64(FRAMES)
    expect(h, "state.stop", (DRAINING,), f"STOP in RUNNING with FIFO_LEVEL {level}")
    h.put(COMMAND, STOP)
    expect(h, "state.ignored", (DRAINING,), "STOP in DRAINING")
    h.pump(0.03)
    now = h.get64(FRAMES), h.get(FIFO_LEVEL)
    j.check("state.stop", now == (frames, level), f"FRAMES and FIFO_LEVEL 30 ms behind STOP: {now}; at STOP "
            f"{(frames, level)}")
    inside = frames - h.get64(DROPPED) - run.popped // h.frame
    j.check("loss.fifo", level == inside * h.frame - len(run.part), f"STOP: FIFO_LEVEL {level}; FRAMES {frames}, "
            f"DROPPED {h.get64(DROPPED)}, {run.popped} bytes were popped of frames of {h.frame}")
    run.finish()
    status = h.get(IRQ_STATUS)
    j.check("fifo.done", status & FINISHED or run.h.state() & 0xf != DONE, f"IRQ_STATUS reads {name_irq(status)} in "
            "DONE")


@check("state.stop-armed state.again", caps="TRIG_SOFT|TRIG_LEVEL|TRIG_EXT")
def armed(h):
    """A run that waits for its trigger, and is stopped before it."""
    j = h.judge
    source = next(n for n, name in ((1, "TRIG_SOFT"), (3, "TRIG_EXT"), (2, "TRIG_LEVEL")) if h.p.has(name))
    for t in transfers(h):
        run = Ring(h) if t else Pops(h)
        # a level that no ramp of few frames reaches
        run.start(trigger=source, trigger_level=0x7f if h.width() == 1 else 0x7fff, rate=1)
        if h.state() & 0xf != ARMED:
            expect(h, "state.start", (ARMED,), f"START with TRIGGER {source}")
            h.reset()
            continue
        j.check("counter.sum", h.get64(FRAMES) == 0, lambda: f"FRAMES reads {h.get64(FRAMES)} in ARMED")
        h.put(COMMAND, START)
        expect(h, "state.again", (ARMED,), "START in ARMED")
        h.put(COMMAND, STOP)
        done = h.until(lambda: h.state() & 0xf == DONE, 1)
        j.check("state.stop-armed", done, lambda: f"STOP in ARMED leads to {name_state(h.state())}")
        j.check("state.stop-armed", h.totals() == (0, 0) and h.get(IRQ_STATUS) & FINISHED,
                lambda: f"STOP in ARMED: FRAMES, DROPPED {h.totals()}, IRQ_STATUS {name_irq(h.get(IRQ_STATUS))}")


@check("state.reset")
def resets(h):
    """RESET out of each state that can be reached."""
    h.reset()
    for t in transfers(h):
        for where in ("RUNNING", "DRAINING", "DONE", "ERROR", "ARMED"):
            run = begin(h, t)
            if where == "DRAINING" and t:
                continue
            if where == "ARMED":
                h.reset()
                if not h.hold():
                    continue
                h.put(COMMAND, START)
            elif where == "ERROR":
                h.reset()
                fail(h)
            elif where != "RUNNING":
                serve(run, 10)
                if where == "DRAINING":
                    h.until(lambda: h.get(FIFO_LEVEL) >= 8, 1)
                h.put(COMMAND, STOP)
                if where == "DONE":
                    run.finish()
            h.put(COMMAND, RESET)
            h.wait_idle(f"RESET in {where}")
            if t:
                run.over = ("state.reset-quiet", "though STATE had read IDLE")


@check("state.reset-quiet state.reset-idle dma.quiet", caps="DMA")
def reset_in_run(h):
    """RESET while the card is at memory."""
    j = h.judge
    for turn in range(6):
        run = begin(h, 1, h.fill_rate())
        run.blocks_until(1 + turn)
        h.pump(0.003 * turn)
        h.give_up()
        j.need("state.reset", h.until(lambda: not h.get(STATE) & 0xf, 1), "STATE does not read IDLE a second behind "
               "RESET")
        run.over = ("state.reset-quiet", "though STATE had read IDLE")
        h.pump(0.02)
        h.state()
        j.good_so_far("state.reset-quiet")
    # while it waits for an entry: its read has not ended
    seen = []

    def during(command, *_):
        if command != v.DMA_READ:
            h.on_access = during
            return
        h.give_up()
        seen.append(h.get(STATE))

    run = begin(h, 1, h.fill_rate())
    run.blocks_until(1)
    h.on_access = during
    h.until(lambda: bool(seen) or run.service() in (DONE, FAILED), 3)
    h.on_access = None
    if not seen:
        j.absent("state.reset-idle", "the card read no entry within 3 s")
        return
    j.check("state.reset-idle", seen[0] & 0xf and seen[0] != 0xffffffff, "RESET while a read of an entry is under "
            "way: "
            f"STATE reads {name_state(seen[0])}")
    idle = h.until(lambda: not h.get(STATE) & 0xf, 1)
    j.need("state.reset", idle, "STATE does not read IDLE a second behind RESET and the end of the read")
    run.over = ("state.reset-quiet", "though STATE had read IDLE")
    h.pump(0.03)
    h.state()
