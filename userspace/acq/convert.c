// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "convert.h"
#include "draft.h"
#include "exit.h"
#include "format.h"
#include "json.h"
#include "names.h"
#include "report.h"
#include "sigmf_name.h"
#include "stop.h"
#include "text.h"

#define CONVERT_BYTES		(1 << 20)	/* read at a time */
#define CONVERT_PROGRESS	0.2		/* seconds between two lines of progress */

static const struct format *const formats[] = {
	&format_wav, &format_flac, &format_hdf5, &format_csv, &format_sigmf,
};

#define NUM_FORMATS	(sizeof(formats) / sizeof(formats[0]))

struct convert {
	const struct convert_options *options;
	const struct format *format;
	struct recorded *recorded;
	uint64_t first, end;		/* frames of the recording */
	size_t frame_bytes, room;	/* of a frame; frames in the buffer */
	unsigned char *buf, *filler;
	uint64_t done, filled, pieces;	/* frames read and frames made; files */
	bool rf64;
	bool estimated;			/* some of @filled is a guess */
	struct json_object *outputs;
	double began, next_progress;
};

void convert_help(void)
{
	size_t i;

	for (i = 0; i < NUM_FORMATS; i++)
		printf("  %-7s%-13s%s%s%s\n", formats[i]->name, formats[i]->suffixes[0],
		       formats[i]->note, formats[i]->package ? "; built without " : "",
		       formats[i]->package ? formats[i]->package : "");
}

static bool convert_ends(const char *name, const char *suffix)
{
	size_t len = strlen(name), tail = strlen(suffix);

	return len > tail && !strcasecmp(name + len - tail, suffix);
}

static const struct format *convert_guess(const char *name, const char **suffix)
{
	const char *const *s;
	size_t i;

	for (i = 0; i < NUM_FORMATS; i++)
		for (s = formats[i]->suffixes; *s; s++)
			if (convert_ends(name, *s)) {
				*suffix = *s;
				return formats[i];
			}
	*suffix = "";
	return NULL;
}

static int convert_choose(struct convert *c)
{
	const struct convert_options *o = c->options;
	const char *suffix;
	size_t i;

	for (i = 0; o->as && i < NUM_FORMATS; i++)
		if (!strcmp(formats[i]->name, o->as))
			c->format = formats[i];
	if (!o->as)
		c->format = convert_guess(o->output, &suffix);
	if (!c->format) {
		complain("%s: in which format? --as wav, flac, hdf5, csv or sigmf", o->output);
		return EXIT_USAGE;
	}
	if (!strcmp(o->output, "-") && c->format != &format_csv) {
		complain("stdout takes CSV only: other formats need a file, to write their header last");
		return EXIT_USAGE;
	}
	if (!strcmp(o->output, "-") && o->gaps == CONVERT_SPLIT) {
		complain("--split-at-gaps makes several files: stdout is one");
		return EXIT_USAGE;
	}
	if (c->format->package) {
		complain("this acq was built without %s: install %s and build it again",
			 c->format->title, c->format->package);
		return EXIT_SYSTEM;
	}
	if (c->format->gaps == FORMAT_ALL_GAPS && o->gaps > CONVERT_SPLIT) {
		complain("--fill-gaps is for formats that cannot mark a gap: %s can",
			 c->format->title);
		return EXIT_USAGE;
	}
	c->rf64 = o->rf64 || (c->format == &format_wav && convert_ends(o->output, ".rf64"));
	if ((o->bits || o->rf64) && c->format != &format_wav && c->format != &format_flac) {
		complain("--bits and --rf64 are for WAV and FLAC");
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

/* Number of the first gap behind frame @frame, or of the one that is in its place */
static size_t convert_gap_at(const struct convert *c, uint64_t frame)
{
	const struct part_gap *gaps;
	size_t low = 0, high, mid;

	gaps = recorded_gaps(c->recorded, &high);
	while (low < high) {
		mid = low + (high - low) / 2;
		if (gaps[mid].frame < frame)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* How many frames are lost right before @frame, which begins a segment? */
static uint64_t convert_lost(const struct convert *c, uint64_t frame, bool *unknown)
{
	const struct part_gap *gaps;
	size_t i, num;
	uint64_t lost = 0;

	*unknown = false;
	gaps = recorded_gaps(c->recorded, &num);
	for (i = convert_gap_at(c, frame); i < num && gaps[i].frame == frame; i++) {
		lost += gaps[i].lost;
		*unknown |= gaps[i].unknown;
	}
	return lost;
}

static int convert_refuse_gap(const struct convert *c, const struct part_gap *gap, bool fill)
{
	char lost[TEXT_MAX], where[TEXT_MAX];

	snprintf(lost, sizeof(lost), "%s%" PRIu64, gap->estimated ? "~" : "", gap->lost);
	snprintf(where, sizeof(where), "frame %" PRIu64 ", sample index %" PRIu64, gap->frame,
		 gap->index);
	if (fill)
		complain("the gap at %s cannot be filled: how many frames are lost is unknown (--split-at-gaps makes a file for each part)",
			 where);
	else
		complain("%s cannot mark a gap: %s frame%s lost at %s: --split-at-gaps makes a file for each part%s",
			 c->format->title, gap->unknown && !gap->lost ? "some" : lost,
			 gap->lost == 1 ? " is" : "s are", where,
			 gap->unknown ? "" : ", --fill-gaps fills it");
	return EXIT_GAP;
}

/* Gaps within the range: can the format say them, or can they be filled? Counts the filler. */
static int convert_check_gaps(struct convert *c, uint64_t *fill)
{
	enum convert_gaps how = c->options->gaps;
	const struct part_gap *gaps;
	size_t i, num;

	*fill = 0;
	gaps = recorded_gaps(c->recorded, &num);
	if (how == CONVERT_SPLIT || c->format->gaps == FORMAT_ALL_GAPS)
		return EXIT_OK;
	for (i = convert_gap_at(c, c->first + 1); i < num && gaps[i].frame < c->end; i++) {
		if (!gaps[i].unknown && (!gaps[i].lost ||
					 (how == CONVERT_REFUSE &&
					  c->format->gaps == FORMAT_KNOWN_GAPS)))
			continue;
		if (how == CONVERT_REFUSE || gaps[i].unknown)
			return convert_refuse_gap(c, &gaps[i], how != CONVERT_REFUSE);
		if (__builtin_add_overflow(*fill, gaps[i].lost, fill) || *fill >> 62) {
			complain("the gaps cannot be filled: too many frames are lost");
			return EXIT_GAP;
		}
		c->estimated |= gaps[i].estimated;
	}
	return EXIT_OK;
}

/* The output is none of the files that are read, by whatever name. */
static int convert_check_input(const struct convert *c, const char *name)
{
	if (!recorded_has_file(c->recorded, name))
		return EXIT_OK;
	complain("%s is the input: give another name", name);
	return EXIT_SYSTEM;
}

/* The name of the next file: with a number if there may be several */
static char *convert_name(const struct convert *c, uint64_t number)
{
	const char *output = c->options->output, *suffix;
	char *name = NULL;

	convert_guess(output, &suffix);
	if (c->options->gaps != CONVERT_SPLIT)
		name = strdup(output);
	else if (asprintf(&name, "%.*s-%06" PRIu64 "%s", (int)(strlen(output) - strlen(suffix)),
			  output, number, suffix) < 0)
		name = NULL;
	if (!name)
		complain("out of memory");
	return name;
}

/* The end of the piece that begins at @frame */
static uint64_t convert_piece_end(const struct convert *c, uint64_t frame)
{
	const struct part_segment *s;
	size_t num;

	if (c->options->gaps != CONVERT_SPLIT)
		return c->end;
	s = recorded_segments(c->recorded, &num);
	s += recorded_segment_at(c->recorded, frame);
	return s->frame + s->frames < c->end ? s->frame + s->frames : c->end;
}

/* May a file of that name be written? */
static int convert_check_name(const struct convert *c, const char *name)
{
	char *base, *data, *meta;
	int status;

	if (!strcmp(name, "-"))
		return EXIT_OK;
	if (c->format != &format_sigmf) {
		status = convert_check_input(c, name);
		return status ? status : draft_check(name, c->options->force);
	}
	/* SigMF has two files, and looks itself whether they are there */
	base = sigmf_name_base(name);
	data = base ? sigmf_name(base, SIGMF_DATA) : NULL;
	meta = base ? sigmf_name(base, SIGMF_META) : NULL;
	status = EXIT_SYSTEM;
	if (!data || !meta)
		complain("out of memory");
	else
		status = convert_check_input(c, data) ?: convert_check_input(c, meta);
	free(base);
	free(data);
	free(meta);
	return status;
}

/* Nothing is written before all is known to be possible. */
static int convert_check(struct convert *c)
{
	struct format_job job = {
		.recorded = c->recorded, .bits = c->options->bits, .rf64 = c->rf64,
		.force = c->options->force,
	};
	uint64_t number = 0;
	int status;

	status = convert_check_gaps(c, &job.fill);
	for (job.first = c->first; !status && job.first < c->end; job.first += job.frames) {
		char *name = convert_name(c, number++);

		if (!name)
			return EXIT_SYSTEM;
		job.name = name;
		job.frames = convert_piece_end(c, job.first) - job.first;
		status = convert_check_name(c, name);
		if (!status)
			status = c->format->check(&job);
		free(name);
	}
	return status;
}

static void convert_tell_progress(struct convert *c)
{
	double now = clock_seconds(), seconds = now - c->began;
	char rate[TEXT_MAX];

	if (now < c->next_progress || c->options->quiet || c->options->json ||
	    !isatty(STDERR_FILENO))
		return;
	c->next_progress = now + CONVERT_PROGRESS;
	if (seconds > 0)
		progress("%" PRIu64 " %% of %" PRIu64 " frames, %.40sB/s",
			 (uint64_t)((unsigned __int128)c->done * 100 / (c->end - c->first)),
			 c->end - c->first,
			 format_human(c->done * (double)c->frame_bytes / seconds, rate));
}

/* The frame that stands for lost ones; @last: the one before the gap */
static void convert_make_filler(struct convert *c, const unsigned char *last)
{
	const struct part_about *about = recorded_about(c->recorded);
	unsigned int width = format_width(about->format), i;
	size_t frame;

	for (i = 0; i < about->channels * width; i++)
		c->filler[i] = c->options->gaps == CONVERT_HOLD ? last[i] :
			       !format_signed(about->format) && i % width == width - 1 ? 0x80 : 0;
	for (frame = 1; frame < c->room; frame++)
		memcpy(c->filler + frame * c->frame_bytes, c->filler, c->frame_bytes);
}

static int convert_fill(struct convert *c, void *output, uint64_t frame)
{
	bool unknown;
	uint64_t lost = convert_lost(c, frame, &unknown), n;
	uint64_t index = recorded_index(c->recorded, frame) - lost;
	int status = EXIT_OK;

	for (; !status && lost; lost -= n, index += n) {
		if (stop_reason() != STOP_NOT)
			return -EINTR;
		n = lost < c->room ? lost : c->room;
		status = c->format->write(output, c->filler, n, ~0ULL, index);
		c->filled += n;
		convert_tell_progress(c);
	}
	return status;
}

static int convert_read_failed(const struct convert *c, uint64_t frame, int err)
{
	complain("%s cannot be read at frame %" PRIu64 ": %s", recorded_name(c->recorded), frame,
		 err == -ENODATA ? "a file has become shorter" : strerror(-err));
	return EXIT_SYSTEM;
}

static int convert_copy(struct convert *c, void *output, uint64_t frame, uint64_t end)
{
	uint64_t first = frame;
	bool fill = c->options->gaps > CONVERT_SPLIT, unknown;
	size_t want;
	ssize_t n;
	int status = EXIT_OK;

	for (; !status && frame < end; frame += n) {
		if (stop_reason() != STOP_NOT)
			return -EINTR;
		want = end - frame < c->room ? end - frame : c->room;
		if (fill && frame > first && convert_lost(c, frame, &unknown)) {
			status = convert_fill(c, output, frame);
			if (status)
				return status;
		}
		n = recorded_read(c->recorded, frame, c->buf, want);
		if (n <= 0)
			return convert_read_failed(c, frame, n ? n : -ENODATA);
		status = c->format->write(output, c->buf, n, frame,
					  recorded_index(c->recorded, frame));
		if (fill)
			convert_make_filler(c, c->buf + (n - 1) * c->frame_bytes);
		c->done += n;
		convert_tell_progress(c);
	}
	return status;
}

static void convert_note(struct convert *c, const struct format_job *job)
{
	const struct part_about *about = recorded_about(c->recorded);
	struct json_object *o = json_object_new_object();
	uint64_t frames = job->frames + job->fill;
	double seconds = about->rate_millihz ? frames * 1e3 / about->rate_millihz : 0;

	if (!c->options->json)
		remark("%s: %" PRIu64 " frame%s, %u channel%s, %.3f s", job->name, frames,
		       frames == 1 ? "" : "s", about->channels, about->channels == 1 ? "" : "s",
		       seconds);
	json_text(o, "file", job->name);
	json_u64(o, "frames", frames);
	json_u64(o, "first_index", recorded_index(c->recorded, job->first));
	json_u64(o, "filled", job->fill);
	json_number(o, "seconds", seconds);
	json_object_array_add(c->outputs, o);
}

/* One file */
static int convert_piece(struct convert *c, struct format_job *job)
{
	void *output = NULL;
	int status;

	status = c->format->open(&output, job);
	if (!status)
		status = convert_copy(c, output, job->first, job->first + job->frames);
	if (!status || status == -EPIPE)
		status = c->format->finish(output);
	c->format->close(output);
	if (status == -EINTR) {
		complain("interrupted: %s is not written", job->name);
		status = EXIT_SYSTEM;
	}
	/* who closes a pipe has read enough */
	if (status == -EPIPE)
		return EXIT_OK;
	if (!status && strcmp(job->name, "-"))
		convert_note(c, job);
	return status;
}

static int convert_pieces(struct convert *c)
{
	struct format_job job = {
		.recorded = c->recorded, .bits = c->options->bits, .rf64 = c->rf64,
		.force = c->options->force,
	};
	int status;

	status = convert_check_gaps(c, &job.fill);
	for (job.first = c->first; !status && job.first < c->end; job.first += job.frames) {
		char *name = convert_name(c, c->pieces++);

		if (!name)
			return EXIT_SYSTEM;
		job.name = name;
		job.frames = convert_piece_end(c, job.first) - job.first;
		status = convert_piece(c, &job);
		free(name);
	}
	if (!status && c->filled)
		remark("%s%" PRIu64 " frames are filler", c->estimated ? "~" : "", c->filled);
	return status;
}

static int convert_prepare(struct convert *c)
{
	c->frame_bytes = recorded_about(c->recorded)->frame_bytes;
	c->room = CONVERT_BYTES / c->frame_bytes;
	c->room = c->room ? c->room : 1;
	c->buf = malloc(c->room * c->frame_bytes);
	c->filler = malloc(c->room * c->frame_bytes);
	if (c->buf && c->filler)
		return EXIT_OK;
	complain("out of memory");
	return EXIT_SYSTEM;
}

static int convert_summarize(struct convert *c, int status)
{
	struct json_object *o = json_object_new_object();

	json_text(o, "input", c->options->input);
	json_u64(o, "exit", status);
	if (*report_last())
		json_text(o, "error", report_last());
	if (c->format)
		json_text(o, "format", c->format->name);
	json_u64(o, "frames", c->done);
	json_u64(o, "filled", c->filled);
	json_object_object_add(o, "outputs", json_object_get(c->outputs));
	return json_write(o, stderr, 1) && !status ? EXIT_SYSTEM : status;
}

int convert_run(const struct convert_options *options)
{
	struct convert c = { .options = options, .began = clock_seconds() };
	int status;

	stop_catch();
	c.outputs = json_object_new_array();
	status = convert_choose(&c);
	if (!status)
		status = recorded_open(&c.recorded, options->input, &options->raw);
	if (!status)
		status = range_find(c.recorded, &options->from, &options->to, options->frames,
				    &c.first, &c.end);
	if (!status)
		status = convert_check(&c);
	if (!status && !recorded_finished(c.recorded))
		remark("%s is not finished: only data known to be on the disk is read",
		       options->input);
	if (!status)
		status = convert_prepare(&c);
	if (!status)
		status = convert_pieces(&c);
	progress_end();
	if (options->json)
		status = convert_summarize(&c, status);
	recorded_close(c.recorded);
	json_object_put(c.outputs);
	free(c.buf);
	free(c.filler);
	return status;
}
