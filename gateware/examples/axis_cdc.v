// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A stream from one clock to another: 16 words, pointers in Gray code. What comes when it
 * is full is lost: the reading side must be the faster one. Both sides begin anew with
 * RST, which may come from anywhere.
 *
 * Constraints: axi_top.xdc.
 */
module axis_cdc #(
	parameter BITS = 16
) (
	input wire rst,
	input wire s_clk,
	input wire s_axis_tvalid,
	output wire s_axis_tready,
	input wire [BITS - 1:0] s_axis_tdata,
	input wire m_clk,
	output wire m_axis_tvalid,
	input wire m_axis_tready,
	output wire [BITS - 1:0] m_axis_tdata
);
	/* the reset comes at once; it goes with a clock of the writing side, and behind that of the reading one */
	(* async_reg = "true" *) reg [1:0] s_rsts, m_rsts;
	wire s_rst = s_rsts[1], m_rst = m_rsts[1];
	always @(posedge s_clk or posedge rst)
		if (rst)
			s_rsts <= 2'b11;
		else
			s_rsts <= {s_rsts[0], 1'b0};
	/* verilator lint_off SYNCASYNCNET */
	always @(posedge m_clk or posedge s_rst)
		if (s_rst)
			m_rsts <= 2'b11;
		else
			m_rsts <= {m_rsts[0], 1'b0};
	/* verilator lint_on SYNCASYNCNET */

	reg [BITS - 1:0] memory [0:15];
	reg [4:0] s_at, m_at;
	reg [4:0] s_gray, m_gray;	/* these cross, one bit at a time */
	(* async_reg = "true" *) reg [4:0] s_gray1, s_gray2, m_gray1, m_gray2;
	wire [4:0] s_next = s_at + 1'b1;
	wire [4:0] m_next = m_at + 1'b1;

	assign s_axis_tready = !s_rst && s_gray != {~m_gray2[4:3], m_gray2[2:0]};
	assign m_axis_tvalid = !m_rst && m_gray != s_gray2;
	assign m_axis_tdata = memory[m_at[3:0]];

	always @(posedge s_clk) begin
		m_gray1 <= m_gray;
		m_gray2 <= m_gray1;
		if (s_axis_tvalid && s_axis_tready) begin
			memory[s_at[3:0]] <= s_axis_tdata;
			s_at <= s_next;
			s_gray <= s_next ^ {1'b0, s_next[4:1]};
		end
		if (s_rst) begin
			s_at <= 0;
			s_gray <= 0;
			m_gray1 <= 0;
			m_gray2 <= 0;
		end
	end

	always @(posedge m_clk) begin
		s_gray1 <= s_gray;
		s_gray2 <= s_gray1;
		if (m_axis_tvalid && m_axis_tready) begin
			m_at <= m_next;
			m_gray <= m_next ^ {1'b0, m_next[4:1]};
		end
		if (m_rst) begin
			m_at <= 0;
			m_gray <= 0;
			s_gray1 <= 0;
			s_gray2 <= 0;
		end
	end
endmodule
