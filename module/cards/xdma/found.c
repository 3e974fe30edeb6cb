// SPDX-License-Identifier: GPL-2.0-only
/*
 * A card with XDMA as probe() found it: what this driver changes in its registers is
 * put back, so that another driver finds the card that it expects. Above all, an
 * engine in credit mode takes no descriptor from a driver that gives no credits.
 */
#include <linux/device.h>
#include <linux/pci.h>

#include "internal.h"

static const u8 xdma_found_regs[XDMA_FOUND_REGS] = {
	XDMA_CONTROL, XDMA_POLL_LO, XDMA_POLL_HI, XDMA_MASK,
};

static const u8 xdma_found_sgdma[XDMA_FOUND_SGDMA] = {
	XDMA_FIRST_LO, XDMA_FIRST_HI, XDMA_FIRST_ADJACENT,
};

static void xdma_found_read_channel(struct xdma_channel *ch)
{
	struct xdma_found *found = &ch->found;
	unsigned int i;

	for (i = 0; i < XDMA_FOUND_REGS; i++)
		found->regs[i] = xdma_read(ch, xdma_found_regs[i]);
	for (i = 0; i < XDMA_FOUND_SGDMA; i++)
		found->sgdma[i] = readl(ch->sgdma + xdma_found_sgdma[i]);
	/* An engine that ran does not run for us, and not behind us. */
	found->regs[0] &= ~XDMA_RUN;
	found->credit_mode = readl(ch->card->regs + XDMA_COMMON + XDMA_CREDIT_MODE) & ch->common;
	found->credits = readl(ch->sgdma + XDMA_CREDITS) & XDMA_CREDITS_MAX;
}

/**
 * xdma_found_read() - keep what is in the registers of a card
 * @x: identified, its engines idle, nothing changed yet
 */
void xdma_found_read(struct xdma *x)
{
	struct xdma_found_irqs *found = &x->found;
	void __iomem *irq = x->regs + XDMA_IRQ;
	unsigned int i;

	for (i = 0; i < x->count; i++)
		xdma_found_read_channel(&x->channel[i]);
	found->enabled = readl(irq + XDMA_ENABLE);
	found->user_enabled = readl(irq + XDMA_USER_ENABLE);
	for (i = 0; i < XDMA_VECTOR_REGS; i++)
		found->vectors[i] = readl(irq + XDMA_VECTORS + i * 4);
	for (i = 0; i < XDMA_USER_VECTOR_REGS; i++)
		found->user_vectors[i] = readl(irq + XDMA_USER_VECTORS + i * 4);
}

/**
 * xdma_found_put_back_channel() - put back the registers of a channel
 * @ch: the channel, which is idle
 */
void xdma_found_put_back_channel(struct xdma_channel *ch)
{
	void __iomem *common = ch->card->regs + XDMA_COMMON;
	const struct xdma_found *found = &ch->found;
	unsigned int i;

	/* The engine does not run: what is put back goes nowhere. */
	for (i = 0; i < XDMA_FOUND_REGS; i++)
		xdma_write(ch, xdma_found_regs[i], found->regs[i]);
	for (i = 0; i < XDMA_FOUND_SGDMA; i++)
		writel(found->sgdma[i], ch->sgdma + xdma_found_sgdma[i]);
	/* That takes the credits that are left. */
	writel(ch->common, common + XDMA_CREDIT_MODE_W1C);
	if (!found->credit_mode)
		return;
	writel(ch->common, common + XDMA_CREDIT_MODE_W1S);
	if (found->credits)
		writel(found->credits, ch->sgdma + XDMA_CREDITS);
}

/*
 * A card that was found with interrupts enabled has them so again, and may have a
 * request pending. Nobody handles its line: others who share that would lose it. The
 * next driver has the line back when it enables the device.
 */
static void xdma_found_mute(void *data)
{
	const struct xdma *x = data;
	u16 command;

	if (!x->found.enabled && !x->found.user_enabled)
		return;
	pci_read_config_word(x->pci.pdev, PCI_COMMAND, &command);
	if (command != (u16)~0 && !(command & PCI_COMMAND_INTX_DISABLE))
		pci_write_config_word(x->pci.pdev, PCI_COMMAND,
				      command | PCI_COMMAND_INTX_DISABLE);
}

/**
 * xdma_found_hold() - before the device is enabled: leave it with a line that is quiet
 * @x: zeros but its device, later that of xdma_found_read()
 *
 * The kernel lets a device have its line when its messages go, behind
 * xdma_found_put_back().
 *
 * Return: 0 or -ENOMEM.
 */
int xdma_found_hold(struct xdma *x)
{
	return devm_add_action(&x->pci.pdev->dev, xdma_found_mute, x);
}

/**
 * xdma_found_put_back() - put back the registers of a card
 * @x: no stream uses it any more; a channel that still holds memory is left alone
 */
void xdma_found_put_back(struct xdma *x)
{
	const struct xdma_found_irqs *found = &x->found;
	unsigned int i;

	for (i = 0; i < x->count; i++) {
		if (xdma_engine_holds_memory(&x->channel[i]))
			continue;
		xdma_found_put_back_channel(&x->channel[i]);
		if (x->channel[i].logic.regs)
			xdma_logic_put_back(&x->channel[i].logic);
	}
	for (i = 0; i < XDMA_VECTOR_REGS; i++)
		xdma_write_irq(x, XDMA_VECTORS + i * 4, found->vectors[i]);
	for (i = 0; i < XDMA_USER_VECTOR_REGS; i++)
		xdma_write_irq(x, XDMA_USER_VECTORS + i * 4, found->user_vectors[i]);
	xdma_found_mute(x);
	xdma_write_irq(x, XDMA_ENABLE_W1C, x->lines);
	xdma_write_irq(x, XDMA_ENABLE_W1S, found->enabled & x->lines);
	xdma_write_irq(x, XDMA_USER_ENABLE, found->user_enabled);
}
