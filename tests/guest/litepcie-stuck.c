// SPDX-License-Identifier: GPL-2.0-only
/* acqtest: litepcie-two iommu append=iommu.strict=1 takes=20 kernels=7 */
/*
 * Two Writers of a card with LitePCIe: one that does not stop keeps its memory, and the other
 * one runs on. Its table is smaller than the driver has been told.
 *
 * Built as litepcie: see over_litepcie().
 */
#include "guest.h"

#define OTHER	"/dev/acqdev1"

static char buf[1 << 20];

static struct acq_config small_config(void)
{
	struct acq_config config = plain_config();

	/* What is pushed of that fits. */
	config.ring_bytes = 16 * PAGE_BYTES;
	return config;
}

static int opened(const char *path, struct acq_config config)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	CHECK(fd >= 0);
	fds[nfds++] = fd;
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_CONFIG, &config), 0);
	return fd;
}

static void begin(void)
{
	close_all();
	card("clear");
	card("pause off 0");
	card("pause off 1");
	card("rate 48000");
}

TEST(a_writer_that_does_not_stop_keeps_its_ring)
{
	long long lost, bytes;
	int one, two;

	begin();
	one = opened(NODE, small_config());
	two = opened(OTHER, small_config());
	/* It gets some blocks and a part of the next, however late this is. */
	card("pause on 0");
	CHECK_EQ(ioctl(one, ACQ_IOC_START), 0);
	card("pause 6000 0");
	read_all(one, buf, 20000);
	/* The other one has its addresses: it is not to get those of the first one. */
	read_all(two, buf, 20000);
	CHECK(is_ramp(buf, 20000, 0));
	lost = card_stat("writer0_lost_writes");
	card("fault stop-ignored 1000");
	CHECK_EQ(ioctl(one, ACQ_IOC_STOP), 0);
	close_node(one);
	nap(100);
	/* It writes what is left of that block: to an address that the IOMMU lets it have. */
	bytes = card_stat("writer0_bytes");
	card("pause off 0");
	WAIT_FOR(card_stat("writer0_bytes") > bytes);
	CHECK_EQ(card_stat("writer0_lost_writes"), lost);
	read_all(two, buf, 80000);
	CHECK(is_ramp(buf, 80000, 5000));
	/* It is not started before it is idle. */
	one = opened(NODE, small_config());
	CHECK_ERR(ioctl(one, ACQ_IOC_START), EIO);
	close_node(one);
	card("clear");
	one = opened(NODE, small_config());
	read_all(one, buf, 20000);
	CHECK(is_ramp(buf, 20000, 0));
	CHECK_EQ(card_stat("writer0_lost_writes"), lost);
	read_all(two, buf, 20000);
	CHECK(is_ramp(buf, 20000, 25000));
}

TEST(a_writer_that_does_not_stop_is_reset_when_it_is_unbound)
{
	long long lost;
	int fd;

	begin();
	fd = opened(NODE, small_config());
	read_all(fd, buf, 20000);
	lost = card_stat("writer0_lost_writes");
	card("pause on 0");
	card("fault stop-ignored 1000");
	close_node(fd);
	nap(100);
	driver("unbind");
	card("pause off 0");
	card("clear");
	driver("bind");
	WAIT_FOR(!access(NODE, F_OK));
	fd = opened(NODE, small_config());
	read_all(fd, buf, 20000);
	CHECK(is_ramp(buf, 20000, 0));
	CHECK_EQ(card_stat("writer0_lost_writes"), lost);
}

TEST(loop_mode_needs_a_table_of_its_size)
{
	struct acq_config config = small_config();
	int fd;

	begin();
	config.transfer = ACQ_TRANSFER_FIFO;
	fd = opened(NODE, config);
	CHECK(read(fd, buf, sizeof(buf)) < 0);
	CHECK_EQ(errno, EIO);
}

HARNESS_MAIN
