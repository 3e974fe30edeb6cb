// SPDX-License-Identifier: GPL-2.0-only
/* Of the output side's bench: a port of LitePCIe's crossbar. Is included in struct Bench. */
	void arrived(bool)
	{
	}

	/* what stood there, and was not taken: it must stand there still */
	struct {
		bool valid, we, first, last;
		uint64_t adr, len, dat;
	} stood{};

	void bus()
	{
		/* LitePCIe looks at a read for a clock before it takes it */
		card.source_ready = card.source_valid && !card.source_we ?
			stood.valid && !stood.we && !reading && chance(ready) : chance(ready);
		card.sink_valid = 0;
		if (reading && !mute && clock >= read_when && chance(0.7)) {
			bool fails = beat_fails();

			/* an error ends it; completions of 64 bytes, each with its LAST */
			card.sink_valid = 1;
			card.sink_err = fails;
			card.sink_last = fails || read_beat + 1 == read_len || (read_addr / 8 + read_beat) % 8 == 7;
			card.sink_dat = fails ? ~0ull : get(read_addr + 8 * read_beat);
		}
		others();
	}

	void bussed()
	{
		bool taken = card.source_valid && card.source_ready;

		CHECK(!stood.valid || (card.source_valid && card.source_we == stood.we && card.source_adr == stood.adr &&
				       card.source_len == stood.len && card.source_first == stood.first &&
				       card.source_last == stood.last && (!stood.we || card.source_dat == stood.dat)),
		      "what is asked for changes before it is taken");
		stood = {card.source_valid && !taken, !!card.source_we, !!card.source_first, !!card.source_last,
			 card.source_adr, card.source_len, card.source_dat};
		if (card.sink_valid)
			reading = !card.sink_err && ++read_beat < read_len;
		asked = card.source_valid && !card.source_we && (asked || leave);
		offered = card.source_valid && card.source_we && (offered || leave || left);
		if (!taken)
			return;
		if (!card.source_we) {
			CHECK(!left && card.source_first && card.source_last && !(card.source_len & 1), "a read of another kind");
			asks(card.source_adr, card.source_len / 2);
			return;
		}
		CHECK(offered, "uses the bus without leave");
		offered = false;
		CHECK(card.source_first == (left == 0), "first beat of a burst is not told so");
		if (card.source_first) {
			CHECK(!(card.source_len & 1), "a burst of another kind");
			next_addr = card.source_adr;
			left = card.source_len / 2;
			check_burst(next_addr, left);
		}
		CHECK(card.source_last == (left == 1), "last beat of a burst is not told so");
		posts(next_addr, card.source_dat, card.source_last);
		next_addr += 8;
		left--;
	}

	void clocked()
	{
	}

	/* with its acknowledgement the card has it */
	void write_access(uint32_t a, uint32_t value)
	{
		put(a, value);
	}

	void write_end(uint32_t)
	{
		cycles(2);
	}
