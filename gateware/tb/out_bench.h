// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the bench of the output side has: a converter that notes each frame, a bus that
 * takes its time and knows what may be read and written, and a host that checks all that
 * it is told against what the converter has seen.
 */
#ifndef OUT_BENCH_H
#define OUT_BENCH_H

#include "std.h"
#include "Vcard.h"
#include "acq_r1.h"

#ifndef CHANNELS
#define CHANNELS 1
#endif
#ifndef FORMAT
#define FORMAT 2
#endif
#ifndef LANE_BYTES
#define LANE_BYTES (1 << FORMAT / 2)
#endif
#ifndef WAITS
#define WAITS 0
#endif
#ifndef PACE
#define PACE 0
#endif
#ifndef ADDR_BITS
#define ADDR_BITS 64
#endif
#ifndef BLOCK_LOG2
#define BLOCK_LOG2 12
#endif
#ifndef FIFO_LOG2
#define FIFO_LOG2 13
#endif
#ifndef READ_LOG2
#define READ_LOG2 3
#endif
#ifndef CLOCKS_PER_US
#define CLOCKS_PER_US 8
#endif
#define FRAME_BYTES (CHANNELS * (1 << FORMAT / 2))
#define FRAME_LANES (FRAME_BYTES / LANE_BYTES)
#define TABLE_LOG2 8
#define AT(x) (ACQ_R1_OUTPUT + (x))

struct bad {
	std::string what;
};

template <typename... T> [[noreturn]] void die(const char *format, T... args)
{
	char text[400];

	snprintf(text, sizeof(text), format, args...);
	throw bad{text};
}

#define CHECK(what, ...) do { if (!(what)) die(__VA_ARGS__); } while (0)

struct Block {
	uint64_t addr, number;
	uint32_t bytes, flags;
	/* as the converter has seen it */
	uint64_t index, lost;
	bool begun;
};

struct Bench {
	VerilatedContext context;
	Vcard card{&context};
	Dice dice;
	uint64_t clock = 0;

	/* the bus */
	double ready = 0.7;
	unsigned int delay = 20, late = 0;
	bool leave = true, master = true, msi = true;
	bool write_fails = false;		/* a burst of this side, the next one; a page does not arrive then */
	bool failing = false, mid_burst = false;
	bool mute = false;			/* reads are not answered */
	bool told = false;			/* a message was taken a clock ago */
	int read_fails = 0;			/* that many beats from now on; 0: none */
	uint64_t messages = 0, reads = 0, beats = 0;
	struct beat {
		uint64_t at, data, when;
		bool first, last;
	};
	std::deque<beat> posted;
	uint64_t last_when = 0, next_addr = 0;
	unsigned int left = 0;
	bool reading = false, asked = false, offered = false;
	uint64_t read_addr = 0, read_when = 0;
	unsigned int read_beat = 0, read_len = 0;
	std::map<uint64_t, uint64_t> memory;

	/* the host's memory */
	static constexpr uint64_t MASK = ADDR_BITS == 64 ? ~0ull : (1ull << (ADDR_BITS & 63)) - 1;
	uint64_t table = 0x1234567890000000ull & MASK & ~0xfffffull;
	uint64_t records = 0x0ffff00000100000ull & MASK & ~0xfffffull;
	uint64_t status = 0xfffffff000200040ull & MASK;
	unsigned int log2 = 3;
	std::vector<Block> blocks;
	uint32_t given = 0, entries_read = 0, fetched = 0, complete = 0;
	uint32_t block_bytes = 512;
	bool odd = true;
	uint32_t irq_frames = 0, irq_us = 0;
	bool masks = true, wake = false, finished = false, error = false, gone = false, quiet = false;
	uint32_t code = 0, page_irq = 0;
	uint64_t pages = 0, last_frames = 0, last_dropped = 0, end_index = 0, told_bytes = 0, page_frames = 0, page_dropped = 0;
	uint64_t overflow_pages = 0;
	uint64_t last_part = 0;
	uint64_t page_clock = 0, soonest = ~0ull;	/* of a page that tells of frames alone, behind the one before */
	bool skips = false;			/* pages may be lost, and records */

	/* the converter */
	double rate = 0.2;
	unsigned int lane = 0;
	bool user = false, stuck = false;
	uint64_t frames = 0, filler = 0, gap = 0, gaps = 0, cuts = 0, payload = 0;
	uint32_t block = 0, at = 0;		/* that is played, and bytes of it */
	uint8_t frame[FRAME_BYTES];
	uint64_t last_begun = 0;
	bool running = false;			/* frames may come */
	bool cutting = false;			/* HALT or RESET: what is under way is none */
	bool stopped = false;			/* STOP has been written */
	bool doubted = false, maybe = false;	/* filler that was under way at STOP, and counts or not */

	explicit Bench(uint64_t seed) : dice(seed)
	{
		card.rst = 1;
		card.bus_master = 1;
		card.msi_enable = 1;
		cycle();
		cycle();
		card.rst = 0;
	}

	bool chance(double p)
	{
		return dice.chance(p);
	}

	uint64_t below(uint64_t n)
	{
		return dice() % n;
	}

	uint64_t get(uint64_t a)
	{
		auto it = memory.find(a & ~7ull);

		return it == memory.end() ? 0 : it->second;
	}

	static uint8_t byte_of(uint64_t number, uint32_t i)
	{
		uint64_t x = (number * 8192 + i + 1) * UINT64_C(0x9e3779b97f4a7c15);

		x = (x ^ x >> 31) * UINT64_C(0xbf58476d1ce4e5b9);
		return (uint8_t)(x >> 56);
	}

	uint32_t size() const
	{
		return 1u << log2;
	}

	/* what the registers tell in the end is what the page told */
	void counted()
	{
		uint64_t f = read64(ACQ_R1_FRAMES_LO), d = read64(ACQ_R1_DROPPED_LO);

		CHECK(f == last_frames && d == last_dropped, "FRAMES %lu, DROPPED %lu, the page says %lu, %lu", f, d, last_frames, last_dropped);
	}

	/* what may be read, once */
	void may_read(uint64_t a, unsigned int n)
	{
		CHECK(!(a & 7), "reads at %016lx", a);
		CHECK(a / (8u << READ_LOG2) == (a + 8 * n - 1) / (8u << READ_LOG2), "%u beats at %016lx", n, a);
		if (a >= table && a < table + 16ull * size()) {
			uint32_t slot = (uint32_t)((a - table) / 16);

			CHECK(n == 2 && !(a & 15), "an entry by %u beats at %016lx", n, a);
			CHECK(entries_read < given, "entry %u is not given", entries_read);
			CHECK(slot == (entries_read & (size() - 1)), "entry %u in slot %u", entries_read, slot);
			entries_read++;
			return;
		}
		CHECK(entries_read, "reads %016lx before an entry", a);
		const Block &b = blocks[entries_read - 1];
		CHECK(a >= b.addr && a - b.addr + 8 * n <= ((b.bytes + 7) & ~7u), "reads %u beats at %016lx, but block %u is at %016lx, %u",
		      n, a, entries_read - 1, b.addr, b.bytes);
		CHECK(entries_read > fetched, "reads a block that it has told to have");
	}

#ifdef DUPLEX
#include "out_in.h"
#else
	static bool is_in(uint64_t)
	{
		return false;
	}
#endif

	void store(uint64_t a, uint64_t data)
	{
		if (is_in(a)) {
			memory[a] = data;
#ifdef DUPLEX
			if (a == IN_STATUS + 56)
				in_page();
#endif
			return;
		}
		CHECK((a >= status && a < status + 64) || (a >= records && a < records + 32ull * size()), "writes to %016lx", a);
		memory[a] = data;
		if (a == status + 56 && !gone)
			page((uint32_t)(data >> 32));
	}

	/* what the converter and the endpoint do */
	void others()
	{
		/* a clock late, as the core sees it */
		leave = master || card.bus_master;
		card.bus_master = master;
		card.msi_enable = msi;
		card.msi_ready = chance(0.5);
#ifdef DUPLEX
		card.s_axis_tvalid = chance(0.3);
		card.s_axis_tlast = 1;
#else
		card.stamp = clock;
#endif
		card.m_axis_tready = !stuck && chance(rate);
	}

	void posts(uint64_t a, uint64_t data, bool last)
	{
		uint64_t when = clock + (delay ? below(delay) : 0);

		last_when = when > last_when ? when : last_when;
		posted.push_back({a, data, last_when, !mid_burst, last});
		mid_burst = !last;
		beats += !is_in(a);
	}

	void asks(uint64_t a, unsigned int n)
	{
		CHECK(!reading, "two reads at a time");
		CHECK(asked, "reads without leave");
		asked = false;
		reading = true;
		reads += !is_in(a);
		read_addr = a;
		read_len = n;
		read_beat = 0;
		read_when = clock + 1 + below(delay + 1);
		if (!is_in(a))
			may_read(a, n);
	}

	/* of those that this side reads */
	bool beat_fails()
	{
		return !is_in(read_addr) && read_fails && !--read_fails;
	}

	static void check_burst(uint64_t a, unsigned int n)
	{
		CHECK(n && n <= 8 && !(a & 7), "%u beats at %016lx", n, a);
		CHECK(a / 64 == (a + 8 * n - 1) / 64, "a burst across its size");
	}

#ifdef AXI
#include "out_axi.h"
#elif defined(LITEPCIE)
#include "out_litepcie.h"
#else
#include "out_port.h"
#endif

	/* the converter takes a lane */
	void plays()
	{
		if (!card.m_axis_tvalid || !card.m_axis_tready)
			return;
		for (unsigned int i = 0; i < LANE_BYTES; i++)
			frame[lane * LANE_BYTES + i] = (uint8_t)((uint64_t)card.m_axis_tdata >> 8 * i);
		if (!lane) {
			user = card.m_axis_tuser;
			CHECK(running && !cutting, "a frame begins when nothing plays");
			CHECK(!(user && stopped && block == given), "filler begins behind the last block");
			doubted = false;
			if (PACE > 1)
				CHECK(!last_begun || clock - last_begun >= PACE, "a frame after %lu clocks", clock - last_begun);
			last_begun = clock;
		}
		CHECK(card.m_axis_tlast == (lane == FRAME_LANES - 1), "LAST at lane %u", lane);
		if (++lane < FRAME_LANES)
			return;
		lane = 0;
		if (cutting || user != card.m_axis_tuser || (finished && user)) {
			CHECK(quiet || cutting || finished, "a frame is cut");
			CHECK(card.m_axis_tuser || !cutting, "a frame that is cut does not say so");
			cuts++;
			return;
		}
		frames++;
		if (user) {
			CHECK(!WAITS, "filler of a converter that waits");
			CHECK(!at, "filler in the midst of a block");
			filler++;
			maybe = doubted;
			gaps += !gap;
			gap++;
			return;
		}
		CHECK(block < blocks.size() && block < entries_read, "plays block %u of %u", block, entries_read);
		Block &b = blocks[block];
		if (!at) {
			b.index = frames - 1;
			b.lost = gap;
			b.begun = true;
			gap = 0;
		}
		for (unsigned int i = 0; i < FRAME_BYTES; i++, at++, payload++)
			CHECK(frame[i] == byte_of(b.number, at), "block %u, byte %u: %02x and not %02x", block, at, frame[i], byte_of(b.number, at));
		CHECK(at <= b.bytes, "more than there is");
		if (at == b.bytes) {
			block++;
			at = 0;
		}
	}

	void cycle()
	{
		while (!posted.empty() && posted.front().when <= clock) {
			beat b = posted.front();

			posted.pop_front();
			if (b.first) {
				failing = write_fails && !is_in(b.at);
				write_fails &= !failing;
			}
			if (!failing || b.at < status || b.at >= status + 64)
				store(b.at, b.data);
			if (b.last)
				arrived(failing);
		}
		bus();
		card.clk = 0;
		card.eval();
		bool message = card.msi_valid && card.msi_ready;
		CHECK(!told || !card.msi_valid, "two messages without a clock between them");
		told = message;
		bussed();
		plays();
		card.clk = 1;
		card.eval();
		clock++;
		clocked();
		if (message) {
			CHECK(master && msi, "a message without leave");
			messages++;
			wake = true;
		}
	}

	void cycles(uint64_t n)
	{
		while (n--)
			cycle();
	}

	void write(uint32_t a, uint32_t value)
	{
		write_access(AT(a), value);
		if (a == ACQ_R1_COMMAND && value & (ACQ_R1_CMD_HALT | ACQ_R1_CMD_RESET))
			cutting = true;
		if (a == ACQ_R1_COMMAND && value & ACQ_R1_CMD_STOP) {
			doubted = lane && user;
			stopped = true;
		}
		write_end(AT(a));
	}

#include "registers.h"

	uint32_t read(uint32_t a)
	{
		return fetch(AT(a));
	}

	uint64_t read64(uint32_t a)
	{
		uint64_t low = read(a);

		return low | (uint64_t)read(a + 4) << 32;
	}

	/* what the card tells */
	void record(uint32_t n, bool done, uint32_t bytes)
	{
		uint64_t a = records + 32ull * (n & (size() - 1));
		uint32_t has = (uint32_t)get(a + 24), flags = (uint32_t)(get(a + 24) >> 32);
		const Block &b = blocks[n];

		CHECK(b.begun, "a record of block %u, which was not played", n);
		CHECK(get(a) == b.index && get(a + 8) == b.lost, "block %u: index %lu, lost %lu, and not %lu, %lu", n, get(a), get(a + 8), b.index, b.lost);
		CHECK(get(a + 16) == 0, "a timestamp");
		CHECK(has == bytes, "block %u: %u bytes, and not %u", n, has, bytes);
		CHECK(flags == ((n & 0xffff) << 16 | done), "block %u: flags %x", n, flags);
	}

	void page(uint32_t update)
	{
		uint64_t progress = get(status), f = get(status + 8), d = get(status + 16);
		uint32_t state = (uint32_t)get(status + 40), irq = (uint32_t)(get(status + 40) >> 32);
		uint32_t now = (uint32_t)(progress >> 32), part = (uint32_t)progress, read_ = (uint32_t)get(status + 48);

		pages++;
		if (skips && update > pages)
			pages = update;
		if (skips && (state & ACQ_R1_STATE_MASK) == ACQ_R1_ERROR) {
			error = true;
			return;
		}
		CHECK(update == pages, "update %u is the %lu-th page", update, pages);
		CHECK(!get(status + 32) && !(get(status + 48) >> 32) && !(uint32_t)get(status + 56), "fields that are 0");
		CHECK(!finished && !error, "a page behind the end");
		CHECK(now >= complete && now <= block, "%u blocks have been played, it says, and not %u", now, block);
		CHECK(read_ >= fetched && read_ >= now && read_ <= entries_read, "%u blocks were read, it says, %u entries were", read_, entries_read);
		if (now == complete && d == last_dropped && pages > 1 && (state & ACQ_R1_STATE_MASK) == ACQ_R1_RUNNING)
			soonest = std::min(soonest, clock - page_clock);
		page_clock = clock;
		/* their memory is used again at once */
		for (; fetched < read_; fetched++)
			for (uint32_t i = 0; i < blocks[fetched].bytes; i += 8)
				memory[blocks[fetched].addr + i] = dice();
		for (; complete < now; complete++) {
			record(complete, true, blocks[complete].bytes);
			told_bytes += blocks[complete].bytes;
			last_part = 0;
		}
		CHECK(part % FRAME_BYTES == 0 && part >= last_part, "%u bytes of the next one, behind %lu", part, last_part);
		if (part)
			CHECK(now < blocks.size() && part < blocks[now].bytes, "%u bytes of block %u", part, now);
		last_part = part;
		CHECK(f - d == (told_bytes + part) / FRAME_BYTES, "%lu frames, %lu filler, %lu bytes", f, d, told_bytes + part);
		CHECK(f >= last_frames && d >= last_dropped && f <= frames && d <= filler, "counters %lu %lu of %lu %lu", f, d, frames, filler);
		last_frames = f;
		last_dropped = d;
		CHECK(irq & ACQ_R1_IRQ_DATA, "an update that is due, without DATA");
		overflow_pages += !!(irq & ACQ_R1_IRQ_OVERFLOW);
		CHECK(!(irq & ACQ_R1_IRQ_TRIGGER), "a trigger");
		page_irq |= irq;
		if (d)
			CHECK(page_irq & ACQ_R1_IRQ_OVERFLOW, "filler without OVERFLOW");
		switch (state & ACQ_R1_STATE_MASK) {
		case ACQ_R1_DONE:
			CHECK(irq & ACQ_R1_IRQ_FINISHED && !(state & ACQ_R1_STATE_LOSING), "DONE: state %x, irq %x", state, irq);
			finished = true;
			break;
		case ACQ_R1_ERROR:
			CHECK(irq & ACQ_R1_IRQ_ERROR, "ERROR without its cause");
			error = true;
			code = ACQ_R1_STATE_CODE(state);
			break;
		case ACQ_R1_ARMED:
			CHECK(!f, "frames while ARMED");
			/* fallthrough */
		case ACQ_R1_RUNNING:
			CHECK(!(irq & (ACQ_R1_IRQ_FINISHED | ACQ_R1_IRQ_ERROR)), "causes %x in state %u", irq, state);
			break;
		default:
			die("page has state %x", state);
		}
	}

	/* what the host does */
	void setup()
	{
		write(ACQ_R1_TABLE_LO, (uint32_t)table);
		write(ACQ_R1_TABLE_HI, (uint32_t)(table >> 32));
		write(ACQ_R1_RECORDS_LO, (uint32_t)records);
		write(ACQ_R1_RECORDS_HI, (uint32_t)(records >> 32));
		write(ACQ_R1_STATUS_LO, (uint32_t)status);
		write(ACQ_R1_STATUS_HI, (uint32_t)(status >> 32));
		write(ACQ_R1_TABLE_LOG2, log2);
		write(ACQ_R1_IRQ_FRAMES, irq_frames);
		write(ACQ_R1_IRQ_US, irq_us);
	}

	void begin()
	{
#ifdef DUPLEX
		CHECK(read(ACQ_R1_CAPS - ACQ_R1_OUTPUT) & ACQ_R1_CAP_OUTPUT, "CAPS");
		if (!in_runs)
			in_begin();
#endif
		/* what a failure has cut */
		for (quiet = true; lane;)
			cycle();
		blocks.clear();
		given = entries_read = fetched = complete = 0;
		pages = last_frames = last_dropped = told_bytes = last_part = overflow_pages = 0;
		wake = finished = error = gone = quiet = false;
		code = page_irq = 0;
		frames = filler = gap = gaps = payload = 0;
		block = at = 0;
		running = true;
		cutting = doubted = maybe = stopped = false;
		setup();
		write(ACQ_R1_COMMAND, ACQ_R1_CMD_START);
		CHECK(read(ACQ_R1_STATE) == ACQ_R1_ARMED, "START leads to %x", read(ACQ_R1_STATE));
		CHECK(!read(ACQ_R1_GIVEN) && !read(ACQ_R1_SEEN), "START leaves GIVEN or SEEN");
		CHECK(!read64(ACQ_R1_FRAMES_LO) && !read64(ACQ_R1_DROPPED_LO), "START leaves counters");
		write(ACQ_R1_IRQ_MASK, ACQ_R1_IRQ_ALL);
	}

	uint64_t block_addr(uint32_t n)
	{
		uint64_t slot = n & (size() - 1);

		/* scattered, one at the very end of what it can reach */
		if (slot == 1)
			return (MASK & ~63ull) - 4096 + 64;
		return ((slot * 0x0123400010000ull + 0x40000000) & MASK & ~0xffffull) + 64 * (slot & 7);
	}

	void give(uint32_t n, uint32_t flags = 0)
	{
		while (n-- && given - complete < size()) {
			uint32_t most = std::min(block_bytes, 1u << std::min(BLOCK_LOG2, 12)) / FRAME_BYTES;
			uint32_t bytes = FRAME_BYTES * (odd ? 1 + (uint32_t)below(most) : most);
			Block b{block_addr(given), dice() >> 20, bytes, n ? 0 : flags, 0, 0, false};
			uint64_t a = table + 16ull * (given & (size() - 1));

			for (uint32_t i = 0; i < bytes; i += 8) {
				uint64_t word = 0;

				for (uint32_t j = 0; j < 8; j++)
					word |= (uint64_t)(i + j < bytes ? byte_of(b.number, i + j) : 0xee) << 8 * j;
				memory[b.addr + i] = word;
			}
			blocks.push_back(b);
			memory[a] = b.addr;
			memory[a + 8] = b.bytes | (uint64_t)b.flags << 32;
			memory[records + 32ull * (given & (size() - 1)) + 24] = ~0ull;
			given++;
		}
		write(ACQ_R1_GIVEN, given);
	}

	/* as the driver does it, without reading a register */
	void service()
	{
		wake = false;
		if (masks)
			write(ACQ_R1_IRQ_MASK, 0);
		cycles(below(50));
		uint32_t update = (uint32_t)(get(status + 56) >> 32), irq = (uint32_t)(get(status + 40) >> 32);
		write(ACQ_R1_IRQ_STATUS, irq & ~ACQ_R1_IRQ_DATA);
		write(ACQ_R1_SEEN, update);
		if (masks)
			write(ACQ_R1_IRQ_MASK, ACQ_R1_IRQ_ALL);
	}

	/* services by messages alone; MORE: gives blocks, up to so many */
	void run_for(uint64_t n, uint32_t more = 0)
	{
		for (uint64_t end = clock + n; clock < end && !finished && !error;) {
			cycle();
#ifdef DUPLEX
			in_service();
#endif
			if (wake) {
				service();
				if (more && given - complete < more)
					give(more - (given - complete));
			}
		}
	}

	void stop()
	{
		write(ACQ_R1_COMMAND, ACQ_R1_CMD_STOP);
	}

	/* the end as the registers tell it, once the page has */
	void over()
	{
		running = false;
		for (int i = 0; read(ACQ_R1_STATE) != ACQ_R1_DONE; i++)
			CHECK(i < 200, "the page says DONE, STATE %x", read(ACQ_R1_STATE));
		if (maybe && last_dropped == filler - 1) {
			frames--;
			filler--;
			gaps -= gap == 1;
		}
		CHECK(read64(ACQ_R1_FRAMES_LO) == frames && read64(ACQ_R1_DROPPED_LO) == filler, "FRAMES %lu, DROPPED %lu, and not %lu, %lu",
		      read64(ACQ_R1_FRAMES_LO), read64(ACQ_R1_DROPPED_LO), frames, filler);
		counted();
		CHECK(overflow_pages >= !!gaps && !(page_irq & ACQ_R1_IRQ_OVERFLOW) == !gaps, "%lu gaps, causes %x", gaps, page_irq);
		cycles(300);
		CHECK(!card.m_axis_tvalid || lane, "a frame behind the end");
	}

	void drain()
	{
		give(1);
		stop();
		run_for(4000000);
		CHECK(finished, "STOP does not end: state %x, %u of %u", read(ACQ_R1_STATE), complete, given);
		CHECK(complete == given && block == given && !at, "%u of %u blocks", complete, given);
		over();
	}

	void reset()
	{
		gone = true;
		write(ACQ_R1_COMMAND, ACQ_R1_CMD_RESET);
		running = false;
		ends_reset();
	}

	/* it has come to its end when all that was on the bus has */
	void ends_reset()
	{
		for (int i = 0; (read(ACQ_R1_STATE) & ACQ_R1_STATE_MASK) != ACQ_R1_IDLE; i++)
			CHECK(i < 2000, "RESET does not end");
		bool rest = !reading || is_in(read_addr);
		for (const beat &p : posted)
			rest &= is_in(p.at);
		CHECK(rest && (!left || is_in(next_addr)), "IDLE, and the bus is not at rest");
	}
};

#endif
