# SPDX-License-Identifier: GPL-2.0-only
"""Sizes, offsets, constants and names, against what a C compiler makes of the headers."""

import ctypes
import os
import re
import subprocess
import tempfile
import unittest

from acqdev import _abi, names

TOP = os.path.join(os.path.dirname(__file__), "../..")

CONSTANTS = {
    "EVENT_END": "ACQ_EVENT_END", "EVENT_DATA": "ACQ_EVENT_DATA", "EVENT_GAP": "ACQ_EVENT_GAP",
    "MODE_MMAP": "ACQ_MODE_MMAP", "HOLD": "ACQ_HOLD", "SPAN_TIME": "ACQ_SPAN_TIME",
}
# these are called in C what they are called here, behind ACQ_
PREFIXES = ("CAP_", "READER_", "STATUS_", "GAP_")
TABLES = {"format": names.FORMATS, "trigger": names.TRIGGERS, "edge": names.EDGES, "pattern": names.PATTERNS,
          "transfer": names.TRANSFERS, "state": names.STATES, "cause": names.CAUSES, "failure": names.FAILURES,
          "cap": names.CAPS}


def structures():
    return [value for value in vars(_abi).values()
            if isinstance(value, type) and issubclass(value, ctypes.Structure) and value.__name__ != "Structure"]


def constants():
    found = dict(CONSTANTS)
    found.update({name: "ACQ_" + name for name in vars(_abi) if name.startswith(PREFIXES)})
    return found


def compiled(source, *more):
    """The lines that a program prints."""
    with tempfile.TemporaryDirectory() as where:
        program = os.path.join(where, "abi")
        subprocess.run(["cc", "-xc", "-", "-xnone", *more, f"-I{TOP}/include", f"-I{TOP}/include/uapi",
                        f"-I{TOP}/userspace/acq", "-D_GNU_SOURCE", "-o", program],
                       input=source, text=True, check=True, env={**os.environ, "LD_PRELOAD": ""})
        return subprocess.run([program], capture_output=True, text=True, check=True).stdout.splitlines()


class Abi(unittest.TestCase):
    def test_structures_and_constants(self):
        lines, here = [], []
        for struct in structures():
            name = f"struct {struct.__name__}"
            lines.append(f'printf("{name} %zu\\n", sizeof({name}));')
            here.append(f"{name} {ctypes.sizeof(struct)}")
            for field, *_ in struct._fields_:
                at = getattr(struct, field)
                lines.append(f'printf("{name}.{field} %zu %zu\\n", offsetof({name}, {field}), '
                             f"sizeof((({name} *)0)->{field}));")
                here.append(f"{name}.{field} {at.offset} {at.size}")
        for name, known in constants().items():
            lines.append(f'printf("{known} %llu\\n", (unsigned long long){known});')
            here.append(f"{known} {getattr(_abi, name)}")
        there = compiled("#include <stddef.h>\n#include <stdio.h>\n#include <acq.h>\nint main(void)\n{\n"
                         + "\n".join(lines) + "\nreturn 0;\n}\n")
        self.assertEqual(here, there)
        self.assertGreater(len(here), 150)

    def test_prototypes(self):
        """Each call has as many arguments as in the header, of such types; and none is missing."""
        with open(f"{TOP}/include/acq.h") as header:
            text = re.sub(r"/\*.*?\*/", "", header.read(), flags=re.S)
        declared = dict(re.findall(r"\b(acq_\w+)\(([^()]*)\);", text))
        of = {"struct acq *": ctypes.c_void_p, "const void *": ctypes.c_void_p, "const char *": ctypes.c_char_p,
              "char *": ctypes.c_char_p, "int": ctypes.c_int, "size_t": ctypes.c_size_t,
              "uint64_t": ctypes.c_uint64, "int64_t": ctypes.c_int64, "unsigned int": ctypes.c_uint,
              "enum acq_mode": ctypes.c_uint, "struct acq **": ctypes.POINTER(ctypes.c_void_p)}
        of.update({f"struct {s.__name__} *": ctypes.POINTER(s) for s in structures()})
        self.assertLessEqual(set(_abi.PROTOTYPES), set(declared))
        for name, (_, *arguments) in _abi.PROTOTYPES.items():
            types = [re.sub(r"\w+$", "", part.strip()).strip() for part in declared[name].split(",")]
            types = [t if t in of else t.removeprefix("const ") for t in types]
            self.assertEqual([of[t] for t in types], arguments, name)

    def test_names(self):
        lines = [f'for (i = 0; i < {table}_names.num; i++) printf("{table} %s\\n", {table}_names.name[i]);'
                 for table in TABLES]
        there = compiled('#include <stdio.h>\n#include "names.h"\nint main(void)\n{\nunsigned int i;\n'
                         + "\n".join(lines) + "\nreturn 0;\n}\n", f"{TOP}/userspace/acq/names.c")
        here = [f"{table} {name}" for table, words in TABLES.items() for name in words]
        # the package may know a capability that the tool has no word for yet
        self.assertEqual([line for line in here if line in there], there)
        self.assertLessEqual(set(here) - set(there), {"cap link"})


if __name__ == "__main__":
    unittest.main()
