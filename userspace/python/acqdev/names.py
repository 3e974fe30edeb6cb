# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The words for what the driver has numbers for, as the tool acq writes them."""

from __future__ import annotations

from typing import Any

import numpy as np

FORMATS = ("s8", "u8", "s16", "u16", "s32", "u32")
TRIGGERS = ("immediate", "software", "level", "external")
EDGES = ("rising", "falling")
PATTERNS = ("input", "ramp", "prbs")
TRANSFERS = ("auto", "dma", "fifo")
STATES = ("idle", "armed", "running", "draining", "suspended", "failed", "gone")
CAUSES = ("none", "card-fifo", "ring-full", "overtaken", "suspend", "reset", "unplug", "underrun")
FAILURES = ("none", "no-answer", "card", "protocol", "interrupts", "rate", "start", "recovery", "pci", "filter")
CAPS = ("dma", "fifo", "wait", "trigger-software", "trigger-level", "trigger-external", "pretrigger", "count",
        "ramp", "prbs", "packets", "fixed-channels", "output", "link")
ENDS = ("not", "finished", "failed", "gone")

CAUSE_TEXTS = {
    "none": "no cause given", "card-fifo": "card FIFO overflow", "ring-full": "ring full",
    "overtaken": "overtaken", "suspend": "system suspend", "reset": "card reset", "unplug": "card removed",
    "underrun": "underrun", "new-run": "another run begins",
}


def name_of(names: tuple[str, ...], value: int) -> str:
    """The driver may know more than this package."""
    return names[value] if value < len(names) else "unknown"


def names_of(names: tuple[str, ...], mask: int) -> tuple[str, ...]:
    return tuple(name for bit, name in enumerate(names) if mask >> bit & 1)


def dtype_of(name: str) -> np.dtype[Any]:
    """numpy's type of a sample: "s16" is '<i2'."""
    return np.dtype(f"<{'i' if name[0] == 's' else 'u'}{int(name[1:]) // 8}")
