// SPDX-License-Identifier: GPL-2.0-only
/*
 * The made-up /dev/acqdev of tests/acq/fake.c for a program that cannot be linked anew: preloaded, it
 * gets between the program and its C library. Opening it again begins anew; more than one at a time
 * there is not. ACQ_FAKE is read at each opening.
 *
 * ACQ_FAKE_LATE=N: the first N calls that would bring samples say that there are none yet.
 * ACQ_FAKE_NO_MEMORY=1: no memory can be exchanged (mremap() fails).
 */
#include <dlfcn.h>

#include "../acq/fake.c"

#define EXPORT __attribute__((visibility("default")))
#define REAL(type, name) ((type)dlsym(RTLD_NEXT, name))

static __typeof__(fake) pristine;
static unsigned long late;

__attribute__((constructor)) static void keep_pristine(void)
{
	pristine = fake;
}

int __real_open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return REAL(int (*)(const char *, int, ...), "open")(path, flags, mode);
}

int __real_ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	return REAL(int (*)(int, unsigned long, ...), "ioctl")(fd, request, arg);
}

ssize_t __real_read(int fd, void *buf, size_t count)
{
	return REAL(ssize_t (*)(int, void *, size_t), "read")(fd, buf, count);
}

ssize_t __real_write(int fd, const void *buf, size_t count)
{
	return REAL(ssize_t (*)(int, const void *, size_t), "write")(fd, buf, count);
}

int __real_fsync(int fd)
{
	return REAL(int (*)(int), "fsync")(fd);
}

void *__real_mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
{
	return REAL(void *(*)(void *, size_t, int, int, int, off_t), "mmap")(addr, length, prot,
									       flags, fd, offset);
}

EXPORT int open(const char *path, int flags, ...)
{
	const char *text = getenv("ACQ_FAKE_LATE");
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	if (getenv("ACQ_FAKE") && !strcmp(path, "/dev/acqdev")) {
		if (fake.ring.meta) {
			close(fake.ring.fd);
			munmap(fake.ring.meta, fake.ring.bytes);
		}
		fake = pristine;
		late = text ? strtoul(text, NULL, 0) : 0;
	}
	return getenv("ACQ_FAKE") ? __wrap_open(path, flags, mode) : __real_open(path, flags, mode);
}

EXPORT int ioctl(int fd, unsigned long request, ...)
{
	struct acq_advance *advance;
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	advance = arg;
	if (fd == fake.fd && request == ACQ_IOC_ADVANCE && advance->flags && late) {
		late--;
		advance->flags = 0;
	}
	return __wrap_ioctl(fd, request, arg);
}

EXPORT int close(int fd)
{
	if (fd == fake.fd)
		fake.fd = -1;
	return REAL(int (*)(int), "close")(fd);
}

EXPORT ssize_t write(int fd, const void *buf, size_t count)
{
	return __wrap_write(fd, buf, count);
}

EXPORT int fsync(int fd)
{
	return __wrap_fsync(fd);
}

EXPORT void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
{
	return __wrap_mmap(addr, length, prot, flags, fd, offset);
}

EXPORT void *mremap(void *old, size_t old_size, size_t new_size, int flags, ...)
{
	va_list ap;
	void *to;

	va_start(ap, flags);
	to = va_arg(ap, void *);
	va_end(ap);
	if (getenv("ACQ_FAKE_NO_MEMORY") && flags & MREMAP_FIXED) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	return REAL(void *(*)(void *, size_t, size_t, int, ...), "mremap")(old, old_size, new_size,
									     flags, to);
}
