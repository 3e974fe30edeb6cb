// SPDX-License-Identifier: GPL-2.0-only
/* A run of the ACQ-R1 model's output side: what is put out when. */
#include <string.h>

#include "r1_output.h"

/* Work that is done in one go; the host's accesses wait for it. */
#define STEP_BYTES	(512u << 10)
/* A card that looks at its time axis more often than that just burns time. */
#define NAP_NS		50000u

/* Starting and ending */

/* Takes the configuration from the registers. False if it is not possible. */
static bool r1_output_run_setup(struct r1_output *o)
{
	const struct r1_config *f = &o->config;
	const uint32_t *r = o->regs;
	uint32_t divider = r[ACQ_R1_DIVIDER / 4];
	struct r1_setup s = {
		.dma = r[ACQ_R1_TRANSFER / 4] == ACQ_R1_TRANSFER_DMA,
		.mask = r[ACQ_R1_CHANNEL_MASK / 4],
		.format = r[ACQ_R1_FORMAT / 4],
	};

	if (r[ACQ_R1_TRANSFER / 4] > ACQ_R1_TRANSFER_DMA ||
	    !(f->caps & (s.dma ? ACQ_R1_CAP_DMA : ACQ_R1_CAP_FIFO)) ||
	    divider < f->div_min || divider > f->div_max || !r1_setup_is_mask(f, s.mask) ||
	    s.format >= ACQ_R1_FORMAT_NUM ||
	    !(f->formats >> s.format & 1) || r[ACQ_R1_COUNT_LO / 4] || r[ACQ_R1_COUNT_HI / 4] ||
	    r[ACQ_R1_TRIGGER / 4] || r[ACQ_R1_TRIGGER_LEVEL / 4] || r[ACQ_R1_PRETRIGGER / 4] ||
	    r[ACQ_R1_PATTERN / 4] || (s.dma && !r1_setup_dma(r, f, &s)))
		return false;
	s.channels = (unsigned int)__builtin_popcount(s.mask);
	s.width = source_format_bytes(s.format);
	s.frame = s.channels * s.width;
	o->run = s;
	o->size = f->fifo_bytes - f->fifo_bytes % s.frame;
	o->pace.clock = f->clock;
	o->pace.divider = divider;
	return true;
}

void r1_output_run_start(struct r1_output *o, bool held)
{
	if (o->settling || o->halting || (o->state != ACQ_R1_IDLE && o->state != ACQ_R1_DONE &&
					  o->state != ACQ_R1_ERROR))
		return;
	o->epoch++;
	o->runs++;
	o->had_run = true;
	r1_output_loop_part(o);
	o->stopping = false;
	o->filling = false;
	o->frozen = false;
	o->code = 0;
	o->gaps.count = 0;
	o->dry = 0;
	o->in = 0;
	o->out = 0;
	o->open = false;
	o->pushed = 0;
	o->seen = 0;
	o->done = 0;
	o->gap = 0;
	o->stamp = 0;
	o->last_index = 0;
	o->status = 0;
	o->events = 0;
	memset(&o->n, 0, sizeof(o->n));
	o->n.digest = RECORD_DIGEST;
	memset(&o->tell, 0, sizeof(o->tell));
	memset(o->frame, 0, sizeof(o->frame));
	/* nothing of the last run is to be believed, least of all its addresses */
	memset(&o->run, 0, sizeof(o->run));
	/* may come from ERROR: that one is over */
	o->state = ACQ_R1_ARMED;
	o->held = held;
	if (!r1_output_run_setup(o) || o->refuses)
		r1_output_state_fail(o, ACQ_R1_ERR_CONFIG);
}

/* Does a fault keep the state from becoming DONE? */
static bool r1_output_run_never_ends(const struct r1_output *o)
{
	return fault_is_on(o->card->faults, FAULT_DONE_NEVER);
}

/* Ends the run as soon as no DMA is under way. */
void r1_output_run_halt(struct r1_output *o)
{
	if (!r1_output_state_is_on(o))
		return;
	o->epoch++;
	o->halting = true;
}

void r1_output_run_stop(struct r1_output *o)
{
	if (!r1_output_state_is_on(o))
		return;
	o->stopping = true;
	if (o->n.complete == o->n.given)
		r1_output_run_halt(o);
}

void r1_output_run_give(struct r1_output *o, uint32_t given)
{
	uint32_t ahead = given - o->n.complete;

	if (!r1_output_state_is_on(o) || o->stopping || o->halting)
		return;
	/* neither back nor ahead of what the table holds */
	if (ahead > o->run.entries || ahead < o->n.given - o->n.complete)
		r1_output_state_fail(o, ACQ_R1_ERR_TABLE);
	else
		o->n.given = given;
}

/* Running */

/* The first block is all that it takes. */
static void r1_output_run_armed(struct r1_output *o)
{
	size_t budget = STEP_BYTES;
	uint64_t now;

	r1_output_fifo_fetch(o, 1, &budget);
	if (o->state != ACQ_R1_ARMED || o->halting || o->held || !r1_output_fifo_left(o))
		return;
	now = r1_now(o->card);
	o->state = ACQ_R1_RUNNING;
	pace_base(&o->pace, now, 0);
	if (o->card->follows)
		r1_run_release(o->card, now);
}

static void r1_output_run_fill(struct r1_output *o, uint64_t frames)
{
	struct loss *newest;

	if (!o->filling) {
		o->filling = true;
		o->events |= ACQ_R1_IRQ_OVERFLOW;
		o->n.underruns++;
		/* One that is not listed is part of the one before it. */
		losses_begin(&o->gaps, o->n.frames);
	}
	r1_output_record_fill(o, frames, o->n.frames);
	o->n.frames += frames;
	o->n.filler += frames;
	o->gap += frames;
	o->dry -= r1_least(frames, o->dry);
	newest = losses_newest(&o->gaps);
	if (newest)
		newest->frames += frames;
}

/* Where its time has got to. */
static uint64_t r1_output_run_target(struct r1_output *o)
{
	uint64_t now = r1_now(o->card), target = o->n.frames;

	if (o->frozen)
		pace_base(&o->pace, now, o->n.frames);
	if (o->config.free) {
		target = r1_output_loop_left(o);
		return target == R1_ENDLESS ? R1_ENDLESS : o->n.frames + target;
	}
	if (!o->frozen)
		target = pace_count(&o->pace, now);
	/* the conversion of time to frames may round down after a change of speed */
	return target < o->n.frames ? o->n.frames : target;
}

/* Without a block. False if there is nothing more to do now. */
static bool r1_output_run_empty(struct r1_output *o, uint64_t target, bool was_frozen,
				size_t *budget)
{
	uint64_t frames = target - o->n.frames;

	if (o->stopping && o->n.complete == o->n.given) {
		o->frozen = r1_output_run_never_ends(o);
		if (!o->frozen)
			r1_output_state_finish(o);
		return false;
	}
	if (r1_output_state_waits(o) && !o->dry) {
		o->frozen = frames || was_frozen;
		if (o->frozen)
			r1_output_loop_part(o);
		return false;
	}
	if (o->dry)
		frames = r1_least(frames, o->dry);
	if (r1_output_record_is_on(o)) {
		o->more = frames > *budget / o->run.frame;
		frames = r1_least(frames, *budget / o->run.frame);
		*budget -= frames * o->run.frame;
	}
	if (frames)
		r1_output_run_fill(o, frames);
	return frames;
}

static void r1_output_run_running(struct r1_output *o)
{
	uint64_t target = r1_output_run_target(o);
	bool was_frozen = o->frozen;
	size_t read = STEP_BYTES, budget = STEP_BYTES;
	unsigned int epoch = o->epoch;

	o->frozen = false;
	while (o->epoch == epoch && o->state == ACQ_R1_RUNNING) {
		uint64_t frames;

		if (!o->dry)
			r1_output_fifo_fetch(o, UINT32_MAX, &read);
		if (o->epoch != epoch)
			return;
		frames = r1_output_fifo_left(o);
		if (!frames && !read) {
			o->more = true;
			return;
		}
		if (!frames) {
			if (!r1_output_run_empty(o, target, was_frozen, &budget))
				return;
			continue;
		}
		o->filling = false;
		if (o->n.frames == target)
			return;
		frames = r1_least(frames, target - o->n.frames);
		frames = r1_least(frames, budget / o->run.frame);
		if (!frames) {
			o->more = true;
			return;
		}
		budget -= frames * o->run.frame;
		r1_output_fifo_play(o, frames);
		if (o->epoch == epoch)
			r1_output_page_report(o);
	}
}

void r1_output_run_step(struct r1_output *o)
{
	o->more = false;
	if (o->state == ACQ_R1_ARMED && !o->halting)
		r1_output_run_armed(o);
	if (o->state == ACQ_R1_RUNNING && !o->halting)
		r1_output_run_running(o);
	if (o->halting && !o->busy && !r1_output_run_never_ends(o)) {
		/* What has been played of a block that was cut */
		if (o->done)
			r1_output_page_record(o, false);
		r1_output_state_finish(o);
	}
	r1_output_page_report(o);
	record_flush(&o->record);
}

/* When it wants to be called again */

/* Frames until something happens to a running card. */
static uint64_t r1_output_run_left(const struct r1_output *o)
{
	uint64_t left = r1_output_fifo_left(o);

	if (left && o->run.dma)
		return r1_least(left, r1_tell_left(&o->tell, o->regs));
	if (left)
		return left;
	if (o->dry)
		return o->dry;
	/* filler is counted when somebody looks */
	return o->filling ? R1_ENDLESS : 1;
}

uint64_t r1_output_run_deadline(const struct r1_output *o)
{
	uint64_t now = r1_now(o->card), when = MODEL_NEVER, left;

	if (o->more || o->events || (o->halting && !r1_output_run_never_ends(o)))
		return now;
	if (o->state != ACQ_R1_RUNNING)
		return when;
	left = r1_output_run_left(o);
	if (!o->frozen && !o->config.free && left != R1_ENDLESS)
		when = pace_when(&o->pace, o->n.frames + left);
	if (o->run.dma)
		when = r1_least(when, r1_tell_when(&o->tell, o->regs));
	return when < now + NAP_NS ? now + NAP_NS : when;
}
