// SPDX-License-Identifier: GPL-2.0-only
/*
 * A vfio-user server for one PCI device and one client at a time.
 *
 * The protocol is specified in QEMU's docs/interop/vfio-user.rst.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "listen.h"
#include "vfu_inside.h"

struct dma_access {
	uint64_t addr;
	uint64_t count;
};

static void vfu_take_command(struct vfu *v, struct message *m, size_t bytes)
{
	struct header h = m->header;
	ssize_t n;

	v->dispatching = true;
	n = vfu_command_carry_out(v, m, bytes);
	v->dispatching = false;
	if (n < 0)
		vfu_message_note(v, "command %u: %s", h.command, strerror((int)-n));
	if (h.flags & FLAG_NO_REPLY)
		return;
	h.flags = FLAG_REPLY | (n < 0 ? FLAG_ERROR : 0);
	h.error = n < 0 ? (uint32_t)-n : 0;
	h.size = (uint32_t)(sizeof(h) + (n > 0 ? (size_t)n : 0));
	vfu_message_send(v, &h, v->reply, n > 0 ? (size_t)n : 0, NULL, 0);
}

/* A reply: to the DMA message that is waited for, or too late to matter. */
static void vfu_take_reply(struct vfu *v, struct message *m, size_t bytes)
{
	if (!v->waiting || v->arrived || m->header.id != v->wait_id) {
		vfu_message_note(v, "reply %u is not expected", m->header.id);
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
static bool vfu_take_message(struct vfu *v)
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
		ssize_t n = vfu_message_receive(v, to, want);

		if (n < 0)
			vfu_message_give_up(v, strerror((int)-n));
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
				vfu_message_send(v, &h, NULL, 0, NULL, 0);
			vfu_message_give_up(v, "size of a message is wrong");
			return false;
		}
		bytes = m->header.size - sizeof(m->header);
	}
	m->have = 0;
	if ((m->header.flags & FLAG_TYPE) == FLAG_REPLY)
		vfu_take_reply(v, m, bytes);
	else
		vfu_take_command(v, m, bytes);
	vfu_message_close_fds(m);
	return !v->broken;
}

/* Connecting */

static void vfu_drop_client(struct vfu *v)
{
	vfu_message_note(v, "client has left");
	close(v->client);
	v->client = -1;
	v->greeted = false;
	v->broken = false;
	v->in.have = 0;
	vfu_message_close_fds(&v->in);
	vfu_map_cut(v, 0, UINT64_MAX);
	vfu_irq_forget(v);
	v->ops->gone(v->owner);
}

int vfu_fd(const struct vfu *v)
{
	return v->client >= 0 ? v->client : v->listener;
}

void vfu_settle(struct vfu *v)
{
	if (v->broken)
		vfu_drop_client(v);
}

void vfu_serve(struct vfu *v)
{
	if (v->client < 0) {
		v->client = accept4(v->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (v->client >= 0)
			vfu_message_note(v, "client has come");
		return;
	}
	while (!v->broken && vfu_take_message(v))
		v->ops->done(v->owner);
	vfu_settle(v);
}

/* DMA */

/* One message and its reply; with @data a write, else a read to @buf. */
static int vfu_dma_message(struct vfu *v, uint64_t addr, void *buf, const void *data, size_t count)
{
	struct dma_access a = { addr, count };
	struct header h = {
		.id = v->next_id++,
		.command = data ? CMD_DMA_WRITE : CMD_DMA_READ,
		.size = (uint32_t)(sizeof(h) + sizeof(a) + (data ? count : 0)),
	};
	int64_t end = vfu_message_now() + PATIENCE_MS;
	int error;

	v->waiting = true;
	v->arrived = false;
	v->wait_id = h.id;
	v->wait_buf = buf;
	v->wait_count = count;
	error = vfu_message_send(v, &h, &a, sizeof(a), data, data ? count : 0);
	while (!error && !v->arrived) {
		struct pollfd p = { .fd = v->client, .events = POLLIN };
		int64_t left = end - vfu_message_now();

		if (left <= 0) {
			error = -ETIMEDOUT;
			break;
		}
		poll(&p, 1, (int)left);
		while (!v->arrived && !v->broken && vfu_take_message(v))
			;
		if (v->broken && !v->arrived)
			error = -ENOTCONN;
	}
	v->waiting = false;
	return error ? error : v->wait_error;
}

static int vfu_dma(struct vfu *v, uint64_t addr, uint8_t *buf, const uint8_t *data, size_t count)
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
		at = vfu_map_at(v, addr);
		m = v->maps + at;
		if (at == v->map_count || m->addr > addr)
			return -EFAULT;
		if (!(m->flags & need))
			return -EACCES;
		n = count;
		if (n - 1 > vfu_map_last(m) - addr)
			n = vfu_map_last(m) - addr + 1;
		if (m->host && data) {
			memcpy(m->host + (addr - m->addr), data, n);
		} else if (m->host) {
			memcpy(buf, m->host + (addr - m->addr), n);
		} else {
			if (n > v->client_transfer)
				n = v->client_transfer;
			error = vfu_dma_message(v, addr, buf, data, n);
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
	return vfu_dma(v, addr, buf, NULL, count);
}

int vfu_dma_write(struct vfu *v, uint64_t addr, const void *buf, size_t count)
{
	return vfu_dma(v, addr, NULL, buf, count);
}

int vfu_dma_stray(struct vfu *v, uint64_t addr, const void *buf, size_t count)
{
	if (v->dispatching)
		return -EDEADLK;
	if (v->client < 0 || v->broken)
		return -ENOTCONN;
	if (count > v->client_transfer)
		return -EINVAL;
	return vfu_dma_message(v, addr, NULL, buf, count);
}

void *vfu_dma_map(struct vfu *v, uint64_t addr, size_t count)
{
	size_t at = vfu_map_at(v, addr);
	struct map *m = v->maps + at;

	if (!count || at == v->map_count || m->addr > addr || !m->host ||
	    !(m->flags & MAP_WRITE) || count - 1 > vfu_map_last(m) - addr)
		return NULL;
	return m->host + (addr - m->addr);
}

/* Being and not being */

void vfu_free(struct vfu *v)
{
	if (!v)
		return;
	if (v->client >= 0)
		vfu_drop_client(v);
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
