# SPDX-License-Identifier: GPL-2.0-only
"""What the documentation shows runs as it stands there."""

import contextlib
import importlib.util
import io
import os
import re
import subprocess
import sys
import tempfile
import unittest

from support import plot

TOP = os.path.join(os.path.dirname(__file__), "../..")


class Examples(unittest.TestCase):
    def test_plot(self):
        plot("frames=100000,gap=20000:500:2")
        with tempfile.TemporaryDirectory() as where:
            picture = os.path.join(where, "it.png")
            done = subprocess.run([sys.executable, f"{TOP}/docs/examples/python/plot.py", "acqdev", picture],
                                  capture_output=True, text=True)
            self.assertIn("500 frames lost at index 20000: ring full\n", done.stdout, done.stderr)
            self.assertEqual(len(re.findall(r"^channel \d: mean -?[\d.]+, peak at [\d.]+ Hz, -?[\d.]+ dB$",
                                            done.stdout, re.M)), 4, done)
            if importlib.util.find_spec("matplotlib"):
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertGreater(os.path.getsize(picture), 10000)
            else:
                self.assertEqual((done.returncode, done.stderr), (1, "no plot: matplotlib is not installed\n"))

    def test_first_one_of_the_documentation(self):
        with open(f"{TOP}/docs/python.md") as text:
            code = re.search(r"```python\n(.*?)```", text.read(), re.S)[1]
        plot("frames=50000,gap=4800:300:2")
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            exec(code, {})
        lines = said.getvalue().splitlines()
        self.assertEqual(lines[1], "300 frames lost at index 4800: ring full")
        self.assertRegex(lines[0], r"^0 \[")


if __name__ == "__main__":
    unittest.main()
