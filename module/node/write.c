// SPDX-License-Identifier: GPL-2.0-only
/* Writing to the node of an output stream: write, fsync and the last close. */
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "../core/attach.h"
#include "../core/output.h"
#include "../core/run.h"
#include "../core/stream.h"
#include "../core/trace.h"
#include "../core/writer.h"
#include "file.h"
#include "write.h"

/* How a call writes */
struct write_how {
	bool nonblock;	/* O_NONBLOCK: any whole frame */
	bool nowait;	/* RWF_NOWAIT, io_uring: the watermark counts, but nothing waits */
	u32 need;	/* bytes of room that are worth it */
	bool eager;	/* less than the watermark */
};

/*
 * Lock the writer, in a run. Who has put some in run @number goes on in no other, whoever
 * else has met its end by now: the next call tells. @number is 0 where nothing has been put.
 */
static int write_attach(struct acq_file *file, bool waits, u64 number)
{
	struct acq_reader *writer = &file->reader;
	const struct acq_run *run;

	if (!number)
		return acq_file_attach(file, waits);
	if (mutex_lock_killable(&writer->lock))
		return -ERESTARTSYS;
	run = acq_reader_run(writer);
	if (run && run->number == number)
		return 0;
	acq_reader_unlock(writer);
	return -ENODATA;
}

/* How much room ends the wait of a write of @count bytes? */
static void write_settle_need(const struct acq_reader *writer, struct write_how *how,
			      size_t count)
{
	const struct acq_run *run = acq_reader_run(writer);
	u32 frame = run->ring.frame, threshold = acq_reader_threshold(writer, run);
	size_t room = acq_writer_whole(writer, count) + writer->begun;

	how->need = how->nonblock ? frame : clamp_t(size_t, room, frame, threshold);
	how->eager = how->need < threshold;
}

/*
 * One try, with the writer's lock held; @more: of a call that has put some already. Says
 * whether to wait for more room.
 */
static ssize_t write_try(struct acq_reader *writer, struct write_how *how,
			 struct iov_iter *from, bool more, bool *wait)
{
	size_t count = iov_iter_count(from);
	u64 pos = READ_ONCE(acq_reader_run(writer)->ring.meta->accepted);
	ssize_t ret;

	write_settle_need(writer, how, count);
	ret = acq_write(writer, from, how->need, more);
	trace_acq_write(writer->id, pos, count, ret);
	if (ret > 0) {
		writer->stats.bytes += ret;
		writer->stats.reads++;
	}
	/* Blocking, it waits for room for all. */
	*wait = !how->nonblock && !how->nowait &&
		(ret == -EAGAIN || (ret > 0 && acq_writer_whole(writer, iov_iter_count(from))));
	writer->stats.waits += *wait;
	writer->stats.empty += ret == -EAGAIN && !*wait;
	how->eager &= *wait;
	if (how->eager)
		acq_reader_be_eager(writer, how->need);
	return ret;
}

/**
 * acq_write_iter() - put samples that the card is to play
 * @iocb: what is written to
 * @from: bytes; the begin of a frame is kept until the next write completes it
 *
 * Blocking, it returns when all has been put, or with what has been when a signal, an
 * underrun or the end comes; that is told by the next call then.
 *
 * Context: sleeps, unless @iocb says not to.
 * Return: the number of bytes or a negative errno, see acq_write(); -EBUSY: somebody else
 * writes.
 */
ssize_t acq_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct acq_file *file = iocb->ki_filp->private_data;
	struct acq_reader *writer = &file->reader;
	struct write_how how = {
		.nonblock = iocb->ki_filp->f_flags & O_NONBLOCK,
		.nowait = iocb->ki_flags & IOCB_NOWAIT,
	};
	ssize_t done = 0, ret;
	u64 number = 0;
	bool wait;

	if (!iov_iter_count(from))
		return 0;
	for (;;) {
		ret = write_attach(file, !how.nowait && !how.nonblock, number);
		if (ret)
			break;
		ret = write_try(writer, &how, from, done, &wait);
		if (ret > 0 && acq_writer_starts(writer))
			acq_output_play(file->stream, acq_reader_run(writer));
		if (ret > 0)
			number = acq_reader_run(writer)->number;
		acq_reader_unlock(writer);
		/* The run has finished: there is another one, unless this one has some of it. */
		if (ret == -ENODATA && !done)
			continue;
		if (ret > 0)
			done += ret;
		if (!wait)
			break;
		ret = acq_reader_wait(writer, how.need, NULL);
		atomic_sub(how.eager, &writer->eager);
		if (ret)
			break;
	}
	return done ?: ret;
}

/*
 * One try to commit; may begin a run, unless run @number has taken what is committed. Returns
 * 0, or why nothing has been taken; @enough: there is room for the watermark.
 */
static int write_try_commit(struct acq_file *file, struct acq_commit *commit, bool waits,
			    u64 number, bool *enough)
{
	struct acq_reader *writer = &file->reader;
	struct acq_run *run;
	u64 pos, bytes;
	int ret;

	do {
		ret = write_attach(file, waits, number);
		if (ret)
			return ret;
		run = acq_reader_run(writer);
		pos = READ_ONCE(run->ring.meta->accepted);
		bytes = commit->bytes;
		ret = acq_writer_commit(writer, commit, number);
		*enough = commit->room >= acq_reader_threshold(writer, run);
		trace_acq_write(writer->id, pos, bytes, ret ?: commit->bytes);
		if (!ret && commit->bytes) {
			writer->stats.bytes += commit->bytes;
			writer->stats.reads++;
		}
		if (!ret && acq_writer_starts(writer))
			acq_output_play(file->stream, run);
		acq_reader_unlock(writer);
		/* The run has finished, and what was filled there belongs to no other. */
	} while (ret == -ENODATA);
	return ret;
}

/**
 * acq_write_commit() - ACQ_IOC_COMMIT
 * @file: the file, of a writer
 * @filp: as well
 * @arg: struct acq_commit
 *
 * Context: sleeps.
 * Return: 0 or a negative errno, as acq_write_iter() and acq_writer_commit().
 */
long acq_write_commit(struct acq_file *file, const struct file *filp, void __user *arg)
{
	struct acq_reader *writer = &file->reader;
	bool waits = !(filp->f_flags & O_NONBLOCK);
	struct acq_commit commit;
	ktime_t timeout;
	bool enough;
	u64 taken;
	int ret;

	if (copy_from_user(&commit, arg, sizeof(commit)))
		return -EFAULT;
	if (commit.flags & ~ACQ_COMMIT_WAIT || commit.reserved0 ||
	    memchr_inv(commit.reserved, 0, sizeof(commit.reserved)))
		return -EINVAL;
	timeout = min_t(u64, commit.timeout_ns, KTIME_MAX);
	ret = write_try_commit(file, &commit, waits, 0, &enough);
	if (ret)
		return ret;
	if (commit.flags && waits && !enough) {
		/* A signal ends the wait; what has been taken is told. */
		acq_reader_wait(writer, 0, timeout == KTIME_MAX ? NULL : &timeout);
		taken = commit.bytes;
		commit.bytes = 0;
		commit.room = 0;
		/* Where the run has ended, the next call tells. */
		ret = write_try_commit(file, &commit, waits, taken ? commit.run : 0,
				       &enough);
		if (ret && !taken)
			return ret;
		commit.bytes = taken;
	}
	return copy_to_user(arg, &commit, sizeof(commit)) ? -EFAULT : 0;
}

/*
 * Has the writer, whose lock is held, no run that goes on? In one that another thread has
 * begun by now, the begin of a frame is of that.
 */
static bool write_is_over(const struct acq_reader *writer)
{
	const struct acq_run *run = acq_reader_run(writer);

	return !run || acq_run_end(run);
}

static bool write_is_writer(const struct acq_file *file)
{
	return READ_ONCE(file->stream->writer) == &file->reader;
}

/* Nothing completes the last frame any more. Returns why that is to be told, or 0. */
static int write_end_frame(struct acq_file *file)
{
	int ret = acq_writer_end_frame(&file->reader);

	if (ret)
		dev_notice_ratelimited(file->stream->dev,
				       "%s: what was written ends amid a frame: the begin of that is not played\n",
				       file->stream->name);
	return ret;
}

/**
 * acq_write_end() - ACQ_IOC_STOP and ACQ_IOC_DROP of an output
 * @file: the file, which need not be the writer's
 * @drop: what has not been played will not be
 *
 * Context: sleeps; killable.
 * Return: as acq_output_drop() or, for the writer, acq_write_fsync().
 */
int acq_write_end(struct acq_file *file, bool drop)
{
	int ret = drop ? acq_output_drop(file->stream) : acq_output_drain(file->stream);
	int frame = 0;

	/* Who holds the lock writes: that is for the next run. */
	if (write_is_writer(file) && mutex_trylock(&file->reader.lock)) {
		if (write_is_over(&file->reader)) {
			frame = drop ? 0 : write_end_frame(file);
			file->reader.begun = 0;
		}
		acq_reader_unlock(&file->reader);
	}
	return ret ?: frame;
}

/**
 * acq_write_fsync() - play all that has been written, then end the run
 * @filp: the file
 * @start: of no meaning
 * @end: as well
 * @datasync: as well
 *
 * Context: sleeps; killable.
 * Return: 0, also for who has not written; -EPIPE: an underrun that has not been asked
 * for; -EBADMSG: the last frame was not complete, and has not been played; or why others
 * have not been, see acq_output_drain().
 */
int acq_write_fsync(struct file *filp, loff_t start, loff_t end, int datasync)
{
	struct acq_file *file = filp->private_data;
	int ret, frame = 0;

	if (!write_is_writer(file))
		return 0;
	ret = acq_output_drain(file->stream);
	guard(acq_reader)(&file->reader);
	/* What comes next begins one, whatever is told. */
	if (write_is_over(&file->reader))
		frame = write_end_frame(file);
	return ret ?: acq_writer_check(&file->reader) ?: frame;
}

/**
 * acq_write_flush() - a descriptor is closed: with the last one, play all that was written
 * @filp: the file
 * @id: of no meaning
 *
 * A run that ACQ_IOC_START began goes on without its writer.
 *
 * Context: sleeps; killable.
 * Return: what close() returns; as acq_write_fsync().
 */
int acq_write_flush(struct file *filp, fl_owner_t id)
{
	struct acq_file *file = filp->private_data;

	if (file_count(filp) > 1 || !write_is_writer(file))
		return 0;
	if (!READ_ONCE(file->stream->explicit))
		return acq_write_fsync(filp, 0, LLONG_MAX, 0);
	guard(acq_reader)(&file->reader);
	return write_end_frame(file);
}
