// SPDX-License-Identifier: GPL-2.0-only
/* Segments of a run. See segment.h. */
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/minmax.h>

#include "filter.h"
#include "producer.h"
#include "segment.h"

/**
 * acq_segment_frames() - how many frames a source makes in a time
 * @ns: nanoseconds
 * @rate_millihz: its rate
 *
 * Return: at least one: where its beat is, nobody knows.
 */
u64 acq_segment_frames(u64 ns, u64 rate_millihz)
{
	const u64 unit = (u64)MSEC_PER_SEC * NSEC_PER_SEC;

	/* So that it fits: years at gigahertz */
	ns = min(ns, 300000 * unit);
	return mul_u64_u64_div_u64(ns, min(rate_millihz, 10 * unit), unit) + 1;
}

/**
 * acq_segment_next() - begin a segment now, behind what the run has
 * @p: the producer, with its lock held; the ring has no open block
 *
 * Return: true, or false if the time for which the card was to sample is over.
 */
bool acq_segment_next(struct acq_producer *p)
{
	const struct acq_config *config = &p->run->config;
	const struct acq_ring *ring = &p->run->ring;
	struct acq_segment *segment = &p->segment;
	/* Zeros if nothing has come yet */
	u64 base = ring->meta->base_index, next = ring->next_index;
	u64 now = ktime_get_boottime_ns(), frames;

	lockdep_assert_held(&p->lock);
	/* Begun by the other side of a link, and has not told of anything since */
	if (!p->report_ns)
		p->report_ns = READ_ONCE(p->run->linked_ns);
	/* It was not started, or waits for its trigger: nothing is lost. */
	if (!p->report_ns || (config->trigger != ACQ_TRIGGER_IMMEDIATE && !ring->meta->head &&
			      !p->report.triggered))
		return true;

	/* Triggered, but nothing of it has come: so far before the trigger it begins. */
	if (!ring->meta->head && p->report.triggered) {
		base = p->report.trigger_index;
		base -= min(base, config->pretrigger);
		next = base;
	}
	frames = p->report.frames + acq_segment_frames(now - p->report_ns, config->rate_millihz);
	frames = max(frames, next - base + 1);
	if (config->count)
		frames = min(frames, config->count);
	p->report.frames = frames;
	/* A card that does not start gets another try, later. */
	p->report_ns = now;
	segment->seq = ring->meta->done;
	segment->frames = frames;
	segment->index = base + frames;
	segment->lost = segment->index - next;
	return !config->count || frames < config->count;
}

/** acq_segment_config() - what is left of the run, for the card to be started with */
void acq_segment_config(const struct acq_producer *p, struct acq_config *config)
{
	*config = p->run->config;
	if (p->run->filters)
		config->format = acq_filters_card_format(p->run);
	if (!p->segment.frames)
		return;
	config->trigger = ACQ_TRIGGER_IMMEDIATE;
	config->pretrigger = 0;
	config->count -= config->count ? p->segment.frames : 0;
}

/** acq_segment_empty() - nothing has come of it: what is lost at the end lies before it */
bool acq_segment_empty(const struct acq_producer *p)
{
	return p->paused || (p->segment.lost && !p->run->ring.open &&
			     p->run->ring.meta->done == p->segment.seq);
}
