// SPDX-License-Identifier: GPL-2.0-only
/* What a source has lost. See losses.h. */
#include <inttypes.h>
#include <stdlib.h>

#include "losses.h"

#define LOSSES_FIRST	64
#define LOSSES_MAX	1000000

bool losses_begin(struct losses *l, uint64_t index)
{
	if (l->count == l->room) {
		size_t room = l->room ? l->room * 2 : LOSSES_FIRST;
		struct loss *list = NULL;

		if (room <= LOSSES_MAX)
			list = realloc(l->list, room * sizeof(*list));
		if (!list)
			return false;
		l->list = list;
		l->room = room;
	}
	l->list[l->count++] = (struct loss){ .index = index };
	return true;
}

struct loss *losses_newest(const struct losses *l)
{
	return l->count ? &l->list[l->count - 1] : NULL;
}

void losses_print(const struct losses *l, FILE *out)
{
	for (size_t i = 0; i < l->count; i++)
		fprintf(out, "%s%" PRIu64 ":%" PRIu64, i ? "," : "", l->list[i].index,
			l->list[i].frames);
}

void losses_free(struct losses *l)
{
	free(l->list);
	*l = (struct losses){ .list = NULL };
}
