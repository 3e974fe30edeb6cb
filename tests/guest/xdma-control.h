/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of the control node share: the node, the user BAR, the lines. */
#ifndef ACQ_TEST_XDMA_CONTROL_H
#define ACQ_TEST_XDMA_CONTROL_H

#include "uring.h"

#include <sys/mman.h>

#define MISC		"/sys/class/misc/"
#define CTL		"acqdev-ctl0"
#define DEVICE		MISC CTL "/device"
#define BAR_BYTES	65536
#define PAGE		4096

/* Registers of the simulated card's own logic, in words */
#define ID		(0x00 / 4)
#define ID_VALUE	0x55514341
#define SCRATCH		(0x08 / 4)
#define RAISE		(0x24 / 4)
#define LOWER		(0x28 / 4)

typedef volatile uint32_t *bar_t;

static bar_t mapped;

/* Nobody has the node open, no line is up, all as after loading. */
static inline void fresh_card(void)
{
	if (mapped)
		munmap((void *)mapped, BAR_BYTES);
	mapped = NULL;
	fresh();
	close_all();
	for (int line = 0; line < 16; line++)
		card("user-irq %d off", line);
}

static inline int open_control(int flags)
{
	int fd = open("/dev/" CTL, flags | O_CLOEXEC);

	CHECK(fd >= 0);
	fds[nfds++] = fd;
	return fd;
}

static inline bar_t map_bar(int fd)
{
	void *at = mmap(NULL, BAR_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	CHECK(at != MAP_FAILED);
	mapped = at;
	return at;
}

static inline char *link_of(const char *path)
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

static inline void arm(int fd, uint32_t lines)
{
	CHECK_EQ(write(fd, &lines, 4), 4);
}

/* The lines that have fired, 0: none */
static inline uint32_t fired(int fd)
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

static inline uint32_t wait_fired(int fd)
{
	CHECK_EQ(poll_wait(fd), POLLIN);
	return fired(fd);
}

static inline void *map_errno(int fd, size_t bytes, int prot, int flags, off_t offset)
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

/* Raise a line as the card's logic would, be told, lower it: so often */
static inline void fire(bar_t bar, int fd, unsigned int times)
{
	while (times--) {
		uint32_t line = 1U << times % 16;

		arm(fd, line);
		bar[RAISE] = line;
		CHECK_EQ(wait_fired(fd), line);
		bar[LOWER] = line;
	}
}

#endif /* ACQ_TEST_XDMA_CONTROL_H */
