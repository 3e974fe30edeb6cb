// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: card="$ramp --wait --output" memory=1024 cpu=max,-erms,-fsrm kernels=6.12 \
 *          plugin=$BUILD/tests/insn-plugin.so add=$BUILD/bare-6.12/bare.ko:/lib/bare.ko
 */
/*
 * What writing costs, in instructions of the machine, beside a bare copy and beside reading:
 * ratios of one run. See economy.c; the whole picture is "make bench".
 */
#include "play.h"

#include "../bench/cost.h"

#define IN		"/dev/acqdev"
#define RING		(16 << 20)
#define BIG		COST_BYTES

static struct acq_config big_ring(void)
{
	struct acq_config config = output_config(0);

	config.block_bytes = BIG;
	config.ring_bytes = RING;
	return config;
}

/* It plays, and has so much that it is not about to run dry: two seconds at least of each run */
static int playing(void)
{
	struct acq_reader_config how = { .start_bytes = RING / 4 };
	int fd = open_output(big_ring(), O_RDWR, true);
	int i;

	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &how), 0);
	for (i = 0; i < RING / 4; i += BIG)
		CHECK_EQ(write(fd, cost_buf, BIG), BIG);
	WAIT_FOR(out_stat("played"));
	return fd;
}

static uint64_t commit_cost(uint32_t flags)
{
	struct acq_commit at = { .timeout_ns = ~0ULL };
	uint64_t least = UINT64_MAX;
	int fd = playing(), i, ret;
	struct acq_map map;

	CHECK_EQ(ioctl(fd, ACQ_IOC_MAP, &map), 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_COMMIT, &at), 0);
	CHECK_EQ(at.run, map.run);
	for (i = 0; i < COST_CALLS / 2; i++) {
		uint64_t block = at.block;

		CHECK(at.room >= BIG);
		at.flags = flags;
		at.bytes = BIG;
		COST(least, ret = ioctl(fd, ACQ_IOC_COMMIT, &at));
		CHECK_EQ(ret, 0);
		CHECK_EQ(at.bytes, BIG);
		CHECK_EQ(at.block, block + 1);
	}
	CHECK_EQ(ioctl(fd, ACQ_IOC_DROP), 0);
	return least;
}

static uint64_t advance_cost(uint32_t flags)
{
	struct acq_config config = big_ring();
	struct acq_advance at = { 0 };
	uint64_t least = UINT64_MAX;
	int fd = open(IN, O_RDWR | O_CLOEXEC), i, ret;
	struct acq_map map;

	CHECK(fd >= 0);
	fds[nfds++] = fd;
	config.rate_millihz = 28224000000;
	config.count = COST_CALLS * BIG / FRAME;
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_CONFIG, &config), 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	WAIT_FOR(status_of(fd).state == ACQ_STATE_IDLE);
	CHECK_EQ(ioctl(fd, ACQ_IOC_MAP, &map), 0);
	at.run = map.run;
	CHECK_EQ(ioctl(fd, ACQ_IOC_ADVANCE, &at), 0);
	for (i = 1; i < COST_CALLS; i++) {
		at.position += BIG;
		at.flags = flags;
		at.timeout_ns = ~0ULL;
		COST(least, ret = ioctl(fd, ACQ_IOC_ADVANCE, &at));
		CHECK_EQ(ret, 0);
		CHECK_EQ(at.position, (uint64_t)i * BIG);
	}
	return least;
}

TEST(write_is_a_copy_and_little_else)
{
	uint64_t copy = cost_of_copy(O_WRONLY), cost;
	int fd = playing();

	CHECK(insn_ask(&cost_before, INSN_READ));
	cost = cost_of_file(fd, O_WRONLY);
	CHECK_EQ(ioctl(fd, ACQ_IOC_DROP), 0);
	printf("# 64 KiB: a bare copy is %llu instructions, write() %llu: %.1f %% more\n",
	       (unsigned long long)copy, (unsigned long long)cost, 100.0 * cost / copy - 100);
	/* Each eight bytes are one. */
	CHECK(copy > BIG / 8 && cost > BIG / 8);
	CHECK(cost * 10 <= copy * 11);
}

TEST(a_commit_is_no_dearer_than_an_advance)
{
	uint64_t advance = advance_cost(0), advance_wait = advance_cost(ACQ_ADVANCE_WAIT);
	uint64_t commit = commit_cost(0), commit_wait = commit_cost(ACQ_COMMIT_WAIT);

	printf("# a block of 64 KiB: an advance is %llu instructions, a commit %llu; waiting %llu and %llu\n",
	       (unsigned long long)advance, (unsigned long long)commit,
	       (unsigned long long)advance_wait, (unsigned long long)commit_wait);
	CHECK(commit <= advance);
	/* Where there is room, waiting for it costs nothing. */
	CHECK(commit_wait <= advance_wait);
}

HARNESS_MAIN
