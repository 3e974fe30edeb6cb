// SPDX-License-Identifier: GPL-2.0-only
/*
 * Uevents of a stream. See event.h.
 *
 * The readers learn of every gap by themselves. This is for those who only watch:
 * what happens within a second becomes one event.
 */
#include <linux/device.h>
#include <linux/jiffies.h>
#include <linux/kobject.h>

#include "../compat.h"
#include "event.h"
#include "names.h"

#define EVENT_PERIOD	HZ

static void event_send_gap(struct device *node, u64 gaps, u64 lost, u64 index, u32 cause)
{
	char gaps_text[32], lost_text[40], index_text[40], cause_text[32];
	char *env[] = { "ACQ_EVENT=gap", gaps_text, lost_text, index_text, cause_text, NULL };

	snprintf(gaps_text, sizeof(gaps_text), "ACQ_GAPS=%llu", gaps);
	snprintf(lost_text, sizeof(lost_text), "ACQ_LOST=%llu", lost);
	snprintf(index_text, sizeof(index_text), "ACQ_INDEX=%llu", index);
	snprintf(cause_text, sizeof(cause_text), "ACQ_CAUSE=%s", acq_cause_names[cause]);
	kobject_uevent_env(&node->kobj, KOBJ_CHANGE, env);
}

static void event_send_failed(struct device *node, int err, enum acq_failure failure)
{
	char error[24], reason[32];
	char *env[] = { "ACQ_EVENT=failed", error, reason, NULL };

	snprintf(error, sizeof(error), "ACQ_ERROR=%d", err);
	snprintf(reason, sizeof(reason), "ACQ_REASON=%s", acq_failure_names[failure]);
	kobject_uevent_env(&node->kobj, KOBJ_CHANGE, env);
}

static void event_work(struct work_struct *work)
{
	struct acq_event *event = container_of(to_delayed_work(work), struct acq_event, work);
	struct device *node;
	enum acq_failure failure;
	u64 gaps, lost, index;
	u32 cause;
	int error;

	scoped_guard(spinlock, &event->lock) {
		event->next = jiffies + EVENT_PERIOD;
		/* If there is one still, it stays until acq_event_stop() has waited for us. */
		node = event->node;
		gaps = event->gaps;
		lost = event->lost;
		index = event->index;
		cause = event->cause;
		error = event->error;
		failure = event->failure;
		event->gaps = 0;
		event->lost = 0;
		event->error = 0;
	}
	if (!node)
		return;
	if (gaps)
		event_send_gap(node, gaps, lost, index, cause);
	if (error)
		event_send_failed(node, error, failure);
}

/* Soon, or when the last event is long enough ago */
static void event_send_later(struct acq_event *event)
{
	unsigned long now = jiffies, next = event->next;

	lockdep_assert_held(&event->lock);
	/* Nobody can watch a device that is not there yet or not there any more. */
	if (event->node)
		queue_delayed_work(system_percpu_wq, &event->work,
				   time_before(now, next) ? next - now : 0);
}

/** acq_event_init() - before anything can happen */
void acq_event_init(struct acq_event *event)
{
	spin_lock_init(&event->lock);
	INIT_DELAYED_WORK(&event->work, event_work);
	event->next = jiffies;
}

/** acq_event_begin() - the device is there: events are of use from now on */
void acq_event_begin(struct acq_event *event, struct device *node)
{
	guard(spinlock)(&event->lock);
	event->node = node;
}

/**
 * acq_event_gap() - samples have been lost
 * @event: of the stream
 * @index: sample index of the first
 * @lost: frames
 * @cause: enum acq_cause
 *
 * Context: any but interrupt.
 */
void acq_event_gap(struct acq_event *event, u64 index, u64 lost, u32 cause)
{
	guard(spinlock)(&event->lock);
	if (!event->gaps) {
		event->index = index;
		event->cause = cause;
	}
	event->gaps++;
	event->lost += lost;
	event_send_later(event);
}

/**
 * acq_event_failed() - the stream has failed
 * @event: of the stream
 * @error: negative errno
 * @failure: why
 *
 * Context: any but interrupt.
 */
void acq_event_failed(struct acq_event *event, int error, enum acq_failure failure)
{
	guard(spinlock)(&event->lock);
	event->error = error;
	event->failure = failure;
	event_send_later(event);
}

/** acq_event_stop() - the device goes: no event is sent any more; sleeps */
void acq_event_stop(struct acq_event *event)
{
	scoped_guard(spinlock, &event->lock)
		event->node = NULL;
	cancel_delayed_work_sync(&event->work);
}
