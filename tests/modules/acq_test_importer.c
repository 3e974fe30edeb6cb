// SPDX-License-Identifier: GPL-2.0-only
/*
 * An importer of a dma-buf, for tests/guest/zerocopy.c: a device that reads what is mapped
 * for it, as far as its addresses lead there.
 *
 * "import" written with a descriptor attaches the device and maps the buffer for it; with -1
 * it undoes that. "read" written with an offset has the word there in "word".
 */
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/dma-resv.h>
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/platform_device.h>

#include "compat.h"

/* The address of a PCI device to import for, or one that is none but can use DMA */
static char *device = "";
module_param(device, charp, 0644);

/* What that one can do */
static unsigned int bits = 64, segment = SZ_64K;
module_param(bits, uint, 0644);
module_param(segment, uint, 0644);

/* It asks to write, too. */
static bool writes;
module_param(writes, bool, 0644);

/* What has been mapped */
static unsigned int pieces, bytes, word;
module_param(pieces, uint, 0444);
module_param(bytes, uint, 0444);
module_param(word, uint, 0444);

static struct {
	struct platform_device *own;
	struct device *dev;
	struct dma_buf_attachment *attach;
	struct sg_table *sgt;
	enum dma_data_direction dir;
} im;

static DEFINE_MUTEX(import_lock);

static void import_undo(void)
{
	struct dma_buf *dmabuf;

	if (!im.attach)
		return;
	dmabuf = im.attach->dmabuf;
	dma_resv_lock(dmabuf->resv, NULL);
	dma_buf_unmap_attachment(im.attach, im.sgt, im.dir);
	dma_resv_unlock(dmabuf->resv);
	dma_buf_detach(dmabuf, im.attach);
	dma_buf_put(dmabuf);
	put_device(im.dev);
	im.attach = NULL;
}

/* Referenced; NULL: there is none. */
static struct device *import_device(void)
{
	if (*device)
		return bus_find_device_by_name(&pci_bus_type, NULL, device);
	if (dma_set_mask_and_coherent(&im.own->dev, DMA_BIT_MASK(bits)))
		return NULL;
	dma_set_max_seg_size(&im.own->dev, segment);
	return get_device(&im.own->dev);
}

static int import_map(struct dma_buf *dmabuf, struct device *dev)
{
	struct dma_buf_attachment *attach = dma_buf_attach(dmabuf, dev);
	struct scatterlist *sg;
	struct sg_table *sgt;
	unsigned int i;

	if (IS_ERR(attach))
		return PTR_ERR(attach);
	im.dir = writes ? DMA_BIDIRECTIONAL : DMA_TO_DEVICE;
	dma_resv_lock(dmabuf->resv, NULL);
	sgt = dma_buf_map_attachment(attach, im.dir);
	dma_resv_unlock(dmabuf->resv);
	if (IS_ERR(sgt)) {
		dma_buf_detach(dmabuf, attach);
		return PTR_ERR(sgt);
	}
	im.attach = attach;
	im.dev = dev;
	im.sgt = sgt;
	pieces = sgt->nents;
	bytes = 0;
	for_each_sgtable_dma_sg(sgt, sg, i)
		bytes += sg_dma_len(sg);
	return 0;
}

static int import_begin(int fd)
{
	struct dma_buf *dmabuf = dma_buf_get(fd);
	struct device *dev;
	int ret = -ENODEV;

	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	dev = import_device();
	if (dev)
		ret = import_map(dmabuf, dev);
	if (ret) {
		put_device(dev);
		dma_buf_put(dmabuf);
	}
	return ret;
}

static int set_import(const char *text, const struct kernel_param *param)
{
	int fd, ret = kstrtoint(text, 0, &fd);

	if (ret)
		return ret;
	guard(mutex)(&import_lock);
	import_undo();
	return fd < 0 ? 0 : import_begin(fd);
}

static const struct kernel_param_ops import_ops = { .set = set_import };
module_param_cb(import, &import_ops, NULL, 0200);

/* The word at @at, by the address that the device has for it */
static int import_read(unsigned int at)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(im.dev);
	struct scatterlist *sg;
	unsigned int i;

	for_each_sgtable_dma_sg(im.sgt, sg, i) {
		dma_addr_t dma = sg_dma_address(sg) + at;

		if (at < sg_dma_len(sg)) {
			word = *(u32 *)phys_to_virt(domain ? iommu_iova_to_phys(domain, dma) :
						    dma);
			return 0;
		}
		at -= sg_dma_len(sg);
	}
	return -ERANGE;
}

static int set_read(const char *text, const struct kernel_param *param)
{
	unsigned int at;
	int ret = kstrtouint(text, 0, &at);

	if (ret)
		return ret;
	guard(mutex)(&import_lock);
	return im.attach ? import_read(at) : -ENODEV;
}

static const struct kernel_param_ops read_ops = { .set = set_read };
module_param_cb(read, &read_ops, NULL, 0200);

static int __init importer_init(void)
{
	im.own = platform_device_register_simple("acq-test-importer", PLATFORM_DEVID_NONE, NULL, 0);
	return PTR_ERR_OR_ZERO(im.own);
}
module_init(importer_init);

static void __exit importer_exit(void)
{
	import_undo();
	platform_device_unregister(im.own);
}
module_exit(importer_exit);

ACQ_IMPORT_DMA_BUF;
MODULE_DESCRIPTION("acqdev: an importer of dma-bufs for tests");
MODULE_AUTHOR("acqdev developers");
MODULE_LICENSE("GPL");
