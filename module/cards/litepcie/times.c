// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the times of headers tell of losses. See times.h. Pure: tests/unit builds it as a
 * program, too.
 *
 * Headers come behind a fixed number of frames, each with the time at which it passed. If it
 * is later than that many frames take, some are missing. But back-pressure may delay a header
 * and all frames behind it, for which a FIFO has room: a delay of less than the slack is not
 * taken for a loss. A header is never too early, but behind a late one: that which comes while
 * samples are lost may be late by what waits before it, and a loss is taken for longer by so
 * much. The next one shows that, and the next loss is told by so much less.
 *
 * The clock of the headers and that of the samples differ by some parts in a million, which
 * adds up in each period. So the length of a period is learned: from the first one that has no
 * loss, and then from the part that remains, ever more slowly. A loss in the first period that
 * is no longer than clocks may differ cannot be told from that.
 */
#ifdef __KERNEL__
#include <linux/math64.h>
#include <linux/minmax.h>
#else
#include "kernel.h"
#endif

#include "times.h"

#define MILLI_NS	1000000000000ULL	/* ns in a second, by millihertz */
#define LITE_TIMES_ALIKE	16
#define LITE_TIMES_UNITS	16		/* 2^16 in a ns */
#define LITE_TIMES_CLOCKS	5000		/* clocks differ by 1 in 5000 at most: 200 ppm */
#define LITE_TIMES_LEARN	64		/* periods that are enough */
#define LITE_TIMES_FOLLOW	4		/* a part of what is late moves the estimate */
/* Beyond any run; so that sums are in range */
#define LITE_TIMES_MAX		0x4000000000000000ULL
#define LITE_FRAMES_MAX		0x400000ULL
#define LITE_RATE_MAX		(10 * MILLI_NS)
/* The longest time that is learned from: in units it fits into 64 bits. */
#define LITE_TIMES_LONG		MILLI_NS

/**
 * lite_times_begin() - nothing is known
 * @times: what is to be known
 * @rate_millihz: frames a second
 * @slack_ns: how late a header may be
 */
void lite_times_begin(struct lite_times *times, u64 rate_millihz, u64 slack_ns)
{
	*times = (struct lite_times){
		.rate_millihz = min(max(rate_millihz, 1ULL), LITE_RATE_MAX),
		.slack_ns = min(slack_ns, MILLI_NS),
	};
}

/* One loss as long as the next, in each period: they are none. True if it is so. */
static bool lite_times_repeats(struct lite_times *times, u64 lost)
{
	u64 apart = lost > times->lost ? lost - times->lost : times->lost - lost;

	times->alike = lost && apart <= lost / 8 ? times->alike + 1 : 0;
	times->lost = lost;
	return times->alike >= LITE_TIMES_ALIKE;
}

/* How many frames take @ns, to the nearest number? A period of @takes has @times->drift. */
static u64 lite_times_frames(const struct lite_times *times, u64 ns, u64 takes)
{
	u64 drift = times->drift < 0 ? -times->drift : times->drift, frames;

	if (takes && takes <= LITE_TIMES_LONG)
		drift = mul_u64_u64_div_u64(ns, drift, takes << LITE_TIMES_UNITS);
	else
		drift = 0;
	ns = times->drift < 0 ? ns + drift : ns - drift;
	frames = mul_u64_u64_div_u64(ns, times->rate_millihz, MILLI_NS);
	if (ns - mul_u64_u64_div_u64(frames, MILLI_NS, times->rate_millihz) >
	    div64_u64(MILLI_NS, times->rate_millihz) / 2)
		frames++;
	return frames;
}

/* By how much clocks may differ in that many ns, in units */
static s64 lite_times_most(u64 takes)
{
	return div_u64(min(takes, LITE_TIMES_LONG) << LITE_TIMES_UNITS, LITE_TIMES_CLOCKS);
}

/* A period of @takes ns had no loss, and its end was late by @late units. */
static void lite_times_learn(struct lite_times *times, u64 takes, s64 late)
{
	s64 most = lite_times_most(takes), drift;

	if (times->learned < LITE_TIMES_LEARN)
		times->learned++;
	drift = times->drift + div_s64(late, times->learned);
	times->drift = min(max(drift, -most), most);
}

/* How late may a header be without a loss? What has been learned from few is not exact. */
static u64 lite_times_allow(const struct lite_times *times, u64 takes)
{
	u64 slack = times->slack_ns;

	if (!times->learned)
		return slack + (lite_times_most(takes) >> LITE_TIMES_UNITS);
	return slack + div_u64(2 * slack, times->learned);
}

/* Let the estimate be so many units behind @time. */
static void lite_times_set(struct lite_times *times, u64 time, s64 units)
{
	times->time = time + (units >> LITE_TIMES_UNITS);
	times->part = units & ((1U << LITE_TIMES_UNITS) - 1);
}

/**
 * lite_times_next() - a header has come
 * @times: what is known
 * @frames: that came since the one before; 0: it is the first one
 * @time: what it says
 * @flowed: the card had room for samples all the time, so losses are none that repeat
 * @lost: frames that are missing among those
 *
 * Return: what that means; with LITE_TIMES_LOST @lost is not 0.
 */
enum lite_times_say lite_times_next(struct lite_times *times, u64 frames, u64 time, bool flowed,
				    u64 *lost)
{
	u64 takes, early, late, over;
	s64 units;

	*lost = 0;
	if (time > LITE_TIMES_MAX || frames > LITE_FRAMES_MAX)
		return LITE_TIMES_FAST;
	if (!times->known) {
		times->known = true;
		lite_times_set(times, time, 0);
		return LITE_TIMES_WELL;
	}
	takes = mul_u64_u64_div_u64(frames, MILLI_NS, times->rate_millihz);
	/* The rest of that division; it is less than the rate. */
	units = div64_u64((frames * MILLI_NS - takes * times->rate_millihz) << LITE_TIMES_UNITS,
			  times->rate_millihz);
	lite_times_set(times, times->time + takes, times->part + units + times->drift);
	if (time < times->time) {
		/* The one before was late, or the clocks differ. */
		early = times->time - time;
		if (early > times->slack_ns + takes / 64 + 1)
			return LITE_TIMES_FAST;
		over = min(lite_times_frames(times, early, takes), times->told);
		times->over += over;
		units = min(early, LITE_TIMES_LONG) << LITE_TIMES_UNITS;
		if (!over)
			lite_times_learn(times, takes, -units);
		times->told = 0;
		lite_times_set(times, time, 0);
		lite_times_repeats(times, 0);
		return LITE_TIMES_WELL;
	}
	late = time - times->time;
	if (late > lite_times_allow(times, takes))
		*lost = lite_times_frames(times, late, takes);
	if (*lost) {
		over = min(times->over, *lost - 1);
		times->over -= over;
		*lost -= over;
		times->told = *lost;
		lite_times_set(times, time, 0);
		if (lite_times_repeats(times, flowed ? *lost : 0))
			return LITE_TIMES_RATE;
		return LITE_TIMES_LOST;
	}
	times->told = 0;
	units = (s64)(late << LITE_TIMES_UNITS) - times->part;
	lite_times_learn(times, takes, units);
	/* All of the first one is learned: none is to follow. */
	if (times->learned == 1)
		lite_times_set(times, time, 0);
	else
		lite_times_set(times, times->time,
			       times->part + div_s64(units, LITE_TIMES_FOLLOW));
	lite_times_repeats(times, 0);
	return LITE_TIMES_WELL;
}
