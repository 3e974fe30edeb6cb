/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How often each code of one channel came.
 *
 * Codes are counted one by one while their range has room for that; beyond it, 2, 4, 8, ...
 * neighbours share a counter.
 */
#ifndef ACQ_HISTOGRAM_H
#define ACQ_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "meter.h"

#define HISTOGRAM_CELLS 65536

struct histogram {
	struct samples samples;
	struct meter meter;	/* minimum, maximum, mean and deviation */
	uint64_t *cell;
	int64_t origin;		/* first code of cell[0] */
	unsigned int shift;	/* codes of a cell, as a power of 2 */
	uint64_t set, cleared;	/* bits that were 1, or 0, in some sample */
};

/* False: out of memory. */
bool histogram_begin(struct histogram *h, const struct samples *samples);
void histogram_feed(struct histogram *h, const int64_t *code, size_t num);
void histogram_restart(struct histogram *h);
void histogram_end(struct histogram *h);

/* Samples with codes from @from to @to - 1; in shared cells as many as lie there evenly */
double histogram_between(const struct histogram *h, double from, double to);

/*
 * Bits that were always 0, or always 1, below one that changed: a mask, the lowest bit of a
 * sample in place 0. 0 too while there are too few samples to say.
 */
uint64_t histogram_stuck(const struct histogram *h);

/**
 * struct histogram_missing - codes that never came though they should have
 * @known: there are enough samples to say
 * @codes: looked at, those within two sigma of the mean
 * @missing: how many of them never came
 * @first: the first of these
 */
struct histogram_missing {
	bool known;
	uint64_t codes, missing;
	int64_t first;
};

void histogram_missing(const struct histogram *h, struct histogram_missing *m);

#endif /* ACQ_HISTOGRAM_H */
