# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What devices and recordings have in common."""

from __future__ import annotations

import abc
from collections.abc import AsyncIterator, Iterator, Mapping
from types import TracebackType
from typing import Any, Literal, TypeVar

from .items import Block, Gap, Info

OnGap = Literal["yield", "raise"]
_Self = TypeVar("_Self", bound="Source")


class Items(Iterator["Block | Gap"], AsyncIterator["Block | Gap"]):
    """Blocks and gaps, in the order in which the card had them."""

    def __init__(self, on_gap: OnGap) -> None:
        if on_gap not in ("yield", "raise"):
            raise ValueError(f"on_gap is 'yield' or 'raise', not {on_gap!r}")
        self._on_gap = on_gap

    def __iter__(self) -> Items:
        return self

    def __aiter__(self) -> Items:
        return self


class Source(abc.ABC):
    """Where samples come from: a Device or a Recording.

    It is a context manager, an iterable of Block and Gap, and an asynchronous one.
    """

    path: str  #: of the device node or of the recording

    @property
    @abc.abstractmethod
    def info(self) -> Info:
        """What the card is and can do."""

    @property
    @abc.abstractmethod
    def config(self) -> Mapping[str, Any]:
        """How it acquires, by the names that "acq config" has."""

    @abc.abstractmethod
    def blocks(self, *, on_gap: OnGap = "yield", frames: int | None = None, timeout: float | None = None,
               copy: bool = False, hold: int | None = None) -> Items:
        """Iterate over blocks and gaps."""

    @abc.abstractmethod
    def close(self) -> None:
        """Give up the device or the file. Arrays that you have stay valid."""

    def __iter__(self) -> Items:
        return self.blocks()

    def __aiter__(self) -> Items:
        return self.blocks()

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None,
                 traceback: TracebackType | None) -> None:
        self.close()
