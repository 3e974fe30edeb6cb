// SPDX-License-Identifier: GPL-2.0-only
/* What an ACQ-R1 says that it is, believed within bounds only. */
#include <linux/bitops.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/pci.h>
#include <linux/sizes.h>

#include "r1.h"

#define R1_FIFO_BYTES_MAX	SZ_1G

/* What an output may have of what the card says */
#define R1_OUTPUT_CAPS		(ACQ_CAP_DMA | ACQ_CAP_FIFO | ACQ_CAP_WAIT | ACQ_CAP_LINK | \
				 ACQ_CAP_FIXED_CHANNELS)

/** r1_describe_identify() - is it an ACQ-R1 at all? 0, or -ENODEV after saying why not */
int r1_describe_identify(struct r1 *r1)
{
	struct device *dev = &r1->pci->pdev->dev;
	u32 id = r1_get(r1, ACQ_R1_ID), version = r1_get(r1, ACQ_R1_VERSION);

	if (id == R1_ALL_ONES)
		return dev_err_probe(dev, -ENODEV, "does not answer: all registers read ones\n");
	if (id != ACQ_R1_ID_MAGIC)
		return dev_err_probe(dev, -ENODEV, "not an ACQ-R1 card: identity 0x%08x\n", id);
	if (version >> 16 != ACQ_R1_VERSION_MAJOR)
		return dev_err_probe(dev, -ENODEV,
				     "register map %u.%u is not known to this driver (it knows %u.x): update it\n",
				     version >> 16, version & 0xffff, ACQ_R1_VERSION_MAJOR);
	return 0;
}

static u64 r1_describe_caps(u32 caps)
{
	static const u64 map[] = {
		ACQ_CAP_DMA, ACQ_CAP_FIFO, ACQ_CAP_WAIT, ACQ_CAP_TRIGGER_SOFTWARE,
		ACQ_CAP_TRIGGER_LEVEL, ACQ_CAP_TRIGGER_EXTERNAL, ACQ_CAP_PRETRIGGER,
		ACQ_CAP_COUNT, ACQ_CAP_RAMP, ACQ_CAP_PRBS,
	};
	u64 result = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(map); i++) {
		if (caps & BIT(i))
			result |= map[i];
	}
	if (caps & ACQ_R1_CAP_LINK)
		result |= ACQ_CAP_LINK;
	if (caps & ACQ_R1_CAP_ALL_CHANNELS)
		result |= ACQ_CAP_FIXED_CHANNELS;
	return result;
}

/* Bytes of a sample in the widest of these formats */
static u32 r1_describe_widest(u32 formats)
{
	if (formats & (BIT(ACQ_FORMAT_S32) | BIT(ACQ_FORMAT_U32)))
		return 4;
	return formats & (BIT(ACQ_FORMAT_S16) | BIT(ACQ_FORMAT_U16)) ? 2 : 1;
}

/* Channels, formats and clock. Returns 0, or -ENODEV after saying what is impossible. */
static int r1_describe_source(struct r1 *r1, struct acq_info *info)
{
	struct device *dev = &r1->pci->pdev->dev;
	u32 frame;

	info->channels = r1_get(r1, ACQ_R1_CHANNELS);
	info->formats = r1_get(r1, ACQ_R1_FORMATS) & (BIT(ACQ_FORMAT_NUM) - 1);
	info->pretrigger_bytes = r1_get(r1, ACQ_R1_PRETRIG_BYTES);
	info->timestamp_hz = r1_get(r1, ACQ_R1_TS_HZ);
	r1->clock_hz = r1_get(r1, ACQ_R1_CLOCK_HZ);
	r1->div_min = r1_get(r1, ACQ_R1_DIV_MIN);
	r1->div_max = r1_get(r1, ACQ_R1_DIV_MAX);
	r1->fifo_bytes = r1_get(r1, ACQ_R1_FIFO_BYTES);

	if (!(info->caps & (ACQ_CAP_DMA | ACQ_CAP_FIFO)))
		return dev_err_probe(dev, -ENODEV, "no way to get samples: neither DMA nor FIFO\n");
	if (!info->channels || info->channels > 32 || !info->formats)
		return dev_err_probe(dev, -ENODEV, "claims %u channels and formats 0x%x\n",
				     info->channels, info->formats);
	if (!r1->clock_hz || !r1->div_min || r1->div_min > r1->div_max ||
	    r1->div_min > r1->clock_hz)
		return dev_err_probe(dev, -ENODEV,
				     "claims a clock of %u Hz with dividers %u to %u\n",
				     r1->clock_hz, r1->div_min, r1->div_max);
	frame = info->channels * r1_describe_widest(info->formats);
	/* Up to 3 bytes wait for the rest of a word. */
	if (info->caps & ACQ_CAP_FIFO)
		frame += sizeof(u32) - 1;
	if (r1->fifo_bytes > R1_FIFO_BYTES_MAX || r1->fifo_bytes < frame)
		return dev_err_probe(dev, -ENODEV,
				     "claims a FIFO of %u bytes: must be %u to %u for its frames\n",
				     r1->fifo_bytes, frame, R1_FIFO_BYTES_MAX);
	info->fifo_bytes = r1->fifo_bytes;
	info->rate_min_millihz = div_u64(r1->clock_hz * 1000ULL, r1->div_max);
	info->rate_max_millihz = div_u64(r1->clock_hz * 1000ULL, r1->div_min);
	return 0;
}

/* Blocks and the memory for them. Returns 0, or a negative errno after saying why. */
static int r1_describe_blocks(struct r1 *r1, struct acq_info *info)
{
	struct device *dev = &r1->pci->pdev->dev;
	u32 limits = r1_get(r1, ACQ_R1_LIMITS);
	u32 block_min = ACQ_R1_LIMITS_BLOCK_MIN(limits);
	u32 block_max = ACQ_R1_LIMITS_BLOCK_MAX(limits);
	u32 table = ACQ_R1_LIMITS_TABLE(limits), addr_bits = ACQ_R1_LIMITS_ADDR_BITS(limits);
	bool dma = info->caps & ACQ_CAP_DMA;

	/* Only the DMA has an idea of blocks; for the FIFO any will do. */
	if (!dma) {
		block_min = PAGE_SHIFT;
		block_max = R1_BLOCK_LOG2_MAX;
		table = R1_TABLE_LOG2_MAX;
		if (r1->output)
			block_max = clamp(ilog2(r1->fifo_bytes / 2), PAGE_SHIFT, R1_BLOCK_LOG2_MAX);
	} else if (block_min < R1_BLOCK_LOG2_MIN || block_max > R1_BLOCK_LOG2_MAX ||
		   block_min > block_max || table < R1_TABLE_LOG2_MIN ||
		   table > R1_TABLE_LOG2_MAX || addr_bits < 24 || addr_bits > 64) {
		return dev_err_probe(dev, -ENODEV, "claims impossible DMA limits 0x%08x\n", limits);
	} else if (block_max < PAGE_SHIFT) {
		/* A reader may map each block. */
		return dev_err_probe(dev, -ENODEV,
				     "fills blocks of up to %u bytes, and this kernel has pages of %lu: not with this kernel\n",
				     1U << block_max, PAGE_SIZE);
	}
	info->block_min = max(1U << block_min, (u32)PAGE_SIZE);
	info->block_max = 1U << block_max;
	/* A block is played when all of it is in the FIFO; the next one is on its way. */
	if (r1->output && r1->fifo_bytes / 2 < info->block_max)
		return dev_err_probe(dev, -ENODEV,
				     "claims a FIFO of %u bytes for its output: too small for two blocks of %u\n",
				     r1->fifo_bytes, info->block_max);
	info->blocks_max = 1U << table;
	info->ring_max = (u64)info->block_max * info->blocks_max;
	if (!dma)
		return 0;
	/* Both sides use the same bus. */
	r1->card->addr_bits = min_not_zero(r1->card->addr_bits, addr_bits);
	r1->card->largest = max(r1->card->largest, info->block_max);
	return acq_pci_limit_dma(r1->pci, r1->card->addr_bits, r1->card->largest);
}

/* May so many channels be enabled? */
static bool r1_describe_channels(const struct r1 *r1, u64 mask)
{
	return !r1->pow2 || is_power_of_2(hweight64(mask));
}

/* Reset values are the card's own idea of a good configuration. */
static void r1_describe_config(struct r1 *r1, const struct acq_info *info,
			       struct acq_config *config)
{
	u32 div = clamp(r1_get(r1, ACQ_R1_DIVIDER), r1->div_min, r1->div_max);
	u32 format = r1_get(r1, ACQ_R1_FORMAT);

	config->rate_millihz = div_u64(r1->clock_hz * 1000ULL, div);
	config->channel_mask = r1_get(r1, ACQ_R1_CHANNEL_MASK) &
			       GENMASK_ULL(info->channels - 1, 0);
	/* All or none, and if that cannot be, one */
	if (!r1_describe_channels(r1, config->channel_mask ?: GENMASK_ULL(info->channels - 1, 0)))
		config->channel_mask = 1;
	config->format = format < ACQ_FORMAT_NUM && info->formats & BIT(format) ?
			 format : __ffs(info->formats);
}

/**
 * r1_describe() - what the card is, and what it recommends
 * @r1: the card, in IDLE
 * @info: zeros; filled in
 * @config: as well
 *
 * Return: 0, or a negative errno after saying what the driver does not believe.
 */
int r1_describe(struct r1 *r1, struct acq_info *info, struct acq_config *config)
{
	const char *suffix = r1->output ? "-out0" : "";
	u32 caps = r1_get(r1, ACQ_R1_CAPS);
	int ret;

	info->caps = r1_describe_caps(caps);
	if (r1->output)
		info->caps = (info->caps & R1_OUTPUT_CAPS) | ACQ_CAP_OUTPUT;
	r1->window64 = caps & ACQ_R1_CAP_WINDOW64;
	r1->follow = caps & ACQ_R1_CAP_FOLLOW;
	r1->pow2 = caps & ACQ_R1_CAP_POW2_CHANNELS;
	r1->whole = caps & ACQ_R1_CAP_WHOLE_BLOCKS;
	r1->counts = caps & ACQ_R1_CAP_COUNT;
	info->revision = r1_get(r1, ACQ_R1_REVISION);
	r1->version = r1_get(r1, ACQ_R1_VERSION);
	info->hw_version = r1->version;
	r1->serial = r1_regs_serial(r1);
	strscpy(info->family, "acq-r1", sizeof(info->family));
	/* Input and output have names of their own. */
	snprintf(info->card, sizeof(info->card), "%s%s", pci_name(r1->pci->pdev), suffix);
	/* 0 is none. */
	if (r1->serial)
		snprintf(info->serial, sizeof(info->serial), "%016llx%s", r1->serial, suffix);
	ret = r1_describe_source(r1, info);
	if (!ret)
		ret = r1_describe_blocks(r1, info);
	if (!ret)
		r1_describe_config(r1, info, config);
	return ret;
}

/**
 * r1_describe_round() - round the rate to one that the clock can be divided to
 * @stream: the stream
 * @config: settled otherwise; changed in place
 *
 * Return: 0, or -EINVAL: channels that do not go together.
 */
int r1_describe_round(struct acq_stream *stream, struct acq_config *config)
{
	const struct r1 *r1 = acq_stream_card(stream);
	u64 clock = r1->clock_hz * 1000ULL, rate = max(config->rate_millihz, 1ULL);
	u64 div = clamp_t(u64, div64_u64(clock, rate), r1->div_min, r1->div_max);

	if (!r1_describe_channels(r1, config->channel_mask)) {
		dev_info_ratelimited(&r1->pci->pdev->dev, "1, 2, 4, 8, 16 or 32 channels go together, not %u\n",
				     (unsigned int)hweight64(config->channel_mask));
		return -EINVAL;
	}
	/* The next slower one may be nearer. */
	if (div < r1->div_max && rate < div_u64(clock, div) &&
	    rate - min(rate, div_u64(clock, div + 1)) < div_u64(clock, div) - rate)
		div++;
	config->rate_millihz = div_u64(clock, div);
	return 0;
}
