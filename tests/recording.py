#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""recording.py FILE.wav OUT.raw: the samples of a WAV file as they are in it.

Not by the library that the simulated card uses: what comes out of a card is
compared with this.
"""

import sys
import wave

with wave.open(sys.argv[1]) as recording, open(sys.argv[2], "wb") as out:
    out.write(recording.readframes(recording.getnframes()))
