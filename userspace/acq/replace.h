/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file that is replaced as a whole: whoever reads it sees the old text or the new one, also
 * after a crash.
 */
#ifndef ACQ_REPLACE_H
#define ACQ_REPLACE_H

#include <stdio.h>

struct replace {
	FILE *file;		/* to be written to */
	char *path, *temporary;
};

/*
 * Begin with a temporary file beside @path. Anything at @path but a regular file is refused, and
 * left alone. Complains; returns an exit status.
 */
int replace_begin(struct replace *replace, const char *path);

/* Put it in its place, on the disk. Complains; returns an exit status. */
int replace_end(struct replace *replace);

/* Never mind: @path stays as it is. */
void replace_drop(struct replace *replace);

#endif /* ACQ_REPLACE_H */
