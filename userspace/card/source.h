/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is connected to the card's inputs: a signal as a function of the frame's
 * index, so that any part of it can be had at any time.
 */
#ifndef CARD_SOURCE_H
#define CARD_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct source;

struct source_options {
	const char *spec;	/* ramp, prbs, sine, noise, raw:FILE or a sound file */
	unsigned int channels;	/* 0: the source's own */
	int format;		/* ACQ_R1_FORMAT_*, -1: the source's own */
	uint32_t rate;		/* 0: the source's own */
	bool loop;
};

struct source_info {
	unsigned int channels;
	unsigned int format;
	uint32_t rate;
	uint64_t frames;	/* 0: endless */
};

/* NULL with a reason in @why. */
struct source *source_open(const struct source_options *o, struct source_info *info, char *why,
			   size_t why_bytes);
void source_close(struct source *s);

/* Sets up a run: enabled channels, format and frames in a second. */
void source_start(struct source *s, uint32_t mask, unsigned int format, double rate);
/* Writes @frames frames from number @index on, interleaved, little endian. */
void source_read(struct source *s, uint64_t index, size_t frames, void *buf);

unsigned int source_format_bytes(unsigned int format);

#endif /* CARD_SOURCE_H */
