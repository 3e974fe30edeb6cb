// SPDX-License-Identifier: GPL-2.0-only
/*
 * The LitePCIe model's engines: what a Writer puts into the host's memory, packet by packet.
 *
 * A packet is of the largest payload, or what is left of a descriptor, and is sent when all
 * of it is in the FIFO. A descriptor is popped when its last one has been handed over.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "litepcie_model.h"

#define PAYLOAD_MAX	512u

static uint32_t lite_engine_payload(const struct lite *x)
{
	return (uint32_t)lite_least(pci_max_payload(x->host->pci(x->host->machine)), PAYLOAD_MAX);
}

static bool lite_engine_may(const struct lite *x)
{
	return pci_is_master(x->host->pci(x->host->machine)) ||
	       fault_is_on(x->faults, FAULT_MASTER_IGNORED);
}

void lite_engine_enable(struct lite_channel *ch, struct lite_side *s, uint32_t value)
{
	struct lite *x = ch->card;
	bool on = value & 1;

	if (on == s->enabled)
		return;
	if (fault_take(x->faults, on ? FAULT_START_IGNORED : FAULT_STOP_IGNORED))
		return;
	s->enabled = on;
	s->life++;
	/* What is in FIFOs is gone, and the descriptor in hand begins anew. */
	s->done = 0;
	s->owes = false;
	s->stale = false;
	s->looked = false;
	s->runs += on;
	if (s->reader)
		lite_sink_reset(&ch->sink);
	else
		ch->feed.out = ch->feed.in;
	lite_sync_refresh(ch);
}

/*
 * What a Writer has in hand, as soon as it is enabled and the table not empty, goes on to its
 * end, unless it is disabled. Then that is taken for the end of the first of what was pushed
 * since, which is not carried out.
 */
void lite_engine_forget(struct lite_side *s)
{
	const struct lite_desc *head = lite_table_head(&s->table);

	if (!s->reader && s->enabled && head && !s->owes) {
		s->debt = *head;
		s->debt.addr += s->done;
		s->debt.bytes -= s->done;
		s->owes = true;
	}
	s->stale = s->owes;
	lite_table_reset(&s->table);
	s->life++;
	s->done = 0;
	s->looked = false;
}

uint32_t lite_engine_state(const struct lite_channel *ch, const struct lite_side *s)
{
	return (s->enabled ? 1 : 0) |
	       (fault_is_on(ch->card->faults, FAULT_STUCK_BUSY) ? 0 : LITE_IDLE);
}

/* Whoever stops it: its result is not this model's affair. */
static bool lite_engine_wild(struct lite *x, const struct lite_side *s, enum lie which,
			     uint64_t addr)
{
	unsigned int epoch = x->epoch, life = s->life;
	uint8_t words[64];
	int error;

	lie_tag(words, sizeof(words));
	error = x->host->dma_stray(x->host->machine, addr, words, sizeof(words));
	lie_note(&x->faults->lies, which, "%" PRIx64 " %s", addr, error ? "refused" : "done");
	return x->epoch == epoch && s->life == life;
}

void lite_engine_lie_late(struct lite_channel *ch)
{
	struct lite_side *s = &ch->writer;
	uint64_t dice;

	if (!s->enabled && s->last_one.bytes &&
	    lie_take(&ch->card->faults->lies, LIE_LATE, &dice))
		lite_engine_wild(ch->card, s, LIE_LATE, s->last_one.addr);
}

/* What may be wrong about the descriptor that it begins with. False: all is different now. */
static bool lite_engine_look(struct lite *x, struct lite_side *s, const struct lite_desc *desc)
{
	struct lies *lies = &x->faults->lies;
	uint64_t dice, addr = desc->addr;

	s->looked = true;
	s->last_one = *desc;
	/* A packet that crosses a page is one that the host may refuse. */
	s->broken_rules += desc->addr % 4 || !desc->bytes || desc->bytes % x->config.beat;
	s->unwritten = lie_take(lies, LIE_UNWRITTEN, &dice);
	if (s->unwritten)
		lie_note(lies, LIE_UNWRITTEN, "descriptor %" PRIu64, s->table.pops);
	if (!lie_take(lies, LIE_STRAY, &dice))
		return true;
	if (dice & 1)
		addr += desc->bytes + (dice >> 1 & 0xffff) * 64;
	else
		addr = (dice >> 1 & UINT64_C(0xffffffffff)) * 64;
	return lite_engine_wild(x, s, LIE_STRAY, addr);
}

/* Takes from the FIFO, to memory. False: all is different now. */
static bool lite_engine_move(struct lite_channel *ch, uint64_t to, size_t bytes)
{
	struct lite *x = ch->card;
	struct lite_side *s = &ch->writer;
	unsigned int epoch = x->epoch, life = s->life;
	uint8_t *direct = NULL;
	size_t n;
	int error;

	if (!s->unwritten && !fault_is_on(x->faults, FAULT_DMA_ERROR))
		direct = x->host->dma_map(x->host->machine, to, bytes);
	s->bytes += bytes;
	if (direct) {
		lite_feed_take(&ch->feed, direct, bytes);
		x->dma_bytes += bytes;
		return true;
	}
	for (; bytes; bytes -= n, to += n) {
		n = lite_least(bytes, sizeof(x->buffer));
		lite_feed_take(&ch->feed, x->buffer, n);
		if (s->unwritten)
			continue;
		error = fault_take(x->faults, FAULT_DMA_ERROR) ? -EIO :
			x->host->dma_write(x->host->machine, to, x->buffer, n);
		if (x->epoch != epoch || s->life != life)
			return false;
		if (error)
			s->lost_writes++;
		else
			x->dma_bytes += n;
	}
	return true;
}

static void lite_engine_pop(struct lite_channel *ch, struct lite_side *s, bool quiet)
{
	lite_table_pop(&s->table);
	if (!quiet)
		lite_irq_raise(ch->card, s->line);
}

/*
 * What is left of a descriptor that is not in the table any more: its last packet, popped
 * before it was sent, or all that there was still to do when the table was reset.
 */
static bool lite_engine_pay(struct lite_channel *ch)
{
	struct lite_side *s = &ch->writer;
	size_t bytes = lite_least(lite_feed_level(&ch->feed), s->debt.bytes);
	uint64_t to = s->debt.addr;

	if (bytes < s->debt.bytes)
		bytes -= bytes % lite_engine_payload(ch->card);
	if (!bytes)
		return false;
	s->debt.addr += bytes;
	s->debt.bytes -= (uint32_t)bytes;
	s->owes = s->debt.bytes;
	if (!lite_engine_move(ch, to, bytes))
		return false;
	if (s->owes)
		return true;
	if (s->stale && lite_table_head(&s->table))
		lite_table_pop(&s->table);
	s->stale = false;
	if (!s->debt.quiet)
		lite_irq_raise(ch->card, s->line);
	return true;
}

/* A last closes the descriptor with the packet in which it is: the rest of that repeats it. */
static bool lite_engine_close(struct lite_channel *ch, const struct lite_desc *desc, size_t bytes,
			      size_t packet)
{
	struct lite *x = ch->card;
	struct lite_side *s = &ch->writer;
	uint8_t *at = x->buffer;
	unsigned int epoch = x->epoch, life = s->life;

	lite_feed_take(&ch->feed, at, bytes);
	for (size_t n = bytes; n < packet; n++)
		at[n] = at[n - x->config.beat];
	if (x->host->dma_write(x->host->machine, desc->addr + s->done, at, packet))
		s->lost_writes++;
	if (x->epoch != epoch || s->life != life)
		return false;
	s->done = 0;
	s->looked = false;
	/* That is told by no interrupt. */
	lite_engine_pop(ch, s, true);
	return true;
}

/* Moves a part of the descriptor in hand. False if there is none to move. */
static bool lite_engine_step(struct lite_channel *ch, size_t budget)
{
	struct lite *x = ch->card;
	struct lite_side *s = &ch->writer;
	uint32_t payload = lite_engine_payload(x), tail;
	const struct lite_desc *head = lite_table_head(&s->table);
	size_t level = lite_feed_level(&ch->feed), bytes, left;
	uint64_t last = lite_feed_until_last(&ch->feed);
	struct lite_desc desc;

	if (s->owes)
		return lite_engine_pay(ch);
	if (!head)
		return false;
	desc = *head;
	if (!s->looked && level && !lite_engine_look(x, s, &desc))
		return false;
	left = desc.bytes - s->done;
	tail = desc.bytes % payload ? desc.bytes % payload : payload;
	if (x->config.early && left <= tail && desc.bytes) {
		s->debt = desc;
		s->debt.addr += s->done;
		s->debt.bytes = (uint32_t)left;
		s->owes = true;
		s->done = 0;
		s->looked = false;
		/* It interrupts when it is there. */
		lite_engine_pop(ch, s, true);
		return true;
	}
	if (x->config.early)
		left -= tail;
	bytes = lite_least(lite_least(level, left), budget + payload);
	if (bytes < left)
		bytes -= bytes % payload;
	if (!desc.endless && last <= bytes)
		bytes = last - last % payload;
	if (!desc.endless && !bytes && last < payload && last <= level)
		return lite_engine_close(ch, &desc, last, lite_least(payload, left));
	if (!bytes && desc.bytes)
		return false;
	if (!lite_engine_move(ch, desc.addr + s->done, bytes))
		return false;
	s->done += (uint32_t)bytes;
	if (s->done == desc.bytes) {
		s->done = 0;
		s->looked = false;
		lite_engine_pop(ch, s, desc.quiet);
	}
	return true;
}

bool lite_engine_write(struct lite_channel *ch, size_t *budget)
{
	struct lite *x = ch->card;
	unsigned int epoch = x->epoch;
	struct lite_side *s = &ch->writer;
	bool moved = false;
	uint64_t before;

	while (s->exists && s->enabled && lite_engine_may(x) && *budget) {
		before = s->bytes;
		if (!lite_engine_step(ch, *budget) || x->epoch != epoch)
			break;
		moved = true;
		*budget -= lite_least(s->bytes - before + 64, *budget);
	}
	return moved;
}
