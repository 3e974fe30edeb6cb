/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A run that is disturbed, followed along its time axis: each sample in its place, and
 * what was not sampled a gap. The card's own axis begins anew then, and with it the ramp.
 */
#ifndef ACQ_TEST_AXIS_H
#define ACQ_TEST_AXIS_H

#include "guest.h"

/* Frames a second: with XDMA whole blocks come, and QEMU resamples what is not at 48 kHz */
#define RATE		(over_xdma() ? 32000 : over_ac97() ? 48000 : axis_rate())

/* Others may have no lower rate. */
static inline uint64_t axis_rate(void)
{
	static uint64_t rate;
	struct acq_info info;
	int fd;

	if (!rate) {
		fd = open(NODE, O_RDONLY | O_CLOEXEC);
		CHECK(fd >= 0);
		info = info_of(fd);
		close(fd);
		rate = info.rate_min_millihz > 1000000 ? info.rate_min_millihz / 1000 : 1000;
	}
	return rate;
}

static char buf[1 << 20];

/* How it is read */
static ssize_t (*axis_read)(int fd, void *to, size_t bytes) = read;

/* Where the samples come from: sample index @index is the @index - @begin th of the ramp. */
struct axis {
	uint64_t index;
	uint64_t begin;
	uint64_t received;
	uint64_t lost;
	int gaps;
};

static inline void meet_gap(int fd, struct axis *axis)
{
	struct acq_gap gap = gap_of(fd);
	bool anew = gap.cause == ACQ_CAUSE_SUSPEND || gap.cause == ACQ_CAUSE_RESET;

	CHECK_EQ(gap.index, axis->index);
	CHECK(gap.lost > 0);
	/* Only the clock knows how long the card was away. */
	CHECK_EQ(gap.flags, anew ? ACQ_GAP_ESTIMATED : 0);
	axis->index += gap.lost;
	axis->lost += gap.lost;
	axis->gaps++;
	if (anew)
		axis->begin = axis->index;
}

/* Read @frames, or up to @gaps gaps, or to the end, each sample in its place. False at the end */
static inline bool follow(int fd, struct axis *axis, uint64_t frames, int gaps)
{
	uint64_t have = 0;

	while (have < frames && axis->gaps < gaps) {
		uint64_t want = (frames - have) * FRAME;
		ssize_t n = axis_read(fd, buf, want < sizeof(buf) ? want : sizeof(buf));

		if (n < 0 && errno == EPIPE) {
			meet_gap(fd, axis);
			continue;
		}
		if (n == 0)
			return false;
		CHECK(n > 0);
		CHECK(is_ramp(buf, n, axis->index - axis->begin));
		axis->index += n / FRAME;
		axis->received += n / FRAME;
		have += n / FRAME;
	}
	return true;
}

static inline double seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static inline struct acq_config slow_config(void)
{
	struct acq_config config = plain_config();

	/* A time and a number of frames can be compared. */
	config.rate_millihz = RATE * 1000;
	/* An hour of it: a machine may take minutes to wake, and nothing is to be lost to that. */
	config.ring_bytes = 16 << 20;
	/* With XDMA two minutes: it has no more than 1024 blocks. */
	if (over_xdma())
		config.block_bytes = 16 << 10;
	/* A sound card half a minute, by 64 */
	if (over_ac97()) {
		config.ring_bytes = 4 << 20;
		config.block_bytes = 64 << 10;
	}
	return config;
}

#endif /* ACQ_TEST_AXIS_H */
