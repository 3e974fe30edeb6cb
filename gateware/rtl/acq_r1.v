// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ACQ-R1: an acquisition card, but for its bus. The register port is to be reached at
 * BAR 0 (acq_r1_axil.v); posted writes and reads of the DMA engine go by an adapter of
 * the bus (acq_r1_axi4.v, acq_r1_litepcie.v, acq_r1_xdma.v).
 *
 * All is of one clock. RST is that of the bus: power-on, or the link going down.
 */
module acq_r1 #(
	parameter HAS_DMA = 1,
	parameter HAS_FIFO = 0,		/* one of them, or both */
	parameter HAS_OUT = 0,		/* CAPS tells of an output side; acq_r1_duplex.v has one */
	parameter PARTIAL = 1,		/* DMA tells of blocks that are not complete */
	parameter CHANNELS = 1,
	parameter FORMAT = 2,		/* s8 u8 s16 u16 s32 u32 */
	parameter LANE_BYTES = 1 << (FORMAT / 2),	/* of the stream: whole samples, 8 at most */
	parameter FIFO_LOG2 = 12,	/* bytes */
	parameter WAIT = 0,		/* the stream waits for the host */
	parameter RAMP = 1,
	parameter ADDR_BITS = 64,
	parameter TABLE_LOG2 = 8,	/* most entries */
	parameter BLOCK_LOG2 = 22,	/* largest block, bytes */
	parameter BURST_LOG2 = 3,	/* beats of 8 bytes in a burst: 3, or 4 with packets of 128 bytes */
	parameter COUNT_BITS = 56,	/* of the counters: must last for ten years */
	parameter CLOCKS_PER_US = 125,
	parameter CLOCK_HZ = 1000000,	/* frames */
	parameter STAMP_HZ = 0,		/* of CLK, for timestamps; 0: none */
	parameter REVISION = 0,
	parameter [63:0] SERIAL = 0
) (
	input wire clk,
	input wire rst,
	/* register port */
	output wire reg_busy,
	input wire reg_write,
	input wire reg_read,
	input wire [12:2] reg_addr,
	input wire [31:0] reg_wdata,
	output wire reg_done,
	output wire [31:0] reg_rdata,
	/* samples: AXI-Stream, LAST with the last lane of a frame */
	input wire s_axis_tvalid,
	output wire s_axis_tready,
	input wire [8 * LANE_BYTES - 1:0] s_axis_tdata,
	input wire s_axis_tlast,
	/* interrupts: INTX is a level; a message is sent once for each handshake */
	input wire bus_master,		/* Bus Master Enable */
	input wire msi_enable,
	output wire intx,
	output wire msi_valid,
	input wire msi_ready,
	/* posted writes; ADDR and LEN (beats) hold through the burst. IDLE: all that was taken has left */
	output wire w_valid,
	input wire w_ready,
	output wire w_first,
	output wire w_last,
	output wire [ADDR_BITS - 1:0] w_addr,
	output wire [4:0] w_len,
	output wire [63:0] w_data,
	input wire w_idle,
	input wire w_error,
	/* reads of 16 bytes, answered by two beats, or by one with ERROR */
	output wire r_valid,
	input wire r_ready,
	output wire [ADDR_BITS - 1:0] r_addr,
	input wire d_valid,
	input wire [63:0] d_data,
	input wire d_error
);
	localparam SAMPLE_BYTES = 1 << (FORMAT / 2);
	localparam FRAME_BYTES = CHANNELS * SAMPLE_BYTES;
	localparam FRAME_LOG2 = $clog2(FRAME_BYTES);
	localparam WORD_LOG2 = HAS_DMA != 0 ? 3 : LANE_BYTES == 8 ? 3 : 2;
	localparam UNIT_LOG2 = HAS_FIFO != 0 ? 2 : 3;
	localparam SAMPLE_BITS = 8 << WORD_LOG2;
	localparam STEP_BITS = HAS_DMA == 0 ? 1 : FRAME_BYTES == 1 << FRAME_LOG2 && FRAME_BYTES <= 64 ? BLOCK_LOG2 - FRAME_LOG2 + 1 : BLOCK_LOG2 + 1;
	localparam [31:0] CAPS = (HAS_DMA != 0 ? 1 : 0) | (HAS_FIFO != 0 ? 2 : 0) | (WAIT != 0 ? 4 : 0) | (RAMP != 0 ? 1 << 8 : 0) |
				 (HAS_OUT != 0 ? 1 << 11 : 0) | 1 << 14 | (HAS_DMA != 0 && PARTIAL == 0 ? 1 << 16 : 0);
	localparam [31:0] LIMITS = HAS_DMA != 0 ? ADDR_BITS << 24 | TABLE_LOG2 << 16 | BLOCK_LOG2 << 8 | 6 : 0;

	/* what cannot be has no module of this name */
	generate if ((HAS_DMA == 0 && HAS_FIFO == 0) || CHANNELS < 1 || CHANNELS > 32 || FORMAT > 5 ||
		     LANE_BYTES < SAMPLE_BYTES || LANE_BYTES > 8 || FRAME_BYTES % LANE_BYTES != 0 ||
		     (HAS_FIFO != 0 && (1 << FIFO_LOG2) < FRAME_BYTES + 3) || (1 << FIFO_LOG2) < FRAME_BYTES ||
		     (HAS_DMA != 0 && (FIFO_LOG2 < 7 || TABLE_LOG2 < 2 || TABLE_LOG2 > 15 ||
				       BLOCK_LOG2 < 12 || BLOCK_LOG2 > 30 || BURST_LOG2 < 3 || BURST_LOG2 > 4 ||
				       ADDR_BITS < 24 || ADDR_BITS > 64)) || COUNT_BITS < 33 || COUNT_BITS > 64) begin : wrong
		acq_r1_cannot_have_these_parameters no ();
	end endgenerate

	wire start, reset, running, draining, command, config_bad, dma, ramp, losing, overflow;
	wire error, finished, underrun, pop_word, pop_rest, seen_write, us_write, clear_irq, odd;
	wire [2:0] state, code;
	wire [4:0] irq_status, irq_mask;
	wire [15:0] irq_frames, irq_us;
	wire [FIFO_LOG2:0] level;
	wire [3:0] host_select, dma_select;
	/* verilator lint_off UNUSEDSIGNAL */
	wire [63:0] word;
	/* verilator lint_on UNUSEDSIGNAL */
	wire [ADDR_BITS - 1:6] table_at, records_at, status_at;
	wire [TABLE_LOG2 - 1:0] slots;
	wire [31:0] given;
	wire given_back;
	wire [COUNT_BITS - 1:0] frames, dropped, index, lost, stamp;
	wire [SAMPLE_BITS - 1:0] samples;
	wire put, put_last, fits, stale, resume, advance, tick, expired;
	wire [8 * LANE_BYTES - 1:0] put_data;
	wire [STEP_BITS - 1:0] step;

	wire [COUNT_BITS - 1:0] dropped_told;

	/* of the DMA engine */
	wire freeze;
	wire engine_pop, engine_clear, engine_resume, engine_hold, resetting, commit, silent, engine_data, again;
	wire record_done, record_last, finishes, fails;
	wire [31:0] complete, fill_bytes, update_next;
	wire [2:0] fail_code;
	wire [4:1] told;

	acq_r1_regs #(
		.HAS_DMA(HAS_DMA), .HAS_FIFO(HAS_FIFO), .RAMP(RAMP), .ADDR_BITS(ADDR_BITS), .TABLE_LOG2(TABLE_LOG2),
		.FIFO_LOG2(FIFO_LOG2), .COUNT_BITS(COUNT_BITS), .SAMPLE_BYTES(SAMPLE_BYTES), .SAMPLE_BITS(SAMPLE_BITS), .REVISION(REVISION), .CAPS(CAPS),
		.SERIAL(SERIAL), .CHANNELS(CHANNELS), .FORMAT(FORMAT), .CLOCK_HZ(CLOCK_HZ), .FIFO_BYTES(1 << FIFO_LOG2),
		.LIMITS(LIMITS), .TS_HZ(STAMP_HZ)
	) regs (
		.clk(clk), .reset(reset), .start(start), .busy(reg_busy), .write(reg_write), .read(reg_read), .addr(reg_addr),
		.wdata(reg_wdata), .done(reg_done), .rdata(reg_rdata), .state(resetting ? 3'd3 : state), .code(code), .losing(losing),
		.draining(draining), .running(running), .irq_status(irq_status), .level(level), .select(host_select), .word(word[COUNT_BITS - 1:0]),
		.samples(samples), .odd(odd), .command(command), .clear_irq(clear_irq), .irq_mask(irq_mask), .irq_frames(irq_frames), .irq_us(irq_us),
		.us_write(us_write), .seen_write(seen_write), .dma(dma), .ramp(ramp), .config_bad(config_bad), .table_at(table_at),
		.records_at(records_at), .status_at(status_at), .slots(slots), .given(given), .given_back(given_back),
		.pop(pop_word), .pop_rest(pop_rest), .underrun(underrun)
	);

	acq_r1_state #(.HAS_FIFO(HAS_FIFO)) states (
		.clk(clk), .rst(rst), .command(command), .commands(reg_wdata[2:0]), .config_bad(config_bad), .dma(dma),
		.empty(level == 0), .underrun(underrun), .dma_resetting(resetting), .dma_done(commit && finishes && !fails),
		.dma_failed(silent || (commit && fails)), .dma_code(silent ? 3'd2 : fail_code), .start(start), .reset(reset),
		.state(state), .code(code), .running(running), .draining(draining), .error(error), .finished(finished)
	);

	acq_r1_source #(
		.LANE_BYTES(LANE_BYTES), .SAMPLE_BYTES(SAMPLE_BYTES), .FRAME_LANES(FRAME_BYTES / LANE_BYTES), .RAMP(RAMP),
		.WAIT(WAIT), .COUNT_BITS(COUNT_BITS), .STEP_BITS(STEP_BITS)
	) source (
		.clk(clk), .start(start || reset), .running(running), .s_valid(s_axis_tvalid), .s_ready(s_axis_tready), .s_data(s_axis_tdata),
		.s_last(s_axis_tlast), .ramp(ramp), .fits(fits), .put(put), .put_last(put_last), .put_data(put_data), .resume(resume),
		.losing(losing), .overflow(overflow), .frames(frames), .dropped(dropped), .index(index), .lost(lost),
		.advance(advance), .step(step)
	);
	/* with the FIFO transfer an episode lasts until the host has seen OVERFLOW, too */
	assign resume = dma ? engine_resume : losing && level == 0 && !irq_status[1];

	acq_r1_fifo #(
		.LOG2(FIFO_LOG2), .LANE_LOG2($clog2(LANE_BYTES)), .WORD_LOG2(WORD_LOG2), .UNIT_LOG2(UNIT_LOG2),
		.FRAME_BYTES(FRAME_BYTES)
	) fifo (
		.clk(clk), .clear(start || pop_rest || engine_clear), .put(put), .put_last(put_last), .put_data(put_data), .fits(fits),
		.pop({engine_pop && HAS_FIFO != 0, pop_word || (engine_pop && HAS_FIFO == 0)}), .q(samples), .stale(stale), .odd(odd), .level(level)
	);

	acq_r1_words #(
		.COUNT_BITS(COUNT_BITS), .HAS_DMA(HAS_DMA), .HAS_STAMP(STAMP_HZ)
	) words (
		.select(HAS_DMA == 0 || reg_read ? host_select : dma_select), .frames(frames), .dropped(dropped_told), .stamp(stamp),
		.index(index), .lost(lost), .complete(complete), .fill(fill_bytes),
		.state(fails ? 3'd5 : finishes ? 3'd4 : state), .code(fails ? fail_code : 3'd0), .losing(losing && !fails),
		.irq({irq_status[4:1] | told, 1'b1}), .update(update_next), .done(record_done), .last(record_last), .word(word)
	);

	acq_r1_timer #(.CLOCKS_PER_US(CLOCKS_PER_US)) timer (
		.clk(clk), .hold(us_write || (dma ? engine_hold : pop_word || pop_rest || level < 4)), .irq_us(irq_us), .tick(tick),
		.expired(expired)
	);

	generate if (STAMP_HZ != 0) begin : stamps
		reg [COUNT_BITS - 1:0] clocks;
		initial clocks = 0;
		always @(posedge clk)
			clocks <= clocks + 1'b1;
		assign stamp = clocks;
	end else begin : no_stamps
		assign stamp = 0;
	end endgenerate

	/* DATA of the FIFO transfer; here, so that all that it looks at is of one clock */
	reg fifo_data;
	generate if (HAS_FIFO != 0) begin : fifo_irq
		localparam W = 16 + 8;
		localparam [31:0] FRAME = FRAME_BYTES;
		wire [W - 1:0] threshold = {8'b0, irq_frames} * FRAME[W - 1:0];
		wire much = |irq_frames ? {{W - 1 - FIFO_LOG2{1'b0}}, level} >= threshold : |level[FIFO_LOG2:FIFO_LOG2 - 1];
		always @(posedge clk)
			fifo_data <= !dma && ((level >= 4 && (running || draining) && (much || !fits || expired)) ||
				     (level != 0 && (losing || draining)));
	end else begin : no_fifo_irq
		always @(posedge clk)
			fifo_data <= 0;
	end endgenerate

	acq_r1_irq irqs (
		.clk(clk), .reset(reset), .start(start), .data(dma ? engine_data : fifo_data),
		.raise({finished, error || silent, 1'b0, overflow && !dma} | (commit ? told & ~(clear_irq ? reg_wdata[4:1] : 4'b0) : 4'b0)), .clear(clear_irq),
		.clears(reg_wdata[4:1]), .mask(irq_mask), .again(again), .status(irq_status), .level(intx),
		.enable(bus_master && msi_enable), .message(msi_valid), .message_ready(msi_ready)
	);

	generate if (HAS_DMA != 0) begin : by_dma
		wire pops;
		reg [COUNT_BITS - 1:0] copy;
		assign engine_pop = pops;
		assign dropped_told = copy;
		always @(posedge clk)
			if (!freeze)
				copy <= dropped;
		acq_r1_dma #(
			.ADDR_BITS(ADDR_BITS), .TABLE_LOG2(TABLE_LOG2), .BLOCK_LOG2(BLOCK_LOG2), .BURST_LOG2(BURST_LOG2),
			.FIFO_LOG2(FIFO_LOG2), .FRAME_BYTES(FRAME_BYTES), .STEP_BITS(STEP_BITS), .PARTIAL(PARTIAL)
		) engine (
			.clk(clk), .rst(rst), .reset(reset), .start(start), .running(running && dma), .draining(draining && dma),
			.losing(losing), .overflow(overflow && dma), .master(bus_master), .table_at(table_at), .records_at(records_at),
			.status_at(status_at), .slots(slots), .given(given), .given_back(given_back), .irq_frames(irq_frames),
			.moderated(|irq_frames || |irq_us), .tick(tick), .expired(expired), .timer_hold(engine_hold),
			.seen_write(seen_write), .seen(reg_wdata), .clear_irq(clear_irq), .clears(reg_wdata[4:1]), .there(level), .stale(stale), .samples(samples), .pop(pops), .clear(engine_clear),
			.resume(engine_resume), .advance(advance), .step(step), .taken(reg_read), .select(dma_select), .word(word),
			.freeze(freeze), .complete(complete), .fill_bytes(fill_bytes), .done(record_done), .last(record_last), .finishes(finishes),
			.fails(fails), .fail_code(fail_code), .told(told), .update_next(update_next), .resetting(resetting),
			.commit(commit), .failed_silently(silent), .data(engine_data), .again(again), .w_valid(w_valid),
			.w_ready(w_ready), .w_first(w_first), .w_last(w_last), .w_addr(w_addr), .w_len(w_len), .w_data(w_data),
			.w_idle(w_idle), .w_error(w_error), .r_valid(r_valid), .r_ready(r_ready), .r_addr(r_addr), .d_valid(d_valid),
			.d_data(d_data), .d_error(d_error)
		);
	end else begin : no_dma
		assign dropped_told = dropped;
		assign {freeze, engine_pop, engine_clear, engine_resume, engine_hold, resetting, commit, silent, engine_data, again} = 0;
		assign {record_done, record_last, finishes, fails, fail_code, told, complete, fill_bytes, update_next} = 0;
		assign {advance, step, dma_select} = 0;
		assign {w_valid, w_first, w_last, w_addr, w_len, w_data, r_valid, r_addr} = 0;
		/* verilator lint_off UNUSEDSIGNAL */
		wire unused = &{seen_write, table_at, records_at, status_at, slots, given, given_back, w_ready, w_idle, w_error,
				r_ready, d_valid, d_data, d_error, tick, stale, freeze};
		/* verilator lint_on UNUSEDSIGNAL */
	end endgenerate
endmodule
