// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A struct acq from its opening on, event by event, whatever the mode.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node.h"
#include "read.h"
#include "ring.h"
#include "run.h"
#include "uring.h"
#include "write.h"

#define DEFAULT_MAX	(256 << 10)

static const struct mode modes[ACQ_MODE_NUM] = {
	[ACQ_MODE_READ] = { .name = "read", .buffers = 1, .take = read_take },
	[ACQ_MODE_POLL] = {
		.name = "poll", .buffers = 1, .open_flags = O_NONBLOCK, .take = read_take,
	},
	[ACQ_MODE_EPOLL] = {
		.name = "epoll", .buffers = 1, .open_flags = O_NONBLOCK,
		.begin = read_begin_epoll, .take = read_take, .end = read_end_epoll,
	},
	[ACQ_MODE_URING] = {
		.name = "uring", .buffers = 1,
		.begin = uring_begin, .take = uring_take, .end = uring_end,
	},
	[ACQ_MODE_URING_MULTISHOT] = {
		.name = "uring-multishot", .buffers = 8,
		.begin = uring_begin, .take = uring_take, .end = uring_end,
	},
	[ACQ_MODE_MMAP] = { .name = "mmap", .take = ring_take, .end = ring_end },
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

int acq_open(struct acq **acq, const char *name, int flags)
{
	struct acq_info info;
	struct acq *new;
	char path[256];
	int err;

	*acq = NULL;
	if (flags != O_RDONLY && flags != O_RDWR)
		return -EINVAL;
	err = acq_path(name, path, sizeof(path));
	if (err)
		return err;
	new = calloc(1, sizeof(*new));
	if (!new)
		return -ENOMEM;
	new->fd = open(path, flags | O_CLOEXEC);
	err = new->fd < 0 ? -errno : acq_get_info(new, &info);
	if (err)
		acq_close(new);
	else
		*acq = new;
	return err;
}

void acq_close(struct acq *acq)
{
	if (!acq)
		return;
	acq_finish(acq);
	write_unmap(acq);
	if (acq->fd >= 0)
		close(acq->fd);
	free(acq);
}

int acq_fd(const struct acq *acq)
{
	return acq->fd;
}

int acq_set_reader(struct acq *acq, const struct acq_reader_config *reader)
{
	struct acq_reader_config set = *reader;

	/* each gap is an event: a read behind it must bring what follows */
	set.flags |= ACQ_READER_GAP_ONCE;
	return node_call(acq, ACQ_IOC_SET_READER, &set);
}

/* What acq_set_reader() adds, where that was not called. */
static int reader_choose(struct acq *acq)
{
	struct acq_reader_config reader;
	int err;

	err = acq_get_reader(acq, &reader);
	if (err || reader.flags & ACQ_READER_GAP_ONCE)
		return err;
	return acq_set_reader(acq, &reader);
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
		err = reader_choose(acq);
	if (!err)
		err = run_enter(acq);
	if (!err && acq->mode->buffers) {
		/* whole pages, to be good for any way of writing them, and one for io_uring */
		size_t page = sysconf(_SC_PAGESIZE);

		acq->buf_bytes = (acq->max + page - 1) & ~(page - 1);
		acq->buf = aligned_alloc(page, acq->buf_bytes * acq->mode->buffers + page);
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

static int reader_take_data(struct acq *acq, struct acq_span *span, size_t bytes)
{
	if (bytes % span->frame_bytes)
		return -EPROTO;
	run_learn_index(acq);
	span->index = acq->at.index;
	span->bytes = bytes;
	span->frames = bytes / span->frame_bytes;
	acq->at.position += bytes;
	acq->at.index += span->frames;
	return ACQ_EVENT_DATA;
}

static int reader_take_gap(struct acq *acq, struct acq_span *span)
{
	int err = 0;

	if (!span->gap.count) {
		err = acq_get_gap(acq, &span->gap);
		/* one that was overtaken continues elsewhere */
		if (!err)
			err = run_find_place(acq);
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
		return reader_take_data(acq, span, n);
	if (n == -EPIPE)
		return reader_take_gap(acq, span);
	if (!n || n == -EIO || n == -ENODEV)
		acq->end = n;
	return n;
}

int acq_wait_fd(const struct acq *acq)
{
	return acq->wait_fd;
}
