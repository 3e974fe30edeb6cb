// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: none
 */
/*
 * A disk in memory whose power can be cut, for powercut.sh. Like a real one it has a cache that
 * forgets: what was written since the last flush may be on it afterwards or not, sector by
 * sector, and not in the order in which it was written.
 *
 * powercut disk DEVICE MIB SOCKET: serves DEVICE (/dev/nbd0) until SOCKET says quit
 *
 * powercut tell SOCKET COMMAND: one command to it; prints the answer
 *	cut AFTER SEED [PID]	the power goes after so many more writes and flushes: all fails
 *				from then on, and the process is killed before it sees that
 *	fail AFTER LEAST	after so many more, writes of LEAST bytes or more fail; of 0:
 *				flushes, too
 *	heal			nothing fails any more
 *	on			a new connection, with what survived; nobody may have DEVICE open
 *	keep			what is on it now is to be had again by
 *	fresh			the same as "on", with that
 *	state			on, off or failing, and counters
 *	quit
 *
 * powercut write FILE BYTES HOW: numbered blocks by direct I/O; says on stdout how much it takes
 * for safe. HOW: "sync" after each 64 KiB, "dsync" each write, "lie": never
 *
 * powercut verify FILE BYTES: whether so many are there; says how many are
 */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/nbd.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECTOR		512
#define LARGEST		(32 << 20)	/* bytes of one request */
#define NEVER		UINT64_MAX

/* One write that no flush has made safe yet */
struct volatile_write {
	struct volatile_write *next;
	uint64_t number, offset;
	uint32_t length;
	uint8_t data[];
};

static struct disk {
	const char *device;
	int fd, sock;
	pid_t kernel;			/* the process that is in NBD_DO_IT */
	uint64_t size;
	uint8_t *now;			/* what reads get */
	uint8_t *safe;			/* what survives in any case */
	uint8_t *kept;			/* for "fresh" */
	uint64_t *safe_since;		/* for each sector: the write that @safe has there */
	struct volatile_write *first, **last;
	uint64_t number;		/* of the last write or flush */
	uint64_t cut_at, fail_at;
	uint32_t fail_least;
	unsigned int seed;
	pid_t victim;
	bool off;
	uint64_t writes, flushes, fua, unsafe, dropped, survived;
} disk = { .last = &disk.first, .cut_at = NEVER, .fail_at = NEVER };

static void disk_die(const char *what)
{
	fprintf(stderr, "powercut: %s: %s\n", what, strerror(errno));
	exit(1);
}

static bool disk_whole(ssize_t (*move)(int fd, void *at, size_t bytes), int fd, void *at,
		       size_t bytes)
{
	ssize_t n;

	for (; bytes; bytes -= n, at = (char *)at + n) {
		n = move(fd, at, bytes);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n <= 0)
			return false;
	}
	return true;
}

static ssize_t disk_send(int fd, void *at, size_t bytes)
{
	return write(fd, at, bytes);
}

static void disk_keep(const struct volatile_write *one, uint32_t at)
{
	uint64_t sector = (one->offset + at) / SECTOR;

	if (disk.safe_since[sector] > one->number)
		return;
	memcpy(disk.safe + one->offset + at, one->data + at, SECTOR);
	disk.safe_since[sector] = one->number;
	disk.survived += SECTOR;
}

/* What becomes of each write that was not flushed: it is lost, there, or torn. */
static void disk_cut(void)
{
	struct volatile_write *one;
	unsigned int mode;
	uint32_t at;
	int of_eight;

	if (disk.victim)
		kill(disk.victim, SIGKILL);
	srandom(disk.seed);
	/* at times all is lost, or nothing */
	of_eight = random() % 9;
	disk.survived = 0;
	disk.dropped = 0;
	while ((one = disk.first)) {
		mode = random() % 8;
		for (at = 0; at < one->length; at += SECTOR) {
			if (mode < 4 ? mode * 2 < (unsigned int)of_eight : random() % 8 < of_eight)
				disk_keep(one, at);
			else
				disk.dropped += SECTOR;
		}
		disk.first = one->next;
		free(one);
	}
	disk.last = &disk.first;
	disk.unsafe = 0;
	disk.off = true;
	disk.cut_at = NEVER;
}

static void disk_flush(void)
{
	struct volatile_write *one;
	uint32_t at;

	while ((one = disk.first)) {
		for (at = 0; at < one->length; at += SECTOR)
			disk_keep(one, at);
		disk.first = one->next;
		free(one);
	}
	disk.last = &disk.first;
	disk.unsafe = 0;
}

static void disk_write(uint64_t offset, uint32_t length, const uint8_t *data, bool fua)
{
	struct volatile_write *one = malloc(sizeof(*one) + length);
	uint32_t at;

	if (!one)
		disk_die("malloc");
	*one = (struct volatile_write){ .number = disk.number, .offset = offset, .length = length };
	memcpy(one->data, data, length);
	memcpy(disk.now + offset, data, length);
	if (!fua) {
		*disk.last = one;
		disk.last = &one->next;
		disk.unsafe += length;
		return;
	}
	for (at = 0; at < length; at += SECTOR)
		disk_keep(one, at);
	free(one);
	disk.fua++;
}

/* What one request comes to: 0, or the error that it gets. */
static uint32_t disk_do(uint32_t type, bool fua, uint64_t offset, uint32_t length, uint8_t *data)
{
	bool changes = type == NBD_CMD_WRITE || type == NBD_CMD_FLUSH;

	if (offset > disk.size || length > disk.size - offset)
		return EINVAL;
	disk.number += changes;
	if (changes && disk.number > disk.cut_at) {
		/* that one, too, may be there in part */
		if (type == NBD_CMD_WRITE)
			disk_write(offset, length, data, false);
		disk_cut();
	}
	if (disk.off)
		return EIO;
	if (changes && disk.number > disk.fail_at &&
	    (type == NBD_CMD_WRITE ? length >= disk.fail_least : !disk.fail_least))
		return EIO;
	switch (type) {
	case NBD_CMD_READ:
		memcpy(data, disk.now + offset, length);
		return 0;
	case NBD_CMD_WRITE:
		disk.writes++;
		disk_write(offset, length, data, fua);
		return 0;
	case NBD_CMD_FLUSH:
		disk.flushes++;
		disk_flush();
		return 0;
	}
	return EINVAL;
}

/* False when the kernel has hung up. */
static bool disk_serve(void)
{
	static uint8_t data[LARGEST];
	struct nbd_request request;
	struct nbd_reply reply = { .magic = htobe32(NBD_REPLY_MAGIC) };
	uint32_t type, length;

	if (!disk_whole(read, disk.sock, &request, sizeof(request)))
		return false;
	type = be32toh(request.type);
	length = be32toh(request.len);
	if (be32toh(request.magic) != NBD_REQUEST_MAGIC || length > LARGEST)
		disk_die("a request that is none");
	if ((type & 0xffff) == NBD_CMD_DISC)
		return false;
	if ((type & 0xffff) == NBD_CMD_WRITE && !disk_whole(read, disk.sock, data, length))
		return false;
	reply.error = htobe32(disk_do(type & 0xffff, type & NBD_CMD_FLAG_FUA,
				      be64toh(request.from), length, data));
	memcpy(reply.handle, request.handle, sizeof(reply.handle));
	if (!disk_whole(disk_send, disk.sock, &reply, sizeof(reply)))
		return false;
	if ((type & 0xffff) == NBD_CMD_READ && !reply.error)
		return disk_whole(disk_send, disk.sock, data, length);
	return true;
}

static void disk_connect(void)
{
	unsigned long flags = NBD_FLAG_HAS_FLAGS | NBD_FLAG_SEND_FLUSH | NBD_FLAG_SEND_FUA;
	int pair[2];

	/* what stands of the last connection goes with its last file */
	disk.fd = open(disk.device, O_RDWR);
	if (disk.fd < 0)
		disk_die(disk.device);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		disk_die("socketpair");
	if (ioctl(disk.fd, NBD_SET_BLKSIZE, (unsigned long)SECTOR) ||
	    ioctl(disk.fd, NBD_SET_SIZE_BLOCKS, (unsigned long)(disk.size / SECTOR)) ||
	    ioctl(disk.fd, NBD_CLEAR_SOCK) || ioctl(disk.fd, NBD_SET_SOCK, pair[0]) ||
	    ioctl(disk.fd, NBD_SET_FLAGS, flags))
		disk_die(disk.device);
	disk.kernel = fork();
	if (!disk.kernel) {
		close(pair[1]);
		ioctl(disk.fd, NBD_DO_IT);
		_exit(0);
	}
	close(pair[0]);
	disk.sock = pair[1];
}

static void disk_disconnect(void)
{
	close(disk.sock);
	waitpid(disk.kernel, NULL, 0);
	ioctl(disk.fd, NBD_CLEAR_SOCK);
	close(disk.fd);
	disk.sock = -1;
}

/* The machine is started anew: what is in the cache is what has survived. */
static void disk_on(bool fresh)
{
	disk_disconnect();
	if (fresh) {
		disk_flush();
		memcpy(disk.safe, disk.kept, disk.size);
	}
	if (fresh || disk.off)
		memcpy(disk.now, disk.safe, disk.size);
	disk.off = false;
	disk.cut_at = NEVER;
	disk.fail_at = NEVER;
	disk_connect();
}

static bool disk_command(const char *line, int to)
{
	unsigned long long after, value, victim = 0;

	if (sscanf(line, "cut %llu %llu %llu", &after, &value, &victim) >= 2) {
		disk.seed = value;
		disk.victim = victim;
		disk.cut_at = disk.number + after;
		if (!after)
			disk_cut();
	} else if (sscanf(line, "fail %llu %llu", &after, &value) == 2) {
		disk.fail_least = value;
		disk.fail_at = disk.number + after;
	} else if (!strcmp(line, "heal")) {
		disk.fail_at = NEVER;
	} else if (!strcmp(line, "on") || !strcmp(line, "fresh")) {
		disk_on(!strcmp(line, "fresh"));
	} else if (!strcmp(line, "keep")) {
		memcpy(disk.kept, disk.now, disk.size);
	} else if (strcmp(line, "state") && strcmp(line, "quit")) {
		dprintf(to, "error: what is '%s'?\n", line);
		return true;
	}
	dprintf(to, "%s writes=%" PRIu64 " flushes=%" PRIu64 " fua=%" PRIu64 " unsafe=%" PRIu64
		" survived=%" PRIu64 " dropped=%" PRIu64 "\n",
		disk.off ? "off" : disk.number > disk.fail_at ? "failing" : "on", disk.writes,
		disk.flushes, disk.fua, disk.unsafe, disk.survived, disk.dropped);
	return strcmp(line, "quit");
}

static int disk_socket(const char *path, bool listens)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	struct sockaddr *to = (struct sockaddr *)&name;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
	if (listens)
		unlink(path);
	if (listens ? bind(fd, to, sizeof(name)) || listen(fd, 8) : connect(fd, to, sizeof(name)))
		disk_die(path);
	return fd;
}

/* False when it is to end. */
static bool disk_hear(int control)
{
	char line[256] = "";
	bool stays = true;
	int fd;

	fd = accept(control, NULL, NULL);
	if (fd < 0)
		return true;
	if (read(fd, line, sizeof(line) - 1) > 0) {
		line[strcspn(line, "\n")] = 0;
		stays = disk_command(line, fd);
	}
	close(fd);
	return stays;
}

static void *disk_memory(size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		disk_die("mmap");
	return at;
}

static int disk_main(const char *device, const char *mib, const char *path)
{
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };

	signal(SIGPIPE, SIG_IGN);
	disk.device = device;
	disk.size = strtoull(mib, NULL, 10) << 20;
	disk.now = disk_memory(disk.size);
	disk.safe = disk_memory(disk.size);
	disk.kept = disk_memory(disk.size);
	disk.safe_since = disk_memory(disk.size / SECTOR * sizeof(*disk.safe_since));
	fds[1].fd = disk_socket(path, true);
	disk_connect();
	for (;;) {
		fds[0].fd = disk.sock;
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			disk_die("poll");
		if (fds[0].revents && !disk_serve()) {
			disk_disconnect();
			return 0;
		}
		if (fds[1].revents && !disk_hear(fds[1].fd))
			break;
	}
	disk_disconnect();
	return 0;
}

static int tell_main(const char *path, char **words)
{
	char line[256] = "";
	int fd = disk_socket(path, false);
	size_t n = 0;
	ssize_t got;

	for (; *words; words++)
		n += snprintf(line + n, sizeof(line) - n, "%s%c", *words, words[1] ? ' ' : '\n');
	if (write(fd, line, n) != (ssize_t)n)
		disk_die(path);
	got = read(fd, line, sizeof(line) - 1);
	if (got <= 0)
		disk_die(path);
	line[got] = 0;
	fputs(line, stdout);
	return !strncmp(line, "error", 5);
}

/* Each eight bytes are their own place, so that nothing old passes for it. */
static void written_fill(uint64_t *block, size_t bytes, uint64_t from)
{
	size_t i;

	for (i = 0; i < bytes / 8; i++)
		block[i] = htole64(from + 8 * i + 1);
}

static int write_main(const char *path, const char *bytes, const char *how)
{
	uint64_t *block = aligned_alloc(4096, 4096), at, end = strtoull(bytes, NULL, 10);
	int flags = O_RDWR | O_CREAT | O_DIRECT | (strcmp(how, "dsync") ? 0 : O_DSYNC);
	int fd = open(path, flags, 0644);

	if (fd < 0)
		disk_die(path);
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (at = 0; at < end; ) {
		written_fill(block, 4096, at);
		if (pwrite(fd, block, 4096, at) != 4096)
			return 1;
		at += 4096;
		if (strcmp(how, "sync"))
			printf("%" PRIu64 "\n", at);
		else if (!(at % 65536) && (fdatasync(fd) || printf("%" PRIu64 "\n", at) < 0))
			return 1;
	}
	return 0;
}

static int verify_main(const char *path, const char *bytes)
{
	uint64_t block[512], wanted[512], at = 0, end = strtoull(bytes, NULL, 10);
	int fd = open(path, O_RDONLY);

	for (; at < end && fd >= 0; at += 4096) {
		written_fill(wanted, 4096, at);
		if (pread(fd, block, 4096, at) != 4096 || memcmp(block, wanted, 4096))
			break;
	}
	printf("%" PRIu64 " of %" PRIu64 " bytes\n", at, end);
	return at < end;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (argc == 5 && !strcmp(what, "disk"))
		return disk_main(argv[2], argv[3], argv[4]);
	if (argc > 3 && !strcmp(what, "tell"))
		return tell_main(argv[2], argv + 3);
	if (argc == 5 && !strcmp(what, "write"))
		return write_main(argv[2], argv[3], argv[4]);
	if (argc == 4 && !strcmp(what, "verify"))
		return verify_main(argv[2], argv[3]);
	fputs("usage: powercut disk|tell|write|verify ...: see its source\n", stderr);
	return 2;
}
