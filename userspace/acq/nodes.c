// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nodes.h"

#define NODES_SYSFS "/sys/class/misc"

static int nodes_number(const char *name)
{
	return atoi(name + strlen("acqdev"));
}

static int nodes_by_number(const void *a, const void *b)
{
	return nodes_number(*(char *const *)a) - nodes_number(*(char *const *)b);
}

void nodes_find(struct nodes *nodes)
{
	struct dirent *entry;
	DIR *dir = opendir(NODES_SYSFS);

	nodes->num = 0;
	if (!dir)
		return;
	while (nodes->num < NODES_MAX && (entry = readdir(dir))) {
		const char *name = entry->d_name;

		if (strncmp(name, "acqdev", 6) || name[6 + strspn(name + 6, "0123456789")])
			continue;
		nodes->name[nodes->num] = strdup(name);
		if (!nodes->name[nodes->num])
			break;
		nodes->num++;
	}
	closedir(dir);
	qsort(nodes->name, nodes->num, sizeof(nodes->name[0]), nodes_by_number);
}

void nodes_free(struct nodes *nodes)
{
	while (nodes->num)
		free(nodes->name[--nodes->num]);
}

char *nodes_attribute(const char *node, const char *name, char *text, size_t size)
{
	char path[512];
	FILE *file;

	text[0] = '\0';
	snprintf(path, sizeof(path), NODES_SYSFS "/%s/%s", node, name);
	file = fopen(path, "re");
	if (!file)
		return text;
	if (fgets(text, size, file))
		text[strcspn(text, "\n")] = '\0';
	else
		text[0] = '\0';
	fclose(file);
	return text;
}
