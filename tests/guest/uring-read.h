/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads by io_uring whose samples are checked, for the tests of them. */
#ifndef ACQ_TEST_URING_READ_H
#define ACQ_TEST_URING_READ_H

#include "uring.h"

#include <sys/uio.h>

static char buf[1 << 20];

/* One read after the other, of many sizes, @file being a descriptor or an index */
static inline void read_in_turn(struct io_uring *ring, int file, unsigned int sqe_flags,
				uint64_t *index, int turns)
{
	int i;

	for (i = 1; i <= turns; i++) {
		struct done done;

		put_read(ring, file, buf, FRAME + i * 331 % 16384, i)->flags |= sqe_flags;
		submit(ring);
		done = next(ring);
		CHECK_EQ(done.user_data, i);
		CHECK(done.res > 0 && done.res % FRAME == 0);
		CHECK_EQ(done.flags & ~IORING_CQE_F_SOCK_NONEMPTY, 0);
		CHECK(is_ramp(buf, done.res, *index));
		*index += done.res / FRAME;
	}
}

static inline ssize_t nowait(int fd)
{
	struct iovec iov = { buf, sizeof(buf) };

	return preadv2(fd, &iov, 1, -1, RWF_NOWAIT);
}

/* What comes first after the trigger is the first sample: nothing went to a dead request. */
static inline void check_nothing_lost(int fd)
{
	struct io_uring *ring = ring_new();
	struct done done;

	trigger(fd);
	put_read(ring, fd, buf, 4096, 1);
	submit(ring);
	done = next(ring);
	CHECK(done.res > 0);
	CHECK(is_ramp(buf, done.res, first_index(fd)));
	ring_close(ring);
}

#endif /* ACQ_TEST_URING_READ_H */
