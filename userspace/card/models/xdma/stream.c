// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is at the other end of the XDMA model's C2H streams: sources with a FIFO,
 * and their losses.
 *
 * None of this is XDMA; it is the logic that a card's maker puts beside it.
 */
#include <stdlib.h>
#include <string.h>

#include "xdma_model.h"

/* Time */

static uint64_t xdma_stream_signal_end(const struct xdma_stream *s)
{
	uint64_t frames = s->card->config.frames;

	return xdma_least(frames ? frames : XDMA_ENDLESS, s->pause_at);
}

static bool xdma_stream_waits(const struct xdma_stream *s)
{
	return s->card->config.waits || s->card->config.free || s->card->patient;
}

static void xdma_stream_begin(struct xdma_stream *s)
{
	if (s->begun)
		return;
	s->begun = true;
	pace_base(&s->pace, xdma_now(s->card), s->sampled);
}

void xdma_stream_speed(struct xdma_stream *s)
{
	s->pace.speed = s->card->config.speed;
	pace_base(&s->pace, xdma_now(s->card), s->sampled);
}

void xdma_stream_reset(struct xdma_stream *s)
{
	const struct xdma_config *f = &s->card->config;

	if (!xdma_is_loop(s)) {
		source_start(s->source, UINT32_MAX >> (32 - f->channels), f->format,
			     (double)f->clock / s->pace.divider);
	}
	s->begun = false;
	s->frozen = false;
	s->losing = false;
	s->sampled = 0;
	s->in = 0;
	s->out = 0;
	s->rest_bytes = 0;
	s->at = 0;
	s->lost = 0;
	s->taken = 0;
	s->behind = 0;
	s->drop_order = 0;
	s->losses.count = 0;
	s->record_first = 0;
	s->record_count = 0;
	s->losses_ended = 0;
	s->record_overflow = false;
	s->marked_end = XDMA_ENDLESS;
	s->forced_end = XDMA_ENDLESS;
	s->packet_next = 0;
	s->random = 88172645463325252u + s->number;
	s->packet_end = xdma_packet_next(s, 0);
	s->put = 0;
	s->end_put = 0;
	s->end_got = 0;
	s->held = false;
	if (f->begin == XDMA_BEGIN_POWER || f->begin == XDMA_BEGIN_ENABLE)
		xdma_stream_begin(s);
}

void xdma_stream_ready(struct xdma_stream *s)
{
	if (s->card->config.begin == XDMA_BEGIN_READY || s->card->config.begin == XDMA_BEGIN_RUN)
		xdma_stream_begin(s);
}

void xdma_stream_run(struct xdma_stream *s)
{
	if (s->card->config.begin != XDMA_BEGIN_RUN || xdma_is_loop(s))
		return;
	xdma_stream_reset(s);
	xdma_stream_begin(s);
}

void xdma_stream_enable(struct xdma_stream *s, bool on)
{
	/* time has stood still meanwhile */
	if (on && !s->enabled)
		xdma_stream_speed(s);
	s->enabled = on;
}

/* Does its time go on? */
static bool xdma_stream_is_moving(const struct xdma_stream *s)
{
	return s->begun && s->enabled && !s->paused;
}

/* The FIFO */

static uint64_t xdma_stream_room(const struct xdma_stream *s)
{
	return s->capacity - (s->in - s->out);
}

uint64_t xdma_stream_level(const struct xdma_stream *s)
{
	return xdma_is_loop(s) ? s->put - s->at : s->rest_bytes + (s->in - s->out) * s->frame;
}

uint64_t xdma_stream_produced(const struct xdma_stream *s)
{
	return s->sampled;
}

/* What can leave in whole beats, or as the end of a packet or of a descriptor. */
static uint64_t xdma_stream_whole(const struct xdma_stream *s, uint64_t limit, bool *last)
{
	uint64_t bytes, end = xdma_packet_end(s) - s->at;

	bytes = xdma_least(xdma_stream_level(s), limit);
	*last = end <= bytes;
	if (*last)
		return end;
	return bytes == limit ? bytes : bytes - bytes % s->card->config.width;
}

/* Can nothing leave any more but with what comes next? */
static bool xdma_stream_is_drained(const struct xdma_stream *s)
{
	bool last;

	return !xdma_stream_whole(s, UINT64_MAX, &last);
}

/* A part of a beat that is left waits in front of what comes next. */
static void xdma_stream_keep_rest(struct xdma_stream *s)
{
	const struct xdma_config *f = &s->card->config;

	while (s->out < s->in) {
		source_read(s->source, s->out + s->number * f->skew, 1, s->rest + s->rest_bytes);
		s->rest_bytes += s->frame;
		s->out++;
		s->taken++;
		s->behind = s->out;
	}
}

static void xdma_stream_begin_loss(struct xdma_stream *s)
{
	s->losing = true;
	if (s->card->config.marks && xdma_stream_level(s))
		s->marked_end = s->at + xdma_stream_level(s);
	/* The host is told of each. */
	if (!losses_begin(&s->losses, s->sampled))
		abort();
}

static void xdma_stream_end_loss(struct xdma_stream *s)
{
	s->losing = false;
	xdma_stream_keep_rest(s);
	s->in = s->sampled;
	s->out = s->sampled;
	s->losses_ended++;
	if (s->record_count == s->card->config.records) {
		s->record_overflow = true;
	} else {
		s->records[(s->record_first + s->record_count) % XDMA_RECORDS_MAX] =
			*losses_newest(&s->losses);
		s->record_count++;
	}
	/* it may be somebody's interrupt */
	xdma_irq_refresh(s->card);
}

/* Drops frames up to @target. False if the loss goes on. */
static bool xdma_stream_lose(struct xdma_stream *s, uint64_t target)
{
	bool drained = xdma_stream_is_drained(s);
	uint64_t frames = target - s->sampled;

	if (drained || xdma_stream_waits(s))
		frames = xdma_least(frames, s->drop_order);
	s->sampled += frames;
	s->lost += frames;
	losses_newest(&s->losses)->frames += frames;
	s->drop_order -= xdma_least(frames, s->drop_order);
	if (!drained || s->drop_order) {
		s->frozen = xdma_stream_waits(s) && !s->drop_order;
		return false;
	}
	xdma_stream_end_loss(s);
	return true;
}

/* Is an ordered loss to begin now? With a mark before it, there has to be something to mark. */
static bool xdma_stream_is_ordered(const struct xdma_stream *s)
{
	return s->drop_order && (!s->card->config.marks || s->in != s->out || !s->at);
}

bool xdma_stream_fill(struct xdma_stream *s)
{
	uint64_t target, frames, end = xdma_stream_signal_end(s);
	bool free = s->card->config.free, changed = false;

	if (xdma_is_loop(s) || !xdma_stream_is_moving(s))
		return false;
	target = free ? XDMA_ENDLESS : pace_count(&s->pace, xdma_now(s->card));
	if (s->frozen) {
		/* time did not go on while it was frozen */
		if (!s->drop_order &&
		    !(s->losing ? xdma_stream_is_drained(s) : xdma_stream_room(s)))
			return false;
		s->frozen = false;
		pace_base(&s->pace, xdma_now(s->card), s->sampled);
		if (!free)
			target = s->sampled;
	}
	target = xdma_least(target, end);
	if (target < s->sampled)
		target = s->sampled;
	for (;;) {
		if (!s->losing && xdma_stream_is_ordered(s) && s->sampled < target) {
			xdma_stream_begin_loss(s);
			changed = true;
		}
		if (s->losing) {
			if (!xdma_stream_lose(s, target))
				break;
			changed = true;
		}
		frames = xdma_least(target - s->sampled, xdma_stream_room(s));
		/* the frame that the mark is for */
		if (s->drop_order)
			frames = xdma_least(frames, 1);
		if (!frames)
			break;
		s->sampled += frames;
		s->in = s->sampled;
		changed = true;
		if (s->sampled == s->card->config.frames)
			s->marked_end = s->at + xdma_stream_level(s);
		if (!s->drop_order)
			break;
	}
	if (s->sampled == s->pause_at) {
		s->paused = true;
		s->pause_at = XDMA_ENDLESS;
	}
	/* only now: whoever calls has let the engine take what it can before */
	if (!changed && !s->losing && s->sampled < target && !xdma_stream_room(s)) {
		if (xdma_stream_waits(s)) {
			s->frozen = true;
		} else {
			xdma_stream_begin_loss(s);
			xdma_stream_lose(s, target);
		}
	}
	return changed;
}

size_t xdma_stream_has(const struct xdma_stream *s, size_t limit, bool *last)
{
	*last = false;
	return s->stalled ? 0 : xdma_stream_whole(s, limit, last);
}

static void xdma_stream_take_loop(struct xdma_stream *s, uint8_t *to, size_t bytes)
{
	const size_t size = s->card->config.fifo_bytes;

	while (bytes) {
		size_t from = s->at % size, n = xdma_least(bytes, size - from);

		memcpy(to, s->ring + from, n);
		to += n;
		s->at += n;
		bytes -= n;
	}
}

void xdma_stream_take(struct xdma_stream *s, void *buf, size_t bytes, bool last)
{
	uint64_t shift = s->number * s->card->config.skew;
	uint8_t *to = buf;
	size_t n;

	if (xdma_is_loop(s)) {
		xdma_stream_take_loop(s, to, bytes);
	} else {
		s->at += bytes;
		n = xdma_least(bytes, s->rest_bytes);
		memcpy(to, s->rest, n);
		s->rest_bytes -= n;
		memmove(s->rest, s->rest + n, s->rest_bytes);
		to += n;
		bytes -= n;
		n = bytes / s->frame;
		if (n) {
			source_read(s->source, s->out + shift, n, to);
			s->out += n;
			s->taken += n;
			to += n * s->frame;
			bytes -= n * s->frame;
		}
		if (bytes) {
			source_read(s->source, s->out + shift, 1, s->rest);
			s->out++;
			s->taken++;
			memcpy(to, s->rest, bytes);
			s->rest_bytes = s->frame - bytes;
			memmove(s->rest, s->rest + bytes, s->rest_bytes);
		}
		if (n || bytes)
			s->behind = s->out;
	}
	if (last)
		xdma_packet_finish(s);
}

/* How long nobody has taken what there was. */
uint64_t xdma_stream_held(const struct xdma_stream *s)
{
	return s->held_ns + (s->held ? xdma_now(s->card) - s->held_since : 0);
}

void xdma_stream_hold(struct xdma_stream *s, bool held)
{
	uint64_t now;
	bool last;

	held = held && xdma_stream_has(s, SIZE_MAX, &last);
	if (held == s->held)
		return;
	now = xdma_now(s->card);
	s->held = held;
	if (held) {
		s->held_times++;
		s->held_since = now;
	} else {
		s->held_ns += now - s->held_since;
	}
}

uint64_t xdma_stream_when(const struct xdma_stream *s, uint64_t bytes)
{
	uint64_t frames, target;

	if (xdma_is_loop(s) || !xdma_stream_is_moving(s) || s->frozen || s->stalled ||
	    s->sampled >= xdma_stream_signal_end(s))
		return MODEL_NEVER;
	/* then it is the engine that has to go on */
	if (s->card->config.free)
		return 0;
	if (s->losing)
		return s->drop_order ? pace_when(&s->pace, s->sampled + s->drop_order) : 0;
	bytes = xdma_least(bytes, xdma_packet_end(s) - s->at);
	bytes = bytes > xdma_stream_level(s) ? bytes - xdma_stream_level(s) : 0;
	frames = xdma_least((bytes + s->frame - 1) / s->frame, xdma_stream_room(s) + 1);
	target = s->sampled + (frames ? frames : 1);
	return pace_when(&s->pace, xdma_least(target, xdma_stream_signal_end(s)));
}

/* Making them */

bool xdma_stream_init(struct xdma_stream *s, struct xdma *x, unsigned int number,
		      struct source *source)
{
	const struct xdma_config *f = &x->config;

	s->card = x;
	s->number = number;
	s->source = source;
	s->frame = f->channels * source_format_bytes(f->format);
	s->capacity = f->fifo_bytes / s->frame;
	s->pause_at = XDMA_ENDLESS;
	s->pace.clock = f->clock;
	s->pace.divider = f->divider;
	s->pace.speed = f->speed;
	s->enabled = f->begin != XDMA_BEGIN_ENABLE;
	if (!source) {
		s->ring = malloc(f->fifo_bytes);
		if (!s->ring)
			return false;
	}
	xdma_stream_reset(s);
	return true;
}

void xdma_stream_free(struct xdma_stream *s)
{
	free(s->ring);
	losses_free(&s->losses);
}
