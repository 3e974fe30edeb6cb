// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* As harness.v, of the output side */
module harness_out #(
	parameter HAS_OUT = 1,
	parameter ADDR_BITS = 64
) (
	input wire clk,
	input wire in,
	input wire shift,
	output wire out
);
	localparam INS = 3 + 11 + 32 + 1 + 3 + 3 + 2 + 64 + 1;
	localparam OUTS = 2 + 32 + 1 + 16 + 2 + 2 + 3 + 5 + 64 + 1 + 1 + 6 + 2 * ADDR_BITS;

	reg [INS - 1:0] i;
	wire [OUTS - 1:0] o;
	reg [OUTS - 1:0] held;

	assign out = held[0];
	always @(posedge clk) begin
		i <= {in, i[INS - 1:1]};
		held <= shift ? {in, held[OUTS - 1:1]} : o;
	end

	acq_r1_out #(.HAS_OUT(HAS_OUT), .ADDR_BITS(ADDR_BITS)) core (
		.clk(clk), .rst(i[0]), .reg_write(i[1]), .reg_read(i[2]), .reg_addr(i[13:3]), .reg_wdata(i[45:14]),
		.stamp(56'd0), .m_axis_tready(i[46]), .bus_master(i[47]), .msi_enable(i[48]), .msi_ready(i[49]),
		.w_ready(i[50]), .w_idle(i[51]), .w_error(i[52]), .r_ready(i[53]), .d_valid(i[54]), .d_data(i[118:55]), .d_error(i[119]),
		.reg_busy(o[0]), .reg_done(o[1]), .reg_rdata(o[33:2]), .m_axis_tvalid(o[34]), .m_axis_tdata(o[50:35]),
		.m_axis_tlast(o[51]), .m_axis_tuser(o[52]), .intx(o[53]), .msi_valid(o[54]), .w_valid(o[55]), .w_first(o[56]),
		.w_last(o[57]), .w_len(o[62:58]), .w_data(o[126:63]), .w_flush(o[127]), .r_valid(o[128]), .r_len(o[134:129]),
		.w_addr(o[135 +: ADDR_BITS]), .r_addr(o[135 + ADDR_BITS +: ADDR_BITS])
	);
endmodule
