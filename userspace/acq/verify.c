// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "names.h"
#include "verify.h"

#define PIECE 16384	/* stays in the first cache; a multiple of every width */

bool verify_begin(struct verify *v, const char *pattern, unsigned int width,
		  unsigned int channels)
{
	int kind = name_value(&pattern_names, pattern);

	if ((kind != PATTERN_RAMP && kind != PATTERN_PRBS) || !width || !channels)
		return false;
	memset(v, 0, sizeof(*v));
	v->kind = kind;
	v->width = width;
	v->channels = channels;
	return true;
}

void verify_seek(struct verify *v, uint64_t index)
{
	pattern_seek(&v->pattern, v->kind, v->width, (index - v->restart) * v->channels);
}

void verify_restart(struct verify *v, uint64_t index)
{
	v->restart = index;
}

static uint32_t verify_sample(const unsigned char *p, unsigned int width)
{
	uint32_t value = 0;

	while (width--)
		value = value << 8 | p[width];
	return value;
}

/* @first is the number of the sample at the start of both. */
static void verify_find_bad(struct verify *v, const unsigned char *got,
			    const unsigned char *expected, uint64_t first)
{
	size_t i = 0, at;

	while (got[i] == expected[i])
		i++;
	at = i - i % v->width;
	first += i / v->width;
	v->bad.offset = i;
	v->bad.frame = v->restart + first / v->channels;
	v->bad.channel = first % v->channels;
	v->bad.got = verify_sample(got + at, v->width);
	v->bad.expected = verify_sample(expected + at, v->width);
}

bool verify_piece(struct verify *v, const void *data, size_t bytes)
{
	unsigned char expected[PIECE];
	const unsigned char *got = data;
	size_t done, n;
	uint64_t first;

	for (done = 0; done < bytes; done += n) {
		n = bytes - done < PIECE ? bytes - done : PIECE;
		first = v->pattern.next;
		pattern_fill(&v->pattern, expected, n / v->width);
		if (memcmp(got + done, expected, n)) {
			verify_find_bad(v, got + done, expected, first);
			v->bytes += done + v->bad.offset;
			v->bad.offset += done;
			return false;
		}
	}
	v->bytes += bytes;
	return true;
}
