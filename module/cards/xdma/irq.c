// SPDX-License-Identifier: GPL-2.0-only
/* Interrupts of a card with XDMA: one for each channel, or one for all. */
#include <linux/interrupt.h>
#include <linux/pci.h>

#include "internal.h"

/**
 * xdma_irq_set_vectors() - give each of our channels its vector, and leave the others theirs
 * @x: the card; its lock is held
 */
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

/* A line's status stays until its service() has cleared it. */
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

	if (acq_pci_asleep(&x->pci))
		return IRQ_NONE;
	if (irq == x->user.irq && xdma_user_interrupt(&x->user) &&
	    !(xdma_irq_requests(x) & BIT(ch->line)))
		return IRQ_HANDLED;
	set_bit(XDMA_PENDING, &ch->flags);
	return IRQ_WAKE_THREAD;
}

static irqreturn_t xdma_irq_own_thread(int irq, void *data)
{
	struct xdma_channel *ch = data;

	return IRQ_RETVAL(acq_stream_interrupt(ch->stream));
}

/* Whose is it, if ours at all? Those are quiet until their service() unmasks them. */
static irqreturn_t xdma_irq_shared(int irq, void *data)
{
	struct xdma *x = data;
	unsigned int i;
	bool user;
	u32 lines;

	if (acq_pci_asleep(&x->pci))
		return IRQ_NONE;
	user = xdma_user_interrupt(&x->user);
	lines = xdma_irq_requests(x);
	if (lines == XDMA_ALL_ONES || !(lines & x->lines))
		return user ? IRQ_HANDLED : IRQ_NONE;
	lines &= x->lines;
	xdma_write_irq(x, XDMA_ENABLE_W1C, lines);
	for (i = 0; i < x->count; i++) {
		struct xdma_channel *ch = &x->channel[i];

		if (!(lines & BIT(ch->line)))
			continue;
		set_bit(XDMA_MASKED, &ch->flags);
		set_bit(XDMA_PENDING, &ch->flags);
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
		/* Not by XDMA_PENDING: that stays where the stream was stopped meanwhile. */
		if (test_and_clear_bit(XDMA_CALLED, &x->channel[i].flags))
			ours |= acq_stream_interrupt(x->channel[i].stream);
	}
	return IRQ_RETVAL(ours);
}

/* A message-signalled interrupt of the user lines alone */
static irqreturn_t xdma_irq_user(int irq, void *data)
{
	struct xdma *x = data;

	if (acq_pci_asleep(&x->pci))
		return IRQ_NONE;
	return xdma_user_interrupt(&x->user) ? IRQ_HANDLED : IRQ_NONE;
}

/** xdma_irq_free() - undo xdma_irq_request(), also where that has failed */
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

/**
 * xdma_irq_request() - have interrupts call
 * @x: the card, whose streams and control node are there
 *
 * One for each channel and one for the user lines, which can share the first; or one
 * for all.
 *
 * Return: 0 or a negative errno, after saying why.
 */
int xdma_irq_request(struct xdma *x)
{
	struct pci_dev *pdev = x->pci.pdev;
	int count = acq_pci_vectors(&x->pci, x->count + 1), irq, ret;
	bool shared = x->pci.shared;
	unsigned int i;

	if (count < 0)
		return count;
	irq = pci_irq_vector(pdev, 0);
	x->user.irq = irq;
	if (shared || count < x->count) {
		ret = request_threaded_irq(irq, xdma_irq_shared, xdma_irq_shared_thread,
					   shared ? IRQF_SHARED : 0, KBUILD_MODNAME, x);
		if (ret)
			goto err;
		x->irq = irq;
		return 0;
	}
	for (i = 0; i < x->count; i++) {
		irq = pci_irq_vector(pdev, i);
		ret = request_threaded_irq(irq, xdma_irq_own, xdma_irq_own_thread, 0,
					   KBUILD_MODNAME, &x->channel[i]);
		if (ret)
			goto err;
		x->channel[i].irq = irq;
	}
	if (count == x->count)
		return 0;
	irq = pci_irq_vector(pdev, x->count);
	ret = request_irq(irq, xdma_irq_user, 0, KBUILD_MODNAME, x);
	if (ret)
		goto err;
	x->user.irq = irq;
	x->user.vector = x->count;
	return 0;

err:
	return dev_err_probe(&pdev->dev, ret, "cannot use interrupt %d\n", irq);
}
