/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device: a monitor of its stream that is there while somebody looks, and comes back when the
 * device does. It sleeps for nobody's samples: what came is taken from the mapped ring now and
 * then, so that neither an interrupt nor a wake-up is due to it.
 */
#ifndef SCOPE_TAP_H
#define SCOPE_TAP_H

#include <stdbool.h>
#include <stdint.h>

#include <acq.h>

#include "history.h"

enum tap_event {
	TAP_NOTHING,
	TAP_SAMPLES,	/* more of the same */
	TAP_ANEW,	/* another run or another device */
};

/**
 * struct tap - the device
 * @name: as acq_open() takes it
 * @control: opened for writing, too
 * @acq: NULL: it is not open
 * @trouble: why it is not, or not read; "": it is
 */
struct tap {
	const char *name;
	bool control;
	struct acq *acq;
	struct acq_info info;
	struct acq_config config;
	struct history history;
	char trouble[160];
	double retry;		/* when to try again, by the clock */
	uint64_t run;
	uint64_t gaps, lost;	/* met in this run, but for what nobody looked at */
	uint64_t skipped;	/* frames that nobody looked at */
	bool ended;
};

/* Take what has come; opens the device if it is not open. */
enum tap_event tap_take(struct tap *tap);

/* Nobody looks any more. */
void tap_leave(struct tap *tap);

/* Channels in a frame, as a mask of the card's */
uint64_t tap_mask(const struct tap *tap);

#endif /* SCOPE_TAP_H */
