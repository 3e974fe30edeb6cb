#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""terminal.py [--size COLUMNSxROWS] [--resize COLUMNSxROWS] [--strict] [--screen] CMD [ARG...]

Runs CMD on a terminal of that size and watches what it writes there: complains about a cursor
that goes back over a line that was wrapped, or above the screen, and about sequences that it
does not know; with --strict about any line that is wrapped. Half a second after the first output
--resize changes the size. Prints the screen at the end with --screen, and a line of counts:
pictures N, faults N, colours N, widest N; the exit status is CMD's, or 99 if there were faults.
"""
import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time
import unicodedata

SEQUENCE = re.compile(rb"\033\[([0-9;]*)([A-Za-z])")


class Screen:
    """What a terminal shows, as far as acq uses one."""

    def __init__(self, columns, rows, strict):
        self.strict = strict
        self.wrapped = set()
        self.cells = {}
        self.x = self.y = self.top = 0
        self.size(columns, rows)
        self.pictures = self.faults = self.colours = self.widest = 0
        self.colour = None

    def size(self, columns, rows):
        self.columns, self.rows = columns, rows
        # lines that are too long now are wrapped anew, or cut
        self.wrapped |= {y for y, x in self.cells if x >= columns}
        self.top = max(self.top, self.y - rows + 1)

    def fault(self, what):
        self.faults += 1
        if self.faults < 10:
            print("fault: " + what, file=sys.stderr)

    def down(self):
        self.y += 1
        self.top = max(self.top, self.y - self.rows + 1)

    def back(self, lines):
        """The cursor goes to the begin of the line, or of one above."""
        if self.wrapped & set(range(self.y - lines + 1, self.y + 1)):
            self.fault("back over a line that was wrapped")
        self.x = 0

    def put(self, c):
        if self.x >= self.columns:
            if self.strict:
                self.fault("a line of more than %d columns" % self.columns)
            self.down()
            self.x = 0
            self.wrapped.add(self.y)
        if unicodedata.east_asian_width(c) in "WF" or unicodedata.combining(c) or ord(c) < 32:
            self.fault("a character that is not one column wide: %r" % c)
        self.cells[self.y, self.x] = c, self.colour
        self.x += 1
        self.widest = max(self.widest, self.x)

    def erase(self, keep):
        self.cells = {at: cell for at, cell in self.cells.items() if keep(*at)}

    def sequence(self, args, letter):
        num = int(args or 0) if b";" not in args else 0
        if letter == b"m":
            self.colour = None if args in (b"", b"0") else args.decode()
            self.colours += self.colour is not None
        elif letter == b"K":
            self.erase(lambda y, x: y != self.y or x < self.x)
        elif letter == b"J" and num == 2:
            self.erase(lambda y, x: y < self.top)
        elif letter == b"J":
            self.erase(lambda y, x: (y, x) < (self.y, self.x))
        elif letter == b"H":
            self.x, self.y = 0, self.top
            self.wrapped.clear()
        elif letter == b"F":
            self.pictures += 1
            self.back(num + 1)
            if num < 1 or self.y - num < self.top:
                self.fault("%d lines up, out of the screen" % num)
            self.y = max(self.y - num, self.top)
        else:
            self.fault("unknown sequence %r" % (args + letter))

    def feed(self, data):
        """Returns what is not whole yet."""
        while data:
            if data[:1] == b"\033":
                match = SEQUENCE.match(data)
                if not match:
                    if len(data) < 16:
                        return data
                    self.fault("broken sequence %r" % data[:16])
                    data = data[1:]
                    continue
                self.sequence(*match.groups())
                data = data[match.end():]
                continue
            long = 1 if data[0] < 0x80 else 2 if data[0] < 0xe0 else 3 if data[0] < 0xf0 else 4
            if len(data) < long:
                return data
            c, data = data[:long].decode("utf-8", "replace"), data[long:]
            if c == "\n":
                self.down()
            elif c == "\r":
                # the terminal's own one is before each line feed
                if data[:1] != b"\n":
                    self.back(1)
                self.x = 0
            else:
                self.put(c)
        return b""

    def lines(self):
        last = max((y for y, x in self.cells), default=-1)
        for y in range(last + 1):
            width = max((x for line, x in self.cells if line == y), default=-1) + 1
            yield [self.cells.get((y, x), (" ", None)) for x in range(width)]


def size_of(text):
    columns, rows = text.split("x")
    return int(columns), int(rows)


def set_size(fd, columns, rows):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def read(fd):
    """Nothing: whoever wrote to the terminal has ended."""
    try:
        return os.read(fd, 65536)
    except OSError:
        return b""


def run(command, size, resize, strict):
    screen = Screen(*size, strict)
    pid, fd = pty.fork()
    if not pid:
        set_size(0, *size)
        os.execvp(command[0], command)
    set_size(fd, *size)
    rest, begun = b"", None
    while True:
        if resize and begun and time.monotonic() > begun + 0.5:
            # what is on its way was made for the old size
            set_size(fd, *resize)
            while select.select([fd], [], [], 0)[0]:
                data = read(fd)
                if not data:
                    break
                rest = screen.feed(rest + data)
            screen.size(*resize)
            resize = None
        if not select.select([fd], [], [], 0.05)[0]:
            continue
        data = read(fd)
        if not data:
            break
        begun = begun or time.monotonic()
        rest = screen.feed(rest + data)
    if rest:
        screen.fault("ends in a sequence")
    return screen, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def main(args):
    size, resize, show, strict = (80, 24), None, False, False
    while args and args[0].startswith("--"):
        option = args.pop(0)
        if option == "--size":
            size = size_of(args.pop(0))
        elif option == "--resize":
            resize = size_of(args.pop(0))
        elif option == "--strict":
            strict = True
        elif option == "--screen":
            show = True
        else:
            sys.exit(__doc__)
    screen, status = run(args, size, resize, strict)
    if show:
        for line in screen.lines():
            print("".join(c for c, colour in line))
    print("pictures %d, faults %d, colours %d, widest %d" %
          (screen.pictures, screen.faults, screen.colours, screen.widest))
    sys.exit(99 if screen.faults else status)


if __name__ == "__main__":
    main(sys.argv[1:])
