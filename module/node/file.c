// SPDX-License-Identifier: GPL-2.0-only
/* File operations of a stream's node. See file.h. */
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "../compat.h"
#include "../core/attach.h"
#include "../core/link.h"
#include "../core/output.h"
#include "../core/read.h"
#include "../core/run.h"
#include "../core/stream.h"
#include "../core/trace.h"
#include "file.h"
#include "ioctl.h"
#include "map.h"
#include "node.h"
#include "write.h"

/* How a call reads */
struct file_read {
	bool nonblock;	/* O_NONBLOCK: any whole frame */
	bool nowait;	/* RWF_NOWAIT, io_uring: the watermark counts, but nothing waits */
	u32 need;	/* bytes that are worth it */
	bool eager;	/* less than the watermark */
};

/* How much ends the wait of a read of @count bytes? */
static void file_settle_need(const struct acq_reader *reader, struct file_read *how, size_t count)
{
	const struct acq_run *run = acq_reader_run(reader);
	u32 frame = run->ring.frame, threshold = acq_reader_threshold(reader, run);

	if (count >= frame)
		count -= count % frame;
	how->need = clamp_t(size_t, count, frame, threshold);
	if (how->nonblock && !(reader->flags & ACQ_READER_PACKETS))
		how->need = frame;
	how->eager = how->need < threshold;
}

/* One try, with the reader's lock held. Counts, and says whether to wait for more. */
static ssize_t file_try(struct acq_reader *reader, struct file_read *how, struct iov_iter *to,
			bool *wait)
{
	size_t count = iov_iter_count(to);
	u64 pos = reader->cur.pos;
	ssize_t ret;

	file_settle_need(reader, how, count);
	ret = acq_read(reader, to, how->need);
	trace_acq_read(reader->id, pos, count, ret);
	*wait = false;
	if (likely(ret > 0)) {
		reader->stats.bytes += ret;
		reader->stats.reads++;
		how->eager = false;
		return ret;
	}
	*wait = ret == -EAGAIN && !how->nonblock && !how->nowait;
	reader->stats.waits += *wait;
	reader->stats.empty += ret == -EAGAIN && !*wait;
	how->eager &= *wait;
	if (how->eager)
		acq_reader_be_eager(reader, how->need);
	return ret;
}

/**
 * acq_file_attach() - make the file a reader, or the writer of an output
 * @file: the file
 * @waits: the call may wait
 *
 * Context: sleeps, unless it must not wait.
 * Return: 0 with the reader's lock held, or as acq_attach() or acq_attach_nowait().
 */
int acq_file_attach(struct acq_file *file, bool waits)
{
	int ret;

	if (waits) {
		/* A start that failed meanwhile is tried again. */
		if (unlikely(READ_ONCE(file->reader.start_error)))
			acq_attach_error(&file->reader);
		return acq_attach(file->stream, &file->reader, true);
	}
	ret = acq_attach_nowait(file->stream, &file->reader);
	if (ret && ret != -EAGAIN)
		acq_attach_error(&file->reader);
	return ret;
}

static ssize_t file_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct acq_file *file = iocb->ki_filp->private_data;
	struct acq_reader *reader = &file->reader;
	struct file_read how = {
		.nonblock = iocb->ki_filp->f_flags & O_NONBLOCK,
		.nowait = iocb->ki_flags & IOCB_NOWAIT,
	};
	ssize_t ret;
	bool wait;

	/* What it writes to the ring is not there to be read before it has been played. */
	if (reader->writes)
		return -EBADF;
	if (!iov_iter_count(to))
		return 0;
	for (;;) {
		ret = acq_file_attach(file, !how.nowait && !how.nonblock);
		if (ret)
			return ret;
		ret = file_try(reader, &how, to, &wait);
		acq_reader_unlock(reader);
		if (!wait)
			return ret;
		ret = acq_reader_wait(reader, how.need, NULL);
		atomic_sub(how.eager, &reader->eager);
		if (ret)
			return ret;
	}
}

static __poll_t file_poll(struct file *filp, poll_table *wait)
{
	struct acq_file *file = filp->private_data;
	__poll_t broken = EPOLLHUP | EPOLLERR;
	__poll_t mask;
	int ret;

	if (!(filp->f_mode & FMODE_READ) && !file->reader.writes) {
		poll_wait(filp, &file->node->gone_wait, wait);
		return READ_ONCE(file->stream->gone) ? EPOLLERR | EPOLLHUP : 0;
	}
	poll_wait(filp, &file->reader.wait, wait);
	ret = acq_attach_nowait(file->stream, &file->reader);
	if (ret == -EAGAIN)
		return 0;
	/* The call that follows says why. */
	if (ret)
		return broken | acq_reader_ready_events(&file->reader);
	mask = acq_reader_events(&file->reader);
	acq_reader_unlock(&file->reader);
	return mask;
}

static int file_mmap(struct file *filp, struct vm_area_struct *vma)
{
	struct acq_file *file = filp->private_data;
	struct acq_run *run;
	int ret;

	/* mmap_lock is held, which a reader may wait for with its own lock. */
	scoped_guard(rcu)
		run = acq_run_get_rcu(rcu_dereference(file->reader.run));
	if (!run)
		return -ENODATA;
	ret = acq_map_run(run, vma, vma->vm_pgoff, file->reader.writes);
	acq_run_put(run);
	return ret;
}

static int file_open(struct inode *inode, struct file *filp)
{
	struct acq_node *node = container_of(filp->private_data, struct acq_node, misc);
	struct acq_file *file;
	int ret;

	file = kzalloc(sizeof(*file), GFP_KERNEL_ACCOUNT);
	if (!file)
		return -ENOMEM;
	/* misc_open() keeps the node, and by it the stream, until we have this. */
	ret = acq_stream_open(node->stream);
	if (ret) {
		kfree(file);
		return ret;
	}
	file->stream = node->stream;
	file->node = node;
	acq_reader_init(&file->reader, &node->stream->producer.turn_work, node->stream->id);
	file->reader.writes = acq_stream_is_output(node->stream) && filp->f_mode & FMODE_WRITE;
	/* What has been played is kept for nobody. */
	if (acq_stream_is_output(node->stream) && !file->reader.writes)
		file->reader.flags = ACQ_READER_MONITOR;
	scoped_guard(spinlock, &node->files_lock)
		list_add_tail(&file->node_list, &node->files);

	filp->private_data = file;
	/* acq_read() waits for nothing: asynchronous readers need no thread. */
	filp->f_mode |= FMODE_NOWAIT;
	ret = stream_open(inode, filp);
	/* There is nowhere to seek to, but who must name an offset may read. */
	filp->f_mode |= FMODE_PREAD;
	return ret;
}

static int file_release(struct inode *inode, struct file *filp)
{
	struct acq_file *file = filp->private_data;
	struct acq_reader *reader = &file->reader;

	acq_link_leave(file->stream, reader);
	acq_attach_forget(file->stream, reader);
	acq_reader_quit(reader);
	acq_output_release(file->stream, reader);
	scoped_guard(spinlock, &file->node->files_lock)
		list_del(&file->node_list);
	acq_stream_close(file->stream);
	kfree(file);
	return 0;
}

const struct file_operations acq_file_ops = {
	.owner		= THIS_MODULE,
	.open		= file_open,
	.release	= file_release,
	.read_iter	= file_read_iter,
	.splice_read	= copy_splice_read,
	.poll		= file_poll,
	.mmap		= file_mmap,
	.unlocked_ioctl	= acq_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
};

/* Of an output: who opens it to write plays, who opens it to read sees what is played. */
const struct file_operations acq_file_output_ops = {
	.owner		= THIS_MODULE,
	.open		= file_open,
	.release	= file_release,
	.read_iter	= file_read_iter,
	.write_iter	= acq_write_iter,
	.flush		= acq_write_flush,
	.fsync		= acq_write_fsync,
	.splice_read	= copy_splice_read,
	.splice_write	= iter_file_splice_write,
	.poll		= file_poll,
	.mmap		= file_mmap,
	.unlocked_ioctl	= acq_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
};
