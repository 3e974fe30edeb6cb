/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the samples go: a file, stdout, or nowhere.
 */
#ifndef ACQ_OUTPUT_H
#define ACQ_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

#include "target.h"

struct output {
	struct target target;	/* its fd is -1: nowhere */
	uint64_t bytes;		/* written */
};

/* @name: a file, "-" for stdout, NULL for nowhere. Returns an exit status. */
int output_open(struct output *out, const char *name);

/* Samples are to come: what the file had until now goes. Returns an exit status. */
int output_begin(struct output *out);

/*
 * Write all of it. 0, or a negative errno: -EPIPE when nobody reads any more,
 * -EINTR when a signal ended a write that did not get on.
 */
int output_write(struct output *out, const void *data, size_t bytes);

/* A file that ends with part of a frame ends with a whole one now. */
void output_cut(struct output *out, size_t frame);

/* Close; some file systems say only now that they had no room. Returns an exit status. */
int output_close(struct output *out);

/* Close what has not begun, and leave the directory as it was. */
void output_drop(struct output *out);

#endif /* ACQ_OUTPUT_H */
