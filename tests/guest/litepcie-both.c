// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: litepcie takes=20 kernels=7
 * acqtest: litepcie iommu takes=20 kernels=debug
 */
/*
 * Both directions of a DMA channel of LitePCIe share a synchronizer, an interrupt and its
 * register of enables: what one does leaves the other alone. And both begin together.
 */
#include "litepcie.h"

#include <stdlib.h>
#include <sys/mman.h>

#define OUT	"/dev/acqdev1"
#define PPS	"/sys/module/acqdev/parameters/litepcie_pps"

static char buf[1 << 20];

static int output(void)
{
	struct acq_config config = plain_config();
	int fd = open(OUT, O_RDWR | O_CLOEXEC);

	CHECK(fd >= 0);
	fds[nfds++] = fd;
	config.pattern = ACQ_PATTERN_INPUT;
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_CONFIG, &config), 0);
	return fd;
}

static void play(int fd, size_t bytes)
{
	size_t done = 0;

	while (done < bytes) {
		ssize_t n = write(fd, buf + done, bytes - done);

		CHECK(n > 0);
		done += n;
	}
	CHECK_EQ(fsync(fd), 0);
}

TEST(output_comes_and_goes_while_an_input_runs)
{
	static char heard[20000];
	unsigned long long hash;
	uint64_t index = 0;
	int in = fresh(), i;

	for (i = 0; i < 8; i++) {
		int out = output();
		/* Also an odd number of frames: the last beat is filled up. */
		size_t bytes = 40000 + i * 4, pad;

		read_all(in, heard, sizeof(heard));
		CHECK(is_ramp(heard, sizeof(heard), index));
		index += sizeof(heard) / FRAME;
		noise(buf, i, bytes);
		hash = card_hash();
		play(out, bytes);
		hash = digest_more(hash, buf, bytes);
		for (pad = 0; pad < padding_of(bytes); pad += 4)
			hash = digest_more(hash, buf + bytes - 4, 4);
		WAIT_FOR(card_hash() == hash);
		close_node(out);
	}
	CHECK_EQ(card_stat("dropped"), 0);
}

TEST(input_comes_and_goes_while_an_output_plays)
{
	static char heard[20000];
	unsigned long long hash;
	int in = fresh(), out = output(), i;
	size_t bytes = 800000;
	pid_t pid;

	close_node(in);
	noise(buf, 77, bytes);
	hash = card_hash();
	hash = digest_more(hash, buf, bytes);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		size_t done = 0;
		ssize_t n = 0;

		while (done < bytes && (n = write(out, buf + done, bytes - done)) > 0)
			done += n;
		_exit(n < 0 || fsync(out));
	}
	for (i = 0; i < 8; i++) {
		in = node(O_RDWR);
		read_all(in, heard, sizeof(heard));
		CHECK(is_ramp(heard, sizeof(heard), 0));
		close_node(in);
	}
	CHECK_EQ(waitpid(pid, &i, 0), pid);
	CHECK_EQ(i, 0);
	WAIT_FOR(card_hash() == hash);
}

TEST(linked_both_begin_together)
{
	int in, out, i;
	struct acq_link_to to;

	for (i = 0; i < 3; i++) {
		in = fresh();
		out = output();
		to = (struct acq_link_to){ .fd = out };
		CHECK_EQ(ioctl(in, ACQ_IOC_LINK, &to), 0);
		noise(buf, i, 100000);
		/* By what was written, by a start, or by a read */
		CHECK_EQ(write(out, buf, i ? 4000 : 100000), i ? 4000 : 100000);
		if (i == 1)
			CHECK_EQ(ioctl(in, ACQ_IOC_START), 0);
		read_all(in, buf + 200000, 40000);
		CHECK(is_ramp(buf + 200000, 40000, 0));
		CHECK(status_of(in).flags & ACQ_STATUS_LINKED);
		CHECK(status_of(out).flags & ACQ_STATUS_LINKED);
		CHECK_EQ(card_stat("synced"), 1);
		CHECK_EQ(ioctl(in, ACQ_IOC_STOP), 0);
		CHECK_EQ(fsync(out), 0);
		to.fd = -1;
		CHECK_EQ(ioctl(in, ACQ_IOC_LINK, &to), 0);
		/* Neither runs: it is as it was found. */
		CHECK_EQ(card_stat("synced"), 0);
	}
}

TEST(memory_is_not_played_before_it_was_read)
{
	struct acq_config config = plain_config();
	unsigned long long hash;
	int in = fresh(), out;
	size_t bytes = 300000, done = 0;

	close_node(in);
	out = output();
	/* Told of each block at once, and room for it at once */
	config.pattern = ACQ_PATTERN_INPUT;
	config.ring_bytes = 8 * PAGE_BYTES;
	config.irq_us = 1;
	CHECK_EQ(ioctl(out, ACQ_IOC_SET_CONFIG, &config), 0);
	/* What it asks for comes nearly 2 ms later: what is written over it would be heard. */
	card("late 1800");
	noise(buf, 5, bytes);
	hash = card_hash();
	hash = digest_more(hash, buf, bytes);
	/* Without a pause, so that a block that is free too soon is written at once */
	CHECK_EQ(fcntl(out, F_SETFL, O_NONBLOCK), 0);
	while (done < bytes) {
		ssize_t n = write(out, buf + done, bytes - done);

		CHECK(n > 0 || errno == EAGAIN);
		done += n > 0 ? n : 0;
	}
	CHECK_EQ(fcntl(out, F_SETFL, 0), 0);
	CHECK_EQ(fsync(out), 0);
	card("late 0");
	WAIT_FOR(card_hash() == hash);
}

/* A block that is not full may end in the midst of a beat: what follows is right behind it. */
TEST(odd_blocks_join)
{
	unsigned long long hash;
	int in = fresh(), out, i;
	size_t done = 0, part;

	close_node(in);
	out = output();
	noise(buf, 9, 60000);
	hash = card_hash();
	for (i = 0; done < 60000; i++) {
		part = 4 * (1 + i * 7 % 1500);
		if (part > 60000 - done)
			part = 60000 - done;
		CHECK_EQ(write(out, buf + done, part), (ssize_t)part);
		done += part;
		/* So that it runs short, and gets what there is */
		nap(i % 3 * 10);
	}
	CHECK_EQ(fsync(out), 0);
	hash = digest_more(hash, buf, 60000);
	WAIT_FOR(card_hash() == hash);
}

TEST(starts_at_the_second)
{
	const struct acq_meta *meta;
	const struct acq_block *block;
	struct acq_map map;
	int fd, i;
	void *ring;

	write_file(PPS, "1");
	for (i = 0; i < 3; i++) {
		fd = fresh();
		read_all(fd, buf, 40000);
		CHECK(is_ramp(buf, 40000, 0));
		CHECK_EQ(ioctl(fd, ACQ_IOC_MAP, &map), 0);
		ring = mmap(NULL, map.bytes, PROT_READ, MAP_SHARED, fd, 0);
		CHECK(ring != MAP_FAILED);
		meta = ring;
		block = (const void *)((const char *)ring + meta->table_offset);
		/* Block 0 is there still: the first sample is that of the pulse. */
		CHECK_EQ(block->number, 0);
		CHECK_EQ(block->card_time % 1000000000, 0);
		munmap(ring, map.bytes);
		close_node(fd);
	}
	write_file(PPS, "0");
}

HARNESS_MAIN
