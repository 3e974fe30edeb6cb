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

/* STOP with blocks in all places, and LAST: no filler */
static void ends(Bench &b)
{
	for (int i = 0; i < 30; i++) {
		bool last = b.chance(0.5);

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
			/* filler may lie between what was given, but not behind it */
			b.run_for(b.below(2000));
			b.stop();
			b.run_for(400000);
			CHECK(b.finished, "STOP does not end");
			b.over();
			CHECK(b.dry_at_stop || (!b.gap && b.block == b.given), "STOP: %u of %u, filler %lu", b.block, b.given, b.gap);
		}
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
		b.delay = (unsigned int)b.below(200);
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
	fails_with(b, ACQ_R1_ERR_TABLE);
	b.begin();
	b.quiet = true;
	b.give(3);
	b.write(ACQ_R1_GIVEN, 2);
	fails_with(b, ACQ_R1_ERR_TABLE);
	/* a write */
	b.begin();
	b.quiet = true;
	b.give(3);
	b.write_fails = true;
	fails_with(b, ACQ_R1_ERR_DMA);
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
			b.give(1);
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

int main(int argc, char **argv)
{
	static const std::vector<Case> cases = {
		{"registers", registers, 1}, {"plain", plain, 3}, {"dry", dry, 6}, {"full", full, 2}, {"ends", ends, 10}, {"halt", halt, 10},
		{"reset", reset, 10}, {"errors", errors, 5}, {"moderation", moderation, 2}, {"ring", ring, 8}, {"early", early, 3},
	};
	unsigned int passed = 0, failed = 0;

	for (const Case &c : cases) {
		bool ok = true;

		if (argc > 1 && strcmp(argv[1], c.name))
			continue;
		for (unsigned int seed = 1; ok && seed <= (argc > 2 ? 1 : c.seeds); seed++) {
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
