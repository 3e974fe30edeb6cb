// SPDX-License-Identifier: GPL-2.0-only
/* The time axis of a run: how many frames have been sampled by when. */
#include <stdlib.h>
#include <string.h>

#include "pace.h"

#define NS		UINT64_C(1000000000)
#define CLOCK_RATIO	512u	/* of a clock that is made for a rate */

typedef unsigned __int128 wide;

void pace_base(struct pace *p, uint64_t now, uint64_t index)
{
	p->base_ns = now;
	p->base_index = index;
}

uint64_t pace_count(const struct pace *p, uint64_t now)
{
	wide frames = now > p->base_ns ? now - p->base_ns : 0;

	frames = frames * p->clock * p->speed / ((wide)p->divider * NS * PACE_REAL);
	return p->base_index + (uint64_t)frames;
}

uint64_t pace_when(const struct pace *p, uint64_t count)
{
	wide per = (wide)p->clock * p->speed, ns;

	if (count <= p->base_index)
		return p->base_ns;
	count -= p->base_index;
	/* about when the sun goes out; keeps the product in range */
	if (count > UINT64_MAX / p->divider)
		return UINT64_MAX;
	ns = ((wide)(count * p->divider) * NS * PACE_REAL + per - 1) / per;
	return ns > UINT64_MAX - p->base_ns ? UINT64_MAX : p->base_ns + (uint64_t)ns;
}

uint32_t pace_divider(uint32_t *clock, bool chosen, uint32_t rate, uint32_t least, uint32_t most)
{
	uint64_t divider;

	if (!chosen && *clock % rate && rate <= UINT32_MAX / CLOCK_RATIO)
		*clock = rate * CLOCK_RATIO;
	divider = (*clock + (uint64_t)rate / 2) / rate;
	if (divider < least)
		divider = least;
	if (divider > most)
		divider = most;
	if (*clock % rate || divider != *clock / rate)
		fprintf(stderr, "acq-card: the rate is %.3f Hz instead of %u Hz\n",
			(double)*clock / (double)divider, rate);
	return (uint32_t)divider;
}

uint64_t pace_parse(const char *text)
{
	char *end;
	double speed = strtod(text, &end);

	if (end == text || *end || !(speed * 1e6 >= 1) || speed > 1e6)
		return 0;
	return (uint64_t)(speed * (double)PACE_REAL);
}

bool pace_command(const char *text, uint64_t *speed, bool *endless, FILE *out)
{
	bool is_free = !strcmp(text, "free");
	uint64_t number = is_free || !strcmp(text, "real") ? PACE_REAL : pace_parse(text);

	if (!number) {
		fputs("speed is a number, free or real", out);
		return false;
	}
	*speed = number;
	*endless = is_free;
	return true;
}

void pace_print(uint64_t speed, bool endless, FILE *out)
{
	if (endless)
		fputs(" speed=free", out);
	else
		fprintf(out, " speed=%g", (double)speed / (double)PACE_REAL);
}
