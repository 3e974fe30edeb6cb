// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Playing: all of a buffer, or what has been filled in the ring itself, and the underruns
 * between.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "node.h"
#include "write.h"

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

void write_unmap(struct acq *acq)
{
	if (acq->fill)
		munmap(acq->fill, acq->fill_bytes);
	acq->fill = NULL;
}

/* The samples of a run, to be written to, and how they lie */
static int write_map_run(struct acq *acq)
{
	const struct acq_meta *meta;
	struct acq_map map;
	void *at;
	int err;

	err = node_call(acq, ACQ_IOC_MAP, &map);
	if (err)
		return err;
	meta = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ, MAP_SHARED, acq->fd, 0);
	if (meta == MAP_FAILED)
		return -errno;
	acq->block_bytes = meta->block_bytes;
	acq->block_used = meta->block_used;
	acq->frame_bytes = meta->frame_bytes;
	munmap((void *)meta, sysconf(_SC_PAGESIZE));
	if (!acq->frame_bytes || !acq->block_used || acq->block_used > acq->block_bytes)
		return -EPROTO;
	at = mmap(NULL, map.data_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, acq->fd,
		  map.data_offset);
	if (at == MAP_FAILED)
		return -errno;
	acq->fill = at;
	acq->fill_bytes = map.data_bytes;
	acq->place = (struct acq_commit){ .run = map.run };
	return 0;
}

/* Where the writer is: as much as lies in one piece */
static void write_show_place(const struct acq *acq, struct acq_span *span)
{
	size_t at = acq->place.block * acq->block_bytes % acq->fill_bytes;
	size_t piece = acq->block_used < acq->block_bytes ? acq->block_used :
							    acq->fill_bytes - at;

	span->data = acq->fill + at;
	span->bytes = acq->place.room < piece ? acq->place.room : piece;
	span->frames = span->bytes / acq->frame_bytes;
	span->frame_bytes = acq->frame_bytes;
	span->run = acq->place.run;
	span->position = acq->place.position;
	span->flags = ACQ_SPAN_RING;
}

int acq_map(struct acq *acq, struct acq_span *span)
{
	int err;

	write_unmap(acq);
	*span = (struct acq_span){ };
	err = write_map_run(acq);
	return err ? err : acq_commit(acq, span, 0, 0);
}

int acq_commit(struct acq *acq, struct acq_span *span, size_t bytes, int64_t timeout_ns)
{
	struct acq_commit to = {
		.run = acq->place.run,
		.block = acq->place.block,
		.bytes = bytes,
		.flags = timeout_ns ? ACQ_COMMIT_WAIT : 0,
		.timeout_ns = timeout_ns,	/* negative: longer than the driver waits */
	};
	int err;

	if (!acq->fill)
		return -EINVAL;
	*span = (struct acq_span){ };
	err = node_call(acq, ACQ_IOC_COMMIT, &to);
	if (err)
		return err == -EPIPE ? write_take_gap(acq, span) : err;
	/* the ring that is mapped is of a run that is over */
	if (to.run != acq->place.run)
		return ACQ_EVENT_END;
	acq->place = to;
	write_show_place(acq, span);
	return bytes && !to.bytes ? -ESTALE : ACQ_EVENT_DATA;
}
