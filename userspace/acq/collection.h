/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A SigMF collection: the file that lists the recordings of a series, each with the SHA-512 of
 * its metadata. It is replaced as a whole; what others have put into it stays. One process
 * at a time has it.
 */
#ifndef ACQ_COLLECTION_H
#define ACQ_COLLECTION_H

#include <stdbool.h>
#include <stdint.h>

struct collection;

/*
 * The collection @path, if there is one: must be one that acq has made, and nobody else's at
 * the moment. Nothing is created. Returns an exit status.
 */
int collection_open(struct collection **collection, const char *path);

/* There is such a file. */
bool collection_exists(const struct collection *collection);

/* Take it, with what it lists; one that is not there is created. 0 or a negative errno. */
int collection_begin(struct collection *collection);

/*
 * List @base last, as collection_add(); its metadata is read only if it is not listed yet, or has
 * changed since the collection was written.
 */
int collection_renew(struct collection *collection, const char *base);

/* List @base, a name without ending in the collection's directory, or list it anew. 0 or -errno */
int collection_add(struct collection *collection, const char *base);

/* The number that comes next in the series, even if all before it were moved elsewhere */
uint64_t collection_next(const struct collection *collection);
void collection_set_next(struct collection *collection, uint64_t number);

void collection_remove(struct collection *collection, const char *base);

/* Replace the file; what is listed and is there no more is left out. 0 or a negative errno. */
int collection_write(struct collection *collection);

/* It stays, even if it never lists anything: there is a recording. */
void collection_keep(struct collection *collection);

void collection_close(struct collection *collection);

#endif /* ACQ_COLLECTION_H */
