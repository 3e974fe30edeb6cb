// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "finding.h"
#include "stop.h"

#define FINDING_PICO	1000000000000ULL	/* frames in a ns at 1 mHz */

static uint64_t finding_rate(const struct message *m)
{
	struct acq_config config;

	return message_get_config(m, &config) && config.rate_millihz ? config.rate_millihz : 1;
}

/* UTC behind the last frame */
static unsigned __int128 finding_end(const struct message *m)
{
	return m->time_ns + (unsigned __int128)m->frames * FINDING_PICO / finding_rate(m);
}

uint64_t finding_index(const struct message *m, uint64_t time_ns)
{
	unsigned __int128 frames;

	if (time_ns <= m->time_ns)
		return m->index;
	frames = (unsigned __int128)(time_ns - m->time_ns) * finding_rate(m);
	frames = (frames + FINDING_PICO - 1) / FINDING_PICO;
	return frames < m->frames ? m->index + (uint64_t)frames : message_next(m);
}

/* The first good message from @*sequence on, below @end. 1; 0: none; or an errno */
static int finding_look(struct intake *in, uint64_t *sequence, uint64_t end, struct message *m)
{
	struct intake_item item;
	bool good;
	int ret;

	for (; *sequence < end; ++*sequence) {
		/* a stream may have long parts of which nothing is left */
		if (stop_reason())
			return -EINTR;
		ret = intake_get(in, *sequence, &item);
		if (ret < 0)
			return ret;
		if (!ret)
			continue;
		good = !item.wrong;
		*m = item.m;
		intake_drop(&item);
		if (good)
			return 1;
	}
	return 0;
}

/* The run of the newest good message. 0 or an errno. */
static int finding_learn_run(struct intake *in, const struct intake_bounds *bounds,
			     struct finding *f)
{
	uint64_t sequence, at;
	struct message m;
	int ret;

	f->run[0] = '\0';
	for (sequence = bounds->last; sequence >= bounds->first && sequence; sequence--) {
		at = sequence;
		ret = finding_look(in, &at, sequence + 1, &m);
		if (ret < 0)
			return ret;
		if (!ret)
			continue;
		strcpy(f->run, m.run);
		break;
	}
	return 0;
}

static bool finding_is_behind(const struct finding *f, const struct message *m)
{
	if (f->by_time)
		return finding_end(m) > f->time_ns;
	return !strcmp(m->run, f->run) && message_next(m) > f->index;
}

int finding_run(struct intake *in, const struct intake_bounds *bounds, struct finding *f)
{
	uint64_t low = bounds->first, high = bounds->last + 1, middle, at;
	struct message m;
	int ret;

	ret = f->by_time ? 0 : finding_learn_run(in, bounds, f);
	while (!ret && low < high) {
		middle = low + (high - low) / 2;
		at = middle;
		ret = finding_look(in, &at, high, &m);
		if (ret < 0)
			return ret;
		if (!ret || finding_is_behind(f, &m))
			high = middle;
		else
			low = at + 1;
		ret = 0;
	}
	f->sequence = high;
	return ret;
}
