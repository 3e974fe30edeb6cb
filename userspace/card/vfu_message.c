// SPDX-License-Identifier: GPL-2.0-only
/* What goes over the socket of the vfio-user server. */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "vfu_inside.h"

void vfu_message_note(struct vfu *v, const char *format, ...)
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

int64_t vfu_message_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void vfu_message_give_up(struct vfu *v, const char *why)
{
	if (!v->broken)
		vfu_message_note(v, "dropping the client: %s", why);
	v->broken = true;
}

int vfu_message_send(struct vfu *v, const struct header *h, const void *a, size_t a_bytes,
		     const void *b, size_t b_bytes)
{
	struct iovec iov[3] = {
		{ (void *)h, sizeof(*h) }, { (void *)a, a_bytes }, { (void *)b, b_bytes },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 3 };
	size_t left = sizeof(*h) + a_bytes + b_bytes;
	int64_t end = vfu_message_now() + PATIENCE_MS;

	while (left) {
		struct pollfd p = { .fd = v->client, .events = POLLOUT };
		ssize_t n = sendmsg(v->client, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN && vfu_message_now() < end) {
			poll(&p, 1, 100);
			continue;
		}
		if (n < 0) {
			vfu_message_give_up(v, strerror(errno));
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

void vfu_message_close_fds(struct message *m)
{
	while (m->fd_count)
		close(m->fds[--m->fd_count]);
}

/* Receives up to @want bytes; 0 if there are none now, else a negative errno. */
ssize_t vfu_message_receive(struct vfu *v, void *to, size_t want)
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
