// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <time.h>

#include "moment.h"

#define NS	1000000000

/* Exactly @digits of them at *@s; -1: there are not so many */
static int moment_digits(const char **s, int digits)
{
	int v = 0;

	for (; digits; digits--, ++*s) {
		if (!isdigit((unsigned char)**s))
			return -1;
		v = v * 10 + **s - '0';
	}
	return v;
}

/* "-05": the digits behind a separator; false: something else */
static bool moment_next(const char **s, char separator, int *value)
{
	if (**s != separator)
		return false;
	++*s;
	*value = moment_digits(s, 2);
	return *value >= 0;
}

static bool moment_clock(const char **s, struct tm *tm, long *ns)
{
	long unit = NS / 10;

	++*s;
	tm->tm_hour = moment_digits(s, 2);
	if (tm->tm_hour < 0 || !moment_next(s, ':', &tm->tm_min))
		return false;
	if (**s != ':')
		return true;
	if (!moment_next(s, ':', &tm->tm_sec))
		return false;
	if (**s != '.')
		return true;
	for (++*s; isdigit((unsigned char)**s); ++*s, unit /= 10)
		*ns += (**s - '0') * unit;
	return true;
}

bool moment_parse(const char *s, int64_t *out)
{
	struct tm tm = { }, day;
	long ns = 0;
	time_t t;

	tm.tm_year = moment_digits(&s, 4) - 1900;
	/* what 64 bits of nanoseconds hold */
	if (tm.tm_year < 70 || tm.tm_year > 360)
		return false;
	if (!moment_next(&s, '-', &tm.tm_mon) || !moment_next(&s, '-', &tm.tm_mday))
		return false;
	tm.tm_mon--;
	if ((*s == 'T' || *s == 't' || *s == ' ') && !moment_clock(&s, &tm, &ns))
		return false;
	if (*s == 'Z' || *s == 'z')
		s++;
	/* the second of a leap second is the next one's begin */
	if (*s || tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
		return false;
	day = (struct tm){ .tm_year = tm.tm_year, .tm_mon = tm.tm_mon, .tm_mday = tm.tm_mday };
	timegm(&day);
	/* there is no February 30 */
	if (day.tm_mon != tm.tm_mon || day.tm_mday != tm.tm_mday)
		return false;
	t = timegm(&tm);
	*out = (int64_t)t * NS + ns;
	return true;
}
