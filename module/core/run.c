// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of a run. See run.h.
 *
 * A ring is made of separate blocks: no large contiguous piece is needed, and a
 * request that memory cannot meet fails instead of calling the OOM killer.
 */
#include <linux/dma-map-ops.h>
#include <linux/gfp.h>
#include <linux/iommu.h>
#include <linux/log2.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/vmalloc.h>

#include "run.h"

/* Who writes to the blocks, and who reads them? */
static enum dma_data_direction run_direction(const struct acq_run *run)
{
	if (run->ring.output)
		return DMA_TO_DEVICE;
	/* What filters have written stays when the mapping, or a bounce buffer, goes. */
	return run->config.filter[0] ? DMA_BIDIRECTIONAL : DMA_FROM_DEVICE;
}

/* Rather no ring than somebody else's memory */
#define GFP_RING	(GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

/**
 * acq_run_charge_get() - who is to be charged for a ring that the caller asks for
 *
 * For a start that a worker makes in the caller's stead.
 *
 * Context: process; does not sleep.
 * Return: the caller's memory cgroup, for acq_run_create() and acq_run_charge_put(),
 * or NULL where there are none.
 */
struct mem_cgroup *acq_run_charge_get(void)
{
	return get_mem_cgroup_from_mm(current->mm);
}

/** acq_run_charge_put() - drop what acq_run_charge_get() has returned */
void acq_run_charge_put(struct mem_cgroup *memcg)
{
	mem_cgroup_put(memcg);
}

static struct mem_cgroup *run_charge_dup(struct mem_cgroup *memcg)
{
	if (!memcg)
		return acq_run_charge_get();
#ifdef CONFIG_MEMCG
	css_get(&memcg->css);
#endif
	return memcg;
}

static void run_slots_free(struct acq_slot *slot, u32 count, u32 bytes)
{
	u32 i;

	for (i = 0; i < count && slot[i].page; i++) {
		__free_pages(slot[i].page, get_order(bytes));
		cond_resched();
	}
	kvfree(slot);
}

/**
 * acq_run_translated() - does the kernel give the device addresses of its own?
 * @dev: the device
 *
 * An IOMMU does then: the device reaches what is mapped for it, in the direction that
 * it is mapped for, and nothing else.
 */
bool acq_run_translated(struct device *dev)
{
	const struct iommu_domain *domain = iommu_get_domain_for_dev(dev);

	return domain && domain->type & __IOMMU_DOMAIN_DMA_API;
}

/**
 * acq_run_confined() - can the device reach a part of memory only?
 * @dev: the device
 *
 * Behind an IOMMU all memory has addresses that it can reach.
 */
bool acq_run_confined(struct device *dev)
{
	return !acq_run_translated(dev) && dma_addressing_limited(dev);
}

/**
 * struct run_search - looks for blocks that a device can reach, so that nothing is copied for them
 * @dev: the device
 * @last: highest address that it reaches
 * @order: of a block
 * @zone: where to look: the kernel knows memory by zones, none of which may be what the
 *	device reaches
 * @misfits: blocks that lie too high; kept, or they would be found again
 * @left: so many bytes of these may be kept
 */
struct run_search {
	struct device *dev;
	u64 last;
	unsigned int order;
	gfp_t zone;
	struct list_head misfits;
	u64 left;
};

static void run_search_begin(struct run_search *s, const struct acq_config *config,
			     struct device *dev)
{
	bool confined = config->transfer == ACQ_TRANSFER_DMA && acq_run_confined(dev);

	s->dev = dev;
	s->last = min_not_zero(dma_get_mask(dev), dev->bus_dma_limit);
	s->order = get_order(config->block_bytes);
	s->zone = confined ? GFP_DMA32 : 0;
	INIT_LIST_HEAD(&s->misfits);
	/* Others need memory within 32 bits, too. */
	s->left = min(8 * config->ring_bytes, (u64)totalram_pages() / 4 << PAGE_SHIFT);
}

static void run_search_end(struct run_search *s)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &s->misfits, lru) {
		list_del(&page->lru);
		__free_pages(page, s->order);
		cond_resched();
	}
}

/* Does it look where not all is within reach? */
static bool run_search_guesses(const struct run_search *s)
{
	return s->zone == GFP_DMA32 && s->last < DMA_BIT_MASK(32);
}

/* A block, or NULL */
static struct page *run_search_next(struct run_search *s)
{
	u64 bytes = PAGE_SIZE << s->order;
	struct page *page;
	gfp_t gfp;

	for (;;) {
		gfp = GFP_RING | s->zone | (s->order ? __GFP_COMP : 0);
		/* What may be of no use is not worth that others wait. */
		if (run_search_guesses(s))
			gfp ^= __GFP_RETRY_MAYFAIL | __GFP_NORETRY;
		page = alloc_pages_node(dev_to_node(s->dev), gfp, s->order);
		if (page && (!s->zone || page_to_phys(page) + bytes - 1 <= s->last))
			return page;
		if (s->zone == GFP_DMA || (!page && !run_search_guesses(s)))
			break;
		if (page)
			list_add(&page->lru, &s->misfits);
		/* What is left is what the kernel keeps for such cards. */
		if (!page || s->left < bytes || fatal_signal_pending(current))
			s->zone = GFP_DMA;
		else
			s->left -= bytes;
		cond_resched();
	}
	if (page)
		__free_pages(page, s->order);
	return NULL;
}

static struct acq_slot *run_slots_alloc(const struct acq_config *config, u32 count,
					struct device *dev)
{
	struct run_search search;
	struct acq_slot *slot;
	int ret = 0;
	u32 i;

	slot = kvcalloc(count, sizeof(*slot), GFP_KERNEL_ACCOUNT);
	if (!slot)
		return ERR_PTR(-ENOMEM);
	run_search_begin(&search, config, dev);
	for (i = 0; i < count && !ret; i++) {
		slot[i].page = run_search_next(&search);
		if (fatal_signal_pending(current))
			ret = -EINTR;
		else if (!slot[i].page)
			ret = -ENOMEM;
		cond_resched();
	}
	run_search_end(&search);
	if (!ret)
		return slot;
	run_slots_free(slot, count, config->block_bytes);
	return ERR_PTR(ret);
}

/* Wakes monitors of runs, and frees runs; drained before the module goes */
struct workqueue_struct *acq_run_wq;

int acq_runs_init(void)
{
	acq_run_wq = alloc_workqueue("acqdev", WQ_UNBOUND, 0);
	return acq_run_wq ? 0 : -ENOMEM;
}

void acq_runs_exit(void)
{
	destroy_workqueue(acq_run_wq);
}

/* All rings alive, of all streams, the bytes of acq_run_map_bytes() of each */
static atomic64_t run_total;

static unsigned long run_total_kb;
module_param_named(ring_total_kb, run_total_kb, ulong, 0644);
MODULE_PARM_DESC(ring_total_kb, "most memory of all rings together in KiB; 0: half of the machine's (0)");

static u64 run_total_max(void)
{
	unsigned long kb = READ_ONCE(run_total_kb);

	return kb ? (u64)min(kb, ULONG_MAX >> 10) << 10 : (u64)totalram_pages() / 2 << PAGE_SHIFT;
}

static void run_free(struct acq_run *run)
{
	if (!IS_ERR_OR_NULL(run->slot))
		run_slots_free(run->slot, run->ring.slots, run->config.block_bytes);
	/* A waiter may be looking at the positions: see acq_reader_ready(). */
	if (run->shared)
		kvfree_rcu_mightsleep(run->shared);
	atomic64_sub(acq_run_map_bytes(run), &run_total);
	acq_run_charge_put(run->charged);
	kfree_rcu(run, rcu);
}

/*
 * Take the memory of a run that only the caller has a reference on, and with it
 * that reference. Returns false, and leaves it, if somebody else can see it.
 */
static bool run_take_over(struct acq_run *run, struct acq_run *old)
{
	u32 i;

	if (old->ring.slots != run->ring.slots ||
	    old->config.block_bytes != run->config.block_bytes ||
	    old->config.transfer != run->config.transfer || old->charged != run->charged)
		return false;
	/* From here on acq_run_get_rcu() fails, and no page gets another user. */
	if (!refcount_dec_if_one(&old->ref.refcount))
		return false;
	/* Pages may be on their way to a disk or a network still. */
	for (i = 0; i < old->ring.slots; i++) {
		if (page_count(old->slot[i].page) != 1) {
			refcount_set(&old->ref.refcount, 1);
			return false;
		}
		cond_resched();
	}
	run->slot = old->slot;
	run->shared = old->shared;
	old->slot = NULL;
	old->shared = NULL;
	run_free(old);
	return true;
}

/* Room for what a mapping begins with: a page for the positions, then the table */
static size_t run_shared_bytes(u32 slots)
{
	BUILD_BUG_ON(sizeof(struct acq_meta) > PAGE_SIZE);
	return PAGE_SIZE + PAGE_ALIGN(slots * sizeof(struct acq_block));
}

/*
 * A ring that takes what the machine needs to live would call the OOM killer on
 * others: it has to leave some.
 */
static bool run_memory_suffices(u64 bytes)
{
	long pages = DIV_ROUND_UP_ULL(bytes, PAGE_SIZE);
	long rest = totalram_pages() / 32;

	return pages + rest <= si_mem_available();
}

/* The memory of a new run; what is there of it when this fails, run_free() frees. */
static int run_alloc(struct acq_run *run, struct device *dev)
{
	if (!run_memory_suffices(acq_run_map_bytes(run)))
		return -ENOMEM;
	run->shared = __vmalloc(run->shared_bytes, GFP_RING);
	if (!run->shared)
		return -ENOMEM;
	run->slot = run_slots_alloc(&run->config, run->ring.slots, dev);
	return PTR_ERR_OR_ZERO(run->slot);
}

/**
 * acq_run_create() - make a run and its ring
 * @config: checked and completed by acq_config_settle()
 * @number: of the run
 * @dev: the card's device: the ring is near it, and where it can reach it
 * @old: the stream's previous run or NULL; its memory is taken over if nobody
 *	else uses it. The caller has taken it off the stream: its reference count
 *	can only fall.
 * @memcg: who pays, from acq_run_charge_get(), or NULL: the caller
 *
 * The reference on @old is dropped in any case.
 *
 * Context: sleeps.
 * Return: the run with one reference, or an ERR_PTR(): -ENOMEM, -EINTR: the caller is
 * being killed, or -ENOSPC: more than all rings together may have.
 */
struct acq_run *acq_run_create(const struct acq_config *config, u64 number, struct device *dev,
			       struct acq_run *old, struct mem_cgroup *memcg)
{
	u32 slots = config->ring_bytes >> ilog2(config->block_bytes);
	struct acq_run *run = kzalloc(sizeof(*run), GFP_KERNEL_ACCOUNT);
	int ret = 0;

	if (!run) {
		if (old)
			acq_run_put(old);
		return ERR_PTR(-ENOMEM);
	}
	kref_init(&run->ref);
	spin_lock_init(&run->lock);
	run->config = *config;
	run->number = number;
	run->ring.slots = slots;
	run->shared_bytes = run_shared_bytes(slots);
	run->charged = run_charge_dup(memcg);

	/* Before a new ring is allocated the old one is freed: often there is room for one. */
	if (old && !run_take_over(run, old))
		acq_run_put(old);
	if (atomic64_add_return(acq_run_map_bytes(run), &run_total) > run_total_max()) {
		ret = -ENOSPC;
	} else if (!run->slot) {
		struct mem_cgroup *outer = set_active_memcg(run->charged);

		ret = run_alloc(run, dev);
		set_active_memcg(outer);
	}
	if (ret) {
		run_free(run);
		return ERR_PTR(ret);
	}

	acq_ring_init(&run->ring, run->shared, run->shared + PAGE_SIZE, slots, config->block_used,
		      config->frame_bytes);
	run->ring.meta->run = number;
	run->ring.meta->block_bytes = config->block_bytes;
	run->ring.meta->table_offset = PAGE_SIZE;
	run->ring.meta->data_offset = run->shared_bytes;
	run->ring.meta->data_bytes = config->ring_bytes;
	return run;
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

static void run_free_work(struct work_struct *work)
{
	run_free(container_of(work, struct acq_run, watch_work));
}

static void run_release_later(struct kref *ref)
{
	struct acq_run *run = container_of(ref, struct acq_run, ref);

	WARN_ON(run->dev);
	/* It is not queued: then it would have a reference. */
	INIT_WORK(&run->watch_work, run_free_work);
	queue_work(acq_run_wq, &run->watch_work);
}

/** acq_run_put_later() - as acq_run_put(), for who must not wait until memory is freed */
void acq_run_put_later(struct acq_run *run)
{
	kref_put(&run->ref, run_release_later);
}

static void run_slots_unmap(struct acq_run *run, struct device *dev, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++) {
		dma_unmap_page(dev, run->slot[i].dma, run->config.block_bytes, run_direction(run));
		cond_resched();
	}
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
					 run_direction(run));
		if (dma_mapping_error(dev, slot->dma)) {
			run_slots_unmap(run, dev, i);
			return -ENOMEM;
		}
		cond_resched();
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
	run_slots_unmap(run, run->dev, run->ring.slots);
	run->dev = NULL;
}

/**
 * acq_run_keep() - a card that cannot be stopped may write to the run
 * @run: the run
 *
 * Its memory stays, and stays mapped if it is, until acq_run_let_go().
 *
 * Context: the card family's stop().
 */
void acq_run_keep(struct acq_run *run)
{
	/* One that is copied to is not mapped. */
	if (run->dev)
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
	/* What the device only reads, it does not change. */
	if (run->dev && to > from && !run->ring.output)
		dma_sync_single_range_for_cpu(run->dev,
					      run->slot[acq_ring_slot(&run->ring, seq)].dma,
					      from, to - from, run_direction(run));
}

/**
 * acq_run_sync_back() - bytes that the device wrote have been changed
 * @run: the run
 * @seq: number of the block
 * @from: offset of the first changed byte
 * @to: offset behind the last
 *
 * They are in memory, and in a bounce buffer if there is one: nothing that comes later
 * brings back what was there before.
 *
 * Context: the producer, while the run is mapped.
 */
void acq_run_sync_back(struct acq_run *run, u64 seq, u32 from, u32 to)
{
	if (run->dev)
		dma_sync_single_range_for_device(run->dev,
						 run->slot[acq_ring_slot(&run->ring, seq)].dma,
						 from, to - from, run_direction(run));
}

/**
 * acq_run_share_align() - how close may the device and the processor write?
 * @run: the run
 *
 * It is caches that make it a question. A bounce buffer is copied to the byte, so that
 * dma_need_sync(), which asks for those, too, would be the wrong one.
 *
 * Return: the size of a piece of a block that must not be written to by both at one
 * time; 1: none has to be looked after.
 */
u32 acq_run_share_align(const struct acq_run *run)
{
	return run->dev && !dev_is_dma_coherent(run->dev) ? dma_get_cache_alignment() : 1;
}

/**
 * acq_run_clean() - make a block ready for the device to write, or to read
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
					   run->config.block_bytes, run_direction(run));
}
