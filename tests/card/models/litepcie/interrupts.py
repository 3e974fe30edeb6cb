# SPDX-License-Identifier: GPL-2.0-only
"""Three kinds of interrupts, all of pulses."""

from litepcielib import *  # noqa: F403


@test
def one_message_for_each_pulse_whatever_is_latched():
    with lite("--wait", "--each-run") as (c, k):
        begin(k)
        c.order("pause on")
        msi = M2SDR["msi"]
        w = Side(k).prepare()
        w.push_next(6)
        k.put(msi, 2)
        w.put(ENABLE, 1)
        for n in range(1, 4):
            c.order("pause 1024")
            same(k.irqs(MSI, 5), 1, f"message {n}")
            same(k.get(msi + 8), 2, "the vector stays")
        k.put(msi + 4, 2)
        same(k.get(msi + 8), 0)
        # what is not enabled is gone
        k.put(msi, 1)
        c.order("pause 1024")
        w.wait(4)
        k.put(msi, 2)
        same((k.irqs(MSI, 0.05), k.get(msi + 8)), (0, 0))


@test
def descriptors_may_be_quiet():
    with lite("--free") as (_, k):
        begin(k)
        k.put(M2SDR["msi"], 3)
        w = Side(k).prepare()
        w.push_next(5, flags=ENDLESS | QUIET)
        w.put(ENABLE, 1)
        w.wait(5)
        same(k.irqs(MSI, 0.05), 0)
        w.push_next(1)
        same(k.irqs(MSI, 5), 1)


@test
def pulses_merge():
    with lite("--free") as (_, k):
        begin(k)
        k.put(M2SDR["msi"], 3)
        w = Side(k, size=512).prepare()
        w.push_next(100)
        w.put(ENABLE, 1)
        w.wait(100)
        assert 1 <= k.irqs(MSI, 1) < 100


@test
def many_messages():
    """Line n is message n: Readers and Writers in the order of their names."""
    with lite("--design", "multi", "--dmas", 2, "--free") as (_, k):
        k.enable(MSI, 32)
        k.put(MULTI["msi"], 0xf)
        for n in range(2):
            w = Side(k, MULTI["dma"] + n * 0x800).prepare()
            w.push_next(1)
            w.put(ENABLE, 1)
            same(k.irqs(MSI, 5, 2 * n + 1), 1)
            r = Side(k, MULTI["dma"] + n * 0x800, True).prepare()
            r.push_next(1)
            r.put(ENABLE, 1)
            same(k.irqs(MSI, 5, 2 * n), 1)
        assert not k.signalled()


@test
def msix_is_enabled_by_the_lower_word_which_comes_second():
    with lite("--design", "core-msix", "--free") as (c, k):
        k.enable(MSIX, 4)
        k.map(0, 64 << 20, k.memory.fd)
        k.put(CORE_MSIX["msi"], 2)
        w = Side(k, CORE_MSIX["dma"]).prepare()
        w.push(0x100000)
        w.put(ENABLE, 1)
        w.wait(1)
        same(k.irqs(MSIX, 0.05, 1), 0)
        k.put(CORE_MSIX["msi"] + 4, 2)
        w.push(0x100000)
        same(k.irqs(MSIX, 5, 1), 1)
        # a masked one drops it
        c.order("mask 1 on")
        w.push(0x100000)
        w.wait(3)
        c.order("mask 1 off")
        same(k.irqs(MSIX, 0.05, 1), 0)
    with lite("--design", "core-msix", "--msi-enabled") as (_, k):
        k.set_config(4, 6, 2)
        same((k.get(CORE_MSIX["msi"]), k.get(CORE_MSIX["msi"] + 4)), (0xffffffff, 0xffffffff))


@test
def data_come_before_the_count_and_that_before_the_message():
    with lite("--free", fd=False) as (_, k):
        begin(k)
        k.put(M2SDR["msi"], 2)
        w = Side(k).prepare()
        k.dma_log = []
        w.push_next(1)
        w.put(ENABLE, 1)
        k.pump(5, lambda: k.signalled())
        assert k.dma_log and not any(entry[3] for entry in k.dma_log), "no message before the data"
        same(w.done(), 1)


@test
def other_lines_are_the_designs_own():
    with lite() as (c, k):
        begin(k)
        c.order("user-irq 3")
        same(k.irqs(MSI, 0.05), 0)
        k.put(M2SDR["msi"], 1 << 3)
        c.order("user-irq 3")
        same((k.irqs(MSI, 1), k.get(M2SDR["msi"] + 8)), (1, 8))
