// SPDX-License-Identifier: GPL-2.0-only
/*
 * The samples of the source as an AXI-Stream. A frame that is due is offered as soon as it
 * fits; and if it does not, when the core is at rest, as it has all the time that it needs:
 * so what is lost then is lost for want of a host, or of a bus.
 */
#include <string.h>

#include "rtl.h"

#define FEED_NAP_NS	1000000u	/* frames come in bunches of so long */

void rtl_feed_rebase(struct rtl *c)
{
	pace_base(&c->feed.pace, c->now, c->feed.fed);
	rtl_feed_look(c);
}

void rtl_feed_look(struct rtl *c)
{
	struct rtl_feed *f = &c->feed;
	uint64_t end = c->config.frames ? c->config.frames : UINT64_MAX;

	if (f->paused) {
		f->target = f->fed;
		return;
	}
	f->target = c->config.free ? UINT64_MAX : pace_count(&f->pace, c->now);
	if (f->target > end)
		f->target = end;
}

/* Does the source wait, as there is no room? */
static bool rtl_feed_freezes(struct rtl *c)
{
	struct rtl_feed *f = &c->feed;
	/* what leaves the FIFO of a card without DMA leaves it by the host */
	bool stalled = c->bus.stalled && !c->config.core->has_dma;
	bool room = c->pins.fits && !c->pins.losing && !stalled;

	if (f->order)
		return false;
	if (room) {
		if (f->frozen && !c->config.free)
			rtl_feed_rebase(c);
		f->frozen = false;
		return false;
	}
	if (stalled || c->quiet < RTL_QUIET)
		return true;
	f->frozen = f->patient || c->config.free;
	return f->frozen;
}

static bool rtl_feed_is_due(const struct rtl_feed *f)
{
	return f->order || f->fed < f->target;
}

static uint64_t rtl_feed_word(struct rtl *c)
{
	struct rtl_feed *f = &c->feed;
	unsigned int bytes = c->config.core->lane_bytes;
	const uint8_t *at;
	uint64_t word = 0;

	if (f->fed - f->from >= f->have) {
		f->from = f->fed;
		f->have = sizeof(f->buf) / c->frame_bytes;
		source_read(f->source, f->from, f->have, f->buf);
	}
	at = f->buf + (f->fed - f->from) * c->frame_bytes + f->lane * bytes;
	for (unsigned int i = 0; i < bytes; i++)
		word |= (uint64_t)at[i] << (8 * i);
	return word;
}

bool rtl_feed_offer(struct rtl *c)
{
	struct rtl_feed *f = &c->feed;

	c->pins.s_valid = false;
	if (!f->runs)
		return false;
	/* a frame that has begun goes on; where the source has waited, time begins anew */
	if (!f->lane && (!rtl_feed_is_due(f) || rtl_feed_freezes(c) || !rtl_feed_is_due(f)))
		return false;
	c->pins.s_valid = true;
	c->pins.s_data = rtl_feed_word(c);
	c->pins.s_last = f->lane == c->lanes - 1;
	return true;
}

static void rtl_feed_begin(struct rtl *c)
{
	struct rtl_feed *f = &c->feed;
	const struct core_kind *core = c->config.core;

	c->runs++;
	f->fed = 0;
	f->lane = 0;
	f->order = 0;
	f->have = 0;
	f->from = 0;
	f->frozen = false;
	f->loses = false;
	f->gaps.count = 0;
	source_start(f->source, (uint32_t)((UINT64_C(1) << core->channels) - 1), core->format,
		     core->clock_hz);
	rtl_feed_rebase(c);
}

/* What the core has counted, against what it was fed */
static bool rtl_feed_count(struct rtl *c, const struct core_pins *was)
{
	struct rtl_feed *f = &c->feed;
	struct loss *newest;
	bool lost = c->pins.dropped > was->dropped;

	if (lost && !f->loses)
		losses_begin(&f->gaps, was->frames);
	f->loses = lost;
	if (!lost)
		return true;
	newest = losses_newest(&f->gaps);
	if (newest)
		newest->frames++;
	if (f->order)
		f->order--;
	/* but for the first one the core does nothing but count */
	return c->pins.losing != was->losing;
}

bool rtl_feed_after(struct rtl *c, const struct core_pins *was)
{
	struct rtl_feed *f = &c->feed;
	bool runs = c->pins.state == ACQ_R1_RUNNING, works = false;

	if (c->pins.s_valid && was->s_ready) {
		works = true;
		f->lane = (f->lane + 1) % c->lanes;
		if (!f->lane) {
			f->fed++;
			works = rtl_feed_count(c, was);
		}
	}
	if (runs && !f->runs)
		rtl_feed_begin(c);
	if (!runs)
		f->lane = 0;
	f->runs = runs;
	return works;
}

uint64_t rtl_feed_when(const struct rtl *c)
{
	const struct rtl_feed *f = &c->feed;
	uint64_t when;

	if (!f->runs || f->frozen || f->paused || (c->config.frames && f->fed >= c->config.frames))
		return MODEL_NEVER;
	if (c->config.free)
		return c->now;
	when = pace_when(&f->pace, f->fed + 1);
	return when > c->now + FEED_NAP_NS ? when : c->now + FEED_NAP_NS;
}
