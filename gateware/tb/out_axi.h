// SPDX-License-Identifier: GPL-2.0-only
/* Of the output side's bench: an AXI4 slave and an AXI4-Lite master. Is included in struct Bench. */
	std::deque<std::pair<uint64_t, unsigned int>> addresses;	/* of bursts, and their beats */
	std::deque<std::pair<uint64_t, bool>> data_beats;		/* and if they are the last */
	std::deque<bool> answers;
	bool r_failed = false;

	void bus()
	{
		card.m_axi_awready = chance(ready);
		card.m_axi_wready = chance(ready);
		card.m_axi_arready = !reading && chance(ready);
		if (!card.m_axi_bvalid) {
			card.m_axi_bvalid = !answers.empty() && clock >= last_when + late && chance(0.5);
			card.m_axi_bresp = card.m_axi_bvalid && answers.front() ? 2 : 0;
		}
		if (!card.m_axi_rvalid && reading && !mute && clock >= read_when && chance(0.7)) {
			/* from the beat that fails on, all of the read do */
			r_failed |= beat_fails();
			card.m_axi_rvalid = 1;
			card.m_axi_rresp = r_failed ? 2 : 0;
			card.m_axi_rdata = r_failed ? ~0ull : get(read_addr + 8 * read_beat);
			card.m_axi_rlast = read_beat + 1 == read_len;
		}
		others();
	}

	void bussed()
	{
		asked = card.m_axi_arvalid && (asked || leave);
		offered = card.m_axi_awvalid && (offered || leave);
		if (card.m_axi_awvalid && card.m_axi_awready) {
			CHECK(offered, "uses the bus without leave");
			offered = false;
			CHECK(card.m_axi_awsize == 3 && card.m_axi_awburst == 1, "a burst of another kind");
			check_burst(card.m_axi_awaddr, card.m_axi_awlen + 1u);
			addresses.push_back({card.m_axi_awaddr, card.m_axi_awlen + 1u});
		}
		if (card.m_axi_wvalid && card.m_axi_wready)
			data_beats.push_back({card.m_axi_wdata, card.m_axi_wlast});
		while (!addresses.empty() && !data_beats.empty()) {
			CHECK(data_beats.front().second == (addresses.front().second == 1), "the last beat");
			posts(addresses.front().first, data_beats.front().first, data_beats.front().second);
			addresses.front().first += 8;
			if (!--addresses.front().second)
				addresses.pop_front();
			data_beats.pop_front();
		}
		next_addr = addresses.empty() ? card.m_axi_awaddr : addresses.front().first;
		left = (unsigned int)(addresses.size() + data_beats.size());
		b_taken = card.m_axi_bvalid && card.m_axi_bready;
		r_taken = card.m_axi_rvalid && card.m_axi_rready;
		if (card.m_axi_arvalid && card.m_axi_arready) {
			CHECK(card.m_axi_arsize == 3 && card.m_axi_arburst == 1, "a read of another kind");
			r_failed = false;
			asks(card.m_axi_araddr, card.m_axi_arlen + 1u);
		}
	}
	bool b_taken = false, r_taken = false;

	void arrived(bool failing_)
	{
		answers.push_back(failing_);
	}

	void clocked()
	{
		if (b_taken) {
			answers.pop_front();
			card.m_axi_bvalid = 0;
		}
		if (r_taken) {
			card.m_axi_rvalid = 0;
			reading = ++read_beat < read_len;
		}
	}

	void write_access(uint32_t a, uint32_t value)
	{
		bool address = false, data = false;

		card.s_axi_awaddr = a;
		card.s_axi_wdata = value;
		card.s_axi_wstrb = 15;
		for (int i = 0; !address || !data; i++) {
			CHECK(i < 200, "a write to %03x is not taken", a);
			card.s_axi_awvalid = !address && (card.s_axi_awvalid || chance(0.7));
			card.s_axi_wvalid = !data && (card.s_axi_wvalid || chance(0.7));
			card.eval();
			bool av = card.s_axi_awvalid && card.s_axi_awready, dv = card.s_axi_wvalid && card.s_axi_wready;
			cycle();
			address |= av;
			data |= dv;
			card.s_axi_awvalid &= !av;
			card.s_axi_wvalid &= !dv;
		}
		/* it is a clock later that the card sees it */
		cycle();
	}

	void write_end(uint32_t a)
	{
		for (int i = 0; !card.s_axi_bvalid; i++) {
			CHECK(i < 10, "a write to %03x is not answered", a);
			cycle();
		}
		card.s_axi_bready = 1;
		cycle();
		card.s_axi_bready = 0;
	}

	uint32_t read(uint32_t a)
	{
		card.s_axi_araddr = AT(a);
		card.s_axi_arvalid = 1;
		for (int i = 0;; i++) {
			CHECK(i < 200, "a read of %03x is not taken", a);
			card.eval();
			bool av = card.s_axi_arready;
			cycle();
			if (av)
				break;
		}
		card.s_axi_arvalid = 0;
		for (int i = 0; !card.s_axi_rvalid; i++) {
			CHECK(i < 10, "a read of %03x is not answered", a);
			cycle();
		}
		uint32_t value = card.s_axi_rdata;
		card.s_axi_rready = 1;
		cycle();
		card.s_axi_rready = 0;
		return value;
	}
