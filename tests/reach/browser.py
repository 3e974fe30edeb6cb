# SPDX-License-Identifier: GPL-2.0-only
"""A headless Chromium, driven by the DevTools protocol."""

import asyncio
import base64
import json
import re
import shutil
import struct
import tempfile
import zlib

import websockets


class Browser:
    """async with Browser() as b: await b.open(url)"""

    async def __aenter__(self):
        self.home = tempfile.mkdtemp(prefix="reach-browser-")
        self.process = await asyncio.create_subprocess_exec(
            "chromium-headless-shell", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            "--remote-debugging-port=0", "--user-data-dir=" + self.home, "about:blank",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE)
        while True:
            line = (await self.process.stderr.readline()).decode(errors="replace")
            found = re.search(r"ws://\S+", line)
            if found:
                break
            if not line:
                raise RuntimeError("chromium-headless-shell does not start")
        self.drain = asyncio.create_task(self.swallow())
        self.socket = await websockets.connect(found[0], max_size=None, open_timeout=60)
        self.number = 0
        self.session = None
        self.said = []  # what the page's console said, and exceptions
        target = (await self.call("Target.createTarget", url="about:blank"))["targetId"]
        attached = await self.call("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            await self.call(domain + ".enable")
        return self

    async def __aexit__(self, *_):
        await self.socket.close()
        self.process.terminate()
        await self.process.wait()
        self.drain.cancel()
        shutil.rmtree(self.home, ignore_errors=True)

    async def swallow(self):
        while await self.process.stderr.read(4096):
            pass

    async def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        await self.socket.send(json.dumps(message))
        while True:
            answer = json.loads(await self.socket.recv())
            if answer.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded"):
                self.said.append(json.dumps(answer["params"])[:600])
            if answer.get("id") == self.number:
                break
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    async def shape(self, width, height, dark=False, scale=1):
        await self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                        deviceScaleFactor=scale, mobile=width < 600)
        await self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    async def open(self, url):
        await self.call("Page.navigate", url=url)

    async def value(self, expression):
        """What the page's JavaScript makes of it"""
        result = await self.call("Runtime.evaluate", expression=expression, returnByValue=True,
                                 awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(json.dumps(result["exceptionDetails"])[:600])
        return result["result"].get("value")

    async def until(self, expression, patience=60):
        """Wait until it is true; False: it never was"""
        for _ in range(patience * 10):
            try:
                if await self.value(expression):
                    return True
            except RuntimeError:
                pass  # the page is not there yet
            await asyncio.sleep(0.1)
        return False

    async def picture(self, whole=True):
        """A screenshot as PNG"""
        shot = await self.call("Page.captureScreenshot", format="png",
                               captureBeyondViewport=whole)
        return base64.b64decode(shot["data"])


def pixels(png):
    """(width, height, rows of (r, g, b) bytes) of a PNG of 8 bits without interlace"""
    at, data = 8, b""
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at:at + 8])
        chunk = png[at + 8:at + 8 + length]
        if kind == b"IHDR":
            width, height, _, colour = struct.unpack(">IIBB", chunk[:10])
        elif kind == b"IDAT":
            data += chunk
        at += 12 + length
    size = 4 if colour == 6 else 3
    raw = zlib.decompress(data)
    line = width * size
    before = bytearray(line)
    rows = []
    for y in range(height):
        kind = raw[y * (line + 1)]
        row = bytearray(raw[y * (line + 1) + 1:(y + 1) * (line + 1)])
        unfilter(kind, row, before, size)
        rows.append(row)
        before = row
    return width, height, size, rows


def unfilter(kind, row, before, size):
    for i in range(len(row) if kind else 0):
        a = row[i - size] if i >= size else 0
        b = before[i]
        c = before[i - size] if i >= size else 0
        if kind == 1:
            add = a
        elif kind == 2:
            add = b
        elif kind == 3:
            add = (a + b) // 2
        else:
            p = a + b - c
            near = (abs(p - a), abs(p - b), abs(p - c))
            add = a if near[0] == min(near) else b if near[1] == min(near) else c
        row[i] = (row[i] + add) & 255
