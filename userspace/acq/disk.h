/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file that grows by direct I/O from the memory where samples are, several writes
 * at a time. What cannot be written in place is copied: see disk_put().
 */
#ifndef ACQ_DISK_H
#define ACQ_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DISK_DEPTH_MAX	64

struct disk;

/*
 * Create @name, and reserve room in it. @chunk: most bytes of a write; @depth: most writes
 * at a time; @size: bytes to come if that is known, else 0. With @force there may be such a
 * file; it stays as it is until disk_begin(). Returns an exit status.
 */
int disk_open(struct disk **disk, const char *name, size_t chunk, unsigned int depth,
	      uint64_t size, bool force);

/* The first samples are to come: an older file is empty from now on. 0 or a negative errno. */
int disk_begin(struct disk *disk);

int disk_fd(const struct disk *disk);

/* What addresses and sizes in memory should be multiples of; 1: no direct I/O */
size_t disk_align(const struct disk *disk);

/*
 * Write @bytes of samples that begin at @position of the run. Those that are written
 * in place must not change until disk_needs() is beyond them. Waits if all writes
 * are under way. 0 or a negative errno.
 */
int disk_put(struct disk *disk, const void *data, size_t bytes, uint64_t position);

/* Begin to write what is still waiting for more. 0 or a negative errno. */
int disk_flush(struct disk *disk);

/* There is something that disk_flush() would write. */
bool disk_is_due(const struct disk *disk);

/* Take in what is done; with @wait, wait for something. 0 or a negative errno. */
int disk_reap(struct disk *disk, bool wait);

unsigned int disk_under_way(const struct disk *disk);

/* Lowest position that is being written in place; ~0: none */
uint64_t disk_needs(const struct disk *disk);

/* How far all of the file is written */
uint64_t disk_written(const struct disk *disk);

uint64_t disk_copied(const struct disk *disk);

/*
 * Write the rest, give back the room behind it, have it on the disk. 0 or a negative errno; then
 * the file ends with the last whole frame before the first byte that could not be written.
 */
int disk_finish(struct disk *disk, size_t frame);

/* Behind disk_finish(): all that the file has is on the disk. */
bool disk_is_synced(const struct disk *disk);

/* Behind disk_finish(): have no more than @bytes. 0 or a negative errno. */
int disk_cut(struct disk *disk, uint64_t bytes);

/* The file's size once it is finished */
uint64_t disk_bytes(const struct disk *disk);

/* What has not begun leaves the directory as it was. */
void disk_close(struct disk *disk);

#endif /* ACQ_DISK_H */
