/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A recording to be read: one file or a series, finished or not, as one sequence of frames
 * from 0 on. Samples are read when they are asked for; only the account is in memory.
 *
 * No read crosses a gap: who reads on behind the end of a segment knows that there is one.
 * A recording is used by one thread at a time.
 */
#ifndef ACQ_RECORDED_H
#define ACQ_RECORDED_H

#include <sys/types.h>

#include "part.h"

struct recorded;

/*
 * Open a recording, whatever @name names of it: NAME, NAME.sigmf-meta, NAME.sigmf-data,
 * NAME.sigmf-journal (unfinished: as far as its data is good), NAME.sigmf-collection; a WAV
 * file; a file of raw samples with a FILE.json beside it, or as @raw says (NULL: nothing).
 * The rate there is also that of a recording that says none. Returns an exit status, and has
 * said what is wrong.
 */
int recorded_open(struct recorded **recorded, const char *name, const struct part_raw *raw);

void recorded_close(struct recorded *recorded);	/* NULL is fine */

const char *recorded_name(const struct recorded *recorded);
/* Of its first file; all have the same format, channels and rate. */
const struct part_about *recorded_about(const struct recorded *recorded);
struct json_object *recorded_config(const struct recorded *recorded);	/* NULL: unknown */
bool recorded_finished(const struct recorded *recorded);
/* Is the file @name one of its own: samples, an account of them, the list of a series? */
bool recorded_has_file(const struct recorded *recorded, const char *name);

uint64_t recorded_frames(const struct recorded *recorded);

/*
 * The segments, in order; the last one ends at recorded_frames(). The files of a series make
 * one segment where nothing is lost between them. Frames are counted from the recording's
 * first one.
 */
const struct part_segment *recorded_segments(const struct recorded *recorded, size_t *num);
/* The gaps, in order; there may be several at one frame, before the first and behind the last. */
const struct part_gap *recorded_gaps(const struct recorded *recorded, size_t *num);
const struct part_time *recorded_times(const struct recorded *recorded, size_t *num);

/* Number of the segment that has @frame, which is below recorded_frames(). */
size_t recorded_segment_at(const struct recorded *recorded, uint64_t frame);

/*
 * Read up to @frames frames from @frame on, as they are in the file: little endian. Returns
 * how many: fewer at the end of a segment (or of a file); 0 at the end of the recording; or a
 * negative errno, -ENODATA: the file has become shorter.
 */
ssize_t recorded_read(struct recorded *recorded, uint64_t frame, void *buf, size_t frames);

/* Where a point in time or a sample index is */
enum recorded_place {
	RECORDED_BEFORE,	/* before the first frame; *frame is 0 */
	RECORDED_HERE,		/* *frame is the one */
	RECORDED_GAP,		/* lost; *frame is the first one behind the gap */
	RECORDED_BEHIND,	/* behind the last frame; *frame is recorded_frames() */
	RECORDED_UNKNOWN,	/* the recording does not know its times */
};

/* If several runs have @index, the first of them. */
enum recorded_place recorded_find_index(const struct recorded *recorded, uint64_t index,
					uint64_t *frame);
/* The first frame at or behind @utc, ns since 1970 */
enum recorded_place recorded_find_utc(const struct recorded *recorded, int64_t utc,
				      uint64_t *frame);
/* The first frame at or behind @ns after the first frame; lost time counts. */
enum recorded_place recorded_find_after(const struct recorded *recorded, uint64_t ns,
					uint64_t *frame);

/* The card's sample index of @frame */
uint64_t recorded_index(const struct recorded *recorded, uint64_t frame);
/*
 * When @frame was sampled, ns since 1970: between the recorded pairs of index and time, which
 * follow the card's drift. PART_NO_TIME: unknown.
 */
int64_t recorded_utc(const struct recorded *recorded, uint64_t frame);

#endif /* ACQ_RECORDED_H */
