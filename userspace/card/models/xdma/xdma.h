/* SPDX-License-Identifier: GPL-2.0-only */
/* The model of a card with AMD's XDMA, docs/xdma-model.md. */
#ifndef CARD_XDMA_H
#define CARD_XDMA_H

#include <stdbool.h>
#include <stdint.h>

#include "converter.h"
#include "fault.h"
#include "model.h"
#include "source.h"

#define XDMA_CHANNELS	4	/* at most, in each direction */
#define XDMA_USER_IRQS	16
#define XDMA_PACKETS	64	/* lengths in a list of packets */

/* When the sources begin */
enum xdma_begin {
	XDMA_BEGIN_READY,	/* when the stream is ready for the first time */
	XDMA_BEGIN_RUN,		/* anew at each begin of Run */
	XDMA_BEGIN_ENABLE,	/* at once, but they are not enabled after a reset */
	XDMA_BEGIN_POWER,	/* at once */
};

/* Where tlast is */
struct xdma_packets {
	enum { PACKETS_NEVER, PACKETS_LIST, PACKETS_RANDOM, PACKETS_STEPS } kind;
	/* one after the other, then again; RANDOM: [0] at most; STEPS: by [0] up to [1] */
	uint64_t bytes[XDMA_PACKETS];
	unsigned int count;
};

#define XDMA_PACKETS_HELP "never, random:MAX, steps:STEP:MAX, or at most 64 lengths with commas"

/* What the card is. */
struct xdma_config {
	unsigned int c2h;
	unsigned int h2c;
	uint64_t memory;	/* bytes on the card; 0: AXI-Stream instead */
	bool loop;		/* H2C streams come back as C2H streams */
	unsigned int width;	/* bytes of a beat */
	unsigned int prefetch;	/* descriptors that a channel holds */
	bool drops;		/* the end of Run ends a C2H descriptor that is dry */
	uint32_t alignments;
	uint8_t version;	/* of the IP */
	unsigned int dma_bar;
	bool user_bar;
	bool wide_bars;
	uint16_t vendor;
	uint16_t device;
	uint16_t subsystem_vendor;
	uint16_t subsystem;
	uint32_t class_code;
	uint8_t revision;
	uint64_t serial;
	bool bad_id;
	unsigned int irqs;	/* PCI_IRQ_* */
	unsigned int user_irqs;

	/* its streams */
	enum xdma_begin begin;
	bool waits;		/* for the host, instead of losing frames */
	bool free;		/* as fast as the host */
	bool marks;		/* tlast before each gap */
	struct xdma_packets packets;
	unsigned int channels;
	unsigned int format;
	uint32_t clock;
	uint32_t divider;
	uint64_t speed;		/* in millionths, see pace.h */
	uint64_t frames;	/* 0: endless */
	uint64_t skew;		/* frames between the signals of two streams */
	uint32_t fifo_bytes;
	unsigned int records;	/* of losses, that wait for the host */
	struct converter_config out;	/* of H2C streams; without a clock there are none */
	bool trace;
};

extern const struct card_kind xdma_kind;

#endif /* CARD_XDMA_H */
