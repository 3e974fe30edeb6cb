// SPDX-License-Identifier: GPL-2.0-only
#include <endian.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "history.h"
#include "message.h"
#include "pack.h"
#include "picture.h"
#include "spectrum.h"
#include "trace.h"
#include "trigger.h"

#define PICTURE_AUTO_SECONDS	0.5	/* without a trigger, then it runs freely */
#define PICTURE_DB_MIN		-200.0
#define PICTURE_HEADER		52	/* bytes */

_Static_assert(sizeof(struct picture_settings) == 48, "there is padding in it");

struct picture {
	struct picture *next;
	unsigned int users;
	struct picture_settings settings;
	struct message *message;	/* the newest */
	uint64_t searched;		/* up to this index for a trigger */
	double triggered;		/* when there was one, by the clock */
	uint64_t shown;			/* end of what the trace has shown */
	unsigned int lanes;
	unsigned char place[PICTURE_LANES], channel[PICTURE_LANES];
	struct spectrum spectrum[PICTURE_LANES];
	double *scratch;
	uint64_t mask;			/* that the lanes were chosen from */
	uint64_t transformed;		/* end of the newest window */
	bool begun;
};

static struct picture *picture_list;

struct picture *picture_get(const struct picture_settings *settings)
{
	struct picture *p;

	for (p = picture_list; p; p = p->next) {
		if (!memcmp(&p->settings, settings, sizeof(*settings))) {
			p->users++;
			return p;
		}
	}
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->settings = *settings;
	p->users = 1;
	p->next = picture_list;
	picture_list = p;
	return p;
}

static void picture_forget(struct picture *p)
{
	unsigned int i;

	for (i = 0; i < PICTURE_LANES; i++)
		spectrum_end(&p->spectrum[i]);
	free(p->scratch);
	p->scratch = NULL;
	message_leave(p->message);
	p->message = NULL;
	p->searched = 0;
	p->transformed = 0;
	p->shown = 0;
	p->begun = false;
}

void picture_put(struct picture *p)
{
	struct picture **at = &picture_list;

	if (!p || --p->users)
		return;
	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	picture_forget(p);
	free(p);
}

void picture_restart(void)
{
	struct picture *p;

	for (p = picture_list; p; p = p->next)
		picture_forget(p);
}

struct message *picture_new(const struct picture *p)
{
	return p->message;
}

/* Which channels, and where they are in a frame */
static void picture_choose(struct picture *p, uint64_t mask)
{
	unsigned int c, place = 0;

	p->lanes = 0;
	for (c = 0; c < 64 && p->lanes < PICTURE_LANES; c++) {
		if (!(mask >> c & 1))
			continue;
		if (p->settings.channels >> c & 1) {
			p->place[p->lanes] = place;
			p->channel[p->lanes++] = c;
		}
		place++;
	}
	p->begun = true;
	p->mask = mask;
}

/* Bins of the spectrum that become one of the message, and how many there are then */
static uint32_t picture_per_bin(const struct picture *p, uint32_t *bins)
{
	uint32_t all = p->settings.fft / 2 + 1;
	uint32_t per = (all + p->settings.columns - 1) / p->settings.columns;

	*bins = (all + per - 1) / per;
	return per;
}

/* False: there is no spectrum, for want of memory or because nobody wants one. */
static bool picture_begin_spectrum(struct picture *p)
{
	unsigned int i;

	if (!p->settings.fft || p->scratch)
		return p->settings.fft;
	for (i = 0; i < p->lanes; i++)
		if (!spectrum_begin(&p->spectrum[i], p->settings.fft, p->settings.average))
			return false;
	p->scratch = calloc(p->settings.fft, sizeof(double));
	return p->scratch;
}

/* One more window into the mean of each channel: the newest without a gap in it. */
static bool picture_transform(struct picture *p, const struct history *h)
{
	uint64_t from = p->transformed, to = h->end, a;
	unsigned int i, n = p->settings.fft;
	int64_t *code;

	if (!p->lanes || !picture_begin_spectrum(p))
		return false;
	for (;; to = a) {
		a = from > n ? from - n + 1 : 0;
		if (!history_last(h, &a, &to) || to <= from)
			return p->transformed;
		if (to - a >= n)
			break;
	}
	code = malloc(n * sizeof(*code));
	if (!code)
		return false;
	for (i = 0; i < p->lanes; i++) {
		history_take(h, to - n, n, p->place[i], code);
		spectrum_feed(&p->spectrum[i], code, n, h->samples.zero, h->samples.full);
	}
	free(code);
	p->transformed = to;
	return true;
}

/*
 * Where the trace begins. False: it stays as it is. @trigger is set to where it triggered, or
 * left alone.
 */
static bool picture_place(struct picture *p, const struct history *h, uint64_t *begin,
			  double *trigger)
{
	const struct picture_settings *s = &p->settings;
	uint64_t half = s->frames / 2, to = h->end > half ? h->end - half : 0, at, from;
	struct trigger t = { .level = s->level, .falling = s->falling };
	double now = clock_seconds();
	unsigned int i;

	*begin = h->end > s->frames ? h->end - s->frames : 0;
	if (s->trigger == PICTURE_FREE)
		return true;
	for (i = 0; i < p->lanes && p->channel[i] != s->channel; i++)
		;
	if (i < p->lanes) {
		t.place = p->place[i];
		from = p->searched > h->begin + half ? p->searched : h->begin + half;
		if (from < to && trigger_find(&t, h, from, to, &at)) {
			*trigger = at;
			*begin = at > half ? at - half : 0;
			p->triggered = now;
			p->searched = to;
			return true;
		}
		if (from < to)
			p->searched = to;
	}
	return s->trigger == PICTURE_AUTO && now - p->triggered > PICTURE_AUTO_SECONDS;
}

static double picture_db(double power)
{
	double db = power > 0 ? 10 * log10(power) : PICTURE_DB_MIN;

	return db < PICTURE_DB_MIN ? PICTURE_DB_MIN : db;
}

static unsigned char *picture_put_peaks(const struct picture *p, unsigned char *to,
					const struct picture_stream *stream)
{
	struct spectrum_peak peak;
	unsigned int i;
	double hz;

	for (i = 0; i < p->lanes; i++) {
		const struct spectrum *s = &p->spectrum[i];

		if (!spectrum_peak(s->mean, s->bins, &peak))
			peak = (struct spectrum_peak){ };
		hz = peak.bin * stream->rate_millihz / 1000 / s->n;
		to = pack_f32(to, hz);
		to = pack_f32(to, picture_db(peak.power));
		to = pack_f32(to, picture_db(spectrum_floor(s->mean, s->bins, p->scratch)));
	}
	return to;
}

static unsigned char *picture_put_spectra(const struct picture *p, unsigned char *to)
{
	uint32_t i, b, k, bins, per = picture_per_bin(p, &bins);

	for (i = 0; i < p->lanes; i++) {
		const struct spectrum *s = &p->spectrum[i];

		for (b = 0; b < bins; b++) {
			double most = 0;

			for (k = b * per; k < (b + 1) * per && k < s->bins; k++)
				most = s->mean[k] > most ? s->mean[k] : most;
			to = pack_i16(to, lrint(100 * picture_db(most)));
		}
	}
	return to;
}

static unsigned char *picture_put_gaps(unsigned char *to, const struct history_gap *gap, uint32_t n)
{
	for (; n; n--, gap++) {
		to = pack_f64(to, gap->index);
		to = pack_f64(to, gap->lost);
		to = pack_u32(to, gap->cause);
		to = pack_u32(to, gap->estimated);
	}
	return to;
}

/* Those in [@from, @to): the first, and their number */
static uint32_t picture_gaps(const struct history *h, uint64_t from, uint64_t to,
			     const struct history_gap **first)
{
	const struct history_gap *gap = h->gap, *end = h->gap + h->gaps;

	while (gap < end && gap->index + gap->lost <= from)
		gap++;
	*first = gap;
	while (gap < end && gap->index < to)
		gap++;
	return gap - *first;
}

static struct message *picture_pack(struct picture *p, const struct history *h, uint64_t begin,
				    double trigger, const struct picture_stream *stream)
{
	uint32_t columns, per, bins = 0, per_bin = 0, gaps, pairs;
	bool spectrum = picture_transform(p, h);
	const struct history_gap *gap;
	struct message *m;
	unsigned char *to;
	unsigned int i;

	per = (p->settings.frames + p->settings.columns - 1) / p->settings.columns;
	columns = (p->settings.frames + per - 1) / per;
	pairs = per > 1 ? 2 : 1;
	if (spectrum)
		per_bin = picture_per_bin(p, &bins);
	gaps = picture_gaps(h, begin, begin + p->settings.frames, &gap);
	m = message_new(PICTURE_HEADER + 24 * gaps +
			p->lanes * (4 + (spectrum ? 12 : 0) + 4 * columns * pairs + 2 * bins));
	if (!m)
		return NULL;
	to = pack_u32(m->data, PICTURE_MAGIC);
	to = pack_u32(to, (pairs > 1 ? PICTURE_PAIRS : 0) |
			  (isnan(trigger) ? 0 : PICTURE_TRIGGERED));
	to = pack_u32(to, p->lanes);
	to = pack_u32(to, columns);
	to = pack_u32(to, per);
	to = pack_u32(to, gaps);
	to = pack_u32(to, bins);
	to = pack_u32(to, per_bin);
	to = pack_u32(to, p->settings.fft);
	to = pack_f64(to, begin);
	to = pack_f64(to, trigger);
	for (i = 0; i < p->lanes; i++)
		to = pack_u32(to, p->channel[i]);
	if (spectrum)
		to = picture_put_peaks(p, to, stream);
	for (i = 0; i < p->lanes; i++)
		to = trace_put(to, h, p->place[i], begin, per, columns);
	if (spectrum)
		to = picture_put_spectra(p, to);
	picture_put_gaps(to, gap, gaps);
	return m;
}

static void picture_make(struct picture *p, const struct history *h,
			 const struct picture_stream *stream)
{
	double trigger = NAN;
	uint64_t begin;

	message_leave(p->message);
	p->message = NULL;
	if (p->begun && p->mask != stream->mask)
		picture_forget(p);
	if (!p->begun)
		picture_choose(p, stream->mask);
	if (h->end == p->shown || !picture_place(p, h, &begin, &trigger))
		return;
	p->shown = h->end;
	p->message = picture_pack(p, h, begin, trigger, stream);
}

void picture_make_all(const struct history *h, const struct picture_stream *stream)
{
	struct picture *p;

	for (p = picture_list; p; p = p->next)
		picture_make(p, h, stream);
}
