# SPDX-License-Identifier: GPL-2.0-only
"""The output side: what it plays, and how a run ends."""

import os
import struct
import subprocess
import time

import vfuclient as v
from outlib import *  # noqa: F403


@test
def output_identity():
    with both() as (_, k):
        same(k.get(CAPS) & CAP_OUTPUT, 0)
        same(k.get(OUT + ID), 0, "registers of an output that is not there")
    with both("--output", "--channels", 4, "--out-rate", 8000) as (_, k):
        same(k.get(CAPS) & CAP_OUTPUT, CAP_OUTPUT)
        for reg in (ID, MAP_VERSION, REVISION, SERIAL, CHANNELS, FORMATS, TS_HZ):
            same(k.get(OUT + reg), k.get(reg), f"register {reg:#x}")
        same(k.get(OUT + CAPS), 3 | CAP_LINK)
        same(k.get(OUT + CLOCK) // k.get(OUT + DIVIDER), 8000)
        same(k.get(OUT + PRETRIG_BYTES), 0)
        largest = 1 << (k.get(OUT + LIMITS) >> 8 & 0xff)
        assert k.get(OUT + FIFO_BYTES) >= 2 * largest
        k.put(OUT + SCRATCH, 0x12345678)
        same((k.get(OUT + SCRATCH), k.get(SCRATCH)), (0x12345678, 0))
        k.put(OUT + COMMAND, RESET)
        same(k.get(OUT + SCRATCH), 0)
    for wait in ("--out-wait", "--out-free", "--free"):
        with both("--output", wait) as (_, k):
            same(k.get(OUT + CAPS), 3 | CAP_WAIT | CAP_LINK)
            same(k.get(CAPS) & CAP_WAIT, CAP_WAIT if wait == "--free" else 0)


@test
def output_command_line():
    for args in (("--out-record", "/tmp/x"), ("--out-loopback",), ("--output", "--out-record", "/does/not/exist"),
                 ("--output", "--out-fifo", 8191), ("--output", "--out-rate", 0)):
        status = subprocess.run([os.environ.get("ACQ_CARD", "build/bin/acq-card"), "--socket", "/tmp/x",
                                 *map(str, args)], capture_output=True, timeout=10)
        assert status.returncode == 2 and status.stderr, (args, status)


@test
def output_streams_in_order():
    for args in (("--speed", 20, "--out-wait"), ("--out-free",)):
        with player(*args) as (c, k):
            play = Play(k, entries=32)
            play.start()
            same(play.get(STATE) & 0xf, RUNNING)
            play.serve(300, seconds=60)
            play.put(COMMAND, STOP)
            play.serve(refill=False)
            same(play.check(c, sum(play.sizes) // 4), [])
            page = play.page()
            same((page["state"], page["blocks"], page["bytes"]), (DONE, play.given, 0))
            same(page["read"], play.given)
            same(page["frames"], sum(play.sizes) // 4)


@test
def output_by_messages():
    with player("--out-free", fd=False) as (c, k):
        play = Play(k, blocks=8, entries=8)
        play.start()
        play.serve(100)
        play.put(COMMAND, STOP)
        play.serve(refill=False)
        play.check(c, play.given * 1024)
        assert k.dma_reads >= 2 * play.given


@test
def output_of_odd_frames():
    """Three channels of 8 bits, in a FIFO that is no multiple of them."""
    with player("--out-free", "--channels", 3, "--format", "u8", "--out-fifo", 8192 + 2) as (c, k):
        play = Play(k, entries=32, frame=3, width=1)
        play.start()
        play.serve(60)
        # into a block that it has played
        play.serve(len(play.records) + 1, refill=False)
        play.give(1, 3)
        play.put(COMMAND, STOP)
        play.serve(refill=False)
        play.check(c, sum(play.sizes) // 3)


@test
def output_starts_with_the_first_block():
    with player() as (c, k):
        play = Play(k)
        play.start(give=0)
        time.sleep(0.05)
        same(play.get(STATE), ARMED)
        same(play.get64(FRAMES), 0, "frames while there is no block")
        play.give()
        play.serve(1, refill=False)
        same((play.records[0].index, play.records[0].lost), (0, 0))
        play.put(COMMAND, STOP)
        play.wait_state(DONE)
        play.check(c)


@test
def output_keeps_time():
    with player("--out-wait", "--rate", 48000) as (_, k):
        play = Play(k, blocks=32, entries=32, block=4800)
        play.start()
        play.serve(8)
        # 1200 frames at 48 kHz in units of 10 ns
        for a, b in zip(play.records, play.records[1:]):
            assert abs(b.stamp - a.stamp - 2500000) <= 1, (a.stamp, b.stamp)


@test
def output_stop_drains():
    with player() as (c, k):
        play = Play(k)
        play.start(give=4)
        play.put(COMMAND, STOP)
        same(play.get(STATE), RUNNING)
        # what is given behind STOP is not played
        k.put(OUT + GIVEN, 5)
        play.serve(refill=False)
        same(int(out_stats(c)["digest"]), digest(play.samples()))
        same(play.check(c, 4096), [])
        same(play.page()["dropped"], 0)
        assert play.get(IRQ_STATUS) & FINISHED or play.page()["irq"] & FINISHED
        # nothing of it is left in the next one
        play.start(give=1)
        play.put(COMMAND, STOP)
        play.serve(refill=False)
        same((play.get64(FRAMES), play.get64(DROPPED)), (1024, 0))


@test
def output_stop_when_dry():
    with player() as (c, k):
        play = Play(k)
        # nothing was given
        play.start(give=0)
        play.put(COMMAND, STOP)
        same(play.get(STATE), DONE)
        same(play.get64(FRAMES), 0)
        same(play.page()["state"], DONE)
        # filler is being put out
        play.start(give=2)
        eventually(lambda: play.get(STATE) & LOSING)
        play.put(COMMAND, STOP)
        same(play.get(STATE), DONE)
        play.take(refill=False)
        before = play.get64(FRAMES)
        time.sleep(0.02)
        same(play.get64(FRAMES), before, "frames behind the end")
        same(play.check(c, 2048), [(2048, before - 2048)])


@test
def output_stop_plays_what_was_given():
    """Read already or not, also where filler is being put out; nothing comes behind it."""
    for dry in (False, True):
        with player("--rate", 48000, "--speed", 4) as (c, k):
            play = Play(k)
            play.start(give=2 if dry else 0)
            if dry:
                play.wait(lambda p: p["state"] & LOSING)
            c.order("out stall on")
            play.give(3)
            play.put(COMMAND, STOP)
            k.put(OUT + GIVEN, play.given + 1)
            k.pump(0.02)
            same(play.get(STATE), RUNNING | LOSING if dry else ARMED)
            c.order("out stall off")
            play.serve(refill=False)
            same(play.page()["read"], play.given)
            gaps = play.check(c, play.given * 1024)
            same([at for at, _ in gaps], [2048] if dry else [])


@test
def output_ends_behind_last():
    """What was given behind it is not even read."""
    with player("--rate", 48000, "--speed", 4) as (c, k):
        play = Play(k)
        play.start(give=0)
        for flags in (0, LAST, 0, 0):
            play.fill(flags=flags)
        play.put(GIVEN, 4)
        k.pump(0.002)
        play.put(GIVEN, 5)
        play.wait_state(DONE)
        del play.sizes[2:]
        play.take(refill=False)
        same((play.page()["blocks"], play.page()["read"]), (2, 2))
        same(play.check(c, 2048), [])


@test
def output_fails_without_a_record():
    """Of a block that a failure cuts only the page tells."""
    with player() as (c, k):
        play = Play(k, block=65536)
        play.start(give=2)
        eventually(lambda: play.get64(FRAMES) > 500)
        c.order("out fail table")
        page = play.wait(lambda p: p["state"] & 0xf == FAILED)
        same(page["bytes"], page["frames"] * 4)
        same(play.record(0).size, 0, "record of a block that was cut")


@test
def output_halts_in_a_block():
    with player() as (c, k):
        play = Play(k, block=65536)
        play.start(give=2)
        eventually(lambda: play.get64(FRAMES) > 500)
        play.put(COMMAND, HALT)
        same(play.get(STATE), DONE)
        page = play.page()
        assert page["irq"] & FINISHED
        same(page["blocks"], 0)
        same(page["bytes"], page["frames"] * 4)
        same(page["frames"], play.get64(FRAMES))
        assert 500 < page["frames"] < 16384
        same(page["dropped"], 0)
        same(play.record(0).flags, 0, "record of a block that was not played")
        play.check(c, page["frames"])
        # while nothing has been played, too
        play.start(give=0)
        play.put(COMMAND, HALT)
        same((play.get(STATE), play.get64(FRAMES)), (DONE, 0))


@test
def output_halt_during_a_read():
    """STATE does not read DONE before the memory of the block is left alone."""
    with player("--out-free", fd=False) as (_, k):
        play = Play(k, block=16384)
        states = []

        def hook():
            k.put(OUT + COMMAND, HALT)
            states.append(k.send(v.REGION_READ, struct.pack("<QII", OUT + STATE, 0, 4)))

        play.start(give=0)
        play.fill(16384)
        k.before_dma = hook
        k.put(OUT + GIVEN, 1)
        answers = []

        def serve():
            number, command, flags, error, payload = k.receive()
            if flags & v.REPLY:
                answers.append(struct.unpack("<I", payload[16:])[0])
            else:
                k.serve_dma(number, command, payload)

        while not answers:
            serve()
        assert answers[0] & 0xf != DONE, "done while a read is under way"
        play.wait_state(DONE)


@test
def output_resets():
    with player("--out-free") as (_, k):
        for _ in range(10):
            play = Play(k)
            play.start()
            play.serve(20)
            play.put(COMMAND, RESET)
            same(play.get(STATE), IDLE)
            for reg in (FRAMES, DROPPED):
                same(play.get64(reg), 0)
            same((play.get(GIVEN), play.get(IRQ_STATUS), play.get(IRQ_MASK)), (0, 0, 0))
            before = k.memory.map[OUT_TABLE:OUT_BLOCKS]
            time.sleep(0.002)
            assert before == k.memory.map[OUT_TABLE:OUT_BLOCKS], "DMA after a reset"


@test
def output_sides_are_independent():
    with player("--speed", 5, "--wait", "--out-wait") as (c, k):
        run, play = v.Run(k), Play(k, enable=False)
        run.start()
        play.start()
        check_ramp(run.collect(20))
        play.serve(20)
        # a reset of one side is nothing to the other
        k.put(COMMAND, RESET)
        same(k.get(STATE), IDLE)
        play.serve(40)
        run.start()
        got = run.collect(5)
        play.put(COMMAND, RESET)
        check_ramp(got + run.collect(20))
        same(play.get(STATE), IDLE)
        # one of the function is for both
        play.start()
        k.request(v.DEVICE_RESET)
        same((k.get(STATE), play.get(STATE)), (IDLE, IDLE))
        same(int(out_stats(c)["runs"]), 2)
