// SPDX-License-Identifier: GPL-2.0-only
/* Cards that the user names, of families without ids of their own. See named.h and pci.h. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "named.h"
#include "pci.h"

#define NAMED_CHANNELS_MAX	32
#define NAMED_BLOCK_MIN		SZ_4K

/* What AMD's endpoints say unless the gateware gives them a serial number: each has the same. */
#define NAMED_DSN_EXAMPLE	0x0000000101000a35ULL

static int named_add(struct pci_driver *driver, const char *family, const char *one)
{
	unsigned int vendor, device;
	int length;

	if (sscanf(one, "%x:%x%n", &vendor, &device, &length) == 2 && !one[length] && vendor &&
	    vendor <= 0xffff && device <= 0xffff)
		return pci_add_dynid(driver, vendor, device, PCI_ANY_ID, PCI_ANY_ID, 0, 0, 0);
	pr_err("%s_ids: '%s' is no VENDOR:DEVICE in hexadecimal\n", family, one);
	return -EINVAL;
}

/**
 * acq_pci_register_named() - register a driver that takes the cards that the user names
 * @driver: without a table of ids, so that new_id takes any
 * @family: its name
 * @ids: the parameter FAMILY_ids: VENDOR:DEVICE,... in hexadecimal; NULL: none
 *
 * Undone by pci_unregister_driver().
 *
 * Return: 0 or a negative errno, after saying why.
 */
int acq_pci_register_named(struct pci_driver *driver, const char *family, const char *ids)
{
	char *list, *next, *one;
	int ret = pci_register_driver(driver);

	if (ret || !ids)
		return ret;
	list = kstrdup(ids, GFP_KERNEL);
	ret = list ? 0 : -ENOMEM;
	next = list;
	while (!ret && (one = strsep(&next, ",")))
		ret = named_add(driver, family, one);
	kfree(list);
	if (ret)
		pci_unregister_driver(driver);
	return ret;
}

static int named_check(struct acq_named *named)
{
	if (named->channels < named->channels_min || named->channels > NAMED_CHANNELS_MAX) {
		pr_err("%s_channels=%u: must be from %u to %u\n", named->family, named->channels,
		       named->channels_min, NAMED_CHANNELS_MAX);
		return -EINVAL;
	}
	if (!named->rate) {
		pr_err("%s_rate=0: must be at least 1\n", named->family);
		return -EINVAL;
	}
	named->format_found = acq_format_find(named->format);
	if (named->format_found >= 0)
		return 0;
	pr_err("%s_format=%s: must be one of s8 u8 s16 u16 s32 u32\n", named->family,
	       named->format);
	return -EINVAL;
}

/**
 * acq_named_register() - as acq_pci_register_named(), of a family whose samples are named, too
 * @named: what parameters say
 * @driver: without a table of ids
 *
 * Return: 0 or a negative errno, after saying why.
 */
int acq_named_register(struct acq_named *named, struct pci_driver *driver)
{
	return named_check(named) ?: acq_pci_register_named(driver, named->family, named->ids);
}

/* 0: none that tells this card from another */
static u64 named_serial(struct pci_dev *pdev)
{
	u64 dsn = pci_get_dsn(pdev);

	return dsn == NAMED_DSN_EXAMPLE || dsn == U64_MAX ? 0 : dsn;
}

/**
 * acq_named_describe() - what is the same for each stream of such cards
 * @named: what parameters say
 * @pdev: the card
 * @suffix: of the stream, behind the name of the card
 * @channels: samples in a frame as the card says, 0: it does not
 * @info: zeros; the caller adds capabilities, and what the card says
 * @config: filled in
 */
void acq_named_describe(const struct acq_named *named, struct pci_dev *pdev, const char *suffix,
			unsigned int channels, struct acq_info *info, struct acq_config *config)
{
	u64 serial = named_serial(pdev);

	strscpy(info->family, named->family, sizeof(info->family));
	snprintf(info->card, sizeof(info->card), "%s%s", pci_name(pdev), suffix);
	if (serial)
		snprintf(info->serial, sizeof(info->serial), "%016llx%s", serial, suffix);
	info->revision = pdev->revision;
	info->channels = NAMED_CHANNELS_MAX;
	info->formats = BIT(ACQ_FORMAT_NUM) - 1;
	info->rate_min_millihz = 1;
	info->rate_max_millihz = ACQ_NAMED_RATE_MAX_MILLIHZ;
	info->block_min = max_t(u32, NAMED_BLOCK_MIN, PAGE_SIZE);
	info->block_max = ACQ_NAMED_BLOCK_MAX;
	info->blocks_max = ACQ_NAMED_BLOCKS_MAX;
	info->ring_max = (u64)ACQ_NAMED_BLOCK_MAX * ACQ_NAMED_BLOCKS_MAX;

	config->rate_millihz = named->rate * (u64)MILLI;
	config->channel_mask = GENMASK_ULL((named->channels ?: channels ?: 1) - 1, 0);
	config->format = named->format_found;
}
