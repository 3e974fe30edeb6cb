// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: odd disks kernels=6.1,7,debug
 * acqtest: ramp numa memory=1024 kernels=6.12
 * acqtest: losing disks program=rings-xdma kernels=7
 * acqtest: litepcie disks program=rings-litepcie kernels=7
 */
/* Small rings and large ones, and what happens when memory is short or in pieces. */
#include "guest.h"

#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define FAILURES	"/sys/kernel/debug/fail_page_alloc/"

static char buf[1 << 20];

static long long proc_value(const char *file, const char *key)
{
	char line[200];
	long long value = -1;
	FILE *in = fopen(file, "r");

	CHECK(in);
	while (fgets(line, sizeof(line), in)) {
		if (!strncmp(line, key, strlen(key)))
			value = atoll(line + strlen(key) + 1);
	}
	fclose(in);
	CHECK(value >= 0);
	return value;
}

static long long available_kb(void)
{
	return proc_value("/proc/meminfo", "MemAvailable:");
}

static const struct acq_meta *map_meta(int fd, struct acq_map *map)
{
	void *base;

	CHECK_EQ(ioctl(fd, ACQ_IOC_MAP, map), 0);
	base = mmap(NULL, map->bytes, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(base != MAP_FAILED);
	return base;
}

TEST(the_smallest_ring_streams)
{
	struct acq_config config = plain_config();
	int fd = fresh();

	config.ring_bytes = 1;
	config.block_bytes = 1;
	configure(fd, config);
	config = config_of(fd);
	CHECK_EQ(config.block_bytes, PAGE_BYTES);
	CHECK_EQ(config.ring_bytes, 4 * PAGE_BYTES);
	read_all(fd, buf, 100000);
	CHECK(is_ramp(buf, 100000, 0));
}

TEST(sixtyfour_kib_stream)
{
	struct acq_config config = plain_config();
	int fd = fresh();

	config.ring_bytes = 64 << 10;
	configure(fd, config);
	CHECK_EQ(config_of(fd).ring_bytes, 64 << 10);
	read_all(fd, buf, 300000);
	CHECK(is_ramp(buf, 300000, 0));
}

TEST(blocks_of_four_mebibytes_stream)
{
	struct acq_config config = plain_config();
	const struct acq_meta *meta;
	struct acq_map map;
	int fd = fresh(), i;

	config.block_bytes = 4 << 20;
	config.ring_bytes = 64 << 20;
	configure(fd, config);
	CHECK_EQ(config_of(fd).block_bytes, 4 << 20);
	card("speed 50");
	meta = map_meta(fd, &map);
	CHECK_EQ(meta->slots, 16);
	for (i = 0; i < 12; i++) {
		read_all(fd, buf, sizeof(buf));
		CHECK(is_ramp(buf, sizeof(buf), (uint64_t)i * sizeof(buf) / FRAME));
	}
	CHECK(meta->done >= 2 || status_of(fd).gaps);
	munmap((void *)meta, map.bytes);
}

TEST(gigabytes_stream)
{
	struct acq_config config = plain_config();
	const uint64_t bytes = 1ULL << 30;
	const struct acq_meta *meta;
	struct acq_map map;
	const char *data;
	uint64_t at;
	int fd = fresh();

	if (available_kb() < (long long)(bytes >> 10) * 3 / 2)
		SKIP("this machine has %lld MiB", available_kb() >> 10);
	config.block_bytes = 4 << 20;
	config.ring_bytes = bytes;
	configure(fd, config);
	CHECK_EQ(config_of(fd).ring_bytes, bytes);
	/* Before a block is full, XDMA does not tell of it. */
	card("speed 50");
	meta = map_meta(fd, &map);
	CHECK_EQ(meta->data_bytes, bytes);
	data = (const char *)meta + meta->data_offset;
	read_all(fd, buf, sizeof(buf));
	CHECK(is_ramp(data, 100000, 0));
	/* Nobody's secrets are where no sample is yet. */
	for (at = bytes / 2; at < bytes; at += 1 << 20)
		CHECK_EQ(data[at], 0);
	munmap((void *)meta, map.bytes);
}

/* What all rings may have together, KiB; 0: the default. Returns what it was. */
static uint64_t set_total(uint64_t kb)
{
	const char *name = "/sys/module/acqdev/parameters/ring_total_kb";
	unsigned long long before;
	FILE *file = fopen(name, "r+");

	CHECK(file);
	CHECK_EQ(fscanf(file, "%llu", &before), 1);
	rewind(file);
	CHECK(fprintf(file, "%llu", (unsigned long long)kb) > 0);
	CHECK_EQ(fclose(file), 0);
	return before;
}

static bool logged(const char *text)
{
	static char log[65536];
	int n = klogctl(3, log, sizeof(log) - 1);

	CHECK(n > 0);
	log[n] = '\0';
	return strstr(log, text);
}

/* The rings of all streams count, and those that only a mapping holds. */
TEST(all_rings_together_have_a_limit)
{
	struct acq_config config = plain_config();
	const struct acq_meta *meta;
	struct acq_map map;
	int fd;

	if (over_xdma())
		SKIP("an engine without data keeps a ring until the next run");
	fd = fresh();
	CHECK_EQ(set_total(3 << 10), 0);
	config.block_bytes = 64 << 10;
	config.ring_bytes = 4 << 20;
	configure(fd, config);
	CHECK_ERR(read(fd, buf, 4096), ENOSPC);
	CHECK(logged("ring_total_kb"));
	config.ring_bytes = 2 << 20;
	configure(fd, config);
	meta = map_meta(fd, &map);
	read_all(fd, buf, 100000);
	/* Room for one such ring, which the mapping has. */
	close_node(fd);
	fd = fresh();
	configure(fd, config);
	CHECK_ERR(read(fd, buf, 4096), ENOSPC);
	config.ring_bytes = 512 << 10;
	configure(fd, config);
	read_all(fd, buf, 100000);
	CHECK(is_ramp(buf, 100000, 0));
	/* With the mapping goes the ring. */
	munmap((void *)meta, map.bytes);
	close_node(fd);
	fd = fresh();
	config.ring_bytes = 2 << 20;
	configure(fd, config);
	read_all(fd, buf, 100000);
	close_node(fd);
	CHECK_EQ(set_total(0), 3 << 10);
}

TEST(too_large_a_ring_is_refused_and_nobody_killed)
{
	struct acq_config config = plain_config();
	long long kills = proc_value("/proc/vmstat", "oom_kill");
	int fd = fresh();

	/* Instead of a large ring that an engine without data has kept: that counts as used. */
	read_all(fd, buf, FRAME);
	close_node(fd);
	fd = fresh();
	set_total(1ULL << 40);
	/* More than there is, and a bit less than there is: neither may go through. */
	config.block_bytes = 64 << 10;
	config.ring_bytes = 1;
	while (config.ring_bytes >> 10 < (uint64_t)available_kb())
		config.ring_bytes *= 2;
	configure(fd, config);
	if (config_of(fd).ring_bytes >> 10 < (uint64_t)available_kb()) {
		config.block_bytes = 4 << 20;
		configure(fd, config);
	}
	CHECK(config_of(fd).ring_bytes >> 10 >= (uint64_t)available_kb());
	CHECK_ERR(ioctl(fd, ACQ_IOC_START), ENOMEM);
	CHECK_ERR(read(fd, buf, 4096), ENOMEM);
	CHECK(poll_wait(fd) & POLLERR);
	CHECK(logged("no memory for a ring of"));
	CHECK_EQ(proc_value("/proc/vmstat", "oom_kill"), kills);
	set_total(0);
	/* And it streams with a smaller one. */
	configure(fd, plain_config());
	read_all(fd, buf, 100000);
	CHECK(is_ramp(buf, 100000, 0));
}

static bool put(const char *name, const char *value)
{
	char path[100];
	bool good;
	int fd;

	snprintf(path, sizeof(path), FAILURES "%s", name);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return false;
	good = write(fd, value, strlen(value)) == (ssize_t)strlen(value);
	close(fd);
	return good;
}

/* The debug kernel refuses what is larger than a page: as memory in pieces does. */
TEST(memory_in_pieces_makes_smaller_blocks)
{
	struct acq_config config = plain_config();
	const struct acq_meta *meta;
	struct acq_map map;
	int fd = fresh();

	config.block_bytes = 64 << 10;
	config.ring_bytes = 1 << 20;
	configure(fd, config);
	if (!put("min-order", "2"))
		SKIP("this kernel cannot make allocations fail");
	put("ignore-gfp-wait", "N");
	put("task-filter", "N");
	put("verbose", "0");
	put("times", "-1");
	put("probability", "100");
	if (ioctl(fd, ACQ_IOC_MAP, &map)) {
		put("probability", "0");
		CHECK(!"started");
	}
	put("probability", "0");
	meta = mmap(NULL, map.bytes, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(meta != MAP_FAILED);
	printf("# blocks of %u bytes\n", meta->block_bytes);
	CHECK_EQ(meta->block_bytes, 2 * PAGE_BYTES);
	CHECK_EQ(meta->data_bytes, 1 << 20);
	/* What was asked for stands: the next run tries again. */
	CHECK_EQ(config_of(fd).block_bytes, 64 << 10);
	read_all(fd, buf, 300000);
	CHECK(is_ramp(buf, 300000, 0));
	munmap((void *)meta, map.bytes);
}

/* On which node are the pages of a mapping? */
TEST(the_ring_is_near_the_card)
{
	struct acq_info info;
	struct acq_map map;
	const struct acq_meta *meta;
	char path[100], text[20] = "";
	int fd = fresh(), in, want, status = -1, i;

	info = info_of(fd);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/numa_node", info.card);
	in = open(path, O_RDONLY);
	want = in >= 0 && read(in, text, sizeof(text) - 1) > 0 ? atoi(text) : -1;
	close(in);
	if (want < 1)
		SKIP("the card is on node %d", want);
	meta = map_meta(fd, &map);
	for (i = 0; i < 8; i++) {
		void *page = (char *)meta + meta->data_offset + i * meta->block_bytes;

		(void)*(volatile char *)page;
		CHECK_EQ(syscall(SYS_move_pages, 0, 1UL, &page, NULL, &status, 0), 0);
		CHECK_EQ(status, want);
	}
	munmap((void *)meta, map.bytes);
}

HARNESS_MAIN
