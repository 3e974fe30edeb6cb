// SPDX-License-Identifier: GPL-2.0-only
/* The benchmark's ways of reading, and of copying. */
#include "bench.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

char *source;
int cache_fd;
bool stop;

static volatile uint64_t sink;

/* A consumer that looks at every byte */
static void touch(const void *data, size_t bytes)
{
	const uint64_t *word = data;
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < bytes / 8; i++)
		sum += word[i];
	sink = sum;
}

static bool got(struct reader *r, ssize_t n)
{
	r->calls++;
	if (n > 0)
		r->records++;
	else if (n < 0)
		die("reading %zu bytes", r->size);
	return n > 0;
}

static void open_node(struct reader *r)
{
	struct acq_reader_config reader = { .flags = r->flags, .watermark = r->watermark };

	r->fd = open(NODE, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0 || ioctl(r->fd, ACQ_IOC_SET_READER, &reader))
		die(NODE);
}

static void close_node(struct reader *r)
{
	close(r->fd);
}

static void begin_nothing(struct reader *r)
{
	r->position = 0;
}

static void end_nothing(struct reader *r)
{
	(void)r;
}

static void run_nothing(struct reader *r, uint64_t records)
{
	(void)r;
	(void)records;
}

static void run_memcpy(struct reader *r, uint64_t records)
{
	while (records--) {
		memcpy(r->buf, source + r->position, r->size);
		/* The compiler must not think that nobody looks. */
		__asm__ volatile("" : : "r"(r->buf) : "memory");
		r->position += r->size;
		r->records++;
	}
}

static void begin_bare(struct reader *r)
{
	r->fd = open(BARE, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0)
		die(BARE);
}

static void run_pread(struct reader *r, uint64_t records)
{
	while (records-- && got(r, pread(cache_fd, r->buf, r->size, r->position)))
		r->position += r->size;
}

static void run_read(struct reader *r, uint64_t records)
{
	while (records-- && !stop && got(r, read(r->fd, r->buf, r->size)))
		;
}

static void run_read_touch(struct reader *r, uint64_t records)
{
	while (records-- && !stop && got(r, read(r->fd, r->buf, r->size)))
		touch(r->buf, r->size);
}

static void run_poll(struct reader *r, uint64_t records)
{
	struct pollfd p = { .fd = r->fd, .events = POLLIN };

	while (records-- && !stop) {
		r->calls++;
		if (poll(&p, 1, -1) != 1)
			die("poll");
		if (!got(r, read(r->fd, r->buf, r->size)))
			break;
	}
}

static void begin_epoll(struct reader *r)
{
	struct epoll_event event = { .events = EPOLLIN };

	open_node(r);
	r->other = epoll_create1(EPOLL_CLOEXEC);
	if (r->other < 0 || epoll_ctl(r->other, EPOLL_CTL_ADD, r->fd, &event))
		die("epoll");
}

static void run_epoll(struct reader *r, uint64_t records)
{
	struct epoll_event event;

	while (records-- && !stop) {
		r->calls++;
		if (epoll_wait(r->other, &event, 1, -1) != 1)
			die("epoll");
		if (!got(r, read(r->fd, r->buf, r->size)))
			break;
	}
}

static void end_epoll(struct reader *r)
{
	close(r->other);
	close(r->fd);
}

static void begin_uring(struct reader *r)
{
	open_node(r);
	/* The ring's own thread must be the one that reads: it is. */
	if (io_uring_queue_init(2 * DEPTH, &r->ring,
				IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN))
		die("io_uring");
}

static void end_uring(struct reader *r)
{
	io_uring_queue_exit(&r->ring);
	close(r->fd);
}

/* @depth requests at a time, one system call for all of them */
static void run_uring(struct reader *r, uint64_t records)
{
	while (records && !stop) {
		unsigned int n = records < r->depth ? records : r->depth, i;

		for (i = 0; i < n; i++)
			io_uring_prep_read(io_uring_get_sqe(&r->ring), r->fd, r->buf + i * r->size,
					   r->size, -1);
		r->calls++;
		if (io_uring_submit_and_wait(&r->ring, n) < 0)
			die("io_uring");
		for (i = 0; i < n; i++) {
			struct io_uring_cqe *cqe;

			if (io_uring_peek_cqe(&r->ring, &cqe))
				die("io_uring: no completion");
			if (cqe->res <= 0)
				return;
			r->records++;
			io_uring_cqe_seen(&r->ring, cqe);
		}
		records -= n;
	}
}

static void begin_multishot(struct reader *r)
{
	int error;

	begin_uring(r);
	r->bufs = io_uring_setup_buf_ring(&r->ring, DEPTH, 0, 0, &error);
	if (!r->bufs)
		die("buffer ring");
	r->given = 0;
	r->next_buf = 0;
	r->armed = false;
}

/* One request for as many buffers as there are; gives no more of them than needed. */
static void run_multishot(struct reader *r, uint64_t records)
{
	while (records && !stop) {
		struct io_uring_cqe *cqe;
		unsigned int add = 0, head, seen = 0;
		bool end = false;

		while (r->given < r->depth && r->given < records) {
			io_uring_buf_ring_add(r->bufs, r->buf + r->next_buf * r->size, r->size,
					      r->next_buf, io_uring_buf_ring_mask(DEPTH), add++);
			r->next_buf = (r->next_buf + 1) % r->depth;
			r->given++;
		}
		io_uring_buf_ring_advance(r->bufs, add);
		if (!r->armed) {
			struct io_uring_sqe *sqe = io_uring_get_sqe(&r->ring);

			io_uring_prep_read_multishot(sqe, r->fd, 0, -1, 0);
			r->armed = true;
		}
		r->calls++;
		if (io_uring_submit_and_wait(&r->ring, 1) < 0)
			die("io_uring");
		io_uring_for_each_cqe(&r->ring, head, cqe) {
			seen++;
			if (cqe->res > 0) {
				r->records++;
				r->given--;
				records--;
			} else if (cqe->res != -ENOBUFS) {
				end = true;
			}
			r->armed = cqe->flags & IORING_CQE_F_MORE;
		}
		io_uring_cq_advance(&r->ring, seen);
		if (end)
			break;
	}
}

static void end_multishot(struct reader *r)
{
	io_uring_free_buf_ring(&r->ring, r->bufs, DEPTH, 0);
	end_uring(r);
}

static void begin_mmap(struct reader *r)
{
	struct acq_map map;

	open_node(r);
	if (ioctl(r->fd, ACQ_IOC_MAP, &map))
		die("ACQ_IOC_MAP");
	r->map_bytes = map.bytes;
	r->map = mmap(NULL, map.bytes, PROT_READ, MAP_SHARED, r->fd, 0);
	if (r->map == MAP_FAILED)
		die("mmap");
	r->meta = r->map;
	r->data = r->map + map.data_offset;
	r->at = (struct acq_advance){ .run = map.run };
	if (ioctl(r->fd, ACQ_IOC_ADVANCE, &r->at))
		die("ACQ_IOC_ADVANCE");
}

static void end_mmap(struct reader *r)
{
	munmap(r->map, r->map_bytes);
	close(r->fd);
}

/* Done with what was there, and wait for the next record. */
static bool advance(struct reader *r, uint64_t position)
{
	r->calls++;
	r->at.position = position;
	r->at.flags = ACQ_ADVANCE_WAIT;
	r->at.timeout_ns = FOREVER;
	if (ioctl(r->fd, ACQ_IOC_ADVANCE, &r->at))
		die("ACQ_IOC_ADVANCE");
	return !(r->at.flags & ACQ_ADVANCE_END);
}

static void run_mmap(struct reader *r, uint64_t records)
{
	while (records-- && !stop && advance(r, r->at.position)) {
		if (r->at.head - r->at.position < r->size)
			break;
		r->at.position += r->size;
		r->records++;
	}
}

/* Records are powers of two, and so are blocks, so none runs across the ring's end. */
static void run_mmap_touch(struct reader *r, uint64_t records)
{
	while (records-- && !stop && advance(r, r->at.position)) {
		if (r->at.head - r->at.position < r->size)
			break;
		touch(r->data + (r->at.position & (r->meta->data_bytes - 1)), r->size);
		r->at.position += r->size;
		r->records++;
	}
}

/* The head is in memory: no call at all as long as there is enough, then one for all of it. */
static void run_mmap_head(struct reader *r, uint64_t records)
{
	uint64_t position = r->at.position;

	while (records-- && !stop) {
		while (__atomic_load_n(&r->meta->head, __ATOMIC_ACQUIRE) - position < r->size) {
			/* At the end of a run less than a record may be left. */
			if (!advance(r, position) || r->meta->end)
				return;
			position = r->at.position;
		}
		position += r->size;
		r->records++;
	}
	advance(r, position);
}

const struct mode modes[MODES] = {
	{ "memcpy", begin_nothing, run_memcpy, end_nothing, false, false },
	{ "bare", begin_bare, run_read, close_node, false, false },
	{ "pread", begin_nothing, run_pread, end_nothing, false, false },
	{ "read", open_node, run_read, close_node, true, false },
	{ "poll", open_node, run_poll, close_node, true, false },
	{ "epoll", begin_epoll, run_epoll, end_epoll, true, false },
	{ "uring", begin_uring, run_uring, end_uring, true, false },
	{ "multishot", begin_multishot, run_multishot, end_multishot, true, true },
	{ "mmap", begin_mmap, run_mmap, end_mmap, true, false },
	{ "mmap-head", begin_mmap, run_mmap_head, end_mmap, true, false },
	{ "read+touch", open_node, run_read_touch, close_node, true, false },
	{ "mmap+touch", begin_mmap, run_mmap_touch, end_mmap, true, false },
};

const struct mode nothing = { "nothing", begin_nothing, run_nothing, end_nothing, false, false };
