/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A run: one acquisition from start to end, its ring and who reads it.
 *
 * Readers hold a reference on the run that they read, and so do mappings and
 * dma-bufs of its ring: what is left of a finished run can be used while the next
 * one fills a ring of its own, and after the card is gone. The stream holds one on
 * its newest run.
 */
#ifndef ACQ_RUN_H
#define ACQ_RUN_H

#include <linux/dma-mapping.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mm_types.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>

#include "uapi.h"
#include "ring.h"

struct acq_file;

/**
 * struct acq_slot - memory of one block
 * @page: head of a compound page of the block's size, zeroed when allocated
 * @dma: bus address while the run is mapped
 */
struct acq_slot {
	struct page *page;
	dma_addr_t dma;
};

/**
 * struct acq_run - one acquisition
 * @ref: one for the stream, one for each file in @files or about to leave it,
 *	each mapping and each dma-buf
 * @rcu: the run of a file is looked at without a reference
 * @number: counts the starts of a stream from 1
 * @config: what it was started with; constant
 * @ring: positions; written under @lock
 * @slot: memory, @ring.slots of them; constant
 * @shared: memory of @ring.meta and @ring.block, what a mapping begins with
 * @shared_bytes: its size, whole pages
 * @dev: the device that the memory is mapped for, or NULL; changes with @maps
 * @maps: who needs it mapped: the stream until the run is over, and a card family
 *	whose card may write yet
 * @lock: protects @files; the producer takes it for @ring too, so that a reader
 *	joins between two blocks. No reader takes it to read.
 * @files: readers, by acq_file.node
 *
 * The end of a run is in @ring.meta: @end of it is released after the last change
 * of all else.
 */
struct acq_run {
	struct kref ref;
	struct rcu_head rcu;
	u64 number;
	struct acq_config config;
	struct acq_ring ring;
	struct acq_slot *slot;
	void *shared;
	size_t shared_bytes;
	struct device *dev;
	refcount_t maps;

	spinlock_t lock;
	struct list_head files;
};

struct acq_run *acq_run_create(const struct acq_config *config, u64 number, int node,
			       struct acq_run *old);
struct acq_run *acq_run_get(struct acq_run *run);
struct acq_run *acq_run_get_rcu(struct acq_run *run);
void acq_run_put(struct acq_run *run);

int acq_run_map(struct acq_run *run, struct device *dev);
void acq_run_unmap(struct acq_run *run);
void acq_run_keep(struct acq_run *run);
void acq_run_let_go(struct acq_run *run);
void acq_run_clean(struct acq_run *run, u64 seq);
void acq_run_sync(struct acq_run *run, u64 seq, u32 from, u32 to);

/* What a mapping of everything has */
static inline u64 acq_run_map_bytes(const struct acq_run *run)
{
	return run->shared_bytes + run->config.ring_bytes;
}

struct page *acq_run_page(const struct acq_run *run, unsigned long pgoff);

static inline u8 *acq_run_addr(const struct acq_run *run, u32 slot)
{
	return page_address(run->slot[slot].page);
}

/* enum acq_end; what was written before the end is seen after it. */
static inline u32 acq_run_end(const struct acq_run *run)
{
	/* Pairs with the release in end_run(). */
	return smp_load_acquire(&run->ring.meta->end);
}

#endif /* ACQ_RUN_H */
