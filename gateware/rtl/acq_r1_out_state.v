// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ACQ-R1, output side: COMMAND and STATE. STOP leaves the state as it is: it says that
 * no more comes (STOPS). HALTING lasts until the page of the end has left.
 */
module acq_r1_out_state (
	input wire clk,
	input wire rst,
	input wire command,
	input wire [4:0] commands,	/* START, STOP, RESET, -, HALT */
	input wire config_bad,
	input wire resetting,
	input wire there,		/* a block is in the FIFO */
	/* of the DMA engine, each a clock */
	input wire done,
	input wire failed,
	input wire [2:0] why,
	output wire start,
	output wire reset,
	output wire stops,
	output reg halting,
	output reg [2:0] state,
	output reg [2:0] code,
	output wire active,
	output wire running,
	output wire error		/* that no page tells of */
);
	localparam IDLE = 0, ARMED = 1, RUNNING = 2, DONE = 4, ERROR = 5;
	localparam CONFIG = 1;

	wire obeyed = command && !commands[2];
	assign reset = rst || (command && commands[2]);
	assign running = state == RUNNING;
	assign active = running || state == ARMED;
	assign start = obeyed && commands[0] && !active && !resetting;
	assign stops = obeyed && commands[1] && active;
	assign error = start && config_bad;

	always @(posedge clk) begin
		if (state == ARMED && there)
			state <= RUNNING;
		if (obeyed && commands[4] && active)
			halting <= 1;
		if (start) begin
			state <= config_bad ? ERROR : ARMED;
			code <= CONFIG;
			halting <= 0;
		end
		if (done)
			state <= DONE;
		if (failed) begin
			state <= ERROR;
			code <= why;
		end
		if (reset) begin
			state <= IDLE;
			code <= 0;
			halting <= 0;
		end
	end

	/* verilator lint_off UNUSEDSIGNAL */
	wire unused = commands[3];
	/* verilator lint_on UNUSEDSIGNAL */
endmodule
