// SPDX-License-Identifier: GPL-2.0-only
/*
 * A Reader of LitePCIe: blocks that a writer has filled, for the card to read and to play.
 *
 * It counts a descriptor when it has requested the last packet, and the host's memory is
 * read later. The number of outstanding requests is limited: a block has been read when far
 * more than these has been counted behind it, or when some time has passed. LitePCIe does
 * not report what becomes of it in the FIFOs behind, nor an underrun. All that is known is
 * how often the table was empty.
 */
#include <linux/dma-mapping.h>
#include <linux/math64.h>
#include <linux/string.h>

#include "internal.h"

/* By then the host has answered, or the link is dead. */
#define LITE_OUTPUT_US		2000
#define LITE_OUTPUT_NS		(LITE_OUTPUT_US * NSEC_PER_USEC)
/* Far more than can be requested at a time, 4 KiB usually */
#define LITE_OUTPUT_BYTES	SZ_64K
/* What a Reader holds at most that does not say how much: 2 KiB for each of 32 requests */
#define LITE_OUTPUT_FIFO	SZ_64K

static u32 lite_output_slot(u64 number)
{
	return number & (LITE_SLOTS - 1);
}

/* Memory for blocks that are copied, unless it is there: it may be fewer than wanted. */
static int lite_output_alloc(struct lite_channel *ch, u32 bytes)
{
	unsigned int most = clamp(ch->slots / 2, LITE_COPIES_MIN, LITE_COPIES);
	unsigned int want = clamp(LITE_COPIES_BYTES / bytes, LITE_COPIES_MIN, most);

	if (ch->copy_bytes == bytes && ch->copies >= want)
		return 0;
	lite_output_free(ch);
	ch->copy_bytes = bytes;
	for (; ch->copies < want; ch->copies++) {
		struct lite_copy *copy = &ch->copy[ch->copies];

		copy->to = dma_alloc_coherent(lite_device(ch), bytes, &copy->dma,
					      GFP_KERNEL | __GFP_NOWARN);
		if (!copy->to)
			break;
	}
	if (ch->copies >= LITE_COPIES_MIN)
		return 0;
	dev_err_ratelimited(lite_device(ch), "Reader %u: no memory for %u copies of %u bytes\n",
			    ch->number, LITE_COPIES_MIN, bytes);
	lite_output_free(ch);
	return -ENOMEM;
}

/** lite_output_free() - free that memory, if there is some */
void lite_output_free(struct lite_channel *ch)
{
	while (ch->copies) {
		struct lite_copy *copy = &ch->copy[--ch->copies];

		dma_free_coherent(lite_device(ch), ch->copy_bytes, copy->to, copy->dma);
	}
	ch->copy_bytes = 0;
}

/*
 * The card takes whole beats of its data path. Where frames are none, a block may end in the
 * middle of one, and what is left of it comes right before the next: that one is copied. The
 * engine is idle: it reads no copy of an earlier run any more.
 */
static int lite_output_prepare(struct lite_channel *ch, const struct acq_config *config)
{
	ch->carried = 0;
	ch->counted = 0;
	ch->marked = 0;
	ch->safe = 0;
	ch->marked_ns = 0;
	ch->empties_ns = mul_u64_u64_div_u64(LITE_OUTPUT_FIFO / config->frame_bytes,
					     NSEC_PER_SEC * MSEC_PER_SEC,
					     max(config->rate_millihz, 1ULL));
	if (!(config->frame_bytes % ch->card->map.beat) ||
	    !lite_output_alloc(ch, config->block_used))
		return 0;
	lite_engine_settle(ch);
	return -ENOMEM;
}

static int lite_output_start(struct acq_stream *stream, const struct acq_config *config)
{
	return lite_engine_start(stream, config) ?:
	       lite_output_prepare(acq_stream_card(stream), config);
}

static int lite_output_hold(struct acq_stream *stream, const struct acq_config *config)
{
	return lite_engine_hold(stream, config) ?:
	       lite_output_prepare(acq_stream_card(stream), config);
}

/* Does it begin or end in the middle of a beat? */
static bool lite_output_is_odd(const struct lite_channel *ch, const struct acq_memory *block)
{
	return ch->carried || block->bytes % ch->card->map.beat;
}

/* Push a block by way of a copy, behind what was left of the one before. */
static void lite_output_push_copy(struct lite_channel *ch, const struct acq_memory *block,
				  bool quiet)
{
	const u8 *from = acq_stream_block(ch->stream, block->number);
	const struct lite_copy *copy = &ch->copy[block->number % ch->copies];
	u32 total = ch->carried + block->bytes, whole = total - total % ch->card->map.beat;
	u32 taken = whole - ch->carried;

	if (!whole) {
		memcpy(ch->carry + ch->carried, from, block->bytes);
		ch->carried = total;
		return;
	}
	/* No more than a full block: that one is whole beats itself. */
	memcpy(copy->to, ch->carry, ch->carried);
	memcpy(copy->to + ch->carried, from, taken);
	ch->carried = total - whole;
	memcpy(ch->carry, from + taken, ch->carried);
	dma_wmb();
	lite_table_push(ch, copy->dma, whole, quiet);
}

/* Nothing follows what is left: the last frame is repeated to fill the beat. */
static void lite_output_push_end(struct lite_channel *ch)
{
	u32 beat = ch->card->map.beat, n, left = ch->carried;

	if (!left || !lite_table_has_room(ch, 1))
		return;
	memset(ch->pad, 0, LITE_BEAT_MAX);
	memcpy(ch->pad, ch->carry, left);
	for (n = left; left >= ch->frame && n + ch->frame <= beat; n += ch->frame)
		memcpy(ch->pad + n, ch->pad + left - ch->frame, ch->frame);
	ch->carried = 0;
	dma_wmb();
	lite_table_push(ch, ch->pad_dma, beat, false);
}

/* Push what has been given, as far as there is room. */
static void lite_output_push(struct lite_channel *ch)
{
	u64 given = acq_stream_given(ch->stream), done = acq_stream_done(ch->stream);
	u64 sum = ch->blocks ? ch->sums[lite_output_slot(ch->blocks - 1)] : 0;

	for (; ch->blocks < given && lite_table_has_room(ch, 1); ch->blocks++) {
		struct acq_memory block = acq_stream_memory(ch->stream, ch->blocks);
		bool odd = lite_output_is_odd(ch, &block);
		/* A copy has to be read before it is used again. */
		u32 each = odd ? min(ch->each, ch->copies / LITE_COPIES_MIN) : ch->each;
		/* Where few are left each one interrupts: a writer has to fill them. */
		bool quiet = ch->blocks % each != each - 1 && ch->blocks > done + 3;

		if (odd && ch->blocks >= done + ch->copies)
			break;
		if (odd)
			lite_output_push_copy(ch, &block, quiet);
		else
			lite_table_push(ch, block.dma, block.bytes, quiet);
		ch->ends[lite_output_slot(ch->blocks)] = ch->pushed;
		sum += block.bytes;
		ch->sums[lite_output_slot(ch->blocks)] = sum;
		if (quiet)
			ch->quiet = ch->blocks + 1;
	}
	if (ch->finishing && ch->blocks == given)
		lite_output_push_end(ch);
}

/* Report the open block as played. False if the stream has failed. */
static bool lite_output_report(struct lite_channel *ch)
{
	u32 bytes = acq_stream_memory(ch->stream, acq_stream_done(ch->stream)).bytes;
	struct acq_fill fill = {
		.bytes = bytes,
		.index = ch->index,
		.complete = true,
	};

	if (acq_stream_fill(ch->stream, &fill))
		return false;
	ch->index += bytes / ch->frame;
	return true;
}

/*
 * Which blocks are counted, and which of them have been so for some time? All that had been
 * requested then has come by now.
 */
static void lite_output_age(struct lite_channel *ch)
{
	u64 now = ktime_get_ns();

	while (ch->counted < ch->blocks && ch->ends[lite_output_slot(ch->counted)] <= ch->popped)
		ch->counted++;
	if (now - ch->marked_ns <= LITE_OUTPUT_NS)
		return;
	ch->safe = ch->marked;
	ch->marked = ch->counted;
	ch->marked_ns = now;
}

/* Has the card read block @number, which is counted? */
static bool lite_output_has_read(const struct lite_channel *ch, u64 number)
{
	return number < ch->safe ||
	       ch->sums[lite_output_slot(ch->counted - 1)] -
	       ch->sums[lite_output_slot(number)] >= LITE_OUTPUT_BYTES;
}

/* Report blocks that have been read. False if the segment has ended. */
static bool lite_output_collect(struct lite_channel *ch)
{
	struct acq_report report = {};
	u64 done;

	lite_output_age(ch);
	for (;;) {
		done = acq_stream_done(ch->stream);
		if (done >= ch->counted || !lite_output_has_read(ch, done))
			break;
		if (!lite_output_report(ch))
			return false;
	}
	report.frames = ch->index;
	acq_stream_report(ch->stream, &report);
	return true;
}

static void lite_output_kick(struct acq_stream *stream)
{
	struct lite_channel *ch = acq_stream_card(stream);

	lite_output_push(ch);
	lite_engine_pushed(ch);
}

/* Are its FIFOs empty? A stop would lose what is in them. Asked at the end only. */
static bool lite_output_is_empty(const struct lite_channel *ch)
{
	const struct lite *lite = ch->card;
	u64 waited = ktime_get_ns() - ch->popped_ns;
	u32 level;

	if (waited <= LITE_OUTPUT_NS)
		return false;
	if (!lite->map.buffering)
		return waited > LITE_OUTPUT_NS + ch->empties_ns;
	level = readl(lite->regs + lite->map.dma[ch->number] + lite_map_reader_fifo(&lite->map) +
		      LITE_FIFO_LEVEL);
	return !(level & LITE_FIFO_BYTES) || level == LITE_ALL_ONES;
}

/* Has all been played that it will ever get? */
static bool lite_output_is_over(const struct lite_channel *ch)
{
	if (!ch->finishing || acq_stream_outstanding(ch->stream))
		return false;
	return !ch->begun ||
	       (!ch->carried && ch->popped == ch->pushed && lite_output_is_empty(ch));
}

/*
 * What is counted can be reported when some time has passed, which is short where the card has
 * little left; so can the end.
 */
static void lite_output_come_again(struct lite_channel *ch)
{
	u64 done = acq_stream_done(ch->stream), left = ch->blocks - ch->counted;

	if (left ? ch->counted > done && left < ch->counted - done :
		   ch->finishing || ch->counted > done)
		acq_stream_service_in(ch->stream, LITE_OUTPUT_US);
	else if (ch->finishing || ch->quiet > done || ch->counted > done)
		acq_stream_service_later(ch->stream);
}

static void lite_output_service(struct acq_stream *stream)
{
	struct lite_channel *ch = acq_stream_card(stream);
	bool passes = lite_sync_passes(ch);

	if (ch->begun) {
		if (!lite_engine_count(ch))
			return;
		/* Until it is released, nothing of what it holds is played. */
		if (passes && !lite_output_collect(ch))
			return;
		lite_output_push(ch);
	}
	if (lite_output_is_over(ch))
		acq_stream_finished(stream);
	else if (ch->begun && passes)
		lite_output_come_again(ch);
	else if (ch->begun)
		acq_stream_service_later(stream);
}

static void lite_output_finish(struct acq_stream *stream)
{
	struct lite_channel *ch = acq_stream_card(stream);

	ch->finishing = true;
	if (ch->begun)
		lite_output_push(ch);
	acq_stream_service_soon(stream);
}

/*
 * The FIFOs are lost, and nothing tells how much of the blocks in hand has been played: those
 * are not to be played again. Of one that was never released nothing has been.
 */
static void lite_output_stop(struct acq_stream *stream)
{
	struct lite_channel *ch = acq_stream_card(stream);
	bool played = ch->begun && lite_sync_passes(ch);

	lite_irq_disable(ch->card, BIT(ch->line));
	WRITE_ONCE(ch->begun, false);
	if (lite_engine_halt(ch) && played) {
		u32 more = lite_read(ch, LITE_STATUS) - ch->base - lower_32_bits(ch->popped);

		if (more <= ch->pushed - ch->popped) {
			ch->popped += more;
			lite_output_collect(ch);
		}
	}
	if (played && acq_stream_outstanding(stream))
		acq_stream_unsure(stream);
	lite_engine_settle(ch);
}

const struct acq_card_ops lite_output_ops = {
	.word		= LITE_BEAT_MAX,
	.round		= lite_engine_round,
	.wake		= lite_engine_power_up,
	.reclaim	= lite_engine_reclaim,
	.start		= lite_output_start,
	.hold		= lite_output_hold,
	.go		= lite_engine_go,
	.give		= lite_engine_give,
	.moderate	= lite_engine_moderate,
	.kick		= lite_output_kick,
	.service	= lite_output_service,
	.check		= lite_engine_check,
	.silence	= lite_engine_silence,
	.finish		= lite_output_finish,
	.stop		= lite_output_stop,
	.abandon	= lite_engine_abandon,
	.show		= lite_fault_show,
};
