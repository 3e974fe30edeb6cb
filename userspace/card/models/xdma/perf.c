// SPDX-License-Identifier: GPL-2.0-only
/* The XDMA model's performance counters. */
#include "xdma_model.h"

#define CLOCK_MHZ	250u		/* of the IP's own side */

void xdma_perf_update(struct xdma *x, struct xdma_engine *e)
{
	uint64_t now = xdma_now(x);

	if (e->perf_on && e->control & XDMA_RUN)
		e->cycles += (now - e->perf_since) * CLOCK_MHZ / 1000;
	e->perf_since = now;
}

uint32_t xdma_perf_high(uint64_t value)
{
	if (value >> XDMA_PERF_BITS)
		return XDMA_PERF_MAXED | 0x3ff;
	return (uint32_t)(value >> 32);
}

void xdma_perf_write(struct xdma *x, struct xdma_engine *e, uint32_t value)
{
	xdma_perf_update(x, e);
	e->perf = value & (XDMA_PERF_RUN | XDMA_PERF_AUTO);
	e->perf_on = value & XDMA_PERF_RUN;
	if (value & XDMA_PERF_CLEAR) {
		e->cycles = 0;
		e->beats = 0;
	}
}
