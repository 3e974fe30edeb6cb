// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What is proven of the player, inside of acq_r1_out_player.v: FRAMES is filler and what
 * was played; what was played is the bytes of the blocks that were, and FILL; words are
 * taken when they are there, and come out as they were put; filler lies between blocks,
 * and none begins when all has been played. "f_" is the proof's.
 */
reg f_begun = 0, f_playing = 0, f_put1 = 0;
reg [7:0] f_lane = 0;				/* of the frame, as the consumer counts */
reg [7:0] f_open = 0;				/* words of the block that is being read */
reg [7:0] f_put = 0, f_popped = 0;		/* words since CLEAR */
reg [COUNT_BITS - 1:0] f_frames = 0;
reg [15:0] f_bytes = 0, f_done = 0;		/* that were played; of whole blocks */
(* anyconst *) wire [7:0] f_at;			/* a word, any */
reg [63:0] f_value;
localparam F_FRAME = FRAME_LANES * LANE_BYTES;
wire [Q:0] f_blocks = come - played[Q:0];
wire [Q - 1:0] f_second = played[Q - 1:0] + 1'b1;
wire [7:0] f_words = (f_blocks != 0 ? (32'd0 + size + 7) >> 3 : 0) + (f_blocks > 1 ? (32'd0 + bytes_of[f_second] + 7) >> 3 : 0);
wire f_real = lane != 0 && !fills && !cut && playing;

always @(posedge clk) begin
	f_begun <= 1;
	assume(f_begun || clear);
	/* a run begins with CLEAR, and ends */
	assume(!playing || f_playing);
	f_playing <= clear || (f_playing && playing);
	assume(!clear || !playing || f_begun);
	/* the engine: there is room; a block is whole frames, and is told of when all of it has been put */
	assume(!put || (f_put - f_popped < 1 << W && f_open < 1 << (BLOCK_LOG2 - 3)));
	assume(!put_block || (!put && !f_put1 && f_blocks < 2 && f_open != 0 && f_open == (32'd0 + put_bytes + 7) >> 3));
	assume(!put_block || (put_bytes <= 1 << BLOCK_LOG2 && put_bytes % F_FRAME == 0));
	/* the proof's counters do not wrap around */
	assume(f_put < 200 && f_done < 4096 && f_frames < 4096);

	f_put1 <= put;
	if (take)
		f_lane <= m_axis_tlast ? 0 : f_lane + 1;
	if (put) begin
		f_put <= f_put + 1;
		if (f_put == f_at)
			f_value <= put_data;
	end
	f_open <= put_block ? 0 : f_open + put;
	if (pop)
		f_popped <= f_popped + 1;
	if (frame_played) begin
		f_frames <= f_frames + 1;
		f_bytes <= f_bytes + F_FRAME;
		if (block_end)
			f_done <= f_done + size;
	end
	if (clear) begin
		f_open <= 0;
		f_put <= 0;
		f_popped <= 0;
		f_frames <= 0;
		f_bytes <= 0;
		f_done <= 0;
		f_put1 <= 0;
	end

	if (f_begun) begin
		assert(frames == filler + f_frames);
		assert(f_bytes == f_done + fill);
		if (pop)
			assert(there && f_popped < f_put);
		if (take && real_one && f_popped == f_at)
			assert(q == f_value);
		if (take && m_axis_tlast && !m_axis_tuser)
			assert(frame_played);
		if (frame_filled)
			assert(at == 0);
		if (begins && m_axis_tuser && playing)
			assert(!there && !ended && WAIT == 0);
		assert(f_put - f_popped <= 1 << W);
		assert(lane == f_lane && f_lane < FRAME_LANES);
		/* the induction */
		assert(wp == f_put[W:0] && rp == f_popped[W:0]);
		assert(f_popped <= f_put);
		assert(f_blocks <= 2 && f_open <= 1 << (BLOCK_LOG2 - 3));
		assert(f_put - f_popped == f_words + f_open - (at >> 3));
		if (f_blocks != 0)
			assert(size != 0 && size <= 1 << BLOCK_LOG2 && size % F_FRAME == 0 && at < size && fill < size);
		else
			assert(at == 0 && fill == 0);
		if (f_blocks > 1)
			assert(bytes_of[f_second] != 0 && bytes_of[f_second] <= 1 << BLOCK_LOG2 && bytes_of[f_second] % F_FRAME == 0);
		assert(fill % F_FRAME == 0 && at % LANE_BYTES == 0);
		if (f_real)
			assert(at == fill + lane * LANE_BYTES && f_blocks != 0);
		else if (playing)
			assert(at == fill);
		if (playing && lane != 0 && fills && !cut)
			assert(at == 0);
		if (f_at < f_put && f_at >= f_popped)
			assert(memory[f_at[W - 1:0]] == f_value);
		if (f_popped == f_at && f_blocks != 0)
			assert(q == f_value && f_at < f_put);
		if (f_popped == f_at && f_put > f_at && !f_put1)
			assert(q == f_value);
		assert(played[Q:0] == come - f_blocks);
	end
end
