/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the linker makes of --wrap=NAME: calls of NAME go to __wrap_NAME, and
 * __real_NAME is the C library's.
 */
#ifndef ACQ_FAKE_H
#define ACQ_FAKE_H

#include <dirent.h>
#include <liburing.h>
#include <stdio.h>
#include <sys/types.h>

int __real_open(const char *path, int flags, ...);
int __real_ioctl(int fd, unsigned long request, ...);
ssize_t __real_read(int fd, void *buf, size_t count);
ssize_t __real_write(int fd, const void *buf, size_t count);
int __real_fsync(int fd);
void *__real_mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset);
int __real_fdatasync(int fd);
ssize_t __real_pwrite(int fd, const void *buf, size_t count, off_t offset);
int __real_fallocate(int fd, int mode, off_t offset, off_t len);
int __real_rename(const char *from, const char *to);
int __real_unlink(const char *name);
int __real_io_uring_submit_and_wait(struct io_uring *ring, unsigned int wait);
void *__real_realloc(void *old, size_t size);
DIR *__real_opendir(const char *name);
FILE *__real_fopen(const char *path, const char *mode);
int __wrap_open(const char *path, int flags, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);
ssize_t __wrap_read(int fd, void *buf, size_t count);
ssize_t __wrap_write(int fd, const void *buf, size_t count);
int __wrap_fsync(int fd);
void *__wrap_mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset);
int __wrap_fdatasync(int fd);
ssize_t __wrap_pwrite(int fd, const void *buf, size_t count, off_t offset);
int __wrap_fallocate(int fd, int mode, off_t offset, off_t len);
int __wrap_rename(const char *from, const char *to);
int __wrap_unlink(const char *name);
int __wrap_io_uring_submit_and_wait(struct io_uring *ring, unsigned int wait);
void *__wrap_realloc(void *old, size_t size);
DIR *__wrap_opendir(const char *name);
FILE *__wrap_fopen(const char *path, const char *mode);

#endif /* ACQ_FAKE_H */
