// SPDX-License-Identifier: GPL-2.0-only
/* An ACQ-R1 on the bus: probe, interrupt. */
#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/pci.h>

#include "r1.h"

/*
 * Is it this card, and if so, keep it quiet until the thread has serviced it. A
 * message-signalled interrupt belongs to nobody else: no register is read.
 */
static irqreturn_t r1_pci_irq(int irq, void *data)
{
	struct r1 *r1 = container_of(data, struct r1, pci);

	if (acq_pci_asleep(&r1->pci))
		return IRQ_NONE;
	if (r1->pci.shared) {
		u32 causes = r1_get(r1, ACQ_R1_IRQ_STATUS);

		if (causes == R1_ALL_ONES || !(causes & READ_ONCE(r1->unmasked))) {
			WRITE_ONCE(r1->strange, r1->strange + 1);
			return IRQ_NONE;
		}
	}
	r1_regs_unmask(r1, 0);
	return IRQ_WAKE_THREAD;
}

static bool r1_pci_answers(struct acq_pci *pci)
{
	struct r1 *r1 = container_of(pci, struct r1, pci);

	return r1_get(r1, ACQ_R1_ID) == ACQ_R1_ID_MAGIC &&
	       r1_get(r1, ACQ_R1_VERSION) == r1->version && r1_regs_serial(r1) == r1->serial;
}

static const struct acq_pci_ops r1_pci_ops = {
	.answers	= r1_pci_answers,
};

static int r1_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct device *dev = &pdev->dev;
	struct acq_config config = {};
	struct acq_info info = {};
	struct r1 *r1;
	int ret;

	/* Not reachable from an open file: the stream calls here no more once it is removed. */
	r1 = devm_kzalloc(dev, sizeof(*r1), GFP_KERNEL);
	if (!r1)
		return -ENOMEM;
	ret = acq_pci_enable(&r1->pci, pdev, &r1_pci_ops);
	if (ret)
		return ret;
	r1->regs = acq_pci_map(&r1->pci, ACQ_R1_BAR, ACQ_R1_BAR_BYTES);
	if (IS_ERR(r1->regs))
		return PTR_ERR(r1->regs);

	ret = r1_describe_identify(r1);
	if (ret)
		return ret;
	/* An earlier kernel may have left it running. */
	ret = r1_regs_reset(r1);
	if (ret)
		return dev_err_probe(dev, ret, "cannot be reset\n");
	ret = r1_describe(r1, &info, &config);
	if (ret)
		return ret;
	r1->stream = acq_stream_create(dev, &r1_run_ops, r1, &info, &config);
	ret = acq_pci_register(&r1->pci, r1->stream, r1_pci_irq);
	if (ret)
		return ret;

	dev_info(dev, "ACQ-R1 map %u.%u revision %u serial %s: %u channels, %s, %s\n",
		 info.hw_version >> 16, info.hw_version & 0xffff, info.revision,
		 info.serial[0] ? info.serial : "none", info.channels,
		 info.caps & ACQ_CAP_DMA ? "DMA" : "FIFO",
		 acq_pci_interrupts(&r1->pci));
	return 0;
}

static const struct pci_device_id r1_pci_ids[] = {
	{ PCI_DEVICE(ACQ_R1_VENDOR, ACQ_R1_DEVICE) },
	{ }
};
MODULE_DEVICE_TABLE(pci, r1_pci_ids);

struct pci_driver acq_r1_driver = {
	.name		= KBUILD_MODNAME,
	.id_table	= r1_pci_ids,
	.probe		= r1_pci_probe,
	.remove		= acq_pci_remove,
	.shutdown	= acq_pci_shutdown,
	.driver.pm	= pm_ptr(&acq_pci_pm),
	.err_handler	= &acq_pci_errors,
};
