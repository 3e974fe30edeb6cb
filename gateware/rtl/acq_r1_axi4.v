// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ACQ-R1: from the posted writes and reads of the DMA engine to an AXI4 master of 64
 * bits, for a bridge to PCI Express. All is of one ID, so the bridge keeps the order.
 * IDLE waits for the answers of all writes: what the bridge has answered is on its way
 * before the interrupt.
 */
module acq_r1_axi4 #(
	parameter ADDR_BITS = 64
) (
	input wire clk,
	input wire rst,
	/* of the core */
	input wire w_valid,
	output wire w_ready,
	input wire w_first,
	input wire w_last,
	input wire [ADDR_BITS - 1:0] w_addr,
	input wire [4:0] w_len,
	input wire [63:0] w_data,
	output wire w_idle,
	output reg w_error,
	input wire r_valid,
	output wire r_ready,
	input wire [ADDR_BITS - 1:0] r_addr,
	input wire [5:0] r_len,		/* beats */
	output wire d_valid,
	output wire [63:0] d_data,
	output wire d_error,
	/* the bridge */
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
	input wire m_axi_rlast
);
	localparam INCR = 2'b01, BYTES_8 = 3'd3;

	/* verilator lint_off UNUSEDSIGNAL */
	wire [1:0] unused = {m_axi_bresp[0], m_axi_rresp[0]};
	/* verilator lint_on UNUSEDSIGNAL */

	/* the first beat goes when both its address and its data have been taken */
	reg addressed, given;
	reg [3:0] open;			/* bursts without an answer */
	wire room = !(&open);
	wire begins = w_valid && w_first && room;
	wire address_ok = addressed || m_axi_awready;
	wire data_ok = given || m_axi_wready;

	assign m_axi_awvalid = begins && !addressed;
	assign m_axi_awaddr = w_addr;
	assign m_axi_awlen = {3'b0, w_len - 5'd1};
	assign m_axi_awsize = BYTES_8;
	assign m_axi_awburst = INCR;
	assign m_axi_wvalid = w_first ? begins && !given : w_valid;
	assign m_axi_wdata = w_data;
	assign m_axi_wstrb = 8'hff;
	assign m_axi_wlast = w_last;
	assign w_ready = w_first ? begins && address_ok && data_ok : m_axi_wready;
	assign m_axi_bready = 1;
	assign w_idle = open == 0 && !w_valid;

	wire opens = w_valid && w_first && w_ready;
	always @(posedge clk) begin
		addressed <= begins && address_ok && !w_ready;
		given <= begins && data_ok && !w_ready;
		open <= open + {3'b0, opens} - {3'b0, m_axi_bvalid};
		w_error <= m_axi_bvalid && m_axi_bresp[1];
		if (rst) begin
			addressed <= 0;
			given <= 0;
			open <= 0;
			w_error <= 0;
		end
	end

	/* an error ends a read, but the bridge sends all of its beats all the same */
	reg broken;
	assign m_axi_arvalid = r_valid;
	assign m_axi_araddr = r_addr;
	assign m_axi_arlen = {2'b0, r_len - 6'd1};
	assign m_axi_arsize = BYTES_8;
	assign m_axi_arburst = INCR;
	assign r_ready = m_axi_arready;
	assign m_axi_rready = 1;
	assign d_error = broken || m_axi_rresp[1];
	assign d_valid = m_axi_rvalid && (m_axi_rlast || !d_error);
	assign d_data = m_axi_rdata;
	always @(posedge clk) begin
		if (m_axi_rvalid)
			broken <= d_error && !m_axi_rlast;
		if (rst)
			broken <= 0;
	end
endmodule
