// SPDX-License-Identifier: GPL-2.0-only
/* Card family XDMA: its cards, and how they are found. See docs/xdma.md. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitfield.h>
#include <linux/dma-mapping.h>
#include <linux/iopoll.h>
#include <linux/kernel.h>
#include <linux/pci.h>

#include "../../compat.h"
#include "../named.h"
#include "../pci.h"
#include "internal.h"
#include "xdma.h"

/* Half a ring is the card's at most, and credits must suffice for that. */
#define SLOTS_MAX		ACQ_NAMED_BLOCKS_MAX

/* Engines of another driver that are busy, but not for long */
#define XDMA_RECOVER_US		100000

static struct acq_named xdma_pci_named = {
	.family		= "xdma",
	.channels	= 1,
	.channels_min	= 1,
	.format		= "s16",
	.rate		= 1000000,
};
module_param_named(xdma_ids, xdma_pci_named.ids, charp, 0444);
MODULE_PARM_DESC(xdma_ids, "cards with XDMA: VENDOR:DEVICE,... in hexadecimal (none)");

static int xdma_bar = -1;
module_param(xdma_bar, int, 0444);
MODULE_PARM_DESC(xdma_bar, "number of the DMA BAR, -1: found (-1)");

module_param_named(xdma_channels, xdma_pci_named.channels, uint, 0444);
MODULE_PARM_DESC(xdma_channels, "samples in a frame of an XDMA stream unless configured (1)");

module_param_named(xdma_format, xdma_pci_named.format, charp, 0444);
MODULE_PARM_DESC(xdma_format, "format of its samples unless configured: s8 u8 s16 u16 s32 u32 (s16)");

module_param_named(xdma_rate, xdma_pci_named.rate, uint, 0444);
MODULE_PARM_DESC(xdma_rate, "its frames a second unless configured, a description alone (1000000)");

static bool xdma_losses;
module_param(xdma_losses, bool, 0444);
MODULE_PARM_DESC(xdma_losses, "the card tells of frames and losses in its user BAR, see docs/xdma-losses.md (N)");

static bool xdma_pci_is_identifier(u32 id, u32 at)
{
	return FIELD_GET(XDMA_ID_FIXED, id) == XDMA_ID_MAGIC &&
	       FIELD_GET(XDMA_ID_BLOCK, id) == at >> 12 &&
	       FIELD_GET(XDMA_ID_CHANNEL, id) == (at >> 8 & 0xf);
}

/* The identifier at @at, or 0 if that is none */
static u32 xdma_pci_identifier(const struct xdma *x, u32 at)
{
	u32 id = readl(x->regs + at + XDMA_ID);

	return xdma_pci_is_identifier(id, at) ? id : 0;
}

/*
 * Which BAR is it? Others may be anything, where a read alone can do harm: they
 * are left alone. The core's is of 64 KiB, and behind that of its AXI-Lite master.
 */
static int xdma_pci_find_bar(struct pci_dev *pdev)
{
	int bar, memory = 0, fits = 0, found = -1, second = -1;

	if (xdma_bar >= 0) {
		if (pci_resource_flags(pdev, xdma_bar) & IORESOURCE_MEM &&
		    pci_resource_len(pdev, xdma_bar) >= XDMA_BAR_BYTES)
			return xdma_bar;
		return dev_err_probe(&pdev->dev, -ENODEV,
				     "xdma_bar=%d: this BAR has no 64 KiB of memory\n", xdma_bar);
	}
	for (bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
		if (!(pci_resource_flags(pdev, bar) & IORESOURCE_MEM) ||
		    !pci_resource_len(pdev, bar))
			continue;
		if (++memory == 2)
			second = bar;
		if (pci_resource_len(pdev, bar) == XDMA_BAR_BYTES) {
			fits++;
			found = bar;
		}
	}
	if (fits == 1)
		return found;
	if (fits && second >= 0 && pci_resource_len(pdev, second) == XDMA_BAR_BYTES)
		return second;
	return dev_err_probe(&pdev->dev, -ENODEV,
			     "which BAR has the DMA registers? %d are of 64 KiB: say xdma_bar=N\n",
			     fits);
}

/* Which channels of a direction has it? Returns how many are memory-mapped. */
static unsigned int xdma_pci_find_direction(struct xdma *x, bool output)
{
	u32 regs = output ? XDMA_H2C : XDMA_C2H;
	u32 sgdma = output ? XDMA_H2C_SGDMA : XDMA_C2H_SGDMA;
	unsigned int i, mapped = 0;

	for (i = 0; i < XDMA_CHANNELS; i++) {
		struct xdma_channel *ch = &x->channel[x->count];
		u32 at = i * XDMA_CHANNEL_STEP, id = xdma_pci_identifier(x, regs + at);

		if (!id || !xdma_pci_identifier(x, sgdma + at))
			continue;
		if (!(id & XDMA_ID_STREAM)) {
			mapped++;
			continue;
		}
		ch->card = x;
		ch->output = output;
		ch->number = i;
		ch->common = output ? XDMA_COMMON_H2C(i) : XDMA_COMMON_C2H(i);
		ch->line = output ? i : x->h2c + i;
		ch->regs = x->regs + regs + at;
		ch->sgdma = x->regs + sgdma + at;
		x->lines |= BIT(ch->line);
		x->count++;
	}
	return mapped;
}

/* Which channels has it? Reads identifiers alone. Returns how many are memory-mapped. */
static unsigned int xdma_pci_find_channels(struct xdma *x)
{
	unsigned int i, mapped;

	for (i = 0; i < XDMA_CHANNELS; i++)
		x->h2c += !!xdma_pci_identifier(x, XDMA_H2C + i * XDMA_CHANNEL_STEP);
	mapped = xdma_pci_find_direction(x, false);
	x->inputs = x->count;
	return mapped + xdma_pci_find_direction(x, true);
}

/* Is it XDMA, and has it streams? */
static int xdma_pci_identify(struct xdma *x)
{
	struct device *dev = &x->pci.pdev->dev;
	u32 id = readl(x->regs + XDMA_CONFIG);
	unsigned int mapped;

	if (id == XDMA_ALL_ONES)
		return dev_err_probe(dev, -ENODEV, "does not answer: all registers read ones\n");
	if (!xdma_pci_is_identifier(id, XDMA_CONFIG) || !xdma_pci_identifier(x, XDMA_IRQ) ||
	    !xdma_pci_identifier(x, XDMA_COMMON))
		return dev_err_probe(dev, -ENODEV,
				     "not XDMA: identity 0x%08x at 0x3000 of BAR %d (another BAR: xdma_bar=N)\n",
				     id, x->bar);
	mapped = xdma_pci_find_channels(x);
	if (!x->count)
		return dev_err_probe(dev, -ENODEV,
				     "no channel with a stream: %u memory-mapped\n", mapped);
	return 0;
}

/* Which engines are busy? A bit for each, as in XDMA_COMMON. Those that run are to stop. */
static u32 xdma_pci_busy(const struct xdma *x)
{
	static const u32 blocks[] = { XDMA_H2C, XDMA_C2H };
	unsigned int i, n;
	u32 busy = 0;

	for (n = 0; n < ARRAY_SIZE(blocks); n++) {
		for (i = 0; i < XDMA_CHANNELS; i++) {
			u32 at = blocks[n] + i * XDMA_CHANNEL_STEP;

			if (!xdma_pci_identifier(x, at) ||
			    xdma_idle(readl(x->regs + at + XDMA_STATUS)))
				continue;
			writel(XDMA_RUN, x->regs + at + XDMA_CONTROL_W1C);
			busy |= n ? XDMA_COMMON_C2H(i) : XDMA_COMMON_H2C(i);
		}
	}
	return busy;
}

/*
 * An engine in the midst of what another driver, or an earlier kernel, gave it would
 * continue as soon as the card is a bus master. One that waits for data there does not
 * stop; nothing but a reset ends it.
 */
static int xdma_pci_stop_engines(struct xdma *x)
{
	struct device *dev = &x->pci.pdev->dev;
	unsigned int i;
	u32 busy;
	int ret;

	for (i = 0; i < x->count; i++)
		xdma_write(&x->channel[i], XDMA_CONTROL_W1C, XDMA_RUN);
	if (!read_poll_timeout(xdma_pci_busy, busy, !busy, 1000, XDMA_RECOVER_US, false, x))
		return 0;
	i = __ffs(busy);
	dev_info(dev, "%s channel %u is busy with what is not ours: resets the card\n",
		 i < 16 ? "H2C" : "C2H", i % 16);
	ret = acq_pci_reset(&x->pci);
	busy = xdma_pci_busy(x);
	if (!busy)
		return 0;
	i = __ffs(busy);
	return dev_err_probe(dev, -EBUSY, "%s channel %u stays busy%s\n",
			     i < 16 ? "H2C" : "C2H", i % 16,
			     ret ? ": the card cannot be reset" : ", although it was reset");
}

static void xdma_pci_describe(const struct xdma_channel *ch, struct acq_info *info,
			      struct acq_config *config)
{
	const struct xdma *x = ch->card;
	char suffix[8] = "";

	/* What is the card's is each stream's. */
	if (ch->output)
		snprintf(suffix, sizeof(suffix), "-out%u", ch->number);
	else if (x->inputs > 1)
		snprintf(suffix, sizeof(suffix), "-%u", ch->number);
	acq_named_describe(&xdma_pci_named, x->pci.pdev, suffix, 0, info, config);
	if (ch->output) {
		info->caps = ACQ_CAP_DMA | ACQ_CAP_OUTPUT;
	} else {
		info->caps = ACQ_CAP_DMA | ACQ_CAP_FIFO | ACQ_CAP_PACKETS;
		info->fifo_bytes = XDMA_CHUNKS * XDMA_CHUNK_BYTES;
	}
	info->hw_version = FIELD_GET(XDMA_ID_VERSION, readl(x->regs + XDMA_CONFIG)) << 16;
	if (ch->logic.regs)
		xdma_logic_describe(&ch->logic, info, config);
}

/* May its engine use memory that it was given? */
static bool xdma_pci_writes(const struct xdma_channel *ch)
{
	return xdma_engine_holds_memory(ch) && !xdma_idle(xdma_read(ch, XDMA_STATUS));
}

static void xdma_pci_free_channel(struct xdma_channel *ch)
{
	struct device *dev = xdma_device(ch);

	if (ch->stream)
		acq_stream_put(ch->stream);
	xdma_bounce_free(&ch->bounce, dev);
	if (ch->back)
		dma_free_coherent(dev, SLOTS_MAX * sizeof(*ch->back), ch->back, ch->back_dma);
	if (ch->desc)
		dma_free_coherent(dev, SLOTS_MAX * sizeof(*ch->desc), ch->desc, ch->desc_dma);
}

/* Undone by xdma_pci_free_channel(), also where it fails */
static int xdma_pci_make_channel(struct xdma_channel *ch)
{
	struct device *dev = xdma_device(ch);
	struct acq_config config = {};
	struct acq_info info = {};
	struct acq_stream *stream;

	/* Not managed: an engine that cannot be stopped keeps them. */
	ch->desc = dma_alloc_coherent(dev, SLOTS_MAX * sizeof(*ch->desc), &ch->desc_dma,
				      GFP_KERNEL);
	ch->back = dma_alloc_coherent(dev, SLOTS_MAX * sizeof(*ch->back), &ch->back_dma,
				      GFP_KERNEL);
	if (!ch->desc || !ch->back)
		return -ENOMEM;
	xdma_pci_describe(ch, &info, &config);
	stream = acq_stream_create(dev, ch->output ? &xdma_output_ops : &xdma_engine_ops, ch,
				   &info, &config);
	if (IS_ERR(stream))
		return dev_err_probe(dev, PTR_ERR(stream), "cannot make a stream\n");
	ch->stream = stream;
	return 0;
}

/*
 * No stream calls any more: free what the card cannot use. Where an engine holds
 * memory still, nothing but a reset takes it from it; the logic behind it is reset,
 * too, but a bus master with memory that belongs to others is worse.
 */
static void xdma_pci_release(struct xdma *x)
{
	struct pci_dev *pdev = x->pci.pdev;
	bool holds = false;
	unsigned int i;

	pci_clear_master(pdev);
	for (i = 0; i < x->count; i++)
		holds |= xdma_pci_writes(&x->channel[i]);
	/* Pulled out, it writes no more. */
	holds &= pci_device_is_present(pdev);
	if (holds) {
		dev_info(&pdev->dev, "still waits for data: resets it\n");
		holds = acq_pci_reset(&x->pci);
	}
	for (i = 0; i < x->count; i++) {
		if (!holds || !xdma_pci_writes(&x->channel[i]))
			xdma_engine_let_go(&x->channel[i]);
	}
	xdma_found_put_back(x);
	for (i = 0; i < x->count; i++) {
		struct xdma_channel *ch = &x->channel[i];

		if (!xdma_engine_holds_memory(ch)) {
			xdma_pci_free_channel(ch);
			continue;
		}
		dev_err(&pdev->dev,
			"%s channel %u cannot be reset: cut off from memory, its ring is given up\n",
			xdma_direction(ch), ch->number);
		acq_stream_put(ch->stream);
	}
}

/* Its streams may be any logic's; the serial number is in the configuration space. */
static bool xdma_pci_answers(struct acq_pci *pci)
{
	struct xdma *x = container_of(pci, struct xdma, pci);
	unsigned int i;

	for (i = 0; i < x->count; i++) {
		if (!xdma_pci_identifier(x, x->channel[i].regs - x->regs))
			return false;
	}
	return xdma_pci_identifier(x, XDMA_CONFIG) && pci_get_dsn(pci->pdev) == x->serial;
}

/* An engine that waits for data could not write them. */
static bool xdma_pci_runs(struct acq_pci *pci)
{
	struct xdma *x = container_of(pci, struct xdma, pci);
	unsigned int i;

	for (i = 0; i < x->count; i++) {
		if (xdma_pci_writes(&x->channel[i]))
			return true;
	}
	return false;
}

/* Channels are set up by their starts. */
static void xdma_pci_woken(struct acq_pci *pci)
{
	struct xdma *x = container_of(pci, struct xdma, pci);

	xdma_user_set_vector(&x->user);
}

static const struct acq_pci_ops xdma_pci_ops = {
	.answers	= xdma_pci_answers,
	.busy		= xdma_pci_runs,
	.woken		= xdma_pci_woken,
};

/* Find out what the card is. Changes nothing but engines that run. */
static int xdma_pci_open(struct xdma *x, struct pci_dev *pdev)
{
	void __iomem *user = NULL;
	unsigned int i, bits;
	int ret;

	ret = acq_pci_enable(&x->pci, pdev, &xdma_pci_ops);
	if (ret)
		return ret;
	x->serial = pci_get_dsn(pdev);
	x->bar = xdma_pci_find_bar(pdev);
	if (x->bar < 0)
		return x->bar;
	x->regs = acq_pci_map(&x->pci, x->bar, XDMA_BAR_BYTES);
	if (IS_ERR(x->regs))
		return PTR_ERR(x->regs);
	ret = xdma_pci_identify(x);
	if (ret)
		return ret;
	if (xdma_losses) {
		ret = xdma_logic_map(pdev, x->bar, &user);
		if (ret)
			return ret;
	}
	ret = xdma_pci_stop_engines(x);
	if (ret)
		return ret;
	for (i = 0; user && i < x->inputs; i++) {
		ret = xdma_logic_find(&x->channel[i].logic, pdev, user, x->channel[i].number);
		if (ret)
			return ret;
	}
	bits = FIELD_GET(XDMA_ADDRESS_BITS, xdma_read(&x->channel[0], XDMA_ALIGNMENTS)) ?: 64;
	return acq_pci_limit_dma(&x->pci, max(bits, 32U), ACQ_NAMED_BLOCK_MAX);
}

static void xdma_pci_say_found(const struct xdma *x)
{
	unsigned int outputs = x->count - x->inputs;
	char h2c[20] = "";

	if (outputs)
		snprintf(h2c, sizeof(h2c), ", %u H2C", outputs);
	dev_info(&x->pci.pdev->dev, "XDMA version %u in BAR %d: %u C2H stream%s%s, %s%s\n",
		 (u32)FIELD_GET(XDMA_ID_VERSION, readl(x->regs + XDMA_CONFIG)), x->bar, x->inputs,
		 x->inputs == 1 ? "" : "s", h2c, acq_pci_interrupts(&x->pci),
		 x->irq && x->count > 1 ? ", one for all" : "");
}

static int xdma_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct device *dev = &pdev->dev;
	struct xdma *x;
	unsigned int i;
	int ret;

	/* Not reachable from an open file: a stream calls here no more once it is removed. */
	x = devm_kzalloc(dev, sizeof(*x), GFP_KERNEL);
	if (!x)
		return -ENOMEM;
	mutex_init(&x->lock);
	x->pci.pdev = pdev;
	ret = xdma_found_hold(x);
	if (ret)
		return ret;
	ret = xdma_pci_open(x, pdev);
	if (ret)
		return ret;
	xdma_found_read(x);
	for (i = 0; i < x->count; i++) {
		ret = xdma_pci_make_channel(&x->channel[i]);
		if (ret)
			goto err_release;
	}
	ret = xdma_user_create(&x->user, pdev, x->regs + XDMA_IRQ, x->bar,
			       acq_stream_id(x->channel[0].stream));
	if (ret)
		goto err_release;
	ret = xdma_irq_request(x);
	if (ret)
		goto err_free_irqs;
	/* Messages of user lines are written to memory, too. */
	pci_set_master(pdev);
	ret = acq_pci_keep_config(&x->pci);
	if (ret)
		goto err_free_irqs;
	for (i = 0; i < x->count; i++) {
		ret = acq_pci_register_stream(&x->pci, x->channel[i].stream);
		if (ret)
			goto err_remove;
	}
	ret = xdma_user_register(&x->user);
	if (ret) {
		dev_err_probe(dev, ret, "cannot register a control node\n");
		goto err_remove;
	}
	x->pci.control = x->user.control;
	xdma_pci_say_found(x);
	acq_pci_allow_suspend(&x->pci);
	return 0;

err_remove:
	acq_pci_remove_streams(&x->pci);
err_free_irqs:
	xdma_irq_free(x);
	xdma_user_free(&x->user);
err_release:
	xdma_pci_release(x);
	return ret;
}

static void xdma_pci_remove(struct pci_dev *pdev)
{
	struct acq_pci *pci = pci_get_drvdata(pdev);
	struct xdma *x = container_of(pci, struct xdma, pci);

	acq_pci_disable(pci);
	xdma_user_remove(&x->user);
	acq_pci_remove_streams(pci);
	xdma_irq_free(x);
	xdma_user_free(&x->user);
	xdma_pci_release(x);
}

/*
 * No ids of its own: many cards have the core's with quite another logic in them,
 * or with another driver. Without a table, new_id takes any.
 */
static struct pci_driver xdma_pci_driver = {
	.name		= KBUILD_MODNAME "-xdma",
	.probe		= xdma_pci_probe,
	.remove		= xdma_pci_remove,
	.shutdown	= acq_pci_shutdown,
	.driver.pm	= pm_ptr(&acq_pci_pm),
	.err_handler	= &acq_pci_errors,
};

/**
 * acq_xdma_register() - find the cards of this family that the user has named
 *
 * Return: 0 or a negative errno.
 */
int acq_xdma_register(void)
{
	if (xdma_bar < -1 || xdma_bar >= PCI_STD_NUM_BARS) {
		pr_err("xdma_bar=%d: must be from -1 to %d\n", xdma_bar, PCI_STD_NUM_BARS - 1);
		return -EINVAL;
	}
	return acq_named_register(&xdma_pci_named, &xdma_pci_driver);
}

void acq_xdma_unregister(void)
{
	pci_unregister_driver(&xdma_pci_driver);
}
