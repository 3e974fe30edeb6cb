// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp kernels=6.1,6.12,7,debug
 * acqtest: losing program=uring-wait-xdma kernels=7
 */
/* io_uring requests that wait: by poll, cancelled, closed, timed, and when the card goes. */
#include "uring.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <sys/wait.h>

static char buf[1 << 20];
static struct buffers buffers;

#define BROKEN	(POLLIN | POLLERR | POLLHUP)

/* Are there multishot reads? For tests that have other requests to look at as well. */
static bool has_multishot(void)
{
	struct io_uring_probe *probe = io_uring_get_probe();
	bool has = probe && io_uring_opcode_supported(probe, IORING_OP_READ_MULTISHOT);

	io_uring_free_probe(probe);
	return has;
}

static ssize_t nowait(int fd)
{
	struct iovec iov = { buf, sizeof(buf) };

	return preadv2(fd, &iov, 1, -1, RWF_NOWAIT);
}

/* What comes first after the trigger is the first sample: nothing went to a dead request. */
static void check_nothing_lost(int fd)
{
	struct io_uring *ring = ring_new();
	struct done done;

	trigger(fd);
	put_read(ring, fd, buf, 4096, 1);
	submit(ring);
	done = next(ring);
	CHECK(done.res > 0);
	CHECK(is_ramp(buf, done.res, first_index(fd)));
	ring_close(ring);
}

QUIET_TEST(poll_tells_the_first_samples)
{
	int fd = begin_armed();
	struct io_uring *ring = ring_new();
	struct done done;
	ssize_t n;

	put_poll(ring, fd, POLLIN, false, 1);
	submit(ring);
	check_none(ring);
	trigger(fd);
	done = next(ring);
	CHECK_EQ(done.res, POLLIN);
	CHECK(!(done.flags & IORING_CQE_F_MORE));
	n = nowait(fd);
	CHECK(n > 0);
	CHECK(is_ramp(buf, n, first_index(fd)));
}

QUIET_TEST(poll_starts_an_idle_card)
{
	int fd = begin();
	struct io_uring *ring = ring_new();
	ssize_t n;

	put_poll(ring, fd, POLLIN, false, 1);
	submit(ring);
	CHECK_EQ(next(ring).res, POLLIN);
	n = nowait(fd);
	CHECK(n > 0);
	CHECK(is_ramp(buf, n, 0));
}

QUIET_TEST(poll_multishot_tells_each_time)
{
	int fd = begin(), turn, data = 0;
	struct io_uring *ring = ring_new();
	uint64_t index = 0;

	put_poll(ring, fd, POLLIN, true, 1);
	submit(ring);
	for (turn = 0; turn < 50; turn++) {
		struct done done = next(ring);
		ssize_t n;

		CHECK_EQ(done.res, POLLIN);
		CHECK(done.flags & IORING_CQE_F_MORE);
		while ((n = nowait(fd)) > 0) {
			CHECK(is_ramp(buf, n, index));
			index += n / FRAME;
			data++;
		}
		CHECK_EQ(errno, EAGAIN);
	}
	/* Now and then an earlier read had it all; not most of the time. */
	CHECK(data >= 25);
	CHECK_EQ(status_of(fd).lost, 0);
}

QUIET_TEST(poll_respects_the_watermark)
{
	struct acq_reader_config reader = { .watermark = 8192 };
	int fd = begin(), turn, data = 0;
	struct io_uring *ring = ring_new();
	uint64_t index = 0;

	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &reader), 0);
	put_poll(ring, fd, POLLIN, true, 1);
	submit(ring);
	card("speed 4");
	for (turn = 0; turn < 30; turn++) {
		ssize_t n;

		CHECK_EQ(next(ring).res, POLLIN);
		while ((n = nowait(fd)) > 0) {
			CHECK(n >= (ssize_t)reader.watermark);
			CHECK(is_ramp(buf, n, index));
			index += n / FRAME;
			data++;
		}
	}
	CHECK(data >= 15);
}

QUIET_TEST(poll_never_says_writable)
{
	int fd = begin();
	struct io_uring *ring = ring_new();

	CHECK_EQ(read(fd, buf, FRAME), FRAME);
	put_poll(ring, fd, POLLOUT | POLLPRI | POLLRDHUP, false, 1);
	submit(ring);
	check_none(ring);
	io_uring_prep_poll_remove(sqe_for(ring, 2), 1);
	submit(ring);
	CHECK_EQ(next(ring).res + next(ring).res, -ECANCELED);
}

/* More events than the completion queue holds, which nobody fetches */
QUIET_TEST(poll_multishot_overflow)
{
	struct io_uring_params params = { .flags = IORING_SETUP_CQSIZE, .cq_entries = 4 };
	struct io_uring *ring;
	uint64_t index = 0;
	int fd, turn;

	fd = begin();
	ring = ring_params(4, &params);
	for (turn = 0; turn < 5; turn++) {
		int ended = 0, cancelled = 0, events = 0, i;
		struct done done;

		put_poll(ring, fd, POLLIN, true, 1);
		put_poll(ring, fd, POLLIN, true, 2);
		submit(ring);
		for (i = 0; i < PATIENCE_MS && !io_uring_cq_has_overflow(ring); i++) {
			ssize_t n = nowait(fd);

			if (n > 0) {
				CHECK(is_ramp(buf, n, index));
				index += n / FRAME;
			}
			nap(1);
		}
		CHECK(io_uring_cq_has_overflow(ring));
		/* Each request ends once: by the overflow, or when cancelled. */
		io_uring_prep_cancel64(sqe_for(ring, 3), 1, 0);
		sqe_for(ring, 0)->opcode = IORING_OP_NOP;
		io_uring_prep_cancel64(sqe_for(ring, 3), 2, 0);
		submit(ring);
		while (ended < 2 || cancelled < 2) {
			done = next(ring);
			if (done.user_data == 3) {
				cancelled++;
			} else if (done.user_data) {
				events += done.res == POLLIN;
				CHECK(done.res == POLLIN || done.res == -ECANCELED);
				ended += !(done.flags & IORING_CQE_F_MORE);
			}
		}
		CHECK(events > 4);
		check_none(ring);
	}
	read_all(fd, buf, 4096);
	CHECK(is_ramp(buf, 4096, index));
	CHECK_EQ(status_of(fd).lost, 0);
}

/* Arm and take back just when samples come: each request ends once, none twice or never. */
QUIET_TEST(poll_races_with_its_removal)
{
	int fd = begin(), turn, hit = 0, missed = 0;
	struct io_uring *ring = ring_new();

	CHECK_EQ(read(fd, buf, FRAME), FRAME);
	card("speed 2");
	for (turn = 1; turn <= 2000 && (turn <= 300 || !hit || !missed); turn++) {
		bool removing = false, ended = false;

		while (nowait(fd) > 0)
			;
		put_poll(ring, fd, POLLIN, turn & 1, turn);
		submit(ring);
		if (turn % 3 == 0)
			nap(1);
		do {
			struct done done;

			if (!removing && !ended) {
				io_uring_prep_poll_remove(sqe_for(ring, 0), turn);
				submit(ring);
				removing = true;
			}
			done = next(ring);
			if (!done.user_data) {
				/* EALREADY: it is being told just now, and may go on after that. */
				CHECK(done.res == 0 || done.res == -ENOENT ||
				      done.res == -EALREADY);
				removing = false;
				if (done.res == -EALREADY)
					continue;
				while (!ended) {
					done = next(ring);
					CHECK_EQ(done.user_data, turn);
					ended = !(done.flags & IORING_CQE_F_MORE);
					hit += done.res == POLLIN;
					missed += done.res == -ECANCELED;
				}
				break;
			}
			CHECK_EQ(done.user_data, turn);
			CHECK(!ended);
			CHECK(done.res == POLLIN || done.res == -ECANCELED);
			hit += done.res == POLLIN;
			missed += done.res == -ECANCELED;
			ended = !(done.flags & IORING_CQE_F_MORE);
		} while (removing || !ended);
	}
	CHECK(hit && missed);
	check_none(ring);
	CHECK_EQ(status_of(fd).lost, 0);
}

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

/* A request keeps its file: closing the descriptor takes nothing from it. */
QUIET_TEST(close_with_requests_in_flight)
{
	int control = begin_armed(), fd = node(O_RDONLY), polled = node(O_RDONLY);
	struct io_uring *ring = ring_new();
	int i;

	put_read(ring, fd, buf, 4096, 1);
	put_poll(ring, polled, POLLIN, false, 2);
	submit(ring);
	CHECK_EQ(status_of(control).readers, 3);
	close_node(fd);
	close_node(polled);
	check_none(ring);
	CHECK_EQ(status_of(control).readers, 3);
	trigger(control);
	for (i = 0; i < 2; i++) {
		struct done done = next(ring);

		if (done.user_data == 2) {
			CHECK_EQ(done.res, POLLIN);
			continue;
		}
		CHECK(done.res > 0);
		CHECK(is_ramp(buf, done.res, first_index(control)));
	}
	/* With the last request they are closed in earnest. */
	WAIT_FOR(status_of(control).readers == 1);
}

/* All kinds of requests on files of their own, which are closed at once */
static int put_all_kinds(struct io_uring *ring, bool multishot)
{
	int files[5], i, n = 0;

	for (i = 0; i < 5; i++)
		files[i] = node(O_RDONLY);
	put_read(ring, files[n++], buf, 4096, 1);
	put_poll(ring, files[n++], POLLIN, false, 2);
	put_poll(ring, files[n++], POLLIN, true, 3);
	put_poll(ring, files[n++], 0, false, 4);
	if (multishot) {
		buffers_make(&buffers, ring, 8, 4096, 8, 0);
		put_multishot(ring, files[n++], &buffers, 5, 0);
	}
	submit(ring);
	/* A polling thread takes requests, and looks up their files, when it likes. */
	WAIT_FOR(!io_uring_sq_ready(ring));
	for (i = 0; i < 5; i++)
		close_node(files[i]);
	return n;
}

QUIET_TEST(ring_that_goes_takes_its_requests_along)
{
	static const unsigned int flags[] = { 0, DEFER, IORING_SETUP_SQPOLL };
	int control = begin_armed(), n;
	size_t i;

	for (i = 0; i < 9; i++) {
		struct io_uring *ring = ring_flags(flags[i % 3]);

		n = put_all_kinds(ring, has_multishot());
		WAIT_FOR(status_of(control).readers == 1 + (unsigned int)n);
		ring_close(ring);
		WAIT_FOR(status_of(control).readers == 1);
	}
	check_nothing_lost(control);
}

QUIET_TEST(last_request_that_goes_stops_the_card)
{
	int fd = begin();
	struct io_uring *ring = ring_new();

	put_read(ring, fd, buf, sizeof(buf), 1);
	submit(ring);
	CHECK(next(ring).res > 0);
	card("stall on");
	nap(50);
	while (nowait(fd) > 0)
		;
	put_read(ring, fd, buf, sizeof(buf), 2);
	submit(ring);
	close_node(fd);
	ring_close(ring);
	card("stall off");
	fd = node(O_RDWR);
	WAIT_FOR(status_of(fd).state == ACQ_STATE_IDLE);
}

QUIET_TEST(process_that_ends_takes_its_requests_along)
{
	int control = begin_armed(), turn;

	for (turn = 0; turn < 5; turn++) {
		pid_t child = fork();
		int status;

		CHECK(child >= 0);
		if (!child) {
			struct io_uring *ring = ring_new();

			put_all_kinds(ring, has_multishot());
			if (turn & 1)
				raise(SIGKILL);
			_exit(0);
		}
		CHECK_EQ(waitpid(child, &status, 0), child);
		CHECK(WIFSIGNALED(status) ? turn & 1 : WEXITSTATUS(status) == 0);
		WAIT_FOR(status_of(control).readers == 1);
	}
	check_nothing_lost(control);
}

/* A file that is polled by way of an epoll instance goes while the poll waits. */
QUIET_TEST(nested_poll_outlives_the_file)
{
	int control = begin_armed(), turn;

	for (turn = 0; turn < 10; turn++) {
		struct epoll_event event = { .events = EPOLLIN };
		int fd = node(O_RDONLY), ep = epoll_create1(EPOLL_CLOEXEC);
		struct io_uring *ring = ring_new();

		CHECK(ep >= 0);
		CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event), 0);
		put_poll(ring, ep, POLLIN, turn & 1, 1);
		if (turn & 2)
			put_poll(ring, fd, POLLIN, turn & 1, 2);
		submit(ring);
		close_node(fd);
		check_none(ring);
		if (turn & 4)
			close(ep);
		ring_close(ring);
		if (!(turn & 4))
			close(ep);
		WAIT_FOR(status_of(control).readers == 1);
	}
	check_nothing_lost(control);
}

/* All that wait learn that the card is gone, whatever they wait for. */
QUIET_TEST(unbind_ends_all_that_wait)
{
	bool multishot = has_multishot();
	struct io_uring *ring;
	unsigned int seen = 0;
	int n;

	begin_armed();
	ring = ring_new();
	n = put_all_kinds(ring, multishot);
	check_none(ring);
	unbind();
	while (n--) {
		struct done done = next(ring);

		CHECK(!(seen & 1 << done.user_data));
		seen |= 1 << done.user_data;
		switch (done.user_data) {
		case 1:
		case 5:
			CHECK_EQ(done.res, -ENODEV);
			CHECK(!(done.flags & IORING_CQE_F_MORE));
			break;
		case 4:
			CHECK_EQ(done.res, POLLERR | POLLHUP);
			break;
		default:
			CHECK_EQ(done.res, BROKEN);
		}
	}
	close_all();
	ring_close(ring);
	bind_again();
}

/* The rest first, then the error, which ends a multishot read. */
static void drained_then(const char *how, int error)
{
	int turn;

	for (turn = 0; turn < 4; turn++) {
		bool multishot = turn & 1, stalled = turn & 2;
		struct io_uring *ring;
		uint64_t index = 0;
		struct done done;
		int fd;

		if (multishot && !has_multishot())
			continue;
		fd = begin();
		ring = ring_new();
		read_all(fd, buf, 4096);
		index = 1024;
		/* Of what is there now nothing has been read. */
		nap(100);
		if (multishot)
			buffers_make(&buffers, ring, 64, 512, 64, 0);
		if (stalled) {
			card("stall on");
			nap(20);
			while (nowait(fd) > 0)
				;
			index = index_of(fd);
		}
		if (multishot)
			put_multishot(ring, fd, &buffers, 1, 0);
		else
			put_read(ring, fd, buf, 512, 1);
		submit(ring);
		if (how)
			card("%s", how);
		else
			unbind();
		for (;;) {
			done = next(ring);
			if (done.res == -ENOBUFS) {
				put_multishot(ring, fd, &buffers, 1, 0);
				submit(ring);
				continue;
			}
			if (done.res <= 0)
				break;
			if (multishot) {
				multishot_data(&buffers, &done, &index);
				if (done.flags & IORING_CQE_F_MORE)
					continue;
				put_multishot(ring, fd, &buffers, 1, 0);
			} else {
				CHECK(is_ramp(buf, done.res, index));
				index += done.res / FRAME;
				put_read(ring, fd, buf, 512, 1);
			}
			submit(ring);
		}
		CHECK_EQ(done.res, error);
		CHECK(!(done.flags & IORING_CQE_F_MORE));
		CHECK_EQ(index_of(fd), index + (gap_of(fd).index >= index ? gap_of(fd).lost : 0));
		/* It stays so, and polls tell. */
		put_read(ring, fd, buf, 512, 2);
		submit(ring);
		CHECK_EQ(next(ring).res, error);
		put_poll(ring, fd, POLLIN, false, 3);
		submit(ring);
		CHECK_EQ(next(ring).res, BROKEN);
	}
}

QUIET_TEST(unbind_after_the_last_sample)
{
	drained_then(NULL, -ENODEV);
	begin();
}

QUIET_TEST(failure_after_the_last_sample)
{
	drained_then("fault gone", -ENODEV);
	card("clear");
}

QUIET_TEST(failure_ends_all_that_wait)
{
	bool multishot = has_multishot();
	struct io_uring *ring;
	int n;

	begin_armed();
	ring = ring_new();
	n = put_all_kinds(ring, multishot);
	check_none(ring);
	card("fault gone");
	while (n--) {
		struct done done = next(ring);

		if (done.user_data == 1 || done.user_data == 5)
			CHECK_EQ(done.res, -ENODEV);
		else
			CHECK_EQ(done.res, done.user_data == 4 ? POLLERR | POLLHUP : BROKEN);
	}
	card("clear");
}

/* A file opened for writing only has nothing to read, but its card may go all the same. */
QUIET_TEST(unbind_ends_a_writers_poll)
{
	struct io_uring *ring;
	int fd;

	begin();
	fd = node(O_WRONLY);
	ring = ring_new();
	put_poll(ring, fd, POLLIN, false, 1);
	submit(ring);
	check_none(ring);
	unbind();
	CHECK_EQ(next(ring).res, POLLERR | POLLHUP);
	close_all();
	ring_close(ring);
	bind_again();
}

struct storm {
	pthread_t target;
	int fd;
	atomic_bool stop;
	atomic_int started;
};

static void nothing(int sig)
{
	(void)sig;
}

static void *storm_of_signals(void *arg)
{
	struct storm *storm = arg;

	while (!storm->stop) {
		pthread_kill(storm->target, SIGUSR1);
		usleep(200);
	}
	return NULL;
}

static void *start_run(void *arg)
{
	struct storm *storm = arg;

	storm->started = 1;
	/* EBUSY: the reader was faster */
	if (ioctl(storm->fd, ACQ_IOC_START) && errno != EBUSY)
		storm->started = -1;
	return NULL;
}

/*
 * A reader comes while somebody else is starting the run, and signals come too: it
 * may not be left waiting for a run that it has not joined.
 */
QUIET_TEST(signals_do_not_strand_a_reader)
{
	struct sigaction action = { .sa_handler = nothing, .sa_flags = SA_RESTART };
	struct acq_config config = uring_config();
	struct storm storm = { .target = pthread_self() };
	pthread_t signals, starter;
	int turn;

	config.ring_bytes = 8 << 20;
	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	for (turn = 0; turn < 12; turn++) {
		int control = begin_with(config), fd = node(O_RDONLY);
		struct io_uring *ring = ring_new();
		struct done done;

		storm.fd = control;
		storm.stop = false;
		storm.started = 0;
		CHECK_EQ(pthread_create(&signals, NULL, storm_of_signals, &storm), 0);
		CHECK_EQ(pthread_create(&starter, NULL, start_run, &storm), 0);
		while (!storm.started)
			;
		if (turn & 1)
			put_poll(ring, fd, POLLIN, turn & 2, 1);
		else
			put_read(ring, fd, buf, 4096, 1);
		submit(ring);
		nap(10);
		storm.stop = true;
		pthread_join(signals, NULL);
		pthread_join(starter, NULL);
		done = next(ring);
		CHECK(turn & 1 ? done.res == POLLIN : done.res > 0);
		CHECK_EQ(storm.started, 1);
	}
}

TEST(no_worker_in_all_these_tests)
{
	no_worker_at_all();
}

HARNESS_MAIN
