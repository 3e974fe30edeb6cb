// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp last takes=15 kernels=debug soak
 * acqtest: losing program=failing-xdma last takes=40 kernels=debug soak long
 */
/*
 * Memory fails, and copies to and from programs: every one that the driver asks for, once,
 * in every operation. Such a call says so by an errno that is meant for it, leaves all as
 * it was, and works when it is repeated. That nothing is lost the search for leaked memory
 * says behind the last test of the machine; of rings and files, counts() does.
 */
#include "uring.h"
#include "failing.h"

#include <sys/epoll.h>
#include <sys/mman.h>

static int other = -1;
static void *view;
static size_t view_bytes;

static unsigned int open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	CHECK(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* Nothing has been started. Where a copy failed it has: then it goes on. */
static void no_run(int error)
{
	struct acq_status status = status_of(fd);

	if (error == EFAULT)
		return;
	CHECK_EQ(status.state, ACQ_STATE_IDLE);
	CHECK_EQ(status.readers, 0);
	CHECK(!(status.flags & ACQ_STATUS_ATTACHED));
}

static int act_open(void)
{
	other = open(NODE, O_RDWR | O_CLOEXEC);
	return sys(other);
}

static void after_open(void)
{
	close(other);
}

TEST(open_fails)
{
	static const struct sweep sweep = {
		.name = "open", .before = close_all, .act = act_open, .after = after_open,
		.allowed = { ENOMEM, EFAULT }, .all = true,
	};

	sweep_run(&sweep);
	counts();
}

TEST(first_read_fails)
{
	static const struct sweep sweep = {
		.name = "first read", .before = idle, .act = act_read, .failed = no_run,
		.allowed = { ENOMEM, EFAULT },
	};

	sweep_run(&sweep);
	counts();
}

TEST(streaming_read_fails)
{
	static const struct sweep sweep = {
		.name = "read", .before = running, .act = act_read, .allowed = { EFAULT },
	};

	sweep_run(&sweep);
}

/* The start is a worker's. */
static int act_nowait(void)
{
	struct iovec v = { buf, BYTES };
	int turns = PATIENCE_MS / 2;
	ssize_t n;

	while ((n = preadv2(fd, &v, 1, -1, RWF_NOWAIT)) < 0 && errno == EAGAIN && turns--)
		nap(2);
	CHECK(turns > 0);
	if (n > 0)
		CHECK(is_ramp(buf, n, place));
	return sys(n);
}

TEST(start_by_a_worker_fails)
{
	static const struct sweep sweep = {
		.name = "start", .before = idle, .act = act_nowait, .failed = no_run,
		.allowed = { ENOMEM },
	};

	sweep_workers(&sweep);
	counts();
}

/* Readable, for data or for the error that a read then says */
static int act_poll(void)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	CHECK_EQ(poll(&p, 1, PATIENCE_MS), 1);
	CHECK(p.revents & POLLIN);
	if (!(p.revents & POLLERR))
		return 0;
	return act_nowait();
}

TEST(poll_of_a_start_that_fails)
{
	static const struct sweep sweep = {
		.name = "poll", .before = idle, .act = act_poll, .failed = no_run,
		.allowed = { ENOMEM },
	};

	sweep_workers(&sweep);
	counts();
}

static int act_epoll(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	int ep = epoll_create1(EPOLL_CLOEXEC), ret;

	if (ep < 0)
		return errno;
	ret = sys(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event));
	if (!ret)
		ret = sys(epoll_wait(ep, &event, 1, PATIENCE_MS));
	close(ep);
	return ret;
}

TEST(epoll_fails)
{
	static const struct sweep sweep = {
		.name = "epoll", .before = running, .act = act_epoll,
		.allowed = { ENOMEM, EFAULT }, .all = true,
	};

	sweep_run(&sweep);
}

/* What the ring itself needs is not ours. */
static int act_uring(void)
{
	struct io_uring *ring = ring_new();
	struct done done;

	put_read(ring, fd, buf, BYTES, 1);
	submit(ring);
	done = next(ring);
	ring_close(ring);
	if (done.res > 0)
		CHECK(is_ramp(buf, done.res, place));
	return done.res < 0 ? -done.res : 0;
}

TEST(uring_read_fails)
{
	static const struct sweep first = {
		.name = "first read by io_uring", .before = idle, .act = act_uring,
		.failed = no_run, .allowed = { ENOMEM, EFAULT },
	};
	static const struct sweep later = {
		.name = "read by io_uring", .before = running, .act = act_uring,
		.allowed = { EFAULT },
	};

	sweep_run(&first);
	sweep_run(&later);
	counts();
}

static int act_map(void)
{
	struct acq_map map;

	if (ioctl(fd, ACQ_IOC_MAP, &map))
		return errno;
	view_bytes = map.bytes;
	return 0;
}

static int act_mmap(void)
{
	view = mmap(NULL, view_bytes, PROT_READ, MAP_SHARED, fd, 0);
	return view == MAP_FAILED ? errno : 0;
}

static void before_mmap(void)
{
	running();
	CHECK_EQ(act_map(), 0);
}

static void after_mmap(void)
{
	const struct acq_meta *meta = view;

	CHECK_EQ(meta->meta_bytes, sizeof(*meta));
	CHECK_EQ(meta->data_bytes, small_config().ring_bytes);
	CHECK_EQ(munmap(view, view_bytes), 0);
}

static void before_move(void)
{
	before_mmap();
	CHECK_EQ(act_mmap(), 0);
}

static int act_move(void)
{
	void *at = mremap(view, view_bytes, view_bytes, MREMAP_MAYMOVE | MREMAP_FIXED,
			  (void *)0x700000000000);

	if (at == MAP_FAILED)
		return errno;
	view = at;
	return 0;
}

/* A hole in its midst makes two of it. */
static int act_split(void)
{
	return sys(munmap(view + BYTES, BYTES));
}

TEST(mmap_fails)
{
	static const struct sweep map = {
		.name = "MAP", .before = idle, .act = act_map, .failed = no_run,
		.allowed = { ENOMEM, EFAULT },
	};
	static const struct sweep mapped = {
		.name = "mmap", .before = before_mmap, .act = act_mmap, .after = after_mmap,
		.allowed = { ENOMEM }, .all = true,
	};
	static const struct sweep moved = {
		.name = "mremap", .before = before_move, .act = act_move, .after = after_mmap,
		.allowed = { ENOMEM }, .all = true,
	};
	static const struct sweep split = {
		.name = "munmap", .before = before_move, .act = act_split, .after = after_mmap,
		.allowed = { ENOMEM }, .all = true,
	};

	sweep_run(&map);
	sweep_run(&mapped);
	sweep_run(&moved);
	sweep_run(&split);
	counts();
}

static unsigned int files_before;

static void before_export(void)
{
	running();
	files_before = open_files();
}

static int act_export(void)
{
	struct acq_export export = { .flags = O_CLOEXEC };

	if (ioctl(fd, ACQ_IOC_EXPORT, &export)) {
		int error = errno;

		CHECK_EQ(open_files(), files_before);
		return error;
	}
	other = export.fd;
	return 0;
}

static int act_map_dmabuf(void)
{
	view_bytes = small_config().ring_bytes;
	view = mmap(NULL, view_bytes, PROT_READ, MAP_SHARED, other, 0);
	return view == MAP_FAILED ? errno : 0;
}

static void before_map_dmabuf(void)
{
	before_export();
	CHECK_EQ(act_export(), 0);
}

static void after_map_dmabuf(void)
{
	CHECK_EQ(munmap(view, view_bytes), 0);
	close(other);
}

TEST(export_fails)
{
	static const struct sweep export = {
		.name = "EXPORT", .before = before_export, .act = act_export,
		.after = after_open, .allowed = { ENOMEM, EFAULT, ENFILE },
	};
	static const struct sweep mapped = {
		.name = "mmap of a dma-buf", .before = before_map_dmabuf, .act = act_map_dmabuf,
		.after = after_map_dmabuf, .allowed = { ENOMEM }, .all = true,
	};

	sweep_run(&export);
	sweep_run(&mapped);
	counts();
}

static void after_start(void)
{
	CHECK(status_of(fd).flags & ACQ_STATUS_STARTED);
	CHECK_EQ(act_read(), 0);
}

static void start_failed(int error)
{
	no_run(error);
	CHECK(!(status_of(fd).flags & ACQ_STATUS_STARTED));
}

TEST(start_fails)
{
	static const struct sweep sweep = {
		.name = "START", .before = idle, .act = act_start, .failed = start_failed,
		.after = after_start, .allowed = { ENOMEM },
	};

	sweep_run(&sweep);
	counts();
}

/* The ioctls that copy and do nothing else; each again until it is right. */
static const struct {
	const char *name;
	unsigned int cmd;
} copying[] = {
	{ "INFO", ACQ_IOC_INFO }, { "GET_CONFIG", ACQ_IOC_GET_CONFIG },
	{ "TRY_CONFIG", ACQ_IOC_TRY_CONFIG }, { "STATUS", ACQ_IOC_STATUS },
	{ "GET_READER", ACQ_IOC_GET_READER }, { "READER_STATS", ACQ_IOC_READER_STATS },
};

static unsigned int command;

static int act_ioctl(void)
{
	*(struct acq_config *)buf = small_config();
	return sys(ioctl(fd, command, buf));
}

TEST(ioctls_fail)
{
	struct sweep sweep = { .before = running, .act = act_ioctl, .allowed = { EFAULT } };
	size_t i;

	for (i = 0; i < sizeof(copying) / sizeof(copying[0]); i++) {
		sweep.name = copying[i].name;
		command = copying[i].cmd;
		sweep_run(&sweep);
	}
}

static const struct acq_reader_config wanted = { .watermark = 1234, .flush_us = 5000 };

static int act_set_reader(void)
{
	return sys(ioctl(fd, ACQ_IOC_SET_READER, &wanted));
}

static struct acq_reader_config reader_now(void)
{
	struct acq_reader_config now;

	CHECK_EQ(ioctl(fd, ACQ_IOC_GET_READER, &now), 0);
	return now;
}

static void reader_as_before(int error)
{
	CHECK_EQ(error, EFAULT);
	CHECK_EQ(reader_now().watermark, 0);
}

static void reader_set(void)
{
	CHECK_EQ(reader_now().watermark, wanted.watermark);
}

static int act_set_config(void)
{
	struct acq_config config = small_config();

	config.block_bytes = 8192;
	return sys(ioctl(fd, ACQ_IOC_SET_CONFIG, &config));
}

static void config_set(void)
{
	CHECK_EQ(config_of(fd).block_bytes, 8192);
}

TEST(settings_fail)
{
	static const struct sweep reader = {
		.name = "SET_READER", .before = idle, .act = act_set_reader,
		.failed = reader_as_before, .after = reader_set, .allowed = { EFAULT },
	};
	static const struct sweep config = {
		.name = "SET_CONFIG", .before = idle, .act = act_set_config,
		.after = config_set, .allowed = { EFAULT },
	};

	sweep_run(&reader);
	sweep_run(&config);
}

/* A reader before a gap that it has been told */
static void at_a_gap(void)
{
	ssize_t n;

	running();
	card("overflow 50");
	do {
		n = read(fd, buf, sizeof(buf));
	} while (n > 0);
	CHECK_EQ(errno, EPIPE);
}

static int act_gap(void)
{
	struct acq_gap gap;

	if (ioctl(fd, ACQ_IOC_GAP, &gap))
		return errno;
	CHECK_EQ(gap.count, 1);
	CHECK(gap.lost > 0);
	return 0;
}

/* Who got no answer does not know of it. */
static void gap_stands(int error)
{
	CHECK_EQ(error, EFAULT);
	CHECK_ERR(read(fd, buf, BYTES), EPIPE);
}

static void gap_is_known(void)
{
	CHECK(read(fd, buf, BYTES) > 0 || errno == EPIPE);
}

TEST(gap_is_told_though_the_copy_failed)
{
	static const struct sweep sweep = {
		.name = "GAP", .before = at_a_gap, .act = act_gap, .failed = gap_stands,
		.after = gap_is_known, .allowed = { EFAULT },
	};

	need_losses();
	sweep_run(&sweep);
}

static uint64_t target, run_number;
static bool gap_expected;

/* The position that it has told counts. A gap on the way is told by a call that succeeds. */
static int act_advance(void)
{
	struct acq_advance advance = { .run = run_number, .position = target };

	if (ioctl(fd, ACQ_IOC_ADVANCE, &advance))
		return errno;
	CHECK(advance.position >= target);
	if (gap_expected)
		CHECK(advance.flags & ACQ_ADVANCE_GAP);
	return 0;
}

static void before_advance(void)
{
	before_mmap();
	WAIT_FOR(status_of(fd).head > 400 * FRAME);
	target = 400 * FRAME;
	run_number = status_of(fd).run;
}

static void after_advance(void)
{
	place = status_of(fd).index;
	CHECK_EQ(act_read(), 0);
}

static void before_advance_gap(void)
{
	at_a_gap();
	target = status_of(fd).position;
	run_number = status_of(fd).run;
}

TEST(advance_fails)
{
	static const struct sweep plain = {
		.name = "ADVANCE", .before = before_advance, .act = act_advance,
		.after = after_advance, .allowed = { EFAULT },
	};
	static const struct sweep first = {
		.name = "first ADVANCE", .before = idle, .act = act_advance, .failed = no_run,
		.allowed = { ENOMEM, EFAULT },
	};
	static const struct sweep gap = {
		.name = "ADVANCE at a gap", .before = before_advance_gap, .act = act_advance,
		.after = after_advance, .allowed = { EFAULT },
	};

	gap_expected = false;
	sweep_run(&plain);
	target = 0;
	run_number = 0;
	sweep_run(&first);
	counts();
	need_losses();
	gap_expected = true;
	sweep_run(&gap);
}

HARNESS_MAIN
