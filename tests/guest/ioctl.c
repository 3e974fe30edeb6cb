// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp kernels=6.1,6.12,7,arm64-16k,debug check
 * acqtest: ramp program=ioctl32 kernels=6.1,7,debug
 */
/* The ioctls, and what they refuse. Built for 64 and for 32 bits. */
#include "guest.h"

TEST(info_is_complete)
{
	int fd = fresh();
	struct acq_info info;

	info = info_of(fd);
	CHECK(!info.reserved0 && !info.reserved1);
	CHECK_EQ(info.stream, 0);
	CHECK_EQ(strcmp(info.family, "acq-r1"), 0);
	CHECK(strlen(info.card) > 0 && strlen(info.serial) == 16);
	CHECK(info.channels >= 1 && info.formats);
	CHECK(info.rate_min_millihz && info.rate_min_millihz < info.rate_max_millihz);
	CHECK(info.caps & ACQ_CAP_DMA && info.caps & ACQ_CAP_FIFO);
	CHECK(info.block_min <= info.block_max && info.blocks_max >= 4);
}

TEST(layout_is_the_same_for_all)
{
	/* Numbers, not sizeof: 32-bit programs must come to the same. */
	CHECK_EQ(ACQ_IOC_INFO, 0x80d8e700);
	CHECK_EQ(ACQ_IOC_GET_CONFIG, 0x8080e701);
	CHECK_EQ(ACQ_IOC_TRY_CONFIG, 0xc080e702);
	CHECK_EQ(ACQ_IOC_SET_CONFIG, 0xc080e703);
	CHECK_EQ(ACQ_IOC_STATUS, 0x8098e707);
	CHECK_EQ(ACQ_IOC_GAP, 0x8040e708);
	CHECK_EQ(ACQ_IOC_GET_READER, 0x8020e709);
	CHECK_EQ(ACQ_IOC_SET_READER, 0x4020e70a);
}

TEST(try_rounds_and_changes_nothing)
{
	int fd = fresh();
	struct acq_config before = config_of(fd), config = before, again;

	config.rate_millihz = 47999123;
	config.block_bytes = 5000;
	config.ring_bytes = 100000;
	CHECK_EQ(ioctl(fd, ACQ_IOC_TRY_CONFIG, &config), 0);
	CHECK_EQ(config.rate_millihz, 48000000);
	CHECK_EQ(config.block_bytes, PAGE_BYTES > 8192 ? PAGE_BYTES : 8192);
	CHECK_EQ(config.ring_bytes, 131072);
	CHECK_EQ(config.frame_bytes, FRAME);
	again = config_of(fd);
	CHECK_EQ(memcmp(&again, &before, sizeof(before)), 0);
	/* What stands is a fixed point. */
	again = config;
	CHECK_EQ(ioctl(fd, ACQ_IOC_TRY_CONFIG, &again), 0);
	CHECK_EQ(memcmp(&again, &config, sizeof(config)), 0);
}

TEST(try_needs_no_writable_file)
{
	struct acq_config config;
	int fd;

	fresh();
	fd = node(O_RDONLY);
	config = config_of(fd);
	CHECK_EQ(ioctl(fd, ACQ_IOC_TRY_CONFIG, &config), 0);
	CHECK_ERR(ioctl(fd, ACQ_IOC_SET_CONFIG, &config), EBADF);
	CHECK_ERR(ioctl(fd, ACQ_IOC_START), EBADF);
	CHECK_ERR(ioctl(fd, ACQ_IOC_STOP), EBADF);
	CHECK_ERR(ioctl(fd, ACQ_IOC_TRIGGER), EBADF);
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

TEST(rate_goes_to_the_nearest)
{
	int fd = fresh();
	struct acq_info info;
	struct acq_config config;
	uint64_t step, div;

	info = info_of(fd);
	for (step = 1; step < 1ULL << 50; step = step * 3 + 1) {
		config = plain_config();
		config.rate_millihz = step;
		CHECK_EQ(ioctl(fd, ACQ_IOC_TRY_CONFIG, &config), 0);
		CHECK(config.rate_millihz >= info.rate_min_millihz);
		CHECK(config.rate_millihz <= info.rate_max_millihz);
		if (step < info.rate_min_millihz || step > info.rate_max_millihz)
			continue;
		/* The simulated card divides its highest rate: are the neighbours farther? */
		div = (info.rate_max_millihz + config.rate_millihz / 2) / config.rate_millihz;
		CHECK(distance(step, config.rate_millihz) <=
		      distance(step, info.rate_max_millihz / (div + 1)));
		if (div > 1)
			CHECK(distance(step, config.rate_millihz) <=
			      distance(step, info.rate_max_millihz / (div - 1)));
	}
	config = plain_config();
	config.rate_millihz = 0;
	CHECK_EQ(ioctl(fd, ACQ_IOC_TRY_CONFIG, &config), 0);
	CHECK_EQ(config.rate_millihz, info.rate_min_millihz);
	config.rate_millihz = ~0ULL;
	CHECK_EQ(ioctl(fd, ACQ_IOC_TRY_CONFIG, &config), 0);
	CHECK_EQ(config.rate_millihz, info.rate_max_millihz);
}

TEST(absurd_sizes_are_bounded)
{
	static const uint64_t rings[] = { 1, 4096, 1 << 20, 1ULL << 40, ~0ULL };
	static const uint32_t sizes[] = { 1, 4095, 65537, 1U << 31, ~0U };
	int fd = fresh();
	size_t i, j;

	for (i = 0; i < 5; i++) {
		for (j = 0; j < 5; j++) {
			struct acq_config config = plain_config();

			config.ring_bytes = rings[i];
			config.block_bytes = sizes[j];
			config.irq_us = ~0U;
			config.irq_frames = ~0U;
			config.count = ~0ULL;
			config.channel_mask = 1;
			CHECK_EQ(ioctl(fd, ACQ_IOC_TRY_CONFIG, &config), 0);
			CHECK(config.block_bytes >= PAGE_BYTES && config.block_bytes <= 4 << 20);
			CHECK(config.ring_bytes >= 4ULL * config.block_bytes);
			CHECK(config.ring_bytes <= 64ULL << 30);
			CHECK(config.block_used && config.block_used <= config.block_bytes);
			CHECK_EQ(config.block_used % config.frame_bytes, 0);
		}
	}
}

TEST(wrong_choices_are_einval)
{
	int fd = fresh(), i;
	struct acq_config bad[16];
	int n = 0;

	for (i = 0; i < 16; i++)
		bad[i] = plain_config();
	bad[n++].flags = 1;
	bad[n++].reserved0 = 1;
	bad[n++].reserved = 1;
	bad[n++].format = ACQ_FORMAT_U32 + 1;
	bad[n++].trigger = ACQ_TRIGGER_EXTERNAL + 1;
	bad[n++].trigger_edge = ACQ_EDGE_FALLING + 1;
	bad[n++].pattern = ACQ_PATTERN_PRBS + 1;
	bad[n++].transfer = ~0U;
	bad[n++].channel_mask = 1ULL << 63;
	bad[n++].pretrigger = 5;	/* without a trigger */
	bad[n].trigger = ACQ_TRIGGER_LEVEL;
	bad[n++].trigger_channel = 1000;
	bad[n].trigger = ACQ_TRIGGER_LEVEL;
	bad[n].channel_mask = 1;
	bad[n++].trigger_channel = 1;	/* not acquired */
	for (i = 0; i < n; i++) {
		struct acq_config before = config_of(fd), after;

		CHECK_ERR(ioctl(fd, ACQ_IOC_TRY_CONFIG, &bad[i]), EINVAL);
		CHECK_ERR(ioctl(fd, ACQ_IOC_SET_CONFIG, &bad[i]), EINVAL);
		after = config_of(fd);
		CHECK_EQ(memcmp(&before, &after, sizeof(before)), 0);
	}
}

TEST(reader_options_are_checked)
{
	struct acq_reader_config reader = {};
	int fd = fresh();

	reader.flags = 1U << 31;
	CHECK_ERR(ioctl(fd, ACQ_IOC_SET_READER, &reader), EINVAL);
	/* This card has none. */
	reader.flags = ACQ_READER_PACKETS;
	CHECK_ERR(ioctl(fd, ACQ_IOC_SET_READER, &reader), EINVAL);
	reader.flags = 0;
	reader.reserved[1] = 1;
	CHECK_ERR(ioctl(fd, ACQ_IOC_SET_READER, &reader), EINVAL);
	/* Nobody writes to an input. */
	reader = (struct acq_reader_config){ .start_bytes = 4 };
	CHECK_ERR(ioctl(fd, ACQ_IOC_SET_READER, &reader), EINVAL);
	reader = (struct acq_reader_config){ .flags = ACQ_READER_MONITOR, .watermark = 12345 };
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &reader), 0);
	memset(&reader, 0xff, sizeof(reader));
	CHECK_EQ(ioctl(fd, ACQ_IOC_GET_READER, &reader), 0);
	CHECK_EQ(reader.flags, ACQ_READER_MONITOR);
	CHECK_EQ(reader.watermark, 12345);
	CHECK_EQ(reader.reserved[0] | reader.reserved[1] | reader.start_bytes, 0);
}

TEST(bad_pointers_are_efault)
{
	static const unsigned int calls[] = {
		ACQ_IOC_INFO, ACQ_IOC_GET_CONFIG, ACQ_IOC_TRY_CONFIG, ACQ_IOC_SET_CONFIG,
		ACQ_IOC_STATUS, ACQ_IOC_GAP, ACQ_IOC_GET_READER, ACQ_IOC_SET_READER,
		ACQ_IOC_READER_STATS, ACQ_IOC_ADVANCE, ACQ_IOC_EXPORT, ACQ_IOC_MAP,
	};
	int fd = fresh();
	size_t i;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		CHECK_ERR(ioctl(fd, calls[i], NULL), EFAULT);
		CHECK_ERR(ioctl(fd, calls[i], (void *)1), EFAULT);
	}
}

TEST(unknown_calls_are_enotty)
{
	int fd = fresh();
	unsigned int nr;

	for (nr = 0x0f; nr < 0x100; nr++)
		CHECK_ERR(ioctl(fd, _IO(ACQ_IOC_MAGIC, nr)), ENOTTY);
	/* The right number with another size is another call. */
	CHECK_ERR(ioctl(fd, _IOR(ACQ_IOC_MAGIC, 0, int), NULL), ENOTTY);
}

TEST(configuration_stands_while_it_runs)
{
	struct acq_config config = plain_config();
	char buf[64];
	int fd = fresh();

	CHECK(read(fd, buf, sizeof(buf)) > 0);
	CHECK_ERR(ioctl(fd, ACQ_IOC_SET_CONFIG, &config), EBUSY);
	CHECK_EQ(ioctl(fd, ACQ_IOC_TRY_CONFIG, &config), 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_CONFIG, &config), 0);
}

TEST(trigger_without_a_run_is_refused)
{
	int fd = fresh();

	CHECK_ERR(ioctl(fd, ACQ_IOC_TRIGGER), ENODATA);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	CHECK_ERR(ioctl(fd, ACQ_IOC_TRIGGER), EINVAL);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
}

TEST(no_gap_is_all_zero)
{
	struct acq_gap gap, zero = {};
	int fd = fresh();

	gap = gap_of(fd);
	CHECK_EQ(memcmp(&gap, &zero, sizeof(gap)), 0);
}

HARNESS_MAIN
