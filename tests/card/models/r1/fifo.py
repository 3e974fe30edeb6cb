# SPDX-License-Identifier: GPL-2.0-only
"""The FIFO transfer."""

import struct
import time

import vfuclient as v
from r1lib import *  # noqa: F403


@test
def fifo_transfer():
    with both("--no-dma", "--wait", "--speed", 3) as (_, k):
        k.enable()
        fifo_start(k)
        data = b""
        while len(data) < 100000:
            assert k.irqs(seconds=3), "no interrupt"
            k.put(IRQ_MASK, 0)
            level = k.get(FIFO_LEVEL)
            assert level >= 32768 and level % 4 == 0, level
            same(k.get64(FIFO_INDEX), len(data) // 4)
            data += fifo_pop(k, level)
            k.put(IRQ_MASK, ALL)
        k.put(COMMAND, STOP)
        while k.get(STATE) & 0xf == DRAINING:
            assert k.get(IRQ_STATUS) & DATA
            data += fifo_pop(k, k.get(FIFO_LEVEL))
        same(k.get(STATE), DONE)
        assert k.get(IRQ_STATUS) & FINISHED
        same(data, v.ramp(0, len(data) // 2), "samples")
        same(k.get64(FRAMES), len(data) // 4)


@test
def fifo_thresholds():
    with both("--no-dma", "--rate", 6000) as (_, k):
        k.enable()
        fifo_start(k, irq_frames=480)
        assert k.irqs(seconds=2)
        level = k.get(FIFO_LEVEL)
        assert 480 * 4 <= level < 32768, level
        fifo_pop(k, k.get(FIFO_LEVEL))
        same(k.get(IRQ_STATUS) & DATA, 0, "DATA after it was read")
        k.put(COMMAND, RESET)
        k.irqs()
        fifo_start(k, irq_us=5000)
        assert k.irqs(seconds=5)
        assert 4 <= k.get(FIFO_LEVEL) < 32768, "the FIFO is half full"


@test
def fifo_overflow():
    with both("--no-dma", "--rate", 192000, "--fifo", 8192) as (c, k):
        k.enable()
        fifo_start(k)
        eventually(lambda: k.get(STATE) & LOSING)
        assert k.irqs(seconds=1)
        assert k.get(IRQ_STATUS) & OVERFLOW
        same(k.get(FIFO_LEVEL), 8192)
        same(k.get64(FIFO_INDEX), 0)
        same(fifo_pop(k, 8192), v.ramp(0, 4096))
        # not before it was acknowledged
        time.sleep(0.02)
        same(k.get(FIFO_LEVEL), 0)
        assert k.get(STATE) & LOSING
        k.put(IRQ_STATUS, OVERFLOW)
        eventually(lambda: k.get(FIFO_LEVEL) >= 64)
        index = k.get64(FIFO_INDEX)
        assert index > 2048 + 0.02 * 192000 * 0.9
        same(fifo_pop(k, 64), v.ramp(index * 2, 32))
        same(c.gaps()[0], (2048, index - 2048))
        # acknowledged but not empty
        eventually(lambda: k.get(STATE) & LOSING)
        k.put(IRQ_STATUS, OVERFLOW)
        time.sleep(0.02)
        assert k.get(STATE) & LOSING
        fifo_pop(k, k.get(FIFO_LEVEL))
        eventually(lambda: k.get(FIFO_LEVEL))
        assert k.get64(FIFO_INDEX) > index
        same(k.get64(DROPPED), sum(n for _, n in c.gaps()))


@test
def fifo_padding_and_underrun():
    with both("--no-dma", "--free", "--channels", 3) as (_, k):
        k.enable()
        # 5 frames of 3 bytes: 15
        fifo_start(k, format=S8, count=5)
        eventually(lambda: k.get(FIFO_LEVEL) == 15)
        same(fifo_pop(k, 16), bytes(range(15)) + b"\0")
        same(k.get(STATE), DONE)
        # reading on after the end is nothing
        same(fifo_pop(k, 8), bytes(8))
        same(k.get(STATE), DONE)
    with both("--no-dma", "--rate", 2) as (_, k):
        k.enable()
        same(fifo_pop(k, 8), bytes(8))
        same(k.get(STATE), IDLE)
        fifo_start(k)
        same(k.get(FIFO_LEVEL), 0)
        fifo_pop(k, 4)
        same(k.get(STATE), FAILED | ERR_UNDERRUN << 16)
        assert k.get(IRQ_STATUS) & ERROR_IRQ and k.irqs(seconds=1)


@test
def fifo_odd_frames_overflow():
    """A FIFO whose content is no multiple of a word can be emptied by words."""
    with both("--no-dma", "--channels", 3, "--rate", 192000, "--fifo", 4096) as (_, k):
        k.enable()
        fifo_start(k, format=S8)
        eventually(lambda: k.get(STATE) & LOSING)
        same(k.get(FIFO_LEVEL), 4095)
        same(fifo_pop(k, 4096)[:4095], v.ramp(0, 4095, 1))
        k.put(IRQ_STATUS, OVERFLOW)
        eventually(lambda: k.get(FIFO_LEVEL) >= 12)
        index = k.get64(FIFO_INDEX)
        same(fifo_pop(k, 12), v.ramp(index * 3, 12, 1))
        same(k.get64(FIFO_INDEX), index + 4)


@test
def window_of_an_endpoint_of_single_words():
    for args, wide in ((("--window-32",), bytes([255] * 8)), (("--window-32=upper",), v.ramp(0, 2) + bytes([255] * 4)),
                       ((), v.ramp(0, 4))):
        with both("--no-dma", "--wait", *args) as (_, k):
            k.enable()
            same(k.get(CAPS) >> 10 & 1, not args, "WINDOW64")
            fifo_start(k)
            eventually(lambda: k.get(FIFO_LEVEL) >= 64)
            same(k.read(0, WINDOW, 8), wide, "8 bytes")
            first = {255: 0, 0: 2}[wide[0]] if args else 4
            same(k.read(0, WINDOW, 4), v.ramp(first, 2), "4 bytes")
            # registers are not concerned
            same(struct.unpack("<2I", k.read(0, ID, 8)), (0x31514341, 0x10001))


@test
def less_than_a_word_is_told_of_too_by_version_1_0():
    with both("--no-dma", "--rate", 2, "--channels", 1, "--map-version", "1.0") as (_, k):
        k.enable()
        fifo_start(k, irq_frames=1)
        assert k.irqs(seconds=3), "no interrupt"
        same(k.get(FIFO_LEVEL), 2)
        # nothing can be popped, and nobody is spared
        for _ in range(10):
            k.put(IRQ_MASK, 0)
            k.put(IRQ_MASK, ALL)
            assert k.irqs(seconds=1), "no interrupt"


@test
def less_than_a_word_waits_for_the_next_frame():
    with both("--no-dma", "--rate", 5, "--channels", 1) as (_, k):
        k.enable()
        fifo_start(k, irq_frames=1, irq_us=1000)
        for n in range(3):
            eventually(lambda: k.get(FIFO_LEVEL) == 2)
            time.sleep(0.005)
            same((k.get(IRQ_STATUS), k.get(FIFO_LEVEL)), (0, 2))
            assert k.irqs(seconds=3), "no interrupt"
            same(k.get(FIFO_LEVEL), 4)
            same(fifo_pop(k, 4), v.ramp(2 * n, 2))
            same(k.get(IRQ_STATUS), 0)


@test
def the_smallest_fifo_does_not_stand_still():
    """Words are popped of it though a frame and what is left of another fill it."""
    for channels, fmt, width in ((1, S8, 1), (1, S16, 2), (3, S8, 1), (3, S16, 2), (5, S8, 1), (3, S32, 4)):
        for every in (0, 1, 1000):
            frame = channels * width
            with both("--no-dma", "--wait", "--channels", channels, "--rate", 20000,
                      "--fifo", frame + 3, "--formats", hex(1 << fmt)) as (_, k):
                k.enable()
                fifo_start(k, format=fmt, irq_frames=every)
                data = b""
                while len(data) < 120:
                    assert k.irqs(seconds=3), f"{len(data)} bytes, {k.get(FIFO_LEVEL)} are left: {channels} {width} {every}"
                    k.put(IRQ_MASK, 0)
                    same(k.get(IRQ_STATUS), DATA)
                    level = k.get(FIFO_LEVEL)
                    assert level >= 4, level
                    data += fifo_pop(k, level - level % 4)
                    k.put(IRQ_MASK, ALL)
                same(data, v.ramp(0, len(data) // width, width))


@test
def the_index_of_a_stretch():
    """Without FOLLOW it says where it began, however much of it has been popped."""
    with both("--no-dma", "--without", "follow", "--rate", 192000, "--fifo", 8192) as (c, k):
        k.enable()
        same(k.get(CAPS) >> 13 & 1, 0, "FOLLOW")
        fifo_start(k)
        eventually(lambda: k.get(STATE) & LOSING)
        same(fifo_pop(k, 4096), v.ramp(0, 2048))
        same(k.get64(FIFO_INDEX), 0)
        fifo_pop(k, 4096)
        k.put(IRQ_STATUS, OVERFLOW)
        eventually(lambda: k.get(FIFO_LEVEL) >= 128)
        index = k.get64(FIFO_INDEX)
        same((2048, index - 2048), c.gaps()[0])
        same(fifo_pop(k, 64), v.ramp(index * 2, 32))
        same(k.get64(FIFO_INDEX), index)
        same(fifo_pop(k, 64), v.ramp(index * 2 + 32, 32))
        eventually(lambda: k.get(STATE) & LOSING)
        k.put(COMMAND, STOP)
        same(k.get(STATE), DRAINING)
        rest = fifo_pop(k, k.get(FIFO_LEVEL))
        same(k.get(STATE), DONE)
        same(k.get64(FRAMES) - k.get64(DROPPED), 2048 + (128 + len(rest)) // 4)
