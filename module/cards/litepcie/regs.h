/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers of LitePCIe, as its gateware has them: what a driver of streams needs. Where the
 * banks are, each design says anew: see map.h.
 */
#ifndef ACQ_LITEPCIE_REGS_H
#define ACQ_LITEPCIE_REGS_H

#ifdef __KERNEL__
#include <linux/bits.h>
#endif
#include <linux/types.h>

#define LITE_BANK_BYTES		0x800

/* The first bank of any LiteX design */
#define LITE_SCRATCH		0x04
#define  LITE_SCRATCH_RESET	0x12345678U

/* A Writer, to host memory, or a Reader */
#define LITE_ENABLE		0x00
#define  LITE_ENABLED		BIT(0)
#define  LITE_IDLE		BIT(1)	/* reads 1 while nothing is on its way */
#define LITE_LENGTH		0x04	/* bits 23:0, and control: the upper word of a register */
#define  LITE_LENGTH_BITS	GENMASK(25, 0)
#define  LITE_QUIET		BIT(24)	/* no interrupt */
#define  LITE_ENDLESS		BIT(25)	/* not to be closed by the stream's last */
#define LITE_ADDRESS_LO		0x08
#define LITE_ADDRESS_HI		0x0c	/* the write adds the descriptor to the table */
#define LITE_LOOP		0x10	/* what has been done is added again */
#define LITE_STATUS		0x14	/* descriptors done; in Loop mode rounds and index */
#define LITE_LEVEL		0x18	/* descriptors in the table */
#define LITE_RESET		0x1c	/* empties it, and counts from 0 */
#define LITE_SIDE_BYTES		0x20

/* Behind both: what is not built in leaves no hole. map.h tells where each of these begins. */
#define LITE_LOOPBACK		0x00
#define LITE_SYNC_BYPASS	0x00
#define LITE_SYNC_MODE		0x04
#define  LITE_SYNC_PPS		2

#define LITE_FIFO_CONTROL	0x00
#define  LITE_FIFO_BYTES	GENMASK(23, 0)
#define  LITE_FIFO_EXTREME	BIT(31)	/* the level is the least or the most so far */
#define LITE_FIFO_LEVEL		0x04
#define LITE_FIFO_OWN		4096	/* bytes that a Writer holds itself, about */

/* Interrupts */
#define LITE_MSI_ENABLE		0x00
#define LITE_MSI_CLEAR		0x04
#define LITE_MSI_VECTOR		0x08

/* Headers of an M2SDR: of what comes from the host, of what goes to it */
#define LITE_HEADER_TX		0x00
#define LITE_HEADER_RX		0x08
#define  LITE_HEADER_ENABLE	BIT(0)
#define  LITE_HEADER_INSERT	BIT(1)
#define LITE_HEADER_RX_WORDS	0x0c	/* 64-bit words from one to the next */
#define LITE_HEADER_MAGIC	0x5aa55aa55aa55aa5ULL
#define LITE_WORD		8

/**
 * struct lite_header - what comes before so many words
 * @magic: LITE_HEADER_MAGIC
 * @time: the card's clock in ns, when the first of them was about to pass
 */
struct lite_header {
	__le64 magic;
	__le64 time;
};

#endif /* ACQ_LITEPCIE_REGS_H */
