# SPDX-License-Identifier: GPL-2.0-only
"""Where registers are: designs differ, and say so nowhere but in two places."""

from litepcielib import *  # noqa: F403


def text_of(k, base):
    words = [k.get(base + 4 * i) for i in range(256)]
    assert all(w < 256 for w in words)
    return bytes(words).split(b"\0")[0].decode()


@test
def scratch_and_identifier_tell_a_litex_design():
    for design, banks, text in (("m2sdr", M2SDR, "LiteX-M2SDR SoC / m2 variant"), ("core", CORE, "LitePCIe standalone core"),
                                ("core-msix", CORE_MSIX, "LitePCIe standalone core"), ("multi", MULTI, "LiteX SoC on XCU1525")):
        with lite("--design", design) as (_, k):
            k.set_config(4, 6, 2)
            same(k.get(SCRATCH), 0x12345678)
            k.put(SCRATCH, 0xcafe)
            same(k.get(SCRATCH), 0xcafe)
            assert text_of(k, banks["ident"]).startswith(text)
            same(k.get(banks["dma"] + ENABLE), IDLE)
            k.put(0, 1)
            same(k.get(SCRATCH), 0x12345678)


@test
def another_identifier_and_another_scratch():
    with lite("--ident", "something else", "--first", "87654321") as (_, k):
        k.set_config(4, 6, 2)
        same((k.get(SCRATCH), text_of(k, M2SDR["ident"])), (0x87654321, "something else"))


@test
def the_link_tells_what_pci_has_set_up():
    with lite() as (_, k):
        phy = M2SDR["phy"]
        k.set_config(4, 2, 2)
        same((k.get(phy) & 1, k.get(phy + 4), k.get(phy + 0xc), k.get(phy + 0x10), k.get(phy + 0x14)), (1, 0, 0, 512, 128))
        k.enable(MSI)
        same((k.get(phy + 4), k.get(phy + 0xc)), (1, 1))


@test
def what_is_not_built_in_leaves_no_hole():
    with lite("--only", "reader") as (_, k):
        k.set_config(4, 6, 2)
        dma = M2SDR["dma"]
        same(k.get(dma + ENABLE), IDLE)
        k.put(dma + 0x24, 1)
        same((k.get(dma + 0x20), k.get(dma + 0x24)), (0, 1), "loopback at 20, bypass at 24")
    with lite("--design", "core") as (_, k):
        k.set_config(4, 6, 2)
        same(k.get(CORE["dma"] + 0x44), 8192, "without a synchronizer the FIFOs begin there")
    with lite("--no-dma-loopback", "--no-buffering") as (_, k):
        k.set_config(4, 6, 2)
        k.put(M2SDR["dma"] + 0x40, 1)
        same([k.get(M2SDR["dma"] + at) for at in (0x40, 0x44, 0x48, 0x4c)], [1, 0, 0, 0])


@test
def channels_are_a_bank_apart():
    with lite("--dmas", 3, "--design", "core", "--free", "--each-run") as (_, k):
        k.enable(MSI)
        sides = [Side(k, CORE["dma"] + n * 0x800, area=n * 0x100000) for n in range(3)]
        # a core of 32 bits reaches the lower 4 GiB
        k.map(0, 64 << 20, k.memory.fd)
        for n, w in enumerate(sides):
            w.prepare()
            for i in range(n + 1):
                w.push(0x100000 * (n + 1) + i * 4096)
            w.put(ENABLE, 1)
        for n, w in enumerate(sides):
            w.wait(n + 1)
            check(k.memory.map[0x100000 * (n + 1):0x100000 * (n + 1) + 4096 * (n + 1)])


@test
def only_words_are_registers():
    with lite() as (_, k):
        k.set_config(4, 6, 2)
        refused(k.read, 0, 4, 8)
        refused(k.read, 0, 5, 4)
        refused(k.read, 0, 4, 2)
