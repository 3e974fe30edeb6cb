// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the directions of a DMA channel share: a synchronizer, which releases both
 * directions or neither, a loopback, and the headers of an M2SDR.
 *
 * The start of one direction is not to interrupt the other: so the synchronizer is armed
 * only while both are stopped. All that start() changes here is put back when both are
 * stopped again.
 */
#include "internal.h"

/* Bits of both directions of its DMA channel */
static u32 lite_sync_both(const struct lite_channel *ch)
{
	const struct lite *lite = ch->card;
	u32 bits = 0;
	unsigned int i;

	for (i = 0; i < lite->count; i++) {
		if (lite->channel[i].number == ch->number)
			bits |= BIT(i);
	}
	return bits;
}

/* Behind both directions in the bank of its DMA channel */
static void __iomem *lite_sync_bank(const struct lite_channel *ch)
{
	return ch->card->regs + ch->card->map.dma[ch->number];
}

static void __iomem *lite_sync_loopback(const struct lite_channel *ch)
{
	const struct lite_map *map = &ch->card->map;

	return lite_sync_bank(ch) + LITE_SIDE_BYTES * (map->writer + map->reader) + LITE_LOOPBACK;
}

static void __iomem *lite_sync_reader_fifo(const struct lite_channel *ch)
{
	return lite_sync_bank(ch) + lite_map_reader_fifo(&ch->card->map) + LITE_FIFO_CONTROL;
}

/* Has it headers in what comes from the host? They are of the first channel alone. */
static void __iomem *lite_sync_tx_header(const struct lite_channel *ch)
{
	const struct lite *lite = ch->card;

	if (!ch->output || ch->number || !lite->map.header)
		return NULL;
	return lite->regs + lite->map.header + LITE_HEADER_TX;
}

/** lite_sync_read_found() - remember the registers of a channel that start() changes */
void lite_sync_read_found(struct lite_channel *ch)
{
	struct lite_found *found = &ch->card->found;

	if (ch->sync) {
		found->bypass[ch->number] = readl(ch->sync + LITE_SYNC_BYPASS);
		found->mode[ch->number] = readl(ch->sync + LITE_SYNC_MODE);
	}
	if (ch->card->map.loopback)
		found->loopback[ch->number] = readl(lite_sync_loopback(ch));
	if (ch->output && ch->card->map.buffering)
		found->reader_fifo[ch->number] = readl(lite_sync_reader_fifo(ch));
	if (lite_sync_tx_header(ch))
		found->tx_header = readl(lite_sync_tx_header(ch));
}

/*
 * Both begin to pass at one clock: at once, or at the next pulse. Gateware from before March
 * 2024 heeds the bypass only where there is a mode.
 */
static void lite_sync_open(struct lite_channel *ch)
{
	lockdep_assert_held(&ch->card->lock);
	if (!ch->sync)
		return;
	if (!READ_ONCE(lite_pci_pps))
		writel(1, ch->sync + LITE_SYNC_BYPASS);
	writel(LITE_SYNC_PPS, ch->sync + LITE_SYNC_MODE);
}

/*
 * What other programs leave behind spoils a run: a loopback cuts off source and converter,
 * an extractor of headers eats samples, and the least level is 0 at once.
 */
static void lite_sync_clear(struct lite_channel *ch)
{
	const struct lite_found *found = &ch->card->found;

	if (ch->card->map.loopback)
		writel(0, lite_sync_loopback(ch));
	if (ch->output && ch->card->map.buffering)
		writel(found->reader_fifo[ch->number] & ~LITE_FIFO_EXTREME,
		       lite_sync_reader_fifo(ch));
	if (lite_sync_tx_header(ch))
		writel(LITE_HEADER_ENABLE, lite_sync_tx_header(ch));
}

/* Those registers that the other direction does not use, and behind both the others */
static void lite_sync_put_back(struct lite_channel *ch)
{
	struct lite *lite = ch->card;
	const struct lite_found *found = &lite->found;

	if (ch->output && lite->map.buffering)
		writel(found->reader_fifo[ch->number], lite_sync_reader_fifo(ch));
	if (lite_sync_tx_header(ch))
		writel(found->tx_header, lite_sync_tx_header(ch));
	if (lite->started & lite_sync_both(ch))
		return;
	if (lite->map.loopback)
		writel(found->loopback[ch->number], lite_sync_loopback(ch));
	if (!ch->sync)
		return;
	writel(found->mode[ch->number], ch->sync + LITE_SYNC_MODE);
	writel(found->bypass[ch->number], ch->sync + LITE_SYNC_BYPASS);
}

/**
 * lite_sync_start() - nothing passes from now on, unless the other direction runs
 * @ch: the channel, which is not enabled
 */
void lite_sync_start(struct lite_channel *ch)
{
	struct lite *lite = ch->card;

	guard(spinlock_irqsave)(&lite->lock);
	lite->started |= lite_bit(ch);
	lite->waiting &= ~lite_bit(ch);
	if (ch->held)
		lite->waiting |= lite_bit(ch);
	lite_sync_clear(ch);
	if (!ch->sync || lite->running & lite_sync_both(ch))
		return;
	writel(0, ch->sync + LITE_SYNC_MODE);
	writel(0, ch->sync + LITE_SYNC_BYPASS);
}

/**
 * lite_sync_release() - the channel has been enabled: it may pass
 * @ch: the channel; one that is held waits for lite_sync_go()
 */
void lite_sync_release(struct lite_channel *ch)
{
	struct lite *lite = ch->card;
	u32 both = lite_sync_both(ch), which = lite_bit(ch);

	guard(spinlock_irqsave)(&lite->lock);
	lite->waiting &= ~which;
	if (ch->held) {
		which = lite->going & both;
		if (!(which & lite_bit(ch)) || lite->waiting & which)
			return;
		lite->going &= ~which;
	}
	/* Also where the other direction runs: a reset may have closed it for both. */
	lite_sync_open(ch);
	lite->running |= which;
}

/**
 * lite_sync_go() - what is held begins, as soon as all of it has been enabled
 * @ch: a channel that is held
 * @both: so is the other direction
 */
void lite_sync_go(struct lite_channel *ch, bool both)
{
	struct lite *lite = ch->card;
	u32 which = both ? lite_sync_both(ch) : lite_bit(ch);

	guard(spinlock_irqsave)(&lite->lock);
	if (lite->waiting & which) {
		lite->going |= which;
		return;
	}
	lite_sync_open(ch);
	lite->running |= which;
}

/** lite_sync_passes() - has a channel that was enabled been released? */
bool lite_sync_passes(const struct lite_channel *ch)
{
	return !ch->sync || READ_ONCE(ch->card->running) & lite_bit(ch);
}

/** lite_sync_forget() - the channel is stopped; touches no register */
void lite_sync_forget(struct lite_channel *ch)
{
	struct lite *lite = ch->card;
	u32 bit = lite_bit(ch);

	guard(spinlock_irqsave)(&lite->lock);
	lite->started &= ~bit;
	lite->running &= ~bit;
	lite->waiting &= ~bit;
	lite->going &= ~bit;
}

/** lite_sync_stop() - the channel has been stopped */
void lite_sync_stop(struct lite_channel *ch)
{
	struct lite *lite = ch->card;
	u32 rest;

	lite_sync_forget(ch);
	guard(spinlock_irqsave)(&lite->lock);
	/* The other one of a link is not to wait for this one any more. */
	rest = lite->going & lite_sync_both(ch);
	if (rest && !(lite->waiting & rest)) {
		lite_sync_open(ch);
		lite->going &= ~rest;
		lite->running |= rest;
	}
	lite_sync_put_back(ch);
}
