#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The test machine's line to its host (ttyS4 in the guest): one command line in, one reply line out.

usage: hostside.py LISTEN-SOCKET QMP-SOCKET [CARD-SOCKET:PID]...

hmp COMMAND      QEMU's monitor
qmp JSON         QEMU's machine protocol
signal N SIGNAL  a signal to card N's process
stall N MS       stop it for so long; a processor that asks it something meanwhile stands still
wake SECONDS     wake the machine so long after it next suspends (1 if never said)
plug N, unplug N device_add and device_del of card N, or device_del of another device N; they return when it is done
"""
import json
import os
import selectors
import signal
import socket
import sys
import threading
import time


class Qmp:
    def __init__(self, path):
        for _ in range(200):
            self.sock = socket.socket(socket.AF_UNIX)
            try:
                self.sock.connect(path)
                break
            except OSError:
                self.sock.close()
                time.sleep(0.05)
        else:
            raise SystemExit("no QMP socket " + path)
        self.buf = b""
        self.events = []
        self.receive(10)
        self.command("qmp_capabilities")

    def receive(self, timeout=None):
        """One message, or None after the timeout."""
        end = None if timeout is None else time.monotonic() + timeout
        while b"\n" not in self.buf:
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                return None
            self.sock.settimeout(left)
            try:
                data = self.sock.recv(65536)
            except socket.timeout:
                return None
            if not data:
                raise SystemExit(0)
            self.buf += data
        line, self.buf = self.buf.split(b"\n", 1)
        return json.loads(line)

    def command(self, name, **arguments):
        self.send({"execute": name, "arguments": arguments} if arguments else {"execute": name})
        return self.reply()

    def send(self, message):
        self.sock.settimeout(10)
        self.sock.sendall(json.dumps(message).encode() + b"\n")

    def reply(self):
        while True:
            message = self.receive(15)
            if message is None:
                raise RuntimeError("QEMU does not answer")
            if "event" in message:
                self.events.append(message)
            elif "error" in message:
                raise RuntimeError(message["error"].get("desc", "QEMU says no"))
            else:
                return message.get("return")

    def wait_event(self, name, device, timeout):
        end = time.monotonic() + timeout
        while True:
            for event in self.events:
                if event["event"] == name and event.get("data", {}).get("device") == device:
                    self.events.remove(event)
                    return
            left = end - time.monotonic()
            message = self.receive(left) if left > 0 else None
            if message is None:
                raise RuntimeError("no %s within %d s" % (name, timeout))
            self.events.append(message)


class Host:
    def __init__(self, listen, qmp, cards):
        self.cards = [(path, int(pid)) for path, pid in (c.rsplit(":", 1) for c in cards)]
        self.wake = 1.0
        self.wake_at = None
        server = socket.socket(socket.AF_UNIX)
        server.bind(listen)
        server.listen(1)
        self.line, _ = server.accept()
        self.qmp = Qmp(qmp)

    def run_command(self, text):
        word, _, rest = text.partition(" ")
        rest = rest.strip()
        if word == "hmp":
            return self.qmp.command("human-monitor-command", **{"command-line": rest})
        if word == "qmp":
            self.qmp.send(json.loads(rest))
            return json.dumps(self.qmp.reply())
        if word == "signal":
            number, name = rest.split()
            os.kill(self.cards[int(number)][1], getattr(signal, "SIG" + name))
            return ""
        if word == "stall":
            number, ms = rest.split()
            pid = self.cards[int(number)][1]
            os.kill(pid, signal.SIGSTOP)
            threading.Timer(int(ms) / 1000, os.kill, (pid, signal.SIGCONT)).start()
            return ""
        if word == "wake":
            self.wake = float(rest)
            return ""
        if word == "plug":
            path, _ = self.cards[int(rest)]
            self.qmp.command("device_add", driver="vfio-user-pci", id="card" + rest, bus="rp" + rest,
                             socket={"path": path, "type": "unix"})
            return ""
        if word == "unplug":
            name = "card" + rest if rest.isdigit() else rest
            self.qmp.command("device_del", id=name)
            self.qmp.wait_event("DEVICE_DELETED", name, 15)
            return ""
        raise RuntimeError("unknown command " + word)

    def answer(self, text):
        try:
            reply = "ok " + (self.run_command(text) or "")
        except (RuntimeError, ValueError, IndexError, OSError, AttributeError) as err:
            reply = "error %s" % err
        reply = " | ".join(reply.replace("\r", "").strip().split("\n"))
        print("%s -> %s" % (text, reply), flush=True)
        self.line.sendall(reply.encode() + b"\n")

    def handle_events(self):
        for event in self.qmp.events:
            print("event %s %s" % (event.get("event"), event.get("data", "")), flush=True)
            if event.get("event") == "SUSPEND":
                self.wake_at = time.monotonic() + self.wake
        self.qmp.events.clear()

    def run(self):
        selector = selectors.DefaultSelector()
        selector.register(self.line, selectors.EVENT_READ)
        selector.register(self.qmp.sock, selectors.EVENT_READ)
        pending = b""
        while True:
            self.handle_events()
            timeout = None if self.wake_at is None else max(0, self.wake_at - time.monotonic())
            ready = [key.fileobj for key, _ in selector.select(timeout)]
            if self.wake_at is not None and time.monotonic() >= self.wake_at:
                self.wake_at = None
                self.qmp.command("system_wakeup")
            if self.qmp.sock in ready or b"\n" in self.qmp.buf:
                message = self.qmp.receive(0.1)
                while message is not None:
                    self.qmp.events.append(message)
                    message = self.qmp.receive(0.001) if b"\n" in self.qmp.buf else None
            if self.line in ready:
                data = self.line.recv(4096)
                if not data:
                    return
                pending += data
                while b"\n" in pending:
                    text, pending = pending.split(b"\n", 1)
                    text = text.decode(errors="replace").strip()
                    if text:
                        self.answer(text)


if __name__ == "__main__":
    Host(sys.argv[1], sys.argv[2], sys.argv[3:]).run()
