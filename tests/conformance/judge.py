# SPDX-License-Identifier: GPL-2.0-only
"""What a check finds: verdicts on clauses of the specification."""

import json
import os

PASS, FAIL, NONE, OPEN = "pass", "FAIL", "n/a", "open"


class Stop(Exception):
    """A check cannot go on; why stands in the verdicts."""


class Judge:
    """Collects verdicts; the worst on a clause counts, and the first of those."""

    def __init__(self, clauses):
        self.clauses = clauses
        self.good = {}
        self.bad = {}
        self.none = {}
        self.where = ""	# the check that is running

    def good_so_far(self, clause):
        assert clause in self.clauses, clause
        self.good[clause] = self.good.get(clause, 0) + 1

    def fail(self, clause, seen):
        """Note it and go on."""
        assert clause in self.clauses, clause
        self.bad.setdefault(clause, []).append((self.where, seen))

    def check(self, clause, right, seen):
        """Whether it is right; what was seen is a text, or a function that makes it."""
        if right:
            self.good_so_far(clause)
        else:
            self.fail(clause, seen() if callable(seen) else seen)
        return right

    def need(self, clause, right, seen):
        """As check, but ends if it is not right; behind a failure that may be why, so it is not told then."""
        if not right and self.bad:
            raise Stop()
        if not self.check(clause, right, seen):
            raise Stop()

    def absent(self, clause, why):
        """Not applicable."""
        assert clause in self.clauses, clause
        self.none.setdefault(clause, why)

    def write(self, fd):
        data = json.dumps([self.good, self.bad, self.none]).encode()
        while data:
            data = data[os.write(fd, data):]

    def add(self, text):
        """What another process has written."""
        good, bad, none = json.loads(text)
        for clause, count in good.items():
            self.good[clause] = self.good.get(clause, 0) + count
        for clause, seen in bad.items():
            self.bad.setdefault(clause, []).extend(seen)
        for clause, why in none.items():
            self.none.setdefault(clause, why)

    def verdict(self, clause):
        """Its verdict, and what is to be said of it."""
        if clause in self.bad:
            return FAIL, self.bad[clause][0]
        if clause in self.good:
            return PASS, ""
        if clause in self.none:
            return NONE, self.none[clause]
        return OPEN, ""
