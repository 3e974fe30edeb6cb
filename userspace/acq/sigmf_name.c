// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sigmf_name.h"

static bool sigmf_name_strip(char *name, const char *suffix)
{
	size_t len = strlen(name), end = strlen(suffix);

	/* what is nothing but a suffix is a name */
	if (len <= end || strcmp(name + len - end, suffix) || name[len - end - 1] == '/')
		return false;
	name[len - end] = '\0';
	return true;
}

char *sigmf_name_base(const char *arg)
{
	static const char *const suffixes[] = { SIGMF_DATA, SIGMF_META, SIGMF_JOURNAL,
						SIGMF_COLLECTION, ".sigmf" };
	char *base = strdup(arg);
	unsigned int i;

	for (i = 0; base && i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (sigmf_name_strip(base, suffixes[i]))
			break;
	return base;
}

const char *sigmf_name_last(const char *base)
{
	const char *slash = strrchr(base, '/');

	return slash ? slash + 1 : base;
}

char *sigmf_name(const char *base, const char *suffix)
{
	char *name;

	return asprintf(&name, "%s%s", base, suffix) < 0 ? NULL : name;
}
