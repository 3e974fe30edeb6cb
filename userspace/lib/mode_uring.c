// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The modes of io_uring: a read at a time; or one request that brings all reads, each
 * into one of several buffers. It ends at a gap or an end, and is made anew then, so
 * that nothing is read ahead beyond either.
 */
#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>

#include "lib.h"

#define BUFFERS		8
#define GROUP		0
#define READ_DATA	((void *)1)	/* what tells a read's completion from others */

/* liburing 2.6 and Linux 6.7 have it. */
#if IO_URING_VERSION_MAJOR > 2 || IO_URING_VERSION_MINOR >= 6
#define MULTISHOT	1
#else
#define MULTISHOT	0
#define io_uring_prep_read_multishot(...) do { } while (0)
#define IORING_OP_READ_MULTISHOT IORING_OP_LAST
#endif

struct uring {
	struct io_uring ring;
	bool reads;			/* a request is under way */

	/* multishot only */
	struct io_uring_buf_ring *free;
	char *memory;
	int used;			/* the buffer that the program has, or -1 */
};

/* Hand in what there is, and wait for a completion; both in one system call. */
static int wait_cqe(struct acq *acq, int64_t timeout_ns, struct io_uring_cqe *out)
{
	struct io_uring *ring = &((struct uring *)acq->priv)->ring;
	struct __kernel_timespec ts = { timeout_ns / 1000000000, timeout_ns % 1000000000 };
	struct io_uring_cqe *cqe = NULL;
	int ret;

	if (io_uring_sq_ready(ring) || io_uring_peek_cqe(ring, &cqe)) {
		acq->counts.calls++;
		ret = io_uring_submit_and_wait_timeout(ring, &cqe, 1, timeout_ns < 0 ? NULL : &ts,
						       NULL);
		if (!cqe)
			return ret == -ETIME || ret >= 0 ? -EAGAIN : ret;
	}
	*out = (struct io_uring_cqe) { .res = cqe->res, .flags = cqe->flags };
	io_uring_cqe_seen(ring, cqe);
	acq->counts.spurious += out->res == -EAGAIN;
	return 0;
}

static int begin(struct acq *acq)
{
	struct uring *u = calloc(1, sizeof(*u));
	int err;

	if (!u)
		return -ENOMEM;
	acq->priv = u;
	/* completions are handled when the program enters the kernel anyway */
	err = io_uring_queue_init(4, &u->ring, IORING_SETUP_COOP_TASKRUN |
				  IORING_SETUP_TASKRUN_FLAG);
	if (err) {
		free(u);
		acq->priv = NULL;
		return err;
	}
	acq->wait_fd = u->ring.ring_fd;
	return 0;
}

static ssize_t take(struct acq *acq, size_t want, int64_t timeout_ns, const void **data)
{
	struct uring *u = acq->priv;
	struct io_uring_sqe *sqe;
	struct io_uring_cqe cqe;
	int err;

	if (!u->reads) {
		sqe = io_uring_get_sqe(&u->ring);
		io_uring_prep_read(sqe, acq->fd, acq->buf, want, -1);
		io_uring_sqe_set_data(sqe, READ_DATA);
		u->reads = true;
	}
	err = wait_cqe(acq, timeout_ns, &cqe);
	if (err)
		return err;
	u->reads = false;
	*data = acq->buf;
	return cqe.res;
}

/* The read under way, if any, is ended: it writes to no buffer after this. */
static void end(struct acq *acq)
{
	struct uring *u = acq->priv;
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;
	int ret = 0;

	if (!u)
		return;
	if (u->reads) {
		sqe = io_uring_get_sqe(&u->ring);
		io_uring_prep_cancel(sqe, READ_DATA, 0);
		io_uring_sqe_set_data(sqe, NULL);
	}
	while (u->reads && (ret >= 0 || ret == -EINTR)) {
		ret = io_uring_submit_and_wait(&u->ring, 1);
		while (!io_uring_peek_cqe(&u->ring, &cqe)) {
			if (io_uring_cqe_get_data(cqe) == READ_DATA)
				u->reads = cqe->flags & IORING_CQE_F_MORE;
			io_uring_cqe_seen(&u->ring, cqe);
		}
	}
	if (u->free)
		io_uring_free_buf_ring(&u->ring, u->free, BUFFERS, GROUP);
	io_uring_queue_exit(&u->ring);
	free(u->memory);
	free(u);
	acq->priv = NULL;
}

static void give(struct acq *acq, int buffer)
{
	struct uring *u = acq->priv;

	io_uring_buf_ring_add(u->free, u->memory + buffer * acq->buf_bytes, acq->buf_bytes, buffer,
			      io_uring_buf_ring_mask(BUFFERS), 0);
	io_uring_buf_ring_advance(u->free, 1);
}

static int begin_multishot(struct acq *acq)
{
	struct io_uring_probe *probe;
	int err = begin(acq), i;
	struct uring *u = acq->priv;

	if (err)
		return err;
	u->used = -1;
	probe = io_uring_get_probe_ring(&u->ring);
	if (!MULTISHOT || !probe || !io_uring_opcode_supported(probe, IORING_OP_READ_MULTISHOT))
		err = -EOPNOTSUPP;
	io_uring_free_probe(probe);
	u->memory = aligned_alloc(4096, acq->buf_bytes * BUFFERS);
	if (!err && !u->memory)
		err = -ENOMEM;
	if (!err) {
		memset(u->memory, 0, acq->buf_bytes * BUFFERS);
		u->free = io_uring_setup_buf_ring(&u->ring, BUFFERS, GROUP, 0, &err);
	}
	for (i = 0; !err && i < BUFFERS; i++)
		give(acq, i);
	return err;
}

static ssize_t take_multishot(struct acq *acq, size_t want, int64_t timeout_ns, const void **data)
{
	struct uring *u = acq->priv;
	struct io_uring_sqe *sqe;
	struct io_uring_cqe cqe;
	int err;

	(void)want;
	if (u->used >= 0)
		give(acq, u->used);
	u->used = -1;
	do {
		if (!u->reads) {
			sqe = io_uring_get_sqe(&u->ring);
			io_uring_prep_read_multishot(sqe, acq->fd, 0, -1, GROUP);
			io_uring_sqe_set_data(sqe, READ_DATA);
			u->reads = true;
		}
		err = wait_cqe(acq, timeout_ns, &cqe);
		if (err)
			return err;
		u->reads = cqe.flags & IORING_CQE_F_MORE;
		if (cqe.flags & IORING_CQE_F_BUFFER) {
			u->used = cqe.flags >> IORING_CQE_BUFFER_SHIFT;
			*data = u->memory + u->used * acq->buf_bytes;
		}
		/* all buffers were full: now one is not */
	} while (cqe.res == -ENOBUFS);
	return cqe.res;
}

const struct mode mode_uring = {
	.name = "uring",
	.help = "io_uring, a read at a time",
	.begin = begin,
	.take = take,
	.end = end,
};

const struct mode mode_uring_multishot = {
	.name = "uring-multishot",
	.help = "io_uring, one request for all reads (Linux 6.7)",
	.begin = begin_multishot,
	.take = take_multishot,
	.end = end,
};
