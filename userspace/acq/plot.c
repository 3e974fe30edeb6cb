// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "config.h"
#include "names.h"
#include "plot.h"
#include "text.h"

#define MAX_LANES	8
#define MAX_WINDOW	(1U << 20)
#define MAX_COLUMNS	240
#define LABEL		10		/* columns left of the trace */
#define PERIOD		0.1		/* seconds between two pictures */
#define PER_DOT		64		/* samples looked at for one column of dots, at most */

struct lane {
	unsigned int channel;	/* the card's number of it */
	double lo, hi;		/* what the height spans, slow to shrink */
	bool scaled;
};

struct plot {
	FILE *file;
	bool live;
	bool unicode;
	bool colour;
	uint64_t rate_millihz;
	unsigned int format;
	unsigned int width;
	size_t frame;
	unsigned int num;	/* lanes */
	struct lane lane[MAX_LANES];
	size_t window;		/* frames across the screen */
	size_t room;		/* frames in ring: two windows, for a choice of where to begin */
	size_t filled;
	size_t at;		/* where the next frame goes */
	unsigned char *ring;
	double next;
	unsigned int lines;	/* of the picture that stands on the terminal */
};

/* The environment says it, not setlocale(): a static binary has no locales. */
static bool plot_is_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	unsigned int i;

	for (i = 0; i < 3; i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return strstr(value, "UTF-8") || strstr(value, "utf8") ||
			       strstr(value, "UTF8") || strstr(value, "utf-8");
	}
	return false;
}

struct plot *plot_begin(FILE *file, const struct acq_config *config, unsigned int channels,
			uint64_t frames)
{
	struct plot *plot = calloc(1, sizeof(*plot));
	unsigned int c;

	if (!plot)
		return NULL;
	plot->file = file;
	plot->live = isatty(fileno(file));
	plot->unicode = plot_is_utf8();
	plot->colour = plot->live && !getenv("NO_COLOR");
	plot->rate_millihz = config->rate_millihz;
	plot->format = config->format;
	plot->width = format_width(config->format);
	plot->frame = (size_t)plot->width * config_channels(config, channels);
	for (c = 0; c < channels && plot->num < MAX_LANES; c++)
		if (!config->channel_mask || config->channel_mask >> c & 1)
			plot->lane[plot->num++].channel = c;
	if (!frames)
		frames = config->rate_millihz / 50000;
	plot->window = frames < 16 ? 16 : frames > MAX_WINDOW ? MAX_WINDOW : frames;
	plot->room = 2 * plot->window;
	plot->ring = malloc(plot->room * plot->frame);
	if (!plot->ring) {
		free(plot);
		return NULL;
	}
	return plot;
}

void plot_feed(struct plot *plot, const void *data, size_t bytes)
{
	size_t n, frames = bytes / plot->frame;
	const unsigned char *p = data;

	if (frames > plot->room) {
		p += (frames - plot->room) * plot->frame;
		frames = plot->room;
	}
	while (frames) {
		n = plot->room - plot->at < frames ? plot->room - plot->at : frames;
		memcpy(plot->ring + plot->at * plot->frame, p, n * plot->frame);
		p += n * plot->frame;
		frames -= n;
		plot->at = (plot->at + n) % plot->room;
		plot->filled = plot->filled + n < plot->room ? plot->filled + n : plot->room;
	}
}

void plot_gap(struct plot *plot)
{
	plot->filled = 0;
	plot->at = 0;
}

/* Sample of the lane's channel in the frame @i after the oldest one kept. */
static double plot_value(const struct plot *plot, unsigned int lane, size_t i)
{
	size_t frame = (plot->at + plot->room - plot->filled + i) % plot->room;
	const unsigned char *p = plot->ring + frame * plot->frame + (size_t)lane * plot->width;
	unsigned int b, bits = 8 * plot->width;
	uint32_t v = 0;

	for (b = plot->width; b--;)
		v = v << 8 | p[b];
	if (format_signed(plot->format))
		return (int32_t)(v << (32 - bits)) >> (32 - bits);
	return v;
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

static const unsigned char braille[4][2] = {
	{ 0x01, 0x08 }, { 0x02, 0x10 }, { 0x04, 0x20 }, { 0x40, 0x80 },
};

static void plot_put_cell(const struct plot *plot, FILE *out, unsigned char dots)
{
	if (!dots)
		fputc(' ', out);
	else if (plot->unicode)
		fprintf(out, "\xe2%c%c", 0xa0 + (dots >> 6), 0x80 + (dots & 0x3f));
	else if (!(dots & 0x1b))
		fputc('.', out);
	else if (!(dots & 0xe4))
		fputc('\'', out);
	else
		fputc((dots & 0x5b) && (dots & 0xa4) ? '|' : ':', out);
}

static void plot_draw_lane(struct plot *plot, FILE *out, unsigned int index, size_t first,
			   size_t num, unsigned int columns, unsigned int rows)
{
	static unsigned char cell[64][MAX_COLUMNS];
	static struct span span[2 * MAX_COLUMNS];
	struct lane *lane = &plot->lane[index];
	unsigned int x, y, top, bottom, row, dots = 2 * columns, height = 4 * rows;
	double lo = 0, hi = 0, from, to;
	char label[LABEL + 16];

	for (x = 0; x < dots; x++) {
		span[x] = plot_column(plot, index, first, num, x, dots);
		lo = !x || span[x].lo < lo ? span[x].lo : lo;
		hi = !x || span[x].hi > hi ? span[x].hi : hi;
	}
	plot_rescale(lane, lo, hi);
	memset(cell, 0, sizeof(cell));
	for (x = 0; x < dots; x++) {
		from = span[x].lo;
		to = span[x].hi;
		if (x) {
			/* no holes in a steep edge */
			from = span[x - 1].last < from ? span[x - 1].last : from;
			to = span[x - 1].last > to ? span[x - 1].last : to;
		}
		bottom = (from - lane->lo) / (lane->hi - lane->lo) * (height - 1);
		top = (to - lane->lo) / (lane->hi - lane->lo) * (height - 1);
		for (y = bottom; y <= top && y < height; y++) {
			row = rows - 1 - y / 4;
			cell[row][x / 2] |= braille[3 - y % 4][x % 2];
		}
	}
	for (row = 0; row < rows; row++) {
		label[0] = '\0';
		if (row == rows / 2)
			snprintf(label, sizeof(label), "ch%u", lane->channel);
		else if (row == 0)
			snprintf(label, sizeof(label), "%.0f", hi);
		else if (row == rows - 1)
			snprintf(label, sizeof(label), "%.0f", lo);
		fprintf(out, "%*s ", LABEL - 1, label);
		if (plot->colour)
			fprintf(out, "\033[%um", 31 + (index + 1) % 6);
		for (x = 0; x < columns; x++)
			plot_put_cell(plot, out, cell[row][x]);
		fputs(plot->colour ? "\033[0m\033[K\n" : plot->live ? "\033[K\n" : "\n", out);
	}
}

static void plot_picture(struct plot *plot, const char *footer)
{
	unsigned int i, columns = 80, rows = 24, lanes = plot->num, lane_rows, lines;
	size_t size, num, first, j, step;
	char *text, rate[TEXT_MAX], width[TEXT_MAX], line[4 * TEXT_MAX];
	double lo, hi, v;
	struct winsize ws;
	FILE *out;

	if (plot->live && !ioctl(fileno(plot->file), TIOCGWINSZ, &ws) && ws.ws_col && ws.ws_row) {
		columns = ws.ws_col;
		rows = ws.ws_row;
	}
	columns = columns < LABEL + 10 ? 10 : columns - LABEL - 1;
	columns = columns > MAX_COLUMNS ? MAX_COLUMNS : columns;
	rows = rows < 6 ? 3 : rows - 3;
	if (lanes > rows / 3)
		lanes = rows / 3;
	lane_rows = rows / lanes > 12 ? 12 : rows / lanes;

	out = open_memstream(&text, &size);
	if (!out)
		return;
	if (plot->lines)
		fprintf(out, "\033[%uF", plot->lines);
	num = plot->filled < plot->window ? plot->filled : plot->window;
	lines = 1;
	if (num >= 2) {
		lo = plot_value(plot, 0, plot->filled - 1);
		hi = lo;
		step = plot->filled / 4096 + 1;
		for (j = 0; j < plot->filled; j += step) {
			v = plot_value(plot, 0, j);
			lo = v < lo ? v : lo;
			hi = v > hi ? v : hi;
		}
		first = plot_align(plot, num, lo, hi);
		for (i = 0; i < lanes; i++)
			plot_draw_lane(plot, out, i, first, num, columns, lane_rows);
		lines += lanes * lane_rows;
	}
	snprintf(width, sizeof(width), "%.4g", num * 1e6 / plot->rate_millihz);
	snprintf(line, sizeof(line), "%*s %sHz, %zu frames (%s ms) across%s%s%s", LABEL - 1, "",
		 format_milli(plot->rate_millihz, rate), num, width,
		 lanes < plot->num ? ", more channels than fit" : "", *footer ? ", " : "", footer);
	/* a line that wraps would be two to go back over */
	fprintf(out, "%.*s%s", plot->live ? (int)columns + LABEL : -1, line,
		plot->live ? "\033[K\n\033[J" : "\n");
	fclose(out);
	/* one write: no half-drawn picture */
	fwrite(text, 1, size, plot->file);
	fflush(plot->file);
	free(text);
	plot->lines = plot->live ? lines : 0;
}

void plot_draw(struct plot *plot, double now, const char *footer)
{
	if (!plot->live || now < plot->next)
		return;
	plot_picture(plot, footer);
	plot->next = now + PERIOD;
}

void plot_leave(struct plot *plot)
{
	plot->lines = 0;
}

void plot_end(struct plot *plot, const char *footer)
{
	plot_picture(plot, footer);
	free(plot->ring);
	free(plot);
}
