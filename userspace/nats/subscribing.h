/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a JetStream stream back to samples: every one of them once and in order, or a gap that says
 * which ones are missing.
 */
#ifndef ACQ_SUBSCRIBING_H
#define ACQ_SUBSCRIBING_H

#include <stdbool.h>
#include <stdint.h>

#include "link.h"

enum subscribing_from {
	SUBSCRIBING_NOW,
	SUBSCRIBING_ALL,	/* the oldest message */
	SUBSCRIBING_INDEX,	/* of the newest run */
	SUBSCRIBING_TIME,
};

/**
 * struct subscribing_options - what to do
 * @link: where the servers are
 * @subject: of the messages
 * @stream: that keeps them
 * @from: where to begin
 * @at: INDEX: sample index; TIME: UTC in ns
 * @output: file, "-" for stdout; NULL: none
 * @record: name of a recording; NULL: none
 * @frames: to take; 0: no limit; likewise @milli
 */
struct subscribing_options {
	struct link_options link;
	const char *subject, *stream;
	enum subscribing_from from;
	uint64_t at;
	const char *output, *record;
	uint64_t frames, milli;
	bool force, strict, quiet, json;
	const char *json_file;
};

/* Returns an exit status. */
int subscribing_run(const struct subscribing_options *options);

#endif /* ACQ_SUBSCRIBING_H */
