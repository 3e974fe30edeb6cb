// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp kernels=6.1,7,debug
 * acqtest: losing program=uring-end-xdma kernels=7
 * acqtest: litepcie program=uring-end-litepcie kernels=7
 * acqtest: sound program=uring-end-ac97 kernels=7
 */
/* io_uring requests whose file, ring, process or card goes while they wait. */
#include "uring-read.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/wait.h>

static struct buffers buffers;

#define BROKEN	(POLLIN | POLLERR | POLLHUP)

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

TEST(no_worker_in_all_these_tests)
{
	no_worker_at_all();
}

HARNESS_MAIN
