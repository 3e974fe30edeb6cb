#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""soapy_flowgraph.py ARGS FORMAT ELEMENTS FILE: a flowgraph of GNU Radio that writes a card's samples to a file"""

import sys

from gnuradio import blocks, gr, soapy


def main():
    args, form, elements, path = sys.argv[1:]
    size = {"fc32": gr.sizeof_gr_complex, "sc16": 2 * gr.sizeof_short}[form]
    top = gr.top_block()
    source = soapy.source(f"driver=acqdev,{args}", form, 1, "", "", [""], [""])
    head = blocks.head(size, int(elements))
    top.connect(source, head, blocks.file_sink(size, path))
    top.run()
    print("lost", source.read_sensor("lost"), "gaps", source.read_sensor("gaps"))


main()
