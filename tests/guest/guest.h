/* SPDX-License-Identifier: GPL-2.0-only */
/* What the test programs inside the machine share: the node, the card, the ramp. */
#ifndef ACQ_TEST_GUEST_H
#define ACQ_TEST_GUEST_H

#define _GNU_SOURCE

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <linux/acqdev.h>

#include "../harness.h"

/* The first card's; a test of the second one says so before. */
#ifndef NODE
#define NODE		"/dev/acqdev"
#define CONTROL		"/dev/ttyS2"
#endif
#define PATIENCE_MS	20000	/* longer than anything takes; not a measure */
#define PAGE_BYTES	((size_t)sysconf(_SC_PAGESIZE)) /* 4 or 16 KiB; no block is smaller */

static int fds[64], nfds;

/* Files that a test opens are closed when the next begins, also if it failed. */
static inline void close_all(void)
{
	while (nfds)
		close(fds[--nfds]);
}

static inline int node(int flags)
{
	int fd = open(NODE, flags | O_CLOEXEC);

	CHECK(fd >= 0);
	CHECK(nfds < 64);
	fds[nfds++] = fd;
	return fd;
}

static inline void close_node(int fd)
{
	int i;

	for (i = 0; i < nfds; i++) {
		if (fds[i] == fd)
			fds[i--] = fds[--nfds];
	}
	close(fd);
}

/*
 * Built again under the name NAME-fifo, for the other way of transfer, as NAME-xdma, for
 * the other card, as NAME-litepcie and as NAME-ac97, for a sound card of QEMU's. All that is
 * said of XDMA holds for LitePCIe, too, where that is not asked for by name. What differs
 * between the cards is here. One with XDMA has no triggers, rates and patterns that the driver
 * could set, so configure() has its control line do that. Its ramp begins with each run, as
 * that of an ACQ-R1 does, for it is one that has "--begin run". The sound card has but its
 * one speed; it waits, and loses nothing, but its driver does not know that: where it had no
 * room, there is a gap, behind which the ramp goes on. Its ramp begins with fresh().
 */
static inline bool over_fifo(void)
{
	return strstr(program_invocation_short_name, "fifo");
}

static inline bool over_litepcie(void)
{
	return strstr(program_invocation_short_name, "litepcie");
}

static inline bool over_xdma(void)
{
	return strstr(program_invocation_short_name, "xdma") || over_litepcie();
}

static inline bool over_ac97(void)
{
	return strstr(program_invocation_short_name, "ac97");
}

/* One command to the simulated card; the reply without "ok". */
static inline const char *card(const char *format, ...)
{
	static char reply[4096];
	char command[400];
	static int fd = -1;
	struct termios raw;
	size_t have = 0;
	va_list args;
	char c;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	if (over_ac97() && (strstr(command, "stall on") || strstr(command, "overflow") ||
			    strstr(command, "fault") || strstr(command, "reset")))
		SKIP("this card does not do that when it is told to");
	if (fd < 0) {
		fd = open(CONTROL, O_RDWR | O_NOCTTY | O_CLOEXEC);
		CHECK(fd >= 0);
		tcgetattr(fd, &raw);
		cfmakeraw(&raw);
		tcsetattr(fd, TCSANOW, &raw);
	}
	CHECK(dprintf(fd, "%s\n", command) > 0);
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		CHECK(poll(&p, 1, PATIENCE_MS) == 1);
		CHECK(read(fd, &c, 1) == 1);
		if (c == '\n')
			break;
		if (c != '\r' && have < sizeof(reply) - 1)
			reply[have++] = c;
	}
	reply[have] = '\0';
	if (strncmp(reply, "ok", 2) != 0)
		printf("# card: %s\n", reply);
	if (strstr(reply, "this card does not have that fault"))
		SKIP("this card does not have that fault");
	CHECK(strncmp(reply, "ok", 2) == 0);
	return reply + 2;
}

/* The value of KEY=VALUE in the card's statistics */
static inline long long card_stat(const char *key)
{
	const char *at = card("stats");
	size_t length = strlen(key);

	while ((at = strstr(at, key))) {
		if (at[-1] == ' ' && at[length] == '=')
			return atoll(at + length + 1);
		at++;
	}
	printf("# the card has no statistic '%s'\n", key);
	CHECK(at);
	return 0;
}

static inline void nap(unsigned int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

/* Wait until @condition holds; it is a matter of whether, not of when. */
#define WAIT_FOR(condition)						\
	do {								\
		int wait_turns = PATIENCE_MS / 10;			\
									\
		while (!(condition) && wait_turns--)			\
			nap(10);					\
		CHECK(wait_turns > 0);					\
	} while (0)

static inline struct acq_status status_of(int fd)
{
	struct acq_status status;

	CHECK_EQ(ioctl(fd, ACQ_IOC_STATUS, &status), 0);
	return status;
}

static inline struct acq_gap gap_of(int fd)
{
	struct acq_gap gap;

	CHECK_EQ(ioctl(fd, ACQ_IOC_GAP, &gap), 0);
	return gap;
}

static inline struct acq_config config_of(int fd)
{
	struct acq_config config;

	CHECK_EQ(ioctl(fd, ACQ_IOC_GET_CONFIG, &config), 0);
	return config;
}

#define PCI_DRIVER	(over_litepcie() ? "/sys/bus/pci/drivers/acqdev-litepcie" : \
			 over_xdma() ? "/sys/bus/pci/drivers/acqdev-xdma" : \
			 over_ac97() ? "/sys/bus/pci/drivers/acqdev-ac97" : \
				       "/sys/bus/pci/drivers/acqdev")

/* Where the first stream's card is on the bus; kept, for when it is not bound */
static inline const char *card_address(void)
{
	static char name[64];
	char path[4096];
	ssize_t n;

	if (!name[0]) {
		n = readlink("/sys/class/misc/acqdev/device", path, sizeof(path) - 1);
		CHECK(n > 0);
		path[n] = '\0';
		snprintf(name, sizeof(name), "%s", strrchr(path, '/') + 1);
	}
	return name;
}

static inline void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

	if (n < 0)
		printf("# cannot write to %s (errno %d)\n", path, errno);
	if (fd >= 0)
		close(fd);
	CHECK_EQ(n, strlen(text));
}

/* Bind or unbind the first stream's card. */
static inline void driver(const char *what)
{
	char path[100];

	snprintf(path, sizeof(path), "%s/%s", PCI_DRIVER, what);
	write_file(path, card_address());
}

/*
 * Where the node of the card at @address is now, to @node: as long as an old one is open,
 * its number is taken. Left as it was where there is none.
 */
static inline void find_node(const char *address, char *node, size_t size)
{
	char path[100];
	unsigned int lowest = ~0U, n;
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/misc", address);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, "acqdev", 6) || strchr(entry->d_name, '-'))
			continue;
		/* Inputs come first. */
		n = atoi(entry->d_name + 6);
		if (n >= lowest)
			continue;
		lowest = n;
		snprintf(node, size, "/dev/%s", entry->d_name);
	}
	if (dir)
		closedir(dir);
}

/* With all its checkers the kernel takes its time. */
static inline bool is_slow(void)
{
	const char *kernel = getenv("ACQ_KERNEL");

	return kernel && !strcmp(kernel, "debug");
}

/* FNV-1a, as the card has it of the samples that it put out */
static inline uint64_t digest_more(uint64_t digest, const void *buf, size_t bytes)
{
	const uint8_t *byte = buf;

	while (bytes--)
		digest = (digest ^ *byte++) * 0x100000001b3ULL;
	return digest;
}

#define DIGEST_NONE	0xcbf29ce484222325ULL

/* What the driver says that the card is */
static inline struct acq_info info_of(int fd)
{
	struct acq_info info;

	CHECK_EQ(ioctl(fd, ACQ_IOC_INFO, &info), 0);
	return info;
}

/* Does the card wait for a trigger? For one that does not, its source pauses: see trigger(). */
static inline bool has_triggers(int fd)
{
	return info_of(fd).caps & (ACQ_CAP_TRIGGER_SOFTWARE | ACQ_CAP_OUTPUT);
}

/* Can the simulated card be told to pause? */
static inline bool can_pause(void)
{
	static int can = -1;

	if (can < 0)
		can = !over_ac97() && strstr(card("help"), "pause ");
	return can;
}

/*
 * Two channels of 16 bits of ramp, at a rate that the way of transfer can bear. The
 * ramp comes round in 128 KiB: in a larger ring, old samples could pass for new. But
 * a slow kernel loses samples with a smaller one, and the others see the old ones.
 */
static inline struct acq_config plain_config(void)
{
	return (struct acq_config){
		.format = ACQ_FORMAT_S16,
		.rate_millihz = over_fifo() ? 4000000 : 48000000,
		.channel_mask = 3,
		.pattern = over_xdma() || over_ac97() ? ACQ_PATTERN_INPUT : ACQ_PATTERN_RAMP,
		.transfer = over_fifo() ? ACQ_TRANSFER_FIFO : ACQ_TRANSFER_DMA,
		.block_bytes = PAGE_BYTES,
		/* A quarter of a second at five times the rate: a machine may be late */
		.ring_bytes = over_fifo() ? 64 << 10 : 256 << 10,
		.irq_us = 2000,
	};
}

#define FRAME	4

/* The card as fast as it can be without the way of transfer being too slow */
#define FAST	(over_fifo() ? 3 : 50)

/* So slow that the samples of a moment are few; with XDMA they come in whole blocks */
#define TRICKLE	(over_xdma() ? 96000000 : 2000000)

/* What the driver cannot tell the card; what is left can be configured. */
static inline void tell_card(struct acq_config *config)
{
	uint64_t hz = config->rate_millihz / 1000;

	if (config->pretrigger)
		SKIP("this card keeps nothing from before a trigger");
	if (config->pattern == ACQ_PATTERN_PRBS)
		SKIP("this card does not have that pattern");
	/* Of others it is a register's affair, or no choice. */
	if (over_xdma())
		card("rate %llu",
		     (unsigned long long)(hz < 10 ? 10 : hz > 10000000 ? 10000000 : hz));
	/* A trigger is the end of a pause: see trigger(). */
	if (config->trigger && !can_pause())
		SKIP("this card knows no triggers");
	if (can_pause())
		card("pause %s", config->trigger ? "on" : "off");
	config->trigger = ACQ_TRIGGER_IMMEDIATE;
}

static inline void configure(int fd, struct acq_config config)
{
	if (!over_ac97() && !has_triggers(fd))
		tell_card(&config);
	if (over_ac97() && (config.trigger || config.pattern != ACQ_PATTERN_INPUT))
		SKIP("this card has no triggers, and no patterns");
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_CONFIG, &config), 0);
}

#define STATE_ARMED(fd)	(has_triggers(fd) ? ACQ_STATE_ARMED : ACQ_STATE_RUNNING)

static inline void trigger(int fd)
{
	if (has_triggers(fd))
		CHECK_EQ(ioctl(fd, ACQ_IOC_TRIGGER), 0);
	else
		card("pause off");
}

/* Sample index of what came first after that, once something has come */
static inline uint64_t first_index(int fd)
{
	return has_triggers(fd) ? status_of(fd).trigger_index : 0;
}

/* For what tests losses: an XDMA card's are known only where its logic tells them. */
static inline void need_losses(void)
{
	char told[4] = "";
	int fd;

	if (over_ac97())
		SKIP("this card's source waits");
	if (!over_xdma())
		return;
	fd = open(over_litepcie() ? "/sys/module/acqdev/parameters/litepcie_headers" :
		  "/sys/module/acqdev/parameters/xdma_losses", O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		CHECK(read(fd, told, sizeof(told) - 1) >= 0);
		close(fd);
	}
	if (told[0] != 'Y' && told[0] != '1')
		SKIP("nobody tells the driver of this card's losses");
}

/*
 * What a run that has ended had in all, and lost of it. An XDMA card's source does
 * not know that the run has ended: what has left it counts, and what is missing before that.
 */
static inline uint64_t frames_of_run(uint64_t *lost)
{
	if (over_ac97())
		SKIP("nobody knows what QEMU has sampled and not brought");
	if (!over_xdma()) {
		*lost = card_stat("dropped");
		return card_stat("frames");
	}
	*lost = card_stat("index") - card_stat("delivered");
	return card_stat("index");
}

/*
 * Is that what a run had in all, and lost of it? Of LitePCIe a stop cuts what is in its
 * FIFO, and a block that is not full; and of a block with a loss it lets one frame through.
 */
static inline void check_run(uint64_t frames, uint64_t lost)
{
	uint64_t dropped, all = frames_of_run(&dropped);

	if (!over_litepcie()) {
		CHECK_EQ(frames, all);
		CHECK_EQ(lost, dropped);
		return;
	}
	dropped = card_stat("dropped");
	/* What has left its FIFO, where headers are not frames; some are in the FIFO still. */
	all = card_stat("delivered") - card_stat("headers") * 16 / FRAME + dropped;
	CHECK(frames <= all + 20 * 16 / FRAME);
	CHECK(frames + dropped + 2 * PAGE_BYTES / FRAME >= all);
	CHECK(lost >= dropped || all > frames);
	CHECK(!lost || dropped);
}

/* LitePCIe plays whole beats of its data path: what comes short of one is the last frame again. */
#define LITE_BEAT	16

static inline size_t padding_of(size_t bytes)
{
	return over_litepcie() ? -bytes % LITE_BEAT : 0;
}

/* What is told to be lost in so many gaps where the card has lost @dropped in all */
static inline uint64_t lost_of(uint64_t dropped, uint64_t gaps)
{
	/* Of a block in which frames are missing LitePCIe's driver lets the first one through. */
	return dropped + (over_litepcie() ? gaps * (PAGE_BYTES / FRAME - 1) : 0);
}

/*
 * Nobody reads: until ring and card are full, and the card has lost more than @frames
 * for that, unless it is one that always waits.
 */
static inline void overrun(long long frames)
{
	long long last = -1, now;

	while ((now = card_stat("frames")) != last) {
		last = now;
		nap(50);
	}
	if (over_ac97() || (over_xdma() && card_stat("waits")))
		return;
	card("wait off");
	WAIT_FOR(card_stat("dropped") > frames);
	card("wait on");
}

/* Where random numbers begin: always at the same, but in a campaign (tests/run --soak) */
static inline unsigned int seed_of(unsigned int usual)
{
	const char *given = getenv("ACQ_SEED");

	return given ? usual + strtoul(given, NULL, 10) : usual;
}

/*
 * Where the last run had no room QEMU has samples left, with which the next one begins. Then
 * the ramp can begin.
 */
static inline int fresh_ac97(int fd)
{
	struct acq_config config = plain_config();
	char left[8000];

	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_CONFIG, &config), 0);
	CHECK(read(fd, left, sizeof(left)) > 0);
	/* A mapping, or a worker's file, of an earlier test would hold it. */
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	close_node(fd);
	card("clear");
	return node(O_RDWR);
}

/*
 * Everything as it was after loading, and the card without faults. Its source waits for a
 * machine that is late: what a test wants lost it has to order, or overrun().
 */
static inline int fresh(void)
{
	int fd;

	close_all();
	card("clear");
	card("stall off");
	card("wait on");
	if (over_litepcie()) {
		/* A run that goes on would find out that the rate is another one. */
		fd = node(O_RDWR);
		ioctl(fd, ACQ_IOC_STOP);
		close_node(fd);
	}
	if (can_pause())
		card("pause off");
	if (over_xdma()) {
		card("frames endless");
		if (!over_litepcie())
			card("packets never");
		card("rate 1000000");
	}
	fd = node(O_RDWR);
	/* A test that failed may have left a run. */
	ioctl(fd, ACQ_IOC_STOP);
	if (over_ac97())
		fd = fresh_ac97(fd);
	/* An engine that waited for data has them now, and is done with the last run. */
	if (over_xdma() && !over_litepcie())
		WAIT_FOR(card_stat("c2h0_busy") == 0);
	card("speed 1");
	configure(fd, plain_config());
	return fd;
}

/*
 * What an explicit run has left stays until the next start of its stream, and that may be
 * an earlier test's: a run of another kind takes its place, and its end gives all back.
 */
static inline void drop_rings_of_others(void)
{
	char name[24], frame[64];
	struct acq_info info;
	int i, other;

	for (i = 1; i < 8; i++) {
		snprintf(name, sizeof(name), "/dev/acqdev%d", i);
		other = open(name, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		if (other < 0)
			continue;
		info = info_of(other);
		/* What was written is dropped, or played behind the close, and its ring goes. */
		if (info.caps & ACQ_CAP_OUTPUT) {
			ioctl(other, ACQ_IOC_DROP);
			close(other);
			continue;
		}
		CHECK_EQ(ioctl(other, ACQ_IOC_STOP), 0);
		WAIT_FOR(read(other, frame, sizeof(frame)) > 0 ||
			 status_of(other).flags & ACQ_STATUS_ATTACHED);
		close(other);
	}
}

/*
 * Are these the frames of the ramp from sample index @index on? A sound card's ramp goes on
 * from run to run: a run is where it begins, which who asks for index 0 has told.
 */
static inline bool is_ramp(const void *buf, size_t bytes, uint64_t index)
{
	const uint16_t *sample = buf;
	static uint16_t begin;
	size_t i;

	if (over_ac97() && !index && bytes)
		begin = sample[0] & ~1;
	for (i = 0; i < bytes / 2; i++) {
		if (sample[i] != (uint16_t)(begin + index * 2 + i)) {
			printf("# sample %zu from index %llu is %u, not %u\n", i,
			       (unsigned long long)index, sample[i],
			       (uint16_t)(begin + index * 2 + i));
			return false;
		}
	}
	return true;
}

static inline int poll_now(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	CHECK(poll(&p, 1, 0) >= 0);
	return p.revents;
}

static inline int poll_wait(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	CHECK_EQ(poll(&p, 1, PATIENCE_MS), 1);
	return p.revents;
}

/* What an EPIPE that should not be is about */
static inline void say_gap(int fd)
{
	struct acq_gap gap;

	if (!ioctl(fd, ACQ_IOC_GAP, &gap))
		printf("# a gap at byte %llu, index %llu: %llu lost, cause %u, flags %#x, number %llu\n",
		       (unsigned long long)gap.position, (unsigned long long)gap.index,
		       (unsigned long long)gap.lost, gap.cause, gap.flags,
		       (unsigned long long)gap.count);
}

/* Read until @bytes have come; no gap may come between. */
static inline void read_all(int fd, void *buf, size_t bytes)
{
	size_t have = 0;

	while (have < bytes) {
		ssize_t n = read(fd, (char *)buf + have, bytes - have);

		if (n < 0 && errno == EPIPE)
			say_gap(fd);
		CHECK(n > 0);
		have += n;
	}
}

#endif /* ACQ_TEST_GUEST_H */
