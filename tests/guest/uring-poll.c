// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp kernels=6.1,7,debug
 * acqtest: losing program=uring-poll-xdma kernels=7
 * acqtest: litepcie program=uring-poll-litepcie kernels=7
 * acqtest: sound program=uring-poll-ac97 kernels=7
 */
/* io_uring requests that wait by poll, and for a run that others start. */
#include "uring-read.h"

#include <signal.h>

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
