/* SPDX-License-Identifier: GPL-2.0-only */
/* What a converter puts out: in a file, and as a number. */
#ifndef CARD_RECORD_H
#define CARD_RECORD_H

#include <stdint.h>
#include <stdio.h>

#define RECORD_DIGEST	UINT64_C(0xcbf29ce484222325)	/* of nothing */

struct record {
	FILE *file;		/* or NULL */
};

/* Begins the file anew. 0 or a negative errno; NULL ends it. */
int record_to(struct record *r, const char *path);
/* The same by a command, where "off" ends it; says why it cannot. */
int record_command(struct record *r, const char *path, FILE *out);
void record_write(struct record *r, const void *buf, size_t bytes);
/* When a command is answered, what the counters tell of is there. */
void record_flush(struct record *r);
/* FNV-1a: that of all before and of these */
uint64_t record_digest(uint64_t digest, const void *buf, size_t bytes);

#endif /* CARD_RECORD_H */
