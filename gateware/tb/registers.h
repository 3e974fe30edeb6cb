/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Part of both benches' struct Bench: a master of the card's registers, by AXI4-Lite, Wishbone, or
 * the port that the core has. Addresses are those of the BAR. With put() the card has a write, but
 * for the answer to it; fetch() reads.
 */
#ifdef AXI
	void put(uint32_t at, uint32_t value)
	{
		bool address = false, data = false;

		card.s_axi_awaddr = at;
		card.s_axi_wdata = value;
		card.s_axi_wstrb = 15;
		for (int i = 0; !address || !data; i++) {
			CHECK(i < 200, "a write to %03x is not taken", at);
			card.s_axi_awvalid = !address && (card.s_axi_awvalid || chance(0.7));
			card.s_axi_wvalid = !data && (card.s_axi_wvalid || chance(0.7));
			card.eval();
			bool a = card.s_axi_awvalid && card.s_axi_awready, d = card.s_axi_wvalid && card.s_axi_wready;
			cycle();
			address |= a;
			data |= d;
			card.s_axi_awvalid &= !a;
			card.s_axi_wvalid &= !d;
		}
	}

	void put_answer(uint32_t at)
	{
		for (int i = 0; !card.s_axi_bvalid; i++) {
			CHECK(i < 10, "a write to %03x is not answered", at);
			cycle();
		}
		card.s_axi_bready = 1;
		cycle();
		card.s_axi_bready = 0;
	}

	uint32_t fetch(uint32_t at)
	{
		uint32_t value;

		card.s_axi_araddr = at;
		card.s_axi_arvalid = 1;
		for (int i = 0;; i++) {
			CHECK(i < 200, "a read of %03x is not taken", at);
			card.eval();
			bool a = card.s_axi_arready;
			cycle();
			if (a)
				break;
		}
		card.s_axi_arvalid = 0;
		for (int i = 0; !card.s_axi_rvalid; i++) {
			CHECK(i < 10, "a read of %03x is not answered", at);
			cycle();
		}
		cycles(below(3));
		CHECK(card.s_axi_rvalid, "R does not stay");
		value = card.s_axi_rdata;
		card.s_axi_rready = 1;
		cycle();
		card.s_axi_rready = 0;
		return value;
	}
#elif defined(LITEPCIE)
	uint32_t access(uint32_t at, bool we, uint32_t value)
	{
		card.wb_cyc = card.wb_stb = 1;
		card.wb_we = we;
		card.wb_adr = at >> 2;
		card.wb_sel = 15;
		card.wb_dat_w = value;
		for (int i = 0; !card.wb_ack; i++) {
			CHECK(i < 200, "an access of %03x is not acknowledged", at);
			cycle();
		}
		value = card.wb_dat_r;
		card.wb_cyc = card.wb_stb = 0;
		cycle();
		return value;
	}

	void put(uint32_t at, uint32_t value)
	{
		access(at, true, value);
	}

	/* its acknowledgement was the answer */
	void put_answer(uint32_t)
	{
	}

	uint32_t fetch(uint32_t at)
	{
		return access(at, false, 0);
	}
#else
	void put(uint32_t at, uint32_t value)
	{
		while (card.reg_busy)
			cycle();
		card.reg_write = 1;
		card.reg_addr = at >> 2;
		card.reg_wdata = value;
		cycle();
		card.reg_write = 0;
	}

	void put_answer(uint32_t)
	{
	}

	uint32_t fetch(uint32_t at)
	{
		uint32_t value;

		while (card.reg_busy)
			cycle();
		card.reg_read = 1;
		card.reg_addr = at >> 2;
		cycle();
		card.reg_read = 0;
		for (int i = 0; !card.reg_done; i++) {
			CHECK(i < 10, "a read of %03x is not answered", at);
			cycle();
		}
		value = card.reg_rdata;
		cycle();
		return value;
	}
#endif
