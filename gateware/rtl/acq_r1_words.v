// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ACQ-R1: all that is told to the host, as words of 64 bits. The DMA engine sends
 * records and status page from here, and the counters are read from here.
 *
 *	0 to 7	the status page, from "progress" to "update"
 *	8 to 11	a record, from "index" to "bytes" and "flags"
 */
module acq_r1_words #(
	parameter COUNT_BITS = 56,
	parameter HAS_DMA = 1,
	parameter HAS_STAMP = 0
) (
	input wire [3:0] select,
	input wire [COUNT_BITS - 1:0] frames,
	input wire [COUNT_BITS - 1:0] dropped,
	input wire [COUNT_BITS - 1:0] stamp,
	input wire [COUNT_BITS - 1:0] index,
	input wire [COUNT_BITS - 1:0] lost,
	/* of the DMA engine */
	input wire [31:0] complete,
	input wire [31:0] fill,
	input wire [2:0] state,
	input wire [2:0] code,
	input wire losing,
	input wire [4:0] irq,
	input wire [31:0] update,
	input wire done,
	input wire last,
	output reg [63:0] word
);
	always @* begin
		word = 0;
		case (select)
		1: word[COUNT_BITS - 1:0] = frames;
		2: word[COUNT_BITS - 1:0] = dropped;
		3: word[COUNT_BITS - 1:0] = HAS_STAMP != 0 ? stamp : {COUNT_BITS{1'b0}};
		8: word[COUNT_BITS - 1:0] = index;
		default:
			if (HAS_DMA != 0)
				case (select)
				0: word = {complete, fill};
				5: word = {27'b0, irq, 13'b0, code, 7'b0, losing, 5'b0, state};
				7: word = {update, 32'b0};
				9: word[COUNT_BITS - 1:0] = lost;
				11: word = {complete[15:0], 13'b0, last, 1'b0, done, fill};
				default: ;
				endcase
		endcase
	end
endmodule
