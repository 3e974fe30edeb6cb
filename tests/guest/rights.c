// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp kernels=6.1,7,debug
 */
/* What who has which file may do with it: each test is a row of docs/permissions.md. */
#include "guest.h"

#include <grp.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define NOBODY		65534
#define PARAMETERS	"/sys/module/acqdev/parameters/"

static char buf[4096];

/* What @part returns when somebody without any right does it; checks in it count. */
static int as_nobody(int (*part)(int fd), int fd)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		if (setjmp(harness_out))
			_exit(101);
		CHECK_EQ(setgroups(0, NULL), 0);
		CHECK_EQ(setresgid(NOBODY, NOBODY, NOBODY), 0);
		CHECK_EQ(setresuid(NOBODY, NOBODY, NOBODY), 0);
		status = part(fd);
		fflush(stdout);
		_exit(status);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* The mode that an administrator has given to the node */
static void with_mode(mode_t mode)
{
	close_node(fresh());
	CHECK_EQ(chmod(NODE, mode), 0);
}

static int open_is_refused(int fd)
{
	(void)fd;
	CHECK_ERR(open(NODE, O_RDONLY), EACCES);
	CHECK_ERR(open(NODE, O_RDWR), EACCES);
	return 0;
}

TEST(nobody_opens_what_the_mode_does_not_allow)
{
	struct stat stat;

	close_node(fresh());
	CHECK_EQ(lstat(NODE, &stat), 0);
	CHECK_EQ(stat.st_mode & 0777, 0600);
	CHECK_EQ(as_nobody(open_is_refused, -1), 0);
}

static void reads_and_asks(int fd)
{
	static const unsigned int asks[] = {
		ACQ_IOC_INFO, ACQ_IOC_GET_CONFIG, ACQ_IOC_STATUS, ACQ_IOC_GAP, ACQ_IOC_GET_READER,
		ACQ_IOC_READER_STATS, ACQ_IOC_MAP,
	};
	struct acq_reader_config reader = { .watermark = 400 };
	struct acq_config config = config_of(fd);
	struct acq_export export = { .flags = O_CLOEXEC };
	struct acq_advance advance = {};
	struct acq_map map;
	size_t i;
	void *at;

	CHECK_EQ(ioctl(fd, ACQ_IOC_TRY_CONFIG, &config), 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &reader), 0);
	CHECK(read(fd, buf, sizeof(buf)) > 0);
	for (i = 0; i < sizeof(asks) / sizeof(asks[0]); i++)
		CHECK_EQ(ioctl(fd, asks[i], buf), 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_ADVANCE, &advance), 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_EXPORT, &export), 0);
	CHECK_ERR(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, export.fd, 0) ==
		  MAP_FAILED ? -1 : 0, EACCES);
	close(export.fd);
	CHECK_EQ(ioctl(fd, ACQ_IOC_MAP, &map), 0);
	at = mmap(NULL, map.bytes, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(at != MAP_FAILED);
	CHECK_ERR(mprotect(at, 4096, PROT_READ | PROT_WRITE), EACCES);
	munmap(at, map.bytes);
}

static void changes_nothing(int fd)
{
	struct acq_config config = config_of(fd);

	CHECK_ERR(ioctl(fd, ACQ_IOC_SET_CONFIG, &config), EBADF);
	CHECK_ERR(ioctl(fd, ACQ_IOC_START), EBADF);
	CHECK_ERR(ioctl(fd, ACQ_IOC_STOP), EBADF);
	CHECK_ERR(ioctl(fd, ACQ_IOC_TRIGGER), EBADF);
	CHECK_ERR(write(fd, buf, 4), EBADF);
}

static void changes(int fd)
{
	struct acq_config config = plain_config();

	ioctl(fd, ACQ_IOC_STOP);
	config.trigger = ACQ_TRIGGER_SOFTWARE;
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_CONFIG, &config), 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_TRIGGER), 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	/* Samples come from the card alone. */
	CHECK_ERR(write(fd, buf, 4), EINVAL);
}

static int read_only_part(int fd)
{
	fd = open(NODE, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	reads_and_asks(fd);
	changes_nothing(fd);
	CHECK_ERR(open(NODE, O_RDWR), EACCES);
	return 0;
}

TEST(read_only_files_read_and_change_nothing)
{
	with_mode(0604);
	CHECK_EQ(as_nobody(read_only_part, -1), 0);
	with_mode(0600);
}

static int writable_part(int fd)
{
	fd = open(NODE, O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0);
	reads_and_asks(fd);
	changes(fd);
	/* A writable file makes no mapping writable. */
	CHECK_ERR(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED ?
		  -1 : 0, EPERM);
	return 0;
}

TEST(writable_files_need_no_capability)
{
	with_mode(0606);
	CHECK_EQ(as_nobody(writable_part, -1), 0);
	with_mode(0600);
}

TEST(write_only_files_change_and_read_nothing)
{
	struct acq_advance advance = {};
	struct acq_export export = {};
	struct acq_map map;
	int fd;

	close_node(fresh());
	fd = node(O_WRONLY);
	changes(fd);
	CHECK_ERR(read(fd, buf, 4), EBADF);
	CHECK_ERR(ioctl(fd, ACQ_IOC_MAP, &map), EBADF);
	CHECK_ERR(ioctl(fd, ACQ_IOC_ADVANCE, &advance), EBADF);
	CHECK_ERR(ioctl(fd, ACQ_IOC_EXPORT, &export), EBADF);
	CHECK_ERR(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED ? -1 : 0, EACCES);
}

TEST(a_path_is_no_file)
{
	struct acq_info info;
	int fd;

	close_node(fresh());
	fd = node(O_PATH);
	CHECK_ERR(read(fd, buf, 4), EBADF);
	CHECK_ERR(ioctl(fd, ACQ_IOC_INFO, &info), EBADF);
	CHECK_ERR(ioctl(fd, ACQ_IOC_START), EBADF);
	CHECK_ERR(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED ? -1 : 0, EBADF);
}

/* Send @fd by one end of a pair of sockets; returns what has come out of the other. */
static int passed(int fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {};
	struct iovec v = { buf, 1 };
	struct msghdr message = {
		.msg_iov = &v, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	int ends[2];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	CHECK_EQ(sendmsg(ends[0], &message, 0), 1);
	message.msg_controllen = sizeof(control);
	CHECK_EQ(recvmsg(ends[1], &message, 0), 1);
	memcpy(&fd, CMSG_DATA(&control.head), sizeof(fd));
	close(ends[0]);
	close(ends[1]);
	return fd;
}

static int passed_to_read(int fd)
{
	char path[40];

	fd = passed(fd);
	reads_and_asks(fd);
	changes_nothing(fd);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK_ERR(open(path, O_RDWR), EACCES);
	return 0;
}

static int passed_to_write(int fd)
{
	fd = passed(fd);
	changes(fd);
	return 0;
}

TEST(a_passed_file_is_what_it_was_opened_for)
{
	close_node(fresh());
	CHECK_EQ(as_nobody(passed_to_read, node(O_RDONLY)), 0);
	CHECK_EQ(as_nobody(passed_to_write, node(O_RDWR)), 0);
}

static int settings_part(int fd)
{
	char text[40];

	(void)fd;
	CHECK_ERR(open(PARAMETERS "ring_total_kb", O_WRONLY), EACCES);
	CHECK_ERR(open(PARAMETERS "files_max", O_WRONLY), EACCES);
	CHECK_ERR(open("/sys/class/misc/acqdev/device/reset", O_WRONLY), EACCES);
	CHECK_ERR(open("/sys/kernel/debug/acqdev", O_RDONLY), EACCES);
	fd = open("/sys/class/misc/acqdev/state", O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	CHECK(read(fd, text, sizeof(text)) > 0);
	return 0;
}

TEST(limits_and_resets_are_the_administrators)
{
	close_node(fresh());
	CHECK_EQ(as_nobody(settings_part, -1), 0);
}

static bool put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return good;
}

static int in_small_group(int fd)
{
	/* As root, who moves it there: it is the group that limits. */
	if (!put("/cgroup/small/cgroup.procs", "0"))
		return 102;
	fd = open(NODE, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	CHECK_ERR(read(fd, buf, sizeof(buf)), ENOMEM);
	return 0;
}

TEST(a_ring_beyond_the_limit_of_its_group_is_refused)
{
	struct acq_config config = plain_config();
	int status, fd = fresh();
	pid_t pid;

	mkdir("/cgroup", 0755);
	if (mount("none", "/cgroup", "cgroup2", 0, NULL) && errno != EBUSY)
		SKIP("no control groups here");
	if (!put("/cgroup/cgroup.subtree_control", "+memory"))
		SKIP("no control of memory here");
	mkdir("/cgroup/small", 0755);
	CHECK(put("/cgroup/small/memory.max", "16777216"));
	config.ring_bytes = 64 << 20;
	configure(fd, config);
	fflush(stdout);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		status = setjmp(harness_out) ? 101 : in_small_group(-1);
		fflush(stdout);
		_exit(status);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	umount("/cgroup");
	/* Refused, not killed; and others have the same ring. */
	CHECK_EQ(status, 0);
	CHECK(read(fd, buf, sizeof(buf)) > 0);
}

HARNESS_MAIN
