/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A reader: one consumer of a run, with a position of its own. An open file has
 * one.
 *
 * A holding reader is served by the producer: each turn looks at it. A monitor is
 * not: it is woken by a work of its own, which looks only at monitors that wait.
 * So monitors cost the producer the same, however many there are.
 */
#ifndef ACQ_READER_H
#define ACQ_READER_H

#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/wait.h>

#include "cursor.h"
#include "run.h"

/* Bytes of the largest frame: a 32-bit sample of each of 64 channels */
#define ACQ_FRAME_MAX	256

/**
 * struct acq_reader - one consumer of a run
 * @service: has the producer make a turn; the stream's
 * @id: number of the stream, for the trace
 * @lock: one read at a time; protects all below that names nothing else
 * @contended: somebody who must not wait found @lock taken; without a lock
 * @run: the run that it reads, referenced, or NULL; also looked at under RCU
 * @node: in @run->holders or @run->monitors; run->lock
 * @watch: in @run->watching, a monitor that waits; run->watch_lock
 * @cur: where it is; see struct acq_cursor
 * @part: bytes of the frame before @cur that have not been read yet
 * @frame: that frame, as long as @part is not 0
 * @begun: of a writer: bytes of a frame that have been written, in @frame; the rest of it
 *	comes with the next write
 * @wait: who waits for samples of this reader
 * @eager: sleepers that want less than the watermark
 * @eager_need: bytes that none of them wants less than; read without @lock
 * @flags: ACQ_READER_*; as @watermark
 * @watermark: bytes; read without @lock
 * @flush_us: microseconds; as @watermark
 * @flush: ends the wait of samples below the watermark; armed with @lock or, by who
 *	wakes, run->lock or run->watch_lock
 * @ended: the end of @run has been reported
 * @end_gap_told: so has the loss behind its last block
 * @gap_stands: a read has failed for @gap, and nobody has asked for that yet
 * @gap: the newest gap that it met
 * @stats: what it has got; @wakeups of it: as @flush, @flushes: the timer; debugfs looks
 *	at it without a lock, as it is at that moment
 * @writes: it fills the blocks of an output run, and its cursor follows what is played
 *	for the gaps; see writer.h; constant
 * @start_bytes: so much is put before the card is started; as @watermark
 * @pid: who made it; constant
 * @comm: and the name of that
 *
 * What attach.c needs of it:
 *
 * @ask: in the stream's list of those who asked for a start; stream's ask_lock
 * @asked: number of the first run that it gets from its begin: it asked for a start
 *	that it could not wait for, or could not join; 0: none; also written without @lock
 * @start_error: why the start that it asked for failed, or 0; without @lock
 */
struct acq_reader {
	struct work_struct *service;
	unsigned int id;
	struct mutex lock;
	bool contended;
	struct acq_run __rcu *run;
	struct list_head node;
	struct list_head watch;
	struct acq_cursor cur;
	u32 part;
	u8 frame[ACQ_FRAME_MAX];
	u32 begun;
	wait_queue_head_t wait;
	atomic_t eager;
	u32 eager_need;
	u32 flags;
	u32 watermark;
	u32 flush_us;
	struct hrtimer flush;
	bool ended;
	bool end_gap_told;
	bool gap_stands;
	struct acq_gap gap;
	struct acq_reader_stats stats;
	bool writes;
	u32 start_bytes;
	pid_t pid;
	char comm[TASK_COMM_LEN];

	struct list_head ask;
	u64 asked;
	int start_error;
};

void acq_reader_init(struct acq_reader *reader, struct work_struct *service, unsigned int id);
bool acq_reader_trylock(struct acq_reader *reader);
void acq_reader_rouse(struct acq_reader *reader);

/** acq_reader_run() - the run that it reads, with its lock held */
static inline struct acq_run *acq_reader_run(const struct acq_reader *reader)
{
	return rcu_dereference_protected(reader->run, lockdep_is_held(&reader->lock));
}

/** enum acq_from - where a reader begins in a run */
enum acq_from {
	ACQ_FROM_NEWEST,	/* behind what is there */
	ACQ_FROM_OLDEST,	/* with what is there still */
	ACQ_FROM_BEGIN,		/* at its begin: what is not there any more is a gap */
};

void acq_reader_join(struct acq_reader *reader, struct acq_run *run, enum acq_from from);
void acq_reader_leave(struct acq_reader *reader);
void acq_reader_quit(struct acq_reader *reader);
void acq_reader_be_eager(struct acq_reader *reader, u32 need);
void acq_reader_poke(struct acq_reader *reader);

/** acq_reader_unlock() - and wake who must not wait and found it locked */
static inline void acq_reader_unlock(struct acq_reader *reader)
{
	mutex_unlock(&reader->lock);
	/* Pairs with the barrier in acq_reader_trylock(). */
	smp_mb();
	if (unlikely(READ_ONCE(reader->contended)))
		acq_reader_rouse(reader);
}

DEFINE_GUARD(acq_reader, struct acq_reader *, mutex_lock(&_T->lock), acq_reader_unlock(_T))

/* Readers of a run as a whole, for who makes the run and fills it */
void acq_readers_begin(struct acq_run *run);
u64 acq_readers_hold(const struct acq_run *run);
u32 acq_readers_need(const struct acq_run *run, u32 *us);
void acq_readers_wake(struct acq_run *run);

/**
 * acq_reader_threshold() - bytes that make it worth to end a wait
 * @reader: the reader
 * @run: the run
 *
 * Of a packet that has not ended none do, but for a reader's own watermark.
 */
static inline u32 acq_reader_threshold(const struct acq_reader *reader, const struct acq_run *run)
{
	u32 watermark = READ_ONCE(reader->watermark);

	if (READ_ONCE(reader->flags) & ACQ_READER_PACKETS && !watermark)
		return U32_MAX;
	return max(watermark, run->ring.frame);
}

/* What poll says when it is ready */
static inline __poll_t acq_reader_ready_events(const struct acq_reader *reader)
{
	return reader->writes ? EPOLLOUT | EPOLLWRNORM : EPOLLIN | EPOLLRDNORM;
}

/* For who consumes */
bool acq_reader_enough(const struct acq_reader *reader, const struct acq_run *run, u32 need);
bool acq_reader_ready(struct acq_reader *reader, u32 need);
int acq_reader_wait(struct acq_reader *reader, u32 need, const ktime_t *timeout);
__poll_t acq_reader_events(struct acq_reader *reader);
void acq_reader_flush_later(struct acq_reader *reader, const struct acq_run *run);

/**
 * acq_reader_freed() - it is done with a block of the newest run
 * @reader: the reader
 * @run: the run that it reads
 *
 * While the card has blocks, its interrupts give it those that became free. Only
 * when it has few left somebody has to see to it.
 */
static inline void acq_reader_freed(struct acq_reader *reader, const struct acq_run *run)
{
	/*
	 * The reader's position before the card's need: one of both sides sees the other.
	 * Pairs with the barrier in producer_refill().
	 */
	smp_mb();
	if (acq_ring_outstanding(&run->ring) <= run->ring.slots / 8 && !acq_run_end(run) &&
	    !(reader->flags & ACQ_READER_MONITOR))
		acq_reader_poke(reader);
}

#endif /* ACQ_READER_H */
