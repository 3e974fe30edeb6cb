// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdlib.h>

#include "exit.h"
#include "report.h"
#include "weave.h"

#define NS		1000000000LL
#define WEAVE_SLACK	(2 * NS)	/* by which the computer's clock may have been set */

/* What lies between the last segment of @whole and the next one */
struct joint {
	size_t first;		/* gap of @whole */
	uint64_t expected;	/* index of the next sample if nothing is lost */
	bool turned;		/* the next segment is in another file */
	double missing_s;
};

static int weave_contradiction(const struct part *part, uint64_t frame, const char *what)
{
	complain("the account of %s contradicts itself at frame %" PRIu64 ": %s", part->name, frame,
		 what);
	return EXIT_SYSTEM;
}

static int weave_gap(struct part *whole, const struct joint *joint, struct part_gap gap)
{
	size_t i;

	/* the end of one file and the begin of the next may say the same */
	for (i = joint->first; joint->turned && i < whole->num_gaps; i++) {
		struct part_gap *known = &whole->gaps[i];

		if (known->index != gap.index || known->frame != gap.frame)
			continue;
		if (known->unknown)
			*known = gap;
		return EXIT_OK;
	}
	return part_add_gap(whole, &gap);
}

/* Is exactly that lost which the gaps of a joint say? *@vague: they are not certain of it. */
static bool weave_fits(const struct part *whole, const struct part_segment *next,
		       const struct joint *joint, bool *vague)
{
	uint64_t stated = joint->expected;
	bool fits = next->has_index || !joint->turned;
	size_t i;

	*vague = false;
	for (i = joint->first; i < whole->num_gaps; i++) {
		const struct part_gap *gap = &whole->gaps[i];

		*vague |= gap->unknown || gap->estimated;
		fits &= !gap->unknown && !__builtin_add_overflow(stated, gap->lost, &stated);
	}
	return fits && next->index == stated;
}

/* Has about as much time passed as samples were counted? Where it is unknown, it may have. */
static bool weave_in_time(const struct part *whole, const struct part_segment *last,
			  const struct part_segment *next)
{
	__int128 passed, counted;

	if (last->utc == PART_NO_TIME || next->utc == PART_NO_TIME || !whole->about.rate_millihz)
		return true;
	passed = (__int128)next->utc - last->utc;
	counted = (__int128)(next->index - last->index) * (1000 * NS) / whole->about.rate_millihz;
	passed -= counted;
	if (passed < 0)
		passed = -passed;
	return passed <= WEAVE_SLACK + counted / 1000;
}

/*
 * Does the run before lead into this segment? A run's number comes again after a reboot; then
 * index and time do not fit together. Where all that is lost is known they need not: samples
 * can come from a file, faster than they were taken. Where no index is said, only times are.
 */
static bool weave_same_run(const struct part *whole, const struct part_segment *last,
			   const struct part_segment *next, const struct joint *joint)
{
	bool vague;

	if (last->run != next->run)
		return false;
	if (weave_fits(whole, next, joint, &vague) || (!joint->turned && !vague))
		return next->has_index || weave_in_time(whole, last, next);
	return next->has_index && next->index >= joint->expected &&
	       weave_in_time(whole, last, next);
}

/* No index leads across: what is lost is a guess, if it is known at all. */
static int weave_break(struct part *whole, struct part_segment *next, const struct joint *joint)
{
	struct part_gap gap = {
		.frame = next->frame, .index = joint->expected, .estimated = true,
		.unknown = true, .cause = "none",
	};
	double lost = joint->missing_s * whole->about.rate_millihz / 1e3;

	next->axis++;
	if (joint->first < whole->num_gaps) {
		whole->gaps[whole->num_gaps - 1].unknown = true;
		return EXIT_OK;
	}
	if (lost > 0 && lost < 1e18)
		gap.lost = lost;
	return part_add_gap(whole, &gap);
}

/* The index jumps by what the gaps say. */
static int weave_jump(struct part *whole, const struct part *part, const struct part_segment *next,
		      const struct joint *joint)
{
	uint64_t jump = next->index - joint->expected, stated = 0;
	struct part_gap *unknown = NULL;
	struct part_gap gap = { .frame = next->frame, .cause = "none" };
	size_t i;

	for (i = joint->first; i < whole->num_gaps; i++) {
		if (whole->gaps[i].unknown)
			unknown = &whole->gaps[i];
		else if (__builtin_add_overflow(stated, whole->gaps[i].lost, &stated))
			return weave_contradiction(part, next->frame, "too much is lost");
	}
	if (stated == jump && !unknown)
		return EXIT_OK;
	if (stated > jump)
		return weave_contradiction(part, next->frame, "more is lost than the sample index says");
	if (unknown) {
		/* now it is known */
		unknown->lost = jump - stated;
		unknown->unknown = false;
		return EXIT_OK;
	}
	/* a file is missing, or nothing is said of the gap */
	if (stated && !joint->turned)
		return weave_contradiction(part, next->frame, "less is lost than the sample index says");
	gap.index = joint->expected + stated;
	gap.lost = jump - stated;
	return part_add_gap(whole, &gap);
}

/* @next gets its place behind the last segment; its gaps are in @whole already. */
static int weave_segment(struct part *whole, const struct part *part, struct part_segment *next,
			 const struct joint *joint)
{
	struct part_segment *last = whole->num_segments ?
				    &whole->segments[whole->num_segments - 1] : NULL;
	uint64_t end;
	size_t i;
	int status = EXIT_OK;

	/* who says nothing of the index loses nothing that is not said */
	if (last && !next->has_index && !joint->turned) {
		next->index = joint->expected;
		for (i = joint->first; i < whole->num_gaps; i++)
			if (__builtin_add_overflow(next->index, whole->gaps[i].lost, &next->index))
				return weave_contradiction(part, next->frame, "too much is lost");
	}
	if (__builtin_add_overflow(next->index, next->frames, &end))
		return weave_contradiction(part, next->frame, "the sample index is too large");
	if (!last)
		return part_add_segment(whole, next);
	next->axis = last->axis;
	if (!weave_same_run(whole, last, next, joint))
		status = weave_break(whole, next, joint);
	else if (next->index < joint->expected)
		status = weave_contradiction(part, next->frame, "the sample index goes back");
	else
		status = weave_jump(whole, part, next, joint);
	if (status)
		return status;
	if (joint->first < whole->num_gaps)
		return part_add_segment(whole, next);
	last->frames += next->frames;
	return EXIT_OK;
}

/* Gaps at @frame of @part, and not before */
static int weave_gaps(struct part *whole, const struct part *part, size_t *at, uint64_t frame,
		      const struct joint *joint)
{
	struct part_gap gap;
	int status = EXIT_OK;

	for (; !status && *at < part->num_gaps && part->gaps[*at].frame <= frame; ++*at) {
		gap = part->gaps[*at];
		if (gap.frame < frame)
			return weave_contradiction(part, gap.frame, "a gap lies in a segment");
		gap.frame += whole->frames;
		status = weave_gap(whole, joint, gap);
	}
	return status;
}

/* Times come in their order; in which run each was, segments and their times say. */
static int weave_times(struct part *whole, const struct part *part, size_t segment)
{
	size_t i, ahead = segment + 1;
	struct part_time time;
	int status = EXIT_OK;

	if (segment >= whole->num_segments)
		return EXIT_OK;
	for (i = 0; !status && i < part->num_times; i++) {
		time = part->times[i];
		for (; ahead < whole->num_segments; ahead++) {
			const struct part_segment *next = &whole->segments[ahead];

			if (next->axis != whole->segments[segment].axis &&
			    (next->utc == PART_NO_TIME || next->utc > time.utc))
				break;
			segment = ahead;
		}
		time.axis = whole->segments[segment].axis;
		status = part_add_time(whole, &time);
	}
	return status;
}

static int weave_compare_gaps(const void *a, const void *b)
{
	const struct part_gap *g = a, *h = b;

	if (g->frame != h->frame)
		return g->frame < h->frame ? -1 : 1;
	return g->index < h->index ? -1 : g->index > h->index;
}

int weave_part(struct part *whole, const struct part *part)
{
	struct joint joint = { .turned = true, .missing_s = part->missing_s };
	size_t i, gap = 0, first = 0;
	int status = EXIT_OK;

	if (part->num_gaps)
		qsort(part->gaps, part->num_gaps, sizeof(*part->gaps), weave_compare_gaps);
	/* those at the end of the file before */
	joint.first = whole->num_gaps;
	while (joint.first && whole->gaps[joint.first - 1].frame == whole->frames)
		joint.first--;
	for (i = 0; !status && i < part->num_segments; i++) {
		struct part_segment next = part->segments[i];

		if (whole->num_segments) {
			const struct part_segment *last =
				&whole->segments[whole->num_segments - 1];

			joint.expected = last->index + last->frames;
		}
		status = weave_gaps(whole, part, &gap, next.frame, &joint);
		next.frame += whole->frames;
		if (!status)
			status = weave_segment(whole, part, &next, &joint);
		if (!i && whole->num_segments)
			first = whole->num_segments - 1;
		joint.turned = false;
		joint.first = whole->num_gaps;
	}
	if (!status)
		status = weave_gaps(whole, part, &gap, part->frames, &joint);
	if (!status)
		status = weave_times(whole, part, first);
	whole->frames += part->frames;
	return status;
}
