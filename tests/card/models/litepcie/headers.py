# SPDX-License-Identifier: GPL-2.0-only
"""M2SDR: headers with the card's time, what is lost, the synchronizer."""

from litepcielib import *  # noqa: F403

DMA, HEADER, TIME = M2SDR["dma"], M2SDR["header"], M2SDR["time"]


def split(data, cycles=1022):
    """(time, samples) of each header's period."""
    size = 16 + cycles * 8
    assert not len(data) % size
    got = []
    for at in range(0, len(data), size):
        magic, stamp = struct.unpack_from("<QQ", data, at)
        same(magic, MAGIC)
        got.append((stamp, data[at + 16:at + size]))
    return got


@test
def each_8_kib_begin_with_a_header():
    with lite("--wait", "--each-run", "--speed", 1000, "--card-time", 5000000000) as (c, k):
        begin(k)
        k.put(HEADER + RX_CONTROL, 3)
        same(k.get(HEADER + RX_CYCLES), 1022)
        w = Side(k, size=8192).prepare()
        w.push_next(8)
        w.put(ENABLE, 1)
        w.wait(8)
        got = split(b"".join(w.buffer(i) for i in range(8)))
        check(b"".join(d for _, d in got))
        assert got[0][0] >= 5000000000
        for i, (stamp, _) in enumerate(got):
            # 2044 frames at 48 kHz
            same(stamp - got[0][0], i * 2044 * 10**9 // 48000)
        same(c.stats()["dropped"], "0")


@test
def another_period_and_two_descriptors_for_each():
    """16 bytes to one place, the samples to another."""
    with lite("--free", "--each-run") as (_, k):
        begin(k)
        k.put(HEADER + RX_CONTROL, 3)
        k.put(HEADER + RX_CYCLES, 512)
        w = Side(k).prepare()
        for i in range(6):
            w.push(RAM + i * 16, 16)
            w.push_next()
        w.put(ENABLE, 1)
        w.wait(12)
        check(b"".join(w.buffer(i) for i in range(6)))
        for i in range(6):
            same(struct.unpack_from("<Q", k.memory.map, i * 16)[0], MAGIC)
        # without headers there are none, and they begin with the run
        w.prepare()
        k.put(HEADER + RX_CONTROL, 1)
        w.push_next(2)
        w.put(ENABLE, 1)
        w.wait(2)
        check(w.buffer(0))


@test
def what_is_lost_is_in_the_times():
    with lite("--each-run", "--speed", 50, "--fifo", 8192) as (c, k):
        begin(k)
        k.put(HEADER + RX_CONTROL, 3)
        k.put(HEADER + RX_CYCLES, 512)
        w = Side(k, size=4112).prepare()
        w.push_next(10)
        w.put(ENABLE, 1)
        w.wait(10)
        # the table is empty: nothing is taken, and all else goes on
        eventually(lambda: int(c.stats()["dropped"]) > 1000)
        w.push_next(20)
        w.wait(30)
        gaps = c.gaps()
        got = split(b"".join(w.buffer(i) for i in range(30)), 512)
        index, first = 0, got[0][0]
        found = []
        for (stamp, data), (after, _) in zip(got, got[1:] + [(None, None)]):
            begins = round((stamp - first) * 48000 / 10**9)
            same(data[:4], ramp(begins * 2, 2), "the frame behind a header is that of its time")
            if after is None:
                break
            index = begins + 1024
            lost = round((after - first) * 48000 / 10**9) - index
            if lost:
                found.append(lost)
        same(found[:1], [gaps[0][1]], "as many as the source has lost")


@test
def times_may_be_late():
    with lite("--free", "--each-run", "--stamp-jitter", 1000000) as (_, k):
        begin(k)
        k.put(HEADER + RX_CONTROL, 3)
        w = Side(k, size=8192).prepare()
        w.push_next(30)
        w.put(ENABLE, 1)
        w.wait(30)
        late = [stamp - i * 2044 * 10**9 // 48000 for i, (stamp, _) in
                enumerate(split(b"".join(w.buffer(i) for i in range(30))))]
        assert max(late) - min(late) > 300000 and max(late) - min(late) <= 1000000


@test
def until_it_is_synced_nothing_passes():
    with lite("--wait", "--each-run", "--card-time", 300000000, "--out-hz", 48000) as (c, k):
        k.enable(MSI)
        w, r = Side(k).prepare(), Side(k, reader=True, area=0x400000).prepare()
        w.push_next(4)
        r.push_next(8)
        w.put(ENABLE, 1)
        r.put(ENABLE, 1)
        eventually(lambda: int(c.stats()["reader0_bytes"]) == 24576)
        s = c.stats()
        same((s["synced"], s["frames"], s["reader0_out"]), ("0", "0", "0"))
        # at the next second of the card's clock, in 0.7 s or less
        k.put(DMA + MODE, 2)
        begun = time.monotonic()
        eventually(lambda: c.stats()["synced"] == "1")
        assert time.monotonic() - begun < 1
        w.wait(4)
        check(b"".join(w.buffer(i) for i in range(4)))
        same(k.get(HEADER + 8), 1)
        # it stays so until it is taken back
        k.put(DMA + MODE, 1)
        same(c.stats()["synced"], "1")
        k.put(DMA + MODE, 0)
        same(c.stats()["synced"], "0")


@test
def mode_1_waits_for_the_reader():
    with lite("--wait", "--each-run", "--speed", 20) as (c, k):
        k.enable(MSI)
        w = Side(k).prepare()
        w.push_next(4)
        w.put(ENABLE, 1)
        k.put(DMA + MODE, 1)
        eventually(lambda: int(c.stats()["time"]) > 4 * 10**9)
        same(c.stats()["synced"], "0")
        r = Side(k, reader=True, area=0x400000).prepare()
        r.push_next(4)
        r.put(ENABLE, 1)
        eventually(lambda: c.stats()["synced"] == "1")
        w.wait(4)


@test
def without_a_clock_no_pulse_comes():
    with lite("--wait", "--each-run", "--speed", 20) as (c, k):
        k.enable(MSI)
        k.put(TIME, 0)
        w = Side(k).prepare()
        w.push_next(1)
        w.put(ENABLE, 1)
        k.put(DMA + MODE, 2)
        time.sleep(0.2)
        same((c.stats()["synced"], c.stats()["time"]), ("0", "0"))


@test
def the_clock_is_read_and_set():
    with lite() as (_, k):
        k.set_config(4, 6, 2)
        k.put(TIME + 0xc, 7)
        k.put(TIME + 0x10, 5)
        k.put(TIME, 5)
        k.put(TIME, 3)
        first = k.get(TIME + 4) << 32 | k.get(TIME + 8)
        same(first >> 32, 7)
        time.sleep(0.01)
        same(k.get(TIME + 8), first & 0xffffffff, "it stays until it is read anew")
        k.put(TIME, 3)
        assert (k.get(TIME + 4) << 32 | k.get(TIME + 8)) - first >= 10**7


@test
def a_source_that_nobody_takes_loses():
    with lite("--speed", 20, "--each-run") as (c, k):
        begin(k)
        w = Side(k).prepare()
        w.push_next(2)
        w.put(ENABLE, 1)
        eventually(lambda: int(c.stats()["dropped"]) > 0)
        s = c.stats()
        same((s["writer0_pops"], s["losing"], s["fifo_bytes"]), ("2", "1", "65536"))
        same(c.gaps()[0][0], 2048 + 16384)
        w.push_next(1)
        eventually(lambda: c.stats()["writer0_pops"] == "3")
        w2 = c.stats()
        same(w2["losing"], "0")
