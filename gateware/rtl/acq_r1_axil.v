// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ACQ-R1: from AXI4-Lite to the register port. One access at a time; a write goes
 * before a read. Writes of less than a word are ignored, as the map has none.
 */
module acq_r1_axil (
	input wire clk,
	input wire rst,
	input wire s_axi_awvalid,
	output wire s_axi_awready,
	input wire [12:0] s_axi_awaddr,
	input wire s_axi_wvalid,
	output wire s_axi_wready,
	input wire [31:0] s_axi_wdata,
	input wire [3:0] s_axi_wstrb,
	output reg s_axi_bvalid,
	input wire s_axi_bready,
	output wire [1:0] s_axi_bresp,
	input wire s_axi_arvalid,
	output wire s_axi_arready,
	input wire [12:0] s_axi_araddr,
	output reg s_axi_rvalid,
	input wire s_axi_rready,
	output wire [31:0] s_axi_rdata,
	output wire [1:0] s_axi_rresp,
	/* register port: WRITE and READ last a clock, DATA comes with DONE and stays until the next READ */
	input wire busy,
	output reg write,
	output reg read,
	output reg [12:2] addr,
	output reg [31:0] wdata,
	input wire done,
	input wire [31:0] rdata
);
	reg waiting;			/* for DONE */
	wire free = !busy && !write && !read && !waiting && !s_axi_rvalid && !s_axi_bvalid;
	wire writes = free && s_axi_awvalid && s_axi_wvalid;
	wire reads = free && s_axi_arvalid && !(s_axi_awvalid && s_axi_wvalid);

	assign s_axi_awready = writes;
	assign s_axi_wready = writes;
	assign s_axi_arready = reads;
	assign s_axi_bresp = 0;
	assign s_axi_rresp = 0;
	assign s_axi_rdata = rdata;

	/* verilator lint_off UNUSEDSIGNAL */
	wire [3:0] unused = {s_axi_awaddr[1:0], s_axi_araddr[1:0]};
	/* verilator lint_on UNUSEDSIGNAL */

	always @(posedge clk) begin
		write <= writes && &s_axi_wstrb;
		read <= reads;
		if (free) begin
			addr <= writes ? s_axi_awaddr[12:2] : s_axi_araddr[12:2];
			wdata <= s_axi_wdata;
		end
		if (read)
			waiting <= 1;
		else if (done)
			waiting <= 0;
		if (writes)
			s_axi_bvalid <= 1;
		else if (s_axi_bready)
			s_axi_bvalid <= 0;
		if (waiting && done)
			s_axi_rvalid <= 1;
		else if (s_axi_rready)
			s_axi_rvalid <= 0;
		if (rst) begin
			write <= 0;
			read <= 0;
			waiting <= 0;
			s_axi_bvalid <= 0;
			s_axi_rvalid <= 0;
		end
	end
endmodule
