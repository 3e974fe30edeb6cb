/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages that the servers do not have yet, in order, and the thread that sends them. Several are
 * under way at a time. Each says which one comes before it, and a server refuses it otherwise: so
 * the order is kept whatever is lost on the way. After that, all are sent again from the first one
 * on, which has to be acknowledged before the next ones follow.
 */
#ifndef ACQ_OUTBOX_H
#define ACQ_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link.h"
#include "message.h"
#include "spool.h"
#include "store.h"

/**
 * struct outbox_entry - a message
 * @m: but for its samples
 * @ring: these, in the ring; NULL: there are none, or they are in the spool
 * @ring_end: position in the ring that can go back when it is done; 0: none
 * @spooled: it is at @place of the spool
 * @place: where that is
 */
struct outbox_entry {
	struct message m;
	const void *ring;
	uint64_t ring_end;
	bool spooled;
	struct spool_place place;
	/* the outbox's own */
	bool sent, tried, done;
	unsigned int again;
	double sent_at;
};

/**
 * struct outbox_totals - what has been done so far
 * @messages: that servers have acknowledged; @bytes: of samples in them
 * @repeated: that they had already
 * @resent: that were sent again
 */
struct outbox_totals {
	uint64_t messages, bytes, repeated, resent;
};

struct outbox;

/**
 * struct outbox_options - where to, and how
 * @link: where the servers are
 * @store: what keeps it
 * @depth: most messages at a time
 * @bytes: most bytes of samples in one
 * @spool: where samples may be; NULL: there is none
 * @wake: an eventfd that is written to when something is done
 */
struct outbox_options {
	struct link_options link;
	struct store_options store;
	unsigned int depth;
	size_t bytes;
	struct spool *spool;
	int wake;
};

/* Returns an exit status; complains. To be closed with outbox_close(). */
int outbox_open(struct outbox **outbox, const struct outbox_options *options);

bool outbox_has_room(struct outbox *outbox);
unsigned int outbox_pending(struct outbox *outbox);

/* Behind all others. There is room. */
void outbox_put(struct outbox *outbox, const struct outbox_entry *entry);

/* The first one, if it is done: copied to @entry, and no longer there. */
bool outbox_take_done(struct outbox *outbox, struct outbox_entry *entry);

/*
 * Calls @move for the entries that are not spooled, in order, until it returns other than 0; it
 * fills in @place. Then they are spooled, and no more in the ring. Returns what @move did.
 */
int outbox_spool(struct outbox *outbox, int (*move)(void *arg, struct outbox_entry *entry),
		 void *arg);

/* Why it cannot ever work, in words; NULL: nothing is wrong */
const char *outbox_failed(struct outbox *outbox);

/* Connected, and the stream is there */
bool outbox_is_up(struct outbox *outbox);

/* Why it is not, in words */
void outbox_trouble(struct outbox *outbox, char *text, size_t size);

void outbox_totals(struct outbox *outbox, struct outbox_totals *totals);
void outbox_close(struct outbox *outbox);

#endif /* ACQ_OUTBOX_H */
