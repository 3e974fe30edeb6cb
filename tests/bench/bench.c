// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs in the test machine: what each way of reading /dev/acqdev costs, beside what
 * a copy of the same size costs. Prints a line of JSON for each result, which
 * report.py on the host makes a table of.
 *
 * bench [drain|stream|blocks|idle]...	these parts; default all
 * bench profile=MODE:BYTES[:READERS]	one way and size, for the plugin's profile=; with
 *					a number of readers, while the card runs
 *
 * drain: a ring that a finished run has filled is read empty, so the card and its
 * pace play no part. stream: a card runs at a fixed rate, and the readers wait.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <liburing.h>
#include <linux/acqdev.h>

#include "insn.h"

#define NODE		"/dev/acqdev"
#define BARE		"/dev/acqbare"
#define BARE_MODULE	"/lib/bare.ko"
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

static const size_t sizes[] = {
	64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB,
};

static bool stop;
static bool profiling;	/* a while of streaming */
static volatile uint64_t sink;

static void die(const char *format, ...)
{
	int error = errno;
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf(": %s\n", strerror(error));
	exit(1);
}

static uint64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static void nap(unsigned int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

/* --- readers --- */

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
};

static char *source;	/* RING bytes of this program's own memory */
static int cache_fd;	/* and in the page cache */

/* A consumer that looks at every byte */
static void touch(const void *data, size_t bytes)
{
	const uint64_t *word = data;
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < bytes / 8; i++)
		sum += word[i];
	sink = sum;
}

static bool got(struct reader *r, ssize_t n)
{
	r->calls++;
	if (n > 0)
		r->records++;
	else if (n < 0)
		die("reading %zu bytes", r->size);
	return n > 0;
}

static void open_node(struct reader *r)
{
	struct acq_reader_config reader = { .flags = r->flags, .watermark = r->watermark };

	r->fd = open(NODE, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0 || ioctl(r->fd, ACQ_IOC_SET_READER, &reader))
		die(NODE);
}

static void close_node(struct reader *r)
{
	close(r->fd);
}

static void begin_nothing(struct reader *r)
{
	r->position = 0;
}

static void end_nothing(struct reader *r)
{
	(void)r;
}

static void run_nothing(struct reader *r, uint64_t records)
{
	(void)r;
	(void)records;
}

static void run_memcpy(struct reader *r, uint64_t records)
{
	while (records--) {
		memcpy(r->buf, source + r->position, r->size);
		/* The compiler must not think that nobody looks. */
		__asm__ volatile("" : : "r"(r->buf) : "memory");
		r->position += r->size;
		r->records++;
	}
}

static void begin_bare(struct reader *r)
{
	r->fd = open(BARE, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0)
		die(BARE);
}

static void run_pread(struct reader *r, uint64_t records)
{
	while (records-- && got(r, pread(cache_fd, r->buf, r->size, r->position)))
		r->position += r->size;
}

static void run_read(struct reader *r, uint64_t records)
{
	while (records-- && !stop && got(r, read(r->fd, r->buf, r->size)))
		;
}

static void run_read_touch(struct reader *r, uint64_t records)
{
	while (records-- && !stop && got(r, read(r->fd, r->buf, r->size)))
		touch(r->buf, r->size);
}

static void run_poll(struct reader *r, uint64_t records)
{
	struct pollfd p = { .fd = r->fd, .events = POLLIN };

	while (records-- && !stop) {
		r->calls++;
		if (poll(&p, 1, -1) != 1)
			die("poll");
		if (!got(r, read(r->fd, r->buf, r->size)))
			break;
	}
}

static void begin_epoll(struct reader *r)
{
	struct epoll_event event = { .events = EPOLLIN };

	open_node(r);
	r->other = epoll_create1(EPOLL_CLOEXEC);
	if (r->other < 0 || epoll_ctl(r->other, EPOLL_CTL_ADD, r->fd, &event))
		die("epoll");
}

static void run_epoll(struct reader *r, uint64_t records)
{
	struct epoll_event event;

	while (records-- && !stop) {
		r->calls++;
		if (epoll_wait(r->other, &event, 1, -1) != 1)
			die("epoll");
		if (!got(r, read(r->fd, r->buf, r->size)))
			break;
	}
}

static void end_epoll(struct reader *r)
{
	close(r->other);
	close(r->fd);
}

static void begin_uring(struct reader *r)
{
	open_node(r);
	/* The ring's own thread must be the one that reads: it is. */
	if (io_uring_queue_init(2 * DEPTH, &r->ring,
				IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN))
		die("io_uring");
}

static void end_uring(struct reader *r)
{
	io_uring_queue_exit(&r->ring);
	close(r->fd);
}

/* @depth requests at a time, one system call for all of them */
static void run_uring(struct reader *r, uint64_t records)
{
	while (records && !stop) {
		unsigned int n = records < r->depth ? records : r->depth, i;

		for (i = 0; i < n; i++)
			io_uring_prep_read(io_uring_get_sqe(&r->ring), r->fd, r->buf + i * r->size,
					   r->size, -1);
		r->calls++;
		if (io_uring_submit_and_wait(&r->ring, n) < 0)
			die("io_uring");
		for (i = 0; i < n; i++) {
			struct io_uring_cqe *cqe;

			if (io_uring_peek_cqe(&r->ring, &cqe))
				die("io_uring: no completion");
			if (cqe->res <= 0)
				return;
			r->records++;
			io_uring_cqe_seen(&r->ring, cqe);
		}
		records -= n;
	}
}

static void begin_multishot(struct reader *r)
{
	int error;

	begin_uring(r);
	r->bufs = io_uring_setup_buf_ring(&r->ring, DEPTH, 0, 0, &error);
	if (!r->bufs)
		die("buffer ring");
	r->given = 0;
	r->next_buf = 0;
	r->armed = false;
}

/* One request for as many buffers as there are; gives no more of them than needed. */
static void run_multishot(struct reader *r, uint64_t records)
{
	while (records && !stop) {
		struct io_uring_cqe *cqe;
		unsigned int add = 0, head, seen = 0;
		bool end = false;

		while (r->given < r->depth && r->given < records) {
			io_uring_buf_ring_add(r->bufs, r->buf + r->next_buf * r->size, r->size,
					      r->next_buf, io_uring_buf_ring_mask(DEPTH), add++);
			r->next_buf = (r->next_buf + 1) % r->depth;
			r->given++;
		}
		io_uring_buf_ring_advance(r->bufs, add);
		if (!r->armed) {
			struct io_uring_sqe *sqe = io_uring_get_sqe(&r->ring);

			io_uring_prep_read_multishot(sqe, r->fd, 0, -1, 0);
			r->armed = true;
		}
		r->calls++;
		if (io_uring_submit_and_wait(&r->ring, 1) < 0)
			die("io_uring");
		io_uring_for_each_cqe(&r->ring, head, cqe) {
			seen++;
			if (cqe->res > 0) {
				r->records++;
				r->given--;
				records--;
			} else if (cqe->res != -ENOBUFS) {
				end = true;
			}
			r->armed = cqe->flags & IORING_CQE_F_MORE;
		}
		io_uring_cq_advance(&r->ring, seen);
		if (end)
			break;
	}
}

static void end_multishot(struct reader *r)
{
	io_uring_free_buf_ring(&r->ring, r->bufs, DEPTH, 0);
	end_uring(r);
}

static void begin_mmap(struct reader *r)
{
	struct acq_map map;

	open_node(r);
	if (ioctl(r->fd, ACQ_IOC_MAP, &map))
		die("ACQ_IOC_MAP");
	r->map_bytes = map.bytes;
	r->map = mmap(NULL, map.bytes, PROT_READ, MAP_SHARED, r->fd, 0);
	if (r->map == MAP_FAILED)
		die("mmap");
	r->meta = r->map;
	r->data = r->map + map.data_offset;
	r->at = (struct acq_advance){ .run = map.run };
	if (ioctl(r->fd, ACQ_IOC_ADVANCE, &r->at))
		die("ACQ_IOC_ADVANCE");
}

static void end_mmap(struct reader *r)
{
	munmap(r->map, r->map_bytes);
	close(r->fd);
}

/* Done with what was there, and wait for the next record. */
static bool advance(struct reader *r, uint64_t position)
{
	r->calls++;
	r->at.position = position;
	r->at.flags = ACQ_ADVANCE_WAIT;
	r->at.timeout_ns = FOREVER;
	if (ioctl(r->fd, ACQ_IOC_ADVANCE, &r->at))
		die("ACQ_IOC_ADVANCE");
	return !(r->at.flags & ACQ_ADVANCE_END);
}

static void run_mmap(struct reader *r, uint64_t records)
{
	while (records-- && !stop && advance(r, r->at.position)) {
		if (r->at.head - r->at.position < r->size)
			break;
		r->at.position += r->size;
		r->records++;
	}
}

/* Records are powers of two, and so are blocks, so none runs across the ring's end. */
static void run_mmap_touch(struct reader *r, uint64_t records)
{
	while (records-- && !stop && advance(r, r->at.position)) {
		if (r->at.head - r->at.position < r->size)
			break;
		touch(r->data + (r->at.position & (r->meta->data_bytes - 1)), r->size);
		r->at.position += r->size;
		r->records++;
	}
}

/* The head is in memory: no call at all as long as there is enough, then one for all of it. */
static void run_mmap_head(struct reader *r, uint64_t records)
{
	uint64_t position = r->at.position;

	while (records-- && !stop) {
		while (__atomic_load_n(&r->meta->head, __ATOMIC_ACQUIRE) - position < r->size) {
			/* At the end of a run less than a record may be left. */
			if (!advance(r, position) || r->meta->end)
				return;
			position = r->at.position;
		}
		position += r->size;
		r->records++;
	}
	advance(r, position);
}

static const struct mode modes[] = {
	{ "memcpy", begin_nothing, run_memcpy, end_nothing, false },
	{ "bare", begin_bare, run_read, close_node, false },
	{ "pread", begin_nothing, run_pread, end_nothing, false },
	{ "read", open_node, run_read, close_node, true },
	{ "poll", open_node, run_poll, close_node, true },
	{ "epoll", begin_epoll, run_epoll, end_epoll, true },
	{ "uring", begin_uring, run_uring, end_uring, true },
	{ "multishot", begin_multishot, run_multishot, end_multishot, true },
	{ "mmap", begin_mmap, run_mmap, end_mmap, true },
	{ "mmap-head", begin_mmap, run_mmap_head, end_mmap, true },
	{ "read+touch", open_node, run_read_touch, close_node, true },
	{ "mmap+touch", begin_mmap, run_mmap_touch, end_mmap, true },
};

#define MODES	(sizeof(modes) / sizeof(*modes))

static const struct mode nothing = { "nothing", begin_nothing, run_nothing, end_nothing, false };

/* --- measuring --- */

struct result {
	uint64_t kernel, user, syscalls;
	uint64_t records, calls;
	uint64_t ns, cpu_ns, switches;
	uint64_t interrupts, wakeups, bytes;
	uint64_t busy_ns;
};

/* Of all processors, since the machine began: 10 ms fine */
static uint64_t idle_ns(void)
{
	unsigned long long user, nice, system, idle, iowait;
	FILE *file = fopen("/proc/stat", "re");

	if (!file || fscanf(file, "cpu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle,
			    &iowait) != 5)
		die("/proc/stat");
	fclose(file);
	return (idle + iowait) * (1000000000ULL / sysconf(_SC_CLK_TCK));
}

static uint64_t switches(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_nvcsw + usage.ru_nivcsw;
}

static struct insn_counts begin_counts, end_counts;
static struct result begin_result;

static void measure_begin(void)
{
	begin_result = (struct result){
		.switches = switches(),
		.cpu_ns = now(CLOCK_PROCESS_CPUTIME_ID),
		.ns = now(CLOCK_MONOTONIC),
	};
	insn_ask(&begin_counts, INSN_READ);
}

static struct result measure_end(void)
{
	struct result result;

	insn_ask(&end_counts, INSN_READ);
	result = (struct result){
		.ns = now(CLOCK_MONOTONIC) - begin_result.ns,
		.cpu_ns = now(CLOCK_PROCESS_CPUTIME_ID) - begin_result.cpu_ns,
		.switches = switches() - begin_result.switches,
		.kernel = end_counts.kernel - begin_counts.kernel,
		.user = end_counts.user - begin_counts.user,
		.syscalls = end_counts.syscalls - begin_counts.syscalls,
	};
	return result;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Of several goes at the same: disturbances only ever add. */
static void keep_best(struct result *best, const struct result *result, bool first)
{
	if (first) {
		*best = *result;
		return;
	}
	if (result->kernel + result->user < best->kernel + best->user) {
		best->kernel = result->kernel;
		best->user = result->user;
		best->syscalls = result->syscalls;
		best->calls = result->calls;
	}
	best->ns = least(best->ns, result->ns);
	best->cpu_ns = least(best->cpu_ns, result->cpu_ns);
	best->switches = least(best->switches, result->switches);
}

/* Lines are kept until somebody has time to see them: what prints them counts, too. */
static char lines[1 << 20];
static size_t lines_used;

static void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	lines_used += vsnprintf(lines + lines_used, sizeof(lines) - lines_used, format, args);
	va_end(args);
	if (lines_used >= sizeof(lines) - 1)
		die("too many results");
}

static void flush(void)
{
	size_t done = 0;

	while (done < lines_used) {
		ssize_t n = write(1, lines + done, lines_used - done);

		if (n <= 0)
			exit(1);
		done += n;
	}
	lines_used = 0;
	nap(500);
}

static void say_result(const char *set, const char *mode, size_t size, size_t block,
		       unsigned int readers, const struct result *r)
{
	say("{\"set\":\"%s\",\"mode\":\"%s\",\"size\":%zu,\"block\":%zu,\"readers\":%u,"
	    "\"kernel\":%llu,\"user\":%llu,\"syscalls\":%llu,\"records\":%llu,\"calls\":%llu,"
	    "\"ns\":%llu,\"cpu_ns\":%llu,\"switches\":%llu,\"interrupts\":%llu,\"wakeups\":%llu,"
	    "\"bytes\":%llu,\"busy_ns\":%llu}\n", set, mode, size, block, readers,
	    (unsigned long long)r->kernel, (unsigned long long)r->user,
	    (unsigned long long)r->syscalls, (unsigned long long)r->records,
	    (unsigned long long)r->calls, (unsigned long long)r->ns, (unsigned long long)r->cpu_ns,
	    (unsigned long long)r->switches, (unsigned long long)r->interrupts,
	    (unsigned long long)r->wakeups, (unsigned long long)r->bytes,
	    (unsigned long long)r->busy_ns);
}

/* --- the card --- */

static int control = -1;

static struct acq_status status(void)
{
	struct acq_status status;

	if (ioctl(control, ACQ_IOC_STATUS, &status))
		die("ACQ_IOC_STATUS");
	return status;
}

static void configure(struct acq_config config)
{
	config.format = ACQ_FORMAT_S16;
	config.channel_mask = 3;
	config.pattern = ACQ_PATTERN_RAMP;
	config.transfer = ACQ_TRANSFER_DMA;
	if (ioctl(control, ACQ_IOC_STOP) || ioctl(control, ACQ_IOC_SET_CONFIG, &config))
		die("configuration");
}

static int holder = -1;

/* A run of the ring's size that has finished; who asks for the oldest reads all of it. */
static void fill_ring(size_t ring, size_t block)
{
	uint64_t began = now(CLOCK_MONOTONIC);

	if (holder >= 0)
		close(holder);
	configure((struct acq_config){
		.rate_millihz = 28224000000,
		.count = ring / FRAME,
		.block_bytes = block,
		.ring_bytes = ring,
	});
	holder = open(NODE, O_RDWR | O_CLOEXEC);
	if (holder < 0 || ioctl(holder, ACQ_IOC_START))
		die("start");
	while (status().head < ring || status().state != ACQ_STATE_IDLE) {
		if (now(CLOCK_MONOTONIC) - began > 60000000000ULL) {
			printf("the card has brought %llu of %zu bytes in a minute\n",
			       (unsigned long long)status().head, ring);
			exit(1);
		}
		nap(20);
	}
	nap(200);
}

/* --- draining --- */

static struct reader readers[READERS];
static pthread_barrier_t prepared, begin, finished, ended;

struct job {
	const struct mode *mode;
	struct reader *reader;
	uint64_t records;
};

static void *drain_thread(void *data)
{
	const struct job *job = data;

	job->mode->begin(job->reader);
	pthread_barrier_wait(&prepared);
	pthread_barrier_wait(&begin);
	job->mode->run(job->reader, job->records);
	pthread_barrier_wait(&finished);
	pthread_barrier_wait(&ended);
	job->mode->end(job->reader);
	return NULL;
}

/* @count readers at once, each its own copy of the same samples */
static struct result drain_once(const struct mode *mode, size_t size, unsigned int count,
				uint64_t records)
{
	struct job jobs[READERS];
	pthread_t threads[READERS];
	struct result result;
	unsigned int i;

	for (i = 0; i < count; i++) {
		struct reader *r = &readers[i];

		*r = (struct reader){
			.size = size,
			.depth = ROOM / size < DEPTH ? ROOM / size : DEPTH,
			.flags = ACQ_READER_OLDEST,
			.buf = r->buf,
		};
		jobs[i] = (struct job){ mode, r, records };
	}
	if (count == 1) {
		mode->begin(readers);
		measure_begin();
		mode->run(readers, records);
		result = measure_end();
		mode->end(readers);
	} else {
		for (i = 0; i < count; i++) {
			if (pthread_create(&threads[i], NULL, drain_thread, &jobs[i]))
				die("thread");
		}
		pthread_barrier_wait(&prepared);
		measure_begin();
		pthread_barrier_wait(&begin);
		pthread_barrier_wait(&finished);
		result = measure_end();
		pthread_barrier_wait(&ended);
		for (i = 0; i < count; i++)
			pthread_join(threads[i], NULL);
	}
	for (i = 0; i < count; i++) {
		result.records += readers[i].records;
		result.calls += readers[i].calls;
	}
	if (mode != &nothing && result.records != records * count) {
		printf("%s of %zu bytes: %llu records, not %llu\n", mode->name, size,
		       (unsigned long long)result.records, (unsigned long long)(records * count));
		exit(1);
	}
	return result;
}

static uint64_t records_of(size_t size, unsigned int count)
{
	size_t most = count == 1 ? 1024 : 256, room = count == 1 ? 16 * MIB : 4 * MIB;

	return room / size < most ? room / size : most;
}

static void barriers(unsigned int count)
{
	pthread_barrier_init(&prepared, NULL, count + 1);
	pthread_barrier_init(&begin, NULL, count + 1);
	pthread_barrier_init(&finished, NULL, count + 1);
	pthread_barrier_init(&ended, NULL, count + 1);
}

/*
 * All modes in turn, then all of them again: what else this machine has to do
 * meanwhile comes to each of them, and the best of each is kept.
 */
static void drain_size(size_t size, unsigned int count)
{
	struct result own, best[MODES], result;
	unsigned int m, i;

	for (i = 0; i < REPEATS; i++) {
		result = drain_once(&nothing, size, count, 0);
		keep_best(&own, &result, i == 0);
		for (m = 0; m < MODES; m++) {
			result = drain_once(&modes[m], size, count, records_of(size, count));
			keep_best(&best[m], &result, i == 0);
		}
	}
	for (m = 0; m < MODES; m++) {
		/* What measuring itself took: waking the threads, mostly */
		best[m].kernel -= least(own.kernel, best[m].kernel);
		best[m].user -= least(own.user, best[m].user);
		best[m].syscalls -= least(own.syscalls, best[m].syscalls);
		best[m].bytes = best[m].records * size;
		say_result("drain", modes[m].name, size, BLOCK, count, &best[m]);
	}
}

static void part_drain(void)
{
	static const unsigned int counts[] = { 1, 4, 16 };
	unsigned int c, s;

	fill_ring(RING, BLOCK);
	for (c = 0; c < 3; c++) {
		barriers(counts[c]);
		for (s = 0; s < sizeof(sizes) / sizeof(*sizes); s++)
			drain_size(sizes[s], counts[c]);
		flush();
	}
}

/* Do larger blocks cost more? */
static void part_blocks(void)
{
	static const char * const which[] = { "read", "mmap" };
	size_t block;
	unsigned int i, m;

	for (block = 4 * KIB; block <= 4 * MIB; block *= 4) {
		fill_ring(BLOCKS_RING, block);
		for (i = 0; i < 2; i++) {
			for (m = 0; strcmp(modes[m].name, which[i]); m++)
				;
			for (size_t size = 64 * KIB; size <= 4 * MIB; size *= 4) {
				struct result best, result;
				int go;

				for (go = 0; go < REPEATS; go++) {
					result = drain_once(&modes[m], size, 1,
							    BLOCKS_RING / size);
					keep_best(&best, &result, go == 0);
				}
				best.bytes = best.records * size;
				say_result("blocks", which[i], size, block, 1, &best);
			}
		}
	}
	flush();
}

/* --- streaming --- */

#define STREAM_RING	(16 * MIB)
#define STREAM_RATE	4000000000ULL	/* millihertz: 16 MB/s */

static void *stream_thread(void *data)
{
	const struct job *job = data;

	job->mode->begin(job->reader);
	job->mode->run(job->reader, FOREVER);
	return NULL;
}

/* A reader that waits in vain */
static void give_up(const struct mode *mode, size_t size, unsigned int count)
{
	struct acq_status s = status();
	unsigned int i;

	flush();
	printf("%s, %zu bytes: state %u, head %llu, oldest %llu, lost %llu, %llu interrupts, %llu wake-ups\n",
	       mode->name, size, s.state, (unsigned long long)s.head, (unsigned long long)s.oldest,
	       (unsigned long long)s.lost, (unsigned long long)s.interrupts,
	       (unsigned long long)s.wakeups);
	for (i = 0; i < count; i++) {
		struct acq_reader_stats r;

		if (ioctl(readers[i].fd, ACQ_IOC_READER_STATS, &r))
			die("ACQ_IOC_READER_STATS");
		printf("reader %u: %llu records, %llu calls; %llu bytes, %llu reads, %llu empty, %llu waits, %llu wakeups, %llu behind\n",
		       i, (unsigned long long)readers[i].records,
		       (unsigned long long)readers[i].calls, (unsigned long long)r.bytes,
		       (unsigned long long)r.reads, (unsigned long long)r.empty,
		       (unsigned long long)r.waits, (unsigned long long)r.wakeups,
		       (unsigned long long)r.behind);
	}
	exit(1);
}

static struct result stream_once(const struct mode *mode, size_t size, unsigned int count)
{
	struct job jobs[READERS];
	pthread_t threads[READERS];
	struct acq_status before, after;
	struct insn_counts counts;
	struct result result;
	uint64_t idle, calls = 0;
	unsigned int i;
	int go;

	configure((struct acq_config){
		.rate_millihz = STREAM_RATE,
		.block_bytes = BLOCK,
		.ring_bytes = STREAM_RING,
	});
	if (ioctl(control, ACQ_IOC_START))
		die("start");
	stop = false;
	for (i = 0; i < count; i++) {
		struct reader *r = &readers[i];

		*r = (struct reader){
			.size = size,
			.depth = mode->run == run_multishot && ROOM / size >= DEPTH ? DEPTH :
				 mode->run == run_multishot ? ROOM / size : 1,
			.watermark = size,
			.buf = r->buf,
		};
		jobs[i] = (struct job){ mode, r, FOREVER };
		if (pthread_create(&threads[i], NULL, stream_thread, &jobs[i]))
			die("thread");
	}
	/* All of them at it, and interrupts as rare as they become */
	nap(400);
	for (i = 0; i < count; i++) {
		for (go = 0; __atomic_load_n(&readers[i].records, __ATOMIC_RELAXED) < 3; go++) {
			if (go == 1000)
				give_up(mode, size, count);
			nap(20);
		}
	}
	before = status();
	for (i = 0; i < count; i++)
		calls += __atomic_load_n(&readers[i].calls, __ATOMIC_RELAXED);
	idle = idle_ns();
	measure_begin();
	if (profiling)
		insn_ask(&counts, INSN_PROFILE_BEGIN);
	nap(700);
	if (profiling)
		insn_ask(&counts, INSN_PROFILE_END);
	result = measure_end();
	result.busy_ns = result.ns * sysconf(_SC_NPROCESSORS_ONLN);
	idle = idle_ns() - idle;
	result.busy_ns -= least(idle, result.busy_ns);
	for (i = 0; i < count; i++)
		result.calls += __atomic_load_n(&readers[i].calls, __ATOMIC_RELAXED);
	result.calls -= calls;
	after = status();
	result.bytes = (after.head - before.head) * count;
	result.records = result.bytes / size;
	result.interrupts = after.interrupts - before.interrupts;
	result.wakeups = after.wakeups - before.wakeups;

	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	if (ioctl(control, ACQ_IOC_STOP))
		die("stop");
	for (i = 0; i < count; i++) {
		pthread_join(threads[i], NULL);
		mode->end(&readers[i]);
	}
	stop = false;
	return result;
}

static void part_stream(void)
{
	static const size_t stream_sizes[] = { 4 * KIB, 64 * KIB, MIB };
	static const unsigned int counts[] = { 1, 4, 16 };
	unsigned int c, m, s, i;

	for (c = 0; c < 3; c++) {
		for (m = 0; m < MODES; m++) {
			if (!modes[m].driver || strchr(modes[m].name, '+'))
				continue;
			for (s = 0; s < 3; s++) {
				struct result best, result;

				for (i = 0; i < 2; i++) {
					result = stream_once(&modes[m], stream_sizes[s], counts[c]);
					if (i == 0 || (result.kernel + result.user) * best.bytes <
					    (best.kernel + best.user) * result.bytes)
						best = result;
				}
				say_result("stream", modes[m].name, stream_sizes[s], BLOCK,
					   counts[c], &best);
			}
		}
		flush();
	}
}

/* --- idling --- */

static void idle_window(const char *what)
{
	struct acq_status before, after;
	struct result best, result;
	uint64_t idle;
	int i;

	for (i = 0; i < 3; i++) {
		before = status();
		idle = idle_ns();
		measure_begin();
		nap(2000);
		result = measure_end();
		idle = idle_ns() - idle;
		result.busy_ns = result.ns * sysconf(_SC_NPROCESSORS_ONLN);
		result.busy_ns -= least(idle, result.busy_ns);
		after = status();
		result.interrupts = after.interrupts - before.interrupts;
		result.wakeups = after.wakeups - before.wakeups;
		/* The switch of this thread's own sleep */
		result.switches -= least(result.switches, 1);
		if (i == 0 || result.kernel + result.user < best.kernel + best.user)
			best = result;
	}
	say_result("idle", what, 0, 0, 0, &best);
}

/* Nothing happens at the card: nothing must happen here. */
static void part_idle(void)
{
	const struct mode *mode = &modes[3];
	struct acq_config armed = {
		.rate_millihz = STREAM_RATE,
		.block_bytes = BLOCK,
		.ring_bytes = STREAM_RING,
		.trigger = ACQ_TRIGGER_SOFTWARE,
	};
	struct job jobs[READERS];
	pthread_t threads[READERS];
	int files[READERS];
	unsigned int i;

	if (holder >= 0)
		close(holder);
	holder = -1;
	configure((struct acq_config){});
	/* What the kernel has put off until now */
	nap(5000);
	idle_window("closed");
	for (i = 0; i < READERS; i++)
		files[i] = open(NODE, O_RDONLY | O_CLOEXEC);
	idle_window("open");
	for (i = 0; i < READERS; i++)
		close(files[i]);

	configure(armed);
	if (ioctl(control, ACQ_IOC_START))
		die("start");
	for (i = 0; i < READERS; i++) {
		readers[i] = (struct reader){ .size = 64 * KIB, .buf = readers[i].buf };
		jobs[i] = (struct job){ mode, &readers[i], FOREVER };
		if (pthread_create(&threads[i], NULL, stream_thread, &jobs[i]))
			die("thread");
	}
	nap(1000);
	idle_window("armed");
	stop = true;
	if (ioctl(control, ACQ_IOC_STOP))
		die("stop");
	for (i = 0; i < READERS; i++) {
		pthread_join(threads[i], NULL);
		mode->end(&readers[i]);
	}
	stop = false;
	flush();
}

/* --- profile --- */

static void part_profile(const char *what)
{
	char mode[32], line[256];
	struct insn_counts counts;
	struct reader *r = readers;
	unsigned int m, count = 1;
	unsigned long size;
	FILE *file;
	int n;

	n = sscanf(what, "%31[^:]:%lu:%u", mode, &size, &count);
	for (m = 0; m < MODES && strcmp(modes[m].name, mode); m++)
		;
	if (n < 2 || m == MODES || count < 1 || count > READERS) {
		printf("profile=MODE:BYTES[:READERS], not '%s'\n", what);
		exit(1);
	}
	if (n == 2) {
		fill_ring(RING, BLOCK);
		drain_once(&modes[m], size, 1, records_of(size, 1));
		*r = (struct reader){ .size = size, .depth = 1, .flags = ACQ_READER_OLDEST,
				      .buf = r->buf };
		modes[m].begin(r);
		insn_ask(&counts, INSN_PROFILE_BEGIN);
		modes[m].run(r, records_of(size, 1));
		insn_ask(&counts, INSN_PROFILE_END);
		modes[m].end(r);
	} else {
		profiling = true;
		r->records = stream_once(&modes[m], size, count).records;
	}
	printf("records %llu\n", (unsigned long long)r->records);
	file = fopen("/proc/kallsyms", "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (strchr("tTwW", line[17]))
			printf("symbol %s", line);
	}
}

/* What it is that was measured: for who reads the figures */
static void say_machine(void)
{
	char line[256], release[128] = "";
	FILE *file = fopen("/proc/sys/kernel/osrelease", "re");

	if (file && fgets(release, sizeof(release), file))
		release[strcspn(release, "\n")] = '\0';
	if (file)
		fclose(file);
	file = fopen("/proc/cpuinfo", "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "model name", 10))
			break;
	}
	if (file)
		fclose(file);
	line[strcspn(line, "\n")] = '\0';
	say("{\"set\":\"machine\",\"kernel\":\"%s\",\"processor\":\"%s\",\"processors\":%ld,"
	    "\"ring\":%lu,\"block\":%lu,\"rate\":%llu,\"repeats\":%d}\n",
	    release, strchr(line, ':') ? strchr(line, ':') + 2 : "", sysconf(_SC_NPROCESSORS_ONLN),
	    RING, BLOCK, STREAM_RATE / 1000 * FRAME, REPEATS);
}

static bool wanted(const char *part, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], part))
			return true;
	}
	return argc < 2;
}

int main(int argc, char **argv)
{
	struct insn_counts counts;
	size_t done;
	int fd, i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!insn_ask(&counts, INSN_READ)) {
		printf("nobody counts instructions: the machine runs without the plugin\n");
		return 1;
	}
	fd = open(BARE_MODULE, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST))
		die(BARE_MODULE);
	close(fd);
	/* Not a reader: it would be owed samples */
	control = open(NODE, O_WRONLY | O_CLOEXEC);
	if (control < 0)
		die(NODE);
	source = mmap(NULL, RING, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	cache_fd = memfd_create("bench", MFD_CLOEXEC);
	if (source == MAP_FAILED || cache_fd < 0)
		die("memory");
	memset(source, 0x5a, RING);
	for (done = 0; done < RING; done += MIB) {
		if (write(cache_fd, source + done, MIB) != (ssize_t)MIB)
			die("memory");
	}
	for (i = 0; i < READERS; i++) {
		readers[i].buf = mmap(NULL, ROOM, PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		if (readers[i].buf == MAP_FAILED)
			die("memory");
	}

	if (argc == 2 && !strncmp(argv[1], "profile=", 8)) {
		part_profile(argv[1] + 8);
		return 0;
	}
	say_machine();
	if (wanted("drain", argc, argv))
		part_drain();
	if (wanted("blocks", argc, argv))
		part_blocks();
	if (wanted("stream", argc, argv))
		part_stream();
	if (wanted("idle", argc, argv))
		part_idle();
	flush();
	close(control);
	return 0;
}
