/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file that is to be written, and keeps what it has until it is certain that something
 * comes: a command that is refused has destroyed nothing.
 */
#ifndef ACQ_TARGET_H
#define ACQ_TARGET_H

#include <stdbool.h>
#include <sys/types.h>

struct target {
	const char *name;
	int fd;			/* -1: closed */
	bool made;		/* it was not there before */
	bool regular;
	bool grown;		/* room has been reserved beyond its end */
	off_t old;		/* where that was */
};

/*
 * Open @name, O_CREAT with @flags: O_WRONLY or O_RDWR, O_DIRECT, O_EXCL. What is in it stays.
 * 0 or a negative errno.
 */
int target_open(struct target *target, const char *name, int flags);

/* From now on the file is what is written to it: empty. 0 or a negative errno. */
int target_begin(struct target *target);

/* Close and leave all as it was: a file that was not there goes, room that was reserved too. */
void target_drop(struct target *target);

#endif /* ACQ_TARGET_H */
