# SPDX-License-Identifier: GPL-2.0-only
"""The second stage: the same card in a machine, under the driver as it is."""

import os
import re
import subprocess
import sys

import suite

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOUND = re.compile(r"# conformance (pass|fail) (\S+) ?(.*)")
SECONDS = 300

# What the machine starts with its own arguments: --socket PATH and --control PATH
WRAPPER = """#!/bin/sh
# the card, whatever else it is told
while [ "$1" != --socket ]; do shift; done
exec {command}
"""


def properties(command):
    """What the driver can be asked for: transfers, whether there is a ramp, frames for about two seconds."""
    p, divider = suite.properties(command)
    ways = [name.lower() for name in ("DMA", "FIFO") if p.has(name)]
    return ways, p.has("RAMP"), min(max(2 * p.clock // max(1, divider), 100), 100000)


def build():
    """Where it has built things, or is to."""
    return os.path.abspath(os.environ.get("BUILD") or os.path.join(TOP, "build"))


def wrap(command):
    """A program that boot can start as a card."""
    folder = os.path.join(build(), "conformance")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "card")
    line = command.replace("{socket}", '"$2"') if "{socket}" in command else command + ' --socket "$2"'
    with open(path, "w", encoding="utf-8") as f:
        f.write(WRAPPER.format(command=line))
    os.chmod(path, 0o755)
    return path


def judge(verdicts, command, kernel, inside):
    """Boot, and add what the machine has found."""
    verdicts.where = "the driver"
    ways, ramp, frames = properties(command)
    if not ramp:
        verdicts.absent("driver.ramp", "CAPS lacks RAMP")
    arguments = " ".join([str(frames), "ramp" if ramp else "input", *ways])
    boot = ["tests/rig/boot"] + (["--inside"] if inside else [])
    run = subprocess.run(boot + ["-k", kernel, "--no-control", "--add", f"{build()}/bin/acq-static:/bin/acq", "--card",
                                 "",
                                 "--time-limit", str(SECONDS), "--test-limit", str(SECONDS - 60), "--",
                                 f"tests/conformance/guest.sh {arguments}"], cwd=TOP, text=True, check=False,
                         env=dict(os.environ, ACQ_CARD=wrap(command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    found = FOUND.findall(run.stdout)
    for verdict, clause, what in found:
        if verdict == "pass":
            verdicts.good_so_far(clause)
        else:
            verdicts.fail(clause, what)
    if run.returncode or not found:
        tail = "\n".join(run.stdout.splitlines()[-25:])
        verdicts.fail("driver.probe", "the machine's test has failed: " +
                      "; ".join(re.findall(r"# (FAIL.*|.*(?:BUG|WARNING|acqdev).*)", run.stdout)[:3] or ["see below"]))
        print(tail, file=sys.stderr)
