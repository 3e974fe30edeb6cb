# SPDX-License-Identifier: GPL-2.0-only
"""slow-viewers.py URL NUMBER SECONDS: so many viewers of acq scope that read a little, seldom.

Prints "ready" when each has a picture; at the end how many bytes they have got."""

import re
import socket
import sys
import time

host, port = re.fullmatch(r"http://([^:/]*):(\d+)/.*", sys.argv[1]).groups()
viewers = []
for _ in range(int(sys.argv[2])):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.settimeout(60)
    s.connect((host, int(port)))
    s.sendall(f"GET /live HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
              "Sec-WebSocket-Protocol: acq-scope\r\n\r\n".encode())
    viewers.append(s)
got = 0
for s in viewers:
    first = b""
    while b"SCP1" not in first:
        more = s.recv(512)
        if not more:
            sys.exit("hung up")
        first = first[-3:] + more
        got += len(more)
print("ready", flush=True)
end = time.monotonic() + float(sys.argv[3])
while time.monotonic() < end:
    for s in viewers:
        got += len(s.recv(200))
    time.sleep(0.5)
print(got, "bytes")
