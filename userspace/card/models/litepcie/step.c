// SPDX-License-Identifier: GPL-2.0-only
/* The LitePCIe model's time: what its engines do when; and its reset. */
#include <string.h>

#include "litepcie_model.h"

/* Work that a channel does in one go; the host's accesses wait for it. */
#define STEP_BYTES	(512u << 10)
/* A card that looks at its time axis more often than that just burns time. */
#define NAP_NS		50000u
#define LONG_NAP_NS	10000000u

static void lite_step_channel(struct lite_channel *ch)
{
	struct lite *x = ch->card;
	unsigned int epoch = x->epoch;
	size_t budget = STEP_BYTES;
	bool moved;

	lite_sync_step(ch);
	do {
		moved = lite_engine_write(ch, &budget);
		if (x->epoch != epoch)
			return;
		moved |= lite_sink_run(ch, &budget);
		if (x->epoch != epoch)
			return;
		moved |= lite_feed_fill(&ch->feed);
		if (!budget && moved)
			x->more = true;
	} while (moved && budget);
}

void lite_step_all(struct lite *x)
{
	unsigned int epoch = x->epoch;

	x->more = false;
	for (unsigned int i = 0; i < x->config.channels && x->epoch == epoch; i++)
		lite_step_channel(&x->channel[i]);
	lite_irq_send(x);
}

uint64_t lite_step_deadline(const struct lite *x)
{
	uint64_t now = lite_now(x), when = MODEL_NEVER, then;

	if (x->more)
		return now;
	for (unsigned int i = 0; i < x->config.channels; i++) {
		const struct lite_channel *ch = &x->channel[i];
		const struct lite_side *s = &ch->writer;
		uint64_t bytes = s->table.level ? s->table.entry[s->table.head].bytes - s->done :
						  UINT64_MAX / 2;

		if (s->owes)
			bytes = s->debt.bytes;
		if (s->enabled) {
			then = lite_feed_when(&ch->feed, bytes);
			if (then != MODEL_NEVER)
				then = lite_least(then, now + LONG_NAP_NS);
			when = lite_least(when, then);
		}
		when = lite_least(when, lite_sink_when(ch));
		when = lite_least(when, lite_sync_when(ch));
	}
	return when < now + NAP_NS ? now + NAP_NS : when;
}

static void lite_step_reset_side(struct lite_side *s)
{
	s->enabled = false;
	s->life++;
	s->done = 0;
	s->owes = false;
	s->stale = false;
	s->looked = false;
	s->table.loop = false;
	s->table.value[0] = 0;
	s->table.value[1] = 0;
	s->table.we = 0;
	lite_table_reset(&s->table);
}

/* The statistics outlive it. */
void lite_step_reset(void *model)
{
	struct lite *x = model;

	x->epoch++;
	lite_regs_reset(x);
	x->time_ns = x->config.time_ns;
	x->time_real = lite_now(x);
	for (unsigned int i = 0; i < x->config.channels; i++) {
		struct lite_channel *ch = &x->channel[i];

		ch->feed.passing = false;
		lite_step_reset_side(&ch->writer);
		lite_step_reset_side(&ch->reader);
		ch->loopback = false;
		ch->bypass = 0;
		ch->mode = 0;
		ch->fifo_control[0] = LITE_READER_BUFFER;
		ch->fifo_control[1] = x->config.fifo_bytes;
		ch->feed.pace.divider = x->config.divider;
		lite_feed_reset(&ch->feed);
		lite_sink_reset(&ch->sink);
		if (ch->sink.converter)
			converter_start(ch->sink.converter);
		lite_sync_refresh(ch);
	}
}
