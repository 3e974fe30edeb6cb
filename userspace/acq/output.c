// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exit.h"
#include "output.h"
#include "report.h"
#include "stop.h"

int output_open(struct output *out, const char *name)
{
	int err;

	out->bytes = 0;
	out->target.fd = -1;
	out->target.name = name;
	if (!name)
		return EXIT_OK;
	if (!strcmp(name, "-")) {
		out->target.name = "stdout";
		out->target.fd = STDOUT_FILENO;
		return EXIT_OK;
	}
	err = target_open(&out->target, name, O_WRONLY);
	if (!err)
		return EXIT_OK;
	complain("%s cannot be created: %s", name, strerror(-err));
	return EXIT_SYSTEM;
}

int output_begin(struct output *out)
{
	int err = target_begin(&out->target);

	if (!err)
		return EXIT_OK;
	complain("%s cannot be written: %s", out->target.name, strerror(-err));
	return EXIT_SYSTEM;
}

int output_write(struct output *out, const void *data, size_t bytes)
{
	struct pollfd pfd = { .fd = out->target.fd, .events = POLLOUT };
	const char *p = data;
	ssize_t n;

	if (out->target.fd < 0)
		return 0;
	while (bytes) {
		n = write(out->target.fd, p, bytes);
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

void output_cut(struct output *out, size_t frame)
{
	size_t part = out->bytes % frame;
	struct stat st;
	off_t end;

	if (!part || out->target.fd < 0 || fstat(out->target.fd, &st) || !S_ISREG(st.st_mode))
		return;
	end = lseek(out->target.fd, 0, SEEK_CUR);
	/* not if somebody else writes to it, too */
	if (end == st.st_size && !ftruncate(out->target.fd, end - part)) {
		lseek(out->target.fd, end - part, SEEK_SET);
		out->bytes -= part;
	}
}

int output_close(struct output *out)
{
	int err = 0;

	if (out->target.fd >= 0 && out->target.fd != STDOUT_FILENO && close(out->target.fd) < 0)
		err = errno;
	out->target.fd = -1;
	/* a pipe's or terminal's close has nothing to say */
	if (!err)
		return EXIT_OK;
	complain("%s cannot be written: %s", out->target.name, strerror(err));
	return EXIT_SYSTEM;
}

void output_drop(struct output *out)
{
	if (out->target.fd != STDOUT_FILENO)
		target_drop(&out->target);
}
