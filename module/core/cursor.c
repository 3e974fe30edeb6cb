// SPDX-License-Identifier: GPL-2.0-only
/*
 * The readers' side of ring arithmetic. See cursor.h.
 */
#include "cursor.h"

#ifdef __KERNEL__
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include <asm/barrier.h>
#endif

/** acq_cursor_begin() - put a cursor at the very begin of a run */
void acq_cursor_begin(struct acq_cursor *cur)
{
	memset(cur, 0, sizeof(*cur));
	cur->index = ACQ_INDEX_BEGIN;
}

/* To the begin or the end of what is in block @seq */
static void cursor_set(struct acq_cursor *cur, const struct acq_ring *ring, u64 seq, bool at_end)
{
	const struct acq_block *block = &ring->block[acq_ring_slot(ring, seq)];
	u32 off = at_end ? READ_ONCE(block->bytes) : 0;

	cur->off = off;
	/* Of what was before a block's begin nothing is known. */
	cur->eop = at_end && READ_ONCE(block->flags) & ACQ_BLOCK_EOP;
	cur->index = READ_ONCE(block->index) + off / ring->frame;
	WRITE_ONCE(cur->seq, seq);
	WRITE_ONCE(cur->pos, READ_ONCE(block->position) + off);
	/* A gap right before the first byte is none for this reader. */
	WRITE_ONCE(cur->told, cur->pos + !at_end);
}

/**
 * acq_cursor_newest() - put a cursor behind the newest byte
 * @cur: the cursor
 * @ring: the ring
 *
 * Context: the producer is locked out.
 */
void acq_cursor_newest(struct acq_cursor *cur, const struct acq_ring *ring)
{
	const struct acq_meta *meta = ring->meta;

	if (meta->head == 0)
		acq_cursor_begin(cur);
	else
		cursor_set(cur, ring, meta->done - !ring->open, true);
}

/**
 * acq_cursor_oldest() - put a cursor before the oldest readable byte
 * @cur: the cursor
 * @ring: the ring
 *
 * Context: the producer is locked out.
 */
void acq_cursor_oldest(struct acq_cursor *cur, const struct acq_ring *ring)
{
	/* "oldest" stays half a ring behind "done": its block holds bytes. */
	if (ring->meta->oldest == 0)
		acq_cursor_begin(cur);
	else
		cursor_set(cur, ring, ring->meta->oldest, false);
}

/* To the begin of block @seq: done with all before it. */
static void cursor_enter_block(struct acq_cursor *cur, u64 seq)
{
	cur->off = 0;
	/*
	 * Uses of the blocks come before the producer sees that they are free; pairs
	 * with the acquire in acq_cursor_holds().
	 */
	smp_store_release(&cur->seq, seq);
}

/*
 * The cursor's block is gone. Had the reader all of it, and of what was behind it,
 * it goes on with the oldest. Returns false if it has missed something.
 */
static bool cursor_missed_nothing(struct acq_cursor *cur, const struct acq_ring *ring, u64 oldest)
{
	/* If that is gone by now, too, acq_cursor_valid() says so. */
	if (READ_ONCE(ring->block[acq_ring_slot(ring, oldest)].position) != cur->pos)
		return false;
	cursor_enter_block(cur, oldest);
	return true;
}

/**
 * acq_cursor_look() - what is there to read?
 * @cur: the cursor; moves on to the next block where the present one is used up
 * @ring: the ring
 * @span: filled in for ACQ_LOOK_DATA and ACQ_LOOK_GAP
 *
 * The bytes of a span may be overwritten while they are used if the reader does
 * not hold them: acq_cursor_valid() tells afterwards.
 *
 * Return: what was found.
 */
enum acq_look acq_cursor_look(struct acq_cursor *cur, const struct acq_ring *ring,
			      struct acq_span *span)
{
	/* Pairs with the release in acq_ring_fill(). */
	u64 head = smp_load_acquire(&ring->meta->head);
	/* Pairs with the release in acq_ring_give(); it may be newer than @head. */
	u64 oldest = smp_load_acquire(&ring->meta->oldest), index;
	const struct acq_block *block;
	u32 len;

	if (oldest > cur->seq && !cursor_missed_nothing(cur, ring, oldest))
		return ACQ_LOOK_OVERTAKEN;
	if (cur->pos == head)
		return ACQ_LOOK_EMPTY;

	block = &ring->block[acq_ring_slot(ring, cur->seq)];
	len = READ_ONCE(block->bytes);
	/* More than once where the card has dropped a block. */
	while (cur->off >= len) {
		bool eop = READ_ONCE(block->flags) & ACQ_BLOCK_EOP;

		/* Or @len is of the block that is in the slot by now. */
		if (!acq_cursor_valid(cur, ring))
			return ACQ_LOOK_OVERTAKEN;
		/* Bytes beyond a used-up block: it is complete, the next has begun. */
		cur->eop = eop;
		cursor_enter_block(cur, cur->seq + 1);
		block = &ring->block[acq_ring_slot(ring, cur->seq)];
		len = READ_ONCE(block->bytes);
	}

	index = READ_ONCE(block->index);
	span->cause = READ_ONCE(block->cause);
	if (!acq_cursor_valid(cur, ring))
		return ACQ_LOOK_OVERTAKEN;

	if (cur->off == 0) {
		if (cur->index == ACQ_INDEX_BEGIN)
			cur->index = ring->meta->base_index;
		if (index != cur->index) {
			span->lost = index - cur->index;
			span->flags = READ_ONCE(block->flags) & ACQ_BLOCK_ESTIMATED ?
				      ACQ_GAP_ESTIMATED : 0;
			return acq_cursor_valid(cur, ring) ? ACQ_LOOK_GAP : ACQ_LOOK_OVERTAKEN;
		}
	}
	span->slot = acq_ring_slot(ring, cur->seq);
	span->off = cur->off;
	/* No further than "head" as acquired: beyond it the bytes are not ordered. */
	span->bytes = min_t(u64, len - cur->off, head - cur->pos);
	return ACQ_LOOK_DATA;
}

/**
 * acq_cursor_advance() - @bytes of the span, whole frames, have been used
 * @cur: the cursor, as acq_cursor_look() left it
 * @ring: the ring
 * @bytes: how many
 *
 * A used-up block is left at once: it is free for the card, and a reader that has
 * all of it is not overtaken when it goes.
 */
void acq_cursor_advance(struct acq_cursor *cur, const struct acq_ring *ring, u32 bytes)
{
	const struct acq_block *block = &ring->block[acq_ring_slot(ring, cur->seq)];
	bool used_up;
	u32 flags;

	cur->off += bytes;
	cur->index += bytes / ring->frame;
	WRITE_ONCE(cur->pos, cur->pos + bytes);

	/* Pairs with the release in acq_ring_fill(). */
	flags = smp_load_acquire(&block->flags);
	used_up = flags & ACQ_BLOCK_COMPLETE && READ_ONCE(block->bytes) == cur->off;
	cur->eop = false;
	/* If it is another block by now, acq_cursor_look() says so. */
	if (used_up && acq_cursor_valid(cur, ring)) {
		cur->eop = flags & ACQ_BLOCK_EOP;
		cursor_enter_block(cur, cur->seq + 1);
	}
}

/*
 * Does block @seq, one of those behind the cursor's, begin before @to, and was
 * nothing lost between? Losses only add up, so of many blocks the first ones do,
 * and the others do not.
 *
 * Its descriptor need not be there: @to is no further than "head" as acquired, so
 * a block of this number that begins before it is published. Any other begins at
 * @to or behind it, or the slot still has a block from before the cursor's own.
 */
static bool cursor_follows(const struct acq_cursor *cur, const struct acq_ring *ring, u64 seq,
			   u64 to)
{
	const struct acq_block *block = &ring->block[acq_ring_slot(ring, seq)];
	u64 position = READ_ONCE(block->position);

	return position > cur->pos && position < to &&
	       READ_ONCE(block->index) - cur->index == div_u64(position - cur->pos, ring->frame);
}

/* The last block that cursor_follows() so; the cursor's own if there is none */
static u64 cursor_last_before(const struct acq_cursor *cur, const struct acq_ring *ring, u64 to)
{
	u64 from = cur->seq, end = from + ring->slots, past, mid, step;

	/* No block has more than the room: without a loss it is this one or a later one. */
	past = from + div_u64(cur->off + (to - cur->pos) - 1, ring->room);
	past = max(past, from + 1);
	for (step = 1; past < end && cursor_follows(cur, ring, past, to); step *= 2) {
		from = past;
		past = min(past + step, end);
	}
	while (past - from > 1) {
		mid = from + (past - from) / 2;
		if (cursor_follows(cur, ring, mid, to))
			from = mid;
		else
			past = mid;
	}
	return from;
}

/**
 * acq_cursor_jump() - all before @to has been used, over any number of blocks
 * @cur: the cursor, as acq_cursor_look() left it when it found data
 * @ring: the ring
 * @to: a position beyond the cursor's, between frames, at most "head" as acquired
 *
 * Ends where a look and an advance for each block would end: at @to or before
 * a gap. It looks at one or two blocks if all are full, and if some are short at
 * as many as a binary search does.
 *
 * Return: bytes that it went on by; 0 if the cursor is as it was, overtaken.
 */
u64 acq_cursor_jump(struct acq_cursor *cur, const struct acq_ring *ring, u64 to)
{
	u64 seq = cursor_last_before(cur, ring, to), start = cur->pos;
	const struct acq_block *block = &ring->block[acq_ring_slot(ring, seq)];
	u64 position = READ_ONCE(block->position), index = READ_ONCE(block->index);
	u64 end = position + READ_ONCE(block->bytes);

	/* A newer block that misled the search was in this one's slot or behind it: gone, both. */
	if (!acq_ring_still_there(ring, seq))
		return 0;
	if (seq != cur->seq) {
		cur->index = index;
		WRITE_ONCE(cur->pos, position);
		cursor_enter_block(cur, seq);
	}
	acq_cursor_advance(cur, ring, min(end, to) - cur->pos);
	return cur->pos - start;
}

/** acq_cursor_skip() - the reader has been told of the gap that it looked at */
void acq_cursor_skip(struct acq_cursor *cur, const struct acq_span *gap)
{
	cur->index += gap->lost;
	WRITE_ONCE(cur->told, cur->pos + 1);
}

/* Sample index up to which the reader has been told everything */
static u64 cursor_expects(const struct acq_cursor *cur, const struct acq_ring *ring)
{
	return cur->index == ACQ_INDEX_BEGIN ? ring->meta->base_index : cur->index;
}

/**
 * acq_cursor_overtaken() - move a cursor whose block is gone to a readable one
 * @cur: the cursor
 * @ring: the ring
 *
 * It goes to the middle of what is there: at the very edge it would be
 * overtaken again at once.
 *
 * Return: number of frames that it missed.
 */
u64 acq_cursor_overtaken(struct acq_cursor *cur, const struct acq_ring *ring)
{
	u64 index = cursor_expects(cur, ring), oldest, done;

	do {
		done = READ_ONCE(ring->meta->done);
		oldest = READ_ONCE(ring->meta->oldest);
		/* What is known of the block is newer than that it is there. */
		smp_rmb();
		cursor_set(cur, ring, oldest + (max(done, oldest) - oldest) / 2, false);
	} while (!acq_cursor_valid(cur, ring));
	return cur->index - index;
}

/**
 * acq_cursor_late() - move a holder's cursor that stands at a begin which is gone
 * @cur: the cursor: the card gets no block as long as it stands there
 * @ring: the ring
 *
 * It goes to the oldest byte: that stays, for it is held from here on.
 *
 * Return: number of frames that it missed.
 */
u64 acq_cursor_late(struct acq_cursor *cur, const struct acq_ring *ring)
{
	u64 index = cursor_expects(cur, ring);

	cursor_set(cur, ring, READ_ONCE(ring->meta->oldest), false);
	return cur->index - index;
}

/**
 * acq_cursor_holds() - the block that a holding reader needs
 * @cur: the cursor, looked at from outside
 *
 * Return: its number; the reader is done with all below it.
 */
u64 acq_cursor_holds(const struct acq_cursor *cur)
{
	/* Pairs with the release in cursor_enter_block(). */
	return smp_load_acquire(&cur->seq);
}

/** acq_cursor_gap_ahead() - is there a gap that the reader has not been told of? */
bool acq_cursor_gap_ahead(const struct acq_cursor *cur, const struct acq_ring *ring)
{
	/* Pairs with the release in acq_ring_fill(). */
	return smp_load_acquire(&ring->meta->gap_end) > READ_ONCE(cur->told);
}

/** acq_cursor_packet_ahead() - is there the end of a packet that the reader has not come to? */
bool acq_cursor_packet_ahead(const struct acq_cursor *cur, const struct acq_ring *ring)
{
	/* Pairs with the release in acq_ring_fill(). */
	return smp_load_acquire(&ring->meta->packet_end) > READ_ONCE(cur->pos);
}

/**
 * acq_cursor_overdue() - all that is there now has waited long enough
 * @cur: the cursor, from outside; nobody moves it to another ring meanwhile
 * @ring: the ring
 *
 * Makes acq_cursor_ready() true until the reader is past it.
 *
 * Return: true if there is anything.
 */
bool acq_cursor_overdue(struct acq_cursor *cur, const struct acq_ring *ring)
{
	/* Pairs with the release in acq_ring_fill(). */
	u64 head = smp_load_acquire(&ring->meta->head);

	WRITE_ONCE(cur->flushed, head);
	return head != READ_ONCE(cur->pos);
}

/**
 * acq_cursor_ready() - would a read that wants @need bytes find enough?
 * @cur: the cursor, looked at from outside
 * @ring: the ring
 * @need: bytes, at least a frame
 *
 * Enough is @need bytes, or fewer with a gap behind them, or a gap to be told,
 * or what is overdue, or what is in half the ring: to wait for more might be to
 * wait for ever. (An overtaken cursor is more than half a ring behind.)
 *
 * Return: true if acq_cursor_look() would find data or a gap to be delivered.
 */
bool acq_cursor_ready(const struct acq_cursor *cur, const struct acq_ring *ring, u32 need)
{
	const struct acq_meta *meta = ring->meta;
	/* Pairs with the release in acq_ring_fill(). */
	u64 head = smp_load_acquire(&meta->head);
	u64 pos = READ_ONCE(cur->pos);

	return head - pos >= need ||
	       acq_cursor_gap_ahead(cur, ring) ||
	       READ_ONCE(cur->flushed) > pos ||
	       /* Acquired, too: who learns of so many blocks finds them behind "head". */
	       (s64)(smp_load_acquire(&meta->done) - READ_ONCE(cur->seq)) > (s64)(ring->slots / 2);
}

/** acq_cursor_underrun() - is the card in an underrun that the cursor's owner does not know of? */
bool acq_cursor_underrun(const struct acq_cursor *cur, const struct acq_ring *ring)
{
	/* Pairs with the release in acq_ring_run_dry(). */
	return smp_load_acquire(&ring->dry) > READ_ONCE(cur->told);
}
