# SPDX-License-Identifier: GPL-2.0-only
"""Interrupts, moderation and errors of the output side."""

import random
import time

import vfuclient as v
from outlib import *  # noqa: F403


@test
def output_seen_and_data():
    with player("--out-wait", "--speed", 5) as (_, k):
        play = Play(k)
        play.start(give=4)
        play.wait(lambda p: p["blocks"] == 4)
        same(play.get(IRQ_STATUS), DATA)
        k.irqs()
        newest = play.page()["update"]
        same(newest, 4)
        # one that is older: it is told again
        play.put(SEEN, newest - 1)
        assert k.irqs(seconds=1), "no interrupt for what was not seen"
        play.put(SEEN, newest + 100)
        same(play.get(SEEN), newest - 1, "an update that never was")
        play.put(IRQ_STATUS, ALL)
        same(play.get(IRQ_STATUS), DATA, "DATA is not cleared by writing one")
        k.irqs()
        play.put(SEEN, newest)
        same(play.get(IRQ_STATUS), 0)
        assert not k.irqs(seconds=0.05), "all has been seen"
        # masked, and unmasked with something pending
        play.put(IRQ_MASK, 0)
        play.give()
        play.wait(lambda p: p["blocks"] == 5)
        assert not k.irqs(seconds=0.02), "masked"
        play.put(IRQ_MASK, ALL)
        same(k.irqs(seconds=1), 1)


@test
def output_interrupts_of_each_kind():
    for name, kind in (("msix", MSIX), ("msi", MSI), ("intx", INTX)):
        with player("--out-free", "--irq", name) as (c, k):
            play = Play(k, kind=kind)
            play.start()
            play.serve(100)
            play.put(COMMAND, STOP)
            play.serve(refill=False)
            same(play.check(c, play.given * 1024), [])


@test
def output_shares_the_line():
    """INTx is the level of either; a message is sent by each as if it were alone."""
    with player("--irq", "intx") as (_, k):
        k.enable(INTX)
        play = Play(k, kind=INTX, enable=False)
        run = v.Run(k, kind=INTX, enable=False)
        run.start(give=1)
        play.start(give=1)
        run.wait(lambda p: p["blocks"] == 1)
        play.wait(lambda p: p["blocks"] == 1)
        k.put(COMMAND, RESET)
        assert k.config(6, 2) & 8, "the output still asks for it"
        play.put(COMMAND, RESET)
        assert not k.config(6, 2) & 8, "nobody does"
    with player("--wait", "--out-wait") as (_, k):
        run, play = v.Run(k), Play(k, enable=False)
        play.start(give=1)
        play.wait(lambda p: p["blocks"] == 1)
        k.irqs(seconds=1)
        assert not k.irqs(seconds=0.05)
        # DATA of the output is set all the time
        run.start(give=1)
        assert k.irqs(seconds=1), "no message of the input"


@test
def output_moderation():
    with player("--rate", 48000, "--speed", 5, "--out-wait") as (c, k):
        play = Play(k, blocks=64, entries=64)
        play.start(irq_frames=9600)
        before = int(out_stats(c)["interrupts"])
        play.serve(90, seconds=30)
        irqs = int(out_stats(c)["interrupts"]) - before
        # 90 blocks of 1024 frames are 9.6 times 9600
        assert 3 <= irqs < 30, irqs
        assert int(out_stats(c)["updates"]) >= 90, "the status page is not moderated"
        play.put(COMMAND, RESET)
        k.irqs()
        # the last one that was given is told of, whatever the host would like
        play.start(give=4, irq_frames=1000000)
        assert k.irqs(seconds=5)
        same(play.page()["blocks"], 4)


@test
def output_moderation_by_time():
    with player("--rate", 48000) as (_, k):
        play = Play(k, blocks=2, entries=2, block=65536)
        play.start(irq_us=20000)
        for irqs in range(10):
            assert k.irqs(seconds=5), "no interrupt although frames were played"
            page = play.page()
            assert page["bytes"] > 0 and page["frames"] >= irqs * 960, (irqs, page)
            play.take()


@test
def no_output_is_forgotten():
    """However SEEN races with updates, the next frames bring an interrupt."""
    with player("--speed", 10, "--out-wait") as (_, k):
        rng = random.Random(3)
        play = Play(k, blocks=16, entries=16, block=1024)
        for frames in (0, 1, 300, 700):
            play.start(irq_frames=frames, irq_us=3000)
            while len(play.records) < 100:
                if not k.irqs() and (not play.records or rng.random() < 0.5):
                    assert k.irqs(seconds=2), f"no interrupt, page {play.page()}"
                play.take()
                # now and then less is seen than there is
                if rng.random() < 0.2 and play.update > 1:
                    play.put(SEEN, play.update - 1)


@test
def output_updates_are_true():
    """Data, record, page: what an update says is there."""
    with player("--out-free", fd=False) as (_, k):
        play = Play(k, blocks=4, entries=4)
        k.dma_log = log = []
        play.start()
        play.serve(20)
        writes = [at for command, at, _, _ in log if command == v.DMA_WRITE]
        page = OUT_STATUS
        for before, after in zip(writes, writes[1:]):
            if after == page:
                assert OUT_RECORDS <= before < OUT_RECORDS + 128 or before == page + 60, hex(before)


@test
def output_configuration_errors():
    with player() as (_, k):
        play = Play(k)
        for reg, value in (("TRANSFER", 2), ("TRANSFER", 3), ("DIVIDER", 0), ("CHANNEL_MASK", 0),
                           ("CHANNEL_MASK", 4), ("FORMAT", 6), ("COUNT", 1), ("TRIGGER", 1),
                           ("TRIGGER_LEVEL", 1), ("PRETRIGGER", 1), ("PATTERN", 1), ("TABLE_LOG2", 13),
                           ("TABLE", 0), ("RECORDS", 32), ("STATUS", 16)):
            play.setup(**{reg: value})
            if reg in ("TABLE", "RECORDS", "STATUS"):
                k.put(OUT + globals()[reg] + 4, 0)
            k.memory.map[OUT_STATUS:OUT_STATUS + 64] = bytes(64)
            play.put(COMMAND, START)
            same(play.get(STATE), FAILED | ERR_CONFIG << 16, reg)
            same(play.get(IRQ_STATUS), ERROR_IRQ, reg)
            same(play.page()["update"], 0, "DMA with a wrong configuration")
        # START may follow
        play.start(give=1)
        play.wait(lambda p: p["blocks"] == 1)


@test
def output_table_errors():
    with player("--out-free", "--block-max", 14) as (_, k):
        play = Play(k, blocks=4, entries=4)
        cases = ((0, None), (4098, None), (32768, None), (4096, RAM + OUT_BLOCKS + 32), (4096, 1 << 63))
        for size, address in cases:
            play.start(give=0)
            play.entry(0, size, address)
            play.put(GIVEN, 1)
            want = FAILED | (ERR_DMA if address == 1 << 63 else ERR_TABLE) << 16
            eventually(lambda w=want: play.get(STATE) == w)
            same(play.page()["state"], want)
            same(play.get(IRQ_STATUS) & ERROR_IRQ, ERROR_IRQ)
        for given in (5, 0xffffffff, 0x80000000):
            play.start(give=0)
            play.put(GIVEN, given)
            same(play.get(STATE), FAILED | ERR_TABLE << 16)
        play.start(give=3)
        play.wait(lambda p: p["blocks"] == 3)
        play.put(GIVEN, 2)
        same(play.get(STATE), FAILED | ERR_TABLE << 16, "GIVEN that goes back")
        play.put(COMMAND, RESET)
        play.put(GIVEN, 3)
        same((play.get(GIVEN), play.get(STATE)), (0, IDLE), "GIVEN without a run")


@test
def output_dma_errors():
    with player("--out-free") as (c, k):
        play = Play(k)
        play.start()
        play.serve(20)
        c.order("out fail dma")
        play.give()
        eventually(lambda: play.get(STATE) == FAILED | ERR_DMA << 16)
        same(play.get(IRQ_STATUS) & ERROR_IRQ, ERROR_IRQ)
        play.start(give=4)
        play.serve(4, refill=False)
        c.order("out fail table")
        same(play.get(STATE), FAILED | ERR_TABLE << 16)
        assert c.command("out fail table").startswith("error")
        for wrong in ("out", "out nonsense", "out stall", "out stall maybe", "out dry 0", "out fail this"):
            assert c.command(wrong).startswith("error"), wrong


@test
def output_obeys_bus_mastering():
    with player("--speed", 4) as (_, k):
        play = Play(k)
        play.start()
        play.serve(3)
        k.set_config(4, 0x402, 2)
        eventually(lambda: play.get(STATE) == FAILED | ERR_DMA << 16)
        before = k.memory.map[OUT_TABLE:OUT_BLOCKS]
        time.sleep(0.02)
        assert before == k.memory.map[OUT_TABLE:OUT_BLOCKS], "a write without bus mastering"
        same(play.get(IRQ_STATUS) & ERROR_IRQ, ERROR_IRQ)
        # what waits for it is sent when it may be
        k.irqs()
        k.set_config(4, 0x406, 2)
        assert k.irqs(seconds=1), "no message when they became possible"
        play.start()
        play.serve(20)


@test
def output_sleeps_and_wakes():
    """D3hot in the midst of a run: the way back is a reset."""
    with player() as (_, k):
        play = Play(k)
        play.start()
        play.serve(2)
        cap = k.caps()[1]
        k.set_config(cap + 4, 3, 2)
        time.sleep(0.02)
        k.set_config(cap + 4, 0, 2)
        same(play.get(STATE), IDLE)
        k.enable()
        play.start()
        play.serve(5)


@test
def output_faults():
    """Those of the input side: no driver should believe them."""
    with player("--speed", 20, "--out-wait") as (c, k):
        play = Play(k, block=1024)
        for fault, wrong in (("bad-bytes", lambda r: r.size != 1024), ("bad-index", lambda r: r.index != 512),
                             ("bad-lost", lambda r: r.lost == 1 << 62), ("bad-number", lambda r: r.number != 2)):
            play.start(give=2)
            play.wait(lambda p: p["blocks"] == 2)
            c.order(f"fault {fault} 1")
            play.give()
            play.wait(lambda p: p["blocks"] == 3)
            assert wrong(play.record(2)), fault
        c.order("fault bad-progress 1")
        play.start(give=1)
        play.wait(lambda p: p["blocks"] > 1)
        c.order("clear")
        c.order("fault start-ignored 1")
        play.start(give=1)
        same(play.get(STATE), IDLE)
        play.start(give=1)
        c.order("fault stop-ignored 1")
        play.put(COMMAND, HALT)
        same(play.get(STATE) & 0xf, RUNNING)
        for command, give in ((HALT, 1), (STOP, 4)):
            play.start(give=give)
            c.order("fault done-never")
            play.put(COMMAND, command)
            time.sleep(0.02)
            same(play.get(STATE) & 0xf, RUNNING)
            c.order("clear")
            eventually(lambda: play.get(STATE) == DONE)
        play.start(give=1)
        c.order("fault reset-stuck")
        play.put(COMMAND, RESET)
        assert play.get(STATE) & 0xf != IDLE
        c.order("clear")
        play.put(COMMAND, RESET)
        same(play.get(STATE), IDLE)


@test
def output_lies():
    """Whatever it tells, it goes on after a reset."""
    with player("--out-free") as (c, k):
        play = Play(k)
        for kind in ("record", "progress", "page", "bits", "identity"):
            c.order(f"lie 7 {kind}")
            for _ in range(3):
                k.put(OUT + COMMAND, RESET)
                for reg, at in ((TABLE, OUT_TABLE), (RECORDS, OUT_RECORDS), (STATUS, OUT_STATUS)):
                    k.put64(OUT + reg, RAM + at)
                k.put(OUT + TABLE_LOG2, 4)
                k.put(OUT + COMMAND, START)
                for n in range(16):
                    play.entry(n, 4096)
                for n in range(16):
                    k.put(OUT + GIVEN, n + 1)
                    for reg in (ID, CHANNELS, STATE):
                        k.get(OUT + reg)
            eventually(lambda: not c.order("lies").endswith(" 0"))
            c.order("lie off")
        play.start()
        play.serve(40)


@test
def registers_of_both_sides():
    with player() as (c, k):
        k.put(SCRATCH, 1)
        k.put(OUT + SCRATCH, 2)
        k.put(OUT + IRQ_US, 3)
        written = c.order("regs written").split()
        for want in ("03c:00000001", "23c:00000002", "254:00000003"):
            assert want in written, written
        assert "200:31514341" in c.order("regs").split()
