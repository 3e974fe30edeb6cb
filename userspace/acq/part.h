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
#define PART_NO_TIME		INT64_MIN	/* for a time in nanoseconds */

/* Samples without a gap between them */
struct part_segment {
	uint64_t frame;		/* the first one: its number in the file, or in the recording */
	uint64_t frames;	/* at least one */
	uint64_t index;		/* the card's sample index of the first one */
	uint64_t run;
	int64_t utc;		/* of the first one: ns since 1970, or PART_NO_TIME */
};

struct part_gap {
	uint64_t frame;		/* the frame behind it; at the end: how many frames there are */
	uint64_t index;		/* the card's, of the first lost frame */
	uint64_t lost;		/* frames; 0 with @unknown: nobody knows */
	bool estimated;
	bool unknown;		/* @lost is not, or the run ended: no sample index leads across */
	char cause[24];		/* a word: "ring-full" */
};

/* A pair of the card's time and the world's */
struct part_time {
	uint64_t index;
	uint64_t run;
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
};

/* What the user says of a file that says nothing itself. */
struct part_raw {
	int format;		/* enum acq_format, -1: not said */
	unsigned int channels;	/* 0: not said */
	uint64_t rate_millihz;	/* 0: not said */
};

#endif /* ACQ_PART_H */
