// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp memory=1024 kernels=6.1,7,debug
 * acqtest: card="$ramp --addr-bits 40" append=swiotlb=force kernels=7
 * acqtest: card="$ramp --addr-bits 24" memory=512 kernels=6.1,7
 * acqtest: card="$ramp --addr-bits 28" memory=1024 kernels=6.12
 */
/*
 * Where a ring's memory comes from: what the machine can map, what the card reaches,
 * who pays for it, and how long a process waits for it that is being killed.
 */
#include "guest.h"

#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>

static char buf[1 << 16];

static bool logged(const char *text)
{
	static char log[65536];
	int n = klogctl(3, log, sizeof(log) - 1);

	CHECK(n > 0);
	log[n] = '\0';
	return strstr(log, text);
}

static bool is_booted_with(const char *what)
{
	char line[2000];
	int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, line, sizeof(line) - 1);

	CHECK(n > 0);
	close(fd);
	line[n] = '\0';
	return strstr(line, what);
}

/* As the driver has told the kernel */
static int address_bits(void)
{
	char path[100], text[20] = "";
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/dma_mask_bits", card_address());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	CHECK(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	return atoi(text);
}

static struct acq_config ring_of(uint64_t ring, uint32_t block)
{
	struct acq_config config = plain_config();

	config.ring_bytes = ring;
	config.block_bytes = block;
	return config;
}

/* Where buffers bounce, a large block cannot be mapped however much memory there is. */
TEST(what_is_accepted_can_be_had)
{
	struct acq_info info;
	struct acq_map map;
	int fd = fresh();
	uint32_t block;

	info = info_of(fd);
	printf("# blocks of up to %u KiB, %d address bits\n", info.block_max >> 10, address_bits());
	CHECK(info.ring_max <= (uint64_t)info.block_max * info.blocks_max);
	for (block = PAGE_BYTES; block <= 4 << 20; block *= 2) {
		const struct acq_meta *meta;
		struct acq_config config;

		fd = fresh();
		configure(fd, ring_of(4 << 20, block));
		config = config_of(fd);
		CHECK(config.block_bytes <= info.block_max);
		if (ioctl(fd, ACQ_IOC_MAP, &map)) {
			/* The zone for such cards has 16 MiB, in pieces. */
			CHECK(errno == ENOMEM && address_bits() < 32);
			continue;
		}
		meta = mmap(NULL, map.bytes, PROT_READ, MAP_SHARED, fd, 0);
		CHECK(meta != MAP_FAILED);
		if (address_bits() >= 32)
			CHECK_EQ(meta->block_bytes, config.block_bytes);
		munmap((void *)meta, map.bytes);
		read_all(fd, buf, sizeof(buf));
		CHECK(is_ramp(buf, sizeof(buf), 0));
	}
	if (is_booted_with("swiotlb=force"))
		CHECK(info.block_max < 4 << 20);
}

TEST(a_ring_too_large_to_be_mapped_is_refused)
{
	int fd = fresh();

	if (!is_booted_with("swiotlb=force"))
		SKIP("nothing bounces here");
	/* Twice as much as all bounce buffers together */
	configure(fd, ring_of(128 << 20, 64 << 10));
	CHECK_ERR(ioctl(fd, ACQ_IOC_START), ENOMEM);
	CHECK(logged("no room to map a ring of 131072 KiB for DMA"));
	configure(fd, plain_config());
	read_all(fd, buf, sizeof(buf));
	CHECK(is_ramp(buf, sizeof(buf), 0));
}

/* A page of which the kernel says that the card cannot reach it is a warning, which fails. */
TEST(a_ring_lies_where_the_card_reaches)
{
	int bits = address_bits(), fd, i;
	char text[60];

	if (bits >= 32)
		SKIP("%d address bits are enough for this machine", bits);
	for (i = 0; i < 3; i++) {
		fd = fresh();
		configure(fd, ring_of(2 << 20, i ? 64 << 10 : PAGE_BYTES));
		read_all(fd, buf, sizeof(buf));
		CHECK(is_ramp(buf, sizeof(buf), 0));
	}
	fd = fresh();
	/* All that it reaches would not do: the kernel is there, too. */
	configure(fd, ring_of(bits > 27 ? 1 << bits : 128 << 20, 64 << 10));
	CHECK_ERR(read(fd, buf, sizeof(buf)), ENOMEM);
	snprintf(text, sizeof(text), "no memory within the card's %d address bits", bits);
	CHECK(logged(text));
	configure(fd, plain_config());
	read_all(fd, buf, sizeof(buf));
	CHECK(is_ramp(buf, sizeof(buf), 0));
}

/*
 * Give back the pages at @at that lie within @bits, or those that do not; at most @most
 * bytes. Returns how many.
 */
static size_t give_back(char *at, size_t bytes, int bits, bool within, size_t most)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	size_t i, done = 0;
	uint64_t entry;

	CHECK(fd >= 0);
	for (i = 0; i < bytes && done < most; i += PAGE_BYTES) {
		CHECK_EQ(pread(fd, &entry, 8, (uintptr_t)(at + i) / PAGE_BYTES * 8), 8);
		/* Present, and where */
		if (!(entry >> 63) ||
		    ((entry & ((1ULL << 55) - 1)) * PAGE_BYTES < 1ULL << bits) != within)
			continue;
		CHECK_EQ(madvise(at + i, PAGE_BYTES, MADV_DONTNEED), 0);
		done += PAGE_BYTES;
	}
	close(fd);
	return done;
}

/*
 * More than the kernel keeps for such cards, and less than there is within the bits. What
 * is handed out is what was given back last.
 */
TEST(a_ring_is_looked_for_where_the_card_reaches)
{
	size_t all = 700 << 20, low, high;
	int bits = address_bits(), fd;
	char *filler;

	if (bits < 28 || bits >= 32)
		SKIP("%d address bits", bits);
	fd = fresh();
	filler = mmap(NULL, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(filler != MAP_FAILED);
	CHECK_EQ(madvise(filler, all, MADV_NOHUGEPAGE), 0);
	memset(filler, 1, all);
	low = give_back(filler, all, bits, true, all);
	high = give_back(filler, all, bits, false, 60 << 20);
	printf("# %zu MiB within reach, then %zu others\n", low >> 20, high >> 20);
	if (low < 64 << 20)
		SKIP("memory within reach is not ours to give back");
	configure(fd, ring_of(32 << 20, 2 * PAGE_BYTES));
	read_all(fd, buf, sizeof(buf));
	CHECK(is_ramp(buf, sizeof(buf), 0));
	CHECK_EQ(config_of(fd).ring_bytes, 32 << 20);
	munmap(filler, all);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* How long a process lives that maps everything and is killed after @ns; ~0: it is not */
static uint64_t map_and_die(int fd, size_t bytes, uint64_t ns)
{
	uint64_t start = now_ns();
	int begun[2];
	pid_t kid;
	char c;

	CHECK_EQ(pipe(begun), 0);
	kid = fork();
	CHECK(kid >= 0);
	if (!kid) {
		if (write(begun[1], "", 1) == 1)
			mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
		_exit(0);
	}
	CHECK_EQ(read(begun[0], &c, 1), 1);
	if (ns != ~0ULL) {
		struct timespec pause = { .tv_nsec = ns };

		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
		kill(kid, SIGKILL);
		start = now_ns();
	}
	CHECK_EQ(waitpid(kid, NULL, 0), kid);
	close(begun[0]);
	close(begun[1]);
	return now_ns() - start;
}

/* Counted in the time that the same mapping takes when nobody is killed */
TEST(a_killed_process_does_not_map_on)
{
	uint64_t whole, killed, least = ~0ULL;
	struct acq_map map;
	int fd = fresh(), i;

	if (address_bits() < 32 || is_booted_with("swiotlb=force"))
		SKIP("no room for a large ring here");
	configure(fd, ring_of(256 << 20, 64 << 10));
	CHECK_EQ(ioctl(fd, ACQ_IOC_MAP, &map), 0);
	whole = map_and_die(fd, map.bytes, ~0ULL);
	for (i = 0; i < 20; i++) {
		killed = map_and_die(fd, map.bytes, whole / 20);
		least = killed < least ? killed : least;
	}
	printf("# mapping and unmapping takes %llu us, being killed at its begin %llu\n",
	       (unsigned long long)whole / 1000, (unsigned long long)least / 1000);
	CHECK(least < whole / 5);
}

static bool put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return good;
}

static long long charged_to(const char *group)
{
	char path[100], text[30] = "";
	int fd;

	snprintf(path, sizeof(path), "/cgroup/%s/memory.current", group);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	CHECK(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	return atoll(text);
}

enum how { BY_READ, BY_NOWAIT, BY_POLL, BY_START };

/* A process in the group starts a run, says so, and holds it until it is killed. */
static pid_t start_in(const char *group, enum how how, int tell)
{
	struct iovec v = { buf, 4096 };
	char path[100];
	ssize_t n = 0;
	int fd;
	pid_t kid = fork();

	CHECK(kid >= 0);
	if (kid)
		return kid;
	snprintf(path, sizeof(path), "/cgroup/%s/cgroup.procs", group);
	fd = put(path, "0") ? open(NODE, O_RDWR | O_CLOEXEC) : -1;
	if (fd < 0)
		_exit(1);
	if (how == BY_READ) {
		n = read(fd, buf, 4096);
	} else if (how == BY_NOWAIT) {
		while ((n = preadv2(fd, &v, 1, -1, RWF_NOWAIT)) < 0 && errno == EAGAIN)
			nap(2);
	} else if (how == BY_POLL) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		n = poll(&p, 1, PATIENCE_MS) == 1 && p.revents & POLLIN ? 1 : -1;
	} else {
		n = ioctl(fd, ACQ_IOC_START) ? -1 : 1;
	}
	if (write(tell, n > 0 ? "y" : "n", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

/* However it asked. What was charged is free again when the process has gone. */
TEST(who_asks_for_a_ring_pays)
{
	const long long ring = 8 << 20;
	enum how how;
	int fd, ends[2];
	char answer;

	if (address_bits() < 32)
		SKIP("no room for a large ring here");
	mkdir("/cgroup", 0755);
	if (mount("none", "/cgroup", "cgroup2", 0, NULL) && errno != EBUSY)
		SKIP("no control groups here");
	if (!put("/cgroup/cgroup.subtree_control", "+memory"))
		SKIP("no control of memory here");
	mkdir("/cgroup/one", 0755);
	mkdir("/cgroup/other", 0755);
	CHECK_EQ(pipe(ends), 0);
	fd = fresh();
	configure(fd, ring_of(ring, 64 << 10));
	for (how = BY_READ; how <= BY_START; how++) {
		/* In turn: what one group paid for is not left to the other. */
		const char *group = how % 2 ? "one" : "other";
		long long before = charged_to(group), more;
		pid_t kid = start_in(group, how, ends[1]);

		CHECK_EQ(read(ends[0], &answer, 1), 1);
		more = charged_to(group) - before;
		kill(kid, SIGKILL);
		CHECK_EQ(waitpid(kid, NULL, 0), kid);
		ioctl(fd, ACQ_IOC_STOP);
		printf("# start %d: %lld KiB charged\n", how, more >> 10);
		CHECK_EQ(answer, 'y');
		/* What was before that goes meanwhile. */
		CHECK(more > ring / 8 * 7 && more < 2 * ring);
	}
	close(ends[0]);
	close(ends[1]);
	/* What a run by START has left stays until the next one begins. */
	fd = fresh();
	read_all(fd, buf, sizeof(buf));
	close_all();
	WAIT_FOR(charged_to("one") + charged_to("other") < ring);
	umount("/cgroup");
}

HARNESS_MAIN
