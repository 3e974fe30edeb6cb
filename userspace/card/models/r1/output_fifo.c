// SPDX-License-Identifier: GPL-2.0-only
/* The FIFO of the ACQ-R1 model's output side: whole blocks, from host memory to the converter. */
#include <endian.h>

#include "r1_output.h"

#define PIECE_BYTES	(256u << 10)	/* that are read at a time */

/* Where what is known of a block is */
static uint32_t r1_output_fifo_slot(const struct r1_output *o, uint32_t block)
{
	return block % (o->run.dma ? o->run.entries : ACQ_R1_BLOCKS_UNSEEN);
}

static int r1_output_fifo_open(struct r1_output *o)
{
	uint64_t at = o->run.table +
		      (o->n.fetched & (o->run.entries - 1)) * sizeof(struct acq_r1_entry);
	struct acq_r1_entry entry;
	bool last;
	int error = r1_output_bus_read(o, at, &entry, sizeof(entry));

	if (error)
		return error;
	last = le32toh(entry.flags) & ACQ_R1_ENTRY_LAST;
	entry.flags &= ~htole32(ACQ_R1_ENTRY_LAST);
	if (!r1_block_is_entry(&o->config, o->run.frame, &entry)) {
		r1_output_state_fail(o, ACQ_R1_ERR_TABLE);
		return -1;
	}
	o->block_addr = le64toh(entry.addr);
	o->block_bytes = le32toh(entry.bytes);
	o->open = true;
	/* What was given behind it has not been. */
	if (last) {
		o->stopping = true;
		o->n.given = o->n.fetched + 1;
	}
	return 0;
}

/* How many bytes from a position on lie in one piece. */
static size_t r1_output_fifo_piece(const struct r1_output *o, uint64_t at, uint64_t bytes)
{
	return r1_least(bytes, o->size - at % o->size);
}

/* The block whose entry was read, into the FIFO */
static int r1_output_fifo_take(struct r1_output *o)
{
	uint64_t at = o->in, end = o->in + o->block_bytes, addr = o->block_addr;

	while (at < end) {
		size_t bytes = r1_output_fifo_piece(o, at, r1_least(end - at, PIECE_BYTES));
		int error = r1_output_bus_read(o, addr, o->fifo + at % o->size,
					       bytes);

		if (error)
			return error;
		at += bytes;
		addr += bytes;
	}
	o->in = end;
	o->packets[o->n.fetched & (o->run.entries - 1)] = o->block_bytes;
	o->n.fetched++;
	o->open = false;
	return 0;
}

void r1_output_fifo_fetch(struct r1_output *o, unsigned int most, size_t *budget)
{
	for (; most && *budget && !o->stalled && o->n.fetched != o->n.given; most--) {
		if (!o->open && r1_output_fifo_open(o))
			return;
		if (o->block_bytes > o->size - (o->in - o->out))
			return;
		*budget -= r1_least(*budget, o->block_bytes);
		if (r1_output_fifo_take(o))
			return;
	}
}

uint64_t r1_output_fifo_left(const struct r1_output *o)
{
	if (o->n.fetched == o->n.complete)
		return 0;
	return (o->packets[r1_output_fifo_slot(o, o->n.complete)] - o->done) / o->run.frame;
}

/* The first frame of a block leaves the converter. */
static void r1_output_fifo_begin(struct r1_output *o)
{
	uint64_t now = r1_now(o->card), at = now;

	if (!o->config.free)
		at = r1_least(at, pace_when(&o->pace, o->n.frames + 1));
	at = r1_state_stamp(o->card, at);
	/* a change of speed must not make time go back */
	if (at > o->stamp)
		o->stamp = at;
	o->index = o->n.frames;
	o->begun[o->n.complete % ACQ_R1_BLOCKS_UNSEEN] = o->index;
	o->lost = o->gap;
	o->gap = 0;
}

void r1_output_fifo_play(struct r1_output *o, uint64_t frames)
{
	uint64_t bytes = frames * o->run.frame, index = o->n.frames;

	if (!o->done)
		r1_output_fifo_begin(o);
	o->done += (uint32_t)bytes;
	o->n.frames += frames;
	o->n.played += frames;
	while (bytes) {
		size_t piece = r1_output_fifo_piece(o, o->out, bytes);

		r1_output_record_put(o, o->fifo + o->out % o->size, piece, index);
		index += piece / o->run.frame;
		o->out += piece;
		bytes -= piece;
	}
	if (o->run.dma)
		r1_tell_frames(&o->tell, frames, r1_now(o->card));
	if (r1_output_fifo_left(o))
		return;
	if (r1_output_page_record(o, true))
		return;
	o->n.complete++;
	o->done = 0;
	if (o->run.dma)
		r1_tell_block(&o->tell, r1_now(o->card));
	else
		r1_irq_refresh(o->card);
}
