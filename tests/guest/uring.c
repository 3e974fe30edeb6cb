// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp kernels=6.1,7,rt,arm64,debug
 * acqtest: losing program=uring-xdma kernels=7
 * acqtest: litepcie program=uring-litepcie kernels=7
 * acqtest: sound program=uring-ac97 kernels=7
 */
/* Reading by io_uring: every way of it, each sample once, and never a worker. */
#include "uring-read.h"

static struct buffers buffers;

struct forced {
	int fd, nop, read, error;
};

/* Requests that are told to go to a worker, in a thread whose end ends its workers */
static void *forced_requests(void *arg)
{
	struct forced *forced = arg;
	struct io_uring_cqe *cqe;
	struct io_uring_sqe *sqe;
	struct io_uring ring;

	forced->error = io_uring_queue_init(4, &ring, 0);
	if (forced->error)
		return NULL;
	sqe = io_uring_get_sqe(&ring);
	if (forced->fd < 0)
		io_uring_prep_nop(sqe);
	else
		io_uring_prep_read(sqe, forced->fd, buf, 4096, HERE);
	sqe->flags |= IOSQE_ASYNC;
	forced->error = io_uring_submit_and_wait(&ring, 1) == 1 ? 0 : -EIO;
	if (!forced->error && !io_uring_peek_cqe(&ring, &cqe))
		forced->read = cqe->res;
	/* Until both counts can have seen it */
	nap(100);
	io_uring_queue_exit(&ring);
	return NULL;
}

/* Without this, counts of zero would mean nothing. */
TEST(workers_are_counted_in_both_ways)
{
	struct forced forced = { .fd = -1, .read = -1 };
	struct workers before = test_begins(), after;
	pthread_t thread;
	int fd = begin();

	CHECK_EQ(pthread_create(&thread, NULL, forced_requests, &forced), 0);
	pthread_join(thread, NULL);
	after = workers();
	meant.threads += after.threads - before.threads;
	meant.events += after.events - before.events;
	CHECK_EQ(forced.error, 0);
	CHECK_EQ(forced.read, 0);
	CHECK_EQ(after.events - before.events, 1);
	CHECK_EQ(after.threads - before.threads, 1);

	/* A read of the device can be forced into one too, and does there what it should. */
	before = after;
	forced = (struct forced){ .fd = fd, .read = -1 };
	CHECK_EQ(pthread_create(&thread, NULL, forced_requests, &forced), 0);
	pthread_join(thread, NULL);
	after = workers();
	meant.threads += after.threads - before.threads;
	meant.events += after.events - before.events;
	CHECK_EQ(forced.error, 0);
	CHECK(forced.read > 0 && forced.read % FRAME == 0);
	CHECK(is_ramp(buf, forced.read, 0));
	CHECK(after.events > before.events);
	CHECK(after.threads > before.threads);
}

QUIET_TEST(read_starts_an_idle_card_and_misses_nothing)
{
	int fd = begin();
	uint64_t index = 0;

	CHECK_EQ(status_of(fd).state, ACQ_STATE_IDLE);
	read_in_turn(ring_new(), fd, 0, &index, 1);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_RUNNING);
	CHECK_EQ(index_of(fd), index);
}

QUIET_TEST(read_in_order)
{
	int fd = begin();
	uint64_t index = 0;

	card("speed 4");
	read_in_turn(ring_new(), fd, 0, &index, 100);
	CHECK_EQ(status_of(fd).lost, 0);
}

QUIET_TEST(readv_fills_in_order)
{
	static char parts[3][4096];
	struct iovec iov[3] = { { parts[0], 10 }, { parts[1], 4096 }, { parts[2], 999 } };
	int fd = begin(), turn;
	struct io_uring *ring = ring_new();
	uint64_t index = 0;

	card("speed 4");
	for (turn = 0; turn < 50; turn++) {
		struct io_uring_sqe *sqe = sqe_for(ring, turn);
		struct done done;
		size_t have = 0;
		int i;

		io_uring_prep_readv(sqe, fd, iov, 3, HERE);
		sqe->user_data = turn;
		submit(ring);
		done = next(ring);
		CHECK(done.res > 0 && done.res % FRAME == 0);
		for (i = 0; i < 3; i++) {
			memcpy(buf + have, parts[i], iov[i].iov_len);
			have += iov[i].iov_len;
		}
		CHECK((size_t)done.res <= have);
		CHECK(is_ramp(buf, done.res, index));
		index += done.res / FRAME;
	}
}

QUIET_TEST(fixed_file_outlives_its_descriptor)
{
	int fd = begin(), reader = node(O_RDONLY);
	struct io_uring *ring = ring_new();
	uint64_t index;

	CHECK_EQ(read(fd, buf, FRAME), FRAME);
	CHECK_EQ(io_uring_register_files(ring, &reader, 1), 0);
	put_read(ring, 0, buf, FRAME, 1)->flags |= IOSQE_FIXED_FILE;
	submit(ring);
	CHECK_EQ(next(ring).res, FRAME);
	index = index_of(reader);
	CHECK(is_ramp(buf, FRAME, index - 1));
	close_node(reader);
	read_in_turn(ring, 0, IOSQE_FIXED_FILE, &index, 50);
	CHECK_EQ(io_uring_unregister_files(ring), 0);
}

QUIET_TEST(fixed_buffer_is_filled)
{
	struct iovec iov = { buf, 65536 };
	struct io_uring *ring;
	uint64_t index = 0;
	int fd, turn;

	fd = begin();
	ring = ring_new();
	CHECK_EQ(io_uring_register_buffers(ring, &iov, 1), 0);
	for (turn = 0; turn < 30; turn++) {
		struct io_uring_sqe *sqe = sqe_for(ring, 1);
		size_t at = turn * 1004;
		struct done done;

		io_uring_prep_read_fixed(sqe, fd, buf + at, 8192, HERE, 0);
		submit(ring);
		done = next(ring);
		CHECK(done.res > 0 && done.res % FRAME == 0);
		CHECK(is_ramp(buf + at, done.res, index));
		index += done.res / FRAME;
	}
}

QUIET_TEST(sqpoll_reads_without_system_calls)
{
	struct io_uring_params params = { .flags = IORING_SETUP_SQPOLL, .sq_thread_idle = 1000 };
	struct io_uring *ring;
	uint64_t index = 0;
	int fd;

	fd = begin();
	ring = ring_params(8, &params);
	read_in_turn(ring, fd, 0, &index, 50);
	CHECK_EQ(io_uring_register_files(ring, &fd, 1), 0);
	read_in_turn(ring, 0, IOSQE_FIXED_FILE, &index, 50);
}

QUIET_TEST(deferred_task_work)
{
	uint64_t index = 0;
	int fd = begin();

	read_in_turn(ring_flags(DEFER), fd, 0, &index, 50);
	read_in_turn(ring_flags(IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG), fd, 0,
		     &index, 50);
}

/* Each wake finds many readers, and all but one have to wait again. */
QUIET_TEST(many_reads_at_once_share_the_samples)
{
	enum { DEPTH = 24, BYTES = 512 };
	static struct chunk chunks[PERIOD];
	int fd = begin_armed(), waiting, i;
	size_t count = 0, frames = 0;
	struct io_uring *ring = ring_new();

	for (waiting = 0; waiting < DEPTH; waiting++)
		put_read(ring, fd, buf + waiting * BYTES, BYTES, waiting);
	submit(ring);
	check_none(ring);
	trigger(fd);
	while (waiting) {
		struct done done = next(ring);

		CHECK(done.res > 0);
		chunk_add(&chunks[count++], buf + done.user_data * BYTES, done.res);
		frames += done.res / FRAME;
		waiting--;
		if (frames < PERIOD / 2 - DEPTH * BYTES) {
			i = done.user_data;
			put_read(ring, fd, buf + i * BYTES, BYTES, i);
			submit(ring);
			waiting++;
		}
	}
	CHECK_EQ(chunks_join(chunks, count, first_index(fd)), frames);
	CHECK_EQ(index_of(fd), first_index(fd) + frames);
}

QUIET_TEST(finished_run_ends_reads_with_zero)
{
	struct acq_config config = uring_config();
	struct io_uring *ring;
	uint64_t index = 0;
	struct done done;
	int fd;

	config.count = 5003;
	fd = begin_with(config);
	ring = ring_new();
	do {
		put_read(ring, fd, buf, 4096, 1);
		submit(ring);
		done = next(ring);
		CHECK(done.res >= 0);
		CHECK(is_ramp(buf, done.res, index));
		index += done.res / FRAME;
	} while (done.res);
	CHECK_EQ(index, config.count);
	put_read(ring, fd, buf, 4096, 1);
	submit(ring);
	CHECK_EQ(next(ring).res, 0);
}

/* A run that is over before it brought anything, as when a pipe's other end just closes */
QUIET_TEST(empty_run_ends_waiting_reads)
{
	int fd = begin_armed(), other = node(O_RDONLY);
	struct io_uring *ring = ring_new();
	bool multishot;

	put_read(ring, fd, buf, 4096, 1);
	submit(ring);
	check_none(ring);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	CHECK_EQ(next(ring).res, 0);

	/* And multishot, where there is that */
	multishot = getenv("ACQ_KERNEL") && strcmp(getenv("ACQ_KERNEL"), "6.1");
	if (!multishot)
		return;
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	buffers_make(&buffers, ring, 8, 512, 8, 0);
	put_multishot(ring, other, &buffers, 2, 0);
	submit(ring);
	check_none(ring);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	CHECK_EQ(next(ring).res, 0);
	check_none(ring);
}

QUIET_TEST(gap_is_told_in_its_place)
{
	struct io_uring *ring;
	uint64_t index = 0, lost = 0;
	int fd, gaps = 0, turn;

	need_losses();
	fd = begin();
	ring = ring_new();
	for (turn = 0; turn < 200 && (gaps < 3 || turn % 20); turn++) {
		struct done done;

		if (turn && turn % 20 == 0 && gaps < 3)
			card("overflow %d", turn);
		put_read(ring, fd, buf, 4096, 1);
		submit(ring);
		done = next(ring);
		if (done.res == -EPIPE) {
			CHECK_EQ(gap_of(fd).index, index);
			index += gap_of(fd).lost;
			lost += gap_of(fd).lost;
			gaps++;
			continue;
		}
		CHECK(done.res > 0);
		CHECK(is_ramp(buf, done.res, index));
		index += done.res / FRAME;
	}
	CHECK(gaps >= 3);
	CHECK(lost >= 20 + 40 + 60);
}

QUIET_TEST(watermark_holds_for_each_completion)
{
	struct acq_reader_config reader = { .watermark = 16384 };
	struct io_uring *ring;
	uint64_t index = 0;
	int fd, turn;

	fd = begin();
	ring = ring_new();
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &reader), 0);
	card("speed 4");
	for (turn = 0; turn < 20; turn++) {
		struct done done;

		put_read(ring, fd, buf, 65536, 1);
		submit(ring);
		done = next(ring);
		CHECK(done.res >= (int)reader.watermark);
		CHECK(is_ramp(buf, done.res, index));
		index += done.res / FRAME;
	}
	/* Less was asked for: it comes too, if not before the watermark. */
	read_in_turn(ring, fd, 0, &index, 20);
}

/* Below a watermark that is never reached, samples come when they have waited long enough. */
QUIET_TEST(samples_are_flushed_below_the_watermark)
{
	struct acq_reader_config reader = { .watermark = 400000, .flush_us = 5000 };
	struct io_uring *ring;
	uint64_t index = 0;
	struct done done;
	int fd, turn;

	fd = begin();
	ring = ring_new();
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &reader), 0);
	for (turn = 0; turn < 20; turn++) {
		put_read(ring, fd, buf, sizeof(buf), 1);
		submit(ring);
		done = next(ring);
		CHECK(done.res > 0 && done.res < (int)reader.watermark);
		CHECK(is_ramp(buf, done.res, index));
		index += done.res / FRAME;
	}
	/* And the last ones, after which nothing comes that could wake anybody */
	nap(50);
	card("stall on");
	put_poll(ring, fd, POLLIN, false, 2);
	submit(ring);
	CHECK_EQ(next(ring).res, POLLIN);
	put_read(ring, fd, buf, sizeof(buf), 3);
	submit(ring);
	done = next(ring);
	CHECK(done.res > 0);
	CHECK(is_ramp(buf, done.res, index));
}

/*
 * O_NONBLOCK takes any frame, whatever the watermark. Where there is none, some
 * kernels' io_uring says EAGAIN, others wait all the same.
 */
QUIET_TEST(nonblocking_file_takes_what_there_is)
{
	struct acq_reader_config reader = { .watermark = 32768 };
	int fd = begin(), few = 0, turn, empty = 0;
	struct io_uring *ring = ring_new();
	uint64_t index = 0;

	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &reader), 0);
	CHECK_EQ(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	for (turn = 0; turn < 30 || !few; turn++) {
		struct done done;

		put_read(ring, fd, buf, sizeof(buf), 1);
		submit(ring);
		done = next(ring);
		/* Something will have come by the next read. */
		nap(30);
		if (done.res == -EAGAIN) {
			empty++;
			continue;
		}
		CHECK(done.res > 0 && done.res % FRAME == 0);
		CHECK(is_ramp(buf, done.res, index));
		index += done.res / FRAME;
		few += done.res < (int)reader.watermark;
	}
	printf("# %d of %d reads did not wait and found nothing\n", empty, turn);
}

QUIET_TEST(small_buffer_gets_a_part_of_a_frame)
{
	int fd = begin_armed();
	struct io_uring *ring = ring_new();

	put_read(ring, fd, buf, FRAME - 1, 1);
	submit(ring);
	check_none(ring);
	trigger(fd);
	CHECK_EQ(next(ring).res, FRAME - 1);
	put_read(ring, fd, (void *)8, 4096, 2);
	submit(ring);
	CHECK_EQ(next(ring).res, -EFAULT);
	put_read(ring, fd, buf + FRAME - 1, 4096, 3);
	submit(ring);
	CHECK(next(ring).res > 0);
	CHECK(is_ramp(buf, FRAME, first_index(fd)));
}

/* A start that fails ends the read; it must not be tried for ever, nor by a worker. */
QUIET_TEST(start_that_fails_ends_the_read)
{
	struct acq_config config = uring_config();
	struct io_uring *ring;
	struct done done;
	int fd;

	if (over_ac97())
		SKIP("this card has no ring that would not fit");
	/* More than there is memory for */
	config.block_bytes = 4 << 20;
	config.ring_bytes = 1ULL << 34;
	fd = begin_with(config);
	CHECK(config_of(fd).ring_bytes >= 1ULL << 32);
	ring = ring_new();
	put_read(ring, fd, buf, 4096, 1);
	submit(ring);
	CHECK_EQ(next(ring).res, -ENOSPC);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_IDLE);
	put_poll(ring, fd, POLLIN, false, 2);
	submit(ring);
	CHECK_EQ(next(ring).res, POLLIN | POLLERR | POLLHUP);

	/* With less it starts. */
	configure(fd, uring_config());
	do {
		put_read(ring, fd, buf, 4096, 3);
		submit(ring);
		done = next(ring);
	} while (done.res == -ENOSPC);
	CHECK(done.res > 0);
	CHECK(is_ramp(buf, done.res, 0));
}

struct sharer {
	pthread_t thread;
	int fd, error;
	unsigned int flags;
	size_t count;
	struct chunk *chunks;
};

static atomic_long shared_frames;

/* Reads with a ring of its own until all together have enough. No CHECK: another thread's. */
static void *share(void *arg)
{
	enum { DEPTH = 4, BYTES = 256 };
	struct sharer *s = arg;
	char space[DEPTH][BYTES];
	struct io_uring ring;
	int waiting = 0, i;

	s->error = io_uring_queue_init(8, &ring, s->flags);
	if (s->error)
		return NULL;
	for (i = 0; i < DEPTH; i++) {
		io_uring_prep_read(io_uring_get_sqe(&ring), s->fd, space[i], BYTES, HERE);
		ring.sq.sqes[(ring.sq.sqe_tail - 1) & ring.sq.ring_mask].user_data = i;
		waiting++;
	}
	while (waiting && !s->error) {
		struct io_uring_cqe *cqe;
		uint64_t index;
		int res;

		if (io_uring_submit_and_wait(&ring, 1) < 0 || io_uring_peek_cqe(&ring, &cqe))
			continue;
		res = cqe->res;
		i = cqe->user_data;
		io_uring_cqe_seen(&ring, cqe);
		waiting--;
		index = *(uint16_t *)space[i] / 2;
		if (res <= 0 || res % FRAME || !is_ramp(space[i], res, index)) {
			s->error = res < 0 ? res : -EIO;
			break;
		}
		s->chunks[s->count++] = (struct chunk){ index, res / FRAME };
		shared_frames += res / FRAME;
		if (shared_frames < PERIOD - 2000) {
			io_uring_prep_read(io_uring_get_sqe(&ring), s->fd, space[i], BYTES, HERE);
			ring.sq.sqes[(ring.sq.sqe_tail - 1) & ring.sq.ring_mask].user_data = i;
			waiting++;
		}
	}
	io_uring_queue_exit(&ring);
	return NULL;
}

QUIET_TEST(several_rings_share_one_file)
{
	static struct chunk chunks[3][PERIOD], all[PERIOD];
	struct sharer sharers[3] = {};
	struct acq_config config = uring_config();
	size_t count = 0;
	int fd, i;

	/*
	 * Samples come in few pieces: a request that has been woken 128 times and
	 * found that another had them all goes to a worker, whatever the driver does.
	 */
	config.irq_us = 10000;
	config.trigger = ACQ_TRIGGER_SOFTWARE;
	fd = begin_with(config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	shared_frames = 0;
	card("speed 2");
	for (i = 0; i < 3; i++) {
		sharers[i].fd = fd;
		sharers[i].chunks = chunks[i];
		sharers[i].flags = i == 1 ? DEFER : i == 2 ? IORING_SETUP_SQPOLL : 0;
		CHECK_EQ(pthread_create(&sharers[i].thread, NULL, share, &sharers[i]), 0);
	}
	trigger(fd);
	for (i = 0; i < 3; i++)
		pthread_join(sharers[i].thread, NULL);
	for (i = 0; i < 3; i++) {
		CHECK_EQ(sharers[i].error, 0);
		memcpy(all + count, chunks[i], sharers[i].count * sizeof(*all));
		count += sharers[i].count;
	}
	printf("# %zu, %zu and %zu completions\n", sharers[0].count, sharers[1].count,
	       sharers[2].count);
	CHECK_EQ(chunks_join(all, count, first_index(fd)), shared_frames);
	CHECK_EQ(index_of(fd), first_index(fd) + shared_frames);
	CHECK_EQ(status_of(fd).lost, 0);
}

QUIET_TEST(several_files_on_one_ring)
{
	enum { FILES = 8 };
	static char space[FILES][4096];
	int file[FILES], control = begin_armed(), busy = FILES, i;
	uint64_t index[FILES] = {}, first;
	struct io_uring *ring = ring_new();

	for (i = 0; i < FILES; i++) {
		file[i] = node(O_RDONLY);
		put_read(ring, file[i], space[i], 512 * (i + 1), i);
	}
	submit(ring);
	check_none(ring);
	trigger(control);
	WAIT_FOR(over_xdma() || status_of(control).flags & ACQ_STATUS_TRIGGERED);
	first = first_index(control);
	while (busy) {
		struct done done = next(ring);

		i = done.user_data;
		CHECK(done.res > 0);
		CHECK(is_ramp(space[i], done.res, first + index[i]));
		index[i] += done.res / FRAME;
		if (index[i] >= 10000) {
			busy--;
			continue;
		}
		put_read(ring, file[i], space[i], 512 * (i + 1), i);
		submit(ring);
	}
	for (i = 0; i < FILES; i++)
		CHECK_EQ(index_of(file[i]), first + index[i]);
}

TEST(no_worker_in_all_these_tests)
{
	no_worker_at_all();
}

HARNESS_MAIN
