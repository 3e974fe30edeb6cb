/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the samples go: a file, stdout, or nowhere.
 */
#ifndef ACQ_OUTPUT_H
#define ACQ_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

struct output {
	int fd;			/* -1: nowhere */
	const char *name;
	uint64_t bytes;		/* written */
};

/* @name: a file, "-" for stdout, NULL for nowhere. Returns an exit status. */
int output_open(struct output *out, const char *name);

/*
 * Write all of it. 0, or a negative errno: -EPIPE when nobody reads any more,
 * -EINTR when a signal ended a write that did not get on.
 */
int output_write(struct output *out, const void *data, size_t bytes);

/* Close; some file systems tell only now that they had no room. Returns an exit status. */
int output_close(struct output *out);

#endif /* ACQ_OUTPUT_H */
