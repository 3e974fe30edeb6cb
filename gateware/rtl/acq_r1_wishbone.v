// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ACQ-R1: from Wishbone (classic, 32 bits, addresses of words) to the register port. A
 * read that is given up is made all the same, but its answer is not taken for another's.
 */
module acq_r1_wishbone (
	input wire clk,
	input wire rst,
	input wire wb_cyc,
	input wire wb_stb,
	input wire wb_we,
	input wire [10:0] wb_adr,
	input wire [3:0] wb_sel,
	input wire [31:0] wb_dat_w,
	output wire [31:0] wb_dat_r,
	output reg wb_ack,
	/* register port */
	input wire busy,
	output reg write,
	output reg read,
	output reg [12:2] addr,
	output reg [31:0] wdata,
	input wire done,
	input wire [31:0] rdata
);
	reg waiting;			/* for DONE */
	reg gone;			/* nobody does any more */
	wire here = wb_cyc && wb_stb;
	wire take = here && !busy && !write && !read && !waiting && !wb_ack;

	assign wb_dat_r = rdata;
	always @(posedge clk) begin
		write <= take && wb_we && &wb_sel;
		read <= take && !wb_we;
		if (take) begin
			addr <= wb_adr;
			wdata <= wb_dat_w;
		end
		if (read)
			waiting <= 1;
		else if (done)
			waiting <= 0;
		gone <= (read || waiting) && (gone || !here);
		wb_ack <= (take && wb_we) || (waiting && done && here && !gone);
		if (rst) begin
			write <= 0;
			read <= 0;
			waiting <= 0;
			gone <= 0;
			wb_ack <= 0;
		end
	end
endmodule
