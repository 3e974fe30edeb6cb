/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Modes that copy by io_uring.
 */
#ifndef LIBACQ_URING_H
#define LIBACQ_URING_H

#include "handle.h"

int uring_begin(struct acq *acq);
ssize_t uring_take(struct acq *acq, struct acq_span *span, size_t want, int64_t timeout_ns);
void uring_end(struct acq *acq);

#endif /* LIBACQ_URING_H */
