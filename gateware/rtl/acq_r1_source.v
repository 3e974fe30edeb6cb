// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ACQ-R1: the source. Takes frames from the stream, decides of each as a whole
 * whether it is stored or lost, and counts.
 */
module acq_r1_source #(
	parameter LANE_BYTES = 2,
	parameter SAMPLE_BYTES = 2,
	parameter FRAME_LANES = 1,
	parameter RAMP = 1,
	parameter WAIT = 0,		/* the stream waits, nothing is lost */
	parameter COUNT_BITS = 56,
	parameter STEP_BITS = 20
) (
	input wire clk,
	input wire start,
	input wire running,
	/* AXI-Stream of lanes; LAST: of the frame */
	input wire s_valid,
	output wire s_ready,
	input wire [8 * LANE_BYTES - 1:0] s_data,
	input wire s_last,
	input wire ramp,
	/* to the FIFO */
	input wire fits,
	output wire put,
	output wire put_last,
	output wire [8 * LANE_BYTES - 1:0] put_data,
	/* losses */
	input wire resume,		/* all that was stored has been delivered */
	output reg losing,
	output wire overflow,
	/* counters; INDEX is of the stretch's first frame, and goes STEP frames further with ADVANCE */
	output reg [COUNT_BITS - 1:0] frames,
	output reg [COUNT_BITS - 1:0] dropped,
	output reg [COUNT_BITS - 1:0] index,
	output reg [COUNT_BITS - 1:0] lost,
	input wire advance,
	input wire [STEP_BITS - 1:0] step
);
	localparam PER_LANE = LANE_BYTES / SAMPLE_BYTES;	/* samples */
	localparam PER_LANE_LOG2 = $clog2(PER_LANE);
	localparam WIDTH = 8 * SAMPLE_BYTES;

	reg [COUNT_BITS - 1:0] gap;	/* lost since the last stored frame */
	reg fresh;			/* nothing of this stretch is stored yet */
	wire beat = s_valid && s_ready;
	wire first, last;
	wire count, store;		/* the frame of this lane is of the run; is stored */

	generate if (FRAME_LANES == 1) begin : single
		assign first = 1;
		assign last = 1;
		assign count = running;
		assign store = running && !losing && fits;
		/* verilator lint_off UNUSEDSIGNAL */
		wire unused = s_last;
		/* verilator lint_on UNUSEDSIGNAL */
	end else begin : several
		reg midst, counts, stores;
		assign first = !midst;
		assign last = s_last;
		assign count = running && (first || counts);
		assign store = running && (first ? !losing && fits : stores);
		initial midst = 0;
		always @(posedge clk) begin
			if (beat) begin
				midst <= !s_last;
				counts <= count;
				stores <= store;
			end
			/* what has begun before START is not of this run */
			if (start) begin
				counts <= 0;
				stores <= 0;
			end
		end
	end endgenerate

	assign s_ready = WAIT == 0 || !running || !first || fits;
	assign put = beat && store;
	assign put_last = last;
	assign overflow = beat && count && first && !store && !losing;

	wire whole = beat && count && last;
	always @(posedge clk) begin
		if (whole)
			frames <= frames + 1'b1;
		if (whole && !store) begin
			dropped <= dropped + 1'b1;
			gap <= gap + 1'b1;
		end
		if (advance)
			lost <= 0;
		if (whole && store) begin
			fresh <= 0;
			gap <= 0;
			if (fresh)
				lost <= gap;
		end
		if (resume)
			fresh <= 1;
		if (overflow)
			losing <= 1;
		if (resume || !running)
			losing <= 0;
		if (start) begin
			frames <= 0;
			dropped <= 0;
			gap <= 0;
			lost <= 0;
			fresh <= 1;
		end
	end

	wire load = whole && store && fresh;
	wire [COUNT_BITS - 1:0] from = load ? frames : index;
	always @(posedge clk)
		if (load || advance)
			index <= from + {{COUNT_BITS - STEP_BITS{1'b0}}, load ? {STEP_BITS{1'b0}} : step};

	/* the ramp: number of the sample, lost ones included */
	generate if (RAMP != 0) begin : ramps
		reg [WIDTH - PER_LANE_LOG2 - 1:0] number;
		wire [8 * LANE_BYTES - 1:0] value;
		genvar i;
		for (i = 0; i < PER_LANE; i = i + 1) begin : sample
			if (PER_LANE == 1) begin : all
				assign value = number;
			end else begin : low
				localparam [PER_LANE_LOG2 - 1:0] LOW = i;
				assign value[i * WIDTH +: WIDTH] = {number, LOW};
			end
		end
		always @(posedge clk)
			if (start)
				number <= 0;
			else if (beat && count)
				number <= number + 1'b1;
		assign put_data = ramp ? value : s_data;
	end else begin : inputs
		assign put_data = s_data;
		/* verilator lint_off UNUSEDSIGNAL */
		wire unused = ramp;
		/* verilator lint_on UNUSEDSIGNAL */
	end endgenerate

`ifdef FORMAL
`include "source.vh"
`endif
endmodule
