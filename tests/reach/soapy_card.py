#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""soapy_card.py [TEST...]: the SoapySDR module with the real driver (reach-soapy-card.sh). Prints KTAP."""

import ctypes
import functools
import os
import select
import sys
import time
import traceback

import numpy as np
import SoapySDR
from SoapySDR import SOAPY_SDR_END_BURST, SOAPY_SDR_HAS_TIME, SOAPY_SDR_RX, SOAPY_SDR_TX

OVERFLOW, TIMEOUT, STREAM_ERROR, UNDERFLOW = -4, -1, -2, -7
LONG = 120_000_000
TESTS = []


def ask(tty, line):
    """One line to the card (ttyS2) or to the host (ttyS4), and its answer."""
    fd = os.open(f"/dev/{tty}", os.O_RDWR | os.O_NOCTTY)
    try:
        os.write(fd, line.encode() + b"\n")
        said = b""
        while not said.endswith(b"\n"):
            assert select.select([fd], [], [], 60)[0], f"no answer to {line}"
            said += os.read(fd, 256)
    finally:
        os.close(fd)
    assert said.startswith(b"ok"), (line, said)
    return said.decode()


card = functools.partial(ask, "ttyS2")
host = functools.partial(ask, "ttyS4")


def test(function):
    TESTS.append(function)
    return function


class Input:
    """The card's ramp as I and Q, of 32 bits: of 16, each lap of the ring would look like the one before."""
    def __init__(self, speed="free", form="CS32", count="endless", **stream):
        card(f"speed {speed}")
        self.dev = SoapySDR.Device("driver=acqdev,device=acqdev0,format=s32,pattern=ramp,trigger=immediate,rate=48k,"
                                   f"block=16k,ring=1M,transfer=dma,count={count}")
        self.stream = self.dev.setupStream(SOAPY_SDR_RX, form, [0], stream)
        self.buffer = np.empty((65536, 2), np.int32)
        self.rate = 48000

    def __enter__(self):
        assert self.dev.activateStream(self.stream) == 0
        return self

    def __exit__(self, *_):
        self.dev.deactivateStream(self.stream)
        self.dev.closeStream(self.stream)
        self.dev.close()

    def read(self, most=65536, timeout=LONG):
        """Elements, their index and flags; OVERFLOW and the like in place of elements"""
        got = self.dev.readStream(self.stream, [self.buffer], most, timeoutUs=timeout)
        index = None
        if got.flags & SOAPY_SDR_HAS_TIME:
            index = round(got.timeNs * self.rate / 1e9)
        return (self.buffer[:got.ret] if got.ret >= 0 else got.ret), index, got.flags

    def sensors(self, *names):
        return [int(self.dev.readSensor(name)) for name in names]


def is_ramp(samples, index):
    return np.array_equal(samples, np.arange(2 * index, 2 * (index + len(samples)), dtype=np.int32).reshape(-1, 2))


@test
def found():
    found = [dict(args) for args in SoapySDR.Device.enumerate("driver=acqdev")]
    assert [(args["device"], args["direction"]) for args in found] == [("acqdev0", "rx"), ("acqdev1", "tx")], found
    dev = SoapySDR.Device("driver=acqdev,device=acqdev0,tx=acqdev1")
    assert (dev.getNumChannels(SOAPY_SDR_RX), dev.getNumChannels(SOAPY_SDR_TX)) == (1, 1)
    assert dev.getFullDuplex(SOAPY_SDR_RX, 0) and dict(dev.getHardwareInfo())["tx"] == "/dev/acqdev1"
    dev.close()
    try:
        SoapySDR.Device("driver=acqdev,device=acqdev0,tx=acqdev0")
    except RuntimeError as error:
        assert "the second RX" in str(error), error
    else:
        raise AssertionError("an input became TX")


@test
def everything_comes():
    frames = 2_000_000
    with Input(count=frames) as card_input:
        there = 0
        while there < frames:
            samples, index, flags = card_input.read()
            assert index == there and is_ramp(samples, there), (there, index, samples)
            there += len(samples)
            assert bool(flags & SOAPY_SDR_END_BURST) == (there == frames), (there, flags)
        assert card_input.read(timeout=20000)[0] == TIMEOUT
        assert card_input.sensors("lost", "gaps", "card_lost") == [0, 0, 0]


@test
def overflow():
    """Twice the card loses samples: each is one overflow, at its index and of its length."""
    with Input(speed="1") as card_input:
        gaps, seen, ordered = [], 0, 0
        while len(gaps) < 2 or gaps[-1][1] is None or seen < sum(gaps[-1]) + 20000:
            samples, index, flags = card_input.read()
            if isinstance(samples, int):
                assert samples == OVERFLOW and index == seen, (samples, index, seen)
                gaps.append([index, None])
                continue
            if gaps and gaps[-1][1] is None:
                gaps[-1][1] = index - gaps[-1][0]
                seen = index
            assert index == seen and is_ramp(samples, seen), (index, seen)
            seen = index + len(samples)
            if ordered == len(gaps) and ordered < 2:
                card(f"overflow {300 + 77 * ordered}")
                ordered += 1
        assert [lost for _, lost in gaps] == [300, 377], gaps
        assert card_input.sensors("lost", "gaps", "lost_total", "gaps_total", "card_lost") == [677, 2, 677, 2, 677]
        assert card_input.dev.readSensor("last_gap") == f"index={gaps[1][0]} lost=377 cause=card-fifo"
        print("#", card_input.dev.readSensor("last_gap"))


@test
def who_does_not_read_loses():
    """The ring fills, which costs samples: the overflows say how many, and what comes is right."""
    with Input(speed="50") as card_input:
        while float(card_input.dev.readSensor("ring_fill")) < 95:
            time.sleep(0.05)
        # nobody knows of a loss before something comes behind it
        time.sleep(0.3)
        card("speed 1")
        seen = lost = behind = 0
        while not lost or behind < 20000:
            samples, index, _ = card_input.read()
            if isinstance(samples, int):
                assert samples == OVERFLOW and index == seen, (samples, index, seen)
                samples, index, _ = card_input.read()
                lost += index - seen
                seen = index
                behind = 0
            assert index == seen and is_ramp(samples, seen), (index, seen)
            seen += len(samples)
            behind += len(samples)
        assert card_input.sensors("lost") == [lost], lost
        print(f"# {lost} lost, {card_input.dev.readSensor('last_gap')}")


@test
def a_monitor_is_overtaken():
    """It costs the card nothing, and knows what it has missed."""
    with Input(speed="50", monitor="true") as card_input:
        while int(card_input.dev.readSensor("index")) < 300_000:
            time.sleep(0.05)
        card("speed 1")
        seen, lost = 0, 0
        while not lost:
            samples, index, _ = card_input.read()
            if isinstance(samples, int):
                assert samples == OVERFLOW and index == seen, (samples, index, seen)
                samples, index, _ = card_input.read()
                lost = index - seen
            assert is_ramp(samples, index), index
            seen = index + len(samples)
        assert card_input.sensors("lost", "card_lost") == [lost, 0]
        assert "cause=overtaken" in card_input.dev.readSensor("last_gap")


@test
def in_the_ring():
    """Without a copy, by SoapySDR's C interface: three buffers are held, and given back in another order."""
    lib = ctypes.CDLL("libSoapySDR.so.0.8")
    lib.SoapySDRDevice_makeStrArgs.restype = lib.SoapySDRDevice_setupStream.restype = ctypes.c_void_p
    lib.SoapySDRDevice_getNumDirectAccessBuffers.restype = ctypes.c_size_t
    card("speed free")
    dev = ctypes.c_void_p(lib.SoapySDRDevice_makeStrArgs(
        b"driver=acqdev,device=acqdev0,format=s32,pattern=ramp,rate=48k,block=16k,ring=1M,count=1M"))
    stream = ctypes.c_void_p(lib.SoapySDRDevice_setupStream(dev, SOAPY_SDR_RX, b"CS32", (ctypes.c_size_t * 1)(0),
                                                            ctypes.c_size_t(1), None))
    zero = ctypes.c_size_t(0)
    assert lib.SoapySDRDevice_activateStream(dev, stream, 0, ctypes.c_longlong(0), zero) == 0
    assert lib.SoapySDRDevice_getNumDirectAccessBuffers(dev, stream) == 32
    handle, at, flags, when = ctypes.c_size_t(), ctypes.c_void_p(), ctypes.c_int(), ctypes.c_longlong()
    held, there = [], 0
    while there < 1_000_000 or held:
        frames = TIMEOUT
        if len(held) < 3 and there < 1_000_000:
            frames = lib.SoapySDRDevice_acquireReadBuffer(
                dev, stream, ctypes.byref(handle), ctypes.byref(at), ctypes.byref(flags), ctypes.byref(when),
                ctypes.c_long(20000 if held else LONG))
        if frames > 0:
            held.append((handle.value, there, np.ctypeslib.as_array(
                ctypes.cast(at, ctypes.POINTER(ctypes.c_int32)), (frames, 2))))
            there += frames
            continue
        assert frames == TIMEOUT and held, frames
        for _, first, view in held:
            assert is_ramp(view, first), first
        for number, *_ in [*held[1:], held[0]]:
            lib.SoapySDRDevice_releaseReadBuffer(dev, stream, ctypes.c_size_t(number))
        held = []
    lib.SoapySDRDevice_closeStream(dev, stream)
    lib.SoapySDRDevice_unmake(dev)


@test
def two_streams():
    """Each is a reader of its own: both get all of it, from where they begin."""
    with Input(speed="1") as card_input:
        assert is_ramp(card_input.read()[0], 0)
        other = card_input.dev.setupStream(SOAPY_SDR_RX, "CS32", [0])
        assert card_input.dev.activateStream(other) == 0
        buffer, seen, read = np.empty((65536, 2), np.int32), None, 0
        while read < 20000:
            got = card_input.dev.readStream(other, [buffer], 65536, timeoutUs=LONG)
            index = round(got.timeNs * 48000 / 1e9)
            assert got.ret > 0 and seen in (None, index) and is_ramp(buffer[:got.ret], index), (got, seen)
            seen = index + got.ret
            read += got.ret
        card_input.dev.closeStream(other)
        samples, index, _ = card_input.read()
        assert is_ramp(samples, index) and index < seen
        assert card_input.sensors("lost") == [0]


@test
def rate_while_it_runs():
    with Input(speed="1") as card_input:
        for rate in (96000, 48000):
            assert is_ramp(card_input.read()[0], 0)
            card_input.dev.setSampleRate(SOAPY_SDR_RX, 0, rate)
            assert card_input.dev.getSampleRate(SOAPY_SDR_RX, 0) == rate
            card_input.rate = rate
        # what this device's stream has suspended for, it must not do to another program's
        with open("/dev/acqdev", "rb", buffering=0) as other:
            other.read(64)
            try:
                card_input.dev.setSampleRate(SOAPY_SDR_RX, 0, 96000)
            except RuntimeError as error:
                assert "another program uses it" in str(error), error
            else:
                raise AssertionError("configured under another program")
        samples, index, _ = card_input.read()
        assert len(samples) and index is not None


@test
def idle_again():
    with Input(speed="1") as card_input:
        card_input.read()
        assert card_input.dev.readSensor("state") == "running"
        assert card_input.dev.deactivateStream(card_input.stream) == 0
        assert card_input.dev.readSensor("state") in ("idle", "draining")
        assert card_input.read(timeout=1000)[0] == TIMEOUT


@test
def plays():
    """What is written comes out, bit for bit, in a burst that is shorter than what the driver would begin with."""
    card("out speed 1")
    dev = SoapySDR.Device("driver=acqdev,device=acqdev1,format=s16,rate=48k,ring=1M")
    assert (dev.getNumChannels(SOAPY_SDR_RX), dev.getNumChannels(SOAPY_SDR_TX)) == (0, 1)
    stream = dev.setupStream(SOAPY_SDR_TX, "CF32", [0])
    assert dev.activateStream(stream) == 0
    samples = np.linspace(-1, 1, 2 * 3000, dtype=np.float32).reshape(-1, 2)
    there = 0
    while there < len(samples):
        got = dev.writeStream(stream, [samples[there:]], len(samples) - there, SOAPY_SDR_END_BURST, timeoutUs=LONG)
        assert got.ret > 0, got
        there += got.ret
    while dev.readSensor("state") == "armed":
        time.sleep(0.05)
    assert dev.deactivateStream(stream) == 0
    assert dev.readStreamStatus(stream, timeoutUs=0).ret == TIMEOUT
    digest = 0xcbf29ce484222325
    codes = np.clip(np.rint(samples.astype(np.float64) * 32768), -32768, 32767).astype("<i2")
    for byte in codes.tobytes():
        digest = (digest ^ byte) * 0x100000001b3 & (1 << 64) - 1
    said = dict(word.partition("=")[::2] for word in card("out stats").split())
    assert (said["played"], said["digest"]) == (str(len(codes)), str(digest)), (said, digest)
    dev.closeStream(stream)
    dev.close()


@test
def runs_dry():
    """An underrun is in the status, with its time, and what is written behind it is played."""
    card("out speed 1")
    dev = SoapySDR.Device("driver=acqdev,device=acqdev1,format=s16,rate=48k,ring=1M")
    stream = dev.setupStream(SOAPY_SDR_TX, "CS16", [0])
    assert dev.activateStream(stream) == 0
    samples = np.ones((10000, 2), np.int16)
    written, ordered = 0, False
    while True:
        if not ordered and dev.readSensor("state") == "running":
            card("out dry 300")
            ordered = True
        got = dev.writeStream(stream, [samples], len(samples), timeoutUs=LONG)
        assert got.ret > 0, got
        written += got.ret
        status = dev.readStreamStatus(stream, timeoutUs=1000)
        if status.ret != TIMEOUT:
            break
    assert status.ret == UNDERFLOW and status.flags & SOAPY_SDR_HAS_TIME, status
    assert int(dev.readSensor("gaps")) >= 1
    dev.deactivateStream(stream)
    said = dict(word.partition("=")[::2] for word in card("out stats").split())
    print("#", said)
    assert said["played"] == str(written), (said, written)
    dev.closeStream(stream)
    dev.close()


@test
def unplug():
    """The card goes: what it had brought comes, then an error, at once and for ever; nothing hangs."""
    with Input(speed="1") as card_input:
        seen = len(card_input.read()[0])
        host("unplug 0")
        while True:
            samples, index, _ = card_input.read()
            if isinstance(samples, int) and samples != OVERFLOW:
                break
            assert isinstance(samples, int) or is_ramp(samples, index)
        assert samples == STREAM_ERROR and seen, samples
        assert card_input.read(timeout=1000)[0] == STREAM_ERROR
        try:
            card_input.dev.readSensor("state")
        except RuntimeError as error:
            print("#", error)
    host("plug 0")
    end = time.monotonic() + 120
    while not os.path.exists("/dev/acqdev"):
        assert time.monotonic() < end
        time.sleep(0.05)
    with Input(count=1000) as card_input:
        assert is_ramp(card_input.read()[0], 0)


def main():
    failed = 0
    tests = [t for t in TESTS if len(sys.argv) == 1 or t.__name__ in sys.argv[1:]]
    SoapySDR.setLogLevel(SoapySDR.SOAPY_SDR_ERROR)
    print("KTAP version 1")
    print(f"1..{len(tests)}")
    for number, function in enumerate(tests, 1):
        began = time.monotonic()
        try:
            function()
            print(f"ok {number} {function.__name__} # {time.monotonic() - began:.1f} s", flush=True)
        except Exception:
            failed += 1
            print("# " + traceback.format_exc().replace("\n", "\n# "))
            print(f"not ok {number} {function.__name__}", flush=True)
    return failed > 0


sys.exit(main())
