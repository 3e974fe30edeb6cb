# SPDX-License-Identifier: GPL-2.0-only
"""An output whose blocks come through the window."""

import vfuclient as v
from outlib import *  # noqa: F403

BLOCK_BYTES, PLAYED, PLAYED_BYTES, LAST = 0xec, 0xf0, 0xf4, 1 << 31
ROOM = FIFO_LEVEL


class Pio(Play):
    """Blocks by words; what it takes is a record made of their indices."""

    def start(self, give=None, **config):
        super().start(give=0, transfer=0, **config)
        self.end = 0
        if give:
            self.give(give)

    def push(self, data):
        data += bytes(-len(data) % 4)
        for at in range(0, len(data), 4):
            self.c.write(0, WINDOW + at % 4096, data[at:at + 4])

    def give(self, count=1, size=None, flags=0):
        for _ in range(count):
            self.sizes.append(size or self.block - self.block % self.frame)
            self.push(self.samples(len(self.sizes) - 1))
            self.put(BLOCK_BYTES, self.sizes[-1] | flags)
            self.given += 1
            self.put(GIVEN, self.given)

    def take(self, refill=True):
        while len(self.records) < self.get(PLAYED):
            number = len(self.records)
            index = self.get64(FIFO_INDEX)
            self.records.append(v.Block(index, index - self.end, 0, self.sizes[number], 0, None))
            self.end = index + self.sizes[number] // self.frame
            self.put(SEEN, number + 1)
            if refill:
                self.give()


@test
def window_streams_in_order():
    """Frames of any size, blocks that end amid a word, each with its index."""
    for channels, fmt, width in ((2, "s16", 2), (3, "s8", 1), (5, "s16", 2)):
        frame = channels * width
        with player("--channels", channels, "--format", fmt, "--out-wait", "--speed", 10) as (c, k):
            play = Pio(k, frame=frame, width=width)
            play.start()
            for n in range(200):
                size = (n * 7 % 50 + 1) * frame
                while play.get(ROOM) < size + 4:
                    play.take(refill=False)
                play.give(size=size)
                if n % 9 == 0:
                    play.take(refill=False)
            play.put(COMMAND, STOP)
            play.wait_state(DONE)
            play.take(refill=False)
            same(len(play.records), 200)
            same(play.check(c, sum(play.sizes) // frame), [])


@test
def window_underruns_are_exact():
    with player("--rate", 48000, "--speed", 4) as (c, k):
        play = Pio(k)
        play.start(give=2)
        for _ in range(5):
            filler = int(out_stats(c)["filler"])
            eventually(lambda f=filler: int(out_stats(c)["filler"]) > f + 20)
            assert k.get(OUT + STATE) & 0x100, "LOSING"
            assert play.get(IRQ_STATUS) & OVERFLOW
            play.put(IRQ_STATUS, OVERFLOW)
            play.give(2)
        play.put(COMMAND, STOP)
        play.wait_state(DONE)
        play.take(refill=False)
        # a slow machine adds some
        assert len(play.check(c, 12 * 1024)) >= 5


@test
def window_interrupts_for_blocks():
    with player("--rate", 48000, "--speed", 4) as (_, k):
        play = Pio(k)
        play.start(give=3)
        assert k.irqs(MSIX, 5)
        assert play.get(IRQ_STATUS) & DATA
        play.take(refill=False)
        eventually(lambda: play.get(PLAYED) == 3)
        play.take(refill=False)
        same(play.get(IRQ_STATUS) & DATA, 0)


@test
def window_ends():
    """By LAST without filler; by HALT in the midst of a block."""
    with player("--rate", 48000) as (c, k):
        play = Pio(k)
        play.start()
        play.give(1)
        play.give(1, size=100, flags=LAST)
        same(play.get(ROOM), 0)
        play.wait_state(DONE)
        same(int(out_stats(c)["filler"]), 0)
        play.start(give=2)
        k.pump(0.01)
        play.put(COMMAND, HALT)
        play.wait_state(DONE)
        played = int(out_stats(c)["played"])
        same(play.get(PLAYED) * 1024 + play.get(PLAYED_BYTES) // 4, played)
        assert 0 < played < 2048, played


@test
def window_refuses():
    """More than there is room for, what is not a block, two at a time, too many unseen."""
    with player("--out-fifo", 16384, "--block-max", 12) as (_, k):
        play = Pio(k)
        wrong = ((3, 0, 1), (12, 8, 1), (4, 4, 2), (2, 4, 1), (0, 0, 1))
        for size, pushed, given in wrong:
            play.start()
            play.push(bytes(pushed))
            play.put(BLOCK_BYTES, size)
            play.put(GIVEN, given)
            same(play.get(STATE), FAILED | 3 << 16)
        play.start()
        play.push(bytes(play.get(ROOM)))
        same(play.get(ROOM), 0)
        play.push(bytes(4))
        same(play.get(STATE), FAILED | 4 << 16)
    with player("--out-wait", "--speed", 1000) as (_, k):
        play = Pio(k)
        play.start()
        for _ in range(64):
            play.give(size=4)
        same(play.get(ROOM), 0)
        play.put(SEEN, 65)
        same(play.get(SEEN), 0)
        eventually(lambda: play.get(PLAYED) == 64)
        play.take(refill=False)
        assert play.get(ROOM) > 1000
    with player("--out-no-dma") as (_, k):
        same(k.get(OUT + CAPS) & 3, 2)
        play = Play(k)
        play.start(give=0, transfer=1)
        same(play.get(STATE), FAILED | 1 << 16)
