// SPDX-License-Identifier: GPL-2.0-only
/* The XDMA model's H2C streams: where they end, and the way back to a C2H stream. */
#include <string.h>

#include "xdma_model.h"

#define FNV_START	UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME	UINT64_C(0x100000001b3)

size_t xdma_sink_room(const struct xdma *x, unsigned int number)
{
	const struct xdma_stream *s = &x->streams[number];

	if (!x->config.loop)
		return SIZE_MAX;
	if (number >= x->config.c2h)
		return SIZE_MAX;
	if (s->end_put - s->end_got == XDMA_PACKET_ENDS)
		return 0;
	return x->config.fifo_bytes - (s->put - s->at);
}

void xdma_sink_put(struct xdma *x, unsigned int number, const uint8_t *from, size_t bytes,
		   bool last)
{
	struct xdma_stream *s = &x->streams[number];
	struct xdma_sink *sink = &x->sinks[number];
	const size_t size = x->config.fifo_bytes;

	if (!sink->bytes)
		sink->hash = FNV_START;
	sink->bytes += bytes;
	sink->packets += last;
	for (size_t i = 0; i < bytes; i++)
		sink->hash = (sink->hash ^ from[i]) * FNV_PRIME;
	if (!x->config.loop || number >= x->config.c2h)
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
