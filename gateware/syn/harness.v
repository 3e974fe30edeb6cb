// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The core with a flip-flop at each of its pins, in a chain: so that place and route
 * tells how fast it is from flip-flop to flip-flop, whatever pins a chip has.
 */
module harness #(
	parameter HAS_DMA = 1,
	parameter HAS_FIFO = 0,
	parameter PARTIAL = 1,
	parameter ADDR_BITS = 64
) (
	input wire clk,
	input wire in,
	input wire shift,
	output wire out
);
	localparam INS = 3 + 11 + 32 + 2 + 16 + 3 + 3 + 2 + 64 + 1;
	localparam OUTS = 2 + 32 + 1 + 2 + 3 + ADDR_BITS + 5 + 64 + 1 + ADDR_BITS;

	reg [INS - 1:0] i;
	wire [OUTS - 1:0] o;
	reg [OUTS - 1:0] held;

	assign out = held[0];
	always @(posedge clk) begin
		i <= {in, i[INS - 1:1]};
		held <= shift ? {in, held[OUTS - 1:1]} : o;
	end

	acq_r1 #(.HAS_DMA(HAS_DMA), .HAS_FIFO(HAS_FIFO), .PARTIAL(PARTIAL), .ADDR_BITS(ADDR_BITS)) core (
		.clk(clk), .rst(i[0]), .reg_write(i[1]), .reg_read(i[2]), .reg_addr(i[13:3]), .reg_wdata(i[45:14]),
		.s_axis_tvalid(i[46]), .s_axis_tlast(i[47]), .s_axis_tdata(i[63:48]), .bus_master(i[64]), .msi_enable(i[65]),
		.msi_ready(i[66]), .w_ready(i[67]), .w_idle(i[68]), .w_error(i[69]), .r_ready(i[70]), .d_valid(i[71]),
		.d_data(i[135:72]), .d_error(i[136]),
		.reg_busy(o[0]), .reg_done(o[1]), .reg_rdata(o[33:2]), .s_axis_tready(o[34]), .intx(o[35]), .msi_valid(o[36]),
		.w_valid(o[37]), .w_first(o[38]), .w_last(o[39]), .w_len(o[44:40]), .w_data(o[108:45]), .r_valid(o[109]),
		.w_addr(o[110 +: ADDR_BITS]), .r_addr(o[110 + ADDR_BITS +: ADDR_BITS])
	);
endmodule
