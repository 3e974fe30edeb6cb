/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a stream has done since its driver took the card: /sys/class/misc/acqdevN/totals,
 * which needs no permission to open the node.
 */
#ifndef ACQ_TOTALS_H
#define ACQ_TOTALS_H

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>

#define TOTALS_CAUSES	16

struct totals {
	bool known;		/* false: this driver counts none */
	uint64_t runs, frames, lost, gaps, resets, failures;
	unsigned int causes;
	struct {
		char name[32];
		uint64_t gaps;
	} cause[TOTALS_CAUSES];
};

/* @node: "acqdev", "acqdev1" */
void totals_read(struct totals *totals, const char *node);

/* As well, by the stream's number */
void totals_read_stream(struct totals *totals, unsigned int stream);

/* Lines of a table whose first column is 12 wide; none if nothing is known. */
void totals_print(const struct totals *totals);

/* Add them to @object as "totals", if they are known. */
void totals_add(const struct totals *totals, struct json_object *object);

#endif /* ACQ_TOTALS_H */
