/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the ring to the disk, without a copy.
 */
#ifndef ACQ_RECORDING_H
#define ACQ_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device.h"
#include "reel.h"

struct setup;

struct recording_options {
	struct setup *setup;	/* before, once nothing else can refuse; NULL: none */
	const char *base;	/* the recording's name, without a suffix */
	struct reel_options files;	/* which name; how it is written is made of the rest */
	uint64_t frames;	/* 0: no limit; likewise below */
	uint64_t bytes;
	uint64_t milli;
	uint64_t chunk;
	uint64_t flush_milli;	/* between two times that data and account are on the disk */
	unsigned int depth;
	bool oldest;
	bool start;
	bool stop;
	bool trigger;
	bool strict;
	bool quiet;
	bool force;		/* an older file may go */
	bool json;
	const char *json_file;	/* NULL: stderr */
};

/* Whether the files may be written, before anything else is done. Returns an exit status. */
int recording_check(const struct recording_options *options);

/* The JSON summary of a recording that could not begin */
void recording_failed(const struct recording_options *options, int status);

/* Record until something ends it. Returns an exit status. */
int recording_run(const struct device *dev, const struct recording_options *options);

#endif /* ACQ_RECORDING_H */
