# SPDX-License-Identifier: GPL-2.0-only
"""What the tests of the package acqdev share. tests/python/run preloads a made-up device."""

import contextlib
import gc
import os
import subprocess
import sys

import numpy as np

import acqdev

RING = 8 * 65536  # bytes of the made-up ring: 8 slots


def plot(text, late=0):
    """What the device that is opened next is like: see tests/acq/fake.c and device.c."""
    os.environ["ACQ_FAKE"] = text
    os.environ["ACQ_FAKE_LATE"] = str(late)


@contextlib.contextmanager
def device(text="", late=0, **how):
    """The made-up device, set to the ramp."""
    plot(text, late)
    with acqdev.open(None, "rw", **how) as dev:
        if "output" not in text:
            dev.config.pattern = "ramp"
        yield dev


def ramp(index, frames, channels=4, dtype="<i2"):
    """Sample n of the run has the value n, truncated: made here, not by what the device uses."""
    first = index * channels
    values = np.arange(first, first + frames * channels, dtype=np.uint64)
    return values.astype(f"<u{np.dtype(dtype).itemsize}").view(dtype).reshape(frames, channels)


def is_ramp(samples, index):
    return np.array_equal(samples, ramp(index, *samples.shape, samples.dtype))


def ring_mappings():
    """How many mappings of the made-up ring there are, beside the device's own, which it writes to."""
    gc.collect()
    with open("/proc/self/maps") as maps:
        return sum("/memfd:ring" in line and " r--s " in line for line in maps)


def python(code, *args, **env):
    """Another interpreter, with the same device: its status and what it says."""
    return subprocess.run([sys.executable, "-X", "faulthandler", "-c", code, *args], capture_output=True,
                          text=True, timeout=120, env={**os.environ, **env})
