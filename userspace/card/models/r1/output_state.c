// SPDX-License-Identifier: GPL-2.0-only
/* The state of the ACQ-R1 model's output side. */
#include "r1_output.h"

bool r1_output_state_waits(const struct r1_output *o)
{
	return o->config.caps & ACQ_R1_CAP_WAIT || o->config.free || o->patient;
}

bool r1_output_state_is_on(const struct r1_output *o)
{
	return o->state == ACQ_R1_ARMED || o->state == ACQ_R1_RUNNING;
}

/* What STATE says; of a reset that waits for its DMA, not yet IDLE. */
uint32_t r1_output_state_word(const struct r1_output *o)
{
	uint32_t word = o->settling ? ACQ_R1_DRAINING : o->state;

	if (o->filling)
		word |= ACQ_R1_STATE_LOSING;
	if (o->held)
		word |= ACQ_R1_STATE_HELD;
	if (o->state == ACQ_R1_ERROR)
		word |= o->code << 16;
	return word;
}

static void r1_output_state_end(struct r1_output *o, unsigned int state, uint32_t event)
{
	o->state = state;
	o->held = false;
	o->filling = false;
	o->frozen = false;
	o->halting = false;
	o->loop.tight = false;
	o->events |= event;
}

void r1_output_state_fail(struct r1_output *o, unsigned int code)
{
	if (o->state == ACQ_R1_ERROR)
		return;
	o->epoch++;
	o->code = code;
	r1_output_state_end(o, ACQ_R1_ERROR, ACQ_R1_IRQ_ERROR);
}

void r1_output_state_finish(struct r1_output *o)
{
	r1_output_state_end(o, ACQ_R1_DONE, ACQ_R1_IRQ_FINISHED);
}
