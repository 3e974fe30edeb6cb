// SPDX-License-Identifier: GPL-2.0-only
/* Records, status page and interrupt causes of the ACQ-R1 model's output side. */
#include <endian.h>
#include <errno.h>
#include <stddef.h>

#include "r1_output.h"

uint32_t r1_output_irq_word(const struct r1_output *o)
{
	bool data = o->run.dma ? r1_tell_is_data(&o->tell) : o->n.complete != o->seen;

	return o->status | (data ? ACQ_R1_IRQ_DATA : 0);
}

int r1_output_page_record(struct r1_output *o, bool done)
{
	uint64_t at = o->run.records +
		      (o->n.complete & (o->run.entries - 1)) * sizeof(struct acq_r1_record);
	struct acq_r1_record record = {
		.index = htole64(o->index),
		.lost = htole64(o->lost),
		.timestamp = htole64(o->stamp),
		.bytes = htole32(o->done),
		.flags = htole32((done ? ACQ_R1_RECORD_DONE : 0) | (o->n.complete & 0xffff) << 16),
	};

	if (!o->run.dma)
		return 0;
	r1_block_falsify(o->card->faults, &record, o->done + o->run.frame, o->last_index);
	o->last_index = o->index;
	return r1_output_bus_write(o, at, &record, sizeof(record));
}

/* Filler that the page of an episode which begins need not count yet */
static uint64_t r1_output_page_late(const struct r1_output *o, uint32_t events)
{
	return events & ACQ_R1_IRQ_OVERFLOW && o->filling &&
	       fault_is_on(o->card->faults, FAULT_LATE_FILLER) ? o->gap : 0;
}

static int r1_output_page_write(struct r1_output *o, uint32_t update, uint32_t irq, uint64_t late)
{
	const struct card_host *host = o->card->host;
	struct acq_r1_status page = {
		.progress = htole64((uint64_t)o->n.complete << 32 | o->done),
		.frames = htole64(o->n.frames - late),
		.dropped = htole64(o->n.filler - late),
		.timestamp = htole64(r1_state_stamp(o->card, r1_now(o->card))),
		.state = htole32(r1_output_state_word(o)),
		.irq = htole32(irq),
		.reserved[0] = htole32(o->n.fetched),
		.update = htole32(update),
	};
	struct acq_r1_status *direct = NULL;
	int error;

	if (!r1_page_falsify(o->card->faults, &page, o->n.given))
		return 0;
	if (!o->fail && !fault_is_on(o->card->faults, FAULT_DMA_ERROR))
		direct = host->dma_map(host->machine, o->run.status, sizeof(page));
	if (direct) {
		r1_tell_store(direct, &page);
		return 0;
	}
	error = r1_output_bus_write(o, o->run.status, &page,
				    offsetof(struct acq_r1_status, update));
	if (!error)
		error = r1_output_bus_write(o, o->run.status +
						    offsetof(struct acq_r1_status, update),
					    &page.update, sizeof(page.update));
	return error;
}

/* Writes the status page and raises causes as far as it is time to. */
void r1_output_page_report(struct r1_output *o)
{
	uint64_t now = r1_now(o->card);
	uint32_t update = o->tell.update + 1, events = o->events, irq;
	bool due;
	int error = 0;

	/* there is none before START has found its address */
	if (!o->run.status) {
		o->events = 0;
		o->status |= events;
		r1_irq_refresh(o->card);
		return;
	}
	due = r1_tell_is_due(&o->tell, o->regs, o->n.complete == o->n.given,
			     o->state == ACQ_R1_DONE || o->state == ACQ_R1_ERROR, now);
	if (!due && !events && !r1_tell_is_wanted(&o->tell, o->regs, now))
		return;
	/* causes that come up from here on are the next update's */
	o->events = 0;
	irq = o->status | (fault_is_on(o->card->faults, FAULT_LATE_CAUSE) ? 0 : events);
	if (due || r1_tell_is_data(&o->tell))
		irq |= ACQ_R1_IRQ_DATA;
	error = r1_output_page_write(o, update, irq, r1_output_page_late(o, events));
	if (error == -ECANCELED)
		return;
	o->status |= events;
	if (error) {
		/* the registers are all that still reaches the host */
		o->status |= o->events;
		o->events = 0;
		r1_tell_failed(&o->tell);
	} else {
		r1_tell_written(&o->tell, update, due);
	}
	o->n.updates = o->tell.updates;
	r1_irq_refresh(o->card);
}

void r1_output_page_saw(struct r1_output *o, uint32_t update)
{
	if (!r1_tell_saw(&o->tell, update))
		return;
	/* Cleared and set again: if the host has missed one, it gets a new message. */
	if (r1_tell_is_data(&o->tell))
		r1_irq_clear(o->card, R1_OUTPUT);
	r1_irq_refresh(o->card);
}
