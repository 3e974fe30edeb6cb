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
#include <linux/workqueue.h>

#include "card.h"
#include "ring.h"
#include "uapi.h"

struct acq_filters;
struct mem_cgroup;

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
 * @ref: one for the stream, one for each reader, each mapping and each dma-buf, and
 *	one for @watch_work
 * @rcu: the run of a reader is looked at without a reference
 * @number: counts the starts of a stream from 1
 * @config: what it was started with; constant
 * @ring: positions; written under @lock
 * @filling: of an output: it waits for its writer to put enough before the card is started
 * @draining: of an output: nothing more is put; the card gets all that has been, and
 *	ends the run behind it; written under @lock and producer.lock
 * @never: there was no memory to begin it, and who has joined it already reads none; set
 *	before it ends
 * @linked_ns: when it began together with the other side of a link, in CLOCK_BOOTTIME; 0: it
 *	has not
 * @slot: memory, @ring.slots of them; constant
 * @shared: memory of @ring.meta and @ring.block, what a mapping begins with
 * @shared_bytes: its size, whole pages
 * @charged: who pays for the memory, or NULL; referenced
 * @filters: those of the run, or NULL; from before its first block until it is over
 * @dev: the device that the memory is mapped for, or NULL; changes with @maps
 * @maps: who needs it mapped: the stream until the run is over, and a card family
 *	whose card may write yet
 * @error: why it failed, negative errno; written before it ends
 * @wakeups: of its readers
 * @lock: protects @holders, @monitors and @readers; the producer takes it for @ring
 *	too, so that a reader joins between two blocks. No reader takes it to read.
 * @holders: readers that the producer serves, by acq_reader.node
 * @monitors: those that it does not
 * @readers: number of both
 * @watch_lock: protects @watching
 * @watching: monitors that wait, by acq_reader.watch
 * @watch_work: wakes them; in the end, frees the run
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
	bool filling;
	bool draining;
	bool never;
	u64 linked_ns;
	struct acq_slot *slot;
	void *shared;
	size_t shared_bytes;
	struct mem_cgroup *charged;
	struct acq_filters *filters;
	struct device *dev;
	refcount_t maps;

	int error;
	atomic64_t wakeups;

	spinlock_t lock;
	struct list_head holders;
	struct list_head monitors;
	u32 readers;

	spinlock_t watch_lock;
	struct list_head watching;
	struct work_struct watch_work;
};

extern struct workqueue_struct *acq_run_wq;

int acq_runs_init(void);
void acq_runs_exit(void);

struct mem_cgroup *acq_run_charge_get(void);
void acq_run_charge_put(struct mem_cgroup *memcg);

bool acq_run_translated(struct device *dev);
bool acq_run_confined(struct device *dev);

struct acq_run *acq_run_create(const struct acq_config *config, u64 number, struct device *dev,
			       struct acq_run *old, struct mem_cgroup *memcg);
struct acq_run *acq_run_get(struct acq_run *run);
struct acq_run *acq_run_get_rcu(struct acq_run *run);
void acq_run_put(struct acq_run *run);
void acq_run_put_later(struct acq_run *run);

int acq_run_map(struct acq_run *run, struct device *dev);
void acq_run_unmap(struct acq_run *run);
void acq_run_keep(struct acq_run *run);
void acq_run_let_go(struct acq_run *run);
void acq_run_clean(struct acq_run *run, u64 seq);
void acq_run_sync(struct acq_run *run, u64 seq, u32 from, u32 to);
void acq_run_sync_back(struct acq_run *run, u64 seq, u32 from, u32 to);
u32 acq_run_share_align(const struct acq_run *run);

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

/* Block @seq as the card gets it, with its number in the run */
static inline struct acq_memory acq_run_memory(const struct acq_run *run, u64 seq)
{
	u32 slot = acq_ring_slot(&run->ring, seq);

	return (struct acq_memory){
		.number = seq,
		.dma = run->slot[slot].dma,
		.bytes = run->ring.output ? run->ring.block[slot].bytes : run->ring.room,
	};
}

/* enum acq_end; what was written before the end is seen after it. */
static inline u32 acq_run_end(const struct acq_run *run)
{
	/* Pairs with the release in acq_producer_end(). */
	return smp_load_acquire(&run->ring.meta->end);
}

/*
 * Why there is no more of a run that has ended, as programs get it. One errno for one state:
 * a card that does not answer, however it was found.
 */
static inline int acq_run_error(const struct acq_run *run, u32 end)
{
	if (end == ACQ_END_FINISHED)
		return 0;
	return end == ACQ_END_GONE || run->error == -ENODEV ? -ENODEV : -EIO;
}

#endif /* ACQ_RUN_H */
