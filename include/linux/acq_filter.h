/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Filters of acqdev: they change samples in place, behind the card and before any
 * reader. A configuration chooses them by name (struct acq_config, @filter). See
 * docs/in-kernel.md, and module/filters/ for two to begin with.
 */
#ifndef _LINUX_ACQ_FILTER_H
#define _LINUX_ACQ_FILTER_H

#include <linux/device/driver.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/types.h>

#include <uapi/linux/acqdev.h>

/**
 * struct acq_filter - a filter, for all streams that choose it
 * @name: its name: a-z, 0-9, '-' and '_', so short that it fits in a configuration
 * @owner: THIS_MODULE: it stays while a run uses the filter
 * @node: acqdev's own
 *
 * @format: the format that the samples must have so that they have @format, an enum
 *	acq_format, behind the filter: one as wide. -EINVAL: there is none. NULL: the
 *	filter leaves the format as it is. May not sleep for long
 * @begin: a run begins. @config is what it was started with, but for the format, which
 *	is that behind this filter. What *@state is set to the other calls get. A negative
 *	errno keeps the run from beginning. Sleeps. NULL: there is nothing to prepare
 * @change: change samples in place: @bytes of them, whole frames, not 0, contiguous in
 *	the sample index. The first has @index; where that is not what follows from the
 *	call before, the samples between were lost. Each sample comes once, in order.
 *	Calls of one run never overlap. Sleeps, but not for long: meanwhile the card gets
 *	no memory, and loses samples in the end. A negative errno fails the run, and no
 *	reader gets these samples or later ones
 * @end: the run is over; NULL: there is nothing to undo. Sleeps
 *
 * None of these may call acqdev, or wait for who reads.
 */
struct acq_filter {
	const char *name;
	struct module *owner;
	struct list_head node;

	int (*format)(u32 format);
	int (*begin)(void **state, const struct acq_config *config);
	int (*change)(void *state, void *samples, u32 bytes, u64 index);
	void (*end)(void *state);
};

int acq_filter_register(struct acq_filter *filter);
void acq_filter_unregister(struct acq_filter *filter);

/* The module is loaded when a configuration names the filter, a string. */
#define MODULE_ALIAS_ACQ_FILTER(name)	MODULE_ALIAS("acq-filter-" name)

/* For a module that is one filter and nothing else */
#define module_acq_filter(filter) \
	module_driver(filter, acq_filter_register, acq_filter_unregister)

#endif /* _LINUX_ACQ_FILTER_H */
