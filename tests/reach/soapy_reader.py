#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""soapy_reader.py [TEST...]: the SoapySDR module, by SoapySDR's own interface, on the made-up device (reach-soapy)."""

import ctypes
import itertools
import os
import tempfile
import time
import unittest

import numpy as np
import SoapySDR
from SoapySDR import SOAPY_SDR_END_BURST, SOAPY_SDR_HAS_TIME, SOAPY_SDR_RX, SOAPY_SDR_TX

OVERFLOW, TIMEOUT, STREAM_ERROR, NOT_SUPPORTED = -4, -1, -2, -5
LONG = 600_000_000  # microseconds, of a wait that is not to run out


def ramp(first, frames, channels=4, pair=(0, 1), dtype=np.int16):
    """What the made-up device's pattern "ramp" has in these frames and channels: shape (frames, 2)"""
    at = np.arange(first, first + frames, dtype=np.int64) * channels
    return np.stack([at + channel for channel in pair], axis=1).astype(dtype)


def index_of(time_ns, rate):
    return round(time_ns * rate / 1e9)


RUNS = itertools.count(1)


def made_up(plot):
    """The device begins with this plot, and as it is configured at first: no two are alike."""
    os.environ["ACQ_FAKE"] = f"run={next(RUNS)}" + (f",{plot}" if plot else "")


class Opened(unittest.TestCase):
    def open(self, plot="frames=100000", **args):
        made_up(plot)
        args = {"driver": "acqdev", "device": "acqdev0", "pattern": "ramp", **args}
        self.dev = SoapySDR.Device(",".join(f"{key}={value}" for key, value in args.items()))
        self.addCleanup(self.dev.close)
        return self.dev

    def stream(self, form="CS16", channels=(0,), **args):
        stream = self.dev.setupStream(SOAPY_SDR_RX, form, list(channels), args)
        self.addCleanup(self.dev.closeStream, stream)
        self.assertEqual(self.dev.activateStream(stream), 0)
        return stream

    def read_all(self, stream, total, dtype=np.int16, channels=1, size=10007):
        """Arrays by channel, and [(place in them, flags, time)] of each gap; ends after so many elements"""
        arrays = [np.empty((total, 2), dtype) for _ in range(channels)]
        there, gaps = 0, []
        expect = None
        rate = self.dev.getSampleRate(SOAPY_SDR_RX, 0)
        while there < total:
            got = self.dev.readStream(stream, [a[there:] for a in arrays], min(size, total - there), timeoutUs=LONG)
            if got.ret == OVERFLOW:
                gaps.append((there, got.flags, index_of(got.timeNs, rate)))
                expect = None
                continue
            self.assertGreater(got.ret, 0)
            self.assertTrue(got.flags & SOAPY_SDR_HAS_TIME)
            index = index_of(got.timeNs, rate)
            if expect is not None:
                self.assertEqual(index, expect)
            elif gaps:
                gaps[-1] += (index,)
            expect = index + got.ret
            there += got.ret
        return arrays, gaps


class Finding(Opened):
    def test_found_by_what_it_is(self):
        made_up("")
        for args, number in (({}, 1), ({"serial": "0123"}, 1), ({"serial": "9"}, 0), ({"device": "0"}, 1),
                             ({"device": "/dev/acqdev"}, 1), ({"device": "acqdev7"}, 0), ({"family": "fake"}, 1),
                             ({"direction": "tx"}, 0)):
            found = SoapySDR.Device.enumerate({"driver": "acqdev", **args})
            self.assertEqual(len(found), number, args)
        self.assertEqual(dict(SoapySDR.Device.enumerate("driver=acqdev")[0])["device"], "acqdev0")

    def test_none(self):
        # SoapySDR keeps for a second what it has found by the same arguments
        made_up("open=19")
        self.assertEqual(len(SoapySDR.Device.enumerate("driver=acqdev,none=1")), 0)
        with self.assertRaisesRegex(RuntimeError, "/dev/acqdev: cannot open it: The card is gone"):
            SoapySDR.Device("driver=acqdev,none=1")

    def test_what_it_is(self):
        dev = self.open()
        info = dict(dev.getHardwareInfo())
        self.assertEqual((info["serial"], info["family"], info["rx_iq"]), ("0123", "fake", "0-1+2-3"))
        self.assertEqual((dev.getNumChannels(SOAPY_SDR_RX), dev.getNumChannels(SOAPY_SDR_TX)), (2, 0))
        self.assertLessEqual({"CS16", "CS8", "CF32"}, set(dev.getStreamFormats(SOAPY_SDR_RX, 0)))


class Pairs(Opened):
    def test_iq(self):
        for iq, text in (("0-1+2-3", "0-1+2-3"), ("3-2;0", "3-2+0"), ("real", "0+1+2+3"), ("pairs", "0-1+2-3"),
                         ("2 0-3", "2+0-3")):
            dev = self.open(iq=iq)
            self.assertEqual(dict(dev.getHardwareInfo())["rx_iq"], text)
            dev.close()

    def test_iq_that_is_wrong(self):
        for iq in ("0-4", "4", "0-0", "x", "0-", "-1", "0-1-2", "+", "99999999999999999999"):
            with self.assertRaisesRegex(RuntimeError, "iq=", msg=iq):
                self.open(iq=iq)

    def profile(self, text):
        file = tempfile.NamedTemporaryFile("w", suffix=".conf", delete=False)
        self.addCleanup(os.unlink, file.name)
        with file:
            file.write(text)
        return file.name

    def test_profile(self):
        path = self.profile("# ours\n9999 iq=real\n0123 iq=1-0 format=s32 # turned\n* iq=pairs\n")
        dev = self.open(profile=path)
        self.assertEqual(dict(dev.getHardwareInfo())["rx_iq"], "1-0")
        self.assertEqual(dev.readSetting("format"), "s32")
        dev.close()
        # the caller's arguments come first
        dev = self.open(profile=path, iq="2-3", format="s16")
        self.assertEqual(dict(dev.getHardwareInfo())["rx_iq"], "2-3")
        self.assertEqual(dev.readSetting("format"), "s16")

    def test_profile_that_is_wrong(self):
        with self.assertRaisesRegex(RuntimeError, "profile /nowhere: No such file"):
            self.open(profile="/nowhere")
        with self.assertRaisesRegex(RuntimeError, ":2: 'iq' is not key=value"):
            self.open(profile=self.profile("\nfake iq 0-1\n"))


class Reading(Opened):
    def test_bit_for_bit(self):
        self.open()
        (got,), gaps = self.read_all(self.stream(), 100000)
        self.assertTrue(np.array_equal(got, ramp(0, 100000)))
        self.assertEqual(gaps, [])

    def test_both_pairs_of_the_same_frames(self):
        self.open()
        (a, b), _ = self.read_all(self.stream(channels=(0, 1)), 100000, channels=2)
        self.assertTrue(np.array_equal(a, ramp(0, 100000)))
        self.assertTrue(np.array_equal(b, ramp(0, 100000, pair=(2, 3))))

    def test_turned_and_real(self):
        self.open(iq="3-2+1")
        (a, b), _ = self.read_all(self.stream(channels=(0, 1)), 5000, channels=2)
        self.assertTrue(np.array_equal(a, ramp(0, 5000, pair=(3, 2))))
        self.assertTrue(np.array_equal(b[:, 0], ramp(0, 5000, pair=(1, 1))[:, 0]))
        self.assertFalse(b[:, 1].any())

    def test_real_format(self):
        dev = self.open(iq="2+0-1")
        stream = self.stream("S16")
        got = np.empty(1000, np.int16)
        self.assertEqual(dev.readStream(stream, [got], 1000, timeoutUs=LONG).ret, 1000)
        self.assertTrue(np.array_equal(got, ramp(0, 1000, pair=(2, 2))[:, 0]))
        with self.assertRaisesRegex(RuntimeError, "is I and Q"):
            dev.setupStream(SOAPY_SDR_RX, "S16", [1])

    def converted(self, card, form, dtype, expected):
        self.open(format=card)
        (got,), _ = self.read_all(self.stream(form), 70000, dtype)
        raw = ramp(0, 70000, dtype=np.int64)
        self.assertTrue(np.array_equal(got, expected(raw)), (card, form))
        self.doCleanups()

    def test_formats(self):
        def s16(raw):
            return raw.astype(np.int16)

        def u8(raw):
            return raw.astype(np.uint8).astype(int) - 128

        self.converted("s16", "CS8", np.int8, lambda raw: s16(raw) >> 8)
        self.converted("s16", "CS32", np.int32, lambda raw: s16(raw).astype(np.int32) << 16)
        self.converted("s16", "CF32", np.float32, lambda raw: s16(raw) / np.float32(32768))
        self.converted("u8", "CS8", np.int8, u8)
        self.converted("u8", "CS16", np.int16, lambda raw: u8(raw) << 8)
        self.converted("u8", "CF32", np.float32, lambda raw: u8(raw) / np.float32(128))
        self.converted("s32", "CS16", np.int16, lambda raw: raw >> 16)
        self.converted("s32", "CS32", np.int32, lambda raw: raw)
        self.converted("s32", "CF32", np.float32, lambda raw: (raw / 2**31).astype(np.float32))

    def test_gap(self):
        """A loss in the midst: an overflow at its place, the time jumps by it, the counts are right."""
        dev = self.open("frames=100000,gap=4800:300:2,gap=70000:77:1")
        stream = self.stream()
        (got,), gaps = self.read_all(stream, 100000 - 377)
        self.assertEqual([gap[0] for gap in gaps], [4800, 69700])
        self.assertTrue(all(gap[1] & SOAPY_SDR_HAS_TIME for gap in gaps))
        self.assertEqual([gap[2:] for gap in gaps], [(4800, 5100), (70000, 70077)])
        expected = np.concatenate([ramp(0, 4800), ramp(5100, 64900), ramp(70077, 29923)])
        self.assertTrue(np.array_equal(got, expected))
        self.assertEqual([dev.readSensor(s) for s in ("lost", "gaps", "lost_total", "gaps_total")],
                         ["377", "2", "377", "2"])
        self.assertEqual(dev.readSensor("last_gap"), "index=70000 lost=77 cause=card-fifo")
        # activated anew, it counts anew; what there was since it was opened stays
        dev.deactivateStream(stream)
        dev.activateStream(stream)
        self.assertEqual([dev.readSensor(s) for s in ("lost", "gaps", "lost_total", "gaps_total")],
                         ["0", "0", "377", "2"])
        self.read_all(stream, 5000)
        self.assertEqual([dev.readSensor(s) for s in ("lost", "lost_total")], ["300", "677"])

    def test_time_is_the_cards(self):
        dev = self.open("frames=3000", rate="44.1k")
        rate = dev.getSampleRate(SOAPY_SDR_RX, 0)
        stream = self.stream()
        buffer = np.empty((7, 2), np.int16)
        for index in range(0, 2800, 7):
            got = dev.readStream(stream, [buffer], 7, timeoutUs=LONG)
            self.assertEqual((got.ret, got.timeNs), (7, int(index * 10**12 // round(rate * 1000))))

    def test_burst(self):
        dev = self.open()
        stream = self.dev.setupStream(SOAPY_SDR_RX, "CS16", [0])
        self.addCleanup(dev.closeStream, stream)
        buffer = np.empty((1000, 2), np.int16)
        for _ in range(2):
            self.assertEqual(dev.activateStream(stream, 0, 0, 1500), 0)
            a = dev.readStream(stream, [buffer], 1000, timeoutUs=LONG)
            b = dev.readStream(stream, [buffer], 1000, timeoutUs=LONG)
            self.assertEqual((a.ret, b.ret), (1000, 500))
            self.assertEqual((a.flags & SOAPY_SDR_END_BURST, b.flags & SOAPY_SDR_END_BURST),
                             (0, SOAPY_SDR_END_BURST))
            self.assertEqual(dev.readStream(stream, [buffer], 1000, timeoutUs=1000).ret, TIMEOUT)
            self.assertEqual(dev.readSensor("state"), "idle")

    def test_what_there_is_not(self):
        dev = self.open()
        stream = self.dev.setupStream(SOAPY_SDR_RX, "CS16", [0])
        self.addCleanup(dev.closeStream, stream)
        buffer = np.empty((1000, 2), np.int16)
        self.assertEqual(dev.activateStream(stream, SOAPY_SDR_HAS_TIME, 1000), NOT_SUPPORTED)
        self.assertEqual(dev.activateStream(stream, SoapySDR.SOAPY_SDR_WAIT_TRIGGER), NOT_SUPPORTED)
        self.assertEqual(dev.readStream(stream, [buffer], 1000, timeoutUs=1000).ret, TIMEOUT)
        self.assertEqual(dev.writeStream(stream, [buffer], 1000).ret, NOT_SUPPORTED)
        with self.assertRaisesRegex(RuntimeError, "no channel 2"):
            dev.setupStream(SOAPY_SDR_RX, "CS16", [2])
        with self.assertRaisesRegex(RuntimeError, "no stream format 'CS4'"):
            dev.setupStream(SOAPY_SDR_RX, "CS4", [0])
        with self.assertRaisesRegex(RuntimeError, "no such direction"):
            dev.setupStream(SOAPY_SDR_TX, "CS16", [0])

    def ended(self, how, ret):
        dev = self.open(f"frames=5000,end={how}")
        stream = self.stream()
        self.read_all(stream, 5000)
        buffer = np.empty((1000, 2), np.int16)
        for _ in range(3):
            before = time.monotonic()
            self.assertEqual(dev.readStream(stream, [buffer], 1000, timeoutUs=20000).ret, ret, how)
            # the least, not the most
            if ret == TIMEOUT:
                self.assertGreater(time.monotonic() - before, 0.015)
        self.doCleanups()

    def test_ends(self):
        self.ended("finish", TIMEOUT)
        self.ended("gone", STREAM_ERROR)
        self.ended("eio", STREAM_ERROR)
        self.ended("hang", TIMEOUT)


class Configuring(Opened):
    def test_rate(self):
        dev = self.open()
        dev.setSampleRate(SOAPY_SDR_RX, 0, 96e3)
        self.assertEqual(dev.getSampleRate(SOAPY_SDR_RX, 0), 96e3)
        [limits] = dev.getSampleRateRange(SOAPY_SDR_RX, 0)
        self.assertEqual((limits.minimum(), limits.maximum()), (1, 2e6))
        self.assertLessEqual({1.0, 48e3, 96e3, 1e6, 2e6}, set(dev.listSampleRates(SOAPY_SDR_RX, 0)))
        for rate in (3e6, 0, -1, float("nan")):
            with self.assertRaisesRegex(RuntimeError, "no rate of"):
                dev.setSampleRate(SOAPY_SDR_RX, 0, rate)
        self.assertEqual(dev.getSampleRate(SOAPY_SDR_RX, 0), 96e3)

    def test_settings(self):
        dev = self.open()
        known = {info.key for info in dev.getSettingInfo()}
        self.assertLessEqual({"rate", "format", "trigger", "filter", "pattern", "block", "ring"}, known)
        dev.writeSetting("trigger", "software")
        self.assertEqual(dev.readSetting("trigger"), "software")
        dev.writeSetting("trigger_now", "true")
        for key, value, why in (("nothing", "1", "no setting 'nothing'"), ("format", "s7", "no value for format"),
                                ("channels", "0-5", "channels 0-3 only"), ("format", "u32", "no format u32")):
            with self.assertRaisesRegex(RuntimeError, why):
                dev.writeSetting(key, value)
        self.assertEqual((dev.readSetting("format"), dev.readSetting("channels")), ("s16", "0-3"))

    def test_channels_of_the_stream(self):
        """The frames get what a stream needs, and lose nothing that was there."""
        dev = self.open(channels="2-3")
        stream = self.stream(channels=(1,))
        (got,), _ = self.read_all(stream, 100)
        self.assertTrue(np.array_equal(got, ramp(0, 100, 2)))
        dev.deactivateStream(stream)
        self.assertEqual(dev.readSetting("channels"), "2-3")
        (got,), _ = self.read_all(self.stream(channels=(0,)), 100)
        self.assertEqual(dev.readSetting("channels"), "0-3")


class Direct(Opened):
    """SoapySDR's C interface: the Python one has no buffers."""

    def setUp(self):
        self.lib = lib = ctypes.CDLL("libSoapySDR.so.0.8")
        lib.SoapySDRDevice_makeStrArgs.restype = ctypes.c_void_p
        lib.SoapySDRDevice_setupStream.restype = ctypes.c_void_p
        lib.SoapySDRDevice_getNumDirectAccessBuffers.restype = ctypes.c_size_t
        self.handle, self.flags, self.time = ctypes.c_size_t(), ctypes.c_int(), ctypes.c_longlong()
        self.at = ctypes.c_void_p()

    def direct(self, plot, args="", form=b"CS16", **stream_args):
        lib = self.lib
        made_up(plot)
        self.device = ctypes.c_void_p(lib.SoapySDRDevice_makeStrArgs(
            f"driver=acqdev,device=acqdev0,pattern=ramp,{args}".encode()))
        channel = (ctypes.c_size_t * 1)(0)
        self.assertTrue(self.device.value)
        stream = ctypes.c_void_p(lib.SoapySDRDevice_setupStream(self.device, SOAPY_SDR_RX, form, channel,
                                                                ctypes.c_size_t(1), None))
        self.assertEqual(lib.SoapySDRDevice_activateStream(self.device, stream, 0, ctypes.c_longlong(0),
                                                           ctypes.c_size_t(0)), 0)
        return stream

    def close(self, stream):
        self.lib.SoapySDRDevice_closeStream(self.device, stream)
        self.lib.SoapySDRDevice_unmake(self.device)

    def acquire(self, stream, timeout=LONG):
        return self.lib.SoapySDRDevice_acquireReadBuffer(
            self.device, stream, ctypes.byref(self.handle), ctypes.byref(self.at), ctypes.byref(self.flags),
            ctypes.byref(self.time), ctypes.c_long(timeout))

    def release(self, stream, handle):
        self.lib.SoapySDRDevice_releaseReadBuffer(self.device, stream, ctypes.c_size_t(handle))

    def number(self, stream):
        return self.lib.SoapySDRDevice_getNumDirectAccessBuffers(self.device, stream)

    def view(self, frames):
        return np.ctypeslib.as_array(ctypes.cast(self.at, ctypes.POINTER(ctypes.c_int16)), (frames, 2))

    def test_in_the_ring(self):
        """Several buffers at a time, given back in another order, around the ring and over a gap"""
        stream = self.direct("frames=1000000,layout=s16:2,gap=300000:50:2")
        self.assertGreater(self.number(stream), 2)
        there = overflows = full = 0
        held = []
        while there < 1000000:
            frames = self.acquire(stream, 1000 if held else LONG)
            if frames == OVERFLOW:
                overflows += 1
                self.assertEqual(there, 300000)
                there += 50
            elif frames == TIMEOUT:
                self.assertTrue(held)
            else:
                self.assertGreater(frames, 0)
                self.assertNotIn(self.handle.value, [h for h, *_ in held])
                address = ctypes.c_void_p()
                self.assertEqual(self.lib.SoapySDRDevice_getDirectAccessBufferAddrs(
                    self.device, stream, self.handle, ctypes.byref(address)), 0)
                self.assertEqual(address.value, self.at.value)
                held.append((self.handle.value, there, self.view(frames)))
                there += frames
            if len(held) < 3 and frames != TIMEOUT and there < 1000000:
                continue
            # all is still as it was, also what came first: that is kept until it has stopped the card
            for _, first, view in held:
                self.assertTrue(np.array_equal(view, ramp(first, len(view), 2)), first)
            alone = frames == TIMEOUT and len(held) == 1
            full += alone
            keep = 0 if alone or there == 1000000 else 1
            for handle, *_ in held[:0:-1] + held[:1 - keep]:
                self.release(stream, handle)
            held = held[:keep]
        self.assertGreater(full, 2)
        self.assertEqual(overflows, 1)
        self.close(stream)

    def test_bounded(self):
        """Half of the ring and no more; then it waits, and not beyond its time."""
        stream = self.direct("frames=100000000,layout=s16:2,end=hang", "ring=512k")
        number = self.number(stream)
        for handle in range(number):
            self.assertGreater(self.acquire(stream), 0)
        self.assertEqual(self.acquire(stream, 20000), TIMEOUT)
        first = self.view(10).copy()
        # what is held outlives the stream's activity
        self.lib.SoapySDRDevice_deactivateStream(self.device, stream, 0, ctypes.c_longlong(0))
        self.assertTrue(np.array_equal(first, self.view(10)))
        for handle in range(number):
            self.release(stream, handle)
        self.close(stream)

    def test_only_where_it_lies_so(self):
        for plot, args, form in (("", "", b"CS16"), ("layout=s16:2", "", b"CF32"), ("layout=s16:2", "iq=1-0", b"CS16"),
                                 ("layout=u8:2", "", b"CS8"), ("layout=s16:2", "iq=0", b"CS16")):
            stream = self.direct(plot, args, form)
            self.assertEqual(self.number(stream), 0, (plot, args, form))
            self.assertEqual(self.acquire(stream), NOT_SUPPORTED)
            self.close(stream)


if __name__ == "__main__":
    SoapySDR.setLogLevel(SoapySDR.SOAPY_SDR_FATAL)
    unittest.main()
