/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An oscilloscope in a terminal: one lane a channel, the newest samples.
 *
 * On a terminal it is drawn anew a few times a second; elsewhere once, at the
 * end, without colours and cursor movements.
 */
#ifndef ACQ_PLOT_H
#define ACQ_PLOT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <linux/acqdev.h>

struct plot;

/* @frames across the screen, 0: 20 ms of them. NULL: out of memory. */
struct plot *plot_begin(FILE *file, const struct acq_config *config, unsigned int channels,
			uint64_t frames);

/* Whole frames that follow those given before. */
void plot_feed(struct plot *plot, const void *data, size_t bytes);

/* What comes next does not follow what came: the trace begins anew. */
void plot_gap(struct plot *plot);

/* Draw if it is time to, @now in seconds; @footer goes below. */
void plot_draw(struct plot *plot, double now, const char *footer);

/* Leave the picture that stands: something is about to be written below it. */
void plot_leave(struct plot *plot);

/* Draw for the last time. */
void plot_end(struct plot *plot, const char *footer);

#endif /* ACQ_PLOT_H */
