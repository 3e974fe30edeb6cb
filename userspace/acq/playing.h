/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A writer at work: from the file to the device, and what became of it.
 */
#ifndef ACQ_PLAYING_H
#define ACQ_PLAYING_H

#include <stdbool.h>
#include <stdint.h>

#include "device.h"

struct playing_options {
	const char *input;	/* "-": stdin */
	const char *config;	/* settings, which have the last word; NULL: none */
	uint64_t rounds;	/* how often the file is played; 0: without end */
	uint32_t prefill;	/* bytes before it begins to play; 0: the driver's choice */
	bool stop_at_underrun;
	bool quiet;
	bool json;
	const char *json_file;	/* NULL: stderr */
};

/* Play until something ends it. Returns an exit status. */
int playing_run(const struct device *dev, const struct playing_options *options);

/* The JSON summary of what could not begin. */
void playing_failed(const char *path, const struct playing_options *options, int status);

#endif /* ACQ_PLAYING_H */
