// SPDX-License-Identifier: GPL-2.0-only
/*
 * A wire from the ACQ-R1 model's output to its inputs: what leaves the converter
 * is what is sampled next. Where one side stands still, the wire remembers some.
 */
#include <string.h>

#include "r1_output.h"

/* Are frames of the output frames of the input? */
static bool r1_output_loop_fits(const struct r1_output *o)
{
	const struct r1_setup *in = &o->card->run, *out = &o->run;

	return in->mask == out->mask && in->format == out->format;
}

static bool r1_output_loop_is_sampled(const struct r1_output *o)
{
	return !o->card->held &&
	       (o->card->state == ACQ_R1_ARMED || o->card->state == ACQ_R1_RUNNING);
}

static uint64_t r1_output_loop_room(const struct r1_output *o)
{
	return o->loop.bytes / o->run.frame;
}

/* So many frames from @from on, or silence if that is NULL */
static void r1_output_loop_store(struct r1_output *o, const uint8_t *from, uint64_t frames)
{
	const size_t frame = o->run.frame;
	uint64_t room = r1_output_loop_room(o);

	for (uint64_t n; frames; frames -= n) {
		uint64_t at = o->loop.next % room;
		uint8_t *to = o->loop.memory + at * frame;

		n = r1_least(frames, room - at);
		if (from)
			memcpy(to, from, n * frame);
		else
			memset(to, 0, n * frame);
		if (from)
			from += n * frame;
		o->loop.next += n;
	}
	if (o->loop.next - o->loop.first > room)
		o->loop.first = o->loop.next - room;
}

/* The index that the input gives to what leaves the converter as frame @index */
static uint64_t r1_output_loop_place(const struct r1_output *o, uint64_t index)
{
	const struct r1 *c = o->card;
	uint64_t place = c->sampled;

	if (!c->config.free && !o->config.free && !c->frozen)
		place = pace_count(&c->pace, pace_when(&o->pace, index + 1));
	return place < c->sampled ? c->sampled : place;
}

void r1_output_loop_put(struct r1_output *o, const uint8_t *frames, uint64_t count,
			uint64_t index)
{
	uint64_t place;

	if (!o->loop.memory || !r1_output_loop_is_sampled(o) || !r1_output_loop_fits(o))
		return;
	if (!o->loop.tight) {
		place = r1_output_loop_place(o, index);
		/* far from what was there before, that is of no use */
		if (place > o->loop.next + r1_output_loop_room(o)) {
			o->loop.next = place;
			o->loop.first = place;
		}
		if (place > o->loop.next)
			r1_output_loop_store(o, NULL, place - o->loop.next);
		o->loop.tight = true;
	}
	r1_output_loop_store(o, frames, count);
}

void r1_output_loop_part(struct r1_output *o)
{
	o->loop.tight = false;
}

void r1_output_loop_restart(struct r1_output *o)
{
	o->loop.tight = false;
	o->loop.first = 0;
	o->loop.next = 0;
}

uint64_t r1_output_loop_limit(const struct r1_output *o, uint64_t target)
{
	if (!o->loop.memory)
		return target;
	if (o->loop.tight || o->card->config.free)
		return r1_least(target, o->loop.next);
	/* The next frame is on its way, and has its place. */
	if (o->state == ACQ_R1_RUNNING && !o->frozen && !o->config.free && r1_output_loop_fits(o))
		return r1_least(target, r1_output_loop_place(o, o->n.frames));
	return target;
}

uint64_t r1_output_loop_left(const struct r1_output *o)
{
	const struct r1 *c = o->card;
	uint64_t oldest = c->state == ACQ_R1_RUNNING ? c->out :
			  c->sampled - r1_least(c->sampled, c->run.pretrigger);
	uint64_t held = o->loop.next > oldest ? o->loop.next - oldest : 0;

	if (!o->loop.memory || !r1_output_loop_is_sampled(o) || !r1_output_loop_fits(o))
		return R1_ENDLESS;
	return r1_output_loop_room(o) - r1_least(r1_output_loop_room(o), held);
}

void r1_output_loop_read(const struct r1_output *o, uint64_t index, uint64_t frames, uint8_t *buf)
{
	const size_t frame = o->card->run.frame;
	const uint64_t room = o->loop.bytes / frame;

	for (uint64_t i = 0; i < frames; i++, index++, buf += frame) {
		if (index >= o->loop.first && index < o->loop.next)
			memcpy(buf, o->loop.memory + index % room * frame, frame);
		else
			memset(buf, 0, frame);
	}
}
