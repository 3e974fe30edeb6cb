/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The messages of a JetStream stream in its order, each once: by their sequence, whatever becomes
 * of connections, servers and consumers meanwhile.
 */
#ifndef ACQ_INTAKE_H
#define ACQ_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link.h"
#include "message.h"

struct intake;

/**
 * struct intake_item - a message of the stream
 * @sequence: its number there
 * @wrong: NULL; else what is wrong with it, in words, and nothing else is valid
 * @m: but for its samples
 * @data: these
 * @bytes: of them
 * @msg: holds it all; to be dropped with intake_drop()
 */
struct intake_item {
	uint64_t sequence;
	const char *wrong;
	struct message m;
	const void *data;
	size_t bytes;
	natsMsg *msg;
};

/**
 * struct intake_bounds - what the stream has
 * @first: number of the oldest message; @last: of the newest. Without any, @last + 1 is @first.
 */
struct intake_bounds {
	uint64_t first, last;
};

/* Returns an exit status; complains. To be closed with intake_close(). */
int intake_open(struct intake **intake, const struct link_options *link, const char *subject,
		const char *stream);

/*
 * 0; -EAGAIN: no server says it now; -ENOENT: there is no such stream yet; -EINVAL: it is not
 * one of this subject. intake_trouble() has it in words.
 */
int intake_get_bounds(struct intake *intake, struct intake_bounds *bounds);

/* The message of that number: 1; 0: it is not there; -EAGAIN: no server says it now. */
int intake_get(struct intake *intake, uint64_t sequence, struct intake_item *item);

/* The next one of intake_next() is the first from @sequence on that there is. */
void intake_seek(struct intake *intake, uint64_t sequence);

/*
 * The next message: 1; 0: none came within @milli, for whatever reason. Nothing does once
 * intake_has_moved(), until the next intake_seek().
 */
int intake_next(struct intake *intake, struct intake_item *item, int64_t milli);

/* The stream has other messages now where the last one came from: a place in it means nothing. */
bool intake_has_moved(const struct intake *intake);

void intake_drop(struct intake_item *item);

/* Nothing ever will come: the servers do not let this user in. intake_trouble() has it in words. */
bool intake_is_refused(struct intake *intake);

/* Why nothing comes, in words; NULL: nothing is wrong */
const char *intake_trouble(const struct intake *intake);

void intake_close(struct intake *intake);

#endif /* ACQ_INTAKE_H */
