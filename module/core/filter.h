/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The filters of a run, and those that there are. What a filter is stands in
 * include/linux/acq_filter.h.
 *
 * They see what the card has written before the ring says that it is there. A run
 * without filters has no struct acq_filters: the producer looks at one pointer.
 */
#ifndef ACQ_FILTERS_H
#define ACQ_FILTERS_H

#include "fill.h"
#include "uapi.h"

struct acq_producer;
struct acq_run;
struct device;

/* For configurations */
int acq_filters_check(const struct acq_config *config);
void acq_filters_load(const struct acq_config *config);
int acq_filters_format(const struct acq_config *config, u32 *format);

/* For a run, with the stream's life_lock */
int acq_filters_begin(struct acq_run *run, struct device *dev, const char *name, u32 formats);
void acq_filters_end(struct acq_run *run);

/* For the producer, with its lock, of a run that has filters */
u32 acq_filters_card_format(const struct acq_run *run);
int acq_filters_fill(struct acq_producer *p, u64 seq, u32 before, struct acq_fill *placed,
		     const struct acq_fill *fill);
void acq_filters_forget(struct acq_run *run);
void acq_filters_rest(struct acq_producer *p);

#endif /* ACQ_FILTERS_H */
