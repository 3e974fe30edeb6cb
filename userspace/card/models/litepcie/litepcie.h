/* SPDX-License-Identifier: GPL-2.0-only */
/* The model of a card with LitePCIe, docs/litepcie-model.md. */
#ifndef CARD_LITEPCIE_H
#define CARD_LITEPCIE_H

#include <stdbool.h>
#include <stdint.h>

#include "converter.h"
#include "fault.h"
#include "model.h"
#include "source.h"

#define LITE_CHANNELS	4	/* at most */
#define LITE_DEPTH_MAX	1024	/* descriptors of a table */
#define LITE_IDENT	256	/* characters */

/* How it interrupts */
enum lite_msi {
	LITE_MSI_ONE,		/* one message for all lines */
	LITE_MSI_MANY,		/* line n is message n */
	LITE_MSI_X,		/* line n is vector n */
	LITE_MSI_X_WIDE,	/* as well, with registers of 64 bits */
};

/* Where its banks are: bytes in BAR 0, 0: it has none */
struct lite_map {
	const char *name;
	uint32_t ident;
	uint32_t phy;
	uint32_t msi;
	uint32_t table;		/* of MSI-X */
	uint32_t dma;		/* of the first channel; the next is a bank further */
	uint32_t header;
	uint32_t time;
	bool sync;
	unsigned int width;	/* bits of an address */
	enum lite_msi msi_kind;
	uint16_t device;
	const char *text;	/* its identifier */
};

/* What the card is. */
struct lite_config {
	struct lite_map map;
	unsigned int channels;
	bool no_writer;
	bool no_reader;
	bool no_loopback;
	bool buffering;
	bool little;		/* registers of 64 bits begin with the lower word */
	bool early;		/* a pop comes one TLP early */
	bool msi_enabled;	/* after a reset */
	unsigned int depth;
	unsigned int beat;	/* bytes of the PHY's data path */
	uint32_t scratch;
	bool bad_id;		/* the scratch register keeps nothing */
	uint32_t late_us;	/* what the Reader asks for comes so much later */
	uint32_t requests;	/* that it may have asked for */
	uint32_t jitter_ns;	/* headers may be so much late */
	uint64_t last;		/* bytes from one last to the next, 0: none */
	uint64_t time_ns;	/* at the begin */
	bool run;		/* the source begins anew with each start */
	uint16_t vendor;
	uint8_t revision;
	uint64_t serial;
	unsigned int irqs;	/* PCI_IRQ_* */

	bool waits;
	bool free;
	unsigned int source_channels;
	unsigned int format;
	uint32_t clock;
	uint32_t divider;
	uint64_t speed;
	uint64_t frames;	/* 0: endless */
	uint32_t fifo_bytes;
	struct converter_config out;
	bool trace;
};

extern const struct card_kind lite_kind;

#endif /* CARD_LITEPCIE_H */
