# SPDX-License-Identifier: GPL-2.0-only
"""Blocks, records and the status page."""

import struct
import time

import vfuclient as v
from r1lib import *  # noqa: F403


@test
def dma_streams_a_ramp():
    with both("--speed", 20) as (c, k):
        run = v.Run(k, blocks=16, block=8192, entries=32)
        run.start()
        blocks = run.collect(300, seconds=60)
        # a slow machine may make it lose some: they have to be accounted for, then
        end, lost = check_ramp(blocks)
        gaps = [(b.index - b.lost, b.lost) for b in blocks if b.lost]
        same(gaps, c.gaps()[:len(gaps)], "gaps")
        same(sum(n for _, n in gaps), lost)
        assert end >= 300 * 2048
        stamps = [b.stamp for b in blocks]
        assert stamps == sorted(stamps)


@test
def timestamps_follow_the_rate():
    with both("--rate", 48000, "--wait") as (_, k):
        run = v.Run(k, blocks=32, entries=32, block=4800)
        run.start()
        blocks = run.collect(8)
        # 1200 frames at 48 kHz in units of 10 ns
        for a, b in zip(blocks, blocks[1:]):
            assert abs(b.stamp - a.stamp - 2500000) <= 1, (a.stamp, b.stamp)


@test
def dma_free_runs_fast():
    with both("--free") as (c, k):
        run = v.Run(k, blocks=32, block=65536, entries=32)
        run.start(format=S32, pattern=RAMP)
        got, end = 0, 0
        while got < 2000:
            for b in run.collect(16):
                same((b.index, b.lost, b.size), (end, 0, 65536))
                # not all of it: this is about the card
                same(b.data[:64], v.ramp(b.index * 2, 16, 4))
                same(b.data[-64:], v.ramp((b.index + 8192) * 2 - 16, 16, 4))
                end += 8192
                got += 1
        stats = c.stats()
        same(stats["dropped"], "0")


@test
def dma_by_messages():
    with both("--free", fd=False) as (_, k):
        run = v.Run(k, blocks=8, block=16384, entries=8)
        run.start(count=40 * 4096 + 100)
        blocks = run.collect()
        same(check_ramp(blocks), (40 * 4096 + 100, 0))
        assert k.dma_writes > 40 and k.dma_reads >= 40
        assert blocks[-1].flags & REC_LAST


@test
def block_over_two_maps():
    with both("--free", ram=False) as (_, k):
        cut = BLOCKS_AT + 4096
        k.map(RAM, cut, k.memory.fd)
        k.map(RAM + cut, RAM_BYTES - cut, k.memory.fd, cut)
        run = v.Run(k, blocks=4, block=12288, entries=4)
        run.start(count=20000)
        check_ramp(run.collect())


@test
def table_errors():
    with both("--free", "--block-max", 14) as (_, k):
        run = v.Run(k, blocks=4, entries=4)
        cases = ((0, None), (4098, None), (32768, None), (4096, RAM + BLOCKS_AT + 32), (4096, 1 << 63))
        for size, address in cases:
            run.start(give=0, channel_mask=3)
            run.entry(0, size, address)
            k.put(GIVEN, 1)
            want = ERR_DMA if address == 1 << 63 else ERR_TABLE
            eventually(lambda w=want: k.get(STATE) == FAILED | w << 16)
        for given in (5, 0xffffffff, 0x80000000):
            run.start(give=0)
            k.put(GIVEN, given)
            eventually(lambda: k.get(STATE) == FAILED | ERR_TABLE << 16)
            page = run.page()
            same(page["state"], FAILED | ERR_TABLE << 16)
        run.start(give=3)
        run.wait(lambda p: p["blocks"] == 3)
        k.put(GIVEN, 2)
        same(k.get(STATE), FAILED | ERR_TABLE << 16, "GIVEN that goes back")
        run.start(give=0)
        run.entry(0)
        struct.pack_into("<I", k.memory.map, TABLE_AT + 12, 1)
        k.put(GIVEN, 1)
        eventually(lambda: k.get(STATE) == FAILED | ERR_TABLE << 16)


@test
def given_is_ignored_when_idle():
    with both() as (_, k):
        k.enable()
        k.put(GIVEN, 5)
        same(k.get(GIVEN), 0)
        same(k.get(STATE), IDLE)


@test
def finite_count():
    for args in (("--speed", 3), ("--free",), ("--speed", 30)):
        for count in (1, 1024, 1025, 5000):
            with both(*args) as (_, k):
                run = v.Run(k)
                run.start(count=count)
                blocks = run.collect()
                same(check_ramp(blocks), (count, 0))
                page = run.page()
                same((page["frames"], page["state"], page["bytes"]), (count, DONE, 0))
                same(blocks[-1].flags & 7, REC_DONE | REC_LAST)
                same([b.flags & REC_LAST for b in blocks[:-1]], [0] * (len(blocks) - 1))
                same(k.get(STATE), DONE)


@test
def stop_and_drain():
    with both() as (_, k):
        run = v.Run(k)
        run.start()
        blocks = run.collect(3)
        k.put(COMMAND, STOP)
        blocks += run.collect()
        end, lost = check_ramp(blocks)
        page = run.page()
        same((page["frames"], page["dropped"]), (end, lost))
        same(page["state"], DONE)
        assert page["irq"] & FINISHED
        # a second STOP and a TRIGGER are nothing, a START begins anew
        k.put(COMMAND, STOP | TRIG)
        same(k.get(STATE), DONE)
        run.start()
        blocks = run.collect(3)
        check_ramp(blocks)
        same(blocks[0].index, 0)
        # START while it runs is ignored
        k.put(COMMAND, START)
        check_ramp(blocks + run.collect(3))


@test
def reset_ends_dma():
    with both("--free") as (_, k):
        for _ in range(20):
            run = v.Run(k)
            run.start()
            run.collect(3)
            k.put(COMMAND, RESET)
            same(k.get(STATE), IDLE)
            before = k.memory.map[:BLOCKS_AT + 16 * 4096]
            time.sleep(0.002)
            assert before == k.memory.map[:BLOCKS_AT + 16 * 4096], "DMA after a reset"


@test
def update_is_counted_and_progress_is_true():
    with both() as (c, k):
        run = v.Run(k, block=65536)
        run.start(irq_frames=100)
        last = {"update": 0, "progress": 0, "frames": 0}
        end = time.monotonic() + 20
        while last["update"] <= 100:
            assert time.monotonic() < end, "waited in vain"
            page = run.page()
            assert page["update"] >= last["update"]
            assert page["progress"] >= last["progress"]
            if page["update"] > last["update"] and page["bytes"]:
                block = run.record(page["blocks"])
                if page["blocks"] == run.page()["blocks"]:
                    same(block.flags, page["blocks"] << 16, "record of an open block")
                    same(block.data, v.ramp(block.index * 2, block.size // 2), "its begin")
                    # what progress says is in memory
                    at = BLOCKS_AT + page["blocks"] * 65536
                    got = k.memory.map[at:at + page["bytes"]]
                    same(got, v.ramp(block.index * 2, page["bytes"] // 2), "open block")
            last = page
        assert int(c.stats()["updates"]) >= last["update"]


@test
def whole_blocks():
    """There is no word of a part of a block, whatever a host asks for."""
    with both("--whole-blocks", "--rate", 48000) as (c, k):
        run = v.Run(k)
        run.start(irq_us=100, irq_frames=1)
        same(k.get(CAPS) >> 16 & 1, 1)
        seen = set()
        for _ in range(5000):
            page = run.page()
            # while there are blocks left: 16 were given
            if page["blocks"] >= 8:
                break
            seen.add((page["update"], page["blocks"], page["bytes"]))
            assert not any(r.flags and not r.flags & REC_DONE for r in map(run.record, range(16)))
            time.sleep(0.001)
        assert all(bytes == 0 and update == blocks for update, blocks, bytes in seen), seen
        # what an episode and the end cut short is told of
        blocks = run.collect(4)
        for _ in range(5):
            c.order("overflow 100")
            page = run.wait(lambda p: p["irq"] & OVERFLOW)
            same(page["bytes"], 0)
            blocks += run.collect(3)
        k.put(COMMAND, STOP)
        blocks += run.collect()
        same(check_ramp(blocks), (k.get64(FRAMES), 500))
        assert blocks[-1].size < 4096 and blocks[-1].flags & REC_LAST


@test
def an_entry_is_a_multiple_of_eight():
    with both("--free", "--channels", 3) as (_, k):
        run = v.Run(k)
        for size, error in ((4086, ERR_TABLE), (4080, 0), (24, 0), (6, ERR_TABLE), (12, ERR_TABLE)):
            run.start(give=0)
            run.give(1, size)
            if error:
                eventually(lambda: k.get(STATE) == FAILED | ERR_TABLE << 16)
            else:
                same(run.collect(1)[0].size, size)


@test
def the_page_has_what_it_announces():
    with both("--rate", 192000) as (c, k):
        run = v.Run(k)
        run.start()
        run.collect(4)
        c.order("overflow 100")
        run.wait(lambda p: p["irq"] & OVERFLOW)
        same(k.get(IRQ_STATUS) & OVERFLOW, OVERFLOW)
        k.put(IRQ_STATUS, OVERFLOW)
        k.put(COMMAND, STOP)
        run.collect()
        page = run.page()
        same((page["state"], page["irq"] & FINISHED), (DONE, FINISHED))
