// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: odd disks kernels=6.1,7,debug
 * acqtest: ramp iommu kmod=vgem,cirrus device=cirrus-vga,romfile= kernels=6.12
 * acqtest: losing disks program=zerocopy-xdma kernels=7
 */
/*
 * The mapped ring as a source for others: disks, sockets, pipes, devices. That no
 * CPU copies the samples on their way to a disk is counted.
 */
#include "guest.h"

#include <arpa/inet.h>
#include <drm/drm.h>
#include <linux/errqueue.h>
#include <netinet/tcp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/utsname.h>

#define PIECE		(64 << 10)
#define PIECES		64

static char buf[PIECE] __attribute__((aligned(4096)));

struct view {
	int fd;
	struct acq_map map;
	const struct acq_meta *meta;
	const char *data;
};

/* A ring of whole pieces, for what is written must be aligned */
static void view_map(struct view *view)
{
	struct acq_config config = plain_config();
	void *map;

	view->fd = fresh();
	config.block_bytes = PIECE;
	config.ring_bytes = 64 * PIECE;
	configure(view->fd, config);
	card("speed 10");
	CHECK_EQ(ioctl(view->fd, ACQ_IOC_MAP, &view->map), 0);
	map = mmap(NULL, view->map.bytes, PROT_READ, MAP_SHARED, view->fd, 0);
	CHECK(map != MAP_FAILED);
	view->meta = map;
	view->data = map + view->meta->data_offset;
}

static void unview(struct view *view)
{
	munmap((void *)view->meta, view->map.bytes);
}

/* Piece number @n, when it is there; what was before it is given back. */
static const char *piece(struct view *view, uint64_t n)
{
	struct acq_advance at = {
		.run = view->map.run, .position = n * PIECE, .timeout_ns = ~0ULL,
	};

	do {
		at.flags = ACQ_ADVANCE_WAIT;
		CHECK_EQ(ioctl(view->fd, ACQ_IOC_ADVANCE, &at), 0);
		CHECK_EQ(at.gaps, 0);
		if (at.head < (n + 1) * PIECE)
			nap(5);
	} while (at.head < (n + 1) * PIECE);
	return view->data + n % view->meta->slots * PIECE;
}

static long long vmstat(const char *key)
{
	char line[200];
	long long value = 0;
	FILE *in = fopen("/proc/vmstat", "r");

	CHECK(in);
	while (fgets(line, sizeof(line), in)) {
		if (!strncmp(line, key, strlen(key)) && line[strlen(key)] == ' ')
			value = atoll(line + strlen(key));
	}
	fclose(in);
	return value;
}

/* Pages of a program that were pinned for a device, and pages of the cache copied to */
struct traffic {
	long long pinned, cached;
};

static struct traffic write_to(const char *disk, int flags)
{
	struct traffic traffic;
	struct view view;
	unsigned int i;
	int out = open(disk, O_WRONLY | O_CLOEXEC | flags);

	if (out < 0)
		SKIP("there is no %s", disk);
	view_map(&view);
	traffic.pinned = vmstat("nr_foll_pin_acquired");
	traffic.cached = vmstat("nr_dirtied");
	for (i = 0; i < PIECES; i++)
		CHECK_EQ(pwrite(out, piece(&view, i), PIECE, (off_t)i * PIECE), PIECE);
	traffic.pinned = vmstat("nr_foll_pin_acquired") - traffic.pinned;
	traffic.cached = vmstat("nr_dirtied") - traffic.cached;
	close(out);
	unview(&view);
	return traffic;
}

/*
 * A write either pins the ring's pages for the disk, or copies them into the page
 * cache: the kernel counts both.
 */
TEST(direct_writes_to_a_disk_copy_nothing)
{
	const long long pages = PIECES * PIECE / 4096;
	struct traffic direct, buffered;

	direct = write_to("/dev/nullb0", O_DIRECT);
	buffered = write_to("/dev/nullb0", 0);
	printf("# %lld pages to disk: direct %lld pinned, %lld copied; buffered %lld pinned, %lld copied\n",
	       pages, direct.pinned, direct.cached, buffered.pinned, buffered.cached);
	/* Counters are kept per processor and summed up a little later. */
	CHECK(direct.cached < pages / 8);
	CHECK(buffered.cached > pages - pages / 8);
	/* Before 6.3 direct writes took pages in a way that is not counted. */
	CHECK(direct.pinned == 0 || direct.pinned > pages - pages / 8);
	CHECK(buffered.pinned < pages / 8);
}

TEST(what_is_written_directly_is_what_was_sampled)
{
	int disk = open("/dev/ram0", O_RDWR | O_DIRECT | O_CLOEXEC);
	struct view view;
	unsigned int i;

	if (disk < 0)
		SKIP("there is no /dev/ram0");
	view_map(&view);
	for (i = 0; i < PIECES; i++)
		CHECK_EQ(pwrite(disk, piece(&view, i), PIECE, (off_t)i * PIECE), PIECE);
	unview(&view);
	for (i = 0; i < PIECES; i++) {
		CHECK_EQ(pread(disk, buf, PIECE, (off_t)i * PIECE), PIECE);
		CHECK(is_ramp(buf, PIECE, (uint64_t)i * PIECE / FRAME));
	}
	close(disk);
}

TEST(a_pipe_takes_pages)
{
	struct view view;
	struct iovec v;
	int ends[2];
	ssize_t n;

	CHECK_EQ(pipe(ends), 0);
	view_map(&view);
	v.iov_base = (void *)piece(&view, 0);
	v.iov_len = 8192;
	n = vmsplice(ends[1], &v, 1, 0);
	CHECK_EQ(n, 8192);
	CHECK_EQ(read(ends[0], buf, 8192), 8192);
	CHECK(is_ramp(buf, 8192, 0));
	close(ends[0]);
	close(ends[1]);
	unview(&view);
}

TEST(a_socket_sends_from_it)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int out = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), in, one = 1;
	struct sock_extended_err *told = NULL;
	char control[200];
	struct msghdr msg = { .msg_control = control, .msg_controllen = sizeof(control) };
	socklen_t length = sizeof(any);
	struct cmsghdr *c;
	struct view view;
	size_t have = 0;
	const char *data;

	CHECK_EQ(bind(s, (struct sockaddr *)&any, sizeof(any)), 0);
	CHECK_EQ(listen(s, 1), 0);
	CHECK_EQ(getsockname(s, (struct sockaddr *)&any, &length), 0);
	if (connect(out, (struct sockaddr *)&any, sizeof(any)))
		SKIP("there is no loopback");
	in = accept(s, NULL, NULL);
	CHECK(in >= 0);
	CHECK_EQ(setsockopt(out, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)), 0);

	view_map(&view);
	data = piece(&view, 0);
	CHECK_EQ(send(out, data, 16384, MSG_ZEROCOPY), 16384);
	while (have < 16384) {
		ssize_t n = read(in, buf + have, 16384 - have);

		CHECK(n > 0);
		have += n;
	}
	CHECK(is_ramp(buf, 16384, 0));
	/* When that has been told, the pages are the ring's alone again. */
	WAIT_FOR(recvmsg(out, &msg, MSG_ERRQUEUE) >= 0);
	for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_level == SOL_IP && c->cmsg_type == IP_RECVERR)
			told = (void *)CMSG_DATA(c);
	}
	CHECK(told);
	CHECK_EQ(told->ee_origin, SO_EE_ORIGIN_ZEROCOPY);
	close(in);
	close(out);
	close(s);
	unview(&view);
}

/* The first display device of that driver */
static int open_display(const char *driver)
{
	char path[40], name[20];
	int i, fd;

	for (i = 0; i < 4; i++) {
		struct drm_version version = { .name = name, .name_len = sizeof(name) - 1 };

		memset(name, 0, sizeof(name));
		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (!ioctl(fd, DRM_IOCTL_VERSION, &version) && !strcmp(name, driver))
			return fd;
		close(fd);
	}
	SKIP("there is no %s here", driver);
	return -1;
}

/* Attaches the display device and maps the pages for it, in both directions */
static int import(int display, int buffer, struct drm_prime_handle *prime)
{
	*prime = (struct drm_prime_handle){ .fd = buffer };
	return ioctl(display, DRM_IOCTL_PRIME_FD_TO_HANDLE, prime);
}

/* It could write, and nothing would keep it from that: it is no device at all. */
TEST(a_driver_that_could_write_gets_no_access)
{
	struct acq_export export = { .flags = O_CLOEXEC };
	int vgem = open_display("vgem");
	struct drm_prime_handle prime;
	unsigned int major, minor;
	int fields;
	struct utsname kernel;
	struct view view;

	CHECK_EQ(uname(&kernel), 0);
	fields = sscanf(kernel.release, "%u.%u", &major, &minor);
	CHECK_EQ(fields, 2);
	if (major > 6 || (major == 6 && minor > 16))
		SKIP("since 6.17 vgem maps nothing");
	view_map(&view);
	CHECK_EQ(ioctl(view.fd, ACQ_IOC_EXPORT, &export), 0);
	CHECK_ERR(import(vgem, export.fd, &prime), EACCES);
	close(export.fd);
	close(vgem);
	unview(&view);
}

TEST(a_device_behind_an_iommu_gets_to_read)
{
	struct acq_export export = { .flags = O_CLOEXEC };
	int display = open_display("cirrus"), mine;
	struct drm_prime_handle prime;
	struct drm_gem_close gone = {};
	struct view view;

	view_map(&view);
	CHECK_EQ(ioctl(view.fd, ACQ_IOC_EXPORT, &export), 0);
	CHECK_EQ(import(display, export.fd, &prime), 0);
	close(export.fd);
	/* It has it still when reader and run are gone. */
	unview(&view);
	close_all();
	mine = fresh();
	read_all(mine, buf, sizeof(buf));
	CHECK(is_ramp(buf, sizeof(buf), 0));
	gone.handle = prime.handle;
	CHECK_EQ(ioctl(display, DRM_IOCTL_GEM_CLOSE, &gone), 0);
	close(display);
}

HARNESS_MAIN
