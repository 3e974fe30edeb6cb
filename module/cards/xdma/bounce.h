/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that an engine of XDMA fills round and round without asking, and the
 * place to which the driver has copied it.
 */
#ifndef ACQ_XDMA_BOUNCE_H
#define ACQ_XDMA_BOUNCE_H

#include <linux/sizes.h>
#include <linux/types.h>

struct device;

#define XDMA_CHUNKS		64
/* An engine may be a little further than it says: of the others the oldest is whole. */
#define XDMA_CHUNKS_SAFE	(XDMA_CHUNKS - 2)
#define XDMA_CHUNK_BYTES	SZ_64K

/**
 * struct xdma_bounce - chunks of memory in a circle
 * @chunk: their memory
 * @dma: their bus addresses
 * @count: where the engine writes how many it has completed, modulo 2^24
 * @count_dma: its bus address
 *
 * The others live from xdma_bounce_prepare() on and are protected by the stream's
 * producer.lock.
 *
 * @bytes: that the engine writes to a chunk unless a packet ends
 * @base: where it began to count
 * @done: chunks that it has completed, as it said last
 * @next: number of the chunk to be copied next
 * @at: bytes that the ring's open block has so far
 * @index: sample index of that block
 * @before: frames that were lost before it
 * @lost: frames lost since the newest that was copied
 * @reported: frames that the stream knows of
 * @uneven: a packet has ended: nobody knows what was in a chunk that is gone
 * @blind: the chunk whose writeback may be missing, because it came while that of the
 *	round before was taken away; XDMA_CHUNKS: none
 */
struct xdma_bounce {
	void *chunk[XDMA_CHUNKS];
	dma_addr_t dma[XDMA_CHUNKS];
	__le32 *count;
	dma_addr_t count_dma;

	u32 bytes;
	u32 base;
	u64 done;
	u64 next;
	u32 at;
	u64 index;
	u64 before;
	u64 lost;
	u64 reported;
	bool uneven;
	u32 blind;
};

int xdma_bounce_alloc(struct xdma_bounce *bounce, struct device *dev);
void xdma_bounce_free(struct xdma_bounce *bounce, struct device *dev);

#endif /* ACQ_XDMA_BOUNCE_H */
