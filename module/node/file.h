/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An open file: a reader with a position of its own.
 */
#ifndef ACQ_FILE_H
#define ACQ_FILE_H

#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/wait.h>

#include "../core/uapi.h"
#include "../core/ring.h"

struct acq_run;
struct acq_stream;

/**
 * struct acq_file - an open file
 * @stream: referenced
 * @lock: one read at a time; protects all below that names nothing else
 * @run: the run that it reads, referenced, or NULL; also looked at under RCU
 * @node: in @run->files; run->lock
 * @cur: where it is; see struct acq_cursor
 * @wait: readers and pollers of this file
 * @eager: sleepers that want less than the watermark
 * @eager_need: bytes that none of them wants less than; looked at without @lock
 * @flags: ACQ_READER_*
 * @watermark: bytes; looked at without @lock
 * @flush_us: microseconds; as @watermark
 * @flush: ends the wait of samples below the watermark; set with @lock or, by
 *	the producer, run->lock
 * @start_error: why poll could not start a run, for the read after it; or 0
 * @asked: number of the first run that it is owed from its begin: it asked for a start
 *	that it could not wait for, or could not join; 0: none; also written without @lock
 * @ended: the end of @run has been told
 * @end_gap_told: so has the loss behind its last block
 * @gap: the newest gap it has been told of
 * @stats: what it has got; @wakeups of it: run->lock, @flushes: the timer
 * @pid: who opened it; constant
 * @comm: and the name of that
 */
struct acq_file {
	struct acq_stream *stream;
	struct mutex lock;
	struct acq_run __rcu *run;
	struct list_head node;
	struct acq_cursor cur;
	wait_queue_head_t wait;
	atomic_t eager;
	u32 eager_need;
	u32 flags;
	u32 watermark;
	u32 flush_us;
	struct hrtimer flush;
	int start_error;
	u64 asked;
	bool ended;
	bool end_gap_told;
	struct acq_gap gap;
	struct acq_reader_stats stats;
	pid_t pid;
	char comm[TASK_COMM_LEN];
};

extern const struct file_operations acq_file_ops;

void acq_file_join(struct acq_file *file, struct acq_run *run);
u64 acq_file_holds(const struct acq_file *file);
u32 acq_file_needs(const struct acq_file *file, const struct acq_run *run, u32 *us);
bool acq_file_wake(struct acq_file *file, struct acq_run *run);

struct acq_run *acq_file_run(const struct acq_file *file);
int acq_file_attach(struct acq_file *file);
int acq_file_advance(struct acq_file *file, u64 to, u64 *head);
bool acq_file_enough(const struct acq_file *file, u64 head);
int acq_file_wait(struct acq_file *file, const ktime_t *timeout);
int acq_file_end(struct acq_file *file);
bool acq_file_gap_next(const struct acq_file *file);

#endif /* ACQ_FILE_H */
