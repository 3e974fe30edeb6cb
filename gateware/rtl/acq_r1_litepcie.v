// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ACQ-R1: from the posted writes and reads of the DMA engine to a master port of
 * LitePCIe's crossbar with 64 bits of data: SOURCE_ are requests, SINK_ completions.
 * Lengths are in words of 4 bytes. LitePCIe writes whole words, and so does the core.
 *
 * LitePCIe does not tell when a write has left, and interrupts take another way than
 * data: IDLE comes QUIET clocks behind the last beat that it took.
 *
 * Nor does it give up a read that nobody answers: that ends in an error after PATIENCE
 * clocks, more than any host takes. LitePCIe answers in order, so all reads do from then on, until
 * the answer comes after all, which nobody gets, or the link goes down.
 */
module acq_r1_litepcie #(
	parameter ADDR_BITS = 32,
	parameter QUIET = 32,
	parameter PATIENCE = 7500000	/* 60 ms */
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
	/* port.source */
	output wire source_valid,
	input wire source_ready,
	output wire source_first,
	output wire source_last,
	output wire source_we,
	output wire [ADDR_BITS - 1:0] source_adr,
	output wire [9:0] source_len,
	output wire [63:0] source_dat,
	/* port.sink */
	input wire sink_valid,
	output wire sink_ready,
	input wire sink_last,
	input wire sink_err,
	input wire [63:0] sink_dat
);
	localparam BITS = $clog2(QUIET + 1);
	localparam [31:0] MOST = QUIET;

	/*
	 * Two sides may ask at a time. What has been shown stays until it is taken, as LitePCIe
	 * looks at it for several clocks; and no read comes into a burst, whose beats may have gaps.
	 */
	reg lost;			/* a read has not been answered */
	reg shown;			/* one stands there, and has not been taken */
	reg burst;			/* more beats of a burst come */
	wire reads = shown || (r_valid && !lost && !w_valid && !burst);
	assign source_valid = reads || w_valid;
	assign source_we = !reads;
	assign source_first = reads || w_first;
	assign source_last = reads || w_last;
	assign source_adr = reads ? r_addr : w_addr;
	assign source_len = reads ? {3'b0, r_len, 1'b0} : {4'b0, w_len, 1'b0};
	assign source_dat = w_data;
	assign w_ready = source_ready && !reads;
	assign r_ready = reads ? source_ready : lost;
	assign w_error = 0;
	always @(posedge clk) begin
		shown <= reads && !source_ready && !rst;
		if (w_valid && w_ready)
			burst <= !w_last;
		if (rst)
			burst <= 0;
	end

	reg [BITS - 1:0] quiet;
	assign w_idle = quiet == 0 && !w_valid;
	always @(posedge clk)
		if (w_valid)
			quiet <= MOST[BITS - 1:0];
		else if (rst || quiet != 0)
			quiet <= rst ? {BITS{1'b0}} : quiet - 1'b1;

	/* an error ends a read: the core hears of it with the last beat, and not of those before */
	localparam P = $clog2(PATIENCE + 1);
	localparam [31:0] LONG = PATIENCE;
	reg broken, reading, refused;
	reg [5:0] left;
	reg [P - 1:0] waited;
	wire asks = r_valid && r_ready;
	wire wrong = broken || sink_err;
	wire ends = sink_valid && (wrong ? sink_last : left == 1);
	wire give_up = reading && waited == LONG[P - 1:0] && !sink_valid;
	assign sink_ready = 1;
	assign d_error = wrong || give_up || refused;
	assign d_valid = (sink_valid && reading && (sink_last || !wrong)) || give_up || refused;
	assign d_data = sink_dat;
	always @(posedge clk) begin
		if (sink_valid) begin
			broken <= wrong && !sink_last;
			left <= left - 1'b1;
		end
		refused <= asks && lost;
		waited <= waited == LONG[P - 1:0] ? waited : waited + 1'b1;
		if (asks && !lost) begin
			reading <= 1;
			waited <= 0;
			left <= r_len;
		end
		if (ends || give_up) begin
			reading <= 0;
			lost <= give_up;
		end
		if (rst) begin
			broken <= 0;
			reading <= 0;
			refused <= 0;
			lost <= 0;
		end
	end
endmodule
