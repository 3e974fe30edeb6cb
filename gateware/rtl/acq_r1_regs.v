// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ACQ-R1: the registers. What they hold is read back from a memory, which a RESET
 * writes in 64 clocks; what the card looks at all the time is kept in flip-flops
 * besides. The counters come by WORD.
 */
module acq_r1_regs #(
	parameter HAS_DMA = 1,
	parameter HAS_FIFO = 1,
	parameter RAMP = 1,
	parameter ADDR_BITS = 64,
	parameter TABLE_LOG2 = 8,
	parameter FIFO_LOG2 = 12,
	parameter COUNT_BITS = 56,
	parameter SAMPLE_BYTES = 2,
	parameter SAMPLE_BITS = 32,
	/* properties */
	parameter [31:0] REVISION = 0,
	parameter [31:0] CAPS = 0,
	parameter [63:0] SERIAL = 0,
	parameter [31:0] CHANNELS = 1,
	parameter [31:0] FORMAT = 2,
	parameter [31:0] CLOCK_HZ = 1000000,
	parameter [31:0] FIFO_BYTES = 4096,
	parameter [31:0] LIMITS = 0,
	parameter [31:0] TS_HZ = 0
) (
	input wire clk,
	input wire reset,
	input wire start,
	/* register port */
	output wire busy,
	input wire write,
	input wire read,
	input wire [12:2] addr,
	input wire [31:0] wdata,
	output reg done,
	output wire [31:0] rdata,
	/* what is read */
	input wire [2:0] state,
	input wire [2:0] code,
	input wire losing,
	input wire draining,
	input wire running,
	input wire [4:0] irq_status,
	input wire [FIFO_LOG2:0] level,
	output reg [3:0] select,
	input wire [COUNT_BITS - 1:0] word,
	input wire [SAMPLE_BITS - 1:0] samples,
	input wire odd,
	/* what is written */
	output wire command,
	output wire clear_irq,
	output reg [4:0] irq_mask,
	output reg [15:0] irq_frames,
	output reg [15:0] irq_us,
	output wire us_write,
	output wire seen_write,
	output wire dma,
	output reg ramp,
	output wire config_bad,
	output wire [ADDR_BITS - 1:6] table_at,
	output wire [ADDR_BITS - 1:6] records_at,
	output wire [ADDR_BITS - 1:6] status_at,
	output wire [TABLE_LOG2 - 1:0] slots,
	output wire [31:0] given,
	output wire given_back,
	/* the window: takes a word of 4 bytes; all that there is, but less; has none */
	output wire pop,
	output wire pop_rest,
	output wire underrun
);
	localparam SCRATCH = 6'h0f, COMMAND = 6'h10, STATE = 6'h11, IRQ_STATUS = 6'h12, IRQ_MASK = 6'h13,
		   IRQ_FRAMES = 6'h14, IRQ_US = 6'h15, SEEN = 6'h16, TABLE = 6'h18, /* RECORDS, STATUS */
		   ENTRIES = 6'h1e, GIVEN = 6'h1f, TRANSFER = 6'h20, PATTERN = 6'h29, LEVEL = 6'h38, LAST = 6'h3f;

	wire here = addr[12:8] == 0;
	wire [5:0] number = addr[7:2];
	wire window = addr[12] && HAS_FIFO != 0;

	/* RESET's values: those of registers that can be written */
	reg [5:0] at;
	reg clearing;
	/* START clears GIVEN, and then SEEN */
	reg [1:0] begun;
	assign busy = clearing || begun != 0;
	always @(posedge clk) begin
		begun <= HAS_DMA != 0 && start ? 2'd2 : begun[1] ? 2'd1 : 2'd0;
		if (clearing)
			at <= at + 1'b1;
		if (at == LAST)
			clearing <= 0;
		if (reset) begin
			at <= 0;
			clearing <= 1;
			begun <= 0;
		end
	end

	function writable;
		input [5:0] n;
		writable = n == SCRATCH || n == IRQ_MASK || n == IRQ_FRAMES || n == IRQ_US ||
			   (HAS_DMA != 0 && (n == SEEN || (n >= TABLE && n <= GIVEN))) ||
			   (HAS_DMA != 0 && HAS_FIFO != 0 && n == TRANSFER) || (RAMP != 0 && n == PATTERN);
	endfunction

	/* IRQ_FRAMES and IRQ_US have 16 bits: more counts, and reads, as all of them */
	wire narrow = number == IRQ_FRAMES || number == IRQ_US;
	wire high = |wdata[31:16];
	wire [31:0] value = {narrow ? 16'b0 : wdata[31:16], narrow && high ? 16'hffff : wdata[15:0]};

	reg [31:0] memory [0:63];
	reg [31:0] kept;
	wire [5:0] to = clearing ? at : begun[1] ? GIVEN : begun[0] ? SEEN : number;
	wire keep = write && here && (number != GIVEN || running || draining);
	always @(posedge clk) begin
		if ((busy || keep) && writable(to))
			memory[to] <= !busy ? value : HAS_DMA != 0 && HAS_FIFO != 0 && to == TRANSFER ? 32'd1 : 32'd0;
		if (read)
			kept <= memory[number | {6{!here}}];
	end
	integer i;
	initial begin
		for (i = 0; i < 64; i = i + 1)
			memory[i] = 0;
		memory[0] = 32'h31514341;
		memory[1] = 32'h00010001;
		memory[2] = REVISION;
		memory[3] = CAPS;
		memory[4] = SERIAL[31:0];
		memory[5] = SERIAL[63:32];
		memory[6] = CHANNELS;
		memory[7] = 1 << FORMAT;
		memory[8] = CLOCK_HZ;
		memory[9] = 1;
		memory[10] = 1;
		memory[11] = FIFO_BYTES;
		memory[12] = LIMITS;
		memory[13] = TS_HZ;
		memory[32] = HAS_DMA != 0 ? 1 : 0;
		memory[33] = 1;
		memory[34] = ~(32'hfffffffe << (CHANNELS - 1));
		memory[35] = FORMAT;
	end

	wire to_mask = write && here && number == IRQ_MASK;
	wire to_frames = write && here && number == IRQ_FRAMES;
	wire to_pattern = write && here && number == PATTERN && RAMP != 0;
	reg pattern_bad;
	assign command = write && here && number == COMMAND;
	assign clear_irq = write && here && number == IRQ_STATUS;
	assign us_write = write && here && number == IRQ_US;
	always @(posedge clk) begin
		if (to_mask)
			irq_mask <= wdata[4:0];
		if (to_frames)
			irq_frames <= value[15:0];
		if (us_write)
			irq_us <= value[15:0];
		if (to_pattern) begin
			ramp <= wdata[0];
			pattern_bad <= high || |wdata[15:1];
		end
		if (reset) begin
			irq_mask <= 0;
			irq_frames <= 0;
			irq_us <= 0;
			ramp <= 0;
			pattern_bad <= 0;
		end
	end

	generate if (HAS_DMA != 0) begin : dma_regs
		reg [63:6] address [0:2];
		reg [2:0] low_bad, low_set, high_bad, high_set;
		reg slots_bad, back;
		reg [TABLE_LOG2 - 1:0] mask;
		reg [31:0] blocks;
		/* verilator lint_off UNUSEDSIGNAL */
		wire [31:0] forth = wdata - blocks;
		/* verilator lint_on UNUSEDSIGNAL */
		integer n;
		assign seen_write = write && here && number == SEEN;
		always @(posedge clk) begin
			for (n = 0; n < 3; n = n + 1) begin
				if (write && here && number == TABLE + 2 * n[5:0]) begin
					address[n][31:6] <= wdata[31:6];
					low_bad[n] <= |wdata[5:0] || (ADDR_BITS < 32 && wdata >> ADDR_BITS != 0);
					low_set[n] <= high || |wdata[15:6];
				end
				if (write && here && number == TABLE + 2 * n[5:0] + 6'd1) begin
					address[n][63:32] <= wdata;
					high_set[n] <= high || |wdata[15:0];
					high_bad[n] <= ADDR_BITS < 64 && wdata >> (ADDR_BITS < 32 ? 0 : ADDR_BITS - 32) != 0;
				end
			end
			if (write && here && number == ENTRIES) begin
				for (n = 0; n < TABLE_LOG2; n = n + 1)
					mask[n] <= wdata[7:0] > n[7:0];
				slots_bad <= high || {16'b0, wdata[15:0]} > TABLE_LOG2;
			end
			if (write && here && number == GIVEN && (running || draining)) begin
				blocks <= wdata;
				if (forth[31])
					back <= 1;
			end
			if (start) begin
				blocks <= 0;
				back <= 0;
			end
			if (reset) begin
				low_bad <= 0;
				low_set <= 0;
				high_bad <= 0;
				high_set <= 0;
				mask <= 0;
				slots_bad <= 0;
			end
		end
		assign table_at = address[0][ADDR_BITS - 1:6];
		assign records_at = address[1][ADDR_BITS - 1:6];
		assign status_at = address[2][ADDR_BITS - 1:6];
		assign slots = mask;
		assign given = blocks;
		assign given_back = back;
		wire bad = slots_bad || |low_bad || |high_bad || !(&(low_set | high_set));
		if (HAS_FIFO != 0) begin : both
			reg by_dma, transfer_bad;
			always @(posedge clk) begin
				if (write && here && number == TRANSFER) begin
					by_dma <= wdata[0];
					transfer_bad <= high || |wdata[15:1];
				end
				if (reset) begin
					by_dma <= 1;
					transfer_bad <= 0;
				end
			end
			assign dma = by_dma;
			assign config_bad = pattern_bad || transfer_bad || (by_dma && bad);
		end else begin : alone
			assign dma = 1;
			assign config_bad = pattern_bad || bad;
		end
	end else begin : fifo_regs
		assign seen_write = 0;
		assign dma = 0;
		assign config_bad = pattern_bad;
		assign table_at = 0;
		assign records_at = 0;
		assign status_at = 0;
		assign slots = 0;
		assign given = 0;
		assign given_back = 0;
		/* verilator lint_off UNUSEDSIGNAL */
		wire unused = start;
		/* verilator lint_on UNUSEDSIGNAL */
	end endgenerate

	/* the window */
	wire live = running || draining;
	wire pull = read && window && !dma && live;
	wire [2:0] have = |level[FIFO_LOG2:2] ? 3'd4 : {1'b0, level[1:0]};
	/* a word is here a clock later than LEVEL says so */
	reg ripe;
	always @(posedge clk)
		ripe <= |level[FIFO_LOG2:2];
	assign pop = pull && have == 4 && ripe;
	assign pop_rest = pull && have != 4 && have != 0 && (losing || draining);
	assign underrun = pull && !pop && !pop_rest;

	/* counters: reading the low half keeps the high one */
	wire counter = here && addr[7:6] == 3 && (!addr[5] ? !addr[2] : addr[4:2] == 1);
	wire keeper = here && addr[7:6] == 3 && (!addr[5] ? addr[2] : addr[4:2] == 2);
	always @* begin
		select = 4;	/* reads 0 */
		if (counter)
			select = addr[5] ? 4'd8 : {2'b0, addr[4:3]} + 4'd1;
	end

	reg [31:0] now;
	reg [COUNT_BITS - 33:0] upper;
	reg [31:0] next;		/* what the window pops; accesses are three clocks apart, at least */
	always @(posedge clk)
		next <= odd ? samples[SAMPLE_BITS - 1:SAMPLE_BITS - 32] : samples[31:0];
	wire [31:0] part;
	genvar b;
	generate for (b = 0; b < 4; b = b + 1) begin : bytes
		/* the rest reads as zero */
		localparam [31:0] LANE = (b / SAMPLE_BYTES) * SAMPLE_BYTES;
		assign part[8 * b +: 8] = pop || (pop_rest && {29'b0, have} > LANE) ? next[8 * b +: 8] : 8'd0;
	end endgenerate
	always @(posedge clk) begin
		done <= read;
		if (read) begin
			now <= window ? part : word[31:0];
			if (keeper)
				now <= {{64 - COUNT_BITS{1'b0}}, upper};
			if (here && number == STATE)
				now <= {13'b0, state == 5 ? code : 3'b0, 7'b0, losing, 5'b0, state};
			if (here && number == IRQ_STATUS)
				now <= {27'b0, irq_status};
			if (here && number == LEVEL && HAS_FIFO != 0)
				now <= dma || !live ? 0 : {{31 - FIFO_LOG2{1'b0}}, level};
			if (counter)
				upper <= word[COUNT_BITS - 1:32];
		end
	end
	assign rdata = kept | now;
endmodule
