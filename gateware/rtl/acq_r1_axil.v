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
	output wire write,
	output wire read,
	output wire [12:2] addr,
	output wire [31:0] wdata,
	input wire done,
	input wire [31:0] rdata
);
	reg reading;
	wire free = !busy && !reading && !s_axi_rvalid && !s_axi_bvalid;
	wire writing = free && s_axi_awvalid && s_axi_wvalid;

	assign s_axi_awready = writing;
	assign s_axi_wready = writing;
	assign s_axi_bresp = 0;
	assign s_axi_rresp = 0;
	assign s_axi_rdata = rdata;
	assign write = writing && &s_axi_wstrb;
	assign read = free && s_axi_arvalid && !(s_axi_awvalid && s_axi_wvalid);
	assign s_axi_arready = read;
	assign addr = writing ? s_axi_awaddr[12:2] : s_axi_araddr[12:2];
	assign wdata = s_axi_wdata;

	/* verilator lint_off UNUSEDSIGNAL */
	wire [3:0] unused = {s_axi_awaddr[1:0], s_axi_araddr[1:0]};
	/* verilator lint_on UNUSEDSIGNAL */

	always @(posedge clk) begin
		if (writing)
			s_axi_bvalid <= 1;
		else if (s_axi_bready)
			s_axi_bvalid <= 0;
		if (read)
			reading <= 1;
		else if (done)
			reading <= 0;
		if (reading && done)
			s_axi_rvalid <= 1;
		else if (s_axi_rready)
			s_axi_rvalid <= 0;
		if (rst) begin
			s_axi_bvalid <= 0;
			s_axi_rvalid <= 0;
			reading <= 0;
		end
	end
endmodule
