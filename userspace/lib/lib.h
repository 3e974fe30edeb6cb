/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What the parts of libacq share.
 */
#ifndef ACQ_LIB_H
#define ACQ_LIB_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#pragma GCC visibility push(default)
#include <acq.h>
#pragma GCC visibility pop

/* A way to get at the samples */
struct mode {
	const char *name;
	const char *help;
	bool nonblock;		/* wants O_NONBLOCK */
	bool in_ring;		/* wants all of the ring mapped, and has next() */

	/* 0 or a negative errno; a run has been entered */
	int (*begin)(struct acq *acq);

	/*
	 * The next samples, at most @want bytes, at *@data until the next call. Their size;
	 * 0: finished; -EPIPE: a gap is here; -EAGAIN: nothing in time, or a wait was for
	 * nothing.
	 */
	ssize_t (*take)(struct acq *acq, size_t want, int64_t timeout_ns, const void **data);

	/* Or all that acq_next() does */
	int (*next)(struct acq *acq, struct acq_span *span, size_t want, int64_t timeout_ns);

	void (*end)(struct acq *acq);
};

extern const struct mode mode_read, mode_poll, mode_epoll, mode_uring, mode_uring_multishot;
extern const struct mode mode_map;

/* Where a reader is */
struct place {
	uint64_t position;
	uint64_t index;
	uint64_t block;		/* these two in the ring only */
	uint32_t offset;
};

struct acq {
	int fd;
	const struct mode *mode;	/* NULL: not begun */
	void *priv;			/* the mode's own */
	int wait_fd;
	unsigned int flags;
	size_t max;
	char *buf;			/* buf_bytes, for modes that copy */
	size_t buf_bytes;
	struct acq_counts counts;

	/* the run */
	const struct acq_meta *meta;	/* NULL: none */
	size_t mapped;
	uint64_t run;
	uint32_t frame;
	bool ended;
	int end;			/* as acq_next() told it */
	struct place at;		/* of what acq_next() tells next */
	bool fresh;			/* nothing has been told: at.index is not known yet */
	uint64_t gaps;

	const char *left;		/* taken and not told yet */
	size_t left_bytes;

	/* in the ring */
	bool monitor;
	bool unchecked;			/* the last span's memory, by acq_valid() */
	struct place last;		/* its begin */
	uint64_t released;		/* everything below has been used */
	uint64_t known;			/* and the driver knows it up to here */
};

int lib_call(const struct acq *acq, unsigned long request, void *arg);
int lib_gap(struct acq *acq, struct acq_span *span, const struct acq_gap *gap);
void lib_data(struct acq *acq, struct acq_span *span, const void *data, size_t bytes);
struct timespec *lib_timespec(int64_t timeout_ns, struct timespec *ts);

/* The index of a run's first frame is known once there is one. */
static inline void lib_index(struct acq *acq)
{
	if (acq->fresh && !acq->at.position)
		acq->at.index = __atomic_load_n(&acq->meta->base_index, __ATOMIC_RELAXED);
	acq->fresh = false;
}

#endif /* ACQ_LIB_H */
