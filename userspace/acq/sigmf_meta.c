// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "journal.h"
#include "json.h"
#include "sigmf_meta.h"
#include "utc.h"

#define SIGMF_VERSION	"1.2.5"
#define SIGMF_EXTENSION	"1.0.0"

/* A document in the making */
struct meta {
	struct journal *journal;
	FILE *file;
	uint64_t valid;			/* bytes of the journal, all of which count */
	uint64_t frames;		/* of the data */
	bool first;			/* of a list */
	int64_t first_utc;		/* of the first segment; 0: not known */
	struct sigmf_totals *totals;
};

/* Is @line of a part of the data that is there? A gap may be right behind the end. */
static bool meta_has(const struct meta *m, const struct journal_line *line)
{
	if (line->kind == JOURNAL_GAP)
		return line->frame <= m->frames;
	return line->frame < m->frames;
}

static void meta_learn_utc(struct meta *m, const struct journal_line *line)
{
	const char *text = journal_text(line->object, "utc");

	if (!text || !utc_parse(text, &m->first_utc))
		m->first_utc = 0;
}

/*
 * A pass is over. Where the journal reads as if it ended before it does, a line has been damaged
 * since it was written, or there was no memory for it: metadata without it would be wrong.
 */
static int meta_passed(const struct meta *m, int ret)
{
	return ret ? ret : journal_valid(m->journal) == m->valid ? 0 : -EBADMSG;
}

/* The first pass: sums. 0 or a negative errno. */
static int meta_sum(struct meta *m)
{
	struct sigmf_totals *t = m->totals;
	uint64_t frame = 0, index = 0;
	struct journal_line line;
	int ret;

	while ((ret = journal_next(m->journal, &line)) > 0) {
		if (line.kind == JOURNAL_SEGMENT && meta_has(m, &line)) {
			if (!t->begun) {
				t->begun = true;
				t->run = line.run;
				t->first_index = line.index;
				meta_learn_utc(m, &line);
			}
			frame = line.frame;
			index = line.index;
		} else if (line.kind == JOURNAL_GAP && meta_has(m, &line)) {
			t->gaps++;
			t->lost += line.lost;
			t->estimated |= line.estimated;
			index = line.index + line.lost;
			frame = line.frame;
		}
	}
	t->next_index = index + (m->frames - frame);
	return meta_passed(m, ret);
}

static void meta_copy(struct json_object *to, const char *name, struct json_object *from,
		      const char *key)
{
	struct json_object *o;

	if (json_object_object_get_ex(from, key, &o))
		json_object_object_add(to, name, json_object_get(o));
}

/* Samples a second, all their places */
static void meta_add_rate(struct json_object *to, struct json_object *begin)
{
	uint64_t milli;
	char text[64];

	if (!journal_u64(begin, "rate_millihz", &milli))
		return;
	if (milli % 1000 == 0) {
		json_u64(to, "core:sample_rate", milli / 1000);
		return;
	}
	snprintf(text, sizeof(text), "%" PRIu64 ".%03" PRIu64, milli / 1000, milli % 1000);
	json_object_object_add(to, "core:sample_rate",
			       json_object_new_double_s(milli / 1e3, text));
}

static void meta_add_core(struct json_object *to, struct json_object *begin)
{
	const char *card = journal_text(begin, "card"), *family = journal_text(begin, "family");
	const char *serial = journal_text(begin, "serial");
	struct json_object *list, *o;
	char hw[512];

	meta_copy(to, "core:datatype", begin, "datatype");
	meta_add_rate(to, begin);
	meta_copy(to, "core:num_channels", begin, "channels");
	json_text(to, "core:version", SIGMF_VERSION);
	snprintf(hw, sizeof(hw), "%s (%s)%s%s", card ? card : "?", family ? family : "?",
		 serial && *serial ? ", serial " : "", serial ? serial : "");
	json_text(to, "core:hw", hw);
	meta_copy(to, "core:recorder", begin, "recorder");
	meta_copy(to, "core:collection", begin, "series");
	o = json_object_new_object();
	json_text(o, "name", "acqdev");
	json_text(o, "version", SIGMF_EXTENSION);
	json_flag(o, "optional", true);
	list = json_object_new_array();
	json_object_array_add(list, o);
	json_object_object_add(to, "core:extensions", list);
}

/* From the end of the file before to the first sample of this one */
static void meta_add_previous(const struct meta *m, struct json_object *to,
			      struct json_object *continues)
{
	const char *end = journal_text(continues, "end");
	int64_t ns;

	meta_copy(to, "acqdev:previous", continues, "file");
	/* With samples from the past, or after a clock was set back, nothing is missing. */
	if (end && m->first_utc && utc_parse(end, &ns))
		json_number(to, "acqdev:missing_seconds",
			    m->first_utc > ns ? ((double)m->first_utc - ns) / 1e9 : 0);
	else
		meta_copy(to, "acqdev:missing_seconds", continues, "missing_s");
}

static void meta_add_own(const struct meta *m, struct json_object *to, struct json_object *begin,
			 const char *reason)
{
	const struct sigmf_totals *t = m->totals;
	struct json_object *o;

	meta_copy(to, "acqdev:device", begin, "device");
	meta_copy(to, "acqdev:serial", begin, "serial");
	meta_copy(to, "acqdev:family", begin, "family");
	meta_copy(to, "acqdev:card", begin, "card");
	if (t->begun)
		json_u64(to, "acqdev:run", t->run);
	else
		meta_copy(to, "acqdev:run", begin, "run");
	meta_copy(to, "acqdev:config", begin, "config");
	json_text(to, "acqdev:end", reason);
	json_u64(to, "acqdev:frames", m->frames);
	json_u64(to, "acqdev:lost", t->lost);
	json_u64(to, "acqdev:gaps", t->gaps);
	json_flag(to, "acqdev:estimated", t->estimated);
	meta_copy(to, "acqdev:timestamp_hz", begin, "timestamp_hz");
	meta_copy(to, "acqdev:number", begin, "number");
	if (json_object_object_get_ex(begin, "continues", &o))
		meta_add_previous(m, to, o);
}

/* An object in a list, on one line; dropped here */
static void meta_item(struct meta *m, struct json_object *o)
{
	fprintf(m->file, "%s\n      %s", m->first ? "" : ",",
		json_object_to_json_string_ext(o, JSON_C_TO_STRING_SPACED |
					       JSON_C_TO_STRING_NOSLASHESCAPE));
	m->first = false;
	json_object_put(o);
}

/* All that is known of the whole recording, but for the end of the object: times follow. */
static int meta_global(struct meta *m, const char *reason)
{
	struct json_object *o;
	struct journal_line line;
	const char *text;
	size_t len;
	int ret;

	journal_rewind(m->journal);
	ret = journal_next(m->journal, &line);
	if (ret <= 0)
		return ret ? ret : -EBADMSG;
	o = json_object_new_object();
	meta_add_core(o, line.object);
	meta_add_own(m, o, line.object, reason);
	text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_SPACED |
					      JSON_C_TO_STRING_NOSLASHESCAPE);
	len = strlen(text);
	/* without its last brace */
	while (len && (text[len - 1] == '}' || text[len - 1] == ' '))
		if (text[--len] == '}')
			break;
	fprintf(m->file, "{\n  \"global\": %.*s,\n    \"acqdev:times\": [", (int)len, text);
	json_object_put(o);
	return 0;
}

static int meta_times(struct meta *m)
{
	static const char *const keys[] = { "index", "utc", "card_time", "clock", "error_us",
					    "tai_offset" };
	struct journal_line line;
	struct json_object *o;
	unsigned int i;
	int ret;

	journal_rewind(m->journal);
	m->first = true;
	while ((ret = journal_next_of(m->journal, JOURNAL_TIME, &line)) > 0) {
		o = json_object_new_object();
		for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			meta_copy(o, keys[i], line.object, keys[i]);
		meta_item(m, o);
	}
	fputs("\n    ]},\n  \"captures\": [", m->file);
	return meta_passed(m, ret);
}

static int meta_captures(struct meta *m)
{
	uint64_t run = m->totals->run;
	struct journal_line line;
	struct json_object *o;
	int ret;

	journal_rewind(m->journal);
	m->first = true;
	while ((ret = journal_next_of(m->journal, JOURNAL_SEGMENT, &line)) > 0) {
		if (!meta_has(m, &line))
			continue;
		o = json_object_new_object();
		json_u64(o, "core:sample_start", line.frame);
		json_u64(o, "core:global_index", line.index);
		meta_copy(o, "core:datetime", line.object, "utc");
		if (line.run != run)
			json_u64(o, "acqdev:run", line.run);
		run = line.run;
		meta_item(m, o);
	}
	fputs("\n    ],\n  \"annotations\": [", m->file);
	return meta_passed(m, ret);
}

/* "300 frames lost: ring full" */
static void meta_comment(const struct journal_line *line, const char *cause, char *text,
			 size_t size)
{
	char words[64];
	char *dash;

	snprintf(words, sizeof(words), "%s", cause);
	while ((dash = strchr(words, '-')))
		*dash = ' ';
	snprintf(text, size, "%s%" PRIu64 " frame%s lost: %s", line->estimated ? "~" : "",
		 line->lost, line->lost == 1 ? "" : "s", words);
}

static void meta_annotation(struct meta *m, const struct journal_line *line)
{
	struct json_object *o = json_object_new_object();
	const char *cause = journal_text(line->object, "cause");
	char comment[128];

	meta_comment(line, cause, comment, sizeof(comment));
	json_u64(o, "core:sample_start", line->frame);
	json_u64(o, "core:sample_count", 0);
	json_text(o, "core:label", "gap");
	json_text(o, "core:generator", "acq");
	json_text(o, "core:comment", comment);
	json_u64(o, "acqdev:index", line->index);
	json_u64(o, "acqdev:lost", line->lost);
	json_text(o, "acqdev:cause", cause);
	json_flag(o, "acqdev:estimated", line->estimated);
	meta_copy(o, "acqdev:open", line->object, "open");
	meta_item(m, o);
}

static int meta_annotations(struct meta *m)
{
	struct journal_line line;
	int ret;

	journal_rewind(m->journal);
	m->first = true;
	while ((ret = journal_next_of(m->journal, JOURNAL_GAP, &line)) > 0)
		if (meta_has(m, &line))
			meta_annotation(m, &line);
	fputs("\n    ]\n}\n", m->file);
	return meta_passed(m, ret);
}

static int meta_write(struct meta *m, uint64_t bytes, const char *reason)
{
	struct journal_line line;
	int ret;

	ret = journal_next(m->journal, &line);
	if (ret <= 0)
		return ret ? ret : -EBADMSG;
	m->frames = bytes / line.frame_bytes;
	m->totals->frames = m->frames;
	ret = meta_sum(m);
	if (!ret)
		ret = meta_global(m, reason);
	if (!ret)
		ret = meta_times(m);
	if (!ret)
		ret = meta_captures(m);
	if (!ret)
		ret = meta_annotations(m);
	return ret;
}

/* A file of its own, so that what closes it does not close the caller's */
static FILE *meta_open(int fd)
{
	int copy = dup(fd);
	FILE *file;

	if (copy < 0)
		return NULL;
	if (lseek(copy, 0, SEEK_SET)) {
		close(copy);
		return NULL;
	}
	file = fdopen(copy, "w");
	if (!file)
		close(copy);
	return file;
}

int sigmf_meta_write(int journal, uint64_t valid, uint64_t bytes, const char *reason, int meta,
		     struct sigmf_totals *totals)
{
	struct meta m = { .totals = totals, .valid = valid };
	off_t end;
	int err;

	*totals = (struct sigmf_totals){ };
	m.journal = journal_open(journal, valid);
	if (!m.journal)
		return -ENOMEM;
	m.file = meta_open(meta);
	if (!m.file) {
		err = errno ? -errno : -ENOMEM;
		journal_close(m.journal);
		return err;
	}
	errno = 0;
	err = meta_write(&m, bytes, reason);
	if (!err && (fflush(m.file) || ferror(m.file)))
		err = errno ? -errno : -EIO;
	end = ftello(m.file);
	/* of what the file had before, or was reserved, nothing stays */
	if (!err && (end < 0 || ftruncate(meta, end)))
		err = -errno;
	fclose(m.file);
	journal_close(m.journal);
	return err;
}
