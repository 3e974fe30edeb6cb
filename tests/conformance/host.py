# SPDX-License-Identifier: GPL-2.0-only
"""A host for a card: it believes nothing, and waits for everything with patience."""

import math
import os
import select
import struct
import time

import vfuclient as v
from judge import Stop
from vfuclient import (CAPS, CHANNEL_MASK, CHANNELS, CLOCK, COMMAND, COUNT, DIV_MAX, DIV_MIN, DROPPED,
                       FIFO_BYTES, FORMAT, FORMATS, FRAMES, IRQ_MASK, IRQ_STATUS, LIMITS, MAP_VERSION,
                       PRETRIG_BYTES, RAMP, RESET, SOFTWARE, STATE, TRIGGER,
                       TS_HZ)

CAP_NAMES = ("DMA", "FIFO", "WAIT", "TRIG_SOFT", "TRIG_LEVEL", "TRIG_EXT", "PRETRIG", "COUNT", "RAMP", "PRBS",
             "WINDOW64", "OUTPUT", "LINK", "FOLLOW", "ALL_CHANNELS", "POW2_CHANNELS", "WHOLE_BLOCKS")
STATE_NAMES = ("IDLE", "ARMED", "RUNNING", "DRAINING", "DONE", "ERROR")
KINDS = {v.MSIX: "MSI-X", v.MSI: "MSI", v.INTX: "INTx"}
CAP_MSI, CAP_PM, CAP_EXP, CAP_MSIX = 0x05, 0x01, 0x10, 0x11
MEMORY, MASTER, INTX_OFF = 2, 4, 0x400
WIDTHS = (1, 1, 2, 2, 4, 4)
ONES = 0xffffffff
OUT = 0x200	# where the registers of the output begin

# What the host has: memory at the upper end of what the card can reach, or of 40 bits
MEMORY_BYTES = 1 << 20
RECORDS_AT, STATUS_AT = 0x10000, 0x20000	# behind the table, which is at its begin
MEMORY_BITS = 40
PAGE = 4096

# bytes a second that a host of this kind takes without trouble
CALM = 20000
BRISK = 400000


def name_state(word):
    """What STATE says, in words."""
    if word == ONES:
        return "all ones"
    state = word & 0xf
    text = STATE_NAMES[state] if state < len(STATE_NAMES) else f"state {state}"
    for bit, name in ((8, "LOSING"), (9, "TRIGGERED"), (10, "HELD")):
        if word >> bit & 1:
            text += f" {name}"
    if word >> 16:
        text += f" code {word >> 16}"
    return text


def name_irq(word):
    names = [n for i, n in enumerate(("DATA", "OVERFLOW", "TRIGGER", "ERROR", "FINISHED")) if word >> i & 1]
    if word >> 5:
        names.append(f"{word & ~0x1f:#x}")
    return " ".join(names) or "0"


class Properties:
    """What a card says that it is."""

    def __init__(self, get):
        self.version, self.caps = get(MAP_VERSION), get(CAPS)
        self.channels, self.formats, self.clock = get(CHANNELS), get(FORMATS), get(CLOCK)
        self.div_min, self.div_max = get(DIV_MIN), get(DIV_MAX)
        self.fifo_bytes, self.limits = get(FIFO_BYTES), get(LIMITS)
        self.ts_hz, self.pretrig_bytes = get(TS_HZ), get(PRETRIG_BYTES)
        # the output's, if there is one
        self.out = Properties(lambda at: get(OUT + at)) if self.has("OUTPUT") else None
        self.block_min, self.block_max = self.limits & 0xff, self.limits >> 8 & 0xff
        self.table_log2, self.addr_bits = self.limits >> 16 & 0xff, self.limits >> 24

    def possible(self):
        """Can a run be set up at all?"""
        return self.clock and 0 < self.div_min <= self.div_max and 1 <= self.channels <= 32 and \
            self.formats & 0x3f and self.caps & 3 and self.fifo_bytes

    def has(self, *names):
        return all(self.caps >> CAP_NAMES.index(name) & 1 for name in names)


class Host(v.Client):
    """A connection to the card. Its memory is none that the card can map: it sees each access."""

    def __init__(self, card, judge, patience=1.0, enable=True):
        self.replies = {}	# that came while another one was waited for
        super().__init__(card, ram=False)
        self.judge, self.patience = judge, patience
        self.p = Properties(self.get)
        bits = min(self.p.addr_bits, MEMORY_BITS) if self.p.has("DMA") else 32
        if not 24 <= bits <= MEMORY_BITS:
            bits = 32
        self.base = (1 << bits) - MEMORY_BYTES
        self.bytes = bytearray(MEMORY_BYTES)
        self.ring = None	# who looks at what the card does to memory
        self.wrong = None	# says of an access to memory whether it fails
        self.on_access = None	# called before an access to memory is answered
        self.master = False
        self.messages = 0	# that came and were not looked at
        self.sent = 0		# that came at all
        self.kind = None
        self.irq_frames = 0	# what IRQ_FRAMES is
        # All memory that a card can reach is there, so that it is seen where it goes astray.
        self.map(0, (1 << bits) if bits < 64 else (1 << 64) - PAGE)
        if enable:
            self.enable_all()

    # time

    def seconds(self, seconds):
        return seconds * self.patience

    def until(self, condition, seconds=5.0, pause=0.001):
        """Whether it comes true in time; DMA is served meanwhile."""
        end = time.monotonic() + self.seconds(seconds)
        while not condition():
            if time.monotonic() > end:
                return False
            self.pump(pause)
            pause = min(1.5 * pause, 0.005)
        return True

    def wait(self, number, command):
        """As the client's; while an access to memory is served, another reply may be waited for."""
        while number not in self.replies:
            got, other, flags, error, payload = self.receive()
            if flags & v.REPLY:
                self.replies[got] = other, flags, error, payload
            else:
                self.serve_dma(got, other, payload)
        other, flags, error, payload = self.replies.pop(number)
        assert other == command, f"a reply to {other} instead of {command}"
        if flags & v.ERROR:
            raise v.Refused(error)
        return payload

    # memory

    def serve_dma(self, number, command, payload):
        address, count = struct.unpack("<QQ", payload[:16])
        self.note_messages()
        data = payload[16:] if command == v.DMA_WRITE else None
        if self.on_access:
            hook, self.on_access = self.on_access, None
            hook(command, address, count)
        if not self.master:
            self.judge.fail("pci.master", f"{'a write' if data else 'a read'} of {count} bytes at "
                            f"{address:#x} while Bus Master Enable is 0")
        if self.wrong and self.wrong(command, address, count):
            self.sock.sendall(struct.pack("<HHIII", number, command, 16, v.REPLY | v.ERROR, 14))
            return
        if self.ring is None:
            self.judge.fail("dma.bounds", f"{count} bytes at {address:#x} without a run that uses memory")
        elif data is not None:
            self.ring.on_write(address, data)
        else:
            self.ring.on_read(address, count)
        answer, at = payload[:16], address - self.base
        inside = 0 <= at and at + count <= MEMORY_BYTES
        if data is not None:
            if inside:
                self.bytes[at:at + count] = data
        else:
            answer += bytes(self.bytes[at:at + count]) if inside else bytes(count)
        self.sock.sendall(struct.pack("<HHIII", number, command, 16 + len(answer), v.REPLY, 0) + answer)

    # interrupts

    def kinds(self):
        """The kinds of interrupts that the card has."""
        caps = self.caps()
        found = [kind for kind, cap in ((v.MSIX, CAP_MSIX), (v.MSI, CAP_MSI)) if cap in caps]
        if self.config(0x3d, 1):
            found.append(v.INTX)
        return found

    def enable_all(self, kind=None, master=True):
        """Memory, bus mastering and a kind of interrupt, as a driver does it."""
        kinds = self.kinds()
        if not kinds:
            self.judge.fail("pci.interrupt", "neither MSI-X nor MSI nor a pin of INTx")
            raise Stop()
        self.kind = kinds[0] if kind is None else kind
        self.set_config(4, MEMORY | (INTX_OFF if self.kind != v.INTX else 0), 2)
        self.set_messages(True)
        self.assign(self.kind)
        if master:
            self.set_master(True)

    def set_messages(self, on):
        caps = self.caps()
        if self.kind == v.MSIX:
            self.set_config(caps[CAP_MSIX] + 2, 0x8000 if on else 0, 2)
        elif self.kind == v.MSI:
            self.set_config(caps[CAP_MSI] + 2, 1 if on else 0, 2)

    def set_master(self, on):
        # first what allows more: the card may answer to it at once
        self.master = self.master or on
        self.set_config(4, MEMORY | (MASTER if on else 0) | (INTX_OFF if self.kind != v.INTX else 0), 2)
        self.master = on

    def note_messages(self):
        fd = self.eventfds.get((self.kind, 0))
        if fd is None:
            return
        try:
            count = os.eventfd_read(fd)
        except BlockingIOError:
            return
        self.messages += count
        self.sent += count

    def take_messages(self):
        """How many there were since the last time."""
        self.note_messages()
        count, self.messages = self.messages, 0
        return count

    def wait_message(self, seconds=5.0):
        """Wait for a message, and take all that there are; INTx is unmasked by unmask()."""
        end = time.monotonic() + self.seconds(seconds)
        fd = self.eventfds[(self.kind, 0)]
        while True:
            count = self.take_messages()
            left = end - time.monotonic()
            if count or left <= 0:
                return count
            if self.sock in select.select([fd, self.sock], [], [], left)[0]:
                self.pump(0)

    def unmask(self):
        """Of INTx, which is masked by its arrival."""
        if self.kind == v.INTX:
            self.set_irqs(v.UNMASK_NONE, v.INTX, 0, 1)

    # registers

    def state(self):
        word = self.get(STATE)
        self.judge.check("state.code", not word & 0xf8f0 and (word & 0xf == v.FAILED or not word >> 16),
                         f"STATE reads {word:#x}, {name_state(word)}")
        return word

    def give_up(self):
        """RESET: what the card writes from here to IDLE has no meaning."""
        if self.ring:
            self.ring.given_up = True
        self.put(COMMAND, RESET)

    def reset(self):
        """RESET, and the wait for IDLE."""
        self.give_up()
        self.wait_idle("RESET")
        if self.ring:
            self.ring.over = ("state.reset-quiet", "though STATE had read IDLE")

    def wait_idle(self, what):
        """Until STATE reads IDLE, which has to be soon; it is not the card's fault if this host is late."""
        began = time.monotonic()
        took = [0.0]

        def idle():
            word = self.get(STATE)
            if word & 0xf:
                took[0] = time.monotonic() - began
            return not word & 0xf

        came = self.until(idle, 2)
        self.judge.need("state.reset", came and took[0] < 0.1 * self.patience,
                        lambda: f"STATE reads {name_state(self.get(STATE))}, and was not IDLE {took[0]:.2f} s behind "
                        f"{what}")

    def set(self, **config):
        for reg, value in config.items():
            at = getattr(v, reg.upper())
            if at in (COUNT, v.TABLE, v.RECORDS, v.STATUS):
                self.put64(at, value)
            else:
                self.put(at, value)

    # what it is set to

    def masks(self):
        """Sets of channels that go together: the suitable one, and others."""
        every = (1 << self.p.channels) - 1
        found = [self.get(CHANNEL_MASK)]
        if self.p.has("ALL_CHANNELS"):
            return [every]
        for mask in (every, 1 << self.p.channels - 1, 7 & every, 1):
            if self.p.has("POW2_CHANNELS") and bin(mask).count("1") not in (1, 2, 4, 8, 16, 32):
                continue
            if mask not in found:
                found.append(mask)
        return found

    def odd(self):
        """Channels and a format whose frames are no whole words, if there are such."""
        for form in (f for f in range(6) if self.p.formats >> f & 1):
            for mask in self.masks():
                if self.frame_bytes(mask, form) % 4:
                    return {"mask": mask, "form": form}
        return {}

    def width(self, form=None):
        return WIDTHS[self.get(FORMAT) if form is None else form]

    def frame_bytes(self, mask, form):
        return bin(mask).count("1") * WIDTHS[form]

    def divider(self, frame, rate):
        """For about so many bytes a second; the card may not have it."""
        return min(max(round(self.p.clock * frame / rate), self.p.div_min), self.p.div_max)

    def fill_rate(self):
        """Bytes a second at which the FIFO is full soon, and the host is not overrun."""
        return min(max(self.p.fifo_bytes * 10, CALM), BRISK)

    def fill_seconds(self, frame, divider):
        return self.p.fifo_bytes / frame * divider / self.p.clock

    def dma_unit(self, frame):
        """Blocks are of whole frames and whole beats of 8 bytes."""
        return math.lcm(frame, 8)

    def totals(self):
        """FRAMES and DROPPED; of a run that goes on they do not belong together."""
        return self.get64(FRAMES), self.get64(DROPPED)

    def setup(self, transfer, rate=CALM, mask=None, form=None, pattern=RAMP, **more):
        """RESET and a configuration; it keeps the frame and the divider."""
        self.reset()
        self.mask = self.get(CHANNEL_MASK) if mask is None else mask
        self.form = self.get(FORMAT) if form is None else form
        self.channels = bin(self.mask).count("1")
        self.sample = WIDTHS[self.form]
        self.frame = self.channels * self.sample
        self.div = more.pop("divider", None) or self.divider(self.frame, rate)
        self.set(transfer=transfer, divider=self.div, channel_mask=self.mask, format=self.form,
                 pattern=pattern if self.p.has("RAMP") or pattern != RAMP else 0, **more)
        self.pattern = pattern if self.p.has("RAMP") or pattern != RAMP else 0

    def hold(self):
        """Make the next START one into ARMED, if the card has a trigger that a host holds."""
        if not self.p.has("TRIG_SOFT"):
            return False
        self.put(TRIGGER, SOFTWARE)
        return True

    def quiet(self):
        """Mask all, clear all."""
        self.put(IRQ_MASK, 0)
        self.put(IRQ_STATUS, v.ALL)
