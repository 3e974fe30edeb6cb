// SPDX-License-Identifier: GPL-2.0-only
/*
 * A run's ring in a program's memory: to be read, and its samples also to be written by who
 * fills them.
 *
 * What is mapped are ordinary pages with a reference each, so that they can be
 * the source of direct I/O and of sends without a copy. A mapping holds the run:
 * its pages live until the last one is gone, whatever becomes of file and card.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "../compat.h"
#include "map.h"
#include "../core/run.h"

/* Pages inserted at once: so many pointers fit on the stack */
#define BATCH	32

/*
 * Programs see the pages at addresses of their own, and the card and the kernel write
 * them: no cache may hold a page twice.
 */
#if defined(CONFIG_ARCH_HAS_CPU_CACHE_ALIASING) || defined(CONFIG_MIPS) || \
	defined(CONFIG_PARISC) || defined(CONFIG_SPARC)
#error "acqdev is not for processors whose caches alias"
#endif

static void map_open(struct vm_area_struct *vma)
{
	acq_run_get(vma->vm_private_data);
}

static void map_close(struct vm_area_struct *vma)
{
	acq_run_put(vma->vm_private_data);
}

/* All pages are there from the begin; what a program has dropped comes back. */
static vm_fault_t map_fault(struct vm_fault *vmf)
{
	struct page *page = acq_run_page(vmf->vma->vm_private_data, vmf->pgoff);

	if (!page)
		return VM_FAULT_SIGBUS;
	get_page(page);
	vmf->page = page;
	return 0;
}

static const struct vm_operations_struct map_ops = {
	.open	= map_open,
	.close	= map_close,
	.fault	= map_fault,
};

/**
 * acq_map_run() - map a run's ring
 * @run: the run; the mapping takes a reference of its own
 * @vma: what to map it to
 * @pgoff: the first page, as for acq_run_page()
 * @writer: who maps it is its writer, and may write to the slots. The kernel takes nothing
 *	that is there for true, and a run's pages are of no other run as long as they are mapped
 *
 * Context: mmap_lock held for writing; sleeps.
 * Return: 0, -EPERM if it could be written to otherwise, -EINVAL if it is private or goes
 * beyond the ring, -EINTR if the caller is being killed, or -ENOMEM. What has been
 * inserted before an error goes with @vma.
 */
int acq_map_run(struct acq_run *run, struct vm_area_struct *vma, unsigned long pgoff,
		bool writer)
{
	unsigned long count = vma_pages(vma), left, inserted;
	unsigned long addr = vma->vm_start;
	struct page *pages[BATCH];
	unsigned int n;
	bool writes = vma->vm_flags & VM_WRITE;
	int ret;

	if (vma->vm_flags & VM_EXEC)
		return -EPERM;
	/* Positions and table are the kernel's. */
	if (writes && (!writer || pgoff < run->shared_bytes >> PAGE_SHIFT))
		return -EPERM;
	/* Of a file that cannot be written to, VM_SHARED is not set. */
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	if (pgoff + count < count || pgoff + count > acq_run_map_bytes(run) >> PAGE_SHIFT)
		return -EINVAL;
	vm_flags_mod(vma, VM_DONTEXPAND | VM_DONTDUMP | VM_MIXEDMAP,
		     VM_MAYEXEC | (writes ? 0 : VM_MAYWRITE));
	/* A fault looks its page up by this, also after a move or a split. */
	vma->vm_pgoff = pgoff;

	while (count) {
		for (n = 0; n < min_t(unsigned long, count, BATCH); n++)
			pages[n] = acq_run_page(run, pgoff + n);
		left = n;
		ret = vm_insert_pages(vma, addr, pages, &left);
		if (ret)
			return ret;
		inserted = n - left;
		addr += inserted << PAGE_SHIFT;
		pgoff += inserted;
		count -= inserted;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	vma->vm_private_data = acq_run_get(run);
	vma->vm_ops = &map_ops;
	return 0;
}
