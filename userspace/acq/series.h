/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The recordings of a series: their names, the collection that lists them, and how many of
 * them stay. A recording belongs to a series if its metadata or its journal says so; no
 * other file is ever removed or listed.
 *
 * After series_begin(), series_next() may be called by another thread than the rest.
 */
#ifndef ACQ_SERIES_H
#define ACQ_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct series;

/* One recording of it, from the oldest on */
struct series_member {
	char *base;		/* its path without an ending */
	uint64_t number;
	bool cut;		/* it has a journal: it was not completed */
	uint64_t frames;	/* 0: not known yet */
};

/*
 * The name that @text stands for: conversions of strftime(3) are the time @utc_ns, UTC. One with
 * conversions that is there already gets a number behind it. False: it is too long.
 */
bool series_expand(const char *text, int64_t utc_ns, char *base, size_t size);

/* May @text be the name of a recording, or of a series? Complains. Returns an exit status. */
int series_check(const char *text);

/*
 * The series that @text names, with what there is of it already. @files: full ones, of which as
 * much stays; 0: all.
 * Nothing is changed. Returns an exit status.
 */
int series_open(struct series **series, const char *text, unsigned int files);

/* Its name without a directory, which all of its recordings have */
const char *series_name(const struct series *series);

/* Of what is there already. NULL: no more */
const struct series_member *series_member(const struct series *series, size_t i);

/**
 * struct series_full - what a file has that is full
 * @amount: bytes, or frames; 0: it has no limit
 * @frames: it is frames
 */
struct series_full {
	uint64_t amount;
	bool frames;
};

/* Nothing can refuse any more: it has a collection. 0 or a negative errno. */
int series_begin(struct series *series, const struct series_full *full);

/*
 * The name of the next recording, which begins at @utc_ns, and its number. False: the name
 * is too long.
 */
bool series_next(struct series *series, int64_t utc_ns, char *base, size_t size, uint64_t *number);

/*
 * Recording @base has begun: the oldest one goes if the newer ones have as much as all files that
 * stay have when they are full. 0 or a negative errno.
 */
int series_begun(struct series *series, const char *base, uint64_t number);

/* Recording @base is complete: the collection lists it. 0 or a negative errno. */
int series_completed(struct series *series, const char *base);

/* The collection lists all that are complete, in their order. 0 or a negative errno. */
int series_collect(struct series *series);

/* Recording @base has nothing in it: its files go. 0 or a negative errno. */
int series_discard(struct series *series, const char *base);

/* Recording @base is gone. */
void series_forget(struct series *series, const char *base);

/* The file that the last error is of */
const char *series_failed(const struct series *series);

void series_close(struct series *series);

#endif /* ACQ_SERIES_H */
