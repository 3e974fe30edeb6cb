// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that an engine of XDMA fills round and round without asking. See
 * bounce.h.
 */
#include <linux/bitfield.h>
#include <linux/compiler.h>
#include <linux/dma-mapping.h>
#include <linux/errno.h>
#include <linux/lcm.h>
#include <linux/string.h>

#include "internal.h"

/**
 * xdma_bounce_alloc() - make the memory, unless it is there
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

void xdma_bounce_free(struct xdma_bounce *bounce, struct device *dev)
{
	unsigned int i;

	for (i = 0; i < XDMA_CHUNKS && bounce->chunk[i]; i++)
		dma_free_coherent(dev, XDMA_CHUNK_BYTES, bounce->chunk[i], bounce->dma[i]);
	if (bounce->count)
		dma_free_coherent(dev, sizeof(*bounce->count), bounce->count, bounce->count_dma);
	memset(bounce, 0, sizeof(*bounce));
}

/**
 * xdma_bounce_begin() - nothing has been filled yet
 * @bounce: allocated
 * @bytes: what the engine writes to a chunk
 * @count: how many it says that it has completed
 *
 * Context: produce_lock; the engine does not run.
 */
void xdma_bounce_begin(struct xdma_bounce *bounce, u32 bytes, u32 count)
{
	bounce->bytes = bytes;
	bounce->base = count;
	bounce->done = 0;
	bounce->next = 0;
	bounce->at = 0;
	bounce->lost = 0;
	bounce->told = 0;
	bounce->uneven = false;
	WRITE_ONCE(*bounce->count, cpu_to_le32(count & XDMA_POLL_COUNT));
}

/**
 * xdma_bounce_ahead() - how many chunks are done and not copied?
 * @bounce: begun
 *
 * What is in those chunks, and in their writebacks, is there. From
 * XDMA_CHUNKS_SAFE on the first of them may be being overwritten. To be called
 * often enough that fewer than 2^24 are done in between: the watchdog does.
 *
 * Context: produce_lock.
 */
u64 xdma_bounce_ahead(struct xdma_bounce *bounce)
{
	u32 count = le32_to_cpu(READ_ONCE(*bounce->count));

	/* What is read from here on is newer than that number, what was read before is older. */
	dma_rmb();
	bounce->done += (count - bounce->base - lower_32_bits(bounce->done)) & XDMA_POLL_COUNT;
	return bounce->done - bounce->next;
}

/* Fill in the descriptors of all chunks: they are never changed. */
void xdma_bounce_describe(struct xdma_channel *ch, u32 bytes)
{
	u32 i;

	for (i = 0; i < XDMA_CHUNKS; i++) {
		u32 next = (i + 1) % XDMA_CHUNKS;

		ch->desc[i] = (struct xdma_desc){
			.control = cpu_to_le32(XDMA_DESC_MAGIC | XDMA_DESC_COMPLETED),
			.bytes = cpu_to_le32(bytes),
			.back = cpu_to_le64(ch->back_dma + i * sizeof(*ch->back)),
			.to = cpu_to_le64(ch->bounce.dma[i]),
			.next = cpu_to_le64(ch->desc_dma + next * sizeof(*ch->desc)),
		};
		WRITE_ONCE(ch->back[i], 0);
	}
}

/* As much as fits into a chunk and into a block: whole frames, whole words */
u32 xdma_bounce_chunk_bytes(const struct xdma_channel *ch)
{
	u32 unit = lcm(ch->frame, XDMA_WORD);

	return min(ch->room, XDMA_CHUNK_BYTES - XDMA_CHUNK_BYTES % unit);
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

/* The engine has been round: go on in the middle of what is there. False: not in this leg. */
static bool xdma_bounce_skip(struct xdma_channel *ch, u64 ahead)
{
	struct xdma_bounce *bounce = &ch->bounce;
	u64 skip = ahead - XDMA_CHUNKS / 2;

	/* How much was in them cannot be known. */
	if (bounce->uneven) {
		acq_stream_restart(ch->stream);
		return false;
	}
	if (!xdma_bounce_end_block(ch))
		return false;
	bounce->next += skip;
	bounce->lost += skip * (bounce->bytes / ch->frame);
	return true;
}

/* Copy the chunks that are done while there is room. False if it cannot go on so. */
bool xdma_bounce_collect(struct xdma_channel *ch)
{
	struct xdma_bounce *bounce = &ch->bounce;
	u64 ahead = xdma_bounce_ahead(bounce), back;
	u32 slot, bytes;

	while (ahead && acq_stream_outstanding(ch->stream)) {
		if (ahead >= XDMA_CHUNKS_SAFE) {
			if (!xdma_bounce_skip(ch, ahead))
				return false;
			ahead = xdma_bounce_ahead(bounce);
			continue;
		}
		slot = bounce->next % XDMA_CHUNKS;
		back = le64_to_cpu(READ_ONCE(ch->back[slot]));
		bytes = min_t(u64, FIELD_GET(XDMA_BACK_BYTES, back), bounce->bytes);
		memcpy(acq_stream_open_block(ch->stream) + bounce->at, bounce->chunk[slot], bytes);
		/* All of that was before the engine came round to it, or it is worth nothing. */
		dma_rmb();
		ahead = xdma_bounce_ahead(bounce);
		if (ahead >= XDMA_CHUNKS_SAFE)
			continue;
		if (!back) {
			xdma_fault_no_writeback(ch);
			return false;
		}
		bytes = xdma_fault_check_writeback(ch, back, bounce->bytes);
		if (!bytes || !xdma_bounce_report(ch, bytes, back & XDMA_BACK_EOP))
			return false;
		bounce->next++;
		ahead--;
	}
	return true;
}
