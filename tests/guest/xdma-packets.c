// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: xdma takes=20 kernels=7,rt,arm64
 * acqtest: xdma-intx takes=20 kernels=6.12
 * acqtest: xdma bounce takes=20 kernels=6.12
 * acqtest: xdma-intx iommu takes=20 kernels=debug
 */
/*
 * A packet with each read: ACQ_READER_PACKETS. The second card is a stream of XDMA
 * that sends packets (ENDS below), anew with each run: --wait --begin run
 * --packets 4,404,4096,12,10004.
 */
#define NODE		"/dev/acqdev4"
#define CONTROL		"/dev/ttyS3"

#include "uring.h"

#include <acq.h>

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/uio.h>

/* Where packets end, in bytes, and then again and again behind the last */
static const uint32_t ends[] = { 4, 408, 4504, 4516, 14520 };
#define CYCLE		14520
/* The last is of three blocks: this much of it is there when two of them are. */
#define TWO_BLOCKS	8192
#define LAST		10004

/* A frame larger than any packet */
#define ROOM		(LAST + FRAME)

static char buf[1 << 16];
static struct buffers buffers;

static void read_packets(int fd, uint32_t flags, uint32_t watermark, uint32_t flush_us)
{
	struct acq_reader_config reader = {
		.flags = ACQ_READER_PACKETS | flags, .watermark = watermark, .flush_us = flush_us,
	};

	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &reader), 0);
}

/* From sample index @index of a run without gaps, how much is left of the packet there? */
static uint32_t rest_of_packet(uint64_t index)
{
	uint32_t at = index * FRAME % CYCLE, i;

	for (i = 0; at >= ends[i]; i++)
		;
	return ends[i] - at;
}

static bool at_end(int fd)
{
	return status_of(fd).flags & ACQ_STATUS_EOP;
}

static struct acq_reader_stats stats_of(int fd)
{
	struct acq_reader_stats stats;

	CHECK_EQ(ioctl(fd, ACQ_IOC_READER_STATS, &stats), 0);
	return stats;
}

/* One read: the rest of a packet, and nothing else */
static uint64_t read_packet(int fd, uint64_t index)
{
	ssize_t n = read(fd, buf, sizeof(buf));

	CHECK_EQ(n, rest_of_packet(index));
	CHECK(is_ramp(buf, n, index));
	CHECK(at_end(fd));
	return index + n / FRAME;
}

/* What the last test left in the midst of a block has come to its end. */
static int begin_idle(void)
{
	int fd = begin_with(plain_config());

	card("packets 4,404,4096,12,10004");
	card("speed free");
	WAIT_FOR(!card_stat("c2h0_busy"));
	return fd;
}

/* A run that stands still after so many bytes */
static int standing_still(uint32_t flags, uint32_t watermark, uint32_t flush_us, uint64_t bytes)
{
	int fd = begin_idle();

	read_packets(fd, flags, watermark, flush_us);
	card("pause on");
	poll_now(fd);
	WAIT_FOR(card_stat("c2h0_busy"));
	card("pause %llu", (unsigned long long)bytes / FRAME);
	return fd;
}

static void head_is(int fd, uint64_t position)
{
	WAIT_FOR(status_of(fd).head == position);
}

/* In the midst of the last packet of the first cycle: two blocks of it are there. */
static int amid_a_packet(uint32_t flags, uint32_t watermark, uint32_t flush_us)
{
	int fd = standing_still(flags, watermark, flush_us, CYCLE - LAST + TWO_BLOCKS + 400);
	uint64_t index = 0;

	while (index * FRAME < CYCLE - LAST)
		index = read_packet(fd, index);
	head_is(fd, CYCLE - LAST + TWO_BLOCKS);
	return fd;
}

/* The rest of it */
static void end_it(void)
{
	card("pause %d", (LAST - TWO_BLOCKS - 400) / FRAME);
}

TEST(a_read_is_a_packet)
{
	struct acq_info info;
	uint64_t index = 0;
	int fd = begin_idle(), other, i;

	info = info_of(fd);
	CHECK(info.caps & ACQ_CAP_PACKETS);
	read_packets(fd, 0, 0, 0);
	card("speed 20");
	for (i = 0; i < 500; i++)
		index = read_packet(fd, index);
	CHECK_EQ(index, 100 * CYCLE / FRAME);
	CHECK_EQ(status_of(fd).gaps, 0);
	/* For another file it is a stream. */
	other = node(O_RDONLY);
	poll_now(other);
	close_node(fd);
	index = index_of(other);
	WAIT_FOR(status_of(other).head >= index * FRAME + CYCLE);
	CHECK(read(other, buf, CYCLE) == CYCLE);
	CHECK(is_ramp(buf, CYCLE, index));
}

TEST(a_full_ring_is_read_packet_by_packet)
{
	uint64_t index = 0;
	int fd = begin_idle(), turn, i;

	read_packets(fd, 0, 0, 0);
	card("speed free");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	for (turn = 0; turn < 5; turn++) {
		WAIT_FOR(card_stat("c2h0_credits") == 0);
		nap(20);
		for (i = 0; i < 50; i++)
			index = read_packet(fd, index);
	}
	CHECK_EQ(status_of(fd).gaps, 0);
}

TEST(readv_fills_its_pieces_with_one_packet)
{
	struct iovec iov[3] = { { buf, 100 }, { buf + 100, 4000 }, { buf + 4100, 20000 } };
	uint64_t index = 0;
	int fd = begin_idle(), i;

	read_packets(fd, 0, 0, 0);
	card("speed 20");
	for (i = 0; i < 50; i++) {
		ssize_t n = readv(fd, iov, 3);

		CHECK_EQ(n, rest_of_packet(index));
		CHECK(is_ramp(buf, n, index));
		index += n / FRAME;
	}
}

static void in_pieces(size_t size)
{
	uint64_t index = 0;
	int fd = begin_idle(), i;

	read_packets(fd, 0, 0, 0);
	card("speed 20");
	for (i = 0; i < 200; i++) {
		uint32_t rest = rest_of_packet(index);
		ssize_t n = read(fd, buf, size);

		CHECK_EQ(n, rest < size ? rest : size);
		CHECK(is_ramp(buf, n, index));
		CHECK_EQ(at_end(fd), n == rest);
		index += n / FRAME;
	}
	close_all();
}

TEST(a_small_buffer_gets_pieces_of_one_packet)
{
	in_pieces(FRAME);
	in_pieces(100);
	in_pieces(404);
	in_pieces(4096);
	in_pieces(8000);
	in_pieces(LAST);
}

TEST(poll_and_reads_wait_for_the_end_of_a_packet)
{
	int fd = amid_a_packet(0, 0, 0), piece;

	CHECK_EQ(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	CHECK_EQ(poll_now(fd), 0);
	CHECK_ERR(read(fd, buf, sizeof(buf)), EAGAIN);
	CHECK_ERR(read(fd, buf, TWO_BLOCKS + FRAME), EAGAIN);
	nap(50);
	CHECK_EQ(poll_now(fd), 0);
	/* More would not fit in. */
	piece = 4000;
	CHECK_EQ(read(fd, buf, piece), piece);
	CHECK(is_ramp(buf, piece, (CYCLE - LAST) / FRAME));
	CHECK(!at_end(fd));
	CHECK_ERR(read(fd, buf, sizeof(buf)), EAGAIN);
	end_it();
	CHECK_EQ(poll_wait(fd), POLLIN);
	CHECK_EQ(read(fd, buf, sizeof(buf)), LAST - piece);
	CHECK(is_ramp(buf, LAST - piece, (CYCLE - LAST + piece) / FRAME));
	CHECK(at_end(fd));
	CHECK_ERR(read(fd, buf, sizeof(buf)), EAGAIN);
}

static void *read_the_last(void *fd)
{
	return (void *)(intptr_t)read((intptr_t)fd, buf, ROOM);
}

TEST(a_sleeper_is_not_woken_before_the_end_of_a_packet)
{
	int fd = standing_still(0, 0, 0, CYCLE - LAST);
	struct acq_reader_stats before;
	uint64_t index = 0;
	pthread_t thread;
	void *got;

	while (index * FRAME < CYCLE - LAST)
		index = read_packet(fd, index);
	before = stats_of(fd);
	CHECK_EQ(pthread_create(&thread, NULL, read_the_last, (void *)(intptr_t)fd), 0);
	WAIT_FOR(stats_of(fd).waits == before.waits + 1);
	nap(50);
	card("pause %d", 4096 / FRAME);
	head_is(fd, CYCLE - LAST + 4096);
	card("pause %d", 4096 / FRAME);
	head_is(fd, CYCLE - LAST + TWO_BLOCKS);
	nap(50);
	CHECK_EQ(stats_of(fd).wakeups, before.wakeups);
	card("pause %d", (LAST - TWO_BLOCKS) / FRAME);
	CHECK_EQ(pthread_join(thread, &got), 0);
	CHECK_EQ((intptr_t)got, LAST);
	CHECK(is_ramp(buf, LAST, index));
	CHECK_EQ(stats_of(fd).wakeups, before.wakeups + 1);
}

TEST(a_watermark_makes_a_part_of_a_packet_enough)
{
	int fd = amid_a_packet(0, TWO_BLOCKS, 0);
	struct acq_reader_config reader = {
		.flags = ACQ_READER_PACKETS, .watermark = TWO_BLOCKS + FRAME,
	};

	CHECK_EQ(poll_now(fd), POLLIN);
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &reader), 0);
	CHECK_EQ(poll_now(fd), 0);
	reader.watermark = TWO_BLOCKS;
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &reader), 0);
	CHECK_EQ(read(fd, buf, sizeof(buf)), TWO_BLOCKS);
	CHECK(!at_end(fd));
	/* The end of a packet is enough whatever the watermark. */
	CHECK_EQ(poll_now(fd), 0);
	end_it();
	CHECK_EQ(poll_wait(fd), POLLIN);
	CHECK_EQ(read(fd, buf, sizeof(buf)), LAST - TWO_BLOCKS);
	CHECK(at_end(fd));
}

TEST(a_part_of_a_packet_that_has_waited_too_long_is_told)
{
	int fd = amid_a_packet(0, 0, 20000);

	CHECK_EQ(poll_wait(fd), POLLIN);
	CHECK_EQ(read(fd, buf, sizeof(buf)), TWO_BLOCKS);
	CHECK(!at_end(fd));
	end_it();
	CHECK_EQ(read(fd, buf, sizeof(buf)), LAST - TWO_BLOCKS);
	CHECK(at_end(fd));
}

/* What other tests have told the first card it still knows: its control line is another. */
static void first_card(const char *order)
{
	char command[100];

	snprintf(command, sizeof(command), ". /lib.sh && must card %s", order);
	CHECK_EQ(system(command), 0);
}

/* The first card's streams have no packets: it is as if one never ended. */
TEST(a_packet_beyond_half_the_ring_comes_in_pieces)
{
	struct acq_config config = plain_config();
	uint64_t index = 0;
	ssize_t half;
	int fd, i;

	close_all();
	first_card("clear");
	first_card("packets never");
	first_card("frames endless");
	first_card("pause off");
	fd = open("/dev/acqdev", O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0);
	fds[nfds++] = fd;
	/* So that more than half of it goes into the buffer */
	config.ring_bytes = sizeof(buf);
	configure(fd, config);
	CHECK_EQ(config_of(fd).ring_bytes, sizeof(buf));
	half = config_of(fd).ring_bytes / 2;
	read_packets(fd, 0, 0, 0);
	for (i = 0; i < 5; i++) {
		ssize_t n = read(fd, buf, sizeof(buf));

		CHECK(n > half);
		CHECK(is_ramp(buf, n, index));
		CHECK(!at_end(fd));
		index += n / FRAME;
		CHECK_EQ(read(fd, buf, 8192), 8192);
		CHECK(is_ramp(buf, 8192, index));
		index += 8192 / FRAME;
	}
}

TEST(a_stop_amid_a_packet_delivers_what_there_is)
{
	int fd = amid_a_packet(0, 0, 0);

	CHECK_EQ(poll_now(fd), 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	CHECK_EQ(poll_now(fd), POLLIN);
	CHECK_EQ(read(fd, buf, sizeof(buf)), TWO_BLOCKS);
	CHECK(is_ramp(buf, TWO_BLOCKS, (CYCLE - LAST) / FRAME));
	CHECK(!at_end(fd));
	CHECK_EQ(read(fd, buf, sizeof(buf)), 0);
	CHECK_EQ(read(fd, buf, sizeof(buf)), 0);
	/* What completes the descriptor in hand is in neither run. */
	card("pause off");
}

static void reset_function(void)
{
	write_file("/sys/class/misc/acqdev4/device/reset", "1");
}

TEST(a_gap_cuts_a_packet)
{
	int fd = amid_a_packet(0, 0, 0);
	uint64_t index = 0;

	reset_function();
	card("pause off");
	CHECK_EQ(read(fd, buf, sizeof(buf)), TWO_BLOCKS);
	CHECK(is_ramp(buf, TWO_BLOCKS, (CYCLE - LAST) / FRAME));
	CHECK_ERR(read(fd, buf, sizeof(buf)), EPIPE);
	CHECK_EQ(gap_of(fd).cause, ACQ_CAUSE_RESET);
	CHECK(!at_end(fd));
	/* The card begins anew. */
	while (index < 2 * CYCLE / FRAME)
		index = read_packet(fd, index);
	CHECK_EQ(status_of(fd).gaps, 1);
}

TEST(a_gap_between_packets_cuts_none)
{
	int fd = standing_still(0, 0, 0, CYCLE - LAST);
	uint64_t index = 0;

	while (index * FRAME < CYCLE - LAST)
		index = read_packet(fd, index);
	reset_function();
	card("pause off");
	CHECK_ERR(read(fd, buf, sizeof(buf)), EPIPE);
	CHECK_EQ(gap_of(fd).cause, ACQ_CAUSE_RESET);
	CHECK(at_end(fd));
	for (index = 0; index < 2 * CYCLE / FRAME;)
		index = read_packet(fd, index);
}

TEST(a_newcomer_gets_the_rest_of_a_packet_first)
{
	int fd = begin_idle(), other, i;
	uint64_t index = 0, place;
	ssize_t n;

	read_packets(fd, 0, 0, 0);
	card("speed 20");
	index = read_packet(fd, index);
	for (i = 0; i < 50; i++) {
		other = node(O_RDONLY | O_NONBLOCK);
		read_packets(other, 0, 0, 0);
		poll_now(other);
		place = index_of(other);
		CHECK_EQ(at_end(other), rest_of_packet(place - 1) == FRAME);
		/* Who holds the ring has to go on, too. */
		while ((n = read(other, buf, sizeof(buf))) < 0) {
			CHECK_EQ(errno, EAGAIN);
			index = read_packet(fd, index);
		}
		CHECK_EQ(n, rest_of_packet(place));
		CHECK(is_ramp(buf, n, place));
		CHECK(at_end(other));
		close_node(other);
		index = read_packet(fd, index);
	}
	/* In its midst for sure */
	fd = amid_a_packet(0, 0, 0);
	other = node(O_RDONLY);
	read_packets(other, 0, 0, 0);
	poll_now(other);
	CHECK_EQ(index_of(other), (CYCLE - LAST + TWO_BLOCKS) / FRAME);
	CHECK(!at_end(other));
	end_it();
	CHECK_EQ(read(other, buf, sizeof(buf)), LAST - TWO_BLOCKS);
	CHECK_EQ(read(fd, buf, sizeof(buf)), LAST);
	/* And between two */
	other = node(O_RDONLY);
	read_packets(other, 0, 0, 0);
	poll_now(other);
	CHECK(at_end(other));
	close_node(other);
}

TEST(a_monitor_that_is_overtaken_goes_on_with_packets)
{
	int fd = begin_idle(), i, whole = 0, overtaken = 0;
	bool cut = false;

	read_packets(fd, ACQ_READER_MONITOR, 0, 0);
	card("speed 20");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	for (i = 0; i < 5000 && (whole < 300 || overtaken < 10); i++) {
		uint64_t index;
		ssize_t n;

		/* Until it is too late */
		if (i % 50 == 49)
			WAIT_FOR(status_of(fd).oldest > status_of(fd).position);
		n = read(fd, buf, sizeof(buf));
		if (n < 0) {
			CHECK_EQ(errno, EPIPE);
			CHECK_EQ(gap_of(fd).cause, ACQ_CAUSE_OVERTAKEN);
			overtaken++;
			cut = false;
			continue;
		}
		/* What it had not come to the end of is the reason of a gap. */
		CHECK(!cut);
		index = status_of(fd).index - n / FRAME;
		CHECK(is_ramp(buf, n, index));
		CHECK(n > 0 && (size_t)n <= rest_of_packet(index));
		cut = n < rest_of_packet(index);
		CHECK_EQ(at_end(fd), !cut);
		whole += !cut;
	}
	printf("# %d packets, %d times overtaken\n", whole, overtaken);
	CHECK(whole >= 300);
	CHECK(overtaken >= 10);
}

TEST(it_is_settled_before_the_first_read)
{
	struct acq_reader_config reader = { };
	int fd = begin_idle();

	card("speed 20");
	CHECK_EQ(read(fd, buf, FRAME), FRAME);
	CHECK_EQ(ioctl(fd, ACQ_IOC_GET_READER, &reader), 0);
	CHECK_EQ(reader.flags, 0);
	reader.flags = ACQ_READER_PACKETS;
	CHECK_ERR(ioctl(fd, ACQ_IOC_SET_READER, &reader), EBUSY);
}

static void *end_it_later(void *unused)
{
	nap(100);
	end_it();
	return unused;
}

TEST(a_mapped_reader_waits_for_the_end_of_a_packet)
{
	struct acq_advance at = { .timeout_ns = ~0ULL, .flags = ACQ_ADVANCE_WAIT };
	int fd = amid_a_packet(0, 0, 0);
	const struct acq_meta *meta;
	pthread_t thread;

	meta = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(meta != MAP_FAILED);
	CHECK_EQ(meta->meta_bytes, sizeof(*meta));
	CHECK_EQ(meta->packet_end, CYCLE - LAST);
	CHECK_EQ(pthread_create(&thread, NULL, end_it_later, NULL), 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_ADVANCE, &at), 0);
	CHECK_EQ(meta->packet_end, CYCLE);
	CHECK_EQ(at.position, CYCLE - LAST);
	CHECK_EQ(at.head, CYCLE);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	at.position = CYCLE;
	at.flags = 0;
	CHECK_EQ(ioctl(fd, ACQ_IOC_ADVANCE, &at), 0);
	CHECK(at_end(fd));
	munmap((void *)meta, 4096);
}

QUIET_TEST(a_request_of_io_uring_is_a_packet)
{
	struct io_uring *ring;
	uint64_t index = 0;
	struct done done;
	int fd = begin_idle(), i;

	read_packets(fd, 0, 0, 0);
	ring = ring_new();
	card("speed 20");
	for (i = 0; i < 200; i++) {
		put_read(ring, fd, buf, ROOM, i);
		submit(ring);
		done = next(ring);
		CHECK_EQ(done.res, rest_of_packet(index));
		CHECK(is_ramp(buf, done.res, index));
		index += done.res / FRAME;
	}
	/* Not before there is one */
	fd = amid_a_packet(0, 0, 0);
	ring = ring_new();
	put_read(ring, fd, buf, ROOM, 1);
	submit(ring);
	check_none(ring);
	end_it();
	done = next(ring);
	CHECK_EQ(done.res, LAST);
	CHECK(is_ramp(buf, LAST, (CYCLE - LAST) / FRAME));
}

QUIET_TEST(each_completion_of_multishot_is_a_packet)
{
	struct io_uring *ring;
	uint64_t index = 0;
	struct done done;
	unsigned int id;
	bool on = false;
	int fd, i;

	need_read_multishot();
	fd = begin_idle();
	read_packets(fd, 0, 0, 0);
	ring = ring_new();
	buffers_make(&buffers, ring, 16, ROOM, 16, 0);
	card("speed 10");
	for (i = 0; i < 500; i++) {
		const char *data;

		if (!on) {
			put_multishot(ring, fd, &buffers, 77, 0);
			submit(ring);
		}
		done = next(ring);
		on = done.flags & IORING_CQE_F_MORE;
		if (done.res == -ENOBUFS)
			continue;
		data = buffer_of(&buffers, &done, &id);
		CHECK_EQ(done.res, rest_of_packet(index));
		CHECK(is_ramp(data, done.res, index));
		index += done.res / FRAME;
		buffer_give(&buffers, id);
	}
	CHECK_EQ(status_of(fd).gaps, 0);
	ring_close(ring);

	/* Not before there is one; what comes at once comes in several. */
	fd = amid_a_packet(0, 0, 0);
	ring = ring_new();
	buffers_make(&buffers, ring, 16, ROOM, 16, 0);
	put_multishot(ring, fd, &buffers, 77, 0);
	submit(ring);
	check_none(ring);
	card("pause %d", (LAST - TWO_BLOCKS - 400 + 408) / FRAME);
	for (index = (CYCLE - LAST) / FRAME; index < (CYCLE + 408) / FRAME;) {
		const char *data;

		done = next(ring);
		data = buffer_of(&buffers, &done, &id);
		CHECK_EQ(done.res, rest_of_packet(index));
		CHECK(is_ramp(data, done.res, index));
		CHECK(done.flags & IORING_CQE_F_MORE);
		index += done.res / FRAME;
	}
	check_none(ring);
	ring_close(ring);
}

TEST(acq_reads_packets_in_each_mode_that_copies)
{
	static const char *const modes[] = { "read", "poll", "epoll", "uring", "uring-multishot" };
	struct io_uring_probe *probe = io_uring_get_probe();
	char command[1000];
	unsigned int i;

	CHECK(probe);
	for (i = 0; i < 5; i++) {
		if (i == 4 && !io_uring_opcode_supported(probe, IORING_OP_READ_MULTISHOT))
			continue;
		close_node(begin_idle());
		card("speed 20");
		/* Ten cycles, one packet, and a frame of the next */
		snprintf(command, sizeof(command),
			 "/bin/acq read " NODE " --mode %s --packets=/packets -n %d --verify ramp --strict -o /dev/null -q && "
			 "awk 'BEGIN { split(\"4 404 4096 12 10004\", l, \" \") } "
			 "NR < 52 && ($1 != at || $2 != l[(NR - 1) %% 5 + 1] || $3 != at / 4 || NF != 3) { exit(1) } "
			 "{ at += $2; last = $2 \" \" $4 } END { exit(NR != 52 || last != \"4 cut\") }' /packets",
			 modes[i], 10 * CYCLE / FRAME + 2);
		if (system(command)) {
			printf("# mode %s\n", modes[i]);
			CHECK_EQ(system("cat /packets"), 0);
			CHECK(!"acq reads packets");
		}
	}
	io_uring_free_probe(probe);
}

TEST(a_span_of_the_ring_is_of_one_packet)
{
	struct acq_reader_config reader = { .flags = ACQ_READER_PACKETS };
	struct acq_span span;
	uint64_t index = 0;
	struct acq *acq;
	int i;

	close_node(begin_idle());
	CHECK_EQ(acq_open(&acq, NODE, O_RDONLY), 0);
	CHECK_EQ(acq_set_reader(acq, &reader), 0);
	CHECK_EQ(acq_begin(acq, ACQ_MODE_MMAP, 0, 0), 0);
	for (i = 0; i < 500; i++) {
		/* Of what comes as one, too */
		if (i % 8 == 0)
			WAIT_FOR(acq_behind(acq) >= 8192);
		CHECK_EQ(acq_next(acq, &span, 0, -1), ACQ_EVENT_DATA);
		CHECK_EQ(span.index, index);
		CHECK(is_ramp(span.data, span.bytes, index));
		CHECK(span.bytes <= rest_of_packet(index));
		index += span.frames;
	}
	acq_close(acq);
}

TEST(no_worker_was_needed)
{
	no_worker_at_all();
}

HARNESS_MAIN
