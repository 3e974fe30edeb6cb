// SPDX-License-Identifier: GPL-2.0-only
/* Listening at a UNIX socket. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "listen.h"

static int listen_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

int listen_at(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = listen_socket(), error;

	if (fd < 0)
		return -errno;
	if (!*path || strlen(path) >= sizeof(addr.sun_path)) {
		close(fd);
		return -ENAMETOOLONG;
	}
	strcpy(addr.sun_path, path);
	/* A socket that nobody serves is left over from a card that was killed. */
	error = connect(fd, (struct sockaddr *)&addr, sizeof(addr)) ? errno : 0;
	close(fd);
	if (!error || error == EAGAIN)
		return -EADDRINUSE;
	if (error == ECONNREFUSED)
		unlink(path);
	fd = listen_socket();
	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 8)) {
		error = errno;
		close(fd);
		return -error;
	}
	return fd;
}
