# SPDX-License-Identifier: GPL-2.0-only
"""Packets."""

import vfuclient as v
from xdmalib import *  # noqa: F403


@test
def packets_end_anywhere():
    """tlast at each place relative to the end of a descriptor and of a page."""
    size = 256
    for width in (64, 512):
        lengths = [*range(size - 70, size + 3), 1, 2, 2 * size - 1, 2 * size, 2 * size + 1, 4096, 4095, 8192]
        for chunk in (lengths[:60], lengths[60:]):
            with xdma("--free", "--width", width, "--packets", ",".join(map(str, chunk))) as (_, k):
                k.enable()
                ring = Chan(k).build(64, size, pad=8)
                ring.credit_mode()
                ring.put(CREDITS, 64)
                ring.start()
                got = ring.collect(3 * sum(chunk))
                packets, _ = packets_of(got)
                same([len(p) for p in packets], (chunk * (len(packets) // len(chunk) + 1))[:len(packets)], "packets")
                check(sound(got))
                for data, eop in got:
                    assert len(data) <= size and (eop or len(data) == size), "only tlast ends it early"
                # not a byte behind the end of a descriptor
                for i in range(64):
                    at = ring.data + i * ring.stride + size
                    same(k.memory.map[at:at + 8], bytes(8))


@test
def a_packet_that_ends_with_its_descriptor():
    with xdma("--free", "--packets", 4096) as (_, k):
        k.enable()
        chan = Chan(k).build(8, 2048, 0, STOP | DONE)
        chan.start()
        eventually(lambda: chan.get(STATUS) & STOPPED)
        same([(len(d), eop) for d, eop in chan.take()], [(2048, 0), (2048, 1)] * 4)


@test
def packets_by_order():
    """A ramp of lengths, set while the card is there, from the next run on."""
    with xdma("--free", "--begin", "run", "--wait") as (c, k):
        k.enable()
        ring = Chan(k).build(64, 256)
        ring.credit_mode()
        for packets, lengths in (("steps:12:60", [12, 24, 36, 48, 60]), ("steps:500:999", [500]), ("7,300", [7, 300])):
            c.order(f"packets {packets}")
            ring.clear_writebacks(64)
            ring.put(CREDITS, 64)
            ring.start()
            # the run's first descriptor is the list's
            got = ring.collect(6 * sum(lengths), give=False)
            ring.stop()
            found = [len(p) for p in packets_of(got)[0]]
            same(found, (lengths * len(found))[:len(found)], "packets")
            assert len(found) > len(lengths)
            check(sound(got))
        for line in ("packets", "packets 0", "packets steps:5:4", "packets steps:5", "packets steps:5:6:7", "packets random:"):
            assert c.command(line).startswith("error"), line


@test
def random_packets():
    with xdma("--speed", 1000, "--wait", "--packets", "random:5000", "--width", 128, "--channels", 3) as (_, k):
        k.enable()
        ring = Chan(k).build(16, 1024)
        ring.credit_mode()
        ring.put(CREDITS, 16)
        ring.start()
        got = ring.collect(200000)
        packets, _ = packets_of(got)
        assert len(packets) > 40 and max(map(len, packets)) <= 5000 and len(set(map(len, packets))) > 30
        check(sound(got), 0, 3)


@test
def a_file_ends_with_tlast_and_then_it_is_dry():
    with v.tempfile.NamedTemporaryFile() as f:
        f.write(bytes(range(256)) * 45)
        f.flush()
        for args in (("--free",), ("--wait", "--speed", 1000)):
            with xdma("--source", f"raw:{f.name}", "--channels", 1, *args) as (_, k):
                k.enable()
                ring = Chan(k).build(8, 4096)
                ring.start()
                eventually(lambda: ring.get(COUNT) == 3)
                same([(len(d), eop) for d, eop in ring.take(False)], [(4096, 0), (4096, 0), (11520 - 8192, 1)])
                same(ring.get(STATUS) & BUSY, BUSY)
                same(b"".join(ring.buffer(i) for i in range(3))[:11520], bytes(range(256)) * 45)
