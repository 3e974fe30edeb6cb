// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk.h"
#include "exit.h"
#include "report.h"
#include "target.h"
#include "text.h"

#define ALIGN_UNKNOWN	4096			/* good for every disk so far */
#define RESERVE		(256ULL << 20)		/* at a time, when the size is not known */
#define RING_TRIES	100			/* for a kernel that lacks memory for a moment */
#define RING_WAIT_US	2000

/* A write, or a copy that is to become one */
struct piece {
	bool busy;			/* under way */
	char *copy;			/* chunk bytes; NULL: never needed so far */
	const char *data;
	size_t bytes, done;
	uint64_t offset;
	uint64_t position;		/* in place: where in the run; else ~0 */
};

struct disk {
	struct target target;
	bool begun;
	uint64_t size;			/* to come; 0: not known */
	size_t align, chunk;
	uint64_t offset;		/* of the next write; a multiple of align */
	uint64_t reserved, copied;
	bool can_reserve;
	int error;
	uint64_t good;			/* with an error: the bytes before this are there */
	bool synced;			/* all that the file has is on the disk */
	struct io_uring ring;
	bool ring_failed;		/* nothing may be handed in any more */
	unsigned int depth, under_way;
	struct piece piece[DISK_DEPTH_MAX];
	struct piece *open;		/* its copy grows; NULL: none does */
	size_t open_bytes;
};

/* Direct I/O if the file system has it */
static void disk_choose_alignment(struct disk *disk)
{
	int fl = fcntl(disk->target.fd, F_GETFL);
	struct statx stx;

	disk->align = 1;
	if (fl < 0 || fcntl(disk->target.fd, F_SETFL, fl | O_DIRECT)) {
		remark("%s: its file system has no direct I/O:\nsamples go through the page cache",
		       disk->target.name);
		return;
	}
	disk->align = ALIGN_UNKNOWN;
	if (!statx(disk->target.fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &stx) &&
	    stx.stx_mask & STATX_DIOALIGN && stx.stx_dio_offset_align)
		disk->align = stx.stx_dio_offset_align > stx.stx_dio_mem_align ?
			      stx.stx_dio_offset_align : stx.stx_dio_mem_align;
}

static int disk_open_file(struct disk *disk, const char *name, bool force)
{
	int err;

	err = target_open(&disk->target, name, O_RDWR | (force ? 0 : O_EXCL));
	if (err) {
		complain("%s cannot be created: %s", name, strerror(-err));
		return EXIT_SYSTEM;
	}
	disk_choose_alignment(disk);
	return EXIT_OK;
}

/*
 * Have the file system find room now, not while samples come. The file keeps its size: if
 * this program is killed, it ends with what was written.
 */
static int disk_reserve(struct disk *disk, uint64_t size)
{
	int err;

	if (!disk->can_reserve || size <= disk->reserved)
		return 0;
	do {
		err = fallocate(disk->target.fd, FALLOC_FL_KEEP_SIZE, 0, size) ? errno : 0;
	} while (err == EINTR);
	disk->target.grown = true;
	disk->can_reserve = !err;
	if (!err)
		disk->reserved = size;
	else if (err == EOPNOTSUPP || err == ENOSYS)
		remark("%s: its file system cannot reserve room", disk->target.name);
	else if (disk->begun && ftruncate(disk->target.fd, disk->offset))
		err = errno;	/* it had taken all that there was: others need some, too */
	return -err;
}

int disk_open(struct disk **out, const char *name, size_t chunk, unsigned int depth,
	      uint64_t size, bool force)
{
	struct disk *disk = calloc(1, sizeof(*disk));
	char text[TEXT_MAX];
	int err;

	*out = disk;
	if (!disk) {
		complain("out of memory");
		return EXIT_SYSTEM;
	}
	disk->target.fd = -1;
	disk->good = ~0ULL;
	disk->depth = depth;
	disk->size = size;
	err = io_uring_queue_init(DISK_DEPTH_MAX, &disk->ring, 0);
	if (err) {
		complain("io_uring cannot be used: %s", strerror(-err));
		free(disk);
		*out = NULL;
		return EXIT_SYSTEM;
	}
	err = disk_open_file(disk, name, force);
	if (err)
		return err;
	disk->chunk = chunk < disk->align ? disk->align : chunk - chunk % disk->align;
	disk->can_reserve = true;
	err = disk_reserve(disk, size);
	if (err == -ENOSPC || err == -EDQUOT || err == -EFBIG) {
		complain("%s: there is no room for %sB: %s", name, format_human(size, text),
			 strerror(-err));
		return EXIT_FULL;
	}
	return EXIT_OK;
}

int disk_begin(struct disk *disk)
{
	int err;

	err = target_begin(&disk->target);
	if (err)
		return err;
	disk->begun = true;
	if (disk->target.made)
		return 0;
	/* what the older file had is room for this one; without it, there is no harm but speed */
	disk->reserved = 0;
	disk_reserve(disk, disk->size);
	return 0;
}

int disk_fd(const struct disk *disk)
{
	return disk->target.fd;
}

size_t disk_align(const struct disk *disk)
{
	return disk->align;
}

unsigned int disk_under_way(const struct disk *disk)
{
	return disk->under_way;
}

uint64_t disk_copied(const struct disk *disk)
{
	return disk->copied;
}

uint64_t disk_written(const struct disk *disk)
{
	uint64_t lowest = disk->good < disk->offset ? disk->good : disk->offset;
	unsigned int i;

	for (i = 0; i < disk->depth; i++)
		if (disk->piece[i].busy && disk->piece[i].offset < lowest)
			lowest = disk->piece[i].offset;
	return lowest;
}

uint64_t disk_needs(const struct disk *disk)
{
	uint64_t lowest = ~0ULL;
	unsigned int i;

	for (i = 0; i < disk->depth; i++)
		if (disk->piece[i].busy && disk->piece[i].position < lowest)
			lowest = disk->piece[i].position;
	return lowest;
}

static void disk_hand_in(struct disk *disk, struct piece *piece)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&disk->ring);

	io_uring_prep_write(sqe, disk->target.fd, piece->data + piece->done,
			    piece->bytes - piece->done, piece->offset + piece->done);
	io_uring_sqe_set_data(sqe, piece);
}

static void disk_done(struct disk *disk, struct piece *piece, int res)
{
	if (res == -EINTR || res == -EAGAIN)
		res = 0;
	else if (!res)
		res = -EIO;
	if (res > 0)
		piece->done += res;
	if (res >= 0 && piece->done < piece->bytes)
		return disk_hand_in(disk, piece);
	if (res < 0) {
		disk->error = res;
		if (piece->offset + piece->done < disk->good)
			disk->good = piece->offset + piece->done;
	}
	piece->busy = false;
	disk->under_way--;
}

static void disk_take_in(struct disk *disk)
{
	struct io_uring_cqe *cqe;

	while (!io_uring_peek_cqe(&disk->ring, &cqe)) {
		disk_done(disk, io_uring_cqe_get_data(cqe), cqe->res);
		io_uring_cqe_seen(&disk->ring, cqe);
	}
}

/*
 * The ring itself fails. Writes that the kernel has end by themselves, and must have ended before
 * the file is cut; those that it never took are not written.
 */
static int disk_give_up(struct disk *disk, int err)
{
	unsigned int i;

	while (disk->under_way > io_uring_sq_ready(&disk->ring)) {
		usleep(RING_WAIT_US);
		disk_take_in(disk);
	}
	disk->good = disk_written(disk);
	for (i = 0; i < disk->depth; i++)
		disk->piece[i].busy = false;
	disk->under_way = 0;
	disk->ring_failed = true;
	disk->error = disk->error ? disk->error : err;
	return disk->error;
}

int disk_reap(struct disk *disk, bool wait)
{
	unsigned int tries = RING_TRIES;
	int ret;

	while (!disk->ring_failed) {
		ret = io_uring_submit_and_wait(&disk->ring, wait && disk->under_way ? 1 : 0);
		disk_take_in(disk);
		if (ret >= 0 || ret == -EINTR)
			break;
		if ((ret != -EAGAIN && ret != -EBUSY && ret != -ENOMEM) || !--tries)
			return disk_give_up(disk, ret);
		usleep(RING_WAIT_US);
	}
	return disk->error;
}

/* A piece that is not under way; waits for one. NULL: look at disk->error. */
static struct piece *disk_spare(struct disk *disk)
{
	unsigned int i;

	for (;;) {
		for (i = 0; i < disk->depth; i++)
			if (!disk->piece[i].busy && &disk->piece[i] != disk->open)
				return &disk->piece[i];
		if (disk_reap(disk, true))
			return NULL;
	}
}

static int disk_start_write(struct disk *disk, struct piece *piece, const char *data, size_t bytes,
			    uint64_t position)
{
	if (disk->error)
		return disk->error;
	if (disk->offset + bytes > disk->reserved)
		disk_reserve(disk, disk->offset + bytes + RESERVE);
	piece->busy = true;
	piece->data = data;
	piece->bytes = bytes;
	piece->done = 0;
	piece->offset = disk->offset;
	piece->position = position;
	disk->offset += bytes;
	disk->under_way++;
	disk_hand_in(disk, piece);
	return disk_reap(disk, false);
}

static int disk_write_copy(struct disk *disk)
{
	struct piece *piece = disk->open;

	disk->open = NULL;
	return disk_start_write(disk, piece, piece->copy, disk->open_bytes, ~0ULL);
}

/* Room for a copy. 0 or a negative errno. */
static int disk_open_copy(struct disk *disk)
{
	struct piece *piece = disk_spare(disk);
	size_t page = sysconf(_SC_PAGESIZE);

	if (!piece)
		return disk->error;
	if (!piece->copy)
		piece->copy = aligned_alloc(page, (disk->chunk + page - 1) & ~(page - 1));
	if (!piece->copy)
		return -ENOMEM;
	disk->open = piece;
	disk->open_bytes = 0;
	return 0;
}

/*
 * Where the samples' addresses and their place in the file are alike modulo the
 * alignment, at most the first and last bytes are copied; else all are.
 */
int disk_put(struct disk *disk, const void *from, size_t bytes, uint64_t position)
{
	size_t align = disk->align, lack, n;
	const char *data = from;
	struct piece *piece;
	int err = 0;

	for (; bytes && !err; data += n, bytes -= n, position += n) {
		if (!disk->open && (uintptr_t)data % align == 0 && bytes >= align) {
			n = bytes - bytes % align;
			n = n < disk->chunk ? n : disk->chunk;
			piece = disk_spare(disk);
			err = disk->error;
			if (piece)
				err = disk_start_write(disk, piece, data, n, position);
			continue;
		}
		n = 0;
		if (!disk->open) {
			err = disk_open_copy(disk);
			continue;
		}
		lack = (align - disk->open_bytes % align) % align;
		if (((uintptr_t)data + lack) % align == 0 && disk->open_bytes)
			n = lack < bytes ? lack : bytes;
		else
			n = bytes < disk->chunk - disk->open_bytes ? bytes :
								     disk->chunk - disk->open_bytes;
		memcpy(disk->open->copy + disk->open_bytes, data, n);
		disk->open_bytes += n;
		disk->copied += n;
		/* what follows can be written in place, or there is no more room */
		if (disk->open_bytes == disk->chunk || n == lack)
			err = disk_write_copy(disk);
	}
	return err;
}

/* Samples that come slowly must not wait for a whole chunk of them. */
int disk_flush(struct disk *disk)
{
	struct piece *full = disk->open;
	size_t rest;
	int err;

	if (!full || disk->open_bytes < disk->align)
		return 0;
	rest = disk->open_bytes % disk->align;
	disk->open_bytes -= rest;
	err = disk_write_copy(disk);
	if (err || !rest)
		return err;
	err = disk_open_copy(disk);
	if (err)
		return err;
	/* @full may be under way, or done: what is behind its end is nobody's */
	memcpy(disk->open->copy, full->copy + full->bytes, rest);
	disk->open_bytes = rest;
	return 0;
}

bool disk_is_due(const struct disk *disk)
{
	return disk->open && disk->open_bytes >= disk->align;
}

/* The rest need not be whole sectors. */
static int disk_write_rest(struct disk *disk)
{
	int fl = fcntl(disk->target.fd, F_GETFL);
	size_t done = 0;
	ssize_t n;

	if (fl < 0 || fcntl(disk->target.fd, F_SETFL, fl & ~O_DIRECT))
		return -errno;
	while (done < disk->open_bytes) {
		n = pwrite(disk->target.fd, disk->open->copy + done, disk->open_bytes - done,
			   disk->offset + done);
		if (n > 0)
			done += n;
		else if (n == 0 || errno != EINTR)
			return n ? -errno : -EIO;
	}
	disk->offset += done;
	return 0;
}

int disk_finish(struct disk *disk, size_t frame)
{
	int err = disk->error;

	while (disk->under_way) {
		disk_reap(disk, true);
		err = disk->error;
	}
	if (!err && disk->open)
		err = disk_write_rest(disk);
	if (err && disk->good < disk->offset)
		disk->offset = disk->good;
	disk->offset -= disk->offset % frame;
	if (ftruncate(disk->target.fd, disk->offset) && !err)
		err = -errno;
	disk->synced = !fdatasync(disk->target.fd);
	if (!disk->synced && !err)
		err = -errno;
	return err;
}

bool disk_is_synced(const struct disk *disk)
{
	return disk->synced;
}

int disk_cut(struct disk *disk, uint64_t bytes)
{
	if (bytes >= disk->offset)
		return 0;
	disk->offset = bytes;
	return ftruncate(disk->target.fd, bytes) || fdatasync(disk->target.fd) ? -errno : 0;
}

uint64_t disk_bytes(const struct disk *disk)
{
	return disk->offset;
}

void disk_close(struct disk *disk)
{
	unsigned int i;

	if (!disk)
		return;
	while (disk->under_way)
		disk_reap(disk, true);
	io_uring_queue_exit(&disk->ring);
	for (i = 0; i < disk->depth; i++)
		free(disk->piece[i].copy);
	if (!disk->begun)
		target_drop(&disk->target);
	else if (disk->target.fd >= 0)
		close(disk->target.fd);
	free(disk);
}
