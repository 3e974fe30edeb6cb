// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "directory.h"

int directory_open(const char *path)
{
	/* dirname() writes to what it is given */
	char *copy = strdup(path);
	int fd;

	if (!copy)
		return -ENOMEM;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	free(copy);
	return fd;
}

int directory_sync(int fd)
{
	return fsync(fd) && errno != EINVAL ? -errno : 0;
}

int directory_sync_of(const char *path)
{
	int fd = directory_open(path), err;

	if (fd < 0)
		return fd;
	err = directory_sync(fd);
	close(fd);
	return err;
}
