/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A run: one acquisition from start to end, its ring and who reads it.
 *
 * Readers hold a reference on the run that they read, so that what is left of a
 * finished run can be read while the next one fills a ring of its own, and after
 * the card is gone. The stream holds one on its newest run.
 */
#ifndef ACQ_RUN_H
#define ACQ_RUN_H

#include <linux/dma-mapping.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mm_types.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>

#include "../include/uapi/linux/acqdev.h"
#include "ring.h"

struct acq_file;

/** enum acq_end - how a run ended, and what its readers get after the last sample */
enum acq_end {
	ACQ_END_NOT,
	ACQ_END_FINISHED,	/* 0 */
	ACQ_END_FAILED,		/* EIO */
	ACQ_END_GONE,		/* ENODEV */
};

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
 * @ref: one for the stream, one for each file in @files or about to leave it
 * @rcu: acq_file_ready() looks at a file's run without a reference
 * @number: counts the starts of a stream from 1
 * @config: what it was started with; constant
 * @ring: positions; written under @lock
 * @slot: memory, @ring.slots of them; constant
 * @dev: the device that the memory is mapped for, or NULL; stream's life_lock
 * @lock: protects @files; the producer takes it for @ring too, so that a reader
 *	joins between two blocks. No reader takes it to read.
 * @files: readers, by acq_file.node
 * @end: enum acq_end; released after the last change of @ring and @end_*
 * @end_lost: frames lost behind the last block
 * @end_cause: enum acq_cause of that
 */
struct acq_run {
	struct kref ref;
	struct rcu_head rcu;
	u64 number;
	struct acq_config config;
	struct acq_ring ring;
	struct acq_slot *slot;
	struct device *dev;

	spinlock_t lock;
	struct list_head files;

	int end;
	u64 end_lost;
	u32 end_cause;
};

struct acq_run *acq_run_create(const struct acq_config *config, int node, struct acq_run *old);
struct acq_run *acq_run_get(struct acq_run *run);
void acq_run_put(struct acq_run *run);

int acq_run_map(struct acq_run *run, struct device *dev);
void acq_run_unmap(struct acq_run *run);
void acq_run_clean(struct acq_run *run, u64 seq);
void acq_run_sync(struct acq_run *run, u64 seq, u32 from, u32 to);

static inline u8 *acq_run_addr(const struct acq_run *run, u32 slot)
{
	return page_address(run->slot[slot].page);
}

#endif /* ACQ_RUN_H */
