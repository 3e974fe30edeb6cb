// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "exit.h"
#include "moment.h"
#include "range.h"
#include "report.h"
#include "text.h"
#include "utc.h"

bool point_parse(const char *text, struct point *p)
{
	p->text = text;
	if (*text == '@') {
		p->kind = POINT_INDEX;
		return parse_count(text + 1, &p->index);
	}
	if (strlen(text) >= 10 && text[4] == '-') {
		p->kind = POINT_UTC;
		return moment_parse(text, &p->utc);
	}
	p->kind = POINT_AFTER;
	return parse_duration(text, &p->ns);
}

/* What it has, in the words of who asked for something else */
static void range_extent(const struct recorded *r, enum point_kind kind, char *text, size_t size)
{
	uint64_t frames = recorded_frames(r), rate = recorded_about(r)->rate_millihz, last;
	char begin[UTC_MAX], end[UTC_MAX];
	int64_t utc;

	last = recorded_index(r, frames - 1);
	utc = recorded_utc(r, 0);
	if (kind == POINT_UTC && utc != PART_NO_TIME) {
		utc_text(utc, begin);
		utc_text(recorded_utc(r, frames - 1), end);
		snprintf(text, size, "%s to %s", begin, end);
	} else if (kind == POINT_INDEX || !rate) {
		snprintf(text, size, "sample index %" PRIu64 " to %" PRIu64,
			 recorded_index(r, 0), last);
	} else {
		if (utc != PART_NO_TIME && recorded_utc(r, frames - 1) != PART_NO_TIME)
			snprintf(text, size, "%.3f s", (recorded_utc(r, frames - 1) - utc) / 1e9);
		else
			snprintf(text, size, "%.3f s", (last - recorded_index(r, 0)) * 1e3 / rate);
	}
}

static int range_outside(const struct recorded *r, const struct point *p, const char *what)
{
	char text[128];

	range_extent(r, p->kind, text, sizeof(text));
	complain("%s %s is not in %s, which has %s", what, p->text, recorded_name(r), text);
	return EXIT_SYSTEM;
}

/* Where is @p, so many ns @before it? */
static enum recorded_place range_look(const struct recorded *r, const struct point *p,
				      uint64_t before, uint64_t *frame)
{
	switch (p->kind) {
	case POINT_INDEX:
		return recorded_find_index(r, p->index - !!(before && p->index), frame);
	case POINT_UTC:
		return recorded_find_utc(r, p->utc - (int64_t)before, frame);
	case POINT_AFTER:
		return recorded_find_after(r, p->ns < before ? 0 : p->ns - before, frame);
	case POINT_NONE:
		break;
	}
	return RECORDED_UNKNOWN;
}

static int range_place(const struct recorded *r, const struct point *p, const char *what,
		       uint64_t *frame)
{
	uint64_t rate = recorded_about(r)->rate_millihz, period = rate ? 1000000000000 / rate : 0;
	enum recorded_place place;

	if (p->kind == POINT_NONE)
		return EXIT_OK;
	/* it ends behind the sample before it, whatever a later run has in its place */
	if (p->kind == POINT_INDEX && p->index && *what == 't' &&
	    range_look(r, p, 1, frame) == RECORDED_HERE) {
		++*frame;
		return EXIT_OK;
	}
	place = range_look(r, p, 0, frame);
	if (place == RECORDED_UNKNOWN) {
		complain("%s %s: %s does not know when its samples were taken (@INDEX does, and --rate says the rate)",
			 what, p->text, recorded_name(r));
		return EXIT_SYSTEM;
	}
	/* the end of a range may be the last sample's end */
	if (place == RECORDED_BEHIND && *what == 't' &&
	    range_look(r, p, period ? period : 1, frame) == RECORDED_HERE) {
		++*frame;
		return EXIT_OK;
	}
	if (place == RECORDED_BEFORE || place == RECORDED_BEHIND)
		return range_outside(r, p, what);
	return EXIT_OK;
}

int range_find(const struct recorded *r, const struct point *from, const struct point *to,
	       uint64_t frames, uint64_t *first, uint64_t *end)
{
	int status;

	*first = 0;
	*end = recorded_frames(r);
	if (!*end) {
		complain("%s has no samples", recorded_name(r));
		return EXIT_SYSTEM;
	}
	status = range_place(r, from, "from", first);
	if (!status)
		status = range_place(r, to, "to", end);
	if (status)
		return status;
	if (frames && frames > recorded_frames(r) - *first) {
		complain("only %" PRIu64 " of %" PRIu64 " frames are there",
			 recorded_frames(r) - *first, frames);
		return EXIT_SHORT;
	}
	if (frames)
		*end = *first + frames;
	if (*first < *end)
		return EXIT_OK;
	complain("there are no samples from %s to %s", from->text ? from->text : "the first one",
		 to->text);
	return EXIT_SYSTEM;
}
