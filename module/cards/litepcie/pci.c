// SPDX-License-Identifier: GPL-2.0-only
/* Card family LitePCIe: its cards, and how they are found. See docs/litepcie.md. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/dma-mapping.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "../../compat.h"
#include "internal.h"
#include "litepcie.h"

#define LITE_HEADERS_BYTES	(LITE_SLOTS * sizeof(struct lite_header))

static struct acq_named lite_pci_named = {
	.family		= "litepcie",
	.format		= "s16",
	.rate		= 1000000,
};
module_param_named(litepcie_ids, lite_pci_named.ids, charp, 0444);
MODULE_PARM_DESC(litepcie_ids, "cards with LitePCIe: VENDOR:DEVICE,... in hexadecimal (none)");

module_param_named(litepcie_channels, lite_pci_named.channels, uint, 0444);
MODULE_PARM_DESC(litepcie_channels, "samples in a frame of a LitePCIe stream unless configured (by the design, else 1)");

module_param_named(litepcie_format, lite_pci_named.format, charp, 0444);
MODULE_PARM_DESC(litepcie_format, "format of its samples unless configured: s8 u8 s16 u16 s32 u32 (s16)");

module_param_named(litepcie_rate, lite_pci_named.rate, uint, 0444);
MODULE_PARM_DESC(litepcie_rate, "its frames a second unless configured (1000000)");

unsigned int lite_pci_slack = 1000;
module_param_named(litepcie_slack, lite_pci_slack, uint, 0644);
MODULE_PARM_DESC(litepcie_slack, "delay of a header in ns that is not taken for a loss (1000)");

bool lite_pci_pps;
module_param_named(litepcie_pps, lite_pci_pps, bool, 0644);
MODULE_PARM_DESC(litepcie_pps, "a start waits for the next second of the card's clock, where there is a synchronizer (N)");

static void lite_pci_make_channels(struct lite *lite, bool output)
{
	const struct lite_map *map = &lite->map;
	unsigned int i;

	for (i = 0; i < map->dmas && (output ? map->reader : map->writer); i++) {
		struct lite_channel *ch = &lite->channel[lite->count++];
		void __iomem *bank = lite->regs + map->dma[i];

		ch->card = lite;
		ch->output = output;
		ch->number = i;
		ch->line = lite_map_line(map, i, !output);
		ch->regs = bank + (output && map->writer ? LITE_SIDE_BYTES : 0);
		ch->sync = map->sync ? bank + lite_map_extra(map) : NULL;
	}
	if (!output)
		lite->inputs = lite->count;
}

/** lite_pci_put_back() - interrupts are enabled as they were found */
void lite_pci_put_back(struct lite *lite)
{
	lite_irq_disable(lite, ~0U);
	lite_irq_enable(lite, lite->found.enabled);
}

static void lite_pci_read_found(struct lite *lite)
{
	struct lite_found *found = &lite->found;
	unsigned int i;

	for (i = 0; i < lite->count; i++)
		lite_sync_read_found(&lite->channel[i]);
	if (!lite->map.header)
		return;
	found->header = readl(lite->regs + lite->map.header + LITE_HEADER_RX);
	found->words = readl(lite->regs + lite->map.header + LITE_HEADER_RX_WORDS);
}

/* What may wait before a Writer: where losses are known, they are behind that. */
static u32 lite_pci_fifo_bytes(const struct lite_channel *ch)
{
	const struct lite *lite = ch->card;
	u32 depth;

	if (!ch->headers || !lite->map.buffering)
		return LITE_LOOP_BYTES;
	depth = readl(lite->regs + lite->map.dma[ch->number] + lite_map_fifo(&lite->map));
	return LITE_FIFO_OWN + (depth & LITE_FIFO_BYTES);
}

static void lite_pci_describe(const struct lite_channel *ch, struct acq_info *info,
			      struct acq_config *config)
{
	const struct lite *lite = ch->card;
	char suffix[8] = "";

	if (ch->output)
		snprintf(suffix, sizeof(suffix), "-out%u", ch->number);
	else if (lite->inputs > 1)
		snprintf(suffix, sizeof(suffix), "-%u", ch->number);
	acq_named_describe(&lite_pci_named, lite->pci.pdev, suffix, lite->map.channels, info,
			   config);
	info->caps = ACQ_CAP_DMA;
	if (ch->output) {
		info->caps |= ACQ_CAP_OUTPUT;
	} else {
		info->caps |= ACQ_CAP_FIFO;
		info->fifo_bytes = lite_pci_fifo_bytes(ch);
	}
	if (ch->sync && lite->map.writer && lite->map.reader && !ch->number)
		info->caps |= ACQ_CAP_LINK;
	if (ch->headers)
		info->timestamp_hz = NSEC_PER_SEC;
}

/* Bus mastering is off: a channel that is busy writes no more, nor after a reset. */
static void lite_pci_let_go(struct lite *lite)
{
	bool busy = false;
	unsigned int i;

	for (i = 0; i < lite->count; i++)
		busy |= lite->channel[i].kept && !lite_engine_halt(&lite->channel[i]);
	if (busy && pci_device_is_present(lite->pci.pdev)) {
		dev_info(&lite->pci.pdev->dev, "does not stop: resets it\n");
		acq_pci_reset(&lite->pci);
	}
	for (i = 0; i < lite->count; i++)
		lite_engine_let_go(&lite->channel[i]);
}

static void lite_pci_free_channels(struct lite *lite)
{
	unsigned int i;

	lite_pci_let_go(lite);
	for (i = 0; i < lite->count; i++) {
		struct lite_channel *ch = &lite->channel[i];

		if (ch->stream)
			acq_stream_put(ch->stream);
		ch->stream = NULL;
		lite_loop_free(ch);
		lite_output_free(ch);
	}
}

/* Undone by lite_pci_free_channels(), also where it fails */
static int lite_pci_make_stream(struct lite_channel *ch)
{
	struct device *dev = lite_device(ch);
	struct acq_config config = {};
	struct acq_info info = {};
	struct acq_stream *stream;

	ch->ends = devm_kcalloc(dev, LITE_SLOTS, sizeof(*ch->ends), GFP_KERNEL);
	if (!ch->ends)
		return -ENOMEM;
	if (ch->card->map.header && !ch->output && !ch->number) {
		ch->headers = dmam_alloc_coherent(dev, LITE_HEADERS_BYTES, &ch->headers_dma,
						  GFP_KERNEL);
		if (!ch->headers)
			return -ENOMEM;
	}
	if (ch->output) {
		ch->pad = dmam_alloc_coherent(dev, LITE_BEAT_MAX, &ch->pad_dma, GFP_KERNEL);
		ch->sums = devm_kcalloc(dev, LITE_SLOTS, sizeof(*ch->sums), GFP_KERNEL);
		ch->copy = devm_kcalloc(dev, LITE_COPIES, sizeof(*ch->copy), GFP_KERNEL);
		if (!ch->pad || !ch->sums || !ch->copy)
			return -ENOMEM;
	}
	lite_pci_describe(ch, &info, &config);
	stream = acq_stream_create(dev, ch->output ? &lite_output_ops : &lite_engine_ops, ch, &info,
				   &config);
	if (IS_ERR(stream))
		return dev_err_probe(dev, PTR_ERR(stream), "cannot make a stream\n");
	ch->stream = stream;
	return 0;
}

/* Messages of MSI-X are written to where a table says, which may be in this BAR. */
static void lite_pci_find_table(struct lite *lite)
{
	struct pci_dev *pdev = lite->pci.pdev;
	u32 table;
	int entries = pci_msix_vec_count(pdev);

	if (entries < 0)
		return;
	pci_read_config_dword(pdev, pdev->msix_cap + PCI_MSIX_TABLE, &table);
	if (table & PCI_MSIX_TABLE_BIR)
		return;
	lite->map.table = table & PCI_MSIX_TABLE_OFFSET;
	lite->map.table_bytes = entries * PCI_MSIX_ENTRY_SIZE;
}

/* The rest of the BAR, for programs: not the registers that can write to any memory. */
static int lite_pci_make_control(struct lite *lite)
{
	struct pci_dev *pdev = lite->pci.pdev;
	u64 start, end;
	unsigned int i;
	bool rest;

	lite_pci_find_table(lite);
	rest = lite_map_rest(&lite->map, lite->bytes, PAGE_SIZE, &start, &end) &&
	       PAGE_ALIGNED(pci_resource_start(pdev, 0));
	if (rest)
		lite->rest = (struct resource){
			.start = pci_resource_start(pdev, 0) + start,
			.end = pci_resource_start(pdev, 0) + end - 1,
		};
	/* Only of those that share a message it can be asked which it was. */
	if (lite->map.kind == LITE_KIND_ONE) {
		lite->lines = ~0U;
		for (i = 0; i < lite->count; i++)
			lite->lines &= ~BIT(lite->channel[i].line);
	}
	lite->control = acq_control_create(&pdev->dev, acq_stream_id(lite->channel[0].stream),
					   rest ? &lite->rest : NULL, lite->lines,
					   &lite_irq_control_ops, lite);
	return lite->control ? 0 : -ENOMEM;
}

/* It is the design that it was. */
static bool lite_pci_answers(struct acq_pci *pci)
{
	struct lite *lite = container_of(pci, struct lite, pci);
	unsigned int n;

	for (n = 0; lite->text[n]; n++) {
		if (readl(lite->regs + lite->map.ident + n * 4) != (u8)lite->text[n])
			return false;
	}
	return true;
}

static void lite_pci_woken(struct acq_pci *pci)
{
	struct lite *lite = container_of(pci, struct lite, pci);

	/* Those of streams follow with their starts. */
	lite_irq_disable(lite, ~0U);
	acq_control_rearm(lite->control);
}

static const struct acq_pci_ops lite_pci_ops = {
	.answers	= lite_pci_answers,
	.woken		= lite_pci_woken,
};

/* Find out what the card is. Stops what runs, and changes nothing else. */
static int lite_pci_open(struct lite *lite, struct pci_dev *pdev)
{
	int ret = acq_pci_enable(&lite->pci, pdev, &lite_pci_ops);

	if (ret)
		return ret;
	lite->bytes = min_t(u64, pci_resource_len(pdev, 0), SZ_64M);
	lite->regs = acq_pci_map(&lite->pci, 0, 8 * LITE_BANK_BYTES);
	if (IS_ERR(lite->regs))
		return PTR_ERR(lite->regs);
	ret = lite_find_design(lite);
	if (ret)
		return ret;
	lite_pci_make_channels(lite, false);
	lite_pci_make_channels(lite, true);
	ret = lite_find_stop_all(lite);
	if (ret)
		return ret;
	ret = lite_find_prove(lite);
	if (ret)
		return ret;
	return acq_pci_limit_dma(&lite->pci, lite->map.width, ACQ_NAMED_BLOCK_MAX);
}

static void lite_pci_say_found(const struct lite *lite)
{
	dev_info(&lite->pci.pdev->dev, "'%s': %u Writer%s, %u Reader%s, %u-bit addresses, %s%s%s\n",
		 lite->text, lite->inputs, lite->inputs == 1 ? "" : "s", lite->count - lite->inputs,
		 lite->count - lite->inputs == 1 ? "" : "s", lite->map.width,
		 acq_pci_interrupts(&lite->pci), lite->map.header ? ", headers" : "",
		 lite->early ? ", counts early" : "");
	if (lite->irq && lite->map.kind != LITE_KIND_ONE)
		dev_warn(&lite->pci.pdev->dev,
			 "fewer messages than lines: what none comes for is looked for twice a second\n");
	if (lite->rest.end)
		dev_info(&lite->pci.pdev->dev, "control node: BAR 0 from 0x%llx on\n",
			 (u64)(lite->rest.start - pci_resource_start(lite->pci.pdev, 0)));
}

static int lite_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct device *dev = &pdev->dev;
	struct lite *lite;
	unsigned int i;
	int ret;

	/* Not reachable from an open file: a stream calls here no more once it is removed. */
	lite = devm_kzalloc(dev, sizeof(*lite), GFP_KERNEL);
	if (!lite)
		return -ENOMEM;
	spin_lock_init(&lite->lock);
	ret = lite_pci_open(lite, pdev);
	if (ret)
		return ret;
	lite_pci_read_found(lite);
	for (i = 0; i < lite->count; i++) {
		ret = lite_pci_make_stream(&lite->channel[i]);
		if (ret)
			goto err_free;
	}
	ret = lite_pci_make_control(lite);
	if (ret)
		goto err_free;
	lite_irq_disable(lite, ~0U);
	ret = lite_irq_request(lite);
	if (ret)
		goto err_free_irqs;
	/* Messages of the design's own lines are written to memory, too. */
	acq_pci_master_get(&lite->pci);
	/* What was read of one that has gone meanwhile is not what was found. */
	if (!lite_pci_answers(&lite->pci)) {
		ret = dev_err_probe(dev, -ENODEV, "does not answer any more\n");
		goto err_master;
	}
	ret = acq_pci_keep_config(&lite->pci);
	if (ret)
		goto err_master;
	for (i = 0; i < lite->count; i++) {
		ret = acq_pci_register_stream(&lite->pci, lite->channel[i].stream);
		if (ret)
			goto err_remove;
	}
	ret = acq_control_register(lite->control);
	if (ret) {
		dev_err_probe(dev, ret, "cannot register a control node\n");
		goto err_remove;
	}
	lite->pci.control = lite->control;
	lite_pci_say_found(lite);
	acq_pci_allow_suspend(&lite->pci);
	return 0;

err_remove:
	acq_pci_remove_streams(&lite->pci);
err_master:
	acq_pci_master_put(&lite->pci);
err_free_irqs:
	lite_irq_free(lite);
	lite_pci_put_back(lite);
	acq_control_put(lite->control);
err_free:
	lite_pci_free_channels(lite);
	return ret;
}

static void lite_pci_remove(struct pci_dev *pdev)
{
	struct acq_pci *pci = pci_get_drvdata(pdev);
	struct lite *lite = container_of(pci, struct lite, pci);

	acq_pci_disable(pci);
	acq_control_remove(lite->control);
	acq_pci_remove_streams(pci);
	lite_irq_free(lite);
	acq_pci_master_put(pci);
	lite_pci_put_back(lite);
	acq_control_put(lite->control);
	lite_pci_free_channels(lite);
}

/*
 * No ids of its own: those of the PHYs are other cards', too. Without a table, new_id takes
 * any.
 */
static struct pci_driver lite_pci_driver = {
	.name		= KBUILD_MODNAME "-litepcie",
	.probe		= lite_pci_probe,
	.remove		= lite_pci_remove,
	.shutdown	= acq_pci_shutdown,
	.driver.pm	= pm_ptr(&acq_pci_pm),
	.err_handler	= &acq_pci_errors,
};

/**
 * acq_litepcie_register() - find the cards of this family that the user has named
 *
 * Return: 0 or a negative errno.
 */
int acq_litepcie_register(void)
{
	if (!lite_find_parameters())
		return -EINVAL;
	return acq_named_register(&lite_pci_named, &lite_pci_driver);
}

void acq_litepcie_unregister(void)
{
	pci_unregister_driver(&lite_pci_driver);
}
