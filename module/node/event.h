/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events of a stream for whoever watches the device: uevents.
 */
#ifndef ACQ_EVENT_H
#define ACQ_EVENT_H

#include <linux/types.h>
#include <linux/workqueue.h>

struct acq_stream;

/**
 * struct acq_event - what has happened since the last uevent
 * @work: sends it
 * @next: not before then, in jiffies; the work
 * @gaps: number of gaps; this and what follows: stream's produce_lock
 * @lost: frames lost in them
 * @index: sample index of the first
 * @cause: enum acq_cause of it
 * @failed: the stream has failed
 */
struct acq_event {
	struct delayed_work work;
	unsigned long next;
	u64 gaps;
	u64 lost;
	u64 index;
	u32 cause;
	bool failed;
};

void acq_event_init(struct acq_stream *stream);
void acq_event_gap(struct acq_stream *stream, u64 index, u64 lost, u32 cause);
void acq_event_failed(struct acq_stream *stream);
void acq_event_stop(struct acq_stream *stream);

#endif /* ACQ_EVENT_H */
