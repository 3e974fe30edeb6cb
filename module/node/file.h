/* SPDX-License-Identifier: GPL-2.0-only */
/* An open file of a stream's node: a reader of the stream. */
#ifndef ACQ_FILE_H
#define ACQ_FILE_H

#include <linux/fs.h>

#include "../core/reader.h"

struct acq_node;
struct acq_stream;

/**
 * struct acq_file - an open file
 * @stream: referenced
 * @node: of the stream
 * @node_list: in @node->files
 * @reader: what it reads by
 */
struct acq_file {
	struct acq_stream *stream;
	struct acq_node *node;
	struct list_head node_list;
	struct acq_reader reader;
};

int acq_file_attach(struct acq_file *file, bool waits);

extern const struct file_operations acq_file_ops;
extern const struct file_operations acq_file_output_ops;

#endif /* ACQ_FILE_H */
