#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs the tests side by side, inside the rig's tree; tests/run starts it and has its usage."""

import argparse
import collections
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import plan  # noqa: E402

BUILD = os.environ["BUILD"]
BUILD_ARM64 = BUILD + "/arm64"
OUTPUT = BUILD + "/test-output"
TIMES = BUILD + "/test-times"
RECORDING = "/usr/share/sounds/alsa/Front_Center.wav"
# Most of the time a guest waits, so that two share a processor; one with the debug kernel does not.
JOBS_PER_CPU = 2
# So many tests that failed beside others are run once more alone, where a late machine is no excuse
ALONE_MOST = 12
# Of each boot's log: "ok 3 NAME # SKIP why", indented if it is one of several that a program has
RESULT = re.compile(r"^( *)(ok|not ok) \d+ ?(?:- )?(\S*)(.*)$")
SUMMARY = re.compile(r"^(\d+) passed, (\d+) failed")
FAILED_LINE = re.compile(r"^(?:FAIL|not ok)\s+(?:\d+ )?(\S+)")


class Job:
    """One command whose output is printed in one piece"""
    def __init__(self, title, command, part, takes, limit, boot=None):
        self.title, self.command, self.part = title, command, part
        self.takes, self.limit, self.boot = takes, limit, boot
        self.alone = bool(boot and boot.alone)
        self.busy = bool(boot and boot.kernel in plan.SLOW_KERNELS)
        self.seed = 0
        self.passed = self.failed = self.skipped = 0
        self.seconds = self.cpu = 0.0
        self.again = []		# commands that run again what failed
        self.process = self.log = None
        self.began = 0.0
        self.timed_out = False

    def start(self):
        self.log = f"{OUTPUT}/{re.sub('[^A-Za-z0-9.]+', '-', self.title)}.log"
        self.began = time.monotonic()
        with open(self.log, "wb") as out:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=subprocess.STDOUT, start_new_session=True)

    def kill(self, number):
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def ended(self, status, usage):
        self.seconds = time.monotonic() - self.began
        self.cpu = usage.ru_utime + usage.ru_stime
        with open(self.log, encoding="utf-8", errors="replace") as text:
            lines = text.read().splitlines()
        if self.boot:
            self.count_boot(lines)
        else:
            self.count_host(lines)
        # A failure that did not come to count itself is one all the same.
        if (status or self.timed_out or not self.passed) and not self.failed:
            self.failed = 1
            if not self.again:
                self.again = [self.all_again()]
        return lines

    def count_host(self, lines):
        results = [m for m in map(RESULT.match, lines) if m]
        summary = [m for m in map(SUMMARY.match, lines) if m]
        self.skipped = sum(m[2] == "ok" and "# SKIP" in m[4] for m in results)
        if summary:
            self.passed, self.failed = int(summary[-1][1]), int(summary[-1][2])
        else:
            self.passed = sum(m[2] == "ok" for m in results) - self.skipped
            self.failed = sum(m[2] == "not ok" for m in results)
        if self.failed:
            self.again = [self.all_again()]
            names = [m[1] for m in map(FAILED_LINE.match, lines) if m]
            if self.part == "card":
                self.again = [f"{self.all_again()} {name}" for name in names]

    def count_boot(self, lines):
        """Each test, and each of the several that a test program has"""
        done, cases = [], []
        for match in filter(None, map(RESULT.match, lines)):
            nested, verdict, name, more = match.groups()
            if "# SKIP" in more and verdict == "ok":
                self.skipped += 1
            elif verdict == "ok":
                self.passed += 1
            else:
                self.failed += 1
            if nested:
                if verdict != "ok":
                    cases.append(name)
                continue
            done.append((name, verdict, cases))
            cases = []
        # The first and the last are the machine's own: loading, unloading, leaks.
        own = ("load_module", "unload_module", "find_leaks")
        tests = [d for d in done if d[0] not in own]
        for setup, (_, verdict, cases) in zip(self.boot.setups, tests):
            if verdict != "ok":
                self.again.append(self.one_again(setup, cases))
        for setup in self.boot.setups[len(tests):len(tests) + 1]:
            self.failed += 1	# it did not end
            self.again.append(self.one_again(setup, []))
        if any(d[0] in own and d[1] != "ok" for d in done):
            self.again.append(self.all_again())

    def one_again(self, setup, cases):
        if not setup.is_program() and not setup.get("cases"):
            cases = []
        seed = ["--seed", str(self.seed)] if self.seed else []
        return " ".join(["tests/run --only", setup.name, "-k", self.boot.kernel, *seed, *cases])

    def all_again(self):
        if not self.boot:
            return " ".join(["tests/rig/enter", *(shlex.quote(w) for w in self.command)])
        return " ".join(["tests/run", *(f"--only {s.name}" for s in self.boot.setups), "-k", self.boot.kernel])


def boot_job(boot, cases=(), seed=0):
    setups = boot.setups
    limit = 120 + 2 * sum(s.takes(boot.kernel) for s in setups) + max(s.limit(boot.kernel) for s in setups)
    programs = BUILD_ARM64 if plan.is_arm64(boot.kernel) else BUILD
    command = ["tests/rig/boot", "--inside", "--add", programs + "/bin/acq-static:/bin/acq",
               "--add", BUILD + "/recording.raw:/recording.raw", "--time-limit", str(limit)]
    if programs == BUILD:
        command += ["--add", "/usr/bin/cat", "--add", "/usr/bin/dd"]
    command += [*(["--seed", str(seed)] if seed else []), *boot.arguments(programs, cases)]
    title = boot.title + (f", seed {seed}" if seed else "")
    job = Job(title, command, boot.kernel, boot.takes, limit + 60, boot)
    job.seed = seed
    return job


def host_job(setup, cases=()):
    command = shlex.split(setup.get("run") or setup.command(BUILD)) + list(cases)
    if setup.get("part") == "reach":
        command = ["tests/rig/enter", "--reach", *command]
    return Job(setup.file, command, setup.get("part"), int(setup.get("takes") or 20), 600)


class Runner:
    """Starts jobs, the longest first, so many at once"""
    def __init__(self, slots, jobs, more=lambda: []):
        self.known = read_times()
        self.queue = []
        self.add(jobs)
        self.more = more	# gives jobs when there are none left
        self.slots = slots
        self.running = {}
        self.done = []

    def add(self, jobs):
        self.queue = sorted(jobs, key=lambda job: (job.alone, not job.busy,
                                                   -self.known.get(job.title, job.takes)))

    def may_start(self, job):
        running = self.running.values()
        if job.alone:
            return not running
        # One of these for each processor, beside those that wait most of the time
        if job.busy and sum(r.busy for r in running) >= max(1, self.slots // JOBS_PER_CPU):
            return False
        return len(running) < self.slots and not any(r.alone for r in running)

    def start(self):
        while True:
            job = next(filter(self.may_start, self.queue), None)
            if not job:
                break
            self.queue.remove(job)
            job.start()
            self.running[job.process.pid] = job

    def watch(self):
        """Ends what takes too long"""
        for job in self.running.values():
            if time.monotonic() - job.began > job.limit:
                job.timed_out = True
                job.kill(signal.SIGKILL)

    def wait(self):
        pid, status, usage = os.wait4(-1, os.WNOHANG)
        if not pid:
            time.sleep(0.1)
            self.watch()
            return
        job = self.running.pop(pid, None)
        if not job:
            return
        job.process.returncode = os.waitstatus_to_exitcode(status)
        lines = job.ended(status, usage)
        self.done.append(job)
        print(f"\n== {job.title}\n" + "\n".join(lines))
        if job.timed_out:
            print(f"   no end within {job.limit} s")
        print(f"   {job.passed} passed, {job.failed} failed, {job.skipped} skipped: {job.title}, "
              f"{job.seconds:.0f} s ({job.cpu:.0f} s of a processor); "
              f"{len(self.running)} run, {len(self.queue)} wait", flush=True)

    def run(self):
        try:
            while True:
                self.start()
                if not self.queue:
                    self.add(self.more())
                    self.start()
                if not self.running:
                    break
                self.wait()
        finally:
            for job in self.running.values():
                job.kill(signal.SIGTERM)
            for job in self.running.values():
                job.process.wait()
        write_times(self.known, self.done)


def read_times():
    times = {}
    try:
        with open(TIMES, encoding="utf-8") as lines:
            for line in lines:
                seconds, title = line.rstrip("\n").split(" ", 1)
                times[title] = float(seconds)
    except (OSError, ValueError):
        pass
    return times


def write_times(times, jobs):
    times.update({job.title: job.seconds for job in jobs if not job.failed})
    with open(TIMES, "w", encoding="utf-8") as out:
        out.writelines(f"{seconds:.0f} {title}\n" for title, seconds in sorted(times.items()))


class BuildFailed(Exception):
    """The command that failed"""


def make(*args):
    command = ["make", "-s", "BUILD=" + BUILD, *args]
    if subprocess.run(command, check=False, stdin=subprocess.DEVNULL).returncode:
        raise BuildFailed(" ".join(command))


def module_of(kernel):
    def field(name):
        return subprocess.run(["tests/rig/kernels", "--field", name, kernel], check=True, text=True,
                              stdout=subprocess.PIPE).stdout.strip()
    return ["ID=" + kernel, "KDIR=" + field("kdir"), *field("make").split()]


def programs_of(setups, folder):
    """The files that make builds for some tests"""
    return sorted({s.command(folder).split(" ")[0] for s in setups if s.is_program()})


def make_arm64(setups):
    """What those need on arm64. The cards run here all the same."""
    root = os.environ["ACQDEV_CACHE"] + "/arm64/root/usr"
    make("-j", str(os.cpu_count()), BUILD_ARM64 + "/bin/acq-static", *programs_of(setups, BUILD_ARM64), "BUILD=" + BUILD_ARM64,
         f"CC=aarch64-linux-gnu-gcc-14 -isystem {root}/include -L{root}/lib/aarch64-linux-gnu", "AR=aarch64-linux-gnu-ar")


def build(kernels, needed, bare):
    """What @needed, pairs of kernel and test, are run with. Two kernels' modules at a time; most of a
    module's build waits for one program."""
    arm64 = [setup for kernel, setup in needed if plan.is_arm64(kernel)]
    cards = [BUILD + "/bin/acq-card-rtl"] if any(s.get("part") == "gateware" for _, s in needed) else []
    make("-j", str(os.cpu_count()), "user", "test-programs", *cards,
         *programs_of([setup for kernel, setup in needed if not plan.is_arm64(kernel)], BUILD))
    if arm64:
        make_arm64(arm64)
    subprocess.run(["python3", "tests/recording.py", RECORDING, BUILD + "/recording.raw"], check=True)
    # symbols of a debugger, and what pahole makes of them, nobody looks at
    left = collections.deque(["test-modules-for", "EXAMPLES=1", *module_of(kernel), "W=1", "KCFLAGS=-Werror -g0",
                              "CONFIG_DEBUG_INFO_BTF_MODULES="] for kernel in kernels)
    if bare:
        left.append(["bare-for", *module_of("6.12")])
    failed = []

    def work():
        while left and not failed:
            try:
                make(*left.popleft())
            except BuildFailed as error:
                failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(os.cpu_count())]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


class Campaign:
    """Tests at random, with another seed each time and on one kernel after the other, until the time is over"""
    def __init__(self, setups, options):
        self.setups = [s for s in setups if s.get("soak") and not s.get("long")]
        if options.only:
            self.setups = chosen_of(self.setups, options.only)
        self.kernels = options.kernels or [k for k in plan.KERNELS if is_ready(k)]
        self.seed = options.seed or int(time.time()) % 1000000
        self.seconds, self.end = 60 * options.soak, None
        self.turn = 0

    def needed(self):
        return [(kernel, s) for kernel in self.kernels for s in self.setups if s.runs_on(kernel)]

    def more(self):
        jobs = []
        self.end = self.end or time.monotonic() + self.seconds
        while not jobs and time.monotonic() < self.end:
            kernel = self.kernels[self.turn % len(self.kernels)]
            chosen = [s for s in self.setups if s.runs_on(kernel)]
            jobs = [boot_job(b, seed=self.seed + self.turn) for b in plan.boots_of(kernel, chosen)]
            self.turn += 1
        return jobs


def is_ready(kernel):
    return not subprocess.run(["tests/rig/kernels", "--field", "image", kernel], check=False,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode


def chosen_of(setups, names):
    chosen = [s for s in setups if s.name in names or s.name.split("/")[0] in names]
    if not chosen:
        raise plan.Wrong(f"there is no test '{' '.join(names)}'; tests/run -l lists them")
    return chosen


def plan_jobs(setups, options):
    """The jobs for some parts, or for some tests"""
    if options.only:
        return plan_only(chosen_of(setups, options.only), options)
    parts = options.parts
    jobs = []
    for kernel in (*plan.KERNELS, *plan.EXTRA_KERNELS):
        able = [s for s in setups if s.runs_on(kernel) and not s.get("long")]
        chosen = [s for s in able if not s.get("part")]
        jobs += [boot_job(b) for b in plan.boots_of(kernel, [s for s in able if s.get("part") in parts])]
        if kernel in parts:
            jobs += [boot_job(b) for b in plan.boots_of(kernel, chosen)]
        elif "check" in parts and kernel == "6.12":
            jobs += [boot_job(b) for b in plan.boots_of(kernel, [s for s in chosen if s.get("check")])]
    if "style" in parts or "check" in parts:
        jobs.append(Job("style", ["tests/style"] + ["--module"] * ("style" in parts), "style", 90, 900))
    checks = [p for p in plan.HOST_PARTS if p not in plan.OWN_PARTS] if "check" in parts else []
    jobs += [host_job(s) for s in setups if s.on_host() and s.get("part") in [*parts, *checks]]
    return jobs


def plan_long(setups, kernels):
    """What runs in "make soak" alone, on those of its kernels that are there"""
    return [boot_job(b) for kernel in kernels
            for b in plan.boots_of(kernel, [s for s in setups if s.get("long") and s.runs_on(kernel)])]


def plan_only(setups, options):
    jobs = [host_job(s, options.cases) for s in setups if s.on_host() and not options.kernels]
    for kernel in options.kernels or plan.KERNELS:
        chosen = [s for s in setups if not s.on_host() and (options.kernels or s.runs_on(kernel))]
        jobs += [boot_job(b, options.cases, options.seed) for b in plan.boots_of(kernel, chosen)]
    return jobs


def show(jobs):
    for job in jobs:
        print(f"{job.title}: about {job.takes} s")
        for setup in job.boot.setups if job.boot else ():
            print(f"\t{setup.name} {setup.get('args')}")


def run_alone(jobs):
    """Runs what has failed in guests and of cards once more, with the machine for itself, if that is not
    much. Returns the commands that passed then."""
    failed = [job for job in jobs if job.failed and job.again and (job.boot or job.part == "card")]
    lines = list(dict.fromkeys(line for job in failed for line in job.again))
    if "ACQ_ALONE" in os.environ or len(lines) > ALONE_MOST:
        return []
    alone = []
    for line in lines:
        print(f"\n== alone: {line}", flush=True)
        tool, *words = shlex.split(line)
        if tool == "tests/run":
            words = [sys.executable, __file__, *words]
        if not subprocess.run(words, check=False, stdin=subprocess.DEVNULL,
                              env={**os.environ, "ACQ_ALONE": "1"}).returncode:
            alone.append(line)
    for job in failed:
        if all(line in alone for line in job.again):
            job.failed = 0
    return alone


def report(jobs, began):
    print("\n== times, the longest first")
    for job in sorted(jobs, key=lambda j: -j.seconds):
        print(f"{job.seconds:7.0f} s {job.cpu:5.0f} s of a processor   {job.title}")
    print(f"{time.monotonic() - began:7.0f} s {sum(j.cpu for j in jobs):5.0f} s of a processor   all")
    alone = run_alone(jobs)
    if alone:
        print("\n== failed beside others and passed alone, which is a fault of the test or worse:")
        print("\n".join("    " + line for line in alone))
    again = [line for line in dict.fromkeys(line for job in jobs for line in job.again) if line not in alone]
    if again:
        print("\n== failed; to run it again:")
        print("\n".join("    " + line for line in again))
    failed = sum(j.failed for j in jobs)
    print(f"\n{sum(j.passed for j in jobs)} passed, {failed} failed, {sum(j.skipped for j in jobs)} skipped",
          flush=True)
    return 1 if failed or not jobs else 0


def arguments():
    parser = argparse.ArgumentParser(prog="tests/run")
    parser.add_argument("parts", nargs="*")
    parser.add_argument("-l", "--list", action="store_true")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("-k", dest="kernels", action="append", default=[])
    parser.add_argument("--soak", type=float)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-j", dest="jobs", type=int, default=JOBS_PER_CPU * os.cpu_count())
    options = parser.parse_args()
    options.cases = options.parts if options.only else []
    if not options.only and not options.parts:
        options.parts = [*plan.HOST_PARTS, *plan.KERNELS]
    known = [*plan.HOST_PARTS, *plan.KERNELS, *plan.EXTRA_KERNELS, "check"]
    for part in options.parts if not options.only else []:
        if part not in known:
            parser.error(f"there is no part '{part}'; there are: {' '.join(known)}")
    return options


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    began = time.monotonic()
    os.makedirs(OUTPUT, exist_ok=True)
    setups = plan.read_setups()
    if options.soak is None:
        jobs, more, later = plan_jobs(setups, options), lambda: [], []
    else:
        campaign = Campaign(setups, options)
        jobs = [] if options.only else plan_long(setups, campaign.kernels)
        more, later = campaign.more, campaign.needed()
    if options.list:
        show(jobs)
        return 0
    print("== build", flush=True)
    needed = [(j.boot.kernel, s) for j in jobs if j.boot for s in j.boot.setups] + later
    build(dict.fromkeys(kernel for kernel, _ in needed), needed, any("bare" in " ".join(j.command) for j in jobs))
    print(f"   {time.monotonic() - began:.0f} s", flush=True)
    runner = Runner(options.jobs, jobs, more)
    runner.run()
    return report(runner.done, began)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except plan.Wrong as error:
        sys.exit(f"tests/run: {error}")
    except BuildFailed as error:
        print(f"\n== the build failed; to run it again:\n    tests/rig/enter {error}\n\n0 passed, 1 failed, 0 skipped")
        sys.exit(1)
