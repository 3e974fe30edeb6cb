// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configurations: what is allowed, what is rounded, what is the default.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/dma-mapping.h>
#include <linux/kernel.h>
#include <linux/lcm.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/string.h>

#include "config.h"
#include "filter.h"
#include "moderation.h"
#include "stream.h"

#define RING_KB_MIN	64
#define RING_KB_MAX	(64U << 20)
#define BLOCK_KB_MIN	4
#define BLOCK_KB_MAX	4096

#define IRQ_US_MAX	1000000

static int config_set_bounded(const char *val, const struct kernel_param *kp, unsigned int low,
			      unsigned int high)
{
	unsigned int value;
	int ret = kstrtouint(val, 0, &value);

	if (!ret && (value < low || value > high || !is_power_of_2(value)))
		ret = -EINVAL;
	if (ret) {
		pr_err("%s=%s: must be a power of two from %u to %u\n", kp->name, val, low, high);
		return ret;
	}
	*(unsigned int *)kp->arg = value;
	return 0;
}

static int config_set_ring_kb(const char *val, const struct kernel_param *kp)
{
	return config_set_bounded(val, kp, RING_KB_MIN, RING_KB_MAX);
}

static int config_set_block_kb(const char *val, const struct kernel_param *kp)
{
	return config_set_bounded(val, kp, BLOCK_KB_MIN, BLOCK_KB_MAX);
}

static const struct kernel_param_ops config_ring_kb_ops = {
	.set = config_set_ring_kb,
	.get = param_get_uint,
};

static const struct kernel_param_ops config_block_kb_ops = {
	.set = config_set_block_kb,
	.get = param_get_uint,
};

unsigned int acq_ring_kb = 4096;
module_param_cb(ring_kb, &config_ring_kb_ops, &acq_ring_kb, 0444);
MODULE_PARM_DESC(ring_kb, "default size of a ring in KiB, a power of two (4096)");

unsigned int acq_block_kb = 64;
module_param_cb(block_kb, &config_block_kb_ops, &acq_block_kb, 0444);
MODULE_PARM_DESC(block_kb, "default size of a block in KiB, a power of two (64)");

const char *const acq_format_names[ACQ_FORMAT_NUM] = {
	[ACQ_FORMAT_S8]		= "s8",
	[ACQ_FORMAT_U8]		= "u8",
	[ACQ_FORMAT_S16]	= "s16",
	[ACQ_FORMAT_U16]	= "u16",
	[ACQ_FORMAT_S32]	= "s32",
	[ACQ_FORMAT_U32]	= "u32",
};

/** acq_format_find() - the format of that name, or -1 */
int acq_format_find(const char *name)
{
	return match_string(acq_format_names, ACQ_FORMAT_NUM, name);
}

/** acq_format_bytes() - size of a sample of a valid format */
u32 acq_format_bytes(u32 format)
{
	return 1U << (format / 2);
}

/* A block holds whole pages, of whatever size, for mappings. */
static u32 config_block_min(const struct acq_info *info)
{
	return max_t(u32, info->block_min, PAGE_SIZE);
}

/**
 * acq_config_bound() - bound a new stream's blocks by what can be mapped for its card
 * @stream: the stream
 *
 * So that each configuration that is accepted can be had if there is memory.
 *
 * Return: 0, or -EINVAL: the card wants larger blocks than can be mapped.
 */
int acq_config_bound(struct acq_stream *stream)
{
	struct acq_info *info = &stream->info;
	size_t most = dma_max_mapping_size(stream->dev);

	if (!(info->caps & ACQ_CAP_DMA) || most >= info->block_max)
		return 0;
	if (most < config_block_min(info)) {
		dev_err(stream->dev, "blocks of at least %u bytes, but this machine maps no more than %zu for DMA at a time\n",
			config_block_min(info), most);
		return -EINVAL;
	}
	info->block_max = rounddown_pow_of_two(most);
	info->ring_max = min(info->ring_max, (u64)info->block_max * info->blocks_max);
	return 0;
}

/**
 * acq_config_check() - is this a configuration of this version of the interface?
 * @config: from user space
 *
 * Return: 0 or -EINVAL.
 */
int acq_config_check(const struct acq_config *config)
{
	if (config->flags || config->reserved0 || config->reserved)
		return -EINVAL;
	if (config->format >= ACQ_FORMAT_NUM || config->trigger >= ACQ_TRIGGER_NUM ||
	    config->trigger_edge >= ACQ_EDGE_NUM || config->pattern >= ACQ_PATTERN_NUM ||
	    config->transfer >= ACQ_TRANSFER_NUM)
		return -EINVAL;
	return acq_filters_check(config);
}

/* Does the card have what is chosen? */
static int config_check_choices(const struct acq_info *info, const struct acq_config *config)
{
	static const u64 trigger_caps[ACQ_TRIGGER_NUM] = {
		[ACQ_TRIGGER_SOFTWARE]	= ACQ_CAP_TRIGGER_SOFTWARE,
		[ACQ_TRIGGER_LEVEL]	= ACQ_CAP_TRIGGER_LEVEL,
		[ACQ_TRIGGER_EXTERNAL]	= ACQ_CAP_TRIGGER_EXTERNAL,
	};
	static const u64 pattern_caps[ACQ_PATTERN_NUM] = {
		[ACQ_PATTERN_RAMP]	= ACQ_CAP_RAMP,
		[ACQ_PATTERN_PRBS]	= ACQ_CAP_PRBS,
	};
	static const u64 transfer_caps[ACQ_TRANSFER_NUM] = {
		[ACQ_TRANSFER_DMA]	= ACQ_CAP_DMA,
		[ACQ_TRANSFER_FIFO]	= ACQ_CAP_FIFO,
	};
	u64 caps = trigger_caps[config->trigger] | pattern_caps[config->pattern] |
		   transfer_caps[config->transfer];

	if (config->pretrigger)
		caps |= ACQ_CAP_PRETRIGGER;
	if (config->count)
		caps |= ACQ_CAP_COUNT;
	if (caps & ~info->caps)
		return -EINVAL;
	if (!(info->formats & BIT(config->format)))
		return -EINVAL;
	if (config->channel_mask & ~GENMASK_ULL(info->channels - 1, 0))
		return -EINVAL;
	if (config->trigger == ACQ_TRIGGER_LEVEL &&
	    !(config->channel_mask & BIT_ULL(config->trigger_channel & 63)))
		return -EINVAL;
	if (config->trigger_channel >= info->channels)
		return -EINVAL;
	/* Before the trigger there is nothing if there is no trigger. */
	if (config->pretrigger && config->trigger == ACQ_TRIGGER_IMMEDIATE)
		return -EINVAL;
	return 0;
}

/* How much of a block whole frames fill; whole words of those that the card moves */
static u32 config_block_used(const struct acq_stream *stream, const struct acq_config *config)
{
	u32 unit = lcm(config->frame_bytes, stream->producer.ops->word);

	return config->block_bytes - config->block_bytes % unit;
}

static void config_round_sizes(const struct acq_stream *stream, struct acq_config *config)
{
	const struct acq_info *info = &stream->info;
	u64 block = config->block_bytes ?: (u64)acq_block_kb << 10;
	u64 ring = config->ring_bytes ?: (u64)acq_ring_kb << 10;
	u64 most = min(info->ring_max, (u64)RING_KB_MAX << 10);
	u64 blocks;

	/* Short of it, a block does not hold a frame of all channels. */
	block = clamp_t(u64, block, config_block_min(info), info->block_max);
	block = roundup_pow_of_two(block);
	ring = min(ring, most);
	blocks = clamp_t(u64, DIV_ROUND_UP_ULL(ring, block), ACQ_SLOTS_MIN, info->blocks_max);
	blocks = roundup_pow_of_two(blocks);
	if (blocks * block > most && blocks > ACQ_SLOTS_MIN)
		blocks /= 2;

	config->block_bytes = block;
	config->ring_bytes = blocks * block;
	config->block_used = config_block_used(stream, config);
}

/**
 * acq_config_smaller_blocks() - the same ring of blocks half as large
 * @stream: the stream
 * @config: a settled one; changed in place
 *
 * Memory, or what is left of bounce buffers, may have no piece of a block's size and
 * yet enough for the ring.
 *
 * Return: true, or false if the card wants no smaller or no more blocks.
 */
bool acq_config_smaller_blocks(const struct acq_stream *stream, struct acq_config *config)
{
	const struct acq_info *info = &stream->info;
	u32 block = config->block_bytes / 2;

	if (block < config_block_min(info) ||
	    config->ring_bytes / block > info->blocks_max)
		return false;
	config->block_bytes = block;
	config->block_used = config_block_used(stream, config);
	return true;
}

/**
 * acq_config_settle() - complete a configuration and round it to what the card can do
 * @stream: the stream
 * @config: passed acq_config_check(); rounded in place
 *
 * Context: sleeps.
 * Return: 0, -EINVAL: the card does not have what is chosen, -ENOENT: a filter of
 * that name is not there, or -EOPNOTSUPP: an output has no filters.
 */
int acq_config_settle(struct acq_stream *stream, struct acq_config *config)
{
	const struct acq_info *info = &stream->info;
	u32 format = config->format;
	int ret;

	/* A frame has its index when it has been played, and may be given to the card twice. */
	if (config->filter[0] && acq_stream_is_output(stream)) {
		dev_info_ratelimited(stream->dev, "%s: filters change what comes from a card: not for an output\n",
				     stream->name);
		return -EOPNOTSUPP;
	}
	/* The card is asked for what filters make of it what readers are to get. */
	ret = acq_filters_format(config, &config->format);
	if (ret)
		return ret;
	/* What is fixed is so before sizes follow from it. */
	if (!config->channel_mask || info->caps & ACQ_CAP_FIXED_CHANNELS)
		config->channel_mask = GENMASK_ULL(info->channels - 1, 0);
	if (config->transfer == ACQ_TRANSFER_AUTO)
		config->transfer = info->caps & ACQ_CAP_DMA ? ACQ_TRANSFER_DMA :
							      ACQ_TRANSFER_FIFO;
	ret = config_check_choices(info, config);
	if (ret)
		return ret;

	config->frame_bytes = hweight64(config->channel_mask) * acq_format_bytes(config->format);
	config_round_sizes(stream, config);
	config->pretrigger = min_t(u64, config->pretrigger,
				   info->pretrigger_bytes / config->frame_bytes);
	config->count = min(config->count, ACQ_INDEX_MAX - 1);
	/* Neither given: the stream adapts them. */
	if (config->irq_frames && !config->irq_us)
		config->irq_us = ACQ_IRQ_US_DEFAULT;
	config->irq_us = min_t(u32, config->irq_us, IRQ_US_MAX);
	config->irq_frames = min_t(u64, config->irq_frames,
				   config->ring_bytes / 8 / config->frame_bytes);
	ret = stream->producer.ops->round(stream, config);
	config->format = format;
	return ret;
}
