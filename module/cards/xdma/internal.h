/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of card family XDMA share. */
#ifndef ACQ_XDMA_INTERNAL_H
#define ACQ_XDMA_INTERNAL_H

#include <linux/bits.h>
#include <linux/device.h>
#include <linux/io.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/types.h>

#include "../../core/card.h"
#include "../pci.h"
#include "bounce.h"
#include "logic.h"
#include "regs.h"
#include "user.h"

/* Widest data path, which AMD asks the length of a descriptor to be a multiple of */
#define XDMA_WORD		64

/* Of a card that does not answer */
#define XDMA_ALL_ONES		(~0U)

/* What may be logged, and interrupts */
#define XDMA_CAUSES			(XDMA_COMPLETED | XDMA_IDLE_STOPPED | XDMA_ERRORS)

/* Bits of xdma_channel.flags */
#define XDMA_PENDING		0	/* an interrupt came that service() has not seen */
#define XDMA_MASKED		1	/* it is to be enabled again after that */
#define XDMA_CALLED		2	/* it was the one for all, whose thread is to come */

/* What can go wrong: each has a counter. */
enum xdma_fault {
	XDMA_FAULT_ALIGNMENT,
	XDMA_FAULT_MAGIC,
	XDMA_FAULT_LENGTH,
	XDMA_FAULT_DATA_DECODE,
	XDMA_FAULT_DATA_SLAVE,
	XDMA_FAULT_DATA_OTHER,
	XDMA_FAULT_DATA_FETCH,
	XDMA_FAULT_DESC_UNSUPPORTED,
	XDMA_FAULT_DESC_ABORTED,
	XDMA_FAULT_DESC_PARITY,
	XDMA_FAULT_DESC_POISONED,
	XDMA_FAULT_DESC_UNEXPECTED,
	XDMA_FAULT_NO_ANSWER,
	XDMA_FAULT_WRITEBACK,
	XDMA_FAULT_NO_WRITEBACK,
	XDMA_FAULT_COUNT,
	XDMA_FAULT_FRAME,
	XDMA_FAULT_LOGIC,
	XDMA_FAULT_RESET,
	XDMA_FAULT_DRY,
	XDMA_FAULT_NUM,
};

struct xdma;

#define XDMA_FOUND_REGS		4
#define XDMA_FOUND_SGDMA	3

/**
 * struct xdma_found - registers of a channel as probe() found them
 * @regs: of the channel
 * @sgdma: for its descriptors
 * @credit_mode: descriptors are taken for credits alone
 * @credits: so many
 */
struct xdma_found {
	u32 regs[XDMA_FOUND_REGS];
	u32 sgdma[XDMA_FOUND_SGDMA];
	bool credit_mode;
	u32 credits;
};

/**
 * struct xdma_found_irqs - registers for interrupts as probe() found them
 * @enabled: channels
 * @vectors: of channels
 * @user_enabled: user lines
 * @user_vectors: of user lines
 */
struct xdma_found_irqs {
	u32 enabled;
	u32 vectors[XDMA_VECTOR_REGS];
	u32 user_enabled;
	u32 user_vectors[XDMA_USER_VECTOR_REGS];
};

/**
 * struct xdma_channel - a stream
 * @card: its card
 * @stream: its stream
 * @output: it is an H2C channel; else a C2H channel
 * @number: of the channel, among those of its direction
 * @common: its bit in the registers for all descriptors
 * @line: its bit among the interrupts
 * @irq: Linux number of its interrupt, 0: the card has one for all
 * @regs: its registers
 * @sgdma: those for its descriptors
 * @found: what was in them
 * @desc: descriptors, one a slot
 * @desc_dma: bus address of @desc
 * @back: writebacks, one a slot; 0: not done. Of an output: in the first one the count of
 *	completed descriptors, modulo 2^24
 * @back_dma: bus address of @back
 * @flags: XDMA_PENDING, XDMA_MASKED, XDMA_CALLED
 * @silenced: its interrupt is disabled; producer.lock
 * @kept: a run that the engine may still write, although it has ended; changes
 *	within the stream's producer.lock
 * @dry: as @kept, for @bounce
 * @bounce: chunks that the engine fills without asking; allocated when they are
 *	first needed
 * @logic: what the card's own logic says of the stream
 * @faults: what has gone wrong, how often; producer.lock
 * @packets: ends of packets so far; producer.lock
 * @grants: writes of credits; producer.lock
 * @starved: how often an output's engine had nothing to fetch; producer.lock
 * @questions: registers read by check(), and for a channel that has nothing new, or
 *	stops, or has lost samples; producer.lock
 *
 * The others live from start() to stop() and are protected by the stream's
 * producer.lock.
 *
 * @slots: descriptors in the circle
 * @room: bytes of a full block
 * @frame: bytes of a frame
 * @copied: it is by way of @bounce
 * @busy: the engine was not idle at start()
 * @begun: the engine has been started; before that it knows nothing of the run
 * @finishing: it is to stop behind its descriptor; of an output: nothing more is given
 * @credited: blocks that it got credits for
 * @quiet: blocks before this one may complete without an interrupt
 * @index: sample index of the open block
 * @ended: the block before it was ended by tlast, or there is none
 * @asked: a loss before a block below this one is known
 * @checked_at: when check() read registers last, in jiffies
 * @each: an interrupt for so many blocks
 * @base: where the count of completed descriptors began
 */
struct xdma_channel {
	struct xdma *card;
	struct acq_stream *stream;
	bool output;
	unsigned int number;
	u32 common;
	unsigned int line;
	int irq;
	void __iomem *regs;
	void __iomem *sgdma;
	struct xdma_found found;
	struct xdma_desc *desc;
	dma_addr_t desc_dma;
	__le64 *back;
	dma_addr_t back_dma;
	unsigned long flags;
	bool silenced;
	struct acq_run *kept;
	bool dry;
	struct xdma_bounce bounce;
	struct xdma_logic logic;
	u64 faults[XDMA_FAULT_NUM];
	u64 packets;
	u64 grants;
	u64 starved;
	u64 questions;

	u32 slots;
	u32 room;
	u32 frame;
	bool copied;
	bool busy;
	bool begun;
	bool finishing;
	u64 credited;
	u64 quiet;
	u64 index;
	bool ended;
	u64 asked;
	unsigned long checked_at;
	u32 each;
	u32 base;
};

/**
 * struct xdma_look - what registers say of an engine, all read at about one time
 * @status: errors, and whether it is busy
 * @count: descriptors that it has completed
 * @control: does it run?
 */
struct xdma_look {
	u32 status;
	u32 count;
	u32 control;
};

/**
 * struct xdma - a card with XDMA
 * @pci: its PCI device
 * @regs: its DMA BAR
 * @bar: number of that
 * @serial: its serial number, 0: it has none
 * @irq: the interrupt of all channels, 0: each has its own
 * @h2c: number of H2C channels, whose bits come first among the interrupts
 * @lines: bits of our channels there
 * @count: number of @channel
 * @inputs: of C2H streams, which come first
 * @lock: for what channels share: vectors, and the card's return
 * @found: what was in the registers for interrupts
 * @user: its own logic
 * @channel: its streams
 */
struct xdma {
	struct acq_pci pci;
	void __iomem *regs;
	int bar;
	u64 serial;
	int irq;
	unsigned int h2c;
	u32 lines;
	unsigned int count;
	unsigned int inputs;
	struct mutex lock;
	struct xdma_found_irqs found;
	struct xdma_user user;
	struct xdma_channel channel[2 * XDMA_CHANNELS];
};

static inline u32 xdma_read(const struct xdma_channel *ch, u32 reg)
{
	return readl(ch->regs + reg);
}

static inline void xdma_write(const struct xdma_channel *ch, u32 reg, u32 value)
{
	writel(value, ch->regs + reg);
}

static inline void xdma_write_irq(const struct xdma *x, u32 reg, u32 value)
{
	writel(value, x->regs + XDMA_IRQ + reg);
}

static inline struct device *xdma_device(const struct xdma_channel *ch)
{
	return &ch->card->pci.pdev->dev;
}

/* As messages call it */
static inline const char *xdma_direction(const struct xdma_channel *ch)
{
	return ch->output ? "H2C" : "C2H";
}

/* A card that does not answer has not said that it is idle. */
static inline bool xdma_idle(u32 status)
{
	return status != XDMA_ALL_ONES && !(status & XDMA_BUSY);
}

/* Where block @number is in the circles of descriptors and writebacks */
static inline u32 xdma_slot(const struct xdma_channel *ch, u64 number)
{
	return number & (ch->slots - 1);
}

/* engine.c */
extern const struct acq_card_ops xdma_engine_ops;
void xdma_engine_let_go(struct xdma_channel *ch);
bool xdma_engine_holds_memory(const struct xdma_channel *ch);
int xdma_engine_round(struct acq_stream *stream, struct acq_config *config);
void xdma_engine_power_up(struct acq_stream *stream);
void xdma_engine_reclaim(struct acq_stream *stream);
int xdma_engine_start(struct acq_stream *stream, const struct acq_config *config);
void xdma_engine_begin(struct xdma_channel *ch);
void xdma_engine_moderate(struct acq_stream *stream, u32 frames, u32 us);
void xdma_engine_serviced(struct xdma_channel *ch, bool pending, bool news);
bool xdma_engine_look(struct xdma_channel *ch, struct xdma_look *look);
void xdma_engine_silence(struct acq_stream *stream);
bool xdma_engine_wait_idle(struct xdma_channel *ch, u32 *status);
void xdma_engine_keep_memory(struct xdma_channel *ch, u32 status);
void xdma_engine_abandon(struct acq_stream *stream);

/* blocks.c */
void xdma_blocks_begin(struct xdma_channel *ch);
void xdma_blocks_describe(struct xdma_channel *ch, const struct acq_memory *block);
void xdma_blocks_grant(struct xdma_channel *ch);
bool xdma_blocks_collect(struct xdma_channel *ch);

/* output.c */
extern const struct acq_card_ops xdma_output_ops;
void xdma_output_prepare(struct xdma_channel *ch);
void xdma_output_begin(struct xdma_channel *ch);

/* bounce.c */
void xdma_bounce_prepare(struct xdma_channel *ch);
void xdma_bounce_begin(struct xdma_channel *ch);
bool xdma_bounce_collect(struct xdma_channel *ch);
bool xdma_bounce_collected(const struct xdma_channel *ch);
u64 xdma_bounce_unreported(struct xdma_channel *ch);

/* faults.c */
__printf(4, 5) void xdma_fault_fail(struct xdma_channel *ch, enum xdma_fault fault, int error,
				    const char *why, ...);
void xdma_fault_no_answer(struct xdma_channel *ch);
void xdma_fault_reset(struct xdma_channel *ch);
void xdma_fault_no_writeback(struct xdma_channel *ch);
void xdma_fault_by_status(struct xdma_channel *ch, u32 status);
u32 xdma_fault_check_writeback(struct xdma_channel *ch, u64 back, u32 room);
void xdma_fault_show(struct acq_stream *stream, struct seq_file *m);

/* found.c */
int xdma_found_hold(struct xdma *x);
void xdma_found_read(struct xdma *x);
void xdma_found_put_back(struct xdma *x);
void xdma_found_put_back_channel(struct xdma_channel *ch);

/* irq.c */
void xdma_irq_set_vectors(struct xdma *x);
int xdma_irq_request(struct xdma *x);
void xdma_irq_free(struct xdma *x);

#endif /* ACQ_XDMA_INTERNAL_H */
