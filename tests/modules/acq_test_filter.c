// SPDX-License-Identifier: GPL-2.0-only
/*
 * Filters for tests/guest/filter.c, for samples of the ramp: "probe", which looks whether
 * it gets each sample once, in order and as the card wrote it; "fail", which fails after
 * so many frames; "slow", which takes its time; "deaf", which does not begin; "odd", which
 * changes its mind about formats.
 */
#include <linux/acq_filter.h>
#include <linux/bitops.h>
#include <linux/delay.h>
#include <linux/slab.h>

static unsigned int fail_after = 1000;
module_param(fail_after, uint, 0644);
MODULE_PARM_DESC(fail_after, "frames after which \"fail\" fails");

static int fail_error = -EILSEQ;
module_param(fail_error, int, 0644);
MODULE_PARM_DESC(fail_error, "what \"fail\" returns then");

static unsigned int slow_ms = 20;
module_param(slow_ms, uint, 0644);
MODULE_PARM_DESC(slow_ms, "how long \"slow\" takes for each piece");

static bool odd;
module_param(odd, bool, 0644);
MODULE_PARM_DESC(odd, "\"odd\" wants the other format of a width");

/* What "probe" has seen: set to 0 by the test */
static unsigned long probe_frames, probe_pieces, probe_jumps, probe_faults, probe_live;
module_param(probe_frames, ulong, 0644);
module_param(probe_pieces, ulong, 0644);
module_param(probe_jumps, ulong, 0644);
module_param(probe_faults, ulong, 0644);
module_param(probe_live, ulong, 0644);

struct probe {
	u64 next;
	u32 frame;
	u32 channels;
};

static int probe_begin(void **state, const struct acq_config *config)
{
	struct probe *probe = kzalloc(sizeof(*probe), GFP_KERNEL);

	if (!probe)
		return -ENOMEM;
	probe->frame = config->frame_bytes;
	probe->channels = hweight64(config->channel_mask);
	*state = probe;
	probe_live++;
	return 0;
}

static void probe_end(void *state)
{
	probe_live--;
	kfree(state);
}

static int probe_change(void *state, void *samples, u32 bytes, u64 index)
{
	struct probe *probe = state;
	u16 *sample = samples;
	u32 i;

	if (!bytes || bytes % probe->frame || index < probe->next)
		probe_faults++;
	if (index != probe->next)
		probe_jumps++;
	for (i = 0; i < bytes / 2; i++) {
		if (sample[i] != (u16)(index * probe->channels + i))
			probe_faults++;
		/* Who gets it twice finds it changed. */
		sample[i] = ~sample[i];
	}
	probe->next = index + bytes / probe->frame;
	probe_frames += bytes / probe->frame;
	probe_pieces++;
	return 0;
}

static int fail_change(void *state, void *samples, u32 bytes, u64 index)
{
	return index >= fail_after ? fail_error : 0;
}

static int slow_change(void *state, void *samples, u32 bytes, u64 index)
{
	msleep(slow_ms);
	return 0;
}

static int deaf_begin(void **state, const struct acq_config *config)
{
	return -EPERM;
}

/* A format that is not as wide */
static int wide_format(u32 format)
{
	return ACQ_FORMAT_S32;
}

static int odd_format(u32 format)
{
	return format ^ odd;
}

static int odd_change(void *state, void *samples, u32 bytes, u64 index)
{
	return 0;
}

static struct acq_filter filters[] = {
	{ .name = "probe", .begin = probe_begin, .change = probe_change, .end = probe_end },
	{ .name = "fail", .change = fail_change },
	{ .name = "slow", .change = slow_change },
	{ .name = "deaf", .begin = deaf_begin, .change = slow_change },
	{ .name = "wide", .format = wide_format, .change = slow_change },
	{ .name = "odd", .format = odd_format, .change = odd_change },
};

static struct acq_filter bad[] = {
	{ .name = "probe", .change = slow_change },
	{ .name = "", .change = slow_change },
	{ .name = "a,b", .change = slow_change },
	{ .name = "ABC", .change = slow_change },
	{ .name = "abcdefghijklmnopqrstuvwx", .change = slow_change },
	{ .name = "nothing" },
};

static int __init filter_test_init(void)
{
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(filters); i++) {
		filters[i].owner = THIS_MODULE;
		ret = acq_filter_register(&filters[i]);
		if (ret)
			goto err;
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		if (acq_filter_register(&bad[i]) != (i ? -EINVAL : -EEXIST)) {
			pr_err("the filter \"%s\" is not refused\n", bad[i].name);
			acq_filter_unregister(&bad[i]);
			i = ARRAY_SIZE(filters);
			ret = -EINVAL;
			goto err;
		}
	}
	return 0;

err:
	while (i--)
		acq_filter_unregister(&filters[i]);
	return ret;
}
module_init(filter_test_init);

static void __exit filter_test_exit(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(filters); i++)
		acq_filter_unregister(&filters[i]);
}
module_exit(filter_test_exit);

MODULE_DESCRIPTION("acqdev: filters for tests");
MODULE_AUTHOR("acqdev developers");
MODULE_LICENSE("GPL");
