/* SPDX-License-Identifier: GPL-2.0-only */
/* What the test programs inside the machine share: the node, the card, the ramp. */
#ifndef ACQ_TEST_GUEST_H
#define ACQ_TEST_GUEST_H

#define _GNU_SOURCE

#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/ioctl.h>
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

/* One command to the simulated card; the reply without "ok". */
static inline const char *card(const char *format, ...)
{
	static char reply[4096];
	static int fd = -1;
	struct termios raw;
	size_t have = 0;
	va_list args;
	char c;

	if (fd < 0) {
		fd = open(CONTROL, O_RDWR | O_NOCTTY | O_CLOEXEC);
		CHECK(fd >= 0);
		tcgetattr(fd, &raw);
		cfmakeraw(&raw);
		tcsetattr(fd, TCSANOW, &raw);
	}
	va_start(args, format);
	vdprintf(fd, format, args);
	va_end(args);
	CHECK(write(fd, "\n", 1) == 1);
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

/* Built a second time under the name NAME-fifo */
static inline bool over_fifo(void)
{
	return strstr(program_invocation_short_name, "fifo");
}

/* The name begins with xdma: the card has no triggers, counts and patterns, but its own ramp. */
static inline bool over_xdma(void)
{
	return !strncmp(program_invocation_short_name, "xdma", 4);
}

/* Two channels of 16 bits of ramp, at a rate that the way of transfer can bear */
static inline struct acq_config plain_config(void)
{
	return (struct acq_config){
		.format = ACQ_FORMAT_S16,
		.rate_millihz = over_fifo() ? 4000000 : 48000000,
		.channel_mask = 3,
		.pattern = over_xdma() ? ACQ_PATTERN_INPUT : ACQ_PATTERN_RAMP,
		.transfer = over_fifo() ? ACQ_TRANSFER_FIFO : ACQ_TRANSFER_DMA,
		.block_bytes = 4096,
		/* The ramp comes round in 128 KiB: of a larger ring, old samples could pass for new. */
		.ring_bytes = over_fifo() || over_xdma() ? 64 << 10 : 256 << 10,
		.irq_us = 2000,
	};
}

#define FRAME	4

/* The card as fast as it can be without the way of transfer being too slow */
#define FAST	(over_fifo() ? 3 : 50)

static inline void configure(int fd, struct acq_config config)
{
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_CONFIG, &config), 0);
}

/* Everything as it was after loading, and the card without faults */
static inline int fresh(void)
{
	int fd;

	close_all();
	card("clear");
	card("stall off");
	if (over_xdma())
		card("pause off");
	card("speed 1");
	fd = node(O_RDWR);
	/* A test that failed may have left a run. */
	ioctl(fd, ACQ_IOC_STOP);
	configure(fd, plain_config());
	return fd;
}

/* Are these the frames of the ramp from sample index @index on? */
static inline bool is_ramp(const void *buf, size_t bytes, uint64_t index)
{
	const uint16_t *sample = buf;
	size_t i;

	for (i = 0; i < bytes / 2; i++) {
		if (sample[i] != (uint16_t)(index * 2 + i)) {
			printf("# sample %zu from index %llu is %u, not %u\n", i,
			       (unsigned long long)index, sample[i], (uint16_t)(index * 2 + i));
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

static inline void nap(unsigned int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

/* Read until @bytes have come; no gap may come between. */
static inline void read_all(int fd, void *buf, size_t bytes)
{
	size_t have = 0;

	while (have < bytes) {
		ssize_t n = read(fd, (char *)buf + have, bytes - have);

		CHECK(n > 0);
		have += n;
	}
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

#endif /* ACQ_TEST_GUEST_H */
