// SPDX-License-Identifier: GPL-2.0-only
/*
 * Blocks of the ring for an engine of XDMA to fill: a descriptor for each, a credit
 * when nobody reads it, a writeback when it is done.
 */
#include <linux/bitfield.h>

#include "internal.h"

/**
 * xdma_blocks_describe() - fill in the descriptor of a block
 * @ch: the channel, whose engine has no credit for it yet
 * @block: the block
 */
void xdma_blocks_describe(struct xdma_channel *ch, const struct acq_memory *block)
{
	u32 slot = xdma_slot(ch, block->number), next = xdma_slot(ch, block->number + 1);
	bool interrupts = block->number % ch->each == ch->each - 1;

	ch->desc[slot] = (struct xdma_desc){
		.control = cpu_to_le32(XDMA_DESC_MAGIC | (interrupts ? XDMA_DESC_COMPLETED : 0)),
		.bytes = cpu_to_le32(block->bytes),
		.from = cpu_to_le64(ch->back_dma + slot * sizeof(*ch->back)),
		.to = cpu_to_le64(block->dma),
		.next = cpu_to_le64(ch->desc_dma + next * sizeof(*ch->desc)),
	};
	/* So that the writeback of the block before in this slot cannot pass for its */
	WRITE_ONCE(ch->back[slot], 0);
	if (!interrupts)
		ch->quiet = block->number + 1;
}

/**
 * xdma_blocks_begin() - fill in the descriptors of what has been given before begin
 * @ch: the channel, whose engine is idle
 *
 * Not earlier: an earlier run's descriptor may have been completed since start().
 */
void xdma_blocks_begin(struct xdma_channel *ch)
{
	u64 number, given = acq_stream_given(ch->stream);

	for (number = 0; number < given; number++) {
		struct acq_memory block = acq_stream_memory(ch->stream, number);

		xdma_blocks_describe(ch, &block);
	}
}

/** xdma_blocks_grant() - credits for what has been given since the last time */
void xdma_blocks_grant(struct xdma_channel *ch)
{
	u64 given = acq_stream_given(ch->stream);

	/* The descriptors are in memory before the engine may fetch them. */
	dma_wmb();
	writel(given - ch->credited, ch->sgdma + XDMA_CREDITS);
	ch->credited = given;
	ch->grants++;
}

/* The writeback of block @seq, 0: it is not done */
static u64 xdma_blocks_writeback(const struct xdma_channel *ch, u64 seq)
{
	/* Once and in one piece: the card can write any time. */
	return le64_to_cpu(READ_ONCE(ch->back[xdma_slot(ch, seq)]));
}

/* The card's logic contradicts itself, or is not the logic that it was. */
static void xdma_blocks_fail_by_logic(struct xdma_channel *ch, int error)
{
	u32 control = xdma_read(ch, XDMA_CONTROL);

	ch->questions++;
	if (error == -ENODEV || control == XDMA_ALL_ONES)
		xdma_fault_no_answer(ch);
	else if (!(control & XDMA_RUN))
		/* Its logic has forgotten because all of the card has been reset. */
		acq_stream_restart(ch->stream);
	else if (error == -EOVERFLOW)
		xdma_fault_fail(ch, XDMA_FAULT_LOGIC, -EIO,
				"its logic has lost samples more often than it can tell");
	else
		xdma_fault_fail(ch, XDMA_FAULT_LOGIC, error,
				"its logic tells of %llu frames lost at %llu, before frame %llu",
				ch->logic.lost, ch->logic.index, ch->index);
}

/*
 * Has the logic been reset since the engine was started? Then it says of losses
 * before that: none. It is reset with the engine, which loses the causes of
 * interrupts that xdma_engine_begin() has set, and keeps when it is stopped.
 */
static bool xdma_blocks_is_reset(struct xdma_channel *ch)
{
	u32 control = xdma_read(ch, XDMA_CONTROL);

	ch->questions++;
	if (control == XDMA_ALL_ONES)
		xdma_fault_no_answer(ch);
	else if (!(control & XDMA_CAUSES))
		acq_stream_restart(ch->stream);
	else
		return false;
	return true;
}

/*
 * How many frames were lost before the open block, which is done? Losses come
 * behind a tlast only; one question serves for all blocks that are done by now.
 * False if the stream has failed.
 */
static bool xdma_blocks_find_loss(struct xdma_channel *ch, u64 *lost)
{
	u64 given = acq_stream_given(ch->stream);
	int ret;

	*lost = 0;
	if (!ch->logic.regs || !ch->ended)
		return true;
	if (ch->asked <= acq_stream_done(ch->stream)) {
		while (ch->asked < given && xdma_blocks_writeback(ch, ch->asked))
			ch->asked++;
		/* What the card says from here on is newer than those blocks. */
		dma_rmb();
		xdma_logic_poll(&ch->logic);
		ch->questions++;
		/* Asked last: what it has said before is true if it is not reset by now. */
		if (xdma_blocks_is_reset(ch))
			goto ask_again;
	}
	ret = xdma_logic_lost(&ch->logic, ch->index, lost);
	if (!ret)
		return true;
	xdma_blocks_fail_by_logic(ch, ret);
ask_again:
	/* When the engine is stopped, what is done is collected once more. */
	ch->asked = acq_stream_done(ch->stream);
	return false;
}

/* Report the open block, as its writeback says. False if the stream has failed. */
static bool xdma_blocks_report(struct xdma_channel *ch, u64 back)
{
	u32 bytes = xdma_fault_check_writeback(ch, back, ch->room);
	bool ends = back & XDMA_BACK_EOP;
	struct acq_fill fill = {
		.bytes = bytes,
		.flags = ends ? ACQ_BLOCK_EOP : 0,
		.complete = true,
	};

	if (!bytes || !xdma_blocks_find_loss(ch, &fill.lost))
		return false;
	ch->index += fill.lost;
	fill.index = ch->index;
	if (acq_stream_fill(ch->stream, &fill))
		return false;
	ch->index += bytes / ch->frame;
	ch->ended = ends;
	ch->packets += ends;
	return true;
}

/**
 * xdma_blocks_collect() - report the blocks that are done, in order
 * @ch: the channel
 *
 * Ends behind what has been given, whatever the card says.
 *
 * Return: false if the stream has failed.
 */
bool xdma_blocks_collect(struct xdma_channel *ch)
{
	u64 back;

	while (acq_stream_outstanding(ch->stream)) {
		back = xdma_blocks_writeback(ch, acq_stream_done(ch->stream));
		if (!back)
			break;
		/* The samples are older than the writeback that reports them. */
		dma_rmb();
		if (!xdma_blocks_report(ch, back))
			return false;
	}
	return true;
}
