// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: odd kernels=6.1,7
 * acqtest: odd kernels=debug long
 * acqtest: odd program=frames-fifo kernels=6.12
 */
/*
 * Frames whose size divides no usual buffer: whoever copies bytes gets all of them, and
 * whoever has room for a frame sees whole ones only. A gap and the end lie between frames.
 */
#include "guest.h"

#include <stdlib.h>
#include <sys/uio.h>

static const struct kind {
	enum acq_format format;
	uint64_t channels;
	uint32_t samples;	/* of a frame */
	uint32_t frame;		/* bytes of it */
} kinds[] = {
	{ ACQ_FORMAT_S32, 0x1ff, 9, 36 },
	{ ACQ_FORMAT_S16, 7, 3, 6 },
};

static const size_t sizes[] = { 1, 7, 35, 36, 37, 100, 4096 };
#define SIZES		(sizeof(sizes) / sizeof(sizes[0]))
#define LARGEST		4096

static uint8_t buf[1 << 16];

static int fresh_of(const struct kind *kind, uint64_t count)
{
	struct acq_config config = plain_config();
	int fd = fresh();

	config.format = kind->format;
	config.channel_mask = kind->channels;
	config.count = count;
	/* Slow, and with room: what takes its time here loses nothing. */
	config.rate_millihz = 400000;
	config.ring_bytes = over_fifo() ? 256 << 10 : 1 << 20;
	configure(fd, config);
	CHECK_EQ(config_of(fd).frame_bytes, kind->frame);
	return fd;
}

/* Are these the bytes of the ramp from byte @at on, if nothing were lost? */
static bool are_bytes(const struct kind *kind, const uint8_t *data, size_t bytes, uint64_t at)
{
	uint32_t width = kind->frame / kind->samples;
	size_t i;

	for (i = 0; i < bytes; i++) {
		uint64_t place = at + i;
		uint8_t want = (uint32_t)(place / width) >> place % width * 8;

		if (data[i] != want) {
			printf("# byte %llu is %u, not %u\n", (unsigned long long)place, data[i],
			       want);
			return false;
		}
	}
	return true;
}

/* What is left of the frame that byte @at is in; all of it at its begin */
static size_t left_of_frame(const struct kind *kind, uint64_t at)
{
	return kind->frame - at % kind->frame;
}

/* A read of @size at byte @at of the run: does it end where it should? */
static void check_length(const struct kind *kind, uint64_t at, size_t size, ssize_t n)
{
	CHECK(n > 0 && n <= (ssize_t)size);
	if (size >= left_of_frame(kind, at))
		CHECK_EQ((at + n) % kind->frame, 0);
	else
		CHECK_EQ(n, size);
}

static ssize_t read_nowait(int fd, void *to, size_t bytes)
{
	struct iovec v = { to, bytes };

	return preadv2(fd, &v, 1, -1, RWF_NOWAIT);
}

static void buffers_of_all_sizes(const struct kind *kind)
{
	int reads = is_slow() || over_fifo() ? 500 : 3000, fd = fresh_of(kind, 0), i;
	struct acq_status status;
	uint64_t at = 0;

	srandom(seed_of(1));
	card("speed free");
	for (i = 0; i < reads; i++) {
		size_t size = sizes[random() % SIZES];
		ssize_t n = read(fd, buf, size);

		check_length(kind, at, size, n);
		CHECK(are_bytes(kind, buf, n, at));
		at += n;
		if (i % 10)
			continue;
		status = status_of(fd);
		CHECK_EQ(status.position, at);
		CHECK_EQ(status.index, at / kind->frame);
	}
}

TEST(buffers_of_all_sizes_get_all_bytes)
{
	buffers_of_all_sizes(&kinds[0]);
}

TEST(so_they_do_of_small_frames)
{
	buffers_of_all_sizes(&kinds[1]);
}

TEST(several_buffers_are_read_as_one)
{
	static const size_t parts[] = { 7, 29, 36, 5, 50, 1 };
	const struct kind *kind = &kinds[0];
	int fd = fresh_of(kind, 0), i, k;
	struct iovec v[6];
	uint64_t at = 0;

	srandom(seed_of(2));
	card("speed free");
	for (i = 0; i < 200; i++) {
		size_t size = 0;
		int count = 1 + random() % 6;
		ssize_t n;

		for (k = 0; k < count; k++) {
			v[k] = (struct iovec){ buf + size, parts[(i + k) % 6] };
			size += v[k].iov_len;
		}
		n = readv(fd, v, count);
		check_length(kind, at, size, n);
		CHECK(are_bytes(kind, buf, n, at));
		at += n;
	}
}

TEST(a_pipe_gets_whole_frames)
{
	const struct kind *kind = &kinds[0];
	int fd = fresh_of(kind, 0), ends[2], i;
	uint64_t at = 0;
	ssize_t n;

	CHECK_EQ(pipe2(ends, O_CLOEXEC), 0);
	card("speed free");
	for (i = 0; i < 50; i++) {
		n = splice(fd, NULL, ends[1], NULL, 100, 0);
		check_length(kind, at, 100, n);
		CHECK_EQ(read(ends[0], buf, sizeof(buf)), n);
		CHECK(are_bytes(kind, buf, n, at));
		at += n;
	}
	close(ends[0]);
	close(ends[1]);
}

/* Nothing more comes: where the newest sample is */
static uint64_t stalled_head(int fd)
{
	uint64_t head, before = ~0ULL;

	card("stall on");
	while ((head = status_of(fd).head) != before) {
		before = head;
		nap(20);
	}
	return head;
}

/* All but the last frame, then a part of that: what is left of it is there at once. */
TEST(the_rest_of_a_frame_is_there_at_once)
{
	unsigned int k;

	for (k = 0; k < 2; k++) {
		const struct kind *kind = &kinds[k];
		int fd = fresh_of(kind, 0);
		uint64_t at = kind->frame, head;

		read_all(fd, buf, at);
		WAIT_FOR(status_of(fd).head > 10 * kind->frame);
		head = stalled_head(fd);
		while (at < head - kind->frame) {
			size_t size = head - kind->frame - at;

			size = size < sizeof(buf) ? size : sizeof(buf) / kind->frame * kind->frame;
			read_all(fd, buf, size);
			at += size;
		}
		CHECK(poll_now(fd) & POLLIN);
		CHECK_EQ(read(fd, buf, 5), 5);
		CHECK(poll_now(fd) & POLLIN);
		CHECK_EQ(read_nowait(fd, buf + 5, 100), kind->frame - 5);
		CHECK(are_bytes(kind, buf, kind->frame, at));
		CHECK_EQ(poll_now(fd), 0);
		CHECK_ERR(read_nowait(fd, buf, 1), EAGAIN);
		CHECK_EQ(status_of(fd).position, head);
		card("stall off");
	}
}

/* Seven bytes at a time, to the end of a run with a gap amid */
static void sevens(const struct kind *kind)
{
	const uint64_t frames = 3000;
	int fd = fresh_of(kind, frames), gaps = 0;
	uint64_t at = 0, lost = 0;
	struct acq_gap gap;
	ssize_t n;

	card("speed 10");
	for (;;) {
		n = read(fd, buf, 7);
		if (n < 0 && errno == EPIPE) {
			/* Both count frames that begin here. */
			gap = gap_of(fd);
			CHECK_EQ(at % kind->frame, 0);
			CHECK_EQ(gap.position, at - lost * kind->frame);
			CHECK_EQ(gap.index, at / kind->frame);
			lost += gap.lost;
			at += gap.lost * kind->frame;
			gaps++;
			continue;
		}
		CHECK(n >= 0);
		if (!n)
			break;
		check_length(kind, at, 7, n);
		CHECK(are_bytes(kind, buf, n, at));
		/* Amid a frame */
		if (!at)
			card("overflow 1000");
		at += n;
	}
	CHECK_EQ(at, frames * kind->frame);
	CHECK_EQ(read(fd, buf, 7), 0);
	CHECK_EQ(lost, 1000);
	CHECK_EQ(gaps, 1);
}

TEST(gap_and_end_lie_between_frames)
{
	sevens(&kinds[0]);
	sevens(&kinds[1]);
}

TEST(a_monitor_overtaken_in_a_frame_gets_the_rest_of_it)
{
	struct acq_reader_config reader = { .flags = ACQ_READER_MONITOR };
	const struct kind *kind = &kinds[0];
	int fd = fresh_of(kind, 0), monitor = node(O_RDONLY), i;
	struct acq_gap gap;
	uint64_t at;

	CHECK_EQ(ioctl(monitor, ACQ_IOC_SET_READER, &reader), 0);
	CHECK_EQ(read(monitor, buf, 7), 7);
	at = status_of(monitor).index * kind->frame;
	CHECK(are_bytes(kind, buf, 7, at));
	CHECK_EQ(read(fd, buf, kind->frame), kind->frame);
	card("speed free");
	/* Several times round the ring */
	for (i = 0; i < (over_fifo() ? 6 : 20); i++)
		read_all(fd, buf, sizeof(buf) / kind->frame * kind->frame);
	/* What it has begun it can end, whatever is in the ring there by now. */
	CHECK_EQ(read(monitor, buf, 100), kind->frame - 7);
	CHECK(are_bytes(kind, buf, kind->frame - 7, at + 7));
	CHECK_ERR(read(monitor, buf, 100), EPIPE);
	gap = gap_of(monitor);
	CHECK_EQ(gap.cause, ACQ_CAUSE_OVERTAKEN);
	CHECK_EQ(gap.index * kind->frame, at + kind->frame);
	at = (gap.index + gap.lost) * kind->frame;
	CHECK_EQ(read(monitor, buf, 7), 7);
	CHECK(are_bytes(kind, buf, 7, at));
}

HARNESS_MAIN
