/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The newest frames of a stream, found by their sample index. What was lost, or not looked at, is
 * a gap: its indices are there, and no samples.
 */
#ifndef SCOPE_HISTORY_H
#define SCOPE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "samples.h"

#define HISTORY_FRAMES	(1U << 20)	/* at most */
#define HISTORY_BYTES	(16U << 20)	/* as well */
#define HISTORY_GAPS	256

/**
 * struct history_gap - frames that are not there
 * @index: the first of them
 * @lost: their number
 * @cause: enum acq_cause; ACQ_CAUSE_NONE: nobody looked at them
 * @estimated: @lost is what a clock says
 */
struct history_gap {
	uint64_t index, lost;
	unsigned int cause;
	bool estimated;
};

/**
 * struct history - frames from index @begin up to @end
 * @frames: room for so many, a power of two
 * @gap: the newest gaps, the oldest of them first
 */
struct history {
	struct samples samples;
	size_t frames;
	uint64_t begin, end;
	struct history_gap gap[HISTORY_GAPS];
	unsigned int gaps;
	unsigned char *data;
};

/* Empty, for frames of this kind; false: out of memory. What was there before is let go of. */
bool history_begin(struct history *h, unsigned int format, unsigned int channels);

void history_end(struct history *h);

/* @frames frames, the first with @index. Those between the last one's and that are a gap. */
void history_add(struct history *h, const void *data, size_t frames, uint64_t index);

/* From @gap->index on frames are missing. Gaps of one cause that meet become one. */
void history_lose(struct history *h, const struct history_gap *gap);

/* What was added from @index on was no good. */
void history_back(struct history *h, uint64_t index);

/* The last piece without a gap in [@from, @to): true, and [@from, @to) is it. */
bool history_last(const struct history *h, uint64_t *from, uint64_t *to);

/* Codes of the channel at @place, of @frames frames from @index on, which are there */
void history_take(const struct history *h, uint64_t index, size_t frames, unsigned int place,
		  int64_t *code);

#endif /* SCOPE_HISTORY_H */
