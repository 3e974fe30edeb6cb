// SPDX-License-Identifier: GPL-2.0-only
/*
 * What comes to a Writer of the LitePCIe model: a source that samples whether anybody takes
 * it or not, headers with the card's time between its frames, a FIFO, and what is lost where
 * that is full. None of this is LitePCIe but the FIFO; it is the logic in front of it.
 *
 * The frame behind a header has been sampled before the header passed: both go to the
 * FIFO, or none. So what is lost is never right behind a header.
 */
#include <stdlib.h>
#include <string.h>

#include "litepcie_model.h"

#define NS_PER_S	UINT64_C(1000000000)

typedef unsigned __int128 wide;

static const struct lite_config *lite_feed_config(const struct lite_feed *f)
{
	return &f->channel->card->config;
}

/* Time */

/* How long so many frames take, by the card's clock */
static uint64_t lite_feed_frames_ns(const struct lite_feed *f, uint64_t frames)
{
	return (uint64_t)((wide)frames * f->pace.divider * NS_PER_S / f->pace.clock);
}

/* The card's time of frame @index of the run */
static uint64_t lite_feed_stamp(const struct lite_feed *f, uint64_t index)
{
	return f->begin_ns + lite_feed_frames_ns(f, index - f->begin_index);
}

/* While a run passes, time is that of its samples: it stands where the source waits. */
uint64_t lite_feed_time(const struct lite *x)
{
	const struct lite_feed *f = &x->channel[0].feed;

	if (!(x->time_control & LITE_TIME_ENABLE))
		return 0;
	if (f->passing)
		return lite_feed_stamp(f, f->sampled);
	return x->time_ns + (uint64_t)((wide)(lite_now(x) - x->time_real) * x->config.speed /
				       PACE_REAL);
}

static uint64_t lite_feed_signal_end(const struct lite_feed *f)
{
	uint64_t frames = lite_feed_config(f)->frames;

	return lite_least(frames ? frames : LITE_ENDLESS, f->pause_at);
}

static bool lite_feed_waits(const struct lite_feed *f)
{
	return lite_feed_config(f)->waits || lite_feed_config(f)->free || f->channel->card->patient;
}

void lite_feed_speed(struct lite_feed *f)
{
	f->pace.speed = lite_feed_config(f)->speed;
	pace_base(&f->pace, lite_now(f->channel->card), f->sampled);
}

void lite_feed_reset(struct lite_feed *f)
{
	const struct lite_config *c = lite_feed_config(f);

	source_start(f->source, UINT32_MAX >> (32 - c->source_channels), c->format,
		     (double)c->clock / f->pace.divider);
	f->frozen = false;
	f->losing = false;
	f->sampled = 0;
	f->lost = 0;
	f->drop_order = 0;
	f->losses.count = 0;
	f->in = 0;
	f->out = 0;
	f->cut = 0;
	f->header_left = 0;
	f->headers = 0;
	f->delivered = 0;
	f->random = 88172645463325252u;
	lite_feed_speed(f);
}

void lite_feed_pass(struct lite_feed *f, bool passing)
{
	struct lite *x = f->channel->card;
	uint64_t time = lite_feed_time(x);

	if (passing == f->passing)
		return;
	if (passing) {
		if (lite_feed_config(f)->run)
			lite_feed_reset(f);
		else
			f->sampled = pace_count(&f->pace, lite_now(x));
		lite_feed_speed(f);
		f->in = 0;
		f->out = 0;
		f->cut = 0;
		f->header_left = 0;
		f->frozen = false;
		f->losing = false;
		f->begin_ns = time;
		f->begin_index = f->sampled;
	} else if (!f->channel->number) {
		x->time_ns = time;
		x->time_real = lite_now(x);
	}
	f->passing = passing;
}

/* The FIFO */

size_t lite_feed_level(const struct lite_feed *f)
{
	return f->stalled ? 0 : (size_t)(f->in - f->out);
}

size_t lite_feed_room(const struct lite_feed *f)
{
	return f->size - (size_t)(f->in - f->out);
}

uint64_t lite_feed_until_last(const struct lite_feed *f)
{
	uint64_t every = lite_feed_config(f)->last;

	return every ? every - f->cut % every : UINT64_MAX;
}

void lite_feed_take(struct lite_feed *f, void *buf, size_t bytes)
{
	uint8_t *to = buf;

	f->cut += bytes;
	f->delivered += bytes;
	while (bytes) {
		size_t at = f->out % f->size, n = lite_least(bytes, f->size - at);

		memcpy(to, f->fifo + at, n);
		to += n;
		f->out += n;
		bytes -= n;
	}
}

void lite_feed_put(struct lite_feed *f, const uint8_t *from, size_t bytes)
{
	while (bytes) {
		size_t at = f->in % f->size, n = lite_least(bytes, f->size - at);

		memcpy(f->fifo + at, from, n);
		from += n;
		f->in += n;
		bytes -= n;
	}
}

/* Headers */

static bool lite_feed_has_headers(const struct lite_feed *f)
{
	const struct lite *x = f->channel->card;

	return x->config.map.header && x->header_control[1] & LITE_HEADER_ON;
}

static void lite_feed_put_header(struct lite_feed *f)
{
	struct lite *x = f->channel->card;
	uint64_t stamp = lite_feed_stamp(f, f->sampled), magic = LITE_MAGIC;
	uint8_t bytes[LITE_HEADER];

	if (x->config.jitter_ns) {
		f->random = f->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
		stamp += (f->random >> 33) % (x->config.jitter_ns + 1);
	}
	if (fault_take(x->faults, FAULT_BAD_HEADER))
		magic ^= 1;
	if (fault_take(x->faults, FAULT_TIME_BACK))
		stamp -= 5 * NS_PER_S;
	for (unsigned int i = 0; i < 8; i++) {
		bytes[i] = (uint8_t)(magic >> (8 * i));
		bytes[8 + i] = (uint8_t)(stamp >> (8 * i));
	}
	x->last_time = stamp;
	f->headers++;
	f->header_left = UINT64_C(8) * (x->header_cycles[1] ? x->header_cycles[1] : 1);
	lite_feed_put(f, bytes, sizeof(bytes));
}

/* How many frames it takes now, up to @frames; a header is put before them. */
static uint64_t lite_feed_takes(struct lite_feed *f, uint64_t frames)
{
	size_t room = lite_feed_room(f);

	if (!lite_feed_has_headers(f))
		return lite_least(frames, room / f->frame);
	if (!f->header_left) {
		if (!frames || room < LITE_HEADER + f->frame)
			return 0;
		lite_feed_put_header(f);
		room -= LITE_HEADER;
	}
	return lite_least(frames, lite_least(room, f->header_left) / f->frame);
}

/* Losses */

static void lite_feed_lose(struct lite_feed *f, uint64_t frames)
{
	if (!f->losing && !losses_begin(&f->losses, f->sampled))
		abort();
	f->losing = true;
	losses_newest(&f->losses)->frames += frames;
	f->sampled += frames;
	f->lost += frames;
}

/* Brings frames that are due. True if there were some. */
static bool lite_feed_store(struct lite_feed *f, uint64_t target)
{
	uint64_t frames, n, end;
	bool changed = false;

	while (f->sampled < target && (frames = lite_feed_takes(f, target - f->sampled))) {
		f->losing = false;
		changed = true;
		if (f->header_left)
			f->header_left -= frames * f->frame;
		for (; frames; frames -= n, f->sampled += n) {
			end = (f->size - f->in % f->size) / f->frame;
			n = lite_least(frames, end ? end : 1);
			if (end) {
				source_read(f->source, f->sampled, n, f->fifo + f->in % f->size);
				f->in += n * f->frame;
			} else {
				uint8_t one[CONVERTER_FRAME];

				source_read(f->source, f->sampled, 1, one);
				lite_feed_put(f, one, f->frame);
			}
		}
	}
	return changed;
}

/* A source that waited goes on: time did not, meanwhile. False: it still waits. */
static bool lite_feed_thaw(struct lite_feed *f)
{
	if (!f->frozen)
		return true;
	if (!f->drop_order && lite_feed_room(f) < LITE_HEADER + f->frame)
		return false;
	f->frozen = false;
	pace_base(&f->pace, lite_now(f->channel->card), f->sampled);
	return true;
}

bool lite_feed_fill(struct lite_feed *f)
{
	const struct lite_config *c = lite_feed_config(f);
	uint64_t target, end = lite_feed_signal_end(f), n;
	bool changed = false;

	if (!f->passing || f->paused || f->channel->loopback || !lite_feed_thaw(f))
		return false;
	target = c->free ? LITE_ENDLESS : pace_count(&f->pace, lite_now(f->channel->card));
	target = lite_least(target, end);
	if (f->drop_order && f->sampled < target && f->in) {
		n = lite_least(f->drop_order, target - f->sampled);
		f->drop_order -= n;
		lite_feed_lose(f, n);
		changed = true;
	}
	changed |= lite_feed_store(f, target);
	if (f->sampled == f->pause_at) {
		f->paused = true;
		f->pause_at = LITE_ENDLESS;
	}
	/* Only now: what could leave has left before. */
	if (!changed && f->sampled < target) {
		if (lite_feed_waits(f))
			f->frozen = true;
		else
			lite_feed_lose(f, target - f->sampled);
	}
	return changed;
}

uint64_t lite_feed_when(const struct lite_feed *f, uint64_t bytes)
{
	uint64_t frames, level = f->in - f->out;

	if (!f->passing || f->paused || f->frozen || f->stalled || f->channel->loopback ||
	    f->sampled >= lite_feed_signal_end(f))
		return MODEL_NEVER;
	if (lite_feed_config(f)->free)
		return 0;
	bytes = bytes > level ? bytes - level : 0;
	frames = lite_least((bytes + f->frame - 1) / f->frame,
			    lite_feed_room(f) / f->frame + 1);
	return pace_when(&f->pace, lite_least(f->sampled + (frames ? frames : 1),
					      lite_feed_signal_end(f)));
}

bool lite_feed_init(struct lite_feed *f, struct lite_channel *ch, struct source *source)
{
	const struct lite_config *c = &ch->card->config;

	f->channel = ch;
	f->source = source;
	f->frame = c->source_channels * source_format_bytes(c->format);
	f->pause_at = LITE_ENDLESS;
	f->pace.clock = c->clock;
	f->pace.divider = c->divider;
	f->size = c->fifo_bytes;
	f->fifo = malloc(f->size);
	if (!f->fifo)
		return false;
	lite_feed_reset(f);
	return true;
}

void lite_feed_free(struct lite_feed *f)
{
	free(f->fifo);
	losses_free(&f->losses);
}
