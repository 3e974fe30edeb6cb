/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a recording does: the rate it has now, the disk's longest stall, how long there will be
 * room. For a line of progress and the summary.
 */
#ifndef ACQ_GAUGE_H
#define ACQ_GAUGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GAUGE_COLUMNS	79	/* a terminal of 80 has no cursor in the next line then */

struct gauge {
	unsigned int under_way;		/* writes */
	uint64_t bytes, written;
	double now;
	double moved;			/* when a write was done, or none was under way */
	double stall;			/* worst time without a write done, and some under way */
	struct {
		double when, per_second;
		uint64_t bytes;
	} rate;
	struct {
		double when, seconds;	/* that it lasts; negative: not known */
	} room;
};

void gauge_begin(struct gauge *gauge);

/* @bytes: recorded so far, of which @written are written, and @under_way writes are not done */
void gauge_turn(struct gauge *gauge, uint64_t bytes, uint64_t written, unsigned int under_way);

/* Look at the room on the disk that has @file, about once a second. */
void gauge_look(struct gauge *gauge, const char *file);

/**
 * struct gauge_gaps - what is missing so far
 * @gaps: their number
 * @lost: frames
 * @estimated: a part of @lost is
 */
struct gauge_gaps {
	uint64_t gaps, lost;
	bool estimated;
};

/* The line of progress, of GAUGE_COLUMNS at most. @ring: how full that is, in percent */
void gauge_line(const struct gauge *gauge, const struct gauge_gaps *gaps, unsigned int ring,
		char *text, size_t size);

#endif /* ACQ_GAUGE_H */
