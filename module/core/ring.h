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
};

/**
 * struct acq_cursor - where a reader is
 * @seq: number of its block
 * @pos: its position
 * @index: sample index that it expects next; ACQ_INDEX_BEGIN: as the run begins
 * @told: position of the newest gap it knows of + 1
 * @flushed: what lies before this position has waited long enough for a reader
 * @off: offset in its block
 * @eop: the byte before it ends a packet, as far as is known
 *
 * Written by the reader, under a lock of its own, but for @flushed; that, @seq,
 * @pos and @told are looked at by others without it.
 */
struct acq_cursor {
	u64 seq;
	u64 pos;
	u64 index;
	u64 told;
	u64 flushed;
	u32 off;
	bool eop;
};

#define ACQ_INDEX_BEGIN		(~0ULL)

/** enum acq_look - what a reader finds at its cursor */
enum acq_look {
	ACQ_LOOK_EMPTY,		/* nothing yet */
	ACQ_LOOK_DATA,
	ACQ_LOOK_GAP,
	ACQ_LOOK_OVERTAKEN,	/* the block has been given away */
};

/**
 * struct acq_span - readable bytes or a gap at a cursor
 * @slot: where the bytes are
 * @off: offset in the slot
 * @bytes: their number
 * @lost: frames lost, for a gap
 * @cause: enum acq_cause, for a gap
 * @flags: ACQ_GAP_*, for a gap
 */
struct acq_span {
	u32 slot;
	u32 off;
	u32 bytes;
	u32 cause;
	u32 flags;
	u64 lost;
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

void acq_ring_init(struct acq_ring *ring, struct acq_meta *meta, struct acq_block *block,
		   u32 slots, u32 room, u32 frame);
int acq_ring_fill(struct acq_ring *ring, const struct acq_fill *fill);
u32 acq_ring_give(struct acq_ring *ring, u64 held);
void acq_ring_close(struct acq_ring *ring);
void acq_ring_cut(struct acq_ring *ring);

void acq_cursor_begin(struct acq_cursor *cur);
void acq_cursor_newest(struct acq_cursor *cur, const struct acq_ring *ring);
void acq_cursor_oldest(struct acq_cursor *cur, const struct acq_ring *ring);
enum acq_look acq_cursor_look(struct acq_cursor *cur, const struct acq_ring *ring,
			      struct acq_span *span);
void acq_cursor_advance(struct acq_cursor *cur, const struct acq_ring *ring, u32 bytes);
u64 acq_cursor_jump(struct acq_cursor *cur, const struct acq_ring *ring, u64 to);
void acq_cursor_skip(struct acq_cursor *cur, const struct acq_span *gap);
u64 acq_cursor_overtaken(struct acq_cursor *cur, const struct acq_ring *ring);
u64 acq_cursor_holds(const struct acq_cursor *cur);
bool acq_cursor_gap_ahead(const struct acq_cursor *cur, const struct acq_ring *ring);
bool acq_cursor_packet_ahead(const struct acq_cursor *cur, const struct acq_ring *ring);
bool acq_cursor_overdue(struct acq_cursor *cur, const struct acq_ring *ring);
bool acq_cursor_ready(const struct acq_cursor *cur, const struct acq_ring *ring, u32 need);

/* Was what has been read of block @seq of no newer one? */
static inline bool acq_ring_still_there(const struct acq_ring *ring, u64 seq)
{
	/* What was read before must not be newer than "oldest": see acq_ring_give(). */
	smp_rmb();
	return READ_ONCE(ring->meta->oldest) <= seq;
}

/**
 * acq_cursor_valid() - was what I used still mine?
 * @cur: the cursor, not yet advanced
 * @ring: the ring
 *
 * Return: true if the cursor's block was not given away before this call.
 */
static inline bool acq_cursor_valid(const struct acq_cursor *cur, const struct acq_ring *ring)
{
	return acq_ring_still_there(ring, cur->seq);
}

#endif /* ACQ_RING_H */
