// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exit.h"
#include "journal.h"
#include "names.h"
#include "part_journal.h"
#include "report.h"
#include "scan.h"

struct lines {
	struct part *part;
	char *name;		/* of the journal */
	bool begun;
	uint64_t good;		/* bytes of samples that are on the disk */
};

static int part_journal_bad(const struct lines *l, const char *key)
{
	complain("%s: its \"%s\" is not what acq writes there", l->name, key);
	return EXIT_SYSTEM;
}

static int part_journal_begin(struct lines *l, struct json_object *o)
{
	struct part_about *a = &l->part->about;
	struct json_object *inner;
	char format[16] = "";
	uint64_t channels = 0;
	int value;

	l->begun = true;
	scan_text(o, "format", format, sizeof(format));
	value = name_value(&format_names, format);
	if (value < 0)
		return part_journal_bad(l, "format");
	a->format = value;
	if (scan_u64(o, "channels", &channels) != 1 || channels > PART_CHANNELS_MAX)
		return part_journal_bad(l, "channels");
	a->channels = channels;
	if (scan_u64(o, "rate_millihz", &a->rate_millihz) < 0)
		return part_journal_bad(l, "rate_millihz");
	if (scan_u64(o, "timestamp_hz", &a->timestamp_hz) < 0)
		return part_journal_bad(l, "timestamp_hz");
	scan_text(o, "device", a->device, sizeof(a->device));
	scan_text(o, "card", a->card, sizeof(a->card));
	scan_text(o, "family", a->family, sizeof(a->family));
	scan_text(o, "serial", a->serial, sizeof(a->serial));
	scan_text(o, "recorder", a->recorder, sizeof(a->recorder));
	if (json_object_object_get_ex(o, "config", &inner) &&
	    json_object_is_type(inner, json_type_object))
		l->part->config = json_object_get(inner);
	if (json_object_object_get_ex(o, "continues", &inner) &&
	    (scan_number(inner, "missing_s", &l->part->missing_s) < 0 || l->part->missing_s < 0))
		return part_journal_bad(l, "missing_s");
	return part_check_about(l->part, l->name);
}

static int part_journal_segment(struct lines *l, const struct journal_line *line)
{
	struct part_segment s = {
		.frame = line->frame, .index = line->index, .has_index = true,
		.run = line->run, .utc = PART_NO_TIME,
	};

	if (scan_utc(line->object, "utc", &s.utc) < 0)
		return part_journal_bad(l, "utc");
	return part_add_segment(l->part, &s);
}

static int part_journal_gap(struct lines *l, const struct journal_line *line)
{
	struct part_gap g = {
		.frame = line->frame, .index = line->index,
		.lost = line->lost, .estimated = line->estimated,
	};
	struct part *p = l->part;
	struct part_gap *before = p->num_gaps ? &p->gaps[p->num_gaps - 1] : NULL;

	scan_text(line->object, "cause", g.cause, sizeof(g.cause));
	if (scan_flag(line->object, "open", &g.unknown) < 0)
		return part_journal_bad(l, "open");
	/* now it is known how much */
	if (before && before->unknown && before->frame == g.frame && before->index == g.index) {
		*before = g;
		return EXIT_OK;
	}
	return part_add_gap(p, &g);
}

static int part_journal_time(struct lines *l, const struct journal_line *line)
{
	struct part_time t = { .index = line->index };
	char clock[32] = "";

	if (scan_utc(line->object, "utc", &t.utc) != 1)
		return part_journal_bad(l, "utc");
	if (scan_u64(line->object, "card_time", &t.card_time) < 0)
		return part_journal_bad(l, "card_time");
	if (scan_u64(line->object, "error_us", &t.error_us) < 0)
		return part_journal_bad(l, "error_us");
	scan_text(line->object, "clock", clock, sizeof(clock));
	t.synchronized = !strcmp(clock, "synchronized");
	return part_add_time(l->part, &t);
}

static int part_journal_take(struct lines *l, const struct journal_line *line)
{
	switch (line->kind) {
	case JOURNAL_BEGIN:
		return part_journal_begin(l, line->object);
	case JOURNAL_SEGMENT:
		return part_journal_segment(l, line);
	case JOURNAL_GAP:
		return part_journal_gap(l, line);
	case JOURNAL_TIME:
		return part_journal_time(l, line);
	case JOURNAL_GOOD:
		l->good = line->bytes;
		return EXIT_OK;
	case JOURNAL_END:
		l->good = line->bytes;
		scan_text(line->object, "reason", l->part->about.end,
			  sizeof(l->part->about.end));
		return EXIT_OK;
	case JOURNAL_OTHER:
		break;
	}
	return EXIT_OK;
}

static int part_journal_read(struct lines *l, int fd)
{
	struct journal *journal = journal_open(fd, ~0ULL);
	struct journal_line line;
	int status = EXIT_OK, more = 1;

	if (!journal) {
		complain("out of memory");
		return EXIT_SYSTEM;
	}
	while (!status && more > 0) {
		more = journal_next(journal, &line);
		if (more > 0)
			status = part_journal_take(l, &line);
	}
	journal_close(journal);
	if (more < 0) {
		complain("%s cannot be read: %s", l->name, strerror(-more));
		return EXIT_SYSTEM;
	}
	if (!status && !l->begun) {
		complain("%s has no line that is whole: it is unknown what the samples are (--raw FORMAT,CHANNELS,RATE can say it of the data file)",
			 l->name);
		return EXIT_SYSTEM;
	}
	return status;
}

int part_journal_open(struct part **out, const char *base)
{
	char *data = part_name(base, ".sigmf-data");
	struct lines l = { };
	int status = EXIT_SYSTEM, fd = -1;

	l.name = part_name(base, ".sigmf-journal");
	if (data)
		l.part = part_new(data);
	if (l.name && l.part) {
		fd = open(l.name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (fd < 0)
			complain("%s cannot be opened: %s", l.name, strerror(errno));
	}
	if (fd >= 0) {
		status = part_journal_read(&l, fd);
		close(fd);
	}
	if (!status)
		status = part_measure(l.part, l.good / l.part->about.frame_bytes, true);
	free(data);
	free(l.name);
	if (status)
		part_free(l.part);
	else
		*out = l.part;
	return status;
}
