// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp takes=20 kernels=6.1,debug soak
 * acqtest: ramp program=power-fifo takes=15 kernels=7
 * acqtest: xdma-module card="$xdma --user-irqs 15 --c2h 2" card="$xdma --no-user-bar" \
 *	program=power-xdma takes=20 kernels=6.12 soak
 */
/*
 * A card that nothing uses goes to D3hot, and is back within a read. Changes of its power
 * state and accesses to its registers are counted, by the card.
 */
#include "guest.h"

#include <dirent.h>
#include <linux/pci_regs.h>
#include <pthread.h>
#include <sys/mman.h>

#define CLASS		"/sys/class/misc/acqdev/"
#define CONTROL_NODE	"/dev/acqdev-ctl0"

static char buf[1 << 16];

/* An attribute of the device, which is there when it is not bound, too */
static const char *device(const char *name)
{
	static char path[100];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", card_address(), name);
	return path;
}

/* First word of an attribute of the device */
static const char *attribute(const char *name)
{
	static char text[64];
	ssize_t n;
	int fd;

	fd = open(device(name), O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	CHECK(n > 0);
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return text;
}

static bool is_asleep(void)
{
	return !strcmp(attribute("power/runtime_status"), "suspended");
}

static void set_power(const char *control, int delay_ms)
{
	char text[20];

	snprintf(text, sizeof(text), "%d", delay_ms);
	write_file(device("power/autosuspend_delay_ms"), text);
	write_file(device("power/control"), control);
}

/* The card may sleep, as soon as it can, and does */
static int fresh_and_asleep(void)
{
	int fd;

	set_power("on", 0);
	fd = fresh();
	set_power("auto", 0);
	WAIT_FOR(is_asleep());
	return fd;
}

/* One that is not at its end: a read at once may find the sample rate's first block. */
static void read_ramp(int fd)
{
	read_all(fd, buf, 4000);
	CHECK(is_ramp(buf, 4000, 0));
}

/* All attributes below @path that can be read, but those of the PCI device */
static int read_tree(const char *path)
{
	struct dirent *entry;
	char below[400];
	DIR *dir = opendir(path);
	int count = 0, fd;

	if (!dir)
		return 0;
	while ((entry = readdir(dir))) {
		snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			count += read_tree(below);
		fd = entry->d_type == DT_REG ? open(below, O_RDONLY | O_CLOEXEC) : -1;
		if (fd < 0)
			continue;
		count += read(fd, buf, sizeof(buf)) > 0;
		close(fd);
	}
	closedir(dir);
	return count;
}

TEST(it_stays_awake_unless_it_is_allowed_to_sleep)
{
	long long suspends;
	int i;

	/* Not what a test before this one has set */
	close_all();
	write_file(device("power/control"), "on");
	driver("unbind");
	driver("bind");
	WAIT_FOR(!access(NODE, F_OK));
	CHECK(!strcmp(attribute("power/control"), "on"));
	CHECK(!strcmp(attribute("power/autosuspend_delay_ms"), "2000"));
	suspends = card_stat("suspends");
	set_power("on", 0);
	for (i = 0; i < 3; i++) {
		read_ramp(fresh());
		close_all();
	}
	/* An hour, and never */
	set_power("auto", 3600000);
	read_ramp(fresh());
	close_all();
	CHECK(!is_asleep());
	set_power("auto", -1);
	read_ramp(fresh());
	close_all();
	CHECK(!is_asleep());
	CHECK_EQ(card_stat("suspends"), suspends);
}

TEST(it_sleeps_while_nothing_runs_and_is_back_within_a_read)
{
	int fd = fresh_and_asleep(), i;
	long long suspends = card_stat("suspends"), resumes = card_stat("resumes");

	CHECK(suspends > 0);
	for (i = 1; i <= 3; i++) {
		read_ramp(fd);
		CHECK(!is_asleep());
		CHECK_EQ(card_stat("resumes"), resumes + i);
		close_node(fd);
		WAIT_FOR(is_asleep());
		CHECK_EQ(card_stat("suspends"), suspends + i);
		fd = node(O_RDWR);
	}
	/* By START, and by who must not wait */
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	CHECK_EQ(card_stat("resumes"), resumes + 4);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	WAIT_FOR(is_asleep());
	close_node(fd);
	fd = node(O_RDONLY | O_NONBLOCK);
	CHECK_EQ(poll_wait(fd), POLLIN);
	CHECK_EQ(card_stat("resumes"), resumes + 5);
	CHECK_EQ(card_stat("asleep_accesses"), 0);
}

TEST(what_needs_no_register_does_not_wake_it)
{
	int fd = fresh_and_asleep(), attributes;
	long long resumes = card_stat("resumes"), reads = card_stat("reg_reads"),
		  writes = card_stat("reg_writes");
	struct acq_reader_config reader = { .watermark = 400 };
	struct acq_reader_stats stats;
	struct acq_config config;

	attributes = read_tree(CLASS);
	printf("# %d attributes\n", attributes);
	CHECK(attributes > 10);
	CHECK(read_tree("/sys/kernel/debug/acqdev") > 0);
	CHECK_EQ(system("acq list >/dev/null && acq info >/dev/null && acq config >/dev/null"), 0);
	info_of(fd);
	config = config_of(fd);
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_CONFIG, &config), 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &reader), 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_READER_STATS, &stats), 0);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_IDLE);
	CHECK_EQ(ioctl(fd, ACQ_IOC_TRIGGER), -1);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	close_node(node(O_RDONLY));
	CHECK(is_asleep());
	CHECK_EQ(card_stat("resumes"), resumes);
	CHECK_EQ(card_stat("reg_reads"), reads);
	CHECK_EQ(card_stat("reg_writes"), writes);
	CHECK_EQ(card_stat("asleep_accesses"), 0);
}

TEST(a_run_keeps_it_awake_and_what_is_left_of_one_does_not)
{
	int fd = fresh_and_asleep();
	long long suspends = card_stat("suspends");
	const struct acq_meta *meta;
	struct acq_map map;
	uint64_t head;

	/* Nobody reads, and later nobody has it open */
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	WAIT_FOR(status_of(fd).head > 0);
	close_all();
	fd = node(O_RDWR);
	head = status_of(fd).head;
	WAIT_FOR(status_of(fd).head > head + 4000);
	CHECK_EQ(card_stat("suspends"), suspends);
	/* Its ring, mapped */
	CHECK_EQ(ioctl(fd, ACQ_IOC_MAP, &map), 0);
	meta = mmap(NULL, map.bytes, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(meta != MAP_FAILED);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	WAIT_FOR(is_asleep());
	CHECK(meta->head > head);
	CHECK_EQ(card_stat("suspends"), suspends + 1);
	munmap((void *)meta, map.bytes);
}

TEST(who_waits_for_a_trigger_keeps_it_awake)
{
	struct acq_config config = plain_config();
	int fd = fresh_and_asleep();
	long long suspends = card_stat("suspends");

	config.trigger = ACQ_TRIGGER_SOFTWARE;
	configure(fd, config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	nap(300);
	CHECK_EQ(status_of(fd).state, STATE_ARMED(fd));
	CHECK_EQ(card_stat("suspends"), suspends);
	trigger(fd);
	CHECK_EQ(poll_wait(fd), POLLIN);
	read_all(fd, buf, 4000);
	CHECK_EQ(status_of(fd).gaps, 0);
}

TEST(it_may_be_reset_and_unbound_asleep)
{
	int fd = fresh_and_asleep();

	write_file(device("reset"), "1");
	WAIT_FOR(is_asleep());
	read_ramp(fd);
	close_all();
	WAIT_FOR(is_asleep());
	/* Somebody has it open all the time */
	fd = node(O_RDWR);
	driver("unbind");
	CHECK_EQ(read(fd, buf, 4), -1);
	CHECK_EQ(errno, ENODEV);
	close_all();
	driver("bind");
	WAIT_FOR(!access(NODE, F_OK));
	set_power("auto", 0);
	WAIT_FOR(is_asleep());
	read_ramp(node(O_RDWR));
}

TEST(the_machine_sleeps_while_the_card_does)
{
	int fd = fresh_and_asleep();
	struct acq_config config = plain_config();

	CHECK_EQ(system(". /lib.sh && suspend 1"), 0);
	WAIT_FOR(is_asleep());
	CHECK_EQ(status_of(fd).state, ACQ_STATE_IDLE);
	configure(fd, config);
	read_ramp(fd);
	CHECK_EQ(status_of(fd).gaps, 0);
	CHECK_EQ(card_stat("asleep_accesses"), 0);
}

/* The errno, and the way back */
static void lose(const char *fault)
{
	int fd = fresh_and_asleep();

	write_file(getenv("ACQ_ALLOW"), "Unable to change power state\n");
	card("fault %s", fault);
	/* It counts as awake from here on: whoever starts it once more has to see to its power. */
	set_power("auto", 3600000);
	CHECK_EQ(read(fd, buf, 4000), -1);
	CHECK_EQ(errno, ENODEV);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_FAILED);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), -1);
	CHECK_EQ(errno, ENODEV);
	card("clear");
}

/*
 * A card that was plugged in anew is in D0. The emulator hears nothing of that, and goes
 * by what was written to PMCSR: in D3hot it takes the BARs away by itself.
 */
static void tell_emulator(void)
{
	uint8_t at, cap[2];
	uint16_t d0 = 0;
	int fd = open(device("config"), O_RDWR | O_CLOEXEC);

	CHECK(fd >= 0);
	CHECK_EQ(pread(fd, &at, 1, PCI_CAPABILITY_LIST), 1);
	for (;;) {
		CHECK_EQ(pread(fd, cap, 2, at), 2);
		if (cap[0] == PCI_CAP_ID_PM)
			break;
		at = cap[1];
		CHECK(at);
	}
	CHECK_EQ(pwrite(fd, &d0, 2, at + PCI_PM_CTRL), 2);
	close(fd);
}

TEST(one_that_does_not_come_back_is_no_device)
{
	lose("stuck-d3");
	/* The next start tries again. */
	read_ramp(fresh());
	lose("gone");
	tell_emulator();
	read_ramp(fresh());
	lose("stuck-d3");
	write_file(device("reset"), "1");
	read_ramp(fresh());
	close_all();
	set_power("auto", 0);
	WAIT_FOR(is_asleep());
}

static volatile bool over;

static void *toggle(void *unused)
{
	while (!over) {
		set_power("on", 0);
		set_power("auto", 0);
	}
	return unused;
}

static void *read_often(void *rounds)
{
	char one[4000];
	int i, fd;

	for (i = 0; i < *(int *)rounds; i++) {
		fd = open(NODE, O_RDONLY | O_CLOEXEC);
		CHECK(fd >= 0);
		/* The begin of a run, or somewhere in the other thread's */
		CHECK_EQ(read(fd, one, sizeof(one)) > 0, true);
		close(fd);
		usleep(rand() % 3000);
	}
	return NULL;
}

TEST(many_short_runs_while_it_falls_asleep)
{
	int fd = fresh_and_asleep(), rounds = is_slow() ? 20 : 60, i;
	long long suspends = card_stat("suspends"), resumes = card_stat("resumes");
	pthread_t threads[3];

	close_node(fd);
	over = false;
	CHECK_EQ(pthread_create(&threads[0], NULL, toggle, NULL), 0);
	for (i = 1; i < 3; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, read_often, &rounds), 0);
	for (i = 1; i < 3; i++)
		pthread_join(threads[i], NULL);
	over = true;
	pthread_join(threads[0], NULL);
	set_power("auto", 0);
	WAIT_FOR(is_asleep());
	resumes = card_stat("resumes") - resumes;
	printf("# %d runs, %lld times from D3hot to D0\n", 2 * rounds, resumes);
	CHECK(resumes > 0);
	CHECK_EQ(card_stat("suspends") - suspends, resumes);
	CHECK_EQ(card_stat("asleep_accesses"), 0);
	read_ramp(fresh());
}

TEST(an_open_control_node_keeps_it_awake)
{
	uint32_t line = 1 << 3, fired;
	long long resumes, suspends;
	volatile uint32_t *regs;
	int ctl;

	if (!over_xdma())
		SKIP("this card has no control node");
	fresh_and_asleep();
	resumes = card_stat("resumes");
	suspends = card_stat("suspends");
	ctl = open(CONTROL_NODE, O_RDWR | O_CLOEXEC);
	CHECK(ctl >= 0);
	CHECK_EQ(card_stat("resumes"), resumes + 1);
	regs = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ctl, 0);
	CHECK(regs != MAP_FAILED);
	CHECK_EQ(regs[0], 0x55514341);
	/* The card has forgotten which message the lines have: it gets one all the same. */
	card("user-irq 3 off");
	CHECK_EQ(write(ctl, &line, sizeof(line)), sizeof(line));
	card("user-irq 3 on");
	CHECK_EQ(read(ctl, &fired, sizeof(fired)), sizeof(fired));
	CHECK_EQ(fired, line);
	card("user-irq 3 off");
	/* A run begins and ends meanwhile. */
	read_ramp(fresh());
	close_all();
	CHECK(!is_asleep());
	/* The mapping alone */
	close(ctl);
	nap(100);
	regs[2] = 4711;
	CHECK_EQ(regs[2], 4711);
	CHECK_EQ(card_stat("suspends"), suspends);
	munmap((void *)regs, 4096);
	WAIT_FOR(is_asleep());
	CHECK_EQ(card_stat("suspends"), suspends + 1);
	/* Unbound with the node open, it is nobody's. */
	ctl = open(CONTROL_NODE, O_RDWR | O_CLOEXEC);
	CHECK(ctl >= 0);
	driver("unbind");
	driver("bind");
	WAIT_FOR(!access(NODE, F_OK));
	set_power("auto", 0);
	WAIT_FOR(is_asleep());
	close(ctl);
	CHECK(is_asleep());
	read_ramp(fresh());
}

TEST(an_engine_that_waits_for_data_keeps_it_awake)
{
	int fd;

	if (!over_xdma())
		SKIP("this card can be stopped at any time");
	fd = fresh_and_asleep();
	read_ramp(fd);
	card("stall on");
	nap(100);
	close_all();
	CHECK_EQ(card_stat("c2h0_busy"), 1);
	CHECK(!is_asleep());
	/* It is asked again when the delay is over. */
	set_power("auto", 100);
	nap(500);
	CHECK(!is_asleep());
	card("stall off");
	WAIT_FOR(card_stat("c2h0_busy") == 0);
	WAIT_FOR(is_asleep());
	read_ramp(fresh());
}

/* What other tests tell the card it is not to forget. */
TEST(in_the_end_it_stays_awake)
{
	close_all();
	set_power("on", 2000);
	CHECK(!is_asleep());
}

HARNESS_MAIN
