/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is played: a file of raw samples or a WAV file, from a disk or a pipe.
 */
#ifndef ACQ_SOURCE_H
#define ACQ_SOURCE_H

#include <stdbool.h>
#include <sys/types.h>

#include "wav.h"

struct source {
	const char *name;
	int fd;
	bool has_wav;
	struct wav wav;
	bool seekable;
	unsigned char *buf;
	size_t have, taken;	/* bytes in buf, and how many of them have been returned */
	uint64_t left;		/* bytes of samples that have not been read */
};

/* @name: a file, "-" for stdin. Returns an exit status. */
int source_open(struct source *source, const char *name);

/*
 * The next samples: whole frames of @frame bytes in *@data, until the next call. Returns how
 * many bytes; 0: the end; or a negative errno: -EINTR, a signal came first.
 */
ssize_t source_read(struct source *source, size_t frame, const void **data);

/* Bytes behind the last whole frame, at the end */
size_t source_rest(const struct source *source);

/* Once more from the first sample on. 0 or a negative errno. */
int source_rewind(struct source *source);

void source_close(struct source *source);

#endif /* ACQ_SOURCE_H */
