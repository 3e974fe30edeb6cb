// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Playing: all of a buffer, and the underruns between.
 */
#include <errno.h>
#include <unistd.h>

#include "node.h"

/* Asking is what lets the next write continue. */
static int write_take_gap(const struct acq *acq, struct acq_span *span)
{
	int err = acq_get_gap(acq, &span->gap);

	if (err)
		return err;
	span->position = span->gap.position;
	span->index = span->gap.index;
	return ACQ_EVENT_GAP;
}

int acq_write(struct acq *acq, struct acq_span *span, const void *data, size_t bytes)
{
	ssize_t n;

	*span = (struct acq_span){ .data = data };
	while (span->bytes < bytes) {
		n = write(acq->fd, (const char *)data + span->bytes, bytes - span->bytes);
		if (n < 0)
			return errno == EPIPE ? write_take_gap(acq, span) : -errno;
		/* a write that sleeps takes a frame at least */
		if (!n)
			return -EPROTO;
		span->bytes += n;
	}
	return ACQ_EVENT_DATA;
}

int acq_drain(struct acq *acq, struct acq_span *span)
{
	*span = (struct acq_span){ };
	if (!fsync(acq->fd))
		return ACQ_EVENT_END;
	return errno == EPIPE ? write_take_gap(acq, span) : -errno;
}
