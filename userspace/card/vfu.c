// SPDX-License-Identifier: GPL-2.0-only
/*
 * A vfio-user server for one PCI device and one client at a time.
 *
 * The protocol is specified in QEMU's docs/interop/vfio-user.rst.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <linux/vfio.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "listen.h"
#include "vfu.h"

enum {
	CMD_VERSION = 1,
	CMD_DMA_MAP,
	CMD_DMA_UNMAP,
	CMD_GET_INFO,
	CMD_GET_REGION_INFO,
	CMD_GET_REGION_IO_FDS,
	CMD_GET_IRQ_INFO,
	CMD_SET_IRQS,
	CMD_REGION_READ,
	CMD_REGION_WRITE,
	CMD_DMA_READ,
	CMD_DMA_WRITE,
	CMD_DEVICE_RESET,
};

#define FLAG_TYPE	0xf
#define FLAG_REPLY	0x1
#define FLAG_NO_REPLY	0x10
#define FLAG_ERROR	0x20

#define MAX_TRANSFER	(1u << 20)	/* data in one message */
#define MAX_FDS		8
#define MAX_MESSAGE	(MAX_TRANSFER + 64)
#define MAX_MAPS	65535
#define PAGE		4096u		/* the granularity announced to the client */
#define PATIENCE_MS	5000		/* for a peer that has begun to send, or owes a reply */

struct header {
	uint16_t id;
	uint16_t command;
	uint32_t size;
	uint32_t flags;
	uint32_t error;
};

struct version {
	uint16_t major;
	uint16_t minor;
};

struct dma_map_request {
	uint32_t argsz;
	uint32_t flags;
	uint64_t offset;
	uint64_t addr;
	uint64_t size;
};

#define MAP_READ	1u
#define MAP_WRITE	2u

struct dma_unmap_request {
	uint32_t argsz;
	uint32_t flags;
	uint64_t addr;
	uint64_t size;
};

#define UNMAP_ALL	2u

struct device_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t regions;
	uint32_t irqs;
};

struct region_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t cap_offset;
	uint64_t size;
	uint64_t offset;
};

struct irq_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t count;
};

struct irq_set {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t start;
	uint32_t count;
};

struct region_access {
	uint64_t offset;
	uint32_t region;
	uint32_t count;
};

struct dma_access {
	uint64_t addr;
	uint64_t count;
};

/* A piece of the client's memory; @host is NULL if it is reached by messages. */
struct map {
	uint64_t addr;
	uint64_t size;
	uint8_t *host;
	uint32_t flags;
};

struct vector {
	int fd;
	bool pending;
};

struct message {
	struct header header;
	uint8_t *payload;	/* MAX_MESSAGE bytes */
	size_t have;		/* bytes, the header's included */
	int fds[MAX_FDS];
	unsigned int fd_count;
};

struct vfu {
	struct vfu_device device;
	const struct vfu_ops *ops;
	void *owner;
	bool verbose;
	char *path;
	int listener;
	int client;
	bool greeted;
	bool broken;		/* the client has to be dropped */
	bool dispatching;
	uint32_t client_transfer;
	uint16_t next_id;

	struct message in;
	uint8_t *reply;

	bool waiting;		/* for the reply to @wait_id, a DMA message */
	uint16_t wait_id;
	bool arrived;
	int wait_error;
	void *wait_buf;		/* where a read's data go */
	size_t wait_count;

	struct map *maps;	/* by ascending address, not overlapping */
	size_t map_count;
	size_t map_room;

	struct vector vectors[VFU_IRQS][VFU_VECTORS];
	bool intx_masked;
};

static void __attribute__((format(printf, 2, 3))) note(struct vfu *v, const char *format, ...)
{
	va_list args;

	if (!v->verbose)
		return;
	va_start(args, format);
	fputs("acq-card: vfio-user: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The client's memory */

static uint64_t map_last(const struct map *m)
{
	return m->addr + (m->size - 1);
}

/* Index of the first map that ends at or behind @addr. */
static size_t map_at(const struct vfu *v, uint64_t addr)
{
	size_t low = 0, high = v->map_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (map_last(&v->maps[mid]) < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int map_insert(struct vfu *v, size_t at, const struct map *m)
{
	if (v->map_count == MAX_MAPS)
		return -ENOSPC;
	if (v->map_count == v->map_room) {
		size_t room = v->map_room ? v->map_room * 2 : 16;
		struct map *maps = realloc(v->maps, room * sizeof(*maps));

		if (!maps)
			return -ENOMEM;
		v->maps = maps;
		v->map_room = room;
	}
	memmove(v->maps + at + 1, v->maps + at, (v->map_count - at) * sizeof(*m));
	v->maps[at] = *m;
	v->map_count++;
	return 0;
}

static void map_remove(struct vfu *v, size_t at)
{
	v->map_count--;
	memmove(v->maps + at, v->maps + at + 1, (v->map_count - at) * sizeof(*v->maps));
}

/* Takes [@first, @last] out of the table, cutting maps that reach beyond it. */
static int unmap_range(struct vfu *v, uint64_t first, uint64_t last)
{
	size_t at = map_at(v, first);

	while (at < v->map_count && v->maps[at].addr <= last) {
		struct map *m = &v->maps[at];
		uint64_t from = m->addr > first ? m->addr : first;
		uint64_t to = map_last(m) < last ? map_last(m) : last;
		struct map rest = {
			.addr = to + 1,
			.size = map_last(m) - to,
			.host = m->host ? m->host + (to + 1 - m->addr) : NULL,
			.flags = m->flags,
		};
		uint64_t left = from - m->addr;
		uint8_t *gone = m->host ? m->host + left : NULL;
		int error;

		if (left && rest.size) {
			error = map_insert(v, at + 1, &rest);
			if (error)
				return error;
			v->maps[at].size = left;
			at += 2;
		} else if (left) {
			m->size = left;
			at++;
		} else if (rest.size) {
			*m = rest;
			at++;
		} else {
			map_remove(v, at);
		}
		if (gone)
			munmap(gone, to - from + 1);
	}
	return 0;
}

static int dma_map(struct vfu *v, struct message *m, size_t bytes)
{
	struct dma_map_request r;
	struct map map = { 0 };
	struct stat st;
	size_t at;
	int prot, error;

	if (bytes < sizeof(r))
		return -EINVAL;
	memcpy(&r, m->payload, sizeof(r));
	if (r.argsz < sizeof(r) || !r.flags || r.flags & ~(MAP_READ | MAP_WRITE) || !r.size ||
	    r.addr + (r.size - 1) < r.addr || (r.addr | r.size) % PAGE || m->fd_count > 1)
		return -EINVAL;
	at = map_at(v, r.addr);
	if (at < v->map_count && v->maps[at].addr <= r.addr + (r.size - 1))
		return -EEXIST;
	map.addr = r.addr;
	map.size = r.size;
	map.flags = r.flags;
	if (m->fd_count) {
		/* Behind the end of its file an access to memory is deadly. */
		if (r.offset % PAGE || r.offset > INT64_MAX || r.size > INT64_MAX ||
		    fstat(m->fds[0], &st))
			return -EINVAL;
		if (S_ISREG(st.st_mode) && (r.offset > (uint64_t)st.st_size ||
					    r.size > (uint64_t)st.st_size - r.offset))
			return -EINVAL;
		prot = (r.flags & MAP_READ ? PROT_READ : 0) |
		       (r.flags & MAP_WRITE ? PROT_READ | PROT_WRITE : 0);
		map.host = mmap(NULL, r.size, prot, MAP_SHARED, m->fds[0], (off_t)r.offset);
		if (map.host == MAP_FAILED)
			return -errno;
	}
	error = map_insert(v, at, &map);
	if (error && map.host)
		munmap(map.host, map.size);
	note(v, "map %#" PRIx64 " + %#" PRIx64 "%s", r.addr, r.size, map.host ? "" : ", no fd");
	return error;
}

static int dma_unmap(struct vfu *v, struct message *m, size_t bytes)
{
	struct dma_unmap_request r;

	if (bytes < sizeof(r))
		return -EINVAL;
	memcpy(&r, m->payload, sizeof(r));
	if (r.argsz < sizeof(r) || r.flags & ~UNMAP_ALL)
		return -EINVAL;
	note(v, "unmap %#" PRIx64 " + %#" PRIx64 "%s", r.addr, r.size,
	     r.flags & UNMAP_ALL ? ", all" : "");
	if (r.flags & UNMAP_ALL)
		return r.addr || r.size ? -EINVAL : unmap_range(v, 0, UINT64_MAX);
	if (!r.size || r.addr + (r.size - 1) < r.addr || (r.addr | r.size) % PAGE)
		return -EINVAL;
	return unmap_range(v, r.addr, r.addr + (r.size - 1));
}

/* Sending and receiving */

static void give_up(struct vfu *v, const char *why)
{
	if (!v->broken)
		note(v, "dropping the client: %s", why);
	v->broken = true;
}

static int send_message(struct vfu *v, const struct header *h, const void *a, size_t a_bytes,
			const void *b, size_t b_bytes)
{
	struct iovec iov[3] = {
		{ (void *)h, sizeof(*h) }, { (void *)a, a_bytes }, { (void *)b, b_bytes },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 3 };
	size_t left = sizeof(*h) + a_bytes + b_bytes;
	int64_t end = now_ms() + PATIENCE_MS;

	while (left) {
		struct pollfd p = { .fd = v->client, .events = POLLOUT };
		ssize_t n = sendmsg(v->client, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN && now_ms() < end) {
			poll(&p, 1, 100);
			continue;
		}
		if (n < 0) {
			give_up(v, strerror(errno));
			return -ENOTCONN;
		}
		left -= (size_t)n;
		while (n) {
			size_t part = msg.msg_iov->iov_len;

			if (part > (size_t)n)
				part = (size_t)n;
			msg.msg_iov->iov_base = (uint8_t *)msg.msg_iov->iov_base + part;
			msg.msg_iov->iov_len -= part;
			n -= (ssize_t)part;
			if (!msg.msg_iov->iov_len && msg.msg_iovlen > 1) {
				msg.msg_iov++;
				msg.msg_iovlen--;
			}
		}
	}
	return 0;
}

static void close_fds(struct message *m)
{
	while (m->fd_count)
		close(m->fds[--m->fd_count]);
}

/* Receives up to @want bytes; 0 if there are none now, else a negative errno. */
static ssize_t receive(struct vfu *v, void *to, size_t want)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int) * MAX_FDS)];
		struct cmsghdr align;
	} control;
	struct iovec iov = { to, want };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	struct message *m = &v->in;
	struct cmsghdr *c;
	ssize_t n;

	do
		n = recvmsg(v->client, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		size_t count;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
			if (m->fd_count < MAX_FDS)
				m->fds[m->fd_count++] = fd;
			else
				close(fd);
		}
	}
	if (msg.msg_flags & MSG_CTRUNC)
		return -EMSGSIZE;
	return n ? n : -ENOTCONN;
}

/* Interrupts */

static void signal_vector(struct vector *i)
{
	uint64_t one = 1;

	i->pending = false;
	/* The eventfd does not block; full, it signals already. */
	if (write(i->fd, &one, sizeof(one)) < 0)
		i->pending = errno != EAGAIN;
}

static void take_vector(struct vector *i)
{
	if (i->fd >= 0)
		close(i->fd);
	i->fd = -1;
}

void vfu_irq(struct vfu *v, unsigned int index, unsigned int vector)
{
	struct vector *i = &v->vectors[index][vector];

	if (i->fd < 0)
		i->pending = true;
	else
		signal_vector(i);
}

void vfu_intx(struct vfu *v)
{
	if (v->intx_masked)
		return;
	/* The client masks the line by itself until it says UNMASK. */
	v->intx_masked = v->vectors[VFU_INTX][0].fd >= 0;
	vfu_irq(v, VFU_INTX, 0);
}

static int assign_vectors(struct vfu *v, struct message *m, const struct irq_set *r)
{
	if (m->fd_count && m->fd_count != r->count)
		return -EINVAL;
	for (uint32_t n = 0; n < r->count; n++) {
		struct vector *i = &v->vectors[r->index][r->start + n];

		take_vector(i);
		if (!m->fd_count)
			continue;
		i->fd = m->fds[n];
		m->fds[n] = -1;
		fcntl(i->fd, F_SETFL, fcntl(i->fd, F_GETFL) | O_NONBLOCK);
		if (r->index == VFU_INTX) {
			/* the level counts, not what was */
			i->pending = false;
			v->intx_masked = false;
			if (v->ops->intx(v->owner))
				vfu_intx(v);
		} else if (i->pending) {
			signal_vector(i);
		}
	}
	if (m->fd_count)
		m->fd_count = 0;	/* all of them are taken */
	return 0;
}

static int set_irqs(struct vfu *v, struct message *m, size_t bytes)
{
	const uint32_t action = VFIO_IRQ_SET_ACTION_TYPE_MASK, data = VFIO_IRQ_SET_DATA_TYPE_MASK;
	struct irq_set r;

	if (bytes < sizeof(r))
		return -EINVAL;
	memcpy(&r, m->payload, sizeof(r));
	if (r.argsz < sizeof(r) || r.index >= VFU_IRQS || r.flags & ~(action | data) ||
	    r.start > v->device.irqs[r.index] || r.count > v->device.irqs[r.index] - r.start)
		return -EINVAL;
	note(v, "irq index %u, flags %#x, start %u, count %u, %u fds", r.index, r.flags, r.start,
	     r.count, m->fd_count);

	switch (r.flags) {
	case VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER:
		return assign_vectors(v, m, &r);
	case VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER:
		for (uint32_t n = 0; !r.count && n < v->device.irqs[r.index]; n++)
			take_vector(&v->vectors[r.index][n]);
		for (uint32_t n = 0; n < r.count; n++)
			vfu_irq(v, r.index, r.start + n);
		return 0;
	case VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_ACTION_TRIGGER:
		if (bytes < sizeof(r) + r.count)
			return -EINVAL;
		for (uint32_t n = 0; n < r.count; n++) {
			if (m->payload[sizeof(r) + n])
				vfu_irq(v, r.index, r.start + n);
		}
		return 0;
	case VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_MASK:
		if (r.index != VFU_INTX)
			return -ENOTSUP;
		v->intx_masked = true;
		return 0;
	case VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK:
		if (r.index != VFU_INTX)
			return -ENOTSUP;
		v->intx_masked = false;
		if (v->ops->intx(v->owner))
			vfu_intx(v);
		return 0;
	default:
		return -EINVAL;
	}
}

/* Commands: the bytes of the reply's payload, or a negative errno */

static uint32_t json_limit(struct json_object *capabilities, const char *key, uint32_t fallback)
{
	struct json_object *value;
	int64_t n;

	if (!json_object_object_get_ex(capabilities, key, &value))
		return fallback;
	n = json_object_get_int64(value);
	return n > 0 && n < fallback ? (uint32_t)n : fallback;
}

static ssize_t do_version(struct vfu *v, struct message *m, size_t bytes)
{
	static const char answer[] =
		"{\"capabilities\":"
		"{\"max_msg_fds\":8,\"max_data_xfer_size\":1048576,\"pgsizes\":4096}}";
	struct version version;
	struct json_object *json, *capabilities;

	if (bytes < sizeof(version))
		return -EINVAL;
	memcpy(&version, m->payload, sizeof(version));
	if (version.major)
		return -EINVAL;
	v->client_transfer = MAX_TRANSFER;
	if (bytes > sizeof(version)) {
		const char *text = (const char *)m->payload + sizeof(version);

		if (text[bytes - sizeof(version) - 1])
			return -EINVAL;
		json = json_tokener_parse(text);
		if (!json_object_is_type(json, json_type_object)) {
			json_object_put(json);
			return -EINVAL;
		}
		if (json_object_object_get_ex(json, "capabilities", &capabilities))
			v->client_transfer = json_limit(capabilities, "max_data_xfer_size",
							MAX_TRANSFER);
		json_object_put(json);
	}
	version.minor = 0;
	memcpy(v->reply, &version, sizeof(version));
	memcpy(v->reply + sizeof(version), answer, sizeof(answer));
	v->greeted = true;
	return (ssize_t)(sizeof(version) + sizeof(answer));
}

static ssize_t do_device_info(struct vfu *v, struct message *m, size_t bytes)
{
	struct device_info i;

	if (bytes < sizeof(i))
		return -EINVAL;
	memcpy(&i, m->payload, sizeof(i));
	if (i.argsz < sizeof(i))
		return -EINVAL;
	i.argsz = sizeof(i);
	i.flags = VFIO_DEVICE_FLAGS_RESET | VFIO_DEVICE_FLAGS_PCI;
	i.regions = VFU_REGIONS;
	i.irqs = VFU_IRQS;
	memcpy(v->reply, &i, sizeof(i));
	return sizeof(i);
}

static ssize_t do_region_info(struct vfu *v, struct message *m, size_t bytes)
{
	struct region_info i;

	if (bytes < sizeof(i))
		return -EINVAL;
	memcpy(&i, m->payload, sizeof(i));
	if (i.argsz < sizeof(i) || i.index >= VFU_REGIONS)
		return -EINVAL;
	i.argsz = sizeof(i);
	i.size = v->device.region_bytes[i.index];
	i.flags = i.size ? VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE : 0;
	i.cap_offset = 0;
	i.offset = 0;
	memcpy(v->reply, &i, sizeof(i));
	return sizeof(i);
}

static ssize_t do_irq_info(struct vfu *v, struct message *m, size_t bytes)
{
	struct irq_info i;

	if (bytes < sizeof(i))
		return -EINVAL;
	memcpy(&i, m->payload, sizeof(i));
	if (i.argsz < sizeof(i) || i.index >= VFU_IRQS)
		return -EINVAL;
	i.argsz = sizeof(i);
	i.count = v->device.irqs[i.index];
	i.flags = i.count ? VFIO_IRQ_INFO_EVENTFD : 0;
	if (i.count && i.index == VFU_INTX)
		i.flags |= VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED;
	memcpy(v->reply, &i, sizeof(i));
	return sizeof(i);
}

static int check_access(struct vfu *v, const struct region_access *a)
{
	uint64_t room;

	if (a->region >= VFU_REGIONS || !a->count || a->count > MAX_TRANSFER)
		return -EINVAL;
	room = v->device.region_bytes[a->region];
	if (a->offset > room || a->count > room - a->offset)
		return -EINVAL;
	return 0;
}

static ssize_t do_region_read(struct vfu *v, struct message *m, size_t bytes)
{
	struct region_access a;
	int error;

	if (bytes < sizeof(a))
		return -EINVAL;
	memcpy(&a, m->payload, sizeof(a));
	error = check_access(v, &a);
	if (!error)
		error = v->ops->read(v->owner, a.region, a.offset, v->reply + sizeof(a), a.count);
	if (error)
		return error;
	memcpy(v->reply, &a, sizeof(a));
	return (ssize_t)(sizeof(a) + a.count);
}

static ssize_t do_region_write(struct vfu *v, struct message *m, size_t bytes)
{
	struct region_access a;
	int error;

	if (bytes < sizeof(a))
		return -EINVAL;
	memcpy(&a, m->payload, sizeof(a));
	error = check_access(v, &a);
	if (!error && bytes != sizeof(a) + a.count)
		error = -EINVAL;
	if (!error)
		error = v->ops->write(v->owner, a.region, a.offset, m->payload + sizeof(a),
				      a.count);
	if (error)
		return error;
	memcpy(v->reply, &a, sizeof(a));
	return sizeof(a);
}

static ssize_t carry_out(struct vfu *v, struct message *m, size_t bytes)
{
	int error;

	if (!v->greeted && m->header.command != CMD_VERSION)
		return -EINVAL;
	switch (m->header.command) {
	case CMD_VERSION:
		return v->greeted ? -EINVAL : do_version(v, m, bytes);
	case CMD_DMA_MAP:
		return dma_map(v, m, bytes);
	case CMD_DMA_UNMAP:
		error = dma_unmap(v, m, bytes);
		if (error)
			return error;
		memcpy(v->reply, m->payload, sizeof(struct dma_unmap_request));
		return sizeof(struct dma_unmap_request);
	case CMD_GET_INFO:
		return do_device_info(v, m, bytes);
	case CMD_GET_REGION_INFO:
		return do_region_info(v, m, bytes);
	case CMD_GET_IRQ_INFO:
		return do_irq_info(v, m, bytes);
	case CMD_SET_IRQS:
		return set_irqs(v, m, bytes);
	case CMD_REGION_READ:
		return do_region_read(v, m, bytes);
	case CMD_REGION_WRITE:
		return do_region_write(v, m, bytes);
	case CMD_DEVICE_RESET:
		note(v, "reset");
		v->ops->reset(v->owner);
		return 0;
	default:
		return -ENOTSUP;
	}
}

static void take_command(struct vfu *v, struct message *m, size_t bytes)
{
	struct header h = m->header;
	ssize_t n;

	v->dispatching = true;
	n = carry_out(v, m, bytes);
	v->dispatching = false;
	if (n < 0)
		note(v, "command %u: %s", h.command, strerror((int)-n));
	if (h.flags & FLAG_NO_REPLY)
		return;
	h.flags = FLAG_REPLY | (n < 0 ? FLAG_ERROR : 0);
	h.error = n < 0 ? (uint32_t)-n : 0;
	h.size = (uint32_t)(sizeof(h) + (n > 0 ? (size_t)n : 0));
	send_message(v, &h, v->reply, n > 0 ? (size_t)n : 0, NULL, 0);
}

/* A reply: to the DMA message that is waited for, or too late to matter. */
static void take_reply(struct vfu *v, struct message *m, size_t bytes)
{
	if (!v->waiting || v->arrived || m->header.id != v->wait_id) {
		note(v, "reply %u is not expected", m->header.id);
		return;
	}
	v->arrived = true;
	v->wait_error = 0;
	if (m->header.flags & FLAG_ERROR)
		v->wait_error = m->header.error && m->header.error < 4096 ?
				-(int)m->header.error : -EIO;
	else if (!v->wait_buf)
		return;
	else if (m->header.command != CMD_DMA_READ ||
		 bytes != sizeof(struct dma_access) + v->wait_count)
		v->wait_error = -EPROTO;
	else
		memcpy(v->wait_buf, m->payload + sizeof(struct dma_access), v->wait_count);
}

/* Handles one message if it is complete. False if there is nothing to do now. */
static bool take_message(struct vfu *v)
{
	struct message *m = &v->in;
	size_t bytes = 0;

	/* The rest of a message that had not come as a whole? Its size is checked. */
	if (m->have >= sizeof(m->header))
		bytes = m->header.size - sizeof(m->header);
	while (m->have < sizeof(m->header) + bytes) {
		uint8_t *to = m->have < sizeof(m->header) ? (uint8_t *)&m->header + m->have :
			      m->payload + (m->have - sizeof(m->header));
		size_t want = m->have < sizeof(m->header) ? sizeof(m->header) - m->have :
			      sizeof(m->header) + bytes - m->have;
		ssize_t n = receive(v, to, want);

		if (n < 0)
			give_up(v, strerror((int)-n));
		if (n <= 0)
			return false;
		m->have += (size_t)n;
		if (m->have < sizeof(m->header))
			continue;
		if (m->header.size < sizeof(m->header) || m->header.size > MAX_MESSAGE) {
			/* There is no telling where the next message begins. */
			struct header h = m->header;

			h.flags = FLAG_REPLY | FLAG_ERROR;
			h.size = sizeof(h);
			h.error = EINVAL;
			if (!(m->header.flags & FLAG_NO_REPLY))
				send_message(v, &h, NULL, 0, NULL, 0);
			give_up(v, "size of a message is wrong");
			return false;
		}
		bytes = m->header.size - sizeof(m->header);
	}
	m->have = 0;
	if ((m->header.flags & FLAG_TYPE) == FLAG_REPLY)
		take_reply(v, m, bytes);
	else
		take_command(v, m, bytes);
	close_fds(m);
	return !v->broken;
}

/* Connecting */

static void drop_client(struct vfu *v)
{
	note(v, "client has left");
	close(v->client);
	v->client = -1;
	v->greeted = false;
	v->broken = false;
	v->in.have = 0;
	v->intx_masked = false;
	close_fds(&v->in);
	unmap_range(v, 0, UINT64_MAX);
	for (unsigned int index = 0; index < VFU_IRQS; index++) {
		for (unsigned int n = 0; n < VFU_VECTORS; n++) {
			take_vector(&v->vectors[index][n]);
			v->vectors[index][n].pending = false;
		}
	}
	v->ops->gone(v->owner);
}

int vfu_fd(const struct vfu *v)
{
	return v->client >= 0 ? v->client : v->listener;
}

void vfu_serve(struct vfu *v)
{
	if (v->client < 0) {
		v->client = accept4(v->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (v->client >= 0)
			note(v, "client has come");
		return;
	}
	while (!v->broken && take_message(v))
		v->ops->done(v->owner);
	vfu_settle(v);
}

void vfu_settle(struct vfu *v)
{
	if (v->broken)
		drop_client(v);
}

/* DMA */

/* One message and its reply; with @data a write, else a read to @buf. */
static int dma_message(struct vfu *v, uint64_t addr, void *buf, const void *data, size_t count)
{
	struct dma_access a = { addr, count };
	struct header h = {
		.id = v->next_id++,
		.command = data ? CMD_DMA_WRITE : CMD_DMA_READ,
		.size = (uint32_t)(sizeof(h) + sizeof(a) + (data ? count : 0)),
	};
	int64_t end = now_ms() + PATIENCE_MS;
	int error;

	v->waiting = true;
	v->arrived = false;
	v->wait_id = h.id;
	v->wait_buf = buf;
	v->wait_count = count;
	error = send_message(v, &h, &a, sizeof(a), data, data ? count : 0);
	while (!error && !v->arrived) {
		struct pollfd p = { .fd = v->client, .events = POLLIN };
		int64_t left = end - now_ms();

		if (left <= 0) {
			error = -ETIMEDOUT;
			break;
		}
		poll(&p, 1, (int)left);
		while (!v->arrived && !v->broken && take_message(v))
			;
		if (v->broken && !v->arrived)
			error = -ENOTCONN;
	}
	v->waiting = false;
	return error ? error : v->wait_error;
}

static int dma(struct vfu *v, uint64_t addr, uint8_t *buf, const uint8_t *data, size_t count)
{
	uint32_t need = data ? MAP_WRITE : MAP_READ;

	/* see the head of vfu.h: a dispatched command cannot wait for another */
	if (v->dispatching)
		return -EDEADLK;
	while (count) {
		size_t at, n;
		struct map *m;
		int error;

		/* anew each time: a message may have changed the table */
		if (v->client < 0 || v->broken)
			return -ENOTCONN;
		at = map_at(v, addr);
		m = v->maps + at;
		if (at == v->map_count || m->addr > addr)
			return -EFAULT;
		if (!(m->flags & need))
			return -EACCES;
		n = count;
		if (n - 1 > map_last(m) - addr)
			n = map_last(m) - addr + 1;
		if (m->host && data) {
			memcpy(m->host + (addr - m->addr), data, n);
		} else if (m->host) {
			memcpy(buf, m->host + (addr - m->addr), n);
		} else {
			if (n > v->client_transfer)
				n = v->client_transfer;
			error = dma_message(v, addr, buf, data, n);
			if (error)
				return error;
		}
		addr += n;
		count -= n;
		if (data)
			data += n;
		else
			buf += n;
	}
	return 0;
}

int vfu_dma_read(struct vfu *v, uint64_t addr, void *buf, size_t count)
{
	return dma(v, addr, buf, NULL, count);
}

int vfu_dma_write(struct vfu *v, uint64_t addr, const void *buf, size_t count)
{
	return dma(v, addr, NULL, buf, count);
}

void *vfu_dma_map(struct vfu *v, uint64_t addr, size_t count)
{
	size_t at = map_at(v, addr);
	struct map *m = v->maps + at;

	if (!count || at == v->map_count || m->addr > addr || !m->host ||
	    !(m->flags & MAP_WRITE) || count - 1 > map_last(m) - addr)
		return NULL;
	return m->host + (addr - m->addr);
}

/* Being and not being */

struct vfu *vfu_new(const char *path, const struct vfu_device *device,
		    const struct vfu_ops *ops, void *owner, bool verbose)
{
	struct vfu *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->device = *device;
	v->ops = ops;
	v->owner = owner;
	v->verbose = verbose;
	v->client = -1;
	v->listener = -1;
	for (unsigned int index = 0; index < VFU_IRQS; index++) {
		for (unsigned int n = 0; n < VFU_VECTORS; n++)
			v->vectors[index][n].fd = -1;
	}
	v->in.payload = malloc(MAX_MESSAGE);
	v->reply = malloc(MAX_MESSAGE);
	v->path = strdup(path);
	if (v->in.payload && v->reply && v->path)
		v->listener = listen_at(path);
	else
		v->listener = -ENOMEM;
	if (v->listener < 0) {
		int error = -v->listener;

		vfu_free(v);
		errno = error;
		return NULL;
	}
	return v;
}

void vfu_free(struct vfu *v)
{
	if (!v)
		return;
	if (v->client >= 0)
		drop_client(v);
	if (v->listener >= 0) {
		close(v->listener);
		unlink(v->path);
	}
	free(v->path);
	free(v->maps);
	free(v->in.payload);
	free(v->reply);
	free(v);
}
