// SPDX-License-Identifier: GPL-2.0-only
/* The FIFO transfer: a host that reads the window. */
#include "bench.h"

struct Host {
	Bench &b;
	uint64_t index = 0, delivered = 0, gaps = 0, lost = 0;
	unsigned int byte = 0;		/* of the frame */
	bool resync = true;
	bool finished = false;
	bool counted = false;
	uint32_t popped = 0;

	explicit Host(Bench &bench) : b(bench) {}

	void begin()
	{
		index = delivered = gaps = lost = popped = 0;
		byte = 0;
		resync = true;
		finished = counted = false;
		b.write(ACQ_R1_TRANSFER, ACQ_R1_TRANSFER_FIFO);
		b.write(ACQ_R1_PATTERN, b.ramp);
		b.start();
		CHECK((b.state() & 15) == ACQ_R1_RUNNING, "START leads to %x", b.state());
	}

	void take(uint32_t word, unsigned int bytes)
	{
		for (unsigned int i = 0; i < 4; i++) {
			uint8_t is = (uint8_t)(word >> 8 * i), want = i < bytes ? b.expected(index, byte) : 0;

			CHECK(is == want, "frame %lu, byte %u: %02x and not %02x", index, byte, is, want);
			if (i >= bytes)
				continue;
			popped++;
			if (++byte == FRAME_BYTES) {
				byte = 0;
				index++;
				delivered++;
			}
		}
	}

	/* once, as the specification says that a host does */
	void service(uint32_t most = ~0u)
	{
		uint32_t irq = b.read(ACQ_R1_IRQ_STATUS), state, level;

		b.write(ACQ_R1_IRQ_STATUS, irq & ~(ACQ_R1_IRQ_OVERFLOW | ACQ_R1_IRQ_DATA));
		for (;;) {
			state = b.read(ACQ_R1_STATE);
			level = b.read(ACQ_R1_FIFO_LEVEL);
			CHECK(level <= 1u << FIFO_LOG2, "level %u", level);
			bool last = (state & 15) > ACQ_R1_RUNNING || (irq & ACQ_R1_IRQ_OVERFLOW);
			if (level < 4 && !(last && level))
				break;
			if (!most--)
				return;
			if (resync) {
				uint64_t at = b.read64(ACQ_R1_FIFO_INDEX_LO);

				CHECK(at >= index && !byte, "index %lu behind %lu", at, index);
				CHECK(counted || at == 0, "begins with %lu", at);
				gaps += at != index;
				lost += at - index;
				index = at;
				resync = false;
				counted = true;
			}
			uint32_t all = level < 4 ? level : level / 4 * 4;
			for (uint32_t n = 0; n < all; n += 4)
				take(b.read(ACQ_R1_WINDOW + (uint32_t)b.below(1024) * 4), all - n < 4 ? all - n : 4);
		}
		if (irq & ACQ_R1_IRQ_OVERFLOW && !level) {
			CHECK(!byte, "a part of a frame before a gap");
			resync = true;
			b.write(ACQ_R1_IRQ_STATUS, ACQ_R1_IRQ_OVERFLOW);
		}
		if ((state & 15) == ACQ_R1_DONE && !level)
			finished = true;
	}

	void drain()
	{
		for (int i = 0; !finished; i++) {
			CHECK(i < 1000, "DONE does not come: state %x, level %u, irq %x", b.state(), b.read(ACQ_R1_FIFO_LEVEL), b.read(ACQ_R1_IRQ_STATUS));
			service();
		}
		uint64_t frames = b.read64(ACQ_R1_FRAMES_LO), dropped = b.read64(ACQ_R1_DROPPED_LO);
		CHECK(frames == b.sampled, "FRAMES %lu of %lu", frames, b.sampled);
		CHECK(frames == delivered + dropped, "FRAMES %lu, delivered %lu, DROPPED %lu", frames, delivered, dropped);
		CHECK(lost + (frames - index) == dropped, "lost %lu and %lu, DROPPED %lu", lost, frames - index, dropped);
		CHECK(b.read(ACQ_R1_WINDOW) == 0 && (b.state() & 15) == ACQ_R1_DONE, "the window when DONE");
	}
};

static void properties(Bench &b)
{
	uint32_t caps = b.read(ACQ_R1_CAPS);

	CHECK(b.read(ACQ_R1_ID) == ACQ_R1_ID_MAGIC, "ID");
	CHECK(caps & ACQ_R1_CAP_FIFO && !!(caps & ACQ_R1_CAP_WAIT) == WAITS, "CAPS %x", caps);
	CHECK(b.read(ACQ_R1_CHANNELS) == CHANNELS && b.read(ACQ_R1_FORMATS) == 1u << FORMAT, "what it has");
	CHECK(b.read(ACQ_R1_FIFO_BYTES) == 1u << FIFO_LOG2, "FIFO_BYTES");
	CHECK(b.read(ACQ_R1_WINDOW) == 0 && b.state() == 0, "the window when IDLE");
	b.write(ACQ_R1_PATTERN, 3);
	b.write(ACQ_R1_COMMAND, ACQ_R1_CMD_START);
	CHECK(b.state() == (ACQ_R1_ERROR | ACQ_R1_ERR_CONFIG << 16), "state %x", b.state());
	CHECK(b.read(ACQ_R1_IRQ_STATUS) == ACQ_R1_IRQ_ERROR, "irq");
	b.reset();
	CHECK(b.read(ACQ_R1_IRQ_STATUS) == 0 && b.read(ACQ_R1_PATTERN) == 0, "behind RESET");
}

static void plain(Bench &b)
{
	Host h(b);

	b.rate = b.chance(0.5) ? 0.02 : 0.1;
	b.ramp = b.chance(0.5);
	for (int i = 0; i < 10; i++) {
		h.begin();
		for (uint64_t n = b.below(200); n; n--) {
			b.cycles(b.below(200));
			h.service();
		}
		b.stop();
		h.drain();
		CHECK(!h.gaps, "gaps");
	}
}

/* 100 gaps of a host that is too slow */
static void losses(Bench &b)
{
	Host h(b);

	b.rate = 0.5;
	b.ramp = b.chance(0.5);
	h.begin();
	for (int i = 0; h.gaps < 100; i++) {
		CHECK(i < 20000, "%lu gaps", h.gaps);
		b.cycles(b.below(3000));
		h.service();
	}
	if (b.chance(0.5))
		b.cycles(3000);
	b.stop();
	h.drain();
}

/* a source that waits stands still and goes on, however odd the frames */
static void waits(Bench &b)
{
	Host h(b);

	b.rate = 0.5;
	h.begin();
	for (int i = 0; i < 300; i++) {
		b.cycles(b.below(3000));
		h.service((uint32_t)b.below(4));
		CHECK(!(b.read(ACQ_R1_IRQ_STATUS) & ACQ_R1_IRQ_OVERFLOW), "OVERFLOW");
	}
	b.stop();
	h.drain();
	CHECK(!h.gaps && !b.read(ACQ_R1_DROPPED_LO), "losses");
}

/* DATA is what the specification says, at each time */
static void data(Bench &b)
{
	Host h(b);
	uint32_t every, us;
	uint64_t since, latest;	/* the clock of IRQ_US began between these */
	bool below = true;
	bool paused = false;

	for (int run = 0; run < 20; run++) {
		every = b.below(3) ? (uint32_t)b.below(run & 1 ? 3 : 40) : 0;
		us = b.below(3) ? (uint32_t)(b.below(40) + 20) : 0;
		b.rate = 0.02;
		b.paused = paused = false;
		b.write(ACQ_R1_IRQ_FRAMES, every);
		b.write(ACQ_R1_IRQ_US, us);
		h.begin();
		since = latest = b.clock;
		below = true;
		for (int i = 0; i < 400; i++) {
			b.cycles(b.below(100));
			if (b.chance(0.1)) {
				paused = !paused;
				b.paused = paused;
			}
			/* what cannot change in between is compared */
			b.paused = true;
			b.cycles(4);
			uint64_t now = b.clock;
			uint32_t level = b.read(ACQ_R1_FIFO_LEVEL), irq = b.read(ACQ_R1_IRQ_STATUS), state = b.state();
			bool is = irq & ACQ_R1_IRQ_DATA;
			bool much = every ? level >= every * FRAME_BYTES : 2 * level >= 1u << FIFO_LOG2;
			bool losing = state & ACQ_R1_STATE_LOSING;
			bool full = level + FRAME_BYTES > 1u << FIFO_LOG2;
			bool sure = (level >= 4 && (much || full)) || (level && losing);
			if (level >= 4 && below)
				latest = now;
			below = level < 4;
			bool late = level >= 4 && us && now - latest > (us + 2) * CLOCKS_PER_US;
			bool early = !us || level < 4 || now - since + 40 < (us - 1) * CLOCKS_PER_US;

			if (sure || late)
				CHECK(is, "no DATA with level %u, every %u, us %u, state %x, for %lu clocks", level, every, us, state, now - latest);
			else if (early)
				CHECK(!is, "DATA with level %u, every %u, us %u, state %x", level, every, us, state);
			if (level < 4)
				since = now;
			b.paused = paused;
			if (b.chance(0.1)) {
				h.service();
				since = latest = b.clock;
				below = true;
			}
		}
		b.paused = false;
		b.stop();
		h.drain();
	}
}

/* what is read beyond the level is an error, and a RESET mends it */
static void underrun(Bench &b)
{
	Host h(b);

	b.rate = 0.01;
	h.begin();
	b.cycles(b.below(200));
	for (int i = 0; i < 1000 && (b.state() & 15) == ACQ_R1_RUNNING; i++)
		b.read(ACQ_R1_WINDOW);
	b.runs = false;
	CHECK(b.state() == (ACQ_R1_ERROR | ACQ_R1_ERR_UNDERRUN << 16), "state %x", b.state());
	CHECK(b.read(ACQ_R1_IRQ_STATUS) & ACQ_R1_IRQ_ERROR && b.read(ACQ_R1_FIFO_LEVEL) == 0, "irq, level");
	b.reset();
	h.begin();
	b.cycles(2000);
	b.stop();
	h.drain();
}

/* a host that looks at no level: it gets what is there, or an error, and nothing else */
static void blind(Bench &b)
{
	Host h(b);
	unsigned int words = 0, errors = 0;

	b.rate = 0.2;
	for (int i = 0; i < 200; i++) {
		h.begin();
		b.cycles(b.below(60));
		for (int n = 0; n < 3; n++) {
			uint32_t word = b.read(ACQ_R1_WINDOW);

			if ((b.state() & 15) == ACQ_R1_ERROR) {
				CHECK(!word, "%x of a window that has nothing", word);
				errors++;
				break;
			}
			h.take(word, 4);
			words++;
		}
		b.reset();
		CHECK(!b.read(ACQ_R1_FRAMES_LO), "FRAMES behind RESET");
	}
	CHECK(words > 20 && errors > 20, "%u words, %u errors", words, errors);
}

/* by messages alone: none may be missing */
static void messages(Bench &b)
{
	Host h(b);
	uint64_t before = 0;

	b.rate = 0.1;
	b.write(ACQ_R1_IRQ_US, (uint32_t)b.below(50));
	h.begin();
	b.write(ACQ_R1_IRQ_MASK, ACQ_R1_IRQ_ALL);
	for (int i = 0; !h.finished; i++) {
		for (uint64_t n = 0; b.messages == before; n++) {
			CHECK(n < 100000, "no message: state %x, irq %x, level %u", b.state(), b.read(ACQ_R1_IRQ_STATUS), b.read(ACQ_R1_FIFO_LEVEL));
			b.cycle();
		}
		before = b.messages;
		b.write(ACQ_R1_IRQ_MASK, 0);
		b.cycles(b.below(i % 7 ? 300 : 8000));
		h.service();
		b.write(ACQ_R1_IRQ_MASK, ACQ_R1_IRQ_ALL);
		if (i == 100)
			b.stop();
	}
	h.drain();
}

int main(int argc, char **argv)
{
	std::vector<Case> cases = {
		{"properties", properties, 1}, {"plain", plain, 10}, {"data", data, 5}, {"underrun", underrun, 5},
		{"blind", blind, 5}, {"messages", messages, 10},
	};

	if (WAITS)
		cases.push_back({"waits", waits, 5});
	else
		cases.push_back({"losses", losses, 10});
	return bench_main(argc, argv, cases);
}
