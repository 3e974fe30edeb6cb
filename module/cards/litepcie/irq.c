// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts of a card with LitePCIe. Each is a pulse: nothing is to be cleared, and nothing
 * comes again where one was lost. One message serves all lines, or each has its own.
 */
#include <linux/interrupt.h>
#include <linux/pci.h>

#include "internal.h"

/* Of a register of 64 bits the lower word comes second. */
static void __iomem *lite_irq_enables(const struct lite *lite)
{
	u32 wide = lite->map.kind == LITE_KIND_WIDE ? 4 : 0;

	return lite->regs + lite->map.msi + LITE_MSI_ENABLE + wide;
}

/** lite_irq_enabled() - what the register says */
u32 lite_irq_enabled(const struct lite *lite)
{
	return readl(lite_irq_enables(lite));
}

/*
 * All lines have one register. Nothing but this driver writes it, so that what it has written
 * need not be read: a card that is gone would take its time, and interrupts are off here.
 */
static void lite_irq_change(struct lite *lite, u32 clear, u32 set)
{
	guard(spinlock_irqsave)(&lite->lock);
	lite->enabled = (lite->enabled & ~clear) | set;
	writel(lite->enabled, lite_irq_enables(lite));
}

/** lite_irq_enable() - let these lines interrupt */
void lite_irq_enable(struct lite *lite, u32 lines)
{
	lite_irq_change(lite, 0, lines);
}

/** lite_irq_disable() - keep them from it */
void lite_irq_disable(struct lite *lite, u32 lines)
{
	lite_irq_change(lite, lines, 0);
}

/**
 * lite_irq_forget() - as lite_irq_disable(), of a card that cannot be reached
 * @lite: the card
 * @lines: that are not to be enabled with the next one that is
 */
void lite_irq_forget(struct lite *lite, u32 lines)
{
	guard(spinlock_irqsave)(&lite->lock);
	lite->enabled &= ~lines;
}

static void lite_irq_arm(void *card, u32 lines)
{
	lite_irq_enable(card, lines);
}

static void lite_irq_disarm(void *card, u32 lines)
{
	lite_irq_disable(card, lines);
}

const struct acq_control_ops lite_irq_control_ops = {
	.arm	= lite_irq_arm,
	.disarm	= lite_irq_disarm,
};

/* Is it a line of the design's own logic that a program waits for? */
static bool lite_irq_of_logic(struct lite *lite)
{
	void __iomem *msi = lite->regs + lite->map.msi;
	u32 lines;

	if (!lite->lines || !acq_control_armed(lite->control))
		return false;
	lines = readl(msi + LITE_MSI_VECTOR);
	if (lines == LITE_ALL_ONES || !(lines & lite->lines))
		return false;
	lines &= lite->lines;
	writel(lines, msi + LITE_MSI_CLEAR);
	return acq_control_fired(lite->control, lines);
}

static irqreturn_t lite_irq_own(int irq, void *data)
{
	struct lite_channel *ch = data;

	return acq_pci_asleep(&ch->card->pci) ? IRQ_NONE : IRQ_WAKE_THREAD;
}

static irqreturn_t lite_irq_own_thread(int irq, void *data)
{
	struct lite_channel *ch = data;

	return IRQ_RETVAL(acq_stream_interrupt(ch->stream));
}

/* No other device shares a message: the thread finds out which channel it is for. */
static irqreturn_t lite_irq_shared(int irq, void *data)
{
	struct lite *lite = data;

	if (acq_pci_asleep(&lite->pci))
		return IRQ_NONE;
	if (lite_irq_of_logic(lite))
		set_bit(LITE_LOGIC, &lite->flags);
	return IRQ_WAKE_THREAD;
}

/* Has the count moved since the last service? A stop at this moment does no harm. */
static bool lite_irq_news(const struct lite_channel *ch)
{
	if (!READ_ONCE(ch->begun))
		return false;
	/* Without room it goes on, and its line is disabled. */
	if (READ_ONCE(ch->copied))
		return !READ_ONCE(ch->loop.deaf) &&
		       lite_read(ch, LITE_STATUS) != READ_ONCE(ch->loop.status);
	return lite_read(ch, LITE_STATUS) - READ_ONCE(ch->base) !=
	       lower_32_bits(READ_ONCE(ch->popped));
}

/*
 * Where one channel runs alone, its count is read once. A spurious interrupt is charged to the
 * channel that was served last.
 */
static irqreturn_t lite_irq_shared_thread(int irq, void *data)
{
	struct lite *lite = data;
	unsigned int i, running = 0, last = lite->latest;
	bool brought = false, any = false, ask;
	bool logic = test_and_clear_bit(LITE_LOGIC, &lite->flags);

	for (i = 0; i < lite->count; i++) {
		if (!READ_ONCE(lite->channel[i].begun))
			continue;
		running++;
		last = i;
	}
	/* One message may be that of several lines. */
	ask = running > 1 || logic;
	for (i = 0; ask && i < lite->count; i++) {
		if (!lite_irq_news(&lite->channel[i]))
			continue;
		any = true;
		if (!acq_stream_interrupt(lite->channel[i].stream))
			continue;
		brought = true;
		lite->latest = i;
	}
	if (running > 1)
		last = lite->latest;
	if (!any && !logic)
		brought = acq_stream_interrupt(lite->channel[last].stream);
	return IRQ_RETVAL(brought || logic);
}

/** lite_irq_free() - undo lite_irq_request(), also where that has failed */
void lite_irq_free(struct lite *lite)
{
	unsigned int i;

	if (lite->irq)
		free_irq(lite->irq, lite);
	for (i = 0; i < lite->count; i++) {
		if (lite->channel[i].irq)
			free_irq(lite->channel[i].irq, &lite->channel[i]);
	}
	lite->irq = 0;
}

/* The highest line of a channel */
static unsigned int lite_irq_highest(const struct lite *lite)
{
	unsigned int i, highest = 0;

	for (i = 0; i < lite->count; i++)
		highest = max(highest, lite->channel[i].line);
	return highest;
}

/**
 * lite_irq_request() - have interrupts call
 * @lite: the card, whose streams and control node are there
 *
 * Return: 0 or a negative errno, after saying why.
 */
int lite_irq_request(struct lite *lite)
{
	struct pci_dev *pdev = lite->pci.pdev;
	unsigned int most = lite->map.kind == LITE_KIND_ONE ? 1 : lite_irq_highest(lite) + 1, i;
	int count = acq_pci_vectors(&lite->pci, most), irq, ret;

	if (count < 0)
		return count;
	if (lite->pci.shared)
		return dev_err_probe(&pdev->dev, -ENODEV, "no messages: LitePCIe has no INTx\n");
	if (most == 1 || count < most) {
		irq = pci_irq_vector(pdev, 0);
		ret = request_threaded_irq(irq, lite_irq_shared, lite_irq_shared_thread, 0,
					   KBUILD_MODNAME, lite);
		if (ret)
			goto err;
		lite->irq = irq;
		return 0;
	}
	for (i = 0; i < lite->count; i++) {
		struct lite_channel *ch = &lite->channel[i];

		irq = pci_irq_vector(pdev, ch->line);
		ret = request_threaded_irq(irq, lite_irq_own, lite_irq_own_thread, 0,
					   KBUILD_MODNAME, ch);
		if (ret)
			goto err;
		ch->irq = irq;
	}
	return 0;

err:
	return dev_err_probe(&pdev->dev, ret, "cannot use interrupt %d\n", irq);
}
