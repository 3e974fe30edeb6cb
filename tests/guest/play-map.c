// SPDX-License-Identifier: GPL-2.0-only
/* acqtest: playing kernels=6.1,7,debug takes=20 */
/* An output that is filled in place: what is committed is played, as if it had been written. */
#include "play.h"

#include <acq.h>
#include <sched.h>
#include <sys/mman.h>

#define BLOCK	PAGE_BYTES
#define SLOTS	16
#define ROOM	(SLOTS / 2 * BLOCK)

static uint8_t samples[1 << 19];

struct ring {
	struct acq_map map;
	const struct acq_meta *meta;
	uint8_t *data;
};

static int fresh_out(void)
{
	int fd = open_output(output_config(SLOTS), O_RDWR, true);

	make_random(samples, sizeof(samples), seed_of(1));
	return fd;
}

static struct ring map_ring(int fd)
{
	struct ring ring;
	void *at;

	CHECK_EQ(ioctl(fd, ACQ_IOC_MAP, &ring.map), 0);
	at = mmap(NULL, ring.map.data_offset, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(at != MAP_FAILED);
	ring.meta = at;
	ring.data = mmap(NULL, ring.map.data_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			 ring.map.data_offset);
	CHECK(ring.data != MAP_FAILED);
	return ring;
}

static void unmap_ring(struct ring *ring)
{
	munmap((void *)ring->meta, ring->map.data_offset);
	munmap(ring->data, ring->map.data_bytes);
}

/* What there is room for, and where */
static struct acq_commit ask(int fd)
{
	struct acq_commit commit = {};

	CHECK_EQ(ioctl(fd, ACQ_IOC_COMMIT, &commit), 0);
	CHECK_EQ(commit.bytes, 0);
	return commit;
}

/* Where the place of the commit is; blocks follow each other, round the ring. */
static void fill(const struct ring *ring, const struct acq_commit *commit, const uint8_t *from,
		 size_t bytes)
{
	uint64_t block = commit->block;
	size_t n;

	for (; bytes; bytes -= n, from += n) {
		n = bytes < BLOCK ? bytes : BLOCK;
		memcpy(ring->data + block++ % SLOTS * BLOCK, from, n);
	}
}

TEST(samples_are_the_writers_and_the_rest_is_not)
{
	int fd = fresh_out(), other = node(O_RDWR), monitor = node(O_RDONLY);
	int flags = PROT_READ | PROT_WRITE;
	struct acq_commit commit = {};
	struct ring ring;
	struct acq_map map;
	void *at;

	CHECK(mmap(NULL, BLOCK, flags, MAP_SHARED, fd, 0) == MAP_FAILED && errno == ENODATA);
	ring = map_ring(fd);
	map = ring.map;
	CHECK_EQ(map.data_bytes, SLOTS * BLOCK);
	CHECK_EQ(mprotect((void *)ring.meta, map.data_offset, flags), -1);
	CHECK_EQ(errno, EACCES);
	CHECK(mmap(NULL, map.bytes, flags, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EPERM);
	CHECK(mmap(NULL, 2 * BLOCK, flags, MAP_SHARED, fd, map.data_offset - BLOCK) == MAP_FAILED &&
	      errno == EPERM);
	CHECK(mmap(NULL, BLOCK, flags, MAP_PRIVATE, fd, map.data_offset) == MAP_FAILED &&
	      errno == EINVAL);
	CHECK(mmap(NULL, 2 * BLOCK, flags, MAP_SHARED, fd, map.bytes - BLOCK) == MAP_FAILED &&
	      errno == EINVAL);
	CHECK(mmap(NULL, BLOCK, flags | PROT_EXEC, MAP_SHARED, fd, map.data_offset) == MAP_FAILED);
	/* What was mapped to be read stays so. */
	at = mmap(NULL, BLOCK, PROT_READ, MAP_SHARED, fd, map.data_offset);
	CHECK(at != MAP_FAILED);
	CHECK_EQ(mprotect(at, BLOCK, flags), -1);
	munmap(at, BLOCK);
	/* Nobody else may. */
	CHECK_ERR(ioctl(other, ACQ_IOC_MAP, &map), EBUSY);
	CHECK_ERR(ioctl(other, ACQ_IOC_COMMIT, &commit), EBUSY);
	CHECK(mmap(NULL, BLOCK, flags, MAP_SHARED, other, map.data_offset) == MAP_FAILED);
	CHECK_EQ(ioctl(monitor, ACQ_IOC_MAP, &map), 0);
	CHECK_ERR(ioctl(monitor, ACQ_IOC_COMMIT, &commit), EBADF);
	CHECK(mmap(NULL, BLOCK, flags, MAP_SHARED, monitor, map.data_offset) == MAP_FAILED);
	unmap_ring(&ring);
	other = open("/dev/acqdev", O_RDWR);
	CHECK_ERR(ioctl(other, ACQ_IOC_COMMIT, &commit), EBADF);
	close(other);
}

TEST(what_is_committed_is_played)
{
	int fd = fresh_out();
	struct ring ring = map_ring(fd);
	struct acq_commit commit = ask(fd);
	size_t done = 0, bytes = sizeof(samples), n;

	CHECK_EQ(commit.run, ring.map.run);
	CHECK_EQ(commit.block, 0);
	CHECK_EQ(commit.room, ROOM);
	card("out speed 4");
	while (done < bytes) {
		n = commit.room < bytes - done ? commit.room : bytes - done;
		fill(&ring, &commit, samples + done, n);
		commit.bytes = n;
		commit.flags = ACQ_COMMIT_WAIT;
		commit.timeout_ns = ~0ULL;
		if (ioctl(fd, ACQ_IOC_COMMIT, &commit)) {
			CHECK_EQ(errno, EPIPE);
			gap_of(fd);
			commit.bytes = 0;
			CHECK_EQ(ioctl(fd, ACQ_IOC_COMMIT, &commit), 0);
			continue;
		}
		CHECK_EQ(commit.bytes, n);
		done += n;
		CHECK_EQ(commit.position, done);
		CHECK_EQ(ring.meta->accepted, done);
	}
	CHECK(fsync(fd) == 0 || errno == EPIPE);
	check_played(samples, bytes);
	unmap_ring(&ring);
}

/* Written and filled in place, in turn, in pieces of any size */
TEST(it_goes_together_with_write)
{
	int fd = fresh_out();
	struct ring ring = map_ring(fd);
	struct acq_reader_config how = { .start_bytes = ROOM };
	struct acq_commit commit;
	size_t done = 0, bytes = sizeof(samples), n;
	ssize_t ret;

	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &how), 0);
	card("out speed 4");
	while (done < bytes) {
		n = 1 + random() % (random() % 4 ? ROOM : 100);
		n = n < bytes - done ? n : bytes - done;
		/* What a write has begun, a write completes. */
		if (random() % 2 || done % 4) {
			ret = write(fd, samples + done, n);
			if (ret < 0) {
				CHECK_EQ(errno, EPIPE);
				gap_of(fd);
				continue;
			}
			done += ret;
			continue;
		}
		commit = (struct acq_commit){ .flags = ACQ_COMMIT_WAIT, .timeout_ns = ~0ULL };
		if (ioctl(fd, ACQ_IOC_COMMIT, &commit)) {
			CHECK_EQ(errno, EPIPE);
			gap_of(fd);
			continue;
		}
		n = (n < commit.room ? n : commit.room) & ~3;
		fill(&ring, &commit, samples + done, n);
		commit.bytes = n;
		commit.flags = 0;
		if (ioctl(fd, ACQ_IOC_COMMIT, &commit)) {
			CHECK_EQ(errno, EPIPE);
			gap_of(fd);
			continue;
		}
		CHECK_EQ(commit.bytes, n);
		done += n;
		CHECK_EQ(commit.position, done);
	}
	CHECK(fsync(fd) == 0 || errno == EPIPE);
	check_played(samples, bytes);
	unmap_ring(&ring);
}

TEST(who_asks_for_too_much_gets_nothing_and_loses_nothing)
{
	int fd = fresh_out();
	struct ring ring = map_ring(fd);
	struct acq_commit commit = ask(fd), bad;

	fill(&ring, &commit, samples, 3 * BLOCK);
	bad = commit;
	bad.bytes = commit.room + 4;
	CHECK_ERR(ioctl(fd, ACQ_IOC_COMMIT, &bad), EINVAL);
	bad.bytes = ~0ULL;
	CHECK_ERR(ioctl(fd, ACQ_IOC_COMMIT, &bad), EINVAL);
	bad.bytes = ~3ULL;
	CHECK_ERR(ioctl(fd, ACQ_IOC_COMMIT, &bad), EINVAL);
	bad.bytes = 6;
	CHECK_ERR(ioctl(fd, ACQ_IOC_COMMIT, &bad), EINVAL);
	bad = commit;
	bad.flags = 2;
	CHECK_ERR(ioctl(fd, ACQ_IOC_COMMIT, &bad), EINVAL);
	bad.flags = 0;
	bad.reserved[2] = 1;
	CHECK_ERR(ioctl(fd, ACQ_IOC_COMMIT, &bad), EINVAL);
	bad.reserved[2] = 0;
	bad.reserved0 = 1;
	CHECK_ERR(ioctl(fd, ACQ_IOC_COMMIT, &bad), EINVAL);
	CHECK_ERR(ioctl(fd, ACQ_IOC_COMMIT, (void *)8), EFAULT);
	/* Another place, another run: it learns where it is. */
	bad = commit;
	bad.block = 7;
	bad.bytes = 4;
	CHECK_EQ(ioctl(fd, ACQ_IOC_COMMIT, &bad), 0);
	CHECK_EQ(bad.bytes, 0);
	CHECK_EQ(bad.block, 0);
	bad.run++;
	bad.bytes = 4;
	CHECK_EQ(ioctl(fd, ACQ_IOC_COMMIT, &bad), 0);
	CHECK_EQ(bad.bytes, 0);
	CHECK_EQ(bad.run, commit.run);
	CHECK_EQ(status_of(fd).accepted, 0);
	/* A frame that a write has begun is that write's. */
	CHECK_EQ(write(fd, samples, 5), 5);
	commit = ask(fd);
	commit.bytes = 4;
	CHECK_ERR(ioctl(fd, ACQ_IOC_COMMIT, &commit), EINVAL);
	CHECK_EQ(write(fd, samples + 5, 3), 3);
	commit = ask(fd);
	CHECK_EQ(commit.position, 8);
	fill(&ring, &commit, samples + 8, 3 * BLOCK);
	commit.bytes = 3 * BLOCK;
	CHECK_EQ(ioctl(fd, ACQ_IOC_COMMIT, &commit), 0);
	CHECK_EQ(commit.position, 8 + 3 * BLOCK);
	CHECK_EQ(fsync(fd), 0);
	check_played(samples, 8 + 3 * BLOCK);
	/* The next run has a ring of its own. */
	commit.bytes = 4;
	CHECK_EQ(ioctl(fd, ACQ_IOC_COMMIT, &commit), 0);
	CHECK_EQ(commit.bytes, 0);
	CHECK(commit.run != ring.map.run);
	unmap_ring(&ring);
}

TEST(it_begins_and_runs_dry_as_with_write)
{
	struct acq_reader_config how = { .start_bytes = 2 * BLOCK };
	struct pollfd p = { .events = POLLPRI | POLLOUT };
	int fd = fresh_out();
	struct ring ring = map_ring(fd);
	struct acq_commit commit = ask(fd);
	struct acq_gap gap;

	p.fd = fd;
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &how), 0);
	fill(&ring, &commit, samples, BLOCK);
	commit.bytes = BLOCK;
	CHECK_EQ(ioctl(fd, ACQ_IOC_COMMIT, &commit), 0);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_ARMED);
	/* The last block need not be full to be played. */
	fill(&ring, &commit, samples + BLOCK, BLOCK + 4);
	commit.bytes = BLOCK + 4;
	CHECK_EQ(ioctl(fd, ACQ_IOC_COMMIT, &commit), 0);
	WAIT_FOR(out_stat("played") * 4 == 2 * (int)BLOCK + 4);
	/* Not before: a late machine gives the last block behind an underrun of its own. */
	card("out wait off");
	WAIT_FOR(out_stat("filler") > 10);
	CHECK_EQ(poll(&p, 1, PATIENCE_MS), 1);
	CHECK(p.revents & POLLPRI);
	fill(&ring, &commit, samples + 2 * BLOCK + 4, BLOCK);
	commit.bytes = BLOCK;
	CHECK_ERR(ioctl(fd, ACQ_IOC_COMMIT, &commit), EPIPE);
	CHECK_ERR(ioctl(fd, ACQ_IOC_COMMIT, &commit), EPIPE);
	gap = gap_of(fd);
	CHECK_EQ(gap.position, 2 * BLOCK + 4);
	CHECK_EQ(gap.cause, ACQ_CAUSE_UNDERRUN);
	CHECK_EQ(ioctl(fd, ACQ_IOC_COMMIT, &commit), 0);
	CHECK_EQ(commit.bytes, BLOCK);
	CHECK(fsync(fd) == 0 || errno == EPIPE);
	check_played(samples, 3 * BLOCK + 4);
	unmap_ring(&ring);
}

TEST(who_must_not_wait_does_not)
{
	struct acq_reader_config how = { .watermark = ROOM };
	struct pollfd p = { .events = POLLOUT };
	int fd = fresh_out();
	struct ring ring = map_ring(fd);
	struct acq_commit commit = ask(fd);

	p.fd = fd;
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &how), 0);
	card("out stall on");
	fill(&ring, &commit, samples, ROOM);
	commit.bytes = ROOM;
	CHECK_EQ(ioctl(fd, ACQ_IOC_COMMIT, &commit), 0);
	CHECK_EQ(commit.room, 0);
	CHECK_EQ(poll(&p, 1, 0), 0);
	/* With a limit of its own */
	commit.bytes = 0;
	commit.flags = ACQ_COMMIT_WAIT;
	commit.timeout_ns = 50000000;
	CHECK_EQ(ioctl(fd, ACQ_IOC_COMMIT, &commit), 0);
	CHECK_EQ(commit.room, 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	commit.timeout_ns = ~0ULL;
	CHECK_EQ(ioctl(fd, ACQ_IOC_COMMIT, &commit), 0);
	CHECK_EQ(commit.room, 0);
	card("out stall off");
	CHECK_EQ(poll(&p, 1, PATIENCE_MS), 1);
	CHECK(ask(fd).room > 0);
	unmap_ring(&ring);
}

/* On the first processor, which an idle task has only if nobody else wants it */
static void be_last(int policy)
{
	struct sched_param param = {};
	cpu_set_t first;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	sched_setaffinity(0, sizeof(first), &first);
	sched_setscheduler(0, policy, &param);
}

/*
 * What a run has taken is told of that run, and no other takes the rest, although another
 * thread has learnt of its end already when who waits comes to that.
 */
TEST(who_waits_goes_on_in_no_other_run)
{
	struct acq_reader_config how = { .watermark = ROOM };
	struct acq_commit commit;
	int writes, status = 0;
	pid_t child, spins;
	struct ring ring;
	int fd;

	for (writes = 0; writes < 2; writes++) {
		fd = fresh_out();
		ring = map_ring(fd);
		commit = ask(fd);
		CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &how), 0);
		card("out speed 0.05");
		fill(&ring, &commit, samples, ROOM);
		commit.bytes = ROOM;
		commit.flags = ACQ_COMMIT_WAIT;
		commit.timeout_ns = ~0ULL;
		child = fork();
		if (!child) {
			be_last(SCHED_IDLE);
			if (writes)
				_exit(write(fd, samples, 2 * ROOM) == (ssize_t)ROOM ? 0 : 1);
			_exit(ioctl(fd, ACQ_IOC_COMMIT, &commit) ? 2 : commit.bytes != ROOM ? 3 :
			      commit.run != ring.map.run ? 4 : commit.room ? 5 : 0);
		}
		WAIT_FOR(status_of(fd).accepted == ROOM &&
			 status_of(fd).state == ACQ_STATE_RUNNING);
		nap(100);
		spins = fork();
		if (!spins) {
			be_last(SCHED_OTHER);
			for (;;)
				;
		}
		card("out speed 0.5");
		CHECK_EQ(fsync(fd), 0);
		kill(spins, SIGKILL);
		CHECK_EQ(waitpid(spins, &status, 0), spins);
		CHECK_EQ(waitpid(child, &status, 0), child);
		CHECK_EQ(WEXITSTATUS(status), 0);
		check_played(samples, ROOM);
		/* The end is told by the next one, which nothing is taken of. */
		commit.flags = 0;
		CHECK_EQ(ioctl(fd, ACQ_IOC_COMMIT, &commit), 0);
		CHECK_EQ(commit.bytes, 0);
		CHECK(commit.run != ring.map.run);
		unmap_ring(&ring);
	}
}

TEST(libacq_has_it_filled_in_place)
{
	size_t done = 0, bytes = sizeof(samples), n;
	struct acq_span span;
	struct acq *acq;
	int event;

	fresh_out();
	close_all();
	card("out speed 4");
	CHECK_EQ(acq_open(&acq, "1", O_RDWR), 0);
	CHECK_EQ(acq_commit(acq, &span, 0, 0), -EINVAL);
	CHECK_EQ(acq_map(acq, &span), ACQ_EVENT_DATA);
	CHECK_EQ(span.bytes, ROOM);
	while (done < bytes) {
		n = span.bytes < bytes - done ? span.bytes : bytes - done;
		memcpy((void *)span.data, samples + done, n);
		do {
			event = acq_commit(acq, &span, n, -1);
		} while (event == ACQ_EVENT_GAP);
		CHECK_EQ(event, ACQ_EVENT_DATA);
		done += n;
		CHECK_EQ(span.position, done);
	}
	while ((event = acq_drain(acq, &span)) == ACQ_EVENT_GAP)
		;
	CHECK_EQ(event, ACQ_EVENT_END);
	check_played(samples, bytes);
	/* The next run has another ring. */
	CHECK_EQ(acq_commit(acq, &span, 4, -1), ACQ_EVENT_END);
	CHECK_EQ(acq_map(acq, &span), ACQ_EVENT_DATA);
	memcpy((void *)span.data, samples, 400);
	CHECK_EQ(acq_commit(acq, &span, 400, 0), ACQ_EVENT_DATA);
	acq_close(acq);
	check_played(samples, 400);
}

static void scribble(const struct ring *ring)
{
	size_t i;

	for (i = 0; i < ring->map.data_bytes; i++)
		ring->data[i]++;
}

/* Whatever becomes of the run, the card and the file; what was dropped from it comes back. */
TEST(a_mapping_outlives_the_card)
{
	int fd = fresh_out();
	struct ring ring = map_ring(fd);
	struct acq_commit commit = ask(fd);

	fill(&ring, &commit, samples, ROOM);
	CHECK_EQ(madvise(ring.data, BLOCK, MADV_DONTNEED), 0);
	CHECK_EQ(memcmp(ring.data, samples, BLOCK), 0);
	CHECK_EQ(madvise(ring.data, BLOCK, MADV_DONTNEED), 0);
	ring.data[0] = ~samples[0];
	ring.data[0] = samples[0];
	commit.bytes = ROOM;
	CHECK_EQ(ioctl(fd, ACQ_IOC_COMMIT, &commit), 0);
	CHECK_EQ(fsync(fd), 0);
	check_played(samples, ROOM);
	/* It does not reach into the next run. */
	card("out stall on");
	CHECK_EQ(write(fd, samples, ROOM), ROOM);
	scribble(&ring);
	card("out stall off");
	CHECK_EQ(fsync(fd), 0);
	check_played(samples, ROOM);
	commit = ask(fd);
	card_address();
	driver("unbind");
	commit.bytes = 4;
	CHECK_ERR(ioctl(fd, ACQ_IOC_COMMIT, &commit), ENODEV);
	close_all();
	scribble(&ring);
	/* It is an open file: until it goes the name of the node is taken. */
	unmap_ring(&ring);
	driver("bind");
	fd = fresh_out();
	CHECK_EQ(write(fd, samples, ROOM), ROOM);
	CHECK_EQ(fsync(fd), 0);
	check_played(samples, ROOM);
}

HARNESS_MAIN
