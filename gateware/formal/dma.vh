// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What is proven of the DMA engine, inside of acq_r1_dma.v, whatever the host writes,
 * whatever entries it reads, however slow the bus is, and with RESET at any time:
 *
 * - bursts are as they are told: they stand until they are taken, begin and end right,
 *   and do not cross 64 bytes; none begins without Bus Master Enable, or while RESET waits;
 * - a page tells of no samples, and no complete block, before all of them, and their
 *   record, have been sent; and all is sent in one order;
 * - interrupts and states that a page announces come when all of it has left;
 * - no sample is written behind the end of a block, or when there is none, and none is
 *   taken from the FIFO that is not there;
 * - when RESET has ended nothing is on its way.
 */
reg f_begun = 0, f_active = 0;
reg f_reading = 0;
reg f_second = 0;
reg [4:0] f_left = 0;			/* beats of the burst that have not been taken */
reg [BLOCK_LOG2 + 1:3] f_sent = 0;		/* beats of the open block, a part of one included */
reg [31:0] f_records = 0;		/* with DONE, sent since START */
reg f_record = 0;			/* that of the open block */
reg f_page = 0;				/* a page has been sent, and nothing has come of it */
reg f_commit = 0;
reg f_valid = 0, f_ready = 0, f_first = 0, f_last = 0, f_data = 0, f_seen = 0;
reg [ADDR_BITS - 1:0] f_addr = 0;
reg [4:0] f_len = 0;
reg [63:0] f_word = 0;
reg f_was_resetting = 0;
reg [FIFO_LOG2:0] f_there = 0;
reg [FIFO_LOG2 + 1:0] f_level = 0;	/* bytes in the FIFO; THERE is what it was a clock ago */
(* anyseq *) wire [6:0] f_more;
(* anyseq *) wire f_refused;			/* START, but what is configured cannot be */
wire f_ends = commit && (finishes || fails) || failed_silently;
wire f_record_sent = load && kind == RECORD && ending;

always @(posedge clk) begin
	f_begun <= 1;
	assume(f_begun || rst);
	assume(!f_begun || !rst);
	assume(!rst || reset);
	/* the run: from START to its end, which RESET is, too */
	assume(!start || (!f_active && !resetting && !reset && f_begun));
	assume(!(running && draining));
	assume((running || draining) == f_active);
	f_active <= !reset && !f_ends && ((start && !f_refused) || f_active);
	/* the bus answers what it was asked */
	assume(!d_valid || f_reading);
	assume(!d_error || d_valid);
	assume(!r_ready || !f_reading);
	if (r_valid && r_ready) begin
		f_reading <= 1;
		f_second <= 0;
	end else if (d_valid) begin
		f_second <= 1;
		if (f_second || d_error)
			f_reading <= 0;
	end
	if (rst) begin
		f_left <= 0;
		f_reading <= 0;
		f_second <= 0;
	end
	/* what has not been taken has not left */
	assume(!w_idle || !w_valid);

	/* the FIFO: grows while the run samples and loses nothing */
	assume(f_more == 0 || (running && !losing && !start));
	assume(f_level + f_more <= 1 << FIFO_LOG2);
	f_level <= clear || start ? 0 : f_level + f_more - (pop ? 8 : 0);
	if (f_begun)
		assume(there == f_there);
	f_there <= clear || start ? 0 : f_level;

	if (w_valid && w_ready && !rst)
		f_left <= w_first ? w_len - 1 : f_left - 1;
	if (load && kind == SAMPLES)
		f_sent <= fill + 1;
	if (f_record_sent && done && !abandon && !reset)
		f_records <= f_records + 1;
	if (f_record_sent && !done)
		f_record <= 1;
	if ((at == SETTLE && kind == RECORD && done) || (at == ENTRY_HIGH && d_valid)) begin
		f_record <= 0;
		f_sent <= 0;
	end
	if (load && kind == PAGE && ending)
		f_page <= 1;
	if (commit)
		f_page <= 0;
	if (start) begin
		f_sent <= 0;
		f_records <= 0;
		f_record <= 0;
		f_page <= 0;
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
		if (page_now && !abandon) begin
			assert(complete == f_records);
			assert(fill_bytes == 0 || (32'd0 + fill + (part != 0) <= f_sent && f_record));
		end
		if (load && kind == RECORD && first && !abandon)
			assert(!open || 32'd0 + fill + (part != 0) <= f_sent);
		if (commit)
			assert(f_page && !w_valid && w_idle);
		if (data && !f_data)
			assert(f_commit || f_seen);

		/* blocks */
		if (load && kind == SAMPLES && !abandon)
			assert(open && fill < bytes);

		if (pop && f_active)
			assert(f_level >= 8);

		/* RESET */
		if (f_was_resetting && !resetting)
			assert(!w_valid && !r_valid && !f_reading && at == REST);

		/* the induction */
		assert(resetting == abandon);
		assert(!abandon || (!f_active && !open));
		assert(at == REST || f_active || abandon || ((at == SETTLE || at == LOOK) && kind == SAMPLES));
		assert(at != ENTRY || f_active);
		if (at == BURST && !first)
			assert((w_valid && w_first ? w_len - 1 : w_valid ? f_left - 1 : f_left) == beats && beats != 0);
		else
			assert(w_valid ? w_last : f_left == 0);
		if (at == BURST && !abandon) begin
			assert(f_active);
			if (first) begin
				assert(beat == 0);
				assert(kind != ENTRIES);
				if (kind == SAMPLES)
					assert(open && beats != 0 && 32'd0 + fill[5:3] + beats <= 8 && 32'd0 + fill + beats <= bytes);
				if (kind == RECORD)
					assert(beats == 4);
				if (kind == PAGE)
					assert(beats == 8);
			end
			if (kind == SAMPLES)
				assert(open && 32'd0 + fill + beats <= bytes);
		end
		if (at == BURST)
			assert(kind != ENTRIES && beats != 0 && beats <= 8 && !(abandon && first));
		if (at == ENTRY || at == ENTRY_LOW || at == ENTRY_HIGH)
			assert(first && beat == 0 && !tailed);
		assert(r_valid ? at == ENTRY_LOW && !f_reading && !w_valid : 1);
		assert(f_reading ? at == ENTRY_LOW || at == ENTRY_HIGH : 1);
		if (at == ENTRY_HIGH)
			assert(f_reading && f_second);
		if (at == ENTRY_LOW)
			assert(r_valid || (f_reading && !f_second));
		if (at == ENTRY || at == ENTRY_LOW || at == ENTRY_HIGH)
			assert(kind == ENTRIES && !open);
		if (f_active) begin
			assert(complete + (at == SETTLE && kind == RECORD && done) == f_records);
			if (open && !(at == BURST && kind == SAMPLES))
				assert(32'd0 + fill + (part != 0) <= f_sent);
			if (open && announced && f_active)
				assert(f_record);
			if (at == COMMIT)
				assert(f_page);
		end
		/* what is known in REST of a FIFO that may have more since */
		if (f_active) begin
			if (!open && at != SETTLE)
				assert(part == 0);
			if (at == SETTLE && kind == ENTRIES)
				assert(!open && part == 0 && (broken || (fill == 0 && !announced && (wrong || bytes != 0))));
			assert(at == BURST && kind == SAMPLES || f_level >= part);
			if (at == BURST && kind == SAMPLES)
				assert(f_level >= 32'd8 * (beats - tailed) + part && tailed == (part != 0));
			if (at == REST || at == LOOK)
				assert(there <= f_level && there >= part);
			if (at == REST && open)
				assert(room == chunk_end - in_chunk);
			if (at == REST) begin
				assert((32'd0 + words << 3) + (words[B] ? 0 : rest_bytes) <= f_level);
				assert(words != 0 || rest_bytes >= part);
				assert(some == (words != 0 || rest_bytes != part));
				assert(words <= 8 && (words != 8 || words[B]));
			end
		end
		if (open && f_active)
			assert(fill <= bytes && bytes != 0);
	end
end
