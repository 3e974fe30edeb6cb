/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers of AMD's DMA/Bridge Subsystem for PCI Express (PG195), as far as the
 * model needs them, and of the registers that this card's own logic has in the
 * user BAR (docs/xdma-model.md).
 */
#ifndef CARD_XDMA_REGS_H
#define CARD_XDMA_REGS_H

#define XDMA_BAR_BYTES		0x10000u

/* An address is target << 12 | channel << 8 | register */
#define XDMA_H2C		0
#define XDMA_C2H		1
#define XDMA_IRQ		2
#define XDMA_CONFIG		3
#define XDMA_H2C_SGDMA		4
#define XDMA_C2H_SGDMA		5
#define XDMA_COMMON		6
#define XDMA_MSIX		8

#define XDMA_ID			0x00
#define  XDMA_ID_MAGIC		0x1fc00000u
#define  XDMA_ID_STREAM		(1u << 15)

/* A channel */
#define XDMA_CONTROL		0x04
#define XDMA_CONTROL_W1S	0x08
#define XDMA_CONTROL_W1C	0x0c
#define  XDMA_RUN		(1u << 0)
#define  XDMA_NON_INC		(1u << 25)
#define  XDMA_POLL_ENABLE	(1u << 26)
#define  XDMA_NO_WRITEBACK	(1u << 27)
#define XDMA_STATUS		0x40
#define XDMA_STATUS_RC		0x44
#define  XDMA_BUSY		(1u << 0)
#define  XDMA_STOPPED		(1u << 1)
#define  XDMA_COMPLETED		(1u << 2)
#define  XDMA_ALIGN		(1u << 3)
#define  XDMA_BAD_MAGIC		(1u << 4)
#define  XDMA_BAD_LENGTH	(1u << 5)
#define  XDMA_IDLE_STOPPED	(1u << 6)
#define  XDMA_READ_ERROR(n)	(1u << (9 + (n)))
#define  XDMA_READ_ERRORS	(0x1fu << 9)
#define  XDMA_WRITE_ERROR(n)	(1u << (14 + (n)))	/* H2C only */
#define  XDMA_WRITE_ERRORS	(0x1fu << 14)
#define  XDMA_DESC_ERROR(n)	(1u << (19 + (n)))
#define  XDMA_DESC_ERRORS	(0x1fu << 19)
/* what happens on the PCI side: */
#define   XDMA_UNSUPPORTED	0
/* and on the AXI side: */
#define   XDMA_DECODE		0
#define   XDMA_SLAVE		1
#define XDMA_COUNT		0x48
#define XDMA_ALIGNMENTS		0x4c
#define XDMA_POLL_LO		0x88
#define XDMA_POLL_HI		0x8c
#define XDMA_MASK		0x90
#define XDMA_MASK_W1S		0x94
#define XDMA_MASK_W1C		0x98
#define XDMA_PERF		0xc0
#define  XDMA_PERF_AUTO		(1u << 0)
#define  XDMA_PERF_CLEAR	(1u << 1)
#define  XDMA_PERF_RUN		(1u << 2)
#define XDMA_CYCLES_LO		0xc4
#define XDMA_CYCLES_HI		0xc8
#define XDMA_DATA_LO		0xcc
#define XDMA_DATA_HI		0xd0
#define  XDMA_PERF_MAXED	(1u << 16)
#define XDMA_PERF_BITS		42

/* Its descriptors */
#define XDMA_FIRST_LO		0x80
#define XDMA_FIRST_HI		0x84
#define XDMA_FIRST_ADJ		0x88
#define XDMA_CREDITS		0x8c
#define XDMA_CREDITS_MAX	1023

/* All descriptors: bits 3:0 are H2C's, bits 19:16 C2H's */
#define XDMA_HALT		0x10
#define XDMA_HALT_W1S		0x14
#define XDMA_HALT_W1C		0x18
#define XDMA_CREDIT_MODE	0x20
#define XDMA_CREDIT_MODE_W1S	0x24
#define XDMA_CREDIT_MODE_W1C	0x28

/* Interrupts */
#define XDMA_USER_ENABLE	0x04
#define XDMA_USER_ENABLE_W1S	0x08
#define XDMA_USER_ENABLE_W1C	0x0c
#define XDMA_CHAN_ENABLE	0x10
#define XDMA_CHAN_ENABLE_W1S	0x14
#define XDMA_CHAN_ENABLE_W1C	0x18
#define XDMA_USER_REQUEST	0x40
#define XDMA_CHAN_REQUEST	0x44
#define XDMA_USER_PENDING	0x48
#define XDMA_CHAN_PENDING	0x4c
#define XDMA_USER_VECTOR	0x80	/* four registers, four vectors each */
#define XDMA_CHAN_VECTOR	0xa0	/* two */

/* Configuration */
#define XDMA_BUS_DEV		0x04
#define XDMA_MAX_PAYLOAD	0x08
#define XDMA_MAX_READ		0x0c
#define XDMA_SYSTEM_ID		0x10
#define  XDMA_SYSTEM_ID_VALUE	0xff01u
#define XDMA_MSI_ENABLE		0x14
#define XDMA_DATA_WIDTH		0x18
#define XDMA_PCIE_CONTROL	0x1c
#define XDMA_USER_PAYLOAD	0x40
#define XDMA_USER_READ		0x44
#define XDMA_WRITE_FLUSH	0x60

/* MSI-X */
#define XDMA_MSIX_TABLE		0x8000u
#define XDMA_MSIX_PENDING	0x8fe0u
#define XDMA_VECTORS		32

/* A descriptor */
#define XDMA_DESC_BYTES		32
#define XDMA_DESC_MAGIC		0xad4bu
#define  XDMA_DESC_STOP		(1u << 0)
#define  XDMA_DESC_COMPLETED	(1u << 1)
#define  XDMA_DESC_EOP		(1u << 4)
#define XDMA_LENGTH_MASK	0x0fffffffu
#define XDMA_WRITEBACK_MAGIC	0x52b4u
#define XDMA_POLL_ERROR		(1u << 31)
#define XDMA_POLL_COUNT		0x00ffffffu

#endif /* CARD_XDMA_REGS_H */
