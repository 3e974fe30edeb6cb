/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one file of a recording has, and what its account says of it: segments, gaps, times.
 * The account is untrusted: each number is checked before it gets here.
 */
#ifndef ACQ_PART_H
#define ACQ_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

#define PART_CHANNELS_MAX	1024
#define PART_RATE_MAX		1000000000000000 /* mHz: SigMF's limit of 10^12 Hz */
#define PART_NO_TIME		INT64_MIN	/* for a time in nanoseconds */

/* Samples without a gap between them */
struct part_segment {
	uint64_t frame;		/* the first one: its number in the file, or in the recording */
	uint64_t frames;	/* at least one */
	uint64_t index;		/* the card's sample index of the first one */
	uint64_t run;
	int64_t utc;		/* of the first one: ns since 1970, or PART_NO_TIME */
	bool has_index;		/* the account says the index; or it is what follows */
	unsigned int axis;	/* segments with the same number count on one axis of indices */
};

struct part_gap {
	uint64_t frame;		/* the frame behind it; at the end: how many frames there are */
	uint64_t index;		/* the card's, of the first lost frame */
	uint64_t lost;		/* frames; with @unknown: a guess by the clock, or 0 */
	bool estimated;
	bool unknown;		/* how many: the run ended there, no sample index leads across */
	char cause[24];		/* a word: "ring-full" */
};

/* A pair of the card's time and the world's */
struct part_time {
	uint64_t index;
	unsigned int axis;	/* of the segments that it belongs to */
	int64_t utc;		/* ns since 1970 */
	uint64_t card_time;
	uint64_t error_us;	/* of the computer's clock at most */
	bool synchronized;	/* NTP or PTP held the computer's clock */
};

/* What the samples are. Texts are "" if the account does not have them. */
struct part_about {
	unsigned int format;	/* enum acq_format */
	unsigned int channels;
	unsigned int frame_bytes;
	uint64_t rate_millihz;	/* 0: unknown */
	uint64_t timestamp_hz;	/* of card_time; 0: unknown */
	char device[128], card[128], family[64], serial[128], recorder[64];
	char end[32];		/* why it ended, a word: "finished"; "" unfinished */
};

struct part {
	char *name;		/* of the file of samples */
	uint64_t begin;		/* bytes before the first sample */
	uint64_t frames;
	struct part_about about;
	struct json_object *config;	/* the card's configuration; NULL: unknown */
	double missing_s;	/* between the file before and this one; 0: nothing, or unknown */

	struct part_segment *segments;
	size_t num_segments;
	struct part_gap *gaps;
	size_t num_gaps;
	struct part_time *times;
	size_t num_times;

	uint64_t number;	/* in its series; 0: unknown, or the first */
};

/* What the user says of a file that says nothing itself. */
struct part_raw {
	int format;		/* enum acq_format, -1: not said */
	unsigned int channels;	/* 0: not said */
	uint64_t rate_millihz;	/* 0: not said */
};

/* A part without anything; NULL: out of memory, which has been said */
struct part *part_new(const char *name);
void part_free(struct part *part);	/* NULL is fine */

/* Returns an exit status, as all that follows */
int part_add_segment(struct part *part, const struct part_segment *segment);
int part_add_gap(struct part *part, const struct part_gap *gap);
int part_add_time(struct part *part, const struct part_time *time);

/* Format, channels and rate are known: are they possible? @account: the file that says so */
int part_check_about(struct part *part, const char *account);

/*
 * Count the frames that the file of samples has, up to @frames; what the account says of later
 * ones goes. If it has fewer, @certain says that they should be there.
 */
int part_measure(struct part *part, uint64_t frames, bool certain);

/* "NAME.sigmf-meta" or so: @base and an ending. NULL: out of memory, which has been said */
char *part_name(const char *base, const char *ending);

#endif /* ACQ_PART_H */
