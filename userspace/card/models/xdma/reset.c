// SPDX-License-Identifier: GPL-2.0-only
/* A reset of the XDMA model, whole. */
#include <string.h>

#include "xdma_model.h"

/* The statistics outlive it. */
static void xdma_reset_engine(struct xdma *x, bool c2h, unsigned int number)
{
	struct xdma_engine *e = &x->engines[c2h][number];

	memset(e, 0, offsetof(struct xdma_engine, runs));
	e->h2c = !c2h;
	e->number = number;
	e->line = c2h ? x->config.h2c + number : number;
	e->idle = true;
}

void xdma_reset_card(void *model)
{
	struct xdma *x = model;

	x->epoch++;
	for (unsigned int i = 0; i < XDMA_CHANNELS; i++) {
		xdma_reset_engine(x, false, i);
		xdma_reset_engine(x, true, i);
		xdma_sink_reset(&x->sinks[i]);
	}
	x->user_irq = 0;
	x->loss_irq = 0;
	x->scratch = 0;
	for (unsigned int i = 0; i < x->config.c2h && !x->config.memory; i++) {
		struct xdma_stream *s = &x->streams[i];

		s->enabled = x->config.begin != XDMA_BEGIN_ENABLE;
		s->pace.divider = x->config.divider;
		xdma_stream_reset(s);
	}
	xdma_regs_reset(x);
}
