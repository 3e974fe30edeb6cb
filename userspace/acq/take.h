/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One recording in the making: samples by direct I/O to NAME.sigmf-data, and the account of
 * them beside it.
 *
 * Several takes can exist at a time: one that is being put to, older ones that are completed.
 * A take is one thread's at a time: the recorder's until take_drained(), then of whoever calls
 * take_complete() and take_close(). Errors are negative errnos; take_failed() has the file.
 */
#ifndef ACQ_TAKE_H
#define ACQ_TAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <acq.h>

#include "sigmf_meta.h"

struct take;
struct utc_clock;

/**
 * struct take_options - how to write
 * @base: name without a suffix; copied
 * @chunk: most bytes of a write
 * @depth: most writes at a time
 * @size: bytes to come if that is known, else 0
 * @force: older files may go
 * @flush: seconds between two lines "good" of the journal
 * @clock: the samples' times are of this one, and not of CLOCK_MONOTONIC here; may change.
 *	NULL: they are
 */
struct take_options {
	const char *base;
	size_t chunk;
	unsigned int depth;
	uint64_t size;
	bool force;
	double flush;
	const struct utc_clock *clock;
};

/**
 * struct take_about - what is recorded
 * @device: path of the node
 * @info: of the card
 * @config: as it stands
 * @run: number of the run, if it is known yet
 * @series: name that all files of a series share; NULL: it is none
 * @number: of this file in it
 * @continues: the file that this one continues; NULL: none
 * @continues_ns: UTC of the sample that would follow in that file; 0: not known
 */
struct take_about {
	const char *device;
	const struct acq_info *info;
	const struct acq_config *config;
	uint64_t run;
	const char *series;
	uint64_t number;
	const char *continues;
	int64_t continues_ns;
};

/*
 * May the files of @base be written? Complains if not; changes nothing. Returns an exit status.
 * take_open() asks it, too.
 */
int take_check(const char *base, bool force);

/**
 * take_open - create the files and reserve room
 * @take: to be closed with take_close() even after an error; NULL without memory
 * @options: how to write
 *
 * Older files stay as they are until take_begin(). Return: an exit status; complains.
 */
int take_open(struct take **take, const struct take_options *options);

/*
 * Nothing can refuse any more: older files go, and the account begins. Waits for the disk. To
 * be called before the first samples are there, and also if none ever come.
 */
int take_begin(struct take *take, const struct take_about *about);

/*
 * Samples of a span of ACQ_EVENT_DATA. They must not change in the ring until take_needs() is
 * beyond them. Notes where a segment begins, and the time of day where it is due.
 */
int take_put(struct take *take, const struct acq_span *span);

/* A gap behind what has been put so far */
void take_gap(struct take *take, const struct acq_gap *gap);

/*
 * To be called often: has on its way to the disk what waits for more samples and is older than
 * the flush interval, and tells the account what is written. Also has the account's error.
 */
int take_tick(struct take *take);

/*
 * While it is held, the account vouches for no more of it: after a crash there is nothing of a
 * file if the end of the one before it is not there.
 */
void take_hold(struct take *take, bool hold);

/* take_tick() has something to do even if no more samples come */
bool take_is_due(const struct take *take);

/* Take in writes that are done; with @wait, wait for one. */
int take_reap(struct take *take, bool wait);

/* Writes under way */
unsigned int take_under_way(const struct take *take);

/* Lowest position of the run that is needed in the ring; ~0: none */
uint64_t take_needs(const struct take *take);

/* What addresses and sizes should be multiples of; 1: no direct I/O */
size_t take_align(const struct take *take);

uint64_t take_bytes(const struct take *take);	/* put so far; of the file behind take_complete() */
uint64_t take_written(const struct take *take);	/* of these, written: whole frames */
uint64_t take_copied(const struct take *take);	/* of these, not by direct I/O in place */

const char *take_base(const struct take *take);
const char *take_data_name(const struct take *take);

/* The file that the last error is of */
const char *take_failed(const struct take *take);

/*
 * No more samples: what has waited for more is on its way. Does not wait. Reap until
 * take_drained(), and keep to take_needs() until then.
 */
int take_end(struct take *take);

/* Behind take_end(): nothing in the ring is needed any more. */
bool take_drained(const struct take *take);

/**
 * take_complete - data and account are on the disk, or as much as can be
 * @take: that has begun; drained, or it waits for that, too
 * @reason: a word: "finished", "limit", "time", "signal", "rotated", "full", "error", "gone".
 *	If an error comes here, it becomes "full" or "error".
 * @status: exit status so far
 *
 * Waits for the disk: may be called in another thread. Return: 0 or a negative errno, also
 * one that take_put() has returned before; take_totals() says what is there nevertheless.
 */
int take_complete(struct take *take, const char *reason, int status);

/* Behind take_complete() */
const struct sigmf_totals *take_totals(const struct take *take);

/* Is this the errno of a disk that is full? EXIT_FULL, else EXIT_SYSTEM */
int take_status_of(int err);

/* What has not begun leaves the directory as it was. */
void take_close(struct take *take);

#endif /* ACQ_TAKE_H */
