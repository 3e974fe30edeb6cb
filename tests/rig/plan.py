# SPDX-License-Identifier: GPL-2.0-only
"""What tests say in their heads that they need, and which of them share a machine.

tests/rig/README.md has the words of a head.
"""

import dataclasses
import os
import re
import shlex

KERNELS = ("6.1", "6.12", "7", "rt", "arm64", "arm64-16k", "debug")
# No part of "make test": "make kcsan"
EXTRA_KERNELS = ("kcsan",)
# These take long for all they do
SLOW_KERNELS = ("debug", "kcsan")
HOST_PARTS = ("style", "unit", "card", "gateware", "reach")
# Its machines are not those of a kernel: "tests/run reach" runs them
OWN_PARTS = ("gateware", "reach")
MACHINES = "tests/guest/machines"
HEAD = re.compile(r"^(?:#|//| \*|/\*) acqtest: (.*?)(?: \*/)?$")
HEAD_LINES = 40

# What two set-ups must agree in to share a machine
ALIKE = ("modargs", "sound", "cpu", "plugin", "iommu", "bounce", "numa", "no-shm", "alone", "own", "long", "reach")
FLAGS = ("iommu", "bounce", "numa", "no-shm", "tree", "reach", "alone", "own", "last", "check", "soak", "long", "cases", "none")
# Each may come more than once; of these a machine has what any of its tests needs.
LISTS = ("card", "kmod", "add", "append", "device", "audiodev")
WORDS = ("kernels", "modargs", "sound", "cpu", "plugin", "memory", "program", "args", "limit", "takes", "part",
         "run")
# One boot has tests for so many seconds at most, unless a single one is longer.
BOOT_SECONDS = 240
# How much longer they take; their machines run one after the other, so that short ones gain nothing.
SLOW_FACTOR = 3
SLOW_BOOT_SECONDS = 1200


class Wrong(Exception):
    """A head that says something unknown, with its file"""


@dataclasses.dataclass
class Setup:
    """One line of a head: a test and a machine to run it in"""
    file: str
    number: int		# among its file's
    name: str		# of the program, with the number if the name alone is not enough
    machine: str	# the name of its kind
    values: dict

    def get(self, key):
        return self.values.get(key, [] if key in LISTS else "")

    def takes(self, kernel):
        return int(self.get("takes") or 10) * (SLOW_FACTOR if kernel in SLOW_KERNELS else 1)

    def limit(self, kernel):
        """A multiple of what it takes: a limit is for a test that hangs."""
        return int(self.get("limit") or max(180, 5 * self.takes(kernel))) * (2 if kernel in SLOW_KERNELS else 1)

    def on_host(self):
        """It needs no machine."""
        return bool(self.get("part")) and not self.get("kernels")

    def runs_on(self, kernel):
        """On kcsan runs what does on debug, and what makes things happen at once at random."""
        kernels = self.get("kernels").split(",")
        return kernel in kernels or (kernel == "kcsan" and ("debug" in kernels or bool(self.get("soak"))))

    def is_program(self):
        """One of C, whose arguments are names of tests in it"""
        return self.file.endswith(".c")

    def command(self, build, cases=()):
        if self.is_program():
            path = f"{build}/tests/{program_of(self.file, self.values)}"
        else:
            path = self.file
        return " ".join([path, *filter(None, [self.get("args")]), *cases])


@dataclasses.dataclass
class Boot:
    """A machine and the tests that it runs one after the other"""
    kernel: str
    setups: list
    title: str = ""

    @property
    def alone(self):
        return bool(self.setups[0].get("alone"))

    @property
    def takes(self):
        return 10 + sum(s.takes(self.kernel) for s in self.setups)

    def arguments(self, build, cases=()):
        """What tests/rig/boot needs to be told"""
        first = max(self.setups, key=lambda s: len(s.get("card")))
        args = ["-k", self.kernel]
        for key in ("modargs", "sound", "cpu", "plugin"):
            if first.get(key):
                args += ["--" + key, first.get(key)]
        for key in ("iommu", "bounce", "numa", "no-shm", "tree", "reach"):
            if any(s.get(key) for s in self.setups):
                args.append("--" + key)
        memory = max(int(s.get("memory") or 0) for s in self.setups)
        if memory:
            args += ["--memory", str(memory)]
        for key in ("kmod", "add", "append", "device", "audiodev"):
            for value in dict.fromkeys(v for s in self.setups for v in s.get(key)):
                args += ["--" + key, value]
        args += ["--test-limit", str(max(s.limit(self.kernel) for s in self.setups))]
        for card in first.get("card"):
            args += ["--card", card]
        return args + ["--", *(s.command(build, cases) for s in self.setups)]


def is_arm64(kernel):
    return kernel.startswith("arm64")


def program_of(file, values):
    return values.get("program") or os.path.splitext(os.path.basename(file))[0]


def parse(text, machines, where):
    """The settings of one line, and the name of the machine"""
    values, machine = {}, ""
    for word in shlex.split(text):
        key, equals, value = word.partition("=")
        value = os.path.expandvars(value)
        if not equals and key in machines:
            machine = key
            for name, old in machines[key].items():
                values[name] = values.get(name, []) + old if name in LISTS else old
        elif not equals and key in FLAGS:
            values[key] = True
        elif equals and key in LISTS:
            values[key] = values.get(key, []) + ([value] if key != "kmod" else value.split(","))
        elif equals and key in WORDS:
            values[key] = value
        else:
            raise Wrong(f"{where}: unknown word '{word}'")
    if values.get("part") == "reach":
        values["reach"] = True
    return values, machine


def read_machines():
    machines = {}
    with open(MACHINES, encoding="utf-8") as lines:
        for line in lines.read().splitlines():
            if line.startswith("$"):
                name, _, text = line[1:].partition(" = ")
                os.environ[name] = os.path.expandvars(text)
            elif line and not line.startswith("#"):
                name, _, text = line.partition(":")
                machines[name], _ = parse(text, machines, MACHINES)
    return machines


def head_of(file):
    """The lines of a head, each in one piece"""
    with open(file, encoding="utf-8", errors="replace") as text:
        lines = [line.rstrip("\n") for _, line in zip(range(HEAD_LINES), text)]
    found = []
    going = False
    for line in lines:
        match = HEAD.match(line)
        if going:
            found[-1] += " " + line.lstrip("#/* \t")
        elif match:
            found.append(match[1])
        going = (going or match) and line.endswith("\\")
        if going:
            found[-1] = found[-1][:-1].rstrip()
    return found


def test_files():
    for folder in ("tests/unit", "tests/model", "tests/card", "tests/acq", "tests/gateware", "tests/reach", "tests/guest"):
        for name in sorted(os.listdir(folder)):
            file = f"{folder}/{name}"
            if os.path.isfile(file) and (name.endswith((".c", ".sh")) or os.access(file, os.X_OK)):
                yield folder, file


def read_setups():
    machines = read_machines()
    setups = []
    for folder, file in test_files():
        heads = head_of(file)
        if folder == "tests/card" and not heads and os.access(file, os.X_OK):
            heads = ["part=card"]
        if folder == "tests/guest" and not heads and file not in ("tests/guest/lib.sh", "tests/guest/init"):
            raise Wrong(f"{file}: its head does not say what it needs (acqtest: ..., or acqtest: none)")
        parsed = [parse(head, machines, file) for head in heads]
        for number, (values, machine) in enumerate(parsed, 1):
            if values.get("none"):
                continue
            for kernel in kernels_of(values, file):
                if kernel not in KERNELS + EXTRA_KERNELS:
                    raise Wrong(f"{file}: unknown kernel '{kernel}'")
            name = os.path.basename(file)
            name = program_of(file, values) if name.endswith(".c") else name
            setups.append(Setup(file, number, name, machine, values))
    names = [s.name for s in setups]
    for setup in setups:
        if names.count(setup.name) > 1:
            setup.name += f"/{setup.number}"
        setup.machine = setup.machine or setup.name
    return setups


def kernels_of(values, file):
    if values.get("part") and not values.get("kernels"):
        return []
    if not values.get("kernels"):
        raise Wrong(f"{file}: on which kernels?")
    return values["kernels"].split(",")


def fits(setup, machine):
    """Can the set-up be among those of a machine? One that needs fewer cards does not see the others."""
    other = max(machine, key=lambda s: len(s.get("card")))
    cards = setup.get("card")
    return (all(setup.get(key) == other.get(key) for key in ALIKE)
            and cards == other.get("card")[:len(cards)] and bool(cards) == bool(other.get("card")))


def split(kernel, setups, seconds):
    """One machine's set-ups as several boots of about the same length"""
    total = sum(s.takes(kernel) for s in setups)
    bins = [[] for _ in range(-(-total // seconds))]
    for setup in sorted(setups, key=lambda s: -s.takes(kernel)):
        min(bins, key=lambda b: sum(s.takes(kernel) for s in b)).append(setup)
    # The way to the tree does not survive a sleep of the machine.
    return [sorted(b, key=lambda s: (bool(s.get("last")), not s.get("tree"), setups.index(s)))
            for b in bins if b]


def boots_of(kernel, setups):
    """The boots of one kernel"""
    seconds = SLOW_BOOT_SECONDS if kernel in SLOW_KERNELS else BOOT_SECONDS
    machines = []
    for setup in sorted(setups, key=lambda s: -len(s.get("card"))):
        for machine in machines:
            if fits(setup, machine):
                machine.append(setup)
                break
        else:
            machines.append([setup])
    boots = []
    for machine in machines:
        machine.sort(key=setups.index)
        parts = split(kernel, machine, seconds)
        kinds = " ".join(dict.fromkeys(s.machine for s in machine))
        flags = "".join(f", {flag}" for flag in ("iommu", "bounce", "numa", "no-shm", "own") if machine[0].get(flag))
        for i, part in enumerate(parts, 1):
            of = f", {i} of {len(parts)}" if len(parts) > 1 else ""
            title = f"{kernel}: {kinds}{flags}{of}"
            if title in (b.title for b in boots):	# two of a kind that differ in something else
                title += f", {part[0].name}"
            boots.append(Boot(kernel, part, title))
    return boots
