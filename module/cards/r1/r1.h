/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Card family ACQ-R1: the reference register map, docs/acq-r1.md.
 *
 * regs.c	registers, RESET, and what makes a run fail
 * dma.c	block table, records and status page
 * fifo.c	the FIFO, read through the BAR
 * fifo_out.c	that of an output, written through it
 * run.c	a run from start() to stop(): struct acq_card_ops
 * describe.c	what the card says that it is
 * pci.c	probe, removal, interrupt
 *
 * Each calls those above it.
 */
#ifndef ACQ_R1_FAMILY_H
#define ACQ_R1_FAMILY_H

#include <linux/bitfield.h>
#include <linux/io-64-nonatomic-lo-hi.h>

#include "../../../include/acq_r1.h"
#include "../pci.h"

struct pci_driver;

struct r1_card;

/**
 * struct r1 - one side of an ACQ-R1 card: what samples, or what plays
 * @card: the card
 * @pci: its PCI device
 * @regs: its registers, in BAR 0
 * @output: it plays
 * @stream: its stream
 * @unmasked: causes that may interrupt, as they were set last
 * @masked: the handler has masked it, and the thread has not serviced it since
 * @strange: interrupts of a shared line that were not the card's; its handler
 * @version: of its register map
 * @serial: its serial number
 * @clock_hz: sample clock
 * @div_min: smallest divider
 * @div_max: largest divider
 * @fifo_bytes: size of its FIFO
 * @window64: its FIFO may be read 64 bits at a time
 * @follow: its FIFO's index follows what is read
 * @pow2: as many channels go together as a power of two says
 * @counts: it ends a run after its count by itself
 *
 * @whole: it tells of a block only when that is complete; producer.lock
 *
 * What follows lives from start() to stop(); producer.lock.
 *
 * @dma: this segment uses DMA; looked at without the lock, too
 * @master: it runs, and may use the bus; as @dma
 * @room: bytes of a full block
 * @frame: bytes of a frame
 * @table_log2: entries of @table and @records
 * @table: blocks handed out
 * @records: what became of them
 * @status: the card's progress; there as long as the card is
 * @table_dma: bus address of @table
 * @records_dma: of @records
 * @status_dma: of @status
 * @seen: newest update of @status that has been serviced; as @dma
 * @begin: position where this segment began
 * @slack: so many frames may be on their way from the source to a complete block
 * @stood_at: position when it was last checked whether that moves
 * @stood: when it last moved, or had a reason not to, in jiffies
 * @due: so many frames must be in blocks by now; 0 while it moves
 * @fifo_fill: bytes popped into the open block, a partial frame included
 * @fifo_index: the card's index of the open block
 * @fifo_lost: frames lost before it
 * @popped: bytes that the FIFO gave
 * @resync: the next frame's index must be asked for
 * @counted: @fifo_index says where that should be
 * @pushed: of an output: blocks that are in its FIFO, or have been
 * @pushed_bytes: of the next one
 * @ending: the newest that was given is the last, and says so
 * @checked: when what moves slowly was last checked, in jiffies
 * @checked_at: position when the card was last checked
 * @strange_then: @strange then
 * @cut: the kernel had disabled the interrupt then
 */
struct r1 {
	struct r1_card *card;
	struct acq_pci *pci;
	void __iomem *regs;
	bool output;
	struct acq_stream *stream;
	u32 unmasked;
	bool masked;
	u32 strange;
	u32 version;
	u64 serial;
	u32 clock_hz;
	u32 div_min;
	u32 div_max;
	u32 fifo_bytes;
	bool window64;
	bool follow;
	bool pow2;
	bool counts;
	bool whole;

	bool dma;
	bool master;
	u32 room;
	u32 frame;
	u32 table_log2;
	struct acq_r1_entry *table;
	struct acq_r1_record *records;
	struct acq_r1_status *status;
	dma_addr_t table_dma;
	dma_addr_t records_dma;
	dma_addr_t status_dma;
	u32 seen;
	u64 begin;
	u64 slack;
	u64 due;
	unsigned long stood;
	u64 stood_at;

	u32 fifo_fill;
	u64 fifo_index;
	u64 fifo_lost;
	u64 popped;
	bool resync;
	bool counted;

	u64 pushed;
	u32 pushed_bytes;
	bool ending;

	unsigned long checked;
	u64 checked_at;
	u32 strange_then;
	bool cut;
};

/**
 * struct r1_card - an ACQ-R1 card
 * @pci: its PCI device
 * @in: what samples
 * @out: what plays; without a stream if it has none
 * @addr_bits: of an address, of both; 0: not known yet
 * @largest: bytes of the largest block of both
 */
struct r1_card {
	struct acq_pci pci;
	struct r1 in;
	struct r1 out;
	u32 addr_bits;
	u32 largest;
};

/* What a card that is not there reads as */
#define R1_ALL_ONES		(~0U)

/* Bounds on what a card may claim: log2 of bytes and entries */
#define R1_BLOCK_LOG2_MIN	6
#define R1_BLOCK_LOG2_MAX	22
#define R1_TABLE_LOG2_MIN	2
#define R1_TABLE_LOG2_MAX	16

static inline u32 r1_get(const struct r1 *r1, u32 reg)
{
	return readl(r1->regs + reg);
}

static inline void r1_put(const struct r1 *r1, u32 reg, u32 value)
{
	writel(value, r1->regs + reg);
}

/* Reading the low half latches the high one. */
static inline u64 r1_get64(const struct r1 *r1, u32 lo)
{
	u32 low = r1_get(r1, lo);

	return low | (u64)r1_get(r1, lo + 4) << 32;
}

static inline void r1_put64(const struct r1 *r1, u32 lo, u64 value)
{
	r1_put(r1, lo, lower_32_bits(value));
	r1_put(r1, lo + 4, upper_32_bits(value));
}

/* ACQ_R1_IDLE to ACQ_R1_ERROR, of what STATE reads */
static inline u32 r1_state(u32 word)
{
	return FIELD_GET(ACQ_R1_STATE_MASK, word);
}

static inline bool r1_runs(u32 word)
{
	return word != R1_ALL_ONES && r1_state(word) != ACQ_R1_IDLE &&
	       r1_state(word) != ACQ_R1_ERROR;
}

void r1_regs_unmask(struct r1 *r1, u32 causes);
int r1_regs_reset(struct r1 *r1);
bool r1_regs_halt(struct r1 *r1);
u64 r1_regs_serial(struct r1 *r1);
void r1_regs_report(struct r1 *r1);
void r1_regs_fail(struct r1 *r1, int error, const char *why);
void r1_regs_fail_by_card(struct r1 *r1, u32 state);
bool r1_regs_check(struct r1 *r1, u32 state);
bool r1_regs_refuse(struct r1 *r1, const char *why);

int r1_dma_alloc_status(struct r1 *r1);
int r1_dma_alloc(struct r1 *r1, u32 slots);
void r1_dma_free(struct r1 *r1);
void r1_dma_program(struct r1 *r1, const struct acq_config *config);
bool r1_dma_played(struct r1 *r1);
void r1_dma_moderate(struct r1 *r1, u32 frames, u32 us);
void r1_dma_give(struct r1 *r1, const struct acq_memory *block);
void r1_dma_kick(struct r1 *r1);
void r1_dma_service(struct r1 *r1);
void r1_dma_check_causes(struct r1 *r1);
bool r1_dma_check_moves(struct r1 *r1, u32 state);

void r1_fifo_begin(struct r1 *r1, const struct acq_config *config);
void r1_fifo_moderate(struct r1 *r1, u32 frames, u32 us);
void r1_fifo_service(struct r1 *r1);

void r1_fifo_out_begin(struct r1 *r1);
void r1_fifo_out_give(struct r1 *r1, const struct acq_memory *block);
void r1_fifo_out_kick(struct r1 *r1);
void r1_fifo_out_finish(struct r1 *r1);
bool r1_fifo_out_played(struct r1 *r1);
void r1_fifo_out_service(struct r1 *r1);

extern const struct acq_card_ops r1_run_ops;
extern const struct acq_card_ops r1_run_output_ops;

int r1_describe_identify(struct r1 *r1);
int r1_describe(struct r1 *r1, struct acq_info *info, struct acq_config *config);
int r1_describe_round(struct acq_stream *stream, struct acq_config *config);

extern struct pci_driver acq_r1_driver;

#endif /* ACQ_R1_FAMILY_H */
