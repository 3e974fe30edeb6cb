// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * In the ring itself: samples stay where the card wrote them. The driver is asked
 * only when nothing is left, or to give much back to the card.
 */
#include <errno.h>

#include "node.h"
#include "ring.h"
#include "run.h"

/* What the driver may be changing at this moment */
#define READ(field)	__atomic_load_n(&(field), __ATOMIC_RELAXED)

static const struct acq_block *ring_block(const struct acq *acq, uint64_t number)
{
	const struct acq_meta *meta = acq->meta;

	return (const void *)((const char *)meta + meta->table_offset +
			      (number & (meta->slots - 1)) * meta->block_struct_bytes);
}

/* What was loaded before is of this block or newer ones, if this says so. */
static bool ring_still_there(const struct acq *acq, uint64_t block)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return READ(acq->meta->oldest) <= block;
}

/* Tell the driver what has been used; with ACQ_ADVANCE_WAIT wait for more. */
static int ring_advance(struct acq *acq, uint32_t flags, int64_t timeout_ns, struct acq_advance *to)
{
	*to = (struct acq_advance) {
		.run = acq->meta->run,
		.position = acq->released,
		.flags = flags,
		.timeout_ns = timeout_ns,	/* negative: longer than the driver waits */
	};
	acq->known = acq->released;
	return node_call(acq, ACQ_IOC_ADVANCE, to);
}

/*
 * The card gets back what it could run out of, if it is more than @least bytes. Not all
 * that there is: the driver would report the end, which nobody takes here.
 */
static void ring_give_back(struct acq *acq, uint64_t least)
{
	struct acq_advance to;

	if (acq->released - acq->known > least && acq->released < READ(acq->meta->head))
		ring_advance(acq, 0, 0, &to);
}

/* A gap is here, up to the sample @index. */
static int ring_found_gap(struct acq *acq, struct acq_span *span, uint64_t index, uint32_t cause,
			  uint32_t flags)
{
	span->gap = (struct acq_gap) {
		.position = acq->at.position,
		.index = acq->at.index,
		.lost = index - acq->at.index,
		.count = ++acq->gaps,
		.cause = cause,
		.flags = flags,
	};
	return -EPIPE;
}

/* What the driver says of the newest gap, if that is the one up to the sample @index. */
static uint32_t ring_gap_flags(const struct acq *acq, uint64_t index)
{
	struct acq_gap gap;

	return !acq_get_gap(acq, &gap) && gap.index + gap.lost == index ? gap.flags : 0;
}

/* What is at the reader's place. -EAGAIN: nothing; -ESTALE: the driver knows where it is. */
static ssize_t ring_look(struct acq *acq, struct acq_span *span, size_t want)
{
	const struct acq_meta *meta = acq->meta;
	size_t left = acq_behind(acq), total = 0, bytes;
	const struct acq_block *block;
	struct place begin, at;
	uint32_t cause, flags;
	bool gap;

	if (acq->at.block == NO_BLOCK)
		return -ESTALE;
	if (!left)
		return -EAGAIN;
	run_learn_index(acq);
	begin = acq->at;
	block = ring_block(acq, begin.block);
	if (begin.offset >= READ(block->bytes)) {
		/* bytes beyond a used-up block: the next has begun */
		block = ring_block(acq, ++begin.block);
		begin.offset = 0;
	}
	span->card_time = READ(block->card_time);
	span->time_ns = READ(block->time_ns);
	span->time_index = READ(block->index);
	cause = READ(block->cause);
	flags = READ(block->flags) & ACQ_BLOCK_ESTIMATED ? ACQ_GAP_ESTIMATED : 0;
	gap = !begin.offset && span->time_index != begin.index;
	left = left < want ? left : want;
	for (at = begin; !gap;) {
		bytes = READ(block->bytes) - at.offset;
		bytes = bytes < left - total ? bytes : left - total;
		at.offset += bytes;
		total += bytes;
		/* on, as long as what follows does so in memory, in time, and in a packet */
		if (total == left || at.offset < meta->block_bytes ||
		    READ(block->flags) & ACQ_BLOCK_EOP || !((at.block + 1) & (meta->slots - 1)))
			break;
		block = ring_block(acq, at.block + 1);
		if (READ(block->index) != begin.index + total / meta->frame_bytes)
			break;
		at.block++;
		at.offset = 0;
	}
	/* all that was loaded is true if the first of these blocks has stayed */
	if (!ring_still_there(acq, acq->at.block))
		return -ESTALE;
	acq->at = at;
	if (gap)
		return ring_found_gap(acq, span, span->time_index, cause, flags);
	acq->last = begin;
	span->flags = ACQ_SPAN_TIME | ACQ_SPAN_RING;
	span->data = (const char *)meta + meta->data_offset + begin.offset +
		     (begin.block & (meta->slots - 1)) * meta->block_bytes;
	return total;
}

ssize_t ring_take(struct acq *acq, struct acq_span *span, size_t want, int64_t timeout_ns)
{
	struct acq_advance to = { };
	bool waited = false;
	ssize_t ret;
	int err;

	if (!acq->hold)
		acq->released = acq->at.position;
	for (;;) {
		ret = ring_look(acq, span, want);
		if (ret == -ESTALE) {
			/* nothing is held of what went to the card */
			acq->released = acq->at.position;
			err = ring_advance(acq, 0, 0, &to);
		} else if (ret != -EAGAIN) {
			break;
		} else if (to.flags && to.index > acq->at.index) {
			/* behind the last sample: else there were more by now */
			return ring_found_gap(acq, span, to.index, READ(acq->meta->end_cause),
					      READ(acq->meta->end_flags));
		} else if (to.flags & ACQ_ADVANCE_END) {
			return 0;
		} else if (!(waited && timeout_ns >= 0) && acq->released >= acq->at.position) {
			err = ring_advance(acq, ACQ_ADVANCE_WAIT, timeout_ns, &to);
			/* not if it met a gap, be it one that has been reported already */
			waited = !(to.flags & ACQ_ADVANCE_GAP);
		} else {
			/* what is held would end a wait at once */
			return -EAGAIN;
		}
		if (err)
			return err;
		if (to.position < acq->at.position)
			return -EPROTO;
		/* the driver has moved a monitor on, out of the card's way */
		if (to.position > acq->at.position) {
			run_learn_index(acq);
			ret = ring_found_gap(acq, span, to.index, ACQ_CAUSE_OVERTAKEN,
					     ring_gap_flags(acq, to.index));
		}
		acq->at.position = to.position;
		acq->at.block = to.block;
		acq->at.offset = to.offset;
		acq->released = to.position;
		if (ret == -EPIPE)
			return ret;
	}
	if (ret > 0)
		ring_give_back(acq, acq->meta->data_bytes / 4);
	return ret;
}

void ring_end(struct acq *acq)
{
	struct acq_advance to;

	/* another mode continues from here; behind a reported end this would join the next run */
	if (!acq->hold)
		acq->released = acq->at.position;
	if (acq->meta && acq->end > 0)
		ring_advance(acq, 0, 0, &to);
}

int acq_valid(struct acq *acq)
{
	bool valid = !acq->meta || ring_still_there(acq, acq->last.block);

	/* back: the gap that comes has it, too */
	if (!valid)
		acq->at = acq->last;
	acq->last.block = NO_BLOCK;
	return valid;
}

int acq_release(struct acq *acq, uint64_t position)
{
	if (!acq->hold || !acq->meta || position > acq->at.position)
		return -EINVAL;
	if (position > acq->released)
		acq->released = position;
	if (position > acq->last.position)
		acq->last.block = NO_BLOCK;
	ring_give_back(acq, acq->meta->data_bytes / 8);
	return 0;
}
