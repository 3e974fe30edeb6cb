/* SPDX-License-Identifier: GPL-2.0-only */
/* The states of a stream: one table, one place that changes them. */
#ifndef ACQ_STATE_H
#define ACQ_STATE_H

#include <linux/spinlock.h>

#include "uapi.h"

/**
 * struct acq_life - where in its life a stream is
 * @lock: protects all below
 * @state: enum acq_state; changed by acq_state_set() alone, read without @lock
 * @error: of one that failed: negative errno
 * @failure: enum acq_failure: why
 * @meta: the newest run's, where programs see the state; or NULL
 * @id: number of the stream, for the trace; constant
 */
struct acq_life {
	spinlock_t lock;
	enum acq_state state;
	int error;
	enum acq_failure failure;
	struct acq_meta *meta;
	unsigned int id;
};

void acq_state_init(struct acq_life *life, unsigned int id);
bool acq_state_set(struct acq_life *life, enum acq_state to);
void acq_state_run(struct acq_life *life);
void acq_state_fail(struct acq_life *life, int error, enum acq_failure failure);
void acq_state_mend(struct acq_life *life);
void acq_state_show(struct acq_life *life, struct acq_meta *meta);

static inline enum acq_state acq_state(const struct acq_life *life)
{
	return READ_ONCE(life->state);
}

#endif /* ACQ_STATE_H */
