// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * io_uring, with a read at a time; or with one request for all reads, each into one of
 * several buffers. It ends at a gap or an end, and is made anew then: nothing is read
 * ahead beyond either.
 */
#include <errno.h>
#include <liburing.h>
#include <stdlib.h>

#include "uring.h"

#define OP_MULTISHOT	49	/* IORING_OP_READ_MULTISHOT, which old headers lack */

struct uring {
	struct io_uring ring;
	bool reads;			/* a request is under way */
	const char *left;		/* read and not returned yet */
	size_t left_bytes;

	/* multishot only */
	struct io_uring_buf_ring *free;	/* in the page behind the buffers */
	int used;			/* the buffer that the program has, or -1 */
};

static void uring_give(struct acq *acq, int buffer)
{
	struct uring *u = acq->priv;

	io_uring_buf_ring_add(u->free, acq->buf + buffer * acq->buf_bytes, acq->buf_bytes, buffer,
			      io_uring_buf_ring_mask(acq->mode->buffers), 0);
	io_uring_buf_ring_advance(u->free, 1);
}

static int uring_begin_multishot(struct acq *acq)
{
	struct io_uring_buf_reg reg = { .ring_entries = acq->mode->buffers };
	struct uring *u = acq->priv;
	struct io_uring_probe *probe = io_uring_get_probe_ring(&u->ring);
	bool known = probe && io_uring_opcode_supported(probe, OP_MULTISHOT);
	unsigned int i;

	io_uring_free_probe(probe);
	if (!known)
		return -EOPNOTSUPP;
	u->free = (void *)(acq->buf + acq->mode->buffers * acq->buf_bytes);
	io_uring_buf_ring_init(u->free);
	for (i = 0; i < acq->mode->buffers; i++)
		uring_give(acq, i);
	reg.ring_addr = (uintptr_t)u->free;
	return io_uring_register_buf_ring(&u->ring, &reg, 0);
}

int uring_begin(struct acq *acq)
{
	struct uring *u = calloc(1, sizeof(*u));
	int err;

	if (!u)
		return -ENOMEM;
	/* completions are handled when the program enters the kernel anyway */
	err = io_uring_queue_init(4, &u->ring, IORING_SETUP_COOP_TASKRUN |
				  IORING_SETUP_TASKRUN_FLAG);
	if (err) {
		free(u);
		return err;
	}
	acq->priv = u;
	acq->wait_fd = u->ring.ring_fd;
	u->used = -1;
	return acq->mode->buffers > 1 ? uring_begin_multishot(acq) : 0;
}

/* Ask for samples, unless that has been done. */
static void uring_request(struct acq *acq, size_t want)
{
	struct uring *u = acq->priv;
	struct io_uring_sqe *sqe;

	if (u->used >= 0)
		uring_give(acq, u->used);
	u->used = -1;
	if (u->reads)
		return;
	sqe = io_uring_get_sqe(&u->ring);
	if (u->free) {
		io_uring_prep_rw(OP_MULTISHOT, sqe, acq->fd, NULL, 0, -1);
		sqe->flags = IOSQE_BUFFER_SELECT;
	} else {
		io_uring_prep_read(sqe, acq->fd, acq->buf, want, -1);
	}
	io_uring_sqe_set_data(sqe, u);
	u->reads = true;
}

ssize_t uring_take(struct acq *acq, struct acq_span *span, size_t want, int64_t timeout_ns)
{
	struct __kernel_timespec ts = { timeout_ns / 1000000000, timeout_ns % 1000000000 };
	struct uring *u = acq->priv;
	struct io_uring_cqe *cqe;
	int res;

	while (!u->left_bytes) {
		uring_request(acq, want);
		/* one system call; none if there is nothing to hand in and to wait for */
		res = io_uring_submit_and_wait_timeout(&u->ring, &cqe, 1,
						       timeout_ns < 0 ? NULL : &ts, NULL);
		if (!cqe)
			return res == -ETIME || res >= 0 ? -EAGAIN : res;
		res = cqe->res;
		u->reads = cqe->flags & IORING_CQE_F_MORE;
		u->left = acq->buf;
		if (cqe->flags & IORING_CQE_F_BUFFER) {
			u->used = cqe->flags >> IORING_CQE_BUFFER_SHIFT;
			u->left += u->used * acq->buf_bytes;
		}
		io_uring_cqe_seen(&u->ring, cqe);
		if (res > 0)
			u->left_bytes = res;
		else if (res != -ENOBUFS)	/* all buffers were full: now one is not */
			return res;
	}
	/* the request may be of a time when more was wanted */
	want = want < u->left_bytes ? want : u->left_bytes;
	span->data = u->left;
	u->left += want;
	u->left_bytes -= want;
	return want;
}

void uring_end(struct acq *acq)
{
	struct io_uring_sync_cancel_reg reg = { .timeout = { -1, -1 } };
	struct uring *u = acq->priv;

	if (!u)
		return;
	/* waits: nothing writes to a buffer after this */
	reg.addr = (uintptr_t)u;
	if (u->reads)
		io_uring_register_sync_cancel(&u->ring, &reg);
	io_uring_queue_exit(&u->ring);
	free(u);
	acq->priv = NULL;
}
