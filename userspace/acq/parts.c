// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "account.h"
#include "exit.h"
#include "part_journal.h"
#include "part_raw.h"
#include "part_sigmf.h"
#include "parts.h"
#include "report.h"
#include "scan.h"

#define PARTS_DIGITS	6	/* of a file's number in a series */

/* A collection's list of files */
struct list {
	struct parts *parts;
	const char *name;	/* of the collection */
	size_t dir;		/* length of its directory's name, with the slash */
	char *last;		/* the file that came last, without an ending */
	size_t missing;
};

static bool parts_exists(const char *base, const char *ending)
{
	char *name = part_name(base, ending);
	bool exists = name && !access(name, F_OK);

	free(name);
	return exists;
}

static int parts_add(struct parts *parts, struct part *part)
{
	struct part **list = realloc(parts->part, (parts->num + 1) * sizeof(*list));
	const struct part_about *a, *b = &part->about;

	if (!list) {
		part_free(part);
		complain("out of memory");
		return EXIT_SYSTEM;
	}
	parts->part = list;
	list[parts->num++] = part;
	a = &list[0]->about;
	if (a->format == b->format && a->channels == b->channels &&
	    a->rate_millihz == b->rate_millihz)
		return EXIT_OK;
	complain("%s and %s do not belong together: format, channels or rate differ (each alone can be read)",
		 list[0]->name, part->name);
	return EXIT_SYSTEM;
}

/*
 * A journal is removed when the metadata is complete: with one, it is not sure to be. But one that
 * is empty is of a recording that has not begun.
 */
static int parts_add_file(struct parts *parts, const char *base)
{
	struct part *part = NULL;
	int status;

	if (parts_exists(base, ".sigmf-journal") && account_state(base) != ACCOUNT_FINISHED)
		status = part_journal_open(&part, base);
	else
		status = part_sigmf_open(&part, base);
	return status ? status : parts_add(parts, part);
}

static int parts_add_raw(struct parts *parts, const char *file, const struct part_raw *raw)
{
	struct part *part;
	int status = part_raw_open(&part, file, raw);

	return status ? status : parts_add(parts, part);
}

static bool parts_has(const char *base)
{
	return parts_exists(base, ".sigmf-meta") || parts_exists(base, ".sigmf-journal");
}

static int parts_list_bad(const struct list *l)
{
	complain("%s: its \"core:streams\" is no list of names of recordings beside it", l->name);
	return EXIT_SYSTEM;
}

/* A name that is one, of a file beside the collection: no way leads elsewhere. */
static bool parts_list_name_ok(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (text[i] == '/' || iscntrl((unsigned char)text[i]))
			return false;
	return len && len <= NAME_MAX && *text != '.';
}

static int parts_list_take(struct list *l, struct json_object *o)
{
	struct json_object *name = o;
	const char *text;
	char *base;

	if (json_object_is_type(o, json_type_array))
		name = json_object_array_get_idx(o, 0);
	else if (json_object_is_type(o, json_type_object))
		name = json_object_object_get(o, "name");
	if (!json_object_is_type(name, json_type_string))
		return parts_list_bad(l);
	text = json_object_get_string(name);
	if (!parts_list_name_ok(text, json_object_get_string_len(name)))
		return parts_list_bad(l);
	if (asprintf(&base, "%.*s%s", (int)l->dir, l->name, text) < 0) {
		complain("out of memory");
		return EXIT_SYSTEM;
	}
	free(l->last);
	l->last = base;
	if (parts_has(base))
		return parts_add_file(l->parts, base);
	if (!l->missing++)
		remark("%s, which %s has in its list, is not there", base, l->name);
	return EXIT_OK;
}

static int parts_list_take_key(void *arg, const char *key, struct json_object *o)
{
	struct json_object *streams;
	struct list *l = arg;
	size_t i, num;
	int status;

	if (strcmp(key, "collection"))
		return EXIT_OK;
	if (!json_object_object_get_ex(o, "core:streams", &streams) ||
	    !json_object_is_type(streams, json_type_array))
		return parts_list_bad(l);
	num = json_object_array_length(streams);
	for (i = 0; i < num; i++) {
		status = parts_list_take(l, json_object_array_get_idx(streams, i));
		if (status)
			return status;
	}
	return EXIT_OK;
}

/* What is being recorded now, or was when the power failed, is not in the list yet. */
static int parts_list_follow(struct list *l)
{
	size_t len = l->last ? strlen(l->last) : 0;
	unsigned int number;
	int status = EXIT_OK;
	char *digits;

	if (len <= PARTS_DIGITS)
		return EXIT_OK;
	digits = l->last + len - PARTS_DIGITS;
	if (digits[-1] != '-' || strspn(digits, "0123456789") != PARTS_DIGITS)
		return EXIT_OK;
	for (number = atoi(digits) + 1; !status && number < 1000000; number++) {
		snprintf(digits, PARTS_DIGITS + 1, "%06u", number);
		if (!parts_has(l->last))
			break;
		status = parts_add_file(l->parts, l->last);
	}
	return status;
}

static int parts_open_series(struct parts *parts, const char *base)
{
	static const char *const lists[] = { NULL };
	char *name = part_name(base, ".sigmf-collection");
	struct list l = { .parts = parts, .name = name };
	struct scan scan;
	int status;

	if (!name)
		return EXIT_SYSTEM;
	if (strrchr(name, '/'))
		l.dir = strrchr(name, '/') + 1 - name;
	status = scan_open(&scan, name);
	if (!status) {
		status = scan_object(&scan, lists, parts_list_take_key, &l);
		scan_close(&scan);
	}
	if (!status)
		status = parts_list_follow(&l);
	if (!status && l.missing > 1)
		remark("so are %zu others: it is read without them", l.missing - 1);
	if (!status && !parts->num) {
		complain("%s has no file that is there", name);
		status = EXIT_SYSTEM;
	}
	free(l.last);
	parts->list = name;
	return status;
}

/* @name without an ending of SigMF's; NULL: it has none, or there is no memory */
static char *parts_base(const char *name, const char **ending)
{
	static const char *const endings[] = {
		".sigmf-meta", ".sigmf-data", ".sigmf-journal", ".sigmf-collection", ".sigmf",
	};
	size_t i, len = strlen(name), tail;

	for (i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		tail = strlen(endings[i]);
		if (len <= tail || strcmp(name + len - tail, endings[i]))
			continue;
		*ending = endings[i];
		return strndup(name, len - tail);
	}
	*ending = "";
	return NULL;
}

static int parts_open_base(struct parts *parts, const char *base, const char *ending)
{
	if (!strcmp(ending, ".sigmf-collection"))
		return parts_open_series(parts, base);
	if (parts_has(base))
		return parts_add_file(parts, base);
	if (!*ending && parts_exists(base, ".sigmf-collection"))
		return parts_open_series(parts, base);
	if (parts_exists(base, ".sigmf-data"))
		complain("%s.sigmf-data has neither a .sigmf-meta nor a .sigmf-journal beside it: --raw FORMAT,CHANNELS,RATE can say what its samples are",
			 base);
	else
		complain("there is no recording %s: neither %s.sigmf-meta nor a file of that name",
			 base, base);
	return EXIT_SYSTEM;
}

int parts_open(struct parts *parts, const char *name, const struct part_raw *raw)
{
	const char *ending;
	char *base = parts_base(name, &ending);
	struct stat st;
	bool file = !stat(name, &st) && !S_ISDIR(st.st_mode), said = raw && raw->format >= 0;
	int status;

	*parts = (struct parts){ };
	if (!strcmp(name, "-")) {
		complain("a recording is read from files: stdin cannot be searched");
		status = EXIT_USAGE;
	} else if (file && (said || !base)) {
		status = parts_add_raw(parts, name, raw);
	} else if (said) {
		complain("%s cannot be opened: %s", name, strerror(ENOENT));
		status = EXIT_SYSTEM;
	} else {
		status = parts_open_base(parts, base ? base : name, ending);
	}
	free(base);
	return status;
}

void parts_close(struct parts *parts)
{
	size_t i;

	for (i = 0; i < parts->num; i++)
		part_free(parts->part[i]);
	free(parts->part);
	free(parts->list);
	*parts = (struct parts){ };
}
