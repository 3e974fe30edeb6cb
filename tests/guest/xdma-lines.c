// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: control kernels=6.12
 * acqtest: control-intx kernels=6.12
 * acqtest: control iommu kernels=debug
 */
/*
 * The user interrupts of a card with XDMA, armed, polled and read on its control node.
 * The first card has a user BAR and 16 lines (--user-irqs 16); the second has no user
 * BAR (--no-user-bar).
 */
#include "xdma-control.h"

#include <signal.h>
#include <sys/wait.h>

static char text[4096];

/* All channels and the lines have one interrupt, or the lines that of the one channel. */
static bool shares_interrupt(void)
{
	return !system("dmesg | grep -q -e 'XDMA version .*\\(INTx\\|one for all\\|1 C2H stream, MSI$\\)'");
}

/* Messages that the card has sent; with INTx, changes of the level */
static long long interrupts(void)
{
	return card_stat("irqs");
}

/* Interrupts that this machine has had from the cards */
static long handled(void)
{
	FILE *file = fopen("/proc/interrupts", "re");
	char line[1000], *at, *end;
	long sum = 0, n;

	CHECK(file);
	while (fgets(line, sizeof(line), file)) {
		if (!strstr(line, "acqdev"))
			continue;
		for (at = strchr(line, ':') + 1; n = strtol(at, &end, 10), end != at; at = end)
			sum += n;
	}
	fclose(file);
	return sum;
}

TEST(a_card_without_a_user_bar_has_its_lines)
{
	char path[300] = "";
	struct dirent *entry;
	int fd;
	DIR *dir;

	fresh_card();
	dir = opendir(MISC);
	while ((entry = readdir(dir))) {
		if (!strncmp(entry->d_name, "acqdev-ctl", 10) && strcmp(entry->d_name, CTL))
			snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
	}
	closedir(dir);
	if (!path[0])
		SKIP("there is no second card");
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	CHECK(fd >= 0);
	fds[nfds++] = fd;
	REFUSED(ENXIO, fd, PAGE, PROT_READ, MAP_SHARED, 0);
	CHECK_EQ(system(". /lib.sh; must card2 user-irq 0 off"), 0);
	arm(fd, 1);
	CHECK_EQ(fired(fd), 0);
	CHECK_EQ(system(". /lib.sh; must card2 user-irq 0 on"), 0);
	CHECK_EQ(wait_fired(fd), 1);
	CHECK_EQ(system(". /lib.sh; must card2 user-irq 0 off"), 0);
}

TEST(an_armed_line_fires_once)
{
	long here;
	int fd;

	fresh_card();
	fd = open_control(O_RDWR | O_NONBLOCK);
	here = handled();
	arm(fd, 1 << 3);
	CHECK_EQ(poll_now(fd), 0);
	CHECK_EQ(fired(fd), 0);
	card("user-irq 3 on");
	CHECK_EQ(poll_wait(fd), POLLIN);
	CHECK_EQ(poll_now(fd), POLLIN);
	CHECK_EQ(fired(fd), 1 << 3);
	CHECK_EQ(poll_now(fd), 0);
	CHECK_EQ(fired(fd), 0);
	/* Its level stays, and that is no storm. */
	CHECK(handled() > here);
	here = handled();
	nap(200);
	CHECK_EQ(handled(), here);
	CHECK_EQ(fired(fd), 0);
	/* Armed with the level still up, it fires at once. */
	arm(fd, 1 << 3);
	CHECK_EQ(wait_fired(fd), 1 << 3);
	card("user-irq 3 off");
	arm(fd, 1 << 3);
	nap(100);
	CHECK_EQ(fired(fd), 0);
	card("user-irq 3 on");
	CHECK_EQ(wait_fired(fd), 1 << 3);
}

TEST(a_line_that_is_not_armed_is_quiet)
{
	long long before;
	int fd;

	fresh_card();
	fd = open_control(O_RDWR | O_NONBLOCK);
	before = interrupts();
	card("user-irq 4 on");
	/* Another is armed: the driver looks, but at what is enabled. */
	arm(fd, 1 << 5);
	nap(100);
	CHECK_EQ(interrupts(), before);
	CHECK_EQ(fired(fd), 0);
	card("user-irq 5 on");
	CHECK_EQ(wait_fired(fd), 1 << 5);
	/* Raised long ago, it fires when it is armed. */
	arm(fd, 1 << 4);
	CHECK_EQ(wait_fired(fd), 1 << 4);
}

TEST(lines_add_up)
{
	uint32_t lines = 0;
	int fd;

	fresh_card();
	fd = open_control(O_RDWR | O_NONBLOCK);
	arm(fd, 1 << 0);
	arm(fd, 1 << 15);
	card("user-irq 15 on");
	WAIT_FOR(poll_now(fd) == POLLIN);
	card("user-irq 0 on");
	WAIT_FOR((lines |= fired(fd)) == (1 << 0 | 1 << 15));
	/* All at once */
	for (int line = 0; line < 16; line++)
		card("user-irq %d on", line);
	arm(fd, 0xffff);
	lines = 0;
	WAIT_FOR((lines |= fired(fd)) == 0xffff);
}

TEST(each_file_is_told)
{
	int a, b, other;

	fresh_card();
	a = open_control(O_RDWR | O_NONBLOCK);
	b = open_control(O_RDWR | O_NONBLOCK);
	other = open_control(O_RDWR | O_NONBLOCK);
	arm(a, 1 << 2 | 1 << 3);
	arm(b, 1 << 2);
	arm(other, 1 << 3);
	card("user-irq 2 on");
	CHECK_EQ(wait_fired(a), 1 << 2);
	CHECK_EQ(wait_fired(b), 1 << 2);
	CHECK_EQ(fired(other), 0);
	/* Who arms it anew is told alone. */
	arm(b, 1 << 2);
	CHECK_EQ(wait_fired(b), 1 << 2);
	CHECK_EQ(fired(a), 0);
	/* The other line is armed still, for both. */
	card("user-irq 3 on");
	CHECK_EQ(wait_fired(a), 1 << 3);
	CHECK_EQ(wait_fired(other), 1 << 3);
	CHECK_EQ(fired(b), 0);
}

TEST(a_close_disarms)
{
	long long before;
	int a, b;

	fresh_card();
	a = open_control(O_RDWR | O_NONBLOCK);
	b = open_control(O_RDWR | O_NONBLOCK);
	arm(a, 1 << 6 | 1 << 7);
	arm(b, 1 << 7);
	close_node(a);
	before = interrupts();
	card("user-irq 6 on");
	nap(100);
	CHECK_EQ(interrupts(), before);
	card("user-irq 7 on");
	CHECK_EQ(wait_fired(b), 1 << 7);
}

TEST(nonsense_is_refused)
{
	void *nowhere = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint32_t two[2] = { 1, 1 };
	int fd, ro, wo;

	CHECK(nowhere != MAP_FAILED);
	fresh_card();
	fd = open_control(O_RDWR | O_NONBLOCK);
	ro = open_control(O_RDONLY | O_NONBLOCK);
	wo = open_control(O_WRONLY);
	CHECK_ERR(write(fd, two, 3), EINVAL);
	CHECK_ERR(write(fd, two, 8), EINVAL);
	CHECK_ERR(write(fd, nowhere, 4), EFAULT);
	two[0] = 0x10000;
	CHECK_ERR(write(fd, two, 4), EINVAL);
	CHECK_ERR(read(fd, two, 3), EINVAL);
	CHECK_ERR(write(ro, two, 4), EBADF);
	CHECK_ERR(read(wo, two, 4), EBADF);
	CHECK_ERR(ioctl(fd, ACQ_IOC_INFO, text), ENOTTY);
	arm(wo, 1);
	/* What could not be handed over is not lost. */
	arm(fd, 1);
	card("user-irq 0 on");
	CHECK_EQ(poll_wait(fd), POLLIN);
	CHECK_ERR(read(fd, nowhere, 4), EFAULT);
	CHECK_EQ(fired(fd), 1);
	munmap(nowhere, PAGE);
}

static void nothing(int sig)
{
	(void)sig;
}

TEST(a_reader_sleeps_until_it_fires)
{
	struct sigaction action = { .sa_handler = nothing };
	struct iovec iov = { .iov_base = text, .iov_len = 4 };
	uint32_t lines = 0;
	int status, fd;
	pid_t child;

	fresh_card();
	fd = open_control(O_RDWR);
	arm(fd, 1 << 9);
	CHECK_ERR(preadv2(fd, &iov, 1, -1, RWF_NOWAIT), EAGAIN);
	sigaction(SIGALRM, &action, NULL);
	alarm(1);
	CHECK_ERR(read(fd, &lines, 4), EINTR);
	child = fork();
	CHECK(child >= 0);
	if (!child)
		_exit(read(fd, text, 100) != 4 || *(uint32_t *)text != 1 << 9);
	nap(100);
	CHECK_EQ(waitpid(child, &status, WNOHANG), 0);
	card("user-irq 9 on");
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
}

TEST(io_uring_waits_without_a_thread)
{
	struct __kernel_timespec patience = { .tv_sec = PATIENCE_MS / 1000 };
	uint32_t lines = 1 << 1, got = 0;
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;
	struct io_uring ring;
	int fd, turn;

	fresh_card();
	fd = open_control(O_RDWR);
	CHECK_EQ(io_uring_queue_init(8, &ring, 0), 0);
	for (turn = 0; turn < 3; turn++) {
		sqe = io_uring_get_sqe(&ring);
		io_uring_prep_write(sqe, fd, &lines, 4, 0);
		sqe->user_data = 1;
		io_uring_submit(&ring);
		CHECK_EQ(io_uring_wait_cqe_timeout(&ring, &cqe, &patience), 0);
		CHECK_EQ(cqe->res, 4);
		io_uring_cqe_seen(&ring, cqe);
		sqe = io_uring_get_sqe(&ring);
		io_uring_prep_read(sqe, fd, &got, 4, 0);
		io_uring_submit(&ring);
		nap(50);
		CHECK_EQ(io_uring_peek_cqe(&ring, &cqe), -EAGAIN);
		look_for_workers();
		card("user-irq 1 on");
		CHECK_EQ(io_uring_wait_cqe_timeout(&ring, &cqe, &patience), 0);
		CHECK_EQ(cqe->res, 4);
		CHECK_EQ(got, 1 << 1);
		look_for_workers();
		io_uring_cqe_seen(&ring, cqe);
		card("user-irq 1 off");
	}
	io_uring_queue_exit(&ring);
	CHECK_EQ(worker_threads, 0);
}

TEST(lines_fire_while_samples_flow)
{
	long long reads, messages;
	unsigned int rounds = 0;
	struct timespec begin, end;
	int status, fd;
	pid_t child;
	bar_t bar;

	fresh_card();
	fd = open_control(O_RDWR | O_NONBLOCK);
	bar = map_bar(fd);
	card("speed free");
	child = fork();
	CHECK(child >= 0);
	if (!child) {
		execl("/bin/acq", "acq", "read", "-q", "--config",
		      "format=s16,channels=0-1,block=4k,ring=64k", "-n",
		      strcmp(getenv("ACQ_KERNEL"), "debug") ? "40000000" : "6000000", "--verify",
		      "ramp", "--strict", "-o", "/dev/null", NULL);
		_exit(127);
	}
	WAIT_FOR(card_stat("c2h0_bytes"));
	reads = card_stat("reg_reads");
	messages = interrupts();
	clock_gettime(CLOCK_MONOTONIC, &begin);
	while (!waitpid(child, &status, WNOHANG)) {
		fire(bar, fd, 16);
		rounds += 16;
	}
	reads = card_stat("reg_reads") - reads;
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("# %u user interrupts, %lld register reads, %lld messages\n", rounds, reads,
	       interrupts() - messages);
	/* Not a sample was lost, or wrong. */
	CHECK_EQ(status, 0);
	CHECK(rounds >= 48);
	/* One read for each, none for samples, the watchdog's; a stop asks, too. */
	if (!shares_interrupt())
		CHECK(reads <= rounds + 50 + 12 * (end.tv_sec - begin.tv_sec + 1));
}

TEST(no_register_is_read_for_lines_that_are_not_armed)
{
	long long reads, done;
	int stream, fd;
	bar_t bar;

	fresh_card();
	if (!system("dmesg | grep -q -e 'XDMA version .*\\(INTx\\|one for all\\)'"))
		SKIP("the channels share their interrupt");
	fd = open_control(O_RDWR | O_NONBLOCK);
	bar = map_bar(fd);
	fire(bar, fd, 3);
	stream = fresh();
	fd = open_control(O_RDWR | O_NONBLOCK);
	/* Of another open file, and over */
	arm(fd, 1 << 5);
	close_node(fd);
	card("speed 200");
	read_all(stream, text, sizeof(text));
	reads = card_stat("reg_reads");
	done = card_stat("c2h0_descriptors");
	for (int i = 0; i < 2000; i++)
		read_all(stream, text, sizeof(text));
	reads = card_stat("reg_reads") - reads;
	done = card_stat("c2h0_descriptors") - done;
	printf("# %lld blocks, %lld reads\n", done, reads);
	CHECK(reads * 20 <= done);
}

TEST(lines_do_not_pass_for_idle_interrupts)
{
	int stream, fd;
	bar_t bar;

	fresh_card();
	stream = fresh();
	card("pause on");
	CHECK_EQ(ioctl(stream, ACQ_IOC_START), 0);
	fd = open_control(O_RDWR | O_NONBLOCK);
	bar = map_bar(fd);
	fire(bar, fd, 1500);
	CHECK_EQ(status_of(stream).state, ACQ_STATE_RUNNING);
	card("speed 50");
	card("pause off");
	read_all(stream, text, sizeof(text));
	CHECK(is_ramp(text, sizeof(text), 0));
	CHECK_EQ(status_of(stream).gaps, 0);
}

TEST(a_line_that_nobody_lowers_is_armed_over_and_over)
{
	int fd, i;

	fresh_card();
	fd = open_control(O_RDWR | O_NONBLOCK);
	card("user-irq 8 on");
	for (i = 0; i < 2000; i++) {
		arm(fd, 1 << 8);
		CHECK_EQ(wait_fired(fd), 1 << 8);
	}
}

HARNESS_MAIN
