/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The arithmetic of a ring of blocks: who may write where, who may read what.
 *
 * Nothing in here touches memory pages, locks, hardware or user space, so that
 * it is tested as an ordinary program (tests/unit/).
 *
 *	     oldest                 done       given          (block numbers)
 *	-------|----------------------|----------|------------>
 *	 gone  |  readable            |o  card's |  not given
 *
 * Blocks are numbered from 0 at the start of a run and never wrap; block n lives
 * in slot n modulo the number of slots. Block "done" is the open one: it may
 * already hold some bytes, which are readable too. A block is contiguous in the
 * card's sample index; where samples were lost, a new block begins.
 *
 * One producer at a time (serialised by its caller) writes; any number of
 * readers look, without a lock. The producer writes a block's descriptor first
 * and then releases "head". Before a slot is given to the card again, "oldest"
 * passes its block: a reader that looks at "oldest" after it has used a block
 * knows whether what it used was still that block.
 *
 * Output is the same ring with a writer before it: the card is given blocks that the
 * writer has filled, and has done with them when it has played them.
 *
 *	     oldest                 done       given      put
 *	-------|----------------------|----------|----------|o---->
 *	 gone  |  played: readable    |  card's  | filled   | free
 *
 * "oldest" passes a block before the writer fills its slot. So whoever looks at what
 * was played is a reader like any other, and none of them holds anything up.
 */
#ifndef ACQ_RING_H
#define ACQ_RING_H

#ifdef __KERNEL__
#include <linux/compiler.h>
#include <linux/types.h>

#include <asm/barrier.h>
#else
#include "kernel.h"
#endif

#include "fill.h"
#include "uapi.h"

/**
 * struct acq_ring - positions of one run
 * @meta: what readers look at, mapped by programs too; only the producer writes:
 *	@head, @oldest, @gap_end and @packet_end of it are released, the rest is for
 *	statistics
 * @block: descriptors, one a slot; mapped by programs too
 * @slots: number of slots, a power of two
 * @room: bytes that fit into a block, whole frames
 * @frame: bytes of a frame
 * @given: blocks handed to the producer's hardware so far; producer writes
 * @next_index: sample index that comes next if nothing is lost; producer only
 * @open: block @meta.done holds bytes; producer only
 * @output: a writer fills the blocks, and the card empties them; constant
 * @put: blocks that the writer has filled. The length of each is in its descriptor
 * @put_bytes: bytes in block @put
 * @put_busy: the writer is about to copy more of them
 * @dropped: bytes of filled blocks that the card did not play
 * @dry: it has had nothing to play since this position + 1, and has not said how long;
 *	0: that is not so
 *
 * What begins with put_ changes under the lock that serialises producer and writer;
 * so does @put, which is looked at without it, too.
 */
struct acq_ring {
	struct acq_meta *meta;
	struct acq_block *block;
	u32 slots;
	u32 room;
	u32 frame;

	u64 given;
	u64 next_index;
	bool open;

	bool output;
	bool put_busy;
	u32 put_bytes;
	u64 put;
	u64 dropped;
	u64 dry;
};

static inline u32 acq_ring_slot(const struct acq_ring *ring, u64 seq)
{
	return seq & (ring->slots - 1);
}

/* Blocks that the hardware has and has not completed */
static inline u64 acq_ring_outstanding(const struct acq_ring *ring)
{
	/*
	 * In this order: "given" is never behind "done", and what either is later is
	 * not behind what "done" was. Pairs with the barriers of who writes them.
	 */
	u64 done = smp_load_acquire(&ring->meta->done);

	return READ_ONCE(ring->given) - done;
}

/* Has the card played all that the writer has put, as far as is known? */
static inline bool acq_ring_drained(const struct acq_ring *ring)
{
	return READ_ONCE(ring->put) == READ_ONCE(ring->meta->done) && !READ_ONCE(ring->put_bytes);
}

/* Of a run that has ended: has some of it been dropped, beside what the card lost? */
static inline bool acq_ring_dropped(const struct acq_ring *ring)
{
	return ring->meta->accepted - ring->meta->head > ring->dropped;
}

void acq_ring_init(struct acq_ring *ring, struct acq_meta *meta, struct acq_block *block,
		   u32 slots, u32 room, u32 frame);
int acq_ring_check(const struct acq_ring *ring, const struct acq_fill *fill);
int acq_ring_fill(struct acq_ring *ring, const struct acq_fill *fill);
u32 acq_ring_give(struct acq_ring *ring, u64 held);
u32 acq_ring_reserve(struct acq_ring *ring, u32 *slot, u32 *off);
void acq_ring_put(struct acq_ring *ring, u32 bytes);
int acq_ring_commit(struct acq_ring *ring, u64 block, u64 *bytes);
bool acq_ring_put_open(struct acq_ring *ring, bool all);
u64 acq_ring_room(const struct acq_ring *ring);
bool acq_ring_writable(const struct acq_ring *ring, u64 need);
void acq_ring_run_dry(struct acq_ring *ring);
void acq_ring_close(struct acq_ring *ring);
void acq_ring_cut(struct acq_ring *ring, bool lost);

/* Was what has been read of block @seq of no newer one? */
static inline bool acq_ring_still_there(const struct acq_ring *ring, u64 seq)
{
	/* What was read before must not be newer than "oldest": see acq_ring_give(). */
	smp_rmb();
	return READ_ONCE(ring->meta->oldest) <= seq;
}

#endif /* ACQ_RING_H */
