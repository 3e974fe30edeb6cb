// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ACQ-R1: from the posted writes and reads of the DMA engine to AMD's DMA/Bridge
 * Subsystem (XDMA) with 64 bits of data, by descriptor bypass: each burst is a
 * descriptor of C2H channel 0, and a packet of its stream; each read is one of H2C
 * channel 0. Both channels must have been started (their Run bit) by who knows
 * XDMA's own BAR. With the subsystem in its bridge mode acq_r1_axi4.v does, and
 * nothing of XDMA is to be set up.
 *
 * XDMA says when a descriptor is done (STATUS, bit 3): IDLE is when all are.
 */
module acq_r1_xdma #(
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
	output wire w_error,
	input wire r_valid,
	output wire r_ready,
	input wire [ADDR_BITS - 1:0] r_addr,
	input wire [5:0] r_len,		/* beats */
	output wire d_valid,
	output wire [63:0] d_data,
	output wire d_error,
	/* C2H channel 0 */
	input wire c2h_dsc_byp_ready,
	output wire c2h_dsc_byp_load,
	output wire [63:0] c2h_dsc_byp_src_addr,
	output wire [63:0] c2h_dsc_byp_dst_addr,
	output wire [27:0] c2h_dsc_byp_len,
	output wire [15:0] c2h_dsc_byp_ctl,
	input wire [7:0] c2h_sts,
	output wire s_axis_c2h_tvalid,
	input wire s_axis_c2h_tready,
	output wire [63:0] s_axis_c2h_tdata,
	output wire [7:0] s_axis_c2h_tkeep,
	output wire s_axis_c2h_tlast,
	/* H2C channel 0 */
	input wire h2c_dsc_byp_ready,
	output wire h2c_dsc_byp_load,
	output wire [63:0] h2c_dsc_byp_src_addr,
	output wire [63:0] h2c_dsc_byp_dst_addr,
	output wire [27:0] h2c_dsc_byp_len,
	output wire [15:0] h2c_dsc_byp_ctl,
	input wire m_axis_h2c_tvalid,
	output wire m_axis_h2c_tready,
	input wire [63:0] m_axis_h2c_tdata
);
	localparam END_OF_PACKET = 16'h0010;
	localparam DONE = 3;

	/* the first beat goes when both it and its descriptor have been taken */
	reg told, given;
	reg [5:0] open;			/* descriptors that are not done */
	wire begins = w_valid && w_first && !(&open);
	wire tell_ok = told || c2h_dsc_byp_ready;
	wire data_ok = given || s_axis_c2h_tready;

	assign c2h_dsc_byp_load = begins && !told && c2h_dsc_byp_ready;
	assign c2h_dsc_byp_src_addr = 0;
	assign c2h_dsc_byp_dst_addr = {{64 - ADDR_BITS{1'b0}}, w_addr};
	assign c2h_dsc_byp_len = {20'b0, w_len, 3'b0};
	assign c2h_dsc_byp_ctl = END_OF_PACKET;
	assign s_axis_c2h_tvalid = w_first ? begins && !given : w_valid;
	assign s_axis_c2h_tdata = w_data;
	assign s_axis_c2h_tkeep = 8'hff;
	assign s_axis_c2h_tlast = w_last;
	assign w_ready = w_first ? begins && tell_ok && data_ok : s_axis_c2h_tready;
	assign w_idle = open == 0 && !w_valid;
	assign w_error = 0;

	always @(posedge clk) begin
		told <= begins && tell_ok && !w_ready;
		given <= begins && data_ok && !w_ready;
		open <= open + {5'b0, w_valid && w_first && w_ready} - {5'b0, c2h_sts[DONE]};
		if (rst) begin
			told <= 0;
			given <= 0;
			open <= 0;
		end
	end

	assign h2c_dsc_byp_load = r_valid && h2c_dsc_byp_ready;
	assign h2c_dsc_byp_src_addr = {{64 - ADDR_BITS{1'b0}}, r_addr};
	assign h2c_dsc_byp_dst_addr = 0;
	assign h2c_dsc_byp_len = {19'b0, r_len, 3'b0};
	assign h2c_dsc_byp_ctl = END_OF_PACKET;
	assign r_ready = h2c_dsc_byp_ready;
	assign m_axis_h2c_tready = 1;
	assign d_valid = m_axis_h2c_tvalid;
	assign d_data = m_axis_h2c_tdata;
	assign d_error = 0;

	/* verilator lint_off UNUSEDSIGNAL */
	wire [6:0] unused = {c2h_sts[7:4], c2h_sts[2:0]};
	/* verilator lint_on UNUSEDSIGNAL */
endmodule
