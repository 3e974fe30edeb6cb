// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "target.h"

int target_open(struct target *target, const char *name, int flags)
{
	struct stat st;
	int err;

	*target = (struct target){ .name = name, .made = true };
	target->fd = open(name, flags | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (target->fd < 0 && errno == EEXIST && !(flags & O_EXCL)) {
		target->made = false;
		/* O_CREAT: it may have been a link to nowhere */
		target->fd = open(name, flags | O_CREAT | O_CLOEXEC, 0666);
	}
	if (target->fd < 0)
		return -errno;
	if (fstat(target->fd, &st)) {
		err = -errno;
		target_drop(target);
		return err;
	}
	target->regular = S_ISREG(st.st_mode);
	target->old = st.st_size;
	return 0;
}

int target_begin(struct target *target)
{
	if (target->made || !target->regular)
		return 0;
	return ftruncate(target->fd, 0) ? -errno : 0;
}

void target_drop(struct target *target)
{
	if (target->fd < 0)
		return;
	if (target->made)
		unlink(target->name);
	else if (target->grown && ftruncate(target->fd, target->old))
		target->grown = false;	/* nothing better can be done */
	close(target->fd);
	target->fd = -1;
}
