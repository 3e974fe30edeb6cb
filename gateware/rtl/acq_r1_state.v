// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ACQ-R1: COMMAND and STATE. A trigger is not there, so START leads to RUNNING.
 */
module acq_r1_state #(
	parameter HAS_FIFO = 1
) (
	input wire clk,
	input wire rst,
	input wire command,
	input wire [2:0] commands,	/* START, STOP, RESET */
	input wire config_bad,
	input wire dma,			/* TRANSFER of the run */
	input wire empty,
	input wire underrun,
	/* of the DMA engine, each a clock: what its page has told */
	input wire dma_resetting,
	input wire dma_done,
	input wire dma_failed,
	input wire [2:0] dma_code,
	output wire start,		/* a run begins with the next clock, or is refused */
	output wire reset,
	output reg [2:0] state,
	output reg [2:0] code,
	output wire running,
	output wire draining,
	/* causes of interrupts that no page tells of */
	output wire error,
	output wire finished
);
	localparam IDLE = 0, RUNNING = 2, DRAINING = 3, DONE = 4, ERROR = 5;
	localparam CONFIG = 1, UNDERRUN = 4;

	assign reset = rst || (command && commands[2]);
	assign running = state == RUNNING;
	assign draining = state == DRAINING;

	wire ask = command && !commands[2] && commands[0] && !running && !draining && !dma_resetting;
	wire refuse = ask && config_bad;
	assign start = ask;

	wire dry = HAS_FIFO != 0 && (running || draining) && !dma && underrun;
	/* EMPTY is of a clock before */
	reg draining1, draining2;
	always @(posedge clk) begin
		draining1 <= draining;
		draining2 <= draining1;
	end
	assign finished = HAS_FIFO != 0 && draining && draining1 && draining2 && !dma && empty && !dry;
	assign error = refuse || dry;

	always @(posedge clk) begin
		if (start)
			state <= RUNNING;
		if (running && command && commands[1])
			state <= DRAINING;
		if (finished || dma_done)
			state <= DONE;
		if (error || dma_failed)
			state <= ERROR;
		if (error)
			code <= refuse ? CONFIG : UNDERRUN;
		if (dma_failed)
			code <= dma_code;
		if (reset) begin
			state <= IDLE;
			code <= 0;
		end
	end
endmodule
