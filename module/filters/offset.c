// SPDX-License-Identifier: GPL-2.0-only
/*
 * The filter "offset": makes two's complement of offset binary, for converters that
 * count from their lowest input up, and the reverse. A filter that changes the format.
 */
#include <linux/acq_filter.h>
#include <linux/string.h>
#include <linux/types.h>

/* Each signed format is followed by the unsigned one as wide. */
static int offset_format(u32 format)
{
	return format ^ 1;
}

/* The highest bit of each sample, in words of eight bytes as they lie in memory */
static const u8 offset_masks[][sizeof(u64)] = {
	{ 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80 },
	{ 0, 0x80, 0, 0x80, 0, 0x80, 0, 0x80 },
	{ 0, 0, 0, 0x80, 0, 0, 0, 0x80 },
};

static int offset_begin(void **state, const struct acq_config *config)
{
	*state = (void *)offset_masks[config->format / 2];
	return 0;
}

static int offset_change(void *state, void *samples, u32 bytes, u64 index)
{
	const u8 *mask = state;
	u64 word, flip;
	u8 *at = samples;
	u32 i;

	memcpy(&flip, mask, sizeof(flip));
	/* Samples lie as close as their frames put them: words may lie across. */
	for (; bytes >= sizeof(word); bytes -= sizeof(word), at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		word ^= flip;
		memcpy(at, &word, sizeof(word));
	}
	for (i = 0; i < bytes; i++)
		at[i] ^= mask[i];
	return 0;
}

static struct acq_filter offset_filter = {
	.name	= "offset",
	.owner	= THIS_MODULE,
	.format	= offset_format,
	.begin	= offset_begin,
	.change	= offset_change,
};
module_acq_filter(offset_filter);

MODULE_ALIAS_ACQ_FILTER("offset");
MODULE_DESCRIPTION("acqdev filter: offset binary to two's complement, and the reverse");
MODULE_AUTHOR("acqdev developers");
MODULE_LICENSE("GPL");
