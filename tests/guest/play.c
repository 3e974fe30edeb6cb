// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: playing kernels=6.1,7,debug takes=30
 * acqtest: playing-xdma program=play-xdma kernels=7,debug takes=20
 * acqtest: litepcie program=play-litepcie kernels=7 takes=20
 * acqtest: playing program=play-fifo kernels=7,debug takes=30
 * acqtest: rtl-duplex program=play-rtl kernels=6.12 takes=30
 * acqtest: sound program=play-ac97 kernels=7 takes=15 \
 *	args="it_says_what_it_is a_file_is_played_whole what_is_no_write_is_refused \
 *	it_begins_at_its_threshold a_second_writer_is_refused signals_lose_nothing \
 *	a_monitor_reads_what_was_played a_reset_is_a_gap_and_nothing_is_played_twice \
 *	it_interrupts_for_whole_blocks both_sides_at_once"
 *
 * Writing to an output: all that is accepted is played, once and in order; an underrun is
 * told at its place; who waits, waits for the right thing; and what ends it ends it.
 */
#include "play.h"

#include <sys/time.h>

#define RATE	48000

static uint16_t samples[1 << 20];

/* For what tests underruns: XDMA knows of none. */
static void need_underruns(void)
{
	if (over_xdma())
		SKIP("nobody tells the driver of this card's underruns");
}

static void make(size_t frames, unsigned int seed)
{
	size_t i;

	srandom(seed);
	for (i = 0; i < 2 * frames; i++)
		samples[i] = random();
}

static int fresh_ring(unsigned int pages)
{
	struct acq_config config = output_config(pages);

	config.transfer = over_fifo() ? ACQ_TRANSFER_FIFO : ACQ_TRANSFER_DMA;
	return open_output(config, O_WRONLY, true);
}

static int fresh_out(void)
{
	return fresh_ring(16);
}

/* What such a ring takes */
#define ROOM	(8 * PAGE_BYTES)

TEST(it_says_what_it_is)
{
	struct acq_info info;
	int fd = node(O_RDONLY), in;

	info = info_of(fd);
	CHECK(info.caps & ACQ_CAP_OUTPUT);
	CHECK_EQ(info.stream, 1);
	in = open("/dev/acqdev", O_RDWR);
	CHECK(in >= 0);
	info = info_of(in);
	CHECK(!(info.caps & ACQ_CAP_OUTPUT));
	CHECK_ERR(write(in, samples, 4), EINVAL);
	CHECK_ERR(ioctl(in, ACQ_IOC_DROP), ENOTTY);
	close(in);
}

TEST(a_file_is_played_whole)
{
	/* The ring takes all of it: a machine may be late. */
	int fd = fresh_ring(128);

	make(50000, 1);
	CHECK_EQ(write(fd, samples, 200000), 200000);
	close_node(fd);
	CHECK_EQ(out_stat("played"), 50000);
	CHECK_EQ(out_stat("filler"), 0);
	CHECK_EQ((uint64_t)out_stat("digest"), digest_more(DIGEST_NONE, samples, 200000));
}

TEST(less_than_a_block_is_played_too)
{
	int fd = fresh_out();

	make(3, 2);
	CHECK_EQ(write(fd, samples, 12), 12);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_ARMED);
	CHECK_EQ(status_of(fd).head, 0);
	CHECK_EQ(fsync(fd), 0);
	check_played(samples, 12);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_IDLE);
	/* The next one begins anew. */
	CHECK_EQ(write(fd, samples, 8), 8);
	CHECK_EQ(status_of(fd).accepted, 8);
	CHECK_EQ(fsync(fd), 0);
	check_played(samples, 8);
}

TEST(what_is_no_write_is_refused)
{
	int fd = fresh_out();

	CHECK_EQ(write(fd, samples, 8), 8);
	CHECK_EQ(write(fd, samples, 0), 0);
	CHECK_ERR(read(fd, samples, 4), EBADF);
	CHECK_EQ(fsync(fd), 0);
}

TEST(it_begins_at_its_threshold)
{
	struct acq_reader_config how = { .start_bytes = 4000 };
	int fd = fresh_out();

	make(1000, 3);
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &how), 0);
	CHECK_EQ(write(fd, samples, 3996), 3996);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_ARMED);
	CHECK_EQ(write(fd, samples + 1998, 4), 4);
	WAIT_FOR(out_stat("played") == 1000);
	CHECK_EQ((uint64_t)out_stat("digest"), digest_more(DIGEST_NONE, samples, 4000));
}

TEST(an_underrun_stands_until_it_is_asked_for)
{
	struct pollfd p = { .events = POLLPRI };
	struct acq_gap gap;
	int fd = fresh_out();
	long long filler;

	need_underruns();
	p.fd = fd;

	make(20000, 4);
	write_all(fd, samples, 8000);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	/* Not before: a late machine gives the last block behind an underrun of its own. */
	WAIT_FOR(out_stat("played") == 2000);
	card("out wait off");
	WAIT_FOR(out_stat("filler") > 100);
	CHECK_EQ(poll(&p, 1, PATIENCE_MS), 1);
	CHECK(p.revents & POLLPRI);
	CHECK_ERR(write(fd, samples + 4000, 4), EPIPE);
	CHECK_ERR(write(fd, samples + 4000, 4), EPIPE);
	CHECK_EQ(status_of(fd).accepted, 8000);
	gap = gap_of(fd);
	CHECK_EQ(gap.position, 8000);
	CHECK_EQ(gap.index, 2000);
	CHECK_EQ(gap.cause, ACQ_CAUSE_UNDERRUN);
	CHECK_EQ(gap.flags, ACQ_GAP_OPEN);
	CHECK_EQ(gap.count, 1);
	/* A late machine makes no other one. */
	card("out wait on");
	write_all(fd, samples + 4000, 64000);
	WAIT_FOR(out_stat("played") > 2000);
	filler = out_stat("filler");
	WAIT_FOR(status_of(fd).head > 8000);
	gap = gap_of(fd);
	CHECK_EQ(gap.flags, 0);
	CHECK_EQ(gap.lost, filler);
	CHECK_EQ(gap.count, 1);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	CHECK_EQ(out_stat("played"), 18000);
	CHECK_EQ((uint64_t)out_stat("digest"), digest_more(DIGEST_NONE, samples, 72000));
}

TEST(a_second_writer_is_refused)
{
	int fd = fresh_out(), other = node(O_WRONLY);

	CHECK_EQ(write(fd, samples, 4), 4);
	CHECK_ERR(write(other, samples, 4), EBUSY);
	close_node(fd);
	CHECK_EQ(write(other, samples, 4), 4);
	CHECK_EQ(fsync(other), 0);
}

TEST(who_must_not_wait_does_not)
{
	struct pollfd p = { .events = POLLOUT };
	int fd = fresh_out();
	ssize_t n;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	p.fd = fd;
	card("out stall on");
	/* The first one has the ring made by another. */
	CHECK_EQ(poll(&p, 1, PATIENCE_MS), 1);
	CHECK_EQ(p.revents, POLLOUT);
	n = write(fd, samples, sizeof(samples));
	CHECK_EQ(n, ROOM);
	CHECK_ERR(write(fd, samples, 4), EAGAIN);
	CHECK_EQ(poll(&p, 1, 0), 0);
	card("out stall off");
	CHECK_EQ(poll(&p, 1, PATIENCE_MS), 1);
	CHECK(write(fd, samples, 4) == 4);
	CHECK_EQ(ioctl(fd, ACQ_IOC_DROP), 0);
}

static void nothing(int signal)
{
	(void)signal;
}

/* A signal each half a millisecond: no count is lost, and nothing is played twice. */
TEST(signals_lose_nothing)
{
	struct itimerval often = { { 0, 500 }, { 0, 500 } }, never = {};
	struct sigaction sa = { .sa_handler = nothing };
	int fd = fresh_out(), interrupted = 0;
	size_t done = 0, bytes = 400000;

	make(bytes / 4, 6);
	card("out speed 4");
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	while (done < bytes) {
		ssize_t n = write(fd, (char *)samples + done, bytes - done);

		if (n < 0 && errno == EINTR) {
			interrupted++;
			continue;
		}
		if (n < 0 && errno == EPIPE) {
			gap_of(fd);
			continue;
		}
		CHECK(n > 0);
		interrupted += done + n < bytes;
		done += n;
	}
	setitimer(ITIMER_REAL, &never, NULL);
	CHECK(interrupted > 10);
	CHECK(fsync(fd) == 0 || errno == EPIPE);
	CHECK_EQ(out_stat("played") * 4, bytes);
	CHECK_EQ((uint64_t)out_stat("digest"), digest_more(DIGEST_NONE, samples, bytes));
	card("out speed 1");
}

TEST(what_is_dropped_is_counted)
{
	/* More than LitePCIe's FIFOs hold, and than a card plays while the machine is late */
	size_t room = 4 * ROOM;
	int fd = fresh_ring(room / PAGE_BYTES * 2);
	struct acq_status status;

	make(room / 4, 7);
	/*
	 * So slow that something is left, also where the machine is late. An engine of XDMA has
	 * 100 ms for the block that it reads when it is stopped.
	 */
	card(over_xdma() ? "out speed 0.5" : "out speed 0.1");
	write_all(fd, samples, room);
	WAIT_FOR(out_stat_now("played") > 500);
	CHECK_EQ(ioctl(fd, ACQ_IOC_DROP), 0);
	status = status_of(fd);
	CHECK_EQ(status.state, ACQ_STATE_IDLE);
	CHECK_EQ(status.accepted, room);
	/* LitePCIe cannot tell what of it is in its FIFOs, or on its way there. */
	CHECK(over_litepcie() || status.head == (uint64_t)out_stat("played") * 4);
	CHECK_EQ(status.dropped, room - status.head);
	CHECK(status.dropped > 0);
	/* Where that did not end with a packet, its converter waits for more. */
	CHECK(over_xdma() || !out_stat("filler"));
	card("out speed 1");
	/* The next one begins with what is written next. */
	CHECK_EQ(write(fd, samples, 400), 400);
	CHECK_EQ(fsync(fd), 0);
	CHECK_EQ(out_stat("played"), 100);
}

TEST(a_monitor_reads_what_was_played)
{
	static uint16_t heard[100000];
	/* One that keeps all of it: the monitor may be late */
	int fd = fresh_ring(128), monitor = node(O_RDONLY);
	size_t have = 0;
	int status = 0;
	pid_t child;
	ssize_t n;

	make(40000, 9);
	child = fork();
	if (!child) {
		/* It waits for the run, and then for samples. */
		while ((n = read(monitor, (char *)heard + have, sizeof(heard) - have)) > 0)
			have += n;
		_exit(n || have != 160000 || memcmp(heard, samples, have));
	}
	nap(100);
	write_all(fd, samples, 160000);
	CHECK_EQ(fsync(fd), 0);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
}

TEST(a_reset_is_a_gap_and_nothing_is_played_twice)
{
	struct acq_reader_config how = { .flags = ACQ_READER_GAP_ONCE };
	int fd = fresh_out(), i, gaps = 0;
	struct acq_status status;
	size_t done = 0, bytes = 400000;
	char path[100];

	make(bytes / 4, 10);
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &how), 0);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/reset", card_address());
	for (i = 0; done < bytes; i++) {
		ssize_t n = write(fd, (char *)samples + done,
				  bytes - done < 40000 ? bytes - done : 40000);

		if (n < 0) {
			CHECK_EQ(errno, EPIPE);
			gaps++;
			continue;
		}
		done += n;
		if (i % 3 == 0)
			write_file(path, "1");
	}
	if (fsync(fd)) {
		CHECK_EQ(errno, EPIPE);
		gaps++;
	}
	status = status_of(fd);
	CHECK_EQ(status.accepted, bytes);
	CHECK_EQ(status.head + status.dropped, bytes);
	CHECK(status.head > bytes / 4);
	CHECK_EQ((int)status.gaps, gaps);
	CHECK(gaps > 0);
}

/* Of what is being played there is nothing to be done before a block is over. */
TEST(it_interrupts_for_whole_blocks)
{
	struct acq_config config = {
		.format = ACQ_FORMAT_S16,
		.rate_millihz = RATE * 1000,
		.channel_mask = 3,
		.transfer = over_fifo() ? ACQ_TRANSFER_FIFO : ACQ_TRANSFER_DMA,
		.block_bytes = 64 << 10,
		.ring_bytes = 1 << 20,
	};
	int fd = fresh_out();
	uint64_t before;

	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_CONFIG, &config), 0);
	before = status_of(fd).interrupts;
	write_all(fd, samples, 6 * (64 << 10));
	CHECK_EQ(fsync(fd), 0);
	CHECK(status_of(fd).interrupts - before <= 3 * 6);
}

/* The next run begins anew. */
static void plays_well(int fd)
{
	CHECK_EQ(write(fd, samples, 4000), 4000);
	CHECK_EQ(fsync(fd), 0);
	CHECK_EQ(out_stat("played"), 1000);
}

TEST(a_failure_is_told_by_fsync)
{
	int fd = fresh_out();

	card("out stall on");
	CHECK_EQ(write(fd, samples, 24000), 24000);
	WAIT_FOR(status_of(fd).state == ACQ_STATE_RUNNING);
	card(over_litepcie() ? "fault bad-count 1" :
	     over_xdma() ? "fault read-error 1" :
	     over_fifo() ? "out fail table" : "out fail dma");
	card("out stall off");
	WAIT_FOR(status_of(fd).state == ACQ_STATE_FAILED);
	CHECK_ERR(fsync(fd), EIO);
	plays_well(fd);
}

TEST(unbound_amid_a_write)
{
	int fd = fresh_out(), ret = 0;
	char address[64];
	pid_t child;

	snprintf(address, sizeof(address), "%s", card_address());
	card("out stall on");
	child = fork();
	if (!child) {
		ssize_t n = write(fd, samples, sizeof(samples));

		/* What was accepted first, then why no more is */
		if (n > 0)
			n = write(fd, samples, 4);
		_exit(n < 0 && errno == ENODEV ? 0 : 1);
	}
	nap(200);
	driver("unbind");
	CHECK_EQ(waitpid(child, &ret, 0), child);
	CHECK_EQ(ret, 0);
	CHECK_ERR(write(fd, samples, 4), ENODEV);
	close_all();
	card("out stall off");
	driver("bind");
	fd = fresh_out();
	plays_well(fd);
}

TEST(both_sides_at_once)
{
	static uint16_t heard[50000];
	int fd = fresh_ring(128), in = open("/dev/acqdev", O_RDWR);
	/* Less than is played in the time */
	size_t bytes = over_fifo() ? 4000 : sizeof(heard);

	CHECK(in >= 0);
	/* Tells the card as well, which has what an earlier test asked for. */
	configure(in, plain_config());
	make(100000, 11);
	CHECK_EQ(read(in, heard, 4), 4);
	write_all(fd, samples, 200000);
	read_all(in, heard + 2, bytes - 4);
	CHECK(is_ramp(heard, bytes, 0));
	CHECK_EQ(fsync(fd), 0);
	CHECK_EQ(out_stat("filler"), 0);
	CHECK_EQ((uint64_t)out_stat("digest"), digest_more(DIGEST_NONE, samples, 200000));
	close(in);
}

/* A writer that does not wait, until it is told that it is over, or has tried for long. */
static void write_until_it_fails(int fd)
{
	int i;

	for (i = 0; i < 40; i++) {
		if (write(fd, samples, 4000) < 0 && errno != EAGAIN)
			return;
		nap(2);
	}
}

/* Of its registers nothing is believed: it costs the run, and the next one plays. */
TEST(a_card_that_lies_costs_what_is_played_alone)
{
	static const char *const kinds[] = { "bits", "ones", "bits,missing", "ones,bits" };
	unsigned int seed;
	int fd, failed = 0;

	if (!over_fifo())
		SKIP("by DMA it plays without a register that is read");
	alarm(100);
	for (seed = 1; seed <= 24; seed++) {
		fd = fresh_out();
		CHECK_EQ(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
		card("lie %u %s", seed, kinds[seed % 4]);
		write_until_it_fails(fd);
		failed += status_of(fd).state == ACQ_STATE_FAILED;
		card("clear");
		close_all();
		driver("unbind");
		driver("bind");
		fd = fresh_out();
		plays_well(fd);
	}
	alarm(0);
	printf("# failed for %d of %u\n", failed, seed - 1);
	CHECK(failed);
}

/* In all of these tests: on another card it might not have done. */
TEST(nothing_that_the_specification_leaves_undefined)
{
	if (over_xdma())
		SKIP("it is not our specification");
	CHECK_EQ(card_stat("undefined"), 0);
}

HARNESS_MAIN
