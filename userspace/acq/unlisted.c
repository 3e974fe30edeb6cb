// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "claim.h"
#include "exit.h"
#include "report.h"
#include "sigmf_name.h"
#include "unlisted.h"

static int unlisted_no_memory(void)
{
	complain("out of memory");
	return EXIT_SYSTEM;
}

/* A recorder that is killed as it creates a file leaves this: it has no samples then. */
static void unlisted_pass_over(const char *base)
{
	char *data = sigmf_name(base, SIGMF_DATA);
	struct stat st;

	if (data && !stat(data, &st) && st.st_size)
		complain("%s is passed over: its journal does not say what the %lld bytes of samples are (--raw FORMAT,CHANNELS,RATE can say it of %s)",
			 base, (long long)st.st_size, data);
	else
		remark("%s is passed over: it has no samples yet", base);
	free(data);
}

/* Takes @base. */
static int unlisted_add(struct unlisted *u, char *base, uint64_t number)
{
	struct unlisted_file *more = reallocarray(u->file, u->num + 1, sizeof(*more));

	if (!more) {
		free(base);
		return unlisted_no_memory();
	}
	u->file = more;
	more[u->num++] = (struct unlisted_file){ .base = base, .number = number };
	return EXIT_OK;
}

static bool unlisted_has(const struct unlisted *u, const char *base)
{
	size_t i;

	for (i = 0; i < u->num; i++)
		if (!strcmp(u->file[i].base, base))
			return true;
	return false;
}

/* @name without the ending of a journal or of metadata: how long; 0: it has none */
static size_t unlisted_length(const char *name)
{
	static const char * const endings[] = { SIGMF_JOURNAL, SIGMF_META };
	size_t i, len = strlen(name), tail;

	for (i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		tail = strlen(endings[i]);
		if (len > tail && !strcmp(name + len - tail, endings[i]))
			return len - tail;
	}
	return 0;
}

static int unlisted_look_at(struct unlisted *u, const char *series, const char *name, size_t len,
			    bool (*listed)(void *arg, const char *base), void *arg)
{
	const char *last = sigmf_name_last(series);
	enum claim claim;
	uint64_t number;
	char *base;
	bool cut;

	if (asprintf(&base, "%.*s%.*s", (int)(last - series), series, (int)len, name) < 0)
		return unlisted_no_memory();
	if (!listed(arg, base) && !unlisted_has(u, base)) {
		claim = claim_of(base, last, &number, &cut);
		if (claim == CLAIM_OURS)
			return unlisted_add(u, base, number);
		/* "runner" is none of the series "run" */
		if (claim == CLAIM_UNKNOWN && !strncmp(name, last, strlen(last)) &&
		    !isalpha((unsigned char)name[strlen(last)]))
			unlisted_pass_over(base);
	}
	free(base);
	return EXIT_OK;
}

static int unlisted_compare(const void *a, const void *b)
{
	const struct unlisted_file *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return strcmp(x->base, y->base);
}

int unlisted_find(struct unlisted *u, const char *base,
		  bool (*listed)(void *arg, const char *base), void *arg)
{
	const char *last = sigmf_name_last(base);
	char *path = strndup(base, last - base);
	struct dirent *entry;
	int status = EXIT_OK;
	size_t len;
	DIR *dir;

	*u = (struct unlisted){ };
	if (!path)
		return unlisted_no_memory();
	dir = opendir(*path ? path : ".");
	/* the collection, or what is missing, says more */
	if (!dir && errno != ENOENT && errno != ENOTDIR) {
		complain("%s cannot be searched: %s", *path ? path : ".", strerror(errno));
		status = EXIT_SYSTEM;
	}
	while (dir && !status && (entry = readdir(dir))) {
		len = unlisted_length(entry->d_name);
		/* Files of a series named by times begin with these: see series_set_name(). */
		if (len && (!strcmp(last, "recording") ||
			    (len > strlen(last) && !strncmp(entry->d_name, last, strlen(last)))))
			status = unlisted_look_at(u, base, entry->d_name, len, listed, arg);
	}
	if (dir)
		closedir(dir);
	free(path);
	if (u->num)
		qsort(u->file, u->num, sizeof(*u->file), unlisted_compare);
	return status;
}

void unlisted_free(struct unlisted *u)
{
	size_t i;

	for (i = 0; i < u->num; i++)
		free(u->file[i].base);
	free(u->file);
	*u = (struct unlisted){ };
}
