// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: xdma long takes=40 kernels=6.1
 * acqtest: xdma-intx takes=40 kernels=6.12
 * acqtest: xdma-msi takes=40 kernels=6.12
 * acqtest: xdma-intx iommu takes=40 kernels=debug
 */
/*
 * A card with XDMA that is dry, goes wrong or goes away. The cards are those of xdma.c.
 */
#include "xdma.h"

/* Leave the stream with an engine that waits for data. */
static void leave_dry(const char *why)
{
	int fd = node(O_RDWR);

	/* It is not to run out of blocks instead: nine and a half come. A poll starts it. */
	card("pause on");
	poll_now(fd);
	WAIT_FOR(card_stat("c2h0_busy"));
	card("pause %d", 19 * 4096 / 2 / FRAME);
	read_ramp(fd, 0, 9 * 4096);
	WAIT_FOR(card_stat("c2h0_fifo") == 0);
	mark(why);
	close_node(fd);
	WAIT_FOR(told(why, "waits for data: its ring is kept"));
	CHECK_EQ(card_stat("c2h0_busy"), 1);
}

#define TOTAL_KB	"/sys/module/acqdev/parameters/ring_total_kb"

/* So little that this stream can have one ring beside what others have kept, and no two */
static void leave_room_for_one(void)
{
	int fd = node(O_RDWR);
	unsigned int kb = 0;
	char text[20];
	ssize_t n;

	do {
		kb += config_of(fd).ring_bytes >> 10;
		snprintf(text, sizeof(text), "%u", kb);
		write_file(TOTAL_KB, text);
		n = read(fd, buf, FRAME);
		CHECK(n > 0 || errno == ENOSPC);
	} while (n < 0);
	close_node(fd);
	WAIT_FOR(!card_stat("c2h0_busy"));
}

/* The next run has the ring that the engine held until the data came. */
TEST(a_ring_that_was_kept_makes_room_for_the_next)
{
	int fd = fresh();

	close_node(fd);
	card("speed 20");
	leave_room_for_one();
	leave_dry("xdma test: kept");
	fd = node(O_RDWR);
	CHECK_ERR(read(fd, buf, FRAME), ENOSPC);
	card("pause off");
	WAIT_FOR(!card_stat("c2h0_busy"));
	read_ramp(fd, 0, 400000);
	write_file(TOTAL_KB, "0");
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	rules_are_kept();
}

TEST(a_dry_stream_can_be_stopped_and_started)
{
	long long runs;
	int fd = fresh();

	close_node(fd);
	card("speed 20");
	leave_dry("xdma test: dry");
	runs = card_stat("c2h0_runs");

	/* It is not started while it is busy, and can be stopped again. */
	fd = node(O_RDWR);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	CHECK(told("xdma test: dry", "still waits for data of an earlier run"));
	nap(100);
	CHECK_EQ(card_stat("c2h0_runs"), runs);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_IDLE);
	CHECK_EQ(read(fd, buf, sizeof(buf)), 0);

	/* Again; now the data come, and the run begins behind them, with its own ramp. */
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	nap(100);
	CHECK_EQ(card_stat("c2h0_runs"), runs);
	card("pause off");
	read_ramp(fd, 0, 400000);
	CHECK_EQ(card_stat("c2h0_runs"), runs + 1);
	CHECK_EQ(status_of(fd).gaps, 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	rules_are_kept();
}

TEST(what_comes_late_for_a_dry_stream_harms_nobody)
{
	int fd = fresh();

	close_node(fd);
	card("speed 20");
	leave_dry("xdma test: late");
	/* It writes to a ring that nobody has, and is idle then. */
	card("pause off");
	WAIT_FOR(!card_stat("c2h0_busy"));
	rules_are_kept();
	fd = node(O_RDWR);
	read_ramp(fd, 0, 100000);
}

TEST(a_reset_ends_the_waiting_of_a_dry_stream)
{
	int fd = fresh();

	close_node(fd);
	card("speed 20");
	leave_dry("xdma test: reset of dry");
	reset_function();
	CHECK_EQ(card_stat("c2h0_busy"), 0);
	card("pause off");
	fd = node(O_RDWR);
	read_ramp(fd, 0, 100000);
	CHECK_EQ(status_of(fd).gaps, 0);
}

TEST(unbinding_a_dry_stream_resets_the_card)
{
	int fd = fresh();

	close_node(fd);
	card("speed 20");
	leave_dry("xdma test: unbind dry");
	driver("unbind");
	CHECK(told("xdma test: unbind dry", "still waits for data: resets it"));
	CHECK_EQ(card_stat("c2h0_busy"), 0);
	driver("bind");
	card("pause off");
	fd = fresh();
	card("speed 20");
	read_ramp(fd, 0, 100000);
}

TEST(memory_of_a_card_that_cannot_be_reset_is_given_up)
{
	const char *why = "xdma test: no reset";
	const char *pci = card_address();
	char method[128];
	int fd;

	if (!strcmp(getenv("ACQ_KERNEL"), "debug"))
		SKIP("its checkers complain of just that");
	fd = fresh();
	snprintf(method, sizeof(method), "/sys/bus/pci/devices/%s/reset_method", pci);
	close_node(fd);
	card("speed 20");
	leave_dry(why);
	write_file(method, "\n");
	driver("unbind");
	CHECK(told(why, "cannot be reset: cut off from memory, its ring is given up"));
	CHECK_EQ(card_stat("c2h0_busy"), 1);
	/* Nor does it become a bus master again as it is. */
	fd = open("/sys/bus/pci/drivers/acqdev-xdma/bind", O_WRONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, pci, strlen(pci)), -1);
	close(fd);
	CHECK(told(why, "C2H channel 0 is busy with what is not ours: resets the card"));
	CHECK(told(why, "C2H channel 0 stays busy: the card cannot be reset"));
	write_file(method, "default");
	driver("bind");
	card("pause off");
	fd = fresh();
	card("speed 20");
	read_ramp(fd, 0, 100000);
}

TEST(unbinding_with_open_readers)
{
	struct acq_config config = plain_config();
	int fd = fresh(), turn;
	ssize_t n;

	for (turn = 0; turn < 4; turn++) {
		/* With a timer that would go off long after the card has gone */
		config.irq_us = turn % 2 ? 1000000 : 1000;
		configure(fd, config);
		card("speed 50");
		CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
		read_ramp(fd, 0, 40000);
		driver("unbind");
		while ((n = read(fd, buf, sizeof(buf))) > 0)
			;
		CHECK_EQ(n, -1);
		CHECK_EQ(errno, ENODEV);
		CHECK_ERR(ioctl(fd, ACQ_IOC_START), ENODEV);
		close_node(fd);
		driver("bind");
		fd = fresh();
	}
}

/* With that fault, the run fails with @error and says @message; the next one is well. */
static void fails_with(const char *fault, int error, const char *message)
{
	int fd = fresh();
	ssize_t n;

	card("speed 20");
	mark("xdma test: fails");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	read_ramp(fd, 0, 40000);
	card("fault %s", fault);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		;
	CHECK_EQ(n, -1);
	CHECK_EQ(errno, error);
	CHECK(told("xdma test: fails", message));
	card("clear");
	fd = node(O_RDWR);
	read_ramp(fd, 0, 100000);
	ioctl(fd, ACQ_IOC_STOP);
}

static void fails(const char *fault, const char *message)
{
	fails_with(fault, EIO, message);
}

/* What people see in debugfs, of the first stream */
static long long told_to_people(const char *name)
{
	char command[160], text[40] = "";
	FILE *in;

	snprintf(command, sizeof(command), "sed -n 's/^%s //p' /sys/kernel/debug/acqdev/acqdev/card",
		 name);
	in = popen(command, "r");
	CHECK(in && fgets(text, sizeof(text), in));
	pclose(in);
	return atoll(text);
}

TEST(bad_magic_fails)
{
	long long before = told_to_people("fault_magic");

	fails("bad-magic 1", "a descriptor arrives without its magic");
	CHECK_EQ(told_to_people("fault_magic"), before + 1);
	CHECK_EQ(told_to_people("channel"), 0);
}

/* Its status stays until the run has failed: that is no reason to interrupt on and on. */
TEST(an_error_interrupts_seldom)
{
	uint64_t interrupts;
	int fd;

	fd = fresh();
	card("speed 20");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	read_ramp(fd, 0, 40000);
	interrupts = status_of(fd).interrupts;
	card("fault bad-magic 1");
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	CHECK_EQ(errno, EIO);
	interrupts = status_of(fd).interrupts - interrupts;
	printf("# %llu interrupts\n", (unsigned long long)interrupts);
	CHECK(interrupts < 100);
	card("clear");
}

TEST(an_unreadable_descriptor_fails)
{
	fails("fetch-error 1", "descriptors cannot be fetched");
}

TEST(a_length_beyond_the_block_fails)
{
	fails("bad-length 1", "a block of 4096 bytes is told to have 8192");
}

TEST(a_writeback_that_does_not_come_fails)
{
	fails("lost-writeback 1", "completed without a writeback");
}

TEST(a_card_that_goes_fails)
{
	fails_with("gone on", ENODEV, "does not answer");
}

TEST(a_card_that_is_gone_has_one_errno)
{
	int fd = fresh(), other, i;

	card("speed 20");
	read_ramp(fd, 0, 40000);
	card("fault gone on");
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	CHECK_EQ(errno, ENODEV);
	for (i = 0; i < 2; i++) {
		CHECK_ERR(read(fd, buf, sizeof(buf)), ENODEV);
		other = node(O_RDWR);
		CHECK_ERR(read(other, buf, sizeof(buf)), ENODEV);
		CHECK_ERR(read(other, buf, sizeof(buf)), ENODEV);
		CHECK_ERR(ioctl(other, ACQ_IOC_START), ENODEV);
		close_node(other);
	}
	close_node(fd);
	fd = node(O_RDWR);
	CHECK_ERR(read(fd, buf, sizeof(buf)), ENODEV);
	CHECK_ERR(read(fd, buf, sizeof(buf)), ENODEV);
	close_node(fd);
	card("clear");
	fd = node(O_RDWR);
	read_ramp(fd, 0, 100000);
	ioctl(fd, ACQ_IOC_STOP);
}

/* With that fault, all is well. */
static void goes_on(const char *fault)
{
	uint64_t interrupts;
	int fd = fresh();

	card("speed 20");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	card("fault %s", fault);
	read_ramp(fd, 0, 1 << 20);
	/* And interrupts come again. */
	interrupts = status_of(fd).interrupts;
	read_ramp(fd, (1 << 20) / FRAME, 1 << 20);
	CHECK(status_of(fd).interrupts > interrupts + 5);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_RUNNING);
	CHECK_EQ(status_of(fd).gaps, 0);
	card("clear");
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	rules_are_kept();
}

/* Nothing comes, longer than the watchdog takes to ask how far the engine is. */
static void is_looked_after(void)
{
	long long reads = card_stat("reg_reads");

	nap(1200);
	CHECK(card_stat("reg_reads") - reads >= 3);
}

TEST(a_count_that_wraps_does_no_harm)
{
	int fd = fresh(), turn;

	/* As behind 4294967286 blocks: the driver goes by writebacks. */
	card("count c2h0 4294967286");
	card("speed free");
	card("pause on");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	for (turn = 0; turn < 4; turn++) {
		card("pause %d", 5 * 4096 / FRAME);
		read_ramp(fd, turn * 5 * 4096 / FRAME, 5 * 4096);
		is_looked_after();
		CHECK_EQ(status_of(fd).state, ACQ_STATE_RUNNING);
	}
	/* And with the wrap in the midst of many */
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	fd = fresh();
	card("count c2h0 4294967196");
	card("speed free");
	read_ramp(fd, 0, 4 << 20);
	CHECK_EQ(status_of(fd).gaps, 0);
	rules_are_kept();
}

/* Also where the low 24 bits of it, which is all that poll mode tells, are not ahead */
TEST(a_count_ahead_of_the_writebacks_fails)
{
	static const unsigned int ahead[] = { 1, 1 << 24, (1U << 31) - 100 };
	unsigned int i;
	ssize_t n;
	int fd;

	for (i = 0; i < 3; i++) {
		fd = fresh();
		card("count c2h0 %u", ahead[i]);
		mark("xdma test: count");
		card("speed free");
		CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
		read_ramp(fd, 0, 40000);
		card("pause on");
		while ((n = read(fd, buf, sizeof(buf))) > 0)
			;
		CHECK_EQ(n, -1);
		CHECK_EQ(errno, EIO);
		CHECK(told("xdma test: count", "completed without a writeback"));
	}
}

/* The watchdog asks the card whether samples flow or not. */
TEST(a_fault_is_found_while_samples_flow)
{
	int fd = fresh(), turn;
	ssize_t n = 1;

	card("speed 20");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	read_ramp(fd, 0, 40000);
	card("fault bad-count 1");
	/* Far longer than half a second */
	for (turn = 0; n > 0 && turn < 10000; turn++)
		n = read(fd, buf, 40000);
	printf("# %d reads of 10000 frames\n", turn);
	CHECK_EQ(n, -1);
	CHECK_EQ(errno, EIO);
}

TEST(interrupts_before_the_writeback_are_hints)
{
	goes_on("early-irq 20");
}

TEST(lost_interrupts_are_made_up_for)
{
	goes_on("lost-irq 10");
}

TEST(a_start_that_does_not_come_is_made_up_for)
{
	uint64_t lost;
	ssize_t n;
	int fd = fresh();

	card("fault start-ignored 1");
	card("speed 20");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	/* It counts as a leg without samples. */
	CHECK_EQ(poll_wait(fd), POLLIN);
	n = read(fd, buf, 4000);
	if (n < 0) {
		CHECK_EQ(errno, EPIPE);
		lost = gap_of(fd).lost;
		CHECK(lost > 0);
		CHECK_EQ(gap_of(fd).cause, ACQ_CAUSE_RESET);
		read_all(fd, buf, 4000);
	} else {
		read_all(fd, buf + n, 4000 - n);
	}
	CHECK(is_ramp(buf, 4000, 0));
}

TEST(an_engine_that_does_not_stop_keeps_its_ring)
{
	int fd = fresh();

	card("speed 20");
	read_ramp(fd, 0, 40000);
	card("fault stop-ignored on");
	mark("xdma test: stop ignored");
	close_node(fd);
	WAIT_FOR(told("xdma test: stop ignored", "waits for data: its ring is kept"));
	/* It goes on until it has no credits. */
	WAIT_FOR(card_stat("c2h0_credits") == 0);
	rules_are_kept();
	card("clear");
	fd = node(O_RDWR);
	read_ramp(fd, 0, 100000);
	rules_are_kept();
}

HARNESS_MAIN
