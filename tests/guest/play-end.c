// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: playing kernels=7,debug takes=40
 * acqtest: playing-xdma program=play-end-xdma kernels=7 takes=40
 * acqtest: litepcie program=play-end-litepcie kernels=7 takes=40
 * acqtest: rtl-duplex program=play-end-rtl kernels=6.12 takes=40
 */
/* What may come between a writer and the end of what it plays */
#include "play-states.h"

static void is_killed(int state)
{
	pid_t child = writer_in_state(state, stay);

	kill(child, SIGKILL);
	CHECK_EQ(waitpid(child, NULL, 0), child);
	next_one_plays(NULL);
}

TEST(killed)
{
	in_each_state(is_killed);
}

static void unbind_card(void)
{
	card_address();
	driver("unbind");
}

static void bind_card(void)
{
	driver("bind");
}

static void is_unbound(int state)
{
	writer_is_told(state, unbind_card, bind_card);
}

TEST(its_driver_is_taken)
{
	in_each_state(is_unbound);
}

static void reset_card(void)
{
	char path[100];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/reset", card_address());
	write_file(path, "1");
}

static void is_reset(int state)
{
	writer_goes_on(state, reset_card, ACQ_CAUSE_RESET);
}

TEST(its_card_is_reset)
{
	in_each_state(is_reset);
}

static void sleep_a_moment(void)
{
	write_file("/sys/power/pm_test", "devices");
	write_file("/sys/module/suspend/parameters/pm_test_delay", "0");
	write_file("/sys/power/state", "mem");
	write_file("/sys/power/pm_test", "none");
}

static void sleeps(int state)
{
	writer_goes_on(state, sleep_a_moment, ACQ_CAUSE_SUSPEND);
}

TEST(its_machine_sleeps)
{
	if (access("/sys/power/pm_test", W_OK))
		SKIP("this kernel has no tests of sleep");
	in_each_state(sleeps);
}

/* The freezer has all programs stand still, also one that waits for the end of a drain. */
TEST(a_drain_lets_the_machine_sleep)
{
	int fd, status = 0;
	pid_t child;

	if (access("/sys/power/pm_test", W_OK))
		SKIP("this kernel has no tests of sleep");
	write_file("/sys/power/pm_test", "freezer");
	write_file("/sys/module/suspend/parameters/pm_test_delay", "0");
	write_file("/sys/power/pm_freeze_timeout", "2000");
	fd = fresh_ring(2 << 20);
	write_all(fd, samples, sizeof(samples));
	WAIT_FOR(status_of(fd).state == ACQ_STATE_RUNNING);
	card("out stall on");
	child = fork();
	if (!child)
		_exit(fsync(fd) ? errno : 0);
	WAIT_FOR(status_of(fd).state == ACQ_STATE_DRAINING);
	nap(100);
	/* Fails if somebody does not stand still. */
	write_file("/sys/power/state", "mem");
	write_file("/sys/power/pm_test", "none");
	write_file("/sys/power/pm_freeze_timeout", "20000");
	card("out stall off");
	card("out speed 20");
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
	card("out speed 1");
	check_played(samples, sizeof(samples));
}

/* What a drain may take begins anew where the card does. */
TEST(a_drain_that_begins_anew_has_its_time_anew)
{
	int fd = fresh_ring(64 * PAGE_BYTES), status = 0;
	pid_t child;

	if (config_of(fd).rate_millihz > 8000000)
		SKIP("a drain of such a rate does not have seconds");
	/* Four seconds, so five for the drain */
	card("out stall on");
	write_all(fd, samples, 4 * 32000);
	child = fork();
	if (!child)
		_exit(fsync(fd) ? errno : 0);
	WAIT_FOR(status_of(fd).state == ACQ_STATE_DRAINING);
	nap(1500);
	reset_card();
	nap(6000);
	card("out stall off");
	card("out speed 20");
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), EPIPE);
	if (!over_xdma())
		check_played(samples, 4 * 32000);
}

/*
 * The end may be said of a card that puts out filler, and has yet to read what it was given:
 * that is played all the same.
 */
TEST(what_is_given_amid_filler_is_played_to_the_end)
{
	struct acq_reader_config how = { .flags = ACQ_READER_GAP_ONCE };
	long long given;
	int fd, status = 0;
	pid_t child;

	if (over_xdma())
		SKIP("there the driver alone says where it ends");
	fd = fresh_ring(64 * PAGE_BYTES);
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &how), 0);
	write_all(fd, samples, 8000);
	ioctl(fd, ACQ_IOC_START);
	WAIT_FOR(out_stat("losing"));
	card("out stall on");
	given = out_stat("given");
	while (write(fd, (char *)samples + 8000, 400) < 0)
		CHECK_EQ(errno, EPIPE);
	WAIT_FOR(out_stat("given") > given);
	child = fork();
	if (!child) {
		while (fsync(fd))
			if (errno != EPIPE)
				_exit(errno);
		_exit(0);
	}
	WAIT_FOR(status_of(fd).state == ACQ_STATE_DRAINING);
	nap(20);
	CHECK(out_stat("losing"));
	card("out stall off");
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
	check_played(samples, 8400);
	CHECK_EQ(status_of(fd).dropped, 0);
}

/* A monitor of an output that nobody plays waits as long as it has said. */
TEST(a_wait_for_a_writer_has_an_end)
{
	struct acq_advance advance = { .flags = ACQ_ADVANCE_WAIT, .timeout_ns = 200000000 };
	struct timespec begin, end;
	struct acq_map map;
	int fd, monitor;

	fd = fresh_ring(16 * PAGE_BYTES);
	monitor = node(O_RDONLY);
	alarm(30);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	CHECK_ERR(ioctl(monitor, ACQ_IOC_ADVANCE, &advance), EAGAIN);
	clock_gettime(CLOCK_MONOTONIC, &end);
	CHECK((end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000 >= 199);
	/* Who does not want to wait does not. */
	advance.flags = 0;
	advance.timeout_ns = ~0ULL;
	CHECK_ERR(ioctl(monitor, ACQ_IOC_ADVANCE, &advance), EAGAIN);
	write_all(fd, samples, 4000);
	CHECK_EQ(ioctl(monitor, ACQ_IOC_MAP, &map), 0);
	advance.flags = ACQ_ADVANCE_WAIT;
	advance.timeout_ns = 1000000;
	CHECK_EQ(ioctl(monitor, ACQ_IOC_ADVANCE, &advance), 0);
	CHECK_EQ(advance.run, map.run);
	alarm(0);
	CHECK_EQ(fsync(fd), 0);
	check_played(samples, 4000);
}

HARNESS_MAIN
