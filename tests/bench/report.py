#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""report.py OUTPUT JSON [MARKDOWN]: what the benchmark printed in the test machine
becomes one JSON file, tables on the terminal, the same tables in Markdown, and a
verdict on each target. Status 0 if all of it is there, whatever the verdicts."""

import json
import sys

NAMES = {
    "memcpy": "memcpy",
    "bare": "bare copy",
    "pread": "page cache",
    "read": "read",
    "poll": "poll+read",
    "epoll": "epoll+read",
    "uring": "io_uring",
    "multishot": "multishot",
    "mmap": "mapped",
    "mmap-head": "mapped, head",
    "read+touch": "read, used",
    "mmap+touch": "mapped, used",
}
COPIES = ("read", "poll", "epoll", "uring", "multishot")
KIB, MIB = 1 << 10, 1 << 20


def size_name(size):
    if size >= MIB:
        return f"{size // MIB} MiB"
    return f"{size // KIB} KiB" if size >= KIB else f"{size} B"


def number(value):
    """Three digits that count, as one would say them"""
    if value >= 9999500:
        return f"{value / 1e6:.0f} M"
    if value >= 999500:
        return f"{value / 1e6:.1f} M"
    if value >= 9995:
        return f"{value / 1e3:.0f} k"
    if value >= 1000:
        return f"{value / 1e3:.1f} k"
    if value >= 100 or value == int(value):
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def insns(result):
    return result["kernel"] + result["user"]


def per_mib(result, what):
    """@what of a result for each MiB that came to a reader"""
    value = insns(result) if what == "insns" else result[what]
    return value * MIB / result["bytes"]


class Report:
    def __init__(self, results):
        self.machine = next((r for r in results if r["set"] == "machine"), None)
        self.results = [r for r in results if r["set"] != "machine"]
        self.terminal, self.markdown = [], []
        self.targets = []

    def of(self, kind, **which):
        return [r for r in self.results if r["set"] == kind and
                all(r[key] == value for key, value in which.items())]

    def one(self, kind, **which):
        found = self.of(kind, **which)
        if len(found) != 1:
            raise SystemExit(f"report: {len(found)} results of {kind} {which}")
        return found[0]

    def say(self, text=""):
        self.terminal.append(text)
        self.markdown.append(text)

    def head(self, text):
        self.say()
        self.terminal.append(text)
        self.terminal.append("")
        self.markdown.append(f"**{text}**")
        self.markdown.append("")

    def table(self, head, rows):
        widths = [max(len(str(row[i])) for row in [head] + rows) for i in range(len(head))]
        for row in [head] + rows:
            cells = [str(row[0]).ljust(widths[0])]
            cells += [str(cell).rjust(width) for cell, width in zip(row[1:], widths[1:])]
            self.terminal.append("  " + "  ".join(cells))
        self.markdown.append("| " + " | ".join(head) + " |")
        self.markdown.append("| --- |" + " ---: |" * (len(head) - 1))
        for row in rows:
            self.markdown.append("| " + " | ".join(str(cell) for cell in row) + " |")

    def target(self, what, met, value):
        self.targets.append({"target": what, "met": bool(met), "value": value})

    # --- the tables ---

    def drain_tables(self):
        sizes = sorted({r["size"] for r in self.of("drain")})
        modes = [m for m in NAMES if self.of("drain", mode=m)]
        plain = [m for m in modes if "touch" not in m]
        self.head("Instructions for each MiB, one reader, by size of a record")
        self.table(["record"] + [NAMES[m] for m in plain],
                   [[size_name(s)] + [number(per_mib(self.one("drain", mode=m, size=s, readers=1),
                                                     "insns")) for m in plain] for s in sizes])
        self.head("What the bare copy moves is 100 %: bytes for each instruction / bytes a second")
        rows = []
        for size in sizes:
            bare = self.one("drain", mode="bare", size=size, readers=1)
            row = [size_name(size)]
            for mode in COPIES + ("mmap",):
                r = self.one("drain", mode=mode, size=size, readers=1)
                by_insn = per_mib(bare, "insns") / per_mib(r, "insns")
                by_time = per_mib(bare, "ns") / per_mib(r, "ns")
                row.append(f"{percent(by_insn)} / {percent(by_time)}")
            rows.append(row)
        self.table(["record"] + [NAMES[m] for m in COPIES + ("mmap",)], rows)
        self.head("Instructions for each record, several readers at once, each reading everything")
        rows = []
        for mode in plain:
            row = [NAMES[mode]]
            for size in (64, 64 * KIB):
                for readers in (1, 4, 16):
                    r = self.one("drain", mode=mode, size=size, readers=readers)
                    row.append(number(insns(r) / r["records"]))
            rows.append(row)
        self.table(["", "64 B: 1", "4", "16 readers", "64 KiB: 1", "4", "16 readers"], rows)
        self.head("A consumer that looks at every byte: instructions for each MiB")
        used = ("memcpy", "bare", "read", "read+touch", "mmap+touch")
        self.table(["record"] + [NAMES[m] for m in used],
                   [[size_name(s)] + [number(per_mib(self.one("drain", mode=m, size=s, readers=1),
                                                     "insns")) for m in used] for s in sizes])
        self.head("System calls for each record, as counted by QEMU, one reader, 4 KiB")
        self.table([NAMES[m] for m in plain],
                   [[f"{r['syscalls'] / r['records']:.3g}" for r in
                     (self.one("drain", mode=m, size=4 * KIB, readers=1) for m in plain)]])

    def write_table(self):
        names = {"bare-write": "bare copy", "write": "write", "commit": "mapped"}
        sizes = sorted({r["size"] for r in self.of("write")})
        self.head("Writing: instructions for each call, by what it brings; mapped: a commit")
        self.table(["record"] + list(names.values()),
                   [[size_name(s)] + [number(insns(r) / r["records"]) for r in
                                      (self.one("write", mode=m, size=s) for m in names)]
                    for s in sizes])

    def block_table(self):
        found = self.of("blocks", mode="mmap")
        blocks = sorted({r["block"] for r in found})
        sizes = sorted({r["size"] for r in found})
        self.head("Mapped: instructions for each call, by the ring's blocks (down) and what a call "
                  "goes on by (across)")
        self.table(["block"] + [size_name(s) for s in sizes],
                   [[size_name(b)] + [number(insns(r) / r["records"]) for r in
                                      (self.one("blocks", mode="mmap", size=s, block=b)
                                       for s in sizes)] for b in blocks])

    def stream_table(self):
        found = self.of("stream")
        rate = self.machine["rate"]
        self.head(f"A card at {rate / 1e6:.0f} MB/s, blocks of {size_name(self.machine['block'])}, "
                  "watermark = record. For each MiB that a reader got; interrupts for each MiB "
                  "from the card; machine: all instructions of it")
        rows = []
        for size in sorted({r["size"] for r in found}):
            for readers in sorted({r["readers"] for r in found}):
                for mode in NAMES:
                    for r in self.of("stream", mode=mode, size=size, readers=readers):
                        rows.append([size_name(size), str(readers), NAMES[mode],
                                     number(per_mib(r, "calls")), number(per_mib(r, "wakeups")),
                                     number(per_mib(r, "interrupts") * readers),
                                     number(per_mib(r, "insns")),
                                     number(per_mib(r, "cpu_ns") / 1e6),
                                     f"{r['busy_ns'] / r['ns'] * 100:.0f} %"])
        self.table(["record", "readers", "mode", "calls", "wake-ups", "interrupts", "instructions",
                    "CPU ms", "of a CPU"], rows)

    def idle_table(self):
        names = {"closed": "nobody has the node open", "open": "16 files open, stream idle",
                 "armed": "16 readers wait for a trigger"}
        rows = []
        for mode, name in names.items():
            r = self.one("idle", mode=mode)
            seconds = r["ns"] / 1e9
            rows.append([name, str(r["interrupts"]), str(r["wakeups"]), str(r["switches"]),
                         number(insns(r) / seconds)])
        self.head("Nothing comes from the card, for two seconds")
        self.table(["", "interrupts", "wake-ups", "context switches", "instructions/s"], rows)

    def card_table(self):
        self.head("What a card costs at 16 MB/s, for each MiB: registers as the card counts them. "
                  "At each block: one interrupt, one read() a block; else the driver chooses, for a "
                  "reader of 1 MiB at a time")
        rows = []
        for r in sorted(self.of("card"), key=lambda r: (r["pinned"], r["block"], r["family"])):
            rows.append([r["family"], size_name(r["block"]),
                         "at each block" if r["pinned"] else "as chosen"] +
                        [f"{per_mib(r, what):.2f}" for what in
                         ("reads", "writes", "interrupts", "wakeups")] +
                        [number(per_mib(r, "insns"))])
        self.table(["family", "block", "interrupts", "registers read", "written", "interrupts",
                    "wake-ups", "instructions"], rows)

    # --- the targets ---

    def judge(self):
        big = sorted({r["size"] for r in self.of("drain") if r["size"] >= 64 * KIB})
        for readers in sorted({r["readers"] for r in self.of("drain")}):
            worst = min((per_mib(self.one("drain", mode="bare", size=s, readers=readers), "insns") /
                         per_mib(self.one("drain", mode="read", size=s, readers=readers), "insns"), s)
                        for s in big)
            self.target(f"read() moves at least 90 % of what a bare copy does from 64 KiB on, "
                        f"{readers} reader{'s' * (readers > 1)}", worst[0] >= 0.9,
                        f"{worst[0] * 100:.1f} % at {size_name(worst[1])}, by instructions")
        if self.of("blocks"):
            same = [insns(r) / r["records"] for r in self.of("blocks", mode="mmap")
                    if r["size"] == r["block"]]
            spread = max(same) / min(same) - 1
            self.target("mapped: a block costs the same whatever its size, 64 KiB to 4 MiB, "
                        "within 5 %", spread <= 0.05,
                        f"{min(same):.0f} to {max(same):.0f} instructions: {spread * 100:.1f} %")
            steps = [per_mib(r, "insns") for r in self.of("blocks", mode="mmap", size=MIB)]
            spread = max(steps) / min(steps) - 1
            self.target("mapped: instructions for each MiB, in steps of 1 MiB, flat within 5 % as "
                        "blocks grow from 4 KiB to 4 MiB", spread <= 0.05,
                        f"{min(steps):.0f} to {max(steps):.0f}: {spread * 100:.1f} %")
        if self.of("idle"):
            quiet = [self.one("idle", mode=m) for m in ("open", "armed")]
            events = sum(r[what] for r in quiet for what in ("interrupts", "wakeups", "switches"))
            self.target("idle card: no interrupts, wake-ups, context switches", events == 0,
                        f"{events}")
            rate = [insns(self.one("idle", mode=m)) * 1e9 / self.one("idle", mode=m)["ns"]
                    for m in ("closed", "open", "armed")]
            more = max(rate[1:]) - rate[0]
            self.target("idle card: no more than 250000 instructions a second for it",
                        more <= 250000, f"{max(more, 0):.0f} more than with the node closed")

    def judge_writing(self):
        worst = max((insns(self.one("write", mode="write", size=r["size"])) / insns(r), r["size"])
                    for r in self.of("write", mode="bare-write"))
        self.target("write() costs at most 10 % more than a bare copy from 64 KiB on",
                    worst[0] <= 1.1, f"{(worst[0] - 1) * 100:.1f} % at {size_name(worst[1])}, "
                    "by instructions")

    def judge_cards(self):
        worst = max((per_mib(r, "reads"), r["family"], r["block"]) for r in self.of("card"))
        self.target("no card's registers are read while it streams: less than one in 4 MiB",
                    worst[0] < 0.25, f"{worst[0]:.2f} a MiB ({worst[1]}, {size_name(worst[2])})")

    def judgement(self):
        self.head("Targets")
        for t in self.targets:
            self.say(("- met: " if t["met"] else "- NOT MET: ") + f"{t['target']}: {t['value']}")


def percent(ratio):
    return f"{ratio * 100:.0f} %" if ratio < 10 else f"{ratio:.0f}x"


def main():
    results = []
    with open(sys.argv[1], encoding="utf-8", errors="replace") as text:
        for line in text:
            at = line.find('{"set"')
            if at >= 0:
                results.append(json.loads(line[at:]))
    if not results:
        raise SystemExit("report: the benchmark has printed nothing")
    report = Report(results)
    if report.of("drain"):
        report.drain_tables()
    if report.of("write"):
        report.write_table()
        report.judge_writing()
    if report.of("blocks"):
        report.block_table()
    if report.of("stream"):
        report.stream_table()
    if report.of("idle"):
        report.idle_table()
    if report.of("card"):
        report.card_table()
        report.judge_cards()
    if report.of("drain"):
        report.judge()
    report.judgement()
    with open(sys.argv[2], "w", encoding="utf-8") as out:
        json.dump({"machine": report.machine, "targets": report.targets,
                   "results": report.results}, out, indent=1)
        out.write("\n")
    if len(sys.argv) > 3:
        with open(sys.argv[3], "w", encoding="utf-8") as out:
            out.write("\n".join(report.markdown) + "\n")
    print("\n".join(report.terminal))


main()
