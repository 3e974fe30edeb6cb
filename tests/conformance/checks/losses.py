# SPDX-License-Identifier: GPL-2.0-only
"""Losses with DMA: exact, one gap for each episode."""

from host import name_irq, name_state
from ring import Ring
from suite import check
from vfuclient import COMMAND, DROPPED, FRAMES, IRQ_STATUS, LOSING, OVERFLOW, RUNNING, STOP


def starve(run):
    """Give nothing until frames are lost."""
    h = run.h
    seconds = 3 + 3 * h.fill_seconds(h.frame, h.div)
    full = h.until(lambda: h.state() & LOSING, seconds, 0.002)
    h.judge.need("loss.begin", full, lambda: f"no block was given for {seconds:.0f} s: FRAMES {h.get64(FRAMES)}, "
                 "DROPPED "
                 f"{h.get64(DROPPED)}, {name_state(h.state())}")


@check("loss.begin loss.fifo loss.until loss.ends loss.one state.losing page.when record.lost", caps="DMA !WAIT")
def episodes(h):
    """The host gives no block for a while, three times."""
    j = h.judge
    # of a size of which no FIFO is a multiple
    run = Ring(h, 192, 4)
    run.start(h.fill_rate())
    for _ in range(3):
        if not h.state() & LOSING:
            run.causes = 0
        lost = run.page["dropped"] if run.page else 0
        run.blocks_until(run.counted + 2)
        run.run(lambda: run.counted == len(run.blocks), 3, give=False)
        given = len(run.blocks)
        starve(run)
        state, status = h.state(), h.get(IRQ_STATUS)
        said = f"frames are lost: {name_state(state)}, IRQ_STATUS {name_irq(status)}"
        told = h.until(lambda lost=lost: run.page["dropped"] > lost, 1)
        j.check("page.when", told, f"{said}; no page tells of it within a second")
        j.check("loss.begin", (h.get(IRQ_STATUS) | run.causes) & OVERFLOW, f"{said} behind the page")
        before = run.next_index
        run.give(4)
        over = run.run(lambda: not h.get(0x44) & LOSING and run.closed > given, 5)
        j.need("loss.ends", over, lambda: f"blocks were given, {run.closed - given} are complete: "
               f"{name_state(h.state())}")
        run.blocks_until(run.counted + 2)
        # those of the FIFO, then one gap, then the rest
        behind = [b for b in run.blocks[given:run.closed] if b.record]
        jumps = [b for b in behind if b.record[1]]
        j.check("loss.one", bool(jumps), f"frames were lost behind {before}, and no block from {given} to "
                f"{run.closed} tells of it")
        if jumps:
            stored = jumps[0].record[0] - jumps[0].record[1] - before
            least = h.p.fifo_bytes // h.frame - 1
            j.check("loss.fifo", stored >= least - (64 // h.frame), f"{stored} frames arrived of the FIFO of "
                    f"{h.p.fifo_bytes} bytes "
                    f"before a gap; frames have {h.frame}")
    run.stop()


@check("loss.stop state.losing", caps="DMA !WAIT")
def stop_losing(h):
    """STOP before a block is given again: the FIFO arrives, LOSING is 0."""
    j = h.judge
    run = Ring(h, 256, 4)
    run.start(h.fill_rate(), give=2)
    run.run(lambda: run.counted == 2, 3, give=False)
    starve(run)
    j.check("state.losing", h.state() & 0xf == RUNNING, lambda: f"frames are lost: {name_state(h.state())}")
    h.put(COMMAND, STOP)
    state = h.state()
    frames, dropped = h.totals()
    j.check("state.losing", not state & LOSING, f"STOP while frames are lost: {name_state(state)}")
    run.give(4)
    run.finish()
    j.check("loss.stop", h.totals() == (frames, dropped), lambda: f"FRAMES and DROPPED {(frames, dropped)} at STOP, "
            f"{h.totals()} in DONE")
    j.check("loss.stop", run.data // h.frame == frames - dropped, f"{run.data // h.frame} frames arrived, FRAMES "
            f"{frames} - "
            f"DROPPED {dropped}")
