// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp kernels=6.1,7,rt,debug
 * acqtest: ramp args="sixty_four_at_once a_reader_stopped_within_its_copy_holds_nobody_up" \
 *	kernels=arm64-16k
 * acqtest: losing program=readers-xdma kernels=7
 * acqtest: litepcie program=readers-litepcie kernels=7
 * acqtest: sound program=readers-ac97 kernels=7 \
 *	args="reading_allocates_nothing_and_waits_for_no_lock statistics_add_up"
 */
/* Many readers of one stream, of all kinds: what each gets, and what it costs the others. */
#include "events.h"

#include <dirent.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define MANY		64
#define TRACING		"/sys/kernel/tracing"
#define READERS		"/sys/kernel/debug/acqdev/acqdev/readers"

static char buf[1 << 20];

static struct acq_reader_stats stats_of(int fd)
{
	struct acq_reader_stats stats;

	CHECK_EQ(ioctl(fd, ACQ_IOC_READER_STATS, &stats), 0);
	return stats;
}

static int monitor(void)
{
	struct acq_reader_config reader = { .flags = ACQ_READER_MONITOR };
	int fd = node(O_RDONLY);

	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &reader), 0);
	return fd;
}

/* A thread that takes samples in its own way and checks them. */
struct taker {
	int fd, kind;
	uint64_t want;		/* frames */
	uint64_t got;
	pthread_t thread;
	bool wrong;
};

static bool take_bytes(struct taker *t, const void *data, ssize_t n)
{
	struct acq_status status;

	if (n <= 0 || n % FRAME)
		return false;
	/* Where that was: what the file says now, less what came. */
	if (ioctl(t->fd, ACQ_IOC_STATUS, &status) || !is_ramp(data, n, status.index - n / FRAME))
		return false;
	t->got += n / FRAME;
	return true;
}

static bool take_mapped(struct taker *t)
{
	struct acq_advance at = { .timeout_ns = ~0ULL };
	const struct acq_meta *meta;
	struct acq_map map;
	bool good = true;
	const char *base;

	if (ioctl(t->fd, ACQ_IOC_MAP, &map))
		return false;
	base = mmap(NULL, map.bytes, PROT_READ, MAP_SHARED, t->fd, 0);
	if (base == MAP_FAILED)
		return false;
	meta = (const void *)base;
	at.run = map.run;
	while (good && t->got < t->want) {
		const struct acq_block *block;
		uint32_t bytes;

		at.flags = ACQ_ADVANCE_WAIT;
		if (ioctl(t->fd, ACQ_IOC_ADVANCE, &at) || at.gaps)
			break;
		block = (const void *)(base + meta->table_offset +
				       at.block % meta->slots * sizeof(*block));
		bytes = __atomic_load_n(&block->bytes, __ATOMIC_RELAXED) - at.offset;
		if (bytes > at.head - at.position)
			bytes = at.head - at.position;
		good = is_ramp(base + meta->data_offset + at.block % meta->slots *
			       meta->block_bytes + at.offset, bytes, at.index);
		t->got += bytes / FRAME;
		at.position += bytes;
	}
	munmap((void *)base, map.bytes);
	return good && t->got >= t->want;
}

static void *taker_main(void *arg)
{
	static __thread char own[16384];
	struct taker *t = arg;
	int ep = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = { .events = EPOLLIN };
	struct acq_gap gap;

	if (t->kind == 3) {
		t->wrong = !take_mapped(t);
		goto out;
	}
	epoll_ctl(ep, EPOLL_CTL_ADD, t->fd, &event);
	while (t->got < t->want && !t->wrong) {
		struct pollfd p = { .fd = t->fd, .events = POLLIN };

		if (t->kind == 1)
			t->wrong |= poll(&p, 1, -1) != 1;
		if (t->kind == 2)
			t->wrong |= epoll_wait(ep, &event, 1, -1) != 1;
		t->wrong |= !take_bytes(t, own, read(t->fd, own, sizeof(own)));
	}
out:
	if (ioctl(t->fd, ACQ_IOC_GAP, &gap) || gap.count)
		t->wrong = true;
	/* A holder that reads no more would hold the others up. */
	close(t->fd);
	close(ep);
	return NULL;
}

TEST(sixty_four_at_once)
{
	struct acq_config config = plain_config();
	static struct taker takers[MANY];
	int fd = fresh(), i;

	memset(takers, 0, sizeof(takers));
	config.ring_bytes = 1 << 20;
	config.irq_us = 0;
	configure(fd, config);
	/* All want it from its begin: that is there until the last one has come. */
	card("speed 0.1");
	close_node(fd);	/* only readers from here on: the last one's close stops it */
	for (i = 0; i < MANY; i++) {
		takers[i].fd = open(NODE, O_RDONLY | O_CLOEXEC);
		CHECK(takers[i].fd >= 0);
		takers[i].kind = i % 4;
		takers[i].want = over_fifo() ? 2000 : 100000;
	}
	for (i = 0; i < MANY; i++)
		CHECK_EQ(pthread_create(&takers[i].thread, NULL, taker_main, &takers[i]), 0);
	WAIT_FOR(status_of(takers[0].fd).readers == MANY);
	/* As fast as the slowest of them, however slow the machine */
	card("speed free");
	for (i = 0; i < MANY; i++)
		pthread_join(takers[i].thread, NULL);
	for (i = 0; i < MANY; i++) {
		CHECK(!takers[i].wrong);
		CHECK(takers[i].got >= takers[i].want);
	}
}

TEST(stuck_monitors_of_all_kinds_cost_a_recorder_nothing)
{
	int fd = fresh(), mapped = monitor(), read_once = monitor(), polled = monitor(), i;
	struct acq_config config = plain_config();
	struct acq_map map;
	void *base;

	/* Much buffer for its rate: this is not about whether the machine is fast. */
	config.ring_bytes = over_fifo() ? 64 << 10 : 1 << 20;
	configure(fd, config);
	CHECK_EQ(ioctl(mapped, ACQ_IOC_MAP, &map), 0);
	base = mmap(NULL, map.bytes, PROT_READ, MAP_SHARED, mapped, 0);
	CHECK(base != MAP_FAILED);
	read_all(read_once, buf, 400);
	CHECK(poll_wait(polled) & POLLIN);
	card("speed %d", over_fifo() ? 1 : 5);
	for (i = 0; i < 3; i++)
		read_all(fd, buf, over_fifo() ? 50000 : sizeof(buf));
	CHECK_EQ(gap_of(fd).count, 0);
	CHECK_EQ(card_stat("dropped"), 0);
	CHECK_ERR(read(read_once, buf, 400), EPIPE);
	CHECK_EQ(gap_of(read_once).cause, ACQ_CAUSE_OVERTAKEN);
	munmap(base, map.bytes);
}

TEST(a_stuck_holder_costs_everybody_the_same)
{
	int both[2] = { fresh(), monitor() }, stuck = node(O_RDONLY), i;
	struct acq_config config = plain_config();
	struct acq_gap gaps[2];

	need_losses();
	/* Larger than the FIFO, whose samples come all at once when there is room */
	config.ring_bytes = 256 << 10;
	configure(both[0], config);
	read_all(stuck, buf, 4);
	for (i = 0; i < 2; i++)
		read_all(both[i], buf, 400);
	card("speed %d", over_fifo() ? 1 : 10);
	overrun(5000);
	/* Both are up to date; only the stuck one holds the ring. */
	for (i = 0; i < 2; i++) {
		fcntl(both[i], F_SETFL, O_NONBLOCK);
		while (read(both[i], buf, sizeof(buf)) > 0)
			;
		CHECK_EQ(errno, EAGAIN);
	}
	close_node(stuck);
	card("speed 1");
	/* In turns, or the one that waits is overtaken while the other reads. */
	memset(gaps, 0, sizeof(gaps));
	while (!gaps[0].lost || !gaps[1].lost) {
		for (i = 0; i < 2; i++) {
			if (!gaps[i].lost && read(both[i], buf, 8192) < 0 && errno == EPIPE)
				gaps[i] = gap_of(both[i]);
		}
		nap(1);
	}
	CHECK_EQ(gaps[0].cause, ACQ_CAUSE_RING_FULL);
	CHECK_EQ(gaps[1].cause, ACQ_CAUSE_RING_FULL);
	CHECK_EQ(gaps[0].index, gaps[1].index);
	CHECK_EQ(gaps[0].lost, gaps[1].lost);
}

/* Where a page of @base will be waited for, for as long as nobody brings it */
static int catch_faults(void *base, size_t bytes)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {
		.range = { (uintptr_t)base, bytes }, .mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0)
		SKIP("userfaultfd: errno %d", errno);
	CHECK_EQ(ioctl(fd, UFFDIO_API, &api), 0);
	CHECK_EQ(ioctl(fd, UFFDIO_REGISTER, &range), 0);
	return fd;
}

static void *read_into_nowhere(void *arg)
{
	void **args = arg;
	intptr_t n = read((int)(intptr_t)args[0], args[1], 4096);

	return (void *)(n < 0 ? -errno : n);
}

/*
 * A reader that has stopped in the midst of its copy, with whatever it has locked,
 * holds nobody up: neither the others, nor the card, nor who looks or stops.
 */
TEST(a_reader_stopped_within_its_copy_holds_nobody_up)
{
	char *nowhere = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			     -1, 0);
	int fd = fresh(), stuck = monitor(), other = node(O_RDONLY), faults;
	void *args[2] = { (void *)(intptr_t)stuck, nowhere }, *result;
	struct uffdio_zeropage zero = { .range = { (uintptr_t)nowhere, PAGE_BYTES } };
	struct uffd_msg msg;
	pthread_t thread;

	/* Something to copy, in the block that it stands in */
	read_all(other, buf, 4);
	read_all(stuck, buf, 4);
	read_all(other, buf, 2000);
	faults = catch_faults(nowhere, PAGE_BYTES);
	CHECK_EQ(pthread_create(&thread, NULL, read_into_nowhere, args), 0);
	CHECK_EQ(read(faults, &msg, sizeof(msg)), sizeof(msg));
	CHECK_EQ(msg.event, UFFD_EVENT_PAGEFAULT);
	/* Now it sleeps in the midst of read(). */
	card("speed %d", over_fifo() ? 1 : 5);
	read_all(other, buf, over_fifo() ? 50000 : sizeof(buf));
	CHECK_EQ(gap_of(other).count, 0);
	CHECK_EQ(status_of(fd).gaps, 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	configure(fd, plain_config());
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	read_all(fd, buf, 10000);
	CHECK(is_ramp(buf, 10000, 0));
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	CHECK_EQ(ioctl(faults, UFFDIO_ZEROPAGE, &zero), 0);
	pthread_join(thread, &result);
	/* What it copied then had been overwritten long ago: that is not for samples. */
	CHECK_EQ((intptr_t)result, -EPIPE);
	CHECK_EQ(gap_of(stuck).cause, ACQ_CAUSE_OVERTAKEN);
	close(faults);
	munmap(nowhere, PAGE_BYTES);
}

static void trace_write(const char *file, const char *text)
{
	char path[200];
	int fd;

	snprintf(path, sizeof(path), TRACING "/%s", file);
	fd = open(path, O_WRONLY | O_TRUNC);
	CHECK(fd >= 0);
	CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

/* Events of ours in the trace whose line has @what */
static unsigned int trace_count(const char *what)
{
	FILE *in = fopen(TRACING "/trace", "r");
	static char line[1000];
	unsigned int count = 0;

	CHECK(in);
	while (fgets(line, sizeof(line), in))
		count += line[0] != '#' && strstr(line, what);
	fclose(in);
	return count;
}

/*
 * With PREEMPT_RT a spinlock is a mutex, and waiting for one is told of. Who wakes a reader
 * has the lock of its wait queue still when the reader comes back to leave that queue:
 * such waits are none of reading's. Where each came from stands in the trace.
 */
static unsigned int count_waits_for_locks(bool realtime)
{
	unsigned int waits = trace_count("contention_begin:");

	if (realtime)
		waits -= trace_count("=> prepare_to_wait_event") + trace_count("=> finish_wait");
	if (waits)
		system("grep -A 12 contention_begin: " TRACING "/trace | head -n 100");
	return waits;
}

static const char *const watched[] = {
	"events/kmem/kmalloc", "events/kmem/kmem_cache_alloc", "events/kmem/mm_page_alloc",
	"events/lock/contention_begin", "events/acqdev/acq_read",
};

TEST(reading_allocates_nothing_and_waits_for_no_lock)
{
	const int reads = 500;
	int fd = fresh(), other = node(O_RDONLY), tracing_on, i;
	bool realtime = !access("/sys/kernel/realtime", F_OK);
	struct acq_config config = plain_config();
	char path[200], pid[20];
	long long before;
	uint64_t blocks;

	/* What is skipped leaves the tracing as it was. */
	for (i = 0; i < 5; i++) {
		snprintf(path, sizeof(path), TRACING "/%s/enable", watched[i]);
		if (access(path, W_OK) && !strstr(path, "lock/"))
			SKIP("there is no %.150s", path);
	}
	/* Enough for the time that it takes to begin */
	config.ring_bytes = 1 << 20;
	configure(fd, config);
	read_all(fd, buf, sizeof(buf) / 8);
	read_all(other, buf, 4);
	trace_write("tracing_on", "0");
	tracing_on = open(TRACING "/tracing_on", O_WRONLY | O_CLOEXEC);
	CHECK(tracing_on >= 0);
	trace_write("trace", "");
	snprintf(pid, sizeof(pid), "%d", getpid());
	trace_write("set_event_pid", pid);
	for (i = 0; i < 5; i++) {
		snprintf(path, sizeof(path), "%s/enable", watched[i]);
		if (access(TRACING "/events/lock", F_OK) && strstr(path, "lock/"))
			continue;
		trace_write(path, "1");
	}
	if (realtime)
		trace_write("trace_options", "stacktrace");
	blocks = status_of(fd).blocks;
	before = over_ac97() ? 0 : card_stat("reg_reads");
	CHECK_EQ(write(tracing_on, "1", 1), 1);
	for (i = 0; i < reads; i++) {
		CHECK(read(fd, buf, 2048) > 0);
		CHECK(read(other, buf, 2048) > 0);
	}
	CHECK_EQ(write(tracing_on, "0", 1), 1);
	close(tracing_on);
	before = over_ac97() ? 0 : card_stat("reg_reads") - before;
	blocks = status_of(fd).blocks - blocks;
	trace_write("events/enable", "0");
	trace_write("set_event_pid", "");
	trace_write("trace_options", "nostacktrace");
	trace_write("tracing_on", "1");
	printf("# %u reads seen, %u allocations, %u waits for locks; %lld registers read in %llu blocks\n",
	       trace_count("acq_read:"), trace_count("alloc"), trace_count("contention_begin:"),
	       before, (unsigned long long)blocks);
	/* It sees something at all: each read. */
	CHECK(trace_count("acq_read:") >= (unsigned int)reads);
	CHECK_EQ(trace_count("kmalloc") + trace_count("kmem_cache_alloc") +
		 trace_count("mm_page_alloc"), 0);
	/* A kernel that checks its mutexes takes the slow path for each, and says so. */
	CHECK(!access("/proc/lockdep", F_OK) || !count_waits_for_locks(realtime));
	CHECK(blocks > (over_fifo() ? 2 : 10));
	/* Some for the watchdog, more of them on a slow machine; none for the blocks */
	/* LitePCIe is asked once for each interrupt. */
	CHECK(over_fifo() || before <= 20 || before * 4 <= (long long)blocks ||
	      (over_litepcie() && before <= (long long)blocks * 2));
}

TEST(statistics_add_up)
{
	struct acq_reader_stats stats;
	int fd = fresh(), other;
	static char text[8192];
	char name[16];
	ssize_t n;

	read_all(fd, buf, 100000);
	other = monitor();
	read_all(other, buf, 4);
	stats = stats_of(fd);
	CHECK_EQ(stats.bytes, 100000);
	CHECK(stats.reads > 0 && stats.reads <= 100000 / FRAME);
	CHECK(stats.waits > 0);
	CHECK(stats.wakeups > 0);
	CHECK_EQ(stats.gaps, 0);
	CHECK(stats.behind_max >= FRAME);
	/* The same for people: one line a reader */
	fd = open(READERS, O_RDONLY);
	if (fd < 0)
		SKIP("there is no debugfs");
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	CHECK(n > 0);
	text[n] = '\0';
	printf("# %s", text);
	CHECK(strstr(text, "holder"));
	CHECK(strstr(text, "monitor"));
	/* The kernel keeps so much of a name. */
	snprintf(name, sizeof(name), "%s", program_invocation_short_name);
	CHECK(strstr(text, name));
}

TEST(a_gap_is_an_event_for_poll)
{
	struct pollfd p = { .events = POLLPRI };
	int fd = fresh();

	need_losses();
	p.fd = fd;
	read_all(fd, buf, 400);
	CHECK_EQ(poll(&p, 1, 0), 0);
	CHECK_EQ(status_of(fd).flags & ACQ_STATUS_GAP, 0);
	card("overflow 500");
	/* Asleep for nothing else, and woken while the samples before it are unread */
	CHECK_EQ(poll(&p, 1, PATIENCE_MS), 1);
	CHECK_EQ(p.revents, POLLPRI);
	/* All that there is, lest the ring is full, and the next loss without an end */
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	CHECK_EQ(errno, EPIPE);
	/* It stands until somebody asks. */
	CHECK_EQ(poll(&p, 1, 0), 1);
	/* More than that where it was late besides. */
	CHECK(gap_of(fd).lost >= 500);
	CHECK_EQ(poll(&p, 1, 0), 0);
	card("overflow 500");
	CHECK_EQ(poll(&p, 1, PATIENCE_MS), 1);
	while (!(status_of(fd).flags & ACQ_STATUS_GAP))
		CHECK(read(fd, buf, 4) == 4);
	CHECK_ERR(read(fd, buf, 4), EPIPE);
	CHECK(status_of(fd).flags & ACQ_STATUS_GAP);
	CHECK_EQ(gap_of(fd).count, 2);
	CHECK_EQ(status_of(fd).flags & ACQ_STATUS_GAP, 0);
}

TEST(a_gap_is_an_uevent)
{
	struct acq_config config = plain_config();
	int fd = fresh(), s;
	const char *value;
	ssize_t n;

	need_losses();
	s = listen_to_events();
	/* The ring is not to be full before that, although nobody reads. */
	config.rate_millihz = 4000000;
	configure(fd, config);
	read_all(fd, buf, 400);
	card("overflow 321");
	do {
		n = recv(s, buf, sizeof(buf) - 1, 0);
		CHECK(n > 0);
		buf[n] = '\0';
		value = event_value(buf, n, "ACQ_EVENT");
	} while (!value);
	CHECK(!strcmp(value, "gap"));
	CHECK(!strcmp(event_value(buf, n, "ACTION"), "change"));
	CHECK(!strcmp(event_value(buf, n, "DEVNAME"), "acqdev"));
	CHECK(!strcmp(event_value(buf, n, "ACQ_CAUSE"), "card-fifo"));
	CHECK(atoll(event_value(buf, n, "ACQ_GAPS")) >= 1);
	CHECK(atoll(event_value(buf, n, "ACQ_LOST")) >= 321);
	CHECK(atoll(event_value(buf, n, "ACQ_INDEX")) >= 100);
}

HARNESS_MAIN
