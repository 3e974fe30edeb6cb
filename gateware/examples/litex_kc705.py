#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""
A whole acquisition card on a KC705: one lane of PCI Express, a counter in the place of an
ADC. It needs LiteX, LitePCIe, litex-boards, and Vivado to build:

	./litex_kc705.py		Verilog and scripts in build/xilinx_kc705
	./litex_kc705.py --build	a bitstream, too
	./litex_kc705.py --load		into the FPGA, by JTAG

What each part is for: docs/gateware.md.
"""
import argparse

from migen import ClockDomain, ClockDomainsRenamer, ClockSignal, ResetSignal, Signal
from migen.genlib.resetsync import AsyncResetSynchronizer
from litex.gen import LiteXModule
from litex.soc.cores.clock import S7MMCM
from litex.soc.integration.builder import Builder
from litex.soc.integration.soc_core import SoCMini
from litex.soc.interconnect import stream

from litex_boards.platforms import xilinx_kc705
from litepcie.phy.s7pciephy import S7PCIEPHY

from litex_card import AcqR1, RTL

SYS_HZ = 125_000_000
ADC_HZ = 10_000_000
BAR_BYTES = 0x2000


class Clocks(LiteXModule):
    def __init__(self, platform):
        self.rst = Signal()
        self.cd_sys = ClockDomain()
        self.cd_adc = ClockDomain()

        self.pll = pll = S7MMCM(speedgrade=-2)
        self.comb += pll.reset.eq(self.rst)
        pll.register_clkin(platform.request("clk200"), 200e6)
        pll.create_clkout(self.cd_sys, SYS_HZ)
        # with an ADC: the clock that comes with its data
        pll.create_clkout(self.cd_adc, ADC_HZ)
        platform.add_false_path_constraints(self.cd_sys.clk, pll.clkin)


class Counter(LiteXModule):
    """Where the ADC will be: a sample of 16 bits at each clock of adc"""

    def __init__(self):
        self.samples = stream.Endpoint([("data", 16)])
        number = Signal(16)
        self.sync.adc += number.eq(number + 1)
        self.comb += [self.samples.valid.eq(1), self.samples.data.eq(number), self.samples.last.eq(1)]


class Card(SoCMini):
    def __init__(self, platform):
        self.crg = Clocks(platform)
        SoCMini.__init__(self, platform, SYS_HZ, ident="ACQ-R1 on a KC705")

        # The PHY. Without these ids the driver does not know the card: lspci shows 10ee:7021.
        self.pcie_phy = phy = S7PCIEPHY(platform, platform.request("pcie_x1"), data_width=64,
                                        bar0_size=BAR_BYTES, cd="card")
        phy.update_config({
            "Vendor_ID": "1234", "Device_ID": "ac01", "Subsystem_Vendor_ID": "1234", "Subsystem_ID": "0001",
            "Use_Class_Code_Lookup_Assistant": True,
            "Base_Class_Menu": "Data_acquisition_and_signal_processing_controllers",
            "Sub_Class_Interface_Menu": "Other_data_acquisition/signal_processing_controllers",
            "Bar0_Scale": "Kilobytes", "Bar0_Size": BAR_BYTES // 1024, "Bar0_Prefetchable": False, "Bar0_64bit": False,
        })

        # The card begins anew when the link goes down, and all that holds a part of a packet.
        self.cd_card = ClockDomain()
        link = phy._link_status.fields.status
        self.comb += self.cd_card.clk.eq(ClockSignal("sys"))
        self.specials += AsyncResetSynchronizer(self.cd_card, ResetSignal("sys") | ~link)

        # Samples, from the ADC's clock to the card's.
        self.adc = Counter()
        self.adc_cdc = cdc = stream.ClockDomainCrossing([("data", 16)], cd_from="adc", cd_to="card", depth=16,
                                                        with_common_rst=True)
        self.comb += self.adc.samples.connect(cdc.sink)

        card = AcqR1(phy, cdc.source, bus_master=phy._bus_master_enable.status, msi_enable=phy._msi_enable.status,
                     CHANNELS=1, FORMAT=2, FIFO_LOG2=14, CLOCK_HZ=ADC_HZ, CLOCKS_PER_US=SYS_HZ // 1_000_000,
                     STAMP_HZ=SYS_HZ, REVISION=1, SERIAL=1)
        self.card = ClockDomainsRenamer("card")(card)
        self.comb += [phy.msi.valid.eq(card.msi_valid), card.msi_ready.eq(phy.msi.ready)]
        platform.add_source_dir(RTL)

        # Clocks that know nothing of each other; between them are FIFOs of two clocks and synchronisers.
        platform.add_false_path_constraints(self.crg.cd_sys.clk, self.crg.cd_adc.clk, phy.cd_pcie.clk)

        # A look at the link from outside: litex_server --uart, then litex_cli --regs.
        self.add_uartbone()


def main():
    parser = argparse.ArgumentParser(description="ACQ-R1 on a KC705")
    parser.add_argument("--build", action="store_true", help="run Vivado")
    parser.add_argument("--load", action="store_true", help="load the bitstream")
    parser.add_argument("--output-dir", default="build/xilinx_kc705")
    args = parser.parse_args()

    platform = xilinx_kc705.Platform()
    soc = Card(platform)
    builder = Builder(soc, output_dir=args.output_dir, csr_csv=args.output_dir + "/csr.csv", compile_software=False)
    builder.build(run=args.build)
    if args.load:
        platform.create_programmer().load_bitstream(builder.get_bitstream_filename(mode="sram"))


if __name__ == "__main__":
    main()
