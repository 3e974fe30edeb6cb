# SPDX-License-Identifier: GPL-2.0-only
"""An array of the ring is valid, and what it was, for as long as it exists; whatever else goes, and when."""

import gc
import multiprocessing
import os
import random
import signal
import threading
import time
import unittest
import warnings
import weakref

import numpy as np

import acqdev
from support import RING, device, is_ramp, plot, python, ring_mappings

LAPS = 12
FRAMES = LAPS * RING // 8


class Kept(unittest.TestCase):
    def setUp(self):
        caught = warnings.catch_warnings()
        caught.__enter__()
        self.addCleanup(caught.__exit__, None, None, None)
        warnings.simplefilter("ignore", ResourceWarning)  # of devices that nobody closes

    def tearDown(self):
        self.assertEqual(ring_mappings(), 0, "a mapping of the ring is left")

    def test_all_of_many_laps(self):
        for hold in (None, 0, 1, RING // 2, RING):
            with self.subTest(hold), device(f"frames={FRAMES}") as dev:
                kept = [(block.index, block.samples) for block in dev.blocks(hold=hold, frames=2500)]
                self.assertEqual(kept[-1][0] + len(kept[-1][1]), FRAMES)
                for index, samples in kept:
                    self.assertTrue(is_ramp(samples, index), index)
                    self.assertFalse(samples.flags.writeable)

    def test_some_in_any_order(self):
        rng = random.Random(14)
        kept = []
        with device(f"frames={FRAMES},gap=100000:77:2") as dev:
            for item in dev.blocks(frames=1000):
                if isinstance(item, acqdev.Gap):
                    continue
                if rng.random() < 0.3:
                    # views of views, too
                    kept.append((item.index, item.samples[rng.randrange(item.frames):], item.end))
                while len(kept) > 30 or (kept and rng.random() < 0.25):
                    kept.pop(rng.randrange(len(kept)))
                for _, samples, end in kept:
                    self.assertTrue(is_ramp(samples, end - len(samples)))
        for _, samples, end in kept:
            self.assertTrue(is_ramp(samples, end - len(samples)))
        del item, samples

    def test_one_for_ever(self):
        with device(f"frames={FRAMES}") as dev:
            items = iter(dev)
            first = next(items).samples
            for block in items:
                self.assertTrue(is_ramp(block.samples, block.index))
            self.assertTrue(is_ramp(first, 0))
            self.assertEqual(block.end, FRAMES)

    def test_the_card_gets_back_what_nobody_keeps(self):
        with device(f"frames={FRAMES}") as dev:
            items = dev.blocks(frames=2048)
            kept = next(items).samples
            for _ in range(4):
                next(items)
            # 16 KiB each: five have been returned, a quarter of the ring may be kept
            self.assertEqual(dev._reader._ring.oldest(), 0)
            del kept
            next(items)
            self.assertEqual(dev._reader._ring.oldest(), 5 * 16384)
            kept = next(items).samples
            ring = weakref.ref(dev._reader._ring)
            while ring() is dev._reader._ring:
                next(items)
            self.assertTrue(is_ramp(kept, 6 * 2048))
            self.assertGreater(dev.status.position, 6 * 16384 + len(kept) * 8)

    def test_a_block_passes_and_its_array_stays(self):
        with device(f"frames={FRAMES}") as dev:
            items = iter(dev)
            block = next(items)
            array = block.samples
            untouched = next(items)
            with self.assertRaisesRegex(ValueError, "moved on.*stays valid"):
                block.samples
            with self.assertRaisesRegex(ValueError, "moved on"):
                np.asarray(block)
            next(items)
            with self.assertRaisesRegex(ValueError, "moved on"):
                untouched.copy()
            self.assertTrue(is_ramp(array, 0))
            self.assertEqual((block.index, untouched.index), (0, 8192 * 4))

    def test_close(self):
        with device(f"frames={FRAMES}") as dev:
            block = next(iter(dev))
            array = block.samples[5:, 1:3]
            self.assertEqual(ring_mappings(), 2)
        self.assertEqual(ring_mappings(), 0, "what is closed has no part of the device any more")
        self.assertTrue(is_ramp(block.samples, 0))
        self.assertTrue((array[:, 0].view("<u2") == np.arange(21, 21 + 4 * len(array), 4, "<u4") % 65536).all())
        with self.assertRaisesRegex(ValueError, "is closed"):
            next(iter(dev))

    def test_in_any_order(self):
        """Device, iterator, block, arrays and views of them go in every order."""
        for seed in range(24):
            rng = random.Random(seed)
            plot("frames=100000")
            dev = acqdev.open(mode="rw")
            dev.config.pattern = "ramp"
            items = dev.blocks(frames=3000)
            first = next(items).samples
            block = next(items)
            things = {"dev": dev, "items": items, "block": block, "first": first, "view": first[7:],
                      "part": block.samples[3:, 2], "memory": memoryview(block.samples), "cycle": None}
            things["cycle"] = [things["view"], dev]
            things["cycle"].append(things["cycle"])
            del dev, items, block, first
            order = list(things)
            rng.shuffle(order)
            for name in order:
                if rng.random() < 0.3:
                    gc.collect()
                if name == "dev" and rng.random() < 0.5:
                    things["dev"].close()
                # what is left is as it was
                if "view" in things:
                    self.assertTrue(is_ramp(things["view"], 7))
                if "memory" in things:
                    self.assertEqual(things["memory"][0, 0], 12000)
                if "part" in things:
                    self.assertEqual(things["part"][0], (3003 * 4 + 2))
                if things.get("items") and "dev" in things and not things["dev"].closed:
                    next(things["items"])
                del things[name]
            gc.collect()
            self.assertEqual(ring_mappings(), 0, seed)

    def test_the_device_goes_amid_iteration(self):
        plot("frames=100000")
        dev = acqdev.open(mode="rw")
        dev.config.pattern = "ramp"
        there = 0
        for block in dev:
            dev = None
            gc.collect()
            self.assertTrue(is_ramp(block.samples, there))
            there = block.end
        self.assertEqual(there, 100000)
        with device("frames=100000") as dev:
            with self.assertRaisesRegex(ValueError, "is closed"):
                for block in dev.blocks(frames=1000):
                    dev.close()
            self.assertTrue(is_ramp(block.samples, 0))

    def test_no_memory(self):
        """Where nothing can be moved, nothing that is kept changes, and nothing crashes."""
        os.environ["ACQ_FAKE_NO_MEMORY"] = "1"
        try:
            with device(f"frames={FRAMES}") as dev:
                kept = []
                with self.assertRaisesRegex(OSError, "cannot map the ring"):
                    for block in dev.blocks(timeout=60):
                        kept.append((block.index, block.samples))
                for index, samples in kept:
                    self.assertTrue(is_ramp(samples, index))
                with self.assertRaisesRegex(OSError, "cannot map the ring"):
                    next(iter(dev))
                del samples, block
                kept.pop(0)
                kept.clear()
                self.assertGreater(next(iter(dev)).index, 0)
                last = next(iter(dev)).samples
            self.assertEqual(last.shape[1], 4)
            del last
        finally:
            del os.environ["ACQ_FAKE_NO_MEMORY"]


class Collector(unittest.TestCase):
    def test_resurrection(self):
        """Who comes back from the collector's hands with an array has one that is right."""
        back = []

        class Phoenix:
            def __del__(self):
                back.append(self.array)

        with device(f"frames={FRAMES}") as dev:
            items = iter(dev)
            bird = Phoenix()
            bird.array = next(items).samples
            bird.self = bird
            del bird
            gc.collect()
            for block in items:
                pass
            self.assertTrue(is_ramp(back[0], 0))
        self.assertTrue(is_ramp(back[0], 0))

    def test_collecting_all_the_time(self):
        threshold = gc.get_threshold()
        gc.set_threshold(1)
        try:
            with device(f"frames={FRAMES // 4}") as dev:
                kept = []
                for block in dev.blocks(frames=4000):
                    kept.append([block.samples])
                    kept[-1].append(kept[-1])
                    if len(kept) > 9:
                        del kept[:8]
                for array, _ in kept:
                    self.assertTrue(is_ramp(array, self._index(array, FRAMES // 4)))
        finally:
            gc.set_threshold(*threshold)

    @staticmethod
    def _index(array, frames):
        """Where an array of the ramp begins, if it is in the last 65536 / 4 frames."""
        low = int(array[0, 0].view("<u2")) // 4
        return low + (frames - low - 1) // 16384 * 16384


class Threads(unittest.TestCase):
    def test_arrays_go_elsewhere(self):
        """One thread reads; others check what they get, and give it up whenever they like."""
        rng = random.Random(1)
        for _ in range(3):
            wrong = []
            queues = [[] for _ in range(3)]
            done = threading.Event()

            def use(queue):
                while not done.is_set() or queue:
                    if not queue:
                        time.sleep(0.0005)
                        continue
                    index, array = queue.pop(0)
                    if not is_ramp(array, index):
                        wrong.append(index)
                    if index % 7 == 0:
                        time.sleep(0.001)
                    if not is_ramp(array, index):
                        wrong.append(index)

            threads = [threading.Thread(target=use, args=(queue,)) for queue in queues]
            for thread in threads:
                thread.start()
            with device(f"frames={FRAMES}") as dev:
                for block in dev.blocks(frames=1500, timeout=60):
                    rng.choice(queues).append((block.index, block.samples))
            done.set()
            for thread in threads:
                thread.join()
            self.assertEqual(wrong, [])

    def test_moving_while_somebody_looks(self):
        """An array that is looked at all the time is the same while it moves to other memory."""
        with device(f"frames={FRAMES * 5}") as dev:
            items = dev.blocks(frames=8192, hold=0)
            array = next(items).samples
            want = array.copy()
            stop = threading.Event()
            looks = []

            def look():
                same = True
                n = 0
                while not stop.is_set():
                    same = same and np.array_equal(array, want)
                    n += 1
                looks.append((same, n))

            threads = [threading.Thread(target=look) for _ in range(2)]
            for thread in threads:
                thread.start()
            for block in items:
                block.samples[0]
            stop.set()
            for thread in threads:
                thread.join()
            self.assertTrue(all(same and n for same, n in looks), looks)


class Fork(unittest.TestCase):
    def test_both_have_their_arrays(self):
        with device(f"frames={FRAMES}") as dev:
            items = iter(dev)
            block = next(items)
            array = block.samples
            go, went = os.pipe()
            child = os.fork()
            if not child:
                code = 1
                try:
                    os.close(went)
                    os.read(go, 1)  # until the parent has gone round the ring
                    ok = is_ramp(array, 0) and is_ramp(block.samples, 0) and dev.closed
                    try:
                        next(items)
                    except ValueError as error:
                        code = 0 if ok and "belongs to the process" in str(error) else 2
                finally:
                    os._exit(code)
            os.close(go)
            there = block.end
            for block in items:
                self.assertTrue(is_ramp(block.samples, there))
                there = block.end
            self.assertEqual(there, FRAMES)
            os.close(went)
            self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)
            self.assertTrue(is_ramp(array, 0))

    def test_while_a_thread_waits(self):
        with device("frames=10,end=hang") as dev:
            got = []

            def read():
                try:
                    for block in dev:
                        got.append(block.samples)
                except ValueError:
                    pass

            thread = threading.Thread(target=read)
            thread.start()
            while not got:
                time.sleep(0.01)
            child = os.fork()
            if not child:
                os._exit(0 if is_ramp(got[0], 0) and dev.closed else 1)
            self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)
            # the child has not woken the parent's thread: it would not sleep any more
            self.assertFalse(_is_ready(dev._waiting.wake))
            dev.close()
            thread.join(60)
            self.assertFalse(thread.is_alive())
            self.assertTrue(is_ramp(got[0], 0))

    def test_multiprocessing(self):
        with device(f"frames={FRAMES}") as dev:
            arrays = [(block.index, block.samples) for block, _ in zip(dev.blocks(frames=500), range(20))]
            with multiprocessing.get_context("fork").Pool(2) as pool:
                self.assertTrue(all(pool.starmap(_check, [(a, i) for i, a in arrays])))
            for block in dev:
                pass
            self.assertTrue(all(is_ramp(a, i) for i, a in arrays))


def _check(array, index):
    return is_ramp(array, index)


def _is_ready(fd):
    try:
        return os.eventfd_read(fd) > 0
    except BlockingIOError:
        return False


EXIT = """
import sys, os, threading, atexit
sys.path[:0] = {path!r}
from support import plot, is_ramp
import acqdev
plot("frames=100000,end=hang")
dev = acqdev.open(mode="rw")
dev.config.pattern = "ramp"
items = dev.blocks(frames=1000)
block = next(items)
array = block.samples
view = array[3:]

class Late:
    def __init__(self):
        self.array = array
    def __del__(self):
        sys.stdout.write("right\\n" if self.array[1, 1] == 5 else "wrong\\n")
"""


class Exit(unittest.TestCase):
    def run_to_the_end(self, code, status=0):
        here = os.path.dirname(__file__)
        done = python(EXIT.format(path=[here]) + code)
        self.assertEqual((done.returncode, done.stderr), (status, ""), done.stdout)
        return done.stdout

    def test_with_everything_alive(self):
        self.assertEqual(self.run_to_the_end("late = Late(); import builtins; builtins.late = late; del late"), "right\n")

    def test_with_cycles(self):
        self.assertEqual(self.run_to_the_end("l = [dev, items, block, array, Late()]; l.append(l); "
                                             "import gc; gc.disable(); del l"), "right\n")

    def test_in_atexit(self):
        self.assertEqual(self.run_to_the_end(
            "def last():\n    dev.close(); print(is_ramp(array, 0), is_ramp(block.samples, 0))\n"
            "atexit.register(last)"), "True True\n")

    def test_while_a_daemon_waits(self):
        self.run_to_the_end("keep = []\n"
                            "t = threading.Thread(target=lambda: [keep.append(b.samples) for b in items], daemon=True)\n"
                            "t.start()\nwhile len(keep) < 90: pass\n")

    def test_interrupted(self):
        """Ctrl-C ends a wait, and the array is there."""
        out = self.run_to_the_end(
            "import signal, time\n"
            "threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()\n"
            "try:\n    for block in items: pass\n"
            "except KeyboardInterrupt:\n    print(is_ramp(array, 0))\n")
        self.assertEqual(out, "True\n")

    def test_closed_by_a_signal_anywhere(self):
        """Whatever a handler interrupts, it may close the device, and may not use it."""
        out = self.run_to_the_end(
            "import signal, random\n"
            "rng = random.Random(5)\n"
            "dev.close()\n"
            "said = []\n"
            "def close(*_):\n"
            "    try: said.append(dev.status.state)\n"
            "    except (RuntimeError, ValueError) as error: said.append(type(error).__name__)\n"
            "    dev.close()\n"
            "signal.signal(signal.SIGALRM, close)\n"
            "for n in range(300):\n"
            "    plot('frames=100000000,piece=8000')\n"
            "    dev = acqdev.open(mode='rw')\n"
            "    dev.config.pattern = 'ramp'\n"
            "    signal.setitimer(signal.ITIMER_REAL, rng.uniform(0.0005, 0.005))\n"
            "    kept = []\n"
            "    try:\n"
            "        for block in dev.blocks(hold=0):\n"
            "            kept.append((block.index, block.samples))\n"
            "            del kept[:-4]\n"
            "    except ValueError as error:\n"
            "        pass\n"
            "    assert all(is_ramp(a, i) for i, a in kept)\n"
            "print(dev.closed, *[f'{word} {said.count(word)}' for word in sorted(set(said))])\n")
        self.assertIn("True RuntimeError", out)

    def test_closed_by_a_signal(self):
        out = self.run_to_the_end(
            "import signal, time\n"
            "signal.signal(signal.SIGALRM, lambda *_: dev.close())\n"
            "signal.setitimer(signal.ITIMER_REAL, 0.5)\n"
            "try:\n    for block in items: pass\n"
            "except ValueError as error:\n    print(is_ramp(array, 0), error)\n")
        self.assertEqual(out, "True /dev/acqdev is closed\n")


if __name__ == "__main__":
    signal.alarm(600)
    unittest.main()
