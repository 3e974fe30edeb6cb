/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Registers of an AC'97 controller as Intel's ICH has it, and of the codec behind it.
 *
 * From Intel's datasheets of the I/O controller hubs (82801AA and later) and from the
 * specification of AC'97, revision 2.3.
 */
#ifndef ACQ_AC97_REGS_H
#define ACQ_AC97_REGS_H

#include <linux/bits.h>

/* BAR 0: the mixer, which is the codec's. 16 bits each */
#define AC97_MIXER_BAR		0
#define AC97_MIXER_BYTES	0x80

#define AC97_MASTER		0x02	/* volumes: bit 15 mutes, 0 is 0 dB */
#define AC97_PCM_OUT		0x18
#define AC97_RECORD_SELECT	0x1a	/* 0 microphone ... 4 line in ..., of both channels */
#define AC97_RECORD_GAIN	0x1c	/* bit 15 mutes; steps of 1.5 dB */
#define AC97_POWER		0x26	/* 15:8 what is switched off; 3:0 what is ready */
#define AC97_EXTENDED_ID	0x28
#define AC97_EXTENDED		0x2a
#define AC97_DAC_RATE		0x2c	/* Hz; to be written with variable rate only */
#define AC97_ADC_RATE		0x32

#define AC97_MUTE		BIT(15)
#define AC97_POWER_ADC		BIT(0)
#define AC97_POWER_DAC		BIT(1)
#define AC97_VRA		BIT(0)	/* of both extended registers: variable rate */

/* What a codec without variable rate has */
#define AC97_RATE		48000U

/* BAR 1: the bus master */
#define AC97_MASTER_BAR		1
#define AC97_MASTER_BYTES	0x40

#define AC97_INPUT		0x00	/* an engine's registers */
#define AC97_OUTPUT		0x10
#define AC97_MICROPHONE		0x20

/* Of an engine */
#define AC97_LIST		0x00	/* 32 bits: bus address of its list */
#define AC97_INDEX		0x04	/* 8 bits: the entry in hand; 32: with the two below */
#define AC97_LAST		0x05	/* 8 bits: the last one that it may use */
#define AC97_STATUS		0x06	/* 16 bits */
#define AC97_LEFT		0x08	/* 16 bits: samples left of it; 32: with control */
#define AC97_CONTROL		0x0b	/* 8 bits */

/* In the 32 bits at AC97_INDEX */
#define AC97_LOOK_INDEX		GENMASK(4, 0)
#define AC97_LOOK_LAST		GENMASK(12, 8)
#define AC97_LOOK_STATUS	GENMASK(31, 16)
/* In those at AC97_LEFT */
#define AC97_LOOK_LEFT		GENMASK(15, 0)
#define AC97_LOOK_CONTROL	GENMASK(31, 24)

#define AC97_HALTED		BIT(0)
#define AC97_LAST_DONE		BIT(2)	/* events: written back, they are cleared */
#define AC97_ENTRY_DONE		BIT(3)
#define AC97_FIFO_ERROR		BIT(4)
#define AC97_EVENTS		(AC97_LAST_DONE | AC97_ENTRY_DONE | AC97_FIFO_ERROR)

#define AC97_RUN		BIT(0)
#define AC97_RESET		BIT(1)	/* clears itself */
#define AC97_IRQ_LAST		BIT(2)
#define AC97_IRQ_FIFO		BIT(3)
#define AC97_IRQ_ENTRY		BIT(4)
#define AC97_IRQS		(AC97_IRQ_LAST | AC97_IRQ_FIFO | AC97_IRQ_ENTRY)

#define AC97_GLOBAL		0x2c	/* 32 bits */
#define AC97_GLOBAL_COLD	BIT(1)	/* 0: the codec is in reset */
#define AC97_GLOBAL_WARM	BIT(2)	/* clears itself */

#define AC97_GLOBAL_STATUS	0x30	/* 32 bits */
#define AC97_GLOBAL_IRQ_IN	BIT(5)
#define AC97_GLOBAL_IRQ_OUT	BIT(6)
#define AC97_GLOBAL_READY	BIT(8)
#define AC97_GLOBAL_SILENT	BIT(15)	/* the codec did not answer a read; written back, cleared */

#define AC97_SEMAPHORE		0x34	/* 8 bits: reads 0 to one, who may access the codec then */
#define AC97_SEMAPHORE_TAKEN	BIT(0)

#define AC97_ALL_ONES		(~0U)

/* An entry of a list; there are as many as indices. Lengths are in samples of 16 bits. */
#define AC97_ENTRIES		32U

struct ac97_entry {
	__le32 addr;
	__le32 control;
};

#define AC97_ENTRY_SAMPLES	GENMASK(15, 0)
#define AC97_ENTRY_IRQ		BIT(31)

#endif /* ACQ_AC97_REGS_H */
