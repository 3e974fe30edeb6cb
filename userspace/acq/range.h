/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Points in a recording as a user gives them: a time of day, a time since its begin, or a
 * sample index.
 */
#ifndef ACQ_RANGE_H
#define ACQ_RANGE_H

#include "recorded.h"

enum point_kind {
	POINT_NONE,		/* not given */
	POINT_INDEX,		/* "@1200": the card's sample index */
	POINT_UTC,		/* "2026-11-30T12:00:00Z" */
	POINT_AFTER,		/* "1h30m": since the recording's first sample */
};

struct point {
	const char *text;
	enum point_kind kind;
	uint64_t index, ns;
	int64_t utc;
};

/* False: it is none of these */
bool point_parse(const char *text, struct point *point);

/*
 * The frames from @from to before @to, or so many @frames (0: not given). Where a point lies in
 * a gap, the range begins behind it or ends before it. Complains if there is nothing or if it
 * is not in the recording. Returns an exit status.
 */
int range_find(const struct recorded *recorded, const struct point *from, const struct point *to,
	       uint64_t frames, uint64_t *first, uint64_t *end);

#define RANGE_HELP \
	"A POINT is a time since the first sample (90, 2.5s, 1h30m: lost time counts), a\n" \
	"time of day in UTC (2026-11-30T12:00:00Z), or the card's sample index (@48000).\n"

#endif /* ACQ_RANGE_H */
