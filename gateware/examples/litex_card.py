# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""
acq_r1_litepcie_card between LitePCIe's endpoint and a stream of samples: all of a LiteX
design that is the same on each board. For LiteX and LitePCIe of 2026.
"""
import os

from migen import ClockSignal, Instance, Module, ResetSignal, Signal

from litepcie.core import LitePCIeEndpoint
from litepcie.frontend.wishbone import LitePCIeWishboneMaster

RTL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "rtl")


class AcqR1(Module):
    """
    phy: with 64 bits of data. samples: a stream with the field data, of a lane of samples;
    its last is that of a frame. All in the clock domain sys, whose reset is that of the card:
    rename it, as litex_kc705.py does. parameters: of the core, see gateware/README.md.
    """

    def __init__(self, phy, samples, bus_master, msi_enable, **parameters):
        assert phy.data_width == 64
        self.intx = Signal()  # not with LitePCIe's PHYs: they send messages
        self.msi_valid = Signal()
        self.msi_ready = Signal()

        # 32 address bits: with 64, LitePCIe spoils a packet that is followed by one on the
        # other side of 4 GiB. One read is under way at a time.
        self.submodules.endpoint = endpoint = LitePCIeEndpoint(
            phy, address_width=32, max_pending_requests=4, endianness=getattr(phy, "endianness", "big"))
        # all of BAR 0 is the card's
        self.submodules.bridge = bridge = LitePCIeWishboneMaster(endpoint, lambda address: 1)
        registers = bridge.wishbone
        port = endpoint.crossbar.get_master_port()
        requests, completions = port.source, port.sink

        self.specials += Instance(
            "acq_r1_litepcie_card",
            **{f"p_{name}": value for name, value in parameters.items()},
            p_ADDR_BITS=32,
            i_clk=ClockSignal(), i_rst=ResetSignal(),
            # registers
            i_wb_cyc=registers.cyc, i_wb_stb=registers.stb, i_wb_we=registers.we, i_wb_adr=registers.adr[:11],
            i_wb_sel=registers.sel, i_wb_dat_w=registers.dat_w, o_wb_dat_r=registers.dat_r, o_wb_ack=registers.ack,
            # DMA
            o_source_valid=requests.valid, i_source_ready=requests.ready, o_source_first=requests.first,
            o_source_last=requests.last, o_source_we=requests.we, o_source_adr=requests.adr,
            o_source_len=requests.len, o_source_dat=requests.dat,
            i_sink_valid=completions.valid, o_sink_ready=completions.ready, i_sink_last=completions.last,
            i_sink_err=completions.err, i_sink_dat=completions.dat,
            # samples
            i_s_axis_tvalid=samples.valid, o_s_axis_tready=samples.ready, i_s_axis_tdata=samples.data,
            i_s_axis_tlast=samples.last,
            # interrupts
            i_bus_master=bus_master, i_msi_enable=msi_enable, o_intx=self.intx,
            o_msi_valid=self.msi_valid, i_msi_ready=self.msi_ready)
        self.comb += [requests.channel.eq(port.channel), requests.req_id.eq(phy.id)]
