# SPDX-License-Identifier: GPL-2.0-only
"""Triggers and the frames before them."""

import time

import vfuclient as v
from r1lib import *  # noqa: F403


@test
def level_trigger():
    # the ramp of channel 1 of 2 is 2 * index + 1
    for args in ((), ("--free",)):
        with both(*args) as (_, k):
            run = v.Run(k)
            run.start(trigger=LEVEL | 1 << 8, trigger_level=10000, pretrigger=123, count=3000)
            blocks = run.collect()
            page = run.page()
            # 2 i + 1 >= 10000 first at 5000
            same(page["trigger_index"], 5000)
            same(k.get64(TRIGGER_INDEX), 5000)
            same(blocks[0].index, 5000 - 123)
            same(check_ramp(blocks, start=5000 - 123), (5000 - 123 + 3000, 0))
            same(page["frames"], 3000)
            assert page["state"] & TRIGGERED and run.irqs_seen & TRIGGER_IRQ
            same([bool(b.flags & REC_TRIGGER) for b in blocks],
                 [b.index <= 5000 < b.index + b.size // 4 for b in blocks])


@test
def level_trigger_falling_and_formats():
    # an s16 ramp of one channel falls from 32767 to -32768 at 32768
    with both("--free", "--channels", 1) as (_, k):
        run = v.Run(k)
        for fmt, level, falling, want in ((S16, 0, True, 32768), (S16, -5, False, 65531),
                                          (U16, 65535, False, 65535), (U16, 5, True, 65536),
                                          (U8, 200, False, 200), (S8, -128, True, 128),
                                          (S8, 127, False, 127), (S32, 70000, False, 70000),
                                          (U32, 99999, False, 99999)):
            run.start(format=fmt, trigger=LEVEL | (0x10 if falling else 0), trigger_level=level, count=10)
            page = run.wait(lambda p: p["state"] & 0xf == DONE)
            same(page["trigger_index"], want, f"format {fmt} level {level}")
            same(run.take(give=False)[0].index, want)
        # the first frame has no crossing, as none was before it
        run.start(trigger=LEVEL, trigger_level=0, count=10)
        page = run.wait(lambda p: p["state"] & 0xf == DONE)
        same(page["trigger_index"], 65536)


@test
def software_and_external_trigger():
    with both() as (c, k):
        run = v.Run(k)
        assert c.command("external").startswith("error")
        for source, fire in ((SOFTWARE, lambda: k.put(COMMAND, TRIG)),
                             (EXTERNAL, lambda: c.order("external"))):
            run.start(trigger=source, pretrigger=200, count=1000)
            time.sleep(0.05)
            same(k.get(STATE), ARMED)
            same(k.get64(FRAMES), 0)
            if source == EXTERNAL:
                k.put(COMMAND, TRIG)
                same(k.get(STATE), ARMED, "a software trigger that is not waited for")
            fire()
            blocks = run.collect()
            at = run.page()["trigger_index"]
            assert at > 0.04 * 48000
            same(check_ramp(blocks, start=at - 200), (at + 800, 0))
            assert any(b.flags & REC_TRIGGER for b in blocks)
        # at once: there is nothing before it
        run.start(command=START | TRIG, trigger=SOFTWARE, pretrigger=200, count=100)
        blocks = run.collect()
        same((blocks[0].index, run.page()["trigger_index"]), (0, 0))
        # stopped while it waits
        run.start(trigger=SOFTWARE)
        k.put(COMMAND, STOP)
        page = run.wait(lambda p: p["state"] & 0xf == DONE)
        same((page["frames"], page["blocks"], page["irq"] & FINISHED), (0, 0, FINISHED))


@test
def pretrigger_larger_than_the_fifo():
    with both("--fifo", 4096, "--pretrig", 65536, "--free") as (_, k):
        run = v.Run(k)
        run.start(trigger=LEVEL, trigger_level=32000, pretrigger=15000, count=16000)
        same(check_ramp(run.collect(), start=1000), (17000, 0))
    with both("--no-dma", "--fifo", 4096, "--pretrig", 65536, "--wait") as (_, k):
        k.enable()
        fifo_start(k, trigger=LEVEL, trigger_level=8000, pretrigger=3000, count=3500)
        eventually(lambda: k.get(STATE) & TRIGGERED)
        same(k.get64(FIFO_INDEX), 1000)
        data = b""
        while k.get(STATE) & 0xf != DONE:
            level = k.get(FIFO_LEVEL)
            assert level <= 4096
            data += fifo_pop(k, level)
        same(data, v.ramp(2000, 7000))


@test
def pretrigger_leaves_the_fifo_free():
    with both("--fifo", 4096, "--pretrig", 65536) as (c, k):
        run = v.Run(k)
        run.start(give=0, trigger=LEVEL, trigger_level=16000, pretrigger=7000)
        eventually(lambda: k.get(STATE) & LOSING)
        same(k.get64(TRIGGER_INDEX), 8000)
        same(c.gaps()[0][0], 8000 + 1024, "begin of the gap")
        run.give(16)
        check_ramp(run.collect(10), start=1000)


@test
def count_shorter_than_pretrigger():
    with both("--free") as (_, k):
        run = v.Run(k)
        run.start(trigger=LEVEL, trigger_level=8000, pretrigger=1000, count=300)
        same(check_ramp(run.collect(), start=3000), (3300, 0))
        same(run.page()["frames"], 300)
