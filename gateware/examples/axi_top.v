// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A card between a bridge from PCI Express to AXI and an ADC: one channel of 16 bits, DMA.
 * As a block beside AMD's "AXI Memory Mapped to PCI Express" or "AXI Bridge for PCI Express
 * Gen3", to whose pins these here are named. Which pin leads where, and how the bridge is
 * to be set: docs/gateware.md.
 */
module axi_top #(
	parameter ADDR_BITS = 32,	/* of the bridge's slave side */
	parameter CLOCKS_PER_US = 125,	/* of axi_aclk */
	parameter CLOCK_HZ = 10000000,	/* samples a second */
	parameter FIFO_LOG2 = 14,	/* bytes */
	parameter HOLD = 0		/* 1: the bridge wants the request until it grants it (usr_irq_req, usr_irq_ack) */
) (
	/* of the bridge: all but the ADC is of this clock */
	input wire axi_aclk,
	input wire axi_aresetn,
	input wire user_link_up,
	/* from the bridge's M_AXI, through a converter to AXI4-Lite of 32 bits: BAR 0 */
	input wire s_axi_awvalid,
	output wire s_axi_awready,
	input wire [12:0] s_axi_awaddr,
	input wire [2:0] s_axi_awprot,
	input wire s_axi_wvalid,
	output wire s_axi_wready,
	input wire [31:0] s_axi_wdata,
	input wire [3:0] s_axi_wstrb,
	output wire s_axi_bvalid,
	input wire s_axi_bready,
	output wire [1:0] s_axi_bresp,
	input wire s_axi_arvalid,
	output wire s_axi_arready,
	input wire [12:0] s_axi_araddr,
	input wire [2:0] s_axi_arprot,
	output wire s_axi_rvalid,
	input wire s_axi_rready,
	output wire [31:0] s_axi_rdata,
	output wire [1:0] s_axi_rresp,
	/* to the bridge's S_AXI, of 64 bits: addresses are those of the host's memory */
	output wire m_axi_awvalid,
	input wire m_axi_awready,
	output wire [ADDR_BITS - 1:0] m_axi_awaddr,
	output wire [7:0] m_axi_awlen,
	output wire [2:0] m_axi_awsize,
	output wire [1:0] m_axi_awburst,
	output wire m_axi_wvalid,
	input wire m_axi_wready,
	output wire [63:0] m_axi_wdata,
	output wire [7:0] m_axi_wstrb,
	output wire m_axi_wlast,
	input wire m_axi_bvalid,
	output wire m_axi_bready,
	input wire [1:0] m_axi_bresp,
	output wire m_axi_arvalid,
	input wire m_axi_arready,
	output wire [ADDR_BITS - 1:0] m_axi_araddr,
	output wire [7:0] m_axi_arlen,
	output wire [2:0] m_axi_arsize,
	output wire [1:0] m_axi_arburst,
	input wire m_axi_rvalid,
	output wire m_axi_rready,
	input wire [63:0] m_axi_rdata,
	input wire [1:0] m_axi_rresp,
	input wire m_axi_rlast,
	/* interrupts */
	output wire intx_msi_request,
	input wire intx_msi_grant,
	output wire [4:0] msi_vector_num,
	input wire msi_enable,
	input wire bus_master,		/* 1 if the bridge does not tell */
	/* the ADC: a sample with each clock where VALID is 1 */
	input wire adc_clk,
	input wire adc_valid,
	input wire [15:0] adc_data
);
	/* the card begins anew when the link goes down */
	/* verilator lint_off SYNCASYNCNET */
	reg rst;			/* of two clocks in axis_cdc.v, which knows that */
	/* verilator lint_on SYNCASYNCNET */
	initial rst = 1;
	always @(posedge axi_aclk)
		rst <= !axi_aresetn || !user_link_up;

	/* samples, from the ADC's clock */
	wire valid, ready;
	wire [15:0] data;
	/* verilator lint_off UNUSEDSIGNAL */
	wire adc_ready;			/* an ADC does not wait */
	wire [5:0] unused = {s_axi_awprot, s_axi_arprot};
	/* verilator lint_on UNUSEDSIGNAL */
	axis_cdc #(.BITS(16)) cdc (
		.rst(rst), .s_clk(adc_clk), .s_axis_tvalid(adc_valid), .s_axis_tready(adc_ready), .s_axis_tdata(adc_data),
		.m_clk(axi_aclk), .m_axis_tvalid(valid), .m_axis_tready(ready), .m_axis_tdata(data)
	);

	/* a message for each rising edge, or until it is granted; between two is a clock at least. Without MSI: INTx, a level */
	wire message, intx;
	reg asked;
	assign intx_msi_request = !msi_enable ? intx : HOLD != 0 ? asked && !intx_msi_grant : message && !asked;
	assign msi_vector_num = 0;
	always @(posedge axi_aclk)
		if (rst || (asked && intx_msi_grant))
			asked <= 0;
		else if (message)
			asked <= 1;

	acq_r1_axi_card #(
		.CHANNELS(1), .FORMAT(2), .FIFO_LOG2(FIFO_LOG2), .ADDR_BITS(ADDR_BITS), .CLOCKS_PER_US(CLOCKS_PER_US),
		.CLOCK_HZ(CLOCK_HZ), .STAMP_HZ(CLOCKS_PER_US * 1000000), .REVISION(1), .SERIAL(64'd1)
	) card (
		.clk(axi_aclk), .rst(rst), .s_axi_awvalid(s_axi_awvalid), .s_axi_awready(s_axi_awready), .s_axi_awaddr(s_axi_awaddr),
		.s_axi_wvalid(s_axi_wvalid), .s_axi_wready(s_axi_wready), .s_axi_wdata(s_axi_wdata), .s_axi_wstrb(s_axi_wstrb),
		.s_axi_bvalid(s_axi_bvalid), .s_axi_bready(s_axi_bready), .s_axi_bresp(s_axi_bresp), .s_axi_arvalid(s_axi_arvalid),
		.s_axi_arready(s_axi_arready), .s_axi_araddr(s_axi_araddr), .s_axi_rvalid(s_axi_rvalid), .s_axi_rready(s_axi_rready),
		.s_axi_rdata(s_axi_rdata), .s_axi_rresp(s_axi_rresp), .s_axis_tvalid(valid), .s_axis_tready(ready), .s_axis_tdata(data),
		.s_axis_tlast(1'b1), .bus_master(bus_master), .msi_enable(msi_enable), .intx(intx), .msi_valid(message),
		.msi_ready(asked && intx_msi_grant), .m_axi_awvalid(m_axi_awvalid), .m_axi_awready(m_axi_awready),
		.m_axi_awaddr(m_axi_awaddr), .m_axi_awlen(m_axi_awlen), .m_axi_awsize(m_axi_awsize), .m_axi_awburst(m_axi_awburst),
		.m_axi_wvalid(m_axi_wvalid), .m_axi_wready(m_axi_wready), .m_axi_wdata(m_axi_wdata), .m_axi_wstrb(m_axi_wstrb),
		.m_axi_wlast(m_axi_wlast), .m_axi_bvalid(m_axi_bvalid), .m_axi_bready(m_axi_bready), .m_axi_bresp(m_axi_bresp),
		.m_axi_arvalid(m_axi_arvalid), .m_axi_arready(m_axi_arready), .m_axi_araddr(m_axi_araddr), .m_axi_arlen(m_axi_arlen),
		.m_axi_arsize(m_axi_arsize), .m_axi_arburst(m_axi_arburst), .m_axi_rvalid(m_axi_rvalid), .m_axi_rready(m_axi_rready),
		.m_axi_rdata(m_axi_rdata), .m_axi_rresp(m_axi_rresp), .m_axi_rlast(m_axi_rlast)
	);
endmodule
