#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""
The card behind LitePCIe's endpoint, where the PHY would be packets: Verilog for litex_bench.

	litex_sim.py FILE [PARAMETER=VALUE...]
"""
import sys

from migen import ClockDomain, Signal
from litex.gen import LiteXModule
from litex.gen.fhdl.verilog import convert
from litex.soc.interconnect import stream

from litepcie.common import get_bar_mask, phy_layout

from litex_card import AcqR1


class Phy:
    data_width = 64

    def __init__(self):
        self.bar0_mask = get_bar_mask(0x2000)
        self.id = Signal(16, name="id")
        self.max_request_size = Signal(16)
        self.max_payload_size = Signal(16)
        self.sink = stream.Endpoint(phy_layout(64))
        self.source = stream.Endpoint(phy_layout(64))


class Simulation(LiteXModule):
    def __init__(self, **parameters):
        phy = Phy()
        lane = 8 * parameters.get("LANE_BYTES", 1 << parameters.get("FORMAT", 2) // 2)
        samples = stream.Endpoint([("data", lane)])
        self.ios = {phy.id}
        clk, rst, bus_master, msi_enable = (self.port(name) for name in ("clk", "rst", "bus_master", "msi_enable"))
        self.cd_sys = ClockDomain()
        self.card = card = AcqR1(phy, samples, bus_master, msi_enable, **parameters)
        self.comb += [
            self.cd_sys.clk.eq(clk), self.cd_sys.rst.eq(rst),
            phy.source.valid.eq(self.port("rx_valid")), self.port("rx_ready").eq(phy.source.ready),
            phy.source.last.eq(self.port("rx_last")), phy.source.dat.eq(self.port("rx_dat", 64)),
            phy.source.be.eq(self.port("rx_be", 8)),
            self.port("tx_valid").eq(phy.sink.valid), phy.sink.ready.eq(self.port("tx_ready")),
            self.port("tx_last").eq(phy.sink.last), self.port("tx_dat", 64).eq(phy.sink.dat),
            self.port("tx_be", 8).eq(phy.sink.be),
            samples.valid.eq(self.port("s_axis_tvalid")), self.port("s_axis_tready").eq(samples.ready),
            samples.last.eq(self.port("s_axis_tlast")), samples.data.eq(self.port("s_axis_tdata", lane)),
            self.port("intx").eq(card.intx), self.port("msi_valid").eq(card.msi_valid), card.msi_ready.eq(self.port("msi_ready")),
        ]

    def port(self, name, bits=1):
        signal = Signal(bits, name=name)
        self.ios.add(signal)
        return signal


if __name__ == "__main__":
    simulation = Simulation(**{name: int(value) for name, value in (one.split("=") for one in sys.argv[2:])})
    convert(simulation, ios=simulation.ios, name="litex_card").write(sys.argv[1])
