// SPDX-License-Identifier: GPL-2.0-only
/*
 * File operations of a stream's node. See file.h.
 *
 * Reading takes no lock that another open file takes: file->lock keeps threads
 * that share one file apart, and is never held while waiting for samples.
 */
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "../compat.h"
#include "file.h"
#include "ioctl.h"
#include "map.h"
#include "../core/stream.h"
#include "../core/trace.h"

struct acq_run *acq_file_run(const struct acq_file *file)
{
	return rcu_dereference_protected(file->run, lockdep_is_held(&file->lock));
}

static void leave(struct acq_file *file)
{
	struct acq_run *run = rcu_replace_pointer(file->run, NULL, lockdep_is_held(&file->lock));

	if (!run)
		return;
	scoped_guard(spinlock, &run->lock)
		list_del(&file->node);
	/* The producer sets it no more, and who reads has file->lock. */
	hrtimer_cancel(&file->flush);
	acq_run_put(run);
}

static void join(struct acq_file *file, struct acq_run *run, bool oldest)
{
	lockdep_assert_held(&file->lock);
	leave(file);
	file->ended = false;
	file->end_gap_told = false;
	scoped_guard(spinlock, &run->lock) {
		if (oldest)
			acq_cursor_oldest(&file->cur, &run->ring);
		else
			acq_cursor_newest(&file->cur, &run->ring);
		file->cur.flushed = 0;
		rcu_assign_pointer(file->run, acq_run_get(run));
		list_add_tail(&file->node, &run->files);
	}
	/* The card may be set to interrupt more seldom than this reader likes. */
	acq_stream_look(file->stream);
}

/**
 * acq_file_join() - begin to read a run that has not begun
 * @file: the file; leaves the run that it read
 * @run: the run
 *
 * A thread that reads from the same file just now may sleep in a page fault for
 * as long as its program likes: it is not waited for, and joins by itself when
 * it has come to the end of what it reads.
 *
 * Context: stream's life_lock.
 */
void acq_file_join(struct acq_file *file, struct acq_run *run)
{
	if (!mutex_trylock(&file->lock)) {
		WRITE_ONCE(file->asked, run->number);
		return;
	}
	join(file, run, true);
	mutex_unlock(&file->lock);
}

/**
 * acq_file_holds() - what a reader is owed
 * @file: a file in the run's list
 *
 * Context: run->lock.
 * Return: the lowest block that it needs, ~0 if it is owed nothing.
 */
u64 acq_file_holds(const struct acq_file *file)
{
	return file->flags & ACQ_READER_MONITOR ? ~0ULL : acq_cursor_holds(&file->cur);
}

/*
 * Bytes that make it worth to end a wait. Of a packet that has not ended none do,
 * but for a reader's own watermark and what a read has room for.
 */
static u32 threshold(const struct acq_file *file, const struct acq_run *run)
{
	u32 watermark = READ_ONCE(file->watermark);

	if (file->flags & ACQ_READER_PACKETS && !watermark)
		return U32_MAX;
	return max(watermark, run->ring.frame);
}

/* Bytes that make it worth to wake a sleeper */
static u32 least_need(const struct acq_file *file, const struct acq_run *run)
{
	return atomic_read(&file->eager) ? READ_ONCE(file->eager_need) : threshold(file, run);
}

/* Is there enough for a read that wants @need bytes, or the rest of a packet? */
static bool enough(const struct acq_file *file, const struct acq_run *run, u32 need)
{
	return acq_cursor_ready(&file->cur, &run->ring, need) ||
	       (file->flags & ACQ_READER_PACKETS &&
		acq_cursor_packet_ahead(&file->cur, &run->ring));
}

/* Would a read that wants @need bytes of @run return at once? */
static bool run_ready(const struct acq_file *file, const struct acq_run *run, u32 need)
{
	return acq_run_end(run) || enough(file, run, need);
}

/* There are bytes, but too few: see to it that they do not wait for ever. */
static void flush_later(struct acq_file *file, const struct acq_run *run)
{
	u32 us = READ_ONCE(file->flush_us);

	if (us && READ_ONCE(run->ring.meta->head) != READ_ONCE(file->cur.pos) &&
	    !hrtimer_is_queued(&file->flush))
		hrtimer_start(&file->flush, ns_to_ktime((u64)us * NSEC_PER_USEC), HRTIMER_MODE_REL_SOFT);
}

/* Touches nothing that a lock protects: leave() waits for it with locks held. */
static enum hrtimer_restart flush(struct hrtimer *timer)
{
	struct acq_file *file = container_of(timer, struct acq_file, flush);
	const struct acq_run *run;

	/* Who finds the timer not queued any more has its bytes seen here. */
	smp_mb();
	rcu_read_lock();
	run = rcu_dereference(file->run);
	if (run && acq_cursor_overdue(&file->cur, &run->ring)) {
		WRITE_ONCE(file->stats.flushes, file->stats.flushes + 1);
		wake_up_interruptible_poll(&file->wait, EPOLLIN | EPOLLRDNORM);
	}
	rcu_read_unlock();
	return HRTIMER_NORESTART;
}

/**
 * acq_file_wake() - the run has more, or has ended: wake whom it is enough for
 * @file: a file in the run's list
 * @run: the run
 *
 * Context: run->lock.
 * Return: true if there was somebody to wake.
 */
bool acq_file_wake(struct acq_file *file, struct acq_run *run)
{
	__poll_t mask = EPOLLIN | EPOLLRDNORM;

	lockdep_assert_held(&run->lock);
	if (!run_ready(file, run, least_need(file, run))) {
		flush_later(file, run);
		return false;
	}
	/* Pairs with the barrier of a sleeper that has not seen the new head. */
	if (!wq_has_sleeper(&file->wait))
		return false;
	if (acq_cursor_gap_ahead(&file->cur, &run->ring))
		mask |= EPOLLPRI;
	/* Who waits for these alone looks at nothing else; io_uring tells them as they are. */
	if (acq_run_end(run) == ACQ_END_FAILED || acq_run_end(run) == ACQ_END_GONE)
		mask |= EPOLLHUP | EPOLLERR;
	file->stats.wakeups++;
	wake_up_interruptible_poll(&file->wait, mask);
	return true;
}

/**
 * acq_file_needs() - how much makes an interrupt worth its while for a reader
 * @file: a file in the run's list
 * @run: the run
 * @us: lowered to how long it lets samples wait, if that is less
 *
 * Context: run->lock.
 * Return: bytes.
 */
u32 acq_file_needs(const struct acq_file *file, const struct acq_run *run, u32 *us)
{
	u32 flush_us = READ_ONCE(file->flush_us);

	lockdep_assert_held(&run->lock);
	if (flush_us)
		*us = min(*us, flush_us);
	/* Nobody knows how much the rest of a packet is. */
	return file->flags & ACQ_READER_PACKETS ? run->ring.frame : least_need(file, run);
}

/*
 * The condition of a wait: needs no lock, so it may be looked at while asleep.
 * With @need 0 the watermark counts.
 */
static bool file_ready(const struct acq_file *file, u32 need)
{
	const struct acq_run *run;
	bool ready;

	rcu_read_lock();
	run = rcu_dereference(file->run);
	ready = !run || run_ready(file, run, need ?: threshold(file, run));
	rcu_read_unlock();
	return ready;
}

#define ATTACH_START	1

/*
 * See to it that the file reads a run: the newest one if it has none yet, or has
 * been told the end of the one it had. Returns 0, ATTACH_START if a run must be
 * started first, or a negative errno.
 */
static int attach(struct acq_file *file)
{
	struct acq_stream *stream = file->stream;
	struct acq_run *run = acq_file_run(file), *newest;
	bool oldest = file->flags & ACQ_READER_OLDEST;
	u64 asked;

	lockdep_assert_held(&file->lock);
	if (run && !file->ended)
		return 0;

	newest = acq_stream_run(stream);
	asked = READ_ONCE(file->asked);
	/* Of the runs it asked for, or that came after, it is owed all. */
	oldest |= newest && asked && newest->number >= asked;
	if (newest && newest != run && (run || oldest || !acq_run_end(newest))) {
		/* Whoever has read one run to its end wants all of the next. */
		join(file, newest, run || oldest);
		WRITE_ONCE(file->asked, 0);
		run = newest;
	}
	if (newest)
		acq_run_put(newest);
	if (run)
		return 0;
	return READ_ONCE(stream->gone) ? -ENODEV : ATTACH_START;
}

/* Start an idle stream for a reader. Not with file->lock. */
static int start_for(struct acq_file *file)
{
	struct acq_stream *stream = file->stream;
	struct acq_run *run = NULL;
	int ret;

	/*
	 * Not interruptible: asynchronous readers come with their thread's work
	 * pending, which looks like a signal, and poll cannot say "try again".
	 */
	if (mutex_lock_killable(&stream->life_lock))
		return -ERESTARTSYS;
	run = acq_stream_run(stream);
	/* Someone else may have been faster: then attach() finds that run. */
	if (run && !acq_run_end(run))
		ret = 0;
	else
		ret = acq_stream_start(stream, false, file);
	if (run)
		acq_run_put(run);
	mutex_unlock(&stream->life_lock);
	return ret;
}

/**
 * acq_file_attach() - make a file a reader, and start an idle stream for it
 * @file: the file; its lock is held when this returns 0
 *
 * Context: sleeps.
 * Return: 0, -ERESTARTSYS, or why there is nothing to read.
 */
int acq_file_attach(struct acq_file *file)
{
	int ret;

	for (;;) {
		/* Not interruptible, as in start_for(). */
		if (mutex_lock_killable(&file->lock))
			return -ERESTARTSYS;
		ret = attach(file);
		if (!ret)
			return 0;
		mutex_unlock(&file->lock);
		if (ret == ATTACH_START)
			ret = start_for(file);
		if (ret)
			return ret;
	}
}

/* The cursor stands behind a loss that began at position @pos. */
static void set_gap(struct acq_file *file, u64 pos, u64 lost, u32 cause)
{
	file->stats.lost[cause] += lost;
	file->gap = (struct acq_gap){
		.position = pos,
		.index = file->cur.index - lost,
		.lost = lost,
		.count = file->gap.count + 1,
		.cause = cause,
	};
}

/*
 * After the last sample. A loss behind it can be asked for in any case; that the
 * next read fails for it is needed only where the end would not tell that
 * something is missing.
 */
static ssize_t take_end(struct acq_file *file, const struct acq_run *run, u32 end)
{
	const struct acq_meta *meta = run->ring.meta;

	if (meta->end_lost && !file->end_gap_told) {
		file->end_gap_told = true;
		if (file->cur.index == ACQ_INDEX_BEGIN)
			file->cur.index = meta->base_index;
		file->cur.index += meta->end_lost;
		set_gap(file, file->cur.pos, meta->end_lost, meta->end_cause);
		if (end == ACQ_END_FINISHED)
			return -EPIPE;
	}
	file->ended = true;
	switch (end) {
	case ACQ_END_FINISHED:
		return 0;
	case ACQ_END_GONE:
		return -ENODEV;
	default:
		return -EIO;
	}
}

/*
 * Copy what is there: up to @want bytes, a multiple of the frame size, and no more
 * than to the end of a packet if that matters to the reader. Waits for nothing but
 * page faults. Returns the number of bytes, 0 at the end, -EAGAIN if there is less
 * than @need, -EPIPE at a gap.
 */
static ssize_t take(struct acq_file *file, struct iov_iter *to, size_t want, u32 need)
{
	struct acq_run *run = acq_file_run(file);
	/* Before the look for bytes: after the end none come. */
	u32 end = acq_run_end(run);
	const struct acq_ring *ring = &run->ring;
	struct acq_cursor *cur = &file->cur;
	struct acq_span span;
	size_t done = 0;

	lockdep_assert_held(&file->lock);
	if (!end && !enough(file, run, need)) {
		flush_later(file, run);
		return -EAGAIN;
	}
	file->stats.behind_max = max(file->stats.behind_max,
				     READ_ONCE(ring->meta->head) - cur->pos);

	while (done < want) {
		u64 seq = cur->seq, pos = cur->pos, lost;
		size_t bytes, copied;

		switch (acq_cursor_look(cur, ring, &span)) {
		case ACQ_LOOK_DATA:
			/* Behind the look: a block may have been ended after it was used up. */
			if (done && cur->eop && file->flags & ACQ_READER_PACKETS)
				return done;
			break;
		case ACQ_LOOK_EMPTY:
			if (done)
				return done;
			return end ? take_end(file, run, end) : -EAGAIN;
		case ACQ_LOOK_GAP:
			if (done)
				return done;
			acq_cursor_skip(cur, &span);
			set_gap(file, pos, span.lost, span.cause);
			return -EPIPE;
		case ACQ_LOOK_OVERTAKEN:
			if (done)
				return done;
			lost = acq_cursor_overtaken(cur, ring);
			set_gap(file, pos, lost, ACQ_CAUSE_OVERTAKEN);
			return -EPIPE;
		}
		bytes = min_t(size_t, span.bytes, want - done);
		copied = copy_to_iter(acq_run_addr(run, span.slot) + span.off, bytes, to);
		if (!acq_cursor_valid(cur, ring)) {
			/* Overwritten meanwhile: nobody must take it for samples. */
			iov_iter_revert(to, copied);
			continue;
		}
		if (copied < bytes) {
			iov_iter_revert(to, copied % ring->frame);
			copied -= copied % ring->frame;
		}
		acq_cursor_advance(cur, ring, copied);
		if (cur->seq != seq)
			acq_stream_freed(file->stream, run);
		done += copied;
		if (copied < bytes)
			return done ?: -EFAULT;
	}
	return done;
}

/* Pass the gaps that the cursor stands before, and count them. Returns true at data. */
static bool pass_gaps(struct acq_file *file, const struct acq_run *run, unsigned int *gaps)
{
	struct acq_cursor *cur = &file->cur;
	struct acq_span span;
	u64 pos, lost;

	for (;; ++*gaps) {
		pos = cur->pos;
		switch (acq_cursor_look(cur, &run->ring, &span)) {
		case ACQ_LOOK_DATA:
			return true;
		case ACQ_LOOK_EMPTY:
			return false;
		case ACQ_LOOK_GAP:
			acq_cursor_skip(cur, &span);
			set_gap(file, pos, span.lost, span.cause);
			break;
		case ACQ_LOOK_OVERTAKEN:
			lost = acq_cursor_overtaken(cur, &run->ring);
			set_gap(file, pos, lost, ACQ_CAUSE_OVERTAKEN);
			break;
		}
	}
}

/**
 * acq_file_advance() - a mapped reader has used samples
 * @file: the file, a reader; its lock is held
 * @to: the position below which it has used everything
 * @head: set to a position up to which it can go on
 *
 * Costs the same over any number of blocks.
 *
 * Return: the number of gaps met on the way and right behind it, or -EINVAL with
 * the file as it was: @to is beyond the head or inside a frame.
 */
int acq_file_advance(struct acq_file *file, u64 to, u64 *head)
{
	struct acq_run *run = acq_file_run(file);
	const struct acq_ring *ring = &run->ring;
	struct acq_cursor *cur = &file->cur;
	unsigned int gaps = 0;
	u64 seq = cur->seq;
	u32 rest;

	lockdep_assert_held(&file->lock);
	/*
	 * Before the cursor looks: it stands in the block then that has what is
	 * before @head. Pairs with the release in acq_ring_fill().
	 */
	*head = smp_load_acquire(&ring->meta->head);
	div_u64_rem(to, ring->frame, &rest);
	if (to > *head || rest)
		return -EINVAL;

	file->stats.behind_max = max(file->stats.behind_max, *head - cur->pos);
	/* A monitor that was overtaken goes on by itself, maybe beyond. */
	while (pass_gaps(file, run, &gaps) && cur->pos < to)
		file->stats.bytes += acq_cursor_jump(cur, ring, to);
	if (cur->seq != seq)
		acq_stream_freed(file->stream, run);
	return gaps;
}

/**
 * acq_file_enough() - would acq_file_wait() return at once, with nothing new?
 * @file: the file, a reader; its lock is held
 * @head: the head as acq_file_advance() told it
 */
bool acq_file_enough(const struct acq_file *file, u64 head)
{
	const struct acq_run *run = acq_file_run(file);

	lockdep_assert_held(&file->lock);
	/* In this order: after the end the head changes no more. */
	return run_ready(file, run, threshold(file, run)) &&
	       READ_ONCE(run->ring.meta->head) == head;
}

/**
 * acq_file_wait() - wait until there is enough to read
 * @file: the file, a reader; its lock is not held
 * @timeout: longest wait, NULL: no limit
 *
 * Context: sleeps.
 * Return: 0, -ETIME, or -ERESTARTSYS.
 */
int acq_file_wait(struct acq_file *file, const ktime_t *timeout)
{
	if (file_ready(file, 0))
		return 0;
	if (timeout)
		return wait_event_interruptible_hrtimeout(file->wait, file_ready(file, 0),
							  *timeout);
	return wait_event_interruptible(file->wait, file_ready(file, 0));
}

/**
 * acq_file_end() - tell a mapped reader the end, once it has used everything
 * @file: the file, a reader; its lock is held
 *
 * Return: -EAGAIN: that is not yet, else as the end of a read: 0, -EPIPE, or why
 * the run has ended.
 */
int acq_file_end(struct acq_file *file)
{
	struct acq_run *run = acq_file_run(file);
	u32 end = acq_run_end(run);

	lockdep_assert_held(&file->lock);
	if (!end || run->ring.meta->head != file->cur.pos)
		return -EAGAIN;
	return take_end(file, run, end);
}

/**
 * acq_file_gap_next() - does the next read fail for a gap?
 * @file: the file, a reader; its lock is held
 */
bool acq_file_gap_next(const struct acq_file *file)
{
	const struct acq_run *run = acq_file_run(file);
	struct acq_cursor cur = file->cur;
	struct acq_span span;
	enum acq_look look;

	lockdep_assert_held(&file->lock);
	look = acq_cursor_look(&cur, &run->ring, &span);
	return look == ACQ_LOOK_GAP || look == ACQ_LOOK_OVERTAKEN;
}

static ssize_t acq_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct acq_file *file = iocb->ki_filp->private_data;
	bool nonblock = iocb->ki_filp->f_flags & O_NONBLOCK;
	bool nowait = iocb->ki_flags & IOCB_NOWAIT;
	size_t count = iov_iter_count(to);
	ssize_t ret;

	if (!count)
		return 0;

	for (;;) {
		const struct acq_run *run;
		bool eager, wait;
		u32 need, frame;
		size_t want;

		/* To who must not wait, pending work of its own is no signal. */
		if (nowait ? mutex_lock_killable(&file->lock) :
			     mutex_lock_interruptible(&file->lock))
			return -ERESTARTSYS;
		ret = attach(file);
		run = acq_file_run(file);
		frame = run ? run->ring.frame : READ_ONCE(file->stream->config.frame_bytes);
		if (ret >= 0 && count < frame)
			ret = -EINVAL;
		if (ret == 0) {
			u64 pos = file->cur.pos;

			want = count - count % frame;
			need = min_t(size_t, want, threshold(file, run));
			if (nonblock && !(file->flags & ACQ_READER_PACKETS))
				need = frame;
			eager = need < threshold(file, run);
			ret = take(file, to, want, need);
			trace_acq_read(file->stream->id, pos, count, ret);
			wait = ret == -EAGAIN && !nonblock && !nowait;
			file->stats.bytes += max_t(ssize_t, ret, 0);
			file->stats.reads += ret > 0;
			file->stats.waits += wait;
			file->stats.empty += ret == -EAGAIN && !wait;
			eager &= wait;
			if (eager) {
				/* Of one who sleeps no more it wakes too often, at worst. */
				WRITE_ONCE(file->eager_need, atomic_read(&file->eager) ?
					   min(file->eager_need, need) : need);
				atomic_inc(&file->eager);
			}
			mutex_unlock(&file->lock);
			if (!wait)
				return ret;

			ret = wait_event_interruptible(file->wait, file_ready(file, need));
			atomic_sub(eager, &file->eager);
			if (ret)
				return ret;
			continue;
		}
		/* poll has tried already. */
		if (ret == ATTACH_START && file->start_error) {
			if (nowait)
				ret = file->start_error;
			file->start_error = 0;
		}
		/* Starting sleeps: not for a caller that must not. It polls then. */
		if (nowait && ret == ATTACH_START)
			WRITE_ONCE(file->asked, READ_ONCE(file->stream->runs) + 1);
		mutex_unlock(&file->lock);
		if (ret < 0)
			return ret;
		if (nowait) {
			acq_stream_start_later(file->stream, file);
			return -EAGAIN;
		}
		ret = start_for(file);
		if (ret)
			return ret;
	}
}

static __poll_t acq_poll(struct file *filp, poll_table *wait)
{
	const __poll_t broken = EPOLLIN | EPOLLRDNORM | EPOLLHUP | EPOLLERR;
	struct acq_file *file = filp->private_data;
	const struct acq_run *run;
	__poll_t mask = 0;
	u32 end;
	int ret;

	if (!(filp->f_mode & FMODE_READ)) {
		poll_wait(filp, &file->stream->gone_wait, wait);
		return READ_ONCE(file->stream->gone) ? EPOLLERR | EPOLLHUP : 0;
	}
	poll_wait(filp, &file->wait, wait);

	ret = acq_file_attach(file);
	if (ret == -ERESTARTSYS)
		return 0;
	if (ret) {
		/* For the read that follows: it would only have the start tried again. */
		scoped_guard(mutex, &file->lock)
			file->start_error = ret;
		return broken;
	}

	run = acq_file_run(file);
	end = acq_run_end(run);
	/* A bare error would strand io_uring's multishot reads: say readable too. */
	if (end == ACQ_END_GONE || end == ACQ_END_FAILED)
		mask = broken;
	else if (run_ready(file, run, threshold(file, run)))
		mask = EPOLLIN | EPOLLRDNORM;
	else
		flush_later(file, run);
	if (acq_cursor_gap_ahead(&file->cur, &run->ring))
		mask |= EPOLLPRI;
	mutex_unlock(&file->lock);
	return mask;
}

static int acq_mmap(struct file *filp, struct vm_area_struct *vma)
{
	struct acq_file *file = filp->private_data;
	struct acq_run *run;
	int ret;

	/* mmap_lock is held, which a reader may wait for with file->lock. */
	scoped_guard(rcu)
		run = acq_run_get_rcu(rcu_dereference(file->run));
	if (!run)
		return -ENODATA;
	ret = acq_map_run(run, vma, vma->vm_pgoff);
	acq_run_put(run);
	return ret;
}

static int acq_open(struct inode *inode, struct file *filp)
{
	struct acq_stream *stream = container_of(filp->private_data, struct acq_stream, misc);
	struct acq_file *file;
	int ret;

	file = kzalloc(sizeof(*file), GFP_KERNEL_ACCOUNT);
	if (!file)
		return -ENOMEM;
	mutex_init(&file->lock);
	init_waitqueue_head(&file->wait);
	hrtimer_setup(&file->flush, flush, CLOCK_MONOTONIC, HRTIMER_MODE_REL_SOFT);
	get_task_comm(file->comm, current);
	file->pid = task_tgid_nr(current);
	/* misc_open() keeps the node, and by it the stream, until we have this. */
	file->stream = acq_stream_get(stream);
	atomic_inc(&stream->open_files);

	filp->private_data = file;
	/* take() waits for nothing: asynchronous readers need no thread. */
	filp->f_mode |= FMODE_NOWAIT;
	ret = stream_open(inode, filp);
	/* There is nowhere to seek to, but who must name an offset may read. */
	filp->f_mode |= FMODE_PREAD;
	return ret;
}

static int acq_release(struct inode *inode, struct file *filp)
{
	struct acq_file *file = filp->private_data;
	struct acq_stream *stream = file->stream;
	struct acq_run *run;

	acq_stream_forget(stream, file);
	scoped_guard(mutex, &file->lock) {
		run = acq_file_run(file);
		if (run)
			acq_run_get(run);
		leave(file);
	}
	if (run) {
		/* What it held is free for the card. */
		acq_stream_freed(stream, run);
		acq_run_put(run);
	}
	scoped_guard(mutex, &stream->life_lock) {
		if (atomic_dec_and_test(&stream->open_files))
			acq_stream_last_close(stream);
	}
	acq_stream_put(stream);
	kfree(file);
	return 0;
}

const struct file_operations acq_file_ops = {
	.owner		= THIS_MODULE,
	.open		= acq_open,
	.release	= acq_release,
	.read_iter	= acq_read_iter,
	.splice_read	= copy_splice_read,
	.poll		= acq_poll,
	.mmap		= acq_mmap,
	.unlocked_ioctl	= acq_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
};
