// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls of a stream's node: everything but reading. See file.h.
 */
#include <linux/fcntl.h>
#include <linux/poll.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "../core/config.h"
#include "dmabuf.h"
#include "file.h"
#include "ioctl.h"
#include "../core/stream.h"

static long get_status(struct acq_file *file, void __user *arg)
{
	struct acq_status status = {};
	struct acq_run *run;

	acq_stream_status(file->stream, &status);
	scoped_guard(mutex, &file->lock) {
		run = acq_file_run(file);
		if (run) {
			status.flags |= ACQ_STATUS_ATTACHED;
			status.position = file->cur.pos;
			status.index = file->cur.index == ACQ_INDEX_BEGIN ?
				       READ_ONCE(run->ring.meta->base_index) : file->cur.index;
			if (acq_file_gap_next(file))
				status.flags |= ACQ_STATUS_GAP;
			if (file->cur.eop)
				status.flags |= ACQ_STATUS_EOP;
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
		reader.flush_us = file->flush_us;
	}
	return copy_to_user(arg, &reader, sizeof(reader)) ? -EFAULT : 0;
}

static long set_reader(struct acq_file *file, const void __user *arg)
{
	struct acq_reader reader;

	if (copy_from_user(&reader, arg, sizeof(reader)))
		return -EFAULT;
	if (reader.flags & ~(ACQ_READER_MONITOR | ACQ_READER_OLDEST | ACQ_READER_PACKETS) ||
	    reader.reserved0 || memchr_inv(reader.reserved, 0, sizeof(reader.reserved)))
		return -EINVAL;
	/* Of a card without packets none would ever end. */
	if (reader.flags & ACQ_READER_PACKETS && !(file->stream->info.caps & ACQ_CAP_PACKETS))
		return -EINVAL;

	scoped_guard(mutex, &file->lock) {
		/* What a reader is owed is settled when it begins. */
		if (acq_file_run(file) && reader.flags != file->flags)
			return -EBUSY;
		file->flags = reader.flags;
		WRITE_ONCE(file->watermark, reader.watermark);
		WRITE_ONCE(file->flush_us, reader.flush_us);
	}
	/* With a lower watermark there may be enough now, or sooner than by an interrupt. */
	acq_stream_look(file->stream);
	wake_up_interruptible_poll(&file->wait, EPOLLIN | EPOLLRDNORM);
	return 0;
}

static long get_stats(struct acq_file *file, void __user *arg)
{
	struct acq_reader_stats stats;
	struct acq_run *run;

	scoped_guard(mutex, &file->lock) {
		stats = file->stats;
		stats.gaps = file->gap.count;
		run = acq_file_run(file);
		if (run)
			stats.behind = READ_ONCE(run->ring.meta->head) - file->cur.pos;
	}
	return copy_to_user(arg, &stats, sizeof(stats)) ? -EFAULT : 0;
}

static long get_map(struct acq_file *file, void __user *arg)
{
	struct acq_map map = {};
	struct acq_run *run;
	int ret;

	ret = acq_file_attach(file);
	if (ret)
		return ret;
	run = acq_file_run(file);
	map.run = run->number;
	map.bytes = acq_run_map_bytes(run);
	map.data_offset = run->shared_bytes;
	map.data_bytes = run->config.ring_bytes;
	mutex_unlock(&file->lock);
	return copy_to_user(arg, &map, sizeof(map)) ? -EFAULT : 0;
}

/* What a mapped reader gets to know; file->lock is held */
static void tell_place(const struct acq_file *file, struct acq_advance *advance)
{
	const struct acq_run *run = acq_file_run(file);

	lockdep_assert_held(&file->lock);
	advance->run = run->number;
	advance->position = file->cur.pos;
	advance->index = file->cur.index == ACQ_INDEX_BEGIN ? READ_ONCE(run->ring.meta->base_index) :
			 file->cur.index;
	advance->block = file->cur.seq;
	advance->offset = file->cur.off;
	advance->gaps = file->gap.count;
}

static long advance(struct acq_file *file, struct file *filp, void __user *arg)
{
	struct acq_advance advance;
	ktime_t timeout;
	int ret, gaps;
	bool wait;

	if (copy_from_user(&advance, arg, sizeof(advance)))
		return -EFAULT;
	if (advance.flags & ~ACQ_ADVANCE_WAIT ||
	    memchr_inv(advance.reserved, 0, sizeof(advance.reserved)))
		return -EINVAL;
	wait = advance.flags && !(filp->f_flags & O_NONBLOCK);
	timeout = min_t(u64, advance.timeout_ns, KTIME_MAX);
	advance.flags = 0;

	ret = acq_file_attach(file);
	if (ret)
		return ret;
	gaps = acq_file_advance(file, advance.run == acq_file_run(file)->number ?
				advance.position : 0, &advance.head);
	if (gaps < 0) {
		mutex_unlock(&file->lock);
		return gaps;
	}
	/* A gap that has been met is worth telling before any wait. */
	if (wait && !gaps && !acq_file_enough(file, advance.head)) {
		mutex_unlock(&file->lock);
		ret = acq_file_wait(file, timeout == KTIME_MAX ? NULL : &timeout);
		if (ret && ret != -ETIME)
			return ret;
		/* The same run: only what has been told its end leaves one. */
		ret = acq_file_attach(file);
		if (ret)
			return ret;
		gaps = acq_file_advance(file, 0, &advance.head);
	}

	ret = acq_file_end(file);
	if (ret == -EPIPE) {
		gaps++;
		ret = 0;
	} else if (!ret) {
		advance.flags |= ACQ_ADVANCE_END;
	} else if (ret == -EAGAIN) {
		ret = 0;
	}
	if (gaps > 0)
		advance.flags |= ACQ_ADVANCE_GAP;
	tell_place(file, &advance);
	mutex_unlock(&file->lock);
	return copy_to_user(arg, &advance, sizeof(advance)) ? -EFAULT : ret;
}

static long export(struct acq_file *file, void __user *arg)
{
	struct acq_export export;
	struct acq_run *run;
	int ret;

	if (copy_from_user(&export, arg, sizeof(export)))
		return -EFAULT;
	if (export.flags & ~O_CLOEXEC || export.reserved)
		return -EINVAL;
	scoped_guard(mutex, &file->lock) {
		run = acq_file_run(file);
		if (run)
			acq_run_get(run);
	}
	if (!run)
		return -ENODATA;
	ret = acq_dmabuf_export(run, &export, arg);
	acq_run_put(run);
	return ret;
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

/**
 * acq_ioctl() - all that is not reading
 * @filp: an open file of a stream's node
 * @cmd: ACQ_IOC_*
 * @arg: pointer to its structure
 *
 * Context: sleeps.
 * Return: 0 or a negative errno.
 */
long acq_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct acq_file *file = filp->private_data;
	void __user *argp = (void __user *)arg;
	bool reads = filp->f_mode & FMODE_READ;

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
	case ACQ_IOC_READER_STATS:
		return get_stats(file, argp);
	case ACQ_IOC_MAP:
		return reads ? get_map(file, argp) : -EBADF;
	case ACQ_IOC_ADVANCE:
		return reads ? advance(file, filp, argp) : -EBADF;
	case ACQ_IOC_EXPORT:
		return reads ? export(file, argp) : -EBADF;
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
