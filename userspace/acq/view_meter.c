// SPDX-License-Identifier: GPL-2.0-only
/*
 * Level meters: a line for each channel.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "axis.h"
#include "meter.h"
#include "text.h"
#include "view.h"
#include "view_kind.h"

#define VIEW_METER_PIECE	4096	/* frames at a time */
#define VIEW_METER_BOTTOM	(-60.0)	/* dBFS, where the bar begins */
#define VIEW_METER_LABEL	5
#define VIEW_METER_NUMBERS	42	/* columns right of the bar */
#define VIEW_METER_BAR		8	/* columns of a bar, at least */

struct view_meter {
	const struct view_stream *stream;
	struct meter now[64];	/* since the last picture */
	struct meter all[64];
	double hold[64];	/* largest peak, as a power */
	int64_t code[VIEW_METER_PIECE];
};

static void *view_meter_begin(const struct view_stream *stream, const struct view_options *options,
			      const struct screen *screen)
{
	struct view_meter *m = calloc(1, sizeof(*m));

	(void)options;
	(void)screen;
	if (m)
		m->stream = stream;
	return m;
}

static void view_meter_feed(void *state, const void *data, size_t frames, double seconds)
{
	struct view_meter *m = state;
	const struct samples *s = &m->stream->samples;
	const unsigned char *p = data;
	unsigned int i;
	size_t n;

	(void)seconds;
	while (frames) {
		n = frames < VIEW_METER_PIECE ? frames : VIEW_METER_PIECE;
		for (i = 0; i < m->stream->lanes; i++) {
			samples_take(s, p, n, m->stream->place[i], m->code);
			meter_feed(&m->now[i], s, m->code, n);
		}
		p += n * s->frame;
		frames -= n;
	}
}

/* A loss changes nothing in what has come. */
static void view_meter_gap(void *state, const struct view_gap *gap)
{
	(void)state;
	(void)gap;
}

static size_t view_meter_quantum(const void *state)
{
	(void)state;
	return 1;
}

static unsigned int view_meter_column(double power, unsigned int width)
{
	double db = axis_db(power);

	if (db <= VIEW_METER_BOTTOM)
		return 0;
	return db >= 0 ? width : (1 - db / VIEW_METER_BOTTOM) * width + 0.5;
}

static void view_meter_db(struct screen *screen, double power)
{
	if (power > 0)
		screen_printf(screen, " %6.1f", axis_db(power));
	else
		screen_put(screen, "   -inf");
}

static void view_meter_bar(struct screen *screen, double rms, double peak, double hold,
			   unsigned int width)
{
	unsigned int x, to_rms = view_meter_column(rms, width);
	unsigned int to_peak = view_meter_column(peak, width);
	unsigned int at_hold = view_meter_column(hold, width);

	screen_put(screen, "[");
	for (x = 0; x < width; x++) {
		/* the last 3 dB, and the 9 dB below */
		if (x == 0 || x == (unsigned int)(width * 0.8) || x == (unsigned int)(width * 0.95))
			screen_colour(screen, x == 0 ? 34 : x < width * 0.9 ? 220 : 196,
				      x == 0 ? 2 : x < width * 0.9 ? 3 : 1);
		if (x + 1 == at_hold)
			screen_put(screen, "|");
		else if (x < to_rms)
			screen_put(screen, screen->unicode ? "\xe2\x96\x88" : "#");
		else
			screen_put(screen, x >= to_peak ? " " : screen->unicode ? "\xe2\x96\x91" : "-");
	}
	screen_colour(screen, -1, -1);
	screen_put(screen, "]");
}

/* The scale above the bars: "-40" ends where -40 dBFS is */
static void view_meter_head(struct screen *screen, unsigned int width)
{
	unsigned int x, db;

	if (width) {
		screen_to(screen, VIEW_METER_LABEL);
		for (db = 50; db > 0 && width >= 24; db -= 10) {
			x = VIEW_METER_LABEL + 1 + width * (60 - db) / 60;
			if (db % 20 && width < 40)
				continue;
			screen_to(screen, x - 3);
			screen_printf(screen, "-%u", db);
		}
		screen_to(screen, VIEW_METER_LABEL + 2 + width - 1);
		screen_put(screen, "0");
	} else {
		screen_to(screen, VIEW_METER_LABEL);
	}
	screen_put(screen, "    rms   peak   hold         dc clipped");
	screen_end_line(screen);
}

static void view_meter_line(struct view_meter *m, struct screen *screen, unsigned int i,
			    const struct meter *meter, unsigned int width)
{
	const struct samples *s = &m->stream->samples;
	double peak = meter_peak_power(meter, s), dc = meter->mean - s->zero, clipped;
	char text[TEXT_MAX];

	m->hold[i] = peak > m->hold[i] ? peak : m->hold[i];
	snprintf(text, sizeof(text), "ch%u", m->stream->channel[i]);
	screen_put(screen, text);
	screen_to(screen, VIEW_METER_LABEL);
	if (width)
		view_meter_bar(screen, meter_rms_power(meter, s), peak, m->hold[i], width);
	view_meter_db(screen, meter_rms_power(meter, s));
	view_meter_db(screen, peak);
	view_meter_db(screen, m->hold[i]);
	screen_printf(screen, " %+10.*f", fabs(dc) < 99999 ? 1 : 0, meter->num ? dc : 0.0);
	clipped = m->stream->each ? meter->clipped : m->all[i].clipped;
	snprintf(text, sizeof(text), "%.0f", clipped);
	if (clipped >= 1e6)
		format_human(clipped, text);
	screen_colour(screen, clipped > 0 ? 196 : -1, 1);
	screen_printf(screen, " %7s", text);
	screen_end_line(screen);
}

static unsigned int view_meter_draw(void *state, struct screen *screen, char *caption, bool last)
{
	struct view_meter *m = state;
	const struct view_stream *stream = m->stream;
	unsigned int i, shown = stream->lanes, width = 0;
	uint64_t num = 0;

	if (screen->columns >= VIEW_METER_LABEL + 2 + VIEW_METER_BAR + VIEW_METER_NUMBERS)
		width = screen->columns - VIEW_METER_LABEL - 2 - VIEW_METER_NUMBERS;
	if (screen->live && shown + 1 > screen->rows)
		shown = screen->rows ? screen->rows - 1 : 0;
	view_meter_head(screen, width);
	for (i = 0; i < stream->lanes; i++) {
		meter_add(&m->all[i], &m->now[i]);
		/* what remains at the end stands for all */
		if (last && !stream->each)
			m->now[i] = m->all[i];
		num = m->now[i].num;
		if (i < shown)
			view_meter_line(m, screen, i, &m->now[i], width);
		m->now[i] = (struct meter){ };
	}
	snprintf(caption, VIEW_CAPTION, "dBFS: 0 is a sine of full scale, rms without dc");
	if (stream->rate_millihz)
		snprintf(caption, VIEW_CAPTION,
			 "of %.4g s, dBFS: 0 is a sine of full scale, rms without dc",
			 num * 1000.0 / stream->rate_millihz);
	return shown;
}

static void view_meter_end(void *state)
{
	free(state);
}

const struct view_kind view_meter_kind = {
	.name = "meter",
	.help = "RMS, peak, DC and clipped samples",
	.begin = view_meter_begin,
	.feed = view_meter_feed,
	.gap = view_meter_gap,
	.quantum = view_meter_quantum,
	.draw = view_meter_draw,
	.end = view_meter_end,
};
