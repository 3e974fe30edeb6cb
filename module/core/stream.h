/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stream: one card's samples and its life: states, start, stop, configuration,
 * sleep, removal.
 *
 * Locks, outermost first:
 *
 *	life_lock	start, stop, configure, suspend, remove, last close; sleeps
 *	reader->lock	one read at a time of a reader; sleeps in page faults, so with
 *			life_lock it is only tried
 *	producer.lock	the producer: what the card says and gets; sleeps
 *	run->lock	positions against joining, leaving and waking holders
 *	run->watch_lock	monitors that wait
 *	run_lock	which run is the newest, and whether it can be joined
 *	ask_lock	who has asked for a start
 *	life.lock	the state
 *
 * Before all of them come link.c's link_lock and that of the list of streams that
 * consumers find, and within life_lock that of the list of filters. ask_lock is also
 * taken with a reader's lock. Within producer.lock, event.lock and that of a link,
 * which has life.lock within it; within run->lock and run->watch_lock, the wait queues
 * of readers. A node's files_lock stands alone.
 *
 * producer.lock is never held together with reader->lock: a reader that waits for a
 * page cannot hold the card up. Nobody waits for samples with any of them held.
 */
#ifndef ACQ_STREAM_H
#define ACQ_STREAM_H

#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#include "producer.h"
#include "recovery.h"
#include "serial.h"
#include "state.h"

struct acq_link;
struct acq_reader;
struct mem_cgroup;

/**
 * struct acq_node_ops - what programs see of streams: the wing above the core
 * @create: make what a stream needs to be seen; returns it, or NULL: no memory
 * @add: make it visible; sleeps
 * @remove: nobody finds it any more, and nobody is in it but by an open file; sleeps
 * @gone: the card is gone for good: wake who waits for that alone
 * @free: undo create()
 * @gap: samples were lost; producer.lock is held
 * @failed: a run has failed; as well
 */
struct acq_node_ops {
	struct acq_node *(*create)(struct acq_stream *stream);
	int (*add)(struct acq_node *node);
	void (*remove)(struct acq_node *node);
	void (*gone)(struct acq_node *node);
	void (*free)(struct acq_node *node);
	void (*gap)(struct acq_node *node, u64 index, u64 lost, u32 cause);
	void (*failed)(struct acq_node *node);
};

/**
 * struct acq_stream - one stream
 * @ref: one for the card family until acq_stream_remove(), one for each open file
 * @name: its name
 * @id: its number; free again when the last reference goes
 * @dev: the card's device, for messages and DMA; referenced
 * @node: what programs see of it
 * @card: the card family's own; as producer.ops
 * @info: what the card is; constant
 * @serial: claims its serial number while the card is there
 * @life: its state
 * @producer: the card's side
 *
 * @wake_lock: serialises what resumes the card for a start with its removal; sleeps, and
 *	comes before life_lock, never within it
 * @life_lock: serialises start, stop, configuration, removal and last close
 * @config: what the next run will be started with; life_lock
 * @explicit: the newest run was started by ACQ_IOC_START; written under life_lock
 * @gone: the card is gone for good; written under life_lock
 * @asleep: the card cannot be used for now; written under life_lock
 * @reset: it is being reset meanwhile; life_lock
 * @broken: it cannot be used until it has been reset; life_lock
 * @powered: a run keeps it from being runtime suspended; life_lock
 *
 * @link: with the other direction of its card, or NULL; see link.c
 *
 * @run_lock: protects what follows against readers that join
 * @run: the newest run, referenced, or NULL; written under life_lock and run_lock
 * @begun: @run has been started, or waits for the card to wake: who comes joins it
 * @users: open files; the last one that goes ends the run that a reader started
 * @closing: it does: nobody joins that run any more
 * @writer: of an output: who fills its blocks, or NULL
 *
 * @ask_lock: protects what follows
 * @asking: readers that asked for a start they could not wait for
 * @ask_charge: whom the ring is charged to: the first of them
 * @answering: those of them for whom one has been tried; changed with life_lock, too
 * @start_work: starts for them
 *
 * @joinable: in the list of streams that consumers find; consumer.c's lock
 * @consumers: those in the kernel; life_lock
 *
 * @stop_work: stops a card whose run has ended
 * @recovery: gets the card going again
 */
struct acq_stream {
	struct kref ref;
	char name[20];
	int id;
	struct device *dev;
	struct acq_node *node;
	void *card;
	struct acq_info info;
	struct acq_serial serial;
	struct acq_life life;
	struct acq_producer producer;

	struct mutex wake_lock;
	struct mutex life_lock;
	struct acq_config config;
	bool explicit;
	bool gone;
	bool asleep;
	bool reset;
	bool broken;
	bool powered;
	struct acq_link *link;

	spinlock_t run_lock;
	struct acq_run *run;
	bool begun;
	unsigned int users;
	bool closing;
	struct acq_reader *writer;

	spinlock_t ask_lock;
	struct list_head asking;
	struct mem_cgroup *ask_charge;
	struct list_head answering;
	struct work_struct start_work;

	struct list_head joinable;
	struct list_head consumers;

	struct work_struct stop_work;
	struct acq_recovery recovery;
};

/* Does it play what is written to it? */
static inline bool acq_stream_is_output(const struct acq_stream *stream)
{
	return stream->info.caps & ACQ_CAP_OUTPUT;
}

void acq_stream_set_node_ops(const struct acq_node_ops *ops);

struct acq_stream *acq_stream_get(struct acq_stream *stream);
int acq_stream_open(struct acq_stream *stream);
void acq_stream_close(struct acq_stream *stream);
struct acq_run *acq_stream_run(struct acq_stream *stream);

int acq_stream_wake(struct acq_stream *stream);
void acq_stream_doze(struct acq_stream *stream);
int acq_stream_start(struct acq_stream *stream, bool explicit, struct acq_reader *reader,
		     struct mem_cgroup *charge);
int acq_stream_stop(struct acq_stream *stream);
void acq_stream_halt(struct acq_stream *stream, enum acq_end end);
void acq_stream_say_failed(struct acq_stream *stream);
int acq_stream_trigger(struct acq_stream *stream);
int acq_stream_configure(struct acq_stream *stream, struct acq_config *config);
void acq_stream_status(struct acq_stream *stream, struct acq_status *status, bool fresh);

#endif /* ACQ_STREAM_H */
