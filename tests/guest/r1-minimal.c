// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: card="$least --no-fifo --whole-blocks --clock 48000 --rate 48000" kernels=6.12
 * acqtest: card="$least $slow" program=r1-minimal-fifo kernels=6.12
 * acqtest: card="$least $slow --window-32" program=r1-minimal-fifo kernels=7
 */
/* The card that docs/acq-r1.md calls minimal: what it leaves out, nobody misses. */
#include "guest.h"

#include <sys/klog.h>

static char buf[1 << 20];

static bool logged(const char *text)
{
	static char log[65536];
	int n = klogctl(3, log, sizeof(log) - 1);

	CHECK(n > 0);
	log[n] = '\0';
	return strstr(log, text);
}

/* To the end of a run, or to the next gap: bytes, which are the ramp from @index on */
static size_t read_ramp(int fd, uint64_t index)
{
	size_t have = 0;
	ssize_t n;

	while ((n = read(fd, buf + have, sizeof(buf) - have)) > 0)
		have += n;
	CHECK(have < sizeof(buf));
	CHECK(!n || errno == EPIPE);
	CHECK(is_ramp(buf, have, index));
	return have;
}

TEST(all_samples_come_and_each_gap_is_told)
{
	uint64_t frames = 0, lost = 0;
	int fd = fresh(), i;

	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	read_all(fd, buf, 16 << 10);
	CHECK(is_ramp(buf, 16 << 10, 0));
	frames = (16 << 10) / FRAME;
	for (i = 1; i <= 3; i++) {
		card("overflow %d", 100 * i);
		frames += read_ramp(fd, frames + lost) / FRAME;
		CHECK_EQ(gap_of(fd).lost, 100 * i);
		CHECK_EQ(gap_of(fd).cause, ACQ_CAUSE_CARD_FIFO);
		lost += 100 * i;
		read_all(fd, buf, 4 << 10);
		CHECK(is_ramp(buf, 4 << 10, frames + lost));
		frames += (4 << 10) / FRAME;
	}
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	frames += read_ramp(fd, frames + lost) / FRAME;
	CHECK_EQ(read(fd, buf, FRAME), 0);
	CHECK_EQ(card_stat("frames"), (long long)(frames + lost));
	CHECK_EQ(card_stat("dropped"), (long long)lost);
	CHECK_EQ(status_of(fd).frames, frames + lost);
}

TEST(a_full_ring_and_the_stop)
{
	uint64_t frames;
	int fd = fresh();

	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	CHECK_EQ(read(fd, buf, FRAME), FRAME);
	overrun(100);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	frames = 1 + read_ramp(fd, 1) / FRAME;
	CHECK_EQ(errno, EPIPE);
	CHECK_EQ(gap_of(fd).cause, ACQ_CAUSE_RING_FULL);
	CHECK_EQ(frames + gap_of(fd).lost, status_of(fd).frames);
	CHECK_EQ(status_of(fd).frames, (uint64_t)card_stat("frames"));
}

TEST(all_channels_always)
{
	struct acq_config config = plain_config();
	int fd = fresh();

	CHECK(info_of(fd).caps & ACQ_CAP_FIXED_CHANNELS);
	config.channel_mask = 1;
	configure(fd, config);
	CHECK_EQ(config_of(fd).channel_mask, 3);
	read_all(fd, buf, 4096);
	CHECK(is_ramp(buf, 4096, 0));
}

/* The card runs on: the core has to end it. */
TEST(a_count_without_a_card_that_counts)
{
	struct acq_config config = plain_config();
	int fd = fresh();

	config.count = 1501;
	configure(fd, config);
	CHECK_EQ(read_ramp(fd, 0), config.count * FRAME);
	CHECK_EQ(read(fd, buf, FRAME), 0);
	WAIT_FOR(status_of(fd).state == ACQ_STATE_IDLE);
	CHECK_EQ(status_of(fd).frames, config.count);
}

TEST(no_timestamps)
{
	int fd = fresh();

	CHECK_EQ(info_of(fd).timestamp_hz, 0);
	CHECK_EQ(info_of(fd).serial[0], '\0');
	read_all(fd, buf, 4096);
	CHECK_EQ(status_of(fd).timestamp, 0);
}

TEST(whole_blocks_are_known_before_the_first)
{
	struct acq_config config = plain_config();
	uint64_t interrupts;
	int fd = fresh();

	if (over_fifo())
		SKIP("it has no blocks");
	config.irq_us = 100;
	config.irq_frames = 1;
	configure(fd, config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	/* It may have no registers for that. */
	CHECK(!strstr(card("regs written"), " 050:") && !strstr(card("regs written"), " 054:"));
	interrupts = status_of(fd).interrupts;
	read_all(fd, buf, 20 * PAGE_BYTES);
	CHECK(is_ramp(buf, 20 * PAGE_BYTES, 0));
	interrupts = status_of(fd).interrupts - interrupts;
	printf("# %llu interrupts for 20 blocks\n", (unsigned long long)interrupts);
	CHECK(interrupts <= 25);
	CHECK(!logged("tells of whole blocks only"));
}

/* It cannot say where it is amid a run. */
TEST(a_window_that_lies_is_noticed_in_the_end)
{
	struct acq_config config = plain_config();
	int fd = fresh();
	ssize_t n;

	if (!over_fifo() || strstr(card("regs"), " 00c:00004102"))
		SKIP("it is not read by 64 bits");
	config.irq_us = 5000;
	configure(fd, config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	read_all(fd, buf, 4096);
	card("fault window-32");
	do {
		CHECK((n = read(fd, buf, 4096)) >= FRAME);
	} while (memcmp(buf + n - FRAME, "\xff\xff\xff\xff", FRAME) != 0);
	card("clear");
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	while ((n = read(fd, buf, sizeof(buf))) > 0 || (n < 0 && errno == EPIPE)) {
		if (n < 0)
			gap_of(fd);
	}
	CHECK_EQ(n ? errno : 0, EIO);
	CHECK(logged("the card counts other samples than its FIFO gave"));
}

/* On another card this would not have done. */
TEST(nothing_that_the_specification_leaves_undefined)
{
	int fd = fresh();

	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	read_all(fd, buf, 4096);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	CHECK(card_stat("reg_reads") > 0);
	CHECK_EQ(card_stat("undefined"), 0);
}

HARNESS_MAIN
