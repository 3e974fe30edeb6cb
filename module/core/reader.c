// SPDX-License-Identifier: GPL-2.0-only
/*
 * Readers: joining and leaving a run, waiting and waking. See reader.h; what they
 * take from the ring is in read.c.
 */
#include <linux/poll.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>

#include "../compat.h"
#include "reader.h"
#include "run.h"
#include "writer.h"

/**
 * acq_reader_trylock() - its lock for who must not wait
 * @reader: the reader
 *
 * A thread that has it may sit in a page fault for as long as its program likes.
 *
 * Return: true, or false: @reader->wait is woken when the lock is free.
 */
bool acq_reader_trylock(struct acq_reader *reader)
{
	if (mutex_trylock(&reader->lock))
		return true;
	WRITE_ONCE(reader->contended, true);
	/* Before the lock is tried again: one of both sides sees the other. */
	smp_mb();
	return mutex_trylock(&reader->lock);
}

/**
 * acq_reader_rouse() - have all that sleep look again
 * @reader: the reader
 *
 * For those who found it locked, and when a read has left a part of a frame or a gap
 * that stands: no other wake-up comes for that.
 */
void acq_reader_rouse(struct acq_reader *reader)
{
	WRITE_ONCE(reader->contended, false);
	/* Without events: who is woken looks by itself. */
	if (wq_has_sleeper(&reader->wait))
		wake_up_interruptible(&reader->wait);
}

/*
 * Who is told that it can read finds the lock free: else whoever has it wakes when it has
 * it no more. So one that joins a run is not woken by that run's first samples before
 * it has joined.
 */
static bool reader_is_locked(struct acq_reader *reader)
{
	if (!mutex_is_locked(&reader->lock))
		return false;
	WRITE_ONCE(reader->contended, true);
	/* Before the lock is looked at again: pairs with the barrier in acq_reader_unlock(). */
	smp_mb();
	return mutex_is_locked(&reader->lock);
}

/** acq_reader_poke() - what it wants has changed, or may be there sooner than by an interrupt */
void acq_reader_poke(struct acq_reader *reader)
{
	queue_work(system_highpri_wq, reader->service);
}

/* A monitor that waits is to be woken; it is in its wait queue already, if it will be. */
static void reader_watch(struct acq_reader *reader, struct acq_run *run)
{
	if (!(reader->flags & ACQ_READER_MONITOR))
		return;
	scoped_guard(spinlock, &run->watch_lock) {
		/* It may have left the run meanwhile: whoever leaves waits for this lock. */
		if (list_empty(&reader->watch) && rcu_access_pointer(reader->run) == run)
			list_add_tail(&reader->watch, &run->watching);
	}
	/* Before it looks at the head: pairs with the barrier in acq_readers_wake(). */
	smp_mb();
}

/** acq_reader_leave() - read no run any more; its lock is held */
void acq_reader_leave(struct acq_reader *reader)
{
	struct acq_run *run = rcu_replace_pointer(reader->run, NULL,
						  lockdep_is_held(&reader->lock));

	if (!run)
		return;
	scoped_guard(spinlock, &run->lock) {
		list_del(&reader->node);
		run->readers--;
	}
	scoped_guard(spinlock, &run->watch_lock)
		list_del_init(&reader->watch);
	/* Nobody arms it any more: who reads has the lock, and who wakes does not find it. */
	hrtimer_cancel(&reader->flush);
	acq_run_put_later(run);
}

/** acq_reader_quit() - as acq_reader_leave(), and what it held is free for the card; sleeps */
void acq_reader_quit(struct acq_reader *reader)
{
	struct acq_run *run;

	scoped_guard(mutex, &reader->lock) {
		run = acq_reader_run(reader);
		if (run)
			acq_run_get(run);
		acq_reader_leave(reader);
	}
	if (!run)
		return;
	acq_reader_freed(reader, run);
	acq_run_put(run);
}

/**
 * acq_reader_be_eager() - somebody is about to sleep who wants less than the watermark
 * @reader: the reader, with its lock held; whoever wakes lowers @reader->eager
 * @need: bytes that it wants
 */
void acq_reader_be_eager(struct acq_reader *reader, u32 need)
{
	lockdep_assert_held(&reader->lock);
	/* Of one who sleeps no more it wakes too often, at worst. */
	WRITE_ONCE(reader->eager_need, atomic_read(&reader->eager) ?
		   min(reader->eager_need, need) : need);
	atomic_inc(&reader->eager);
}

/* Does a frame that a writer has begun in @old, or in none, go on in @run? */
static bool reader_frame_goes_on(const struct acq_run *old, const struct acq_run *run)
{
	/* Behind what was drained, not behind what was dropped */
	return old && READ_ONCE(old->draining) && !acq_ring_dropped(&old->ring) &&
	       old->ring.frame == run->ring.frame && old->config.format == run->config.format &&
	       old->config.channel_mask == run->config.channel_mask;
}

/**
 * acq_reader_join() - begin to read a run
 * @reader: the reader, with its lock held; leaves the run that it read
 * @run: the run
 * @from: where in it
 */
void acq_reader_join(struct acq_reader *reader, struct acq_run *run, enum acq_from from)
{
	bool monitor = reader->flags & ACQ_READER_MONITOR;

	lockdep_assert_held(&reader->lock);
	/* The rest of a frame of the run before comes with the next write, if it is one still. */
	if (!reader_frame_goes_on(acq_reader_run(reader), run))
		reader->begun = 0;
	acq_reader_leave(reader);
	reader->ended = false;
	reader->end_gap_told = false;
	reader->gap.flags &= ~ACQ_GAP_OPEN;
	WRITE_ONCE(reader->part, 0);
	WRITE_ONCE(reader->gap_stands, false);
	scoped_guard(spinlock, &run->lock) {
		if (from == ACQ_FROM_BEGIN)
			acq_cursor_begin(&reader->cur);
		else if (from == ACQ_FROM_OLDEST)
			acq_cursor_oldest(&reader->cur, &run->ring);
		else
			acq_cursor_newest(&reader->cur, &run->ring);
		reader->cur.flushed = 0;
		rcu_assign_pointer(reader->run, acq_run_get(run));
		list_add_tail(&reader->node, monitor ? &run->monitors : &run->holders);
		run->readers++;
	}
	/* Who waits for it by epoll or io_uring does not come back to say so. */
	reader_watch(reader, run);
	/* The card may be set to interrupt more seldom than this reader likes. */
	acq_reader_poke(reader);
}

/* Bytes that make it worth to wake a sleeper */
static u32 reader_least_need(const struct acq_reader *reader, const struct acq_run *run)
{
	return atomic_read(&reader->eager) ? READ_ONCE(reader->eager_need) :
					     acq_reader_threshold(reader, run);
}

/** acq_reader_enough() - is there enough for a read of @need bytes, or the rest of a packet? */
bool acq_reader_enough(const struct acq_reader *reader, const struct acq_run *run, u32 need)
{
	return READ_ONCE(reader->part) || READ_ONCE(reader->gap_stands) ||
	       acq_cursor_ready(&reader->cur, &run->ring, need) ||
	       (READ_ONCE(reader->flags) & ACQ_READER_PACKETS &&
		acq_cursor_packet_ahead(&reader->cur, &run->ring));
}

/* Would a read that wants @need bytes of @run return at once? */
static bool reader_run_ready(const struct acq_reader *reader, const struct acq_run *run, u32 need)
{
	if (reader->writes)
		return acq_writer_ready(reader, run, need);
	return acq_run_end(run) || acq_reader_enough(reader, run, need);
}

/** acq_reader_flush_later() - there are bytes, but too few: they must not wait for ever */
void acq_reader_flush_later(struct acq_reader *reader, const struct acq_run *run)
{
	u32 us = READ_ONCE(reader->flush_us);

	if (us && READ_ONCE(run->ring.meta->head) != READ_ONCE(reader->cur.pos) &&
	    !hrtimer_is_queued(&reader->flush))
		hrtimer_start(&reader->flush, ns_to_ktime((u64)us * NSEC_PER_USEC),
			      HRTIMER_MODE_REL_SOFT);
}

/* Touches nothing that a lock protects: acq_reader_leave() waits for it with locks held. */
static enum hrtimer_restart reader_flush(struct hrtimer *timer)
{
	struct acq_reader *reader = container_of(timer, struct acq_reader, flush);
	const struct acq_run *run;

	/* Who finds the timer not queued any more has its bytes seen here. */
	smp_mb();
	rcu_read_lock();
	run = rcu_dereference(reader->run);
	if (run && acq_cursor_overdue(&reader->cur, &run->ring) && !reader_is_locked(reader)) {
		WRITE_ONCE(reader->stats.flushes, reader->stats.flushes + 1);
		wake_up_interruptible_poll(&reader->wait, EPOLLIN | EPOLLRDNORM);
	}
	rcu_read_unlock();
	return HRTIMER_NORESTART;
}

/* What a poller learns beside that it is ready */
static __poll_t reader_events(const struct acq_reader *reader, const struct acq_run *run)
{
	u32 end = acq_run_end(run);
	__poll_t mask = 0;

	if (READ_ONCE(reader->gap_stands) || acq_cursor_gap_ahead(&reader->cur, &run->ring) ||
	    (reader->writes && acq_writer_underrun(reader, run)))
		mask |= EPOLLPRI;
	/* A bare error would strand io_uring's multishot reads: readable, too. */
	if (end == ACQ_END_FAILED || end == ACQ_END_GONE)
		mask |= acq_reader_ready_events(reader) | EPOLLHUP | EPOLLERR;
	return mask;
}

/* The run has more, or has ended: wake it if that is enough for it. */
static void reader_wake(struct acq_reader *reader, struct acq_run *run)
{
	if (!reader_run_ready(reader, run, reader_least_need(reader, run))) {
		acq_reader_flush_later(reader, run);
		return;
	}
	/* Pairs with the barrier of a sleeper that has not seen the new head. */
	if (!wq_has_sleeper(&reader->wait) || reader_is_locked(reader))
		return;
	reader->stats.wakeups++;
	atomic64_inc(&run->wakeups);
	wake_up_interruptible_poll(&reader->wait, acq_reader_ready_events(reader) |
				   reader_events(reader, run));
}

/* Monitors that wait, one after the other; of those that do not any more, forget. */
static void readers_watch_work(struct work_struct *work)
{
	struct acq_run *run = container_of(work, struct acq_run, watch_work);
	struct acq_reader *reader;
	LIST_HEAD(todo);

	spin_lock(&run->watch_lock);
	list_splice_init(&run->watching, &todo);
	while ((reader = list_first_entry_or_null(&todo, struct acq_reader, watch))) {
		/* Who begins to wait from here on finds that it is not in the list. */
		if (wq_has_sleeper(&reader->wait))
			list_move_tail(&reader->watch, &run->watching);
		else
			list_del_init(&reader->watch);
		/* The list before the head: pairs with the barrier in acq_readers_wake(). */
		smp_mb();
		reader_wake(reader, run);
		if (need_resched()) {
			spin_unlock(&run->watch_lock);
			cond_resched();
			spin_lock(&run->watch_lock);
		}
	}
	spin_unlock(&run->watch_lock);
	acq_run_put(run);
}

/** acq_readers_begin() - before anybody reads a new run */
void acq_readers_begin(struct acq_run *run)
{
	spin_lock_init(&run->watch_lock);
	INIT_LIST_HEAD(&run->holders);
	INIT_LIST_HEAD(&run->monitors);
	INIT_LIST_HEAD(&run->watching);
	INIT_WORK(&run->watch_work, readers_watch_work);
}

/**
 * acq_readers_wake() - the run has more, or has ended
 * @run: the run
 *
 * Wakes the holders that have enough, and has the monitors that wait woken.
 *
 * Context: run->lock.
 */
void acq_readers_wake(struct acq_run *run)
{
	struct acq_reader *reader;

	lockdep_assert_held(&run->lock);
	/* The new head before who waits for it: one of both sides sees the other. */
	smp_mb();
	list_for_each_entry(reader, &run->holders, node)
		reader_wake(reader, run);
	if (!list_empty(&run->watching)) {
		acq_run_get(run);
		if (!queue_work(acq_run_wq, &run->watch_work))
			acq_run_put(run);
	}
}

/**
 * acq_readers_hold() - the lowest block that a holding reader needs
 * @run: the run
 *
 * Context: run->lock.
 * Return: its number, ~0: there is none.
 */
u64 acq_readers_hold(const struct acq_run *run)
{
	const struct acq_reader *reader;
	u64 held = ~0ULL;

	lockdep_assert_held(&run->lock);
	list_for_each_entry(reader, &run->holders, node)
		held = min(held, acq_cursor_holds(&reader->cur));
	return held;
}

/**
 * acq_readers_need() - how much makes an interrupt worth its while
 * @run: the run
 * @us: lowered to how long the least patient holder lets samples wait
 *
 * Monitors have no say, but that there is one: it gets what a holder without wishes
 * would get if there is no holder.
 *
 * Context: run->lock.
 * Return: bytes.
 */
u32 acq_readers_need(const struct acq_run *run, u32 *us)
{
	const struct acq_reader *reader;
	u32 need = U32_MAX, flush_us;

	lockdep_assert_held(&run->lock);
	if (list_empty(&run->holders))
		return list_empty(&run->monitors) ? need : run->ring.frame;
	list_for_each_entry(reader, &run->holders, node) {
		flush_us = READ_ONCE(reader->flush_us);
		if (flush_us)
			*us = min(*us, flush_us);
		/* Nobody knows how much the rest of a packet is. */
		need = min(need, READ_ONCE(reader->flags) & ACQ_READER_PACKETS ? run->ring.frame :
			   reader_least_need(reader, run));
	}
	return need;
}

/**
 * acq_reader_ready() - would a read return at once?
 * @reader: the reader
 * @need: bytes that it wants; 0: the watermark counts
 *
 * The condition of a wait: takes no lock that sleeps.
 */
bool acq_reader_ready(struct acq_reader *reader, u32 need)
{
	struct acq_run *run;
	bool ready;

	rcu_read_lock();
	run = rcu_dereference(reader->run);
	if (run)
		reader_watch(reader, run);
	ready = !run || reader_run_ready(reader, run, need ?: acq_reader_threshold(reader, run));
	rcu_read_unlock();
	return ready;
}

/**
 * acq_reader_wait() - wait until there is enough to read
 * @reader: the reader; its lock is not held
 * @need: bytes; 0: the watermark counts
 * @timeout: longest wait, NULL: no limit
 *
 * Context: sleeps.
 * Return: 0, -ETIME, or -ERESTARTSYS.
 */
int acq_reader_wait(struct acq_reader *reader, u32 need, const ktime_t *timeout)
{
	if (acq_reader_ready(reader, need))
		return 0;
	if (timeout)
		return wait_event_interruptible_hrtimeout(reader->wait,
							  acq_reader_ready(reader, need), *timeout);
	return wait_event_interruptible(reader->wait, acq_reader_ready(reader, need));
}

/**
 * acq_reader_events() - what poll tells
 * @reader: the reader, in a run, with its lock held
 *
 * Return: EPOLLIN or EPOLLOUT and so on; 0: it will be woken.
 */
__poll_t acq_reader_events(struct acq_reader *reader)
{
	struct acq_run *run = acq_reader_run(reader);
	__poll_t mask;

	lockdep_assert_held(&reader->lock);
	reader_watch(reader, run);
	mask = reader_events(reader, run);
	if (reader_run_ready(reader, run, acq_reader_threshold(reader, run)))
		mask |= acq_reader_ready_events(reader);
	else
		acq_reader_flush_later(reader, run);
	return mask;
}

/**
 * acq_reader_init() - a reader of no run yet
 * @reader: zeroed
 * @service: has the producer make a turn
 * @id: number of the stream
 */
void acq_reader_init(struct acq_reader *reader, struct work_struct *service, unsigned int id)
{
	mutex_init(&reader->lock);
	init_waitqueue_head(&reader->wait);
	INIT_LIST_HEAD(&reader->watch);
	INIT_LIST_HEAD(&reader->ask);
	hrtimer_setup(&reader->flush, reader_flush, CLOCK_MONOTONIC, HRTIMER_MODE_REL_SOFT);
	reader->service = service;
	reader->id = id;
	get_task_comm(reader->comm, current);
	reader->pid = task_tgid_nr(current);
}
