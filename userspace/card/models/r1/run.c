// SPDX-License-Identifier: GPL-2.0-only
/* A run of the ACQ-R1 model: source, trigger and losses; what happens when. */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "r1_output.h"

/* Work that is done in one go; the host's accesses wait for it. */
#define STEP_BYTES	(512u << 10)
#define SCAN_FRAMES	65536u
/* A card that looks at its time axis more often than that just burns time. */
#define NAP_NS		50000u
#define SCAN_NAP_NS	2000000u

/* Starting and ending */

static void r1_run_stop_sampling(struct r1 *c)
{
	c->held = false;
	c->follows = false;
	c->state = ACQ_R1_DRAINING;
	c->losing = false;
	c->frozen = false;
}

/* The run proper begins, with the frames from @first to before @index in the FIFO. */
static void r1_run_from(struct r1 *c, uint64_t first, uint64_t index)
{
	c->state = ACQ_R1_RUNNING;
	c->first = first;
	c->out = first;
	c->taken = first;
	c->stretch = first;
	c->end = r1_state_signal_end(c);
	if (c->run.count && c->run.count < c->end - first)
		c->end = first + c->run.count;
	c->sampled = r1_least(index, c->end);
	c->in = c->sampled;
	c->fifo_since = r1_now(c);
	if (c->sampled == c->end)
		r1_run_stop_sampling(c);
}

void r1_run_release(struct r1 *c, uint64_t now)
{
	if (!c->held)
		return;
	c->held = false;
	c->follows = false;
	pace_base(&c->pace, now, 0);
	if (c->run.trigger == ACQ_R1_TRIG_IMMEDIATE)
		r1_run_from(c, 0, 0);
}

void r1_run_release_both(struct r1 *c)
{
	struct r1_output *o = c->output;

	if (!o || !o->held) {
		r1_run_release(c, r1_now(c));
		return;
	}
	/* At once, or when its first block is in the FIFO */
	o->held = false;
	c->follows = c->held;
}

void r1_run_start(struct r1 *c, bool held)
{
	if (c->settling || (c->state != ACQ_R1_IDLE && c->state != ACQ_R1_DONE &&
			    c->state != ACQ_R1_ERROR))
		return;
	c->epoch++;
	c->runs++;
	c->had_run = true;
	if (c->output)
		r1_output_loop_restart(c->output);
	c->losing = false;
	c->triggered = false;
	c->held = false;
	c->follows = false;
	c->frozen = false;
	c->code = 0;
	c->sampled = 0;
	c->first = 0;
	c->end = R1_ENDLESS;
	c->in = 0;
	c->out = 0;
	c->taken = 0;
	c->trigger_index = 0;
	c->dropped = 0;
	c->delivered = 0;
	c->drop_order = 0;
	c->gaps.count = 0;
	c->popped = 0;
	c->window_frames = 0;
	c->made_up = 0;
	c->given = 0;
	c->complete = 0;
	c->blocks = 0;
	c->open = false;
	c->recorded = false;
	c->filled = 0;
	c->last_stamp = 0;
	c->last_index = 0;
	c->status = 0;
	c->events = 0;
	c->announced = 0;
	memset(&c->tell, 0, sizeof(c->tell));
	memset(&c->pattern, 0, sizeof(c->pattern));
	if (!r1_setup_take(c) || c->refuses) {
		/* may come from ERROR: that one is over */
		c->state = ACQ_R1_IDLE;
		r1_state_fail(c, ACQ_R1_ERR_CONFIG);
		return;
	}
	/* width 0 is no pattern's: the first use seeks */
	c->pattern.next = UINT64_MAX;
	c->state = ACQ_R1_ARMED;
	c->held = true;
	if (!held)
		r1_run_release(c, r1_now(c));
}

void r1_run_stop(struct r1 *c)
{
	if (c->state == ACQ_R1_ARMED) {
		c->first = c->sampled;
		c->in = c->sampled;
		c->out = c->sampled;
		r1_run_stop_sampling(c);
	} else if (c->state == ACQ_R1_RUNNING) {
		r1_run_stop_sampling(c);
	}
}

/* The trigger is at frame @index, up to which all have been sampled. */
void r1_run_trigger(struct r1 *c, uint64_t index)
{
	uint64_t pre = c->run.pretrigger;

	if (c->state != ACQ_R1_ARMED || c->held)
		return;
	c->triggered = true;
	c->trigger_index = index;
	c->events |= ACQ_R1_IRQ_TRIGGER;
	r1_run_from(c, index > pre ? index - pre : 0, index);
}

/* Up to where there is something at the inputs. */
static uint64_t r1_run_limit(const struct r1 *c, uint64_t target)
{
	if (!c->config.loopback || c->run.pattern != ACQ_R1_PATTERN_INPUT)
		return target;
	return r1_output_loop_limit(c->output, target);
}

/* Waiting for the trigger */

static int64_t r1_run_value(const struct r1 *c, const uint8_t *frame)
{
	const uint8_t *p = frame + c->run.position * c->run.width;
	uint16_t half;
	uint32_t word;

	switch (c->run.format) {
	case ACQ_R1_FORMAT_S8:
		return (int8_t)*p;
	case ACQ_R1_FORMAT_U8:
		return *p;
	case ACQ_R1_FORMAT_S16:
		memcpy(&half, p, 2);
		return (int16_t)le16toh(half);
	case ACQ_R1_FORMAT_U16:
		memcpy(&half, p, 2);
		return le16toh(half);
	case ACQ_R1_FORMAT_S32:
		memcpy(&word, p, 4);
		return (int32_t)le32toh(word);
	default:
		memcpy(&word, p, 4);
		return le32toh(word);
	}
}

static bool r1_run_crosses(const struct r1 *c, int64_t before, int64_t value)
{
	if (c->run.falling)
		return before > c->run.level && value <= c->run.level;
	return before < c->run.level && value >= c->run.level;
}

/* Samples up to @target, or to the frame at which the level is crossed. */
static void r1_run_scan(struct r1 *c, uint64_t target)
{
	uint64_t stop = r1_least(target, c->sampled + SCAN_FRAMES);

	while (c->sampled < stop) {
		uint64_t n = r1_least(stop - c->sampled, sizeof(c->scratch) / c->run.frame);

		r1_state_make(c, c->sampled, n, c->scratch);
		for (uint64_t i = 0; i < n; i++) {
			int64_t value = r1_run_value(c, c->scratch + i * c->run.frame);
			int64_t before = c->last_value;

			c->last_value = value;
			/* the first frame has none before it */
			if (c->sampled + i && r1_run_crosses(c, before, value)) {
				c->sampled += i;
				r1_run_trigger(c, c->sampled);
				return;
			}
		}
		c->sampled += n;
	}
	c->more = c->sampled < target;
}

static void r1_run_armed(struct r1 *c)
{
	bool level = c->run.trigger == ACQ_R1_TRIG_LEVEL;
	uint64_t target = R1_ENDLESS;

	/* Nobody but time moves a card that waits to be triggered from outside. */
	if (!c->config.free || !level)
		target = pace_count(&c->pace, r1_now(c));
	target = r1_run_limit(c, r1_least(target, r1_state_signal_end(c)));
	if (target < c->sampled)
		target = c->sampled;
	if (level)
		r1_run_scan(c, target);
	else
		c->sampled = target;
	if (c->state == ACQ_R1_ARMED && c->sampled == r1_state_signal_end(c))
		r1_run_stop(c);
}

/* Running */

static void r1_run_begin_loss(struct r1 *c)
{
	c->losing = true;
	c->events |= ACQ_R1_IRQ_OVERFLOW;
	/* One that is not listed is part of the one before it. */
	losses_begin(&c->gaps, c->sampled);
}

static void r1_run_drop(struct r1 *c, uint64_t frames)
{
	struct loss *newest = losses_newest(&c->gaps);

	c->sampled += frames;
	c->dropped += frames;
	c->drop_order -= r1_least(frames, c->drop_order);
	if (newest)
		newest->frames += frames;
}

/* Drops frames up to @target. False if the loss goes on beyond it. */
static bool r1_run_losing(struct r1 *c, uint64_t target)
{
	bool drained = c->out == c->in && !c->popped &&
		       (c->run.dma || !((c->status | c->events) & ACQ_R1_IRQ_OVERFLOW));
	uint64_t frames = target - c->sampled;

	if (drained || r1_state_waits(c))
		frames = r1_least(frames, c->drop_order);
	r1_run_drop(c, frames);
	if (!drained || c->drop_order) {
		c->frozen = r1_state_waits(c) && !c->drop_order;
		return false;
	}
	c->losing = false;
	c->in = c->sampled;
	c->out = c->sampled;
	c->stretch = c->sampled;
	c->fifo_since = r1_now(c);
	r1_block_flush(c);
	return true;
}

static void r1_run_running(struct r1 *c)
{
	uint64_t target = c->config.free ? R1_ENDLESS : pace_count(&c->pace, r1_now(c));
	size_t budget = STEP_BYTES;
	unsigned int epoch = c->epoch;
	bool was_frozen = c->frozen;

	if (was_frozen) {
		pace_base(&c->pace, r1_now(c), c->sampled);
		c->frozen = false;
		if (!c->config.free)
			target = c->sampled;
	}
	target = r1_run_limit(c, r1_least(target, c->end));
	/* the conversion of time to frames may round down after a change of speed */
	if (target < c->sampled)
		target = c->sampled;
	for (;;) {
		uint64_t frames;

		if (c->run.dma)
			r1_block_put(c, &budget);
		if (c->epoch != epoch || c->state != ACQ_R1_RUNNING)
			return;
		if (c->drop_order && !c->losing && c->sampled < target)
			r1_run_begin_loss(c);
		if (c->losing) {
			if (!r1_run_losing(c, target)) {
				if (c->sampled == c->end)
					r1_run_stop_sampling(c);
				return;
			}
			/* flushing was DMA, too */
			if (c->epoch != epoch || c->state != ACQ_R1_RUNNING)
				return;
		}
		if (c->sampled == c->end)
			break;
		if (c->sampled == target) {
			c->frozen = was_frozen && !r1_fifo_room(c) && !c->drop_order;
			return;
		}
		frames = r1_least(target - c->sampled, r1_fifo_room(c));
		if (frames) {
			if (c->in == c->out)
				c->fifo_since = r1_now(c);
			c->sampled += frames;
			c->in = c->sampled;
			if (c->sampled == c->end)
				break;
		} else if (c->run.dma && budget < c->run.frame) {
			c->more = true;
			return;
		} else if (!r1_state_waits(c)) {
			r1_run_begin_loss(c);
		} else {
			c->frozen = true;
			return;
		}
	}
	r1_run_stop_sampling(c);
}

static void r1_run_draining(struct r1 *c)
{
	size_t budget = STEP_BYTES;
	unsigned int epoch = c->epoch;

	if (c->run.dma)
		r1_block_put(c, &budget);
	if (c->epoch != epoch)
		return;
	if (c->out < c->in) {
		c->more = c->run.dma && budget < c->run.frame;
		return;
	}
	if (c->stalled)
		return;
	if (c->open) {
		r1_block_flush(c);
		if (c->epoch != epoch)
			return;
	}
	if (fault_is_on(c->faults, FAULT_DONE_NEVER))
		return;
	c->state = ACQ_R1_DONE;
	c->events |= ACQ_R1_IRQ_FINISHED;
}

/* Does all that is due. */
void r1_run_step(struct r1 *c)
{
	c->more = false;
	/* the output ends before it has begun: nobody is left to follow */
	if (c->follows && c->output->state != ACQ_R1_ARMED)
		r1_run_release(c, r1_now(c));
	if (c->state == ACQ_R1_ARMED && !c->held)
		r1_run_armed(c);
	if (c->state == ACQ_R1_RUNNING)
		r1_run_running(c);
	if (c->state == ACQ_R1_DRAINING)
		r1_run_draining(c);
	r1_page_report(c);
}

/* When it wants to be called again */

/* Frames until something happens to a running card, in terms of its index. */
static uint64_t r1_run_next_frame(const struct r1 *c)
{
	uint64_t next = r1_least(c->end, c->sampled + r1_fifo_room(c) + 1), frames, left;

	if (c->losing)
		return c->drop_order ? c->sampled + c->drop_order : c->end;
	if (c->drop_order)
		return c->sampled + 1;
	/* the frame that starts the clock of IRQ_US */
	if (!c->run.dma && r1_state_irq_ns(c) && c->in == c->out)
		return c->sampled + 1;
	if (!c->run.dma) {
		uint64_t want = r1_fifo_want(c), level = r1_fifo_bytes(c);

		frames = level < want ? (want - level + c->run.frame - 1) / c->run.frame : 0;
		return frames ? r1_least(next, c->sampled + frames) : next;
	}
	if (c->stalled || !r1_block_room(c))
		return next;
	frames = c->open ? (c->block_bytes - c->filled) / c->run.frame : 1;
	next = r1_least(next, c->sampled + frames);
	left = r1_tell_left(&c->tell, r1_tell_regs(&c->config, c->regs));
	return left < next - c->sampled ? c->sampled + left : next;
}

static uint64_t r1_run_timer(const struct r1 *c)
{
	uint64_t when = MODEL_NEVER, us = r1_state_irq_ns(c);

	if (!us)
		return when;
	if (!c->run.dma)
		return r1_fifo_level(c) >= R1_WORD && !r1_fifo_ready(c) ? c->fifo_since + us : when;
	return r1_tell_when(&c->tell, r1_tell_regs(&c->config, c->regs));
}

uint64_t r1_run_deadline(const struct r1 *c)
{
	uint64_t now = r1_now(c), when = MODEL_NEVER;

	if (c->more || c->events)
		return now;
	switch (c->state) {
	case ACQ_R1_ARMED:
		if (c->held)
			break;
		if (c->run.trigger == ACQ_R1_TRIG_LEVEL)
			when = now + SCAN_NAP_NS;
		else if (r1_state_signal_end(c) != R1_ENDLESS)
			when = pace_when(&c->pace, r1_state_signal_end(c));
		break;
	case ACQ_R1_RUNNING:
		if (!c->frozen && !c->config.free)
			when = pace_when(&c->pace, r1_run_next_frame(c));
		when = r1_least(when, r1_run_timer(c));
		break;
	case ACQ_R1_DRAINING:
		when = r1_run_timer(c);
		break;
	}
	if (when < now + NAP_NS)
		when = now + NAP_NS;
	return when;
}

void r1_run_totals(const struct r1 *c, struct r1_totals *t)
{
	t->state = c->state;
	t->losing = c->losing;
	t->frames = r1_state_frames(c);
	t->dropped = c->dropped;
	t->delivered = c->delivered;
	t->blocks = c->blocks;
	t->updates = c->tell.updates;
	t->fifo_bytes = r1_fifo_bytes(c);
	t->given = c->given;
}
