// SPDX-License-Identifier: GPL-2.0-only
/* The window of the ACQ-R1 model's output side: blocks that the host writes word by word. */
#include <string.h>

#include "r1_output.h"

static bool r1_output_window_is_open(const struct r1_output *o)
{
	return !o->run.dma && r1_output_state_is_on(o) && !o->stopping && !o->halting;
}

uint32_t r1_output_window_room(const struct r1_output *o)
{
	if (!r1_output_window_is_open(o) || o->stalled ||
	    o->n.given - o->seen >= ACQ_R1_BLOCKS_UNSEEN)
		return 0;
	return (uint32_t)(o->size - (o->in - o->out) - o->pushed) & ~3u;
}

void r1_output_window_push(struct r1_output *o, uint32_t value)
{
	if (!r1_output_window_is_open(o))
		return;
	/* While stalled too: the host may have read the level before. */
	if (o->size - (o->in - o->out) - o->pushed < 4) {
		r1_output_state_fail(o, ACQ_R1_ERR_UNDERRUN);
		return;
	}
	for (unsigned int i = 0; i < 4; i++)
		o->fifo[(o->in + o->pushed + i) % o->size] = (uint8_t)(value >> (8 * i));
	o->pushed += 4;
}

void r1_output_window_give(struct r1_output *o, uint32_t given)
{
	uint32_t word = o->regs[ACQ_R1_BLOCK_BYTES / 4], bytes = word & ~ACQ_R1_BLOCK_LAST;

	if (!r1_output_window_is_open(o) || given == o->n.given)
		return;
	/* each by itself, and what was pushed is what is given */
	if (given != o->n.given + 1 || given - o->seen > ACQ_R1_BLOCKS_UNSEEN || !bytes ||
	    bytes % o->run.frame || (uint64_t)bytes + (-bytes & 3) != o->pushed) {
		r1_output_state_fail(o, ACQ_R1_ERR_TABLE);
		return;
	}
	o->packets[o->n.given % ACQ_R1_BLOCKS_UNSEEN] = bytes;
	o->n.given++;
	o->n.fetched++;
	o->in += bytes;
	o->pushed = 0;
	o->stopping |= !!(word & ACQ_R1_BLOCK_LAST);
}

void r1_output_window_saw(struct r1_output *o, uint32_t seen)
{
	if (seen - o->seen > o->n.complete - o->seen)
		return;
	o->seen = seen;
	r1_irq_refresh(o->card);
}

/* Of a block that has not begun, where it would be now */
uint64_t r1_output_window_index(const struct r1_output *o)
{
	if (o->seen == o->n.complete && !o->done)
		return o->n.frames;
	return o->begun[o->seen % ACQ_R1_BLOCKS_UNSEEN];
}
