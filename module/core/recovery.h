/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recovery: why a run goes on after a reset, a sleep or an error of the bus. One work
 * item, whoever asks for it: the watchdog and the card family by acq_stream_restart(),
 * who wakes the card or has reset it by acq_stream_resume().
 *
 * An attempt stops the card and starts it for a new segment. Each that follows one
 * which has brought nothing waits longer; after the last the run fails. Samples, a
 * resume and a new run begin the count anew.
 */
#ifndef ACQ_RECOVERY_H
#define ACQ_RECOVERY_H

#include <linux/types.h>
#include <linux/workqueue.h>

#include "uapi.h"

struct acq_stream;

/**
 * struct acq_recovery - gets a stream's card going again
 * @work: the attempts
 *
 * The rest is protected by producer.lock.
 *
 * @asked: the card runs, but not as it should: it is to be stopped and started
 * @attempts: how many there were since the run moved last
 * @position: where the ring stood then
 * @due: when the newest attempt may begin, in jiffies
 */
struct acq_recovery {
	struct delayed_work work;
	bool asked;
	unsigned int attempts;
	u64 position;
	unsigned long due;
};

void acq_recovery_init(struct acq_stream *stream);
void acq_recovery_cancel(struct acq_stream *stream);

/* With life_lock held */
void acq_recovery_begin(struct acq_stream *stream);
bool acq_recovery_due(struct acq_stream *stream);
void acq_recovery_pause(struct acq_stream *stream, enum acq_cause cause);

/* With producer.lock held */
void acq_recovery_ask(struct acq_stream *stream);

#endif /* ACQ_RECOVERY_H */
