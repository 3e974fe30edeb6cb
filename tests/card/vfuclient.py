# SPDX-License-Identifier: GPL-2.0-only
"""A small vfio-user client: what QEMU and a guest are to acq-card, without a VM."""

import array
import ctypes
import json
import math
import mmap
import os
import select
import shutil
import socket
import struct
import subprocess
import tempfile
import time

VERSION, DMA_MAP, DMA_UNMAP, GET_INFO, GET_REGION_INFO, GET_REGION_IO_FDS, GET_IRQ_INFO, SET_IRQS, \
    REGION_READ, REGION_WRITE, DMA_READ, DMA_WRITE, DEVICE_RESET = range(1, 14)
REPLY, NO_REPLY, ERROR = 1, 0x10, 0x20
CONFIG = 7
INTX, MSI, MSIX = 0, 1, 2
TRIGGER_EVENTFD, TRIGGER_NONE, UNMASK_NONE = 0x24, 0x21, 0x11

RAM = 0x100000000
RAM_BYTES = 64 << 20


class Refused(Exception):
    """The card has answered with an error."""

    def __init__(self, error):
        super().__init__(os.strerror(error))
        self.error = error


class Gone(Exception):
    """The card has closed the connection."""


class Card:
    """An acq-card process."""

    def __init__(self, *args, control=True):
        self.dir = tempfile.mkdtemp(prefix="acq-card-")
        self.socket = self.dir + "/card"
        self.control_path = self.dir + "/control"
        binary = os.environ.get("ACQ_CARD", "build/bin/acq-card")
        command = [binary, "--socket", self.socket]
        if control:
            command += ["--control", self.control_path]
        self.errors = tempfile.TemporaryFile()
        try:
            self.process = subprocess.Popen(command + [str(a) for a in args],
                                            stdout=subprocess.PIPE, stderr=self.errors)
        except OSError:
            os.rmdir(self.dir)
            raise
        self.ready = self.process.stdout.readline().decode()
        self.channel = None

    def command(self, line):
        """Send a line to the control socket; its answer."""
        if self.channel is None:
            self.channel = socket.socket(socket.AF_UNIX)
            self.channel.settimeout(10)
            self.channel.connect(self.control_path)
        self.channel.sendall(line.encode() + b"\n")
        return self.answer()

    def answer(self):
        answer = b""
        while not answer.endswith(b"\n"):
            part = self.channel.recv(65536)
            if not part:
                raise Gone("control socket")
            answer += part
        return answer.decode().rstrip("\n")

    def order(self, line):
        answer = self.command(line)
        assert answer == "ok" or answer.startswith("ok "), f"{line}: {answer}"
        return answer[3:]

    def stats(self):
        return dict(pair.split("=", 1) for pair in self.order("stats").split())

    def gaps(self):
        text = self.order("gaps")
        return [tuple(int(n) for n in gap.split(":")) for gap in text.split(",")] if text else []

    def stderr(self):
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")

    def close(self):
        """End the process; what it leaves behind must be nothing but success."""
        if self.channel:
            self.channel.close()
        if self.process.poll() is None:
            self.process.terminate()
        try:
            status = self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = "hung"
        self.process.stdout.close()
        left = os.listdir(self.dir)
        errors = self.stderr()
        self.errors.close()
        shutil.rmtree(self.dir)
        return status, left, errors


class Memory:
    """Shared memory that the card can map."""

    def __init__(self, size):
        self.fd = os.memfd_create("guest")
        os.ftruncate(self.fd, size)
        self.map = mmap.mmap(self.fd, size)
        self.size = size

    def close(self):
        self.map.close()
        os.close(self.fd)


class Client:
    """A connection to the card, with the handshake done."""

    def __init__(self, card, greet=True, ram=True, fd=True):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(card.socket)
        self.next_id = 1
        self.memory = Memory(RAM_BYTES)
        self.dma_writes = 0
        self.dma_reads = 0
        self.refuse_dma = False
        self.before_dma = None
        self.dma_log = None
        self.eventfds = {}
        self.buffer = b""
        if greet:
            self.greet()
        if greet and ram:
            self.map(RAM, RAM_BYTES, self.memory.fd if fd else None)

    def close(self):
        self.sock.close()
        self.memory.close()
        for fd in self.eventfds.values():
            os.close(fd)

    # messages

    def send(self, command, payload=b"", fds=(), flags=0, size=None):
        number = self.next_id
        self.next_id = (self.next_id + 1) & 0xffff
        message = struct.pack("<HHIII", number, command,
                              16 + len(payload) if size is None else size, flags, 0) + payload
        if fds:
            sent = socket.send_fds(self.sock, [message], list(fds))
            assert sent == len(message)
        else:
            self.sock.sendall(message)
        return number

    def receive_bytes(self, count):
        data = bytearray()
        while len(data) < count:
            try:
                part = self.sock.recv(count - len(data))
            except ConnectionResetError:
                part = b""
            if not part:
                raise Gone("vfio-user socket")
            data += part
        return bytes(data)

    def receive(self):
        """One message: id, command, flags, error, payload."""
        number, command, size, flags, error = struct.unpack("<HHIII", self.receive_bytes(16))
        return number, command, flags, error, self.receive_bytes(size - 16)

    def serve_dma(self, number, command, payload):
        """The card wants to read or write memory by message."""
        if self.before_dma:
            hook, self.before_dma = self.before_dma, None
            hook()
        address, count = struct.unpack("<QQ", payload[:16])
        at = address - RAM
        if self.dma_log is not None:
            self.dma_log.append((command, at, count, self.signalled()))
        if self.refuse_dma or at < 0 or at + count > RAM_BYTES:
            self.sock.sendall(struct.pack("<HHIII", number, command, 16, REPLY | ERROR, 19))
            return
        answer = payload[:16]
        if command == DMA_WRITE:
            assert len(payload) == 16 + count
            self.memory.map[at:at + count] = payload[16:]
            self.dma_writes += 1
        else:
            answer += self.memory.map[at:at + count]
            self.dma_reads += 1
        self.sock.sendall(struct.pack("<HHIII", number, command, 16 + len(answer), REPLY, 0) +
                          answer)

    def wait(self, number, command):
        """Wait for the reply, and serve DMA meanwhile."""
        while True:
            got, other, flags, error, payload = self.receive()
            if not flags & REPLY:
                self.serve_dma(got, other, payload)
                continue
            assert (got, other) == (number, command), f"reply {got}/{other} to {number}/{command}"
            if flags & ERROR:
                assert not payload
                raise Refused(error)
            return payload

    def request(self, command, payload=b"", fds=()):
        return self.wait(self.send(command, payload, fds), command)

    def pump(self, seconds=0.0, until=None):
        """Serve DMA for a while; no reply is expected."""
        end = time.monotonic() + seconds
        while True:
            left = max(0, end - time.monotonic())
            if until and until():
                return True
            if not select.select([self.sock], [], [], min(left, 0.01) if until else left)[0]:
                if time.monotonic() >= end:
                    return False
                continue
            got, command, flags, _, payload = self.receive()
            assert not flags & REPLY, "a reply that nobody waits for"
            self.serve_dma(got, command, payload)

    def greet(self, text=None, major=0):
        if text is None:
            text = json.dumps({"capabilities": {"max_msg_fds": 16, "max_dma_maps": 65535,
                                                "pgsizes": 4096, "write_multiple": True,
                                                "max_data_xfer_size": 1048576}})
        answer = self.request(VERSION, struct.pack("<HH", major, 0) + text.encode() + b"\0")
        self.capabilities = json.loads(answer[4:].rstrip(b"\0"))["capabilities"]
        return answer

    def map(self, address, size, fd=None, offset=0, flags=3):
        self.request(DMA_MAP, struct.pack("<IIQQQ", 32, flags, offset, address, size),
                     [fd] if fd is not None else [])

    def unmap(self, address, size, flags=0):
        return self.request(DMA_UNMAP, struct.pack("<IIQQ", 24, flags, address, size))

    # regions

    def read(self, region, offset, count):
        payload = self.request(REGION_READ, struct.pack("<QII", offset, region, count))
        assert payload[:16] == struct.pack("<QII", offset, region, count)
        assert len(payload) == 16 + count
        return payload[16:]

    def write(self, region, offset, data):
        payload = self.request(REGION_WRITE, struct.pack("<QII", offset, region, len(data)) + data)
        assert payload == struct.pack("<QII", offset, region, len(data))

    def post(self, region, offset, data):
        """A write without a reply, as QEMU does them."""
        self.send(REGION_WRITE, struct.pack("<QII", offset, region, len(data)) + data,
                  flags=NO_REPLY)

    def get(self, reg, bar=0):
        return struct.unpack("<I", self.read(bar, reg, 4))[0]

    def get64(self, reg):
        return self.get(reg) | self.get(reg + 4) << 32

    def put(self, reg, value, bar=0):
        self.post(bar, reg, struct.pack("<I", value & 0xffffffff))

    def put64(self, reg, value):
        self.put(reg, value)
        self.put(reg + 4, value >> 32)

    def config(self, offset, count=4):
        return int.from_bytes(self.read(CONFIG, offset, count), "little")

    def set_config(self, offset, value, count=4):
        self.write(CONFIG, offset, value.to_bytes(count, "little"))

    def caps(self):
        """Capabilities: id to address."""
        found, at = {}, self.config(0x34, 1)
        while at:
            assert at not in found.values() and at >= 0x40
            found[self.config(at, 1)] = at
            at = self.config(at + 1, 1)
        return found

    def extended_caps(self):
        found, at = {}, 0x100
        while at:
            word = self.config(at)
            found[word & 0xffff] = at
            at = word >> 20
        return found

    # interrupts

    def set_irqs(self, flags, index, start, count, fds=()):
        self.request(SET_IRQS, struct.pack("<IIIII", 20, flags, index, start, count), fds)

    def assign(self, index, vector=0):
        key = (index, vector)
        if key not in self.eventfds:
            self.eventfds[key] = os.eventfd(0, os.EFD_NONBLOCK)
        self.set_irqs(TRIGGER_EVENTFD, index, vector, 1, [self.eventfds[key]])

    def irqs(self, index=MSIX, seconds=0.0, vector=0):
        """How often the vector was signalled; waits for the first and serves DMA."""
        fd = self.eventfds[(index, vector)]
        end = time.monotonic() + seconds
        while True:
            try:
                return os.eventfd_read(fd)
            except BlockingIOError:
                pass
            left = end - time.monotonic()
            if left <= 0:
                return 0
            ready = select.select([fd, self.sock], [], [], left)[0]
            if self.sock in ready and fd not in ready:
                self.pump(0)

    def signalled(self):
        """Vectors that have been signalled and not been looked at."""
        return [key for key, fd in self.eventfds.items() if select.select([fd], [], [], 0)[0]]

    def enable(self, kind=MSIX, vectors=1):
        """Memory, bus mastering and interrupts, as a driver does it."""
        self.set_config(4, 6 | (0x400 if kind != INTX else 0), 2)
        cap = self.caps()
        if kind == MSIX:
            self.set_config(cap[0x11] + 2, 0x8000, 2)
        elif kind == MSI:
            self.set_config(cap[0x05] + 2, 0x81 | vectors.bit_length() - 1 << 4, 2)
        for vector in range(vectors):
            self.assign(kind, vector)


# registers, as in include/acq_r1.h

ID, MAP_VERSION, REVISION, CAPS, SERIAL, CHANNELS, FORMATS, CLOCK, DIV_MIN, DIV_MAX, FIFO_BYTES, \
    LIMITS, TS_HZ, PRETRIG_BYTES, SCRATCH = 0, 4, 8, 0xc, 0x10, 0x18, 0x1c, 0x20, 0x24, 0x28, 0x2c, \
    0x30, 0x34, 0x38, 0x3c
COMMAND, STATE, IRQ_STATUS, IRQ_MASK, IRQ_FRAMES, IRQ_US, SEEN = 0x40, 0x44, 0x48, 0x4c, 0x50, 0x54, \
    0x58
START, STOP, RESET, TRIG = 1, 2, 4, 8
IDLE, ARMED, RUNNING, DRAINING, DONE, FAILED = range(6)
LOSING, TRIGGERED = 0x100, 0x200
DATA, OVERFLOW, TRIGGER_IRQ, ERROR_IRQ, FINISHED, ALL = 1, 2, 4, 8, 16, 31
TABLE, RECORDS, STATUS, TABLE_LOG2, GIVEN = 0x60, 0x68, 0x70, 0x78, 0x7c
TRANSFER, DIVIDER, CHANNEL_MASK, FORMAT, COUNT, TRIGGER, TRIGGER_LEVEL, PRETRIGGER, PATTERN = 0x80, \
    0x84, 0x88, 0x8c, 0x90, 0x98, 0x9c, 0xa0, 0xa4
S8, U8, S16, U16, S32, U32 = range(6)
INPUT, RAMP, PRBS = range(3)
IMMEDIATE, SOFTWARE, LEVEL, EXTERNAL = range(4)
FRAMES, DROPPED, TIMESTAMP, TRIGGER_INDEX, FIFO_LEVEL, FIFO_INDEX, WINDOW = 0xc0, 0xc8, 0xd0, 0xd8, \
    0xe0, 0xe4, 0x1000
REC_DONE, REC_TRIGGER, REC_LAST = 1, 2, 4
ERR_CONFIG, ERR_DMA, ERR_TABLE, ERR_UNDERRUN = 1, 2, 3, 4

TABLE_AT, RECORDS_AT, STATUS_AT, BLOCKS_AT = 0, 0x100000, 0x300000, 0x400000


def ramp(first, count, width=2):
    """Samples of the ramp, as bytes."""
    mask = (1 << 8 * width) - 1
    kind = {1: "B", 2: "H", 4: "I"}[width]
    return array.array(kind, (n & mask for n in range(first, first + count))).tobytes()


class Block:
    def __init__(self, index, lost, stamp, size, flags, data):
        self.index, self.lost, self.stamp, self.size, self.flags = index, lost, stamp, size, flags
        self.number = flags >> 16
        self.data = data


class Run:
    """A host that runs the card with DMA."""

    def __init__(self, client, blocks=16, block=4096, entries=16, kind=MSIX, enable=True):
        self.c = client
        self.blocks, self.block, self.entries, self.kind = blocks, block, entries, kind
        if enable:
            client.enable(kind)

    def start(self, command=START, give=None, frame=1, **config):
        c = self.c
        # whole frames, and whole beats of 8 bytes
        self.size = self.block - self.block % math.lcm(frame, 8)
        self.irqs_seen = 0
        self.given = self.done = self.update = 0
        c.put(COMMAND, RESET)
        assert c.get(STATE) == IDLE
        c.memory.map[STATUS_AT:STATUS_AT + 64] = bytes(64)
        c.put64(TABLE, RAM + TABLE_AT)
        c.put64(RECORDS, RAM + RECORDS_AT)
        c.put64(STATUS, RAM + STATUS_AT)
        c.put(TABLE_LOG2, self.entries.bit_length() - 1)
        c.put(TRANSFER, 1)
        for reg, value in config.items():
            reg = globals()[reg.upper()]
            if reg == COUNT:
                c.put64(reg, value)
            else:
                c.put(reg, value)
        c.put(COMMAND, command)
        c.put(IRQ_MASK, ALL)
        self.give(self.blocks if give is None else give)

    def entry(self, number, size=None, address=None):
        slot = number % self.entries
        at = RAM + BLOCKS_AT + number % self.blocks * self.block if address is None else address
        struct.pack_into("<QII", self.c.memory.map, TABLE_AT + slot * 16, at,
                         self.size if size is None else size, 0)

    def give(self, count, size=None):
        for _ in range(count):
            self.entry(self.given, size)
            self.given += 1
        if count:
            self.c.put(GIVEN, self.given)

    def page(self):
        """The status page as a dictionary, newest update first read."""
        fields = struct.unpack_from("<5Q6I", self.c.memory.map, STATUS_AT)
        names = "progress frames dropped timestamp trigger_index state irq r0 r1 r2 update".split()
        page = dict(zip(names, fields))
        page["blocks"], page["bytes"] = page["progress"] >> 32, page["progress"] & 0xffffffff
        return page

    def record(self, number):
        at = RECORDS_AT + number % self.entries * 32
        index, lost, stamp, size, flags = struct.unpack_from("<QQQII", self.c.memory.map, at)
        at = BLOCKS_AT + number % self.blocks * self.block
        return Block(index, lost, stamp, size, flags,
                     self.c.memory.map[at:at + min(size, self.block)])

    def take(self, give=True):
        """What is complete; hands the blocks out again."""
        page, got = self.page(), []
        while self.done < page["blocks"]:
            block = self.record(self.done)
            assert block.flags & REC_DONE and block.number == self.done & 0xffff, hex(block.flags)
            got.append(block)
            self.done += 1
            if give:
                self.give(1)
        self.update = page["update"]
        self.c.put(SEEN, self.update)
        return got

    def wait(self, until, seconds=10):
        """Serve interrupts until the page says so."""
        end = time.monotonic() + seconds
        while not until(self.page()):
            assert time.monotonic() < end, f"waited in vain: {self.page()}"
            self.c.irqs(self.kind, 0.02)
            self.c.pump(0)
        return self.page()

    def collect(self, count=None, give=True, seconds=20):
        """Blocks, by interrupts, until there are so many or the run is over."""
        got, end = [], time.monotonic() + seconds
        while count is None or len(got) < count:
            page = self.page()
            over = page["state"] & 0xf == DONE
            # as a driver does it: masked meanwhile, so that what comes then is a new message
            self.c.put(IRQ_MASK, 0)
            self.c.put(IRQ_STATUS, page["irq"] & ~DATA)
            self.irqs_seen |= page["irq"]
            assert page["state"] & 0xf != FAILED, f"the card has failed: {page['state']:#x}"
            more = self.take(give)
            self.c.put(IRQ_MASK, ALL)
            got += more
            if over and not more:
                break
            assert time.monotonic() < end, f"waited in vain: {self.page()}"
            if not more:
                irq = self.c.irqs(self.kind, 5)
                if self.kind == INTX and irq:
                    self.c.set_irqs(UNMASK_NONE, INTX, 0, 1)
                assert irq, f"no interrupt: {self.page()}"
        return got
