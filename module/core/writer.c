// SPDX-License-Identifier: GPL-2.0-only
/* What a writer puts into its run. See writer.h. */
#include <linux/math64.h>
#include <linux/uio.h>

#include "read.h"
#include "reader.h"
#include "run.h"
#include "segment.h"
#include "writer.h"

/* An output starts when so much is there, if the ring takes as much. */
#define WRITER_START_NS		(100 * NSEC_PER_MSEC)

/** acq_writer_underrun() - is the card dry just now, and the writer does not know? */
bool acq_writer_underrun(const struct acq_reader *writer, const struct acq_run *run)
{
	return acq_cursor_underrun(&writer->cur, &run->ring);
}

/**
 * acq_writer_ready() - would a write that wants room for @need bytes return at once?
 * @writer: the writer
 * @run: its run
 * @need: bytes, at least a frame
 *
 * The condition of a wait: takes no lock.
 */
bool acq_writer_ready(const struct acq_reader *writer, const struct acq_run *run, u64 need)
{
	if (acq_run_end(run) || READ_ONCE(writer->gap_stands) ||
	    acq_cursor_gap_ahead(&writer->cur, &run->ring) || acq_writer_underrun(writer, run))
		return true;
	/* What is put now would be behind the end: it belongs to the next run. */
	return !READ_ONCE(run->draining) && acq_ring_writable(&run->ring, need);
}

/**
 * acq_writer_done() - has its run finished, and has it nothing to be told of that?
 * @writer: the writer, in a run, with its lock held
 */
bool acq_writer_done(const struct acq_reader *writer)
{
	const struct acq_run *run = acq_reader_run(writer);

	lockdep_assert_held(&writer->lock);
	return acq_run_end(run) == ACQ_END_FINISHED && !writer->gap_stands &&
	       !acq_cursor_gap_ahead(&writer->cur, &run->ring) &&
	       (!run->ring.meta->end_lost || writer->end_gap_told);
}

/* Is it the end of an underrun that the writer knows of? Then it learns how long that was. */
static bool writer_close_gap(struct acq_reader *writer, const struct acq_span *span)
{
	struct acq_gap *gap = &writer->gap;

	if (!(gap->flags & ACQ_GAP_OPEN) || gap->position != writer->cur.pos)
		return false;
	gap->lost = span->lost;
	gap->flags = span->flags;
	writer->stats.lost[ACQ_CAUSE_UNDERRUN] += span->lost;
	return true;
}

/* Follow what has been played. Returns true at a gap that the writer does not know of. */
static bool writer_meets_gap(struct acq_reader *writer, const struct acq_run *run)
{
	const struct acq_ring *ring = &run->ring;
	struct acq_cursor *cur = &writer->cur;
	struct acq_span span;
	u64 pos = cur->pos;

	for (;;) {
		switch (acq_cursor_look(cur, ring, &span)) {
		case ACQ_LOOK_DATA:
			acq_cursor_advance(cur, ring, span.bytes);
			pos = cur->pos;
			break;
		case ACQ_LOOK_GAP:
			acq_cursor_skip(cur, &span);
			if (writer_close_gap(writer, &span))
				break;
			acq_read_set_gap(writer, pos, span.lost, span.cause, span.flags);
			return true;
		case ACQ_LOOK_OVERTAKEN:
			/* It looks before it fills what it has not looked at: see acq_write(). */
			WARN_ON_ONCE(1);
			acq_cursor_overtaken(cur, ring);
			pos = cur->pos;
			break;
		case ACQ_LOOK_EMPTY:
			if (!acq_writer_underrun(writer, run))
				return false;
			WRITE_ONCE(cur->told, pos + 1);
			acq_read_set_gap(writer, pos, 0, ACQ_CAUSE_UNDERRUN, ACQ_GAP_OPEN);
			return true;
		}
	}
}

/**
 * acq_writer_refresh() - before somebody asks for its newest gap: is it over by now?
 * @writer: the writer, with its lock held
 */
void acq_writer_refresh(struct acq_reader *writer)
{
	const struct acq_run *run = acq_reader_run(writer);
	struct acq_span span;

	lockdep_assert_held(&writer->lock);
	if (!run || !(writer->gap.flags & ACQ_GAP_OPEN) ||
	    writer->gap.position != writer->cur.pos ||
	    acq_cursor_look(&writer->cur, &run->ring, &span) != ACQ_LOOK_GAP)
		return;
	acq_cursor_skip(&writer->cur, &span);
	writer_close_gap(writer, &span);
}

/**
 * acq_writer_starts() - has enough been put for the card to begin?
 * @writer: the writer, in a run, with its lock held
 */
bool acq_writer_starts(const struct acq_reader *writer)
{
	const struct acq_run *run = acq_reader_run(writer);
	const struct acq_ring *ring = &run->ring;
	u64 start = READ_ONCE(writer->start_bytes), most = (u64)ring->slots / 2 * ring->room;

	lockdep_assert_held(&writer->lock);
	if (!start)
		start = ring->frame * acq_segment_frames(WRITER_START_NS,
							 run->config.rate_millihz);
	/* Blocks that are not full may leave no room for so much. */
	return READ_ONCE(ring->meta->accepted) >= min(start, most) || !acq_ring_room(ring);
}

/**
 * acq_writer_whole() - how many of @count bytes make whole frames, with what came before
 * @writer: the writer, in a run, with its lock held
 * @count: bytes that are to be written
 *
 * Return: the number, up to the end of a frame; 0: not even the begun frame is complete.
 */
size_t acq_writer_whole(const struct acq_reader *writer, size_t count)
{
	size_t spare = (writer->begun + count) % acq_reader_run(writer)->ring.frame;

	return count > spare ? count - spare : 0;
}

/* Copy to @to whole frames, at most @most bytes of @from, or the rest of the begun frame. */
static size_t writer_copy_frames(struct acq_reader *writer, void *to, struct iov_iter *from,
				 size_t most)
{
	u32 frame = acq_reader_run(writer)->ring.frame, rest = frame - writer->begun;
	size_t copied, part;

	copied = writer->begun ? copy_from_iter(writer->frame + writer->begun, rest, from) :
				 copy_from_iter(to, most, from);
	part = (writer->begun + copied) % frame;
	if (unlikely(part)) {
		part = min(part, copied);
		iov_iter_revert(from, part);
		copied -= part;
	}
	if (writer->begun && copied)
		memcpy(to, writer->frame, frame);
	return copied;
}

/*
 * Put whole frames to where they belong, at most @want bytes of @from. Returns how many,
 * -EAGAIN where there is no room, or -EFAULT.
 */
static ssize_t writer_copy(struct acq_reader *writer, struct iov_iter *from, size_t want)
{
	struct acq_run *run = acq_reader_run(writer);
	struct acq_ring *ring = &run->ring;
	u32 slot, off, room;
	size_t copied;
	bool late;

	scoped_guard(spinlock, &run->lock)
		room = run->draining ? 0 : acq_ring_reserve(ring, &slot, &off);
	if (!room)
		return -EAGAIN;
	copied = writer_copy_frames(writer, acq_run_addr(run, slot) + off, from,
				    min_t(size_t, room, want));
	scoped_guard(spinlock, &run->lock) {
		late = run->draining;
		/* It was drained meanwhile: the card may have had the word that nothing comes. */
		if (unlikely(late))
			iov_iter_revert(from, copied);
		acq_ring_put(ring, late || !copied ? 0 : writer->begun + copied);
	}
	if (late)
		return -EAGAIN;
	if (copied)
		writer->begun = 0;
	return copied ?: -EFAULT;
}

/* Behind the last whole frame: the begin of one that the next write completes. */
static size_t writer_keep(struct acq_reader *writer, struct iov_iter *from)
{
	u32 room = acq_reader_run(writer)->ring.frame - writer->begun;
	size_t copied = copy_from_iter(writer->frame + writer->begun,
				       min_t(size_t, room, iov_iter_count(from)), from);

	writer->begun += copied;
	return copied;
}

/**
 * acq_writer_end_frame() - nothing more is written of what is drained, or dropped
 * @writer: the writer, with its lock held
 *
 * Return: 0, or -EBADMSG: it had begun a frame, of which nothing is left.
 */
int acq_writer_end_frame(struct acq_reader *writer)
{
	lockdep_assert_held(&writer->lock);
	if (!writer->begun)
		return 0;
	writer->begun = 0;
	return -EBADMSG;
}

/* Bytes for a card that is about to run dry must not wait for its next interrupt. */
static void writer_put(struct acq_reader *writer, const struct acq_run *run)
{
	/* What is put before what the card has: pairs with the barrier in producer_refill(). */
	smp_mb();
	if (acq_ring_outstanding(&run->ring) <= run->ring.slots / 8 + 2)
		acq_reader_poke(writer);
}

/* The run has ended, and the writer has followed it to its end. */
static int writer_take_end(struct acq_reader *writer, const struct acq_run *run, u32 end)
{
	const struct acq_meta *meta = run->ring.meta;

	if (meta->end_lost && !writer->end_gap_told) {
		writer->end_gap_told = true;
		if (writer->gap.flags & ACQ_GAP_OPEN) {
			writer->gap.lost = meta->end_lost;
			writer->gap.flags = meta->end_flags;
			writer->stats.lost[ACQ_CAUSE_UNDERRUN] += meta->end_lost;
		} else {
			acq_read_set_end_gap(writer, meta);
			if (end == ACQ_END_FINISHED)
				return acq_read_fail(writer);
		}
	}
	writer->ended = true;
	if (end == ACQ_END_FINISHED)
		return -ENODATA;
	/* Who is told that it was in vain begins anew. */
	writer->begun = 0;
	return acq_run_error(run, end);
}

/*
 * What comes before what is put? Returns 1: nothing; or what a write returns for it. With
 * @more, something has been put already: 0, the next call tells.
 */
static int writer_look(struct acq_reader *writer, const struct acq_run *run, u32 end, bool more)
{
	if (writer->gap_stands) {
		if (more)
			return 0;
		WRITE_ONCE(writer->gap_stands, !(writer->flags & ACQ_READER_GAP_ONCE));
		return -EPIPE;
	}
	if (writer_meets_gap(writer, run)) {
		if (!more)
			return acq_read_fail(writer);
		WRITE_ONCE(writer->gap_stands, true);
		return 0;
	}
	if (likely(!end))
		return 1;
	return more ? 0 : writer_take_end(writer, run, end);
}

/**
 * acq_write() - put what there is room for
 * @writer: the writer, in a run, with its lock held
 * @from: what is to be written, at least a byte
 * @need: fewest bytes of room that are worth it, where that completes a frame
 * @more: the caller has put some already: what is to be told is left for the next call
 *
 * A frame that is not complete waits in @writer for the rest, and needs no room. Waits for
 * nothing but page faults.
 *
 * Return: the number of bytes, 0 if there is something to be told, -EAGAIN if there is less
 * room than @need, -EPIPE at an underrun and behind it, -EFAULT; -ENODATA: the run has
 * finished, the next one takes what is written; -ENODEV or -EIO: it has ended otherwise.
 */
ssize_t acq_write(struct acq_reader *writer, struct iov_iter *from, u64 need, bool more)
{
	struct acq_run *run = acq_reader_run(writer);
	/* Before the look for gaps: behind the end none come. */
	u32 end = acq_run_end(run);
	size_t done = 0, want = acq_writer_whole(writer, iov_iter_count(from));
	ssize_t got;

	lockdep_assert_held(&writer->lock);
	do {
		/* What it has not followed is not overwritten, so before each block. */
		got = writer_look(writer, run, end, done || more);
		if (unlikely(got <= 0))
			return done ?: got;
		if (!want)
			break;
		if (!done && !acq_ring_writable(&run->ring, need))
			return -EAGAIN;
		got = writer_copy(writer, from, want - done);
		/* Who drains it waits for the writer to have copied. */
		if (unlikely(READ_ONCE(run->draining)))
			acq_reader_poke(writer);
		if (got < 0)
			return done ?: got;
		done += got;
		writer_put(writer, run);
	} while (done < want);
	return done + writer_keep(writer, from) ?: -EFAULT;
}

/**
 * acq_writer_commit() - what has been filled in place is put
 * @writer: the writer, in a run, with its lock held
 * @commit: what; filled in with where it goes on
 * @more: as for acq_write()
 *
 * Return: 0, or as acq_write(); -EINVAL: see acq_ring_commit(), or a write has begun a
 * frame; -EAGAIN: the run is drained.
 */
int acq_writer_commit(struct acq_reader *writer, struct acq_commit *commit, bool more)
{
	struct acq_run *run = acq_reader_run(writer);
	struct acq_ring *ring = &run->ring;
	/* As in acq_write() */
	u32 end = acq_run_end(run);
	int ret = 0;

	lockdep_assert_held(&writer->lock);
	commit->room = 0;
	if (commit->run != run->number)
		commit->bytes = 0;
	if (commit->bytes && writer->begun)
		return -EINVAL;
	/* What it has not followed is not to be filled. */
	ret = writer_look(writer, run, end, more);
	if (ret <= 0)
		return ret;
	scoped_guard(spinlock, &run->lock) {
		if (run->draining)
			return -EAGAIN;
		ret = acq_ring_commit(ring, commit->block, &commit->bytes);
		commit->run = run->number;
		commit->block = ring->put;
		commit->room = acq_ring_room(ring);
		commit->position = ring->meta->accepted;
	}
	writer_put(writer, run);
	return ret;
}

/**
 * acq_writer_check() - is there something that the writer does not know of?
 * @writer: the writer, with its lock held
 *
 * Return: 0; -EPIPE, -EIO or -ENODEV as from acq_write().
 */
int acq_writer_check(struct acq_reader *writer)
{
	const struct acq_run *run = acq_reader_run(writer);
	u32 end;
	int ret = 0;

	lockdep_assert_held(&writer->lock);
	if (!run)
		return 0;
	end = acq_run_end(run);
	if (writer->gap_stands || writer_meets_gap(writer, run))
		ret = acq_read_fail(writer);
	else if (end && !writer->ended)
		ret = writer_take_end(writer, run, end);
	return ret == -ENODATA ? 0 : ret;
}
