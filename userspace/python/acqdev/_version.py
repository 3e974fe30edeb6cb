# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The version, which stands in the file VERSION, too."""

__version__ = "0.1.0"
