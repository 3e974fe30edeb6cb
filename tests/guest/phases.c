// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp takes=25 kernels=debug soak
 * acqtest: ramp program=phases-fifo takes=25 kernels=7
 * acqtest: losing program=phases-xdma takes=25 kernels=6.12 soak
 * acqtest: litepcie program=phases-litepcie kernels=7 args=each_phase_of_a_suspend_is_one_gap
 */
/*
 * The phases of a system sleep, which the kernel goes through and comes back from at once
 * (/sys/power/pm_test): s2idle, S3 and hibernation, under all kinds of readers, a mapping
 * and a dma-buf. Each that reaches devices is one gap, in the same place for all.
 *
 * The restoring of an image is in restored.c.
 */
#include "axis.h"

#include <liburing.h>
#include <sys/mman.h>

static void set_online(const char *online)
{
	if (!access("/sys/devices/system/cpu/cpu1/online", F_OK))
		write_file("/sys/devices/system/cpu/cpu1/online", online);
}

static void phase(const char *level, const char *state)
{
	/* The emulator may take a minute to get another processor going again. */
	bool alone = !strcmp(level, "processors") || !strcmp(level, "core");

	write_file("/sys/module/suspend/parameters/pm_test_delay", "0");
	write_file("/sys/power/pm_test", level);
	if (alone)
		set_online("0");
	write_file("/sys/power/state", state);
	if (alone)
		set_online("1");
	write_file("/sys/power/pm_test", "none");
}

static ssize_t uring_read(int fd, void *to, size_t bytes)
{
	static struct io_uring ring;
	struct io_uring_cqe *cqe;
	int res;

	if (!ring.ring_fd)
		CHECK_EQ(io_uring_queue_init(8, &ring, 0), 0);
	io_uring_prep_read(io_uring_get_sqe(&ring), fd, to, bytes, -1);
	CHECK_EQ(io_uring_submit(&ring), 1);
	do {
		res = io_uring_wait_cqe(&ring, &cqe);
	} while (res == -EINTR);
	CHECK_EQ(res, 0);
	res = cqe->res;
	io_uring_cqe_seen(&ring, cqe);
	if (res >= 0)
		return res;
	errno = -res;
	return -1;
}

/* A process that reads the run from its begin to its end, with as many gaps */
static pid_t witness(uint32_t flags, ssize_t (*how)(int fd, void *to, size_t bytes), int gaps)
{
	struct acq_reader_config reader = { .flags = flags | ACQ_READER_OLDEST };
	struct axis axis = { 0 };
	pid_t child = fork();
	int fd;

	CHECK(child >= 0);
	if (child)
		return child;
	fd = open(NODE, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &reader), 0);
	axis_read = how;
	CHECK(!follow(fd, &axis, ~0ULL, 999));
	CHECK_EQ(axis.gaps, gaps);
	CHECK_EQ(axis.received + axis.lost, status_of(fd).frames);
	CHECK_EQ(axis.lost, status_of(fd).lost);
	exit(0);
}

static void is_content(pid_t child)
{
	int status;

	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 0);
}

struct view {
	char *base;
	const struct acq_meta *meta;
	char *buffer;
	size_t bytes;
	size_t buffer_bytes;
};

/* The ring, mapped, and as a dma-buf */
static void hold(struct view *view, int fd)
{
	struct acq_export export = { .flags = O_CLOEXEC };
	struct acq_map map;

	CHECK_EQ(ioctl(fd, ACQ_IOC_MAP, &map), 0);
	view->bytes = map.bytes;
	view->base = mmap(NULL, map.bytes, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(view->base != MAP_FAILED);
	view->meta = (const void *)view->base;
	CHECK_EQ(ioctl(fd, ACQ_IOC_EXPORT, &export), 0);
	view->buffer_bytes = export.bytes;
	view->buffer = mmap(NULL, export.bytes, PROT_READ, MAP_SHARED, export.fd, 0);
	CHECK(view->buffer != MAP_FAILED);
	close(export.fd);
}

/* Nothing is left out of it, and the gaps stand in its table */
static void let_go(struct view *view, int gaps)
{
	const struct acq_meta *meta = view->meta;
	int found = 0;
	uint32_t i;

	for (i = 0; i < meta->slots; i++) {
		const struct acq_block *block = (const void *)(view->base + meta->table_offset +
							       i * sizeof(*block));

		found += block->lost && block->cause == ACQ_CAUSE_SUSPEND;
	}
	CHECK_EQ(found, gaps);
	CHECK(!memcmp(view->buffer, view->base + meta->data_offset, 4096));
	munmap(view->buffer, view->buffer_bytes);
	munmap(view->base, view->bytes);
}

struct step {
	const char *level;
	const char *state;
};

/* Each of @count steps but the first, which reaches no device, is a gap. */
static void sleep_through(const struct step *steps, int count)
{
	struct axis axis = { 0 };
	int fd = fresh(), i;
	struct view view;
	pid_t child[3];

	configure(fd, slow_config());
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	child[0] = witness(0, read, count - 1);
	child[1] = witness(0, uring_read, count - 1);
	child[2] = witness(ACQ_READER_MONITOR, read, count - 1);
	hold(&view, fd);
	WAIT_FOR(status_of(fd).readers == 4);
	for (i = 0; i < count; i++) {
		/* Some of each segment, or two gaps would be one */
		follow(fd, &axis, 100, 999);
		phase(steps[i].level, steps[i].state);
		follow(fd, &axis, i ? ~0ULL : 100, i ?: 1);
		printf("# %s %s: %d gaps, %llu received, %llu lost\n", steps[i].state,
		       steps[i].level, axis.gaps, (unsigned long long)axis.received,
		       (unsigned long long)axis.lost);
		CHECK_EQ(axis.gaps, i);
		CHECK_EQ(i ? gap_of(fd).cause : ACQ_CAUSE_SUSPEND, ACQ_CAUSE_SUSPEND);
	}
	follow(fd, &axis, 100, 999);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_RUNNING);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	CHECK(!follow(fd, &axis, ~0ULL, 999));
	CHECK_EQ(axis.gaps, count - 1);
	CHECK_EQ(status_of(fd).frames, axis.received + axis.lost);
	CHECK_EQ(status_of(fd).lost, axis.lost);
	for (i = 0; i < 3; i++)
		is_content(child[i]);
	let_go(&view, count - 1);
}

TEST(each_phase_of_a_suspend_is_one_gap)
{
	static const struct step steps[] = {
		{ "freezer", "mem" }, { "devices", "freeze" }, { "platform", "freeze" },
		{ "devices", "mem" }, { "platform", "mem" }, { "processors", "mem" },
		{ "core", "mem" },
	};

	sleep_through(steps, sizeof(steps) / sizeof(*steps));
}

/* freeze() and thaw(); the kernel waits for five seconds in between */
TEST(the_begin_of_a_hibernation_is_one_gap)
{
	static const struct step steps[] = { { "freezer", "freeze" }, { "devices", "disk" } };

	if (access("/sys/power/disk", F_OK))
		SKIP("this kernel does not hibernate");
	sleep_through(steps, 2);
}

TEST(armed_it_waits_on_behind_a_sleep)
{
	struct acq_config config = plain_config();
	struct axis axis = { 0 };
	int fd = fresh();

	if (over_xdma())
		SKIP("this card knows no triggers");
	config.trigger = ACQ_TRIGGER_SOFTWARE;
	configure(fd, config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	phase("devices", "freeze");
	phase("core", "mem");
	WAIT_FOR(status_of(fd).state == ACQ_STATE_ARMED);
	nap(100);
	CHECK_EQ(status_of(fd).head, 0);
	trigger(fd);
	CHECK_EQ(poll_wait(fd), POLLIN);
	axis.index = first_index(fd);
	CHECK(status_of(fd).flags & ACQ_STATUS_TRIGGERED);
	follow(fd, &axis, 1000, 1);
	CHECK_EQ(axis.gaps, 0);
}

HARNESS_MAIN
