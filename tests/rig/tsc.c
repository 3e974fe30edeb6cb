// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints the frequency of this machine's time stamp counter in kHz; builds where there is one.
 *
 * An emulated processor has the same one. A guest finds its frequency out by other timers,
 * and on a busy machine may be wrong by a factor of ten: its clock runs as fast then.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <x86intrin.h>

#define NAP_NS		50000000
#define TRIES		200

struct moment {
	uint64_t ticks;
	uint64_t ns;
};

/* Both clocks at one moment: of many looks the one that took least */
static struct moment moment(void)
{
	struct moment best = {};
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < TRIES; i++) {
		struct timespec t;
		uint64_t before = __rdtsc(), after;

		clock_gettime(CLOCK_MONOTONIC_RAW, &t);
		after = __rdtsc();
		if (after - before >= least)
			continue;
		least = after - before;
		best.ticks = before + least / 2;
		best.ns = (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
	}
	return best;
}

int main(void)
{
	const struct timespec nap = { .tv_nsec = NAP_NS };
	struct moment begin = moment(), end;

	nanosleep(&nap, NULL);
	end = moment();
	printf("%.0f\n", (double)(end.ticks - begin.ticks) * 1e6 / (double)(end.ns - begin.ns));
	return 0;
}
