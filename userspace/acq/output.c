// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "exit.h"
#include "output.h"
#include "report.h"
#include "stop.h"

int output_open(struct output *out, const char *name)
{
	out->bytes = 0;
	out->fd = -1;
	out->name = name;
	if (!name)
		return EXIT_OK;
	if (!strcmp(name, "-")) {
		out->name = "stdout";
		out->fd = STDOUT_FILENO;
		return EXIT_OK;
	}
	out->fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (out->fd < 0) {
		complain("cannot create %s: %s", name, strerror(errno));
		return EXIT_SYSTEM;
	}
	return EXIT_OK;
}

int output_write(struct output *out, const void *data, size_t bytes)
{
	struct pollfd pfd = { .fd = out->fd, .events = POLLOUT };
	const char *p = data;
	ssize_t n;

	if (out->fd < 0)
		return 0;
	while (bytes) {
		n = write(out->fd, p, bytes);
		if (n >= 0) {
			p += n;
			bytes -= n;
			out->bytes += n;
			continue;
		}
		if (errno == EINTR) {
			/* time being up is no reason to cut a piece; a user who wants out is */
			if (stop_reason() == STOP_SIGNAL)
				return -EINTR;
		} else if (errno == EAGAIN) {
			/* somebody else's O_NONBLOCK on a shared pipe */
			poll(&pfd, 1, -1);
		} else {
			return -errno;
		}
	}
	return 0;
}

int output_close(struct output *out)
{
	int err = 0;

	if (out->fd >= 0 && out->fd != STDOUT_FILENO && close(out->fd) < 0)
		err = errno;
	out->fd = -1;
	/* a pipe's or terminal's close has nothing to tell */
	if (!err)
		return EXIT_OK;
	complain("cannot write %s: %s", out->name, strerror(err));
	return EXIT_SYSTEM;
}
