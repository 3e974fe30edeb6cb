/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A recording as one file, or as a series of files without a sample lost or doubled between
 * them. What is put to it goes to a take; when that is full the next one begins, and a thread
 * completes the old one. Errors are negative errnos; reel_failed() has the file.
 */
#ifndef ACQ_REEL_H
#define ACQ_REEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <acq.h>

#include "take.h"

struct reel;

/**
 * struct reel_options - which files
 * @name: of the recording or the series; conversions of strftime(3) are the time it begins at
 * @file_bytes: that a file has at most; 0: no limit
 * @file_ns: time that a file has at most, by its samples; 0: no limit
 * @split_at_gap: a file ends where samples are missing
 * @files: full ones, of which as much stays; 0: all
 * @take: how each one is written; its name is not used
 */
struct reel_options {
	const char *name;
	uint64_t file_bytes, file_ns;
	bool split_at_gap;
	unsigned int files;
	struct take_options take;
};

/**
 * struct reel_totals - what all files together have
 * @files: that have begun
 * @bytes: that were put
 * @written: of @bytes, written
 * @copied: of @bytes, not by direct I/O in place
 * @frames: once it is complete, that the files have; likewise @gaps, @lost, @estimated
 */
struct reel_totals {
	uint64_t files, bytes, written, copied;
	uint64_t frames, gaps, lost;
	bool estimated;
};

/* The options make it a series. */
bool reel_is_series(const struct reel_options *options);

/* Can the options be? Complains; changes nothing. Returns an exit status. */
int reel_check(const struct reel_options *options);

/*
 * Repair and continue a series that there is, create the files of what comes first. The rest
 * as take_open(). @options stay the caller's until reel_close().
 */
int reel_open(struct reel **reel, const struct reel_options *options);

/* As take_begin(). What @about points to stays the caller's; the reel numbers the files. */
int reel_begin(struct reel *reel, const struct take_about *about);

/* As take_put(): a span may end in the next file. */
int reel_put(struct reel *reel, const struct acq_span *span);

/* As take_gap() */
void reel_gap(struct reel *reel, const struct acq_gap *gap);

/* As take_tick(); also has errors of completing older files. */
int reel_tick(struct reel *reel);

bool reel_is_due(const struct reel *reel);
int reel_reap(struct reel *reel, bool wait);
unsigned int reel_under_way(const struct reel *reel);
uint64_t reel_needs(const struct reel *reel);
size_t reel_align(const struct reel *reel);

/* The file that is being written, or was the last one */
const char *reel_data_name(const struct reel *reel);

/*
 * The recording of an earlier run that this one continues, and the UTC of the sample that would
 * follow in it, 0 if that is not known. NULL: there is none.
 */
const char *reel_continues(const struct reel *reel, int64_t *end_ns);

const char *reel_failed(const struct reel *reel);

/* What the error was has been complained about. */
bool reel_has_said(const struct reel *reel);

void reel_sum(struct reel *reel, struct reel_totals *totals);

/* No more samples: waits until all are on their way. */
int reel_end(struct reel *reel);

/* Behind reel_end(). As take_complete(), of all files */
int reel_complete(struct reel *reel, const char *reason, int status);

/* What has not begun leaves the directory as it was. */
void reel_close(struct reel *reel);

#endif /* ACQ_REEL_H */
