// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The core with its adapter to XDMA, for the bench alone: the register port is as it is. */
module xdma_card #(
	parameter FIFO_LOG2 = 12,
	parameter CLOCKS_PER_US = 125
) (
	input wire clk,
	input wire rst,
	output wire reg_busy,
	input wire reg_write,
	input wire reg_read,
	input wire [12:2] reg_addr,
	input wire [31:0] reg_wdata,
	output wire reg_done,
	output wire [31:0] reg_rdata,
	input wire s_axis_tvalid,
	output wire s_axis_tready,
	input wire [15:0] s_axis_tdata,
	input wire s_axis_tlast,
	input wire bus_master,
	input wire msi_enable,
	output wire intx,
	output wire msi_valid,
	input wire msi_ready,
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
	wire w_valid, w_ready, w_first, w_last, w_idle, w_error, r_valid, r_ready, d_valid, d_error;
	wire [63:0] w_addr, r_addr, w_data, d_data;
	wire [4:0] w_len;

	acq_r1 #(.FIFO_LOG2(FIFO_LOG2), .CLOCKS_PER_US(CLOCKS_PER_US)) core (
		.clk(clk), .rst(rst), .reg_busy(reg_busy), .reg_write(reg_write), .reg_read(reg_read), .reg_addr(reg_addr),
		.reg_wdata(reg_wdata), .reg_done(reg_done), .reg_rdata(reg_rdata), .s_axis_tvalid(s_axis_tvalid),
		.s_axis_tready(s_axis_tready), .s_axis_tdata(s_axis_tdata), .s_axis_tlast(s_axis_tlast), .bus_master(bus_master),
		.msi_enable(msi_enable), .intx(intx), .msi_valid(msi_valid), .msi_ready(msi_ready), .w_valid(w_valid),
		.w_ready(w_ready), .w_first(w_first), .w_last(w_last), .w_addr(w_addr), .w_len(w_len), .w_data(w_data),
		.w_idle(w_idle), .w_error(w_error), .r_valid(r_valid), .r_ready(r_ready), .r_addr(r_addr), .d_valid(d_valid),
		.d_data(d_data), .d_error(d_error)
	);

	acq_r1_xdma xdma (
		.clk(clk), .rst(rst), .w_valid(w_valid), .w_ready(w_ready), .w_first(w_first), .w_last(w_last), .w_addr(w_addr),
		.w_len(w_len), .w_data(w_data), .w_idle(w_idle), .w_error(w_error), .r_valid(r_valid), .r_ready(r_ready),
		.r_addr(r_addr), .r_len(6'd2), .d_valid(d_valid), .d_data(d_data), .d_error(d_error), .c2h_dsc_byp_ready(c2h_dsc_byp_ready),
		.c2h_dsc_byp_load(c2h_dsc_byp_load), .c2h_dsc_byp_src_addr(c2h_dsc_byp_src_addr),
		.c2h_dsc_byp_dst_addr(c2h_dsc_byp_dst_addr), .c2h_dsc_byp_len(c2h_dsc_byp_len), .c2h_dsc_byp_ctl(c2h_dsc_byp_ctl),
		.c2h_sts(c2h_sts), .s_axis_c2h_tvalid(s_axis_c2h_tvalid), .s_axis_c2h_tready(s_axis_c2h_tready),
		.s_axis_c2h_tdata(s_axis_c2h_tdata), .s_axis_c2h_tkeep(s_axis_c2h_tkeep), .s_axis_c2h_tlast(s_axis_c2h_tlast),
		.h2c_dsc_byp_ready(h2c_dsc_byp_ready), .h2c_dsc_byp_load(h2c_dsc_byp_load), .h2c_dsc_byp_src_addr(h2c_dsc_byp_src_addr),
		.h2c_dsc_byp_dst_addr(h2c_dsc_byp_dst_addr), .h2c_dsc_byp_len(h2c_dsc_byp_len), .h2c_dsc_byp_ctl(h2c_dsc_byp_ctl),
		.m_axis_h2c_tvalid(m_axis_h2c_tvalid), .m_axis_h2c_tready(m_axis_h2c_tready), .m_axis_h2c_tdata(m_axis_h2c_tdata)
	);
endmodule
