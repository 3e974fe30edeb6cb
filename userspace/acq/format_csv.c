// SPDX-License-Identifier: GPL-2.0-only
/*
 * CSV, for small pieces: a line for each frame, with its sample index and its time.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/acqdev.h>

#include "draft.h"
#include "exit.h"
#include "format.h"
#include "names.h"
#include "report.h"
#include "scan.h"
#include "utc.h"

typedef unsigned __int128 wide;

struct csv_output {
	struct draft draft;
	FILE *file;
	struct recorded *recorded;
	const char *name;
	bool pipe;		/* it goes to stdout */
	uint64_t last;		/* frame */
};

static const char *const csv_suffixes[] = { ".csv", NULL };

static int csv_failed(const struct csv_output *o, int err)
{
	/* who closes a pipe has read enough */
	return o->pipe && err == EPIPE ? -EPIPE : draft_error(o->name, err);
}

/* The card's numbers of the channels, if they are known */
static void csv_head(struct csv_output *o)
{
	unsigned int channels = recorded_about(o->recorded)->channels, i, number = 0;
	uint64_t mask = 0;

	if (scan_u64(recorded_config(o->recorded), "channel_mask", &mask) != 1 ||
	    (unsigned int)__builtin_popcountll(mask) != channels)
		mask = 0;
	fputs("index,time", o->file);
	for (i = 0; i < channels; i++, number++) {
		while (mask && !(mask >> number & 1))
			number++;
		fprintf(o->file, ",ch%u", number);
	}
	fputc('\n', o->file);
}

static int csv_check(const struct format_job *job)
{
	if (recorded_about(job->recorded)->rate_millihz)
		return EXIT_OK;
	complain("%s cannot be written: the recording does not know its rate: --rate says it",
		 job->name);
	return EXIT_SYSTEM;
}

static int csv_open(void **out, const struct format_job *job)
{
	struct csv_output *o = calloc(1, sizeof(*o));
	int status = EXIT_OK, fd;

	*out = o;
	if (!o) {
		complain("out of memory");
		return EXIT_SYSTEM;
	}
	o->draft.fd = -1;
	o->recorded = job->recorded;
	o->pipe = !strcmp(job->name, "-");
	o->name = o->pipe ? "stdout" : job->name;
	if (!o->pipe)
		status = draft_open(&o->draft, job->name, job->force);
	if (status)
		return status;
	fd = dup(o->pipe ? STDOUT_FILENO : o->draft.fd);
	o->file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!o->file) {
		status = csv_failed(o, errno);
		if (fd >= 0)
			close(fd);
		return status;
	}
	csv_head(o);
	return EXIT_OK;
}

/* UTC, or, without one, seconds from the recording's first sample */
static void csv_time(struct csv_output *o, uint64_t frame, uint64_t index)
{
	uint64_t rate = recorded_about(o->recorded)->rate_millihz;
	char text[UTC_MAX];
	int64_t utc;
	wide ns;

	/* filler follows the last frame before it */
	if (frame != ~0ULL)
		o->last = frame;
	utc = recorded_utc(o->recorded, o->last);
	if (utc != PART_NO_TIME) {
		ns = (wide)(index - recorded_index(o->recorded, o->last)) *
		     1000000000000 / rate;
		fputs(utc_text(utc + (int64_t)ns, text), o->file);
		return;
	}
	ns = (wide)(index - recorded_index(o->recorded, 0)) * 1000000000000 / rate;
	fprintf(o->file, "%" PRIu64 ".%09u", (uint64_t)(ns / 1000000000),
		(unsigned int)(ns % 1000000000));
}

static void csv_sample(struct csv_output *o, unsigned int format, const uint8_t *at)
{
	uint32_t v = at[0];

	if (format_width(format) > 1)
		v |= (uint32_t)at[1] << 8;
	if (format_width(format) > 2)
		v |= (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
	switch (format) {
	case ACQ_FORMAT_S8:
		fprintf(o->file, ",%d", (int8_t)v);
		break;
	case ACQ_FORMAT_S16:
		fprintf(o->file, ",%d", (int16_t)v);
		break;
	case ACQ_FORMAT_S32:
		fprintf(o->file, ",%" PRId32, (int32_t)v);
		break;
	default:
		fprintf(o->file, ",%" PRIu32, v);
	}
}

static int csv_write(void *output, const void *data, size_t frames, uint64_t frame, uint64_t index)
{
	struct csv_output *o = output;
	const struct part_about *about = recorded_about(o->recorded);
	const uint8_t *at = data;
	unsigned int channel;
	size_t i;

	errno = 0;
	for (i = 0; i < frames && !ferror(o->file); i++) {
		fprintf(o->file, "%" PRIu64 ",", index + i);
		csv_time(o, frame == ~0ULL ? frame : frame + i, index + i);
		for (channel = 0; channel < about->channels; channel++) {
			csv_sample(o, about->format, at);
			at += format_width(about->format);
		}
		fputc('\n', o->file);
	}
	return ferror(o->file) ? csv_failed(o, errno ? errno : EIO) : EXIT_OK;
}

static int csv_finish(void *output)
{
	struct csv_output *o = output;
	FILE *file = o->file;
	int err;

	o->file = NULL;
	errno = 0;
	if (fclose(file))
		return csv_failed(o, errno ? errno : EIO);
	if (o->pipe)
		return EXIT_OK;
	err = draft_sync(&o->draft);
	return err ? csv_failed(o, -err) : draft_publish(&o->draft);
}

static void csv_close(void *output)
{
	struct csv_output *o = output;

	if (!o)
		return;
	if (o->file)
		fclose(o->file);
	draft_drop(&o->draft);
	free(o);
}

const struct format format_csv = {
	.name = "csv", .title = "CSV", .note = "for small pieces", .suffixes = csv_suffixes,
	.gaps = FORMAT_KNOWN_GAPS, .check = csv_check, .open = csv_open, .write = csv_write,
	.finish = csv_finish, .close = csv_close,
};
