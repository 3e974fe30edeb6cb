// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls of a stream's node: everything but reading. See file.h.
 */
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/poll.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "../core/attach.h"
#include "../core/config.h"
#include "../core/filter.h"
#include "../core/link.h"
#include "../core/read.h"
#include "../core/run.h"
#include "../core/stream.h"
#include "../core/writer.h"
#include "dmabuf.h"
#include "file.h"
#include "ioctl.h"
#include "write.h"

static u64 ioctl_index(const struct acq_reader *reader, const struct acq_run *run)
{
	return reader->cur.index == ACQ_INDEX_BEGIN ? READ_ONCE(run->ring.meta->base_index) :
						      reader->cur.index;
}

static long ioctl_get_status(struct acq_file *file, void __user *arg)
{
	struct acq_reader *reader = &file->reader;
	struct acq_status status = {};
	struct acq_run *run;

	acq_stream_status(file->stream, &status, true);
	scoped_guard(acq_reader, reader) {
		run = acq_reader_run(reader);
		if (run) {
			status.flags |= ACQ_STATUS_ATTACHED;
			status.position = reader->writes ? READ_ONCE(run->ring.meta->accepted) :
							   reader->cur.pos - reader->part;
			status.index = ioctl_index(reader, run) - !!reader->part;
			if (acq_read_gap_next(reader))
				status.flags |= ACQ_STATUS_GAP;
			if (reader->cur.eop && !reader->part)
				status.flags |= ACQ_STATUS_EOP;
		}
	}
	return copy_to_user(arg, &status, sizeof(status)) ? -EFAULT : 0;
}

static long ioctl_get_gap(struct acq_file *file, void __user *arg)
{
	struct acq_gap gap;

	scoped_guard(acq_reader, &file->reader) {
		if (file->reader.writes)
			acq_writer_refresh(&file->reader);
		acq_read_gap(&file->reader, &gap);
	}
	if (copy_to_user(arg, &gap, sizeof(gap)))
		return -EFAULT;
	scoped_guard(acq_reader, &file->reader)
		acq_read_gap_known(&file->reader, &gap);
	return 0;
}

static long ioctl_get_reader(struct acq_file *file, void __user *arg)
{
	struct acq_reader_config config = {};

	scoped_guard(acq_reader, &file->reader) {
		config.flags = file->reader.flags;
		config.watermark = file->reader.watermark;
		config.flush_us = file->reader.flush_us;
		config.start_bytes = file->reader.start_bytes;
	}
	return copy_to_user(arg, &config, sizeof(config)) ? -EFAULT : 0;
}

#define READER_FLAGS	(ACQ_READER_MONITOR | ACQ_READER_OLDEST | ACQ_READER_PACKETS | \
			 ACQ_READER_GAP_ONCE)

static long ioctl_set_reader(struct acq_file *file, const void __user *arg)
{
	struct acq_reader_config config;

	if (copy_from_user(&config, arg, sizeof(config)))
		return -EFAULT;
	if (config.flags & ~READER_FLAGS ||
	    memchr_inv(config.reserved, 0, sizeof(config.reserved)))
		return -EINVAL;
	if (config.start_bytes && !file->reader.writes)
		return -EINVAL;
	if (acq_stream_is_output(file->stream) && !!(config.flags & ACQ_READER_MONITOR) ==
						   file->reader.writes)
		return -EINVAL;
	/* Of a card without packets none would ever end. */
	if (config.flags & ACQ_READER_PACKETS && !(file->stream->info.caps & ACQ_CAP_PACKETS))
		return -EINVAL;

	scoped_guard(acq_reader, &file->reader) {
		/* What a reader gets is settled when it begins; how it learns of gaps is not. */
		if (acq_reader_run(&file->reader) &&
		    (config.flags ^ file->reader.flags) & ~ACQ_READER_GAP_ONCE)
			return -EBUSY;
		WRITE_ONCE(file->reader.flags, config.flags);
		WRITE_ONCE(file->reader.watermark, config.watermark);
		WRITE_ONCE(file->reader.flush_us, config.flush_us);
		WRITE_ONCE(file->reader.start_bytes, config.start_bytes);
	}
	/* With a lower watermark there may be enough now, or sooner than by an interrupt. */
	if (!(config.flags & ACQ_READER_MONITOR))
		acq_reader_poke(&file->reader);
	wake_up_interruptible(&file->reader.wait);
	return 0;
}

static long ioctl_get_stats(struct acq_file *file, void __user *arg)
{
	struct acq_reader_stats stats;
	struct acq_run *run;

	scoped_guard(acq_reader, &file->reader) {
		/* Who wakes it, and its timer, count without this lock. */
		stats = data_race(file->reader.stats);
		stats.gaps = file->reader.gap.count;
		run = acq_reader_run(&file->reader);
		if (run)
			stats.behind = READ_ONCE(run->ring.meta->head) - file->reader.cur.pos +
				       file->reader.part;
	}
	return copy_to_user(arg, &stats, sizeof(stats)) ? -EFAULT : 0;
}

/*
 * Make the file a reader, or the writer. Who reads an output may have to wait for its writer,
 * which is taken off @timeout. Locked if this returns 0.
 */
static int ioctl_attach(struct acq_file *file, const struct file *filp, ktime_t *timeout)
{
	struct acq_reader *reader = &file->reader;
	ktime_t begin = ktime_get();
	int ret;

	if (!acq_stream_is_output(file->stream) || reader->writes)
		return acq_attach(file->stream, reader, false);
	if (filp->f_flags & O_NONBLOCK)
		return acq_attach_nowait(file->stream, reader);
	for (;;) {
		if (mutex_lock_killable(&reader->lock))
			return -ERESTARTSYS;
		ret = acq_attach_next(file->stream, reader);
		/* One that has been told the end of a run is told it again. */
		if (!ret || acq_reader_run(reader))
			return 0;
		acq_reader_unlock(reader);
		if (ret != -EAGAIN || !*timeout)
			return ret;
		ret = acq_attach_await(file->stream, reader, *timeout);
		if (ret)
			return ret;
		if (*timeout != KTIME_MAX)
			*timeout = max(*timeout - (ktime_get() - begin), 0);
	}
}

static long ioctl_get_map(struct acq_file *file, const struct file *filp, void __user *arg)
{
	ktime_t timeout = KTIME_MAX;
	struct acq_map map = {};
	struct acq_run *run;
	int ret;

	ret = ioctl_attach(file, filp, &timeout);
	if (ret)
		return ret;
	run = acq_reader_run(&file->reader);
	map.run = run->number;
	map.bytes = acq_run_map_bytes(run);
	map.data_offset = run->shared_bytes;
	map.data_bytes = run->config.ring_bytes;
	acq_reader_unlock(&file->reader);
	return copy_to_user(arg, &map, sizeof(map)) ? -EFAULT : 0;
}

/* What a mapped reader gets to know */
static void ioctl_tell_place(const struct acq_reader *reader, struct acq_advance *advance)
{
	const struct acq_run *run = acq_reader_run(reader);

	lockdep_assert_held(&reader->lock);
	advance->run = run->number;
	advance->position = reader->cur.pos;
	advance->index = ioctl_index(reader, run);
	advance->block = reader->cur.seq;
	advance->offset = reader->cur.off;
	advance->gaps = reader->gap.count;
}

/* Attach, advance to @advance->position if that is of this run. Locked if not negative. */
static int ioctl_attach_advance(struct acq_file *file, const struct file *filp,
				struct acq_advance *advance, ktime_t *timeout)
{
	struct acq_reader *reader = &file->reader;
	int ret = ioctl_attach(file, filp, timeout);

	if (ret)
		return ret;
	ret = acq_read_advance(reader, advance->run == acq_reader_run(reader)->number ?
			       advance->position : 0, &advance->head);
	if (ret < 0)
		acq_reader_unlock(reader);
	return ret;
}

static long ioctl_advance(struct acq_file *file, struct file *filp, void __user *arg)
{
	struct acq_reader *reader = &file->reader;
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
	timeout = wait ? min_t(u64, advance.timeout_ns, KTIME_MAX) : 0;
	advance.flags = 0;

	gaps = ioctl_attach_advance(file, filp, &advance, &timeout);
	if (gaps < 0)
		return gaps;
	/* A gap that has been met is worth telling before any wait. */
	if (wait && !gaps && !acq_read_settled(reader, advance.head)) {
		acq_reader_unlock(reader);
		ret = acq_reader_wait(reader, 0, timeout == KTIME_MAX ? NULL : &timeout);
		if (ret && ret != -ETIME)
			return ret;
		/* The same run: only what has been told its end leaves one. */
		advance.position = 0;
		gaps = ioctl_attach_advance(file, filp, &advance, &timeout);
		if (gaps < 0)
			return gaps;
	}

	ret = acq_read_end(reader);
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
	ioctl_tell_place(reader, &advance);
	acq_reader_unlock(reader);
	if (!copy_to_user(arg, &advance, sizeof(advance)))
		return ret;
	if (gaps > 0) {
		scoped_guard(acq_reader, reader)
			acq_read_gap_again(reader);
	}
	return -EFAULT;
}

static long ioctl_export(struct acq_file *file, void __user *arg)
{
	struct acq_export export;
	struct acq_run *run;
	int ret;

	if (copy_from_user(&export, arg, sizeof(export)))
		return -EFAULT;
	if (export.flags & ~O_CLOEXEC || export.reserved)
		return -EINVAL;
	scoped_guard(acq_reader, &file->reader) {
		run = acq_reader_run(&file->reader);
		if (run)
			acq_run_get(run);
	}
	if (!run)
		return -ENODATA;
	ret = acq_dmabuf_export(run, &export, arg);
	acq_run_put(run);
	return ret;
}

static long ioctl_get_config(struct acq_file *file, void __user *arg)
{
	struct acq_config config;

	scoped_guard(mutex, &file->stream->life_lock)
		config = file->stream->config;
	return copy_to_user(arg, &config, sizeof(config)) ? -EFAULT : 0;
}

static long ioctl_put_config(struct acq_file *file, struct file *filp, void __user *arg, bool set)
{
	struct acq_stream *stream = file->stream;
	struct acq_config config;
	int ret;

	if (copy_from_user(&config, arg, sizeof(config)))
		return -EFAULT;
	ret = acq_config_check(&config);
	if (ret)
		return ret;
	/* Who may not configure does not have modules loaded either. */
	if (filp->f_mode & FMODE_WRITE)
		acq_filters_load(&config);

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

static bool ioctl_reads(const struct acq_file *file, const struct file *filp)
{
	return filp->f_mode & FMODE_READ && !file->reader.writes;
}

static struct acq_link_side ioctl_link_side(const struct file *filp)
{
	struct acq_file *file = filp->private_data;

	return (struct acq_link_side){
		.stream = file->stream,
		.reader = &file->reader,
		.reads = ioctl_reads(file, filp),
	};
}

static long ioctl_link_files(const struct file *filp, const struct file *other)
{
	struct acq_link_side one = ioctl_link_side(filp), two = ioctl_link_side(other);

	return acq_link_create(&one, &two);
}

static long ioctl_start(struct acq_file *file, struct file *filp)
{
	/* Who starts and reads gets the run from its first sample. */
	return acq_link_start(file->stream, ioctl_reads(file, filp) ? &file->reader : NULL);
}

static long ioctl_link(struct acq_file *file, const struct file *filp, const void __user *arg)
{
	struct acq_link_to to;
	struct file *other;
	long ret;

	if (copy_from_user(&to, arg, sizeof(to)))
		return -EFAULT;
	if (to.flags || memchr_inv(to.reserved, 0, sizeof(to.reserved)))
		return -EINVAL;
	if (to.fd == -1)
		return acq_link_leave(file->stream, &file->reader);
	other = fget(to.fd);
	if (!other)
		return -EBADF;
	if (other->f_op != &acq_file_ops && other->f_op != &acq_file_output_ops)
		ret = -EINVAL;
	else if (!(other->f_mode & FMODE_WRITE))
		ret = -EBADF;
	else
		ret = ioctl_link_files(filp, other);
	fput(other);
	return ret;
}

static long ioctl_stop(struct acq_file *file)
{
	if (acq_stream_is_output(file->stream))
		return acq_write_end(file, false);
	guard(mutex)(&file->stream->life_lock);
	return acq_stream_stop(file->stream);
}

static long ioctl_trigger(struct acq_file *file)
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
	bool reads = ioctl_reads(file, filp);

	switch (cmd) {
	case ACQ_IOC_INFO:
		return copy_to_user(argp, &file->stream->info, sizeof(struct acq_info)) ?
		       -EFAULT : 0;
	case ACQ_IOC_GET_CONFIG:
		return ioctl_get_config(file, argp);
	case ACQ_IOC_TRY_CONFIG:
		return ioctl_put_config(file, filp, argp, false);
	case ACQ_IOC_STATUS:
		return ioctl_get_status(file, argp);
	case ACQ_IOC_GAP:
		return ioctl_get_gap(file, argp);
	case ACQ_IOC_GET_READER:
		return ioctl_get_reader(file, argp);
	case ACQ_IOC_SET_READER:
		return ioctl_set_reader(file, argp);
	case ACQ_IOC_READER_STATS:
		return ioctl_get_stats(file, argp);
	case ACQ_IOC_MAP:
		return reads || file->reader.writes ? ioctl_get_map(file, filp, argp) : -EBADF;
	case ACQ_IOC_ADVANCE:
		return reads ? ioctl_advance(file, filp, argp) : -EBADF;
	case ACQ_IOC_COMMIT:
		return file->reader.writes ? acq_write_commit(file, filp, argp) : -EBADF;
	case ACQ_IOC_EXPORT:
		return reads ? ioctl_export(file, argp) : -EBADF;
	case ACQ_IOC_SET_CONFIG:
	case ACQ_IOC_START:
	case ACQ_IOC_STOP:
	case ACQ_IOC_TRIGGER:
	case ACQ_IOC_DROP:
	case ACQ_IOC_LINK:
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
		return ioctl_put_config(file, filp, argp, true);
	case ACQ_IOC_START:
		return ioctl_start(file, filp);
	case ACQ_IOC_STOP:
		return ioctl_stop(file);
	case ACQ_IOC_LINK:
		return ioctl_link(file, filp, argp);
	case ACQ_IOC_DROP:
		return acq_stream_is_output(file->stream) ? acq_write_end(file, true) : -ENOTTY;
	default:
		return ioctl_trigger(file);
	}
}
