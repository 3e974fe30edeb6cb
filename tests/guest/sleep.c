// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp takes=40 kernels=6.1,7 soak
 * acqtest: ramp takes=20 kernels=debug soak \
 *	args="sleep_is_one_gap sleepers_sleep_on an_idle_card_sleeps_and_wakes \
 *	a_run_whose_end_falls_into_the_sleep reset_of_the_function_is_a_gap \
 *	card_reset_by_somebody_else_is_a_gap a_stop_before_a_reset_is_found_tells_it \
 *	a_stop_before_anything_has_come_again_tells_why \
 *	a_trigger_before_the_first_sample_keeps_its_place waiting_for_the_trigger_loses_nothing \
 *	a_full_ring_is_not_lost_by_a_reset many_resets_add_up \
 *	a_card_that_is_reset_without_end_fails"
 * acqtest: ramp takes=40 long kernels=rt
 * acqtest: ramp args="reset_of_the_function_is_a_gap many_resets_add_up" kernels=arm64
 * acqtest: ramp program=sleep-fifo takes=50 kernels=6.12 soak
 * acqtest: losing program=sleep-xdma takes=40 kernels=7 soak
 * acqtest: litepcie program=sleep-litepcie takes=40 kernels=7 soak
 * acqtest: sound program=sleep-ac97 takes=10 kernels=7 \
 *	args="sleepers_sleep_on an_idle_card_sleeps_and_wakes reset_of_the_function_is_a_gap \
 *	a_mapped_reader_finds_it_in_the_table"
 * acqtest: rtl program=sleep-rtl takes=40 kernels=6.12
 * acqtest: rtl-fifo program=sleep-fifo-rtl takes=12 kernels=6.12 \
 *	args="reset_of_the_function_is_a_gap what_a_reset_fifo_gives_is_not_samples"
 */
/*
 * A run goes on after the machine has slept, and after the card has been reset:
 * what was not sampled meanwhile is a gap, in its place and of about its length.
 *
 * The card's time axis begins anew then, and with it the ramp.
 */
#include "axis.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define RESET		"/sys/class/misc/acqdev/device/reset"

static void sleep_for(int s)
{
	char command[60];

	snprintf(command, sizeof(command), ". /lib.sh && suspend %d", s);
	CHECK_EQ(system(command), 0);
}

static void machine_sleeps(void)
{
	sleep_for(1);
}

static void function_is_reset(void)
{
	int fd = open(RESET, O_WRONLY | O_CLOEXEC);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "1", 1), 1);
	close(fd);
}

static void card_is_reset(void)
{
	card("reset");
}

TEST(sleep_is_one_gap)
{
	struct axis axis = { 0 };
	double asleep, all;
	int fd = fresh();
	uint64_t head;

	configure(fd, slow_config());
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	follow(fd, &axis, 100, 99);
	all = seconds(CLOCK_BOOTTIME);
	asleep = all - seconds(CLOCK_MONOTONIC);
	sleep_for(3);
	asleep = seconds(CLOCK_BOOTTIME) - seconds(CLOCK_MONOTONIC) - asleep;
	head = status_of(fd).head;
	follow(fd, &axis, ~0ULL, 1);
	all = seconds(CLOCK_BOOTTIME) - all;
	CHECK_EQ(gap_of(fd).cause, ACQ_CAUSE_SUSPEND);
	/*
	 * At least as long as the machine slept, which its clock knows to a second,
	 * at most as long as we have waited in all
	 */
	printf("# %llu frames lost in %.2f s, %.2f of them asleep\n",
	       (unsigned long long)axis.lost, all, asleep);
	CHECK(axis.lost >= (asleep - 1) * RATE);
	CHECK(axis.lost <= all * RATE + 1);
	/* What had come before it was not lost. */
	CHECK(axis.received >= 100);
	CHECK(gap_of(fd).position <= head);
	CHECK_EQ(gap_of(fd).position, axis.received * FRAME);

	follow(fd, &axis, 2000, 99);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_RUNNING);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	CHECK(!follow(fd, &axis, ~0ULL, 99));
	printf("# the last of %d gaps has cause %u\n", axis.gaps, gap_of(fd).cause);
	CHECK_EQ(axis.gaps, 1);
	CHECK_EQ(status_of(fd).frames, axis.received + axis.lost);
	CHECK_EQ(status_of(fd).lost, axis.lost);
	CHECK_EQ(status_of(fd).gaps, 1);
}

TEST(sleepers_sleep_on)
{
	struct acq_reader_config reader = { .watermark = 64 << 10 };
	int fd = fresh(), status;
	struct acq_gap gap;
	pid_t child;

	configure(fd, slow_config());
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &reader), 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	child = fork();
	CHECK(child >= 0);
	if (!child) {
		/* It waits in here over the machine's sleep, which is no signal to it. */
		ssize_t n = read(fd, buf, sizeof(buf));

		if (n <= 0)
			_exit(1);
		/* It may be some time until the machine sleeps. */
		do {
			n = read(fd, buf, sizeof(buf));
		} while (n > 0);
		if (n != -1 || errno != EPIPE || ioctl(fd, ACQ_IOC_GAP, &gap) ||
		    gap.cause != ACQ_CAUSE_SUSPEND)
			_exit(2);
		_exit(0);
	}
	/* What has not left the card then is lost with the sleep. */
	WAIT_FOR(status_of(fd).head > 0);
	nap(100);
	machine_sleeps();
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 0);
}

TEST(an_idle_card_sleeps_and_wakes)
{
	struct axis axis = { 0 };
	int fd = fresh();

	machine_sleeps();
	CHECK_EQ(status_of(fd).state, ACQ_STATE_IDLE);
	follow(fd, &axis, 5000, 1);
	CHECK_EQ(axis.gaps, 0);
}

TEST(a_run_whose_end_falls_into_the_sleep)
{
	struct acq_config config = slow_config();
	struct axis axis = { 0 };
	int fd = fresh();

	/* A card that is far slower than it says does not end before the machine sleeps. */
	config.rate_millihz = 10000000;
	config.count = 300;
	configure(fd, config);
	card("speed 0.0002");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	machine_sleeps();
	CHECK(!follow(fd, &axis, ~0ULL, 99));
	CHECK_EQ(axis.gaps, 1);
	CHECK_EQ(axis.received + axis.lost, 300);
	CHECK_EQ(gap_of(fd).cause, ACQ_CAUSE_SUSPEND);
	WAIT_FOR(status_of(fd).state == ACQ_STATE_IDLE);
	CHECK_EQ(status_of(fd).frames, 300);
}

static void the_rest_is_delivered(void (*reset)(void), uint32_t cause)
{
	struct acq_config config = slow_config();
	struct axis axis = { 0 };
	int fd = fresh();

	/* Some seconds' worth: it ends long after it has been disturbed. */
	config.count = 4 * RATE;
	configure(fd, config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	follow(fd, &axis, 50, 1);
	reset();
	follow(fd, &axis, ~0ULL, 1);
	CHECK_EQ(gap_of(fd).cause, cause);
	CHECK_EQ(axis.gaps, 1);
	CHECK(!follow(fd, &axis, ~0ULL, 99));
	CHECK_EQ(axis.gaps, 1);
	CHECK_EQ(axis.received + axis.lost, config.count);
	CHECK_EQ(status_of(fd).frames, axis.received + axis.lost);
	WAIT_FOR(status_of(fd).state == ACQ_STATE_IDLE);
}

TEST(reset_of_the_function_is_a_gap)
{
	the_rest_is_delivered(function_is_reset, ACQ_CAUSE_RESET);
}

TEST(card_reset_by_somebody_else_is_a_gap)
{
	the_rest_is_delivered(card_is_reset, ACQ_CAUSE_RESET);
}

/* A card that was reset cannot say how long it did nothing: the clock can. */
TEST(the_time_axis_goes_on)
{
	struct axis axis = { 0 };
	int fd = fresh(), i;
	double time;

	configure(fd, slow_config());
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	time = seconds(CLOCK_MONOTONIC);
	for (i = 1; i <= 6; i++) {
		follow(fd, &axis, 10, 999);
		card_is_reset();
		/* It is not found at once. */
		follow(fd, &axis, ~0ULL, i);
		CHECK_EQ(gap_of(fd).cause, ACQ_CAUSE_RESET);
	}
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	time = seconds(CLOCK_MONOTONIC) - time;
	CHECK(!follow(fd, &axis, ~0ULL, 999));
	printf("# %llu frames in %.2f s, %llu of them lost\n",
	       (unsigned long long)axis.index, time, (unsigned long long)axis.lost);
	/* Much more than was received; a slow machine hears of samples late. */
	CHECK(axis.index >= time * RATE * 0.3);
}

TEST(what_a_reset_fifo_gives_is_not_samples)
{
	struct axis axis = { 0 };
	int fd = fresh(), i;

	if (!over_fifo())
		SKIP("only with the FIFO");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	for (i = 0; i < 10; i++) {
		follow(fd, &axis, 100, 999);
		/* Much to be read at once, and a reset in the midst of it */
		card("stall on");
		card("speed 50");
		nap(100);
		card("speed 1");
		card("stall off");
		card_is_reset();
		do {
			follow(fd, &axis, ~0ULL, axis.gaps + 1);
		} while (gap_of(fd).cause != ACQ_CAUSE_RESET);
	}
}

/* The clock is asked for what the card did not do, not for what it did. */
TEST(a_slow_card_does_not_make_a_long_gap)
{
	struct axis axis = { 0 };
	int fd = fresh();

	configure(fd, slow_config());
	card("speed 0.2");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	follow(fd, &axis, RATE * 6 / 5, 99);
	card_is_reset();
	follow(fd, &axis, ~0ULL, 1);
	printf("# %llu frames received, %llu lost\n", (unsigned long long)axis.received,
	       (unsigned long long)axis.lost);
	/* By the clock alone it would be four times what has come. */
	CHECK(axis.lost < axis.received * 3);
}

TEST(a_stop_before_a_reset_is_found_tells_it)
{
	struct axis axis = { 0 };
	int fd = fresh();

	if (over_xdma())
		SKIP("with XDMA a run ends with the last complete block");
	configure(fd, slow_config());
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	follow(fd, &axis, 100, 99);
	card_is_reset();
	nap(50);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	CHECK(!follow(fd, &axis, ~0ULL, 99));
	CHECK_EQ(axis.gaps, 1);
	CHECK_EQ(gap_of(fd).cause, ACQ_CAUSE_RESET);
	CHECK_EQ(status_of(fd).frames, axis.received + axis.lost);
}

TEST(a_stop_before_anything_has_come_again_tells_why)
{
	struct axis axis = { 0 };
	int fd = fresh();

	configure(fd, slow_config());
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	follow(fd, &axis, 100, 99);
	card("stall on");
	function_is_reset();
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	CHECK(!follow(fd, &axis, ~0ULL, 99));
	CHECK_EQ(axis.gaps, 1);
	CHECK_EQ(gap_of(fd).cause, ACQ_CAUSE_RESET);
	card("stall off");
}

TEST(a_trigger_before_the_first_sample_keeps_its_place)
{
	struct acq_config config = slow_config();
	int fd = fresh(), gaps = 0;
	struct acq_status status;

	if (!has_triggers(fd))
		SKIP("this card knows no triggers");
	config.trigger = ACQ_TRIGGER_SOFTWARE;
	configure(fd, config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	nap(300);
	card("stall on");
	trigger(fd);
	nap(20);
	function_is_reset();
	card("stall off");
	while (!gaps) {
		ssize_t n = read(fd, buf, sizeof(buf));

		CHECK(n > 0 || (n < 0 && errno == EPIPE));
		gaps += n < 0;
	}
	status = status_of(fd);
	CHECK(status.flags & ACQ_STATUS_TRIGGERED);
	CHECK(status.trigger_index > 0);
	CHECK_EQ(gap_of(fd).index, status.trigger_index);
	CHECK_EQ(gap_of(fd).position, 0);
}

TEST(waiting_for_the_trigger_loses_nothing)
{
	struct acq_config config = plain_config();
	struct axis axis = { 0 };
	int fd = fresh();

	if (!has_triggers(fd))
		SKIP("this card knows no triggers");
	config.trigger = ACQ_TRIGGER_SOFTWARE;
	config.pretrigger = 0;
	configure(fd, config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	function_is_reset();
	CHECK_EQ(status_of(fd).state, STATE_ARMED(fd));
	nap(100);
	CHECK_EQ(status_of(fd).head, 0);
	trigger(fd);
	CHECK_EQ(poll_wait(fd), POLLIN);
	axis.index = first_index(fd);
	CHECK(status_of(fd).flags & ACQ_STATUS_TRIGGERED);
	follow(fd, &axis, 1000, 1);
	CHECK_EQ(axis.gaps, 0);
	/* Once it has been triggered, it is not to wait again. */
	function_is_reset();
	follow(fd, &axis, ~0ULL, 1);
	CHECK_EQ(gap_of(fd).cause, ACQ_CAUSE_RESET);
	follow(fd, &axis, 1000, 2);
	CHECK_EQ(axis.gaps, 1);
	CHECK(status_of(fd).flags & ACQ_STATUS_TRIGGERED);
}

TEST(a_full_ring_is_not_lost_by_a_reset)
{
	struct axis axis = { 0 };
	int fd, tries = 0;
	uint64_t head;

	need_losses();
	do {
		/* A slow machine loses samples before the ring is full: once more then. */
		CHECK(tries++ < 20);
		fd = fresh();
		CHECK_EQ(read(fd, buf, FRAME), FRAME);
		card("speed %d", FAST);
		overrun(1000);
		card("speed 1");
	} while (status_of(fd).gaps);
	axis.index = 1;
	axis.received = 1;
	head = status_of(fd).head;
	function_is_reset();
	follow(fd, &axis, ~0ULL, 1);
	CHECK(axis.received * FRAME >= head);
	follow(fd, &axis, 1000, 99);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	CHECK(!follow(fd, &axis, ~0ULL, 99));
	CHECK_EQ(status_of(fd).frames, axis.received + axis.lost);
}

TEST(a_mapped_reader_finds_it_in_the_table)
{
	int fd = fresh(), found = 0;
	const struct acq_meta *meta;
	struct acq_map map;
	const char *base;
	uint32_t i;

	CHECK_EQ(ioctl(fd, ACQ_IOC_MAP, &map), 0);
	base = mmap(NULL, map.bytes, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(base != MAP_FAILED);
	meta = (const void *)base;
	WAIT_FOR(__atomic_load_n(&meta->head, __ATOMIC_ACQUIRE) > 1000);
	function_is_reset();
	WAIT_FOR(__atomic_load_n(&meta->gap_end, __ATOMIC_ACQUIRE));
	for (i = 0; i < meta->slots; i++) {
		const struct acq_block *block = (const void *)(base + meta->table_offset +
							       i * sizeof(*block));

		if (!block->lost)
			continue;
		found++;
		CHECK_EQ(block->cause, ACQ_CAUSE_RESET);
		CHECK_EQ(block->position + 1, meta->gap_end);
		/* Position tells what came, index what was sampled. */
		CHECK_EQ(block->index, block->position / FRAME + block->lost);
		/* What came before grows no more. */
		CHECK(block[-1].flags & ACQ_BLOCK_COMPLETE);
		CHECK_EQ(block[-1].position + block[-1].bytes, block->position);
	}
	CHECK_EQ(found, 1);
	munmap((void *)base, map.bytes);
}

TEST(many_resets_add_up)
{
	struct axis axis = { 0 };
	int fd = fresh(), i;

	need_losses();
	srand(seed_of(1));
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	for (i = 0; i < 30; i++) {
		follow(fd, &axis, rand() % 3000, 999);
		switch (rand() % 4) {
		case 0:
			card_is_reset();
			break;
		case 1:
			/* Refused while it is stopped */
			function_is_reset();
			WAIT_FOR(status_of(fd).state == ACQ_STATE_RUNNING);
			/* Not of the first samples after it: that would be one gap of both. */
			do {
				follow(fd, &axis, ~0ULL, axis.gaps + 1);
			} while (gap_of(fd).cause != ACQ_CAUSE_RESET);
			follow(fd, &axis, 1, 999);
			card("overflow %d", 1 + rand() % 1000);
			break;
		default:
			function_is_reset();
		}
	}
	follow(fd, &axis, 5000, 999);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_RUNNING);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	CHECK(!follow(fd, &axis, ~0ULL, 999));
	printf("# %llu frames received, %llu lost in %d gaps\n",
	       (unsigned long long)axis.received, (unsigned long long)axis.lost, axis.gaps);
	CHECK(axis.gaps > 10);
	CHECK_EQ(status_of(fd).frames, axis.received + axis.lost);
	CHECK_EQ(status_of(fd).gaps, axis.gaps);
	CHECK_EQ(status_of(fd).lost, axis.lost);
}

TEST(the_tool_verifies_behind_a_reset)
{
	int fd = fresh(), status;
	struct stat out;
	char frames[16];
	pid_t child;

	/* More than a block, which is all that XDMA delivers at a time */
	snprintf(frames, sizeof(frames), "%d", (int)RATE / 2 + 2000);
	unlink("verified");
	configure(fd, slow_config());
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	child = fork();
	CHECK(child >= 0);
	if (!child) {
		execl("/bin/acq", "acq", "read", "-q", "-n", frames, "--verify", "ramp", "-o",
		      "verified", NULL);
		_exit(127);
	}
	/* It reads: a reset before its first sample would be none of its business. */
	WAIT_FOR(!stat("verified", &out) && out.st_size > 0);
	function_is_reset();
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 0);
	CHECK_EQ(status_of(fd).gaps, 1);
}

TEST(a_card_that_is_reset_without_end_fails)
{
	int fd = fresh(), i;
	ssize_t n;

	CHECK(read(fd, buf, 400) > 0);
	/* It starts each time, and delivers nothing. */
	card("stall on");
	for (i = 0; i < 100 && status_of(fd).state != ACQ_STATE_FAILED; i++) {
		card("reset");
		nap(200);
	}
	CHECK_EQ(status_of(fd).state, ACQ_STATE_FAILED);
	while ((n = read(fd, buf, sizeof(buf))) > 0 || (n < 0 && errno == EPIPE))
		gap_of(fd);
	CHECK_EQ(n, -1);
	CHECK_EQ(errno, EIO);
	card("stall off");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	read_all(fd, buf, 4000);
	CHECK(is_ramp(buf, 4000, 0));
}

HARNESS_MAIN
