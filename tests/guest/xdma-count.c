// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: xdma kernels=6.1,6.12
 * acqtest: xdma-intx kernels=7
 * acqtest: xdma-module card="$xdma --c2h 4 --vectors 1" card="$packets --vectors 32" kernels=6.12
 */
/*
 * Finite runs of a card that knows no count: the driver ends them behind the last
 * frame, wherever in a block or a packet that is. The cards are those of xdma.c.
 */
#include "guest.h"

#define PACKET_NODE	"/dev/acqdev4"

static char buf[1 << 20];

/* One run of @count frames: all of them, and no more */
static void run_of(int fd, uint32_t transfer, uint64_t count)
{
	struct acq_config config = plain_config();
	uint64_t have = 0;
	ssize_t n;

	config.transfer = transfer;
	config.count = count;
	/* Not configure(), which sets the rate of the first card */
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_CONFIG, &config), 0);
	CHECK_EQ(config.count, count);
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		CHECK(is_ramp(buf, n, have));
		have += n / FRAME;
	}
	CHECK_EQ(n, 0);
	CHECK_EQ(have, count);
	CHECK_EQ(read(fd, buf, sizeof(buf)), 0);
	CHECK_EQ(status_of(fd).gaps, 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
}

static void runs(const char *name, uint32_t transfer)
{
	/* Within the first block of 1024 frames, at its end, behind it, and longer than the ring */
	static const uint64_t counts[] = { 1, 1000, 1024, 1025, 12345, 100003 };
	int fd = fresh();

	close_node(fd);
	/* What is copied must be copied before the card comes round. */
	card("speed %d", transfer == ACQ_TRANSFER_FIFO ? 2 : 20);
	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		/* A file reads one run, then it has ended: another open, another run. */
		fd = open(name, O_RDWR | O_CLOEXEC);
		CHECK(fd >= 0);
		run_of(fd, transfer, counts[i]);
		close(fd);
		WAIT_FOR(!card_stat("c2h0_busy"));
	}
}

TEST(a_card_that_cannot_count_counts)
{
	struct acq_info info;

	info = info_of(fresh());
	CHECK(info.caps & ACQ_CAP_COUNT);
}

TEST(a_finite_run_ends_behind_its_last_frame)
{
	runs(NODE, ACQ_TRANSFER_DMA);
}

TEST(a_finite_run_that_is_copied_does_too)
{
	runs(NODE, ACQ_TRANSFER_FIFO);
}

TEST(a_finite_run_may_end_within_a_packet)
{
	runs(PACKET_NODE, ACQ_TRANSFER_DMA);
}

HARNESS_MAIN
