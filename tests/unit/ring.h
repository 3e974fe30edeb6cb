/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of module/core/ring.c and cursor.c share: a ring, filled as a card fills it. */
#ifndef ACQ_TEST_RING_H
#define ACQ_TEST_RING_H

#include "kernel.h"
#include "../harness.h"
#include "../../module/core/cursor.h"

#define NOT_HELD	(~0ULL)

static struct acq_block blocks[4096];
static struct acq_meta meta;
static struct acq_ring ring;

/* How often something was looked at, and what happens when it is the last time */
static unsigned int looks, looks_left;
static void (*at_last_look)(void);

void before_read_once(void)
{
	looks++;
	if (looks_left && !--looks_left)
		at_last_look();
}

static inline void setup(u32 slots, u32 room, u32 frame)
{
	acq_ring_init(&ring, &meta, blocks, slots, room, frame);
	acq_ring_give(&ring, NOT_HELD);
}

static inline int fill_flags(u64 index, u64 lost, u32 bytes, bool complete, u32 flags)
{
	struct acq_fill f = {
		.index = index, .lost = lost, .bytes = bytes, .complete = complete, .cause = 1,
		.flags = flags,
	};

	return acq_ring_fill(&ring, &f);
}

static inline int fill(u64 index, u64 lost, u32 bytes, bool complete)
{
	return fill_flags(index, lost, bytes, complete, 0);
}

#endif /* ACQ_TEST_RING_H */
