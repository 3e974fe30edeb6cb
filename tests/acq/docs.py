#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""docs.py links | cells | words FILE MOST | options | extract PAGE DIR: checks of the pages, for tests/acq/docs

Says what is wrong, a line for each.
"""

import json
import os
import re
import subprocess
import sys

import numpy

CELL = 160      # characters: a longer one cannot be read in a table


def pages():
    """All of the pages in Markdown that git knows, or is about to."""
    found = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.md"], stdout=subprocess.PIPE,
                           check=True, text=True).stdout
    return found.split()


def lines(page):
    """Yields (number, line, whether it is within a block of code)."""
    code = False
    with open(page, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\n")
            fence = line.lstrip().startswith("```")
            yield number, line, code or fence
            code ^= fence


def anchors(page):
    """The names of a page's headings, as GitHub makes them."""
    seen = {}
    names = set()
    before = ""
    for _, line, code in lines(page):
        if code:
            continue
        heading = re.match(r"#+ +(.*)", line)
        title = heading.group(1) if heading else before if re.fullmatch(r"(=+|-+)", line) and before else None
        before = line
        if title is None:
            continue
        title = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", title)
        name = re.sub(r"[^\w\- ]", "", title.lower().strip()).replace(" ", "-")
        names.add(name if name not in seen else f"{name}-{seen[name]}")
        seen[name] = seen.get(name, 0) + 1
    return names


def links():
    for page in pages():
        for number, line, code in lines(page):
            if code:
                continue
            for target in re.findall(r"\]\(([^) ]+)\)", re.sub(r"`[^`]*`", "", line)):
                if re.match(r"[a-z]+:", target):
                    continue
                path, _, anchor = target.partition("#")
                path = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
                if not os.path.exists(path):
                    print(f"{page}:{number}: {target}: no such file")
                elif anchor and path.endswith(".md") and anchor not in anchors(path):
                    print(f"{page}:{number}: {target}: no such heading")


def cells():
    for page in pages():
        for number, line, code in lines(page):
            if code or not line.startswith("|"):
                continue
            for cell in re.split(r"(?<!\\)\|", line):
                if len(cell.strip()) > CELL:
                    print(f"{page}:{number}: a cell of {len(cell.strip())} characters: {cell.strip()[:60]}...")


def words(page, most):
    with open(page, encoding="utf-8") as file:
        count = len(file.read().split())
    if count > int(most):
        print(f"{page}: {count} words, and {most} are the most")


def options():
    """The command and each long option of what the pages have after "acq"."""
    found = set()
    for page in pages():
        for _, line, code in lines(page):
            parts = [line] if code else re.findall(r"`([^`]*)`", line)
            for part in parts:
                part = re.sub(r"\s#.*", "", part)
                for command, rest in re.findall(r"(?:^|[|;&(] *|inhibit |sudo |\d )(?:build/bin/)?acq ([a-z]+)([^|;&)]*)", part):
                    found.update((command, option) for option in re.findall(r"(?<=\s)--(?!help)[a-z][a-z-]+", rest))
    for command, option in sorted(found):
        print(command, option)


def note(directory, name, meta, frames):
    """A recording, by hand."""
    with open(os.path.join(directory, name + ".sigmf-meta"), "w", encoding="utf-8") as file:
        json.dump(meta, file)
    numpy.repeat(numpy.asarray(frames, "<i2"), 2).tofile(os.path.join(directory, name + ".sigmf-data"))


def recordings(directory):
    """samples.raw, a recording with a gap, and one in two files: each sample is its index."""
    info = {"core:datatype": "ri16_le", "core:num_channels": 2, "core:sample_rate": 48000, "core:version": "1.2.5",
            "core:hw": "a made-up card", "acqdev:times": [
                {"index": i, "utc": f"2026-11-30T12:00:{t:012.9f}Z", "clock": "synchronized", "error_us": 100}
                for i, t in ((0, 0), (1440012, 30), (2784023, 58))]}

    def capture(start, index):
        return {"core:sample_start": start, "core:global_index": index, "core:datetime": "2026-11-30T12:00:00Z"}

    before, behind = list(range(2000)), list(range(2300, 3300))
    gap = [{"core:sample_start": 2000, "core:sample_count": 0, "core:comment": "300 frames lost: ring full"}]
    note(directory, "run", {"global": info, "captures": [capture(0, 0), capture(2000, 2300)], "annotations": gap},
         before + behind)
    note(directory, "series-000000", {"global": info, "captures": [capture(0, 0)], "annotations": []}, before)
    note(directory, "series-000001", {"global": info, "captures": [capture(0, 2300)], "annotations": []}, behind)
    with open(os.path.join(directory, "series.sigmf-collection"), "w", encoding="utf-8") as file:
        json.dump({"collection": {"core:version": "1.2.5", "core:streams": [
            {"name": f"series-{n:06}", "hash": ""} for n in range(2)]}}, file)
    numpy.repeat(numpy.arange(4096, dtype="<i2"), 2).tofile(os.path.join(directory, "samples.raw"))


def extract(page, directory):
    """Puts the blocks of code behind "<!-- run: NAME -->" into files, those of one name together."""
    endings = {"C": "c", "sox": "sh"}
    blocks = {}
    name = inside = None
    for _, line, code in lines(page):
        if code and line.startswith("```"):
            inside = name if inside is None and name else None
            name = None
        elif code and inside:
            blocks.setdefault(inside, []).append(line)
        elif match := re.fullmatch(r"<!-- run: (\w+) -->", line):
            name = match.group(1)
    for name, code in blocks.items():
        with open(os.path.join(directory, f"{name}.{endings.get(name, 'py')}"), "w", encoding="utf-8") as file:
            file.write("\n".join(code) + "\n")
    recordings(directory)


if __name__ == "__main__":
    {"links": links, "cells": cells, "words": words, "options": options, "extract": extract}[sys.argv[1]](*sys.argv[2:])
