# SPDX-License-Identifier: GPL-2.0-only
"""Lies: those of this model; what is the same with all models stands in models/r1/lies.py."""

from xdmalib import *  # noqa: F403

TAG = bytes.fromhex("00005a5a")


def told(c, kind):
    pairs = dict(p.split(":") for p in c.order("lies").split("told=")[1].split(","))
    return tuple(int(n) for n in pairs[kind].split("/"))


@test
def lies_in_writebacks_and_counts():
    with xdma("--free") as (c, k):
        k.enable()
        def go(kind, seed):
            chan = Chan(k).build(16, 4096, DONE)
            chan.credit_mode()
            c.order(f"lie {seed} {kind}")
            chan.start(ALL | POLL_ENABLE)
            chan.put(CREDITS, 16)
            eventually(lambda: told(c, kind)[1] == 16)
            got = [chan.writeback(i) for i in range(16)], chan.poll()
            c.order("lie off")
            chan.stop()
            return got

        true = [(0x52b4, 0, 4096)] * 16
        seed = next(s for s in range(20) if go("writeback", s)[0] != true)
        backs, poll = go("writeback", seed)
        assert backs != true
        same(poll, 16)
        same(go("writeback", seed)[0], backs)
        seed = next(s for s in range(20) if go("count", s) != (true, 16))
        same(go("count", seed)[0], true)
        assert "count#" in c.order("lies log")


@test
def lies_in_registers():
    with xdma() as (c, k):
        c.order("lie 1 identity")
        assert any(k.get(C2H, BAR) >> 20 != 0x1fc for _ in range(50))
        same(k.get(C2H + STATUS, BAR), 0)
        c.order("lie 1 logic")
        assert any(k.get(USER_ID) != 0x55514341 for _ in range(100))
        c.order("lie 1 count")
        assert any(k.get(C2H + COUNT, BAR) for _ in range(200))
        assert c.command("lie 1 page").startswith("error")


@test
def lies_about_what_was_written_by_xdma():
    with xdma("--free") as (c, k):
        k.enable()
        chan = Chan(k).build(16, 4096, DONE)
        k.memory.map[chan.data:chan.data + 65536] = b"\xee" * 65536
        chan.credit_mode()
        c.order("lie 1 unwritten")
        chan.start()
        chan.put(CREDITS, 16)
        eventually(lambda: chan.get(COUNT) == 16)
        n = told(c, "unwritten")[0]
        same(sum(chan.buffer(i) == b"\xee" * 4096 for i in range(16)), n)
        assert 0 < n < 16
        same([chan.writeback(i) for i in range(16)], [(0x52b4, 0, 4096)] * 16)


@test
def lies_of_an_xdma_bus_master():
    with xdma("--free") as (c, k):
        k.enable()
        chan = Chan(k).build(8, 4096, DONE)
        chan.credit_mode()
        c.order("lie 2 stray")
        chan.start()
        chan.put(CREDITS, 8)
        eventually(lambda: k.pump(0.01) or told(c, "stray")[1] == 8)
        assert told(c, "stray")[0]
        c.order("lie off")
        chan.stop()
        at = chan.data + 7 * 4096
        assert k.memory.map[at:at + 4] != TAG
        c.order("lie 1 late")
        k.set_config(4, 0, 2)
        eventually(lambda: k.pump(0.01) or told(c, "late")[0] == 64, 20)
        same(k.memory.map[at:at + 4], TAG)
