/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stream: one card's samples, its device node and its life.
 *
 * Locks, outermost first:
 *
 *	life_lock	start, stop, configure, remove, last close; sleeps
 *	file->lock	one read at a time of an open file; sleeps in page faults, so
 *			with life_lock it is only tried
 *	produce_lock	the producer: what the card says and gets; sleeps
 *	run->lock	positions against joining, leaving and waking readers
 *	run_lock	which run is the newest
 *	state_lock	the state
 *
 * produce_lock is never held together with file->lock: a reader that waits for a
 * page cannot hold the card up. Nobody waits for samples with any of them held.
 */
#ifndef ACQ_STREAM_H
#define ACQ_STREAM_H

#include <linux/hrtimer.h>
#include <linux/kref.h>
#include <linux/miscdevice.h>
#include <linux/mutex.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "card.h"
#include "../node/event.h"
#include "run.h"

struct acq_file;

/**
 * struct acq_leg - a part of a run in which the card counts on
 * @seq: number of its first block
 * @index: sample index of what the card calls 0
 * @frames: frames of the run before that
 * @lost: those of them that were lost right before it
 * @cause: enum acq_cause of that
 */
struct acq_leg {
	u64 seq;
	u64 index;
	u64 frames;
	u64 lost;
	u32 cause;
};

/**
 * struct acq_stream - one stream and its node
 * @ref: one for the card family until acq_stream_remove(), one for each open file
 * @misc: the device node
 * @name: its name
 * @id: its number; free again when the last reference goes
 * @dev: the card's device, for messages and DMA; referenced
 * @node: the node's device while it is registered; written under produce_lock
 * @debugfs: its directory
 * @ops: the card family; called only while !@gone
 * @card: the card family's own; as @ops
 * @info: what the card is; constant
 *
 * @life_lock: serialises start, stop, configuration, removal and last close
 * @config: what the next run will be started with; life_lock
 * @open_files: number of them
 * @explicit: the newest run was started by ACQ_IOC_START; written under life_lock
 * @gone: the card is gone for good; written under life_lock
 * @asleep: the card cannot be used for now; life_lock
 *
 * @state_lock: protects @state and @error
 * @state: enum acq_state; changed by acq_stream_transition() alone
 * @error: why it failed, negative errno
 *
 * @run_lock: protects the pointer @run against readers that join
 * @run: the newest run or NULL; written under life_lock and run_lock
 * @runs: number of starts; life_lock and produce_lock
 *
 * @produce_lock: serialises the producer; protects what follows
 * @producing: the card runs; @ops may be called; written under life_lock, too
 * @paused: the run has not ended, but the card does not run; as well
 * @leg: what the card counts from
 * @full_until: position below which a loss is due to a full ring
 * @report: what the card said last of its counters, from the begin of the run
 * @report_ns: when that was, in CLOCK_BOOTTIME; 0: it has not been started
 * @first: the segment's first block
 * @timer: has service() called, for cards without a timer
 * @restart: the card is to be restarted, by restart_work
 * @restarted: where the ring stood when it was restarted last
 * @restarted_at: when, in jiffies
 * @restarts: how often it was, at that place
 * @gone_wait: pollers that do not read
 * @halted: woken when a run ends, for ACQ_IOC_STOP
 *
 * @starter: the reader that start_work starts for, or NULL; cleared under life_lock
 * @start_after: number of starts when that was asked for
 * @rest_work: brings a card whose run has ended to rest
 * @restart_work: begins a new leg
 * @start_work: starts for a reader that must not wait
 * @refill_work: a turn of the producer, for readers that have freed blocks while
 *	the card has few, or that have come or changed what they want
 * @watch_work: the watchdog
 *
 * @event: for those who watch the device
 *
 * @irq_frames: the card interrupts after so many frames; this and what follows:
 *	produce_lock
 * @irq_us: or after so many microseconds
 * @irq_bytes: what @irq_frames should be for the interrupts' rate
 * @moderated_ns: when that was settled
 * @moderated_at: number of interrupts then
 * @interrupts: number of interrupts
 * @idle_interrupts: those for nothing, less what good ones excuse
 * @wakeups: number of wake-ups of readers; run->lock of the newest run
 */
struct acq_stream {
	struct kref ref;
	struct miscdevice misc;
	char name[16];
	int id;
	struct device *dev;
	struct device *node;
	struct dentry *debugfs;
	const struct acq_card_ops *ops;
	void *card;
	struct acq_info info;

	struct mutex life_lock;
	struct acq_config config;
	atomic_t open_files;
	bool explicit;
	bool gone;
	bool asleep;

	spinlock_t state_lock;
	enum acq_state state;
	int error;

	spinlock_t run_lock;
	struct acq_run *run;
	u64 runs;

	struct mutex produce_lock;
	bool producing;
	bool paused;
	struct acq_leg leg;
	u64 full_until;
	struct acq_report report;
	u64 report_ns;
	u64 first;
	struct hrtimer timer;
	bool restart;
	u64 restarted;
	unsigned long restarted_at;
	u32 restarts;
	wait_queue_head_t gone_wait;
	wait_queue_head_t halted;

	struct acq_file *starter;
	u64 start_after;
	struct work_struct rest_work;
	struct work_struct restart_work;
	struct work_struct start_work;
	struct work_struct refill_work;
	struct delayed_work watch_work;

	struct acq_event event;

	u32 irq_frames;
	u32 irq_us;
	u32 irq_bytes;
	u64 moderated_ns;
	u64 moderated_at;
	u64 interrupts;
	u32 idle_interrupts;
	u64 wakeups;
};

struct acq_stream *acq_stream_get(struct acq_stream *stream);
struct acq_run *acq_stream_run(struct acq_stream *stream);

bool acq_stream_transition(struct acq_stream *stream, enum acq_state to);
int acq_stream_start(struct acq_stream *stream, bool explicit, struct acq_file *file);
void acq_stream_start_later(struct acq_stream *stream, struct acq_file *file);
void acq_stream_forget(struct acq_stream *stream, struct acq_file *file);
int acq_stream_stop(struct acq_stream *stream);
int acq_stream_trigger(struct acq_stream *stream);
int acq_stream_configure(struct acq_stream *stream, struct acq_config *config);
void acq_stream_last_close(struct acq_stream *stream);
void acq_stream_status(struct acq_stream *stream, struct acq_status *status);

/**
 * acq_stream_look() - somebody wants to know what the card has, or wants it sooner
 * @stream: the stream
 *
 * Context: any.
 */
static inline void acq_stream_look(struct acq_stream *stream)
{
	queue_work(system_highpri_wq, &stream->refill_work);
}

/**
 * acq_stream_freed() - a reader is done with a block of the newest run
 * @stream: the stream
 * @run: the run that it reads
 *
 * While the card has blocks, its interrupts give it those that became free.
 * Only when it has few left somebody has to see to it.
 */
static inline void acq_stream_freed(struct acq_stream *stream, const struct acq_run *run)
{
	/* The reader's position before the card's need: one of both sides sees the other. */
	smp_mb();
	if (!acq_run_end(run) && acq_ring_outstanding(&run->ring) <= run->ring.slots / 8)
		acq_stream_look(stream);
}

#endif /* ACQ_STREAM_H */
