// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>

#include "clock.h"
#include "config.h"
#include "names.h"
#include "tap.h"

#define TAP_RETRY	1.0		/* seconds between two tries to open the device */
#define TAP_TURN	0.02		/* seconds of samples at a time, by the clock */
#define TAP_SPAN	(1U << 20)	/* bytes at a time */

static void tap_trouble(struct tap *tap, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void tap_trouble(struct tap *tap, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(tap->trouble, sizeof(tap->trouble), fmt, ap);
	va_end(ap);
}

void tap_leave(struct tap *tap)
{
	acq_close(tap->acq);
	tap->acq = NULL;
	tap->ended = false;
	history_end(&tap->history);
}

/* What cannot be mended here: later it may be otherwise. */
static void tap_fail(struct tap *tap, const char *doing, int err)
{
	struct acq_status status;

	if (err == -ENOENT)
		tap_trouble(tap, "there is no such device: is the card there (acq list)?");
	else if (err == -ENODEV || err == -ENXIO)
		tap_trouble(tap, "the card is gone");
	else if (err == -EACCES || err == -EPERM)
		tap_trouble(tap, "cannot %s: is this user in the group acqdev?", doing);
	else if (err == -EIO && tap->acq && !acq_get_status(tap->acq, &status) && status.error)
		tap_trouble(tap, "the stream has failed (%s): 'acq start' tries it again",
			    failure_text(status.failure));
	else
		tap_trouble(tap, "cannot %s: %s", doing, acq_errstr(err));
	tap_leave(tap);
	tap->retry = clock_seconds() + TAP_RETRY;
}

/* How a frame looks is settled for as long as somebody reads. */
static int tap_layout(struct tap *tap)
{
	int err = acq_get_config(tap->acq, &tap->config);

	if (err)
		return err;
	if (!format_width(tap->config.format))
		return -EPROTO;
	if (!history_begin(&tap->history, tap->config.format,
			   config_channels(&tap->config, tap->info.channels)))
		return -ENOMEM;
	tap->gaps = 0;
	tap->lost = 0;
	tap->skipped = 0;
	return 0;
}

static int tap_begin(struct tap *tap)
{
	struct acq_reader_config reader = { .flags = ACQ_READER_MONITOR };
	int err;

	err = acq_open(&tap->acq, tap->name, tap->control ? O_RDWR : O_RDONLY);
	if (!err)
		err = acq_get_info(tap->acq, &tap->info);
	/* who opens an output for writing is its writer */
	if (!err && tap->control && tap->info.caps & ACQ_CAP_OUTPUT) {
		acq_close(tap->acq);
		err = acq_open(&tap->acq, tap->name, O_RDONLY);
	}
	if (!err)
		err = acq_set_reader(tap->acq, &reader);
	if (!err)
		err = acq_begin(tap->acq, ACQ_MODE_MMAP, TAP_SPAN, 0);
	if (!err)
		err = tap_layout(tap);
	tap->run = 0;
	return err;
}

static void tap_gap(struct tap *tap, const struct acq_gap *gap)
{
	struct history_gap lost = {
		.index = gap->index, .lost = gap->lost, .cause = gap->cause,
		.estimated = gap->flags & ACQ_GAP_ESTIMATED,
	};

	/* that this monitor was late is no loss of the stream's */
	if (gap->cause == ACQ_CAUSE_OVERTAKEN) {
		lost.cause = ACQ_CAUSE_NONE;
		tap->skipped += gap->lost;
	} else {
		tap->gaps++;
		tap->lost += gap->lost;
	}
	history_lose(&tap->history, &lost);
}

static void tap_data(struct tap *tap, const struct acq_span *span)
{
	uint64_t behind = acq_behind(tap->acq) / span->frame_bytes;

	/* what would be overwritten before anybody sees it is not copied */
	if (behind > tap->history.frames) {
		tap->skipped += span->frames;
		return;
	}
	history_add(&tap->history, span->data, span->frames, span->index);
	if (!acq_valid(tap->acq))
		history_back(&tap->history, span->index);
}

/* The next run may have frames of another kind. */
static int tap_next_run(struct tap *tap, const struct acq_span *span)
{
	int err = 0;

	if (tap->run) {
		err = tap_layout(tap);
		tap->ended = false;
	}
	tap->run = span->run;
	if (!err && span->frame_bytes != tap->history.samples.frame)
		err = -EPROTO;
	return err;
}

/* One event; false: that was all for now. */
static bool tap_event(struct tap *tap, enum tap_event *what)
{
	struct acq_span span;
	int event, err = 0;

	event = acq_next(tap->acq, &span, 0, 0);
	if (event == -EAGAIN || event == -EINTR)
		return false;
	if (event < 0) {
		tap_fail(tap, "read", event);
		*what = TAP_ANEW;
		return false;
	}
	if (span.run != tap->run) {
		err = tap_next_run(tap, &span);
		*what = TAP_ANEW;
	}
	if (err) {
		tap_fail(tap, "read", err);
		return false;
	}
	if (event == ACQ_EVENT_END) {
		tap->ended = true;
		return false;
	}
	if (event == ACQ_EVENT_DATA)
		tap_data(tap, &span);
	else
		tap_gap(tap, &span.gap);
	if (*what == TAP_NOTHING)
		*what = TAP_SAMPLES;
	return true;
}

enum tap_event tap_take(struct tap *tap)
{
	enum tap_event what = TAP_NOTHING;
	double now = clock_seconds();
	int err;

	if (!tap->acq) {
		if (now < tap->retry)
			return what;
		err = tap_begin(tap);
		if (err) {
			tap_fail(tap, "open the device", err);
			return what;
		}
		tap->trouble[0] = '\0';
		what = TAP_ANEW;
	}
	while (tap_event(tap, &what) && clock_seconds() - now < TAP_TURN)
		;
	return what;
}

uint64_t tap_mask(const struct tap *tap)
{
	unsigned int channels = tap->info.channels;

	if (tap->config.channel_mask)
		return tap->config.channel_mask;
	return channels < 64 ? (1ULL << channels) - 1 : ~0ULL;
}
