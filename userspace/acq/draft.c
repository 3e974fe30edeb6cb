// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "directory.h"
#include "draft.h"
#include "exit.h"
#include "report.h"

static int draft_failed(const char *name, int err)
{
	complain("%s cannot be created: %s", name, strerror(err));
	return EXIT_SYSTEM;
}

int draft_error(const char *name, int err)
{
	complain("%s cannot be written: %s", name, strerror(err));
	return err == ENOSPC || err == EDQUOT || err == EFBIG ? EXIT_FULL : EXIT_SYSTEM;
}

int draft_check(const char *name, bool force)
{
	struct stat st;

	if (stat(name, &st))
		return errno == ENOENT ? EXIT_OK : draft_failed(name, errno);
	if (!S_ISREG(st.st_mode)) {
		complain("%s is not a file, and is left alone", name);
		return EXIT_SYSTEM;
	}
	if (force)
		return EXIT_OK;
	complain("%s exists: --force replaces it", name);
	return EXIT_SYSTEM;
}

/* Permissions as a new file gets them: mkstemp() gives it to its owner alone. */
static void draft_permit(int fd)
{
	mode_t mask = umask(0);

	umask(mask);
	fchmod(fd, 0666 & ~mask);
}

int draft_open(struct draft *d, const char *name, bool force)
{
	int status = draft_check(name, force);

	*d = (struct draft){ .fd = -1, .force = force };
	if (status)
		return status;
	/* a link stays one: the file that it leads to is replaced */
	d->name = realpath(name, NULL);
	if (!d->name)
		d->name = strdup(name);
	if (!d->name || asprintf(&d->temporary, "%s.XXXXXX", d->name) < 0) {
		d->temporary = NULL;
		return draft_failed(name, ENOMEM);
	}
	d->fd = mkostemp(d->temporary, O_CLOEXEC);
	if (d->fd >= 0) {
		draft_permit(d->fd);
		return EXIT_OK;
	}
	free(d->temporary);
	d->temporary = NULL;
	return draft_failed(name, errno);
}

int draft_sync(struct draft *d)
{
	/* EINVAL: a file system that has nothing to wait for */
	return fsync(d->fd) && errno != EINVAL ? -errno : 0;
}

/* Nothing that came into being meanwhile is replaced without --force. */
static int draft_rename(const struct draft *d)
{
	if (d->force)
		return rename(d->temporary, d->name) ? errno : 0;
	if (!renameat2(AT_FDCWD, d->temporary, AT_FDCWD, d->name, RENAME_NOREPLACE))
		return 0;
	/* EINVAL: this file system cannot */
	if (errno != EINVAL && errno != ENOSYS)
		return errno;
	if (!access(d->name, F_OK))
		return EEXIST;
	return rename(d->temporary, d->name) ? errno : 0;
}

int draft_publish(struct draft *d)
{
	int err = draft_rename(d);

	if (err)
		return draft_failed(d->name, err);
	free(d->temporary);
	d->temporary = NULL;
	directory_sync_of(d->name);
	return EXIT_OK;
}

void draft_drop(struct draft *d)
{
	if (d->fd >= 0)
		close(d->fd);
	if (d->temporary)
		unlink(d->temporary);
	free(d->temporary);
	free(d->name);
	*d = (struct draft){ .fd = -1 };
}
