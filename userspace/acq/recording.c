// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "config.h"
#include "disk.h"
#include "exit.h"
#include "json.h"
#include "names.h"
#include "recording.h"
#include "report.h"
#include "setup.h"
#include "sidecar.h"
#include "stop.h"
#include "summary.h"
#include "text.h"

#define PROGRESS	0.2	/* seconds between two lines of progress */
#define GAPS_TOLD	100	/* on the terminal; the file beside the samples has all */
#define FLUSH_US	200000	/* samples are on their way to the disk after so long */
#define FULL		50	/* percent of the ring that are worth a warning */
#define NOTE		1.0	/* seconds between two sidecars, a gap aside */
#define NOTE_SHARE	20	/* but at most one part in so many of the time is for them */
#define NOTE_WAIT_NS	100000000	/* a sidecar that is due waits so long for samples */

struct recording {
	const struct device *dev;
	const struct recording_options *options;
	struct acq_info info;
	struct acq_config config;
	struct disk *disk;
	size_t chunk;
	struct sidecar *sidecar;
	struct summary summary;
	struct json_object *gap_list;
	struct {
		uint64_t bytes, written, gaps;	/* that the sidecar knows */
		double when, cost;
	} noted;

	uint64_t bytes, frames, gaps, lost, skipped;
	bool estimated;			/* a part of @lost is */
	uint64_t position;		/* behind the last sample that was taken */
	bool begun;			/* the first sample is known */
	struct acq_span first;
	char first_time[64];
	uint64_t backlog, backlog_max;	/* bytes in the ring that are not on the disk */
	uint64_t backlog_first;		/* what is left of what the ring had at the start */
	bool warned, slow;
	double began, ended, next_progress;
	const char *end;		/* why it ended, a word */
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

/* @bytes: of the file, as far as they are vouched for */
static struct json_object *recording_describe(const struct recording *r, uint64_t bytes, int status)
{
	struct json_object *o = json_object_new_object();
	double seconds = r->ended - r->began;

	json_text(o, "file", r->options->output);
	json_text(o, "end", r->end ? r->end : "recording");
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
	json_u64(o, "bytes", bytes);
	json_u64(o, "frames", r->config.frame_bytes ? bytes / r->config.frame_bytes : 0);
	json_u64(o, "frame_bytes", r->config.frame_bytes);
	json_number(o, "seconds", seconds);
	json_number(o, "bytes_per_second", seconds > 0 ? bytes / seconds : 0);
	json_u64(o, "skipped", r->skipped);
	json_u64(o, "copied", r->disk ? disk_copied(r->disk) : 0);
	json_flag(o, "direct", r->disk && disk_align(r->disk) > 1);
	json_u64(o, "backlog_max", r->backlog_max);
	json_u64(o, "gaps", r->gaps);
	json_u64(o, "lost", r->lost);
	json_flag(o, "estimated", r->estimated);
	json_object_object_add(o, "gap_list", json_object_get(r->gap_list));
	return o;
}

/* What the sidecar says; NULL: out of memory */
static char *recording_text(const struct recording *r, uint64_t bytes, int status)
{
	struct json_object *o = recording_describe(r, bytes, status);
	char *text;

	if (asprintf(&text, "%s\n", json_pretty(o)) < 0)
		text = NULL;
	json_object_put(o);
	return text;
}

static int recording_sidecar_failed(struct recording *r, int err)
{
	complain("%s cannot be written: %s", sidecar_name(r->sidecar), strerror(-err));
	r->end = "error";
	return EXIT_SYSTEM;
}

static int recording_disk_failed(struct recording *r, int err)
{
	complain("%s cannot be written: %s", r->options->output, strerror(-err));
	r->end = "error";
	return EXIT_SYSTEM;
}

static uint64_t recording_written(const struct recording *r)
{
	uint64_t bytes = disk_written(r->disk);

	return bytes - bytes % r->config.frame_bytes;
}

static bool recording_note_is_due(const struct recording *r)
{
	return r->noted.gaps != r->gaps || r->noted.bytes != r->bytes ||
	       r->noted.written != recording_written(r);
}

/*
 * Gaps, and about once a second how far the file is written, go to the sidecar: a recording
 * that is killed must not look as if nothing had been lost.
 */
static int recording_note(struct recording *r)
{
	double now = clock_seconds(), pause = r->noted.gaps != r->gaps ? 0 : NOTE;
	char *text;
	bool busy;
	int err;

	busy = sidecar_busy(r->sidecar, &err);
	if (err)
		return recording_sidecar_failed(r, err);
	/* a list of very many gaps takes its time, which is the recording's, too */
	if (pause < NOTE_SHARE * r->noted.cost)
		pause = NOTE_SHARE * r->noted.cost;
	if (busy || !recording_note_is_due(r) || now < r->noted.when + pause)
		return EXIT_OK;
	if (pause)
		err = disk_flush(r->disk);
	if (err)
		return recording_disk_failed(r, err);
	r->noted.gaps = r->gaps;
	r->noted.bytes = r->bytes;
	r->noted.written = recording_written(r);
	text = recording_text(r, r->noted.written, EXIT_OK);
	if (!text)
		return recording_sidecar_failed(r, -ENOMEM);
	sidecar_put(r->sidecar, text);
	r->noted.when = now;
	r->noted.cost = clock_seconds() - now;
	return EXIT_OK;
}

/* The wall clock at the first sample, as well as the driver can know */
static void recording_learn_time(struct recording *r)
{
	struct timespec real, mono;
	int64_t ns;
	time_t t;
	struct tm tm;
	size_t len;

	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_MONOTONIC, &mono);
	ns = (int64_t)(real.tv_sec - mono.tv_sec) * 1000000000 + real.tv_nsec - mono.tv_nsec;
	ns += r->first.time_ns;
	ns += (r->first.index - r->first.time_index) * 1e12 / r->config.rate_millihz;
	t = ns / 1000000000;
	gmtime_r(&t, &tm);
	len = strftime(r->first_time, sizeof(r->first_time), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(r->first_time + len, sizeof(r->first_time) - len, ".%06dZ",
		 (int)(ns % 1000000000 / 1000));
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
	uint64_t needs = disk_needs(r->disk), used = needs < r->position ? needs : r->position;
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
	return device_error(r->dev, "give samples back", err);
}

static void recording_take_gap(struct recording *r, const struct acq_gap *gap)
{
	struct json_object *o = json_gap(gap);

	r->gaps++;
	r->lost += gap->lost;
	r->estimated |= gap->flags & ACQ_GAP_ESTIMATED;
	json_u64(o, "byte", r->bytes);
	json_object_array_add(r->gap_list, o);
	if (r->gaps <= GAPS_TOLD)
		report_gap(gap, r->bytes);
	if (r->gaps == GAPS_TOLD)
		remark("further gaps are only listed in %s", sidecar_name(r->sidecar));
}

static uint64_t recording_number_of(const struct json_object *o, const char *key)
{
	return json_object_get_uint64(json_object_object_get(o, key));
}

/* A disk that failed has less than was read: what was lost behind that is not the file's. */
static void recording_forget_gaps(struct recording *r)
{
	size_t left = json_object_array_length(r->gap_list);
	const struct json_object *o;

	while (left--) {
		o = json_object_array_get_idx(r->gap_list, left);
		if (recording_number_of(o, "byte") <= r->bytes)
			break;
		r->gaps--;
		r->lost -= recording_number_of(o, "lost");
		json_object_array_del_idx(r->gap_list, left, 1);
	}
}

/*
 * In a run that was joined in its midst, up to a page of samples is left out: the rest
 * lies in memory as on the disk then. Returns the bytes to leave out.
 */
static size_t recording_skip(const struct recording *r, const struct acq_span *span)
{
	size_t align = disk_align(r->disk), off = (uintptr_t)span->data % align;

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
	err = disk_put(r->disk, span->data, span->bytes, span->position);
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
	busy = disk_under_way(r->disk);
	enough = acq_behind(acq) >= want && disk_under_way(r->disk) < r->options->depth;
	err = disk_reap(r->disk, busy && !enough);
	if (err)
		return recording_disk_failed(r, err);
	err = recording_give_back(r);
	if (err || (busy && !enough && disk_under_way(r->disk)))
		return err;
	timeout_ns = disk_under_way(r->disk) ? 0 : recording_note_is_due(r) ? NOTE_WAIT_NS : -1;
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
	return err ? device_error(r->dev, "ask its configuration", err) : EXIT_OK;
}

/* First the files, and room for them, then the card's settings: a refusal changes nothing. */
static int recording_prepare(struct recording *r)
{
	const struct recording_options *o = r->options;
	uint64_t size;
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
	/* several writes have to fit into the ring, and the card's blocks beside them */
	r->chunk = o->chunk < r->config.ring_bytes / 8 ? o->chunk : r->config.ring_bytes / 8;
	r->chunk = r->chunk < 4096 ? 4096 : r->chunk - r->chunk % 4096;
	size = o->frames ? o->frames : r->config.count;
	size *= r->config.frame_bytes;
	if (o->bytes && (!size || o->bytes < size))
		size = o->bytes;
	if (!size && o->milli)
		size = (double)o->milli * r->config.rate_millihz / 1e6 * r->config.frame_bytes;
	err = disk_open(&r->disk, o->output, r->chunk, o->depth, size, o->force);
	if (!err)
		err = sidecar_open(&r->sidecar, o->output, disk_fd(r->disk));
	if (!err && o->setup)
		err = setup_make(r->dev, o->setup);
	return err ? err : recording_ask(r);
}

/* Nothing can refuse any more: what the files had until now goes. */
static int recording_begin(struct recording *r)
{
	char *text = recording_text(r, 0, EXIT_OK);
	int err;

	if (!text)
		return recording_sidecar_failed(r, -ENOMEM);
	err = sidecar_begin(r->sidecar, text);
	free(text);
	if (err)
		return recording_sidecar_failed(r, err);
	err = disk_begin(r->disk);
	return err ? recording_disk_failed(r, err) : EXIT_OK;
}

static void recording_summarize(const struct recording *r)
{
	uint64_t copied = disk_copied(r->disk);
	char text[256], much[TEXT_MAX];

	remark("%" PRIu64 " bytes, %" PRIu64 " frames:", r->bytes, r->frames);
	recording_rates(r, text, sizeof(text));
	remark("%s", text);
	/* of a few pages at the edges nothing needs to be known */
	if (disk_align(r->disk) > 1 && copied > r->bytes / 2 && copied > 2 * r->chunk)
		remark("%.40sB of it were copied before they were written:\n%s",
		       format_human(copied, much),
		       r->config.block_used != r->config.block_bytes ?
		       "a block does not hold whole pages of frames" :
		       "samples do not lie in memory as in the file");
	if (r->skipped)
		remark("%" PRIu64 " frames were left out at the begin, to write without a copy",
		       r->skipped);
	if (r->slow)
		remark("the disk is too slow for this card, or the ring too small: it was %u %% full",
		       recording_percent(r, r->backlog_max));
}

/* All that is taken is written, or as much as can be; the files say so. */
static int recording_finish(struct recording *r, int status)
{
	const struct recording_options *o = r->options;
	char *text;
	int err;

	err = disk_finish(r->disk, r->config.frame_bytes);
	if (err && status != EXIT_SYSTEM)
		status = recording_disk_failed(r, err);
	r->bytes = disk_bytes(r->disk);
	r->frames = r->bytes / r->config.frame_bytes;
	recording_forget_gaps(r);
	r->ended = clock_seconds();
	if (!status && o->strict && r->gaps)
		status = EXIT_GAP;
	progress_end();
	if (!status && (o->frames || o->bytes) && recording_wanted(r))
		status = report_short(r->frames, r->config.frame_bytes, o->frames, o->bytes);
	recording_summarize(r);
	text = recording_text(r, r->bytes, status);
	err = text ? sidecar_finish(r->sidecar, text) : -ENOMEM;
	free(text);
	if (err && status != EXIT_SYSTEM)
		status = recording_sidecar_failed(r, err);
	return status;
}

void recording_failed(const struct recording_options *options, int status)
{
	struct json_object *o = json_object_new_object();
	struct summary summary;

	json_text(o, "file", options->output);
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
	char sidecar[PATH_MAX];
	struct stat st;

	snprintf(sidecar, sizeof(sidecar), "%s.json", options->output);
	if (!stat(options->output, &st) && !S_ISREG(st.st_mode)) {
		complain("%s is not a file; 'acq read' writes to anything", options->output);
		return EXIT_USAGE;
	}
	if (options->force)
		return EXIT_OK;
	if (!lstat(options->output, &st) || !lstat(sidecar, &st)) {
		complain("%s exists: --force overwrites it",
			 lstat(options->output, &st) ? sidecar : options->output);
		return EXIT_SYSTEM;
	}
	return EXIT_OK;
}

static int recording_loop(struct recording *r)
{
	bool show = !r->options->quiet && isatty(STDERR_FILENO);
	int status = EXIT_OK;
	char text[256];

	while (!status && !r->end) {
		status = recording_step(r);
		if (!status)
			status = recording_note(r);
		r->ended = clock_seconds();
		if (!show || r->ended < r->next_progress)
			continue;
		recording_rates(r, text, sizeof(text));
		progress("%s", text);
		r->next_progress = r->ended + PROGRESS;
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
	status = summary_open(&r.summary, options->json, options->json_file);
	if (!status)
		status = recording_prepare(&r);
	r.began = clock_seconds();
	r.ended = r.began;
	if (!status)
		status = recording_attach(&r);
	if (!status)
		status = recording_begin(&r);
	begun = !status;
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
	if (begun)
		status = recording_finish(&r, status);
	if (options->json) {
		err = summary_write(&r.summary, recording_describe(&r, r.bytes, status));
		status = status ? status : err;
	}
	/* before the ring goes: writes may be under way after an error */
	sidecar_close(r.sidecar);
	disk_close(r.disk);
	acq_finish(dev->acq);
	json_object_put(r.gap_list);
	return status;
}
