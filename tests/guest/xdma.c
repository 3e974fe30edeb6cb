// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: xdma takes=50 kernels=7
 * acqtest: xdma takes=50 long kernels=6.1,rt,arm64,arm64-16k
 * acqtest: xdma-intx takes=50 kernels=6.12
 * acqtest: xdma-msi takes=50 kernels=6.12 long
 * acqtest: xdma-intx takes=50 long kernels=rt
 * acqtest: xdma-msi takes=50 long kernels=rt
 * acqtest: xdma bounce takes=40 long kernels=6.12
 * acqtest: xdma-intx iommu takes=50 kernels=debug
 */
/*
 * Streams of a card with XDMA. The first card has four that wait for the host and
 * whose ramp begins with each run (--c2h 4 --wait --begin run); the second sends
 * packets (PACKETS below).
 */
#include "xdma.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define STREAMS		4
/* H2C channels of the first card have nodes, too. */
#define PACKET_NODE	(access("/dev/acqdev6", F_OK) ? "/dev/acqdev4" : "/dev/acqdev6")
/* Shorter than a block of 4096, as long, and longer; odd numbers of frames */
static const uint32_t packets[] = { 4, 404, 4096, 12, 10004 };

static void sleep_a_second(void)
{
	CHECK_EQ(system(". /lib.sh && suspend 1"), 0);
}

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* The watchdog reads so many registers of a stream in @ms at most: three, four times a second */
static long long beats(long long ms)
{
	return 3 * (ms / 250 + 2);
}

TEST(the_ramp_comes_and_registers_are_read_by_the_watchdog_alone)
{
	long long reads, writes, done, begin;
	struct acq_info info;
	int fd = fresh();

	info = info_of(fd);
	CHECK_EQ(strcmp(info.family, "xdma"), 0);
	card("speed 200");
	read_ramp(fd, 0, 65536);
	reads = card_stat("reg_reads");
	writes = card_stat("reg_writes");
	done = card_stat("c2h0_descriptors");
	begin = now_ms();
	read_ramp(fd, 65536 / FRAME, 8 << 20);
	reads = card_stat("reg_reads") - reads;
	begin = now_ms() - begin;
	done = card_stat("c2h0_descriptors") - done;
	writes = card_stat("reg_writes") - writes;
	printf("# %lld blocks, %lld register writes, %lld reads, %llu interrupts\n", done, writes,
	       reads, (unsigned long long)status_of(fd).interrupts);
	if (!shares_interrupt())
		CHECK(reads <= beats(begin));
	/* Half a ring at a time at most: the watchdog alone would be too few. */
	CHECK(status_of(fd).interrupts > 10);
	CHECK_EQ(status_of(fd).gaps, 0);
	rules_are_kept();
}

TEST(a_stop_delivers_what_is_complete)
{
	long long bytes;
	uint64_t got;
	int fd = fresh();
	ssize_t n;

	bytes = card_stat("c2h0_bytes");
	card("speed 20");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	read_ramp(fd, 0, 40000);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	got = 10000;
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		CHECK(is_ramp(buf, n, got));
		got += n / FRAME;
	}
	CHECK_EQ(n, 0);
	/* The descriptor in hand was finished, and is here. */
	CHECK_EQ(got * FRAME, card_stat("c2h0_bytes") - bytes);
	CHECK_EQ(status_of(fd).frames, got);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_IDLE);
	CHECK_EQ(card_stat("c2h0_busy"), 0);
	rules_are_kept();
}

TEST(a_reader_that_stalls_loses_nothing)
{
	long long held;
	int fd = fresh(), turn;

	card("speed free");
	held = card_stat("c2h0_held");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	for (turn = 0; turn < 5; turn++) {
		WAIT_FOR(card_stat("c2h0_credits") == 0 && card_stat("c2h0_held") > held);
		nap(50);
		read_ramp(fd, turn * 50000, 200000);
		held = card_stat("c2h0_held") - 1;
	}
	CHECK_EQ(status_of(fd).gaps, 0);
	rules_are_kept();
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
}

/* More than an engine can count would be lost credits, and so blocks that it never gets. */
TEST(credits_are_no_more_than_an_engine_can_count)
{
	struct acq_config config = plain_config();
	uint64_t index = 0, begun;
	int fd = fresh(), turn, i;

	/* As many blocks as can be; frames of 12 bytes, so that old ones cannot pass for new */
	config.channel_mask = 0x3f;
	config.ring_bytes = 16 << 20;
	configure(fd, config);
	CHECK_EQ(config_of(fd).ring_bytes / config_of(fd).block_bytes, 1024);
	config.ring_bytes = 1024 * PAGE_BYTES;
	configure(fd, config);
	CHECK_EQ(config_of(fd).ring_bytes / config_of(fd).block_bytes, 1024);
	card("speed free");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	for (turn = 0; turn < 3; turn++) {
		/* Held for long: it stands still, and is asked now and then. */
		overrun(0);
		for (i = 0; i < 10; i++) {
			CHECK(card_stat("c2h0_credits") <= 1023);
			nap(100);
		}
		CHECK_EQ(card_stat("c2h0_credits"), 0);
		/* From the block on that has not been read to its end */
		begun = status_of(fd).position / config_of(fd).block_used;
		CHECK_EQ(status_of(fd).head, (begun + 1024) * config_of(fd).block_used);
		/* Less than all of it, all, and much more */
		read_ramp(fd, index, 12 * (turn + 1) * 150000);
		index += 3 * (turn + 1) * 150000;
	}
	CHECK_EQ(status_of(fd).gaps, 0);
	rules_are_kept();
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
}

TEST(much_sample_by_sample)
{
	struct acq_config config = plain_config();
	/* One kernel will do for more than a gigabyte. */
	size_t megabytes = !strcmp(getenv("ACQ_KERNEL"), "7") ? 1200 : is_slow() ? 30 : 120;
	int fd = fresh();

	/* Six samples a frame: blocks of 65472 bytes, of which old ones cannot pass for new */
	config.channel_mask = 0x3f;
	config.block_bytes = 65536;
	config.ring_bytes = 4 << 20;
	config.irq_us = 0;
	configure(fd, config);
	card("speed free");
	read_ramp(fd, 0, megabytes << 20);
	printf("# %llu interrupts, %u frames each\n", (unsigned long long)status_of(fd).interrupts,
	       status_of(fd).irq_frames);
	CHECK_EQ(status_of(fd).gaps, 0);
	rules_are_kept();
}

/* Let the source send one block at a time, and read it, so often: how long that takes. */
static double one_by_one(uint32_t irq_frames, int rounds)
{
	struct acq_config config = plain_config();
	struct timespec begin, end;
	int fd = fresh(), i;

	config.irq_frames = irq_frames;
	configure(fd, config);
	card("speed free");
	card("pause on");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (i = 0; i < rounds; i++) {
		/* Longer than it is looked for once */
		nap(10);
		card("pause %zu", PAGE_BYTES / FRAME);
		read_ramp(fd, i * PAGE_BYTES / FRAME, PAGE_BYTES);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	card("pause off");
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	return end.tv_sec - begin.tv_sec + (end.tv_nsec - begin.tv_nsec) / 1e9;
}

TEST(a_block_without_an_interrupt_is_looked_for)
{
	double each = one_by_one(0, 60), second = one_by_one(2 * PAGE_BYTES / FRAME, 60);

	/* By the watchdog, each would take a quarter of a second more. */
	printf("# %.2f s with an interrupt each, %.2f s with one for two\n", each, second);
	CHECK(second < 2 * each + 3);
}

static atomic_bool block_is_read;

static void *read_block(void *fd)
{
	block_is_read = read((intptr_t)fd, buf, PAGE_BYTES) == (ssize_t)PAGE_BYTES;
	return NULL;
}

/*
 * The watchdog has found nothing new and asks the card how it is: a block that comes
 * meanwhile is found behind that. No other comes for which its reader would be woken.
 */
TEST(a_block_that_comes_while_the_card_is_asked_wakes_its_reader)
{
	pthread_t thread;
	int fd = fresh(), i;

	card("speed free");
	card("pause on");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	for (i = 0; i < 5; i++) {
		block_is_read = false;
		CHECK_EQ(pthread_create(&thread, NULL, read_block, (void *)(intptr_t)fd), 0);
		nap(50);
		/* Both come to the card when it goes on: this, and the watchdog's question. */
		CHECK_EQ(system(". /lib.sh && must host stall 0 800"), 0);
		card("pause %zu", PAGE_BYTES / FRAME);
		WAIT_FOR(block_is_read);
		CHECK_EQ(pthread_join(thread, NULL), 0);
		CHECK(is_ramp(buf, PAGE_BYTES, i * PAGE_BYTES / FRAME));
	}
	card("pause off");
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
}

TEST(blocks_fit_any_frame)
{
	struct acq_config config = plain_config();
	uint32_t channels;
	int fd = fresh();

	for (channels = 1; channels <= 32; channels++) {
		config.channel_mask = (1ULL << channels) - 1;
		config.format = channels % (ACQ_FORMAT_U32 + 1);
		configure(fd, config);
		CHECK_EQ(config_of(fd).block_used % 64, 0);
		CHECK_EQ(config_of(fd).block_used % config_of(fd).frame_bytes, 0);
		CHECK(config_of(fd).block_used >= 2048);
	}
	/* 3 channels as the driver sees it: bytes are bytes */
	config = plain_config();
	config.channel_mask = 7;
	configure(fd, config);
	card("speed 50");
	read_all(fd, buf, 6 * 50000);
	CHECK(is_ramp(buf, 6 * 50000, 0));
	rules_are_kept();
}

/* A process that reads stream @i in a way of its own and checks the ramp */
static pid_t read_stream(int i, const char *mode, const char *frames)
{
	pid_t child = fork();
	char name[20];

	CHECK(child >= 0);
	if (child)
		return child;
	/* Started here, not before: each at its own begin */
	snprintf(name, sizeof(name), i ? "/dev/acqdev%d" : "/dev/acqdev", i);
	execl("/bin/acq", "acq", "read", name, "-q", "--config",
	      "format=s16,channels=0-1,block=4k,ring=64k", "--mode", mode, "-n", frames, "--verify",
	      "ramp", "--strict", "-o", "/dev/null", NULL);
	_exit(127);
}

static void ends_well(pid_t child)
{
	int status;

	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 0);
}

TEST(four_streams_at_once)
{
	long long reads;
	pid_t child[STREAMS];
	int i, fd = fresh();

	card("speed 50");
	for (i = 0; i < STREAMS; i++)
		child[i] = read_stream(i, "read", is_slow() ? "1000000" : "6000000");
	WAIT_FOR(card_stat("c2h0_bytes") && card_stat("c2h3_bytes"));
	nap(200);
	reads = card_stat("reg_reads");
	nap(500);
	printf("# %lld register reads in between\n", card_stat("reg_reads") - reads);
	for (i = 0; i < STREAMS; i++)
		ends_well(child[i]);
	CHECK_EQ(status_of(fd).gaps, 0);
}

TEST(a_stuck_reader_holds_its_own_stream_alone)
{
	static const char *const modes[STREAMS] = { "read", "poll", "mmap", "uring" };
	pid_t child[STREAMS];
	long long before;
	int i, stuck;
	char key[20];

	for (stuck = 0; stuck < STREAMS; stuck++) {
		fresh();
		card("speed 20");
		snprintf(key, sizeof(key), "c2h%d_runs", stuck);
		before = card_stat(key);
		/* Nothing comes on that one before its reader has stopped. */
		card("pause on %d", stuck);
		for (i = 0; i < STREAMS; i++)
			child[i] = read_stream(i, modes[i], is_slow() ? "300000" : "1000000");
		WAIT_FOR(card_stat(key) > before);
		CHECK_EQ(kill(child[stuck], SIGSTOP), 0);
		card("pause off %d", stuck);
		for (i = 0; i < STREAMS; i++) {
			if (i != stuck)
				ends_well(child[i]);
		}
		/* It has stood still, with all that it can hold. */
		snprintf(key, sizeof(key), "c2h%d_frames", stuck);
		before = card_stat(key);
		CHECK(before < 300000);
		WAIT_FOR(before == card_stat(key) || (before = card_stat(key), false));
		CHECK_EQ(waitpid(child[stuck], NULL, WNOHANG), 0);
		CHECK_EQ(kill(child[stuck], SIGCONT), 0);
		ends_well(child[stuck]);
	}
}

/* One interrupt for several streams is for those alone that have called. */
TEST(a_stopped_stream_is_not_called_for_others)
{
	uint64_t before, others = 0;
	int fd = fresh(), second, turn;

	card("speed 50");
	for (turn = 0; turn < 30; turn++) {
		second = open("/dev/acqdev1", O_RDWR | O_CLOEXEC);
		CHECK(second >= 0);
		configure(second, plain_config());
		read_ramp(second, 0, 40000);
		/* In the midst of it */
		close(second);
		second = open("/dev/acqdev1", O_RDWR | O_CLOEXEC);
		CHECK(second >= 0);
		before = status_of(second).interrupts;
		others -= status_of(fd).interrupts;
		read_all(fd, buf, 400000);
		others += status_of(fd).interrupts;
		before = status_of(second).interrupts - before;
		close(second);
		if (before > 1)
			printf("# called %llu times in turn %d\n",
			       (unsigned long long)before, turn);
		/* Two may have been on their way: one that waited for the lock, one behind it. */
		CHECK(before <= 2);
	}
	printf("# %llu interrupts for the other\n", (unsigned long long)others);
	CHECK(others > 100);
}

static void is_a_gap(void (*disturb)(void), uint32_t cause)
{
	uint64_t index = 0;
	struct acq_gap gap;
	int fd = fresh();
	ssize_t n;

	card("speed 5");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	read_ramp(fd, 0, 40000);
	index = 10000;
	disturb();
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		CHECK(is_ramp(buf, n, index));
		index += n / FRAME;
	}
	CHECK_EQ(n, -1);
	CHECK_EQ(errno, EPIPE);
	gap = gap_of(fd);
	CHECK_EQ(gap.cause, cause);
	CHECK_EQ(gap.index, index);
	CHECK(gap.lost > 0);
	/* The card's logic has been reset, too. */
	read_ramp(fd, 0, 200000);
	CHECK_EQ(status_of(fd).gaps, 1);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
}

TEST(reset_of_the_function_is_a_gap)
{
	is_a_gap(reset_function, ACQ_CAUSE_RESET);
}

TEST(sleep_is_a_gap)
{
	if (!access("/sys/class/iommu/dmar0", F_OK))
		SKIP("the emulated IOMMU has forgotten all mappings after a sleep");
	is_a_gap(sleep_a_second, ACQ_CAUSE_SUSPEND);
}

/*
 * Packets of STEP, 2 STEP, ... up to MAX bytes, each of which begins with a block:
 * all ends of blocks and packets are where the card has put them.
 */
static void walk(uint32_t block_bytes, uint32_t step, uint32_t max)
{
	const uint32_t count = max / step;
	const uint64_t total = (uint64_t)count * (count + 1) / 2 * step;
	struct acq_advance at = { .timeout_ns = ~0ULL };
	unsigned int packet = 1, within = 0, whole = 0, expected = 0;
	struct acq_config config = plain_config();
	uint64_t left = step, seq = 0;
	const struct acq_meta *meta;
	struct acq_map map;
	int fd = fresh();
	const char *base;
	uint32_t i;

	config.block_bytes = block_bytes;
	config.ring_bytes = 16 * block_bytes;
	configure(fd, config);
	card("packets steps:%u:%u", step, max);
	card("speed free");
	CHECK_EQ(ioctl(fd, ACQ_IOC_MAP, &map), 0);
	base = mmap(NULL, map.bytes, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(base != MAP_FAILED);
	meta = (const void *)base;
	at.run = map.run;
	while (at.position < total) {
		at.flags = ACQ_ADVANCE_WAIT;
		CHECK_EQ(ioctl(fd, ACQ_IOC_ADVANCE, &at), 0);
		CHECK_EQ(at.gaps, 0);
		while (at.position < total &&
		       seq < __atomic_load_n(&meta->done, __ATOMIC_ACQUIRE)) {
			uint32_t slot = seq % meta->slots;
			const struct acq_block *block =
				(const void *)(base + meta->table_offset + slot * sizeof(*block));
			uint32_t want = left < block_bytes ? left : block_bytes;
			bool ends = want == left;

			/* What is done is behind the head. */
			CHECK(__atomic_load_n(&meta->head, __ATOMIC_ACQUIRE) >= at.position + want);
			CHECK_EQ(block->number, seq);
			CHECK_EQ(block->position, at.position);
			CHECK_EQ(block->index, at.position / FRAME);
			CHECK_EQ(block->bytes, want);
			CHECK_EQ(block->flags, ACQ_BLOCK_COMPLETE | (ends ? ACQ_BLOCK_EOP : 0));
			CHECK(is_ramp(base + meta->data_offset + slot * meta->block_bytes, want,
				      block->index));
			at.position += want;
			seq++;
			left -= want;
			if (left)
				continue;
			within += want < block_bytes;
			whole += want == block_bytes;
			left = ++packet * step;
		}
	}
	munmap((void *)base, map.bytes);
	for (i = 1; i <= count; i++)
		expected += i * step % block_bytes == 0;
	printf("# blocks of %u bytes: %u packets end within one, %u with its last byte\n",
	       block_bytes, within, whole);
	CHECK_EQ(within + whole, count);
	CHECK_EQ(whole, expected);
	CHECK_EQ(status_of(fd).gaps, 0);
	rules_are_kept();
}

TEST(packets_end_at_each_frame_of_a_page)
{
	/* at each fourth where a page is four times as large: as many packets */
	walk(PAGE_BYTES, PAGE_BYTES / 1024, 2 * PAGE_BYTES + 8);
}

TEST(packets_end_anywhere_in_larger_blocks)
{
	walk(2 * PAGE_BYTES, 3 * PAGE_BYTES / 1024, 4 * PAGE_BYTES + 4);
	walk(65536, 1028, 3 * 65536);
	walk(65536, 4096, 2 * 65536);
}

/* The second card */

static int packet_node(void)
{
	struct acq_config config = plain_config();
	int fd = open(PACKET_NODE, O_RDWR | O_CLOEXEC);

	/* A mapped reader that does not go on is to see many. */
	config.ring_bytes = 256 << 10;
	CHECK(fd >= 0);
	fds[nfds++] = fd;
	configure(fd, config);
	return fd;
}

TEST(packets_end_blocks_and_are_marked)
{
	const struct acq_meta *meta;
	unsigned int packet = 0, eops = 0;
	uint64_t seq, left = packets[0];
	const char *base;
	struct acq_map map;
	int fd;

	fresh();
	fd = packet_node();
	CHECK_EQ(ioctl(fd, ACQ_IOC_MAP, &map), 0);
	base = mmap(NULL, map.bytes, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(base != MAP_FAILED);
	meta = (const void *)base;
	/* The mapped reader holds what it has not advanced over: nothing is overwritten. */
	WAIT_FOR(__atomic_load_n(&meta->done, __ATOMIC_ACQUIRE) >= 30);
	for (seq = 0; seq < 30; seq++) {
		const struct acq_block *block = (const void *)(base + meta->table_offset +
							       seq % meta->slots * sizeof(*block));
		uint32_t want = left < 4096 ? left : 4096;
		bool ends = want == left;

		CHECK_EQ(block->number, seq);
		CHECK_EQ(block->bytes, want);
		CHECK_EQ(block->flags, ACQ_BLOCK_COMPLETE | (ends ? ACQ_BLOCK_EOP : 0));
		CHECK(is_ramp(base + meta->data_offset + seq % meta->slots * meta->block_bytes,
			      want, block->index));
		left -= want;
		eops += ends;
		if (!left)
			left = packets[++packet % 5];
	}
	CHECK(eops > 15);
	munmap((void *)base, map.bytes);
}

TEST(packets_are_a_stream_to_read)
{
	int fd;

	fresh();
	fd = packet_node();
	read_ramp(fd, 0, 400000);
	CHECK_EQ(status_of(fd).gaps, 0);
}

TEST(packets_of_broken_frames_fail)
{
	struct acq_config config = plain_config();
	ssize_t n;
	int fd;

	fresh();
	fd = packet_node();
	config.channel_mask = 7;
	configure(fd, config);
	mark("xdma test: broken frames");
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		;
	CHECK_EQ(n, -1);
	CHECK_EQ(errno, EIO);
	CHECK(told("xdma test: broken frames", "a packet ends within a frame of 6 bytes"));
}

HARNESS_MAIN
