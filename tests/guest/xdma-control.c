// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: control last kernels=6.12
 * acqtest: control-intx last kernels=6.12
 * acqtest: control iommu last kernels=debug
 */
/*
 * The control node of a card with XDMA: the user BAR, mapped, and the user interrupts.
 * The first card has a user BAR and 16 lines (--user-irqs 16); the second has no user
 * BAR (--no-user-bar).
 */
#include "uring.h"

#include <linux/capability.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#define MISC		"/sys/class/misc/"
#define CTL		"acqdev-ctl0"
#define DEVICE		MISC CTL "/device"
#define UNBIND		"/sys/bus/pci/drivers/acqdev-xdma/unbind"
#define BIND		"/sys/bus/pci/drivers/acqdev-xdma/bind"
#define BAR_BYTES	65536
#define PAGE		4096

/* Registers of the simulated card's own logic, in words */
#define ID		(0x00 / 4)
#define ID_VALUE	0x55514341
#define SCRATCH		(0x08 / 4)
#define RAISE		(0x24 / 4)
#define LOWER		(0x28 / 4)

typedef volatile uint32_t *bar_t;

static char text[4096];
static bar_t mapped;

/* Nobody has the node open, no line is up, all as after loading. */
static void fresh_card(void)
{
	if (mapped)
		munmap((void *)mapped, BAR_BYTES);
	mapped = NULL;
	fresh();
	close_all();
	for (int line = 0; line < 16; line++)
		card("user-irq %d off", line);
}

static int open_control(int flags)
{
	int fd = open("/dev/" CTL, flags | O_CLOEXEC);

	CHECK(fd >= 0);
	fds[nfds++] = fd;
	return fd;
}

static bar_t map_bar(int fd)
{
	void *at = mmap(NULL, BAR_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	CHECK(at != MAP_FAILED);
	mapped = at;
	return at;
}

static char *link_of(const char *path)
{
	static char target[2][256];
	static int turn;
	ssize_t n;

	turn ^= 1;
	n = readlink(path, target[turn], sizeof(target[turn]) - 1);
	CHECK(n > 0);
	target[turn][n] = '\0';
	return target[turn];
}

static const char *pci_address(void)
{
	static char name[64];

	snprintf(name, sizeof(name), "%s", strrchr(link_of(DEVICE), '/') + 1);
	return name;
}

static void reset_function(void)
{
	write_file(DEVICE "/reset", "1");
}

static void sleep_a_second(void)
{
	CHECK_EQ(system(". /lib.sh && suspend 1"), 0);
}

/* All channels and the lines have one interrupt, or the lines that of the one channel. */
static bool shares_interrupt(void)
{
	return !system("dmesg | grep -q -e 'XDMA version .*\\(INTx\\|one for all\\|1 C2H stream, MSI$\\)'");
}

static sigjmp_buf on_sigbus;

static void sigbus(int sig)
{
	siglongjmp(on_sigbus, sig);
}

/* Does reading there end with SIGBUS? */
static bool faults(bar_t at)
{
	struct sigaction action = { .sa_handler = sigbus }, old;
	bool hit = true;

	sigaction(SIGBUS, &action, &old);
	if (!sigsetjmp(on_sigbus, 1)) {
		(void)*at;
		hit = false;
	}
	sigaction(SIGBUS, &old, NULL);
	return hit;
}

static void arm(int fd, uint32_t lines)
{
	CHECK_EQ(write(fd, &lines, 4), 4);
}

/* The lines that have fired, 0: none */
static uint32_t fired(int fd)
{
	uint32_t lines = 0;
	ssize_t n = read(fd, &lines, 4);

	if (n == 4) {
		CHECK(lines);
		return lines;
	}
	CHECK_EQ(n, -1);
	CHECK_EQ(errno, EAGAIN);
	return 0;
}

static uint32_t wait_fired(int fd)
{
	CHECK_EQ(poll_wait(fd), POLLIN);
	return fired(fd);
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

TEST(the_node_is_the_cards_and_roots_alone)
{
	struct stat st;

	fresh_card();
	CHECK_EQ(stat("/dev/" CTL, &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0600);
	CHECK_EQ(st.st_uid, 0);
	CHECK_EQ(strcmp(link_of(DEVICE), link_of(MISC "acqdev/device")), 0);
	CHECK_EQ(system("[ $(cat " MISC CTL "/bytes) = 65536 ]"), 0);
}

TEST(registers_are_read_and_written)
{
	long long reads, writes;
	bar_t bar;
	int fd;

	fresh_card();
	/* Nobody has touched it so far, whatever else has been tested. */
	reads = card_stat("user_reads");
	writes = card_stat("user_writes");
	fd = open_control(O_RDWR);
	bar = map_bar(fd);
	arm(fd, 1);
	CHECK_EQ(card_stat("user_reads"), reads);
	CHECK_EQ(card_stat("user_writes"), writes);
	CHECK_EQ(bar[ID], ID_VALUE);
	bar[SCRATCH] = 0x12345678;
	CHECK_EQ(bar[SCRATCH], 0x12345678);
	bar[SCRATCH] = 0x9abcdef0;
	CHECK_EQ(bar[SCRATCH], 0x9abcdef0);
	CHECK_EQ(card_stat("user_reads"), reads + 3);
	CHECK_EQ(card_stat("user_writes"), writes + 2);
	/* The mapping lives longer than the file. */
	close_node(fd);
	CHECK_EQ(bar[ID], ID_VALUE);
}

TEST(a_part_is_mapped_where_it_is)
{
	uint32_t *at;
	int fd;

	fresh_card();
	fd = open_control(O_RDONLY);
	/* Channel 0 of the simulated card: FRAME says two channels of s16, that wait. */
	at = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, PAGE);
	CHECK(at != MAP_FAILED);
	CHECK_EQ(((bar_t)at)[1], 0x10202);
	munmap(at, PAGE);
	at = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, BAR_BYTES - PAGE);
	CHECK(at != MAP_FAILED);
	CHECK_EQ(((bar_t)at)[0], 0);
	munmap(at, PAGE);
}

static void *map_errno(int fd, size_t bytes, int prot, int flags, off_t offset)
{
	void *at = mmap(NULL, bytes, prot, flags, fd, offset);

	if (at != MAP_FAILED)
		munmap(at, bytes);
	return at;
}

#define REFUSED(error, ...)						\
	do {								\
		errno = 0;						\
		CHECK(map_errno(__VA_ARGS__) == MAP_FAILED);		\
		CHECK_EQ(errno, error);					\
	} while (0)

TEST(what_is_not_the_user_bar_is_refused)
{
	int fd, ro, rw = PROT_READ | PROT_WRITE;
	char *at;

	fresh_card();
	fd = open_control(O_RDWR);
	ro = open_control(O_RDONLY);
	/* Behind it in memory is the DMA BAR. */
	REFUSED(EINVAL, fd, PAGE, rw, MAP_SHARED, BAR_BYTES);
	REFUSED(EINVAL, fd, BAR_BYTES + PAGE, rw, MAP_SHARED, 0);
	REFUSED(EINVAL, fd, BAR_BYTES, rw, MAP_SHARED, PAGE);
	REFUSED(EINVAL, fd, PAGE, rw, MAP_SHARED, 1LL << 44);
	REFUSED(EINVAL, fd, PAGE, rw, MAP_PRIVATE, 0);
	REFUSED(EINVAL, fd, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, 0);
	REFUSED(EACCES, ro, PAGE, rw, MAP_SHARED, 0);
	at = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, ro, BAR_BYTES - PAGE);
	CHECK(at != MAP_FAILED);
	CHECK_ERR(mprotect(at, PAGE, rw), EACCES);
	CHECK_ERR(mprotect(at, PAGE, PROT_READ | PROT_EXEC), EACCES);
	CHECK(mremap(at, PAGE, 2 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED);
	munmap(at, PAGE);
}

/* Without CAP_SYS_RAWIO, which is the mightiest of them here */
static void drop_rawio(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	CHECK_EQ(syscall(SYS_capget, &header, data), 0);
	data[0].effective &= ~(1U << CAP_SYS_RAWIO);
	data[0].permitted &= ~(1U << CAP_SYS_RAWIO);
	CHECK_EQ(syscall(SYS_capset, &header, data), 0);
}

TEST(who_opens_it_must_be_privileged)
{
	int status, fd, other;
	pid_t child;

	fresh_card();
	fd = open_control(O_RDWR);
	child = fork();
	CHECK(child >= 0);
	if (!child) {
		drop_rawio();
		other = open("/dev/" CTL, O_RDWR);
		if (other < 0)
			_exit(1);
		if (map_errno(other, PAGE, PROT_READ, MAP_SHARED, 0) != MAP_FAILED ||
		    errno != EPERM)
			_exit(2);
		/* But one that a privileged program has opened */
		if (map_errno(fd, PAGE, PROT_READ, MAP_SHARED, 0) == MAP_FAILED)
			_exit(3);
		/* Other users do not even open it. */
		if (syscall(SYS_setresuid, 65534, 65534, 65534) ||
		    open("/dev/" CTL, O_RDONLY) >= 0 || errno != EACCES)
			_exit(4);
		_exit(0);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
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

/* Interrupts */

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

/* Raise a line as the card's logic would, be told, lower it: so often */
static void fire(bar_t bar, int fd, unsigned int times)
{
	while (times--) {
		uint32_t line = 1U << times % 16;

		arm(fd, line);
		bar[RAISE] = line;
		CHECK_EQ(wait_fired(fd), line);
		bar[LOWER] = line;
	}
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

/* The card sleeps, is reset, goes */

/* Before the sleep: behind it the emulator unplugs nothing. */
TEST(unplugging_takes_it_all_back)
{
	uint32_t lines = 1;
	char command[200];
	bar_t bar;
	int fd;

	fresh_card();
	snprintf(command, sizeof(command), "dmesg | grep -q '%s: XDMA version .*MSI-X'",
		 pci_address());
	if (!system(command))
		SKIP("the emulator cannot unplug a card with MSI-X");
	fd = open_control(O_RDWR | O_NONBLOCK);
	bar = map_bar(fd);
	CHECK_EQ(bar[ID], ID_VALUE);
	arm(fd, lines);
	CHECK_EQ(system(". /lib.sh; must host unplug 0"), 0);
	CHECK_EQ(poll_wait(fd), POLLIN | POLLHUP | POLLERR);
	CHECK(faults(bar));
	CHECK_ERR(read(fd, &lines, 4), ENODEV);
	CHECK_ERR(write(fd, &lines, 4), ENODEV);
	WAIT_FOR(access("/dev/" CTL, F_OK));
	CHECK_EQ(system(". /lib.sh; wait_for host plug 0"), 0);
	WAIT_FOR(!access("/dev/" CTL, F_OK));
	CHECK(faults(bar));
	fresh_card();
	CHECK_EQ(map_bar(open_control(O_RDWR))[ID], ID_VALUE);
}

static atomic_bool enough;
static atomic_long looks, wrong;

static void *look_on(void *bar)
{
	while (!enough) {
		wrong += ((bar_t)bar)[ID] != ID_VALUE;
		looks++;
	}
	return NULL;
}

/* @disturb the card while a thread reads a register all the time. */
static void goes_on(void (*disturb)(void), int times)
{
	pthread_t thread;
	long before;
	bar_t bar;
	int fd;

	fresh_card();
	fd = open_control(O_RDWR | O_NONBLOCK);
	bar = map_bar(fd);
	arm(fd, 1 << 10 | 1 << 11);
	card("user-irq 11 on");
	CHECK_EQ(wait_fired(fd), 1 << 11);
	enough = false;
	looks = 0;
	wrong = 0;
	CHECK_EQ(pthread_create(&thread, NULL, look_on, (void *)bar), 0);
	while (times--) {
		before = looks;
		WAIT_FOR(looks > before + 100);
		disturb();
		before = looks;
		WAIT_FOR(looks > before + 100);
	}
	enough = true;
	pthread_join(thread, NULL);
	printf("# %ld looks, %ld wrong\n", (long)looks, (long)wrong);
	CHECK_EQ(wrong, 0);
	bar[SCRATCH] = 77;
	CHECK_EQ(bar[SCRATCH], 77);
	/* The one that was armed is, the other is not. */
	CHECK_EQ(fired(fd), 0);
	card("user-irq 10 on");
	card("user-irq 11 on");
	CHECK_EQ(wait_fired(fd), 1 << 10);
	nap(50);
	CHECK_EQ(fired(fd), 0);
	fire(bar, fd, 10);
}

TEST(a_reset_of_the_function_is_waited_for)
{
	goes_on(reset_function, 10);
}

TEST(sleep_is_waited_for)
{
	if (!access("/sys/class/iommu/dmar0", F_OK))
		SKIP("the emulated IOMMU has forgotten all mappings after a sleep");
	goes_on(sleep_a_second, 1);
}

static void *arm_on(void *arg)
{
	int fd = *(int *)arg;

	while (!enough) {
		arm(fd, 1 << 12);
		looks++;
	}
	return NULL;
}

TEST(lines_are_armed_while_the_card_is_reset)
{
	pthread_t thread;
	int fd;

	fresh_card();
	fd = open_control(O_RDWR | O_NONBLOCK);
	enough = false;
	looks = 0;
	CHECK_EQ(pthread_create(&thread, NULL, arm_on, &fd), 0);
	for (int turn = 0; turn < 5; turn++) {
		WAIT_FOR(looks > 100 * turn);
		reset_function();
	}
	enough = true;
	pthread_join(thread, NULL);
	CHECK_EQ(fired(fd), 0);
	card("user-irq 12 on");
	CHECK_EQ(wait_fired(fd), 1 << 12);
}

TEST(a_card_that_was_gone_has_its_lines_armed_by_the_next_start)
{
	int stream, fd;
	ssize_t n;

	fresh_card();
	stream = fresh();
	fd = open_control(O_RDWR | O_NONBLOCK);
	arm(fd, 1 << 13);
	card("speed 20");
	CHECK_EQ(ioctl(stream, ACQ_IOC_START), 0);
	read_all(stream, text, sizeof(text));
	card("fault gone on");
	while ((n = read(stream, text, sizeof(text))) > 0)
		;
	CHECK_EQ(n, -1);
	CHECK_EQ(errno, ENODEV);
	CHECK_EQ(fired(fd), 0);
	card("clear");
	CHECK_EQ(ioctl(stream, ACQ_IOC_START), 0);
	card("user-irq 13 on");
	CHECK_EQ(wait_fired(fd), 1 << 13);
	fire(map_bar(fd), fd, 16);
}

TEST(unbinding_takes_it_all_back)
{
	const int revents = POLLIN | POLLHUP | POLLERR;
	char pci[64];
	int fd, sleeper, turn, status;
	struct pollfd p = { .events = POLLIN };
	uint32_t lines = 1;
	pid_t child, reader;
	bar_t bar;

	fresh_card();
	for (turn = 0; turn < 3; turn++) {
		snprintf(pci, sizeof(pci), "%s", pci_address());
		fd = open_control(O_RDWR | O_NONBLOCK);
		sleeper = open_control(O_RDWR);
		bar = map_bar(fd);
		CHECK_EQ(bar[ID], ID_VALUE);
		arm(fd, 1);
		arm(sleeper, 1);
		child = fork();
		CHECK(child >= 0);
		if (!child) {
			p.fd = fd;
			if (bar[ID] != ID_VALUE || poll(&p, 1, PATIENCE_MS) != 1)
				_exit(1);
			_exit(p.revents != revents || !faults(bar));
		}
		reader = fork();
		CHECK(reader >= 0);
		if (!reader)
			_exit(read(sleeper, text, 4) != -1 || errno != ENODEV);
		nap(100);
		if (turn == 2)
			close_node(fd);
		write_file(UNBIND, pci);
		CHECK(faults(bar + ID));
		CHECK(faults(bar + BAR_BYTES / 4 - 1));
		CHECK_EQ(waitpid(child, &status, 0), child);
		CHECK_EQ(status, 0);
		CHECK_EQ(waitpid(reader, &status, 0), reader);
		CHECK_EQ(status, 0);
		if (turn == 2)
			fd = sleeper;
		CHECK_EQ(poll_now(fd), revents);
		CHECK_ERR(read(fd, &lines, 4), ENODEV);
		CHECK_ERR(write(fd, &lines, 4), ENODEV);
		REFUSED(ENODEV, fd, PAGE, PROT_READ, MAP_SHARED, 0);
		CHECK(access("/dev/" CTL, F_OK));
		write_file(BIND, pci);
		/* The new one is another. */
		CHECK_EQ(map_bar(open_control(O_RDWR))[ID], ID_VALUE);
		CHECK(faults(bar + ID));
		CHECK_ERR(read(fd, &lines, 4), ENODEV);
		munmap((void *)bar, BAR_BYTES);
		fresh_card();
	}
}

/* What a program might do all the time. It ends with a SIGBUS. */
static void use_it(int fd, bar_t bar, uint32_t line)
{
	pthread_t thread;

	enough = false;
	pthread_create(&thread, NULL, look_on, (void *)bar);
	for (;;) {
		if (write(fd, &line, 4) != 4)
			pause();
		bar[RAISE] = line;
		(void)!read(fd, text, 4);
		bar[LOWER] = line;
	}
}

TEST(a_card_is_unbound_while_it_is_used)
{
	char pci[64];
	int status, fd;
	pid_t child;
	bar_t bar;

	for (int turn = 0; turn < 5; turn++) {
		fresh_card();
		snprintf(pci, sizeof(pci), "%s", pci_address());
		fd = open_control(O_RDWR | O_NONBLOCK);
		bar = map_bar(fd);
		child = fork();
		CHECK(child >= 0);
		if (!child)
			use_it(fd, bar, 1U << turn);
		nap(300);
		write_file(UNBIND, pci);
		CHECK_EQ(waitpid(child, &status, 0), child);
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
		write_file(BIND, pci);
	}
	fresh_card();
	CHECK_EQ(map_bar(open_control(O_RDWR))[ID], ID_VALUE);
}

TEST(the_region_is_taken)
{
	unsigned long long start, end;
	char command[200];
	FILE *file;

	fresh_card();
	file = fopen(DEVICE "/resource", "re");
	CHECK(file);
	CHECK_EQ(fscanf(file, "%llx %llx", &start, &end), 2);
	fclose(file);
	/* No other driver gets it, nor /dev/mem. */
	snprintf(command, sizeof(command), "grep -q '%08llx-%08llx : acqdev' /proc/iomem", start,
		 end);
	CHECK_EQ(system(command), 0);
}

/* The last: it cannot be taken back. */
TEST(a_locked_down_kernel_refuses_it)
{
	int fd;

	fresh_card();
	mount("none", "/sys/kernel/security", "securityfs", 0, NULL);
	if (access("/sys/kernel/security/lockdown", W_OK))
		SKIP("this kernel knows no lockdown");
	fd = open_control(O_RDWR);
	CHECK_EQ(map_bar(fd)[ID], ID_VALUE);
	write_file("/sys/kernel/security/lockdown", "integrity");
	REFUSED(EPERM, fd, PAGE, PROT_READ, MAP_SHARED, 0);
}

HARNESS_MAIN
