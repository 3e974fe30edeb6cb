// SPDX-License-Identifier: GPL-2.0-only
/*
 * The XDMA model's H2C streams: where they end. That is a converter, or the way back to a
 * C2H stream, or one behind the other, or nothing that ever waits.
 */
#include <string.h>

#include "xdma_model.h"

/* The way back */

static bool xdma_sink_is_loop(const struct xdma *x, unsigned int number)
{
	return x->config.loop && number < x->config.c2h;
}

static size_t xdma_sink_loop_room(const struct xdma *x, unsigned int number)
{
	const struct xdma_stream *s = &x->streams[number];

	if (!xdma_sink_is_loop(x, number))
		return SIZE_MAX;
	if (s->end_put - s->end_got == XDMA_PACKET_ENDS)
		return 0;
	return x->config.fifo_bytes - (s->put - s->at);
}

static void xdma_sink_loop_put(struct xdma *x, unsigned int number, const uint8_t *from,
			       size_t bytes, bool last)
{
	struct xdma_stream *s = &x->streams[number];
	const size_t size = x->config.fifo_bytes;

	if (!xdma_sink_is_loop(x, number))
		return;
	if (last && bytes)
		s->ends[s->end_put++ % XDMA_PACKET_ENDS] = s->put + bytes;
	while (bytes) {
		size_t at = s->put % size, n = xdma_least(bytes, size - at);

		memcpy(s->ring + at, from, n);
		from += n;
		s->put += n;
		bytes -= n;
	}
}

static size_t xdma_sink_ear_room(void *who)
{
	const struct xdma_sink *sink = who;

	return xdma_sink_loop_room(sink->card, sink->number);
}

static void xdma_sink_ear_hear(void *who, const uint8_t *frames, size_t bytes, bool end)
{
	const struct xdma_sink *sink = who;

	xdma_sink_loop_put(sink->card, sink->number, frames, bytes, end);
	/* who takes it may have waited */
	sink->card->more = true;
}

/* The converter */

bool xdma_sink_init(struct xdma_sink *sink, struct xdma *x, unsigned int number)
{
	struct converter_config config = x->config.out;

	sink->card = x;
	sink->number = number;
	if (!config.clock)
		return true;
	if (number)
		config.record = NULL;
	sink->converter = converter_new(&config);
	if (!sink->converter)
		return false;
	if (xdma_sink_is_loop(x, number)) {
		sink->converter->ear = (struct converter_ear){
			.who = sink,
			.room = xdma_sink_ear_room,
			.hear = xdma_sink_ear_hear,
		};
	}
	return true;
}

void xdma_sink_free(struct xdma_sink *sink)
{
	converter_free(sink->converter);
}

void xdma_sink_run(struct xdma_sink *sink)
{
	if (sink->converter && sink->card->config.begin == XDMA_BEGIN_RUN)
		converter_start(sink->converter);
}

void xdma_sink_reset(struct xdma_sink *sink)
{
	if (sink->converter)
		converter_start(sink->converter);
}

void xdma_sink_speed(struct xdma_sink *sink)
{
	const struct xdma_config *f = &sink->card->config;

	if (!sink->converter)
		return;
	sink->converter->config.speed = f->speed;
	sink->converter->config.free = f->free;
	converter_speed(sink->converter, xdma_now(sink->card));
}

bool xdma_sink_step(struct xdma_sink *sink)
{
	return sink->converter && converter_step(sink->converter, xdma_now(sink->card));
}

uint64_t xdma_sink_when(const struct xdma_sink *sink)
{
	return sink->converter ? converter_when(sink->converter) : MODEL_NEVER;
}

/* What comes from the host */

size_t xdma_sink_room(const struct xdma *x, unsigned int number)
{
	const struct converter *converter = x->sinks[number].converter;

	return converter ? converter_room(converter) : xdma_sink_loop_room(x, number);
}

void xdma_sink_put(struct xdma *x, unsigned int number, const uint8_t *from, size_t bytes,
		   bool last)
{
	struct xdma_sink *sink = &x->sinks[number];

	if (!sink->bytes)
		sink->hash = RECORD_DIGEST;
	sink->bytes += bytes;
	sink->packets += last;
	sink->hash = record_digest(sink->hash, from, bytes);
	if (sink->converter)
		converter_put(sink->converter, from, bytes, last);
	else
		xdma_sink_loop_put(x, number, from, bytes, last);
}
