// SPDX-License-Identifier: GPL-2.0-only
/* acqtest: part=unit run=$BUILD/bin/pattern-test */
/*
 * pattern-test: the patterns against the definition, bit by bit.
 * With the argument "speed" it prints how fast they are made.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pattern.h"

#define SAMPLES		20000
#define BITS		(SAMPLES * 32 + 64)
#define FAR		UINT64_C(0x123456789abcdef)

static unsigned int passed, failed;
static uint8_t bits[BITS];

static void check(int good, const char *what, unsigned int width, unsigned long at)
{
	if (good) {
		passed++;
		return;
	}
	failed++;
	printf("FAILED: %s, width %u, at %lu\n", what, width, at);
}

static void make_bits(void)
{
	for (int i = 0; i < BITS; i++)
		bits[i] = i < 31 ? 1 : bits[i - 31] ^ bits[i - 28];
}

static uint32_t naive(enum pattern_kind kind, unsigned int width, uint64_t n)
{
	uint32_t v = 0;

	if (kind == PATTERN_RAMP)
		return (uint32_t)(width == 4 ? n : n & ((1u << width * 8) - 1));
	for (unsigned int i = 0; i < width * 8; i++)
		v |= (uint32_t)bits[n * width * 8 + i] << i;
	return v;
}

static uint32_t load(const uint8_t *p, unsigned int width)
{
	uint32_t v = 0;

	for (unsigned int i = 0; i < width; i++)
		v |= (uint32_t)p[i] << (8 * i);
	return v;
}

/* Pieces of many sizes, to unaligned places, from @first on. */
static void check_fill(enum pattern_kind kind, unsigned int width, uint64_t first)
{
	static uint8_t buf[SAMPLES * 4 + 8];
	struct pattern p;
	size_t at = 0, piece = 1;
	unsigned int bad = 0;

	pattern_seek(&p, kind, width, first);
	while (first + at < SAMPLES) {
		size_t n = piece < SAMPLES - first - at ? piece : SAMPLES - first - at;

		memset(buf, 0xa5, sizeof(buf));
		pattern_fill(&p, buf + 1 + piece % 3, n);
		for (size_t i = 0; i < n; i++)
			bad += load(buf + 1 + piece % 3 + i * width, width) !=
			       naive(kind, width, first + at + i);
		bad += buf[1 + piece % 3 + n * width] != 0xa5;
		at += n;
		piece = piece * 2 + 1;
	}
	check(!bad, kind == PATTERN_RAMP ? "ramp" : "prbs", width, (unsigned long)first);
	check(p.next == SAMPLES, "next", width, (unsigned long)first);
}

/* Seeking far is the same as filling up to there. */
static void check_far(enum pattern_kind kind, unsigned int width)
{
	static uint8_t a[4096], b[4096];
	struct pattern p;

	pattern_seek(&p, kind, width, FAR);
	pattern_fill(&p, a, 1024);
	pattern_fill(&p, a, 7);
	pattern_seek(&p, kind, width, FAR + 1024);
	pattern_fill(&p, b, 7);
	check(!memcmp(a, b, 7 * (size_t)width), "far seek", width, 0);
	if (kind != PATTERN_PRBS)
		return;
	/* sample n and n + period are the same, for any width */
	pattern_seek(&p, kind, width, 5 + UINT64_C(0x7fffffff) * 1234567890);
	pattern_fill(&p, a, 64);
	pattern_seek(&p, kind, width, 5);
	pattern_fill(&p, b, 64);
	check(!memcmp(a, b, 64 * (size_t)width), "period", width, 0);
}

static void speed(enum pattern_kind kind, unsigned int width)
{
	size_t bytes = 1 << 20;
	uint8_t *buf = malloc(bytes);
	struct timespec a, b;
	struct pattern p;

	if (!buf)
		exit(1);
	pattern_seek(&p, kind, width, 0);
	pattern_fill(&p, buf, bytes / width);
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (int i = 0; i < 1000; i++)
		pattern_fill(&p, buf, bytes / width);
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%s, width %u: %.0f MB/s\n", kind == PATTERN_RAMP ? "ramp" : "prbs", width,
	       (double)bytes / 1e3 /
	       ((double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9));
	free(buf);
}

int main(int argc, char **argv)
{
	static const uint64_t first[] = { 0, 1, 2, 3, 30, 31, 32, 33, 1000, 12345, SAMPLES - 1 };

	make_bits();
	for (int k = PATTERN_RAMP; k <= PATTERN_PRBS; k++) {
		for (unsigned int width = 1; width <= 4; width *= 2) {
			for (size_t i = 0; i < sizeof(first) / sizeof(*first); i++)
				check_fill((enum pattern_kind)k, width, first[i]);
			check_far((enum pattern_kind)k, width);
			if (argc > 1 && !strcmp(argv[1], "speed"))
				speed((enum pattern_kind)k, width);
		}
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed != 0;
}
