// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of a run. See run.h.
 *
 * A ring is made of separate blocks: no large contiguous piece is needed, and a
 * request that memory cannot meet fails instead of calling the OOM killer.
 */
#include <linux/gfp.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "run.h"

static void slots_free(struct acq_slot *slot, u32 count, u32 bytes)
{
	u32 i;

	for (i = 0; i < count && slot[i].page; i++)
		__free_pages(slot[i].page, get_order(bytes));
	kvfree(slot);
}

static struct acq_slot *slots_alloc(u32 count, u32 bytes, int node)
{
	const gfp_t gfp = GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_RETRY_MAYFAIL | __GFP_NOWARN;
	unsigned int order = get_order(bytes);
	struct acq_slot *slot;
	u32 i;

	slot = kvcalloc(count, sizeof(*slot), GFP_KERNEL_ACCOUNT);
	if (!slot)
		return NULL;
	for (i = 0; i < count; i++) {
		slot[i].page = alloc_pages_node(node, gfp | (order ? __GFP_COMP : 0), order);
		if (!slot[i].page) {
			slots_free(slot, count, bytes);
			return NULL;
		}
		cond_resched();
	}
	return slot;
}

static void run_free(struct acq_run *run)
{
	slots_free(run->slot, run->ring.slots, run->config.block_bytes);
	kvfree(run->ring.block);
	kfree_rcu(run, rcu);
}

/* Can nobody but the caller, who has the only reference, see this memory? */
static bool reusable(const struct acq_run *old, const struct acq_config *config, u32 slots)
{
	return kref_read(&old->ref) == 1 && old->ring.slots == slots &&
	       old->config.block_bytes == config->block_bytes;
}

/**
 * acq_run_create() - make a run and its ring
 * @config: checked and completed by acq_config_settle()
 * @node: NUMA node of the card
 * @old: the stream's previous run or NULL; its memory is taken over if nobody
 *	else uses it. The caller has taken it off the stream: its reference count
 *	can only fall.
 *
 * The reference on @old is dropped in any case.
 *
 * Context: sleeps.
 * Return: the run with one reference, or NULL: no memory.
 */
struct acq_run *acq_run_create(const struct acq_config *config, int node, struct acq_run *old)
{
	u32 slots = config->ring_bytes >> ilog2(config->block_bytes);
	struct acq_block *block;
	struct acq_run *run;

	run = kzalloc(sizeof(*run), GFP_KERNEL_ACCOUNT);
	if (!run)
		goto err_old;

	if (old && reusable(old, config, slots)) {
		run->slot = old->slot;
		block = old->ring.block;
		kfree_rcu(old, rcu);
		old = NULL;
	} else {
		/* Before the new ring is allocated: often there is room for one. */
		if (old)
			acq_run_put(old);
		old = NULL;
		block = kvcalloc(slots, sizeof(*block), GFP_KERNEL_ACCOUNT);
		if (!block)
			goto err_run;
		run->slot = slots_alloc(slots, config->block_bytes, node);
		if (!run->slot)
			goto err_block;
	}

	kref_init(&run->ref);
	spin_lock_init(&run->lock);
	INIT_LIST_HEAD(&run->files);
	run->config = *config;
	acq_ring_init(&run->ring, block, slots, config->block_used, config->frame_bytes);
	return run;

err_block:
	kvfree(block);
err_run:
	kfree(run);
err_old:
	if (old)
		acq_run_put(old);
	return NULL;
}

struct acq_run *acq_run_get(struct acq_run *run)
{
	kref_get(&run->ref);
	return run;
}

static void run_release(struct kref *ref)
{
	struct acq_run *run = container_of(ref, struct acq_run, ref);

	WARN_ON(run->dev);
	run_free(run);
}

void acq_run_put(struct acq_run *run)
{
	kref_put(&run->ref, run_release);
}

static void unmap_slots(struct acq_run *run, struct device *dev, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++)
		dma_unmap_page(dev, run->slot[i].dma, run->config.block_bytes, DMA_FROM_DEVICE);
}

/**
 * acq_run_map() - give a device access to the blocks
 * @run: the run
 * @dev: the device
 *
 * Context: sleeps; stream's life_lock.
 * Return: 0, or -ENOMEM if the IOMMU or the bounce buffers have no room.
 */
int acq_run_map(struct acq_run *run, struct device *dev)
{
	u32 i;

	for (i = 0; i < run->ring.slots; i++) {
		struct acq_slot *slot = &run->slot[i];

		slot->dma = dma_map_page(dev, slot->page, 0, run->config.block_bytes,
					 DMA_FROM_DEVICE);
		if (dma_mapping_error(dev, slot->dma)) {
			unmap_slots(run, dev, i);
			return -ENOMEM;
		}
	}
	run->dev = dev;
	return 0;
}

/**
 * acq_run_unmap() - end a device's access; does nothing if it has none
 * @run: the run
 *
 * Context: the device writes no more; stream's life_lock.
 */
void acq_run_unmap(struct acq_run *run)
{
	if (!run->dev)
		return;
	unmap_slots(run, run->dev, run->ring.slots);
	run->dev = NULL;
}

/**
 * acq_run_sync() - make bytes that the device wrote visible
 * @run: the run
 * @seq: number of the block
 * @from: offset of the first new byte
 * @to: offset behind the last
 *
 * Context: the producer, while the run is mapped.
 */
void acq_run_sync(struct acq_run *run, u64 seq, u32 from, u32 to)
{
	if (run->dev && to > from)
		dma_sync_single_range_for_cpu(run->dev,
					      run->slot[acq_ring_slot(&run->ring, seq)].dma,
					      from, to - from, DMA_FROM_DEVICE);
}

/**
 * acq_run_clean() - make a block ready for the device to write
 * @run: the run
 * @seq: number of the block
 *
 * Context: the producer; no reader uses what was in the block's slot.
 */
void acq_run_clean(struct acq_run *run, u64 seq)
{
	if (run->dev)
		dma_sync_single_for_device(run->dev,
					   run->slot[acq_ring_slot(&run->ring, seq)].dma,
					   run->config.block_bytes, DMA_FROM_DEVICE);
}
