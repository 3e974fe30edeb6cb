// SPDX-License-Identifier: GPL-2.0-only
/* The card's side of a run. See producer.h; what the card says comes by card.c. */
#include <linux/bits.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/sizes.h>

#include "../compat.h"
#include "filter.h"
#include "link.h"
#include "moderation.h"
#include "producer.h"
#include "reader.h"
#include "trace.h"
#include "watchdog.h"

/* How long interrupts are counted before their number is judged */
#define MODERATE_PERIOD_NS	(100 * NSEC_PER_MSEC)

/* Interrupts for nothing: how many are borne, and how many each good one excuses */
#define IDLE_INTERRUPTS_MAX	1000U
#define IDLE_INTERRUPTS_EACH	4U

/* Who asks for the status gets it as it was at most so long ago. */
#define STATUS_AGE_NS		(200 * NSEC_PER_USEC)

/* Frames of the run that are in the ring or were lost before what is */
static u64 producer_delivered(const struct acq_producer *p)
{
	return p->run->ring.next_index - p->run->ring.meta->base_index;
}

/* Those that the card has produced, as far as is known */
static u64 producer_frames(const struct acq_producer *p)
{
	return max(p->report.frames, producer_delivered(p));
}

/** acq_producer_take() - a new run, or none; the caller has the reference */
void acq_producer_take(struct acq_producer *p, struct acq_run *run)
{
	lockdep_assert_held(&p->lock);
	if (p->run)
		p->wakeups += atomic64_read(&p->run->wakeups);
	p->run = run;
	p->told = 0;
	if (!run)
		return;
	WRITE_ONCE(p->totals.runs, run->number);
	p->segment = (struct acq_segment){};
	p->report = (struct acq_report){};
	p->report_ns = 0;
	p->paused = true;
}

/* Give the card the blocks that nobody needs any more. */
static void producer_refill(struct acq_producer *p)
{
	struct acq_run *run = p->run;
	struct acq_ring *ring = &run->ring;
	struct acq_memory block;
	u64 seq;
	u32 count, i;
	bool last;

	lockdep_assert_held(&p->lock);
	scoped_guard(spinlock, &run->lock) {
		/* What is done before who has freed what: pairs with acq_reader_freed(). */
		smp_mb__after_spinlock();
		if (ring->output)
			acq_ring_put_open(ring, run->draining);
		last = run->draining && !ring->put_busy;
		seq = ring->given;
		count = acq_ring_give(ring, acq_readers_hold(run));
	}
	for (i = 0; i < count; i++) {
		acq_run_clean(run, seq + i);
		block = acq_run_memory(run, seq + i);
		block.number -= p->first;
		block.last = last && i + 1 == count;
		p->ops->give(p->stream, &block);
		cond_resched();
	}
	if (count && p->ops->kick)
		p->ops->kick(p->stream);
	/* Behind the last block: nothing more comes. */
	if (last && !p->finished) {
		p->finished = true;
		p->ops->finish(p->stream);
	}
	/* Up to there come samples from the card's FIFO, then what it had no room for. */
	if (acq_ring_outstanding(ring) == 0 && !ring->output)
		p->full_until = ring->meta->head + p->info->fifo_bytes + run->config.block_bytes;
}

/* Tell the card how often to interrupt, if that has changed. */
static void producer_set_moderation(struct acq_producer *p, u32 frames, u32 us)
{
	lockdep_assert_held(&p->lock);
	if (frames == p->irq_frames && us == p->irq_us)
		return;
	p->irq_frames = frames;
	p->irq_us = us;
	p->ops->moderate(p->stream, frames, us);
}

/* Fit the interrupts to rate and readers, unless they were asked for by number. */
static void producer_moderate(struct acq_producer *p)
{
	struct acq_run *run = p->run;
	const struct acq_config *config = &run->config;
	struct acq_moderation_input in = {
		.bytes = p->irq_bytes,
		.flush_us = U32_MAX,
		.least = config->block_used,
		.most = max(config->block_used, (u32)min_t(u64, config->ring_bytes / 8, SZ_1G)),
	};
	u64 now = ktime_get_ns();

	lockdep_assert_held(&p->lock);
	if (config->irq_us || config->irq_frames)
		return;
	scoped_guard(spinlock, &run->lock)
		in.need = acq_readers_need(run, &in.flush_us);
	in.elapsed_ns = now - p->moderated_ns;
	if (in.elapsed_ns >= MODERATE_PERIOD_NS) {
		in.interrupts = p->interrupts - p->moderated_at;
		in.bytes = acq_moderation_rate(&in);
		p->irq_bytes = in.bytes;
		p->moderated_ns = now;
		p->moderated_at = p->interrupts;
	}
	/* A FIFO is smaller than what readers want: its own half is right for it. */
	producer_set_moderation(p, config->transfer == ACQ_TRANSFER_FIFO ? 0 :
				acq_moderation_bytes(&in) / config->frame_bytes,
				acq_moderation_us(&in));
}

/**
 * acq_producer_launch() - start the card for the run, at its begin or in its midst
 * @p: the producer, with its lock held
 *
 * Return: 0 or why the card cannot be started; then the run is to be failed.
 */
int acq_producer_launch(struct acq_producer *p)
{
	struct acq_config config;
	int ret;

	lockdep_assert_held(&p->lock);
	acq_filters_forget(p->run);
	p->finished = false;
	p->unsure = false;
	acq_segment_config(p, &config);
	p->full_until = 0;
	p->idle_interrupts = 0;
	p->irq_frames = U32_MAX;
	p->irq_bytes = 0;
	p->first = p->run->ring.meta->done;
	p->moderated_ns = ktime_get_ns();
	p->moderated_at = p->interrupts;
	acq_state_set(p->life, config.trigger == ACQ_TRIGGER_IMMEDIATE && !acq_link_holds(p) ?
			       ACQ_STATE_RUNNING : ACQ_STATE_ARMED);
	ret = acq_link_launch(p, &config);
	if (ret)
		return ret;
	WRITE_ONCE(p->launched_ns, ktime_get_boottime_ns());
	p->report_ns = acq_link_waits(p) ? 0 : p->launched_ns;
	p->producing = true;
	p->paused = false;
	if (config.irq_us || config.irq_frames)
		producer_set_moderation(p, config.irq_frames, config.irq_us);
	else
		producer_moderate(p);
	producer_refill(p);
	acq_watchdog_start(p);
	return 0;
}

/**
 * acq_producer_halt() - stop the card, whose run may go on later
 * @p: a producer that produces, with its lock held
 *
 * What the card has done by now is the readers'.
 */
void acq_producer_halt(struct acq_producer *p)
{
	bool held;

	lockdep_assert_held(&p->lock);
	acq_producer_turn(p);
	hrtimer_cancel(&p->timer);
	held = acq_link_halt(p);
	p->ops->stop(p->stream);
	acq_link_rest(p, held);
	if (p->run->filters)
		acq_filters_rest(p);
	p->producing = false;
}

/**
 * acq_producer_abandon() - as acq_producer_halt(), of a card that cannot be reached
 * @p: a producer that produces, with its lock held
 */
void acq_producer_abandon(struct acq_producer *p)
{
	lockdep_assert_held(&p->lock);
	hrtimer_cancel(&p->timer);
	/* One that held has not played anything. */
	p->unsure = !acq_link_halt(p);
	p->ops->abandon(p->stream);
	p->producing = false;
}

/* Wake who waits for what has come since the last time. False: nothing has. */
static bool producer_tell(struct acq_producer *p)
{
	struct acq_run *run = p->run;
	u64 head = run->ring.meta->head;

	if (head == p->told)
		return false;
	p->told = head;
	/* Whoever asked for the turn: samples are what interrupts are for. */
	p->idle_interrupts -= min(p->idle_interrupts, IDLE_INTERRUPTS_EACH);
	scoped_guard(spinlock, &run->lock)
		acq_readers_wake(run);
	return true;
}

/**
 * acq_producer_turn() - one turn: give, service, give
 * @p: the producer, with its lock held
 *
 * Return: true if it found new samples.
 */
bool acq_producer_turn(struct acq_producer *p)
{
	struct acq_run *run = p->run;

	lockdep_assert_held(&p->lock);
	if (!p->producing || acq_run_end(run))
		return false;
	producer_refill(p);
	p->ops->service(p->stream);
	if (!acq_run_end(run)) {
		producer_refill(p);
		producer_moderate(p);
	}
	p->turned_ns = ktime_get_ns();
	return producer_tell(p);
}

/**
 * acq_producer_check() - is the card still there and well?
 * @p: the producer, with its lock held
 *
 * Return: true if new samples came while it was asked.
 */
bool acq_producer_check(struct acq_producer *p)
{
	if (!acq_producer_runs(p))
		return false;
	p->ops->check(p->stream);
	/* Behind the end everybody has been woken. */
	return acq_producer_runs(p) && producer_tell(p);
}

/**
 * acq_producer_look() - a turn; where nothing is new: is the card still there and well?
 * @p: the producer, with its lock held
 *
 * Return: true if it found new samples.
 */
bool acq_producer_look(struct acq_producer *p)
{
	return acq_producer_turn(p) || acq_producer_check(p);
}

/**
 * acq_producer_interrupt() - the card has interrupted
 * @p: the producer
 *
 * Some interrupts come for nothing, when another has been faster or a lost one
 * has been made up for. A card that sends little else is broken.
 *
 * Context: the interrupt thread; sleeps.
 * Return: true if it brought something.
 */
bool acq_producer_interrupt(struct acq_producer *p)
{
	u64 frames;

	guard(mutex)(&p->lock);
	p->interrupts++;
	p->held = false;
	frames = p->report.frames;
	if (acq_producer_look(p) || p->held)
		return true;
	/* An output that plays, but has not come to the end of a block */
	if (p->run && p->run->ring.output && p->report.frames > frames)
		return true;
	if (++p->idle_interrupts < IDLE_INTERRUPTS_MAX || p->gone)
		return false;
	p->idle_interrupts = 0;
	dev_err_ratelimited(p->dev, "%s: interrupts without end and without reason: silenced\n",
			    p->name);
	p->ops->silence(p->stream);
	if (p->producing)
		acq_producer_fail(p, -EIO, ACQ_FAILURE_INTERRUPTS);
	return false;
}

static void producer_turn_work(struct work_struct *work)
{
	struct acq_producer *p = container_of(work, struct acq_producer, turn_work);

	guard(mutex)(&p->lock);
	acq_producer_turn(p);
}

/** acq_producer_service_soon() - have a turn made; any context */
void acq_producer_service_soon(struct acq_producer *p)
{
	queue_work(system_highpri_wq, &p->turn_work);
}

/** acq_producer_service_in() - have one made in so many microseconds, if none comes sooner */
void acq_producer_service_in(struct acq_producer *p, u32 us)
{
	ktime_t wait = ns_to_ktime((u64)max(us, ACQ_IRQ_US_MIN) * NSEC_PER_USEC);

	lockdep_assert_held(&p->lock);
	/* Also from within its own callback's turn: that one has gone off. */
	if (!hrtimer_is_queued(&p->timer) || hrtimer_get_remaining(&p->timer) > wait)
		hrtimer_start(&p->timer, wait, HRTIMER_MODE_REL);
}

/* In interrupt context; acq_producer_halt() waits for it. */
static enum hrtimer_restart producer_timer(struct hrtimer *timer)
{
	acq_producer_service_soon(container_of(timer, struct acq_producer, timer));
	return HRTIMER_NORESTART;
}

/* For all who count */
static void producer_gap(struct acq_producer *p, u64 pos, u64 index, u64 lost, u32 cause)
{
	trace_acq_gap(p->id, pos, index, lost, cause);
	if (!WARN_ON_ONCE(cause >= ACQ_CAUSE_NUM))
		p->totals.gaps[cause]++;
	p->totals.lost += lost;
	p->up->gap(p->stream, index, lost, cause);
}

/* Why samples are lost that come now: had the card room for them? */
static u32 producer_overrun_cause(const struct acq_producer *p)
{
	if (p->run->ring.output)
		return ACQ_CAUSE_UNDERRUN;
	return p->run->ring.meta->head < p->full_until ? ACQ_CAUSE_RING_FULL :
							 ACQ_CAUSE_CARD_FIFO;
}

/* What the card counted and did not bring is lost behind the last block. */
static void producer_end_gap(struct acq_producer *p, enum acq_end end)
{
	static const u32 causes[] = {
		[ACQ_END_FINISHED]	= ACQ_CAUSE_CARD_FIFO,
		[ACQ_END_FAILED]	= ACQ_CAUSE_RESET,
		[ACQ_END_GONE]		= ACQ_CAUSE_UNPLUG,
	};
	struct acq_ring *ring = &p->run->ring;
	struct acq_meta *meta = ring->meta;
	u64 delivered = producer_delivered(p);
	u32 cause = causes[end];

	if (p->report.frames <= delivered)
		return;
	WRITE_ONCE(meta->end_lost, p->report.frames - delivered);
	if (acq_segment_empty(p)) {
		WRITE_ONCE(meta->end_flags, ACQ_GAP_ESTIMATED);
		if (end == ACQ_END_FINISHED)
			cause = p->segment.cause;
	} else if (end == ACQ_END_FINISHED) {
		cause = producer_overrun_cause(p);
	}
	WRITE_ONCE(meta->end_cause, cause);
	producer_gap(p, meta->head, ring->next_index, meta->end_lost, cause);
}

/**
 * acq_producer_drop() - nobody is left to miss what has not come
 * @p: the producer, with its lock held
 */
void acq_producer_drop(struct acq_producer *p)
{
	lockdep_assert_held(&p->lock);
	p->report.frames = min(p->report.frames, producer_delivered(p));
}

/**
 * acq_producer_end() - the one place where a run ends
 * @p: the producer, with its lock held
 * @end: how; does nothing if it has ended already
 */
void acq_producer_end(struct acq_producer *p, enum acq_end end)
{
	struct acq_run *run = p->run;

	lockdep_assert_held(&p->lock);
	if (acq_run_end(run))
		return;
	producer_end_gap(p, end);
	p->totals.frames += producer_frames(p);
	p->totals.failures += end == ACQ_END_FAILED;
	/* Pairs with the acquire in acq_run_end(): the ring changes no more. */
	smp_store_release(&run->ring.meta->end, end);
	scoped_guard(spinlock, &run->lock)
		acq_readers_wake(run);
	wake_up_all(&p->halted);
	acq_link_ended(p, end);
}

/* Place what the card says of its segment in the run, and say why it lost samples. */
static void producer_place(const struct acq_producer *p, struct acq_fill *fill)
{
	const struct acq_ring *ring = &p->run->ring;

	fill->time_ns = ktime_get_ns();
	fill->cause = producer_overrun_cause(p);
	/* No harm if these wrap: it does not add up then, and acq_ring_fill() refuses it. */
	if (fill->index < ACQ_INDEX_MAX)
		fill->index += p->segment.index;
	if (ring->meta->done == p->segment.seq && p->segment.lost) {
		fill->lost += p->segment.lost;
		fill->cause = p->segment.cause;
		fill->flags |= ACQ_BLOCK_ESTIMATED;
	}
}

/*
 * The core ends a run after its count where the card does not. Returns true if
 * this is the end; @fill has what is left of it, maybe nothing.
 */
static bool producer_clip(const struct acq_producer *p, struct acq_fill *fill)
{
	const struct acq_ring *ring = &p->run->ring;
	u64 base = ring->meta->head ? ring->meta->base_index : fill->index - fill->lost;
	u64 count = p->run->config.count, frames = fill->index - base, left;

	/* What does not add up, acq_ring_fill() refuses. */
	if (!count || p->counts || fill->lost > fill->index || fill->index < base ||
	    (ring->meta->head && !ring->open && fill->index - fill->lost != ring->next_index))
		return false;
	left = count > frames ? (count - frames) * ring->frame : 0;
	if (fill->bytes < left)
		return false;
	fill->bytes = left;
	fill->complete = true;
	return true;
}

/* The ring has @fill: count it, and tell who wants to know. */
static void producer_filled(struct acq_producer *p, const struct acq_fill *fill, u64 seq,
			    u64 head, u64 index, u32 before)
{
	const struct acq_ring *ring = &p->run->ring;
	u64 frames = ring->next_index - ring->meta->base_index;

	/* A family that reports seldom: as much as has come is known, as of now. */
	if (frames > p->report.frames) {
		p->report.frames = frames;
		p->report_ns = ktime_get_boottime_ns();
	}
	if (!before) {
		acq_state_set(p->life, ACQ_STATE_RUNNING);
		if (fill->lost)
			producer_gap(p, head, seq ? index : ring->meta->base_index, fill->lost,
				     fill->cause);
	}
	trace_acq_block(p->id, seq, head - before, fill->index, fill->bytes, fill->complete);
}

/** acq_producer_fill() - see acq_stream_fill() */
int acq_producer_fill(struct acq_producer *p, const struct acq_fill *fill)
{
	struct acq_run *run = p->run;
	struct acq_ring *ring = &run->ring;
	u64 seq = ring->meta->done, head = ring->meta->head, index = ring->next_index;
	u32 before = ring->open ? ring->block[acq_ring_slot(ring, seq)].bytes : 0;
	struct acq_fill placed = *fill;
	bool last;
	int ret = 0;

	lockdep_assert_held(&p->lock);
	if (acq_run_end(run))
		return -ENODATA;
	producer_place(p, &placed);
	last = producer_clip(p, &placed);
	if (placed.bytes || !last) {
		/* Before the ring says that the bytes are there */
		if (placed.bytes <= run->config.block_bytes)
			acq_run_sync(run, seq, before, placed.bytes);
		if (unlikely(run->filters)) {
			ret = acq_filters_fill(p, seq, before, &placed, fill);
			if (ret)
				return min(ret, 0);
		}
		scoped_guard(spinlock, &run->lock)
			ret = acq_ring_fill(ring, &placed);
		if (!ret)
			producer_filled(p, &placed, seq, head, index, before);
	}
	if (ret) {
		dev_err_ratelimited(p->dev,
				    "%s: the card contradicts itself at block %llu (index %llu, lost %llu, %u bytes): stopped\n",
				    p->name, seq, placed.index, placed.lost, placed.bytes);
		acq_producer_fail(p, ret, ACQ_FAILURE_PROTOCOL);
		return ret;
	}
	if (!last)
		return 0;
	/* Also where the count ends amid a loss */
	p->report.frames = run->config.count;
	acq_producer_finished(p);
	return -ENODATA;
}

/** acq_producer_lost() - see acq_stream_lost() */
void acq_producer_lost(struct acq_producer *p, enum acq_cause cause)
{
	lockdep_assert_held(&p->lock);
	if (acq_run_end(p->run))
		return;
	if (p->run->filters)
		acq_filters_rest(p);
	scoped_guard(spinlock, &p->run->lock)
		acq_ring_close(&p->run->ring);
	p->segment.cause = cause == ACQ_CAUSE_CARD_FIFO ? producer_overrun_cause(p) : cause;
	if (!acq_segment_next(p))
		acq_producer_finished(p);
	p->report_ns = ktime_get_boottime_ns();
}

/** acq_producer_dry() - see acq_stream_dry() */
void acq_producer_dry(struct acq_producer *p)
{
	struct acq_run *run = p->run;

	lockdep_assert_held(&p->lock);
	if (acq_run_end(run) || !run->ring.output)
		return;
	guard(spinlock)(&run->lock);
	acq_ring_run_dry(&run->ring);
	acq_readers_wake(run);
}

/** acq_producer_report() - see acq_stream_report() */
void acq_producer_report(struct acq_producer *p, const struct acq_report *report)
{
	struct acq_report *known = &p->report;
	u64 frames = report->frames;

	lockdep_assert_held(&p->lock);
	if (frames >= ACQ_INDEX_MAX)
		return;
	frames += p->segment.frames;
	/* What readers have learned of the end stands. */
	if (acq_run_end(p->run))
		return;
	known->frames = frames;
	known->timestamp = report->timestamp;
	/* A later segment has no trigger of its own. */
	if (!p->segment.frames) {
		known->triggered = report->triggered;
		known->trigger_index = report->trigger_index;
	}
	p->report_ns = ktime_get_boottime_ns();
}

/** acq_producer_finished() - see acq_stream_finished() */
void acq_producer_finished(struct acq_producer *p)
{
	const struct acq_ring *ring = &p->run->ring;

	lockdep_assert_held(&p->lock);
	if (p->run->filters)
		acq_filters_rest(p);
	if (acq_run_end(p->run))
		return;
	if (ring->output && (!p->run->draining || !acq_ring_drained(ring))) {
		dev_err_ratelimited(p->dev, "%s: the card ends before all has been played: stopped\n",
				    p->name);
		acq_producer_fail(p, -EPROTO, ACQ_FAILURE_PROTOCOL);
		return;
	}
	acq_state_set(p->life, ACQ_STATE_DRAINING);
	acq_producer_end(p, ACQ_END_FINISHED);
	p->up->ended(p->stream);
}

/** acq_producer_fail() - see acq_stream_fail(); @failure says why */
void acq_producer_fail(struct acq_producer *p, int error, enum acq_failure failure)
{
	lockdep_assert_held(&p->lock);
	if (acq_run_end(p->run))
		return;
	p->run->error = error;
	acq_state_fail(p->life, error, failure);
	acq_producer_end(p, ACQ_END_FAILED);
	p->up->ended(p->stream);
}

/** acq_producer_restart() - see acq_stream_restart() */
void acq_producer_restart(struct acq_producer *p)
{
	lockdep_assert_held(&p->lock);
	if (!acq_run_end(p->run))
		p->up->restart(p->stream);
}

/**
 * acq_producer_status() - the producer's part of struct acq_status
 * @p: the producer
 * @status: zeroed
 * @fresh: what the card has brought by now, not by its last interrupt
 *
 * Context: sleeps.
 * Return: true if there is a run that is not over.
 */
bool acq_producer_status(struct acq_producer *p, struct acq_status *status, bool fresh)
{
	const struct acq_run *run;
	const struct acq_meta *meta;

	guard(mutex)(&p->lock);
	/* Who asks all the time, and be it a monitor, does not make the card work all the time. */
	if (fresh && ktime_get_ns() - p->turned_ns >= STATUS_AGE_NS)
		acq_producer_turn(p);
	run = p->run;
	status->state = acq_state(p->life);
	status->error = p->life->error;
	status->failure = p->life->failure;
	status->interrupts = p->interrupts;
	status->run = p->totals.runs;
	status->wakeups = p->wakeups;
	if (!run)
		return false;
	status->wakeups += atomic64_read(&run->wakeups);
	if (p->report.triggered)
		status->flags |= ACQ_STATUS_TRIGGERED;
	if (READ_ONCE(run->linked_ns))
		status->flags |= ACQ_STATUS_LINKED;
	meta = run->ring.meta;
	status->trigger_index = p->report.trigger_index;
	status->timestamp = p->report.timestamp;
	status->frames = producer_frames(p);
	if (p->producing) {
		status->irq_us = p->irq_us;
		status->irq_frames = p->irq_frames;
	}
	status->head = meta->head;
	status->oldest = meta->oldest_position;
	status->blocks = meta->done;
	status->gaps = meta->gaps + !!meta->end_lost;
	status->lost = meta->lost + meta->end_lost;
	/* Without run->lock: as many as there are at this moment */
	status->readers = data_race(READ_ONCE(run->readers));
	status->accepted = READ_ONCE(meta->accepted);
	status->dropped = acq_run_end(run) ? status->accepted - status->head : run->ring.dropped;
	return p->producing || p->paused;
}

/**
 * acq_producer_totals() - what has happened since the driver took the card
 * @p: the producer
 * @totals: filled in, with the run that is not over
 *
 * Context: sleeps; does not touch the card.
 */
void acq_producer_totals(struct acq_producer *p, struct acq_totals *totals)
{
	guard(mutex)(&p->lock);
	*totals = p->totals;
	if (p->run && !acq_run_end(p->run))
		totals->frames += producer_frames(p);
}

/** acq_producer_init() - of no run yet; what is constant is there */
void acq_producer_init(struct acq_producer *p)
{
	mutex_init(&p->lock);
	init_waitqueue_head(&p->halted);
	INIT_WORK(&p->turn_work, producer_turn_work);
	acq_watchdog_init(p);
	hrtimer_setup(&p->timer, producer_timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
}
