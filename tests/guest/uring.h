/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the io_uring tests share: rings, completions, buffer rings, and two counts
 * of io-wq workers. A worker is a thread that waits in place of the program:
 * a driver that keeps FMODE_NOWAIT's promise never needs one.
 */
#ifndef ACQ_TEST_URING_H
#define ACQ_TEST_URING_H

#include "guest.h"

#include <dirent.h>
#include <limits.h>
#include <liburing.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#define INSTANCES	"/sys/kernel/tracing/instances/"
#define BLOCK		4096

/*
 * First count: threads of this process that bear a worker's name, each once. A
 * worker without work stays for seconds, so none slips through between two looks.
 */
static atomic_long worker_threads;

static inline void look_for_workers(void)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static int seen[1024], count;
	struct dirent *entry;
	char path[64], name[32];
	DIR *dir;
	int i;

	pthread_mutex_lock(&lock);
	dir = opendir("/proc/self/task");
	while (dir && (entry = readdir(dir))) {
		int tid = atoi(entry->d_name), fd;
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/self/task/%d/comm", tid);
		fd = tid ? open(path, O_RDONLY | O_CLOEXEC) : -1;
		if (fd < 0)
			continue;
		n = read(fd, name, sizeof(name));
		close(fd);
		if (n < 8 || memcmp(name, "iou-wrk-", 8))
			continue;
		for (i = 0; i < count && seen[i] != tid; i++)
			;
		if (i == count && count < 1024) {
			seen[count++] = tid;
			worker_threads++;
		}
	}
	if (dir)
		closedir(dir);
	pthread_mutex_unlock(&lock);
}

static inline void *watch_workers(void *unused)
{
	for (;;) {
		look_for_workers();
		nap(20);
	}
	return unused;
}

/* Second count: the kernel's own event, in a trace instance of its own. */
struct event_count {
	const char *instance, *event;
	bool on;
};

static struct event_count punts = { "acq-uring-punts", "io_uring_queue_async_work", false };
static struct event_count polls = { "acq-uring-polls", "io_uring_poll_arm", false };

static inline void event_on(struct event_count *count)
{
	char path[PATH_MAX];

	if (count->on)
		return;
	snprintf(path, sizeof(path), INSTANCES "%s", count->instance);
	rmdir(path);
	CHECK_EQ(mkdir(path, 0700), 0);
	count->on = true;
	snprintf(path, sizeof(path), INSTANCES "%s/events/io_uring/%s/enable", count->instance,
		 count->event);
	write_file(path, "1");
}

static inline void event_off(struct event_count *count)
{
	char path[PATH_MAX];

	if (!count->on)
		return;
	snprintf(path, sizeof(path), INSTANCES "%s", count->instance);
	rmdir(path);
	count->on = false;
}

/* How often the event happened; those that found no room are counted too. */
static inline long event_total(const struct event_count *count)
{
	static const char * const keys[] = { "entries", "overrun", "dropped events" };
	char path[PATH_MAX], line[128];
	long total = 0, value;
	int cpu, cpus = sysconf(_SC_NPROCESSORS_CONF);
	size_t i;

	for (cpu = 0; cpu < cpus; cpu++) {
		FILE *file;

		snprintf(path, sizeof(path), INSTANCES "%s/per_cpu/cpu%d/stats", count->instance,
			 cpu);
		file = fopen(path, "re");
		CHECK(file);
		while (fgets(line, sizeof(line), file)) {
			for (i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
				size_t length = strlen(keys[i]);

				if (!strncmp(line, keys[i], length) && line[length] == ':' &&
				    sscanf(line + length + 1, "%ld", &value) == 1)
					total += value;
			}
		}
		fclose(file);
	}
	return total;
}

struct workers {
	long threads, events;
};

static inline struct workers workers(void)
{
	look_for_workers();
	return (struct workers){ worker_threads, event_total(&punts) };
}

static inline void counters_off(void)
{
	event_off(&punts);
	event_off(&polls);
}

static inline void counters_on(void)
{
	static bool on;
	pthread_t thread;

	if (on)
		return;
	event_on(&punts);
	event_on(&polls);
	atexit(counters_off);
	CHECK_EQ(pthread_create(&thread, NULL, watch_workers, NULL), 0);
	on = true;
}

/* What workers the tests of this program needed on purpose */
static struct workers meant;

static inline struct workers test_begins(void)
{
	counters_on();
	return workers();
}

static inline void test_ends(struct workers before)
{
	struct workers after = workers();

	CHECK_EQ(after.events, before.events);
	CHECK_EQ(after.threads, before.threads);
}

/* A test during which there must be no worker */
#define QUIET_TEST(_name)					\
	static void quiet_##_name(void);			\
	TEST(_name)						\
	{							\
		struct workers before = test_begins();		\
								\
		quiet_##_name();				\
		test_ends(before);				\
	}							\
	static void quiet_##_name(void)

/* The last test of a program */
static inline void no_worker_at_all(void)
{
	struct workers all = test_begins();

	printf("# %ld requests waited by poll, %ld threads and %ld events of workers, %ld and %ld of them meant\n",
	       event_total(&polls), all.threads, all.events, meant.threads, meant.events);
	CHECK_EQ(all.threads, meant.threads);
	CHECK_EQ(all.events, meant.events);
}

/* Rings that a test made end when the next begins, also if it failed. */
static struct io_uring rings[16];
static bool ring_used[16];

static inline void ring_close(struct io_uring *ring)
{
	if (!ring_used[ring - rings])
		return;
	ring_used[ring - rings] = false;
	io_uring_queue_exit(ring);
}

static inline struct io_uring *ring_params(unsigned int entries, struct io_uring_params *params)
{
	int i;

	for (i = 0; i < 16 && ring_used[i]; i++)
		;
	CHECK(i < 16);
	CHECK_EQ(io_uring_queue_init_params(entries, &rings[i], params), 0);
	ring_used[i] = true;
	return &rings[i];
}

static inline struct io_uring *ring_flags(unsigned int flags)
{
	struct io_uring_params params = { .flags = flags };

	return ring_params(64, &params);
}

#define DEFER	(IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN)

static inline struct io_uring *ring_new(void)
{
	return ring_flags(0);
}

static inline struct io_uring_sqe *sqe_for(struct io_uring *ring, uint64_t user_data)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

	CHECK(sqe);
	memset(sqe, 0, sizeof(*sqe));
	sqe->user_data = user_data;
	return sqe;
}

/* Offset -1 is the file's own position; a stream has no other. */
#define HERE	((uint64_t)-1)

static inline struct io_uring_sqe *put_read(struct io_uring *ring, int fd, void *buf, size_t bytes,
					    uint64_t user_data)
{
	struct io_uring_sqe *sqe = sqe_for(ring, user_data);

	io_uring_prep_read(sqe, fd, buf, bytes, HERE);
	sqe->user_data = user_data;
	return sqe;
}

static inline struct io_uring_sqe *put_poll(struct io_uring *ring, int fd, unsigned int events,
					    bool multishot, uint64_t user_data)
{
	struct io_uring_sqe *sqe = sqe_for(ring, user_data);

	if (multishot)
		io_uring_prep_poll_multishot(sqe, fd, events);
	else
		io_uring_prep_poll_add(sqe, fd, events);
	sqe->user_data = user_data;
	return sqe;
}

static inline void submit(struct io_uring *ring)
{
	CHECK(io_uring_submit(ring) >= 0);
}

struct done {
	uint64_t user_data;
	int res;
	unsigned int flags;
};

/* What there would be to read, for a test that waited in vain */
static inline void say_state(void)
{
	int i;

	for (i = 0; i < nfds; i++) {
		struct acq_status status;

		if (ioctl(fds[i], ACQ_IOC_STATUS, &status))
			continue;
		printf("# file %d: state %u, run %llu, position %llu of %llu, %u readers, poll says %#x\n",
		       fds[i], status.state, (unsigned long long)status.run,
		       (unsigned long long)status.position, (unsigned long long)status.head,
		       status.readers, poll_now(fds[i]));
	}
}

/* The next completion; that there is one is a matter of patience, not of time. */
static inline struct done next(struct io_uring *ring)
{
	struct __kernel_timespec patience = { .tv_sec = PATIENCE_MS / 1000 };
	struct io_uring_cqe *cqe;
	struct done done;
	int ret;

	do {
		ret = io_uring_wait_cqe_timeout(ring, &cqe, &patience);
	} while (ret == -EINTR);
	if (ret)
		say_state();
	CHECK_EQ(ret, 0);
	done = (struct done){ cqe->user_data, cqe->res, cqe->flags };
	io_uring_cqe_seen(ring, cqe);
	return done;
}

/* The next completion, if there is one already */
static inline bool next_now(struct io_uring *ring, struct done *done)
{
	struct io_uring_cqe *cqe;

	io_uring_get_events(ring);
	if (io_uring_peek_cqe(ring, &cqe))
		return false;
	*done = (struct done){ cqe->user_data, cqe->res, cqe->flags };
	io_uring_cqe_seen(ring, cqe);
	return true;
}

/* Nothing is complete, however long one waits (a little is enough to see it fail). */
static inline void check_none(struct io_uring *ring)
{
	struct done done;

	nap(50);
	if (!next_now(ring, &done))
		return;
	printf("# unexpected completion: user_data %llu, res %d, flags %#x\n",
	       (unsigned long long)done.user_data, done.res, done.flags);
	CHECK(!"nothing completes");
}

/* A ring of provided buffers: @count of @bytes each, back to back */
struct buffers {
	struct io_uring *ring;
	struct io_uring_buf_ring *br;
	unsigned int count, bytes, group;
	unsigned int used[256];		/* of each buffer, when used piece by piece */
	char *memory;
};

static inline void buffer_give(struct buffers *b, unsigned int id)
{
	b->used[id] = 0;
	io_uring_buf_ring_add(b->br, b->memory + (size_t)id * b->bytes, b->bytes, id,
			      io_uring_buf_ring_mask(b->count), 0);
	io_uring_buf_ring_advance(b->br, 1);
}

static inline void no_such_thing(const char *what)
{
	const char *kernel = getenv("ACQ_KERNEL");

	/* Of the kernels that the tests are run on only the oldest may lack it. */
	CHECK(!kernel || !strcmp(kernel, "6.1"));
	SKIP("this kernel has no %s", what);
}

static inline bool has_multishot(void)
{
	struct io_uring_probe *probe = io_uring_get_probe();
	bool has = probe && io_uring_opcode_supported(probe, IORING_OP_READ_MULTISHOT);

	io_uring_free_probe(probe);
	return has;
}

static inline void need_read_multishot(void)
{
	if (!has_multishot())
		no_such_thing("IORING_OP_READ_MULTISHOT");
}

/* All @given buffers, or only some of them, are in the ring at first. */
static inline void buffers_make(struct buffers *b, struct io_uring *ring, unsigned int count,
				unsigned int bytes, unsigned int given, unsigned int flags)
{
	static char memory[1 << 20] __attribute__((aligned(4096)));
	unsigned int i;
	int error = 0;

	CHECK(count <= 256 && (size_t)count * bytes <= sizeof(memory));
	*b = (struct buffers){ .ring = ring, .count = count, .bytes = bytes, .group = 7,
			       .memory = memory };
	memset(memory, 0x5a, sizeof(memory));
	b->br = io_uring_setup_buf_ring(ring, count, b->group, flags, &error);
	if (!b->br && flags && error == -EINVAL)
		no_such_thing("such buffer rings");
	CHECK(b->br);
	for (i = 0; i < given; i++)
		buffer_give(b, i);
}

static inline void put_multishot(struct io_uring *ring, int fd, const struct buffers *b,
				 uint64_t user_data, unsigned int sqe_flags)
{
	struct io_uring_sqe *sqe = sqe_for(ring, user_data);

	io_uring_prep_read_multishot(sqe, fd, 0, HERE, b->group);
	sqe->flags |= sqe_flags;
	sqe->user_data = user_data;
}

/* Where the samples of a completion are; the buffer is the program's again if it is used up. */
static inline const char *buffer_of(struct buffers *b, const struct done *done, unsigned int *id)
{
	const char *at;

	CHECK(done->res > 0);
	CHECK(done->flags & IORING_CQE_F_BUFFER);
	*id = done->flags >> IORING_CQE_BUFFER_SHIFT;
	CHECK(*id < b->count);
	CHECK(b->used[*id] + done->res <= b->bytes);
	at = b->memory + (size_t)*id * b->bytes + b->used[*id];
	b->used[*id] += done->res;
	return at;
}

/* One completion of a multishot read with samples: they must be those from *@index on. */
static inline void multishot_data(struct buffers *b, const struct done *done, uint64_t *index)
{
	unsigned int id;
	const char *at = buffer_of(b, done, &id);

	CHECK_EQ(done->res % FRAME, 0);
	CHECK(is_ramp(at, done->res, *index));
	*index += done->res / FRAME;
	if (!(done->flags & IORING_CQE_F_BUF_MORE))
		buffer_give(b, id);
}

static inline void unbind(void)
{
	driver("unbind");
}

/* The name is free when the last file of the old card is closed, and io_uring closes late. */
static inline void bind_again(void)
{
	int turn;

	for (turn = 0; turn < 100 && access(NODE, F_OK); turn++) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s/%s", PCI_DRIVER, card_address());
		if (!access(path, F_OK))
			unbind();
		driver("bind");
		if (access(NODE, F_OK))
			nap(50);
	}
	CHECK_EQ(access(NODE, F_OK), 0);
}

/*
 * Ramp by DMA, with a ring that bears a test which is slow: laps of it look alike,
 * see plain_config(). What a ring gives is tested elsewhere; here, who gets it.
 */
static inline struct acq_config uring_config(void)
{
	struct acq_config config = plain_config();

	config.ring_bytes = 1 << 20;
	return config;
}

static inline int begin_with(struct acq_config config)
{
	int fd, i;

	for (i = 0; i < 16; i++)
		ring_close(&rings[i]);
	close_all();
	if (access(NODE, F_OK))
		bind_again();
	card_address();
	fd = fresh();
	configure(fd, config);
	return fd;
}

static inline int begin(void)
{
	return begin_with(uring_config());
}

/* A run that waits for its trigger: reads wait until trigger(). */
static inline int begin_armed(void)
{
	struct acq_config config = uring_config();
	int fd;

	config.trigger = ACQ_TRIGGER_SOFTWARE;
	fd = begin_with(config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	return fd;
}

/* Sample index of the next frame that @fd reads; only after its run has begun */
static inline uint64_t index_of(int fd)
{
	CHECK(status_of(fd).flags & ACQ_STATUS_ATTACHED);
	return status_of(fd).index;
}

/*
 * Chunks that came in no particular order, as from several requests at once: sorted,
 * they must be one piece. Short of half the ramp's period a sample tells its index.
 */
struct chunk {
	uint64_t index;
	size_t frames;
};

#define PERIOD	32768	/* frames after which two channels of 16 bits repeat */

static inline int chunk_order(const void *a, const void *b)
{
	const struct chunk *x = a, *y = b;

	return (x->index > y->index) - (x->index < y->index);
}

static inline void chunk_add(struct chunk *chunk, const void *data, size_t bytes)
{
	uint64_t index = *(const uint16_t *)data / 2;

	CHECK(bytes > 0 && bytes % FRAME == 0);
	CHECK(is_ramp(data, bytes, index));
	*chunk = (struct chunk){ index, bytes / FRAME };
}

/* Returns the number of frames; they begin at @first. */
static inline uint64_t chunks_join(struct chunk *chunks, size_t count, uint64_t first)
{
	uint64_t index = first;
	size_t i;

	for (i = 0; i < count; i++) {
		chunks[i].index = first + (chunks[i].index - first) % PERIOD;
		index += chunks[i].frames;
	}
	CHECK(index - first < PERIOD);
	qsort(chunks, count, sizeof(*chunks), chunk_order);
	index = first;
	for (i = 0; i < count; i++) {
		CHECK_EQ(chunks[i].index, index);
		index += chunks[i].frames;
	}
	return index - first;
}

#endif /* ACQ_TEST_URING_H */
