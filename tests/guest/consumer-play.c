// SPDX-License-Identifier: GPL-2.0-only
/* acqtest: playing kernels=7,debug */
/* A consumer of an output gets what has been played, as a monitor does; no filter does. */
#define NODE	"/dev/acqdev1"
#define CONTROL	"/dev/ttyS2"
#include "inkernel.h"

#define TEST_KO	"acq_test_consumer"
#define JOIN	"256"

static long long seen(const char *what)
{
	return number_of(TEST_KO, what);
}

static void join(const char *value)
{
	char path[] = "/sys/module/" TEST_KO "/parameters/join";

	write_file(path, value);
}

static int begin(unsigned int pages)
{
	struct acq_config config = {
		.format = ACQ_FORMAT_S16,
		.rate_millihz = 48000000,
		.channel_mask = 3,
		.block_bytes = PAGE_BYTES,
		.ring_bytes = pages * PAGE_BYTES,
	};
	int ret, fd;

	close_all();
	card("clear");
	card("out stall off");
	/* Its converter waits for a machine that is late. */
	card("out wait on");
	ret = unload(TEST_KO);
	CHECK(!ret || ret == ENOENT);
	CHECK_EQ(load(TEST_KO, "stream=acqdev1 by_position=1"), 0);
	fd = node(O_WRONLY);
	ioctl(fd, ACQ_IOC_DROP);
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_CONFIG, &config), 0);
	return fd;
}

/* Frames of the ramp behind those before */
static void play(int fd, unsigned int from, unsigned int frames)
{
	uint16_t *samples = (uint16_t *)buf;
	unsigned int i;
	ssize_t n;

	for (i = 0; i < 2 * frames; i++)
		samples[i] = 2 * from + i;
	for (i = 0; i < 4 * frames; i += n) {
		n = write(fd, buf + i, 4 * frames - i);
		CHECK(n > 0);
	}
}

TEST(it_gets_what_was_played)
{
	int fd = begin(128), turn;

	/* As who holds and starts: it does neither. */
	join(JOIN);
	for (turn = 1; turn <= 3; turn++) {
		play(fd, 0, 5000);
		CHECK_EQ(fsync(fd), 0);
		WAIT_FOR(seen("ends") == turn);
		CHECK_EQ(seen("begins"), turn);
		CHECK_EQ(seen("frames"), 5000 * turn);
		CHECK_EQ(seen("last_end"), ACQ_END_FINISHED);
	}
	CHECK_EQ(seen("gaps"), 0);
	CHECK_EQ(seen("faults"), 0);
	join("0");
}

TEST(an_underrun_is_its_gap)
{
	struct pollfd p = { .events = POLLPRI };
	struct acq_gap gap;
	int fd = begin(128);

	p.fd = fd;
	join(JOIN);
	play(fd, 0, 3000);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	WAIT_FOR(seen("frames") == 3000);
	/* Not before: a late machine gives the last block behind an underrun of its own. */
	card("out wait off");
	/* It stands until the writer knows. */
	CHECK_EQ(poll(&p, 1, PATIENCE_MS), 1);
	CHECK_ERR(write(fd, buf, 4), EPIPE);
	CHECK_EQ(ioctl(fd, ACQ_IOC_GAP, &gap), 0);
	card("out wait on");
	play(fd, 3000, 3000);
	CHECK_EQ(fsync(fd), 0);
	WAIT_FOR(seen("ends") == 1);
	CHECK_EQ(seen("frames"), 6000);
	CHECK_EQ(seen("gaps"), 1);
	CHECK(seen("lost") > 0);
	CHECK_EQ(seen("overtaken"), 0);
	CHECK_EQ(seen("next_index"), 6000 + seen("lost"));
	CHECK_EQ(seen("faults"), 0);
	join("0");
}

/* A slow one costs the writer nothing. */
TEST(it_slows_nobody)
{
	int fd = begin(16);
	unsigned int i;

	set_number(TEST_KO, "stall", 1);
	join(JOIN);
	for (i = 0; i < 24; i++)
		play(fd, 5000 * i, 5000);
	CHECK_EQ(fsync(fd), 0);
	set_number(TEST_KO, "stall", 0);
	WAIT_FOR(seen("ends") == 1);
	CHECK(seen("overtaken") >= 1);
	CHECK_EQ(seen("faults"), 0);
	join("0");
}

/* It keeps no output going, nor open. */
TEST(unloaded_and_unbound_amid_a_song)
{
	int turn, fd;

	begin(128);
	close_all();
	card_address();
	for (turn = 0; turn < 4; turn++) {
		fd = node(O_WRONLY);
		join(JOIN);
		play(fd, 0, 8000);
		/* Unless that was enough for it to begin by itself */
		CHECK(!ioctl(fd, ACQ_IOC_START) || errno == EBUSY);
		WAIT_FOR(seen("frames") > 1000);
		if (turn % 2) {
			driver("unbind");
			WAIT_FOR(seen("ends") == 1);
			CHECK_EQ(seen("last_end"), ACQ_END_GONE);
			CHECK_EQ(seen("faults"), 0);
			join("0");
			close_node(fd);
			driver("bind");
			WAIT_FOR(access(NODE, F_OK) == 0);
		} else {
			CHECK_EQ(seen("faults"), 0);
			CHECK_EQ(unload(TEST_KO), 0);
			CHECK_EQ(ioctl(fd, ACQ_IOC_DROP), 0);
			close_node(fd);
			CHECK_EQ(load(TEST_KO, "stream=acqdev1 by_position=1"), 0);
		}
	}
}

TEST(filters_are_refused)
{
	struct acq_config config;
	int fd = begin(128);

	config = config_of(fd);
	strcpy(config.filter, "swap");
	mark("acqtest: no filter");
	CHECK_ERR(ioctl(fd, ACQ_IOC_SET_CONFIG, &config), EOPNOTSUPP);
	CHECK(told("acqtest: no filter", "acqdev1: filters change what comes from a card"));
}

TEST(all_go)
{
	close_all();
	CHECK_EQ(unload(TEST_KO), 0);
}

HARNESS_MAIN
