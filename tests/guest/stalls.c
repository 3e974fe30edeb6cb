// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp kernels=6.1,7,debug soak
 * acqtest: ramp program=stalls-fifo kernels=6.12 soak
 * acqtest: losing program=stalls-xdma kernels=7 soak
 * acqtest: litepcie program=stalls-litepcie kernels=7 soak
 * acqtest: rtl program=stalls-rtl takes=12 kernels=6.12
 * acqtest: rtl-fifo program=stalls-fifo-rtl takes=6 kernels=6.12
 */
/*
 * Thousands of losses at random, of the card and of its readers: whatever happens,
 * what a reader got and what it was told it lost is what the card produced, and
 * each sample sits where it belongs.
 */
#include "guest.h"

#include <pthread.h>
#include <sys/mman.h>

/* Bytes of a frame: two of 32 bits, whose ramp does not repeat, if the card can do that */
#define WIDE	(narrow ? FRAME : 8)
#define ROUNDS	(over_fifo() ? 200 : is_slow() ? 800 : over_xdma() ? 1500 : 3000)

struct reader {
	const char *name;
	bool monitor, mapped, polls;
	bool begun;	/* @index is known */
	unsigned int seed;
	int fd;
	pthread_t thread;

	/* what it got */
	uint64_t index, got, lost, gaps, causes[ACQ_CAUSE_UNPLUG + 1];
	char wrong[200];
};

static bool stop_naps, narrow;

/* What makes a reader fail: the first thing is kept. */
#define WRONG(_r, ...)							\
	do {								\
		if (!(_r)->wrong[0])					\
			snprintf((_r)->wrong, sizeof((_r)->wrong), __VA_ARGS__); \
	} while (0)

static void take(struct reader *r, const void *data, size_t bytes, uint64_t index)
{
	const uint32_t *sample = data;
	size_t i;

	if (r->begun && index != r->index)
		WRONG(r, "index %llu, not %llu", (unsigned long long)index,
		      (unsigned long long)r->index);
	if (narrow && !is_ramp(data, bytes, index))
		WRONG(r, "it is not the ramp from index %llu", (unsigned long long)index);
	for (i = 0; i < bytes / 4 && !narrow; i++) {
		if (sample[i] != (uint32_t)(index * 2 + i)) {
			WRONG(r, "sample %zu from index %llu is %u", i,
			      (unsigned long long)index, sample[i]);
			break;
		}
	}
	r->begun = true;
	r->got += bytes / WIDE;
	r->index = index + bytes / WIDE;
}

static void take_gap(struct reader *r)
{
	struct acq_gap gap;

	if (ioctl(r->fd, ACQ_IOC_GAP, &gap))
		WRONG(r, "no gap: errno %d", errno);
	if (!r->begun)
		r->index = gap.index;
	r->begun = true;
	if (gap.index != r->index)
		WRONG(r, "gap at index %llu, not %llu", (unsigned long long)gap.index,
		      (unsigned long long)r->index);
	/* Whom the ring overtook has skipped positions, too. */
	if (!r->monitor && gap.position != r->got * WIDE)
		WRONG(r, "gap at position %llu, not %llu", (unsigned long long)gap.position,
		      (unsigned long long)r->got * WIDE);
	if (gap.count != ++r->gaps)
		WRONG(r, "gap number %llu, not %llu", (unsigned long long)gap.count,
		      (unsigned long long)r->gaps);
	if (!gap.lost || gap.cause == ACQ_CAUSE_NONE || gap.cause > ACQ_CAUSE_UNPLUG) {
		WRONG(r, "gap of %llu for cause %u", (unsigned long long)gap.lost, gap.cause);
		return;
	}
	r->lost += gap.lost;
	r->index += gap.lost;
	r->causes[gap.cause]++;
}

/* Now and then a reader has something else to do. */
static void dawdle(struct reader *r)
{
	if (!__atomic_load_n(&stop_naps, __ATOMIC_RELAXED) && rand_r(&r->seed) % 40 == 0)
		nap(rand_r(&r->seed) % 60);
}

/* The run begins where the trigger came: the card counts from before. */
static uint64_t status_index(int fd)
{
	struct acq_status status = {};

	ioctl(fd, ACQ_IOC_STATUS, &status);
	return status.index;
}

static void read_to_end(struct reader *r)
{
	static __thread uint32_t buf[16384];

	for (;;) {
		size_t want = WIDE * (1 + rand_r(&r->seed) % (sizeof(buf) / WIDE));
		struct pollfd p = { .fd = r->fd, .events = POLLIN };
		ssize_t n;

		dawdle(r);
		if (r->polls)
			poll(&p, 1, -1);
		n = read(r->fd, buf, want);
		if (n == 0)
			return;
		if (n > 0 && n % WIDE == 0) {
			if (!r->begun)
				r->index = status_index(r->fd) - n / WIDE;
			take(r, buf, n, r->index);
		} else if (n < 0 && errno == EPIPE) {
			take_gap(r);
		} else {
			WRONG(r, "read gives %zd, errno %d", n, errno);
			return;
		}
	}
}

static void step_to_end(struct reader *r)
{
	struct acq_advance at = { .timeout_ns = ~0ULL };
	const struct acq_meta *meta;
	struct acq_map map;
	const char *base;

	if (ioctl(r->fd, ACQ_IOC_MAP, &map)) {
		WRONG(r, "map: errno %d", errno);
		return;
	}
	base = mmap(NULL, map.bytes, PROT_READ, MAP_SHARED, r->fd, 0);
	if (base == MAP_FAILED) {
		WRONG(r, "mmap: errno %d", errno);
		return;
	}
	meta = (const void *)base;
	at.run = map.run;
	for (;;) {
		const struct acq_block *block;
		uint64_t gaps = at.gaps;
		uint32_t bytes;

		dawdle(r);
		at.flags = ACQ_ADVANCE_WAIT;
		if (ioctl(r->fd, ACQ_IOC_ADVANCE, &at)) {
			WRONG(r, "advance: errno %d", errno);
			break;
		}
		/* One step passes one block here, so one gap at most. */
		if (at.gaps != gaps)
			take_gap(r);
		if (at.flags & ACQ_ADVANCE_END)
			break;
		if (at.position == at.head)
			continue;
		/* The descriptor of a used-up block is not the one of the next. */
		block = (const void *)(base + meta->table_offset +
				       at.block % meta->slots * sizeof(*block));
		bytes = __atomic_load_n(&block->bytes, __ATOMIC_RELAXED) - at.offset;
		if (bytes > at.head - at.position)
			bytes = at.head - at.position;
		take(r, (const void *)(base + meta->data_offset +
				       at.block % meta->slots * meta->block_bytes + at.offset),
		     bytes, at.index);
		at.position += bytes;
	}
	munmap((void *)base, map.bytes);
}

static void *reader_main(void *arg)
{
	struct reader *r = arg;

	if (r->mapped)
		step_to_end(r);
	else
		read_to_end(r);
	return NULL;
}

TEST(received_and_lost_are_what_was_produced)
{
	struct reader readers[] = {
		{ .name = "holder" },
		{ .name = "polling holder", .polls = true },
		{ .name = "mapped holder", .mapped = true },
		{ .name = "monitor", .monitor = true },
		{ .name = "polling monitor", .monitor = true, .polls = true },
	};
	const int count = sizeof(readers) / sizeof(readers[0]);
	struct acq_config config = plain_config();
	struct acq_reader_config options = {};
	struct acq_status status;
	unsigned int seed = seed_of(20251);
	uint64_t frames, dropped;
	int fd = fresh(), i;

	need_losses();
	narrow = over_xdma() || !(info_of(fd).formats & 1 << ACQ_FORMAT_S32);
	config.format = narrow ? ACQ_FORMAT_S16 : ACQ_FORMAT_S32;
	config.ring_bytes = 64 << 10;
	config.irq_us = 1000;
	configure(fd, config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	/* Armed, so that all are there when the first sample comes */
	config.trigger = ACQ_TRIGGER_SOFTWARE;
	configure(fd, config);
	for (i = 0; i < count; i++) {
		readers[i].fd = node(O_RDONLY);
		readers[i].seed = seed_of(i + 1);
		options.flags = readers[i].monitor ? ACQ_READER_MONITOR : 0;
		CHECK_EQ(ioctl(readers[i].fd, ACQ_IOC_SET_READER, &options), 0);
		CHECK_EQ(poll_now(readers[i].fd), 0);
	}
	/* Polling has it started by a worker. */
	WAIT_FOR(status_of(fd).state == STATE_ARMED(fd));
	card("speed %d", over_fifo() ? 1 : 10);
	card("wait off");
	for (i = 0; i < count; i++)
		CHECK_EQ(pthread_create(&readers[i].thread, NULL, reader_main, &readers[i]), 0);
	trigger(fd);
	for (i = 0; i < ROUNDS; i++) {
		switch (rand_r(&seed) % 8) {
		case 0:
			card("stall on");
			card("stall off");
			break;
		case 1:
			nap(rand_r(&seed) % 5);
			break;
		default:
			card("overflow %d", 1 + rand_r(&seed) % (over_fifo() ? 20 : 300));
			/* There it goes on until the driver has emptied the FIFO. */
			if (over_fifo())
				nap(30);
		}
	}
	__atomic_store_n(&stop_naps, true, __ATOMIC_RELAXED);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	for (i = 0; i < count; i++)
		pthread_join(readers[i].thread, NULL);

	frames = frames_of_run(&dropped);
	status = status_of(fd);
	if (over_litepcie()) {
		/* All agree on what has got to a block. */
		check_run(status.frames, status.lost);
		frames = status.frames;
		dropped = status.lost;
	}
	printf("# %llu frames, %llu of them dropped by the card in %llu gaps\n",
	       (unsigned long long)frames, (unsigned long long)dropped,
	       (unsigned long long)status.gaps);
	for (i = 0; i < count; i++) {
		struct reader *r = &readers[i];

		printf("# %s: %llu frames, %llu lost in %llu gaps (%llu fifo, %llu ring, %llu overtaken)\n",
		       r->name, (unsigned long long)r->got, (unsigned long long)r->lost,
		       (unsigned long long)r->gaps,
		       (unsigned long long)r->causes[ACQ_CAUSE_CARD_FIFO],
		       (unsigned long long)r->causes[ACQ_CAUSE_RING_FULL],
		       (unsigned long long)r->causes[ACQ_CAUSE_OVERTAKEN]);
		if (r->wrong[0])
			printf("# %s: %s\n", r->name, r->wrong);
	}
	for (i = 0; i < count; i++) {
		struct reader *r = &readers[i];

		CHECK(!r->wrong[0]);
		CHECK_EQ(r->got + r->lost, frames);
		if (r->monitor)
			continue;
		/* A holder loses what the card lost, and nothing besides. */
		CHECK_EQ(r->lost, dropped);
		CHECK_EQ(r->gaps, status.gaps);
		CHECK_EQ(r->causes[ACQ_CAUSE_OVERTAKEN], 0);
	}
	CHECK_EQ(status.lost, dropped);
	CHECK(status.gaps >= (unsigned int)ROUNDS / 5);
}

HARNESS_MAIN
