/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages on the disk, in order, until a server has them: files of a directory, each of which is
 * appended to, read from, and removed once all of it is done with. What a crash leaves of it is
 * read up to the first message that is not whole.
 *
 * Calls may come from several threads. The disk has it once a second.
 */
#ifndef ACQ_SPOOL_H
#define ACQ_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "message.h"

struct spool;

/**
 * struct spool_place - where a message is
 * @file: number of the file
 * @offset: in it
 * @text: bytes of its text
 * @body: bytes of its samples
 */
struct spool_place {
	uint64_t file, offset;
	uint32_t text, body;
};

/**
 * struct spool_done - how far servers have what was published, be it from here or not
 * @run: whose
 * @index: sample index of what comes next; with an empty @run: nothing is known
 */
struct spool_done {
	char run[MESSAGE_RUN_MAX];
	uint64_t index;
};

/**
 * spool_open - a directory to be used by one publisher
 * @spool: to be closed with spool_close()
 * @dir: created if need be; what is in it comes first
 * @size: most bytes that it may have
 * @subject: where its messages go, and
 * @stream: what keeps them; refused if it has messages for others
 *
 * Return: an exit status; complains.
 */
int spool_open(struct spool **spool, const char *dir, uint64_t size, const char *subject,
	       const char *stream);

/* How far it was known to be done when it was opened, the spool's own messages included */
const struct spool_done *spool_known(const struct spool *spool);

/* -ENOSPC: it is full, or the disk is; else 0 or a negative errno. @place: where it is. */
int spool_put(struct spool *spool, const struct message *m, const void *data,
	      struct spool_place *place);

/* The next message that nobody has taken yet, without its samples: 1; 0: none; or an errno. */
int spool_next(struct spool *spool, struct message *m, struct spool_place *place);

/* Who has put them has them, too: nothing is left to be taken. */
void spool_took_all(struct spool *spool);

/* Is there something to be taken? */
bool spool_has_more(struct spool *spool);

/* Samples of a message into @data, which has room for place->body. 0 or a negative errno. */
int spool_read(struct spool *spool, const struct spool_place *place, void *data);

/* Everything up to @done is with a server; @place: and this message of the spool; NULL: none. */
void spool_is_done(struct spool *spool, const struct spool_done *done,
		   const struct spool_place *place);

/* Bytes that it has, done with or not */
uint64_t spool_bytes(struct spool *spool);

/* Messages in it are kept. */
void spool_close(struct spool *spool);

#endif /* ACQ_SPOOL_H */
