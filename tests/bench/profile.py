#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""profile.py OUTPUT PROFILE: the functions in which the instructions of a
benchmark went. OUTPUT is what "bench profile=MODE:BYTES" printed, PROFILE what the
plugin wrote meanwhile."""

import bisect
import collections
import re
import sys


def main():
    records = 1
    symbols = []
    with open(sys.argv[1], encoding="utf-8", errors="replace") as text:
        for line in text:
            match = re.search(r"symbol ([0-9a-f]{16}) [tTwW] (\S+)", line)
            if match:
                symbols.append((int(match[1], 16), match[2]))
            match = re.search(r"records (\d+)", line)
            if match:
                records = int(match[1])
    symbols.sort()
    starts = [start for start, name in symbols]
    counts = collections.Counter()
    with open(sys.argv[2], encoding="utf-8") as text:
        for line in text:
            address, count = line.split()
            address = int(address, 16)
            if address < 1 << 63:
                name = "(user space)"
            else:
                at = bisect.bisect(starts, address) - 1
                name = symbols[at][1] if at >= 0 else "?"
            counts[name] += int(count)
    print(f"{sum(counts.values()) / records:10.1f}  all, for each of {records} records")
    for name, count in counts.most_common(60):
        if count / records < 1:
            break
        print(f"{count / records:10.1f}  {name}")


main()
