// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The modes that call read(): it sleeps itself, or poll() or epoll do.
 */
#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lib.h"

static ssize_t take(struct acq *acq, size_t want, const void **data)
{
	ssize_t n = read(acq->fd, acq->buf, want);

	acq->counts.calls++;
	*data = acq->buf;
	return n < 0 ? -errno : n;
}

/* 0: readable, or whatever else poll says: read() knows the details */
static int wait_poll(struct acq *acq, int64_t timeout_ns)
{
	struct pollfd pfd = { .fd = acq->fd, .events = POLLIN };
	struct timespec ts;
	int ret = ppoll(&pfd, 1, lib_timespec(timeout_ns, &ts), NULL);

	acq->counts.waits++;
	return ret > 0 ? 0 : ret ? -errno : -EAGAIN;
}

static ssize_t take_read(struct acq *acq, size_t want, int64_t timeout_ns, const void **data)
{
	/* a read has no limit of its own */
	ssize_t n = timeout_ns < 0 ? 0 : wait_poll(acq, timeout_ns);

	if (!n)
		n = take(acq, want, data);
	/* a blocking read has no business to say EAGAIN; going round would spin */
	return n == -EAGAIN && timeout_ns < 0 ? -EPROTO : n;
}

static ssize_t take_poll(struct acq *acq, size_t want, int64_t timeout_ns, const void **data)
{
	ssize_t n = wait_poll(acq, timeout_ns);

	if (n)
		return n;
	n = take(acq, want, data);
	acq->counts.spurious += n == -EAGAIN;
	return n;
}

static int begin_epoll(struct acq *acq)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };

	acq->wait_fd = epoll_create1(EPOLL_CLOEXEC);
	if (acq->wait_fd >= 0 && !epoll_ctl(acq->wait_fd, EPOLL_CTL_ADD, acq->fd, &event))
		return 0;
	return -errno;
}

static ssize_t take_epoll(struct acq *acq, size_t want, int64_t timeout_ns, const void **data)
{
	ssize_t n = take(acq, want, data);
	struct epoll_event event;
	struct timespec ts;
	int ret;

	if (n != -EAGAIN)
		return n;
	/* an edge between the read and this wait is kept by epoll */
	ret = epoll_pwait2(acq->wait_fd, &event, 1, lib_timespec(timeout_ns, &ts), NULL);
	acq->counts.waits++;
	return ret > 0 ? take(acq, want, data) : ret ? -errno : -EAGAIN;
}

static void end_epoll(struct acq *acq)
{
	if (acq->wait_fd >= 0 && acq->wait_fd != acq->fd)
		close(acq->wait_fd);
}

const struct mode mode_read = {
	.name = "read",
	.help = "read() that sleeps until there are samples (default)",
	.take = take_read,
};

const struct mode mode_poll = {
	.name = "poll",
	.help = "poll(), then a read() that does not sleep",
	.nonblock = true,
	.take = take_poll,
};

const struct mode mode_epoll = {
	.name = "epoll",
	.help = "read() until there is no more, then edge-triggered epoll",
	.nonblock = true,
	.begin = begin_epoll,
	.take = take_epoll,
	.end = end_epoll,
};
