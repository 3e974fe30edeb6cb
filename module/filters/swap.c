// SPDX-License-Identifier: GPL-2.0-only
/*
 * The filter "swap": swaps the bytes of each sample, for converters that are
 * big-endian. A filter without a state, and one that not each format can have.
 */
#include <linux/acq_filter.h>
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/swab.h>

static int swap_format(u32 format)
{
	/* A sample of one byte has nothing to swap. */
	return format < ACQ_FORMAT_S16 ? -EINVAL : format;
}

static int swap_begin(void **state, const struct acq_config *config)
{
	*state = (void *)(unsigned long)(config->format < ACQ_FORMAT_S32 ? 2 : 4);
	return 0;
}

static int swap_change(void *state, void *samples, u32 bytes, u64 index)
{
	if ((unsigned long)state == 2)
		swab16_array(samples, bytes / 2);
	else
		swab32_array(samples, bytes / 4);
	return 0;
}

static struct acq_filter swap_filter = {
	.name	= "swap",
	.owner	= THIS_MODULE,
	.format	= swap_format,
	.begin	= swap_begin,
	.change	= swap_change,
};
module_acq_filter(swap_filter);

MODULE_ALIAS_ACQ_FILTER("swap");
MODULE_DESCRIPTION("acqdev filter: swaps the bytes of each sample");
MODULE_AUTHOR("acqdev developers");
MODULE_LICENSE("GPL");
