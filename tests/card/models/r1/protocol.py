# SPDX-License-Identifier: GPL-2.0-only
"""vfio-user: handshake, messages, memory."""

import random
import struct

import vfuclient as v
from r1lib import *  # noqa: F403


@test
def handshake_and_info():
    with both() as (_, k):
        assert k.capabilities["max_msg_fds"] <= 16
        assert k.capabilities["max_data_xfer_size"] <= 64 << 20
        flags, regions, irqs = struct.unpack("<4x3I", k.request(GET_INFO, struct.pack("<4I", 16, 0, 0, 0)))
        same((flags, regions, irqs), (3, 9, 5))
        sizes = {}
        for i in range(9):
            answer = k.request(GET_REGION_INFO, struct.pack("<4I2Q", 32, 0, i, 0, 0, 0))
            _, flags, index, _, size, _ = struct.unpack("<4I2Q", answer)
            same(index, i)
            same(flags, 3 if size else 0, "flags of a region")
            sizes[i] = size
        same(sizes, {0: 0x2000, 1: 0, 2: 0x1000, 3: 0, 4: 0, 5: 0, 6: 0, 7: 4096, 8: 0})
        counts = [struct.unpack("<4I", k.request(GET_IRQ_INFO, struct.pack("<4I", 16, 0, i, 0)))[3]
                  for i in range(5)]
        same(counts, [0, 0, 1, 0, 0])


@test
def version_first_and_refusals():
    with card() as c:
        with client(c, greet=False) as k:
            refused(k.request, GET_INFO, struct.pack("<4I", 16, 0, 0, 0), error=22)
            refused(k.greet, None, 1, error=22)
            refused(k.greet, "no json", error=22)
            refused(k.greet, "[]", error=22)
            refused(k.request, VERSION, struct.pack("<HH", 0, 0) + b"{}", error=22)
            refused(k.request, VERSION, b"ab", error=22)
            k.greet("{}")
            refused(k.greet, error=22)
        with client(c, greet=False) as k:
            k.request(VERSION, struct.pack("<HH", 0, 1))


@test
def malformed_messages():
    with both() as (_, k):
        refused(k.request, 99, error=95)
        refused(k.request, 0, error=95)
        refused(k.request, GET_REGION_IO_FDS, bytes(16), error=95)
        refused(k.request, GET_INFO, b"", error=22)
        refused(k.request, GET_INFO, struct.pack("<4I", 4, 0, 0, 0), error=22)
        refused(k.request, GET_REGION_INFO, struct.pack("<4I2Q", 32, 0, 9, 0, 0, 0), error=22)
        refused(k.request, GET_REGION_INFO, struct.pack("<4I", 32, 0, 0, 0), error=22)
        refused(k.request, GET_IRQ_INFO, struct.pack("<4I", 16, 0, 5, 0), error=22)
        for region, offset, count in ((9, 0, 4), (1, 0, 4), (6, 0, 4), (0, 0x2000, 4), (0, 0x1ffd, 4),
                                      (0, 1 << 63, 4), (0, (1 << 64) - 4, 4), (0, 0, 0), (7, 4094, 4),
                                      (0, 0, 1 << 30), (0, 2, 4), (0, 4, 8), (0, 0, 2), (0, 0, 16),
                                      (0xffffffff, 0, 4)):
            refused(k.request, REGION_READ, struct.pack("<QII", offset, region, count), error=22)
        refused(k.request, REGION_READ, b"", error=22)
        refused(k.request, REGION_WRITE, struct.pack("<QII", 0x3c, 0, 4), error=22)
        refused(k.request, REGION_WRITE, struct.pack("<QII", 0x3c, 0, 4) + bytes(8), error=22)
        refused(k.write, 0, 0x3e, bytes(4), error=22)
        refused(k.set_irqs, 0x24, 5, 0, 1, error=22)
        refused(k.set_irqs, 0x24, MSIX, 0, 2, error=22)
        refused(k.set_irqs, 0x24, MSIX, 2, 1, error=22)
        refused(k.set_irqs, 0x24, MSIX, 0xffffffff, 2, error=22)
        refused(k.set_irqs, 0x27, MSIX, 0, 1, error=22)
        refused(k.set_irqs, 0, MSIX, 0, 1, error=22)
        refused(k.set_irqs, 0x11, MSIX, 0, 1, error=95)
        refused(k.request, SET_IRQS, bytes(8), error=22)
        refused(k.request, SET_IRQS, struct.pack("<5I", 20, 0x22, MSIX, 0, 1), error=22)
        # still alive and in step
        same(k.get(ID), 0x31514341)


@test
def bad_sizes_end_the_connection():
    with card() as c:
        for size in (0, 15, 16 << 20, 0xffffffff):
            with client(c) as k:
                number = k.send(GET_INFO, size=size)
                refused(k.wait, number, GET_INFO, error=22)
                try:
                    k.receive()
                    raise AssertionError("still connected")
                except v.Gone:
                    pass
        with client(c) as k:
            same(k.get(ID), 0x31514341)


@test
def random_messages_do_no_harm():
    rng = random.Random(1)
    with card() as c:
        for _ in range(20):
            with client(c) as k:
                try:
                    for _ in range(50):
                        payload = rng.randbytes(rng.choice((0, 4, 16, 20, 24, 32, 40, 100)))
                        if rng.random() < 0.5 and len(payload) >= 20:
                            payload = struct.pack("<QII", rng.randrange(0x2100) & ~3,
                                                  rng.choice((0, 2, 7)), 4) + payload[:4]
                        number = k.send(rng.randrange(20), payload)
                        try:
                            k.wait(number, struct.unpack("<H", struct.pack("<H", 0))[0])
                        except (v.Refused, AssertionError):
                            pass
                except (v.Gone, BrokenPipeError, ConnectionResetError):
                    pass
        with client(c) as k:
            same(k.get(ID), 0x31514341)


@test
def no_reply_is_obeyed():
    with both() as (_, k):
        for n in range(50):
            k.put(SCRATCH, n)
            same(k.get(SCRATCH), n, "a posted write")
        # errors, too, stay unsaid
        k.post(0, 0x3e, bytes(4))
        k.post(9, 0, bytes(4))
        k.send(99, flags=NO_REPLY)
        k.send(15, bytes(32), flags=NO_REPLY)
        assert not k.pump(0.2), "an answer"
        same(k.get(SCRATCH), 49)


@test
def reconnect_resets():
    with card() as c:
        for _ in range(3):
            with client(c) as k:
                run = v.Run(k)
                same(k.get(SCRATCH), 0)
                k.put(SCRATCH, 5)
                run.start()
                assert run.collect(5)
        eventually(lambda: c.stats()["state"] == "idle")


@test
def partial_message_does_not_block_control():
    with both() as (c, k):
        k.sock.sendall(struct.pack("<HHI", 1, GET_INFO, 32))
        same(c.stats()["state"], "idle")
        k.sock.sendall(struct.pack("<II", 0, 0))
        k.sock.sendall(struct.pack("<4I", 16, 0, 0, 0))
        assert k.wait(1, GET_INFO)


@test
def memory_map_rules():
    with both(ram=False) as (_, k):
        fd = k.memory.fd
        k.map(RAM, 1 << 20, fd)
        refused(k.map, RAM + 4096, 4096, fd, error=17)
        refused(k.map, RAM - 4096, 8192, None, error=17)
        refused(k.map, RAM - 4096, 1 << 30, None, error=17)
        refused(k.map, 0x1001, 4096, None, error=22)
        refused(k.map, 0x1000, 100, None, error=22)
        refused(k.map, 0x1000, 0, None, error=22)
        refused(k.map, (1 << 64) - 4096, 8192, None, error=22)
        refused(k.map, 0x1000, 4096, fd, RAM_BYTES, error=22)
        refused(k.map, 0x1000, 8192, fd, RAM_BYTES - 4096, error=22)
        refused(k.map, 0x1000, 4096, fd, 1 << 63, error=22)
        refused(k.map, 0x1000, 4096, fd, 17, error=22)
        refused(k.map, 0x1000, 4096, None, 0, 0, error=22)
        refused(k.map, 0x1000, 4096, None, 0, 7, error=22)
        refused(k.request, DMA_MAP, bytes(8), error=22)
        refused(k.request, DMA_UNMAP, bytes(8), error=22)
        refused(k.unmap, 0x1000, 0, error=22)
        refused(k.unmap, 0x1000, 4096, 1, error=22)
        k.map((1 << 64) - 4096, 4096)
        same(len(k.unmap(0x10000, 4096)), 24, "reply to an unmap of nothing")
        # everything from an address to the end
        k.unmap(RAM, (1 << 64) - RAM)
        k.map((1 << 64) - 4096, 4096)
        k.map(RAM, 1 << 20, fd)
        k.unmap(0, 0, 2)
        k.map(RAM, 1 << 20, fd)
        # many small ones
        for n in range(300):
            k.map(0x1000 + n * 0x2000, 4096, fd, n * 4096)
        k.unmap(0, RAM)
        k.map(0x1000, 4096 * 400, fd)


@test
def unmap_cuts_maps():
    """What is unmapped is not written any more; what is left on both sides is."""
    with both("--free", "--blocks-log2", 4) as (_, k):
        run = v.Run(k, blocks=4, block=4096, entries=4)
        run.start(count=4 * 1024)
        same(len(run.collect(4, give=False)), 4)
        hole = BLOCKS_AT + 2 * 4096
        k.unmap(RAM + hole, 4096)
        k.memory.map[BLOCKS_AT:BLOCKS_AT + 4 * 4096] = bytes(4 * 4096)
        run.start(count=4 * 1024)
        page = run.wait(lambda p: p["state"] & 0xf == FAILED)
        same(page["blocks"], 2)
        same(page["state"] >> 16, ERR_DMA)
        assert k.memory.map[BLOCKS_AT:BLOCKS_AT + 4096] == v.ramp(0, 2048)
        same(k.memory.map[hole:hole + 4096], bytes(4096), "the hole")
        # by message where there is no descriptor
        k.map(RAM + hole, 4096)
        run.start(count=4 * 1024)
        blocks = run.collect(4, give=False)
        check_ramp(blocks)
        assert k.dma_writes


@test
def commands_during_a_dma_message():
    """What QEMU does while the card waits for it is answered at once."""
    with both("--free", fd=False) as (_, k):
        run = v.Run(k, blocks=8, block=16384, entries=8)
        seen = []

        def nested():
            number = k.send(REGION_READ, struct.pack("<QII", SCRATCH, 0, 4))
            got, _, flags, _, payload = k.receive()
            same((got, flags), (number, REPLY), "reply before the DMA's end")
            seen.append(payload[16:])

        run.start(count=3 * 4096, scratch=0x1234)
        k.before_dma = nested
        run.wait(lambda p: p["state"] & 0xf == DONE)
        same(seen, [struct.pack("<I", 0x1234)])
        check_ramp(run.take(give=False))

        # a reset: not idle before the DMA has ended
        states = []

        def nested_reset():
            k.post(0, COMMAND, struct.pack("<I", RESET))
            k.send(REGION_READ, struct.pack("<QII", STATE, 0, 4))
            states.append(struct.unpack("<I", k.receive()[4][16:])[0])

        run.start()
        k.before_dma = nested_reset
        k.pump(2, until=lambda: states)
        same([s & 0xf for s in states], [DRAINING], "state while DMA is under way")
        eventually(lambda: k.get(STATE) == IDLE)
        k.dma_writes = 0
        assert not k.pump(0.1)
        same(k.dma_writes, 0, "DMA after a reset")

        # the memory is taken away, and the client leaves
        run.start()
        k.before_dma = lambda: k.request(DMA_UNMAP, struct.pack("<IIQQ", 24, 2, 0, 0))
        k.pump(2, until=lambda: k.before_dma is None)
        eventually(lambda: k.get(STATE) & 0xf == FAILED)
        k.map(RAM, RAM_BYTES)
        run.start()
        k.receive()


@test
def dma_refused_by_the_client():
    with both("--free", fd=False) as (_, k):
        run = v.Run(k)
        run.start(give=0)
        k.refuse_dma = True
        run.give(4)
        k.pump(0.1)
        same(k.get(STATE), FAILED | ERR_DMA << 16)
        assert k.get(IRQ_STATUS) & ERROR_IRQ
        assert k.irqs(seconds=1)


@test
def map_permissions():
    with both("--free", ram=False) as (_, k):
        k.map(RAM, BLOCKS_AT, k.memory.fd)
        k.map(RAM + BLOCKS_AT, RAM_BYTES - BLOCKS_AT, k.memory.fd, BLOCKS_AT, 1)
        run = v.Run(k)
        run.start()
        eventually(lambda: k.get(STATE) == FAILED | ERR_DMA << 16)
