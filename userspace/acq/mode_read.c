// SPDX-License-Identifier: GPL-2.0-only
/*
 * The plain way: read() sleeps until there are samples.
 */
#include <errno.h>
#include <unistd.h>

#include "source.h"

static int begin(struct source *source)
{
	(void)source;
	return 0;
}

static ssize_t next(struct source *source, size_t want, const void **data)
{
	ssize_t n = read(source->fd, source->buf, want);

	source->calls++;
	*data = source->buf;
	if (n >= 0)
		return n;
	/* a blocking read has no business to say this; going round would spin */
	return errno == EAGAIN ? -EPROTO : -errno;
}

static void end(struct source *source)
{
	(void)source;
}

const struct mode mode_read = {
	.name = "read",
	.help = "read() that sleeps until there are samples (default)",
	.begin = begin,
	.next = next,
	.end = end,
};
