# SPDX-License-Identifier: GPL-2.0-only
"""The command line and the control socket."""

import os
import signal
import socket
import subprocess
import time

import vfuclient as v
from r1lib import *  # noqa: F403


@test
def control_protocol():
    with card() as c:
        assert c.order("help").count("lost-irq") == 1
        assert c.command("nonsense").startswith("error")
        assert c.command("speed").startswith("error")
        assert c.command("speed -1").startswith("error")
        assert c.command("fault nonsense").startswith("error")
        assert c.command("fault gone 1x").startswith("error")
        assert c.command("irq").startswith("error")
        assert c.command("a b c d e f g h i").startswith("error")
        assert c.command("x" * 5000).startswith("error")
        same(c.order("fault"), "none")
        c.order("fault bad-bytes 3")
        c.order("fault gone")
        same(c.order("fault"), "gone:on,bad-bytes:3")
        c.order("clear")
        same(c.order("fault"), "none")
        # a serial port's line ends, empty lines, two lines in one piece
        c.channel.sendall(b"\r\n\n  \nspeed 2\r\nspeed 3\r")
        got = c.answer()
        while got.count("ok") < 2:
            got += c.answer()
        same(got.replace("\n", ""), "okok")
        assert "speed=3" in c.order("stats")
        # several clients, half a line, and one that goes without a word
        others = [socket.socket(socket.AF_UNIX) for _ in range(4)]
        for other in others:
            other.connect(c.control_path)
        others[0].sendall(b"sta")
        others[1].close()
        same(c.stats()["state"], "idle")
        others[0].sendall(b"ts\n")
        assert others[0].recv(4096).startswith(b"ok ")
        for other in others:
            other.close()
        c.order("quit")
        same(c.process.wait(5), 0)


@test
def command_line():
    def status(*args):
        return subprocess.run([os.environ.get("ACQ_CARD", "build/bin/acq-card"), *args],
                              capture_output=True, timeout=10)

    assert b"--socket" in status("--help").stdout
    same(status("--help").returncode, 0)
    for args in ((), ("--socket",), ("--socket", "/x/y/z"), ("--nonsense",), ("--socket", "/tmp/x", "y"),
                 ("--socket", "/tmp/x", "--channels", "33"), ("--socket", "/tmp/x", "--irq", "all"),
                 ("--socket", "/tmp/x", "--no-dma", "--no-fifo"), ("--socket", "/tmp/x", "--speed", "nan"),
                 ("--socket", "/tmp/x", "--source", "/does/not/exist.wav"),
                 ("--socket", "/tmp/x", "--serial", "xyz"), ("--socket", "/tmp/x", "--map-version", "1"),
                 ("--socket", "/tmp/x", "--block-min", "20", "--block-max", "13"),
                 ("--socket", "/tmp/" + "x" * 200)):
        result = status(*args)
        assert result.returncode in (1, 2) and result.stderr, args
    with card() as c:
        # a second one does not take the socket away
        result = status("--socket", c.socket)
        same(result.returncode, 1)
        with client(c) as k:
            same(k.get(ID), 0x31514341)
        # but one that was left over is replaced
        other = c.dir + "/left"
        s = socket.socket(socket.AF_UNIX)
        s.bind(other)
        s.close()
        p = subprocess.Popen([os.environ.get("ACQ_CARD", "build/bin/acq-card"), "--socket", other],
                             stdout=subprocess.PIPE)
        assert p.stdout.readline().startswith(b"ready")
        p.send_signal(signal.SIGINT)
        same(p.wait(5), 0)
        p.stdout.close()
        assert not os.path.exists(other)


@test
def speed_changes():
    with both("--wait") as (c, k):
        run = v.Run(k, blocks=64, entries=64)

        def per_second(count):
            begin, before = time.monotonic(), k.get64(FRAMES)
            got = run.collect(count)
            return (k.get64(FRAMES) - before) / (time.monotonic() - begin), got

        run.start()
        real, blocks = per_second(5)
        c.order("speed 50")
        fast, got = per_second(200)
        assert fast > 4 * real, (real, fast)
        blocks += got
        c.order("speed free")
        blocks += run.collect(500)
        c.order("speed real")
        blocks += run.take()
        again, got = per_second(20)
        assert again < fast / 4, (fast, again)
        check_ramp(blocks + got)


@test
def a_card_that_races():
    """Its rate is not the one that it tells; indices, counters and data are right."""
    with both("--fifo", 1 << 20) as (c, k):
        run = v.Run(k, blocks=64, entries=64)

        def rate():
            begin, before = time.monotonic(), k.get64(FRAMES)
            blocks = run.collect(60)
            return (k.get64(FRAMES) - before) / (time.monotonic() - begin), blocks

        run.start()
        slow, blocks = run.collect(2), []
        configured = k.get(CLOCK) / k.get(DIVIDER)
        c.order("race 20")
        fast, blocks = rate()
        same(c.stats()["race"], "20")
        same(k.get(CLOCK) / k.get(DIVIDER), configured, "the rate that it tells")
        assert fast > 5 * configured, (fast, configured)
        check_ramp(slow + blocks)
        same(c.gaps(), [])
        c.order("race off")
        assert c.command("race").startswith("error") and c.command("race 0").startswith("error")
