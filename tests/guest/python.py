#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""python.py [TEST...]: the package acqdev with the real driver, in the machine (python.sh). Prints KTAP."""

import asyncio
import functools
import os
import select
import sys
import threading
import time
import traceback

import numpy as np

import acqdev
from acqdev import Block, Gap

SYS = "/sys/class/misc/acqdev/"
RING = 1 << 20
TESTS = []


def ask(tty, line):
    """One line to the card (ttyS2) or to the host (ttyS4), and its answer."""
    fd = os.open(f"/dev/{tty}", os.O_RDWR | os.O_NOCTTY)
    try:
        os.write(fd, line.encode() + b"\n")
        said = b""
        while not said.endswith(b"\n"):
            assert select.select([fd], [], [], 60)[0], f"no answer to {line}"
            said += os.read(fd, 256)
    finally:
        os.close(fd)
    assert said.startswith(b"ok"), (line, said)
    return said.decode()


card = functools.partial(ask, "ttyS2")
host = functools.partial(ask, "ttyS4")


def attribute(name):
    with open(SYS + name) as file:
        return file.read().strip()


def wait_for(condition, what):
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end, f"not within two minutes: {what}"
        time.sleep(0.02)


def ramp(index, frames):
    """Of 32 bits: of 16, each lap of the ring would look like the one before."""
    return np.arange(2 * index, 2 * (index + frames), dtype="<i4").reshape(frames, 2)


def is_ramp(samples, index):
    return np.array_equal(samples, ramp(index, len(samples)))


def opened(count=0, speed="free", **how):
    """The card, whose next run is a ramp of so many frames (0: endless)."""
    card(f"speed {speed}")
    dev = acqdev.open("/dev/acqdev", "rw", **how)
    dev.config.update(rate=48000, format="s32", channels=[0, 1], pattern="ramp", transfer="dma", count=count,
                      trigger="immediate", pretrigger=0, block="16k", ring=RING, irq_frames=0, irq_us=10000)
    return dev


def test(function):
    TESTS.append(function)
    return function


@test
def everything_comes():
    frames = 2_000_000
    with opened(frames) as dev:
        there = blocks = 0
        for block in dev:
            assert is_ramp(block.samples, there), there
            there = block.end
            blocks += 1
        assert there == frames, there
        assert block.card_time and block.time_ns <= time.monotonic_ns()
        print(f"# {frames} frames in {blocks} blocks, {dev.stats.waits} waits")


@test
def everything_is_kept():
    frames = 1_000_000
    for hold in (None, 0):
        with opened(frames) as dev:
            kept = [(block.index, block.samples) for block in dev.blocks(hold=hold)]
            assert sum(len(a) for _, a in kept) == frames
            assert dev.status.lost == 0
        assert all(is_ramp(array, index) for index, array in kept)
        assert not kept[0][1].flags.writeable


@test
def gaps():
    with opened(speed="1") as dev:
        lost = []
        seen = 0
        for item in dev.blocks(timeout=120):
            if isinstance(item, Gap):
                lost.append(item)
                assert item.index == seen, item
                seen += item.lost
                if len(lost) == 2:
                    break
                continue
            assert item.index == seen and is_ramp(item.samples, seen)
            if seen == 0 or (len(lost) == 1 and item.index == lost[0].index + lost[0].lost):
                card(f"overflow {300 + 77 * len(lost)}")
            seen = item.end
        assert [gap.lost for gap in lost] == [300, 377], lost
        assert {gap.cause for gap in lost} == {"card-fifo"}, lost
        assert not lost[0].estimated and dev.status.lost == 677, dev.status
        card("overflow 5")
        try:
            for item in dev.blocks(timeout=120, on_gap="raise"):
                assert isinstance(item, Block)
        except acqdev.GapError as error:
            assert error.gap.lost == 5
        block = next(iter(dev))
        assert is_ramp(block.samples, block.index)


@test
def waits_are_waits():
    """By poll() and by asyncio: the driver wakes, and nothing is lost."""
    with opened(48000, speed="1") as dev:
        there = sum(block.frames for block in dev.blocks(timeout=120))
        assert there == 48000
        print(f"# poll: {dev.stats}")

    async def read(dev):
        there = turns = 0
        async for block in dev.blocks(timeout=120):
            assert is_ramp(block.samples, there)
            there = block.end
            turns += 1
        return there, turns

    async def both(dev):
        other = asyncio.create_task(asyncio.sleep(0.1))
        there, turns = await read(dev)
        await other
        return there, turns

    with opened(48000, speed="1") as dev:
        there, turns = asyncio.run(both(dev))
        assert there == 48000
        print(f"# asyncio: {turns} blocks, {dev.stats}")
    with opened(24000, speed="1") as dev:
        kept = [block.samples for block in dev.blocks(timeout=120)]
        assert is_ramp(np.concatenate(kept), 0)


@test
def what_is_kept_costs_nobody():
    """An array of the first block is kept for many laps, which end at once if it is not moved out of the ring."""
    with opened() as dev:
        items = dev.blocks(timeout=120)
        first = next(items)
        array = first.samples
        index = first.index
        laps = 6 * RING // 4
        while (item := next(items)).end - index < laps:
            assert isinstance(item, Block), item
            assert is_ramp(item.samples, item.index)
        assert is_ramp(array, index)
        assert dev.status.lost == 0 and dev.status.position > RING


@test
def a_closed_device_is_left_alone():
    """Arrays live, and nothing of the device: the stream stops, and there is no reader."""
    dev = opened()
    block = next(iter(dev))
    array = block.samples
    assert attribute("state") == "running"
    dev.close()
    wait_for(lambda: attribute("state") == "idle", "the stream stops")
    assert attribute("counters/readers") == "0"
    assert is_ramp(array, block.index) and is_ramp(block.samples, block.index)
    with open("/proc/self/maps") as maps:
        assert "acqdev" not in maps.read().replace("/tmp/python", "").replace("libacq", "")
    # its memory is of the next run by now
    with opened(100000) as dev:
        list(dev)
    assert is_ramp(array, block.index)


@test
def a_device_goes_amid_iteration():
    dev = opened()
    there = 0
    for block in dev:
        dev = None
        assert is_ramp(block.samples, there)
        there = block.end
        if there > RING // 2:
            break
    samples = block.samples
    assert is_ramp(samples, block.index)
    wait_for(lambda: attribute("state") == "idle", "the stream stops")


@test
def fork():
    with opened() as dev:
        items = iter(dev)
        block = next(items)
        array = block.samples
        go, went = os.pipe()
        child = os.fork()
        if not child:
            os.close(went)
            os.read(go, 1)
            os._exit(0 if is_ramp(array, 0) and is_ramp(block.samples, 0) and dev.closed else 1)
        os.close(go)
        there = block.end
        while there < RING:
            block = next(items)
            assert is_ramp(block.samples, there)
            there = block.end
    # the child lives, and holds nothing
    wait_for(lambda: attribute("state") == "idle", "the stream stops")
    os.close(went)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert is_ramp(array, 0)


@test
def threads():
    """One reads, two check, in whatever order; arrays move under their hands."""
    wrong, queue = [], []
    done = threading.Event()

    def check():
        while queue or not done.is_set():
            try:
                index, array = queue.pop()
            except IndexError:
                time.sleep(0.001)
                continue
            for _ in range(3):
                if not is_ramp(array, index):
                    wrong.append(index)

    checkers = [threading.Thread(target=check) for _ in range(2)]
    for thread in checkers:
        thread.start()
    with opened(1_000_000) as dev:
        for block in dev.blocks(frames=5000, hold=50000):
            queue.append((block.index, block.samples))
    done.set()
    for thread in checkers:
        thread.join()
    assert not wrong, wrong


@test
def a_monitor_is_overtaken():
    """It has copies, never samples of another time, and says what it has missed."""
    with opened() as dev, acqdev.open("/dev/acqdev", monitor=True, oldest=True) as slow:
        items = dev.blocks(timeout=120)
        seen = slow.blocks(timeout=120)
        block = next(items)
        first = next(seen)
        array = first.samples
        assert isinstance(first, Block) and is_ramp(array, first.index)
        end = first.end
        while next(items).end < end + RING:
            pass
        item = next(seen)
        if isinstance(item, Block):
            item = next(seen)
        assert isinstance(item, Gap) and item.cause == "overtaken", item
        # overtaken once more meanwhile, if the machine is late
        while isinstance(block := next(seen), Gap):
            assert block.index == item.index + item.lost, (item, block)
            item = block
        assert block.index == item.index + item.lost and is_ramp(block.samples, block.index)
        assert is_ramp(array, first.index)


@test
def two_runs():
    """Arrays of one run stay when the next has a ring of its own."""
    with opened(50000) as dev:
        kept = [(b.index, b.samples) for b in dev]
        dev.start()
        again = [(b.index, b.samples) for b in dev]
        assert sum(len(a) for _, a in kept) == sum(len(a) for _, a in again) == 50000
        assert all(is_ramp(a, i) for i, a in kept + again)
        assert list(dev) == []


@test
def close_ends_a_wait():
    """Nothing else would: the card waits for a trigger that nobody gives."""
    async def read(dev):
        async for _ in dev:
            pass

    async def both(dev):
        task = asyncio.create_task(read(dev))
        await asyncio.sleep(0.3)
        dev.close()
        await task

    def sync(dev, said):
        try:
            list(dev)
        except ValueError as error:
            said.append(str(error))

    for _ in range(3):
        dev = opened()
        dev.config.trigger = "software"
        said = []
        thread = threading.Thread(target=sync, args=(dev, said))
        thread.start()
        wait_for(lambda: attribute("state") == "armed", "the stream waits for its trigger")
        time.sleep(0.1)
        dev.close()
        thread.join(60)
        assert not thread.is_alive() and said == ["/dev/acqdev is closed"], said
    dev = opened()
    dev.config.trigger = "software"
    try:
        asyncio.run(asyncio.wait_for(both(dev), 60))
        assert False, "no error"
    except ValueError as error:
        assert "is closed" in str(error)
    with opened() as dev:
        dev.config.trigger = "software"
        try:
            next(dev.blocks(timeout=0.2))
            assert False, "no time-out"
        except TimeoutError:
            dev.trigger()
        # the card has counted while it waited
        samples = next(dev.blocks(timeout=120)).samples
        assert is_ramp(samples - samples[0, 0], 0)


@test
def plays():
    digest = 0xcbf29ce484222325
    samples = np.arange(2 * 6000, dtype="<i2").reshape(-1, 2)
    card("out speed 1")
    with acqdev.open("/dev/acqdev1", "rw") as out:
        out.config.update(rate=48000, format="s16", channels=[0, 1], ring=RING)
        assert out.write(samples[:2500]) == [] and out.write(samples[2500:]) == []
        assert out.drain() == []
        assert out.status.accepted == samples.nbytes
    for byte in samples.tobytes():
        digest = (digest ^ byte) * 0x100000001b3 & (1 << 64) - 1
    said = dict(word.partition("=")[::2] for word in card("out stats").split())
    assert (said["played"], said["digest"]) == (str(len(samples)), str(digest)), (said, digest)


@test
def unplug():
    """The card goes while arrays of it live; what it had brought comes, and stays."""
    dev = opened(speed="1")
    items = dev.blocks(timeout=120)
    kept = []
    for _ in range(5):
        block = next(items)
        kept.append((block.index, block.samples))
    host("unplug 0")
    try:
        for item in items:
            if isinstance(item, Block):
                kept.append((item.index, item.samples))
        assert False, "no error"
    except acqdev.CardGone as error:
        print(f"# {error}, {len(kept)} blocks")
    assert all(is_ramp(array, index) for index, array in kept)
    view = kept[2][1][7:, 1]
    want = view.copy()
    del items, dev
    assert all(is_ramp(array, index) for index, array in kept)
    del kept
    assert np.array_equal(view, want)
    host("plug 0")
    wait_for(lambda: os.path.exists("/dev/acqdev"), "the card is back")
    with opened(1000) as dev:
        assert sum(len(block) for block in dev) == 1000


def main():
    wanted = sys.argv[1:] or [function.__name__ for function in TESTS]
    bad = 0
    print(f"KTAP version 1\n1..{len(wanted)}", flush=True)
    for number, name in enumerate(wanted, 1):
        began = time.monotonic()
        try:
            next(function for function in TESTS if function.__name__ == name)()
            print(f"ok {number} {name} # {time.monotonic() - began:.1f} s", flush=True)
        except BaseException:  # also what ends a program
            bad += 1
            print("".join(f"# {line}\n" for line in traceback.format_exc().splitlines()), end="")
            print(f"not ok {number} {name}", flush=True)
    sys.stdout.flush()
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
