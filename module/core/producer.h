/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The producer: the card's side of a run. What its lock protects is all here; who
 * has a producer alone cannot touch the stream's life.
 */
#ifndef ACQ_PRODUCER_H
#define ACQ_PRODUCER_H

#include <linux/hrtimer.h>
#include <linux/mutex.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "card.h"
#include "run.h"
#include "segment.h"
#include "state.h"

/**
 * struct acq_totals - what has happened since the driver took the card
 * @runs: starts
 * @frames: that the card has produced in runs that are over, lost ones included
 * @lost: frames lost
 * @gaps: that they were lost in, by enum acq_cause
 * @resets: restarts of the card amid a run
 * @failures: runs that failed
 */
struct acq_totals {
	u64 runs;
	u64 frames;
	u64 lost;
	u64 gaps[ACQ_CAUSE_NUM];
	u64 resets;
	u64 failures;
};

/**
 * struct acq_producer_ops - what the producer has others do
 * @gap: samples have been lost
 * @ended: the run has ended by itself: the card is to be stopped
 * @restart: the card has forgotten its run, or does not do what it was told
 *
 * All in process context with the producer's lock held: they may not sleep for long.
 */
struct acq_producer_ops {
	void (*gap)(struct acq_stream *stream, u64 index, u64 lost, u32 cause);
	void (*ended)(struct acq_stream *stream);
	void (*restart)(struct acq_stream *stream);
};

/**
 * struct acq_producer - the card's side of a stream
 * @lock: serialises the producer; sleeps
 * @stream: what the card family and @up know it by
 * @ops: the card family
 * @up: who has to know
 * @life: the stream's state
 * @info: what the card is
 * @dev: the card's device, for messages
 * @name: the stream's name, for messages
 * @id: its number
 * @counts: the card ends a run after config->count frames by itself; else the core does
 *
 * The above is constant; the rest is protected by @lock.
 *
 * @gone: @ops may not be called any more
 * @run: the newest run; the stream has the reference
 * @producing: the card runs; @ops may be called; written under life_lock, too
 * @paused: the run has not ended, but the card does not run; as well
 * @told: position up to which readers have been woken for what has come
 * @first: the segment's first block
 * @segment: where what the card counts belongs
 * @finished: of an output: it has been told that nothing more comes
 * @unsure: of an output: it may have played more than it has told
 * @full_until: position below which a loss is due to a full ring
 * @report: what the card said last of its counters, from the begin of the run
 * @report_ns: when that was, in CLOCK_BOOTTIME; 0: it has not been started
 * @launched_ns: when the segment began, in CLOCK_BOOTTIME
 * @turned_ns: when the last turn was, in CLOCK_MONOTONIC
 * @halted: woken when a run ends, for ACQ_IOC_STOP
 *
 * @timer: has a turn made, for cards without a timer
 * @turn_work: a turn, for readers that have freed blocks while the card has few, or
 *	that have come or changed what they want
 * @watch_work: the watchdog
 *
 * @irq_frames: the card interrupts after so many frames
 * @irq_us: or after so many microseconds
 * @irq_bytes: what @irq_frames should be for the interrupts' rate
 * @moderated_ns: when that was settled
 * @moderated_at: number of interrupts then
 * @interrupts: number of interrupts
 * @idle_interrupts: those for nothing, less what good ones excuse
 * @held: the last turn has brought what filters hold back
 * @wakeups: of readers of earlier runs
 * @totals: since the driver took the card
 */
struct acq_producer {
	struct mutex lock;
	struct acq_stream *stream;
	const struct acq_card_ops *ops;
	const struct acq_producer_ops *up;
	struct acq_life *life;
	const struct acq_info *info;
	struct device *dev;
	const char *name;
	unsigned int id;
	bool counts;

	bool gone;
	struct acq_run *run;
	bool producing;
	bool paused;
	u64 told;
	u64 first;
	struct acq_segment segment;
	bool finished;
	bool unsure;
	u64 full_until;
	struct acq_report report;
	u64 report_ns;
	u64 launched_ns;
	u64 turned_ns;
	wait_queue_head_t halted;

	struct hrtimer timer;
	struct work_struct turn_work;
	struct delayed_work watch_work;

	u32 irq_frames;
	u32 irq_us;
	u32 irq_bytes;
	u64 moderated_ns;
	u64 moderated_at;
	u64 interrupts;
	u32 idle_interrupts;
	bool held;
	u64 wakeups;
	struct acq_totals totals;
};

void acq_producer_init(struct acq_producer *p);

/* With the lock held */
void acq_producer_take(struct acq_producer *p, struct acq_run *run);
int acq_producer_launch(struct acq_producer *p);
void acq_producer_halt(struct acq_producer *p);
void acq_producer_abandon(struct acq_producer *p);
bool acq_producer_turn(struct acq_producer *p);
bool acq_producer_check(struct acq_producer *p);
bool acq_producer_look(struct acq_producer *p);
void acq_producer_drop(struct acq_producer *p);
void acq_producer_end(struct acq_producer *p, enum acq_end end);

int acq_producer_fill(struct acq_producer *p, const struct acq_fill *fill);
void acq_producer_lost(struct acq_producer *p, enum acq_cause cause);
void acq_producer_dry(struct acq_producer *p);
void acq_producer_report(struct acq_producer *p, const struct acq_report *report);
void acq_producer_finished(struct acq_producer *p);
void acq_producer_fail(struct acq_producer *p, int error, enum acq_failure failure);
void acq_producer_restart(struct acq_producer *p);
void acq_producer_service_in(struct acq_producer *p, u32 us);

/* Any context, or sleeping: see there */
void acq_producer_service_soon(struct acq_producer *p);
bool acq_producer_interrupt(struct acq_producer *p);
bool acq_producer_status(struct acq_producer *p, struct acq_status *status, bool fresh);
void acq_producer_totals(struct acq_producer *p, struct acq_totals *totals);

/* Does the card run, for a run that has not ended? */
static inline bool acq_producer_runs(const struct acq_producer *p)
{
	return p->producing && !acq_run_end(p->run);
}

#endif /* ACQ_PRODUCER_H */
