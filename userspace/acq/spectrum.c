// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fft.h"
#include "spectrum.h"

#define SPECTRUM_HAIR	0.000001
#define SPECTRUM_DC	3	/* bins at 0 that a constant reaches through the window */

bool spectrum_begin(struct spectrum *s, unsigned int n, unsigned int average)
{
	unsigned int i;

	*s = (struct spectrum){ .n = n, .bins = n / 2 + 1, .average = average };
	s->fft = fft_begin(n);
	s->window = calloc(n, sizeof(double));
	s->sample = calloc(n, sizeof(double));
	s->power = calloc(s->bins, sizeof(double));
	s->mean = calloc(s->bins, sizeof(double));
	if (!s->fft || !s->window || !s->sample || !s->power || !s->mean) {
		spectrum_end(s);
		return false;
	}
	/* periodic: its transform has three lines, which spectrum_peak() relies on */
	for (i = 0; i < n; i++)
		s->window[i] = (1 - cos(2 * M_PI * i / n)) / 2;
	return true;
}

/* A window is full. */
static void spectrum_add(struct spectrum *s)
{
	double *in = fft_input(s->fft), scale, weight;
	unsigned int i;

	for (i = 0; i < s->n; i++)
		in[i] = s->sample[i] * s->window[i];
	fft_run(s->fft, s->power);
	s->windows++;
	weight = s->average && s->windows > s->average ? s->average : s->windows;
	weight = 1 / weight;
	/* the window sums up to n / 2, and half of a sine's amplitude is at -f */
	scale = 16.0 / s->n / s->n;
	for (i = 0; i < s->bins; i++) {
		/* what is its own mirror image is there once */
		if (!i || 2 * i == s->n)
			s->power[i] /= 4;
		s->mean[i] += (s->power[i] * scale - s->mean[i]) * weight;
	}
}

void spectrum_feed(struct spectrum *s, const int64_t *code, size_t num, int64_t zero, int64_t full)
{
	size_t i;

	for (i = 0; i < num; i++) {
		s->sample[s->filled++] = (double)(code[i] - zero) / full;
		if (s->filled == s->n) {
			spectrum_add(s);
			s->filled = 0;
		}
	}
}

void spectrum_gap(struct spectrum *s)
{
	s->filled = 0;
}

void spectrum_restart(struct spectrum *s)
{
	s->windows = 0;
	memset(s->mean, 0, s->bins * sizeof(double));
}

void spectrum_end(struct spectrum *s)
{
	fft_end(s->fft);
	free(s->window);
	free(s->sample);
	free(s->power);
	free(s->mean);
	*s = (struct spectrum){ };
}

/* What the window leaves of a line @d bins beside it, as an amplitude */
static double spectrum_hann(double d)
{
	d = fabs(d);
	if (d < SPECTRUM_HAIR)
		return 1;
	if (fabs(d - 1) < SPECTRUM_HAIR)
		return 0.5;
	return sin(M_PI * d) / (M_PI * d) / (1 - d * d);
}

bool spectrum_peak(const double *power, unsigned int bins, struct spectrum_peak *peak)
{
	unsigned int i, best = SPECTRUM_DC;
	double side, ratio, d;
	int sign;

	for (i = SPECTRUM_DC; i < bins; i++)
		if (power[i] > power[best])
			best = i;
	if (best >= bins || !(power[best] > 0))
		return false;
	peak->bin = best;
	peak->power = power[best];
	if (best + 1 >= bins)
		return true;
	/* two lines of the window's three say where between them the sine is */
	sign = power[best + 1] >= power[best - 1] ? 1 : -1;
	side = power[best + sign];
	ratio = sqrt(side / power[best]);
	d = (2 * ratio - 1) / (ratio + 1);
	if (d < 0)
		d = 0;
	peak->bin += sign * d;
	peak->power /= spectrum_hann(d) * spectrum_hann(d);
	return true;
}

static int spectrum_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double spectrum_floor(const double *power, unsigned int bins, double *scratch)
{
	unsigned int num = bins > SPECTRUM_DC ? bins - SPECTRUM_DC : 0;

	if (!num)
		return 0;
	memcpy(scratch, power + SPECTRUM_DC, num * sizeof(double));
	qsort(scratch, num, sizeof(double), spectrum_compare);
	return scratch[num / 2];
}
