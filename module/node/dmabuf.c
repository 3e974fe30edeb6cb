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
#include <linux/dma-mapping.h>
#include <linux/file.h>
#include <linux/iosys-map.h>
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "../compat.h"
#include "dmabuf.h"
#include "map.h"
#include "../core/run.h"

#if IS_ENABLED(CONFIG_DMA_SHARED_BUFFER)

/**
 * struct export - an exported part of a ring
 * @run: referenced
 * @first: its first page, as for acq_run_page()
 * @count: number of pages
 */
struct export {
	struct acq_run *run;
	unsigned long first;
	unsigned long count;
};

/* All pages, for who takes them as an array; kvfree() it */
static struct page **export_pages(const struct export *export)
{
	struct page **pages;
	unsigned long i;

	pages = kvmalloc_array(export->count, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return NULL;
	for (i = 0; i < export->count; i++)
		pages[i] = acq_run_page(export->run, export->first + i);
	return pages;
}

static struct sg_table *map_dma_buf(struct dma_buf_attachment *attach,
				    enum dma_data_direction dir)
{
	const struct export *export = attach->dmabuf->priv;
	struct scatterlist *sg;
	struct sg_table *sgt;
	struct page **pages;
	unsigned int i;
	int ret;

	/* Nobody but the card writes samples. */
	if (dir == DMA_FROM_DEVICE)
		return ERR_PTR(-EACCES);

	sgt = kzalloc(sizeof(*sgt), GFP_KERNEL);
	if (!sgt)
		return ERR_PTR(-ENOMEM);
	pages = export_pages(export);
	if (!pages) {
		ret = -ENOMEM;
		goto err_free;
	}
	ret = sg_alloc_table_from_pages_segment(sgt, pages, export->count, 0,
						export->count << PAGE_SHIFT,
						dma_get_max_seg_size(attach->dev), GFP_KERNEL);
	kvfree(pages);
	if (ret)
		goto err_free;
	/* An importer that asks for both directions gets to read: an IOMMU sees to it. */
	ret = dma_map_sgtable(attach->dev, sgt, DMA_TO_DEVICE, 0);
	if (ret)
		goto err_free_table;
	for_each_sgtable_dma_sg(sgt, sg, i) {
		if (dma_need_sync(attach->dev, sg_dma_address(sg))) {
			ret = -EOPNOTSUPP;
			goto err_unmap;
		}
	}
	return sgt;

err_unmap:
	dma_unmap_sgtable(attach->dev, sgt, DMA_TO_DEVICE, 0);
err_free_table:
	sg_free_table(sgt);
err_free:
	kfree(sgt);
	return ERR_PTR(ret);
}

static void unmap_dma_buf(struct dma_buf_attachment *attach, struct sg_table *sgt,
			  enum dma_data_direction dir)
{
	dma_unmap_sgtable(attach->dev, sgt, DMA_TO_DEVICE, 0);
	sg_free_table(sgt);
	kfree(sgt);
}

static int map_vma(struct dma_buf *dmabuf, struct vm_area_struct *vma)
{
	const struct export *export = dmabuf->priv;

	return acq_map_run(export->run, vma, export->first + vma->vm_pgoff);
}

static int map_kernel(struct dma_buf *dmabuf, struct iosys_map *map)
{
	struct page **pages = export_pages(dmabuf->priv);
	const struct export *export = dmabuf->priv;
	void *addr;

	if (!pages)
		return -ENOMEM;
	addr = vmap(pages, export->count, VM_MAP, PAGE_KERNEL_RO);
	kvfree(pages);
	if (!addr)
		return -ENOMEM;
	iosys_map_set_vaddr(map, addr);
	return 0;
}

static void unmap_kernel(struct dma_buf *dmabuf, struct iosys_map *map)
{
	vunmap(map->vaddr);
	iosys_map_clear(map);
}

static void release(struct dma_buf *dmabuf)
{
	struct export *export = dmabuf->priv;

	acq_run_put(export->run);
	kfree(export);
}

static const struct dma_buf_ops export_ops = {
	.map_dma_buf	= map_dma_buf,
	.unmap_dma_buf	= unmap_dma_buf,
	.mmap		= map_vma,
	.vmap		= map_kernel,
	.vunmap		= unmap_kernel,
	.release	= release,
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
	unsigned int order = get_order(run->config.block_bytes);
	struct export *export;
	struct dma_buf *dmabuf;
	int fd, ret;

	if (first >= slots || count > slots - first)
		return -EINVAL;
	count = count ?: slots - first;

	export = kzalloc(sizeof(*export), GFP_KERNEL_ACCOUNT);
	if (!export)
		return -ENOMEM;
	export->run = acq_run_get(run);
	export->first = (run->shared_bytes >> PAGE_SHIFT) + ((unsigned long)first << order);
	export->count = (unsigned long)count << order;

	info.ops = &export_ops;
	info.size = export->count << PAGE_SHIFT;
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
