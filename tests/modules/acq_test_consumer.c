// SPDX-License-Identifier: GPL-2.0-only
/*
 * A consumer for tests/guest/consumer.c, of the ramp. It looks whether it gets each
 * sample once and each call when it may come, and counts.
 *
 * "join" written with flags + 256 joins, with 0 it leaves.
 */
#include <linux/acq_consumer.h>
#include <linux/bitops.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>

#define JOIN		256
#define GAPS_MAX	1000

static char *stream = "acqdev";
module_param(stream, charp, 0644);

/* How it behaves */
static unsigned int watermark, slow_us;
static bool stall;
/* An output plays the ramp as it was written: an underrun is none of it */
static bool by_position;
/* Filters have changed the ramp */
static bool any_samples;
module_param(watermark, uint, 0644);
module_param(slow_us, uint, 0644);
module_param(stall, bool, 0644);
module_param(by_position, bool, 0644);
module_param(any_samples, bool, 0644);
static unsigned long leave_after = ULONG_MAX;
module_param(leave_after, ulong, 0644);

/* What it has seen since it joined */
static unsigned long begins, pieces, frames, lost, gaps, overtaken, torn, ends, faults;
static unsigned long finals, packets, next_index, next_position, first_position;
static int last_end, last_error;
module_param(begins, ulong, 0444);
module_param(pieces, ulong, 0444);
module_param(frames, ulong, 0444);
module_param(lost, ulong, 0444);
module_param(gaps, ulong, 0444);
module_param(overtaken, ulong, 0444);
module_param(torn, ulong, 0444);
module_param(ends, ulong, 0444);
module_param(faults, ulong, 0444);
module_param(finals, ulong, 0444);
module_param(packets, ulong, 0444);
module_param(next_index, ulong, 0444);
module_param(first_position, ulong, 0444);
module_param(last_end, int, 0444);
module_param(last_error, int, 0444);

static struct {
	struct acq_consumer *consumer;
	struct dentry *file;
	atomic_t calls;
	bool in_run;
	bool over;
	bool known;
	bool was_torn;
	u64 torn_index;
	u32 frame;
	u32 channels;
	struct acq_gap gap[GAPS_MAX];
} c;

static DEFINE_MUTEX(join_lock);

static void fault(const char *what)
{
	faults++;
	pr_err("acq_test_consumer: %s\n", what);
}

/* Each call; @in_run: only while there is a run */
static void enter(bool in_run)
{
	if (atomic_inc_return(&c.calls) != 1)
		fault("calls overlap");
	if (c.over)
		fault("a call behind the last");
	if (in_run && !c.in_run)
		fault("a call outside of a run");
}

static void leave(void)
{
	atomic_dec(&c.calls);
}

static void test_begin(void *private, u64 run, const struct acq_config *config)
{
	enter(false);
	if (c.in_run)
		fault("begins twice");
	begins++;
	c.in_run = true;
	c.known = false;
	c.frame = config->frame_bytes;
	c.channels = hweight64(config->channel_mask);
	leave();
}

/* Samples of the ramp from where they should be? Not where it was overwritten meanwhile. */
static void look(const struct acq_piece *piece)
{
	const u16 *sample = piece->samples;
	u64 first = by_position ? div_u64(piece->position, c.frame) : piece->index;
	u32 n = piece->bytes / 2, i, ms;

	for (i = 0; i < n; i++) {
		if (sample[i] != (u16)(first * c.channels + i))
			break;
	}
	if (slow_us)
		fsleep(slow_us);
	/* Not for ever: a test that fails unloads it. */
	for (ms = 0; READ_ONCE(stall) && ms < 30000; ms += 10)
		fsleep(10000);
	if (!acq_piece_intact(piece)) {
		torn++;
		c.was_torn = true;
		c.torn_index = piece->index;
		return;
	}
	if (i < n && !any_samples)
		fault("a sample is wrong");
	frames += piece->bytes / c.frame;
	next_index = piece->index + piece->bytes / c.frame;
	next_position = piece->position + piece->bytes;
}

static int test_piece(void *private, const struct acq_piece *piece)
{
	int ret;

	enter(true);
	if (c.was_torn)
		fault("no gap behind a piece that was overwritten");
	if (!piece->bytes || piece->bytes % c.frame)
		fault("no whole frames");
	if (!c.known)
		first_position = piece->position;
	else if (piece->index != next_index ||
		 (next_position != ULONG_MAX && piece->position != next_position))
		fault("not right behind the piece before");
	c.known = true;
	pieces++;
	packets += !!(piece->flags & ACQ_PIECE_EOP);
	look(piece);
	ret = frames >= leave_after;
	c.over = ret;
	leave();
	return ret;
}

static void test_gap(void *private, const struct acq_gap *gap)
{
	enter(true);
	if (c.known && gap->index != next_index)
		fault("a gap is not where samples are missing");
	if (c.was_torn && (gap->cause != ACQ_CAUSE_OVERTAKEN || gap->index != c.torn_index))
		fault("a piece that was overwritten is not told");
	c.was_torn = false;
	if (gaps < GAPS_MAX)
		c.gap[gaps] = *gap;
	gaps++;
	if (gap->count != gaps)
		fault("a gap is not counted");
	lost += gap->lost;
	overtaken += gap->cause == ACQ_CAUSE_OVERTAKEN;
	next_index = gap->index + gap->lost;
	/* Of what was lost to a monitor, others got the most part. */
	if (gap->cause == ACQ_CAUSE_OVERTAKEN)
		next_position = ULONG_MAX;
	leave();
}

static void test_end(void *private, u32 end, int error)
{
	enter(end != ACQ_END_GONE);
	c.in_run = false;
	ends++;
	last_end = end;
	last_error = error;
	if (end == ACQ_END_GONE) {
		finals++;
		c.over = true;
	}
	leave();
}

static const struct acq_consumer_ops test_ops = {
	.begin	= test_begin,
	.piece	= test_piece,
	.gap	= test_gap,
	.end	= test_end,
};

static int gaps_show(struct seq_file *m, void *unused)
{
	unsigned int i;

	for (i = 0; i < gaps && i < GAPS_MAX; i++)
		seq_printf(m, "%llu %llu %llu %u\n", c.gap[i].position, c.gap[i].index,
			   c.gap[i].lost, c.gap[i].cause);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(gaps);

static void reset(void)
{
	begins = 0;
	pieces = 0;
	frames = 0;
	lost = 0;
	gaps = 0;
	overtaken = 0;
	torn = 0;
	ends = 0;
	faults = 0;
	finals = 0;
	packets = 0;
	next_index = 0;
	next_position = 0;
	last_end = -1;
	last_error = 0;
	c.in_run = false;
	c.over = false;
	c.known = false;
	c.was_torn = false;
}

static int set_join(const char *val, const struct kernel_param *kp)
{
	struct acq_consumer_spec spec = {
		.stream = stream, .name = "acq-test", .watermark = watermark, .flush_us = 10000,
	};
	unsigned int value;
	int ret = kstrtouint(val, 0, &value);

	if (ret)
		return ret;
	guard(mutex)(&join_lock);
	if (!(value & JOIN)) {
		acq_consumer_leave(c.consumer);
		c.consumer = NULL;
		return 0;
	}
	if (c.consumer)
		return -EBUSY;
	reset();
	spec.flags = value & ~JOIN;
	c.consumer = acq_consumer_join(&spec, &test_ops, NULL);
	ret = PTR_ERR_OR_ZERO(c.consumer);
	if (ret)
		c.consumer = NULL;
	return ret;
}

static const struct kernel_param_ops join_ops = { .set = set_join };
module_param_cb(join, &join_ops, NULL, 0200);

static int __init consumer_test_init(void)
{
	static const struct acq_consumer_spec none = { .stream = "acqdev", .name = "none" };
	static const struct acq_consumer_ops no_gap = { .piece = test_piece, .end = test_end };

	/* Who does not want to know of gaps gets nothing. */
	if (PTR_ERR(acq_consumer_join(&none, &no_gap, NULL)) != -EINVAL)
		return -EINVAL;
	c.file = debugfs_create_file("acq-test-gaps", 0444, NULL, NULL, &gaps_fops);
	return 0;
}
module_init(consumer_test_init);

static void __exit consumer_test_exit(void)
{
	debugfs_remove(c.file);
	/* Somebody may be writing "join". */
	guard(mutex)(&join_lock);
	acq_consumer_leave(c.consumer);
	c.consumer = NULL;
}
module_exit(consumer_test_exit);

MODULE_DESCRIPTION("acqdev: a consumer for tests");
MODULE_AUTHOR("acqdev developers");
MODULE_LICENSE("GPL");
