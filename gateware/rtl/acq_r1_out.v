// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ACQ-R1: the output side, which plays. A side of its own, with registers, states,
 * interrupts and a master like the input's; they meet at the bus alone. By DMA only: the
 * map lets a card choose.
 *
 *	host memory --reads--> engine --words--> player --frames--> AXI-Stream
 *	host memory <-writes-- engine <--what has been played-- player
 *
 * The engine (acq_r1_out_dma) reads entries and blocks in their order, and writes
 * records and the status page, one thing at a time. The player (acq_r1_out_player)
 * keeps the words in a FIFO, and a queue of 16 blocks: their bytes as they come, their
 * index and filler as they are played. The engine is behind by up to these: so blocks of
 * a frame are right, too. A block may be played when the last of its words is there.
 *
 * Where time comes from: a frame is due when the consumer takes one (TREADY), but not
 * before PACE clocks have passed since the last. The stream is the time axis: each of
 * its frames is one of FRAMES. One with TUSER is filler; it is offered at once, and taken back
 * when a block or the end comes before it was taken. With WAIT there is none.
 * HALT, RESET and failures take back a frame that was not begun, and end the one that is under
 * way with zeros and TUSER, so that TLAST stays where it belongs; it counts nowhere.
 *
 * The map's order: record before page, page before its causes and before STATE. A page
 * is of one clock: frames, filler and progress go together.
 */
module acq_r1_out #(
	parameter HAS_OUT = 0,		/* 0: nothing is there */
	parameter CHANNELS = 1,
	parameter FORMAT = 2,		/* s8 u8 s16 u16 s32 u32 */
	parameter LANE_BYTES = 1 << (FORMAT / 2),	/* of the stream: whole samples, 8 at most */
	parameter FIFO_LOG2 = 13,	/* bytes: two of the largest blocks, at least */
	parameter BLOCK_LOG2 = 12,	/* largest block, bytes */
	parameter WAIT = 0,		/* the converter waits for the host: no filler */
	parameter PACE = 0,		/* clocks between frames; 0: as they are taken */
	parameter ADDR_BITS = 64,
	parameter TABLE_LOG2 = 8,	/* most entries */
	parameter READ_LOG2 = 3,	/* most beats of 8 bytes in a read: 3 to 5 */
	parameter COUNT_BITS = 56,	/* of the counters: must last for ten years */
	parameter CLOCKS_PER_US = 125,
	parameter CLOCK_HZ = 1000000,	/* frames */
	parameter STAMP_HZ = 0,		/* of the timestamp counter; 0: none */
	parameter REVISION = 0,
	parameter [63:0] SERIAL = 0
) (
	input wire clk,
	input wire rst,
	/* register port; ADDR as the input has it: 0x200 to 0x2ff are here, all others read 0 */
	output wire reg_busy,
	input wire reg_write,
	input wire reg_read,
	input wire [12:2] reg_addr,
	input wire [31:0] reg_wdata,
	output wire reg_done,
	output wire [31:0] reg_rdata,
	input wire [COUNT_BITS - 1:0] stamp,	/* the card's timestamp */
	/* frames: AXI-Stream; LAST with the last lane, USER with filler */
	output wire m_axis_tvalid,
	input wire m_axis_tready,
	output wire [8 * LANE_BYTES - 1:0] m_axis_tdata,
	output wire m_axis_tlast,
	output wire m_axis_tuser,
	/* interrupts */
	input wire bus_master,
	input wire msi_enable,
	output wire intx,
	output wire msi_valid,
	input wire msi_ready,
	/* posted writes */
	output wire w_valid,
	input wire w_ready,
	output wire w_first,
	output wire w_last,
	output wire [ADDR_BITS - 1:0] w_addr,
	output wire [4:0] w_len,
	output wire [63:0] w_data,
	input wire w_idle,
	output wire w_flush,		/* waits for IDLE, and does nothing else */
	input wire w_error,
	/* reads of LEN beats, answered by as many, or by one with ERROR */
	output wire r_valid,
	input wire r_ready,
	output wire [ADDR_BITS - 1:0] r_addr,
	output wire [5:0] r_len,
	input wire d_valid,
	input wire [63:0] d_data,
	input wire d_error
);
	localparam SAMPLE_BYTES = 1 << (FORMAT / 2);
	localparam FRAME_BYTES = CHANNELS * SAMPLE_BYTES;
	localparam QUEUE_LOG2 = 4;
	localparam [31:0] CAPS = 1 | (WAIT != 0 ? 4 : 0) | 1 << 14;
	localparam [31:0] LIMITS = ADDR_BITS << 24 | TABLE_LOG2 << 16 | BLOCK_LOG2 << 8 | 6;

	generate if (CHANNELS < 1 || CHANNELS > 32 || FORMAT > 5 || LANE_BYTES < SAMPLE_BYTES || LANE_BYTES > 8 ||
		     FRAME_BYTES % LANE_BYTES != 0 || BLOCK_LOG2 < 8 || FIFO_LOG2 <= BLOCK_LOG2 || BLOCK_LOG2 > 22 || READ_LOG2 < 3 ||
		     READ_LOG2 > 5 || TABLE_LOG2 < 2 || TABLE_LOG2 > 15 || ADDR_BITS < 24 || ADDR_BITS > 64 || COUNT_BITS < 33 ||
		     COUNT_BITS > 64) begin : wrong
		acq_r1_cannot_have_these_parameters no ();
	end endgenerate

	generate if (HAS_OUT != 0) begin : side
		wire start, reset, command, clear_irq, config_bad, us_write, seen_write, given_back;
		wire stops, halting, active, running, error, losing, overflow, sealed, ended, there;
		wire [2:0] state, code, fail_code;
		wire [4:0] irq_status, irq_mask;
		wire [15:0] irq_frames, irq_us;
		wire [3:0] host_select, dma_select;
		wire [63:0] told_word;
		wire [ADDR_BITS - 1:6] table_at, records_at, status_at;
		wire [TABLE_LOG2 - 1:0] slots;
		wire [31:0] given, played, complete, fetched, update_next;
		wire tick, expired, timer_hold, put, put_block, frame_played, snap, of_record, done, finishes, fails;
		wire resetting, commit, silent, data, again;
		wire [4:1] told;
		wire [BLOCK_LOG2:0] put_bytes, fill, bytes;
		wire [FIFO_LOG2 - 3:0] room;
		wire [COUNT_BITS - 1:0] frames, filler, index, lost;
		wire dma, ramp, pop, pop_rest, underrun;

		acq_r1_regs #(
			.HAS_DMA(1), .HAS_FIFO(0), .RAMP(0), .ADDR_BITS(ADDR_BITS), .TABLE_LOG2(TABLE_LOG2), .FIFO_LOG2(FIFO_LOG2),
			.COUNT_BITS(COUNT_BITS), .SAMPLE_BYTES(SAMPLE_BYTES), .SAMPLE_BITS(32), .REVISION(REVISION), .CAPS(CAPS), .SERIAL(SERIAL),
			.CHANNELS(CHANNELS), .FORMAT(FORMAT), .CLOCK_HZ(CLOCK_HZ), .FIFO_BYTES(1 << FIFO_LOG2), .LIMITS(LIMITS), .TS_HZ(STAMP_HZ)
		) regs (
			.clk(clk), .reset(reset), .start(start), .busy(reg_busy), .write(reg_write), .read(reg_read),
			.addr({reg_addr[12:10], !reg_addr[9], reg_addr[8:2]}), .wdata(reg_wdata), .done(reg_done), .rdata(reg_rdata),
			.state(resetting ? 3'd3 : state), .code(code), .losing(losing), .draining(1'b0), .running(active && !sealed && !halting),
			.irq_status(irq_status), .level({FIFO_LOG2 + 1{1'b0}}), .select(host_select), .word(told_word[COUNT_BITS - 1:0]),
			.samples(32'b0), .odd(1'b0), .command(command), .clear_irq(clear_irq), .irq_mask(irq_mask), .irq_frames(irq_frames),
			.irq_us(irq_us), .us_write(us_write), .seen_write(seen_write), .dma(dma), .ramp(ramp), .config_bad(config_bad),
			.table_at(table_at), .records_at(records_at), .status_at(status_at), .slots(slots), .given(given), .given_back(given_back),
			.pop(pop), .pop_rest(pop_rest), .underrun(underrun)
		);

		acq_r1_out_state states (
			.clk(clk), .rst(rst), .command(command), .commands(reg_wdata[4:0]), .config_bad(config_bad), .resetting(resetting),
			.there(there), .done(commit && finishes && !fails), .failed(silent || (commit && fails)),
			.why(silent ? 3'd2 : fail_code), .start(start), .reset(reset), .stops(stops), .halting(halting), .state(state), .code(code),
			.active(active), .running(running), .error(error)
		);

		acq_r1_out_player #(
			.LANE_BYTES(LANE_BYTES), .FRAME_LANES(FRAME_BYTES / LANE_BYTES), .FIFO_LOG2(FIFO_LOG2), .BLOCK_LOG2(BLOCK_LOG2),
			.QUEUE_LOG2(QUEUE_LOG2), .COUNT_BITS(COUNT_BITS), .WAIT(WAIT), .PACE(PACE)
		) player (
			.clk(clk), .clear(start || reset), .playing(running && !halting && !fails && !finishes), .ended(ended), .put(put), .put_data(d_data),
			.put_block(put_block), .put_bytes(put_bytes), .room(room), .there(there), .played(played), .fill(fill), .frames(frames),
			.filler(filler), .frame_played(frame_played), .losing(losing), .overflow(overflow), .which(complete[QUEUE_LOG2 - 1:0]),
			.index(index), .lost(lost), .bytes(bytes), .m_axis_tvalid(m_axis_tvalid), .m_axis_tready(m_axis_tready),
			.m_axis_tdata(m_axis_tdata), .m_axis_tlast(m_axis_tlast), .m_axis_tuser(m_axis_tuser)
		);

		/* what a page tells, of one clock */
		reg [COUNT_BITS - 1:0] frames_then, filler_then;
		reg [BLOCK_LOG2:0] fill_then;
		reg losing_then;
		always @(posedge clk)
			if (snap) begin
				frames_then <= frames;
				filler_then <= filler;
				fill_then <= fill;
				losing_then <= losing && !fails && !finishes;
			end
		wire [BLOCK_LOG2:0] fill_told = !of_record ? fill_then : done ? bytes : fill;
		wire [3:0] select = reg_read ? host_select : dma_select;
		wire [63:0] most_words;
		acq_r1_words #(.COUNT_BITS(COUNT_BITS), .HAS_DMA(1), .HAS_STAMP(STAMP_HZ)) words (
			.select(select), .frames(reg_read ? frames : frames_then), .dropped(reg_read ? filler : filler_then), .stamp(stamp),
			.index(index), .lost(lost), .complete(complete), .fill({{31 - BLOCK_LOG2{1'b0}}, fill_told}),
			.state(fails ? 3'd5 : finishes ? 3'd4 : state), .code(fails ? fail_code : 3'd0), .losing(losing_then),
			.irq({irq_status[4:1] | told, 1'b1}), .update(update_next), .done(done), .last(1'b0), .word(most_words)
		);
		assign told_word = select == 6 ? {32'b0, fetched} : most_words;

		acq_r1_out_dma #(
			.ADDR_BITS(ADDR_BITS), .TABLE_LOG2(TABLE_LOG2), .BLOCK_LOG2(BLOCK_LOG2), .READ_LOG2(READ_LOG2), .FIFO_LOG2(FIFO_LOG2),
			.QUEUE_LOG2(QUEUE_LOG2), .FRAME_BYTES(FRAME_BYTES)
		) engine (
			.clk(clk), .rst(rst), .reset(reset), .start(start), .active(active), .stops(stops), .halting(halting), .master(bus_master),
			.table_at(table_at), .records_at(records_at), .status_at(status_at), .slots(slots), .given(given), .given_back(given_back),
			.irq_frames(irq_frames), .expired(expired), .timer_hold(timer_hold), .seen_write(seen_write), .seen(reg_wdata),
			.clear_irq(clear_irq), .clears(reg_wdata[4:1]), .put(put), .put_block(put_block), .bytes(put_bytes), .room(room),
			.played(played), .part(fill != 0), .frame_played(frame_played), .overflow(overflow), .sealed(sealed), .ended(ended),
			.taken(reg_read), .select(dma_select), .word(told_word), .snap(snap), .of_record(of_record), .complete(complete),
			.fetched(fetched), .done(done), .finishes(finishes), .fails(fails), .fail_code(fail_code), .told(told),
			.update_next(update_next), .resetting(resetting), .commit(commit), .failed_silently(silent), .data(data), .again(again),
			.w_valid(w_valid), .w_ready(w_ready), .w_first(w_first), .w_last(w_last), .w_addr(w_addr), .w_len(w_len), .w_data(w_data),
			.w_idle(w_idle), .w_flush(w_flush), .w_error(w_error), .r_valid(r_valid), .r_ready(r_ready), .r_addr(r_addr), .r_len(r_len), .d_valid(d_valid),
			.d_data(d_data), .d_error(d_error)
		);

		acq_r1_timer #(.CLOCKS_PER_US(CLOCKS_PER_US)) timer (
			.clk(clk), .hold(us_write || timer_hold), .irq_us(irq_us), .tick(tick), .expired(expired)
		);

		acq_r1_irq irqs (
			.clk(clk), .reset(reset), .start(start), .data(data),
			.raise({1'b0, error || silent, 2'b0} | (commit ? told & ~(clear_irq ? reg_wdata[4:1] : 4'b0) : 4'b0)), .clear(clear_irq),
			.clears(reg_wdata[4:1]), .mask(irq_mask), .again(again), .status(irq_status), .level(intx),
			.enable(bus_master && msi_enable), .message(msi_valid), .message_ready(msi_ready)
		);

		/* verilator lint_off UNUSEDSIGNAL */
		wire unused = &{dma, ramp, pop, pop_rest, underrun, tick};
		/* verilator lint_on UNUSEDSIGNAL */
	end else begin : none
		reg done;
		always @(posedge clk)
			done <= reg_read;
		assign reg_done = done;
		assign {reg_busy, reg_rdata, m_axis_tvalid, m_axis_tdata, m_axis_tlast, m_axis_tuser, intx, msi_valid} = 0;
		assign {w_valid, w_first, w_last, w_addr, w_len, w_data, w_flush, r_valid, r_addr, r_len} = 0;
		/* verilator lint_off UNUSEDSIGNAL */
		wire unused = &{rst, reg_write, reg_addr, reg_wdata, stamp, m_axis_tready, bus_master, msi_enable, msi_ready, w_ready,
				w_idle, w_error, r_ready, d_valid, d_data, d_error};
		/* verilator lint_on UNUSEDSIGNAL */
	end endgenerate
endmodule
