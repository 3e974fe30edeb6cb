/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the ring to a JetStream stream. Samples stay in the ring until servers have acknowledged
 * them; when it is half full, they move to the spool; when that is full too, the card finds no room
 * in the ring, and what it loses is a gap as with any other reader.
 */
#ifndef ACQ_PUBLISHING_H
#define ACQ_PUBLISHING_H

#include <stdbool.h>
#include <stdint.h>

#include "device.h"
#include "link.h"
#include "store.h"

/**
 * struct publishing_options - what to do
 * @link: where the servers are
 * @store: what keeps it; its names may be NULL: made of the card's
 * @message: most bytes of samples in a message
 * @depth: most messages that are not acknowledged
 * @spool: directory; NULL: none
 * @spool_size: bytes
 * @frames: to publish; 0: no limit
 * @milli: how long; 0: no limit
 * @oldest: begin with the oldest sample in the ring
 * @start: start the stream
 */
struct publishing_options {
	struct link_options link;
	struct store_options store;
	uint64_t message, depth;
	const char *spool;
	uint64_t spool_size, frames, milli;
	bool oldest, start, strict, quiet, json;
	const char *json_file;
};

/* Returns an exit status. */
int publishing_run(const struct device *dev, const struct publishing_options *options);

#endif /* ACQ_PUBLISHING_H */
