#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""unread.py terminal|pipe ROOM SECONDS CMD [ARG...]

Runs CMD with a stderr that is full and that nobody reads: ROOM bytes of it are read before, the
rest SECONDS later; 0: once CMD has ended. Prints what CMD said; the exit status is CMD's, or 99
if CMD waits for a reader.
"""
import errno
import os
import pty
import select
import subprocess
import sys
import termios
import time

WAIT = 15


def fill(fd):
    """Returns how much it took."""
    os.set_blocking(fd, False)
    size = 0
    try:
        while True:
            size += os.write(fd, b"#")
    except BlockingIOError:
        return size


def read(fd):
    try:
        return os.read(fd, 65536)
    except OSError as error:
        # the terminal's other side is closed
        if error.errno not in (errno.EIO, errno.EAGAIN):
            raise
        return b""


def main(kind, room, seconds, command):
    reader, writer = pty.openpty() if kind == "terminal" else os.pipe()
    if kind == "terminal":
        attr = termios.tcgetattr(writer)
        attr[3] &= ~(termios.ECHO | termios.ICANON)
        termios.tcsetattr(writer, termios.TCSANOW, attr)
    fill(writer)
    os.set_blocking(writer, True)
    while room > 0:
        room -= len(os.read(reader, room))
    child = subprocess.Popen(command, stderr=writer, stdin=subprocess.DEVNULL)
    begun, said, late = time.monotonic(), b"", False
    os.set_blocking(reader, False)
    while child.poll() is None and not late:
        late = time.monotonic() > begun + WAIT
        if seconds and time.monotonic() > begun + seconds and select.select([reader], [], [], 0)[0]:
            said += read(reader)
        time.sleep(0.02)
    if late:
        child.kill()
        child.wait()
    os.close(writer)
    while True:
        more = read(reader)
        if not more:
            break
        said += more
    sys.stdout.buffer.write(said.lstrip(b"#"))
    return 99 if late else child.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4:]))
