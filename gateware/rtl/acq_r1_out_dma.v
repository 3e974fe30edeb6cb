// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ACQ-R1, output side: the DMA engine. One thing after the other: reads an entry or a
 * part of a block, writes a record or the status page. A page is written when all blocks
 * that have been played have their records, of what there is at that clock (SNAP): so
 * its fields go together. What it announces happens with COMMIT, when it has left.
 */
module acq_r1_out_dma #(
	parameter ADDR_BITS = 64,
	parameter TABLE_LOG2 = 8,	/* most entries */
	parameter BLOCK_LOG2 = 12,	/* largest block, bytes */
	parameter READ_LOG2 = 3,	/* most beats of 8 bytes in one read */
	parameter FIFO_LOG2 = 13,
	parameter QUEUE_LOG2 = 4,
	parameter FRAME_BYTES = 2
) (
	input wire clk,
	input wire rst,
	input wire reset,
	input wire start,
	input wire active,
	input wire stops,
	input wire halting,
	input wire master,		/* Bus Master Enable */
	/* what the host has set up */
	input wire [ADDR_BITS - 1:6] table_at,
	input wire [ADDR_BITS - 1:6] records_at,
	input wire [ADDR_BITS - 1:6] status_at,
	input wire [TABLE_LOG2 - 1:0] slots,	/* entries - 1 */
	input wire [31:0] given,
	input wire given_back,		/* GIVEN has gone back */
	input wire [15:0] irq_frames,
	input wire expired,
	output wire timer_hold,
	input wire seen_write,
	input wire [31:0] seen,
	input wire clear_irq,
	input wire [4:1] clears,
	/* the player */
	output wire put,
	output reg put_block,
	output reg [BLOCK_LOG2:0] bytes,
	input wire [FIFO_LOG2 - 3:0] room,
	input wire [31:0] played,
	input wire part,		/* of a block has been played */
	input wire frame_played,
	input wire overflow,
	output wire sealed,		/* no more blocks are given: */
	output wire ended,		/* all have been played */
	/* the words; TAKEN: not now */
	input wire taken,
	output wire [3:0] select,
	input wire [63:0] word,
	output wire snap,
	output wire of_record,
	output reg [31:0] complete,
	output reg [31:0] fetched,
	output reg done,
	output reg finishes,
	output reg fails,
	output reg [2:0] fail_code,
	output reg [4:1] told,
	output reg [31:0] update_next,
	/* what comes of it */
	output reg resetting,
	output wire commit,
	output wire failed_silently,	/* the bus must not be used for a page */
	output reg data,
	output reg again,
	/* posted writes; ADDR and LEN are of the burst. IDLE: all that was accepted has left */
	output reg w_valid,
	input wire w_ready,
	output reg w_first,
	output reg w_last,
	output reg [ADDR_BITS - 1:0] w_addr,
	output reg [4:0] w_len,
	output reg [63:0] w_data,
	input wire w_idle,
	output wire w_flush,		/* waits for IDLE, and does nothing else */
	input wire w_error,
	/* reads of LEN beats, one at a time, none across its size; an ERROR ends it */
	output reg r_valid,
	input wire r_ready,
	output reg [ADDR_BITS - 1:0] r_addr,
	output reg [5:0] r_len,
	input wire d_valid,
	input wire [63:0] d_data,
	input wire d_error
);
	localparam REST = 0, READ = 1, BEATS = 2, SETTLE = 3, LOOK = 4, LOOK_AGAIN = 5, SNAP = 6, BURST = 7, COMMIT = 8;
	localparam ENTRIES = 0, SAMPLES = 1, RECORD = 2, PAGE = 3;
	localparam DMA = 2, TABLE = 3;
	localparam R = READ_LOG2;
	localparam Q = QUEUE_LOG2;
	localparam WORDS = BLOCK_LOG2 - 3;	/* log2 of those of a block */
	localparam FRAME_LOG2 = $clog2(FRAME_BYTES);
	localparam EVEN = FRAME_BYTES == 1 << FRAME_LOG2;

	reg [3:0] at;
	reg [1:0] kind;
	reg abandon;			/* RESET came in the midst of something */
	reg bus_error, broken, wrong;

	/* the block that is being read */
	reg open;
	reg [ADDR_BITS:3] next;		/* where its next word is */
	reg [WORDS:0] words;		/* left */

	/* the end */
	reg last_flag, stopped, lasted, cut_told;
	reg [31:0] limit;
	assign sealed = stopped || lasted;
	assign ended = sealed && played == limit;

	/* the table: given ones that have no record, less one */
	wire [31:0] ahead = given + ~complete;
	wire [31:0] beyond = ahead >> TABLE_LOG2;
	reg too_many, more, queue_full;
	reg given_wrong;		/* before no more blocks were given */
	always @(posedge clk) begin
		too_many <= !start && !(&ahead) && (beyond != 0 || |(ahead[TABLE_LOG2 - 1:0] & ~slots));
		more <= fetched != (sealed ? limit : given);
		queue_full <= fetched[Q:0] - complete[Q:0] == {1'b1, {Q{1'b0}}};
	end
	wire behind_played = played[Q:0] != complete[Q:0];

	/* how long the next read is, and if there is room for it */
	wire [R:0] chunk = {1'b1, {R{1'b0}}} - {1'b0, next[R + 2:3]};
	reg [R:0] length;
	reg fits;
	always @(posedge clk) begin
		length <= words > {{WORDS - R{1'b0}}, chunk} ? chunk : words[R:0];
		fits <= room >= {{FIFO_LOG2 - 3 - R{1'b0}}, length};
	end

	/* addresses */
	wire [TABLE_LOG2 - 1:0] entry_slot = fetched[TABLE_LOG2 - 1:0] & slots;
	wire [TABLE_LOG2 - 1:0] record_slot = complete[TABLE_LOG2 - 1:0] & slots;
	reg [ADDR_BITS - 1:0] to, from;
	always @* begin
		to = 0;
		to[ADDR_BITS - 1:6] = kind == PAGE ? status_at : records_at;
		if (kind != PAGE)
			to[5 +: TABLE_LOG2] = to[5 +: TABLE_LOG2] | record_slot;
		from = 0;
		if (kind == SAMPLES) begin
			from[ADDR_BITS - 1:3] = next[ADDR_BITS - 1:3];
		end else begin
			from[ADDR_BITS - 1:6] = table_at;
			from[4 +: TABLE_LOG2] = from[4 +: TABLE_LOG2] | entry_slot;
		end
	end

	/* what is told, and when */
	reg [4:1] pending;
	reg [31:0] update;
	reg block_news;
	reg [15:0] news;		/* frames since the newest page */
	wire frames_due = |irq_frames && news >= irq_frames;
	/* pages of frames alone must not keep it from reading: one read comes between two of them */
	reg reads_first;
	wire tell = block_news || pending != 0 || ((frames_due || expired) && !(reads_first && fetch));
	/* the end is told of when all before has left, and has not failed: of its own page COMMIT hears */
	wire unsure = finishes && !fails && (w_valid || !w_idle || bus_error || w_error);
	assign snap = at == SNAP && !behind_played && !abandon && !unsure;
	assign timer_hold = news == 0 || snap;
	assign of_record = kind == RECORD;

	/* reads */
	reg [5:0] left;
	assign put = at == BEATS && d_valid && !d_error && kind == SAMPLES && !abandon;
	wire bad_low = |d_data[5:0];
	wire [63:0] bad_bits = ADDR_BITS < 64 ? d_data >> ADDR_BITS : 64'd0;
	wire bad_size = d_data[31:0] == 0 || |(d_data[31:0] >> (BLOCK_LOG2 + 1)) || (d_data[BLOCK_LOG2] && |d_data[BLOCK_LOG2 - 1:0]) ||
			|d_data[63:33] || (EVEN && |(d_data[31:0] & ((32'd1 << FRAME_LOG2) - 32'd1)));
	wire end_read = at == BEATS && d_valid && (d_error || left == 1);
	wire is_size = at == BEATS && d_valid && kind == ENTRIES && left == 1;
	/* whole frames: where they are no power of two, one bit at a clock */
	wire dividing, uneven_block;
	generate if (EVEN) begin : by_mask
		assign dividing = 0;
		assign uneven_block = 0;
	end else begin : by_division
		localparam [31:0] FRAME = FRAME_BYTES;
		localparam [31:0] BITS = BLOCK_LOG2 + 1;
		reg [BLOCK_LOG2:0] dividend;
		reg [7:0] remainder;
		reg [4:0] bits;
		wire [7:0] now = {remainder[6:0], dividend[BLOCK_LOG2]};
		assign dividing = bits != 0;
		assign uneven_block = remainder != 0;
		always @(posedge clk) begin
			if (dividing) begin
				remainder <= now >= FRAME[7:0] ? now - FRAME[7:0] : now;
				dividend <= {dividend[BLOCK_LOG2 - 1:0], 1'b0};
				bits <= bits - 1'b1;
			end
			if (is_size) begin
				remainder <= 0;
				dividend <= d_data[BLOCK_LOG2:0];
				bits <= BITS[4:0];
			end
			if (start || reset)
				bits <= 0;
		end
	end endgenerate

	/* bursts */
	reg [3:0] beat, beats;
	wire first = beat == 0;
	wire ending = beat == beats;
	wire load = at == BURST && (!w_valid || w_ready) && !taken && !(first && !master);
	assign select = kind == PAGE ? beat : {2'b10, beat[1:0]};

	wire rest = at == REST && active && !taken;
	wire finish = halting || (sealed && limit == complete && !open);
	wire fetch = open ? fits : more && !queue_full;
	wire left_all = at == COMMIT && !w_valid && w_idle && !abandon;
	/* the page of the end has not arrived: nobody has been told, and the next one tells of the failure */
	wire untold = left_all && finishes && !fails && (bus_error || w_error);
	assign commit = left_all && !untold;
	assign w_flush = at == COMMIT || (at == SNAP && finishes);
	assign failed_silently = active && !master &&
				 ((rest && (behind_played || fails || finish || tell || fetch || bus_error || given_wrong ||
					    (open && next[ADDR_BITS]))) ||
				  (at == BURST && first) || at == READ || (at == SNAP && unsure));

	wire [31:0] behind = update - seen;
	/* a host may see a page, and say so, before all of it is known to have left */
	reg early;
	wire seen_next = seen_write && at == COMMIT && &behind;

	task begin_record;
		input whole;
		begin
			kind <= RECORD;
			beats <= 3;
			done <= whole;
			at <= BURST;
		end
	endtask

	task fail;
		input [2:0] why;
		begin
			fails <= 1;
			fail_code <= why;
			pending[3] <= 1;
			at <= LOOK;
		end
	endtask

	always @(posedge clk) begin
		again <= 0;
		put_block <= 0;
		if (w_ready)
			w_valid <= 0;
		if (r_ready)
			r_valid <= 0;
		if (w_error)
			bus_error <= 1;
		if (frame_played && !(&news))
			news <= news + 1'b1;
		if (!sealed && (too_many || given_back))
			given_wrong <= 1;

		case (at)
		REST: begin
			beat <= 0;
			if (rest && master) begin
				if (behind_played)
					begin_record(1);
				else if (fails)
					at <= SNAP;
				else if (bus_error)
					fail(DMA);
				else if (given_wrong)
					fail(TABLE);
				else if (halting && part && !cut_told)
					begin_record(0);
				else if (finish) begin
					finishes <= 1;
					pending[4] <= 1;
					at <= SNAP;
				end else if (tell)
					at <= SNAP;
				else if (open && next[ADDR_BITS])
					fail(TABLE);
				else if (fetch) begin
					kind <= open ? SAMPLES : ENTRIES;
					at <= READ;
				end
			end
		end
		READ: if (!master)
			at <= REST;
		else begin
			reads_first <= 0;
			r_valid <= 1;
			r_addr <= from;
			r_len <= kind == SAMPLES ? {{5 - R{1'b0}}, length} : 6'd2;
			left <= kind == SAMPLES ? {{5 - R{1'b0}}, length} : 6'd2;
			at <= BEATS;
		end
		BEATS: if (d_valid) begin
			left <= left - 1'b1;
			broken <= d_error;
			if (kind == ENTRIES && left == 2) begin
				next <= {1'b0, d_data[ADDR_BITS - 1:3]};
				wrong <= bad_low || |bad_bits;
			end
			if (is_size) begin
				bytes <= d_data[BLOCK_LOG2:0];
				words <= d_data[BLOCK_LOG2:3] + {{WORDS{1'b0}}, |d_data[2:0]};
				wrong <= wrong || bad_size;
			end
			if (end_read)
				at <= SETTLE;
		end
		SETTLE: begin
			at <= LOOK;
			case (kind)
			ENTRIES: if (dividing)
				at <= SETTLE;
			else if (active) begin
				if (broken)
					fail(DMA);
				else if (wrong || uneven_block)
					fail(TABLE);
				else
					open <= 1;
			end
			SAMPLES: if (active && open) begin
				if (broken)
					fail(DMA);
				else begin
					next <= next + {{ADDR_BITS - 3 - R{1'b0}}, length};
					words <= words - {{WORDS - R{1'b0}}, length};
					if (words == {{WORDS - R{1'b0}}, length}) begin
						open <= 0;
						put_block <= 1;
						fetched <= fetched + 1'b1;
					end
				end
			end
			RECORD: begin
				if (done) begin
					complete <= complete + 1'b1;
					block_news <= 1;
				end else
					cut_told <= 1;
			end
			default: ;
			endcase
			if (abandon)
				at <= REST;
		end
		LOOK: at <= LOOK_AGAIN;
		LOOK_AGAIN: at <= REST;
		SNAP: begin
			/* a block has just ended: its record first */
			if (!unsure || !master)
				at <= REST;
			else if (w_idle && !w_valid) begin
				finishes <= 0;
				pending[4] <= 0;
				fail(DMA);
			end
			if (snap) begin
				told <= pending;
				pending <= 0;
				block_news <= 0;
				news <= {15'b0, frame_played};
				update_next <= update_next + 1'b1;
				early <= 0;
				kind <= PAGE;
				beats <= 7;
				at <= BURST;
			end
		end
		BURST: if (first && !master)
			at <= REST;
		else if (load) begin
			w_valid <= 1;
			w_first <= first;
			w_last <= ending;
			w_data <= word;
			if (first) begin
				w_addr <= to;
				w_len <= {1'b0, beats} + 1'b1;
			end
			beat <= beat + 1'b1;
			if (ending)
				at <= kind == PAGE ? COMMIT : SETTLE;
		end
		/* here, so that the interrupt is behind the page, whatever path it takes */
		COMMIT: if (!w_valid && w_idle) begin
			at <= LOOK;
			/* one that is not told of has its number all the same: the host may have it */
			if (left_all)
				update <= update + 1'b1;
			reads_first <= 1;
			if (commit)
				data <= !early;
			if (untold && told[1])
				pending[1] <= 1;
		end
		default: at <= REST;
		endcase

		if (stops && !lasted && !stopped) begin
			stopped <= 1;
			limit <= given;
		end
		/* the entry that says LAST, once it is known to be right; it wins over a STOP of that clock */
		if (at == SETTLE && kind == ENTRIES && !dividing && !broken && last_flag && active) begin
			lasted <= 1;
			limit <= fetched + 1'b1;
		end
		if (is_size)
			last_flag <= d_data[32];

		if (overflow)
			pending[1] <= 1;
		if (seen_next) begin
			early <= 1;
			data <= 0;
		end
		/* what it clears before it has been raised is not raised */
		if (clear_irq && at == COMMIT)
			told <= told & ~clears;
		if (seen_write && !behind[31]) begin
			data <= behind != 0 || commit;
			again <= behind != 0 || commit;
		end

		if (start) begin
			at <= LOOK;
			open <= 0;
			reads_first <= 0;
			stopped <= 0;
			lasted <= 0;
			limit <= 0;
			cut_told <= 0;
			complete <= 0;
			fetched <= 0;
			update <= 0;
			update_next <= 0;
			pending <= 0;
			block_news <= 0;
			news <= 0;
			data <= 0;
			early <= 0;
			finishes <= 0;
			fails <= 0;
			bus_error <= 0;
			given_wrong <= 0;
		end
		if (reset) begin
			/* what is on the bus is brought to its end, and nothing follows */
			if (at != BEATS && !(at == BURST && (!first || load)))
				at <= REST;
			if (at == READ)
				r_valid <= 0;
			open <= 0;
			update <= 0;
			pending <= 0;
			block_news <= 0;
			news <= 0;
			data <= 0;
			finishes <= 0;
			fails <= 0;
			abandon <= 1;
			resetting <= 1;
		end
		if (abandon && !reset && at == REST && !w_valid && !r_valid && w_idle) begin
			abandon <= 0;
			resetting <= 0;
		end
		if (rst) begin
			at <= REST;
			w_valid <= 0;
			r_valid <= 0;
			abandon <= 0;
			resetting <= 0;
		end
	end

`ifdef FORMAL
`include "out_dma.vh"
`endif
endmodule
