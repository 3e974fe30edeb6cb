# SPDX-License-Identifier: GPL-2.0-only
"""Interrupts: bits, masks, messages, and their order behind the page."""

import vfuclient as v
from checks.configuration import transfers
from checks.states import begin, serve
from host import CALM, KINDS, name_irq, name_state
from pops import Pops
from ring import Ring
from suite import check
from vfuclient import (ALL, COMMAND, DATA, DONE, FINISHED, IRQ_FRAMES, IRQ_MASK, IRQ_STATUS, IRQ_US, OVERFLOW, SEEN,
                       STOP)


def has_messages(h, *clauses):
    if h.kind != v.INTX:
        return True
    for clause in clauses:
        h.judge.absent(clause, "the card has no messages, but INTx")
    return False


@check("irq.order irq.message", caps="DMA")
def order(h):
    """Nothing is pending: the next message has to wait for the next page, and comes then."""
    j = h.judge
    if not has_messages(h, "irq.order", "irq.message"):
        return
    run = Ring(h, 256, 4)
    run.start(CALM)
    for _ in range(25):
        there = h.until(lambda: run.page and run.page["update"] != run.seen, 3)
        j.need("page.when", there, lambda: f"no update for 3 s: {name_state(h.state())}")
        run.service()
        h.get(IRQ_STATUS)
        h.take_messages()
        update = run.page["update"]
        if h.get(IRQ_STATUS) or run.page["update"] != update:
            continue
        run.quiet = True
        j.need("page.when", h.until(lambda: not run.quiet, 3), "no page for 3 s, with blocks given")
        # what may have come before is judged; now it has to
        if run.page["irq"] & ALL:
            j.check("irq.message", h.wait_message(2), lambda: f"no message 2 s behind update {run.page['update']} with "
                    f"irq {name_irq(run.page['irq'])}; IRQ_STATUS reads {name_irq(h.get(IRQ_STATUS))}")
    run.stop()


@check("irq.message irq.cause irq.mask irq.data", caps="FIFO")
def fifo_messages(h):
    """DATA of the FIFO: a message when it is set, masked and unmasked."""
    j = h.judge
    if not has_messages(h, "irq.message", "irq.cause"):
        return
    run = Pops(h)
    run.start(rate=CALM)
    h.put(IRQ_FRAMES, max(16, 64 // h.frame))
    for _ in range(5):
        if not quiet_fifo(h, run):
            break
        before = h.sent
        # nothing for less, and one when it is enough
        came = h.wait_message(2)
        status = h.get(IRQ_STATUS)
        if not j.check("irq.message", came, f"no message for 2 s: FIFO_LEVEL {h.get(v.FIFO_LEVEL)}, IRQ_STATUS "
                       f"{name_irq(status)}"):
            break
        j.check("irq.cause", status, f"a message, and IRQ_STATUS reads {name_irq(status)}")
        j.check("irq.storm", h.sent - before <= 3, f"{h.sent - before} messages for one DATA")
        h.put(IRQ_STATUS, DATA)
        status = h.get(IRQ_STATUS)
        j.check("irq.data", status & DATA or not h.get(v.FIFO_LEVEL), "DATA was cleared by writing 1: "
                f"{name_irq(status)}")
        masked(h)
    run.stop()


def quiet_fifo(h, run):
    """Pop until nothing is pending. False if frames are lost."""
    for _ in range(1000):
        h.put(IRQ_MASK, 0)
        run.service()
        status = h.get(IRQ_STATUS)
        if status & OVERFLOW:
            continue
        h.take_messages()
        if not h.get(IRQ_STATUS):
            return True
    h.judge.absent("irq.message", "the FIFO could not be emptied")
    return False


def masked(h):
    """IRQ_STATUS has something: masked it sends nothing, unmasked one message."""
    j = h.judge
    h.put(IRQ_MASK, 0)
    h.get(IRQ_STATUS)
    h.take_messages()
    h.pump(0.01)
    status = h.get(IRQ_STATUS)
    j.check("irq.mask", not h.take_messages(), f"a message with IRQ_MASK 0, IRQ_STATUS {name_irq(status)}")
    h.put(IRQ_MASK, ~status & ALL)
    now = h.get(IRQ_STATUS)
    if now == status:
        j.check("irq.mask", not h.take_messages(), f"a message with IRQ_STATUS {name_irq(status)}, IRQ_MASK "
                f"{~status & ALL:#x}")
    h.put(IRQ_MASK, 0)
    h.get(IRQ_STATUS)
    h.take_messages()
    h.put(IRQ_MASK, ALL)
    j.check("irq.mask", h.wait_message(1) or not h.get(IRQ_STATUS),
            lambda: f"no message when IRQ_MASK becomes 0x1f with IRQ_STATUS {name_irq(h.get(IRQ_STATUS))}")


@check("irq.clear irq.mask irq.message irq.cause")
def finished(h):
    """FINISHED: raised, masked, unmasked, cleared; and nothing where nothing is."""
    j = h.judge
    messages = has_messages(h, "irq.cause")
    for t in transfers(h):
        run = begin(h, t, mask=0)
        h.irq_frames = 0xffff
        serve(run, 20)
        run.stop()
        h.irq_frames = 0
        if t:
            # DATA is of the page's, and has its own check
            h.put(SEEN, run.page["update"])
        # those that the service has cleared come again in another run, which nobody serves
        h.put(IRQ_MASK, 0)
        finish_unserved(h, run, t)
        status = h.get(IRQ_STATUS)
        if not j.check("fifo.done" if not t else "page.first", status & FINISHED, "DONE, IRQ_STATUS reads "
                       f"{name_irq(status)}"):
            continue
        if messages:
            masked(h)
        h.put(IRQ_MASK, 0)
        h.put(IRQ_STATUS, 0)
        j.check("irq.clear", h.get(IRQ_STATUS) & FINISHED, "FINISHED is cleared by writing 0 to IRQ_STATUS")
        h.put(IRQ_STATUS, ALL & ~FINISHED)
        j.check("irq.clear", h.get(IRQ_STATUS) & FINISHED, "FINISHED is cleared by writing 0xf to IRQ_STATUS")
        h.put(IRQ_STATUS, FINISHED)
        status = h.get(IRQ_STATUS)
        j.check("irq.clear", not status & FINISHED, f"IRQ_STATUS reads {name_irq(status)} behind writing FINISHED")
        if t:
            h.put(SEEN, run.page["update"])
        h.put(IRQ_STATUS, ALL)
        j.check("irq.clear", h.get(IRQ_STATUS) == 0, lambda: f"IRQ_STATUS reads {name_irq(h.get(IRQ_STATUS))} behind "
                "writing "
                "0x1f and SEEN")
        if messages:
            h.take_messages()
            h.put(IRQ_MASK, ALL)
            h.pump(0.03)
            j.check("irq.cause", not h.take_messages(), lambda: f"a message, and IRQ_STATUS reads "
                    f"{name_irq(h.get(IRQ_STATUS))} in {name_state(h.state())}")


def finish_unserved(h, run, t):
    """Another run to its end, of which nothing is cleared."""
    run.begin(mask=0)
    h.until(lambda: h.get64(v.FRAMES) >= 8, 3)
    h.put(COMMAND, STOP)
    if t:
        h.until(lambda: run.refill() or h.state() & 0xf == DONE, 3)
        run.over = ("dma.quiet", "though STATE had read DONE")
    else:
        for _ in range(3000):
            level = run.look()
            run.take(level, True)
            if h.state() & 0xf == DONE:
                break


@check("irq.cause irq.message")
def begins(h):
    """START raises nothing by itself."""
    j = h.judge
    if not has_messages(h, "irq.cause"):
        return
    for t in transfers(h):
        run = Ring(h, 4096 if h.p.block_max >= 12 else 64, 4) if t else Pops(h)
        for _ in range(3):
            run.start(rate=CALM)
            for _ in range(10):
                came = h.take_messages()
                status = h.get(IRQ_STATUS)
                if status:
                    break
                j.check("irq.cause", not came, f"{came} messages behind START, and IRQ_STATUS reads 0")


@check("irq.seen irq.seen-old irq.seen-never", caps="DMA")
def seen_late(h):
    """SEEN in DONE: of an older update, of none, of the newest."""
    j = h.judge
    run = Ring(h, 256, 4)
    run.start(CALM, mask=0)
    j.need("page.when", h.until(lambda: run.counted >= 3, 3), lambda: f"{run.counted} blocks in 3 s")
    h.put(COMMAND, STOP)
    done = h.until(lambda: run.refill() or h.state() & 0xf == DONE, 3)
    j.need("state.stop", done, lambda: f"STOP: {name_state(h.state())} 3 s later, {run.counted} of {len(run.blocks)} "
           "blocks")
    h.put(IRQ_STATUS, ALL)
    update = run.page["update"]
    # the newest that tells of a block, and so is due; behind it there may be one that is not
    newest = next(b for a, b in reversed(list(zip(run.pages, run.pages[1:])))
                  if a[0]["progress"] >> 32 != b[0]["progress"] >> 32)[0]["update"]
    status = h.get(IRQ_STATUS)
    j.need("irq.seen", status == DATA, f"DONE, update {update}, SEEN 0: IRQ_STATUS reads {name_irq(status)}")
    h.put(IRQ_MASK, ALL)
    h.get(IRQ_STATUS)
    h.take_messages()
    if has_messages(h, "irq.seen-old"):
        h.put(SEEN, newest - 1)
        status = h.get(IRQ_STATUS)
        j.check("irq.seen-old", status & DATA, f"SEEN {newest - 1}, update {newest} tells of a block: IRQ_STATUS reads "
                f"{name_irq(status)}")
        j.check("irq.seen-old", h.wait_message(1), f"no message for a SEEN of {newest - 1}, where update {newest} "
                "tells of a block")
    h.put(SEEN, newest - 1)
    for number in (update + 1, update + 1000):
        h.put(SEEN, number)
        status = h.get(IRQ_STATUS)
        j.check("irq.seen-never", status & DATA, f"SEEN {number}, the newest update is {update}: IRQ_STATUS reads "
                f"{name_irq(status)}")
    h.put(SEEN, update)
    status = h.get(IRQ_STATUS)
    j.check("irq.seen", not status & DATA, f"SEEN {update} is the newest update: IRQ_STATUS reads {name_irq(status)}")


@check("irq.storm irq.message")
def alone(h):
    """A card that nobody serves sends one message."""
    j = h.judge
    if not has_messages(h, "irq.storm"):
        return
    for t in transfers(h):
        run = begin(h, t, h.fill_rate())
        if not t:
            h.put(IRQ_FRAMES, 1)
        h.put(IRQ_US, 1000)
        h.irq_frames = 1
        there = h.wait_message(3)
        j.need("irq.message", there, lambda: "no message 3 s behind START: IRQ_STATUS reads "
               f"{name_irq(h.get(IRQ_STATUS))}")
        # DATA may be set, and gone, and set again by nobody but the host
        h.pump(0.2)
        more = h.take_messages()
        j.check("irq.storm", there + more == 1, f"{there + more} messages of a card that nobody serves")
        h.irq_frames = 0
        if t:
            run.service()
            run.stop()


@check("irq.kinds irq.line")
def kinds(h):
    """Each kind of interrupt, to the end of a run."""
    j = h.judge
    there = h.kinds()
    names = ", ".join(KINDS[k] for k in there)
    for kind in there:
        h.reset()
        h.set_messages(False)
        h.enable_all(kind)
        t = transfers(h)[-1]
        run = begin(h, t)
        serve(run, 10)
        came = h.wait_message(3)
        j.check("irq.kinds", came, f"the card has {names}: no interrupt by {KINDS[kind]} within 3 s of a run")
        if kind == v.INTX:
            line(h)
        run.stop()
    if v.INTX not in there:
        j.absent("irq.line", "the card has no INTx")


def line(h):
    """INTx: unmasked while it is asserted, it comes again; else it does not."""
    j = h.judge
    h.put(IRQ_MASK, ALL)
    asserted = h.until(lambda: h.get(IRQ_STATUS), 3)
    j.need("irq.line", asserted, "IRQ_STATUS is 0 for 3 s of a run that nobody serves")
    for _ in range(2):
        h.unmask()
        j.check("irq.line", h.wait_message(1), lambda: "INTx is unmasked with IRQ_STATUS "
                f"{name_irq(h.get(IRQ_STATUS))}, and does "
                "not come")
    h.put(IRQ_MASK, 0)
    h.get(IRQ_STATUS)
    h.take_messages()
    h.unmask()
    h.pump(0.01)
    j.check("irq.line", not h.take_messages(), "INTx comes with IRQ_MASK 0")
