/* SPDX-License-Identifier: GPL-2.0-only */
/* Writing to the node of an output stream. */
#ifndef ACQ_NODE_WRITE_H
#define ACQ_NODE_WRITE_H

#include <linux/fs.h>

struct acq_file;

ssize_t acq_write_iter(struct kiocb *iocb, struct iov_iter *from);
long acq_write_commit(struct acq_file *file, const struct file *filp, void __user *arg);
int acq_write_end(struct acq_file *file, bool drop);
int acq_write_flush(struct file *filp, fl_owner_t id);
int acq_write_fsync(struct file *filp, loff_t start, loff_t end, int datasync);

#endif /* ACQ_NODE_WRITE_H */
