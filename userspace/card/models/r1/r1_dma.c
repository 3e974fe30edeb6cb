// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ACQ-R1 model's bus master: blocks, their records, the status page and
 * when it is worth an interrupt.
 *
 * While DMA is under way the host may do anything, even reset the card. So each
 * step is followed by a look at its result: anything but 0 means that the run
 * is not what it was, and that nothing of it may be touched any more.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "r1_run.h"

_Static_assert(sizeof(struct acq_r1_entry) == 16, "entry");
_Static_assert(sizeof(struct acq_r1_record) == 32, "record");
_Static_assert(sizeof(struct acq_r1_status) == 64, "status page");

/* Common end of a DMA operation that was begun in @epoch. */
static int finish_dma(struct r1 *c, unsigned int epoch, int error, size_t bytes)
{
	if (!--c->busy)
		c->settling = false;
	if (c->epoch != epoch)
		return -ECANCELED;
	if (error)
		r1_fail(c, ACQ_R1_ERR_DMA);
	else
		c->dma_bytes += bytes;
	return error;
}

static int bus_read(struct r1 *c, uint64_t addr, void *buf, size_t bytes)
{
	unsigned int epoch = c->epoch;
	int error = -EIO;

	c->busy++;
	if (!fault_take(c->faults, FAULT_DMA_ERROR))
		error = c->host->dma_read(c->host->machine, addr, buf, bytes);
	return finish_dma(c, epoch, error, bytes);
}

static int bus_write(struct r1 *c, uint64_t addr, const void *buf, size_t bytes)
{
	unsigned int epoch = c->epoch;
	int error = -EIO;

	c->busy++;
	if (!fault_take(c->faults, FAULT_DMA_ERROR))
		error = c->host->dma_write(c->host->machine, addr, buf, bytes);
	return finish_dma(c, epoch, error, bytes);
}

/* Puts frames from the FIFO into the open block. */
static int bus_frames(struct r1 *c, uint64_t addr, uint64_t index, size_t frames)
{
	size_t bytes = frames * c->run.frame;
	void *direct = NULL;

	if (!fault_is_on(c->faults, FAULT_DMA_ERROR))
		direct = c->host->dma_map(c->host->machine, addr, bytes);
	if (direct) {
		r1_make(c, index, frames, direct);
		c->dma_bytes += bytes;
		return 0;
	}
	while (frames) {
		size_t n = sizeof(c->scratch) / c->run.frame;
		int error;

		if (n > frames)
			n = frames;
		r1_make(c, index, n, c->scratch);
		error = bus_write(c, addr, c->scratch, n * c->run.frame);
		if (error)
			return error;
		addr += n * c->run.frame;
		index += n;
		frames -= n;
	}
	return 0;
}

/* Blocks */

bool r1_has_room(const struct r1 *c)
{
	return c->open || c->complete != c->given;
}

static int open_block(struct r1 *c)
{
	uint64_t at = c->run.table +
		      (c->complete & (c->run.entries - 1)) * sizeof(struct acq_r1_entry);
	struct acq_r1_entry entry;
	uint64_t now, sampled_at, limit;
	int error = bus_read(c, at, &entry, sizeof(entry));

	if (error)
		return error;
	c->block_addr = le64toh(entry.addr);
	c->block_bytes = le32toh(entry.bytes);
	limit = c->config.addr_bits < 64 ? (UINT64_C(1) << c->config.addr_bits) - 1 : UINT64_MAX;
	if (!c->block_bytes || c->block_bytes % c->run.frame ||
	    c->block_bytes > UINT32_C(1) << c->config.block_max || c->block_addr % 64 ||
	    entry.reserved || c->block_addr > limit ||
	    c->block_bytes - 1 > limit - c->block_addr) {
		r1_fail(c, ACQ_R1_ERR_TABLE);
		return -EINVAL;
	}

	now = c->host->now(c->host->machine);
	sampled_at = c->config.free ? now : pace_when(&c->pace, c->out + 1);
	if (sampled_at > now)
		sampled_at = now;
	c->record.timestamp = r1_stamp(c, sampled_at);
	/* a change of speed must not make time go back */
	if (c->record.timestamp < c->last_stamp)
		c->record.timestamp = c->last_stamp;
	c->last_stamp = c->record.timestamp;
	c->record.index = c->out;
	c->record.lost = c->out - c->taken;
	c->record.flags = (c->complete & 0xffff) << 16;
	c->filled = 0;
	c->open = true;
	return 0;
}

static int write_record(struct r1 *c)
{
	uint64_t at = c->run.records +
		      (c->complete & (c->run.entries - 1)) * sizeof(struct acq_r1_record);
	bool done = c->record.flags & ACQ_R1_RECORD_DONE;
	struct acq_r1_record record;
	uint64_t index = c->record.index, lost = c->record.lost;
	uint32_t bytes = c->filled, flags = c->record.flags;

	if (done && fault_take(c->faults, FAULT_BAD_BYTES))
		bytes = c->block_bytes + c->run.frame;
	if (done && c->complete && fault_take(c->faults, FAULT_BAD_INDEX))
		index = c->last_index / 2;
	if (done && fault_take(c->faults, FAULT_BAD_LOST))
		lost = UINT64_C(1) << 62;
	if (done && fault_take(c->faults, FAULT_BAD_NUMBER))
		flags += 5u << 16;
	record.index = htole64(index);
	record.lost = htole64(lost);
	record.timestamp = htole64(c->record.timestamp);
	record.bytes = htole32(bytes);
	record.flags = htole32(flags);
	return bus_write(c, at, &record, sizeof(record));
}

static int complete_block(struct r1 *c)
{
	int error;

	c->record.flags |= ACQ_R1_RECORD_DONE;
	if (c->state == ACQ_R1_DRAINING && c->out == c->in)
		c->record.flags |= ACQ_R1_RECORD_LAST;
	error = write_record(c);
	if (error)
		return error;
	c->last_index = c->record.index;
	c->complete++;
	c->blocks++;
	c->open = false;
	c->filled = 0;
	c->stale = true;
	if (!c->unsaid && !c->block_unsaid)
		c->unsaid_since = c->host->now(c->host->machine);
	c->block_unsaid = true;
	return 0;
}

static void count_news(struct r1 *c, uint64_t frames)
{
	uint64_t now = c->host->now(c->host->machine);

	if (!c->news)
		c->news_since = now;
	if (!c->unsaid && !c->block_unsaid)
		c->unsaid_since = now;
	c->news += frames;
	c->unsaid += frames;
}

/* Moves what it can from the FIFO into blocks, at most @budget bytes. */
void r1_put(struct r1 *c, size_t *budget)
{
	unsigned int epoch = c->epoch;

	while (c->out < c->in && *budget >= c->run.frame && !c->stalled && r1_has_room(c)) {
		uint64_t frames = c->in - c->out, n;
		bool fresh;

		if (!c->open && open_block(c))
			return;
		fresh = !c->filled;
		n = (c->block_bytes - c->filled) / c->run.frame;
		if (n < frames)
			frames = n;
		n = *budget / c->run.frame;
		if (n < frames)
			frames = n;
		if (bus_frames(c, c->block_addr + c->filled, c->out, frames))
			return;
		if (c->triggered && c->trigger_index - c->out < frames)
			c->record.flags |= ACQ_R1_RECORD_TRIGGER;
		c->filled += (uint32_t)(frames * c->run.frame);
		c->out += frames;
		c->taken = c->out;
		c->delivered += frames;
		*budget -= frames * c->run.frame;
		count_news(c, frames);
		if (c->filled == c->block_bytes) {
			if (complete_block(c))
				return;
		} else if (fresh && write_record(c)) {
			return;
		}
		r1_report(c);
		if (c->epoch != epoch)
			return;
	}
}

/* Completes the open block as it is: behind it there is a gap, or nothing. */
void r1_flush(struct r1 *c)
{
	if (c->open && !complete_block(c))
		r1_report(c);
}

/* The status page */

/* Has the host to be told by an interrupt that there are frames? */
static bool is_due(const struct r1 *c, uint64_t now)
{
	uint32_t frames = c->regs[ACQ_R1_IRQ_FRAMES / 4];

	if (!c->unsaid && !c->block_unsaid)
		return false;
	if (frames && c->unsaid >= frames)
		return true;
	/* without a free block the host is needed, whatever it would like */
	if (c->block_unsaid && (!frames || c->complete == c->given))
		return true;
	if (c->state == ACQ_R1_DONE || c->state == ACQ_R1_ERROR)
		return true;
	return r1_irq_ns(c) && now - c->unsaid_since >= r1_irq_ns(c);
}

static bool wants_update(const struct r1 *c, uint64_t now)
{
	uint32_t frames = c->regs[ACQ_R1_IRQ_FRAMES / 4];

	if (c->stale)
		return true;
	return c->news && ((frames && c->news >= frames) ||
			   (r1_irq_ns(c) && now - c->news_since >= r1_irq_ns(c)));
}

static void store64(void *at, uint64_t value)
{
	__atomic_store_n((uint64_t *)at, htole64(value), __ATOMIC_RELEASE);
}

static void store32(void *at, uint32_t value)
{
	__atomic_store_n((uint32_t *)at, htole32(value), __ATOMIC_RELEASE);
}

/* In ascending order, field by field, @update last: the host relies on it. */
static int write_page(struct r1 *c, uint32_t update, uint32_t irq)
{
	struct acq_r1_status page = {
		.progress = htole64((uint64_t)c->complete << 32 | (c->open ? c->filled : 0)),
		.frames = htole64(r1_frames(c)),
		.dropped = htole64(c->dropped),
		.timestamp = htole64(r1_stamp(c, c->host->now(c->host->machine))),
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
	if (!fault_is_on(c->faults, FAULT_DMA_ERROR)) {
		direct = c->host->dma_map(c->host->machine, c->run.status, sizeof(page));
		if (direct) {
			store64(&direct->progress, le64toh(page.progress));
			store64(&direct->frames, le64toh(page.frames));
			store64(&direct->dropped, le64toh(page.dropped));
			store64(&direct->timestamp, le64toh(page.timestamp));
			store64(&direct->trigger_index, le64toh(page.trigger_index));
			store32(&direct->state, le32toh(page.state));
			store32(&direct->irq, le32toh(page.irq));
			for (int i = 0; i < 3; i++)
				store32(&direct->reserved[i], 0);
			store32(&direct->update, update);
			c->dma_bytes += sizeof(page);
			return 0;
		}
	}
	error = bus_write(c, c->run.status, &page, offsetof(struct acq_r1_status, update));
	if (!error)
		error = bus_write(c, c->run.status + offsetof(struct acq_r1_status, update),
				  &page.update, sizeof(page.update));
	return error;
}

/* Writes the status page and raises causes as far as it is time to. */
void r1_report(struct r1 *c)
{
	uint64_t now = c->host->now(c->host->machine);
	uint32_t update = c->update + 1, events = c->events, irq;
	bool due;
	int error;

	if (!c->run.dma) {
		c->events = 0;
		c->status |= events;
		r1_refresh_irq(c);
		return;
	}
	due = is_due(c, now);
	if (!due && !events && !wants_update(c, now))
		return;
	/* causes that come up from here on are the next update's */
	c->events = 0;
	irq = c->status | events;
	if (due || (int32_t)(c->due - c->seen) > 0)
		irq |= ACQ_R1_IRQ_DATA;
	error = write_page(c, update, irq);
	if (error == -ECANCELED)
		return;
	if (error) {
		/* nothing more can be told but by registers */
		c->status |= events | c->events;
		c->events = 0;
		c->unsaid = 0;
		c->news = 0;
		c->stale = false;
		c->block_unsaid = false;
		r1_refresh_irq(c);
		return;
	}
	c->update = update;
	c->updates++;
	c->news = 0;
	c->stale = false;
	if (due) {
		c->due = update;
		c->unsaid = 0;
		c->block_unsaid = false;
	}
	c->status |= events;
	r1_refresh_irq(c);
}

/* The host has seen @update of the status page. */
void r1_saw(struct r1 *c, uint32_t update)
{
	/* one that was never written: of another run */
	if ((int32_t)(update - c->update) > 0)
		return;
	c->seen = update;
	if (update == c->update) {
		c->unsaid = c->news;
		c->unsaid_since = c->news_since;
		c->block_unsaid = c->stale;
	}
	/* Cleared and set again: if the host has missed one, it gets a new message. */
	c->host->irq(c->host->machine, 0, 0, false);
	r1_refresh_irq(c);
}
