// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs in the test machine: what each way of reading /dev/acqdev costs, beside what
 * a copy of the same size costs. Prints a line of JSON for each result, which
 * report.py on the host makes a table of.
 *
 * bench [drain|write|stream|blocks|idle]...	these parts; default all
 * bench profile=MODE:BYTES[:READERS]	one way and size, for the plugin's profile=; with
 *					a number of readers, while the card runs
 *
 * drain: a ring that a finished run has filled is read empty, so the card and its
 * pace play no part. write: as much is put into a ring. stream: a card runs at a fixed
 * rate, and the readers wait.
 */
#include "bench.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BARE_MODULE	"/lib/bare.ko"

static const size_t sizes[] = {
	64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB,
};

static bool profiling;	/* a while of streaming */

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
 * These modes in turn, then all of them again: what else this machine has to do
 * meanwhile comes to each of them, and the best of each is kept.
 */
static void drain_size(const char *part, const struct mode *some, unsigned int many, size_t size,
		       unsigned int count)
{
	struct result own, best[MODES], result;
	unsigned int m, i;

	for (i = 0; i < REPEATS; i++) {
		result = drain_once(&nothing, size, count, 0);
		keep_best(&own, &result, i == 0);
		for (m = 0; m < many; m++) {
			result = drain_once(&some[m], size, count, records_of(size, count));
			keep_best(&best[m], &result, i == 0);
		}
	}
	for (m = 0; m < many; m++) {
		/* What measuring itself took: waking the threads, mostly */
		best[m].kernel -= least(own.kernel, best[m].kernel);
		best[m].user -= least(own.user, best[m].user);
		best[m].syscalls -= least(own.syscalls, best[m].syscalls);
		best[m].bytes = best[m].records * size;
		say_result(part, some[m].name, size, BLOCK, count, &best[m]);
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
			drain_size("drain", modes, MODES, sizes[s], counts[c]);
		flush();
	}
}

static void part_write(void)
{
	static const size_t write_sizes[] = { 64 * KIB, 256 * KIB, MIB };
	unsigned int s;

	for (s = 0; s < sizeof(write_sizes) / sizeof(*write_sizes); s++)
		drain_size("write", write_modes, WRITE_MODES, write_sizes[s], 1);
	flush();
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
			.depth = mode->ahead ? least(ROOM / size, DEPTH) : 1,
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
	if (wanted("write", argc, argv))
		part_write();
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
