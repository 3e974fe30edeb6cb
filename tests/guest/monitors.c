// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp memory=1024 takes=30 kernels=7
 * acqtest: ramp memory=1024 kernels=debug \
 *	args="monitors_that_sleep_are_woken_by_samples they_are_woken_by_the_end \
 *	they_are_woken_when_the_card_goes monitors_that_poll_and_go_leave_nothing \
 *	an_administrator_limits_the_files"
 * acqtest: ramp memory=1024 program=monitors-fifo takes=25 kernels=6.12
 */
/* Monitors are owed nothing: they get what there is, and cost nobody anything. */
#include "uring.h"

#include <sys/epoll.h>
#include <sys/resource.h>

#define MIB		(1 << 20)
#define MUCH		(over_fifo() ? 16 << 10 : MIB)
#define FILES_MAX	"/sys/module/acqdev/parameters/files_max"
#define SLEEPERS	50	/* of each kind */
#define CROWD		3000

static char buf[8 * MIB];

static void be_monitor(int fd, uint32_t flush_us)
{
	struct acq_reader_config reader = {
		.flags = ACQ_READER_MONITOR, .flush_us = flush_us,
		.watermark = flush_us ? 1U << 30 : 0,
	};

	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &reader), 0);
}

static struct acq_config roomy_config(void)
{
	struct acq_config config = plain_config();

	config.ring_bytes = 8 * MIB;
	config.block_bytes = 16 << 10;
	config.irq_us = 0;
	config.irq_frames = 0;
	return config;
}

/* A holder that wants much at a time: the card interrupts seldom. */
static int recorder(void)
{
	struct acq_reader_config reader = { .watermark = MUCH };
	int fd = begin_with(roomy_config());

	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &reader), 0);
	card("speed %d", over_fifo() ? 3 : 10);
	read_all(fd, buf, reader.watermark);
	return fd;
}

/* A monitor of the hasty kind, in each of its ways: one that never reads, one that polls */
TEST(a_hasty_monitor_does_not_move_the_moderation)
{
	int fd = recorder(), monitor, i;
	struct acq_status alone, status;
	ssize_t n;

	do {
		alone = status_of(fd);
		nap(300);
		status = status_of(fd);
	} while (alone.irq_us != status.irq_us || alone.irq_frames != status.irq_frames);
	monitor = node(O_RDONLY | O_NONBLOCK);
	be_monitor(monitor, 1);
	/* On a late machine a sample may have come since it joined. */
	n = read(monitor, buf, 4);
	CHECK(n == 4 || (n < 0 && errno == EAGAIN));
	CHECK_EQ(status_of(fd).readers, 2);
	for (i = 0; i < 10; i++) {
		poll_now(monitor);
		read_all(fd, buf, MUCH);
		nap(50);
		status = status_of(fd);
		CHECK_EQ(status.irq_us, alone.irq_us);
		CHECK_EQ(status.irq_frames, alone.irq_frames);
	}
}

/* Interrupts while the holder reads, so many times what it wants */
static uint64_t interrupts_of(int fd, unsigned int times)
{
	uint64_t before = status_of(fd).interrupts;
	unsigned int i;

	for (i = 0; i < times; i++)
		read_all(fd, buf, MUCH);
	return status_of(fd).interrupts - before;
}

TEST(a_stopped_monitor_costs_neither_samples_nor_interrupts)
{
	const unsigned int times = 16;
	int fd = recorder(), pipe_of[2], monitor;
	uint64_t alone, with;
	pid_t pid;
	char c;

	interrupts_of(fd, 1);
	alone = interrupts_of(fd, times);
	CHECK_EQ(pipe2(pipe_of, O_CLOEXEC), 0);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		monitor = open(NODE, O_RDONLY | O_CLOEXEC);
		be_monitor(monitor, 0);
		while (read(monitor, buf, 4096) != 0 && write(pipe_of[1], "", 1) == 1)
			;
		_exit(0);
	}
	/* It reads; stop it amid that. */
	CHECK_EQ(read(pipe_of[0], &c, 1), 1);
	kill(pid, SIGSTOP);
	waitpid(pid, NULL, WUNTRACED);
	with = interrupts_of(fd, times);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(pipe_of[0]);
	close(pipe_of[1]);
	printf("# %llu interrupts alone, %llu with a stopped monitor\n",
	       (unsigned long long)alone, (unsigned long long)with);
	CHECK(with <= alone * 2 + 4);
	CHECK_EQ(status_of(fd).gaps, 0);
	CHECK_EQ(gap_of(fd).count, 0);
}

/* The least that a turn of the producer has taken, in ns: STATUS makes one. */
static uint64_t least_turn(int fd)
{
	uint64_t least = ~0ULL, ns;
	struct acq_status status;
	struct timespec a, b;
	int i;

	for (i = 0; i < 300; i++) {
		/* Less than that after the last one it makes none. */
		usleep(300);
		clock_gettime(CLOCK_MONOTONIC, &a);
		ioctl(fd, ACQ_IOC_STATUS, &status);
		clock_gettime(CLOCK_MONOTONIC, &b);
		ns = (b.tv_sec - a.tv_sec) * 1000000000ULL + b.tv_nsec - a.tv_nsec;
		least = ns < least ? ns : least;
	}
	return least;
}

TEST(a_turn_costs_the_same_whatever_monitors_there_are)
{
	struct rlimit limit = { 2 * CROWD, 2 * CROWD }, before;
	static int crowd[CROWD];
	uint64_t alone, with = 0;
	int fd, made, tries;

	getrlimit(RLIMIT_NOFILE, &before);
	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
	fd = recorder();
	alone = least_turn(fd);
	for (made = 0; made < CROWD; made++) {
		crowd[made] = open(NODE, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (crowd[made] < 0)
			break;
		be_monitor(crowd[made], 0);
		if (read(crowd[made], buf, 4) < 0 && errno != EAGAIN)
			break;
	}
	/* A busy machine may be so all the while: some more tries, then */
	for (tries = 0; made == CROWD && tries < 5 && (!tries || with >= 3 * alone); tries++)
		with = least_turn(fd);
	if (made == CROWD && status_of(fd).readers != CROWD + 1)
		made = 0;
	while (made)
		close(crowd[--made]);
	setrlimit(RLIMIT_NOFILE, &before);
	CHECK(with);
	printf("# a turn takes %llu ns alone, %llu with %d monitors\n",
	       (unsigned long long)alone, (unsigned long long)with, CROWD);
	CHECK(with < 3 * alone);
}

/* A monitor that sleeps, in one of several ways, and what its read gave then */
struct sleeper {
	int fd, kind;
	ssize_t result;
	char to[400];
	pthread_t thread;
};

static void *sleep_and_read(void *arg)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct sleeper *s = arg;
	struct pollfd p = { .fd = s->fd, .events = POLLIN };
	int ep, woken = 1;

	if (s->kind == 1)
		woken = poll(&p, 1, PATIENCE_MS);
	if (s->kind == 2) {
		ep = epoll_create1(EPOLL_CLOEXEC);
		epoll_ctl(ep, EPOLL_CTL_ADD, s->fd, &event);
		woken = epoll_wait(ep, &event, 1, PATIENCE_MS);
		close(ep);
	}
	s->result = woken == 1 ? read(s->fd, s->to, sizeof(s->to)) : -1;
	if (woken == 1 && s->result < 0)
		s->result = -errno;
	return NULL;
}

static void set_off_trigger(int fd)
{
	trigger(fd);
}

static void set_off_stop(int fd)
{
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
}

static void set_off_unbind(int fd)
{
	(void)fd;
	unbind();
}

/* All of them sleep; @what happens; all of them wake, with @result, or with bytes */
static void all_are_woken(void (*what)(int fd), ssize_t result)
{
	static struct sleeper sleepers[4 * SLEEPERS];
	int fd = begin_armed(), i, woken = 0;
	struct io_uring *ring = ring_new();
	struct done done;

	memset(sleepers, 0, sizeof(sleepers));
	for (i = 0; i < 4 * SLEEPERS; i++) {
		struct sleeper *s = &sleepers[i];

		s->fd = open(NODE, O_RDONLY | O_CLOEXEC);
		CHECK(s->fd >= 0);
		be_monitor(s->fd, 0);
		s->kind = i / SLEEPERS;
		if (s->kind == 3)
			put_read(ring, s->fd, s->to, sizeof(s->to), i);
		else
			CHECK_EQ(pthread_create(&s->thread, NULL, sleep_and_read, s), 0);
	}
	submit(ring);
	/* And who has started it */
	WAIT_FOR(status_of(fd).readers == 4 * SLEEPERS + 1);
	nap(200);
	what(fd);
	for (i = 0; i < SLEEPERS; i++) {
		done = next(ring);
		sleepers[done.user_data].result = done.res;
	}
	for (i = 0; i < 4 * SLEEPERS; i++) {
		struct sleeper *s = &sleepers[i];

		if (s->kind < 3)
			pthread_join(s->thread, NULL);
		close(s->fd);
		if (result > 0 ? s->result > 0 && is_ramp(s->to, s->result, first_index(fd)) :
		    s->result == result)
			woken++;
		else
			printf("# sleeper %d, of kind %d, got %zd\n", i, s->kind, s->result);
	}
	CHECK_EQ(woken, 4 * SLEEPERS);
}

TEST(monitors_that_sleep_are_woken_by_samples)
{
	all_are_woken(set_off_trigger, 1);
}

TEST(they_are_woken_by_the_end)
{
	all_are_woken(set_off_stop, 0);
}

TEST(they_are_woken_when_the_card_goes)
{
	all_are_woken(set_off_unbind, -ENODEV);
}

/* Who has waited is in a list: not any more when it has gone. */
TEST(monitors_that_poll_and_go_leave_nothing)
{
	int fd = recorder(), i;

	for (i = 0; i < (is_slow() ? 300 : 2000); i++) {
		struct pollfd p = { .events = POLLIN };

		p.fd = open(NODE, O_RDONLY | O_CLOEXEC);
		CHECK(p.fd >= 0);
		be_monitor(p.fd, i % 3 ? 0 : 1);
		poll(&p, 1, i % 2);
		close(p.fd);
		if (i % 100 == 0)
			read_all(fd, buf, MUCH / 16);
	}
	CHECK_EQ(status_of(fd).readers, 1);
	read_all(fd, buf, MUCH / 16);
}

TEST(an_administrator_limits_the_files)
{
	int fd = begin(), fds_of[3], extra = 0, error = 0, i;

	write_file(FILES_MAX, "4");
	for (i = 0; i < 3; i++)
		fds_of[i] = open(NODE, O_RDONLY | O_CLOEXEC);
	extra = open(NODE, O_RDONLY | O_CLOEXEC);
	error = errno;
	/* One that goes makes room for one. */
	close(fds_of[0]);
	fds_of[0] = open(NODE, O_RDONLY | O_CLOEXEC);
	write_file(FILES_MAX, "4096");
	for (i = 0; i < 3; i++)
		CHECK(fds_of[i] >= 0 && !close(fds_of[i]));
	CHECK_EQ(extra, -1);
	CHECK_EQ(error, EUSERS);
	read_all(fd, buf, 400);
}

HARNESS_MAIN
