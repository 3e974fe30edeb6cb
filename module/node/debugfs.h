/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ACQ_DEBUGFS_H
#define ACQ_DEBUGFS_H

struct acq_node;

void acq_debugfs_init(void);
void acq_debugfs_exit(void);
void acq_debugfs_add(struct acq_node *node);
void acq_debugfs_remove(struct acq_node *node);

#endif /* ACQ_DEBUGFS_H */
