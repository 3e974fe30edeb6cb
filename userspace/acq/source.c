// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "source.h"

static const struct mode *const modes[] = {
	&mode_read,
	&mode_poll,
	&mode_epoll,
};

#define NUM_MODES (sizeof(modes) / sizeof(modes[0]))

const struct mode *mode_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < NUM_MODES; i++)
		if (!strcmp(modes[i]->name, name))
			return modes[i];
	return NULL;
}

void mode_help(void)
{
	unsigned int i;

	for (i = 0; i < NUM_MODES; i++)
		printf("                         %-7s%s\n", modes[i]->name, modes[i]->help);
}
