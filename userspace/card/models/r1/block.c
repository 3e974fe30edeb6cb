// SPDX-License-Identifier: GPL-2.0-only
/* The ACQ-R1 model's blocks and their records. */
#include <endian.h>
#include <errno.h>
#include <inttypes.h>

#include "r1_model.h"

_Static_assert(sizeof(struct acq_r1_entry) == 16, "entry");
_Static_assert(sizeof(struct acq_r1_record) == 32, "record");

bool r1_block_room(const struct r1 *c)
{
	return c->open || c->complete != c->given;
}

static int r1_block_open(struct r1 *c)
{
	uint64_t at = c->run.table +
		      (c->complete & (c->run.entries - 1)) * sizeof(struct acq_r1_entry);
	struct acq_r1_entry entry;
	uint64_t now, sampled_at, limit, dice;
	int error = r1_bus_read(c, at, &entry, sizeof(entry));

	if (error)
		return error;
	c->block_addr = le64toh(entry.addr);
	c->block_bytes = le32toh(entry.bytes);
	limit = c->config.addr_bits < 64 ? (UINT64_C(1) << c->config.addr_bits) - 1 : UINT64_MAX;
	if (!c->block_bytes || c->block_bytes % c->run.frame ||
	    c->block_bytes > UINT32_C(1) << c->config.block_max || c->block_addr % 64 ||
	    entry.reserved || c->block_addr > limit ||
	    c->block_bytes - 1 > limit - c->block_addr) {
		r1_state_fail(c, ACQ_R1_ERR_TABLE);
		return -EINVAL;
	}

	now = c->host->now(c->host->machine);
	sampled_at = c->config.free ? now : pace_when(&c->pace, c->out + 1);
	if (sampled_at > now)
		sampled_at = now;
	c->record.timestamp = r1_state_stamp(c, sampled_at);
	/* a change of speed must not make time go back */
	if (c->record.timestamp < c->last_stamp)
		c->record.timestamp = c->last_stamp;
	c->last_stamp = c->record.timestamp;
	c->record.index = c->out;
	c->record.lost = c->out - c->taken;
	c->record.flags = (c->complete & 0xffff) << 16;
	c->filled = 0;
	c->open = true;
	c->unwritten = lie_take(&c->faults->lies, LIE_UNWRITTEN, &dice);
	if (c->unwritten)
		lie_note(&c->faults->lies, LIE_UNWRITTEN, "block %u", c->complete);
	return r1_bus_stray(c);
}

static int r1_block_record(struct r1 *c)
{
	uint64_t at = c->run.records +
		      (c->complete & (c->run.entries - 1)) * sizeof(struct acq_r1_record);
	bool done = c->record.flags & ACQ_R1_RECORD_DONE;
	struct acq_r1_record record;
	uint64_t index = c->record.index, lost = c->record.lost, dice;
	struct lies *lies = &c->faults->lies;
	uint32_t bytes = c->filled, flags = c->record.flags;

	if (!done && fault_take(c->faults, FAULT_NO_OPEN_RECORD))
		return 0;
	if (done && fault_take(c->faults, FAULT_BAD_BYTES))
		bytes = c->block_bytes + c->run.frame;
	if (done && c->complete && fault_take(c->faults, FAULT_BAD_INDEX))
		index = c->last_index / 2;
	if (done && fault_take(c->faults, FAULT_BAD_LOST))
		lost = UINT64_C(1) << 62;
	if (done && fault_take(c->faults, FAULT_BAD_NUMBER))
		flags += 5u << 16;
	if (lie_take(lies, LIE_RECORD, &dice)) {
		if (dice & 1)
			index = lie_long(dice >> 5, index);
		if (dice & 2)
			lost = lie_long(dice >> 8, lost);
		if (dice & 4)
			bytes = lie_word(dice >> 11, bytes);
		if (dice & 8)
			flags = lie_word(dice >> 14, flags);
		lie_note(lies, LIE_RECORD, "%u: %" PRIx64 " %" PRIx64 " %x %x", c->complete, index,
			 lost, bytes, flags);
	}
	record.index = htole64(index);
	record.lost = htole64(lost);
	record.timestamp = htole64(c->record.timestamp);
	record.bytes = htole32(bytes);
	record.flags = htole32(flags);
	return r1_bus_write(c, at, &record, sizeof(record));
}

static int r1_block_complete(struct r1 *c)
{
	int error;

	c->record.flags |= ACQ_R1_RECORD_DONE;
	if (c->state == ACQ_R1_DRAINING && c->out == c->in)
		c->record.flags |= ACQ_R1_RECORD_LAST;
	error = r1_block_record(c);
	if (error)
		return error;
	c->last_index = c->record.index;
	c->complete++;
	c->blocks++;
	c->open = false;
	c->filled = 0;
	c->stale = true;
	if (!c->unreported && !c->block_unreported)
		c->unreported_since = c->host->now(c->host->machine);
	c->block_unreported = true;
	return 0;
}

static void r1_block_news(struct r1 *c, uint64_t frames)
{
	uint64_t now = c->host->now(c->host->machine);

	if (!c->news)
		c->news_since = now;
	if (!c->unreported && !c->block_unreported)
		c->unreported_since = now;
	c->news += frames;
	c->unreported += frames;
}

/* Completes the open block as it is: behind it there is a gap, or nothing. */
void r1_block_flush(struct r1 *c)
{
	if (c->open && !r1_block_complete(c))
		r1_page_report(c);
}

/* Moves what it can from the FIFO into blocks, at most @budget bytes. */
void r1_block_put(struct r1 *c, size_t *budget)
{
	unsigned int epoch = c->epoch;

	while (c->out < c->in && *budget >= c->run.frame && !c->stalled && r1_block_room(c)) {
		uint64_t frames = c->in - c->out, n;
		bool fresh;

		if (!c->open && r1_block_open(c))
			return;
		fresh = !c->filled;
		n = (c->block_bytes - c->filled) / c->run.frame;
		if (n < frames)
			frames = n;
		n = *budget / c->run.frame;
		if (n < frames)
			frames = n;
		if (!c->unwritten &&
		    r1_bus_frames(c, c->block_addr + c->filled, c->out, frames))
			return;
		if (c->triggered && c->trigger_index - c->out < frames)
			c->record.flags |= ACQ_R1_RECORD_TRIGGER;
		c->filled += (uint32_t)(frames * c->run.frame);
		c->out += frames;
		c->taken = c->out;
		c->delivered += frames;
		*budget -= frames * c->run.frame;
		r1_block_news(c, frames);
		if (c->filled == c->block_bytes) {
			if (r1_block_complete(c))
				return;
		} else if (fresh && r1_block_record(c)) {
			return;
		}
		r1_page_report(c);
		if (c->epoch != epoch)
			return;
	}
}
