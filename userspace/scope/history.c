// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include <linux/acqdev.h>

#include "history.h"

bool history_begin(struct history *h, unsigned int format, unsigned int channels)
{
	history_end(h);
	samples_layout(&h->samples, format, channels);
	h->frames = HISTORY_FRAMES;
	while (h->frames * h->samples.frame > HISTORY_BYTES)
		h->frames /= 2;
	h->data = malloc(h->frames * h->samples.frame);
	return h->data;
}

void history_end(struct history *h)
{
	free(h->data);
	*h = (struct history){ };
}

static uint64_t history_gap_end(const struct history_gap *gap)
{
	return gap->index + gap->lost;
}

/* What has no room any more goes, and the gaps with it. */
static void history_forget(struct history *h)
{
	unsigned int n = 0;

	if (h->end > h->frames && h->begin < h->end - h->frames)
		h->begin = h->end - h->frames;
	while (n < h->gaps && history_gap_end(&h->gap[n]) <= h->begin)
		n++;
	h->gaps -= n;
	memmove(h->gap, h->gap + n, h->gaps * sizeof(h->gap[0]));
}

void history_lose(struct history *h, const struct history_gap *gap)
{
	struct history_gap *last = h->gaps ? &h->gap[h->gaps - 1] : NULL;

	if (h->begin == h->end)
		h->begin = gap->index;
	h->end = history_gap_end(gap);
	if (last && history_gap_end(last) == gap->index && last->cause == gap->cause) {
		last->lost += gap->lost;
		last->estimated |= gap->estimated;
	} else {
		if (h->gaps == HISTORY_GAPS) {
			/* the oldest cannot be remembered, nor what is before it then */
			h->begin = history_gap_end(h->gap);
			history_forget(h);
		}
		h->gap[h->gaps++] = *gap;
	}
	history_forget(h);
}

void history_add(struct history *h, const void *data, size_t frames, uint64_t index)
{
	struct history_gap between = { .index = h->end, .lost = index - h->end };
	size_t at, part, frame = h->samples.frame;

	if (index < h->end)
		h->gaps = 0;
	if (h->begin == h->end || index < h->end)
		h->begin = index;
	else if (index > h->end)
		history_lose(h, &between);
	if (frames > h->frames) {
		data = (const char *)data + (frames - h->frames) * frame;
		index += frames - h->frames;
		frames = h->frames;
		h->begin = index;
	}
	at = index & (h->frames - 1);
	part = frames < h->frames - at ? frames : h->frames - at;
	memcpy(h->data + at * frame, data, part * frame);
	memcpy(h->data, (const char *)data + part * frame, (frames - part) * frame);
	h->end = index + frames;
	history_forget(h);
}

void history_back(struct history *h, uint64_t index)
{
	if (index < h->begin) {
		h->begin = index;
		h->end = index;
		h->gaps = 0;
	} else if (index < h->end) {
		h->end = index;
	}
}

bool history_last(const struct history *h, uint64_t *from, uint64_t *to)
{
	uint64_t a = *from > h->begin ? *from : h->begin, b = *to < h->end ? *to : h->end;
	const struct history_gap *gap = h->gap + h->gaps;

	while (gap-- > h->gap && a < b) {
		if (gap->index >= b)
			continue;
		if (history_gap_end(gap) < b) {
			a = history_gap_end(gap) > a ? history_gap_end(gap) : a;
			break;
		}
		b = gap->index;
	}
	*from = a;
	*to = b;
	return a < b;
}

void history_take(const struct history *h, uint64_t index, size_t frames, unsigned int place,
		  int64_t *code)
{
	size_t at = index & (h->frames - 1);
	size_t part = frames < h->frames - at ? frames : h->frames - at;

	samples_take(&h->samples, h->data + at * h->samples.frame, part, place, code);
	samples_take(&h->samples, h->data, frames - part, place, code + part);
}
