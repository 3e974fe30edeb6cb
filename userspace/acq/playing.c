// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "config.h"
#include "exit.h"
#include "json.h"
#include "names.h"
#include "playing.h"
#include "report.h"
#include "setup.h"
#include "source.h"
#include "stop.h"
#include "summary.h"
#include "text.h"

#define GAPS_TOLD	100	/* further ones are only counted */
#define PROGRESS	0.2	/* seconds between two lines of progress */
#define RATE_TOLERANCE	1000	/* a thousandth off is what clocks are */

struct playing {
	const struct device *dev;
	const struct playing_options *options;
	struct source source;
	struct summary summary;
	struct acq_config config;
	size_t frame;
	struct json_object *gap_list;

	uint64_t bytes;		/* accepted */
	uint64_t rounds;	/* of the file that have been accepted whole */
	uint64_t gaps, filler;
	bool estimated;		/* a part of @filler is */
	struct acq_gap gap;	/* the newest one */
	bool untold;		/* how long it was is not known yet */
	struct acq_status status;	/* in the end */
	double began, ended, next_progress;
	bool show_progress;

	const char *end;	/* why it ended, a word */
	bool failed;		/* the device has: there is nothing to wait for */
};

static double playing_seconds(const struct playing *p, uint64_t bytes)
{
	return bytes / p->frame * 1e3 / p->config.rate_millihz;
}

static void playing_gaps(const struct playing *p, char *text, size_t size)
{
	if (p->gaps)
		snprintf(text, size, "%" PRIu64 " underrun%s (%s%" PRIu64 " frame%s of filler)",
			 p->gaps, p->gaps == 1 ? "" : "s", p->estimated ? "~" : "", p->filler,
			 p->filler == 1 ? "" : "s");
	else
		snprintf(text, size, "no underrun");
}

static void playing_summarize(const struct playing *p)
{
	char bytes[TEXT_MAX], per_second[TEXT_MAX], gaps[TEXT_MAX];
	double seconds = p->ended - p->began;
	uint64_t played = p->status.head;

	playing_gaps(p, gaps, sizeof(gaps));
	remark("%" PRIu64 " bytes, %" PRIu64 " frames played:", played, played / p->frame);
	remark("%.40sB, %.2f s, %.40sB/s, %.120s", format_human(played, bytes), seconds,
	       format_human(seconds > 0 ? played / seconds : 0, per_second), gaps);
	if (p->status.dropped)
		remark("%.2f s (%llu frames) that were queued have not been played",
		       playing_seconds(p, p->status.dropped), p->status.dropped / p->frame);
}

static void playing_show(struct playing *p)
{
	struct acq_status status;
	char gaps[TEXT_MAX];

	p->ended = clock_seconds();
	if (!p->show_progress || p->ended < p->next_progress)
		return;
	p->next_progress = p->ended + PROGRESS;
	if (acq_get_status(p->dev->acq, &status))
		return;
	playing_gaps(p, gaps, sizeof(gaps));
	progress("%.2f s played, %.2f s queued, %.60s", playing_seconds(p, status.head),
		 playing_seconds(p, status.accepted - status.head - status.dropped), gaps);
}

void playing_failed(const char *path, const struct playing_options *options, int status)
{
	struct json_object *o = json_object_new_object();
	struct summary summary;

	json_text(o, "device", path);
	json_text(o, "file", options->input);
	json_text(o, "end", "error");
	json_u64(o, "exit", status);
	json_text(o, "error", report_last());
	if (summary_open(&summary, true, options->json_file))
		json_object_put(o);
	else
		summary_write(&summary, o);
}

static int playing_write_json(struct playing *p, int status)
{
	struct json_object *o = json_object_new_object();

	json_text(o, "device", p->dev->path);
	json_text(o, "file", p->options->input);
	json_text(o, "end", p->end);
	json_u64(o, "exit", status);
	if (*report_last())
		json_text(o, "error", report_last());
	json_u64(o, "bytes", p->bytes);
	json_u64(o, "played", p->status.head);
	json_u64(o, "dropped", p->status.dropped);
	json_u64(o, "rounds", p->rounds);
	json_u64(o, "frame_bytes", p->frame);
	json_number(o, "rate", p->config.rate_millihz / 1e3);
	json_number(o, "seconds", p->ended - p->began);
	json_u64(o, "underruns", p->gaps);
	json_u64(o, "filler", p->filler);
	json_flag(o, "estimated", p->estimated);
	json_object_object_add(o, "gap_list", json_object_get(p->gap_list));
	return summary_write(&p->summary, o);
}

/* The file says what its samples are; --config has the last word. Is that what it will be? */
static int playing_check_wav(const struct playing *p, const struct setup *setup,
			     const struct acq_info *info)
{
	uint64_t rate = p->source.wav.rate * 1000ULL, stands = setup->config.rate_millihz;
	unsigned int channels = config_channels(&setup->config, info->channels);
	char wanted[TEXT_MAX], nearest[TEXT_MAX];

	if (channels != p->source.wav.channels || setup->config.format != p->source.wav.format) {
		complain("%s: %s has %u channels of %s, and the card would play %u of %s",
			 p->dev->path, p->source.name, p->source.wav.channels,
			 name_of(&format_names, p->source.wav.format), channels,
			 name_of(&format_names, setup->config.format));
		return EXIT_SYSTEM;
	}
	if (setup->wanted.rate_millihz != rate ||
	    (stands > rate ? stands - rate : rate - stands) <= rate / RATE_TOLERANCE)
		return EXIT_OK;
	format_milli(stands, nearest);
	complain("%s: %s has %sHz, and the nearest that the card can do is %sHz: --config rate=%s plays it like that",
		 p->dev->path, p->source.name, format_milli(rate, wanted), nearest, nearest);
	return EXIT_SYSTEM;
}

/* Configure, if anything says how. */
static int playing_configure(struct playing *p)
{
	const char *config = p->options->config;
	const struct wav *wav = &p->source.wav;
	struct acq_info info;
	struct setup setup;
	char list[512] = "";
	int status, err;

	if (!p->source.has_wav && !config)
		return EXIT_OK;
	if (p->source.has_wav)
		snprintf(list, sizeof(list), "rate=%u,format=%s,channels=%u%s", wav->rate,
			 name_of(&format_names, wav->format), wav->channels, config ? "," : "");
	if (config && strlen(list) + strlen(config) >= sizeof(list)) {
		complain("--config: too long");
		return EXIT_USAGE;
	}
	strcat(list, config ? config : "");
	err = acq_get_info(p->dev->acq, &info);
	if (err)
		return device_error(p->dev, "ask what it is", err);
	status = setup_plan(p->dev, list, &setup);
	if (!status && p->source.has_wav)
		status = playing_check_wav(p, &setup, &info);
	return status ? status : setup_make(p->dev, &setup);
}

static int playing_prepare(struct playing *p)
{
	struct acq_reader_config writer = { .start_bytes = p->options->prefill };
	int status, err;

	status = playing_configure(p);
	if (status)
		return status;
	err = acq_get_config(p->dev->acq, &p->config);
	if (!err && (!p->config.frame_bytes || !p->config.rate_millihz))
		err = -EPROTO;
	if (err)
		return device_error(p->dev, "read its configuration", err);
	p->frame = p->config.frame_bytes;
	err = acq_set_reader(p->dev->acq, &writer);
	return err ? device_error(p->dev, "choose how to play", err) : EXIT_OK;
}

static void playing_tell_gap(struct playing *p)
{
	const struct acq_gap *gap = &p->gap;
	const char *about = gap->flags & ACQ_GAP_ESTIMATED ? "~" : "";
	char frames[TEXT_MAX];

	p->untold = false;
	p->filler += gap->lost;
	p->estimated |= !!*about;
	if (p->gaps > GAPS_TOLD)
		return;
	json_object_array_add(p->gap_list, json_gap(gap));
	snprintf(frames, sizeof(frames), "%s%llu frame%s of filler", about, gap->lost,
		 gap->lost == 1 ? "" : "s");
	remark("%s at byte %llu, index %llu: %s", cause_text(gap->cause), gap->position, gap->index,
	       gap->flags & ACQ_GAP_OPEN ? "to the end" : frames);
	if (p->gaps == GAPS_TOLD)
		remark("further ones are only counted");
}

/* All filler until now, as the driver counts it */
static uint64_t playing_filler(const struct playing *p)
{
	struct acq_reader_stats stats;
	uint64_t sum = 0;
	unsigned int i;

	if (acq_get_stats(p->dev->acq, &stats))
		return p->filler;
	for (i = 0; i < sizeof(stats.lost) / sizeof(stats.lost[0]); i++)
		sum += stats.lost[i];
	return sum;
}

/* Is it known by now how long the newest gap was? @last: it is told as it is. */
static void playing_settle_gap(struct playing *p, bool last)
{
	struct acq_gap gap;

	if (!p->untold)
		return;
	if (!acq_get_gap(p->dev->acq, &gap) && gap.count == p->gap.count)
		p->gap = gap;
	if (last || !(p->gap.flags & ACQ_GAP_OPEN))
		playing_tell_gap(p);
}

/* @p->end is set when it ends here. */
static void playing_take_gap(struct playing *p, const struct acq_gap *gap)
{
	if (p->untold) {
		/* it was over without anybody asking */
		p->gap.lost = playing_filler(p) - p->filler - gap->lost;
		p->gap.flags &= ~ACQ_GAP_OPEN;
		playing_tell_gap(p);
	}
	p->gaps++;
	p->gap = *gap;
	p->untold = true;
	playing_settle_gap(p, false);
	if (p->options->stop_at_underrun)
		p->end = "underrun";
}

/* Returns an exit status. */
static int playing_fail(struct playing *p, int err)
{
	p->failed = true;
	return device_write_error(p->dev, err, &p->end);
}

/* Put all of it, but for what ends it. Returns an exit status; @p->end is set then. */
static int playing_put(struct playing *p, const char *data, size_t bytes)
{
	int status = EXIT_OK, event;
	struct acq_span span;

	while (bytes && !p->end) {
		if (stop_reason()) {
			p->end = "signal";
			break;
		}
		event = acq_write(p->dev->acq, &span, data, bytes);
		data += span.bytes;
		bytes -= span.bytes;
		p->bytes += span.bytes;
		if (event == ACQ_EVENT_GAP)
			playing_take_gap(p, &span.gap);
		else if (event < 0 && event != -EINTR)
			status = playing_fail(p, event);
		playing_settle_gap(p, false);
		playing_show(p);
	}
	return status;
}

/* The file is at its end: once more? */
static int playing_go_round(struct playing *p)
{
	uint64_t most = p->options->rounds;
	size_t rest = source_rest(&p->source);
	int err;

	if (rest && !p->rounds)
		remark("%s: the last %zu bytes are no frame, and are not played", p->source.name,
		       rest);
	/* without end it would be for ever nothing */
	if (++p->rounds == most || !p->bytes) {
		p->end = "finished";
		return EXIT_OK;
	}
	err = source_rewind(&p->source);
	if (!err)
		return EXIT_OK;
	p->end = "error";
	complain("%s cannot be played again: %s", p->source.name,
		 err == -ESPIPE ? "--loop needs a file on a disk" : strerror(-err));
	return EXIT_SYSTEM;
}

static int playing_loop(struct playing *p)
{
	int status = EXIT_OK;
	const void *data;
	ssize_t n;

	while (!p->end) {
		if (stop_reason()) {
			p->end = "signal";
			break;
		}
		n = source_read(&p->source, p->frame, &data);
		if (n > 0) {
			status = playing_put(p, data, n);
		} else if (!n) {
			status = playing_go_round(p);
		} else if (n != -EINTR) {
			complain("%s cannot be read: %s", p->source.name, strerror(-n));
			p->end = "error";
			status = EXIT_SYSTEM;
		}
	}
	return status;
}

/* fsync() cannot be interrupted but by a kill: it gets a thread. */
struct drain {
	struct acq *acq;
	struct acq_span span;
	int event;
};

static void *playing_drain_thread(void *arg)
{
	struct drain *drain = arg;

	drain->event = acq_drain(drain->acq, &drain->span);
	return NULL;
}

/* Begin the thread, without the signals, which are for who can do something. */
static int playing_drain_begin(pthread_t *thread, struct drain *drain)
{
	sigset_t all, old;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(thread, NULL, playing_drain_thread, drain);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return err;
}

/* One wait for the end; a signal drops what is left. Returns as acq_drain(). */
static int playing_drain_once(struct playing *p, struct drain *drain)
{
	struct timespec until;
	pthread_t thread;

	if (playing_drain_begin(&thread, drain)) {
		playing_drain_thread(drain);
		return drain->event;
	}
	for (;;) {
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += 50000000;
		if (until.tv_nsec >= 1000000000) {
			until.tv_nsec -= 1000000000;
			until.tv_sec++;
		}
		if (!pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &until))
			return drain->event;
		playing_show(p);
		if (stop_reason() && strcmp(p->end, "signal")) {
			p->end = "signal";
			acq_drop(p->dev->acq);
		}
	}
}

/* Play what is queued to its end. */
static int playing_drain(struct playing *p)
{
	struct drain drain = { .acq = p->dev->acq };
	int event;

	do {
		event = playing_drain_once(p, &drain);
		if (event == ACQ_EVENT_GAP)
			playing_take_gap(p, &drain.span.gap);
	} while (event == ACQ_EVENT_GAP);
	if (event == -ETIMEDOUT) {
		p->end = "error";
		complain("%s: the card takes too long to play what is queued: the rest is dropped",
			 p->dev->path);
		return EXIT_SYSTEM;
	}
	return event < 0 ? playing_fail(p, event) : EXIT_OK;
}

/* What has been put is played, or dropped. */
static int playing_finish(struct playing *p, int status)
{
	bool drop = !strcmp(p->end, "signal") || !strcmp(p->end, "underrun");
	int err = 0;

	if (drop)
		acq_drop(p->dev->acq);
	else if (!p->failed)
		err = playing_drain(p);
	playing_settle_gap(p, true);
	/* without a byte there was no run, but perhaps an earlier one */
	if (p->bytes)
		acq_get_status(p->dev->acq, &p->status);
	p->ended = clock_seconds();
	return status ? status : err;
}

int playing_run(const struct device *dev, const struct playing_options *options)
{
	struct playing p = { .dev = dev, .options = options, .end = NULL };
	int status, err;
	bool begun;

	status = source_open(&p.source, options->input);
	if (status) {
		if (options->json)
			playing_failed(dev->path, options, status);
		return status;
	}
	status = summary_open(&p.summary, options->json, options->json_file);
	if (status) {
		source_close(&p.source);
		return status;
	}
	p.gap_list = json_object_new_array();
	p.show_progress = !options->quiet && isatty(STDERR_FILENO);
	stop_catch();
	status = playing_prepare(&p);
	begun = !status;
	p.began = clock_seconds();
	p.ended = p.began;
	if (begun) {
		status = playing_loop(&p);
		status = playing_finish(&p, status);
		progress_end();
		playing_summarize(&p);
	}
	if (!p.end)
		p.end = "error";
	if (!status && p.gaps)
		status = EXIT_UNDERRUN;
	source_close(&p.source);
	if (options->json) {
		err = playing_write_json(&p, status);
		status = status ? status : err;
	}
	json_object_put(p.gap_list);
	return status;
}
