/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the made-up card samples, and when.
 */
#ifndef ACQ_FAKE_SIGNAL_H
#define ACQ_FAKE_SIGNAL_H

#include <math.h>
#include <stdint.h>
#include <time.h>

#include <linux/acqdev.h>

#include "names.h"
#include "pattern.h"

/* Of @period frames and half of full scale; the frame with index 0 has 0 in channel 0. */
static inline void fake_signal_sine(int16_t *to, uint64_t index, size_t frames,
				    unsigned int channels, uint64_t period)
{
	unsigned int c;

	for (; frames; frames--, index++)
		for (c = 0; c < channels; c++)
			*to++ = lrint(16384 * sin(2 * M_PI * ((double)(index % period) / period -
							      c / 4.0)));
}

static inline void fake_signal_pattern(const struct acq_config *config, void *to, uint64_t index,
				       size_t frames)
{
	unsigned int width = format_width(config->format);
	uint64_t samples = config->frame_bytes / width;
	struct pattern p;

	pattern_seek(&p, config->pattern == ACQ_PATTERN_RAMP ? PATTERN_RAMP : PATTERN_PRBS, width,
		     index * samples);
	pattern_fill(&p, to, frames * samples);
}

static inline double fake_signal_seconds(const struct acq_config *config, uint64_t frames)
{
	return frames * 1e3 / config->rate_millihz;
}

/* Frames that a card of that rate, which began @began, has made beyond @made */
static inline uint64_t fake_signal_due(const struct acq_config *config, double began, uint64_t made)
{
	struct timespec ts;
	double late;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	late = ts.tv_sec + ts.tv_nsec / 1e9 - began - fake_signal_seconds(config, made);
	return late > 0 ? late * config->rate_millihz / 1e3 : 0;
}

#endif /* ACQ_FAKE_SIGNAL_H */
