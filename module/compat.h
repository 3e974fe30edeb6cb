/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels that acqdev builds for, found by looking for
 * the feature where the preprocessor can see it, else by version.
 */
#ifndef ACQ_COMPAT_H
#define ACQ_COMPAT_H

#include <linux/fs.h>
#include <linux/pci.h>
#include <linux/version.h>

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

#endif /* ACQ_COMPAT_H */
