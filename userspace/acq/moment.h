/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A point in time as ISO 8601 text: nanoseconds since 1970, UTC.
 */
#ifndef ACQ_MOMENT_H
#define ACQ_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * "2026-11-30", "2026-11-30T12:00", "2026-11-30T12:00:00.123456789Z"; a space will do for the
 * T, and the Z may be missing. False, and *ns is left alone, for anything else.
 */
bool moment_parse(const char *s, int64_t *ns);

#endif /* ACQ_MOMENT_H */
