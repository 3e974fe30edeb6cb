// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: card="$ramp --wait --output" memory=1024 cpu=max,-erms,-fsrm kernels=6.12 \
 *          plugin=$BUILD/tests/insn-plugin.so add=$BUILD/bare-6.12/bare.ko:/lib/bare.ko
 */
/*
 * What reading costs, in instructions of the machine as QEMU's plugin counts them
 * (tests/bench/insn-plugin.c): exact, so they can be held to limits on any host.
 * The whole picture is "make bench".
 */
#include "guest.h"

#include <pthread.h>
#include <sys/resource.h>

#include "../bench/cost.h"

#define RING		(16 << 20)
#define BIG		COST_BYTES

/* A ring that a finished run has filled, and who reads it from its begin */
static int full_ring(uint32_t block)
{
	struct acq_config config = plain_config();
	int fd = fresh();

	config.rate_millihz = 28224000000;
	config.count = RING / FRAME;
	config.block_bytes = block;
	config.ring_bytes = RING;
	config.irq_us = 0;
	configure(fd, config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	WAIT_FOR(status_of(fd).state == ACQ_STATE_IDLE);
	CHECK_EQ(status_of(fd).head, RING);
	return fd;
}

/* Instructions of one call that goes on by @step bytes over blocks of @block */
static uint64_t mapped_cost(uint32_t block, uint32_t step)
{
	struct acq_advance at = { 0 };
	uint64_t least = UINT64_MAX, first = UINT64_MAX;
	struct acq_map map;
	int fd = full_ring(block), i;

	CHECK_EQ(ioctl(fd, ACQ_IOC_MAP, &map), 0);
	at.run = map.run;
	for (i = 0; i < RING / (int)step && i < 64; i++) {
		/* The first call goes on by nothing. */
		uint64_t *cost = i ? &least : &first;
		int ret;

		at.flags = ACQ_ADVANCE_WAIT;
		at.timeout_ns = ~0ULL;
		COST(*cost, ret = ioctl(fd, ACQ_IOC_ADVANCE, &at));
		CHECK_EQ(ret, 0);
		CHECK_EQ(at.position, (uint64_t)i * step);
		CHECK_EQ(at.block, at.position / block);
		CHECK_EQ(at.offset, at.position % block);
		CHECK(at.head >= at.position + step);
		at.position += step;
	}
	return least;
}

TEST(instructions_are_counted)
{
	uint64_t least = UINT64_MAX;
	int i;

	CHECK(insn_ask(&cost_before, INSN_READ));
	for (i = 0; i < 20; i++)
		COST(least,
		     __asm__ volatile("mov $100000, %%ecx; 1: dec %%ecx; jnz 1b" : : : "ecx"));
	printf("# 200000 instructions are %llu\n", (unsigned long long)least);
	CHECK(least >= 200000 && least < 200100);
}

TEST(read_is_a_copy_and_little_else)
{
	uint64_t copy = cost_of_copy(O_RDONLY), cost = cost_of_file(full_ring(BIG), O_RDONLY);

	printf("# 64 KiB: a bare copy is %llu instructions, read() %llu: %.1f %%\n",
	       (unsigned long long)copy, (unsigned long long)cost, 100.0 * copy / cost);
	/* Each eight bytes are one; a read that were none would be too good to be true. */
	CHECK(copy > BIG / 8 && cost > BIG / 8);
	CHECK(copy * 100 >= cost * 90);
}

/*
 * A call for each block with @step 0, else for each @step bytes: within 10 %? A single
 * instruction for each of 256 blocks would be 16 %; the state of the kernel's timers, half that.
 */
static void mapped_costs_the_same(const uint32_t *blocks, unsigned int count, uint32_t step)
{
	uint64_t least = UINT64_MAX, most = 0;
	unsigned int i;

	for (i = 0; i < count; i++) {
		uint32_t bytes = step ? step : blocks[i];
		uint64_t cost = mapped_cost(blocks[i], bytes);

		printf("# %u bytes of mapped blocks of %u are %llu instructions\n", bytes,
		       blocks[i], (unsigned long long)cost);
		least = cost < least ? cost : least;
		most = cost > most ? cost : most;
	}
	CHECK(least > 0);
	CHECK(most * 100 <= least * 110);
}

TEST(mapped_blocks_cost_the_same_whatever_their_size)
{
	static const uint32_t blocks[] = { 4 << 10, 64 << 10, 1 << 20, 4 << 20 };

	mapped_costs_the_same(blocks, sizeof(blocks) / sizeof(*blocks), 0);
}

TEST(a_mapped_mebibyte_costs_the_same_however_many_blocks_it_is)
{
	static const uint32_t blocks[] = { 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20 };

	mapped_costs_the_same(blocks, sizeof(blocks) / sizeof(*blocks), 1 << 20);
}

static void *wait_for_samples(void *data)
{
	int fd = *(int *)data;

	return (void *)(intptr_t)read(fd, cost_buf, sizeof(cost_buf));
}

static uint64_t voluntary(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_nvcsw;
}

/* Instructions in the least busy of some seconds */
static uint64_t quiet_second(void)
{
	uint64_t least = UINT64_MAX;
	int i;

	for (i = 0; i < 4; i++)
		COST(least, nap(1000));
	return least;
}

TEST(idle_card_idle_cpu)
{
	struct acq_config config = plain_config();
	uint64_t closed, open_idle, armed, switches;
	struct acq_status was, is;
	pthread_t threads[16];
	int files[16], fd, i;

	close_all();
	fd = fresh();
	config.trigger = ACQ_TRIGGER_SOFTWARE;
	config.irq_us = 0;
	configure(fd, config);
	nap(2000);
	closed = quiet_second();

	for (i = 0; i < 16; i++)
		files[i] = node(O_RDONLY);
	was = status_of(fd);
	open_idle = quiet_second();
	is = status_of(fd);
	CHECK_EQ(is.state, ACQ_STATE_IDLE);
	CHECK_EQ(is.interrupts, was.interrupts);
	CHECK_EQ(is.wakeups, was.wakeups);

	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	for (i = 0; i < 16; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, wait_for_samples, &files[i]), 0);
	WAIT_FOR(status_of(fd).readers == 17);
	nap(200);
	was = status_of(fd);
	switches = voluntary();
	armed = quiet_second();
	switches = voluntary() - switches;
	is = status_of(fd);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	for (i = 0; i < 16; i++)
		pthread_join(threads[i], NULL);

	printf("# instructions in a second: %llu with nobody there, %llu with 16 files, %llu with 16 readers of an armed card\n",
	       (unsigned long long)closed, (unsigned long long)open_idle,
	       (unsigned long long)armed);
	CHECK_EQ(was.state, ACQ_STATE_ARMED);
	CHECK_EQ(is.interrupts, was.interrupts);
	CHECK_EQ(is.wakeups, was.wakeups);
	/* Those of this thread's own naps */
	CHECK(switches <= 5);
	/* A turn of the watchdog is some 25000, twice a second; a busy processor 100 million. */
	CHECK(open_idle <= closed + 250000);
	CHECK(armed <= closed + 250000);
}

HARNESS_MAIN
