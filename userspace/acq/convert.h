/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A recording, or a part of it, in another format.
 */
#ifndef ACQ_CONVERT_H
#define ACQ_CONVERT_H

#include "part.h"
#include "range.h"

enum convert_gaps {
	CONVERT_REFUSE,		/* a gap that the format cannot say */
	CONVERT_SPLIT,		/* a file for each segment */
	CONVERT_ZERO,		/* as many frames as are lost, of the value in the middle */
	CONVERT_HOLD,		/* of the last frame before */
};

struct convert_options {
	const char *input, *output;
	const char *as;		/* name of a format; NULL: by the output's suffix */
	struct part_raw raw;
	struct point from, to;
	uint64_t frames;	/* 0: all */
	enum convert_gaps gaps;
	unsigned int bits;	/* 0: as many as a sample has */
	bool rf64, force, quiet, json;
};

/* Returns an exit status. */
int convert_run(const struct convert_options *options);

/* The formats, a line each, for a help */
void convert_help(void);

#endif /* ACQ_CONVERT_H */
