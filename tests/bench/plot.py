#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""plot.py JSON SVG: a picture of the benchmark's results, with nothing but
Python's standard library."""

import html
import json
import math
import sys

KIB, MIB = 1 << 10, 1 << 20
WIDTH, HEIGHT = 1280, 990
INK, FAINT, GRID = "#222222", "#777777", "#e4e4e4"
# Told apart by people who see colours in other ways, too
STYLE = {
    "memcpy": ("memcpy, no call", "#999999", "3 3"),
    "bare": ("bare copy", "#000000", "7 4"),
    "pread": ("page cache", "#999999", "7 4"),
    "read": ("read", "#d55e00", ""),
    "poll": ("poll + read", "#cc79a7", ""),
    "epoll": ("epoll + read", "#8a5a9e", ""),
    "uring": ("io_uring, 16 at once", "#e69f00", ""),
    "multishot": ("io_uring multishot", "#b8860b", ""),
    "mmap": ("mapped, a call each", "#0072b2", ""),
    "mmap-head": ("mapped, head watched", "#009e73", ""),
    "read+touch": ("read, every byte used", "#d55e00", ""),
    "mmap+touch": ("mapped, every byte used", "#0072b2", ""),
}


def size_name(size):
    if size >= MIB:
        return f"{size // MIB} MiB"
    return f"{size // KIB} KiB" if size >= KIB else f"{size} B"


def count_name(value):
    for unit, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= unit:
            return f"{value / unit:g} {name}"
    return f"{value:g}"


class Svg:
    def __init__(self):
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
            f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="DejaVu Sans, Helvetica, Arial, sans-serif">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>']

    def text(self, x, y, text, size=13, anchor="start", colour=INK, bold=False, turn=0):
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
            f'fill="{colour}"' + (' font-weight="bold"' if bold else "") +
            (f' transform="rotate({turn} {x:.1f} {y:.1f})"' if turn else "") +
            f">{html.escape(text)}</text>")

    def line(self, points, colour, width=1.0, dash=""):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" '
                          f'stroke-width="{width}"' +
                          (f' stroke-dasharray="{dash}"' if dash else "") +
                          ' stroke-linejoin="round"/>')

    def dot(self, x, y, colour, radius=2.6):
        self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{colour}"/>')

    def bar(self, x, y, width, height, colour):
        self.parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" '
                          f'height="{height:.1f}" fill="{colour}"/>')

    def write(self, path):
        with open(path, "w", encoding="utf-8") as out:
            out.write("\n".join(self.parts + ["</svg>", ""]))


class Panel:
    """Axes: record size by its logarithm, and something, both as far as @series goes"""

    def __init__(self, svg, place, series, step=0, least=0):
        """@step: of the ticks, from 0 up to at least @least; 0: by powers of ten"""
        values = [value for _, curve in series for value in curve.values()]
        self.svg, self.series, self.log = svg, series, not step
        self.sizes = sorted({size for _, curve in series for size in curve})
        if self.log:
            powers = range(math.floor(math.log10(min(values))),
                           math.ceil(math.log10(max(values))) + 1)
            self.ticks = [10 ** i for i in powers]
        else:
            self.ticks = [i * step for i in range(math.ceil(max(values + [least]) / step) + 1)]
        self.low, self.high = self.ticks[0], self.ticks[-1]
        self.left, self.top, self.width, self.height = place

    def x(self, size):
        span = math.log2(self.sizes[-1] / self.sizes[0])
        return self.left + self.width * math.log2(size / self.sizes[0]) / span

    def y(self, value):
        if self.log:
            part = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            part = (value - self.low) / (self.high - self.low)
        return self.top + self.height * (1 - part)

    def axes(self, title, what, name):
        svg = self.svg
        svg.text(self.left - 58, self.top - 34, title, 15, bold=True)
        svg.text(self.left - 58, self.top - 15, what, 12, colour=FAINT)
        for value in self.ticks:
            y = self.y(value)
            svg.line([(self.left, y), (self.left + self.width, y)], GRID)
            svg.text(self.left - 8, y + 4, name(value), 12, "end")
        for size in self.sizes:
            x = self.x(size)
            svg.line([(x, self.top), (x, self.top + self.height)], GRID)
            svg.text(x, self.top + self.height + 18, size_name(size), 11, "middle")
        svg.text(self.left + self.width / 2, self.top + self.height + 37,
                 "size of a record", 12, "middle", FAINT)
        svg.line([(self.left, self.top), (self.left, self.top + self.height),
                  (self.left + self.width, self.top + self.height)], INK)

    def lines(self):
        """Each line is named at its right end"""
        labels = []
        for mode, values in self.series:
            name, colour, dash = STYLE[mode]
            points = [(self.x(s), self.y(v)) for s, v in sorted(values.items())]
            self.svg.line(points, colour, 2, dash)
            if not dash:
                for x, y in points:
                    self.svg.dot(x, y, colour)
            labels.append([points[-1][1], points[-1][1], name, colour])
        labels.sort()
        # Apart from each other, and as near to their lines as that lets them be
        for _ in range(200):
            for upper, lower in zip(labels, labels[1:]):
                close = 15 - (lower[1] - upper[1])
                if close > 0:
                    upper[1] -= close / 2
                    lower[1] += close / 2
            # Not beside the title
            labels[0][1] = max(labels[0][1], self.top)
            labels[-1][1] = min(labels[-1][1], self.top + self.height)
        right = self.left + self.width
        for end, y, name, colour in labels:
            self.svg.line([(right + 3, end), (right + 16, y)], colour, 0.8)
            self.svg.text(right + 19, y + 4, name, 12, colour=colour)


def insns(result):
    return result["kernel"] + result["user"]


def streaming(svg, place, stream, machine):
    """Bars for each way of reading, in a group for each size of a record"""
    left, top, width, height = place
    sizes = sorted({size for _, size in stream})
    modes = [m for m in STYLE if (m, sizes[0]) in stream]
    most = max(insns(r) * MIB / r["bytes"] for r in stream.values())
    high = math.ceil(most / 2.5e5) * 2.5e5
    svg.text(left - 58, top - 34, f"A card at {machine['rate'] / 1e6:.0f} MB/s, one reader: all that "
             "it takes", 15, bold=True)
    svg.text(left - 58, top - 15, "instructions for each MiB, interrupts and waking included; "
             "on the bars: system calls for each MiB", 12, colour=FAINT)
    for n in range(int(high / 2.5e5) + 1):
        y = top + height * (1 - n * 2.5e5 / high)
        svg.line([(left, y), (left + width, y)], GRID)
        svg.text(left - 8, y + 4, count_name(n * 2.5e5), 12, "end")
    group = width / len(sizes)
    step = (group - 16) / len(modes)
    for g, size in enumerate(sizes):
        for m, mode in enumerate(modes):
            r = stream[mode, size]
            tall = height * insns(r) * MIB / r["bytes"] / high
            x = left + g * group + 8 + m * step
            svg.bar(x + 1, top + height - tall, step - 2, tall, STYLE[mode][1])
            calls = r["calls"] * MIB / r["bytes"]
            svg.text(x + step / 2, top + height - tall - 4, f"{calls:.0f}", 10, "middle")
        middle = left + (g + 0.5) * group
        r = stream["mmap", size]
        svg.text(middle, top + height + 18, f"records of {size_name(size)}", 12, "middle")
        svg.text(middle, top + height + 34, f"wake-ups {r['wakeups'] * MIB / r['bytes']:.0f}, "
                 f"interrupts {r['interrupts'] * MIB / r['bytes']:.0f}", 11, "middle", FAINT)
    svg.line([(left, top), (left, top + height), (left + width, top + height)], INK)
    # The last group is low: there is room for the names, in the order of the bars.
    for m, mode in enumerate(modes):
        x, y = left + 2 * group + 22, top + 34 + m * 20
        svg.bar(x, y - 10, 11, 11, STYLE[mode][1])
        # One request at a time here: it waits for each
        svg.text(x + 17, y, "io_uring" if mode == "uring" else STYLE[mode][0], 12)


def main():
    with open(sys.argv[1], encoding="utf-8") as text:
        bench = json.load(text)
    machine, results = bench["machine"], bench["results"]
    drain = {(r["mode"], r["size"], r["readers"]): r for r in results if r["set"] == "drain"}
    sizes = sorted({size for _, size, _ in drain})
    svg = Svg()

    def curve(mode, readers=1):
        return {s: insns(drain[mode, s, readers]) * MIB / drain[mode, s, readers]["bytes"]
                for s in sizes}

    svg.text(40, 40, "What a sample costs on its way from /dev/acqdev to a program", 22, bold=True)
    svg.text(40, 64, f"Linux {machine['kernel']} on {machine['processors']} processors emulated by "
             f"QEMU, which counts the instructions of all of the machine; simulated card, blocks of "
             f"{size_name(machine['block'])}, best of {machine['repeats']}", 13, colour=FAINT)

    panel = Panel(svg, (98, 142, 370, 340),
                  [(m, curve(m)) for m in ("bare", "memcpy", "read", "poll", "epoll", "uring",
                                           "multishot", "mmap", "mmap-head")])
    panel.axes("Instructions for each MiB", "one reader empties a full ring; the lower, the better",
               count_name)
    panel.lines()

    bare = curve("bare")
    panel = Panel(svg, (704, 142, 400, 340),
                  [(m, {s: bare[s] * 100 / v for s, v in curve(m).items()})
                   for m in ("read", "poll", "epoll", "uring", "multishot")], 10, 100)
    panel.axes("Bytes for each instruction, as part of the bare copy's",
               "bare copy: a read() that is one copy_to_user() and nothing else",
               lambda v: f"{v} %")
    svg.line([(panel.left, panel.y(90)), (panel.left + panel.width, panel.y(90))], "#000000", 1.4,
             "2 3")
    svg.text(panel.left + 6, panel.y(90) - 6, "target for read", 11)
    panel.lines()

    # Below 1 KiB the calls are nearly all of it, as the first panel shows.
    panel = Panel(svg, (98, 606, 370, 300),
                  [(m, {s: v for s, v in curve(m).items() if s >= KIB})
                   for m in ("read+touch", "mmap+touch", "bare")], 5e5)
    panel.axes("A consumer that uses every byte: instructions for each MiB",
               "it adds all samples up: in its own buffer after a read, or in the mapped ring",
               count_name)
    panel.lines()

    stream = {(r["mode"], r["size"]): r for r in results
              if r["set"] == "stream" and r["readers"] == 1}
    streaming(svg, (704, 606, 520, 300), stream, machine)

    svg.text(40, HEIGHT - 18, "An emulated processor: counts of instructions are exact and say what "
             "software does; times of real hardware they are not. make bench; docs/benchmarks.md "
             "says how to read it.", 12, colour=FAINT)
    svg.write(sys.argv[2])


main()
