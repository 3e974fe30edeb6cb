/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hostile program: threads that share files and do with them whatever there is, in an
 * order that a seed gives. Each thread keeps its last operations; they are printed where
 * something is wrong. What a call returns matters little; that it returns, and how, does.
 */
#ifndef ACQ_TEST_FUZZ_H
#define ACQ_TEST_FUZZ_H

#include "guest.h"

#include <liburing.h>
#include <linux/dma-buf.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define FUZZ_FILES	10	/* that the threads share */
#define FUZZ_VIEWS	4	/* mappings of a thread */
#define FUZZ_LOG	40
#define FUZZ_BUFFER	(64 << 10)
#define FUZZ_PAGE	4096

/* What all processes of a campaign see */
struct fuzz_shared {
	atomic_bool stop;
	atomic_int wrong;
	atomic_ulong ops, reads, bytes, lost, gaps, runs, troubles;
	char node[300];		/* path of the card's present node */
};

struct fuzz_thread {
	unsigned int id;
	pthread_t thread;
	uint64_t random;
	unsigned long ops;
	struct {
		const char *what;
		long a, b, ret;
		int error;
	} log[FUZZ_LOG];
	struct {
		void *at;
		size_t bytes;
	} view[FUZZ_VIEWS];
	struct io_uring ring;
	bool has_ring;
	int ep, pipe[2], null;
	sigjmp_buf out;
	atomic_bool may_fault;
	char buf[FUZZ_BUFFER] __attribute__((aligned(FUZZ_PAGE)));
};

static struct fuzz_shared *shared;
static atomic_int fuzz_fd[FUZZ_FILES];
static __thread struct fuzz_thread *self;

/* xorshift64*: the same numbers everywhere */
static inline uint64_t fuzz_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL;
}

static inline unsigned int pick(unsigned int n)
{
	return (fuzz_random(&self->random) >> 32) % n;
}

static inline uint64_t fuzz_seed(unsigned int seed, unsigned int id)
{
	uint64_t state = (seed + 1) * 0x9e3779b97f4a7c15ULL ^ (id + 1) * 0xbf58476d1ce4e5b9ULL;

	fuzz_random(&state);
	return state ?: 1;
}

static inline void fuzz_print_log(const struct fuzz_thread *t)
{
	unsigned long i = t->ops > FUZZ_LOG ? t->ops - FUZZ_LOG : 0;

	for (; i < t->ops; i++)
		printf("# thread %u, operation %lu: %s(%ld, %ld) = %ld, errno %d\n", t->id, i,
		       t->log[i % FUZZ_LOG].what, t->log[i % FUZZ_LOG].a,
		       t->log[i % FUZZ_LOG].b, t->log[i % FUZZ_LOG].ret,
		       t->log[i % FUZZ_LOG].error);
}

/* Errors that the kernel keeps to itself, and those that nothing here may give */
static inline bool fuzz_error_is_wrong(int error)
{
	return error >= 512 || error == ENOSYS || error == ENOTRECOVERABLE || error == EDEADLK ||
	       error == EPROTO || error == EILSEQ || error == EREMOTEIO;
}

/* Before a call, so that one that never returns is in the log; done() completes it. */
static inline void doing(const char *what, long a, long b)
{
	unsigned int i = self->ops++ % FUZZ_LOG;

	self->log[i].what = what;
	self->log[i].a = a;
	self->log[i].b = b;
	self->log[i].ret = -999;
	self->log[i].error = 0;
	atomic_fetch_add(&shared->ops, 1);
	errno = 0;
}

static inline long done(long ret)
{
	unsigned int i = (self->ops - 1) % FUZZ_LOG;
	int error = ret < 0 ? errno : 0;

	self->log[i].ret = ret;
	self->log[i].error = error;
	if (fuzz_error_is_wrong(error)) {
		printf("# thread %u: %s gives errno %d\n", self->id, self->log[i].what, error);
		atomic_store(&shared->wrong, 1);
	}
	return ret;
}

/* A shared file, or -1: somebody may close it meanwhile, that is the point. */
static inline int some_fd(void)
{
	return atomic_load(&fuzz_fd[pick(FUZZ_FILES)]);
}

static inline void op_open(void)
{
	static const int flags[] = { O_RDONLY, O_RDWR, O_RDONLY | O_NONBLOCK, O_RDWR | O_NONBLOCK,
				     O_WRONLY, O_PATH, O_RDWR | O_APPEND | O_DIRECT };
	int old, fd;

	doing("open", 0, 0);
	fd = done(open(shared->node, flags[pick(7)] | O_CLOEXEC));
	if (fd < 0)
		return;
	old = atomic_exchange(&fuzz_fd[pick(FUZZ_FILES)], fd);
	if (old >= 0)
		close(old);
}

static inline void op_close(void)
{
	int fd = atomic_exchange(&fuzz_fd[pick(FUZZ_FILES)], -1);

	if (fd < 0)
		return;
	doing("close", fd, 0);
	done(close(fd));
}

static inline void op_dup(void)
{
	int fd = some_fd(), old;

	doing("dup", fd, 0);
	fd = done(fcntl(fd, F_DUPFD_CLOEXEC, 0));
	if (fd < 0)
		return;
	old = atomic_exchange(&fuzz_fd[pick(FUZZ_FILES)], fd);
	if (old >= 0)
		close(old);
}

/* A buffer that is sometimes none, sometimes half of one */
static inline void *some_buffer(size_t bytes)
{
	switch (pick(20)) {
	case 0:
		return NULL;
	case 1:
		return (void *)0xffff888000000000;
	case 2:
		/* What is mapped there is not to be written to. */
		return self->view[pick(FUZZ_VIEWS)].at;
	default:
		return self->buf + pick(FUZZ_BUFFER - bytes + 1);
	}
}

static inline size_t some_bytes(void)
{
	static const size_t bytes[] = {
		0, 1, 3, 4, 5, 512, 4096, 4097, FUZZ_BUFFER / 2, FUZZ_BUFFER,
	};

	return bytes[pick(10)];
}

static inline void op_read(void)
{
	size_t bytes = some_bytes();
	int fd = some_fd();

	doing("read", fd, bytes);
	done(read(fd, some_buffer(bytes), bytes));
}

static inline void op_readv(void)
{
	static const int flags[] = {
		0, RWF_NOWAIT, RWF_NOWAIT, RWF_HIPRI, RWF_NOWAIT | RWF_HIPRI, 0x10000,
	};
	struct iovec v[8];
	int fd = some_fd(), flag = flags[pick(6)];
	unsigned int i, n = pick(9);

	for (i = 0; i < n; i++) {
		v[i].iov_len = some_bytes();
		v[i].iov_base = some_buffer(v[i].iov_len);
	}
	doing("preadv2", fd, flag);
	done(preadv2(fd, v, n, pick(4) ? -1 : (off_t)pick(9999), flag));
}

static inline void op_pread(void)
{
	int fd = some_fd();

	doing("pread", fd, 0);
	done(pread(fd, self->buf, some_bytes(), fuzz_random(&self->random)));
}

/* Readers that others write to are none. */
static inline void op_write(void)
{
	int fd = some_fd();

	doing("write", fd, 0);
	done(write(fd, self->buf, 1 + pick(64)));
}

static inline void drop_view(unsigned int i)
{
	if (self->view[i].at)
		munmap(self->view[i].at, self->view[i].bytes);
	self->view[i].at = NULL;
}

static inline void op_mmap(void)
{
	static const int prots[] = { PROT_READ, PROT_READ, PROT_READ, PROT_READ | PROT_WRITE,
				     PROT_READ | PROT_EXEC, PROT_NONE };
	static const int flags[] = { MAP_SHARED, MAP_SHARED, MAP_SHARED | MAP_POPULATE,
				     MAP_PRIVATE, MAP_SHARED | MAP_LOCKED };
	unsigned int i = pick(FUZZ_VIEWS);
	struct acq_map map = { .bytes = 16 * FUZZ_PAGE };
	off_t offset = pick(3) ? 0 : (off_t)pick(40) * FUZZ_PAGE;
	int fd = some_fd();
	void *at;

	drop_view(i);
	if (pick(2))
		ioctl(fd, ACQ_IOC_MAP, &map);
	if (!pick(4))
		map.bytes = (1 + pick(64)) * FUZZ_PAGE;
	doing("mmap", fd, map.bytes);
	at = mmap(NULL, map.bytes, prots[pick(6)], flags[pick(5)], fd, offset);
	done(at == MAP_FAILED ? -1 : 0);
	if (at == MAP_FAILED)
		return;
	self->view[i].at = at;
	self->view[i].bytes = map.bytes;
}

/* A few bytes of a mapping; not all that is mapped may be read. */
static inline void op_touch(void)
{
	unsigned int i = pick(FUZZ_VIEWS), n;
	volatile char *at = self->view[i].at;
	size_t bytes = self->view[i].bytes;

	if (!at)
		return;
	doing("touch", (long)at, bytes);
	if (!sigsetjmp(self->out, 1)) {
		atomic_store(&self->may_fault, true);
		for (n = 0; n < 16; n++) {
			size_t where = fuzz_random(&self->random) % bytes;
			char c = at[where];

			/* It can be written to by nobody: this faults, always. */
			if (n == 15 && !pick(4)) {
				at[where] = c;
				printf("# thread %u: wrote to a mapping\n", self->id);
				atomic_store(&shared->wrong, 1);
			}
		}
	}
	atomic_store(&self->may_fault, false);
	done(0);
}

static inline void op_mremap(void)
{
	unsigned int i = pick(FUZZ_VIEWS);
	size_t bytes = self->view[i].bytes, more;
	void *at;

	if (!self->view[i].at)
		return;
	more = pick(2) ? bytes : (1 + pick(80)) * FUZZ_PAGE;
	doing("mremap", bytes, more);
	at = mremap(self->view[i].at, bytes, more,
		    MREMAP_MAYMOVE | (pick(8) ? 0 : MREMAP_DONTUNMAP));
	done(at == MAP_FAILED ? -1 : 0);
	if (at == MAP_FAILED)
		return;
	/* With DONTUNMAP the old one is still there: it goes with the process. */
	self->view[i].at = at;
	self->view[i].bytes = more;
}

static inline void op_madvise(void)
{
	static const int advice[] = {
		MADV_DONTNEED, MADV_WILLNEED, MADV_DONTFORK, MADV_DOFORK, MADV_REMOVE, MADV_FREE,
		MADV_HUGEPAGE, MADV_PAGEOUT, MADV_COLD, MADV_POPULATE_READ, MADV_DODUMP,
		MADV_MERGEABLE,
	};
	unsigned int i = pick(FUZZ_VIEWS), what = advice[pick(12)];
	size_t pages = self->view[i].bytes / FUZZ_PAGE, first;

	if (!self->view[i].at)
		return;
	first = pick(pages);
	doing("madvise", what, first);
	done(madvise(self->view[i].at + first * FUZZ_PAGE,
		     (1 + pick(pages - first)) * FUZZ_PAGE, what));
}

static inline void op_munmap(void)
{
	unsigned int i = pick(FUZZ_VIEWS);
	size_t pages = self->view[i].bytes / FUZZ_PAGE;

	if (!self->view[i].at)
		return;
	doing("munmap", pages, 0);
	/* A hole, which nobody else must get; a change of protection; or all of it */
	if (!pick(3))
		done(mmap(self->view[i].at + pick(pages) * FUZZ_PAGE, FUZZ_PAGE, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED ? -1 : 0);
	else if (!pick(2))
		done(mprotect(self->view[i].at, FUZZ_PAGE,
			      pick(2) ? PROT_NONE : PROT_READ | PROT_WRITE));
	else
		drop_view(i);
}

/*
 * Settings that leave a stream of two channels of 16 bits of ramp: whoever verifies
 * samples can.
 */
static inline struct acq_config fuzz_config(void)
{
	static const uint32_t rates[] = { 100, 4000, 48000, 500000 };
	struct acq_config config = plain_config();

	config.rate_millihz = rates[pick(4)] * 1000ULL;
	config.block_bytes = 4096 << pick(4);
	config.ring_bytes = 65536 << pick(4);
	config.irq_us = pick(3) ? 0 : pick(20000);
	config.irq_frames = pick(3) ? 0 : 1 + pick(2000);
	config.count = pick(3) ? 0 : pick(100000);
	if (!over_xdma() && !pick(4)) {
		config.transfer = ACQ_TRANSFER_FIFO;
		config.rate_millihz = rates[pick(2)] * 1000ULL;
	}
	if (!over_xdma() && !pick(3)) {
		config.trigger = ACQ_TRIGGER_SOFTWARE;
		config.pretrigger = pick(2) ? 0 : pick(100);
	}
	return config;
}

static const unsigned int fuzz_calls[] = {
	ACQ_IOC_INFO, ACQ_IOC_GET_CONFIG, ACQ_IOC_TRY_CONFIG, ACQ_IOC_SET_CONFIG, ACQ_IOC_START,
	ACQ_IOC_STOP, ACQ_IOC_TRIGGER, ACQ_IOC_STATUS, ACQ_IOC_GAP, ACQ_IOC_GET_READER,
	ACQ_IOC_SET_READER, ACQ_IOC_MAP, ACQ_IOC_ADVANCE, ACQ_IOC_EXPORT, ACQ_IOC_READER_STATS,
};

#define FUZZ_CALLS	(sizeof(fuzz_calls) / sizeof(fuzz_calls[0]))

/* Turn some bits of what is right; but leave what the ramp depends on. */
static inline void fuzz_mutate(unsigned char *arg, size_t bytes)
{
	unsigned int turns = 1 + pick(4);

	while (turns--) {
		unsigned int at = pick(bytes);

		if (pick(2))
			arg[at] ^= 1 << pick(8);
		else
			arg[at] = pick(256);
	}
}

static inline long fuzz_dmabuf(int fd)
{
	struct acq_export export = { .flags = O_CLOEXEC, .first = pick(3), .count = pick(20) };
	struct dma_buf_sync sync = { DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ };
	long ret = ioctl(fd, ACQ_IOC_EXPORT, &export);
	unsigned int i = pick(FUZZ_VIEWS);
	void *at;

	if (ret)
		return ret;
	ioctl(export.fd, DMA_BUF_IOCTL_SYNC, &sync);
	at = mmap(NULL, FUZZ_PAGE, pick(3) ? PROT_READ : PROT_READ | PROT_WRITE, MAP_SHARED,
		  export.fd, pick(4) * FUZZ_PAGE);
	if (at != MAP_FAILED) {
		drop_view(i);
		self->view[i].at = at;
		self->view[i].bytes = FUZZ_PAGE;
	}
	close(export.fd);
	return 0;
}

static inline void op_ioctl(void)
{
	union {
		struct acq_config config;
		struct acq_reader_config reader;
		struct acq_advance advance;
		unsigned char bytes[512];
	} arg = {};
	unsigned int cmd = fuzz_calls[pick(FUZZ_CALLS)];
	bool sets = cmd == ACQ_IOC_SET_CONFIG || cmd == ACQ_IOC_TRY_CONFIG;
	int fd = some_fd();

	doing("ioctl", fd, cmd);
	if (cmd == ACQ_IOC_EXPORT) {
		done(fuzz_dmabuf(fd));
		return;
	}
	if (sets) {
		arg.config = fuzz_config();
	} else if (cmd == ACQ_IOC_SET_READER) {
		arg.reader.flags = pick(4) ? pick(16) & ~4U : pick(32);
		arg.reader.watermark = pick(2) ? 0 : pick(100000);
		arg.reader.flush_us = pick(2) ? 0 : pick(10000);
	} else if (cmd == ACQ_IOC_ADVANCE) {
		ioctl(fd, ACQ_IOC_ADVANCE, &arg.advance);
		arg.advance.position = pick(4) ? arg.advance.head : fuzz_random(&self->random);
		arg.advance.flags = pick(2);
		arg.advance.timeout_ns = pick(2) ? ~0ULL : pick(10000000);
	}
	/* Of a configuration that is set only what the samples do not depend on */
	if (!pick(3))
		fuzz_mutate(arg.bytes + (sets ? offsetof(struct acq_config, block_bytes) : 0),
			    sets ? 24 : 64);
	done(ioctl(fd, cmd, pick(30) ? (void *)arg.bytes : some_buffer(512)));
}

static inline void op_garbage(void)
{
	unsigned long cmd = fuzz_random(&self->random);
	int fd = some_fd();

	if (pick(2))
		cmd = (cmd & ~0xff00UL) | ACQ_IOC_MAGIC << 8;
	/* Two that set what the ramp depends on, from noise that might be valid */
	if ((uint32_t)cmd == ACQ_IOC_SET_CONFIG)
		return;
	doing("garbage", fd, cmd);
	done(ioctl(fd, cmd, pick(2) ? (void *)self->buf : (void *)fuzz_random(&self->random)));
}

static inline void op_fcntl(void)
{
	int fd = some_fd();

	doing("fcntl", fd, 0);
	switch (pick(6)) {
	case 0:
		done(fcntl(fd, F_SETFL, pick(2) ? O_NONBLOCK : 0));
		break;
	case 1:
		done(fcntl(fd, F_SETFL, O_ASYNC));
		break;
	case 2:
		done(lseek(fd, pick(100), pick(3)));
		break;
	case 3:
		done(fsync(fd));
		break;
	case 4:
		done(posix_fadvise(fd, 0, 0, pick(6)));
		break;
	default:
		done(ftruncate(fd, 0));
	}
}

static inline void op_poll(void)
{
	struct pollfd p[4];
	int i;

	for (i = 0; i < 4; i++)
		p[i] = (struct pollfd){ .fd = some_fd(), .events = 1U << pick(6) | POLLIN };
	doing("poll", p[0].fd, p[1].fd);
	done(poll(p, 4, pick(20)));
}

static inline void op_epoll(void)
{
	struct epoll_event event = {
		.events = EPOLLIN | (pick(2) ? EPOLLET : 0) | (pick(2) ? EPOLLONESHOT : 0),
	};
	int fd = some_fd();

	doing("epoll", fd, 0);
	switch (pick(5)) {
	case 0:
		done(epoll_ctl(self->ep, EPOLL_CTL_ADD, fd, &event));
		break;
	case 1:
		done(epoll_ctl(self->ep, EPOLL_CTL_MOD, fd, &event));
		break;
	case 2:
		done(epoll_ctl(self->ep, EPOLL_CTL_DEL, fd, &event));
		break;
	default:
		done(epoll_wait(self->ep, &event, 1, pick(10)));
	}
}

/* Into a pipe, on to another one, and away */
static inline void op_splice(void)
{
	size_t bytes = some_bytes() + 1;
	int fd = some_fd(), other[2];

	doing("splice", fd, bytes);
	done(splice(fd, NULL, self->pipe[1], NULL, bytes, SPLICE_F_NONBLOCK));
	if (!pick(3) && !pipe2(other, O_CLOEXEC | O_NONBLOCK)) {
		doing("tee", 0, bytes);
		done(tee(self->pipe[0], other[1], bytes, SPLICE_F_NONBLOCK));
		close(other[0]);
		close(other[1]);
	}
	if (pick(3))
		splice(self->pipe[0], NULL, self->null, NULL, FUZZ_BUFFER, SPLICE_F_NONBLOCK);
}

static inline void op_sendfile(void)
{
	int fd = some_fd(), ends[2];

	if (pick(2)) {
		doing("sendfile", fd, 0);
		done(sendfile(self->null, fd, NULL, some_bytes()));
		return;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends))
		return;
	doing("sendfile", fd, ends[0]);
	done(sendfile(ends[0], fd, NULL, some_bytes()));
	close(ends[0]);
	close(ends[1]);
}

/* A child with all files and mappings; it reads a little and goes. */
static inline void op_fork(void)
{
	int fd = some_fd(), status;
	pid_t pid;

	doing("fork", fd, 0);
	pid = fork();
	if (!pid) {
		struct iovec v = { self->buf, 4096 };

		preadv2(fd, &v, 1, -1, RWF_NOWAIT);
		_exit(0);
	}
	done(pid);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
}

#endif /* ACQ_TEST_FUZZ_H */
