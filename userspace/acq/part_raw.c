// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exit.h"
#include "names.h"
#include "part_raw.h"
#include "report.h"
#include "scan.h"
#include "text.h"
#include "wav.h"

struct old {
	struct part *part;
	char *name;		/* of the file beside the samples */
	struct part_segment first;
	uint64_t frames, frame_bytes, card_time, card_time_index;
	uint64_t mask;
};

bool part_raw_parse_rate(const char *text, struct part_raw *raw)
{
	uint64_t rate;

	if (!parse_milli(text, &rate) || !rate || rate > PART_RATE_MAX)
		return false;
	raw->rate_millihz = rate;
	return true;
}

bool part_raw_parse(const char *text, struct part_raw *raw)
{
	char format[8], channels[16], rate[32];
	int n, at[2] = { };
	uint64_t num;

	n = sscanf(text, "%7[^,],%15[^,]%n,%31[^,]%n", format, channels, &at[0], rate, &at[1]);
	if (n < 2 || text[at[n - 2]])
		return false;
	raw->format = name_value(&format_names, format);
	if (raw->format < 0 || !parse_count(channels, &num) || !num || num > PART_CHANNELS_MAX)
		return false;
	raw->channels = num;
	return n < 3 || part_raw_parse_rate(rate, raw);
}

/* The head of the file, as much as a WAV file's may have */
static int raw_head(const char *file, unsigned char *head, size_t *have)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	ssize_t n = 1;
	int err = 0;

	*have = 0;
	if (fd < 0 || fstat(fd, &st))
		err = errno;
	else if (!S_ISREG(st.st_mode))
		err = S_ISDIR(st.st_mode) ? EISDIR : ESPIPE;
	while (!err && n && *have < WAV_HEAD_MAX) {
		n = read(fd, head + *have, WAV_HEAD_MAX - *have);
		if (n > 0)
			*have += n;
		else if (n < 0 && errno != EINTR)
			err = errno;
	}
	if (fd >= 0)
		close(fd);
	if (!err)
		return EXIT_OK;
	complain("%s cannot be read: %s", file,
		 err == ESPIPE ? "it is not a file" : strerror(err));
	return EXIT_SYSTEM;
}

static int raw_wav(struct part *p, const struct wav *wav)
{
	int status;

	p->about.format = wav->format;
	p->about.channels = wav->channels;
	p->about.rate_millihz = wav->rate * 1000ULL;
	p->begin = wav->begin;
	status = part_check_about(p, p->name);
	if (status)
		return status;
	strcpy(p->about.end, "finished");
	return part_measure(p, wav->bytes / p->about.frame_bytes, wav->bytes != ~0ULL);
}

static int raw_old_bad(const struct old *old, const char *key)
{
	complain("%s: its \"%s\" is not what acq writes there (without this file, --raw says what the samples are)",
		 old->name, key);
	return EXIT_SYSTEM;
}

static int raw_old_config(struct old *old, struct json_object *o)
{
	struct part_about *a = &old->part->about;
	char format[16] = "";
	double rate = 0;
	int value;

	scan_text(o, "format", format, sizeof(format));
	value = name_value(&format_names, format);
	if (value < 0)
		return raw_old_bad(old, "format");
	a->format = value;
	if (scan_number(o, "rate", &rate) < 0 || rate < 0 || rate > 1e12)
		return raw_old_bad(old, "rate");
	a->rate_millihz = llround(rate * 1e3);
	if (scan_u64(o, "frame_bytes", &old->frame_bytes) < 0)
		return raw_old_bad(old, "frame_bytes");
	old->part->config = json_object_get(o);
	return EXIT_OK;
}

static int raw_old_gap(struct old *old, struct json_object *o)
{
	struct part_gap g = { .cause = "none" };
	uint64_t byte;

	if (scan_u64(o, "byte", &byte) != 1 || scan_u64(o, "index", &g.index) != 1 ||
	    scan_u64(o, "lost", &g.lost) != 1 || scan_flag(o, "estimated", &g.estimated) < 0)
		return raw_old_bad(old, "gap_list");
	scan_text(o, "cause", g.cause, sizeof(g.cause));
	g.frame = byte;		/* until frame_bytes is known */
	return part_add_gap(old->part, &g);
}

static int raw_old_take(void *arg, const char *key, struct json_object *value)
{
	struct json_object *o = json_object_new_object();
	struct old *old = arg;
	struct part_about *a = &old->part->about;
	int ok = 0;

	if (!strcmp(key, "gap_list") || !strcmp(key, "config")) {
		json_object_put(o);
		return *key == 'g' ? raw_old_gap(old, value) : raw_old_config(old, value);
	}
	json_object_object_add(o, key, json_object_get(value));
	if (!strcmp(key, "frames"))
		ok = scan_u64(o, key, &old->frames);
	else if (!strcmp(key, "frame_bytes"))
		ok = scan_u64(o, key, &old->frame_bytes);
	else if (!strcmp(key, "first_index"))
		ok = scan_u64(o, key, &old->first.index);
	else if (!strcmp(key, "first_time"))
		ok = scan_utc(o, key, &old->first.utc);
	else if (!strcmp(key, "run"))
		ok = scan_u64(o, key, &old->first.run);
	else if (!strcmp(key, "timestamp_hz"))
		ok = scan_u64(o, key, &a->timestamp_hz);
	else if (!strcmp(key, "device"))
		ok = scan_text(o, key, a->device, sizeof(a->device));
	else if (!strcmp(key, "card"))
		ok = scan_text(o, key, a->card, sizeof(a->card));
	else if (!strcmp(key, "serial"))
		ok = scan_text(o, key, a->serial, sizeof(a->serial));
	else if (!strcmp(key, "end"))
		ok = scan_text(o, key, a->end, sizeof(a->end));
	json_object_put(o);
	return ok < 0 ? raw_old_bad(old, key) : EXIT_OK;
}

/* One segment to the first gap, one behind each. */
static int raw_old_segments(struct old *old)
{
	struct part *p = old->part;
	struct part_segment s = old->first;
	size_t i;

	s.has_index = true;
	if (part_add_segment(p, &s))
		return EXIT_SYSTEM;
	s.utc = PART_NO_TIME;
	for (i = 0; i < p->num_gaps; i++) {
		struct part_gap *g = &p->gaps[i];

		if (g->frame % old->frame_bytes)
			return raw_old_bad(old, "gap_list");
		g->frame /= old->frame_bytes;
		s.frame = g->frame;
		if (__builtin_add_overflow(g->index, g->lost, &s.index))
			return raw_old_bad(old, "gap_list");
		if (part_add_segment(p, &s))
			return EXIT_SYSTEM;
	}
	return EXIT_OK;
}

static int raw_old_settle(struct old *old)
{
	struct part_about *a = &old->part->about;
	unsigned int width = format_width(a->format);
	int status;

	if (!old->part->config)
		return raw_old_bad(old, "config");
	if (!old->frame_bytes || old->frame_bytes % width ||
	    old->frame_bytes / width > PART_CHANNELS_MAX)
		return raw_old_bad(old, "frame_bytes");
	a->channels = old->frame_bytes / width;
	status = part_check_about(old->part, old->name);
	if (!status)
		status = raw_old_segments(old);
	/* "recording": it was killed */
	if (!strcmp(a->end, "recording"))
		a->end[0] = '\0';
	if (!status)
		status = part_measure(old->part, old->frames, old->frames != ~0ULL);
	return status;
}

static int raw_old(struct part *p, char *name)
{
	static const char *const lists[] = { "gap_list", NULL };
	struct old old = { .part = p, .name = name, .frames = ~0ULL,
			   .first.utc = PART_NO_TIME };
	struct scan scan;
	int status;

	status = scan_open(&scan, name);
	if (status)
		return status;
	status = scan_object(&scan, lists, raw_old_take, &old);
	scan_close(&scan);
	return status ? status : raw_old_settle(&old);
}

/* Raw samples: what the user says goes before what a file beside them says. */
static int raw_plain(struct part *p, const struct part_raw *raw)
{
	char *name = part_name(p->name, ".json");
	int status;

	if (!name)
		return EXIT_SYSTEM;
	if ((!raw || raw->format < 0) && !access(name, F_OK)) {
		status = raw_old(p, name);
	} else if (!raw || raw->format < 0 || !raw->channels) {
		complain("%s: nothing says what its samples are: --raw FORMAT,CHANNELS,RATE does",
			 p->name);
		status = EXIT_SYSTEM;
	} else {
		p->about.format = raw->format;
		p->about.channels = raw->channels;
		strcpy(p->about.end, "finished");
		status = part_check_about(p, p->name);
		if (!status)
			status = part_measure(p, ~0ULL, false);
	}
	free(name);
	if (!status && raw && raw->rate_millihz)
		p->about.rate_millihz = raw->rate_millihz;
	return status;
}

int part_raw_open(struct part **out, const char *file, const struct part_raw *raw)
{
	struct part *p = part_new(file);
	unsigned char *head = malloc(WAV_HEAD_MAX);
	struct wav wav = { };
	enum wav_verdict verdict = WAV_NOT;
	int status = EXIT_SYSTEM;
	size_t have;

	if (p && head)
		status = raw_head(file, head, &have);
	if (!status && (!raw || raw->format < 0))
		verdict = wav_parse(head, have, &wav);
	free(head);
	if (!status && verdict == WAV_BAD) {
		complain("%s is a WAV file that cannot be read: %s", file, wav.fault);
		status = EXIT_SYSTEM;
	} else if (!status) {
		status = verdict == WAV_FOUND ? raw_wav(p, &wav) : raw_plain(p, raw);
	}
	if (status)
		part_free(p);
	else
		*out = p;
	return status;
}
