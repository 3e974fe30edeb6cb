// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ACQ-R1: a card with both sides, by DMA: acq_r1 and acq_r1_out behind one register port,
 * one interrupt and one master. They know nothing of each other; LINK is not there.
 */
module acq_r1_duplex #(
	parameter HAS_OUT = 1,		/* 0: the input alone */
	parameter CHANNELS = 1,
	parameter FORMAT = 2,		/* s8 u8 s16 u16 s32 u32 */
	parameter LANE_BYTES = 1 << (FORMAT / 2),	/* of the stream: whole samples, 8 at most */
	parameter FIFO_LOG2 = 12,	/* bytes */
	parameter WAIT = 0,		/* the stream waits for the host */
	parameter PARTIAL = 1,		/* DMA tells of blocks that are not complete */
	parameter BLOCK_LOG2 = 22,	/* largest block, bytes */
	parameter BURST_LOG2 = 3,	/* beats of 8 bytes in a burst of writes */
	parameter OUT_CHANNELS = CHANNELS,
	parameter OUT_FORMAT = FORMAT,
	parameter OUT_LANE_BYTES = 1 << (OUT_FORMAT / 2),
	parameter OUT_FIFO_LOG2 = 13,	/* two of the largest blocks */
	parameter OUT_BLOCK_LOG2 = 12,
	parameter OUT_WAIT = 0,
	parameter OUT_PACE = 0,		/* clocks between frames; 0: as they are taken */
	parameter READ_LOG2 = 3,	/* beats of 8 bytes in a read */
	parameter ADDR_BITS = 64,
	parameter TABLE_LOG2 = 8,
	parameter COUNT_BITS = 56,
	parameter CLOCKS_PER_US = 125,
	parameter CLOCK_HZ = 1000000,	/* frames */
	parameter OUT_CLOCK_HZ = CLOCK_HZ,
	parameter STAMP_HZ = 0,
	parameter REVISION = 0,
	parameter [63:0] SERIAL = 0
) (
	input wire clk,
	input wire rst,
	/* register port */
	output wire reg_busy,
	input wire reg_write,
	input wire reg_read,
	input wire [12:2] reg_addr,
	input wire [31:0] reg_wdata,
	output wire reg_done,
	output wire [31:0] reg_rdata,
	/* samples, and frames that are played */
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
	/* the bus, as acq_r1 has it, but for R_LEN: beats that are asked for */
	output wire w_valid,
	input wire w_ready,
	output wire w_first,
	output wire w_last,
	output wire [ADDR_BITS - 1:0] w_addr,
	output wire [4:0] w_len,
	output wire [63:0] w_data,
	input wire w_idle,
	input wire w_error,
	output wire r_valid,
	input wire r_ready,
	output wire [ADDR_BITS - 1:0] r_addr,
	output wire [5:0] r_len,
	input wire d_valid,
	input wire [63:0] d_data,
	input wire d_error
);
	wire [1:0] busy, done, line, message, s_w_valid, s_w_ready, s_w_first, s_w_last, s_w_idle, s_w_error, s_r_valid, s_r_ready, s_d_valid;
	wire [31:0] rdata, out_rdata;
	wire [2 * ADDR_BITS - 1:0] s_w_addr, s_r_addr;
	wire [9:0] s_w_len;
	wire [127:0] s_w_data;
	wire [63:0] s_d_data;
	wire s_d_error, s_w_flush;
	wire [5:0] out_r_len;

	/* both answer at the same clock, one of them with 0 */
	assign reg_busy = |busy;
	assign reg_done = |done;
	assign reg_rdata = rdata | out_rdata;
	assign intx = |line;

	/* messages of both, with a clock without one between two, as each side has it */
	reg gap;
	assign msi_valid = |message && !gap;
	always @(posedge clk)
		gap <= msi_valid && msi_ready;

	reg [COUNT_BITS - 1:0] stamp;	/* the input has one like it */
	initial stamp = 0;
	always @(posedge clk)
		stamp <= stamp + 1'b1;

	acq_r1 #(
		.HAS_OUT(HAS_OUT), .PARTIAL(PARTIAL), .CHANNELS(CHANNELS), .FORMAT(FORMAT), .LANE_BYTES(LANE_BYTES),
		.FIFO_LOG2(FIFO_LOG2), .WAIT(WAIT), .ADDR_BITS(ADDR_BITS), .TABLE_LOG2(TABLE_LOG2), .BLOCK_LOG2(BLOCK_LOG2),
		.BURST_LOG2(BURST_LOG2), .COUNT_BITS(COUNT_BITS), .CLOCKS_PER_US(CLOCKS_PER_US), .CLOCK_HZ(CLOCK_HZ), .STAMP_HZ(STAMP_HZ),
		.REVISION(REVISION), .SERIAL(SERIAL)
	) in (
		.clk(clk), .rst(rst), .reg_busy(busy[0]), .reg_write(reg_write), .reg_read(reg_read), .reg_addr(reg_addr), .reg_wdata(reg_wdata),
		.reg_done(done[0]), .reg_rdata(rdata), .s_axis_tvalid(s_axis_tvalid), .s_axis_tready(s_axis_tready), .s_axis_tdata(s_axis_tdata),
		.s_axis_tlast(s_axis_tlast), .bus_master(bus_master), .msi_enable(msi_enable), .intx(line[0]), .msi_valid(message[0]),
		.msi_ready(msi_ready && !gap), .w_valid(s_w_valid[0]), .w_ready(s_w_ready[0]), .w_first(s_w_first[0]), .w_last(s_w_last[0]),
		.w_addr(s_w_addr[ADDR_BITS - 1:0]), .w_len(s_w_len[4:0]), .w_data(s_w_data[63:0]), .w_idle(s_w_idle[0]), .w_error(s_w_error[0]),
		.r_valid(s_r_valid[0]), .r_ready(s_r_ready[0]), .r_addr(s_r_addr[ADDR_BITS - 1:0]), .d_valid(s_d_valid[0]), .d_data(s_d_data),
		.d_error(s_d_error)
	);

	acq_r1_out #(
		.HAS_OUT(HAS_OUT), .CHANNELS(OUT_CHANNELS), .FORMAT(OUT_FORMAT), .LANE_BYTES(OUT_LANE_BYTES), .FIFO_LOG2(OUT_FIFO_LOG2),
		.BLOCK_LOG2(OUT_BLOCK_LOG2), .WAIT(OUT_WAIT), .PACE(OUT_PACE), .ADDR_BITS(ADDR_BITS), .TABLE_LOG2(TABLE_LOG2),
		.READ_LOG2(READ_LOG2), .COUNT_BITS(COUNT_BITS), .CLOCKS_PER_US(CLOCKS_PER_US), .CLOCK_HZ(OUT_CLOCK_HZ), .STAMP_HZ(STAMP_HZ),
		.REVISION(REVISION), .SERIAL(SERIAL)
	) out (
		.clk(clk), .rst(rst), .reg_busy(busy[1]), .reg_write(reg_write), .reg_read(reg_read), .reg_addr(reg_addr), .reg_wdata(reg_wdata),
		.reg_done(done[1]), .reg_rdata(out_rdata), .stamp(stamp), .m_axis_tvalid(m_axis_tvalid), .m_axis_tready(m_axis_tready),
		.m_axis_tdata(m_axis_tdata), .m_axis_tlast(m_axis_tlast), .m_axis_tuser(m_axis_tuser), .bus_master(bus_master),
		.msi_enable(msi_enable), .intx(line[1]), .msi_valid(message[1]), .msi_ready(msi_ready && !gap && !message[0]),
		.w_valid(s_w_valid[1]), .w_ready(s_w_ready[1]), .w_first(s_w_first[1]), .w_last(s_w_last[1]),
		.w_addr(s_w_addr[2 * ADDR_BITS - 1:ADDR_BITS]), .w_len(s_w_len[9:5]), .w_data(s_w_data[127:64]), .w_idle(s_w_idle[1]),
		.w_flush(s_w_flush), .w_error(s_w_error[1]), .r_valid(s_r_valid[1]), .r_ready(s_r_ready[1]),
		.r_addr(s_r_addr[2 * ADDR_BITS - 1:ADDR_BITS]), .r_len(out_r_len), .d_valid(s_d_valid[1]), .d_data(s_d_data), .d_error(s_d_error)
	);

	acq_r1_share #(.ADDR_BITS(ADDR_BITS)) share (
		.clk(clk), .rst(rst), .master(bus_master), .s_w_valid(s_w_valid), .s_w_ready(s_w_ready), .s_w_first(s_w_first), .s_w_last(s_w_last),
		.s_w_addr(s_w_addr), .s_w_len(s_w_len), .s_w_data(s_w_data), .s_w_flush(s_w_flush), .s_w_idle(s_w_idle), .s_w_error(s_w_error),
		.s_r_valid(s_r_valid), .s_r_ready(s_r_ready), .s_r_addr(s_r_addr), .s_r_len({out_r_len, 6'd2}), .s_d_valid(s_d_valid),
		.s_d_data(s_d_data), .s_d_error(s_d_error), .w_valid(w_valid), .w_ready(w_ready), .w_first(w_first), .w_last(w_last),
		.w_addr(w_addr), .w_len(w_len), .w_data(w_data), .w_idle(w_idle), .w_error(w_error), .r_valid(r_valid), .r_ready(r_ready),
		.r_addr(r_addr), .r_len(r_len), .d_valid(d_valid), .d_data(d_data), .d_error(d_error)
	);
endmodule
