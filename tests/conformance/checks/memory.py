# SPDX-License-Identifier: GPL-2.0-only
"""DMA: blocks, entries, records and the status page. The ring judges each access."""

import vfuclient as v
from checks.states import begin
from host import BRISK, CALM, name_irq, name_state
from ring import BLOCKS_AT, Ring, Silent
from suite import check
from vfuclient import (COMMAND, DATA, DONE, ERR_DMA, ERR_TABLE, FAILED, FINISHED, GIVEN, IRQ_FRAMES, IRQ_STATUS, IRQ_US,
                       SEEN, STOP)


def failed(h, code, seconds=3.0):
    """Whether the run ends in this error."""
    h.until(lambda: h.state() & 0xf in (FAILED, DONE), seconds)
    return h.state() == FAILED | code << 16


@check("dma.bounds dma.order dma.entry dma.told dma.wrap record.first record.page record.done record.number "
       "record.bytes "
       "record.index record.lost record.flags record.stamp record.open record.whole page.ascending page.fields "
       "page.update page.progress page.counters page.causes page.reserved page.stamp page.when", caps="DMA")
def stream(h):
    """More blocks than the table has entries, several sizes of both."""
    for entries, block in ((4, 256), (2, 1024), (16, 64), (1, 512)):
        if entries > 1 << h.p.table_log2:
            continue
        run = Ring(h, block, entries)
        run.start(min(h.fill_rate(), BRISK // 4))
        run.blocks_until(2 * entries + 3)
        h.judge.good_so_far("dma.wrap")
        run.stop()
    if h.p.has("WHOLE_BLOCKS"):
        h.judge.absent("record.open", "CAPS has WHOLE_BLOCKS")
    else:
        h.judge.absent("record.whole", "CAPS lacks WHOLE_BLOCKS")


@check("page.first dma.quiet fifo.level", caps="DMA")
def last_page(h):
    """FINISHED and DONE in the registers: the page that says so is there already, and is the last write."""
    j = h.judge
    for turn in range(3):
        run = begin(h, 1)
        run.blocks_until(1 + turn)
        j.check("fifo.level", h.get(v.FIFO_LEVEL) == 0, lambda: f"FIFO_LEVEL reads {h.get(v.FIFO_LEVEL)} with DMA")
        h.put(COMMAND, STOP)
        page = None
        for _ in range(2000):
            status = h.get(IRQ_STATUS)
            page = run.page
            if status & FINISHED:
                break
            state = h.state()
            page = run.page
            if state & 0xf == DONE:
                break
            run.service()
        j.check("page.first", page and page["state"] & 0xf == DONE and page["irq"] & FINISHED,
                lambda: f"FINISHED or DONE is in the registers, and the page says "
                f"{name_state(page['state']) if page else 'nothing'}, irq {name_irq(page['irq']) if page else 0}")
        run.finish()
        h.pump(0.05)
        h.state()
        j.good_so_far("dma.quiet")


@check("page.moderated page.causes", caps="DMA !WHOLE_BLOCKS")
def moderated(h):
    """A part of a block is told of by IRQ_FRAMES, and by IRQ_US."""
    j = h.judge
    for reg, value in ((IRQ_FRAMES, 16), (IRQ_US, 2000)):
        run = Ring(h, 65536 if h.p.block_max >= 16 else 1 << h.p.block_max, 4)
        run.start(CALM)
        h.irq_frames = value if reg == IRQ_FRAMES else 0
        h.put(reg, value)
        told = run.run(lambda: run.page and run.page["progress"] & 0xffffffff, 3)
        if run.counted:
            j.absent("page.moderated", "a block was complete before it could be told of in parts")
        else:
            j.check("page.moderated", told, f"{'IRQ_FRAMES' if reg == IRQ_FRAMES else 'IRQ_US'} {value}: no page "
                    "tells of a part "
                    "of the open block within 3 s")
            more = run.run(lambda seen=len(run.pages): len(run.pages) > seen + 2, 3)
            j.check("page.moderated", more, "no third update of the open block")
        run.stop()
        h.irq_frames = 0


@check("dma.entry-wrong", caps="DMA")
def entries(h):
    """Each way in which an entry is wrong."""
    p = h.p
    at = h.base + BLOCKS_AT
    h.setup(1)
    unit = h.dma_unit(h.frame)
    cases = [("addr + 32", at + 32, unit * 8, 0), ("addr + 8", at + 8, unit * 8, 0), ("0 bytes", at, 0, 0),
             ("flags 1", at, unit * 8, 1), ("flags 0x80000000", at, unit * 8, 0x80000000)]
    if 8 % h.frame:
        cases.append((f"{8 * unit + 8} bytes, frames of {h.frame}", at, 8 * unit + 8, 0))
    most = 1 << p.block_max
    above = (most // unit + 1) * unit
    cases.append((f"{above} bytes, the largest block has {most}", at, above, 0))
    if p.addr_bits < 64:
        cases.append((f"addr {1 << p.addr_bits:#x}", 1 << p.addr_bits, unit * 8, 0))
    for what, address, size, flags in cases:
        run = Ring(h, 256, 4)
        run.start(h.fill_rate(), give=0)
        run.give(1, size, address, flags)
        # nothing of the block is the card's
        run.blocks[0].size = 0
        if not h.judge.check("dma.entry-wrong", failed(h, ERR_TABLE),
                             f"an entry with {what}: {name_state(h.state())}"):
            return
    run = Ring(h, 256, 4)
    run.start(h.fill_rate())
    run.blocks_until(2)
    run.stop()


@check("dma.given dma.given-outside", caps="DMA")
def given(h):
    """GIVEN before START, behind the run, back, and too far."""
    j = h.judge
    for what, value in (("back", lambda run: len(run.blocks) - 1),
                        ("back by 2^31", lambda run: len(run.blocks) + (1 << 31)),
                        ("ahead by more than the table has", lambda run: run.counted + 2 * run.entries + 1)):
        run = Ring(h, 1024, 4)
        run.start(CALM)
        run.blocks_until(1)
        h.put(GIVEN, value(run))
        if not j.check("dma.given", failed(h, ERR_TABLE),
                       f"GIVEN goes {what}: {name_state(h.state())}, {run.counted} blocks complete"):
            return
    # before START: the entries are there, and the blocks are not
    run = Ring(h, 256, 4)
    h.setup(1, CALM)
    run.size = 256 - 256 % h.dma_unit(h.frame)
    run.point()
    h.put(GIVEN, 4)
    j.check("dma.given-outside", h.get(GIVEN) == 0, lambda: f"GIVEN reads {h.get(GIVEN)} behind a write of 4 in IDLE")
    run.begin(give=0)
    j.check("dma.given-outside", h.get(GIVEN) == 0, lambda: f"GIVEN was 4 before START, and reads {h.get(GIVEN)} "
            "behind it")
    h.pump(0.05)
    j.check("dma.given-outside", run.read == 0, "an entry was read that was given before START")
    run.give(4)
    run.blocks_until(2)
    run.stop()
    before = h.get(GIVEN)
    h.put(GIVEN, before + 2)
    h.pump(0.03)
    j.check("dma.given-outside", h.state() & 0xf == DONE, lambda: "a write of GIVEN in DONE leads to "
            f"{name_state(h.state())}")


@check("dma.failed", caps="DMA")
def refused(h):
    """An access that fails: of each kind."""
    j = h.judge
    kinds = {
        "the read of an entry": lambda run, command, at: command == v.DMA_READ,
        "a write to a block": lambda run, command, at: command == v.DMA_WRITE and at >= h.base + BLOCKS_AT,
        "a write to the records": lambda run, command, at: command == v.DMA_WRITE and run.records <= at < run.status,
        "a write to the page": lambda run, command, at: command == v.DMA_WRITE and run.status <= at < run.status + 64,
    }
    posted = 0
    for what, wrong in kinds.items():
        run = Ring(h, 256, 4)
        run.start(h.fill_rate(), give=0)
        h.wrong = lambda command, at, count, run=run, wrong=wrong: wrong(run, command, at)
        # a write that is posted fails without the card's knowing: it may go on
        h.ring = Silent()
        run.give(4)
        if failed(h, ERR_DMA):
            j.good_so_far("dma.failed")
        elif what == "the read of an entry":
            j.fail("dma.failed", f"{what} fails: {name_state(h.state())}")
        else:
            posted += 1	# a card need not hear of a write that is posted
        h.wrong = None
        h.reset()
    assert posted <= 3


@check("state.stop loss.fifo dma.quiet", caps="DMA")
def stop_starved(h):
    """STOP where the card has no block: what is in the FIFO waits for some, and arrives."""
    j = h.judge
    for given_now in (0, 1):
        run = Ring(h, 256, 4)
        run.start(CALM, give=given_now)
        if given_now:
            run.run(lambda: run.counted >= 1, 3, give=False)
        h.until(lambda: h.get64(v.FRAMES) * h.frame >= (given_now + 1) * run.size // 2 + 64, 3)
        h.put(COMMAND, STOP)
        frames = h.get64(v.FRAMES)
        h.pump(0.02)
        state = h.state()
        inside = frames - h.get64(v.DROPPED) - run.data // h.frame
        if inside * h.frame > (run.size if run.closed < len(run.blocks) else 0):
            j.check("state.stop", state & 0xf == v.DRAINING, f"STOP with {inside} frames in the FIFO and no block: "
                    f"{name_state(state)}")
        j.check("state.stop", h.get64(v.FRAMES) == frames, lambda: f"FRAMES {frames} at STOP, {h.get64(v.FRAMES)} 20 "
                "ms later")
        run.give(4 - (len(run.blocks) - run.counted))
        run.finish()
        j.check("loss.fifo", run.data // h.frame == frames - h.get64(v.DROPPED), lambda: f"FRAMES {frames} at STOP, "
                f"{run.data // h.frame} delivered, DROPPED {h.get64(v.DROPPED)}")


@check("irq.seen", caps="DMA")
def seen(h):
    """DATA against SEEN, in a run."""
    j = h.judge
    run = Ring(h, 512, 4)
    run.start(CALM, mask=0)
    for _ in range(6):
        there = h.until(lambda: run.page and run.page["update"] != run.seen, 3)
        j.need("page.when", there, lambda: f"no update for 3 s: {name_state(h.state())}")
        status, update = h.get(IRQ_STATUS), run.page["update"]
        j.check("irq.seen", status & DATA or not run.page["irq"] & DATA, f"update {update} is there, SEEN is "
                f"{run.seen}: "
                f"IRQ_STATUS reads {name_irq(status)}")
        update = run.page["update"]
        run.seen = update
        run.refill()
        h.put(SEEN, update)
        status = h.get(IRQ_STATUS)
        if run.page["update"] == update:
            j.check("irq.seen", not status & DATA, f"SEEN {update} is the newest update: IRQ_STATUS reads "
                    f"{name_irq(status)}")
        j.check("irq.seen", h.get(SEEN) == update, lambda: f"SEEN reads {h.get(SEEN)} behind a write of {update}")
    run.stop()
