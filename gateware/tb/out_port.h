// SPDX-License-Identifier: GPL-2.0-only
/* Of the output side's bench: the bus as the core has it. Is included in struct Bench. */
	bool refuses = false;

	void arrived(bool failing)
	{
		refuses |= failing;
	}

	void clocked()
	{
	}

	void write_access(uint32_t a, uint32_t value)
	{
		put(a, value);
	}

	void write_end(uint32_t)
	{
		cycles(2);
	}

	void bus()
	{
		card.w_ready = chance(ready);
		card.w_idle = posted.empty() && !left && clock >= last_when + late;
		card.w_error = refuses;
		refuses = false;
		card.r_ready = !reading && chance(ready);
		card.d_valid = 0;
		card.d_error = 0;
		if (reading && !mute && clock >= read_when && chance(0.7)) {
			card.d_valid = 1;
			card.d_error = beat_fails();
			card.d_data = card.d_error ? ~0ull : get(read_addr + 8 * read_beat);
		}
		others();
	}

	void bussed()
	{
		if (card.d_valid && (card.d_error || ++read_beat == read_len))
			reading = false;
		offered = card.w_valid && (offered || leave || left);
		if (card.w_valid && card.w_ready) {
			CHECK(offered, "uses the bus without leave");
			offered = false;
			CHECK(card.w_first == (left == 0), "first beat of a burst is not told so");
			if (card.w_first) {
				next_addr = card.w_addr;
				left = card.w_len;
				check_burst(next_addr, left);
			}
			CHECK(card.w_last == (left == 1), "last beat of a burst is not told so");
			posts(next_addr, card.w_data, card.w_last);
			next_addr += 8;
			left--;
		}
		/* what has been offered cannot be taken back */
		asked = card.r_valid && (asked || leave);
		if (card.r_valid && card.r_ready)
			asks(card.r_addr, card.r_len);
	}
