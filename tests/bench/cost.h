/* SPDX-License-Identifier: GPL-2.0-only */
/* What calls cost in instructions, for tests: the least of several, and of a bare copy. */
#ifndef ACQ_COST_H
#define ACQ_COST_H

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../harness.h"
#include "insn.h"

#define COST_BYTES	(64 << 10)
#define COST_CALLS	64
#define COST_BARE	"/dev/acqbare"
#define COST_MODULE	"/lib/bare.ko"

static struct insn_counts cost_before, cost_after;
static char cost_buf[COST_BYTES];

/* Instructions of @call, the least that it was: interrupts only ever add. */
#define COST(least, call)							\
	do {									\
		uint64_t cost_now;						\
										\
		insn_ask(&cost_before, INSN_READ);				\
		call;								\
		insn_ask(&cost_after, INSN_READ);				\
		cost_now = cost_after.kernel - cost_before.kernel +		\
			   cost_after.user - cost_before.user;			\
		if (cost_now < (least))						\
			(least) = cost_now;					\
	} while (0)

/* Of a read of COST_BYTES, or of a write: @flags as of open() */
static inline uint64_t cost_of_file(int fd, int flags)
{
	uint64_t least = UINT64_MAX;
	int i;

	for (i = 0; i < COST_CALLS; i++) {
		ssize_t n;

		if (flags == O_WRONLY)
			COST(least, n = write(fd, cost_buf, COST_BYTES));
		else
			COST(least, n = read(fd, cost_buf, COST_BYTES));
		CHECK_EQ(n, COST_BYTES);
	}
	return least;
}

/* The same, of a device that does nothing but copy */
static inline uint64_t cost_of_copy(int flags)
{
	int fd = open(COST_MODULE, O_RDONLY | O_CLOEXEC);
	uint64_t cost;

	CHECK(fd >= 0);
	CHECK(!syscall(SYS_finit_module, fd, "", 0) || errno == EEXIST);
	close(fd);
	fd = open(COST_BARE, flags | O_CLOEXEC);
	CHECK(fd >= 0);
	cost = cost_of_file(fd, flags);
	close(fd);
	return cost;
}

#endif /* ACQ_COST_H */
