// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <linux/acqdev.h>

#include "exit.h"
#include "part_sigmf.h"
#include "report.h"
#include "scan.h"

struct sigmf {
	struct part *part;
	char *meta;		/* name of the file of metadata */
	uint64_t offset;	/* what the first sample's number is in it */
	uint64_t frames;	/* that it says; ~0: nothing of it */
	uint64_t run;
	bool global;		/* it has said what the samples are */
};

static const char *const sigmf_datatypes[] = {
	[ACQ_FORMAT_S8] = "ri8", [ACQ_FORMAT_U8] = "ru8",
	[ACQ_FORMAT_S16] = "ri16_le", [ACQ_FORMAT_U16] = "ru16_le",
	[ACQ_FORMAT_S32] = "ri32_le", [ACQ_FORMAT_U32] = "ru32_le",
};

int part_sigmf_format(const char *datatype)
{
	int i;

	for (i = 0; i <= ACQ_FORMAT_U32; i++)
		if (!strcmp(sigmf_datatypes[i], datatype))
			return i;
	return -1;
}

const char *part_sigmf_datatype(unsigned int format)
{
	return sigmf_datatypes[format];
}

static int part_sigmf_bad(const struct sigmf *s, const char *key)
{
	complain("%s: its \"%s\" is not what SigMF and acq have there", s->meta, key);
	return EXIT_SYSTEM;
}

static int part_sigmf_cannot(const struct sigmf *s, const char *what)
{
	complain("%s: %s", s->meta, what);
	return EXIT_SYSTEM;
}

/* Of a recorder that has no fields of its own, all that is known of the card is one text. */
static void part_sigmf_take_texts(struct part_about *a, struct json_object *o)
{
	scan_text(o, "core:hw", a->card, sizeof(a->card));
	scan_text(o, "acqdev:card", a->card, sizeof(a->card));
	scan_text(o, "acqdev:device", a->device, sizeof(a->device));
	scan_text(o, "acqdev:family", a->family, sizeof(a->family));
	scan_text(o, "acqdev:serial", a->serial, sizeof(a->serial));
	/* other recorders have no metadata before they have finished */
	strcpy(a->end, "finished");
	scan_text(o, "acqdev:end", a->end, sizeof(a->end));
	scan_text(o, "core:recorder", a->recorder, sizeof(a->recorder));
}

static int part_sigmf_take_samples(struct sigmf *s, struct json_object *o)
{
	struct part_about *a = &s->part->about;
	uint64_t channels = 1, trailing = 0;
	char datatype[32] = "";
	double rate = 0;
	int format;

	if (scan_text(o, "core:datatype", datatype, sizeof(datatype)) != 1)
		return part_sigmf_bad(s, "core:datatype");
	format = part_sigmf_format(datatype);
	if (format < 0) {
		complain("%s: samples of type '%s' cannot be read: integers of 8, 16 or 32 bits can, little endian and not complex",
			 s->meta, datatype);
		return EXIT_SYSTEM;
	}
	a->format = format;
	if (scan_u64(o, "core:num_channels", &channels) < 0 || channels > PART_CHANNELS_MAX)
		return part_sigmf_bad(s, "core:num_channels");
	a->channels = channels;
	if (scan_number(o, "core:sample_rate", &rate) < 0 || rate < 0 || rate > 1e12)
		return part_sigmf_bad(s, "core:sample_rate");
	a->rate_millihz = llround(rate * 1e3);
	if (scan_u64(o, "core:trailing_bytes", &trailing) < 0)
		return part_sigmf_bad(s, "core:trailing_bytes");
	if (trailing || json_object_object_get_ex(o, "core:dataset", NULL))
		return part_sigmf_cannot(s, "its samples are in a file of another format (core:dataset), which cannot be read");
	return part_check_about(s->part, s->meta);
}

static int part_sigmf_take_time(struct sigmf *s, struct json_object *o)
{
	struct part_time t = { .utc = PART_NO_TIME };
	char clock[32] = "";

	if (scan_u64(o, "index", &t.index) != 1 || scan_utc(o, "utc", &t.utc) != 1 ||
	    scan_u64(o, "card_time", &t.card_time) < 0 ||
	    scan_u64(o, "error_us", &t.error_us) < 0 ||
	    scan_text(o, "clock", clock, sizeof(clock)) < 0)
		return part_sigmf_bad(s, "acqdev:times");
	t.synchronized = !strcmp(clock, "synchronized");
	return part_add_time(s->part, &t);
}

static int part_sigmf_take_times(struct sigmf *s, struct json_object *o)
{
	struct json_object *times;
	size_t i, num;
	int status;

	if (!json_object_object_get_ex(o, "acqdev:times", &times))
		return EXIT_OK;
	if (!json_object_is_type(times, json_type_array))
		return part_sigmf_bad(s, "acqdev:times");
	num = json_object_array_length(times);
	for (i = 0; i < num; i++) {
		status = part_sigmf_take_time(s, json_object_array_get_idx(times, i));
		if (status)
			return status;
	}
	return EXIT_OK;
}

static int part_sigmf_take_global(struct sigmf *s, struct json_object *o)
{
	struct part *p = s->part;
	struct json_object *config;
	int status;

	if (s->global || !json_object_is_type(o, json_type_object))
		return part_sigmf_bad(s, "global");
	s->global = true;
	status = part_sigmf_take_samples(s, o);
	if (status)
		return status;
	part_sigmf_take_texts(&p->about, o);
	if (scan_u64(o, "core:offset", &s->offset) < 0)
		return part_sigmf_bad(s, "core:offset");
	if (scan_u64(o, "acqdev:frames", &s->frames) < 0)
		return part_sigmf_bad(s, "acqdev:frames");
	if (scan_u64(o, "acqdev:number", &p->number) < 0)
		return part_sigmf_bad(s, "acqdev:number");
	if (scan_u64(o, "acqdev:run", &s->run) < 0)
		return part_sigmf_bad(s, "acqdev:run");
	if (scan_u64(o, "acqdev:timestamp_hz", &p->about.timestamp_hz) < 0)
		return part_sigmf_bad(s, "acqdev:timestamp_hz");
	if (scan_number(o, "acqdev:missing_seconds", &p->missing_s) < 0 || p->missing_s < 0)
		return part_sigmf_bad(s, "acqdev:missing_seconds");
	if (json_object_object_get_ex(o, "acqdev:config", &config)) {
		if (!json_object_is_type(config, json_type_object))
			return part_sigmf_bad(s, "acqdev:config");
		p->config = json_object_get(config);
	}
	return part_sigmf_take_times(s, o);
}

/* Until the end, a run that it does not say is ~0, and numbers of samples are as they say. */
static int part_sigmf_take_capture(struct sigmf *s, struct json_object *o)
{
	struct part_segment seg = { .utc = PART_NO_TIME, .run = ~0ULL };
	uint64_t header = 0;
	int has;

	if (!json_object_is_type(o, json_type_object) ||
	    scan_u64(o, "core:sample_start", &seg.frame) != 1)
		return part_sigmf_bad(s, "core:sample_start");
	has = scan_u64(o, "core:global_index", &seg.index);
	if (has < 0)
		return part_sigmf_bad(s, "core:global_index");
	seg.has_index = has;
	if (scan_utc(o, "core:datetime", &seg.utc) < 0)
		return part_sigmf_bad(s, "core:datetime");
	if (scan_u64(o, "acqdev:run", &seg.run) < 0)
		return part_sigmf_bad(s, "acqdev:run");
	if (scan_u64(o, "core:header_bytes", &header) < 0)
		return part_sigmf_bad(s, "core:header_bytes");
	if (header)
		return part_sigmf_cannot(s, "it has other bytes between its samples (core:header_bytes), which cannot be read");
	return part_add_segment(s->part, &seg);
}

/* What is no gap of acq's is somebody's remark. */
static int part_sigmf_take_annotation(struct sigmf *s, struct json_object *o)
{
	struct part_gap gap = { .cause = "none" };

	if (!json_object_is_type(o, json_type_object))
		return part_sigmf_bad(s, "annotations");
	if (!json_object_object_get_ex(o, "acqdev:lost", NULL) &&
	    !json_object_object_get_ex(o, "acqdev:cause", NULL))
		return EXIT_OK;
	if (scan_u64(o, "core:sample_start", &gap.frame) != 1)
		return part_sigmf_bad(s, "core:sample_start");
	if (scan_u64(o, "acqdev:lost", &gap.lost) < 0)
		return part_sigmf_bad(s, "acqdev:lost");
	if (scan_u64(o, "acqdev:index", &gap.index) < 0)
		return part_sigmf_bad(s, "acqdev:index");
	if (scan_flag(o, "acqdev:estimated", &gap.estimated) < 0)
		return part_sigmf_bad(s, "acqdev:estimated");
	if (scan_flag(o, "acqdev:open", &gap.unknown) < 0)
		return part_sigmf_bad(s, "acqdev:open");
	if (scan_text(o, "acqdev:cause", gap.cause, sizeof(gap.cause)) < 0)
		return part_sigmf_bad(s, "acqdev:cause");
	/* it was not over when the recording ended */
	if (!gap.lost && gap.estimated)
		gap.unknown = true;
	return part_add_gap(s->part, &gap);
}

static int part_sigmf_take(void *arg, const char *key, struct json_object *o)
{
	struct sigmf *s = arg;

	if (!strcmp(key, "global"))
		return part_sigmf_take_global(s, o);
	if (!strcmp(key, "captures"))
		return part_sigmf_take_capture(s, o);
	if (!strcmp(key, "annotations"))
		return part_sigmf_take_annotation(s, o);
	return EXIT_OK;
}

/* Now all is known, in whatever order it came. */
static int part_sigmf_settle(struct sigmf *s)
{
	struct part *p = s->part;
	size_t i;

	if (!s->global)
		return part_sigmf_bad(s, "global");
	for (i = 0; i < p->num_segments; i++) {
		struct part_segment *seg = &p->segments[i];

		if (seg->frame < s->offset)
			return part_sigmf_bad(s, "core:offset");
		seg->frame -= s->offset;
		if (seg->run == ~0ULL)
			seg->run = i ? seg[-1].run : s->run;
	}
	for (i = 0; i < p->num_gaps; i++) {
		if (p->gaps[i].frame < s->offset)
			return part_sigmf_bad(s, "core:offset");
		p->gaps[i].frame -= s->offset;
	}
	return part_measure(p, s->frames, s->frames != ~0ULL);
}

int part_sigmf_open(struct part **out, const char *base)
{
	static const char *const lists[] = { "captures", "annotations", NULL };
	struct sigmf s = { .frames = ~0ULL };
	char *data = part_name(base, ".sigmf-data");
	struct scan scan = { };
	int status;

	s.meta = part_name(base, ".sigmf-meta");
	if (data)
		s.part = part_new(data);
	status = s.meta && s.part ? scan_open(&scan, s.meta) : EXIT_SYSTEM;
	if (!status)
		status = scan_object(&scan, lists, part_sigmf_take, &s);
	scan_close(&scan);
	if (!status)
		status = part_sigmf_settle(&s);
	free(data);
	free(s.meta);
	if (status)
		part_free(s.part);
	else
		*out = s.part;
	return status;
}
