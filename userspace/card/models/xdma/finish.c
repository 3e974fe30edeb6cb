// SPDX-License-Identifier: GPL-2.0-only
/* The ends of the XDMA model's descriptors: writeback, count, poll word, interrupt. */
#include <endian.h>

#include "xdma_model.h"

#define LATE_NS		5000000u	/* of a fault: between an interrupt and what it tells */

static uint32_t xdma_finish_bits(const struct xdma_engine *e)
{
	return (e->desc.control & XDMA_DESC_COMPLETED ? XDMA_COMPLETED : 0) |
	       (e->desc.control & XDMA_DESC_STOP ? XDMA_STOPPED : 0);
}

static int xdma_finish_writeback(struct xdma *x, struct xdma_engine *e, bool eop)
{
	uint32_t words[2] = { XDMA_WRITEBACK_MAGIC << 16 | eop, e->done };
	struct lies *lies = &x->faults->lies;
	uint64_t dice;

	if (e->h2c || x->config.memory || e->control & XDMA_NO_WRITEBACK ||
	    fault_take(x->faults, FAULT_LOST_WRITEBACK))
		return 0;
	if (fault_take(x->faults, FAULT_BAD_LENGTH))
		words[1] = e->desc.bytes + XDMA_PAGE;
	if (lie_take(lies, LIE_WRITEBACK, &dice)) {
		words[dice & 1] = lie_word(dice >> 1, words[dice & 1]);
		lie_note(lies, LIE_WRITEBACK, "%u: %08x %08x", e->count, words[0], words[1]);
	}
	words[0] = htole32(words[0]);
	words[1] = htole32(words[1]);
	return xdma_bus_words(x, e, e->desc.source, words, 2);
}

/* The poll word, if the host wants one: AMD's driver does without XDMA_COMPLETED in control. */
static int xdma_finish_poll(struct xdma *x, struct xdma_engine *e, uint32_t status)
{
	const uint32_t errors = XDMA_ALIGN | XDMA_BAD_MAGIC | XDMA_BAD_LENGTH | XDMA_READ_ERRORS |
				XDMA_WRITE_ERRORS | XDMA_DESC_ERRORS;
	uint32_t word = e->count & XDMA_POLL_COUNT;
	struct lies *lies = &x->faults->lies;
	uint64_t dice;

	if (!(e->control & XDMA_POLL_ENABLE) || fault_take(x->faults, FAULT_LOST_POLL))
		return 0;
	if (lie_take(lies, LIE_COUNT, &dice)) {
		word = lie_word(dice, word) & XDMA_POLL_COUNT;
		lie_note(lies, LIE_COUNT, "%u is %u", e->count, word);
	}
	if (status & errors)
		word |= XDMA_POLL_ERROR;
	word = htole32(word);
	return xdma_bus_words(x, e, e->poll, &word, 1);
}

/* The engine stops for an error until Run begins anew. */
void xdma_finish_error(struct xdma *x, struct xdma_engine *e, uint32_t bits)
{
	if (xdma_finish_poll(x, e, e->status | bits))
		return;
	xdma_perf_update(x, e);
	e->active = false;
	e->stopped = true;
	xdma_engine_forget(e);
	xdma_irq_log(x, e, bits);
	if (!(e->control & XDMA_RUN))
		xdma_engine_stop(x, e);
}

/* Data are written; then the writeback, the count, the poll word, the interrupt. */
void xdma_finish_now(struct xdma *x, struct xdma_engine *e, bool eop)
{
	e->late = false;
	if (xdma_finish_writeback(x, e, eop))
		return;
	e->count++;
	if (fault_take(x->faults, FAULT_BAD_COUNT))
		e->count += 1000;
	e->descriptors++;
	e->completed += !!(e->desc.control & XDMA_DESC_COMPLETED);
	if (e->desc.control & XDMA_DESC_COMPLETED && xdma_finish_poll(x, e, e->status))
		return;
	xdma_perf_update(x, e);
	e->active = false;
	if (e->desc.control & XDMA_DESC_STOP) {
		e->stopped = true;
		xdma_engine_forget(e);
		if (e->perf & XDMA_PERF_AUTO)
			e->perf_on = false;
	}
	xdma_irq_log(x, e, xdma_finish_bits(e));
	if (!(e->control & XDMA_RUN))
		xdma_engine_stop(x, e);
}

void xdma_finish_desc(struct xdma *x, struct xdma_engine *e, bool eop)
{
	if (!(e->desc.control & XDMA_DESC_COMPLETED) || !fault_take(x->faults, FAULT_EARLY_IRQ)) {
		xdma_finish_now(x, e, eop);
		return;
	}
	e->late = true;
	e->late_eop = eop;
	e->late_at = xdma_now(x) + LATE_NS;
	xdma_irq_log(x, e, xdma_finish_bits(e));
}
