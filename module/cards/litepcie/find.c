// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which design is a card with LitePCIe, and is it so? First by reads alone; what is written
 * then goes to registers that have been recognised.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/iopoll.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "internal.h"

/* An engine that was left running ends within a packet. */
#define LITE_RECOVER_US		1000

static char *litepcie_csr;
module_param(litepcie_csr, charp, 0644);
MODULE_PARM_DESC(litepcie_csr, "where their registers are, if the design is not known: [ADDRESS=]NAME:NUMBER,...;... (see acq csr)");

static bool litepcie_headers = true;
module_param(litepcie_headers, bool, 0644);
MODULE_PARM_DESC(litepcie_headers, "use timestamp headers to detect losses, where the design has them (Y)");

static int litepcie_early = -1;
module_param(litepcie_early, int, 0644);
MODULE_PARM_DESC(litepcie_early, "the gateware counts a packet early: 1: yes, 0: no, -1: decide by the build date in its identifier (-1)");

/* The identifier at @at, as much of it as is kept. Returns its length, 0: it is no text. */
static unsigned int lite_find_read_text(const struct lite *lite, u32 at, char *text)
{
	unsigned int n;
	u32 c = 0;

	for (n = 0; n < LITE_TEXT - 1; n++) {
		c = readl(lite->regs + at + n * 4);
		if (c < 0x20 || c > 0x7e)
			break;
		text[n] = c;
	}
	text[n] = '\0';
	/* It ends with a zero, or goes on behind what is kept. */
	return !c || n == LITE_TEXT - 1 ? n : 0;
}

/*
 * What somebody has told of this card: of "ADDRESS=..." that with its address, else the one
 * without. Returns a copy, NULL if there is none.
 */
static char *lite_find_told(struct pci_dev *pdev)
{
	char *list, *next, *one, *found = NULL, *equals;

	kernel_param_lock(THIS_MODULE);
	list = litepcie_csr ? kstrdup(litepcie_csr, GFP_KERNEL) : NULL;
	kernel_param_unlock(THIS_MODULE);
	next = list;
	while (next && (one = strsep(&next, ";"))) {
		one = strim(one);
		equals = strchr(one, '=');
		if (equals)
			*equals = '\0';
		if (!*one || (equals && strcmp(one, pci_name(pdev))))
			continue;
		/* The one for this card counts more. */
		if (!equals && found)
			continue;
		kfree(found);
		found = kstrdup(equals ? equals + 1 : one, GFP_KERNEL);
	}
	kfree(list);
	return found;
}

static bool lite_find_is_known(struct lite *lite)
{
	const struct lite_map *map;
	const char *begins;
	unsigned int n;

	for (n = 0; (map = lite_map_known(n, &begins)); n++) {
		if (lite_map_check(map, lite->bytes) ||
		    !lite_find_read_text(lite, map->ident, lite->text) ||
		    strncmp(lite->text, begins, strlen(begins)))
			continue;
		lite->map = *map;
		return true;
	}
	return false;
}

/* Which design is it, and can it be so? Reads nothing but an identifier. */
static int lite_find_find_map(struct lite *lite)
{
	struct pci_dev *pdev = lite->pci.pdev;
	struct device *dev = &pdev->dev;
	char *told = lite_find_told(pdev);
	const char *wrong = "";
	int ret = 0;

	if (!told) {
		if (!lite_find_is_known(lite))
			return dev_err_probe(dev, -ENODEV,
					     "a LiteX design that is not known: tell where its registers are by litepcie_csr (see acq csr)\n");
		return 0;
	}
	if (lite_map_parse(&lite->map, told, &wrong))
		ret = dev_err_probe(dev, -EINVAL, "litepcie_csr: '%s' is not understood\n", wrong);
	kfree(told);
	if (ret)
		return ret;
	wrong = lite_map_check(&lite->map, lite->bytes);
	if (wrong)
		return dev_err_probe(dev, -ENODEV, "litepcie_csr: %s\n", wrong);
	if (!lite_find_read_text(lite, lite->map.ident, lite->text))
		return dev_err_probe(dev, -ENODEV, "litepcie_csr: there is no identifier at 0x%x\n",
				     lite->map.ident);
	return 0;
}

/* A Writer or a Reader that nothing else looks like: its state, its mode, its level */
static bool lite_find_is_side(const struct lite *lite, u32 at)
{
	void __iomem *regs = lite->regs + at;
	u32 state = readl(regs + LITE_ENABLE);

	return (state == LITE_IDLE || state == (LITE_IDLE | LITE_ENABLED) ||
		state == LITE_ENABLED) &&
	       readl(regs + LITE_LOOP) <= 1 && readl(regs + LITE_LEVEL) <= lite->map.depth;
}

/* Is it where it should be? Reads alone. */
static const char *lite_find_verify(const struct lite *lite)
{
	const struct lite_map *map = &lite->map;
	unsigned int i;
	u32 value;

	for (i = 0; i < map->dmas; i++) {
		if (!lite_find_is_side(lite, map->dma[i]) ||
		    (map->writer && map->reader &&
		     !lite_find_is_side(lite, map->dma[i] + LITE_SIDE_BYTES)))
			return "no DMA channel is where it should be";
	}
	if (map->header) {
		value = readl(lite->regs + map->header + LITE_HEADER_RX);
		if (value & ~(LITE_HEADER_ENABLE | LITE_HEADER_INSERT) ||
		    !readl(lite->regs + map->header + LITE_HEADER_RX_WORDS))
			return "no headers are where they should be";
	}
	return NULL;
}

/**
 * lite_find_design() - fill in where the registers of a card are
 * @lite: the card, whose first banks are mapped
 *
 * Reads alone.
 *
 * Return: 0 or a negative errno, after saying why.
 */
int lite_find_design(struct lite *lite)
{
	struct device *dev = &lite->pci.pdev->dev;
	u32 scratch = readl(lite->regs + LITE_SCRATCH);
	const char *wrong;
	int ret, early;

	if (scratch == LITE_ALL_ONES)
		return dev_err_probe(dev, -ENODEV, "does not answer: all registers read ones\n");
	/*
	 * A program may have left any other value there. It is not written to find out more: the
	 * card may be one of any vendor still.
	 */
	if (!scratch)
		return dev_err_probe(dev, -ENODEV,
				     "no LiteX design: no scratch register at 0x4 of BAR 0\n");
	ret = lite_find_find_map(lite);
	if (ret)
		return ret;
	wrong = lite_find_verify(lite);
	if (wrong)
		return dev_err_probe(dev, -ENODEV, "'%s': %s\n", lite->text, wrong);
	early = READ_ONCE(litepcie_early);
	if (!READ_ONCE(litepcie_headers))
		lite->map.header = 0;
	lite->early = early < 0 ? lite_map_is_old(lite->text) : early;
	return 0;
}

/* The first channel that is not idle, NULL: all are */
static struct lite_channel *lite_find_find_busy(struct lite *lite)
{
	unsigned int i;
	u32 state;

	for (i = 0; i < lite->count; i++) {
		struct lite_channel *ch = &lite->channel[i];

		if (lite_read(ch, LITE_ENABLE) & LITE_ENABLED)
			dev_info(lite_device(ch), "%s %u runs: stops it\n", lite_direction(ch),
				 ch->number);
		lite_write(ch, LITE_ENABLE, 0);
		readl_poll_timeout(ch->regs + LITE_ENABLE, state,
				   state == LITE_IDLE || state == LITE_ALL_ONES, 50,
				   LITE_RECOVER_US);
		if (state != LITE_IDLE)
			return ch;
	}
	return NULL;
}

/**
 * lite_find_stop_all() - stop what another driver, or an earlier kernel, has left running
 * @lite: the card, whose channels are there
 *
 * Return: 0 or a negative errno, after saying why.
 */
int lite_find_stop_all(struct lite *lite)
{
	struct lite_channel *ch = lite_find_find_busy(lite);
	int ret;

	if (!ch)
		return 0;
	/* A reset would wait for one that has been pulled out. */
	if (lite_read(ch, LITE_ENABLE) == LITE_ALL_ONES)
		return dev_err_probe(lite_device(ch), -ENODEV, "does not answer any more\n");
	dev_info(lite_device(ch), "%s %u does not stop: resets the card\n", lite_direction(ch),
		 ch->number);
	ret = acq_pci_reset(&lite->pci);
	ch = lite_find_find_busy(lite);
	if (!ch)
		return 0;
	return dev_err_probe(lite_device(ch), -EBUSY, "%s %u does not stop%s\n",
			     lite_direction(ch), ch->number,
			     ret ? ": the card cannot be reset" : ", although it was reset");
}

/*
 * A descriptor's length is the upper word of a register, and has fewer bits than the lower
 * one: so it is seen which of them comes first. No read tells, and a card that takes an
 * address for a length writes anywhere. Nothing is added to the table by that.
 */
static int lite_find_prove_order(const struct lite_channel *ch)
{
	u32 first = lite_read(ch, LITE_LENGTH), second = lite_read(ch, LITE_ADDRESS_LO);
	const char *why = "no descriptors are where they should be";
	u32 length, address;

	lite_write(ch, LITE_LENGTH, ~0);
	lite_write(ch, LITE_ADDRESS_LO, ~0);
	length = lite_read(ch, LITE_LENGTH);
	address = lite_read(ch, LITE_ADDRESS_LO);
	lite_write(ch, LITE_LENGTH, first);
	lite_write(ch, LITE_ADDRESS_LO, second);
	if (length == LITE_LENGTH_BITS && address == ~0U)
		return 0;
	if (address == LITE_LENGTH_BITS)
		why = "has the lower word of a register first (csr_ordering=little): not served";
	return dev_err_probe(lite_device(ch), -ENODEV, "%s %u: %s (0x%x, 0x%x)\n",
			     lite_direction(ch), ch->number, why, length, address);
}

/* Interrupts that are nowhere would be missed one by one: does the register hold ours? */
static int lite_find_prove_lines(struct lite *lite)
{
	u32 ours = 0, holds;
	unsigned int i;

	for (i = 0; i < lite->count; i++)
		ours |= BIT(lite->channel[i].line);
	/* Nothing runs that could raise one of them. */
	lite_irq_disable(lite, ~0U);
	lite_irq_enable(lite, ours);
	holds = lite_irq_enabled(lite);
	lite_irq_disable(lite, ~0U);
	if (holds == ours)
		return 0;
	return dev_err_probe(&lite->pci.pdev->dev, -ENODEV,
			     "msi: no interrupts are where they should be (0x%x for 0x%x)\n", holds,
			     ours);
}

/**
 * lite_find_prove() - find out what cannot be seen by reading
 * @lite: a card whose design is known, and whose DMA is idle
 *
 * Return: 0 or a negative errno, after saying why.
 */
int lite_find_prove(struct lite *lite)
{
	unsigned int i;
	int ret;

	for (i = 0; i < lite->count; i++) {
		ret = lite_find_prove_order(&lite->channel[i]);
		if (ret)
			return ret;
	}
	lite->found.enabled = lite_irq_enabled(lite);
	ret = lite_find_prove_lines(lite);
	if (ret)
		lite_pci_put_back(lite);
	return ret;
}

/** lite_find_parameters() - can the module's parameters be so? Says what not. */
bool lite_find_parameters(void)
{
	if (litepcie_early >= -1 && litepcie_early <= 1)
		return true;
	pr_err("litepcie_early=%d: must be -1, 0 or 1\n", litepcie_early);
	return false;
}
