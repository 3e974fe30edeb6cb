/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers as people write them, both ways.
 *
 * Parsers return false, and leave *out alone, for anything that is not wholly
 * such a number or does not fit. What the exact formatters write, the parser of
 * the same kind reads back to the same value.
 */
#ifndef ACQ_TEXT_H
#define ACQ_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#define TEXT_MAX 256	/* enough for every formatter here */

bool parse_count(const char *s, uint64_t *out);	/* 1000, 0x3e8, 1e3, 1k, 2.5M: powers of 1000 */
bool parse_size(const char *s, uint64_t *out);	/* 4096, 1e9, 64k, 1.5M, 1GiB: powers of 1024 */
bool parse_milli(const char *s, uint64_t *out);	/* 48k, 44.1e3, 2M, 0.5, 10Hz: in thousandths */

/*
 * 10, 1e6, 2.5s, 500ms, 1h30m, 3d: in nanoseconds. Units: w d h m (or min) s ms us ns, from the
 * longest to the shortest, each once; without a unit it is seconds.
 */
bool parse_duration(const char *s, uint64_t *out);
bool parse_duration_milli(const char *s, uint64_t *out); /* in milliseconds, rounded up */

bool parse_int(const char *s, int32_t *out);	/* -5, 0x7f */
bool parse_channels(const char *s, uint64_t *mask); /* all, 4, 0,2-3, 0xf */

char *format_count(uint64_t v, char *buf);	/* 1000000 -> 1M, 1234 -> 1234 */
char *format_size(uint64_t v, char *buf);	/* 65536 -> 64k, 1000 -> 1000 */
char *format_milli(uint64_t v, char *buf);	/* 44100000 -> 44.1k */
char *format_duration(uint64_t ns, char *buf);	/* 5400000000000 -> 1h30m */
char *format_channels(uint64_t mask, char *buf); /* 0xd -> 0,2-3; 0 -> all */

/* Three or four digits and a prefix of 1000: 1.23 M, for reading only. */
char *format_human(double v, char *buf);

/* 45ms, 2.3s, 50s, 12m5s, 3d4h; for reading only. Hundreds of years are "ever". */
char *format_human_time(double seconds, char *buf);

/* Can it be in JSON? */
bool text_is_utf8(const char *text);

#endif /* ACQ_TEXT_H */
