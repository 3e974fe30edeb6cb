/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * ACQ-USER: registers by which the logic behind a DMA core tells what it samples
 * and what it has lost.
 *
 * Shared by the driver (module/cards/xdma/logic.c) and the simulated card
 * (userspace/card/). docs/xdma-losses.md is the specification. The map may be
 * implemented by anybody in any gateware, hence the second licence.
 *
 * All registers are 32 bits wide and little endian. Reading the low half of a
 * pair latches the high one.
 */
#ifndef ACQ_USER_H
#define ACQ_USER_H

#define ACQ_USER_BAR_BYTES		0x10000u
#define ACQ_USER_ID			0x0000
#define  ACQ_USER_ID_MAGIC		0x55514341u /* "ACQU" */
#define ACQ_USER_VERSION		0x0004 /* major << 16 | minor */
#define  ACQ_USER_VERSION_1_0		0x00010000u
#define  ACQ_USER_VERSION_MAJOR		1
#define ACQ_USER_SCRATCH		0x0008
#define ACQ_USER_CHANNELS		0x000c /* bits 7:0 C2H, 15:8 H2C */
#define ACQ_USER_CLOCK_HZ		0x0010 /* 0: rates cannot be set */
#define ACQ_USER_IRQ			0x0020
#define ACQ_USER_IRQ_W1S		0x0024
#define ACQ_USER_IRQ_W1C		0x0028
#define ACQ_USER_LOSS_IRQ		0x002c /* 0: none, else 1 + number of the line */

/* A C2H stream's, at ACQ_USER_STREAM + channel * ACQ_USER_STREAM_BYTES */
#define ACQ_USER_STREAM			0x1000u
#define ACQ_USER_STREAM_BYTES		0x100u
#define ACQ_USER_CONTROL		0x00
#define  ACQ_USER_ENABLE		(1u << 0)
#define  ACQ_USER_RESET			(1u << 1)
#define ACQ_USER_FRAME			0x04 /* bits 7:0 format, 15:8 channels */
#define  ACQ_USER_WAITS			(1u << 16)
#define  ACQ_USER_MARKS			(1u << 17)
#define ACQ_USER_DIVIDER		0x08
#define  ACQ_USER_DIVIDER_MAX		0xffffffu
#define ACQ_USER_FIFO_BYTES		0x0c
#define ACQ_USER_PRODUCED_LO		0x10
#define ACQ_USER_PRODUCED_HI		0x14
#define ACQ_USER_LOST_LO		0x18
#define ACQ_USER_LOST_HI		0x1c
#define ACQ_USER_TAKEN_LO		0x20
#define ACQ_USER_TAKEN_HI		0x24
#define ACQ_USER_LOSSES			0x28
#define ACQ_USER_STATE			0x2c /* bits 15:0 records that wait */
#define  ACQ_USER_LOSING		(1u << 16)
#define  ACQ_USER_OVERFLOW		(1u << 17)
#define ACQ_USER_INDEX_LO		0x30
#define ACQ_USER_INDEX_HI		0x34
#define ACQ_USER_COUNT_LO		0x38
#define ACQ_USER_COUNT_HI		0x3c
#define ACQ_USER_POP			0x40

#endif /* ACQ_USER_H */
