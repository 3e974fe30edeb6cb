// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exit.h"
#include "parts.h"
#include "recorded.h"
#include "report.h"
#include "sigmf_name.h"
#include "weave.h"

#define MILLI_NS	1000000000000	/* ns in a second, times mHz in a Hz */

typedef unsigned __int128 wide;

/* A sample index whose time is known; on an axis both only rise. */
struct anchor {
	unsigned int axis;
	uint64_t index;
	int64_t utc;
};

struct recorded {
	struct parts parts;
	uint64_t *begin;	/* each part's first frame */
	struct part *whole;	/* the name is the user's */
	struct anchor *anchors;
	size_t num_anchors;
	int fd;			/* of the file that was read last; -1: of none */
	size_t fd_part;
};

static void recorded_add_anchor(struct recorded *r, unsigned int axis, uint64_t index, int64_t utc)
{
	struct anchor *last = r->num_anchors ? &r->anchors[r->num_anchors - 1] : NULL;

	if (last && last->axis == axis && (index <= last->index || utc <= last->utc))
		return;
	r->anchors[r->num_anchors++] = (struct anchor){ axis, index, utc };
}

/* Recorded pairs of index and time, or, in a run that has none, its segments' times */
static int recorded_learn_times(struct recorded *r)
{
	const struct part *w = r->whole;
	size_t s = 0, t = 0, first;
	bool paired;

	r->anchors = calloc(w->num_segments + w->num_times + 1, sizeof(*r->anchors));
	if (!r->anchors) {
		complain("out of memory");
		return EXIT_SYSTEM;
	}
	while (s < w->num_segments) {
		unsigned int axis = w->segments[s].axis;

		first = r->num_anchors;
		for (; t < w->num_times && w->times[t].axis <= axis; t++)
			if (w->times[t].axis == axis)
				recorded_add_anchor(r, axis, w->times[t].index, w->times[t].utc);
		paired = r->num_anchors > first;
		for (; s < w->num_segments && w->segments[s].axis == axis; s++)
			if (!paired && w->segments[s].utc != PART_NO_TIME)
				recorded_add_anchor(r, axis, w->segments[s].index,
						    w->segments[s].utc);
	}
	return EXIT_OK;
}

/* What all files say together; each one's own lists are of no more use. */
static int recorded_join(struct recorded *r, const char *name, const struct part_raw *raw)
{
	size_t i;
	int status;

	r->whole = part_new(name);
	r->begin = calloc(r->parts.num + 1, sizeof(*r->begin));
	if (!r->whole || !r->begin)
		return EXIT_SYSTEM;
	r->whole->about = r->parts.part[0]->about;
	if (!r->whole->about.rate_millihz && raw)
		r->whole->about.rate_millihz = raw->rate_millihz;
	for (i = 0; i < r->parts.num; i++) {
		struct part *p = r->parts.part[i];

		r->begin[i] = r->whole->frames;
		status = weave_part(r->whole, p);
		if (status)
			return status;
		free(p->segments);
		free(p->gaps);
		free(p->times);
		p->segments = NULL;
		p->gaps = NULL;
		p->times = NULL;
	}
	r->begin[i] = r->whole->frames;
	return recorded_learn_times(r);
}

int recorded_open(struct recorded **out, const char *name, const struct part_raw *raw)
{
	struct recorded *r = calloc(1, sizeof(*r));
	int status;

	if (!r) {
		complain("out of memory");
		return EXIT_SYSTEM;
	}
	r->fd = -1;
	status = parts_open(&r->parts, name, raw);
	if (!status)
		status = recorded_join(r, name, raw);
	if (status)
		recorded_close(r);
	else
		*out = r;
	return status;
}

void recorded_close(struct recorded *r)
{
	if (!r)
		return;
	if (r->fd >= 0)
		close(r->fd);
	parts_close(&r->parts);
	part_free(r->whole);
	free(r->anchors);
	free(r->begin);
	free(r);
}

const char *recorded_name(const struct recorded *r)
{
	return r->whole->name;
}

const struct part_about *recorded_about(const struct recorded *r)
{
	return &r->whole->about;
}

struct json_object *recorded_config(const struct recorded *r)
{
	return r->parts.part[0]->config;
}

bool recorded_finished(const struct recorded *r)
{
	return *r->parts.part[r->parts.num - 1]->about.end;
}

/* Without memory for the name it is taken to be the same: a file too many is left alone. */
static bool recorded_is_file(const struct stat *st, const char *base, const char *ending)
{
	char *name = part_name(base, ending);
	struct stat own;
	bool same = !name || (!stat(name, &own) && own.st_ino == st->st_ino &&
			      own.st_dev == st->st_dev);

	free(name);
	return same;
}

bool recorded_has_file(const struct recorded *r, const char *name)
{
	struct stat st;
	bool has;
	size_t i;

	if (stat(name, &st))
		return false;
	has = r->parts.list && recorded_is_file(&st, r->parts.list, "");
	for (i = 0; !has && i < r->parts.num; i++) {
		const char *samples = r->parts.part[i]->name;
		char *base = sigmf_name_base(samples);

		has = !base || recorded_is_file(&st, samples, "") ||
		      recorded_is_file(&st, samples, ".json") ||
		      recorded_is_file(&st, base, SIGMF_META) ||
		      recorded_is_file(&st, base, SIGMF_JOURNAL);
		free(base);
	}
	return has;
}

uint64_t recorded_frames(const struct recorded *r)
{
	return r->whole->frames;
}

const struct part_segment *recorded_segments(const struct recorded *r, size_t *num)
{
	*num = r->whole->num_segments;
	return r->whole->segments;
}

const struct part_gap *recorded_gaps(const struct recorded *r, size_t *num)
{
	*num = r->whole->num_gaps;
	return r->whole->gaps;
}

const struct part_time *recorded_times(const struct recorded *r, size_t *num)
{
	*num = r->whole->num_times;
	return r->whole->times;
}

size_t recorded_segment_at(const struct recorded *r, uint64_t frame)
{
	size_t low = 0, high = r->whole->num_segments, mid;

	/* the last one that begins at or before it */
	while (high - low > 1) {
		mid = low + (high - low) / 2;
		if (r->whole->segments[mid].frame <= frame)
			low = mid;
		else
			high = mid;
	}
	return low;
}

static size_t recorded_part_at(const struct recorded *r, uint64_t frame)
{
	size_t low = 0, high = r->parts.num, mid;

	while (high - low > 1) {
		mid = low + (high - low) / 2;
		if (r->begin[mid] <= frame)
			low = mid;
		else
			high = mid;
	}
	return low;
}

static int recorded_turn_to(struct recorded *r, size_t part)
{
	if (r->fd >= 0 && r->fd_part == part)
		return 0;
	if (r->fd >= 0)
		close(r->fd);
	r->fd = open(r->parts.part[part]->name, O_RDONLY | O_CLOEXEC);
	r->fd_part = part;
	return r->fd < 0 ? -errno : 0;
}

ssize_t recorded_read(struct recorded *r, uint64_t frame, void *buf, size_t frames)
{
	size_t part, want, have = 0, size = r->whole->about.frame_bytes;
	const struct part_segment *s;
	uint64_t at;
	ssize_t n;
	int err;

	if (frame >= r->whole->frames)
		return 0;
	s = &r->whole->segments[recorded_segment_at(r, frame)];
	if (frames > s->frame + s->frames - frame)
		frames = s->frame + s->frames - frame;
	part = recorded_part_at(r, frame);
	if (frames > r->begin[part + 1] - frame)
		frames = r->begin[part + 1] - frame;
	err = recorded_turn_to(r, part);
	if (err)
		return err;
	at = r->parts.part[part]->begin + (frame - r->begin[part]) * size;
	for (want = frames * size; have < want; have += n) {
		n = pread(r->fd, (char *)buf + have, want - have, at + have);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n < 0)
			return -errno;
		else if (!n)
			break;
	}
	return have >= size ? (ssize_t)(have / size) : -ENODATA;
}

/* The last anchor at or before @index of @axis, or the axis's first one; NULL: it has none */
static const struct anchor *recorded_anchor(const struct recorded *r, unsigned int axis,
					    uint64_t index)
{
	size_t low = 0, high = r->num_anchors, mid;
	const struct anchor *a;

	while (low < high) {
		mid = low + (high - low) / 2;
		a = &r->anchors[mid];
		if (a->axis < axis || (a->axis == axis && a->index <= index))
			low = mid + 1;
		else
			high = mid;
	}
	if (low && r->anchors[low - 1].axis == axis)
		return &r->anchors[low - 1];
	return low < r->num_anchors && r->anchors[low].axis == axis ? &r->anchors[low] : NULL;
}

static int64_t recorded_utc_of(const struct recorded *r, unsigned int axis, uint64_t index)
{
	const struct anchor *end = r->anchors + r->num_anchors;
	const struct anchor *a = recorded_anchor(r, axis, index);
	__int128 far, utc;

	if (!a)
		return PART_NO_TIME;
	far = (__int128)index - a->index;
	if (far >= 0 && a + 1 < end && a[1].axis == axis)
		utc = a->utc + far * (a[1].utc - a->utc) / (a[1].index - a->index);
	else if (r->whole->about.rate_millihz)
		utc = a->utc + far * MILLI_NS / r->whole->about.rate_millihz;
	else if (!far)
		utc = a->utc;
	else
		return PART_NO_TIME;
	/* within what has a name: 1970 to 2261 */
	return utc >= 0 && utc < (__int128)292 * 365 * 86400 * 1000000000 ? utc : PART_NO_TIME;
}

uint64_t recorded_index(const struct recorded *r, uint64_t frame)
{
	const struct part_segment *s;

	if (!r->whole->num_segments)
		return 0;
	s = &r->whole->segments[recorded_segment_at(r, frame)];
	return s->index + (frame - s->frame);
}

int64_t recorded_utc(const struct recorded *r, uint64_t frame)
{
	const struct part_segment *s;

	if (!r->whole->num_segments)
		return PART_NO_TIME;
	s = &r->whole->segments[recorded_segment_at(r, frame)];
	return recorded_utc_of(r, s->axis, s->index + (frame - s->frame));
}

/* Look for @index in the segments of one axis, or with @any of all. */
static enum recorded_place recorded_look(const struct recorded *r, uint64_t index, bool any,
					 uint64_t *frame)
{
	const struct part *w = r->whole;
	enum recorded_place place = RECORDED_BEHIND;
	size_t i;

	*frame = w->frames;
	for (i = 0; i < w->num_segments; i++) {
		const struct part_segment *s = &w->segments[i];

		if (s->axis && !any)
			break;
		if (index >= s->index && index - s->index < s->frames) {
			*frame = s->frame + (index - s->index);
			return RECORDED_HERE;
		}
		/* it may be in a later run, yet */
		if (place != RECORDED_BEHIND || index >= s->index)
			continue;
		if (!i || s[-1].axis == s->axis) {
			place = i ? RECORDED_GAP : RECORDED_BEFORE;
			*frame = s->frame;
		}
	}
	return place;
}

enum recorded_place recorded_find_index(const struct recorded *r, uint64_t index, uint64_t *frame)
{
	return recorded_look(r, index, true, frame);
}

enum recorded_place recorded_find_utc(const struct recorded *r, int64_t utc, uint64_t *frame)
{
	const struct part *w = r->whole;
	uint64_t low, high, mid;
	bool known = false;
	int64_t first;
	size_t i;

	for (i = 0; i < w->num_segments; i++) {
		const struct part_segment *s = &w->segments[i];

		first = recorded_utc(r, s->frame);
		if (first == PART_NO_TIME)
			continue;
		known = true;
		*frame = s->frame;
		if (utc == first)
			return RECORDED_HERE;
		if (utc < first)
			return i ? RECORDED_GAP : RECORDED_BEFORE;
		low = s->frame;
		high = s->frame + s->frames - 1;
		if (utc > recorded_utc(r, high))
			continue;
		/* low is too early, high is not */
		while (high - low > 1) {
			mid = low + (high - low) / 2;
			if (recorded_utc(r, mid) < utc)
				low = mid;
			else
				high = mid;
		}
		*frame = high;
		return RECORDED_HERE;
	}
	*frame = w->frames;
	return known ? RECORDED_BEHIND : RECORDED_UNKNOWN;
}

enum recorded_place recorded_find_after(const struct recorded *r, uint64_t ns, uint64_t *frame)
{
	const struct part *w = r->whole;
	enum recorded_place place;
	int64_t utc;
	wide frames;

	if (!w->about.rate_millihz || !w->num_segments)
		return RECORDED_UNKNOWN;
	frames = ((wide)ns * w->about.rate_millihz + MILLI_NS - 1) / MILLI_NS;
	frames += w->segments[0].index;
	if (frames > UINT64_MAX)
		frames = UINT64_MAX;
	place = recorded_look(r, frames, false, frame);
	if (place != RECORDED_BEHIND || !w->segments[w->num_segments - 1].axis)
		return place;
	/* in a later run, which counts from elsewhere */
	utc = recorded_utc(r, 0);
	if (utc == PART_NO_TIME || __builtin_add_overflow(utc, ns, &utc))
		return RECORDED_UNKNOWN;
	return recorded_find_utc(r, utc, frame);
}
