/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ACQ_DMABUF_H
#define ACQ_DMABUF_H

#include <linux/compiler.h>

struct acq_export;
struct acq_run;

int acq_dmabuf_export(struct acq_run *run, struct acq_export *export, void __user *arg);

#endif /* ACQ_DMABUF_H */
