/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A cursor: where a reader is in a ring. As pure as ring.h.
 */
#ifndef ACQ_CURSOR_H
#define ACQ_CURSOR_H

#include "ring.h"

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

void acq_cursor_begin(struct acq_cursor *cur);
void acq_cursor_newest(struct acq_cursor *cur, const struct acq_ring *ring);
void acq_cursor_oldest(struct acq_cursor *cur, const struct acq_ring *ring);
enum acq_look acq_cursor_look(struct acq_cursor *cur, const struct acq_ring *ring,
			      struct acq_span *span);
void acq_cursor_advance(struct acq_cursor *cur, const struct acq_ring *ring, u32 bytes);
u64 acq_cursor_jump(struct acq_cursor *cur, const struct acq_ring *ring, u64 to);
void acq_cursor_skip(struct acq_cursor *cur, const struct acq_span *gap);
u64 acq_cursor_overtaken(struct acq_cursor *cur, const struct acq_ring *ring);
u64 acq_cursor_late(struct acq_cursor *cur, const struct acq_ring *ring);
u64 acq_cursor_holds(const struct acq_cursor *cur);
bool acq_cursor_gap_ahead(const struct acq_cursor *cur, const struct acq_ring *ring);
bool acq_cursor_packet_ahead(const struct acq_cursor *cur, const struct acq_ring *ring);
bool acq_cursor_overdue(struct acq_cursor *cur, const struct acq_ring *ring);
bool acq_cursor_ready(const struct acq_cursor *cur, const struct acq_ring *ring, u32 need);
bool acq_cursor_underrun(const struct acq_cursor *cur, const struct acq_ring *ring);

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

#endif /* ACQ_CURSOR_H */
