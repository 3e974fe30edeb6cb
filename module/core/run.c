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
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/vmalloc.h>

#include "run.h"

/* Rather no ring than somebody else's memory */
#define GFP_RING	(GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

static void slots_free(struct acq_slot *slot, u32 count, u32 bytes)
{
	u32 i;

	for (i = 0; i < count && slot[i].page; i++)
		__free_pages(slot[i].page, get_order(bytes));
	kvfree(slot);
}

static struct acq_slot *slots_alloc(u32 count, u32 bytes, int node)
{
	unsigned int order = get_order(bytes);
	struct acq_slot *slot;
	u32 i;

	slot = kvcalloc(count, sizeof(*slot), GFP_KERNEL_ACCOUNT);
	if (!slot)
		return NULL;
	for (i = 0; i < count; i++) {
		slot[i].page = alloc_pages_node(node, GFP_RING | (order ? __GFP_COMP : 0), order);
		if (!slot[i].page || fatal_signal_pending(current)) {
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
	/* A waiter may be looking at the positions: see acq_file's file_ready(). */
	kvfree_rcu_mightsleep(run->shared);
	kfree_rcu(run, rcu);
}

/*
 * Take the memory of a run that only the caller has a reference on, and with it
 * that reference. Returns false, and leaves it, if somebody else can see it.
 */
static bool take_over(struct acq_run *run, struct acq_run *old, const struct acq_config *config,
		      u32 slots)
{
	u32 i;

	if (old->ring.slots != slots || old->config.block_bytes != config->block_bytes)
		return false;
	/* Pages may be on their way to a disk or a network still. */
	for (i = 0; i < slots; i++) {
		if (page_count(old->slot[i].page) != 1)
			return false;
	}
	/* From here on acq_run_get_rcu() fails. */
	if (!refcount_dec_if_one(&old->ref.refcount))
		return false;
	run->slot = old->slot;
	run->shared = old->shared;
	kfree_rcu(old, rcu);
	return true;
}

/* Room for what a mapping begins with: a page for the positions, then the table */
static size_t shared_bytes(u32 slots)
{
	BUILD_BUG_ON(sizeof(struct acq_meta) > PAGE_SIZE);
	return PAGE_SIZE + PAGE_ALIGN(slots * sizeof(struct acq_block));
}

/*
 * A ring that takes what the machine needs to live would call the OOM killer on
 * others: it has to leave some.
 */
static bool memory_suffices(u64 bytes)
{
	long pages = DIV_ROUND_UP_ULL(bytes, PAGE_SIZE);
	long rest = totalram_pages() / 32;

	return pages + rest <= si_mem_available();
}

/**
 * acq_run_create() - make a run and its ring
 * @config: checked and completed by acq_config_settle()
 * @number: of the run
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
struct acq_run *acq_run_create(const struct acq_config *config, u64 number, int node,
			       struct acq_run *old)
{
	u32 slots = config->ring_bytes >> ilog2(config->block_bytes);
	struct acq_run *run;

	run = kzalloc(sizeof(*run), GFP_KERNEL_ACCOUNT);
	if (!run)
		goto err_old;

	run->shared_bytes = shared_bytes(slots);
	if (old && take_over(run, old, config, slots)) {
		old = NULL;
	} else {
		/* Before the new ring is allocated: often there is room for one. */
		if (old)
			acq_run_put(old);
		old = NULL;
		if (!memory_suffices(config->ring_bytes + run->shared_bytes))
			goto err_run;
		run->shared = __vmalloc(run->shared_bytes, GFP_RING);
		if (!run->shared)
			goto err_run;
		run->slot = slots_alloc(slots, config->block_bytes, node);
		if (!run->slot)
			goto err_shared;
	}

	kref_init(&run->ref);
	spin_lock_init(&run->lock);
	INIT_LIST_HEAD(&run->files);
	run->config = *config;
	run->number = number;
	acq_ring_init(&run->ring, run->shared, run->shared + PAGE_SIZE, slots, config->block_used,
		      config->frame_bytes);
	run->ring.meta->run = number;
	run->ring.meta->block_bytes = config->block_bytes;
	run->ring.meta->table_offset = PAGE_SIZE;
	run->ring.meta->data_offset = run->shared_bytes;
	run->ring.meta->data_bytes = config->ring_bytes;
	return run;

err_shared:
	vfree(run->shared);
err_run:
	kfree(run);
err_old:
	if (old)
		acq_run_put(old);
	return NULL;
}

/**
 * acq_run_page() - a page of what a mapping shows
 * @run: the run
 * @pgoff: number of the page in a mapping of everything
 *
 * Return: the page, or NULL behind the end.
 */
struct page *acq_run_page(const struct acq_run *run, unsigned long pgoff)
{
	unsigned long shared = run->shared_bytes >> PAGE_SHIFT;
	unsigned int order = get_order(run->config.block_bytes);

	if (pgoff < shared)
		return vmalloc_to_page(run->shared + (pgoff << PAGE_SHIFT));
	pgoff -= shared;
	if (pgoff >> order >= run->ring.slots)
		return NULL;
	return run->slot[pgoff >> order].page + (pgoff & ((1UL << order) - 1));
}

struct acq_run *acq_run_get(struct acq_run *run)
{
	kref_get(&run->ref);
	return run;
}

/** acq_run_get_rcu() - under RCU, a reference on a run that may be going; or NULL */
struct acq_run *acq_run_get_rcu(struct acq_run *run)
{
	return run && kref_get_unless_zero(&run->ref) ? run : NULL;
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
	refcount_set(&run->maps, 1);
	return 0;
}

/**
 * acq_run_unmap() - the stream is done with the run; does nothing if it is not mapped
 * @run: the run
 *
 * Ends the device's access, unless the card family keeps it.
 *
 * Context: sleeps; stream's life_lock, once for each acq_run_map().
 */
void acq_run_unmap(struct acq_run *run)
{
	if (!run->dev || !refcount_dec_and_test(&run->maps))
		return;
	unmap_slots(run, run->dev, run->ring.slots);
	run->dev = NULL;
}

/**
 * acq_run_keep() - a card that cannot be stopped may write to the run
 * @run: the run, mapped
 *
 * Its memory stays, and stays mapped, until acq_run_let_go().
 *
 * Context: the card family's stop().
 */
void acq_run_keep(struct acq_run *run)
{
	refcount_inc(&run->maps);
	acq_run_get(run);
}

/**
 * acq_run_let_go() - undo acq_run_keep(): the card writes to the run no more
 * @run: the run; may be freed
 *
 * Context: sleeps; the producer, or after acq_stream_remove().
 */
void acq_run_let_go(struct acq_run *run)
{
	acq_run_unmap(run);
	acq_run_put(run);
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
