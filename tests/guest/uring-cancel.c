// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp kernels=6.1,7,debug
 * acqtest: losing program=uring-cancel-xdma kernels=7
 * acqtest: litepcie program=uring-cancel-litepcie kernels=7
 * acqtest: sound program=uring-cancel-ac97 kernels=7
 */
/* io_uring requests that are cancelled, or have a time limit. */
#include "uring-read.h"

static struct buffers buffers;

static void check_cancelled(struct io_uring *ring, uint64_t cancel, int found, int requests)
{
	while (requests + 1) {
		struct done done = next(ring);

		if (done.user_data == cancel) {
			CHECK_EQ(done.res, found);
			cancel = 0;
		} else {
			CHECK_EQ(done.res, -ECANCELED);
			CHECK(!(done.flags & IORING_CQE_F_MORE));
		}
		requests--;
	}
	CHECK_EQ(cancel, 0);
}

QUIET_TEST(cancel_by_user_data)
{
	int fd = begin_armed();
	struct io_uring *ring = ring_new();

	put_read(ring, fd, buf, 4096, 1);
	put_read(ring, fd, buf, 4096, 2);
	put_poll(ring, fd, POLLIN, true, 3);
	submit(ring);
	check_none(ring);
	io_uring_prep_cancel64(sqe_for(ring, 0), 1, 0);
	ring->sq.sqes[(ring->sq.sqe_tail - 1) & ring->sq.ring_mask].user_data = 100;
	submit(ring);
	check_cancelled(ring, 100, 0, 1);
	/* The others still wait; one that is not there is not found. */
	check_none(ring);
	io_uring_prep_cancel64(sqe_for(ring, 0), 1, 0);
	submit(ring);
	CHECK_EQ(next(ring).res, -ENOENT);
	io_uring_prep_cancel64(sqe_for(ring, 0), 3, 0);
	ring->sq.sqes[(ring->sq.sqe_tail - 1) & ring->sq.ring_mask].user_data = 100;
	submit(ring);
	check_cancelled(ring, 100, 0, 1);
	io_uring_prep_cancel64(sqe_for(ring, 0), 2, 0);
	ring->sq.sqes[(ring->sq.sqe_tail - 1) & ring->sq.ring_mask].user_data = 100;
	submit(ring);
	check_cancelled(ring, 100, 0, 1);
	check_nothing_lost(fd);
}

QUIET_TEST(cancel_by_file_and_all)
{
	int fd = begin_armed(), other = node(O_RDONLY), i;
	struct io_uring *ring = ring_new();
	struct io_uring_sqe *sqe;

	for (i = 1; i <= 5; i++)
		put_read(ring, fd, buf, 4096, i);
	put_read(ring, other, buf, 4096, 6);
	submit(ring);
	check_none(ring);

	sqe = sqe_for(ring, 0);
	io_uring_prep_cancel_fd(sqe, fd, 0);
	sqe->user_data = 100;
	submit(ring);
	check_cancelled(ring, 100, 0, 1);

	sqe = sqe_for(ring, 0);
	io_uring_prep_cancel_fd(sqe, fd, IORING_ASYNC_CANCEL_ALL);
	sqe->user_data = 100;
	submit(ring);
	check_cancelled(ring, 100, 4, 4);

	/* Whatever there is */
	put_read(ring, fd, buf, 4096, 7);
	put_poll(ring, fd, POLLIN, false, 8);
	sqe = sqe_for(ring, 0);
	io_uring_prep_cancel(sqe, NULL, IORING_ASYNC_CANCEL_ANY);
	sqe->user_data = 100;
	submit(ring);
	check_cancelled(ring, 100, 3, 3);
	check_nothing_lost(fd);
}

QUIET_TEST(cancel_on_a_fixed_file)
{
	int fd = begin_armed();
	struct io_uring *ring = ring_new();
	struct io_uring_sqe *sqe;

	CHECK_EQ(io_uring_register_files(ring, &fd, 1), 0);
	put_read(ring, 0, buf, 4096, 1)->flags |= IOSQE_FIXED_FILE;
	submit(ring);
	check_none(ring);
	sqe = sqe_for(ring, 0);
	io_uring_prep_cancel_fd(sqe, 0, IORING_ASYNC_CANCEL_FD_FIXED);
	sqe->user_data = 100;
	submit(ring);
	check_cancelled(ring, 100, 0, 1);
	check_nothing_lost(fd);
}

QUIET_TEST(cancel_that_waits_for_its_end)
{
	struct io_uring_sync_cancel_reg reg = { .flags = IORING_ASYNC_CANCEL_ALL |
							 IORING_ASYNC_CANCEL_FD };
	int fd = begin_armed(), i;
	struct io_uring *ring = ring_new();

	for (i = 1; i <= 3; i++)
		put_read(ring, fd, buf, 4096, i);
	submit(ring);
	check_none(ring);
	reg.fd = fd;
	reg.timeout.tv_sec = -1;
	reg.timeout.tv_nsec = -1;
	CHECK_EQ(io_uring_register_sync_cancel(ring, &reg), 3);
	for (i = 1; i <= 3; i++)
		CHECK_EQ(next(ring).res, -ECANCELED);
	check_nothing_lost(fd);
}

QUIET_TEST(cancel_of_a_multishot_read)
{
	struct io_uring *ring;
	int fd;

	need_read_multishot();
	fd = begin_armed();
	ring = ring_new();
	buffers_make(&buffers, ring, 8, 4096, 8, 0);
	put_multishot(ring, fd, &buffers, 1, 0);
	submit(ring);
	check_none(ring);
	io_uring_prep_cancel64(sqe_for(ring, 0), 1, 0);
	ring->sq.sqes[(ring->sq.sqe_tail - 1) & ring->sq.ring_mask].user_data = 100;
	submit(ring);
	check_cancelled(ring, 100, 0, 1);
	check_nothing_lost(fd);
}

/* A read is cancelled or has its samples: what it has not had the next one gets. */
QUIET_TEST(cancel_races_with_samples)
{
	int fd = begin(), turn, hit = 0, cancelled = 0;
	struct io_uring *ring = ring_new();
	uint64_t index = 0;

	card("speed 2");
	for (turn = 1; turn <= 3000 && (turn <= 300 || hit < 20 || cancelled < 20); turn++) {
		bool both = false;
		int i;

		put_read(ring, fd, buf, 16384, turn);
		submit(ring);
		if (turn % 3 == 0)
			nap(turn % 4);
		io_uring_prep_cancel64(sqe_for(ring, 0), turn, 0);
		submit(ring);
		for (i = 0; i < 2; i++) {
			struct done done = next(ring);

			if (!done.user_data)
				continue;
			CHECK_EQ(done.user_data, turn);
			CHECK(!both);
			both = true;
			if (done.res == -ECANCELED) {
				cancelled++;
				continue;
			}
			CHECK(done.res > 0);
			CHECK(is_ramp(buf, done.res, index));
			index += done.res / FRAME;
			hit++;
		}
	}
	CHECK(hit >= 20 && cancelled >= 20);
	CHECK_EQ(index_of(fd), index);
	CHECK_EQ(status_of(fd).lost, 0);
}

QUIET_TEST(multishot_cancel_races_with_samples)
{
	struct io_uring *ring;
	uint64_t index = 0;
	int fd, turn;

	need_read_multishot();
	fd = begin();
	ring = ring_new();
	buffers_make(&buffers, ring, 32, 1024, 32, 0);
	card("speed 2");
	for (turn = 1; turn <= 150; turn++) {
		bool cancel = true, on = true;

		put_multishot(ring, fd, &buffers, turn, 0);
		submit(ring);
		if (turn % 2)
			nap(turn % 8);
		io_uring_prep_cancel64(sqe_for(ring, 0), turn, 0);
		submit(ring);
		while (cancel || on) {
			struct done done = next(ring);

			if (!done.user_data) {
				cancel = false;
				continue;
			}
			CHECK_EQ(done.user_data, turn);
			CHECK(on);
			on = done.flags & IORING_CQE_F_MORE;
			if (done.res > 0)
				multishot_data(&buffers, &done, &index);
			else
				CHECK(done.res == -ECANCELED || done.res == -ENOBUFS);
		}
	}
	read_all(fd, buf, 4096);
	CHECK(is_ramp(buf, 4096, index));
	CHECK_EQ(status_of(fd).lost, 0);
}

QUIET_TEST(linked_timeout_ends_a_read)
{
	struct __kernel_timespec soon = { .tv_nsec = 100000000 };
	int fd = begin_armed(), i;
	struct io_uring *ring = ring_new();
	struct io_uring_sqe *sqe;

	put_read(ring, fd, buf, 4096, 1)->flags |= IOSQE_IO_LINK;
	sqe = sqe_for(ring, 2);
	io_uring_prep_link_timeout(sqe, &soon, 0);
	sqe->user_data = 2;
	submit(ring);
	for (i = 0; i < 2; i++) {
		struct done done = next(ring);

		CHECK_EQ(done.res, done.user_data == 1 ? -ECANCELED : -ETIME);
	}
	check_nothing_lost(fd);
}

QUIET_TEST(linked_timeout_does_not_end_a_read_that_is_done)
{
	struct __kernel_timespec late = { .tv_sec = 3600 };
	int fd = begin_armed(), i, turn;
	struct io_uring *ring = ring_new();
	struct io_uring_sqe *sqe;
	uint64_t index = 0;

	for (turn = 0; turn < 20; turn++) {
		put_read(ring, fd, buf, 4096, 1)->flags |= IOSQE_IO_LINK;
		sqe = sqe_for(ring, 2);
		io_uring_prep_link_timeout(sqe, &late, 0);
		sqe->user_data = 2;
		submit(ring);
		if (!turn) {
			check_none(ring);
			trigger(fd);
		}
		for (i = 0; i < 2; i++) {
			struct done done = next(ring);

			if (done.user_data == 2) {
				CHECK_EQ(done.res, -ECANCELED);
				continue;
			}
			CHECK(done.res > 0);
			if (!turn)
				index = first_index(fd);
			CHECK(is_ramp(buf, done.res, index));
			index += done.res / FRAME;
		}
	}
}

TEST(no_worker_in_all_these_tests)
{
	no_worker_at_all();
}

HARNESS_MAIN
