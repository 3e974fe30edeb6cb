// SPDX-License-Identifier: GPL-2.0-only
/*
 * Life of a stream and the producer's side of its ring. See stream.h.
 */
#include <linux/bitops.h>
#include <linux/idr.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "../compat.h"
#include "config.h"
#include "../node/debugfs.h"
#include "../node/file.h"
#include "moderation.h"
#include "stream.h"
#include "../node/sysfs.h"
#include "trace.h"

/* How often the watchdog looks after a running card */
#define WATCH_PERIOD	(HZ / 2)
/* How long a card may take to deliver what it holds when it is told to stop */
#define FINISH_TIMEOUT	HZ

/* How long interrupts are counted before their number is judged */
#define MODERATE_PERIOD_NS	(100 * NSEC_PER_MSEC)

/* How often a card is started again that delivers nothing in between */
#define RESTARTS_MAX	3
#define RESTARTS_PERIOD	(10 * HZ)

/* Interrupts for nothing: how many are borne, and how many each good one excuses */
#define IDLE_INTERRUPTS_MAX	1000U
#define IDLE_INTERRUPTS_EACH	4U

static DEFINE_IDA(stream_ids);

static bool next_leg(struct acq_stream *stream);

/* From each state, the states that may follow */
static const u8 transitions[ACQ_STATE_NUM] = {
	[ACQ_STATE_IDLE]	= BIT(ACQ_STATE_ARMED) | BIT(ACQ_STATE_RUNNING) |
				  BIT(ACQ_STATE_FAILED) | BIT(ACQ_STATE_SUSPENDED) |
				  BIT(ACQ_STATE_GONE),
	[ACQ_STATE_ARMED]	= BIT(ACQ_STATE_IDLE) | BIT(ACQ_STATE_RUNNING) |
				  BIT(ACQ_STATE_DRAINING) | BIT(ACQ_STATE_FAILED) |
				  BIT(ACQ_STATE_SUSPENDED) | BIT(ACQ_STATE_GONE),
	[ACQ_STATE_RUNNING]	= BIT(ACQ_STATE_IDLE) | BIT(ACQ_STATE_DRAINING) |
				  BIT(ACQ_STATE_FAILED) | BIT(ACQ_STATE_SUSPENDED) |
				  BIT(ACQ_STATE_GONE),
	[ACQ_STATE_DRAINING]	= BIT(ACQ_STATE_IDLE) | BIT(ACQ_STATE_FAILED) |
				  BIT(ACQ_STATE_SUSPENDED) | BIT(ACQ_STATE_GONE),
	[ACQ_STATE_SUSPENDED]	= BIT(ACQ_STATE_IDLE) | BIT(ACQ_STATE_ARMED) |
				  BIT(ACQ_STATE_RUNNING) | BIT(ACQ_STATE_FAILED) |
				  BIT(ACQ_STATE_GONE),
	[ACQ_STATE_FAILED]	= BIT(ACQ_STATE_IDLE) | BIT(ACQ_STATE_ARMED) |
				  BIT(ACQ_STATE_RUNNING) | BIT(ACQ_STATE_SUSPENDED) |
				  BIT(ACQ_STATE_GONE),
	[ACQ_STATE_GONE]	= 0,
};

/**
 * acq_stream_transition() - the one place where a stream changes its state
 * @stream: the stream
 * @to: the state to be in
 *
 * Context: any but interrupt.
 * Return: true if it is in @to now; false if that may not follow its state.
 */
bool acq_stream_transition(struct acq_stream *stream, enum acq_state to)
{
	enum acq_state from;
	bool allowed;

	spin_lock(&stream->run_lock);
	spin_lock(&stream->state_lock);
	from = stream->state;
	allowed = transitions[from] & BIT(to);
	if (allowed) {
		WRITE_ONCE(stream->state, to);
		if (stream->run)
			WRITE_ONCE(stream->run->ring.meta->state, to);
	}
	spin_unlock(&stream->state_lock);
	spin_unlock(&stream->run_lock);
	if (allowed)
		trace_acq_state(stream->id, from, to);
	return allowed || from == to;
}

void *acq_stream_card(const struct acq_stream *stream)
{
	return stream->card;
}

unsigned int acq_stream_id(const struct acq_stream *stream)
{
	return stream->id;
}

/** acq_stream_given() - blocks that the card got in this segment */
u64 acq_stream_given(const struct acq_stream *stream)
{
	lockdep_assert_held(&stream->produce_lock);
	return stream->run->ring.given - stream->first;
}

/** acq_stream_done() - those of them that are complete; the next one is the open one */
u64 acq_stream_done(const struct acq_stream *stream)
{
	lockdep_assert_held(&stream->produce_lock);
	return stream->run->ring.meta->done - stream->first;
}

/** acq_stream_outstanding() - those of them that are not */
u64 acq_stream_outstanding(const struct acq_stream *stream)
{
	lockdep_assert_held(&stream->produce_lock);
	return acq_ring_outstanding(&stream->run->ring);
}

/**
 * acq_stream_memory() - a block that the card has and has not completed
 * @stream: the stream
 * @number: from acq_stream_done() on, below acq_stream_given()
 *
 * As give() got it: for a card that cannot take its blocks when it gets them.
 *
 * Context: produce_lock.
 */
struct acq_memory acq_stream_memory(const struct acq_stream *stream, u64 number)
{
	const struct acq_run *run = stream->run;

	lockdep_assert_held(&stream->produce_lock);
	return (struct acq_memory){
		.number = number,
		.dma = run->slot[acq_ring_slot(&run->ring, stream->first + number)].dma,
		.bytes = run->ring.room,
	};
}

/** acq_stream_position() - bytes filled since the run began: has it got more? */
u64 acq_stream_position(const struct acq_stream *stream)
{
	lockdep_assert_held(&stream->produce_lock);
	return stream->run->ring.meta->head;
}

/** acq_stream_open_block() - memory of the open block, for a family that copies */
u8 *acq_stream_open_block(const struct acq_stream *stream)
{
	const struct acq_run *run = stream->run;

	lockdep_assert_held(&stream->produce_lock);
	return acq_run_addr(run, acq_ring_slot(&run->ring, run->ring.meta->done));
}

/** acq_stream_trace_irq() - for the trace: what the card interrupts for */
void acq_stream_trace_irq(struct acq_stream *stream, u32 causes)
{
	trace_acq_irq(stream->id, causes);
}

/**
 * acq_stream_keep_run() - an engine that cannot be stopped may write to the run
 * @stream: the stream
 *
 * The run's memory stays, and stays mapped, until acq_stream_let_go().
 *
 * Context: the card family's stop().
 * Return: for acq_stream_let_go().
 */
struct acq_run *acq_stream_keep_run(struct acq_stream *stream)
{
	lockdep_assert_held(&stream->produce_lock);
	acq_run_keep(stream->run);
	return stream->run;
}

/**
 * acq_stream_let_go() - undo acq_stream_keep_run(): the engine writes no more
 * @run: from acq_stream_keep_run()
 *
 * Context: sleeps; the card family's calls, or after acq_stream_remove().
 */
void acq_stream_let_go(struct acq_run *run)
{
	acq_run_let_go(run);
}

/**
 * acq_stream_service_soon() - have service() called
 * @stream: the stream
 *
 * Context: any.
 */
void acq_stream_service_soon(struct acq_stream *stream)
{
	acq_stream_look(stream);
}

/**
 * acq_stream_service_later() - have service() called when samples have waited long enough
 * @stream: the stream
 *
 * For a card that does not interrupt for samples in an open block: after as many
 * microseconds as the last moderate() said. Does nothing if that is under way.
 *
 * Context: produce_lock.
 */
void acq_stream_service_later(struct acq_stream *stream)
{
	lockdep_assert_held(&stream->produce_lock);
	if (!hrtimer_active(&stream->timer))
		hrtimer_start(&stream->timer, ns_to_ktime((u64)max(stream->irq_us, ACQ_IRQ_US_MIN) *
							  NSEC_PER_USEC), HRTIMER_MODE_REL);
}

/* In interrupt context; rest() and pause() wait for it. */
static enum hrtimer_restart timer(struct hrtimer *timer)
{
	acq_stream_look(container_of(timer, struct acq_stream, timer));
	return HRTIMER_NORESTART;
}

/* Wake the readers that have enough to read, all of them if the run has ended. */
static void wake_readers(struct acq_stream *stream, struct acq_run *run)
{
	struct acq_file *file;

	lockdep_assert_held(&run->lock);
	/* The new head before who waits for it: one of both sides sees the other. */
	smp_mb();
	list_for_each_entry(file, &run->files, node)
		stream->wakeups += acq_file_wake(file, run);
}

/* The lowest block that a holding reader still needs */
static u64 lowest_held(const struct acq_run *run)
{
	struct acq_file *file;
	u64 held = ~0ULL;

	lockdep_assert_held(&run->lock);
	list_for_each_entry(file, &run->files, node)
		held = min(held, acq_file_holds(file));
	return held;
}

/* Give the card the blocks that nobody needs any more. */
static void refill(struct acq_stream *stream)
{
	struct acq_run *run = stream->run;
	struct acq_ring *ring = &run->ring;
	u64 seq;
	u32 count, i;

	lockdep_assert_held(&stream->produce_lock);
	scoped_guard(spinlock, &run->lock) {
		seq = ring->given;
		count = acq_ring_give(ring, lowest_held(run));
	}
	for (i = 0; i < count; i++) {
		struct acq_memory block = acq_stream_memory(stream, seq + i - stream->first);

		acq_run_clean(run, seq + i);
		stream->ops->give(stream, &block);
	}
	if (count)
		stream->ops->kick(stream);
	/* Up to there come samples from the card's FIFO, then what it had no room for. */
	if (acq_ring_outstanding(ring) == 0)
		stream->full_until = ring->meta->head + stream->info.fifo_bytes +
				     run->config.block_bytes;
}

/* Tell the card how often to interrupt, if that has changed. */
static void set_moderation(struct acq_stream *stream, u32 frames, u32 us)
{
	lockdep_assert_held(&stream->produce_lock);
	if (frames == stream->irq_frames && us == stream->irq_us)
		return;
	stream->irq_frames = frames;
	stream->irq_us = us;
	stream->ops->moderate(stream, frames, us);
}

/* What the least patient reader wants at a time, and how long it lets samples wait */
static u32 least_need(const struct acq_run *run, u32 *us)
{
	struct acq_file *file;
	u32 need = U32_MAX;

	lockdep_assert_held(&run->lock);
	list_for_each_entry(file, &run->files, node)
		need = min(need, acq_file_needs(file, run, us));
	return need;
}

/* Fit the interrupts to rate and readers, unless they were asked for by number. */
static void moderate(struct acq_stream *stream)
{
	struct acq_run *run = stream->run;
	const struct acq_config *config = &run->config;
	struct acq_moderation_input in = {
		.bytes = stream->irq_bytes,
		.flush_us = U32_MAX,
		.least = config->block_used,
		.most = max(config->block_used, (u32)min_t(u64, config->ring_bytes / 8, SZ_1G)),
	};
	u64 now = ktime_get_ns();

	lockdep_assert_held(&stream->produce_lock);
	if (config->irq_us || config->irq_frames)
		return;
	scoped_guard(spinlock, &run->lock)
		in.need = least_need(run, &in.flush_us);
	in.elapsed_ns = now - stream->moderated_ns;
	if (in.elapsed_ns >= MODERATE_PERIOD_NS) {
		in.interrupts = stream->interrupts - stream->moderated_at;
		in.bytes = acq_moderation_rate(&in);
		stream->irq_bytes = in.bytes;
		stream->moderated_ns = now;
		stream->moderated_at = stream->interrupts;
	}
	/* A FIFO is smaller than what readers want: its own half is right for it. */
	set_moderation(stream, config->transfer == ACQ_TRANSFER_FIFO ? 0 :
		       acq_moderation_bytes(&in) / config->frame_bytes, acq_moderation_us(&in));
}

/* One turn of the producer. Returns true if it found new samples. */
static bool service(struct acq_stream *stream)
{
	struct acq_run *run = stream->run;
	u64 head;

	lockdep_assert_held(&stream->produce_lock);
	if (!stream->producing || acq_run_end(run))
		return false;
	head = run->ring.meta->head;
	refill(stream);
	stream->ops->service(stream);
	if (!acq_run_end(run)) {
		refill(stream);
		moderate(stream);
	}
	if (run->ring.meta->head == head)
		return false;
	/* Whoever looked first: samples are what interrupts are for. */
	stream->idle_interrupts -= min(stream->idle_interrupts, IDLE_INTERRUPTS_EACH);
	scoped_guard(spinlock, &run->lock)
		wake_readers(stream, run);
	return true;
}

/* The same; where nothing is new: is the card still there and well? */
static bool attend(struct acq_stream *stream)
{
	if (service(stream))
		return true;
	if (stream->producing && !acq_run_end(stream->run))
		stream->ops->check(stream);
	return false;
}

/**
 * acq_stream_interrupt() - the card has interrupted
 * @stream: the stream
 *
 * Some interrupts come for nothing, when another has been faster or a lost one
 * has been made up for. A card that sends little else is broken.
 *
 * Context: the interrupt thread; sleeps.
 * Return: true if it brought something. An interrupt thread on a shared line says
 * IRQ_RETVAL() of it, so that the kernel can give up a line that nobody can quiet.
 */
bool acq_stream_interrupt(struct acq_stream *stream)
{
	guard(mutex)(&stream->produce_lock);
	stream->interrupts++;
	if (attend(stream))
		return true;
	if (++stream->idle_interrupts < IDLE_INTERRUPTS_MAX || READ_ONCE(stream->gone))
		return false;
	stream->idle_interrupts = 0;
	dev_err_ratelimited(stream->dev, "%s: interrupts without end and without reason: silenced\n",
			    stream->name);
	stream->ops->silence(stream);
	if (stream->producing)
		acq_stream_fail(stream, -EIO);
	return false;
}

static void refill_work(struct work_struct *work)
{
	struct acq_stream *stream = container_of(work, struct acq_stream, refill_work);

	guard(mutex)(&stream->produce_lock);
	service(stream);
}

static void end_run(struct acq_stream *stream, enum acq_end end)
{
	static const u32 causes[] = {
		[ACQ_END_FINISHED]	= ACQ_CAUSE_CARD_FIFO,
		[ACQ_END_FAILED]	= ACQ_CAUSE_RESET,
		[ACQ_END_GONE]		= ACQ_CAUSE_UNPLUG,
	};
	struct acq_run *run = stream->run;
	struct acq_ring *ring = &run->ring;
	struct acq_meta *meta = ring->meta;
	u64 delivered = ring->next_index - meta->base_index;
	/* Nothing has come of this leg: what is lost lies before it. */
	bool seam = stream->paused || (stream->leg.lost && !ring->open &&
				       meta->done == stream->leg.seq);

	lockdep_assert_held(&stream->produce_lock);
	if (acq_run_end(run))
		return;
	/* What the card counted and did not bring is lost behind the last block. */
	if (stream->report.frames > delivered) {
		WRITE_ONCE(meta->end_lost, stream->report.frames - delivered);
		WRITE_ONCE(meta->end_cause, seam && end == ACQ_END_FINISHED ?
			   stream->leg.cause : causes[end]);
		trace_acq_gap(stream->id, meta->head, ring->next_index, meta->end_lost,
			      meta->end_cause);
		acq_event_gap(stream, ring->next_index, meta->end_lost, meta->end_cause);
	}
	/* Pairs with the acquire in acq_run_end(): the ring changes no more. */
	smp_store_release(&meta->end, end);
	scoped_guard(spinlock, &run->lock)
		wake_readers(stream, run);
	wake_up_all(&stream->halted);
}

/* Place what the card says of its segment in the run, and say why it lost samples. */
static void place(const struct acq_stream *stream, struct acq_fill *fill)
{
	const struct acq_ring *ring = &stream->run->ring;

	fill->time_ns = ktime_get_ns();
	fill->cause = ring->meta->head < stream->full_until ? ACQ_CAUSE_RING_FULL :
							      ACQ_CAUSE_CARD_FIFO;
	/* No harm if these wrap: it does not add up then, and acq_ring_fill() refuses it. */
	if (fill->index < ACQ_INDEX_MAX)
		fill->index += stream->leg.index;
	if (ring->meta->done == stream->leg.seq && stream->leg.lost) {
		fill->lost += stream->leg.lost;
		fill->cause = stream->leg.cause;
		fill->flags |= ACQ_BLOCK_ESTIMATED;
	}
}

/*
 * The core ends a run after its count where the card does not. Returns true if
 * this is the end; @fill has what is left of it, maybe nothing.
 */
static bool clip(const struct acq_stream *stream, struct acq_fill *fill)
{
	const struct acq_run *run = stream->run;
	u64 base = run->ring.meta->head || run->ring.open ? run->ring.meta->base_index :
		   fill->index - fill->lost;
	u64 count = run->config.count, frames = fill->index - base, left;

	if (!count || stream->ops->counts)
		return false;
	left = count > frames ? (count - frames) * run->ring.frame : 0;
	if (fill->bytes < left)
		return false;
	fill->bytes = left;
	fill->complete = true;
	return true;
}

/**
 * acq_stream_fill() - the open block holds more bytes, or is complete
 * @stream: the stream
 * @fill: what the card says of it, counted from its start()
 *
 * A block that has been opened keeps its index and its loss: they are given again
 * as it grows.
 *
 * Context: the card family's service().
 * Return: 0. Else nothing more can be filled: -ENODATA after the last frame of a run
 * that the core ends, -EPROTO after the stream has failed: the card contradicts itself.
 */
int acq_stream_fill(struct acq_stream *stream, const struct acq_fill *fill)
{
	struct acq_run *run = stream->run;
	struct acq_ring *ring = &run->ring;
	u64 seq = ring->meta->done, head = ring->meta->head, index = ring->next_index;
	struct acq_fill placed = *fill;
	bool opens = !ring->open, last;
	u32 before;
	int ret = 0;

	lockdep_assert_held(&stream->produce_lock);
	if (acq_run_end(run))
		return -ENODATA;
	before = opens ? 0 : ring->block[acq_ring_slot(ring, seq)].bytes;
	place(stream, &placed);
	last = clip(stream, &placed);

	/* Before the ring says that the bytes are there */
	if (placed.bytes <= run->config.block_bytes)
		acq_run_sync(run, seq, before, placed.bytes);
	if (placed.bytes || !last) {
		scoped_guard(spinlock, &run->lock)
			ret = acq_ring_fill(ring, &placed);
	}
	if (ret) {
		dev_err_ratelimited(stream->dev,
				    "%s: the card contradicts itself at block %llu (index %llu, lost %llu, %u bytes): stopped\n",
				    stream->name, seq, placed.index, placed.lost, placed.bytes);
		acq_stream_fail(stream, ret);
		return ret;
	}

	/* A family that reports seldom: as much as has come is known, as of now. */
	if (ring->next_index - ring->meta->base_index > stream->report.frames) {
		stream->report.frames = ring->next_index - ring->meta->base_index;
		stream->report_ns = ktime_get_boottime_ns();
	}
	if (opens && placed.bytes) {
		acq_stream_transition(stream, ACQ_STATE_RUNNING);
		if (placed.lost) {
			index = seq ? index : ring->meta->base_index;
			trace_acq_gap(stream->id, head, index, placed.lost, placed.cause);
			acq_event_gap(stream, index, placed.lost, placed.cause);
		}
	}
	trace_acq_block(stream->id, seq, head - before, placed.index, placed.bytes,
			placed.complete);
	if (!last)
		return 0;
	/* Also where the count ends amid a loss */
	stream->report.frames = run->config.count;
	acq_stream_finished(stream);
	return -ENODATA;
}

/** acq_stream_report() - the card's counters since its start(), unless it has forgotten */
void acq_stream_report(struct acq_stream *stream, const struct acq_report *report)
{
	struct acq_report *known = &stream->report;
	u64 frames = report->frames;

	lockdep_assert_held(&stream->produce_lock);
	if (frames >= ACQ_INDEX_MAX)
		return;
	frames += stream->leg.frames;
	/* What readers have been told of the end stands. */
	if (acq_run_end(stream->run))
		return;
	known->frames = frames;
	known->timestamp = report->timestamp;
	/* A later leg has no trigger of its own. */
	if (!stream->leg.frames) {
		known->triggered = report->triggered;
		known->trigger_index = report->trigger_index;
	}
	stream->report_ns = ktime_get_boottime_ns();
}

/**
 * acq_stream_lost() - samples were lost, and only the clock tells how many
 * @stream: the stream
 * @cause: why
 *
 * They were lost behind the newest that was filled, and until now; the loss is
 * marked as estimated. What the card fills from here on it counts from 0 again, as
 * behind start(), but it keeps the blocks that it has.
 *
 * Context: the card family's service().
 */
void acq_stream_lost(struct acq_stream *stream, enum acq_cause cause)
{
	struct acq_ring *ring = &stream->run->ring;

	lockdep_assert_held(&stream->produce_lock);
	if (acq_run_end(stream->run))
		return;
	scoped_guard(spinlock, &stream->run->lock)
		acq_ring_close(ring);
	stream->leg.cause = cause;
	if (!next_leg(stream))
		acq_stream_finished(stream);
	stream->report_ns = ktime_get_boottime_ns();
}

/** acq_stream_triggered() - the trigger came; harmless if that is known */
void acq_stream_triggered(struct acq_stream *stream)
{
	lockdep_assert_held(&stream->produce_lock);
	if (!acq_run_end(stream->run))
		acq_stream_transition(stream, ACQ_STATE_RUNNING);
}

/**
 * acq_stream_finished() - all samples of the run have been delivered
 * @stream: the stream
 *
 * The card's last acq_stream_report() says how many it should have been.
 *
 * Context: the card family's service().
 */
void acq_stream_finished(struct acq_stream *stream)
{
	lockdep_assert_held(&stream->produce_lock);
	if (acq_run_end(stream->run))
		return;
	acq_stream_transition(stream, ACQ_STATE_DRAINING);
	end_run(stream, ACQ_END_FINISHED);
	queue_work(system_percpu_wq, &stream->rest_work);
}

/**
 * acq_stream_fail() - the card cannot go on
 * @stream: the stream
 * @error: why, negative errno
 *
 * Context: the card family's service(). The card is stopped soon after.
 */
void acq_stream_fail(struct acq_stream *stream, int error)
{
	lockdep_assert_held(&stream->produce_lock);
	if (acq_run_end(stream->run))
		return;
	stream->error = error;
	acq_stream_transition(stream, ACQ_STATE_FAILED);
	end_run(stream, ACQ_END_FAILED);
	acq_event_failed(stream);
	queue_work(system_percpu_wq, &stream->rest_work);
}

/**
 * acq_stream_restart() - the card has forgotten what it was told to do
 * @stream: the stream
 *
 * It is stopped and started again; what it does not sample meanwhile becomes a gap.
 *
 * Context: the card family's check().
 */
void acq_stream_restart(struct acq_stream *stream)
{
	lockdep_assert_held(&stream->produce_lock);
	if (acq_run_end(stream->run))
		return;
	/* The card is asked again before restart_work comes to it. */
	if (stream->restart)
		return;
	/* Those at other times have nothing to do with it. */
	if (stream->restarted != stream->run->ring.meta->head ||
	    time_after(jiffies, stream->restarted_at + RESTARTS_PERIOD))
		stream->restarts = 0;
	stream->restarted = stream->run->ring.meta->head;
	stream->restarted_at = jiffies;
	if (stream->restarts++ == RESTARTS_MAX) {
		acq_stream_fail(stream, -EIO);
	} else {
		stream->restart = true;
		queue_work(system_percpu_wq, &stream->restart_work);
	}
}

/* Bring the card to rest. The run ends as @end if it has not ended already. */
static void rest(struct acq_stream *stream, enum acq_end end)
{
	lockdep_assert_held(&stream->life_lock);
	scoped_guard(mutex, &stream->produce_lock) {
		if (!stream->producing && !stream->paused)
			return;
		if (stream->producing) {
			/* What has come already is for the readers. */
			service(stream);
			hrtimer_cancel(&stream->timer);
			stream->ops->stop(stream);
		}
		end_run(stream, end);
		stream->producing = false;
		stream->paused = false;
	}
	cancel_delayed_work_sync(&stream->watch_work);
	acq_run_unmap(stream->run);
	/* Refused where it has failed or gone: it stays so. */
	if (READ_ONCE(stream->state) != ACQ_STATE_FAILED)
		acq_stream_transition(stream, ACQ_STATE_IDLE);
}

static void rest_work(struct work_struct *work)
{
	struct acq_stream *stream = container_of(work, struct acq_stream, rest_work);

	guard(mutex)(&stream->life_lock);
	/* A new run may have been started since this was queued. */
	if (stream->run && acq_run_end(stream->run))
		rest(stream, ACQ_END_FINISHED);
}

static void watch_work(struct work_struct *work)
{
	struct acq_stream *stream = container_of(to_delayed_work(work), struct acq_stream,
						 watch_work);

	guard(mutex)(&stream->produce_lock);
	attend(stream);
	if (!stream->producing || acq_run_end(stream->run))
		return;
	queue_delayed_work(system_percpu_wq, &stream->watch_work, WATCH_PERIOD);
}

/* Take the stream's newest run off it, with the stream's reference. */
static struct acq_run *take_run(struct acq_stream *stream)
{
	struct acq_run *run;

	lockdep_assert_held(&stream->life_lock);
	scoped_guard(spinlock, &stream->run_lock) {
		run = stream->run;
		stream->run = NULL;
	}
	return run;
}

/* A new run as configured, of smaller blocks if memory has no such large pieces */
static struct acq_run *create_run(struct acq_stream *stream, u64 number)
{
	struct acq_config config = stream->config;
	int node = dev_to_node(stream->dev);
	struct acq_run *run;

	lockdep_assert_held(&stream->life_lock);
	run = acq_run_create(&config, number, node, take_run(stream));
	while (!run && !fatal_signal_pending(current) &&
	       acq_config_smaller_blocks(stream, &config))
		run = acq_run_create(&config, number, node, NULL);
	if (!run)
		dev_err_ratelimited(stream->dev,
				    "%s: no memory for a ring of %llu KiB: set a smaller ring_bytes\n",
				    stream->name, config.ring_bytes >> 10);
	else if (config.block_bytes != stream->config.block_bytes)
		dev_info_ratelimited(stream->dev,
				     "%s: memory is in pieces: blocks of %u KiB instead of %u\n",
				     stream->name, config.block_bytes >> 10,
				     stream->config.block_bytes >> 10);
	return run;
}

/* How many frames a source of that rate makes in a time. At least one: its beat is lost. */
static u64 frames_in(u64 ns, u64 rate_millihz)
{
	const u64 unit = (u64)MSEC_PER_SEC * NSEC_PER_SEC;

	/* So that it fits: years at gigahertz */
	ns = min(ns, 300000 * unit);
	return mul_u64_u64_div_u64(ns, min(rate_millihz, 10 * unit), unit) + 1;
}

/*
 * From where the paused run goes on. Returns false if the time for which the card
 * was to sample is over.
 */
static bool next_leg(struct acq_stream *stream)
{
	const struct acq_config *config = &stream->run->config;
	const struct acq_ring *ring = &stream->run->ring;
	struct acq_leg *leg = &stream->leg;
	/* Zeros if nothing has come yet */
	u64 base = ring->meta->base_index, next = ring->next_index;
	u64 frames;

	lockdep_assert_held(&stream->produce_lock);
	/* It was not started, or waits for its trigger: nothing is lost. */
	if (!stream->report_ns || (config->trigger != ACQ_TRIGGER_IMMEDIATE &&
				   !ring->meta->head && !stream->report.triggered))
		return true;

	/* Triggered, but nothing of it has come: so far before the trigger it begins. */
	if (!ring->meta->head && stream->report.triggered) {
		base = stream->report.trigger_index;
		base -= min(base, config->pretrigger);
		next = base;
	}
	frames = stream->report.frames +
		 frames_in(ktime_get_boottime_ns() - stream->report_ns, config->rate_millihz);
	frames = max(frames, next - base + 1);
	if (config->count)
		frames = min(frames, config->count);
	stream->report.frames = frames;
	leg->seq = ring->meta->done;
	leg->frames = frames;
	leg->index = base + frames;
	leg->lost = leg->index - next;
	return !config->count || frames < config->count;
}

/* Program the card for the rest of the run, and let it go. */
static int launch(struct acq_stream *stream)
{
	struct acq_config config = stream->run->config;
	int ret;

	lockdep_assert_held(&stream->produce_lock);
	if (stream->leg.frames) {
		config.trigger = ACQ_TRIGGER_IMMEDIATE;
		config.pretrigger = 0;
		config.count -= config.count ? stream->leg.frames : 0;
	}
	stream->full_until = 0;
	stream->idle_interrupts = 0;
	stream->irq_frames = U32_MAX;
	stream->irq_bytes = 0;
	stream->first = stream->run->ring.meta->done;
	stream->moderated_ns = ktime_get_ns();
	stream->moderated_at = stream->interrupts;
	acq_stream_transition(stream, config.trigger == ACQ_TRIGGER_IMMEDIATE ?
			      ACQ_STATE_RUNNING : ACQ_STATE_ARMED);
	ret = stream->ops->start(stream, &config);
	if (ret)
		return ret;
	stream->report_ns = ktime_get_boottime_ns();
	stream->producing = true;
	stream->paused = false;
	stream->restart = false;
	if (config.irq_us || config.irq_frames)
		set_moderation(stream, config.irq_frames, config.irq_us);
	else
		moderate(stream);
	refill(stream);
	return 0;
}

/* Start the card for the paused run, at its begin or in its midst. */
static int go_on(struct acq_stream *stream)
{
	int ret = 0;

	lockdep_assert_held(&stream->life_lock);
	scoped_guard(mutex, &stream->produce_lock) {
		if (next_leg(stream))
			ret = launch(stream);
		else
			end_run(stream, ACQ_END_FINISHED);
		if (ret)
			acq_stream_fail(stream, ret);
	}
	if (stream->paused)
		rest(stream, ACQ_END_FINISHED);
	else
		queue_delayed_work(system_percpu_wq, &stream->watch_work, WATCH_PERIOD);
	return ret;
}

/* Stop the card, in the midst of its run if it has one. */
static void pause(struct acq_stream *stream, enum acq_cause cause)
{
	lockdep_assert_held(&stream->life_lock);
	scoped_guard(mutex, &stream->produce_lock) {
		service(stream);
		if (stream->producing && !acq_run_end(stream->run)) {
			hrtimer_cancel(&stream->timer);
			stream->ops->stop(stream);
			stream->producing = false;
			stream->paused = true;
			stream->leg.cause = cause;
			scoped_guard(spinlock, &stream->run->lock)
				acq_ring_cut(&stream->run->ring);
		}
	}
	cancel_delayed_work_sync(&stream->watch_work);
	/* It had ended before, or with what was found last. */
	if (stream->producing)
		rest(stream, ACQ_END_FINISHED);
}

static void restart_work(struct work_struct *work)
{
	struct acq_stream *stream = container_of(work, struct acq_stream, restart_work);

	guard(mutex)(&stream->life_lock);
	/* It may have been stopped or started again meanwhile. */
	scoped_guard(mutex, &stream->produce_lock) {
		if (!stream->producing || !stream->restart)
			return;
	}
	pause(stream, ACQ_CAUSE_RESET);
	if (stream->paused)
		go_on(stream);
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
	stream->asleep = true;
	pause(stream, cause);
	/* One that has failed stays so, until it is started. */
	if (READ_ONCE(stream->state) != ACQ_STATE_FAILED)
		acq_stream_transition(stream, ACQ_STATE_SUSPENDED);
}

/**
 * acq_stream_resume() - the card can be used again
 * @stream: the stream, after acq_stream_suspend()
 *
 * Context: sleeps. Not after acq_stream_remove().
 */
void acq_stream_resume(struct acq_stream *stream)
{
	guard(mutex)(&stream->life_lock);
	stream->asleep = false;
	if (stream->paused)
		go_on(stream);
	else if (READ_ONCE(stream->state) == ACQ_STATE_SUSPENDED)
		acq_stream_transition(stream, ACQ_STATE_IDLE);
}

/**
 * acq_stream_start() - begin a new run
 * @stream: the stream
 * @explicit: it runs until ACQ_IOC_STOP, not until the last close
 * @file: joins the new run at its begin; or NULL
 *
 * Context: life_lock; sleeps.
 * Return: 0, or -EBUSY: it runs already, -ENODEV: gone, -ENOMEM: no memory for
 * the ring, or what the card family's start() returned.
 */
int acq_stream_start(struct acq_stream *stream, bool explicit, struct acq_file *file)
{
	struct acq_run *run;
	u64 number;
	int ret;

	lockdep_assert_held(&stream->life_lock);
	if (stream->gone)
		return -ENODEV;
	/* A run that has ended but for rest_work: no need to wait for that. */
	if (stream->run && acq_run_end(stream->run))
		rest(stream, ACQ_END_FINISHED);
	if (stream->producing || stream->paused)
		return -EBUSY;

	number = stream->runs + 1;
	run = create_run(stream, number);
	if (!run)
		return -ENOMEM;
	if (run->config.transfer == ACQ_TRANSFER_DMA) {
		ret = acq_run_map(run, stream->dev);
		if (ret) {
			dev_err_ratelimited(stream->dev, "%s: cannot map a ring of %llu KiB for DMA\n",
					    stream->name, stream->config.ring_bytes >> 10);
			goto err_put;
		}
	}
	if (file)
		acq_file_join(file, run);

	scoped_guard(mutex, &stream->produce_lock) {
		scoped_guard(spinlock, &stream->run_lock) {
			stream->run = run;
			WRITE_ONCE(run->ring.meta->state, READ_ONCE(stream->state));
		}
		stream->runs = number;
		stream->error = 0;
		stream->leg = (struct acq_leg){};
		stream->report = (struct acq_report){};
		stream->report_ns = 0;
		stream->restarts = 0;
		stream->restart = false;
		stream->paused = true;
	}
	if (stream->asleep) {
		/* acq_stream_resume() goes on with it. */
		acq_stream_transition(stream, ACQ_STATE_SUSPENDED);
	} else {
		ret = go_on(stream);
		if (ret)
			return ret;
	}
	WRITE_ONCE(stream->explicit, explicit);
	return 0;

err_put:
	acq_run_put(run);
	return ret;
}

static void start_work(struct work_struct *work)
{
	struct acq_stream *stream = container_of(work, struct acq_stream, start_work);
	struct acq_file *file;

	guard(mutex)(&stream->life_lock);
	file = xchg(&stream->starter, NULL);
	/* Nobody to tell: the reader that asked finds out when it comes back. */
	if (atomic_read(&stream->open_files) && stream->runs == READ_ONCE(stream->start_after))
		acq_stream_start(stream, false, file);
}

/**
 * acq_stream_start_later() - begin a new run for a reader that must not wait
 * @stream: the stream
 * @file: joins the new run at its begin, if it is the first to ask
 *
 * Context: any.
 */
void acq_stream_start_later(struct acq_stream *stream, struct acq_file *file)
{
	/* A run that has begun meanwhile, and be it over, is the one that was asked for. */
	WRITE_ONCE(stream->start_after, READ_ONCE(stream->runs));
	cmpxchg(&stream->starter, NULL, file);
	schedule_work(&stream->start_work);
}

/**
 * acq_stream_forget() - a file goes: nothing is started for it any more
 * @stream: the stream
 * @file: the file
 *
 * Context: sleeps.
 */
void acq_stream_forget(struct acq_stream *stream, struct acq_file *file)
{
	/* start_work uses what it took within this lock. */
	guard(mutex)(&stream->life_lock);
	cmpxchg(&stream->starter, file, NULL);
}

/* Has the card been reset, and nobody noticed? Then it cannot finish its run. */
static bool forgotten(struct acq_stream *stream)
{
	guard(mutex)(&stream->produce_lock);
	attend(stream);
	return stream->restart;
}

/**
 * acq_stream_stop() - end the run, but deliver what has been sampled
 * @stream: the stream
 *
 * Waits for the card to empty its buffer into the ring. If it does not within a
 * second, for want of free blocks or at all, what it still holds is lost and
 * counted as a gap at the end.
 *
 * Context: life_lock; sleeps.
 * Return: 0, or -ENODEV. Not running is no error.
 */
int acq_stream_stop(struct acq_stream *stream)
{
	lockdep_assert_held(&stream->life_lock);
	if (stream->gone)
		return -ENODEV;
	if (stream->producing && forgotten(stream))
		pause(stream, ACQ_CAUSE_RESET);
	if (stream->producing) {
		scoped_guard(mutex, &stream->produce_lock) {
			acq_stream_transition(stream, ACQ_STATE_DRAINING);
			stream->ops->finish(stream);
		}
		wait_event_timeout(stream->halted, acq_run_end(stream->run), FINISH_TIMEOUT);
	} else if (stream->paused) {
		/* What has been missed until now is a loss at the end. */
		scoped_guard(mutex, &stream->produce_lock)
			next_leg(stream);
	}
	rest(stream, ACQ_END_FINISHED);
	return 0;
}

/**
 * acq_stream_trigger() - software trigger
 * @stream: the stream
 *
 * Context: sleeps.
 * Return: 0, -EINVAL if the run does not wait for a software trigger, -ENODATA
 * if there is no run.
 */
int acq_stream_trigger(struct acq_stream *stream)
{
	guard(mutex)(&stream->produce_lock);
	if (!stream->producing)
		return -ENODATA;
	if (stream->run->config.trigger != ACQ_TRIGGER_SOFTWARE)
		return -EINVAL;
	stream->ops->trigger(stream);
	return 0;
}

/**
 * acq_stream_configure() - set what the next run will be started with
 * @stream: the stream
 * @config: rounded in place
 *
 * Context: life_lock; sleeps.
 * Return: 0, -EBUSY while it runs, -ENODEV, or -EINVAL.
 */
int acq_stream_configure(struct acq_stream *stream, struct acq_config *config)
{
	int ret;

	lockdep_assert_held(&stream->life_lock);
	if (stream->gone)
		return -ENODEV;
	if (stream->run && acq_run_end(stream->run))
		rest(stream, ACQ_END_FINISHED);
	if (stream->producing || stream->paused)
		return -EBUSY;
	ret = acq_config_settle(stream, config);
	if (!ret)
		stream->config = *config;
	return ret;
}

/**
 * acq_stream_last_close() - nobody has the node open any more
 * @stream: the stream
 *
 * A run that a reader started ends, and its memory goes. One that was started
 * explicitly goes on, and what it left stays until the next start.
 *
 * Context: life_lock; sleeps.
 */
void acq_stream_last_close(struct acq_stream *stream)
{
	struct acq_run *run;

	lockdep_assert_held(&stream->life_lock);
	if (stream->explicit && !stream->gone)
		return;
	rest(stream, ACQ_END_FINISHED);
	run = take_run(stream);
	if (run)
		acq_run_put(run);
}

/** acq_stream_run() - the newest run with a reference, or NULL */
struct acq_run *acq_stream_run(struct acq_stream *stream)
{
	struct acq_run *run;

	scoped_guard(spinlock, &stream->run_lock)
		run = stream->run ? acq_run_get(stream->run) : NULL;
	return run;
}

/**
 * acq_stream_status() - the stream's part of struct acq_status
 * @stream: the stream
 * @status: zeroed
 *
 * Context: sleeps.
 */
void acq_stream_status(struct acq_stream *stream, struct acq_status *status)
{
	struct acq_ring *ring;
	struct acq_run *run;
	struct acq_file *file;

	guard(mutex)(&stream->produce_lock);
	/* What the card has brought by now, not by its last interrupt */
	service(stream);
	status->state = READ_ONCE(stream->state);
	status->error = stream->error;
	status->interrupts = stream->interrupts;
	status->run = stream->runs;
	if ((stream->producing || stream->paused) && READ_ONCE(stream->explicit))
		status->flags |= ACQ_STATUS_STARTED;

	/* produce_lock keeps a run from being replaced, not from being dropped. */
	run = acq_stream_run(stream);
	if (!run)
		return;
	ring = &run->ring;
	if (stream->report.triggered)
		status->flags |= ACQ_STATUS_TRIGGERED;
	status->trigger_index = stream->report.trigger_index;
	status->timestamp = stream->report.timestamp;
	status->frames = max(stream->report.frames, ring->next_index - ring->meta->base_index);
	if (stream->producing) {
		status->irq_us = stream->irq_us;
		status->irq_frames = stream->irq_frames;
	}
	scoped_guard(spinlock, &run->lock) {
		const struct acq_meta *meta = ring->meta;

		status->head = meta->head;
		status->oldest = meta->oldest_position;
		status->blocks = meta->done;
		status->gaps = meta->gaps + !!meta->end_lost;
		status->lost = meta->lost + meta->end_lost;
		status->wakeups = stream->wakeups;
		list_for_each_entry(file, &run->files, node)
			status->readers++;
	}
	acq_run_put(run);
}

struct acq_stream *acq_stream_get(struct acq_stream *stream)
{
	kref_get(&stream->ref);
	return stream;
}

static void stream_release(struct kref *ref)
{
	struct acq_stream *stream = container_of(ref, struct acq_stream, ref);

	/*
	 * Closed files may have left some queued. The others have ended with the
	 * card, and with @gone nothing starts them again.
	 */
	cancel_work_sync(&stream->start_work);
	cancel_work_sync(&stream->refill_work);
	WARN_ON(stream->producing);
	if (stream->run)
		acq_run_put(stream->run);
	ida_free(&stream_ids, stream->id);
	put_device(stream->dev);
	kfree(stream);
}

/** acq_stream_put() - drop a reference; sleeps if it was the last */
void acq_stream_put(struct acq_stream *stream)
{
	kref_put(&stream->ref, stream_release);
}

/**
 * acq_stream_create() - make a stream for a card
 * @dev: the card's device
 * @ops: the card family
 * @card: its own pointer, see acq_stream_card()
 * @info: what the card is; @info->stream is filled in
 * @config: what it is configured to after its reset
 *
 * Interrupts may report to the stream from now on; nobody sees it before
 * acq_stream_register(). Undone by acq_stream_put(); after registration
 * acq_stream_remove() comes before that.
 *
 * Context: sleeps.
 * Return: the stream, or an ERR_PTR().
 */
struct acq_stream *acq_stream_create(struct device *dev, const struct acq_card_ops *ops,
				     void *card, const struct acq_info *info,
				     const struct acq_config *config)
{
	struct acq_stream *stream;
	int ret;

	stream = kzalloc(sizeof(*stream), GFP_KERNEL);
	if (!stream)
		return ERR_PTR(-ENOMEM);

	ret = ida_alloc(&stream_ids, GFP_KERNEL);
	if (ret < 0)
		goto err_free;
	stream->id = ret;

	kref_init(&stream->ref);
	stream->dev = get_device(dev);
	stream->ops = ops;
	stream->card = card;
	stream->info = *info;
	stream->info.stream = stream->id;
	/* Of a card that cannot count, the core ends the run. */
	stream->info.caps |= ACQ_CAP_COUNT;
	mutex_init(&stream->life_lock);
	mutex_init(&stream->produce_lock);
	spin_lock_init(&stream->state_lock);
	spin_lock_init(&stream->run_lock);
	init_waitqueue_head(&stream->gone_wait);
	init_waitqueue_head(&stream->halted);
	acq_event_init(stream);
	INIT_WORK(&stream->rest_work, rest_work);
	INIT_WORK(&stream->restart_work, restart_work);
	INIT_WORK(&stream->start_work, start_work);
	INIT_WORK(&stream->refill_work, refill_work);
	INIT_DELAYED_WORK(&stream->watch_work, watch_work);
	hrtimer_setup(&stream->timer, timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);

	if (stream->id)
		snprintf(stream->name, sizeof(stream->name), "acqdev%d", stream->id);
	else
		strscpy(stream->name, "acqdev", sizeof(stream->name));
	stream->misc.minor = MISC_DYNAMIC_MINOR;
	stream->misc.name = stream->name;
	stream->misc.fops = &acq_file_ops;
	stream->misc.parent = dev;
	stream->misc.groups = acq_sysfs_groups;
	stream->misc.mode = 0600;

	stream->config = *config;
	ret = acq_config_settle(stream, &stream->config);
	if (ret) {
		acq_stream_put(stream);
		return ERR_PTR(ret);
	}
	return stream;

err_free:
	kfree(stream);
	return ERR_PTR(ret);
}

/**
 * acq_stream_register() - make the device node
 * @stream: from acq_stream_create()
 *
 * Context: sleeps; the card family can be called from now on.
 * Return: 0 or a negative errno; -EBUSY: no minor number is free.
 */
int acq_stream_register(struct acq_stream *stream)
{
	int ret = misc_register(&stream->misc);

	if (ret)
		return ret;
	scoped_guard(mutex, &stream->produce_lock)
		WRITE_ONCE(stream->node, stream->misc.this_device);
	acq_debugfs_add(stream);
	return 0;
}

/**
 * acq_stream_remove() - the card is going, or gone
 * @stream: a registered stream
 *
 * Readers get what is in the ring, then ENODEV. The family is not called any
 * more when this returns; it may still report, and drops its reference with
 * acq_stream_put() once it cannot interrupt any more.
 *
 * Context: sleeps.
 */
void acq_stream_remove(struct acq_stream *stream)
{
	struct acq_run *run;

	acq_debugfs_remove(stream);
	acq_event_stop(stream);
	/* No new opens; waits for the readers of attributes. Not under life_lock. */
	misc_deregister(&stream->misc);

	scoped_guard(mutex, &stream->life_lock) {
		WRITE_ONCE(stream->gone, true);
		rest(stream, ACQ_END_GONE);
		acq_stream_transition(stream, ACQ_STATE_GONE);
		/* Ended earlier, but what its readers get in the end is that it is gone. */
		run = stream->run;
		if (run) {
			spin_lock(&run->lock);
			WRITE_ONCE(run->ring.meta->end, ACQ_END_GONE);
			wake_readers(stream, run);
			spin_unlock(&run->lock);
		}
	}
	wake_up_interruptible_poll(&stream->gone_wait, EPOLLHUP | EPOLLERR);
	cancel_work_sync(&stream->rest_work);
	cancel_work_sync(&stream->restart_work);
	cancel_work_sync(&stream->start_work);
	cancel_work_sync(&stream->refill_work);
	cancel_delayed_work_sync(&stream->watch_work);
}
