// SPDX-License-Identifier: GPL-2.0-only
/* Why a run goes on after a reset, a sleep or an error. See recovery.h. */
#include <linux/jiffies.h>

#include "../compat.h"
#include "reader.h"
#include "recovery.h"
#include "stream.h"

/* How long each attempt waits: those before it have brought nothing. */
static const unsigned int recovery_delays_ms[] = { 0, 50, 200, 800, 3200 };

/* Attempts so far apart have nothing to do with each other. */
#define RECOVERY_PERIOD		(10 * HZ)

static struct acq_stream *recovery_stream(struct work_struct *work)
{
	return container_of(to_delayed_work(work), struct acq_stream, recovery.work);
}

/* Soon, or when that is due */
static void recovery_queue(struct acq_stream *stream, unsigned long due)
{
	unsigned long now = jiffies;

	mod_delayed_work(system_percpu_wq, &stream->recovery.work,
			 time_after(due, now) ? due - now : 0);
}

/* One more attempt. False, after saying so: there have been enough. */
static bool recovery_count(struct acq_stream *stream)
{
	struct acq_recovery *r = &stream->recovery;
	struct acq_producer *p = &stream->producer;
	u64 position = p->run->ring.meta->head;

	lockdep_assert_held(&p->lock);
	if (r->position != position || time_after(jiffies, r->due + RECOVERY_PERIOD))
		r->attempts = 0;
	if (r->attempts == ARRAY_SIZE(recovery_delays_ms)) {
		dev_err_ratelimited(stream->dev,
				    "%s: started again %u times, and has brought nothing: given up\n",
				    stream->name, r->attempts);
		return false;
	}
	r->position = position;
	r->due = jiffies + msecs_to_jiffies(recovery_delays_ms[r->attempts++]);
	p->totals.resets++;
	return true;
}

/**
 * acq_recovery_ask() - the card does not do what it was told, or has forgotten it
 * @stream: a stream whose run has not ended
 *
 * Context: producer.lock.
 */
void acq_recovery_ask(struct acq_stream *stream)
{
	struct acq_recovery *r = &stream->recovery;

	lockdep_assert_held(&stream->producer.lock);
	/* The card is checked again before the work comes to it. */
	if (r->asked)
		return;
	if (!recovery_count(stream)) {
		acq_producer_fail(&stream->producer, -EIO, ACQ_FAILURE_RECOVERY);
		return;
	}
	r->asked = true;
	/* It is stopped at once, whenever it is started. */
	recovery_queue(stream, jiffies);
}

/** acq_recovery_begin() - a new run, or a card that has been away; life_lock */
void acq_recovery_begin(struct acq_stream *stream)
{
	lockdep_assert_held(&stream->life_lock);
	guard(mutex)(&stream->producer.lock);
	stream->recovery.asked = false;
	stream->recovery.attempts = 0;
	stream->recovery.due = jiffies;
}

/**
 * acq_recovery_due() - is the card to be started again?
 * @stream: a stream whose card runs
 *
 * It may have been reset, and nobody has noticed: then it cannot finish its run.
 *
 * Context: life_lock; sleeps.
 */
bool acq_recovery_due(struct acq_stream *stream)
{
	lockdep_assert_held(&stream->life_lock);
	guard(mutex)(&stream->producer.lock);
	acq_producer_look(&stream->producer);
	return stream->recovery.asked;
}

/*
 * The card has stopped, in the midst of a run; @lost: and has not been able to say how far
 * it had got.
 */
static void recovery_cut(struct acq_producer *p, enum acq_cause cause, bool lost)
{
	p->paused = true;
	p->segment.cause = cause;
	scoped_guard(spinlock, &p->run->lock)
		acq_ring_cut(&p->run->ring, lost);
	/* What is dropped makes room. */
	if (p->run->ring.output) {
		scoped_guard(spinlock, &p->run->lock)
			acq_readers_wake(p->run);
	}
}

/**
 * acq_recovery_pause() - stop the card, in the midst of its run if it has one
 * @stream: the stream
 * @cause: why samples are lost from here on
 *
 * Context: life_lock; sleeps.
 */
void acq_recovery_pause(struct acq_stream *stream, enum acq_cause cause)
{
	struct acq_producer *p = &stream->producer;

	lockdep_assert_held(&stream->life_lock);
	scoped_guard(mutex, &p->lock) {
		stream->recovery.asked = false;
		if (!p->producing)
			return;
		acq_producer_turn(p);
		if (!acq_run_end(p->run)) {
			acq_producer_halt(p);
			p->paused = true;
			if (!acq_run_end(p->run))
				recovery_cut(p, cause, p->unsure);
		}
	}
	cancel_delayed_work_sync(&p->watch_work);
	/* It had ended before, or with what was found last. */
	if (p->producing || acq_run_end(p->run))
		acq_stream_halt(stream, ACQ_END_FINISHED);
}

/* Start the card in the midst of its run. False: it does not start, but may later. */
static bool recovery_attempt(struct acq_stream *stream)
{
	struct acq_producer *p = &stream->producer;
	int ret;

	guard(mutex)(&p->lock);
	if (!acq_segment_next(p)) {
		acq_producer_end(p, ACQ_END_FINISHED);
		return true;
	}
	ret = acq_producer_launch(p);
	if (!ret)
		return true;
	if (recovery_count(stream))
		return false;
	acq_producer_fail(p, ret, ACQ_FAILURE_RECOVERY);
	return true;
}

static void recovery_work(struct work_struct *work)
{
	struct acq_stream *stream = recovery_stream(work);
	struct acq_producer *p = &stream->producer;
	unsigned long due;
	bool asked;

	guard(mutex)(&stream->life_lock);
	scoped_guard(mutex, &p->lock) {
		asked = p->producing && stream->recovery.asked;
		due = stream->recovery.due;
	}
	/* It may have been stopped or started again meanwhile. */
	if (asked)
		acq_recovery_pause(stream, ACQ_CAUSE_RESET);
	/* A card that is away is started when it is back. */
	if (!p->paused || stream->asleep || READ_ONCE(stream->run->filling))
		return;
	if (time_after_eq(jiffies, due)) {
		if (recovery_attempt(stream)) {
			/* The time of its run is over, or it has failed. */
			if (p->paused)
				acq_stream_halt(stream, ACQ_END_FINISHED);
			return;
		}
		due = stream->recovery.due;
	}
	acq_state_set(&stream->life, ACQ_STATE_SUSPENDED);
	recovery_queue(stream, due);
}

/* The card is as after stop(), and stays so. */
static void recovery_suspended(struct acq_stream *stream, enum acq_cause cause)
{
	lockdep_assert_held(&stream->life_lock);
	WRITE_ONCE(stream->asleep, true);
	stream->reset = cause == ACQ_CAUSE_RESET;
	/* One that has failed stays so, until it is started or reset. */
	if (acq_state(&stream->life) != ACQ_STATE_FAILED)
		acq_state_set(&stream->life, ACQ_STATE_SUSPENDED);
}

/**
 * acq_stream_suspend() - the card cannot be used until acq_stream_resume()
 * @stream: the stream
 * @cause: why: ACQ_CAUSE_SUSPEND or ACQ_CAUSE_RESET
 *
 * A run goes on afterwards; what it misses is a gap of that cause. The family is
 * not called meanwhile, and the card is as after stop(). Does not nest.
 *
 * Context: sleeps. Not after acq_stream_remove().
 */
void acq_stream_suspend(struct acq_stream *stream, enum acq_cause cause)
{
	guard(mutex)(&stream->life_lock);
	acq_recovery_pause(stream, cause);
	recovery_suspended(stream, cause);
}

/**
 * acq_stream_abandon() - as acq_stream_suspend(), but no register of the card is touched
 * @stream: the stream
 *
 * For a card that the bus has lost. What it had not reported is part of the gap, whose
 * cause is ACQ_CAUSE_RESET.
 *
 * Context: sleeps. Not after acq_stream_remove().
 */
void acq_stream_abandon(struct acq_stream *stream)
{
	struct acq_producer *p = &stream->producer;

	guard(mutex)(&stream->life_lock);
	scoped_guard(mutex, &p->lock) {
		stream->recovery.asked = false;
		if (p->producing) {
			acq_producer_abandon(p);
			p->paused = true;
			if (!acq_run_end(p->run))
				recovery_cut(p, ACQ_CAUSE_RESET, p->unsure);
		}
	}
	cancel_delayed_work_sync(&p->watch_work);
	/* It had ended before, but its card had not been stopped. */
	if (p->paused && acq_run_end(p->run))
		acq_stream_halt(stream, ACQ_END_FINISHED);
	recovery_suspended(stream, ACQ_CAUSE_RESET);
}

/**
 * acq_stream_resume() - the card can be used again
 * @stream: the stream, after acq_stream_suspend() or acq_stream_abandon()
 *
 * A run goes on; if the card does not start at the first try, later. A reset mends a
 * stream that had failed.
 *
 * Context: sleeps. Not after acq_stream_remove().
 */
void acq_stream_resume(struct acq_stream *stream)
{
	scoped_guard(mutex, &stream->life_lock) {
		WRITE_ONCE(stream->asleep, false);
		stream->broken = false;
		if (stream->producer.paused && READ_ONCE(stream->run->filling)) {
			acq_state_set(&stream->life, ACQ_STATE_ARMED);
		} else if (stream->producer.paused) {
			acq_recovery_begin(stream);
			recovery_queue(stream, jiffies);
		} else if (acq_state(&stream->life) == ACQ_STATE_SUSPENDED) {
			acq_state_set(&stream->life, ACQ_STATE_IDLE);
		} else if (acq_state(&stream->life) == ACQ_STATE_FAILED && stream->reset) {
			acq_state_mend(&stream->life);
		}
	}
	/* Who has reset a card finds it running behind that. */
	flush_delayed_work(&stream->recovery.work);
}

/**
 * acq_stream_give_up() - the card has not come back, and cannot be used until it is reset
 * @stream: the stream, after acq_stream_suspend() or acq_stream_abandon()
 *
 * Its run fails; nothing starts another one. The way back is acq_stream_resume().
 *
 * Context: sleeps. Not after acq_stream_remove().
 */
void acq_stream_give_up(struct acq_stream *stream)
{
	struct acq_producer *p = &stream->producer;

	guard(mutex)(&stream->life_lock);
	if (stream->broken)
		return;
	stream->broken = true;
	scoped_guard(mutex, &p->lock) {
		if (p->paused) {
			/* What has been missed until now is a loss at the end. */
			acq_segment_next(p);
			acq_producer_fail(p, -EIO, ACQ_FAILURE_PCI);
		} else {
			acq_state_fail(&stream->life, -EIO, ACQ_FAILURE_PCI);
			acq_stream_say_failed(stream);
		}
	}
	acq_stream_halt(stream, ACQ_END_FAILED);
}

/** acq_recovery_init() - of a stream that has no run yet */
void acq_recovery_init(struct acq_stream *stream)
{
	INIT_DELAYED_WORK(&stream->recovery.work, recovery_work);
}

/** acq_recovery_cancel() - no attempt any more; sleeps, not with life_lock */
void acq_recovery_cancel(struct acq_stream *stream)
{
	cancel_delayed_work_sync(&stream->recovery.work);
}
