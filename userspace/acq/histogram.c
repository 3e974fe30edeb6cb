// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "histogram.h"

#define HISTOGRAM_ENOUGH	1000	/* samples, to call a bit stuck */
#define HISTOGRAM_EACH		20	/* samples for each code, to miss one */

bool histogram_begin(struct histogram *h, const struct samples *samples)
{
	*h = (struct histogram){ .samples = *samples };
	h->cell = calloc(HISTOGRAM_CELLS, sizeof(*h->cell));
	return h->cell;
}

void histogram_restart(struct histogram *h)
{
	memset(h->cell, 0, HISTOGRAM_CELLS * sizeof(*h->cell));
	h->meter = (struct meter){ };
	h->set = 0;
	h->cleared = 0;
	h->shift = 0;
}

void histogram_end(struct histogram *h)
{
	free(h->cell);
	h->cell = NULL;
}

static bool histogram_holds(const struct histogram *h, int64_t code)
{
	return code >= h->origin && (code - h->origin) >> h->shift < HISTOGRAM_CELLS;
}

/* Cells twice as wide, which reach twice as far, to the side where @code is */
static void histogram_widen(struct histogram *h, int64_t code)
{
	unsigned int i, half = HISTOGRAM_CELLS / 2, shift = code < h->origin ? half : 0;

	for (i = 0; i < half; i++)
		h->cell[i] = h->cell[2 * i] + h->cell[2 * i + 1];
	memset(h->cell + half, 0, half * sizeof(*h->cell));
	h->shift++;
	if (!shift)
		return;
	memcpy(h->cell + half, h->cell, half * sizeof(*h->cell));
	memset(h->cell, 0, half * sizeof(*h->cell));
	h->origin -= (int64_t)half << h->shift;
}

void histogram_feed(struct histogram *h, const int64_t *code, size_t num)
{
	uint64_t set = 0, cleared = 0;
	size_t i;

	if (!num)
		return;
	if (!h->meter.num) {
		/* all codes of the narrow formats; around the first one of the wide */
		h->origin = h->samples.lowest;
		if (h->samples.width > 2)
			h->origin = code[0] - HISTOGRAM_CELLS / 2;
	}
	for (i = 0; i < num; i++) {
		while (!histogram_holds(h, code[i]))
			histogram_widen(h, code[i]);
		h->cell[(code[i] - h->origin) >> h->shift]++;
		set |= code[i];
		cleared |= ~code[i];
	}
	h->set |= set;
	h->cleared |= cleared;
	meter_feed(&h->meter, &h->samples, code, num);
}

double histogram_between(const struct histogram *h, double from, double to)
{
	double width = 1ULL << h->shift, a = (from - h->origin) / width, sum = 0;
	double b = (to - h->origin) / width, lo, hi;
	int64_t i;

	a = a < 0 ? 0 : a;
	b = b > HISTOGRAM_CELLS ? HISTOGRAM_CELLS : b;
	for (i = a; i < b; i++) {
		lo = i < a ? a : i;
		hi = i + 1 > b ? b : i + 1;
		sum += (hi - lo) * h->cell[i];
	}
	return sum;
}

uint64_t histogram_stuck(const struct histogram *h)
{
	uint64_t bits = ~0ULL >> (64 - 8 * h->samples.width), changed = h->set & h->cleared & bits;

	if (h->meter.num < HISTOGRAM_ENOUGH || !changed)
		return 0;
	/* above the highest that changed is what the signal does not reach */
	return ~changed & ((1ULL << (63 - __builtin_clzll(changed))) - 1);
}

void histogram_missing(const struct histogram *h, struct histogram_missing *m)
{
	const struct meter *meter = &h->meter;
	double sigma = meter_sigma(meter);
	int64_t code, step, first, last;
	uint64_t stuck = histogram_stuck(h);

	*m = (struct histogram_missing){ };
	/* whoever fills up with zeros below has steps of more than a code */
	step = 1LL << __builtin_ctzll(~stuck);
	first = ceil(fmax(meter->lo, meter->mean - 2 * sigma));
	last = floor(fmin(meter->hi, meter->mean + 2 * sigma));
	first += (meter->lo - first) % step;
	first += first < meter->lo ? step : 0;
	if (!meter->num || h->shift || last < first)
		return;
	m->codes = (last - first) / step + 1;
	if (meter->num / m->codes < HISTOGRAM_EACH)
		return;
	m->known = true;
	for (code = first; code <= last; code += step) {
		if (h->cell[code - h->origin])
			continue;
		if (!m->missing++)
			m->first = code;
	}
}
