#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""plot.py [DEVICE or RECORDING.sigmf-data] [PICTURE.png]: one second of a signal, and its spectrum.

Cell by cell, as in a notebook. Without matplotlib it says what it would have drawn.
"""

# %% Where the samples come from: a card, or a recording; what follows is the same for both
import sys

import numpy as np

import acqdev

SECONDS = 1.0
name = sys.argv[1] if len(sys.argv) > 1 else None
picture = sys.argv[2] if len(sys.argv) > 2 else "samples.png"
source: acqdev.Source = acqdev.open_recording(name) if name and ".sigmf" in name else acqdev.open(name)
print(source.info.family, source.info.card, dict(source.config))

# %% One second of samples. Arrays of the ring can be kept: there is nothing to copy
blocks, gaps = [], []
with source:
    rate = source.config["rate"]
    for item in source.blocks(timeout=10):
        if isinstance(item, acqdev.Gap):
            gaps.append(item)
            print(item)
            continue
        blocks.append((item.index, item.samples))
        if item.end - blocks[0][0] >= SECONDS * rate:
            break
if not blocks:
    sys.exit("there were no samples")
first = blocks[0][0]

# %% On the card's own time axis: what was lost is NaN, and not closed up
last = blocks[-1][0] + len(blocks[-1][1])
samples = np.full((last - first, blocks[0][1].shape[1]), np.nan)     # shape (frames, channels)
for index, array in blocks:
    samples[index - first:index - first + len(array)] = array
seconds = (first + np.arange(len(samples))) / rate

# %% The spectrum, averaged over pieces without a gap, each with a Hann window, in dB of full scale
size = 1 << min(12, len(samples).bit_length() - 1)
pieces = samples[:len(samples) // size * size].reshape(-1, size, samples.shape[1])
pieces = pieces[~np.isnan(pieces).any(axis=(1, 2))]
full_scale = np.iinfo(blocks[0][1].dtype).max
window = np.hanning(size)[:, None]
power = (np.abs(np.fft.rfft(pieces * window, axis=1)) ** 2).mean(axis=0) if len(pieces) else np.zeros((size // 2 + 1, 1))
level = 10 * np.log10(power / (full_scale * window.sum() / 2) ** 2 + 1e-20)
frequency = np.fft.rfftfreq(size, 1 / rate)
for channel in range(level.shape[1]):
    peak = level[1:, channel].argmax() + 1
    print(f"channel {channel}: mean {np.nanmean(samples[:, channel]):.1f}, "
          f"peak at {frequency[peak]:.1f} Hz, {level[peak, channel]:.1f} dB")

# %% The plot
try:
    import matplotlib
except ImportError:
    sys.exit("no plot: matplotlib is not installed")
matplotlib.use("Agg")
import matplotlib.pyplot as plt

figure, (above, below) = plt.subplots(2, 1, figsize=(10, 6), layout="constrained")
show = slice(0, min(len(samples), round(0.02 * rate)))
above.plot(1e3 * (seconds[show] - seconds[0]), samples[show], linewidth=0.8)
above.set(xlabel="time / ms", ylabel="code", title=f"{source.path}: {rate:g} frames/s, {len(gaps)} gaps")
below.plot(frequency, level, linewidth=0.8)
below.set(xlabel="frequency / Hz", ylabel="level / dB of full scale")
for axes in (above, below):
    axes.grid(alpha=0.3)
below.legend([f"channel {n}" for n in range(level.shape[1])], loc="upper right")
figure.savefig(picture, dpi=120)
print(f"drawn: {picture}")
