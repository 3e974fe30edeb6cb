// SPDX-License-Identifier: GPL-2.0-only
/*
 * An oscilloscope in a terminal: one lane a channel, the newest samples.
 */
#include <stdlib.h>
#include <string.h>

#include "dots.h"
#include "text.h"
#include "view.h"
#include "view_kind.h"

#define MAX_LANES	8
#define MAX_WINDOW	(1U << 20)
#define MAX_GAPS	16	/* marked, the newest ones */
#define LABEL		12	/* columns left of the trace: of 32 bits the lowest has 11 */
#define PER_DOT		64	/* samples looked at for one column of dots, at most */

struct lane {
	unsigned int channel;	/* the card's number of it */
	unsigned int place;
	double lo, hi;		/* what the height spans, slow to shrink */
	bool scaled;
};

struct plot {
	const struct view_stream *stream;
	unsigned int num;	/* lanes */
	struct lane lane[MAX_LANES];
	size_t window;		/* frames across the screen */
	size_t room;		/* frames in ring: two windows, for a choice of where to begin */
	size_t filled;
	size_t at;		/* where the next frame goes */
	unsigned char *ring;
	uint64_t fed;		/* frames, ever */
	uint64_t gap[MAX_GAPS];	/* how many had been fed */
	unsigned int gaps;
	struct dots dots;
};

static void *plot_begin(const struct view_stream *stream, const struct view_options *options,
			const struct screen *screen)
{
	struct plot *plot = calloc(1, sizeof(*plot));
	uint64_t frames = options->frames ? options->frames : stream->rate_millihz / 50000;

	(void)screen;
	if (!plot)
		return NULL;
	plot->stream = stream;
	for (; plot->num < stream->lanes && plot->num < MAX_LANES; plot->num++) {
		plot->lane[plot->num].channel = stream->channel[plot->num];
		plot->lane[plot->num].place = stream->place[plot->num];
	}
	/* a picture of an interval, or of a range, shows all of it */
	if (!options->frames && stream->frames)
		frames = stream->frames;
	if (!options->frames && stream->each)
		frames = stream->rate_millihz * options->interval_ms / 1000000;
	plot->window = frames < 16 ? 16 : frames > MAX_WINDOW ? MAX_WINDOW : frames;
	plot->room = 2 * plot->window;
	plot->ring = malloc(plot->room * stream->samples.frame);
	if (plot->ring)
		return plot;
	free(plot);
	return NULL;
}

static void plot_feed(void *state, const void *data, size_t frames, double seconds)
{
	struct plot *plot = state;
	size_t n, frame = plot->stream->samples.frame;
	const unsigned char *p = data;

	(void)seconds;
	plot->fed += frames;
	if (frames > plot->room) {
		p += (frames - plot->room) * frame;
		frames = plot->room;
	}
	while (frames) {
		n = plot->room - plot->at < frames ? plot->room - plot->at : frames;
		memcpy(plot->ring + plot->at * frame, p, n * frame);
		p += n * frame;
		frames -= n;
		plot->at = (plot->at + n) % plot->room;
		plot->filled = plot->filled + n < plot->room ? plot->filled + n : plot->room;
	}
}

/* A loss is marked where it is; behind what was not looked at the trace begins anew. */
static void plot_gap(void *state, const struct view_gap *gap)
{
	struct plot *plot = state;

	if (gap) {
		plot->gap[plot->gaps++ % MAX_GAPS] = plot->fed;
		return;
	}
	plot->filled = 0;
	plot->at = 0;
}

static size_t plot_quantum(const void *state)
{
	const struct plot *plot = state;

	return plot->room;
}

/* Sample of the lane's channel in the frame @i after the oldest one kept. */
static double plot_value(const struct plot *plot, unsigned int lane, size_t i)
{
	const struct samples *samples = &plot->stream->samples;
	size_t frame = (plot->at + plot->room - plot->filled + i) % plot->room;
	int64_t code = 0;

	samples_take(samples, plot->ring + frame * samples->frame, 1, plot->lane[lane].place,
		     &code);
	return code;
}

/* Is there a gap before one of the frames @from to @to after the oldest one kept? */
static bool plot_broken(const struct plot *plot, size_t from, size_t to)
{
	unsigned int i, num = plot->gaps < MAX_GAPS ? plot->gaps : MAX_GAPS;
	uint64_t oldest = plot->fed - plot->filled;

	for (i = 0; i < num; i++)
		if (plot->gap[i] >= oldest + from && plot->gap[i] <= oldest + to)
			return true;
	return false;
}

/* The frame to begin with: where the first lane rises through its middle, as late as may be. */
static size_t plot_align(const struct plot *plot, size_t num, double lo, double hi)
{
	size_t i, last = plot->filled - num, risen = 0;
	double v, middle = (lo + hi) / 2, low = middle - (hi - lo) / 8;

	/* backwards: the first sample above the middle after one that is well below it */
	for (i = last; i-- > 0;) {
		v = plot_value(plot, 0, i);
		if (v >= middle)
			risen = i;
		else if (v < low && risen)
			return risen;
	}
	return last;
}

struct span {
	double lo, hi, last;
};

/* What one column of dots shows: the extremes of its samples. */
static struct span plot_column(const struct plot *plot, unsigned int lane, size_t first, size_t num,
			       unsigned int x, unsigned int dots)
{
	size_t from = num * x / dots, to = num * (x + 1) / dots, i, step;
	struct span s;
	double pos;

	if (num <= dots) {
		/* fewer samples than dots: on the line between two */
		pos = (double)x * (num - 1) / (dots - 1);
		from = pos;
		s.lo = plot_value(plot, lane, first + from);
		if (from + 1 < num)
			s.lo += (pos - from) * (plot_value(plot, lane, first + from + 1) - s.lo);
		s.hi = s.lo;
		s.last = s.lo;
		return s;
	}
	step = (to - from) / PER_DOT + 1;
	s.lo = plot_value(plot, lane, first + from);
	s.hi = s.lo;
	for (i = from; i < to; i += step) {
		s.last = plot_value(plot, lane, first + i);
		s.lo = s.last < s.lo ? s.last : s.lo;
		s.hi = s.last > s.hi ? s.last : s.hi;
	}
	return s;
}

static void plot_rescale(struct lane *lane, double lo, double hi)
{
	double slack = (hi - lo) / 20 + 0.5;

	lo -= slack;
	hi += slack;
	if (!lane->scaled) {
		lane->lo = lo;
		lane->hi = hi;
		lane->scaled = true;
	}
	/* grow at once, shrink a tenth of the way: the picture does not jump about */
	lane->lo = lo < lane->lo ? lo : lane->lo + (lo - lane->lo) / 10;
	lane->hi = hi > lane->hi ? hi : lane->hi + (hi - lane->hi) / 10;
}

/* The dots of a lane, of @num frames from @first on; *@lo and *@hi: their extremes */
static void plot_trace(struct plot *plot, unsigned int index, size_t first, size_t num, double *lo,
		       double *hi)
{
	static struct span span[2 * DOTS_COLUMNS];
	struct lane *lane = &plot->lane[index];
	unsigned int x, top, bottom, dots = 2 * plot->dots.columns, height = 4 * plot->dots.rows;
	size_t at, before = first;
	double from, to;
	bool broken;

	for (x = 0; x < dots; x++) {
		span[x] = plot_column(plot, index, first, num, x, dots);
		*lo = !x || span[x].lo < *lo ? span[x].lo : *lo;
		*hi = !x || span[x].hi > *hi ? span[x].hi : *hi;
	}
	plot_rescale(lane, *lo, *hi);
	for (x = 0; x < dots; x++) {
		from = span[x].lo;
		to = span[x].hi;
		at = first + num * (x + 1) / dots;
		broken = plot_broken(plot, before + !x, at - (x + 1 == dots));
		before = at + 1;
		if (broken)
			dots_break(&plot->dots, x);
		if (x && !broken) {
			/* no holes in a steep edge */
			from = span[x - 1].last < from ? span[x - 1].last : from;
			to = span[x - 1].last > to ? span[x - 1].last : to;
		}
		bottom = (from - lane->lo) / (lane->hi - lane->lo) * (height - 1);
		top = (to - lane->lo) / (lane->hi - lane->lo) * (height - 1);
		dots_line(&plot->dots, x, bottom, top);
	}
}

static void plot_draw_lane(struct plot *plot, struct screen *screen, unsigned int index,
			   size_t first, size_t num, unsigned int rows)
{
	unsigned int row, columns = screen->columns > LABEL + 10 ? screen->columns - LABEL : 10;
	double lo = 0, hi = 0;
	char label[32];

	dots_clear(&plot->dots, columns, rows);
	plot_trace(plot, index, first, num, &lo, &hi);
	for (row = 0; row < plot->dots.rows; row++) {
		label[0] = '\0';
		if (row == plot->dots.rows / 2)
			snprintf(label, sizeof(label), "ch%u", plot->lane[index].channel);
		else if (row == 0)
			snprintf(label, sizeof(label), "%.0f", hi);
		else if (row == plot->dots.rows - 1)
			snprintf(label, sizeof(label), "%.0f", lo);
		screen_printf(screen, "%*s ", LABEL - 1, label);
		screen_colour(screen, 1 + (index + 1) % 6, 1 + (index + 1) % 6);
		dots_put_row(&plot->dots, screen, row);
		screen_end_line(screen);
	}
}

static void plot_extremes(const struct plot *plot, double *lo, double *hi)
{
	size_t j, step = plot->filled / 4096 + 1;
	double v;

	*lo = plot_value(plot, 0, plot->filled - 1);
	*hi = *lo;
	for (j = 0; j < plot->filled; j += step) {
		v = plot_value(plot, 0, j);
		*lo = v < *lo ? v : *lo;
		*hi = v > *hi ? v : *hi;
	}
}

static unsigned int plot_draw(void *state, struct screen *screen, char *caption, bool last)
{
	struct plot *plot = state;
	size_t num = plot->filled < plot->window ? plot->filled : plot->window, first;
	unsigned int i, lanes = plot->num, rows = screen->rows < 3 ? 3 : screen->rows;
	char rate[TEXT_MAX];
	double lo, hi;
	int len;

	(void)last;
	lanes = lanes > rows / 3 ? rows / 3 : lanes;
	rows = rows / lanes > 12 ? 12 : rows / lanes;
	if (num >= 2) {
		plot_extremes(plot, &lo, &hi);
		first = plot_align(plot, num, lo, hi);
		for (i = 0; i < lanes; i++)
			plot_draw_lane(plot, screen, i, first, num, rows);
	}
	len = snprintf(caption, VIEW_CAPTION, "%zu frame%s", num, num == 1 ? "" : "s");
	if (plot->stream->rate_millihz)
		len += snprintf(caption + len, VIEW_CAPTION - len, " (%.4g ms) across at %sHz",
				num * 1e6 / plot->stream->rate_millihz,
				format_milli(plot->stream->rate_millihz, rate));
	if (num >= 2 && plot_broken(plot, plot->filled - num, plot->filled))
		snprintf(caption + len, VIEW_CAPTION - len, ", %s: a gap",
			 screen->unicode ? "\xe2\x94\x86" : "!");
	if (plot->stream->each) {
		plot->filled = 0;
		plot->at = 0;
	}
	return lanes;
}

static void plot_end(void *state)
{
	struct plot *plot = state;

	free(plot->ring);
	free(plot);
}

const struct view_kind plot_kind = {
	.name = "plot",
	.help = "the newest samples, as an oscilloscope does",
	.begin = plot_begin,
	.feed = plot_feed,
	.gap = plot_gap,
	.quantum = plot_quantum,
	.draw = plot_draw,
	.end = plot_end,
};
