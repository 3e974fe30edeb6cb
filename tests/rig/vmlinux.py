#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""vmlinux.py BZIMAGE TO: the kernel in BZIMAGE as QEMU starts it at once (PVH), unpacked here and not by an
emulated processor at each start. Where it is in the file: Documentation/arch/x86/boot.rst."""

import os
import struct
import subprocess
import sys

UNPACK = {b"\xfd7zXZ": ["xz", "-dc", "--single-stream"], b"(\xb5/\xfd": ["zstd", "-qdc"], b"\x1f\x8b": ["gzip", "-dc"],
          b"\x02!L\x18": ["lz4", "-dc"]}
PVH_ENTRY = struct.pack("<III", 4, 4, 18) + b"Xen\0"	# a note's sizes and type, XEN_ELFNOTE_PHYS32_ENTRY
PVH_ENTRY_64 = struct.pack("<III", 4, 8, 18) + b"Xen\0"


def main():
    source, to = sys.argv[1:]
    with open(source, "rb") as file:
        image = file.read()
    if image[0x202:0x206] != b"HdrS":
        sys.exit(f"{source} is no bzImage")
    sectors = image[0x1f1] or 4
    offset, length = struct.unpack_from("<II", image, 0x248)
    payload = image[(sectors + 1) * 512 + offset:][:length]
    command = next((c for magic, c in UNPACK.items() if payload.startswith(magic)), None)
    if not command:
        sys.exit(f"{source} is packed in an unknown way")
    # behind what is packed is its length; not all programs accept that there is something
    kernel = subprocess.run(command, input=payload[:-4], stdout=subprocess.PIPE, check=True).stdout
    if not kernel.startswith(b"\x7fELF") or not (PVH_ENTRY in kernel or PVH_ENTRY_64 in kernel):
        sys.exit(f"{source} cannot be started that way")
    with open(to + ".new", "wb") as file:
        file.write(kernel)
    os.rename(to + ".new", to)


if __name__ == "__main__":
    main()
