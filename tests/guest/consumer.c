// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp kernels=7,rt,debug takes=20 soak
 * acqtest: ramp program=consumer-fifo kernels=6.12 takes=15 args="it_gets_each_sample \
 *	it_is_told_the_gaps_of_a_reader one_that_starts_keeps_it_going the_card_goes all_go"
 * acqtest: losing program=consumer-xdma kernels=7 takes=15
 * acqtest: litepcie program=consumer-litepcie kernels=7 \
 *	args="it_is_told_the_gaps_of_a_reader a_slow_one_that_holds the_card_goes all_go"
 */
/*
 * Consumers in the kernel: they get what a program that reads gets, and go whenever
 * somebody wants them to. What comes to one is looked at in tests/modules.
 */
#include "inkernel.h"

#define TEST_KO		"acq_test_consumer"
#define HOLD		0
#define MONITOR		1
#define PASSIVE		4
#define JOIN		256
#define RING_TOTAL	"/sys/module/acqdev/parameters/ring_total_kb"

static long long seen(const char *what)
{
	return number_of(TEST_KO, what);
}

/* 0 or an errno */
static int join(unsigned int flags)
{
	char text[20];
	int fd = open("/sys/module/" TEST_KO "/parameters/join", O_WRONLY | O_CLOEXEC), ret = 0;

	CHECK(fd >= 0);
	snprintf(text, sizeof(text), "%u", flags | JOIN);
	if (write(fd, text, strlen(text)) < 0)
		ret = errno;
	close(fd);
	return ret;
}

static void leave(void)
{
	set_number(TEST_KO, "join", 0);
}

static void load_test(void)
{
	int ret = unload(TEST_KO);

	CHECK(!ret || ret == ENOENT);
	CHECK_EQ(load(TEST_KO, ""), 0);
}

static int begin(struct acq_config config)
{
	int fd;

	need_losses();
	load_test();
	fd = fresh();
	configure(fd, config);
	return fd;
}

static void is_faultless(void)
{
	CHECK_EQ(seen("faults"), 0);
	CHECK_EQ(seen("frames") + seen("lost"), seen("next_index"));
}

/* Reads the run of @fd to its end; the gaps as the consumer writes them to @list */
static uint64_t read_run(int fd, FILE *list, uint64_t *lost)
{
	uint64_t index = 0, frames = 0;
	struct acq_gap gap;
	ssize_t n;

	*lost = 0;
	while ((n = read(fd, buf, sizeof(buf)))) {
		if (n > 0) {
			CHECK(is_ramp(buf, n, index));
			index += n / FRAME;
			frames += n / FRAME;
			continue;
		}
		CHECK_EQ(errno, EPIPE);
		gap = gap_of(fd);
		CHECK_EQ(gap.index, index);
		if (list)
			fprintf(list, "%llu %llu %llu %u\n", (unsigned long long)gap.position,
				(unsigned long long)gap.index, (unsigned long long)gap.lost,
				gap.cause);
		index += gap.lost;
		*lost += gap.lost;
	}
	return frames;
}

TEST(it_gets_each_sample)
{
	unsigned int flags;
	int fd = begin(roomy(MANY));

	/* With the default configuration, a monitor that does nothing else keeps up. */
	for (flags = HOLD; flags <= MONITOR; flags++) {
		CHECK_EQ(join(flags), 0);
		WAIT_FOR(seen("ends") == 1);
		CHECK_EQ(seen("begins"), 1);
		CHECK_EQ(seen("first_position"), 0);
		CHECK_EQ(seen("last_end"), ACQ_END_FINISHED);
		CHECK_EQ(seen("last_error"), 0);
		CHECK_EQ(seen("next_index"), MANY);
		is_faultless();
		leave();
		CHECK_EQ(status_of(fd).readers, 0);
	}
}

/* Where the card loses samples, a consumer and a reader are told the same. */
TEST(it_is_told_the_gaps_of_a_reader)
{
	uint64_t lost, frames;
	FILE *list;
	int fd = begin(roomy(MANY)), i;

	CHECK_EQ(join(PASSIVE), 0);
	/* It still runs when a late machine orders the last loss. */
	card("speed 0.2");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	for (i = 0; i < 4; i++) {
		WAIT_FOR(status_of(fd).frames > MANY / 8 * (i + 1ULL));
		card("overflow %d", 100 + i);
	}
	card("speed 1");
	list = fopen("/tmp/reader-gaps", "w");
	CHECK(list);
	frames = read_run(fd, list, &lost);
	fclose(list);
	WAIT_FOR(seen("ends") == 1);
	is_faultless();
	CHECK(lost >= 100);
	CHECK_EQ(seen("first_position"), 0);
	CHECK_EQ(seen("lost"), lost);
	CHECK_EQ(seen("frames"), frames);
	CHECK_EQ(frames + lost, MANY);
	CHECK_EQ(system("cmp /tmp/reader-gaps /sys/kernel/debug/acq-test-gaps"), 0);
	leave();
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
}

/* One that is slow and holds costs samples, as a program that does not read. */
TEST(a_slow_one_that_holds)
{
	struct acq_config config = roomy(0);
	int fd = begin(config);

	config.ring_bytes = 16 * PAGE_BYTES;
	configure(fd, config);
	if (over_xdma() && !over_litepcie())
		card("rate 4000000");
	else
		card("speed %d", FAST);
	set_number(TEST_KO, "slow_us", over_fifo() ? 200000 : 20000);
	card("wait off");
	CHECK_EQ(join(HOLD), 0);
	WAIT_FOR(seen("gaps") >= 2);
	set_number(TEST_KO, "slow_us", 0);
	leave();
	card("speed 1");
	card("wait on");
	is_faultless();
	CHECK_EQ(seen("overtaken"), 0);
	CHECK_EQ(seen("torn"), 0);
	CHECK(seen("lost") > 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
}

/* One that is slow and monitors costs itself samples, and knows which. */
TEST(a_slow_one_that_monitors)
{
	struct acq_config config = roomy(0);
	int fd = begin(config);

	config.ring_bytes = 16 * PAGE_BYTES;
	configure(fd, config);
	set_number(TEST_KO, "slow_us", 300000);
	CHECK_EQ(join(MONITOR), 0);
	WAIT_FOR(seen("torn") >= 2 && seen("overtaken") >= 2);
	set_number(TEST_KO, "slow_us", 0);
	leave();
	is_faultless();
	CHECK(seen("lost") > 0);
	/* Nobody else has lost any. */
	CHECK_EQ(status_of(fd).lost, 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
}

TEST(a_passive_one_starts_nothing)
{
	struct acq_config config = roomy(0);
	int fd = begin(config), fd2, i;

	CHECK_EQ(join(PASSIVE), 0);
	nap(100);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_IDLE);
	CHECK_EQ(seen("begins"), 0);
	close_node(fd);
	for (i = 1; i <= 3; i++) {
		/* A run that a program starts by reading ends with it. */
		fd2 = node(O_RDONLY);
		read_all(fd2, buf, 1 << 14);
		CHECK(is_ramp(buf, 1 << 14, 0));
		CHECK_EQ(status_of(fd2).readers, 2);
		close_node(fd2);
		WAIT_FOR(seen("ends") == i);
		CHECK_EQ(seen("begins"), i);
		CHECK_EQ(seen("last_end"), ACQ_END_FINISHED);
		CHECK_EQ(seen("first_position"), 0);
		CHECK(seen("frames") >= (1 << 14) / FRAME * i);
	}
	CHECK_EQ(seen("faults"), 0);
	CHECK_EQ(seen("finals"), 0);
	leave();
}

TEST(one_that_starts_keeps_it_going)
{
	int fd = begin(roomy(0)), fd2;
	long long frames;

	CHECK_EQ(join(HOLD), 0);
	WAIT_FOR(seen("frames") > 1000);
	fd2 = node(O_RDONLY);
	read_all(fd2, buf, 1 << 12);
	close_node(fd2);
	close_node(fd);
	/* No file is left, and it goes on. */
	frames = seen("frames");
	WAIT_FOR(seen("frames") > frames + 1000);
	leave();
	is_faultless();
	fd = node(O_RDWR);
	WAIT_FOR(status_of(fd).state == ACQ_STATE_IDLE);
}

/* STOP ends the run for all; the next one is its own again. */
TEST(it_gets_the_next_run)
{
	int fd = begin(roomy(0)), i;

	CHECK_EQ(join(HOLD), 0);
	for (i = 1; i <= 3; i++) {
		WAIT_FOR(seen("begins") == i && seen("pieces") > i);
		CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
		WAIT_FOR(seen("ends") == i);
		CHECK_EQ(seen("last_end"), ACQ_END_FINISHED);
		CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
		WAIT_FOR(seen("begins") == i + 1);
	}
	CHECK_EQ(seen("faults"), 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	leave();
}

/* A run that no file holds or reads */
static void start_for_nobody(void)
{
	int fd = node(O_RDWR);

	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	close_node(fd);
}

/* Busy with one run, it is late for the next: what has gone of that by then is a gap. */
TEST(a_begin_that_has_gone_is_a_gap)
{
	static const unsigned int ways[] = { HOLD, MONITOR };
	struct acq_config config;
	unsigned int i;
	int fd;

	for (i = 0; i < 2; i++) {
		config = roomy(500);
		fd = begin(config);
		set_number(TEST_KO, "stall", 1);
		CHECK_EQ(join(PASSIVE | ways[i]), 0);
		start_for_nobody();
		WAIT_FOR(seen("pieces") == 1);
		WAIT_FOR(status_of(fd).state == ACQ_STATE_IDLE);
		config.count = 0;
		config.ring_bytes = 16 * PAGE_BYTES;
		configure(fd, config);
		start_for_nobody();
		WAIT_FOR(status_of(fd).oldest > 4 * PAGE_BYTES);
		set_number(TEST_KO, "stall", 0);
		WAIT_FOR(seen("begins") == 2 && seen("frames") > 600);
		CHECK(seen("gaps") >= 1);
		CHECK(seen("overtaken") >= 1);
		CHECK(seen("lost") >= (long long)(4 * PAGE_BYTES / FRAME));
		CHECK(seen("first_position") > 0);
		leave();
		CHECK_EQ(seen("faults"), 0);
		CHECK_EQ(seen("frames") - 500 + seen("lost"), seen("next_index"));
		CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
		close_node(fd);
	}
}

/* With room for one ring, the next run needs that of the last one. */
TEST(it_holds_nothing_of_a_run_that_is_over)
{
	struct acq_config config = roomy(MANY);
	unsigned int turn;
	char text[20];
	int fd = begin(config);

	if (over_xdma())
		SKIP("another stream may have a ring, too");
	close_node(fd);
	snprintf(text, sizeof(text), "%u", 3 * (1 << 20) / 2 >> 10);
	write_file(RING_TOTAL, text);
	fd = node(O_RDWR);
	CHECK_EQ(join(PASSIVE), 0);
	for (turn = 1; turn <= 3; turn++) {
		/* The same ring again, and one that cannot take its place. */
		config.block_bytes = turn == 3 ? 2 * PAGE_BYTES : PAGE_BYTES;
		configure(fd, config);
		start_for_nobody();
		WAIT_FOR(seen("ends") == turn);
		CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	}
	leave();
	write_file(RING_TOTAL, "0");
	CHECK_EQ(seen("faults"), 0);
	CHECK_EQ(seen("frames"), 3 * MANY);
}

TEST(it_ends_by_what_it_returns)
{
	int fd = begin(roomy(0));
	long long pieces;

	set_number(TEST_KO, "leave_after", 3000);
	CHECK_EQ(join(HOLD), 0);
	close_node(fd);
	WAIT_FOR(seen("frames") >= 3000);
	/* It was the only one; who opens the node before it has gone keeps the run. */
	WAIT_FOR(!system("grep -q idle /sys/class/misc/acqdev/state"));
	fd = node(O_RDWR);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_IDLE);
	pieces = seen("pieces");
	CHECK_EQ(status_of(fd).readers, 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	read_all(fd, buf, 1 << 12);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	CHECK_EQ(seen("pieces"), pieces);
	CHECK_EQ(seen("faults"), 0);
	CHECK_EQ(seen("ends"), 0);
	leave();
}

TEST(a_watermark_makes_calls_fewer)
{
	struct acq_config config = roomy(MANY);
	long long every;

	begin(config);
	CHECK_EQ(join(HOLD), 0);
	WAIT_FOR(seen("ends") == 1);
	every = seen("pieces");
	leave();
	set_number(TEST_KO, "watermark", 4 * PAGE_BYTES);
	CHECK_EQ(join(HOLD), 0);
	WAIT_FOR(seen("ends") == 1);
	is_faultless();
	CHECK_EQ(seen("next_index"), MANY);
	printf("# %lld pieces, and %lld with a watermark\n", every, seen("pieces"));
	CHECK(seen("pieces") <= every);
	leave();
}

TEST(what_cannot_be_is_refused)
{
	int fd = begin(roomy(0));
	struct acq_config config = roomy(0);

	CHECK_EQ(join(8), EINVAL);
	write_file("/sys/module/" TEST_KO "/parameters/stream", "acqdev99");
	CHECK_EQ(join(HOLD), ENODEV);
	CHECK_EQ(join(PASSIVE), ENODEV);
	write_file("/sys/module/" TEST_KO "/parameters/stream", "acqdev");

	/* A start that fails */
	CHECK_EQ(load("acq_test_filter", ""), 0);
	strcpy(config.filter, "deaf");
	configure(fd, config);
	CHECK_EQ(join(HOLD), EPERM);
	CHECK_EQ(join(PASSIVE), 0);
	CHECK_ERR(ioctl(fd, ACQ_IOC_START), EPERM);
	CHECK_EQ(seen("begins"), 0);
	leave();

	/* And a run that does, behind samples and a loss */
	strcpy(config.filter, "fail");
	configure(fd, config);
	CHECK_EQ(join(HOLD), 0);
	WAIT_FOR(seen("ends") == 1);
	CHECK_EQ(seen("last_end"), ACQ_END_FAILED);
	CHECK_EQ(seen("last_error"), -EIO);
	CHECK_EQ(seen("gaps"), 1);
	CHECK_EQ(seen("lost"), status_of(fd).lost);
	is_faultless();
	leave();
	configure(fd, roomy(0));
	CHECK_EQ(unload("acq_test_filter"), 0);
}

static void rebind(void)
{
	driver("bind");
	WAIT_FOR(access(NODE, F_OK) == 0);
}

TEST(the_card_goes)
{
	static const unsigned int ways[] = { HOLD, MONITOR, PASSIVE, MONITOR | PASSIVE };
	struct acq_config config = roomy(0);
	unsigned int i, turn;
	int fd;

	close_node(begin(config));
	card_address();
	for (turn = 0; turn < (is_slow() ? 8 : 24); turn++) {
		i = turn % 4;
		fd = node(O_RDWR);
		configure(fd, config);
		CHECK_EQ(join(ways[i]), 0);
		/* Half of the passive ones have no run. */
		if (!(ways[i] & PASSIVE) || turn % 8 >= 4) {
			if (ways[i] & PASSIVE)
				CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
			WAIT_FOR(seen("frames") > 1000);
		}
		close_node(fd);
		driver("unbind");
		WAIT_FOR(seen("ends") == 1);
		CHECK_EQ(seen("last_end"), ACQ_END_GONE);
		CHECK_EQ(seen("last_error"), -ENODEV);
		CHECK_EQ(seen("finals"), 1);
		CHECK_EQ(seen("faults"), 0);
		/* It keeps nothing: the number is free before it leaves. */
		if (turn % 2) {
			nap(50);
			rebind();
			leave();
		} else {
			leave();
			rebind();
		}
	}
}

TEST(it_is_unloaded_under_load)
{
	static const unsigned int ways[] = { HOLD, MONITOR, PASSIVE };
	struct acq_config config = roomy(0);
	unsigned int turn;
	int fd = begin(config);

	card("speed %d", over_xdma() || is_slow() ? 1 : 4);
	for (turn = 0; turn < (is_slow() ? 9 : 30); turn++) {
		if (ways[turn % 3] & PASSIVE)
			CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
		set_number(TEST_KO, "slow_us", turn % 2 * 3000);
		CHECK_EQ(join(ways[turn % 3]), 0);
		WAIT_FOR(seen("pieces") > turn % 5);
		/* A program wants samples all the while. */
		read_all(fd, buf, 1 << 12);
		CHECK_EQ(seen("faults"), 0);
		CHECK_EQ(unload(TEST_KO), 0);
		CHECK_EQ(status_of(fd).readers, 1);
		CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
		close_node(fd);
		CHECK_EQ(load(TEST_KO, ""), 0);
		fd = node(O_RDWR);
	}
	card("speed 1");
}

/* Nothing of it may go before it. */
TEST(acqdev_outlives_it)
{
	begin(roomy(0));
	CHECK_EQ(join(HOLD), 0);
	close_all();
	CHECK_EQ(unload("acqdev"), EAGAIN);
	leave();
	CHECK_EQ(unload("acqdev"), EAGAIN);
}

/* The example: what it says of a ramp is what arithmetic says. */
TEST(statistics)
{
	long long low[2] = { 0, 0 }, high[2] = { 0, 0 }, sum[2] = { 0, 0 }, square[2] = { 0, 0 };
	char text[1000], want[1000];
	int fd = begin(roomy(MANY)), file, n, c;
	uint64_t lost;
	int16_t v;

	CHECK_EQ(load("acq-stats", "hold=1"), 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	CHECK_EQ(read_run(fd, NULL, &lost), MANY);
	for (n = 0; n < 2 * MANY; n++) {
		v = n;
		c = n % 2;
		low[c] = v < low[c] || n < 2 ? v : low[c];
		high[c] = v > high[c] ? v : high[c];
		sum[c] += v;
		square[c] += v * v;
	}
	n = sprintf(want, "run %llu over\nframes %d\nlost 0\nchannel min max mean mean_square\n",
		    (unsigned long long)status_of(fd).run, MANY);
	for (c = 0; c < 2; c++)
		n += sprintf(want + n, "%d %lld %lld %lld %lld\n", c, low[c], high[c],
			     sum[c] / MANY, square[c] / MANY);
	do {
		file = open("/sys/kernel/debug/acq-stats/acqdev", O_RDONLY | O_CLOEXEC);
		CHECK(file >= 0);
		n = read(file, text, sizeof(text) - 1);
		close(file);
		CHECK(n > 0);
		text[n] = '\0';
		nap(10);
	} while (!strstr(text, " over"));
	if (strcmp(text, want))
		printf("# %s# not\n# %s", text, want);
	CHECK(!strcmp(text, want));
	CHECK_EQ(unload("acq_stats"), 0);
	CHECK_ERR(access("/sys/kernel/debug/acq-stats", F_OK), ENOENT);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
}

/* Leaves acqdev as it was. */
TEST(all_go)
{
	close_all();
	CHECK_EQ(unload(TEST_KO), 0);
}

HARNESS_MAIN
