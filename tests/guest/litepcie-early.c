// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: litepcie last takes=15 kernels=7
 */
/*
 * Gateware of LitePCIe that counts a descriptor before its last packet has been sent: where
 * the source pauses there, the end of the block is old, and no reader may get it.
 */
#include "guest.h"

static char buf[1 << 20];

#define BLOCK_FRAMES	(PAGE_BYTES / FRAME)
#define PACKET_FRAMES	(128 / FRAME)

/* Read what there is, without waiting. */
static void read_what_is_there(int fd, uint64_t *index)
{
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		CHECK(is_ramp(buf, n, *index));
		*index += n / FRAME;
	}
	CHECK_EQ(errno, EAGAIN);
}

#define PARAMETER(name)	"/sys/module/acqdev/parameters/litepcie_" name

/* The card is such a one, and the driver knows. */
static void bind_early(const char *headers)
{
	card("early on");
	write_file(PARAMETER("early"), "1");
	write_file(PARAMETER("headers"), headers);
	close_all();
	driver("unbind");
	driver("bind");
	WAIT_FOR(!access(NODE, F_OK));
}

static void no_stale_end(const char *headers)
{
	unsigned int i;
	uint64_t index = 0, sampled, stop;
	int fd;

	bind_early(headers);
	fd = fresh();

	CHECK(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
	card("pause on");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	for (i = 0; i < 36; i++) {
		/* In the midst of the last packet of a block, or right before it, or behind */
		sampled = card_stat("frames");
		stop = (sampled / BLOCK_FRAMES + 1 + i % 3) * BLOCK_FRAMES - PACKET_FRAMES + i;
		if (stop <= sampled)
			continue;
		card("pause %llu", (unsigned long long)(stop - sampled));
		WAIT_FOR((uint64_t)card_stat("frames") == stop);
		/* The watchdog and late interrupts have had their time. */
		nap(i % 10 && i != PACKET_FRAMES ? 20 : 700);
		read_what_is_there(fd, &index);
		/* All but the block before the one in hand has come. */
		CHECK(index + 3 * BLOCK_FRAMES >= stop);
	}
	card("pause off");
	CHECK(fcntl(fd, F_SETFL, 0) == 0);
	read_all(fd, buf, 100000);
	CHECK(is_ramp(buf, 100000, index));
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	index += 25000;
	for (;;) {
		ssize_t n = read(fd, buf, sizeof(buf));

		CHECK(n >= 0);
		if (!n)
			break;
		CHECK(is_ramp(buf, n, index));
		index += n / FRAME;
	}
	close_all();
	card("early off");
}

TEST(no_stale_end_of_a_block_is_read_behind_headers)
{
	no_stale_end("1");
}

TEST(no_stale_end_of_a_block_is_read_without_headers)
{
	no_stale_end("0");
}

HARNESS_MAIN
