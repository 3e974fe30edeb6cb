// SPDX-License-Identifier: GPL-2.0-only
/*
 * A waterfall: the power spectrum of one channel over time, a row for each interval.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "axis.h"
#include "frequency.h"
#include "spectrum.h"
#include "text.h"
#include "view.h"
#include "view_kind.h"

#define VIEW_WATERFALL_PIECE	4096	/* frames at a time */
#define VIEW_WATERFALL_ROWS	1024	/* kept */
#define VIEW_WATERFALL_LABEL	12
#define VIEW_WATERFALL_LEVELS	16
#define VIEW_WATERFALL_LIVE	250	/* ms of a row on a terminal */
#define VIEW_WATERFALL_FLOW	1000	/* and elsewhere */

struct view_waterfall_row {
	double seconds;
	float *power;		/* NULL: a gap */
	uint64_t gaps, lost;
	bool estimated, unknown;
	const char *cause;
};

struct view_waterfall {
	const struct view_stream *stream;
	struct spectrum spectrum;
	uint64_t row_frames, row_filled;
	double row_seconds;	/* where the row begins that is being filled */
	struct view_waterfall_row row[VIEW_WATERFALL_ROWS];
	uint64_t rows;		/* ever; the newest are kept */
	uint64_t drawn;		/* of them, where lines flow */
	double *scratch;
	double top, bottom;	/* dBFS; both 0: not known yet */
	int64_t code[VIEW_WATERFALL_PIECE];
};

static void view_waterfall_end(void *state)
{
	struct view_waterfall *v = state;
	unsigned int i;

	for (i = 0; i < VIEW_WATERFALL_ROWS; i++)
		free(v->row[i].power);
	spectrum_end(&v->spectrum);
	free(v->scratch);
	free(v);
}

/* Frames of a row */
static uint64_t view_waterfall_frames(const struct view_stream *stream,
				      const struct view_options *options,
				      const struct screen *screen)
{
	unsigned int rows = screen->rows > 12 ? screen->rows - 8 : 4;
	uint64_t ms = options->interval_ms;

	/* a file fills the screen, and has room for some gaps */
	if (!ms && stream->frames)
		return (stream->frames + rows - 1) / rows;
	if (!ms)
		ms = screen->live ? VIEW_WATERFALL_LIVE : VIEW_WATERFALL_FLOW;
	return (double)stream->rate_millihz * ms / 1000000;
}

static void *view_waterfall_begin(const struct view_stream *stream,
				  const struct view_options *options, const struct screen *screen)
{
	struct view_waterfall *v = calloc(1, sizeof(*v));
	unsigned int n = options->fft ? options->fft : frequency_window(stream->rate_millihz, 1024);

	if (!v)
		return NULL;
	v->stream = stream;
	v->row_frames = view_waterfall_frames(stream, options, screen);
	/* rather a shorter window than hardly a row */
	while (!options->fft && n > SPECTRUM_MIN && n > v->row_frames && v->row_frames)
		n /= 2;
	if (v->row_frames < n)
		v->row_frames = n;
	v->scratch = calloc(n / 2 + 1, sizeof(double));
	if (v->scratch && spectrum_begin(&v->spectrum, n, options->average))
		return v;
	view_waterfall_end(v);
	return NULL;
}

static struct view_waterfall_row *view_waterfall_at(struct view_waterfall *v, uint64_t row)
{
	return &v->row[row % VIEW_WATERFALL_ROWS];
}

static void view_waterfall_end_row(struct view_waterfall *v)
{
	struct view_waterfall_row *row = view_waterfall_at(v, v->rows);
	unsigned int i;

	v->row_filled = 0;
	if (!v->spectrum.windows)
		return;
	if (!row->power)
		row->power = calloc(v->spectrum.bins, sizeof(*row->power));
	if (!row->power)
		return;
	row->seconds = v->row_seconds;
	for (i = 0; i < v->spectrum.bins; i++)
		row->power[i] = v->spectrum.mean[i];
	spectrum_restart(&v->spectrum);
	v->rows++;
}

static void view_waterfall_feed(void *state, const void *data, size_t frames, double seconds)
{
	struct view_waterfall *v = state;
	const struct samples *s = &v->stream->samples;
	const unsigned char *p = data;
	size_t n;

	while (frames) {
		if (!v->row_filled)
			v->row_seconds = seconds;
		n = frames < VIEW_WATERFALL_PIECE ? frames : VIEW_WATERFALL_PIECE;
		n = v->row_frames - v->row_filled < n ? v->row_frames - v->row_filled : n;
		samples_take(s, p, n, v->stream->place[0], v->code);
		spectrum_feed(&v->spectrum, v->code, n, s->zero, s->full);
		v->row_filled += n;
		if (v->row_filled == v->row_frames)
			view_waterfall_end_row(v);
		p += n * s->frame;
		frames -= n;
		if (v->stream->rate_millihz)
			seconds += n * 1000.0 / v->stream->rate_millihz;
	}
}

static void view_waterfall_gap(void *state, const struct view_gap *gap)
{
	struct view_waterfall *v = state;
	struct view_waterfall_row *row;

	view_waterfall_end_row(v);
	spectrum_gap(&v->spectrum);
	if (!gap)
		return;
	/* one row for gaps with hardly a window between them */
	row = view_waterfall_at(v, v->rows - !!v->rows);
	if (!v->rows || row->power || v->drawn == v->rows) {
		row = view_waterfall_at(v, v->rows++);
		free(row->power);
		*row = (struct view_waterfall_row){ .seconds = gap->seconds };
	}
	row->gaps++;
	row->cause = gap->cause;
	row->estimated |= gap->estimated;
	if (gap->lost == ~0ULL)
		row->unknown = true;
	else
		row->lost += gap->lost;
}

static size_t view_waterfall_quantum(const void *state)
{
	const struct view_waterfall *v = state;

	return v->spectrum.n;
}

/* Where the scale begins and ends: noise at its foot, the largest line at its top */
static void view_waterfall_scale(struct view_waterfall *v, uint64_t from)
{
	double noise = 0, most = 0, p;
	unsigned int i, num = 0;
	uint64_t r;

	for (r = from; r < v->rows; r++) {
		const float *power = view_waterfall_at(v, r)->power;

		if (!power)
			continue;
		for (i = 0; i < v->spectrum.bins; i++) {
			v->scratch[i] = power[i];
			most = power[i] > most ? power[i] : most;
		}
		p = axis_db(spectrum_floor(v->scratch, v->spectrum.bins, v->spectrum.power));
		noise = !num++ || p < noise ? p : noise;
	}
	if (!num)
		return;
	v->top = 10 * ceil(axis_db(most) / 10) + 0.0; /* and not -0 */
	v->bottom = 10 * floor(noise / 10);
	if (v->bottom > v->top - 20)
		v->bottom = v->top - 20;
}

static void view_waterfall_level(struct screen *screen, unsigned int level)
{
	/* from dark to light, in the 256 colours and in the 8 */
	static const unsigned char wide[VIEW_WATERFALL_LEVELS] = {
		17, 18, 19, 20, 26, 32, 37, 42, 76, 112, 148, 184, 220, 214, 208, 196,
	};
	static const unsigned char narrow[VIEW_WATERFALL_LEVELS] = {
		4, 4, 4, 4, 6, 6, 6, 2, 2, 2, 3, 3, 3, 1, 1, 7,
	};
	static const char *const shades[] = {
		" ", "\xe2\x96\x91", "\xe2\x96\x92", "\xe2\x96\x93", "\xe2\x96\x88",
	};
	static const char ascii[] = " .,:;-~=+*%#@";
	char text[2] = { ascii[level * (sizeof(ascii) - 2) / (VIEW_WATERFALL_LEVELS - 1)] };

	screen_colour(screen, wide[level], narrow[level]);
	if (screen->unicode)
		screen_put(screen, shades[(level * 4 + VIEW_WATERFALL_LEVELS - 2) /
					  (VIEW_WATERFALL_LEVELS - 1)]);
	else
		screen_put(screen, text);
}

static unsigned int view_waterfall_find(const struct view_waterfall *v, double power)
{
	double part = (axis_db(power) - v->bottom) / (v->top - v->bottom);

	return part <= 0 ? 0 : part >= 1 ? VIEW_WATERFALL_LEVELS - 1 : part * VIEW_WATERFALL_LEVELS;
}

static void view_waterfall_put_gap(struct screen *screen, const struct view_waterfall_row *row)
{
	screen_colour(screen, 196, 1);
	if (row->gaps > 1)
		screen_printf(screen, "-- %" PRIu64 " gaps: ", row->gaps);
	else
		screen_put(screen, "-- gap: ");
	if (row->unknown && !row->lost)
		screen_put(screen, "an unknown number of frames lost");
	else
		screen_printf(screen, "%s%" PRIu64 " frame%s lost", row->estimated ? "~" : "",
			      row->lost, row->lost == 1 ? "" : "s");
	screen_printf(screen, " (%s) --", row->cause);
}

static void view_waterfall_put_row(struct view_waterfall *v, struct screen *screen,
				   const struct view_waterfall_row *row, unsigned int columns)
{
	unsigned int x, i;
	double p;

	screen_printf(screen, "%*.3f ", VIEW_WATERFALL_LABEL - 1, row->seconds);
	screen_to(screen, VIEW_WATERFALL_LABEL);
	if (!row->power) {
		view_waterfall_put_gap(screen, row);
		screen_end_line(screen);
		return;
	}
	for (i = 0; i < v->spectrum.bins; i++)
		v->scratch[i] = row->power[i];
	for (x = 0; x < columns; x++) {
		p = frequency_power(v->scratch, v->spectrum.bins, x, columns);
		view_waterfall_level(screen, view_waterfall_find(v, p));
	}
	screen_end_line(screen);
}

/* What the characters mean */
static void view_waterfall_legend(const struct view_waterfall *v, struct screen *screen)
{
	unsigned int level;

	screen_printf(screen, "ch%u", v->stream->channel[0]);
	screen_to(screen, VIEW_WATERFALL_LABEL);
	screen_printf(screen, "%.0f ", v->bottom);
	for (level = 0; level < VIEW_WATERFALL_LEVELS; level++)
		view_waterfall_level(screen, level);
	screen_colour(screen, -1, -1);
	screen_printf(screen, " %.0f dBFS, windows of %u samples (Hann)", v->top, v->spectrum.n);
	screen_end_line(screen);
}

static unsigned int view_waterfall_columns(const struct screen *screen)
{
	return screen->columns > VIEW_WATERFALL_LABEL + 8 ?
	       screen->columns - VIEW_WATERFALL_LABEL : 8;
}

/* The rows that have come, for a log: the scale is that of the first ones. */
static void view_waterfall_flow(struct view_waterfall *v, struct screen *screen)
{
	unsigned int columns = view_waterfall_columns(screen);

	if (!v->top && !v->bottom) {
		view_waterfall_scale(v, 0);
		/* what comes later may be louder */
		if (v->top || v->bottom) {
			v->top = fmax(v->top, fmin(v->top + 20, 0));
			view_waterfall_legend(v, screen);
			screen_printf(screen, "%*s ", VIEW_WATERFALL_LABEL - 1, "seconds");
			frequency_axis(screen, v->stream->rate_millihz, VIEW_WATERFALL_LABEL,
				       columns);
		}
	}
	for (; v->drawn < v->rows; v->drawn++)
		view_waterfall_put_row(v, screen, view_waterfall_at(v, v->drawn), columns);
}

static unsigned int view_waterfall_draw(void *state, struct screen *screen, char *caption,
					bool last)
{
	struct view_waterfall *v = state;
	unsigned int columns = view_waterfall_columns(screen), fit;
	char time[TEXT_MAX] = "";
	uint64_t from, row;

	/* what has come of the last row */
	if (last)
		view_waterfall_end_row(v);
	if (v->stream->flows) {
		view_waterfall_flow(v, screen);
	} else {
		fit = !screen->live ? VIEW_WATERFALL_ROWS : screen->rows > 2 ? screen->rows - 2 : 1;
		from = v->rows > fit ? v->rows - fit : 0;
		view_waterfall_scale(v, from);
		for (row = from; row < v->rows; row++)
			view_waterfall_put_row(v, screen, view_waterfall_at(v, row), columns);
		screen_printf(screen, "%*s ", VIEW_WATERFALL_LABEL - 1, "seconds");
		frequency_axis(screen, v->stream->rate_millihz, VIEW_WATERFALL_LABEL, columns);
		view_waterfall_legend(v, screen);
	}
	if (!v->rows)
		snprintf(caption, VIEW_CAPTION, "%u of %u samples for a window",
			 v->spectrum.filled, v->spectrum.n);
	else if (v->stream->rate_millihz)
		snprintf(caption, VIEW_CAPTION, "a row: %s",
			 axis_label(v->row_frames * 1000.0 / v->stream->rate_millihz, 4, "s",
				    time));
	else
		snprintf(caption, VIEW_CAPTION, "a row: %" PRIu64 " frames", v->row_frames);
	return 1;
}

const struct view_kind view_waterfall_kind = {
	.name = "waterfall",
	.help = "the same over time, of one channel",
	.transform = true,
	.flows = true,
	.begin = view_waterfall_begin,
	.feed = view_waterfall_feed,
	.gap = view_waterfall_gap,
	.quantum = view_waterfall_quantum,
	.draw = view_waterfall_draw,
	.end = view_waterfall_end,
};
