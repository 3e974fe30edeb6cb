/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ACQ_IOCTL_H
#define ACQ_IOCTL_H

struct file;

long acq_ioctl(struct file *filp, unsigned int cmd, unsigned long arg);

#endif /* ACQ_IOCTL_H */
