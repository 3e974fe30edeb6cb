/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A converter behind a FIFO of bytes, which knows neither blocks nor a host: it puts out a
 * frame whenever it is time for one, and filler, the last frame again, where there is none.
 *
 * Behind the end of a burst nothing is due: it stands still until more comes. So does one
 * that waits, wherever its FIFO is empty.
 */
#ifndef CARD_CONVERTER_H
#define CARD_CONVERTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "losses.h"
#include "pace.h"
#include "record.h"

#define CONVERTER_FRAME		128	/* bytes of the largest frame */
#define CONVERTER_ENDS		4096	/* of bursts, that are in the FIFO */
#define CONVERTER_ALL		SIZE_MAX

struct converter_config {
	unsigned int frame;	/* bytes */
	uint32_t fifo_bytes;
	uint32_t clock;
	uint32_t divider;
	uint64_t speed;		/* in millionths */
	bool waits;
	bool free;		/* it waits, and is as fast as who fills it */
	const char *record;	/* or NULL */
};

/* The numbers of a run */
struct converter_counts {
	uint64_t frames;	/* that were put out: index of the next one */
	uint64_t filler;	/* of them */
	uint64_t played;
	uint64_t underruns;
	uint64_t ends;
	uint64_t digest;	/* of what was played */
};

/* Who hears it: how many bytes he takes, and what he gets; @end: of a burst */
struct converter_ear {
	void *who;
	size_t (*room)(void *who);
	void (*hear)(void *who, const uint8_t *frames, size_t bytes, bool end);
};

struct converter {
	struct converter_config config;
	struct converter_ear ear;	/* with NULL there is none */
	struct pace pace;
	struct converter_counts n;
	struct losses gaps;		/* of filler */
	bool standing;			/* its time does not go on */
	bool filling;
	bool stalled;			/* by order: the FIFO takes nothing */
	uint64_t dry;			/* or not before so many frames of filler */

	/* The FIFO: positions in it count on, modulo its size they are places */
	uint8_t *fifo;
	uint32_t size;			/* whole frames */
	uint64_t in;
	uint64_t out;
	uint64_t ends[CONVERTER_ENDS];	/* of bursts, as values of @in */
	uint64_t end_put;
	uint64_t end_got;
	bool ended;			/* nothing has come since one */

	struct record record;
	uint8_t last[CONVERTER_FRAME];	/* frame */
	uint8_t piece[1u << 16];
};

/* NULL without memory, or where the record cannot be written. */
struct converter *converter_new(const struct converter_config *config);
void converter_free(struct converter *c);
/* A run begins: the FIFO is empty, and counters are 0. */
void converter_start(struct converter *c);
/* Bytes that the FIFO takes now. */
size_t converter_room(const struct converter *c);
/* Takes them; @end: a burst ends with them. */
void converter_put(struct converter *c, const uint8_t *from, size_t bytes, bool end);
/* Puts out what is due. False if there was nothing in the FIFO to put out. */
bool converter_step(struct converter *c, uint64_t now);
/* When to be called again; UINT64_MAX: not before something is put. */
uint64_t converter_when(const struct converter *c);
void converter_speed(struct converter *c, uint64_t now);
/* Command "out" of the control socket */
int converter_command(struct converter *c, int argc, char **argv, uint64_t now, FILE *out);

#endif /* CARD_CONVERTER_H */
