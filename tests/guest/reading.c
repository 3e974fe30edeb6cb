// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp kernels=6.1,6.12,7,rt,arm64,arm64-16k,debug check
 * acqtest: ramp no-shm kernels=6.12
 * acqtest: ramp iommu kernels=6.12,arm64
 * acqtest: ramp bounce kernels=6.12
 * acqtest: ramp program=reading-fifo kernels=6.12
 * acqtest: ramp program=reading-fifo long kernels=rt
 * acqtest: losing program=reading-xdma kernels=7
 * acqtest: litepcie program=reading-litepcie kernels=7
 * acqtest: sound program=reading-ac97 kernels=7
 * acqtest: rtl program=reading-rtl kernels=6.12
 * acqtest: rtl-fifo program=reading-fifo-rtl takes=15 kernels=6.12
 */
/* What a reader can rely on: docs/reading.md, one promise a test. */
#include "guest.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <sys/wait.h>

static char buf[1 << 20], other[1 << 20];

TEST(opening_starts_nothing)
{
	int fd = fresh();
	struct acq_status before = status_of(fd), after;

	node(O_RDONLY);
	nap(50);
	after = status_of(fd);
	CHECK_EQ(after.state, ACQ_STATE_IDLE);
	CHECK_EQ(after.run, before.run);
}

TEST(first_read_starts_and_last_close_stops)
{
	int fd = fresh(), control;
	uint64_t runs = status_of(fd).run;

	CHECK(read(fd, buf, 4096) > 0);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_RUNNING);
	CHECK_EQ(status_of(fd).run, runs + 1);
	CHECK(is_ramp(buf, FRAME, 0));
	close_node(fd);
	control = node(O_RDONLY);
	CHECK_EQ(status_of(control).state, ACQ_STATE_IDLE);
}

TEST(poll_starts_too)
{
	int fd = fresh();

	CHECK_EQ(poll_wait(fd), POLLIN);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_RUNNING);
}

TEST(a_frame_may_come_in_parts)
{
	int fd = fresh();

	CHECK_EQ(read(fd, buf, 0), 0);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_IDLE);
	CHECK_EQ(read(fd, buf, FRAME - 1), FRAME - 1);
	CHECK_EQ(status_of(fd).position, FRAME - 1);
	CHECK_EQ(status_of(fd).index, 0);
	/* The rest of it is there, whatever a wait is for. */
	CHECK_EQ(poll_now(fd), POLLIN);
	/* The rest, and as many whole frames as there is room for */
	poll_wait(fd);
	nap(50);
	CHECK_EQ(read(fd, buf + FRAME - 1, 2 * FRAME), 1 + FRAME);
	CHECK_EQ(read(fd, buf + 2 * FRAME, FRAME), FRAME);
	CHECK(is_ramp(buf, 3 * FRAME, 0));
	CHECK_EQ(status_of(fd).index, 3);
}

TEST(whole_frames_only)
{
	int fd = fresh(), i;
	uint64_t index = 0;

	for (i = 1; i < 200; i++) {
		ssize_t n = read(fd, buf, FRAME + i * 7 % 64);

		CHECK(n > 0 && n % FRAME == 0);
		CHECK(is_ramp(buf, n, index));
		index += n / FRAME;
	}
	CHECK_EQ(status_of(fd).index, index);
	CHECK_EQ(status_of(fd).position, index * FRAME);
}

#ifdef __x86_64__
static const bool on_x86 = true;
#else
static const bool on_x86;
#endif

TEST(bad_buffer_is_efault_and_loses_nothing)
{
	int fd = fresh();
	char *edge = mmap(NULL, 2 * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);
	uint64_t index = 1000;
	ssize_t n;

	CHECK(edge != MAP_FAILED);
	CHECK(mprotect(edge + PAGE_BYTES, PAGE_BYTES, PROT_NONE) == 0);
	read_all(fd, buf, 1000 * FRAME);
	CHECK_ERR(read(fd, edge + PAGE_BYTES, 64), EFAULT);
	/* Half a frame fits: whole frames come, the rest is not lost. */
	poll_wait(fd);
	nap(50);
	n = read(fd, edge + PAGE_BYTES - 10, 64);
	/* Elsewhere the kernel may copy nothing where it cannot copy all. */
	if (!on_x86 && n < 0) {
		CHECK_EQ(errno, EFAULT);
	} else {
		CHECK_EQ(n, 8);
		CHECK(is_ramp(edge + PAGE_BYTES - 10, 8, index));
		index += 2;
	}
	CHECK(read(fd, buf, FRAME) == FRAME);
	CHECK(is_ramp(buf, FRAME, index));
	munmap(edge, 2 * PAGE_BYTES);
}

TEST(not_a_file_to_write_or_seek)
{
	int fd = fresh();

	CHECK_ERR(write(fd, buf, 64), EINVAL);
	CHECK_ERR(lseek(fd, 0, SEEK_SET), ESPIPE);
	CHECK_ERR(ioctl(fd, 0x1234), ENOTTY);
}

TEST(pread_reads_on_wherever_it_points)
{
	uint64_t index = 1000;
	int fd = fresh(), i;
	ssize_t n;

	read_all(fd, buf, 4000);
	for (i = 0; i < 10; i++) {
		/* The bytes that come next, not those of an offset */
		n = pread(fd, buf, 400, i % 2 ? 0 : 1000000);
		CHECK(n > 0);
		CHECK(is_ramp(buf, n, index));
		index += n / FRAME;
	}
}

TEST(nonblock_takes_what_is_there)
{
	int fd = fresh(), nb = node(O_RDONLY | O_NONBLOCK);
	ssize_t n;

	poll_wait(nb);
	card("stall on");
	nap(20);
	while ((n = read(nb, buf, sizeof(buf))) > 0)
		;
	CHECK(n == -1 && errno == EAGAIN);
	CHECK_EQ(poll_now(nb), 0);
	CHECK_ERR(read(nb, buf, FRAME - 1), EAGAIN);
	card("stall off");
	CHECK_EQ(poll_wait(nb), POLLIN);
	CHECK(read(nb, buf, sizeof(buf)) > 0);
	(void)fd;
}

/* preadv2() with RWF_NOWAIT at the file's position: what io_uring does first */
static ssize_t nowait(int fd, void *to, size_t bytes)
{
	struct iovec iov = { to, bytes };

	return preadv2(fd, &iov, 1, -1, RWF_NOWAIT);
}

TEST(nowait_starts_and_misses_nothing)
{
	int fd = fresh();
	ssize_t n;

	CHECK_ERR(nowait(fd, buf, sizeof(buf)), EAGAIN);
	WAIT_FOR(status_of(fd).state == ACQ_STATE_RUNNING);
	nap(100);
	WAIT_FOR((n = nowait(fd, buf, sizeof(buf))) > 0);
	CHECK(is_ramp(buf, n, 0));
}

TEST(reader_that_must_not_wait_gets_the_first_sample)
{
	int fd = fresh();

	if (over_fifo())
		SKIP("the FIFO is too slow for that");
	card("speed %d", FAST);
	CHECK_ERR(nowait(fd, buf, 4000), EAGAIN);
	/* By now the ring would have been overwritten many times. */
	WAIT_FOR(status_of(fd).state == ACQ_STATE_RUNNING);
	overrun(150000);
	read_all(fd, buf, 4000);
	CHECK(is_ramp(buf, 4000, 0));
}

TEST(poll_and_nowait_agree)
{
	struct acq_reader_config reader = { .watermark = over_fifo() ? 256 : 8192 };
	int fd = fresh(), turn, ready = 0, empty = 0;
	uint64_t index = 0;

	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &reader), 0);
	for (turn = 0; turn < 5000 && (ready < 50 || empty < 50); turn++) {
		bool readable = poll_now(fd) & POLLIN;
		ssize_t n = nowait(fd, buf, sizeof(buf));

		if (readable) {
			ready++;
			CHECK(n > 0);
		} else if (n < 0) {
			empty++;
			CHECK_EQ(errno, EAGAIN);
			nap(1);
		}
		if (n > 0) {
			CHECK(n >= (ssize_t)reader.watermark);
			CHECK(is_ramp(buf, n, index));
			index += n / FRAME;
		}
	}
	CHECK(ready >= 50 && empty >= 50);

	/* The other way round, while nothing can come in between */
	card("stall on");
	nap(50);
	while (nowait(fd, buf, sizeof(buf)) > 0)
		;
	CHECK_EQ(poll_now(fd), 0);
	/* A smaller read is content with less than the watermark. */
	nowait(fd, buf, FRAME);
	CHECK_EQ(poll_now(fd), 0);
	card("stall off");
}

TEST(blocking_read_waits_for_the_watermark)
{
	struct acq_reader_config reader = { .watermark = over_fifo() ? 1024 : 16384 };
	int fd = fresh(), i;

	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &reader), 0);
	for (i = 0; i < 10; i++)
		CHECK(read(fd, buf, sizeof(buf)) >= (ssize_t)reader.watermark);
	/* Less was asked for: that is enough. */
	CHECK_EQ(read(fd, buf, 64), 64);
}

TEST(watermark_beyond_the_ring_does_not_hang)
{
	struct acq_reader_config reader = { .watermark = 1 << 30 };
	struct acq_config config = plain_config();
	int fd = fresh();
	uint64_t index = 0;
	int i;

	/* Half of it is all the time that a machine has whose card does not wait. */
	config.ring_bytes = (over_ac97() ? 32 : 4) * PAGE_BYTES;
	configure(fd, config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &reader), 0);
	for (i = 0; i < 5; i++) {
		ssize_t n = read(fd, buf, sizeof(buf));

		CHECK(n > 0);
		CHECK(is_ramp(buf, n, index));
		index += n / FRAME;
	}
}

static void on_alarm(int signal)
{
	(void)signal;
}

TEST(signal_ends_a_wait)
{
	struct sigaction action = { .sa_handler = on_alarm };
	int fd = fresh(), tries = 0;
	ssize_t n;

	poll_wait(fd);
	card("stall on");
	sigaction(SIGALRM, &action, NULL);
	do {
		/* A busy machine may be late with what was on its way. */
		CHECK(tries++ < 100);
		nap(20);
		while (nowait(fd, buf, sizeof(buf)) > 0)
			;
		alarm(1);
		n = read(fd, buf, 64);
	} while (n > 0);
	CHECK_EQ(errno, EINTR);
	CHECK_EQ(n, -1);
	card("stall off");
	CHECK_EQ(read(fd, buf, 64), 64);
}

TEST(readv_fills_in_order)
{
	struct iovec iov[2] = { { buf, 10 }, { other, 4096 } };
	int fd = fresh();
	ssize_t n;

	poll_wait(fd);
	nap(100);
	n = readv(fd, iov, 2);
	CHECK(n > 10 && n % FRAME == 0);
	memmove(buf + 10, other, n - 10);
	CHECK(is_ramp(buf, n, 0));
}

TEST(splice_and_sendfile_move_samples)
{
	int fd = fresh(), pipes[2];
	ssize_t have = 0, want = 8192;

	CHECK(pipe(pipes) == 0);
	fds[nfds++] = pipes[0];
	fds[nfds++] = pipes[1];
	while (have < want) {
		ssize_t n = splice(fd, NULL, pipes[1], NULL, want - have, 0);

		CHECK(n > 0);
		CHECK_EQ(read(pipes[0], buf + have, n), n);
		have += n;
	}
	CHECK(is_ramp(buf, want, 0));
	have = sendfile(pipes[1], fd, NULL, 4096);
	CHECK(have > 0 && have <= 4096);
	CHECK_EQ(read(pipes[0], buf, have), have);
	CHECK(is_ramp(buf, have, want / FRAME));
}

TEST(every_file_reads_all_of_it)
{
	int a = fresh(), b = node(O_RDONLY);
	struct acq_status status;

	/* Both begin with the run: a starts it, b comes while nothing has moved. */
	CHECK_EQ(ioctl(a, ACQ_IOC_START), 0);
	read_all(a, buf, 4096);
	CHECK(is_ramp(buf, 4096, 0));
	CHECK(read(b, other, FRAME) == FRAME);
	status = status_of(b);
	CHECK(is_ramp(other, FRAME, status.index - 1));
	read_all(b, other, 8192);
	CHECK(is_ramp(other, 8192, status.index));
	read_all(a, buf, 8192);
	CHECK(is_ramp(buf, 8192, 1024));
	CHECK_EQ(status_of(a).readers, 2);
	CHECK_EQ(ioctl(a, ACQ_IOC_STOP), 0);
}

TEST(oldest_begins_in_the_past)
{
	struct acq_reader_config reader = { .flags = ACQ_READER_OLDEST };
	int fd = fresh(), late, i;
	struct acq_status status;

	for (i = 0; i < 4; i++)
		read_all(fd, buf, 8192);
	late = node(O_RDONLY);
	CHECK_EQ(ioctl(late, ACQ_IOC_SET_READER, &reader), 0);
	read_all(late, other, 4096);
	status = status_of(late);
	CHECK(status.index <= 4 * 8192 / FRAME);
	CHECK(is_ramp(other, 4096, status.index - 1024));
	CHECK_ERR(ioctl(late, ACQ_IOC_SET_READER, &(struct acq_reader_config){}), EBUSY);
}

TEST(finite_run_ends_in_zero)
{
	struct acq_config config = plain_config();
	int fd = fresh();
	uint64_t total = 0;
	ssize_t n;

	config.count = 5003;
	configure(fd, config);
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		CHECK(is_ramp(buf, n, total / FRAME));
		total += n;
	}
	CHECK_EQ(n, 0);
	CHECK_EQ(total, config.count * FRAME);
	CHECK_EQ(read(fd, buf, sizeof(buf)), 0);
	CHECK(poll_now(fd) & POLLIN);
	WAIT_FOR(status_of(fd).state == ACQ_STATE_IDLE);
	CHECK_EQ(status_of(fd).frames, config.count);
	CHECK_EQ(status_of(fd).lost, 0);
}

TEST(stop_delivers_what_was_sampled)
{
	uint64_t total = 0;
	int fd = fresh();
	ssize_t n;

	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	CHECK_ERR(ioctl(fd, ACQ_IOC_START), EBUSY);
	nap(200);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_IDLE);
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		CHECK(is_ramp(buf, n, total / FRAME));
		total += n;
	}
	CHECK_EQ(n, 0);
	CHECK(total > 0);
	CHECK_EQ(total / FRAME, status_of(fd).frames);
	check_run(total / FRAME, 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
}

TEST(stop_wakes_a_sleeping_reader)
{
	struct acq_config config = plain_config();
	int fd = fresh(), status;
	pid_t child;

	/* Nothing comes before the trigger: only the end can wake it. */
	config.trigger = ACQ_TRIGGER_SOFTWARE;
	configure(fd, config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	child = fork();
	CHECK(child >= 0);
	if (!child)
		_exit(read(fd, buf, sizeof(buf)) != 0);
	nap(200);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
}

TEST(reader_joins_the_next_run_after_the_end)
{
	int fd = fresh(), i;

	for (i = 0; i < 3; i++) {
		uint64_t total = 0;
		ssize_t n;

		CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
		nap(50);
		CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
		while ((n = read(fd, buf, sizeof(buf))) > 0) {
			CHECK(is_ramp(buf, n, total / FRAME));
			total += n;
		}
		CHECK_EQ(n, 0);
	}
}

TEST(rest_of_an_old_run_survives_a_new_one)
{
	int fd = fresh(), slow = node(O_RDONLY);
	uint64_t total = FRAME, frames;
	ssize_t n;

	if (over_ac97())
		SKIP("the ramp of one run does not begin where that of another does");
	CHECK_EQ(read(slow, buf, FRAME), FRAME);
	CHECK(is_ramp(buf, FRAME, 0));
	nap(50);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	frames = status_of(fd).frames;
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	read_all(fd, other, 4096);
	CHECK(is_ramp(other, 4096, 0));
	while ((n = read(slow, buf, sizeof(buf))) > 0) {
		CHECK(is_ramp(buf, n, total / FRAME));
		total += n;
	}
	CHECK_EQ(n, 0);
	CHECK_EQ(total / FRAME, frames);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
}

TEST(explicit_run_outlives_its_readers)
{
	struct acq_reader_config reader = { .flags = ACQ_READER_OLDEST };
	int fd = fresh(), late;
	uint64_t run;

	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	run = status_of(fd).run;
	read_all(fd, buf, 4096);
	close_node(fd);
	fd = node(O_RDWR);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_RUNNING);
	CHECK_EQ(status_of(fd).run, run);
	CHECK(status_of(fd).flags & ACQ_STATUS_STARTED);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	close_node(fd);
	/* What it recorded can still be read. */
	late = node(O_RDONLY);
	CHECK_EQ(ioctl(late, ACQ_IOC_SET_READER, &reader), 0);
	read_all(late, buf, 4096);
	CHECK(is_ramp(buf, 4096, status_of(late).index - 1024));
}

TEST(slowest_and_fastest_rates_start)
{
	struct acq_config config = plain_config();
	int fd = fresh();

	config.rate_millihz = 1;
	configure(fd, config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_RUNNING);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	config.rate_millihz = ~0ULL;
	configure(fd, config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
}

TEST(epoll_sees_new_samples)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int fd = fresh(), ep = epoll_create1(0), i;
	uint64_t index = 0;

	CHECK(ep >= 0);
	fds[nfds++] = ep;
	CHECK(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event) == 0);
	for (i = 0; i < 20; i++) {
		ssize_t n;

		CHECK_EQ(epoll_wait(ep, &event, 1, PATIENCE_MS), 1);
		CHECK_EQ(event.events, EPOLLIN);
		while ((n = read(fd, buf, sizeof(buf))) > 0) {
			CHECK(is_ramp(buf, n, index));
			index += n / FRAME;
		}
		CHECK(errno == EAGAIN);
	}
}

HARNESS_MAIN
