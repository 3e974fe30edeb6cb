/* SPDX-License-Identifier: GPL-2.0-only */
/* The model of an ACQ-R1 card, docs/acq-r1.md. */
#ifndef CARD_R1_H
#define CARD_R1_H

#include <stdbool.h>
#include <stdint.h>

#include "fault.h"
#include "model.h"
#include "source.h"

/* What a read of 64 bits of the FIFO window gets */
enum r1_window {
	R1_WINDOW_64,		/* two words */
	R1_WINDOW_32,		/* all ones, and nothing is popped */
	R1_WINDOW_32_UPPER,	/* a word, and ones in the upper half */
};

/* What the card is; the numbers are those of its registers. */
struct r1_config {
	uint32_t version;
	uint32_t revision;
	uint64_t serial;
	unsigned int irqs;	/* PCI_IRQ_* */
	uint32_t caps;
	unsigned int channels;
	uint32_t formats;
	unsigned int format;	/* reset value */
	uint32_t clock;
	uint32_t div_min;
	uint32_t div_max;
	uint32_t divider;	/* reset value */
	uint32_t ts_hz;
	uint32_t fifo_bytes;
	uint32_t pretrig_bytes;
	unsigned int block_min;	/* log2 bytes */
	unsigned int block_max;
	unsigned int table_log2;
	unsigned int addr_bits;
	bool bad_id;
	enum r1_window window;
	bool free;		/* the source is as fast as the host */
	uint64_t speed;		/* else in millionths, see pace.h */
	uint64_t source_frames;	/* 0: endless */
	bool trace;		/* print each access to a register */
	const struct r1_config *output;	/* what the output side is, or NULL */
	bool loopback;		/* what it puts out is at the inputs */
	const char *record;	/* where to put what it has put out, or NULL */
};

extern const struct card_kind r1_kind;

#endif /* CARD_R1_H */
