/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The samples of one channel, out of interleaved frames.
 */
#ifndef ACQ_SAMPLES_H
#define ACQ_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct samples - what a frame looks like
 * @lowest: the first code of the format
 * @highest: the last one
 * @zero: the code of no signal, which is not 0 in the formats without a sign
 * @full: codes from there to full scale
 */
struct samples {
	unsigned int format, width, channels;
	size_t frame;
	int64_t lowest, highest, zero, full;
};

void samples_layout(struct samples *s, unsigned int format, unsigned int channels);

/* The codes of the channel at @place in each of @frames frames */
void samples_take(const struct samples *s, const void *data, size_t frames, unsigned int place,
		  int64_t *code);

#endif /* ACQ_SAMPLES_H */
