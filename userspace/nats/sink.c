// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit.h"
#include "output.h"
#include "report.h"
#include "sink.h"
#include "take.h"
#include "utc.h"

#define SINK_CHUNK	(1U << 20)
#define SINK_DEPTH	8
#define SINK_FLUSH	1.0

struct sink {
	struct output output;
	struct take *take;
	struct utc_clock clock;		/* the publisher's, whose times are UTC */
	struct acq_info info;
	struct acq_config config;
	uint64_t run, bytes;
	bool begun;
};

int sink_open(struct sink **out, const char *output, const char *record, bool force)
{
	struct sink *sink = calloc(1, sizeof(*sink));
	struct take_options options = {
		.base = record, .chunk = SINK_CHUNK, .depth = SINK_DEPTH, .force = force,
		.flush = SINK_FLUSH,
	};

	*out = sink;
	if (!sink) {
		complain("out of memory");
		return EXIT_SYSTEM;
	}
	options.clock = &sink->clock;
	sink->output.target.fd = -1;
	return record ? take_open(&sink->take, &options) : output_open(&sink->output, output);
}

static int sink_failed(const struct sink *sink, int err)
{
	complain("%s cannot be written: %s", take_failed(sink->take), strerror(-err));
	return take_status_of(err);
}

/* Who records has the number of a run, which is the last part of its name. */
static uint64_t sink_run(const char *run)
{
	const char *number = strrchr(run, '-');

	return number ? strtoull(number + 1, NULL, 10) : 0;
}

static void sink_learn(struct sink *sink, const struct message *m)
{
	struct acq_info *info = &sink->info;

	message_get_config(m, &sink->config);
	snprintf(info->card, sizeof(info->card), "%s", m->card);
	snprintf(info->family, sizeof(info->family), "%s", m->family);
	snprintf(info->serial, sizeof(info->serial), "%s", m->serial);
	info->channels = m->channels;
	info->timestamp_hz = m->timestamp_hz;
	sink->run = sink_run(m->run);
}

int sink_begin(struct sink *sink, const struct message *m)
{
	char device[sizeof(m->host) + sizeof(m->device) + 1];
	struct take_about about = {
		.device = device, .info = &sink->info, .config = &sink->config,
	};
	int err;

	sink_learn(sink, m);
	about.run = sink->run;
	if (!sink->take) {
		err = output_begin(&sink->output);
		sink->begun = !err;
		return err;
	}
	snprintf(device, sizeof(device), "%s:%s", m->host, m->device);
	err = take_begin(sink->take, &about);
	sink->begun = !err;
	return err ? sink_failed(sink, err) : EXIT_OK;
}

static int sink_record(struct sink *sink, const struct message *m, uint64_t less, uint64_t frames,
		       const void *data)
{
	struct acq_span span = {
		.data = data, .bytes = frames * m->frame_bytes, .frames = frames,
		.run = sink->run, .position = sink->bytes, .index = m->index + less,
		.card_time = m->card_time, .time_index = m->card_index,
		.frame_bytes = m->frame_bytes, .flags = m->time_ns ? ACQ_SPAN_TIME : 0,
	};
	uint64_t end = span.position + span.bytes;
	int err;

	sink->clock.synchronized = m->synchronized;
	sink->clock.error_us = m->error_us;
	/* the time is of another sample than the card's counter */
	span.time_ns = utc_of(&sink->clock, m->time_ns, m->index, m->card_index,
			      sink->config.rate_millihz);
	err = take_put(sink->take, &span);
	/* the message's memory goes */
	while (!err && take_needs(sink->take) < end)
		err = take_reap(sink->take, true);
	return err ? sink_failed(sink, err) : EXIT_OK;
}

int sink_put(struct sink *sink, const struct message *m, uint64_t less, uint64_t frames,
	     const void *data, const char **end)
{
	int err;

	if (sink->take) {
		err = sink_record(sink, m, less, frames, data);
		sink->bytes += err ? 0 : frames * m->frame_bytes;
		return err;
	}
	err = output_write(&sink->output, data, frames * m->frame_bytes);
	if (!err)
		return EXIT_OK;
	output_cut(&sink->output, m->frame_bytes);
	if (err == -EPIPE || err == -EINTR) {
		*end = err == -EPIPE ? "pipe" : "signal";
		return EXIT_OK;
	}
	complain("%s cannot be written: %s", sink->output.target.name, strerror(-err));
	return EXIT_SYSTEM;
}

void sink_gap(struct sink *sink, const struct acq_gap *gap)
{
	if (sink->take)
		take_gap(sink->take, gap);
}

int sink_tick(struct sink *sink)
{
	int err;

	if (!sink->take || !sink->begun)
		return EXIT_OK;
	err = take_reap(sink->take, false);
	if (!err)
		err = take_tick(sink->take);
	return err ? sink_failed(sink, err) : EXIT_OK;
}

static int sink_close_take(struct sink *sink, const char *reason, int status)
{
	int err;

	if (!sink->begun)
		return EXIT_OK;
	err = take_end(sink->take);
	while (!err && !take_drained(sink->take))
		err = take_reap(sink->take, true);
	/* docs/recording.md has the words that there are */
	if (!strcmp(reason, "cut"))
		reason = "error";
	err = take_complete(sink->take, reason, status);
	/* an error that has been said before is not said twice */
	return err && !status ? sink_failed(sink, err) : EXIT_OK;
}

int sink_close(struct sink *sink, const char *reason, int status)
{
	int err;

	if (!sink)
		return EXIT_OK;
	if (sink->take)
		err = sink_close_take(sink, reason, status);
	else if (sink->begun)
		err = output_close(&sink->output);
	else
		err = EXIT_OK;
	if (!sink->take && !sink->begun)
		output_drop(&sink->output);
	take_close(sink->take);
	free(sink);
	return err;
}
