# SPDX-License-Identifier: GPL-2.0-only
"""What can be wrong with it."""

from litepcielib import *  # noqa: F403


@test
def counts_that_lie():
    with lite("--free") as (c, k):
        begin(k)
        w = Side(k).prepare()
        w.push_next(4)
        w.put(ENABLE, 1)
        w.wait(4)
        c.order("fault bad-count 1")
        same((w.done(), w.done()), (5004, 4))
        c.order("fault count-back 1")
        same((w.done(), w.done()), (1, 4))


@test
def stops_and_starts_that_are_ignored():
    with lite("--free") as (c, k):
        begin(k)
        w = Side(k).prepare()
        c.order("fault start-ignored 1")
        w.push_next(2)
        w.put(ENABLE, 1)
        same((w.get(ENABLE), w.done()), (IDLE, 0))
        w.put(ENABLE, 1)
        w.wait(2)
        c.order("fault stop-ignored 1")
        w.put(ENABLE, 0)
        same(w.get(ENABLE), 1 | IDLE)
        c.order("fault stuck-busy")
        w.put(ENABLE, 0)
        same(w.get(ENABLE), 0)


@test
def gone_is_all_ones():
    with lite("--free") as (c, k):
        begin(k)
        w = Side(k).prepare()
        c.order("fault gone")
        same((w.get(ENABLE), w.done()), (0xffffffff, 0xffffffff))


@test
def headers_that_lie():
    with lite("--free", "--each-run") as (c, k):
        begin(k)
        k.put(M2SDR["header"] + RX_CONTROL, 3)
        c.order("fault bad-header 1")
        w = Side(k, size=8192).prepare()
        w.push_next(3)
        c.order("pause on")
        w.put(ENABLE, 1)
        c.order("pause off")
        w.wait(3)
        magics = [struct.unpack_from("<Q", w.buffer(i))[0] for i in range(3)]
        same(magics, [MAGIC ^ 1, MAGIC, MAGIC])


@test
def a_reset_forgets_all():
    with lite("--free") as (_, k):
        begin(k)
        k.put(M2SDR["msi"], 3)
        w = Side(k).prepare()
        w.push_next(2)
        w.put(LOOP, 1)
        k.put(0, 1)
        same((w.get(LOOP), w.get(LEVEL), k.get(M2SDR["msi"]), k.get(M2SDR["dma"] + BYPASS)), (0, 0, 0, 0))


@test
def without_bus_mastering_nothing_moves():
    with lite("--free") as (c, k):
        begin(k)
        k.set_config(4, 2, 2)
        w = Side(k).prepare()
        w.push_next(2)
        w.put(ENABLE, 1)
        time.sleep(0.05)
        same(w.done(), 0)
        c.order("fault master-ignored")
        w.wait(2)
