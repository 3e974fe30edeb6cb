# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""acqdev: samples of acquisition cards as numpy arrays, straight from the driver's ring.

    import acqdev

    with acqdev.open() as device:                # the first card
        for item in device:
            if isinstance(item, acqdev.Gap):
                print(item)                      # 300 frames lost at index 4800: ring full
            else:
                print(item.index, item.samples.mean(axis=0))    # shape (frames, channels)

acqdev.open_recording() reads what "acq record" wrote, with the same interface. docs/python.md
has the rest.
"""

from __future__ import annotations

from typing import Any, Literal

from ._version import __version__
from .config import Config
from .device import Device
from .errors import CardFailed, CardGone, GapError, RecordingError
from .items import Block, Gap, Info, Stats, Status
from .recording import Recording
from .source import Source

__all__ = ["Block", "CardFailed", "CardGone", "Config", "Device", "Gap", "GapError", "Info", "Recording",
           "RecordingError", "Source", "Stats", "Status", "__version__", "open", "open_recording"]


def open(name: str | None = None, mode: Literal["r", "rw"] = "r", **reader: Any) -> Device:
    """Open a device, which starts nothing.

    name: None (the first), "1", "acqdev1", a path, or what stands in /dev/acq/by-id.
    mode: "rw" for what changes the stream, or to write to an output.
    monitor=True: slow nobody, and lose what the ring cannot keep (cause "overtaken").
    oldest=True: begin at the oldest sample in the ring, rather than at the newest.
    packets=True: no block goes beyond the end of a packet.
    watermark=BYTES, flush_us=MICROSECONDS: a wait ends when so much is there, or so late.
    start_bytes=BYTES: of an output: so much is written before it begins to play.
    """
    return Device(name, mode, **reader)


def open_recording(name: str) -> Recording:
    """Open a recording of "acq record", or a series of them (its .sigmf-collection)."""
    return Recording(name)
