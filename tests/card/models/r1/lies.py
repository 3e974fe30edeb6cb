# SPDX-License-Identifier: GPL-2.0-only
"""Lies: the same from the same seed, of the kinds that were asked for, and none afterwards."""

import time

import vfuclient as v
from r1lib import *  # noqa: F403

TAG = bytes.fromhex("00005a5a")


def told(c, kind):
    """How often it has lied so, at how many occasions."""
    pairs = dict(p.split(":") for p in c.order("lies").split("told=")[1].split(","))
    return tuple(int(n) for n in pairs[kind].split("/"))


@test
def lies_are_those_of_the_seed():
    def reads(seed, kinds):
        with both() as (c, k):
            c.order(f"lie {seed} {kinds}")
            got = [k.get(reg) for reg in (ID, CHANNELS, FIFO_BYTES, SCRATCH) * 50]
            return got, c.order("lies"), c.order("lies log")

    first = reads(7, "bits,ones")
    same(reads(7, "bits,ones"), first)
    assert reads(8, "bits,ones")[0] != first[0]
    assert 0xffffffff in first[0] and 0x31514341 in first[0]
    # a kind's lies do not depend on those of another
    bits = [line for line in first[2].split("; ") if line.startswith("bits#")]
    alone = reads(7, "bits")[2].split("; ")
    assert bits and bits == alone[-len(bits):], (bits, alone)


@test
def lies_end():
    with both() as (c, k):
        c.order("lie 1 bits,identity,config,dead")
        for _ in range(300):
            k.get(ID)
            k.config(0)
        same(k.get(ID), 0xffffffff)
        same(told(c, "dead")[0], 1)
        assert told(c, "identity")[0] and told(c, "config")[0] and told(c, "bits")[0]
        c.order("lie off")
        for _ in range(100):
            same((k.get(ID), k.config(0)), (0x31514341, 0xac011234))
        c.order("lie 2 identity")
        c.order("clear")
        same([k.get(ID) for _ in range(50)], [0x31514341] * 50)
        for wrong in ("lie", "lie x", "lie 1 nonsense", "lie 1 writeback", "lie 1 bits,", "lie -1"):
            assert c.command(wrong).startswith("error"), wrong


@test
def lies_from_the_begin():
    with both("--lie", "3:identity") as (c, k):
        assert any(k.get(ID) != 0x31514341 for _ in range(50))
    c = v.Card("--lie", "3:nonsense")
    status, _, errors = c.close()
    same(status, 2)
    assert "--lie" in errors


@test
def lies_about_time():
    with both() as (c, k):
        c.order("lie 5 slow")
        before = time.monotonic()
        for _ in range(400):
            k.get(STATE)
        same(told(c, "slow"), (3, 400))
        assert 0.3 <= time.monotonic() - before < 60
        assert "ms" in c.order("lies log")


@test
def lies_about_interrupts():
    with both() as (c, k):
        run = v.Run(k)
        run.start()
        c.order("lie 1 spurious")
        eventually(lambda: told(c, "spurious")[0] > 3)
        c.order("lie 1 storm")
        eventually(lambda: told(c, "storm")[0] == 3, 30)
        c.order("lie 1 missing")
        run.collect(20, seconds=20)
        eventually(lambda: told(c, "missing")[0] > 0)


@test
def lies_in_memory():
    with both("--free") as (c, k):
        run = v.Run(k)

        def blocks(kind, wrong):
            c.order(f"lie 1 {kind}")
            run.start(give=1)
            for _ in range(400):
                run.give(1)
                eventually(lambda: told(c, kind)[1] >= run.given)
                if wrong():
                    return
            raise AssertionError(f"no lie of kind {kind}")

        blocks("record", lambda: any(run.record(n).size > 4096 or run.record(n).lost for n in range(16)))
        blocks("progress", lambda: run.page()["blocks"] > run.given)
        blocks("page", lambda: any(run.page()[f"r{n}"] for n in range(3)))


@test
def lies_about_what_was_written():
    with both("--free") as (c, k):
        run = v.Run(k, blocks=16)
        k.memory.map[BLOCKS_AT:BLOCKS_AT + 65536] = b"\xee" * 65536
        c.order("lie 1 unwritten")
        run.start(give=16)
        run.wait(lambda p: p["blocks"] == 16)
        n, occasions = told(c, "unwritten")
        same(occasions, 16)
        left = sum(k.memory.map[BLOCKS_AT + i * 4096:BLOCKS_AT + i * 4096 + 4096] == b"\xee" * 4096
                   for i in range(16))
        same(left, n)
        assert 0 < n < 16


@test
def lies_of_a_fifo():
    with both("--no-dma", "--speed", "0.000001") as (c, k):
        k.enable()
        fifo_start(k)
        c.order("lie 1 full")
        for _ in range(10):
            assert k.get(FIFO_LEVEL) >= 32768
            assert fifo_pop(k, 32768)[:4] == TAG
        same(k.get(STATE), RUNNING)
        same(k.get64(FIFO_INDEX), 10 * 32768 // 4)
        c.order("lie off")
        same(k.get(FIFO_LEVEL), 0)
        c.order("lie 1 level")
        assert any(k.get(FIFO_LEVEL) for _ in range(100))


@test
def lies_of_a_bus_master():
    with both("--free") as (c, k):
        run = v.Run(k)
        k.memory.map[BLOCKS_AT:BLOCKS_AT + 65536 * 2] = bytes(65536 * 2)
        c.order("lie 1 stray")
        run.start(give=8)
        run.wait(lambda p: p["blocks"] == 8)
        same(told(c, "stray")[1], 8)
        assert told(c, "stray")[0]
        k.put(COMMAND, RESET)
        k.set_config(4, 0, 2)
        same(k.get(STATE), IDLE)
        c.order("lie 1 late")
        before = k.dma_writes
        eventually(lambda: k.pump(0.01) or told(c, "late")[0] == 64, 20)
        assert k.dma_writes > before
        at = k.memory.map.find(TAG)
        assert at >= 0
        c.order("lie 1 all")
        assert "late" not in c.order("lies")
