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

#include "compat.h"
#include "config.h"
#include "file.h"
#include "stream.h"
#include "trace.h"

static struct acq_run *file_run(const struct acq_file *file)
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
	acq_run_put(run);
}

static void join(struct acq_file *file, struct acq_run *run, bool oldest)
{
	lockdep_assert_held(&file->lock);
	leave(file);
	scoped_guard(spinlock, &run->lock) {
		if (oldest)
			acq_cursor_oldest(&file->cur, &run->ring);
		else
			acq_cursor_newest(&file->cur, &run->ring);
		list_add_tail(&file->node, &run->files);
	}
	file->ended = false;
	file->end_gap_told = false;
	rcu_assign_pointer(file->run, acq_run_get(run));
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
	if (!mutex_trylock(&file->lock))
		return;
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

/* Bytes that make it worth to wake a sleeper or to end a wait */
static u32 threshold(const struct acq_file *file, const struct acq_run *run)
{
	return max(READ_ONCE(file->watermark), run->ring.frame);
}

/* Would a read that wants @need bytes of @run return at once? */
static bool run_ready(const struct acq_file *file, const struct acq_run *run, u32 need)
{
	return READ_ONCE(run->end) || acq_cursor_ready(&file->cur, &run->ring, need);
}

/**
 * acq_file_wants_wake() - is there enough for this file's sleepers?
 * @file: a file in the run's list
 * @run: the run
 *
 * Context: run->lock.
 * Return: true if one of them should look.
 */
bool acq_file_wants_wake(const struct acq_file *file, const struct acq_run *run)
{
	u32 need = atomic_read(&file->eager) ? run->ring.frame : threshold(file, run);

	return run_ready(file, run, need);
}

/* The condition of a wait: needs no lock, so it may be looked at while asleep. */
static bool file_ready(const struct acq_file *file, u32 need)
{
	const struct acq_run *run;
	bool ready;

	rcu_read_lock();
	run = rcu_dereference(file->run);
	ready = !run || run_ready(file, run, need);
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
	struct acq_run *run = file_run(file), *newest;
	bool oldest = file->flags & ACQ_READER_OLDEST;

	lockdep_assert_held(&file->lock);
	if (run && !file->ended)
		return 0;

	newest = acq_stream_run(stream);
	if (newest && newest != run && (run || oldest || !READ_ONCE(newest->end))) {
		/*
		 * Whoever has read one run to its end, or has asked for this
		 * one, wants all of it.
		 */
		join(file, newest, run || oldest || file->asked);
		file->asked = false;
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

	if (mutex_lock_interruptible(&stream->life_lock))
		return -ERESTARTSYS;
	run = acq_stream_run(stream);
	/* Someone else may have been faster: then attach() finds that run. */
	if (run && !READ_ONCE(run->end))
		ret = 0;
	else
		ret = acq_stream_start(stream, false, file);
	if (run)
		acq_run_put(run);
	mutex_unlock(&stream->life_lock);
	return ret;
}

/* The cursor stands behind a loss that began at position @pos. */
static void set_gap(struct acq_file *file, u64 pos, u64 lost, u32 cause)
{
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
static ssize_t take_end(struct acq_file *file, const struct acq_run *run, int end)
{
	if (run->end_lost && !file->end_gap_told) {
		file->end_gap_told = true;
		if (file->cur.index == ACQ_INDEX_BEGIN)
			file->cur.index = run->ring.base_index;
		file->cur.index += run->end_lost;
		set_gap(file, file->cur.pos, run->end_lost, run->end_cause);
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
 * Copy what is there: up to @want bytes, a multiple of the frame size. Waits for
 * nothing but page faults. Returns the number of bytes, 0 at the end, -EAGAIN if
 * there is less than @need, -EPIPE at a gap.
 */
static ssize_t take(struct acq_file *file, struct iov_iter *to, size_t want, u32 need)
{
	struct acq_run *run = file_run(file);
	/* Before the look for bytes: pairs with the release in end_run(). */
	int end = smp_load_acquire(&run->end);
	const struct acq_ring *ring = &run->ring;
	struct acq_cursor *cur = &file->cur;
	struct acq_span span;
	size_t done = 0;

	lockdep_assert_held(&file->lock);
	if (!end && !acq_cursor_ready(cur, ring, need))
		return -EAGAIN;

	while (done < want) {
		u64 seq = cur->seq, pos = cur->pos, lost;
		size_t bytes, copied;

		switch (acq_cursor_look(cur, ring, &span)) {
		case ACQ_LOOK_DATA:
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
		if (cur->seq != seq)
			acq_stream_freed(file->stream, run);

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
		done += copied;
		if (copied < bytes)
			return done ?: -EFAULT;
	}
	return done;
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
		u32 need, frame;
		bool eager;
		size_t want;

		if (mutex_lock_interruptible(&file->lock))
			return -ERESTARTSYS;
		ret = attach(file);
		run = file_run(file);
		frame = run ? run->ring.frame : READ_ONCE(file->stream->config.frame_bytes);
		if (ret >= 0 && count < frame)
			ret = -EINVAL;
		if (ret == 0) {
			u64 pos = file->cur.pos;

			want = count - count % frame;
			need = nonblock ? frame : min_t(size_t, want, threshold(file, run));
			eager = need < threshold(file, run);
			ret = take(file, to, want, need);
			trace_acq_read(file->stream->id, pos, count, ret);
			mutex_unlock(&file->lock);
			if (ret != -EAGAIN || nonblock || nowait)
				return ret;

			atomic_add(eager, &file->eager);
			ret = wait_event_interruptible(file->wait, file_ready(file, need));
			atomic_sub(eager, &file->eager);
			if (ret)
				return ret;
			continue;
		}
		/* Starting sleeps: not for a caller that must not. It polls then. */
		file->asked |= nowait && ret == ATTACH_START;
		mutex_unlock(&file->lock);
		if (ret < 0)
			return ret;
		if (nowait) {
			schedule_work(&file->stream->start_work);
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
	int ret;

	poll_wait(filp, &file->wait, wait);
	if (!(filp->f_mode & FMODE_READ))
		return READ_ONCE(file->stream->gone) ? EPOLLERR | EPOLLHUP : 0;

	do {
		scoped_guard(mutex, &file->lock)
			ret = attach(file);
		if (ret == ATTACH_START)
			ret = start_for(file) ?: -EAGAIN;
	} while (ret == -EAGAIN);
	if (ret == -ERESTARTSYS)
		return 0;
	if (ret)
		return broken;

	guard(mutex)(&file->lock);
	run = file_run(file);
	/* A bare error would strand io_uring's multishot reads: say readable too. */
	if (READ_ONCE(run->end) == ACQ_END_GONE || READ_ONCE(run->end) == ACQ_END_FAILED)
		return broken;
	return run_ready(file, run, threshold(file, run)) ? EPOLLIN | EPOLLRDNORM : 0;
}

static int acq_open(struct inode *inode, struct file *filp)
{
	struct acq_stream *stream = container_of(filp->private_data, struct acq_stream, misc);
	struct acq_file *file;

	file = kzalloc(sizeof(*file), GFP_KERNEL_ACCOUNT);
	if (!file)
		return -ENOMEM;
	mutex_init(&file->lock);
	init_waitqueue_head(&file->wait);
	/* misc_open() keeps the node, and by it the stream, until we have this. */
	file->stream = acq_stream_get(stream);
	scoped_guard(mutex, &stream->life_lock)
		stream->open_files++;

	filp->private_data = file;
	/* take() waits for nothing: asynchronous readers need no thread. */
	filp->f_mode |= FMODE_NOWAIT;
	return stream_open(inode, filp);
}

static int acq_release(struct inode *inode, struct file *filp)
{
	struct acq_file *file = filp->private_data;
	struct acq_stream *stream = file->stream;
	struct acq_run *run;

	scoped_guard(mutex, &file->lock) {
		run = file_run(file);
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
		if (--stream->open_files == 0)
			acq_stream_last_close(stream);
	}
	acq_stream_put(stream);
	kfree(file);
	return 0;
}

static long get_status(struct acq_file *file, void __user *arg)
{
	struct acq_status status = {};
	struct acq_run *run;

	acq_stream_status(file->stream, &status);
	scoped_guard(mutex, &file->lock) {
		run = file_run(file);
		if (run) {
			status.flags |= ACQ_STATUS_ATTACHED;
			status.position = file->cur.pos;
			status.index = file->cur.index == ACQ_INDEX_BEGIN ?
				       READ_ONCE(run->ring.base_index) : file->cur.index;
		}
	}
	return copy_to_user(arg, &status, sizeof(status)) ? -EFAULT : 0;
}

static long get_gap(struct acq_file *file, void __user *arg)
{
	struct acq_gap gap;

	scoped_guard(mutex, &file->lock)
		gap = file->gap;
	return copy_to_user(arg, &gap, sizeof(gap)) ? -EFAULT : 0;
}

static long get_reader(struct acq_file *file, void __user *arg)
{
	struct acq_reader reader = {};

	scoped_guard(mutex, &file->lock) {
		reader.flags = file->flags;
		reader.watermark = file->watermark;
	}
	return copy_to_user(arg, &reader, sizeof(reader)) ? -EFAULT : 0;
}

static long set_reader(struct acq_file *file, const void __user *arg)
{
	struct acq_reader reader;

	if (copy_from_user(&reader, arg, sizeof(reader)))
		return -EFAULT;
	if (reader.flags & ~(ACQ_READER_MONITOR | ACQ_READER_OLDEST) ||
	    memchr_inv(reader.reserved, 0, sizeof(reader.reserved)))
		return -EINVAL;

	scoped_guard(mutex, &file->lock) {
		/* What a reader is owed is settled when it begins. */
		if (file_run(file) && reader.flags != file->flags)
			return -EBUSY;
		file->flags = reader.flags;
		WRITE_ONCE(file->watermark, reader.watermark);
	}
	/* With a lower watermark there may be enough now. */
	wake_up_interruptible_poll(&file->wait, EPOLLIN | EPOLLRDNORM);
	return 0;
}

static long get_config(struct acq_file *file, void __user *arg)
{
	struct acq_config config;

	scoped_guard(mutex, &file->stream->life_lock)
		config = file->stream->config;
	return copy_to_user(arg, &config, sizeof(config)) ? -EFAULT : 0;
}

static long put_config(struct acq_file *file, void __user *arg, bool set)
{
	struct acq_stream *stream = file->stream;
	struct acq_config config;
	int ret;

	if (copy_from_user(&config, arg, sizeof(config)))
		return -EFAULT;
	ret = acq_config_check(&config);
	if (ret)
		return ret;

	scoped_guard(mutex, &stream->life_lock) {
		if (stream->gone)
			ret = -ENODEV;
		else if (set)
			ret = acq_stream_configure(stream, &config);
		else
			ret = acq_config_settle(stream, &config);
	}
	if (ret)
		return ret;
	return copy_to_user(arg, &config, sizeof(config)) ? -EFAULT : 0;
}

static long start(struct acq_file *file, struct file *filp)
{
	struct acq_stream *stream = file->stream;

	guard(mutex)(&stream->life_lock);
	/* Who starts and reads is owed the run from its first sample. */
	return acq_stream_start(stream, true, filp->f_mode & FMODE_READ ? file : NULL);
}

static long stop(struct acq_file *file)
{
	guard(mutex)(&file->stream->life_lock);
	return acq_stream_stop(file->stream);
}

static long trigger(struct acq_file *file)
{
	return acq_stream_trigger(file->stream);
}

static long acq_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct acq_file *file = filp->private_data;
	void __user *argp = (void __user *)arg;

	switch (cmd) {
	case ACQ_IOC_INFO:
		return copy_to_user(argp, &file->stream->info, sizeof(struct acq_info)) ?
		       -EFAULT : 0;
	case ACQ_IOC_GET_CONFIG:
		return get_config(file, argp);
	case ACQ_IOC_TRY_CONFIG:
		return put_config(file, argp, false);
	case ACQ_IOC_STATUS:
		return get_status(file, argp);
	case ACQ_IOC_GAP:
		return get_gap(file, argp);
	case ACQ_IOC_GET_READER:
		return get_reader(file, argp);
	case ACQ_IOC_SET_READER:
		return set_reader(file, argp);
	case ACQ_IOC_SET_CONFIG:
	case ACQ_IOC_START:
	case ACQ_IOC_STOP:
	case ACQ_IOC_TRIGGER:
		break;
	default:
		return -ENOTTY;
	}

	/* The rest changes what others get: not with a file opened to read only. */
	if (!(filp->f_mode & FMODE_WRITE))
		return -EBADF;
	if (READ_ONCE(file->stream->gone))
		return -ENODEV;

	switch (cmd) {
	case ACQ_IOC_SET_CONFIG:
		return put_config(file, argp, true);
	case ACQ_IOC_START:
		return start(file, filp);
	case ACQ_IOC_STOP:
		return stop(file);
	default:
		return trigger(file);
	}
}

const struct file_operations acq_file_ops = {
	.owner		= THIS_MODULE,
	.open		= acq_open,
	.release	= acq_release,
	.read_iter	= acq_read_iter,
	.splice_read	= copy_splice_read,
	.poll		= acq_poll,
	.unlocked_ioctl	= acq_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
};
