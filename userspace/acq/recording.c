// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "config.h"
#include "exit.h"
#include "gauge.h"
#include "json.h"
#include "names.h"
#include "notify.h"
#include "recording.h"
#include "report.h"
#include "setup.h"
#include "stop.h"
#include "summary.h"
#include "text.h"
#include "utc.h"

#define PROGRESS	0.2	/* seconds between two lines of progress */
#define GAPS_SHOWN	100	/* on the terminal; the account has all */
#define GAPS_LISTED	10000	/* in the JSON summary */
#define FLUSH_US	200000	/* samples are on their way to the disk after so long */
#define FULL		50	/* percent of the ring that are worth a warning */
#define STATUS		5.0	/* seconds between two lines for the service manager */
#define DUE_NS		100000000	/* what is due for the disk waits so long for samples */

struct recording {
	const struct device *dev;
	const struct recording_options *options;
	struct acq_info info;
	struct acq_config config;
	struct reel *reel;
	struct reel_options files;
	size_t chunk;
	struct summary summary;
	struct json_object *gap_list;

	uint64_t bytes, frames, gaps, lost, skipped;
	bool estimated;			/* a part of @lost is */
	uint64_t position;		/* behind the last sample that was taken */
	bool begun;			/* the first sample is known */
	struct acq_span first;
	char first_time[UTC_MAX];
	uint64_t backlog, backlog_max;	/* bytes in the ring that are not on the disk */
	uint64_t backlog_first;		/* what is left of what the ring had at the start */
	bool warned, slow;
	double began, ended, next_progress, next_status;
	struct gauge gauge;
	uint64_t alive;			/* what the watchdog has seen of @bytes and @gaps */
	const char *end;		/* why it ended, a word */
	struct reel_totals totals;
	const char *continues;		/* a recording that was made before; NULL: none */
	double missing_s;		/* between the two */
};

static unsigned int recording_percent(const struct recording *r, uint64_t bytes)
{
	return r->config.ring_bytes ? bytes * 100 / r->config.ring_bytes : 0;
}

static void recording_rates(const struct recording *r, char *text, size_t size)
{
	char bytes[TEXT_MAX], per_second[TEXT_MAX], gaps[TEXT_MAX];
	double seconds = r->ended - r->began;

	report_gaps(r->gaps, r->lost, r->estimated, gaps, sizeof(gaps));
	snprintf(text, size, "%.40sB, %.1f s, %.40sB/s, %.80s, ring %u %% full",
		 format_human(r->bytes, bytes), seconds,
		 format_human(seconds > 0 ? r->bytes / seconds : 0, per_second), gaps,
		 recording_percent(r, r->backlog_max));
}

static struct json_object *recording_describe(const struct recording *r, int status)
{
	struct json_object *o = json_object_new_object();
	double seconds = r->ended - r->began;

	json_text(o, "file", r->reel ? reel_data_name(r->reel) : r->options->base);
	json_u64(o, "files", r->totals.files);
	json_text(o, "end", r->end);
	json_u64(o, "exit", status);
	if (*report_last())
		json_text(o, "error", report_last());
	json_text(o, "device", r->dev->path);
	json_text(o, "card", r->info.card);
	json_text(o, "serial", r->info.serial);
	json_object_object_add(o, "config", json_config(&r->config));
	if (r->begun) {
		json_u64(o, "run", r->first.run);
		json_text(o, "first_time", r->first_time);
		json_u64(o, "first_index", r->first.index);
		/* the card's counter, and at which sample */
		json_u64(o, "card_time", r->first.card_time);
		json_u64(o, "card_time_index", r->first.time_index);
		json_u64(o, "timestamp_hz", r->info.timestamp_hz);
	}
	json_u64(o, "bytes", r->bytes);
	json_u64(o, "frames", r->frames);
	json_u64(o, "frame_bytes", r->config.frame_bytes);
	json_number(o, "seconds", seconds);
	json_number(o, "bytes_per_second", seconds > 0 ? r->bytes / seconds : 0);
	json_u64(o, "skipped", r->skipped);
	json_u64(o, "copied", r->totals.copied);
	json_flag(o, "direct", r->begun && reel_align(r->reel) > 1);
	json_u64(o, "backlog_max", r->backlog_max);
	json_number(o, "stall_max", r->gauge.stall);
	if (r->continues) {
		json_text(o, "continues", r->continues);
		json_number(o, "missing_seconds", r->missing_s);
	}
	json_u64(o, "gaps", r->gaps);
	json_u64(o, "lost", r->lost);
	json_flag(o, "estimated", r->estimated);
	json_object_object_add(o, "gap_list", json_object_get(r->gap_list));
	return o;
}

static int recording_disk_failed(struct recording *r, int err)
{
	int status = take_status_of(err);

	if (!reel_has_said(r->reel))
		complain("%s cannot be written: %s", reel_failed(r->reel), strerror(-err));
	r->end = status == EXIT_FULL ? "full" : "error";
	return status;
}

/* The time of day at the first sample, as well as the driver can know */
static void recording_learn_time(struct recording *r)
{
	struct utc_clock clock;
	char text[TEXT_MAX];
	int64_t ns, end;

	utc_read(&clock);
	ns = utc_of(&clock, r->first.time_ns, r->first.time_index, r->first.index,
		    r->config.rate_millihz);
	utc_text(ns, r->first_time);
	r->continues = reel_continues(r->reel, &end);
	if (!r->continues)
		return;
	/* the clock may have been set back, or the past be asked for */
	r->missing_s = end && ns > end ? (ns - end) / 1e9 : 0;
	if (end)
		remark("continues %s: %s are missing", r->continues,
		       format_human_time(r->missing_s, text));
	else
		remark("continues %s, whose end time is unknown", r->continues);
}

static int recording_attach(struct recording *r)
{
	const struct recording_options *o = r->options;
	struct acq_reader_config reader = {
		.flags = o->oldest ? ACQ_READER_OLDEST : 0,
		.watermark = r->chunk,
		.flush_us = FLUSH_US,
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
	err = acq_begin(acq, ACQ_MODE_MMAP, r->chunk, ACQ_HOLD);
	if (err)
		return device_read_error(r->dev, err, &r->end);
	r->backlog_first = acq_behind(acq);
	if (o->trigger) {
		err = acq_trigger(acq);
		if (err)
			return device_error(r->dev, "fire the software trigger", err);
	}
	return EXIT_OK;
}

/* What is on the disk or copied can go back to the card. */
static int recording_give_back(struct recording *r)
{
	uint64_t needs = reel_needs(r->reel), used = needs < r->position ? needs : r->position;
	unsigned int grown;
	int err;

	r->backlog = acq_behind(r->dev->acq) + r->position - used;
	if (r->backlog > r->backlog_max)
		r->backlog_max = r->backlog;
	/* the past that was asked for is no sign of a slow disk */
	if (r->backlog < r->backlog_first)
		r->backlog_first = r->backlog;
	grown = recording_percent(r, r->backlog - r->backlog_first);
	if (!r->warned && grown >= FULL)
		remark("the disk is too slow: the ring is %u %% full",
		       recording_percent(r, r->backlog));
	/* once, until it has recovered */
	r->warned = grown >= (r->warned ? FULL / 2 : FULL);
	r->slow |= r->warned;
	err = acq_release(r->dev->acq, used);
	if (!err)
		return EXIT_OK;
	r->end = "error";
	return device_error(r->dev, "return samples to the ring", err);
}

static void recording_take_gap(struct recording *r, const struct acq_gap *gap)
{
	struct json_object *o;

	reel_gap(r->reel, gap);
	r->gaps++;
	r->lost += gap->lost;
	r->estimated |= gap->flags & ACQ_GAP_ESTIMATED;
	if (r->options->json && r->gaps <= GAPS_LISTED) {
		o = json_gap(gap);
		json_u64(o, "byte", r->bytes);
		json_object_array_add(r->gap_list, o);
	}
	if (r->gaps <= GAPS_SHOWN)
		report_gap(gap, r->bytes);
	if (r->gaps == GAPS_SHOWN)
		remark("further gaps are not printed; they are in the metadata of %s",
		       reel_data_name(r->reel));
}

/* A disk that failed has less than was read: what was lost behind that is not the file's. */
static void recording_learn_totals(struct recording *r)
{
	size_t left = json_object_array_length(r->gap_list);
	const struct json_object *o;

	reel_sum(r->reel, &r->totals);
	r->frames = r->totals.frames;
	r->bytes = r->frames * r->config.frame_bytes;
	r->gaps = r->totals.gaps;
	r->lost = r->totals.lost;
	r->estimated = r->totals.estimated;
	while (left--) {
		o = json_object_array_get_idx(r->gap_list, left);
		if (json_object_get_uint64(json_object_object_get(o, "byte")) <= r->bytes)
			break;
		json_object_array_del_idx(r->gap_list, left, 1);
	}
}

/*
 * In a run that was joined in its midst, up to a page of samples is left out: the rest
 * lies in memory as on the disk then. Returns the bytes to leave out.
 */
static size_t recording_skip(const struct recording *r, const struct acq_span *span)
{
	size_t align = reel_align(r->reel), off = (uintptr_t)span->data % align;

	if (r->begun || !off || !span->position || align % span->frame_bytes ||
	    r->config.block_used != r->config.block_bytes)
		return 0;
	return align - off < span->bytes ? align - off : span->bytes;
}

static int recording_take_samples(struct recording *r, struct acq_span *span)
{
	size_t less = recording_skip(r, span);
	int err;

	r->position = span->position + span->bytes;
	r->skipped += less / span->frame_bytes;
	span->data = (const char *)span->data + less;
	span->position += less;
	span->index += less / span->frame_bytes;
	span->bytes -= less;
	if (!span->bytes)
		return EXIT_OK;
	if (!r->begun) {
		r->begun = true;
		r->first = *span;
		recording_learn_time(r);
	}
	err = reel_put(r->reel, span);
	if (err)
		return recording_disk_failed(r, err);
	r->bytes += span->bytes;
	r->frames += span->bytes / span->frame_bytes;
	return EXIT_OK;
}

/* How much to ask for; 0: all is recorded */
static size_t recording_wanted(const struct recording *r)
{
	const struct recording_options *o = r->options;
	size_t frame = r->config.frame_bytes, want = r->chunk - r->chunk % frame;
	uint64_t left;

	if (o->frames) {
		left = o->frames > r->frames ? o->frames - r->frames : 0;
		if (left <= want / frame)
			want = left * frame;
	}
	if (o->bytes) {
		left = o->bytes > r->bytes ? o->bytes - r->bytes : 0;
		left -= left % frame;
		want = left < want ? left : want;
	}
	return want;
}

/* How long to wait for samples if there is nothing else to do */
static int64_t recording_pause_ns(void)
{
	int64_t alive_ns = notify_alive_ns();

	if (notify_listens() && (alive_ns < 0 || alive_ns > STATUS * 1e9))
		return STATUS * 1e9;
	return alive_ns;
}

static int recording_step(struct recording *r)
{
	struct acq *acq = r->dev->acq;
	size_t want = recording_wanted(r);
	struct acq_span span;
	int64_t timeout_ns;
	bool busy, enough;
	int event, err;

	if (!want || stop_reason()) {
		r->end = !want ? "limit" : stop_reason() == STOP_TIME ? "time" : "signal";
		return EXIT_OK;
	}
	/* while the disk is busy, small pieces can become larger ones */
	busy = reel_under_way(r->reel);
	enough = acq_behind(acq) >= want && reel_under_way(r->reel) < r->options->depth;
	err = reel_reap(r->reel, busy && !enough);
	if (err)
		return recording_disk_failed(r, err);
	err = recording_give_back(r);
	if (err || (busy && !enough && reel_under_way(r->reel)))
		return err;
	timeout_ns = reel_under_way(r->reel) ? 0 : reel_is_due(r->reel) ? DUE_NS :
		     recording_pause_ns();
	event = acq_next(acq, &span, want, timeout_ns);
	if (event == ACQ_EVENT_DATA)
		return recording_take_samples(r, &span);
	if (event == ACQ_EVENT_GAP)
		recording_take_gap(r, &span.gap);
	else if (event == ACQ_EVENT_END)
		r->end = "finished";
	else if (event != -EAGAIN && event != -EINTR)
		return device_read_error(r->dev, event, &r->end);
	return EXIT_OK;
}

static int recording_ask(struct recording *r)
{
	int err = acq_get_config(r->dev->acq, &r->config);

	if (!err)
		err = acq_get_info(r->dev->acq, &r->info);
	return err ? device_error(r->dev, "read its configuration", err) : EXIT_OK;
}

/* Bytes to come; 0: nobody knows. At most what a file can have, for which there is no room. */
static uint64_t recording_size(const struct recording *r)
{
	const struct recording_options *o = r->options;
	uint64_t size = o->frames ? o->frames : r->config.count;
	double of_time;

	if (__builtin_mul_overflow(size, r->config.frame_bytes, &size))
		size = INT64_MAX;
	if (o->bytes && (!size || o->bytes < size))
		size = o->bytes;
	if (!size && o->milli) {
		of_time = (double)o->milli * r->config.rate_millihz / 1e6 * r->config.frame_bytes;
		size = of_time < INT64_MAX ? of_time : INT64_MAX;
	}
	return size < INT64_MAX ? size : INT64_MAX;
}

/* First the files, and room for them, then the card's settings: a refusal changes nothing. */
static int recording_prepare(struct recording *r)
{
	const struct recording_options *o = r->options;
	int err;

	err = recording_ask(r);
	if (err)
		return err;
	if (o->setup)
		r->config = o->setup->config;
	if (o->bytes && o->bytes < r->config.frame_bytes) {
		complain("--bytes: a frame alone has %u", r->config.frame_bytes);
		return EXIT_USAGE;
	}
	if (o->files.file_bytes && o->files.file_bytes < r->config.frame_bytes) {
		complain("--max-file-size: a frame alone has %u bytes", r->config.frame_bytes);
		return EXIT_USAGE;
	}
	/* several writes have to fit into the ring, and the card's blocks beside them */
	r->chunk = o->chunk < r->config.ring_bytes / 8 ? o->chunk : r->config.ring_bytes / 8;
	r->chunk = r->chunk < 4096 ? 4096 : r->chunk - r->chunk % 4096;
	r->files = o->files;
	r->files.take = (struct take_options) {
		.chunk = r->chunk, .depth = o->depth, .size = recording_size(r), .force = o->force,
		.flush = o->flush_milli / 1e3,
	};
	err = reel_open(&r->reel, &r->files);
	if (!err && o->setup)
		err = setup_make(r->dev, o->setup);
	return err ? err : recording_ask(r);
}

/* Nothing can refuse any more: what the files had until now goes. */
static int recording_begin(struct recording *r)
{
	struct take_about about = {
		.device = r->dev->path, .info = &r->info, .config = &r->config,
	};
	struct acq_status status;
	int err;

	if (!acq_get_status(r->dev->acq, &status))
		about.run = status.run;
	err = reel_begin(r->reel, &about);
	return err ? recording_disk_failed(r, err) : EXIT_OK;
}

static void recording_summarize(const struct recording *r)
{
	uint64_t copied = r->totals.copied;
	char text[256], much[TEXT_MAX];

	remark("%" PRIu64 " bytes, %" PRIu64 " frames:", r->bytes, r->frames);
	recording_rates(r, text, sizeof(text));
	remark("%s", text);
	remark("longest stall of the disk: %s", format_human_time(r->gauge.stall, much));
	if (r->totals.files != 1)
		remark("%" PRIu64 " files, the last one is %s", r->totals.files,
		       reel_data_name(r->reel));
	/* of a few pages at the edges nothing needs to be known */
	if (reel_align(r->reel) > 1 && copied > r->bytes / 2 && copied > 2 * r->chunk)
		remark("%.40sB of it were copied before writing:\n%s",
		       format_human(copied, much),
		       r->config.block_used != r->config.block_bytes ?
		       "a block does not hold whole pages of frames" :
		       "samples are not aligned in memory as in the file");
	if (r->skipped)
		remark("%" PRIu64 " frames at the beginning were skipped, to write without a copy",
		       r->skipped);
	if (r->slow)
		remark("the disk is too slow for this card, or the ring too small: it was %u %% full",
		       recording_percent(r, r->backlog_max));
}

/* All that is taken is written, or as much as can be; the account says so. */
static int recording_finish(struct recording *r, int status)
{
	const struct recording_options *o = r->options;
	int err;

	err = reel_end(r->reel);
	if (err && !status)
		status = recording_disk_failed(r, err);
	if (!status && o->strict && r->gaps)
		status = EXIT_GAP;
	progress_end();
	if (!status && (o->frames || o->bytes) && recording_wanted(r))
		status = report_short(r->frames, r->config.frame_bytes, o->frames, o->bytes);
	err = reel_complete(r->reel, r->end, status);
	if (err && status != EXIT_SYSTEM && status != EXIT_FULL)
		status = recording_disk_failed(r, err);
	recording_learn_totals(r);
	r->ended = clock_seconds();
	report_calm();
	recording_summarize(r);
	return status;
}

void recording_failed(const struct recording_options *options, int status)
{
	struct json_object *o = json_object_new_object();
	struct summary summary;

	json_text(o, "file", options->base);
	json_text(o, "end", "error");
	json_u64(o, "exit", status);
	json_text(o, "error", report_last());
	if (summary_open(&summary, options->json, options->json_file))
		json_object_put(o);
	else
		summary_write(&summary, o);
}

int recording_check(const struct recording_options *options)
{
	size_t len = strlen(options->base);
	struct stat st;

	if (!len || options->base[len - 1] == '/') {
		complain("'%s' is not a name for a recording", options->base);
		return EXIT_USAGE;
	}
	if (!text_is_utf8(options->base)) {
		complain("'%s' is not UTF-8, as all text of SigMF is: take another name",
			 options->base);
		return EXIT_USAGE;
	}
	if (!stat(options->base, &st) && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
		complain("%s is not a file; 'acq read' writes to anything", options->base);
		return EXIT_USAGE;
	}
	return reel_check(&options->files);
}

/*
 * Is the recorder worth its watchdog's trust? It is while samples or gaps come, and while there
 * is a reason why none do: the stream waits for its trigger, is suspended, or its samples are
 * further apart than the watchdog looks. A stream that runs and has no samples is stuck.
 */
static bool recording_is_alive(struct recording *r)
{
	int64_t pause_ns = notify_alive_ns();
	struct acq_status status;
	bool moves = r->alive != r->bytes + r->gaps;

	r->alive = r->bytes + r->gaps;
	if (moves)
		return true;
	if (acq_get_status(r->dev->acq, &status))
		return false;
	return status.state != ACQ_STATE_RUNNING ||
	       r->config.rate_millihz < 1e12 / pause_ns;
}

static void recording_show(struct recording *r, bool show)
{
	struct gauge_gaps gaps = { r->gaps, r->lost, r->estimated };
	bool status = notify_listens() && r->ended >= r->next_status;
	char text[GAUGE_COLUMNS + 1];

	show = show && r->ended >= r->next_progress;
	if (!show && !status)
		return;
	gauge_look(&r->gauge, reel_data_name(r->reel));
	gauge_line(&r->gauge, &gaps, recording_percent(r, r->backlog), text, sizeof(text));
	if (show) {
		progress("%s", text);
		r->next_progress = r->ended + PROGRESS;
	}
	if (status) {
		notify_status(text);
		r->next_status = r->ended + STATUS;
	}
}

static int recording_loop(struct recording *r)
{
	bool show = !r->options->quiet && isatty(STDERR_FILENO);
	int status = EXIT_OK, err;

	while (!status && !r->end) {
		status = recording_step(r);
		err = status ? 0 : reel_tick(r->reel);
		if (err)
			status = recording_disk_failed(r, err);
		reel_sum(r->reel, &r->totals);
		gauge_turn(&r->gauge, r->bytes, r->totals.written, reel_under_way(r->reel));
		r->ended = r->gauge.now;
		if (notify_is_due() && recording_is_alive(r))
			notify_alive();
		recording_show(r, show);
	}
	return status;
}

int recording_run(const struct device *dev, const struct recording_options *options)
{
	struct recording r = { .dev = dev, .options = options };
	int status, err;
	bool begun;

	r.gap_list = json_object_new_array();
	stop_catch();
	notify_open();
	status = summary_open(&r.summary, options->json, options->json_file);
	if (!status)
		status = recording_prepare(&r);
	r.began = clock_seconds();
	r.ended = r.began;
	report_hurry();
	if (!status)
		status = recording_attach(&r);
	if (!status)
		status = recording_begin(&r);
	begun = !status;
	if (begun)
		notify_ready();
	gauge_begin(&r.gauge);
	if (options->milli)
		stop_after(options->milli);
	if (begun)
		status = recording_loop(&r);
	if (begun && !r.frames)
		device_remark_nothing(dev);
	if (!r.end)
		r.end = "error";
	if (options->stop) {
		err = acq_stop(dev->acq);
		/* a stream that has ended by itself needs no stop */
		if (err && err != -ENODEV)
			device_error(dev, "stop the stream", err);
	}
	notify_stopping();
	if (begun)
		status = recording_finish(&r, status);
	else
		report_calm();
	if (options->json) {
		err = summary_write(&r.summary, recording_describe(&r, status));
		status = status ? status : err;
	}
	/* before the ring goes: writes may be under way after an error */
	reel_close(r.reel);
	acq_finish(dev->acq);
	json_object_put(r.gap_list);
	return status;
}
