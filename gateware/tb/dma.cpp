// SPDX-License-Identifier: GPL-2.0-only
/* The DMA transfer: a host that does what the specification says, and believes nothing. */
#include "bench.h"

static bool bus_wants(Bench &b)
{
	Vcard &card = b.card;

	return W_VALID;
}

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
		finished = error = wake = last_seen = gone = false;
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

static void properties(Bench &b)
{
	CHECK(b.read(ACQ_R1_ID) == ACQ_R1_ID_MAGIC, "ID");
	CHECK(b.read(ACQ_R1_VERSION) >> 16 == 1, "VERSION");
	CHECK(b.read(ACQ_R1_CAPS) & ACQ_R1_CAP_DMA, "CAPS");
	CHECK(b.read(ACQ_R1_CHANNELS) == CHANNELS, "CHANNELS");
	CHECK(b.read(ACQ_R1_FORMATS) == 1u << FORMAT && b.read(ACQ_R1_FORMAT) == FORMAT, "FORMATS");
	CHECK(b.read(ACQ_R1_FIFO_BYTES) == 1u << FIFO_LOG2, "FIFO_BYTES");
	CHECK(b.read(ACQ_R1_LIMITS) == (ADDR_BITS << 24 | TABLE_LOG2 << 16 | BLOCK_LOG2 << 8 | 6), "LIMITS");
	CHECK(b.read(ACQ_R1_TRANSFER) == 1 && b.read(ACQ_R1_DIVIDER) == 1, "TRANSFER, DIVIDER");
	CHECK(b.read(ACQ_R1_CHANNEL_MASK) == (uint32_t)((1ull << CHANNELS) - 1), "CHANNEL_MASK");
	for (uint32_t at = 0x40; at < 0x2000; at += 4)
		if ((at < 0x80 || at > 0x8c) && (at & ~4u) != ACQ_R1_TIMESTAMP_LO)
			CHECK(b.read(at) == 0, "%03x reads %x behind power-on", at, b.read(at));
	uint64_t then = b.clock, stamp = b.read64(ACQ_R1_TIMESTAMP_LO);
	CHECK(b.read(ACQ_R1_TS_HZ) == STAMP_HZ, "TS_HZ");
	CHECK(STAMP_HZ ? stamp >= then && stamp <= b.clock : !stamp, "TIMESTAMP %lu at %lu", stamp, then);
	for (uint32_t at : {0x3c, 0x4c, 0x60, 0x64, 0x68, 0x6c, 0x70, 0x74, 0x78}) {
		b.write(at, 0x12345678 + at);
		CHECK(b.read(at) == 0x12345678 + at, "%03x is not kept", at);
	}
	b.write(ACQ_R1_IRQ_FRAMES, 0x10000);
	CHECK(b.read(ACQ_R1_IRQ_FRAMES) == 0xffff, "IRQ_FRAMES saturates");
	b.write(ACQ_R1_IRQ_US, 0xffff);
	CHECK(b.read(ACQ_R1_IRQ_US) == 0xffff, "IRQ_US");
	b.write(ACQ_R1_GIVEN, 5);
	CHECK(!b.read(ACQ_R1_GIVEN), "GIVEN before START");
	b.write(ACQ_R1_ID, 0);
	b.write(ACQ_R1_COUNT_LO, 5);
	CHECK(b.read(ACQ_R1_ID) == ACQ_R1_ID_MAGIC && !b.read(ACQ_R1_COUNT_LO), "what is read only");
	b.reset();
	for (uint32_t at = 0x3c; at < 0x100; at += 4)
		if ((at < 0x80 || at > 0x8c) && (at & ~4u) != ACQ_R1_TIMESTAMP_LO)
			CHECK(b.read(at) == 0, "%03x reads %x behind RESET", at, b.read(at));
}

static void config(Bench &b)
{
	static const struct {
		uint32_t at, value;
	} wrong[] = {
		{ACQ_R1_TABLE_LO, 0x20}, {ACQ_R1_RECORDS_LO, 1}, {ACQ_R1_STATUS_LO, 0x208}, {ACQ_R1_TABLE_LOG2, TABLE_LOG2 + 1},
		{ACQ_R1_TABLE_LOG2, 0x10002}, {ACQ_R1_PATTERN, 2}, {ACQ_R1_PATTERN, 0x80000001},
	};
	Host h(b);

	for (auto w : wrong) {
		h.setup();
		b.write(w.at, w.value);
		b.write(ACQ_R1_IRQ_MASK, ACQ_R1_IRQ_ALL);
		b.write(ACQ_R1_COMMAND, ACQ_R1_CMD_START);
		CHECK(b.state() == (ACQ_R1_ERROR | ACQ_R1_ERR_CONFIG << 16), "%03x = %x: state %x", w.at, w.value, b.state());
		CHECK(b.read(ACQ_R1_IRQ_STATUS) == ACQ_R1_IRQ_ERROR, "irq %x", b.read(ACQ_R1_IRQ_STATUS));
		b.cycles(200);
		CHECK(!b.beats && b.messages, "DMA, or no message");
		b.messages = 0;
		b.write(ACQ_R1_IRQ_STATUS, ACQ_R1_IRQ_ALL);
		CHECK(!b.read(ACQ_R1_IRQ_STATUS), "is cleared");
	}
	for (uint32_t at : {ACQ_R1_TABLE_LO, ACQ_R1_RECORDS_LO, ACQ_R1_STATUS_LO}) {
		h.setup();
		b.write(at, 0);
		b.write(at + 4, 0);
		b.write(ACQ_R1_COMMAND, ACQ_R1_CMD_START);
		CHECK(b.state() == (ACQ_R1_ERROR | ACQ_R1_ERR_CONFIG << 16), "%03x = 0: state %x", at, b.state());
	}
	if (ADDR_BITS < 64) {
		h.setup();
		b.write(ACQ_R1_STATUS_HI, 1u << (ADDR_BITS & 31));
		b.write(ACQ_R1_COMMAND, ACQ_R1_CMD_START);
		CHECK(b.state() == (ACQ_R1_ERROR | ACQ_R1_ERR_CONFIG << 16), "beyond the address bits: %x", b.state());
	}
	for (uint32_t at : {ACQ_R1_TABLE_LO, ACQ_R1_RECORDS_LO, ACQ_R1_STATUS_LO}) {
		if (ADDR_BITS >= 32)
			continue;
		h.setup();
		b.write(at, 1u << (ADDR_BITS & 31));
		b.write(ACQ_R1_COMMAND, ACQ_R1_CMD_START);
		CHECK(b.state() == (ACQ_R1_ERROR | ACQ_R1_ERR_CONFIG << 16), "%03x beyond the address bits: %x", at, b.state());
	}
	/* what is refused is a new run all the same: of the one before nothing is left */
	b.rate = 0.3;
	h.begin();
	h.give(1);
	h.run_for(500);
	b.stop();
	h.run_for(5000);
	b.cycles(100);
	CHECK(h.finished && b.read(ACQ_R1_IRQ_STATUS) & ACQ_R1_IRQ_FINISHED && b.read(ACQ_R1_FRAMES_LO), "no run");
	b.write(ACQ_R1_PATTERN, 2);
	b.write(ACQ_R1_COMMAND, ACQ_R1_CMD_START);
	CHECK(b.read(ACQ_R1_IRQ_STATUS) == ACQ_R1_IRQ_ERROR, "irq %x of a START that is refused", b.read(ACQ_R1_IRQ_STATUS));
	CHECK(!b.read(ACQ_R1_FRAMES_LO), "counters of a START that is refused");
	h.begin();
}

/* a run as a host that is quick enough has it */
static void plain(Bench &b)
{
	Host h(b);

	b.rate = FRAME_LANES > 6 ? 0.3 : 0.05 * FRAME_LANES;
	b.ramp = b.chance(0.5);
	h.odd_blocks = b.chance(0.5);
	h.begin();
	h.give(8);
	h.run_for(40000);
	b.stop();
	h.drain();
	CHECK(h.gaps == 0 && h.lost == 0 && h.delivered > 500, "%lu gaps, %lu frames", h.gaps, h.delivered);
	CHECK(!(h.page_irq & ACQ_R1_IRQ_OVERFLOW), "OVERFLOW");
	/* and again, without a reset */
	h.begin();
	h.give(3);
	h.run_for(10000);
	b.stop();
	h.drain();
}

/* as fast as the stream goes: a lane at each clock */
static void fast(Bench &b)
{
	Host h(b, 6);

	b.rate = LANE_BYTES == 8 ? 0.5 : 1;
	b.ready = 1;
	b.delay = 10;
	h.block_bytes = 4096;
	h.begin();
	h.give(64);
	h.run_for(100000);
	b.stop();
	h.drain();
	CHECK(h.gaps == 0, "%lu gaps at full rate", h.gaps);
}

/* IRQ_FRAMES and IRQ_US; each frame must be told of in time, also the last before a pause */
static void moderation(Bench &b)
{
	Host h(b);

	if (!PARTIAL)
		return;
	h.block_bytes = 4096;
	h.irq_frames = b.below(3) ? (uint32_t)b.below(20) : 0;
	h.irq_us = h.irq_frames == 1 ? 0 : (uint32_t)(1 + b.below(200));
	b.rate = 0.02 * FRAME_LANES;
	h.begin();
	h.give(8);
	for (int i = 0; i < 20; i++) {
		b.paused = false;
		h.run_for(b.below(5000));
		b.paused = true;
		uint64_t wait = (h.irq_us + 4) * CLOCKS_PER_US + 2000;
		h.run_for(wait);
		CHECK(h.index == b.sampled, "%lu frames of %lu in time, with %u frames and %u us", h.index, b.sampled, h.irq_frames, h.irq_us);
	}
	CHECK(h.partial_pages, "no partial page");
	b.paused = false;
	b.stop();
	h.drain();
	CHECK(h.gaps == 0, "%lu gaps", h.gaps);
}

/* with nothing but whole blocks asked for, nothing is told in between */
static void whole(Bench &b)
{
	Host h(b);

	b.rate = FRAME_LANES > 6 ? 0.3 : 0.05 * FRAME_LANES;
	h.begin();
	h.give(8);
	h.run_for(30000);
	CHECK(h.partial_pages == 0 && h.pages == h.complete, "%lu pages of %u blocks", h.pages, h.complete);
	b.stop();
	h.drain();
}

/* a host that is too slow, again and again: each gap is exact */
static void losses(Bench &b)
{
	Host h(b, 2);
	uint64_t episodes = 0;

	h.block_bytes = 256;
	h.odd_blocks = b.chance(0.5);
	h.lazy = true;
	h.irq_us = PARTIAL && b.chance(0.5) ? 5 : 0;
	b.rate = 0.3;
	b.ramp = b.chance(0.3);
	h.begin();
	while (h.gaps < 100) {
		h.give(1 + (uint32_t)b.below(4));
		h.run_for(b.below(6000));
		CHECK(!h.error && episodes++ < 20000, "error %u, %lu gaps", h.code, h.gaps);
	}
	CHECK(h.page_irq & ACQ_R1_IRQ_OVERFLOW, "no OVERFLOW");
	CHECK(h.overflows + 4 >= h.gaps, "%u times OVERFLOW for %lu gaps", h.overflows, h.gaps);
	b.stop();
	h.lazy = false;
	h.give(4);
	h.drain();
}

/* a card that waits loses nothing */
static void waits(Bench &b)
{
	Host h(b, 2);

	h.block_bytes = 256;
	h.lazy = true;
	b.rate = 0.5;
	h.begin();
	for (int i = 0; i < 200; i++) {
		h.give(1 + (uint32_t)b.below(4));
		h.run_for(b.below(4000));
	}
	CHECK(!(h.page_irq & ACQ_R1_IRQ_OVERFLOW) && !h.gaps, "losses");
	b.stop();
	h.lazy = false;
	h.give(4);
	h.drain();
	CHECK(!h.last_dropped, "DROPPED");
}

/* STOP at any time, and with nothing sampled */
static void stops(Bench &b)
{
	Host h(b);

	b.rate = b.chance(0.5) ? 0.5 : 0.01;
	for (int i = 0; i < 30; i++) {
		h.irq_us = PARTIAL ? (uint32_t)b.below(4) : 0;
		h.block_bytes = 64u << b.below(5);
		h.begin();
		if (b.chance(0.8))
			h.give((uint32_t)b.below(9));
		h.run_for(b.below(3) ? b.below(300) : b.below(5000));
		b.stop();
		h.give(8);
		h.drain();
	}
}

/* RESET at any time: no write behind IDLE, and the next run is a new one */
static void resets(Bench &b)
{
	Host h(b);

	b.rate = 0.3;
	b.ready = 0.3;
	h.irq_us = PARTIAL;
	for (int i = 0; i < 60; i++) {
		h.block_bytes = 64u << b.below(5);
		h.begin();
		h.give((uint32_t)b.below(9));
		h.run_for(b.below(2000));
		h.gone = true;
		b.write(ACQ_R1_COMMAND, ACQ_R1_CMD_RESET);
		b.runs = false;
		while (b.state() & 15)
			;
		CHECK(b.posted.empty() && !b.reading && !b.left, "IDLE, and the bus is not at rest");
		uint64_t beats = b.beats, messages = b.messages;
		b.cycles(1000);
		CHECK(beats == b.beats && messages == b.messages, "writes behind IDLE");
		/* of the run nothing is left, whatever the host says of it */
		b.write(ACQ_R1_SEEN, 0);
		CHECK(!b.read(ACQ_R1_IRQ_STATUS) && !b.card.intx, "irq %x behind RESET", b.read(ACQ_R1_IRQ_STATUS));
		CHECK(!b.read(ACQ_R1_FRAMES_LO) && !b.read(ACQ_R1_DROPPED_LO), "counters behind RESET");
	}
}

#ifdef TLP
#include "links.h"
#endif
/* what fails, and what it leaves */
static void failures(Bench &b)
{
	Host h(b);
	unsigned int kind;

	b.rate = 0.3;
	h.lazy = true;
	for (kind = 0; kind < 13; kind++) {
		uint64_t at = h.table + 16 * 2;
		uint32_t want = ACQ_R1_ERR_TABLE;

		if ((kind == 5 && ADDR_BITS == 64) || (kind == 11 && FRAME_BYTES <= 8 && !(FRAME_BYTES & (FRAME_BYTES - 1))))
			continue;
		h.begin();
		h.give(2);
		b.memory[at] = 0x40000000;
		b.memory[at + 8] = 64;
		h.blocks.push_back({0x40000000, 4096, true, false});
		switch (kind) {
		case 0: b.memory[at] = 0x40000020; break;
		case 1: b.memory[at + 8] = 0; break;
		case 2: b.memory[at + 8] = (1u << BLOCK_LOG2) + 64; break;
		case 3: b.memory[at + 8] = UINT64_C(1) << 32 | 64; break;
		case 4: b.memory[at + 8] = UINT64_C(0x80000000) << 32 | 64; break;
		case 5:
			b.memory[at] = UINT64_C(1) << (ADDR_BITS & 63);
			break;
		case 6: b.memory[at + 8] = 0x80000040; break;
		case 7:
#if defined(XDMA) || defined(NO_ERRORS)
			b.memory[at] = 1;	/* the bus tells of none */
			break;
#endif
			b.read_fails = true; want = ACQ_R1_ERR_DMA; break;
		case 8: h.given = 2 + h.size(); break;	/* more than there is room for */
		case 9: h.given = (uint32_t)-2; break;
		case 10: b.memory[at + 8] = 68; break;
		case 11:
			b.memory[at + 8] = 8;
			break;
		case 12:	/* goes beyond what it can reach: what is written before that is right */
			h.blocks[2] = {Host::MASK & ~63ull, 64, true, false};
			b.memory[at] = h.blocks[2].addr;
			b.memory[at + 8] = FRAME_BYTES * 64;
			break;
		}
		h.run_for(20000);
		if (kind == 8)
			CHECK(h.complete == 2, "complete");
		h.given++;
		b.write(ACQ_R1_GIVEN, h.given);
		uint32_t real = h.given;
		h.given = 3;
		h.run_for(20000);
		b.read_fails = false;
		b.runs = false;
		b.cycles(100);
		CHECK(h.error && h.code == want, "kind %u, GIVEN %u: error %d, code %u, state %x", kind, real, h.error, h.code, b.state());
		CHECK(b.state() == (ACQ_R1_ERROR | want << 16), "state %x", b.state());
		CHECK(b.read(ACQ_R1_IRQ_STATUS) & ACQ_R1_IRQ_ERROR, "no cause");
		uint64_t beats = b.beats;
		b.cycles(2000);
		CHECK(beats == b.beats, "DMA behind the error");
		if (b.chance(0.5))
			b.reset();
	}
}

/* a write that the bus could not make, as far as it tells */
static void refused(Bench &b)
{
#if !defined(LITEPCIE) && !defined(XDMA)
	Host h(b);

	b.rate = 0.3;
	for (int i = 0; i < 10; i++) {
		h.begin();
		h.give(8);
		h.run_for(1000 + b.below(10000));
		b.write_fails = true;
		h.run_for(20000);
		b.runs = false;
		b.cycles(100);
		CHECK(!b.write_fails && h.error && h.code == ACQ_R1_ERR_DMA, "error %d, code %u, state %x", h.error, h.code, b.state());
		CHECK(b.state() == (ACQ_R1_ERROR | ACQ_R1_ERR_DMA << 16), "state %x", b.state());
	}
#endif
}

/* Bus Master Enable goes away in the midst of a run */
static void leave(Bench &b)
{
	static unsigned int tries, judged;
	Host h(b);

	CHECK(++tries < 10 || judged, "it was never judged");
	b.rate = 0.3;
	h.begin();
	h.give(8);
	h.run_for(b.below(10000));
	while (b.left)
		b.cycle();
	/* a burst that the adapter has begun is its affair */
	for (int i = 0; i < 100 && (bus_wants(b) || b.left); i++)
		b.cycle();
	b.master = false;
	b.cycles(5);
	if (!bus_wants(b))
		b.cycles(20000);
	else
		return;
	b.runs = false;
	CHECK(b.state() == (ACQ_R1_ERROR | ACQ_R1_ERR_DMA << 16), "state %x", b.state());
	uint64_t messages = b.messages;
	b.cycles(100);
	CHECK(messages == b.messages, "a message without leave");
	b.master = true;
	b.cycles(100);
	CHECK(messages + 1 == b.messages, "no message when they became possible");
	judged++;
}

/* GIVEN, update and SEEN around 2^32 cannot be reached in a test; messages and masks can */
static void masks(Bench &b)
{
	Host h(b);

	b.rate = 0.3;
	h.begin();
	b.write(ACQ_R1_IRQ_MASK, 0);
	h.give(2);
	h.run_for(20000);
	CHECK(b.messages == 0 && h.pages >= 2, "%lu messages when masked", b.messages);
	CHECK(b.read(ACQ_R1_IRQ_STATUS) & ACQ_R1_IRQ_DATA && !b.card.intx, "IRQ_STATUS");
	b.write(ACQ_R1_IRQ_MASK, ACQ_R1_IRQ_ALL);
	b.cycles(50);
	CHECK(b.messages == 1 && b.card.intx, "%lu messages when unmasked", b.messages);
	b.write(ACQ_R1_IRQ_STATUS, ACQ_R1_IRQ_ALL);
	CHECK(b.read(ACQ_R1_IRQ_STATUS) == ACQ_R1_IRQ_DATA, "DATA is a level");
	b.write(ACQ_R1_SEEN, (uint32_t)h.pages + 1);	/* never issued */
	b.cycles(50);
	CHECK(b.messages == 1 && b.card.intx, "SEEN of the future");
	b.write(ACQ_R1_SEEN, (uint32_t)h.pages - 1);
	b.cycles(50);
	CHECK(b.messages == 2 && b.card.intx, "SEEN of an older one: %lu messages", b.messages);
	b.write(ACQ_R1_SEEN, (uint32_t)h.pages);
	b.cycles(50);
	CHECK(b.messages == 2 && !b.card.intx, "SEEN of the newest");
}

/* a host that is quick: it answers a page before the card knows that this has left */
static void early(Bench &b)
{
	Host h(b, 2);
	unsigned int alone = 0;

	b.rate = 0.3;
	b.delay = 0;
	b.late = (unsigned int)b.below(300);
	h.lazy = true;
	h.begin();
	for (int i = 0; i < 60; i++) {
		uint64_t pages = h.pages;

		h.give(1);
		for (int n = 0; h.pages == pages; n++) {
			CHECK(n < 20000, "no page");
			b.cycle();
		}
		b.cycles(b.below(4));
		pages = h.pages;
		b.write(ACQ_R1_IRQ_STATUS, (uint32_t)(b.get(h.status + 40) >> 32) & ~ACQ_R1_IRQ_DATA);
		b.write(ACQ_R1_SEEN, (uint32_t)pages);
		for (unsigned int n = b.late + 200; n && h.pages == pages; n--)
			b.cycle();
		uint32_t irq = b.read(ACQ_R1_IRQ_STATUS);
		if (h.pages != pages)
			continue;
		CHECK(!irq, "page %lu has been answered, and there is %x", pages, irq);
		alone++;
	}
	CHECK(alone > 5, "%u pages", alone);
	b.late = 0;
	b.stop();
	h.lazy = false;
	h.give(4);
	h.drain();
}

/* SEEN of the page before, at each clock around the next one, of a host that masks nothing: a message comes */
static void crossing(Bench &b)
{
	Host h(b, 4);

	b.rate = 0.3;
	b.delay = 0;
	b.late = 20;
	b.ready = 1;
	h.lazy = true;
	h.block_bytes = 256;
	for (unsigned int after = 0; after < 80; after++) {
		h.begin();
		b.paused = false;
		h.give(2);
		for (uint64_t n = 0; h.pages < 2; n++) {
			CHECK(n < 20000, "no page");
			b.cycle();
		}
		b.paused = true;
		b.cycles(after);
		uint64_t before = b.messages;
		CHECK(h.pages == 2, "a page that nobody waits for");
		b.write(ACQ_R1_SEEN, 1);
		b.cycles(300);
		CHECK(h.pages == 2 && b.read(ACQ_R1_IRQ_STATUS) & ACQ_R1_IRQ_DATA, "%lu pages", h.pages);
		CHECK(b.messages > before, "no message for page 2, SEEN 1 came %u clocks behind it", after);
		b.reset();
	}
}

int main(int argc, char **argv)
{
	std::vector<Case> cases = {
		{"properties", properties, 1}, {"config", config, 1}, {"plain", plain, 10}, {"fast", fast, 2},
		{"moderation", moderation, 10}, {"whole", whole, 3}, {"stops", stops, 10}, {"resets", resets, 10},
		{"failures", failures, 4}, {"refused", refused, 2}, {"leave", leave, 10}, {"masks", masks, 2},
		{"early", early, 10}, {"crossing", crossing, 2},
	};

#ifdef TLP
	cases.push_back({"links", links, 5});
#endif
	if (WAITS)
		cases.push_back({"waits", waits, 5});
	else
		cases.push_back({"losses", losses, 10});
	return bench_main(argc, argv, cases);
}
