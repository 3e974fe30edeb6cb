// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: losing program=count-xdma kernels=6.12
 */
/* A card that cannot count, and loses: the core ends the run, and counts lost frames as well. */
#include "guest.h"

static char buf[1 << 16];

static uint64_t index_at, lost;

/* A run of @count that the card knows nothing of, read to its end; it loses @overflow amid it */
static void run_of(uint64_t count, unsigned int overflow)
{
	struct acq_config config = plain_config();
	int fd = fresh();
	ssize_t n;

	config.ring_bytes = 1 << 20;
	config.count = count;
	card("rate 1000000");
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_CONFIG, &config), 0);
	CHECK_EQ(config_of(fd).count, count);
	index_at = 0;
	lost = 0;
	for (;;) {
		n = read(fd, buf, sizeof(buf));
		if (n < 0 && errno == EPIPE) {
			CHECK_EQ(gap_of(fd).index, index_at);
			index_at += gap_of(fd).lost;
			lost += gap_of(fd).lost;
			continue;
		}
		CHECK(n >= 0);
		if (!n)
			break;
		CHECK(is_ramp(buf, n, index_at));
		if (!index_at)
			card("overflow %u", overflow);
		index_at += n / FRAME;
	}
	CHECK_EQ(index_at, count);
	CHECK_EQ(read(fd, buf, sizeof(buf)), 0);
	WAIT_FOR(status_of(fd).state == ACQ_STATE_IDLE);
	CHECK_EQ(status_of(fd).frames, count);
	CHECK_EQ(status_of(fd).lost, lost);
	/* And the card has been stopped. */
	WAIT_FOR(card_stat("c2h0_busy") == 0);
}

TEST(lost_frames_count)
{
	run_of(100000, 1000);
	CHECK(lost >= 1000);
}

TEST(a_count_may_end_amid_a_loss)
{
	run_of(100000, 300000);
	CHECK(lost > 0);
}

HARNESS_MAIN
