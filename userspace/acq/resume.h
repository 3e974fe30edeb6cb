/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A series that has been interrupted: what was cut is repaired, and the next recording says
 * which one it continues and how much time is missing between the two.
 */
#ifndef ACQ_RESUME_H
#define ACQ_RESUME_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct series;

/**
 * struct resume - where a series stands
 * @previous: its last recording, without directory and ending; "": there is none
 * @known: @end_ns is
 * @end_ns: UTC of the sample that would follow, in ns since 1970
 * @repaired: recordings that had been cut
 */
struct resume {
	char previous[NAME_MAX + 1];
	bool known;
	int64_t end_ns;
	unsigned int repaired;
};

/**
 * resume_series - make good what an interruption has left
 * @series: opened; nobody records it
 * @force: also where a journal is damaged in its midst
 * @resume: where it stands then
 *
 * Repairs, and lists in the collection, what is there. Return: the worst exit status of the
 * repairs, which have complained; the series can be continued nevertheless.
 */
int resume_series(struct series *series, bool force, struct resume *resume);

/* Is @text the name of a series that there is, or can it be none of a recording? */
bool resume_is_series(const char *text);

/* acq record --repair of the series @text. Returns an exit status. */
int resume_repair(const char *text, bool force);

#endif /* ACQ_RESUME_H */
