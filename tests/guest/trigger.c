// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp kernels=6.1,6.12,7,debug check
 */
/* Triggers: nothing before, the right frame first, what was before it as asked. */
#include "guest.h"

static char buf[1 << 18];

static int armed(struct acq_config config)
{
	int fd = fresh();

	configure(fd, config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_ARMED);
	nap(100);
	CHECK_EQ(poll_now(fd), 0);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_ARMED);
	return fd;
}

/* The first frames are those from @before the trigger on. */
static void check_begin(int fd, uint64_t before)
{
	struct acq_status status;

	read_all(fd, buf, 4096);
	status = status_of(fd);
	CHECK(status.flags & ACQ_STATUS_TRIGGERED);
	CHECK_EQ(status.state, ACQ_STATE_RUNNING);
	CHECK_EQ(status.index - 4096 / FRAME, status.trigger_index - before);
	CHECK(is_ramp(buf, 4096, status.trigger_index - before));
	CHECK_EQ(status.gaps, 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
}

TEST(software_trigger)
{
	struct acq_config config = plain_config();
	int fd;

	config.trigger = ACQ_TRIGGER_SOFTWARE;
	fd = armed(config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_TRIGGER), 0);
	check_begin(fd, 0);
}

TEST(pretrigger_samples_come_first)
{
	struct acq_config config = plain_config();
	int fd;

	config.trigger = ACQ_TRIGGER_SOFTWARE;
	config.pretrigger = 300;
	fd = armed(config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_TRIGGER), 0);
	check_begin(fd, 300);
}

TEST(external_trigger)
{
	struct acq_config config = plain_config();
	int fd;

	config.trigger = ACQ_TRIGGER_EXTERNAL;
	config.pretrigger = 7;
	fd = armed(config);
	CHECK_ERR(ioctl(fd, ACQ_IOC_TRIGGER), EINVAL);
	card("external");
	check_begin(fd, 7);
}

TEST(level_trigger_hits_the_frame)
{
	struct acq_config config = plain_config();
	struct acq_status status;
	int fd = fresh();

	/* The ramp of channel 1 of 2 is 2n + 1: it crosses 20000 at frame 10000. */
	config.trigger = ACQ_TRIGGER_LEVEL;
	config.trigger_channel = 1;
	config.trigger_level = 20000;
	config.pretrigger = 100;
	configure(fd, config);
	read_all(fd, buf, 4096);
	status = status_of(fd);
	CHECK_EQ(status.trigger_index, 10000);
	CHECK_EQ(status.index, 10000 - 100 + 1024);
	CHECK(is_ramp(buf, 4096, 9900));
}

TEST(falling_edge)
{
	struct acq_config config = plain_config();
	int fd = fresh();

	/* Signed 16 bits fall once in 65536 samples: from 32766 to -32768. */
	config.trigger = ACQ_TRIGGER_LEVEL;
	config.trigger_edge = ACQ_EDGE_FALLING;
	config.trigger_level = 0;
	configure(fd, config);
	read_all(fd, buf, 4096);
	CHECK_EQ(status_of(fd).trigger_index, 16384);
	CHECK(is_ramp(buf, 4096, 16384));
}

TEST(finite_run_behind_a_trigger)
{
	struct acq_config config = plain_config();
	uint64_t total = 0;
	ssize_t n;
	int fd;

	config.trigger = ACQ_TRIGGER_SOFTWARE;
	config.pretrigger = 50;
	config.count = 1000;
	fd = armed(config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_TRIGGER), 0);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		total += n;
	CHECK_EQ(n, 0);
	CHECK_EQ(total, 1000 * FRAME);
}

TEST(armed_run_can_be_stopped)
{
	struct acq_config config = plain_config();
	int fd;

	config.trigger = ACQ_TRIGGER_SOFTWARE;
	fd = armed(config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	CHECK_EQ(read(fd, buf, sizeof(buf)), 0);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_IDLE);
}

HARNESS_MAIN
