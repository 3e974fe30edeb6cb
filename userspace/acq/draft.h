/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file in the making: it has another name beside its own until it is complete and on the
 * disk, so that nobody finds half of one, and what was there before stays if this fails.
 */
#ifndef ACQ_DRAFT_H
#define ACQ_DRAFT_H

#include <stdbool.h>

struct draft {
	char *name;	/* that it is to have */
	char *temporary;
	int fd;		/* for reading and writing; -1: closed */
	bool force;	/* an older file may go */
};

/*
 * May @name be written? Complains if it is there and there is no @force, or if it is something
 * else than a file. Returns an exit status.
 */
int draft_check(const char *name, bool force);

/* Create it, after a draft_check(). Returns an exit status; draft_drop() is fine after any. */
int draft_open(struct draft *draft, const char *name, bool force);

/* It has all that it is to have: wait for the disk. 0 or a negative errno. */
int draft_sync(struct draft *draft);

/* Behind draft_sync(): it gets its name. Returns an exit status. */
int draft_publish(struct draft *draft);

/* Says that @name cannot be written, and why, a positive errno. Returns an exit status. */
int draft_error(const char *name, int err);

/* Close; if it has not been published, it goes. */
void draft_drop(struct draft *draft);

#endif /* ACQ_DRAFT_H */
