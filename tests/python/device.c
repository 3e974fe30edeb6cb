// SPDX-License-Identifier: GPL-2.0-only
/*
 * The made-up /dev/acqdev of tests/acq/fake.c for a program that cannot be linked anew:
 * preloaded, it gets between the program and its C library. Opening it again begins anew;
 * while a file of it reads, another one is for asking alone: it is the same reader.
 * ACQ_FAKE is read at each opening.
 *
 * ACQ_FAKE_CONFIG=1: what was configured stays until ACQ_FAKE is another one.
 *
 * ACQ_FAKE_LATE=N: the first N calls that would bring samples say that there are none yet.
 * ACQ_FAKE_PAUSE=US: a call that waits for samples takes so long, as if the card had a rate.
 * ACQ_FAKE_NO_MEMORY=1: no memory can be exchanged (mremap() fails).
 */
#include <dlfcn.h>

#include "../acq/fake.c"

#define EXPORT __attribute__((visibility("default")))
#define REAL(type, name) ((type)dlsym(RTLD_NEXT, name))

static __typeof__(fake) pristine;
static unsigned long late;
/* Files of it that are open, the newest last, which is fake.fd */
static struct {
	int fd, flags;
} files[16];
static unsigned int files_num;
static struct acq_config kept;
static bool keep;

/* What the made-up device knows @fd as */
static int file_of(int fd)
{
	unsigned int i;

	for (i = 0; i < files_num; i++) {
		if (files[i].fd == fd) {
			fake.flags = files[i].flags;
			return fake.fd;
		}
	}
	return fd;
}

static void file_closed(int fd)
{
	unsigned int i;

	for (i = 0; i < files_num && files[i].fd != fd; i++)
		;
	if (i == files_num)
		return;
	files_num--;
	for (; i < files_num; i++)
		files[i] = files[i + 1];
	/* the reader was it; who is left only asks and configures */
	if (fd == fake.fd) {
		fake.attached = false;
		fake.fd = files_num ? files[files_num - 1].fd : -1;
	}
}

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

static int file_opened(int fd, int flags)
{
	if (files_num == sizeof(files) / sizeof(files[0]))
		abort();
	files[files_num].fd = fd;
	files[files_num++].flags = flags;
	return fd;
}

/* A new life of the made-up device */
static void begin_anew(void)
{
	static char plot_before[1000];
	struct acq_config config = fake.config;
	const char *text = getenv("ACQ_FAKE_LATE");

	if (fake.ring.meta) {
		close(fake.ring.fd);
		munmap(fake.ring.meta, fake.ring.bytes);
	}
	fake = pristine;
	late = text ? strtoul(text, NULL, 0) : 0;
	/* the layout that a plot has is for the first one */
	keep = getenv("ACQ_FAKE_CONFIG") && !strcmp(plot_before, getenv("ACQ_FAKE"));
	kept = config;
	snprintf(plot_before, sizeof(plot_before), "%s", getenv("ACQ_FAKE"));
}

EXPORT int open(const char *path, int flags, ...)
{
	bool node = getenv("ACQ_FAKE") && !strcmp(path, "/dev/acqdev");
	va_list ap;
	mode_t mode;
	int fd;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	if (node && fake.attached && files_num)
		return file_opened(eventfd(1, EFD_CLOEXEC), flags);
	if (node)
		begin_anew();
	fd = getenv("ACQ_FAKE") ? __wrap_open(path, flags, mode) : __real_open(path, flags, mode);
	if (fd < 0 || fd != fake.fd)
		return fd;
	if (keep)
		fake.config = kept;
	return file_opened(fd, flags);
}

EXPORT int ioctl(int fd, unsigned long request, ...)
{
	const char *pause = getenv("ACQ_FAKE_PAUSE");
	struct acq_advance *advance;
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	advance = arg;
	fd = file_of(fd);
	if (fd == fake.fd && request == ACQ_IOC_ADVANCE && advance->flags && late) {
		late--;
		advance->flags = 0;
	}
	if (fd == fake.fd && request == ACQ_IOC_ADVANCE && advance->flags && pause)
		usleep(atoi(pause));
	return __wrap_ioctl(fd, request, arg);
}

EXPORT int close(int fd)
{
	file_closed(fd);
	return REAL(int (*)(int), "close")(fd);
}

EXPORT ssize_t write(int fd, const void *buf, size_t count)
{
	return __wrap_write(file_of(fd), buf, count);
}

EXPORT int fsync(int fd)
{
	return __wrap_fsync(file_of(fd));
}

EXPORT void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
{
	return __wrap_mmap(addr, length, prot, flags, file_of(fd), offset);
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
