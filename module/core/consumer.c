// SPDX-License-Identifier: GPL-2.0-only
/*
 * Consumers. See consumer.h.
 *
 * A consumer sleeps in its reader's wait queue as a poller does: what would wake that
 * queues a work, which goes through what is there. Nobody but this work, of which one
 * runs at a time, moves its reader, so the reader's lock need not be held while the
 * consumer looks at samples.
 */
#include <linux/acq_consumer.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "attach.h"
#include "consumer.h"
#include "read.h"
#include "reader.h"
#include "stream.h"

#define CONSUMER_FLAGS	(ACQ_CONSUMER_MONITOR | ACQ_CONSUMER_OLDEST | ACQ_CONSUMER_PASSIVE)

/* Calls in a row, before others, a sleep of the machine or the end of the module get a turn */
#define CONSUMER_CALLS	64

/**
 * struct acq_consumer - a module that consumes a stream
 * @ops: what it is told
 * @private: its own
 * @passive: it starts nothing, and keeps nothing going
 * @stream: referenced, until it has left
 * @node: in the stream's list of consumers; stream's life_lock
 * @reader: what it reads by
 * @wait: its place in the reader's wait queue
 * @work: goes through what is there
 * @leaving: no further call is to begin
 * @joined: it reads a run, or waits for one: calls may begin
 *
 * For @work:
 *
 * @left: it reads no more, and has no stream
 * @run: the run that it has been told of, and not the end of; referenced
 * @gaps: gaps of its reader that it has been told
 * @intact: it has been told that the piece was what it should be
 */
struct acq_consumer {
	const struct acq_consumer_ops *ops;
	void *private;
	bool passive;
	struct acq_stream *stream;
	struct list_head node;
	struct acq_reader reader;
	wait_queue_entry_t wait;
	struct work_struct work;
	bool leaving;
	bool joined;

	bool left;
	struct acq_run *run;
	u64 gaps;
	bool intact;
};

static struct workqueue_struct *consumer_wq;

/* Streams that can be joined, by name; comes before a stream's life_lock */
static DEFINE_MUTEX(consumer_lock);
static LIST_HEAD(consumer_streams);

int acq_consumers_init(void)
{
	/*
	 * As a program, a consumer stands still while the machine sleeps. Its priority and
	 * its processors are the administrator's matter: sysfs has them.
	 */
	consumer_wq = alloc_workqueue("acqdev-consumers", WQ_UNBOUND | WQ_FREEZABLE | WQ_SYSFS, 0);
	return consumer_wq ? 0 : -ENOMEM;
}

void acq_consumers_exit(void)
{
	destroy_workqueue(consumer_wq);
}

/** acq_consumers_add() - a stream can be joined; sleeps */
void acq_consumers_add(struct acq_stream *stream)
{
	guard(mutex)(&consumer_lock);
	list_add_tail(&stream->joinable, &consumer_streams);
}

/** acq_consumers_remove() - it cannot be joined any more; sleeps */
void acq_consumers_remove(struct acq_stream *stream)
{
	guard(mutex)(&consumer_lock);
	list_del_init(&stream->joinable);
}

/**
 * acq_consumers_begin() - those of a stream read a run that has not begun, from its begin
 * @stream: the stream
 * @run: the run
 *
 * Context: life_lock.
 */
void acq_consumers_begin(struct acq_stream *stream, struct acq_run *run)
{
	struct acq_consumer *consumer;

	lockdep_assert_held(&stream->life_lock);
	list_for_each_entry(consumer, &stream->consumers, node)
		acq_attach_follow(&consumer->reader, run);
}

/** acq_consumers_undo() - undo acq_consumers_begin(): the run cannot begin; life_lock */
void acq_consumers_undo(struct acq_stream *stream, const struct acq_run *run)
{
	struct acq_consumer *consumer;

	lockdep_assert_held(&stream->life_lock);
	list_for_each_entry(consumer, &stream->consumers, node)
		acq_attach_undo(&consumer->reader, run);
}

/** acq_consumers_wake() - a run has begun, or the card is gone: look for it; life_lock */
void acq_consumers_wake(struct acq_stream *stream)
{
	struct acq_consumer *consumer;

	lockdep_assert_held(&stream->life_lock);
	list_for_each_entry(consumer, &stream->consumers, node)
		wake_up_interruptible(&consumer->reader.wait);
}

/* Whoever wakes its reader; with the wait queue's lock */
static int consumer_wake(wait_queue_entry_t *wait, unsigned int mode, int flags, void *key)
{
	struct acq_consumer *consumer = container_of(wait, struct acq_consumer, wait);

	queue_work(consumer_wq, &consumer->work);
	return 1;
}

static void consumer_drop_run(struct acq_consumer *consumer)
{
	if (consumer->run)
		acq_run_put(consumer->run);
	consumer->run = NULL;
}

/* It reads no more, and what it held is the card's. Not with a lock. */
static void consumer_quit(struct acq_consumer *consumer)
{
	struct acq_stream *stream = consumer->stream;
	struct acq_reader *reader = &consumer->reader;

	if (consumer->left)
		return;
	consumer->left = true;
	remove_wait_queue(&reader->wait, &consumer->wait);
	scoped_guard(mutex, &stream->life_lock)
		list_del(&consumer->node);
	acq_attach_forget(stream, reader);
	acq_reader_quit(reader);
	consumer_drop_run(consumer);
	if (consumer->passive)
		acq_stream_put(stream);
	else
		acq_stream_close(stream);
}

/* The samples at its cursor: does it want more? */
static bool consumer_piece(struct acq_consumer *consumer, const struct acq_span *span)
{
	const struct acq_run *run = consumer->run;
	const struct acq_block *block = &run->ring.block[span->slot];
	struct acq_reader *reader = &consumer->reader;
	struct acq_cursor *cur = &reader->cur;
	struct acq_piece piece = {
		.samples = acq_run_addr(run, span->slot) + span->off,
		.bytes = span->bytes,
		.position = cur->pos,
		.index = cur->index,
		.consumer = consumer,
	};
	/* Pairs with the release in acq_ring_fill(). */
	u32 flags = smp_load_acquire(&block->flags);

	if (cur->eop)
		piece.flags |= ACQ_PIECE_BOP;
	if (flags & ACQ_BLOCK_EOP && READ_ONCE(block->bytes) == span->off + span->bytes &&
	    acq_cursor_valid(cur, &run->ring))
		piece.flags |= ACQ_PIECE_EOP;
	consumer->intact = false;
	if (consumer->ops->piece(consumer->private, &piece))
		return false;
	/*
	 * What was overwritten meanwhile is behind the next look: overtaken. But what
	 * it was told of counts for it, whatever has become of that since.
	 */
	scoped_guard(acq_reader, reader)
		acq_read_used(reader, span->bytes, consumer->intact);
	return true;
}

static void consumer_tell_gap(struct acq_consumer *consumer)
{
	const struct acq_gap *gap = &consumer->reader.gap;

	if (gap->count == consumer->gaps)
		return;
	consumer->gaps = gap->count;
	consumer->ops->gap(consumer->private, gap);
}

/* The run that it reads, if it is not the one that it has been told of, begins for it. */
static void consumer_tell_begin(struct acq_consumer *consumer, struct acq_run *run)
{
	if (run == consumer->run)
		return;
	consumer_drop_run(consumer);
	consumer->run = acq_run_get(run);
	if (consumer->ops->begin)
		consumer->ops->begin(consumer->private, run->number, &run->config);
}

/* It has had all of its run. Returns false if there is nothing more to come. */
static bool consumer_tell_end(struct acq_consumer *consumer, int error)
{
	u32 end = acq_run_end(consumer->run);

	consumer_drop_run(consumer);
	/* The card may have gone since it has read that the run has finished. */
	consumer->ops->end(consumer->private, end, end == ACQ_END_GONE ? -ENODEV : error);
	return end != ACQ_END_GONE;
}

/* What consumer_step() found */
enum consumer_step {
	CONSUMER_MORE,
	CONSUMER_WAIT,
	CONSUMER_OVER,
};

/* One call, if there is a reason for one */
static enum consumer_step consumer_step(struct acq_consumer *consumer)
{
	struct acq_reader *reader = &consumer->reader;
	struct acq_span span;
	struct acq_run *run;
	int ret;

	mutex_lock(&reader->lock);
	ret = acq_attach_next(consumer->stream, reader);
	if (ret) {
		acq_reader_unlock(reader);
		/* It was taken out of a run that could not begin. */
		if (consumer->run)
			return consumer_tell_end(consumer, -EIO) ? CONSUMER_MORE : CONSUMER_OVER;
		if (ret != -ENODEV)
			return CONSUMER_WAIT;
		consumer->ops->end(consumer->private, ACQ_END_GONE, ret);
		return CONSUMER_OVER;
	}
	run = acq_reader_run(reader);
	if (run != consumer->run) {
		/* Nobody but us has it leave a run that has not ended. */
		acq_run_get(run);
		acq_reader_unlock(reader);
		consumer_tell_begin(consumer, run);
		acq_run_put(run);
		return CONSUMER_MORE;
	}
	ret = acq_read_look(reader, &span);
	if (ret == -EAGAIN && acq_reader_events(reader))
		ret = -EINTR;
	/* Its ring is for the next run. In the same lock: it may be had join that. */
	if (reader->ended)
		acq_attach_done(reader);
	acq_reader_unlock(reader);

	if (ret > 0)
		return consumer_piece(consumer, &span) ? CONSUMER_MORE : CONSUMER_OVER;
	/* One behind the last sample is told by the end alone where that is a failure. */
	consumer_tell_gap(consumer);
	switch (ret) {
	case -EPIPE:
	case -EINTR:
		return CONSUMER_MORE;
	case -EAGAIN:
		return CONSUMER_WAIT;
	default:
		return consumer_tell_end(consumer, ret) ? CONSUMER_MORE : CONSUMER_OVER;
	}
}

static void consumer_work(struct work_struct *work)
{
	struct acq_consumer *consumer = container_of(work, struct acq_consumer, work);
	enum consumer_step step = CONSUMER_MORE;
	unsigned int calls;

	/* Woken by the run that acq_consumer_join() is about to read. Pairs with its release. */
	if (!smp_load_acquire(&consumer->joined))
		return;
	for (calls = 0; calls < CONSUMER_CALLS && step == CONSUMER_MORE; calls++) {
		if (READ_ONCE(consumer->leaving) || consumer->left)
			return;
		step = consumer_step(consumer);
		cond_resched();
	}
	if (step == CONSUMER_OVER)
		consumer_quit(consumer);
	else if (step == CONSUMER_MORE)
		queue_work(consumer_wq, &consumer->work);
}

static struct acq_stream *consumer_find_stream(const char *name)
{
	struct acq_stream *stream;

	lockdep_assert_held(&consumer_lock);
	list_for_each_entry(stream, &consumer_streams, joinable) {
		if (!strcmp(stream->name, name))
			return stream;
	}
	return NULL;
}

/*
 * The stream that it wants, with a reference; one more user, if it keeps it going. An output
 * is kept going by its writer alone, and what has been played is owed to nobody.
 */
static struct acq_stream *consumer_get_stream(const struct acq_consumer_spec *spec, u32 *flags)
{
	struct acq_stream *stream;
	int ret;

	guard(mutex)(&consumer_lock);
	/* What is in the list has not been removed: it has a reference still. */
	stream = consumer_find_stream(spec->stream);
	if (!stream)
		return ERR_PTR(-ENODEV);
	if (acq_stream_is_output(stream))
		*flags |= ACQ_CONSUMER_MONITOR | ACQ_CONSUMER_PASSIVE;
	if (*flags & ACQ_CONSUMER_PASSIVE)
		return acq_stream_get(stream);
	ret = acq_stream_open(stream);
	return ret ? ERR_PTR(ret) : stream;
}

static struct acq_consumer *consumer_create(const struct acq_consumer_spec *spec,
					    const struct acq_consumer_ops *ops, void *private)
{
	struct acq_consumer *consumer = kzalloc(sizeof(*consumer), GFP_KERNEL);
	struct acq_stream *stream;
	struct acq_reader *reader;
	u32 flags = spec->flags;

	if (!consumer)
		return ERR_PTR(-ENOMEM);
	stream = consumer_get_stream(spec, &flags);
	if (IS_ERR(stream)) {
		kfree(consumer);
		return ERR_CAST(stream);
	}
	consumer->ops = ops;
	consumer->private = private;
	consumer->passive = flags & ACQ_CONSUMER_PASSIVE;
	consumer->stream = stream;
	INIT_WORK(&consumer->work, consumer_work);

	reader = &consumer->reader;
	acq_reader_init(reader, &stream->producer.turn_work, stream->id);
	strscpy(reader->comm, spec->name, sizeof(reader->comm));
	reader->watermark = spec->watermark;
	reader->flush_us = spec->flush_us;
	if (flags & ACQ_CONSUMER_MONITOR)
		reader->flags |= ACQ_READER_MONITOR;
	if (flags & ACQ_CONSUMER_OLDEST)
		reader->flags |= ACQ_READER_OLDEST;

	init_waitqueue_func_entry(&consumer->wait, consumer_wake);
	add_wait_queue(&reader->wait, &consumer->wait);
	scoped_guard(mutex, &stream->life_lock)
		list_add_tail(&consumer->node, &stream->consumers);
	return consumer;
}

/**
 * acq_consumer_join() - consume a stream
 * @spec: what the consumer wants; copied
 * @ops: what it is told; stays until acq_consumer_leave()
 * @private: for @ops
 *
 * As a program that reads, it starts an idle stream, unless it is passive, and a run
 * that was not started by ACQ_IOC_START ends when the last one that keeps it going has
 * left. The memory of the ring is charged to the caller. Of a stream towards the card it
 * is a passive monitor, whatever its flags: it gets what has been played, and underruns as
 * gaps. Calls may come right before this returns.
 *
 * Context: sleeps.
 * Return: for acq_consumer_leave(), or an ERR_PTR(): -ENODEV: there is no such stream,
 * -EINVAL: unknown flags or a missing call, -EUSERS, or why the stream cannot be started.
 */
struct acq_consumer *acq_consumer_join(const struct acq_consumer_spec *spec,
				       const struct acq_consumer_ops *ops, void *private)
{
	struct acq_consumer *consumer;
	int ret = 0;

	/* Nobody is to join over a loss because it was of no interest to him. */
	if (spec->flags & ~CONSUMER_FLAGS || !spec->stream || !spec->name || !ops->piece ||
	    !ops->gap || !ops->end)
		return ERR_PTR(-EINVAL);
	consumer = consumer_create(spec, ops, private);
	if (IS_ERR(consumer))
		return consumer;
	if (!consumer->passive) {
		ret = acq_attach(consumer->stream, &consumer->reader, false);
		if (!ret)
			acq_reader_unlock(&consumer->reader);
	}
	if (ret) {
		acq_consumer_leave(consumer);
		return ERR_PTR(ret);
	}
	/* Pairs with the acquire in consumer_work(). */
	smp_store_release(&consumer->joined, true);
	queue_work(consumer_wq, &consumer->work);
	return consumer;
}
EXPORT_SYMBOL_GPL(acq_consumer_join);

/**
 * acq_consumer_leave() - consume no more
 * @consumer: from acq_consumer_join(), or NULL; freed
 *
 * When this returns, no call is under way and none comes any more: the consumer's module
 * may go. Not from one of its calls, which would wait for itself: @piece of struct
 * acq_consumer_ops ends it by what it returns.
 *
 * Context: sleeps, until a call that is under way has returned.
 */
void acq_consumer_leave(struct acq_consumer *consumer)
{
	if (!consumer || WARN_ON(current_work() == &consumer->work))
		return;
	WRITE_ONCE(consumer->leaving, true);
	cancel_work_sync(&consumer->work);
	/* Until it is out of the wait queue, it is queued again, but does nothing. */
	consumer_quit(consumer);
	cancel_work_sync(&consumer->work);
	kfree(consumer);
}
EXPORT_SYMBOL_GPL(acq_consumer_leave);

/**
 * acq_piece_intact() - are the samples of a piece still what they were?
 * @piece: what piece() got, before it returns
 *
 * For monitors, whose samples the card may overwrite while they are used: to be asked
 * behind the use, and before the result counts. If they are not, a gap follows that
 * begins with them.
 */
bool acq_piece_intact(const struct acq_piece *piece)
{
	struct acq_consumer *consumer = piece->consumer;

	consumer->intact = acq_cursor_valid(&consumer->reader.cur, &consumer->run->ring);
	return consumer->intact;
}
EXPORT_SYMBOL_GPL(acq_piece_intact);
