// SPDX-License-Identifier: GPL-2.0-only
/* acqtest: playing kernels=6.1,7,debug takes=20 */
/* io_uring writes to an output: they wait by poll, never by a worker, and lose nothing. */
#include "play.h"
#include "uring.h"

#include <sys/uio.h>

#define ROOM	(8 * PAGE_BYTES)

static uint8_t samples[1 << 18];

static int begin_out(void)
{
	int i, fd;

	for (i = 0; i < 16; i++)
		ring_close(&rings[i]);
	fd = open_output(output_config(16), O_WRONLY, true);
	card("out speed 4");
	make_random(samples, sizeof(samples), seed_of(1));
	return fd;
}

static struct io_uring_sqe *put_write(struct io_uring *ring, int fd, size_t at, size_t bytes)
{
	struct io_uring_sqe *sqe = sqe_for(ring, 1);

	io_uring_prep_write(sqe, fd, samples + at, bytes, HERE);
	sqe->user_data = 1;
	return sqe;
}

/* The ring is full, and its card plays nothing. */
static size_t fill_and_stall(int fd)
{
	card("out stall on");
	CHECK_EQ(write_all(fd, samples, ROOM), ROOM);
	WAIT_FOR(status_of(fd).state == ACQ_STATE_RUNNING);
	return ROOM;
}

QUIET_TEST(all_that_is_written_is_played)
{
	size_t done = 0, piece;
	int fd = begin_out();
	struct io_uring *ring = ring_new();
	struct iovec iov[2];
	struct io_uring_sqe *sqe;
	struct done cqe;

	/* The first one has the run made by another. */
	while (done < sizeof(samples)) {
		piece = 1 + random() % 40000;
		piece = piece < sizeof(samples) - done ? piece : sizeof(samples) - done;
		if (random() % 2) {
			put_write(ring, fd, done, piece);
		} else {
			iov[0] = (struct iovec){ samples + done, piece / 3 };
			iov[1] = (struct iovec){ samples + done + piece / 3, piece - piece / 3 };
			sqe = sqe_for(ring, 1);
			io_uring_prep_writev(sqe, fd, iov, 2, HERE);
			sqe->user_data = 1;
		}
		submit(ring);
		cqe = next(ring);
		if (cqe.res == -EPIPE) {
			gap_of(fd);
			continue;
		}
		CHECK(cqe.res > 0);
		done += cqe.res;
	}
	CHECK(fsync(fd) == 0 || errno == EPIPE);
	check_played(samples, sizeof(samples));
}

QUIET_TEST(a_write_waits_by_poll)
{
	int fd = begin_out();
	struct io_uring *ring = ring_new();
	size_t done = fill_and_stall(fd);
	long armed = event_total(&polls);
	struct done cqe;

	put_write(ring, fd, done, PAGE_BYTES);
	submit(ring);
	check_none(ring);
	CHECK(event_total(&polls) > armed);
	card("out stall off");
	cqe = next(ring);
	CHECK(cqe.res > 0);
	done += cqe.res;
	CHECK(fsync(fd) == 0 || errno == EPIPE);
	check_played(samples, done);
}

QUIET_TEST(a_waiting_write_is_cancelled_and_takes_nothing)
{
	int fd = begin_out();
	struct io_uring *ring = ring_new();
	size_t done = fill_and_stall(fd);
	struct io_uring_sqe *sqe;
	struct done a, b;

	put_write(ring, fd, done, 4000);
	submit(ring);
	check_none(ring);
	sqe = sqe_for(ring, 2);
	io_uring_prep_cancel64(sqe, 1, 0);
	sqe->user_data = 2;
	submit(ring);
	a = next(ring);
	b = next(ring);
	CHECK_EQ(a.user_data + b.user_data, 3);
	CHECK_EQ((a.user_data == 1 ? a : b).res, -ECANCELED);
	CHECK_EQ((a.user_data == 2 ? a : b).res, 0);
	CHECK_EQ(status_of(fd).accepted, done);
	card("out stall off");
	CHECK_EQ(fsync(fd), 0);
	check_played(samples, done);
}

QUIET_TEST(a_linked_timeout_ends_a_write)
{
	struct __kernel_timespec soon = { .tv_nsec = 50000000 };
	int fd = begin_out();
	struct io_uring *ring = ring_new();
	size_t done = fill_and_stall(fd);
	struct io_uring_sqe *sqe;
	struct done a, b;

	put_write(ring, fd, done, 4000)->flags |= IOSQE_IO_LINK;
	sqe = sqe_for(ring, 2);
	io_uring_prep_link_timeout(sqe, &soon, 0);
	sqe->user_data = 2;
	submit(ring);
	a = next(ring);
	b = next(ring);
	CHECK_EQ((a.user_data == 1 ? a : b).res, -ECANCELED);
	CHECK_EQ(status_of(fd).accepted, done);
	card("out stall off");
	CHECK_EQ(fsync(fd), 0);
	check_played(samples, done);
}

QUIET_TEST(an_underrun_and_the_end_end_a_wait)
{
	struct acq_reader_config how = { .watermark = ROOM };
	int fd = begin_out();
	struct io_uring *ring = ring_new();
	size_t done = fill_and_stall(fd);

	/* All of the ring is asked for: when that is free, the card runs dry. */
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &how), 0);
	put_write(ring, fd, done, 4 * ROOM);
	submit(ring);
	check_none(ring);
	CHECK_EQ(ioctl(fd, ACQ_IOC_DROP), 0);
	/* It goes on in the next run, which has all of its ring. */
	CHECK_EQ(next(ring).res, (int)ROOM);
	CHECK_EQ(status_of(fd).accepted, ROOM);
	CHECK_EQ(ioctl(fd, ACQ_IOC_DROP), 0);
}

TEST(no_worker_in_all_of_them)
{
	no_worker_at_all();
}

HARNESS_MAIN
