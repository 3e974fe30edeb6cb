// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: xdma-msi kernels=6.12
 * acqtest: xdma-intx iommu kernels=debug \
 *	args="a_reader_that_stalls_is_told_what_was_not_copied a_mapped_reader_holds_what_it_has \
 *	the_count_of_24_bits_wraps a_lap_among_packets_is_an_estimated_gap \
 *	credits_and_not_in_turn a_dry_engine_keeps_its_chunks \
 *	a_count_of_more_than_was_written_ends_the_run"
 */
/*
 * A stream of XDMA whose engine needs no credits (transfer=fifo): it goes round and
 * round, whatever readers do, and what the driver could not copy in time is a gap
 * of exactly that size.
 *
 * Built as xdma-freerun: see over_xdma(). The card is that of xdma.c: it would wait,
 * and never has to.
 */
#include "guest.h"

#include <stdlib.h>
#include <sys/mman.h>

#define TRACING	"/sys/kernel/tracing/"

static char buf[1 << 20];

static void append_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static uint64_t at, received, lost;
static long long credits, held;
static int gaps;

/* Read @frames, or up to a gap if @gap, or to the end: each sample in its place */
static bool follow(int fd, uint64_t frames, bool gap)
{
	uint64_t have = 0;

	while (have < frames) {
		uint64_t want = (frames - have) * FRAME;
		ssize_t n = read(fd, buf, want < sizeof(buf) ? want : sizeof(buf));

		if (n < 0 && errno == EPIPE) {
			CHECK_EQ(gap_of(fd).index, at);
			CHECK_EQ(gap_of(fd).position, received * FRAME);
			at += gap_of(fd).lost;
			lost += gap_of(fd).lost;
			gaps++;
			if (gap)
				return true;
			continue;
		}
		if (n == 0)
			return false;
		CHECK(n > 0);
		CHECK(is_ramp(buf, n, at));
		at += n / FRAME;
		received += n / FRAME;
		have += n / FRAME;
	}
	return true;
}

static void follow_anew(void)
{
	at = 0;
	received = 0;
	lost = 0;
	gaps = 0;
}

static int copied(uint32_t block, uint32_t ring)
{
	struct acq_config config = plain_config();
	int fd = fresh();

	config.transfer = ACQ_TRANSFER_FIFO;
	config.rate_millihz = 1000000000;
	config.block_bytes = block;
	config.ring_bytes = ring;
	configure(fd, config);
	credits = card_stat("c2h0_credits_given");
	follow_anew();
	return fd;
}

static void start(int fd)
{
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	follow(fd, 1000, false);
	held = card_stat("c2h0_held");
}

static void end(int fd)
{
	struct acq_status status;

	/* It was never without a descriptor, from its begin on. */
	CHECK_EQ(card_stat("c2h0_held"), held);
	CHECK_EQ(card_stat("c2h0_credits_given"), credits);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	CHECK(!follow(fd, ~0ULL, false));
	status = status_of(fd);
	CHECK_EQ(status.frames, received + lost);
	CHECK_EQ(card_stat("c2h0_broken_rules"), 0);
	CHECK_EQ(card_stat("c2h0_lost_writes"), 0);
	printf("# %llu frames received, %llu lost in %d gaps\n", (unsigned long long)received,
	       (unsigned long long)lost, gaps);
}

TEST(the_ramp_comes_without_credits)
{
	long long reads;
	int fd = copied(65536, 8 << 20);

	card("speed 2");
	start(fd);
	follow(fd, 100000, false);
	reads = card_stat("reg_reads");
	follow(fd, 2000000, false);
	CHECK(lost < received);
	printf("# %lld register reads in 8 MB, %llu interrupts\n", card_stat("reg_reads") - reads,
	       (unsigned long long)status_of(fd).interrupts);
	end(fd);
}

/* Blocks smaller than a chunk, as large, and of many that do not fill them up */
TEST(blocks_of_any_size)
{
	static const uint32_t blocks[] = { 4096, 16384, 65536, 262144, 4 << 20 };
	unsigned int i;

	for (i = 0; i < 5; i++) {
		int fd = copied(blocks[i], 16 << 20);

		card("speed 1");
		start(fd);
		follow(fd, 700000, false);
		CHECK(lost < received);
		end(fd);
	}
}

TEST(a_reader_that_stalls_is_told_what_was_not_copied)
{
	int fd = copied(4096, 64 << 10), turn;

	card("speed 5");
	start(fd);
	for (turn = 0; turn < 10; turn++) {
		long long before = card_stat("c2h0_descriptors");

		follow(fd, 5000, false);
		/* The ring is full, and then the engine goes round more than once. */
		WAIT_FOR(card_stat("c2h0_descriptors") > before + 300);
		follow(fd, ~0ULL, true);
		CHECK_EQ(gap_of(fd).lost % (4096 / FRAME), 0);
	}
	CHECK(gaps >= 10);
	end(fd);
}

TEST(a_mapped_reader_holds_what_it_has)
{
	const struct acq_block *block;
	const struct acq_meta *meta;
	struct acq_map map;
	const char *base;
	int fd = copied(4096, 64 << 10), turn;
	long long before = card_stat("c2h0_descriptors");
	uint64_t seq;

	card("speed 5");
	CHECK_EQ(ioctl(fd, ACQ_IOC_MAP, &map), 0);
	base = mmap(NULL, map.bytes, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(base != MAP_FAILED);
	meta = (const void *)base;
	WAIT_FOR(card_stat("c2h0_descriptors") > before + 300);
	/* The engine has been round long since: in the ring is what was there first. */
	for (turn = 0; turn < 2; turn++) {
		CHECK_EQ(meta->oldest, 0);
		for (seq = 0; seq < meta->done; seq++) {
			block = (const void *)(base + meta->table_offset + seq * sizeof(*block));
			CHECK(is_ramp(base + meta->data_offset + seq * 4096, block->bytes,
				      block->index));
		}
		nap(100);
	}
	CHECK(meta->done >= 8);
	munmap((void *)base, map.bytes);
}

TEST(the_count_of_24_bits_wraps)
{
	int fd = copied(4096, 64 << 10), turn;

	card("speed 5");
	card("count c2h0 %u", (1 << 24) - 200);
	start(fd);
	for (turn = 0; turn < 3; turn++) {
		long long before = card_stat("c2h0_descriptors");

		follow(fd, 20000, false);
		WAIT_FOR(card_stat("c2h0_descriptors") > before + 150);
	}
	follow(fd, 100000, false);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_RUNNING);
	end(fd);
	CHECK(gaps > 0);
}

/* How much was in packets that were not copied, only the clock tells. */
TEST(a_lap_among_packets_is_an_estimated_gap)
{
	int fd = copied(4096, 64 << 10), turn;
	long long before, runs;
	struct acq_gap gap;
	uint64_t index;
	ssize_t n;

	card("packets 4,404,4096,12");
	/* A late machine may have lost some before the first read already. */
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	runs = card_stat("c2h0_runs");
	for (turn = 0; turn < 3; turn++) {
		card("speed 5");
		before = card_stat("c2h0_descriptors");
		WAIT_FOR(card_stat("c2h0_descriptors") > before + 150);
		/* No other lap while one reads of this one */
		card("speed 0.1");
		while ((n = read(fd, buf, sizeof(buf))) > 0)
			;
		CHECK_EQ(errno, EPIPE);
		gap = gap_of(fd);
		/* A machine may be late whether its ring is full or not. */
		CHECK(gap.cause == ACQ_CAUSE_RING_FULL || gap.cause == ACQ_CAUSE_CARD_FIFO);
		CHECK(gap.flags & ACQ_GAP_ESTIMATED);
		CHECK(gap.lost > 0);
		index = status_of(fd).index;
		CHECK_EQ(index, gap.index + gap.lost);
		/* What follows is in one piece, wherever it was. */
		n = read(fd, buf, 4000);
		CHECK(n > 0);
		CHECK(is_ramp(buf, n, *(uint16_t *)buf / 2));
		CHECK_EQ(status_of(fd).index, index + n / FRAME);
	}
	/* The card was not stopped for it. */
	CHECK_EQ(card_stat("c2h0_runs"), runs);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_RUNNING);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	CHECK_EQ(card_stat("c2h0_broken_rules"), 0);
}

TEST(a_full_ring_is_quiet)
{
	uint64_t interrupts;
	int fd = copied(4096, 64 << 10);

	card("speed 5");
	start(fd);
	follow(fd, 1000, false);
	nap(300);
	interrupts = status_of(fd).interrupts;
	nap(500);
	CHECK(status_of(fd).interrupts <= interrupts + 2);
	card("speed 1");
	follow(fd, 300000, false);
	CHECK(status_of(fd).interrupts > interrupts + 10);
	end(fd);
}

TEST(credits_and_not_in_turn)
{
	struct acq_config config = plain_config();
	int fd = copied(4096, 64 << 10), turn;

	card("speed 1");
	for (turn = 0; turn < 4; turn++) {
		config.transfer = turn % 2 ? ACQ_TRANSFER_FIFO : ACQ_TRANSFER_DMA;
		configure(fd, config);
		CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
		follow_anew();
		follow(fd, 50000, true);
		CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
		while (read(fd, buf, sizeof(buf)) != 0)
			;
	}
}

TEST(a_dry_engine_keeps_its_chunks)
{
	int fd = copied(4096, 64 << 10);

	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	follow(fd, 10000, false);
	card("pause on");
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	CHECK_EQ(card_stat("c2h0_busy"), 1);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	card("pause off");
	follow_anew();
	follow(fd, 1000, false);
	held = card_stat("c2h0_held");
	follow(fd, 50000, false);
	end(fd);
}

/* What is there of the round before is not brought again as if it were new. */
TEST(a_count_of_more_than_was_written_ends_the_run)
{
	int fd = copied(4096, 256 << 10);
	ssize_t n;

	card("speed 1");
	start(fd);
	follow(fd, 3 * 64 * 1024, false);
	card("pause on");
	fcntl(fd, F_SETFL, O_NONBLOCK);
	do {
		n = read(fd, buf, sizeof(buf));
		if (n < 0 && errno == EPIPE)
			gap_of(fd);
	} while (n > 0 || errno == EPIPE);
	CHECK_EQ(errno, EAGAIN);
	fcntl(fd, F_SETFL, 0);
	/* One chunk more, and a count of 1001 */
	card("fault bad-count 1");
	card("pause 1024");
	/* A late card had more to send before its pause. */
	while ((n = read(fd, buf, sizeof(buf))) > 0 || (n < 0 && errno == EPIPE))
		if (n < 0)
			gap_of(fd);
	CHECK_EQ(n, -1);
	CHECK_EQ(errno, EIO);
	card("pause off");
}

/* A number in a file of "NAME HITS MISSES" lines */
static unsigned long long hits(const char *probe)
{
	unsigned long long n = 0;
	char line[200], name[64];
	FILE *f = fopen(TRACING "kprobe_profile", "r");

	CHECK(f);
	while (fgets(line, sizeof(line), f)) {
		unsigned long long got;

		if (sscanf(line, " %63s %llu", name, &got) == 2 && !strcmp(name, probe))
			n = got;
	}
	fclose(f);
	return n;
}

static void run_ahead(int fd, unsigned long long *turns, unsigned long long *skips)
{
	/* With packets the core is told of each skip. */
	card("packets 4096");
	card("speed 1");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	read_all(fd, buf, 65536);
	/* So that the ring has room all the time */
	card("pause on");
	append_file(TRACING "kprobe_events", "p:acq_turn acqdev:xdma_bounce_collect\n");
	append_file(TRACING "kprobe_events", "p:acq_skip acqdev:acq_stream_lost\n");
	write_file(TRACING "events/kprobes/enable", "1");
	card("ahead 700");
	card("stats");
	write_file(TRACING "events/kprobes/enable", "0");
	*turns = hits("acq_turn");
	*skips = hits("acq_skip");
	append_file(TRACING "kprobe_events", "-:acq_turn\n");
	append_file(TRACING "kprobe_events", "-:acq_skip\n");
	printf("# %llu skips in %llu turns\n", *skips, *turns);
	card("pause off");
	ioctl(fd, ACQ_IOC_STOP);
}

/*
 * A count that runs ahead as fast as it is read: each turn comes to an end all the
 * same, so that others get the lock. How often it skips in a turn is counted.
 */
TEST(a_count_that_runs_ahead_does_not_hold_a_turn)
{
	unsigned long long turns = 0, skips = 0;
	int fd, tries;

	if (access(TRACING "kprobe_events", W_OK))
		SKIP("this kernel has no kprobe events");
	/* A card that is not the whole time on its processor is caught, and the run fails. */
	for (tries = 0; tries < 10 && skips < 64; tries++) {
		fd = copied(4096, 16 << 20);
		run_ahead(fd, &turns, &skips);
		CHECK(skips <= turns * 64);
	}
	if (skips < 64)
		SKIP("the card was never on its processor for a whole turn");
}

HARNESS_MAIN
