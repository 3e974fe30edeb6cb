# SPDX-License-Identifier: GPL-2.0-only
"""Channels of other kinds: to the card, back from it, to its memory."""

import random

from xdmalib import *  # noqa: F403


@test
def h2c_stream():
    def fnv(data):
        value = 0xcbf29ce484222325
        for byte in data:
            value = (value ^ byte) * 0x100000001b3 & (1 << 64) - 1
        return f"{value:016x}"

    rng = random.Random(3)
    with xdma("--h2c", 2) as (c, k):
        k.enable()
        chan = Chan(k, 1, True).build(4, 5000 - 8, 0, STOP | DONE | EOP)
        data = rng.randbytes(4 * 4992)
        for i in range(4):
            chan.put_buffer(i, data[i * 4992:(i + 1) * 4992])
        chan.start()
        eventually(lambda: chan.get(STATUS) == STOPPED | COMPLETED)
        s = c.stats()
        same((s["h2c1_bytes"], s["h2c1_packets"], s["h2c1_hash"]), (str(len(data)), "1", fnv(data)))
        same(chan.take(), [], "a writeback")
        # the end of a packet may be in the midst of a beat, a descriptor else not
        chan.descriptor(0, STOP | DONE | EOP, 13, RAM + chan.data, 0, 0)
        chan.start()
        eventually(lambda: chan.get(STATUS) == STOPPED | COMPLETED)
        same(c.stats()["h2c1_bytes"], str(len(data) + 13))
        chan.descriptor(0, STOP | DONE, 13, RAM + chan.data, 0, 0)
        chan.start()
        eventually(lambda: chan.get(STATUS) == LENGTH)
        # nobody answers
        chan.descriptor(0, STOP | DONE, 64, 0xdead00000000, 0, 0)
        chan.start()
        eventually(lambda: chan.get(STATUS) == READ_UR)
        same(chan.get(COUNT), 0)


@test
def loopback():
    rng = random.Random(5)
    for fd in (True, False):
        with xdma("--loopback", "--c2h", 2, "--fifo", 4096, "--width", 128, fd=fd) as (c, k):
            k.enable()
            for n in range(2):
                out, back = Chan(k, n, True).build(8, 4096), Chan(k, n).build(8, 1024)
                sizes = [16, 4096, 1, 1024, 1025, 4096, 33, 2048]
                packet = [rng.randbytes(s) for s in sizes]
                for i, data in enumerate(packet):
                    out.put_buffer(i, data)
                    out.descriptor(i, EOP | (STOP | DONE if i == 7 else 0), len(data), RAM + out.data + i * 4096,
                                   0, out.desc_address(i + 1))
                back.credit_mode()
                back.put(CREDITS, 8)
                out.start()
                # as far as the FIFO goes
                k.pump(0.05)
                same(out.get(STATUS) & BUSY, BUSY)
                back.start()
                got = back.collect(sum(sizes))
                same(packets_of(got), (packet, b""))
                eventually(lambda: out.get(STATUS) == STOPPED | COMPLETED)


@test
def memory_mapped():
    rng = random.Random(6)
    with xdma("--mm", 1 << 20, "--c2h", 2) as (c, k):
        k.enable()
        out, back = Chan(k, 1, True).build(4, 50000, 0, STOP | DONE), Chan(k).build(4, 50000, 0, STOP | DONE)
        data = rng.randbytes(4 * 50000)
        for i in range(4):
            out.put_buffer(i, data[i * 50000:(i + 1) * 50000])
            out.descriptor(i, STOP | DONE if i == 3 else 0, 50000, RAM + out.data + i * 50000, 1000 + i * 50000,
                           out.desc_address(i + 1))
            back.descriptor(i, STOP | DONE if i == 3 else 0, 50000, 1000 + i * 50000, RAM + back.data + i * 50000,
                            back.desc_address(i + 1))
        for chan in (out, back):
            chan.start()
            eventually(lambda: chan.get(STATUS) == STOPPED | COMPLETED)
        same(k.memory.map[back.data:back.data + 200000], data)
        # beyond the memory
        out.descriptor(0, STOP | DONE, 64, RAM, (1 << 20) - 63, 0)
        out.start()
        eventually(lambda: out.get(STATUS) == WRITE_DECODE)
        back.descriptor(0, STOP | DONE, 64, 1 << 63, RAM + back.data, 0)
        back.start()
        eventually(lambda: back.get(STATUS) == READ_DECODE)
        same(back.get(COUNT), 0)
        # an error that control does not want to know does not stop it
        back.start(STOPPED)
        eventually(lambda: back.get(STATUS) == STOPPED)
        same(k.memory.map[back.data:back.data + 64], bytes(64))
        # one address for all
        out.descriptor(0, STOP | DONE, 64, RAM + out.data, 0x100, 0)
        out.start(ALL | NON_INC)
        eventually(lambda: out.get(STATUS) & STOPPED)
        back.descriptor(0, STOP | DONE, 64, 0x100, RAM + back.data, 0)
        back.start(ALL | NON_INC)
        eventually(lambda: back.get(STATUS) & STOPPED)
        same(k.memory.map[back.data:back.data + 64], data[56:64] * 8)
        for name, chan, status in (("read-error", out, READ_UR), ("read-error", back, READ_SLAVE),
                                   ("write-error", out, WRITE_SLAVE)):
            c.order(f"fault {name} 1")
            chan.start()
            eventually(lambda: chan.get(STATUS) == status)
    with xdma("--mm", 1 << 16, "--alignments", "00080840") as (_, k):
        k.enable()
        chan = Chan(k, 0, True).build(1, 64, 0, STOP | DONE)
        chan.descriptor(0, STOP | DONE, 64, RAM + chan.data + 4, 0x100, 0)
        chan.start()
        eventually(lambda: chan.get(STATUS) == ALIGN)
        chan.descriptor(0, STOP | DONE, 64, RAM + chan.data + 4, 0x104, 0)
        chan.start()
        eventually(lambda: chan.get(STATUS) == STOPPED | COMPLETED)
