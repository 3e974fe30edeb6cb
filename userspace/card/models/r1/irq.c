// SPDX-License-Identifier: GPL-2.0-only
/* The ACQ-R1 model's interrupt. */
#include "r1_model.h"

uint32_t r1_irq_word(const struct r1 *c)
{
	bool data = c->run.dma ? (int32_t)(c->due - c->seen) > 0 : r1_fifo_ready(c);

	return c->status | (data ? ACQ_R1_IRQ_DATA : 0);
}

void r1_irq_refresh(struct r1 *c)
{
	uint32_t word = r1_irq_word(c);

	/* once asserted, it stays so */
	c->stuck = fault_is_on(c->faults, FAULT_MASK_IGNORED) && (c->stuck || word);
	c->host->irq(c->host->machine, 0, 0, c->stuck || word & c->mask);
}
