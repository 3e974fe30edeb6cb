// SPDX-License-Identifier: GPL-2.0-only
/* The ACQ-R1 model's interrupts: a condition of each side. */
#include "r1_output.h"

uint32_t r1_irq_word(const struct r1 *c)
{
	bool data = c->run.dma ? r1_tell_is_data(&c->tell) : r1_fifo_ready(c);

	return c->status | (data ? ACQ_R1_IRQ_DATA : 0);
}

/* Both by one vector; INTx is the level of either. */
static void r1_irq_set(struct r1 *c, unsigned int side, bool level)
{
	c->host->irq(c->host->machine, side, 0, level);
}

void r1_irq_clear(struct r1 *c, unsigned int side)
{
	if (side == R1_OUTPUT)
		c->output->raised = false;
	r1_irq_set(c, side, false);
}

void r1_irq_refresh(struct r1 *c)
{
	uint32_t word = r1_irq_word(c);
	bool output;

	/* once asserted, it stays so */
	c->stuck = fault_is_on(c->faults, FAULT_MASK_IGNORED) && (c->stuck || word);
	r1_irq_set(c, R1_INPUT, c->stuck || word & c->mask);
	if (!c->output)
		return;
	output = r1_output_irq_word(c->output) & c->output->mask;
	c->output->interrupts += output && !c->output->raised;
	c->output->raised = output;
	r1_irq_set(c, R1_OUTPUT, output);
}
