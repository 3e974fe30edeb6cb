/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files of a recording, by any of its names.
 */
#ifndef ACQ_PARTS_H
#define ACQ_PARTS_H

#include "part.h"

struct parts {
	struct part **part;
	size_t num;
	char *list;	/* name of the collection that they are of; NULL: of none */
};

/* See recorded_open(). Returns an exit status; parts_close() is fine after any. */
int parts_open(struct parts *parts, const char *name, const struct part_raw *raw);
void parts_close(struct parts *parts);

#endif /* ACQ_PARTS_H */
