/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What goes to stderr: messages, and one line of progress that messages push away.
 */
#ifndef ACQ_REPORT_H
#define ACQ_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/acqdev.h>

/* Say something that is wrong: "acq: ..." on stderr, kept for report_last(). */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Say something worth knowing. */
void remark(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Cut @text to @columns: at its last ", " that fits, if there is one. */
void report_fit(char *text, unsigned int columns);

/*
 * Replace the progress line; only sensible when stderr is a terminal. Where that is too narrow
 * the last clauses are left out.
 */
void progress(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Take the progress line away. */
void progress_end(void);

/* No text on stderr from now on: a JSON object is all that goes there. */
void report_mute(bool mute);

/*
 * From now on nothing waits for a terminal or a pipe that nobody reads: progress is left out, and
 * messages are counted. report_calm(): samples need nobody any more; what is said then waits, once
 * and not for long.
 */
void report_hurry(void);
void report_calm(void);

/* Call @fn before anything is said, to make room on a screen; NULL: no more. */
void report_before(void (*fn)(void *arg), void *arg);

/* No remarks from now on, only complaints. */
void report_quiet(bool quiet);

/* The last complaint, or "". */
const char *report_last(void);

/* "2 gaps (~300 frames lost)" */
void report_gaps(uint64_t gaps, uint64_t lost, bool estimated, char *text, size_t size);

/* A gap as it is met, @byte: of the output */
void report_gap(const struct acq_gap *gap, uint64_t byte);

/*
 * Less than --frames or --bytes asked for: only @frames of @frame bytes came. Returns
 * EXIT_SHORT.
 */
int report_short(uint64_t frames, size_t frame, uint64_t frames_wanted, uint64_t bytes_wanted);

/* What getopt_long() did not like has been said; point to --help. Returns EXIT_USAGE. */
int usage_error(const char *command);

#endif /* ACQ_REPORT_H */
