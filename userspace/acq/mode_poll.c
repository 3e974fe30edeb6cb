// SPDX-License-Identifier: GPL-2.0-only
/*
 * poll() sleeps, read() does not.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "source.h"

static int begin(struct source *source)
{
	(void)source;
	return 0;
}

static ssize_t next(struct source *source, size_t want, const void **data)
{
	struct pollfd pfd = { .fd = source->fd, .events = POLLIN };
	ssize_t n;

	source->waits++;
	if (poll(&pfd, 1, -1) < 0)
		return -errno;
	/* whatever poll says, POLLERR and POLLHUP too, read() knows the details */
	n = read(source->fd, source->buf, want);
	source->calls++;
	*data = source->buf;
	if (n >= 0)
		return n;
	if (errno == EAGAIN)
		source->spurious++;
	return -errno;
}

static void end(struct source *source)
{
	(void)source;
}

const struct mode mode_poll = {
	.name = "poll",
	.help = "poll(), then a read() that does not sleep",
	.flags = O_NONBLOCK,
	.begin = begin,
	.next = next,
	.end = end,
};
