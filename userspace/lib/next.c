// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * From one run to the next, event by event, whatever the mode.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib.h"

#define DEFAULT_MAX	(256 << 10)

static const struct mode modes[ACQ_MODE_NUM] = {
	[ACQ_MODE_READ] = { .name = "read", .buffers = 1, .take = lib_take_read },
	[ACQ_MODE_POLL] = {
		.name = "poll", .buffers = 1, .open_flags = O_NONBLOCK, .take = lib_take_read,
	},
	[ACQ_MODE_EPOLL] = {
		.name = "epoll", .buffers = 1, .open_flags = O_NONBLOCK,
		.begin = lib_begin_epoll, .take = lib_take_read, .end = lib_end_copy,
	},
	[ACQ_MODE_URING] = {
		.name = "uring", .buffers = 1,
		.begin = lib_begin_uring, .take = lib_take_uring, .end = lib_end_copy,
	},
	[ACQ_MODE_URING_MULTISHOT] = {
		.name = "uring-multishot", .buffers = 8,
		.begin = lib_begin_uring, .take = lib_take_uring, .end = lib_end_copy,
	},
	[ACQ_MODE_MMAP] = { .name = "mmap", .take = lib_take_ring, .end = lib_end_ring },
};

int acq_mode_find(const char *name)
{
	int i;

	for (i = 0; i < ACQ_MODE_NUM; i++)
		if (!strcmp(modes[i].name, name))
			return i;
	return -EINVAL;
}

const char *acq_mode_name(unsigned int mode)
{
	return mode < ACQ_MODE_NUM ? modes[mode].name : NULL;
}

static void run_leave(struct acq *acq)
{
	if (acq->meta)
		munmap((void *)acq->meta, acq->mapped);
	acq->meta = NULL;
}

/* Where the driver has the reader. */
static int find_place(struct acq *acq)
{
	bool fresh = !__atomic_load_n(&acq->meta->head, __ATOMIC_ACQUIRE);
	struct acq_status status;
	int err;

	err = acq_get_status(acq, &status);
	if (err)
		return err;
	acq->at.position = status.position;
	acq->at.index = status.index;
	acq->at.block = NO_BLOCK;
	acq->fresh = fresh;
	acq->released = status.position;
	acq->known = status.position;
	return 0;
}

/* The index of a run's first frame is known once there is one. */
void lib_index(struct acq *acq)
{
	if (acq->fresh)
		acq->at.index = __atomic_load_n(&acq->meta->base_index, __ATOMIC_RELAXED);
	acq->fresh = false;
}

/* Become a reader of the newest run, if there is one that has not been told yet. */
static int run_enter(struct acq *acq)
{
	struct acq_map map;
	void *meta;
	int err;

	err = lib_call(acq, ACQ_IOC_MAP, &map);
	if (err || (acq->meta && map.run == acq->meta->run))
		return err;
	run_leave(acq);
	acq->mapped = acq->mode->buffers ? (size_t)sysconf(_SC_PAGESIZE) : map.bytes;
	meta = mmap(NULL, acq->mapped, PROT_READ, MAP_SHARED, acq->fd, 0);
	if (meta == MAP_FAILED)
		return -errno;
	acq->meta = meta;
	acq->end = 1;
	acq->last.block = NO_BLOCK;
	err = acq->meta->frame_bytes ? find_place(acq) : -EPROTO;
	if (err)
		run_leave(acq);
	return err;
}

int acq_begin(struct acq *acq, enum acq_mode mode, size_t max, unsigned int flags)
{
	int err, fl = fcntl(acq->fd, F_GETFL) & ~O_NONBLOCK;
	struct acq_gap gap;

	if (mode >= ACQ_MODE_NUM || (flags && (flags != ACQ_HOLD || mode != ACQ_MODE_MMAP)))
		return -EINVAL;
	if (acq->mode)
		return -EBUSY;
	acq->mode = &modes[mode];
	acq->hold = flags;
	acq->max = max ? max : DEFAULT_MAX;
	acq->wait_fd = acq->fd;
	err = fcntl(acq->fd, F_SETFL, fl | acq->mode->open_flags) ? -errno :
								   acq_get_gap(acq, &gap);
	if (!err)
		err = run_enter(acq);
	if (!err && acq->mode->buffers) {
		/* whole pages, to be good for any way of writing them, and one for io_uring */
		acq->buf_bytes = (acq->max + 4095) & ~4095UL;
		acq->buf = aligned_alloc(4096, acq->buf_bytes * acq->mode->buffers + 4096);
		err = acq->buf ? 0 : -ENOMEM;
	}
	if (!err && acq->mode->begin)
		err = acq->mode->begin(acq);
	if (err)
		acq_finish(acq);
	else
		acq->gaps = gap.count;
	return err;
}

void acq_finish(struct acq *acq)
{
	if (!acq->mode)
		return;
	if (acq->mode->end)
		acq->mode->end(acq);
	run_leave(acq);
	free(acq->buf);
	acq->buf = NULL;
	acq->mode = NULL;
}

static int tell_data(struct acq *acq, struct acq_span *span, size_t bytes)
{
	if (bytes % span->frame_bytes)
		return -EPROTO;
	lib_index(acq);
	span->index = acq->at.index;
	span->bytes = bytes;
	span->frames = bytes / span->frame_bytes;
	acq->at.position += bytes;
	acq->at.index += span->frames;
	return ACQ_EVENT_DATA;
}

static int tell_gap(struct acq *acq, struct acq_span *span)
{
	int err = 0;

	if (!span->gap.count) {
		err = acq_get_gap(acq, &span->gap);
		/* one that was overtaken goes on elsewhere */
		if (!err)
			err = find_place(acq);
	}
	span->position = span->gap.position;
	span->index = span->gap.index;
	acq->at.index = span->gap.index + span->gap.lost;
	return err ? err : ACQ_EVENT_GAP;
}

int acq_next(struct acq *acq, struct acq_span *span, size_t max, int64_t timeout_ns)
{
	ssize_t n = 0;

	if (!acq->mode)
		return -EINVAL;
	if (acq->end <= 0 || !acq->meta)
		n = run_enter(acq);
	if (n)
		return n;
	/* there is no newer run: reading on never starts another */
	if (acq->end < 0)
		return acq->end;
	max = max && max < acq->max ? max : acq->max;
	max -= max % acq->meta->frame_bytes;
	if (!max)
		return -EINVAL;
	acq_valid(acq);
	*span = (struct acq_span) {
		.run = acq->meta->run,
		.position = acq->at.position,
		.index = acq->at.index,
		.frame_bytes = acq->meta->frame_bytes,
	};
	if (!acq->end)
		return ACQ_EVENT_END;
	do {
		n = acq->mode->take(acq, span, max, timeout_ns);
		/* what is held is a reason to return with nothing */
	} while (n == -EAGAIN && timeout_ns < 0 && !acq->hold);
	if (n > 0)
		return tell_data(acq, span, n);
	if (n == -EPIPE)
		return tell_gap(acq, span);
	if (!n || n == -EIO || n == -ENODEV)
		acq->end = n;
	return n;
}

uint64_t acq_behind(const struct acq *acq)
{
	if (!acq->meta)
		return 0;
	return __atomic_load_n(&acq->meta->head, __ATOMIC_ACQUIRE) - acq->at.position;
}

int acq_wait_fd(const struct acq *acq)
{
	return acq->wait_fd;
}
