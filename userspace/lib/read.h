/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Modes that copy with read(), alone or behind poll() or epoll.
 */
#ifndef LIBACQ_READ_H
#define LIBACQ_READ_H

#include "handle.h"

int read_begin_epoll(struct acq *acq);
ssize_t read_take(struct acq *acq, struct acq_span *span, size_t want, int64_t timeout_ns);
void read_end_epoll(struct acq *acq);

#endif /* LIBACQ_READ_H */
