// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a reader gets a run. See attach.h.
 *
 * Who may wait starts an idle stream itself. Who must not asks start_work, and is
 * woken when the run is there or could not be started.
 */
#include <linux/list.h>
#include <linux/sched/signal.h>
#include <linux/wait.h>

#include "attach.h"
#include "output.h"
#include "reader.h"
#include "stream.h"
#include "writer.h"

#define ATTACH_START	1

/**
 * acq_attach_begin() - read a run that has not begun, from its begin
 * @reader: the reader; leaves the run that it read
 * @run: the run
 *
 * A thread that reads with the same reader just now may sleep in a page fault for
 * as long as its program likes: it is not waited for, and joins by itself when it
 * has come to the end of what it reads.
 *
 * Context: stream's life_lock.
 */
void acq_attach_begin(struct acq_reader *reader, struct acq_run *run)
{
	if (!mutex_trylock(&reader->lock)) {
		WRITE_ONCE(reader->asked, run->number);
		return;
	}
	acq_reader_join(reader, run, ACQ_FROM_BEGIN);
	acq_reader_unlock(reader);
}

/**
 * acq_attach_follow() - read a run that has not begun, once all of the one before is read
 * @reader: the reader
 * @run: the run
 *
 * Where that is not now, acq_attach_next() has it join.
 *
 * Context: stream's life_lock.
 */
void acq_attach_follow(struct acq_reader *reader, struct acq_run *run)
{
	const struct acq_run *now;

	if (!mutex_trylock(&reader->lock)) {
		WRITE_ONCE(reader->asked, run->number);
		return;
	}
	now = acq_reader_run(reader);
	if (!now || reader->ended)
		acq_reader_join(reader, run, ACQ_FROM_BEGIN);
	else if (now != run)
		WRITE_ONCE(reader->asked, run->number);
	acq_reader_unlock(reader);
}

/**
 * acq_attach_undo() - undo acq_attach_begin(): the run cannot begin
 * @reader: the reader; reads no run afterwards
 * @run: the run, which has ended
 *
 * A thread that reads with the same reader just now finds by itself that it has failed.
 *
 * Context: stream's life_lock.
 */
void acq_attach_undo(struct acq_reader *reader, const struct acq_run *run)
{
	if (!mutex_trylock(&reader->lock))
		return;
	if (acq_reader_run(reader) == run)
		acq_reader_leave(reader);
	acq_reader_unlock(reader);
}

/**
 * acq_attach_begin_all() - who asked for a run reads it, before its card runs
 * @stream: the stream
 * @reader: somebody who starts it, or NULL
 * @run: the run, which has not begun
 *
 * Behind the start the first samples might be overwritten before a holder is in their way.
 * Those who asked are told when start_work answers them.
 *
 * Context: stream's life_lock.
 */
void acq_attach_begin_all(struct acq_stream *stream, struct acq_reader *reader,
			  struct acq_run *run)
{
	lockdep_assert_held(&stream->life_lock);
	if (reader)
		acq_attach_begin(reader, run);
	scoped_guard(spinlock, &stream->ask_lock)
		list_splice_tail_init(&stream->asking, &stream->answering);
	/* Whoever goes waits for life_lock: see acq_attach_forget(). */
	list_for_each_entry(reader, &stream->answering, ask)
		acq_attach_follow(reader, run);
}

/** acq_attach_undo_asked() - who asked for a run that cannot begin reads none; life_lock */
void acq_attach_undo_asked(struct acq_stream *stream, const struct acq_run *run)
{
	struct acq_reader *reader;

	lockdep_assert_held(&stream->life_lock);
	list_for_each_entry(reader, &stream->answering, ask)
		acq_attach_undo(reader, run);
}

/*
 * See to it that the writer, whose lock is held, has a run that it can fill. Returns as
 * attach_newest(), or -EBUSY: somebody else writes.
 */
static int attach_to_fill(struct acq_stream *stream, struct acq_reader *writer)
{
	struct acq_run *run = acq_reader_run(writer), *newest;
	bool usable;

	lockdep_assert_held(&writer->lock);
	if (run && !writer->ended && !acq_writer_done(writer))
		return 0;
	if (!acq_output_claim(stream, writer))
		return -EBUSY;
	newest = acq_stream_run(stream);
	usable = newest && newest != run && !acq_run_end(newest);
	if (usable) {
		/* Of one that ACQ_IOC_START has begun, what was before is not its own. */
		acq_reader_join(writer, newest, ACQ_FROM_NEWEST);
		WRITE_ONCE(writer->asked, 0);
		WRITE_ONCE(writer->start_error, 0);
	}
	if (newest)
		acq_run_put_later(newest);
	if (usable)
		return 0;
	return READ_ONCE(stream->gone) ? -ENODEV : ATTACH_START;
}

/* Where in the newest run does a reader begin that has none, or has had all of @run? */
static enum acq_from attach_from(const struct acq_reader *reader, const struct acq_run *run,
				 const struct acq_run *newest)
{
	u64 asked = READ_ONCE(reader->asked);

	/* Runs that it asked for, or that came after, it gets whole. */
	if (asked && newest->number >= asked)
		return ACQ_FROM_BEGIN;
	/* Whoever has read one run to its end wants what there is of the next. */
	return run || reader->flags & ACQ_READER_OLDEST ? ACQ_FROM_OLDEST : ACQ_FROM_NEWEST;
}

/*
 * See to it that the reader, whose lock is held, reads a run: the newest one if it
 * has none yet, or has been told the end of the one it had. Returns 0, ATTACH_START
 * if a run must be started first, or a negative errno.
 */
static int attach_newest(struct acq_stream *stream, struct acq_reader *reader)
{
	struct acq_run *run = acq_reader_run(reader), *newest;
	enum acq_from from;

	lockdep_assert_held(&reader->lock);
	if (reader->writes)
		return attach_to_fill(stream, reader);
	if (run && READ_ONCE(run->never)) {
		/* It joined before the start failed for want of memory. */
		acq_reader_leave(reader);
		run = NULL;
	}
	if (run && !reader->ended)
		return 0;

	newest = acq_stream_run(stream);
	from = newest ? attach_from(reader, run, newest) : ACQ_FROM_NEWEST;
	if (newest && newest != run && !READ_ONCE(newest->never) &&
	    (from != ACQ_FROM_NEWEST || !acq_run_end(newest))) {
		acq_reader_join(reader, newest, from);
		WRITE_ONCE(reader->asked, 0);
		WRITE_ONCE(reader->start_error, 0);
		run = newest;
	}
	if (newest)
		acq_run_put_later(newest);
	if (run)
		return 0;
	return READ_ONCE(stream->gone) ? -ENODEV : ATTACH_START;
}

/* Start an idle stream for a reader. Not with its lock. */
static int attach_start(struct acq_stream *stream, struct acq_reader *reader)
{
	struct acq_run *run;
	int ret;

	ret = acq_stream_wake(stream);
	if (ret)
		return ret;
	/* Not interruptible, as in acq_attach(). */
	if (mutex_lock_killable(&stream->life_lock)) {
		acq_stream_doze(stream);
		return -ERESTARTSYS;
	}
	run = acq_stream_run(stream);
	/* Someone else may have been faster: then attach_newest() finds that run. */
	if (run && !acq_run_end(run))
		ret = 0;
	else
		ret = acq_stream_start(stream, false, reader, NULL);
	if (run)
		acq_run_put(run);
	mutex_unlock(&stream->life_lock);
	acq_stream_doze(stream);
	return ret;
}

/** acq_attach_error() - why the start that it asked for failed; it is told once */
int acq_attach_error(struct acq_reader *reader)
{
	return xchg(&reader->start_error, 0);
}

/* An output is started by its writer alone. */
static bool attach_may_start(const struct acq_stream *stream, const struct acq_reader *reader)
{
	return !acq_stream_is_output(stream) || reader->writes;
}

/* Have a worker start the stream, at this task's expense; or wait until somebody does. */
static void attach_ask(struct acq_stream *stream, struct acq_reader *reader)
{
	bool start = attach_may_start(stream, reader);

	scoped_guard(spinlock, &stream->ask_lock) {
		/* It asks once for each answer. */
		if (!list_empty(&reader->ask) || READ_ONCE(reader->start_error))
			return;
		/* It may come back before start_work has come to it: that run is its own, too. */
		WRITE_ONCE(reader->asked, READ_ONCE(stream->producer.totals.runs) + 1);
		if (start && !stream->ask_charge)
			stream->ask_charge = acq_run_charge_get();
		list_add_tail(&reader->ask, &stream->asking);
	}
	/* A run that has begun, or a card that has gone, before it was in the list */
	smp_mb();
	if (start || READ_ONCE(stream->begun) || READ_ONCE(stream->gone))
		schedule_work(&stream->start_work);
}

/** acq_attach_answer_all() - who asked for a run learns that there is one, or never will be */
void acq_attach_answer_all(struct acq_stream *stream)
{
	/* Pairs with the barrier in attach_ask(). */
	smp_mb();
	if (!list_empty_careful(&stream->asking) || !list_empty_careful(&stream->answering))
		schedule_work(&stream->start_work);
}

static bool attach_answered(struct acq_stream *stream, struct acq_reader *reader)
{
	guard(spinlock)(&stream->ask_lock);
	return list_empty(&reader->ask);
}

/**
 * acq_attach_await() - wait until the writer of an output begins a run
 * @stream: the stream
 * @reader: who wants to read it, not with its lock
 * @timeout: longest wait; KTIME_MAX: no limit
 *
 * Context: sleeps.
 * Return: 0, -EAGAIN: not yet, -ERESTARTSYS, or why there will be none.
 */
int acq_attach_await(struct acq_stream *stream, struct acq_reader *reader, ktime_t timeout)
{
	int ret;

	attach_ask(stream, reader);
	ret = wait_event_interruptible_hrtimeout(reader->wait, attach_answered(stream, reader),
						 timeout);
	if (ret)
		return ret == -ETIME ? -EAGAIN : -ERESTARTSYS;
	return acq_attach_error(reader);
}

/** acq_attach_locked() - the rest of acq_attach(), with the lock held */
int acq_attach_locked(struct acq_stream *stream, struct acq_reader *reader)
{
	int ret;

	for (;;) {
		ret = attach_newest(stream, reader);
		if (!ret)
			return 0;
		acq_reader_unlock(reader);
		if (ret == ATTACH_START)
			ret = attach_may_start(stream, reader) ? attach_start(stream, reader) :
				acq_attach_await(stream, reader, KTIME_MAX);
		if (ret)
			return ret;
		if (mutex_lock_killable(&reader->lock))
			return -ERESTARTSYS;
	}
}

/**
 * acq_attach_nowait() - as acq_attach(), for who must not wait
 * @stream: the stream
 * @reader: the reader; its lock is held when this returns 0
 *
 * Starts an idle stream by a worker.
 *
 * Context: sleeps for nothing but a processor.
 * Return: 0; -EAGAIN: @reader->wait is woken when it is worth another try; or why
 * there is nothing to read.
 */
int acq_attach_nowait(struct acq_stream *stream, struct acq_reader *reader)
{
	int ret;

	if (!acq_reader_trylock(reader))
		return -EAGAIN;
	ret = attach_newest(stream, reader);
	if (!ret)
		return 0;
	acq_reader_unlock(reader);
	/* Without its lock, by which who starts has it join before the card runs. */
	if (ret == ATTACH_START) {
		ret = READ_ONCE(reader->start_error) ?: -EAGAIN;
		if (ret == -EAGAIN)
			attach_ask(stream, reader);
	}
	return ret;
}

/**
 * acq_attach_next() - read the newest run, if there is one to be read; starts none
 * @stream: the stream
 * @reader: the reader, with its lock held
 *
 * Return: 0; -EAGAIN: there is none, but for one that it has read to its end; -ENODEV: and
 * none will come.
 */
int acq_attach_next(struct acq_stream *stream, struct acq_reader *reader)
{
	int ret = attach_newest(stream, reader);

	if (!ret && !reader->ended)
		return 0;
	return READ_ONCE(stream->gone) ? -ENODEV : -EAGAIN;
}

/**
 * acq_attach_done() - it has had all of its run, and gets the next one from its begin
 * @reader: the reader, with its lock held; reads no run afterwards
 *
 * For one that keeps no ring that is of no use to it any more.
 */
void acq_attach_done(struct acq_reader *reader)
{
	WRITE_ONCE(reader->asked, acq_reader_run(reader)->number + 1);
	/* The oldest sample would be that of the run that it has had. */
	WRITE_ONCE(reader->flags, reader->flags & ~ACQ_READER_OLDEST);
	acq_reader_leave(reader);
}

/* Does it wait on, for the writer of an output to begin a run? */
static bool attach_waits_on(struct acq_stream *stream, const struct acq_reader *reader, int error)
{
	struct acq_run *run;
	bool waits;

	if (attach_may_start(stream, reader) || READ_ONCE(stream->gone))
		return false;
	run = acq_stream_run(stream);
	waits = error || !run || run->number < READ_ONCE(reader->asked);
	if (run)
		acq_run_put(run);
	return waits;
}

/* One of those who asked: it joins, or learns that it cannot; and it is woken. */
static void attach_answer(struct acq_stream *stream, struct acq_reader *reader, int error)
{
	struct acq_run *run = acq_stream_run(stream);

	scoped_guard(spinlock, &stream->ask_lock) {
		list_del_init(&reader->ask);
		if (error)
			WRITE_ONCE(reader->start_error, error);
	}
	if (!error && run && !rcu_access_pointer(reader->run))
		acq_attach_begin(reader, run);
	if (run)
		acq_run_put(run);
	/* Without events: io_uring takes what a wake-up says for true, else it looks. */
	wake_up_interruptible(&reader->wait);
}

static void attach_start_work(struct work_struct *work)
{
	struct acq_stream *stream = container_of(work, struct acq_stream, start_work);
	struct acq_reader *reader;
	struct mem_cgroup *charge;
	struct acq_run *run;
	int woken = acq_stream_wake(stream), ret = woken;
	bool start = false;

	/* Whoever goes waits for this lock before it goes: see acq_attach_forget(). */
	mutex_lock(&stream->life_lock);
	scoped_guard(spinlock, &stream->ask_lock) {
		list_splice_tail_init(&stream->asking, &stream->answering);
		charge = stream->ask_charge;
		stream->ask_charge = NULL;
	}
	run = acq_stream_run(stream);
	/* Not for one that has got the run for which it asked */
	list_for_each_entry(reader, &stream->answering, ask)
		start |= attach_may_start(stream, reader) &&
			 (!run || run->number < READ_ONCE(reader->asked));
	/* A run that goes on already is the one that was asked for. */
	if (!ret && start && (!run || acq_run_end(run)))
		ret = acq_stream_start(stream, false, NULL, charge);
	if (run)
		acq_run_put(run);
	acq_run_charge_put(charge);
	while ((reader = list_first_entry_or_null(&stream->answering, struct acq_reader, ask))) {
		if (attach_waits_on(stream, reader, ret)) {
			guard(spinlock)(&stream->ask_lock);
			list_move_tail(&reader->ask, &stream->asking);
		} else {
			attach_answer(stream, reader, ret);
		}
	}
	mutex_unlock(&stream->life_lock);
	if (!woken)
		acq_stream_doze(stream);
}

/**
 * acq_attach_forget() - a reader goes: nothing is started for it any more
 * @stream: the stream
 * @reader: the reader
 *
 * Context: sleeps.
 */
void acq_attach_forget(struct acq_stream *stream, struct acq_reader *reader)
{
	struct mem_cgroup *charge = NULL;

	guard(mutex)(&stream->life_lock);
	scoped_guard(spinlock, &stream->ask_lock) {
		list_del_init(&reader->ask);
		/* Nobody is left who pays. */
		if (list_empty(&stream->asking))
			swap(charge, stream->ask_charge);
	}
	acq_run_charge_put(charge);
}

/** acq_attach_init() - nobody has asked yet */
void acq_attach_init(struct acq_stream *stream)
{
	spin_lock_init(&stream->ask_lock);
	INIT_LIST_HEAD(&stream->asking);
	INIT_LIST_HEAD(&stream->answering);
	INIT_WORK(&stream->start_work, attach_start_work);
}
