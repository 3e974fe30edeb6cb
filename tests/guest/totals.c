// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp kernels=6.1,7
 * acqtest: ramp program=totals-fifo kernels=6.12
 */
/* What a stream has done since the driver took the card, for who looks when it is over */
#include "guest.h"

#include <dirent.h>
#include <sys/stat.h>

#define SYS		"/sys/class/misc/acqdev/"

static char buf[1 << 16];

/* The number in @file, or behind the word @key in it */
static long long number_in(const char *file, const char *key)
{
	char path[200], text[1000] = "", *at = text;
	int fd;

	snprintf(path, sizeof(path), SYS "%s", file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	CHECK(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	if (key) {
		at = strstr(text, key);
		CHECK(at);
		at += strlen(key);
	}
	return atoll(at);
}

struct totals {
	long long runs, frames, lost, gaps, fifo, reset, resets, failures;
};

static struct totals totals(void)
{
	return (struct totals){
		.runs = number_in("totals/runs", NULL),
		.frames = number_in("totals/frames", NULL),
		.lost = number_in("totals/lost", NULL),
		.gaps = number_in("totals/gaps", NULL),
		.fifo = number_in("totals/gaps_card_fifo", NULL),
		.reset = number_in("totals/gaps_reset", NULL),
		.resets = number_in("totals/resets", NULL),
		.failures = number_in("totals/failures", NULL),
	};
}

static int fresh_of(uint64_t count)
{
	struct acq_config config = plain_config();
	int fd = fresh();

	config.rate_millihz = 4000000;
	config.ring_bytes = 1 << 20;
	config.count = count;
	configure(fd, config);
	return fd;
}

/* To the end or an error; whatever is lost on the way */
static int read_out(int fd)
{
	ssize_t n;

	do {
		n = read(fd, buf, sizeof(buf));
		if (n < 0 && errno == EPIPE)
			n = gap_of(fd).lost;
	} while (n > 0);
	return n ? errno : 0;
}

TEST(a_loss_is_known_when_all_is_over)
{
	int fd = fresh_of(5000);
	struct totals before = totals(), after;

	read_all(fd, buf, FRAME);
	card("overflow 1000");
	CHECK_EQ(read_out(fd), 0);
	close_all();
	/* The run's own counters have gone with it. */
	CHECK_EQ(number_in("counters/lost", NULL), 0);
	after = totals();
	CHECK_EQ(after.runs, before.runs + 1);
	CHECK_EQ(after.frames, before.frames + 5000);
	CHECK_EQ(after.lost, before.lost + 1000);
	CHECK_EQ(after.gaps, before.gaps + 1);
	CHECK_EQ(after.fifo, before.fifo + 1);
	CHECK_EQ(after.resets, before.resets);
	CHECK_EQ(after.failures, before.failures);
}

/* What the card still had for a reader that has gone, nobody has lost. */
TEST(to_close_is_no_loss)
{
	struct totals before, after;
	int fd, i;

	fd = fresh_of(0);
	close_all();
	before = totals();
	for (i = 0; i < 10; i++) {
		fd = node(O_RDONLY);
		read_all(fd, buf, 400);
		nap(10);
		close_node(fd);
	}
	after = totals();
	CHECK_EQ(after.runs, before.runs + 10);
	CHECK(after.frames >= before.frames + 10 * 100);
	CHECK_EQ(after.gaps, before.gaps);
	CHECK_EQ(after.lost, before.lost);
}

TEST(a_reset_is_known_too)
{
	int fd = fresh_of(0);
	struct totals before = totals(), after;
	ssize_t n;

	read_all(fd, buf, FRAME);
	card("reset");
	do {
		n = read(fd, buf, sizeof(buf));
	} while (n > 0);
	CHECK_EQ(n, -1);
	CHECK_EQ(errno, EPIPE);
	close_all();
	after = totals();
	CHECK_EQ(after.resets, before.resets + 1);
	CHECK_EQ(after.reset, before.reset + 1);
	CHECK(after.lost > before.lost);
	CHECK_EQ(after.failures, before.failures);
}

TEST(so_is_a_failure)
{
	int fd = fresh_of(0);
	struct totals before = totals(), after;

	card("fault start-ignored on");
	CHECK(read_out(fd) != 0);
	card("clear");
	close_all();
	after = totals();
	CHECK_EQ(after.failures, before.failures + 1);
	CHECK_EQ(after.runs, before.runs + 1);
}

/* Reads all attributes of @dir; returns how many. */
static int read_attributes(const char *dir)
{
	char path[500];
	struct dirent *entry;
	int fd, count = 0;
	DIR *in;

	snprintf(path, sizeof(path), SYS "%s", dir);
	in = opendir(path);
	CHECK(in);
	while ((entry = readdir(in))) {
		snprintf(path, sizeof(path), SYS "%s/%s", dir, entry->d_name);
		fd = entry->d_name[0] == '.' ? -1 : open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		count += read(fd, buf, sizeof(buf)) > 0;
		close(fd);
	}
	closedir(in);
	return count;
}

static long long accesses(void)
{
	return card_stat("reg_reads") + card_stat("reg_writes");
}

static unsigned int now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Anybody may look at the attributes, as often as he likes. */
TEST(to_look_costs_the_card_nothing)
{
	struct acq_config config = plain_config();
	int fd = fresh(), read_of_them = 0, i;
	long long with, without;
	unsigned int begin;

	/* A run in which the card has nothing else to do but for the watchdog's beat */
	config.trigger = ACQ_TRIGGER_SOFTWARE;
	configure(fd, config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	begin = now_ms();
	with = accesses();
	for (i = 0; i < 100; i++) {
		read_of_them += read_attributes("counters");
		read_of_them += read_attributes("totals");
		read_of_them += read_attributes("config");
		read_of_them += read_attributes(".");
	}
	with = accesses() - with;
	/* As long without */
	without = accesses();
	nap(now_ms() - begin);
	without = accesses() - without;
	printf("# %lld accesses of the card while %d attributes were read, %lld while none was\n",
	       with, read_of_them, without);
	CHECK(read_of_them > 3000);
	CHECK(with <= 2 * without + 100);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
}

HARNESS_MAIN
