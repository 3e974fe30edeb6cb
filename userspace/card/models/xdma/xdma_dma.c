// SPDX-License-Identifier: GPL-2.0-only
/*
 * The XDMA model's engines: they fetch descriptors, move data and tell of it.
 *
 * While DMA is under way the host may do anything, even reset the card. So each
 * step is followed by a look at its result: -ECANCELED means that nothing is
 * what it was. A write is posted: if it fails, it is as if it had been done.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "xdma_model.h"

/* Work that an engine does in one go; the host's accesses wait for it. */
#define STEP_BYTES	(512u << 10)
#define DESC_COST	64u		/* of a descriptor, whatever it moves */
#define PAGE		4096u
/* A card that looks at its time axis more often than that just burns time. */
#define NAP_NS		50000u
#define LONG_NAP_NS	10000000u	/* data of long descriptors do not come at their end */
#define LATE_NS		5000000u	/* of a fault: between an interrupt and what it tells */

struct raw_desc {
	uint32_t control;
	uint32_t bytes;
	uint64_t source;
	uint64_t target;
	uint64_t next;
};

_Static_assert(sizeof(struct raw_desc) == XDMA_DESC_BYTES, "descriptor");

/* The bus */

static int bus_read(struct xdma *x, uint64_t addr, void *buf, size_t bytes)
{
	unsigned int epoch = x->epoch;
	int error = -EIO;

	if (!fault_take(x->faults, FAULT_DMA_ERROR))
		error = x->host->dma_read(x->host->machine, addr, buf, bytes);
	if (x->epoch != epoch)
		return -ECANCELED;
	if (!error)
		x->dma_bytes += bytes;
	return error;
}

/* Only for a reset does this fail. */
static int bus_post(struct xdma *x, struct xdma_engine *e, uint64_t addr, const void *buf,
		    size_t bytes)
{
	unsigned int epoch = x->epoch;
	int error = -EIO;

	if (!fault_take(x->faults, FAULT_DMA_ERROR))
		error = x->host->dma_write(x->host->machine, addr, buf, bytes);
	if (x->epoch != epoch)
		return -ECANCELED;
	if (error)
		e->lost_writes++;
	else
		x->dma_bytes += bytes;
	return 0;
}

static void *bus_map(struct xdma *x, uint64_t addr, size_t bytes)
{
	if (fault_is_on(x->faults, FAULT_DMA_ERROR))
		return NULL;
	return x->host->dma_map(x->host->machine, addr, bytes);
}

/* A packet of a few words, which no reader sees in part. */
static int bus_words(struct xdma *x, struct xdma_engine *e, uint64_t addr, const uint32_t *words,
		     unsigned int count)
{
	void *direct = addr % 4 ? NULL : bus_map(x, addr, count * 4);
	uint64_t both;

	if (!direct)
		return bus_post(x, e, addr, words, count * 4);
	if (count == 2 && addr % 8 == 0) {
		memcpy(&both, words, sizeof(both));
		__atomic_store_n((uint64_t *)direct, both, __ATOMIC_RELEASE);
	} else {
		while (count--)
			__atomic_store_n((uint32_t *)direct + count, words[count],
					 __ATOMIC_RELEASE);
	}
	return 0;
}

/* Ends of a run */

static void forget_descriptors(struct xdma_engine *e)
{
	e->fetching = false;
	e->fifo_count = 0;
}

void xdma_engine_start(struct xdma *x, struct xdma_engine *e)
{
	e->runs++;
	e->status = 0;
	e->count = e->preset ? e->preset_count : 0;
	e->preset = false;
	e->stopped = false;
	e->idle = false;
	forget_descriptors(e);
	e->fetching = true;
	e->next = e->first;
	e->adjacent = e->first_adj + 1;
	if (!e->h2c && !x->config.memory)
		xdma_stream_run(&x->streams[e->number]);
}

/* Run is 0: what was not begun will not be. */
void xdma_engine_stop(struct xdma *x, struct xdma_engine *e)
{
	e->credits = 0;
	forget_descriptors(e);
	if (e->active || e->idle)
		return;
	e->idle = true;
	xdma_log(x, e, XDMA_IDLE_STOPPED);
}

/* The engine stops for an error until Run begins anew. */
static void fail(struct xdma *x, struct xdma_engine *e, uint32_t bits)
{
	xdma_perf_update(x, e);
	e->active = false;
	e->stopped = true;
	forget_descriptors(e);
	xdma_log(x, e, bits);
	if (!(e->control & XDMA_RUN))
		xdma_engine_stop(x, e);
}

/* Descriptors */

static void put_desc(struct xdma_engine *e, const struct xdma_desc *d)
{
	e->fifo[(e->fifo_first + e->fifo_count++) % XDMA_PREFETCH_MAX] = *d;
}

/* An error takes a descriptor's place: what is before it is still done. */
static void put_error(struct xdma_engine *e, uint32_t bits)
{
	struct xdma_desc d = { .errors = bits };

	e->fetching = false;
	put_desc(e, &d);
}

/* What a request may ask for. */
static unsigned int fetch_size(const struct xdma *x, const struct xdma_engine *e)
{
	uint64_t n = x->config.prefetch - e->fifo_count;

	n = least(n, e->adjacent);
	n = least(n, pci_max_read(x->host->pci(x->host->machine)) / XDMA_DESC_BYTES);
	return (unsigned int)(e->credit_mode ? least(n, e->credits) : n);
}

/* Fetches one request's worth. 0, or -ECANCELED. */
static int fetch(struct xdma *x, struct xdma_engine *e, unsigned int count)
{
	struct raw_desc raw[XDMA_PREFETCH_MAX];
	uint64_t from = e->next, bytes = (uint64_t)e->adjacent * XDMA_DESC_BYTES;
	uint64_t run = e->runs;
	struct xdma_desc d;
	int error;

	if (from % XDMA_DESC_BYTES || from % PAGE + bytes > PAGE) {
		e->broken_rules++;
		put_error(e, XDMA_DESC_ERROR(XDMA_UNSUPPORTED));
		return 0;
	}
	e->fetches++;
	error = fault_take(x->faults, FAULT_FETCH_ERROR) ? -EIO :
		bus_read(x, from, raw, count * XDMA_DESC_BYTES);
	if (error == -ECANCELED)
		return error;
	/* the host has stopped it, or begun anew, meanwhile */
	if (!e->fetching || e->runs != run)
		return 0;
	if (error) {
		put_error(e, XDMA_DESC_ERROR(XDMA_UNSUPPORTED));
		return 0;
	}
	for (unsigned int i = 0; i < count; i++) {
		d = (struct xdma_desc){
			.control = le32toh(raw[i].control),
			.bytes = le32toh(raw[i].bytes) & XDMA_LENGTH_MASK,
			.source = le64toh(raw[i].source),
			.target = le64toh(raw[i].target),
			.next = le64toh(raw[i].next),
		};
		if (e->credit_mode && e->credits)
			e->credits--;
		e->adjacent--;
		if (d.control >> 16 != XDMA_DESC_MAGIC || fault_take(x->faults, FAULT_BAD_MAGIC)) {
			put_error(e, XDMA_BAD_MAGIC);
			return 0;
		}
		put_desc(e, &d);
		if (d.control & XDMA_DESC_STOP) {
			/* nothing may come behind it in its block */
			e->broken_rules += !!e->adjacent;
			e->fetching = false;
			return 0;
		}
	}
	if (e->adjacent) {
		e->next += (uint64_t)count * XDMA_DESC_BYTES;
	} else {
		e->next = d.next;
		e->adjacent = (d.control >> 8 & 0x3f) + 1;
	}
	return 0;
}

/* Fills the FIFO of descriptors as far as it may. */
static int prefetch(struct xdma *x, struct xdma_engine *e)
{
	unsigned int count;
	int error;

	while (e->fetching && !e->halted) {
		count = fetch_size(x, e);
		if (!count)
			break;
		error = fetch(x, e, count);
		if (error)
			return error;
	}
	return 0;
}

/* Is there a rule that the descriptor breaks? The bits that tell of it. */
static uint32_t check_desc(const struct xdma *x, const struct xdma_engine *e)
{
	const struct xdma_desc *d = &e->desc;
	uint32_t align = x->config.alignments >> 16 & 0xff;

	if (x->config.memory)
		return align > 1 && (d->source ^ d->target) % align ? XDMA_ALIGN : 0;
	/* what ends a packet towards the card may end in the midst of a beat */
	if (d->bytes % x->config.width && !(e->h2c && d->control & XDMA_DESC_EOP))
		return XDMA_BAD_LENGTH;
	return 0;
}

/* Takes up the next descriptor. */
static void begin_desc(struct xdma *x, struct xdma_engine *e)
{
	uint32_t bits;

	e->desc = e->fifo[e->fifo_first];
	e->fifo_first = (e->fifo_first + 1) % XDMA_PREFETCH_MAX;
	e->fifo_count--;
	e->active = true;
	e->started = false;
	e->done = 0;
	bits = e->desc.errors ? e->desc.errors : check_desc(x, e);
	if (bits)
		fail(x, e, bits);
}

/* Completion */

static uint32_t completion_bits(const struct xdma_engine *e)
{
	return (e->desc.control & XDMA_DESC_COMPLETED ? XDMA_COMPLETED : 0) |
	       (e->desc.control & XDMA_DESC_STOP ? XDMA_STOPPED : 0);
}

static int write_back(struct xdma *x, struct xdma_engine *e, bool eop)
{
	uint32_t words[2] = { XDMA_WRITEBACK_MAGIC << 16 | eop, e->done };

	if (e->h2c || x->config.memory || e->control & XDMA_NO_WRITEBACK ||
	    fault_take(x->faults, FAULT_LOST_WRITEBACK))
		return 0;
	if (fault_take(x->faults, FAULT_BAD_LENGTH))
		words[1] = e->desc.bytes + PAGE;
	words[0] = htole32(words[0]);
	words[1] = htole32(words[1]);
	return bus_words(x, e, e->desc.source, words, 2);
}

static int write_poll(struct xdma *x, struct xdma_engine *e)
{
	const uint32_t errors = XDMA_ALIGN | XDMA_BAD_MAGIC | XDMA_BAD_LENGTH | XDMA_READ_ERRORS |
				XDMA_WRITE_ERRORS | XDMA_DESC_ERRORS;
	uint32_t word = e->count & XDMA_POLL_COUNT;

	if (!(e->desc.control & XDMA_DESC_COMPLETED) || !(e->control & XDMA_POLL_ENABLE) ||
	    !(e->control & XDMA_COMPLETED) || fault_take(x->faults, FAULT_LOST_POLL))
		return 0;
	if (e->status & errors)
		word |= XDMA_POLL_ERROR;
	word = htole32(word);
	return bus_words(x, e, e->poll, &word, 1);
}

/* Data are written; then the writeback, the count, the poll word, the interrupt. */
static void finish_desc(struct xdma *x, struct xdma_engine *e, bool eop)
{
	e->late = false;
	if (write_back(x, e, eop))
		return;
	e->count++;
	if (fault_take(x->faults, FAULT_BAD_COUNT))
		e->count += 1000;
	e->descriptors++;
	e->completed += !!(e->desc.control & XDMA_DESC_COMPLETED);
	if (write_poll(x, e))
		return;
	xdma_perf_update(x, e);
	e->active = false;
	if (e->desc.control & XDMA_DESC_STOP) {
		e->stopped = true;
		forget_descriptors(e);
		if (e->perf & XDMA_PERF_AUTO)
			e->perf_on = false;
	}
	xdma_log(x, e, completion_bits(e));
	if (!(e->control & XDMA_RUN))
		xdma_engine_stop(x, e);
}

static void complete_desc(struct xdma *x, struct xdma_engine *e, bool eop)
{
	if (!(e->desc.control & XDMA_DESC_COMPLETED) || !fault_take(x->faults, FAULT_EARLY_IRQ)) {
		finish_desc(x, e, eop);
		return;
	}
	e->late = true;
	e->late_eop = eop;
	e->late_at = xdma_now(x) + LATE_NS;
	xdma_log(x, e, completion_bits(e));
}

/* Data: each moves a part of the descriptor; false if there is none to move. */

static void count_data(struct xdma *x, struct xdma_engine *e, size_t bytes)
{
	e->done += (uint32_t)bytes;
	e->bytes += bytes;
	if (e->perf_on)
		e->beats += (bytes + x->config.width - 1) / x->config.width;
}

/* What to do about an error of the data: stop, if that is wanted. */
static bool data_error(struct xdma *x, struct xdma_engine *e, uint32_t bit)
{
	if (!(e->control & bit))
		return false;
	fail(x, e, bit);
	return true;
}

static bool move_from_stream(struct xdma *x, struct xdma_engine *e, size_t budget)
{
	struct xdma_stream *s = &x->streams[e->number];
	size_t left = least(e->desc.bytes - e->done, budget), bytes;
	uint64_t to = e->desc.target + e->done;
	void *direct;
	bool last;

	/* each time: the host may have reset it meanwhile */
	xdma_stream_ready(s);
	if (!e->started && xdma_stream_has(s, left, &last)) {
		e->started = true;
		if (fault_take(x->faults, FAULT_SHORT_PACKET))
			s->forced_end = s->at + (e->desc.bytes + 1) / 2;
		else if (fault_take(x->faults, FAULT_EXACT_PACKET))
			s->forced_end = s->at + e->desc.bytes;
	}
	bytes = xdma_stream_has(s, left, &last);
	if (!bytes)
		return false;
	direct = fault_is_on(x->faults, FAULT_WRITE_ERROR) ? NULL : bus_map(x, to, bytes);
	if (direct) {
		xdma_stream_take(s, direct, bytes, last);
		x->dma_bytes += bytes;
	} else {
		bytes = xdma_stream_has(s, least(left, sizeof(x->buffer)), &last);
		if (!bytes)
			return false;
		xdma_stream_take(s, x->buffer, bytes, last);
		if (fault_take(x->faults, FAULT_WRITE_ERROR))
			e->lost_writes++;
		else if (bus_post(x, e, to, x->buffer, bytes))
			return false;
	}
	count_data(x, e, bytes);
	if (e->done == e->desc.bytes || last)
		complete_desc(x, e, last);
	return true;
}

static bool move_to_stream(struct xdma *x, struct xdma_engine *e, size_t budget)
{
	uint64_t from = e->desc.source + e->done;
	size_t bytes = least(e->desc.bytes - e->done, budget);
	bool last;
	int error;

	bytes = least(bytes, least(sizeof(x->buffer), xdma_sink_room(x, e->number)));
	if (!bytes && e->desc.bytes)
		return false;
	error = fault_take(x->faults, FAULT_READ_ERROR) ? -EIO :
		bus_read(x, from, x->buffer, bytes);
	if (error == -ECANCELED)
		return false;
	if (error) {
		if (data_error(x, e, XDMA_READ_ERROR(XDMA_UNSUPPORTED)))
			return true;
		memset(x->buffer, 0, bytes);
	}
	/* the way back may have got shorter meanwhile */
	if (bytes > xdma_sink_room(x, e->number))
		return false;
	last = e->desc.control & XDMA_DESC_EOP && e->done + bytes == e->desc.bytes;
	xdma_sink_put(x, e->number, x->buffer, bytes, last);
	count_data(x, e, bytes);
	if (e->done == e->desc.bytes)
		complete_desc(x, e, last);
	return true;
}

/* The card's memory at @at; a burst that does not increment repeats one beat. */
static bool move_memory(struct xdma *x, struct xdma_engine *e, uint64_t at, uint8_t *buf,
			size_t bytes)
{
	size_t part = e->control & XDMA_NON_INC ? x->config.width : bytes;
	size_t done, n;

	if (bytes && (at >= x->config.memory || least(part, bytes) > x->config.memory - at))
		return false;
	for (done = 0; done < bytes; done += n) {
		n = least(part, bytes - done);
		if (e->h2c)
			memcpy(x->memory + at, buf + done, n);
		else
			memcpy(buf + done, x->memory + at, n);
	}
	return true;
}

static bool move_mapped(struct xdma *x, struct xdma_engine *e, size_t budget)
{
	size_t bytes = least(least(e->desc.bytes - e->done, budget), sizeof(x->buffer));
	uint64_t step = e->control & XDMA_NON_INC ? 0 : e->done;
	uint32_t bit = 0;
	int error = 0;

	if (e->h2c) {
		error = fault_take(x->faults, FAULT_READ_ERROR) ? -EIO :
			bus_read(x, e->desc.source + e->done, x->buffer, bytes);
		if (error == -ECANCELED)
			return false;
		if (error) {
			bit = XDMA_READ_ERROR(XDMA_UNSUPPORTED);
			memset(x->buffer, 0, bytes);
		}
		if (fault_take(x->faults, FAULT_WRITE_ERROR))
			bit |= XDMA_WRITE_ERROR(XDMA_SLAVE);
		else if (!move_memory(x, e, e->desc.target + step, x->buffer, bytes))
			bit |= XDMA_WRITE_ERROR(XDMA_DECODE);
	} else {
		if (fault_take(x->faults, FAULT_READ_ERROR))
			bit = XDMA_READ_ERROR(XDMA_SLAVE);
		else if (!move_memory(x, e, e->desc.source + step, x->buffer, bytes))
			bit = XDMA_READ_ERROR(XDMA_DECODE);
		if (bit)
			memset(x->buffer, 0, bytes);
	}
	if (bit && data_error(x, e, bit))
		return true;
	if (!e->h2c) {
		if (fault_take(x->faults, FAULT_WRITE_ERROR))
			e->lost_writes++;
		else if (bus_post(x, e, e->desc.target + e->done, x->buffer, bytes))
			return false;
	}
	count_data(x, e, bytes);
	if (e->done == e->desc.bytes)
		complete_desc(x, e, false);
	return true;
}

static bool move_data(struct xdma *x, struct xdma_engine *e, size_t budget)
{
	if (!e->desc.bytes && !(e->h2c && !x->config.memory)) {
		/* nothing to move is soon done */
		complete_desc(x, e, false);
		return true;
	}
	if (x->config.memory)
		return move_mapped(x, e, budget);
	return e->h2c ? move_to_stream(x, e, budget) : move_from_stream(x, e, budget);
}

/* Stepping */

static bool is_allowed(const struct xdma *x)
{
	return pci_is_master(x->host->pci(x->host->machine));
}

/* Does what it can with what there is. True if that was something; @budget 0: there is more. */
static bool run_engine(struct xdma *x, struct xdma_engine *e, size_t *budget)
{
	unsigned int epoch = x->epoch;
	bool moved = false;
	uint64_t before;

	while (is_allowed(x)) {
		if (e->late) {
			if (xdma_now(x) < e->late_at)
				break;
			finish_desc(x, e, e->late_eop);
			if (x->epoch != epoch)
				break;
			moved = true;
		}
		if (e->control & XDMA_RUN && !e->stopped && prefetch(x, e))
			break;
		if (!e->active && e->fifo_count && e->control & XDMA_RUN && !e->stopped) {
			begin_desc(x, e);
			moved = true;
			*budget -= least(DESC_COST, *budget);
		}
		if (!e->active)
			break;
		if (*budget < DESC_COST) {
			*budget = 0;
			break;
		}
		before = e->bytes;
		if (!move_data(x, e, *budget) || x->epoch != epoch)
			break;
		moved = true;
		*budget -= least(e->bytes - before, *budget);
	}
	return moved;
}

static void step_engine(struct xdma *x, struct xdma_engine *e)
{
	struct xdma_stream *s = e->h2c || x->config.memory ? NULL : &x->streams[e->number];
	unsigned int epoch = x->epoch;
	size_t budget = STEP_BYTES;
	bool moved;

	for (;;) {
		moved = run_engine(x, e, &budget);
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
		if (!s || (!xdma_stream_fill(s) && !moved))
			break;
	}
	if (s)
		xdma_stream_hold(s, !e->active);
}

void xdma_step(struct xdma *x)
{
	unsigned int epoch = x->epoch;

	x->more = false;
	for (unsigned int i = 0; i < x->config.h2c && x->epoch == epoch; i++)
		step_engine(x, &x->engines[XDMA_H2C][i]);
	for (unsigned int i = 0; i < x->config.c2h && x->epoch == epoch; i++)
		step_engine(x, &x->engines[XDMA_C2H][i]);
}

uint64_t xdma_deadline(const struct xdma *x)
{
	uint64_t now = xdma_now(x), when = MODEL_NEVER, then;

	if (!is_allowed(x))
		return when;
	if (x->more)
		return now;
	for (unsigned int h2c = 0; h2c < 2; h2c++) {
		for (unsigned int i = 0; i < XDMA_CHANNELS; i++) {
			const struct xdma_engine *e = &x->engines[h2c][i];

			if (e->late)
				when = least(when, e->late_at);
			if (e->h2c || !e->active || e->late || x->config.memory)
				continue;
			then = xdma_stream_when(&x->streams[i], e->desc.bytes - e->done);
			if (then != MODEL_NEVER)
				then = least(then, now + LONG_NAP_NS);
			when = least(when, then);
		}
	}
	return when < now + NAP_NS ? now + NAP_NS : when;
}
