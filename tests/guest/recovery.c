// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp takes=25 kernels=6.12 soak
 * acqtest: ramp program=recovery-fifo takes=25 kernels=7 soak long
 * acqtest: losing program=recovery-xdma takes=20 kernels=6.12 soak
 * acqtest: litepcie program=recovery-litepcie takes=20 kernels=7 soak
 * acqtest: rtl program=recovery-rtl takes=16 kernels=6.12
 */
/*
 * Recovery: a card that does not start again at the first try gets more of them, each
 * after a longer wait; samples begin the count anew; and then it has failed.
 */
#include "events.h"

#include <time.h>

#define ATTEMPTS	5

static char buf[1 << 16];

static long long resets(void)
{
	char text[32] = "";
	int fd = open("/sys/class/misc/acqdev/totals/resets", O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	close(fd);
	CHECK(n > 0);
	return atoll(text);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

struct account {
	uint64_t received, lost;
	unsigned int gaps;
	uint32_t cause;
};

/* Read until @frames more have come, or the end. What the last read() returned */
static ssize_t follow(int fd, struct account *a, uint64_t frames)
{
	uint64_t before = a->received;
	struct acq_gap gap;
	ssize_t n = 1;

	while (a->received - before < frames) {
		n = read(fd, buf, sizeof(buf));
		if (n > 0) {
			a->received += n / FRAME;
		} else if (n < 0 && errno == EPIPE) {
			gap = gap_of(fd);
			a->lost += gap.lost;
			a->cause = gap.cause;
			a->gaps++;
		} else {
			break;
		}
	}
	return n;
}

/* So slow that nobody loses anything by being late */
static int slow(void)
{
	struct acq_config config = plain_config();
	int fd = fresh();

	config.rate_millihz = over_xdma() ? 100000000 : 2000000;
	config.ring_bytes = 4 << 20;
	configure(fd, config);
	return fd;
}

TEST(attempts_are_bounded_and_further_apart)
{
	struct account account = { 0 };
	int fd = slow(), s = listen_to_events(), i;
	long long before = resets();
	double at[ATTEMPTS + 1];

	CHECK(follow(fd, &account, 100) > 0);
	card("fault start-ignored on");
	card("reset");
	for (i = 0; i < ATTEMPTS; i++) {
		WAIT_FOR(resets() > before + i);
		at[i] = now();
	}
	expect_failure(s, "recovery", -EIO);
	at[i] = now();
	CHECK_EQ(resets(), before + ATTEMPTS);
	printf("# the first attempt took %.2f s until the next, the last %.2f s\n", at[1] - at[0],
	       at[ATTEMPTS] - at[ATTEMPTS - 1]);
	CHECK(at[ATTEMPTS] - at[ATTEMPTS - 1] > at[1] - at[0]);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_FAILED);
	CHECK_EQ(status_of(fd).error, -EIO);
	CHECK_EQ(status_of(fd).failure, ACQ_FAILURE_RECOVERY);
	CHECK(!strcmp(failure(), "recovery"));
	CHECK_EQ(system("acq info | grep 'failed: the card was started again'"), 0);
	CHECK_EQ(follow(fd, &account, ~0ULL), -1);
	CHECK_EQ(errno, EIO);
	/* It can be tried again, and what was is no more. */
	card("clear");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	CHECK_EQ(status_of(fd).failure, ACQ_FAILURE_NONE);
	CHECK(!strcmp(failure(), "none"));
	read_all(fd, buf, 4000);
	CHECK(is_ramp(buf, 4000, 0));
}

TEST(samples_begin_the_count_anew)
{
	struct account account = { 0 };
	long long before = resets();
	int fd = slow(), i;

	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	CHECK(follow(fd, &account, 100) > 0);
	/* More than there may be in all, if they were one count */
	for (i = 1; i <= 3; i++) {
		card("fault start-ignored 2");
		card("reset");
		while (account.gaps < (unsigned int)i)
			CHECK(follow(fd, &account, 1) > 0);
		CHECK_EQ(account.cause, ACQ_CAUSE_RESET);
		CHECK(follow(fd, &account, 100) > 0);
	}
	CHECK_EQ(resets(), before + 9);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	CHECK_EQ(follow(fd, &account, ~0ULL), 0);
	CHECK_EQ(account.gaps, 3);
	CHECK_EQ(status_of(fd).frames, account.received + account.lost);
	CHECK_EQ(status_of(fd).lost, account.lost);
}

TEST(a_start_that_fails_is_tried_again)
{
	struct account account = { 0 };
	int fd = slow();

	if (over_xdma())
		SKIP("this card's start cannot fail but for its absence");
	CHECK(follow(fd, &account, 100) > 0);
	/* One for the stop, and two for starts */
	card("fault reset-stuck 3");
	write_file("/sys/class/misc/acqdev/device/reset", "1");
	while (!account.gaps)
		CHECK(follow(fd, &account, 1) > 0);
	CHECK_EQ(account.cause, ACQ_CAUSE_RESET);
	CHECK(follow(fd, &account, 100) > 0);
	CHECK_EQ(account.gaps, 1);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_RUNNING);

	card("fault reset-stuck on");
	write_file("/sys/class/misc/acqdev/device/reset", "1");
	CHECK_EQ(follow(fd, &account, ~0ULL), -1);
	CHECK_EQ(errno, EIO);
	CHECK_EQ(status_of(fd).error, -ETIMEDOUT);
	CHECK(!strcmp(failure(), "recovery"));
}

/* Until it waits for an attempt */
static void wait_for_a_wait(int fd)
{
	card("fault start-ignored on");
	card("reset");
	WAIT_FOR(status_of(fd).state == ACQ_STATE_SUSPENDED);
}

TEST(a_stop_amid_it_ends_the_run)
{
	struct account account = { 0 };
	int fd = slow();

	CHECK(follow(fd, &account, 100) > 0);
	wait_for_a_wait(fd);
	/* Who reads just waits. */
	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (follow(fd, &account, ~0ULL) > 0)
		;
	CHECK_EQ(errno, EAGAIN);
	fcntl(fd, F_SETFL, 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_IDLE);
	CHECK_EQ(follow(fd, &account, ~0ULL), 0);
	CHECK_EQ(account.gaps, 1);
	CHECK_EQ(account.cause, ACQ_CAUSE_RESET);
	CHECK_EQ(status_of(fd).frames, account.received + account.lost);
}

TEST(unbinding_amid_it)
{
	struct account account = { 0 };
	int fd = slow();

	CHECK(follow(fd, &account, 100) > 0);
	wait_for_a_wait(fd);
	driver("unbind");
	CHECK_EQ(follow(fd, &account, ~0ULL), -1);
	CHECK_EQ(errno, ENODEV);
	close_all();
	card("clear");
	driver("bind");
	WAIT_FOR(!access(NODE, F_OK));
	fd = fresh();
	read_all(fd, buf, 4000);
	CHECK(is_ramp(buf, 4000, 0));
}

HARNESS_MAIN
