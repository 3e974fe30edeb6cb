/* SPDX-License-Identifier: GPL-2.0-only */
/* The time axis of a run: how many frames have been sampled by when. */
#ifndef CARD_PACE_H
#define CARD_PACE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define PACE_REAL	UINT64_C(1000000)	/* speed 1 */
#define PACE_FASTEST	(PACE_REAL * 1000000)

struct pace {
	uint32_t clock;		/* Hz */
	uint32_t divider;
	uint64_t speed;		/* in millionths */
	uint64_t base_ns;
	uint64_t base_index;
};

/* Frame @index is the next to be sampled at @now. */
void pace_base(struct pace *p, uint64_t now, uint64_t index);
/* Frames sampled at @now, which is not before the base. */
uint64_t pace_count(const struct pace *p, uint64_t now);
/* When there are @count of them; the base if that is before it. */
uint64_t pace_when(const struct pace *p, uint64_t count);
/*
 * The divider by which *@clock comes nearest to @rate; says so where it does not
 * meet it. A clock that nobody has chosen is made to suit the rate.
 */
uint32_t pace_divider(uint32_t *clock, bool chosen, uint32_t rate, uint32_t least, uint32_t most);
/* In millionths; 0 if @text is not a sensible speed. */
uint64_t pace_parse(const char *text);
/* Command "speed": a number, free or real. False after saying so. */
bool pace_command(const char *text, uint64_t *speed, bool *endless, FILE *out);
/* As statistics say it */
void pace_print(uint64_t speed, bool endless, FILE *out);

#endif /* CARD_PACE_H */
