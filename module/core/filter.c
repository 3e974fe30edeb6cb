// SPDX-License-Identifier: GPL-2.0-only
/* The filters of a run, and those that there are. See filter.h. */
#include <linux/acq_filter.h>
#include <linux/bits.h>
#include <linux/ctype.h>
#include <linux/dma-mapping.h>
#include <linux/kmod.h>
#include <linux/math.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "config.h"
#include "filter.h"
#include "producer.h"

/* A name of a letter, and a comma behind it */
#define FILTERS_MAX	(sizeof_field(struct acq_config, filter) / 2)

/**
 * struct acq_filters - the filters of one run
 * @dev: the card's device, for messages
 * @name: the stream's name, for messages
 * @card_format: enum acq_format that the card delivers
 * @align: the card and the processor must not write within so many bytes both
 * @all: the next piece is the card's last of its block: whatever @align says
 * @rest: what acq_producer_fill() was told last, if that was more than readers got;
 *	else its @bytes is 0
 * @count: number of filters
 * @link: the filters, the readers' side first
 *
 * Changes under the producer's lock.
 */
struct acq_filters {
	struct device *dev;
	const char *name;
	u32 card_format;
	u32 align;
	bool all;
	struct acq_fill rest;
	unsigned int count;
	struct {
		const struct acq_filter *filter;
		void *state;
	} link[FILTERS_MAX];
};

static DEFINE_MUTEX(filter_lock);
static LIST_HEAD(filter_list);

static bool filter_is_name_char(char c)
{
	return islower(c) || isdigit(c) || c == '-' || c == '_';
}

static bool filter_is_name(const char *name)
{
	size_t length = 0;

	while (filter_is_name_char(name[length]))
		length++;
	return length && !name[length] && length < sizeof_field(struct acq_config, filter);
}

static struct acq_filter *filter_find(const char *name)
{
	struct acq_filter *filter;

	lockdep_assert_held(&filter_lock);
	list_for_each_entry(filter, &filter_list, node) {
		if (!strcmp(filter->name, name))
			return filter;
	}
	return NULL;
}

/**
 * acq_filter_register() - let configurations choose a filter
 * @filter: stays until acq_filter_unregister()
 *
 * Context: sleeps.
 * Return: 0, -EINVAL: it has no valid name or changes nothing, or -EEXIST: there is
 * one of that name.
 */
int acq_filter_register(struct acq_filter *filter)
{
	if (!filter_is_name(filter->name) || !filter->change)
		return -EINVAL;
	guard(mutex)(&filter_lock);
	if (filter_find(filter->name))
		return -EEXIST;
	list_add_tail(&filter->node, &filter_list);
	return 0;
}
EXPORT_SYMBOL_GPL(acq_filter_register);

/**
 * acq_filter_unregister() - undo acq_filter_register()
 * @filter: no run uses it: each has a reference on its owner
 *
 * A configuration may still name it: runs do not begin then.
 *
 * Context: sleeps.
 */
void acq_filter_unregister(struct acq_filter *filter)
{
	guard(mutex)(&filter_lock);
	list_del(&filter->node);
}
EXPORT_SYMBOL_GPL(acq_filter_unregister);

/**
 * acq_filters_check() - is this a list of filters?
 * @config: from user space
 *
 * Return: 0, or -EINVAL: not names with commas between them, and zeros behind.
 */
int acq_filters_check(const struct acq_config *config)
{
	const char *list = config->filter, *end = list + sizeof(config->filter);
	const char *c, *name = list;

	for (c = list; c < end && *c; c++) {
		if (*c == ',' && c > name)
			name = c + 1;
		else if (!filter_is_name_char(*c))
			return -EINVAL;
	}
	/* There is a zero, no comma before it, and nothing behind it. */
	if (c == end || (c > list && c == name) || memchr_inv(c, 0, end - c))
		return -EINVAL;
	return 0;
}

/* The names of a list that has been checked, one after the other: @at is in a copy of it. */
static char *filter_next(char **at)
{
	char *name = strsep(at, ",");

	return name && *name ? name : NULL;
}

/**
 * acq_filters_load() - load the modules of filters that are not there
 * @config: passed acq_filters_check()
 *
 * Context: sleeps, for as long as that takes: not with a lock.
 */
void acq_filters_load(const struct acq_config *config)
{
	char list[sizeof(config->filter)], *at = list, *name;
	bool there;

	memcpy(list, config->filter, sizeof(list));
	while ((name = filter_next(&at))) {
		scoped_guard(mutex, &filter_lock)
			there = filter_find(name);
		if (!there)
			request_module("acq-filter-%s", name);
	}
}

/* The names of a list, the readers' side first: cuts the last one off. */
static char *filter_last(char *list)
{
	char *comma = strrchr(list, ',');

	if (!comma)
		return list;
	*comma = '\0';
	return comma + 1;
}

static int filter_format_before(const struct acq_filter *filter, u32 format)
{
	int ret = filter->format ? filter->format(format) : format;

	/* One as wide: the length does not change. */
	if (ret >= ACQ_FORMAT_NUM ||
	    (ret >= 0 && acq_format_bytes(ret) != acq_format_bytes(format)))
		return -EINVAL;
	return ret;
}

/**
 * acq_filters_format() - what must the card deliver for what readers are to get?
 * @config: passed acq_config_check()
 * @format: enum acq_format; changed from what readers get to what the card delivers
 *
 * Return: 0, -ENOENT: there is no such filter, or -EINVAL: it cannot deliver that.
 */
int acq_filters_format(const struct acq_config *config, u32 *format)
{
	char list[sizeof(config->filter)], *name;
	const struct acq_filter *filter;
	int ret;

	if (!config->filter[0])
		return 0;
	memcpy(list, config->filter, sizeof(list));
	guard(mutex)(&filter_lock);
	do {
		name = filter_last(list);
		filter = filter_find(name);
		ret = filter ? filter_format_before(filter, *format) : -ENOENT;
		if (ret < 0)
			return ret;
		*format = ret;
	} while (name != list);
	return 0;
}

/* One more filter, on the card's side of the others: samples leave it as @config says. */
static int filters_add(struct acq_filters *filters, const char *name, struct acq_config *config)
{
	const struct acq_filter *filter;
	void *state = NULL;
	int ret;

	scoped_guard(mutex, &filter_lock) {
		filter = filter_find(name);
		if (!filter || !try_module_get(filter->owner))
			return -ENOENT;
	}
	ret = filter_format_before(filter, config->format);
	if (ret >= 0 && filter->begin) {
		int error = filter->begin(&state, config);

		ret = error < 0 ? error : ret;
	}
	if (ret < 0) {
		module_put(filter->owner);
		return ret;
	}
	config->format = ret;
	filters->link[filters->count].filter = filter;
	filters->link[filters->count++].state = state;
	return 0;
}

static void filters_free(struct acq_filters *filters)
{
	while (filters->count--) {
		const struct acq_filter *filter = filters->link[filters->count].filter;

		if (filter->end)
			filter->end(filters->link[filters->count].state);
		module_put(filter->owner);
	}
	kfree(filters);
}

/**
 * acq_filters_begin() - prepare the filters that a run was configured to
 * @run: the run; mapped, if the card is to write to it
 * @dev: the card's device, for messages
 * @name: the stream's name, for messages
 * @formats: that the card has: bits of enum acq_format
 *
 * Context: life_lock; sleeps.
 * Return: 0, also if there are none; -ENOENT: one is not there any more, -EINVAL: together
 * they ask for what the card does not have, or why one does not begin.
 */
int acq_filters_begin(struct acq_run *run, struct device *dev, const char *name, u32 formats)
{
	char list[sizeof(run->config.filter)], *last;
	struct acq_config config = run->config;
	struct acq_filters *filters;
	int ret;

	if (!config.filter[0])
		return 0;
	filters = kzalloc(sizeof(*filters), GFP_KERNEL);
	if (!filters)
		return -ENOMEM;
	filters->dev = dev;
	filters->name = name;
	filters->align = acq_run_share_align(run);
	memcpy(list, config.filter, sizeof(list));
	do {
		last = filter_last(list);
		ret = filters_add(filters, last, &config);
		if (ret) {
			dev_err_ratelimited(dev, "%s: filter %s %s (%d): not started\n", name,
					    last, ret == -ENOENT ? "is not there" :
								   "does not begin", ret);
			filters_free(filters);
			return ret;
		}
	} while (last != list);
	filters->card_format = config.format;
	/* Filters may be others by now than those that the configuration was checked with. */
	if (!(formats & BIT(config.format))) {
		dev_err_ratelimited(dev, "%s: the card has no format %s, which filters %s ask for: not started\n",
				    name, acq_format_names[config.format], run->config.filter);
		filters_free(filters);
		return -EINVAL;
	}
	run->filters = filters;
	return 0;
}

/**
 * acq_filters_end() - the run is over; does nothing if it has no filters
 * @run: the run
 *
 * Context: life_lock, and no producer fills the run any more; sleeps.
 */
void acq_filters_end(struct acq_run *run)
{
	struct acq_filters *filters = run->filters;

	if (!filters)
		return;
	run->filters = NULL;
	filters_free(filters);
}

/** acq_filters_card_format() - enum acq_format that the card is to deliver */
u32 acq_filters_card_format(const struct acq_run *run)
{
	return run->filters->card_format;
}

/*
 * Where caches are not coherent, a line that the processor writes back must not have
 * bytes that the card has yet to write: readers get what lies before such a line.
 * Returns true if that is nothing new.
 */
static bool filters_hold(struct acq_filters *filters, u32 frame, u32 before,
			 struct acq_fill *placed, const struct acq_fill *fill)
{
	u32 bytes = placed->bytes;

	filters->rest.bytes = 0;
	if (filters->align <= 1 || placed->complete || filters->all)
		return false;
	bytes = round_down(bytes, filters->align);
	bytes -= bytes % frame;
	if (bytes < placed->bytes)
		filters->rest = *fill;
	if (bytes <= before)
		return true;
	placed->bytes = bytes;
	return false;
}

/* Returns 0, or what a filter returned: @who is that. */
static int filters_change(const struct acq_filters *filters, void *samples, u32 bytes, u64 index,
			  const struct acq_filter **who)
{
	unsigned int i;
	int ret;

	/* The last of them is the card's. */
	for (i = filters->count; i > 0; i--) {
		*who = filters->link[i - 1].filter;
		ret = (*who)->change(filters->link[i - 1].state, samples, bytes, index);
		if (ret)
			return ret < 0 ? ret : -EIO;
	}
	return 0;
}

/* What no reader gets of @fill, from @before on, is lost: it counts at the end. */
static void filters_count_refused(struct acq_producer *p, const struct acq_fill *fill, u32 before)
{
	const struct acq_ring *ring = &p->run->ring;
	u64 frames = ring->next_index - ring->meta->base_index;

	frames += (fill->bytes - before) / ring->frame;
	if (!before && fill->lost < ACQ_INDEX_MAX)
		frames += fill->lost;
	p->report.frames = max(p->report.frames, frames);
}

/**
 * acq_filters_fill() - filter the new bytes of the open block
 * @p: the producer, with its lock held, of a run that has filters
 * @seq: number of the block
 * @before: bytes that are the readers' already
 * @placed: what the ring is to be told; its @bytes may be lowered
 * @fill: what the card has said
 *
 * Return: 0; 1: there is nothing for readers yet; negative: the run has failed.
 */
int acq_filters_fill(struct acq_producer *p, u64 seq, u32 before, struct acq_fill *placed,
		     const struct acq_fill *fill)
{
	struct acq_run *run = p->run;
	struct acq_filters *filters = run->filters;
	const struct acq_ring *ring = &run->ring;
	u8 *block = acq_run_addr(run, acq_ring_slot(ring, seq));
	const struct acq_filter *who;
	u32 held;
	int ret;

	lockdep_assert_held(&p->lock);
	/* Nothing new; or what acq_ring_fill() refuses, with which no filter is to deal. */
	if (placed->bytes <= before || acq_ring_check(ring, placed))
		return 0;
	held = filters->rest.bytes;
	if (filters_hold(filters, ring->frame, before, placed, fill)) {
		/* No reader has anything of it, but the card has not interrupted for nothing. */
		p->held |= filters->rest.bytes > held;
		return 1;
	}
	ret = filters_change(filters, block + before, placed->bytes - before,
			     placed->index + before / ring->frame, &who);
	if (ret) {
		dev_err_ratelimited(filters->dev, "%s: filter %s fails (%d): stopped\n",
				    filters->name, who->name, ret);
		filters_count_refused(p, placed, before);
		acq_producer_fail(p, ret, ACQ_FAILURE_FILTER);
		return ret;
	}
	acq_run_sync_back(run, seq, before, placed->bytes);
	return 0;
}

/** acq_filters_forget() - the card begins anew: what was held back is not to be had any more */
void acq_filters_forget(struct acq_run *run)
{
	if (run->filters)
		run->filters->rest.bytes = 0;
}

/**
 * acq_filters_rest() - the card writes no more to the open block
 * @p: the producer, with its lock held, of a run that has filters
 *
 * What was held back for it is for the readers now.
 */
void acq_filters_rest(struct acq_producer *p)
{
	struct acq_filters *filters = p->run->filters;
	struct acq_fill rest = filters->rest;

	if (!rest.bytes)
		return;
	filters->all = true;
	acq_producer_fill(p, &rest);
	filters->all = false;
}
