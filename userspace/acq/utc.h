/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The time of day of samples, whose times the driver has of CLOCK_MONOTONIC.
 */
#ifndef ACQ_UTC_H
#define ACQ_UTC_H

#include <stdbool.h>
#include <stdint.h>

#define UTC_MAX	40	/* bytes of a time as text */

/**
 * struct utc_clock - how the time of day stands to CLOCK_MONOTONIC, now
 * @offset_ns: what it is ahead
 * @within_ns: how well that could be measured
 * @synchronized: to NTP or PTP, as the kernel has it
 * @error_us: the kernel's bound of the error of the time of day
 * @tai_offset: seconds that TAI is ahead of UTC; 0: the kernel does not know
 */
struct utc_clock {
	int64_t offset_ns;
	uint64_t within_ns;
	bool synchronized;
	uint64_t error_us;
	int tai_offset;
};

void utc_read(struct utc_clock *clock);

/*
 * UTC in ns since 1970 of sample @index, if sample @time_index was seen at @time_ns and
 * there are @rate_millihz
 */
int64_t utc_of(const struct utc_clock *clock, uint64_t time_ns, uint64_t time_index, uint64_t index,
	       uint64_t rate_millihz);

/* "2026-11-30T12:00:00.123456789Z". Returns @text, which has UTC_MAX. */
char *utc_text(int64_t ns, char *text);

/* The reverse, with as many places behind the point as there are. False: it is no such time. */
bool utc_parse(const char *text, int64_t *ns);

#endif /* ACQ_UTC_H */
