// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ACQ-R1 with both sides, and AXI on all of them: AXI4-Lite for the registers, AXI4 for
 * DMA, AXI-Stream for the samples and for the frames that are played.
 */
module acq_r1_axi_duplex #(
	parameter HAS_OUT = 1,
	parameter PARTIAL = 1,
	parameter CHANNELS = 1,
	parameter FORMAT = 2,
	parameter LANE_BYTES = 1 << (FORMAT / 2),
	parameter FIFO_LOG2 = 12,
	parameter WAIT = 0,
	parameter OUT_CHANNELS = CHANNELS,
	parameter OUT_FORMAT = FORMAT,
	parameter OUT_LANE_BYTES = 1 << (OUT_FORMAT / 2),
	parameter OUT_FIFO_LOG2 = 13,
	parameter OUT_BLOCK_LOG2 = 12,
	parameter OUT_WAIT = 0,
	parameter OUT_PACE = 0,
	parameter READ_LOG2 = 3,
	parameter ADDR_BITS = 64,
	parameter TABLE_LOG2 = 8,
	parameter BLOCK_LOG2 = 22,
	parameter BURST_LOG2 = 3,
	parameter COUNT_BITS = 56,
	parameter CLOCKS_PER_US = 125,
	parameter CLOCK_HZ = 1000000,
	parameter OUT_CLOCK_HZ = CLOCK_HZ,
	parameter STAMP_HZ = 0,
	parameter REVISION = 0,
	parameter [63:0] SERIAL = 0
) (
	input wire clk,
	input wire rst,
	/* registers: BAR 0 */
	input wire s_axi_awvalid,
	output wire s_axi_awready,
	input wire [12:0] s_axi_awaddr,
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
	output wire s_axi_rvalid,
	input wire s_axi_rready,
	output wire [31:0] s_axi_rdata,
	output wire [1:0] s_axi_rresp,
	/* samples */
	input wire s_axis_tvalid,
	output wire s_axis_tready,
	input wire [8 * LANE_BYTES - 1:0] s_axis_tdata,
	input wire s_axis_tlast,
	output wire m_axis_tvalid,
	input wire m_axis_tready,
	output wire [8 * OUT_LANE_BYTES - 1:0] m_axis_tdata,
	output wire m_axis_tlast,
	output wire m_axis_tuser,
	/* interrupts */
	input wire bus_master,
	input wire msi_enable,
	output wire intx,
	output wire msi_valid,
	input wire msi_ready,
	/* DMA */
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
	wire reg_busy, reg_write, reg_read, reg_done;
	wire [12:2] reg_addr;
	wire [31:0] reg_wdata, reg_rdata;
	wire w_valid, w_ready, w_first, w_last, w_idle, w_error, r_valid, r_ready, d_valid, d_error;
	wire [ADDR_BITS - 1:0] w_addr, r_addr;
	wire [4:0] w_len;
	wire [5:0] r_len;
	wire [63:0] w_data, d_data;

	acq_r1_axil axil (
		.clk(clk), .rst(rst), .s_axi_awvalid(s_axi_awvalid), .s_axi_awready(s_axi_awready), .s_axi_awaddr(s_axi_awaddr),
		.s_axi_wvalid(s_axi_wvalid), .s_axi_wready(s_axi_wready), .s_axi_wdata(s_axi_wdata), .s_axi_wstrb(s_axi_wstrb),
		.s_axi_bvalid(s_axi_bvalid), .s_axi_bready(s_axi_bready), .s_axi_bresp(s_axi_bresp), .s_axi_arvalid(s_axi_arvalid),
		.s_axi_arready(s_axi_arready), .s_axi_araddr(s_axi_araddr), .s_axi_rvalid(s_axi_rvalid), .s_axi_rready(s_axi_rready),
		.s_axi_rdata(s_axi_rdata), .s_axi_rresp(s_axi_rresp), .busy(reg_busy), .write(reg_write), .read(reg_read),
		.addr(reg_addr), .wdata(reg_wdata), .done(reg_done), .rdata(reg_rdata)
	);

	acq_r1_duplex #(
		.HAS_OUT(HAS_OUT), .PARTIAL(PARTIAL), .CHANNELS(CHANNELS), .FORMAT(FORMAT), .LANE_BYTES(LANE_BYTES), .FIFO_LOG2(FIFO_LOG2),
		.WAIT(WAIT), .OUT_CHANNELS(OUT_CHANNELS), .OUT_FORMAT(OUT_FORMAT), .OUT_LANE_BYTES(OUT_LANE_BYTES),
		.OUT_FIFO_LOG2(OUT_FIFO_LOG2), .OUT_BLOCK_LOG2(OUT_BLOCK_LOG2), .OUT_WAIT(OUT_WAIT), .OUT_PACE(OUT_PACE),
		.READ_LOG2(READ_LOG2), .ADDR_BITS(ADDR_BITS), .TABLE_LOG2(TABLE_LOG2), .BLOCK_LOG2(BLOCK_LOG2), .BURST_LOG2(BURST_LOG2),
		.COUNT_BITS(COUNT_BITS), .CLOCKS_PER_US(CLOCKS_PER_US), .CLOCK_HZ(CLOCK_HZ), .OUT_CLOCK_HZ(OUT_CLOCK_HZ), .STAMP_HZ(STAMP_HZ),
		.REVISION(REVISION), .SERIAL(SERIAL)
	) core (
		.clk(clk), .rst(rst), .reg_busy(reg_busy), .reg_write(reg_write), .reg_read(reg_read), .reg_addr(reg_addr),
		.reg_wdata(reg_wdata), .reg_done(reg_done), .reg_rdata(reg_rdata), .s_axis_tvalid(s_axis_tvalid),
		.s_axis_tready(s_axis_tready), .s_axis_tdata(s_axis_tdata), .s_axis_tlast(s_axis_tlast),
		.m_axis_tvalid(m_axis_tvalid), .m_axis_tready(m_axis_tready), .m_axis_tdata(m_axis_tdata), .m_axis_tlast(m_axis_tlast),
		.m_axis_tuser(m_axis_tuser), .bus_master(bus_master),
		.msi_enable(msi_enable), .intx(intx), .msi_valid(msi_valid), .msi_ready(msi_ready), .w_valid(w_valid),
		.w_ready(w_ready), .w_first(w_first), .w_last(w_last), .w_addr(w_addr), .w_len(w_len), .w_data(w_data),
		.w_idle(w_idle), .w_error(w_error), .r_valid(r_valid), .r_ready(r_ready), .r_addr(r_addr), .r_len(r_len), .d_valid(d_valid),
		.d_data(d_data), .d_error(d_error)
	);

	acq_r1_axi4 #(.ADDR_BITS(ADDR_BITS)) axi4 (
		.clk(clk), .rst(rst), .w_valid(w_valid), .w_ready(w_ready), .w_first(w_first), .w_last(w_last), .w_addr(w_addr),
		.w_len(w_len), .w_data(w_data), .w_idle(w_idle), .w_error(w_error), .r_valid(r_valid), .r_ready(r_ready),
		.r_addr(r_addr), .r_len(r_len), .d_valid(d_valid), .d_data(d_data), .d_error(d_error), .m_axi_awvalid(m_axi_awvalid),
		.m_axi_awready(m_axi_awready), .m_axi_awaddr(m_axi_awaddr), .m_axi_awlen(m_axi_awlen), .m_axi_awsize(m_axi_awsize),
		.m_axi_awburst(m_axi_awburst), .m_axi_wvalid(m_axi_wvalid), .m_axi_wready(m_axi_wready), .m_axi_wdata(m_axi_wdata),
		.m_axi_wstrb(m_axi_wstrb), .m_axi_wlast(m_axi_wlast), .m_axi_bvalid(m_axi_bvalid), .m_axi_bready(m_axi_bready),
		.m_axi_bresp(m_axi_bresp), .m_axi_arvalid(m_axi_arvalid), .m_axi_arready(m_axi_arready), .m_axi_araddr(m_axi_araddr),
		.m_axi_arlen(m_axi_arlen), .m_axi_arsize(m_axi_arsize), .m_axi_arburst(m_axi_arburst), .m_axi_rvalid(m_axi_rvalid),
		.m_axi_rready(m_axi_rready), .m_axi_rdata(m_axi_rdata), .m_axi_rresp(m_axi_rresp), .m_axi_rlast(m_axi_rlast)
	);
endmodule
