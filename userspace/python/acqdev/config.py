# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The configuration, by the names that "acq config" has."""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

import numpy as np

from . import _abi, names

if TYPE_CHECKING:
    from .device import Device

_NUMBER = re.compile(r"(\d+(?:\.\d{1,9})?)(?:[eE](\d{1,2})|([kKMGT]?)(i?))([A-Za-z]*)")
_MASK_64 = (1 << 64) - 1


def _scaled(value: Any, step: int, unit: str) -> float | int:
    """A number, or a text such as "48k"; @step: what k stands for."""
    if isinstance(value, str):
        if re.fullmatch(r"0[xX][0-9a-fA-F]+", value):
            return int(value, 16)
        found = _NUMBER.fullmatch(value)
        if not found:
            raise ValueError
        digits, exponent, prefix, binary, end = found.groups()
        if end not in ("", unit) or (binary and not (step == 1024 and prefix)) or int(exponent or 0) > 19:
            raise ValueError
        factor = step ** ("kMGT".index(prefix.replace("K", "k")) + 1) if prefix else 10 ** int(exponent or 0)
        value = (float if "." in digits else int)(digits) * factor
    number: float | int = value
    return number


def _whole(value: Any, step: int, unit: str, zero: str | None, bits: int) -> int:
    """A whole number; @zero: the word for none of it."""
    if value is None or value == zero:
        return 0
    number = _scaled(value, step, unit)
    if isinstance(number, bool) or number != int(number) or not 0 <= number < 1 << bits:
        raise ValueError
    return int(number)


def _choice(words: tuple[str, ...], value: Any) -> int:
    if value not in words:
        raise ValueError
    return words.index(value)


def _channel_mask(value: Any) -> int:
    """How many (4), which ([0, 2, 3], "0,2-3"), a mask as text ("0xd"), or "all"."""
    if value == "all" or value is None:
        return 0
    if isinstance(value, str):
        if value.lower().startswith("0x"):
            mask = int(value, 16)
            if not 0 < mask <= _MASK_64:
                raise ValueError
            return mask
        if not re.search("[,-]", value):
            return _channel_mask(int(value))
        ranges = [part.partition("-") for part in value.split(",")]
        value = [c for first, _, last in ranges for c in range(int(first), int(last or first) + 1)]
    if isinstance(value, int):
        if isinstance(value, bool) or not 0 < value <= 64:
            raise ValueError
        return (1 << value) - 1
    mask = 0
    for channel in value:
        if not 0 <= channel < 64:
            raise ValueError
        mask |= 1 << channel
    if not mask:
        raise ValueError
    return mask


def _put_rate(c: _abi.acq_config, value: Any) -> None:
    millihz = math.floor(float(_scaled(value, 1000, "Hz")) * 1000 + 0.5)
    if not 0 < millihz <= _MASK_64:
        raise ValueError
    c.rate_millihz = millihz


def _put_trigger(c: _abi.acq_config, value: Any) -> None:
    word, *rest = str(value).split(":")
    trigger = _choice(names.TRIGGERS, word)
    if word != "level":
        if rest:
            raise ValueError
        c.trigger = trigger
        return
    channel, level, edge = (rest + ["rising"])[:3] if len(rest) in (2, 3) else ("", "", "")
    number = _whole(channel, 1000, "", None, 6)
    height = -_whole(level[1:], 1000, "", None, 32) if level[:1] == "-" else _whole(level, 1000, "", None, 31)
    if height < -1 << 31:
        raise ValueError
    c.trigger_edge = _choice(names.EDGES, edge)
    c.trigger, c.trigger_channel, c.trigger_level = trigger, number, height


def _get_trigger(c: _abi.acq_config) -> str:
    word = names.name_of(names.TRIGGERS, c.trigger)
    if word != "level":
        return word
    return f"level:{c.trigger_channel}:{c.trigger_level}:{names.name_of(names.EDGES, c.trigger_edge)}"


def _put_filter(c: _abi.acq_config, value: Any) -> None:
    text = "" if value in (None, "none") else value if isinstance(value, str) else ",".join(value)
    if len(text) > 23 or not re.fullmatch("[a-z0-9_,-]*", text) or (value == ""):
        raise ValueError
    c.filter = text.encode()


class _Key(NamedTuple):
    help: str
    get: Callable[[_abi.acq_config], Any]
    put: Callable[[_abi.acq_config, Any], None]


def _choice_key(field: str, words: tuple[str, ...], text: str) -> _Key:
    return _Key(text, lambda c: names.name_of(words, getattr(c, field)),
                lambda c, value: setattr(c, field, _choice(words, value)))


def _whole_key(field: str, step: int, unit: str, zero: str, bits: int, text: str) -> _Key:
    return _Key(text, lambda c: getattr(c, field),
                lambda c, value: setattr(c, field, _whole(value, step, unit, zero, bits)))


KEYS: dict[str, _Key] = {
    "rate": _Key("frames per second: 48000, 44.1e3, '48k'", lambda c: c.rate_millihz / 1e3, _put_rate),
    "format": _choice_key("format", names.FORMATS, " ".join(names.FORMATS)),
    "channels": _Key("how many (4), which ([0, 2], '0,2-3'), a mask ('0xd') or 'all'",
                     lambda c: tuple(n for n in range(64) if c.channel_mask >> n & 1),
                     lambda c, value: setattr(c, "channel_mask", _channel_mask(value))),
    "count": _whole_key("count", 1000, "", "endless", 64, "frames of a run: 1000000, '1M'; 'endless'"),
    "trigger": _Key("immediate software external level:CHANNEL:LEVEL[:rising|falling]", _get_trigger,
                    _put_trigger),
    "pretrigger": _whole_key("pretrigger", 1000, "", "none", 64, "frames from before the trigger; 'none'"),
    "pattern": _choice_key("pattern", names.PATTERNS, "input (the card's inputs), ramp, prbs (tests)"),
    "transfer": _choice_key("transfer", names.TRANSFERS, "auto dma fifo"),
    "block": _whole_key("block_bytes", 1024, "B", "default", 32, "bytes of a block: 65536, '64k'; 'default'"),
    "ring": _whole_key("ring_bytes", 1024, "B", "default", 64, "bytes of the ring: '16M'; 'default'"),
    "irq_frames": _whole_key("irq_frames", 1000, "", "default", 32, "interrupt after this many frames; 'default'"),
    "irq_us": _whole_key("irq_us", 1000, "", "default", 32, "interrupt after this many microseconds; 'default'"),
    "filter": _Key("names of filters, the card's side first: 'swap,offset'; 'none'",
                   lambda c: c.filter.decode(errors="replace"), _put_filter),
}


def change(config: _abi.acq_config, settings: Mapping[str, Any]) -> _abi.acq_config:
    """A copy of @config with @settings in it, which only the driver can judge."""
    new = _abi.acq_config.from_buffer_copy(config)
    for name, value in settings.items():
        key = KEYS.get(name)
        if key is None:
            raise KeyError(f"there is no setting {name!r}; there are: {' '.join(KEYS)}")
        try:
            key.put(new, value)
        except (ValueError, TypeError, OverflowError):
            raise ValueError(f"{value!r} is no value for {name}: {key.help}") from None
    return new


def layout(config: _abi.acq_config) -> tuple[np.dtype[Any], int]:
    """Type of a sample, and how many of them are a frame."""
    word = names.name_of(names.FORMATS, config.format)
    if word == "unknown":
        raise ValueError(f"the driver has a format {config.format}, which this package does not know")
    dtype = names.dtype_of(word)
    return dtype, config.frame_bytes // dtype.itemsize


def settings(config: _abi.acq_config) -> dict[str, Any]:
    return {name: key.get(config) for name, key in KEYS.items()}


def blame(c: _abi.acq_config, info: _abi.acq_info) -> str:
    """What of it the card does not have; "": nobody but the card knows."""
    formats = names.names_of(names.FORMATS, info.formats)
    word = names.name_of(names.FORMATS, c.format)
    if not c.filter and word not in formats:
        return f"the card has no format {word}; it has: {' '.join(formats)}"
    if info.channels < 64 and c.channel_mask >> info.channels:
        return f"the card has channels 0-{info.channels - 1} only"
    for wanted, cap, text in (
            (c.trigger == 1, _abi.CAP_TRIGGER_SOFTWARE, "software trigger"),
            (c.trigger == 2, _abi.CAP_TRIGGER_LEVEL, "level trigger"),
            (c.trigger == 3, _abi.CAP_TRIGGER_EXTERNAL, "external trigger"),
            (c.pattern == 1, _abi.CAP_RAMP, "ramp pattern"), (c.pattern == 2, _abi.CAP_PRBS, "prbs pattern"),
            (c.count, _abi.CAP_COUNT, "counter of frames: count='endless' is all it has"),
            (c.pretrigger, _abi.CAP_PRETRIGGER, "memory for samples from before the trigger")):
        if wanted and not info.caps & cap:
            return f"the card has no {text}"
    return ""


class Config(Mapping[str, Any]):
    """The configuration of a device, as attributes and as a mapping.

    Reading asks the driver, and assigning sets it: `device.config.rate = 48000`. Several
    settings that depend on each other are set at once by update(). The driver rounds numbers to
    what the card can do; read them to know what stands. Changing needs a device that was opened
    with mode="rw", and a stream that is not in use.
    """

    __slots__ = ("_device",)

    rate: float  #: frames per second, in Hz
    format: str  #: of a sample: "s8", "u8", "s16", "u16", "s32", "u32"
    channels: tuple[int, ...]  #: numbers of the channels that are acquired; assign also 4, "0,2-3", "all"
    count: int  #: frames of a run, lost ones included; 0: endless
    trigger: str  #: "immediate", "software", "external", "level:CHANNEL:LEVEL:rising"
    pretrigger: int  #: frames from before the trigger
    pattern: str  #: "input", "ramp", "prbs"
    transfer: str  #: "auto", "dma", "fifo"
    block: int  #: bytes of a block; 0: the driver's default
    ring: int  #: bytes of the ring; 0: the driver's default
    irq_frames: int  #: interrupt after this many frames; 0: the driver's choice
    irq_us: int  #: interrupt after this many microseconds; 0: the driver's choice
    filter: str  #: names of filters, with commas between; "": none

    def __init__(self, device: Device) -> None:
        object.__setattr__(self, "_device", device)

    def _read(self) -> _abi.acq_config:
        config = _abi.acq_config()
        self._device._call("ask its configuration", "acq_get_config", ctypes.byref(config))
        return config

    def __getitem__(self, name: str) -> Any:
        return KEYS[name].get(self._read())

    def __getattr__(self, name: str) -> Any:
        if name not in KEYS:
            raise AttributeError(f"there is no setting {name!r}; there are: {' '.join(KEYS)}")
        return self[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.update({name: value})

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in KEYS:
            raise AttributeError(f"there is no setting {name!r}; there are: {' '.join(KEYS)}")
        self.update({name: value})

    def __iter__(self) -> Iterator[str]:
        return iter(KEYS)

    def __len__(self) -> int:
        return len(KEYS)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *KEYS]

    def update(self, values: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """Change these settings, keep the others; returns all as they stand then."""
        return self._apply("acq_set_config", {**(values or {}), **more})

    def what_if(self, values: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """What would stand behind update(), which changes nothing yet."""
        return self._apply("acq_try_config", {**(values or {}), **more})

    def _apply(self, call: str, values: dict[str, Any]) -> dict[str, Any]:
        new = change(self._read(), values)
        asked = _abi.acq_config.from_buffer_copy(new)
        try:
            self._device._call(f"set {', '.join(values) or 'nothing'}", call, ctypes.byref(new))
        except OSError as error:
            why = blame(asked, self._device._info) if error.errno == 22 else ""
            if why:
                raise OSError(error.errno, why, error.filename) from None
            raise
        return settings(new)

    def __repr__(self) -> str:
        return f"Config({', '.join(f'{name}={value!r}' for name, value in self.items())})"
