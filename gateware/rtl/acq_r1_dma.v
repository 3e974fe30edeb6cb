// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ACQ-R1: the DMA engine. Does one thing after the other: reads an entry, sends a burst
 * of samples, a record, or the status page. As all is sent in one order, by one master,
 * samples are before their record, and both are before the page that tells of them; what
 * the page announces happens with COMMIT, when it has left.
 */
module acq_r1_dma #(
	parameter ADDR_BITS = 64,
	parameter TABLE_LOG2 = 8,	/* most entries */
	parameter BLOCK_LOG2 = 22,	/* largest block, bytes */
	parameter BURST_LOG2 = 3,	/* most beats of 8 bytes in one burst: 3 or 4 */
	parameter FIFO_LOG2 = 12,
	parameter FRAME_BYTES = 2,
	parameter STEP_BITS = 22,
	parameter PARTIAL = 1		/* tells of blocks that are not complete */
) (
	input wire clk,
	input wire rst,
	input wire reset,
	input wire start,
	/* of the run */
	input wire running,
	input wire draining,
	input wire losing,
	input wire overflow,
	input wire master,		/* Bus Master Enable */
	/* what the host has set up */
	input wire [ADDR_BITS - 1:6] table_at,
	input wire [ADDR_BITS - 1:6] records_at,
	input wire [ADDR_BITS - 1:6] status_at,
	input wire [TABLE_LOG2 - 1:0] slots,	/* entries - 1 */
	input wire [31:0] given,
	input wire given_back,		/* GIVEN has gone back */
	input wire [15:0] irq_frames,
	input wire moderated,		/* IRQ_FRAMES or IRQ_US is not 0 */
	input wire tick,
	input wire expired,
	output wire timer_hold,
	input wire seen_write,
	input wire [31:0] seen,
	input wire clear_irq,
	input wire [4:1] clears,
	/* the FIFO */
	input wire [FIFO_LOG2:0] there,	/* bytes, a clock ago */
	input wire stale,
	input wire [63:0] samples,
	output wire pop,
	output wire clear,
	/* the source */
	output wire resume,
	output wire advance,
	output wire [STEP_BITS - 1:0] step,
	/* the words; TAKEN: not now */
	input wire taken,
	output wire [3:0] select,
	input wire [63:0] word,
	output reg freeze,		/* the count of lost frames, as that of all has been taken */
	output reg [31:0] complete,
	output wire [31:0] fill_bytes,
	output reg done,
	output reg last,
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
	input wire w_error,
	/* reads of 16 bytes, answered by two beats; an ERROR ends it */
	output reg r_valid,
	input wire r_ready,
	output wire [ADDR_BITS - 1:0] r_addr,	/* the same as W_ADDR: never at a time */
	input wire d_valid,
	input wire [63:0] d_data,
	input wire d_error
);
	localparam REST = 0, ENTRY = 1, ENTRY_LOW = 2, ENTRY_HIGH = 3, BURST = 4, SETTLE = 5, LOOK = 6, COMMIT = 7;
	localparam ENTRIES = 0, SAMPLES = 1, RECORD = 2, PAGE = 3;
	localparam DMA = 2, TABLE = 3;
	localparam B = BURST_LOG2;
	localparam FRAME_LOG2 = $clog2(FRAME_BYTES);
	localparam EVEN = FRAME_BYTES == 1 << FRAME_LOG2 && FRAME_BYTES <= 64;	/* bursts and blocks end with a frame */

	reg [2:0] at;
	reg [1:0] kind;
	reg abandon;			/* RESET came in the midst of something */
	reg bus_error;

	/* the open block */
	reg wrong, broken;		/* its entry */
	reg open, announced;		/* its record without DONE has been sent */
	reg [ADDR_BITS - 1:6] block_at;
	reg [BLOCK_LOG2:3] bytes;
	reg [BLOCK_LOG2:3] fill;	/* beats, and behind them a part of one */
	reg [2:0] part;

	/*
	 * What is known in REST is of two clocks before: that is right, as only the engine takes
	 * something away, and three clocks lie between that and REST. The end of a stretch is
	 * looked at as late.
	 */
	reg losing1, losing2, draining1, draining2;
	wire closing = losing2 || draining2;
	always @(posedge clk) begin
		losing1 <= losing;
		losing2 <= losing && losing1;
		draining1 <= draining;
		draining2 <= draining && draining1;
	end

	/*
	 * How much the next burst may have, to the end of its chunk or of the block, and has. No
	 * burst crosses its own size, and so none a page: of 128 bytes they are in blocks alone that
	 * are aligned to that.
	 */
	wire [B:0] in_chunk, chunk_end;
	generate if (B == 3) begin : of_64
		assign in_chunk = {1'b0, fill[B + 2:3]};
		assign chunk_end = fill[BLOCK_LOG2:B + 3] == bytes[BLOCK_LOG2:B + 3] ? {1'b0, bytes[B + 2:3]} : {1'b1, {B{1'b0}}};
	end else begin : of_128
		wire half = block_at[6];
		wire same = fill[BLOCK_LOG2:7] == bytes[BLOCK_LOG2:7] && (!half || fill[6] == bytes[6]);
		assign in_chunk = {1'b0, fill[6] && !half, fill[5:3]};
		assign chunk_end = same ? {1'b0, bytes[6] && !half, bytes[5:3]} : half ? 5'd8 : 5'd16;
	end endgenerate
	reg [B:0] room;
	reg [B:0] words;
	reg [2:0] rest_bytes;
	reg nothing, some;
	wire full = room == 0;
	wire enough = words >= room;
	wire tail = !enough && |rest_bytes;
	wire [B:0] length = enough ? room : words + {{B{1'b0}}, tail};
	always @(posedge clk) begin
		room <= chunk_end - in_chunk;
		words <= |there[FIFO_LOG2:B + 3] ? {1'b1, {B{1'b0}}} : {1'b0, there[B + 2:3]};
		rest_bytes <= there[2:0];
		nothing <= there == 0;
		some <= |there[FIFO_LOG2:3] || there[2:0] != part;
	end

	/* the table */
	wire [31:0] left = given + ~complete;	/* blocks that are there, less one */
	wire [31:0] beyond = left >> TABLE_LOG2;
	reg none, too_many;
	always @(posedge clk) begin
		none <= &left;
		too_many <= !(&left) && (beyond != 0 || |(left[TABLE_LOG2 - 1:0] & ~slots));
	end
	wire [TABLE_LOG2 - 1:0] slot = complete[TABLE_LOG2 - 1:0] & slots;

	/* addresses; slots of tables that are aligned need no adder */
	wire [ADDR_BITS:6] block_now = {1'b0, block_at} + {{ADDR_BITS - BLOCK_LOG2{1'b0}}, fill[BLOCK_LOG2:6]};
	reg outside;
	always @(posedge clk)
		outside <= block_now[ADDR_BITS];
	reg [ADDR_BITS - 1:0] address;
	always @* begin
		address = 0;
		case (kind)
		ENTRIES: begin
			address[ADDR_BITS - 1:6] = table_at;
			address[4 +: TABLE_LOG2] = address[4 +: TABLE_LOG2] | slot;
		end
		SAMPLES: address = {block_now[ADDR_BITS - 1:6], fill[5:3], 3'b0};
		RECORD: begin
			address[ADDR_BITS - 1:6] = records_at;
			address[5 +: TABLE_LOG2] = address[5 +: TABLE_LOG2] | slot;
		end
		PAGE: address[ADDR_BITS - 1:6] = status_at;
		endcase
	end

	/* bursts */
	reg [B:0] beats;		/* left */
	reg tailed;			/* the last of them is a part, and stays in the FIFO */
	reg first;
	reg [2:0] beat;
	wire slot_free = !w_valid || w_ready;
	/* the end is told of when all before has left, and has not failed: of its own page COMMIT hears */
	wire unsure = kind == PAGE && first && finishes && !fails && (w_valid || !w_idle || bus_error || w_error);
	wire load = at == BURST && slot_free && !taken && !(first && !master) && !(kind == SAMPLES && stale) && !unsure;
	wire ending = beats == 1;
	wire whole = !(ending && tailed);
	assign select = kind == PAGE ? {1'b0, beat} : {2'b10, beat[1:0]};
	assign pop = load && kind == SAMPLES && whole;
	assign r_addr = w_addr;

	/* what is told, and when */
	reg [4:1] pending;
	reg flush;
	reg [31:0] update;
	wire tell;
	wire page_now = at == BURST && kind == PAGE && first && load;
	/* a page tells of the open block behind its record only; that of a failure comes without one */
	wire [BLOCK_LOG2:0] filled;	/* whole frames that have been sent */
	assign fill_bytes = open && (kind == RECORD || (PARTIAL != 0 && announced)) ? {{31 - BLOCK_LOG2{1'b0}}, filled} : 0;
	generate if (PARTIAL != 0 && !EVEN) begin : uneven
		/* what the last beat has of a frame that goes on; a part of a beat ends with a frame */
		localparam [31:0] ADD = FRAME_BYTES > 8 ? 8 : 8 % FRAME_BYTES;
		localparam [31:0] FRAME = FRAME_BYTES;
		reg [7:0] over;
		wire [7:0] longer = over + ADD[7:0];
		always @(posedge clk)
			if (!open)
				over <= 0;
			else if (pop)
				over <= longer >= FRAME[7:0] ? longer - FRAME[7:0] : longer;
		assign filled = {fill, part} - (part != 0 ? {BLOCK_LOG2 + 1{1'b0}} : {{BLOCK_LOG2 - 7{1'b0}}, over});
	end else begin : even
		assign filled = {fill, part};
	end endgenerate
	generate if (PARTIAL != 0) begin : partial
		reg [BLOCK_LOG2:0] told_fill;
		reg frames_due;
		reg [BLOCK_LOG2:0] news;
		wire [31:0] enough_news = {16'b0, irq_frames} * FRAME_BYTES;
		always @(posedge clk) begin
			news <= filled - told_fill;
			frames_due <= |irq_frames && {{31 - BLOCK_LOG2{1'b0}}, news} >= enough_news;
		end
		assign tell = frames_due || expired;
		assign timer_hold = news == 0 || page_now;
		always @(posedge clk)
			if (start || advance)
				told_fill <= 0;
			else if (page_now)
				told_fill <= filled;
	end else begin : complete_only
		assign tell = 0;
		assign timer_hold = 1;
		/* verilator lint_off UNUSEDSIGNAL */
		wire unused = expired || |irq_frames;
		/* verilator lint_on UNUSEDSIGNAL */
	end endgenerate

	wire active = running || draining;
	wire rest = at == REST && active && !taken;
	wire empty_handed = !open && nothing;
	assign resume = rest && master && empty_handed && losing2 && losing && pending == 0 && !draining;
	wire bad_entry = d_data[31:0] == 0 || |d_data[2:0] || |(d_data[31:0] >> (BLOCK_LOG2 + 1)) ||
			 (d_data[BLOCK_LOG2] && |d_data[BLOCK_LOG2 - 1:0]) || |d_data[63:32] ||
			 (EVEN && |(d_data[31:0] & ((32'd1 << FRAME_LOG2) - 32'd1)));
	wire [63:0] bad_bits = ADDR_BITS < 64 ? d_data >> ADDR_BITS : 64'd0;
	wire end_record = at == SETTLE && kind == RECORD;
	assign advance = end_record && done && !abandon;
	/* the frames of a block, if it gets full; where they are no power of two, one bit at a clock */
	wire dividing, uneven_block;
	generate if (EVEN) begin : by_shift
		/* verilator lint_off UNUSEDSIGNAL */
		wire [BLOCK_LOG2:0] block_bytes = {bytes, 3'b0};
		/* verilator lint_on UNUSEDSIGNAL */
		assign step = block_bytes[BLOCK_LOG2:FRAME_LOG2];
		assign dividing = 0;
		assign uneven_block = 0;
	end else begin : by_division
		localparam [31:0] FRAME = FRAME_BYTES;
		localparam [31:0] BITS = BLOCK_LOG2 + 1;
		reg [BLOCK_LOG2:0] quotient;
		reg [7:0] remainder;
		reg [4:0] bits;
		wire [7:0] now = {remainder[6:0], quotient[BLOCK_LOG2]};
		wire fits = now >= FRAME[7:0];
		assign step = quotient;
		assign dividing = bits != 0;
		assign uneven_block = remainder != 0;
		always @(posedge clk) begin
			if (dividing) begin
				remainder <= fits ? now - FRAME[7:0] : now;
				quotient <= {quotient[BLOCK_LOG2 - 1:0], fits};
				bits <= bits - 1'b1;
			end
			if (at == ENTRY_HIGH) begin
				remainder <= 0;
				quotient <= d_data[BLOCK_LOG2:0];
				bits <= BITS[4:0];
			end
			if (start || reset)
				bits <= 0;
		end
	end endgenerate
	/* of the last word a part has been sent, and nothing follows */
	assign clear = advance && closing && !some;
	wire left_all = at == COMMIT && !w_valid && w_idle && !abandon;
	/* the page of the end has not arrived: nobody has been told, and the next one tells of the failure */
	wire untold = left_all && finishes && !fails && (bus_error || w_error);
	assign commit = left_all && !untold;
	assign failed_silently = active && !master && ((rest && (open || !nothing || draining || pending != 0)) ||
				 (at == BURST && first) || at == ENTRY);

	wire [31:0] behind = update - seen;
	/* a host may see a page, and say so, before all of it is known to have left */
	reg early;
	wire seen_next = seen_write && at == COMMIT && &behind;

	task begin_page;
		begin
			kind <= PAGE;
			beats <= 8;
			at <= BURST;
		end
	endtask

	task begin_record;
		input is_done;
		begin
			kind <= RECORD;
			beats <= 4;
			at <= BURST;
			done <= is_done;
			last <= is_done && draining2 && !some;
		end
	endtask

	task fail;
		input [2:0] why;
		begin
			fails <= 1;
			fail_code <= why;
			pending[3] <= 1;
			begin_page;
		end
	endtask

	always @(posedge clk) begin
		again <= 0;
		if (w_ready)
			w_valid <= 0;
		if (r_ready)
			r_valid <= 0;
		if (tick && PARTIAL != 0 && moderated)
			flush <= 1;
		if (w_error)
			bus_error <= 1;

		case (at)
		REST: begin
			beat <= 0;
			first <= 1;
			tailed <= 0;
			if (rest && !fails && master) begin
				if (bus_error)
					fail(DMA);
				else if (too_many || given_back)
					fail(TABLE);
				else if (open && full)
					begin_record(1);
				else if (pending != 0 || tell) begin
					if (open && PARTIAL != 0 && !announced && {fill, part} != 0)
						begin_record(0);
					else
						begin_page;
				end else if (open && closing && !some)
					begin_record(1);
				else if (open && (enough || ((flush || closing) && some))) begin
					if (outside) begin
						fail(TABLE);
					end else begin
						kind <= SAMPLES;
						beats <= length;
						tailed <= tail;
						part <= enough ? 3'd0 : rest_bytes;
						flush <= 0;
						at <= BURST;
					end
				end else if (!open && !nothing && !none) begin
					kind <= ENTRIES;
					at <= ENTRY;
				end else if (empty_handed && draining2) begin
					finishes <= 1;
					pending[4] <= 1;
					begin_page;
				end
			end
		end
		ENTRY: if (!master)
			at <= REST;
		else if (!w_valid) begin
			w_addr <= address;
			r_valid <= 1;
			at <= ENTRY_LOW;
		end
		ENTRY_LOW: if (d_valid) begin
			block_at <= d_data[ADDR_BITS - 1:6];
			wrong <= |d_data[5:0] || |bad_bits;
			broken <= d_error;
			at <= d_error ? SETTLE : ENTRY_HIGH;
		end
		ENTRY_HIGH: if (d_valid) begin
			bytes <= d_data[BLOCK_LOG2:3];
			fill <= 0;
			part <= 0;
			announced <= 0;
			wrong <= wrong || bad_entry;
			broken <= d_error;
			at <= SETTLE;
		end
		BURST: if (first && !master)
			at <= REST;
		else if (unsure && w_idle && !w_valid) begin
			finishes <= 0;
			pending[4] <= 0;
			fail(DMA);
		end else if (load) begin
			w_valid <= 1;
			w_first <= first;
			w_last <= ending;
			w_data <= kind == SAMPLES ? samples : word;
			if (first) begin
				w_addr <= address;
				w_len <= {{4 - B{1'b0}}, beats};
			end
			first <= 0;
			beat <= beat + 1'b1;
			beats <= beats - 1'b1;
			if (pop)
				fill <= fill + 1'b1;
			if (ending)
				at <= kind == PAGE ? COMMIT : SETTLE;
			if (kind == PAGE)
				freeze <= beat == 1;
			if (page_now)
				update_next <= update_next + 1'b1;
		end
		SETTLE: begin
			beat <= 0;
			first <= 1;
			at <= kind == ENTRIES && dividing ? SETTLE : LOOK;
			if (kind == ENTRIES && active && !dividing) begin
				if (broken)
					fail(DMA);
				else if (wrong || uneven_block)
					fail(TABLE);
				else
					open <= 1;
			end
			if (kind == RECORD) begin
				announced <= 1;
				if (done) begin
					complete <= complete + 1'b1;
					open <= 0;
					fill <= 0;
					part <= 0;
				end
				done <= 0;
				if (last) begin
					finishes <= 1;
					pending[4] <= 1;
				end
				last <= 0;
				begin_page;
			end
			if (abandon) begin
				open <= 0;
				at <= REST;
			end
		end
		LOOK: at <= REST;
		/* here, so that the interrupt is behind the page, whatever path it takes */
		COMMIT: if (!w_valid && w_idle) begin
			at <= REST;
			/* one that is not told of has its number all the same: the host may have it */
			if (left_all)
				update <= update + 1'b1;
			if (commit)
				data <= !early;
			if (untold && told[1])
				pending[1] <= 1;
		end
		endcase

		/* told of by this page; what comes up from now on is the next one's */
		if (page_now) begin
			told <= pending;
			pending <= 0;
		end
		if (overflow)
			pending[1] <= 1;
		if (page_now)
			early <= 0;
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
			at <= SETTLE;
			kind <= SAMPLES;
			open <= 0;
			fill <= 0;
			part <= 0;
			complete <= 0;
			update <= 0;
			update_next <= 0;
			pending <= 0;
			data <= 0;
			done <= 0;
			last <= 0;
			finishes <= 0;
			fails <= 0;
			bus_error <= 0;
		end
		if (reset) begin
			/* what is on the bus is brought to its end, and nothing follows */
			if (at != ENTRY_LOW && at != ENTRY_HIGH && !(at == BURST && (!first || load)))
				at <= REST;
			if (at == ENTRY)
				r_valid <= 0;
			open <= 0;
			update <= 0;
			pending <= 0;
			data <= 0;
			done <= 0;
			last <= 0;
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
			freeze <= 0;
		end
	end

`ifdef FORMAL
`include "dma.vh"
`endif
endmodule
