/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A reader at work: from the device to the output, the verification and the view.
 */
#ifndef ACQ_READING_H
#define ACQ_READING_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "device.h"
#include "view.h"

struct setup;

struct reading_options {
	struct setup *setup;	/* before, once nothing else can refuse; NULL: none */
	enum acq_mode mode;
	const char *output;	/* NULL: nowhere */
	const char *verify;	/* NULL: not */
	uint64_t frames;	/* 0: no limit; likewise below */
	uint64_t bytes;
	uint64_t milli;
	uint64_t chunk;
	uint32_t reader_flags;
	uint32_t watermark;
	uint32_t flush_us;
	const char *packets_file;	/* list of packets; NULL: none */
	bool start;
	bool stop;
	bool trigger;
	bool stop_on_gap;
	bool strict;
	bool quiet;
	struct view_options view;
	bool glance;		/* it reads for the view alone: what is skipped is no loss */
	bool json;
	const char *json_file;	/* NULL: stderr */
};

/* Read until something ends it. Returns an exit status. */
int reading_run(const struct device *dev, const struct reading_options *options);

/* The JSON summary of a reading that could not begin. */
void reading_failed(const char *path, const struct reading_options *options, int status);

#endif /* ACQ_READING_H */
