/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The test patterns of a card, from any sample on.
 *
 * Sample number n counts the samples of a run, frames times enabled channels,
 * lost ones included. RAMP: sample n has the value n, truncated to the width.
 * PRBS: bits b[n] = b[n - 31] ^ b[n - 28], the first 31 of them ones; a sample
 * of w bits takes the next w, the first in its lowest place.
 */
#ifndef ACQ_PATTERN_H
#define ACQ_PATTERN_H

#include <stddef.h>
#include <stdint.h>

enum pattern_kind {
	PATTERN_RAMP = 1,	/* as ACQ_PATTERN_RAMP and ACQ_R1_PATTERN_RAMP */
	PATTERN_PRBS = 2,
};

struct pattern {
	enum pattern_kind kind;
	unsigned int width;	/* bytes of a sample: 1, 2 or 4 */
	uint64_t next;		/* number of the next sample */
	uint32_t state;		/* PRBS: the last 31 bits, newest in bit 30 */
};

/* Set @p up so that the next sample filled is number @first. */
void pattern_seek(struct pattern *p, enum pattern_kind kind, unsigned int width, uint64_t first);

/* Write @samples samples, little endian, to @buf and advance. */
void pattern_fill(struct pattern *p, void *buf, size_t samples);

#endif /* ACQ_PATTERN_H */
