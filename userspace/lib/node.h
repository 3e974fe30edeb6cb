/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The node: its path, its ioctls. Those of acq.h that are named after an ioctl are here, too.
 */
#ifndef LIBACQ_NODE_H
#define LIBACQ_NODE_H

#include "handle.h"

/* 0 or a negative errno */
int node_call(const struct acq *acq, unsigned long request, void *arg);

#endif /* LIBACQ_NODE_H */
