// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What is proven of the source, inside of acq_r1_source.v: FRAMES is what was stored
 * and what was dropped; what has been told as LOST, and what is lost since, is what was
 * dropped; INDEX is that of a stretch's first frame; a frame is stored as a whole or not
 * at all, and none begins while LOSING; a source that waits loses nothing.
 */
reg f_begun = 0, f_running = 0;
reg [3:0] f_lane = 0, f_stored_lanes = 0;
reg [COUNT_BITS - 1:0] f_stored = 0, f_told = 0, f_frames = 0;
reg f_first = 0;				/* the first frame of a stretch was stored a clock ago */

always @(posedge clk) begin
	f_begun <= 1;
	/* the stream's LAST is right; a run begins with START, and ends; an episode ends within it */
	assume(s_last == (f_lane == FRAME_LANES - 1));
	assume(f_begun || start);
	assume(!start || !running);
	assume(running == (f_running && f_begun) || !running);
	f_running <= start || running;
	assume(!resume || (losing && running));
	assume(!advance);
	if (beat)
		f_lane <= s_last ? 0 : f_lane + 1;

	if (put) begin
		f_stored_lanes <= put_last ? 0 : f_stored_lanes + 1;
		if (put_last)
			f_stored <= f_stored + 1;
	end
	f_first <= load;
	f_frames <= frames;
	if (f_first)
		f_told <= f_told + lost;
	if (start) begin
		f_stored <= 0;
		f_told <= 0;
		f_first <= 0;
	end
	if (start || !running)
		f_stored_lanes <= 0;

	if (f_begun) begin
		assert(frames == f_stored + dropped);
		assert(f_told + (f_first ? lost : 0) + gap == dropped);
		if (f_first)
			assert(index == f_frames && !fresh);
		if (put) begin
			assert(running && !start);
			assert(f_stored_lanes == f_lane);
			if (f_lane == 0)
				assert(!losing && fits);
		end
		if (running && f_stored_lanes != 0 && beat)
			assert(put);
		if (overflow)
			assert(!put && !losing);
		if (WAIT != 0)
			assert(dropped == 0 && !losing && !overflow && gap == 0);
		/* the induction */
		if (running && !losing && !fresh)
			assert(gap == 0);
		assert(f_lane < FRAME_LANES);
		if (f_stored_lanes != 0)
			assert(f_stored_lanes == f_lane);
	end
end
generate if (FRAME_LANES > 1) begin : f_inside
	always @(posedge clk)
		if (f_begun) begin
			assert(several.midst == (f_lane != 0));
			if (f_lane != 0 && f_running)
				assert(several.stores == (f_stored_lanes != 0));
			if (f_stored_lanes != 0)
				assert(several.counts && !losing && (fresh || gap == 0));
			if (running && f_lane != 0 && several.counts && !several.stores)
				assert(losing || fresh);
			if (WAIT != 0 && f_lane != 0 && f_running)
				assert(several.stores == several.counts);
		end
end endgenerate
