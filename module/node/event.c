// SPDX-License-Identifier: GPL-2.0-only
/*
 * Uevents of a stream. See event.h.
 *
 * The readers learn of every gap by themselves. This is for those who only watch:
 * what happens within a second is told by one event.
 */
#include <linux/device.h>
#include <linux/jiffies.h>
#include <linux/kobject.h>

#include "../compat.h"
#include "event.h"
#include "../core/stream.h"

#define EVENT_PERIOD	HZ

static void send_gap(struct device *node, const struct acq_event *event)
{
	static const char *const causes[ACQ_CAUSE_NUM] = {
		[ACQ_CAUSE_NONE]	= "none",
		[ACQ_CAUSE_CARD_FIFO]	= "card-fifo",
		[ACQ_CAUSE_RING_FULL]	= "ring-full",
		[ACQ_CAUSE_OVERTAKEN]	= "overtaken",
		[ACQ_CAUSE_SUSPEND]	= "suspend",
		[ACQ_CAUSE_RESET]	= "reset",
		[ACQ_CAUSE_UNPLUG]	= "unplug",
	};
	char gaps[32], lost[40], index[40], cause[32];
	char *env[] = { "ACQ_EVENT=gap", gaps, lost, index, cause, NULL };

	snprintf(gaps, sizeof(gaps), "ACQ_GAPS=%llu", event->gaps);
	snprintf(lost, sizeof(lost), "ACQ_LOST=%llu", event->lost);
	snprintf(index, sizeof(index), "ACQ_INDEX=%llu", event->index);
	snprintf(cause, sizeof(cause), "ACQ_CAUSE=%s", causes[event->cause]);
	kobject_uevent_env(&node->kobj, KOBJ_CHANGE, env);
}

static void send_failed(struct device *node, int err)
{
	char error[24];
	char *env[] = { "ACQ_EVENT=failed", error, NULL };

	snprintf(error, sizeof(error), "ACQ_ERROR=%d", err);
	kobject_uevent_env(&node->kobj, KOBJ_CHANGE, env);
}

static void event_work(struct work_struct *work)
{
	struct acq_event *pending = container_of(to_delayed_work(work), struct acq_event, work);
	struct acq_stream *stream = container_of(pending, struct acq_stream, event);
	struct acq_event event;
	struct device *node;
	int err;

	pending->next = jiffies + EVENT_PERIOD;
	scoped_guard(mutex, &stream->produce_lock) {
		event = *pending;
		/* If there is one still, it stays until acq_event_stop() has waited for us. */
		node = stream->node;
		err = stream->error;
		pending->gaps = 0;
		pending->lost = 0;
		pending->failed = false;
	}
	if (!node)
		return;
	if (event.gaps)
		send_gap(node, &event);
	if (event.failed)
		send_failed(node, err);
}

/* Soon, or when the last event is long enough ago */
static void send_later(struct acq_stream *stream)
{
	unsigned long now = jiffies, next = READ_ONCE(stream->event.next);

	/* Nobody can watch a device that is not there yet or not there any more. */
	if (READ_ONCE(stream->node))
		queue_delayed_work(system_percpu_wq, &stream->event.work,
				   time_before(now, next) ? next - now : 0);
}

/** acq_event_init() - before anything can happen */
void acq_event_init(struct acq_stream *stream)
{
	INIT_DELAYED_WORK(&stream->event.work, event_work);
	stream->event.next = jiffies;
}

/**
 * acq_event_gap() - samples have been lost
 * @stream: the stream
 * @index: sample index of the first
 * @lost: frames
 * @cause: enum acq_cause
 *
 * Context: produce_lock.
 */
void acq_event_gap(struct acq_stream *stream, u64 index, u64 lost, u32 cause)
{
	struct acq_event *event = &stream->event;

	lockdep_assert_held(&stream->produce_lock);
	if (!event->gaps) {
		event->index = index;
		event->cause = cause;
	}
	event->gaps++;
	event->lost += lost;
	send_later(stream);
}

/** acq_event_failed() - the stream has failed; under produce_lock */
void acq_event_failed(struct acq_stream *stream)
{
	lockdep_assert_held(&stream->produce_lock);
	stream->event.failed = true;
	send_later(stream);
}

/** acq_event_stop() - the device goes: no event is sent any more; sleeps */
void acq_event_stop(struct acq_stream *stream)
{
	scoped_guard(mutex, &stream->produce_lock)
		WRITE_ONCE(stream->node, NULL);
	cancel_delayed_work_sync(&stream->event.work);
}
