// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp kernels=7,debug
 * acqtest: losing program=uring-multishot-xdma kernels=7
 * acqtest: litepcie program=uring-multishot-litepcie kernels=7
 * acqtest: sound program=uring-multishot-ac97 kernels=7
 */
/* Reading by io_uring with one request for many buffers: each sample once, and never a worker. */
#include "uring-read.h"

static struct buffers buffers;

/*
 * Read @frames by multishot, armed anew where it ended because its buffers were in
 * use. Returns how often it was armed.
 */
static int read_multishot(struct io_uring *ring, int file, struct buffers *b, unsigned int flags,
			  uint64_t *index, uint64_t frames)
{
	uint64_t end = *index + frames;
	int armed = 0;
	bool on = false;

	while (*index < end) {
		struct done done;

		if (!on) {
			put_multishot(ring, file, b, 77, flags);
			submit(ring);
			armed++;
		}
		done = next(ring);
		CHECK_EQ(done.user_data, 77);
		if (done.res == -ENOBUFS)
			CHECK(!(done.flags & (IORING_CQE_F_MORE | IORING_CQE_F_BUFFER)));
		else
			multishot_data(b, &done, index);
		on = done.flags & IORING_CQE_F_MORE;
	}
	return armed;
}

/* End a multishot read; what came before the end is read as well. */
static void end_multishot(struct io_uring *ring, struct buffers *b, uint64_t *index)
{
	struct done done;
	bool cancel = true, on = true;

	io_uring_prep_cancel64(sqe_for(ring, 0), 77, 0);
	submit(ring);
	while (cancel || on) {
		done = next(ring);
		if (done.user_data != 77) {
			cancel = false;
			continue;
		}
		on = done.flags & IORING_CQE_F_MORE;
		if (done.res > 0)
			multishot_data(b, &done, index);
		else
			CHECK(done.res == -ECANCELED || done.res == -ENOBUFS);
	}
}

QUIET_TEST(multishot_reads_on_and_on)
{
	struct io_uring *ring;
	uint64_t index = 0;
	int fd;

	need_read_multishot();
	fd = begin();
	ring = ring_new();
	buffers_make(&buffers, ring, 64, 4096, 64, 0);
	card("speed 4");
	/* Buffers are given back as fast as they are used: armed once is enough. */
	CHECK_EQ(read_multishot(ring, fd, &buffers, 0, &index, 50000), 1);
	end_multishot(ring, &buffers, &index);
	/* The end has lost nothing. */
	read_in_turn(ring, fd, 0, &index, 10);
	CHECK_EQ(status_of(fd).lost, 0);
}

QUIET_TEST(multishot_on_a_fixed_file_and_on_other_rings)
{
	static const unsigned int flags[] = {
		DEFER, IORING_SETUP_SQPOLL, IORING_SETUP_COOP_TASKRUN,
		IORING_SETUP_SQPOLL | IORING_SETUP_SINGLE_ISSUER,
	};
	uint64_t index = 0;
	size_t i;
	int fd;

	need_read_multishot();
	fd = begin();
	card("speed 4");
	for (i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		struct io_uring *ring = ring_flags(flags[i]);

		CHECK_EQ(io_uring_register_files(ring, &fd, 1), 0);
		buffers_make(&buffers, ring, 32, 2048, 32, 0);
		read_multishot(ring, 0, &buffers, IOSQE_FIXED_FILE, &index, 10000);
		end_multishot(ring, &buffers, &index);
		ring_close(ring);
	}
	read_in_turn(ring_new(), fd, 0, &index, 1);
}

/* As when a program falls behind: the ring keeps the samples, the reader comes back. */
QUIET_TEST(multishot_without_buffers_ends_and_loses_nothing)
{
	struct io_uring *ring;
	uint64_t index = 0;
	unsigned int i;
	int fd, turn;

	need_read_multishot();
	fd = begin();
	ring = ring_new();
	buffers_make(&buffers, ring, 8, 512, 0, 0);
	/* None at all */
	put_multishot(ring, fd, &buffers, 5, 0);
	submit(ring);
	CHECK_EQ(next(ring).res, -ENOBUFS);
	for (i = 0; i < 8; i++)
		buffer_give(&buffers, i);
	card("speed 4");
	for (turn = 0; turn < 10; turn++) {
		unsigned int used[8], count = 0;
		struct done done;

		put_multishot(ring, fd, &buffers, 5, 0);
		submit(ring);
		/* Nothing is given back until all are used up. */
		while ((done = next(ring)).res > 0) {
			const char *at;

			CHECK(count < 8);
			CHECK(done.flags & IORING_CQE_F_MORE);
			at = buffer_of(&buffers, &done, &used[count++]);
			CHECK(is_ramp(at, done.res, index));
			index += done.res / FRAME;
		}
		CHECK_EQ(done.res, -ENOBUFS);
		CHECK(!(done.flags & IORING_CQE_F_MORE));
		CHECK_EQ(count, 8);
		while (count)
			buffer_give(&buffers, used[--count]);
	}
	CHECK_EQ(index_of(fd), index);
}

/* Arming again and again just while samples come, with next to no buffers */
QUIET_TEST(multishot_races_with_new_samples)
{
	struct io_uring *ring;
	uint64_t index = 0;
	int fd, armed = 0;

	need_read_multishot();
	fd = begin();
	ring = ring_new();
	buffers_make(&buffers, ring, 2, 256, 2, 0);
	card("speed 4");
	while (armed < 300) {
		unsigned int count = 0, used[2];
		struct done done;

		put_multishot(ring, fd, &buffers, 5, 0);
		submit(ring);
		armed++;
		do {
			done = next(ring);
			if (done.res == -ENOBUFS)
				break;
			CHECK(count < 2);
			CHECK(is_ramp(buffer_of(&buffers, &done, &used[count]), done.res, index));
			index += done.res / FRAME;
			count++;
		} while (done.flags & IORING_CQE_F_MORE);
		while (count)
			buffer_give(&buffers, used[--count]);
	}
	CHECK_EQ(index_of(fd), index);
	CHECK_EQ(status_of(fd).lost, 0);
}

/* Completions that nobody fetches end a multishot read, but they are not lost, nor are samples. */
QUIET_TEST(multishot_overflow_loses_nothing)
{
	struct io_uring_params params = { .flags = IORING_SETUP_CQSIZE, .cq_entries = 4 };
	struct io_uring *ring;
	uint64_t index = 0;
	struct done done;
	int fd, turn;

	need_read_multishot();
	fd = begin();
	ring = ring_params(2, &params);
	buffers_make(&buffers, ring, 64, 256, 64, 0);
	card("speed 4");
	for (turn = 0; turn < 5; turn++) {
		int count = 0;

		put_multishot(ring, fd, &buffers, 5, 0);
		submit(ring);
		WAIT_FOR(io_uring_cq_has_overflow(ring));
		do {
			done = next(ring);
			count++;
			multishot_data(&buffers, &done, &index);
		} while (done.flags & IORING_CQE_F_MORE);
		CHECK(count > 4);
		check_none(ring);
	}
	read_in_turn(ring, fd, 0, &index, 10);
	CHECK_EQ(status_of(fd).lost, 0);
}

/* A buffer is filled piece by piece. */
QUIET_TEST(incremental_buffers)
{
	struct io_uring *ring;
	uint64_t index = 0;
	int fd, pieces = 0, full = 0;

	need_read_multishot();
	fd = begin();
	ring = ring_new();
	buffers_make(&buffers, ring, 4, 65536, 4, IOU_PBUF_RING_INC);
	card("speed 4");
	put_multishot(ring, fd, &buffers, 77, 0);
	submit(ring);
	while (full < 6) {
		struct done done = next(ring);

		/* A program that was away for long has used up its buffers. */
		if (done.res == -ENOBUFS) {
			put_multishot(ring, fd, &buffers, 77, 0);
			submit(ring);
			continue;
		}
		CHECK(done.flags & IORING_CQE_F_MORE);
		if (done.flags & IORING_CQE_F_BUF_MORE)
			pieces++;
		else
			full++;
		multishot_data(&buffers, &done, &index);
	}
	CHECK(pieces > 0);
	CHECK(index * FRAME >= 6 * 65536);
	end_multishot(ring, &buffers, &index);
	read_in_turn(ring, fd, 0, &index, 1);
}

QUIET_TEST(finished_run_ends_multishot_with_zero)
{
	struct acq_config config = uring_config();
	struct io_uring *ring;
	uint64_t index = 0;
	struct done done;
	uint16_t before, after;
	int fd, turn;

	need_read_multishot();
	config.count = 5003;
	fd = begin_with(config);
	ring = ring_new();
	buffers_make(&buffers, ring, 32, 2048, 32, 0);
	put_multishot(ring, fd, &buffers, 5, 0);
	submit(ring);
	while ((done = next(ring)).res) {
		CHECK(done.flags & IORING_CQE_F_MORE);
		multishot_data(&buffers, &done, &index);
	}
	CHECK(!(done.flags & IORING_CQE_F_MORE));
	CHECK_EQ(index, config.count);

	/* With nothing left it ends at once, and uses up no buffer. */
	CHECK_EQ(io_uring_buf_ring_head(ring, buffers.group, &before), 0);
	for (turn = 0; turn < 3; turn++) {
		put_multishot(ring, fd, &buffers, 6, 0);
		submit(ring);
		done = next(ring);
		CHECK_EQ(done.user_data, 6);
		CHECK_EQ(done.res, 0);
		CHECK(!(done.flags & IORING_CQE_F_MORE));
		check_none(ring);
	}
	CHECK_EQ(io_uring_buf_ring_head(ring, buffers.group, &after), 0);
	CHECK_EQ(after, before);
}

QUIET_TEST(gap_ends_multishot_and_the_next_goes_on)
{
	uint64_t index = 0, until = 0;
	struct io_uring *ring;
	bool told = false;
	int fd, gaps;

	need_losses();
	need_read_multishot();
	fd = begin();
	ring = ring_new();
	buffers_make(&buffers, ring, 32, 1024, 32, 0);
	for (gaps = 0; gaps <= 5;) {
		struct done done;

		put_multishot(ring, fd, &buffers, 5, 0);
		submit(ring);
		do {
			done = next(ring);
			if (done.res > 0) {
				multishot_data(&buffers, &done, &index);
				if (!told && index > until) {
					card("overflow %d", 10 + gaps);
					told = true;
				}
			}
		} while (done.flags & IORING_CQE_F_MORE);
		/* All buffers were full for a moment. */
		if (done.res == -ENOBUFS)
			continue;
		CHECK_EQ(done.res, -EPIPE);
		told = false;
		CHECK(!(done.flags & IORING_CQE_F_BUFFER));
		gaps++;
		CHECK_EQ(gap_of(fd).count, gaps);
		CHECK_EQ(gap_of(fd).index, index);
		CHECK(gap_of(fd).lost >= 10);
		index += gap_of(fd).lost;
		until = index + 500;
	}
	read_in_turn(ring, fd, 0, &index, 10);
}

QUIET_TEST(watermark_holds_for_multishot)
{
	struct acq_reader_config reader = { .watermark = 16384 };
	struct io_uring *ring;
	uint64_t index = 0;
	struct done done;
	int fd, turn;

	need_read_multishot();
	fd = begin();
	ring = ring_new();
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &reader), 0);
	buffers_make(&buffers, ring, 8, 65536, 8, 0);
	card("speed 4");
	put_multishot(ring, fd, &buffers, 5, 0);
	submit(ring);
	for (turn = 0; turn < 20; turn++) {
		done = next(ring);
		CHECK(done.flags & IORING_CQE_F_MORE);
		CHECK(done.res >= (int)reader.watermark);
		multishot_data(&buffers, &done, &index);
	}
}

QUIET_TEST(start_that_fails_ends_a_multishot_read)
{
	struct acq_config config = uring_config();
	struct io_uring *ring;
	struct done done;
	int fd;

	if (over_ac97())
		SKIP("this card has no ring that would not fit");
	need_read_multishot();
	config.block_bytes = 4 << 20;
	config.ring_bytes = 1ULL << 34;
	fd = begin_with(config);
	ring = ring_new();
	buffers_make(&buffers, ring, 8, 4096, 8, 0);
	put_multishot(ring, fd, &buffers, 1, 0);
	submit(ring);
	done = next(ring);
	CHECK_EQ(done.res, -ENOSPC);
	CHECK(!(done.flags & IORING_CQE_F_MORE));
}

TEST(no_worker_in_all_these_tests)
{
	no_worker_at_all();
}

HARNESS_MAIN
