/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An open file: a reader with a position of its own.
 */
#ifndef ACQ_FILE_H
#define ACQ_FILE_H

#include <linux/fs.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/wait.h>

#include "../include/uapi/linux/acqdev.h"
#include "ring.h"

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
 * @flags: ACQ_READER_*
 * @watermark: bytes; looked at without @lock
 * @asked: a start was asked for that the reader could not wait for
 * @ended: the end of @run has been told
 * @end_gap_told: so has the loss behind its last block
 * @gap: the newest gap it has been told of
 */
struct acq_file {
	struct acq_stream *stream;
	struct mutex lock;
	struct acq_run __rcu *run;
	struct list_head node;
	struct acq_cursor cur;
	wait_queue_head_t wait;
	atomic_t eager;
	u32 flags;
	u32 watermark;
	bool asked;
	bool ended;
	bool end_gap_told;
	struct acq_gap gap;
};

extern const struct file_operations acq_file_ops;

void acq_file_join(struct acq_file *file, struct acq_run *run);
u64 acq_file_holds(const struct acq_file *file);
bool acq_file_wants_wake(const struct acq_file *file, const struct acq_run *run);

#endif /* ACQ_FILE_H */
