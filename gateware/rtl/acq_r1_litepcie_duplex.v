// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ACQ-R1 with both sides, for LitePCIe: Wishbone for the registers, a master port of its
 * crossbar for DMA, AXI-Stream for the samples and for the frames that are played.
 */
module acq_r1_litepcie_duplex #(
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
	parameter ADDR_BITS = 32,
	parameter QUIET = 32,		/* clocks that LitePCIe needs to get rid of a write */
	parameter PATIENCE_US = 60000,	/* then a read that is not answered has failed */
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
	input wire wb_cyc,
	input wire wb_stb,
	input wire wb_we,
	input wire [10:0] wb_adr,
	input wire [3:0] wb_sel,
	input wire [31:0] wb_dat_w,
	output wire [31:0] wb_dat_r,
	output wire wb_ack,
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
	/* DMA: port.source and port.sink */
	output wire source_valid,
	input wire source_ready,
	output wire source_first,
	output wire source_last,
	output wire source_we,
	output wire [ADDR_BITS - 1:0] source_adr,
	output wire [9:0] source_len,
	output wire [63:0] source_dat,
	input wire sink_valid,
	output wire sink_ready,
	input wire sink_last,
	input wire sink_err,
	input wire [63:0] sink_dat
);
	wire reg_busy, reg_write, reg_read, reg_done;
	wire [12:2] reg_addr;
	wire [31:0] reg_wdata, reg_rdata;
	wire w_valid, w_ready, w_first, w_last, w_idle, w_error, r_valid, r_ready, d_valid, d_error;
	wire [ADDR_BITS - 1:0] w_addr, r_addr;
	wire [4:0] w_len;
	wire [5:0] r_len;
	wire [63:0] w_data, d_data;

	acq_r1_wishbone wishbone (
		.clk(clk), .rst(rst), .wb_cyc(wb_cyc), .wb_stb(wb_stb), .wb_we(wb_we), .wb_adr(wb_adr), .wb_sel(wb_sel),
		.wb_dat_w(wb_dat_w), .wb_dat_r(wb_dat_r), .wb_ack(wb_ack), .busy(reg_busy), .write(reg_write), .read(reg_read),
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

	acq_r1_litepcie #(.ADDR_BITS(ADDR_BITS), .QUIET(QUIET), .PATIENCE(PATIENCE_US * CLOCKS_PER_US)) litepcie (
		.clk(clk), .rst(rst), .w_valid(w_valid), .w_ready(w_ready), .w_first(w_first), .w_last(w_last), .w_addr(w_addr),
		.w_len(w_len), .w_data(w_data), .w_idle(w_idle), .w_error(w_error), .r_valid(r_valid), .r_ready(r_ready),
		.r_addr(r_addr), .r_len(r_len), .d_valid(d_valid), .d_data(d_data), .d_error(d_error), .source_valid(source_valid),
		.source_ready(source_ready), .source_first(source_first), .source_last(source_last), .source_we(source_we),
		.source_adr(source_adr), .source_len(source_len), .source_dat(source_dat), .sink_valid(sink_valid),
		.sink_ready(sink_ready), .sink_last(sink_last), .sink_err(sink_err), .sink_dat(sink_dat)
	);
endmodule
