// SPDX-License-Identifier: GPL-2.0-only
/* The registers of the ACQ-R1 model's output side, at where the input has them. */
#include <string.h>

#include "r1_output.h"

/* Places in @latched */
enum {
	LATCH_FRAMES,
	LATCH_DROPPED,
	LATCH_TIMESTAMP,
	LATCH_INDEX,
};

void r1_output_regs_reset(struct r1_output *o)
{
	if (o->had_run)
		o->last = o->n;
	o->had_run = false;
	o->epoch++;
	o->settling = o->busy;
	o->halting = false;
	o->stopping = false;
	o->held = false;
	o->state = ACQ_R1_IDLE;
	o->code = 0;
	o->filling = false;
	o->frozen = false;
	o->more = false;
	r1_output_loop_part(o);
	o->dry = 0;
	o->in = 0;
	o->out = 0;
	o->open = false;
	o->pushed = 0;
	o->seen = 0;
	o->done = 0;
	o->status = 0;
	o->mask = 0;
	o->events = 0;
	memset(&o->n, 0, sizeof(o->n));
	memset(&o->tell, 0, sizeof(o->tell));
	memset(&o->run, 0, sizeof(o->run));
	memset(o->latched, 0, sizeof(o->latched));
	r1_regs_defaults(o->regs, &o->config);
	r1_irq_refresh(o->card);
}

uint32_t r1_output_regs_read(struct r1_output *o, uint32_t at)
{
	uint32_t value;

	if (r1_regs_identity(&o->config, at, &value))
		return value;
	switch (at) {
	case ACQ_R1_STATE:
		return r1_output_state_word(o);
	case ACQ_R1_IRQ_STATUS:
		return r1_output_irq_word(o);
	case ACQ_R1_IRQ_MASK:
		return o->mask;
	case ACQ_R1_SEEN:
		return o->run.dma ? o->tell.seen : o->seen;
	case ACQ_R1_FIFO_LEVEL:
		return r1_output_window_room(o);
	case ACQ_R1_FIFO_INDEX_LO:
		return r1_regs_latch(&o->latched[LATCH_INDEX],
				     o->run.dma ? 0 : r1_output_window_index(o));
	case ACQ_R1_FIFO_INDEX_HI:
		return o->latched[LATCH_INDEX];
	case ACQ_R1_PLAYED:
		return o->run.dma ? 0 : o->n.complete;
	case ACQ_R1_PLAYED_BYTES:
		return o->run.dma ? 0 : o->done;
	case ACQ_R1_GIVEN:
		return o->n.given;
	case ACQ_R1_FRAMES_LO:
		return r1_regs_latch(&o->latched[LATCH_FRAMES], o->n.frames);
	case ACQ_R1_FRAMES_HI:
		return o->latched[LATCH_FRAMES];
	case ACQ_R1_DROPPED_LO:
		return r1_regs_latch(&o->latched[LATCH_DROPPED], o->n.filler);
	case ACQ_R1_DROPPED_HI:
		return o->latched[LATCH_DROPPED];
	case ACQ_R1_TIMESTAMP_LO:
		return r1_regs_latch(&o->latched[LATCH_TIMESTAMP],
				     r1_state_stamp(o->card, r1_now(o->card)));
	case ACQ_R1_TIMESTAMP_HI:
		return o->latched[LATCH_TIMESTAMP];
	default:
		/* 0 where there is no register, or none that can be read */
		return o->regs[at / 4];
	}
}

static void r1_output_regs_command(struct r1_output *o, uint32_t value)
{
	struct faults *faults = o->card->faults;

	if (value & ACQ_R1_CMD_RESET) {
		if (!fault_take(faults, FAULT_RESET_STUCK))
			r1_output_regs_reset(o);
		else if (o->state == ACQ_R1_IDLE)
			o->state = ACQ_R1_DRAINING;
		return;
	}
	if (value & ACQ_R1_CMD_START && !fault_take(faults, FAULT_START_IGNORED))
		r1_output_run_start(o, r1_regs_holds(&o->config, value));
	if (value & ACQ_R1_CMD_STOP && !fault_take(faults, FAULT_STOP_IGNORED))
		r1_output_run_stop(o);
	if (value & ACQ_R1_CMD_HALT && !fault_take(faults, FAULT_STOP_IGNORED))
		r1_output_run_halt(o);
	if (value & ACQ_R1_CMD_GO)
		o->held = false;
	if (value & ACQ_R1_CMD_GO_BOTH)
		r1_run_release_both(o->card);
	r1_irq_refresh(o->card);
}

void r1_output_regs_write(struct r1_output *o, uint32_t at, uint32_t value)
{
	switch (at) {
	case ACQ_R1_COMMAND:
		r1_output_regs_command(o, value);
		return;
	case ACQ_R1_IRQ_STATUS:
		o->status &= ~(value & ACQ_R1_IRQ_ALL);
		r1_irq_refresh(o->card);
		return;
	case ACQ_R1_IRQ_MASK:
		o->mask = value & ACQ_R1_IRQ_ALL;
		r1_irq_refresh(o->card);
		return;
	case ACQ_R1_BLOCK_BYTES:
		o->regs[at / 4] = value;
		return;
	case ACQ_R1_SEEN:
		if (o->run.dma)
			r1_output_page_saw(o, value);
		else
			r1_output_window_saw(o, value);
		return;
	case ACQ_R1_GIVEN:
		if (o->run.dma)
			r1_output_run_give(o, value);
		else
			r1_output_window_give(o, value);
		return;
	}
	r1_regs_keep(o->regs, at, value);
}
