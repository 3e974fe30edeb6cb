// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: playing-xdma kernels=7,debug
 * acqtest: xdma-module card="$xdma --c2h 2 --h2c 2 --h2c-rate 48000 --h2c-fifo 16384 --h2c-wait \
 *          --irq intx --prefetch 1" kernels=6.12
 */
/*
 * What is XDMA's own of an output: its descriptors, counts and tlast; and a card that goes
 * wrong, or holds on to what it has in hand.
 */
#include "play.h"
#include "xdma.h"

#define RATE	48000
#define RING	(16 * PAGE_BYTES)

/* The H2C channel's node: behind those of C2H channels */
static int output(void)
{
	struct acq_config config = {
		.format = ACQ_FORMAT_S16,
		.rate_millihz = RATE * 1000,
		.channel_mask = 3,
		.block_bytes = PAGE_BYTES,
		.ring_bytes = RING,
	};
	const char *name = access("/dev/acqdev2", F_OK) ? "/dev/acqdev1" : "/dev/acqdev2";
	int fd;

	close_all();
	card("clear");
	card("out stall off");
	fd = open(name, O_WRONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	fds[nfds++] = fd;
	ioctl(fd, ACQ_IOC_DROP);
	/* An engine that held on to a block is rid of it. */
	WAIT_FOR(card_stat("h2c0_busy") == 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_CONFIG, &config), 0);
	return fd;
}

/* So many frames have left the converter, none of them filler, and a burst ended with them. */
static void all_played(long long frames)
{
	WAIT_FOR(out_stat_now("played") == frames);
	WAIT_FOR(out_stat_now("standing"));
	CHECK_EQ(out_stat_now("fifo_bytes"), 0);
	CHECK_EQ(out_stat_now("filler"), 0);
	CHECK(out_stat_now("ends") > 0);
	CHECK_EQ(card_stat("h2c0_broken_rules"), 0);
}

static void plays(int fd, size_t bytes)
{
	CHECK_EQ(write(fd, buf, bytes), bytes);
	CHECK_EQ(fsync(fd), 0);
	all_played(bytes / FRAME);
}

/* Also behind a last block that is full, which the engine could have had before that */
TEST(a_run_ends_with_tlast)
{
	int fd = output();
	size_t i;

	for (i = 1; i <= 8; i++) {
		CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
		CHECK_EQ(write(fd, buf, i * PAGE_BYTES), i * PAGE_BYTES);
		nap(50);
		CHECK_EQ(fsync(fd), 0);
		all_played(i * PAGE_BYTES / FRAME);
	}
}

/* As long as the writer is ahead there is none: what is written in one piece comes as one. */
TEST(tlast_is_at_the_end_alone)
{
	int fd = output();

	plays(fd, 40 * PAGE_BYTES + 12);
	/* A late machine lets the engine have all that there is. */
	CHECK(out_stat_now("ends") <= 10);
	if (out_stat_now("ends") > 1)
		printf("# %lld bursts\n", out_stat_now("ends"));
}

TEST(no_register_is_read_for_a_block)
{
	long long before;
	int fd = output();

	card("out speed 10");
	before = card_stat("reg_reads");
	plays(fd, 128 * PAGE_BYTES);
	/* Start, stop, and the watchdog now and then; with one interrupt for all one each */
	if (!shares_interrupt())
		CHECK(card_stat("reg_reads") - before < 64);
	card("out speed 1");
}

TEST(counts_that_are_not_written_are_made_up_for)
{
	int fd = output();

	card("fault lost-poll on");
	plays(fd, 4 * PAGE_BYTES);
	card("fault lost-poll off");
	plays(fd, 4 * PAGE_BYTES);
}

TEST(lost_interrupts_are_made_up_for)
{
	int fd = output();

	if (shares_interrupt())
		SKIP("a line stays");
	card("fault lost-irq on");
	plays(fd, 6 * PAGE_BYTES);
	card("fault lost-irq off");
}

static void fails(const char *fault)
{
	int fd = output();

	card("fault %s 1", fault);
	CHECK_EQ(write(fd, buf, 6 * PAGE_BYTES), 6 * PAGE_BYTES);
	WAIT_FOR(status_of(fd).state == ACQ_STATE_FAILED);
	CHECK_ERR(fsync(fd), EIO);
	CHECK(status_of(fd).head < 6 * PAGE_BYTES);
	card("clear");
	plays(fd, 2 * PAGE_BYTES + 4);
}

TEST(errors_have_names)
{
	static const char *const faults[][2] = {
		{ "read-error", "samples cannot be fetched from memory" },
		{ "bad-magic", "a descriptor arrives without its magic" },
		{ "fetch-error", "descriptors cannot be fetched from memory: unsupported request" },
	};
	size_t i;

	for (i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		mark(faults[i][0]);
		fails(faults[i][0]);
		CHECK(told(faults[i][0], faults[i][1]));
		CHECK(told(faults[i][0], "H2C channel 0"));
	}
}

TEST(more_blocks_than_were_given_fail)
{
	mark("xdma test: count");
	fails("bad-count");
	CHECK(told("xdma test: count", "blocks are completed, of"));
}

/* It cannot be stopped in the midst of a block: that is played later, and nothing else. */
TEST(a_block_in_hand_stays_with_the_card)
{
	struct acq_status status;
	int fd = output();

	card("out stall on");
	mark("xdma test: in hand");
	CHECK_EQ(write(fd, buf, 8 * PAGE_BYTES), 8 * PAGE_BYTES);
	WAIT_FOR(card_stat("h2c0_busy"));
	CHECK_EQ(ioctl(fd, ACQ_IOC_DROP), 0);
	CHECK(told("xdma test: in hand", "waits to be rid of data: its ring is kept"));
	status = status_of(fd);
	CHECK_EQ(status.head, 0);
	CHECK_EQ(status.dropped, 8 * PAGE_BYTES);
	/* The next run begins behind it. */
	CHECK_EQ(write(fd, buf, 2000), 2000);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	nap(100);
	CHECK_EQ(status_of(fd).head, 0);
	card("out stall off");
	CHECK_EQ(fsync(fd), 0);
	all_played(500);
}

TEST(a_reset_without_notice_is_noticed)
{
	struct acq_reader_config how = { .flags = ACQ_READER_GAP_ONCE };
	struct acq_status status;
	int fd = output();

	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &how), 0);
	CHECK_EQ(write(fd, buf, 8 * PAGE_BYTES), 8 * PAGE_BYTES);
	WAIT_FOR(out_stat_now("played") > 100);
	card("reset");
	WAIT_FOR(status_of(fd).dropped || status_of(fd).head == 8 * PAGE_BYTES);
	while (write(fd, buf, 2 * PAGE_BYTES) < 0)
		CHECK_EQ(errno, EPIPE);
	CHECK(!fsync(fd) || errno == EPIPE);
	status = status_of(fd);
	CHECK_EQ(status.head + status.dropped, 10 * PAGE_BYTES);
}

HARNESS_MAIN
