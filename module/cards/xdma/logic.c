// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the logic behind a card's XDMA says of a stream, in the user BAR: what a
 * frame is, how fast they come, and which were lost before they got to XDMA. See
 * docs/xdma-losses.md.
 *
 * A loss is reported before the first frame behind it can be in memory, and the block
 * before it is ended by tlast. So no register is read while nothing is lost.
 */
#include <linux/bitfield.h>
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/pci.h>
#include <linux/units.h>

#include "../../../include/acq_user.h"
#include "../../core/card.h"
#include "logic.h"
#include "user.h"

#define FRAME_FORMAT	GENMASK(7, 0)
#define FRAME_CHANNELS	GENMASK(15, 8)

#define ALL_ONES	(~0U)

/* What is used of the user BAR */
#define BAR_USED(channels)	(ACQ_USER_STREAM + (channels) * ACQ_USER_STREAM_BYTES)

static u32 xdma_logic_read(const struct xdma_logic *logic, u32 reg)
{
	return readl(logic->regs + reg);
}

/* Reading the low half latches the high one. */
static u64 xdma_logic_read64(const struct xdma_logic *logic, u32 lo)
{
	u32 low = xdma_logic_read(logic, lo);

	return low | (u64)xdma_logic_read(logic, lo + 4) << 32;
}

/**
 * xdma_logic_map() - map the registers of a card's logic
 * @pdev: the card
 * @dma_bar: number of its DMA BAR; the user BAR is the memory BAR before it
 * @user: where they are; managed
 *
 * Return: 0 or a negative errno, after saying why.
 */
int xdma_logic_map(struct pci_dev *pdev, int dma_bar, void __iomem **user)
{
	int bar = xdma_user_bar(pdev, dma_bar, BAR_USED(1));
	u32 id;

	if (bar < 0)
		return dev_err_probe(&pdev->dev, -ENODEV,
				     "xdma_losses: no user BAR before the DMA BAR %d\n", dma_bar);
	*user = pcim_iomap(pdev, bar, 0);
	if (!*user)
		return dev_err_probe(&pdev->dev, -ENOMEM, "cannot map user BAR %d\n", bar);
	id = readl(*user + ACQ_USER_ID);
	if (id != ACQ_USER_ID_MAGIC ||
	    readl(*user + ACQ_USER_VERSION) >> 16 != ACQ_USER_VERSION_MAJOR)
		return dev_err_probe(&pdev->dev, -ENODEV,
				     "xdma_losses: no ACQ-USER registers of version %u in BAR %d (identity 0x%08x)\n",
				     ACQ_USER_VERSION_MAJOR, bar, id);
	if (pci_resource_len(pdev, bar) < BAR_USED(readl(*user + ACQ_USER_CHANNELS) & 0xff))
		return dev_err_probe(&pdev->dev, -ENODEV,
				     "xdma_losses: user BAR %d has no room for its channels\n",
				     bar);
	return 0;
}

/**
 * xdma_logic_find() - find a stream's registers
 * @logic: set up
 * @pdev: its card, for messages
 * @user: where xdma_logic_map() found them
 * @channel: number of its C2H channel
 *
 * Return: 0 or a negative errno, after saying why.
 */
int xdma_logic_find(struct xdma_logic *logic, struct pci_dev *pdev, void __iomem *user,
		    unsigned int channel)
{
	u32 channels = readl(user + ACQ_USER_CHANNELS) & 0xff, frame;

	if (channel >= channels)
		return dev_err_probe(&pdev->dev, -ENODEV,
				     "xdma_losses: nothing about C2H channel %u, but of %u\n",
				     channel, channels);
	logic->regs = user + ACQ_USER_STREAM + channel * ACQ_USER_STREAM_BYTES;
	logic->clock_hz = readl(user + ACQ_USER_CLOCK_HZ);
	frame = xdma_logic_read(logic, ACQ_USER_FRAME);
	logic->frame = frame;
	logic->found_control = xdma_logic_read(logic, ACQ_USER_CONTROL);
	logic->found_divider = xdma_logic_read(logic, ACQ_USER_DIVIDER);
	/* A loss in the midst of a block has no place. */
	if (!(frame & (ACQ_USER_MARKS | ACQ_USER_WAITS)))
		return dev_err_probe(&pdev->dev, -ENODEV,
				     "xdma_losses: C2H channel %u loses samples without tlast before them\n",
				     channel);
	if (FIELD_GET(FRAME_FORMAT, frame) >= ACQ_FORMAT_NUM ||
	    !FIELD_GET(FRAME_CHANNELS, frame) || FIELD_GET(FRAME_CHANNELS, frame) > 32)
		return dev_err_probe(&pdev->dev, -ENODEV,
				     "xdma_losses: C2H channel %u has frames as nobody has (0x%08x)\n",
				     channel, frame);
	return 0;
}

/**
 * xdma_logic_describe() - put what the logic says in place of what was guessed
 * @logic: of a stream, found
 * @info: format, channels, FIFO
 * @config: what fits to it
 */
void xdma_logic_describe(const struct xdma_logic *logic, struct acq_info *info,
			 struct acq_config *config)
{
	config->format = FIELD_GET(FRAME_FORMAT, logic->frame);
	info->formats = BIT(config->format);
	info->channels = FIELD_GET(FRAME_CHANNELS, logic->frame);
	config->channel_mask = GENMASK_ULL(info->channels - 1, 0);
	info->fifo_bytes = xdma_logic_read(logic, ACQ_USER_FIFO_BYTES);
	/* Its losses are known of blocks that the engine has asked for. */
	info->caps &= ~ACQ_CAP_FIFO;
	info->caps |= ACQ_CAP_FIXED_CHANNELS;
	if (logic->frame & ACQ_USER_WAITS)
		info->caps |= ACQ_CAP_WAIT;
	if (!logic->clock_hz)
		return;
	info->rate_max_millihz = logic->clock_hz * (u64)MILLI;
	info->rate_min_millihz = div_u64(info->rate_max_millihz, ACQ_USER_DIVIDER_MAX);
	config->rate_millihz = div_u64(info->rate_max_millihz,
				       clamp(logic->found_divider, 1U, ACQ_USER_DIVIDER_MAX));
}

/* Its clock's divider for the rate nearest to that */
static u32 xdma_logic_divider(const struct xdma_logic *logic, u64 rate_millihz)
{
	u64 clock = logic->clock_hz * (u64)MILLI, div;

	rate_millihz = max(rate_millihz, 1ULL);
	div = div64_u64(clock + rate_millihz / 2, rate_millihz);
	return clamp_t(u64, div, 1, ACQ_USER_DIVIDER_MAX);
}

/**
 * xdma_logic_round() - round the rate
 * @logic: of a stream, found
 * @config: the configuration
 */
void xdma_logic_round(const struct xdma_logic *logic, struct acq_config *config)
{
	if (logic->clock_hz)
		config->rate_millihz = div_u64(logic->clock_hz * (u64)MILLI,
					       xdma_logic_divider(logic, config->rate_millihz));
}

/**
 * xdma_logic_enable() - let the logic sample
 * @logic: of a stream, found
 * @config: how fast
 *
 * XDMA may be in the midst of an earlier run's descriptor, which needs samples.
 */
void xdma_logic_enable(const struct xdma_logic *logic, const struct acq_config *config)
{
	if (logic->clock_hz)
		writel(xdma_logic_divider(logic, config->rate_millihz),
		       logic->regs + ACQ_USER_DIVIDER);
	writel(ACQ_USER_ENABLE, logic->regs + ACQ_USER_CONTROL);
}

/** xdma_logic_disable() - nobody wants samples now: let the logic stand still */
void xdma_logic_disable(const struct xdma_logic *logic)
{
	writel(0, logic->regs + ACQ_USER_CONTROL);
}

/** xdma_logic_put_back() - put back what xdma_logic_find() found in its registers */
void xdma_logic_put_back(const struct xdma_logic *logic)
{
	if (logic->clock_hz)
		writel(logic->found_divider, logic->regs + ACQ_USER_DIVIDER);
	writel(logic->found_control & ACQ_USER_ENABLE, logic->regs + ACQ_USER_CONTROL);
}

/**
 * xdma_logic_reset() - a segment begins: let the logic forget all before
 * @logic: of a stream, found
 *
 * Context: producer.lock; XDMA takes nothing, and is to be started right after.
 */
void xdma_logic_reset(struct xdma_logic *logic)
{
	writel(ACQ_USER_ENABLE | ACQ_USER_RESET, logic->regs + ACQ_USER_CONTROL);
	/*
	 * Within the card, XDMA's own registers are nearer than this one: Run must not
	 * overtake it. A read comes back behind it.
	 */
	xdma_logic_read(logic, ACQ_USER_CONTROL);
	logic->ended = 0;
	logic->taken = 0;
	logic->lost = 0;
}

/**
 * xdma_logic_poll() - how many losses are there?
 * @logic: of a stream, found
 *
 * One register. Afterwards xdma_logic_lost() knows of all losses before the
 * samples that were in memory before this call.
 *
 * Context: producer.lock.
 */
void xdma_logic_poll(struct xdma_logic *logic)
{
	logic->ended = xdma_logic_read(logic, ACQ_USER_LOSSES);
}

/**
 * xdma_logic_lost() - how many frames were lost before the next one in memory?
 * @logic: of a stream; xdma_logic_poll() has been called since that is there
 * @index: sample index that comes next if none were
 * @lost: how many
 *
 * Reads a record where there is one.
 *
 * Context: producer.lock.
 * Return: 0; -ENODEV: the card does not answer; -EOVERFLOW: it has lost so often
 * that it does not know when; -EPROTO: it contradicts itself.
 */
int xdma_logic_lost(struct xdma_logic *logic, u64 index, u64 *lost)
{
	u32 state;

	*lost = 0;
	if (!logic->lost) {
		if (logic->ended == logic->taken)
			return 0;
		state = xdma_logic_read(logic, ACQ_USER_STATE);
		if (state == ALL_ONES)
			return -ENODEV;
		if (state & ACQ_USER_OVERFLOW)
			return -EOVERFLOW;
		logic->index = xdma_logic_read64(logic, ACQ_USER_INDEX_LO);
		logic->lost = xdma_logic_read64(logic, ACQ_USER_COUNT_LO);
		writel(0, logic->regs + ACQ_USER_POP);
		logic->taken++;
		if (!logic->lost || logic->lost >= ACQ_INDEX_MAX)
			return -EPROTO;
	}
	if (logic->index > index)
		return 0;
	if (logic->index < index)
		return -EPROTO;
	*lost = logic->lost;
	logic->lost = 0;
	return 0;
}
