// SPDX-License-Identifier: GPL-2.0-only
/* The ACQ-R1 model's status page, and when it is worth an interrupt. */
#include <endian.h>
#include <errno.h>
#include <inttypes.h>

#include "r1_model.h"

bool r1_page_falsify(struct faults *faults, struct acq_r1_status *page, uint32_t given)
{
	struct lies *lies = &faults->lies;
	uint64_t progress = le64toh(page->progress), dice;
	uint32_t complete = (uint32_t)(progress >> 32), filled = (uint32_t)progress;

	if (fault_take(faults, FAULT_NO_UPDATE))
		return false;
	if (fault_take(faults, FAULT_BAD_PROGRESS))
		progress = (uint64_t)(given + 1) << 32;
	if (lie_take(lies, LIE_PROGRESS, &dice)) {
		if (dice & 1)
			progress = (uint64_t)lie_word(dice >> 2, complete) << 32;
		else if (dice & 2)
			progress = (progress & ~UINT64_C(0xffffffff)) |
				   lie_word(dice >> 2, filled);
		else
			progress = lie_long(dice >> 2, progress);
		lie_note(lies, LIE_PROGRESS, "%u+%u of %u is %" PRIx64, complete, filled, given,
			 progress);
	}
	page->progress = htole64(progress);
	if (lie_take(lies, LIE_PAGE, &dice)) {
		lie_fill(dice, page, sizeof(*page));
		lie_note(lies, LIE_PAGE, "%016" PRIx64, le64toh(page->progress));
	}
	return true;
}

static int r1_page_write(struct r1 *c, uint32_t update, uint32_t irq)
{
	bool partial = c->recorded && !(c->config.caps & ACQ_R1_CAP_WHOLE_BLOCKS);
	struct acq_r1_status page = {
		.progress = htole64((uint64_t)c->complete << 32 | (partial ? c->filled : 0)),
		.frames = htole64(r1_state_frames(c)),
		.dropped = htole64(c->dropped),
		.timestamp = htole64(r1_state_stamp(c, c->host->now(c->host->machine))),
		.trigger_index = htole64(c->trigger_index),
		.state = htole32(r1_state_word(c)),
		.irq = htole32(irq),
		.update = htole32(update),
	};
	struct acq_r1_status *direct;
	int error;

	if (!r1_page_falsify(c->faults, &page, c->given))
		return 0;
	if (!fault_is_on(c->faults, FAULT_DMA_ERROR)) {
		direct = c->host->dma_map(c->host->machine, c->run.status, sizeof(page));
		if (direct) {
			r1_tell_store(direct, &page);
			c->dma_bytes += sizeof(page);
			return 0;
		}
	}
	error = r1_bus_write(c, c->run.status, &page, offsetof(struct acq_r1_status, update));
	if (!error)
		error = r1_bus_write(c, c->run.status + offsetof(struct acq_r1_status, update),
				     &page.update, sizeof(page.update));
	return error;
}

/* Writes the status page and raises causes as far as it is time to. */
void r1_page_report(struct r1 *c)
{
	const uint32_t *regs = r1_tell_regs(&c->config, c->regs);
	uint64_t now = c->host->now(c->host->machine);
	uint32_t update = c->tell.update + 1, events = c->events, irq;
	bool due;
	int error;

	if (!c->run.dma) {
		c->events = 0;
		c->status |= events;
		r1_irq_refresh(c);
		return;
	}
	due = r1_tell_is_due(&c->tell, regs, c->complete == c->given,
			     c->state == ACQ_R1_DONE || c->state == ACQ_R1_ERROR, now);
	if (!due && !events && !r1_tell_is_wanted(&c->tell, regs, now))
		return;
	/* causes that come up from here on are the next update's */
	c->events = 0;
	c->announced = events;
	irq = c->status | (fault_is_on(c->faults, FAULT_LATE_CAUSE) ? 0 : events);
	if (due || r1_tell_is_data(&c->tell))
		irq |= ACQ_R1_IRQ_DATA;
	error = r1_page_write(c, update, irq);
	if (error == -ECANCELED)
		return;
	c->announced = 0;
	if (error) {
		/* the registers are all that still reaches the host */
		c->status |= events | c->events;
		c->events = 0;
		r1_tell_failed(&c->tell);
		r1_irq_refresh(c);
		return;
	}
	r1_tell_written(&c->tell, update, due);
	c->status |= events;
	r1_irq_refresh(c);
}

/* The host has seen @update of the status page. */
void r1_page_saw(struct r1 *c, uint32_t update)
{
	if (!r1_tell_saw(&c->tell, update))
		return;
	/* Cleared and set again: if the host has missed one, it gets a new message. */
	r1_irq_clear(c, R1_INPUT);
	r1_irq_refresh(c);
}
