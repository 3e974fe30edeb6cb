// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp kernels=6.1,7,rt,arm64,debug check
 * acqtest: ramp iommu kernels=6.12,arm64
 * acqtest: ramp bounce kernels=6.12
 * acqtest: ramp program=loss-fifo takes=30 kernels=6.12
 * acqtest: ramp program=loss-fifo long takes=30 kernels=rt
 * acqtest: losing program=loss-xdma kernels=7
 * acqtest: litepcie program=loss-litepcie kernels=7
 * acqtest: rtl program=loss-rtl takes=15 kernels=6.12
 * acqtest: rtl-fifo program=loss-fifo-rtl kernels=6.12 \
 *	args="stalled_reader_finds_one_gap card_overflow_is_told_as_such many_gaps_add_up \
 *	loss_at_the_very_end_is_told gap_ends_poll_and_nowait_alike lost_interrupt_is_made_up_for"
 */
/* Loss: that it is told, exactly, in its place, and to whom it happened. */
#include "guest.h"

static char buf[1 << 20];

/*
 * Read until @frames have come; returns the frames reported lost on the way. In
 * the ramp every sample tells its place, so each must sit where the gaps say.
 */
static uint64_t read_with_gaps(int fd, uint64_t *index, uint64_t frames, int *gaps)
{
	uint64_t lost = 0, have = 0;

	while (have < frames) {
		ssize_t n = read(fd, buf, sizeof(buf));
		struct acq_gap gap;

		if (n < 0 && errno == EPIPE) {
			gap = gap_of(fd);
			CHECK_EQ(gap.index, *index);
			CHECK(gap.lost > 0);
			*index += gap.lost;
			lost += gap.lost;
			++*gaps;
			continue;
		}
		if (n == 0)
			break;
		CHECK(n > 0);
		CHECK(is_ramp(buf, n, *index));
		*index += n / FRAME;
		have += n / FRAME;
	}
	return lost;
}

TEST(stalled_reader_finds_one_gap)
{
	int fd = fresh(), gaps = 0;
	struct acq_status status;
	uint64_t index = 0, lost;
	struct acq_gap gap;

	need_losses();
	lost = read_with_gaps(fd, &index, 2000, &gaps);
	CHECK_EQ(lost, 0);
	/* Ring and FIFO fill up; then the card drops. */
	card("speed %d", FAST);
	overrun(5000);
	card("speed 1");
	while (!gaps)
		lost += read_with_gaps(fd, &index, 100, &gaps);
	gap = gap_of(fd);
	CHECK_EQ(gap.count, 1);
	CHECK_EQ(gap.cause, ACQ_CAUSE_RING_FULL);
	CHECK_EQ(gap.position, gap.index * FRAME);
	lost += read_with_gaps(fd, &index, 2000, &gaps);
	status = status_of(fd);
	/* A late machine loses more, and may not have read of it. */
	if (gaps > 1 || status.gaps > 1) {
		CHECK(status.lost >= lost);
		CHECK((uint64_t)card_stat("dropped") >= lost);
		return;
	}
	CHECK_EQ(lost, lost_of(card_stat("dropped"), 1));
	CHECK_EQ(status.lost, lost);
}

TEST(card_overflow_is_told_as_such)
{
	int fd = fresh(), gaps = 0;
	uint64_t index = 0, lost;

	need_losses();
	read_with_gaps(fd, &index, 500, &gaps);
	card("overflow 1234");
	/* With its next samples, not with those that it has already */
	do
		lost = read_with_gaps(fd, &index, 2000, &gaps);
	while (!gaps && index < 1000000);
	CHECK_EQ(gaps, 1);
	CHECK(lost >= 1234);
	CHECK_EQ(gap_of(fd).cause, ACQ_CAUSE_CARD_FIFO);
	CHECK_EQ(lost, lost_of(card_stat("dropped"), 1));
}

TEST(many_gaps_add_up)
{
	int fd = fresh(), gaps = 0, i;
	uint64_t index = 0, lost = 0, told = 0, dropped;
	ssize_t n;

	need_losses();
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	for (i = 1; i <= 20; i++) {
		card("overflow %d", i * 7);
		told += i * 7;
		lost += read_with_gaps(fd, &index, 200, &gaps);
	}
	/* What the card is ordered to lose it loses with its next samples. */
	WAIT_FOR((frames_of_run(&dropped), dropped >= told));
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	do {
		lost += read_with_gaps(fd, &index, ~0ULL, &gaps);
		n = read(fd, buf, sizeof(buf));
	} while (n);
	/* Received and lost together are what the card produced. */
	CHECK(lost >= told);
	/* There it goes on until the overflow is acknowledged, or the card's FIFO empty. */
	if (!over_fifo() && !over_xdma())
		CHECK_EQ(lost, told);
	check_run(index, lost);
	CHECK_EQ(status_of(fd).lost, lost);
}

TEST(loss_at_the_very_end_is_told)
{
	struct acq_config config = plain_config();
	int fd = fresh(), gaps = 0;
	uint64_t index = 0, lost, dropped;

	/* So long that it goes on when the card is told */
	config.count = over_fifo() ? 3000 : 48000;
	configure(fd, config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	read_with_gaps(fd, &index, 100, &gaps);
	card("overflow 100000");
	lost = read_with_gaps(fd, &index, ~0ULL, &gaps);
	CHECK_EQ(gaps, 1);
	CHECK_EQ(index, config.count);
	/* A card that does not count does not end there either, and what it loses goes on. */
	dropped = card_stat("dropped");
	CHECK(over_xdma() ? lost < dropped : lost <= dropped);
	if (!over_xdma())
		CHECK(dropped - lost <= card_stat("frames") - config.count);
	CHECK_EQ(read(fd, buf, sizeof(buf)), 0);
}

TEST(gap_ends_poll_and_nowait_alike)
{
	struct acq_reader_config reader = { .watermark = 1 << 20 };
	int fd = fresh();

	need_losses();
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &reader), 0);
	CHECK_EQ(poll_now(fd), 0);
	/* The run before had frames, too; and the gap is not to be before all samples. */
	WAIT_FOR(status_of(fd).state == ACQ_STATE_RUNNING);
	WAIT_FOR(status_of(fd).frames);
	card("overflow 10");
	/* Less than the watermark, but no more can come before the gap. */
	CHECK_EQ(poll_wait(fd), POLLIN);
	CHECK(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
	CHECK(read(fd, buf, sizeof(buf)) > 0);
	/* Of an XDMA card it is known with the first block behind it. */
	while (over_xdma() && poll_wait(fd) == POLLIN && read(fd, buf, sizeof(buf)) > 0)
		;
	if (!over_xdma()) {
		CHECK_EQ(poll_now(fd), POLLIN);
		CHECK_ERR(read(fd, buf, sizeof(buf)), EPIPE);
	}
	CHECK_EQ(errno, EPIPE);
	CHECK(gap_of(fd).lost >= 10);
	CHECK_EQ(gap_of(fd).lost, lost_of(card_stat("dropped"), 1));
}

TEST(stuck_holder_costs_all_the_same)
{
	struct acq_config config = plain_config();
	int stuck = fresh(), fd = node(O_RDONLY), gaps = 0, same = 0;
	uint64_t index = 0, at = 0, lost = 0;
	ssize_t n;

	need_losses();
	/* Larger than the FIFO, so that the loss behind its samples fits in. */
	config.ring_bytes = 256 << 10;
	configure(stuck, config);
	CHECK_EQ(read(stuck, buf, FRAME), FRAME);
	at = 1;
	CHECK_EQ(poll_wait(fd), POLLIN);
	index = status_of(fd).index;
	card("speed %d", FAST);
	/* The card waits until the ring is full: a late machine would lose before that, too. */
	WAIT_FOR(status_of(stuck).head + 4 * PAGE_BYTES >= config.ring_bytes);
	overrun(5000);
	card("speed 1");
	/* It is up to date: only the stuck one holds the ring. */
	fcntl(fd, F_SETFL, O_NONBLOCK);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		index += n / FRAME;
	CHECK_EQ(errno, EAGAIN);
	fcntl(fd, F_SETFL, 0);
	CHECK(card_stat("dropped") > 0);
	/* Frees the ring; then both find the same gap. */
	while (!same)
		lost += read_with_gaps(stuck, &at, 100, &same);
	while (!gaps)
		read_with_gaps(fd, &index, 100, &gaps);
	CHECK_EQ(gaps, 1);
	CHECK_EQ(same, 1);
	CHECK_EQ(gap_of(fd).lost, lost);
	CHECK_EQ(gap_of(fd).index, gap_of(stuck).index);
	/* A machine may be too late even where the ring has room. */
	CHECK(gap_of(fd).cause == ACQ_CAUSE_RING_FULL || gap_of(fd).cause == ACQ_CAUSE_CARD_FIFO);
	CHECK_EQ(lost, lost_of(card_stat("dropped"), 1));
}

TEST(stuck_monitor_costs_nobody_anything)
{
	struct acq_reader_config reader = { .flags = ACQ_READER_MONITOR };
	const uint64_t ring = over_fifo() ? 64 << 10 : 1 << 20;
	int fd = fresh(), monitor = node(O_RDONLY), gaps = 0, missed = 0;
	struct acq_config config = plain_config();
	uint64_t index = 0, at;
	struct acq_gap gap;

	/* Much buffer for its rate: this is not about whether the machine is fast. */
	config.ring_bytes = ring;
	configure(fd, config);
	read_with_gaps(fd, &index, 100, &gaps);
	CHECK_EQ(ioctl(monitor, ACQ_IOC_SET_READER, &reader), 0);
	CHECK_EQ(read(monitor, buf, FRAME), FRAME);
	at = status_of(monitor).index;
	/* Rings' worth pass by the monitor. */
	card("speed %d", over_fifo() ? 3 : 5);
	read_with_gaps(fd, &index, ring / FRAME * 5 / 2, &gaps);
	card("speed 1");
	CHECK_EQ(gaps, 0);
	CHECK_EQ(card_stat("dropped"), 0);

	read_with_gaps(monitor, &at, 1000, &missed);
	CHECK_EQ(missed, 1);
	gap = gap_of(monitor);
	CHECK_EQ(gap.cause, ACQ_CAUSE_OVERTAKEN);
	CHECK(gap.lost > 1000);
	CHECK_EQ(status_of(fd).gaps, 0);
}

/* A card that contradicts itself costs the run, not the kernel. */
static void lie(const char *fault)
{
	ssize_t n;
	int fd;

	if (over_fifo() || over_xdma())
		SKIP("lies of an ACQ-R1 with DMA");
	fd = fresh();
	CHECK(read(fd, buf, 4096) > 0);
	card("fault %s", fault);
	while ((n = read(fd, buf, sizeof(buf))) > 0 || (n < 0 && errno == EPIPE))
		gap_of(fd);
	CHECK(n == -1 && errno == EIO);
	CHECK_EQ(poll_now(fd), POLLIN | POLLERR | POLLHUP);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_FAILED);
	CHECK(status_of(fd).error < 0);
	/* The next start tries again. */
	card("clear");
	WAIT_FOR(card_stat("irqs") >= 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	read_all(fd, buf, 8192);
	CHECK(is_ramp(buf, 8192, 0));
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
}

TEST(too_many_bytes_in_a_record)
{
	lie("bad-bytes");
}

TEST(index_that_goes_back)
{
	lie("bad-index");
}

TEST(stale_record)
{
	lie("bad-number");
}

TEST(more_blocks_than_given)
{
	lie("bad-progress");
}

TEST(loss_that_does_not_add_up)
{
	lie("bad-lost");
}

TEST(dma_error)
{
	lie("dma-error");
}

TEST(dead_card_ends_the_run)
{
	int fd = fresh();
	ssize_t n;

	CHECK(read(fd, buf, 4096) > 0);
	card("fault gone");
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		;
	/* One errno for one state, however often it is asked for, and by whom */
	CHECK(n == -1 && errno == ENODEV);
	CHECK_ERR(read(fd, buf, sizeof(buf)), ENODEV);
	CHECK_ERR(read(node(O_RDONLY), buf, sizeof(buf)), ENODEV);
	card("clear");
}

TEST(lost_interrupt_is_made_up_for)
{
	int fd = fresh(), gaps = 0;
	uint64_t index = 0;

	read_with_gaps(fd, &index, 1000, &gaps);
	card("fault lost-irq 3");
	read_with_gaps(fd, &index, 20000, &gaps);
	CHECK_EQ(gaps, 0);
}

TEST(spurious_interrupts_do_no_harm)
{
	int fd = fresh(), gaps = 0, i;
	uint64_t index = 0;

	/* A card that does not run may be no bus master, and cannot interrupt then. */
	read_with_gaps(fd, &index, 100, &gaps);
	for (i = 0; i < 50; i++) {
		card("irq");
		read_with_gaps(fd, &index, 100, &gaps);
	}
	CHECK_EQ(gaps, 0);
}

TEST(interrupts_without_end_cost_the_run)
{
	struct acq_config config = plain_config();
	int fd = fresh();
	ssize_t n;

	if (over_fifo())
		SKIP("each interrupt finds another frame in the FIFO");
	/* Few with a reason, also where the machine is slow */
	config.block_bytes = 64 << 10;
	config.irq_us = 200000;
	configure(fd, config);
	CHECK(read(fd, buf, 4096) > 0);
	card("fault irq-storm");
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		;
	CHECK(n == -1 && errno == EIO);
	card("clear");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	read_all(fd, buf, 4096);
	CHECK(is_ramp(buf, 4096, 0));
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
}

TEST(full_ring_is_quiet)
{
	int fd = fresh();
	uint64_t before;

	CHECK_EQ(read(fd, buf, FRAME), FRAME);
	card("speed %d", FAST);
	overrun(1000);
	card("speed 1");
	before = status_of(fd).interrupts;
	nap(500);
	/* Nothing can be done about it: no use in being told again and again. */
	CHECK(status_of(fd).interrupts - before < 20);
}

TEST(card_that_does_not_stop_is_cut_off)
{
	int fd = fresh();

	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	CHECK(read(fd, buf, 4096) > 0);
	card("fault stop-ignored on");
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_IDLE);
	while (read(fd, buf, sizeof(buf)) > 0 || errno == EPIPE) {
		gap_of(fd);
		errno = 0;
	}
	card("clear");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	read_all(fd, buf, 4096);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
}

HARNESS_MAIN
