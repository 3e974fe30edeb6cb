// SPDX-License-Identifier: GPL-2.0-only
/* An ACQ-R1 on the bus: probe, interrupt. */
#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/pci.h>

#include "r1.h"

/* Does it interrupt, as far as may be asked without a lock? */
static bool r1_pci_interrupts(struct r1 *r1)
{
	u32 causes = r1_get(r1, ACQ_R1_IRQ_STATUS);

	if (causes != R1_ALL_ONES && causes & READ_ONCE(r1->unmasked))
		return true;
	WRITE_ONCE(r1->strange, r1->strange + 1);
	return false;
}

/*
 * Has this side of a card that plays, too, something to say? With DMA its status page
 * tells, which is there as long as the card is: no register is read.
 */
static bool r1_pci_side_news(const struct r1 *r1)
{
	if (!r1->stream || !READ_ONCE(r1->master))
		return false;
	if (!READ_ONCE(r1->dma))
		return r1_get(r1, ACQ_R1_IRQ_STATUS) & READ_ONCE(r1->unmasked);
	return le32_to_cpu(READ_ONCE(r1->status->update)) != READ_ONCE(r1->seen);
}

/* It is quiet until the thread has serviced it, also if another turn is faster. */
static void r1_pci_mask(struct r1 *r1)
{
	WRITE_ONCE(r1->masked, true);
	r1_regs_unmask(r1, 0);
}

/*
 * Is it this card, and if so, keep it quiet until the thread has serviced it. A
 * message-signalled interrupt belongs to nobody else: no register is read.
 */
static irqreturn_t r1_pci_irq(int irq, void *data)
{
	struct r1_card *card = container_of(data, struct r1_card, pci);
	bool in, out;

	if (acq_pci_asleep(&card->pci))
		return IRQ_NONE;
	if (card->pci.shared) {
		in = r1_pci_interrupts(&card->in);
		out = card->out.stream && r1_pci_interrupts(&card->out);
		if (!in && !out)
			return IRQ_NONE;
	} else if (card->out.stream) {
		in = r1_pci_side_news(&card->in);
		out = r1_pci_side_news(&card->out);
	} else {
		in = true;
		out = false;
	}
	if (in)
		r1_pci_mask(&card->in);
	if (out)
		r1_pci_mask(&card->out);
	return IRQ_WAKE_THREAD;
}

static bool r1_pci_news(struct acq_pci *pci, const struct acq_stream *stream)
{
	struct r1_card *card = container_of(pci, struct r1_card, pci);
	struct r1 *r1 = stream == card->out.stream ? &card->out : &card->in;

	return !card->out.stream || xchg(&r1->masked, false) || r1_pci_side_news(r1);
}

static bool r1_pci_answers(struct acq_pci *pci)
{
	struct r1 *r1 = &container_of(pci, struct r1_card, pci)->in;

	return r1_get(r1, ACQ_R1_ID) == ACQ_R1_ID_MAGIC &&
	       r1_get(r1, ACQ_R1_VERSION) == r1->version && r1_regs_serial(r1) == r1->serial;
}

static const struct acq_pci_ops r1_pci_ops = {
	.answers	= r1_pci_answers,
	.news		= r1_pci_news,
};

/*
 * One side: what it is, and a stream for it, which may be an ERR_PTR(). Returns 0, or a
 * negative errno after saying why.
 */
static int r1_pci_side(struct r1_card *card, struct r1 *r1, void __iomem *regs,
		       struct acq_info *info)
{
	struct device *dev = &card->pci.pdev->dev;
	struct acq_config config = {};
	int ret;

	r1->card = card;
	r1->pci = &card->pci;
	r1->regs = regs;
	r1->output = r1 == &card->out;
	ret = r1_describe_identify(r1);
	if (ret)
		return ret;
	/* An earlier kernel may have left it running. */
	ret = r1_regs_reset(r1);
	if (ret)
		return dev_err_probe(dev, ret, "cannot be reset\n");
	ret = r1_describe(r1, info, &config);
	if (ret)
		return ret;
	ret = r1_dma_alloc_status(r1);
	if (ret)
		return ret;
	r1->stream = acq_stream_create(dev, r1->output ? &r1_run_output_ops : &r1_run_ops, r1,
				       info, &config);
	return 0;
}

static int r1_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct device *dev = &pdev->dev;
	struct acq_info info = {}, output = {};
	struct r1_card *card;
	void __iomem *regs;
	int ret;

	/* Not reachable from an open file: a stream calls here no more once it is removed. */
	card = devm_kzalloc(dev, sizeof(*card), GFP_KERNEL);
	if (!card)
		return -ENOMEM;
	ret = acq_pci_enable(&card->pci, pdev, &r1_pci_ops);
	if (ret)
		return ret;
	regs = acq_pci_map(&card->pci, ACQ_R1_BAR, ACQ_R1_BAR_BYTES);
	if (IS_ERR(regs))
		return PTR_ERR(regs);
	ret = r1_pci_side(card, &card->in, regs, &info);
	if (ret)
		return ret;
	if (r1_get(&card->in, ACQ_R1_CAPS) & ACQ_R1_CAP_OUTPUT) {
		ret = r1_pci_side(card, &card->out, regs + ACQ_R1_OUTPUT, &output);
		if (ret) {
			if (!IS_ERR(card->in.stream))
				acq_stream_put(card->in.stream);
			return ret;
		}
	}
	ret = acq_pci_register(&card->pci, card->in.stream, card->out.stream, r1_pci_irq);
	if (ret)
		return ret;

	dev_info(dev, "ACQ-R1 map %u.%u revision %u serial %s: %u channels, %s, %s\n",
		 info.hw_version >> 16, info.hw_version & 0xffff, info.revision,
		 info.serial[0] ? info.serial : "none", info.channels,
		 info.caps & ACQ_CAP_DMA ? "DMA" : "FIFO",
		 acq_pci_interrupts(&card->pci));
	if (card->out.stream)
		dev_info(dev, "plays %u channels, too\n", output.channels);
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
