/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a level meter shows of one channel: extremes, mean, deviation, clipping.
 */
#ifndef ACQ_METER_H
#define ACQ_METER_H

#include <stddef.h>
#include <stdint.h>

#include "samples.h"

struct meter {
	uint64_t num;
	int64_t lo, hi;		/* codes */
	double mean, m2;	/* m2: sum of the squared distances from the mean */
	uint64_t clipped;	/* samples at either end of the format's range */
};

/* A meter of nothing is all zero. */
void meter_feed(struct meter *m, const struct samples *s, const int64_t *code, size_t num);

/* Add what @more has seen. */
void meter_add(struct meter *m, const struct meter *more);

/* Root of the mean square about the mean, in codes: what is left without DC */
double meter_sigma(const struct meter *m);

/* Powers relative to that of a sine that spans the full scale */
double meter_rms_power(const struct meter *m, const struct samples *s);
double meter_peak_power(const struct meter *m, const struct samples *s);

#endif /* ACQ_METER_H */
