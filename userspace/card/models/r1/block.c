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

bool r1_block_is_entry(const struct r1_config *f, unsigned int unit,
		       const struct acq_r1_entry *entry)
{
	uint64_t limit = f->addr_bits < 64 ? (UINT64_C(1) << f->addr_bits) - 1 : UINT64_MAX;
	uint64_t addr = le64toh(entry->addr);
	uint32_t bytes = le32toh(entry->bytes);

	return bytes && bytes % unit == 0 && bytes <= UINT32_C(1) << f->block_max &&
	       addr % 64 == 0 && !entry->flags && addr <= limit && bytes - 1 <= limit - addr;
}

/* An entry is for whole frames and whole beats of 8 bytes. */
static unsigned int r1_block_unit(const struct r1 *c)
{
	unsigned int unit = c->run.frame;

	while (unit % 8)
		unit *= 2;
	return unit;
}

static int r1_block_open(struct r1 *c)
{
	uint64_t at = c->run.table +
		      (c->complete & (c->run.entries - 1)) * sizeof(struct acq_r1_entry);
	struct acq_r1_entry entry;
	uint64_t now, sampled_at, dice;
	int error = r1_bus_read(c, at, &entry, sizeof(entry));

	if (error)
		return error;
	c->block_addr = le64toh(entry.addr);
	c->block_bytes = le32toh(entry.bytes);
	if (!r1_block_is_entry(&c->config, r1_block_unit(c), &entry)) {
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
	c->recorded = false;
	c->unwritten = lie_take(&c->faults->lies, LIE_UNWRITTEN, &dice);
	if (c->unwritten)
		lie_note(&c->faults->lies, LIE_UNWRITTEN, "block %u", c->complete);
	return r1_bus_stray(c);
}

void r1_block_falsify(struct faults *faults, struct acq_r1_record *record, uint32_t bad_bytes,
		      uint64_t last_index)
{
	uint64_t index = le64toh(record->index), lost = le64toh(record->lost), dice;
	uint32_t bytes = le32toh(record->bytes), flags = le32toh(record->flags);
	uint32_t number = ACQ_R1_RECORD_NUMBER(flags);
	bool done = flags & ACQ_R1_RECORD_DONE;
	struct lies *lies = &faults->lies;

	if (done && fault_take(faults, FAULT_BAD_BYTES))
		bytes = bad_bytes;
	if (done && number && fault_take(faults, FAULT_BAD_INDEX))
		index = last_index / 2;
	if (done && fault_take(faults, FAULT_BAD_LOST))
		lost = UINT64_C(1) << 62;
	if (done && fault_take(faults, FAULT_BAD_NUMBER))
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
		lie_note(lies, LIE_RECORD, "%u: %" PRIx64 " %" PRIx64 " %x %x", number, index,
			 lost, bytes, flags);
	}
	record->index = htole64(index);
	record->lost = htole64(lost);
	record->bytes = htole32(bytes);
	record->flags = htole32(flags);
}

static int r1_block_record(struct r1 *c)
{
	uint64_t at = c->run.records +
		      (c->complete & (c->run.entries - 1)) * sizeof(struct acq_r1_record);
	struct acq_r1_record record = {
		.index = htole64(c->record.index),
		.lost = htole64(c->record.lost),
		.timestamp = htole64(c->record.timestamp),
		.bytes = htole32(c->filled),
		.flags = htole32(c->record.flags),
	};

	int error = 0;

	if (c->record.flags & ACQ_R1_RECORD_DONE ||
	    !(c->config.caps & ACQ_R1_CAP_WHOLE_BLOCKS ||
	      fault_take(c->faults, FAULT_NO_OPEN_RECORD))) {
		r1_block_falsify(c->faults, &record, c->block_bytes + c->run.frame, c->last_index);
		error = r1_bus_write(c, at, &record, sizeof(record));
	}
	/* only now may a page tell of a part of the block */
	if (!error)
		c->recorded = c->open;
	return error;
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
	c->recorded = false;
	c->filled = 0;
	r1_tell_block(&c->tell, r1_now(c));
	return 0;
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
		r1_tell_frames(&c->tell, frames, r1_now(c));
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
