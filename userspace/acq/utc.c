// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <sys/timex.h>
#include <time.h>

#include "utc.h"

#define UTC_TRIES	5	/* the best of so many is taken */
#define NS		1000000000LL

static int64_t utc_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * NS + ts.tv_nsec;
}

void utc_read(struct utc_clock *clock)
{
	struct timex timex = { .modes = 0 };
	int64_t before, real, after;
	unsigned int i;
	int state;

	clock->within_ns = ~0ULL;
	for (i = 0; i < UTC_TRIES; i++) {
		before = utc_ns(CLOCK_MONOTONIC);
		real = utc_ns(CLOCK_REALTIME);
		after = utc_ns(CLOCK_MONOTONIC);
		if ((uint64_t)(after - before) >= clock->within_ns)
			continue;
		clock->within_ns = after - before;
		clock->offset_ns = real - (before + (after - before) / 2);
	}
	state = adjtimex(&timex);
	clock->synchronized = state >= 0 && state != TIME_ERROR && !(timex.status & STA_UNSYNC);
	clock->error_us = state >= 0 && timex.maxerror > 0 ? timex.maxerror : 0;
	clock->tai_offset = state >= 0 ? timex.tai : 0;
}

int64_t utc_of(const struct utc_clock *clock, uint64_t time_ns, uint64_t time_index, uint64_t index,
	       uint64_t rate_millihz)
{
	int64_t frames = index - time_index, whole, rest;

	if (!rate_millihz)
		return clock->offset_ns + (int64_t)time_ns;
	/* in two steps, so that it fits: a block lasts no thousands of years */
	whole = frames / (int64_t)rate_millihz;
	rest = frames % (int64_t)rate_millihz;
	return clock->offset_ns + (int64_t)time_ns + whole * 1000 * NS +
	       (int64_t)((__int128)rest * 1000 * NS / (int64_t)rate_millihz);
}

char *utc_text(int64_t ns, char *text)
{
	time_t seconds = ns / NS - (ns % NS < 0);
	struct tm tm;
	size_t len;

	if (!gmtime_r(&seconds, &tm))
		tm = (struct tm){ .tm_year = 70, .tm_mday = 1 };
	len = strftime(text, UTC_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + len, UTC_MAX - len, ".%09dZ", (int)((ns % NS + NS) % NS));
	return text;
}

bool utc_parse(const char *text, int64_t *ns)
{
	int64_t part = 0, unit = NS, whole;
	struct tm tm = { };
	const char *p;

	p = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	if (!p)
		return false;
	if (*p == '.') {
		for (p++; *p >= '0' && *p <= '9'; p++) {
			unit /= 10;
			part += (*p - '0') * unit;
		}
	}
	if (*p != 'Z' || p[1])
		return false;
	/* years that are not of our time do not fit */
	if (__builtin_mul_overflow((int64_t)timegm(&tm), NS, &whole) ||
	    __builtin_add_overflow(whole, part, &whole))
		return false;
	*ns = whole;
	return true;
}
