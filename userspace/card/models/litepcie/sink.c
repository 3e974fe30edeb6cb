// SPDX-License-Identifier: GPL-2.0-only
/*
 * The LitePCIe model's Reader: what it asks the host for, and where that ends: at a
 * converter, at the Writer of its channel, or nowhere. A descriptor is popped when its last
 * packet has been asked for, which may be long before the host has answered.
 */
#include <errno.h>
#include <string.h>

#include "litepcie_model.h"

#define REQUEST_MAX	512u

static bool lite_sink_may(const struct lite *x)
{
	return pci_is_master(x->host->pci(x->host->machine)) ||
	       fault_is_on(x->faults, FAULT_MASTER_IGNORED);
}

void lite_sink_reset(struct lite_sink *k)
{
	k->first = 0;
	k->count = 0;
	k->asked = 0;
	k->in = 0;
	k->out = 0;
	if (k->converter && k->channel->reader.enabled && k->channel->card->config.run)
		converter_start(k->converter);
}

/* Asks for the next packet. False if there is none, or no room for it. */
static bool lite_sink_ask(struct lite_channel *ch)
{
	struct lite *x = ch->card;
	struct lite_side *s = &ch->reader;
	struct lite_sink *k = &ch->sink;
	const struct lite_desc *head = lite_table_head(&s->table);
	uint32_t most = (uint32_t)lite_least(pci_max_read(x->host->pci(x->host->machine)),
					     REQUEST_MAX);
	struct lite_request *request;
	struct lite_desc desc;
	uint32_t bytes;

	if (!head || k->count == x->config.requests)
		return false;
	desc = *head;
	bytes = (uint32_t)lite_least(desc.bytes - s->done, most);
	if (k->in - k->out + k->asked + bytes > LITE_READER_FIFO)
		return false;
	if (!s->done)
		s->broken_rules += desc.addr % 4 || !desc.bytes || desc.bytes % x->config.beat;
	request = &k->request[(k->first + k->count++) % LITE_REQUESTS_MAX];
	*request = (struct lite_request){
		.addr = desc.addr + s->done,
		.bytes = bytes,
		.due = lite_now(x) + x->config.late_us * UINT64_C(1000),
	};
	k->asked += bytes;
	s->done += bytes;
	if (s->done == desc.bytes) {
		s->done = 0;
		lite_table_pop(&s->table);
		if (!desc.quiet)
			lite_irq_raise(x, s->line);
	}
	return true;
}

/* Gets what is due. False if nothing is, or all is different now. */
static bool lite_sink_get(struct lite_channel *ch)
{
	struct lite *x = ch->card;
	struct lite_sink *k = &ch->sink;
	struct lite_request request = k->request[k->first];
	unsigned int epoch = x->epoch, life = ch->reader.life;
	uint8_t *to = k->fifo;
	size_t at, n;
	int error;

	if (!k->count || request.due > lite_now(x))
		return false;
	error = fault_take(x->faults, FAULT_DMA_ERROR) ? -EIO :
		x->host->dma_read(x->host->machine, request.addr, x->buffer, request.bytes);
	if (x->epoch != epoch || ch->reader.life != life)
		return false;
	if (error) {
		ch->reader.lost_writes++;
		memset(x->buffer, 0, request.bytes);
	} else {
		x->dma_bytes += request.bytes;
	}
	k->first = (k->first + 1) % LITE_REQUESTS_MAX;
	k->count--;
	k->asked -= request.bytes;
	for (size_t done = 0; done < request.bytes; done += n) {
		at = k->in % LITE_READER_FIFO;
		n = lite_least(request.bytes - done, LITE_READER_FIFO - at);
		memcpy(to + at, x->buffer + done, n);
		k->in += n;
	}
	ch->reader.bytes += request.bytes;
	return true;
}

/* Where it goes: how much is taken */
static size_t lite_sink_room(const struct lite_channel *ch)
{
	if (ch->loopback)
		return ch->writer.enabled ? lite_feed_room(&ch->feed) : SIZE_MAX;
	if (!ch->synced)
		return 0;
	return ch->sink.converter ? converter_room(ch->sink.converter) : SIZE_MAX;
}

static void lite_sink_out(struct lite_channel *ch, const uint8_t *from, size_t bytes)
{
	struct lite_sink *k = &ch->sink;

	if (!k->bytes)
		k->hash = RECORD_DIGEST;
	k->bytes += bytes;
	k->hash = record_digest(k->hash, from, bytes);
	if (ch->loopback && ch->writer.enabled)
		lite_feed_put(&ch->feed, from, bytes);
	else if (!ch->loopback && k->converter)
		converter_put(k->converter, from, bytes, false);
}

/* Hands on what it has got. */
static bool lite_sink_pass(struct lite_channel *ch)
{
	struct lite_sink *k = &ch->sink;
	size_t at = k->out % LITE_READER_FIFO, bytes;

	bytes = lite_least(lite_least(k->in - k->out, LITE_READER_FIFO - at), lite_sink_room(ch));
	if (!bytes)
		return false;
	lite_sink_out(ch, k->fifo + at, bytes);
	k->out += bytes;
	return true;
}

bool lite_sink_run(struct lite_channel *ch, size_t *budget)
{
	struct lite *x = ch->card;
	struct lite_side *s = &ch->reader;
	unsigned int epoch = x->epoch;
	bool moved = false, some;

	if (!s->exists)
		return false;
	do {
		some = false;
		if (ch->sink.converter)
			some |= converter_step(ch->sink.converter, lite_now(x));
		while (s->enabled && lite_sink_may(x) && lite_sink_ask(ch))
			some = true;
		while (s->enabled && lite_sink_may(x) && lite_sink_get(ch))
			some = true;
		if (x->epoch != epoch)
			return false;
		while (s->enabled && lite_sink_pass(ch))
			some = true;
		moved |= some;
		*budget -= lite_least(LITE_READER_FIFO, *budget);
	} while (some && *budget);
	return moved;
}

uint64_t lite_sink_when(const struct lite_channel *ch)
{
	const struct lite_sink *k = &ch->sink;
	uint64_t when = MODEL_NEVER;

	if (k->converter)
		when = converter_when(k->converter);
	if (k->count && ch->reader.enabled)
		when = lite_least(when, k->request[k->first].due);
	return when;
}

void lite_sink_speed(struct lite_sink *k)
{
	const struct lite_config *c = &k->channel->card->config;

	if (!k->converter)
		return;
	k->converter->config.speed = c->speed;
	k->converter->config.free = c->free;
	converter_speed(k->converter, lite_now(k->channel->card));
}

bool lite_sink_init(struct lite_sink *k, struct lite_channel *ch)
{
	struct converter_config config = ch->card->config.out;

	k->channel = ch;
	if (!config.clock)
		return true;
	if (ch->number)
		config.record = NULL;
	k->converter = converter_new(&config);
	return k->converter;
}

void lite_sink_free(struct lite_sink *k)
{
	converter_free(k->converter);
}
