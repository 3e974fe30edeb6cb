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

/* The layout is compiled into programs. */
_Static_assert(sizeof(struct acq_meta) == 208 && sizeof(struct acq_block) == 64 &&
	       sizeof(struct acq_map) == 64 && sizeof(struct acq_advance) == 80 &&
	       sizeof(struct acq_gap) == 64 && sizeof(struct acq_span) == 176 &&
	       sizeof(struct acq_counts) == 64, "sizes");
_Static_assert(offsetof(struct acq_meta, head) == 128 && offsetof(struct acq_meta, end) == 196 &&
	       offsetof(struct acq_block, bytes) == 48, "offsets");

static const struct mode *const modes[ACQ_MODE_NUM] = {
	[ACQ_MODE_READ]			= &mode_read,
	[ACQ_MODE_POLL]			= &mode_poll,
	[ACQ_MODE_EPOLL]		= &mode_epoll,
	[ACQ_MODE_URING]		= &mode_uring,
	[ACQ_MODE_URING_MULTISHOT]	= &mode_uring_multishot,
	[ACQ_MODE_MMAP]			= &mode_map,
};

int acq_mode_find(const char *name)
{
	int i;

	for (i = 0; i < ACQ_MODE_NUM; i++)
		if (!strcmp(modes[i]->name, name))
			return i;
	return -EINVAL;
}

const char *acq_mode_name(unsigned int mode)
{
	return mode < ACQ_MODE_NUM ? modes[mode]->name : NULL;
}

const char *acq_mode_help(unsigned int mode)
{
	return mode < ACQ_MODE_NUM ? modes[mode]->help : NULL;
}

struct timespec *lib_timespec(int64_t timeout_ns, struct timespec *ts)
{
	ts->tv_sec = timeout_ns / 1000000000;
	ts->tv_nsec = timeout_ns % 1000000000;
	return timeout_ns < 0 ? NULL : ts;
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
	struct acq_status status;
	int err;

	err = acq_get_status(acq, &status);
	if (err)
		return err;
	acq->at.position = status.position;
	acq->at.index = status.index;
	return 0;
}

/* Become a reader of the newest run, if there is one that has not been told yet. */
static int run_enter(struct acq *acq)
{
	struct acq_advance at = { };
	struct acq_map map;
	size_t bytes;
	void *meta;
	int err;

	err = lib_call(acq, ACQ_IOC_MAP, &map);
	if (err || (acq->meta && map.run == acq->run))
		return err;
	run_leave(acq);
	bytes = acq->mode->in_ring ? map.bytes : (size_t)sysconf(_SC_PAGESIZE);
	meta = mmap(NULL, bytes, PROT_READ, MAP_SHARED, acq->fd, 0);
	if (meta == MAP_FAILED)
		return -errno;
	acq->meta = meta;
	acq->mapped = bytes;
	acq->run = map.run;
	acq->frame = acq->meta->frame_bytes;
	acq->ended = false;
	acq->fresh = true;
	acq->unchecked = false;
	err = acq->frame ? find_place(acq) : -EPROTO;
	if (!err && acq->mode->in_ring) {
		at.run = map.run;
		err = lib_call(acq, ACQ_IOC_ADVANCE, &at);
		/* that it has ended already is told when its samples have been */
		if (err == -EIO || err == -ENODEV)
			err = 0;
		acq->at.block = at.block;
		acq->at.offset = at.offset;
	}
	acq->released = acq->at.position;
	acq->known = acq->at.position;
	if (err)
		run_leave(acq);
	return err;
}

static int set_nonblock(const struct acq *acq, bool on)
{
	int flags = fcntl(acq->fd, F_GETFL);

	if (flags < 0)
		return -errno;
	flags = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	return fcntl(acq->fd, F_SETFL, flags) < 0 ? -errno : 0;
}

int acq_begin(struct acq *acq, enum acq_mode mode, size_t max, unsigned int flags)
{
	struct acq_reader reader;
	struct acq_gap gap;
	int err;

	if (mode >= ACQ_MODE_NUM || (flags && (flags != ACQ_HOLD || mode != ACQ_MODE_MMAP)))
		return -EINVAL;
	if (acq->mode)
		return -EBUSY;
	acq->mode = modes[mode];
	acq->flags = flags;
	acq->max = max ? max : DEFAULT_MAX;
	acq->wait_fd = acq->fd;
	acq->left_bytes = 0;
	memset(&acq->counts, 0, sizeof(acq->counts));
	err = set_nonblock(acq, acq->mode->nonblock);
	if (!err)
		err = acq_get_reader(acq, &reader);
	if (!err)
		err = acq_get_gap(acq, &gap);
	if (!err)
		err = run_enter(acq);
	if (!err && !acq->mode->in_ring) {
		/* whole pages, to be good for any way of writing them, all of them there */
		acq->buf_bytes = ((acq->max > acq->frame ? acq->max : acq->frame) + 4095) & ~4095UL;
		acq->buf = aligned_alloc(4096, acq->buf_bytes);
		if (acq->buf)
			memset(acq->buf, 0, acq->buf_bytes);
		else
			err = -ENOMEM;
	}
	if (!err && acq->mode->begin)
		err = acq->mode->begin(acq);
	if (err) {
		acq_finish(acq);
		return err;
	}
	acq->monitor = reader.flags & ACQ_READER_MONITOR;
	acq->gaps = gap.count;
	return 0;
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

/* What the span and the place after it are for samples... */
void lib_data(struct acq *acq, struct acq_span *span, const void *data, size_t bytes)
{
	span->data = data;
	span->bytes = bytes;
	span->frames = bytes / acq->frame;
	acq->at.position += bytes;
	acq->at.index += span->frames;
}

/* ...and for a gap. */
int lib_gap(struct acq *acq, struct acq_span *span, const struct acq_gap *gap)
{
	span->position = gap->position;
	span->index = gap->index;
	span->gap = *gap;
	acq->at.index = gap->index + gap->lost;
	return ACQ_EVENT_GAP;
}

static int next_copied(struct acq *acq, struct acq_span *span, size_t want, int64_t timeout_ns)
{
	const void *data = acq->left;
	struct acq_gap gap;
	ssize_t n;
	int err;

	if (!acq->left_bytes) {
		do {
			n = acq->mode->take(acq, want, timeout_ns, &data);
		} while (n == -EAGAIN && timeout_ns < 0);
		if (n == -EPIPE) {
			err = acq_get_gap(acq, &gap);
			/* one that was overtaken goes on elsewhere */
			if (!err)
				err = find_place(acq);
			acq->fresh = false;
			return err ? err : lib_gap(acq, span, &gap);
		}
		if (n <= 0)
			return n;
		if (n % acq->frame)
			return -EPROTO;
		acq->left_bytes = n;
	}
	lib_index(acq);
	span->index = acq->at.index;
	want = want < acq->left_bytes ? want : acq->left_bytes;
	lib_data(acq, span, data, want);
	acq->left = (const char *)data + want;
	acq->left_bytes -= want;
	return ACQ_EVENT_DATA;
}

int acq_next(struct acq *acq, struct acq_span *span, size_t max, int64_t timeout_ns)
{
	int ret;

	if (!acq->mode)
		return -EINVAL;
	if (acq->ended || !acq->meta) {
		ret = run_enter(acq);
		if (ret)
			return ret;
		/* there is no newer one: reading on never starts another */
		if (acq->ended && acq->end < 0)
			return acq->end;
	}
	max = max && max < acq->max ? max : acq->max;
	max -= max % acq->frame;
	if (!max)
		return -EINVAL;
	memset(span, 0, sizeof(*span));
	span->run = acq->run;
	span->frame_bytes = acq->frame;
	span->position = acq->at.position;
	span->index = acq->at.index;
	if (acq->ended)
		return ACQ_EVENT_END;
	ret = acq->mode->next ? acq->mode->next(acq, span, max, timeout_ns) :
				next_copied(acq, span, max, timeout_ns);
	acq->ended = !ret || ret == -EIO || ret == -ENODEV;
	acq->end = ret;
	return ret;
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

void acq_get_counts(const struct acq *acq, struct acq_counts *counts)
{
	*counts = acq->counts;
}
