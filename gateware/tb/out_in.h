// SPDX-License-Identifier: GPL-2.0-only
/* Of the output side's bench: a host of the input, which records the ramp. Is included in struct Bench. */
	static constexpr uint64_t IN = ADDR_BITS < 40 ? 0x50000000ull : 0x5000000000ull, IN_TABLE = IN, IN_RECORDS = IN + 0x1000, IN_STATUS = IN + 0x2000, IN_BLOCKS = IN + 0x10000;
	static constexpr uint32_t IN_SIZE = 8, IN_BYTES = 1024;
	uint32_t in_complete = 0, in_given = 0, in_blocks = 0;
	uint64_t in_index = 0;
	bool in_runs = false, in_due = false;

	static bool is_in(uint64_t a)
	{
		return a >= IN && a < IN + 0x100000;
	}

	void in_write(uint32_t at_, uint32_t value)
	{
		write(at_ - ACQ_R1_OUTPUT, value);
	}

	void in_begin()
	{
		in_runs = false;
		in_write(ACQ_R1_COMMAND, ACQ_R1_CMD_RESET);
		while ((read(ACQ_R1_STATE - ACQ_R1_OUTPUT) & 15) != ACQ_R1_IDLE)
			;
		for (uint32_t i = 0; i < IN_SIZE; i++) {
			memory[IN_TABLE + 16 * i] = IN_BLOCKS + i * IN_BYTES;
			memory[IN_TABLE + 16 * i + 8] = IN_BYTES;
		}
		for (auto w : {std::pair<uint32_t, uint64_t>{ACQ_R1_TABLE_LO, IN_TABLE}, {ACQ_R1_RECORDS_LO, IN_RECORDS}, {ACQ_R1_STATUS_LO, IN_STATUS}}) {
			in_write(w.first, (uint32_t)w.second);
			in_write(w.first + 4, (uint32_t)(w.second >> 32));
		}
		in_write(ACQ_R1_TABLE_LOG2, 3);
		in_write(ACQ_R1_PATTERN, ACQ_R1_PATTERN_RAMP);
		in_write(ACQ_R1_IRQ_MASK, ACQ_R1_IRQ_ALL);
		in_write(ACQ_R1_COMMAND, ACQ_R1_CMD_START);
		in_complete = 0;
		in_given = IN_SIZE;
		in_index = 0;
		in_runs = true;
		in_write(ACQ_R1_GIVEN, in_given);
	}

	void in_page()
	{
		uint32_t now = (uint32_t)(get(IN_STATUS) >> 32), state = (uint32_t)get(IN_STATUS + 40) & 15;

		if (state == ACQ_R1_ERROR)
			in_runs = false;
		for (; in_complete < now; in_complete++, in_blocks++) {
			uint64_t a = IN_RECORDS + 32 * (in_complete % IN_SIZE), b = IN_BLOCKS + in_complete % IN_SIZE * IN_BYTES;

			CHECK(get(a) == in_index + get(a + 8), "the input: index %lu behind %lu, lost %lu", get(a), in_index, get(a + 8));
			in_index = get(a);
			for (uint32_t i = 0; i < (uint32_t)get(a + 24); i += 2, in_index++)
				CHECK((uint16_t)(get(b + i) >> 8 * (i & 7)) == (uint16_t)in_index, "the input: frame %lu", in_index);
		}
		in_due = true;
	}

	void in_service()
	{
		if (!in_runs || !in_due)
			return;
		in_due = false;
		in_write(ACQ_R1_IRQ_STATUS, ACQ_R1_IRQ_ALL);
		in_write(ACQ_R1_SEEN, (uint32_t)(get(IN_STATUS + 56) >> 32));
		if (in_complete + IN_SIZE != in_given)
			in_write(ACQ_R1_GIVEN, in_given = in_complete + IN_SIZE);
	}
