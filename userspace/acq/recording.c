// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
#include "stop.h"
#include "text.h"

#define PROGRESS	0.2	/* seconds between two lines of progress */
#define GAPS_TOLD	100	/* on the terminal; the file beside the samples has all */
#define FLUSH_US	200000	/* samples are on their way to the disk after so long */
#define FULL		50	/* percent of the ring that are worth a warning */

struct recording {
	const struct device *dev;
	const struct recording_options *options;
	struct acq_info info;
	struct acq_config config;
	struct disk *disk;
	size_t chunk;
	char *sidecar;
	struct json_object *gap_list;

	uint64_t bytes, frames, gaps, lost, skipped;
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

static unsigned int percent(const struct recording *r, uint64_t bytes)
{
	return r->config.ring_bytes ? bytes * 100 / r->config.ring_bytes : 0;
}

static void rates(const struct recording *r, char *text, size_t size)
{
	char bytes[TEXT_MAX], per_second[TEXT_MAX];
	double seconds = r->ended - r->began;

	snprintf(text, size, "%.40sB, %.2f s, %.40sB/s, %" PRIu64 " gap%s (%" PRIu64 " frames lost), ring at most %u %% full",
		 format_human(r->bytes, bytes), seconds,
		 format_human(seconds > 0 ? r->bytes / seconds : 0, per_second), r->gaps,
		 r->gaps == 1 ? "" : "s", r->lost, percent(r, r->backlog_max));
}

static struct json_object *describe(const struct recording *r, int status)
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
	json_u64(o, "bytes", r->bytes);
	json_u64(o, "frames", r->frames);
	json_u64(o, "frame_bytes", r->config.frame_bytes);
	json_number(o, "seconds", seconds);
	json_number(o, "bytes_per_second", seconds > 0 ? r->bytes / seconds : 0);
	json_u64(o, "skipped", r->skipped);
	json_u64(o, "copied", r->disk ? disk_copied(r->disk) : 0);
	json_flag(o, "direct", r->disk && disk_align(r->disk) > 1);
	json_u64(o, "backlog_max", r->backlog_max);
	json_u64(o, "gaps", r->gaps);
	json_u64(o, "lost", r->lost);
	json_object_object_add(o, "gap_list", json_object_get(r->gap_list));
	return o;
}

/* All at once or not at all: somebody may be looking. */
static int save_sidecar(const struct recording *r, int status)
{
	char name[4096];
	FILE *file;
	int err;

	if (snprintf(name, sizeof(name), "%s.new", r->sidecar) >= (int)sizeof(name)) {
		complain("the name of %s is too long", r->sidecar);
		return EXIT_SYSTEM;
	}
	file = fopen(name, "we");
	err = file ? json_write(describe(r, status), file, 1) : -errno;
	if (file && fclose(file) && !err)
		err = -errno;
	if (!err && rename(name, r->sidecar))
		err = -errno;
	if (!err)
		return EXIT_OK;
	complain("cannot write %s: %s", r->sidecar, strerror(-err));
	return EXIT_SYSTEM;
}

/* The wall clock at the first sample, as well as the driver can know */
static void learn_time(struct recording *r)
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

static int attach(struct recording *r)
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

static int disk_failed(struct recording *r, int err)
{
	complain("cannot write %s: %s", r->options->output, strerror(-err));
	r->end = "error";
	return EXIT_SYSTEM;
}

/* What is on the disk or copied can go back to the card. */
static int give_back(struct recording *r)
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
	grown = percent(r, r->backlog - r->backlog_first);
	if (!r->warned && grown >= FULL)
		remark("the disk is too slow: the ring is %u %% full", percent(r, r->backlog));
	/* once, until it has recovered */
	r->warned = grown >= (r->warned ? FULL / 2 : FULL);
	r->slow |= r->warned;
	err = acq_release(r->dev->acq, used);
	if (!err)
		return EXIT_OK;
	r->end = "error";
	return device_error(r->dev, "give samples back", err);
}

static void take_gap(struct recording *r, const struct acq_gap *gap)
{
	struct json_object *o = json_gap(gap);

	r->gaps++;
	r->lost += gap->lost;
	json_u64(o, "byte", r->bytes);
	json_object_array_add(r->gap_list, o);
	if (r->gaps <= GAPS_TOLD)
		remark("gap at byte %" PRIu64 ", sample index %llu: %llu frames lost (%s)",
		       r->bytes, gap->index, gap->lost, cause_text(gap->cause));
	if (r->gaps == GAPS_TOLD)
		remark("further gaps are only listed in %s", r->sidecar);
}

static uint64_t number_of(const struct json_object *o, const char *key)
{
	return json_object_get_uint64(json_object_object_get(o, key));
}

/* A disk that failed has less than was read: what was lost behind that is not the file's. */
static void forget_gaps(struct recording *r)
{
	size_t left = json_object_array_length(r->gap_list);
	const struct json_object *o;

	while (left--) {
		o = json_object_array_get_idx(r->gap_list, left);
		if (number_of(o, "byte") <= r->bytes)
			break;
		r->gaps--;
		r->lost -= number_of(o, "lost");
		json_object_array_del_idx(r->gap_list, left, 1);
	}
}

/*
 * In a run that was joined in its midst, up to a page of samples is left out: the rest
 * lies in memory as on the disk then. Returns the bytes to leave out.
 */
static size_t skip(const struct recording *r, const struct acq_span *span)
{
	size_t align = disk_align(r->disk), off = (uintptr_t)span->data % align;

	if (r->begun || !off || !span->position || align % span->frame_bytes ||
	    r->config.block_used != r->config.block_bytes)
		return 0;
	return align - off < span->bytes ? align - off : span->bytes;
}

static int take_samples(struct recording *r, struct acq_span *span)
{
	size_t less = skip(r, span);
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
		learn_time(r);
		err = save_sidecar(r, EXIT_OK);
		if (err) {
			r->end = "error";
			return err;
		}
	}
	err = disk_put(r->disk, span->data, span->bytes, span->position);
	if (err)
		return disk_failed(r, err);
	r->bytes += span->bytes;
	r->frames += span->bytes / span->frame_bytes;
	return EXIT_OK;
}

/* How much to ask for; 0: all is recorded */
static size_t wanted(const struct recording *r)
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

static int step(struct recording *r)
{
	struct acq *acq = r->dev->acq;
	size_t want = wanted(r);
	struct acq_span span;
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
		return disk_failed(r, err);
	err = give_back(r);
	if (err || (busy && !enough && disk_under_way(r->disk)))
		return err;
	event = acq_next(acq, &span, want, disk_under_way(r->disk) ? 0 : -1);
	if (event == ACQ_EVENT_DATA)
		return take_samples(r, &span);
	if (event == ACQ_EVENT_GAP)
		take_gap(r, &span.gap);
	else if (event == ACQ_EVENT_END)
		r->end = "finished";
	else if (event != -EAGAIN && event != -EINTR)
		return device_read_error(r->dev, event, &r->end);
	return EXIT_OK;
}

static int prepare(struct recording *r)
{
	const struct recording_options *o = r->options;
	uint64_t size;
	int err;

	err = acq_get_config(r->dev->acq, &r->config);
	if (!err)
		err = acq_get_info(r->dev->acq, &r->info);
	if (err)
		return device_error(r->dev, "ask its configuration", err);
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
	if (asprintf(&r->sidecar, "%s.json", o->output) < 0) {
		r->sidecar = NULL;
		complain("out of memory");
		return EXIT_SYSTEM;
	}
	err = disk_open(&r->disk, o->output, r->chunk, o->depth, size);
	return err ? err : save_sidecar(r, EXIT_OK);
}

static void summary(const struct recording *r)
{
	uint64_t copied = disk_copied(r->disk);
	char text[256], much[TEXT_MAX];

	rates(r, text, sizeof(text));
	remark("%" PRIu64 " bytes, %" PRIu64 " frames (%s)", r->bytes, r->frames, text);
	/* of a few pages at the edges nothing needs to be known */
	if (disk_align(r->disk) > 1 && copied > r->bytes / 2 && copied > 2 * r->chunk)
		remark("%.40sB of it were copied before they were written: %s",
		       format_human(copied, much),
		       r->config.block_used != r->config.block_bytes ?
		       "a block does not hold whole pages of frames" :
		       "samples do not lie in memory as in the file");
	if (r->skipped)
		remark("%" PRIu64 " frames were left out at the begin, to write without a copy",
		       r->skipped);
	if (r->slow)
		remark("the disk is too slow for this card, or the ring too small: it was %u %% full",
		       percent(r, r->backlog_max));
}

/* To a file, or to stderr, where nothing else has gone then. */
static void save_json(const struct recording *r, int status)
{
	const char *name = r->options->json_file;
	FILE *file = name ? fopen(name, "we") : stderr;

	if (!file) {
		complain("cannot create %s: %s", name, strerror(errno));
		return;
	}
	json_write(describe(r, status), file, !!name);
	if (name)
		fclose(file);
}

int recording_run(const struct device *dev, const struct recording_options *options)
{
	struct recording r = { .dev = dev, .options = options };
	bool show = !options->quiet && isatty(STDERR_FILENO), begun;
	char text[256];
	int status, err;

	r.gap_list = json_object_new_array();
	stop_catch();
	status = prepare(&r);
	r.began = clock_seconds();
	r.ended = r.began;
	if (!status)
		status = attach(&r);
	begun = !status;
	if (options->milli)
		stop_after(options->milli);
	while (!status && !r.end) {
		status = step(&r);
		r.ended = clock_seconds();
		if (!show || r.ended < r.next_progress)
			continue;
		rates(&r, text, sizeof(text));
		progress("%s", text);
		r.next_progress = r.ended + PROGRESS;
	}
	if (!r.end)
		r.end = "error";
	if (options->stop) {
		err = acq_stop(dev->acq);
		/* a stream that has ended by itself needs no stop */
		if (err && err != -ENODEV)
			device_error(dev, "stop the stream", err);
	}
	if (begun) {
		err = disk_finish(r.disk, r.config.frame_bytes);
		if (err && status != EXIT_SYSTEM)
			status = disk_failed(&r, err);
		r.bytes = disk_bytes(r.disk);
		r.frames = r.bytes / r.config.frame_bytes;
		forget_gaps(&r);
		r.ended = clock_seconds();
	}
	if (!status && options->strict && r.gaps)
		status = EXIT_GAP;
	progress_end();
	if (begun) {
		summary(&r);
		err = save_sidecar(&r, status);
		status = status ? status : err;
	}
	if (options->json)
		save_json(&r, status);
	/* before the ring goes: writes may be under way after an error */
	disk_close(r.disk);
	acq_finish(dev->acq);
	json_object_put(r.gap_list);
	free(r.sidecar);
	return status;
}
