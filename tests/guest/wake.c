// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp takes=25 kernels=6.1,7
 * acqtest: losing program=wake-xdma takes=25 kernels=7
 * acqtest: litepcie program=wake-litepcie takes=25 kernels=7
 * acqtest: sound program=wake-ac97 kernels=7 \
 *	args="flushed_bytes_are_there_for_poll_and_nowait_alike flush_needs_nobody_asleep \
 *	the_end_needs_no_flush"
 */
/* How often the card interrupts and readers are woken: counted, not timed. */
#include "guest.h"

#include <sys/uio.h>

#define MIB	(1 << 20)

static char buf[8 * MIB];

static struct acq_reader_stats stats_of(int fd)
{
	struct acq_reader_stats stats;

	CHECK_EQ(ioctl(fd, ACQ_IOC_READER_STATS, &stats), 0);
	return stats;
}

static void set_reader(int fd, uint32_t watermark, uint32_t flush_us)
{
	struct acq_reader_config reader = { .watermark = watermark, .flush_us = flush_us };

	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &reader), 0);
}

/* A ring in which 1 MiB is an eighth, and interrupts left to the driver */
static struct acq_config roomy_config(void)
{
	struct acq_config config = plain_config();

	config.ring_bytes = 8 * MIB;
	config.block_bytes = 16 << 10;
	config.irq_us = 0;
	config.irq_frames = 0;
	return config;
}

struct counts {
	int fd;
	uint64_t interrupts, wakeups, blocks;
};

/* Read @mib MiB without a gap */
static bool is_read(int fd, unsigned int mib)
{
	size_t have = 0;

	while (have < (size_t)mib * MIB) {
		ssize_t n = read(fd, buf, MIB - have % MIB);

		if (n < 0 && errno == EPIPE)
			return false;
		CHECK(n > 0);
		have += n;
	}
	return status_of(fd).gaps == 0;
}

/* What it costs to read @mib MiB of a card that is configured so, from a new run on */
static struct counts cost_of(struct acq_config config, uint32_t watermark, unsigned int mib)
{
	struct acq_status status;
	struct counts counts;
	int tries = 0;

	do {
		/* A busy machine may lose samples: once more then. */
		CHECK(tries++ < 10);
		counts.fd = fresh();
		configure(counts.fd, config);
		set_reader(counts.fd, watermark, 0);
		card("speed %d", FAST / 2);
		counts.interrupts = status_of(counts.fd).interrupts;
	} while (!is_read(counts.fd, mib));
	status = status_of(counts.fd);
	counts.interrupts = status.interrupts - counts.interrupts;
	counts.wakeups = stats_of(counts.fd).wakeups;
	counts.blocks = status.blocks;
	printf("# %u MiB: %llu interrupts, %llu wake-ups, %llu blocks\n", mib,
	       (unsigned long long)counts.interrupts, (unsigned long long)counts.wakeups,
	       (unsigned long long)counts.blocks);
	return counts;
}

TEST(one_wakeup_and_one_interrupt_for_a_mebibyte)
{
	const unsigned int mib = 32;
	struct counts counts = cost_of(roomy_config(), MIB, mib);

	/* It may find a mebibyte there without a sleep, but never wake for less. */
	CHECK(counts.wakeups <= mib);
	CHECK(counts.wakeups > 0);
	/* A tenth of a second is the longest that a card is silent: some for that */
	CHECK(counts.interrupts <= 4 * mib);
	CHECK(counts.blocks >= mib * 64 - 1);
}

TEST(interrupts_adapt_and_can_be_pinned)
{
	struct acq_config config = roomy_config();
	struct counts pinned, adaptive;
	struct acq_status status;

	config.irq_frames = config.block_bytes / FRAME;
	config.irq_us = 1000000;
	pinned = cost_of(config, MIB, 16);
	status = status_of(pinned.fd);
	CHECK_EQ(status.irq_frames, config.irq_frames);
	CHECK_EQ(status.irq_us, config.irq_us);

	adaptive = cost_of(roomy_config(), MIB, 16);
	status = status_of(adaptive.fd);
	CHECK_EQ(status.irq_frames, MIB / FRAME);
	/* Each block, against each mebibyte of 64 blocks */
	CHECK(adaptive.interrupts * 4 < pinned.interrupts);
}

TEST(an_impatient_reader_makes_interrupts_come_sooner)
{
	int fd = fresh(), other;

	configure(fd, roomy_config());
	set_reader(fd, MIB, 0);
	card("speed %d", FAST / 2);
	read_all(fd, buf, MIB);
	CHECK_EQ(status_of(fd).irq_frames, MIB / FRAME);
	/* One that takes whatever there is: for each block, and soon */
	other = node(O_RDONLY);
	read_all(other, buf, 4);
	WAIT_FOR(status_of(fd).irq_frames < MIB / FRAME);
	WAIT_FOR(status_of(fd).irq_us == 10000);
	/* And one that flushes */
	set_reader(other, 0, 2000);
	WAIT_FOR(status_of(fd).irq_us == 1000);
	close_node(other);
	WAIT_FOR(status_of(fd).irq_us > 10000);
}

TEST(one_wakeup_serves_many_blocks)
{
	struct acq_config config = roomy_config();
	struct counts counts;

	config.irq_frames = 64 * config.block_bytes / FRAME;
	config.irq_us = 1000000;
	/* Takes anything, yet is not woken for each of the blocks that come together. */
	counts = cost_of(config, 0, 16);
	CHECK(counts.wakeups * 8 <= counts.blocks);
	CHECK(counts.interrupts * 8 <= counts.blocks);
}

TEST(a_trickle_is_flushed)
{
	struct acq_config config = plain_config();
	struct acq_reader_stats stats;
	uint64_t have = 0;
	int fd = fresh(), i, early = 0;
	ssize_t n;

	config.rate_millihz = TRICKLE;
	config.irq_us = 0;
	configure(fd, config);
	set_reader(fd, 65536, 20000);
	for (i = 0; i < 20; i++) {
		n = read(fd, buf, sizeof(buf));
		CHECK(n > 0);
		/* on a machine that is late all of it may have come */
		early += n < 65536;
		CHECK(is_ramp(buf, n, have / FRAME));
		have += n;
	}
	stats = stats_of(fd);
	CHECK(early >= 10);
	CHECK(stats.flushes >= 10);
	CHECK_EQ(stats.bytes, have);
	CHECK_EQ(stats.reads, 20);
	/* Without it the watermark is waited for. */
	set_reader(fd, 65536, 0);
	read(fd, buf, sizeof(buf));
	CHECK(stats_of(fd).bytes - have >= 65536 || poll_now(fd) == 0);
}

TEST(flushed_bytes_are_there_for_poll_and_nowait_alike)
{
	struct acq_config config = plain_config();
	struct iovec v = { buf, sizeof(buf) };
	int fd = fresh(), i;

	config.rate_millihz = over_xdma() ? TRICKLE : 8000000;
	configure(fd, config);
	set_reader(fd, 65536, 5000);
	for (i = 0; i < 100; i++) {
		CHECK(poll_wait(fd) & POLLIN);
		CHECK(preadv2(fd, &v, 1, -1, RWF_NOWAIT) > 0);
	}
	CHECK(stats_of(fd).flushes >= 50);
}

/* select() loops that only look now and then have to find it, too */
TEST(flush_needs_nobody_asleep)
{
	struct acq_config config = plain_config();
	int fd = fresh();

	config.rate_millihz = TRICKLE;
	configure(fd, config);
	set_reader(fd, 65536, 5000);
	poll_now(fd);
	WAIT_FOR(poll_now(fd) & POLLIN);
	CHECK(read(fd, buf, sizeof(buf)) < 65536);
}

TEST(the_end_needs_no_flush)
{
	struct acq_config config = plain_config();
	int fd = fresh();

	config.count = 1000;
	configure(fd, config);
	set_reader(fd, 65536, 0);
	CHECK_EQ(read(fd, buf, sizeof(buf)), 4000);
	CHECK_EQ(read(fd, buf, sizeof(buf)), 0);
}

TEST(an_idle_card_costs_nothing)
{
	struct acq_config config = plain_config();
	struct acq_status before, after;
	int fd = fresh();
	long long reads;

	config.trigger = ACQ_TRIGGER_SOFTWARE;
	configure(fd, config);
	CHECK_EQ(poll_now(fd), 0);
	/* A worker starts it. */
	WAIT_FOR(status_of(fd).state == STATE_ARMED(fd));
	before = status_of(fd);
	reads = card_stat("reg_reads");
	nap(1500);
	after = status_of(fd);
	CHECK_EQ(after.interrupts, before.interrupts);
	CHECK_EQ(after.wakeups, before.wakeups);
	/* The watchdog asks now and then whether it is still there. */
	CHECK(card_stat("reg_reads") - reads <= (over_fifo() ? 200 : 20));
}

HARNESS_MAIN
