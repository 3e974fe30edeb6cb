// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp memory=1024 kernels=6.1,7,debug
 * acqtest: ramp memory=1024 program=starting-fifo kernels=6.12
 */
/*
 * What must not wait does not: poll and RWF_NOWAIT of an idle stream have it started,
 * and learn of that like anybody who waits.
 */
#include "guest.h"

#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define MANY		8
#define RING_TOTAL	"/sys/module/acqdev/parameters/ring_total_kb"

static char buf[1 << 16];

static ssize_t read_nowait(int fd, void *to, size_t bytes)
{
	struct iovec v = { to, bytes };

	return preadv2(fd, &v, 1, -1, RWF_NOWAIT);
}

static struct acq_config roomy_config(void)
{
	struct acq_config config = plain_config();

	config.rate_millihz = 4000000;
	config.ring_bytes = 1 << 20;
	return config;
}

/* A thread that calls once, and whether it is about to, is in it, is through */
struct call {
	int fd;
	void *to;
	ssize_t result;
	int revents;
	atomic_bool begun, done;
	pthread_t thread;
};

static void *call_read(void *arg)
{
	struct call *call = arg;

	call->begun = true;
	call->result = read(call->fd, call->to, 4096);
	if (call->result < 0)
		call->result = -errno;
	call->done = true;
	return NULL;
}

static void *call_poll(void *arg)
{
	struct call *call = arg;
	struct pollfd p = { .fd = call->fd, .events = POLLIN };

	call->begun = true;
	call->result = poll(&p, 1, PATIENCE_MS);
	call->revents = p.revents;
	call->done = true;
	return NULL;
}

static void call_begin(struct call *call, void *(*what)(void *))
{
	CHECK_EQ(pthread_create(&call->thread, NULL, what, call), 0);
	WAIT_FOR(call->begun);
}

/*
 * A start takes as long as a card that does not come out of its reset. A late machine may
 * sleep through one; who waits with it comes to one or two each time.
 */
TEST(nobody_who_must_not_wait_waits_for_a_start)
{
	int fd = fresh(), reader = node(O_RDONLY), polls = 0, reads = 0, tries;
	struct call call;

	card("fault reset-stuck on");
	for (tries = 0; tries < 20 && (polls <= 5 || reads <= 5); tries++) {
		polls = 0;
		reads = 0;
		call = (struct call){ .fd = reader, .to = buf };
		call_begin(&call, call_read);
		while (!call.done) {
			poll_now(fd);
			polls++;
			if (read_nowait(fd, buf + 4096, 4096) < 0)
				reads++;
		}
		pthread_join(call.thread, NULL);
		if (call.result >= 0)
			break;
	}
	card("clear");
	printf("# %d polls and %d reads while start %d failed\n", polls, reads, tries);
	CHECK(call.result < 0);
	CHECK(polls > 5);
	CHECK(reads > 5);
}

TEST(who_polls_an_idle_stream_gets_it_from_its_first_frame)
{
	struct acq_config config = roomy_config();
	int fd = fresh(), files[MANY], i;
	uint64_t run = status_of(fd).run;

	/* So large a ring that all of them have asked before it is there */
	config.ring_bytes = 128 << 20;
	configure(fd, config);
	for (i = 0; i < MANY; i++)
		files[i] = node(O_RDONLY | (i % 2 ? O_NONBLOCK : 0));
	for (i = 0; i < MANY; i++)
		poll_now(files[i]);
	for (i = 0; i < MANY; i++) {
		ssize_t n;

		CHECK_EQ(poll_wait(files[i]) & (POLLIN | POLLERR | POLLHUP), POLLIN);
		n = read_nowait(files[i], buf, 4000);
		CHECK(n > 0);
		CHECK(is_ramp(buf, n, 0));
	}
	/* And it is one run. */
	CHECK_EQ(status_of(fd).run, run + 1);
}

/* The process has one processor, and works started by it wait until it sleeps. */
static void keep_workers_waiting(bool on)
{
	struct sched_param how = { .sched_priority = on ? 10 : 0 };
	cpu_set_t first, all;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	memset(&all, 0xff, sizeof(all));
	CHECK_EQ(sched_setaffinity(0, sizeof(first), on ? &first : &all), 0);
	CHECK_EQ(sched_setscheduler(0, on ? SCHED_FIFO : SCHED_OTHER, &how), 0);
}

/*
 * So fast a card that the ring is overwritten while those who asked are answered. The
 * holder asks last: what it has been promised has to be held before the card runs.
 */
TEST(who_asks_first_gets_the_first_frame_of_a_fast_card)
{
	enum { MONITORS = 200, ROUNDS = 40 };
	struct acq_reader_config how = { .flags = ACQ_READER_MONITOR };
	struct acq_config config = plain_config();
	static int monitors[MONITORS];
	int fd = fresh(), round, i, late = 0, asked_first = 0;
	struct acq_gap gap = {};
	bool first;
	ssize_t n = 0;

	config.ring_bytes = 4 * PAGE_BYTES;
	configure(fd, config);
	card("speed free");
	close_node(fd);
	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < MONITORS; i++) {
			monitors[i] = open(NODE, O_RDONLY | O_CLOEXEC);
			CHECK(monitors[i] >= 0);
			CHECK_EQ(ioctl(monitors[i], ACQ_IOC_SET_READER, &how), 0);
		}
		fd = node(O_RDONLY);
		keep_workers_waiting(true);
		for (i = 0; i < MONITORS; i++)
			poll_now(monitors[i]);
		/* On a late machine the scheduler lets the workers run all the same. */
		first = status_of(fd).state == ACQ_STATE_IDLE;
		asked_first += first;
		poll_now(fd);
		keep_workers_waiting(false);
		poll_wait(fd);
		n = read_nowait(fd, buf, 4000);
		if (first && n < 0 && errno == EPIPE) {
			gap = gap_of(fd);
			late++;
		}
		for (i = 0; i < MONITORS; i++)
			close(monitors[i]);
		close_node(fd);
		if (first && n > 0 && !is_ramp(buf, n, 0))
			late++;
	}
	card("speed 1");
	printf("# %d of %d asked before the card ran\n", asked_first, ROUNDS);
	CHECK(asked_first >= ROUNDS / 2);
	printf("# %d of %d have missed the first frame, the last one %llu frames\n", late, ROUNDS,
	       (unsigned long long)gap.lost);
	CHECK_EQ(late, 0);
}

/* A page that nobody brings until bring() */
static char *nowhere;

static int catch_faults(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0)
		SKIP("userfaultfd: errno %d", errno);
	nowhere = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);
	CHECK(nowhere != MAP_FAILED);
	range.range.start = (uintptr_t)nowhere;
	range.range.len = PAGE_BYTES;
	CHECK_EQ(ioctl(fd, UFFDIO_API, &api), 0);
	CHECK_EQ(ioctl(fd, UFFDIO_REGISTER, &range), 0);
	return fd;
}

static void bring(int faults)
{
	struct uffdio_zeropage zero = { .range = { (uintptr_t)nowhere, PAGE_BYTES } };

	ioctl(faults, UFFDIO_ZEROPAGE, &zero);
}

/* Lets it go on when the test ends badly, too: or it would wait for ever. */
static void *bring_late(void *arg)
{
	nap(PATIENCE_MS / 2);
	bring((int)(intptr_t)arg);
	return NULL;
}

TEST(a_thread_in_a_page_fault_holds_nobody_up)
{
	int fd = fresh(), faults = catch_faults(), polls = 0;
	struct call reader = {}, poller = {};
	struct uffd_msg msg;
	pthread_t late;
	bool waited;

	configure(fd, roomy_config());
	read_all(fd, buf, 4);
	poll_wait(fd);
	reader.fd = fd;
	reader.to = nowhere;
	poller.fd = fd;
	CHECK_EQ(pthread_create(&late, NULL, bring_late, (void *)(intptr_t)faults), 0);
	pthread_detach(late);
	call_begin(&reader, call_read);
	CHECK_EQ(read(faults, &msg, sizeof(msg)), sizeof(msg));
	/* It has the reader's lock now, until bring(). There is more than enough to read. */
	CHECK_ERR(read_nowait(fd, buf, 4096), EAGAIN);
	CHECK_EQ(poll_now(fd), 0);
	waited = reader.done;
	call_begin(&poller, call_poll);
	while (polls < 20) {
		CHECK_EQ(poll_now(fd), 0);
		polls++;
		nap(5);
	}
	waited |= reader.done;
	CHECK(!waited);
	CHECK(!poller.done);
	bring(faults);
	pthread_join(reader.thread, NULL);
	CHECK(reader.result > 0);
	/* Who found the lock taken is woken when it is free. */
	pthread_join(poller.thread, NULL);
	CHECK_EQ(poller.result, 1);
	CHECK_EQ(poller.revents, POLLIN);
	close(faults);
	munmap(nowhere, PAGE_BYTES);
}

TEST(a_start_that_fails_wakes_who_asked_for_it)
{
	struct call call = {};
	int fd, i;

	fd = fresh();
	write_file(RING_TOTAL, "4");
	for (i = 0; i < 3; i++) {
		call = (struct call){ .fd = fd };
		call_begin(&call, call_poll);
		pthread_join(call.thread, NULL);
		if (call.result != 1 || call.revents != (POLLIN | POLLHUP | POLLERR)) {
			printf("# poll: %zd, events %#x\n", call.result, call.revents);
			break;
		}
		if (i == 1) {
			if (read(fd, buf, 4) != -1 || errno != ENOSPC)
				break;
		} else if (read_nowait(fd, buf, 4) != -1 || errno != ENOSPC) {
			break;
		}
	}
	write_file(RING_TOTAL, "0");
	CHECK_EQ(i, 3);
	/* It can be had now, and the failure is not told any more. */
	WAIT_FOR(poll_now(fd) == POLLIN);
	read_all(fd, buf, 400);
	CHECK(is_ramp(buf, 400, 0));
}

static void card_goes(enum acq_trigger trigger)
{
	struct call call[MANY] = {};
	struct acq_config config = roomy_config();
	int fd, i;

	card_address();
	fd = fresh();
	config.trigger = trigger;
	configure(fd, config);
	for (i = 0; i < MANY; i++) {
		call[i].fd = node(O_RDONLY | (i % 2 ? O_NONBLOCK : 0));
		call_begin(&call[i], call_poll);
	}
	driver("unbind");
	for (i = 0; i < MANY; i++)
		pthread_join(call[i].thread, NULL);
	for (i = 0; i < MANY; i++) {
		CHECK_EQ(call[i].result, 1);
		/* What came before that is theirs. */
		while (read_nowait(call[i].fd, buf, sizeof(buf)) > 0)
			;
		CHECK_ERR(read_nowait(call[i].fd, buf, 4), ENODEV);
		CHECK_EQ(poll_now(call[i].fd), POLLIN | POLLHUP | POLLERR);
		CHECK_ERR(read(call[i].fd, buf, 4), ENODEV);
	}
	close_all();
	driver("bind");
	WAIT_FOR(!access(NODE, F_OK));
}

TEST(who_waits_for_a_card_that_goes_is_woken)
{
	card_goes(ACQ_TRIGGER_SOFTWARE);
}

/* Just while it is started for them */
TEST(who_has_asked_for_a_start_is_woken_too)
{
	int i;

	for (i = 0; i < 5; i++)
		card_goes(ACQ_TRIGGER_IMMEDIATE);
}

static long long number_in(const char *path)
{
	char text[40] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	if (fd >= 0)
		close(fd);
	return atoll(text);
}

static bool put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return good;
}

/* In a group of its own; exits with 0 if what it starts is charged to that. */
static int start_in_group(bool nowait, long long ring)
{
	long long before, after;
	char pid[20];
	int fd;

	snprintf(pid, sizeof(pid), "%d", getpid());
	if (!put("/tmp/cg/starting/cgroup.procs", pid))
		return 2;
	fd = open(NODE, O_RDONLY | O_CLOEXEC);
	before = number_in("/tmp/cg/starting/memory.current");
	if (nowait) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		if (poll(&p, 1, PATIENCE_MS) != 1)
			return 3;
	}
	if (read(fd, buf, 4) != 4)
		return 4;
	after = number_in("/tmp/cg/starting/memory.current");
	printf("# %s: %lld KiB are charged for a ring of %lld\n", nowait ? "poll" : "read",
	       (after - before) >> 10, ring >> 10);
	fflush(stdout);
	/* Memory is counted in batches. */
	return after - before >= ring / 4 * 3 ? 0 : 1;
}

TEST(a_ring_is_charged_to_who_asked_for_it)
{
	struct acq_config config = roomy_config();
	int status[2] = { -1, -1 }, nowait, fd = fresh();
	pid_t pid;

	config.ring_bytes = 16 << 20;
	configure(fd, config);
	close_node(fd);
	mkdir("/tmp/cg", 0755);
	CHECK_EQ(mount("none", "/tmp/cg", "cgroup2", 0, NULL), 0);
	if (!put("/tmp/cg/cgroup.subtree_control", "+memory")) {
		umount("/tmp/cg");
		SKIP("this kernel charges nobody");
	}
	mkdir("/tmp/cg/starting", 0755);
	fflush(stdout);
	for (nowait = 0; nowait < 2; nowait++) {
		pid = fork();
		if (!pid)
			_exit(start_in_group(nowait, config.ring_bytes));
		waitpid(pid, &status[nowait], 0);
	}
	rmdir("/tmp/cg/starting");
	umount("/tmp/cg");
	CHECK_EQ(status[0], 0);
	CHECK_EQ(status[1], 0);
}

HARNESS_MAIN
