/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the benchmark share: readers, ways of reading, results. */
#ifndef ACQ_BENCH_H
#define ACQ_BENCH_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include <liburing.h>
#include <linux/acqdev.h>

#include "insn.h"

#define NODE		"/dev/acqdev"
#define OUTPUT		"/dev/acqdev1"
#define BARE		"/dev/acqbare"
#define KIB		1024UL
#define MIB		(1024 * KIB)
#define FRAME		4
#define RING		(64 * MIB)	/* to drain; as much memory is copied without the driver */
#define BLOCK		(64 * KIB)
#define BLOCKS_RING	(16 * MIB)	/* 4096 of the smallest blocks */
#define ROOM		(8 * MIB)	/* for the buffers of a reader */
#define DEPTH		16		/* requests at once, and buffers of a multishot request */
#define READERS		16
#define REPEATS		5
#define FOREVER		(~0ULL)

/**
 * struct reader - one that reads records of the same size
 * @size: of a record
 * @depth: requests at once, for io_uring
 * @flags: ACQ_READER_* of its file
 * @watermark: of its file
 * @fd: what it reads
 * @other: the epoll file
 * @buf: ROOM bytes
 * @map: the mapped ring, @map_bytes
 * @data: the samples in it
 * @at: its place there
 * @ring: for io_uring
 * @bufs: its provided buffers
 * @armed: a multishot request is out
 * @position: where to copy from
 * @records: got so far
 * @calls: system calls made for them
 */
struct reader {
	size_t size;
	unsigned int depth;
	uint32_t flags;
	uint32_t watermark;
	int fd;
	int other;
	char *buf;
	void *map;
	size_t map_bytes;
	const char *data;
	const struct acq_meta *meta;
	struct acq_advance at;
	struct io_uring ring;
	struct io_uring_buf_ring *bufs;
	unsigned int given;
	unsigned int next_buf;
	bool armed;
	uint64_t position;
	uint64_t records;
	uint64_t calls;
};

struct mode {
	const char *name;
	void (*begin)(struct reader *r);
	void (*run)(struct reader *r, uint64_t records);
	void (*end)(struct reader *r);
	bool driver;	/* reads the node */
	bool ahead;	/* has several buffers while it waits */
};

/* modes.c */
#define MODES	12

extern const struct mode modes[MODES];
extern const struct mode nothing;	/* reads nothing */
extern char *source;			/* RING bytes of this program's own memory */
extern int cache_fd;			/* and in the page cache */
extern bool stop;			/* all readers */

/* writing.c */
#define WRITE_MODES	3

extern const struct mode write_modes[WRITE_MODES];

struct result {
	uint64_t kernel, user, syscalls;
	uint64_t records, calls;
	uint64_t ns, cpu_ns, switches;
	uint64_t interrupts, wakeups, bytes;
	uint64_t busy_ns;
};

/* measure.c */
void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
uint64_t now(clockid_t clock);
void nap(unsigned int ms);
uint64_t least(uint64_t a, uint64_t b);
uint64_t idle_ns(void);
void measure_begin(void);
struct result measure_end(void);
void keep_best(struct result *best, const struct result *result, bool first);
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void say_result(const char *set, const char *mode, size_t size, size_t block,
		unsigned int readers, const struct result *r);
void flush(void);

#endif /* ACQ_BENCH_H */
