// SPDX-License-Identifier: GPL-2.0-only
/* The XDMA model's engines: a run begins and ends. */
#include "xdma_model.h"

bool xdma_engine_is_busy(const struct xdma_engine *e)
{
	return e->active || (e->control & XDMA_RUN && !e->stopped);
}

void xdma_engine_forget(struct xdma_engine *e)
{
	e->fetching = false;
	e->fifo_count = 0;
}

void xdma_engine_start(struct xdma *x, struct xdma_engine *e)
{
	e->runs++;
	e->status = 0;
	e->count = e->preset ? e->preset_count : 0;
	e->preset = false;
	e->stopped = false;
	e->idle = false;
	xdma_engine_forget(e);
	e->fetching = true;
	e->next = e->first;
	e->adjacent = e->first_adj + 1;
	if (e->h2c)
		xdma_sink_run(&x->sinks[e->number]);
	else if (!x->config.memory)
		xdma_stream_run(&x->streams[e->number]);
}

/* Run is 0: what was not begun will not be. */
void xdma_engine_stop(struct xdma *x, struct xdma_engine *e)
{
	e->credits = 0;
	xdma_engine_forget(e);
	if (e->active || e->idle)
		return;
	e->idle = true;
	xdma_irq_log(x, e, XDMA_IDLE_STOPPED);
}

void xdma_engine_drop(struct xdma *x, struct xdma_engine *e)
{
	xdma_perf_update(x, e);
	e->active = false;
	xdma_engine_stop(x, e);
}
