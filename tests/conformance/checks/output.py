# SPDX-License-Identifier: GPL-2.0-only
"""An output, by DMA: what its pages and records tell of what it plays. The player judges each access."""

import vfuclient as v
from host import CALM, OUT, name_irq, name_state
from playing import HALT, LAST, Player
from ring import BLOCKS_AT
from suite import check
from vfuclient import (ARMED, COMMAND, DONE, DROPPED, ERR_TABLE, FAILED, FRAMES, GIVEN, IRQ_FRAMES, IRQ_STATUS, IRQ_US,
                       LOSING, OVERFLOW, RUNNING, STATE, STOP)

POSSIBLE = 1 | 2 | 4 | 1 << 12 | 1 << 14 | 1 << 15	# DMA, FIFO, WAIT, LINK, two of channels
DMA = "OUTPUT OUT_DMA"


@check("play.identity", caps="OUTPUT")
def output_identity(h):
    """What the output says that it is."""
    p, j = h.p.out, h.judge
    j.check("play.identity", p.caps & 3 and not p.caps & ~POSSIBLE, f"the output's CAPS reads {p.caps:#x}")
    for reg, name in ((0x000, "ID"), (0x004, "VERSION"), (0x008, "REVISION"), (0x010, "SERIAL_LO"), (0x014, "SERIAL_HI")):
        j.check("play.identity", h.get(OUT + reg) == h.get(reg), lambda r=reg, n=name: f"{n} reads {h.get(OUT + r):#x}, the "
                f"input's {h.get(r):#x}")
    if p.has("DMA"):
        j.check("play.identity", p.fifo_bytes >= 2 << p.block_max, f"FIFO_BYTES reads {p.fifo_bytes}, the largest block "
                f"has {1 << p.block_max}")


@check("play.order play.record play.index play.page play.sum play.stop", caps=DMA)
def output_stream(h):
    """More blocks than the table has entries, several sizes of both."""
    for entries, block in ((4, 256), (2, 1024), (16, 64)):
        run = Player(h, block, entries)
        run.start()
        run.play(2 * run.entries + 3)
        run.stop()
        run.wait(0.02)
    h.judge.check("play.page", h.take_messages(), "pages, and not one message")


@check("play.start play.stop-armed", caps=DMA)
def output_start(h):
    """ARMED while there is no block."""
    j = h.judge
    run = Player(h)
    run.start(give=0)
    run.wait(0.03)
    state, frames = run.state(), run.get64(FRAMES)
    j.check("play.start", state == ARMED and not frames, f"no block was given: {name_state(state)}, FRAMES {frames}")
    run.put(COMMAND, STOP)
    came, state = run.until_state(DONE, 1)
    j.check("play.stop-armed", came and not run.get64(FRAMES), lambda: f"STOP in ARMED, none was given: {state}, FRAMES "
            f"{run.get64(FRAMES)}")
    run.start(give=0)
    run.wait(0.01)
    run.give(2)
    came, state = run.until_state(RUNNING)
    j.need("play.start", came, f"two blocks were given: {state}")
    run.play(2)
    run.stop()
    # STOP in ARMED, with some that are given: behind the read of an entry
    run.start(give=0)
    h.on_access = lambda *_: run.put(COMMAND, STOP)
    run.give(2)
    run.finish("play.stop", "STOP before an entry was read")


@check("play.filler play.stop", caps=DMA + " !OUT_WAIT")
def output_underrun(h):
    """Filler again and again; and STOP while a block is yet to be read."""
    j = h.judge
    run = Player(h)
    run.start(give=2)
    for _ in range(2):
        given = len(run.blocks)
        came = run.until_page(lambda p: p["state"] & LOSING)
        j.need("play.filler", came, lambda: f"{run.closed} of {given} blocks have been played: no page with LOSING, STATE "
               f"reads {name_state(run.state())}")
        j.check("play.filler", run.closed == given, f"filler, and {run.closed} of {given} blocks have been played")
        before = run.get64(DROPPED)
        j.check("play.filler", h.until(lambda n=before: run.get64(DROPPED) > n, 3), f"LOSING, and DROPPED stays {before}")
        run.give(2)
        came = run.until_page(lambda p, n=given: p["progress"] >> 32 > n)
        j.need("play.filler", came, lambda: f"blocks were given amid filler: {name_state(run.state())}")
        j.check("play.filler", run.lost, "no record tells of the filler")
    came = run.until_page(lambda p: p["state"] & LOSING and p["progress"] >> 32 == len(run.blocks))
    j.need("play.filler", came, "no third episode")
    # it comes while the entry is being read
    stopped = []

    def stop(*_):
        run.put(COMMAND, STOP)
        stopped.append(run.state())

    h.on_access = stop
    run.give(1)
    run.finish("play.stop", f"GIVEN and STOP amid filler, STATE reads {name_state(stopped[0]) if stopped else '?'}")


@check("play.filler", caps=DMA + " OUT_WAIT")
def output_waits(h):
    """One that waits puts out none."""
    run = Player(h)
    run.start(give=2)
    run.until_page(lambda p: p["progress"] >> 32 == 2)
    run.wait(0.05)
    state, frames, dropped = run.state(), run.get64(FRAMES), run.get64(DROPPED)
    h.judge.check("play.filler", state == RUNNING and frames == run.end and not dropped and not
                  run.get(IRQ_STATUS) & OVERFLOW, lambda: f"WAIT, all was played: {name_state(state)}, FRAMES {frames}, "
                  f"DROPPED {dropped}, IRQ_STATUS {name_irq(run.get(IRQ_STATUS))}")
    run.play(4)
    run.stop()


@check("play.last", caps=DMA)
def output_last(h):
    """Blocks are given behind the last one, before and after it was read."""
    j = h.judge
    run = Player(h)
    run.start(give=0)
    run.fill()
    run.fill(flags=LAST)
    run.give(1)
    run.until_page(lambda p: p["progress"] >> 32 >= 1)
    run.put(GIVEN, 4)
    run.finish("play.last", "LAST", blocks=2)
    j.check("play.last", run.opened == 2 and run.page["read"] == 2, f"LAST was in entry 1, {run.opened} entries and "
            f"{run.page['read']} blocks were read")


@check("play.halt", caps=DMA)
def output_halt(h):
    """HALT in the midst of a block."""
    j = h.judge
    run = Player(h, block=1 << min(h.p.out.block_max, 14))
    run.start(give=2)
    j.need("play.halt", h.until(lambda: run.get64(FRAMES) > 20, 3), "two blocks were given, and 20 frames do not leave")
    run.halted = True
    run.put(COMMAND, HALT)
    came, state = run.until_state(DONE, 1)
    j.need("play.halt", came, f"HALT: {state}")
    run.over = ("play.halt", "though STATE had read DONE behind HALT")
    part, frames = run.page["progress"] & 0xffffffff, run.get64(FRAMES)
    j.check("play.halt", run.page["state"] == DONE and frames == run.page["frames"], f"HALT: the page has state "
            f"{name_state(run.page['state'])}, frames {run.page['frames']}; FRAMES reads {frames}")
    if not run.closed:
        j.check("play.halt", run.cut and run.cut[2] == part, f"HALT in block 0: the page tells of {part} bytes, the record "
                f"of {run.cut[2] if run.cut else 'none'}")
    run.wait(0.03)
    j.check("play.halt", run.get64(FRAMES) == frames, lambda: f"FRAMES {frames} in DONE, then {run.get64(FRAMES)}")


def failed(run, seconds=3.0):
    """Whether the run ends in error TABLE."""
    run.until_state(FAILED, seconds)
    return run.state() == FAILED | ERR_TABLE << 16


@check("play.entry-wrong", caps=DMA)
def output_entries(h):
    """Each way in which an entry is wrong, and GIVEN."""
    p, at = h.p.out, h.base + BLOCKS_AT
    run = Player(h)
    run.setup()
    most = (1 << p.block_max) // run.frame * run.frame
    cases = [("addr + 32", at + 32, run.size, 0), ("0 bytes", at, 0, 0), ("flags 2", at, run.size, 2),
             (f"{most + run.frame} bytes, the largest block has {1 << p.block_max}", at, most + run.frame, 0)]
    if run.frame > 1:
        cases.append((f"{run.size + 1} bytes, frames of {run.frame}", at, run.size + 1, 0))
    if p.addr_bits < 64:
        cases.append((f"addr {1 << p.addr_bits:#x}", 1 << p.addr_bits, run.size, 0))
    for what, address, size, flags in cases:
        run.start(give=0)
        run.breaks = True
        run.give(1, size=size, address=address, flags=flags)
        if not h.judge.check("play.entry-wrong", failed(run), lambda w=what: f"an entry with {w}: {name_state(run.state())}"):
            return
    for what, value in (("goes back", 1), ("is ahead by more than the table has", 2 * run.entries + 1)):
        run.start(give=2)
        run.breaks = True
        run.put(GIVEN, value)
        h.judge.check("play.entry-wrong", failed(run), lambda w=what: f"GIVEN {w}: {name_state(run.state())}")


@check("play.fails", caps=DMA)
def output_fails(h):
    """A wrong entry while a block is being played."""
    j = h.judge
    run = Player(h, block=1 << min(h.p.out.block_max, 14))
    run.start(give=1)
    j.need("play.fails", h.until(lambda: run.get64(FRAMES) > 20, 3), "a block was given, and 20 frames do not leave")
    run.breaks = True
    run.give(1, size=0)
    told = h.until(lambda: run.page and run.page["state"] & 0xf == FAILED, 3)
    j.check("play.fails", told, lambda: f"an entry of 0 bytes: no page with ERROR, STATE reads {name_state(run.state())}")
    j.check("play.fails", not run.cut, "a record without DONE, and there was no HALT")
    j.check("play.fails", run.get(IRQ_STATUS) & v.ERROR_IRQ, lambda: f"IRQ_STATUS reads {name_irq(run.get(IRQ_STATUS))}")


@check("play.moderated", caps=DMA)
def output_moderated(h):
    """A part of a block is told of by IRQ_FRAMES, and by IRQ_US."""
    for reg, name, value in ((IRQ_FRAMES, "IRQ_FRAMES", 16), (IRQ_US, "IRQ_US", 2000)):
        run = Player(h, block=1 << min(h.p.out.block_max, 14))
        run.start(give=0, rate=CALM)
        if run.seconds(run.size) < 0.02:
            h.judge.absent("play.moderated", "a block is played before a part of it can be told of")
            return
        run.put(reg, value)
        run.give(1)
        parts = set()
        run.until_page(lambda p, parts=parts: parts.add(p["progress"]) or p["progress"] >> 32 or len(parts) > 2)
        h.judge.check("play.moderated", len(parts) > 2, lambda n=name, w=value, m=len(parts): f"{n} {w}: {m} pages until all "
                      f"of the block was played; STATE reads {name_state(run.state())}")
