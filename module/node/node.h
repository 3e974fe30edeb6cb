/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The node of a stream: /dev/acqdev, /dev/acqdev1, ..., its attributes, its debugfs
 * directory, its uevents.
 */
#ifndef ACQ_NODE_H
#define ACQ_NODE_H

#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "event.h"

struct acq_node_ops;
struct acq_stream;

/**
 * struct acq_node - what programs see of a stream
 * @stream: the stream, whose last reference frees this
 * @misc: the device node
 * @debugfs: its directory
 * @gone_wait: pollers that do not read
 * @files_lock: protects @files
 * @files: open files
 * @event: for those who watch the device
 */
struct acq_node {
	struct acq_stream *stream;
	struct miscdevice misc;
	struct dentry *debugfs;
	wait_queue_head_t gone_wait;
	spinlock_t files_lock;
	struct list_head files;
	struct acq_event event;
};

extern const struct acq_node_ops acq_node_ops;

#endif /* ACQ_NODE_H */
