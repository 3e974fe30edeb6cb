// SPDX-License-Identifier: GPL-2.0-only
/* The ACQ-R1 model's status page, and when it is worth an interrupt. */
#include <endian.h>
#include <errno.h>
#include <inttypes.h>

#include "r1_model.h"

_Static_assert(sizeof(struct acq_r1_status) == 64, "status page");

/* Is there something that is worth an interrupt by now? */
static bool r1_page_is_due(const struct r1 *c, uint64_t now)
{
	uint32_t frames = c->regs[ACQ_R1_IRQ_FRAMES / 4];

	if (!c->unreported && !c->block_unreported)
		return false;
	if (frames && c->unreported >= frames)
		return true;
	/* without a free block the host is needed, whatever it would like */
	if (c->block_unreported && (!frames || c->complete == c->given))
		return true;
	if (c->state == ACQ_R1_DONE || c->state == ACQ_R1_ERROR)
		return true;
	return r1_state_irq_ns(c) && now - c->unreported_since >= r1_state_irq_ns(c);
}

static bool r1_page_is_wanted(const struct r1 *c, uint64_t now)
{
	uint32_t frames = c->regs[ACQ_R1_IRQ_FRAMES / 4];

	if (c->stale)
		return true;
	return c->news && ((frames && c->news >= frames) ||
			   (r1_state_irq_ns(c) && now - c->news_since >= r1_state_irq_ns(c)));
}

static void r1_page_store64(void *at, uint64_t value)
{
	__atomic_store_n((uint64_t *)at, htole64(value), __ATOMIC_RELEASE);
}

static void r1_page_store32(void *at, uint32_t value)
{
	__atomic_store_n((uint32_t *)at, htole32(value), __ATOMIC_RELEASE);
}

static void r1_page_lie(struct r1 *c, struct acq_r1_status *page)
{
	struct lies *lies = &c->faults->lies;
	uint64_t dice;

	if (lie_take(lies, LIE_PROGRESS, &dice)) {
		uint64_t progress = le64toh(page->progress);

		if (dice & 1)
			progress = (uint64_t)lie_word(dice >> 2, c->complete) << 32;
		else if (dice & 2)
			progress = (progress & ~UINT64_C(0xffffffff)) |
				   lie_word(dice >> 2, c->filled);
		else
			progress = lie_long(dice >> 2, progress);
		page->progress = htole64(progress);
		lie_note(lies, LIE_PROGRESS, "%u+%u of %u is %" PRIx64, c->complete, c->filled,
			 c->given, progress);
	}
	if (lie_take(lies, LIE_PAGE, &dice)) {
		lie_fill(dice, page, sizeof(*page));
		lie_note(lies, LIE_PAGE, "%016" PRIx64, le64toh(page->progress));
	}
}

/* In ascending order, field by field, @update last: the host relies on it. */
static int r1_page_write(struct r1 *c, uint32_t update, uint32_t irq)
{
	struct acq_r1_status page = {
		.progress = htole64((uint64_t)c->complete << 32 | (c->open ? c->filled : 0)),
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

	if (fault_take(c->faults, FAULT_NO_UPDATE))
		return 0;
	if (fault_take(c->faults, FAULT_BAD_PROGRESS))
		page.progress = htole64((uint64_t)(c->given + 1) << 32);
	r1_page_lie(c, &page);
	if (!fault_is_on(c->faults, FAULT_DMA_ERROR)) {
		direct = c->host->dma_map(c->host->machine, c->run.status, sizeof(page));
		if (direct) {
			r1_page_store64(&direct->progress, le64toh(page.progress));
			r1_page_store64(&direct->frames, le64toh(page.frames));
			r1_page_store64(&direct->dropped, le64toh(page.dropped));
			r1_page_store64(&direct->timestamp, le64toh(page.timestamp));
			r1_page_store64(&direct->trigger_index, le64toh(page.trigger_index));
			r1_page_store32(&direct->state, le32toh(page.state));
			r1_page_store32(&direct->irq, le32toh(page.irq));
			for (int i = 0; i < 3; i++)
				r1_page_store32(&direct->reserved[i],
						le32toh(page.reserved[i]));
			r1_page_store32(&direct->update, le32toh(page.update));
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
	uint64_t now = c->host->now(c->host->machine);
	uint32_t update = c->update + 1, events = c->events, irq;
	bool due;
	int error;

	if (!c->run.dma) {
		c->events = 0;
		c->status |= events;
		r1_irq_refresh(c);
		return;
	}
	due = r1_page_is_due(c, now);
	if (!due && !events && !r1_page_is_wanted(c, now))
		return;
	/* causes that come up from here on are the next update's */
	c->events = 0;
	irq = c->status | (fault_is_on(c->faults, FAULT_LATE_CAUSE) ? 0 : events);
	if (due || (int32_t)(c->due - c->seen) > 0)
		irq |= ACQ_R1_IRQ_DATA;
	error = r1_page_write(c, update, irq);
	if (error == -ECANCELED)
		return;
	if (error) {
		/* the registers are all that still reaches the host */
		c->status |= events | c->events;
		c->events = 0;
		c->unreported = 0;
		c->news = 0;
		c->stale = false;
		c->block_unreported = false;
		r1_irq_refresh(c);
		return;
	}
	c->update = update;
	c->updates++;
	c->news = 0;
	c->stale = false;
	if (due) {
		c->due = update;
		c->unreported = 0;
		c->block_unreported = false;
	}
	c->status |= events;
	r1_irq_refresh(c);
}

/* The host has seen @update of the status page. */
void r1_page_saw(struct r1 *c, uint32_t update)
{
	/* one that was never written: of another run */
	if ((int32_t)(update - c->update) > 0)
		return;
	c->seen = update;
	if (update == c->update) {
		c->unreported = c->news;
		c->unreported_since = c->news_since;
		c->block_unreported = c->stale;
	}
	/* Cleared and set again: if the host has missed one, it gets a new message. */
	c->host->irq(c->host->machine, 0, 0, false);
	r1_irq_refresh(c);
}
