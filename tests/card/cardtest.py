# SPDX-License-Identifier: GPL-2.0-only
"""What the tests of acq-card share: cards that have to end well, checks, the list of tests."""

import argparse
import contextlib
import importlib.util
import os
import signal
import sys
import tempfile
import time
import traceback

import vfuclient as v

TEST_LIMIT = 120  # seconds
tests = []


def test(function):
    tests.append(function)
    return function


@contextlib.contextmanager
def card(*args, **kwargs):
    """A card that has to end well."""
    c = v.Card(*args, **kwargs)
    try:
        assert c.ready.startswith("ready "), f"not ready: {c.ready!r} {c.stderr()}"
        yield c
    except BaseException:
        status, _, errors = c.close()
        print(f"    acq-card {' '.join(str(a) for a in args)}: status {status}\n{errors}", end="")
        raise
    status, left, errors = c.close()
    assert status == 0, f"acq-card ended with {status}: {errors}"
    assert not left, f"files left over: {left}"


@contextlib.contextmanager
def client(c, *args, **kwargs):
    k = v.Client(c, *args, **kwargs)
    try:
        yield k
    finally:
        k.close()


@contextlib.contextmanager
def both(*args, ram=True, fd=True):
    with card(*args) as c, client(c, ram=ram, fd=fd) as k:
        yield c, k


def refused(function, *args, error=None):
    try:
        function(*args)
    except v.Refused as e:
        assert error is None or e.error == error, f"error {e.error} instead of {error}"
        return
    raise AssertionError(f"{function.__name__} was not refused")


def short(value):
    text = repr(value)
    return text if len(text) < 100 else f"{text[:100]}... ({len(value)} long)"


def same(got, expected, what="value"):
    if got == expected:
        return
    where = ""
    if isinstance(got, (bytes, bytearray)):
        where = next((f", different from {i} on" for i, (a, b) in enumerate(zip(got, expected))
                      if a != b), "")
    raise AssertionError(f"{what}: {short(got)} instead of {short(expected)}{where}")


def eventually(function, seconds=5):
    end = time.monotonic() + seconds
    while not function():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def stands_still(number, seconds=10):
    """Wait until a number of the card is the same twice."""
    end = time.monotonic() + seconds
    before, now = None, number()
    while now != before:
        assert time.monotonic() < end, "it does not stand still"
        time.sleep(0.1)
        before, now = now, number()


def load(model):
    """The tests of a model, a file for each behaviour."""
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "models", model)
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".py"):
            continue
        spec = importlib.util.spec_from_file_location(f"{model}.{name[:-3]}", os.path.join(folder, name))
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    names = [t.__name__ for t in tests]
    twice = {n for n in names if names.count(n) > 1}
    assert not twice, f"two tests have the same name: {twice}"


def too_long(*_):
    raise TimeoutError(f"takes longer than {TEST_LIMIT} s")


def carry_out(t):
    """Run one test in this process, which is its own; its exit status."""
    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(TEST_LIMIT)
    try:
        t()
    except Exception:
        traceback.print_exc(limit=-4, file=sys.stdout)
        return 1
    return 0


class Job:
    """A test in a process of its own; what it prints comes out in one piece."""

    def __init__(self, t):
        self.test, self.begin, self.output = t, time.monotonic(), tempfile.TemporaryFile()
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid:
            return
        os.dup2(self.output.fileno(), 1)
        os.dup2(self.output.fileno(), 2)
        status = 1
        try:
            status = carry_out(t)
            sys.stdout.flush()
        finally:
            os._exit(status)

    def end(self, status, command):
        """Print the verdict; True if it has passed."""
        self.output.seek(0)
        text = self.output.read().decode(errors="replace")
        name, seconds = self.test.__name__, time.monotonic() - self.begin
        if status == 0:
            print(f"{text}ok   {name} ({seconds:.1f} s)", flush=True)
        else:
            print(f"FAIL {name} ({seconds:.1f} s)\n{text}    again: {command} {name}", flush=True)
        return status == 0


def main(command, model=None):
    """With a model the tests of that, else those that there are."""
    parser = argparse.ArgumentParser(prog=command)
    # they wait for time more than for a processor
    parser.add_argument("-j", "--jobs", type=int, default=2 * (os.cpu_count() or 1))
    parser.add_argument("--list", action="store_true", help="print the names of the tests")
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    if model:
        load(model)
    known = [t.__name__ for t in tests]
    for name in options.names:
        if name not in known:
            parser.error(f"there is no test {name}; --list tells their names")
    if options.list:
        print("\n".join(known))
        return 0
    waiting = [t for t in tests if not options.names or t.__name__ in options.names]
    running, passed, failed = {}, 0, []
    while waiting or running:
        while waiting and len(running) < max(1, options.jobs):
            job = Job(waiting.pop(0))
            running[job.pid] = job
        pid, status = os.wait()
        job = running.pop(pid)
        if job.end(status, command):
            passed += 1
        else:
            failed.append(job.test.__name__)
    if failed:
        print(f"to run again what has failed: {command} {' '.join(failed)}")
    print(f"{passed} passed, {len(failed)} failed")
    return 1 if failed or not passed else 0
