// SPDX-License-Identifier: GPL-2.0-only
/* The XDMA model moves the data of a descriptor. */
#include <errno.h>
#include <string.h>

#include "xdma_model.h"

/* Is there a rule that the descriptor breaks? The bits that tell of it. */
static uint32_t xdma_move_check(const struct xdma *x, const struct xdma_engine *e)
{
	const struct xdma_desc *d = &e->desc;
	uint32_t align = x->config.alignments >> 16 & 0xff;

	if (x->config.memory)
		return align > 1 && (d->source ^ d->target) % align ? XDMA_ALIGN : 0;
	/* what ends a packet towards the card may end in the midst of a beat */
	if (d->bytes % x->config.width && !(e->h2c && d->control & XDMA_DESC_EOP))
		return e->control & XDMA_BAD_LENGTH;
	return 0;
}

/* Takes up the next descriptor. */
void xdma_move_begin(struct xdma *x, struct xdma_engine *e)
{
	uint32_t bits;

	e->desc = e->fifo[e->fifo_first];
	e->fifo_first = (e->fifo_first + 1) % XDMA_PREFETCH_MAX;
	e->fifo_count--;
	e->active = true;
	e->started = false;
	e->unwritten = false;
	e->done = 0;
	bits = e->desc.errors ? e->desc.errors : xdma_move_check(x, e);
	if (bits)
		xdma_finish_error(x, e, bits);
}

/* Each moves a part of the descriptor; false if there is none to move. */

static void xdma_move_count(struct xdma *x, struct xdma_engine *e, size_t bytes)
{
	e->done += (uint32_t)bytes;
	e->bytes += bytes;
	if (e->perf_on)
		e->beats += (bytes + x->config.width - 1) / x->config.width;
}

/* What to do about an error of the data: stop, if that is wanted. */
static bool xdma_move_error(struct xdma *x, struct xdma_engine *e, uint32_t bit)
{
	if (!(e->control & bit))
		return false;
	xdma_finish_error(x, e, bit);
	return true;
}

static bool xdma_move_from_stream(struct xdma *x, struct xdma_engine *e, size_t budget)
{
	struct xdma_stream *s = &x->streams[e->number];
	size_t left = xdma_least(e->desc.bytes - e->done, budget), bytes;
	uint64_t to = e->desc.target + e->done;
	uint64_t dice;
	void *direct;
	bool last;

	/* each time: the host may have reset it meanwhile */
	xdma_stream_ready(s);
	if (!e->started && xdma_stream_has(s, left, &last)) {
		e->started = true;
		e->unwritten = lie_take(&x->faults->lies, LIE_UNWRITTEN, &dice);
		if (e->unwritten)
			lie_note(&x->faults->lies, LIE_UNWRITTEN, "descriptor %u", e->count);
		if (xdma_bus_stray(x, e))
			return false;
		if (fault_take(x->faults, FAULT_SHORT_PACKET))
			s->forced_end = s->at + (e->desc.bytes + 1) / 2;
		else if (fault_take(x->faults, FAULT_EXACT_PACKET))
			s->forced_end = s->at + e->desc.bytes;
	}
	bytes = xdma_stream_has(s, left, &last);
	if (!bytes)
		return false;
	direct = fault_is_on(x->faults, FAULT_WRITE_ERROR) || e->unwritten ? NULL :
		 xdma_bus_map(x, to, bytes);
	if (direct) {
		xdma_stream_take(s, direct, bytes, last);
		x->dma_bytes += bytes;
	} else {
		bytes = xdma_stream_has(s, xdma_least(left, sizeof(x->buffer)), &last);
		if (!bytes)
			return false;
		xdma_stream_take(s, x->buffer, bytes, last);
		if (fault_take(x->faults, FAULT_WRITE_ERROR))
			e->lost_writes++;
		else if (!e->unwritten && xdma_bus_post(x, e, to, x->buffer, bytes))
			return false;
	}
	xdma_move_count(x, e, bytes);
	if (e->done == e->desc.bytes || last)
		xdma_finish_desc(x, e, last);
	return true;
}

static bool xdma_move_to_stream(struct xdma *x, struct xdma_engine *e, size_t budget)
{
	uint64_t from = e->desc.source + e->done;
	size_t bytes = xdma_least(e->desc.bytes - e->done, budget);
	bool last;
	int error;

	bytes = xdma_least(bytes, xdma_least(sizeof(x->buffer), xdma_sink_room(x, e->number)));
	if (!bytes && e->desc.bytes)
		return false;
	error = fault_take(x->faults, FAULT_READ_ERROR) ? -EIO :
		xdma_bus_read(x, from, x->buffer, bytes);
	if (error == -ECANCELED)
		return false;
	if (error) {
		if (xdma_move_error(x, e, XDMA_READ_ERROR(XDMA_UNSUPPORTED)))
			return true;
		memset(x->buffer, 0, bytes);
	}
	/* the way back may have got shorter meanwhile */
	if (bytes > xdma_sink_room(x, e->number))
		return false;
	last = e->desc.control & XDMA_DESC_EOP && e->done + bytes == e->desc.bytes;
	xdma_sink_put(x, e->number, x->buffer, bytes, last);
	xdma_move_count(x, e, bytes);
	if (e->done == e->desc.bytes)
		xdma_finish_desc(x, e, last);
	return true;
}

/* The card's memory at @at; a burst that does not increment repeats one beat. */
static bool xdma_move_memory(struct xdma *x, struct xdma_engine *e, uint64_t at, uint8_t *buf,
			     size_t bytes)
{
	size_t part = e->control & XDMA_NON_INC ? x->config.width : bytes;
	size_t done, n;

	if (bytes && (at >= x->config.memory || xdma_least(part, bytes) > x->config.memory - at))
		return false;
	for (done = 0; done < bytes; done += n) {
		n = xdma_least(part, bytes - done);
		if (e->h2c)
			memcpy(x->memory + at, buf + done, n);
		else
			memcpy(buf + done, x->memory + at, n);
	}
	return true;
}

static bool xdma_move_mapped(struct xdma *x, struct xdma_engine *e, size_t budget)
{
	size_t bytes = xdma_least(xdma_least(e->desc.bytes - e->done, budget), sizeof(x->buffer));
	uint64_t step = e->control & XDMA_NON_INC ? 0 : e->done;
	uint32_t bit = 0;
	int error = 0;

	if (e->h2c) {
		error = fault_take(x->faults, FAULT_READ_ERROR) ? -EIO :
			xdma_bus_read(x, e->desc.source + e->done, x->buffer, bytes);
		if (error == -ECANCELED)
			return false;
		if (error) {
			bit = XDMA_READ_ERROR(XDMA_UNSUPPORTED);
			memset(x->buffer, 0, bytes);
		}
		if (fault_take(x->faults, FAULT_WRITE_ERROR))
			bit |= XDMA_WRITE_ERROR(XDMA_SLAVE);
		else if (!xdma_move_memory(x, e, e->desc.target + step, x->buffer, bytes))
			bit |= XDMA_WRITE_ERROR(XDMA_DECODE);
	} else {
		if (fault_take(x->faults, FAULT_READ_ERROR))
			bit = XDMA_READ_ERROR(XDMA_SLAVE);
		else if (!xdma_move_memory(x, e, e->desc.source + step, x->buffer, bytes))
			bit = XDMA_READ_ERROR(XDMA_DECODE);
		if (bit)
			memset(x->buffer, 0, bytes);
	}
	if (bit && xdma_move_error(x, e, bit))
		return true;
	if (!e->h2c) {
		if (fault_take(x->faults, FAULT_WRITE_ERROR))
			e->lost_writes++;
		else if (xdma_bus_post(x, e, e->desc.target + e->done, x->buffer, bytes))
			return false;
	}
	xdma_move_count(x, e, bytes);
	if (e->done == e->desc.bytes)
		xdma_finish_desc(x, e, false);
	return true;
}

bool xdma_move_data(struct xdma *x, struct xdma_engine *e, size_t budget)
{
	if (!e->desc.bytes && !(e->h2c && !x->config.memory)) {
		/* nothing to move is soon done */
		xdma_finish_desc(x, e, false);
		return true;
	}
	if (x->config.memory)
		return xdma_move_mapped(x, e, budget);
	return e->h2c ? xdma_move_to_stream(x, e, budget) : xdma_move_from_stream(x, e, budget);
}
