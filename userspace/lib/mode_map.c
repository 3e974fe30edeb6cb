// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * In the ring itself: samples stay where the card wrote them. The driver is asked
 * only when nothing is left, or to give much back to the card.
 */
#include <errno.h>
#include <string.h>

#include "lib.h"

static uint64_t load(const __u64 *at)
{
	return __atomic_load_n(at, __ATOMIC_RELAXED);
}

static uint32_t load32(const __u32 *at)
{
	return __atomic_load_n(at, __ATOMIC_RELAXED);
}

static const struct acq_block *block_at(const struct acq *acq, uint64_t number)
{
	const struct acq_meta *meta = acq->meta;

	return (const void *)((const char *)meta + meta->table_offset +
			      (number & (meta->slots - 1)) * meta->block_struct_bytes);
}

/* What was loaded before is of this block or newer ones, if this says so. */
static bool still_there(const struct acq *acq, uint64_t block)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return load(&acq->meta->oldest) <= block;
}

/* Tell the driver what has been used; with ACQ_ADVANCE_WAIT wait for more. */
static int advance(struct acq *acq, uint32_t flags, int64_t timeout_ns, struct acq_advance *out)
{
	int err;

	*out = (struct acq_advance) {
		.run = acq->run,
		.position = acq->released,
		.flags = flags,
		.timeout_ns = timeout_ns < 0 ? ~0ULL : (uint64_t)timeout_ns,
	};
	if (flags)
		acq->counts.waits++;
	else
		acq->counts.calls++;
	err = lib_call(acq, ACQ_IOC_ADVANCE, out);
	if (!err || err == -EIO || err == -ENODEV)
		acq->known = out->position;
	return err;
}

/* The driver has moved a monitor on, out of the card's way. */
static int overtaken(struct acq *acq, struct acq_span *span, const struct acq_advance *to)
{
	struct acq_gap gap = {
		.position = acq->at.position,
		.index = acq->at.index,
		.lost = to->index - acq->at.index,
		.count = ++acq->gaps,
		.cause = ACQ_CAUSE_OVERTAKEN,
	};

	acq->at.position = to->position;
	acq->at.block = to->block;
	acq->at.offset = to->offset;
	acq->released = to->position;
	return lib_gap(acq, span, &gap);
}

static int look(struct acq *acq, struct acq_span *span, size_t want);

static int ask_where(struct acq *acq, struct acq_span *span, size_t want)
{
	struct acq_advance to;
	int err;

	err = advance(acq, 0, 0, &to);
	if (err)
		return err;
	if (to.position > acq->at.position)
		return overtaken(acq, span, &to);
	if (to.position < acq->at.position || to.block <= acq->at.block)
		return -EPROTO;
	/* all of the block that went had been used */
	acq->at.block = to.block;
	acq->at.offset = to.offset;
	return look(acq, span, want);
}

/* What is at the reader's place. -EAGAIN: nothing */
static int look(struct acq *acq, struct acq_span *span, size_t want)
{
	const struct acq_meta *meta = acq->meta;
	uint64_t head = __atomic_load_n(&meta->head, __ATOMIC_ACQUIRE);
	const struct acq_block *block = block_at(acq, acq->at.block);
	size_t left = head - acq->at.position, bytes, total = 0;
	struct place *at = &acq->at;
	struct acq_gap gap = { };
	uint64_t index;

	if (!left)
		return -EAGAIN;
	lib_index(acq);
	if (at->offset >= load32(&block->bytes) && still_there(acq, at->block)) {
		/* bytes beyond a used-up block: the next has begun */
		block = block_at(acq, ++at->block);
		at->offset = 0;
	}
	span->index = at->index;
	span->card_time = load(&block->card_time);
	span->time_ns = load(&block->time_ns);
	span->time_index = load(&block->index);
	bytes = load32(&block->bytes) - at->offset;
	gap.cause = load32(&block->cause);
	if (!still_there(acq, at->block))
		return ask_where(acq, span, want);
	if (!at->offset && span->time_index != at->index) {
		gap.position = at->position;
		gap.index = at->index;
		gap.lost = span->time_index - at->index;
		gap.count = ++acq->gaps;
		return lib_gap(acq, span, &gap);
	}

	acq->last = *at;
	acq->unchecked = acq->monitor;
	span->flags = ACQ_SPAN_TIME | ACQ_SPAN_RING;
	span->data = (const char *)meta + meta->data_offset + at->offset +
		     (at->block & (meta->slots - 1)) * meta->block_bytes;
	left = left < want ? left : want;
	for (;;) {
		bytes = bytes < left - total ? bytes : left - total;
		at->offset += bytes;
		total += bytes;
		index = at->index + total / acq->frame;
		/* on, as long as what follows does so in memory and in time */
		if (total == left || at->offset < meta->block_bytes ||
		    !((at->block + 1) & (meta->slots - 1)))
			break;
		block = block_at(acq, at->block + 1);
		if (load(&block->index) != index)
			break;
		bytes = load32(&block->bytes);
		at->block++;
		at->offset = 0;
	}
	/* these were the blocks' descriptors if the oldest is still there */
	if (!still_there(acq, acq->last.block)) {
		*at = acq->last;
		return ask_where(acq, span, want);
	}
	lib_data(acq, span, span->data, total);
	return ACQ_EVENT_DATA;
}

static int next(struct acq *acq, struct acq_span *span, size_t want, int64_t timeout_ns)
{
	struct acq_advance to;
	bool waited = false;
	int ret;

	if (!acq_valid(acq)) {
		span->position = acq->at.position;
		span->index = acq->at.index;
	}
	if (!(acq->flags & ACQ_HOLD))
		acq->released = acq->at.position;
	for (;;) {
		ret = look(acq, span, want);
		if (ret != -EAGAIN)
			break;
		/* what is held would end a wait at once */
		if (waited || acq->released < acq->at.position)
			return ret;
		ret = advance(acq, ACQ_ADVANCE_WAIT, timeout_ns, &to);
		if (ret)
			return ret;
		if (to.position > acq->at.position)
			return overtaken(acq, span, &to);
		waited = timeout_ns >= 0;
		if (!(to.flags & (ACQ_ADVANCE_GAP | ACQ_ADVANCE_END)))
			continue;
		/* samples that came after to.head was read tell of the gap themselves */
		ret = look(acq, span, want);
		if (ret != -EAGAIN)
			break;
		if (to.index > acq->at.index) {
			/* behind the last sample */
			struct acq_gap gap = {
				.position = acq->at.position,
				.index = acq->at.index,
				.lost = to.index - acq->at.index,
				.count = ++acq->gaps,
				.cause = load32(&acq->meta->end_cause),
			};

			return lib_gap(acq, span, &gap);
		}
		if (to.flags & ACQ_ADVANCE_END)
			return ACQ_EVENT_END;
	}
	/* the card gets back what it could run out of */
	if (ret == ACQ_EVENT_DATA && acq->released - acq->known > acq->meta->data_bytes / 4) {
		ret = advance(acq, 0, 0, &to);
		/* an end is told when its time has come */
		ret = ret == -EIO || ret == -ENODEV || ret == -EINTR || !ret ? ACQ_EVENT_DATA : ret;
	}
	return ret;
}

static void end(struct acq *acq)
{
	struct acq_advance to;

	/* another mode goes on from here */
	if (!(acq->flags & ACQ_HOLD))
		acq->released = acq->at.position;
	if (acq->meta && !acq->ended && acq->released > acq->known)
		advance(acq, 0, 0, &to);
}

const struct mode mode_map = {
	.name = "mmap",
	.help = "in the mapped ring, nothing is copied",
	.in_ring = true,
	.next = next,
	.end = end,
};

int acq_valid(struct acq *acq)
{
	if (acq->unchecked && acq->meta && !still_there(acq, acq->last.block)) {
		/* back: the gap that comes has it, too */
		acq->at = acq->last;
		acq->unchecked = false;
		return 0;
	}
	acq->unchecked = false;
	return 1;
}

int acq_release(struct acq *acq, uint64_t position)
{
	struct acq_advance to;

	if (!(acq->flags & ACQ_HOLD) || !acq->meta || position > acq->at.position)
		return -EINVAL;
	if (position <= acq->released)
		return 0;
	acq->released = position;
	if (acq->released - acq->known <= acq->meta->data_bytes / 8)
		return 0;
	return advance(acq, 0, 0, &to);
}
