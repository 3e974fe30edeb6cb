# SPDX-License-Identifier: GPL-2.0-only
"""Configuration, control, what goes wrong."""

import errno
import json
import os
import subprocess
import unittest

import acqdev
from acqdev import _abi, config
from support import device, plot

# what the tool takes, and the package as well
SAME = ["rate=48k", "rate=1e3", "rate=2.5e3Hz", "block=6.5536e4", "rate=44.1k", "rate=0.5", "rate=2M", "rate=1000.0625", "format=s32", "format=u8",
        "channels=2",
        "channels=0,2-3", "channels=0xd", "channels=1-1", "channels=1,2", "count=1M", "count=1.5k", "count=endless",
        "count=0x10", "trigger=software", "trigger=level:1:-100", "trigger=level:0:0x10:falling", "pattern=ramp",
        "transfer=fifo", "block=64k", "block=64KiB", "block=0x2000", "ring=16M", "ring=1MB", "irq_frames=4k",
        "irq_us=default", "filter=swap,offset", "filter=none", "pretrigger=none"]
# what neither takes
REFUSED = ["rate=0", "rate=-1", "rate=48q", "rate=", "format=s24", "format=", "channels=0", "channels=65",
           "channels=64-64", "channels=3-1", "channels=", "channels=0x0", "channels=a", "count=-1", "count=1.5",
           "count=1ki", "trigger=", "trigger=soft", "trigger=software:1", "trigger=level", "trigger=level:64:1",
           "trigger=level:0:2147483648", "trigger=level:0:-2147483649", "trigger=level:0:", "trigger=level::1",
           "trigger=level:0:-", "trigger=level:0:--1", "trigger=level:0:1:up", "trigger=level:0:1:rising:x", "pattern=sine",
           "transfer=usb", "block=1.0001k", "block=8G", "block=64kHz", "ring=x", "irq_us=5000000000",
           "filter=", "filter=A", "filter=a b", "filter=abcdefghijklmnopqrstuvwxyz", "rate=1e20", "channels=1.5"]


class Config(unittest.TestCase):
    def test_reads_and_sets(self):
        with device() as dev:
            dev.config.rate = 96000
            self.assertEqual(dev.config.rate, 96000.0)
            dev.config["format"] = "s32"
            self.assertEqual(dev.config["format"], "s32")
            self.assertEqual(dev.dtype.str, "<i4")
            stands = dev.config.update(rate=7e6, channels=[0, 2])
            self.assertEqual(stands["rate"], 7384615.384)
            self.assertEqual(dev.config.channels, (0, 2))
            self.assertEqual(dict(dev.config), stands)
            self.assertEqual(set(stands), set(config.KEYS))

    def test_what_if_changes_nothing(self):
        plot("")
        with acqdev.open() as dev:
            self.assertEqual(dev.config.what_if(format="u8", rate="96k")["format"], "u8")
            self.assertEqual((dev.config.format, dev.config.rate), ("s16", 48000.0))

    def test_errors(self):
        with device("layout=s16:4") as dev:
            before = dict(dev.config)
            with self.assertRaisesRegex(OSError, "has no format u32; it has: u8 s16 s32"):
                dev.config.format = "u32"
            with self.assertRaisesRegex(OSError, "channels 0-3 only"):
                dev.config.channels = [5]
            with self.assertRaisesRegex(OSError, "no memory for samples from before"):
                dev.config.pretrigger = 5
            with self.assertRaisesRegex(ValueError, "'fast' is no value for rate"):
                dev.config.rate = "fast"
            with self.assertRaisesRegex(AttributeError, "no setting 'speed'; there are: rate format"):
                dev.config.speed = 1
            with self.assertRaisesRegex(AttributeError, "no setting 'speed'"):
                dev.config.speed
            with self.assertRaisesRegex(KeyError, "no setting 'speed'"):
                dev.config.update(rate=1, speed=1)
            self.assertEqual(dict(dev.config), before)
        plot("")
        with acqdev.open() as dev, self.assertRaisesRegex(OSError, "cannot set rate.*mode='rw'") as caught:
            dev.config.rate = 1
        self.assertEqual((caught.exception.errno, caught.exception.filename), (errno.EBADF, "/dev/acqdev"))

    def test_values_are_not_texts_only(self):
        with device() as dev:
            new = config.change(_abi.acq_config(), {"count": None, "channels": None, "ring": 1 << 20, "rate": 44100,
                                                    "filter": ["a", "b"], "block": 4096.0})
            self.assertEqual((new.count, new.channel_mask, new.ring_bytes, new.rate_millihz, new.filter,
                              new.block_bytes), (0, 0, 1 << 20, 44100000, b"a,b", 4096))
            for name, value in (("count", 1.5), ("count", True), ("channels", [64]), ("channels", [-1]),
                                ("channels", []), ("rate", float("nan")), ("rate", float("inf")),
                                ("block", 1 << 32), ("channels", True), ("format", 3), ("trigger", None)):
                with self.assertRaises(ValueError, msg=(name, value)):
                    dev.config.update({name: value})

    @unittest.skipUnless(os.path.exists(os.environ.get("ACQ_FAKE_TOOL", "")), "no acq-fake is built")
    def test_takes_what_the_tool_takes(self):
        def tool(setting):
            # a filter is the driver's: here nothing refuses it
            return subprocess.run([os.environ["ACQ_FAKE_TOOL"], "config", "--try", "--json", "acqdev", setting],
                                  capture_output=True, text=True, env={**os.environ, "ACQ_FAKE": "", "LD_PRELOAD": ""})

        for setting in SAME:
            name, _, value = setting.partition("=")
            said = tool(setting)
            with self.subTest(setting), device("layout=s16:4") as dev:
                dev.config.pattern = "prbs"
                if said.returncode:
                    # none of the parsers refuses it: the card does
                    self.assertNotIn("no value for", said.stderr)
                    config.change(_abi.acq_config(), {name: value})
                    continue
                there = json.loads(said.stdout)
                here = dev.config.what_if({name: value})
                self.assertEqual(here["rate"], there["rate"])
                self.assertEqual(sum(1 << c for c in here["channels"]), there["channel_mask"])
                for key in ("format", "count", "pattern", "transfer", "block", "ring", "irq_frames", "irq_us",
                            "filter", "pretrigger"):
                    self.assertEqual(here[key], there[key], key)
                if there["trigger"] != "level":
                    self.assertEqual(here["trigger"], there["trigger"])
        for setting in REFUSED:
            name, _, value = setting.partition("=")
            with self.subTest(setting):
                self.assertIn("no value for", tool(setting).stderr)
                with self.assertRaises(ValueError):
                    config.change(_abi.acq_config(), {name: value})


class Opening(unittest.TestCase):
    def test_errors(self):
        plot("")
        with self.assertRaises(FileNotFoundError) as caught:
            acqdev.open("acqdev7")
        self.assertEqual(caught.exception.filename, "/dev/acqdev7")
        plot("open=13")
        with self.assertRaises(PermissionError):
            acqdev.open()
        plot("info=25")
        with self.assertRaisesRegex(OSError, "Not an acqdev device"):
            acqdev.open()
        with self.assertRaisesRegex(ValueError, "mode is"):
            acqdev.open(mode="w")
        with self.assertRaises(TypeError):
            acqdev.open(speed=1)
        fds = len(os.listdir("/proc/self/fd"))
        for _ in range(50):
            with self.assertRaises(FileNotFoundError):
                acqdev.open("acqdev7")
        self.assertEqual(len(os.listdir("/proc/self/fd")), fds)

    def test_control(self):
        with device("start=16") as dev:
            with self.assertRaisesRegex(OSError, "cannot start: The stream or the reader is in use"):
                dev.start()
            dev.stop()
            dev.trigger()
            self.assertEqual(dev.status.state, "idle")
            self.assertEqual(dev.info.hw_version, (1, 2))
            self.assertIsNone(dev.gap)
            self.assertGreater(dev.fileno(), 2)
        for what in (dev.start, dev.stop, dev.trigger, dev.fileno, lambda: dev.status, lambda: dev.config.rate,
                     lambda: next(iter(dev))):
            with self.assertRaisesRegex(ValueError, "is closed"):
                what()
        dev.close()

    def test_not_closed(self):
        plot("")
        with self.assertWarns(ResourceWarning):
            acqdev.open()


if __name__ == "__main__":
    unittest.main()
