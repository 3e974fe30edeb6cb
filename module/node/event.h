/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events of a stream for whoever watches the device: uevents.
 */
#ifndef ACQ_EVENT_H
#define ACQ_EVENT_H

#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "../core/uapi.h"

struct device;

/**
 * struct acq_event - what has happened since the last uevent
 * @work: sends it
 * @lock: protects what follows
 * @next: no other before then, in jiffies
 * @node: the node's device while it is registered
 * @gaps: number of gaps
 * @lost: frames lost in them
 * @index: sample index of the first
 * @cause: enum acq_cause of it
 * @error: of a stream that has failed, negative errno; or 0
 * @failure: why it has
 */
struct acq_event {
	struct delayed_work work;
	spinlock_t lock;
	unsigned long next;
	struct device *node;
	u64 gaps;
	u64 lost;
	u64 index;
	u32 cause;
	int error;
	enum acq_failure failure;
};

void acq_event_init(struct acq_event *event);
void acq_event_begin(struct acq_event *event, struct device *node);
void acq_event_gap(struct acq_event *event, u64 index, u64 lost, u32 cause);
void acq_event_failed(struct acq_event *event, int error, enum acq_failure failure);
void acq_event_stop(struct acq_event *event);

#endif /* ACQ_EVENT_H */
