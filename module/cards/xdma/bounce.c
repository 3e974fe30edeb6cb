// SPDX-License-Identifier: GPL-2.0-only
/*
 * The copying form: an engine of XDMA fills chunks of memory round and round without
 * asking, and the driver copies them into the ring. See bounce.h.
 */
#include <linux/bitfield.h>
#include <linux/compiler.h>
#include <linux/dma-mapping.h>
#include <linux/errno.h>
#include <linux/lcm.h>
#include <linux/string.h>

#include "internal.h"

/**
 * xdma_bounce_alloc() - allocate the memory, unless it is there
 * @bounce: zeroed before the first call; to be freed also where this fails
 * @dev: the card
 *
 * Return: 0 or -ENOMEM.
 */
int xdma_bounce_alloc(struct xdma_bounce *bounce, struct device *dev)
{
	unsigned int i;

	for (i = 0; i < XDMA_CHUNKS; i++) {
		if (!bounce->chunk[i])
			bounce->chunk[i] = dma_alloc_coherent(dev, XDMA_CHUNK_BYTES,
							      &bounce->dma[i], GFP_KERNEL);
		if (!bounce->chunk[i])
			return -ENOMEM;
	}
	if (!bounce->count)
		bounce->count = dma_alloc_coherent(dev, sizeof(*bounce->count),
						   &bounce->count_dma, GFP_KERNEL);
	return bounce->count ? 0 : -ENOMEM;
}

/** xdma_bounce_free() - free the memory, if there is some */
void xdma_bounce_free(struct xdma_bounce *bounce, struct device *dev)
{
	unsigned int i;

	for (i = 0; i < XDMA_CHUNKS && bounce->chunk[i]; i++)
		dma_free_coherent(dev, XDMA_CHUNK_BYTES, bounce->chunk[i], bounce->dma[i]);
	if (bounce->count)
		dma_free_coherent(dev, sizeof(*bounce->count), bounce->count, bounce->count_dma);
	memset(bounce, 0, sizeof(*bounce));
}

/* Fill in the descriptors of all chunks: they are never changed. */
static void xdma_bounce_describe(struct xdma_channel *ch)
{
	u32 i;

	for (i = 0; i < XDMA_CHUNKS; i++) {
		u32 next = (i + 1) % XDMA_CHUNKS;

		ch->desc[i] = (struct xdma_desc){
			.control = cpu_to_le32(XDMA_DESC_MAGIC | XDMA_DESC_COMPLETED),
			.bytes = cpu_to_le32(ch->bounce.bytes),
			.from = cpu_to_le64(ch->back_dma + i * sizeof(*ch->back)),
			.to = cpu_to_le64(ch->bounce.dma[i]),
			.next = cpu_to_le64(ch->desc_dma + next * sizeof(*ch->desc)),
		};
		WRITE_ONCE(ch->back[i], 0);
	}
}

/**
 * xdma_bounce_prepare() - have all ready for an engine that is to begin
 * @ch: the channel, whose engine is idle; its chunks are allocated
 */
void xdma_bounce_prepare(struct xdma_channel *ch)
{
	u32 unit = lcm(ch->frame, XDMA_WORD);

	/* As much as fits into a chunk and into a block: whole frames, whole words */
	ch->bounce.bytes = min(ch->room, XDMA_CHUNK_BYTES - XDMA_CHUNK_BYTES % unit);
	xdma_bounce_describe(ch);
	xdma_write(ch, XDMA_POLL_LO, lower_32_bits(ch->bounce.count_dma));
	xdma_write(ch, XDMA_POLL_HI, upper_32_bits(ch->bounce.count_dma));
}

/**
 * xdma_bounce_begin() - let the engine go round
 * @ch: the channel, whose engine runs and waits for a first credit
 */
void xdma_bounce_begin(struct xdma_channel *ch)
{
	struct xdma_bounce *bounce = &ch->bounce;
	u32 count = xdma_read(ch, XDMA_COUNT);

	bounce->base = count;
	bounce->done = 0;
	bounce->next = 0;
	bounce->at = 0;
	bounce->lost = 0;
	bounce->reported = 0;
	bounce->uneven = false;
	bounce->blind = XDMA_CHUNKS;
	WRITE_ONCE(*bounce->count, cpu_to_le32(count & XDMA_POLL_COUNT));
	writel(ch->common, ch->card->regs + XDMA_COMMON + XDMA_CREDIT_MODE_W1C);
}

/*
 * How many chunks are done and not copied? What is in those chunks, and in their
 * writebacks, is there. From XDMA_CHUNKS_SAFE on the first of them may be being
 * overwritten. To be called often enough that fewer than 2^24 are done in between: the
 * watchdog does.
 */
static u64 xdma_bounce_ahead(struct xdma_bounce *bounce)
{
	u32 count = le32_to_cpu(READ_ONCE(*bounce->count));

	/* What is read from here on is newer than that number, what was read before is older. */
	dma_rmb();
	bounce->done += (count - bounce->base - lower_32_bits(bounce->done)) & XDMA_POLL_COUNT;
	return bounce->done - bounce->next;
}

/* Append a copied chunk to the open block. False if the stream has failed. */
static bool xdma_bounce_report(struct xdma_channel *ch, u32 bytes, bool ends)
{
	struct xdma_bounce *bounce = &ch->bounce;
	struct acq_fill fill = {
		.bytes = bounce->at + bytes,
		.flags = ends ? ACQ_BLOCK_EOP : 0,
		/* What comes next may be as large as a chunk. */
		.complete = ends || bounce->at + bytes + bounce->bytes > ch->room,
	};

	if (!bounce->at) {
		bounce->index = ch->index + bounce->lost;
		bounce->before = bounce->lost;
		bounce->lost = 0;
		ch->index = bounce->index;
	}
	fill.index = bounce->index;
	fill.lost = bounce->before;
	bounce->at = fill.complete ? 0 : fill.bytes;
	ch->index += bytes / ch->frame;
	ch->packets += ends;
	bounce->uneven |= ends;
	return acq_stream_fill(ch->stream, &fill) == 0;
}

/* The open block grows no more: what is lost comes behind it. */
static bool xdma_bounce_end_block(struct xdma_channel *ch)
{
	struct xdma_bounce *bounce = &ch->bounce;
	struct acq_fill fill = {
		.bytes = bounce->at,
		.index = bounce->index,
		.lost = bounce->before,
		.complete = true,
	};

	if (!bounce->at)
		return true;
	bounce->at = 0;
	return acq_stream_fill(ch->stream, &fill) == 0;
}

/* The engine has been round: continue in the middle of what is there. False if it has failed */
static bool xdma_bounce_skip(struct xdma_channel *ch, u64 ahead)
{
	struct xdma_bounce *bounce = &ch->bounce;
	u64 skip = ahead - XDMA_CHUNKS / 2;

	if (!xdma_bounce_end_block(ch))
		return false;
	bounce->next += skip;
	if (!bounce->uneven) {
		bounce->lost += skip * (bounce->bytes / ch->frame);
		return true;
	}
	/* How much was in them only the clock tells. From here on it is counted from 0. */
	acq_stream_lost(ch->stream, ACQ_CAUSE_CARD_FIFO);
	bounce->lost = 0;
	bounce->reported = 0;
	ch->index = 0;
	return true;
}

/* Copy a chunk, unless the engine has come round to it. False if the stream has failed. */
static bool xdma_bounce_copy(struct xdma_channel *ch)
{
	struct xdma_bounce *bounce = &ch->bounce;
	u32 slot = bounce->next % XDMA_CHUNKS, bytes;
	u64 back = le64_to_cpu(READ_ONCE(ch->back[slot]));
	bool blind;

	/* Bounded before it is checked: there is room for a chunk in the open block. */
	bytes = min_t(u64, FIELD_GET(XDMA_BACK_BYTES, back), bounce->bytes);
	memcpy(acq_stream_open_block(ch->stream) + bounce->at, bounce->chunk[slot], bytes);
	/* So that a count of more than was written does not bring it once more */
	WRITE_ONCE(ch->back[slot], 0);
	/* All of that was before the engine came round to it, or it is worth nothing. */
	mb();
	if (xdma_bounce_ahead(bounce) >= XDMA_CHUNKS_SAFE) {
		/* Then the zero may have hit what the engine has written since. */
		bounce->blind = slot;
		return true;
	}
	blind = bounce->blind == slot;
	if (blind)
		bounce->blind = XDMA_CHUNKS;
	/* It is lost, alone. */
	if (!back && blind)
		return xdma_bounce_skip(ch, XDMA_CHUNKS / 2 + 1);
	if (!back) {
		xdma_fault_no_writeback(ch);
		return false;
	}
	bytes = xdma_fault_check_writeback(ch, back, bounce->bytes);
	if (!bytes)
		return false;
	bounce->next++;
	return xdma_bounce_report(ch, bytes, back & XDMA_BACK_EOP);
}

/**
 * xdma_bounce_collect() - copy the chunks that are done while there is room
 * @ch: the channel
 *
 * At most a round of chunks: a card may complete them as fast as they are copied, or
 * say so. Then another turn follows.
 *
 * Return: false if the stream has failed.
 */
bool xdma_bounce_collect(struct xdma_channel *ch)
{
	unsigned int turn;
	u64 ahead;

	for (turn = 0; turn < XDMA_CHUNKS; turn++) {
		ahead = xdma_bounce_ahead(&ch->bounce);
		if (!ahead || !acq_stream_outstanding(ch->stream))
			return true;
		if (ahead >= XDMA_CHUNKS_SAFE ? !xdma_bounce_skip(ch, ahead) :
						!xdma_bounce_copy(ch))
			return false;
	}
	acq_stream_service_soon(ch->stream);
	return true;
}

/** xdma_bounce_collected() - has all been copied that an idle engine has done? */
bool xdma_bounce_collected(const struct xdma_channel *ch)
{
	return ch->bounce.next == ch->bounce.done;
}

/**
 * xdma_bounce_unreported() - how many frames has the card produced in this segment?
 * @ch: the channel
 *
 * Return: as many, those included that were not copied; 0: no more than at the last call.
 */
u64 xdma_bounce_unreported(struct xdma_channel *ch)
{
	struct xdma_bounce *bounce = &ch->bounce;
	u64 frames = ch->index + bounce->lost;

	/* How much is in a packet that was not copied is not known. */
	if (!bounce->uneven && !acq_stream_outstanding(ch->stream))
		frames += (bounce->done - bounce->next) * (bounce->bytes / ch->frame);
	if (frames <= bounce->reported)
		return 0;
	bounce->reported = frames;
	return frames;
}
