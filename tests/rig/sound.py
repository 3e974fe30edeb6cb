#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What a sound card of QEMU's hears and is heard by, through ALSA's plugin for files.

usage: sound.py CONTROL-SOCKET HEARD-FILE [FILE]

QEMU reads samples (s16, two channels) from the pipe that is this program's standard input,
and appends those that it plays to HEARD-FILE. What is sampled is a ramp, frame n having the
values 2n and 2n + 1, or FILE, again and again. It waits for QEMU, and loses nothing.

The control line understands so much of what a simulated card does that tests need not tell
the difference, one reply line for a command line. What it cannot do is stall: where the
pipe is empty ALSA's plugin samples silence.

stats		frames=N: that QEMU has taken since "clear"; dropped is 0, for it waits
clear		the ramp begins anew; out counts anew
out wait	out counts anew, also if nothing has been heard yet of what is just being played
out stats	of what was heard: played=N frames that are not zero, filler=N that are, behind the
		first of the others; underruns=N times that, and digest of those that are not
heard FILE	what of the WAV file that QEMU has written by now: the same of it
wait, speed, stall off, out speed, out stall off	it is one that waits, at the speed it has: ignored
"""
import array
import fcntl
import os
import select
import socket
import struct
import sys
import termios
import time

FRAME = 4
PIPE_BYTES = 1 << 20	# seconds: on a busy host nobody may be there to fill it
PART = 16384		# frames that are written at a time
SETTLES = 0.1		# seconds: QEMU has 10 ms in hand, and may be late
PATIENCE = 2		# seconds
FNV = 0x100000001B3
FNV_BEGIN = 0xCBF29CE484222325
SILENCE = bytes(FRAME)
IGNORED = ("wait ", "speed ", "stall off", "out speed ", "out stall off")


class Heard:
    """What has been played"""

    def __init__(self):
        self.played = self.filler = self.underruns = 0
        self.digest = FNV_BEGIN
        self.silent = 0

    def take(self, data):
        for at in range(0, len(data), FRAME):
            frame = data[at:at + FRAME]
            if frame == SILENCE:
                self.silent += 1
                continue
            if self.played and self.silent:
                self.filler += self.silent
                self.underruns += 1
            self.silent = 0
            self.played += 1
            for byte in frame:
                self.digest = ((self.digest ^ byte) * FNV) & 0xFFFFFFFFFFFFFFFF

    def __str__(self):
        return "played=%d filler=%d underruns=%d digest=%d stalled=0 losing=%d" % (
            self.played, self.filler, self.underruns, self.digest, self.silent > 0)


class Sound:
    def __init__(self, control, heard, source):
        self.pipe = 0
        fcntl.fcntl(self.pipe, fcntl.F_SETFL, os.O_RDWR | os.O_NONBLOCK)
        fcntl.fcntl(self.pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self.heard_file = open(heard, "rb", buffering=0)
        self.heard = Heard()
        self.just = 0
        self.when = time.monotonic()
        self.part = b""
        self.source = array.array("H", range(1 << 16)).tobytes()
        if source:
            with open(source, "rb") as file:
                self.source = file.read()
        self.written = 0
        server = socket.socket(socket.AF_UNIX)
        server.bind(control)
        server.listen(1)
        self.server = server
        self.line = None

    def frames(self, index, count):
        at = index * FRAME % len(self.source)
        data = self.source[at:at + count * FRAME]
        return data + self.source[:count * FRAME - len(data)]

    def waiting(self):
        """Bytes that QEMU has not taken yet"""
        return struct.unpack("i", fcntl.ioctl(self.pipe, termios.FIONREAD, bytes(4)))[0]

    def feed(self):
        """Whole frames: a read that finds fewer than it wants is filled up with silence."""
        while True:
            frame, part = divmod(self.written, FRAME)
            try:
                self.written += os.write(self.pipe, self.frames(frame, PART)[part:])
            except BlockingIOError:
                return

    def hear(self):
        data = self.part + self.heard_file.read()
        whole = len(data) - len(data) % FRAME
        before = self.heard.played
        self.heard.take(data[:whole])
        self.part = data[whole:]
        now = time.monotonic()
        if self.heard.played > before:
            self.when = now
            self.just = (self.heard.played - before) * FRAME
        elif now > self.when + SETTLES:
            self.just = 0

    def settle(self):
        """What was played before this is heard before it."""
        begun = time.monotonic()
        self.when = begun
        self.just = 1
        while self.just and time.monotonic() < begun + PATIENCE:
            time.sleep(SETTLES / 5)
            self.hear()
        self.heard = Heard()

    def clear(self):
        self.hear()
        if self.heard.played:
            self.settle()
        try:
            os.read(self.pipe, PIPE_BYTES)
        except BlockingIOError:
            pass
        self.written = 0
        self.feed()

    def answer(self, text):
        if text == "stats":
            frames = (self.written - self.waiting()) // FRAME
            return "ok frames=%d dropped=0 delivered=%d index=%d" % (frames, frames, frames)
        if text == "clear":
            self.clear()
            return "ok"
        if text.startswith("out wait "):
            self.settle()
            return "ok"
        if text == "out stats":
            self.hear()
            return "ok fifo_bytes=%d %s" % (self.just, self.heard)
        if text.startswith("heard "):
            with open(text[6:], "rb") as file:
                data = file.read()
            heard = Heard()
            heard.take(data[data.index(b"data") + 8:])
            return "ok %s" % heard
        if text.startswith(IGNORED):
            return "ok"
        return "error: unknown command"

    def run(self):
        pending = b""
        while True:
            self.feed()
            # A pipe that is open for both tells by nothing that there is room.
            ready, _, _ = select.select([self.line or self.server], [], [], 0.1)
            if not ready:
                continue
            if not self.line:
                self.line, _ = self.server.accept()
                continue
            data = self.line.recv(4096)
            if not data:
                return
            pending += data
            while b"\n" in pending:
                text, pending = pending.split(b"\n", 1)
                text = text.decode(errors="replace").strip()
                if not text:
                    continue
                try:
                    reply = self.answer(text)
                except (OSError, ValueError) as err:
                    reply = "error: %s" % err
                print("%s -> %s" % (text, reply), flush=True)
                self.line.sendall(reply.encode() + b"\n")


if __name__ == "__main__":
    Sound(sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else "").run()
