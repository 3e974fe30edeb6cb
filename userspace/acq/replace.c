// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "directory.h"
#include "exit.h"
#include "replace.h"
#include "report.h"

static int replace_error(const char *path, int err)
{
	complain("%s cannot be written: %s%s", path, strerror(err),
		 err == EACCES ? ": does that need root (sudo)?" : "");
	return EXIT_SYSTEM;
}

int replace_begin(struct replace *r, const char *path)
{
	struct stat st;
	mode_t mask;
	int fd;

	*r = (struct replace){ };
	/* a rename would take a device, a pipe or a link away */
	if (!lstat(path, &st) && !S_ISREG(st.st_mode)) {
		complain("%s is there already and is no regular file: name another one", path);
		return EXIT_SYSTEM;
	}
	r->path = strdup(path);
	if (!r->path || asprintf(&r->temporary, "%s.XXXXXX", path) < 0) {
		r->temporary = NULL;
		replace_drop(r);
		return replace_error(path, ENOMEM);
	}
	fd = mkostemp(r->temporary, O_CLOEXEC);
	if (fd < 0) {
		int err = errno;

		free(r->temporary);
		r->temporary = NULL;
		replace_drop(r);
		return replace_error(path, err);
	}
	mask = umask(0);
	umask(mask);
	r->file = fchmod(fd, 0644 & ~mask) ? NULL : fdopen(fd, "w");
	if (!r->file) {
		int err = errno;

		close(fd);
		replace_drop(r);
		return replace_error(path, err);
	}
	return EXIT_OK;
}

int replace_end(struct replace *r)
{
	bool failed = fflush(r->file) || ferror(r->file) || fsync(fileno(r->file));
	int err = errno;

	if (fclose(r->file) && !failed) {
		failed = true;
		err = errno;
	}
	r->file = NULL;
	if (!failed && rename(r->temporary, r->path)) {
		failed = true;
		err = errno;
	}
	if (failed) {
		replace_error(r->path, err);
		replace_drop(r);
		return EXIT_SYSTEM;
	}
	free(r->temporary);
	r->temporary = NULL;
	directory_sync_of(r->path);
	replace_drop(r);
	return EXIT_OK;
}

void replace_drop(struct replace *r)
{
	if (r->file)
		fclose(r->file);
	if (r->temporary)
		unlink(r->temporary);
	free(r->temporary);
	free(r->path);
	*r = (struct replace){ };
}
