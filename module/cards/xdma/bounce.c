// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that an engine of XDMA fills round and round without asking. See
 * bounce.h.
 */
#include <linux/compiler.h>
#include <linux/dma-mapping.h>
#include <linux/errno.h>
#include <linux/string.h>

#include "bounce.h"
#include "regs.h"

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
