// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: control last takes=20 kernels=6.12
 * acqtest: control-intx last takes=20 kernels=6.12
 * acqtest: control iommu last takes=20 kernels=debug
 */
/*
 * The control node of a card with XDMA while the card is reset, meets errors of its bus,
 * sleeps, is unbound or unplugged, and when the kernel is locked down.
 */
#include "xdma-control.h"

#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>

#define UNBIND		"/sys/bus/pci/drivers/acqdev-xdma/unbind"
#define BIND		"/sys/bus/pci/drivers/acqdev-xdma/bind"

static char text[4096];

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
static unsigned int look_every_us;

static void *look_on(void *bar)
{
	while (!enough) {
		wrong += ((bar_t)bar)[ID] != ID_VALUE;
		looks++;
		if (look_every_us)
			usleep(look_every_us);
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

static int recoveries(void)
{
	FILE *f = popen("dmesg | grep -c 'AER: device recovery successful'", "r");
	int n = -1;

	CHECK(f);
	CHECK_EQ(fscanf(f, "%d", &n), 1);
	pclose(f);
	return n;
}

static void bus_error(const char *error)
{
	char command[100];

	snprintf(command, sizeof(command),
		 ". /lib.sh && must host hmp pcie_aer_inject_error rp0 %s", error);
	CHECK_EQ(system(command), 0);
}

static void bus_errors(void)
{
	static const char *const errors[] = { "COMP_TIME", "DLP" };
	int i, before;

	/* One that is fatal, too: the bus is reset. */
	for (i = 0; i < 2; i++) {
		before = recoveries();
		bus_error(errors[i]);
		WAIT_FOR(recoveries() > before);
	}
}

TEST(errors_of_the_bus_are_waited_for)
{
	look_every_us = 1000;
	goes_on(bus_errors, 3);
	look_every_us = 0;
}

static bool has_failed(void)
{
	return system("grep -q pci " MISC "acqdev/failure") == 0;
}

/* Reads a register: ends with 0 if that says what it should. */
static pid_t one_look(bar_t bar)
{
	pid_t child = fork();

	CHECK(child >= 0);
	if (!child)
		_exit(bar[ID] != ID_VALUE);
	return child;
}

/* The mapping of a card that has not come back is empty until a reset brings it back. */
TEST(a_card_that_does_not_come_back_is_waited_for)
{
	pid_t patient, killed;
	int status, fd;
	bar_t bar;

	fresh_card();
	fd = open_control(O_RDWR | O_NONBLOCK);
	bar = map_bar(fd);
	CHECK_EQ(bar[ID], ID_VALUE);
	arm(fd, 1 << 14);
	card("fault reset-gone 1");
	bus_error("DLP");
	WAIT_FOR(has_failed());
	patient = one_look(bar);
	killed = one_look(bar);
	nap(200);
	CHECK_EQ(waitpid(patient, &status, WNOHANG), 0);
	CHECK_EQ(waitpid(killed, &status, WNOHANG), 0);
	kill(killed, SIGKILL);
	CHECK_EQ(waitpid(killed, &status, 0), killed);
	CHECK(WIFSIGNALED(status));
	card("clear");
	reset_function();
	CHECK_EQ(waitpid(patient, &status, 0), patient);
	CHECK_EQ(status, 0);
	CHECK_EQ(bar[ID], ID_VALUE);
	card("user-irq 14 on");
	CHECK_EQ(wait_fired(fd), 1 << 14);
}

TEST(sleep_is_waited_for)
{
	if (!access("/sys/class/iommu/dmar0", F_OK))
		SKIP("the emulated IOMMU has forgotten all mappings after a sleep");
	goes_on(sleep_a_second, 1);
}

TEST(errors_behind_a_sleep_are_waited_for)
{
	if (!access("/sys/class/iommu/dmar0", F_OK))
		SKIP("the emulated IOMMU has forgotten all mappings after a sleep");
	fresh_card();
	sleep_a_second();
	look_every_us = 1000;
	goes_on(bus_errors, 1);
	look_every_us = 0;
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
