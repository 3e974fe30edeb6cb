// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ring arithmetic: who fills blocks, who gives them, who empties them. See ring.h; what
 * readers see of it is in cursor.c.
 */
#include "ring.h"

#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include <asm/barrier.h>
#endif

/**
 * acq_ring_init() - set a ring up for a run
 * @ring: the ring
 * @meta: its public part
 * @block: room for @slots descriptors
 * @slots: number of blocks, a power of two, at least ACQ_SLOTS_MIN
 * @room: bytes that fit into a block, a multiple of @frame
 * @frame: bytes of a frame, not 0
 *
 * For input; @ring->output is set afterwards.
 *
 * Context: nobody reads the ring yet.
 */
void acq_ring_init(struct acq_ring *ring, struct acq_meta *meta, struct acq_block *block,
		   u32 slots, u32 room, u32 frame)
{
	memset(ring, 0, sizeof(*ring));
	memset(meta, 0, sizeof(*meta));
	memset(block, 0, slots * sizeof(*block));
	meta->meta_bytes = sizeof(*meta);
	meta->block_struct_bytes = sizeof(*block);
	meta->slots = slots;
	meta->block_used = room;
	meta->frame_bytes = frame;
	ring->meta = meta;
	ring->block = block;
	ring->slots = slots;
	ring->room = room;
	ring->frame = frame;
}

/* Does the first word about a block fit to what came before it? */
static bool ring_opening_is_sane(const struct acq_ring *ring, const struct acq_fill *fill)
{
	if (fill->index >= ACQ_INDEX_MAX || fill->lost > fill->index)
		return false;
	/* The card says where a run begins; from there on it has to add up. */
	if (ring->meta->done == 0)
		return true;
	return fill->index - fill->lost == ring->next_index;
}

/**
 * acq_ring_check() - would acq_ring_fill() accept that?
 * @ring: the ring
 * @fill: what the card says; nothing in it is trusted
 *
 * Context: the producer.
 * Return: 0, or -EPROTO if @fill contradicts what the card was given or said before.
 */
int acq_ring_check(const struct acq_ring *ring, const struct acq_fill *fill)
{
	const struct acq_meta *meta = ring->meta;
	const struct acq_block *block = &ring->block[acq_ring_slot(ring, meta->done)];

	if (meta->done >= ring->given)
		return -EPROTO;
	if (fill->bytes == 0 || fill->bytes > ring->room || fill->bytes % ring->frame)
		return -EPROTO;
	/* A block that was filled is done with as a whole; its descriptor has its length. */
	if (ring->output && (!fill->complete || fill->bytes > block->bytes))
		return -EPROTO;
	if (!ring->open)
		return ring_opening_is_sane(ring, fill) ? 0 : -EPROTO;
	if (fill->bytes < block->bytes || fill->index != block->index ||
	    fill->lost != block->lost)
		return -EPROTO;
	return 0;
}

/**
 * acq_ring_fill() - the open block holds more bytes, or is complete
 * @ring: the ring
 * @fill: what the card says; nothing in it is trusted
 *
 * Context: the producer.
 * Return: 0, or -EPROTO with the ring as it was, as acq_ring_check().
 */
int acq_ring_fill(struct acq_ring *ring, const struct acq_fill *fill)
{
	struct acq_meta *meta = ring->meta;
	struct acq_block *block = &ring->block[acq_ring_slot(ring, meta->done)];
	bool opens = !ring->open;
	u64 start = opens ? meta->head : block->position;

	if (acq_ring_check(ring, fill))
		return -EPROTO;

	if (opens) {
		if (meta->done == 0)
			WRITE_ONCE(meta->base_index, fill->index - fill->lost);
		WRITE_ONCE(block->position, start);
		WRITE_ONCE(block->index, fill->index);
		WRITE_ONCE(block->lost, fill->lost);
		WRITE_ONCE(block->card_time, fill->card_time);
		WRITE_ONCE(block->time_ns, fill->time_ns);
		WRITE_ONCE(block->number, meta->done);
		WRITE_ONCE(block->cause, fill->lost ? fill->cause : 0);
		WRITE_ONCE(block->flags, fill->lost ? fill->flags & ACQ_BLOCK_ESTIMATED : 0);
		if (fill->lost) {
			WRITE_ONCE(meta->gaps, meta->gaps + 1);
			WRITE_ONCE(meta->lost, meta->lost + fill->lost);
		}
		ring->open = true;
	}

	if (ring->output)
		ring->dropped += block->bytes - fill->bytes;
	WRITE_ONCE(ring->dry, 0);
	ring->next_index = fill->index + fill->bytes / ring->frame;
	WRITE_ONCE(block->bytes, fill->bytes);
	if (fill->complete) {
		ring->open = false;
		/* Pairs with the acquire in acq_cursor_advance(): @bytes is final. */
		smp_store_release(&block->flags, block->flags | ACQ_BLOCK_COMPLETE |
				  (fill->flags & ACQ_BLOCK_EOP));
	}
	/* Pairs with the acquire in acq_cursor_look() and acq_cursor_ready(). */
	smp_store_release(&meta->head, start + fill->bytes);
	if (opens && fill->lost)
		/* Last: who learns of a gap ahead finds it. Pairs with acq_cursor_gap_ahead(). */
		smp_store_release(&meta->gap_end, start + 1);
	if (fill->complete && fill->flags & ACQ_BLOCK_EOP)
		/* Last: the packet is there. Pairs with acq_cursor_packet_ahead(). */
		smp_store_release(&meta->packet_end, start + fill->bytes);
	if (fill->complete)
		/* Last: what is done is behind "head". Pairs with acq_ring_outstanding(). */
		smp_store_release(&meta->done, meta->done + 1);
	return 0;
}

/* The slots of all blocks below @end are no past any more, but what is to come. */
static void ring_pass_oldest(struct acq_ring *ring, u64 end)
{
	struct acq_meta *meta = ring->meta;
	u64 oldest = end - ring->slots;

	/* It may have passed more already: see acq_ring_commit(). */
	if (end <= ring->slots || oldest <= meta->oldest)
		return;
	WRITE_ONCE(meta->oldest_position, ring->block[acq_ring_slot(ring, oldest)].position);
	/* Pairs with the acquire in acq_cursor_look(): its block is published. */
	smp_store_release(&meta->oldest, oldest);
	/*
	 * A reader must not find new bytes under an old "oldest": full barrier before
	 * anybody writes to the slots. Pairs with the barrier in acq_cursor_valid().
	 */
	smp_mb();
}

/**
 * acq_ring_give() - decide which blocks the card gets next
 * @ring: the ring
 * @held: lowest block that a holding reader still needs; ~0: there is none. Nobody
 *	holds what has been played
 *
 * The card gets up to half the ring, so that the other half keeps the newest
 * past for readers that come later.
 *
 * Context: the producer; no reader may join as a holder meanwhile.
 * Return: how many blocks, from the old value of @ring->given on.
 */
u32 acq_ring_give(struct acq_ring *ring, u64 held)
{
	struct acq_meta *meta = ring->meta;
	u64 keep = min(held, meta->done);
	u64 target = meta->done + ring->slots / 2;
	u64 given = ring->output ? ring->put : min(target, keep + ring->slots);
	u32 count;

	if (given <= ring->given)
		return 0;
	count = given - ring->given;
	if (!ring->output)
		ring_pass_oldest(ring, given);
	WRITE_ONCE(ring->given, given);
	return count;
}

/* Blocks that are to be played; half the ring at most, as those that are to be filled */
static u64 ring_queued(const struct acq_ring *ring)
{
	/* Pairs with the release in acq_ring_fill(): what is free has been played. */
	u64 done = smp_load_acquire(&ring->meta->done);

	return READ_ONCE(ring->put) - done;
}

/**
 * acq_ring_reserve() - where the next bytes of the writer belong
 * @ring: an output ring
 * @slot: filled in
 * @off: as well, offset in the slot
 *
 * What is there is the writer's until acq_ring_put().
 *
 * Context: serialised with the producer.
 * Return: how many bytes, whole frames; 0: the ring is full.
 */
u32 acq_ring_reserve(struct acq_ring *ring, u32 *slot, u32 *off)
{
	if (ring_queued(ring) >= ring->slots / 2)
		return 0;
	if (!ring->put_bytes)
		ring_pass_oldest(ring, ring->put + 1);
	ring->put_busy = true;
	*slot = acq_ring_slot(ring, ring->put);
	*off = ring->put_bytes;
	return ring->room - ring->put_bytes;
}

/* Block @put gets no more; the card may have it. */
static void ring_put_block(struct acq_ring *ring)
{
	WRITE_ONCE(ring->block[acq_ring_slot(ring, ring->put)].bytes, ring->put_bytes);
	WRITE_ONCE(ring->put_bytes, 0);
	WRITE_ONCE(ring->put, ring->put + 1);
}

/**
 * acq_ring_put() - the writer has copied
 * @ring: an output ring, after acq_ring_reserve()
 * @bytes: how many, whole frames; may be 0
 *
 * Context: serialised with the producer.
 */
void acq_ring_put(struct acq_ring *ring, u32 bytes)
{
	ring->put_busy = false;
	WRITE_ONCE(ring->put_bytes, ring->put_bytes + bytes);
	WRITE_ONCE(ring->meta->accepted, ring->meta->accepted + bytes);
	if (ring->put_bytes == ring->room)
		ring_put_block(ring);
}

/**
 * acq_ring_commit() - the writer has filled whole blocks where they are
 * @ring: an output ring
 * @block: the first one; where that is not the one to be filled next, nothing is taken
 * @bytes: what is in them, the last one of which need not be full; set to what is taken
 *
 * Ends the block that something has been put into: what is filled in place begins with a
 * block. Behind this all that acq_ring_room() tells may be filled, and holds no past.
 *
 * Context: serialised with the producer; the writer copies nothing.
 * Return: 0, or -EINVAL: more than there is room for, or not whole frames.
 */
int acq_ring_commit(struct acq_ring *ring, u64 block, u64 *bytes)
{
	u64 left;
	u32 part;

	if (ring->put_bytes)
		ring_put_block(ring);
	if (block != ring->put)
		*bytes = 0;
	div_u64_rem(*bytes, ring->frame, &part);
	if (*bytes > acq_ring_room(ring) || part)
		return -EINVAL;
	for (left = *bytes; left; left -= part) {
		part = min_t(u64, left, ring->room);
		WRITE_ONCE(ring->put_bytes, part);
		WRITE_ONCE(ring->meta->accepted, ring->meta->accepted + part);
		ring_put_block(ring);
	}
	ring_pass_oldest(ring, ring->meta->done + ring->slots / 2);
	return 0;
}

/**
 * acq_ring_put_open() - let the card have a block that is not full
 * @ring: an output ring
 * @all: also while the card has others: nothing follows in this run
 *
 * When the card is about to run dry, it does not help to wait until the block is full.
 * Room for another block is left, so that who was told of room finds some.
 *
 * Context: serialised with the writer.
 * Return: true if there was one.
 */
bool acq_ring_put_open(struct acq_ring *ring, bool all)
{
	u64 queued = ring_queued(ring);

	if (!ring->put_bytes || ring->put_busy)
		return false;
	if (!all && (queued > 1 || queued + 1 >= ring->slots / 2))
		return false;
	ring_put_block(ring);
	return true;
}

/** acq_ring_room() - bytes that the writer finds room for; any context */
u64 acq_ring_room(const struct acq_ring *ring)
{
	u64 queued = ring_queued(ring), most = ring->slots / 2;

	return queued < most ? (most - queued) * ring->room - READ_ONCE(ring->put_bytes) : 0;
}

/**
 * acq_ring_writable() - would a write that wants room for @need bytes find enough?
 * @ring: an output ring
 * @need: bytes, at least a frame
 *
 * Enough is also what there is when the card is about to run dry, or has not begun.
 *
 * Context: any.
 */
bool acq_ring_writable(const struct acq_ring *ring, u64 need)
{
	u64 room = acq_ring_room(ring);

	return room >= need ||
	       (room && (ring_queued(ring) <= 2 || !acq_ring_outstanding(ring)));
}

/**
 * acq_ring_run_dry() - the card has nothing to play, and its time runs on
 * @ring: an output ring
 *
 * When it gets something again, acq_ring_fill() tells how long that was. Without effect
 * if the card was given something meanwhile: then it is not known to be so.
 *
 * Context: the producer.
 */
void acq_ring_run_dry(struct acq_ring *ring)
{
	const struct acq_meta *meta = ring->meta;

	if (ring->given == meta->done && meta->head)
		/* Pairs with the acquire in acq_cursor_underrun(). */
		smp_store_release(&ring->dry, meta->head + 1);
}

/**
 * acq_ring_close() - the open block grows no more
 * @ring: the ring
 *
 * Context: the producer.
 */
void acq_ring_close(struct acq_ring *ring)
{
	struct acq_meta *meta = ring->meta;
	struct acq_block *block = &ring->block[acq_ring_slot(ring, meta->done)];

	if (!ring->open)
		return;
	ring->open = false;
	/* Pairs with the acquire in acq_ring_outstanding(). */
	smp_store_release(&meta->done, meta->done + 1);
	/* Pairs with the acquire in acq_cursor_advance(): @bytes is final. */
	smp_store_release(&block->flags, block->flags | ACQ_BLOCK_COMPLETE);
}

/* The card may have played some of block @done, who knows how much: never again. */
static void ring_drop_block(struct acq_ring *ring)
{
	struct acq_meta *meta = ring->meta;
	struct acq_block *block = &ring->block[acq_ring_slot(ring, meta->done)];

	ring->dropped += block->bytes;
	WRITE_ONCE(block->position, meta->head);
	WRITE_ONCE(block->index, ring->next_index);
	WRITE_ONCE(block->lost, 0);
	WRITE_ONCE(block->number, meta->done);
	WRITE_ONCE(block->cause, 0);
	WRITE_ONCE(block->bytes, 0);
	/* Pairs with the acquire in acq_ring_outstanding(). */
	smp_store_release(&meta->done, meta->done + 1);
	/* Pairs with the acquire in acq_cursor_advance(). */
	smp_store_release(&block->flags, ACQ_BLOCK_COMPLETE);
}

/**
 * acq_ring_cut() - the hardware begins anew, and has no blocks
 * @ring: the ring
 * @lost: it has not said how far it had got: of an output, what it has is not played again
 *
 * What it had is given again; the open block grows no more. "oldest" stays: the
 * next acq_ring_give() gives as much as was given, or more.
 *
 * Context: the producer; the hardware writes no more.
 */
void acq_ring_cut(struct acq_ring *ring, bool lost)
{
	acq_ring_close(ring);
	/* It had them, and may play on from a FIFO of its own. */
	while (ring->output && lost && ring->given > ring->meta->done)
		ring_drop_block(ring);
	WRITE_ONCE(ring->given, ring->meta->done);
}
