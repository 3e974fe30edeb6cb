# SPDX-License-Identifier: GPL-2.0-only
"""Which lines of the module ran in the boots of "make coverage", all together.

coverage.py BUILD: prints each file's share, and writes BUILD/coverage/FILE.txt with
the lines that never ran marked "#####".
"""

import collections
import gzip
import json
import os
import subprocess
import sys
import tempfile


def counts_of(archive, objects):
    """How often each line of each file ran in one boot"""
    with tempfile.TemporaryDirectory() as folder:
        if subprocess.run(["tar", "-C", folder, "-xzf", archive], check=False).returncode:
            return
        for path, _, names in os.walk(folder):
            for name in (n for n in names if n.endswith(".gcda")):
                data = os.path.join(path, name)
                notes = os.path.join(objects, os.path.relpath(data, folder))[:-4] + "gcno"
                if not os.path.exists(notes):
                    continue
                os.symlink(notes, data[:-4] + "gcno")
                said = subprocess.run(["gcov", "--json-format", "--stdout", data], check=False, cwd=objects,
                                      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
                if said[:2] == b"\x1f\x8b":
                    said = gzip.decompress(said)
                for line in said.splitlines():
                    for file in json.loads(line)["files"]:
                        yield file["file"], file["lines"]


def main():
    build = sys.argv[1]
    folder, objects = f"{build}/coverage", f"{build}/module-debug/module"
    ran = collections.defaultdict(collections.Counter)
    for archive in sorted(os.listdir(folder)):
        if not archive.endswith(".tar.gz"):
            continue
        for file, lines in counts_of(f"{folder}/{archive}", objects):
            path = os.path.relpath(os.path.join(objects, file), objects)
            # The kernel's own inline functions are not the module's.
            if not path.startswith("..") and os.path.exists(f"{objects}/{path}"):
                for line in lines:
                    ran[path][line["line_number"]] += line["count"]
    if not ran:
        sys.exit("coverage: no boot has told what it ran")
    print("== coverage: lines of the module that ran")
    total = [0, 0]
    for path in sorted(ran):
        lines = ran[path]
        hit = sum(1 for count in lines.values() if count)
        total = [total[0] + hit, total[1] + len(lines)]
        print(f"{100 * hit / len(lines):5.1f} % of {len(lines):4}   {path}")
        os.makedirs(os.path.dirname(f"{folder}/{path}"), exist_ok=True)
        with open(f"{objects}/{path}", encoding="utf-8") as source, \
                open(f"{folder}/{path}.txt", "w", encoding="utf-8") as out:
            for number, text in enumerate(source, 1):
                mark = (lines[number] or "#####") if number in lines else "-"
                out.write(f"{mark:>10}:{number:5}: {text}")
    print(f"{100 * total[0] / total[1]:5.1f} % of {total[1]:4}   all")


if __name__ == "__main__":
    main()
