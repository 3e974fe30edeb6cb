// SPDX-License-Identifier: GPL-2.0-only
/*
 * Histograms: how often each code of a channel came.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "axis.h"
#include "dots.h"
#include "histogram.h"
#include "text.h"
#include "view.h"
#include "view_kind.h"

#define VIEW_HISTOGRAM_PIECE	4096	/* frames at a time */
#define VIEW_HISTOGRAM_LANES	4
#define VIEW_HISTOGRAM_ROWS	8	/* of a lane, at least, if there are several */
#define VIEW_HISTOGRAM_LABEL	10

struct view_histogram {
	const struct view_stream *stream;
	unsigned int num;
	struct histogram lane[VIEW_HISTOGRAM_LANES];
	struct dots dots;
	int64_t code[VIEW_HISTOGRAM_PIECE];
};

static void view_histogram_end(void *state)
{
	struct view_histogram *h = state;
	unsigned int i;

	for (i = 0; i < h->num; i++)
		histogram_end(&h->lane[i]);
	free(h);
}

static void *view_histogram_begin(const struct view_stream *stream,
				  const struct view_options *options, const struct screen *screen)
{
	struct view_histogram *h = calloc(1, sizeof(*h));

	(void)options;
	(void)screen;
	if (!h)
		return NULL;
	h->stream = stream;
	while (h->num < stream->lanes && h->num < VIEW_HISTOGRAM_LANES) {
		if (!histogram_begin(&h->lane[h->num], &stream->samples)) {
			view_histogram_end(h);
			return NULL;
		}
		h->num++;
	}
	return h;
}

static void view_histogram_feed(void *state, const void *data, size_t frames, double seconds)
{
	struct view_histogram *h = state;
	const struct samples *s = &h->stream->samples;
	const unsigned char *p = data;
	unsigned int i;
	size_t n;

	(void)seconds;
	while (frames) {
		n = frames < VIEW_HISTOGRAM_PIECE ? frames : VIEW_HISTOGRAM_PIECE;
		for (i = 0; i < h->num; i++) {
			samples_take(s, p, n, h->stream->place[i], h->code);
			histogram_feed(&h->lane[i], h->code, n);
		}
		p += n * s->frame;
		frames -= n;
	}
}

/* A loss changes nothing in what has come. */
static void view_histogram_gap(void *state, const struct view_gap *gap)
{
	(void)state;
	(void)gap;
}

static size_t view_histogram_quantum(const void *state)
{
	(void)state;
	return 1;
}

static void view_histogram_head(const struct histogram *h, struct screen *screen,
				unsigned int channel)
{
	const struct meter *m = &h->meter;
	char num[TEXT_MAX];

	screen_printf(screen, "ch%u ", channel);
	if (m->num)
		screen_printf(screen, "min %" PRId64 ", max %" PRId64 ", mean %.*f, sigma %.*f, %ssamples",
			      m->lo, m->hi, fabs(m->mean) < 1e6 ? 2 : 0, m->mean,
			      meter_sigma(m) < 1e6 ? 2 : 0, meter_sigma(m),
			      format_human(m->num, num));
	else
		screen_put(screen, "no samples");
	screen_end_line(screen);
}

/* "bits 0-3 never change" and what is missing among the codes */
static void view_histogram_hint(const struct histogram *h, struct screen *screen)
{
	struct histogram_missing missing;
	uint64_t stuck = histogram_stuck(h);
	char bits[TEXT_MAX], text[256] = "";
	int len = 0;

	histogram_missing(h, &missing);
	if (stuck & (stuck - 1))
		len = snprintf(text, sizeof(text), "bits %s never change, ",
			       format_channels(stuck, bits));
	else if (stuck)
		len = snprintf(text, sizeof(text), "bit %d never changes, ",
			       __builtin_ctzll(stuck));
	if (missing.missing)
		snprintf(text + len, sizeof(text) - len,
			 "%" PRIu64 " of %" PRIu64 " codes missing (%" PRId64 "%s)",
			 missing.missing, missing.codes, missing.first,
			 missing.missing > 1 ? ", ..." : "");
	else if (missing.known)
		snprintf(text + len, sizeof(text) - len, "no code missing within 2 sigma");
	else if (h->shift)
		snprintf(text + len, sizeof(text) - len, "%llu codes in each cell",
			 1ULL << h->shift);
	else
		snprintf(text + len, sizeof(text) - len, "too few samples to miss a code");
	screen_to(screen, VIEW_HISTOGRAM_LABEL);
	screen_put(screen, text);
	screen_end_line(screen);
}

/* Codes below the graph, at its ends and in its middle */
static void view_histogram_axis(struct screen *screen, double lo, double hi, unsigned int columns)
{
	unsigned int i, len, x;
	char text[32];

	for (i = 0; i < 3; i++) {
		if (i == 1 && columns < 40)
			continue;
		len = snprintf(text, sizeof(text), "%.0f", lo + (hi - lo) * i / 2);
		x = columns * i / 2;
		x = i == 0 ? 0 : i == 1 ? x - len / 2 : x > len ? x - len : 0;
		screen_to(screen, VIEW_HISTOGRAM_LABEL + x);
		screen_put(screen, text);
	}
	screen_end_line(screen);
}

static void view_histogram_graph(struct view_histogram *v, const struct histogram *h,
				 struct screen *screen, unsigned int rows)
{
	unsigned int columns = screen->columns > VIEW_HISTOGRAM_LABEL + 8 ?
			       screen->columns - VIEW_HISTOGRAM_LABEL : 8;
	static double level[2 * DOTS_COLUMNS];
	double lo = h->meter.lo, width, most = 0;
	unsigned int x, row, dots, top;
	char text[TEXT_MAX];

	dots_clear(&v->dots, columns, rows);
	dots = 2 * v->dots.columns;
	width = (h->meter.hi - lo + 1) / dots;
	for (x = 0; x < dots; x++) {
		/* codes wider than a dot are drawn as wide */
		level[x] = histogram_between(h, lo + x * width, lo + (x + 1) * width) / width;
		most = level[x] > most ? level[x] : most;
	}
	for (x = 0; x < dots && most > 0; x++) {
		top = level[x] / most * (4 * v->dots.rows - 1) + 0.5;
		/* what came at all is seen */
		if (level[x] > 0)
			dots_line(&v->dots, x, 0, top);
	}
	for (row = 0; row < v->dots.rows; row++) {
		text[0] = '\0';
		if (row == 0)
			axis_label(most, 4, "", text);
		else if (row + 1 == v->dots.rows)
			snprintf(text, sizeof(text), "0");
		screen_printf(screen, "%*s ", VIEW_HISTOGRAM_LABEL - 1, text);
		screen_colour(screen, 75, 6);
		dots_put_row(&v->dots, screen, row);
		screen_end_line(screen);
	}
	view_histogram_axis(screen, lo, h->meter.hi, v->dots.columns);
}

static unsigned int view_histogram_draw(void *state, struct screen *screen, char *caption,
					bool last)
{
	struct view_histogram *v = state;
	unsigned int i, rows, lanes = screen->rows / VIEW_HISTOGRAM_ROWS;

	(void)last;
	lanes = lanes > v->num ? v->num : lanes ? lanes : 1;
	rows = screen->rows / lanes > 4 ? screen->rows / lanes - 3 : 1;
	for (i = 0; i < lanes; i++) {
		view_histogram_head(&v->lane[i], screen, v->stream->channel[i]);
		if (v->lane[i].meter.num) {
			view_histogram_graph(v, &v->lane[i], screen, rows);
			view_histogram_hint(&v->lane[i], screen);
		}
	}
	for (i = 0; i < v->num && v->stream->each; i++)
		histogram_restart(&v->lane[i]);
	snprintf(caption, VIEW_CAPTION, "samples of each code, over the codes from min to max");
	return lanes;
}

const struct view_kind view_histogram_kind = {
	.name = "histogram",
	.help = "how often each code came, what is missing",
	.begin = view_histogram_begin,
	.feed = view_histogram_feed,
	.gap = view_histogram_gap,
	.quantum = view_histogram_quantum,
	.draw = view_histogram_draw,
	.end = view_histogram_end,
};
