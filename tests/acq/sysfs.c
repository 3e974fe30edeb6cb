// SPDX-License-Identifier: GPL-2.0-only
/* ACQ_FAKE_SYS stands for /sys/class/misc: the linker sends the tool's calls here. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"

DIR *__wrap_opendir(const char *name)
{
	const char *instead = getenv("ACQ_FAKE_SYS");

	return __real_opendir(instead && !strcmp(name, "/sys/class/misc") ? instead : name);
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
	const char *instead = getenv("ACQ_FAKE_SYS");
	char other[4096];

	if (instead && !strncmp(path, "/sys/class/misc/", 16)) {
		snprintf(other, sizeof(other), "%s/%s", instead, path + 16);
		path = other;
	}
	return __real_fopen(path, mode);
}
