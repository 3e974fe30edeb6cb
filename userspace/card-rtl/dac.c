// SPDX-License-Identifier: GPL-2.0-only
/*
 * The converter behind an output: it takes a frame when it is time for one. Filler it takes
 * when the core is at rest, as it has all the time that it needs: so a block that comes too
 * late does so for want of a host, or of a bus. What is counted here is what was taken, and
 * not what the core says of it.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "option.h"
#include "rtl.h"

#define DAC_NAP_NS	1000000u	/* frames are taken in bunches of so long */
#define DAC_MOST	2048u	/* and so many at a time, be the simulation ever so late */

void rtl_dac_rebase(struct rtl *c)
{
	pace_base(&c->dac.pace, c->now, c->dac.frames);
	rtl_dac_look(c);
}

void rtl_dac_look(struct rtl *c)
{
	struct rtl_dac *d = &c->dac;

	d->target = d->free ? UINT64_MAX : pace_count(&d->pace, c->now);
	if (d->free || d->target <= d->most)
		return;
	/* the host has had no time to give more: none has passed */
	d->target = d->most;
	pace_base(&d->pace, c->now, d->most);
}

void rtl_dac_step(struct rtl *c)
{
	c->dac.most = c->dac.frames + DAC_MOST;
}

bool rtl_dac_is_on(const struct rtl *c)
{
	const struct core_out *o = &c->pins.out;

	return (o->state == ACQ_R1_ARMED || o->state == ACQ_R1_RUNNING) && !o->halting &&
	       !o->resetting;
}

bool rtl_dac_is_dry(const struct rtl *c)
{
	return rtl_dac_is_on(c) && (c->dac.stalled || (c->dac.dry && c->dac.runs));
}

/* Does it wait, as there is filler alone? */
static bool rtl_dac_waits(struct rtl *c)
{
	struct rtl_dac *d = &c->dac;

	if (!c->pins.out.filler) {
		if (d->frozen)
			rtl_dac_rebase(c);
		d->frozen = false;
		return false;
	}
	if (c->quiet < RTL_QUIET)
		return true;
	d->frozen = (d->patient || d->free) && !d->dry;
	return d->frozen;
}

bool rtl_dac_offer(struct rtl *c)
{
	struct rtl_dac *d = &c->dac;

	c->pins.m_ready = c->pins.out.valid && !rtl_dac_waits(c) && d->frames < d->target;
	return c->pins.m_ready;
}

static void rtl_dac_begin(struct rtl *c)
{
	struct rtl_dac *d = &c->dac;

	d->runs_seen++;
	d->n = (struct rtl_dac_counts){ .digest = RECORD_DIGEST };
	d->frames = 0;
	d->most = DAC_MOST;
	d->dry = 0;
	d->fills = false;
	d->gaps.count = 0;
}

static void rtl_dac_take(struct rtl *c, const struct core_out *was)
{
	struct rtl_dac *d = &c->dac;
	uint8_t frame[sizeof(was->data)];
	struct loss *newest;

	for (unsigned int i = 0; i < c->frame_bytes; i++)
		frame[i] = (uint8_t)(was->data >> (8 * i));
	record_write(&d->record, frame, c->frame_bytes);
	if (was->filler) {
		if (!d->fills)
			losses_begin(&d->gaps, d->frames);
		d->n.underruns += !d->fills;
		d->n.filler++;
		d->dry -= d->dry != 0;
		newest = losses_newest(&d->gaps);
		if (newest)
			newest->frames++;
	} else {
		d->n.played++;
		d->n.digest = record_digest(d->n.digest, frame, c->frame_bytes);
	}
	d->fills = was->filler;
	d->frames++;
}

/* What the core will have forgotten */
static void rtl_dac_note(struct rtl_dac *d, const struct core_out *o)
{
	d->n.blocks = o->played;
	d->n.fetched = o->fetched;
	d->n.given = o->given;
	d->n.updates = o->update;
}

bool rtl_dac_after(struct rtl *c, const struct core_pins *was)
{
	struct rtl_dac *d = &c->dac;
	const struct core_out *o = &c->pins.out;
	bool runs = o->state == ACQ_R1_RUNNING, dry = d->dry, works = false;

	if (was->out.valid && c->pins.m_ready) {
		rtl_dac_take(c, &was->out);
		/* but for the first one of filler the core does nothing but count */
		works = !was->out.filler || o->losing != was->out.losing ||
			(dry && !d->dry);
	}
	if (o->state == ACQ_R1_ARMED && was->out.state != ACQ_R1_ARMED)
		rtl_dac_begin(c);
	if (o->state != ACQ_R1_IDLE)
		rtl_dac_note(d, o);
	if (runs && !d->runs) {
		d->frozen = false;
		d->runs = true;
		rtl_dac_rebase(c);
	}
	d->runs = runs;
	return works;
}

uint64_t rtl_dac_when(const struct rtl *c)
{
	const struct rtl_dac *d = &c->dac;
	uint64_t when;

	if (!d->runs || d->frozen || d->free)
		return MODEL_NEVER;
	when = pace_when(&d->pace, d->frames + 1);
	return when > c->now + DAC_NAP_NS ? when : c->now + DAC_NAP_NS;
}

/* What the control socket can ask of it */

static void rtl_dac_stats(const struct rtl *c, FILE *out)
{
	const struct rtl_dac *d = &c->dac;
	const struct rtl_dac_counts *n = &d->n;
	const struct core_out *o = &c->pins.out;

	fprintf(out, "state=%s losing=%d runs=%" PRIu64 " frames=%" PRIu64 " filler=%" PRIu64
		" played=%" PRIu64 " blocks=%u underruns=%" PRIu64 " given=%u fetched=%u"
		" updates=%u fifo_bytes=%u stalled=%d dry=%" PRIu64 " recording=%d digest=%" PRIu64,
		rtl_state_name(o->resetting, o->state), o->losing, d->runs_seen, d->frames,
		n->filler, n->played, n->blocks, n->underruns, n->given, n->fetched, n->updates,
		o->words * 8, d->stalled, d->dry, !!d->record.file, n->digest);
	pace_print(d->pace.speed, d->free, out);
}

int rtl_dac_speed(struct rtl *c, const char *text, FILE *out)
{
	struct rtl_dac *d = &c->dac;

	if (!pace_command(text, &d->pace.speed, &d->free, out))
		return -EINVAL;
	rtl_dac_rebase(c);
	return 0;
}

static int rtl_dac_dry(struct rtl *c, const char *text, FILE *out)
{
	uint64_t frames;

	if (!option_frames("dry", text, &frames, out))
		return -EINVAL;
	if (!rtl_dac_is_on(c)) {
		fputs("the output is not running", out);
		return -EINVAL;
	}
	c->dac.dry += frames;
	return 0;
}

int rtl_dac_command(struct rtl *c, int argc, char **argv, FILE *out)
{
	const char *what = argc > 1 ? argv[1] : "", *how = argc > 2 ? argv[2] : "";
	struct rtl_dac *d = &c->dac;

	if (argc == 2 && !strcmp(what, "stats")) {
		rtl_dac_stats(c, out);
		return 0;
	}
	if (argc == 2 && !strcmp(what, "gaps")) {
		losses_print(&d->gaps, out);
		return 0;
	}
	if (argc != 3)
		return -ENOENT;
	if (!strcmp(what, "speed"))
		return rtl_dac_speed(c, how, out);
	if (!strcmp(what, "record"))
		return record_command(&d->record, how, out);
	if (!strcmp(what, "dry"))
		return rtl_dac_dry(c, how, out);
	if (!strcmp(what, "fail") && !strcmp(how, "dma")) {
		d->fails = true;
		return 0;
	}
	if (!strcmp(what, "stall") && option_switch(how, &d->stalled))
		return 0;
	if (!strcmp(what, "wait") && option_switch(how, &d->patient)) {
		if (d->frozen)
			rtl_dac_rebase(c);
		d->frozen = false;
		return 0;
	}
	return -ENOENT;
}
