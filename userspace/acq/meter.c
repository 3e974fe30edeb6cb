// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>

#include "meter.h"

void meter_add(struct meter *m, const struct meter *more)
{
	double n = m->num, k = more->num, d = more->mean - m->mean;

	if (!more->num)
		return;
	if (!m->num) {
		*m = *more;
		return;
	}
	/* sums of squares would lose a small signal on a large DC */
	m->m2 += more->m2 + d * d * n * k / (n + k);
	m->mean += d * k / (n + k);
	m->num += more->num;
	m->lo = more->lo < m->lo ? more->lo : m->lo;
	m->hi = more->hi > m->hi ? more->hi : m->hi;
	m->clipped += more->clipped;
}

void meter_feed(struct meter *m, const struct samples *s, const int64_t *code, size_t num)
{
	struct meter piece = { .num = num };
	double sum = 0, d;
	size_t i;

	if (!num)
		return;
	piece.lo = code[0];
	piece.hi = code[0];
	for (i = 0; i < num; i++) {
		sum += code[i];
		piece.lo = code[i] < piece.lo ? code[i] : piece.lo;
		piece.hi = code[i] > piece.hi ? code[i] : piece.hi;
		piece.clipped += code[i] == s->lowest || code[i] == s->highest;
	}
	piece.mean = sum / num;
	for (i = 0; i < num; i++) {
		d = code[i] - piece.mean;
		piece.m2 += d * d;
	}
	meter_add(m, &piece);
}

double meter_sigma(const struct meter *m)
{
	return m->num ? sqrt(m->m2 / m->num) : 0;
}

double meter_rms_power(const struct meter *m, const struct samples *s)
{
	return m->num ? 2 * m->m2 / m->num / s->full / s->full : 0;
}

double meter_peak_power(const struct meter *m, const struct samples *s)
{
	double low = s->zero - m->lo, high = m->hi - s->zero;

	if (!m->num)
		return 0;
	/* the range has one code more below zero than above */
	high = m->hi == s->highest ? s->full : high;
	low = low > high ? low : high;
	return low > 0 ? low * low / s->full / s->full : 0;
}
