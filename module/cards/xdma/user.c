// SPDX-License-Identifier: GPL-2.0-only
/*
 * A card's own logic behind XDMA, for its control node. See user.h.
 *
 * No register of the user BAR is touched here, and it is not even mapped for the
 * kernel: a read alone may do harm there.
 */
#include <linux/pci.h>

#include "../../core/card.h"
#include "regs.h"
#include "user.h"

static void xdma_user_arm(void *card, u32 lines)
{
	struct xdma_user *user = card;

	writel(lines, user->regs + XDMA_USER_ENABLE_W1S);
}

static void xdma_user_disarm(void *card, u32 lines)
{
	struct xdma_user *user = card;

	writel(lines, user->regs + XDMA_USER_ENABLE_W1C);
}

static const struct acq_control_ops xdma_user_control_ops = {
	.arm	= xdma_user_arm,
	.disarm	= xdma_user_disarm,
};

/**
 * xdma_user_interrupt() - has a user line interrupted?
 * @user: the card's own logic
 *
 * Reads no register unless a program waits for a line.
 *
 * Context: interrupt.
 * Return: true if a program waits for one that has.
 */
bool xdma_user_interrupt(struct xdma_user *user)
{
	u32 lines;

	if (!acq_control_armed(user->control))
		return false;
	lines = readl(user->regs + XDMA_USER_REQUEST);
	/* Of a card that does not answer, all ones */
	if (!lines || lines & ~XDMA_USER_LINES)
		return false;
	return acq_control_fired(user->control, lines);
}

/**
 * xdma_user_set_vector() - let the lines have their message
 * @user: the card's own logic
 *
 * For a card that may have forgotten it, and with it which lines are armed.
 */
void xdma_user_set_vector(struct xdma_user *user)
{
	unsigned int i;

	for (i = 0; i < XDMA_USER_VECTOR_REGS; i++)
		writel(user->vector * 0x01010101U, user->regs + XDMA_USER_VECTORS + i * 4);
	acq_control_rearm(user->control);
}

/**
 * xdma_user_bar() - which BAR is that of the card's own logic?
 * @pdev: the card
 * @dma_bar: number of the DMA BAR; the core's come in this order: AXI-Lite master,
 *	DMA, bypass
 * @bytes: so many it has at least
 *
 * Return: its number, -1: there is none.
 */
int xdma_user_bar(struct pci_dev *pdev, int dma_bar, resource_size_t bytes)
{
	int bar;

	for (bar = dma_bar - 1; bar >= 0; bar--) {
		if (pci_resource_flags(pdev, bar) & IORESOURCE_MEM &&
		    pci_resource_len(pdev, bar) >= bytes)
			return bar;
	}
	return -1;
}

/* Take the user BAR for the control node. False: nothing to map, which is no failure. */
static bool xdma_user_take_bar(struct xdma_user *user, int dma_bar)
{
	struct pci_dev *pdev = user->pdev;
	int bar = xdma_user_bar(pdev, dma_bar, 1);

	if (bar < 0)
		return false;
	/* What shares a page with it is somebody else's. */
	if (!PAGE_ALIGNED(pci_resource_start(pdev, bar)) ||
	    !PAGE_ALIGNED(pci_resource_len(pdev, bar))) {
		dev_warn(&pdev->dev, "BAR %d is smaller than a page: cannot be mapped\n", bar);
		return false;
	}
	if (pci_request_region(pdev, bar, KBUILD_MODNAME)) {
		dev_warn(&pdev->dev, "BAR %d is somebody else's (/proc/iomem): cannot be mapped\n",
			 bar);
		return false;
	}
	user->bar = bar;
	return true;
}

/**
 * xdma_user_create() - make the control node of a card
 * @user: zeros; the family calls it from now on
 * @pdev: the card's PCI device
 * @regs: XDMA's registers for interrupts
 * @dma_bar: number of the DMA BAR
 * @number: for the node's name
 *
 * Undone by xdma_user_free().
 *
 * Return: 0 or -ENOMEM.
 */
int xdma_user_create(struct xdma_user *user, struct pci_dev *pdev, void __iomem *regs,
		     int dma_bar, unsigned int number)
{
	bool bar;

	user->pdev = pdev;
	user->regs = regs;
	user->bar = -1;
	bar = xdma_user_take_bar(user, dma_bar);
	user->control = acq_control_create(&pdev->dev, number,
					   bar ? &pdev->resource[user->bar] : NULL,
					   XDMA_USER_LINES, &xdma_user_control_ops, user);
	if (!user->control) {
		xdma_user_free(user);
		return -ENOMEM;
	}
	/* What another driver has left enabled */
	xdma_user_disarm(user, XDMA_USER_LINES);
	return 0;
}

/** xdma_user_register() - make the device node; the vector has been chosen */
int xdma_user_register(struct xdma_user *user)
{
	int ret;

	xdma_user_set_vector(user);
	ret = acq_control_register(user->control);
	user->registered = !ret;
	return ret;
}

/** xdma_user_remove() - the card goes; harmless if it is not registered */
void xdma_user_remove(struct xdma_user *user)
{
	if (user->registered)
		acq_control_remove(user->control);
	user->registered = false;
}

/** xdma_user_free() - it interrupts no more; harmless if it was not created */
void xdma_user_free(struct xdma_user *user)
{
	if (user->control)
		acq_control_put(user->control);
	user->control = NULL;
	if (user->pdev && user->bar >= 0)
		pci_release_region(user->pdev, user->bar);
	user->bar = -1;
}
