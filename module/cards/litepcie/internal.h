/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of card family LitePCIe share. */
#ifndef ACQ_LITEPCIE_INTERNAL_H
#define ACQ_LITEPCIE_INTERNAL_H

#include <linux/bits.h>
#include <linux/device.h>
#include <linux/io.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "../../core/card.h"
#include "../named.h"
#include "../pci.h"
#include "map.h"
#include "regs.h"
#include "times.h"

/* Of a card that does not answer */
#define LITE_ALL_ONES		(~0U)

/* A ring has at most so many blocks; the card has half of them at a time. */
#define LITE_SLOTS		ACQ_NAMED_BLOCKS_MAX
/* Blocks of an output that are copied: so many at a time, of which some are to be had */
#define LITE_COPIES		256U
#define LITE_COPIES_MIN		4U
#define LITE_COPIES_BYTES	SZ_1M
#define LITE_BEAT_MAX		64U
/* What FIFOs before a Writer hold, at most: so far behind an empty table losses may begin */
#define LITE_STALL_BYTES	SZ_128K

/* Of Loop mode */
#define LITE_CHUNKS		64U
#define LITE_CHUNK_BYTES	SZ_64K
#define LITE_LOOP_BYTES		(LITE_CHUNKS * LITE_CHUNK_BYTES)

/* What can go wrong: each has a counter. */
enum lite_fault {
	LITE_FAULT_NO_ANSWER,
	LITE_FAULT_COUNT,
	LITE_FAULT_TABLE,
	LITE_FAULT_HEADER,
	LITE_FAULT_TIME,
	LITE_FAULT_RATE,
	LITE_FAULT_MASTER,
	LITE_FAULT_RESET,
	LITE_FAULT_STOP,
	LITE_FAULT_NUM,
};

/* Bits of struct lite.flags */
enum lite_flag {
	LITE_LOGIC,	/* an interrupt was one of the design's own logic */
};

struct lite;

/**
 * struct lite_loop - memory that a Writer fills round and round without asking
 * @chunk: pieces of it
 * @dma: their bus addresses
 *
 * The others live from the first lite_loop_kick() on.
 *
 * @chunks: how many are in use
 * @bytes: that are filled of each
 * @status: rounds and index in the newest round, as read last
 * @done: chunks that are whole
 * @next: number of the chunk to be copied next
 * @at: bytes that the ring's open block has so far
 * @index: sample index of that block
 * @before: frames that were lost before it
 * @lost: frames lost since the newest that was copied
 * @deaf: its interrupt is disabled, as there is no room
 */
struct lite_loop {
	void **chunk;
	dma_addr_t *dma;

	u32 chunks;
	u32 bytes;
	u32 status;
	u64 done;
	u64 next;
	u32 at;
	u64 index;
	u64 before;
	u64 lost;
	bool deaf;
};

/**
 * struct lite_copy - memory of a block that is copied
 * @to: the memory
 * @dma: its bus address
 */
struct lite_copy {
	u8 *to;
	dma_addr_t dma;
};

/**
 * struct lite_channel - a stream: a Writer or a Reader
 * @card: its card
 * @stream: its stream
 * @output: it is a Reader
 * @number: of its DMA channel
 * @line: its bit among the interrupts
 * @irq: Linux number of its interrupt, 0: the card has one for all
 * @regs: its registers
 * @sync: those of the synchronizer of its DMA channel, NULL: there is none
 * @headers: one a slot; the card writes them: NULL: its design has none
 * @headers_dma: bus address of @headers
 * @copy: memory for blocks of an output that are copied, as many as @copies
 * @copies: how many there are
 * @copy_bytes: size of each
 * @pad: the end of a run of such an output, LITE_BEAT_MAX bytes
 * @pad_dma: bus address of @pad
 * @ends: for each slot, as many descriptors as have to be done for its block to be
 * @sums: for each slot, bytes of an output up to the end of its block; NULL of an input
 * @silenced: its interrupt is disabled; producer.lock
 * @faults: what has gone wrong, how often; producer.lock
 * @starved: how often its table was found empty after it had not been; producer.lock
 * @questions: registers read by check(); producer.lock
 * @loop: what Loop mode uses; allocated when it is first needed
 * @kept: the run whose memory it may still use, as it did not stop; producer.lock
 *
 * The others live from start() to stop() and are protected by the stream's producer.lock. The
 * interrupt thread reads @begun, @copied, @base, @popped, and @loop without it.
 *
 * @slots: blocks of the ring
 * @room: bytes of a full block
 * @frame: bytes of a frame
 * @timed: blocks come with headers
 * @copied: it is by way of @loop
 * @early: a descriptor that is counted may lack its last packet
 * @begun: it has been enabled
 * @held: it waits for the other direction to begin
 * @finishing: nothing more is given
 * @proven: the table has been found to take what is told
 * @each: an interrupt for so many blocks
 * @base: where the count began
 * @pushed: descriptors so far
 * @popped: those that the card has done
 * @popped_ns: when the newest of them was seen; of an output
 * @seen: what @pushed was at the last count
 * @dry: the table had been empty then
 * @stalled: blocks before this one may lack samples because the table was empty
 * @blocks: blocks whose descriptors are in the table, or were
 * @quiet: blocks before this one may be done without an interrupt
 * @carry: bytes behind the last whole beat, sent before the next block
 * @carried: how many they are: where there are some, blocks are copied
 * @counted: blocks whose descriptors are done
 * @marked: what @counted was at @marked_ns
 * @marked_ns: when that was
 * @safe: what it was long before that
 * @empties_ns: how long its FIFOs take to be empty, where they do not say
 * @index: sample index of the open block
 * @lost: frames lost right before it
 * @reported: frames that the core has been told of
 * @time: of the header before it
 * @times: what headers have told
 * @checked_at: when check() read registers last, in jiffies
 */
struct lite_channel {
	struct lite *card;
	struct acq_stream *stream;
	bool output;
	unsigned int number;
	unsigned int line;
	int irq;
	void __iomem *regs;
	void __iomem *sync;
	struct lite_header *headers;
	dma_addr_t headers_dma;
	struct lite_copy *copy;
	unsigned int copies;
	u32 copy_bytes;
	u8 *pad;
	dma_addr_t pad_dma;
	u64 *ends;
	u64 *sums;
	bool silenced;
	u64 faults[LITE_FAULT_NUM];
	u64 starved;
	u64 questions;
	struct lite_loop loop;
	struct acq_run *kept;

	u32 slots;
	u32 room;
	u32 frame;
	bool timed;
	bool copied;
	bool early;
	bool begun;
	bool held;
	bool finishing;
	bool proven;
	u32 each;
	u32 base;
	u64 pushed;
	u64 popped;
	u64 popped_ns;
	u64 seen;
	bool dry;
	u64 stalled;
	u64 blocks;
	u64 quiet;
	u8 carry[LITE_BEAT_MAX];
	u32 carried;
	u64 counted;
	u64 marked;
	u64 marked_ns;
	u64 safe;
	u64 empties_ns;
	u64 index;
	u64 lost;
	u64 reported;
	u64 time;
	struct lite_times times;
	unsigned long checked_at;
};

/**
 * struct lite_found - registers as probe() found them
 * @enabled: interrupts
 * @bypass: of the synchronizer of each DMA channel
 * @mode: as well
 * @loopback: from Reader to Writer
 * @reader_fifo: control of the Readers' FIFOs
 * @tx_header: what is taken for a header in what comes from the host
 * @header: what is inserted
 * @words: how often
 */
struct lite_found {
	u32 enabled;
	u32 bypass[LITE_DMAS];
	u32 mode[LITE_DMAS];
	u32 loopback[LITE_DMAS];
	u32 reader_fifo[LITE_DMAS];
	u32 tx_header;
	u32 header;
	u32 words;
};

/**
 * struct lite - a card with LitePCIe
 * @pci: its PCI device
 * @regs: BAR 0
 * @bytes: its size
 * @map: where its registers are
 * @text: its identifier
 * @early: its gateware counts a packet early
 * @irq: the interrupt of all channels, 0: each has its own
 * @count: number of @channel
 * @inputs: of Writers, which come first
 * @latest: the channel whose interrupt brought something last; of the interrupt thread
 * @flags: enum lite_flag
 * @lock: protects the register of enabled interrupts, @enabled, and synchronizers
 * @enabled: what that register holds
 * @started: channels from start() to stop(), a bit for each
 * @running: channels that run: the synchronizer must stay open for them
 * @waiting: channels of a link that have not been enabled yet
 * @going: channels of a link that begin as soon as all of it has been enabled
 * @found: what was in registers
 * @lines: of the design's own logic
 * @rest: what is mapped of the BAR
 * @control: the control node
 * @channel: its streams
 */
struct lite {
	struct acq_pci pci;
	void __iomem *regs;
	u64 bytes;
	struct lite_map map;
	char text[LITE_TEXT];
	bool early;
	int irq;
	unsigned int count;
	unsigned int inputs;
	unsigned int latest;
	unsigned long flags;
	spinlock_t lock;
	u32 enabled;
	u32 started;
	u32 running;
	u32 waiting;
	u32 going;
	struct lite_found found;
	u32 lines;
	struct resource rest;
	struct acq_control *control;
	struct lite_channel channel[2 * LITE_DMAS];
};

static inline u32 lite_read(const struct lite_channel *ch, u32 reg)
{
	return readl(ch->regs + reg);
}

static inline void lite_write(const struct lite_channel *ch, u32 reg, u32 value)
{
	writel(value, ch->regs + reg);
}

static inline struct device *lite_device(const struct lite_channel *ch)
{
	return &ch->card->pci.pdev->dev;
}

/* As messages call it */
static inline const char *lite_direction(const struct lite_channel *ch)
{
	return ch->output ? "Reader" : "Writer";
}

static inline u32 lite_bit(const struct lite_channel *ch)
{
	return BIT(ch - ch->card->channel);
}

/* engine.c */
extern const struct acq_card_ops lite_engine_ops;
int lite_engine_round(struct acq_stream *stream, struct acq_config *config);
void lite_engine_power_up(struct acq_stream *stream);
int lite_engine_start(struct acq_stream *stream, const struct acq_config *config);
int lite_engine_hold(struct acq_stream *stream, const struct acq_config *config);
void lite_engine_go(struct acq_stream *stream, bool both);
void lite_engine_give(struct acq_stream *stream, const struct acq_memory *block);
void lite_engine_reclaim(struct acq_stream *stream);
void lite_engine_let_go(struct lite_channel *ch);
void lite_engine_moderate(struct acq_stream *stream, u32 frames, u32 us);
void lite_engine_begin(struct lite_channel *ch);
void lite_engine_pushed(struct lite_channel *ch);
bool lite_engine_is_alive(struct lite_channel *ch);
bool lite_engine_count(struct lite_channel *ch);
void lite_engine_report(struct lite_channel *ch, u64 frames);
void lite_engine_check(struct acq_stream *stream);
void lite_engine_silence(struct acq_stream *stream);
bool lite_engine_halt(struct lite_channel *ch);
void lite_engine_settle(struct lite_channel *ch);
void lite_engine_abandon(struct acq_stream *stream);

/* table.c */
void lite_table_begin(struct lite_channel *ch);
void lite_table_push(struct lite_channel *ch, dma_addr_t dma, u32 bytes, bool quiet);
bool lite_table_has_room(const struct lite_channel *ch, unsigned int descriptors);
bool lite_table_prove(struct lite_channel *ch);
bool lite_table_agrees(struct lite_channel *ch);

/* blocks.c */
void lite_blocks_begin(struct lite_channel *ch);
void lite_blocks_push(struct lite_channel *ch);
bool lite_blocks_collect(struct lite_channel *ch);

/* output.c */
extern const struct acq_card_ops lite_output_ops;
void lite_output_free(struct lite_channel *ch);

/* loop.c */
int lite_loop_alloc(struct lite_channel *ch);
void lite_loop_free(struct lite_channel *ch);
void lite_loop_kick(struct lite_channel *ch);
bool lite_loop_collect(struct lite_channel *ch);
bool lite_loop_collected(const struct lite_channel *ch);

/* sync.c: what the directions of a DMA channel share */
void lite_sync_read_found(struct lite_channel *ch);
void lite_sync_start(struct lite_channel *ch);
void lite_sync_release(struct lite_channel *ch);
void lite_sync_go(struct lite_channel *ch, bool both);
bool lite_sync_passes(const struct lite_channel *ch);
void lite_sync_forget(struct lite_channel *ch);
void lite_sync_stop(struct lite_channel *ch);

/* irq.c */
void lite_irq_enable(struct lite *lite, u32 lines);
void lite_irq_disable(struct lite *lite, u32 lines);
void lite_irq_forget(struct lite *lite, u32 lines);
u32 lite_irq_enabled(const struct lite *lite);
int lite_irq_request(struct lite *lite);
void lite_irq_free(struct lite *lite);
extern const struct acq_control_ops lite_irq_control_ops;

/* faults.c */
__printf(4, 5) void lite_fault_fail(struct lite_channel *ch, enum lite_fault fault, int error,
				    const char *why, ...);
void lite_fault_no_answer(struct lite_channel *ch);
void lite_fault_reset(struct lite_channel *ch);
void lite_fault_show(struct acq_stream *stream, struct seq_file *m);

/* find.c: what the card is */
bool lite_find_parameters(void);
int lite_find_design(struct lite *lite);
int lite_find_stop_all(struct lite *lite);
int lite_find_prove(struct lite *lite);

/* pci.c */
extern bool lite_pci_pps;
extern unsigned int lite_pci_slack;
void lite_pci_put_back(struct lite *lite);

#endif /* ACQ_LITEPCIE_INTERNAL_H */
