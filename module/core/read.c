// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a reader takes from its run. See read.h.
 *
 * It takes no lock that another reader takes: reader->lock keeps threads that share
 * one apart, and is never held while waiting for samples.
 *
 * The cursor stands between frames, always. A read whose buffer ends inside a frame
 * leaves the rest of that in the reader (reader->part), where the next read begins.
 */
#include <linux/math64.h>
#include <linux/string.h>
#include <linux/uio.h>

#include "read.h"
#include "reader.h"
#include "run.h"

/**
 * acq_read_set_gap() - it has met a gap
 * @reader: the reader, with its lock held; its cursor stands behind the gap
 * @pos: position where the loss began
 * @lost: frames
 * @cause: enum acq_cause
 * @flags: ACQ_GAP_*
 */
void acq_read_set_gap(struct acq_reader *reader, u64 pos, u64 lost, u32 cause, u32 flags)
{
	BUILD_BUG_ON(ARRAY_SIZE(reader->stats.lost) < ACQ_CAUSE_NUM);

	/* A cause is the core's word, never the card's. */
	if (!WARN_ON_ONCE(cause >= ARRAY_SIZE(reader->stats.lost)))
		reader->stats.lost[cause] += lost;
	reader->gap = (struct acq_gap){
		.position = pos,
		.index = reader->cur.index - lost,
		.lost = lost,
		.count = reader->gap.count + 1,
		.cause = cause,
		.flags = flags,
	};
}

/**
 * acq_read_set_end_gap() - it has met the loss behind the last block of a run that has ended
 * @reader: the reader, with its lock held; its cursor stands at the end, before the gap
 * @meta: of the run's ring, with a loss there
 */
void acq_read_set_end_gap(struct acq_reader *reader, const struct acq_meta *meta)
{
	/* There was no frame before it. */
	if (reader->cur.index == ACQ_INDEX_BEGIN)
		reader->cur.index = meta->base_index;
	reader->cur.index += meta->end_lost;
	acq_read_set_gap(reader, reader->cur.pos, meta->end_lost, meta->end_cause, meta->end_flags);
}

/** acq_read_fail() - fail for the gap; unless once is enough, each call does until somebody asks */
ssize_t acq_read_fail(struct acq_reader *reader)
{
	if (reader->flags & ACQ_READER_GAP_ONCE)
		return -EPIPE;
	WRITE_ONCE(reader->gap_stands, true);
	acq_reader_rouse(reader);
	return -EPIPE;
}

/*
 * After the last sample. A loss behind it can be asked for in any case; that the
 * next read fails for it is needed only where the end would not tell that
 * something is missing.
 */
static int read_take_end(struct acq_reader *reader, const struct acq_run *run, u32 end)
{
	const struct acq_meta *meta = run->ring.meta;

	if (meta->end_lost && !reader->end_gap_told) {
		reader->end_gap_told = true;
		acq_read_set_end_gap(reader, meta);
		if (end == ACQ_END_FINISHED)
			return -EPIPE;
	}
	reader->ended = true;
	return acq_run_error(run, end);
}

/* What is left of the frame before the cursor */
static noinline size_t read_part(struct acq_reader *reader, struct iov_iter *to)
{
	u32 frame = acq_reader_run(reader)->ring.frame;
	size_t bytes = min_t(size_t, reader->part, iov_iter_count(to)), copied;

	copied = copy_to_iter(reader->frame + frame - reader->part, bytes, to);
	WRITE_ONCE(reader->part, reader->part - copied);
	if (reader->part)
		acq_reader_rouse(reader);
	return copied;
}

/*
 * Copy @want bytes of a span, whole frames; or, if @want is 0, set a frame aside to be
 * read in parts. Returns the bytes that the cursor went on by; negative: nothing is
 * wrong but that they were overwritten meanwhile.
 */
static ssize_t read_span(struct acq_reader *reader, const struct acq_span *span,
			 struct iov_iter *to, size_t want)
{
	const struct acq_run *run = acq_reader_run(reader);
	const void *from = acq_run_addr(run, span->slot) + span->off;
	struct acq_cursor *cur = &reader->cur;
	size_t bytes = min_t(size_t, span->bytes, want), copied;
	u64 seq = cur->seq;
	bool valid;

	if (likely(want)) {
		copied = copy_to_iter(from, bytes, to);
		valid = acq_cursor_valid(cur, &run->ring);
		if (unlikely(!valid || copied < bytes)) {
			/* Nobody must take what was overwritten for samples. */
			iov_iter_revert(to, valid ? copied % run->ring.frame : copied);
			copied -= copied % run->ring.frame;
		}
	} else {
		copied = run->ring.frame;
		memcpy(reader->frame, from, copied);
		valid = acq_cursor_valid(cur, &run->ring);
	}
	if (!valid)
		return -EAGAIN;
	acq_cursor_advance(cur, &run->ring, copied);
	if (cur->seq != seq)
		acq_reader_freed(reader, run);
	if (!want)
		WRITE_ONCE(reader->part, copied);
	return copied;
}

/* Does the read end here, with @done bytes? A packet's end is known behind a look only. */
static bool read_ends_packet(const struct acq_reader *reader, size_t done)
{
	return done && !reader->part && reader->cur.eop && reader->flags & ACQ_READER_PACKETS;
}

/* What is not data at the cursor: a gap, or nothing. Returns what a read returns for it. */
static noinline ssize_t read_no_data(struct acq_reader *reader, const struct acq_run *run,
				     enum acq_look look, const struct acq_span *span, u32 end)
{
	struct acq_cursor *cur = &reader->cur;
	u64 pos = cur->pos, lost;
	int ret;

	switch (look) {
	case ACQ_LOOK_GAP:
		acq_cursor_skip(cur, span);
		acq_read_set_gap(reader, pos, span->lost, span->cause, span->flags);
		return -EPIPE;
	case ACQ_LOOK_OVERTAKEN:
		if (reader->flags & ACQ_READER_MONITOR) {
			lost = acq_cursor_overtaken(cur, &run->ring);
		} else {
			/* A holder has joined a run whose begin had gone. */
			lost = acq_cursor_late(cur, &run->ring);
			acq_reader_freed(reader, run);
		}
		acq_read_set_gap(reader, pos, lost, ACQ_CAUSE_OVERTAKEN, 0);
		return -EPIPE;
	default:
		if (!end)
			return -EAGAIN;
		ret = read_take_end(reader, run, end);
		return ret;
	}
}

/**
 * acq_read() - copy what is there
 * @reader: the reader, in a run, with its lock held
 * @to: where to; whole frames if there is room for one
 * @need: fewest bytes that are worth it
 *
 * No further than to the end of a packet if that matters to the reader. Waits for
 * nothing but page faults.
 *
 * Return: the number of bytes, 0 at the end, -EAGAIN if there is less than @need,
 * -EPIPE at a gap and behind it, or -EFAULT.
 */
ssize_t acq_read(struct acq_reader *reader, struct iov_iter *to, u32 need)
{
	struct acq_run *run = acq_reader_run(reader);
	/* Before the look for bytes: after the end none come. */
	u32 end = acq_run_end(run), frame = run->ring.frame;
	struct acq_cursor *cur = &reader->cur;
	enum acq_look look;
	struct acq_span span;
	size_t done = 0, want, spare = iov_iter_count(to) % frame;
	ssize_t got;

	lockdep_assert_held(&reader->lock);
	if (reader->gap_stands) {
		WRITE_ONCE(reader->gap_stands, !(reader->flags & ACQ_READER_GAP_ONCE));
		return -EPIPE;
	}
	if (!end && !acq_cursor_ready(cur, &run->ring, need) &&
	    !acq_reader_enough(reader, run, need)) {
		acq_reader_flush_later(reader, run);
		return -EAGAIN;
	}
	reader->stats.behind_max = max(reader->stats.behind_max,
				       READ_ONCE(run->ring.meta->head) - cur->pos);
	for (;;) {
		if (unlikely(reader->part)) {
			done += read_part(reader, to);
			if (reader->part || read_ends_packet(reader, done))
				return done ?: -EFAULT;
			spare = iov_iter_count(to) % frame;
		}
		want = iov_iter_count(to) - spare;
		if (!want && done)
			return done;
		look = acq_cursor_look(cur, &run->ring, &span);
		if (unlikely(cur->eop) && read_ends_packet(reader, done))
			return done;
		if (unlikely(look != ACQ_LOOK_DATA)) {
			if (done)
				return done;
			got = read_no_data(reader, run, look, &span, end);
			return got == -EPIPE ? acq_read_fail(reader) : got;
		}
		got = read_span(reader, &span, to, want);
		if (got < 0 || !want)
			continue;
		done += got;
		if (likely(got == want))
			return done;
		/* Copied in part: a fault, which is told when nothing was copied. */
		if (got < span.bytes)
			return done ?: -EFAULT;
	}
}

/**
 * acq_read_look() - what is there, for who uses it in place
 * @reader: the reader, in a run, with its lock held
 * @span: where samples are, up to the end of a block
 *
 * Goes past gaps and the end; acq_read_used() goes past samples.
 *
 * Return: bytes of the span; -EPIPE: acq_read_gap() tells of a gap; -EAGAIN: there is
 * less than the watermark; or as the end of a read: 0, -ENODEV, -EIO.
 */
int acq_read_look(struct acq_reader *reader, struct acq_span *span)
{
	struct acq_run *run = acq_reader_run(reader);
	/* Before the look for bytes: after the end none come. */
	u32 end = acq_run_end(run);
	enum acq_look look;

	lockdep_assert_held(&reader->lock);
	if (!end && !acq_reader_enough(reader, run, acq_reader_threshold(reader, run))) {
		acq_reader_flush_later(reader, run);
		return -EAGAIN;
	}
	reader->stats.behind_max = max(reader->stats.behind_max,
				       READ_ONCE(run->ring.meta->head) - reader->cur.pos);
	look = acq_cursor_look(&reader->cur, &run->ring, span);
	return look == ACQ_LOOK_DATA ? span->bytes : read_no_data(reader, run, look, span, end);
}

/**
 * acq_read_used() - samples that acq_read_look() has shown have been used
 * @reader: the reader, in the same run still, with its lock held
 * @bytes: how many, whole frames
 * @intact: it is known that they were there still when they had been used
 *
 * Return: true, or false, and it stands where it stood: they were overwritten meanwhile.
 */
bool acq_read_used(struct acq_reader *reader, u32 bytes, bool intact)
{
	const struct acq_run *run = acq_reader_run(reader);
	struct acq_cursor *cur = &reader->cur;
	u64 seq = cur->seq;

	lockdep_assert_held(&reader->lock);
	if (!intact && !acq_cursor_valid(cur, &run->ring))
		return false;
	acq_cursor_advance(cur, &run->ring, bytes);
	if (cur->seq != seq)
		acq_reader_freed(reader, run);
	reader->stats.bytes += bytes;
	reader->stats.reads++;
	return true;
}

/* Pass the gaps that the cursor stands before, and count them. Returns true at data. */
static bool read_pass_gaps(struct acq_reader *reader, const struct acq_run *run,
			   unsigned int *gaps)
{
	struct acq_span span;
	enum acq_look look;

	for (;; ++*gaps) {
		look = acq_cursor_look(&reader->cur, &run->ring, &span);
		if (look == ACQ_LOOK_DATA || look == ACQ_LOOK_EMPTY)
			return look == ACQ_LOOK_DATA;
		read_no_data(reader, run, look, &span, 0);
	}
}

/**
 * acq_read_advance() - a mapped reader has used samples
 * @reader: the reader, in a run, with its lock held
 * @to: the position below which it has used everything
 * @head: set to a position up to which it can go on
 *
 * Costs the same over any number of blocks.
 *
 * Return: the number of gaps met on the way and right behind it, or -EINVAL with
 * the reader as it was: @to is beyond the head or inside a frame.
 */
int acq_read_advance(struct acq_reader *reader, u64 to, u64 *head)
{
	struct acq_run *run = acq_reader_run(reader);
	const struct acq_ring *ring = &run->ring;
	struct acq_cursor *cur = &reader->cur;
	unsigned int gaps = 0;
	u64 seq = cur->seq;
	u32 rest;

	lockdep_assert_held(&reader->lock);
	/*
	 * Before the cursor looks: it stands in the block then that has what is
	 * before @head. Pairs with the release in acq_ring_fill().
	 */
	*head = smp_load_acquire(&ring->meta->head);
	div_u64_rem(to, ring->frame, &rest);
	if (to > *head || rest)
		return -EINVAL;

	/* One that a read has failed for is met here. */
	if (reader->gap_stands) {
		WRITE_ONCE(reader->gap_stands, false);
		gaps++;
	}
	if (to >= cur->pos)
		WRITE_ONCE(reader->part, 0);
	reader->stats.behind_max = max(reader->stats.behind_max, *head - cur->pos);
	/* A monitor that was overtaken goes on by itself, maybe beyond. */
	while (read_pass_gaps(reader, run, &gaps) && cur->pos < to)
		reader->stats.bytes += acq_cursor_jump(cur, ring, to);
	if (cur->seq != seq)
		acq_reader_freed(reader, run);
	return gaps;
}

/**
 * acq_read_settled() - would a wait return at once, with nothing new?
 * @reader: the reader, in a run, with its lock held
 * @head: the head as acq_read_advance() told it
 */
bool acq_read_settled(const struct acq_reader *reader, u64 head)
{
	const struct acq_run *run = acq_reader_run(reader);

	lockdep_assert_held(&reader->lock);
	/* In this order: after the end the head changes no more. */
	return (acq_run_end(run) ||
		acq_reader_enough(reader, run, acq_reader_threshold(reader, run))) &&
	       READ_ONCE(run->ring.meta->head) == head;
}

/**
 * acq_read_end() - tell a mapped reader the end, once it has used everything
 * @reader: the reader, in a run, with its lock held
 *
 * Return: -EAGAIN: that is not yet, else as the end of a read: 0, -EPIPE, or why
 * the run has ended.
 */
int acq_read_end(struct acq_reader *reader)
{
	struct acq_run *run = acq_reader_run(reader);
	u32 end = acq_run_end(run);

	lockdep_assert_held(&reader->lock);
	if (!end || run->ring.meta->head != reader->cur.pos)
		return -EAGAIN;
	return read_take_end(reader, run, end);
}

/**
 * acq_read_gap() - the newest gap that it met
 * @reader: the reader, with its lock held
 * @gap: filled in
 */
void acq_read_gap(const struct acq_reader *reader, struct acq_gap *gap)
{
	lockdep_assert_held(&reader->lock);
	*gap = reader->gap;
}

/**
 * acq_read_gap_known() - whoever reads knows of a gap, from here on
 * @reader: the reader, with its lock held
 * @gap: from acq_read_gap(); one that was met meanwhile stands
 */
void acq_read_gap_known(struct acq_reader *reader, const struct acq_gap *gap)
{
	lockdep_assert_held(&reader->lock);
	if (reader->gap.count == gap->count)
		WRITE_ONCE(reader->gap_stands, false);
}

/**
 * acq_read_gap_again() - whoever was to know of the newest gap did not get the answer
 * @reader: the reader, with its lock held
 *
 * The next read fails for it, or the next acq_read_advance() meets it.
 */
void acq_read_gap_again(struct acq_reader *reader)
{
	lockdep_assert_held(&reader->lock);
	WRITE_ONCE(reader->gap_stands, true);
	acq_reader_rouse(reader);
}

/**
 * acq_read_gap_next() - does the next read fail for a gap?
 * @reader: the reader, in a run, with its lock held
 */
bool acq_read_gap_next(const struct acq_reader *reader)
{
	const struct acq_run *run = acq_reader_run(reader);
	struct acq_cursor cur = reader->cur;
	struct acq_span span;
	enum acq_look look;

	lockdep_assert_held(&reader->lock);
	if (reader->gap_stands)
		return true;
	if (reader->part)
		return false;
	look = acq_cursor_look(&cur, &run->ring, &span);
	return look == ACQ_LOOK_GAP || look == ACQ_LOOK_OVERTAKEN;
}
