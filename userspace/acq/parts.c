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
#include "unlisted.h"

/* A collection's list of files */
struct list {
	struct parts *parts;
	const char *name;	/* of the collection */
	size_t dir;		/* length of its directory's name, with the slash */
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
	int status = EXIT_OK;
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
	if (parts_has(base))
		status = parts_add_file(l->parts, base);
	else if (!l->missing++)
		remark("%s, which %s has in its list, is not there", base, l->name);
	free(base);
	return status;
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

static bool parts_list_has(void *arg, const char *base)
{
	const struct parts *parts = arg;
	size_t i, len = strlen(base);

	for (i = 0; i < parts->num; i++)
		if (!strncmp(parts->part[i]->name, base, len) &&
		    !strcmp(parts->part[i]->name + len, ".sigmf-data"))
			return true;
	return false;
}

/* The last part goes to where its number in the series belongs: what was cut may be in between. */
static void parts_list_sort(struct parts *parts, uint64_t number)
{
	struct part *part = parts->part[parts->num - 1];
	size_t i;

	part->number = number;
	for (i = parts->num - 1; i && parts->part[i - 1]->number > number; i--)
		parts->part[i] = parts->part[i - 1];
	parts->part[i] = part;
}

static int parts_add_unlisted(struct parts *parts, const char *base)
{
	struct unlisted unlisted;
	int status;
	size_t i;

	status = unlisted_find(&unlisted, base, parts_list_has, parts);
	for (i = 0; !status && i < unlisted.num; i++) {
		status = parts_add_file(parts, unlisted.file[i].base);
		if (!status)
			parts_list_sort(parts, unlisted.file[i].number);
	}
	unlisted_free(&unlisted);
	return status;
}

static int parts_read_list(struct list *l)
{
	static const char *const lists[] = { NULL };
	struct scan scan;
	struct stat st;
	int status;

	/* a series has one before it has a finished file */
	if (!stat(l->name, &st) && S_ISREG(st.st_mode) && !st.st_size)
		return EXIT_OK;
	status = scan_open(&scan, l->name);
	if (status)
		return status;
	status = scan_object(&scan, lists, parts_list_take_key, l);
	scan_close(&scan);
	if (!status && l->missing > 1)
		remark("so are %zu others: it is read without them", l->missing - 1);
	return status;
}

/* @certain: it is known to be one. Else there may be nothing, which the caller says. */
static int parts_open_series(struct parts *parts, const char *base, bool certain)
{
	char *name = part_name(base, ".sigmf-collection");
	struct list l = { .parts = parts, .name = name };
	int status = EXIT_OK;

	if (!name)
		return EXIT_SYSTEM;
	if (strrchr(name, '/'))
		l.dir = strrchr(name, '/') + 1 - name;
	parts->list = name;
	if (certain)
		status = parts_read_list(&l);
	if (!status)
		status = parts_add_unlisted(parts, base);
	if (!status && !parts->num && certain) {
		complain("%s has no file that is there", name);
		status = EXIT_SYSTEM;
	}
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
	int status = EXIT_OK;

	if (!strcmp(ending, ".sigmf-collection"))
		return parts_open_series(parts, base, true);
	if (parts_has(base))
		return parts_add_file(parts, base);
	if (!*ending)
		status = parts_open_series(parts, base, parts_exists(base, ".sigmf-collection"));
	if (status || parts->num)
		return status;
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
