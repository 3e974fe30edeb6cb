// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "exit.h"
#include "names.h"
#include "part.h"
#include "report.h"

static int part_no_memory(void)
{
	complain("out of memory");
	return EXIT_SYSTEM;
}

char *part_name(const char *base, const char *ending)
{
	char *name;

	if (asprintf(&name, "%s%s", base, ending) >= 0)
		return name;
	part_no_memory();
	return NULL;
}

struct part *part_new(const char *name)
{
	struct part *p = calloc(1, sizeof(*p));

	if (p)
		p->name = strdup(name);
	if (p && p->name)
		return p;
	free(p);
	part_no_memory();
	return NULL;
}

void part_free(struct part *p)
{
	if (!p)
		return;
	json_object_put(p->config);
	free(p->segments);
	free(p->gaps);
	free(p->times);
	free(p->name);
	free(p);
}

/* Room for one more behind @num; it doubles whenever a power of two is full. */
static void *part_grow(void *list, size_t num, size_t size)
{
	size_t room = num ? num * 2 : 1;

	if (num & (num - 1))
		return list;
	if (room > SIZE_MAX / size)
		return NULL;
	return realloc(list, room * size);
}

int part_add_segment(struct part *p, const struct part_segment *segment)
{
	struct part_segment *list = part_grow(p->segments, p->num_segments, sizeof(*list));

	if (!list)
		return part_no_memory();
	p->segments = list;
	list[p->num_segments++] = *segment;
	return EXIT_OK;
}

int part_add_gap(struct part *p, const struct part_gap *gap)
{
	struct part_gap *list = part_grow(p->gaps, p->num_gaps, sizeof(*list));

	if (!list)
		return part_no_memory();
	p->gaps = list;
	list[p->num_gaps++] = *gap;
	return EXIT_OK;
}

int part_add_time(struct part *p, const struct part_time *time)
{
	struct part_time *list = part_grow(p->times, p->num_times, sizeof(*list));

	if (!list)
		return part_no_memory();
	p->times = list;
	list[p->num_times++] = *time;
	return EXIT_OK;
}

int part_check_about(struct part *p, const char *account)
{
	struct part_about *a = &p->about;

	if (!format_width(a->format)) {
		complain("%s: its samples have a format that acq does not know", account);
		return EXIT_SYSTEM;
	}
	if (!a->channels || a->channels > PART_CHANNELS_MAX) {
		complain("%s: %u channels are not possible, 1 to %u are", account, a->channels,
			 PART_CHANNELS_MAX);
		return EXIT_SYSTEM;
	}
	if (a->rate_millihz > PART_RATE_MAX) {
		complain("%s: its rate is not possible", account);
		return EXIT_SYSTEM;
	}
	a->frame_bytes = a->channels * format_width(a->format);
	return EXIT_OK;
}

static int part_compare_segments(const void *a, const void *b)
{
	const struct part_segment *s = a, *t = b;

	return s->frame < t->frame ? -1 : s->frame > t->frame;
}

/* The account's segments and gaps end where the samples do. */
static int part_clip(struct part *p)
{
	size_t i, kept = 0;

	for (i = 1; i < p->num_segments; i++) {
		if (part_compare_segments(&p->segments[i - 1], &p->segments[i]) <= 0)
			continue;
		complain("%s: the segments in its account are not in order", p->name);
		return EXIT_SYSTEM;
	}
	for (i = 0; i < p->num_segments; i++) {
		struct part_segment *s = &p->segments[i];
		uint64_t end = i + 1 < p->num_segments ? s[1].frame : p->frames;

		if (end > p->frames)
			end = p->frames;
		/* one that is empty lies between two gaps */
		if (s->frame >= end)
			continue;
		s->frames = end - s->frame;
		p->segments[kept++] = *s;
	}
	p->num_segments = kept;
	for (i = 0, kept = 0; i < p->num_gaps; i++)
		if (p->gaps[i].frame <= p->frames)
			p->gaps[kept++] = p->gaps[i];
	p->num_gaps = kept;
	return EXIT_OK;
}

int part_measure(struct part *p, uint64_t frames, bool certain)
{
	struct part_segment whole = { .utc = PART_NO_TIME };
	struct stat st;
	uint64_t there;

	if (stat(p->name, &st)) {
		complain("%s cannot be read: %s", p->name, strerror(errno));
		return EXIT_SYSTEM;
	}
	if (!S_ISREG(st.st_mode)) {
		complain("%s cannot be read: it is not a file", p->name);
		return EXIT_SYSTEM;
	}
	there = (uint64_t)st.st_size > p->begin ? st.st_size - p->begin : 0;
	there /= p->about.frame_bytes;
	p->frames = there < frames ? there : frames;
	if (certain && there < frames)
		remark("%s is shorter than its account says: it has %" PRIu64 " of %" PRIu64 " frames",
		       p->name, there, frames);
	if (!p->num_segments && part_add_segment(p, &whole))
		return EXIT_SYSTEM;
	if (p->segments[0].frame) {
		complain("%s: its account says nothing of its first samples", p->name);
		return EXIT_SYSTEM;
	}
	return part_clip(p);
}
