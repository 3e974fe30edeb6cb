// SPDX-License-Identifier: GPL-2.0-only
/*
 * A run's slots as a dma-buf: for other devices to take samples from, without the
 * CPU. What a slot holds at which time, the block table of the mapping tells; the
 * file that exports is the reader that holds it.
 *
 * An importer maps once and then sees every block that the card writes. It can do
 * that only if its view of memory needs no care by the CPU: others are refused.
 */
#include <linux/dma-buf.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/file.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "../compat.h"
#include "dmabuf.h"
#include "map.h"
#include "../core/run.h"

#if IS_ENABLED(CONFIG_DMA_SHARED_BUFFER)

/**
 * struct dmabuf_export - exported slots of a ring
 * @run: referenced
 * @first: the first of them
 * @count: number of them
 */
struct dmabuf_export {
	struct acq_run *run;
	u32 first;
	u32 count;
};

/* The slots in pieces of no more than @most bytes. Undone by sg_free_table(). */
static int dmabuf_fill_table(const struct dmabuf_export *export, struct sg_table *sgt,
			     unsigned int most)
{
	u32 block = export->run->config.block_bytes, piece, i, at;
	struct scatterlist *sg;
	int ret;

	if (most < PAGE_SIZE)
		return -EINVAL;
	piece = min_t(u32, block, rounddown_pow_of_two(most));
	if ((u64)export->count * (block / piece) > UINT_MAX)
		return -EINVAL;
	ret = sg_alloc_table(sgt, export->count * (block / piece), GFP_KERNEL_ACCOUNT);
	if (ret)
		return ret;
	sg = sgt->sgl;
	for (i = 0; i < export->count; i++) {
		struct page *page = export->run->slot[export->first + i].page;

		for (at = 0; at < block; at += piece, sg = sg_next(sg))
			sg_set_page(sg, page + (at >> PAGE_SHIFT), piece, 0);
		cond_resched();
	}
	return 0;
}

/* Does the device see what is written to memory later, without the CPU's help? */
static bool dmabuf_needs_no_sync(struct device *dev, struct sg_table *sgt)
{
	struct scatterlist *sg;
	unsigned int i;

	/* Whole pages do not bounce there; dma_need_sync() may say so nevertheless. */
	if (acq_run_translated(dev))
		return dev_is_dma_coherent(dev);
	for_each_sgtable_dma_sg(sgt, sg, i) {
		if (dma_need_sync(dev, sg_dma_address(sg)))
			return false;
		cond_resched();
	}
	return true;
}

static struct sg_table *dmabuf_map(struct dma_buf_attachment *attach, enum dma_data_direction dir)
{
	struct device *dev = attach->dev;
	struct sg_table *sgt;
	int ret;

	/*
	 * Nobody but the card writes samples. Drivers for graphics always ask for both
	 * directions: if an IOMMU keeps their device to what it is mapped for, it reads.
	 */
	if (dir != DMA_TO_DEVICE && (dir != DMA_BIDIRECTIONAL || !acq_run_translated(dev)))
		return ERR_PTR(-EACCES);

	sgt = kzalloc(sizeof(*sgt), GFP_KERNEL_ACCOUNT);
	if (!sgt)
		return ERR_PTR(-ENOMEM);
	ret = dmabuf_fill_table(attach->dmabuf->priv, sgt, dma_get_max_seg_size(dev));
	if (ret)
		goto err_free;
	ret = dma_map_sgtable(dev, sgt, DMA_TO_DEVICE, 0);
	if (ret)
		goto err_free_table;
	if (!dmabuf_needs_no_sync(dev, sgt)) {
		ret = -EOPNOTSUPP;
		goto err_unmap;
	}
	return sgt;

err_unmap:
	dma_unmap_sgtable(dev, sgt, DMA_TO_DEVICE, 0);
err_free_table:
	sg_free_table(sgt);
err_free:
	kfree(sgt);
	return ERR_PTR(ret);
}

static void dmabuf_unmap(struct dma_buf_attachment *attach, struct sg_table *sgt,
			 enum dma_data_direction dir)
{
	dma_unmap_sgtable(attach->dev, sgt, DMA_TO_DEVICE, 0);
	sg_free_table(sgt);
	kfree(sgt);
}

/* The page of acq_run_page() that the exported slots begin with */
static unsigned long dmabuf_first_page(const struct dmabuf_export *export)
{
	const struct acq_run *run = export->run;

	return (run->shared_bytes + (u64)export->first * run->config.block_bytes) >> PAGE_SHIFT;
}

static int dmabuf_mmap(struct dma_buf *dmabuf, struct vm_area_struct *vma)
{
	const struct dmabuf_export *export = dmabuf->priv;

	return acq_map_run(export->run, vma, dmabuf_first_page(export) + vma->vm_pgoff,
			   false);
}

static void dmabuf_release(struct dma_buf *dmabuf)
{
	struct dmabuf_export *export = dmabuf->priv;

	acq_run_put(export->run);
	kfree(export);
}

/*
 * No vmap: it cannot say that somebody only reads, and a driver that writes to what is
 * mapped read-only is a crash.
 */
static const struct dma_buf_ops dmabuf_ops = {
	.map_dma_buf	= dmabuf_map,
	.unmap_dma_buf	= dmabuf_unmap,
	.mmap		= dmabuf_mmap,
	.release	= dmabuf_release,
};

/**
 * acq_dmabuf_export() - make a dma-buf of slots and a descriptor of it
 * @run: the run; the dma-buf takes a reference of its own
 * @arg: what of it, from user space; completed
 * @user: where that came from
 *
 * Context: sleeps.
 * Return: 0, -EINVAL: there are no such slots, -EFAULT, -ENOMEM or -EMFILE.
 */
int acq_dmabuf_export(struct acq_run *run, struct acq_export *arg, void __user *user)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);
	u32 slots = run->ring.slots, first = arg->first, count = arg->count;
	struct dmabuf_export *export;
	struct dma_buf *dmabuf;
	int fd, ret;

	if (first >= slots || count > slots - first)
		return -EINVAL;
	count = count ?: slots - first;

	export = kzalloc(sizeof(*export), GFP_KERNEL_ACCOUNT);
	if (!export)
		return -ENOMEM;
	export->run = acq_run_get(run);
	export->first = first;
	export->count = count;

	info.ops = &dmabuf_ops;
	info.size = (size_t)count * run->config.block_bytes;
	info.flags = O_RDONLY;
	info.priv = export;
	dmabuf = dma_buf_export(&info);
	if (IS_ERR(dmabuf)) {
		acq_run_put(run);
		kfree(export);
		return PTR_ERR(dmabuf);
	}

	fd = get_unused_fd_flags(arg->flags);
	if (fd < 0) {
		ret = fd;
		goto err_put;
	}
	arg->fd = fd;
	arg->bytes = info.size;
	if (copy_to_user(user, arg, sizeof(*arg))) {
		ret = -EFAULT;
		goto err_fd;
	}
	/* The last step: from here on user space may close it. */
	fd_install(fd, dmabuf->file);
	return 0;

err_fd:
	put_unused_fd(fd);
err_put:
	dma_buf_put(dmabuf);
	return ret;
}

ACQ_IMPORT_DMA_BUF;

#else

int acq_dmabuf_export(struct acq_run *run, struct acq_export *arg, void __user *user)
{
	return -EOPNOTSUPP;
}

#endif
