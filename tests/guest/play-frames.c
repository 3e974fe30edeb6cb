// SPDX-License-Identifier: GPL-2.0-only
/* acqtest: playing-odd kernels=6.12 */
/*
 * Frames that divide no buffer: who writes bytes has all of them played, however they are
 * cut; a frame that nobody completes is told, once.
 */
#include "play.h"

#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>

static const struct kind {
	enum acq_format format;
	uint64_t channels;
	uint32_t frame;
} kinds[] = {
	{ ACQ_FORMAT_S32, 0x1ff, 36 },
	{ ACQ_FORMAT_S16, 7, 6 },
};

#define KINDS	(sizeof(kinds) / sizeof(kinds[0]))

static uint8_t bytes[1 << 20];

static int fresh_of(const struct kind *kind, size_t ring)
{
	struct acq_config config = {
		.format = kind->format,
		.rate_millihz = 48000000,
		.channel_mask = kind->channels,
		.block_bytes = PAGE_BYTES,
		.ring_bytes = ring,
	};
	/* It begins when it is full, or drained: no filler, however late the machine is. */
	struct acq_reader_config how = { .start_bytes = ring };
	int fd = open_output(config, O_WRONLY, false);

	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &how), 0);
	CHECK_EQ(config_of(fd).frame_bytes, kind->frame);
	make_random(bytes, sizeof(bytes), seed_of(kind->frame));
	return fd;
}

static void check_frames(size_t count)
{
	CHECK_EQ((uint64_t)out_stat("digest"), digest_more(DIGEST_NONE, bytes, count));
	CHECK_EQ(out_stat("filler"), 0);
}

/* As a program does that copies with buffers of this size */
TEST(any_buffer_will_do)
{
	static const size_t sizes[] = { 1, 5, 6, 7, 35, 36, 37, 100, 4096, 65536, 131072 };
	size_t i, k, total, done, n;

	for (k = 0; k < KINDS; k++) {
		for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			int fd = fresh_of(&kinds[k], 1 << 20);

			total = kinds[k].frame * (sizes[i] < 100 ? 100 : 10000);
			for (done = 0; done < total; done += n) {
				n = total - done < sizes[i] ? total - done : sizes[i];
				CHECK_EQ(write(fd, bytes + done, n), n);
			}
			CHECK_EQ(status_of(fd).accepted, total);
			CHECK_EQ(close(fd), 0);
			nfds = 0;
			CHECK_EQ(out_stat("played"), total / kinds[k].frame);
			check_frames(total);
		}
	}
}

/* At random, also into a ring that is full, with gather writes and without waiting */
TEST(at_random_places)
{
	size_t k, done, total;

	for (k = 0; k < KINDS; k++) {
		int fd = fresh_of(&kinds[k], 16 * PAGE_BYTES), full = 0;

		card("out stall on");
		fcntl(fd, F_SETFL, O_NONBLOCK);
		total = kinds[k].frame * 3000 * (40 / kinds[k].frame);
		for (done = 0; done < total;) {
			size_t part[3] = { random() % 50, random() % 5000, random() % 50 };
			struct iovec iov[3];
			uint8_t *at = bytes + done;
			ssize_t n;
			int i;

			for (i = 0; i < 3; i++) {
				if (part[i] > (size_t)(bytes + total - at))
					part[i] = bytes + total - at;
				iov[i] = (struct iovec){ at, part[i] };
				at += part[i];
			}
			if (at == bytes + done)
				continue;
			n = writev(fd, iov, 3);
			if (n < 0 && errno == EPIPE) {
				gap_of(fd);
				continue;
			}
			if (n < 0) {
				CHECK_EQ(errno, EAGAIN);
				if (!full++)
					card("out stall off");
				nap(1);
				continue;
			}
			CHECK(n > 0);
			done += n;
		}
		CHECK(full);
		CHECK(fsync(fd) == 0 || errno == EPIPE);
		CHECK_EQ(out_stat("played"), total / kinds[k].frame);
		CHECK_EQ((uint64_t)out_stat("digest"), digest_more(DIGEST_NONE, bytes, total));
	}
}

/* From a file, and from a pipe, whose pieces are not frames either */
TEST(sendfile_and_splice_bring_every_byte)
{
	size_t k, done, total;
	int file, fd, ends[2];
	ssize_t n;

	for (k = 0; k < KINDS; k++) {
		fd = fresh_of(&kinds[k], 1 << 20);
		total = kinds[k].frame * 9000;
		file = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
		CHECK(file >= 0);
		CHECK_EQ(write(file, bytes, total), total);
		CHECK_EQ(lseek(file, 0, SEEK_SET), 0);
		for (done = 0; done < total; done += n) {
			n = sendfile(fd, file, NULL, total - done);
			CHECK(n > 0);
		}
		CHECK_EQ(fsync(fd), 0);
		check_frames(total);

		CHECK_EQ(pipe(ends), 0);
		CHECK_EQ(lseek(file, 0, SEEK_SET), 0);
		for (done = 0; done < total;) {
			n = splice(file, NULL, ends[1], NULL, total - done < 10007 ? total - done :
				   10007, 0);
			CHECK(n > 0);
			while (n > 0) {
				ssize_t out = splice(ends[0], NULL, fd, NULL, n, 0);

				CHECK(out > 0);
				n -= out;
				done += out;
			}
		}
		CHECK_EQ(fsync(fd), 0);
		check_frames(total);
		close(ends[0]);
		close(ends[1]);
		close(file);
	}
}

TEST(a_frame_that_nobody_completes_is_told_once)
{
	size_t k;

	for (k = 0; k < KINDS; k++) {
		int fd = fresh_of(&kinds[k], 1 << 20);
		uint32_t frame = kinds[k].frame;

		CHECK_EQ(write(fd, bytes, 10 * frame + 5), 10 * frame + 5);
		CHECK_EQ(status_of(fd).accepted, 10 * frame);
		CHECK_ERR(fsync(fd), EBADMSG);
		CHECK_EQ(out_stat("played"), 10);
		check_frames(10 * frame);
		CHECK_EQ(fsync(fd), 0);
		/* What comes next begins a frame. */
		CHECK_EQ(write(fd, bytes, 2 * frame), 2 * frame);
		CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
		check_frames(2 * frame);

		CHECK_EQ(write(fd, bytes, 1), 1);
		CHECK_ERR(ioctl(fd, ACQ_IOC_STOP), EBADMSG);
		CHECK_EQ(write(fd, bytes, 1), 1);
		CHECK_EQ(ioctl(fd, ACQ_IOC_DROP), 0);
		CHECK_EQ(write(fd, bytes, frame + 1), frame + 1);
		CHECK_ERR(close(fd), EBADMSG);
		nfds = 0;
		check_frames(frame);
	}
}

/* The drain of somebody else is the end of a run, not of what is written. */
TEST(a_frame_goes_on_behind_the_drain_of_another)
{
	int fd = fresh_of(&kinds[0], 1 << 20), other = node(O_WRONLY);
	struct acq_config config = config_of(fd);

	CHECK_EQ(write(fd, bytes, 40), 40);
	CHECK_EQ(ioctl(other, ACQ_IOC_STOP), 0);
	check_frames(36);
	CHECK_EQ(write(fd, bytes + 40, 32), 32);
	CHECK_EQ(fsync(fd), 0);
	CHECK_EQ(out_stat("played"), 1);
	CHECK_EQ((uint64_t)out_stat("digest"), digest_more(DIGEST_NONE, bytes + 36, 36));
	/* Unless frames are others by then */
	CHECK_EQ(write(fd, bytes, 70), 70);
	CHECK_EQ(ioctl(other, ACQ_IOC_STOP), 0);
	config.format = ACQ_FORMAT_S16;
	config.channel_mask = 7;
	CHECK_EQ(ioctl(other, ACQ_IOC_SET_CONFIG, &config), 0);
	CHECK_EQ(write(fd, bytes, 12), 12);
	CHECK_EQ(fsync(fd), 0);
	check_frames(12);
}

/* Frames that are others are not told by their size. */
TEST(a_frame_goes_on_among_its_own_kind_only)
{
	static const struct kind others[] = {
		{ ACQ_FORMAT_S16, 0x38, 6 },
		{ ACQ_FORMAT_S16, 0x3f, 12 },
		{ ACQ_FORMAT_S32, 7, 12 },
	};
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		const struct kind *kind = &others[i];
		int fd = fresh_of(i ? &others[3 - i] : &kinds[1], 1 << 20), other = node(O_WRONLY);
		struct acq_config config = config_of(fd);

		CHECK_EQ(config.frame_bytes, kind->frame);
		CHECK_EQ(write(fd, bytes, kind->frame + 4), kind->frame + 4);
		CHECK_EQ(ioctl(other, ACQ_IOC_STOP), 0);
		config.format = kind->format;
		config.channel_mask = kind->channels;
		CHECK_EQ(ioctl(other, ACQ_IOC_SET_CONFIG, &config), 0);
		CHECK_EQ(config_of(fd).frame_bytes, kind->frame);
		CHECK_EQ(write(fd, bytes, 2 * kind->frame), 2 * kind->frame);
		CHECK_EQ(fsync(fd), 0);
		check_frames(2 * kind->frame);
	}
}

TEST(a_frame_goes_on_behind_no_drop)
{
	int fd = fresh_of(&kinds[0], 1 << 20), other = node(O_WRONLY), status = 0;
	pid_t child;

	CHECK_EQ(write(fd, bytes, 40), 40);
	CHECK_EQ(ioctl(other, ACQ_IOC_DROP), 0);
	CHECK_EQ(write(fd, bytes, 36), 36);
	CHECK_EQ(ioctl(other, ACQ_IOC_STOP), 0);
	check_frames(36);
	/* Nor where that comes amid a drain */
	card("out stall on");
	CHECK_EQ(write(fd, bytes, 40), 40);
	child = fork();
	if (!child)
		_exit(ioctl(other, ACQ_IOC_STOP) ? errno : 0);
	WAIT_FOR(status_of(fd).state == ACQ_STATE_RUNNING);
	CHECK_EQ(ioctl(other, ACQ_IOC_DROP), 0);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(WEXITSTATUS(status), ECANCELED);
	card("out stall off");
	CHECK_EQ(write(fd, bytes, 36), 36);
	CHECK_EQ(fsync(fd), 0);
	check_frames(36);
}

/* Who drained stands still between the end of that run and what it does behind it. */
TEST(a_drain_ends_no_frame_of_the_next_run)
{
	int fd = fresh_of(&kinds[0], 1 << 20), by_fsync, status = 0;
	char pid[20];
	pid_t child;

	mkdir("/freezer", 0755);
	if (mount("none", "/freezer", "cgroup", 0, "freezer") && errno != EBUSY)
		SKIP("this kernel has no freezer for some of its tasks");
	mkdir("/freezer/drain", 0755);
	for (by_fsync = 0; by_fsync < 2; by_fsync++) {
		card("out stall on");
		CHECK_EQ(write(fd, bytes, 504000), 504000);
		child = fork();
		if (!child)
			_exit((by_fsync ? fsync(fd) : ioctl(fd, ACQ_IOC_STOP)) ? errno : 0);
		WAIT_FOR(status_of(fd).state == ACQ_STATE_RUNNING);
		nap(100);
		snprintf(pid, sizeof(pid), "%d", child);
		write_file("/freezer/drain/tasks", pid);
		do {
			write_file("/freezer/drain/freezer.state", "FROZEN");
		} while (system("grep -qx FROZEN /freezer/drain/freezer.state"));
		card("out stall off");
		WAIT_FOR(status_of(fd).state == ACQ_STATE_IDLE);
		CHECK_EQ(write(fd, bytes, 40), 40);
		write_file("/freezer/drain/freezer.state", "THAWED");
		CHECK_EQ(waitpid(child, &status, 0), child);
		CHECK_EQ(status, 0);
		CHECK_EQ(write(fd, bytes + 40, 32), 32);
		CHECK_EQ(fsync(fd), 0);
		check_frames(72);
	}
	rmdir("/freezer/drain");
	umount("/freezer");
}

/* A buffer that ends amid a frame, or begins so, in memory that is not there */
TEST(a_fault_takes_nothing_twice)
{
	size_t page = PAGE_BYTES, i;
	uint8_t *map = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);
	int fd = fresh_of(&kinds[0], 1 << 20);
	ssize_t n;

	CHECK(map != MAP_FAILED);
	CHECK_EQ(munmap(map + 2 * page, page), 0);
	memcpy(map, bytes, 2 * page);
	/* 10 of a frame, then 20 of it and a fault */
	CHECK_EQ(write(fd, map, 10), 10);
	for (i = 10; i < 2 * page - 20; i += n) {
		n = write(fd, map + i, 2 * page - 20 - i + 100);
		CHECK(n > 0);
	}
	n = write(fd, map + i, 100);
	if (n < 0)
		CHECK_EQ(errno, EFAULT);
	else
		i += n;
	while (i < 4 * page) {
		n = write(fd, bytes + i, 4 * page - i < 36 ? 36 : 4 * page - i);
		CHECK(n > 0);
		i += n;
	}
	n = i % 36 ? 36 - i % 36 : 0;
	if (n)
		CHECK_EQ(write(fd, bytes + i, n), n);
	i += n;
	CHECK_EQ(fsync(fd), 0);
	check_frames(i);
	munmap(map, 2 * page);
}

HARNESS_MAIN
