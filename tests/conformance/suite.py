# SPDX-License-Identifier: GPL-2.0-only
"""Runs the checks, each against a card of its own, and tells what they have found."""

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
import traceback

import vfuclient as v
from clauses import CLAUSES
from host import Host
from judge import FAIL, NONE, OPEN, PASS, Judge, Stop

LIMIT = 60	# seconds, for a check
COLUMNS = 80
checks = []


class Broken(Exception):
    """The card cannot be judged at all."""


def check(clauses, **needs):
    """A check of these clauses: a function with a host, or with a card if it says so."""
    def keep(function):
        function.clauses, function.needs = clauses.split(), needs
        checks.append(function)
        return function
    return keep


class Card:
    """A card's process, with its socket in a directory of its own."""

    def __init__(self, command):
        self.dir = tempfile.mkdtemp(prefix="acq-conf-")
        self.socket = self.dir + "/card"
        words = shlex.split(command)
        if any("{socket}" in word for word in words):
            words = [word.replace("{socket}", self.socket) for word in words]
        else:
            words += ["--socket", self.socket]
        self.errors = open(self.dir + "/log", "w+b")
        try:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=self.errors, stderr=self.errors)
        except OSError as e:
            shutil.rmtree(self.dir)
            raise Broken(f"{words[0]}: {e.strerror}") from e
        end = time.monotonic() + 20
        while not os.path.exists(self.socket):
            if self.process.poll() is not None or time.monotonic() > end:
                why = self.log()[-500:]
                self.close()
                raise Broken(f"no card at its socket: {' '.join(words)}\n{why}")
            time.sleep(0.002)

    def log(self):
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")

    def connect(self, judge, patience, **more):
        """The socket is there a little before somebody listens."""
        for _ in range(200):
            try:
                return Host(self, judge, patience, **more)
            except ConnectionRefusedError:
                time.sleep(0.005)
        raise Broken("the card does not accept a connection")

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.errors.close()
        shutil.rmtree(self.dir, ignore_errors=True)


class Late(Exception):
    """A check takes too long."""


def too_late(*_):
    raise Late()


def missing(function, p):
    """The capability that a check needs and the card has not, or has and must not."""
    def has(name):
        return p.out.has(name[4:]) if name.startswith("OUT_") else p.has(name)

    for name in function.needs.get("caps", "").split():
        whose = "the output's CAPS" if "OUT_" in name else "CAPS"
        if name.startswith("!"):
            if has(name[1:]):
                return f"{whose} has {name[1:].removeprefix('OUT_')}"
        elif "|" in name:
            if not any(has(n) for n in name.split("|")):
                return f"CAPS has none of {name.replace('|', ', ')}"
        elif not has(name):
            return f"{whose} lacks {name.removeprefix('OUT_')}"
    return None


def carry_out(function, command, judge, patience):
    """One check, in this process."""
    signal.signal(signal.SIGALRM, too_late)
    signal.alarm(int(LIMIT * patience))
    card = Card(command)
    host = None
    try:
        host = card.connect(judge, patience, **function.needs.get("connect", {}))
        function(host)
    except Stop:
        pass
    except (v.Gone, BrokenPipeError, socket.timeout) as e:
        judge.need("card.answers", False, f"in {function.__name__}: " + (
            "no answer for 10 s" if isinstance(e, socket.timeout) else
            f"the card has closed the connection; its status is {card.process.poll()}; {card.log()[-300:]}"))
    except v.Refused as e:
        judge.need("card.answers", False, f"in {function.__name__}: an access is refused by the card: {e}")
    except Late:
        judge.need("card.answers", False, f"{function.__name__} has not come to its end in {LIMIT * patience:g} s")
    else:
        judge.good_so_far("card.answers")
    finally:
        signal.alarm(0)
        if host:
            host.close()
        card.close()


class Job:
    """A check in a process of its own."""

    def __init__(self, function, command, patience):
        self.function, self.began = function, time.monotonic()
        self.output = tempfile.TemporaryFile()
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid:
            return
        status = 3
        try:
            judge = Judge(CLAUSES)
            judge.where = function.__name__
            try:
                carry_out(function, command, judge, patience)
                status = 0
            except Stop:
                status = 0
            except Broken as e:
                self.output.write(str(e).encode())
                status = 4
            if not status:
                judge.write(self.output.fileno())
        except Exception:
            self.output.write(traceback.format_exc().encode())
        finally:
            self.output.flush()
            os._exit(status)

    def end(self, status, judge):
        """Add what it has found, or say how the suite has failed."""
        self.output.seek(0)
        text = self.output.read().decode()
        self.output.close()
        if status == 0:
            judge.add(text)
            return None
        return f"{self.function.__name__}: {text or 'status ' + str(status)}"


def properties(command):
    """What the card can do, and its divider; None if it does not say."""
    card = Card(command)
    try:
        host = card.connect(Judge(CLAUSES), 1, enable=False)
        try:
            return host.p, host.get(v.DIVIDER)
        finally:
            host.close()
    except (v.Gone, v.Refused, OSError):
        return None, 1
    finally:
        card.close()


def run(command, jobs, patience=1.0, names=None, told=None):
    """All checks. The judge, and what went wrong with the suite itself."""
    judge, broken, waiting = Judge(CLAUSES), [], []
    try:
        p = properties(command)[0]
    except Broken as e:
        return judge, [str(e)]
    for function in [c for c in checks if not names or c.__name__ in names]:
        # a card that says nonsense of itself: what it says, and no more
        if p and not p.possible() and "id.magic" not in function.clauses:
            continue
        why = missing(function, p) if p else None
        for clause in function.clauses if why else ():
            judge.absent(clause, why)
        if not why:
            waiting.append(function)
    running = {}
    while waiting or running:
        while waiting and len(running) < jobs:
            job = Job(waiting.pop(0), command, patience)
            running[job.pid] = job
        pid, status = os.wait()
        if pid not in running:
            continue
        job = running.pop(pid)
        why = job.end(os.waitstatus_to_exitcode(status), judge)
        if told:
            told(f"{job.function.__name__} {time.monotonic() - job.began:.1f} s")
        if why:
            broken.append(why)
    return judge, broken


def wrap(text, indent):
    return textwrap.fill(" ".join(text.split()), COLUMNS, initial_indent=" " * indent,
                         subsequent_indent=" " * indent, break_on_hyphens=False)


def report(judge, out, quiet=False, only=None):
    """Verdicts in the table's order; how many there are of each."""
    counts = {PASS: 0, FAIL: 0, NONE: 0, OPEN: 0}
    section = None
    for clause, (where, demand) in CLAUSES.items():
        if only and clause not in only:
            continue
        verdict, seen = judge.verdict(clause)
        counts[verdict] += 1
        if quiet and verdict != FAIL:
            continue
        group = clause.split(".", maxsplit=1)[0]
        if group != section and section is not None and not quiet:
            print(file=out)
        section = group
        line = f"{verdict:<4} {clause}"
        if verdict == FAIL:
            print(line, file=out)
            print(wrap(f"seen by {seen[0]}: {seen[1]}", 5), file=out)
            more = len(judge.bad[clause]) - 1
            if more:
                print(wrap(f"and {more} more time{'s' if more > 1 else ''}", 5), file=out)
            print(wrap(f"demanded ({where}): {demand}", 5), file=out)
        elif verdict == NONE:
            print(textwrap.shorten(f"{line:<26} {seen}", COLUMNS), file=out)
        elif verdict == OPEN:
            print(f"{line:<26} not reached, or no occasion", file=out)
        else:
            print(line, file=out)
    return counts
