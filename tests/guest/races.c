// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp takes=25 limit=900 kernels=6.12 soak
 * acqtest: ramp takes=30 limit=900 kernels=debug soak long
 * acqtest: losing program=races-xdma takes=40 limit=900 kernels=7 soak long
 * acqtest: litepcie program=races-litepcie takes=40 limit=240 kernels=7 soak long
 */
/*
 * One kind of trouble, round after round, against readers in every mode that stream: each
 * processor has one, and one more. A round waits until samples have come behind the trouble;
 * whoever reads checks each of them, and ends by the errnos of the contract alone.
 */
#include "uring.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#define ROUNDS		(getenv("ACQ_SEED") ? 400 : is_slow() ? 6 : 15)
#define KINDS		4	/* how a reader reads: read(), RWF_NOWAIT, mapped, io_uring */

struct common {
	atomic_bool stop;
	atomic_ulong bytes, ends, gaps;
	char node[300];
};

static struct common *common;
static char address[64], chunk[16384];
static pid_t readers[16];
static unsigned int reader_count, random_state;

/* Ends the process of a reader. */
#define RIGHT(condition)								\
	do {										\
		if (!(condition)) {							\
			printf("# reader: not so: %s (errno %d)\n", #condition, errno);	\
			fflush(stdout);							\
			_exit(1);							\
		}									\
	} while (0)

/* Samples follow each other by two channels, wherever the ramp begins. */
static void check_samples(const uint16_t *sample, size_t bytes)
{
	size_t i;

	RIGHT(bytes % FRAME == 0);
	for (i = 1; i < bytes / 2; i++)
		RIGHT(sample[i] == (uint16_t)(sample[0] + i));
	atomic_fetch_add(&common->bytes, bytes);
}

/* What a call that read nothing means. False: another file is wanted. */
static bool goes_on(int fd, ssize_t n)
{
	struct acq_gap gap;

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n < 0 && errno == EPIPE) {
		RIGHT(!ioctl(fd, ACQ_IOC_GAP, &gap));
		RIGHT(gap.lost && gap.count);
		atomic_fetch_add(&common->gaps, 1);
		return true;
	}
	RIGHT(n == 0 || errno == ENODEV || errno == EIO);
	atomic_fetch_add(&common->ends, 1);
	return false;
}

static void by_read(int fd, int flags)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct iovec v = { chunk, sizeof(chunk) };
	ssize_t n;

	do {
		if (flags)
			poll(&p, 1, 100);
		n = preadv2(fd, &v, 1, -1, flags);
		if (n > 0)
			check_samples((void *)chunk, n);
	} while (!atomic_load(&common->stop) && (n > 0 || goes_on(fd, n)));
}

static void by_map(int fd)
{
	struct acq_advance advance = {};
	const struct acq_meta *meta;
	struct acq_map map;

	if (ioctl(fd, ACQ_IOC_MAP, &map)) {
		goes_on(fd, -1);
		return;
	}
	meta = mmap(NULL, map.bytes, PROT_READ, MAP_SHARED, fd, 0);
	/* It is of another run than what MAP said, and smaller, if the card was changed. */
	if (meta == MAP_FAILED)
		return;
	do {
		advance.run = meta->run;
		advance.position = advance.head;
		advance.flags = ACQ_ADVANCE_WAIT;
		advance.timeout_ns = 100000000;
		if (ioctl(fd, ACQ_IOC_ADVANCE, &advance)) {
			goes_on(fd, -1);
			break;
		}
		atomic_fetch_add(&common->bytes, advance.head - advance.position);
	} while (!atomic_load(&common->stop) && advance.run == meta->run &&
		 !(advance.flags & ACQ_ADVANCE_END));
	munmap((void *)meta, map.bytes);
}

static void by_uring(int fd)
{
	struct __kernel_timespec soon = { .tv_nsec = 100000000 };
	struct io_uring_cqe *cqe;
	struct io_uring ring;
	bool more = true;

	RIGHT(!io_uring_queue_init(8, &ring, 0));
	while (more && !atomic_load(&common->stop)) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
		int ret;

		io_uring_prep_read(sqe, fd, chunk, sizeof(chunk), -1);
		io_uring_submit(&ring);
		do {
			ret = io_uring_wait_cqe_timeout(&ring, &cqe, &soon);
		} while (ret && !atomic_load(&common->stop));
		if (ret)
			break;
		errno = cqe->res < 0 ? -cqe->res : 0;
		if (cqe->res > 0)
			check_samples((void *)chunk, cqe->res);
		else
			more = goes_on(fd, cqe->res < 0 ? -1 : 0);
		io_uring_cqe_seen(&ring, cqe);
	}
	/* With what it waits for still. */
	io_uring_queue_exit(&ring);
}

static void reader_process(unsigned int kind)
{
	while (!atomic_load(&common->stop)) {
		int fd = open(common->node, O_RDONLY | O_CLOEXEC);

		if (fd < 0) {
			nap(2);
			continue;
		}
		switch (kind % KINDS) {
		case 0:
			by_read(fd, 0);
			break;
		case 1:
			by_read(fd, RWF_NOWAIT);
			break;
		case 2:
			by_map(fd);
			break;
		default:
			by_uring(fd);
		}
		close(fd);
	}
	_exit(0);
}

static void on_signal(int sig)
{
	(void)sig;
}

static void stop_readers(void)
{
	unsigned int i;
	int status, turns = PATIENCE_MS / 10, wrong = 0;

	atomic_store(&common->stop, true);
	for (i = 0; i < reader_count; i++) {
		while (waitpid(readers[i], &status, WNOHANG) == 0) {
			/* One that waits in a read */
			kill(readers[i], turns-- > 0 ? SIGUSR1 : SIGKILL);
			nap(10);
		}
		wrong += status != 0;
	}
	reader_count = 0;
	CHECK(turns > 0);
	CHECK_EQ(wrong, 0);
}

static void start_readers(void)
{
	struct sigaction quiet = { .sa_handler = on_signal };
	unsigned int i, count = sysconf(_SC_NPROCESSORS_ONLN) + 1;

	sigaction(SIGUSR1, &quiet, NULL);
	if (!common)
		common = mmap(NULL, sizeof(*common), PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(common != MAP_FAILED);
	close_node(fresh());
	snprintf(address, sizeof(address), "%s", card_address());
	memset(common, 0, sizeof(*common));
	find_node(address, common->node, sizeof(common->node));
	fflush(stdout);
	count = count < KINDS ? KINDS : count > 16 ? 16 : count;
	for (i = 0; i < count; i++) {
		readers[i] = fork();
		CHECK(readers[i] >= 0);
		if (!readers[i])
			reader_process(i);
		reader_count = i + 1;
	}
}

/* A little work's time, another each time: the trouble comes at any moment of theirs. */
static void moment(void)
{
	usleep(rand_r(&random_state) % 20000);
}

static void storm(const char *name, void (*trouble)(void), bool all_of_it)
{
	unsigned long bytes;
	int round;

	random_state = seed_of(7);
	start_readers();
	for (round = 0; round < ROUNDS; round++) {
		moment();
		trouble();
		/* Readers that do not know of the trouble yet have samples from before it. */
		bytes = common->bytes;
		WAIT_FOR(common->bytes > bytes + (all_of_it ? 8192 : 0));
	}
	stop_readers();
	printf("# %s: %d rounds, %lu bytes, %lu gaps, %lu ends\n", name, round, common->bytes,
	       common->gaps, common->ends);
}

static void trouble_reset(void)
{
	char path[100];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/reset", address);
	write_file(path, "1");
}

static void trouble_unbind(void)
{
	driver("unbind");
	moment();
	driver("bind");
	find_node(address, common->node, sizeof(common->node));
}

static void trouble_sleep(void)
{
	write_file("/sys/power/state", "mem");
}

/* Settings, starts and stops as fast as they go, for one moment of the readers */
static void trouble_ioctls(void)
{
	struct acq_config config = plain_config();
	int i, fd = open(common->node, O_RDWR | O_CLOEXEC);

	CHECK(fd >= 0);
	for (i = 0; i < 10; i++) {
		CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
		config.ring_bytes = (64 << 10) << i % 3;
		if (ioctl(fd, ACQ_IOC_SET_CONFIG, &config))
			CHECK_EQ(errno, EBUSY);
		if (ioctl(fd, ACQ_IOC_START))
			CHECK_EQ(errno, EBUSY);
	}
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	close(fd);
}

/* Everybody closes and opens again, and the module goes as soon as it can. */
static void trouble_rmmod(void)
{
	const char *args = getenv("MODARGS"), *path = getenv("MODULE");
	int fd = open(path, O_RDONLY | O_CLOEXEC), turns = 0;

	CHECK(fd >= 0);
	driver("unbind");
	/* Readers find nothing to open; the last one that closes lets it go. */
	while (syscall(SYS_delete_module, "acqdev", O_NONBLOCK)) {
		CHECK(errno == EAGAIN || errno == EBUSY);
		CHECK(turns++ < PATIENCE_MS / 10);
		nap(10);
	}
	CHECK_EQ(syscall(SYS_finit_module, fd, args ? args : "", 0), 0);
	close(fd);
	find_node(address, common->node, sizeof(common->node));
}

TEST(resets)
{
	storm("reset", trouble_reset, true);
}

TEST(unbinding)
{
	storm("unbind", trouble_unbind, true);
	bind_again();
}

TEST(sleep)
{
	if (access("/sys/power/pm_test", W_OK))
		SKIP("this kernel does not test devices alone");
	write_file("/sys/power/pm_test", "devices");
	write_file("/sys/module/suspend/parameters/pm_test_delay", "0");
	storm("sleep", trouble_sleep, true);
	write_file("/sys/power/pm_test", "none");
}

TEST(starts_and_stops)
{
	storm("START, STOP, SET_CONFIG", trouble_ioctls, false);
}

TEST(module_removal)
{
	storm("rmmod", trouble_rmmod, true);
	bind_again();
}

HARNESS_MAIN
