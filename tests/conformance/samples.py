# SPDX-License-Identifier: GPL-2.0-only
"""What the patterns are, by their definition."""

import array

from vfuclient import PRBS, RAMP, ramp

PRBS_BITS = 1 << 20


def make_prbs():
    bits = [1] * 31
    while len(bits) < 4096:
        bits.append(bits[-31] ^ bits[-28])
    # b[n] = b[n - 31 * 2^k] xor b[n - 28 * 2^k] as well, which goes faster by whole words
    value = sum(b << i for i, b in enumerate(bits))
    length = 4096
    while length < PRBS_BITS:
        shift = 64
        low, high = 31 * shift, 28 * shift
        chunk = high
        part = (value >> length - low) ^ (value >> length - high)
        value |= (part & (1 << chunk) - 1) << length
        length += chunk
    return value.to_bytes((length + 7) // 8, "little")


_prbs = []


def expected(pattern, index, frames, channels, width):
    """The bytes of so many frames from an index on; None if it is not known."""
    first, count = index * channels, frames * channels
    if pattern == RAMP:
        return ramp(first, count, width)
    if pattern == PRBS:
        if (first + count) * width * 8 > PRBS_BITS:
            return None
        if not _prbs:
            _prbs.append(make_prbs())
        return _prbs[0][first * width:(first + count) * width]
    return None


def ramp_index(data, channels, width, near):
    """The index of the frame whose first sample this is: the one nearest to a guess."""
    value = int.from_bytes(data[:width], "little")
    period = 1 << 8 * width
    best = None
    for n in range(max(0, near * channels // period - 1) * period, (near * channels // period + 2) * period, period):
        if (n + value) % channels:
            continue
        index = (n + value) // channels
        if best is None or abs(index - near) < abs(best - near):
            best = index
    return best


def value_of(data, width, signed):
    return int.from_bytes(data[:width], "little", signed=signed)


def words(data):
    return array.array("I", data)
