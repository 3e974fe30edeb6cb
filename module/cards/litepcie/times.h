/* SPDX-License-Identifier: GPL-2.0-only */
/* What the times of headers tell of losses. */
#ifndef ACQ_LITEPCIE_TIMES_H
#define ACQ_LITEPCIE_TIMES_H

#include <linux/types.h>

/**
 * struct lite_times - the card's time of a frame, and what to expect of others
 * @rate_millihz: frames a second, by that clock
 * @slack_ns: a header may be late by so much although nothing is missing
 * @time: when the frame was sampled that is next, as far as is known
 * @part: of a nanosecond behind @time, in units of 2^-16
 * @drift: by so much a period is longer than the rate says, in units of 2^-16 ns
 * @learned: periods without loss that @drift follows from, up to some
 * @known: there is a @time
 * @alike: losses of about the same length, in one period after the other
 * @lost: the newest of them
 * @told: what was lost before the newest header
 * @over: frames of losses that were told too long, and have not been made up for
 */
struct lite_times {
	u64 rate_millihz;
	u64 slack_ns;
	u64 time;
	u32 part;
	s64 drift;
	unsigned int learned;
	bool known;
	unsigned int alike;
	u64 lost;
	u64 told;
	u64 over;
};

/* What the time of a header says */
enum lite_times_say {
	LITE_TIMES_WELL,	/* nothing is missing */
	LITE_TIMES_LOST,	/* so many frames are */
	LITE_TIMES_FAST,	/* the clock went back, or samples come faster than they can */
	LITE_TIMES_RATE,	/* each period is too long: the rate is another one */
};

void lite_times_begin(struct lite_times *times, u64 rate_millihz, u64 slack_ns);
enum lite_times_say lite_times_next(struct lite_times *times, u64 frames, u64 time, bool flowed,
				    u64 *lost);

#endif /* ACQ_LITEPCIE_TIMES_H */
