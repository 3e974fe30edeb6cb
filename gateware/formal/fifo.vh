// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What is proven of the FIFO, inside of acq_r1_fifo.v: LEVEL is what was put, whole
 * frames, less what was popped; there is never more than there is room for; each lane
 * comes out as it was put. "f_" is the proof's.
 */
localparam F_LANES = FRAME_BYTES >> LANE_LOG2;
localparam F_PER_UNIT = 1 << (UNIT_LOG2 - LANE_LOG2);
localparam F_LANE = 8 << LANE_LOG2;
localparam F_BITS = LOG2 + 3;

reg f_begun = 0;
reg [7:0] f_lane = 0;				/* of the frame */
reg f_early = 1;				/* LEVEL is not yet what it is behind the last POP */
reg [F_BITS - 1:0] f_put = 0, f_whole = 0, f_popped = 0;	/* lanes, since CLEAR */
(* anyconst *) wire [F_BITS - 1:0] f_at;	/* one of them, any */
reg [F_LANE - 1:0] f_value;
wire [F_BITS - 1:0] f_inside = f_at - f_popped;
wire [F_BITS - 1:0] f_of_word = f_inside + (odd ? F_PER_UNIT : 0);

always @(posedge clk) begin
	f_begun <= 1;
	/* the source: all lanes of a frame, or none; CLEAR comes between frames */
	assume(!put || f_lane != 0 || fits);
	assume(put_last == (f_lane == F_LANES - 1));
	assume(!clear || (f_lane == 0 && !put));
	assume(f_begun || clear);
	/* the reader: pops what LEVEL tells, and not while STALE */
	assume(pop <= 1);
	assume(!pop[0] || (!f_early && !stale && level >= (1 << UNIT_LOG2)));
	/* the proof's counters do not wrap around */
	assume(f_put < 3 << LOG2);

	f_early <= pop[0] || clear;
	if (put) begin
		f_lane <= put_last ? 0 : f_lane + 1;
		f_put <= f_put + 1;
		if (put_last)
			f_whole <= f_put + 1;
		if (f_put == f_at)
			f_value <= put_data;
	end
	if (pop[0])
		f_popped <= f_popped + F_PER_UNIT;
	if (clear) begin
		f_put <= 0;
		f_whole <= 0;
		f_popped <= 0;
	end

	if (f_begun) begin
		assert((f_put - f_popped) << LANE_LOG2 <= 1 << LOG2);
		assert(f_popped <= f_whole && f_whole <= f_put);
		assert(f_put - f_whole == f_lane && f_lane < F_LANES);
		if (!f_early)
			assert(level <= (f_whole - f_popped) << LANE_LOG2);
		assert(f_at >= f_whole || f_inside >= F_PER_UNIT || f_early || stale || level <= f_inside << LANE_LOG2 ||
		       q[F_LANE * f_of_word[WORD_LOG2 - LANE_LOG2 - 1:0] +: F_LANE] == f_value);
		/* the induction needs what the registers are, and that a frame that has begun fits */
		if (f_lane != 0)
			assert((f_put - f_popped + F_LANES - f_lane) << LANE_LOG2 <= 1 << LOG2);
		assert(wp == f_put[LOG2 - LANE_LOG2:0]);
		assert(whole == f_whole[LOG2 - LANE_LOG2:0]);
		assert({rp, {UNIT_LOG2 - LANE_LOG2{1'b0}}} == f_popped[LOG2 - LANE_LOG2:0]);
		assert(f_popped[UNIT_LOG2 - LANE_LOG2 - 1:0] == 0);
		if (f_at < f_put && f_at >= f_popped)
			assert(memory[f_at[LOG2 - LANE_LOG2 - 1:WORD_LOG2 - LANE_LOG2]]
			       [F_LANE * f_at[WORD_LOG2 - LANE_LOG2 - 1:0] +: F_LANE] == f_value);
		if (!stale && f_at < f_whole && f_inside < F_PER_UNIT && !f_early && level > f_inside << LANE_LOG2)
			assert(q[F_LANE * f_of_word[WORD_LOG2 - LANE_LOG2 - 1:0] +: F_LANE] == f_value);
	end
end
