// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ACQ-R1: microseconds, and those of IRQ_US.
 */
module acq_r1_timer #(
	parameter CLOCKS_PER_US = 125
) (
	input wire clk,
	input wire hold,		/* there is nothing to wait for: begins anew */
	input wire [15:0] irq_us,
	output reg tick,
	output wire expired
);
	localparam BITS = CLOCKS_PER_US > 1 ? $clog2(CLOCKS_PER_US) : 1;
	localparam [31:0] MOST = CLOCKS_PER_US - 1;

	reg [BITS - 1:0] part;
	reg [15:0] us;
	wire over = us == irq_us;

	assign expired = over && |irq_us;
	initial part = 0;
	always @(posedge clk) begin
		tick <= part == MOST[BITS - 1:0];
		part <= part == MOST[BITS - 1:0] ? {BITS{1'b0}} : part + 1'b1;
		if (tick && !over)
			us <= us + 1'b1;
		if (hold)
			us <= 0;
	end
endmodule
