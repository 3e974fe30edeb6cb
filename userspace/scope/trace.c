// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stddef.h>

#include "history.h"
#include "pack.h"
#include "picture.h"
#include "trace.h"

#define TRACE_PIECE	4096	/* frames looked at in one go */

struct trace {
	const struct history *h;
	unsigned int place;
	uint64_t begin;
	uint32_t per, columns, pair;
	int32_t column[2 * PICTURE_COLUMNS_MAX];
};

/* What stands for nothing is no sample's. */
static int32_t trace_code(const struct samples *s, int64_t code)
{
	code -= s->zero;
	return code > PICTURE_NOTHING ? code : PICTURE_NOTHING + 1;
}

/* Samples without a gap */
static void trace_add(struct trace *t, uint64_t from, uint64_t to)
{
	int64_t code[TRACE_PIECE];
	size_t n, i;

	for (; from < to; from += n) {
		n = to - from < TRACE_PIECE ? to - from : TRACE_PIECE;
		history_take(t->h, from, n, t->place, code);
		for (i = 0; i < n; i++) {
			int32_t *c = t->column + (from + i - t->begin) / t->per * t->pair;
			int32_t v = trace_code(&t->h->samples, code[i]);
			bool first = *c == PICTURE_NOTHING;

			if (first || v < c[0])
				c[0] = v;
			if (t->pair > 1 && (first || v > c[1]))
				c[1] = v;
		}
	}
}

unsigned char *trace_put(unsigned char *to, const struct history *h, unsigned int place,
			 uint64_t begin, uint32_t per, uint32_t columns)
{
	struct trace t = {
		.h = h, .place = place, .begin = begin, .per = per, .columns = columns,
		.pair = per > 1 ? 2 : 1,
	};
	uint64_t a, b, end = begin + (uint64_t)per * columns;
	uint32_t i;

	for (i = 0; i < columns * t.pair; i++)
		t.column[i] = PICTURE_NOTHING;
	/* the pieces between the gaps, from the last one on */
	for (b = end, a = begin; history_last(h, &a, &b); b = a, a = begin)
		trace_add(&t, a, b);
	for (i = 0; i < columns * t.pair; i++)
		to = pack_u32(to, t.column[i]);
	return to;
}
