# SPDX-License-Identifier: GPL-2.0-only
"""The table: Prog and Loop mode, what the status says of them, lengths, addresses."""

from litepcielib import *  # noqa: F403


@test
def prog_mode_carries_out_each_once_and_counts_exactly():
    for fd in (True, False):
        with lite("--free", "--each-run", fd=fd) as (c, k):
            begin(k)
            w = Side(k).prepare()
            w.push_next(4)
            same(w.get(LEVEL), 4)
            w.put(ENABLE, 1)
            w.wait(4)
            same(w.get(LEVEL), 0)
            check(b"".join(w.buffer(i) for i in range(4)))
            # refilled while it runs: nothing of the source was lost, as it waits
            w.push_next(3)
            w.wait(7)
            check(b"".join(w.buffer(i) for i in range(7)))
            same(c.stats()["writer0_broken_rules"], "0")


@test
def a_table_that_is_full_loses_what_is_pushed():
    for depth in (256, 16):
        with lite("--free", "--table", depth) as (c, k):
            begin(k)
            w = Side(k, size=512).prepare()
            w.push_next(depth + 5)
            same(w.get(LEVEL), depth)
            same(c.stats()["writer0_lost_pushes"], "5")
            w.put(RESET, 1)
            same((w.get(LEVEL), w.done()), (0, 0))


@test
def a_push_in_loop_mode_goes_nowhere():
    with lite() as (_, k):
        begin(k)
        w = Side(k).prepare()
        w.put(LOOP, 1)
        w.push_next()
        same(w.get(LEVEL), 0)


@test
def loop_mode_goes_round_and_counts_one_less():
    """n pops: count * N + index is n - 1, and 0 is none or one."""
    with lite("--wait", "--each-run", "--fifo", 8192) as (c, k):
        begin(k)
        c.order("pause on")
        w = Side(k).prepare()
        w.push_next(4)
        w.put(LOOP, 1)
        w.put(ENABLE, 1)
        same(w.done(), 0)
        for n in range(1, 14):
            c.order("pause 1024")
            eventually(lambda n=n: c.stats()["frames"] == str(n * 1024) and c.stats()["writer0_pops"] == str(n))
            same(w.done(), (n - 1) // 4 << 16 | (n - 1) % 4, f"status after {n}")
            same(w.get(LEVEL), 4)
        # the host owns nothing: what is there is the newest round
        check(w.buffer(0), 12 * 1024)
        check(w.buffer(1), 9 * 1024)


@test
def the_status_counts_32_bits():
    with lite("--free") as (c, k):
        begin(k)
        for first in (0xfffe, 0xfffffffd):
            c.order(f"count writer0 {first}")
            w = Side(k).prepare()
            same(w.done(), first)
            w.push_next(6)
            w.put(ENABLE, 1)
            w.wait(first + 6 & 0xffffffff)


@test
def a_stop_begins_the_descriptor_anew():
    """And what is in the FIFO is lost."""
    with lite("--wait", "--each-run") as (c, k):
        begin(k)
        w = Side(k).prepare()
        w.push_next(2)
        c.order("pause on")
        w.put(ENABLE, 1)
        c.order("pause 600")
        eventually(lambda: int(c.stats()["writer0_bytes"]) == 2304)
        same(w.get(ENABLE), 1 | IDLE)
        w.put(ENABLE, 0)
        same((w.get(ENABLE), w.get(LEVEL), w.done()), (IDLE, 2, 0))
        c.order("pause off")
        w.put(ENABLE, 1)
        w.wait(2)
        check(w.buffer(0))


@test
def packets_are_whole():
    """A packet is written when all of it is there: 128 bytes, or the end of a descriptor."""
    with lite("--wait", "--each-run") as (c, k):
        begin(k)
        w = Side(k, size=1000).prepare()
        c.order("pause on")
        w.push_next(1)
        w.put(ENABLE, 1)
        total = 0
        for frames, size in ((31, 0), (1, 128), (100, 512), (117, 896), (1, 1000)):
            c.order(f"pause {frames}")
            total += frames
            eventually(lambda total=total: int(c.stats()["frames"]) == total)
            eventually(lambda size=size: int(c.stats()["writer0_bytes"]) == size)
            same(w.done(), size == 1000)


@test
def the_count_may_be_a_packet_early():
    with lite("--wait", "--each-run", "--early") as (c, k):
        begin(k)
        # such gateware heeds the bypass with a mode only
        k.put(M2SDR["dma"] + MODE, 2)
        w = Side(k).prepare()
        c.order("pause on")
        w.push_next(2)
        w.put(ENABLE, 1)
        c.order("pause 1000")
        w.wait(1)
        check(w.buffer(0, size=4096 - 128))
        same(w.buffer(0)[-128:], bytes(128), "the last packet is not there")
        c.order("pause 24")
        eventually(lambda: w.buffer(0)[-4:] != bytes(4))
        check(w.buffer(0))


@test
def addresses_of_32_bits_are_cut():
    for bits, where in ((32, RAM & 0xffffffff), (64, RAM)):
        with lite("--free", "--addresses", bits, fd=False) as (_, k):
            k.map(0, 1 << 20)
            begin(k)
            w = Side(k).prepare()
            seen = []
            raw = k.serve_dma

            def note(number, command, payload, raw=raw, seen=seen):
                if command == DMA_WRITE:
                    seen.append(struct.unpack_from("<Q", payload)[0])
                return raw(number, command, payload)

            k.serve_dma = note
            w.push(RAM)
            w.put(ENABLE, 1)
            k.pump(2, lambda seen=seen: seen)
            same(seen[0], where, f"{bits} bits")


@test
def a_reset_of_the_table_leaves_what_is_in_hand():
    """It goes on to its end, and interrupts, and is counted nowhere; disabling ends that."""
    for disable in (False, True):
        with lite("--wait", "--each-run") as (c, k):
            begin(k)
            k.put(M2SDR["msi"], 2)
            c.order("pause on")
            w = Side(k).prepare()
            w.push_next(2)
            w.put(ENABLE, 1)
            c.order("pause 600")
            eventually(lambda: c.stats()["frames"] == "600")
            if disable:
                w.put(ENABLE, 0)
            w.put(RESET, 1)
            same((w.get(LEVEL), w.done()), (0, 0))
            w.push(RAM + 0x80000)
            c.order("pause off")
            k.pump(0.1)
            same((w.get(LEVEL), w.done()), (1, 0) if disable else (0, 1))
            same(k.memory.map[0x80000:0x81000], bytes(4096), "it is taken for the end of that")
            if disable:
                same(w.buffer(0)[2400:], bytes(4096 - 2400))
                same(c.stats()["irqs"], "0")
            else:
                check(w.buffer(0))
                same(c.stats()["irqs"], "1")
            same(w.buffer(1), bytes(4096))


@test
def it_may_go_behind_so_many_reads():
    with lite() as (c, k):
        c.order("gone-behind 2")
        same([k.get(SCRATCH) for _ in range(4)], [0x12345678] * 2 + [0xffffffff] * 2)
        c.order("clear")
        same(k.get(SCRATCH), 0x12345678)


@test
def a_last_closes_a_descriptor_unless_that_is_disabled():
    """With the packet in which it is, whose rest repeats the last word; nobody tells the length."""
    with lite("--free", "--each-run", "--last", 1032) as (_, k):
        begin(k)
        w = Side(k).prepare()
        w.push_next(3, flags=0)
        w.put(ENABLE, 1)
        w.wait(3)
        data = w.buffer(0)
        check(data[:1032])
        same(data[1032:1152], data[1024:1032] * 15, "the last word again")
        same(data[1152:], bytes(4096 - 1152))
        check(w.buffer(1)[:1032], 258)
        w.prepare()
        w.push_next(1)
        w.put(ENABLE, 1)
        w.wait(1)
        check(w.buffer(0), int.from_bytes(w.buffer(0)[:2], "little") // 2)


@test
def words_of_64_bits_begin_with_the_upper_one():
    for args, first in (((), 0), (("--csr-little",), 1)):
        with lite("--free", "--each-run", *args) as (_, k):
            begin(k)
            w = Side(k).prepare()
            words = (4096 | ENDLESS, RAM & 0xffffffff)
            w.put(VALUE, words[first])
            w.put(VALUE + 4, words[1 - first])
            same((w.get(VALUE), w.get(VALUE + 4)), (words[first], words[1 - first]))
            w.put(WE, RAM >> 32)
            w.put(ENABLE, 1)
            w.wait(1)
            check(k.memory.map[:4096])


@test
def a_push_may_be_lost():
    with lite("--free") as (c, k):
        begin(k)
        w = Side(k).prepare()
        c.order("fault lost-push 1")
        w.push_next(3)
        same(w.get(LEVEL), 2)
