// SPDX-License-Identifier: GPL-2.0-only
/* The ends of packets in the XDMA model's streams. */
#include <stdlib.h>
#include <string.h>

#include "xdma_model.h"

bool xdma_packet_parse(const char *text, struct xdma_packets *packets)
{
	struct xdma_packets p = { .kind = PACKETS_LIST };
	unsigned int numbers = XDMA_PACKETS;
	char separator = ',', *end;

	if (!strcmp(text, "never")) {
		packets->kind = PACKETS_NEVER;
		return true;
	}
	if (!strncmp(text, "random:", 7)) {
		p.kind = PACKETS_RANDOM;
		numbers = 1;
		text += 7;
	} else if (!strncmp(text, "steps:", 6)) {
		p.kind = PACKETS_STEPS;
		numbers = 2;
		separator = ':';
		text += 6;
	}
	for (;; text = end + 1) {
		uint64_t bytes = strtoull(text, &end, 0);

		if (end == text || *text == '-' || !bytes || bytes > UINT32_MAX ||
		    p.count == numbers || (*end && *end != separator))
			return false;
		p.bytes[p.count++] = bytes;
		if (!*end)
			break;
	}
	if (p.kind == PACKETS_STEPS && (p.count != 2 || p.bytes[0] > p.bytes[1]))
		return false;
	*packets = p;
	return true;
}

/* Where the packet ends that begins at @at. */
uint64_t xdma_packet_next(struct xdma_stream *s, uint64_t at)
{
	const struct xdma_packets *p = &s->card->config.packets;
	uint64_t bytes;

	switch (p->kind) {
	case PACKETS_LIST:
		bytes = p->bytes[s->packet_next];
		s->packet_next = (s->packet_next + 1) % p->count;
		return at + bytes;
	case PACKETS_RANDOM:
		/* xorshift64* */
		s->random ^= s->random >> 12;
		s->random ^= s->random << 25;
		s->random ^= s->random >> 27;
		return at + 1 + s->random * UINT64_C(0x2545f4914f6cdd1d) % p->bytes[0];
	case PACKETS_STEPS:
		bytes = p->bytes[0] * (s->packet_next + 1);
		s->packet_next = (s->packet_next + 1) % (p->bytes[1] / p->bytes[0]);
		return at + bytes;
	default:
		return XDMA_ENDLESS;
	}
}

uint64_t xdma_packet_end(const struct xdma_stream *s)
{
	uint64_t end = xdma_least(s->forced_end, xdma_least(s->packet_end, s->marked_end));

	if (xdma_is_loop(s) && s->end_got != s->end_put)
		end = xdma_least(end, s->ends[s->end_got % XDMA_PACKET_ENDS]);
	return end;
}

void xdma_packet_finish(struct xdma_stream *s)
{
	if (xdma_is_loop(s) && s->end_got != s->end_put &&
	    s->at == s->ends[s->end_got % XDMA_PACKET_ENDS])
		s->end_got++;
	if (s->forced_end <= s->at)
		s->forced_end = XDMA_ENDLESS;
	if (s->marked_end <= s->at)
		s->marked_end = XDMA_ENDLESS;
	s->packet_end = xdma_packet_next(s, s->at);
}
