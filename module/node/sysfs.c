// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes of a stream in /sys/class/misc/acqdev*: what it is, how it is
 * configured, how it does. Documented in docs/ABI/.
 *
 * They go with the node: while one of them is shown, the card is there.
 */
#include <linux/device.h>
#include <linux/math64.h>
#include <linux/miscdevice.h>

#include "../core/config.h"
#include "../core/stream.h"
#include "sysfs.h"

static struct acq_stream *to_stream(struct device *dev)
{
	struct miscdevice *misc = dev_get_drvdata(dev);

	return container_of(misc, struct acq_stream, misc);
}

static const char *const state_names[ACQ_STATE_NUM] = {
	[ACQ_STATE_IDLE]	= "idle",
	[ACQ_STATE_ARMED]	= "armed",
	[ACQ_STATE_RUNNING]	= "running",
	[ACQ_STATE_DRAINING]	= "draining",
	[ACQ_STATE_SUSPENDED]	= "suspended",
	[ACQ_STATE_FAILED]	= "failed",
	[ACQ_STATE_GONE]	= "gone",
};

static const char *const trigger_names[ACQ_TRIGGER_NUM] = {
	[ACQ_TRIGGER_IMMEDIATE]	= "immediate",
	[ACQ_TRIGGER_SOFTWARE]	= "software",
	[ACQ_TRIGGER_LEVEL]	= "level",
	[ACQ_TRIGGER_EXTERNAL]	= "external",
};

static const char *const pattern_names[ACQ_PATTERN_NUM] = {
	[ACQ_PATTERN_INPUT]	= "input",
	[ACQ_PATTERN_RAMP]	= "ramp",
	[ACQ_PATTERN_PRBS]	= "prbs",
};

static const char *const transfer_names[ACQ_TRANSFER_NUM] = {
	[ACQ_TRANSFER_AUTO]	= "auto",
	[ACQ_TRANSFER_DMA]	= "dma",
	[ACQ_TRANSFER_FIFO]	= "fifo",
};

/* Identity */
#define INFO_ATTR(_name, _format, ...)						\
static ssize_t _name##_show(struct device *dev, struct device_attribute *attr,		\
			    char *buf)							\
{											\
	const struct acq_info *info = &to_stream(dev)->info;				\
											\
	return sysfs_emit(buf, _format "\n", __VA_ARGS__);				\
}											\
static DEVICE_ATTR_RO(_name)

INFO_ATTR(family, "%s", info->family);
INFO_ATTR(card, "%s", info->card);
INFO_ATTR(serial, "%s", info->serial);
INFO_ATTR(revision, "%u", info->revision);
INFO_ATTR(map_version, "%u.%u", info->hw_version >> 16, info->hw_version & 0xffff);
INFO_ATTR(channels, "%u", info->channels);
INFO_ATTR(capabilities, "0x%llx", info->caps);

static ssize_t state_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", state_names[READ_ONCE(to_stream(dev)->state)]);
}
static DEVICE_ATTR_RO(state);

static struct attribute *identity_attrs[] = {
	&dev_attr_family.attr,
	&dev_attr_card.attr,
	&dev_attr_serial.attr,
	&dev_attr_revision.attr,
	&dev_attr_map_version.attr,
	&dev_attr_channels.attr,
	&dev_attr_capabilities.attr,
	&dev_attr_state.attr,
	NULL
};

static const struct attribute_group identity_group = {
	.attrs = identity_attrs,
};

/* Configuration of the next run, and of the present one if there is one */
#define CONFIG_ATTR(_name, _format, ...)						\
static ssize_t _name##_show(struct device *dev, struct device_attribute *attr,		\
			    char *buf)							\
{											\
	struct acq_stream *stream = to_stream(dev);					\
	const struct acq_config *config = &stream->config;				\
											\
	guard(mutex)(&stream->life_lock);						\
	return sysfs_emit(buf, _format "\n", __VA_ARGS__);				\
}											\
static DEVICE_ATTR_RO(_name)

static u32 millis(u64 millihz)
{
	u32 rest;

	div_u64_rem(millihz, 1000, &rest);
	return rest;
}

CONFIG_ATTR(rate, "%llu.%03u", div_u64(config->rate_millihz, 1000), millis(config->rate_millihz));
CONFIG_ATTR(format, "%s", acq_format_names[config->format]);
CONFIG_ATTR(channel_mask, "0x%llx", config->channel_mask);
CONFIG_ATTR(frame_bytes, "%u", config->frame_bytes);
CONFIG_ATTR(count, "%llu", config->count);
CONFIG_ATTR(trigger, "%s", trigger_names[config->trigger]);
CONFIG_ATTR(pretrigger, "%llu", config->pretrigger);
CONFIG_ATTR(pattern, "%s", pattern_names[config->pattern]);
CONFIG_ATTR(transfer, "%s", transfer_names[config->transfer]);
CONFIG_ATTR(block_bytes, "%u", config->block_bytes);
CONFIG_ATTR(ring_bytes, "%llu", config->ring_bytes);
CONFIG_ATTR(irq_frames, "%u", config->irq_frames);
CONFIG_ATTR(irq_us, "%u", config->irq_us);

static struct attribute *config_attrs[] = {
	&dev_attr_rate.attr,
	&dev_attr_format.attr,
	&dev_attr_channel_mask.attr,
	&dev_attr_frame_bytes.attr,
	&dev_attr_count.attr,
	&dev_attr_trigger.attr,
	&dev_attr_pretrigger.attr,
	&dev_attr_pattern.attr,
	&dev_attr_transfer.attr,
	&dev_attr_block_bytes.attr,
	&dev_attr_ring_bytes.attr,
	&dev_attr_irq_frames.attr,
	&dev_attr_irq_us.attr,
	NULL
};

static const struct attribute_group config_group = {
	.name = "config",
	.attrs = config_attrs,
};

/* Counters of the newest run */
#define COUNTER_ATTR(_name, _field)							\
static ssize_t _name##_show(struct device *dev, struct device_attribute *attr,		\
			    char *buf)							\
{											\
	struct acq_status status = {};							\
											\
	acq_stream_status(to_stream(dev), &status);					\
	return sysfs_emit(buf, "%llu\n", (u64)status._field);				\
}											\
static DEVICE_ATTR_RO(_name)

COUNTER_ATTR(runs, run);
COUNTER_ATTR(bytes, head);
COUNTER_ATTR(frames, frames);
COUNTER_ATTR(lost, lost);
COUNTER_ATTR(gaps, gaps);
COUNTER_ATTR(blocks, blocks);
COUNTER_ATTR(interrupts, interrupts);
COUNTER_ATTR(wakeups, wakeups);
COUNTER_ATTR(readers, readers);

static struct attribute *counter_attrs[] = {
	&dev_attr_runs.attr,
	&dev_attr_bytes.attr,
	&dev_attr_frames.attr,
	&dev_attr_lost.attr,
	&dev_attr_gaps.attr,
	&dev_attr_blocks.attr,
	&dev_attr_interrupts.attr,
	&dev_attr_wakeups.attr,
	&dev_attr_readers.attr,
	NULL
};

static const struct attribute_group counter_group = {
	.name = "counters",
	.attrs = counter_attrs,
};

const struct attribute_group *acq_sysfs_groups[] = {
	&identity_group,
	&config_group,
	&counter_group,
	NULL
};
