/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each kind of view does; view.c has the rest.
 */
#ifndef ACQ_VIEW_KIND_H
#define ACQ_VIEW_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "samples.h"
#include "screen.h"

#define VIEW_CAPTION 160

struct view_options;

/**
 * struct view_stream - what is looked at
 * @rate_millihz: 0: unknown
 * @frames: that are to come; 0: unknown
 * @lanes: channels chosen
 * @place: of each of them in a frame
 * @channel: the card's number of it
 * @each: every picture stands for what came since the one before, and for nothing else
 * @flows: pictures are lines that follow each other, and the screen does not end
 */
struct view_stream {
	struct samples samples;
	uint64_t rate_millihz;
	uint64_t frames;
	unsigned int lanes;
	unsigned char place[64], channel[64];
	bool each;
	bool flows;
};

/**
 * struct view_gap - a loss between two frames
 * @seconds: where on the time axis
 * @lost: frames; ~0: nobody knows how many
 * @estimated: that is what a clock says
 * @cause: in words
 */
struct view_gap {
	double seconds;
	uint64_t lost;
	bool estimated;
	const char *cause;
};

/**
 * struct view_kind - a way to look at samples
 * @transform: it needs fft.h
 * @flows: elsewhere than on a terminal it can be lines that follow each other
 * @begin: NULL: out of memory
 * @feed: whole frames that follow those before, the first of them at @seconds
 * @gap: what comes next does not follow; NULL: as it was not looked at
 * @quantum: frames that it needs in one piece
 * @draw: into a picture that has begun; @last: nothing will come. Returns how many channels it
 *	has shown; @caption says how they are to be read
 */
struct view_kind {
	const char *name, *help;
	bool transform, flows;
	void *(*begin)(const struct view_stream *stream, const struct view_options *options,
		       const struct screen *screen);
	void (*feed)(void *state, const void *data, size_t frames, double seconds);
	void (*gap)(void *state, const struct view_gap *gap);
	size_t (*quantum)(const void *state);
	unsigned int (*draw)(void *state, struct screen *screen, char *caption, bool last);
	void (*end)(void *state);
};

extern const struct view_kind plot_kind;
extern const struct view_kind view_spectrum_kind;
extern const struct view_kind view_waterfall_kind;
extern const struct view_kind view_meter_kind;
extern const struct view_kind view_histogram_kind;

#endif /* ACQ_VIEW_KIND_H */
