// SPDX-License-Identifier: GPL-2.0-only
/* acqtest: part=unit */
/* The arithmetic of card family LitePCIe as a program: times of headers, maps of registers. */
#include "kernel.h"
#include "../harness.h"
#include "../../module/cards/litepcie/map.h"
#include "../../module/cards/litepcie/times.h"

void before_read_once(void)
{
}

#define RATE	48000000ULL	/* in millihertz */
#define FRAMES	1024

static u64 takes(u64 frames)
{
	return frames * 1000000000ULL / 48000;
}

static struct lite_times times;

static enum lite_times_say next(u64 time, u64 *lost)
{
	return lite_times_next(&times, FRAMES, time, true, lost);
}

/* A first header at @time */
static void begin(u64 rate, u64 slack, u64 time)
{
	u64 lost = 1;

	lite_times_begin(&times, rate, slack);
	CHECK_EQ(lite_times_next(&times, 0, time, true, &lost), LITE_TIMES_WELL);
	CHECK_EQ(lost, 0);
}

TEST(each_number_of_frames_is_told_exactly)
{
	u64 missing, lost, at;

	for (missing = 0; missing < 5000; missing++) {
		begin(RATE, 0, 12345);
		at = 12345 + takes(FRAMES + missing);
		CHECK_EQ(next(at, &lost), missing ? LITE_TIMES_LOST : LITE_TIMES_WELL);
		CHECK_EQ(lost, missing);
		CHECK_EQ(next(at + takes(FRAMES), &lost), LITE_TIMES_WELL);
	}
}

TEST(an_hour_of_headers_loses_nothing_by_rounding)
{
	u64 i, lost;

	begin(RATE, 0, 0);
	for (i = 1; i < 200000; i++)
		CHECK_EQ(next(i * FRAMES * 1000000000ULL / 48000, &lost), LITE_TIMES_WELL);
	begin(61440000000ULL, 0, 7);
	for (i = 1; i < 200000; i++)
		CHECK_EQ(next(7 + i * FRAMES * 1000000ULL / 61440, &lost), LITE_TIMES_WELL);
}

TEST(late_headers_are_no_loss_within_the_slack)
{
	u64 at = 1000000, lost, i;

	begin(RATE, 50000, at);
	for (i = 1; i < 1000; i++) {
		at += takes(FRAMES);
		CHECK_EQ(next(at + (i * 7919) % 50000, &lost), LITE_TIMES_WELL);
	}
	/* One frame takes 20.8 us: three are more than the slack and what it may be late. */
	at += takes(FRAMES + 6);
	CHECK_EQ(next(at, &lost), LITE_TIMES_LOST);
	CHECK(lost >= 4 && lost <= 6);
}

TEST(clocks_may_differ_a_little)
{
	u64 at = 0, lost, i;

	/* 20 ppm: 0.4 us in a period */
	begin(RATE, 50000, at);
	for (i = 0; i < 100000; i++) {
		at += takes(FRAMES) + 427;
		CHECK_EQ(next(at, &lost), LITE_TIMES_WELL);
	}
	begin(RATE, 50000, at);
	for (i = 0; i < 100000; i++) {
		at += takes(FRAMES) - 427;
		CHECK_EQ(next(at, &lost), LITE_TIMES_WELL);
	}
}

/* The time behind @frames of @hz by a clock that differs by @ppm */
static u64 time_of(u64 frames, u64 hz, int ppm)
{
	return 1000000000 + (u64)((unsigned __int128)frames * 1000 * (1000000 + ppm) / hz);
}

/* With the usual slack: blocks without a loss, and then losses of all lengths */
static void differ(u64 hz, u64 frames, int ppm)
{
	static const u64 lengths[] = { 0, 1, 7, 100, 4096, 1000000 };
	const u64 slack = 1000;
	u64 at = 0, lost, least = (slack + slack / 16) * hz / 1000000000 + 1;
	unsigned int i, n;

	begin(hz * 1000, slack, time_of(at, hz, ppm));
	for (i = 0; i < 300; i++) {
		at += frames;
		CHECK_EQ(lite_times_next(&times, frames, time_of(at, hz, ppm), true, &lost),
			 LITE_TIMES_WELL);
	}
	for (i = 0; i < 6; i++) {
		at += frames + least + lengths[i];
		CHECK_EQ(lite_times_next(&times, frames, time_of(at, hz, ppm), true, &lost),
			 LITE_TIMES_LOST);
		/* How far the clocks differ is not known without end. */
		CHECK(lost + lengths[i] / 100000 >= least + lengths[i]);
		CHECK(lost <= least + lengths[i] + lengths[i] / 100000);
		for (n = 0; n < 20; n++) {
			at += frames;
			CHECK_EQ(lite_times_next(&times, frames, time_of(at, hz, ppm), true, &lost),
				 LITE_TIMES_WELL);
		}
	}
}

TEST(clocks_that_differ_lose_no_block)
{
	static const u64 rates[] = { 48000, 1000000, 30720000, 61440000, 122880000 };
	static const int ppm[] = { 0, 1, 2, 5, 10, 20, 50, 100 };
	unsigned int i, n, k, frame;

	for (i = 0; i < 5; i++) {
		for (n = 0; n < 8; n++) {
			for (k = 12; k <= 22; k += 2) {
				for (frame = 4; frame <= 8; frame *= 2) {
					differ(rates[i], (1 << k) / frame, ppm[n]);
					differ(rates[i], (1 << k) / frame, -ppm[n]);
				}
			}
		}
	}
}

/* Headers are held up by less than the slack, seldom or always. */
TEST(clocks_that_differ_and_late_headers)
{
	static const unsigned int often[] = { 100, 10, 2, 1 };
	static const u64 blocks[] = { 512, 8192, 131072, 524288 };
	unsigned int i, k, n, seed = 1;
	u64 lost;

	for (i = 0; i < 4; i++) {
		for (k = 0; k < 4; k++) {
			begin(30720000000ULL, 1000, time_of(0, 30720000, 20));
			for (n = 1; n < 20000; n++) {
				u64 late = rand_r(&seed) % often[i] ? 0 : rand_r(&seed) % 1000;

				CHECK_EQ(lite_times_next(&times, blocks[k], late +
							 time_of(n * blocks[k], 30720000, 20),
							 true, &lost),
					 LITE_TIMES_WELL);
			}
		}
	}
}

TEST(a_loss_in_the_first_period_is_told)
{
	u64 at = 5, lost;
	unsigned int i;

	begin(RATE, 1000, at);
	at += takes(FRAMES + 5000);
	CHECK_EQ(next(at, &lost), LITE_TIMES_LOST);
	CHECK_EQ(lost, 5000);
	/* What is learned is learned behind it. */
	for (i = 0; i < 100; i++) {
		at += takes(FRAMES) + 1000;
		CHECK_EQ(next(at, &lost), LITE_TIMES_WELL);
	}
	at += takes(FRAMES + 3) + 1000;
	CHECK_EQ(next(at, &lost), LITE_TIMES_LOST);
	CHECK_EQ(lost, 3);
}

/* A reader that is steadily too slow has the card lose as much in each period. */
TEST(losses_behind_an_empty_table_are_no_wrong_rate)
{
	u64 at = 0, lost;
	unsigned int i;

	begin(RATE, 1000, at);
	for (i = 0; i < 1000; i++) {
		at += takes(FRAMES + 300);
		CHECK_EQ(lite_times_next(&times, FRAMES, at, false, &lost), LITE_TIMES_LOST);
		CHECK_EQ(lost, 300);
	}
}

/*
 * A header that comes while samples are lost waits with some before it, of which it does not
 * know: the loss looks longer by these, and the next header is early by as much.
 */
TEST(a_loss_that_was_told_too_long_is_made_up_for)
{
	static const unsigned int held[] = { 4, 0, 5, 3, 0, 1, 4, 4, 0 };
	u64 at = 7, lost, told = 0, really = 0;
	unsigned int i;

	begin(RATE, 1000, at);
	at += takes(FRAMES);
	CHECK_EQ(next(at, &lost), LITE_TIMES_WELL);
	for (i = 0; i < ARRAY_SIZE(held); i++) {
		at += takes(FRAMES + 100);
		CHECK_EQ(lite_times_next(&times, FRAMES, at + takes(held[i]), false, &lost),
			 LITE_TIMES_LOST);
		really += 100;
		told += lost;
		CHECK_EQ(told, really + held[i]);
		at += takes(FRAMES);
		CHECK_EQ(next(at, &lost), LITE_TIMES_WELL);
		at += takes(FRAMES);
		CHECK_EQ(next(at, &lost), LITE_TIMES_WELL);
	}
	/* But a loss is told, however short. */
	CHECK_EQ(lite_times_next(&times, FRAMES, at + takes(FRAMES + 104), false, &lost),
		 LITE_TIMES_LOST);
	at += takes(2 * FRAMES + 100);
	CHECK_EQ(next(at, &lost), LITE_TIMES_WELL);
	at += takes(FRAMES + 2);
	CHECK_EQ(next(at, &lost), LITE_TIMES_LOST);
	CHECK_EQ(lost, 1);
	at += takes(FRAMES + 100);
	CHECK_EQ(next(at, &lost), LITE_TIMES_LOST);
	CHECK_EQ(lost, 97);
}

TEST(another_rate_is_found_out)
{
	u64 at = 0, lost, i;
	enum lite_times_say say = LITE_TIMES_WELL;

	begin(RATE, 1000, at);
	for (i = 0; i < 100 && say != LITE_TIMES_RATE; i++) {
		at += takes(FRAMES) * 2;
		say = next(at, &lost);
	}
	CHECK_EQ(say, LITE_TIMES_RATE);
	CHECK(i < 20);
	begin(RATE, 1000, at);
	CHECK_EQ(next(at + takes(FRAMES) / 2, &lost), LITE_TIMES_FAST);
}

TEST(hostile_times)
{
	static const u64 times_of[] = {
		0, 1, 1000, 1ULL << 62, (1ULL << 62) + 1, 1ULL << 63, ~0ULL,
	};
	u64 lost;
	unsigned int i, n;

	for (i = 0; i < 7; i++) {
		for (n = 0; n < 7; n++) {
			lite_times_begin(&times, RATE, ~0ULL);
			lite_times_next(&times, 0, times_of[i], true, &lost);
			lite_times_next(&times, ~0ULL, times_of[n], true, &lost);
			next(times_of[n], &lost);
			/* No number that an index cannot bear */
			CHECK(lost < 1ULL << 62);
		}
	}
	lite_times_begin(&times, 0, 0);
	lite_times_next(&times, 0, 0, true, &lost);
	CHECK_EQ(lite_times_next(&times, FRAMES, ~0ULL, true, &lost), LITE_TIMES_FAST);
	/* The longest block, at the lowest and at the highest rate */
	for (i = 0; i < 2; i++) {
		for (n = 0; n < 7; n++) {
			lite_times_begin(&times, i ? ~0ULL : 1, 1000);
			lite_times_next(&times, 0, 0, true, &lost);
			lite_times_next(&times, 1 << 22, times_of[n], true, &lost);
			lite_times_next(&times, 1 << 22, times_of[6 - n], true, &lost);
			CHECK(lost < 1ULL << 62);
		}
	}
}

/* What is wrong with a text, NULL: nothing */
static const char *wrong_of(struct lite_map *map, const char *text)
{
	static char copy[300];
	const char *wrong;

	snprintf(copy, sizeof(copy), "%s", text);
	if (lite_map_parse(map, copy, &wrong))
		return wrong;
	return lite_map_check(map, 1 << 20);
}

#define GOOD	"dma0:0x6000,msi:0x5800,ident:0x4000"

TEST(maps_are_read)
{
	struct lite_map map;

	CHECK(!wrong_of(&map, GOOD));
	CHECK_EQ(map.dmas, 1);
	CHECK_EQ(map.dma[0], 0x6000);
	CHECK_EQ(map.msi, 0x5800);
	CHECK_EQ(map.width, 32);
	CHECK_EQ(map.depth, 256);
	/* A multiple of any data path's width, or of those that may have headers */
	CHECK_EQ(map.beat, 64);
	CHECK(map.writer && map.reader && map.loopback && !map.sync);
	CHECK(!wrong_of(&map, GOOD ", width:64 buffering:1\nreader:0,kind:2,beat:32"));
	CHECK_EQ(map.width, 64);
	CHECK_EQ(map.beat, 32);
	CHECK(map.buffering && !map.reader);
	CHECK_EQ(map.kind, LITE_KIND_WIDE);
	CHECK_EQ(lite_map_extra(&map), 0x24);
	CHECK(!wrong_of(&map, GOOD ",header:0xb800"));
	CHECK_EQ(map.beat, 16);
	CHECK(!wrong_of(&map, GOOD ",dma1:0x6800,dma3:0x8000,dma2:0x7000"));
	CHECK_EQ(map.dmas, 4);
}

TEST(what_is_wrong_with_a_map_is_told)
{
	static const struct {
		const char *text;
		const char *wrong;
	} cases[] = {
		{ "", "there is no DMA channel" },
		{ "dma0", "dma0" },
		{ "dma0:x", "dma0:x" },
		{ "dma4:0x6000", "dma4" },
		{ "colour:3", "colour" },
		{ "kind:3", "kind" },
		{ GOOD ",width:48", "width: 32 or 64" },
		{ GOOD ",depth:4", "depth: from 8 to 4096" },
		{ GOOD ",beat:3", "beat: 4, 8, 16, 32 or 64 bytes" },
		{ GOOD ",header:0xb800,beat:32",
		  "header: of 16 bytes, it has no place of its own on so wide a data path" },
		{ GOOD ",channels:2", "channels" },
		{ GOOD ",phy:0x5000", "phy" },
		{ GOOD ",sync:1,reader:0", "sync: only between a Writer and a Reader" },
		{ GOOD ",writer-irq0:3,reader-irq0:3", "interrupts: a line serves two" },
		/* The default of another one */
		{ GOOD ",writer-irq0:0", "interrupts: a line serves two" },
		{ GOOD ",dma1:0x6800,reader-irq0:3,writer-irq0:4",
		  "interrupts: a line serves two" },
		{ GOOD ",writer:0,reader:0", "there is no DMA channel" },
		{ GOOD ",writer-irq0:32", "interrupts: from 0 to 31" },
		{ GOOD ",dma1:0x6400", "dma: no place for a bank of registers" },
		{ GOOD ",dma2:0x7000", "dma: no place for a bank of registers" },
		{ "dma0:0x6000,msi:0x6000,ident:0x4000", "dma: no place for a bank of registers" },
		{ "dma0:0x6000,msi:0,ident:0x4000", "msi: no place for a bank of registers" },
		{ "dma0:0x6000,msi:0x5800,ident:0xfff00", "ident: no place for an identifier" },
		{ "dma0:0x6000,msi:0x5800,ident:0xffffffff", "ident: no place for an identifier" },
		{ "dma0:0x6000,msi:0x5800,ident:0xfffff800", "ident: no place for an identifier" },
		{ "dma0:0x6000,msi:0x5800,ident:0x4001", "ident: no place for an identifier" },
		{ GOOD ",header:0x5400", "msi: no place for a bank of registers" },
		{ GOOD ",header:0x100000", "header: no place for a bank of registers" },
	};
	struct lite_map map;
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *wrong = wrong_of(&map, cases[i].text);

		if (!wrong || strcmp(wrong, cases[i].wrong))
			printf("# '%s': %s\n", cases[i].text, wrong ?: "nothing");
		CHECK(wrong && !strcmp(wrong, cases[i].wrong));
	}
}

TEST(optional_registers_leave_no_hole)
{
	struct lite_map map;

	/* As M2SDR's csr.h has them */
	CHECK(!wrong_of(&map, GOOD ",sync:1,buffering:1"));
	CHECK_EQ(lite_map_extra(&map), 0x44);
	CHECK_EQ(lite_map_reader_fifo(&map), 0x4c);
	CHECK_EQ(lite_map_fifo(&map), 0x54);
	CHECK(!wrong_of(&map, GOOD ",buffering:1,reader:0,loopback:0"));
	CHECK_EQ(lite_map_fifo(&map), 0x20);
}

TEST(lines_are_in_the_order_of_names)
{
	struct lite_map map;

	CHECK(!wrong_of(&map, GOOD ",dma1:0x6800"));
	CHECK_EQ(lite_map_line(&map, 0, false), 0);
	CHECK_EQ(lite_map_line(&map, 0, true), 1);
	CHECK_EQ(lite_map_line(&map, 1, false), 2);
	CHECK_EQ(lite_map_line(&map, 1, true), 3);
	CHECK(!wrong_of(&map, GOOD ",dma1:0x6800,reader:0,writer-irq1:7"));
	CHECK_EQ(lite_map_line(&map, 0, true), 0);
	CHECK_EQ(lite_map_line(&map, 1, true), 7);
}

TEST(no_program_gets_what_writes_to_memory)
{
	struct lite_map map;
	u64 start, end;

	CHECK(!wrong_of(&map, GOOD));
	CHECK(lite_map_rest(&map, 1 << 20, 4096, &start, &end));
	CHECK_EQ(start, 0x7000);
	CHECK_EQ(end, 1 << 20);
	map.table = 0x80000;
	CHECK(lite_map_rest(&map, 1 << 20, 4096, &start, &end));
	CHECK_EQ(start, 0x7000);
	/* As large as PCI says */
	map.table_bytes = 16;
	CHECK(lite_map_rest(&map, 1 << 20, 4096, &start, &end));
	CHECK_EQ(start, 0x81000);
	map.table_bytes = 2048 * 16;
	CHECK(lite_map_rest(&map, 1 << 20, 4096, &start, &end));
	CHECK_EQ(start, 0x7000);
	CHECK_EQ(end, 0x80000);
	map.table = 0;
	CHECK(lite_map_rest(&map, 1 << 20, 4096, &start, &end));
	CHECK_EQ(start, 0x8000);
	map.table_bytes = 0;
	CHECK(lite_map_rest(&map, 0x7800, 4096, &start, &end));
	CHECK_EQ(start, 0);
	CHECK_EQ(end, 0x5000);
	CHECK(!lite_map_rest(&map, 0x4000, 0x10000, &start, &end));
}

TEST(known_designs)
{
	const struct lite_map *map;
	const char *begins;
	unsigned int n;

	for (n = 0; (map = lite_map_known(n, &begins)); n++) {
		CHECK(!lite_map_check(map, 1 << 20));
		CHECK(strlen(begins) > 8);
	}
	CHECK(n > 0);
}

TEST(gateware_has_a_date)
{
	CHECK(!lite_map_is_old("LiteX-M2SDR SoC / m2 variant / built on 2026-05-15 16:58:50"));
	CHECK(!lite_map_is_old("LitePCIe standalone core 2024-01-01 00:00:00"));
	CHECK(lite_map_is_old("LiteX SoC on XCU1525 2022-03-04 05:06:07"));
	CHECK(lite_map_is_old("LiteX SoC on KCU2000 2019-03-04"));
	CHECK(lite_map_is_old("LitePCIe standalone core"));
	CHECK(lite_map_is_old("20"));
	CHECK(lite_map_is_old(""));
}

HARNESS_MAIN
