// SPDX-License-Identifier: GPL-2.0-only
/* Interrupts of a card with XDMA: one for each channel, or one for all. */
#include <linux/interrupt.h>
#include <linux/pci.h>

#include "internal.h"

/* Give each of our channels its vector, and leave the others theirs. */
void xdma_irq_set_vectors(struct xdma *x)
{
	unsigned int i;

	lockdep_assert_held(&x->lock);
	for (i = 0; i < x->count; i++) {
		unsigned int line = x->channel[i].line;
		unsigned int shift = line % XDMA_VECTORS_EACH * 8;
		void __iomem *reg = x->regs + XDMA_IRQ + XDMA_VECTORS +
				    line / XDMA_VECTORS_EACH * 4;
		u32 vectors = readl(reg) & ~(XDMA_VECTOR_MASK << shift);

		writel(vectors | (x->irq ? 0 : i) << shift, reg);
	}
	xdma_user_set_vector(&x->user);
}

/* The line's status stays until its service() has looked. */
static u32 xdma_irq_requests(const struct xdma *x)
{
	return readl(x->regs + XDMA_IRQ + XDMA_REQUEST);
}

/*
 * A message-signalled interrupt of a channel alone: no register is read. But user
 * lines may have to use the first one's, and then one that is armed asks for it.
 */
static irqreturn_t xdma_irq_own(int irq, void *data)
{
	struct xdma_channel *ch = data;
	struct xdma *x = ch->card;

	if (irq == x->user.irq && xdma_user_interrupt(&x->user) &&
	    !(xdma_irq_requests(x) & BIT(ch->line)))
		return IRQ_HANDLED;
	set_bit(XDMA_TOLD, &ch->flags);
	return IRQ_WAKE_THREAD;
}

static irqreturn_t xdma_irq_own_thread(int irq, void *data)
{
	struct xdma_channel *ch = data;

	return IRQ_RETVAL(acq_stream_interrupt(ch->stream));
}

/* Whose is it, if ours at all? Those are quiet until their service() has looked. */
static irqreturn_t xdma_irq_shared(int irq, void *data)
{
	struct xdma *x = data;
	bool user = xdma_user_interrupt(&x->user);
	u32 lines = xdma_irq_requests(x);
	unsigned int i;

	if (lines == XDMA_ALL_ONES || !(lines & x->lines))
		return user ? IRQ_HANDLED : IRQ_NONE;
	lines &= x->lines;
	xdma_write_irq(x, XDMA_ENABLE_W1C, lines);
	for (i = 0; i < x->count; i++) {
		struct xdma_channel *ch = &x->channel[i];

		if (!(lines & BIT(ch->line)))
			continue;
		set_bit(XDMA_MASKED, &ch->flags);
		set_bit(XDMA_TOLD, &ch->flags);
		set_bit(XDMA_CALLED, &ch->flags);
	}
	return IRQ_WAKE_THREAD;
}

static irqreturn_t xdma_irq_shared_thread(int irq, void *data)
{
	struct xdma *x = data;
	bool ours = false;
	unsigned int i;

	for (i = 0; i < x->count; i++) {
		/* Not by XDMA_TOLD: that stays where the stream was stopped meanwhile. */
		if (test_and_clear_bit(XDMA_CALLED, &x->channel[i].flags))
			ours |= acq_stream_interrupt(x->channel[i].stream);
	}
	return IRQ_RETVAL(ours);
}

/* A message-signalled interrupt of the user lines alone */
static irqreturn_t xdma_irq_user(int irq, void *data)
{
	struct xdma *x = data;

	return xdma_user_interrupt(&x->user) ? IRQ_HANDLED : IRQ_NONE;
}

void xdma_irq_free(struct xdma *x)
{
	unsigned int i;

	if (x->irq)
		free_irq(x->irq, x);
	else if (x->user.vector)
		free_irq(x->user.irq, x);
	for (i = 0; i < x->count; i++) {
		if (x->channel[i].irq)
			free_irq(x->channel[i].irq, &x->channel[i]);
	}
}

/*
 * One for each channel and one for the user lines, which can share the first; or one
 * for all. Undone by xdma_irq_free(), also where it fails
 */
int xdma_irq_request(struct xdma *x)
{
	struct pci_dev *pdev = x->pdev;
	int count = pci_alloc_irq_vectors(pdev, 1, x->count + 1, PCI_IRQ_ALL_TYPES), irq, ret;
	unsigned int i;
	bool message;

	if (count < 0)
		return dev_err_probe(&pdev->dev, count, "no interrupt\n");
	message = pdev->msi_enabled || pdev->msix_enabled;
	irq = pci_irq_vector(pdev, 0);
	x->user.irq = irq;
	if (!message || count < x->count) {
		ret = request_threaded_irq(irq, xdma_irq_shared, xdma_irq_shared_thread,
					   message ? 0 : IRQF_SHARED, KBUILD_MODNAME, x);
		if (ret)
			return dev_err_probe(&pdev->dev, ret, "cannot use interrupt %d\n", irq);
		x->irq = irq;
		return 0;
	}
	for (i = 0; i < x->count; i++) {
		irq = pci_irq_vector(pdev, i);
		ret = request_threaded_irq(irq, xdma_irq_own, xdma_irq_own_thread, 0, KBUILD_MODNAME,
					   &x->channel[i]);
		if (ret)
			return dev_err_probe(&pdev->dev, ret, "cannot use interrupt %d\n", irq);
		x->channel[i].irq = irq;
	}
	if (count == x->count)
		return 0;
	irq = pci_irq_vector(pdev, x->count);
	ret = request_irq(irq, xdma_irq_user, 0, KBUILD_MODNAME, x);
	if (ret)
		return dev_err_probe(&pdev->dev, ret, "cannot use interrupt %d\n", irq);
	x->user.irq = irq;
	x->user.vector = x->count;
	return 0;
}
