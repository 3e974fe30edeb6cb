/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files of a series that its collection does not list (yet): what is being recorded now, and
 * what was when the power failed.
 */
#ifndef ACQ_UNLISTED_H
#define ACQ_UNLISTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct unlisted_file {
	char *base;		/* its path without an ending */
	uint64_t number;	/* in the series */
};

struct unlisted {
	struct unlisted_file *file;	/* in the order of their numbers */
	size_t num;
};

/*
 * Find them beside the collection of the series @base, a path without an ending; @listed says which
 * are known already. A file that does not say what it is, is passed over with a message. Returns an
 * exit status; unlisted_free() is fine after any.
 */
int unlisted_find(struct unlisted *unlisted, const char *base,
		  bool (*listed)(void *arg, const char *base), void *arg);
void unlisted_free(struct unlisted *unlisted);

#endif /* ACQ_UNLISTED_H */
