/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where one channel crosses a level.
 */
#ifndef SCOPE_TRIGGER_H
#define SCOPE_TRIGGER_H

#include <stdbool.h>
#include <stdint.h>

struct history;

/**
 * struct trigger - what is looked for
 * @place: of the channel in a frame
 * @level: in codes from that of no signal
 * @falling: from above to below, else from below to above
 */
struct trigger {
	unsigned int place;
	int64_t level;
	bool falling;
};

/* The last crossing in [@from, @to): index of the first frame beyond the level. */
bool trigger_find(const struct trigger *t, const struct history *h, uint64_t from, uint64_t to,
		  uint64_t *index);

#endif /* SCOPE_TRIGGER_H */
