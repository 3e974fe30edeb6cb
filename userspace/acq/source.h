/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where pieces of samples come from: one way to get them out of the device each.
 */
#ifndef ACQ_SOURCE_H
#define ACQ_SOURCE_H

#include <stdint.h>
#include <sys/types.h>

struct source {
	int fd;
	size_t chunk;		/* most bytes of a piece */
	void *buf;		/* chunk bytes, for modes that copy */
	int helper;		/* a descriptor of the mode's own */
	uint64_t calls;		/* system calls that asked for samples */
	uint64_t waits;		/* and those that only waited */
	uint64_t spurious;	/* waits that said "readable" when nothing was */
};

struct mode {
	const char *name;
	const char *help;
	int flags;		/* for open() */

	/* 0 or a negative errno */
	int (*begin)(struct source *source);

	/*
	 * The next piece, at most @want bytes, at *@data until the next call. Its
	 * length; 0: finished; -EAGAIN, -EINTR: look at stop_reason() and come again;
	 * -EPIPE: a gap is here; else what went wrong.
	 */
	ssize_t (*next)(struct source *source, size_t want, const void **data);

	void (*end)(struct source *source);
};

extern const struct mode mode_read;
extern const struct mode mode_poll;
extern const struct mode mode_epoll;

/* The mode of that name, or NULL. */
const struct mode *mode_find(const char *name);

/* The help of every mode. */
void mode_help(void);

#endif /* ACQ_SOURCE_H */
