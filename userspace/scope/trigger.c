// SPDX-License-Identifier: GPL-2.0-only
#include "history.h"
#include "trigger.h"

#define TRIGGER_PIECE	4096	/* frames looked at in one go */

/* In a piece without a gap, from its end: the second of two neighbours is the crossing. */
static bool trigger_find_piece(const struct trigger *t, const struct history *h, uint64_t from,
			       uint64_t to, uint64_t *index)
{
	int64_t code[TRIGGER_PIECE], level = t->level + h->samples.zero;
	bool beyond, before;
	size_t n, i;

	while (to - from > 1) {
		n = to - from < TRIGGER_PIECE ? to - from : TRIGGER_PIECE;
		history_take(h, to - n, n, t->place, code);
		for (i = n - 1; i > 0; i--) {
			beyond = t->falling ? code[i] <= level : code[i] >= level;
			before = t->falling ? code[i - 1] <= level : code[i - 1] >= level;
			if (beyond && !before) {
				*index = to - n + i;
				return true;
			}
		}
		/* the first of these is the second of the next two */
		to -= n - 1;
	}
	return false;
}

bool trigger_find(const struct trigger *t, const struct history *h, uint64_t from, uint64_t to,
		  uint64_t *index)
{
	uint64_t a, b;

	/* a crossing at @from needs the frame before it */
	from -= from > h->begin;
	for (;; to = a) {
		a = from;
		b = to;
		if (!history_last(h, &a, &b))
			return false;
		if (trigger_find_piece(t, h, a, b, index))
			return true;
	}
}
