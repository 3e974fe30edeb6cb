// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "read.h"

static ssize_t read_now(struct acq *acq, struct acq_span *span, size_t want)
{
	ssize_t n = read(acq->fd, acq->buf, want);

	span->data = acq->buf;
	return n < 0 ? -errno : n;
}

/* 0: readable, or whatever else poll says: read() knows the details */
static int read_wait(struct acq *acq, int64_t timeout_ns)
{
	struct timespec ts = { timeout_ns / 1000000000, timeout_ns % 1000000000 };
	struct timespec *limit = timeout_ns < 0 ? NULL : &ts;
	struct pollfd pfd = { .fd = acq->fd, .events = POLLIN };
	struct epoll_event event;
	int ret;

	ret = acq->wait_fd == acq->fd ? ppoll(&pfd, 1, limit, NULL) :
					epoll_pwait2(acq->wait_fd, &event, 1, limit, NULL);
	return ret > 0 ? 0 : ret ? -errno : -EAGAIN;
}

ssize_t read_take(struct acq *acq, struct acq_span *span, size_t want, int64_t timeout_ns)
{
	/* a read that sleeps has no limit of its own */
	bool wait = acq->mode->open_flags || timeout_ns >= 0;
	ssize_t n = -EAGAIN;

	/* an edge between this read and the wait is kept by epoll */
	if (!wait || acq->wait_fd != acq->fd)
		n = read_now(acq, span, want);
	if (n != -EAGAIN)
		return n;
	/* a read that sleeps has no business to say EAGAIN; going round would spin */
	n = wait ? read_wait(acq, timeout_ns) : -EPROTO;
	return n ? n : read_now(acq, span, want);
}

int read_begin_epoll(struct acq *acq)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };

	acq->wait_fd = epoll_create1(EPOLL_CLOEXEC);
	return acq->wait_fd < 0 ||
	       epoll_ctl(acq->wait_fd, EPOLL_CTL_ADD, acq->fd, &event) ? -errno : 0;
}

void read_end_epoll(struct acq *acq)
{
	if (acq->wait_fd >= 0 && acq->wait_fd != acq->fd)
		close(acq->wait_fd);
}
