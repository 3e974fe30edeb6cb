// SPDX-License-Identifier: GPL-2.0-only
/* acqtest: none */
/* player DEV WAY FILE: plays the samples of a file by write, io_uring, a mapping or sendfile */
#include <acq.h>
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

/* No frame, block or page: what a program happens to have */
#define PIECE	5001

static int play_write(int fd, const char *data, size_t bytes)
{
	ssize_t n;

	while (bytes) {
		n = write(fd, data, bytes < PIECE ? bytes : PIECE);
		if (n < 0)
			return -errno;
		data += n;
		bytes -= n;
	}
	return fsync(fd) ? -errno : 0;
}

static int play_uring(int fd, const char *data, size_t bytes)
{
	struct io_uring_cqe *cqe;
	struct io_uring ring;
	int ret;

	ret = io_uring_queue_init(4, &ring, 0);
	while (!ret && bytes) {
		io_uring_prep_write(io_uring_get_sqe(&ring), fd, data,
				    bytes < PIECE ? bytes : PIECE, -1);
		ret = io_uring_submit_and_wait(&ring, 1);
		if (ret > 0)
			ret = io_uring_wait_cqe(&ring, &cqe);
		if (ret)
			break;
		ret = cqe->res < 0 ? cqe->res : 0;
		if (!ret) {
			data += cqe->res;
			bytes -= cqe->res;
		}
		io_uring_cqe_seen(&ring, cqe);
	}
	io_uring_queue_exit(&ring);
	return ret ?: fsync(fd) ? -errno : 0;
}

static int play_sendfile(int fd, int file, size_t bytes)
{
	ssize_t n;

	for (; bytes; bytes -= n) {
		n = sendfile(fd, file, NULL, bytes);
		if (n <= 0)
			return n ? -errno : -ENODATA;
	}
	return fsync(fd) ? -errno : 0;
}

static int play_mapped(const char *name, const char *data, size_t bytes)
{
	struct acq_span span;
	struct acq *acq;
	int ret;

	ret = acq_open(&acq, name, O_RDWR);
	if (ret)
		return ret;
	ret = acq_map(acq, &span);
	while (ret == ACQ_EVENT_DATA && bytes) {
		size_t n = bytes < span.bytes ? bytes : span.bytes;

		memcpy((void *)span.data, data, n);
		data += n;
		bytes -= n;
		ret = acq_commit(acq, &span, n, -1);
	}
	if (ret == ACQ_EVENT_DATA)
		ret = acq_drain(acq, &span);
	acq_close(acq);
	return ret < 0 ? ret : ret == ACQ_EVENT_END ? 0 : -EPIPE;
}

int main(int argc, char **argv)
{
	int fd, file, ret;
	size_t bytes;
	char *data;

	if (argc != 4)
		return 2;
	file = open(argv[3], O_RDONLY);
	bytes = file < 0 ? 0 : lseek(file, 0, SEEK_END);
	data = malloc(bytes);
	if (file < 0 || !data || pread(file, data, bytes, 0) != (ssize_t)bytes ||
	    lseek(file, 0, SEEK_SET)) {
		perror(argv[3]);
		return 1;
	}
	if (!strcmp(argv[2], "mapped")) {
		ret = play_mapped(argv[1], data, bytes);
	} else {
		fd = open(argv[1], O_WRONLY);
		ret = fd < 0 ? -errno : !strcmp(argv[2], "write") ? play_write(fd, data, bytes) :
			!strcmp(argv[2], "uring") ? play_uring(fd, data, bytes) :
			!strcmp(argv[2], "sendfile") ? play_sendfile(fd, file, bytes) : -EINVAL;
		close(fd);
	}
	if (ret)
		fprintf(stderr, "%s, %s: %s\n", argv[1], argv[2], strerror(-ret));
	return ret ? 1 : 0;
}
