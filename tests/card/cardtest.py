# SPDX-License-Identifier: GPL-2.0-only
"""What the tests of acq-card share: cards that have to end well, checks, the list of tests."""

import contextlib
import sys
import time
import traceback

import vfuclient as v

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


def main():
    names = sys.argv[1:]
    chosen = [t for t in tests if not names or t.__name__ in names]
    passed = failed = 0
    for t in chosen:
        begin = time.monotonic()
        try:
            t()
            passed += 1
            print(f"ok   {t.__name__} ({time.monotonic() - begin:.1f} s)", flush=True)
        except Exception:
            failed += 1
            print(f"FAIL {t.__name__}")
            traceback.print_exc(limit=-4, file=sys.stdout)
            sys.stdout.flush()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not chosen else 0
