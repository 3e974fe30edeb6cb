/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The head of a WAV file: what its samples are, and where. Integer samples only, in the
 * layouts that cards have, too.
 */
#ifndef ACQ_WAV_H
#define ACQ_WAV_H

#include <stddef.h>
#include <stdint.h>

/* What is before the samples has no more bytes than this. */
#define WAV_HEAD_MAX	(64 << 10)

struct wav {
	uint32_t rate;		/* frames per second */
	unsigned int channels;
	unsigned int format;	/* enum acq_format */
	size_t begin;		/* of the samples in the file */
	uint64_t bytes;		/* of samples; ~0: to the end of the file */
	const char *fault;	/* WAV_BAD: what is wrong, "its ..." */
};

enum wav_verdict {
	WAV_NOT,	/* it is something else */
	WAV_MORE,	/* more bytes of the file are needed to tell */
	WAV_BAD,
	WAV_FOUND,
};

/* Look at the first @bytes of a file. */
enum wav_verdict wav_parse(const unsigned char *file, size_t bytes, struct wav *wav);

#endif /* ACQ_WAV_H */
