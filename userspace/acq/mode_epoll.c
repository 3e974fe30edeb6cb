// SPDX-License-Identifier: GPL-2.0-only
/*
 * Edge-triggered epoll: read() until it says EAGAIN, then wait for the edge.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "source.h"

static int begin(struct source *source)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int err;

	source->helper = epoll_create1(EPOLL_CLOEXEC);
	if (source->helper < 0)
		return -errno;
	if (epoll_ctl(source->helper, EPOLL_CTL_ADD, source->fd, &event) < 0) {
		err = -errno;
		close(source->helper);
		return err;
	}
	return 0;
}

static ssize_t next(struct source *source, size_t want, const void **data)
{
	struct epoll_event event;
	ssize_t n;

	n = read(source->fd, source->buf, want);
	source->calls++;
	*data = source->buf;
	if (n >= 0)
		return n;
	if (errno != EAGAIN)
		return -errno;
	/* an edge between the read and this wait is kept by epoll */
	source->waits++;
	return epoll_wait(source->helper, &event, 1, -1) < 0 ? -errno : -EAGAIN;
}

static void end(struct source *source)
{
	close(source->helper);
}

const struct mode mode_epoll = {
	.name = "epoll",
	.help = "read() until there is no more, then edge-triggered epoll",
	.flags = O_NONBLOCK,
	.begin = begin,
	.next = next,
	.end = end,
};
