// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "exit.h"
#include "fft.h"
#include "names.h"
#include "report.h"
#include "text.h"
#include "view.h"
#include "view_kind.h"

#define VIEW_PERIOD	0.1	/* seconds between two pictures on a terminal */
#define VIEW_SHARE	0.5	/* of the time, for a view of a stream */
#define VIEW_CREDIT	0.1	/* seconds that it may fall behind that */
#define VIEW_FOOTER	512
#define VIEW_PIECE	4096	/* frames, where pictures are lines */

struct view {
	const struct view_kind *kind;
	void *state;
	struct screen screen;
	struct view_stream stream;
	struct view_source source;
	double period;		/* seconds between two pictures */
	double next;		/* when the next one is due, by the clock */
	uint64_t due;		/* or by the index, where each stands for its interval */
	uint64_t index;		/* of the next frame */
	uint64_t since;		/* frames since the last picture */
	uint64_t pictures, looked, skipped;
	double credit, credited;	/* seconds, and when they were added to */
	size_t run;		/* frames without a break */
	bool begun;
};

/* The channels chosen, and where they are in a frame */
static int view_choose(struct view *view, uint64_t chosen)
{
	const struct view_source *source = &view->source;
	struct view_stream *stream = &view->stream;
	unsigned int c, place = 0;
	uint64_t mask = source->mask;
	char missing[TEXT_MAX], there[TEXT_MAX];

	if (!mask)
		mask = source->channels < 64 ? (1ULL << source->channels) - 1 : ~0ULL;
	if (chosen & ~mask) {
		complain("--channels: there is no channel %s here, only %s",
			 format_channels(chosen & ~mask, missing), format_channels(mask, there));
		return EXIT_USAGE;
	}
	for (c = 0; c < 64; c++) {
		if (!(mask >> c & 1))
			continue;
		if (!chosen || chosen >> c & 1) {
			stream->place[stream->lanes] = place;
			stream->channel[stream->lanes++] = c;
		}
		place++;
	}
	return EXIT_OK;
}

static double view_seconds(const struct view *view, uint64_t index)
{
	if (!view->source.rate_millihz)
		return 0;
	return (double)(index - view->source.first) * 1000 / view->source.rate_millihz;
}

int view_begin(struct view **out, FILE *file, const struct view_source *source,
	       const struct view_options *options)
{
	struct view *view;
	int status;

	if (options->kind->transform && !fft_usable())
		return EXIT_SYSTEM;
	view = calloc(1, sizeof(*view));
	if (!view) {
		complain("out of memory for a view");
		return EXIT_SYSTEM;
	}
	view->kind = options->kind;
	view->source = *source;
	view->period = options->interval_ms ? options->interval_ms / 1000.0 : VIEW_PERIOD;
	screen_open(&view->screen, file);
	samples_layout(&view->stream.samples, source->format, source->channels);
	view->stream.rate_millihz = source->rate_millihz;
	view->stream.frames = source->frames;
	view->stream.each = !view->screen.live && options->interval_ms;
	view->stream.flows = view->kind->flows && !view->screen.live &&
			     (options->interval_ms || !source->file);
	view->credited = clock_seconds();
	view->credit = VIEW_CREDIT;
	status = view_choose(view, options->channels);
	if (!status) {
		view->state = view->kind->begin(&view->stream, options, &view->screen);
		if (!view->state) {
			complain("out of memory for the %s", view->kind->name);
			status = EXIT_SYSTEM;
		}
	}
	if (status) {
		free(view);
		return status;
	}
	*out = view;
	return EXIT_OK;
}

/* As much of @text as fits, whole clauses of it */
static void view_put_line(struct screen *screen, char *text)
{
	report_fit(text, screen->columns);
	screen_put(screen, text);
	screen_end_line(screen);
}

static void view_add(char *text, const char *clause)
{
	size_t len = strlen(text);

	snprintf(text + len, VIEW_FOOTER - len, "%s%s", len && *clause ? ", " : "", clause);
}

static void view_footer(const struct view *view, unsigned int shown, const char *footer, char *text)
{
	uint64_t all = view->looked + view->skipped;
	char clause[TEXT_MAX];

	*text = '\0';
	if (shown < view->stream.lanes) {
		snprintf(clause, sizeof(clause), "%u of %u channels fit (--channels)", shown,
			 view->stream.lanes);
		view_add(text, clause);
	}
	if (view->skipped) {
		snprintf(clause, sizeof(clause), "%.3g %% of the samples looked at",
			 100.0 * view->looked / all);
		view_add(text, clause);
	}
	view_add(text, footer);
}

static void view_picture(struct view *view, const char *footer, bool last)
{
	char caption[VIEW_FOOTER] = "", text[VIEW_FOOTER];
	struct screen *screen = &view->screen;
	bool flows = view->stream.flows && !last;
	unsigned int shown, lines;

	if (!screen_begin(screen))
		return;
	/* two lines below, one if there is hardly room for that */
	lines = flows ? 0 : screen->rows > 8 ? 2 : screen->rows > 1;
	screen->rows -= lines;
	shown = view->kind->draw(view->state, screen, caption, last);
	screen->rows += lines;
	if (!flows) {
		view_footer(view, shown, footer, text);
		if (lines == 2)
			view_put_line(screen, caption);
		view_put_line(screen, text);
		/* elsewhere an empty line is between two pictures */
		if (!screen->live && !last)
			screen_end_line(screen);
	}
	screen_finish(screen);
	view->pictures++;
	view->since = 0;
}

/* Is there no time to look at what comes? */
static bool view_skips(struct view *view, size_t frames)
{
	double now = clock_seconds();

	view->credit += (now - view->credited) * VIEW_SHARE;
	if (view->credit > VIEW_CREDIT)
		view->credit = VIEW_CREDIT;
	view->credited = now;
	/* a part of a window is of no use */
	if (view->source.file || view->credit > 0 ||
	    (view->run && view->run < view->kind->quantum(view->state)))
		return false;
	if (view->run)
		view->kind->gap(view->state, NULL);
	view->run = 0;
	view->skipped += frames;
	return true;
}

static void view_spend(struct view *view, double began)
{
	view->credit -= clock_seconds() - began;
}

static uint64_t view_interval(const struct view *view)
{
	uint64_t frames = view->period * view->source.rate_millihz / 1000;

	return frames ? frames : 1;
}

void view_feed(struct view *view, const void *data, size_t bytes, uint64_t index)
{
	size_t n, frames = bytes / view->stream.samples.frame;
	const unsigned char *p = data;
	bool each = view->stream.each && view->source.rate_millihz && !view->stream.flows;
	double began = clock_seconds();

	if (!view->begun) {
		view->begun = true;
		if (!view->source.file)
			view->source.first = index;
		view->due = index + view_interval(view);
	}
	if (view_skips(view, frames)) {
		view->index = index + frames;
		return;
	}
	while (frames) {
		/* a gap may have been longer than an interval */
		while (each && index >= view->due) {
			if (view->since)
				view_picture(view, "", false);
			view->due += ((index - view->due) / view_interval(view) + 1) *
				     view_interval(view);
		}
		n = each && view->due - index < frames ? view->due - index : frames;
		/* no more lines at a time than the kind keeps */
		if (view->stream.flows && n > VIEW_PIECE)
			n = VIEW_PIECE;
		view->kind->feed(view->state, p, n, view_seconds(view, index));
		p += n * view->stream.samples.frame;
		index += n;
		frames -= n;
		view->since += n;
		view->looked += n;
		view->run += n;
		if (view->stream.flows)
			view_picture(view, "", false);
	}
	view->index = index;
	view_spend(view, began);
}

void view_gap(struct view *view, uint64_t index, uint64_t lost, bool estimated, const char *cause)
{
	struct view_gap gap = { .lost = lost, .estimated = estimated, .cause = cause };

	if (!view->begun && !view->source.file)
		return;
	gap.seconds = view_seconds(view, index);
	view->kind->gap(view->state, &gap);
	view->run = 0;
}

void view_draw(struct view *view, const char *footer)
{
	double now = clock_seconds();

	if (!view->screen.live || now < view->next || !screen_ready(&view->screen))
		return;
	view_picture(view, footer, false);
	view->next = now + view->period;
	view_spend(view, now);
}

void view_leave(struct view *view)
{
	screen_leave(&view->screen);
}

void view_end(struct view *view, const char *footer)
{
	/* nothing more has come for a picture of its own */
	if (!view->stream.each || view->stream.flows || view->since || !view->pictures)
		view_picture(view, footer, true);
	view->kind->end(view->state);
	free(view);
}
