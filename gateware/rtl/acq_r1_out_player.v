// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ACQ-R1, output side: what has been read, and the frames that are made of it. Words of
 * 8 bytes come in, and with PUT_BLOCK it is known that they are a block: only then is it
 * there, and is played whole. A block begins with a word of its own.
 *
 * A frame is due when the consumer takes one, but not before PACE clocks have passed
 * since the last one. If no block is there then, it is filler: zeros, and TUSER.
 */
module acq_r1_out_player #(
	parameter LANE_BYTES = 2,
	parameter FRAME_LANES = 1,
	parameter FIFO_LOG2 = 13,	/* bytes */
	parameter BLOCK_LOG2 = 12,	/* largest block, bytes */
	parameter QUEUE_LOG2 = 4,	/* blocks between being read and having a record */
	parameter COUNT_BITS = 56,
	parameter WAIT = 0,
	parameter PACE = 0		/* clocks a frame; 0: as the consumer takes them */
) (
	input wire clk,
	input wire clear,
	input wire playing,		/* its end cuts the frame that is under way */
	input wire ended,		/* all that will come has been played: no filler */
	/* words, and what makes them a block */
	input wire put,
	input wire [63:0] put_data,
	input wire put_block,
	input wire [BLOCK_LOG2:0] put_bytes,
	output reg [FIFO_LOG2 - 3:0] room,	/* words, a clock ago */
	output wire there,		/* a block */
	/* what has left */
	output reg [31:0] played,	/* blocks */
	output reg [BLOCK_LOG2:0] fill,	/* bytes of the next one */
	output reg [COUNT_BITS - 1:0] frames,
	output reg [COUNT_BITS - 1:0] filler,
	output wire frame_played,
	output wire losing,
	output wire overflow,
	/* about a block that is not older than the queue */
	input wire [QUEUE_LOG2 - 1:0] which,
	output wire [COUNT_BITS - 1:0] index,
	output wire [COUNT_BITS - 1:0] lost,
	output wire [BLOCK_LOG2:0] bytes,
	/* frames: LAST with the last lane */
	output wire m_axis_tvalid,
	input wire m_axis_tready,
	output wire [8 * LANE_BYTES - 1:0] m_axis_tdata,
	output wire m_axis_tlast,
	output wire m_axis_tuser
);
	localparam W = FIFO_LOG2 - 3;
	localparam Q = QUEUE_LOG2;
	localparam LANES = 8 / LANE_BYTES;	/* of a word */
	localparam [31:0] STEP = LANE_BYTES;
	localparam [31:0] MOST_LANE = FRAME_LANES - 1;

	/* the words. Nobody reads one that is being written: it is not of a block yet */
	reg [63:0] memory [0:(1 << W) - 1];
	reg [63:0] q;
	reg [W:0] wp, rp;
	wire pop;
	wire [W:0] rp_next = rp + {{W{1'b0}}, pop};
	always @(posedge clk) begin
		if (put)
			memory[wp[W - 1:0]] <= put_data;
		q <= memory[rp_next[W - 1:0]];
		wp <= wp + {{W{1'b0}}, put};
		rp <= rp_next;
		room <= {1'b1, {W{1'b0}}} - (wp - rp);
		if (clear) begin
			wp <= 0;
			rp <= 0;
			room <= 0;
		end
	end

	/* the blocks; those before COME are there */
	reg [Q:0] come;
	reg [BLOCK_LOG2:0] bytes_of [0:(1 << Q) - 1];
	reg [COUNT_BITS - 1:0] index_of [0:(1 << Q) - 1];
	reg [COUNT_BITS - 1:0] lost_of [0:(1 << Q) - 1];
	wire [BLOCK_LOG2:0] size = bytes_of[played[Q - 1:0]];
	assign bytes = bytes_of[which];
	assign index = index_of[which];
	assign lost = lost_of[which];
	assign there = come != played[Q:0];
	always @(posedge clk) begin
		if (put_block) begin
			bytes_of[come[Q - 1:0]] <= put_bytes;
			come <= come + 1'b1;
		end
		if (clear)
			come <= 0;
	end

	/* the pace */
	wire begins, want;
	generate if (PACE > 1) begin : paced
		localparam [31:0] PERIOD = PACE - 1;
		localparam B = $clog2(PACE);
		reg [B - 1:0] count;
		assign want = count == 0;
		always @(posedge clk)
			if (clear || !playing)
				count <= 0;
			else if (begins)
				count <= PERIOD[B - 1:0];
			else if (!want)
				count <= count - 1'b1;
	end else begin : unpaced
		assign want = 1;
		/* verilator lint_off UNUSEDSIGNAL */
		wire unused = begins;
		/* verilator lint_on UNUSEDSIGNAL */
	end endgenerate

	/* a frame */
	reg [5:0] lane;
	reg fills, cut;
	wire whole = lane == 0;
	wire last = lane == MOST_LANE[5:0];
	wire real_one = whole ? playing && there && !cut : !fills && !cut && playing;
	wire filler_one = whole ? playing && !there && !ended && WAIT == 0 : fills && !cut && playing;
	assign m_axis_tvalid = !whole || (want && (real_one || filler_one));
	assign m_axis_tlast = last;
	assign m_axis_tuser = !real_one;
	wire take = m_axis_tvalid && m_axis_tready;
	assign begins = take && whole;

	generate if (LANES == 1) begin : one
		assign m_axis_tdata = real_one ? q : 64'd0;
	end else begin : many
		localparam S = $clog2(LANES);
		reg [S - 1:0] sub;
		assign m_axis_tdata = real_one ? q[8 * LANE_BYTES * sub +: 8 * LANE_BYTES] : {8 * LANE_BYTES{1'b0}};
		always @(posedge clk)
			if (clear || (take && real_one && block_end))
				sub <= 0;
			else if (take && real_one)
				sub <= sub + 1'b1;
	end endgenerate

	/* where it is in the block */
	reg [BLOCK_LOG2:0] at;
	wire [BLOCK_LOG2:0] at_next = at + STEP[BLOCK_LOG2:0];
	wire block_end = at_next == size;
	wire word_end;
	generate if (LANE_BYTES == 8) begin : words
		assign word_end = 1;
	end else begin : parts
		assign word_end = at_next[2:0] == 0;
	end endgenerate
	assign pop = take && real_one && (word_end || block_end);
	assign frame_played = take && last && real_one;
	wire frame_filled = take && last && filler_one;

	reg episode;
	reg [COUNT_BITS - 1:0] gap;
	assign losing = episode && !there && playing;
	assign overflow = frame_filled && !episode;
	always @(posedge clk) begin
		if (take) begin
			lane <= last ? 6'd0 : lane + 1'b1;
			if (whole)
				fills <= filler_one;
		end
		/* what is left of a frame when playing ends goes out as zeros, and counts nowhere */
		cut <= (cut || (!whole && !playing) || (clear && !(whole && !take))) && !(take && last);
		if (take && real_one)
			at <= block_end ? {BLOCK_LOG2 + 1{1'b0}} : at_next;
		if (take && whole && real_one)
			episode <= 0;
		if (frame_filled) begin
			episode <= 1;
			filler <= filler + 1'b1;
			gap <= gap + 1'b1;
		end
		if (frame_filled || frame_played)
			frames <= frames + 1'b1;
		if (frame_played) begin
			gap <= 0;
			fill <= block_end ? {BLOCK_LOG2 + 1{1'b0}} : at_next;
			if (block_end)
				played <= played + 1'b1;
			if (fill == 0) begin
				index_of[played[Q - 1:0]] <= frames;
				lost_of[played[Q - 1:0]] <= gap;
			end
		end
		if (clear) begin
			played <= 0;
			fill <= 0;
			at <= 0;
			gap <= 0;
			frames <= 0;
			filler <= 0;
			episode <= 0;
		end
	end
	initial begin
		lane = 0;
		cut = 0;
	end

`ifdef FORMAL
`include "out_player.vh"
`endif
endmodule
