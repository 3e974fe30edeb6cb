// SPDX-License-Identifier: GPL-2.0-only
/* Part of dma.cpp: a host that does what the specification says, and believes nothing. */
#include "bench.h"

struct Block {
	uint64_t addr;
	uint32_t bytes;
	bool given, done;
};

struct Host {
	Bench &b;
	uint64_t table, records, status;
	unsigned int log2;
	std::vector<Block> blocks;	/* by number since START */
	uint32_t given = 0;		/* told to the card */
	uint32_t entries = 0;		/* written */
	uint32_t complete = 0, seen = 0;
	uint32_t block_bytes = 512;
	bool odd_blocks = false;
	uint32_t irq_frames = 0, irq_us = 0;

	/* what was delivered */
	uint64_t index = 0;		/* that comes next */
	uint64_t delivered = 0, lost = 0, gaps = 0, checked = 0;
	uint32_t told = 0;		/* bytes of the open block */
	unsigned int overflows = 0;
	bool finished = false, error = false;
	uint32_t code = 0;
	uint32_t page_irq = 0;		/* causes of pages since they were cleared */
	uint64_t pages = 0, partial_pages = 0, full_pages = 0;
	bool wake = false;
	bool lazy = false;		/* gives no blocks by itself */
	uint64_t last_frames = 0, last_dropped = 0;
	uint64_t put_clock = 0, worst = 0;
	bool last_seen = false;
	uint64_t stamp = 0;
	bool gone = false;		/* by RESET: what its pages say is of no interest */
	bool skips = false;		/* writes may be lost: of pages the state counts alone */

	static constexpr uint64_t MASK = ADDR_BITS == 64 ? ~0ull : (1ull << (ADDR_BITS & 63)) - 1;

	explicit Host(Bench &bench, unsigned int log2_ = 3) : b(bench), log2(log2_)
	{
		table = 0x1234567890000000ull & MASK & ~0xfffffull;
		records = 0x0ffff00000100000ull & MASK & ~0xfffffull;
		status = 0xfffffff000200040ull & MASK;
		if (ADDR_BITS == 32)
			status = 0x00200040;
		b.may_write = [this](uint64_t at) { return may_write(at); };
		b.on_write = [this](uint64_t at, uint64_t data) { wrote(at, data); };
		b.on_message = [this]() { wake = true; };
	}

	uint32_t size() const
	{
		return 1u << log2;
	}

	uint64_t block_addr(uint32_t n)
	{
		uint64_t slot = n & (size() - 1);

		/* scattered, some above 4 GiB, one at the very end of what it can reach */
		if (slot == 1)
			return (MASK & ~63ull) - 4096 + 64;
		return ((slot * 0x0123400010000ull + 0x40000000) & MASK & ~0xffffull) + 64 * (slot & 7);
	}

	bool may_write(uint64_t at)
	{
		if (at >= status && at < status + 64)
			return true;
		if (at >= records && at < records + 32ull * size())
			return true;
		for (uint32_t n = complete; n < given && n < blocks.size(); n++)
			if (at >= blocks[n].addr && at - blocks[n].addr < blocks[n].bytes)
				return true;
		return false;
	}

	/* Of the card's writes the last one of a page is looked at when it arrives: what it tells of must be there by then. */
	void wrote(uint64_t at, uint64_t data)
	{
		if (at == status + 56 && !gone)
			page((uint32_t)(data >> 32));
	}

	void block(uint32_t n, uint32_t bytes, bool done)
	{
		uint64_t at = records + 32ull * (n & (size() - 1));
		uint64_t idx = b.get(at), gone = b.get(at + 8);
		uint32_t has = (uint32_t)b.get(at + 16 + 8), flags = (uint32_t)(b.get(at + 24) >> 32);

		CHECK(ACQ_R1_RECORD_NUMBER(flags) == (n & 0xffff), "block %u: record of %x", n, flags >> 16);
		CHECK(b.get(at + 16) == 0, "a timestamp that is not known");
		CHECK(!(flags & ACQ_R1_RECORD_TRIGGER) && !(flags & 0xfff8), "flags %x", flags);
		CHECK(!!(flags & ACQ_R1_RECORD_DONE) == done, "block %u: flags %x, complete %d", n, flags, done);
		CHECK(!last_seen, "a block behind the last one");
		if (done) {
			bytes = has;
			last_seen = flags & ACQ_R1_RECORD_LAST;
		}
		CHECK(bytes && bytes <= blocks[n].bytes && bytes % FRAME_BYTES == 0, "block %u: %u bytes of %u", n, bytes, blocks[n].bytes);
		CHECK(bytes >= told, "block %u: %u bytes told of, and then %u", n, told, bytes);
		if (!told) {
			CHECK(idx == index + gone, "block %u: index %lu behind %lu, lost %lu", n, idx, index, gone);
			if (gone)
				gaps++;
			lost += gone;
			index = idx;
		}
		for (; told < bytes; told++, checked++) {
			uint8_t is = b.get8(blocks[n].addr + told), want = b.expected(index, told % FRAME_BYTES);

			CHECK(is == want, "block %u, byte %u, frame %lu: %02x and not %02x", n, told, index, is, want);
			if (told % FRAME_BYTES == FRAME_BYTES - 1) {
				index++;
				delivered++;
			}
		}
		if (done)
			told = 0;
	}

	void page(uint32_t update)
	{
		uint64_t progress = b.get(status), frames = b.get(status + 8), dropped = b.get(status + 16);
		uint32_t state = (uint32_t)b.get(status + 40), irq = (uint32_t)(b.get(status + 40) >> 32);
		uint32_t blocks_now = (uint32_t)(progress >> 32), part = (uint32_t)progress;

		pages++;
		if (skips) {
			CHECK(!finished, "a page behind the end");
			finished = (state & ACQ_R1_STATE_MASK) == ACQ_R1_DONE;
			return;
		}
		CHECK(update == pages, "update %u is the %lu-th page", update, pages);
		CHECK(STAMP_HZ ? b.get(status + 24) > stamp && b.get(status + 24) <= b.clock : !b.get(status + 24), "timestamp %lu behind %lu", b.get(status + 24), stamp);
		stamp = b.get(status + 24);
		CHECK(!b.get(status + 32) && !b.get(status + 48) && !(uint32_t)b.get(status + 56), "fields that are 0");
		CHECK(!finished && !error, "a page behind the end");
		CHECK(blocks_now >= complete && blocks_now <= given, "%u blocks of %u are complete", blocks_now, given);
		while (complete < blocks_now) {
			block(complete, 0, true);
			blocks[complete++].done = true;
			full_pages++;
		}
		if (part) {
			CHECK(PARTIAL, "partial progress");
			CHECK(complete < given, "partial progress of no block");
			block(complete, part, false);
			partial_pages++;
		}
		CHECK(dropped >= last_dropped && frames >= last_frames && frames >= dropped + delivered, "counters: %lu %lu", frames, dropped);
		CHECK(dropped >= lost, "dropped %lu, and lost %lu", dropped, lost);
		last_frames = frames;
		last_dropped = dropped;
		CHECK(irq & ACQ_R1_IRQ_DATA, "an update that is due, without DATA");
		page_irq |= irq;
		state &= ~0xff00u | ACQ_R1_STATE_LOSING;
		switch (state & ACQ_R1_STATE_MASK) {
		case ACQ_R1_DONE:
			CHECK(irq & ACQ_R1_IRQ_FINISHED, "DONE without FINISHED");
			CHECK(!(state & ACQ_R1_STATE_LOSING), "LOSING when DONE");
			finished = true;
			break;
		case ACQ_R1_ERROR:
			CHECK(irq & ACQ_R1_IRQ_ERROR, "ERROR without its cause");
			error = true;
			code = ACQ_R1_STATE_CODE(state);
			break;
		case ACQ_R1_RUNNING:
		case ACQ_R1_DRAINING:
			CHECK(!(irq & (ACQ_R1_IRQ_FINISHED | ACQ_R1_IRQ_ERROR)), "causes %x in state %u", irq, state);
			break;
		default:
			die("page has state %x", state);
		}
	}

	void setup()
	{
		b.write(ACQ_R1_TABLE_LO, (uint32_t)table);
		b.write(ACQ_R1_TABLE_HI, (uint32_t)(table >> 32));
		b.write(ACQ_R1_RECORDS_LO, (uint32_t)records);
		b.write(ACQ_R1_RECORDS_HI, (uint32_t)(records >> 32));
		b.write(ACQ_R1_STATUS_LO, (uint32_t)status);
		b.write(ACQ_R1_STATUS_HI, (uint32_t)(status >> 32));
		b.write(ACQ_R1_TABLE_LOG2, log2);
		b.write(ACQ_R1_IRQ_FRAMES, irq_frames);
		b.write(ACQ_R1_IRQ_US, irq_us);
		b.write(ACQ_R1_PATTERN, b.ramp);
	}

	void begin()
	{
		blocks.clear();
		given = entries = complete = seen = told = 0;
		index = delivered = lost = gaps = 0;
		pages = last_frames = last_dropped = 0;
		overflows = 0;
		finished = error = wake = last_seen = gone = skips = false;
		code = 0;
		page_irq = 0;
		setup();
		b.start();
		CHECK((b.state() & 15) == ACQ_R1_RUNNING, "START leads to %x", b.state());
		CHECK(!b.read(ACQ_R1_GIVEN) && !b.read(ACQ_R1_SEEN), "START leaves GIVEN or SEEN");
		b.write(ACQ_R1_IRQ_MASK, ACQ_R1_IRQ_ALL);
	}

	uint32_t entry_bytes(uint32_t n)
	{
		/* whole frames, and a multiple of 8 */
		uint32_t unit = FRAME_BYTES * 8 / std::__gcd(FRAME_BYTES, 8), most = block_bytes / unit;

		(void)n;
		most = most ? most : 1;
		return odd_blocks ? unit * (1 + (uint32_t)b.below(most)) : unit * most;
	}

	void give(uint32_t n)
	{
		while (n-- && given - complete < size()) {
			Block block{block_addr(given), entry_bytes(given), true, false};
			uint64_t at = table + 16ull * (given & (size() - 1));

			blocks.push_back(block);
			b.memory[at] = block.addr;
			b.memory[at + 8] = block.bytes;
			b.memory[records + 32ull * (given & (size() - 1)) + 24] = ~0ull;
			given++;
		}
		b.write(ACQ_R1_GIVEN, given);
	}

	/* as the driver does it, without reading a register */
	void service()
	{
		uint32_t update, irq;

		wake = false;
		b.write(ACQ_R1_IRQ_MASK, 0);
		b.cycles(b.below(50));
		update = (uint32_t)(b.get(status + 56) >> 32);
		if (update != seen && pages) {
			irq = (uint32_t)(b.get(status + 40) >> 32);
			if (irq & ACQ_R1_IRQ_OVERFLOW)
				overflows++;
			b.write(ACQ_R1_IRQ_STATUS, irq & ~ACQ_R1_IRQ_DATA);
			b.cycles(b.below(50));
			b.write(ACQ_R1_SEEN, update);
			seen = update;
			if (!lazy && !finished && !error)
				give(size());
		}
		b.cycles(b.below(50));
		b.write(ACQ_R1_IRQ_MASK, ACQ_R1_IRQ_ALL);
	}

	/* waits for a message and serves it; false if none came in so many clocks */
	bool served(uint64_t most)
	{
		while (!wake && most--)
			b.cycle();
		if (!wake)
			return false;
		service();
		return true;
	}

	void run_for(uint64_t clocks)
	{
		uint64_t end = b.clock + clocks;

		while (b.clock < end && !error && !finished) {
			if (wake)
				service();
			else
				b.cycle();
		}
	}

	/* to the end, by messages alone */
	void drain()
	{
		while (!finished) {
			CHECK(served(400000), "no message: state %x, irq %x, %u of %u blocks", b.state(), b.read(ACQ_R1_IRQ_STATUS), complete, given);
			CHECK(!error, "ends in error %u", code);
		}
		/* the bus has still to say that the page has left */
		b.cycles(100);
		CHECK((b.state() & 15) == ACQ_R1_DONE, "state %x behind the page that says DONE", b.state());
		uint64_t frames = b.read64(ACQ_R1_FRAMES_LO), dropped = b.read64(ACQ_R1_DROPPED_LO);
		CHECK(frames == last_frames && dropped == last_dropped, "counters of the last page");
		CHECK(frames == b.sampled, "FRAMES %lu of %lu", frames, b.sampled);
		CHECK(frames == delivered + dropped, "FRAMES %lu, delivered %lu, DROPPED %lu", frames, delivered, dropped);
		CHECK(lost <= dropped && frames - index <= dropped, "lost %lu of %lu", lost, dropped);
		CHECK(lost + (frames - index) == dropped, "lost %lu and %lu behind the last, DROPPED %lu", lost, frames - index, dropped);
	}
};
