// SPDX-License-Identifier: GPL-2.0-only
/*
 * A data race for tests/guest/kcsan.sh, as one is made by leaving out a WRITE_ONCE(): acqdev's
 * thread counts the pieces of a consumer, and who reads "seen" looks at that without a lock.
 */
#include <linux/acq_consumer.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

static struct acq_consumer *consumer;
static unsigned long seen;

static int race_piece(void *private, const struct acq_piece *piece)
{
	/* No WRITE_ONCE(): that is the race. */
	seen++;
	return 0;
}

static void race_gap(void *private, const struct acq_gap *gap)
{
}

static void race_end(void *private, u32 end, int error)
{
}

static const struct acq_consumer_ops race_ops = {
	.piece	= race_piece,
	.gap	= race_gap,
	.end	= race_end,
};

static int get_seen(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%lu\n", READ_ONCE(seen));
}

static const struct kernel_param_ops seen_ops = { .get = get_seen };
module_param_cb(seen, &seen_ops, NULL, 0444);

static int __init race_init(void)
{
	static const struct acq_consumer_spec spec = {
		.stream = "acqdev", .name = "acq-race", .flush_us = 10000,
	};

	consumer = acq_consumer_join(&spec, &race_ops, NULL);
	return PTR_ERR_OR_ZERO(consumer);
}
module_init(race_init);

static void __exit race_exit(void)
{
	acq_consumer_leave(consumer);
}
module_exit(race_exit);

MODULE_DESCRIPTION("acqdev: a data race for tests");
MODULE_AUTHOR("acqdev developers");
MODULE_LICENSE("GPL");
