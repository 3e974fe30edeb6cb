// SPDX-License-Identifier: GPL-2.0-only
/* What the benchmark measures by, and how it says what it found. */
#include "bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

void die(const char *format, ...)
{
	int error = errno;
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf(": %s\n", strerror(error));
	exit(1);
}

uint64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

void nap(unsigned int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

/* Of all processors, since the machine began: 10 ms fine */
uint64_t idle_ns(void)
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

void measure_begin(void)
{
	begin_result = (struct result){
		.switches = switches(),
		.cpu_ns = now(CLOCK_PROCESS_CPUTIME_ID),
		.ns = now(CLOCK_MONOTONIC),
	};
	insn_ask(&begin_counts, INSN_READ);
}

struct result measure_end(void)
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

uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Of several goes at the same: disturbances only ever add. */
void keep_best(struct result *best, const struct result *result, bool first)
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

void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	lines_used += vsnprintf(lines + lines_used, sizeof(lines) - lines_used, format, args);
	va_end(args);
	if (lines_used >= sizeof(lines) - 1)
		die("too many results");
}

void flush(void)
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

void say_result(const char *set, const char *mode, size_t size, size_t block,
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
