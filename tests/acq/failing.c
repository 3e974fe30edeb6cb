// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls below the tool that fail, or at which it dies, as a disk would have it.
 *
 * The environment variable ACQ_FAIL is CALL:N:ERRNO: the Nth call of fdatasync, pwrite,
 * fallocate, rename, unlink, realloc or submit (io_uring), and all after it, fail so; ERRNO 0:
 * SIGKILL comes before it; ERRNO 9999: it never returns.
 * CALL:N:ERRNO:all: from then on the other calls fail as well, but for
 * realloc; CALL:N:ERRNO:once: those after it do not.
 */
#include <errno.h>
#include <liburing.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "fake.h"

static bool failing(const char *call)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static unsigned int calls;
	const char *plot = getenv("ACQ_FAIL");
	unsigned int n, error;
	char name[16], which[5] = "";
	bool fails;

	if (!plot || sscanf(plot, "%15[a-z]:%u:%u:%4[a-z]", name, &n, &error, which) < 3)
		return false;
	pthread_mutex_lock(&lock);
	calls += !strcmp(name, call);
	fails = !strcmp(name, call) || (!strcmp(which, "all") && strcmp(call, "realloc"));
	fails = fails && calls >= n;
	if (!strcmp(which, "once"))
		fails = fails && calls == n;
	pthread_mutex_unlock(&lock);
	if (fails && !error)
		kill(getpid(), SIGKILL);
	while (fails && error == 9999)
		pause();
	errno = error;
	return fails;
}

int __wrap_fdatasync(int fd)
{
	return failing("fdatasync") ? -1 : __real_fdatasync(fd);
}

ssize_t __wrap_pwrite(int fd, const void *buf, size_t count, off_t offset)
{
	return failing("pwrite") ? -1 : __real_pwrite(fd, buf, count, offset);
}

int __wrap_fallocate(int fd, int mode, off_t offset, off_t len)
{
	return failing("fallocate") ? -1 : __real_fallocate(fd, mode, offset, len);
}

int __wrap_rename(const char *from, const char *to)
{
	return failing("rename") ? -1 : __real_rename(from, to);
}

int __wrap_unlink(const char *name)
{
	return failing("unlink") ? -1 : __real_unlink(name);
}

int __wrap_io_uring_submit_and_wait(struct io_uring *ring, unsigned int wait)
{
	return failing("submit") ? -errno : __real_io_uring_submit_and_wait(ring, wait);
}

void *__wrap_realloc(void *old, size_t size)
{
	return failing("realloc") ? NULL : __real_realloc(old, size);
}
