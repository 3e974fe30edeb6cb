/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ACQ_CLOCK_H
#define ACQ_CLOCK_H

#include <time.h>

static inline double clock_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

#endif /* ACQ_CLOCK_H */
