// SPDX-License-Identifier: GPL-2.0-only
/*
 * Card family ACQ-R1: the reference register map, docs/acq-r1.md.
 *
 * With DMA, all that happens while samples flow is told by the status page and
 * the records in host memory: no register is read. Writing one is cheap, it is
 * posted. A card without DMA has its FIFO read through the BAR.
 */
#include <linux/bitfield.h>
#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/iopoll.h>
#include <linux/math64.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "../../include/acq_r1.h"
#include "../compat.h"
#include "../core/card.h"
#include "pci.h"
#include "r1.h"

/* A reset ends outstanding writes of at most a FIFO: microseconds */
#define RESET_US		100000

/* Most bytes that one service reads from the FIFO: readers are woken after it */
#define FIFO_TURN		SZ_8K

/* Bounds on what a card may claim */
#define BLOCK_LOG2_MIN		6
#define BLOCK_LOG2_MAX		22
#define TABLE_LOG2_MIN		2
#define TABLE_LOG2_MAX		16
#define FIFO_BYTES_MAX		SZ_1G

#define ALL_ONES		(~0U)

/**
 * struct r1 - an ACQ-R1 card
 * @pdev: its PCI device
 * @regs: BAR 0
 * @stream: its stream
 * @saved: its PCI configuration as it was after probe()
 * @irq: Linux number of its interrupt
 * @shared: the line is shared, so ask the card whether it was it
 * @unmasked: causes that may interrupt, as they were set last
 * @clock_hz: sample clock
 * @div_min: smallest divider
 * @div_max: largest divider
 * @fifo_bytes: size of its FIFO
 *
 * @lost: the card did not answer; produce_lock
 * @silenced: its interrupt is disabled; produce_lock
 *
 * The rest lives from start() to stop() and is protected by the stream's
 * produce_lock.
 *
 * @dma: this leg uses DMA
 * @room: bytes of a full block
 * @frame: bytes of a frame
 * @table_log2: entries of @table and @records
 * @table: blocks handed out
 * @records: what became of them
 * @status: the card's progress
 * @table_dma: bus address of @table
 * @records_dma: of @records
 * @status_dma: of @status
 * @seen: newest update of @status that has been looked at
 * @fifo_fill: bytes popped into the open block, a partial frame included
 * @fifo_index: the card's index of the open block
 * @fifo_lost: frames lost before it
 * @resync: the next frame's index must be asked for
 * @counted: @fifo_index says where that should be
 */
struct r1 {
	struct pci_dev *pdev;
	void __iomem *regs;
	struct pci_saved_state *saved;
	struct acq_stream *stream;
	int irq;
	bool shared;
	u32 unmasked;
	u32 clock_hz;
	u32 div_min;
	u32 div_max;
	u32 fifo_bytes;
	bool lost;
	bool silenced;

	bool dma;
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

	u32 fifo_fill;
	u64 fifo_index;
	u64 fifo_lost;
	bool resync;
	bool counted;
};

static u32 get(const struct r1 *r1, u32 reg)
{
	return readl(r1->regs + reg);
}

static void put(const struct r1 *r1, u32 reg, u32 value)
{
	writel(value, r1->regs + reg);
}

/* Reading the low half latches the high one. */
static u64 get64(const struct r1 *r1, u32 lo)
{
	u32 low = get(r1, lo);

	return low | (u64)get(r1, lo + 4) << 32;
}

static void put64(const struct r1 *r1, u32 lo, u64 value)
{
	put(r1, lo, lower_32_bits(value));
	put(r1, lo + 4, upper_32_bits(value));
}

static void unmask(struct r1 *r1, u32 causes)
{
	WRITE_ONCE(r1->unmasked, causes);
	put(r1, ACQ_R1_IRQ_MASK, causes);
}

/* Afterwards the card writes no more to host memory, in any case. */
static int reset(struct r1 *r1)
{
	u32 state;
	int ret;

	put(r1, ACQ_R1_COMMAND, ACQ_R1_CMD_RESET);
	ret = readl_poll_timeout(r1->regs + ACQ_R1_STATE, state,
				 state == ALL_ONES ||
				 FIELD_GET(ACQ_R1_STATE_MASK, state) == ACQ_R1_IDLE,
				 50, RESET_US);
	if (!ret && state != ALL_ONES)
		return 0;
	if (state == ALL_ONES)
		r1->lost = true;
	pci_clear_master(r1->pdev);
	dev_err_ratelimited(&r1->pdev->dev, "%s\n", ret ?
			    "reset does not end: cut off from memory" :
			    "does not answer (removed or without power?)");
	return ret ?: -ENODEV;
}

static int round_config(struct acq_stream *stream, struct acq_config *config)
{
	const struct r1 *r1 = acq_stream_card(stream);
	u64 clock = r1->clock_hz * 1000ULL, rate = max(config->rate_millihz, 1ULL);
	u64 div = clamp_t(u64, div64_u64(clock, rate), r1->div_min, r1->div_max);

	/* The next slower one may be nearer. */
	if (div < r1->div_max && rate < div_u64(clock, div) &&
	    rate - min(rate, div_u64(clock, div + 1)) < div_u64(clock, div) - rate)
		div++;
	config->rate_millihz = div_u64(clock, div);
	return 0;
}

static void free_tables(struct r1 *r1)
{
	struct device *dev = &r1->pdev->dev;
	size_t entries = 1UL << r1->table_log2;

	if (r1->table)
		dma_free_coherent(dev, entries * sizeof(*r1->table), r1->table, r1->table_dma);
	if (r1->records)
		dma_free_coherent(dev, entries * sizeof(*r1->records), r1->records,
				  r1->records_dma);
	if (r1->status)
		dma_free_coherent(dev, sizeof(*r1->status), r1->status, r1->status_dma);
	r1->table = NULL;
	r1->records = NULL;
	r1->status = NULL;
}

static int alloc_tables(struct r1 *r1, u32 slots)
{
	struct device *dev = &r1->pdev->dev;

	r1->table_log2 = ilog2(slots);
	r1->table = dma_alloc_coherent(dev, slots * sizeof(*r1->table), &r1->table_dma,
				       GFP_KERNEL);
	r1->records = dma_alloc_coherent(dev, slots * sizeof(*r1->records), &r1->records_dma,
					 GFP_KERNEL);
	r1->status = dma_alloc_coherent(dev, sizeof(*r1->status), &r1->status_dma, GFP_KERNEL);
	if (r1->table && r1->records && r1->status)
		return 0;
	free_tables(r1);
	return -ENOMEM;
}

/* Where the card finds block @seq in its tables */
static u32 table_slot(const struct r1 *r1, u64 seq)
{
	return seq & ((1U << r1->table_log2) - 1);
}

static int start(struct acq_stream *stream, const struct acq_config *config)
{
	struct r1 *r1 = acq_stream_card(stream);
	u32 state;
	u64 div;
	int ret;

	/* A card that was without power has forgotten its PCI configuration too. */
	if (r1->lost) {
		r1->lost = false;
		acq_pci_restore(r1->pdev, r1->saved);
	}
	ret = reset(r1);
	if (ret)
		return ret;
	if (r1->silenced) {
		r1->silenced = false;
		enable_irq(r1->irq);
	}

	r1->dma = config->transfer == ACQ_TRANSFER_DMA;
	r1->room = config->block_used;
	r1->frame = config->frame_bytes;
	r1->seen = 0;
	r1->fifo_fill = 0;
	r1->fifo_index = 0;
	r1->resync = true;
	/* Without a trigger it begins with frame 0. */
	r1->counted = config->trigger == ACQ_TRIGGER_IMMEDIATE;
	if (r1->dma) {
		ret = alloc_tables(r1, div_u64(config->ring_bytes, config->block_bytes));
		if (ret)
			return ret;
		put64(r1, ACQ_R1_TABLE_LO, r1->table_dma);
		put64(r1, ACQ_R1_RECORDS_LO, r1->records_dma);
		put64(r1, ACQ_R1_STATUS_LO, r1->status_dma);
		put(r1, ACQ_R1_TABLE_LOG2, r1->table_log2);
	}
	pci_set_master(r1->pdev);

	put(r1, ACQ_R1_TRANSFER, r1->dma ? ACQ_R1_TRANSFER_DMA : ACQ_R1_TRANSFER_FIFO);
	/* Low rates are rounded more coarsely than their dividers. */
	div = div64_u64(r1->clock_hz * 1000ULL + config->rate_millihz / 2, config->rate_millihz);
	put(r1, ACQ_R1_DIVIDER, clamp_t(u64, div, r1->div_min, r1->div_max));
	put(r1, ACQ_R1_CHANNEL_MASK, config->channel_mask);
	put(r1, ACQ_R1_FORMAT, config->format);
	put64(r1, ACQ_R1_COUNT_LO, config->count);
	put(r1, ACQ_R1_TRIGGER, config->trigger | config->trigger_channel << 8 |
	    (config->trigger_edge == ACQ_EDGE_FALLING ? ACQ_R1_TRIG_FALLING : 0));
	put(r1, ACQ_R1_TRIGGER_LEVEL, config->trigger_level);
	put(r1, ACQ_R1_PRETRIGGER, config->pretrigger);
	put(r1, ACQ_R1_PATTERN, config->pattern);
	put(r1, ACQ_R1_COMMAND, ACQ_R1_CMD_START);

	state = get(r1, ACQ_R1_STATE);
	if (FIELD_GET(ACQ_R1_STATE_MASK, state) == ACQ_R1_ERROR) {
		dev_err_ratelimited(&r1->pdev->dev, "start refused with error %u\n",
				    ACQ_R1_STATE_CODE(state));
		reset(r1);
		free_tables(r1);
		return -EIO;
	}
	unmask(r1, ACQ_R1_IRQ_ALL);
	return 0;
}

static void give(struct acq_stream *stream, const struct acq_memory *block)
{
	struct r1 *r1 = acq_stream_card(stream);
	u32 slot = table_slot(r1, block->number);

	if (!r1->dma)
		return;
	r1->table[slot] = (struct acq_r1_entry){
		.addr = cpu_to_le64(block->dma),
		.bytes = cpu_to_le32(block->bytes),
	};
	/* So that a record of the block before in this slot cannot pass for a new one */
	memset(&r1->records[slot], 0, sizeof(r1->records[slot]));
}

static void moderate(struct acq_stream *stream, u32 frames, u32 us)
{
	struct r1 *r1 = acq_stream_card(stream);

	put(r1, ACQ_R1_IRQ_FRAMES, frames);
	put(r1, ACQ_R1_IRQ_US, us);
}

static void kick(struct acq_stream *stream)
{
	struct r1 *r1 = acq_stream_card(stream);

	if (r1->dma) {
		/* The entries are in memory before the card hears of them. */
		dma_wmb();
		put(r1, ACQ_R1_GIVEN, lower_32_bits(acq_stream_given(stream)));
	} else {
		/* There is room again for what the FIFO holds. */
		unmask(r1, r1->unmasked | ACQ_R1_IRQ_DATA);
	}
}

/* The card's registers as a report; for moments when time does not matter. */
static void report_registers(struct r1 *r1)
{
	u32 state = get(r1, ACQ_R1_STATE);
	struct acq_report report = {
		.frames = get64(r1, ACQ_R1_FRAMES_LO),
		.timestamp = get64(r1, ACQ_R1_TIMESTAMP_LO),
		.trigger_index = get64(r1, ACQ_R1_TRIGGER_INDEX_LO),
		.triggered = state & ACQ_R1_STATE_TRIGGERED,
	};

	/* Read last: a card that vanished or was reset meanwhile is seen here. */
	state = get(r1, ACQ_R1_STATE);
	if (state != ALL_ONES && FIELD_GET(ACQ_R1_STATE_MASK, state) != ACQ_R1_IDLE)
		acq_stream_report(r1->stream, &report);
}

static void fail(struct r1 *r1, int error, const char *why)
{
	dev_err_ratelimited(&r1->pdev->dev, "%s: stopped\n", why);
	if (error == -ENODEV)
		r1->lost = true;
	else
		report_registers(r1);
	acq_stream_fail(r1->stream, error);
}

/* The card has stopped by itself. */
static void fail_by_card(struct r1 *r1, u32 state)
{
	static const char *const whys[] = {
		[ACQ_R1_ERR_CONFIG]	= "the card refuses its configuration",
		[ACQ_R1_ERR_DMA]	= "the card cannot access memory",
		[ACQ_R1_ERR_TABLE]	= "the card finds its block table wrong",
		[ACQ_R1_ERR_UNDERRUN]	= "the card's FIFO was read when it was empty",
	};
	u32 code = ACQ_R1_STATE_CODE(state);

	fail(r1, -EIO, code < ARRAY_SIZE(whys) && whys[code] ? whys[code] :
	     "the card reports an unknown error");
}

/* Report block @seq, with what its record says. False if the stream has failed. */
static bool report_block(struct r1 *r1, u64 seq, u32 bytes, bool complete)
{
	const struct acq_r1_record *record = &r1->records[table_slot(r1, seq)];
	struct acq_fill fill = {
		.bytes = bytes,
		.complete = complete,
	};
	u32 flags;

	/* Once, so that what is checked is what is used: the card can write any time. */
	flags = le32_to_cpu(READ_ONCE(record->flags));
	fill.index = le64_to_cpu(READ_ONCE(record->index));
	fill.lost = le64_to_cpu(READ_ONCE(record->lost));
	fill.card_time = le64_to_cpu(READ_ONCE(record->timestamp));
	if (complete)
		fill.bytes = le32_to_cpu(READ_ONCE(record->bytes));

	if (ACQ_R1_RECORD_NUMBER(flags) != (seq & 0xffff) ||
	    (complete && !(flags & ACQ_R1_RECORD_DONE))) {
		fail(r1, -EPROTO, "the record of a block is not there");
		return false;
	}
	return acq_stream_fill(r1->stream, &fill) == 0;
}

static void service_dma(struct r1 *r1)
{
	const struct acq_r1_status *status = r1->status;
	struct acq_stream *stream = r1->stream;
	struct acq_report report;
	u32 update, state, irq, blocks;
	u64 progress;

	update = le32_to_cpu(READ_ONCE(status->update));
	if (update == r1->seen)
		goto out;

	/*
	 * The card writes from the low address to the high: read the other way
	 * round, so that what is seen together with a state is not older.
	 */
	dma_rmb();
	irq = le32_to_cpu(READ_ONCE(status->irq));
	state = le32_to_cpu(READ_ONCE(status->state));
	dma_rmb();
	report.triggered = state & ACQ_R1_STATE_TRIGGERED;
	report.trigger_index = le64_to_cpu(READ_ONCE(status->trigger_index));
	report.timestamp = le64_to_cpu(READ_ONCE(status->timestamp));
	report.frames = le64_to_cpu(READ_ONCE(status->frames));
	dma_rmb();
	progress = le64_to_cpu(READ_ONCE(status->progress));
	/* Records are older than the progress that counts them. */
	dma_rmb();

	acq_stream_trace_irq(r1->stream, irq);
	acq_stream_report(r1->stream, &report);
	irq &= ACQ_R1_IRQ_ALL & ~ACQ_R1_IRQ_DATA;
	if (irq)
		put(r1, ACQ_R1_IRQ_STATUS, irq);
	if (report.triggered)
		acq_stream_triggered(r1->stream);

	blocks = upper_32_bits(progress) - lower_32_bits(acq_stream_done(stream));
	if (blocks > acq_stream_outstanding(stream)) {
		fail(r1, -EPROTO, "the card returned blocks that it was not given");
		goto out;
	}
	while (blocks--) {
		if (!report_block(r1, acq_stream_done(stream), 0, true))
			goto out;
	}
	if (lower_32_bits(progress) &&
	    !report_block(r1, acq_stream_done(stream), lower_32_bits(progress), false))
		goto out;

	r1->seen = update;
	put(r1, ACQ_R1_SEEN, update);

	switch (FIELD_GET(ACQ_R1_STATE_MASK, state)) {
	case ACQ_R1_DONE:
		acq_stream_finished(r1->stream);
		break;
	case ACQ_R1_ERROR:
		fail_by_card(r1, state);
		break;
	}
out:
	unmask(r1, ACQ_R1_IRQ_ALL);
}

/* Pop @bytes; the last word may be a part of one. @to is aligned to words. */
static void pop(struct r1 *r1, u8 *to, u32 bytes)
{
	void __iomem *window = r1->regs + ACQ_R1_WINDOW;
	u64 eight;
	u32 four;

	while (bytes >= 8 && IS_ALIGNED((unsigned long)to, 8)) {
		eight = __raw_readq(window);
		memcpy(to, &eight, 8);
		to += 8;
		bytes -= 8;
	}
	while (bytes) {
		u32 part = min(bytes, 4U);

		four = __raw_readl(window);
		memcpy(to, &four, part);
		to += part;
		bytes -= part;
	}
}

/* Say what has been popped into the open block. False if the stream has failed. */
static bool report_fifo(struct r1 *r1, bool complete)
{
	u32 frame = r1->frame;
	struct acq_fill fill = {
		.index = r1->fifo_index,
		.lost = r1->fifo_lost,
		.bytes = r1->fifo_fill - r1->fifo_fill % frame,
		.complete = complete,
	};

	if (fill.bytes && acq_stream_fill(r1->stream, &fill))
		return false;
	if (complete) {
		r1->fifo_index += fill.bytes / frame;
		r1->fifo_lost = 0;
		r1->fifo_fill = 0;
	}
	return true;
}

/* Ask for the index of the frame that comes next: at the begin and after a loss. */
static void resync(struct r1 *r1)
{
	u64 index = get64(r1, ACQ_R1_FIFO_INDEX_LO);

	/* An index that goes back makes a loss that acq_ring_fill() refuses. */
	r1->fifo_lost = r1->counted ? index - r1->fifo_index : 0;
	r1->fifo_index = index;
	r1->resync = false;
	r1->counted = true;
}

static bool runs(u32 state)
{
	return state != ALL_ONES && FIELD_GET(ACQ_R1_STATE_MASK, state) != ACQ_R1_IDLE &&
	       FIELD_GET(ACQ_R1_STATE_MASK, state) != ACQ_R1_ERROR;
}

/* A card whose DMA fails cannot say so in its status page. */
static void check(struct acq_stream *stream)
{
	struct r1 *r1 = acq_stream_card(stream);
	u32 state = get(r1, ACQ_R1_STATE);

	if (runs(state))
		return;
	if (state == ALL_ONES) {
		fail(r1, -ENODEV, "the card does not answer");
	} else if (FIELD_GET(ACQ_R1_STATE_MASK, state) == ACQ_R1_ERROR) {
		fail_by_card(r1, state);
	} else {
		dev_warn_ratelimited(&r1->pdev->dev, "the card has been reset: starts it again\n");
		acq_stream_restart(stream);
	}
}

static void service_fifo(struct r1 *r1)
{
	struct acq_stream *stream = r1->stream;
	u32 irq = get(r1, ACQ_R1_IRQ_STATUS), turn = 0, most = FIFO_TURN;
	u32 state, level, bytes, causes;

	if (irq == ALL_ONES) {
		fail(r1, -ENODEV, "the card does not answer");
		return;
	}
	acq_stream_trace_irq(r1->stream, irq);
	/* OVERFLOW is acknowledged below: it makes the card fill its FIFO again. */
	put(r1, ACQ_R1_IRQ_STATUS, irq & ACQ_R1_IRQ_ALL & ~ACQ_R1_IRQ_OVERFLOW);
	if (irq & ACQ_R1_IRQ_TRIGGER) {
		report_registers(r1);
		acq_stream_triggered(r1->stream);
	}

	for (;;) {
		/* In this order: with DONE, no more comes after this level. */
		state = get(r1, ACQ_R1_STATE);
		level = get(r1, ACQ_R1_FIFO_LEVEL);
		if (level > r1->fifo_bytes) {
			fail(r1, level == ALL_ONES ? -ENODEV : -EPROTO,
			     level == ALL_ONES ? "the card does not answer" :
			     "the card claims more than its FIFO holds");
			return;
		}
		/* What comes meanwhile is the next turn's: readers wait for the end of this one. */
		if (!turn)
			most = min(level, FIFO_TURN);
		if (!acq_stream_outstanding(stream) || turn >= most)
			break;
		/* A part of a word is popped only if nothing will complete it. */
		bytes = min(level, r1->room - r1->fifo_fill);
		if (bytes >= 4)
			bytes = round_down(bytes, 4);
		else if (FIELD_GET(ACQ_R1_STATE_MASK, state) <= ACQ_R1_RUNNING &&
			 !(irq & ACQ_R1_IRQ_OVERFLOW))
			break;
		if (!bytes)
			break;
		if (r1->resync)
			resync(r1);
		pop(r1, acq_stream_open_block(r1->stream) + r1->fifo_fill, bytes);
		/* What came from a card that had gone or been reset are not samples. */
		if (!runs(get(r1, ACQ_R1_STATE))) {
			check(r1->stream);
			return;
		}
		r1->fifo_fill += bytes;
		turn += bytes;
		if (!report_fifo(r1, r1->fifo_fill == r1->room))
			return;
		cond_resched();
	}

	causes = ACQ_R1_IRQ_ALL;
	if (irq & ACQ_R1_IRQ_OVERFLOW) {
		if (level) {
			/* Drain it first: DATA calls for that. */
			causes &= ~ACQ_R1_IRQ_OVERFLOW;
		} else if (report_fifo(r1, true)) {
			r1->resync = true;
			put(r1, ACQ_R1_IRQ_STATUS, ACQ_R1_IRQ_OVERFLOW);
		} else {
			return;
		}
	}
	switch (FIELD_GET(ACQ_R1_STATE_MASK, state)) {
	case ACQ_R1_DONE:
		if (level)
			break;
		report_registers(r1);
		acq_stream_finished(r1->stream);
		break;
	case ACQ_R1_ERROR:
		fail_by_card(r1, state);
		break;
	}
	/* DATA is a level here: without a block to put it in, it would not end. */
	if (!acq_stream_outstanding(stream))
		causes &= ~ACQ_R1_IRQ_DATA;
	unmask(r1, causes);
}

static void service(struct acq_stream *stream)
{
	struct r1 *r1 = acq_stream_card(stream);

	if (r1->dma)
		service_dma(r1);
	else
		service_fifo(r1);
}

static void silence(struct acq_stream *stream)
{
	struct r1 *r1 = acq_stream_card(stream);

	/* Others may need a shared line; the kernel gives up on one that none wants. */
	if (r1->shared || r1->silenced)
		return;
	disable_irq_nosync(r1->irq);
	r1->silenced = true;
}

static void trigger(struct acq_stream *stream)
{
	put(acq_stream_card(stream), ACQ_R1_COMMAND, ACQ_R1_CMD_TRIGGER);
}

static void finish(struct acq_stream *stream)
{
	put(acq_stream_card(stream), ACQ_R1_COMMAND, ACQ_R1_CMD_STOP);
}

static void stop(struct acq_stream *stream)
{
	struct r1 *r1 = acq_stream_card(stream);

	unmask(r1, 0);
	report_registers(r1);
	reset(r1);
	free_tables(r1);
}

static const struct acq_card_ops r1_ops = {
	/* The FIFO is read by words. */
	.word		= sizeof(u64),
	.counts		= true,
	.round		= round_config,
	.start		= start,
	.give		= give,
	.moderate	= moderate,
	.kick		= kick,
	.service	= service,
	.check		= check,
	.silence	= silence,
	.trigger	= trigger,
	.finish		= finish,
	.stop		= stop,
};

/*
 * Is it this card, and if so, keep it quiet until the thread has looked. A
 * message-signalled interrupt belongs to nobody else: no register is read.
 */
static irqreturn_t hard_irq(int irq, void *data)
{
	struct r1 *r1 = data;

	if (r1->shared) {
		u32 causes = get(r1, ACQ_R1_IRQ_STATUS);

		if (causes == ALL_ONES || !(causes & get(r1, ACQ_R1_IRQ_MASK)))
			return IRQ_NONE;
	}
	unmask(r1, 0);
	return IRQ_WAKE_THREAD;
}

static irqreturn_t irq_thread(int irq, void *data)
{
	struct r1 *r1 = data;

	return IRQ_RETVAL(acq_stream_interrupt(r1->stream));
}

/* Is it an ACQ-R1 at all? */
static int identify(struct r1 *r1)
{
	struct device *dev = &r1->pdev->dev;
	u32 id = get(r1, ACQ_R1_ID), version = get(r1, ACQ_R1_VERSION);

	if (id == ALL_ONES)
		return dev_err_probe(dev, -ENODEV, "does not answer: all registers read ones\n");
	if (id != ACQ_R1_ID_MAGIC)
		return dev_err_probe(dev, -ENODEV, "not an ACQ-R1 card: identity 0x%08x\n", id);
	if (version >> 16 != ACQ_R1_VERSION_MAJOR)
		return dev_err_probe(dev, -ENODEV,
				     "register map %u.%u is not known to this driver (it knows %u.x): update it\n",
				     version >> 16, version & 0xffff, ACQ_R1_VERSION_MAJOR);
	return 0;
}

static u64 caps_of(u32 caps)
{
	static const u64 map[] = {
		ACQ_CAP_DMA, ACQ_CAP_FIFO, ACQ_CAP_WAIT, ACQ_CAP_TRIGGER_SOFTWARE,
		ACQ_CAP_TRIGGER_LEVEL, ACQ_CAP_TRIGGER_EXTERNAL, ACQ_CAP_PRETRIGGER,
		ACQ_CAP_COUNT, ACQ_CAP_RAMP, ACQ_CAP_PRBS,
	};
	u64 result = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(map); i++) {
		if (caps & BIT(i))
			result |= map[i];
	}
	return result;
}

/* What the card says that it is, believed only within bounds */
static int describe(struct r1 *r1, struct acq_info *info, struct acq_config *config)
{
	struct device *dev = &r1->pdev->dev;
	u32 limits = get(r1, ACQ_R1_LIMITS), format = get(r1, ACQ_R1_FORMAT);
	u32 block_min = ACQ_R1_LIMITS_BLOCK_MIN(limits), block_max = ACQ_R1_LIMITS_BLOCK_MAX(limits);
	u32 table = ACQ_R1_LIMITS_TABLE(limits), addr_bits = ACQ_R1_LIMITS_ADDR_BITS(limits);
	u64 serial = get(r1, ACQ_R1_SERIAL_LO) | (u64)get(r1, ACQ_R1_SERIAL_HI) << 32;
	u32 div = get(r1, ACQ_R1_DIVIDER);
	int ret;

	info->caps = caps_of(get(r1, ACQ_R1_CAPS));
	info->revision = get(r1, ACQ_R1_REVISION);
	info->hw_version = get(r1, ACQ_R1_VERSION);
	info->channels = get(r1, ACQ_R1_CHANNELS);
	info->formats = get(r1, ACQ_R1_FORMATS) & (BIT(ACQ_FORMAT_NUM) - 1);
	info->pretrigger_bytes = get(r1, ACQ_R1_PRETRIG_BYTES);
	info->timestamp_hz = get(r1, ACQ_R1_TS_HZ);
	r1->clock_hz = get(r1, ACQ_R1_CLOCK_HZ);
	r1->div_min = get(r1, ACQ_R1_DIV_MIN);
	r1->div_max = get(r1, ACQ_R1_DIV_MAX);
	r1->fifo_bytes = get(r1, ACQ_R1_FIFO_BYTES);

	if (!(info->caps & (ACQ_CAP_DMA | ACQ_CAP_FIFO)))
		return dev_err_probe(dev, -ENODEV, "no way to get samples: neither DMA nor FIFO\n");
	if (!info->channels || info->channels > 32 || !info->formats)
		return dev_err_probe(dev, -ENODEV, "claims %u channels and formats 0x%x\n",
				     info->channels, info->formats);
	if (!r1->clock_hz || !r1->div_min || r1->div_min > r1->div_max ||
	    r1->div_min > r1->clock_hz)
		return dev_err_probe(dev, -ENODEV, "claims a clock of %u Hz with dividers %u to %u\n",
				     r1->clock_hz, r1->div_min, r1->div_max);
	if (r1->fifo_bytes > FIFO_BYTES_MAX)
		return dev_err_probe(dev, -ENODEV, "claims a FIFO of %u bytes\n", r1->fifo_bytes);
	/* Only the DMA has an idea of blocks; for the FIFO any will do. */
	if (!(info->caps & ACQ_CAP_DMA)) {
		block_min = PAGE_SHIFT;
		block_max = BLOCK_LOG2_MAX;
		table = TABLE_LOG2_MAX;
	} else if (block_min < BLOCK_LOG2_MIN || block_max > BLOCK_LOG2_MAX ||
		   block_min > block_max || block_max < PAGE_SHIFT ||
		   table < TABLE_LOG2_MIN || table > TABLE_LOG2_MAX ||
		   addr_bits < 24 || addr_bits > 64) {
		return dev_err_probe(dev, -ENODEV, "claims impossible DMA limits 0x%08x\n", limits);
	}

	strscpy(info->family, "acq-r1", sizeof(info->family));
	strscpy(info->card, pci_name(r1->pdev), sizeof(info->card));
	snprintf(info->serial, sizeof(info->serial), "%016llx", serial);
	info->fifo_bytes = r1->fifo_bytes;
	info->rate_min_millihz = div_u64(r1->clock_hz * 1000ULL, r1->div_max);
	info->rate_max_millihz = div_u64(r1->clock_hz * 1000ULL, r1->div_min);
	info->block_min = max(1U << block_min, (u32)PAGE_SIZE);
	info->block_max = 1U << block_max;
	info->blocks_max = 1U << table;
	info->ring_max = (u64)info->block_max * info->blocks_max;

	/* Reset values are the card's own idea of a good configuration. */
	div = clamp(div, r1->div_min, r1->div_max);
	config->rate_millihz = div_u64(r1->clock_hz * 1000ULL, div);
	config->channel_mask = get(r1, ACQ_R1_CHANNEL_MASK) &
			       GENMASK_ULL(info->channels - 1, 0);
	config->format = format < ACQ_FORMAT_NUM && info->formats & BIT(format) ?
			 format : __ffs(info->formats);

	if (info->caps & ACQ_CAP_DMA) {
		ret = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(addr_bits));
		if (ret)
			return dev_err_probe(dev, ret, "no memory within its %u address bits\n",
					     addr_bits);
		/* A block is one piece however large. */
		dma_set_max_seg_size(dev, info->block_max);
	}
	return 0;
}

static int probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct device *dev = &pdev->dev;
	struct acq_config config = {};
	struct acq_info info = {};
	struct r1 *r1;
	int ret;

	/* Not reachable from an open file: the stream calls here no more once it is removed. */
	r1 = devm_kzalloc(dev, sizeof(*r1), GFP_KERNEL);
	if (!r1)
		return -ENOMEM;
	r1->pdev = pdev;
	pci_set_drvdata(pdev, r1);

	ret = pcim_enable_device(pdev);
	if (ret)
		return dev_err_probe(dev, ret, "cannot be enabled\n");
	if (pci_resource_len(pdev, ACQ_R1_BAR) < ACQ_R1_BAR_BYTES)
		return dev_err_probe(dev, -ENODEV, "BAR %d is too small for an ACQ-R1\n",
				     ACQ_R1_BAR);
	r1->regs = pcim_iomap_region(pdev, ACQ_R1_BAR, KBUILD_MODNAME);
	if (IS_ERR(r1->regs))
		return dev_err_probe(dev, PTR_ERR(r1->regs), "cannot map BAR %d\n", ACQ_R1_BAR);

	ret = identify(r1);
	if (ret)
		return ret;
	ret = reset(r1);
	if (ret)
		return dev_err_probe(dev, ret, "cannot be reset\n");
	ret = describe(r1, &info, &config);
	if (ret)
		return ret;

	ret = acq_pci_save(pdev, &r1->saved);
	if (ret)
		return ret;
	ret = pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_ALL_TYPES);
	if (ret < 0)
		return dev_err_probe(dev, ret, "no interrupt\n");
	r1->irq = pci_irq_vector(pdev, 0);
	r1->shared = !pdev->msi_enabled && !pdev->msix_enabled;

	r1->stream = acq_stream_create(dev, &r1_ops, r1, &info, &config);
	if (IS_ERR(r1->stream))
		return dev_err_probe(dev, PTR_ERR(r1->stream), "cannot make a stream\n");

	/* Not managed: it has to go before the stream does. */
	ret = request_threaded_irq(r1->irq, hard_irq, irq_thread, r1->shared ? IRQF_SHARED : 0,
				   KBUILD_MODNAME, r1);
	if (ret) {
		dev_err_probe(dev, ret, "cannot use interrupt %d\n", r1->irq);
		goto err_put_stream;
	}
	ret = acq_stream_register(r1->stream);
	if (ret) {
		dev_err_probe(dev, ret, "cannot register a device node\n");
		goto err_free_irq;
	}

	dev_info(dev, "ACQ-R1 map %u.%u revision %u serial %s: %u channels, %s, %s\n",
		 info.hw_version >> 16, info.hw_version & 0xffff, info.revision, info.serial,
		 info.channels, info.caps & ACQ_CAP_DMA ? "DMA" : "FIFO",
		 pdev->msix_enabled ? "MSI-X" : pdev->msi_enabled ? "MSI" : "INTx");
	return 0;

err_free_irq:
	free_irq(r1->irq, r1);
err_put_stream:
	acq_stream_put(r1->stream);
	return ret;
}

static void remove(struct pci_dev *pdev)
{
	struct r1 *r1 = pci_get_drvdata(pdev);

	acq_stream_remove(r1->stream);
	free_irq(r1->irq, r1);
	acq_stream_put(r1->stream);
}

static int suspend(struct device *dev)
{
	struct r1 *r1 = dev_get_drvdata(dev);

	acq_stream_suspend(r1->stream, ACQ_CAUSE_SUSPEND);
	return 0;
}

static int resume(struct device *dev)
{
	struct r1 *r1 = dev_get_drvdata(dev);

	acq_stream_resume(r1->stream);
	return 0;
}

static DEFINE_SIMPLE_DEV_PM_OPS(pm_ops, suspend, resume);

/* Somebody resets the function or its bus, in an orderly way. */
static void reset_prepare(struct pci_dev *pdev)
{
	struct r1 *r1 = pci_get_drvdata(pdev);

	acq_stream_suspend(r1->stream, ACQ_CAUSE_RESET);
}

static void reset_done(struct pci_dev *pdev)
{
	struct r1 *r1 = pci_get_drvdata(pdev);

	acq_stream_resume(r1->stream);
}

static const struct pci_error_handlers error_handlers = {
	.reset_prepare	= reset_prepare,
	.reset_done	= reset_done,
};

static const struct pci_device_id ids[] = {
	{ PCI_DEVICE(ACQ_R1_VENDOR, ACQ_R1_DEVICE) },
	{ }
};
MODULE_DEVICE_TABLE(pci, ids);

struct pci_driver acq_r1_driver = {
	.name		= KBUILD_MODNAME,
	.id_table	= ids,
	.probe		= probe,
	.remove		= remove,
	.driver.pm	= pm_sleep_ptr(&pm_ops),
	.err_handler	= &error_handlers,
};
