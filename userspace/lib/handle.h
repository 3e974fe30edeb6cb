/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What a struct acq is made of. Arrows run down: reader.c -> read.c, uring.c, ring.c
 * -> run.c -> node.c; reader.c -> write.c -> node.c.
 */
#ifndef LIBACQ_HANDLE_H
#define LIBACQ_HANDLE_H

#include <stdbool.h>
#include <sys/types.h>

#pragma GCC visibility push(default)
#include <acq.h>
#pragma GCC visibility pop

/* A way to get at the samples */
struct mode {
	const char *name;
	int open_flags;			/* O_NONBLOCK or 0 */
	unsigned int buffers;		/* in acq.buf; 0: all of the ring is mapped instead */

	/* 0 or a negative errno; a run has been entered */
	int (*begin)(struct acq *acq);

	/*
	 * The next samples, at most @want bytes: @span->data and their size. 0: finished;
	 * -EPIPE: a gap is here, @span->gap or the driver's; -EAGAIN: nothing in time, or a
	 * wait was for nothing.
	 */
	ssize_t (*take)(struct acq *acq, struct acq_span *span, size_t want, int64_t timeout_ns);

	void (*end)(struct acq *acq);
};

/* Where a reader is */
struct place {
	uint64_t position;
	uint64_t index;
	uint64_t block;			/* these two in the ring only; NO_BLOCK: not known */
	uint32_t offset;
};

#define NO_BLOCK	~0ULL

struct acq {
	int fd;
	const struct mode *mode;	/* NULL: not begun */
	void *priv;			/* the mode's own */
	int wait_fd;
	size_t max;
	char *buf;			/* buffers of buf_bytes */
	size_t buf_bytes;

	/* the run */
	const struct acq_meta *meta;	/* NULL: none */
	size_t mapped;
	int end;			/* 0 or a negative errno: as reported; 1: not ended */
	struct place at;		/* of what acq_next() returns next */
	bool fresh;			/* at.index is not known yet: there is no frame */

	/* in the ring */
	bool hold;
	uint64_t gaps;
	struct place last;		/* the span that acq_valid() is about, or NO_BLOCK */
	uint64_t released;		/* everything below has been used */
	uint64_t known;			/* and the driver knows it up to here */

	/* an output's ring, to be filled in place */
	char *fill;			/* its slots; NULL: not mapped */
	size_t fill_bytes;
	uint32_t block_bytes, block_used, frame_bytes;
	struct acq_commit place;	/* what is to be filled next */
};

#endif /* LIBACQ_HANDLE_H */
