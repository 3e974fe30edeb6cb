// SPDX-License-Identifier: GPL-2.0-only
/*
 * A range of a recording as a recording of its own. Its metadata is made as the recorder makes
 * it: from a journal, which here nobody sees.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "draft.h"
#include "exit.h"
#include "format.h"
#include "journal.h"
#include "json.h"
#include "names.h"
#include "part_sigmf.h"
#include "report.h"
#include "sigmf_meta.h"
#include "sigmf_name.h"
#include "utc.h"

struct sigmf_output {
	struct draft data, meta;
	struct recorded *recorded;
	const char *name;
	char *data_name, *meta_name;
	FILE *journal;
	uint64_t valid;		/* bytes in it */
	uint64_t first, frames;	/* of the recording; written so far */
	size_t gap;		/* the next one of the recording's */
	bool force;
};

static const char *const sigmf_suffixes[] = {
	SIGMF_DATA, SIGMF_META, ".sigmf", NULL
};

static int sigmf_names(const struct format_job *job, char **data, char **meta, char **journal)
{
	char *base = sigmf_name_base(job->name);

	*data = base ? sigmf_name(base, SIGMF_DATA) : NULL;
	*meta = base ? sigmf_name(base, SIGMF_META) : NULL;
	*journal = base ? sigmf_name(base, SIGMF_JOURNAL) : NULL;
	free(base);
	if (*data && *meta && *journal)
		return EXIT_OK;
	complain("out of memory");
	return EXIT_SYSTEM;
}

static int sigmf_check(const struct format_job *job)
{
	char *data, *meta, *journal;
	int status;

	status = sigmf_names(job, &data, &meta, &journal);
	if (!status)
		status = draft_check(data, job->force);
	if (!status)
		status = draft_check(meta, job->force);
	/* not even with --force: somebody may be recording it */
	if (!status && !access(journal, F_OK)) {
		complain("%s exists: that recording is not finished, and is left alone", journal);
		status = EXIT_SYSTEM;
	}
	free(data);
	free(meta);
	free(journal);
	return status;
}

/* Another line of the journal; @line is dropped. */
static int sigmf_line(struct sigmf_output *o, struct json_object *line)
{
	size_t bytes;
	char *text = journal_format(line, &bytes);
	int status = EXIT_OK;

	if (!text)
		return draft_error(o->name, ENOMEM);
	errno = 0;
	if (fwrite(text, 1, bytes, o->journal) != bytes)
		status = draft_error("a temporary file", errno ? errno : EIO);
	o->valid += bytes;
	free(text);
	return status;
}

static void sigmf_utc(struct json_object *line, int64_t utc)
{
	char text[UTC_MAX];

	if (utc != PART_NO_TIME)
		json_text(line, "utc", utc_text(utc, text));
}

static int sigmf_begin(struct sigmf_output *o)
{
	const struct part_about *about = recorded_about(o->recorded);
	const struct part_segment *segments;
	struct json_object *line = journal_new(JOURNAL_BEGIN);
	size_t num;

	segments = recorded_segments(o->recorded, &num);
	json_u64(line, "version", JOURNAL_VERSION);
	json_text(line, "recorder", *about->recorder ? about->recorder : "acq " ACQ_VERSION);
	json_text(line, "device", about->device);
	json_text(line, "card", about->card);
	json_text(line, "family", about->family);
	json_text(line, "serial", about->serial);
	json_text(line, "format", name_of(&format_names, about->format));
	json_text(line, "datatype", part_sigmf_datatype(about->format));
	json_u64(line, "channels", about->channels);
	json_u64(line, "frame_bytes", about->frame_bytes);
	if (about->rate_millihz)
		json_u64(line, "rate_millihz", about->rate_millihz);
	if (recorded_config(o->recorded))
		json_object_object_add(line, "config",
				       json_object_get(recorded_config(o->recorded)));
	json_u64(line, "run", num ? segments[recorded_segment_at(o->recorded, o->first)].run : 0);
	if (about->timestamp_hz)
		json_u64(line, "timestamp_hz", about->timestamp_hz);
	return sigmf_line(o, line);
}

static int sigmf_segment(struct sigmf_output *o, uint64_t frame, uint64_t index)
{
	const struct part_segment *segments;
	struct json_object *line = journal_new(JOURNAL_SEGMENT);
	size_t num;

	segments = recorded_segments(o->recorded, &num);
	json_u64(line, "frame", o->frames);
	json_u64(line, "index", index);
	sigmf_utc(line, recorded_utc(o->recorded, frame));
	json_u64(line, "run", segments[recorded_segment_at(o->recorded, frame)].run);
	return sigmf_line(o, line);
}

/* The gaps before @frame that are not in yet */
static int sigmf_gaps(struct sigmf_output *o, uint64_t frame)
{
	const struct part_gap *gaps;
	struct json_object *line;
	int status = EXIT_OK;
	size_t num;

	gaps = recorded_gaps(o->recorded, &num);
	for (; !status && o->gap < num && gaps[o->gap].frame <= frame; o->gap++) {
		line = journal_new(JOURNAL_GAP);
		json_u64(line, "frame", o->frames);
		json_u64(line, "index", gaps[o->gap].index);
		json_u64(line, "lost", gaps[o->gap].lost);
		json_text(line, "cause", gaps[o->gap].cause);
		json_flag(line, "estimated", gaps[o->gap].estimated || gaps[o->gap].unknown);
		if (gaps[o->gap].unknown)
			json_flag(line, "open", true);
		status = sigmf_line(o, line);
	}
	return status;
}

static int sigmf_open(void **out, const struct format_job *job)
{
	struct sigmf_output *o = calloc(1, sizeof(*o));
	const struct part_gap *gaps;
	char *journal = NULL;
	size_t num;
	int status;

	*out = o;
	if (!o) {
		complain("out of memory");
		return EXIT_SYSTEM;
	}
	o->data.fd = -1;
	o->meta.fd = -1;
	o->recorded = job->recorded;
	o->name = job->name;
	o->first = job->first;
	o->force = job->force;
	gaps = recorded_gaps(o->recorded, &num);
	while (o->gap < num && gaps[o->gap].frame <= o->first)
		o->gap++;
	status = sigmf_names(job, &o->data_name, &o->meta_name, &journal);
	free(journal);
	if (!status)
		status = draft_open(&o->data, o->data_name, o->force);
	if (!status)
		status = draft_open(&o->meta, o->meta_name, o->force);
	if (status)
		return status;
	o->journal = tmpfile();
	return o->journal ? sigmf_begin(o) : draft_error("a temporary file", errno);
}

static int sigmf_write(void *output, const void *data, size_t frames, uint64_t frame,
		       uint64_t index)
{
	struct sigmf_output *o = output;
	size_t left = frames * recorded_about(o->recorded)->frame_bytes;
	const char *from = data;
	const struct part_gap *gaps;
	bool gap;
	size_t num;
	ssize_t n;
	int status;

	gaps = recorded_gaps(o->recorded, &num);
	gap = o->gap < num && gaps[o->gap].frame <= frame;
	status = gap ? sigmf_gaps(o, frame) : EXIT_OK;
	if (!status && (gap || !o->frames))
		status = sigmf_segment(o, frame, index);
	if (status)
		return status;
	for (; left; left -= n, from += n) {
		n = write(o->data.fd, from, left);
		if (n < 0 && errno != EINTR)
			return draft_error(o->data_name, errno);
		n = n < 0 ? 0 : n;
	}
	o->frames += frames;
	return EXIT_OK;
}

/* Those that lead into the range, and the one behind it */
static int sigmf_times(struct sigmf_output *o)
{
	uint64_t last = o->first + o->frames - 1, low, high;
	const struct part_segment *segments, *begin, *end;
	const struct part_time *times;
	struct json_object *line;
	int status = EXIT_OK;
	size_t i, num;

	segments = recorded_segments(o->recorded, &num);
	begin = &segments[recorded_segment_at(o->recorded, o->first)];
	end = &segments[recorded_segment_at(o->recorded, last)];
	low = recorded_index(o->recorded, o->first);
	high = recorded_index(o->recorded, last);
	times = recorded_times(o->recorded, &num);
	for (i = 0; !status && i < num; i++) {
		const struct part_time *t = &times[i];
		bool early = t->axis < begin->axis, late = t->axis > end->axis;

		/* the next one is not in it either, or the one before was not */
		early |= t->axis == begin->axis && t->index < low &&
			 (i + 1 == num || t[1].axis > t->axis || t[1].index <= low);
		late |= t->axis == end->axis && t->index > high &&
			(!i || t[-1].axis < t->axis || t[-1].index >= high);
		if (early || late)
			continue;
		line = journal_new(JOURNAL_TIME);
		json_u64(line, "index", t->index);
		sigmf_utc(line, t->utc);
		json_u64(line, "card_time", t->card_time);
		json_text(line, "clock", t->synchronized ? "synchronized" : "unsynchronized");
		json_u64(line, "error_us", t->error_us);
		status = sigmf_line(o, line);
	}
	return status;
}

static int sigmf_describe(struct sigmf_output *o)
{
	const char *end = recorded_about(o->recorded)->end;
	struct sigmf_totals totals;
	uint64_t all = recorded_frames(o->recorded);
	int err, status = EXIT_OK;

	/* a gap behind the last sample is part of the whole */
	if (o->first + o->frames == all)
		status = sigmf_gaps(o, all);
	if (!status && o->frames)
		status = sigmf_times(o);
	if (status)
		return status;
	if (fflush(o->journal))
		return draft_error("a temporary file", errno);
	err = sigmf_meta_write(fileno(o->journal), o->valid,
			       o->frames * recorded_about(o->recorded)->frame_bytes,
			       *end ? end : "finished", o->meta.fd, &totals);
	return err ? draft_error(o->meta_name, -err) : EXIT_OK;
}

/* Old metadata must not describe new samples: it gets another name, *@aside; NULL: there is none */
static int sigmf_set_aside(const struct sigmf_output *o, char **aside)
{
	*aside = NULL;
	if (!o->force || access(o->meta.name, F_OK))
		return EXIT_OK;
	if (asprintf(aside, "%s.old", o->meta.temporary) < 0) {
		*aside = NULL;
		return draft_error(o->meta_name, ENOMEM);
	}
	if (!rename(o->meta.name, *aside))
		return EXIT_OK;
	free(*aside);
	*aside = NULL;
	return draft_error(o->meta_name, errno);
}

/* Both files get their names, or the old ones stay together. */
static int sigmf_publish(struct sigmf_output *o)
{
	char *aside;
	int status = sigmf_set_aside(o, &aside);

	if (status)
		return status;
	status = draft_publish(&o->data);
	if (status && aside && rename(aside, o->meta.name))
		complain("%s has the metadata of the old samples: rename it to %s", aside,
			 o->meta.name);
	if (!status) {
		status = draft_publish(&o->meta);
		/* what it described is gone */
		if (aside)
			unlink(aside);
	}
	free(aside);
	return status;
}

static int sigmf_finish(void *output)
{
	struct sigmf_output *o = output;
	int status = sigmf_describe(o), err;

	if (status)
		return status;
	err = draft_sync(&o->data);
	if (err)
		return draft_error(o->data_name, -err);
	err = draft_sync(&o->meta);
	if (err)
		return draft_error(o->meta_name, -err);
	return sigmf_publish(o);
}

static void sigmf_close(void *output)
{
	struct sigmf_output *o = output;

	if (!o)
		return;
	if (o->journal)
		fclose(o->journal);
	draft_drop(&o->data);
	draft_drop(&o->meta);
	free(o->data_name);
	free(o->meta_name);
	free(o);
}

const struct format format_sigmf = {
	.name = "sigmf", .title = "SigMF", .note = "a recording of its own",
	.suffixes = sigmf_suffixes,
	.gaps = FORMAT_ALL_GAPS, .check = sigmf_check, .open = sigmf_open, .write = sigmf_write,
	.finish = sigmf_finish, .close = sigmf_close,
};
