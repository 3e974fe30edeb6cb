/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An axis of frequencies, from 0 to half of the sampling rate.
 */
#ifndef ACQ_FREQUENCY_H
#define ACQ_FREQUENCY_H

#include <stdint.h>

#include "screen.h"

/* Samples of a window: a power of two, those of a quarter of a second, @most at most */
unsigned int frequency_window(uint64_t rate_millihz, unsigned int most);

/*
 * Where @bin of a window of @n samples is: "1.5 kHz"; without a rate "0.25 fs". Returns @text
 * (TEXT_MAX).
 */
char *frequency_text(uint64_t rate_millihz, unsigned int n, double bin, unsigned int digits,
		     char *text);

/* The power to show at place @x of @places: the largest of the bins that are there */
double frequency_power(const double *power, unsigned int bins, unsigned int x, unsigned int places);

/* A line of ticks below a graph that begins at @left and has @columns */
void frequency_axis(struct screen *screen, uint64_t rate_millihz, unsigned int left,
		    unsigned int columns);

#endif /* ACQ_FREQUENCY_H */
