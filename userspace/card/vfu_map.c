// SPDX-License-Identifier: GPL-2.0-only
/* The memory of the vfio-user server's client. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "vfu_inside.h"

#define UNMAP_ALL	2u

struct dma_map_request {
	uint32_t argsz;
	uint32_t flags;
	uint64_t offset;
	uint64_t addr;
	uint64_t size;
};

uint64_t vfu_map_last(const struct map *m)
{
	return m->addr + (m->size - 1);
}

/* Index of the first map that ends at or behind @addr. */
size_t vfu_map_at(const struct vfu *v, uint64_t addr)
{
	size_t low = 0, high = v->map_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (vfu_map_last(&v->maps[mid]) < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int vfu_map_insert(struct vfu *v, size_t at, const struct map *m)
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

static void vfu_map_drop(struct vfu *v, size_t at)
{
	v->map_count--;
	memmove(v->maps + at, v->maps + at + 1, (v->map_count - at) * sizeof(*v->maps));
}

/* Takes [@first, @last] out of the table, cutting maps that reach beyond it. */
int vfu_map_cut(struct vfu *v, uint64_t first, uint64_t last)
{
	size_t at = vfu_map_at(v, first);

	while (at < v->map_count && v->maps[at].addr <= last) {
		struct map *m = &v->maps[at];
		uint64_t from = m->addr > first ? m->addr : first;
		uint64_t to = vfu_map_last(m) < last ? vfu_map_last(m) : last;
		struct map rest = {
			.addr = to + 1,
			.size = vfu_map_last(m) - to,
			.host = m->host ? m->host + (to + 1 - m->addr) : NULL,
			.flags = m->flags,
		};
		uint64_t left = from - m->addr;
		uint8_t *gone = m->host ? m->host + left : NULL;
		int error;

		if (left && rest.size) {
			error = vfu_map_insert(v, at + 1, &rest);
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
			vfu_map_drop(v, at);
		}
		if (gone)
			munmap(gone, to - from + 1);
	}
	return 0;
}

int vfu_map_request(struct vfu *v, struct message *m, size_t bytes)
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
	at = vfu_map_at(v, r.addr);
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
	error = vfu_map_insert(v, at, &map);
	if (error && map.host)
		munmap(map.host, map.size);
	vfu_message_note(v, "map %#" PRIx64 " + %#" PRIx64 "%s", r.addr, r.size,
			 map.host ? "" : ", no fd");
	return error;
}

int vfu_map_unmap(struct vfu *v, struct message *m, size_t bytes)
{
	struct dma_unmap_request r;

	if (bytes < sizeof(r))
		return -EINVAL;
	memcpy(&r, m->payload, sizeof(r));
	if (r.argsz < sizeof(r) || r.flags & ~UNMAP_ALL)
		return -EINVAL;
	vfu_message_note(v, "unmap %#" PRIx64 " + %#" PRIx64 "%s", r.addr, r.size,
			 r.flags & UNMAP_ALL ? ", all" : "");
	if (r.flags & UNMAP_ALL)
		return r.addr || r.size ? -EINVAL : vfu_map_cut(v, 0, UINT64_MAX);
	if (!r.size || r.addr + (r.size - 1) < r.addr || (r.addr | r.size) % PAGE)
		return -EINVAL;
	return vfu_map_cut(v, r.addr, r.addr + (r.size - 1));
}
