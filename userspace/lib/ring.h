/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The mode that copies nothing. acq_valid() and acq_release() are here, too.
 */
#ifndef LIBACQ_RING_H
#define LIBACQ_RING_H

#include "handle.h"

ssize_t ring_take(struct acq *acq, struct acq_span *span, size_t want, int64_t timeout_ns);
void ring_end(struct acq *acq);

#endif /* LIBACQ_RING_H */
