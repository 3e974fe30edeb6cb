/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Comparing what came with what the card's test pattern must be there.
 */
#ifndef ACQ_VERIFY_H
#define ACQ_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pattern.h"

struct verify {
	struct pattern pattern;
	enum pattern_kind kind;
	unsigned int width;
	unsigned int channels;
	uint64_t restart;	/* sample index of the pattern's begin */
	uint64_t bytes;		/* compared and found right */
	struct {
		uint64_t frame;
		unsigned int channel;
		uint32_t expected;
		uint32_t got;
		size_t offset;	/* of the first wrong byte, in the piece given */
	} bad;
};

/* Begin; verify_seek() must follow. False: there is no such pattern or layout. */
bool verify_begin(struct verify *v, const char *pattern, unsigned int width,
		  unsigned int channels);

/* The next frame is the one with sample index @index. */
void verify_seek(struct verify *v, uint64_t index);

/* The pattern begins anew at sample index @index. */
void verify_restart(struct verify *v, uint64_t index);

/* Compare whole frames; false: @v->bad has the first that is wrong. */
bool verify_piece(struct verify *v, const void *data, size_t bytes);

#endif /* ACQ_VERIFY_H */
