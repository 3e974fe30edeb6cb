// SPDX-License-Identifier: GPL-2.0-only
/*
 * A consumer: statistics of each channel of a stream, from the begin of a run on, in
 * debugfs: acq-stats/STREAM. To copy and change.
 *
 * It is a passive monitor unless told otherwise: it starts nothing, keeps nothing
 * going, and slows nobody. Where that makes it miss samples it says how many.
 */
#include <linux/acq_consumer.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#define CHANNELS_MAX	64

static char *stream = "acqdev";
module_param(stream, charp, 0444);
MODULE_PARM_DESC(stream, "name of the stream (acqdev)");

static bool hold;
module_param(hold, bool, 0444);
MODULE_PARM_DESC(hold, "miss nothing, and have the card wait or lose samples instead (N)");

static bool start;
module_param(start, bool, 0444);
MODULE_PARM_DESC(start, "start the stream, and keep it going (N)");

/**
 * struct stats_channel - what is known of a channel
 * @min: its lowest sample
 * @max: its highest
 * @sum: of all
 * @high: sum of all squares: bits from 32 on
 * @low: and those below: a square of 32 bits has 64, and a sum of them more
 */
struct stats_channel {
	s64 min;
	s64 max;
	s64 sum;
	u64 high;
	u64 low;
};

/**
 * struct stats - what is known of the run
 * @lock: protects the rest against who looks; calls of a consumer do not overlap
 * @run: its number; 0: there was none
 * @config: what it was started with
 * @over: it has ended
 * @channels: their number
 * @frames: frames that were looked at
 * @lost: frames that were not: that nobody has got, or that were overwritten before
 * @channel: the channels, those that are acquired
 * @next: the same with the piece that is looked at
 */
struct stats {
	struct mutex lock;
	u64 run;
	struct acq_config config;
	bool over;
	unsigned int channels;
	u64 frames;
	u64 lost;
	struct stats_channel channel[CHANNELS_MAX];
	struct stats_channel next[CHANNELS_MAX];
};

static struct stats stats = { .lock = __MUTEX_INITIALIZER(stats.lock) };
static struct acq_consumer *consumer;
static struct dentry *directory;

static void stats_begin(void *private, u64 run, const struct acq_config *config)
{
	unsigned int c;

	mutex_lock(&stats.lock);
	stats.run = run;
	stats.config = *config;
	stats.over = false;
	stats.channels = hweight64(config->channel_mask);
	stats.frames = 0;
	stats.lost = 0;
	for (c = 0; c < stats.channels; c++)
		stats.channel[c] = (struct stats_channel){ .min = S64_MAX, .max = S64_MIN };
	mutex_unlock(&stats.lock);
}

/* Samples are little endian, and aligned to their size. */
static s64 stats_sample(const void *at, u32 format)
{
	switch (format) {
	case ACQ_FORMAT_S8:
		return *(const s8 *)at;
	case ACQ_FORMAT_U8:
		return *(const u8 *)at;
	case ACQ_FORMAT_S16:
		return (s16)le16_to_cpup(at);
	case ACQ_FORMAT_U16:
		return le16_to_cpup(at);
	case ACQ_FORMAT_S32:
		return (s32)le32_to_cpup(at);
	default:
		return le32_to_cpup(at);
	}
}

static void stats_add(struct stats_channel *channel, s64 sample)
{
	u64 square = (u64)sample * sample;

	channel->min = min(channel->min, sample);
	channel->max = max(channel->max, sample);
	channel->sum += sample;
	channel->low += (u32)square;
	channel->high += (square >> 32) + (channel->low >> 32);
	channel->low = (u32)channel->low;
}

static int stats_piece(void *private, const struct acq_piece *piece)
{
	u32 width = stats.config.frame_bytes / stats.channels, i;
	u32 frames = piece->bytes / stats.config.frame_bytes;
	const void *at = piece->samples;
	unsigned int c;

	memcpy(stats.next, stats.channel, sizeof(stats.next));
	for (i = 0; i < frames; i++) {
		for (c = 0; c < stats.channels; c++, at += width)
			stats_add(&stats.next[c], stats_sample(at, stats.config.format));
	}
	/* Not before here is it known that these were the samples. */
	if (!acq_piece_intact(piece))
		return 0;
	mutex_lock(&stats.lock);
	memcpy(stats.channel, stats.next, sizeof(stats.next));
	stats.frames += frames;
	mutex_unlock(&stats.lock);
	return 0;
}

static void stats_gap(void *private, const struct acq_gap *gap)
{
	mutex_lock(&stats.lock);
	stats.lost += gap->lost;
	mutex_unlock(&stats.lock);
}

static void stats_end(void *private, u32 end, int error)
{
	mutex_lock(&stats.lock);
	stats.over = true;
	mutex_unlock(&stats.lock);
}

static const struct acq_consumer_ops stats_ops = {
	.begin	= stats_begin,
	.piece	= stats_piece,
	.gap	= stats_gap,
	.end	= stats_end,
};

static u64 stats_mean_square(const struct stats_channel *channel)
{
	u64 frames = stats.frames, rest;
	u64 whole = div64_u64_rem(channel->high, frames, &rest) << 32;
	u64 part = mul_u64_u64_div_u64(rest, 1ULL << 32, frames);

	/* What is left of that is less than @frames, whatever wraps. */
	rest = (rest << 32) - part * frames;
	return whole + part + div64_u64(rest + channel->low, frames);
}

static int stats_show(struct seq_file *m, void *unused)
{
	const struct stats_channel *channel;
	unsigned int c, number = 0;

	mutex_lock(&stats.lock);
	seq_printf(m, "run %llu%s\nframes %llu\nlost %llu\nchannel min max mean mean_square\n",
		   stats.run, stats.over ? " over" : "", stats.frames, stats.lost);
	for (c = 0; stats.frames && c < stats.channels; c++, number++) {
		while (!(stats.config.channel_mask >> number & 1))
			number++;
		channel = &stats.channel[c];
		seq_printf(m, "%u %lld %lld %lld %llu\n", number, channel->min, channel->max,
			   div64_s64(channel->sum, stats.frames), stats_mean_square(channel));
	}
	mutex_unlock(&stats.lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

static int __init stats_init(void)
{
	struct acq_consumer_spec spec = {
		.stream = stream,
		.name = "acq-stats",
		.flags = (hold ? 0 : ACQ_CONSUMER_MONITOR) | (start ? 0 : ACQ_CONSUMER_PASSIVE),
		/* A call for each sample would be many. */
		.watermark = 4096,
		.flush_us = 100000,
	};

	consumer = acq_consumer_join(&spec, &stats_ops, NULL);
	if (IS_ERR(consumer))
		return PTR_ERR(consumer);
	directory = debugfs_create_dir("acq-stats", NULL);
	debugfs_create_file(stream, 0444, directory, NULL, &stats_fops);
	return 0;
}
module_init(stats_init);

static void __exit stats_exit(void)
{
	debugfs_remove(directory);
	/* Behind this no call comes any more. */
	acq_consumer_leave(consumer);
}
module_exit(stats_exit);

MODULE_DESCRIPTION("Example: running statistics of an acqdev stream");
MODULE_AUTHOR("acqdev developers");
MODULE_LICENSE("GPL");
