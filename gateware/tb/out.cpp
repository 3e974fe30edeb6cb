// SPDX-License-Identifier: GPL-2.0-only
/*
 * The output side: a host that does what the specification says, and believes nothing;
 * a converter that notes each frame; a bus that takes its time, and knows what may be
 * read and written.
 *
 * With DUPLEX the input records its ramp all the time, whatever the output does, and
 * is checked, too.
 */
#include "out_bench.h"

/* the card reckons with that, where the bus does not tell what has left */
#ifdef LITEPCIE
#define MOST_DELAY 30
#else
#define MOST_DELAY 200
#endif

static void registers(Bench &b)
{
	b.running = false;
	CHECK(b.read(ACQ_R1_ID) == ACQ_R1_ID_MAGIC && b.read(ACQ_R1_VERSION) == 0x10001, "identity");
	CHECK(b.read(ACQ_R1_CAPS) == (1u | 1u << 14 | (WAITS ? 4u : 0)), "CAPS %x", b.read(ACQ_R1_CAPS));
	CHECK(b.read(ACQ_R1_FIFO_BYTES) == 1u << FIFO_LOG2, "FIFO_BYTES");
	CHECK(b.read(ACQ_R1_LIMITS) == ((uint32_t)ADDR_BITS << 24 | TABLE_LOG2 << 16 | BLOCK_LOG2 << 8 | 6), "LIMITS %x", b.read(ACQ_R1_LIMITS));
	b.write(ACQ_R1_GIVEN, 5);
	CHECK(!b.read(ACQ_R1_GIVEN), "GIVEN before START");
	b.write(ACQ_R1_COUNT_LO, 5);
	b.write(ACQ_R1_PATTERN, 1);
	CHECK(!b.read(ACQ_R1_COUNT_LO) && !b.read(ACQ_R1_PATTERN), "what is read only");
	b.write(ACQ_R1_SCRATCH, 0x12345678);
	CHECK(b.read(ACQ_R1_SCRATCH) == 0x12345678, "SCRATCH");
	b.reset();
	for (uint32_t at = 0x3c; at < 0x100; at += 4)
		if ((at < 0x80 || at > 0x8c) && (at & ~4u) != ACQ_R1_TIMESTAMP_LO && (at & ~4u) != 0xe4)
			CHECK(b.read(at) == 0, "%03x reads %x behind RESET", at, b.read(at));
	for (auto w : {std::pair<uint32_t, uint32_t>{ACQ_R1_TABLE_LO, 0x20}, {ACQ_R1_RECORDS_LO, 1}, {ACQ_R1_TABLE_LOG2, TABLE_LOG2 + 1}}) {
		b.setup();
		b.write(w.first, w.second);
		b.write(ACQ_R1_COMMAND, ACQ_R1_CMD_START);
		CHECK(b.read(ACQ_R1_STATE) == (ACQ_R1_ERROR | ACQ_R1_ERR_CONFIG << 16), "%03x = %x: state %x", w.first, w.second, b.read(ACQ_R1_STATE));
		CHECK(b.read(ACQ_R1_IRQ_STATUS) == ACQ_R1_IRQ_ERROR, "irq %x", b.read(ACQ_R1_IRQ_STATUS));
		b.cycles(200);
		CHECK(!b.beats && !b.reads, "DMA");
	}
}

/* a host that is quick enough */
static void plain(Bench &b)
{
	b.rate = std::min(0.02 * FRAME_LANES, 0.8 / LANE_BYTES);
	b.odd = false;
	b.begin();
	b.give(6);
	b.run_for(60000, 8);
	CHECK(!b.filler && b.payload > 1000, "%lu filler, %lu bytes", b.filler, b.payload);
	b.drain();
	CHECK(!b.filler, "filler at the end");
#ifdef DUPLEX
	CHECK(b.in_blocks > 10, "%u blocks of the input", b.in_blocks);
#endif
	/* and again, without a reset */
	b.begin();
	b.give(3);
	b.drain();
}

/* blocks of any size, down to a frame, as fast as they can be taken: it runs dry again and again */
static void dry(Bench &b)
{
	b.rate = b.chance(0.5) ? 1 : 0.3;
	b.block_bytes = b.chance(0.5) ? FRAME_BYTES * 4 : 512;
	b.delay = (unsigned int)b.below(60);
	b.begin();
	b.give(1);
	for (int i = 0; i < 5000 && b.gaps < 1000; i++) {
		b.give((uint32_t)b.below(4));
		b.run_for(b.below(8 * 512 / FRAME_BYTES * FRAME_LANES));
	}
	CHECK(WAITS ? !b.gaps : b.gaps > 300, "%lu gaps", b.gaps);
	b.give(2);
	b.stop();
	b.run_for(400000);
	CHECK(b.finished, "STOP does not end");
	b.over();
}

/* a converter that takes a lane at each clock */
static void full(Bench &b)
{
	b.rate = 1;
	b.block_bytes = 4096;
	b.delay = 0;
	b.ready = 1;
	b.begin();
	b.give(8);
	b.run_for(60000, 8);
	CHECK(b.payload > 4u * 4096 || PACE || BLOCK_LOG2 < 12, "%lu bytes", b.payload);
	b.drain();
}

/* STOP with blocks in all places, and in the midst of filler; LAST: all that were given are played, and nothing behind them */
static void ends(Bench &b)
{
	for (int i = 0; i < 30; i++) {
		bool last = b.chance(0.3), dry = b.chance(0.5);

		b.rate = b.chance(0.5) ? 1 : 0.1;
		b.block_bytes = b.chance(0.5) ? FRAME_BYTES * 2 : 512;
		b.begin();
		b.give(1 + (uint32_t)b.below(last ? 1 : 8), last ? ACQ_R1_ENTRY_LAST : 0);
		if (last) {
			b.run_for(400000);
			CHECK(b.finished && b.block == b.given, "LAST does not end");
			CHECK(!b.filler, "filler behind LAST");
			b.over();
		} else {
			b.run_for(b.below(2000));
			if (dry && !WAITS) {
				for (int j = 0; !b.gap; j++) {
					CHECK(j < 100000, "no filler");
					b.run_for(1);
				}
				b.run_for(b.below(200));
				b.give((uint32_t)b.below(4));
			}
			b.stop();
			b.run_for(400000);
			CHECK(b.finished, "STOP does not end");
			CHECK(b.block == b.given && b.complete == b.given, "STOP: %u of %u", b.block, b.given);
			b.over();
		}
	}
	/* blocks behind LAST, and STOP at each clock around the one at which that is read */
	for (unsigned int i = 0; i < 150; i++) {
		b.rate = 1;
		b.delay = 40;
		b.block_bytes = FRAME_BYTES * 2;
		b.begin();
		b.give(1, ACQ_R1_ENTRY_LAST);
		b.give(2);
		b.run_for(i);
		b.stop();
		b.run_for(20000);
		CHECK(b.finished && b.block == 1 && b.complete == 1, "%u clocks: %u blocks are played", i, b.block);
		b.given = 1;
		b.over();
	}
	/* nothing has been given */
	b.begin();
	b.stop();
	b.run_for(2000);
	CHECK(b.finished && !b.frames, "STOP without blocks");
	b.over();
}

static void halt(Bench &b)
{
	for (int i = 0; i < 30; i++) {
		b.rate = b.chance(0.5) ? 1 : 0.1;
		b.block_bytes = b.chance(0.3) ? FRAME_BYTES * 2 : 512;
		b.begin();
		b.give((uint32_t)b.below(9));
		b.run_for(b.below(3000), (uint32_t)b.below(9));
		b.quiet = true;
		b.stuck = b.chance(0.3);
		b.write(ACQ_R1_COMMAND, ACQ_R1_CMD_HALT);
		b.run_for(3000);
		CHECK(b.finished, "HALT does not end: %x", b.read(ACQ_R1_STATE));
		if (b.last_part)
			b.record(b.complete, false, (uint32_t)b.last_part);
		CHECK(b.complete == b.block && b.last_part == b.at, "cut at %u, %lu, and not %u, %u", b.complete, b.last_part, b.block, b.at);
		uint64_t reads = b.reads;
		b.over();
		CHECK(b.reads == reads, "reads when DONE");
		b.stuck = false;
	}
}

static void reset(Bench &b)
{
	for (int i = 0; i < 30; i++) {
		b.rate = b.chance(0.5) ? 1 : 0.1;
		b.delay = (unsigned int)b.below(MOST_DELAY);
		b.begin();
		b.give((uint32_t)b.below(9));
		b.run_for(b.below(2000), (uint32_t)b.below(9));
		b.stuck = b.chance(0.3);
		b.reset();
		uint64_t reads = b.reads, beats = b.beats;
		b.cycles(500);
		CHECK(b.reads == reads && b.beats == beats, "the bus is used behind RESET");
		CHECK(!b.read(ACQ_R1_IRQ_STATUS) && !b.read(ACQ_R1_GIVEN) && !b.read(ACQ_R1_TABLE_LO), "RESET leaves something");
		b.stuck = false;
		b.quiet = true;
	}
	b.begin();
	b.give(4);
	b.drain();
}

/* a read is not answered: RESET does not end before it is, but the registers are there. START is ignored until then */
static void again(Bench &b)
{
	for (int i = 0; i < 10; i++) {
		b.delay = 10;
		b.begin();
		b.give(4);
		for (int j = 0; !b.reading || b.is_in(b.read_addr); j++) {
			CHECK(j < 20000, "no read");
			b.cycle();
		}
		b.mute = b.gone = true;
		b.write(ACQ_R1_COMMAND, ACQ_R1_CMD_RESET);
		b.running = false;
		b.write(ACQ_R1_SCRATCH, 0x5a00);
		CHECK(b.read(ACQ_R1_SCRATCH) == 0x5a00, "registers while it resets");
		b.setup();
		uint64_t reads = b.reads;
		b.write(ACQ_R1_COMMAND, ACQ_R1_CMD_START);
		CHECK(b.read(ACQ_R1_STATE) & ACQ_R1_STATE_MASK, "IDLE while a read is under way");
		b.mute = false;
		b.ends_reset();
		b.cycles(300);
		CHECK(b.read(ACQ_R1_STATE) == ACQ_R1_IDLE && b.reads == reads, "START while it resets: state %x", b.read(ACQ_R1_STATE));
	}
	b.begin();
	b.give(4);
	b.drain();
}

/* as the end comes, Bus Master Enable goes away for a while: a page says DONE, or nobody does */
static void leave(Bench &b)
{
	unsigned int done = 0, failed = 0;

	b.skips = true;
	b.ready = 0.2;
	b.block_bytes = FRAME_BYTES * 4;
	for (int i = 0; i < 60; i++) {
		b.rate = 1;
		b.begin();
		b.give(1 + (uint32_t)b.below(3));
		b.stop();
		for (int j = 0; b.block != b.given && !b.finished && !b.error; j++) {
			CHECK(j < 100000, "%u of %u blocks", b.block, b.given);
			b.run_for(1);
		}
		b.run_for(b.below(150));
		b.master = false;
		b.cycles(b.chance(0.5) ? b.below(30) : 2000);
		b.master = true;
		b.cycles(4000);
		b.running = false;
		uint32_t state = b.read(ACQ_R1_STATE), irq = b.read(ACQ_R1_IRQ_STATUS);
		bool is_done = state == ACQ_R1_DONE;
		CHECK(is_done || state == (ACQ_R1_ERROR | ACQ_R1_ERR_DMA << 16), "state %x", state);
		CHECK(is_done == b.finished, "state %x, and a page %s DONE", state, b.finished ? "says" : "does not say");
		CHECK(is_done || !(irq & ACQ_R1_IRQ_FINISHED), "irq %x in ERROR", irq);
		(is_done ? done : failed)++;
#ifdef DUPLEX
		b.in_runs = false;
#endif
	}
	CHECK(done && failed, "%u done, %u failed", done, failed);
}

/* the last writes fail: DONE is not said */
static void unwritten(Bench &b)
{
#ifndef LITEPCIE
	unsigned int failed = 0;

	b.skips = true;
	b.block_bytes = FRAME_BYTES * 8;
	for (int i = 0; i < 40; i++) {
		b.rate = 1;
		b.delay = (unsigned int)b.below(60);
		b.begin();
		b.give(1 + (uint32_t)b.below(2));
		b.stop();
		for (int j = 0; b.block != b.given; j++) {
			CHECK(j < 100000, "%u of %u blocks", b.block, b.given);
			b.run_for(1);
		}
		b.cycles(b.below(60));
		b.write_fails = true;
		b.cycles(3000);
		b.running = false;
		uint32_t state = b.read(ACQ_R1_STATE), irq = b.read(ACQ_R1_IRQ_STATUS);
		if (b.write_fails) {
			CHECK(state == ACQ_R1_DONE && b.finished, "state %x", state);
		} else {
			CHECK(state == (ACQ_R1_ERROR | ACQ_R1_ERR_DMA << 16) && !b.finished, "a write has failed, state %x", state);
			CHECK(irq & ACQ_R1_IRQ_ERROR && !(irq & ACQ_R1_IRQ_FINISHED), "irq %x", irq);
			/* the page of the error is the newest one by its number, too */
			b.write(ACQ_R1_SEEN, (uint32_t)(b.get(b.status + 56) >> 32));
			CHECK(!(b.read(ACQ_R1_IRQ_STATUS) & ACQ_R1_IRQ_DATA), "the newest update has been seen, and DATA stays");
			failed++;
		}
		b.write_fails = false;
#ifdef DUPLEX
		b.in_runs = false;
#endif
	}
	CHECK(failed, "none failed");
#else
	(void)b;
#endif
}

static void fails_with(Bench &b, uint32_t code)
{
	b.run_for(20000);
	CHECK(b.error && b.code == code, "error %u, and not %u", b.code, code);
	for (int i = 0; b.read(ACQ_R1_STATE) != (ACQ_R1_ERROR | code << 16); i++)
		CHECK(i < 100, "STATE %x", b.read(ACQ_R1_STATE));
	b.running = false;
	uint64_t reads = b.reads, beats = b.beats;
	b.cycles(500);
	CHECK(b.reads == reads && b.beats == beats, "the bus is used in ERROR");
	b.counted();
}

static void errors(Bench &b)
{
	/* entries */
	for (int i = 0; i < 6; i++) {
		if (i == 3 && FRAME_BYTES == 1)
			continue;
		b.begin();
		b.quiet = true;
		b.give(3);
		b.reset();
		b.begin();
		b.quiet = true;
		b.blocks.push_back(Block{0x10000, 1, 64, 0, 0, 0, false});
		b.memory[b.table] = i == 0 ? 0x10008 : 0x10000;
		b.memory[b.table + 8] = i == 1 ? 0 : i == 2 ? (FRAME_BYTES * 64u << BLOCK_LOG2) : i == 3 ? FRAME_BYTES + 1 : i == 4 ? 2ull << 32 | 3 * 64 : FRAME_BYTES;
		if (i == 5) {
			b.read_fails = 2;
		}
		b.given = 1;
		b.write(ACQ_R1_GIVEN, 1);
		fails_with(b, i == 5 ? ACQ_R1_ERR_DMA : ACQ_R1_ERR_TABLE);
		CHECK(!b.frames, "plays something");
		b.read_fails = 0;
	}
	/* in the midst of a block */
	b.rate = 0.05;
	b.begin();
	b.quiet = true;
	b.give(4);
	b.run_for(b.below(200));
	b.read_fails = 5 + (int)b.below(20);
	fails_with(b, ACQ_R1_ERR_DMA);
	b.read_fails = 0;
	/* GIVEN */
	b.begin();
	b.quiet = true;
	b.give(8);
	b.write(ACQ_R1_GIVEN, b.complete + 300);
	if (b.chance(0.5))
		b.stop();
	fails_with(b, ACQ_R1_ERR_TABLE);
	b.begin();
	b.quiet = true;
	b.give(3);
	b.write(ACQ_R1_GIVEN, 2);
	if (b.chance(0.5))
		b.stop();
	fails_with(b, ACQ_R1_ERR_TABLE);
#ifndef LITEPCIE
	/* a write */
	b.begin();
	b.quiet = true;
	b.give(3);
	b.write_fails = true;
	fails_with(b, ACQ_R1_ERR_DMA);
#endif
	/* Bus Master Enable: no page */
	b.begin();
	b.quiet = true;
	b.give(3);
	b.run_for(b.below(1000), 4);
	b.master = false;
	b.gone = true;
	for (int i = 0; (b.read(ACQ_R1_STATE) & 15) != ACQ_R1_ERROR; i++)
		CHECK(i < 5000, "STATE %x", b.read(ACQ_R1_STATE));
	CHECK(b.read(ACQ_R1_STATE) >> 16 == ACQ_R1_ERR_DMA && b.read(ACQ_R1_IRQ_STATUS) & ACQ_R1_IRQ_ERROR, "without leave");
	b.running = false;
	b.cycles(200);
	b.master = true;
	b.reset();
	b.begin();
	b.give(4);
	b.drain();
}

static void moderation(Bench &b)
{
	uint64_t pages;

	b.rate = std::min(0.02 * FRAME_LANES, 0.8 / LANE_BYTES);
	b.odd = false;
	b.irq_frames = 10;
	b.begin();
	b.give(8);
	b.run_for(40000, 8);
	CHECK(b.pages >= b.frames / 14 && b.pages > 10, "%lu pages, %lu frames", b.pages, b.frames);
	b.drain();
	/* a page for each frame, more than the bus has time for: blocks are read all the same */
	if (FRAME_BYTES <= 4 && !PACE && !WAITS) {
		b.irq_frames = 1;
		b.rate = 0.1 * FRAME_LANES;
		b.block_bytes = 512;
		b.begin();
		b.give(8);
		b.gaps = 0;
		b.run_for(60000, 8);
		CHECK(b.gaps <= b.complete / 4, "%lu times it has run dry, in %u blocks", b.gaps, b.complete);
		b.drain();
	}
	/* by time: a page for a part of a block */
	b.irq_frames = 0xffff;
	b.irq_us = 100;
	b.block_bytes = 4096;
	b.rate = 0.01 * FRAME_LANES;
	b.begin();
	b.give(4);
	b.run_for(2000);
	pages = b.pages;
	b.run_for(8 * 100 * 10);
	CHECK(b.pages >= pages + 6 && b.pages <= pages + 12, "%lu pages in 1 ms", b.pages - pages);
	b.rate = 0.5;
	b.drain();
	/* as fast as it goes: a page that is sent as a frame leaves begins the time anew, too */
	b.irq_us = 60;
	b.rate = 1;
	b.delay = 0;
	b.ready = 1;
	b.begin();
	b.give(8);
	b.soonest = ~0ull;
	b.run_for(20000, 8);
	/* wide frames fill a block before it is time for one */
	CHECK(b.soonest != ~0ull || FRAME_BYTES > 4, "no page of frames alone");
	CHECK(b.soonest >= 50 * CLOCKS_PER_US, "a page %lu clocks behind another one", b.soonest);
	b.drain();
}

/* GIVEN and blocks around the table many times */
static void ring(Bench &b)
{
	b.rate = 0.5;
	b.masks = b.chance(0.5);
	b.log2 = 2 + (unsigned int)b.below(5);
	b.block_bytes = b.chance(0.5) ? 256 : 2 * FRAME_BYTES;
	b.begin();
	b.give(b.size());
	for (int i = 0; i < 400 && b.complete < 300; i++)
		b.run_for(1000, b.size());
	CHECK(b.complete >= 200 || PACE, "%u blocks", b.complete);
	b.drain();
}

/* a host that looks at the page all the time, and answers it before the card has raised what that announces */
static void early(Bench &b)
{
	unsigned int quiet = 0;

	b.rate = 0.05;
	b.late = 80;
	b.block_bytes = 8 * FRAME_BYTES;
	b.begin();
	b.give(2);
	for (int i = 0; i < 60; i++) {
		uint64_t n = b.pages;

		for (int j = 0; b.pages == n && j < 5000; j++)
			b.cycle();
		CHECK(b.pages != n || WAITS, "no page");
		n = b.pages;
		b.write(ACQ_R1_IRQ_STATUS, (uint32_t)(b.get(b.status + 40) >> 32));
		b.write(ACQ_R1_SEEN, (uint32_t)(b.get(b.status + 56) >> 32));
		b.cycles(200);
		if (b.pages == n && n) {
			CHECK(!b.read(ACQ_R1_IRQ_STATUS), "irq %x, though page %lu has been answered", b.read(ACQ_R1_IRQ_STATUS), n);
			quiet++;
		}
		if (b.below(3))
			b.give(1 + (uint32_t)b.below(2));
		else if (!(i & 7))
			b.give(3);
		if (b.complete == b.given)
			b.give(1);
	}
	CHECK(quiet > 5, "%u quiet pages", quiet);
	b.drain();
}

struct Case {
	const char *name;
	std::function<void(Bench &)> run;
	unsigned int seeds;
};

static unsigned int seeds(const Case &c)
{
#ifdef FEW
	return (c.seeds + 2) / 3;
#else
	return c.seeds;
#endif
}

int main(int argc, char **argv)
{
	static const std::vector<Case> cases = {
		{"registers", registers, 1}, {"plain", plain, 3}, {"dry", dry, 6}, {"full", full, 2}, {"ends", ends, 10}, {"halt", halt, 10},
		{"reset", reset, 10}, {"again", again, 2},
		{"leave", leave, 3}, {"unwritten", unwritten, 2}, {"errors", errors, 5}, {"moderation", moderation, 2}, {"ring", ring, 8}, {"early", early, 3},
	};
	unsigned int passed = 0, failed = 0;

	for (const Case &c : cases) {
		bool ok = true;

		if (argc > 1 && strcmp(argv[1], c.name))
			continue;
		for (unsigned int seed = 1; ok && seed <= (argc > 2 ? 1 : seeds(c)); seed++) {
			unsigned long with = argc > 2 ? strtoul(argv[2], nullptr, 0) : seed;
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
