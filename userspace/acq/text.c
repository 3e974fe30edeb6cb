// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

typedef unsigned __int128 wide;

static const char prefixes[] = "kMGT";

/* Digits of @base at *@s; stops before a value would leave 64 bits and returns false. */
static bool text_digits(const char **s, unsigned int base, uint64_t *out, unsigned int *num)
{
	uint64_t v = 0;
	unsigned int d;

	*num = 0;
	for (;; ++*s, ++*num) {
		unsigned char c = **s;

		if (isdigit(c))
			d = c - '0';
		else if (base == 16 && isxdigit(c))
			d = tolower(c) - 'a' + 10;
		else
			break;
		if (__builtin_mul_overflow(v, base, &v) || __builtin_add_overflow(v, d, &v))
			return false;
	}
	*out = v;
	return *num > 0;
}

static bool text_hex(const char *s, uint64_t *out)
{
	unsigned int num;
	uint64_t v;

	if (s[0] != '0' || (s[1] != 'x' && s[1] != 'X'))
		return false;
	s += 2;
	if (!text_digits(&s, 16, &v, &num) || *s)
		return false;
	*out = v;
	return true;
}

/* The factor of a prefix at *@s, which it steps over; 1: there is none. */
static uint64_t text_prefix(const char **s, unsigned int step)
{
	const char *p = **s ? strchr(prefixes, **s == 'K' ? 'k' : **s) : NULL;
	uint64_t factor = 1;

	if (!p)
		return 1;
	for (; p >= prefixes; p--)
		factor *= step;
	++*s;
	return factor;
}

/* A decimal number: @whole and @part / 10^@places, times 10^exponent, which @factor has */
struct decimal {
	uint64_t whole, part, factor;
	unsigned int places;
	bool exponent;
};

/* "1.5", "2e6"; steps over it. False: no such number, or an exponent beyond 64 bits */
static bool text_decimal(const char **s, struct decimal *d)
{
	uint64_t exponent;
	unsigned int num;

	*d = (struct decimal){ .factor = 1 };
	if (!text_digits(s, 10, &d->whole, &num))
		return false;
	if (**s == '.') {
		++*s;
		if (!text_digits(s, 10, &d->part, &d->places) || d->places > 9)
			return false;
	}
	if (**s != 'e' && **s != 'E')
		return true;
	++*s;
	d->exponent = true;
	if (!text_digits(s, 10, &exponent, &num) || exponent > 19)
		return false;
	for (; exponent; exponent--)
		d->factor *= 10;
	return true;
}

/*
 * The number times @scale. What is left behind the last whole number is rounded off with
 * @round, an error without. False: it does not fit into 64 bits.
 */
static bool text_amount(const struct decimal *d, uint64_t scale, bool round, uint64_t *out)
{
	unsigned int places;
	wide v, rest = 1;

	for (places = d->places; places; places--)
		rest *= 10;
	/* 128 bits hold it until it is scaled: below 2^64, rest < 2^30, part < 2^30 */
	v = (wide)d->whole * d->factor;
	if (v >> 64)
		return false;
	v = v * rest + (wide)d->part * d->factor;
	if (__builtin_mul_overflow(v, (wide)scale, &v) || (v % rest && !round))
		return false;
	v = (v + (round ? rest / 2 : 0)) / rest;
	if (v >> 64)
		return false;
	*out = v;
	return true;
}

/* A decimal number with an exponent or a prefix, or neither, and an optional @unit; * @scale */
static bool text_scaled(const char *s, unsigned int step, unsigned int scale, const char *unit,
			bool round, uint64_t *out)
{
	struct decimal d;

	if (!text_decimal(&s, &d))
		return false;
	if (!d.exponent) {
		d.factor = text_prefix(&s, step);
		if (step == 1024 && d.factor > 1 && *s == 'i')
			s++;
	}
	if (!strcmp(s, unit))
		s += strlen(unit);
	return !*s && text_amount(&d, scale, round, out);
}

bool parse_count(const char *s, uint64_t *out)
{
	return text_hex(s, out) || text_scaled(s, 1000, 1, "", false, out);
}

bool parse_size(const char *s, uint64_t *out)
{
	return text_hex(s, out) || text_scaled(s, 1024, 1, "B", false, out);
}

bool parse_milli(const char *s, uint64_t *out)
{
	return text_scaled(s, 1000, 1000, "Hz", true, out);
}

/* The first word that fits is the one: "min" and "ms" stand before "m" */
static const struct {
	const char *word;
	uint64_t ns;
} durations[] = {
	{ "w", 604800000000000 }, { "d", 86400000000000 }, { "h", 3600000000000 },
	{ "min", 60000000000 }, { "ms", 1000000 }, { "m", 60000000000 },
	{ "s", 1000000000 }, { "us", 1000 }, { "ns", 1 },
};

#define NUM_DURATIONS (sizeof(durations) / sizeof(durations[0]))

/* The unit at *@s in nanoseconds, which it steps over; 0: there is none. */
static uint64_t text_unit_of_time(const char **s)
{
	unsigned int i;
	size_t len;

	for (i = 0; i < NUM_DURATIONS; i++) {
		len = strlen(durations[i].word);
		if (!strncmp(*s, durations[i].word, len)) {
			*s += len;
			return durations[i].ns;
		}
	}
	return 0;
}

bool parse_duration(const char *s, uint64_t *out)
{
	uint64_t sum = 0, part, unit, before = ~0ULL;
	struct decimal d;

	do {
		if (!text_decimal(&s, &d))
			return false;
		unit = text_unit_of_time(&s);
		/* a number alone is seconds; "1h30" may be minutes or seconds: neither */
		if (!unit && !*s && before == ~0ULL)
			unit = 1000000000;
		if (!unit || unit >= before || !text_amount(&d, unit, true, &part) ||
		    __builtin_add_overflow(sum, part, &sum))
			return false;
		before = unit;
	} while (*s);
	*out = sum;
	return true;
}

bool parse_duration_milli(const char *s, uint64_t *out)
{
	uint64_t ns;

	if (!parse_duration(s, &ns))
		return false;
	*out = ns / 1000000 + !!(ns % 1000000);
	return true;
}

bool parse_int(const char *s, int32_t *out)
{
	bool minus = *s == '-';
	uint64_t v;

	if (!parse_count(s + minus, &v) || v > (uint64_t)INT32_MAX + minus)
		return false;
	*out = minus ? -(int64_t)v : (int64_t)v;
	return true;
}

static bool text_channel_ranges(const char *s, uint64_t *mask)
{
	uint64_t first, last, m = 0;
	unsigned int num;

	do {
		if (!text_digits(&s, 10, &first, &num))
			return false;
		last = first;
		if (*s == '-') {
			s++;
			if (!text_digits(&s, 10, &last, &num))
				return false;
		}
		if (first > last || last > 63)
			return false;
		m |= (~0ULL >> (63 - (last - first))) << first;
	} while (*s++ == ',');
	if (s[-1])
		return false;
	*mask = m;
	return true;
}

bool parse_channels(const char *s, uint64_t *mask)
{
	uint64_t num, m;

	if (!strcmp(s, "all")) {
		*mask = 0;
		return true;
	}
	if (text_hex(s, &m)) {
		if (!m)
			return false;
		*mask = m;
		return true;
	}
	if (strpbrk(s, ",-"))
		return text_channel_ranges(s, mask);
	/* one number alone is how many: the first ones */
	if (!text_scaled(s, 1000, 1, "", false, &num) || num < 1 || num > 64)
		return false;
	*mask = ~0ULL >> (64 - num);
	return true;
}

static char *text_exact(uint64_t v, unsigned int step, char *buf)
{
	unsigned int i = 0;

	while (v && v % step == 0 && prefixes[i]) {
		v /= step;
		i++;
	}
	if (i)
		snprintf(buf, TEXT_MAX, "%llu%c", (unsigned long long)v, prefixes[i - 1]);
	else
		snprintf(buf, TEXT_MAX, "%llu", (unsigned long long)v);
	return buf;
}

char *format_count(uint64_t v, char *buf)
{
	return text_exact(v, 1000, buf);
}

char *format_size(uint64_t v, char *buf)
{
	return text_exact(v, 1024, buf);
}

char *format_milli(uint64_t v, char *buf)
{
	uint64_t unit = 1000;
	unsigned int i = 0, places = 3;
	char *p;

	/* take a prefix while the digits that it moves behind the point are few */
	while (v / unit >= 1000 && prefixes[i] && v % (unit / 10 ? unit / 10 : 1) == 0) {
		unit *= 1000;
		places += 3;
		i++;
	}
	p = buf + snprintf(buf, TEXT_MAX, "%llu.%0*llu", (unsigned long long)(v / unit), places,
			   (unsigned long long)(v % unit));
	while (p[-1] == '0')
		p--;
	if (p[-1] == '.')
		p--;
	if (i)
		*p++ = prefixes[i - 1];
	*p = '\0';
	return buf;
}

char *format_duration(uint64_t ns, char *buf)
{
	static const struct {
		char word;
		uint64_t ns;
	} units[] = { { 'd', 86400000000000 }, { 'h', 3600000000000 }, { 'm', 60000000000 } };
	static const char * const small[] = { "ms", "us", "ns" };
	unsigned int i, len = 0;
	uint64_t unit;

	if (ns && ns < 1000000000) {
		for (i = 0, unit = 1000000; ns % unit; unit /= 1000)
			i++;
		snprintf(buf, TEXT_MAX, "%llu%s", (unsigned long long)(ns / unit), small[i]);
		return buf;
	}
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (ns >= units[i].ns)
			len += snprintf(buf + len, TEXT_MAX - len, "%llu%c",
					(unsigned long long)(ns / units[i].ns), units[i].word);
		ns %= units[i].ns;
	}
	if (!ns && len)
		return buf;
	/* less than a minute is left */
	len += snprintf(buf + len, TEXT_MAX - len, "%u.%09u", (unsigned int)(ns / 1000000000),
			(unsigned int)(ns % 1000000000));
	while (buf[len - 1] == '0')
		len--;
	if (buf[len - 1] == '.')
		len--;
	snprintf(buf + len, TEXT_MAX - len, "s");
	return buf;
}

char *format_channels(uint64_t mask, char *buf)
{
	unsigned int first, last, len = 0;

	if (!mask) {
		snprintf(buf, TEXT_MAX, "all");
		return buf;
	}
	/* at most 32 ranges of at most "63," or "62-63,": fits TEXT_MAX */
	for (first = 0; first < 64; first = last + 1) {
		last = first;
		if (!(mask >> first & 1))
			continue;
		while (last < 63 && mask >> (last + 1) & 1)
			last++;
		if (len)
			buf[len++] = ',';
		/* a single channel alone is a range of one, or it would read as a count */
		if (last > first || mask == 1ULL << first)
			len += snprintf(buf + len, TEXT_MAX - len, "%u-%u", first, last);
		else
			len += snprintf(buf + len, TEXT_MAX - len, "%u", first);
	}
	return buf;
}

char *format_human(double v, char *buf)
{
	unsigned int i = 0;

	while (v >= 999.5 && i < sizeof(prefixes) - 1) {
		v /= 1000;
		i++;
	}
	/* the prefix is left out below 1000, its space stays: "12.3 B/s", "12.3 kB/s" */
	snprintf(buf, TEXT_MAX, "%.*f %.*s", v >= 99.95 ? 0 : v >= 9.995 ? 1 : 2, v, !!i,
		 &prefixes[i ? i - 1 : 0]);
	return buf;
}

char *format_human_time(double seconds, char *buf)
{
	static const uint64_t steps[] = { 86400, 3600, 60, 1 };
	unsigned int i;
	uint64_t v;

	if (seconds < 1) {
		snprintf(buf, TEXT_MAX, "%.0fms", seconds * 1000);
		return buf;
	}
	if (seconds < 9.95) {
		snprintf(buf, TEXT_MAX, "%.1fs", seconds);
		return buf;
	}
	/* what 64 bits of nanoseconds have no room for, and infinity */
	if (!(seconds < 213e3 * 86400)) {
		snprintf(buf, TEXT_MAX, "ever");
		return buf;
	}
	/* its largest unit and the next one */
	v = seconds;
	for (i = 0; v < steps[i]; i++)
		;
	if (i < 2)
		v -= v % steps[i + 1];
	return format_duration(v * 1000000000, buf);
}

bool text_is_utf8(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	uint32_t c, least;
	unsigned int more;

	while (*p) {
		c = *p++;
		if (c < 0x80)
			continue;
		more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
		if (c < 0xc2 || c > 0xf4)
			return false;
		least = more == 3 ? 0x10000 : more == 2 ? 0x800 : 0x80;
		for (c &= 0x3f >> more; more; more--, p++) {
			if ((*p & 0xc0) != 0x80)
				return false;
			c = c << 6 | (*p & 0x3f);
		}
		if (c < least || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
			return false;
	}
	return true;
}
