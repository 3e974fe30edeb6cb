// SPDX-License-Identifier: GPL-2.0-only
/* Of the output side's bench: an AXI4 slave. Is included in struct Bench. */
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

	/* it is a clock later that the card sees it */
	void write_access(uint32_t a, uint32_t value)
	{
		put(a, value);
		cycle();
	}

	void write_end(uint32_t a)
	{
		put_answer(a);
	}
