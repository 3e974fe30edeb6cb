// SPDX-License-Identifier: GPL-2.0-only
/*
 * What all benches of the core have: the clock, a stream of samples, a register port,
 * and a memory behind the bus that knows what the card may write.
 */
#ifndef BENCH_H
#define BENCH_H

#include "std.h"
#include "Vcard.h"
#include "acq_r1.h"
#include "parameters.h"

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

struct Bench {
	VerilatedContext context;
	Vcard card{&context};
	Dice dice;
	uint64_t clock = 0;

	/* the stream: chance of a lane at a clock */
	double rate = 0.1;
	bool paused = false;
	uint64_t frame = 0;		/* next to begin, or under way */
	unsigned int lane = 0;
	bool ramp = false;
	bool hold = false;		/* valid stays until it is taken */

	/* the run, as the stream sees it */
	bool runs = false;
	uint64_t first = 0;		/* frame of index 0 */
	uint64_t sampled = 0;		/* whole ones of the run */

	/* the bus */
	double ready = 0.7;		/* of the bus taking a beat */
	unsigned int delay = 20;	/* most clocks until it is in memory */
	unsigned int late = 0;		/* and then, until the card hears of it */
	bool read_fails = false;
	bool write_fails = false;	/* a burst, the next one */
	bool master = true, msi = true;
	uint64_t messages = 0;
	bool told = false;		/* a message was taken a clock ago */
	bool mute = false;		/* reads are not answered */
	uint64_t fails_at = 0;		/* of 64 bytes that do not arrive when a write fails */
	bool failing = false, mid_burst = false, refuses = false;
	std::function<void()> on_message;
	struct beat {
		uint64_t at, data;
		uint64_t when;
		bool first, last;
	};
	std::deque<beat> posted;
	uint64_t last_when = 0, beats = 0, bursts = 0;
	uint64_t next_addr = 0;
	unsigned int left = 0;
	bool reading = false;
	uint64_t read_addr = 0, read_when = 0;
	unsigned int read_beat = 0;
	std::map<uint64_t, uint64_t> memory;	/* by 8 bytes */
	std::function<void(uint64_t at, uint64_t data)> on_write;
	std::function<bool(uint64_t at)> may_write;

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

	static uint8_t byte_of(uint64_t n, unsigned int i)
	{
		uint64_t x = (n * 64 + i + 1) * UINT64_C(0x9e3779b97f4a7c15);

		x = (x ^ x >> 31) * UINT64_C(0xbf58476d1ce4e5b9);
		return (uint8_t)(x >> 56);
	}

	/* byte i of the frame of that index */
	uint8_t expected(uint64_t index, unsigned int i) const
	{
		if (!ramp)
			return byte_of(first + index, i);
		return (uint8_t)((index * CHANNELS + i / SAMPLE_BYTES) >> 8 * (i % SAMPLE_BYTES));
	}

	uint64_t get(uint64_t at)
	{
		auto it = memory.find(at & ~7ull);

		return it == memory.end() ? 0 : it->second;
	}

	uint8_t get8(uint64_t at)
	{
		return (uint8_t)(get(at) >> 8 * (at & 7));
	}

	void store(uint64_t at, uint64_t data)
	{
		CHECK(may_write && may_write(at), "writes %016lx to %016lx, which it may not", data, at);
		memory[at] = data;
		if (on_write)
			on_write(at, data);
	}

	void post(uint64_t at, uint64_t data, bool last)
	{
		uint64_t when = clock + (delay ? below(delay) : 0);

		last_when = when > last_when ? when : last_when;
		posted.push_back({at, data, last_when, !mid_burst, last});
		mid_burst = !last;
	}

	void stream()
	{
		bool want = !paused && chance(rate);

		if (!hold) {
			card.s_axis_tvalid = want;
			hold = want;
		}
		if (!card.s_axis_tvalid)
			return;
		uint64_t data = 0;
		for (unsigned int i = 0; i < LANE_BYTES; i++)
			data |= (uint64_t)byte_of(frame, lane * LANE_BYTES + i) << 8 * i;
		card.s_axis_tdata = data;
		card.s_axis_tlast = lane == FRAME_LANES - 1;
	}

#ifdef AXI
	std::deque<std::pair<uint64_t, unsigned int>> addresses;	/* of bursts, and their beats */
	std::deque<std::pair<uint64_t, bool>> given;			/* beats, and if they are the last */
	std::deque<bool> answers;

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
			card.m_axi_rvalid = 1;
			card.m_axi_rresp = read_fails ? 2 : 0;
			card.m_axi_rdata = read_fails ? ~0ull : get(read_addr + 8 * read_beat);
			card.m_axi_rlast = read_beat == 1;
		}
		card.bus_master = master;
		card.msi_enable = msi;
		card.msi_ready = chance(0.5);
	}

	void bussed()
	{
		if (card.m_axi_awvalid && card.m_axi_awready) {
			uint64_t at = card.m_axi_awaddr;
			unsigned int n = card.m_axi_awlen + 1u;

			CHECK(card.m_axi_awsize == 3 && card.m_axi_awburst == 1, "a burst of another kind");
			CHECK(n <= BURST_BYTES / 8 && !(at & 7) && at / BURST_BYTES == (at + 8 * n - 1) / BURST_BYTES, "%u beats at %016lx", n, at);
			CHECK(master, "uses the bus without leave");
			addresses.push_back({at, n});
			bursts++;
		}
		if (card.m_axi_wvalid && card.m_axi_wready) {
			CHECK(card.m_axi_wstrb == 0xff, "strobes");
			given.push_back({card.m_axi_wdata, card.m_axi_wlast});
			beats++;
		}
		while (!addresses.empty() && !given.empty()) {
			post(addresses.front().first, given.front().first, given.front().second);
			CHECK(given.front().second == (addresses.front().second == 1), "the last beat");
			addresses.front().first += 8;
			if (!--addresses.front().second)
				addresses.pop_front();
			given.pop_front();
		}
		left = (unsigned int)(addresses.size() + given.size());
		if (card.m_axi_bvalid && card.m_axi_bready) {
			answers.pop_front();
			b_taken = true;
		}
		if (card.m_axi_arvalid && card.m_axi_arready) {
			reading = true;
			read_addr = card.m_axi_araddr;
			read_beat = 0;
			read_when = clock + below(delay + 1);
			CHECK(!(read_addr & 15) && card.m_axi_arlen == 1, "reads an entry at %016lx", read_addr);
			CHECK(master, "uses the bus without leave");
		}
		if (card.m_axi_rvalid && card.m_axi_rready)
			r_taken = true;
	}
	bool r_taken = false, b_taken = false;
#define W_VALID (card.m_axi_awvalid || card.m_axi_wvalid)
#elif defined(LITEPCIE)
#define W_VALID card.source_valid
	void bus()
	{
		card.source_ready = (!reading || !card.source_valid || card.source_we) && chance(ready);
		card.bus_master = master;
		card.msi_enable = msi;
		card.msi_ready = chance(0.5);
		card.sink_valid = 0;
		if (reading && !mute && clock >= read_when && chance(0.7)) {
			card.sink_valid = 1;
			card.sink_err = read_fails;
			card.sink_last = read_beat == 1;
			card.sink_dat = read_fails ? ~0ull : get(read_addr + 8 * read_beat);
		}
	}

	void bussed()
	{
		bool taken = card.source_valid && card.source_ready;

		if (card.sink_valid)
			reading = ++read_beat < 2;
		if (taken && !card.source_we) {
			CHECK(!left && card.source_first && card.source_last && card.source_len == 4, "a read of another kind");
			CHECK(!reading && !(card.source_adr & 15), "reads an entry at %016lx", (uint64_t)card.source_adr);
			CHECK(master, "uses the bus without leave");
			reading = true;
			read_addr = card.source_adr;
			read_beat = 0;
			read_when = clock + 1 + below(delay + 1);
		} else if (taken) {
			CHECK(card.source_first == (left == 0), "first beat of a burst is not told so");
			if (card.source_first) {
				next_addr = card.source_adr;
				left = card.source_len / 2;
				bursts++;
				CHECK(left && left <= BURST_BYTES / 8 && !(card.source_len & 1) && !(next_addr & 7), "a burst of %u", left);
				CHECK(next_addr / BURST_BYTES == (next_addr + 8 * left - 1) / BURST_BYTES, "a burst across its size");
			}
			CHECK(card.source_last == (left == 1), "last beat of a burst is not told so");
			post(next_addr, card.source_dat, left == 1);
			next_addr += 8;
			left--;
			beats++;
			CHECK(master, "uses the bus without leave");
		}
	}
#elif defined(TLP)
#include "tlp.h"
#elif defined(XDMA)
#define W_VALID (card.c2h_dsc_byp_load || card.s_axis_c2h_tvalid)
	std::deque<std::pair<uint64_t, unsigned int>> addresses;	/* of descriptors, and their beats */
	std::deque<std::pair<uint64_t, bool>> given;			/* beats, and if they are the last */
	unsigned int done = 0;

	void bus()
	{
		card.c2h_dsc_byp_ready = chance(ready);
		card.s_axis_c2h_tready = chance(ready);
		card.h2c_dsc_byp_ready = !reading && chance(ready);
		card.m_axis_h2c_tvalid = reading && !mute && clock >= read_when && chance(0.7);
		card.m_axis_h2c_tdata = get(read_addr + 8 * read_beat);
		card.c2h_sts = 0;
		if (done && clock >= last_when + late && chance(0.5)) {
			card.c2h_sts = 8;
			done--;
		}
		card.bus_master = master;
		card.msi_enable = msi;
		card.msi_ready = chance(0.5);
	}

	void bussed()
	{
		if (card.c2h_dsc_byp_load) {
			uint64_t at = card.c2h_dsc_byp_dst_addr;
			unsigned int n = card.c2h_dsc_byp_len / 8;

			CHECK(card.c2h_dsc_byp_ready && card.c2h_dsc_byp_ctl == 0x10, "a descriptor of another kind");
			CHECK(n && n <= BURST_BYTES / 8 && !(at & 7) && at / BURST_BYTES == (at + 8 * n - 1) / BURST_BYTES, "%u beats at %016lx", n, at);
			CHECK(master, "uses the bus without leave");
			addresses.push_back({at, n});
			bursts++;
		}
		if (card.s_axis_c2h_tvalid && card.s_axis_c2h_tready) {
			CHECK(card.s_axis_c2h_tkeep == 0xff, "strobes");
			given.push_back({card.s_axis_c2h_tdata, card.s_axis_c2h_tlast});
			beats++;
		}
		while (!addresses.empty() && !given.empty()) {
			post(addresses.front().first, given.front().first, given.front().second);
			CHECK(given.front().second == (addresses.front().second == 1), "the last beat");
			addresses.front().first += 8;
			if (!--addresses.front().second)
				addresses.pop_front();
			given.pop_front();
		}
		left = (unsigned int)(addresses.size() + given.size());
		if (card.m_axis_h2c_tvalid)
			reading = ++read_beat < 2;
		if (card.h2c_dsc_byp_load) {
			reading = true;
			read_addr = card.h2c_dsc_byp_src_addr;
			read_beat = 0;
			read_when = clock + 1 + below(delay + 1);
			CHECK(!(read_addr & 15) && card.h2c_dsc_byp_len == 16, "reads an entry at %016lx", read_addr);
			CHECK(master, "uses the bus without leave");
		}
	}
#else
#define W_VALID card.w_valid
	void bus()
	{
		card.w_ready = chance(ready);
		card.w_idle = posted.empty() && clock >= last_when + late;
		card.w_error = refuses;
		refuses = false;
		card.r_ready = !reading && chance(ready);
		card.d_valid = 0;
		card.d_error = 0;
		card.bus_master = master;
		card.msi_enable = msi;
		card.msi_ready = chance(0.5);
		if (reading && !mute && clock >= read_when && chance(0.7)) {
			card.d_valid = 1;
			card.d_error = read_fails;
			card.d_data = read_fails ? ~0ull : get(read_addr + 8 * read_beat);
		}
	}

	void bussed()
	{
		if (card.w_valid && card.w_ready) {
			CHECK(card.w_first == (left == 0), "first beat of a burst is not told so");
			if (card.w_first) {
				next_addr = card.w_addr;
				left = card.w_len;
				bursts++;
				CHECK(left && left <= BURST_BYTES / 8, "a burst of %u beats", left);
				CHECK(!(next_addr & 7), "address %016lx", next_addr);
				CHECK(next_addr / BURST_BYTES == (next_addr + 8 * left - 1) / BURST_BYTES, "a burst across its size: %u at %016lx", left, next_addr);
				CHECK(ADDR_BITS == 64 || !(next_addr >> (ADDR_BITS & 63)), "beyond its address bits");
			}
			CHECK(card.w_last == (left == 1), "last beat of a burst is not told so");
			post(next_addr, card.w_data, left == 1);
			next_addr += 8;
			left--;
			beats++;
			CHECK(master, "uses the bus without leave");
		}
		if (card.r_valid && card.r_ready) {
			reading = true;
			read_addr = card.r_addr;
			read_beat = 0;
			read_when = clock + below(delay + 1);
			CHECK(!(read_addr & 15), "reads an entry at %016lx", read_addr);
		} else if (card.d_valid) {
			if (card.d_error || ++read_beat == 2)
				reading = false;
		}
	}
#endif

	void cycle()
	{
		bool message;

		while (!posted.empty() && posted.front().when <= clock) {
			beat b = posted.front();

			posted.pop_front();
			if (b.first) {
				failing = write_fails;
				write_fails = false;
			}
			if (!failing || !fails_at || b.at < fails_at || b.at >= fails_at + 64)
				store(b.at, b.data);
			refuses |= failing && b.last;
#ifdef AXI
			if (b.last)
				answers.push_back(failing);
#elif defined(XDMA)
			done += b.last;
#endif
		}
		stream();
		bus();
		card.clk = 0;
		card.eval();
		message = card.msi_valid && card.msi_ready;
		CHECK(!told || !card.msi_valid, "two messages without a clock between them");
		told = message;
		bussed();
		bool tready = card.s_axis_tready;
		card.clk = 1;
		card.eval();
		clock++;
#ifdef TLP
		ended();
#elif defined(AXI)
		if (b_taken)
			card.m_axi_bvalid = 0;
		b_taken = false;
		if (r_taken) {
			r_taken = false;
			card.m_axi_rvalid = 0;
			reading = ++read_beat < 2;
		}
#endif
		taken(tready);
		if (message) {
			CHECK(master && msi, "a message without leave");
			messages++;
			if (on_message)
				on_message();
		}
	}
	void taken(bool tready)
	{
		if (!card.s_axis_tvalid)
			return;
		if (!tready) {
			CHECK(WAITS, "a stream that cannot wait is kept waiting");
			return;
		}
		hold = false;
		card.s_axis_tvalid = 0;
		if (++lane == FRAME_LANES) {
			lane = 0;
			if (runs && frame >= first)
				sampled++;
			frame++;
		}
	}

	void cycles(uint64_t n)
	{
		while (n--)
			cycle();
	}

#ifndef TLP
#include "registers.h"

	void write(uint32_t at, uint32_t value)
	{
		put(at, value);
		put_answer(at);
	}

	uint32_t read(uint32_t at)
	{
		return fetch(at);
	}
#endif

	uint64_t read64(uint32_t at)
	{
		uint64_t low = read(at);

		return low | (uint64_t)read(at + 4) << 32;
	}

	/* a run begins with the frame that begins behind this write */
	void start()
	{
		write(ACQ_R1_COMMAND, ACQ_R1_CMD_START);
		first = frame + (lane != 0);
		sampled = 0;
		runs = true;
	}

	void stop()
	{
		write(ACQ_R1_COMMAND, ACQ_R1_CMD_STOP);
		runs = false;
	}

	void reset()
	{
		write(ACQ_R1_COMMAND, ACQ_R1_CMD_RESET);
		runs = false;
		for (int i = 0; (read(ACQ_R1_STATE) & ACQ_R1_STATE_MASK) != ACQ_R1_IDLE; i++)
			CHECK(i < 1000, "RESET does not end");
		CHECK(posted.empty() && !reading, "IDLE, and the bus is not at rest");
	}

	uint32_t state()
	{
		return read(ACQ_R1_STATE);
	}
};

/* Runs all cases, each with some seeds; a line for each that fails, and how many there were at the end */
struct Case {
	const char *name;
	std::function<void(Bench &)> run;
	unsigned int seeds;
};

/* FEW: a set of parameters that is like another one, of which all are run */
static inline unsigned int seeds(const Case &c)
{
#ifdef FEW
	return (c.seeds + 2) / 3;
#else
	return c.seeds;
#endif
}

static inline int bench_main(int argc, char **argv, const std::vector<Case> &cases)
{
	unsigned int passed = 0, failed = 0;
	const char *only = argc > 1 ? argv[1] : nullptr;
	unsigned long seed0 = argc > 2 ? strtoul(argv[2], nullptr, 0) : 0;

	for (const Case &c : cases) {
		bool ok = true;

		if (only && strcmp(only, c.name))
			continue;
		for (unsigned int seed = 1; ok && seed <= (seed0 ? 1 : seeds(c)); seed++) {
			unsigned long with = seed0 ? seed0 : seed;
			Bench bench(with);

			try {
				c.run(bench);
			} catch (const bad &b) {
				printf("FAIL %s, seed %lu, clock %lu: %s\n", c.name, with, bench.clock, b.what.c_str());
				ok = false;
			}
		}
		(ok ? passed : failed)++;
		if (ok)
			printf("ok   %s\n", c.name);
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed != 0;
}

#endif
