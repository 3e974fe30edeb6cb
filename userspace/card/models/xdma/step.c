// SPDX-License-Identifier: GPL-2.0-only
/* The XDMA model's time: what its engines do when. */
#include "xdma_model.h"

/* Work that an engine does in one go; the host's accesses wait for it. */
#define STEP_BYTES	(512u << 10)
#define DESC_COST	64u		/* of a descriptor, whatever it moves */
/* A card that looks at its time axis more often than that just burns time. */
#define NAP_NS		50000u
#define LONG_NAP_NS	10000000u	/* data of long descriptors do not come at their end */

static bool xdma_step_is_allowed(const struct xdma *x)
{
	return pci_is_master(x->host->pci(x->host->machine));
}

/* Does what it can with what there is. True if that was something; @budget 0: there is more. */
static bool xdma_step_run(struct xdma *x, struct xdma_engine *e, size_t *budget)
{
	unsigned int epoch = x->epoch;
	bool moved = false;
	uint64_t before;

	while (xdma_step_is_allowed(x)) {
		if (e->late) {
			if (xdma_now(x) < e->late_at)
				break;
			xdma_finish_now(x, e, e->late_eop);
			if (x->epoch != epoch)
				break;
			moved = true;
		}
		if (e->control & XDMA_RUN && !e->stopped && xdma_fetch_ahead(x, e))
			break;
		if (!e->active && e->fifo_count && e->control & XDMA_RUN && !e->stopped) {
			xdma_move_begin(x, e);
			moved = true;
			*budget -= xdma_least(DESC_COST, *budget);
		}
		if (!e->active)
			break;
		if (*budget < DESC_COST) {
			*budget = 0;
			break;
		}
		before = e->bytes;
		if (!xdma_move_data(x, e, *budget) || x->epoch != epoch)
			break;
		moved = true;
		*budget -= xdma_least(e->bytes - before, *budget);
	}
	return moved;
}

static void xdma_step_engine(struct xdma *x, struct xdma_engine *e)
{
	struct xdma_stream *s = e->h2c || x->config.memory ? NULL : &x->streams[e->number];
	struct xdma_sink *sink = e->h2c && !x->config.memory ? &x->sinks[e->number] : NULL;
	unsigned int epoch = x->epoch;
	size_t budget = STEP_BYTES;
	bool moved;

	if (sink)
		xdma_sink_step(sink);
	for (;;) {
		moved = xdma_step_run(x, e, &budget);
		if (x->epoch != epoch)
			return;
		if (s && moved)
			xdma_stream_hold(s, false);
		/* where the way back is full, or was empty, somebody waits */
		if (moved && x->config.loop)
			x->more = true;
		if (!budget) {
			x->more = true;
			return;
		}
		if (sink && moved && xdma_sink_step(sink))
			continue;
		if (!s || (!xdma_stream_fill(s) && !moved))
			break;
	}
	if (!s)
		return;
	/* without Run a descriptor that waits for data may have nobody to wait for it */
	if (x->config.drops && e->active && !e->late && !(e->control & XDMA_RUN) &&
	    xdma_step_is_allowed(x))
		xdma_engine_drop(x, e);
	xdma_stream_hold(s, !e->active);
}

void xdma_step_all(struct xdma *x)
{
	unsigned int epoch = x->epoch;

	x->more = false;
	for (unsigned int i = 0; i < x->config.h2c && x->epoch == epoch; i++)
		xdma_step_engine(x, &x->engines[XDMA_H2C][i]);
	for (unsigned int i = 0; i < x->config.c2h && x->epoch == epoch; i++)
		xdma_step_engine(x, &x->engines[XDMA_C2H][i]);
}

uint64_t xdma_step_deadline(const struct xdma *x)
{
	uint64_t now = xdma_now(x), when = MODEL_NEVER, then;

	/* it goes on by itself */
	for (unsigned int i = 0; i < x->config.h2c && !x->config.memory; i++)
		when = xdma_least(when, xdma_sink_when(&x->sinks[i]));
	if (!xdma_step_is_allowed(x))
		return when < now + NAP_NS ? now + NAP_NS : when;
	if (x->more)
		return now;
	for (unsigned int h2c = 0; h2c < 2; h2c++) {
		for (unsigned int i = 0; i < XDMA_CHANNELS; i++) {
			const struct xdma_engine *e = &x->engines[h2c][i];

			if (e->late)
				when = xdma_least(when, e->late_at);
			if (e->h2c || !e->active || e->late || x->config.memory)
				continue;
			then = xdma_stream_when(&x->streams[i], e->desc.bytes - e->done);
			if (then != MODEL_NEVER)
				then = xdma_least(then, now + LONG_NAP_NS);
			when = xdma_least(when, then);
		}
	}
	return when < now + NAP_NS ? now + NAP_NS : when;
}
