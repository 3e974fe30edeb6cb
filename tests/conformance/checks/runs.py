# SPDX-License-Identifier: GPL-2.0-only
"""Patterns, COUNT, triggers: what comes of a run, and where it begins and ends."""

import vfuclient as v
from checks.configuration import transfers
from checks.states import begin, serve
from host import CALM, WIDTHS, name_irq, name_state
from pops import Pops
from ring import Ring
from suite import check
from vfuclient import (ARMED, COMMAND, DONE, FIFO_LEVEL, FRAMES, IRQ_STATUS, LEVEL, PRBS, RUNNING, SOFTWARE,
                       TRIG, TRIGGER_INDEX, TRIGGER_IRQ, TRIGGERED)


@check("pattern.ramp", caps="RAMP")
def ramps(h):
    """Each format and several sets of channels."""
    formats = [f for f in range(6) if h.p.formats >> f & 1]
    h.reset()
    masks = h.masks()
    for t in transfers(h):
        cases = [(masks[0], f) for f in formats] + [(m, formats[-1 - i % len(formats)]) for i, m in enumerate(masks)]
        for mask, form in dict.fromkeys(cases):
            run = begin(h, t, mask=mask, form=form)
            serve(run, 40)
            run.stop()


@check("pattern.prbs", caps="PRBS")
def prbs(h):
    formats = [f for f in range(6) if h.p.formats >> f & 1]
    for t in transfers(h):
        for form in (formats[0], formats[-1]):
            run = begin(h, t, form=form, pattern=PRBS)
            serve(run, 60)
            run.stop()


@check("count.frames", caps="COUNT")
def counts(h):
    j = h.judge
    for t in transfers(h):
        for frames in (1, 2, 64, 65, 1000):
            run = Ring(h) if t else Pops(h)
            run.start(CALM if frames < 100 else 100000, count=frames)
            if t:
                over = run.run(lambda: run.page and run.page["state"] & 0xf == DONE, 10)
            else:
                over = run.run(lambda: h.state() & 0xf == DONE, 10)
            j.need("count.frames", over, lambda: f"COUNT {frames}: {name_state(h.state())} after 10 s, FRAMES "
                   f"{h.get64(FRAMES)}")
            run.judge_end()
            j.check("count.frames", h.get64(FRAMES) == frames, lambda: f"COUNT {frames}: FRAMES reads "
                    f"{h.get64(FRAMES)}")


def start_triggered(h, t, **config):
    run = Ring(h) if t else Pops(h)
    run.armed = True
    run.start(**config)
    if t:
        run.triggered = True
    return run


def first_index(run):
    return run.first() if isinstance(run, Ring) else run.origin


def judge_trigger(run, clause, pre, index):
    """A run with a trigger is DONE: where it was, and what came before."""
    h, j = run.h, run.h.judge
    state, status = h.state(), run.causes_seen | h.get(IRQ_STATUS)
    j.check(clause, state & TRIGGERED, f"STATE reads {name_state(state)} behind a run with a trigger")
    j.check(clause, status & TRIGGER_IRQ, f"IRQ_STATUS read {name_irq(status)} in a run with a trigger")
    at = h.get64(TRIGGER_INDEX)
    if index is not None:
        j.check(clause, at == index, f"TRIGGER_INDEX reads {at}; the first frame across the level is {index}")
    first = first_index(run)
    j.check("trigger.before" if pre else clause, first == max(0, at - pre),
            f"the trigger is at {at}, PRETRIGGER {pre}: the first frame of the run is {first}")


def wait_triggered(run, clause):
    """Serve until some frames behind the trigger are there, then stop."""
    h = run.h
    if isinstance(run, Ring):
        run.run(lambda: run.counted >= 2, 5)
        run.stop()
        run.causes_seen = run.causes
    else:
        there = run.run(lambda: run.popped >= 40 * h.frame, 5)
        h.judge.need(clause, there, lambda: f"no frames behind the trigger: {name_state(h.state())}, FIFO_LEVEL "
                     f"{h.get(FIFO_LEVEL)}")
        run.stop()


@check("trigger.soft trigger.before", caps="TRIG_SOFT")
def soft(h):
    j = h.judge
    for t in transfers(h):
        for pre in (0, 16, 1 << 20) if h.p.has("PRETRIG") else (0,):
            h.reset()
            frame = h.frame_bytes(h.get(v.CHANNEL_MASK), h.get(v.FORMAT))
            pre = min(pre, h.p.pretrig_bytes // frame) if pre else 0
            run = start_triggered(h, t, trigger=SOFTWARE, pretrigger=pre)
            state = h.state() & 0xf
            j.need("trigger.soft", state == ARMED, f"START with a software trigger leads to {name_state(h.state())}")
            h.pump(0.02)
            j.check("trigger.soft", h.get64(FRAMES) == 0, lambda: f"FRAMES reads {h.get64(FRAMES)} in ARMED")
            h.put(COMMAND, TRIG)
            state = h.state() & 0xf
            j.need("trigger.soft", state == RUNNING, f"the trigger leads to {name_state(h.state())}")
            wait_triggered(run, "trigger.soft")
            judge_trigger(run, "trigger.soft", pre, None)
    if not h.p.has("PRETRIG"):
        j.absent("trigger.before", "CAPS lacks PRETRIG")


def crossing(value, count, form):
    """The first frame of the ramp whose last sample reaches the value."""
    bits = 8 * WIDTHS[form]

    def sample(n):
        number = (n * count + count - 1) & (1 << bits) - 1
        return number - (1 << bits) if form % 2 == 0 and number >> bits - 1 else number

    return next(n for n in range(1, 1 << 20) if sample(n - 1) < value <= sample(n))


@check("trigger.level", caps="TRIG_LEVEL RAMP")
def level(h):
    """The level of the ramp's last channel: where it is crossed can be told."""
    for t in transfers(h):
        for pre in (0, 16) if h.p.has("PRETRIG") else (0,):
            h.reset()
            mask, form = h.masks()[0], h.get(v.FORMAT)
            channels = [c for c in range(32) if mask >> c & 1]
            count, last = len(channels), channels[-1]
            value = 100 if h.width(form) == 1 else 1000
            index = crossing(value, count, form)
            run = start_triggered(h, t, trigger=LEVEL | last << 8, trigger_level=value, pretrigger=pre)
            wait_triggered(run, "trigger.level")
            judge_trigger(run, "trigger.level", pre, index)
