// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp memory=1024 takes=20 limit=300 kernels=7,debug soak
 * acqtest: losing program=fuzz-xdma memory=1024 takes=20 limit=300 kernels=6.12,debug soak
 */
/*
 * A hostile program beside honest ones, on a card that nobody leaves alone: threads that do
 * whatever there is to do with a file (fuzz.h), two readers that verify each sample and each
 * loss, and one process that resets the card, takes it from its driver, puts it to sleep and
 * has it lose samples. Every order of operations comes from a seed: ACQ_SEED is another one.
 *
 * Wrong are: a splat (the kernel's log), a sample or a count that is not right, a call that
 * does not return, an errno that nobody may see, a mapping that can be written to.
 */
#include "fuzz.h"
#include "uring.h"

#include <sys/time.h>

#define THREADS		4
#define OPS		(getenv("ACQ_SEED") ? 20000 : is_slow() ? 600 : 1500)
#define BUF_GROUP	3
#define BUF_COUNT	8

static struct fuzz_thread threads[THREADS];
static struct io_uring_buf_ring *buffers[THREADS];
static unsigned int seed;
static char address[64];

static void ring_drop(void)
{
	if (!self->has_ring)
		return;
	io_uring_queue_exit(&self->ring);
	self->has_ring = false;
}

static void ring_make(void)
{
	static const unsigned int flags[] = { 0, 0, DEFER, IORING_SETUP_COOP_TASKRUN,
					      IORING_SETUP_SQPOLL };
	struct io_uring_params params = { .flags = flags[pick(5)], .sq_thread_idle = 1 };
	int i, error;

	doing("io_uring_setup", params.flags, 0);
	if (done(io_uring_queue_init_params(32, &self->ring, &params)))
		return;
	self->has_ring = true;
	buffers[self->id] = io_uring_setup_buf_ring(&self->ring, BUF_COUNT, BUF_GROUP, 0, &error);
	for (i = 0; buffers[self->id] && i < BUF_COUNT; i++)
		io_uring_buf_ring_add(buffers[self->id], self->buf + i * FUZZ_PAGE, FUZZ_PAGE, i,
				      BUF_COUNT - 1, i);
	if (buffers[self->id])
		io_uring_buf_ring_advance(buffers[self->id], BUF_COUNT);
}

/* Take what is complete. Buffers go back, mostly. */
static void ring_reap(void)
{
	struct io_uring_cqe *cqe;

	io_uring_get_events(&self->ring);
	while (!io_uring_peek_cqe(&self->ring, &cqe)) {
		unsigned int id = cqe->flags >> IORING_CQE_BUFFER_SHIFT;

		if (cqe->res < 0 && fuzz_error_is_wrong(-cqe->res)) {
			printf("# thread %u: a request ends with errno %d\n", self->id, -cqe->res);
			atomic_store(&shared->wrong, 1);
		}
		if (cqe->flags & IORING_CQE_F_BUFFER && buffers[self->id] && id < BUF_COUNT &&
		    pick(8)) {
			io_uring_buf_ring_add(buffers[self->id], self->buf + id * FUZZ_PAGE,
					      FUZZ_PAGE, id, BUF_COUNT - 1, 0);
			io_uring_buf_ring_advance(buffers[self->id], 1);
		}
		io_uring_cqe_seen(&self->ring, cqe);
	}
}

static void ring_put(struct io_uring_sqe *sqe, int fd)
{
	size_t bytes = some_bytes();

	switch (pick(8)) {
	case 0:
		io_uring_prep_read_multishot(sqe, fd, 0, -1, BUF_GROUP);
		break;
	case 1:
		io_uring_prep_poll_add(sqe, fd, POLLIN);
		break;
	case 2:
		io_uring_prep_poll_multishot(sqe, fd, POLLIN | POLLHUP);
		break;
	case 3:
		io_uring_prep_cancel64(sqe, pick(16), pick(2) ? IORING_ASYNC_CANCEL_ALL : 0);
		break;
	case 4:
		/* A fixed file, if there is one */
		io_uring_prep_read(sqe, pick(4), self->buf, bytes, -1);
		sqe->flags |= IOSQE_FIXED_FILE;
		break;
	case 5:
		io_uring_prep_splice(sqe, fd, -1, self->pipe[1], -1, bytes, SPLICE_F_NONBLOCK);
		break;
	default:
		io_uring_prep_read(sqe, fd, some_buffer(bytes), bytes, pick(4) ? -1 : 0);
	}
	sqe->user_data = pick(16);
	if (!pick(6))
		sqe->flags |= IOSQE_IO_LINK;
	if (!pick(12))
		sqe->flags |= IOSQE_ASYNC;
}

static void op_uring(void)
{
	struct io_uring_sqe *sqe;
	int fd = some_fd(), files[4], i;

	if (!self->has_ring)
		ring_make();
	if (!self->has_ring)
		return;
	switch (pick(24)) {
	case 0:
		/* With all that it has in hand */
		doing("io_uring exit", 0, 0);
		ring_drop();
		done(0);
		return;
	case 1:
		for (i = 0; i < 4; i++)
			files[i] = some_fd();
		doing("register_files", fd, 0);
		io_uring_unregister_files(&self->ring);
		io_uring_register_files(&self->ring, files, 4);
		done(0);
		return;
	}
	doing("io_uring", fd, 0);
	for (i = pick(4); i >= 0 && (sqe = io_uring_get_sqe(&self->ring)); i--)
		ring_put(sqe, fd);
	io_uring_submit(&self->ring);
	ring_reap();
	done(0);
}

/* As often as they stand here */
static void (*const operations[])(void) = {
	op_open, op_open, op_close, op_dup, op_read, op_read, op_read, op_readv, op_readv,
	op_readv, op_pread, op_write, op_mmap, op_mmap, op_touch, op_touch, op_touch, op_mremap,
	op_madvise, op_munmap, op_ioctl, op_ioctl, op_ioctl, op_ioctl, op_ioctl, op_ioctl,
	op_garbage, op_fcntl, op_poll, op_epoll, op_epoll, op_splice, op_sendfile, op_fork,
	op_uring, op_uring, op_uring, op_uring,
};

static void on_fault(int sig)
{
	if (self && atomic_load(&self->may_fault))
		siglongjmp(self->out, 1);
	signal(sig, SIG_DFL);
	raise(sig);
}

static void on_signal(int sig)
{
	(void)sig;
}

static void *fuzz_thread_run(void *arg)
{
	int i, ops = OPS;

	self = arg;
	self->random = fuzz_seed(seed, self->id);
	self->ep = epoll_create1(EPOLL_CLOEXEC);
	self->null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (pipe2(self->pipe, O_CLOEXEC | O_NONBLOCK))
		return NULL;
	while (ops-- && !atomic_load(&shared->stop) && !atomic_load(&shared->wrong))
		operations[pick(sizeof(operations) / sizeof(operations[0]))]();
	ring_drop();
	for (i = 0; i < FUZZ_VIEWS; i++)
		drop_view(i);
	close(self->ep);
	close(self->null);
	close(self->pipe[0]);
	close(self->pipe[1]);
	return NULL;
}

/* The process of the threads: whoever waits is woken by a signal, again and again. */
static int fuzz_process(void)
{
	struct sigaction fault = { .sa_handler = on_fault, .sa_flags = SA_NODEFER };
	struct sigaction quiet = { .sa_handler = on_signal };
	int i, turns, ended = 0;

	sigaction(SIGSEGV, &fault, NULL);
	sigaction(SIGBUS, &fault, NULL);
	sigaction(SIGUSR1, &quiet, NULL);
	sigaction(SIGIO, &quiet, NULL);
	sigaction(SIGPIPE, &quiet, NULL);
	for (i = 0; i < FUZZ_FILES; i++)
		atomic_store(&fuzz_fd[i], -1);
	for (i = 0; i < THREADS; i++) {
		threads[i].id = i;
		if (pthread_create(&threads[i].thread, NULL, fuzz_thread_run, &threads[i]))
			return 2;
	}
	for (i = 0; i < THREADS; i++) {
		unsigned long ops = 0;

		/* One that has done nothing for so long does not come back. */
		for (turns = 0; pthread_tryjoin_np(threads[i].thread, NULL); turns++) {
			if (threads[i].ops != ops)
				turns = 0;
			ops = threads[i].ops;
			if (turns > PATIENCE_MS / 10) {
				printf("# thread %d hangs\n", i);
				atomic_store(&shared->wrong, 1);
				break;
			}
			pthread_kill(threads[i].thread, SIGUSR1);
			/* Those before this one are no more. */
			pthread_kill(threads[i + turns % (THREADS - i)].thread, SIGUSR1);
			nap(10);
		}
		ended += turns <= PATIENCE_MS / 10;
	}
	if (atomic_load(&shared->wrong)) {
		for (i = 0; i < THREADS; i++)
			fuzz_print_log(&threads[i]);
	}
	fflush(stdout);
	_exit(ended == THREADS ? 0 : 1);
}

/* A reader that checks all that it gets, and all that it is told */
struct verifier {
	int fd;
	bool fresh;		/* the next sample is the first of a run, or of one that it joins */
	bool anew;		/* the card's ramp has begun again */
	bool moved;		/* overtaken: on by a number of bytes that nobody tells */
	uint64_t index, position, bytes, lost, gaps;
	uint16_t base;		/* of the ramp at index 0 */
};

static char samples[FUZZ_BUFFER];

/* Ends the process, and with it the campaign. */
#define RIGHT(condition)							\
	do {									\
		if (!(condition)) {						\
			printf("# %s: not so: %s\n", who, #condition);		\
			atomic_store(&shared->wrong, 1);			\
			fflush(stdout);						\
			_exit(1);						\
		}								\
	} while (0)

static const char *who;

static void verify_data(struct verifier *v, size_t bytes)
{
	const uint16_t *sample = (const void *)samples;
	struct acq_status status;
	size_t i;

	RIGHT(bytes % FRAME == 0);
	RIGHT(!ioctl(v->fd, ACQ_IOC_STATUS, &status));
	RIGHT(status.flags & ACQ_STATUS_ATTACHED);
	if (v->fresh) {
		v->index = status.index - bytes / FRAME;
		v->position = status.position - bytes;
		atomic_fetch_add(&shared->runs, 1);
	}
	if (v->fresh || v->anew)
		v->base = sample[0] - v->index * 2;
	if (v->moved) {
		RIGHT(status.position >= v->position + bytes);
		v->position = status.position - bytes;
	}
	v->fresh = false;
	v->anew = false;
	v->moved = false;
	RIGHT(status.index == v->index + bytes / FRAME);
	RIGHT(status.position == v->position + bytes);
	for (i = 0; i < bytes / 2; i++)
		RIGHT(sample[i] == (uint16_t)(v->base + v->index * 2 + i));
	v->index += bytes / FRAME;
	v->position += bytes;
	v->bytes += bytes;
	atomic_fetch_add(&shared->reads, 1);
	atomic_fetch_add(&shared->bytes, bytes);
}

/* At the end of a card there may be one more, for which no read fails. */
static void verify_gap(struct verifier *v, bool end)
{
	struct acq_gap gap;

	RIGHT(!ioctl(v->fd, ACQ_IOC_GAP, &gap));
	if (end && gap.count == v->gaps)
		return;
	RIGHT(gap.count == v->gaps + 1);
	RIGHT(gap.lost > 0);
	RIGHT(gap.cause > ACQ_CAUSE_NONE && gap.cause <= ACQ_CAUSE_UNPLUG);
	RIGHT(v->fresh || gap.index == v->index);
	RIGHT(v->fresh || v->moved || gap.position == v->position);
	v->index += gap.lost;
	v->lost += gap.lost;
	v->gaps++;
	/* One that was overtaken does not learn what it missed. */
	v->anew |= gap.cause == ACQ_CAUSE_SUSPEND || gap.cause == ACQ_CAUSE_RESET ||
		   gap.cause == ACQ_CAUSE_OVERTAKEN;
	v->moved |= gap.cause == ACQ_CAUSE_OVERTAKEN;
	atomic_fetch_add(&shared->gaps, 1);
	atomic_fetch_add(&shared->lost, gap.lost);
}

static void verify_close(struct verifier *v)
{
	struct acq_reader_stats stats;
	uint64_t lost = 0;
	int i;

	RIGHT(!ioctl(v->fd, ACQ_IOC_READER_STATS, &stats));
	for (i = 0; i < 8; i++)
		lost += stats.lost[i];
	RIGHT(stats.bytes == v->bytes);
	RIGHT(stats.gaps == v->gaps);
	RIGHT(lost == v->lost);
	close(v->fd);
	v->fd = -1;
}

static void verify_open(struct verifier *v, bool monitor)
{
	struct acq_reader_config reader = {
		.flags = monitor ? ACQ_READER_MONITOR | ACQ_READER_GAP_ONCE : 0,
	};

	*v = (struct verifier){ .fresh = true };
	v->fd = open(shared->node, (monitor ? O_NONBLOCK : 0) | O_RDONLY | O_CLOEXEC);
	if (v->fd >= 0)
		RIGHT(!ioctl(v->fd, ACQ_IOC_SET_READER, &reader));
}

/* What a read that brought nothing means. True: the file is of use still. */
static bool verify_error(struct verifier *v, int error)
{
	struct pollfd p = { .fd = v->fd, .events = POLLIN };

	switch (error) {
	case 0:
		/* The end: the next run comes if somebody starts it. */
		v->fresh = true;
		nap(2);
		return pick(2);
	case EPIPE:
		verify_gap(v, false);
		return true;
	case EAGAIN:
		poll(&p, 1, 100);
		return true;
	case EINTR:
		return true;
	case ENOMEM:
	case ENOSPC:
		nap(10);
		return true;
	default:
		if (error != ENODEV && error != EIO)
			printf("# %s: a read gives errno %d\n", who, error);
		RIGHT(error == ENODEV || error == EIO);
		verify_gap(v, true);
		return false;
	}
}

static int verifier_process(bool monitor)
{
	static struct fuzz_thread own;
	struct itimerval tick = { { 0, 100000 }, { 0, 100000 } };
	struct sigaction quiet = { .sa_handler = on_signal };
	struct verifier v = { .fd = -1 };

	who = monitor ? "monitor" : "reader";
	self = &own;
	own.random = fuzz_seed(seed, monitor ? 101 : 100);
	/* It waits without end in a read. */
	sigaction(SIGALRM, &quiet, NULL);
	setitimer(ITIMER_REAL, &tick, NULL);
	while (!atomic_load(&shared->stop)) {
		size_t bytes = FRAME + pick(FUZZ_BUFFER - FRAME);
		ssize_t n;

		if (v.fd < 0)
			verify_open(&v, monitor);
		if (v.fd < 0) {
			nap(5);
			continue;
		}
		n = read(v.fd, samples, bytes);
		if (n > 0)
			verify_data(&v, n);
		else if (!verify_error(&v, n ? errno : 0) || !pick(500))
			verify_close(&v);
	}
	return 0;
}

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), error;

	if (fd < 0)
		return errno;
	error = write(fd, text, strlen(text)) < 0 ? errno : 0;
	close(fd);
	return error;
}

/* A card that does not run can do little of it. */
static void trouble_card(const char *what, unsigned int n)
{
	static int fd = -1;
	struct termios raw;
	char c = 0;

	if (fd < 0) {
		fd = open(CONTROL, O_RDWR | O_NOCTTY | O_CLOEXEC);
		RIGHT(fd >= 0);
		tcgetattr(fd, &raw);
		cfmakeraw(&raw);
		tcsetattr(fd, TCSANOW, &raw);
	}
	dprintf(fd, n ? "%s %u\n" : "%s\n", what, n);
	while (c != '\n') {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		RIGHT(poll(&p, 1, PATIENCE_MS) == 1);
		RIGHT(read(fd, &c, 1) == 1);
	}
}

static void trouble_settings(void)
{
	struct acq_config config = fuzz_config();
	int fd = open(shared->node, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return;
	ioctl(fd, ACQ_IOC_STOP);
	ioctl(fd, ACQ_IOC_SET_CONFIG, &config);
	if (pick(2))
		ioctl(fd, ACQ_IOC_START);
	ioctl(fd, ACQ_IOC_TRIGGER);
	close(fd);
}

static void trouble_unbind(void)
{
	char path[100];
	int error;

	snprintf(path, sizeof(path), "%s/unbind", PCI_DRIVER);
	error = put(path, address);
	RIGHT(!error);
	snprintf(path, sizeof(path), "%s/bind", PCI_DRIVER);
	error = put(path, address);
	if (error)
		printf("# bind: errno %d\n", error);
	RIGHT(!error);
	find_node(address, shared->node, sizeof(shared->node));
}

static int trouble_process(void)
{
	static struct fuzz_thread own;
	char reset[100];
	int error;

	who = "trouble";
	self = &own;
	own.random = fuzz_seed(seed, 102);
	snprintf(reset, sizeof(reset), "/sys/bus/pci/devices/%s/reset", address);
	while (!atomic_load(&shared->stop)) {
		nap(1 + pick(40));
		switch (pick(12)) {
		case 0:
			error = put(reset, "1");
			RIGHT(!error);
			break;
		case 1:
			trouble_unbind();
			break;
		case 2:
			error = put("/sys/power/state", pick(2) ? "mem" : "freeze");
			/* Of a kernel that cannot, or beside a process that is ending */
			RIGHT(!error || error == EINVAL || error == ENOENT || error == EBUSY);
			break;
		case 3:
			trouble_card("reset", 0);
			break;
		case 4:
		case 5:
			trouble_card("overflow", 1 + pick(500));
			break;
		case 6:
			trouble_card("speed", 1 + pick(3));
			break;
		default:
			trouble_settings();
			break;
		}
		atomic_fetch_add(&shared->troubles, 1);
	}
	return 0;
}

/* In a process of its own, whose failed checks end it alone */
static pid_t start(int (*process)(void))
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		int ret = setjmp(harness_out) ? 1 : process();

		fflush(stdout);
		_exit(ret);
	}
	return pid;
}

static int reader_process(void)
{
	return verifier_process(false);
}

static int monitor_process(void)
{
	return verifier_process(true);
}

/* What it waits in, if it does not end */
static int finish(pid_t pid, const char *name)
{
	char command[80];
	int status, turns = PATIENCE_MS / 10;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (turns--) {
			nap(10);
			continue;
		}
		printf("# %s hangs\n", name);
		snprintf(command, sizeof(command), "sed 's/^/# /' /proc/%d/task/*/stack", pid);
		CHECK(system(command) >= 0);
		kill(pid, SIGKILL);
		return 1;
	}
	if (status)
		printf("# %s ends with status %#x\n", name, status);
	return status;
}

static void begin_campaign(void)
{
	close_node(fresh());
	snprintf(address, sizeof(address), "%s", card_address());
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	CHECK(shared != MAP_FAILED);
	find_node(address, shared->node, sizeof(shared->node));
	/* Devices alone, and at once */
	put("/sys/power/pm_test", "devices");
	put("/sys/module/suspend/parameters/pm_test_delay", "0");
	write_file("/sys/module/acqdev/parameters/ring_total_kb", "65536");
}

/*
 * A thread that exits waits for io_uring's workers, and where those are frozen already the
 * machine does not go to sleep: the kernel gives up and shows its stack. A fault has a line
 * of its own.
 */
static void allow_stacks(void)
{
	write_file(getenv("ACQ_ALLOW"), "Call Trace:\n");
}

TEST(hostile_programs)
{
	pid_t fuzz, reader, monitor, trouble;
	int wrong, status;

	allow_stacks();
	seed = seed_of(1);
	begin_campaign();
	printf("# seed %u\n", seed);
	reader = start(reader_process);
	monitor = start(monitor_process);
	trouble = start(trouble_process);
	fuzz = start(fuzz_process);
	CHECK_EQ(waitpid(fuzz, &status, 0), fuzz);
	atomic_store(&shared->stop, true);
	wrong = status | finish(reader, "the reader") | finish(monitor, "the monitor") |
		finish(trouble, "the trouble");
	put("/sys/power/pm_test", "none");
	write_file("/sys/module/acqdev/parameters/ring_total_kb", "0");
	printf("# %lu operations, %lu troubles; %lu runs, %lu bytes in %lu reads verified, %lu frames lost in %lu gaps\n",
	       shared->ops, shared->troubles, shared->runs, shared->bytes, shared->reads,
	       shared->lost, shared->gaps);
	if (wrong)
		printf("# ACQ_SEED=%u\n", seed - 1);
	CHECK_EQ(wrong, 0);
	CHECK_EQ(shared->wrong, 0);
	CHECK(shared->bytes > 0 && shared->troubles > 0);
}

/* Nothing is left of it: the node has its name, a file reads, and nobody else does. */
TEST(all_is_well_behind_them)
{
	struct acq_status status;
	int fd;

	if (address[0])
		bind_again();
	fd = fresh();
	read_all(fd, samples, sizeof(samples));
	CHECK(is_ramp(samples, sizeof(samples), 0));
	status = status_of(fd);
	CHECK_EQ(status.readers, 1);
	CHECK_EQ(status.state, ACQ_STATE_RUNNING);
}

HARNESS_MAIN
