// SPDX-License-Identifier: GPL-2.0-only
/*
 * H2C streams: blocks that a writer has filled, for an engine of XDMA to read and for the
 * card's own logic to play.
 *
 * As a C2H channel it has a descriptor for each block, in a circle, and takes one for a
 * credit only, so nothing is ever read twice. It writes no writebacks, but the count of
 * what it has completed to a word in memory: no register is read while it plays.
 *
 * A block counts as played when the engine has read it. What becomes of it behind that, in
 * the logic's FIFO, XDMA does not know: nor whether a converter waits where nothing comes, or
 * puts something out. All that is known is how often the engine had nothing to read.
 *
 * tlast says that nothing follows at once. So the newest block gets its credit only when
 * another has come behind it, when it is known to be the last, or when the engine needs
 * it.
 */
#include <linux/bitops.h>
#include <linux/kernel.h>

#include "internal.h"

/* With so few blocks to read an engine needs the newest one, too. */
#define XDMA_OUTPUT_FEW		3

static void xdma_output_describe(struct xdma_channel *ch, const struct acq_memory *block)
{
	u32 slot = xdma_slot(ch, block->number), next = xdma_slot(ch, block->number + 1);

	ch->desc[slot] = (struct xdma_desc){
		.control = cpu_to_le32(XDMA_DESC_MAGIC),
		.bytes = cpu_to_le32(block->bytes),
		.from = cpu_to_le64(block->dma),
		.next = cpu_to_le64(ch->desc_dma + next * sizeof(*ch->desc)),
	};
}

/**
 * xdma_output_prepare() - have all ready for an engine that is to begin
 * @ch: the channel, whose engine is idle
 *
 * Not earlier: an earlier run's descriptor may have been completed since start().
 */
void xdma_output_prepare(struct xdma_channel *ch)
{
	u64 number, given = acq_stream_given(ch->stream);

	for (number = 0; number < given; number++) {
		struct acq_memory block = acq_stream_memory(ch->stream, number);

		xdma_output_describe(ch, &block);
	}
	xdma_write(ch, XDMA_POLL_LO, lower_32_bits(ch->back_dma));
	xdma_write(ch, XDMA_POLL_HI, upper_32_bits(ch->back_dma));
}

/* What its descriptor says of a block, now that it is known what follows */
static u32 xdma_output_control(const struct xdma_channel *ch, u64 number, u64 given)
{
	u32 bytes = le32_to_cpu(ch->desc[xdma_slot(ch, number)].bytes);
	u32 control = XDMA_DESC_MAGIC;

	/* What is no multiple of the data path ends a packet, or is refused. */
	if (number == given - 1 || bytes % XDMA_WORD)
		control |= XDMA_DESC_EOP;
	/* Also where the engine is about to need the newest one, or to have none left */
	if (number + XDMA_OUTPUT_FEW + 1 >= given || number % ch->each == ch->each - 1)
		control |= XDMA_DESC_COMPLETED;
	return control;
}

/* Credits for what the engine may have by now. */
static void xdma_output_grant(struct xdma_channel *ch)
{
	u64 given = acq_stream_given(ch->stream), end = given, number;

	if (!ch->finishing && given > acq_stream_done(ch->stream) + XDMA_OUTPUT_FEW)
		end--;
	if (end <= ch->credited)
		return;
	for (number = ch->credited; number < end; number++)
		ch->desc[xdma_slot(ch, number)].control =
			cpu_to_le32(xdma_output_control(ch, number, given));
	/* The descriptors are in memory before the engine may fetch them. */
	dma_wmb();
	writel(end - ch->credited, ch->sgdma + XDMA_CREDITS);
	ch->credited = end;
	ch->grants++;
}

/**
 * xdma_output_begin() - let the engine have the first blocks
 * @ch: the channel, whose engine runs and waits for a first credit
 */
void xdma_output_begin(struct xdma_channel *ch)
{
	/* What an earlier run has written to the word is there when this read comes back. */
	ch->base = xdma_read(ch, XDMA_COUNT);
	WRITE_ONCE(ch->back[0], cpu_to_le64(ch->base & XDMA_POLL_COUNT));
	xdma_output_grant(ch);
}

/* Can the engine have completed so many more blocks? */
static bool xdma_output_plausible(const struct xdma_channel *ch, s32 more)
{
	return more <= 0 || (u32)more <= ch->credited - acq_stream_done(ch->stream);
}

/* Report so many more blocks. False if the segment has ended. */
static bool xdma_output_report(struct xdma_channel *ch, s32 more)
{
	struct acq_stream *stream = ch->stream;
	struct acq_report report;

	if (more <= 0)
		return true;
	while (more--) {
		u32 bytes = acq_stream_memory(stream, acq_stream_done(stream)).bytes;
		struct acq_fill fill = {
			.bytes = bytes,
			.index = ch->index,
			.complete = true,
		};

		if (acq_stream_fill(stream, &fill))
			return false;
		ch->index += bytes / ch->frame;
	}
	report = (struct acq_report){ .frames = ch->index };
	acq_stream_report(stream, &report);
	if (!acq_stream_outstanding(stream) && !ch->finishing)
		ch->starved++;
	return true;
}

/* The card counts so many more: report them. False if the segment has ended. */
static bool xdma_output_advance(struct xdma_channel *ch, s32 more)
{
	if (xdma_output_plausible(ch, more))
		return xdma_output_report(ch, more);
	xdma_fault_fail(ch, XDMA_FAULT_COUNT, -EPROTO,
			"%d blocks are completed, of %llu that it was given", more,
			ch->credited - acq_stream_done(ch->stream));
	return false;
}

/* How many more have been completed? @count: the register, or the word, which has 24 bits of it */
static s32 xdma_output_more(const struct xdma_channel *ch, u32 count)
{
	return count - ch->base - lower_32_bits(acq_stream_done(ch->stream));
}

/* By the word in memory. An older one may come behind a newer register: then it is nothing new. */
static bool xdma_output_collect(struct xdma_channel *ch)
{
	/* Once: the card can write any time. What it has read, the writer may fill behind that. */
	u32 count = lower_32_bits(le64_to_cpu(READ_ONCE(ch->back[0])));

	return xdma_output_advance(ch, sign_extend32(xdma_output_more(ch, count), 23));
}

/*
 * The engine was busy with an earlier run: has it ended? Nothing flows, so a register may
 * be read. False if the segment has ended.
 */
static bool xdma_output_try_begin(struct xdma_channel *ch)
{
	u32 status = xdma_read(ch, XDMA_STATUS);

	ch->questions++;
	if (status == XDMA_ALL_ONES) {
		xdma_fault_no_answer(ch);
		return false;
	}
	ch->busy = !xdma_idle(status);
	if (!ch->busy && acq_stream_outstanding(ch->stream))
		xdma_engine_begin(ch);
	return true;
}

static void xdma_output_give(struct acq_stream *stream, const struct acq_memory *block)
{
	struct xdma_channel *ch = acq_stream_card(stream);

	if (ch->begun)
		xdma_output_describe(ch, block);
}

static void xdma_output_kick(struct acq_stream *stream)
{
	struct xdma_channel *ch = acq_stream_card(stream);

	if (ch->begun)
		xdma_output_grant(ch);
	else if (!ch->busy)
		xdma_engine_begin(ch);
}

static void xdma_output_service(struct acq_stream *stream)
{
	struct xdma_channel *ch = acq_stream_card(stream);
	bool pending = test_and_clear_bit(XDMA_PENDING, &ch->flags);
	u64 done = acq_stream_done(stream);

	/* Errors stay, for check(). */
	if (pending)
		xdma_write(ch, XDMA_STATUS, XDMA_COMPLETED | XDMA_IDLE_STOPPED);
	if (!(ch->begun ? xdma_output_collect(ch) : xdma_output_try_begin(ch)))
		return;
	if (ch->begun)
		xdma_output_grant(ch);
	xdma_engine_serviced(ch, pending, acq_stream_done(stream) != done);
	if (ch->finishing && !acq_stream_outstanding(stream))
		acq_stream_finished(stream);
}

static void xdma_output_check(struct acq_stream *stream)
{
	struct xdma_channel *ch = acq_stream_card(stream);
	u64 done = acq_stream_done(stream);
	struct xdma_look look;

	if (!ch->begun || !xdma_engine_look(ch, &look))
		return;
	if (!(look.control & XDMA_RUN)) {
		xdma_fault_reset(ch);
	} else if (xdma_output_advance(ch, xdma_output_more(ch, look.count)) &&
		   look.status & XDMA_ERRORS) {
		xdma_fault_by_status(ch, look.status);
	} else if (acq_stream_done(stream) != done) {
		/* The word in memory is behind. */
		acq_stream_service_soon(stream);
	}
}

/* Nothing more is given: the newest block is the last. */
static void xdma_output_finish(struct acq_stream *stream)
{
	struct xdma_channel *ch = acq_stream_card(stream);

	ch->finishing = true;
	if (ch->begun)
		xdma_output_grant(ch);
	if (!acq_stream_outstanding(stream))
		acq_stream_service_soon(stream);
}

/*
 * How far has the engine come that is to stop? What it has not begun by then is played
 * later. One that has been reset has forgotten its count, and one that is not idle goes on
 * with a block that nobody can take from it.
 */
static void xdma_output_settle(struct xdma_channel *ch, u32 control, bool idle)
{
	bool knows = control != XDMA_ALL_ONES && control & XDMA_RUN;
	s32 more = xdma_output_more(ch, xdma_read(ch, XDMA_COUNT));

	knows = knows && more >= 0 && xdma_output_plausible(ch, more) &&
		xdma_output_report(ch, more);
	if (!knows || !idle)
		acq_stream_unsure(ch->stream);
}

static void xdma_output_stop(struct acq_stream *stream)
{
	struct xdma_channel *ch = acq_stream_card(stream);
	u32 control = xdma_read(ch, XDMA_CONTROL), status;
	bool begun = ch->begun, idle;

	xdma_write_irq(ch->card, XDMA_ENABLE_W1C, BIT(ch->line));
	xdma_write(ch, XDMA_CONTROL_W1C, XDMA_RUN);
	ch->begun = false;
	/* An engine that has not begun knows nothing of the run, but it may hold another. */
	if (!begun && xdma_engine_holds_memory(ch))
		return;
	idle = xdma_engine_wait_idle(ch, &status);
	if (begun)
		xdma_output_settle(ch, control, idle);
	if (idle)
		xdma_found_put_back_channel(ch);
	else if (begun)
		xdma_engine_keep_memory(ch, status);
}

const struct acq_card_ops xdma_output_ops = {
	.word		= XDMA_WORD,
	.round		= xdma_engine_round,
	.wake		= xdma_engine_power_up,
	.reclaim	= xdma_engine_reclaim,
	.start		= xdma_engine_start,
	.give		= xdma_output_give,
	.moderate	= xdma_engine_moderate,
	.kick		= xdma_output_kick,
	.service	= xdma_output_service,
	.check		= xdma_output_check,
	.silence	= xdma_engine_silence,
	.finish		= xdma_output_finish,
	.stop		= xdma_output_stop,
	.abandon	= xdma_engine_abandon,
	.show		= xdma_fault_show,
};
