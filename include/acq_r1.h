/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * ACQ-R1: the register map of the reference acquisition card.
 *
 * Shared by the driver (module/cards/r1/) and the simulated card (userspace/card/).
 * docs/acq-r1.md is the specification; this file is its numbers. The map may be
 * implemented by anybody in any gateware, hence the second licence.
 *
 * All registers are 32 bits wide and little endian, as are all structures in
 * host memory.
 */
#ifndef ACQ_R1_H
#define ACQ_R1_H

#include <linux/types.h>

/* PCI identity. 1234 is the unregistered vendor of emulated devices. */
#define ACQ_R1_VENDOR			0x1234
#define ACQ_R1_DEVICE			0xac01
#define ACQ_R1_CLASS			0x118000 /* signal processing, other */

/* BAR 0: registers, then the FIFO window */
#define ACQ_R1_BAR			0
#define ACQ_R1_BAR_BYTES		0x2000
#define ACQ_R1_WINDOW			0x1000 /* reads pop a FIFO, writes push the output's */
#define ACQ_R1_WINDOW_BYTES		0x1000
#define ACQ_R1_MSIX_BAR			2
#define ACQ_R1_MSIX_VECTORS		1

/* The registers of the output side: as the input's, so far behind them */
#define ACQ_R1_OUTPUT			0x200

/* Identity, read only */
#define ACQ_R1_ID			0x000
#define  ACQ_R1_ID_MAGIC		0x31514341 /* "ACQ1" */
#define ACQ_R1_VERSION			0x004 /* of this map: major << 16 | minor */
#define  ACQ_R1_VERSION_MAJOR		1
#define  ACQ_R1_VERSION_MINOR		1
#define ACQ_R1_REVISION			0x008 /* of the gateware */
#define ACQ_R1_CAPS			0x00c
#define  ACQ_R1_CAP_DMA			(1u << 0)
#define  ACQ_R1_CAP_FIFO		(1u << 1)
#define  ACQ_R1_CAP_WAIT		(1u << 2) /* the source waits, nothing is lost */
#define  ACQ_R1_CAP_TRIG_SOFT		(1u << 3)
#define  ACQ_R1_CAP_TRIG_LEVEL		(1u << 4)
#define  ACQ_R1_CAP_TRIG_EXT		(1u << 5)
#define  ACQ_R1_CAP_PRETRIG		(1u << 6)
#define  ACQ_R1_CAP_COUNT		(1u << 7)
#define  ACQ_R1_CAP_RAMP		(1u << 8)
#define  ACQ_R1_CAP_PRBS		(1u << 9)
#define  ACQ_R1_CAP_WINDOW64		(1u << 10) /* the window may be read 64 bits at a time */
#define  ACQ_R1_CAP_OUTPUT		(1u << 11) /* there is an output side */
#define  ACQ_R1_CAP_LINK		(1u << 12) /* both sides can begin at the same clock */
#define  ACQ_R1_CAP_FOLLOW		(1u << 13) /* FIFO_INDEX follows each pop */
#define  ACQ_R1_CAP_ALL_CHANNELS	(1u << 14) /* CHANNEL_MASK is all, always */
#define  ACQ_R1_CAP_POW2_CHANNELS	(1u << 15) /* as many as a power of two says */
#define  ACQ_R1_CAP_WHOLE_BLOCKS	(1u << 16) /* DMA: word of complete blocks only */
#define ACQ_R1_SERIAL_LO		0x010
#define ACQ_R1_SERIAL_HI		0x014
#define ACQ_R1_CHANNELS			0x018 /* 1..32 */
#define ACQ_R1_FORMATS			0x01c /* bit f set: format f */
#define ACQ_R1_CLOCK_HZ			0x020 /* sample rate = clock / divider */
#define ACQ_R1_DIV_MIN			0x024
#define ACQ_R1_DIV_MAX			0x028
#define ACQ_R1_FIFO_BYTES		0x02c /* the largest frame, by the window and 3 */
#define ACQ_R1_LIMITS			0x030
#define  ACQ_R1_LIMITS_BLOCK_MIN(x)	((x) & 0xff)		/* log2 bytes */
#define  ACQ_R1_LIMITS_BLOCK_MAX(x)	(((x) >> 8) & 0xff)	/* log2 bytes */
#define  ACQ_R1_LIMITS_TABLE(x)		(((x) >> 16) & 0xff)	/* log2 entries */
#define  ACQ_R1_LIMITS_ADDR_BITS(x)	(((x) >> 24) & 0xff)
#define ACQ_R1_TS_HZ			0x034 /* of the timestamp counter, 0: there is none */
#define ACQ_R1_PRETRIG_BYTES		0x038
#define ACQ_R1_SCRATCH			0x03c /* read-write, no effect */

/* Control and status */
#define ACQ_R1_COMMAND			0x040 /* write only */
#define  ACQ_R1_CMD_START		(1u << 0)
#define  ACQ_R1_CMD_STOP		(1u << 1) /* output: what was given is played */
#define  ACQ_R1_CMD_RESET		(1u << 2)
#define  ACQ_R1_CMD_TRIGGER		(1u << 3)
#define  ACQ_R1_CMD_HALT		(1u << 4) /* output: play no more */
#define  ACQ_R1_CMD_HOLD		(1u << 5) /* with START: nothing begins before GO */
#define  ACQ_R1_CMD_GO			(1u << 6) /* this side begins */
#define  ACQ_R1_CMD_GO_BOTH		(1u << 7) /* both sides begin, at the same clock */
#define ACQ_R1_STATE			0x044
#define  ACQ_R1_STATE_MASK		0xf
#define   ACQ_R1_IDLE			0
#define   ACQ_R1_ARMED			1
#define   ACQ_R1_RUNNING		2
#define   ACQ_R1_DRAINING		3 /* samples no more, FIFO not empty */
#define   ACQ_R1_DONE			4
#define   ACQ_R1_ERROR			5
#define  ACQ_R1_STATE_LOSING		(1u << 8) /* dropping frames, in RUNNING; output: filler */
#define  ACQ_R1_STATE_TRIGGERED		(1u << 9)
#define  ACQ_R1_STATE_HELD		(1u << 10) /* waits for GO */
#define  ACQ_R1_STATE_CODE(x)		((x) >> 16) /* valid in ACQ_R1_ERROR */
#define   ACQ_R1_ERR_CONFIG		1 /* START refused: configuration */
#define   ACQ_R1_ERR_DMA		2 /* a bus master access failed */
#define   ACQ_R1_ERR_TABLE		3 /* block table entry or GIVEN is wrong */
#define   ACQ_R1_ERR_UNDERRUN		4 /* FIFO window read beyond its level */

/* Interrupts */
#define ACQ_R1_IRQ_STATUS		0x048 /* write one to clear, but DATA */
#define ACQ_R1_IRQ_MASK			0x04c /* one enables */
#define  ACQ_R1_IRQ_DATA		(1u << 0)
#define  ACQ_R1_IRQ_OVERFLOW		(1u << 1)
#define  ACQ_R1_IRQ_TRIGGER		(1u << 2)
#define  ACQ_R1_IRQ_ERROR		(1u << 3)
#define  ACQ_R1_IRQ_FINISHED		(1u << 4)
#define  ACQ_R1_IRQ_ALL			0x1f
#define ACQ_R1_IRQ_FRAMES		0x050 /* DATA after so many frames, 0: each block */
#define ACQ_R1_IRQ_US			0x054 /* or so many us after the first, 0: never */
#define ACQ_R1_SEEN			0x058 /* status page update the host has seen */

/* Bus-master DMA */
#define ACQ_R1_TABLE_LO			0x060
#define ACQ_R1_TABLE_HI			0x064
#define ACQ_R1_RECORDS_LO		0x068
#define ACQ_R1_RECORDS_HI		0x06c
#define ACQ_R1_STATUS_LO		0x070
#define ACQ_R1_STATUS_HI		0x074
#define ACQ_R1_TABLE_LOG2		0x078 /* entries of table and records */
#define ACQ_R1_GIVEN			0x07c /* blocks handed out since START, mod 2^32 */

/* Configuration; not written during a run */
#define ACQ_R1_TRANSFER			0x080
#define  ACQ_R1_TRANSFER_FIFO		0
#define  ACQ_R1_TRANSFER_DMA		1
#define ACQ_R1_DIVIDER			0x084
#define ACQ_R1_CHANNEL_MASK		0x088
#define ACQ_R1_FORMAT			0x08c
#define  ACQ_R1_FORMAT_S8		0
#define  ACQ_R1_FORMAT_U8		1
#define  ACQ_R1_FORMAT_S16		2
#define  ACQ_R1_FORMAT_U16		3
#define  ACQ_R1_FORMAT_S32		4
#define  ACQ_R1_FORMAT_U32		5
#define  ACQ_R1_FORMAT_NUM		6
#define ACQ_R1_COUNT_LO			0x090 /* frames of the run, 0: endless */
#define ACQ_R1_COUNT_HI			0x094
#define ACQ_R1_TRIGGER			0x098
#define  ACQ_R1_TRIG_SOURCE(x)		((x) & 0xf)
#define   ACQ_R1_TRIG_IMMEDIATE		0
#define   ACQ_R1_TRIG_SOFTWARE		1
#define   ACQ_R1_TRIG_LEVEL		2
#define   ACQ_R1_TRIG_EXTERNAL		3
#define  ACQ_R1_TRIG_FALLING		(1u << 4)
#define  ACQ_R1_TRIG_CHANNEL(x)		(((x) >> 8) & 0xff)
#define ACQ_R1_TRIGGER_LEVEL		0x09c /* signed, in codes of the format */
#define ACQ_R1_PRETRIGGER		0x0a0 /* frames */
#define ACQ_R1_PATTERN			0x0a4
#define  ACQ_R1_PATTERN_INPUT		0
#define  ACQ_R1_PATTERN_RAMP		1
#define  ACQ_R1_PATTERN_PRBS		2

/* Counters since START; reading LO latches HI, until another LO is read */
#define ACQ_R1_FRAMES_LO		0x0c0 /* lost ones included */
#define ACQ_R1_FRAMES_HI		0x0c4
#define ACQ_R1_DROPPED_LO		0x0c8
#define ACQ_R1_DROPPED_HI		0x0cc
#define ACQ_R1_TIMESTAMP_LO		0x0d0
#define ACQ_R1_TIMESTAMP_HI		0x0d4
#define ACQ_R1_TRIGGER_INDEX_LO		0x0d8
#define ACQ_R1_TRIGGER_INDEX_HI		0x0dc

/* FIFO transfer */
#define ACQ_R1_FIFO_LEVEL		0x0e0 /* bytes, contiguous in sample index */
#define ACQ_R1_FIFO_INDEX_LO		0x0e4 /* of the stretch, with FOLLOW of the next frame */
#define ACQ_R1_FIFO_INDEX_HI		0x0e8

/* FIFO transfer of an output; ACQ_R1_FIFO_LEVEL is what can be pushed, FIFO_INDEX block SEEN's */
#define ACQ_R1_BLOCK_BYTES		0x0ec /* of the block that the next GIVEN ends */
#define  ACQ_R1_BLOCK_LAST		(1u << 31) /* nothing follows */
#define ACQ_R1_PLAYED			0x0f0 /* blocks since START, mod 2^32 */
#define ACQ_R1_PLAYED_BYTES		0x0f4 /* of the one after those */
#define ACQ_R1_BLOCKS_UNSEEN		64 /* given blocks that SEEN does not cover, at most */

/**
 * struct acq_r1_entry - a block that the host hands to the card
 * @addr: bus address, aligned to 64 bytes
 * @bytes: room in it, a multiple of the frame size; of an input, of 8 as well
 * @flags: ACQ_R1_ENTRY_LAST, or zero
 *
 * Entry n of the table (n modulo its size) is the n-th block since START. The table is
 * aligned to its size, and so are the records, or to ACQ_R1_TABLE_ALIGN if that is less.
 */
struct acq_r1_entry {
	__le64 addr;
	__le32 bytes;
	__le32 flags;
};

#define ACQ_R1_TABLE_ALIGN		0x100000
#define ACQ_R1_ENTRY_LAST		(1u << 0) /* output: no entry follows; else zero */

/**
 * struct acq_r1_record - what the card says of a block
 * @index: sample index of the block's first frame
 * @lost: frames lost between the previous block and this one
 * @timestamp: the card's counter at the first frame; 0: not known
 * @bytes: bytes in the block; final only with ACQ_R1_RECORD_DONE
 * @flags: ACQ_R1_RECORD_*, and the low 16 bits of the block's number on top
 *
 * Written when the block gets its first frame (but with ACQ_R1_CAP_WHOLE_BLOCKS) and
 * again when it is complete, each time before the status page that counts it.
 */
struct acq_r1_record {
	__le64 index;
	__le64 lost;
	__le64 timestamp;
	__le32 bytes;
	__le32 flags;
};

#define ACQ_R1_RECORD_DONE		(1u << 0)
#define ACQ_R1_RECORD_TRIGGER		(1u << 1) /* the trigger frame is in here */
#define ACQ_R1_RECORD_LAST		(1u << 2) /* of the run */
#define ACQ_R1_RECORD_FLAGS		0x7
#define ACQ_R1_RECORD_NUMBER(x)		((x) >> 16)

/**
 * struct acq_r1_status - the status page, 64 bytes in host memory
 * @progress: complete blocks since START << 32 | bytes in the open block
 * @frames: sample frames since START, lost ones included
 * @dropped: sample frames lost since START
 * @timestamp: the card's counter at this update
 * @trigger_index: sample index of the trigger
 * @state: as ACQ_R1_STATE, and
 * @irq: as ACQ_R1_IRQ_STATUS, both with what this update announces
 * @reserved: zero; of an output, the first: blocks that it has read, played ones or more
 * @update: number of this update since START; the host writes what it has seen to ACQ_R1_SEEN
 *
 * The card writes it in ascending order of address, each field whole: a host
 * that reads @update first and the rest behind a read barrier sees fields at
 * least as new as that update.
 */
struct acq_r1_status {
	__le64 progress;
	__le64 frames;
	__le64 dropped;
	__le64 timestamp;
	__le64 trigger_index;
	__le32 state;
	__le32 irq;
	__le32 reserved[3];
	__le32 update;
};

#endif /* ACQ_R1_H */
