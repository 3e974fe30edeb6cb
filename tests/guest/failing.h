/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One allocation or one copy to or from a program fails: the n-th that the driver causes,
 * for n from 1 on until there is none left.
 *
 * Those of a task by /proc/self/fail-nth. Those of a worker by bytes: the first that comes
 * when so many have been had fails. Only what is called by a module fails (the debug kernel
 * has no other module), so that n stays small and each failure is ours to bear.
 */
#ifndef ACQ_TEST_FAILING_H
#define ACQ_TEST_FAILING_H

#include "guest.h"

#include <sys/uio.h>

#define FAULTS		"/sys/kernel/debug/"
#define SWEEP_MAX	1500	/* failures of one operation; none has so many */

static const char *const fault_kinds[] = { "failslab", "fail_page_alloc", "fail_usercopy" };

static int nth_fd = -1;
static unsigned int injected;	/* by all sweeps of a test */

static inline void fault_put(const char *kind, const char *name, const char *value, bool must)
{
	char path[100];

	snprintf(path, sizeof(path), FAULTS "%s/%s", kind, name);
	if (must || !access(path, F_OK))
		write_file(path, value);
}

/* Where modules are, on x86-64; @ours: only what they call fails; @near: so directly */
static inline void fault_filter(bool ours, bool near)
{
	unsigned int i;

	for (i = 0; i < 3; i++) {
		fault_put(fault_kinds[i], "stacktrace-depth", near ? "9" : "32", true);
		fault_put(fault_kinds[i], "require-start", ours ? "0xffffffffa0000000" : "0", true);
		fault_put(fault_kinds[i], "require-end",
			  ours ? "0xffffffffff000000" : "0xffffffffffffffff", true);
	}
}

static inline void fault_init(void)
{
	const char *allow = getenv("ACQ_ALLOW");
	unsigned int i;

	if (nth_fd >= 0)
		return;
	/* It fails to the checker of DMA as well, which is of no use from there on. */
	if (allow)
		write_file(allow, "DMA-API: cacheline tracking ENOMEM\n");
	if (access(FAULTS "failslab", F_OK))
		SKIP("this kernel has no fault injection");
	for (i = 0; i < 3; i++) {
		fault_put(fault_kinds[i], "verbose", "0", true);
		fault_put(fault_kinds[i], "task-filter", "N", true);
		fault_put(fault_kinds[i], "probability", "0", true);
		fault_put(fault_kinds[i], "ignore-gfp-wait", "N", false);
		fault_put(fault_kinds[i], "ignore-gfp-highmem", "N", false);
		fault_put(fault_kinds[i], "min-order", "0", false);
	}
	nth_fd = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
	CHECK(nth_fd >= 0);
}

static inline void nth_arm(unsigned int n)
{
	char text[12];
	int len = snprintf(text, sizeof(text), "%u", n);

	CHECK_EQ(write(nth_fd, text, len), len);
}

/* No failure from here on. Returns whether there was one. */
static inline bool nth_disarm(void)
{
	char text[16] = "";
	ssize_t n = pread(nth_fd, text, sizeof(text) - 1, 0);

	/* The failure may be one of these calls' own. */
	while (write(nth_fd, "0", 1) != 1)
		;
	return n > 0 && !atoi(text);
}

/**
 * struct sweep - an operation that is to bear every failure
 * @name: for messages
 * @before: what it needs is made, without failures
 * @act: the operation; returns 0 or an errno
 * @failed: what must hold when it has failed; or NULL
 * @after: what must hold when it has succeeded, at once or when repeated; undoes it
 * @allowed: the errnos that it may fail with; the last is 0
 * @all: what the kernel does by itself for it fails as well
 * @near: only what the driver itself asks for fails, and what is called for it directly:
 *	the kernel's interpreter of ACPI does not bear what fails deep in it
 * @stride: that each takes long: only every so many-th, but in a campaign; 0: each
 * @few: no failure is no error of the test: some cards need no memory for it
 */
struct sweep {
	const char *name;
	void (*before)(void);
	int (*act)(void);
	void (*failed)(int error);
	void (*after)(void);
	int allowed[6];
	unsigned int stride;
	bool all;
	bool near;
	bool few;
};

static inline bool sweep_allows(const struct sweep *sweep, int error)
{
	const int *allowed;

	for (allowed = sweep->allowed; *allowed; allowed++) {
		if (*allowed == error)
			return true;
	}
	printf("# %s: errno %d is not one of those that it may fail with\n", sweep->name, error);
	return false;
}

/* What must hold behind a try that failures were injected into; it is repeated without. */
static inline void sweep_check(const struct sweep *sweep, unsigned int n, int error, bool hit)
{
	if (error) {
		if (!hit)
			printf("# %s fails with errno %d without a failure\n", sweep->name, error);
		CHECK(hit);
		if (!sweep_allows(sweep, error)) {
			printf("# it was failure %u\n", n);
			CHECK(!"an errno that is allowed");
		}
		if (sweep->failed)
			sweep->failed(error);
		error = sweep->act();
		if (error)
			printf("# %s, repeated after failure %u: errno %d\n", sweep->name, n,
			       error);
		CHECK_EQ(error, 0);
	}
	if (sweep->after)
		sweep->after();
}

static inline void sweep_run(const struct sweep *sweep)
{
	unsigned int stride = getenv("ACQ_SEED") || !sweep->stride ? 1 : sweep->stride;
	unsigned int n, failed = 0, hits = 0;
	int error;
	bool hit;

	fault_init();
	for (n = 1;; n += stride) {
		CHECK(n < SWEEP_MAX);
		if (sweep->before)
			sweep->before();
		fault_filter(!sweep->all, sweep->near);
		nth_arm(n);
		error = sweep->act();
		hit = nth_disarm();
		failed += !!error;
		hits += hit;
		sweep_check(sweep, n, error, hit);
		if (!hit)
			break;
	}
	printf("# %s: %u failures, it failed for %u of them\n", sweep->name, hits, failed);
	injected += hits;
	CHECK(hits || sweep->few);
}

/* From here on, whoever it is, the first fails that comes behind @bytes (or pages). */
static inline void worker_arm(const char *kind, unsigned int bytes)
{
	char text[12];

	snprintf(text, sizeof(text), "%u", bytes);
	fault_put(kind, "space", text, true);
	fault_put(kind, "interval", "1", true);
	fault_put(kind, "times", "1", true);
	fault_put(kind, "probability", "100", true);
}

static inline bool worker_disarm(const char *kind)
{
	char path[100], text[20] = "";
	int fd;

	fault_put(kind, "probability", "0", true);
	snprintf(path, sizeof(path), FAULTS "%s/times", kind);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	CHECK(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	return !atoi(text);
}

/* As sweep_run(), of what is done by others in the driver for the operation. */
static inline void sweep_workers(const struct sweep *sweep)
{
	unsigned int i, bytes, total = 0;

	fault_init();
	fault_filter(true, false);
	for (i = 0; i < 2; i++) {
		unsigned int failed = 0, hits = 0;
		bool hit = true;

		for (bytes = 0; hit; bytes += i ? 1 : 64) {
			int error;

			CHECK(hits < SWEEP_MAX);
			if (sweep->before)
				sweep->before();
			worker_arm(fault_kinds[i], bytes);
			error = sweep->act();
			hit = worker_disarm(fault_kinds[i]);
			hits += hit;
			failed += !!error;
			sweep_check(sweep, bytes, error, hit);
		}
		printf("# %s, in others: %u times %s, it failed for %u of them\n", sweep->name,
		       hits, fault_kinds[i], failed);
		total += hits;
	}
	injected += total;
	CHECK(total || sweep->few);
}

#define BYTES		4096
#define TOTAL_KB	"/sys/module/acqdev/parameters/ring_total_kb"
#define FILES_MAX	"/sys/module/acqdev/parameters/files_max"

static char buf[1 << 20];
static int fd = -1;
static uint64_t place;	/* sample index of the next frame that @fd reads */

static inline struct acq_config small_config(void)
{
	struct acq_config config = plain_config();

	config.ring_bytes = 64 << 10;
	config.rate_millihz = over_xdma() ? 96000000 : 8000000;
	return config;
}

static inline int sys(long ret)
{
	return ret < 0 ? errno : 0;
}

/* One file open that reads nothing yet, the stream idle */
static inline void idle(void)
{
	fd = fresh();
	configure(fd, small_config());
	CHECK_EQ(status_of(fd).readers, 0);
	place = 0;
}

static inline void running(void)
{
	idle();
	CHECK_EQ(read(fd, buf, FRAME), FRAME);
	place = 1;
}

/* All that has been opened is closed: no ring and no reader has been forgotten. */
static inline void counts(void)
{
	char text[20];

	idle();
	close_all();
	drop_rings_of_others();
	/* Room for one open file and for one ring, and they can be had */
	write_file(FILES_MAX, "1");
	snprintf(text, sizeof(text), "%u", 80);
	write_file(TOTAL_KB, text);
	/* What io_uring and workers had is closed and freed a little later. */
	WAIT_FOR((fd = open(NODE, O_RDWR | O_CLOEXEC)) >= 0);
	write_file(FILES_MAX, "4096");
	WAIT_FOR(read(fd, buf, BYTES) > 0);
	write_file(TOTAL_KB, "0");
	close(fd);
	printf("# %u failures in all\n", injected);
	injected = 0;
}

/* Samples come in their places, whatever failed between. */
static inline int act_read(void)
{
	struct iovec v[3] = {
		{ buf, 400 }, { buf + 400, 2 * FRAME }, { buf + 400 + 2 * FRAME, 1200 },
	};
	struct acq_gap gap;
	ssize_t n;

	/* A slow machine loses some. */
	while ((n = readv(fd, v, 3)) < 0 && errno == EPIPE) {
		if (ioctl(fd, ACQ_IOC_GAP, &gap))
			return errno;
		CHECK_EQ(gap.index, place);
		place += gap.lost;
	}
	if (n < 0)
		return errno;
	CHECK(n > 0 && n % FRAME == 0);
	CHECK(is_ramp(buf, n, place));
	place += n / FRAME;
	return 0;
}

static inline int act_start(void)
{
	return sys(ioctl(fd, ACQ_IOC_START));
}

#endif /* ACQ_TEST_FAILING_H */
