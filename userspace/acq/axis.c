// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdio.h>

#include "axis.h"
#include "text.h"

#define AXIS_HAIR	1.000000001

double axis_step(double span, unsigned int most)
{
	double step;

	if (!(span > 0) || !most)
		return 1;
	step = pow(10, floor(log10(span / most)));
	/* the logarithm may be a hair off */
	while (span / step > most * AXIS_HAIR) {
		if (span / (2 * step) <= most * AXIS_HAIR)
			return 2 * step;
		if (span / (5 * step) <= most * AXIS_HAIR)
			return 5 * step;
		step *= 10;
	}
	return step;
}

char *axis_label(double value, unsigned int digits, const char *unit, char *text)
{
	static const char prefix[] = "kMGT";
	double size = fabs(value), half = 1 - pow(10, -(double)digits) / 2;
	unsigned int i = 0;

	while (size >= 1000 * half && i < sizeof(prefix) - 1) {
		size /= 1000;
		value /= 1000;
		i++;
	}
	snprintf(text, TEXT_MAX, "%.*g%s%.*s%s", (int)digits, value, *unit || i ? " " : "", !!i,
		 &prefix[i ? i - 1 : 0], unit);
	return text;
}

double axis_db(double power)
{
	double db = power > 0 ? 10 * log10(power) : AXIS_FLOOR;

	return db > AXIS_FLOOR ? db : AXIS_FLOOR;
}
