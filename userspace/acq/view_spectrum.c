// SPDX-License-Identifier: GPL-2.0-only
/*
 * Power spectra: one above the other, on one axis of frequencies.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "axis.h"
#include "dots.h"
#include "frequency.h"
#include "spectrum.h"
#include "text.h"
#include "view.h"
#include "view_kind.h"

#define VIEW_SPECTRUM_PIECE	4096	/* frames at a time */
#define VIEW_SPECTRUM_LANES	8
#define VIEW_SPECTRUM_ROWS	6	/* of a lane, at least, if there are several */
#define VIEW_SPECTRUM_TALLEST	18
#define VIEW_SPECTRUM_LABEL	6
#define VIEW_SPECTRUM_AVERAGE	8

struct view_spectrum {
	const struct view_stream *stream;
	unsigned int num;
	struct spectrum lane[VIEW_SPECTRUM_LANES];
	double bottom[VIEW_SPECTRUM_LANES];	/* dBFS at the foot of the graph; 0: not yet */
	double *scratch;
	struct dots dots;
	int64_t code[VIEW_SPECTRUM_PIECE];
};

static void view_spectrum_end(void *state)
{
	struct view_spectrum *v = state;
	unsigned int i;

	for (i = 0; i < v->num; i++)
		spectrum_end(&v->lane[i]);
	free(v->scratch);
	free(v);
}

static void *view_spectrum_begin(const struct view_stream *stream,
				 const struct view_options *options, const struct screen *screen)
{
	struct view_spectrum *v = calloc(1, sizeof(*v));
	unsigned int average = options->average, n = options->fft;

	(void)screen;
	if (!v)
		return NULL;
	v->stream = stream;
	n = n ? n : frequency_window(stream->rate_millihz, 4096);
	/* what is short has a shorter window, rather than none */
	while (!options->fft && stream->frames && n > stream->frames && n > SPECTRUM_MIN)
		n /= 2;
	/* a file, and a picture of an interval, stand for all that is in them */
	if (!average && !stream->frames && !stream->each)
		average = VIEW_SPECTRUM_AVERAGE;
	v->scratch = calloc(n / 2 + 1, sizeof(double));
	while (v->scratch && v->num < stream->lanes && v->num < VIEW_SPECTRUM_LANES &&
	       spectrum_begin(&v->lane[v->num], n, average))
		v->num++;
	if (v->num == stream->lanes || v->num == VIEW_SPECTRUM_LANES)
		return v;
	view_spectrum_end(v);
	return NULL;
}

static void view_spectrum_feed(void *state, const void *data, size_t frames, double seconds)
{
	struct view_spectrum *v = state;
	const struct samples *s = &v->stream->samples;
	const unsigned char *p = data;
	unsigned int i;
	size_t n;

	(void)seconds;
	while (frames) {
		n = frames < VIEW_SPECTRUM_PIECE ? frames : VIEW_SPECTRUM_PIECE;
		for (i = 0; i < v->num; i++) {
			samples_take(s, p, n, v->stream->place[i], v->code);
			spectrum_feed(&v->lane[i], v->code, n, s->zero, s->full);
		}
		p += n * s->frame;
		frames -= n;
	}
}

static void view_spectrum_gap(void *state, const struct view_gap *gap)
{
	struct view_spectrum *v = state;
	unsigned int i;

	(void)gap;
	for (i = 0; i < v->num; i++)
		spectrum_gap(&v->lane[i]);
}

static size_t view_spectrum_quantum(const void *state)
{
	const struct view_spectrum *v = state;

	return v->lane[0].n;
}

static void view_spectrum_head(struct view_spectrum *v, struct screen *screen, unsigned int i)
{
	const struct spectrum *s = &v->lane[i];
	char at[TEXT_MAX];
	struct spectrum_peak peak;

	screen_printf(screen, "ch%u ", v->stream->channel[i]);
	if (!s->windows) {
		screen_printf(screen, "%u of %u samples for a window", s->filled, s->n);
	} else if (!spectrum_peak(s->mean, s->bins, &peak)) {
		screen_put(screen, "no signal");
	} else {
		screen_printf(screen, "peak %s %.2f dBFS, floor %.1f dBFS a bin",
			      frequency_text(v->stream->rate_millihz, s->n, peak.bin, 7, at),
			      axis_db(peak.power),
			      axis_db(spectrum_floor(s->mean, s->bins, v->scratch)));
	}
	screen_end_line(screen);
}

/* dBFS at the foot of the graph: in tens, and slow to change */
static double view_spectrum_bottom(struct view_spectrum *v, unsigned int i)
{
	const struct spectrum *s = &v->lane[i];
	double noise = axis_db(spectrum_floor(s->mean, s->bins, v->scratch));
	double *bottom = &v->bottom[i];

	/* some of the noise is below its median */
	if (!*bottom || noise < *bottom + 3 || noise > *bottom + 25)
		*bottom = fmin(10 * floor(noise / 10) - 10, -20);
	return *bottom;
}

static void view_spectrum_graph(struct view_spectrum *v, struct screen *screen, unsigned int i,
				unsigned int columns, unsigned int rows)
{
	const struct spectrum *s = &v->lane[i];
	double bottom = view_spectrum_bottom(v, i), part;
	unsigned int x, row, dots;

	dots_clear(&v->dots, columns, rows);
	dots = 2 * v->dots.columns;
	for (x = 0; x < dots; x++) {
		part = 1 - axis_db(frequency_power(s->mean, s->bins, x, dots)) / bottom;
		if (part > 0)
			dots_line(&v->dots, x, 0, (part < 1 ? part : 1) * (4 * v->dots.rows - 1));
	}
	for (row = 0; row < v->dots.rows; row++) {
		if (row == 0)
			screen_printf(screen, "%*d", VIEW_SPECTRUM_LABEL - 1, 0);
		else if (row + 1 == v->dots.rows)
			screen_printf(screen, "%*.0f", VIEW_SPECTRUM_LABEL - 1, bottom);
		else if (v->dots.rows >= 5 && row == v->dots.rows / 2)
			screen_printf(screen, "%*.0f", VIEW_SPECTRUM_LABEL - 1,
				      bottom * (row + 0.5) / v->dots.rows);
		screen_to(screen, VIEW_SPECTRUM_LABEL);
		screen_colour(screen, 1 + (i + 1) % 6, 1 + (i + 1) % 6);
		dots_put_row(&v->dots, screen, row);
		screen_end_line(screen);
	}
}

static unsigned int view_spectrum_draw(void *state, struct screen *screen, char *caption,
				       bool last)
{
	struct view_spectrum *v = state;
	unsigned int i, lanes, rows, left = screen->rows > 1 ? screen->rows - 1 : 1, columns;
	char width[TEXT_MAX];

	(void)last;
	lanes = left / VIEW_SPECTRUM_ROWS;
	lanes = lanes > v->num ? v->num : lanes ? lanes : 1;
	rows = left / lanes > 1 ? left / lanes - 1 : 1;
	rows = rows > VIEW_SPECTRUM_TALLEST ? VIEW_SPECTRUM_TALLEST : rows;
	columns = screen->columns > VIEW_SPECTRUM_LABEL + 8 ?
		  screen->columns - VIEW_SPECTRUM_LABEL : 8;
	for (i = 0; i < lanes; i++) {
		view_spectrum_head(v, screen, i);
		if (v->lane[i].windows)
			view_spectrum_graph(v, screen, i, columns, rows);
	}
	if (v->lane[0].windows)
		frequency_axis(screen, v->stream->rate_millihz, VIEW_SPECTRUM_LABEL, columns);
	snprintf(caption, VIEW_CAPTION, "dBFS, mean of %" PRIu64 " window%s of %u samples (Hann), %s a bin",
		 v->lane[0].average && v->lane[0].windows > v->lane[0].average ?
		 v->lane[0].average : v->lane[0].windows, v->lane[0].windows == 1 ? "" : "s",
		 v->lane[0].n, frequency_text(v->stream->rate_millihz, v->lane[0].n, 1, 4, width));
	for (i = 0; i < v->num && v->stream->each; i++)
		spectrum_restart(&v->lane[i]);
	return lanes;
}

const struct view_kind view_spectrum_kind = {
	.name = "spectrum",
	.help = "power over frequency, the peak named",
	.transform = true,
	.begin = view_spectrum_begin,
	.feed = view_spectrum_feed,
	.gap = view_spectrum_gap,
	.quantum = view_spectrum_quantum,
	.draw = view_spectrum_draw,
	.end = view_spectrum_end,
};
