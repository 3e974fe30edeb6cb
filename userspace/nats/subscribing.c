// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "exit.h"
#include "finding.h"
#include "intake.h"
#include "json.h"
#include "names.h"
#include "report.h"
#include "sink.h"
#include "stop.h"
#include "subscribing.h"
#include "summary.h"
#include "text.h"
#include "utc.h"

#define WAIT_MS		200
#define PAUSE_US	200000
#define GAPS_SHOWN	100	/* on the terminal */
#define GAPS_LISTED	10000	/* in the JSON summary */
#define WRONG_SHOWN	10
#define PROGRESS	0.2

struct subscribing {
	const struct subscribing_options *options;
	struct intake *intake;
	struct sink *sink;
	struct summary summary;
	struct json_object *gap_list;

	bool begun;			/* the first message is known */
	struct message first;
	uint64_t next;			/* sample index that comes next */
	bool next_known;
	char run[MESSAGE_RUN_MAX];	/* the only one that is wanted; empty: any */
	uint64_t empty_gap;		/* index + 1 of the last gap that has lost nothing */
	uint64_t frames, bytes, gaps, lost, missing, doubled, wrong;
	bool estimated, said_wait;
	double began, next_progress;
	const char *end;
};

static void subscribing_wrong(struct subscribing *s, uint64_t sequence, const char *what)
{
	s->wrong++;
	if (s->wrong <= WRONG_SHOWN)
		remark("message %" PRIu64 " of the stream is not used: %s is wrong", sequence,
		       what);
	if (s->wrong == WRONG_SHOWN)
		remark("further ones are only counted");
}

static void subscribing_list_gap(struct subscribing *s, const struct acq_gap *gap, bool missing)
{
	struct json_object *o;

	if (!s->options->json || s->gaps > GAPS_LISTED)
		return;
	o = json_gap(gap);
	json_u64(o, "byte", s->bytes);
	json_flag(o, "missing", missing);
	json_object_array_add(s->gap_list, o);
}

/* @missing: of what the stream does not have, and not the card's */
static void subscribing_gap(struct subscribing *s, struct acq_gap *gap, bool missing)
{
	gap->position = s->bytes;
	gap->count = ++s->gaps;
	s->lost += gap->lost;
	s->missing += missing ? gap->lost : 0;
	s->estimated |= gap->flags & ACQ_GAP_ESTIMATED;
	s->next = gap->index + gap->lost;
	if (s->gaps <= GAPS_SHOWN && missing)
		remark("gap at byte %" PRIu64 ", index %llu: %llu frame%s lost (the stream does not have them)",
		       s->bytes, gap->index, gap->lost, gap->lost == 1 ? "" : "s");
	else if (s->gaps <= GAPS_SHOWN)
		report_gap(gap, s->bytes);
	if (s->gaps == GAPS_SHOWN)
		remark("further gaps are only counted");
	subscribing_list_gap(s, gap, missing);
	sink_gap(s->sink, gap);
}

/* Everything up to @index that has not come is missing. */
static void subscribing_miss(struct subscribing *s, uint64_t index)
{
	if (index > s->next)
		subscribing_gap(s, &(struct acq_gap) {
			.index = s->next, .lost = index - s->next, .cause = ACQ_CAUSE_NONE }, true);
}

/* The run that is given back begins with this message, or in it. */
static int subscribing_begin(struct subscribing *s, const struct message *m)
{
	const struct subscribing_options *o = s->options;
	char text[UTC_MAX];

	s->begun = true;
	s->first = *m;
	strcpy(s->run, m->run);
	if (o->from == SUBSCRIBING_TIME) {
		s->next = finding_index(m, o->at);
		if (m->time_ns > o->at)
			remark("nothing is there of that time: begins at %s",
			       utc_text(m->time_ns, text));
	} else if (!s->next_known) {
		s->next = m->index;
	}
	return sink_begin(s->sink, m);
}

static bool subscribing_is_other(const struct subscribing *s, const struct message *m)
{
	return m->frame_bytes != s->first.frame_bytes || strcmp(m->config, s->first.config) ||
	       m->channels != s->first.channels;
}

static int subscribing_block(struct subscribing *s, const struct message *m, const void *data)
{
	uint64_t less, frames, limit = s->options->frames;
	int status;

	if (message_next(m) <= s->next) {
		s->doubled += m->index >= s->first.index;
		return EXIT_OK;
	}
	subscribing_miss(s, m->index);
	less = s->next - m->index;
	frames = m->frames - less;
	if (limit && frames > limit - s->frames)
		frames = limit - s->frames;
	status = sink_put(s->sink, m, less, frames,
			  (const char *)data + less * m->frame_bytes, &s->end);
	if (status || s->end)
		return status;
	s->next += frames;
	s->frames += frames;
	s->bytes += frames * m->frame_bytes;
	if (limit && s->frames >= limit)
		s->end = "limit";
	return EXIT_OK;
}

static void subscribing_card_gap(struct subscribing *s, const struct message *m)
{
	uint64_t less;

	if (message_next(m) < s->next || (m->frames && message_next(m) == s->next) ||
	    (!m->frames && s->empty_gap == m->index + 1)) {
		s->doubled += m->index >= s->first.index;
		return;
	}
	if (!m->frames)
		s->empty_gap = m->index + 1;
	subscribing_miss(s, m->index);
	less = s->next - m->index;
	subscribing_gap(s, &(struct acq_gap) {
		.index = s->next, .lost = m->frames - less, .cause = m->cause,
		.flags = m->estimated ? ACQ_GAP_ESTIMATED : 0 }, false);
}

static int subscribing_take(struct subscribing *s, const struct intake_item *item)
{
	const struct message *m = &item->m;
	int status = EXIT_OK;

	if (item->wrong) {
		subscribing_wrong(s, item->sequence, item->wrong);
		return EXIT_OK;
	}
	if (*s->run && strcmp(m->run, s->run)) {
		if (!s->begun)
			return EXIT_OK;
		complain("the run %s has no end in the stream: another one, %s, begins", s->run,
			 m->run);
		s->end = "cut";
		return EXIT_GAP;
	}
	if (!s->begun)
		status = subscribing_begin(s, m);
	if (status)
		return status;
	if (subscribing_is_other(s, m)) {
		subscribing_wrong(s, item->sequence, "a configuration that is not the run's");
	} else if (m->kind == MESSAGE_BLOCK) {
		status = subscribing_block(s, m, item->data);
	} else if (m->kind == MESSAGE_GAP) {
		subscribing_card_gap(s, m);
	} else if (m->index < s->next && s->frames) {
		subscribing_wrong(s, item->sequence, "an end before what has come");
	} else {
		subscribing_miss(s, m->index);
		s->end = "finished";
	}
	return status;
}

/* The same place again in a stream whose messages are elsewhere now. 0 or an errno. */
static int subscribing_find_again(struct subscribing *s)
{
	struct finding f = { .index = s->next };
	struct intake_bounds bounds;
	int err;

	err = intake_get_bounds(s->intake, &bounds);
	if (!err)
		err = finding_run(s->intake, &bounds, &f);
	if (err)
		return err;
	remark("the stream %s is not what it was: begins again with index %" PRIu64,
	       s->options->stream, s->next);
	/* of an older run all is looked at: what has come already is known */
	intake_seek(s->intake, strcmp(f.run, s->run) ? bounds.first : f.sequence);
	return 0;
}

/* Where the stream is to be read from. 0; -EAGAIN: not yet; -EINVAL: never */
static int subscribing_find(struct subscribing *s)
{
	const struct subscribing_options *o = s->options;
	struct finding f = { .by_time = o->from == SUBSCRIBING_TIME, .time_ns = o->at,
			     .index = o->at };
	struct intake_bounds bounds;
	int err;

	if (s->begun)
		return subscribing_find_again(s);
	err = intake_get_bounds(s->intake, &bounds);
	if (err)
		return err;
	if (o->from == SUBSCRIBING_NOW) {
		f.sequence = bounds.last + 1;
	} else if (o->from == SUBSCRIBING_ALL) {
		f.sequence = bounds.first;
	} else {
		err = finding_run(s->intake, &bounds, &f);
		if (err)
			return err;
		strcpy(s->run, f.run);
	}
	s->next = o->at;
	s->next_known = o->from == SUBSCRIBING_INDEX;
	intake_seek(s->intake, f.sequence);
	return 0;
}

/* The user gets to know why nothing comes, once for each time. */
static void subscribing_tell(struct subscribing *s)
{
	const char *why = intake_trouble(s->intake);

	if (why && !s->said_wait)
		remark("%s: waits", why);
	if (!why && s->said_wait)
		remark("subscribed again");
	s->said_wait = why;
}

static void subscribing_show(struct subscribing *s)
{
	char much[TEXT_MAX], gaps[TEXT_MAX];
	double now = clock_seconds();

	if (s->options->quiet || now < s->next_progress || !isatty(STDERR_FILENO))
		return;
	report_gaps(s->gaps, s->lost, s->estimated, gaps, sizeof(gaps));
	progress("%.40sB, %.1f s, %.80s", format_human(s->bytes, much), now - s->began, gaps);
	s->next_progress = now + PROGRESS;
}

static int subscribing_loop(struct subscribing *s)
{
	struct intake_item item;
	bool found = false;
	int status = EXIT_OK, err;

	while (!status && !s->end) {
		if (stop_reason()) {
			s->end = stop_reason() == STOP_TIME ? "time" : "signal";
			break;
		}
		if (intake_is_refused(s->intake)) {
			complain("%s", intake_trouble(s->intake));
			return EXIT_SYSTEM;
		}
		if (!found) {
			err = subscribing_find(s);
			found = !err;
			subscribing_tell(s);
			if (err == -EINVAL) {
				complain("%s", intake_trouble(s->intake));
				return EXIT_SYSTEM;
			}
			if (err)
				usleep(PAUSE_US);
			continue;
		}
		if (intake_next(s->intake, &item, WAIT_MS) > 0) {
			status = subscribing_take(s, &item);
			intake_drop(&item);
		}
		found = !intake_has_moved(s->intake);
		if (!status)
			status = sink_tick(s->sink);
		subscribing_tell(s);
		subscribing_show(s);
	}
	return status;
}

static struct json_object *subscribing_describe(const struct subscribing *s, int status)
{
	struct json_object *o = json_object_new_object();

	json_text(o, "subject", s->options->subject);
	json_text(o, "stream", s->options->stream);
	json_text(o, "end", s->end);
	json_u64(o, "exit", status);
	if (*report_last())
		json_text(o, "error", report_last());
	if (s->begun) {
		json_text(o, "run", s->run);
		json_text(o, "host", s->first.host);
		json_text(o, "card", s->first.card);
		json_text(o, "serial", s->first.serial);
		json_text(o, "config", s->first.config);
	}
	json_u64(o, "frames", s->frames);
	json_u64(o, "bytes", s->bytes);
	json_u64(o, "next_index", s->next);
	json_u64(o, "gaps", s->gaps);
	json_u64(o, "lost", s->lost);
	json_flag(o, "estimated", s->estimated);
	json_u64(o, "missing", s->missing);
	json_u64(o, "doubled", s->doubled);
	json_u64(o, "wrong", s->wrong);
	json_object_object_add(o, "gap_list", json_object_get(s->gap_list));
	return o;
}

static void subscribing_summarize(const struct subscribing *s)
{
	char much[TEXT_MAX], gaps[TEXT_MAX];

	report_gaps(s->gaps, s->lost, s->estimated, gaps, sizeof(gaps));
	remark("%s: %.40sB, %" PRIu64 " frames, %s", s->options->subject,
	       format_human(s->bytes, much), s->frames, gaps);
	if (s->doubled)
		remark("%" PRIu64 " messages came twice, and were used once", s->doubled);
	if (s->wrong)
		remark("%" PRIu64 " messages were wrong, and not used", s->wrong);
}

int subscribing_run(const struct subscribing_options *options)
{
	struct subscribing s = { .options = options };
	int status, err;

	s.gap_list = json_object_new_array();
	s.began = clock_seconds();
	stop_catch();
	status = summary_open(&s.summary, options->json, options->json_file);
	if (!status)
		status = sink_open(&s.sink, options->output, options->record, options->force);
	if (!status)
		status = intake_open(&s.intake, &options->link, options->subject, options->stream);
	if (options->milli)
		stop_after(options->milli);
	if (!status) {
		report_hurry();
		status = subscribing_loop(&s);
		progress_end();
	}
	if (!s.end)
		s.end = "error";
	err = sink_close(s.sink, s.end, status);
	status = status ? status : err;
	report_calm();
	if (!status && options->frames && s.frames < options->frames && strcmp(s.end, "pipe"))
		status = report_short(s.frames, 1, options->frames, 0);
	if (!status && options->strict && s.gaps)
		status = EXIT_GAP;
	if (s.begun)
		subscribing_summarize(&s);
	if (options->json) {
		err = summary_write(&s.summary, subscribing_describe(&s, status));
		status = status ? status : err;
	}
	intake_close(s.intake);
	json_object_put(s.gap_list);
	return status;
}
