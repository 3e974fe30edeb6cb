# SPDX-License-Identifier: GPL-2.0-only
"""When an update is worth an interrupt."""

import random
import time

import vfuclient as v
from r1lib import *  # noqa: F403


@test
def moderation_by_frames():
    with both("--rate", 48000, "--speed", 3) as (c, k):
        run = v.Run(k, blocks=64, entries=64)
        run.start(irq_frames=9600)
        before = int(c.stats()["irqs"])
        blocks = run.collect(90, seconds=30)
        check_ramp(blocks)
        irqs = int(c.stats()["irqs"]) - before
        # 90 blocks of 1024 frames are 9.6 times 9600: far from one for each, whatever a slow host adds
        assert 3 <= irqs < 30, irqs
        updates = int(c.stats()["updates"])
        assert updates >= 90, "the status page is not moderated"


@test
def moderation_by_time():
    with both("--rate", 48000) as (c, k):
        run = v.Run(k, blocks=16, entries=16, block=1 << 20)
        run.start(irq_us=20000)
        for irqs in range(20):
            assert k.irqs(seconds=5), "no interrupt although frames wait"
            page = run.page()
            assert page["bytes"] > 0
            # not more often than every 20 ms
            assert page["frames"] >= irqs * 960, (irqs, page["frames"])
            run.take()
        # the progress of the last one is seen: the next comes only with news
        c.order("stall on")
        k.irqs(seconds=0.1)
        run.take()
        k.irqs(seconds=0.1)
        run.take()
        assert not k.irqs(seconds=0.1), "nothing is new"


@test
def frames_behind_the_seen_update_are_told():
    """They came between the update and SEEN, and none comes after."""
    with both("--wait") as (c, k):
        run = v.Run(k, blocks=4, entries=4, block=1 << 20)
        run.start(irq_us=100000)
        assert k.irqs(seconds=2)
        update = run.page()["update"]
        time.sleep(0.03)
        c.order("stall on")
        k.put(SEEN, update)
        same(k.get(IRQ_STATUS) & DATA, 0, "DATA after all was seen")
        assert k.irqs(seconds=1), "frames were put, but nobody says so"
        assert run.page()["update"] > update


@test
def out_of_blocks_is_urgent():
    """No free block: the host is told, however large IRQ_FRAMES is."""
    with both("--wait") as (_, k):
        run = v.Run(k, blocks=4, entries=4)
        run.start(irq_frames=1000000)
        check_ramp(run.collect(20))


@test
def no_progress_is_forgotten():
    """However SEEN races with updates, the next frames bring an interrupt."""
    with both("--speed", 10, "--wait") as (_, k):
        rng = random.Random(2)
        run = v.Run(k, blocks=16, entries=16, block=1024)
        for frames in (0, 1, 300, 700):
            run.start(irq_frames=frames, irq_us=3000)
            got = []
            while len(got) < 150:
                if k.irqs():
                    pass
                elif not got or rng.random() < 0.5:
                    assert k.irqs(seconds=2), f"no interrupt, page {run.page()}"
                got += run.take()
                # now and then less is seen than there is
                if rng.random() < 0.2 and run.update > 1:
                    k.put(SEEN, run.update - 1)
            check_ramp(got)
