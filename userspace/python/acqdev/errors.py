# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What can go wrong. All are OSError, with errno, strerror and filename as ever."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from . import _abi

if TYPE_CHECKING:
    from .items import Gap


class CardGone(OSError):
    """The card has been removed (ENODEV). All that it had brought before has been returned."""


class CardFailed(OSError):
    """The hardware failed, and recovery could not mend it (EIO). All that came before has been returned."""


class GapError(OSError):
    """Samples were lost here (EPIPE), with on_gap="raise". The next item is what follows.

    gap: the Gap. written: frames that write() had put before it; 0 of a reader.
    """

    def __init__(self, gap: Gap, filename: str | None = None, written: int = 0) -> None:
        super().__init__(errno.EPIPE, str(gap), filename)
        self.gap = gap
        self.written = written


class RecordingError(ValueError):
    """A recording is not what it must be; the text says which file, and why."""


def explain(err: int) -> str:
    """What an errno means for a device."""
    text = _abi.library().acq_errstr(err)
    return text.decode() if text else "Unknown error"


def device_error(what: str, err: int, path: str) -> OSError:
    """The exception for -@err of a call that was to @what."""
    err = abs(err)
    text = f"cannot {what}: {explain(err)}"
    if err == errno.EBADF:
        text += " (acqdev.open(..., mode='rw'))"
    kind = {errno.ENODEV: CardGone, errno.EIO: CardFailed}.get(err, OSError)
    return kind(err, text, path)
