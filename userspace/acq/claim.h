/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which series a recording belongs to: its metadata says so, or its journal.
 */
#ifndef ACQ_CLAIM_H
#define ACQ_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

enum claim {
	CLAIM_OURS,	/* it is of the series */
	CLAIM_OTHERS,	/* it is of another series, or of none */
	CLAIM_UNKNOWN,	/* its journal has no first line, and no metadata says it */
};

/*
 * Does the recording @base, a path without an ending, belong to @series, a name without a
 * directory? If so, @number is its number there. @cut: it has a journal.
 */
enum claim claim_of(const char *base, const char *series, uint64_t *number, bool *cut);

#endif /* ACQ_CLAIM_H */
