// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of an output run. See output.h.
 *
 * A run is made when its writer comes, and its card is started when enough has been put:
 * until then it is ARMED. It ends behind the last frame when it is drained. Nobody
 * waits for a card with a lock held: who drains says that nothing more comes, and waits
 * for the end of the run like any reader.
 */
#include <linux/sched/signal.h>
#include <linux/wait.h>

#include "../compat.h"
#include "output.h"
#include "reader.h"
#include "run.h"
#include "segment.h"
#include "stream.h"

/* How much longer than what is queued takes, a card may take to play it */
#define OUTPUT_SLACK_MS		1000

/**
 * acq_output_claim() - become the writer of a stream, or be it already
 * @stream: an output stream
 * @writer: who wants to write
 *
 * Return: false if somebody else is.
 */
bool acq_output_claim(struct acq_stream *stream, struct acq_reader *writer)
{
	guard(spinlock)(&stream->run_lock);
	if (!stream->writer)
		WRITE_ONCE(stream->writer, writer);
	return stream->writer == writer;
}

/* The card plays what has been put: by the work that starts it again behind a reset, too. */
static void output_launch(struct acq_stream *stream)
{
	mod_delayed_work(system_percpu_wq, &stream->recovery.work, 0);
}

/**
 * acq_output_play() - enough has been put: begin to play
 * @stream: an output stream
 * @run: what it has been put into. Where that is over by now, the next one waits for as much
 *
 * Harmless if it plays.
 *
 * Context: any that may not sleep, too.
 */
void acq_output_play(struct acq_stream *stream, struct acq_run *run)
{
	if (!READ_ONCE(run->filling))
		return;
	WRITE_ONCE(run->filling, false);
	output_launch(stream);
}

/* How long at most what is queued should take */
static unsigned long output_queued_ms(const struct acq_run *run)
{
	const struct acq_meta *meta = run->ring.meta;
	u64 frames = div_u64(READ_ONCE(meta->accepted) - READ_ONCE(meta->head), run->ring.frame);
	u64 ms = mul_u64_u64_div_u64(frames, MSEC_PER_SEC * MSEC_PER_SEC,
				     max(run->config.rate_millihz, 1ULL));

	/* Weeks; msecs_to_jiffies() takes no more. */
	return min_t(u64, ms, INT_MAX / 2) + OUTPUT_SLACK_MS;
}

/* Is the caller on its way out by a signal? Then there is none any more that would end a wait. */
static bool output_caller_killed(void)
{
	return fatal_signal_pending(current) ||
	       (current->flags & PF_EXITING && current->signal->group_exit_code & 0x7f);
}

/*
 * Wait for the end of what is drained. Returns 0 after queued_ms, or -ERESTARTSYS: killed.
 * A machine that goes to sleep freezes the caller where it waits. What a card needs to play
 * it begins anew when it is started anew, behind a sleep or a reset.
 */
static long output_wait(struct acq_stream *stream, const struct acq_run *run)
{
	struct acq_producer *p = &stream->producer;
	u64 launched;
	long left;

	do {
		launched = READ_ONCE(p->launched_ns);
		left = ___wait_event(p->halted, ___wait_cond_timeout(acq_run_end(run)),
				     (TASK_KILLABLE | TASK_FREEZABLE), 0,
				     msecs_to_jiffies(output_queued_ms(run)),
				     __ret = schedule_timeout(__ret));
	} while (!left && (READ_ONCE(stream->asleep) || READ_ONCE(p->launched_ns) != launched));
	return left;
}

/* Nothing more is put: the card ends the run behind what there is. Returns it, or NULL. */
static struct acq_run *output_finish(struct acq_stream *stream)
{
	struct acq_producer *p = &stream->producer;
	struct acq_run *run;

	guard(mutex)(&stream->life_lock);
	run = stream->run;
	if (!run || acq_run_end(run))
		return NULL;
	scoped_guard(mutex, &p->lock) {
		scoped_guard(spinlock, &run->lock)
			WRITE_ONCE(run->draining, true);
		/* Nothing has been put: there is nothing to wait for. */
		if (p->paused && acq_ring_drained(&run->ring)) {
			acq_producer_end(p, ACQ_END_FINISHED);
		} else if (p->producing) {
			acq_state_set(&stream->life, ACQ_STATE_DRAINING);
			/* It gets the last block, and the word that it was the last. */
			acq_producer_turn(p);
		}
	}
	if (acq_run_end(run)) {
		acq_stream_halt(stream, ACQ_END_FINISHED);
		return NULL;
	}
	/* One that has not begun to play does now, and is told as soon as it does. */
	WRITE_ONCE(run->filling, false);
	if (p->paused && !stream->asleep)
		output_launch(stream);
	return acq_run_get(run);
}

/**
 * acq_output_drain() - play all that has been put, then end the run
 * @stream: an output stream
 *
 * Bounded: what takes a second longer than it should is dropped, as what a killed
 * program had put.
 *
 * Context: sleeps; killable and freezable.
 * Return: 0, also if there was nothing; -ETIMEDOUT, -EIO, -ENODEV, or -ECANCELED where
 * somebody else has dropped it: not all has been played; -ERESTARTSYS: the caller is being
 * killed.
 */
int acq_output_drain(struct acq_stream *stream)
{
	struct acq_run *run;
	long left;
	int ret = 0;

	if (output_caller_killed()) {
		acq_output_drop(stream);
		return -ERESTARTSYS;
	}
	run = output_finish(stream);
	if (!run)
		return 0;
	left = output_wait(stream, run);
	if (left <= 0) {
		dev_warn_ratelimited(stream->dev, "%s: %s before all was played: the rest is dropped\n",
				     stream->name, left ? "killed" : "the card takes too long");
		ret = left ?: -ETIMEDOUT;
	}
	scoped_guard(mutex, &stream->life_lock) {
		if (stream->run == run)
			acq_stream_halt(stream, ACQ_END_FINISHED);
	}
	ret = ret ?: acq_run_error(run, acq_run_end(run));
	if (!ret && acq_ring_dropped(&run->ring))
		ret = -ECANCELED;
	acq_run_put(run);
	return ret;
}

/**
 * acq_output_drop() - end the run at once, whatever has not been played
 * @stream: an output stream
 *
 * Context: sleeps.
 * Return: 0, also if there is no run, or -ENODEV.
 */
int acq_output_drop(struct acq_stream *stream)
{
	guard(mutex)(&stream->life_lock);
	if (stream->gone)
		return -ENODEV;
	acq_stream_halt(stream, ACQ_END_FINISHED);
	return 0;
}

/**
 * acq_output_release() - the writer goes, and its run ends with it
 * @stream: an output stream
 * @writer: the writer, or somebody who has not become it
 *
 * What has been put is played before, unless the caller is being killed, or ACQ_IOC_START
 * has begun the run.
 *
 * Context: sleeps; killable.
 */
void acq_output_release(struct acq_stream *stream, struct acq_reader *writer)
{
	scoped_guard(spinlock, &stream->run_lock) {
		if (stream->writer != writer)
			return;
	}
	if (!READ_ONCE(stream->explicit))
		acq_output_drain(stream);
	scoped_guard(spinlock, &stream->run_lock)
		WRITE_ONCE(stream->writer, NULL);
}
