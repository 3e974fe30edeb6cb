/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers of AMD's DMA/Bridge Subsystem for PCI Express (XDMA) as its product
 * guide PG195 has them: what a driver of streams needs.
 */
#ifndef ACQ_XDMA_REGS_H
#define ACQ_XDMA_REGS_H

#include <linux/bits.h>
#include <linux/types.h>

#define XDMA_BAR_BYTES		0x10000
#define XDMA_CHANNELS		4	/* in each direction, at most */

/* Blocks of registers; those of channels are XDMA_CHANNEL_STEP apart */
#define XDMA_H2C		0x0000
#define XDMA_C2H		0x1000
#define XDMA_IRQ		0x2000
#define XDMA_CONFIG		0x3000
#define XDMA_H2C_SGDMA		0x4000
#define XDMA_C2H_SGDMA		0x5000
#define XDMA_COMMON		0x6000
#define XDMA_CHANNEL_STEP	0x0100

/* Each begins with an identifier. */
#define XDMA_ID			0x00
#define  XDMA_ID_FIXED		GENMASK(31, 20)
#define  XDMA_ID_MAGIC		0x1fc
#define  XDMA_ID_BLOCK		GENMASK(19, 16)
#define  XDMA_ID_STREAM		BIT(15)
#define  XDMA_ID_CHANNEL	GENMASK(11, 8)
#define  XDMA_ID_VERSION	GENMASK(7, 0)

/* A channel. What it may log in its status is enabled by the same bits of control and mask. */
#define XDMA_CONTROL		0x04
#define XDMA_CONTROL_W1C	0x0c
#define  XDMA_RUN		BIT(0)
#define  XDMA_POLL_MODE		BIT(26)	/* write the count of completed descriptors to memory */
#define XDMA_STATUS		0x40	/* write ones to clear */
#define  XDMA_BUSY		BIT(0)
#define  XDMA_COMPLETED		BIT(2)
#define  XDMA_ALIGN_MISMATCH	BIT(3)
#define  XDMA_MAGIC_STOPPED	BIT(4)
#define  XDMA_INVALID_LENGTH	BIT(5)
#define  XDMA_IDLE_STOPPED	BIT(6)
#define  XDMA_READ_DECODE	BIT(9)
#define  XDMA_READ_SLAVE	BIT(10)
#define  XDMA_READ_ERRORS	GENMASK(13, 9)
#define  XDMA_DESC_UNSUPPORTED	BIT(19)
#define  XDMA_DESC_ABORTED	BIT(20)
#define  XDMA_DESC_PARITY	BIT(21)
#define  XDMA_DESC_POISONED	BIT(22)
#define  XDMA_DESC_UNEXPECTED	BIT(23)
#define  XDMA_DESC_ERRORS	GENMASK(23, 19)
#define  XDMA_ERRORS		(XDMA_ALIGN_MISMATCH | XDMA_MAGIC_STOPPED | XDMA_INVALID_LENGTH | \
				 XDMA_READ_ERRORS | XDMA_DESC_ERRORS)
#define XDMA_COUNT		0x48	/* of completed descriptors since Run began */
#define XDMA_ALIGNMENTS		0x4c
#define  XDMA_ADDRESS_BITS	GENMASK(7, 0)
#define XDMA_POLL_LO		0x88
#define XDMA_POLL_HI		0x8c
#define  XDMA_POLL_COUNT	GENMASK(23, 0)
#define XDMA_MASK		0x90

/* Its descriptors */
#define XDMA_FIRST_LO		0x80
#define XDMA_FIRST_HI		0x84
#define XDMA_FIRST_ADJACENT	0x88
#define XDMA_CREDITS		0x8c	/* writing adds */
#define  XDMA_CREDITS_MAX	1023

/* Of all descriptors */
#define XDMA_CREDIT_MODE	0x20
#define XDMA_CREDIT_MODE_W1S	0x24
#define XDMA_CREDIT_MODE_W1C	0x28	/* and no credits are left */
#define  XDMA_COMMON_H2C(n)	BIT(n)
#define  XDMA_COMMON_C2H(n)	BIT(16 + (n))

/* Interrupts of the card's own logic: levels, which stay until they are taken back there */
#define XDMA_USER_ENABLE	0x04
#define XDMA_USER_ENABLE_W1S	0x08
#define XDMA_USER_ENABLE_W1C	0x0c
#define  XDMA_USER_LINES	GENMASK(15, 0)	/* as many at most; how many is written nowhere */
#define XDMA_USER_REQUEST	0x40	/* of those enabled */
#define XDMA_USER_VECTORS	0x80
#define  XDMA_USER_VECTOR_REGS	4

/* Interrupts of channels: a bit for each H2C channel, then one for each C2H channel */
#define XDMA_ENABLE		0x10
#define XDMA_ENABLE_W1S		0x14
#define XDMA_ENABLE_W1C		0x18
#define XDMA_REQUEST		0x44
#define XDMA_VECTORS		0xa0
#define  XDMA_VECTOR_REGS	2
#define  XDMA_VECTORS_EACH	4	/* in a register, a byte each */
#define  XDMA_VECTOR_MASK	0x1f

/**
 * struct xdma_desc - a descriptor; 32 bytes, aligned to as many
 * @control: XDMA_DESC_*
 * @bytes: length, 28 bits
 * @from: where the data come from; of a C2H stream, where its writeback goes
 * @to: where the data go
 * @next: the next descriptor
 */
struct xdma_desc {
	__le32 control;
	__le32 bytes;
	__le64 from;
	__le64 to;
	__le64 next;
};

#define XDMA_DESC_MAGIC		(0xad4bU << 16)
#define XDMA_DESC_COMPLETED	BIT(1)
#define XDMA_DESC_EOP		BIT(4)	/* of an H2C stream: tlast behind it */

/* The writeback of a C2H stream's descriptor, 64 bits */
#define XDMA_BACK_MAGIC		GENMASK_ULL(31, 16)
#define  XDMA_BACK_VALUE	0x52b4
#define XDMA_BACK_EOP		BIT_ULL(0)
#define XDMA_BACK_BYTES		GENMASK_ULL(63, 32)
#define XDMA_BACK_REST		GENMASK_ULL(15, 1)

#endif /* ACQ_XDMA_REGS_H */
