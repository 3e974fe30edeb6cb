/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ACQ_SYSFS_H
#define ACQ_SYSFS_H

#include <linux/sysfs.h>

extern const struct attribute_group *acq_sysfs_groups[];

#endif /* ACQ_SYSFS_H */
