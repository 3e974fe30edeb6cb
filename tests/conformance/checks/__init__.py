# SPDX-License-Identifier: GPL-2.0-only
"""The checks, a file for each part of the specification."""

import importlib

PARTS = ("identity", "registers", "configuration", "states", "runs", "window", "memory", "losses", "interrupts", "pci",
         "output")


def load():
    for part in PARTS:
        importlib.import_module(f"checks.{part}")
