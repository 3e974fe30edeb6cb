// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ACQ-R1: IRQ_STATUS, the level of INTx, and when a message is to be sent: if
 * something is set that the mask lets through, and messages are possible, and one of
 * the two was not so before; or AGAIN. Between two messages is a clock without one: some
 * bridges want an edge for each.
 */
module acq_r1_irq (
	input wire clk,
	input wire reset,
	input wire start,
	input wire data,
	input wire [4:1] raise,
	input wire clear,
	input wire [4:1] clears,
	input wire [4:0] mask,
	input wire again,
	output wire [4:0] status,
	output wire level,		/* INTx */
	/* messages; ENABLE: Bus Master Enable and MSI Enable */
	input wire enable,
	output wire message,
	input wire message_ready
);
	reg overflow, failed, finished, wanted, sends;
	wire want = level && enable;
	wire ask = want && (!wanted || again);
	wire taken = message && message_ready;
	assign message = sends && enable;

	/* bit 2, TRIGGER, is never raised */
	assign status = {finished, failed, 1'b0, overflow, data};
	assign level = |(status & mask);

	always @(posedge clk) begin
		overflow <= overflow && !(clear && clears[1]) || raise[1];
		failed <= failed && !(clear && clears[3]) && !start || raise[3];
		finished <= finished && !(clear && clears[4]) || raise[4];
		if (start || reset) begin
			overflow <= 0;
			finished <= 0;
		end
		if (reset)
			failed <= 0;
		/* what is asked for as another one is taken is asked for again, a clock later */
		wanted <= want && !(taken && again);
		sends <= message ? !message_ready : ask;
		if (reset) begin
			wanted <= 0;
			sends <= 0;
		end
	end

	/* verilator lint_off UNUSEDSIGNAL */
	wire [1:0] unused = {raise[2], clears[2]};
	/* verilator lint_on UNUSEDSIGNAL */
endmodule
