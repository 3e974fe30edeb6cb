// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "axis.h"
#include "frequency.h"
#include "spectrum.h"
#include "text.h"

#define FREQUENCY_LEAST		256
#define FREQUENCY_TICK		12	/* columns of a tick with its label */

unsigned int frequency_window(uint64_t rate_millihz, unsigned int most)
{
	unsigned int n = FREQUENCY_LEAST;

	if (!rate_millihz)
		return most;
	while (n < most && 2 * n <= rate_millihz / 4000)
		n *= 2;
	return n;
}

char *frequency_text(uint64_t rate_millihz, unsigned int n, double bin, unsigned int digits,
		     char *text)
{
	if (!rate_millihz)
		snprintf(text, TEXT_MAX, "%.*g fs", (int)digits, bin / n);
	else
		axis_label(bin / n * rate_millihz / 1000, digits, "Hz", text);
	return text;
}

double frequency_power(const double *power, unsigned int bins, unsigned int x, unsigned int places)
{
	unsigned int i, from = (double)x * bins / places, to = (double)(x + 1) * bins / places;
	double most;

	from = from < bins ? from : bins - 1;
	most = power[from];
	for (i = from + 1; i < to && i < bins; i++)
		most = power[i] > most ? power[i] : most;
	return most;
}

void frequency_axis(struct screen *screen, uint64_t rate_millihz, unsigned int left,
		    unsigned int columns)
{
	double half = rate_millihz ? rate_millihz / 2000.0 : 0.5, step, at;
	unsigned int x, len, parts = columns / FREQUENCY_TICK;
	char text[TEXT_MAX];

	step = axis_step(half, parts ? parts : 1);
	for (at = 0; at <= half * 1.000001; at += step) {
		axis_label(at, 4, rate_millihz ? "Hz" : "fs", text);
		len = strlen(text);
		x = at / half * columns;
		/* the tick stands left of its label, but at the end */
		x = x + len + 1 > columns ? columns - len - 1 : x;
		if (left + x < screen->column || len + 1 > columns)
			continue;
		screen_to(screen, left + x);
		screen_printf(screen, "|%s", at > 0 ? text : "0");
		if (screen->column < left + columns)
			screen_put(screen, " ");
	}
	screen_end_line(screen);
}
