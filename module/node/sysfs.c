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
#include "names.h"
#include "node.h"
#include "sysfs.h"

static struct acq_stream *sysfs_stream(struct device *dev)
{
	struct miscdevice *misc = dev_get_drvdata(dev);

	return container_of(misc, struct acq_node, misc)->stream;
}

/* Identity */
#define INFO_ATTR(_name, _format, ...)						\
static ssize_t _name##_show(struct device *dev, struct device_attribute *attr,		\
			    char *buf)							\
{											\
	const struct acq_info *info = &sysfs_stream(dev)->info;				\
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
	return sysfs_emit(buf, "%s\n", acq_state_names[acq_state(&sysfs_stream(dev)->life)]);
}
static DEVICE_ATTR_RO(state);

static ssize_t failure_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	enum acq_failure failure = READ_ONCE(sysfs_stream(dev)->life.failure);

	return sysfs_emit(buf, "%s\n", acq_failure_names[failure]);
}
static DEVICE_ATTR_RO(failure);

static struct attribute *identity_attrs[] = {
	&dev_attr_family.attr,
	&dev_attr_card.attr,
	&dev_attr_serial.attr,
	&dev_attr_revision.attr,
	&dev_attr_map_version.attr,
	&dev_attr_channels.attr,
	&dev_attr_capabilities.attr,
	&dev_attr_state.attr,
	&dev_attr_failure.attr,
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
	struct acq_stream *stream = sysfs_stream(dev);					\
	const struct acq_config *config = &stream->config;				\
											\
	guard(mutex)(&stream->life_lock);						\
	return sysfs_emit(buf, _format "\n", __VA_ARGS__);				\
}											\
static DEVICE_ATTR_RO(_name)

static u32 sysfs_millis(u64 millihz)
{
	u32 rest;

	div_u64_rem(millihz, 1000, &rest);
	return rest;
}

CONFIG_ATTR(rate, "%llu.%03u", div_u64(config->rate_millihz, 1000),
	    sysfs_millis(config->rate_millihz));
CONFIG_ATTR(format, "%s", acq_format_names[config->format]);
CONFIG_ATTR(channel_mask, "0x%llx", config->channel_mask);
CONFIG_ATTR(frame_bytes, "%u", config->frame_bytes);
CONFIG_ATTR(count, "%llu", config->count);
CONFIG_ATTR(trigger, "%s", acq_trigger_names[config->trigger]);
CONFIG_ATTR(pretrigger, "%llu", config->pretrigger);
CONFIG_ATTR(pattern, "%s", acq_pattern_names[config->pattern]);
CONFIG_ATTR(transfer, "%s", acq_transfer_names[config->transfer]);
CONFIG_ATTR(block_bytes, "%u", config->block_bytes);
CONFIG_ATTR(ring_bytes, "%llu", config->ring_bytes);
CONFIG_ATTR(irq_frames, "%u", config->irq_frames);
CONFIG_ATTR(irq_us, "%u", config->irq_us);
CONFIG_ATTR(filter, "%s", config->filter);

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
	&dev_attr_filter.attr,
	NULL
};

static const struct attribute_group config_group = {
	.name = "config",
	.attrs = config_attrs,
};

/* Counters of the newest run, as of the card's last word: reading them costs the card nothing */
#define COUNTER_ATTR(_name, _field)							\
static ssize_t _name##_show(struct device *dev, struct device_attribute *attr,		\
			    char *buf)							\
{											\
	struct acq_status status = {};							\
											\
	acq_stream_status(sysfs_stream(dev), &status, false);					\
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

/* What has happened since the driver took the card */
#define TOTAL_ATTR(_name, _value)							\
static ssize_t total_##_name##_show(struct device *dev, struct device_attribute *attr,	\
				    char *buf)						\
{											\
	struct acq_totals totals;							\
											\
	acq_producer_totals(&sysfs_stream(dev)->producer, &totals);			\
	return sysfs_emit(buf, "%llu\n", _value);					\
}											\
static struct device_attribute dev_attr_total_##_name =					\
	__ATTR(_name, 0444, total_##_name##_show, NULL)

static u64 sysfs_gaps(const struct acq_totals *totals)
{
	u64 gaps = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(totals->gaps); i++)
		gaps += totals->gaps[i];
	return gaps;
}

TOTAL_ATTR(runs, totals.runs);
TOTAL_ATTR(frames, totals.frames);
TOTAL_ATTR(lost, totals.lost);
TOTAL_ATTR(gaps, sysfs_gaps(&totals));
TOTAL_ATTR(resets, totals.resets);
TOTAL_ATTR(failures, totals.failures);

TOTAL_ATTR(gaps_card_fifo, totals.gaps[ACQ_CAUSE_CARD_FIFO]);
TOTAL_ATTR(gaps_ring_full, totals.gaps[ACQ_CAUSE_RING_FULL]);
TOTAL_ATTR(gaps_suspend, totals.gaps[ACQ_CAUSE_SUSPEND]);
TOTAL_ATTR(gaps_reset, totals.gaps[ACQ_CAUSE_RESET]);
TOTAL_ATTR(gaps_unplug, totals.gaps[ACQ_CAUSE_UNPLUG]);
TOTAL_ATTR(gaps_underrun, totals.gaps[ACQ_CAUSE_UNDERRUN]);

static struct attribute *total_attrs[] = {
	&dev_attr_total_runs.attr,
	&dev_attr_total_frames.attr,
	&dev_attr_total_lost.attr,
	&dev_attr_total_gaps.attr,
	&dev_attr_total_resets.attr,
	&dev_attr_total_failures.attr,
	&dev_attr_total_gaps_card_fifo.attr,
	&dev_attr_total_gaps_ring_full.attr,
	&dev_attr_total_gaps_suspend.attr,
	&dev_attr_total_gaps_reset.attr,
	&dev_attr_total_gaps_unplug.attr,
	&dev_attr_total_gaps_underrun.attr,
	NULL
};

static const struct attribute_group total_group = {
	.name = "totals",
	.attrs = total_attrs,
};

const struct attribute_group *acq_sysfs_groups[] = {
	&identity_group,
	&config_group,
	&counter_group,
	&total_group,
	NULL
};
