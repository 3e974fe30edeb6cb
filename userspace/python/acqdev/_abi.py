# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""libacq.so by ctypes: its structures, constants and calls, as <acq.h> and <linux/acqdev.h> have them.

tests/python/test_abi.py compares all of it with what a C compiler makes of the headers.
"""

from __future__ import annotations

import ctypes
import functools
import os
from ctypes import (POINTER, c_char, c_char_p, c_int, c_int32, c_int64, c_size_t, c_uint, c_uint32, c_uint64,
                    c_void_p)

# enum acq_event
EVENT_END = 0
EVENT_DATA = 1
EVENT_GAP = 2

# enum acq_mode
MODE_MMAP = 5

# acq_begin()
HOLD = 1 << 0

# acq_span.flags
SPAN_TIME = 1 << 0

# acq_info.caps
CAP_TRIGGER_SOFTWARE = 1 << 3
CAP_TRIGGER_LEVEL = 1 << 4
CAP_TRIGGER_EXTERNAL = 1 << 5
CAP_PRETRIGGER = 1 << 6
CAP_COUNT = 1 << 7
CAP_RAMP = 1 << 8
CAP_PRBS = 1 << 9
CAP_OUTPUT = 1 << 12

# acq_reader_config.flags
READER_MONITOR = 1 << 0
READER_OLDEST = 1 << 1
READER_PACKETS = 1 << 2

# acq_status.flags
STATUS_TRIGGERED = 1 << 2
STATUS_STARTED = 1 << 3
STATUS_LINKED = 1 << 5

# acq_gap.flags
GAP_ESTIMATED = 1 << 0
GAP_OPEN = 1 << 1


class acq_info(ctypes.Structure):
    _fields_ = [
        ("stream", c_uint32), ("reserved0", c_uint32), ("caps", c_uint64), ("family", c_char * 16),
        ("card", c_char * 32), ("serial", c_char * 32), ("revision", c_uint32), ("hw_version", c_uint32),
        ("channels", c_uint32), ("formats", c_uint32), ("rate_min_millihz", c_uint64),
        ("rate_max_millihz", c_uint64), ("fifo_bytes", c_uint32), ("block_min", c_uint32),
        ("block_max", c_uint32), ("blocks_max", c_uint32), ("pretrigger_bytes", c_uint32),
        ("reserved1", c_uint32), ("ring_max", c_uint64), ("timestamp_hz", c_uint64), ("reserved", c_uint64 * 6),
    ]


class acq_config(ctypes.Structure):
    _fields_ = [
        ("flags", c_uint32), ("format", c_uint32), ("rate_millihz", c_uint64), ("channel_mask", c_uint64),
        ("count", c_uint64), ("pretrigger", c_uint64), ("trigger", c_uint32), ("trigger_channel", c_uint32),
        ("trigger_level", c_int32), ("trigger_edge", c_uint32), ("pattern", c_uint32), ("transfer", c_uint32),
        ("block_bytes", c_uint32), ("irq_us", c_uint32), ("ring_bytes", c_uint64), ("irq_frames", c_uint32),
        ("frame_bytes", c_uint32), ("block_used", c_uint32), ("reserved0", c_uint32), ("filter", c_char * 24),
        ("reserved", c_uint64),
    ]


class acq_status(ctypes.Structure):
    _fields_ = [
        ("state", c_uint32), ("flags", c_uint32), ("run", c_uint64), ("head", c_uint64), ("oldest", c_uint64),
        ("position", c_uint64), ("index", c_uint64), ("frames", c_uint64), ("lost", c_uint64),
        ("gaps", c_uint64), ("trigger_index", c_uint64), ("timestamp", c_uint64), ("blocks", c_uint64),
        ("interrupts", c_uint64), ("wakeups", c_uint64), ("readers", c_uint32), ("error", c_int32),
        ("irq_us", c_uint32), ("irq_frames", c_uint32), ("failure", c_uint32), ("reserved0", c_uint32),
        ("accepted", c_uint64), ("dropped", c_uint64),
    ]


class acq_gap(ctypes.Structure):
    _fields_ = [
        ("position", c_uint64), ("index", c_uint64), ("lost", c_uint64), ("count", c_uint64),
        ("cause", c_uint32), ("flags", c_uint32), ("reserved", c_uint64 * 3),
    ]


class acq_reader_config(ctypes.Structure):
    _fields_ = [
        ("flags", c_uint32), ("watermark", c_uint32), ("flush_us", c_uint32), ("start_bytes", c_uint32),
        ("reserved", c_uint64 * 2),
    ]


class acq_reader_stats(ctypes.Structure):
    _fields_ = [
        ("bytes", c_uint64), ("reads", c_uint64), ("empty", c_uint64), ("waits", c_uint64),
        ("wakeups", c_uint64), ("flushes", c_uint64), ("gaps", c_uint64), ("behind", c_uint64),
        ("behind_max", c_uint64), ("lost", c_uint64 * 8), ("reserved", c_uint64 * 7),
    ]


class acq_meta(ctypes.Structure):
    _fields_ = [
        ("meta_bytes", c_uint32), ("block_struct_bytes", c_uint32), ("table_offset", c_uint64),
        ("data_offset", c_uint64), ("data_bytes", c_uint64), ("slots", c_uint32), ("block_bytes", c_uint32),
        ("block_used", c_uint32), ("frame_bytes", c_uint32), ("run", c_uint64), ("base_index", c_uint64),
        ("reserved0", c_uint64 * 8), ("head", c_uint64), ("oldest", c_uint64), ("oldest_position", c_uint64),
        ("done", c_uint64), ("gap_end", c_uint64), ("gaps", c_uint64), ("lost", c_uint64),
        ("end_lost", c_uint64), ("end_cause", c_uint32), ("end", c_uint32), ("state", c_uint32),
        ("end_flags", c_uint32), ("packet_end", c_uint64), ("accepted", c_uint64),
    ]


class acq_block(ctypes.Structure):
    _fields_ = [
        ("position", c_uint64), ("index", c_uint64), ("lost", c_uint64), ("card_time", c_uint64),
        ("time_ns", c_uint64), ("number", c_uint64), ("bytes", c_uint32), ("cause", c_uint32),
        ("flags", c_uint32), ("reserved", c_uint32),
    ]


class acq_span(ctypes.Structure):
    _fields_ = [
        ("data", c_void_p), ("bytes", c_size_t), ("frames", c_uint64), ("run", c_uint64),
        ("position", c_uint64), ("index", c_uint64), ("card_time", c_uint64), ("time_ns", c_uint64),
        ("time_index", c_uint64), ("frame_bytes", c_uint32), ("flags", c_uint32), ("gap", acq_gap),
        ("reserved", c_uint64 * 4),
    ]


_H = c_void_p  # struct acq *

PROTOTYPES = {
    "acq_open": (c_int, POINTER(_H), c_char_p, c_int),
    "acq_close": (None, _H),
    "acq_path": (c_int, c_char_p, c_char_p, c_size_t),
    "acq_fd": (c_int, _H),
    "acq_errstr": (c_char_p, c_int),
    "acq_get_info": (c_int, _H, POINTER(acq_info)),
    "acq_get_config": (c_int, _H, POINTER(acq_config)),
    "acq_get_status": (c_int, _H, POINTER(acq_status)),
    "acq_get_gap": (c_int, _H, POINTER(acq_gap)),
    "acq_get_stats": (c_int, _H, POINTER(acq_reader_stats)),
    "acq_try_config": (c_int, _H, POINTER(acq_config)),
    "acq_set_config": (c_int, _H, POINTER(acq_config)),
    "acq_set_reader": (c_int, _H, POINTER(acq_reader_config)),
    "acq_start": (c_int, _H),
    "acq_stop": (c_int, _H),
    "acq_trigger": (c_int, _H),
    "acq_begin": (c_int, _H, c_uint, c_size_t, c_uint),
    "acq_next": (c_int, _H, POINTER(acq_span), c_size_t, c_int64),
    "acq_valid": (c_int, _H),
    "acq_release": (c_int, _H, c_uint64),
    "acq_behind": (c_uint64, _H),
    "acq_wait_fd": (c_int, _H),
    "acq_write": (c_int, _H, POINTER(acq_span), c_void_p, c_size_t),
    "acq_drain": (c_int, _H, POINTER(acq_span)),
    "acq_drop": (c_int, _H),
    "acq_link": (c_int, _H, _H),
    "acq_finish": (None, _H),
}


@functools.cache
def library() -> ctypes.CDLL:
    """libacq.so.1, or what ACQDEV_LIBRARY names. Each call gives up the interpreter's lock meanwhile."""
    lib = ctypes.CDLL(os.environ.get("ACQDEV_LIBRARY", "libacq.so.1"))
    for name, (result, *arguments) in PROTOTYPES.items():
        call = getattr(lib, name)
        call.restype = result
        call.argtypes = arguments
    return lib
