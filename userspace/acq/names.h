/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of the interface's enumerations, both ways.
 */
#ifndef ACQ_NAMES_H
#define ACQ_NAMES_H

#include <stdint.h>

struct names {
	const char *what;
	unsigned int num;
	const char *const *name;
};

extern const struct names format_names;
extern const struct names trigger_names;
extern const struct names edge_names;
extern const struct names pattern_names;
extern const struct names transfer_names;
extern const struct names state_names;
extern const struct names cause_names;	/* short words, for machines */
extern const struct names failure_names;	/* as well */
extern const struct names cap_names;	/* bit numbers of acq_info.caps */

/* Name of @value; "unknown" when the driver is newer than this tool. */
const char *name_of(const struct names *names, unsigned int value);

/* Value of @name, or -1. */
int name_value(const struct names *names, const char *name);

/* Write the names whose bit in @mask is set, with spaces between. Returns @buf. */
char *name_list(const struct names *names, uint64_t mask, char *buf, unsigned int size);

/* A cause in words. */
const char *cause_text(unsigned int cause);

/* Why a stream has failed, in words. */
const char *failure_text(unsigned int failure);

/* Bytes of a sample of @format; 0: unknown format. */
unsigned int format_width(unsigned int format);

/* Nonzero for the formats whose samples carry a sign. */
int format_signed(unsigned int format);

#endif /* ACQ_NAMES_H */
