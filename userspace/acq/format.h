/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The formats that 'acq convert' writes: each is one file format_*.c.
 */
#ifndef ACQ_FORMAT_H
#define ACQ_FORMAT_H

#include "recorded.h"

/**
 * struct format_job - what one output is to have
 * @recorded: where the samples are from
 * @name: of the output, as the user knows it
 * @first: frame of @recorded
 * @frames: of it, those between gaps only
 * @fill: frames that come on top of them, in the place of lost ones
 * @bits: of a sample in the output; 0: as many as it has
 * @rf64: WAV with lengths of 64 bits even if it is small
 * @force: older files may go
 */
struct format_job {
	struct recorded *recorded;
	const char *name;
	uint64_t first, frames, fill;
	unsigned int bits;
	bool rf64, force;
};

/* What can lie between two frames, and @format can say */
enum format_gaps {
	FORMAT_NO_GAPS,		/* nothing */
	FORMAT_KNOWN_GAPS,	/* a gap of a known length: by each frame's sample index */
	FORMAT_ALL_GAPS,	/* any, with all that is known of it */
};

struct format {
	const char *name;
	const char *title, *note;	/* for people */
	const char *const *suffixes;	/* the first one is its own; NULL at the end */
	const char *package;	/* that this build lacks; NULL: nothing */
	enum format_gaps gaps;

	/* Can it be? Complains if not; changes nothing. */
	int (*check)(const struct format_job *job);
	/* Returns an exit status; @close is called after any. */
	int (*open)(void **output, const struct format_job *job);
	/*
	 * @frame: the first one in the recording; @index: the card's. Filler has no frame: ~0.
	 * -EPIPE: nobody reads it any more.
	 */
	int (*write)(void *output, const void *data, size_t frames, uint64_t frame, uint64_t index);
	/* All is written: on the disk, under its name. */
	int (*finish)(void *output);
	/* What is not finished goes. */
	void (*close)(void *output);
};

extern const struct format format_wav, format_flac, format_hdf5, format_csv, format_sigmf;

#endif /* ACQ_FORMAT_H */
