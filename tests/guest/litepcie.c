// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: litepcie takes=30 kernels=7
 * acqtest: litepcie iommu takes=30 kernels=debug
 */
/*
 * What is LitePCIe's own: its count and where that wraps or lies, its table, headers and what
 * they tell of losses, interrupts that are pulses, Loop mode.
 *
 * Built as litepcie: see over_litepcie(). The card is an M2SDR that waits for nobody unless
 * it is told to.
 */
#include "guest.h"
#include "messages.h"

#include <sys/mman.h>
#include <time.h>

static char buf[1 << 20];

#define BLOCK_FRAMES	(PAGE_BYTES / FRAME)

/* Read @frames of the ramp from @index on; no gap may come between. */
static void read_ramp(int fd, uint64_t index, uint64_t frames)
{
	while (frames) {
		size_t n = frames * FRAME < sizeof(buf) ? frames * FRAME : sizeof(buf);

		read_all(fd, buf, n);
		CHECK(is_ramp(buf, n, index));
		index += n / FRAME;
		frames -= n / FRAME;
	}
}

/* Read the ramp up to a gap, which is told. Returns it. */
static struct acq_gap read_to_gap(int fd, uint64_t *index)
{
	struct acq_gap gap;
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		CHECK(is_ramp(buf, n, *index));
		*index += n / FRAME;
	}
	CHECK(n < 0 && errno == EPIPE);
	gap = gap_of(fd);
	CHECK_EQ(gap.index, *index);
	*index += gap.lost;
	return gap;
}

/* What comes from @index on is good until it ends with @error, and the log says @why. */
static void ends_with(int fd, uint64_t index, int error, const char *since, const char *why)
{
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		CHECK(is_ramp(buf, n, index));
		index += n / FRAME;
	}
	CHECK(n < 0);
	CHECK_EQ(errno, error);
	CHECK(told(since, why));
	/* The next start works. */
	fd = fresh();
	read_ramp(fd, 0, 10000);
}

/* A run that goes, with all of its first @frames read */
static int running(uint64_t frames)
{
	int fd = fresh();

	read_ramp(fd, 0, frames);
	return fd;
}

TEST(the_count_wraps)
{
	static const unsigned int begins[] = { 0xfff0, 0xfffffff0, 0xffffffff, 0x7ffffff0, 0 };
	unsigned int i;
	int fd;

	for (i = 0; i < 5; i++) {
		fd = fresh();
		card("count writer0 %u", begins[i]);
		card("speed 20");
		read_ramp(fd, 0, 64 * BLOCK_FRAMES);
		close_node(fd);
	}
}

/* A run that meets @fault once fails, and the log says @why. */
static void fails_by(const char *fault, const char *why)
{
	int fd = running(5000);
	char order[64];

	snprintf(order, sizeof(order), "acqtest: %s", fault);
	mark(order);
	card("fault %s 1", fault);
	ends_with(fd, 5000, EIO, order, why);
}

TEST(a_count_beyond_what_was_given_is_refused)
{
	fails_by("bad-count", "Writer 0: [0-9]* descriptors more are done, of");
}

TEST(a_count_that_goes_back_is_refused)
{
	fails_by("count-back", "Writer 0: -[0-9]* descriptors more are done, of");
}

TEST(a_descriptor_that_gets_lost_is_noticed)
{
	int fd = fresh();

	mark("acqtest: lost before");
	card("fault lost-push 1");
	ends_with(fd, 0, EIO, "acqtest: lost before", "the table has taken [0-9]* of [0-9]* descriptors");
	fails_by("lost-push", "is no header of block\\|does not hold what it was given");
}

TEST(a_header_without_its_magic_ends_the_run)
{
	fails_by("bad-header", "0x5aa55aa55aa55aa4 is no header of block");
}

TEST(a_clock_that_goes_back_ends_the_run)
{
	fails_by("time-back", "the card.s clock went back by");
}

TEST(another_rate_ends_the_run)
{
	struct acq_config config = plain_config();
	uint64_t index = 0;
	int fd = fresh(), gaps = 0;
	ssize_t n;

	mark("acqtest: rate");
	/* The driver is told more than the card does. */
	config.rate_millihz *= 2;
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_CONFIG, &config), 0);
	while ((n = read(fd, buf, sizeof(buf))) > 0 || (n < 0 && errno == EPIPE)) {
		if (n < 0) {
			gap_of(fd);
			CHECK(++gaps < 30);
		}
		index += n > 0 ? n : 0;
	}
	CHECK(n < 0);
	CHECK_EQ(errno, EIO);
	CHECK(told("acqtest: rate", "not the one that is configured: acq config rate="));

	/* And less: its first block is too early. */
	mark("acqtest: slow");
	fd = fresh();
	config.rate_millihz /= 8;
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_CONFIG, &config), 0);
	CHECK_ERR(read(fd, buf, sizeof(buf)), EIO);
	CHECK(told("acqtest: slow", "or does acq config rate="));
}

TEST(no_header_is_among_the_samples_and_each_block_has_its_time)
{
	struct acq_map map;
	int fd = running(20000);
	struct acq_status status;
	const struct acq_meta *meta;
	const struct acq_block *block;
	uint64_t n, last;
	void *ring;

	CHECK_EQ(ioctl(fd, ACQ_IOC_MAP, &map), 0);
	ring = mmap(NULL, map.bytes, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(ring != MAP_FAILED);
	meta = ring;
	status = status_of(fd);
	CHECK(status.frames > 0);
	last = 0;
	for (n = meta->done - 5; n < meta->done - 1; n++) {
		block = (const void *)((const char *)ring + meta->table_offset);
		block += n % meta->slots;
		if (last)
			/* 1024 frames at 48 kHz, by the card's clock in ns */
			CHECK(block->card_time - last >= BLOCK_FRAMES * 1000000000 / 48000 - 1 &&
			      block->card_time - last <= BLOCK_FRAMES * 1000000000 / 48000 + 1);
		last = block->card_time;
	}
	munmap(ring, map.bytes);
}

TEST(what_is_lost_is_told_to_a_frame)
{
	static const unsigned int frames[] = { 1, 7, 300, 1023, 1024, 5000, 100000 };
	uint64_t index = 0;
	struct acq_gap gap;
	unsigned int i;
	int fd = running(2000);

	index = 2000;
	for (i = 0; i < 7; i++) {
		long long dropped = card_stat("dropped");

		card("overflow %u", frames[i]);
		WAIT_FOR(card_stat("dropped") == dropped + frames[i]);
		gap = read_to_gap(fd, &index);
		/* With the rest of the block in which it was, where nobody knows */
		CHECK_EQ(gap.lost, frames[i] + BLOCK_FRAMES - 1);
		CHECK_EQ(gap.flags, 0);
		read_ramp(fd, index, 3000);
		index += 3000;
	}
}

TEST(an_empty_table_is_one_gap)
{
	struct acq_gap gap;
	long long dropped;
	uint64_t index = 2000;
	int fd = running(2000);

	/* Nobody reads: it gets no block. Its clock goes on. */
	card("speed 50");
	overrun(5000);
	card("speed 1");
	gap = read_to_gap(fd, &index);
	dropped = card_stat("dropped");
	CHECK_EQ(gap.lost, dropped + BLOCK_FRAMES - 1);
	CHECK_EQ(gap.cause, ACQ_CAUSE_RING_FULL);
	read_ramp(fd, index, 5000);
	CHECK_EQ(card_stat("dropped"), dropped);
}

TEST(interrupts_are_lost_doubled_and_for_nothing)
{
	int fd = running(2000), i;

	card("fault lost-irq 20");
	read_ramp(fd, 2000, 40000);
	card("clear");
	for (i = 0; i < 200; i++)
		card("irq");
	read_ramp(fd, 42000, 20000);
	CHECK_EQ(card_stat("dropped"), 0);
}

TEST(interrupts_without_end_end_the_run)
{
	int fd = running(2000);
	ssize_t n;

	card("pause on");
	card("fault irq-storm");
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		;
	CHECK(n < 0);
	CHECK_EQ(errno, EIO);
	fd = running(10000);
}

TEST(a_card_that_has_been_reset_is_started_again)
{
	struct acq_gap gap;
	uint64_t index = 2000;
	ssize_t n;
	int fd = running(2000);

	card("reset");
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		CHECK(is_ramp(buf, n, index));
		index += n / FRAME;
	}
	CHECK(n < 0 && errno == EPIPE);
	gap = gap_of(fd);
	CHECK_EQ(gap.cause, ACQ_CAUSE_RESET);
	/* Its ramp begins anew; on a slow machine it may be started twice. */
	while (is_slow() && read(fd, buf, 20000) < 0)
		CHECK_EQ(gap_of(fd).cause, ACQ_CAUSE_RESET);
	if (!is_slow())
		read_ramp(fd, 0, 5000);
	write_file("/sys/class/misc/acqdev/device/reset", "1");
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		;
	CHECK(n < 0 && errno == EPIPE);
	CHECK_EQ(gap_of(fd).cause, ACQ_CAUSE_RESET);
	read_ramp(fd, 0, 5000);
}

/* As the card has it of what it has put out in a run */
static const char *digest_of(const void *data, size_t bytes)
{
	static char text[40];

	snprintf(text, sizeof(text), " digest=%llu",
		 (unsigned long long)digest_more(DIGEST_NONE, data, bytes));
	return text;
}

/* What it goes on to write goes to its ring, whoever has memory since. */
TEST(a_card_that_does_not_stop_keeps_its_ring)
{
	struct acq_config config = plain_config();
	int fd = running(2000), out;
	unsigned int i;
	long long bytes;

	mark("acqtest: stop");
	card("speed 50");
	card("wait on");
	card("fault stop-ignored 1000");
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	CHECK(told("acqtest: stop", "Writer 0 does not stop: its ring is kept until it does"));
	bytes = card_stat("writer0_bytes");
	out = open("/dev/acqdev1", O_RDWR | O_CLOEXEC);
	CHECK(out >= 0);
	ioctl(out, ACQ_IOC_DROP);
	config.pattern = ACQ_PATTERN_INPUT;
	CHECK_EQ(ioctl(out, ACQ_IOC_SET_CONFIG, &config), 0);
	for (i = 0; i < 100000; i++)
		buf[i] = i * 7919 >> 8;
	CHECK_EQ(write(out, buf, 100000), 100000);
	CHECK_EQ(fsync(out), 0);
	printf("# it has written %lld bytes since\n", card_stat("writer0_bytes") - bytes);
	CHECK(strstr(card("out stats"), digest_of(buf, 100000)));
	close(out);
	CHECK_ERR(ioctl(fd, ACQ_IOC_START), EIO);
	card("clear");
	close_node(fd);
	fd = running(5000);
}

TEST(a_card_that_is_gone_ends_each_run)
{
	ssize_t n;
	int fd = running(2000);

	card("fault gone");
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		;
	CHECK(n < 0);
	CHECK_EQ(errno, ENODEV);
	close_node(fd);
	/* And none begins. */
	fd = node(O_RDWR);
	CHECK_ERR(ioctl(fd, ACQ_IOC_START), ENODEV);
	close_node(fd);
	card("clear");
	fd = running(5000);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* So many reads of registers are answered, from here to the end of a run. */
static void goes_behind(unsigned int reads)
{
	ssize_t n = 1;
	int fd = fresh();
	double begin;

	card("gone-behind %u", reads);
	while (n > 0)
		n = read(fd, buf, PAGE_BYTES);
	CHECK(n < 0);
	CHECK_EQ(errno, ENODEV);
	begin = seconds();
	ioctl(fd, ACQ_IOC_STOP);
	close_node(fd);
	CHECK(seconds() - begin < (is_slow() ? 2 : 0.2));
	card("gone-behind never");
	card("clear");
}

/* At each read of a start, some of a run, and each of a stop; then while it is bound */
TEST(a_card_that_goes_at_any_read_ends_what_is_done)
{
	static const unsigned int probing[] = { 0, 1, 2, 3, 30, 60, 61, 62, 63, 64, 66, 68, 70, 72,
						74, 76, 78, 80, 85 };
	char path[100];
	unsigned int i;
	double begin;
	int fd, n;

	snprintf(path, sizeof(path), "%s/bind", PCI_DRIVER);
	for (i = 0; i < 16; i++)
		goes_behind(i);
	for (i = 0; i < 6; i++) {
		fd = running(2000);
		card("gone-behind %u", i);
		begin = seconds();
		ioctl(fd, ACQ_IOC_STOP);
		close_node(fd);
		CHECK(seconds() - begin < (is_slow() ? 2 : 0.2));
		card("gone-behind never");
		card("clear");
	}
	close_all();
	for (i = 0; i < sizeof(probing) / sizeof(*probing); i++) {
		driver("unbind");
		card("gone-behind %u", probing[i]);
		begin = seconds();
		fd = open(path, O_WRONLY | O_CLOEXEC);
		CHECK(fd >= 0);
		n = write(fd, card_address(), strlen(card_address()));
		close(fd);
		CHECK(seconds() - begin < (is_slow() ? 3 : 0.5));
		card("gone-behind never");
		card("clear");
		if (n < 0)
			driver("bind");
		WAIT_FOR(!access(NODE, F_OK));
	}
	fd = running(5000);
}

/* A run in Loop mode */
static int looping(void)
{
	struct acq_config config = plain_config();
	int fd = fresh();

	config.transfer = ACQ_TRANSFER_FIFO;
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_CONFIG, &config), 0);
	card("wait off");
	return fd;
}

TEST(loop_mode_is_copied_from_and_tells_what_it_laps)
{
	struct acq_gap gap;
	uint64_t index = 0, all;
	int fd = looping(), i;
	ssize_t n;

	/* 64 blocks are 0.7 s: so late no machine is. */
	card("speed 2");
	read_ramp(fd, 0, 100000);
	index = 100000;
	/* Nobody reads: it goes round, and over what was not copied. */
	card("speed 50");
	nap(1000);
	card("speed 1");
	/* A late machine copies too late as well, before the ring is full: it is lapped. */
	for (i = 0, gap.cause = 0; i < 20 && gap.cause != ACQ_CAUSE_RING_FULL; i++) {
		gap = read_to_gap(fd, &index);
		CHECK(gap.lost > 0 && gap.lost % BLOCK_FRAMES == 0);
		CHECK_EQ(gap.flags, 0);
	}
	CHECK_EQ(gap.cause, ACQ_CAUSE_RING_FULL);
	read_ramp(fd, index, 100000);
	index += 100000;
	/* The card's source has lost nothing of that. */
	CHECK_EQ(card_stat("dropped"), 0);
	/* Its ramp comes round each 32 blocks: all that was delivered, but what is not whole. */
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	all = card_stat("delivered");
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		CHECK(is_ramp(buf, n, index));
		index += n / FRAME;
	}
	CHECK_EQ(n, 0);
	CHECK(index <= all);
	CHECK(all - index <= 3 * BLOCK_FRAMES);
}

TEST(loop_mode_is_started_again_behind_a_reset)
{
	struct acq_gap gap;
	uint64_t index;
	int fd = looping(), i;
	ssize_t n;

	/* Early in the first round, and rounds later */
	for (i = 0; i < 2; i++) {
		index = 2000;
		if (i) {
			card("speed 2");
			index += 100000;
		}
		read_ramp(fd, 0, index);
		card("speed 1");
		card("reset");
		while ((n = read(fd, buf, sizeof(buf))) > 0) {
			CHECK(is_ramp(buf, n, index));
			index += n / FRAME;
		}
		CHECK(n < 0 && errno == EPIPE);
		gap = gap_of(fd);
		CHECK_EQ(gap.cause, ACQ_CAUSE_RESET);
		CHECK_EQ(gap.flags, ACQ_GAP_ESTIMATED);
		CHECK(gap.lost < 48000 * (is_slow() ? 60 : 20));
		/* Its ramp begins anew. */
	}
	read_ramp(fd, 0, 5000);
}

/* Registers of an M2SDR, and what somebody may have left in them */
static const struct {
	unsigned int at, value;
} left[] = {
	{ 0x5800, 0x80000031 },				/* interrupts */
	{ 0x6040, 1 },					/* loopback */
	{ 0x6044, 1 }, { 0x6048, 2 },			/* synchronizer */
	{ 0x604c, 0x80002000 },				/* Reader's FIFO: its least level */
	{ 0xb800, 3 }, { 0xb804, 511 },			/* headers: TX */
	{ 0xb808, 1 }, { 0xb80c, 300 },			/* RX */
};

static void leave_registers(void)
{
	volatile unsigned int *regs;
	char path[100];
	unsigned int i;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/enable", card_address());
	write_file(path, "1");
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource0", card_address());
	fd = open(path, O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0);
	regs = mmap(NULL, 0x10000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(regs != MAP_FAILED);
	for (i = 0; i < sizeof(left) / sizeof(*left); i++) {
		regs[left[i].at / 4] = left[i].value;
		CHECK_EQ(regs[left[i].at / 4], left[i].value);
	}
	munmap((void *)regs, 0x10000);
	close(fd);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/enable", card_address());
	write_file(path, "0");
}

TEST(registers_are_as_they_were_found)
{
	long long lost = card_stat("writer0_lost_pushes");
	char before[1000], after[1000];
	int fd, out;

	fd = fresh();
	close_all();
	card_address();
	driver("unbind");
	card("reset");
	leave_registers();
	snprintf(before, sizeof(before), "%s", card("regs"));
	driver("bind");
	WAIT_FOR(!access(NODE, F_OK));
	fd = running(20000);
	out = open("/dev/acqdev1", O_RDWR | O_CLOEXEC);
	CHECK(out >= 0);
	CHECK_EQ(write(out, buf, 40000), 40000);
	CHECK_EQ(fsync(out), 0);
	close(out);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	close_all();
	driver("unbind");
	snprintf(after, sizeof(after), "%s", card("regs"));
	card("reset");
	driver("bind");
	WAIT_FOR(!access(NODE, F_OK));
	if (strcmp(before, after))
		printf("# before: %s\n# after: %s\n", before, after);
	CHECK(!strcmp(before, after));
	fd = running(5000);
	CHECK_EQ(card_stat("writer0_broken_rules"), 0);
	CHECK_EQ(card_stat("writer0_lost_pushes"), lost);
	CHECK_EQ(card_stat("writer0_lost_writes"), 0);
}

TEST(a_register_is_read_for_each_interrupt)
{
	struct acq_config config = plain_config();
	long long reads, writes, irqs;
	double begin;
	int fd = fresh();

	config.block_bytes = 64 << 10;
	config.ring_bytes = 2 << 20;
	config.irq_us = 0;
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_CONFIG, &config), 0);
	card("speed 50");
	card("wait on");
	read_ramp(fd, 0, 100000);
	reads = card_stat("reg_reads");
	writes = card_stat("reg_writes");
	irqs = status_of(fd).interrupts;
	begin = seconds();
	read_ramp(fd, 100000, (8 << 20) / FRAME);
	irqs = status_of(fd).interrupts - irqs;
	reads = card_stat("reg_reads") - reads;
	writes = card_stat("reg_writes") - writes;
	printf("# 8 MiB: %lld interrupts, %lld reads, %lld writes\n", irqs, reads, writes);
	CHECK(irqs <= 8 * 16 + 4);
	/* Some for the watchdog, each quarter of a second */
	CHECK(reads <= irqs + 40 + 40 * (seconds() - begin));
	/* A descriptor of samples and one of a header for each block */
	CHECK(writes <= 6 * (8 * 16 + 33));
}

HARNESS_MAIN
