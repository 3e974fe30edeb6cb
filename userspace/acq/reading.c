// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "clock.h"
#include "config.h"
#include "exit.h"
#include "json.h"
#include "names.h"
#include "output.h"
#include "packets.h"
#include "reading.h"
#include "report.h"
#include "setup.h"
#include "stop.h"
#include "summary.h"
#include "text.h"
#include "verify.h"
#include "view.h"

#define GAPS_TOLD	100	/* further ones are only counted */
#define PROGRESS	0.2	/* seconds between two lines of progress */

struct reading {
	const struct device *dev;
	const struct reading_options *options;
	struct acq_config config;
	unsigned int channels;
	size_t frame, chunk;
	struct acq_reader_stats stats;
	void *copy;		/* a piece that must not change, from where it could */
	struct output output;
	struct verify verify;
	struct packets packets;
	struct view *view;
	struct json_object *gap_list;
	struct summary summary;

	uint64_t bytes, frames, gaps, lost;
	uint64_t skipped;	/* frames that came too fast for a view */
	bool estimated;		/* a part of @lost is */
	bool index_known;
	uint64_t first_index, index;	/* sample index of the first frame, of the next one */
	double began, ended, next_progress;
	bool show_progress;

	const char *end;	/* why it ended, a word */
	bool mismatch;
};

/* A check of nothing has shown nothing. */
static bool reading_verified(const struct reading *r)
{
	return !r->mismatch && r->verify.bytes;
}

static bool reading_with_packets(const struct reading *r)
{
	return r->options->reader_flags & ACQ_READER_PACKETS;
}

/* The most important first: the last ones go when a line is too short. */
static void reading_rates(const struct reading *r, char *text, size_t size)
{
	char bytes[TEXT_MAX], per_second[TEXT_MAX], frames[TEXT_MAX], gaps[TEXT_MAX];
	char skipped[TEXT_MAX], clause[64] = "";
	double seconds = r->ended - r->began;

	seconds = seconds > 0 ? seconds : 1.0 / 1000000000;
	report_gaps(r->gaps, r->lost, r->estimated, gaps, sizeof(gaps));
	snprintf(skipped, sizeof(skipped), "%" PRIu64 " ", r->skipped);
	if (r->skipped >= 10000000)
		format_human(r->skipped, skipped);
	if (r->skipped)
		snprintf(clause, sizeof(clause), ", %.12sframe%s skipped", skipped,
			 r->skipped == 1 ? "" : "s");
	snprintf(text, size, "%.12sB, %.2f s, %.12sB/s, %.80s%s, %.12sframes/s",
		 format_human(r->bytes, bytes), r->ended - r->began,
		 format_human(r->bytes / seconds, per_second), gaps, clause,
		 format_human(r->frames / seconds, frames));
}

static void reading_summarize(const struct reading *r)
{
	char text[256];

	reading_rates(r, text, sizeof(text));
	remark("%" PRIu64 " bytes, %" PRIu64 " frames:", r->bytes, r->frames);
	remark("%s", text);
	if (reading_with_packets(r))
		remark("%" PRIu64 " packets of %" PRIu64 " to %" PRIu64 " bytes, and %" PRIu64 " that were cut",
		       r->packets.whole, r->packets.least, r->packets.most, r->packets.cut);
	if (r->options->verify && reading_verified(r))
		remark("verified: all of them are the %s pattern's", r->options->verify);
}

void reading_failed(const char *path, const struct reading_options *options, int status)
{
	struct json_object *o = json_object_new_object();
	struct summary summary;

	json_text(o, "device", path);
	json_text(o, "mode", acq_mode_name(options->mode));
	json_text(o, "end", "error");
	json_u64(o, "exit", status);
	json_text(o, "error", report_last());
	if (summary_open(&summary, true, options->json_file))
		json_object_put(o);
	else
		summary_write(&summary, o);
}

static struct json_object *reading_describe_verify(const struct reading *r)
{
	struct json_object *v = json_object_new_object(), *bad;

	json_text(v, "pattern", r->options->verify);
	json_u64(v, "bytes", r->verify.bytes);
	json_flag(v, "ok", reading_verified(r));
	if (!r->mismatch || strcmp(r->end, "mismatch"))
		return v;
	bad = json_object_new_object();
	json_u64(bad, "byte", r->bytes);
	json_u64(bad, "index", r->verify.bad.frame);
	json_u64(bad, "channel", r->verify.bad.channel);
	json_u64(bad, "expected", r->verify.bad.expected);
	json_u64(bad, "got", r->verify.bad.got);
	json_object_object_add(v, "mismatch", bad);
	return v;
}

static int reading_write_json(struct reading *r, int status)
{
	struct json_object *o = json_object_new_object(), *v;
	double seconds = r->ended - r->began;
	struct rusage usage;

	json_text(o, "device", r->dev->path);
	json_text(o, "mode", acq_mode_name(r->options->mode));
	json_text(o, "end", r->end);
	json_u64(o, "exit", status);
	if (*report_last())
		json_text(o, "error", report_last());
	json_u64(o, "bytes", r->bytes);
	json_u64(o, "frames", r->frames);
	json_u64(o, "frame_bytes", r->frame);
	json_number(o, "seconds", seconds);
	json_number(o, "bytes_per_second", seconds > 0 ? r->bytes / seconds : 0);
	json_number(o, "frames_per_second", seconds > 0 ? r->frames / seconds : 0);
	if (!getrusage(RUSAGE_SELF, &usage))
		json_number(o, "cpu_seconds", usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
			    (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
	if (r->index_known) {
		json_u64(o, "first_index", r->first_index);
		json_u64(o, "next_index", r->index);
	}
	json_u64(o, "gaps", r->gaps);
	json_u64(o, "lost", r->lost);
	json_flag(o, "estimated", r->estimated);
	if (r->options->glance)
		json_u64(o, "skipped", r->skipped);
	json_object_object_add(o, "gap_list", json_object_get(r->gap_list));
	json_u64(o, "written", r->output.bytes);
	json_u64(o, "reads", r->stats.reads);
	json_u64(o, "empty", r->stats.empty);
	json_u64(o, "waits", r->stats.waits);
	json_u64(o, "wakeups", r->stats.wakeups);
	json_u64(o, "flushes", r->stats.flushes);
	json_u64(o, "behind_max", r->stats.behind_max);
	if (reading_with_packets(r)) {
		v = json_object_new_object();
		json_u64(v, "whole", r->packets.whole);
		json_u64(v, "cut", r->packets.cut);
		json_u64(v, "least", r->packets.least);
		json_u64(v, "most", r->packets.most);
		json_object_object_add(o, "packets", v);
	}
	if (r->options->verify)
		json_object_object_add(o, "verify", reading_describe_verify(r));
	return summary_write(&r->summary, o);
}

/* What a frame looks like, now or after the stream was started anew. */
static int reading_learn_layout(struct reading *r)
{
	struct acq_info info;
	int err;

	err = acq_get_config(r->dev->acq, &r->config);
	if (!err)
		err = acq_get_info(r->dev->acq, &info);
	if (err)
		return device_error(r->dev, "read its configuration", err);
	if (reading_with_packets(r) && !(info.caps & ACQ_CAP_PACKETS)) {
		complain("%s: the samples of this card do not come in packets", r->dev->path);
		return EXIT_SYSTEM;
	}
	r->channels = config_channels(&r->config, info.channels);
	r->frame = r->config.frame_bytes;
	if (!r->frame || r->frame != (size_t)r->channels * format_width(r->config.format)) {
		complain("%s: %u channels of %s do not make frames of %zu bytes: is this tool too old for the driver?",
			 r->dev->path, r->channels, name_of(&format_names, r->config.format),
			 r->frame);
		return EXIT_SYSTEM;
	}
	if (!r->options->verify)
		return EXIT_OK;
	if (strcmp(r->options->verify, name_of(&pattern_names, r->config.pattern)))
		remark("note: pattern=%s is configured, --verify %s compares with another",
		       name_of(&pattern_names, r->config.pattern), r->options->verify);
	if (!verify_begin(&r->verify, r->options->verify, format_width(r->config.format),
			  r->channels)) {
		complain("cannot verify '%s'", r->options->verify);
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

/* Become a reader, which starts an idle stream. */
static int reading_attach(struct reading *r)
{
	const struct reading_options *o = r->options;
	struct acq_reader_config reader = {
		.flags = o->reader_flags,
		.watermark = o->watermark,
		.flush_us = o->flush_us,
	};
	struct acq *acq = r->dev->acq;
	int err;

	err = acq_set_reader(acq, &reader);
	if (err)
		return device_error(r->dev, "choose how to read", err);
	if (o->start) {
		err = acq_start(acq);
		if (err)
			return device_error(r->dev, "start the stream", err);
	}
	err = acq_begin(acq, o->mode, r->chunk, 0);
	/* it waited for somebody to play */
	if (err == -EINTR && stop_reason()) {
		r->end = stop_reason() == STOP_TIME ? "time" : "signal";
		return EXIT_OK;
	}
	if (err == -EOPNOTSUPP || err == -EPERM || err == -ENOSYS) {
		complain("mode %s: %s", acq_mode_name(o->mode), acq_errstr(err));
		return EXIT_SYSTEM;
	}
	if (err)
		return device_read_error(r->dev, err, &r->end);
	if (o->trigger) {
		err = acq_trigger(acq);
		if (err)
			return device_error(r->dev, "fire the software trigger", err);
	}
	return EXIT_OK;
}

/* Where on the card's time axis this reader begins */
static void reading_learn_index(struct reading *r, const struct acq_span *span)
{
	if (r->index_known)
		return;
	r->index_known = true;
	r->first_index = span->index;
	r->index = span->index;
	if (r->options->verify)
		verify_seek(&r->verify, r->index);
}

static void reading_tell_gap(struct reading *r, const struct acq_gap *gap)
{
	if (r->gaps <= GAPS_TOLD) {
		struct json_object *o = json_gap(gap);

		json_u64(o, "byte", r->bytes);
		json_object_array_add(r->gap_list, o);
	}
	if (r->gaps <= GAPS_TOLD)
		report_gap(gap, r->bytes);
	if (r->gaps == GAPS_TOLD)
		remark("further gaps are only counted");
}

/* Go on counting behind the gap. */
static int reading_step_over(struct reading *r, const struct acq_gap *gap)
{
	if (r->options->verify && r->index != gap->index) {
		complain("verification failed: a gap begins at sample index %llu, but the samples before it end at %llu",
			 gap->index, (unsigned long long)r->index);
		r->mismatch = true;
		r->end = "bad-gap";
		return EXIT_MISMATCH;
	}
	r->index = gap->index + gap->lost;
	/* The card has forgotten where it was. */
	if (gap->cause == ACQ_CAUSE_SUSPEND || gap->cause == ACQ_CAUSE_RESET)
		verify_restart(&r->verify, r->index);
	if (r->options->verify)
		verify_seek(&r->verify, r->index);
	return EXIT_OK;
}

/* Returns an exit status; @r->end is set when the reading ends here. */
static int reading_take_gap(struct reading *r, const struct acq_gap *gap)
{
	bool estimated = gap->flags & ACQ_GAP_ESTIMATED;
	int err;

	if (r->view)
		view_gap(r->view, gap->index, gap->lost, estimated, cause_text(gap->cause));
	if (r->options->glance && gap->cause == ACQ_CAUSE_OVERTAKEN) {
		/* nothing that anybody wanted to have is lost by that */
		r->skipped += gap->lost;
		return reading_step_over(r, gap);
	}
	r->gaps++;
	r->lost += gap->lost;
	r->estimated |= estimated;
	reading_tell_gap(r, gap);
	err = reading_step_over(r, gap);
	if (err)
		return err;
	if (r->options->stop_on_gap) {
		r->end = "gap";
		return EXIT_GAP;
	}
	return EXIT_OK;
}

static int reading_take_piece(struct reading *r, const void *data, size_t bytes)
{
	const struct verify *v = &r->verify;
	int err;

	if (bytes % r->frame) {
		complain("%s: the driver gave %zu bytes, which are not whole frames of %zu",
			 r->dev->path, bytes, r->frame);
		r->end = "error";
		return EXIT_SYSTEM;
	}
	err = output_write(&r->output, data, bytes);
	if (err) {
		/* whoever reads a file finds whole frames in it */
		output_cut(&r->output, r->frame);
		r->bytes = r->output.bytes;
		r->frames = r->bytes / r->frame;
	}
	if (err == -EPIPE || err == -EINTR) {
		/* whoever read the pipe has enough, or the user has */
		r->end = err == -EPIPE ? "pipe" : "signal";
		return EXIT_OK;
	}
	if (err) {
		complain("%s cannot be written: %s", r->output.target.name, strerror(-err));
		r->end = "error";
		return EXIT_SYSTEM;
	}
	if (r->options->verify && !verify_piece(&r->verify, data, bytes)) {
		r->bytes += v->bad.offset;
		r->frames += v->bad.offset / r->frame;
		complain("verification failed at byte %" PRIu64 ", sample index %" PRIu64 ", channel %u: expected 0x%0*x, got 0x%0*x",
			 r->bytes, v->bad.frame, v->bad.channel, 2 * v->width, v->bad.expected,
			 2 * v->width, v->bad.got);
		r->mismatch = true;
		r->end = "mismatch";
		return EXIT_MISMATCH;
	}
	if (r->view)
		view_feed(r->view, data, bytes, r->index);
	r->bytes += bytes;
	r->frames += bytes / r->frame;
	r->index += bytes / r->frame;
	return EXIT_OK;
}

static void reading_show(struct reading *r)
{
	char text[256];

	r->ended = clock_seconds();
	if (!r->view && !(r->show_progress && r->ended >= r->next_progress))
		return;
	reading_rates(r, text, sizeof(text));
	if (r->view)
		view_draw(r->view, text);
	else
		progress("%s", text);
	r->next_progress = r->ended + PROGRESS;
}

/* How much to ask for: a piece, or what is left to read; 0: all is read. */
static size_t reading_wanted(const struct reading *r)
{
	const struct reading_options *o = r->options;
	uint64_t left, want = r->chunk;

	if (o->frames) {
		left = o->frames > r->frames ? (o->frames - r->frames) : 0;
		if (left <= want / r->frame)
			want = left * r->frame;
	}
	if (o->bytes) {
		left = o->bytes > r->bytes ? o->bytes - r->bytes : 0;
		left -= left % r->frame;
		want = left < want ? left : want;
	}
	return want;
}

/*
 * A monitor's samples in the ring may be overwritten while they are used: a copy is
 * good, or none. What was overwritten is in the gap that comes next.
 */
static int reading_take_span(struct reading *r, const struct acq_span *span, size_t want)
{
	const void *data = span->data;
	int err;

	if (reading_with_packets(r))
		packets_take(&r->packets, span, want, r->bytes);
	if (r->copy && span->flags & ACQ_SPAN_RING) {
		data = memcpy(r->copy, data, span->bytes);
		if (!acq_valid(r->dev->acq))
			return EXIT_OK;
	}
	err = reading_take_piece(r, data, span->bytes);
	if (err || !reading_with_packets(r) || span->bytes != r->chunk)
		return err;
	complain("%s: a packet is longer than %zu bytes: give a larger --chunk, and a ring twice as large",
		 r->dev->path, r->chunk - r->frame);
	r->end = "error";
	return EXIT_SYSTEM;
}

static int reading_loop(struct reading *r)
{
	struct acq_span span;
	int status = EXIT_OK;
	size_t want;
	int event;

	report_hurry();
	while (!r->end) {
		want = reading_wanted(r);
		if (!want) {
			r->end = "limit";
			break;
		}
		if (stop_reason()) {
			r->end = stop_reason() == STOP_TIME ? "time" : "signal";
			break;
		}
		event = acq_next(r->dev->acq, &span, want, -1);
		if (event >= 0)
			reading_learn_index(r, &span);
		if (event != ACQ_EVENT_DATA)
			packets_pause(&r->packets, r->dev->acq, event == ACQ_EVENT_GAP);
		if (event == ACQ_EVENT_DATA)
			status = reading_take_span(r, &span, want);
		else if (event == ACQ_EVENT_GAP)
			status = reading_take_gap(r, &span.gap);
		else if (event == ACQ_EVENT_END)
			r->end = "finished";
		else if (event != -EAGAIN && event != -EINTR)
			status = device_read_error(r->dev, event, &r->end);
		reading_show(r);
	}
	packets_pause(&r->packets, r->dev->acq, false);
	report_calm();
	return status;
}

static void reading_leave_view(void *view)
{
	view_leave(view);
}

static int reading_begin_view(struct reading *r)
{
	struct view_source source = {
		.format = r->config.format, .channels = r->channels,
		.mask = r->config.channel_mask, .rate_millihz = r->config.rate_millihz,
	};
	FILE *file = r->output.target.fd == STDOUT_FILENO ? stderr : stdout;
	int status = view_begin(&r->view, file, &source, &r->options->view);

	if (!status)
		report_before(reading_leave_view, r->view);
	return status;
}

/*
 * A read with room for more than the largest packet is short at the end of one. It
 * would be short in its midst, too, once there is more than half a ring of it.
 */
static void reading_prepare_packets(struct reading *r)
{
	const struct acq_config *c = &r->config;
	size_t half = c->ring_bytes / c->block_bytes / 2 * c->block_used;

	if (r->chunk + r->frame > half)
		r->chunk = half - half % r->frame - r->frame;
	r->chunk += r->frame;
}

static int reading_prepare(struct reading *r)
{
	const struct reading_options *o = r->options;
	int err;

	err = reading_learn_layout(r);
	if (err)
		return err;
	if (o->bytes && o->bytes < r->frame) {
		complain("--bytes: a frame alone has %zu", r->frame);
		return EXIT_USAGE;
	}
	r->chunk = o->chunk < r->frame ? r->frame : o->chunk - o->chunk % r->frame;
	if (reading_with_packets(r))
		reading_prepare_packets(r);
	if (o->mode == ACQ_MODE_MMAP && o->reader_flags & ACQ_READER_MONITOR) {
		r->copy = malloc(r->chunk);
		if (!r->copy) {
			complain("out of memory for a chunk of %zu bytes", r->chunk);
			return EXIT_SYSTEM;
		}
	}
	return o->view.kind ? reading_begin_view(r) : EXIT_OK;
}

/* Open all that is written to; nothing of what is there is lost by that. */
static int reading_open_files(struct reading *r)
{
	const struct reading_options *o = r->options;
	int err;

	r->output.target.fd = -1;
	r->packets.target.fd = -1;
	err = summary_open(&r->summary, o->json, o->json_file);
	if (!err)
		err = output_open(&r->output, o->output);
	return err ? err : packets_open(&r->packets, o->packets_file);
}

/* The stream is open and configured: now what the files had goes. */
static int reading_begin_files(struct reading *r)
{
	int err = output_begin(&r->output);

	return err ? err : packets_begin(&r->packets);
}

static int reading_close_files(struct reading *r, bool begun)
{
	int err = 0;

	if (begun)
		err = output_close(&r->output);
	else
		output_drop(&r->output);
	return packets_close(&r->packets) ?: err;
}

/* What is wrong though nothing failed, as an exit status */
static int reading_judge(const struct reading *r)
{
	const struct reading_options *o = r->options;

	if (o->verify && !reading_verified(r)) {
		complain("verification failed: there was no sample to compare");
		return EXIT_MISMATCH;
	}
	if (o->strict && r->gaps)
		return EXIT_GAP;
	/* who closes a pipe has had enough */
	if ((o->frames || o->bytes) && reading_wanted(r) && strcmp(r->end, "pipe"))
		return report_short(r->frames, r->frame, o->frames, o->bytes);
	return EXIT_OK;
}

int reading_run(const struct device *dev, const struct reading_options *options)
{
	struct reading r = { .dev = dev, .options = options, .end = NULL };
	bool begun = false;
	int status, err;
	char text[256];

	r.gap_list = json_object_new_array();
	r.show_progress = !options->quiet && !options->view.kind && isatty(STDERR_FILENO);
	stop_catch();
	status = reading_open_files(&r);
	if (!status && options->setup)
		status = setup_make(dev, options->setup);
	if (!status)
		status = reading_prepare(&r);
	r.began = clock_seconds();
	r.ended = r.began;
	/* what an output plays may begin much later, or never */
	if (options->milli && dev->output)
		stop_after(options->milli);
	if (!status)
		status = reading_attach(&r);
	if (!status)
		status = reading_begin_files(&r);
	begun = !status;
	if (options->milli && !dev->output)
		stop_after(options->milli);
	if (begun)
		status = reading_loop(&r);
	if (begun && !r.frames)
		device_remark_nothing(dev);
	acq_get_stats(dev->acq, &r.stats);
	acq_finish(dev->acq);
	if (!r.end)
		r.end = "error";
	if (options->stop) {
		err = acq_stop(dev->acq);
		/* a stream that has ended by itself needs no stop */
		if (err && err != -ENODEV)
			device_error(dev, "stop the stream", err);
	}
	err = reading_close_files(&r, begun);
	if (!status)
		status = err;
	if (r.view) {
		reading_rates(&r, text, sizeof(text));
		report_before(NULL, NULL);
		view_end(r.view, text);
	}
	progress_end();
	if (!status)
		status = reading_judge(&r);
	if (begun)
		reading_summarize(&r);
	if (options->json) {
		err = reading_write_json(&r, status);
		status = status ? status : err;
	}
	json_object_put(r.gap_list);
	free(r.copy);
	return status;
}
