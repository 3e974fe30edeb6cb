# SPDX-License-Identifier: GPL-2.0-only
"""The Reader: it counts what it has asked for. And the way back, without a driver of ours."""

from litepcielib import *  # noqa: F403

DMA = M2SDR["dma"]


@test
def what_it_reads_is_put_out_in_order():
    with lite("--free", "--each-run", "--out-hz", 48000) as (c, k):
        begin(k)
        r = Side(k, reader=True).prepare()
        data = ramp(0, 64 * 2048)
        k.memory.map[r.area:r.area + len(data)] = data
        r.push_next(64)
        r.put(ENABLE, 1)
        r.wait(64)
        eventually(lambda: c.stats()["reader0_out"] == str(len(data)))
        digest = 0xcbf29ce484222325
        for b in data:
            digest = (digest ^ b) * 0x100000001b3 & 0xffffffffffffffff
        same(c.stats()["reader0_hash"], f"{digest:016x}")


@test
def it_counts_when_it_has_asked():
    """The host's memory is read later: what is changed behind the count may be played."""
    with lite("--free", "--each-run", "--late", 300000, fd=False) as (c, k):
        begin(k)
        r = Side(k, reader=True, size=2048).prepare()
        r.push_next(1)
        r.put(ENABLE, 1)
        r.wait(1)
        same((c.stats()["reader0_bytes"], k.dma_reads), ("0", 0), "nothing has come")
        k.pump(3, lambda: k.dma_reads == 4)
        same(c.stats()["reader0_bytes"], "2048")


@test
def a_stop_forgets_what_was_not_put_out():
    with lite("--each-run", "--out-hz", 48000, "--out-bytes", 512) as (c, k):
        begin(k)
        r = Side(k, reader=True).prepare()
        r.push_next(8)
        r.put(ENABLE, 1)
        eventually(lambda: int(c.stats()["reader0_bytes"]) > 8000)
        r.put(ENABLE, 0)
        out = c.stats()["reader0_out"]
        time.sleep(0.1)
        same(c.stats()["reader0_out"], out)
        same(r.get(ENABLE), IDLE)


@test
def the_way_back():
    """Reader to Writer in the card: what its users' own test does, with random numbers."""
    import random

    with lite() as (_, k):
        begin(k)
        k.put(DMA + LOOPBACK, 1)
        w, r = Side(k, size=8192).prepare(), Side(k, reader=True, size=8192, area=0x200000).prepare()
        data = random.Random(1).randbytes(16 * 8192)
        k.memory.map[r.area:r.area + len(data)] = data
        w.push_next(16)
        r.push_next(16)
        # Loop mode, as the usual driver has it
        w.put(LOOP, 1)
        r.put(LOOP, 1)
        w.put(ENABLE, 1)
        r.put(ENABLE, 1)
        eventually(lambda: w.done() >> 16 > 20, 20)
        r.put(ENABLE, 0)
        w.put(ENABLE, 0)
        got = b"".join(w.buffer(i) for i in range(16))
        shift = [got == data[n * 8192:] + data[:n * 8192] for n in range(16)]
        assert any(shift) or got[:8192] in data, "what comes back is what went"
        # nothing comes from the source meanwhile
        same(k.get(DMA + LOOPBACK), 1)


@test
def both_directions_are_independent():
    with lite("--free", "--out-hz", 48000, "--each-run") as (_, k):
        begin(k)
        w, r = Side(k).prepare(), Side(k, reader=True, area=0x400000).prepare()
        w.push_next(4)
        w.put(ENABLE, 1)
        w.wait(4)
        r.push_next(2)
        r.put(ENABLE, 1)
        w.push_next(4)
        w.wait(8)
        r.wait(2)
        r.put(ENABLE, 0)
        w.push_next(4)
        w.wait(12)
        check(b"".join(w.buffer(i) for i in range(12)))


@test
def speed():
    """How fast it is, for whoever looks: 256 MiB of the ramp in shared memory."""
    with lite("--free", "--each-run") as (_, k):
        begin(k)
        w = Side(k, size=65536).prepare()
        w.push_next(64)
        w.put(LOOP, 1)
        begun = time.monotonic()
        w.put(ENABLE, 1)
        eventually(lambda: w.done() >> 16 >= 64, 60)
        print(f"     {256 / (time.monotonic() - begun):.0f} MiB/s", flush=True)
        w.put(ENABLE, 0)
