// SPDX-License-Identifier: GPL-2.0-only
/* Cards that the user names, of families without ids of their own. See pci.h. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "pci.h"

static int named_add(struct pci_driver *driver, const char *parameter, const char *one)
{
	unsigned int vendor, device;
	int length;

	if (sscanf(one, "%x:%x%n", &vendor, &device, &length) == 2 && !one[length] && vendor &&
	    vendor <= 0xffff && device <= 0xffff)
		return pci_add_dynid(driver, vendor, device, PCI_ANY_ID, PCI_ANY_ID, 0, 0, 0);
	pr_err("%s: '%s' is no VENDOR:DEVICE in hexadecimal\n", parameter, one);
	return -EINVAL;
}

/**
 * acq_pci_register_named() - register a driver that takes the cards that the user names
 * @driver: without a table of ids, so that new_id takes any
 * @parameter: name of the module parameter
 * @ids: its value, VENDOR:DEVICE,... in hexadecimal; NULL: none
 *
 * Undone by pci_unregister_driver().
 *
 * Return: 0 or a negative errno, after saying why.
 */
int acq_pci_register_named(struct pci_driver *driver, const char *parameter, const char *ids)
{
	char *list, *next, *one;
	int ret = pci_register_driver(driver);

	if (ret || !ids)
		return ret;
	list = kstrdup(ids, GFP_KERNEL);
	ret = list ? 0 : -ENOMEM;
	next = list;
	while (!ret && (one = strsep(&next, ",")))
		ret = named_add(driver, parameter, one);
	kfree(list);
	if (ret)
		pci_unregister_driver(driver);
	return ret;
}
