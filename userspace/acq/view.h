/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Samples looked at: in a terminal, or as plain text.
 *
 * On a terminal the picture is drawn anew a few times a second; elsewhere once, at the end,
 * or once in each interval, without colours and cursor movements.
 *
 * A view of a stream takes a limited part of the processor's time. What it has no time for it
 * skips, and says how much that is.
 */
#ifndef ACQ_VIEW_H
#define ACQ_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct view;
struct view_kind;

/* 0 or NULL: not given */
struct view_options {
	const struct view_kind *kind;
	uint64_t channels;	/* a mask of the card's */
	uint64_t frames;	/* across a plot */
	uint64_t fft;		/* samples of a window */
	uint64_t average;	/* windows */
	uint64_t interval_ms;
};

/**
 * struct view_source - where the samples come from
 * @format: ACQ_FORMAT_*
 * @channels: in a frame
 * @mask: the card's numbers of them; 0: all from 0 on
 * @rate_millihz: 0: unknown
 * @first: index of the frame that stands at 0 on the time axis
 * @frames: that are to come; 0: unknown
 * @file: they wait, and are looked at to the last
 */
struct view_source {
	unsigned int format, channels;
	uint64_t mask, rate_millihz, first, frames;
	bool file;
};

/* Returns an exit status, and has said what is wrong. */
int view_begin(struct view **view, FILE *file, const struct view_source *source,
	       const struct view_options *options);

/* Whole frames, the first of them with @index. */
void view_feed(struct view *view, const void *data, size_t bytes, uint64_t index);

/*
 * What comes next does not follow what came: from @index on @lost frames (~0: unknown) are
 * missing, because of @cause, in words.
 */
void view_gap(struct view *view, uint64_t index, uint64_t lost, bool estimated, const char *cause);

/* Draw if it is time to; @footer goes below. */
void view_draw(struct view *view, const char *footer);

/* Leave the picture that stands: something is about to be written below it. */
void view_leave(struct view *view);

/* Draw for the last time. */
void view_end(struct view *view, const char *footer);

#endif /* ACQ_VIEW_H */
