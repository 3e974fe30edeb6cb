// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ACQ-R1: one master for two sides. Bursts of writes go one after the other, each whole,
 * and so in the order of each side; reads one at a time. IDLE of a side waits for what
 * the other has posted, too: that is never wrong, and a bus needs one IDLE. So that side 1
 * need not wait for a pause of side 0, which may write all the time, none of its bursts begins
 * while FLUSH says that side 1 waits. Without MASTER nothing begins: what had to wait for the other side
 * until then is not sent, or not asked, and is an error. As nobody knows whose write has failed, ERROR is for both.
 */
module acq_r1_share #(
	parameter ADDR_BITS = 64
) (
	input wire clk,
	input wire rst,
	input wire master,		/* Bus Master Enable */
	/* the sides: 0 in the low half */
	input wire [1:0] s_w_valid,
	output wire [1:0] s_w_ready,
	input wire [1:0] s_w_first,
	input wire [1:0] s_w_last,
	input wire [2 * ADDR_BITS - 1:0] s_w_addr,
	input wire [9:0] s_w_len,
	input wire [127:0] s_w_data,
	input wire s_w_flush,		/* of side 1 */
	output wire [1:0] s_w_idle,
	output wire [1:0] s_w_error,
	input wire [1:0] s_r_valid,
	output wire [1:0] s_r_ready,
	input wire [2 * ADDR_BITS - 1:0] s_r_addr,
	input wire [11:0] s_r_len,
	output wire [1:0] s_d_valid,
	output wire [63:0] s_d_data,
	output wire s_d_error,
	/* the bus */
	output wire w_valid,
	input wire w_ready,
	output wire w_first,
	output wire w_last,
	output wire [ADDR_BITS - 1:0] w_addr,
	output wire [4:0] w_len,
	output wire [63:0] w_data,
	input wire w_idle,
	input wire w_error,
	output wire r_valid,
	input wire r_ready,
	output wire [ADDR_BITS - 1:0] r_addr,
	output wire [5:0] r_len,
	input wire d_valid,
	input wire [63:0] d_data,
	input wire d_error
);
	/* whose turn it is: the other's when its burst, or the answer, has ended, if the other asks */
	reg writer, writing, shown, drops;
	wire drop = drops || (s_w_valid[writer] && w_first && !master && !shown);
	always @(posedge clk) begin
		if (w_valid && w_ready)
			writing <= !w_last;
		if (w_valid && w_ready ? w_last : !writing && !w_valid && !drop)
			writer <= s_w_flush || (s_w_valid[!writer] ? !writer : writer);
		/* what the bus has been shown cannot be taken back */
		shown <= w_valid && !w_ready;
		drops <= drop && !(s_w_valid[writer] && w_last);
		if (rst)
			{writer, writing, shown, drops} <= 0;
	end
	assign w_valid = s_w_valid[writer] && !drop;
	wire taken = drop ? s_w_valid[writer] : w_ready;
	assign s_w_ready = {taken && writer, taken && !writer};
	assign w_first = s_w_first[writer];
	assign w_last = s_w_last[writer];
	assign w_addr = writer ? s_w_addr[2 * ADDR_BITS - 1:ADDR_BITS] : s_w_addr[ADDR_BITS - 1:0];
	assign w_len = writer ? s_w_len[9:5] : s_w_len[4:0];
	assign w_data = writer ? s_w_data[127:64] : s_w_data[63:0];
	assign s_w_idle = {2{w_idle}};
	assign s_w_error = {2{w_error}} | {drop && writer, drop && !writer};

	/* who asks is kept from the first clock of that on: an address stays until it is taken */
	reg reader, asking, reading, refuse, refused;
	reg [5:0] left;
	wire ends = d_valid && (d_error || left == 1);
	always @(posedge clk) begin
		refuse <= 0;
		refused <= refuse;
		if (!asking && !reading && !refuse && !refused && s_r_valid != 0) begin
			asking <= master;
			refuse <= !master;
			reader <= s_r_valid[!reader] ? !reader : reader;
		end
		if (asking && !s_r_valid[reader])
			asking <= 0;
		if (r_valid && r_ready) begin
			asking <= 0;
			reading <= 1;
			left <= r_len;
		end
		if (d_valid)
			left <= left - 1'b1;
		if (reading && ends)
			reading <= 0;
		if (rst)
			{reader, asking, reading, refuse, refused} <= 0;
	end
	/* a side that is reset may take back what has not been taken */
	assign r_valid = asking && s_r_valid[reader];
	wire heard = (asking && r_ready) || refuse;
	assign s_r_ready = {heard && reader, heard && !reader};
	assign r_addr = reader ? s_r_addr[2 * ADDR_BITS - 1:ADDR_BITS] : s_r_addr[ADDR_BITS - 1:0];
	assign r_len = reader ? s_r_len[11:6] : s_r_len[5:0];
	wire answer = d_valid || refused;
	assign s_d_valid = {answer && reader, answer && !reader};
	assign s_d_data = d_data;
	assign s_d_error = d_error || refused;
endmodule
