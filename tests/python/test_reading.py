# SPDX-License-Identifier: GPL-2.0-only
"""Blocks and gaps of a device: what comes, in which order, and how it waits."""

import asyncio
import errno
import os
import tempfile
import threading
import time
import types
import unittest
import unittest.mock

import numpy as np

import acqdev
from acqdev import Block, Gap, GapError
from acqdev.reader import Waiting
from support import FRAME, device, is_ramp, plot, ramp

LATE = 7


def check(test, items, frames, lost=0):
    """All frames are there, with their values, and gaps where some are not."""
    index = there = gone = 0
    for item in items:
        test.assertEqual(item.index, index)
        if isinstance(item, Gap):
            gone += item.lost
            index += item.lost
        else:
            test.assertTrue(is_ramp(item.samples, index))
            test.assertEqual(item.samples.shape, (item.frames, 4))
            test.assertEqual(len(item), item.frames)
            test.assertEqual(item.position, there * FRAME)
            there += item.frames
            index = item.end
    test.assertEqual((there, gone), (frames - lost, lost))


class Reading(unittest.TestCase):
    def test_everything_comes(self):
        for layout, dtype, channels in (("s16:4", "<i2", 4), ("u8:3", "<u1", 3), ("s32:1", "<i4", 1),
                                        ("u16:2", "<u2", 2), ("s8:4", "<i1", 4)):
            with self.subTest(layout), device(f"frames=200000,layout={layout}") as dev:
                index = 0
                for block in dev:
                    self.assertEqual((block.samples.dtype.str, block.samples.shape[1]),
                                     (np.dtype(dtype).str, channels))
                    np.testing.assert_array_equal(block.samples, ramp(index, block.frames, channels, dtype))
                    index = block.end
                self.assertEqual(index, 200000)

    def test_gaps_are_items(self):
        with device("frames=300000,gap=0:5:1,gap=5000:300:2,gap=70000:~7:4,gap=299990:10:6") as dev:
            check(self, dev, 300000, 322)
        with device("frames=300000,gap=5000:300:2,gap=70000:~7:99") as dev:
            gaps = [item for item in dev if isinstance(item, Gap)]
            self.assertEqual(gaps, [Gap(5000, 300, "ring-full", position=5000 * FRAME, run=1),
                                    Gap(70000, 7, "unknown", True, position=(70000 - 300) * FRAME, run=1)])
            self.assertEqual(str(gaps[0]), "300 frames lost at index 5000: ring full")
            self.assertEqual(str(gaps[1]), "~7 frames lost at index 70000: unknown")

    def test_gaps_are_exceptions(self):
        with device("frames=100000,gap=5000:300:2") as dev:
            blocks = dev.blocks(on_gap="raise")
            self.assertEqual(next(blocks).end, 5000)
            with self.assertRaisesRegex(GapError, "300 frames lost at index 5000") as caught:
                next(blocks)
            self.assertEqual((caught.exception.gap.lost, caught.exception.errno), (300, errno.EPIPE))
            block = next(blocks)
            self.assertEqual(block.index, 5300)
            first = block.frames
            self.assertEqual(sum(len(block) for block in blocks), 100000 - 5300 - first)
        with device() as dev, self.assertRaisesRegex(ValueError, "'yield' or 'raise'"):
            dev.blocks(on_gap="ignore")

    def test_frames_and_copies(self):
        with device("frames=100000") as dev:
            for block in dev.blocks(frames=1000):
                self.assertLessEqual(block.frames, 1000)
                self.assertFalse(block.samples.flags.writeable)
                with self.assertRaises(ValueError):
                    block.samples.setflags(write=True)
                with self.assertRaises(ValueError):
                    block.samples[0] = 1
                block.copy()[0] = 1
                self.assertTrue(np.shares_memory(block.samples, np.asarray(block)))
                self.assertFalse(np.shares_memory(block.samples, np.array(block)))
        with device("frames=100000") as dev:
            kept = []
            for block in dev.blocks(copy=True):
                block.samples[:] += 1
                kept.append(block.samples)
            self.assertTrue(is_ramp(np.concatenate(kept) - 1, 0))
        with device() as dev, self.assertRaisesRegex(ValueError, "at least 1"):
            dev.blocks(frames=0)

    def test_a_monitor_has_copies(self):
        with device("frames=100000,gap=777:3:3", monitor=True) as dev:
            check(self, dev, 100000, 3)
            for item in dev:
                self.fail("the run had ended")

    def test_what_is_overwritten_meanwhile_is_not_returned(self):
        with device("frames=100000", monitor=True) as dev:
            items = dev.blocks(frames=100)
            self.assertEqual(next(items).index, 0)
            library = dev._reader._lib
            dev._reader._lib = types.SimpleNamespace(acq_next=library.acq_next,
                                                     acq_valid=unittest.mock.Mock(side_effect=[0, 0, 1]))
            self.assertEqual(next(items).index, 300)
            dev._reader._lib = library

    def test_times(self):
        first = None
        with device("frames=100000,first=123") as dev:
            for block in dev.blocks(frames=1000):
                # as the made-up device has them, of the first frame of each of its blocks
                self.assertEqual(block.card_time or 1230, max(block.time_index * 10, 1230))
                first = first or block
                self.assertAlmostEqual(block.time_ns - first.time_ns,
                                       (block.time_index - first.time_index) / 48000 * 1e9, delta=100)
                self.assertLessEqual(block.time_index, block.index)
                begin = np.datetime64("now", "ns") - np.timedelta64(time.monotonic_ns(), "ns")
                since = (block.utc - begin) / np.timedelta64(1, "s")
                self.assertAlmostEqual(since - block.time_ns / 1e9, (block.index - block.time_index) / 48000, delta=1.5)
                self.assertEqual(block.seconds[0], block.index / 48000)
                self.assertEqual(block.seconds.shape, (block.frames,))

    def test_the_end(self):
        with device("frames=10,end=gone") as dev:
            items = iter(dev)
            self.assertEqual(len(next(items)), 10)
            for _ in range(2):
                with self.assertRaisesRegex(acqdev.CardGone, "The card is gone"):
                    next(items)
        with device("frames=10,end=eio") as dev, self.assertRaisesRegex(acqdev.CardFailed, "hardware failed"):
            list(dev)
        with device("frames=10") as dev:
            self.assertEqual([len(block) for block in dev], [10])
            self.assertEqual(list(dev), [])

    def test_timeout(self):
        for kept in (False, True):
            with device("frames=10,end=hang") as dev:
                items = dev.blocks(timeout=0.3)
                array = next(items).samples
                if not kept:
                    del array
                with self.assertRaisesRegex(TimeoutError, "nothing came in 0.3 s"):
                    next(items)

    def test_waits(self):
        for kept in (False, True):
            with self.subTest(kept=kept), device("frames=60000,piece=60000", late=LATE) as dev:
                arrays = []
                for block in dev.blocks(timeout=60):
                    self.assertTrue(is_ramp(block.samples, block.index))
                    if kept:
                        arrays.append(block.samples)
                self.assertEqual(block.end, 60000)
                if kept:
                    self.assertTrue(is_ramp(np.concatenate(arrays), 0))

    def test_a_bad_ring_is_an_error(self):
        """What the driver must not do: frames other than the configuration's."""
        with device("frames=1000") as dev:
            items = iter(dev)
            next(items)
            dev._reader._frame_bytes = 32
            with self.assertRaises(StopIteration):
                next(items)
        with device("frames=100000") as dev:
            items = dev.blocks(frames=10)
            next(items)
            dev._reader._frame_bytes = 32
            with self.assertRaisesRegex(OSError, "not what its configuration says"):
                next(items)
        with device("frames=100000") as dev:
            items = dev.blocks(frames=10)
            next(items)
            dev._reader._shift -= 4096
            with self.assertRaisesRegex(OSError, "not in the ring"):
                next(items)


class Threads(unittest.TestCase):
    def test_several_share_a_device(self):
        with device("frames=400000") as dev:
            got = []
            errors = []

            def read():
                try:
                    for block in dev.blocks(frames=100, copy=True):
                        got.append((block.index, is_ramp(block.copy(), block.index), block.frames))
                except ValueError as error:  # the block was the other thread's to move on from
                    errors.append(error)

            threads = [threading.Thread(target=read) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            for error in errors:
                self.assertRegex(str(error), "has moved on")
            self.assertTrue(all(right for _, right, _ in got))
            self.assertEqual(len({index for index, _, _ in got}), len(got))

    def test_close_ends_a_wait(self):
        for kept in (False, True):
            with device("frames=10,end=hang") as dev:
                said = []

                def read():
                    try:
                        for block in dev:
                            said.append(block.samples if kept else 0)
                    except ValueError as error:
                        said.append(error)

                thread = threading.Thread(target=read)
                thread.start()
                while not said:
                    time.sleep(0.01)
                dev.close()
                thread.join(60)
                self.assertFalse(thread.is_alive())
                self.assertRegex(str(said[1]), "is closed")
                if kept:
                    self.assertTrue(is_ramp(said[0], 0))

    def test_close_wakes_who_waits(self):
        """The made-up device is always readable: here is one that never is."""
        end, other = os.pipe()
        self.addCleanup(os.close, end)
        self.addCleanup(os.close, other)
        for way in (lambda waiting: waiting.poll(end, None),
                    lambda waiting: asyncio.run(waiting.poll_async(os.dup(end), None))):
            waiting = Waiting()
            waiting.waiters = 1
            thread = threading.Thread(target=way, args=(waiting,), daemon=True)
            thread.start()
            thread.join(0.1)
            self.assertTrue(thread.is_alive())
            waiting.end()
            thread.join(20)
            self.assertFalse(thread.is_alive())
            waiting.waiters = 0
            waiting.end()


class Asyncio(unittest.IsolatedAsyncioTestCase):
    async def test_everything_comes(self):
        with device("frames=200000,gap=5000:300:2,piece=60000", late=LATE) as dev:
            items = []
            async for item in dev.blocks(timeout=60):
                if isinstance(item, Block):
                    self.assertTrue(is_ramp(item.samples, item.index))
                items.append(item)
            self.assertEqual([item.lost for item in items if isinstance(item, Gap)], [300])
            self.assertEqual(sum(len(item) for item in items if isinstance(item, Block)), 200000 - 300)
        with device("frames=100,gap=50:3:1") as dev:
            with self.assertRaises(GapError):
                async for _ in dev.blocks(on_gap="raise"):
                    pass

    async def test_others_run_meanwhile(self):
        with device("frames=10,end=hang") as dev:
            turns = 0

            async def other():
                nonlocal turns
                while True:
                    turns += 1
                    await asyncio.sleep(0.001)

            task = asyncio.create_task(other())
            with self.assertRaises(TimeoutError):
                async for block in dev.blocks(timeout=0.5):
                    array = block.samples
            task.cancel()
            self.assertGreater(turns, 3)
            self.assertTrue(is_ramp(array, 0))

    async def test_cancel_and_close(self):
        async def read(dev, got):
            async for block in dev:
                got.append(block)

        for how in ("cancel", "close"):
            with self.subTest(how), device("frames=10,end=hang") as dev:
                got = []
                task = asyncio.create_task(read(dev, got))
                while not got:
                    await asyncio.sleep(0.01)
                for _ in range(3):
                    await asyncio.sleep(0.01)
                if how == "cancel":
                    task.cancel()
                    with self.assertRaises(asyncio.CancelledError):
                        await task
                    self.assertEqual(dev.status.state, "running")
                else:
                    dev.close()
                    with self.assertRaisesRegex(ValueError, "is closed"):
                        await task


def ramp16(index, frames):
    return ramp(index, frames, dtype="<i2")


class Writing(unittest.TestCase):
    def test_plays(self):
        with tempfile.NamedTemporaryFile() as played:
            os.environ["ACQ_FAKE_PLAYED"] = played.name
            plot("output=1,eintr=3,piece=5000")
            with acqdev.open(mode="rw", start_bytes=800) as out:
                self.assertEqual(out.info.direction, "output")
                self.assertEqual(out.write(ramp16(0, 10000)), [])
                self.assertEqual(out.write(np.asfortranarray(ramp16(10000, 1000))), [])
                self.assertEqual(out.write(ramp16(11000, 2000)[::2]), [])
                self.assertEqual(out.drain(), [])
                self.assertEqual(out.status.accepted, 12000 * 8)
            del os.environ["ACQ_FAKE_PLAYED"]
            with open(played.name, "rb") as file:
                want = np.concatenate([ramp16(0, 11000), ramp16(11000, 2000)[::2]])
                self.assertEqual(file.read(), want.tobytes())

    def test_underruns(self):
        plot("output=1,gap=1000:50:7")
        with acqdev.open(mode="rw") as out:
            gaps = out.write(ramp16(0, 3000))
            self.assertEqual([(g.index, g.cause, g.open) for g in gaps], [(1000, "underrun", True)])
            self.assertIn("nobody knows yet how many", str(gaps[0]))
            self.assertEqual((out.gap.lost, out.gap.open), (50, False))
        plot("output=1,gap=1000:50:7")
        with acqdev.open(mode="rw") as out:
            with self.assertRaises(GapError) as caught:
                out.write(ramp16(0, 3000), on_gap="raise")
            self.assertEqual(caught.exception.written, 1000)
            out.write(ramp16(1000, 2000))
            self.assertEqual(out.status.accepted, 3000 * 8)
        plot("output=1,gap=1000:50:7")
        with acqdev.open(mode="rw") as out:
            out.write(ramp16(0, 1000))
            self.assertEqual(len(out.drain()), 1)

    def test_wrong_samples(self):
        plot("output=1")
        with acqdev.open(mode="rw") as out:
            with self.assertRaisesRegex(TypeError, "are <f8, and /dev/acqdev plays <i2"):
                out.write(np.zeros((3, 4)))
            for shape in ((3, 3), (12,), (1, 3, 4)):
                with self.assertRaisesRegex(ValueError, "plays \\(frames, 4\\)"):
                    out.write(np.zeros(shape, np.int16))
            with self.assertRaisesRegex(OSError, "an output is heard with mode='r'"):
                next(iter(out))
            self.assertEqual(out.status.accepted, 0)
        plot("output=1,layout=s16:1")
        with acqdev.open(mode="rw") as out:
            out.write(np.zeros(7, np.int16))
            self.assertEqual(out.status.accepted, 14)
        plot("output=1")
        with acqdev.open() as heard, self.assertRaisesRegex(OSError, "mode='rw'"):
            heard.write(np.zeros((3, 4), np.int16))

    def test_drop_ends_a_drain(self):
        plot("output=1,end=hang,played=8")
        with acqdev.open(mode="rw") as out:
            out.write(ramp16(0, 100))
            thread = threading.Thread(target=out.drain)
            thread.start()
            out.drop()
            thread.join(60)
            self.assertFalse(thread.is_alive())
            self.assertEqual(out.status.dropped, 99 * 8)


if __name__ == "__main__":
    unittest.main()
