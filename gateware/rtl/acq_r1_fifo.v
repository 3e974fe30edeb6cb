// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ACQ-R1: the sample FIFO. It is written by lanes and read by words. A frame
 * counts when its last lane is there, so what LEVEL tells is whole frames, less
 * what has been popped.
 *
 * A stretch of contiguous frames begins at lane 0 of word 0: CLEAR comes before
 * it. So bytes of the stretch and bytes of its blocks lie in the words alike.
 */
module acq_r1_fifo #(
	parameter LOG2 = 12,		/* bytes */
	parameter LANE_LOG2 = 1,	/* bytes that are written at once */
	parameter WORD_LOG2 = 2,	/* bytes that Q shows: 2 or 3 */
	parameter UNIT_LOG2 = 2,	/* bytes that POP counts */
	parameter FRAME_BYTES = 2
) (
	input wire clk,
	input wire clear,
	/* lanes; LAST: of the frame. FITS is looked at with its first lane */
	input wire put,
	input wire put_last,
	input wire [(8 << LANE_LOG2) - 1:0] put_data,
	output wire fits,
	/*
	 * Q is what POP takes next, the clock after a POP too. Its lanes that LEVEL counts are
	 * what was put, but while STALE: then another lane of that word has just been put.
	 */
	input wire [1:0] pop,
	output reg [(8 << WORD_LOG2) - 1:0] q,
	output reg stale,
	output wire odd,		/* the second unit of Q is next */
	output reg [LOG2:0] level	/* bytes, a clock ago */
);
	localparam LANES = 1 << (WORD_LOG2 - LANE_LOG2);
	localparam WIDTH = 8 << LANE_LOG2;
	localparam NEVER_ASKED = WORD_LOG2 == UNIT_LOG2;
	localparam UNITS_LOG2 = WORD_LOG2 - UNIT_LOG2;	/* in a word */

	(* no_rw_check = NEVER_ASKED *)
	reg [(8 << WORD_LOG2) - 1:0] memory [0:(1 << (LOG2 - WORD_LOG2)) - 1];
	reg [LOG2 - LANE_LOG2:0] wp;		/* next lane */
	reg [LOG2 - LANE_LOG2:0] whole;		/* behind the last whole frame */
	reg [LOG2 - UNIT_LOG2:0] rp;
	wire [LOG2 - UNIT_LOG2:0] rp_next = rp + {{LOG2 - UNIT_LOG2 - 1{1'b0}}, pop};
	wire [LOG2 - LANE_LOG2:0] wp_next = wp + 1'b1;

	always @(posedge clk) begin
		if (put) begin
			wp <= wp_next;
			if (put_last)
				whole <= wp_next;
		end
		rp <= rp_next;
		if (clear) begin
			wp <= 0;
			whole <= 0;
			rp <= 0;
		end
	end

	generate if (LANES == 1) begin : one
		always @(posedge clk)
			if (put)
				memory[wp[LOG2 - LANE_LOG2 - 1:0]] <= put_data;
	end else begin : many
		integer lane;
		wire [WORD_LOG2 - LANE_LOG2 - 1:0] at = wp[WORD_LOG2 - LANE_LOG2 - 1:0];
		always @(posedge clk)
			for (lane = 0; lane < LANES; lane = lane + 1)
				if (put && at == lane[WORD_LOG2 - LANE_LOG2 - 1:0])
					memory[wp[LOG2 - LANE_LOG2 - 1:WORD_LOG2 - LANE_LOG2]][lane * WIDTH +: WIDTH] <= put_data;
	end endgenerate

	/*
	 * Memories differ in what they answer while the same word is written. So nobody asks,
	 * but for a window that shows half of a word at a time: it has no time to wait.
	 */
	wire [LOG2 - WORD_LOG2 - 1:0] from = rp_next[LOG2 - UNIT_LOG2 - 1:UNITS_LOG2];
	wire same = put && from == wp[LOG2 - LANE_LOG2 - 1:WORD_LOG2 - LANE_LOG2];
	always @(posedge clk) begin
		q <= memory[from];
`ifndef SYNTHESIS
		if (same && NEVER_ASKED)
			q <= {8 << WORD_LOG2{1'bx}};
`endif
		stale <= (same && NEVER_ASKED) || clear;
	end
	assign odd = UNITS_LOG2 != 0 && rp[0];

	wire [LOG2:0] behind;
	wire [LOG2:0] ahead;
	generate if (LANE_LOG2 == 0) begin : lanes_of_1
		assign ahead = whole;
	end else begin : lanes_of_more
		assign ahead = {whole, {LANE_LOG2{1'b0}}};
	end endgenerate
	assign behind = {rp, {UNIT_LOG2{1'b0}}};
	wire [LOG2:0] now = ahead - behind;
	always @(posedge clk)
		level <= clear ? {LOG2 + 1{1'b0}} : now;

	/* now <= size - frame */
	localparam FRAME_LOG2 = $clog2(FRAME_BYTES);
	generate if (FRAME_BYTES == 1) begin : frames_of_1
		assign fits = !now[LOG2];
	end else if (FRAME_BYTES == 1 << FRAME_LOG2 && FRAME_LOG2 < LOG2) begin : power_of_two
		assign fits = !now[LOG2] && !(&now[LOG2 - 1:FRAME_LOG2] && |now[FRAME_LOG2 - 1:0]);
	end else begin : any
		localparam [31:0] MOST = (1 << LOG2) - FRAME_BYTES;
		assign fits = now <= MOST[LOG2:0];
	end endgenerate

`ifdef FORMAL
`include "fifo.vh"
`endif
endmodule
