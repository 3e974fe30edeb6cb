// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What is proven of the output's DMA engine, inside of acq_r1_out_dma.v, whatever the host
 * writes, whatever it reads, however slow the bus is, and with RESET at any time:
 *
 * - bursts stand until they are taken, begin and end right; none begins without Bus Master
 *   Enable, or while RESET waits;
 * - a record is sent when its block has been played; a page when all blocks that have been
 *   played by then have their records; and what it announces comes when it has left;
 * - the end is not told of while a write before it is under way, or has failed;
 * - no word is put that there is no room for, and no block beyond the queue;
 * - when RESET has ended nothing is on its way.
 */
reg f_begun = 0, f_active = 0, f_reading = 0;
reg [5:0] f_asked = 0;			/* beats of the read that have not come */
reg [4:0] f_left = 0;			/* beats of the burst that have not been taken */
reg [31:0] f_records = 0;		/* with DONE, sent since START */
reg f_page = 0;				/* a page has been sent, and nothing has come of it */
reg f_commit = 0, f_valid = 0, f_ready = 0, f_first = 0, f_last = 0, f_data = 0, f_seen = 0, f_was_resetting = 0;
reg [ADDR_BITS - 1:0] f_addr = 0;
reg [4:0] f_len = 0;
reg [63:0] f_word = 0;
reg [31:0] f_played = 0, f_played1 = 0;
reg [FIFO_LOG2 - 3:0] f_free = 0, f_room = 0;	/* words; ROOM is what it was a clock ago */
(* anyseq *) wire [2:0] f_popped;
(* anyseq *) wire f_plays, f_refused;
wire f_ends = commit && (finishes || fails) || failed_silently;
wire f_record_sent = load && kind == RECORD && ending;
wire [R:0] f_length = words > {{WORDS - R{1'b0}}, chunk} ? chunk : words[R:0];

always @(posedge clk) begin
	f_begun <= 1;
	assume(f_begun || rst);
	assume(!f_begun || !rst);
	assume(!rst || reset);
	/* the run: from START to its end, which RESET is, too */
	assume(!start || (!f_active && !resetting && !reset && f_begun));
	assume(active == f_active);
	f_active <= !reset && !f_ends && ((start && !f_refused) || f_active);
	assume(!stops || active);
	/* the bus answers what it was asked, and what has not been taken has not left */
	assume(!d_valid || f_reading);
	assume(!d_error || d_valid);
	assume(!r_ready || !f_reading);
	assume(!w_idle || !w_valid);
	if (r_valid && r_ready) begin
		f_reading <= 1;
		f_asked <= r_len;
	end else if (d_valid) begin
		f_asked <= f_asked - 1;
		f_reading <= !(d_error || f_asked == 1);
	end
	/* the player: plays what has been read, a block at a clock at most; words leave, and room is told of a clock late */
	if (f_begun)
		assume(played == f_played && room == f_room);
	assume(!f_plays || f_played != fetched - put_block);
	f_played <= start || reset ? 0 : f_played + f_plays;
	assume(f_popped <= (1 << (FIFO_LOG2 - 3)) - f_free);
	f_free <= start || reset ? 1 << (FIFO_LOG2 - 3) : f_free + f_popped - put;
	f_room <= start || reset ? 0 : f_free;

	if (w_valid && w_ready)
		f_left <= w_first ? w_len - 1 : f_left - 1;
	if (f_record_sent && done && !abandon && !reset)
		f_records <= f_records + 1;
	if (load && kind == PAGE && ending)
		f_page <= 1;
	if (commit)
		f_page <= 0;
	if (start) begin
		f_records <= 0;
		f_page <= 0;
	end
	if (rst) begin
		f_left <= 0;
		f_reading <= 0;
	end
	f_commit <= commit;
	f_data <= data;
	f_seen <= seen_write;
	f_valid <= w_valid && !rst;
	f_ready <= w_ready;
	f_first <= w_first;
	f_last <= w_last;
	f_addr <= w_addr;
	f_len <= w_len;
	f_word <= w_data;
	f_was_resetting <= resetting && !rst;

	if (f_begun) begin
		/* bursts */
		if (f_valid && !f_ready) begin
			assert(w_valid && w_first == f_first && w_last == f_last && w_addr == f_addr);
			assert(w_len == f_len && w_data == f_word);
		end
		if (w_valid) begin
			assert(w_first == (f_left == 0));
			assert(w_last == ((w_first ? w_len : f_left) == 1));
			assert(!w_first || (w_len != 0 && 32'd0 + w_addr[5:3] + w_len <= 8 && w_addr[2:0] == 0));
		end
		if (load && first)
			assert(master && !abandon);

		/* order */
		if (load && kind == RECORD && done && !abandon)
			assert(complete != played);
		if (snap)
			assert(complete == played && complete == f_records);
		if (snap && finishes && !fails)
			assert(!w_valid && w_idle && !bus_error && !w_error);
		if (load && kind == PAGE && !abandon)
			assert(complete == f_records);
		if (commit)
			assert(f_page && !w_valid && w_idle);
		if (data && !f_data)
			assert(f_commit || f_seen);

		/* words and blocks */
		if (put)
			assert(f_free != 0);
		if (put && active)
			assert(open && words != 0);
		if (active)
			assert(fetched - complete <= 1 << Q);

		/* RESET */
		if (f_was_resetting && !resetting)
			assert(!w_valid && !r_valid && !f_reading && at == REST);

		/* the induction */
		assert(resetting == abandon);
		assert(!abandon || (!f_active && !open));
		assert(at <= COMMIT);
		assert(at == REST || f_active || abandon || at == LOOK || at == LOOK_AGAIN);
		if (at == BURST && !first)
			assert((w_valid && w_first ? w_len - 1 : w_valid ? f_left - 1 : f_left) == beats - beat + 1 && beat <= beats);
		else
			assert(w_valid ? w_last : f_left == 0);
		if (at == BURST)
			assert((kind == RECORD && beats == 3) || (kind == PAGE && beats == 7));
		if (at == BURST && first)
			assert(f_active && !abandon);
		if (at == SNAP || at == READ)
			assert(first);
		if (at == REST || at == READ || at == BEATS || at == LOOK || at == LOOK_AGAIN || at == SNAP)
			assert(w_valid ? w_last : f_left == 0);
		assert(!r_valid || (at == BEATS && !f_reading && left == r_len));
		assert(!f_reading || (at == BEATS && f_asked == left));
		if (at == BEATS)
			assert((r_valid || f_reading) && left != 0 && (kind == ENTRIES || kind == SAMPLES));
		if (at == READ)
			assert(kind == (open ? SAMPLES : ENTRIES) && f_active);
		if (f_active) begin
			assert(f_played - complete <= fetched - complete);
			assert(complete + (at == SETTLE && kind == RECORD && done) == f_records);
			if ((at == BURST || at == SETTLE) && kind == RECORD && done)
				assert(f_played != complete);
			if (at == COMMIT)
				assert(f_page);
			if (open)
				assert(words != 0 && fetched - complete < 1 << Q);
			if (put_block)
				assert(!open && fetched != complete && f_played - complete < fetched - complete);
			if (kind == SAMPLES && (at == READ || at == BEATS))
				assert(open && f_free >= (at == READ ? length : left) && length == f_length);
			if (kind == SAMPLES && at == SETTLE)
				assert(open && length == f_length);
			if (kind == ENTRIES && (at == READ || at == BEATS || at == SETTLE))
				assert(!open && fetched - complete < 1 << Q);
			if (kind == ENTRIES && at == SETTLE && !wrong)
				assert(broken || dividing || words != 0);
			if (at == REST || at == LOOK_AGAIN)
				assert(length == f_length || !open);
			if (at == REST && open)
				assert(!fits || f_free >= length);
			if (at == REST && !open)
				assert(queue_full || fetched - complete < 1 << Q);
		end
		assert(f_free <= 1 << (FIFO_LOG2 - 3));
		assert(f_room <= f_free || (at == BEATS || at == SETTLE) || !f_active);
	end
end
