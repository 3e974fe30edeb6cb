/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels that acqdev builds for, found by looking for
 * the feature where the preprocessor can see it, else by version.
 */
#ifndef ACQ_COMPAT_H
#define ACQ_COMPAT_H

#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/version.h>

/* 6.3 made the flags of a mapping constant. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline void vm_flags_mod(struct vm_area_struct *vma, unsigned long set,
				unsigned long clear)
{
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
}
#endif

/* 6.5 replaced the pipe-borrowing splice of files by one that copies. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
#define copy_splice_read	generic_file_splice_read
#endif

/* 6.11 gave BARs a managed mapping that returns the address. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
static inline void __iomem *pcim_iomap_region(struct pci_dev *pdev, int bar, const char *name)
{
	int ret = pcim_iomap_regions(pdev, BIT(bar), name);

	return ret ? IOMEM_ERR_PTR(ret) : pcim_iomap_table(pdev)[bar];
}
#endif

/* 6.17 named the workqueues after what they are; 7.x complains of the old name. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#define system_percpu_wq	system_wq
#endif

/* 6.13 gave timers their function when they are initialized. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*function)(struct hrtimer *),
				 clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

/* 6.13 made a string of the name. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define ACQ_IMPORT_DMA_BUF	MODULE_IMPORT_NS(DMA_BUF)
#else
#define ACQ_IMPORT_DMA_BUF	MODULE_IMPORT_NS("DMA_BUF")
#endif

#endif /* ACQ_COMPAT_H */
