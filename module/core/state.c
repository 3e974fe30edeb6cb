// SPDX-License-Identifier: GPL-2.0-only
/* The states of a stream. See state.h. */
#include <linux/bits.h>

#include "state.h"
#include "trace.h"

/* From each state, the states that may follow */
static const u8 transitions[ACQ_STATE_NUM] = {
	[ACQ_STATE_IDLE]	= BIT(ACQ_STATE_ARMED) | BIT(ACQ_STATE_RUNNING) |
				  BIT(ACQ_STATE_FAILED) | BIT(ACQ_STATE_SUSPENDED) |
				  BIT(ACQ_STATE_GONE),
	[ACQ_STATE_ARMED]	= BIT(ACQ_STATE_IDLE) | BIT(ACQ_STATE_RUNNING) |
				  BIT(ACQ_STATE_DRAINING) | BIT(ACQ_STATE_FAILED) |
				  BIT(ACQ_STATE_SUSPENDED) | BIT(ACQ_STATE_GONE),
	[ACQ_STATE_RUNNING]	= BIT(ACQ_STATE_IDLE) | BIT(ACQ_STATE_DRAINING) |
				  BIT(ACQ_STATE_FAILED) | BIT(ACQ_STATE_SUSPENDED) |
				  BIT(ACQ_STATE_GONE),
	[ACQ_STATE_DRAINING]	= BIT(ACQ_STATE_IDLE) | BIT(ACQ_STATE_FAILED) |
				  BIT(ACQ_STATE_SUSPENDED) | BIT(ACQ_STATE_GONE),
	[ACQ_STATE_SUSPENDED]	= BIT(ACQ_STATE_IDLE) | BIT(ACQ_STATE_ARMED) |
				  BIT(ACQ_STATE_RUNNING) | BIT(ACQ_STATE_FAILED) |
				  BIT(ACQ_STATE_GONE),
	[ACQ_STATE_FAILED]	= BIT(ACQ_STATE_IDLE) | BIT(ACQ_STATE_ARMED) |
				  BIT(ACQ_STATE_RUNNING) | BIT(ACQ_STATE_SUSPENDED) |
				  BIT(ACQ_STATE_GONE),
	[ACQ_STATE_GONE]	= 0,
};

void acq_state_init(struct acq_life *life, unsigned int id)
{
	spin_lock_init(&life->lock);
	life->id = id;
}

/* The one place where a stream changes its state */
static void state_put(struct acq_life *life, enum acq_state to)
{
	lockdep_assert_held(&life->lock);
	WRITE_ONCE(life->state, to);
	if (life->meta)
		WRITE_ONCE(life->meta->state, to);
}

/**
 * acq_state_set() - to another state, if that may follow
 * @life: of the stream
 * @to: the state to be in
 *
 * Context: any but interrupt.
 * Return: true if it is in @to now; false if that may not follow its state.
 */
bool acq_state_set(struct acq_life *life, enum acq_state to)
{
	enum acq_state from;
	bool allowed;

	scoped_guard(spinlock, &life->lock) {
		from = life->state;
		allowed = transitions[from] & BIT(to);
		if (allowed)
			state_put(life, to);
	}
	if (allowed)
		trace_acq_state(life->id, from, to);
	return allowed || from == to;
}

/** acq_state_run() - from ARMED to RUNNING; from any other state nothing */
void acq_state_run(struct acq_life *life)
{
	scoped_guard(spinlock, &life->lock) {
		if (life->state != ACQ_STATE_ARMED)
			return;
		state_put(life, ACQ_STATE_RUNNING);
	}
	trace_acq_state(life->id, ACQ_STATE_ARMED, ACQ_STATE_RUNNING);
}

/** acq_state_fail() - to FAILED: a negative errno, and why */
void acq_state_fail(struct acq_life *life, int error, enum acq_failure failure)
{
	scoped_guard(spinlock, &life->lock) {
		life->error = error;
		WRITE_ONCE(life->failure, failure);
	}
	acq_state_set(life, ACQ_STATE_FAILED);
}

/** acq_state_mend() - from FAILED to IDLE: what was the reason is no more */
void acq_state_mend(struct acq_life *life)
{
	scoped_guard(spinlock, &life->lock) {
		life->error = 0;
		WRITE_ONCE(life->failure, ACQ_FAILURE_NONE);
	}
	acq_state_set(life, ACQ_STATE_IDLE);
}

/**
 * acq_state_show() - a new run begins, or the newest one goes
 * @life: of the stream
 * @meta: where programs see the state from now on, or NULL
 */
void acq_state_show(struct acq_life *life, struct acq_meta *meta)
{
	guard(spinlock)(&life->lock);
	life->meta = meta;
	if (meta) {
		life->error = 0;
		WRITE_ONCE(life->failure, ACQ_FAILURE_NONE);
		WRITE_ONCE(meta->state, life->state);
	}
}
