// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "account.h"
#include "claim.h"
#include "collection.h"
#include "exit.h"
#include "journal.h"
#include "report.h"
#include "series.h"
#include "sigmf_head.h"
#include "sigmf_name.h"

/* What strftime(3) knows, but for what has a slash or depends on who looks at it */
#define SERIES_CONVERSIONS	"%aAbBCdeFgGhHIjmMpRsSTuUVwWyYzZ"

#define SERIES_STUBS	100	/* files at most in the place of a full one */

struct series {
	char *text;			/* as it was given */
	char *path;			/* what the collection's name begins with */
	char *directory;		/* with a slash at the end, or "" */
	const char *last;		/* of @text: behind the directory */
	bool dated;			/* it has conversions; else a number follows */
	unsigned int files;
	struct series_full full;
	uint64_t next;			/* for series_next() */
	uint64_t beyond;		/* the numbers of all that there was */
	struct collection *collection;
	struct series_member *member;
	size_t members;
	char *failed;
};

static bool series_is_dated(const char *text)
{
	for (; *text; text++)
		if (*text == '%' && *++text != '%')
			return true;
	return false;
}

int series_check(const char *text)
{
	const char *last = sigmf_name_last(text), *p;

	if (!*last) {
		complain("'%s' is not a file name", text);
		return EXIT_USAGE;
	}
	if (memchr(text, '%', last - text)) {
		complain("%s: only the file name can have a %%, not its directory", text);
		return EXIT_USAGE;
	}
	for (p = last; *p; p++) {
		if (*p != '%')
			continue;
		if (!*++p || !strchr(SERIES_CONVERSIONS, *p)) {
			complain("%s: %%%.1s is not a time conversion (%%Y %%m %%d %%H %%M %%S ...); write %%%% for a percent sign",
				 text, p);
			return EXIT_USAGE;
		}
	}
	return EXIT_OK;
}

static bool series_convert(const char *text, int64_t utc_ns, char *base, size_t size)
{
	time_t seconds = utc_ns / 1000000000;
	struct tm tm;
	size_t len;

	gmtime_r(&seconds, &tm);
	/* nothing is written for an empty text, nor if there is no room */
	len = strftime(base, size, text, &tm);
	return len > 0 && strlen(sigmf_name_last(base)) + sizeof(SIGMF_COLLECTION "-000000") <=
			  NAME_MAX;
}

/* Some file of that name is there, whoever made it. */
static bool series_is_taken(const char *base)
{
	static const char * const suffixes[] = { SIGMF_DATA, SIGMF_META, SIGMF_JOURNAL };
	bool taken = false;
	struct stat st;
	unsigned int i;
	char *name;

	for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]) && !taken; i++) {
		name = sigmf_name(base, suffixes[i]);
		taken = name && !lstat(name, &st);
		free(name);
	}
	return taken;
}

bool series_expand(const char *text, int64_t utc_ns, char *base, size_t size)
{
	char name[PATH_MAX];
	unsigned int again;

	if (!series_convert(text, utc_ns, name, sizeof(name)))
		return false;
	if (snprintf(base, size, "%s", name) >= (int)size)
		return false;
	/* two that begin in the same second, or whatever the name tells apart */
	for (again = 1; series_is_dated(text) && series_is_taken(base); again++)
		if (snprintf(base, size, "%s-%06u", name, again) >= (int)size)
			return false;
	return true;
}

static void series_set_failed(struct series *s, const char *base, const char *suffix)
{
	free(s->failed);
	s->failed = sigmf_name(base, suffix);
}

/* Would this series have given that name? One with a time may have a number, too. */
static bool series_would_name(const struct series *s, const char *name)
{
	size_t len = strlen(series_name(s));
	struct tm tm = { };
	const char *p;

	if (s->dated)
		p = strptime(name, s->last, &tm);
	else
		p = strncmp(name, series_name(s), len) ? NULL : name + len;
	if (!p || (!*p && s->dated))
		return p;
	len = *p == '-' ? strspn(p + 1, "0123456789") : 0;
	return len >= 6 && !p[1 + len];
}

/*
 * A recorder that is killed just when it has created the files leaves them empty: nothing says
 * whose they are, but for their names, and there is nothing to lose.
 */
static bool series_is_stub(const struct series *s, const char *base)
{
	char *journal = sigmf_name(base, SIGMF_JOURNAL), *data = sigmf_name(base, SIGMF_DATA);
	bool stub = false;
	struct stat st;

	if (journal && data && series_would_name(s, sigmf_name_last(base)))
		stub = !lstat(journal, &st) && S_ISREG(st.st_mode) && !st.st_size &&
		       (lstat(data, &st) ? errno == ENOENT : S_ISREG(st.st_mode) && !st.st_size) &&
		       account_state(base) == ACCOUNT_CUT;
	free(journal);
	free(data);
	return stub;
}

static uint64_t series_meta_frames(const char *path)
{
	struct json_object *global = sigmf_head(path);
	uint64_t frames = 0;

	if (global)
		journal_u64(global, "acqdev:frames", &frames);
	json_object_put(global);
	return frames;
}

static struct series_member *series_find(struct series *s, const char *base)
{
	size_t i;

	for (i = 0; i < s->members; i++)
		if (!strcmp(s->member[i].base, base))
			return &s->member[i];
	return NULL;
}

static int series_append(struct series *s, const char *base, uint64_t number, bool cut)
{
	struct series_member *more;

	more = reallocarray(s->member, s->members + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	s->member = more;
	more[s->members] = (struct series_member){
		.base = strdup(base), .number = number, .cut = cut,
	};
	if (!more[s->members].base)
		return -ENOMEM;
	s->members++;
	if (s->beyond <= number)
		s->beyond = number + 1;
	return 0;
}

static void series_drop(struct series *s, size_t i)
{
	free(s->member[i].base);
	s->members--;
	memmove(s->member + i, s->member + i + 1, (s->members - i) * sizeof(*s->member));
}

void series_forget(struct series *s, const char *base)
{
	struct series_member *member = series_find(s, base);

	if (!member)
		return;
	collection_remove(s->collection, sigmf_name_last(base));
	series_drop(s, member - s->member);
}

static int series_look_at(struct series *s, const char *name)
{
	static const char * const suffixes[] = { SIGMF_JOURNAL, SIGMF_META };
	char base[PATH_MAX];
	enum claim claim;
	uint64_t number;
	unsigned int i;
	size_t len, end;
	bool cut;

	for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		len = strlen(name);
		end = strlen(suffixes[i]);
		if (len <= end || strcmp(name + len - end, suffixes[i]))
			continue;
		snprintf(base, sizeof(base), "%s%.*s", s->directory, (int)(len - end), name);
		if (series_find(s, base))
			continue;
		claim = claim_of(base, series_name(s), &number, &cut);
		if (claim == CLAIM_OURS)
			return series_append(s, base, number, cut);
		/* its number counts for nothing, because it will be gone */
		if (claim == CLAIM_UNKNOWN && series_is_stub(s, base))
			return series_append(s, base, 0, cut);
	}
	return 0;
}

static int series_compare(const void *a, const void *b)
{
	const struct series_member *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return strcmp(x->base, y->base);
}

/* All files in the directory that begin as the series' names do */
static int series_scan(struct series *s)
{
	size_t begin = strcspn(s->last, "%");
	DIR *dir = opendir(*s->directory ? s->directory : ".");
	struct dirent *entry;
	int err = 0;

	if (!dir)
		return -errno;
	while (!err && (entry = readdir(dir)))
		if (!strncmp(entry->d_name, s->last, begin))
			err = series_look_at(s, entry->d_name);
	closedir(dir);
	if (s->members)
		qsort(s->member, s->members, sizeof(*s->member), series_compare);
	/* a number is used once, even if all files are moved elsewhere */
	if (s->beyond < collection_next(s->collection))
		s->beyond = collection_next(s->collection);
	s->next = s->beyond;
	return err;
}

/* The series' own name: what stands before the first conversion, or all of it */
static int series_set_name(struct series *s)
{
	size_t len;
	char *name;

	s->last = sigmf_name_last(s->text);
	s->dated = series_is_dated(s->last);
	s->directory = strndup(s->text, s->last - s->text);
	name = malloc(strlen(s->last) + 1);
	if (s->directory && name && !s->dated) {
		series_convert(s->last, 0, name, strlen(s->last) + 1);
	} else if (s->directory && name) {
		len = strcspn(s->last, "%");
		while (len && strchr("-_.", s->last[len - 1]))
			len--;
		snprintf(name, len + 1, "%s", s->last);
	}
	if (!s->directory || !name ||
	    asprintf(&s->path, "%s%s", s->directory, *name ? name : "recording") < 0)
		s->path = NULL;
	free(name);
	return s->path ? 0 : -ENOMEM;
}

int series_open(struct series **out, const char *text, unsigned int files)
{
	struct series *s = calloc(1, sizeof(*s));
	char *collection;
	int err;

	*out = s;
	if (s) {
		s->files = files;
		s->text = strdup(text);
	}
	if (!s || !s->text || series_set_name(s)) {
		complain("out of memory");
		return EXIT_SYSTEM;
	}
	collection = sigmf_name(s->path, SIGMF_COLLECTION);
	err = collection ? collection_open(&s->collection, collection) : EXIT_SYSTEM;
	free(collection);
	if (err)
		return err;
	err = series_scan(s);
	if (err) {
		complain("%s cannot be read: %s", *s->directory ? s->directory : ".",
			 strerror(-err));
		return EXIT_SYSTEM;
	}
	return EXIT_OK;
}

const char *series_name(const struct series *s)
{
	return sigmf_name_last(s->path);
}

const struct series_member *series_member(const struct series *s, size_t i)
{
	return i < s->members ? &s->member[i] : NULL;
}

int series_begin(struct series *s, const struct series_full *full)
{
	int err = collection_begin(s->collection);

	s->full = *full;
	if (err)
		series_set_failed(s, s->path, SIGMF_COLLECTION);
	return err;
}

bool series_next(struct series *s, int64_t utc_ns, char *base, size_t size, uint64_t *number)
{
	*number = s->next++;
	if (s->dated)
		return series_expand(s->text, utc_ns, base, size);
	do {
		if (snprintf(base, size, "%s-%06" PRIu64, s->path, *number) >= (int)size)
			return false;
	} while (series_is_taken(base) && (*number = s->next++));
	return true;
}

static int series_unlink(struct series *s, const char *base, const char *suffix)
{
	char *name = sigmf_name(base, suffix);
	int err = !name ? -ENOMEM : unlink(name) && errno != ENOENT ? -errno : 0;

	free(name);
	if (err)
		series_set_failed(s, base, suffix);
	return err;
}

static int series_write(struct series *s)
{
	int err;

	collection_set_next(s->collection, s->beyond);
	err = collection_write(s->collection);

	if (err)
		series_set_failed(s, s->path, SIGMF_COLLECTION);
	return err;
}

/* What says whose it is goes last: a removal that is cut short is made good by the next one. */
static int series_unlink_all(struct series *s, const char *base)
{
	static const char * const suffixes[] = { SIGMF_DATA, SIGMF_META_NEW, SIGMF_JOURNAL,
						 SIGMF_META };
	unsigned int i;
	int err = 0;

	for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]) && !err; i++)
		err = series_unlink(s, base, suffixes[i]);
	return err;
}

/* The collection first: it lists no more than there is. */
static int series_remove_oldest(struct series *s)
{
	char *base = s->member[0].base;
	uint64_t number;
	bool cut;
	int err;

	collection_remove(s->collection, sigmf_name_last(base));
	err = series_write(s);
	/* it may be somebody else's by now */
	if (!err && claim_of(base, series_name(s), &number, &cut) == CLAIM_OURS)
		err = series_unlink_all(s, base);
	if (!err)
		series_drop(s, 0);
	return err;
}

int series_discard(struct series *s, const char *base)
{
	int err = series_unlink_all(s, base);

	if (!err)
		series_forget(s, base);
	return err;
}

/* What the data of @member has, in the unit of a full file */
static uint64_t series_amount(struct series *s, struct series_member *member)
{
	char *data = sigmf_name(member->base, SIGMF_DATA);
	char *meta = sigmf_name(member->base, SIGMF_META);
	struct stat st = { };

	/* what was moved elsewhere is none of it */
	if (!data || !meta || stat(data, &st))
		st.st_size = 0;
	if (st.st_size && s->full.frames && !member->frames)
		member->frames = series_meta_frames(meta);
	free(data);
	free(meta);
	return st.st_size && s->full.frames ? member->frames : (uint64_t)st.st_size;
}

/*
 * How many of the oldest are too many. Small files, of recorders that did not run for long or of
 * gaps, take no room from full ones. The newest counts as one that is full.
 */
static size_t series_excess(struct series *s)
{
	uint64_t most, have = s->full.amount, stubs = (uint64_t)s->files * SERIES_STUBS;
	size_t i = s->members - 1;

	if (!s->files)
		return 0;
	if (!s->full.amount || __builtin_mul_overflow(s->full.amount, s->files, &most))
		return s->members > s->files ? s->members - s->files : 0;
	while (i && have < most && s->members - i < stubs)
		if (__builtin_add_overflow(have, series_amount(s, &s->member[--i]), &have))
			have = ~0ULL;
	return i;
}

int series_begun(struct series *s, const char *base, uint64_t number)
{
	int err = series_append(s, base, number, true);
	size_t excess = err ? 0 : series_excess(s);

	collection_keep(s->collection);
	while (!err && excess--)
		err = series_remove_oldest(s);
	return err;
}

int series_completed(struct series *s, const char *base)
{
	int err = collection_add(s->collection, sigmf_name_last(base));

	if (err)
		series_set_failed(s, base, SIGMF_META);
	return err ? err : series_write(s);
}

int series_collect(struct series *s)
{
	const char *base;
	int err = 0;
	size_t i;

	for (i = 0; i < s->members && !err; i++) {
		base = sigmf_name_last(s->member[i].base);
		err = collection_renew(s->collection, base);
		/* it could not be repaired */
		if (err == -ENOENT)
			err = 0;
		if (err)
			series_set_failed(s, s->member[i].base, SIGMF_META);
	}
	return err ? err : series_write(s);
}

const char *series_failed(const struct series *s)
{
	return s->failed ? s->failed : series_name(s);
}

void series_close(struct series *s)
{
	if (!s)
		return;
	while (s->members)
		series_drop(s, s->members - 1);
	collection_close(s->collection);
	free(s->member);
	free(s->failed);
	free(s->directory);
	free(s->path);
	free(s->text);
	free(s);
}
