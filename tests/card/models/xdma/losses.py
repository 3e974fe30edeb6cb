# SPDX-License-Identifier: GPL-2.0-only
"""Losses, and how the host gets to know them."""

from xdmalib import *  # noqa: F403


@test
def losses_are_told_exactly():
    for args, channels in (((), 2), (("--channels", 3, "--width", 512), 3), (("--channels", 7), 7)):
        with xdma("--speed", 100, "--fifo", 8192, *args) as (c, k):
            k.enable()
            ring = Chan(k).build(16, 4096)
            ring.credit_mode()
            ring.put(CREDITS, 16)
            ring.start()
            got = ring.collect(40000)
            told = []
            for _ in range(4):
                told += losses(k)
                # the host gives nothing for a while
                taken = ring.take(give=False)
                before = c.stats()
                eventually(lambda: int(c.stats()["dropped"]) > int(before["dropped"]) + 1000)
                got += taken + ring.take(give=False)
                while True:
                    more = ring.take(give=False)
                    got += more
                    if not more:
                        break
                ring.put(CREDITS, 16 - int(ring.get(CREDITS)) if ring.get(STATUS) & BUSY else 0)
                got += ring.collect(40000)
            told += losses(k)
            same(told, c.gaps()[:len(told)], "what user BAR and control socket tell")
            assert len(told) >= 4, told
            index = check_losses(sound(got), told, channels)
            base = STREAM
            ring.stop()
            told += losses(k)
            same(told[:len(c.gaps())], c.gaps()[:len(told)])
            same(k.get(base + U_LOSSES), len(told))
            c.order("pause on")
            produced, lost, taken = (k.get64(base + r) for r in (U_PRODUCED, U_LOST, U_TAKEN))
            assert index <= produced
            s = c.stats()
            same((produced, lost, taken), tuple(int(s[n]) for n in ("frames", "dropped", "delivered")))
            level = int(s["c2h0_fifo"])
            assert abs(produced - lost - taken - level // (2 * channels)) <= 1 + 64 // (2 * channels)


@test
def ordered_losses():
    with xdma("--wait", "--speed", 50) as (c, k):
        k.enable()
        ring = Chan(k).build(16, 4096)
        ring.credit_mode()
        ring.put(CREDITS, 16)
        assert c.command("overflow 5").startswith("error")
        ring.start()
        got, total = [], 0
        for n in (1, 7, 1000, 12345):
            got += ring.collect(20000)
            c.order(f"overflow {n}")
            total += n
            eventually(lambda: int(c.stats()["dropped"]) == total)
        got += ring.collect(60000)
        told = losses(k)
        same([count for _, count in told], [1, 7, 1000, 12345])
        same(told, c.gaps())
        check_losses(sound(got), told)


@test
def loss_records_overflow():
    with xdma("--wait", "--speed", 50, "--loss-records", 2) as (c, k):
        k.enable()
        ring = Chan(k).build(16, 4096)
        ring.credit_mode()
        ring.put(CREDITS, 16)
        ring.start()
        for n in range(4):
            ring.collect(8192)
            c.order(f"overflow {n + 1}")
            eventually(lambda: ring.take() is not None and k.get(STREAM + U_LOSSES) == n + 1)
        same(k.get(STREAM + U_STATE), 2 | 1 << 17)
        same([count for _, count in losses(k)], [1, 2])
        same((k.get64(STREAM + U_LOST), k.get(STREAM + U_STATE)), (10, 1 << 17))
        same((k.get64(STREAM + U_INDEX), k.get64(STREAM + U_COUNT)), (0, 0), "no record")


@test
def marked_gaps():
    """With tlast before a gap no descriptor has one inside."""
    for args in (("--channels", 2), ("--channels", 3, "--width", 512), ("--packets", 5000)):
        channels = 3 if "--width" in args else 2
        with xdma("--speed", 100, "--fifo", 8192, "--mark-gaps", *args) as (c, k):
            k.enable()
            ring = Chan(k).build(16, 4096)
            ring.credit_mode()
            ring.put(CREDITS, 16)
            ring.start()
            got, told = [], []
            for _ in range(5):
                got += ring.collect(30000)
                told += losses(k)
                c.order("stall on")
                lost = int(c.stats()["dropped"])
                eventually(lambda: int(c.stats()["dropped"]) > lost)
                c.order("stall off")
                got += ring.collect(9000)
                c.order("overflow 10")
            got += ring.collect(30000)
            told += losses(k)
            assert len(told) >= 8, told
            check_losses(sound(got), told, channels)
            # where each descriptor begins
            starts, at = {}, 0
            ends = set()
            for data, eop in got:
                at += len(data)
                if eop:
                    ends.add(at)
            lost = 0
            for first, count in told:
                place = (first - lost) * 2 * channels
                if place <= at:
                    assert place in ends, f"no tlast before the gap at {place}"
                lost += count
