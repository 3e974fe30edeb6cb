// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp kernels=debug takes=20
 */
/*
 * What the driver owes an ACQ-R1, and what it does with one that is broken, or that
 * reads its specification another way.
 */
#include "guest.h"

#include <sys/mman.h>

#include "../../include/acq_r1.h"

static char buf[1 << 20];

/* A file of the card's, under /sys */
static int card_file(const char *name, int flags)
{
	char path[100];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", card_address(), name);
	fd = open(path, flags | O_CLOEXEC);
	CHECK(fd >= 0);
	return fd;
}

static uint16_t command_word(void)
{
	int fd = card_file("config", O_RDONLY);
	uint16_t word;

	CHECK_EQ(pread(fd, &word, sizeof(word), 4), sizeof(word));
	close(fd);
	return word;
}

static void set_command_word(uint16_t word)
{
	int fd = card_file("config", O_RDWR);

	CHECK_EQ(pwrite(fd, &word, sizeof(word), 4), sizeof(word));
	close(fd);
}

#define MASTER	4

/* The kernel's log from here on */
static int log_begin(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	CHECK(fd >= 0);
	CHECK(lseek(fd, 0, SEEK_END) == 0);
	fds[nfds++] = fd;
	return fd;
}

/* How often does it say @text? */
static int log_count(int fd, const char *text)
{
	static char line[2048];
	int count = 0;
	ssize_t n;

	while ((n = read(fd, line, sizeof(line) - 1)) > 0) {
		line[n] = '\0';
		count += !!strstr(line, text);
	}
	return count;
}

static void bind_again(void)
{
	driver("bind");
	WAIT_FOR(access(NODE, F_OK) == 0);
}

/* A test that failed may have left the card without a driver. */
/* Its source waits for nobody. */
static int ready(void)
{
	int fd;

	if (access(NODE, F_OK))
		bind_again();
	fd = fresh();
	card("wait off");
	return fd;
}

static int read_to_the_end(int fd)
{
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0 || (n < 0 && errno == EPIPE)) {
		if (n < 0)
			gap_of(fd);
	}
	return n ? errno : 0;
}

/* After whatever it was, the next run is well. */
static void runs_well(int fd)
{
	card("clear");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	read_all(fd, buf, 8192);
	CHECK(is_ramp(buf, 8192, 0));
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
}

static struct acq_config fifo_config(void)
{
	struct acq_config config = plain_config();

	config.transfer = ACQ_TRANSFER_FIFO;
	config.rate_millihz = 4000000;
	config.irq_us = 5000;
	return config;
}

/*
 * A driver leaves the card as it found it: registers and PCI configuration
 */

static char regs_before[4096], config_before[256];

static void settings(char *regs, char *config)
{
	int fd = card_file("config", O_RDONLY);

	snprintf(regs, sizeof(regs_before), "%s", card("regs"));
	CHECK_EQ(pread(fd, config, 256, 0), 256);
	close(fd);
}

static void as_found(const char *after)
{
	static char regs[4096], config[256];
	int i;

	settings(regs, config);
	if (strcmp(regs, regs_before))
		printf("# after %s: registers%s, not%s\n", after, regs, regs_before);
	CHECK(!strcmp(regs, regs_before));
	for (i = 0; i < 256; i++) {
		if (config[i] != config_before[i])
			printf("# after %s: %02x at %02x of the configuration, not %02x\n", after,
			       config[i] & 0xff, i, config_before[i] & 0xff);
	}
	CHECK(!memcmp(config, config_before, sizeof(config)));
}

/* A run with all that can be set, and the card unbound amid it or behind it */
static void run_and_unbind(struct acq_config config, bool amid, const char *what)
{
	int fd;

	bind_again();
	fd = node(O_RDWR);
	configure(fd, config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	if (config.trigger)
		CHECK_EQ(ioctl(fd, ACQ_IOC_TRIGGER), 0);
	read_all(fd, buf, 4000);
	if (!amid)
		CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	driver("unbind");
	close_node(fd);
	as_found(what);
}

TEST(the_card_is_left_as_it_was_found)
{
	struct acq_config config = plain_config();
	int fd = ready();

	card_address();
	close_node(fd);
	driver("unbind");
	card("reset");
	settings(regs_before, config_before);
	CHECK(!(command_word() & MASTER));

	bind_again();
	driver("unbind");
	as_found("nothing");

	config.channel_mask = 2;
	config.format = ACQ_FORMAT_U32;
	config.trigger = ACQ_TRIGGER_SOFTWARE;
	config.trigger_level = 5;
	config.count = 1000000;
	run_and_unbind(config, false, "a run");
	run_and_unbind(config, true, "a run that was not stopped");
	run_and_unbind(fifo_config(), false, "a run by FIFO");
	run_and_unbind(fifo_config(), true, "a run by FIFO that was not stopped");

	bind_again();
	fd = node(O_RDWR);
	CHECK(read(fd, buf, 4096) > 0);
	card("fault bad-number");
	CHECK_EQ(read_to_the_end(fd), EIO);
	card("clear");
	driver("unbind");
	close_node(fd);
	as_found("a run that failed");

	bind_again();
	fd = node(O_RDWR);
	card("fault gone");
	CHECK_ERR(read(fd, buf, 4096), ENODEV);
	card("clear");
	close_node(fd);
	driver("unbind");
	card("reset");
	/* That of a card without power is not the driver's to bring back without a run. */
	settings(regs_before, config_before);

	bind_again();
	fd = node(O_RDWR);
	runs_well(fd);
}

/* Another kernel, or a program, may have left it so. */
TEST(a_card_that_was_left_running_is_taken)
{
	volatile uint32_t *regs;
	int fd = ready(), bar;

	close_node(fd);
	card_address();
	driver("unbind");
	bar = card_file("resource0", O_RDWR | O_SYNC);
	regs = mmap(NULL, ACQ_R1_BAR_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, bar, 0);
	close(bar);
	CHECK(regs != MAP_FAILED);
	set_command_word(command_word() | 2 | MASTER);
	regs[ACQ_R1_TRANSFER / 4] = ACQ_R1_TRANSFER_FIFO;
	regs[ACQ_R1_IRQ_US / 4] = 1000;
	regs[ACQ_R1_COMMAND / 4] = ACQ_R1_CMD_START;
	regs[ACQ_R1_IRQ_MASK / 4] = ACQ_R1_IRQ_ALL;
	CHECK_EQ(regs[ACQ_R1_STATE / 4] & ACQ_R1_STATE_MASK, ACQ_R1_RUNNING);
	munmap((void *)regs, ACQ_R1_BAR_BYTES);
	bind_again();
	CHECK(strstr(card("stats"), "state=idle"));
	fd = node(O_RDWR);
	configure(fd, plain_config());
	runs_well(fd);
}

/*
 * What only the watchdog's beat can notice, also while samples flow
 */

static void master_is_taken(const char *fault, const char *says)
{
	int fd = ready(), log = log_begin();

	CHECK(read(fd, buf, 4096) > 0);
	if (fault)
		card("fault %s", fault);
	set_command_word(command_word() & ~MASTER);
	CHECK_EQ(read_to_the_end(fd), EIO);
	CHECK_EQ(log_count(log, says), 1);
	runs_well(fd);
}

TEST(bus_mastering_is_taken_away)
{
	master_is_taken(NULL, "cannot access memory");
}

TEST(bus_mastering_is_taken_away_and_the_card_races_on)
{
	master_is_taken("master-ignored", "bus mastering has been taken from the card");
}

TEST(a_card_counts_what_does_not_arrive)
{
	int fd = ready(), log = log_begin();

	CHECK(read(fd, buf, 4096) > 0);
	card("fault lost-irq");
	card("fault no-update");
	CHECK_EQ(read_to_the_end(fd), EIO);
	CHECK_EQ(log_count(log, "what it samples does not arrive"), 1);
	runs_well(fd);
}

TEST(a_card_that_fills_no_block_is_started_again)
{
	int fd = ready(), log = log_begin();

	CHECK(read(fd, buf, 4096) > 0);
	card("stall on");
	WAIT_FOR(log_count(log, "has blocks and fills none"));
	card("stall off");
	/* Before it, a late machine may have lost some. */
	do {
		while (read(fd, buf, sizeof(buf)) > 0)
			;
		CHECK_EQ(errno, EPIPE);
	} while (gap_of(fd).cause != ACQ_CAUSE_RESET);
	CHECK(gap_of(fd).lost > 0);
	read_all(fd, buf, 8192);
	CHECK(is_ramp(buf, 8192, 0));
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
}

TEST(samples_that_come_too_fast_cost_the_run)
{
	static const char check[] = "/sys/module/acqdev/parameters/rate_check";
	int fd = ready(), log = log_begin();

	write_file(check, "1");
	CHECK(read(fd, buf, 4096) > 0);
	card("race 20");
	CHECK_EQ(read_to_the_end(fd), EIO);
	CHECK_EQ(log_count(log, "times faster than configured"), 1);
	card("race off");
	write_file(check, "0");
	runs_well(fd);
}

TEST(a_card_that_does_not_answer_is_enodev)
{
	int fd = ready();

	card("fault gone");
	CHECK_ERR(read(fd, buf, 4096), ENODEV);
	CHECK_ERR(read(fd, buf, 4096), ENODEV);
	CHECK_ERR(read(node(O_RDONLY), buf, 4096), ENODEV);
	CHECK_ERR(ioctl(fd, ACQ_IOC_START), ENODEV);
	runs_well(fd);
}

TEST(a_start_that_the_card_refuses_is_eio)
{
	int fd = ready(), log = log_begin();

	card("refuse on");
	CHECK_ERR(read(fd, buf, 4096), EIO);
	CHECK_EQ(status_of(fd).failure, ACQ_FAILURE_START);
	CHECK_ERR(ioctl(fd, ACQ_IOC_START), EIO);
	CHECK_EQ(status_of(fd).frames, 0);
	CHECK_EQ(log_count(log, "start refused with error"), 2);
	card("refuse off");
	runs_well(fd);
}

/*
 * Other readings of the specification
 */

/* @bytes read, and how many interrupts it took */
static uint64_t interrupts_for(int fd, size_t bytes)
{
	uint64_t before = status_of(fd).interrupts;

	read_all(fd, buf, bytes);
	return status_of(fd).interrupts - before;
}

TEST(a_frame_of_less_than_a_word_does_not_storm)
{
	struct acq_config config = fifo_config();
	uint64_t interrupts;
	int fd = ready();

	config.channel_mask = 1;
	config.irq_us = 0;
	config.irq_frames = 1;
	config.rate_millihz = 10000;
	configure(fd, config);
	interrupts = interrupts_for(fd, 40);
	printf("# %llu interrupts for 20 frames\n", (unsigned long long)interrupts);
	CHECK(interrupts <= 30);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
}

TEST(causes_that_the_page_leaves_out_do_not_storm)
{
	uint64_t before;
	int fd = ready();

	card("fault late-cause");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	CHECK_EQ(read(fd, buf, FRAME), FRAME);
	/* No page is written while it has no blocks, and that it loses is no cause any more. */
	WAIT_FOR(card_stat("losing"));
	before = status_of(fd).interrupts;
	nap(500);
	before = status_of(fd).interrupts - before;
	printf("# %llu interrupts while the ring is full\n", (unsigned long long)before);
	CHECK(before <= 20);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_RUNNING);
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	CHECK_EQ(errno, EPIPE);
	CHECK(gap_of(fd).lost > 0);
	read_all(fd, buf, 4096);
	/* The end of it is a cause, too. */
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	CHECK_EQ(read_to_the_end(fd), 0);
	runs_well(fd);
}

TEST(blocks_that_are_not_recorded_before_they_are_complete)
{
	struct acq_config config = plain_config();
	uint64_t interrupts;
	int fd = ready(), turn;

	card("fault no-open-record");
	config.irq_us = 1000;
	config.block_bytes = 16 << 10;
	config.ring_bytes = 256 << 10;
	configure(fd, config);
	for (turn = 0; turn < 2; turn++) {
		CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
		interrupts = interrupts_for(fd, 160 << 10);
		CHECK(is_ramp(buf, 160 << 10, 0));
		printf("# %llu interrupts for 10 blocks\n", (unsigned long long)interrupts);
		CHECK(interrupts < 100);
		CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
		CHECK_EQ(read_to_the_end(fd), 0);
	}
	/* With a trigger, its first block does not begin with index 0. */
	config.trigger = ACQ_TRIGGER_SOFTWARE;
	configure(fd, config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	nap(50);
	CHECK_EQ(ioctl(fd, ACQ_IOC_TRIGGER), 0);
	read_all(fd, buf, 16 << 10);
	CHECK(status_of(fd).trigger_index > 0);
	CHECK(is_ramp(buf, 16 << 10, status_of(fd).trigger_index));
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
}

TEST(a_window_that_answers_single_words_is_noticed)
{
	int fd = ready(), log = log_begin();

	configure(fd, fifo_config());
	CHECK(read(fd, buf, 1024) > 0);
	card("fault window-32");
	CHECK_EQ(read_to_the_end(fd), EIO);
	CHECK_EQ(log_count(log, "FIFO is not where it was read to"), 1);
	runs_well(fd);
}

/*
 * The end of a run
 */

/* Reads of the window that will be slow still */
static int slow_left(void)
{
	const char *at = strstr(card("fault"), "slow-window:");

	return at ? atoi(strchr(at, ':') + 1) : 0;
}

TEST(a_fifo_that_is_slow_to_read_does_not_hold_a_turn)
{
	int fd = fresh();

	configure(fd, fifo_config());
	card("speed 10");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	card("stall on");
	WAIT_FOR(card_stat("fifo_bytes") >= 32768);
	/* Less than a turn reads of words, if it goes on to its end */
	card("fault slow-window 600");
	card("stall off");
	WAIT_FOR(slow_left() < 600);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	CHECK(slow_left() > 0);
	card("clear");
}

TEST(a_ring_that_is_full_at_the_stop_is_told_as_such)
{
	int fd = ready();

	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	CHECK(read(fd, buf, FRAME) == FRAME);
	WAIT_FOR(card_stat("losing"));
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	CHECK_EQ(errno, EPIPE);
	CHECK_EQ(gap_of(fd).cause, ACQ_CAUSE_RING_FULL);
	CHECK(gap_of(fd).lost > 0);
	CHECK_EQ(read(fd, buf, sizeof(buf)), 0);
}

TEST(a_card_that_is_never_done_is_told_of)
{
	int fd = ready(), log = log_begin();

	CHECK(read(fd, buf, 4096) > 0);
	card("fault done-never");
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	CHECK_EQ(log_count(log, "does not finish within a second"), 1);
	CHECK_EQ(read_to_the_end(fd), 0);
	runs_well(fd);
}

/* In all of these tests: on another card it might not have done. */
TEST(nothing_that_the_specification_leaves_undefined)
{
	CHECK_EQ(card_stat("undefined"), 0);
}

HARNESS_MAIN
