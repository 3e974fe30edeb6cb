// SPDX-License-Identifier: GPL-2.0-only
/*
 * ACQ-R1 by DMA: block table, records and status page.
 *
 * All that happens while samples flow is told by the status page and the records
 * in host memory: no register is read. Writing one is cheap, it is posted.
 */
#include <linux/dma-mapping.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/pci.h>

#include "r1.h"

/* A card that loses samples for so long, with blocks at hand, does not recover. */
#define R1_DMA_STANDS	(5 * HZ)

/** r1_dma_free() - undo r1_dma_alloc(); harmless where there is nothing */
void r1_dma_free(struct r1 *r1)
{
	struct device *dev = &r1->pci->pdev->dev;
	size_t entries = 1UL << r1->table_log2;

	if (r1->table)
		dma_free_coherent(dev, entries * sizeof(*r1->table), r1->table, r1->table_dma);
	if (r1->records)
		dma_free_coherent(dev, entries * sizeof(*r1->records), r1->records,
				  r1->records_dma);
	r1->table = NULL;
	r1->records = NULL;
}

/** r1_dma_alloc_status() - get a status page, for as long as the card is there; 0 or -ENOMEM */
int r1_dma_alloc_status(struct r1 *r1)
{
	r1->status = dmam_alloc_coherent(&r1->pci->pdev->dev, sizeof(*r1->status),
					 &r1->status_dma, GFP_KERNEL);
	return r1->status ? 0 : -ENOMEM;
}

/*
 * A card may find an entry without adding. The kernel aligns what it allocates to its
 * size, unless that is above a limit of its configuration.
 */
static bool r1_dma_is_aligned(dma_addr_t addr, size_t bytes)
{
	return IS_ALIGNED(addr, min_t(size_t, bytes, ACQ_R1_TABLE_ALIGN));
}

/**
 * r1_dma_alloc() - get the memory in which card and driver talk
 * @r1: the card, in IDLE
 * @slots: blocks of the ring, a power of two
 *
 * Return: 0 or -ENOMEM.
 */
int r1_dma_alloc(struct r1 *r1, u32 slots)
{
	struct device *dev = &r1->pci->pdev->dev;

	r1->table_log2 = ilog2(slots);
	r1->table = dma_alloc_coherent(dev, slots * sizeof(*r1->table), &r1->table_dma,
				       GFP_KERNEL);
	r1->records = dma_alloc_coherent(dev, slots * sizeof(*r1->records), &r1->records_dma,
					 GFP_KERNEL);
	if (r1->table && r1->records) {
		if (r1_dma_is_aligned(r1->table_dma, slots * sizeof(*r1->table)) &&
		    r1_dma_is_aligned(r1->records_dma, slots * sizeof(*r1->records)))
			return 0;
		dev_err_ratelimited(dev, "this kernel aligns memory for DMA too little for so many blocks\n");
	}
	r1_dma_free(r1);
	return -ENOMEM;
}

/**
 * r1_dma_program() - tell the card where that is
 * @r1: the card, after r1_dma_alloc()
 * @config: of the run
 */
void r1_dma_program(struct r1 *r1, const struct acq_config *config)
{
	WRITE_ONCE(r1->seen, 0);
	memset(r1->status, 0, sizeof(*r1->status));
	r1->begin = acq_stream_position(r1->stream);
	r1->slack = r1->fifo_bytes / r1->frame + config->pretrigger + 2 * (r1->room / r1->frame);
	r1->due = 0;
	r1->stood = jiffies;
	r1->stood_at = r1->begin;
	r1_put64(r1, ACQ_R1_TABLE_LO, r1->table_dma);
	r1_put64(r1, ACQ_R1_RECORDS_LO, r1->records_dma);
	r1_put64(r1, ACQ_R1_STATUS_LO, r1->status_dma);
	r1_put(r1, ACQ_R1_TABLE_LOG2, r1->table_log2);
}

/* Where the card finds block @seq in its tables */
static u32 r1_dma_slot(const struct r1 *r1, u64 seq)
{
	return seq & ((1U << r1->table_log2) - 1);
}

/** r1_dma_moderate() - interrupt after so many frames or microseconds */
void r1_dma_moderate(struct r1 *r1, u32 frames, u32 us)
{
	/*
	 * Of what it has not recorded nothing can be reported, and of what an output plays
	 * nothing before a block is over: do not ask for it.
	 */
	bool blocks = r1->whole || (r1->output && (u64)frames * r1->frame <= r1->room);

	r1_put(r1, ACQ_R1_IRQ_FRAMES, blocks ? 0 : frames);
	r1_put(r1, ACQ_R1_IRQ_US, r1->whole || r1->output ? 0 : us);
}

/* What the flags of a block's record are until the card writes them: no block's number */
static u32 r1_dma_unwritten(u64 seq)
{
	return (u32)~seq << 16;
}

/** r1_dma_give() - write a block's entry; r1_dma_kick() hands it over */
void r1_dma_give(struct r1 *r1, const struct acq_memory *block)
{
	u32 slot = r1_dma_slot(r1, block->number);

	r1->table[slot] = (struct acq_r1_entry){
		.addr = cpu_to_le64(block->dma),
		.bytes = cpu_to_le32(block->bytes),
		.flags = cpu_to_le32(block->last ? ACQ_R1_ENTRY_LAST : 0),
	};
	/* So that neither the record before nor one that was not written passes for it */
	r1->records[slot] = (struct acq_r1_record){
		.flags = cpu_to_le32(r1_dma_unwritten(block->number)),
	};
}

/** r1_dma_kick() - the card may use all blocks given so far */
void r1_dma_kick(struct r1 *r1)
{
	/* The entries are in memory before the card hears of them. */
	dma_wmb();
	r1_put(r1, ACQ_R1_GIVEN, lower_32_bits(acq_stream_given(r1->stream)));
}

/*
 * The record of the open block may be missing: a card may tell of a block only when
 * that is complete. What is in it comes then.
 */
static void r1_dma_open_unknown(struct r1 *r1)
{
	if (r1->whole)
		return;
	r1->whole = true;
	dev_info(&r1->pci->pdev->dev, "tells of whole blocks only: smaller ones come sooner\n");
	r1_dma_moderate(r1, 0, 0);
}

/* Report block @seq, with what its record says. False if the stream has failed. */
static bool r1_dma_block(struct r1 *r1, u64 seq, u32 bytes, bool complete)
{
	const struct acq_r1_record *record = &r1->records[r1_dma_slot(r1, seq)];
	struct acq_fill fill = {
		.bytes = bytes,
		/* An output that was halted plays no more of it. */
		.complete = complete || r1->output,
	};
	u32 flags;

	/* Once, so that what is checked is what is used: the card can write any time. */
	flags = le32_to_cpu(READ_ONCE(record->flags));
	fill.index = le64_to_cpu(READ_ONCE(record->index));
	fill.lost = le64_to_cpu(READ_ONCE(record->lost));
	fill.card_time = le64_to_cpu(READ_ONCE(record->timestamp));
	if (complete)
		fill.bytes = le32_to_cpu(READ_ONCE(record->bytes));

	if (!complete && flags == r1_dma_unwritten(seq)) {
		if (!r1->output)
			r1_dma_open_unknown(r1);
		return true;
	}
	if (ACQ_R1_RECORD_NUMBER(flags) != (seq & 0xffff) ||
	    (complete && !(flags & ACQ_R1_RECORD_DONE))) {
		r1_regs_fail(r1, -EPROTO, "the record of a block is not there");
		return false;
	}
	if (complete && r1->output && fill.bytes != acq_stream_memory(r1->stream, seq).bytes) {
		r1_regs_fail(r1, -EPROTO, "the card has not played all of a block");
		return false;
	}
	return acq_stream_fill(r1->stream, &fill) == 0;
}

/* The blocks that the page says have been filled. False if the stream has failed. */
static bool r1_dma_blocks(struct r1 *r1, u64 progress)
{
	struct acq_stream *stream = r1->stream;
	u32 blocks = upper_32_bits(progress) - lower_32_bits(acq_stream_done(stream));

	if (blocks > acq_stream_outstanding(stream)) {
		r1_regs_fail(r1, -EPROTO, "the card returned blocks that it was not given");
		return false;
	}
	while (blocks--) {
		if (!r1_dma_block(r1, acq_stream_done(stream), 0, true))
			return false;
	}
	/* A block that is being played is still the card's. */
	return !lower_32_bits(progress) || r1->output ||
	       r1_dma_block(r1, acq_stream_done(stream), lower_32_bits(progress), false);
}

/* What is new in the status page. Returns the state that it tells; 0 if the stream has failed. */
static u32 r1_dma_page(struct r1 *r1, u32 update)
{
	const struct acq_r1_status *status = r1->status;
	struct acq_report report;
	u64 progress;
	u32 state, irq;

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
		r1_put(r1, ACQ_R1_IRQ_STATUS, irq);
	if (report.triggered)
		acq_stream_triggered(r1->stream);
	if (!r1_dma_blocks(r1, progress))
		return 0;
	if (r1->output && state & ACQ_R1_STATE_LOSING)
		acq_stream_dry(r1->stream);

	WRITE_ONCE(r1->seen, update);
	r1_put(r1, ACQ_R1_SEEN, update);
	return state;
}

/**
 * r1_dma_played() - report how far an output has played, once it plays no more
 * @r1: an output that has been halted; what it has written is in memory
 *
 * What is left of the block that was being played is not played any more.
 *
 * Return: true, or false: some of a block may have been played, who knows how much.
 */
bool r1_dma_played(struct r1 *r1)
{
	u32 update = le32_to_cpu(READ_ONCE(r1->status->update)), bytes;
	u64 done;

	if (update != r1->seen)
		r1_dma_page(r1, update);
	done = acq_stream_done(r1->stream);
	bytes = lower_32_bits(le64_to_cpu(READ_ONCE(r1->status->progress)));
	bytes -= bytes % r1->frame;
	if (!bytes || !acq_stream_outstanding(r1->stream) ||
	    upper_32_bits(le64_to_cpu(READ_ONCE(r1->status->progress))) != lower_32_bits(done))
		return true;
	r1_dma_block(r1, done, bytes, false);
	return acq_stream_done(r1->stream) != done;
}

/** r1_dma_service() - report what the card has done; no register is read */
void r1_dma_service(struct r1 *r1)
{
	u32 update = le32_to_cpu(READ_ONCE(r1->status->update)), state;

	if (update != r1->seen) {
		state = r1_dma_page(r1, update);
		if (r1_state(state) == ACQ_R1_DONE)
			acq_stream_finished(r1->stream);
		else if (r1_state(state) == ACQ_R1_ERROR)
			r1_regs_fail_by_card(r1, state);
	}
	r1_regs_unmask(r1, ACQ_R1_IRQ_ALL);
}

/**
 * r1_dma_check_causes() - acknowledge what the status page did not tell of
 * @r1: a card that runs
 *
 * Such a cause is there for ever, and interrupts for ever. So does DATA if the update was
 * seen sooner than the card knew that it had been written: it is told again. By this read,
 * what the card has written about it is in memory: a service that comes later sees it.
 */
void r1_dma_check_causes(struct r1 *r1)
{
	u32 irq = r1_get(r1, ACQ_R1_IRQ_STATUS);

	if (irq == R1_ALL_ONES || !(irq & ACQ_R1_IRQ_ALL))
		return;
	if (irq & ACQ_R1_IRQ_DATA)
		r1_put(r1, ACQ_R1_SEEN, r1->seen);
	if (irq & ACQ_R1_IRQ_ALL & ~ACQ_R1_IRQ_DATA)
		r1_put(r1, ACQ_R1_IRQ_STATUS, irq & ACQ_R1_IRQ_ALL & ~ACQ_R1_IRQ_DATA);
	acq_stream_service_soon(r1->stream);
}

/*
 * What has left the FIFO must arrive. By the reads of the counters, all that they tell
 * of is in memory: at the next check it has been reported.
 */
static bool r1_dma_arrives(struct r1 *r1)
{
	u64 arrived = div_u64(acq_stream_position(r1->stream) - r1->begin, r1->frame);
	bool late = arrived < r1->due;
	u64 frames = r1_get64(r1, ACQ_R1_FRAMES_LO);
	/* Read later, and so not too small */
	u64 gone = r1_get64(r1, ACQ_R1_DROPPED_LO) + r1->slack;

	r1->due = frames > gone ? frames - gone : 0;
	return !late;
}

/**
 * r1_dma_check_moves() - does DMA go on, as the state says?
 * @r1: a card that runs; checked twice a second
 * @state: what STATE reads
 *
 * Return: true; false after having the run fail or begin anew.
 */
bool r1_dma_check_moves(struct r1 *r1, u32 state)
{
	u64 position = acq_stream_position(r1->stream);

	if (position != r1->stood_at || r1_state(state) == ACQ_R1_ARMED) {
		r1->stood = jiffies;
		r1->stood_at = position;
		r1->due = 0;
		return true;
	}
	if (!r1_dma_arrives(r1)) {
		r1_regs_fail(r1, -EIO, "the card runs, but what it samples does not arrive");
		return false;
	}
	if (!(state & ACQ_R1_STATE_LOSING) || !acq_stream_outstanding(r1->stream))
		r1->stood = jiffies;
	if (time_before(jiffies, r1->stood + R1_DMA_STANDS))
		return true;
	dev_warn_ratelimited(&r1->pci->pdev->dev,
			     "the card has blocks and fills none: starts it again\n");
	r1->stood = jiffies;
	acq_stream_restart(r1->stream);
	return false;
}
