# SPDX-License-Identifier: GPL-2.0-only
"""A headless Chromium, driven by the DevTools protocol."""

import asyncio
import base64
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import tempfile

import websockets


class Browser:
    """async with Browser() as b: await b.open(url)"""

    async def __aenter__(self):
        self.home = tempfile.mkdtemp(prefix="reach-browser-")
        self.process = await asyncio.create_subprocess_exec(
            "chromium-headless-shell", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            "--remote-debugging-port=0", "--user-data-dir=" + self.home, "about:blank",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE, start_new_session=True)
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
        os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()
        await self.drain
        await self.socket.close()
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

    async def picture(self, box):
        """The pixels of a part of the page, (left, top, width, height): rows of (r, g, b)"""
        left, top, width, height = box
        shot = await self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True,
                               clip={"x": left, "y": top, "width": width, "height": height,
                                     "scale": 1})
        png = base64.b64decode(shot["data"])
        size = struct.unpack(">II", png[16:24])
        raw = subprocess.run(["convert", "png:-", "-depth", "8", "rgb:-"], input=png,
                             stdout=subprocess.PIPE, check=True).stdout
        return [[tuple(raw[3 * (y * size[0] + x):3 * (y * size[0] + x) + 3])
                 for x in range(size[0])] for y in range(size[1])]
